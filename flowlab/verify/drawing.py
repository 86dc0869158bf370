"""Numbers made of what Hypothesis draws: evenly on a fine grid, or over all magnitudes, the same on every machine."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["between", "fraction", "without_constants"]


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


@contextmanager
def without_constants() -> Iterator[None]:
    """Keep Hypothesis from drawing constants found in the source of whatever modules happen to be loaded.

    They would make a verdict depend on what else runs in the process, and Hypothesis files them in a folder
    `.hypothesis` where the user stands. There is no setting for it; versions without the method do not do so.

    Examples
    --------
    >>> with without_constants():
    ...     pass
    """
    from hypothesis.internal.conjecture import providers

    provider: Any = getattr(providers, "HypothesisProvider", None)
    method = getattr(provider, "_maybe_draw_constant", None)
    if method is None:
        yield
        return
    provider._maybe_draw_constant = lambda *_, **__: None
    try:
        yield
    finally:
        provider._maybe_draw_constant = method
