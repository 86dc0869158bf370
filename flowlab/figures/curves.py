"""A plot of any solution of the toy model: σ(t), one curve a mode, labelled at its right end."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flowlab._files import written
from flowlab.figures._output import FigureData, check_format, save_drawing, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Vector = NDArray[np.float64]

#: Labels stand this far apart at least, as a part of the height.
_APART = 0.055


def tabulate(t: Vector, sigma: Vector, *, depth: float, target: Vector, init: Vector) -> FigureData:
    """Return a solution as a table, one row for each mode and time.

    Parameters
    ----------
    t : ndarray, shape (n,)
    sigma : ndarray, shape (n, k)
    depth : float
    target, init : ndarray, shape (k,)

    Returns
    -------
    FigureData
        With the columns mode (from 1), depth, target, init, t and sigma.

    Examples
    --------
    >>> t, sigma, one = np.array([0.0, 1.0]), np.array([[0.1], [0.5]]), np.ones(1)
    >>> data = tabulate(t, sigma, depth=2, target=one, init=one)
    >>> data.csv().splitlines()[1]
    '1,2.0,1.0,1.0,0.0,0.1'
    """
    times, modes = sigma.shape
    columns: dict[str, NDArray[Any]] = {
        "mode": np.repeat(np.arange(1, modes + 1), times),
        "depth": np.full(sigma.size, float(depth)),
        "target": np.repeat(target, times),
        "init": np.repeat(init, times),
        "t": np.tile(t, modes),
        "sigma": sigma.T.ravel(),
    }
    return FigureData(columns, {"depth": float(depth), "modes": modes})


def draw(data: FigureData) -> "Figure":
    """Return the drawing of `tabulate`'s table.

    Examples
    --------
    >>> t, sigma, one = np.array([0.0, 1.0]), np.array([[0.1], [0.5]]), np.ones(1)
    >>> data = tabulate(t, sigma, depth=2, target=one, init=one)
    >>> [text.get_text() for text in draw(data).axes[0].texts]
    ['σ* = 1']
    """
    import matplotlib
    from matplotlib.figure import Figure

    modes = data.parameters["modes"]
    # Dark to light, without the palest part; told apart in greyscale too.
    colours = matplotlib.colormaps["inferno"](np.linspace(0.0, 0.8, modes))
    with style():
        figure = Figure(figsize=(4.5, 3.0), layout="constrained")
        axes = figure.subplots()
        curves = [data.rows(mode=mode + 1) for mode in range(modes)]
        for colour, curve in zip(colours, curves, strict=True):
            axes.plot(curve["t"], curve["sigma"], color=colour)
        end = max(float(curve["t"][-1]) for curve in curves)
        axes.set(xlim=(0.0, end), xlabel="time t (gradient flow)", ylabel="σ")
        axes.set_title(f"N = {data.parameters['depth']:g}")
        low, high = axes.get_ylim()
        last = np.array([curve["sigma"][-1] for curve in curves])
        heights = low + (high - low) * _spread((last - low) / (high - low))
        for colour, curve, height in zip(colours, curves, heights, strict=True):
            text = f"σ* = {curve['target'][0]:g}"
            axes.annotate(
                text,
                (end, height),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
                color=colour,
                annotation_clip=False,
            )
    return figure


def save(
    data: FigureData,
    csv_file: Path | None,
    plot_file: Path | None,
    *,
    drawing: "Callable[[FigureData], Figure]" = draw,
) -> None:
    """Write a table, draw it, or both; where one of them cannot be written, neither is.

    Parameters
    ----------
    data : FigureData
    csv_file, plot_file : Path or None
    drawing : callable
        Makes the drawing; `draw` if missing.

    Raises
    ------
    ValueError
        If the drawing's format is unknown or a file cannot be written.
    """
    with ExitStack() as stack:
        if plot_file:
            check_format(plot_file, name="plot")
        if csv_file:
            # in place only when the drawing is
            (beside,) = stack.enter_context(written(csv_file, name="csv"))
            beside.write_text(data.csv(), encoding="utf-8", newline="\n")
        if plot_file:
            with style():
                save_drawing(drawing(data), plot_file, name="plot")


def save_plot(data: FigureData, path: Path) -> None:
    """Draw `tabulate`'s table into a file: .png, .svg or .pdf.

    Raises
    ------
    ValueError
        If the format is unknown or the file cannot be written.
    """
    with style():
        save_drawing(draw(data), path, name="plot")


def _spread(heights: Vector) -> Vector:
    """Return heights moved apart, in the same order.

    Examples
    --------
    >>> _spread(np.array([0.5, 0.5, 0.9])).round(4)
    array([0.4725, 0.5275, 0.9   ])
    """
    order = np.argsort(heights, kind="stable")
    steps = _APART * np.arange(heights.size)
    # Distances at least _APART are an increasing sequence after a shift: its nearest one is found by pooling.
    pools: list[list[float]] = []
    for value in heights[order] - steps:
        pools.append([float(value)])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    moved = np.concatenate([np.full(len(pool), np.mean(pool)) for pool in pools]) + steps
    result = np.empty_like(heights)
    result[order] = moved
    return result
