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
    """Move a leading minus into the first sum of both signs among the factors: −a(b − c) becomes a(c − b).

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
    >>> without_minus(-a * (b + 1))
    -a*(b + 1)
    """
    number, factors = expression.as_coeff_mul()
    if not (expression.is_Mul and number.is_negative):
        return expression
    for i, factor in enumerate(factors):
        if factor.is_Add and any(term.could_extract_minus_sign() for term in factor.args):
            negated = sympy.Add(*(-term for term in factor.args))
            return sympy.Mul(-number, *factors[:i], negated, *factors[i + 1 :])
    return expression


def derivative(expression: sympy.Expr, along: sympy.Symbol) -> sympy.Expr:
    """Return the derivative of a real expression, as it is off the kinks and steps, where there is none.

    SymPy takes what is in an absolute value for complex where it does not know better, and differentiates signs and
    maxima into distributions.

    Parameters
    ----------
    expression : Expr
    along : Symbol

    Returns
    -------
    Expr

    Examples
    --------
    >>> w = sympy.Symbol("w", real=True)
    >>> derivative(abs(sympy.log(w)), w), derivative(sympy.sign(w), w)
    (sign(log(w))/w, 0)
    >>> derivative(sympy.Max(0, w) ** 2, w)
    2*Piecewise((0, w <= 0), (1, True))*Max(0, w)
    """
    kinked = [part for part in expression.atoms(*_KINKED) if part.has(along)]
    if not kinked:
        return expression.diff(along)
    names = {part: sympy.Dummy(real=True) for part in kinked}
    # the outermost only: what is inside them has its turn in the recursion
    outside = expression.xreplace(names)
    total = outside.diff(along)
    for part, name in names.items():
        if outside.has(name):
            change = outside.diff(name)
            if isinstance(part, sympy.Abs) and not (change * name).has(name):  # log|x| has the slope 1/x
                total += change * name / part.args[0] * derivative(part.args[0], along)
            else:
                total += change * _of_kinked(part, along)
    return total.xreplace({name: part for part, name in names.items()})


_FLAT = (sympy.sign, sympy.floor, sympy.ceiling)
_KINKED = (sympy.Abs, sympy.Max, sympy.Min, *_FLAT)


def _of_kinked(part: sympy.Expr, along: sympy.Symbol) -> sympy.Expr:
    if isinstance(part, _FLAT):
        return sympy.S.Zero
    first = part.args[0]
    if isinstance(part, sympy.Abs):
        return sympy.sign(first) * derivative(first, along)
    # In one order for all parameters: where some are equal the slopes are to be those of one of them.
    choices = sorted(part.args, key=lambda choice: (len(choice.free_symbols), sympy.default_sort_key(choice)))
    *cases, last = [(derivative(choice, along), sympy.Eq(part, choice)) for choice in choices]
    if len(choices) == 2:
        one, other = choices
        more = other - one  # of two sums SymPy's own form is for ever another
        cases = [(cases[0][0], more <= 0 if isinstance(part, sympy.Max) else more >= 0)]
    return sympy.Piecewise(*cases, (last[0], True))
