"""A map of how tight a claim is: bound beside exact value over two of its arguments, or a curve over one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab.figures._output import FigureData, save_figure, style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from flowlab.verify import TightnessMap

_WIDTH, _HEIGHT = 4.6, 3.4
#: Colours span decades of the logarithm itself where that does, down to a part of the largest.
_WIDE, _DEEP = 50.0, 1e-9
#: An axis of so few integers names each; with fewer values than this there is nothing smooth to draw contours of.
_FEW, _SMOOTH = 12, 12
#: Contours are so far apart at least, as parts of the colours' scale.
_APART = 0.12
#: Where the claim has so much more room than it fails by, both get half of the colours.
_LOPSIDED = 5.0
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNITS = {"log10_ratio": "log₁₀(right side / left side)", "slack": "slack"}


def tabulate(found: TightnessMap) -> FigureData:
    """Return a map as a table, one row a point: its arguments, and what was measured.

    Parameters
    ----------
    found : TightnessMap

    Returns
    -------
    FigureData
        With a column for every argument on an axis, then ``log10_ratio`` (or ``slack``).

    Examples
    --------
    >>> from flowlab.verify import Real, at_most, claim, tightness
    >>> doubled = claim("demo", hypotheses={"x": Real(1, 2)})(lambda x: at_most(x, x))
    >>> tabulate(tightness(doubled, points=2)).csv().split()
    ['x,log10_ratio', '1.0,0.0', '2.0,0.0']
    """
    names = found.over
    grid = np.meshgrid(*(found.axes[name] for name in names), indexing="xy")
    columns = {name: values.ravel() for name, values in zip(names, grid, strict=True)}
    ratio = found.measure == "ratio"
    columns["log10_ratio" if ratio else "slack"] = (found.values / math.log(10) if ratio else found.values).ravel()
    extremes = {
        kind: {
            "arguments": _plain(each.arguments),
            **_plain({"value": _unit(each.value, ratio)}),
            "digits": each.digits,
            "approached": _plain(each.approached),
        }
        for kind, each in (("tightest", found.tightest), ("loosest", found.loosest))
    }
    parameters = {
        "claim": found.claim.id,
        "measure": "log10_ratio" if ratio else "slack",
        "over": list(names),
        "log_from": {name: found.logarithmic[name] for name in names},
        "fixed": _plain(found.fixed),
        "box": {name: [_plain({name: end})[name] for end in ends] for name, ends in found.spans.items()},
        "searched": {name: allowed.describe(name) for name, allowed in found.domain.items()},
        **extremes,
        "counterexample": None if found.counterexample is None else _plain(found.counterexample),
    }
    return FigureData(columns, parameters)


def _unit(value: float, ratio: bool) -> float:
    return value / math.log(10) if ratio else value


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments as JSON holds them."""
    return {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in arguments.items()
    }


def save(found: TightnessMap, out: Path) -> list[Path]:
    """Write a map: PNG, SVG, the table (CSV), and what it was made of with the extremes (JSON).

    Raises
    ------
    ValueError
        If one of the files cannot be written; then none is.
    """
    return save_figure(tabulate(found), draw, out, name=f"tightness-{found.claim.id}", source=found.claim.source)


def draw(data: FigureData) -> Figure:
    """Return the drawing of `tabulate`'s table.

    Examples
    --------
    >>> from flowlab.verify import Real, at_most, claim, tightness
    >>> found = tightness(claim("demo", hypotheses={"x": Real(1, 2)})(lambda x: at_most(x, x * x + 1)), points=9)
    >>> len(draw(tabulate(found)).axes[0].get_lines())
    2
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        axes = figure.subplots()
        notes = [f"{name} = {_short(value)}" for name, value in data.parameters["fixed"].items()]
        if len(data.parameters["over"]) == 1:
            _curve(axes, data)
        elif _heat_map(figure, axes, data):
            notes.append("contours: right side / left side")
        if len(data.parameters["over"]) == 2 and np.isnan(data.columns[data.parameters["measure"]]).any():
            notes.append("white: no value")
        axes.set_title("\n".join([data.parameters["claim"], *([", ".join(notes)] if notes else [])]), loc="left")
    return figure


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class _Axis:
    """Where an argument's values stand on its axis."""

    where: np.ndarray
    label: str
    logarithmic: bool
    ticks: dict[float, str]

    def name(self, axis: Any) -> None:
        """Set one of the two axes of a plot."""
        axis.set_label_text(self.label)
        if self.logarithmic:
            axis.axes.set(**{f"{axis.axis_name}scale": "log"})
        if self.ticks:
            axis.set_ticks(list(self.ticks), list(self.ticks.values()))


