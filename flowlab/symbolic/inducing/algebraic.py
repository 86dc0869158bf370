"""Closed forms with roots: what solves a quadratic equation in the induced values, its sign being known."""

from collections.abc import Mapping, Sequence
from typing import Any

import sympy

from flowlab.symbolic.inducing.relations import Span, Work, common_ring, degree, products
from flowlab.symbolic.inducing.signs import definite_sign, factors_of, odd_root

#: Powers of an expression up to this one are looked at for a closed form.
_LARGEST_POWER = 4


def closed_form(
    expression: sympy.Expr,
    values: Mapping[sympy.Symbol, sympy.Expr],
    parameters: Sequence[sympy.Symbol],
    work: Work,
) -> sympy.Expr | None:
    """Express polynomial factors that hold parameters by roots of polynomials in the induced values.

    A factor V is expressed where one of its powers up to the fourth is a polynomial or a quotient of them, or
    solves a quadratic equation in the induced values; an identity of polynomials in the parameters, solved for
    by linear equations, says so. Which of the roots it is follows from the signs that the parameters have. A
    quotient is no number where its denominator is 0.

    Parameters
    ----------
    expression : Expr
    values : mapping of Symbol to Expr
        The induced values.
    parameters : sequence of Symbol
        Real; what else is known of them are the assumptions of the symbols.
    work : Work

    Returns
    -------
    Expr or None
        Equal to `expression` and free of parameters; None where none was found.

    Raises
    ------
    BudgetSpent

    Examples
    --------
    >>> w, v = sympy.symbols("w v", real=True)
    >>> sigma, delta = sympy.symbols("sigma delta")
    >>> closed_form(-(w**2) - v**2, {sigma: w * v, delta: w**2 - v**2}, [w, v], Work())
    -sqrt(delta**2 + 4*sigma**2)
    """
    outside, inside = sympy.together(expression).as_independent(*parameters, as_Add=False)
    factors = factors_of(inside, parameters)
    found, missed = [outside], []
    for base, exponent in factors:
        root = _closed_factor(base, values, parameters, work) if exponent.is_Integer else None
        if root is None:
            missed.append(base**exponent)
        else:
            found.append(root**exponent)
    if not missed:
        return sympy.Mul(*found)
    # factors may close together where they do not one by one, as x and y do in xy
    for beside, together in ((found, missed), ([outside], [base**exponent for base, exponent in factors])):
        if len(together) > 1 or together[0].as_base_exp()[1] != 1:
            root = _closed_factor(sympy.Mul(*together), values, parameters, work)
            if root is not None:
                return sympy.Mul(*beside, root)
    return None


def _closed_factor(
    expression: sympy.Expr, values: Mapping[sympy.Symbol, sympy.Expr], parameters: Sequence[sympy.Symbol], work: Work
) -> sympy.Expr | None:
    """Express one polynomial; None where it is none, or no closed form was found."""
    if not expression.free_symbols & set(parameters):
        return expression
    # induced values that stand in the expression already are coefficients: they keep out of the equations
    fixed = {
        symbol: sympy.Dummy(symbol.name, **symbol.assumptions0) for symbol in expression.free_symbols & set(values)
    }
    expression = expression.xreplace(fixed)
    ring = common_ring([expression, *values.values()], parameters)
    if ring is None:
        return None
    bases = dict(zip(values, ring[1:], strict=True))
    bases = {symbol: base for symbol, base in bases.items() if degree(base)}
    if not bases:
        return None
    root = _root(expression, ring[0], bases, parameters, work)
    return None if root is None else root.xreplace({dummy: symbol for symbol, dummy in fixed.items()})


