"""Elementary functions of whatever number comes: a float, an array, an mpmath number, a ball.

A slack written with these and with arithmetic is one text for every kind of evidence: floats one at a time or many at
once for the search, balls or mpmath for its confirmation, balls for a certificate. Its constants are what Python makes
of them: ``1 / 3`` is a float, and a statement about a third says ``x / 3``, or ``Fraction(1, 3)``.
"""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Number = Any

__all__ = [
    "atan",
    "cos",
    "cosh",
    "exp",
    "expm1",
    "log",
    "log1p",
    "plain_number",
    "plain_numbers_as",
    "sin",
    "sinh",
    "sqrt",
    "tanh",
]

_MOST_BITS = 4096  # of the exponent of what mpmath is asked such a function of, which takes as many bits more
_DEAR = ("cos", "cosh", "exp", "expm1", "sin", "sinh", "tanh")


class Runaway(BaseException):  # no handler of a claim's own may take it for an error of its arithmetic
    """Raised where an evaluation takes more than it may: the example is set aside.

    Examples
    --------
    >>> exp(sinh(mpmath.mpf(10) ** 6))
    Traceback (most recent call last):
        ...
    flowlab.verify.functions.Runaway: exp is asked of a number beyond 2^4096
    """

    raised = 0  # how often: it counts where it was caught on the way, too

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        Runaway.raised += 1


_PLAIN: ContextVar[Callable[[Number], Number] | None] = ContextVar("plain numbers", default=None)


@contextmanager
def plain_numbers_as(kind: Callable[[Number], Number]) -> Iterator[None]:
    """Take plain numbers for numbers of another kind: the logarithm of 2 must not be rounded among balls.

    Examples
    --------
    >>> with plain_numbers_as(mpmath.mpf), mpmath.workdps(20):
    ...     print(log(2))
    0.69314718055994530942
    """
    token = _PLAIN.set(kind)
    try:
        with _exact_fractions():
            yield
    finally:
        _PLAIN.reset(token)


def plain_number(number: Number) -> Number:
    """Return a Fraction as a number of the kind that plain numbers are taken for; anything else as it is.

    Examples
    --------
    >>> with plain_numbers_as(mpmath.mpf), mpmath.workdps(20):
    ...     print(plain_number(Fraction(1, 3)))
    0.33333333333333333333
    """
    kind = _PLAIN.get()
    return kind(number) if kind is not None and isinstance(number, Fraction) else number


def _as_mpmath(fraction: Fraction, precision: int, rounding: str) -> Number:
    """Return a Fraction as an mpf: what mpmath asks a number for that it does not know."""
    with mpmath.workprec(precision):
        return mpmath.mpf(fraction.numerator) / fraction.denominator


_usual_power = Fraction.__pow__


def _power(fraction: Fraction, exponent: Number) -> Number:
    """Return a power, and leave it to an exponent that is no plain number, as Pythons from 3.14 on do."""
    plain = isinstance(exponent, int | float | complex | Fraction)
    return _usual_power(fraction, exponent) if plain else NotImplemented


_lock = threading.Lock()
_within = 0  # how many of these are entered, in any thread


@contextmanager
def _exact_fractions() -> Iterator[None]:
    """Let a Fraction stand on either side of an mpf, and keep it from becoming a float under a power."""
    global _within
    known: Any = Fraction
    with _lock:
        _within += 1
        known.__pow__, known._mpmath_ = _power, _as_mpmath
    try:
        yield
    finally:
        with _lock:
            _within -= 1
            if not _within:
                known.__pow__ = _usual_power
                del known._mpmath_


def _elementary(name: str, array: str = "") -> Callable[[Number], Number]:
    """Return a function of any kind of number; `array` is NumPy's name for it, if another."""
    of_float, of_array, of_mpf = getattr(math, name), getattr(np, array or name), getattr(mpmath, name)
    dear = name in _DEAR

    def function(x: Number) -> Number:
        if isinstance(x, float | int | Fraction):
            kind = _PLAIN.get()
            if kind is None:
                return of_float(x)
            x = kind(x)
        if isinstance(x, np.ndarray):
            return of_array(x if x.dtype != object else x.astype(np.float64))  # as a Fraction makes it
        if isinstance(x, mpmath.mpf | mpmath.ctx_mp_python._constant):
            if dear and isinstance(x, mpmath.mpf) and x._mpf_[2] + x._mpf_[3] > _MOST_BITS:
                raise Runaway(f"{name} is asked of a number beyond 2^{_MOST_BITS}")
            finite, x = mpmath.isfinite(x), of_mpf(x)
            if finite and mpmath.isinf(x):
                raise ValueError(f"{name}: a pole")
            if isinstance(x, mpmath.mpf):
                return x
        if isinstance(x, complex | mpmath.mpc):  # as floats have it, outside of a domain there is no value
            raise ValueError(f"{name}: a complex number on the way")  # noqa: TRY004 -- it is no mistake
        return getattr(x, name)()  # a ball knows its own

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""Return {name} of a float, an array, an mpmath number, or a ball.

    Raises
    ------
    ValueError
        If there is no real value: of an array that is nan, and of a ball, of which nothing follows.
    """
    return function


atan = _elementary("atan", "arctan")
cos = _elementary("cos")
cosh = _elementary("cosh")
exp = _elementary("exp")
expm1 = _elementary("expm1")
log = _elementary("log")
log1p = _elementary("log1p")
sin = _elementary("sin")
sinh = _elementary("sinh")
sqrt = _elementary("sqrt")
tanh = _elementary("tanh")
