"""Floats in the clothes of an mpf: exact values that were rounded on the way, and so do not change with digits."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import FunctionType
from typing import TYPE_CHECKING, Any

import mpmath

from flowlab.verify.exactness import exactly, rounding_function

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["in_disguise"]

_MANY_DIGITS = 437  # at which nothing is settled: a value would be compared with itself
_FULL = 40  # bits that a number which was rounded to a float almost always has
_AS_ROUNDED = 1e-9  # relative: far more than rounding makes, far less than another function


def in_disguise(exact: Callable[..., Any], arguments: Mapping[str, Any], value: Any) -> bool:
    """Return whether an exact slack is a float that was made an mpf: it has no more bits, whatever its arguments have.

    A value that fits in a float is told from one that is exact, as that of a polynomial may be, by arguments of far
    more bits; and one that a function of floats has a part in by more digits, which do not change it. So is one that
    floats made of integers have a part in, as of 1/n: it changes, as rounding does, where no floats are made of them.

    Examples
    --------
    >>> for function in (lambda x: mpmath.mpf(float(x) ** 0.5), lambda x: x - 0.5):
    ...     print(in_disguise(exactly(function), {"x": 0.7}, function(mpmath.mpf(0.7))))
    True
    False
    """
    _, mantissa, exponent, bits = value._mpf_
    if not mantissa or exponent >= 0:  # an integer, or none
        return False

    floats = [name for name, number in arguments.items() if isinstance(number, float)]
    whole = [name for name, number in arguments.items() if isinstance(number, int) and not isinstance(number, bool)]
    function = getattr(exact, "function", exact)
    smooth = _without_floats(function)

    def of(part: int) -> Any:
        """Return the value at arguments that are so many bits away, and have hundreds of them."""
        factor = 1 - mpmath.mpf(2) ** -part / 3
        other = {name: number * factor if name in (floats or whole) else number for name, number in arguments.items()}
        return exact(**other) if floats else smooth(**other)

    try:
        with mpmath.workdps(_MANY_DIGITS):
            if bits > 3 * sys.float_info.mant_dig or exact(**arguments) != value:
                return False  # as what cancellation leaves, of which a few bits may be left at every precision
            if rounding_function(function):
                return True
            with suppress(Exception):  # of a function that takes no such numbers nothing follows
                other = smooth(**{name: mpmath.mpf(v) if name in whole else v for name, v in arguments.items()})
                if mpmath.mpf(10) ** (-_MANY_DIGITS // 2) < abs(other - value) / abs(value) < _AS_ROUNDED:
                    return True
            if not _FULL <= bits <= sys.float_info.mant_dig:
                return False
            near, far = of(400), of(20)
    except (ArithmeticError, ValueError, TypeError, mpmath.libmp.NoConvergence):
        return False
    return far != value and all(each._mpf_[3] <= sys.float_info.mant_dig for each in (near, far))


def _without_floats(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function in which `float` and `range` make numbers of mpmath: of those, and of integers, no floats."""

    def steps(*ends: Any) -> Any:
        return map(mpmath.mpf, range(*map(int, ends)))

    if isinstance(function, FunctionType):
        scope = function.__globals__ | {"float": mpmath.mpf, "range": steps}
        copied = FunctionType(function.__code__, scope, "", function.__defaults__, function.__closure__)
        copied.__kwdefaults__ = function.__kwdefaults__
        function = copied
    return exactly(function)
