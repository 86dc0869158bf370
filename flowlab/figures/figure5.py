"""Figure 5 of Gissin et al. 2020: a quadratic network under the squared loss, without and with a bias.

The five largest eigenvalues of WᵀW (20 × 20) for a labelling network with 1, 1/2, 1/3 and 1/4 (thin lines). Rows:
without a bias, and with a trainable one that starts at the mean label. Columns: a large and a small set of Gaussian
examples, each over its beginning and over the whole run (the paper has two columns for each and does not say how they
differ). 100 examples are those of the authors' script; the 1000 are ours, and so is the end, a loss of 0.00001.
Orthogonal start with σ0 = 0.0001, learning rate 0.001 on the mean squared error.

What the caption says comes out but for one thing. Without a bias the values are learned together (large set: at t = 2
they are 0.98, 0.48, 0.31 and 0.22), with it one after the other (0.88, 0.39, 0.05 and 0.01). For the small set the
solution without a bias has a larger rank: its fifth value ends at 0.11, against 0.03 with a bias, where it is still
falling. The overshooting, however, is that of values whose optimum is 0: the fifth rises to 0.048 on the large set and
to 0.16 on the small one; none of the other four passes its optimum.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab.figures import _panels, _training
from flowlab.figures._experiments import Workshop
from flowlab.figures._output import FigureData, style
from flowlab.models import QuadraticNetwork

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TARGET = (1.0, 1 / 2, 1 / 3, 1 / 4)
_LOSS = 1e-5
_BEGINNING = 5.0  # of the time that the first column of each set shows


def train(
    *, bias: bool, samples: int, size: int, init: float, learning_rate: float, steps: int, points: int, clock: str,
    seed: int,
) -> Mapping[str, Any]:  # fmt: skip
    """Return the way of one network's eigenvalues; the examples are the same with and without a bias."""
    target = np.diag([*_TARGET, *[0.0] * (size - len(_TARGET))])
    inputs = np.random.default_rng([seed, 5, samples]).standard_normal((samples, size))
    mean = float(np.einsum("mi,i,mi->m", inputs, np.diag(target), inputs).mean())
    start = np.random.default_rng([seed, 5])
    model = QuadraticNetwork(target, init, loss="squared", bias=mean if bias else None, seed=start)
    system = model.system(inputs, scale=1.0)
    run = _training.train(system, clock=clock, learning_rate=learning_rate, steps=steps, loss=_LOSS, points=points)
    return {"t": run.t, "values": run.induced[:, : _training.TOP], **_training.ending(run)}


def compute(
    *,
    samples: Sequence[int] | None = None,
    quick: bool = False,
    seed: int = 0,
    clock: str | None = None,
    workshop: Workshop | None = None,
) -> FigureData:
    """Train every network.

    Parameters
    ----------
    samples : sequence of int, optional
        Numbers of examples, (1000, 100) by default.
    quick : bool
        A version in seconds: 8 dimensions, 200 and 25 examples.
    seed : int
    clock : {"descent", "flow"}, optional
        Descent by default, as in the paper.
    workshop : Workshop, optional

    Returns
    -------
    FigureData
        With the columns samples, bias, t, rank and value; the table ``runs`` says how each run ended.

    Examples
    --------
    >>> data = compute(samples=[200], quick=True)
    >>> sorted(set(data.columns["bias"].tolist()))
    [False, True]
    """
    columns = _training.list_of("samples", samples, (200, 25) if quick else (1000, 100))
    shared = {
        "size": 8 if quick else 20,
        "init": 1e-4,
        "learning_rate": 1e-3,
        "steps": 20_000 if quick else 200_000,
        "points": 1_000,
        "clock": _training.clock_of(clock, "descent"),
        "seed": seed,
    }
    tasks = [{"bias": bias, "samples": count, **shared} for bias in (False, True) for count in columns]
    results = (workshop or Workshop()).run("figure5", train, tasks)
    parameters = {"samples": columns, "target": list(_TARGET), "loss": _LOSS, **shared}
    keys = ("bias", "samples")
    runs = {key: np.array([task[key] for task in tasks]) for key in keys} | _training.endings(results)
    return FigureData(_training.curves(keys, tasks, results), parameters, seed=seed, tables={"runs": runs})


def draw(data: FigureData) -> "Figure":
    """Return the drawing.

    Examples
    --------
    >>> len(draw(compute(samples=[200], quick=True)).axes)
    4
    """
    from matplotlib.figure import Figure

    columns = [(count, part) for count in data.parameters["samples"] for part in (_BEGINNING, None)]
    with style():
        figure = Figure(figsize=(7.0, 3.8), layout="constrained")
        grid = figure.subplots(2, len(columns), sharey=True, squeeze=False)
        for row, bias in enumerate((False, True)):
            for column, (count, until) in enumerate(columns):
                axes = grid[row, column]
                _panels.panel(axes, data, data.parameters["target"], bias=bias, samples=count)
                if until is not None:
                    axes.set_xlim(0.0, until)
                axes.set_title(f"{'with' if bias else 'without'} bias, m = {count}")
        _panels.share_height(grid[0, 0], data)
        _panels.name_axes(figure, data.parameters["clock"], grid[0, 0])
        figure.supylabel("five largest eigenvalues of WᵀW", fontsize=8)
    return figure
