"""How a flow leaves the zero of a norm: in the direction in which it grows.

The direction v/|v| of the components v of a norm is drawn to that of a force, at a rate that is infinite at v = 0: it
is there from the start, and errors of it do not last. As long as the norm is small it is therefore taken to be the s of
length 1 with which the components move along s: v' = ν s, where v' = f − A s.
"""

from typing import Any

import numpy as np

from flowlab._jit import kernel
from flowlab.dynamics._runge_kutta import Integers
from flowlab.dynamics.trajectory import Vector

#: The most sweeps over several norms that leave at once, each of which may depend on the others.
_SWEEPS = 100
#: What is less than this part of what it is a sum of is 0.
_ROUNDING = 1e-13


@kernel
def within(basis: Vector, out: Vector) -> None:
    """Take the part along an orthonormal basis out of a vector."""
    for _ in range(2):
        for k in range(basis.shape[0]):
            out -= (basis[k] * out).sum() * basis[k]


@kernel
def on_sphere(table: Vector, force: Vector) -> Vector:
    """Return the s of length 1 with which (table + ν) s = force, for the greatest ν."""
    values, vectors = np.linalg.eigh(table)
    along = np.dot(np.ascontiguousarray(vectors.T), force)
    shift = abs(along[0]) - values[0] + 1e-15 * np.abs(values).max() + 1e-300
    s = along / (values + shift)
    for _ in range(60):  # Newton's method for 1/|s| = 1 increases the shift until it is there
        size = np.sqrt((s * s).sum())
        change = (size - 1.0) * size * size / (s * s / (values + shift)).sum()
        if not change > 1e-16 * abs(shift):
            break
        shift += change
        s = along / (values + shift)
    found: Vector = np.dot(vectors, s / np.sqrt((s * s).sum()))
    return found


@kernel
def put_growing(
    gradient: Any, slopes: Vector, basis: Vector, point: Vector, inner: Vector, rooms: Vector, owners: Vector,
    data: Vector, rows: Integers,
) -> None:  # fmt: skip
    """Write into `inner` the sides of the components of each norm that has room to grow.

    Parameters
    ----------
    gradient : callable
    slopes : ndarray, shape (k, d)
        The normals at `point`.
    basis : ndarray, shape (m, d)
        Orthonormal, of the normals of kinks that are slid on.
    point, inner, rooms, owners, data, rows
        As in `flowlab.dynamics.kinks._sliding`.
    """
    first, several = inner.size - owners.size, np.count_nonzero(rooms) > 1
    zero, one = np.empty(point.size), np.empty(point.size)
    for _ in range(_SWEEPS):
        moved = 0.0
        for k in range(owners.size):
            if not rooms[k] > 0.0:
                continue
            own = np.flatnonzero((owners == k) & (np.arange(owners.size) != k))
            before = inner[first + own]
            inner[first + own] = 0.0
            gradient(point, inner, data, rows, zero)
            size = np.sqrt((zero * zero).sum())
            within(basis, zero)
            table, force = np.empty((own.size, own.size)), np.empty(own.size)
            for j in range(own.size):
                inner[first + own[j]] = 1.0
                gradient(point, inner, data, rows, one)
                inner[first + own[j]] = 0.0
                size += np.sqrt((one * one).sum())
                within(basis, one)
                force[j] = -(slopes[own[j]] * zero).sum()
                for i in range(own.size):
                    table[i, j] = (slopes[own[i]] * (one - zero)).sum()
            size *= np.sqrt((slopes[own] ** 2).sum())
            if np.abs(force).max() + np.abs(table).max() > _ROUNDING * size:
                inner[first + own] = on_sphere(0.5 * (table + table.T), force)
            else:  # other kinks hold all of its components
                inner[first + own] = before
            moved = max(moved, np.abs(inner[first + own] - before).max())
        if not (several and moved > 1e-14):
            break
