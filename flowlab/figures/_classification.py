"""What Figures 6 and 7 share: classifiers of several depths and starts, beside the maximum-margin separator."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flowlab.dynamics import GradientSystem
from flowlab.figures import _panels, _training
from flowlab.figures._experiments import Workshop
from flowlab.figures._output import FigureData, style
from flowlab.reference import max_margin

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Experiment = Callable[..., Mapping[str, Any]]

#: The loss at which a run ends, as in the authors' scripts.
LEARNED = 0.01
_POINTS = 200
#: Told apart in greyscale too: from the largest start to the smallest.
_INIT_COLOURS = ("#e69f00", "#d55e00", "#00468b", "#000000")


def labelled(vector: Array, count: int, generator: np.random.Generator) -> tuple[Array, Array]:
    """Return Gaussian examples and what the sign of <vector, x> says of them."""
    features = generator.standard_normal((count, vector.size))
    return features, np.where(features @ vector >= 0, 1.0, -1.0)


def cosine(a: Array, b: Array) -> float:
    """Return the cosine of the angle between two vectors; 0 where one vanishes."""
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / scale if scale > 0 else 0.0


def trained(
    system: GradientSystem, goal: Array, *, watch: bool, clock: str, learning_rate: float, steps: int
) -> Mapping[str, Any]:
    """Return how |induced values| correlate with a goal in the end; with `watch` also the way of the largest."""
    points = _POINTS if watch else 1
    run = _training.train(system, clock=clock, learning_rate=learning_rate, steps=steps, loss=LEARNED, points=points)
    found = {"correlation": cosine(run.induced[-1], goal), **_training.ending(run)}
    if not watch:
        return found
    sizes = np.abs(run.induced)
    order = np.argsort(-sizes[-1], kind="stable")[: _training.TOP]
    return found | {"t": run.t, "values": sizes[:, order] / sizes[-1, order[0]]}


def separated(features: Array, labels: Array, correlation: Callable[[Array], float]) -> Mapping[str, Any]:
    """Return the maximum-margin separator's correlation, with margin and duality gap."""
    found = max_margin(features, labels)
    return {"correlation": correlation(found.weights), "margin": found.margin, "gap": found.gap}


def collect(
    name: str,
    train: Experiment,
    separate: Experiment,
    workshop: Workshop | None,
    *,
    depths: Sequence[int],
    inits: Sequence[float],
    experiments: int,
    seed: int,
    **setting: Any,
) -> FigureData:
    """Run every experiment and return the tables: one row a run, ``svm``, ``evolution``.

    `train` takes depth, init, experiment, watch, seed and the setting's items, `separate` experiment and seed.
    """
    workshop = workshop or Workshop()
    runs = [
        {"depth": d, "init": s, "experiment": n, "watch": n == 0 and s == min(inits), "seed": seed, **setting}
        for d in depths
        for s in inits
        for n in range(experiments)
    ]
    results = workshop.run(name, train, runs)
    margins = workshop.run(f"{name}-svm", separate, [{"experiment": n, "seed": seed} for n in range(experiments)])
    main = {key: np.array([task[key] for task in runs]) for key in ("depth", "init", "experiment")}
    main |= {"correlation": np.array([result["correlation"] for result in results])} | _training.endings(results)
    svm = {"experiment": np.arange(experiments)}
    svm |= {key: np.array([margin[key] for margin in margins]) for key in ("correlation", "margin", "gap")}
    watched = [(task, result) for task, result in zip(runs, results, strict=True) if task["watch"]]
    evolution = _training.curves(("depth",), *zip(*watched, strict=True))
    parameters = {"depths": depths, "inits": inits, "experiments": experiments, "loss_level": LEARNED, **setting}
    return FigureData(main, parameters, seed=seed, tables={"svm": svm, "evolution": evolution})


def draw(data: FigureData, *, correlation: str, value: str) -> "Figure":
    """Draw correlation against depth, and beside it the evolution at each depth from the smallest start."""
    from matplotlib.figure import Figure

    depths, inits = data.parameters["depths"], sorted(data.parameters["inits"], reverse=True)
    with style():
        figure = Figure(figsize=(7.0, 4.2 if len(depths) > 3 else 2.4), layout="constrained")
        columns = 3 if len(depths) > 3 else 1 + len(depths)
        grid = figure.subplots(-(-(1 + len(depths)) // columns), columns, squeeze=False).ravel()
        axes = grid[0]
        svm = data.tables["svm"]["correlation"]
        axes.axhspan(svm.mean() - svm.std(), svm.mean() + svm.std(), color="#cccccc", linewidth=0)
        axes.axhline(svm.mean(), color="#666666", linewidth=1.0, linestyle="--")
        axes.annotate(
            "maximum margin", (1.0, svm.mean()), xycoords=("axes fraction", "data"), xytext=(-2, -3),
            textcoords="offset points", ha="right", va="top", fontsize=7, color="#444444",
        )  # fmt: skip
        ends = []
        for init, colour in zip(inits, _INIT_COLOURS, strict=False):
            parts = [data.rows(depth=depth, init=init)["correlation"] for depth in depths]
            mean, spread = np.array([p.mean() for p in parts]), np.array([p.std() for p in parts])
            axes.fill_between(depths, mean - spread, np.minimum(mean + spread, 1), color=colour, alpha=0.2, linewidth=0)
            axes.plot(depths, mean, color=colour, marker="o", markersize=3)
            ends.append((mean[-1], init, colour))
        _label_ends(axes, depths[-1], ends)
        axes.set(xlabel="depth N", ylabel=correlation, xticks=depths, xlim=(depths[0] - 0.1, depths[-1] + 1.1))
        axes.set_title("correlation with the labelling vector")
        for axes, depth in zip(grid[1:], depths, strict=False):
            _panels.panel(axes, data, table="evolution", depth=depth)
            axes.set(ylim=(0.0, 1.05), yticks=(0.0, 0.5, 1.0))
            axes.set_title(f"N = {depth}, σ0 = {inits[-1]:g}")
            if (list(grid).index(axes)) % columns == 0 or depth == depths[0]:
                axes.set_ylabel(value)
        _panels.name_axes(figure, data.parameters["clock"], grid[1])
        for axes in grid[1 + len(depths) :]:
            axes.set_visible(False)
    return figure


def _label_ends(axes: Any, depth: float, ends: list[tuple[float, float, str]]) -> None:
    """Write σ0 at the right end of each line, kept apart."""
    low, high = axes.get_ylim()
    gap = 0.075 * (high - low)
    places: list[float] = []
    for end, _, _ in sorted(ends):
        places.append(max(end, places[-1] + gap) if places else end)
    excess = max(0.0, places[-1] - high)
    for place, (_, init, colour) in zip(places, sorted(ends), strict=True):
        axes.text(depth + 0.12, place - excess, f"σ0 = {init:g}", color=colour, fontsize=7, va="center")
