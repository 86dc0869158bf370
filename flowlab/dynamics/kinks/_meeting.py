"""Kinks that meet and depend on one another: one lies within another's switch, or they are more than the directions.

The sides of kinks with independent normals are independent too: what is between the gradients on them is all that there
is for sides in a box. Of others some signs are those of no parameters, as a, b > 0 > a + b. The Clarke subdifferential
is then the hull of the gradients on the *cells* that there are about a point, and a flow stays at the kinks as long as
0 is in the part of it across them.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from flowlab._jit import kernel, typed_kernel
from flowlab.dynamics._pointers import as_gradient, as_hessian, pointer
from flowlab.dynamics._runge_kutta import Integers
from flowlab.dynamics.kinks._nearest import nearest
from flowlab.dynamics.kinks._sliding import _HEAD, opened, put_back, sliding_gradient
from flowlab.dynamics.signatures import GRADIENT
from flowlab.dynamics.trajectory import Vector

if TYPE_CHECKING:
    from flowlab.dynamics.kinks._corner import Corner

Indices = NDArray[np.int64]

#: Beyond so many cells, all signs are taken for possible.
_MOST = 512
#: A cone is empty, and a direction in a plane, if it is that flat.
_FLAT = 1e-9
#: 0 is between gradients from which it is less than this part of them.
INSIDE = 1e-11
#: A velocity across a kink is 0 if it is less than these parts of the gradients across all of them, and of all of them.
_ALONG, _ROUNDING = 1e-13, 1e-15


class Meeting(NamedTuple):
    """How a flow goes on from where kinks meet: the sides, the kinks it stays at, and all sides on each cell there."""

    sides: Vector
    sliding: Indices
    cells: Vector


def meeting(corner: "Corner", w: Vector, sides: Vector, at: Indices) -> Meeting | None:
    """Return how a flow goes on from `w`, where the switches `at` are 0; None where there are too many cells."""
    around = _Around.of(corner, w, sides, at)
    if around is None:
        return None
    led = around.led_by_the_least()
    if led is None or not around.goes_on(led):
        led = around.led_steepest()
    return None if led is None else led.meeting(around)


class _Led(NamedTuple):
    """Where a velocity leads: the sides, the kinks along which it is, which cells it is along, and their weights."""

    velocity: Vector
    sides: Vector
    along: Indices
    cells: Indices
    weights: Vector

    def meeting(self, around: "_Around") -> Meeting:
        """Return what the flow stays at: a kink whose normal is between gradients; where none differ it is no kink."""
        sides, (w, corner) = self.sides.copy(), (around.w, around.corner)
        gradients = around.gradients[self.cells]
        spread = np.linalg.svd(gradients - gradients[0], full_matrices=False)
        between = spread[2][spread[1] > 1e-13 * np.abs(around.gradients).max()]
        # The normal of what is 0 on one side of what lies within it is that of the other side.
        every = np.array([corner.normals(w, around.sides[cell])[self.along] for cell in self.cells])
        normals = every[(every**2).sum(axis=2).argmax(axis=0), np.arange(self.along.size)]
        rest = np.linalg.norm(normals - normals @ between.T @ between, axis=1)
        stays = normals.any(axis=1) & (rest <= 1e-6 * np.linalg.norm(normals, axis=1))
        sliding, flat = self.along[stays], self.along[~stays]
        sides[sliding] = self.weights @ around.sides[self.cells][:, sliding]
        sides[flat] = np.where(corner.switches(w, sides)[flat] < 0.0, -1.0, 1.0)
        cells = np.tile(sides, (self.cells.size, 1))
        cells[:, sliding] = around.sides[self.cells][:, sliding]
        return Meeting(sides, sliding, np.unique(cells, axis=0))


class _Around(NamedTuple):
    """The cells about a point: the sides of all kinks on each, its gradient, and the normals that point into it."""

    corner: "Corner"
    w: Vector
    at: Indices
    sides: Vector
    gradients: Vector
    cones: list[Vector]

    @classmethod
    def of(cls, corner: "Corner", w: Vector, sides: Vector, at: Indices) -> "_Around | None":
        """Return the cells about a point where the switches `at` are 0; None where they are too many."""
        found = [(sides, np.empty((0, w.size)))]
        for k in at:  # what lies within a switch comes before it
            split = []
            for signs, cone in found:
                normal = corner.normals(w, signs)[k]
                for side in (-1.0, 1.0) if normal.any() else ():
                    into = np.vstack([cone, side * normal / np.linalg.norm(normal)])
                    if np.linalg.norm(nearest(into, np.empty(len(into)))) > _FLAT:
                        split.append((signs.copy(), into))
                        split[-1][0][k] = side
                if not normal.any():  # no kink on the sides of what lies within it
                    split.append((signs, cone))
            found = split
            if len(found) > _MOST:
                return None
        every = np.array([signs for signs, _ in found])
        return cls(corner, w, at, every, np.array([corner.gradient(w, s) for s in every]), [c for _, c in found])

    def led_by_the_least(self) -> _Led | None:
        """Return where the element of least norm of the subdifferential leads."""
        cells, along, sides = np.arange(len(self.sides)), self.at, self.sides[0].copy()
        while True:
            velocity, weights = self._against_the_least(cells, along)
            moved = self._moved(velocity, sides, along, cells)
            if not moved.size:
                return _Led(velocity, sides, along, cells, weights)
            cells = cells[(self.sides[cells][:, moved] == sides[moved]).all(axis=1)]
            if not cells.size:
                return None
            along = np.setdiff1d(along, moved)
            sides[along] = self.sides[cells[0]][along]

    def led_steepest(self) -> _Led | None:
        """Return where the velocity with which the loss falls fastest leads."""
        best = np.zeros(self.w.size)
        for gradient, cone in zip(self.gradients, self.cones, strict=True):
            velocity = cone.T @ nnls(cone.T, gradient)[0] - gradient
            best = velocity if velocity @ velocity > best @ best else best
        sides, every = self.sides[0].copy(), np.arange(len(self.sides))
        moved = self._moved(best, sides, self.at, every)
        cells = every[(self.sides[:, moved] == sides[moved]).all(axis=1)]
        along = np.setdiff1d(self.at, moved)
        return _Led(best, sides, along, cells, self._against_the_least(cells, along)[1]) if cells.size else None

    def goes_on(self, led: _Led) -> bool:
        """Return whether a velocity leads to the cells of which it is."""
        left = np.setdiff1d(self.at, led.along)
        normals = self.corner.normals(self.w, led.sides)[left]
        rounding = _ALONG * np.abs(self.gradients).max() * np.linalg.norm(normals, axis=1)
        return bool((normals @ led.velocity * led.sides[left] >= -rounding).all())

    def _against_the_least(self, cells: Indices, along: Indices) -> tuple[Vector, Vector]:
        """Return the velocity against the least element between the gradients on some cells, and their weights."""
        gradients, weights = self.gradients[cells], np.empty(cells.size)
        basis = _basis(self.corner.normals(self.w, self.sides[cells[0]])[along])
        part = nearest(gradients @ basis.T, weights)
        return basis.T @ (basis @ gradients[0] - part) - gradients[0], weights

    def _moved(self, velocity: Vector, sides: Vector, at: Indices, cells: Indices) -> Indices:
        """Set the sides to which a velocity leads, and return of which kinks."""
        basis = _basis(self.corner.normals(self.w, self.sides[cells[0]])[at])
        size = _ALONG * np.abs(self.gradients[cells] @ basis.T).max(initial=0.0)
        size += _ROUNDING * np.abs(self.gradients).max()
        moved = []
        for k in at:
            normal = self.corner.normals(self.w, sides)[k]
            rate = normal @ velocity
            if abs(rate) > size * np.linalg.norm(normal):
                sides[k] = np.sign(rate)
                moved.append(k)
        return np.array(moved, dtype=np.int64)


def _basis(normals: Vector) -> Vector:
    """Return an orthonormal basis of some normals, shape (r, d)."""
    normals = normals[normals.any(axis=1)]
    if not len(normals):
        return normals
    unit = normals / np.linalg.norm(normals, axis=1)[:, None]
    _, sizes, basis = np.linalg.svd(unit, full_matrices=False)
    return np.asarray(basis[sizes > _FLAT])


def packed_with(cells: Vector, constants: Vector) -> Vector:
    """Return the constants of the kernels below: those of the sliding kernels behind the sides on each cell."""
    return np.concatenate([np.array(cells.shape, dtype=np.float64), cells.ravel(), constants])


@typed_kernel(GRADIENT)
def meeting_gradient(w: Vector, constants: Vector, data: Vector, rows: Integers, out: Vector) -> None:
    """Write the least element of the subdifferential into `out`: the gradient on a cell less its part across."""
    sliding_gradient(w, constants[2 + int(constants[0] * constants[1]) :], data, rows, out)


@kernel
def meeting_weights(w: Vector, constants: Vector, data: Vector, rows: Integers, weights: Vector) -> float:
    """Write the weights of the cells in the least element, and return how far 0 is from what is across the kinks."""
    number, count = int(constants[0]), int(constants[1])
    inner = constants[2 + number * count :]
    head = inner[:_HEAD].view(np.int64)
    gradient, switches = as_gradient(pointer(head[0])), as_gradient(pointer(head[1]))
    holding, _, _, _, given = opened(inner)
    given, m = given.copy(), holding.size
    values, slopes = np.empty(count), np.empty((count, w.size))
    basis, point, one = np.empty((m, w.size)), np.empty(w.size), np.empty(w.size)
    put_back(switches, as_hessian(pointer(head[2])), given, data, rows, holding, w, values, slopes, basis, point)
    across = np.empty((number, m))
    for c in range(number):
        given[given.size - count :] = constants[2 + c * count : 2 + (c + 1) * count]
        gradient(point, given, data, rows, one)
        for i in range(m):
            across[c, i] = (basis[i] * one).sum()
    part, size = nearest(across, weights), np.abs(across).max()
    return float(np.sqrt((part * part).sum()) / size) if size > 0.0 else 0.0


@typed_kernel(GRADIENT)
def meeting_switches(w: Vector, constants: Vector, data: Vector, rows: Integers, out: Vector) -> None:
    """Write the switch of each kink into `out`; of those stayed at 1, but of one how far 0 is from what is across."""
    number, count = int(constants[0]), int(constants[1])
    inner = constants[2 + number * count :]
    head = inner[:_HEAD].view(np.int64)
    holding, marks, _, _, given = opened(inner)
    as_gradient(pointer(head[1]))(w, given, data, rows, out)
    for k in range(count):
        if marks[k] != 0.0:
            out[k] = 1.0
    distance = meeting_weights(w, constants, data, rows, np.empty(number))
    out[int(holding[0])] = -distance if distance == distance else -1.0
