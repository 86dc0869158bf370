"""Flows of one parameter with kinks: a closed form between any two of them, and what the flow does at each.

The flow is that of the Clarke subdifferential: at a kink its velocity is between those of the two sides. Where both
point the same way it crosses, and where neither leads away it rests.
"""

from dataclasses import dataclass

import sympy

from flowlab.symbolic.limits import FAILURES
from flowlab.symbolic.sampling import allows
from flowlab.symbolic.sides import KINKED
from flowlab.symbolic.solving._scalar import Tried, is_zero, solve_scalar
from flowlab.symbolic.solving._scalar_forms import Solved
from flowlab.symbolic.solving.kinks.arrival import arrival, steepness, velocity
from flowlab.symbolic.solving.kinks.beside import Beside, Kinked, Unknown, extreme, sign_of, zeros

#: A solution has at most so many pieces, if they are of the simplest kind; of others fewer.
_MOST_WORK = 48


@dataclass(frozen=True)
class Piece:
    """A solution between two kinks.

    Attributes
    ----------
    begins : Expr
        The time of its first kink; 0 of the first piece.
    start : Expr
        The variable there.
    rate : Expr
        Smooth.
    solved : Solved
        In the time since it begins.
    """

    begins: sympy.Expr
    start: sympy.Expr
    rate: sympy.Expr
    solved: Solved


@dataclass(frozen=True)
class Way:
    """A solution through kinks.

    Attributes
    ----------
    pieces : tuple of Piece
    until : Expr or None
        When the last one ends; None where only numbers can tell.
    kinks : tuple of (Expr, Expr, str)
        Each kink on the way: when, where, and what the solution does there.
    halt : str
        Why the closed form ends where the solution itself goes on; empty where it does not.
    """

    pieces: tuple[Piece, ...]
    until: sympy.Expr | None
    kinks: tuple[tuple[sympy.Expr, sympy.Expr, str], ...] = ()
    halt: str = ""


def has_kinks(rate: sympy.Expr, *variables: sympy.Symbol) -> bool:
    """Return whether a rate may have kinks or steps in some variables."""
    return any(part.has(*variables) for part in rate.atoms(*KINKED))


def through_kinks(rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr, t: sympy.Symbol, tried: Tried) -> Way | None:
    """Solve y' = g(y), y(0) = start, through the kinks and steps of g; None where not even the first is reached.

    Parameters
    ----------
    rate : Expr
        g.
    y : Symbol
        Real.
    start : Expr
    t : Symbol
    tried : list
        What was tried is noted here.

    Returns
    -------
    Way or None

    Examples
    --------
    >>> y, t = sympy.symbols("y t", real=True)
    >>> way = through_kinks(-sympy.sign(y - 1) - 2 * sympy.sign(y + 1), y, sympy.Integer(3), t, [])
    >>> [(piece.begins, piece.solved.expression) for piece in way.pieces]
    [(0, 3 - 3*t), (2/3, 1 - t), (8/3, -1)]
    >>> way.kinks, way.until
    (((2/3, 1, 'crosses'), (8/3, -1, 'rests at')), oo)
    """
    pieces: list[Piece] = []
    kinks: list[tuple[sympy.Expr, sympy.Expr, str]] = []
    kinked = Kinked(rate, y)
    here, now, work = start, sympy.S.Zero, 0
    reason = f"it has more kinks than are followed, {_MOST_WORK} where each piece is linear and fewer elsewhere"
    try:
        while work < _MOST_WORK:
            direction, side = _departure(kinked, here)
            if pieces or side is None:
                kinks.append((now, here, "rests at" if side is None else "crosses"))
            if side is None:
                rest = Piece(now, here, sympy.S.Zero, Solved(here, method="rest at a kink"))
                return Way((*pieces, rest), sympy.oo, tuple(kinks))
            inner: Tried = []
            found = solve_scalar(side.rate, y, here, t, inner)
            if found is None and not pieces:
                tried += inner
                return None
            if found is None:
                reasons = "; ".join(f"{structure}: {why}" for structure, why in inner)
                reason = f"no closed form is found beyond it ({reasons})"
                break
            kink = _next(kinked, side, direction) if direction else None
            time = None if kink is None else arrival(found, side.rate, y, here, t, kink)
            pieces.append(Piece(now, here, side.rate, found))
            if kink is None or time is None or not allows(y, kink):  # its domain ends before
                until = None if found.until is None else now + found.until
                return resting(Way(tuple(pieces), until, tuple(kinks)), y, t)
            here, now, work = kink, now + time, work + _work(found)
    except (Unknown, *FAILURES) as error:
        reason = " ".join(str(error).split())
    if not pieces:
        tried.append(("pieces between kinks", reason))
        return None
    passed = [kink for kink in kinks if kink[0] != now]
    return Way(tuple(pieces), now, (*passed, (now, here, "comes to")), reason)


