"""Whether a float is what exact arithmetic makes of the numbers it was made of."""

from __future__ import annotations

import math
import operator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["inexact", "is_exact", "is_given"]

_INEXACT = (float, complex, np.inexact, np.ndarray, Decimal, mpmath.mpf, mpmath.mpc, mpmath.ctx_mp_python._constant)
_LARGEST = 4096  # bits of a power that is looked at


def inexact(value: Any) -> bool:
    """Return whether a value is of a kind that rounds.

    Examples
    --------
    >>> inexact(Decimal(1)), inexact(Fraction(1, 3))
    (True, False)
    """
    return isinstance(value, _INEXACT)


def is_exact(operation: Callable[[Any, Any], Any], left: Any, right: Any, found: Any) -> bool:
    """Return whether what an operation found is a float, and the number that it makes of fractions.

    Examples
    --------
    >>> is_exact(operator.add, 0.5, 0.25, 0.75), is_exact(operator.add, 0.1, 0.2, 0.1 + 0.2)
    (True, False)
    """
    if not isinstance(found, float):
        return False
    try:
        if not (math.isfinite(left) and math.isfinite(right)):
            return True
        a, b, value = Fraction(left), Fraction(right), Fraction(found)
        if operation is not operator.pow:
            return bool(operation(a, b) == value)
        if b == Fraction(1, 2):
            return value >= 0 and value**2 == a
        bits = max(abs(a.numerator), a.denominator).bit_length() * abs(b)
        return b.denominator == 1 and bits <= _LARGEST and a**b == value
    except (ArithmeticError, TypeError, ValueError):
        return False


def is_given(number: Any, arguments: Iterable[Any]) -> bool:
    """Return whether a number is one of the arguments, or of the members of one.

    Examples
    --------
    >>> is_given(0.2, ([0.1, 0.2],)), is_given(0.30000000000000004, (0.1, 0.2))
    (True, False)
    """
    if not isinstance(number, float):
        return False
    if not math.isfinite(number):
        return True
    for each in arguments:
        if isinstance(each, int | float | Fraction) and abs(each) == abs(number):
            return True
        if isinstance(each, list | tuple | set | frozenset) and is_given(number, each):
            return True
    return False
