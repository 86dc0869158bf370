"""How Hypothesis draws from ranges; imported only when something is drawn, since Hypothesis loads slowly."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

    from flowlab.verify.discrete import Integer
    from flowlab.verify.intervals import Real

__all__ = ["any_integer", "any_real", "between", "moderate_real"]


def moderate_real(allowed: Real) -> SearchStrategy[float]:
    """Return a strategy over the part of `allowed` where users live."""

    @st.composite
    def moderate(draw: DrawFn) -> float:
        part = fraction(draw, st.integers(0, 255))
        if math.isfinite(allowed.low) and math.isfinite(allowed.high):
            if allowed.low > 0 and allowed.high / allowed.low > 100:
                return allowed.nearest(between(allowed.low, allowed.high, part))
            return allowed.nearest(allowed.low * (1 - part) + allowed.high * part)
        if math.isinf(allowed.low) and math.isinf(allowed.high):
            return 32 * (part - 0.5)
        end, direction = (allowed.low, 1) if math.isfinite(allowed.low) else (allowed.high, -1)
        return allowed.nearest(end + direction * max(1.0, abs(end)) * between(2.0**-6, 2.0**6, part))

    return moderate()


def any_real(allowed: Real) -> SearchStrategy[float]:
    """Return a strategy over all of `allowed`, its ends approached on a logarithmic scale."""
    byte = st.integers(0, 255)
    moderate = allowed.moderate()
    anything = st.floats(allowed.first, allowed.last, allow_nan=False, allow_infinity=False)
    corners = allowed.corners()
    width = min(allowed.last - allowed.first, sys.float_info.max)
    nearby: list[Callable[[float], float]] = []
    for end, direction in ((allowed.low, 1.0), (allowed.high, -1.0)):
        if math.isinf(end):  # from the middle towards it, over all magnitudes
            end, direction = (0.0 if 0.0 in allowed else allowed.middle()), -direction
        finest = math.ulp(end)
        unit = min(max(1.0, abs(end)) * 2.0**50, width) if width > 1e300 else width
        # every distance there is, and those that are not absurd
        nearby.append(from_end(end, direction, finest, max(width, finest)))
        nearby.append(from_end(end, direction, max(finest, min(1.0, unit) * 2.0**-50), max(unit, finest)))
    kinds = st.integers(0, 3 + len(nearby))

    @st.composite
    def mixture(draw: DrawFn) -> float:
        kind = draw(kinds)
        if kind < 2:
            return draw(moderate)
        if kind == 2:
            return draw(anything)
        if kind == 3:
            return corners[draw(byte) % len(corners)]
        return allowed.nearest(nearby[kind - 4](fraction(draw, byte)))

    return mixture()


def any_integer(allowed: Integer) -> SearchStrategy[int]:
    """Return a strategy over all of `allowed`, small members first and every magnitude after."""
    low, last = allowed.low, allowed.last
    small, byte = allowed.moderate(), st.integers(0, 255)
    hundreds = st.integers(low, min(low + 200, last))

    @st.composite
    def mixture(draw: DrawFn) -> int:
        kind = draw(st.integers(0, 3))
        if kind < 2:
            return draw(small)
        if kind == 2:
            return draw(hundreds)
        # Python integers carry the distance, so that none is lost to rounding above 2⁵³
        bits = (last - low).bit_length()
        shift = draw(st.integers(0, max(bits - 1, 0)))
        return min(low + ((256 + draw(byte)) << shift >> 8), last)

    return mixture()


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


def from_end(end: float, direction: float, smallest: float, width: float) -> Callable[[float], float]:
    return lambda part: end + direction * between(smallest, width, part)
