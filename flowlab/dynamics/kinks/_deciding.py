"""Where a flow goes on from a kink: against the element of least norm of the Clarke subdifferential there."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from flowlab.dynamics._prepared import Prepared
from flowlab.dynamics.kinks._meeting import meeting, meeting_weights, packed_with
from flowlab.dynamics.kinks._sliding import packed, sliding_sides
from flowlab.dynamics.system import Kinks
from flowlab.dynamics.trajectory import Vector

Indices = NDArray[np.int64]

#: A switch is 0 if it is less than this times what rounding the parameters changes in it.
_ROUNDING = 32 * np.finfo(float).eps
#: A velocity across a kink is 0 if it is less than this times the sizes of what it is the difference of.
_ALONG = 1e-10
#: A side is 1 if it is that near.
WHOLE = 1e-9
#: So far ahead, as a part of the parameters, it is looked whether a side that is 1 would become more.
_AHEAD = 1e-6


class Decision(NamedTuple):
    """The sides to go on with; the kinks slid on, and those of them whose normals are independent.

    The sides of `sliding` kinks are those of the least element. Where these depend on one another, `cells` are all
    sides on each cell about them.
    """

    sides: Vector
    sliding: Indices
    holding: Indices
    cells: Vector | None = None


class Corner:
    """A system's kinks with its numbers: what they are at any parameters."""

    def __init__(self, kinks: Kinks, ready: Prepared) -> None:
        self.kinks = kinks
        self.count = len(kinks.names)
        self.roots = np.array([r is not None for r in kinks.roots or [None] * self.count], dtype=bool)
        self.ends = np.array([float(r or 0) for r in kinks.roots or [None] * self.count])
        self._given = ready.model.constants
        self._rows = (ready.model.data, ready.model.rows)

    def constants(self, sides: Vector) -> Vector:
        """Return what the kernels of the kinks are given."""
        return np.concatenate([self._given, sides])

    def gradient(self, w: Vector, sides: Vector) -> Vector:
        """Return the gradient with given sides."""
        out = np.empty(w.size)
        self.kinks.gradient(w, self.constants(sides), *self._rows, out)
        return out

    def switches(self, w: Vector, sides: Vector) -> Vector:
        """Return the switches."""
        out = np.empty(self.count)
        self.kinks.switches(w, self.constants(sides), *self._rows, out)
        return out

    def normals(self, w: Vector, sides: Vector) -> Vector:
        """Return the gradients of the switches, shape (k, d)."""
        out = np.empty((self.count, w.size))
        self.kinks.normals(w, self.constants(sides), *self._rows, out)
        return out

    def jumps(self, w: Vector, sides: Vector, k: int) -> bool:
        """Return whether the loss has a step at a kink."""
        if self.kinks.loss is None:
            return False
        one, other = sides.copy(), sides.copy()
        one[k], other[k] = -1.0, 1.0
        values = [float(self.kinks.loss(w, self.constants(each), *self._rows)) for each in (one, other)]
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

    def slopes(self, w: Vector, sides: Vector) -> Vector:
        """Return how much each parameter changes each switch, on these sides or on others of what lies within it."""
        whole = np.ones(self.count)
        slopes: Vector = np.max([np.abs(self.normals(w, each)) for each in (sides, whole, -whole)], axis=0)
        return slopes

    def bands(self, w: Vector, slopes: Vector) -> Vector:
        """Return what each switch may be by rounding alone."""
        return _ROUNDING * (slopes @ np.abs(w)) + np.finfo(float).tiny

    def put_back(self, w: Vector, sides: Vector, at: Indices) -> Vector:
        """Return the nearest parameters at which the switches `at` are 0."""
        for _ in range(4 if at.size else 0):
            values, normals = self.switches(w, sides)[at], self.normals(w, sides)[at]
            change = np.linalg.lstsq(normals, values, rcond=1e-10)[0]
            w = w - change
            if (np.abs(change) <= 1e-15 * np.abs(w)).all():
                break
        return w

    def decide(self, w: Vector, sides: Vector, active: Indices, leaving: Indices) -> Decision:
        """Return how the flow goes on from `w`, where the switches `active` are 0.

        A kink that the least element leaves is on its side from then on. `leaving` are those which the flow has
        slid on until their side became −1 or 1.
        """
        sides, normals = sides.copy(), self.normals(w, sides)
        met = active[self.slopes(w, sides)[active].any(axis=1)]
        if not self._independent_sides(w, sides, met):
            found = self._met(w, sides, met)
            if found is not None:
                return found
        for k in leaving:
            sides[k] = self._beyond(w, sides, k)
        waiting = active[~np.isin(active, leaving)]
        while waiting.size:
            sides, zero, columns = self._least(w, sides, waiting, normals)
            velocity = -(zero + columns @ sides[waiting])
            size = np.linalg.norm(zero) + np.linalg.norm(columns, axis=0).sum()
            rates = normals[waiting] @ velocity
            moving = np.abs(rates) > _ALONG * size * np.linalg.norm(normals[waiting], axis=1)
            if not moving.any():
                flat = (np.linalg.norm(columns, axis=0) <= 1e-14 * size) & ~self.roots[waiting]
                return self._sliding(w, sides, waiting, flat, normals, velocity)
            sides[waiting[moving]] = np.sign(rates[moving])
            waiting = waiting[~moving]
        return Decision(sides, waiting, waiting)

    def _beyond(self, w: Vector, sides: Vector, k: int) -> float:
        """Return on which side a flow leaves a kink that it has slid on until its side became −1 or 1.

        It goes on on that side if both sides drive to the kink, and on the other one if both drive away.
        """
        return (-1.0 if sides[k] < 0.0 else 1.0) * (-1.0 if self.leads_away(w, sides, k) else 1.0)

    def leads_away(self, w: Vector, sides: Vector, k: int) -> bool:
        """Return whether the velocity on each side of a kink, less their mean, leads away from it."""
        one, other = sides.copy(), sides.copy()
        one[k], other[k] = 1.0, -1.0
        jump = self.gradient(w, one) - self.gradient(w, other)
        return bool(jump @ self.normals(w, sides)[k] < 0.0)

    def _met(self, w: Vector, sides: Vector, at: Indices) -> Decision | None:
        """Return how the flow goes on from kinks that depend on one another; None where that is too much."""
        found = meeting(self, w, sides, at)
        if found is None:
            return None
        sides, sliding, cells = found
        holding = self._independent(self.normals(w, cells[0]), sliding, sides)
        return Decision(sides, sliding, holding, None if self._independent_sides(w, sides, sliding) else cells)

    def _independent_sides(self, w: Vector, sides: Vector, at: Indices) -> bool:
        """Return whether kinks have independent normals, none is within another, and none changes another's weight."""
        if at.size < 2 or self.roots[at].any():
            return True
        normals = self.normals(w, sides)
        lengths = np.linalg.norm(normals[at], axis=1)
        if at.size > w.size or not lengths.all():
            return False
        if np.linalg.svd(normals[at] / lengths[:, None], compute_uv=False)[-1] < 1e-9:
            return False
        between = sides.copy()
        between[at] = np.cos(np.arange(at.size) + 1.0)
        _, zero, columns = self._columns(w, sides, at)
        size = np.linalg.norm(zero) + np.linalg.norm(columns, axis=0).sum()
        apart = self.gradient(w, between) - zero - columns @ between[at]
        turned = (self.normals(w, between) - normals)[at]
        return bool(np.abs(apart).max() <= 1e-10 * size and np.abs(turned).max() <= 1e-10 * np.abs(normals).max())

    def _least(self, w: Vector, sides: Vector, at: Indices, normals: Vector) -> tuple[Vector, Vector, Vector]:
        """Return sides with those of the least element at some kinks; the gradient without them, and their columns."""
        before = sides[at]
        sides, zero, columns = self._columns(w, sides, at)
        tied, signs = _tied(normals[at])
        groups = np.unique(tied)
        together = np.stack([columns[:, tied == g] @ signs[tied == g] for g in groups], axis=1)
        values = least_in_box(zero, together, before[groups])
        sides[at] = np.where(self.roots[at], 0.0, signs * values[np.searchsorted(groups, tied)])
        return sides, zero, columns

    def _columns(self, w: Vector, sides: Vector, at: Indices) -> tuple[Vector, Vector, Vector]:
        """Return sides that are 0 at some kinks, the gradient with them, and how each of these changes it."""
        sides = sides.copy()
        sides[at] = 0.0
        zero, columns = self.gradient(w, sides), np.empty((w.size, at.size))
        for j, k in enumerate(at):
            sides[k] = 1.0
            columns[:, j] = 0.0 if self.roots[k] else self.gradient(w, sides) - zero
            sides[k] = 0.0
        return sides, zero, columns

    def _sliding(
        self, w: Vector, sides: Vector, at: Indices, flat: NDArray[np.bool_], normals: Vector, velocity: Vector
    ) -> Decision:
        """Return which of some kinks, whose switches do not change at first, the flow stays at."""
        sides = sides.copy()
        # Where both sides have one gradient there is nothing to slide on.
        sides[at[flat]] = np.where(self.switches(w, sides)[at[flat]] < 0.0, -1.0, 1.0)
        at = at[~flat]
        holding = self._independent(normals, at, sides)
        whole = at[np.abs(sides[at]) >= 1.0 - WHOLE]
        if whole.size and velocity.any():
            ahead = w + velocity * (_AHEAD * max(np.abs(w).max(), _AHEAD) / np.abs(velocity).max())
            later = self.sides_along(ahead, Decision(sides, at, holding))
            leaving = whole[later[whole] * sides[whole] > np.abs(sides[whole])]
            sides[whole] = np.sign(sides[whole])
            if leaving.size:
                return self.decide(w, sides, at, leaving)
        return Decision(sides, at, holding)

    def sides_along(self, w: Vector, now: Decision) -> Vector:
        """Return the sides with which the velocity at `w` is along all kinks that are slid on."""
        if now.cells is not None:
            weights = np.empty(len(now.cells))
            meeting_weights(w, self.packed(now), *self._rows, weights)
            return weights @ now.cells
        sides, along = now.sides.copy(), np.empty(now.holding.size)
        sliding_sides(w, self.packed(now), *self._rows, along)
        sides[now.holding] = along
        return sides

    def packed(self, now: Decision) -> Vector:
        """Return the constants of the sliding kernels."""
        marks = np.zeros(self.count)
        marks[now.sliding] = np.where(self.roots[now.sliding], 2.0, 1.0)
        sides = now.sides if now.cells is None else now.cells[0]
        whole = packed(self.kinks, self.constants(sides), now.holding, marks)
        return whole if now.cells is None else packed_with(now.cells, whole)

    @staticmethod
    def _independent(normals: Vector, at: Indices, sides: Vector) -> Indices:
        """Return kinks whose normals are a basis of all normals, first those whose sides are farthest from −1 and 1."""
        chosen: list[int] = []
        basis = np.empty((0, normals.shape[1]))
        for k in at[np.argsort(np.abs(sides[at]), kind="stable")]:
            rest = normals[k] / np.linalg.norm(normals[k])
            for _ in range(2):
                rest = rest - basis.T @ (basis @ rest)
            if np.linalg.norm(rest) > 1e-8:
                basis = np.vstack([basis, rest / np.linalg.norm(rest)])
                chosen.append(int(k))
        return np.array(chosen, dtype=np.int64)


