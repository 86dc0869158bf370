"""What Figures 6 and 7 share: classifiers of several depths and starts, beside the maximum-margin separator."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flowlab.dynamics import GradientSystem, LossLevel, StoppingRule, Trajectory, descent, flow
from flowlab.figures._experiments import Workshop
from flowlab.figures._output import FigureData, style
from flowlab.figures._panels import time_label
from flowlab.reference import max_margin

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: The loss at which a run ends, as in the authors' scripts.
LEARNED = 0.01
_TOP = 5
#: Told apart in greyscale too: from the largest start to the smallest.
_INIT_COLOURS = ("#e69f00", "#d55e00", "#00468b", "#000000")
_RANK_COLOURS = ("#000000", "#00468b", "#d55e00", "#e69f00", "#999999")


@dataclass(frozen=True)
class Setting:
    """A figure's setting, in JSON's types."""

    learning_rate: float
    steps: int
    examples: int
    size: int
    loss: str
    clock: str
    seed: int
    depths: Sequence[int] = ()
    inits: Sequence[float] = ()
    experiments: int = 0


def common(items: Mapping[str, Any]) -> Setting:
    """Return the setting whose shared items an experiment was given."""
    return Setting(**items)


def run(system: GradientSystem, setting: Setting, points: int) -> Trajectory:
    """Train until the loss is `LEARNED` or the steps are used up, in the setting's clock."""
    if setting.clock == "flow":
        until = setting.learning_rate * setting.steps
        return flow(system, until, rtol=1e-8, events=[LossLevel(LEARNED)], max_steps=1_000_000)
    record = np.unique(np.rint(np.geomspace(1, setting.steps, points)).astype(np.int64))
    rule = StoppingRule(loss=LEARNED)
    return descent(system, setting.learning_rate, steps=setting.steps, record=record, stop=rule)


def summary(trajectory: Trajectory) -> dict[str, Any]:
    """Return how a run ended, in numbers."""
    return {
        "time": trajectory.t[-1],
        "loss": trajectory.loss[-1],
        "steps": trajectory.statistics.steps,
        "evaluations": trajectory.statistics.gradient_evaluations,
        "status": trajectory.status.value,
    }


def cosine(a: Array, b: Array) -> float:
    """Return the cosine of the angle between two vectors; 0 where one vanishes."""
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / scale if scale > 0 else 0.0


def largest(values: Array) -> Array:
    """Return the columns of the largest final values, in falling order, as parts of the very largest."""
    order = np.argsort(-values[-1], kind="stable")[:_TOP]
    return np.asarray(values[:, order] / values[-1, order[0]])


def collect(
    setting: Setting, train: Callable[..., Mapping[str, Any]], separate: Callable[..., Mapping[str, Any]], name: str,
    workshop: Workshop,
) -> FigureData:  # fmt: skip
    """Run every experiment and return the tables: correlations (main), svm, evolution.

    `train` takes depth, init, experiment, watch and the setting's items, `separate` experiment and those.
    """
    common = {key: getattr(setting, key) for key in setting.__dataclass_fields__}
    shared = {k: v for k, v in common.items() if k not in ("depths", "inits", "experiments")}
    runs = [
        {
            "depth": depth,
            "init": init,
            "experiment": n,
            "watch": n == 0 and init == min(setting.inits),
            **shared,
        }
        for depth in setting.depths
        for init in setting.inits
        for n in range(setting.experiments)
    ]
    found = workshop.run(name, train, runs)
    margins = workshop.run(f"{name}-svm", separate, [{"experiment": n, **shared} for n in range(setting.experiments)])
    keys = ("correlation", "steps", "evaluations", "time", "loss", "status")
    main = {key: np.array([task[key] for task in runs]) for key in ("depth", "init", "experiment")}
    main |= {key: np.array([result[key] for result in found]) for key in keys}
    svm = {"experiment": np.arange(setting.experiments)}
    svm |= {key: np.array([result[key] for result in margins]) for key in ("correlation", "margin", "gap")}
    pieces: list[tuple[Array, ...]] = []
    for task, result in zip(runs, found, strict=True):
        if task["watch"]:
            t, values = result["t"], result["values"]
            ranks = np.tile(np.arange(1, values.shape[1] + 1), len(t))
            pieces.append((np.full(ranks.size, task["depth"]), np.repeat(t, values.shape[1]), ranks, values.ravel()))
    columns = (np.concatenate(part) for part in zip(*pieces, strict=True))
    evolution = dict(zip(("depth", "t", "rank", "value"), columns, strict=True))
    parameters = {**common, "depths": list(setting.depths), "inits": list(setting.inits)}
    return FigureData(main, parameters, seed=setting.seed, tables={"svm": svm, "evolution": evolution})


def margin_of(features: Array, labels: Array, correlation: Callable[[Array], float]) -> dict[str, Any]:
    """Return the maximum-margin separator's correlation, with margin and duality gap."""
    found = max_margin(features, labels)
    return {"correlation": correlation(found.weights), "margin": found.margin, "gap": found.gap}


def draw(data: FigureData, *, correlation: str, value: str) -> "Figure":
    """Draw correlation against depth, and beside it the evolution at each depth from the smallest start."""
    from matplotlib.figure import Figure

    depths, inits = data.parameters["depths"], sorted(data.parameters["inits"], reverse=True)
    with style():
        figure = Figure(figsize=(7.0, 4.0 if len(depths) > 3 else 2.2), layout="constrained")
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
            for rank in range(1, _TOP + 1):
                curve = data.rows("evolution", depth=depth, rank=rank)
                axes.plot(curve["t"], curve["value"], color=_RANK_COLOURS[rank - 1])
            axes.set(ylim=(0.0, 1.05), yticks=(0.0, 0.5, 1.0), xlim=(0.0, None))
            axes.locator_params(axis="x", nbins=4)
            axes.set_title(f"N = {depth}, σ0 = {inits[-1]:g}")
            if (list(grid).index(axes)) % columns == 0 or depth == depths[0]:
                axes.set_ylabel(value)
        figure.supxlabel(time_label(data.parameters["clock"]), fontsize=8)
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