def resting(way: Way, y: sympy.Symbol, t: sympy.Symbol, closed: bool = False) -> Way:
    """Go on with a solution that ends at the root of a power: where its rate is 0, not real beyond, it rests.

    Where `closed`, it may rest at 0 though it is declared positive, as the square of a norm is.

    Examples
    --------
    >>> y, t = sympy.symbols("y t", real=True)
    >>> rate = -3 * sympy.sqrt(y) / 2
    >>> way = Way((Piece(sympy.S.Zero, sympy.S.One, rate, solve_scalar(rate, y, sympy.S.One, t, [])),), sympy.oo)
    >>> resting(way, y, t) is way, resting(Way(way.pieces, sympy.Rational(4, 3)), y, t).kinks
    (True, ((4/3, 0, 'rests at'),))
    """
    last = way.pieces[-1]
    roots = [p for p in last.rate.atoms(sympy.Pow) if p.has(y) and p.exp.is_Rational and 0 < p.exp < 1]
    if way.until is sympy.oo or not roots or not last.start.is_number:
        return way
    try:
        forth = sign_of(last.rate.subs(y, last.start))
        ahead = [e for p in roots for e in zeros(p.base, y, last.start) if sign_of(e - last.start) == forth != 0]
        edge = extreme(ahead, -forth)
        if edge is None or not (allows(y, edge) or (closed and edge == 0)) or sign_of(last.rate.subs(y, edge)):
            return way
        try:
            time = arrival(last.solved, last.rate, y, last.start, t, edge)
        except Unknown:  # a quadrature that does not settle
            time, form = last.solved.until, last.solved.expression
            if time is None or form is None or not is_zero(form.subs(t, time) - edge):
                return way
    except (Unknown, *FAILURES):
        return way
    if time is None:
        return way
    now = last.begins + time
    rest = Piece(now, edge, sympy.S.Zero, Solved(edge, method="rest at a kink"))
    return Way((*way.pieces, rest), sympy.oo, (*way.kinks, (now, edge, "rests at")))


def _work(found: Solved) -> int:
    """Return how much work a piece makes, the simplest 1: in its search and its check."""
    return 12 if found.expression is None else 1 if found.method == "linear" else 4


def _departure(kinked: Kinked, here: sympy.Expr) -> tuple[int, Beside | None]:
    """Return in which direction the flow leaves a number, and its rate on that side: None where it rests at a kink.

    At a kink it leaves on a side that leads away where the other one leads there. It rests where neither leads away.
    """
    y, around = kinked.y, kinked.around(here)
    if around is not None:
        return sign_of(velocity(around.rate, y, here, 1)), around
    beside = {side: kinked.beyond(here, side) for side in (1, -1)}
    signs = {side: sign_of(velocity(there.rate, y, here, side)) for side, there in beside.items()}
    if is_zero(beside[1].rate - beside[-1].rate):
        return signs[1], beside[signs[1] or 1]
    away = [
        side
        for side in (1, -1)
        if signs[side] == side or (signs[side] == 0 and steepness(beside[side].rate, y, here, side) > 0)
    ]
    if not away:
        return 0, None
    if len(away) == 2 or signs[-away[0]] != away[0]:
        raise Unknown(f"from the kink at {here} the flow may go on in more than one way")
    return away[0], beside[away[0]]


def _next(kinked: Kinked, side: Beside, direction: int) -> sympy.Expr | None:
    """Return the next kink in a direction at which the rate does change; None where there is none."""
    for _ in range(_MOST_WORK):
        kink = side.ahead(direction)
        if kink is None:
            return None
        beyond = kinked.beyond(kink, direction)
        if not is_zero(beyond.rate - side.rate):
            return kink
        side = beyond
    raise Unknown("the next kink is not found")
