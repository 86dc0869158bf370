"""What every run ends in, whatever produced it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._checks import number, real_array, require, shown
from flowlab.dynamics._portable import Portable
from flowlab.dynamics.drift import Conserved, Drift
from flowlab.dynamics.kinks.passing import Crossing, Sliding

Vector = NDArray[np.float64]
#: What the last parameter of a system by another clock is called, see `flowlab.dynamics.by_clock`.
LOG_T = "log(1 + t)"


class Status(Enum):
    """How a run ended.

    Examples
    --------
    >>> Status.DIVERGED.value
    'diverged'
    """

    REACHED_END = "reached the end"
    STOPPED = "stopped by its rule"
    STEP_LIMIT = "step limit"
    STEP_TOO_SMALL = "step too small"
    DIVERGED = "diverged"
    DISCONTINUOUS = "at a step of the loss"


@dataclass(frozen=True)
class Statistics:
    """What a run cost.

    Attributes
    ----------
    steps, rejected : int
        Accepted and rejected steps.
    gradient_evaluations, hessian_evaluations : int
        Calls of the gradient and the Hessian, on all rows or on a batch: by the method itself and, in a descent,
        by its stopping rules. Looking for a flow's events comes on top.

    Examples
    --------
    >>> Statistics(steps=10).rejected
    0
    """

    steps: int = 0
    rejected: int = 0
    gradient_evaluations: int = 0
    hessian_evaluations: int = 0


@dataclass(frozen=True, eq=False)
class Occurrence:
    """An event that happened: which, at what gradient-flow time, at which parameters (shape (d,)).

    Examples
    --------
    >>> Occurrence("half way", 0.5, np.array([1.0])).time
    0.5
    """

    event: Any
    time: float
    parameters: Vector


@dataclass(frozen=True, eq=False)
class Interpolant:
    """The parameters at any time of a closed interval.

    Attributes
    ----------
    start, stop : float
        The interval, in gradient-flow time.
    evaluate : callable
        Maps times of shape (n,), inside the interval, to parameters of shape (n, d).

    Examples
    --------
    >>> decay = Interpolant(0.0, np.inf, lambda t: np.exp(-t)[:, None])
    >>> decay.evaluate(np.array([0.0]))
    array([[1.]])
    """

    start: float
    stop: float
    evaluate: Callable[[Vector], Vector]


@dataclass(frozen=True, eq=False)
class Trajectory(Portable):
    """A path of the parameters in time: of a flow, of a descent, or exact.

    Time is gradient-flow time; a descent's axis is learning_rate × step. Every number in a trajectory is
    finite: a run that fails ends at the last point that was.

    Attributes
    ----------
    t : ndarray, shape (n,)
        Recorded times, increasing.
    parameters : ndarray, shape (n, d)
    induced : ndarray, shape (n, k)
        The induced values σ(w).
    loss : ndarray, shape (n,)
    names : tuple of str
        One for each parameter.
    kind : {"flow", "descent", "exact"}
    target : ndarray, shape (k,), optional
        The optimum of each induced value.
    status : Status
    message : str
        One line: when and how the run ended, and what to do next where it failed.
    statistics : Statistics
    events : tuple of Occurrence
        In order of time.
    learning_rate : float, optional
        Of a descent.
    steps : ndarray of int, shape (n,), optional
        The recorded iterations of a descent.
    observables : mapping of str to ndarray
        What else the system watches, each with n rows.
    interpolant : Interpolant, optional
        Dense output; it may reach beyond the recorded times.
    induced_of : callable, optional
        Maps parameters of shape (n, d) to induced values of shape (n, k).
    conserved : Conserved, optional
        What the gradient flow conserves, where the system knows it.
    crossings : tuple of Crossing
        The kinks that a flow passed, in order of time.
    sliding : tuple of Sliding
        The kinks that it stayed at, in the order in which it came to them.
    sides_of : callable, optional
        Maps times of shape (n,) to the sides of all kinks, see `sides`.
    distances_of : callable, optional
        Maps parameters of shape (n, d) to their distances from the nearest kink, see `kink_distances`.

    Examples
    --------
    >>> t, w = np.array([0.0, 1.0]), np.array([[1.0], [0.5]])
    >>> path = Trajectory(t=t, parameters=w, induced=w, loss=w[:, 0] ** 2, names=("w",), kind="exact")
    >>> path.ok, path.drift
    (True, None)
    """

    t: Vector
    parameters: Vector
    induced: Vector
    loss: Vector
    names: tuple[str, ...]
    kind: str
    target: Vector | None = None
    status: Status = Status.REACHED_END
    message: str = ""
    statistics: Statistics = field(default_factory=Statistics)
    events: tuple[Occurrence, ...] = ()
    learning_rate: float | None = None
    steps: NDArray[np.int64] | None = None
    observables: Mapping[str, NDArray[Any]] = field(default_factory=lambda: MappingProxyType({}))
    interpolant: Interpolant | None = field(default=None, repr=False)
    induced_of: Callable[[Vector], Vector] | None = field(default=None, repr=False)
    conserved: Conserved | None = field(default=None, repr=False)
    crossings: tuple[Crossing, ...] = ()
    sliding: tuple[Sliding, ...] = ()
    sides_of: Callable[[Vector], Vector] | None = field(default=None, repr=False)
    distances_of: Callable[[Vector], Vector] | None = field(default=None, repr=False)

    @property
    def log_t(self) -> Vector:
        """log(1 + t) of the gradient-flow time t of each record, by whatever clock; t itself may be beyond all floats.

        Examples
        --------
        >>> w = np.ones((2, 1))
        >>> Trajectory(np.array([0.0, 1.0]), w, w, w[:, 0], names=("w",), kind="exact").log_t.round(3)
        array([0.   , 0.693])
        """
        return self.parameters[:, -1] if self.names[-1] == LOG_T else np.log1p(self.t)

    @cached_property
    def drift(self) -> Drift | None:
        """How far the conserved quantities moved from the start, at the records; None where none are known."""
        return None if self.conserved is None else self.conserved.drift(self.parameters)

    @property
    def summary(self) -> str:
        """One line: how the run ended, what it cost, and the drift of what should be conserved, where it is known."""
        cost = self.statistics
        counts = f"{cost.steps} steps, {cost.rejected} rejected, {cost.gradient_evaluations} gradient evaluations"
        parts = [self.message, counts] + ([] if self.drift is None else [str(self.drift)])
        return "; ".join(part.rstrip(".") for part in parts if part) + "."

    @property
    def ok(self) -> bool:
        """Whether the run ended as asked: at its end, or by a stopping rule or terminal event."""
        return self.status in (Status.REACHED_END, Status.STOPPED)

    def __call__(self, t: ArrayLike) -> Vector:
        """Return the parameters at times `t`, through the dense output.

        Parameters
        ----------
        t : array_like
            Gradient-flow times within the dense output, of shape (n,), or one number.

        Returns
        -------
        ndarray, shape (n, d), or (d,) for one number

        Raises
        ------
        ValueError
            If there is no dense output (a descent has none), or a time lies outside it.
        """
        if self.interpolant is None:
            raise ValueError(
                f"t: got {shown(t)} for a {self.kind} without dense output; "
                "allowed: trajectories of flow (or read trajectory.t)"
            )
        inner = self.interpolant
        allowed = f"times in [{number(inner.start)}, {number(inner.stop)}]"
        times = real_array("t", t, allowed=allowed)
        require("t", times, (times >= inner.start) & (times <= inner.stop), allowed=allowed)
        if times.ndim > 1:
            raise ValueError(f"t: got shape {times.shape}; allowed: a number or shape (n,)")
        values = inner.evaluate(np.ascontiguousarray(np.atleast_1d(times)))
        return values[0] if times.ndim == 0 else values

    @cached_property
    def kink_distances(self) -> Vector | None:
        """How far each record is from the nearest kink, to first order, shape (n,); None where no kinks are known.

        It is |g|/|∇g| of the switch g: 0 while a flow slides, infinite where no parameter moves a switch.
        """
        return None if self.distances_of is None else self.distances_of(self.parameters)

    def sides(self, t: ArrayLike) -> Vector:
        """Return the sides of all kinks at times `t`.

        Parameters
        ----------
        t : array_like
            Gradient-flow times within the dense output, of shape (n,), or one number.

        Returns
        -------
        ndarray, shape (n, k), or (k,) for one number
            1 where a kink's switch is positive, −1 where it is negative; where the flow slides on it, between: the
            velocity is that part of the two sides'. The slope of a rectified unit on its kink is (1 + side)/2. Of a
            norm it is 1 where that is not 0, and 0 at rest; its components have the sides of the norm's direction, or
            at rest that vector of the unit ball with which the velocity is 0.

        Raises
        ------
        ValueError
            As for a call, or where no kinks are known.
        """
        if self.sides_of is None:
            raise ValueError(
                f"t: got {shown(t)} for a {self.kind} without kinks or dense output; "
                "allowed: trajectories of flow, with dense output, of a system with kinks"
            )
        self(t)  # refuses what lies outside
        values = self.sides_of(np.atleast_1d(np.asarray(t, dtype=np.float64)))
        return values[0] if np.ndim(t) == 0 else values

    def induced_at(self, t: ArrayLike) -> Vector:
        """Return the induced values at times `t`, through the dense output.

        Parameters
        ----------
        t : array_like
            Gradient-flow times within the dense output, of shape (n,), or one number.

        Returns
        -------
        ndarray, shape (n, k), or (k,) for one number

        Raises
        ------
        ValueError
            As for a call, or where the induced values of other parameters are not known.
        """
        values = self(t)
        if self.induced_of is None:
            raise ValueError("trajectory: got no induced_of; allowed: trajectories that carry their induced map")
        induced = self.induced_of(np.ascontiguousarray(np.atleast_2d(values)))
        return induced[0] if values.ndim == 1 else induced


def recorded_steps(trajectory: Trajectory) -> NDArray[np.int64] | None:
    """Return the iteration of each record of a descent: as it says, or else by its time.

    Parameters
    ----------
    trajectory : Trajectory

    Returns
    -------
    ndarray of int, shape (n,), or None
        None for a trajectory without learning rate.

    Examples
    --------
    >>> t, w = np.array([0.0, 0.1, 0.3]), np.ones((3, 1))
    >>> recorded_steps(Trajectory(t, w, w, t, ("w",), "descent", learning_rate=0.1))
    array([0, 1, 3])
    """
    if trajectory.learning_rate is None:
        return None
    if trajectory.steps is not None:
        return trajectory.steps
    return np.rint(trajectory.t / trajectory.learning_rate).astype(np.int64)
