"""Numbers made of what Hypothesis draws: evenly on a fine grid, or over all magnitudes, the same on every machine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["between", "fraction"]


def fraction(draw: DrawFn, byte: SearchStrategy[int]) -> float:
    """Return a number of [0, 1) on a grid of 2⁻²⁴.

    Bytes are what Hypothesis draws evenly and climbs step by step, coarse and fine. All zero is one half,
    which is where shrinking ends.
    """
    return ((draw(byte) ^ 128) * 65536 + draw(byte) * 256 + draw(byte)) / 2**24


def between(low: float, high: float, part: float) -> float:
    """Return the number at `part` of the way from `low` to `high` in their binary exponents, without libm.

    Examples
    --------
    >>> between(2.0**-10, 2.0**10, 0.5)
    1.0
    """
    (low_mantissa, low_exponent), (high_mantissa, high_exponent) = math.frexp(low), math.frexp(high)
    # mantissas of [1/2, 1) go to [0, 1): a piecewise linear logarithm, the same bits on every machine
    start, end = low_exponent + 2 * low_mantissa - 1, high_exponent + 2 * high_mantissa - 1
    position = start + (end - start) * part
    exponent = min(math.floor(position), high_exponent)
    return math.ldexp((1 + min(position - exponent, 1 - 2.0**-52)) / 2, exponent)
