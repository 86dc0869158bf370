"""Rewriting expressions of the parameters in terms of functions of them, by steps that always end."""

from collections.abc import Iterable, Mapping, Sequence

import sympy

from flowlab.symbolic.inducing.algebraic import closed_form
from flowlab.symbolic.inducing.relations import Work
from flowlab.symbolic.inducing.signs import Sign, odd_root, without_sign_powers, without_signs
from flowlab.symbolic.simplify import tidy

#: In these a parameter is the variable of an operation, and nothing may be put in its place.
BOUND = (sympy.Derivative, sympy.Subs, sympy.Integral, sympy.Sum)


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
        Parameters in terms of the induced values; where these leave a sign open, with a `Sign` in it.

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
                inverse = peeled(remaining, parameter, symbol)
                if inverse is not None:
                    found[parameter] = tidy(inverse)
                    progress = True
    return found


def peeled(expression: sympy.Expr, unknown: sympy.Symbol, value: sympy.Expr) -> sympy.Expr | None:
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
            root = _root(part, expression.exp, value)
            if root is None:
                return None
            value = root
        elif isinstance(expression, sympy.Abs):
            if not part.is_real:
                return None
            value = value if part.is_nonnegative else Sign() * value
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


def _root(base: sympy.Expr, exponent: sympy.Expr, value: sympy.Expr) -> sympy.Expr | None:
    """Solve base^exponent = value for the base; None where that has no one answer, or one up to its sign."""
    if exponent == -1 or base.is_positive or (base.is_nonnegative and exponent.is_positive):
        return value ** (1 / exponent)
    if base.is_real and exponent.is_odd:
        return odd_root(value, exponent)
    if base.is_real and exponent.is_even and exponent.is_nonzero:
        return Sign() * value ** (1 / exponent)
    return None


def without_open_signs(known: Mapping[sympy.Symbol, sympy.Expr]) -> dict[sympy.Symbol, sympy.Expr]:
    """Return the inverses of which the induced values leave no sign open."""
    return {w: inverse for w, inverse in known.items() if not inverse.has(Sign)}


def eliminate(
    expression: sympy.Expr,
    values: Mapping[sympy.Symbol, sympy.Expr],
    parameters: Sequence[sympy.Symbol],
    known: Mapping[sympy.Symbol, sympy.Expr],
) -> sympy.Expr:
    """Rewrite an expression of the parameters in terms of the induced values, as far as that goes.

    Tried in turn: the `known` inverses, and substituting the induced expressions where they stand.

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
    >>> w, v, p, q = sympy.symbols("w v p q", real=True)
    >>> eliminate(w**4 * sympy.exp(w**2 * v**3), {p: w**2, q: v**3}, [w, v], inverses({p: w**2, q: v**3}, [w, v]))
    p**2*exp(p*q)
    """
    sure = without_open_signs(known)
    result = tidy(expression.xreplace(sure))
    if not result.free_symbols & set(parameters):
        return without_sign_powers(result)
    if result.has(*BOUND):
        return result
    if sure != known:
        either = without_signs(tidy(expression.xreplace(dict(known))))
        if either is not None and not either.free_symbols & set(parameters):
            return tidy(either)
    written = {value.xreplace(sure): symbol for symbol, value in values.items()}
    written = {value: symbol for value, symbol in written.items() if value.free_symbols & set(parameters)}
    return tidy(result.subs(written))


def eliminate_by_roots(
    expression: sympy.Expr,
    values: Mapping[sympy.Symbol, sympy.Expr],
    parameters: Sequence[sympy.Symbol],
    known: Mapping[sympy.Symbol, sympy.Expr],
    work: Work,
) -> sympy.Expr | None:
    """Rewrite an expression in terms of the induced values where that takes identities or roots; see `closed_form`.

    Parameters
    ----------
    expression, values, parameters, known
        As for `eliminate`.
    work : Work
        Limits the search.

    Returns
    -------
    Expr or None
        None where nothing was found.

    Raises
    ------
    BudgetSpent

    Examples
    --------
    >>> a, b, p, n = sympy.symbols("a b p n", real=True)
    >>> eliminate_by_roots((a**2 - b**2) ** 2, {p: a * b, n: a**2 + b**2}, [a, b], {}, Work())
    n**2 - 4*p**2
    """
    if expression.has(*BOUND):
        return None
    sure = without_open_signs(known)
    # equations are solved exactly: a float stands for the simple fraction that it prints as
    direct = sympy.nsimplify(tidy(expression.xreplace(sure)), rational=True)
    bases = {symbol: sympy.nsimplify(value.xreplace(sure), rational=True) for symbol, value in values.items()}
    bases = {symbol: value for symbol, value in bases.items() if value.free_symbols & set(parameters)}
    replaced = tidy(direct.subs({value: symbol for symbol, value in bases.items()}))
    left = [w for w in parameters if w not in sure]
    for candidate in dict.fromkeys((replaced, direct)):
        closed = closed_form(candidate, bases, left, work)
        if closed is not None:
            return sympy.factor_terms(closed)
    # the parameters one by one: a long form, but it serves every expression
    roots = {w: closed_form(w, bases, left, work) for w in left if w in direct.free_symbols}
    if None in roots.values():
        return None
    return tidy(direct.xreplace(roots))
