"""Many draws at once from ranges, with the mix that Hypothesis draws one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab.verify.discrete import Choice, Integer
from flowlab.verify.intervals import Real, approaches, moderately

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from flowlab.verify.ranges import Range

__all__ = ["sample"]

_FARTHEST = 2**61  # up to which differences of integers are what they are in arrays


def sample(ranges: Mapping[str, Range], count: int, generator: np.random.Generator) -> dict[str, NDArray[Any]] | None:
    """Draw examples: half of them moderate in every argument, the others extreme in any.

    Parameters
    ----------
    ranges : mapping of str to Range
    count : int
    generator : Generator

    Returns
    -------
    dict of str to ndarray of shape (count,), or None
        None where a range is of a kind that draws one at a time only, or of values that are no numbers, or of
        integers beyond 2⁶¹.

    Examples
    --------
    >>> drawn = sample({"x": Real(0, 1), "n": Integer(2, 9)}, 3, np.random.default_rng(0))
    >>> drawn["x"].shape, drawn["n"].dtype
    ((3,), dtype('int64'))
    """
    wide = generator.random(count) < 0.5
    with np.errstate(over="ignore"):  # beyond the largest float lies the end of the range
        return _drawn(ranges, wide, count, generator)


def _drawn(
    ranges: Mapping[str, Range], wide: NDArray[np.bool_], count: int, generator: np.random.Generator
) -> dict[str, NDArray[Any]] | None:
    """Draw every argument, those of `wide` anywhere; None where a range cannot be drawn from at once."""
    drawn: dict[str, NDArray[Any]] = {}
    for name, allowed in ranges.items():
        if isinstance(allowed, Real):
            values: NDArray[Any] = np.where(
                wide, _any_real(allowed, count, generator), _moderate_real(allowed, count, generator)
            )
        elif isinstance(allowed, Integer) and allowed.low >= -_FARTHEST and allowed.last <= _FARTHEST:
            values = np.where(
                wide, _any_integer(allowed, count, generator), _moderate_integer(allowed, count, generator)
            )
        elif isinstance(allowed, Choice) and all(type(value) in (int, float) for value in allowed.values):
            values = np.array(allowed.values)[generator.integers(0, len(allowed.values), count)]
        else:
            return None
        drawn[name] = values
    return drawn


def _moderate_real(allowed: Real, count: int, generator: np.random.Generator) -> NDArray[np.float64]:
    return _clipped(allowed, moderately(allowed, generator.random(count), _between))


def _any_real(allowed: Real, count: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw a third moderately, a few from the corners, the rest at distances from an end over all magnitudes."""
    parts = [_moderate_real(allowed, count, generator)] * 2
    for end, direction, least, most in approaches(allowed):
        parts.append(_clipped(allowed, end + direction * _between(least, most, generator.random(count))))
    kind = generator.integers(0, len(parts), count)
    values = np.choose(kind, parts)
    corner = generator.random(count) < 0.05
    corners = np.array(allowed.corners())
    return np.where(corner, corners[generator.integers(0, len(corners), count)], values)


def _moderate_integer(allowed: Integer, count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    return generator.integers(allowed.low, min(allowed.low + 8, allowed.last), count, endpoint=True)


def _any_integer(allowed: Integer, count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Draw a quarter within two hundred, the rest of every magnitude."""
    low, last = allowed.low, allowed.last
    near = generator.integers(low, min(low + 200, last), count, endpoint=True)
    bits = generator.integers(0, max((last - low).bit_length(), 1), count)
    far = np.minimum((np.int64(1) << bits) + (generator.random(count) * 2.0**bits).astype(np.int64), last - low)
    return np.where(generator.random(count) < 0.25, near, low + far)


def _between(low: float, high: float, part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers at parts of the way from `low` to `high` in their logarithms."""
    result: NDArray[np.float64] = np.exp2(np.log2(low) + (np.log2(high) - np.log2(low)) * part)
    return result


def _clipped(allowed: Real, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(values, allowed.first, allowed.last)
