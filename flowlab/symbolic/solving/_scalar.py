"""Scalar flows y' = g(y): which structure each has, and its solution."""

from dataclasses import replace

import sympy
from sympy import Poly

from flowlab.symbolic.solving._changes import Change, changes, powers_of
from flowlab.symbolic.solving._clock import integrated_clock, rational_clock, two_power_clock
from flowlab.symbolic.solving._scalar_forms import Edges, Solved, bernoulli, lambert, riccati

Tried = list[tuple[str, str]]
#: What a real variable may be declared to be; 0 is then an edge of its domain.
SIGNS = ("positive", "negative", "nonnegative", "nonpositive", "nonzero")


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
    return {"real": True} | {name: True for name in SIGNS if getattr(y, f"is_{name}")}


def is_bounded(y: sympy.Symbol) -> bool:
    """Return whether a variable is declared to be on one side of 0."""
    return any(getattr(y, f"is_{name}") for name in SIGNS)


def is_zero(expression: sympy.Expr) -> bool:
    """Return whether an expression is 0, as far as rewriting shows; what has no value is not."""
    if expression.has(sympy.nan, sympy.zoo):
        return False
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
    powers = power_terms(rate, y)
    two = powers if powers is not None and len(powers) == 2 and y.is_positive else None
    for change in changes(rate, y):
        if two and change.forth != y:
            break
        inner = rational_clock(change.rate, change.variable)
        if inner is not None:
            clock = inner.subs(change.variable, change.forth)
            via = "" if change.forth == y else f" in {change.name}"
            method = f"separation, by quadrature of a quotient of polynomials{via}"
            return Solved(None, clock=clock, until=None, method=method, conditions=change.conditions)
    if two:
        clock, conditions = two_power_clock(two, y)
        return Solved(None, clock, None, "separation, by quadrature of two powers (Gauss's 2F1)", conditions)
    clock = integrated_clock(rate, y)
    if clock is not None:
        return Solved(None, clock, None, "separation, by quadrature")
    tried.append(("separation of variables", f"no antiderivative found of 1/({sympy.sstr(rate)})"))
    return None


def _explicit(rate: sympy.Expr, y: sympy.Symbol, y0: sympy.Symbol, t: sympy.Symbol) -> Solved | None:
    """Solve by the first change of variable that leads to an explicit solution."""
    found = _standard(rate, y, y0, t, [(sympy.S.Zero, sympy.true)] if is_bounded(y) else [])
    if found is not None:
        return found
    for change in changes(rate, y):
        for further in (change, *powers_of(change, y)):
            inside = further.forth.subs(y, y0)
            u0 = sympy.Dummy("u0", real=True, positive=inside.is_positive)
            found = _standard(further.rate, further.variable, u0, t, _edges(further, y, y0))
            if found is None or found.expression is None:
                continue
            found = found.through({u0: inside})
            assert found.expression is not None
            via = "" if further.forth == y else f" in {further.name}"
            return replace(
                found,
                expression=further.back(found.expression, y0),
                method=found.method + via,
                conditions=found.conditions + further.conditions,
            )
    return None


def _edges(change: Change, y: sympy.Symbol, y0: sympy.Symbol) -> Edges:
    """Return the edges of the domain after a change of variable: those of the new variable, and where the old has one.

    A new variable that is positive comes to 0 where the old one goes to 0 or out to infinity, and so does its power.
    """
    edges = [(sympy.S.Zero, sympy.true)] if is_bounded(change.variable) else []
    there = change.forth.subs(y, 0) if is_bounded(y) else sympy.S.Zero
    if not there.is_zero and there.is_finite:  # the nearer edge
        # the old variable may be on another turn of a periodic change
        edges.insert(0, (there, sympy.Abs(change.back(there, y0)) < sympy.Abs(change.back(there + 1, y0) / 10**6)))
    return edges


def _standard(rate: sympy.Expr, y: sympy.Symbol, y0: sympy.Symbol, t: sympy.Symbol, edges: Edges = ()) -> Solved | None:
    """Solve what is linear, Riccati, Bernoulli or for Lambert's W as it stands, or after a shift."""
    powers = power_terms(rate, y)
    if powers is not None:
        if set(powers) <= {0, 1, 2}:
            c, b, a = (powers.get(sympy.Integer(k), sympy.S.Zero) for k in (2, 1, 0))
            return riccati(a, b, c, y0, t, edges)
        others = [n for n in powers if n != 1]
        if len(others) == 1:
            n = others[0]
            return bernoulli(powers.get(sympy.S.One, sympy.S.Zero), powers[n], n, y0, t, edges)
        if all(n.is_Integer and n >= 0 for n in powers):
            return _shifted(Poly(rate, y), y0, t, edges)
        if not all(n.is_Integer for n in powers):
            return None
    above, below = sympy.fraction(sympy.cancel(sympy.together(rate)))
    if above.is_polynomial(y) and below.is_polynomial(y) and Poly(above, y).degree() == Poly(below, y).degree() == 1:
        n1, n0 = Poly(above, y).all_coeffs()
        d1, d0 = Poly(below, y).all_coeffs()
        root = -n0 / n1
        found = lambert(n1, sympy.factor(d0 + d1 * root), d1, y0 - root, t, [(e - root, counts) for e, counts in edges])
        assert found.expression is not None
        return replace(found, expression=root + found.expression)
    return None


def _shifted(polynomial: Poly, y0: sympy.Symbol, t: sympy.Symbol, edges: Edges) -> Solved | None:
    """Solve a polynomial flow that is Bernoulli about the mean of its roots."""
    degree, coefficients = polynomial.degree(), polynomial.all_coeffs()
    centre = sympy.cancel(-coefficients[1] / (degree * coefficients[0]))
    z = sympy.Dummy("z")
    powers = power_terms(sympy.expand(polynomial.as_expr().subs(polynomial.gen, centre + z)), z)
    if centre.is_zero or powers is None or not set(powers) <= {1, degree}:
        return None
    moved = [(e - centre, counts) for e, counts in edges]
    linear_part = powers.get(sympy.S.One, sympy.S.Zero)
    found = bernoulli(linear_part, powers[sympy.Integer(degree)], sympy.Integer(degree), y0 - centre, t, moved)
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
