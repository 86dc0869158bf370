"""The part of a claim's hypotheses in which its tightness is mapped: one span an argument, on a scale of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab._checks import nearest, number, shown
from flowlab.verify.discrete import Choice, Integer
from flowlab.verify.intervals import Real

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from flowlab.verify.claim import Claim
    from flowlab.verify.ranges import Range

__all__ = ["Span", "domain_of", "known_argument", "spans_of"]

_MODERATE = 64.0  # as far from an end, and as near to it, as ranges draw "where users live"
_DECADE = 10.0


@dataclass(frozen=True)
class Span:
    """Values between two ends, or a list of them, reached by a number of [0, 1].

    Parameters
    ----------
    ends : tuple
        First and last value; a single one if it is fixed; of a choice, all.
    origin : float, optional
        Where the scale is logarithmic, the number that distances are counted from.
    whole : bool, optional
        Whether only integers count.
    listed : bool, optional
        Whether `ends` lists every value.

    Examples
    --------
    >>> Span((1.0, 100.0), origin=0.0).at(0.5), Span((2, 9), whole=True).at(0.5), Span(("a", "b"), listed=True).at(1.0)
    (10.0, 6, 'b')
    """

    ends: tuple[Any, ...]
    origin: float | None = None
    whole: bool = False
    listed: bool = False

    @property
    def free(self) -> bool:
        """Whether there is more than one value.

        Examples
        --------
        >>> Span((0.5,)).free
        False
        """
        return len(self.ends) > 1

    def at(self, part: float) -> Any:
        """Return the value at `part` of the way; the ends themselves at 0 and at 1."""
        low, high = self.ends[0], self.ends[-1]
        if self.listed or not self.free:
            return self.ends[min(int(part * len(self.ends)), len(self.ends) - 1)]
        if part <= 0.0 or part >= 1.0:
            return low if part <= 0.0 else high
        if self.origin is None:
            value = low + part * (high - low)
        else:
            value = self.origin + (low - self.origin) * ((high - self.origin) / (low - self.origin)) ** part
        return round(value) if self.whole else min(max(value, low), high)

    def part(self, value: Any) -> float:
        """Return how far along a continuous scale a value lies.

        Examples
        --------
        >>> Span((1.0, 100.0), origin=0.0).part(10.0)
        0.5
        """
        low, high = self.ends[0], self.ends[-1]
        if self.origin is None:
            return float((value - low) / (high - low))
        return math.log((value - self.origin) / (low - self.origin)) / math.log(
            (high - self.origin) / (low - self.origin)
        )

    def grid(self, points: int) -> NDArray[Any]:
        """Return at most so many values from end to end, each once.

        Examples
        --------
        >>> Span((2, 4), whole=True).grid(80)
        array([2, 3, 4])
        """
        if self.listed or not self.free:
            return np.array(self.ends)
        return np.array(list(dict.fromkeys(self.at(k / (points - 1)) for k in range(points))))


def spans_of(claim: Claim, ranges: Mapping[str, Any], at: Mapping[str, Any]) -> dict[str, Span]:
    """Return the span of every argument of a claim: as given, fixed, or where users live.

    Raises
    ------
    ValueError
        For an argument that the claim does not have or that is given twice, and for values outside its hypotheses.

    Examples
    --------
    >>> from flowlab.verify import Claim
    >>> claim = Claim("demo", "", "", "", {"r": Real(1, math.inf, low_open=True), "n": Integer(3)}, lambda r, n: r)
    >>> {name: span.ends for name, span in spans_of(claim, {"n": (3, 5)}, {"r": 2}).items()}
    {'r': (2.0,), 'n': (3, 5)}
    """
    for option, given in (("ranges", ranges), ("at", at)):
        for name in given:
            known_argument(claim, option, name)
    for name in ranges:
        if name in at:
            raise ValueError(f"at: got {name}, which has a range too; allowed: one of both")
    return {
        name: _span(name, hypothesis, ranges.get(name), at, name in at) for name, hypothesis in claim.hypotheses.items()
    }


def domain_of(
    claim: Claim, spans: Mapping[str, Span], ranges: Mapping[str, Any], at: Mapping[str, Any]
) -> dict[str, Range]:
    """Return what every argument may be in the search: its hypothesis, or what was given in its place.

    Examples
    --------
    >>> from flowlab.verify import Claim
    >>> claim = Claim("demo", "", "", "", {"r": Real(1, math.inf), "n": Integer(3)}, lambda r, n: r)
    >>> given = {"n": (3, 5)}, {"r": 2}
    >>> [allowed.describe(name) for name, allowed in domain_of(claim, spans_of(claim, *given), *given).items()]
    ['r ∈ {2}', 'n ∈ {3, 4, 5}']
    """
    found: dict[str, Range] = {}
    for name, allowed in claim.hypotheses.items():
        ends = spans[name].ends
        if name in at or (name in ranges and len(ends) == 1):
            found[name] = Choice(*ends)
        elif name in ranges:
            found[name] = Integer(*ends) if isinstance(allowed, Integer) else Real(*ends)
        else:
            found[name] = allowed
    return found


def known_argument(claim: Claim, option: str, name: object) -> None:
    """Refuse a name that is no argument of the claim."""
    if name not in claim.hypotheses:
        near = nearest(str(name), claim.hypotheses)
        hint = f"; did you mean {near!r}?" if near else ""
        raise ValueError(f"{option}: got {shown(name)}; allowed: {', '.join(claim.hypotheses)}{hint}")


def _span(name: str, allowed: Any, given: Any, at: Mapping[str, Any], fixed: bool) -> Span:
    """Return the span of one argument: fixed, a list, as given, or where users live."""
    if fixed:
        return Span((_member(name, allowed, at[name]),))
    if isinstance(allowed, Choice):
        if given is not None:
            raise ValueError(f"ranges: got {name}, which is one of a list; allowed: to fix it")
        return Span(allowed.values, listed=True)
    if not isinstance(allowed, Real | Integer):
        raise ValueError(  # noqa: TRY004
            f"at: got no {name}, whose range is of the claim's own making; allowed: a value for it"
        )
    low, high = _moderate(allowed) if given is None else _within(name, allowed, given)
    if low == high:
        return Span((low,))
    return Span((low, high), origin=_origin(allowed, low, high), whole=isinstance(allowed, Integer))


def _member(name: str, allowed: Any, value: Any) -> Any:
    """Return the value at which an argument is fixed, in the type of its range; refuse one outside."""
    if isinstance(allowed, Real) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if isinstance(allowed, Integer) and isinstance(value, float) and value.is_integer():
        value = int(value)
    if value not in allowed:
        raise ValueError(f"at: got {name} = {_text(value)}; allowed: {allowed.describe(name)}")
    return value


def _within(name: str, allowed: Real | Integer, given: Any) -> tuple[Any, Any]:
    """Return the ends of a range, those that the hypothesis leaves out replaced by the float next to them."""
    try:
        low, high = given
        inside = all(isinstance(end, int | float) and not isinstance(end, bool) for end in given) and low <= high
    except (TypeError, ValueError):
        inside = False
    if not inside:
        raise ValueError(f"ranges: got {name} = {shown(given)}; allowed: two numbers, the smaller first")
    ends = []
    for end in (low, high):
        if isinstance(allowed, Real):
            closest: Any = allowed.nearest(float(end))
            inside = closest == end or end in (allowed.low, allowed.high)
        else:
            closest = int(end) if math.isfinite(end) else end
            inside = closest == end and closest in allowed
        if not inside or not math.isfinite(end):
            raise ValueError(f"ranges: got {name} = {_text(low)}:{_text(high)}; allowed: {allowed.describe(name)}")
        ends.append(closest)
    return ends[0], ends[1]


def _moderate(allowed: Real | Integer) -> tuple[Any, Any]:
    """Return the ends of the part where users live."""
    if isinstance(allowed, Integer):
        return allowed.low, min(allowed.low + 8, allowed.last)
    low, high = allowed.low, allowed.high
    if math.isfinite(low) and math.isfinite(high):
        inset = (high - low) / _MODERATE
        return low + inset * allowed.low_open, high - inset * allowed.high_open
    if math.isfinite(low):
        unit = max(1.0, abs(low))
        return low + unit / _MODERATE * allowed.low_open, low + unit * _MODERATE
    if math.isfinite(high):
        unit = max(1.0, abs(high))
        return high - unit * _MODERATE, high - unit / _MODERATE * allowed.high_open
    return -_MODERATE / 4, _MODERATE / 4


def _origin(allowed: Real | Integer, low: float, high: float) -> float | None:
    """Return what distances are counted from where they span decades; None on an even scale."""
    bottom = (
        allowed.low if isinstance(allowed, Real) and math.isinf(allowed.high) and math.isfinite(allowed.low) else 0.0
    )
    if low > bottom and (high - bottom) / (low - bottom) >= _DECADE:
        return float(bottom)
    return 0.0 if low > 0 and high / low >= _DECADE else None


def _text(value: Any) -> str:
    return number(value) if isinstance(value, float) else shown(value)
