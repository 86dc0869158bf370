"""Numbers that symbols may be, as they are declared, and whether two expressions agree at them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import mpmath
import numpy as np
import sympy

_NUMBERS = [sympy.Rational(n) for n in ("1", "2", "3", "-1", "-2", "1/2", "-3", "4", "3/2", "0", "-1/2", "5")]
#: What numbers are compared to.
DIGITS = 40


def allows(symbol: sympy.Symbol, number: sympy.Expr) -> bool:
    """Return whether the assumptions of a symbol allow a real number.

    Parameters
    ----------
    symbol : Symbol
    number : Number

    Returns
    -------
    bool

    Examples
    --------
    >>> w = sympy.Symbol("w", positive=True)
    >>> allows(w, sympy.Integer(2)), allows(w, sympy.Integer(-2))
    (True, False)
    """
    return all(getattr(number, f"is_{name}") in (told, None) for name, told in symbol.assumptions0.items())


def pool(symbol: sympy.Symbol) -> list[sympy.Expr]:
    """Return small rational numbers that a symbol may be, simple ones first."""
    return [number for number in _NUMBERS if allows(symbol, number)]


def plain(numbers: list[sympy.Expr]) -> list[sympy.Expr]:
    """Keep the positive integers, where there are any: constants such as a depth mean no others."""
    return [number for number in numbers if number.is_integer and number.is_positive] or numbers


def drawn(numbers: Sequence[sympy.Expr], generator: np.random.Generator) -> sympy.Expr:
    """Return one of several numbers."""
    return numbers[int(generator.integers(len(numbers)))]


def agree(
    expression: sympy.Expr,
    closed: sympy.Expr,
    values: Mapping[sympy.Symbol, sympy.Expr],
    parameters: Sequence[sympy.Symbol],
) -> bool:
    """Return whether an expression and its closed form are equal at random points, to 25 digits.

    Parameters
    ----------
    expression : Expr
        In the parameters.
    closed : Expr
        In the induced values.
    values : mapping of Symbol to Expr
        The induced values.
    parameters : sequence of Symbol

    Returns
    -------
    bool
        False also where a closed form holds parameters; points without real values are passed over. With floats in
        the expressions, 12 digits are enough.

    Examples
    --------
    >>> a, p = sympy.symbols("a p", real=True)
    >>> agree(a**2, p, {p: a**2}, [a]), agree(a, sympy.sqrt(p), {p: a**2}, [a])
    (True, False)
    """
    if closed.free_symbols & set(parameters):
        return False
    symbols = list(parameters)
    others = sorted(
        (expression.free_symbols | closed.free_symbols).union(*(v.free_symbols for v in values.values()))
        - set(values)
        - set(symbols),
        key=str,
    )
    rounded = any(e.has(sympy.Float) for e in (expression, closed, *values.values()))
    close = mpmath.mpf(10) ** (-12 if rounded else -25)
    points = list(_points([*symbols, *others]))
    with suppress(
        TypeError, NameError, AttributeError, NotImplementedError
    ):  # what mpmath has no function for is not compared
        inside = sympy.lambdify([*symbols, *others], [expression, *values.values()], "mpmath", cse=True)
        outside = sympy.lambdify([*values, *others], closed, "mpmath", cse=True)
        return all(_equal(inside, outside, point, len(symbols), close) for point in points)
    return True


def _points(symbols: Sequence[sympy.Symbol]) -> Iterator[list[Any]]:
    """Draw points, each with numbers of one order of magnitude."""
    generator = np.random.default_rng(1)
    for _ in range(16):
        point = []
        for symbol in symbols:
            number = drawn(pool(symbol) or [sympy.Integer(1)], generator)
            scale = 1 if symbol.is_integer else generator.uniform(0.6, 1.6)
            point.append(mpmath.mpf(number.p) / number.q * scale)
        yield point


def _equal(inside: Any, outside: Any, point: list[Any], size: int, close: Any) -> bool:
    """Compare at one point; where there are no real numbers, nothing is said against it."""
    with mpmath.workdps(DIGITS), suppress(ArithmeticError, ValueError):
        direct, *levels = inside(*point)
        if any(isinstance(number, mpmath.mpc) for number in [direct, *levels]):
            return True
        closed = outside(*levels, *point[size:])
        return bool(abs(closed - direct) <= close * (1 + abs(direct)))
    return True
