"""Integers and finite lists as ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowlab._checks import shown
from flowlab.verify.ranges import in_words, mark_ours

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_HUGE_INTEGER = 2**53  # the last up to which every integer is a float

__all__ = ["Choice", "Integer"]


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
        from hypothesis import strategies as st

        low, last = self.low, self.last
        small, byte = self.moderate(), st.integers(0, 255)
        hundreds = st.integers(low, min(low + 200, last))

        @st.composite
        def mixture(draw: DrawFn) -> int:
            """Draw one of the three kinds, and a member of it."""
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
    >>> Choice(2, float("inf")).describe("N")
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
        text = self.printed or f"{name} ∈ {{{', '.join(in_words(v) for v in self.values)}}}"
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
