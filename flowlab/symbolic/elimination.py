"""Rewriting expressions of the parameters in terms of functions of them, by steps that always end."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations_with_replacement

import sympy

from flowlab.symbolic.simplify import tidy

#: Above this many monomials, a polynomial identity is not sought.
_MOST_MONOMIALS = 400


def inverses(
    values: Mapping[sympy.Symbol, sympy.Expr], parameters: Iterable[sympy.Symbol]
) -> dict[sympy.Symbol, sympy.Expr]:
    """Solve σ = σ(w) for as many parameters as can be had one after another.

    Parameters
    ----------
    values : mapping of Symbol to Expr
        The induced values.
    parameters : iterable of Symbol

    Returns
    -------
    dict of Symbol to Expr
        Parameters in terms of the induced values.

    Examples
    --------
    >>> w, v, N, sigma, tau = sympy.symbols("w v N sigma tau", positive=True)
    >>> inverses({tau: w * v, sigma: w**N}, [w, v])
    {w: sigma**(1/N), v: tau/sigma**(1/N)}
    """
    unknown = set(parameters)
    found: dict[sympy.Symbol, sympy.Expr] = {}
    waiting = dict(values)
    progress = True
    while progress:
        progress = False
        for symbol, expression in list(waiting.items()):
            remaining = expression.xreplace(found)
            left = remaining.free_symbols & (unknown - set(found))
            if len(left) == 1:
                del waiting[symbol]
                (parameter,) = left
                inverse = _peeled(remaining, parameter, symbol)
                if inverse is not None:
                    found[parameter] = tidy(inverse)
                    progress = True
    return found


def _peeled(expression: sympy.Expr, unknown: sympy.Symbol, value: sympy.Expr) -> sympy.Expr | None:
    """Undo the operations around the only occurrence of `unknown`; None where that is not possible."""
    while expression != unknown:
        inside = [part for part in expression.args if part.has(unknown)]
        if len(inside) != 1:
            return None
        (part,) = inside
        if expression.is_Add:
            value = value - (expression - part)
        elif expression.is_Mul:
            value = value / (expression / part)
        elif expression.is_Pow and expression.base == part:
            # a power has one inverse among positive numbers, and a reciprocal has one always
            if expression.exp != -1 and not part.is_positive:
                return None
            value = value ** (1 / expression.exp)
        elif expression.is_Pow:
            if not (expression.base.is_positive and part.is_real):
                return None
            value = sympy.log(value) / sympy.log(expression.base)
        elif isinstance(expression, sympy.exp):
            if not part.is_real:
                return None
            value = sympy.log(value)
        elif isinstance(expression, sympy.log):
            if not part.is_positive:
                return None
            value = sympy.exp(value)
        else:
            return None
        expression = part
    return value


def eliminate(
    expression: sympy.Expr,
    values: Mapping[sympy.Symbol, sympy.Expr],
    parameters: Sequence[sympy.Symbol],
    known: Mapping[sympy.Symbol, sympy.Expr],
) -> sympy.Expr:
    """Rewrite an expression of the parameters in terms of the induced values, as far as that goes.

    Tried in turn: the `known` inverses, substituting the induced expressions where they stand, and a
    polynomial in the induced values whose coefficients follow from linear equations.

    Parameters
    ----------
    expression : Expr
    values : mapping of Symbol to Expr
        The induced values.
    parameters : sequence of Symbol
    known : mapping of Symbol to Expr
        Parameters in terms of the induced values, as `inverses` gives them.

    Returns
    -------
    Expr
        Equal to `expression`; free of parameters where a rewriting was found.

    Examples
    --------
    >>> a, b, p, n = sympy.symbols("a b p n", real=True)
    >>> eliminate((a**2 - b**2) ** 2, {p: a * b, n: a**2 + b**2}, [a, b], {})
    n**2 - 4*p**2
    """
    result = tidy(expression.xreplace(dict(known)))
    if not result.free_symbols & set(parameters):
        return result
    written = {value.xreplace(dict(known)): symbol for symbol, value in values.items()}
    written = {value: symbol for value, symbol in written.items() if value.free_symbols & set(parameters)}
    replaced = tidy(result.subs(written))
    if not replaced.free_symbols & set(parameters):
        return replaced
    left = [w for w in parameters if w in result.free_symbols or any(w in v.free_symbols for v in written)]
    polynomial = _as_polynomial(result, {symbol: value for value, symbol in written.items()}, left)
    return replaced if polynomial is None else sympy.factor_terms(polynomial)


def _as_polynomial(
    expression: sympy.Expr, values: Mapping[sympy.Symbol, sympy.Expr], parameters: Sequence[sympy.Symbol]
) -> sympy.Expr | None:
    """Find a polynomial in the induced values that equals `expression` identically in the parameters."""
    try:
        wanted = sympy.Poly(expression, *parameters)
        bases = {symbol: sympy.Poly(value, *parameters) for symbol, value in values.items()}
    except sympy.PolynomialError:
        return None
    degree = wanted.total_degree()
    degrees = {symbol: base.total_degree() for symbol, base in bases.items()}
    if not degrees or min(degrees.values()) < 1 or len(wanted.terms()) > _MOST_MONOMIALS:
        return None
    candidates = []
    for size in range(degree // min(degrees.values()) + 1):
        for choice in combinations_with_replacement(degrees, size):
            if sum(degrees[symbol] for symbol in choice) <= degree:
                candidates.append(choice)
            if len(candidates) > _MOST_MONOMIALS:
                return None
    unknowns = sympy.symbols(f"coefficient_:{len(candidates)}", cls=sympy.Dummy)
    equations: dict[tuple[int, ...], sympy.Expr] = {powers: -coefficient for powers, coefficient in wanted.terms()}
    for unknown, choice in zip(unknowns, candidates, strict=True):
        product = sympy.Poly(1, *parameters)
        for symbol in choice:
            product *= bases[symbol]
        if len(product.terms()) > _MOST_MONOMIALS:
            return None
        for powers, coefficient in product.terms():
            equations[powers] = equations.get(powers, sympy.Integer(0)) + coefficient * unknown
    solutions = sympy.linsolve(list(equations.values()), list(unknowns))
    if solutions == sympy.EmptySet:
        return None
    (solution,) = solutions
    solution = [term.xreplace(dict.fromkeys(unknowns, sympy.Integer(0))) for term in solution]
    return sympy.Add(*(term * sympy.Mul(*choice) for term, choice in zip(solution, candidates, strict=True)))
