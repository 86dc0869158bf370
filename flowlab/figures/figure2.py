"""Figure 2 of Gissin et al. 2020: deep models with a small start learn their values one by one.

The toy model with σ* ∈ {12, 6, 4, 3}, at depth 1 to 4 (columns) and σ0 = 0.1 or 0.001 (rows), by the exact
solution of Theorem 1. At depth 1 all values converge at the same rate; at depth 2 the phases grow apart only
logarithmically as σ0 shrinks; from depth 3 on a small start separates them clearly (bottom right). The paper
prints σ(t) without an axis in common; here every curve is σ/σ*, so that one axis serves all and "at the same
rate" is visible as curves that coincide.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from flowlab import toy
from flowlab.claims.gissin2020 import theorem1
from flowlab.figures._output import FigureData, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Dark to light in the order of learning: told apart without colour vision, and in greyscale.
_COLOURS = ("#000000", "#00468b", "#d55e00", "#e69f00")
#: A panel ends when its slowest curve has come this far, and leaves room for that curve's label.
_LEARNED = 0.99
_ROOM = 1.45
#: 17 cm in inches: the text of a page, so that letters keep their size in print.
_WIDTH = 17 / 2.54
#: Where the labels sit on the curves, as σ/σ*: rising from the fastest to the slowest keeps them apart.
_LEVELS = (0.32, 0.48)
_SAME = 0.05


def compute(
    *,
    depths: Sequence[float] = (1, 2, 3, 4),
    inits: Sequence[float] = (0.1, 0.001),
    targets: Sequence[float] = (12, 6, 4, 3),
    points: int = 401,
) -> FigureData:
    """Return the curves of every panel.

    Parameters
    ----------
    depths, inits : sequences of float
        The columns and the rows of panels.
    targets : sequence of float
        The curves in a panel, σ* > 0, each above every σ0.
    points : int
        Times a curve.

    Returns
    -------
    FigureData
        With the columns panel (counted from the upper left), depth, init, target, t and sigma.

    Examples
    --------
    >>> data = compute(points=11)
    >>> {name: column.shape for name, column in data.columns.items()}["sigma"]
    (352,)
    >>> float(data.rows(depth=3, init=0.001, target=12)["sigma"][0])
    0.001
    """
    parts: list[tuple[np.ndarray, ...]] = []
    panels = [(init, depth) for init in inits for depth in depths]
    for panel, (init, depth) in enumerate(panels):
        learned, halfway = (
            max(float(toy.time(part * target, depth=depth, target=target, init=init)) for target in targets)
            for part in (_LEARNED, 0.5)
        )
        horizon = max(learned, _ROOM * halfway)
        t = np.linspace(0.0, horizon, points)
        for target in targets:
            sigma = theorem1.curve(t, depth=depth, target=target, init=init)
            same = [np.full(points, value) for value in (panel, float(depth), float(init), float(target))]
            parts.append((*same, t, sigma))
    names = ("panel", "depth", "init", "target", "t", "sigma")
    columns = {name: np.concatenate(pieces) for name, pieces in zip(names, zip(*parts, strict=True), strict=True)}
    parameters = {
        "depths": [float(depth) for depth in depths],
        "inits": [float(init) for init in inits],
        "targets": [float(target) for target in targets],
        "points": points,
    }
    return FigureData(columns, parameters)


def draw(data: FigureData) -> "Figure":
    """Return the drawing: one panel for each depth and start, σ/σ* on one axis.

    Parameters
    ----------
    data : FigureData
        From `compute`.

    Returns
    -------
    matplotlib Figure
        17 cm wide, to be printed as it is.

    Examples
    --------
    >>> len(draw(compute(points=101)).axes)
    8
    """
    from matplotlib.figure import Figure

    depths, inits = data.parameters["depths"], data.parameters["inits"]
    with style():
        figure = Figure(figsize=(_WIDTH, 1.75 * len(inits) + 0.3), layout="constrained")
        grid = figure.subplots(len(inits), len(depths), sharey=True, squeeze=False)
        for row, init in enumerate(inits):
            for column, depth in enumerate(depths):
                axes = grid[row, column]
                _panel(axes, data, depth, init)
                axes.set_title(f"N = {depth:g}, σ₀ = {init:g}")
        figure.supxlabel("time t (gradient flow)", fontsize=8)
        figure.supylabel("σ / σ*", fontsize=8)
    return figure


def _panel(axes: "Axes", data: FigureData, depth: float, init: float) -> None:
    """Draw σ/σ* over time for each target, named at its curve."""
    targets = sorted(data.parameters["targets"], reverse=True)
    curves = [data.rows(depth=depth, init=init, target=target) for target in targets]
    for index, (target, curve) in enumerate(zip(targets, curves, strict=True)):
        axes.plot(curve["t"], curve["sigma"] / target, color=_COLOURS[index % len(_COLOURS)], solid_capstyle="round")
    end = curves[0]["t"][-1]
    axes.set(xlim=(0.0, end), ylim=(0.0, 1.04), yticks=(0.0, 0.5, 1.0))
    axes.locator_params(axis="x", nbins=4)
    shapes = np.array([curve["sigma"] / target for target, curve in zip(targets, curves, strict=True)])
    if np.ptp(shapes, axis=0).max() < _SAME:
        numbers = ", ".join(f"{target:g}" for target in targets)
        text = f"all nearly coincide:\nσ* = {numbers}"
        axes.text(0.96, 0.42, text, transform=axes.transAxes, ha="right", va="center", fontsize=7)
        return
    for index, (target, shape) in enumerate(zip(targets, shapes, strict=True)):
        slowest = index == len(targets) - 1
        level = _LEVELS[0] + (_LEVELS[1] - _LEVELS[0]) * index / max(1, len(targets) - 1)
        where = np.interp(level, shape, curves[index]["t"])
        # The slowest curve has room on its right, for a label in full that explains the bare numbers.
        axes.annotate(
            f"σ* = {target:g}" if slowest else f"{target:g}",
            (where, level),
            xytext=(4 if slowest else 0, 0),
            textcoords="offset points",
            ha="left" if slowest else "center",
            va="center",
            fontsize=7,
            bbox={"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none"},
        )
