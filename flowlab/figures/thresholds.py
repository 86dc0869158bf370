"""The exact threshold by depth and ratio, and how close each bound comes to it.

Left: the largest start σ0 from which learning is (s, f)-incremental, over σ_j*, against r − 1, the relative gap between
the optima. At depth 2 it falls like exp(−c/(r−1)) as the optima approach, and soon leaves every float; from depth 3 on
only like (r−1)^(N/(N−2)): cubed at N = 3, squared at N = 4, in proportion at N = ∞. The bands lie between the bounds of
Theorem 2, the upper one as corrected. Right: each bound over the exact threshold. Where the printed upper bound is
below 1, as at N = 3 with s = 0.2 and f = 0.8, it is false. The sharper bounds of this project cannot be told from 1
there; the panels say how far off they are at most, over these ratios.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from flowlab.figures._output import FigureData, style
from flowlab.toy import bounds, sharper
from flowlab.toy.threshold import threshold_drop

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: 17 cm in inches: the text of a page.
_WIDTH, _HEIGHT = 17 / 2.54, 3.6
#: Dark to light by depth: told apart without colour vision, and in greyscale.
_COLOURS = ("#000000", "#00468b", "#d55e00", "#e69f00")
_LOWEST = -16.0
_RATIOS = (-3.0, 2.0)
_BOUNDS = (
    ("upper_corrected", "corrected upper", {"color": "#00468b"}),
    ("upper_printed", "printed upper", {"color": "#d55e00", "linestyle": (0, (4, 1.5))}),
    ("upper_sharper", "sharper upper and lower", {"color": "#000000", "linewidth": 1.0}),
    ("lower_sharper", "", {"color": "#000000", "linewidth": 1.0}),
    ("lower_printed", "printed lower", {"color": "#888888"}),
)


def compute(
    *, depths: Sequence[float] = (2, 3, 4, math.inf), s: float = 0.2, f: float = 0.8, points: int = 161
) -> FigureData:
    """Return the exact threshold and its bounds, over four decades of r − 1.

    Parameters
    ----------
    depths : sequence of float
        2, and numbers >= 3, or inf.
    s, f : float
        In (0, 1/4) and (3/4, 1).
    points : int
        Ratios a depth.

    Returns
    -------
    FigureData
        With the columns depth, gap (r − 1), and log10 of the threshold and of each bound over σ_j*.

    Examples
    --------
    >>> data = compute(points=5)
    >>> data.rows(depth=2)["exact"].round(2)
    array([-121.45,  -13.06,   -2.11,   -0.89,   -0.73])
    """
    parts = []
    for depth in depths:
        for gap in np.logspace(-2, 2, points).tolist():
            ratio = 1 + gap
            drops = [float(threshold_drop(depth=depth, ratio=ratio, s=s, f=f)), *_drops(depth, ratio, s, f)]
            parts.append((float(depth), ratio - 1, *((math.log(s) - drop) / math.log(10) for drop in drops)))
    names = (
        "depth",
        "gap",
        "exact",
        "lower_printed",
        "upper_printed",
        "upper_corrected",
        "lower_sharper",
        "upper_sharper",
    )
    columns = {name: np.array(column) for name, column in zip(names, zip(*parts, strict=True), strict=True)}
    return FigureData(columns, {"depths": [str(depth) for depth in depths], "s": s, "f": f, "points": points})


def _drops(depth: float, ratio: float, s: float, f: float) -> tuple[float, ...]:
    """Return log(s σ_j*/bound) for every bound, in the order of the columns."""
    printed = (bounds.lower, bounds.upper, bounds.upper_corrected)
    return tuple(bound(math, depth, ratio, s, f) for bound in (*printed, sharper.lower, sharper.upper))


def draw(data: FigureData) -> "Figure":
    """Return the drawing: the thresholds by depth, and a panel of ratios for each depth.

    Examples
    --------
    >>> len(draw(compute(points=9)).axes)
    5
    """
    from matplotlib.figure import Figure

    depths = [float(depth) for depth in data.parameters["depths"]]
    with style():
        figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        halves = figure.subfigures(1, 2, width_ratios=(1.0, 1.35), squeeze=False)
        left, right = halves[0, 0], halves[0, 1]
        _thresholds(left.subplots(), data, depths)
        rows = -(-len(depths) // 2)
        grid = right.subplots(rows, 2, sharex=True, sharey=True, squeeze=False)
        for axes, depth in zip(grid.flat, depths, strict=False):
            _ratios(axes, data, depth)
        for axes in grid.flat[len(depths) :]:
            axes.set_axis_off()
        right.supxlabel("r − 1", fontsize=8)
        right.supylabel("bound / exact threshold", fontsize=8)
        handles = [line for line in grid[0, 0].get_lines() if not line.get_label().startswith("_")]
        right.legend(handles=handles, loc="outside upper center", ncols=2, fontsize=7, frameon=False, handlelength=2.2)
    return figure


def _name(depth: float) -> str:
    return "∞" if math.isinf(depth) else f"{depth:g}"


def _law(depth: float) -> str:
    """Return how the threshold falls as r → 1."""
    if depth == 2:
        return "exp(−c/(r − 1))"
    power = 1.0 if math.isinf(depth) else depth / (depth - 2)
    raised = "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(c)] if c.isdigit() else "·" for c in f"{power:.3g}")
    return "∝ r − 1" if power == 1 else f"∝ (r − 1){raised}"


def _thresholds(axes: "Axes", data: FigureData, depths: Sequence[float]) -> None:
    """Draw the exact threshold over r − 1 at each depth, in the band of Theorem 2's bounds."""
    for index, depth in enumerate(depths):
        curve = data.rows(depth=depth)
        colour = _COLOURS[index % len(_COLOURS)]
        low, high = (10.0 ** np.maximum(curve[name], -300) for name in ("lower_printed", "upper_corrected"))
        axes.fill_between(curve["gap"], low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(
            curve["gap"],
            10.0 ** np.maximum(curve["exact"], -300),
            color=colour,
            label=f"N = {_name(depth)}: {_law(depth)}",
        )
    axes.set(xscale="log", yscale="log", xlim=(1e-2, 1e2), ylim=(10.0**_LOWEST, 1.0))
    axes.set(xlabel="r − 1, the gap between the optima", ylabel="largest incremental start, σ₀/σⱼ*")
    about = f"s = {data.parameters['s']:g}, f = {data.parameters['f']:g}"
    axes.set_title(f"exact threshold, {about}\nbands: Theorem 2's bounds, the upper corrected", fontsize=7)
    axes.legend(
        loc="lower right",
        fontsize=7,
        frameon=False,
        handlelength=0.9,
        handletextpad=0.5,
        borderaxespad=0.1,
        title="as r → 1",
        title_fontsize=7,
        alignment="left",
    )


def _ratios(axes: "Axes", data: FigureData, depth: float) -> None:
    """Draw the bounds over the exact threshold at one depth; shade where the printed one is false."""
    curve = data.rows(depth=depth)
    for name, label, look in _BOUNDS:
        apart = np.clip(curve[name] - curve["exact"], -300, 300)
        axes.plot(curve["gap"], 10.0**apart, label=label or f"_{name}", **look)
    false = curve["upper_printed"] < curve["exact"]
    if false.any():
        below = 10.0 ** (curve["upper_printed"] - curve["exact"])
        axes.fill_between(curve["gap"], below, 1.0, where=false, color="#d55e00", alpha=0.35, linewidth=0)
        at = curve["gap"][false][np.argmin(below[false])]
        axes.annotate("false", (at, below.min()), xytext=(3, -2), textcoords="offset points", va="top", fontsize=7)
    off = max(
        float(np.max(np.expm1(np.abs(curve[name] - curve["exact"]) * math.log(10))))
        for name in ("lower_sharper", "upper_sharper")
    )
    axes.set(xscale="log", yscale="log", xlim=(1e-2, 1e2), ylim=tuple(10.0**edge for edge in _RATIOS))
    axes.set_title(f"N = {_name(depth)} (sharper: at most {100 * off:.1f}% off)", fontsize=7)
