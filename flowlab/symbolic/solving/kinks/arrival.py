"""When the solution of a smooth scalar flow comes to a number: exactly where that is seen, else in 60 digits."""

from collections.abc import Iterator
from typing import Any

import mpmath
import sympy

from flowlab.symbolic.limits import FAILURES
from flowlab.symbolic.solving._changes import changes
from flowlab.symbolic.solving._clock import rational_clock
from flowlab.symbolic.solving._evaluation import NotReal, Precise
from flowlab.symbolic.solving._scalar_forms import Solved
from flowlab.symbolic.solving.kinks.beside import Unknown, sign_of, zeros

_DIGITS = 60
#: Up to which degree the nodes of the quadrature are doubled.
_DEGREE = 9
#: How well the quadrature must settle, and agree with what is taken for exact; it ends where a rate is 0 at the goal.
_CLOSE = 1e-20


def velocity(rate: sympy.Expr, y: sympy.Symbol, at: sympy.Expr, side: int) -> sympy.Expr:
    """Return the limit of a rate at a number, from above for 1, from below for -1; `Unknown` where it has none."""
    value = _limit(rate, y, at, side)
    if value.is_infinite or value.has(sympy.nan, sympy.zoo, sympy.I, sympy.AccumBounds, sympy.Limit):
        raise Unknown(f"the gradient has no finite limit at {at}")
    return value


def _limit(expression: sympy.Expr, y: sympy.Symbol, at: sympy.Expr, side: int) -> sympy.Expr:
    value = expression.subs(y, at)
    if value.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        value = sympy.limit(expression, y, at, "+" if side > 0 else "-")
    return value


def steepness(rate: sympy.Expr, y: sympy.Symbol, at: sympy.Expr, side: int) -> int:
    """Return the sign of an infinite slope of a rate at a number from one side; 0 where it is finite."""
    value = _limit(rate.diff(y), y, at, side)
    if value.is_finite:
        return 0
    if value not in (sympy.oo, -sympy.oo):
        raise Unknown(f"the slope of {rate} at {at} is not known")
    return 1 if value is sympy.oo else -1


def arrival(
    found: Solved, rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr, t: sympy.Symbol, goal: sympy.Expr
) -> sympy.Expr | None:
    """Return when a solution comes from its start to a number; None where it never does.

    Parameters
    ----------
    found : Solved
        Of y' = rate, y(0) = start.
    rate : Expr
        Smooth between start and goal; not 0 at the start.
    y : Symbol
    start : Expr
    t : Symbol
    goal : Expr
        In the direction in which the flow goes.

    Returns
    -------
    Expr or None

    Raises
    ------
    Unknown
        If it is not known whether, or when.

    Examples
    --------
    >>> from flowlab.symbolic.solving._scalar import solve_scalar
    >>> y, t = sympy.symbols("y t", real=True)
    >>> found = solve_scalar(-y, y, sympy.Integer(3), t, [])
    >>> arrival(found, -y, y, sympy.Integer(3), t, sympy.Integer(1))
    log(3)
    >>> arrival(found, -y, y, sympy.Integer(3), t, sympy.Integer(0))
    """
    forth = sign_of(goal - start)
    if any(sign_of(zero - start) == forth and sign_of(goal - zero) == forth for zero in zeros(rate, y, start)):
        return None
    last = _limit(rate, y, goal, -forth)
    if not last.is_infinite and sign_of(last) == 0 and steepness(rate, y, goal, -forth) == 0:
        return None
    if rate.is_polynomial(y) and sympy.degree(rate, y) <= 1:
        slope = rate.diff(y)
        if slope.is_zero:
            return (goal - start) / rate
        return sympy.log(sympy.radsimp(rate.subs(y, start) / rate.subs(y, goal))) / -slope
    number = _quadrature(rate, y, start, goal, forth)
    for exact in _exact(found, rate, y, start, goal):
        if exact.is_number and exact.is_finite and abs(sympy.N(exact, _DIGITS) - number) < number * _CLOSE:
            return exact
    return number


def _exact(
    found: Solved, rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr, goal: sympy.Expr
) -> Iterator[sympy.Expr]:
    """Yield what the time may be: the solution's end, by its clock, or by a variable in which it is rational."""
    if found.until is not None:
        yield found.until
    try:
        if found.clock is not None:
            yield found.clock.subs(y, goal) - found.clock.subs(y, start)
            return
        for change in changes(rate, y):
            clock = rational_clock(change.rate, change.variable)
            if clock is not None:
                ends = [clock.subs(change.variable, change.forth.subs(y, end)) for end in (goal, start)]
                yield sympy.logcombine(sympy.expand_log(ends[0] - ends[1]), force=True)
    except FAILURES:
        return


def _quadrature(rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr, goal: sympy.Expr, forth: int) -> sympy.Expr:
    """Return the integral of the reciprocal of a rate that does not change its sign."""
    speed = Precise([y], [rate])
    context = mpmath.MPContext()
    context.dps = _DIGITS

    def pace(place: Any) -> Any:
        found = context.make_mpf(speed([speed.context.make_mpf(place._mpf_)], 2 * _DIGITS)[0]._mpf_) * forth
        if found < 0:
            raise Unknown(f"the rate changes its sign on the way to {goal}")
        return 1 / found if found else context.zero  # at the goal, where a node is rounded to it

    ends = [context.make_mpf(speed.number(end, _DIGITS)._mpf_) for end in (start, goal)]
    try:
        time, error = context.quad(pace, ends, error=True, maxdegree=_DEGREE)
    except NotReal as reason:
        raise Unknown(f"the rate is not real on the way to {goal} ({reason})") from reason
    if not time * forth > error / _CLOSE:
        raise Unknown(f"the time at which it comes to {goal} is not found")
    return sympy.Float(abs(time)._mpf_, _DIGITS)
