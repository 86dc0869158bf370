"""Scalar flows y' = g(y): which structure each has, and its solution."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise

import sympy
from sympy import Poly, exp, floor, log, pi

from flowlab.symbolic._clock import integrated_clock, rational_clock, two_power_clock
from flowlab.symbolic._scalar_forms import Solved, bernoulli, lambert, riccati

Tried = list[tuple[str, str]]
_HYPERBOLIC = [sympy.sinh, sympy.cosh, sympy.tanh, sympy.coth, sympy.sech, sympy.csch]


@dataclass(frozen=True)
class Change:
    """A change of variable u = forth(y), y = back(u, y0), under which the flow is u' = rate(u)."""

    name: str
    variable: sympy.Symbol
    forth: sympy.Expr
    back: Callable[[sympy.Expr, sympy.Expr], sympy.Expr]
    rate: sympy.Expr


def solve_scalar(rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr, t: sympy.Symbol, tried: Tried) -> Solved | None:
    """Solve y' = g(y), y(0) = start; None where no structure fits, and `tried` says why.

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
    Solved or None

    Examples
    --------
    >>> y, t = sympy.symbols("y t", real=True)
    >>> solve_scalar(-y, y, sympy.Integer(2), t, []).expression
    2*exp(-t)
    """
    there = rate.subs(y, start)
    if is_zero(there):
        if not rate.diff(y).subs(y, start).is_finite:
            tried.append(("stationary start", "the flow has no single solution there (its Hessian is infinite)"))
            return None
        return Solved(start, method="a stationary point")
    symbol = sympy.Dummy("y0", **start_facts(y))
    found = _by_structure(rate, y, symbol, t, tried)
    return None if found is None else found.through({symbol: start})


def start_facts(y: sympy.Symbol) -> dict[str, bool]:
    """Return what a start is known to be: what its parameter is."""
    return {"real": True} | {name: True for name in ("positive", "negative", "nonnegative") if getattr(y, f"is_{name}")}


def is_zero(expression: sympy.Expr) -> bool:
    """Return whether an expression is 0, as far as rewriting shows."""
    if expression.is_zero is not None:
        return bool(expression.is_zero)
    if sympy.expand(expression).is_zero:
        return True
    if expression.is_number and abs(sympy.N(expression, 30)) > sympy.Float("1e-20"):
        return False
    return bool(sympy.simplify(expression).is_zero)


def _by_structure(rate: sympy.Expr, y: sympy.Symbol, y0: sympy.Symbol, t: sympy.Symbol, tried: Tried) -> Solved | None:
    found = _explicit(rate, y, y0, t)
    if found is not None:
        return found
    tried.append(("linear, Riccati, Bernoulli or Lambert's W", "no change of variable brings the flow to one of these"))
    clock = None
    for change in changes(rate, y):
        inner = rational_clock(change.rate, change.variable)
        if inner is not None:
            clock = inner.subs(change.variable, change.forth)
            via = "" if change.forth == y else f" in {change.name}"
            method = f"separation, by quadrature of a quotient of polynomials{via}"
            return Solved(None, clock=clock, until=None, method=method)
    powers = power_terms(rate, y)
    if powers is not None and len(powers) == 2 and y.is_positive:
        clock, conditions = two_power_clock(powers, y)
        return Solved(None, clock, None, "separation, by quadrature of two powers (Gauss's 2F1)", conditions)
    clock = integrated_clock(rate, y)
    if clock is not None:
        return Solved(None, clock, None, "separation, by quadrature")
    tried.append(("separation of variables", f"no antiderivative found of 1/({sympy.sstr(rate)})"))
    return None


def _explicit(rate: sympy.Expr, y: sympy.Symbol, y0: sympy.Symbol, t: sympy.Symbol) -> Solved | None:
    """Solve by the first change of variable that leads to an explicit solution."""
    found = _standard(rate, y, y0, t)
    if found is not None:
        return found
    for change in changes(rate, y):
        for further in (change, *_powers_of(change, y)):
            inside = further.forth.subs(y, y0)
            u0 = sympy.Dummy("u0", real=True, positive=inside.is_positive)
            found = _standard(further.rate, further.variable, u0, t)
            if found is None or found.expression is None:
                continue
            found = found.through({u0: inside})
            assert found.expression is not None
            via = "" if further.forth == y else f" in {further.name}"
            return replace(found, expression=further.back(found.expression, y0), method=found.method + via)
    return None


