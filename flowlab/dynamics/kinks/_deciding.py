"""Where a flow goes on from a kink: against the element of least norm of the Clarke subdifferential there."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowlab.dynamics.kinks._corner import Corner, Decision, Indices
from flowlab.dynamics.kinks._least import least
from flowlab.dynamics.kinks._meeting import meeting
from flowlab.dynamics.kinks._sliding import BARE, SLIDES
from flowlab.dynamics.trajectory import Vector

#: A velocity across a kink is 0 if it is less than this times the sizes of what it is the difference of.
_ALONG = 1e-10
#: A side is 1 if it is that near.
WHOLE = 1e-9
#: So far ahead, as a part of the parameters, it is looked whether a side that is 1 would become more.
_AHEAD = 1e-6


def decide(
    corner: Corner, w: Vector, sides: Vector, active: Indices, gone: Indices, rooms: Vector | None = None
) -> Decision:
    """Return how the flow goes on from `w`, where the kinks `active` are.

    A kink that the least element leaves is on its side from then on. `gone` are those which the flow has slid on until
    their side became −1 or 1; where there are norms it is seen anew whether they are left. `rooms` are those of norms
    that it is leaving already.
    """
    sides, rooms = sides.copy(), np.zeros(corner.count) if rooms is None else rooms.copy()
    rooms[active] = 0.0
    choice = _Choice(corner, w, corner.normals(w, sides), rooms)
    if corner.norms[active].any():
        gone = gone[:0]
    elif (found := choice.met(sides, active[corner.slopes(w, sides)[active].any(axis=1)])) is not None:
        return found
    for k in gone:
        sides[k] = choice.beyond(sides, k)
    waiting = active[~np.isin(active, gone)]
    while waiting.size:
        element = choice.least(sides, waiting)
        sides = element.sides
        moving = choice.moving(element)[waiting]
        if not moving.any():
            return choice.sliding(element, waiting)
        for k in waiting[moving]:
            choice.leave(sides, k, choice.normals[corner.own[k]] @ element.velocity, element.bare[k])
        waiting = waiting[~moving]
    return Decision(sides, np.zeros(corner.count), waiting, rooms)


class _Element(NamedTuple):
    """The least element at some kinks.

    Attributes
    ----------
    sides, velocity : ndarray
    size : float
        Of what the velocity is a sum of.
    flat, bare : ndarray of bool, shape (k,)
        Which kinks have no part in it, and which of them have none as they are but the roots of powers.
    lengths : ndarray, shape (k,)
        How long the part of each switch is, where there are norms.
    """

    sides: Vector
    velocity: Vector
    size: float
    flat: NDArray[np.bool_]
    bare: NDArray[np.bool_]
    lengths: Vector


class _Choice(NamedTuple):
    """A place at which it is decided, with the normals there; `rooms` are filled in."""

    corner: Corner
    w: Vector
    normals: Vector
    rooms: Vector

    def beyond(self, sides: Vector, k: int) -> float:
        """Return on which side a flow leaves a kink that it has slid on until its side became −1 or 1.

        It goes on on that side if both sides drive to the kink, and on the other one if both drive away.
        """
        return (-1.0 if sides[k] < 0.0 else 1.0) * (-1.0 if self.corner.leads_away(self.w, sides, k) else 1.0)

    def met(self, sides: Vector, at: Indices) -> Decision | None:
        """Return how the flow goes on from kinks that depend on one another; None if they do not, or are too many."""
        corner, w = self.corner, self.w
        found = None if self._independent(sides, at) else meeting(corner, w, sides, at)
        if found is None:
            return None
        sides, sliding, cells = found
        marks = np.zeros(corner.count)
        marks[sliding] = SLIDES
        first = sliding[np.argsort(np.abs(sides[sliding]), kind="stable")]
        holding = _independent(corner.normals(w, cells[0]), first)
        return Decision(sides, marks, holding, self.rooms, None if self._independent(sides, sliding) else cells)

    def _independent(self, sides: Vector, at: Indices) -> bool:
        """Return whether kinks have independent normals, none is within another, and none changes another's weight."""
        corner, w = self.corner, self.w
        if at.size < 2 or corner.roots[at].any():
            return True
        normals = corner.normals(w, sides)
        lengths = np.linalg.norm(normals[at], axis=1)
        if at.size > w.size or not lengths.all():
            return False
        if np.linalg.svd(normals[at] / lengths[:, None], compute_uv=False)[-1] < 1e-9:
            return False
        between = sides.copy()
        between[at] = np.cos(np.arange(at.size) + 1.0)
        _, zero, columns = self._columns(sides, at)
        size = np.linalg.norm(zero) + np.linalg.norm(columns, axis=0).sum()
        apart = corner.gradient(w, between) - zero - columns @ between[at]
        turned = (corner.normals(w, between) - normals)[at]
        return bool(np.abs(apart).max() <= 1e-10 * size and np.abs(turned).max() <= 1e-10 * np.abs(normals).max())

    def leave(self, sides: Vector, k: int, rates: Vector, bare: bool) -> None:
        """Set the side to which the flow goes from a kink, of which the switches change at some rates."""
        corner = self.corner
        if not corner.norms[k]:
            sides[k] = np.sign(rates[0])
            return
        sides[corner.own[k]] = rates / np.linalg.norm(rates)
        sides[k] = 1.0 if bare else 0.0
        self.rooms[k] = 0.0 if bare else corner.room(self.w, self.normals, k)

    def moving(self, element: _Element) -> NDArray[np.bool_]:
        """Return which switches change with the velocity of an element."""
        rates = self.corner.together(self.normals @ element.velocity)
        sizes = self.corner.together(np.linalg.norm(self.normals, axis=1))
        found: NDArray[np.bool_] = np.abs(rates) > _ALONG * element.size * sizes
        return found

    def least(self, sides: Vector, at: Indices) -> _Element:
        """Return the least element at some kinks."""
        corner, rows = self.corner, self.corner.rows(at)
        owners, before = corner.owners[rows], sides[rows]
        sides, zero, columns = self._columns(sides, at)
        lengths = np.zeros(corner.count)
        lengths[rows] = np.linalg.norm(columns, axis=0)
        size = float(np.linalg.norm(zero) + lengths.sum())
        none = corner.together(lengths) <= 1e-14 * size
        columns[:, none[owners]] = 0.0
        first, turns = _tied(self.normals[rows], corner.components[rows])
        parts = [np.flatnonzero(owners[first] == k) for k in np.unique(owners[first])]
        found = turns @ least(zero, columns @ turns, parts, before[first])
        sides[rows] = np.where(none[owners] & corner.roots[owners], 0.0, found)
        velocity = -(zero + columns @ sides[rows])
        return _Element(sides, velocity, size, none & ~corner.roots, none & corner.roots, lengths)

    def _columns(self, sides: Vector, at: Indices) -> tuple[Vector, Vector, Vector]:
        """Return sides that are 0 at some kinks, the gradient with them, and how each switch there changes it."""
        corner, rows, sides = self.corner, self.corner.rows(at), sides.copy()
        sides[at] = sides[rows] = 0.0
        zero, columns = corner.gradient(self.w, sides), np.empty((self.w.size, rows.size))
        for j, k in enumerate(rows):
            side = 0.5 if corner.roots[k] else 1.0  # where it is without the root
            sides[k] = side
            columns[:, j] = (corner.gradient(self.w, sides) - zero) / side
            sides[k] = 0.0
        return sides, zero, columns

    def sliding(self, element: _Element, at: Indices) -> Decision:
        """Return which of some kinks, whose switches do not change at first, the flow stays at."""
        corner, sides, velocity = self.corner, element.sides.copy(), element.velocity
        # Where both sides have one gradient there is nothing to slide on.
        flat, at = at[element.flat[at]], at[~element.flat[at]]
        sides[flat] = np.where(corner.switches(self.w, sides)[flat] < 0.0, -1.0, 1.0)
        now = self._staying(sides, element, at)
        sizes = corner.together(np.abs(sides))
        whole = at[sizes[at] >= 1.0 - WHOLE]
        if not (whole.size and velocity.any()):
            return now
        ahead = self.w + velocity * (_AHEAD * max(np.abs(self.w).max(), _AHEAD) / np.abs(velocity).max())
        if corner.norms[at].any():  # of dependent normals the sides along are but one choice
            there = self._replace(w=ahead, normals=corner.normals(ahead, sides))
            going = whole[there.moving(there.least(sides, at))[whole]]
        else:
            going = whole[corner.sides_along(ahead, now)[whole] * sides[whole] > sizes[whole]]
        for k in whole:
            sides[corner.own[k]] /= sizes[k]
        if going.size and not corner.norms[at].any():
            return decide(corner, self.w, sides, at, going, self.rooms)
        for k in going:
            self.leave(sides, k, sides[corner.own[k]], element.bare[k])
        return self._staying(sides, element, at[~np.isin(at, going)])

    def _staying(self, sides: Vector, element: _Element, at: Indices) -> Decision:
        """Return the decision to stay at some kinks, and to hold those of dependent normals that have most room."""
        corner, rows = self.corner, self.corner.rows(at)
        marks = np.zeros(corner.count)
        marks[at] = np.where(element.bare[at], BARE, SLIDES)
        room = 1.0 - corner.together(np.abs(sides))[corner.owners[rows]]
        if corner.norms[at].any():
            room *= element.lengths[rows]
        return Decision(sides, marks, _independent(self.normals, rows[np.argsort(-room, kind="stable")]), self.rooms)


