"""A map of how tight a claim is: bound beside exact value over two of its arguments, or a curve over one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab.figures._output import FigureData, save_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from flowlab.verify import TightnessMap

_WIDTH, _HEIGHT = 4.6, 3.4
#: Colours span decades of the logarithm itself where it does.
_WIDE = 50.0
_UNITS = {"ratio": "log₁₀(right side / left side)", "slack": "slack"}


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
        kind: {"arguments": _plain(each.arguments), "value": _unit(each.value, ratio), "digits": each.digits}
        for kind, each in (("tightest", found.tightest), ("loosest", found.loosest))
    }
    parameters = {
        "claim": found.claim.id,
        "measure": "log10_ratio" if ratio else "slack",
        "over": list(names),
        "log_from": {name: found.logarithmic[name] for name in names},
        "fixed": _plain(found.fixed),
        "box": {name: [_plain({name: end})[name] for end in ends] for name, ends in found.spans.items()},
        **extremes,
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
        if len(data.parameters["over"]) == 1:
            _curve(axes, data)
        else:
            _heat_map(figure, axes, data)
        fixed = ", ".join(f"{name} = {_short(value)}" for name, value in data.parameters["fixed"].items())
        axes.set_title(data.parameters["claim"] + (f"\n{fixed}" if fixed else ""), loc="left")
    return figure


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _positions(data: FigureData, name: str) -> tuple[np.ndarray, str, bool]:
    """Return where an argument's values stand on its axis, the axis' name, and whether it is logarithmic."""
    values = data.columns[name]
    origin = data.parameters["log_from"][name]
    if values.dtype.kind not in "if":  # a list of words
        return np.unique(values, return_inverse=True)[1], name, False
    if origin is None:
        return values, name, False
    return values - origin, f"{name} − {origin:g}" if origin else name, True


def _curve(axes: Axes, data: FigureData) -> None:
    (name,) = data.parameters["over"]
    where, label, logarithmic = _positions(data, name)
    measure = data.parameters["measure"]
    axes.plot(where, data.columns[measure], color="#00468b")
    axes.axhline(0.0, color="#bbbbbb", linewidth=0.6, zorder=0)
    axes.set(xlabel=label, ylabel=_UNITS["slack" if measure == "slack" else "ratio"])
    if logarithmic:
        axes.set_xscale("log")


def _heat_map(figure: Figure, axes: Axes, data: FigureData) -> None:
    first, second = data.parameters["over"]
    measure = data.parameters["measure"]
    x, x_label, x_log = _positions(data, first)
    y, y_label, y_log = _positions(data, second)
    columns = len(np.unique(x))
    shape = (x.size // columns, columns)
    x, y, values = (array.reshape(shape) for array in (x, y, data.columns[measure]))
    colours, norm = _colours(values)
    image = axes.pcolormesh(x, y, values, cmap=colours, norm=norm, shading="nearest", rasterized=True)
    axes.set(xlabel=x_label, ylabel=y_label)
    if x_log:
        axes.set_xscale("log")
    if y_log:
        axes.set_yscale("log")
    figure.colorbar(image, ax=axes, label=_UNITS["slack" if measure == "slack" else "ratio"])


def _colours(values: np.ndarray) -> tuple[str, Any]:
    """Return a colour map and its scale: from one end where the claim holds, from the middle where it fails too."""
    from matplotlib.colors import LogNorm, Normalize, TwoSlopeNorm

    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < 0.0:
        return "PuOr_r", TwoSlopeNorm(0.0, low, max(high, -low * 1e-3))
    if low > 0.0 and high / low > _WIDE:
        return "cividis_r", LogNorm(low, high)
    return "cividis_r", Normalize(min(low, 0.0), max(high, 1e-300))
