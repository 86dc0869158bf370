"""Scalar flows with explicit solutions: linear, Riccati, Bernoulli; every degenerate case among them.

Each ends at a pole, or where it comes to an edge of its domain: a number at which the variable, or what it stands for,
ceases to be what it is declared to be. A flow is monotone, and so comes to an edge that is ahead of it with no root of
the rate between; the time it takes is the integral of the reciprocal of the rate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sympy
from sympy import Abs, And, Or, Piecewise, atan, cos, exp, log, oo, sin, sqrt

#: Edges of a domain, each with when it counts.
Edges = Sequence[tuple[sympy.Expr, sympy.Expr]]


@dataclass(frozen=True)
class Solved:
    """The solution of a scalar flow, in the time and the start.

    Attributes
    ----------
    expression : Expr or None
        Explicit; None where only the clock is known.
    clock : Expr or None
        In the variable y: from y0 to y the flow takes clock(y) − clock(y0).
    until : Expr or None
        When the solution ceases to exist; None where only numbers can tell.
    method : str
    conditions : tuple of Boolean
        Without which the expression divides by zero.

    Examples
    --------
    >>> Solved(sympy.Symbol("t"), method="linear").until
    oo
    """

    expression: sympy.Expr | None
    clock: sympy.Expr | None = None
    until: sympy.Expr | None = oo
    method: str = ""
    conditions: tuple[sympy.Expr, ...] = ()

    def through(self, values: dict[sympy.Symbol, sympy.Expr]) -> "Solved":
        """Return the solution with symbols replaced."""
        return replace(
            self,
            expression=None if self.expression is None else self.expression.subs(values),
            clock=None if self.clock is None else self.clock.subs(values),
            until=None if self.until is None else self.until.subs(values),
            conditions=tuple(c for c in (c.subs(values) for c in self.conditions) if c != True),  # noqa: E712
        )


def linear(a: sympy.Expr, b: sympy.Expr, start: sympy.Expr, t: sympy.Symbol, edges: Edges = ()) -> Solved:
    """Solve w' = a + b w."""
    here = a + b * start

    def time(e: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
        there = a + b * e
        return (e - start) / a if b.is_zero else log(Abs(there / here)) / b, there * here > 0

    until = _until(oo, edges, start, here, time)
    if b.is_zero:
        return Solved(start + a * t, until=until, method="linear")
    rest = sympy.cancel(-a / b)
    return Solved(rest + (start - rest) * exp(b * t), until=until, method="linear", conditions=_nonzero(b))


def _until(
    otherwise: sympy.Expr,
    edges: Edges,
    start: sympy.Expr,
    rate: sympy.Expr,
    time: Callable[[sympy.Expr], tuple[sympy.Expr, sympy.Expr]],
) -> sympy.Expr:
    """Return when a flow comes to the edge that is ahead of it, where there is one; otherwise what it is without.

    `time` tells of an edge how long the way takes, and whether nothing is between.
    """
    cases = []
    for e, counts in edges:
        taken, free = time(e)
        cases.append((taken, And(rate * (e - start) > 0, free, counts)))
    return Piecewise(*cases, (otherwise, True)) if cases else otherwise


def riccati(
    a: sympy.Expr, b: sympy.Expr, c: sympy.Expr, start: sympy.Expr, t: sympy.Symbol, edges: Edges = ()
) -> Solved:
    """Solve w' = a + b w + c w².

    The solution is a fraction linear in the start, so that no start divides by zero but at the time when the
    solution ceases to exist.

    Examples
    --------
    >>> w0, t = sympy.symbols("w0 t")
    >>> riccati(*map(sympy.Integer, (0, 1, -1)), w0, t).expression
    w0/(w0*(1 - exp(-t)) + exp(-t))
    """
    if c.is_zero:
        return linear(a, b, start, t, edges)
    discriminant = sympy.factor(b**2 - 4 * a * c)
    slope = c * start + b / 2  # s = c w + b/2 has s' = s² − D/4
    here, size = a + b * start + c * start**2, sqrt(Abs(discriminant)) / 2

    def time(e: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
        there = c * e + b / 2
        if discriminant.is_zero:
            return 1 / slope - 1 / there, slope * there > 0
        turned = (atan(there / size) - atan(slope / size)) / size
        ratio = (there - size) * (slope + size) / ((there + size) * (slope - size))
        beside = And(discriminant > 0, (there - size) * (slope - size) > 0, (there + size) * (slope + size) > 0)
        time = Piecewise((turned, discriminant < 0), (log(Abs(ratio)) / (2 * size), True))
        return time, Or(discriminant < 0, beside)

    if discriminant.is_zero:
        until = _until(Piecewise((1 / slope, slope > 0), (oo, True)), edges, start, here, time)
        expression = (start + t * (a + b * start / 2)) / (1 - slope * t)
        return Solved(expression, until=until, method="Riccati with a double root")
    if discriminant.is_negative:
        rate = sqrt(-discriminant) / 2
        even, odd = cos(rate * t), sin(rate * t) / rate
        expression = (start * even + (a + b * start / 2) * odd) / (even - slope * odd)
        until = _until(sympy.atan2(rate, slope) / rate, edges, start, here, time)
        return Solved(expression, until=until, method="Riccati without real roots")
    conditions = _nonzero(discriminant)
    if a.is_zero:
        rate, falling = b, exp(-b * t)
        expression = b * start / (b * falling - c * start * (1 - falling))
    else:
        rate = sqrt(discriminant)
        falling = exp(-rate * t)
        above = start * (rate * (1 + falling) + b * (1 - falling)) + 2 * a * (1 - falling)
        expression = above / (rate * (1 + falling) - 2 * slope * (1 - falling))
    real, complex_ = discriminant > 0, discriminant < 0
    until = Piecewise(
        (log((slope + size) / (slope - size)) / (2 * size), And(real, slope > size)),
        (sympy.atan2(size, slope) / size, complex_),
        (oo, True),
    )
    until = _until(until, edges, start, here, time)
    return Solved(expression, until=until, method="Riccati", conditions=conditions)


def bernoulli(
    a: sympy.Expr, b: sympy.Expr, n: sympy.Expr, start: sympy.Expr, t: sympy.Symbol, edges: Edges = ()
) -> Solved:
    """Solve w' = a w + b w^n, n not 1.

    Below n = 1 the solution ends where it reaches 0, at which the flow has no single continuation.

    Examples
    --------
    >>> w0, t = sympy.symbols("w0 t", positive=True)
    >>> bernoulli(*map(sympy.Integer, (0, -1, 3)), w0, t).expression
    w0/sqrt(2*t*w0**2 + 1)
    """
    power = n - 1
    here = a * start + b * start**n

    def time(e: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
        if e.is_zero:  # see below
            return oo, sympy.false
        if a.is_zero:
            return (start**-power - e**-power) / (power * b), e * start > 0
        there, ratio = a * e**-power + b, here / start**n
        return log(Abs(ratio / there)) / (power * a), And(e * start > 0, there * ratio > 0)

    if a.is_zero:
        pace = power * b * start**power
        until = _until(Piecewise((1 / pace, pace > 0), (oo, True)), edges, start, here, time)
        expression = start * (1 - pace * t) ** (-1 / power)
        return Solved(expression, until=until, method="Bernoulli", conditions=_nonzero(power))
    ratio, rate = b / a * start**power, power * a
    expression = start * exp(a * t) * (1 + ratio * (1 - exp(rate * t))) ** (-1 / power)
    ends = Or(And(rate > 0, ratio > 0), And(rate < 0, ratio < -1))
    until = _until(Piecewise((log(1 + 1 / ratio) / rate, ends), (oo, True)), edges, start, here, time)
    return Solved(expression, until=until, method="Bernoulli", conditions=_nonzero(a) + _nonzero(power))


def lambert(
    n1: sympy.Expr, d0: sympy.Expr, d1: sympy.Expr, start: sympy.Expr, t: sympy.Symbol, edges: Edges = ()
) -> Solved:
    """Solve x' = n1 x / (d0 + d1 x) by Lambert's W, d0 and d1 not 0."""
    z = d1 / d0 * start
    argument = z * exp(z + n1 / d0 * t)
    rate = n1 / d0

    def time(e: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
        there = d1 / d0 * e
        return (d0 * log(Abs(e / start)) + d1 * (e - start)) / n1, And(there * z > 0, (1 + there) * (1 + z) > 0)

    until = Piecewise((-(1 + z + log(-z)) / rate, And(z < 0, rate > 0)), (oo, True))
    until = _until(until, edges, start, n1 * start / (d0 + d1 * start), time)
    branch = Piecewise((sympy.LambertW(argument), z > -1), (sympy.LambertW(argument, -1), True))
    return Solved(d0 / d1 * branch, until=until, method="Lambert's W", conditions=_nonzero(d0) + _nonzero(d1))


def _nonzero(expression: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """Return that an expression is not 0 as a condition, unless it is known."""
    return () if expression.is_nonzero else (sympy.Ne(expression, 0),)
