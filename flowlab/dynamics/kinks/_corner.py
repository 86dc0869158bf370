"""A system's kinks with its numbers, and a state of a flow at some of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowlab.dynamics._prepared import Prepared
from flowlab.dynamics.kinks._meeting import meeting_weights, packed_with
from flowlab.dynamics.kinks._sliding import packed, sliding_sides
from flowlab.dynamics.system import Kinks
from flowlab.dynamics.trajectory import Vector

Indices = NDArray[np.int64]

#: A switch is 0 if it is less than this times what rounding the parameters changes in it.
_ROUNDING = 32 * np.finfo(float).eps
#: A norm is 0 where it is less than so many times what the tolerance makes of it: between, explicit steps can go to and
#: fro for ever with errors below the tolerance.
_TO_AND_FRO = 30.0
_SIGNS = {"positive": 1.0, "nonnegative": 1.0, "negative": -1.0, "nonpositive": -1.0}


class Decision(NamedTuple):
    """The sides to go on with, and where the flow stays.

    Attributes
    ----------
    sides : ndarray, shape (k,)
        Those of kinks that it slides on are those of the least element.
    marks : ndarray, shape (k,)
        `SLIDES` for each kink that it slides on, `BARE` for one that is but the root of a power, 0 for the rest.
    holding : ndarray of int
        Those slid on, or components of norms, whose normals are independent.
    rooms : ndarray, shape (k,)
        Of each norm that the flow is about to leave the zero of, up to which value its direction is taken for that with
        which it grows; 0 for the rest.
    cells : ndarray, optional
        Where the kinks slid on depend on one another, all sides on each cell about them.
    """

    sides: Vector
    marks: Vector
    holding: Indices
    rooms: Vector
    cells: Vector | None = None

    @property
    def sliding(self) -> Indices:
        """The kinks that the flow slides on."""
        return np.flatnonzero(self.marks)

    @property
    def leaving(self) -> Indices:
        """The norms that it is about to leave the zero of."""
        return np.flatnonzero(self.rooms)

    @property
    def smooth(self) -> bool:
        """Whether the flow is that of given sides."""
        return not (self.marks.any() or self.rooms.any())


class Corner:
    """A system's kinks with its numbers: what they are at any parameters.

    Attributes
    ----------
    kinks : Kinks
    count : int
    norms, components : ndarray of bool, shape (k,)
        Which switches are norms, and which are their components, which are no kinks.
    roots : ndarray of bool, shape (k,)
    ends : ndarray, shape (k,)
        The side of each on which alone the loss is defined, or its switch is declared to be; 0 for the rest.
    declared : tuple of str
    owners : ndarray of int, shape (k,)
        Of each component its norm, of any other switch itself.
    own : list of ndarray of int
        Of each norm its components, of any other switch itself.
    """

    def __init__(self, kinks: Kinks, ready: Prepared, *, rtol: float, atol: float, logarithmic: bool) -> None:
        self.kinks = kinks
        self.count = len(kinks.names)
        self.roots = np.array([r is not None for r in kinks.roots or [None] * self.count], dtype=bool)
        self.ends = np.array([float(r or 0) for r in kinks.roots or [None] * self.count])
        self.declared = kinks.declared or ("",) * self.count
        self.ends = np.array([_SIGNS.get(*pair) for pair in zip(self.declared, self.ends, strict=True)])
        parts = kinks.parts or ((),) * self.count
        self.norms = np.array([len(part) > 0 for part in parts], dtype=bool)
        self.own = [np.array(part or (k,), dtype=np.int64) for k, part in enumerate(parts)]
        self.owners = np.arange(self.count)
        for k in np.flatnonzero(self.norms):
            self.owners[self.own[k]] = k
        self.components = self.owners != np.arange(self.count)
        self._tolerances, self._logarithmic = (rtol, atol), logarithmic
        self._given = ready.model.constants
        self._data = (ready.model.data, ready.model.rows)

    def constants(self, sides: Vector) -> Vector:
        """Return what the kernels of the kinks are given."""
        return np.concatenate([self._given, sides])

    def gradient(self, w: Vector, sides: Vector) -> Vector:
        """Return the gradient with given sides."""
        out = np.empty(w.size)
        self.kinks.gradient(w, self.constants(sides), *self._data, out)
        return out

    def switches(self, w: Vector, sides: Vector) -> Vector:
        """Return the switches."""
        out = np.empty(self.count)
        self.kinks.switches(w, self.constants(sides), *self._data, out)
        return out

    def normals(self, w: Vector, sides: Vector) -> Vector:
        """Return the gradients of the switches, shape (k, d)."""
        out = np.empty((self.count, w.size))
        self.kinks.normals(w, self.constants(sides), *self._data, out)
        return out

    def jumps(self, w: Vector, sides: Vector, k: int) -> bool:
        """Return whether the loss has a step at a kink."""
        if self.kinks.loss is None or self.norms[k]:
            return False
        one, other = sides.copy(), sides.copy()
        one[k], other[k] = -1.0, 1.0
        values = [float(self.kinks.loss(w, self.constants(each), *self._data)) for each in (one, other)]
        slope = np.linalg.norm(self.gradient(w, other) - self.gradient(w, one))
        slope /= np.linalg.norm(self.normals(w, sides)[k])
        rounding = 1e-12 * max(map(abs, values)) + 4.0 * slope * self.bands(w, self.slopes(w, sides))[k]
        return bool(abs(values[1] - values[0]) > rounding)

    def sides(self, w: Vector) -> Vector:
        """Return on which side of each kink parameters are; 1 at the kink itself."""
        sides = np.ones(self.count)
        for _ in range(self.count):  # one kink may lie inside another's switch
            before, sides = sides, np.where(self.switches(w, sides) < 0.0, -1.0, 1.0)
            if (before == sides).all():
                break
        return sides

    def rows(self, at: Indices) -> Indices:
        """Return which switches are 0 at some kinks: for norms, their components."""
        return np.concatenate([*(self.own[k] for k in at), np.empty(0, dtype=np.int64)])

    def together(self, values: Vector) -> Vector:
        """Return a value for each kink, of a norm the length of its components'."""
        whole = values.copy()
        for k in np.flatnonzero(self.norms):
            whole[k] = np.linalg.norm(values[self.own[k]])
        return whole

    def leads_away(self, w: Vector, sides: Vector, k: int) -> bool:
        """Return whether the velocity on each side of a kink, less their mean, leads away from it."""
        one, other = sides.copy(), sides.copy()
        one[k], other[k] = 1.0, -1.0
        jump = self.gradient(w, one) - self.gradient(w, other)
        return bool(jump @ self.normals(w, sides)[k] < 0.0)

    def slopes(self, w: Vector, sides: Vector) -> Vector:
        """Return how much each parameter changes each switch, on these sides or on others of what lies within it."""
        whole = np.ones(self.count)
        slopes: Vector = np.max([np.abs(self.normals(w, each)) for each in (sides, whole, -whole)], axis=0)
        return slopes

    def bands(self, w: Vector, slopes: Vector) -> Vector:
        """Return what each switch may be by rounding alone."""
        return self.together(_ROUNDING * (slopes @ np.abs(w)) + np.finfo(float).tiny)

    def reach(self, w: Vector, sides: Vector, normals: Vector) -> Vector:
        """Return what each switch may be by the tolerance: it does not tell these values from 0."""
        (rtol, atol), sizes = self._tolerances, np.abs(normals)
        # That of one parameter alone is where this is 0.
        relative = np.where(np.count_nonzero(normals, axis=1) > 1, rtol, 0.0)
        found: Vector = atol * sizes.sum(axis=1) + relative * (sizes @ np.abs(w))
        for k in np.flatnonzero(self.norms):
            own, there = self.own[k], self.put_back(w, sides, self.own[k])
            found_it = self.switches(there, sides)[k] <= 1e-3 * self.switches(w, sides)[k]
            there = np.abs(there if found_it else w)
            error = (rtol + atol) * there if self._logarithmic else atol + rtol * there
            found[k] = np.linalg.norm(sizes[own] @ error) * (1.0 if self.roots[k] else _TO_AND_FRO)
        return found

    def near(self, w: Vector, size: Vector, sides: Vector) -> Indices:
        """Return the kinks at which parameters are, but for what rounding does to parameters of some size.

        A norm is 0 where the tolerance does not tell it from 0: no flow comes nearer.
        """
        normals = self.normals(w, sides)
        bands, norms = self.bands(size, self.slopes(w, sides)), self.norms & ~self.roots
        bands[norms] = np.maximum(bands, self.reach(w, sides, normals))[norms]
        bands[self.components] = -1.0
        return np.flatnonzero(np.abs(self.switches(w, sides)) <= bands)

    def room(self, w: Vector, normals: Vector, k: int) -> float:
        """Return up to which value a norm that leaves its zero may do so in the direction in which it grows.

        The error of that is of second order in the norm.
        """
        rtol, atol = self._tolerances
        size = np.abs(w).max()
        error = (atol + rtol * size) * max(size, np.sqrt(atol))
        return float(np.linalg.norm(normals[self.own[k]]) * np.sqrt(error))

    def remaining(self, w: Vector, sides: Vector, velocity: Vector, k: int) -> float:
        """Return how long a norm takes to its zero at the rate at which it falls, which is nearly that until then."""
        values, own = self.switches(w, sides), self.own[k]
        rate = -float(values[own] @ (self.normals(w, sides)[own] @ velocity))
        return float(values[own] @ values[own]) / rate if rate > 0.0 else 0.0

    def grown(self, w: Vector, sides: Vector, k: int) -> Vector:
        """Return the nearest parameters at which the components of a norm have the direction of their sides."""
        length = np.linalg.norm(self.switches(w, sides)[self.own[k]])
        return self.put_back(w, sides, self.own[k], length * sides[self.own[k]])

    def put_back(self, w: Vector, sides: Vector, at: Indices, aim: Vector | float = 0.0) -> Vector:
        """Return the nearest parameters at which the switches `at` are 0, or what is given."""
        for _ in range(4 if at.size else 0):
            values, normals = self.switches(w, sides)[at] - aim, self.normals(w, sides)[at]
            change = np.linalg.lstsq(normals, values, rcond=1e-10)[0]
            w = w - change
            if (np.abs(change) <= 1e-15 * np.abs(w)).all():
                break
        return w

    def sides_along(self, w: Vector, now: Decision) -> Vector:
        """Return the sides with which the velocity at `w` is along all kinks slid on, and from norms that are left."""
        sides = np.empty(self.count)
        if now.cells is not None:
            weights = np.empty(len(now.cells))
            meeting_weights(w, self.packed(now), *self._data, weights)
            return weights @ now.cells
        sliding_sides(w, self.packed(now), *self._data, sides)
        return sides

    def sides_at(self, w: Vector, now: Decision) -> Vector:
        """Return all sides at `w`; those of a norm that is not 0 are its direction."""
        sides = now.sides.copy() if now.smooth else self.sides_along(w, now)
        if (off := np.flatnonzero(self.norms & (now.sides == 1.0))).size:
            values = self.switches(w, now.sides)
            for own in (self.own[k] for k in off):
                sides[own] = values[own] / max(float(np.linalg.norm(values[own])), np.finfo(float).tiny)
        return sides

    def distance(self, w: Vector) -> float:
        """Return how far parameters are from the nearest kink, to first order."""
        sides = self.sides(w)
        values, normals = self.switches(w, sides), self.normals(w, sides)
        for k in np.flatnonzero(self.norms):
            normals[k] = values[self.own[k]] @ normals[self.own[k]] / values[k] if values[k] > 0.0 else 1.0
        slopes = np.linalg.norm(normals, axis=1)
        kinks = (slopes > 0.0) & ~self.components
        return float(np.min(np.abs(values[kinks]) / slopes[kinks], initial=np.inf))

    def packed(self, now: Decision) -> Vector:
        """Return the constants of the sliding kernels."""
        sides = now.sides if now.cells is None else now.cells[0]
        whole = packed(self.kinks, self.constants(sides), now.holding, now.marks, self.owners, now.rooms)
        return whole if now.cells is None else packed_with(now.cells, whole)
