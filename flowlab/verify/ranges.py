"""What an argument of a claim may be: what every range offers to the search, and how it reads as a hypothesis.

A theorem breaks at its extremes, and "any float" draws rarely come near them. So a range mixes four kinds of
draw: where users live, logarithmically many distances from each end (one unit in the last place included),
Hypothesis' own floats, and the corners themselves.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["Range"]


@runtime_checkable
class Range(Protocol):
    """What a claim's argument ranges over: drawable, with corners, a test of membership and a text.

    Examples
    --------
    >>> from flowlab.verify import Choice
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


def mark_ours(text: str, why: str) -> str:
    """Return a hypothesis with the reason for it, if it is not the source's.

    Examples
    --------
    >>> mark_ours("N ≥ 3", ""), mark_ours("N ≤ 99", "rounding")
    ('N ≥ 3', 'N ≤ 99 (ours: rounding)')
    """
    return f"{text} (ours: {why})" if why else text


def in_words(value: object) -> str:
    """Return a member as a hypothesis shows it.

    Examples
    --------
    >>> in_words(3.0), in_words(float("inf")), in_words("relu")
    ('3', '∞', 'relu')
    """
    if isinstance(value, float):
        if math.isinf(value):
            return "∞" if value > 0 else "-∞"
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return str(value)
