"""Intervals of real numbers, drawn up to the edges of float64."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowlab._checks import shown
from flowlab.verify.drawing import between, fraction
from flowlab.verify.ranges import in_words, mark_ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["Real", "approaches", "moderately"]


@dataclass(frozen=True)
class Real:
    """An interval of real numbers, drawn as float64.

    Parameters
    ----------
    low, high : float
        The ends; an infinite end is always open.
    low_open, high_open : bool, optional
        Whether the end itself is left out.
    printed : str, optional
        The hypothesis as the source prints it, in place of the text that `describe` makes.
    ours : str, optional
        Why the range is as it is where the source prints none, or another.

    Raises
    ------
    ValueError
        If no float lies in the interval.

    Examples
    --------
    >>> s = Real(0, 0.25, low_open=True, high_open=True)
    >>> s.describe("s"), 0.25 in s, 5e-324 in s
    ('s ∈ (0, 0.25)', False, True)
    """

    low: float
    high: float
    low_open: bool = field(default=False, kw_only=True)
    high_open: bool = field(default=False, kw_only=True)
    printed: str = field(default="", kw_only=True)
    ours: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
                raise ValueError(f"{name}: got {shown(value)}; allowed: a real number or an infinity")
            object.__setattr__(self, name, float(value))
        object.__setattr__(self, "low_open", self.low_open or math.isinf(self.low))
        object.__setattr__(self, "high_open", self.high_open or math.isinf(self.high))
        if not self.first <= self.last:
            raise ValueError(f"low, high: got {self.low:g}, {self.high:g}; allowed: ends with a number between them")

    @property
    def first(self) -> float:
        """The smallest float in the range.

        Examples
        --------
        >>> Real(1, 2, low_open=True).first
        1.0000000000000002
        """
        return math.nextafter(self.low, math.inf) if self.low_open else self.low

    @property
    def last(self) -> float:
        """The largest float in the range.

        Examples
        --------
        >>> Real(1, math.inf).last
        1.7976931348623157e+308
        """
        return math.nextafter(self.high, -math.inf) if self.high_open else self.high

    def __contains__(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        above = self.low < value if self.low_open else self.low <= value
        return above and (value < self.high if self.high_open else value <= self.high)

    def corners(self) -> tuple[float, ...]:
        """Return the first and the last float of the range, and a moderate one between.

        Examples
        --------
        >>> Real(0, 1).corners()
        (0.0, 0.5, 1.0)
        """
        return tuple(dict.fromkeys((self.first, self.nearest(self.middle()), self.last)))

    def describe(self, name: str) -> str:
        """Return the range as a hypothesis on `name`, as printed where that is given, and what is ours of it.

        Examples
        --------
        >>> Real(1, math.inf, low_open=True).describe("r")
        'r ∈ (1, ∞)'
        >>> Real(0, 0.1, ours="«small» in the source").describe("c")
        'c ∈ [0, 0.1] (ours: «small» in the source)'
        """
        left, right = "(" if self.low_open else "[", ")" if self.high_open else "]"
        text = self.printed or f"{name} ∈ {left}{in_words(self.low)}, {in_words(self.high)}{right}"
        return mark_ours(text, self.ours)

    def moderate(self) -> SearchStrategy[float]:
        """Return a strategy over the part where users live: evenly, or by decades where it spans them.

        Examples
        --------
        >>> Real(0, 1).moderate()
        moderate()
        """
        from hypothesis import strategies as st  # which loads slowly

        @st.composite
        def moderate(draw: DrawFn) -> float:
            """Draw a part of the range, and return what stands there."""
            return self.nearest(moderately(self, fraction(draw, st.integers(0, 255)), between))

        return moderate()

    def strategy(self) -> SearchStrategy[float]:
        """Return a strategy over the whole range, its ends approached on a logarithmic scale.

        Examples
        --------
        >>> Real(0, 1).strategy()
        mixture()
        """
        from hypothesis import strategies as st

        byte = st.integers(0, 255)
        moderate = self.moderate()
        anything = st.floats(self.first, self.last, allow_nan=False, allow_infinity=False)
        corners = self.corners()
        nearby = approaches(self)
        kinds = st.integers(0, 3 + len(nearby))

        @st.composite
        def mixture(draw: DrawFn) -> float:
            """Draw one of the four kinds, and a number of it."""
            kind = draw(kinds)
            if kind < 2:
                return draw(moderate)
            if kind == 2:
                return draw(anything)
            if kind == 3:
                return corners[draw(byte) % len(corners)]
            end, direction, least, most = nearby[kind - 4]
            return self.nearest(end + direction * between(least, most, fraction(draw, byte)))

        return mixture()

    def nearest(self, value: float) -> float:
        """Return the member nearest to `value`.

        Examples
        --------
        >>> Real(0, 1).nearest(3.0)
        1.0
        """
        return min(max(value, self.first), self.last)

    def middle(self) -> float:
        """Return a number that is far from every end.

        Examples
        --------
        >>> Real(0, 1).middle(), Real(1, math.inf).middle(), Real(1e-8, 1e8).middle()
        (0.5, 2.0, 1.0)
        """
        if math.isfinite(self.low) and math.isfinite(self.high):
            if self.low > 0 and self.high / self.low > 100:
                return math.sqrt(self.low) * math.sqrt(self.high)
            return self.low / 2 + self.high / 2
        if math.isfinite(self.low):
            return self.nearest(self.low + max(1.0, abs(self.low)))
        return self.nearest(self.high - max(1.0, abs(self.high))) if math.isfinite(self.high) else 1.0


def moderately(allowed: Real, part: Any, between: Callable[[float, float, Any], Any]) -> Any:
    """Return what stands at a part, or parts, of where users live in a range; rounding may lead beyond its ends.

    `between` goes from one number to another by their magnitudes.

    Examples
    --------
    >>> moderately(Real(0, 8), 0.25, between), moderately(Real(1, math.inf), 0.5, between)
    (2.0, 2.0)
    """
    low, high = allowed.low, allowed.high
    if math.isfinite(low) and math.isfinite(high):
        return between(low, high, part) if low > 0 and high / low > 100 else low * (1 - part) + high * part
    if math.isinf(low) and math.isinf(high):
        return 32 * (part - 0.5)
    end, direction = (low, 1) if math.isfinite(low) else (high, -1)
    return end + direction * max(1.0, abs(end)) * between(2.0**-6, 2.0**6, part)


def approaches(allowed: Real) -> list[tuple[float, float, float, float]]:
    """Return the ways to draw near a range's ends, two for each: from where, to which side, from how near to how far.

    Examples
    --------
    >>> [(end, side, most) for end, side, _, most in approaches(Real(0, 9))]
    [(0.0, 1.0, 9.0), (0.0, 1.0, 9.0), (9.0, -1.0, 9.0), (9.0, -1.0, 9.0)]
    """
    width = min(allowed.last - allowed.first, sys.float_info.max)
    found = []
    for end, direction in ((allowed.low, 1.0), (allowed.high, -1.0)):
        if math.isinf(end):  # from the middle towards it, over all magnitudes
            end, direction = (0.0 if 0.0 in allowed else allowed.middle()), -direction
        finest = math.ulp(end)
        unit = min(max(1.0, abs(end)) * 2.0**50, width) if width > 1e300 else width
        # every distance there is, and those that are not absurd
        found.append((end, direction, finest, max(width, finest)))
        found.append((end, direction, max(finest, min(1.0, unit) * 2.0**-50), max(unit, finest)))
    return found
