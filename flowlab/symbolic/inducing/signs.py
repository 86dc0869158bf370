"""Signs of expressions of real symbols: which root it is, and whether a sign left open matters."""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

import sympy


def factors_of(
    expression: sympy.Expr, parameters: Sequence[sympy.Symbol] | None = None
) -> list[tuple[sympy.Expr, sympy.Expr]]:
    """Return factors with their exponents, polynomials in the parameters being factored.

    Parameters
    ----------
    expression : Expr
    parameters : sequence of Symbol, optional
        All symbols, if missing.

    Returns
    -------
    list of tuple of two Expr

    Examples
    --------
    >>> a, b = sympy.symbols("a b")
    >>> factors_of((a**3 + a * b**2) / b)
    [(b, -1), (a, 1), (a**2 + b**2, 1)]
    """
    symbols = sorted(expression.free_symbols, key=str) if parameters is None else parameters
    factors = []
    for part in sympy.Mul.make_args(expression):
        base, exponent = part.as_base_exp()
        if base.is_polynomial(*symbols):
            expanded = sympy.expand(base)
            if expanded == 0:
                return [(expanded, sympy.Integer(1))]
            number, factored = sympy.factor_list(expanded)
            parts = [*factored, (number, 1)]
            factors += [(factor, exponent * power) for factor, power in parts if factor != 1]
        else:
            factors.append((base, exponent))
    return factors


def odd_root(value: sympy.Expr, degree: Any) -> sympy.Expr:
    """Return the real root of odd degree.

    Parameters
    ----------
    value : Expr
        Real.
    degree : Expr or int
        Odd.

    Returns
    -------
    Expr

    Examples
    --------
    >>> s = sympy.Symbol("s", real=True)
    >>> odd_root(s, 3), odd_root(s**4, 3)
    (Abs(s)**(1/3)*sign(s), Abs(s)**(4/3))
    """
    exponent = 1 / sympy.sympify(degree)
    if value.is_nonnegative:
        root = sympy.Abs(sympy.sqrt(value)) ** (2 * exponent)
        return root if root.is_Pow else value**exponent
    return sympy.sign(value) * sympy.Abs(value) ** exponent


def definite_sign(expression: sympy.Expr, parameters: Iterable[sympy.Symbol]) -> int | None:
    """Return 1 where an expression is >= 0 for all real parameters as they are declared, −1 where it is <= 0.

    Parameters
    ----------
    expression : Expr
        A polynomial in the parameters.
    parameters : iterable of Symbol

    Returns
    -------
    int or None
        None where neither could be shown.

    Examples
    --------
    >>> a, b = sympy.symbols("a b")
    >>> definite_sign(a**2 - a * b + b**2, [a, b]), definite_sign(-3 * b**2, [a, b])
    (1, -1)
    >>> definite_sign(a * b, [a, b]) is None
    True
    """
    real = {w: sympy.Dummy(w.name, real=True) for w in parameters if w.is_extended_real is None}
    sign = 1
    for factor, power in factors_of(expression.xreplace(real)):
        if power % 2 == 0:
            continue
        if _nonnegative(factor, 3):
            continue
        if not _nonnegative(-factor, 3):
            return None
        sign = -sign
    return sign


def _nonnegative(expression: sympy.Expr, depth: int) -> bool:
    """Whether an expression is >= 0, by the signs of its terms or as a quadratic without two roots."""
    expanded = sympy.expand(expression)
    if expression.is_nonnegative or expanded.is_nonnegative:
        return True
    if depth == 0:
        return False
    for symbol in sorted(expanded.free_symbols, key=str):
        if expanded.is_polynomial(symbol) and symbol.is_extended_real:
            coefficients = sympy.Poly(expanded, symbol).all_coeffs()
            if len(coefficients) == 3:
                a, b, c = coefficients
                if _nonnegative(a, depth - 1) and _nonnegative(4 * a * c - b**2, depth - 1):
                    # where a is 0 so is b, and c is then all there is
                    return a.is_positive or _nonnegative(c, depth - 1)
    return False


class Sign(sympy.Dummy):  # type: ignore[misc]
    """The sign, 1 or −1, that an even power of a parameter does not tell."""

    def __new__(cls) -> "Sign":  # noqa: D102
        made: Sign = super().__new__(cls, "sign", integer=True, nonzero=True)
        return made


def without_signs(expression: sympy.Expr) -> sympy.Expr | None:
    """Return an expression without the signs in it, if it is the same whatever they are; else None.

    Parameters
    ----------
    expression : Expr

    Returns
    -------
    Expr or None

    Examples
    --------
    >>> s, sign = sympy.Symbol("s", positive=True), Sign()
    >>> without_signs((sign * s) ** 2 + 1), without_signs(sign * s)
    (s**2 + 1, None)
    """
    signs = sorted(expression.atoms(Sign), key=sympy.default_sort_key)
    if len(signs) > 4:  # there are 2^n ways to choose them
        return None
    first, *others = (
        without_sign_powers(expression.xreplace(dict(zip(signs, map(sympy.Integer, choice), strict=True))))
        for choice in product((1, -1), repeat=len(signs))
    )
    return first if all(sympy.expand(first - other) == 0 for other in others) else None


def without_sign_powers(expression: sympy.Expr) -> sympy.Expr:
    """Write sign(s)^m |s|^q with as little of a sign as it takes.

    Parameters
    ----------
    expression : Expr

    Returns
    -------
    Expr

    Examples
    --------
    >>> s = sympy.Symbol("s", real=True)
    >>> without_sign_powers(sympy.sign(s) ** 3 * abs(s) + sympy.sign(s) ** 2 * sympy.sqrt(abs(s)))
    s + sqrt(Abs(s))
    """
    return expression.replace(lambda part: part.is_Mul, _merged)


def _merged(term: sympy.Expr) -> sympy.Expr:
    powers: dict[sympy.Expr, sympy.Expr] = {}
    for factor in term.args:
        base, exponent = factor.as_base_exp()
        powers[base] = powers.get(base, sympy.Integer(0)) + exponent
    for base in [base for base in powers if isinstance(base, sympy.sign)]:
        (value,) = base.args
        size, sign = powers.get(sympy.Abs(value), sympy.Integer(0)), powers[base]
        if not (size.is_positive and sign.is_Integer and value.is_real):
            continue
        powers[base] = sign % 2
        if size.is_Integer and (size - sign) % 2 == 0:
            powers[base], powers[sympy.Abs(value)] = sympy.Integer(0), sympy.Integer(0)
            powers[value] = powers.get(value, sympy.Integer(0)) + size
    return sympy.Mul(*(base**exponent for base, exponent in powers.items()))
