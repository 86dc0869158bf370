"""Changes of variable that bring a scalar flow y' = g(y) to a quotient of polynomials."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import sympy
from sympy import Poly, exp, floor, log, pi
from sympy.simplify.fu import TR8

#: Roots beyond this would make polynomials of as high a degree.
_LARGEST_ROOT = 100
_HYPERBOLIC = [sympy.sinh, sympy.cosh, sympy.tanh, sympy.coth, sympy.sech, sympy.csch]


@dataclass(frozen=True)
class Change:
    """A change of variable u = forth(y), y = back(u, y0), under which the flow is u' = rate(u), on some conditions."""

    name: str
    variable: sympy.Symbol
    forth: sympy.Expr
    back: Callable[[sympy.Expr, sympy.Expr], sympy.Expr]
    rate: sympy.Expr
    conditions: tuple[sympy.Expr, ...] = ()


def changes(rate: sympy.Expr, y: sympy.Symbol) -> Iterator[Change]:
    """Yield the changes of variable under which a flow becomes a quotient of polynomials."""
    if _rational(rate, y):
        yield Change(str(y), y, y, lambda u, y0: u, rate)
        return
    u = sympy.Dummy("u", real=True)
    for attempt in (_fractional, _exponential, _trigonometric, _root_of_square):
        change = attempt(rate, y, u)
        if change is not None and _rational(change.rate, change.variable):
            yield change


def _rational(expression: sympy.Expr, y: sympy.Symbol) -> bool:
    """Return whether an expression is a quotient of polynomials in a symbol."""
    return bool(expression.is_rational_function(y)) and not any(f.has(y) for f in expression.atoms(sympy.Function))


def _fractional(rate: sympy.Expr, y: sympy.Symbol, u: sympy.Symbol) -> Change | None:
    powers = [p.exp for p in rate.atoms(sympy.Pow) if p.base == y]
    if not y.is_positive or not all(p.is_Rational for p in powers):
        return None
    q = reduce(sympy.lcm, (p.q for p in powers), sympy.S.One)
    if q > _LARGEST_ROOT:
        return None
    u = sympy.Dummy("u", positive=True)
    inside = rate.subs(y, u**q) / (q * u ** (q - 1))
    return Change(f"{y}**(1/{q})", u, y ** (1 / q), lambda u, y0: u**q, sympy.cancel(sympy.powsimp(inside)))


def _exponential(rate: sympy.Expr, y: sympy.Symbol, u: sympy.Symbol) -> Change | None:
    expression = sympy.expand(rate.rewrite(_HYPERBOLIC, exp))
    unit = _unit([log(p.base) * p.exp for p in expression.atoms(exp, sympy.Pow) if p.exp.has(y)], y)
    if unit is None or not unit.is_real:
        return None
    u = sympy.Dummy("u", positive=True)
    inside = expression.subs(y, log(u) / unit) * unit * u
    inside = sympy.cancel(sympy.powsimp(sympy.powdenest(sympy.expand(inside, log=False), force=True)))
    return Change(f"exp({unit * y})", u, exp(unit * y), lambda u, y0: log(u) / unit, inside, _nonzero(unit))


def _trigonometric(rate: sympy.Expr, y: sympy.Symbol, u: sympy.Symbol) -> Change | None:
    rate = TR8(sympy.expand(rate))  # 2 sin(y) cos(y) is sin(2y), which has half the period
    arguments = [f.args[0] for f in rate.atoms(sympy.sin, sympy.cos, sympy.tan) if f.has(y)]
    unit = _unit(arguments, y)
    if unit is None:
        return None
    x = sympy.Dummy("x")
    expression = sympy.expand_trig(rate.subs(y, x / unit).rewrite([sympy.tan], sympy.cos))
    sine, cosine = 2 * u / (1 + u**2), (1 - u**2) / (1 + u**2)
    shift, turned = sympy.S.Zero, (sine, cosine)
    for _ in range(2):
        inside = expression.subs({sympy.sin(x): turned[0], sympy.cos(x): turned[1]})
        inside = sympy.cancel(inside * unit * (1 + u**2) / 2)
        if not _rational(inside, u) or inside.has(x):
            return None
        if _rests_at_infinity(inside, u):
            break
        roots = [root for root in sympy.roots(sympy.fraction(inside)[0], u) if root.is_real]
        if not roots:
            return None
        # turn the circle until a stationary point lies at infinity
        shift, q = 2 * sympy.atan(roots[0]) - pi, 1 + roots[0] ** 2
        c, s = sympy.radsimp((roots[0] ** 2 - 1) / q), sympy.radsimp(-2 * roots[0] / q)
        turned = sine * c + cosine * s, cosine * c - sine * s
    else:
        return None

    def back(v: sympy.Expr, y0: sympy.Expr) -> sympy.Expr:
        return (2 * (sympy.atan(v) + pi * floor((unit * y0 - shift + pi) / (2 * pi))) + shift) / unit

    forth = sympy.tan((unit * y - shift) / 2)
    return Change(str(forth), u, forth, back, inside, _nonzero(unit))