def _independent(normals: Vector, at: Indices) -> Indices:
    """Return kinks whose normals are a basis of all normals, the first ones first."""
    chosen: list[int] = []
    basis = np.empty((0, normals.shape[1]))
    for k in at:
        rest = normals[k] / np.linalg.norm(normals[k])
        for _ in range(2):
            rest = rest - basis.T @ (basis @ rest)
        if np.linalg.norm(rest) > 1e-8:
            basis = np.vstack([basis, rest / np.linalg.norm(rest)])
            chosen.append(int(k))
    return np.array(chosen, dtype=np.int64)


def _tied(normals: Vector, components: NDArray[np.bool_]) -> tuple[Indices, Vector]:
    """Return the first of each class of parallel normals, and which way those of each class point, shape (k, classes).

    Those of components are a class each.
    """
    lengths = np.linalg.norm(normals, axis=1)
    unit = normals / np.where(lengths > 0.0, lengths, 1.0)[:, None]
    alike = unit @ unit.T
    alike[components] = alike[:, components] = 0.0
    parallel = np.abs(alike) > 1.0 - 1e-12
    first = np.where(parallel.any(axis=1), parallel.argmax(axis=1), np.arange(lengths.size))
    classes = np.unique(first)
    signs = np.where(alike[np.arange(lengths.size), first] < 0.0, -1.0, 1.0)
    return classes, np.where(first[:, None] == classes, signs[:, None], 0.0)
