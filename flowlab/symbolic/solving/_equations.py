"""Polynomial equations: solved by cases, with a count that says whether a solution is missing."""

from collections.abc import Sequence
from itertools import product

import sympy
from sympy import Poly, groebner
from sympy.polys.polyerrors import BasePolynomialError

Solution = dict[sympy.Symbol, sympy.Expr]


def solve_polynomials(equations: Sequence[sympy.Expr], variables: Sequence[sympy.Symbol]) -> tuple[list[Solution], str]:
    """Return complex solutions of polynomial equations, and what may be missing; nothing where none is.

    An equation that falls into factors is a case for each, one that is linear in a variable, with a coefficient that is
    never zero, removes it. What remains has finitely many solutions, which are counted, or it may not be complete.

    Parameters
    ----------
    equations : sequence of Expr
        Equal to 0.
    variables : sequence of Symbol

    Returns
    -------
    solutions, missing
        Variables without a value are free.

    Examples
    --------
    >>> a, b = sympy.symbols("a b", real=True)
    >>> solve_polynomials([b * (a * b - 1), a * (a * b - 1)], [a, b])
    ([{a: 1/b}, {b: 0, a: 0}], '')
    """
    left = [e for e in (sympy.factor(e) for e in equations) if e != 0]
    present = [v for v in variables if any(e.has(v) for e in left)]
    if any(not e.has(*variables) for e in left):
        return [], ""  # 1 = 0, where constants are generic
    if not left:
        return [{}], ""
    common = sympy.gcd_list([sympy.expand(e) for e in left])
    if len(left) > 1 and common.has(*variables):
        first, missing = solve_polynomials([common], variables)
        second, more = solve_polynomials([sympy.cancel(e / common) for e in left], variables)
        return _distinct(first + second), missing or more
    for i, equation in enumerate(left):
        factors = [f for f, _ in sympy.factor_list(equation, *present)[1] if f.has(*variables)]
        if len(factors) > 1 or (factors and sympy.expand(factors[0] - equation) != 0):
            cases = [solve_polynomials([*left[:i], factor, *left[i + 1 :]], variables) for factor in factors]
            found = _distinct([solution for solutions, _ in cases for solution in solutions])
            return found, next((missing for _, missing in cases if missing), "")
    for equation in sorted(left, key=sympy.count_ops):
        removed = _remove(equation, left, variables, present)
        if removed is not None:
            return removed
    return _finitely_many(left, present)


def in_reals(solution: Solution, variables: Sequence[sympy.Symbol]) -> tuple[list[Solution], str]:
    """Return a solution, or of a family with imaginary parts the members without; and what may be missing.

    Examples
    --------
    >>> a, b = sympy.symbols("a b", real=True)
    >>> in_reals({a: sympy.I * b}, [a, b])
    ([{a: 0, b: 0}], '')
    """
    parts = [value.as_real_imag()[1] for value in solution.values() if value.has(sympy.I) and value.free_symbols]
    numerators = [sympy.fraction(sympy.together(part))[0] for part in parts]
    free = [v for v in variables if any(n.has(v) for n in numerators)]
    if not free:
        return [solution], ""
    if not all(n.is_polynomial(*free) for n in numerators):
        return [solution], f"{solution} is real in parts only"
    inner, missing = solve_polynomials(numerators, free)
    found: list[Solution] = []
    for each in inner:
        put = {v: value.subs(each, simultaneous=True) for v, value in solution.items()} | each
        members, more = in_reals(put, variables)
        found, missing = found + members, missing or more
    return _distinct(found), missing


def _remove(
    equation: sympy.Expr, left: list[sympy.Expr], variables: Sequence[sympy.Symbol], present: list[sympy.Symbol]
) -> tuple[list[Solution], str] | None:
    """Solve for a variable of which an equation is linear, or quadratic and the only one; None where it is neither."""
    others = [e for e in left if e != equation]
    for v in present:
        coefficients = Poly(equation, v).all_coeffs()
        lead = coefficients[0]
        linear = len(coefficients) == 2 and (
            not lead.has(*variables) or (not others and groebner([lead, coefficients[1]], *present).exprs == [1])
        )
        if not linear and (others or len(coefficients) != 3 or lead.has(*variables)):
            continue
        roots = sympy.roots(Poly(equation, v))
        found, missing = [], ""
        for root in roots:
            rest = [sympy.fraction(sympy.together(e.subs(v, root)))[0] for e in others]
            inner, more = solve_polynomials(rest, [w for w in variables if w != v])
            found += [{v: root.subs(solution), **solution} for solution in inner]
            missing = missing or more
        return found, missing
    return None


def _finitely_many(equations: list[sympy.Expr], variables: list[sympy.Symbol]) -> tuple[list[Solution], str]:
    """Solve equations with finitely many solutions, and compare with their number."""
    if len(variables) == 1:
        polynomial = Poly(equations[0], *variables)
        for other in equations[1:]:
            polynomial = polynomial.gcd(Poly(other, *variables))
        return _roots(polynomial)
    basis = groebner(equations, *variables, order="grevlex")
    if basis.exprs == [1]:
        return [], ""
    twins = {v: sympy.Dummy(v.name) for v in variables}  # not known to be real: all solutions are counted
    back = {twin: v for v, twin in twins.items()}
    solved = sympy.solve([e.xreplace(twins) for e in equations], list(back), dict=True)
    solutions = [{back[v]: value.xreplace(back) for v, value in solution.items()} for solution in solved]
    if not basis.is_zero_dimensional:
        return solutions, "some solutions form families, of which there may be more"
    expected = _count(list(basis.exprs), variables)
    if len(solutions) == expected:
        return solutions, ""
    return solutions, f"{expected - len(solutions)} of {expected} complex solutions are not in radicals"


def _roots(polynomial: Poly) -> tuple[list[Solution], str]:
    """Return the roots of a polynomial: real ones, indexed where radicals do not tell them, if it has numbers only."""
    (y,) = polynomial.gens
    if polynomial.degree() < 1:
        return [], ""
    if not polynomial.free_symbols_in_domain:
        try:
            return [{y: root} for root in dict.fromkeys(polynomial.real_roots())], ""
        except (NotImplementedError, BasePolynomialError):
            pass  # coefficients that are not rational
    found = sympy.roots(polynomial)
    missing = polynomial.degree() - sum(found.values())
    return [
        {y: root} for root in found
    ], f"{missing} roots of {polynomial.as_expr()} are not in radicals" if missing else ""


def _count(basis: list[sympy.Expr], variables: list[sympy.Symbol]) -> int:
    """Return the number of complex solutions: of monomials outside the radical's leading ideal (Seidenberg's lemma)."""
    free = []
    for v in variables:
        order = [w for w in variables if w != v] + [v]
        eliminant = groebner(basis, *order, order="lex").exprs[-1]
        free.append(Poly(eliminant, v).sqf_part().as_expr())
    radical = groebner([*basis, *free], *variables, order="grevlex")
    leading = [p.monoms(order="grevlex")[0] for p in radical.polys]
    bounds = [min(m[i] for m in leading if sum(m) == m[i]) for i in range(len(variables))]
    return sum(
        not any(all(e >= d for e, d in zip(monomial, m, strict=True)) for m in leading)
        for monomial in product(*(range(bound) for bound in bounds))
    )


def _distinct(solutions: list[Solution]) -> list[Solution]:
    kept: list[Solution] = []
    for solution in solutions:
        if solution not in kept:
            kept.append(solution)
    return kept