def _root(
    expression: sympy.Expr,
    wanted: Any,
    bases: Mapping[sympy.Symbol, Any],
    parameters: Sequence[sympy.Symbol],
    work: Work,
) -> sympy.Expr | None:
    """Find a power of `wanted`, which is `expression`, that has a closed form, and take the root."""
    for power in range(1, _LARGEST_POWER + 1):
        found = _polynomial(wanted**power, bases, work)
        if found is None and power <= 2:
            found = _quadratic(wanted**power, bases, parameters, work)
        if found is not None and power % 2:
            return found if power == 1 else odd_root(found, power)
        if found is not None:
            sign = definite_sign(expression, parameters)
            return None if sign is None else sign * found ** sympy.Rational(1, power)
    return None


def _polynomial(wanted: Any, bases: Mapping[sympy.Symbol, Any], work: Work) -> sympy.Expr | None:
    """Find a polynomial in the induced values that equals `wanted` identically."""
    span = Span(work)
    for label, base in products(bases, degree(wanted), work):
        span.add(label, base)
    combination = span.add(sympy.Dummy(), wanted)
    return None if combination is None else _sum(combination)


def _sum(combination: Mapping[sympy.Expr, Any]) -> sympy.Expr:
    return sympy.factor_terms(sympy.Add(*(key * value for key, value in combination.items())))


def _quadratic(
    wanted: Any, bases: Mapping[sympy.Symbol, Any], parameters: Sequence[sympy.Symbol], work: Work
) -> sympy.Expr | None:
    """Solve C T = B, or T² = A T + B, with A, B, C in the induced values, for T = `wanted`."""
    unknown = sympy.Dummy("T")
    span = Span(work)
    for label, base in products(bases, 2 * degree(wanted), work):
        span.add(label, base)
    for label, base in products(bases, degree(wanted), work):
        combination = span.add(unknown * label, wanted * base)
        if combination is not None:
            combination[unknown * label] = sympy.Integer(-1)
            linear, rest = _split(combination, unknown)
            below = _in_parameters(linear, bases)
            if below and definite_sign(below.as_expr(), parameters):
                return -rest / linear
    combination = span.add(unknown**2, wanted**2)
    if combination is None:
        return None
    linear, rest = _split(combination, unknown)
    outside, inside = _square_root(linear**2 + 4 * rest)
    # (2T − A)² = A² + 4B holds identically: what is left to know is the sign of (2T − A) beside that of `outside`
    numerator, denominator = sympy.fraction(outside)
    twice = _in_parameters(denominator, bases) * (2 * wanted - _in_parameters(linear, bases))
    quotient, remainder = divmod(twice, _in_parameters(numerator, bases))
    sign = None if remainder else definite_sign(quotient.as_expr(), parameters)
    return None if sign is None else (linear + sign * outside * sympy.sqrt(inside)) / 2


def _split(combination: Mapping[sympy.Expr, Any], unknown: sympy.Symbol) -> tuple[sympy.Expr, sympy.Expr]:
    """Return A and B of A T + B."""
    linear = {label / unknown: value for label, value in combination.items() if label.has(unknown)}
    return _sum(linear), _sum({label: value for label, value in combination.items() if not label.has(unknown)})


def _in_parameters(expression: sympy.Expr, bases: Mapping[sympy.Symbol, Any]) -> Any:
    """Return a polynomial in the induced values as one in the parameters."""
    ring = next(iter(bases.values())).ring
    total = ring.zero
    for powers, coefficient in sympy.Poly(expression, *bases).terms():
        term = ring.ground_new(ring.domain.from_sympy(coefficient))
        for base, power in zip(bases.values(), powers, strict=True):
            term *= base**power
        total += term
    return total


def _square_root(expression: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Return f and r of f² r, with the largest polynomial f that there is."""
    outside, inside = sympy.Integer(1), sympy.Integer(1)
    for sign, part in zip((1, -1), sympy.fraction(sympy.together(expression)), strict=True):
        number, factors = sympy.sqf_list(part)
        whole, rest = sympy.sqrt(abs(number)).as_coeff_Mul()
        outside *= whole**sign
        inside *= (sympy.sign(number) * rest**2) ** sign
        for factor, power in factors:
            outside *= factor ** (sign * (power // 2))
            inside *= factor ** (sign * (power % 2))
    return outside, inside