def least_in_box(zero: Vector, columns: Vector, before: Vector) -> Vector:
    """Return the s in [−1, 1] with which zero + columns s is least; 0 for a column without a part in it."""
    sizes = np.linalg.norm(columns, axis=0)
    values = np.zeros(sizes.size)
    used = sizes > 0.0
    values[~used] = before[~used]
    if used.sum() == 1:
        column = columns[:, used][:, 0]
        values[used] = np.clip(-(column / sizes[used] @ zero) / sizes[used], -1.0, 1.0)
    elif used.any():
        scale = np.linalg.norm(zero) + sizes.sum()
        values[used] = lsq_linear(columns[:, used] / scale, -zero / scale, bounds=(-1.0, 1.0), method="bvls").x
    return values


def _tied(normals: Vector) -> tuple[Indices, Vector]:
    """Return of each kink the first with a parallel normal, and whether it points the same way."""
    lengths = np.linalg.norm(normals, axis=1)
    unit = normals / np.where(lengths > 0.0, lengths, 1.0)[:, None]
    alike = unit @ unit.T
    parallel = np.abs(alike) > 1.0 - 1e-12
    first = parallel.argmax(axis=1)
    first = np.where(parallel.any(axis=1), first, np.arange(lengths.size))
    return first, np.where(alike[np.arange(lengths.size), first] < 0.0, -1.0, 1.0)
