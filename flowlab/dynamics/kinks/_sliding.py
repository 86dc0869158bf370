"""The flow along kinks, as kernels of the same signatures as any model's, so that every integrator can follow it.

On kinks g_k = 0 that the flow cannot leave, the least element of the Clarke subdifferential is the gradient of either
side, less its part across the kinks: gradients of the two sides of a kink of a continuous loss differ by a multiple of
∇g_k. The sides s_k in (−1, 1) whose gradient it is say how long the flow stays.
"""

from typing import Any

import numpy as np

from flowlab._jit import kernel, typed_kernel
from flowlab.dynamics._pointers import as_gradient, as_hessian, pointer, token
from flowlab.dynamics._runge_kutta import Integers
from flowlab.dynamics.kinks._growing import put_growing, within
from flowlab.dynamics.signatures import GRADIENT, HESSIAN
from flowlab.dynamics.trajectory import Vector

#: Marks of kinks that are slid on: of one that is but the root of a power, and of any other.
SLIDES, BARE = 1.0, 2.0
#: So many integers stand before what else a sliding kernel is given: three addresses, how many kinks, how many hold,
#: how many norms leave their zero.
_HEAD = 6
#: The root of a power is left where the velocity across it is more than these parts of the parameters and the gradient.
_TINY, _ALONG, _LEAST = 1e-12, 1e-9, 1e-300
#: The most corrections that put a point back on its kinks: each squares how far it is off.
_CORRECTIONS = 4


def packed(kinks: Any, constants: Vector, holding: Integers, marks: Vector, owners: Integers, rooms: Vector) -> Vector:
    """Return the constants of the sliding kernels.

    Parameters
    ----------
    kinks : Kinks
    constants : ndarray
        Of the kernels of `kinks`; the last of them are the sides.
    holding : ndarray of int, shape (m,)
        Kinks on which the flow slides, and components of norms, with independent normals.
    marks : ndarray, shape (k,)
        `SLIDES` or `BARE` for each kink on which it slides, also where its normal depends on others; 0 for the rest.
    owners : ndarray of int, shape (k,)
        Of each component its norm, of any other switch itself.
    rooms : ndarray, shape (k,)
        As of a `Decision`.
    """
    head = np.array([
        token("gradient", kinks.gradient, GRADIENT), token("switches", kinks.switches, GRADIENT),
        token("normals", kinks.normals, HESSIAN), marks.size, holding.size, np.count_nonzero(rooms),
    ], dtype=np.int64)  # fmt: skip
    return np.concatenate([head.view(np.float64), holding.astype(np.float64), marks, owners, rooms, constants])


@kernel
def opened(constants: Vector) -> tuple[Vector, Vector, Vector, Vector, Vector]:
    """Return what is `packed` behind the head."""
    head = constants[:_HEAD].view(np.int64)
    count, at = head[3], _HEAD + head[4]
    return (
        constants[_HEAD:at],
        constants[at : at + count],
        constants[at + count : at + 2 * count],
        constants[at + 2 * count : at + 3 * count],
        constants[at + 3 * count :],
    )


@kernel
def orthonormal(normals: Vector, holding: Vector, values: Vector, basis: Vector, heights: Vector) -> None:
    """Write an orthonormal basis of some normals into `basis`, and the values of their switches along it."""
    size = normals.shape[1]
    for i in range(holding.size):
        k = int(holding[i])
        height = values[k]
        for j in range(size):
            basis[i, j] = normals[k, j]
        for _ in range(2):  # the second time for what rounding has left
            for before in range(i):
                part = 0.0
                for j in range(size):
                    part += basis[i, j] * basis[before, j]
                for j in range(size):
                    basis[i, j] -= part * basis[before, j]
                height -= part * heights[before]
        length = 0.0
        for j in range(size):
            length += basis[i, j] * basis[i, j]
        length = np.sqrt(length)
        for j in range(size):
            basis[i, j] = basis[i, j] / length if length > 0.0 else 0.0
        heights[i] = height / length if length > 0.0 else 0.0


@kernel
def put_back(
    switches: Any, normals: Any, constants: Vector, data: Vector, rows: Integers, holding: Vector, w: Vector,
    values: Vector, slopes: Vector, basis: Vector, point: Vector,
) -> None:  # fmt: skip
    """Write the point of all `holding` kinks next to `w` into `point`, and a basis of their normals into `basis`."""
    heights = np.empty(holding.size)
    for i in range(w.size):
        point[i] = w[i]
    for _ in range(_CORRECTIONS):
        switches(point, constants, data, rows, values)
        normals(point, constants, data, rows, slopes)
        orthonormal(slopes, holding, values, basis, heights)
        settled = True
        for i in range(w.size):
            change = 0.0
            for k in range(holding.size):
                change += heights[k] * basis[k, i]
            settled &= abs(change) <= 1e-15 * abs(point[i])
            point[i] -= change
        if settled:
            break


