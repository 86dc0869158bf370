"""Figure 4 of Gissin et al. 2020: deep matrix sensing from a Gaussian start, on too few measurements.

The five largest singular values of W (50 × 50) at depth 1 to 4 (columns), trained on Gaussian measurements of
diag(12, 6, 4, 3, 0, …), fewer than W has entries: 1000 in the upper row, as in the authors' script, and 600 in the
lower one (the paper does not say how many; a matrix of this rank has 384 degrees of freedom). Thin lines are the values
of the target. Learning rate 0.001 on the mean squared error, until it is 0.01.

It comes out as the caption says. At depth 1 all five values are far from 0 (the fifth is 1.81 and 1.46 at the end),
an unsuccessful recovery. On 1000 measurements depth 2 to 4 learn the four values one after the other, with a fifth of
0.10, 0.008 and 0.004. On 600, depth 2 fails (11.5, 5.2, 3.0, 2.1, and 0.68 for the fifth), and depth 3 and 4 recover
the matrix (0.03 and 0.004); there the values learned already move whenever a new one comes.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab.figures import _panels, _training
from flowlab.figures._experiments import Workshop
from flowlab.figures._output import FigureData, style
from flowlab.models import MatrixSensing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TARGET = (12.0, 6.0, 4.0, 3.0)
_LOSS = 0.01


def train(
    *, depth: int, samples: int, size: int, init: float, learning_rate: float, steps: int, points: int, clock: str,
    seed: int,
) -> Mapping[str, Any]:  # fmt: skip
    """Return the way of one model's singular values; the measurements are the same at every depth."""
    target = np.zeros((size, size))
    target[: len(_TARGET), : len(_TARGET)] = np.diag(_TARGET)
    start = np.random.default_rng([seed, 4, depth])
    model = MatrixSensing(depth, target, init, start="gaussian", seed=start)
    measurements = model.measurements(samples, np.random.default_rng([seed, 4]))
    system = model.system(measurements, scale=1.0)
    run = _training.train(system, clock=clock, learning_rate=learning_rate, steps=steps, loss=_LOSS, points=points)
    return {"t": run.t, "values": run.induced[:, : _training.TOP], **_training.ending(run)}


def compute(
    *,
    depths: Sequence[int] = (1, 2, 3, 4),
    samples: Sequence[int] | None = None,
    quick: bool = False,
    seed: int = 0,
    clock: str | None = None,
    workshop: Workshop | None = None,
) -> FigureData:
    """Train every model.

    Parameters
    ----------
    depths : sequence of int
        The columns.
    samples : sequence of int, optional
        The rows: numbers of measurements, (1000, 600) by default.
    quick : bool
        A version in seconds: matrices of 20 × 20, and 320 and 200 measurements.
    seed : int
    clock : {"descent", "flow"}, optional
        Descent by default, as in the paper.
    workshop : Workshop, optional

    Returns
    -------
    FigureData
        With the columns samples, depth, t, rank and value; the table ``runs`` says how each run ended.

    Examples
    --------
    >>> data = compute(depths=[2], samples=[320], quick=True)
    >>> data.tables["runs"]["status"]
    array(['stopped by its rule'], dtype='<U19')
    """
    columns = _training.list_of("depths", depths, ())
    rows = _training.list_of("samples", samples, (320, 200) if quick else (1000, 600))
    shared = {
        "size": 20 if quick else 50,
        "init": 1e-4,
        "learning_rate": 1e-3,
        "steps": 20_000 if quick else 50_000,
        "points": 1_000,
        "clock": _training.clock_of(clock, "descent"),
        "seed": seed,
    }
    tasks = [{"samples": count, "depth": depth, **shared} for count in rows for depth in columns]
    results = (workshop or Workshop()).run("figure4", train, tasks)
    parameters = {"depths": columns, "samples": rows, "target": list(_TARGET), "loss": _LOSS, **shared}
    keys = ("samples", "depth")
    runs = {key: np.array([task[key] for task in tasks]) for key in keys} | _training.endings(results)
    return FigureData(_training.curves(keys, tasks, results), parameters, seed=seed, tables={"runs": runs})


def draw(data: FigureData) -> "Figure":
    """Return the drawing.

    Examples
    --------
    >>> len(draw(compute(depths=[1, 2], samples=[320], quick=True)).axes)
    2
    """
    from matplotlib.figure import Figure

    depths, rows = data.parameters["depths"], data.parameters["samples"]
    with style():
        figure = Figure(figsize=(7.0, 1.75 * len(rows) + 0.5), layout="constrained")
        grid = figure.subplots(len(rows), len(depths), sharey=True, squeeze=False)
        for row, count in enumerate(rows):
            for column, depth in enumerate(depths):
                axes = grid[row, column]
                _panels.panel(axes, data, data.parameters["target"], samples=count, depth=depth)
                axes.set_title(f"N = {depth}, {count} measurements")
        _panels.share_height(grid[0, 0], data)
        _panels.name_axes(figure, data.parameters["clock"], grid[0, 0])
        figure.supylabel("five largest singular values", fontsize=8)
    return figure
