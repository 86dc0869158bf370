"""Exponentials and logarithms without calls or branches: LLVM turns a loop over them into vector instructions.

The C library's take one number a call. Here a float is cut into ``2^k m`` by shifting its bits, and a power series
does the rest on the short interval that is left. Products are never fused with sums: one number alone, or many in
vectors, on any machine, come to the same bits. Within 2 units in the last place of the true value.
"""

import math

import numpy as np

from flowlab._jit import leaf_kernel

_LOG2_HIGH = round(math.log(2) * 2**32) / 2**32  # its product with any exponent is exact
_LOG2_LOW = (math.log(2) - _LOG2_HIGH) + 2.3190468138462996e-17  # the last term is what a float lacks of log 2
_PER_LOG2 = 1 / math.log(2)
_EXP = tuple(1 / math.factorial(n) for n in range(13, 1, -1))  # (e^r − 1 − r)/r²
_LOG = tuple(2 / (2 * n + 1) for n in range(9, 0, -1))  # (log((1+s)/(1−s)) − 2s)/s³, in s²

_ROUND = 1.5 * 2.0**52  # added and taken away again, it rounds; added only, it leaves an integer in the last bits
_SHIFT = np.uint64(52)  # the bits of the significand
_ONE = np.float64(1.0).view(np.uint64)
_TO_ROOT_HALF = _ONE - np.float64(math.sqrt(0.5)).view(np.uint64)
_INTEGER = np.float64(2.0**52).view(np.uint64)  # or-ed with a small integer, the float 2^52 more than it
_SMALL, _LIFT = 2.0**-1000, 2.0**54


@leaf_kernel
def _bits(x: float) -> np.uint64:
    """Return the 64 bits of a float."""
    return np.float64(x).view(np.uint64)


@leaf_kernel
def _float(bits: np.uint64) -> float:
    """Return the float with these bits."""
    value: float = np.uint64(bits).view(np.float64)
    return value


@leaf_kernel
def _two_to(k: float) -> float:
    """Return 2^k for an integer k between -1022 and 1023."""
    return _float((_bits(k + _ROUND) << _SHIFT) + _ONE)


@leaf_kernel
def _reduced_exp(x: float) -> tuple[float, float]:
    """Return k and e^r − 1, where e^x = 2^k e^r and r is within ±log(2)/2."""
    k = (x * _PER_LOG2 + _ROUND) - _ROUND
    r = (x - k * _LOG2_HIGH) - k * _LOG2_LOW
    q = 0.0
    for c in _EXP:
        q = q * r + c
    return k, r + r * r * q


@leaf_kernel
def _reduced_log(x: float) -> tuple[float, float]:
    """Return k and log m, where x = 2^k m and √½ <= m < √2."""
    small = x < _SMALL
    bits = _bits(x * _LIFT if small else x)
    exponent = (bits + _TO_ROOT_HALF) >> _SHIFT  # 1023 + k
    k = _float(exponent | _INTEGER) - (2.0**52 + 1023.0)
    f = _float(bits - (exponent << _SHIFT) + _ONE) - 1.0
    s = f / (2.0 + f)
    v = s * s
    q = 0.0
    for c in _LOG:
        q = q * v + c
    half = 0.5 * f * f
    return (k - 54.0 if small else k), f - (half - s * (half + v * q))


@leaf_kernel
def _scaled(y: float, k: float) -> float:
    """Return y 2^k, in two steps so that infinity and 0 come as they should."""
    half = (0.5 * k + _ROUND) - _ROUND
    return y * _two_to(half) * _two_to(k - half)


@leaf_kernel
def _within(x: float, limit: float) -> float:
    """Return x, or ±limit beyond that, where the result is 0 or infinite all the same; nan stays nan."""
    x = limit if x > limit else x
    return -limit if x < -limit else x


@leaf_kernel
def exp(x: float) -> float:
    """Return e^x."""
    k, p = _reduced_exp(_within(x, 1000.0))
    return _scaled(1.0 + p, k)


@leaf_kernel
def exp_and_expm1(x: float) -> tuple[float, float]:
    """Return e^x and e^x − 1, the latter with all its digits at small x."""
    k, p = _reduced_exp(_within(x, 1000.0))
    whole = _scaled(1.0 + p, k)
    return whole, whole if x > 700.0 else (_scaled(1.0, k) - 1.0) + _scaled(p, k)


@leaf_kernel
def log(x: float) -> float:
    """Return log x for a positive, finite x."""
    k, part = _reduced_log(x)
    return k * _LOG2_HIGH + (k * _LOG2_LOW + part)


@leaf_kernel
def log1p(x: float) -> float:
    """Return log(1 + x) for a finite x > -1, with all its digits at small x."""
    u = 1.0 + x
    lost = x - (u - 1.0)  # of x in rounding u; for large x, not worth its digits
    return log(u) + lost / u


@leaf_kernel
def power(x: float, p: float) -> float:
    """Return x^p for a positive, finite x and a p between -2 and 2, without the digits that exp(p log x) would lose."""
    k, part = _reduced_log(x)
    short = (p + 2.0**14) - 2.0**14  # its product with k is exact
    whole = (k * short + _ROUND) - _ROUND
    rest = ((k * short - whole) + k * (p - short)) * math.log(2)
    j, q = _reduced_exp(rest + p * part)
    return _scaled(1.0 + q, _within(j + whole, 2000.0))
