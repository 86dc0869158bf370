"""The element of least norm of a set zero + columns s, where parts of s are in intervals and balls of radius 1."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from flowlab.dynamics.trajectory import Vector

Indices = NDArray[np.int64]
Cones = list[tuple[Vector, Vector]]

#: After so many sweeps over all balls another method goes on; what change of s ends them.
_SWEEPS, _SETTLED = 50, 1e-15
#: A part is in its ball up to this, and a slope is 0 that is less than this part of its column.
_WITHIN, _FLAT = 1e-10, 1e-13


def least(zero: Vector, columns: Vector, parts: Sequence[Indices], before: Vector) -> Vector:
    """Return the s with which zero + columns s is least, each part of it in the unit ball.

    Of several such s, where there are balls, it is that whose largest part is smallest.

    Parameters
    ----------
    zero : ndarray, shape (d,)
    columns : ndarray, shape (d, n)
    parts : sequence of ndarray of int
        The places of each part: of one number, which is in [−1, 1], or of more.
    before : ndarray, shape (n,)
        What a number without a column is.

    Returns
    -------
    ndarray, shape (n,)
    """
    sizes = np.linalg.norm(columns, axis=0)
    used = sizes > 0.0
    values = np.where(used, 0.0, before)
    if used.sum() == 1:
        column = columns[:, used][:, 0]
        values[used] = np.clip(-(column / sizes[used] @ zero) / sizes[used], -1.0, 1.0)
    elif used.any():
        scale = np.linalg.norm(zero) + sizes.sum()
        if all(part.size == 1 for part in parts):
            found = lsq_linear(columns[:, used] / scale, -zero / scale, bounds=(-1.0, 1.0), method="bvls").x
        else:
            found = _in_balls(zero / scale, columns[:, used] / scale, [_kept(part, used) for part in parts])
        values[used] = found
    return values


def _kept(part: Indices, used: NDArray[np.bool_]) -> Indices:
    """Return the places of a part among those that are used."""
    return np.array((np.cumsum(used) - 1)[part[used[part]]], dtype=np.int64)


def _in_balls(zero: Vector, columns: Vector, parts: Sequence[Indices]) -> Vector:
    """Return the least s, of all or else in the balls."""
    solved = np.linalg.lstsq(columns, -zero, rcond=1e-12)
    s, rank = np.asarray(solved[0], dtype=np.float64), solved[2]
    if (np.abs((zero + columns @ s) @ columns) <= _FLAT * np.linalg.norm(columns, axis=0)).all():
        if rank < s.size:
            s = _evened(columns, s, parts)
        if all(np.linalg.norm(s[part]) <= 1.0 + _WITHIN for part in parts):
            return s
    s = np.zeros(s.size)
    split = [(part, *np.linalg.svd(columns[:, part], full_matrices=False)) for part in parts if part.size]
    for _ in range(_SWEEPS):
        before = s.copy()
        for part, left, stretch, right in split:
            rest = zero + columns @ s - columns[:, part] @ s[part]
            s[part] = right.T @ _in_ball(stretch, -left.T @ rest)
        if len(split) == 1 or np.abs(s - before).max() <= _SETTLED:
            return s
    return _by_cones(zero, columns, parts)


def _in_ball(stretch: Vector, goal: Vector) -> Vector:
    """Return the s in the unit ball with which stretch·s is nearest to a goal."""
    along = stretch > 1e-12 * stretch.max()
    s = np.zeros(goal.size)
    s[along] = goal[along] / stretch[along]
    size, shift = float(np.linalg.norm(s)), 0.0
    while size > 1.0:  # Newton's iterates for 1/|s| = 1 increase
        s[along] = goal[along] * stretch[along] / (stretch[along] ** 2 + shift)
        size = float(np.linalg.norm(s))
        change = (size - 1.0) * size**2 / float(s[along] ** 2 @ (1.0 / (stretch[along] ** 2 + shift)))
        if not change > 1e-16 * shift:
            break
        shift += change
    return s / max(size, 1.0)


def _evened(columns: Vector, s: Vector, parts: Sequence[Indices]) -> Vector:
    """Return the s with the same columns s whose largest part is smallest."""
    n, (_, stretch, right) = s.size, np.linalg.svd(columns, full_matrices=False)
    rows = right[stretch > 1e-12 * stretch[0]]
    cones = [(np.vstack([np.eye(n + 1)[n], np.eye(n + 1)[part]]), np.zeros(part.size + 1)) for part in parts]
    even = _minimal((np.pad(rows, ((0, 0), (0, 1))), -rows @ s), cones)[:n]
    even += rows.T @ (rows @ (s - even))
    return even


def _by_cones(zero: Vector, columns: Vector, parts: Sequence[Indices]) -> Vector:
    """Return the least s in the balls."""
    n = columns.shape[1]
    size = np.vstack([np.eye(n + 1)[n], np.pad(columns, ((0, 0), (0, 1)))])
    balls = [(np.vstack([np.zeros(n + 1), np.eye(n + 1)[part]]), np.eye(part.size + 1)[0]) for part in parts]
    return _minimal((np.empty((0, n + 1)), np.empty(0)), [(size, np.concatenate([[0.0], zero])), *balls])[:n]


def _minimal(equal: tuple[Vector, Vector], cones: Cones) -> Vector:
    """Return the x with the least last entry of those with A x + b = 0 for one pair A, b, in a cone for others."""
    import clarabel  # most flows go without
    from scipy import sparse

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    tables, heights = zip(equal, *cones, strict=True)
    size = tables[0].shape[1]
    kinds = [clarabel.ZeroConeT(heights[0].size), *(clarabel.SecondOrderConeT(height.size) for height in heights[1:])]
    problem = clarabel.DefaultSolver(
        sparse.csc_matrix((size, size)), np.eye(size)[-1], sparse.csc_matrix(-np.vstack(tables)),
        np.concatenate(heights), kinds, settings,
    )  # fmt: skip
    return np.array(problem.solve().x)
