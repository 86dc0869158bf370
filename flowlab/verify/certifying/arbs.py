"""Ranges of plain functions over Arb balls, which are numbers with an error bound."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flint import arb, fmpq, fmpz

from flowlab._checks import shown
from flowlab.verify.certifying.literals import RoundedError, look_up
from flowlab.verify.certifying.undecided import Undecided, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

Arb = Any  # flint carries no types

__all__ = ["Arb", "ends", "exact_arb", "inverse", "not_negative", "power_over", "product", "root_at", "roots", "steps"]

_LARGEST = arb(2) ** 4096  # of which integers are made
_ROUNDED = {sign * each for each in (math.pi, math.tau, math.pi / 2, math.e) for sign in (1, -1)}


def exact_arb(number: Any) -> Arb:
    """Return a plain number as an Arb ball: exact for integers and floats, else as tight as the precision at work.

    Raises
    ------
    TypeError
        If it is no number, or one that was rounded. Arb itself takes None for 0, and reads texts and pairs.

    Examples
    --------
    >>> from fractions import Fraction
    >>> bool(3 * exact_arb(Fraction(1, 3)) == 1), exact_arb(0.5).is_exact()
    (False, True)
    """
    if isinstance(number, arb):
        return number
    if isinstance(number, Fraction):
        return arb(fmpq(number.numerator, number.denominator))
    if hasattr(number, "_mpf_") or (isinstance(number, float) and number in _ROUNDED):
        kind = RoundedError if isinstance(number, float) else TypeError  # which an mpf is to more digits than are told
        raise refusal(f"{number} is rounded: a constant is written with flowlab.verify.functions, as 4 atan(1)", kind)
    if not isinstance(number, int | float | fmpq | fmpz):
        raise refusal(f"{shown(number)} ({type(number).__name__}) is no number for balls")
    if isinstance(number, float):
        look_up(number)
    return arb(number)


def ends(increasing: Callable[[Arb], Arb], over: Arb) -> Arb:
    """Return the range of a monotone function over an Arb ball, from its two ends.

    Examples
    --------
    >>> from flint import arb
    >>> ends(lambda x: x.exp(), arb(0).union(arb(1))).contains(arb(2))
    True
    """
    return increasing(over.lower()).union(increasing(over.upper()))


def inverse(over: Arb) -> Arb:
    """Return 1/x over a range, nan where it holds 0."""
    return ends(lambda x: 1 / x, over) if over > 0 or over < 0 else arb("nan")


def not_negative(over: Arb) -> Arb:
    """Return a range known to be >= 0 without the rounding error by which a ball that ends at 0 may reach beyond.

    Examples
    --------
    >>> not_negative(arb(1, 1.0000001)).lower() == 0, not_negative(arb(0, 1)).is_finite()
    (True, False)
    """
    low = over.lower()
    return over if low >= 0 else over.nonnegative_part() if over.upper() + 2**20 * low >= 0 else arb("nan")


def product(a: Arb, b: Arb) -> Arb:
    """Return the range of a product; as that of balls, it would reach across 0 where neither factor does."""
    if not (a > 0 or a < 0 or b > 0 or b < 0):
        return a * b
    if a < 0:
        return -product(-a, b)
    if not a > 0:
        return product(b, a)
    low, high = b.lower(), b.upper()
    return ((a.lower() if low >= 0 else a.upper()) * low).union((a.lower() if high <= 0 else a.upper()) * high)


def power_over(over: Arb, n: int) -> Arb:
    """Return x^n over a range, n >= 0."""
    if n == 0:
        return arb(1)
    if n == 1:
        return over
    if n % 2 == 0:
        over = abs(over)
        return over.abs_lower() ** n if over.is_exact() else (over.abs_lower() ** n).union(over.abs_upper() ** n)
    return ends(lambda x: x**n, over)


def root_at(at: Arb, p: Arb) -> Arb:
    """Return x^p at a point, also at 0 where p > 0."""
    return arb(0) if at.is_zero() and p > 0 else at**p


def roots(over: Arb, p: Arb) -> Arb:
    """Return x^p over a range of numbers >= 0; nan where it is unbounded."""
    return ends(lambda x: root_at(x, p), over)


def steps(whole: Callable[[Fraction], int], over: Arb) -> int:
    """Return the integer that a monotone function makes of every number of a range.

    Raises
    ------
    Undecided
        If it makes more than one.

    Examples
    --------
    >>> from flint import arb
    >>> steps(math.floor, arb(2.5, 0.25)), steps(round, arb(0.5))
    (2, 0)
    """
    if over.is_finite() and abs(over) < _LARGEST:
        low, high = (whole(_fraction(each)) for each in (over.lower(), over.upper()))
        if low == high:
            return low
    raise Undecided(f"{whole.__name__} of {over.str(6)}")


def _fraction(exact: Arb) -> Fraction:
    mantissa, exponent = (int(each) for each in exact.man_exp())
    if mantissa.bit_length() + exponent < 0:  # below 1/2, and it may be far below: what integer follows is the same
        return Fraction((mantissa > 0) - (mantissa < 0), 4)
    return mantissa * Fraction(2) ** exponent
