"""Incremental learning, as Definition 1 of Gissin, Shalev-Shwartz and Daniely (2020) has it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from flowlab._arguments import number, of_shape
from flowlab._checks import number as in_full
from flowlab._checks import real_array, require
from flowlab.dynamics.trajectory import Interpolant, Trajectory, Vector, recorded_steps

Flags = NDArray[np.bool_]

#: Bisection from one end of the floats to the other takes about 2100 halvings.
_HALVINGS = 5000


def is_incremental(trajectory: Trajectory, s: float, f: float, *, target: ArrayLike | None = None) -> bool:
    """Say whether a trajectory learns its induced values one after the other.

    For every two targets σ_i* > σ_j* there must be a time t with σ_j(t) ≤ s σ_j* and f σ_i* ≤ σ_i(t): the
    larger is almost learned while the smaller has hardly begun. Pairs with equal targets are not compared.

    The times looked at are the recorded ones and, where there is dense output, all of its interval, whatever was
    recorded of it: times at which a value crosses its level are located on it by root finding. A descent has no times
    but its steps, and those left out by its recording are unknown, as are a flow's times between two records without
    dense output. There the answer is given only if it does not depend on them.

    Presumed is that between two neighbouring records each value stays between its two values there, as every mode of
    the toy model does, which moves one way. A value that crosses its level and back between two records goes unseen;
    recording more closely finds it.

    Parameters
    ----------
    trajectory : Trajectory
        With induced values. It is taken to begin at time 0, and to end with its last record or with its dense output,
        whichever is later.
    s : float
        In (0, 1/4).
    f : float
        In (3/4, 1).
    target : array_like, shape (k,), optional
        The targets σ*, at least 0; the trajectory's own if missing.

    Returns
    -------
    bool
        True also where no two targets differ.

    Raises
    ------
    ValueError
        On `s`, `f` or targets outside what is allowed, where there is no target, or where the answer depends on what
        the trajectory left out: the message says between which times, and how to record it.

    Examples
    --------
    >>> sigma = np.array([[0.01, 0.01], [1.9, 0.05], [2.0, 1.0]])
    >>> t, goal = np.arange(3.0), np.array([2.0, 1.0])
    >>> path = Trajectory(t, sigma, sigma, t, ("a", "b"), "descent", target=goal, learning_rate=1.0)
    >>> is_incremental(path, 0.1, 0.9)
    True
    >>> is_incremental(path, 0.04, 0.9)
    False
    """
    small, large = (
        number("s", s, allowed="a number in (0, 0.25)", valid=lambda x: (x > 0) & (x < 0.25)),
        number("f", f, allowed="a number in (0.75, 1)", valid=lambda x: (x > 0.75) & (x < 1)),
    )
    goals = _goals(trajectory, target)
    steps = recorded_steps(trajectory)
    dense = trajectory.interpolant if steps is None and trajectory.induced_of is not None else None
    t, values, unseen = _points(trajectory, dense)
    # A flow comes to 0 at no finite time: where it is 0 and was not, the float has underflowed.
    attainable = (goals > 0) | (values[0] == 0) if steps is None else np.ones(goals.size, dtype=bool)
    # A row of `reached` or `untouched` is a time.
    untouched, reached = (values <= small * goals) & (attainable | (values != 0)), values >= large * goals
    together = _meet(reached, untouched)
    if dense is not None:
        times, which = _crossings(trajectory, dense, t, reached, large * goals)
        later, which_later = _crossings(trajectory, dense, t, untouched, small * goals)
        located = np.concatenate([times, later])
        if located.size:
            there = trajectory.induced_at(located)
            # At its own crossing a value counts as at its level, whatever the rounding.
            more_reached = there >= large * goals
            more_untouched = (there <= small * goals) & (attainable | (there != 0))
            more_reached[np.arange(times.size), which] = True
            more_untouched[times.size + np.arange(later.size), which_later] = True
            together |= _meet(more_reached, more_untouched)
    open_pairs = (goals[:, None] > goals[None, :]) & ~together
    if not open_pairs.any():
        return True
    # What may hide before a point, as seen from its two ends; before the first point, anything.
    maybe_reached, maybe_untouched = (
        np.vstack([np.ones_like(side[:1]), side[1:] | side[:-1]]) & unseen[:, None] for side in (reached, untouched)
    )
    if (open_pairs & ~_meet(maybe_reached, maybe_untouched)).any():
        return False
    i, j = (int(index) for index in np.argwhere(open_pairs)[0])
    raise ValueError(_undecided(trajectory, t, int(np.argmax(maybe_reached[:, i] & maybe_untouched[:, j])), i, j))


def _goals(trajectory: Trajectory, target: ArrayLike | None) -> Vector:
    """Return the targets, checked."""
    if target is None:
        if trajectory.target is None:
            raise ValueError("target: got None for a trajectory without target; allowed: one number per induced value")
        goals = trajectory.target
    else:
        goals = real_array("target", target, allowed="finite numbers >= 0")
        require("target", goals, np.isfinite(goals) & (goals >= 0), allowed="finite numbers >= 0")
    count = trajectory.induced.shape[1]
    return of_shape("target", goals, goals.shape == (count,), f"({count},), one per induced value")


def _points(trajectory: Trajectory, dense: Interpolant | None) -> tuple[Vector, Vector, Flags]:
    """Return the points looked at, the induced values there, and whether anything may hide before each."""
    t, values = trajectory.t, trajectory.induced
    if dense is None:
        steps = recorded_steps(trajectory)
        return t, values, np.diff(t, prepend=0.0) > 0 if steps is None else np.diff(steps, prepend=-1) > 1
    # Without an end, powers of 2 up to the largest float serve as one.
    ends = np.array([dense.stop]) if np.isfinite(dense.stop) else np.ldexp(1.0, np.arange(-1074, 1024))
    more = np.setdiff1d(np.append(dense.start, ends[ends > dense.start]), t)
    order = np.argsort(np.concatenate([t, more]), kind="stable")
    if more.size:
        t, values = np.concatenate([t, more])[order], np.concatenate([values, trajectory.induced_at(more)])[order]
    before = np.append(0.0, t[:-1])
    return t, values, (t > before) & ((before < dense.start) | (t > dense.stop))


def _meet(reached: Flags, untouched: Flags) -> Flags:
    """Say for each i and j whether at some time i is reached and j untouched."""
    return np.asarray(reached.T.astype(np.float64) @ untouched.astype(np.float64) > 0)


def _crossings(
    trajectory: Trajectory, dense: Interpolant, t: Vector, beyond: Flags, levels: Vector
) -> tuple[Vector, NDArray[np.int64]]:
    """Return the times at which a value crosses its level between two points, and which value it is."""
    times, which = [], []
    for n, i in np.argwhere(beyond[1:] != beyond[:-1]):
        low, high = float(t[n]), float(t[n + 1])
        if low < dense.start or high > dense.stop:
            continue

        def gap(at: float, i: int = int(i)) -> float:
            return float(trajectory.induced_at(at)[i] - levels[i])

        if np.sign(gap(low)) * np.sign(gap(high)) < 0:
            times.append(brentq(gap, low, high, xtol=1e-300, rtol=8.9e-16, maxiter=_HALVINGS))
            which.append(int(i))
    return np.array(times), np.array(which, dtype=np.int64)


def _undecided(trajectory: Trajectory, t: Vector, n: int, i: int, j: int) -> str:
    """Say between which times it is open whether value i is learned before value j, and what would tell."""
    steps = recorded_steps(trajectory)
    times = f"{in_full(t[n - 1])} and {in_full(t[n])}" if n else f"0 and {in_full(t[0])}"
    if steps is None:
        place, allowed = f"between t = {times}", "dense output from time 0 on, as by flow with dense=True"
    else:
        place = f"between steps {steps[n - 1]} and {steps[n]}" if n else f"before step {steps[0]}"
        place, allowed = f"{place} (t = {times})", "descents with record=1"
    return (
        f"trajectory: got no record {place}, where value {i} may be almost learned while value {j} has hardly begun; "
        f"allowed: {allowed}"
    )