def _root_of_square(rate: sympy.Expr, y: sympy.Symbol, u: sympy.Symbol) -> Change | None:
    """Rationalise √(y² + c), c > 0, by u = y + √(y² + c)."""
    bases = {p.base for p in rate.atoms(sympy.Pow) if p.base.has(y) and p.exp.is_Rational and p.exp.q == 2}
    inside = Poly(bases.pop(), y).all_coeffs() if len(bases) == 1 and all(b.is_polynomial(y) for b in bases) else []
    if len(inside) != 3 or not inside[1].is_zero or not inside[0].is_positive or not inside[2].is_positive:
        return None
    u, c = sympy.Dummy("u", positive=True), inside[2] / inside[0]
    root = sympy.sqrt(y**2 + c)
    half = {inside[0] * y**2 + inside[2]: inside[0] * (u + c / u) ** 2 / 4}
    put = rate.subs(half).subs(y, (u - c / u) / 2) * 2 * u**2 / (u**2 + c)
    return Change(
        f"{y} + sqrt({y**2 + c})",
        u,
        y + root,
        lambda v, y0: (v - c / v) / 2,
        sympy.cancel(sympy.powdenest(put, force=True)),
    )


def _rests_at_infinity(rate: sympy.Expr, u: sympy.Symbol) -> bool:
    """Return whether u = ∞ is stationary: then no solution passes through it."""
    above, below = sympy.fraction(sympy.cancel(rate))
    return bool(Poly(above, u).degree() - Poly(below, u).degree() < 2)


def _nonzero(unit: sympy.Expr) -> tuple[sympy.Expr, ...]:
    return () if unit.is_nonzero else (sympy.Ne(unit, 0),)


def _unit(linear_parts: list[sympy.Expr], y: sympy.Symbol) -> sympy.Expr | None:
    """Return the number of which all rates in arguments linear in y are multiples, if there is one."""
    slopes = []
    for argument in linear_parts:
        slope = argument.diff(y)
        if slope.has(y) or slope.is_zero:
            return None
        slopes.append(slope)
    if not slopes:
        return None
    ratios = [sympy.simplify(slope / slopes[0]) for slope in slopes]
    if not all(ratio.is_Rational for ratio in ratios):
        return None
    unit = slopes[0] * reduce(sympy.gcd, ratios)
    return -unit if unit.could_extract_minus_sign() else unit


def powers_of(change: Change, y: sympy.Symbol) -> Iterator[Change]:
    """Yield further changes v = u^k, where the flow is u h(u^k)."""
    u = change.variable
    above, below = (Poly(part, u) for part in sympy.fraction(sympy.cancel(sympy.together(change.rate))))
    steps = [m[0] - n[0] for part in (above, below) for m, n in pairwise(part.monoms())]
    k = int(reduce(sympy.igcd, (*steps, above.monoms()[-1][0] - below.monoms()[-1][0] - 1), 0))
    if k < 2:
        return
    v = sympy.Dummy("v", real=True, nonzero=True)  # u = 0 is a root or a pole of u h(u^k)
    inside = k * u ** (k - 1) * change.rate  # of u^k alone
    inside = sympy.cancel(sympy.powdenest(sympy.cancel(inside).subs(u, v ** sympy.Rational(1, k)), force=True))
    if not _rational(inside, v):
        return

    def back(value: sympy.Expr, y0: sympy.Expr) -> sympy.Expr:
        u0 = change.forth.subs(y, y0)
        return change.back(u0 * (value / u0**k) ** sympy.Rational(1, k), y0)  # v keeps its sign

    yield Change(f"({change.name})**{k}", v, change.forth**k, back, inside, change.conditions)
