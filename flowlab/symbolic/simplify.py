"""Rewriting that always ends: powers are collected, and nothing is searched for."""

import sympy


def tidy(expression: sympy.Expr) -> sympy.Expr:
    """Collect powers of one base, merge nested ones where positivity allows it, and pull out common factors.

    Parameters
    ----------
    expression : Expr

    Returns
    -------
    Expr
        Equal to `expression`.

    Examples
    --------
    >>> w, N = sympy.symbols("w N", positive=True)
    >>> tidy(w**N * (w**N - 1) / w)
    w**(N - 1)*(w**N - 1)
    """
    if all(power.exp.is_Integer for power in expression.atoms(sympy.Pow)) and not expression.has(sympy.exp):
        return sympy.factor_terms(expression)  # SymPy merges these by itself, and a large model has many
    collected = sympy.powsimp(sympy.powdenest(expression), deep=True, combine="exp")
    exponents = {
        power: power.base ** sympy.expand(power.exp) for power in collected.atoms(sympy.Pow) if not power.exp.is_Number
    }
    return sympy.factor_terms(collected.xreplace(exponents))


def without_minus(expression: sympy.Expr) -> sympy.Expr:
    """Move a leading minus into the first sum among the factors: −a(b − c) becomes a(c − b).

    Parameters
    ----------
    expression : Expr

    Returns
    -------
    Expr
        Equal to `expression`.

    Examples
    --------
    >>> a, b = sympy.symbols("a b")
    >>> without_minus(-a * (b - 1))
    a*(1 - b)
    """
    number, factors = expression.as_coeff_mul()
    if not (expression.is_Mul and number.is_negative):
        return expression
    for i, factor in enumerate(factors):
        if factor.is_Add:
            negated = sympy.Add(*(-term for term in factor.args))
            return sympy.Mul(-number, *factors[:i], negated, *factors[i + 1 :])
    return expression
