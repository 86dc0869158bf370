"""The point of a convex hull that is nearest to 0."""

import numpy as np

from flowlab._jit import kernel
from flowlab.dynamics.kinks._sliding import solve
from flowlab.dynamics.trajectory import Vector

#: What is less than this part of the largest point is rounding; so many points are tried for each one there is.
_ROUNDING, _TRIES = 1e-15, 20


@kernel
def nearest(points: Vector, weights: Vector) -> Vector:
    """Return the point of least norm of the hull of some points, and write its weights (Wolfe 1976).

    Parameters
    ----------
    points : ndarray, shape (n, r)
    weights : ndarray, shape (n,)
        Written: not negative, of sum 1, and 0 but for r + 1 of them.

    Returns
    -------
    ndarray, shape (r,)
    """
    count, size = points.shape
    squares = (points * points).sum(axis=1)
    scale = np.sqrt(squares.max())
    chosen, kept, used = np.empty(size + 2, dtype=np.int64), np.empty(count), 1
    chosen[0] = squares.argmin()
    weights[:] = 0.0
    weights[chosen[0]] = 1.0
    best: Vector = points[chosen[0]].copy()
    for _ in range(_TRIES * count):
        square = (best * best).sum()
        along = (points * best).sum(axis=1)
        farthest = along.argmin()
        rounding = _ROUNDING * scale
        if square <= rounding**2 or square - along[farthest] <= 4.0 * rounding * np.sqrt(square):
            break
        if weights[farthest] > 0.0 or used > size + 1:
            break
        chosen[used] = farthest
        used += 1
        kept[:] = weights
        while used > 0:  # the nearest point of the plane through the chosen ones, as far as it is between them
            table, found = np.zeros((used + 1, used + 2)), np.empty(used + 1)
            for i in range(used):
                table[i, used], table[used, i] = 1.0, 1.0
                for j in range(used):
                    table[i, j] = (points[chosen[i]] * points[chosen[j]]).sum() / scale**2
            table[used, used + 1] = 1.0
            solve(table, found)
            part, out = 1.0, -1
            for i in range(used):
                now = weights[chosen[i]]
                if not found[i] > 0.0 and (out < 0 or now < part * (now - found[i])):
                    part, out = (now / (now - found[i]) if now > 0.0 else 0.0), i
            for i in range(used):
                weights[chosen[i]] += part * (found[i] - weights[chosen[i]])
            if out < 0:
                break
            weights[chosen[out]] = 0.0
            used -= 1
            for i in range(out, used):
                chosen[i] = chosen[i + 1]
        point: Vector = np.zeros(size)
        for i in range(used):
            point += weights[chosen[i]] * points[chosen[i]]
        if not (used > 0 and (point * point).sum() < square):
            weights[:] = kept
            break
        best = point
    return best