def _standard(rate: sympy.Expr, y: sympy.Symbol, y0: sympy.Symbol, t: sympy.Symbol) -> Solved | None:
    """Solve what is linear, Riccati, Bernoulli or for Lambert's W as it stands, or after a shift."""
    powers = power_terms(rate, y)
    if powers is not None:
        if set(powers) <= {0, 1, 2}:
            c, b, a = (powers.get(sympy.Integer(k), sympy.S.Zero) for k in (2, 1, 0))
            return riccati(a, b, c, y0, t)
        others = [n for n in powers if n != 1]
        if len(others) == 1:
            n = others[0]
            return bernoulli(powers.get(sympy.S.One, sympy.S.Zero), powers[n], n, y0, t)
        if all(n.is_Integer and n >= 0 for n in powers):
            return _shifted(Poly(rate, y), y0, t)
        if not all(n.is_Integer for n in powers):
            return None
    above, below = sympy.fraction(sympy.cancel(sympy.together(rate)))
    if above.is_polynomial(y) and below.is_polynomial(y) and Poly(above, y).degree() == Poly(below, y).degree() == 1:
        n1, n0 = Poly(above, y).all_coeffs()
        d1, d0 = Poly(below, y).all_coeffs()
        root = -n0 / n1
        found = lambert(n1, sympy.factor(d0 + d1 * root), d1, y0 - root, t)
        assert found.expression is not None
        return replace(found, expression=root + found.expression)
    return None


def _shifted(polynomial: Poly, y0: sympy.Symbol, t: sympy.Symbol) -> Solved | None:
    """Solve a polynomial flow that is Bernoulli about the mean of its roots."""
    degree, coefficients = polynomial.degree(), polynomial.all_coeffs()
    centre = sympy.cancel(-coefficients[1] / (degree * coefficients[0]))
    z = sympy.Dummy("z")
    powers = power_terms(sympy.expand(polynomial.as_expr().subs(polynomial.gen, centre + z)), z)
    if centre.is_zero or powers is None or not set(powers) <= {1, degree}:
        return None
    linear_part = powers.get(sympy.S.One, sympy.S.Zero)
    found = bernoulli(linear_part, powers[sympy.Integer(degree)], sympy.Integer(degree), y0 - centre, t)
    assert found.expression is not None
    return replace(found, expression=centre + found.expression)


def power_terms(rate: sympy.Expr, y: sympy.Symbol) -> dict[sympy.Expr, sympy.Expr] | None:
    """Return coefficients under their exponents, for a sum of powers of y; None for anything else."""
    terms: dict[sympy.Expr, sympy.Expr] = {}
    for term in sympy.Add.make_args(sympy.expand(sympy.powsimp(sympy.expand(rate)))):
        coefficient, power = term.as_independent(y, as_Add=False)
        base, exponent = sympy.powsimp(power).as_base_exp() if power != 1 else (y, sympy.S.Zero)
        if base != y or exponent.has(y):
            return None
        exponent = sympy.expand(exponent)
        terms[exponent] = terms.get(exponent, sympy.S.Zero) + coefficient
    return {n: c for n, c in ((n, sympy.factor(c)) for n, c in terms.items()) if not c.is_zero} or {
        sympy.S.Zero: sympy.S.Zero
    }


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
    return Change(f"exp({unit * y})", u, exp(unit * y), lambda u, y0: log(u) / unit, inside)


def _trigonometric(rate: sympy.Expr, y: sympy.Symbol, u: sympy.Symbol) -> Change | None:
    arguments = [f.args[0] for f in rate.atoms(sympy.sin, sympy.cos, sympy.tan) if f.has(y)]
    unit = _unit(arguments, y)
    if unit is None:
        return None
    x = sympy.Dummy("x")
    expression = sympy.expand_trig(rate.subs(y, x / unit).rewrite([sympy.tan], sympy.cos))
    expression = expression.subs({sympy.sin(x): 2 * u / (1 + u**2), sympy.cos(x): (1 - u**2) / (1 + u**2)})
    inside = sympy.cancel(expression * unit * (1 + u**2) / 2)
    if not _rational(inside, u) or not _rests_at_infinity(inside, u):
        return None

    def back(v: sympy.Expr, y0: sympy.Expr) -> sympy.Expr:
        return 2 / unit * (sympy.atan(v) + pi * floor((unit * y0 + pi) / (2 * pi)))

    return Change(f"tan({unit * y}/2)", u, sympy.tan(unit * y / 2), back, inside)


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


def _powers_of(change: Change, y: sympy.Symbol) -> Iterator[Change]:
    """Yield further changes v = u^k, where the flow is u h(u^k)."""
    u = change.variable
    above, below = (Poly(part, u) for part in sympy.fraction(sympy.cancel(sympy.together(change.rate))))
    steps = [m[0] - n[0] for part in (above, below) for m, n in pairwise(part.monoms())]
    k = int(reduce(sympy.igcd, (*steps, above.monoms()[-1][0] - below.monoms()[-1][0] - 1), 0))
    if k < 2:
        return
    v = sympy.Dummy("v", real=True)
    inside = k * u ** (k - 1) * change.rate  # of u^k alone
    inside = sympy.cancel(sympy.powdenest(sympy.cancel(inside).subs(u, v ** sympy.Rational(1, k)), force=True))
    if not _rational(inside, v):
        return

    def back(value: sympy.Expr, y0: sympy.Expr) -> sympy.Expr:
        u0 = change.forth.subs(y, y0)
        return change.back(u0 * (value / u0**k) ** sympy.Rational(1, k), y0)  # v keeps its sign

    yield Change(f"({change.name})**{k}", v, change.forth**k, back, inside)
