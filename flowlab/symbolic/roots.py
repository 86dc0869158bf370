"""Powers between 1 and 2 as `flowlab.symbolic.sides` knows them, however they are written."""

import sympy


def merged(expression: sympy.Expr) -> sympy.Expr:
    """Write powers with 1 < p < 2 of one thing in one way, as |u|^p and sign(u) |u|^p.

    A product of |u|^q and u, or |u|, is such a power, and so is one of max(u, 0).

    Parameters
    ----------
    expression : Expr
        Real.

    Returns
    -------
    Expr
        Equal to `expression`.

    Examples
    --------
    >>> u = sympy.Symbol("u", real=True)
    >>> merged(sympy.sqrt(abs(u)) * u), merged(abs(u) ** 1.5)
    (Abs(u)**(3/2)*sign(u), Abs(u)**(3/2))
    >>> merged(sympy.Max(u, 0) ** sympy.Rational(3, 2))
    Abs(u)**(3/2)*sign(u)/2 + Abs(u)**(3/2)/2
    """
    return expression.replace(lambda e: e.is_Pow or e.is_Mul, lambda e: _power(e) if e.is_Pow else _product(e))


def _power(e: sympy.Expr) -> sympy.Expr:
    base, exponent = e.base, sympy.nsimplify(e.exp, rational=True) if e.exp.is_Float else e.exp
    if not (exponent.is_Rational and 1 < exponent < 2):
        return e
    if isinstance(base, sympy.Max) and len(base.args) == 2 and sympy.S.Zero in base.args:
        (u,) = (choice for choice in base.args if choice != 0)
        root = abs(u) ** exponent
        return (root + sympy.sign(u) * root) / 2
    return base**exponent


def _product(e: sympy.Expr) -> sympy.Expr:
    for root in e.args:
        if not (root.is_Pow and isinstance(root.base, sympy.Abs) and root.exp.is_Rational and 0 < root.exp < 1):
            continue
        whole = root.base
        for factor, sign in ((whole, sympy.S.One), (whole.args[0], sympy.sign(whole.args[0]))):
            if factor in e.args:
                rest = sympy.Mul(*(each for each in e.args if each not in (root, factor)))
                return rest * sign * whole ** (1 + root.exp)
    return e