@typed_kernel(GRADIENT)
def sliding_gradient(w: Vector, constants: Vector, data: Vector, rows: Integers, out: Vector) -> None:
    """Write the least element of the subdifferential into `out`: the gradient less its part across the kinks."""
    head = constants[:_HEAD].view(np.int64)
    gradient, switches = as_gradient(pointer(head[0])), as_gradient(pointer(head[1]))
    normals = as_hessian(pointer(head[2]))
    holding, _, owners, rooms, inner = opened(constants)
    values, slopes = np.empty(owners.size), np.empty((owners.size, w.size))
    basis, point = np.empty((holding.size, w.size)), np.empty(w.size)
    put_back(switches, normals, inner, data, rows, holding, w, values, slopes, basis, point)
    if head[5] > 0:
        inner = inner.copy()
        put_growing(gradient, slopes, basis, point, inner, rooms, owners, data, rows)
    gradient(point, inner, data, rows, out)
    within(basis, out)


@kernel
def solve(table: Vector, out: Vector) -> None:
    """Solve the linear equations whose right sides are the last column, which is overwritten with the rest."""
    m = out.size
    for c in range(m):
        best = c
        for r in range(c + 1, m):
            if abs(table[r, c]) > abs(table[best, c]):
                best = r
        for p in range(m + 1):
            table[c, p], table[best, p] = table[best, p], table[c, p]
        for r in range(c + 1, m):
            factor = table[r, c] / table[c, c]
            for p in range(c, m + 1):
                table[r, p] -= factor * table[c, p]
    for c in range(m - 1, -1, -1):
        total = table[c, m]
        for p in range(c + 1, m):
            total -= table[c, p] * out[p]
        out[c] = total / table[c, c]


@kernel
def sliding_sides(w: Vector, constants: Vector, data: Vector, rows: Integers, out: Vector) -> None:
    """Write all sides into `out`, with which the velocity at `w` is along all kinks slid on; nan where there are none.

    That of the root of a power is the velocity across it, in units of what is taken for none.
    """
    head = constants[:_HEAD].view(np.int64)
    gradient, switches = as_gradient(pointer(head[0])), as_gradient(pointer(head[1]))
    normals = as_hessian(pointer(head[2]))
    holding, marks, owners, rooms, inner = opened(constants)
    inner, m, count, size = inner.copy(), holding.size, owners.size, w.size
    values, slopes = np.empty(count), np.empty((count, size))
    basis, point = np.empty((m, size)), np.empty(size)
    put_back(switches, normals, inner, data, rows, holding, w, values, slopes, basis, point)
    if head[5] > 0:
        put_growing(gradient, slopes, basis, point, inner, rooms, owners, data, rows)
    first = inner.size - count
    zero, one, table, along = np.empty(size), np.empty(size), np.empty((m, m + 1)), np.empty(m)
    for i in range(m):
        inner[first + int(holding[i])] = 0.0
    gradient(point, inner, data, rows, zero)
    tiny = _TINY * np.abs(point).max() + _ALONG * np.abs(zero).max() + _LEAST
    for j in range(m):
        k = int(holding[j])
        if marks[int(owners[k])] == BARE:
            # no side is needed where the gradient has no part across, and none would do where it has
            length = np.sqrt((slopes[k] ** 2).sum())
            for p in range(size):
                one[p] = zero[p] + tiny / length * slopes[k, p]
        else:
            inner[first + k] = 0.5  # at which the root of a power has no part
            gradient(point, inner, data, rows, one)
            inner[first + k] = 0.0
            for p in range(size):
                one[p] = zero[p] + 2.0 * (one[p] - zero[p])
        for i in range(m):
            change, rest = 0.0, 0.0
            for p in range(size):
                change += basis[i, p] * (one[p] - zero[p])
                rest -= basis[i, p] * zero[p]
            table[i, j] = change
            table[i, m] = rest
    solve(table, along)
    for k in range(count):
        out[k] = inner[first + k]
    for i in range(m):
        out[int(holding[i])] = along[i]


@typed_kernel(GRADIENT)
def sliding_switches(w: Vector, constants: Vector, data: Vector, rows: Integers, out: Vector) -> None:
    """Write the switch of each kink into `out`; of those slid on, how far their side is from −1 or 1.

    Of a norm that leaves its zero, it is what of its components is along their sides, until that has reached its room.
    """
    switches = as_gradient(pointer(constants[:_HEAD].view(np.int64)[1]))
    holding, marks, owners, rooms, inner = opened(constants)
    sides = np.empty(owners.size)
    sliding_sides(w, constants, data, rows, sides)
    switches(w, inner, data, rows, out)
    for k in range(owners.size):
        if marks[k] != 0.0:
            out[k] = 1.0
    for i in range(holding.size):
        k = int(holding[i])
        room = 1.0 - abs(sides[k])
        out[k] = room if room == room else -1.0
    for k in range(owners.size):
        if rooms[k] > 0.0 or (marks[k] != 0.0 and (owners == k).sum() > 1):
            size, along = 0.0, 0.0
            for j in range(owners.size):
                if owners[j] == k and j != k:
                    size += sides[j] ** 2
                    along += sides[j] * out[j]
            room = 1.0 - np.sqrt(size)
            out[k] = room if room == room else -1.0
            if rooms[k] > 0.0:
                out[k] = along * (1.0 - along / rooms[k])
