"""What the experiments of several figures share: their arguments, a run until a loss is met, and tables of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from flowlab._arguments import count, word
from flowlab.dynamics import GradientSystem, LossLevel, StoppingRule, Trajectory, descent, flow

Array = NDArray[np.float64]
Item = TypeVar("Item")

#: How many of the largest values are shown.
TOP = 5


def clock_of(clock: str | None, default: str) -> str:
    """Return the clock asked for, or the figure's own."""
    return default if clock is None else word("clock", clock, ("descent", "flow"))


def number_of(name: str, value: int | None, default: int) -> int:
    """Return the number asked for, at least 1, or the figure's own."""
    return default if value is None else count(name, value)


def list_of(name: str, values: Sequence[Item] | None, default: Sequence[Item]) -> list[Item]:
    """Return the list asked for, or the figure's own; refuse an empty one."""
    chosen = list(default if values is None else values)
    if not chosen:
        raise ValueError(f"{name}: got an empty list; allowed: at least one entry")
    return chosen


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


def ending(run: Trajectory) -> dict[str, Any]:
    """Return how a run ended."""
    return {
        "time": run.t[-1],
        "loss": run.loss[-1],
        "steps": run.statistics.steps,
        "evaluations": run.statistics.gradient_evaluations,
        "status": run.status.value,
    }


def endings(results: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Return the columns of how runs ended."""
    return {
        key: np.array([result[key] for result in results]) for key in ("time", "loss", "steps", "evaluations", "status")
    }


def curves(
    keys: Sequence[str], tasks: Iterable[Mapping[str, Any]], results: Iterable[Mapping[str, Any]]
) -> dict[str, NDArray[Any]]:
    """Return one table of all curves, with the tasks' `keys` and t, rank (from 1, the largest) and value."""
    parts: list[tuple[Array, ...]] = []
    for task, result in zip(tasks, results, strict=True):
        t, values = result["t"], result["values"]
        same = [np.full(values.size, task[key]) for key in keys]
        ranks = np.tile(np.arange(1, values.shape[1] + 1), len(t))
        parts.append((*same, np.repeat(t, values.shape[1]), ranks, values.ravel()))
    names = (*keys, "t", "rank", "value")
    return {name: np.concatenate(part) for name, part in zip(names, zip(*parts, strict=True), strict=True)}
