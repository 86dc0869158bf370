"""Typed ranges: what an argument of a claim may be, and how to draw it up to the edges of float64.

A theorem breaks at its extremes, and "any float" draws rarely come near them. So a range mixes four kinds of
draw: where users live, logarithmically many distances from each end (one unit in the last place included),
Hypothesis' own floats, and the corners themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from flowlab._checks import shown

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_HUGE_INTEGER = 2**53  # the last up to which every integer is a float

__all__ = ["Choice", "Integer", "Range", "Real"]


@runtime_checkable
class Range(Protocol):
    """What a claim's argument ranges over: drawable, with corners, a test of membership and a text.

    Examples
    --------
    >>> isinstance(Choice(2, 3), Range)
    True
    """

    def strategy(self) -> SearchStrategy[Any]:
        """Return a Hypothesis strategy over the whole range."""

    def moderate(self) -> SearchStrategy[Any]:
        """Return a Hypothesis strategy over the part where users live."""

    def corners(self) -> tuple[Any, ...]:
        """Return the extreme members and a moderate one."""

    def __contains__(self, value: object) -> bool: ...

    def describe(self, name: str) -> str:
        """Return the range as a hypothesis on `name`."""


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
        text = self.printed or f"{name} ∈ {left}{_number(self.low)}, {_number(self.high)}{right}"
        return mark_ours(text, self.ours)

    def moderate(self) -> SearchStrategy[float]:
        """Return a strategy over the part where users live: evenly, or by decades where it spans them.

        Examples
        --------
        >>> Real(0, 1).moderate()
        moderate()
        """
        from flowlab.verify import drawing

        return drawing.moderate_real(self)

    def strategy(self) -> SearchStrategy[float]:
        """Return a strategy over the whole range, its ends approached on a logarithmic scale.

        Examples
        --------
        >>> Real(0, 1).strategy()
        mixture()
        """
        from flowlab.verify import drawing

        return drawing.any_real(self)

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
            return self.low + max(1.0, abs(self.low))
        return self.high - max(1.0, abs(self.high)) if math.isfinite(self.high) else 1.0


@dataclass(frozen=True)
class Integer:
    """Integers from `low` to `high`; without `high`, mostly small ones and up to 2⁵³.

    Parameters
    ----------
    low : int
        The smallest member.
    high : int, optional
        The largest member; None is no bound.
    printed, ours : str, optional
        As for `Real`.

    Examples
    --------
    >>> Integer(3).describe("N"), 2 in Integer(3), Integer(3).corners()
    ('N ∈ {3, 4, …}', False, (3, 4, 13, 9007199254740992))
    """

    low: int
    high: int | None = None
    printed: str = field(default="", kw_only=True)
    ours: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        for name, value in (("low", self.low), ("high", self.high)):
            if isinstance(value, bool) or not isinstance(value, int if name == "low" else (int, type(None))):
                raise ValueError(f"{name}: got {shown(value)}; allowed: an integer")  # noqa: TRY004
        if self.high is not None and self.high < self.low:
            raise ValueError(f"high: got {self.high}; allowed: at least low, {self.low}")

    @property
    def last(self) -> int:
        """The largest member drawn.

        Examples
        --------
        >>> Integer(2, 9).last
        9
        """
        return max(_HUGE_INTEGER, self.low + 1) if self.high is None else self.high

    def __contains__(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        return self.low <= value and (self.high is None or value <= self.high)

    def corners(self) -> tuple[int, ...]:
        """Return the first two members, a moderate one, and the last (or a huge one).

        Examples
        --------
        >>> Integer(1, 4).corners()
        (1, 2, 4)
        """
        candidates = (self.low, self.low + 1, self.low + 10, self.last)
        return tuple(dict.fromkeys(n for n in candidates if n <= self.last))

    def describe(self, name: str) -> str:
        """Return the range as a hypothesis on `name`.

        Examples
        --------
        >>> Integer(2, 9).describe("N")
        'N ∈ {2, …, 9}'
        """
        if self.high is None:
            members = f"{self.low}, {self.low + 1}, …"
        elif self.high - self.low < 4:
            members = ", ".join(str(n) for n in range(self.low, self.high + 1))
        else:
            members = f"{self.low}, …, {self.high}"
        return mark_ours(self.printed or f"{name} ∈ {{{members}}}", self.ours)

    def moderate(self) -> SearchStrategy[int]:
        """Return a strategy over the first few members.

        Examples
        --------
        >>> Integer(2).moderate()
        integers(min_value=2, max_value=10)
        """
        from hypothesis import strategies as st

        return st.integers(self.low, min(self.low + 8, self.last))

    def strategy(self) -> SearchStrategy[int]:
        """Return a strategy over the whole range, small members first and every magnitude after.

        Examples
        --------
        >>> Integer(2).strategy()
        mixture()
        """
        from flowlab.verify import drawing

        return drawing.any_integer(self)


@dataclass(frozen=True, init=False)
class Choice:
    """A finite list of values.

    Parameters
    ----------
    *values : object
        The members, at least one.
    printed, ours : str, optional
        As for `Real`.

    Examples
    --------
    >>> Choice(2, math.inf).describe("N")
    'N ∈ {2, ∞}'
    """

    values: tuple[Any, ...]
    printed: str
    ours: str

    def __init__(self, *values: Any, printed: str = "", ours: str = "") -> None:
        if not values:
            raise ValueError("values: got none; allowed: at least one")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "printed", printed)
        object.__setattr__(self, "ours", ours)

    def __contains__(self, value: object) -> bool:
        return any(value is member or value == member for member in self.values)

    def corners(self) -> tuple[Any, ...]:
        """Return every member.

        Examples
        --------
        >>> Choice(2, 3).corners()
        (2, 3)
        """
        return self.values

    def describe(self, name: str) -> str:
        """Return the list as a hypothesis on `name`.

        Examples
        --------
        >>> Choice("relu", "tanh").describe("activation")
        'activation ∈ {relu, tanh}'
        """
        text = self.printed or f"{name} ∈ {{{', '.join(_number(v) for v in self.values)}}}"
        return mark_ours(text, self.ours)

    def moderate(self) -> SearchStrategy[Any]:
        """Return the same strategy as `strategy`.

        Examples
        --------
        >>> Choice(2, 3).moderate()
        sampled_from((2, 3))
        """
        return self.strategy()

    def strategy(self) -> SearchStrategy[Any]:
        """Return a strategy over the members, simplest first as given.

        Examples
        --------
        >>> Choice(2, 3).strategy()
        sampled_from((2, 3))
        """
        from hypothesis import strategies as st

        return st.sampled_from(self.values)


def mark_ours(text: str, why: str) -> str:
    """Return a hypothesis with the reason for it, if it is not the source's.

    Examples
    --------
    >>> mark_ours("N ≥ 3", ""), mark_ours("N ≤ 99", "rounding")
    ('N ≥ 3', 'N ≤ 99 (ours: rounding)')
    """
    return f"{text} (ours: {why})" if why else text


def _number(value: object) -> str:
    if isinstance(value, float):
        if math.isinf(value):
            return "∞" if value > 0 else "-∞"
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return str(value)
