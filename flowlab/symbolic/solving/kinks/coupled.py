"""Flows of several parameters that are linear between planes on which they have kinks: lasso, hinge, Huber with data.

Between kinks, and along those on which a flow slides, it is linear and symmetric, and solved by the matrix exponential;
each switch is then a sum of exponentials, all of whose zeros are found. A flow slides with the sides of its kinks
between −1 and 1 as their switches stay at 0, which is the least element of the Clarke subdifferential.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import sympy

from flowlab.symbolic.limits import FAILURES
from flowlab.symbolic.solving._linear import solve_linear
from flowlab.symbolic.solving._scalar import Tried
from flowlab.symbolic.solving.kinks.beside import Unknown, sign_of
from flowlab.symbolic.solving.kinks.exponentials import CONTEXT, DIGITS, Terms, number, terms_of, zeros_of

#: A solution has at most so many pieces, and decides at most so many kinks at once.
_MOST_PIECES, _MOST_TOGETHER = 32, 4
#: What is smaller than this, beside numbers of the size of 1 or of their own, is 0 by rounding.
_NOTHING = sympy.Float("1e-40")


@dataclass(frozen=True)
class Stretch:
    """A solution from one time on, in the time since then."""

    begins: sympy.Expr
    expressions: list[sympy.Expr]
    method: str


@dataclass(frozen=True)
class Met:
    """What a solution does at a plane: when, which, what, and the normal where it slides on it from then on."""

    time: sympy.Expr
    what: str
    kink: int
    slides: bool


@dataclass
class Route:
    """A solution through planes; `halt` is why its closed form ends at `until`, empty where it does not."""

    stretches: list[Stretch]
    met: list[Met]
    until: sympy.Expr
    halt: str


class Planes:
    """A flow that is linear between planes.

    Parameters
    ----------
    rates : sequence of Expr
        With the signs of what is 0 on the planes.
    variables : sequence of Symbol
    """

    def __init__(self, rates: list[sympy.Expr], variables: list[sympy.Symbol]) -> None:
        self.variables = variables
        self.signs: dict[sympy.Expr, int] = {}
        self.switches: list[sympy.Expr] = []
        self.normals: list[sympy.Matrix] = []
        self.rates = [_unnested(rate, set(variables)) for rate in rates]
        for part in sorted(set().union(*(r.atoms(sympy.sign) for r in self.rates)), key=sympy.default_sort_key):
            switch = sympy.expand(part.args[0])
            if not switch.free_symbols & set(variables):
                continue
            normal = sympy.Matrix([switch.diff(w) for w in variables])
            if normal.free_symbols:
                raise Unknown(f"{switch} is 0 on no plane")
            self.signs[part] = len(self.switches)
            self.switches.append(switch)
            self.normals.append(normal)
        self._linear: dict[tuple[int, ...], tuple[sympy.Matrix, sympy.Matrix]] = {}

    def linear(self, sides: tuple[int, ...]) -> tuple[sympy.Matrix, sympy.Matrix]:
        """Return H and q of the rates −(H w + q) with some sides."""
        if sides not in self._linear:
            put = {part: sympy.Integer(sides[k]) for part, k in self.signs.items()}
            smooth = sympy.Matrix([sympy.expand(rate.xreplace(put)) for rate in self.rates])
            hessian = -smooth.jacobian(self.variables)
            offset = -smooth.xreplace(dict.fromkeys(self.variables, sympy.S.Zero))
            if hessian.free_symbols or offset.free_symbols or offset.has(sympy.nan, sympy.zoo):
                raise Unknown("it is not linear between its kinks, or holds symbols")
            self._linear[sides] = hessian, offset
        return self._linear[sides]

    def turns(self, sides: tuple[int, ...], k: int) -> bool:
        """Return whether the rates differ on the two sides of a kink."""
        one, other = (self.linear((*sides[:k], side, *sides[k + 1 :])) for side in (1, -1))
        return one != other

    def at(self, k: int, place: sympy.Matrix) -> sympy.Expr:
        """Return a switch at a point."""
        return self.switches[k].xreplace(dict(zip(self.variables, place, strict=True)))

    def onto(self, place: sympy.Matrix, at: list[int]) -> sympy.Matrix:
        """Return the point of some planes that is nearest to one beside them by rounding."""
        if not at:
            return place
        normals = sympy.Matrix.hstack(*(self.normals[k] for k in at)).T
        return place - normals.pinv() * sympy.Matrix([self.at(k, place) for k in at])

    def named(self, k: int) -> tuple[sympy.Expr, sympy.Expr]:
        """Return what is a constant on a plane, and the constant, for people."""
        constant, moving = self.switches[k].as_independent(*self.variables, as_Add=True)
        factor, plain = moving.primitive()
        return plain, -constant / factor


def _unnested(rate: sympy.Expr, variables: set[sympy.Symbol]) -> sympy.Expr:
    """Write the sign of what holds another sign by the signs of what it is on either side: |u| < 1 has two planes."""
    while True:
        outer = [s for s in rate.atoms(sympy.sign) if s.args[0].has(sympy.sign) and s.free_symbols & variables]
        if not outer:
            return rate
        put = {}
        for part in outer:
            inner = next(s for s in part.args[0].atoms(sympy.sign) if not s.args[0].has(sympy.sign))
            up, down = (sympy.sign(part.args[0].xreplace({inner: sympy.Integer(side)})) for side in (1, -1))
            put[part] = (1 + inner) / 2 * up + (1 - inner) / 2 * down
        rate = rate.xreplace(put)


@dataclass(frozen=True)
class Choice:
    """How a flow goes on: the sides, and the kinks on which it slides with the projection along them."""

    sides: tuple[int, ...]
    slides: tuple[int, ...]
    tangent: sympy.Matrix
    hessian: sympy.Matrix
    offset: sympy.Matrix
    #: With (H w + q): the sides of what it slides on, less 1.
    weights: sympy.Matrix

    def velocity(self, place: sympy.Matrix) -> sympy.Matrix:
        """Return the rates at a point."""
        return -self.tangent * (self.hessian * place + self.offset)

    def between(self, place: sympy.Matrix) -> sympy.Matrix:
        """Return the sides of the kinks on which it slides."""
        moved = self.weights * (self.hessian * place + self.offset)
        return moved.applyfunc(lambda entry: entry + 1)


def through_planes(
    rates: list[sympy.Expr], variables: list[sympy.Symbol], start: list[sympy.Expr], t: sympy.Symbol, tried: Tried
) -> tuple[Planes, Route] | None:
    """Solve a flow of several parameters that is linear between planes; None where it is none, or leaves its start so.

    Examples
    --------
    >>> a, b, t = sympy.symbols("a b t", real=True)
    >>> rates = [2 - 2 * a - b - sympy.sign(a), 2 - a - 2 * b - 4 * sympy.sign(b)]
    >>> planes, route = through_planes(rates, [a, b], [sympy.Integer(1), sympy.Integer(1)], t, [])
    >>> [(round(float(met.time), 4), met.what) for met in route.met]
    [(0.269, 'b rests at the kink at 0')]
    """
    try:
        planes = Planes(rates, variables)
        place = sympy.Matrix(start)
        at_once = [k for k in range(len(planes.switches)) if sign_of(planes.at(k, place)) == 0]
        sides = tuple(sign_of(planes.at(k, place)) or 1 for k in range(len(planes.switches)))
        choice = _chosen(planes, place, sides, at_once)
    except (Unknown, *FAILURES) as error:
        tried.append(("linear between planes", " ".join(str(error).split())))
        return None
    route = Route([], [], sympy.oo, "")
    now = sympy.S.Zero
    _tell(planes, route, now, (), choice, [])
    try:
        for _ in range(_MOST_PIECES):
            stretch = _stretch(choice, place, now, t)
            event = _first(planes, choice, stretch, t, at_once)
            route.stretches.append(stretch)
            if event is None:
                return planes, route
            length, crossed, left = event
            place = sympy.Matrix([sympy.Rational(_value(e, t, length)) for e in stretch.expressions])
            place = planes.onto(place, [*choice.slides, *crossed])
            now = now + sympy.Float(length._mpf_, DIGITS)
            sides = tuple(left.get(k, side) for k, side in enumerate(choice.sides))
            at_once = [k for k in choice.slides if k not in left] + crossed
            before, choice = choice.slides, _chosen(planes, place, sides, at_once)
            at_once += left
            _tell(planes, route, now, before, choice, crossed)
        route.halt = f"it has more than {_MOST_PIECES} pieces"
    except (Unknown, *FAILURES) as error:
        route.halt = " ".join(str(error).split())
    if not route.stretches:
        tried.append(("linear between planes", route.halt))
        return None
    route.until = now
    route.met = [met for met in route.met if met.time != now]
    route.met.append(Met(now, "it comes to a kink", -1, slides=False))
    return planes, route


def _tell(
    planes: Planes, route: Route, now: sympy.Expr, before: tuple[int, ...], choice: Choice, crossed: list[int]
) -> None:
    """Note what a solution does at a time."""
    after = choice.slides
    for k in range(len(planes.switches)):
        word = "leaves" if k in before and k not in after else ""
        word = "rests at" if k in after and k not in before else word
        if k in crossed and k not in after and planes.turns(choice.sides, k):
            word = "crosses"
        if word:
            moving, constant = planes.named(k)
            route.met.append(Met(now, f"{moving} {word} the kink at {constant}", k, slides=k in after))


def _choice(planes: Planes, sides: tuple[int, ...], slides: tuple[int, ...]) -> Choice | None:
    """Return the flow that slides on some kinks with the sides of the others; None where these determine none."""
    up = tuple(1 if k in slides else side for k, side in enumerate(sides))
    hessian, offset = planes.linear(up)
    size = len(planes.variables)
    if not slides:
        return Choice(up, (), sympy.eye(size), hessian, offset, sympy.zeros(0, size))
    normals = sympy.Matrix.hstack(*(planes.normals[k] for k in slides))
    gram = normals.T * normals
    if gram.det() == 0:
        return None
    columns = []
    for k in slides:
        down = tuple(-1 if j == k else side for j, side in enumerate(up))
        other, beyond = planes.linear(down)
        if not (other - hessian).is_zero_matrix:
            raise Unknown("what it would slide with is not linear")
        columns.append((offset - beyond) / 2)
    jumps = sympy.Matrix.hstack(*columns)
    tangent = sympy.eye(size) - normals * gram.inv() * normals.T
    if not (tangent * jumps).is_zero_matrix:
        raise Unknown("the loss has a step at a kink")
    turning = normals.T * jumps
    if turning.det() == 0:
        return None
    return Choice(up, slides, tangent, hessian, offset, -turning.inv() * normals.T)


def _chosen(planes: Planes, place: sympy.Matrix, sides: tuple[int, ...], at: list[int]) -> Choice:
    """Return how a flow goes on from the kinks `at`: it leaves each to the side to which it leads, or slides on it."""
    if len(at) > _MOST_TOGETHER:
        raise Unknown(f"more than {_MOST_TOGETHER} kinks meet")
    found: list[tuple[Choice, sympy.Matrix]] = []
    reason = Unknown("the flow may go on in more than one way")
    for turns in product((1, -1, 0), repeat=len(at)):
        trial = list(sides)
        for k, turn in zip(at, turns, strict=True):
            trial[k] = turn or 1
        try:
            choice = _choice(planes, tuple(trial), tuple(k for k, turn in zip(at, turns, strict=True) if turn == 0))
        except Unknown as error:  # where another one is right, this is not
            reason = error
            continue
        if choice is None:
            continue
        velocity = choice.velocity(place)
        leads = all(
            _sign((planes.normals[k].T * velocity)[0]) in (turn, 0) for k, turn in zip(at, turns, strict=True) if turn
        )
        if leads and all(_sign(abs(side) - 1) <= 0 for side in choice.between(place)):
            found.append((choice, velocity))
    if not found or any(_sign(abs(entry)) for _, v in found[1:] for entry in v - found[0][1]):
        raise reason
    return found[0][0]


def _stretch(choice: Choice, place: sympy.Matrix, now: sympy.Expr, t: sympy.Symbol) -> Stretch:
    """Solve a flow along what it slides on, which is linear and symmetric beside a point of it."""
    tangent = choice.tangent
    fixed = place - tangent * place
    hessian = tangent * choice.hessian * tangent
    pull = tangent * (choice.hessian * fixed + choice.offset)
    solved = solve_linear(hessian, list(pull), list(tangent * place), t)
    if solved is None:
        raise Unknown("the eigenvalues are not found")
    expressions = [sympy.expand(e + f, power_exp=False) for e, f in zip(solved[0], fixed, strict=True)]
    return Stretch(now, expressions, solved[2])


def _first(
    planes: Planes, choice: Choice, stretch: Stretch, t: sympy.Symbol, begins_at: list[int]
) -> tuple[Any, list[int], dict[int, int]] | None:
    """Return when a solution first comes to a kink or leaves one on which it slides: which it comes to, and leaves."""
    place = sympy.Matrix(stretch.expressions)
    events: list[tuple[Any, int, int]] = []
    for k in range(len(planes.switches)):
        if k not in choice.slides:
            events += [(time, k, 0) for time in _times(planes.at(k, place), t, soon=k not in begins_at)]
    for k, side in zip(choice.slides, choice.between(place), strict=True):
        for edge in (1, -1):
            events += [(time, k, edge) for time in _times(side - edge, t, soon=True)]
    if not events:
        return None
    first = min(time for time, _, _ in events)
    together = [(k, edge) for time, k, edge in events if time - first <= first * CONTEXT.mpf(10) ** -35]
    return first, [k for k, edge in together if edge == 0], {k: edge for k, edge in together if edge}


def _times(expression: sympy.Expr, t: sympy.Symbol, *, soon: bool) -> list[Any]:
    """Return when a sum of exponentials changes its sign; of one that begins at 0, not in that very moment."""
    terms: Terms = terms_of(expression, t)
    return [time for time in zeros_of(terms) if soon or time > CONTEXT.mpf(10) ** -20]


def _value(expression: sympy.Expr, t: sympy.Symbol, time: Any) -> sympy.Expr:
    return sympy.N(expression.xreplace({t: sympy.Float(time._mpf_, DIGITS + 15)}), DIGITS)


def _sign(value: sympy.Expr) -> int:
    """Return the sign of a number that is known to so many digits."""
    size = number(value)
    return 0 if abs(size) < _NOTHING else 1 if size > 0 else -1
