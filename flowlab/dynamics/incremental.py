"""Incremental learning, as Definition 1 of Gissin, Shalev-Shwartz and Daniely (2020) has it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from flowlab._checks import real_array, require
from flowlab.dynamics._arguments import number, of_shape
from flowlab.dynamics.trajectory import Trajectory, Vector


def is_incremental(trajectory: Trajectory, s: float, f: float, *, target: ArrayLike | None = None) -> bool:
    """Say whether a trajectory learns its induced values one after the other.

    For every two targets σ_i* > σ_j* there must be a time t with σ_j(t) ≤ s σ_j* and f σ_i* ≤ σ_i(t): the
    larger is almost learned while the smaller has hardly begun. Pairs with equal targets are not compared.

    Where there is dense output, the times at which a value crosses its level between two recorded points are
    located on it by root finding and looked at as well; otherwise the recorded points decide alone. A value
    that crosses its level and back between two recorded points goes unseen.

    Parameters
    ----------
    trajectory : Trajectory
        With induced values.
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
        On `s`, `f` or targets outside what is allowed, or where there is no target.

    Examples
    --------
    >>> sigma = np.array([[0.01, 0.01], [1.9, 0.05], [2.0, 1.0]])
    >>> t, goal = np.arange(3.0), np.array([2.0, 1.0])
    >>> path = Trajectory(t, sigma, sigma, t, ("a", "b"), "exact", target=goal)
    >>> is_incremental(path, 0.1, 0.9)
    True
    >>> is_incremental(path, 0.04, 0.9)
    False
    """
    small, large = (
        number("s", s, allowed="a number in (0, 0.25)", valid=lambda x: (x > 0) & (x < 0.25)),
        number("f", f, allowed="a number in (0.75, 1)", valid=lambda x: (x > 0.75) & (x < 1)),
    )
    if target is None:
        if trajectory.target is None:
            raise ValueError("target: got None for a trajectory without target; allowed: one number per induced value")
        goals = trajectory.target
    else:
        goals = real_array("target", target, allowed="finite numbers >= 0")
        require("target", goals, np.isfinite(goals) & (goals >= 0), allowed="finite numbers >= 0")
    count = trajectory.induced.shape[1]
    of_shape("target", goals, goals.shape == (count,), f"({count},), one per induced value")
    # A row of `reached` or `untouched` is a time: the recorded ones, then the crossings of either kind.
    values = trajectory.induced
    untouched, reached = values <= small * goals, values >= large * goals
    if trajectory.interpolant is not None and trajectory.induced_of is not None:
        times, which = _crossings(trajectory, reached, large * goals)
        later, which_later = _crossings(trajectory, untouched, small * goals)
        located = np.concatenate([times, later])
        if located.size:
            there = trajectory.induced_at(located)
            # At its own crossing a value counts as at its level, whatever the rounding.
            more_reached, more_untouched = there >= large * goals, there <= small * goals
            more_reached[np.arange(times.size), which] = True
            more_untouched[times.size + np.arange(later.size), which_later] = True
            untouched, reached = np.vstack([untouched, more_untouched]), np.vstack([reached, more_reached])
    together = reached.T.astype(np.int64) @ untouched.astype(np.int64) > 0
    return bool(together[goals[:, None] > goals[None, :]].all())


def _crossings(trajectory: Trajectory, beyond: NDArray[np.bool_], levels: Vector) -> tuple[Vector, NDArray[np.int64]]:
    """Return the times at which a value crosses its level between recorded points, and which value it is."""
    assert trajectory.interpolant is not None
    times, which = [], []
    for n, i in np.argwhere(beyond[1:] != beyond[:-1]):
        low, high = float(trajectory.t[n]), float(trajectory.t[n + 1])
        if low < trajectory.interpolant.start or high > trajectory.interpolant.stop:
            continue

        def gap(t: float, i: int = int(i)) -> float:
            return float(trajectory.induced_at(t)[i] - levels[i])

        if gap(low) * gap(high) < 0.0:
            times.append(brentq(gap, low, high, xtol=1e-300, rtol=8.9e-16))
            which.append(int(i))
    return np.array(times), np.array(which, dtype=np.int64)
