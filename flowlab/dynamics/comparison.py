"""A flow and a descent side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from flowlab._checks import shown
from flowlab.dynamics.trajectory import Interpolant, Trajectory, Vector, recorded_steps

#: A step's time, learning_rate × step, may by rounding lie this far beyond the end of a flow that it ends with.
_ROUNDING = 4 * np.finfo(float).eps


@dataclass(frozen=True, eq=False)
class Comparison:
    """How far descents are from flows.

    Attributes
    ----------
    learning_rates : ndarray, shape (m,)
    distances : ndarray, shape (m,)
        Over the steps of each descent that lie within its flow, the largest absolute difference of any component.
    at : ndarray, shape (m,)
        The gradient-flow time of each.
    order : float or None
        The slope of log distance against log learning rate by least squares; None where there are fewer than
        two different learning rates, or a distance is 0.
    all_times, all_differences : tuple of ndarray
        For each descent the times compared, shape (n,), and descent minus flow there, shape (n, k).
    quantity : {"induced", "parameters"}

    Examples
    --------
    >>> Comparison(np.array([0.1]), np.array([0.01]), np.array([1.0]), None, (), (), "induced").table()
    [(0.1, 0.01, 1.0)]
    """

    learning_rates: Vector
    distances: Vector
    at: Vector
    order: float | None
    all_times: tuple[Vector, ...] = field(repr=False)
    all_differences: tuple[Vector, ...] = field(repr=False)
    quantity: str

    def _only(self, arrays: tuple[Vector, ...]) -> Vector:
        if len(arrays) != 1:
            raise ValueError(
                f"comparison: got {len(arrays)} descents; allowed: one (or use all_times and all_differences)"
            )
        return arrays[0]

    @property
    def times(self) -> Vector:
        """The times compared, shape (n,), of a comparison with one descent."""
        return self._only(self.all_times)

    @property
    def difference(self) -> Vector:
        """Descent minus flow at `times`, shape (n, k), of a comparison with one descent."""
        return self._only(self.all_differences)

    def table(self) -> list[tuple[float, float, float]]:
        """Return a row (learning rate, distance, time of the distance) for each descent."""
        columns = (self.learning_rates, self.distances, self.at)
        return [(float(rate), float(distance), float(t)) for rate, distance, t in zip(*columns, strict=True)]


def compare(
    flow: Trajectory | Sequence[Trajectory],
    descent: Trajectory | Sequence[Trajectory],
    *,
    quantity: Literal["induced", "parameters"] = "induced",
) -> Comparison:
    """Return the distance of descents from flows, in the sup norm over time and components.

    The supremum is over every step within the flow, so every one of them must be recorded: over some of the steps
    alone it comes out too small, and the order wrong.

    Parameters
    ----------
    flow : Trajectory or sequence of Trajectory
        With dense output, such as by `flow` or exact; one for all descents, or one for each.
    descent : Trajectory or sequence of Trajectory
        With a learning rate and all steps recorded, such as by `descent` with ``record=1``: one, or a ladder of
        learning rates. Steps beyond the flow are left out.
    quantity : {"induced", "parameters"}
        What is compared.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If the numbers of trajectories do not fit, a flow has no dense output, a descent no learning rate or no record
        of some of its steps within the flow, the components differ in number, or no step of a descent lies within
        its flow.

    Examples
    --------
    >>> from flowlab.dynamics import Interpolant
    >>> t = np.array([0.0, 0.5, 1.0])
    >>> exact = np.exp(-t)[:, None]
    >>> steps = np.array([[1.0], [0.5], [0.25]])
    >>> curve = Trajectory(t, exact, exact, t, ("w",), "exact", induced_of=lambda w: w,
    ...                    interpolant=Interpolant(0.0, 1.0, lambda at: np.exp(-at)[:, None]))
    >>> path = Trajectory(t, steps, steps, t, ("w",), "descent", learning_rate=0.5)
    >>> compare(curve, path).distances.round(4)
    array([0.1179])
    """
    if quantity not in ("induced", "parameters"):
        raise ValueError(f"quantity: got {shown(quantity)}; allowed: 'induced' or 'parameters'")
    descents = _several("descent", descent)
    flows = _several("flow", flow)
    if len(flows) == 1:
        flows = flows * len(descents)
    if len(flows) != len(descents):
        raise ValueError(f"flow: got {len(flows)} flows for {len(descents)} descents; allowed: one, or one for each")
    rates, distances, at, all_times, all_differences = [], [], [], [], []
    for curve, path in zip(flows, descents, strict=True):
        if path.learning_rate is None:
            raise ValueError(f"descent: got a {path.kind} without learning_rate; allowed: trajectories of descent")
        if curve.interpolant is None:
            raise ValueError(
                f"flow: got a {curve.kind} without dense output; "
                "allowed: trajectories of flow with dense=True, or exact"
            )
        within, times = _within(path, curve.interpolant)
        mine = (path.induced if quantity == "induced" else path.parameters)[within]
        theirs = curve.induced_at(times) if quantity == "induced" else curve(times)
        if mine.shape != theirs.shape:
            raise ValueError(
                f"descent: got {mine.shape[1]} components; allowed: as many as the flow's {theirs.shape[1]}"
            )
        difference = mine - theirs
        largest = np.abs(difference).max(axis=1)
        worst = int(np.argmax(largest))
        rates.append(path.learning_rate)
        distances.append(largest[worst])
        at.append(times[worst])
        all_times.append(times)
        all_differences.append(difference)
    return Comparison(
        learning_rates=np.array(rates),
        distances=np.array(distances),
        at=np.array(at),
        order=_order(np.array(rates), np.array(distances)),
        all_times=tuple(all_times),
        all_differences=tuple(all_differences),
        quantity=quantity,
    )


def _within(path: Trajectory, dense: Interpolant) -> tuple[NDArray[np.bool_], Vector]:
    """Say which records of a descent lie within a flow, and when; refuse where steps between them are missing."""
    rate, steps = path.learning_rate, recorded_steps(path)
    assert rate is not None
    assert steps is not None
    stop = dense.stop * (1 + _ROUNDING)
    within = (path.t >= dense.start) & (path.t <= stop)
    before = np.append(-1, steps[:-1])
    missing = (steps - before > 1) & (rate * (steps - 1) >= dense.start) & (rate * (before + 1) <= stop)
    if missing.any():
        last = int(np.argmax(missing))
        place = f"between steps {before[last]} and {steps[last]}" if last else f"before step {steps[0]}"
        raise ValueError(f"descent: got no record of the steps {place}; allowed: descents with record=1")
    if not within.any():
        raise ValueError(
            f"descent: got times in [{path.t[0]:.6g}, {path.t[-1]:.6g}]; allowed: some within the flow's "
            f"[{dense.start:.6g}, {dense.stop:.6g}]"
        )
    return within, np.minimum(path.t[within], dense.stop)


def _several(name: str, value: Trajectory | Sequence[Trajectory]) -> tuple[Trajectory, ...]:
    several = (value,) if isinstance(value, Trajectory) else tuple(value) if isinstance(value, Iterable) else ()
    if not several or not all(isinstance(one, Trajectory) for one in several):
        raise ValueError(f"{name}: got {shown(value)}; allowed: a Trajectory or a non-empty sequence of them")
    return several


def _order(rates: Vector, distances: Vector) -> float | None:
    if np.unique(rates).size < 2 or not (distances > 0).all():
        return None
    x, y = np.log(rates), np.log(distances)
    x = x - x.mean()
    return float(x @ (y - y.mean()) / (x @ x))