def _axis(data: FigureData, name: str) -> _Axis:
    values = data.columns[name]
    origin = data.parameters["log_from"][name]
    if values.dtype.kind not in "if":  # a list of words
        words, where = np.unique(values, return_inverse=True)
        return _Axis(where, name, False, {float(k): str(word) for k, word in enumerate(words)})
    few = np.unique(values) if values.dtype.kind == "i" else np.empty(0)
    ticks = {float(value): str(value) for value in few} if 0 < few.size <= _FEW else {}
    if origin is None:
        return _Axis(values, name, False, ticks)
    return _Axis(values - origin, f"{name} − {origin:g}" if origin else name, True, {} if origin else ticks)


def _curve(axes: Axes, data: FigureData) -> None:
    (name,) = data.parameters["over"]
    axis = _axis(data, name)
    measure = data.parameters["measure"]
    axes.plot(axis.where, data.columns[measure], color="#00468b", marker="o" if axis.ticks else "", markersize=3)
    axes.axhline(0.0, color="#bbbbbb", linewidth=0.6, zorder=0)
    axis.name(axes.xaxis)
    axes.set_ylabel(_UNITS[measure])


def _heat_map(figure: Figure, axes: Axes, data: FigureData) -> bool:
    """Draw the map; return whether contours of the ratio are on it."""
    first, second = data.parameters["over"]
    measure = data.parameters["measure"]
    across, up = _axis(data, first), _axis(data, second)
    columns = np.unique(across.where).size
    shape = (across.where.size // columns, columns)
    x, y, values = (array.reshape(shape) for array in (across.where, up.where, data.columns[measure]))
    colours, norm = _colours(values)
    image = axes.pcolormesh(x, y, values, cmap=colours, norm=norm, shading="nearest", rasterized=True)
    across.name(axes.xaxis)
    up.name(axes.yaxis)
    bar = figure.colorbar(image, ax=axes, label=_UNITS[measure])
    low, high = (float(edge(values)) for edge in (np.nanmin, np.nanmax))
    if norm.vmin < 0 and low < high:  # of colours on both sides of 0, those that occur
        bar.ax.set_ylim(low, high)
    levels = _levels(values, norm) if min(shape) >= _SMOOTH and measure == "log10_ratio" else {}
    if not levels:
        return False
    # A wide light line below a thin dark one is seen on every colour.
    axes.contour(x, y, values, list(levels), colors="white", linewidths=1.6, alpha=0.5, linestyles="solid")
    lines = axes.contour(x, y, values, list(levels), colors="black", linewidths=0.7, linestyles="solid")
    labels = axes.clabel(lines, fmt=levels, fontsize=6.5, inline=True, inline_spacing=3)
    for label in labels:
        label.set_bbox({"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75})
    return True


def _levels(values: np.ndarray, norm: Any) -> dict[float, str]:
    """Return a handful of round ratios inside the values with their text, well apart on the colours' scale."""
    low, high = max(float(np.nanmin(values)), norm.vmin), float(np.nanmax(values))
    chosen: dict[float, str] = {}
    for level, text in _round_ratios():
        if low < level < high and all(abs(norm(level) - norm(other)) >= _APART for other in chosen):
            chosen[level] = text
    return dict(sorted(chosen.items()))


def _round_ratios() -> Iterator[tuple[float, str]]:
    """Yield log10 of round ratios with their text, the roundest first: 1, powers of ten, and what is near 1."""
    yield from ((0.0, "1"), (1.0, "10"), (-1.0, "0.1"))
    for power in range(2, 7):
        for sign in (1, -1):
            yield sign * 10.0 ** (power - 1), "10" + str(sign * 10 ** (power - 1)).translate(_RAISED)
    near = [(sign, digit, place) for digit in (1, 3, 2) for place in range(1, 9) for sign in (1, -1)]
    for ratio in (2.0, 0.5, 5.0, 0.2, 100.0, 0.01, 1000.0, 0.001):
        yield math.log10(ratio), f"{ratio:g}"
    for sign, digit, place in near:
        off = sign * digit * 10.0**-place
        yield math.log1p(off) / math.log(10), f"{1 + off:.{place}f}"
    for power in (3, 30, 300, 3000):
        yield float(power), "10" + str(power).translate(_RAISED)


def _colours(values: np.ndarray) -> tuple[str, Any]:
    """Return a colour map and its scale: from one end where the claim holds, from the middle where it fails too."""
    from matplotlib.colors import CenteredNorm, LogNorm, Normalize, TwoSlopeNorm

    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < 0.0:  # what fails has to be seen, however much more room the claim has elsewhere
        lopsided = high > _LOPSIDED * -low
        return "PuOr_r", TwoSlopeNorm(0.0, low, high) if lopsided else CenteredNorm(0.0, max(-low, high))
    if low > 0.0 and high / low > _WIDE:
        return "cividis_r", LogNorm(max(low, high * _DEEP), high)
    return "cividis_r", Normalize(0.0, max(high, 1e-300))
