"""Panels of a few curves each, the largest first: what Figures 1, 4 and 5 are made of."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flowlab.dynamics import GradientSystem, LossLevel, StoppingRule, Trajectory, descent, flow
from flowlab.figures._output import FigureData

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

TOP = 5
#: Dark to light in the order of size: told apart without colour vision, and in greyscale.
COLOURS = ("#000000", "#00468b", "#d55e00", "#e69f00", "#999999")


def train(
    system: GradientSystem, *, clock: str, learning_rate: float, steps: int, loss: float, points: int
) -> Trajectory:
    """Run descent, or the flow for as long, until the loss is met or the steps are used up."""
    if clock == "flow":
        until = learning_rate * steps
        return flow(system, until, rtol=1e-6, atol=1e-9, events=[LossLevel(loss)], max_steps=10**6, dense=False)
    # As many of the beginning, where much happens, as of the rest.
    spaced = np.concatenate([np.linspace(0, steps, points), np.geomspace(1, steps, points)])
    record = np.unique(np.rint(spaced).astype(np.int64))
    return descent(system, learning_rate, steps=steps, record=record, stop=StoppingRule(loss=loss))


def time_label(clock: str) -> str:
    """Return what the time axis shows."""
    return "time t (gradient flow)" if clock == "flow" else "time t (descent: learning rate × step)"


def outcome(run: Trajectory) -> Mapping[str, Any]:
    """Return an experiment's result: the way of the largest induced values, and how the run ended."""
    return {
        "t": run.t,
        "values": run.induced[:, :TOP],
        "loss": run.loss,
        "steps": run.statistics.steps,
        "evaluations": run.statistics.gradient_evaluations,
        "status": run.status.value,
        "message": run.message,
    }


def tabulated(
    tasks: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    parameters: Mapping[str, Any],
    seed: int,
) -> FigureData:
    """Return the curves as one table (keys, t, rank, value), and how each run ended as the table ``runs``."""
    pieces: list[tuple[Array, ...]] = []
    for task, result in zip(tasks, results, strict=True):
        t, values = result["t"], result["values"]
        same = [np.full(values.size, task[key]) for key in keys]
        ranks = np.tile(np.arange(1, values.shape[1] + 1), len(t))
        pieces.append((*same, np.repeat(t, values.shape[1]), ranks, values.ravel()))
    names = (*keys, "t", "rank", "value")
    columns = {name: np.concatenate(part) for name, part in zip(names, zip(*pieces, strict=True), strict=True)}
    runs = {key: np.array([task[key] for task in tasks]) for key in keys}
    runs |= {"loss": np.array([result["loss"][-1] for result in results])}
    runs |= {key: np.array([result[key] for result in results]) for key in ("steps", "evaluations", "status")}
    return FigureData(columns, parameters, seed=seed, tables={"runs": runs})


def share_height(figure: "Figure", data: FigureData) -> None:
    """Let panels with a shared axis begin at 0 and hold every curve and goal."""
    top = max(float(data.columns["value"].max()), *data.parameters["target"])
    figure.axes[0].set_ylim(0.0, 1.05 * top)


def panel(axes: "Axes", data: FigureData, goals: Sequence[float] = (), **where: Any) -> None:
    """Draw the curves of one panel over thin lines at the values to be learnt."""
    for goal in goals:
        axes.axhline(goal, color="#bbbbbb", linewidth=0.6, zorder=0)
    for rank, colour in zip(range(1, TOP + 1), COLOURS, strict=True):
        curve = data.rows(rank=rank, **where)
        if curve["t"].size:
            axes.plot(curve["t"], curve["value"], color=colour, solid_capstyle="round")
    axes.set_xlim(0.0, float(data.rows(**where)["t"].max()))
    axes.locator_params(axis="x", nbins=4)
