"""Where a claim is tightest and loosest: a pattern search from many starts, its result confirmed in mpmath."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np

from flowlab.verify.discrete import Choice, Integer
from flowlab.verify.intervals import Real
from flowlab.verify.ranges import in_words
from flowlab.verify.search import reach
from flowlab.verify.simplify import shorter
from flowlab.verify.verdict import nearest_float

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from flowlab.verify.measure import Measure
    from flowlab.verify.ranges import Range

    Known = tuple[Sequence["Point"], NDArray[np.float64]]  # points, and what was measured there

__all__ = ["Extreme", "extreme"]

Number = Any
Point = dict[str, Any]

_STARTS, _REFINED, _CONFIRMED = 4, 2, 2  # of each sort of points; of all starts; of each sort, as they are
_COARSE, _FINE = (0.125, 1e-3), (1e-3, 1e-9)  # steps, as parts of the way to the nearest end
_FINER = 5  # times as many points are looked at from the best starts
_ROUNDED = 4  # numbers of fewer digits that mpmath is asked about
_TIE = mpmath.mpf(10) ** -30  # two values that differ by less, as a part of them, are one
_NEARLY = 1e-9


@dataclass(frozen=True)
class Extreme:
    """The least or the greatest value of what was measured.

    Attributes
    ----------
    arguments : dict
    value : float
        ln(right side / left side), infinite where one side is 0; or the slack. Rounded from mpmath where confirmed.
    digits : int
        To how many digits it was computed when two precisions agreed; 0 where they never did.
    approached : dict of str to float
        The arguments that stand at the last float before an end that the claim leaves out, or at which it has no
        value, and that end. The value may go on beyond: it is the best of all floats.

    Examples
    --------
    >>> Extreme({"x": 1.0}, 0.5, 100).value
    0.5
    """

    arguments: Point
    value: float
    digits: int
    approached: dict[str, float] = field(default_factory=dict)

    def where(self, text: Callable[[Any], str]) -> str:
        """Return where it is in words; `text` writes a value.

        Examples
        --------
        >>> Extreme({"x": 1.0, "n": 3}, 0.5, 100).where(str)
        'at x = 1.0, n = 3'
        >>> Extreme({"x": 1.7976931348623157e308, "n": 3}, 0.5, 100, {"x": math.inf}).where(str)
        'as x → ∞, n = 3'
        """
        told = ", ".join(
            f"{name} → {in_words(self.approached[name])}" if name in self.approached else f"{name} = {text(value)}"
            for name, value in self.arguments.items()
        )
        return f"{'as' if self.approached else 'at'} {told}"


def extreme(
    measure: Measure,
    domain: Mapping[str, Range],
    known: Sequence[Known],
    told: Sequence[Point],
    sign: int,
    steps: int = 400,
) -> Extreme:
    """Return the least (`sign` 1) or the greatest (`sign` −1) value in a domain, from the values at many points.

    Parameters
    ----------
    measure : Measure
    domain : mapping of str to Range
    known : sequence of (points, values)
        Sorts of points to start from. Of values that are the same, that of the first sort is taken.
    told : sequence of points
        What mpmath is asked about whatever floats say.
    sign : int
    steps : int, optional
        Points that are looked at from each start, at most; from the best, five times as many more.

    Returns
    -------
    Extreme

    Raises
    ------
    ValueError
        If no point has a value.

    Examples
    --------
    >>> from flowlab.verify import Claim
    >>> from flowlab.verify.measure import Measure
    >>> measure = Measure(Claim("demo", "", "", "", {"x": Real(0, math.inf)}, lambda x: (x - 2) ** 2 + 1))
    >>> measure.settle_kind([{"x": 1.0}])
    >>> found = extreme(measure, measure.claim.hypotheses, [([{"x": 5.0}], np.array([10.0]))], (), 1)
    >>> found.arguments["x"], found.value, found.digits > 50
    (2.0, 1.0, True)
    """
    search = _Search(measure, domain, sign)
    starts = [start for sort, values in known for start in search.best(sort, values, _STARTS)]
    coarse = search.ranked(search.descended(start, _COARSE, steps) for start in starts)
    refined = [search.descended(point, _FINE, _FINER * steps) for point in coarse[:_REFINED]]
    for sort, values in known[:1]:
        search.confirm(search.best(sort, values, _CONFIRMED))
    search.confirm(refined)
    search.confirm(told, surely=True)
    for sort, values in known[1:]:
        search.confirm(search.best(sort, values, 2 * _CONFIRMED))
    if not search.point:
        raise ValueError("ranges: got a box in which no point has a value; allowed: one that meets the hypotheses")
    return search.polished()


class _Search:
    """A search in one direction: what is best so far by mpmath, and how to find what may be better."""

    def __init__(self, measure: Measure, domain: Mapping[str, Range], sign: int) -> None:
        self.measure, self.domain, self.sign = measure, domain, sign
        self.point: Point = {}
        self.value: Number = math.nan
        self.digits = 0

    def best(self, points: Sequence[Point], values: NDArray[np.float64], count: int) -> list[Point]:
        """Return the points of so many best values by floats."""
        order = np.argsort(np.where(np.isnan(values), np.inf, self.sign * values), kind="stable")
        return [points[k] for k in order[:count] if not np.isnan(values[k])]

    def ranked(self, points: Iterable[Point]) -> list[Point]:
        """Return points, the best by floats first."""
        pairs = [(self.sign * self.measure(point), point) for point in points]
        return [point for _, point in sorted(pairs, key=lambda pair: math.inf if math.isnan(pair[0]) else pair[0])]

    def descended(self, start: Point, steps: tuple[float, float], budget: int) -> Point:
        """Return a better point nearby, by the pattern search of Hooke and Jeeves (1961) with ever finer steps."""
        pattern = _Pattern(self.measure, self.domain, self.sign, budget)
        here, value = start, pattern.look(start)
        step, last = steps
        while step > last and pattern.budget > 0:
            there, found = pattern.explored(here, value, step)
            if not found < value:
                step /= 2
                continue
            while found < value:  # on in the same direction, as long as that helps
                ahead = pattern.beyond(here, there)
                here, value = there, found
                there, found = pattern.explored(ahead, pattern.look(ahead), step)
        return here

    def confirm(self, points: Iterable[Point], *, surely: bool = False) -> None:
        """Keep the best of the points by mpmath, and of what is known."""
        for point in points:
            self.accepts(point, surely=surely)

    def accepts(self, point: Point, *, equal: bool = False, surely: bool = False) -> bool:
        """Take a point if it is better, or as good where that will do; return whether it was."""
        if self.digits and not surely and self.surely_worse(self.measure(point)):
            return False
        value, digits = self.measure.exact(point)
        if math.isnan(value):
            return False
        better = bool(digits) > bool(self.digits) or not self.point
        if bool(digits) == bool(self.digits) and not better:
            same = value == self.value or _tie(value, self.value)
            better = equal if same else bool(value < self.value if self.sign > 0 else value > self.value)
        if better:
            self.point, self.value, self.digits = point, value, digits
        return better

    def surely_worse(self, estimate: float) -> bool:
        """Return whether a value by floats is so much worse that mpmath need not be asked."""
        known = self.sign * float(self.value)
        room = 0.0 if math.isinf(known) else _NEARLY * (1 + abs(known))
        return math.isfinite(estimate) and self.sign * estimate > known + room

    def polished(self) -> Extreme:
        """Return the best, at an end where that is better, away from it where that is as good, and in few digits."""
        for name, allowed in self.domain.items():
            for end in _ends(allowed):
                if self.accepts({**self.point, name: end}) or not isinstance(allowed, Real):
                    continue
                inside = math.nextafter(end, allowed.middle())
                if math.isnan(self.measure.exact({**self.point, name: end})[0]):
                    self.accepts({**self.point, name: inside})
        for name, allowed in self.domain.items():
            if name in self.approached() and isinstance(allowed, Real):
                self.accepts({**self.point, name: allowed.middle()}, equal=True)
        for name, allowed in self.domain.items():
            if isinstance(allowed, Real) and name not in self.approached():
                trials = ({**self.point, name: each} for each in shorter(self.point[name], allowed))
                likely = (each for each in trials if not self.surely_worse(self.measure(each)))
                any(self.accepts(each, equal=True) for each in islice(likely, _ROUNDED))
        value = float(self.value) if mpmath.isinf(self.value) else nearest_float(self.value)
        return Extreme(self.point, value, self.digits, self.approached())

    def approached(self) -> dict[str, float]:
        """Return the arguments that stand next to an end that cannot be taken, and that end."""
        found: dict[str, float] = {}
        for name, allowed in self.measure.claim.hypotheses.items():
            value = self.point[name]
            if isinstance(allowed, Integer):
                if allowed.high is None and value == allowed.last:
                    found[name] = math.inf
            elif isinstance(allowed, Real) and isinstance(value, float):
                for end, bound in ((allowed.first, allowed.low), (allowed.last, allowed.high)):
                    next_to = value == math.nextafter(end, allowed.middle()) and value != end
                    outside = end != bound and value == end
                    if outside or (next_to and math.isnan(self.measure.exact({**self.point, name: end})[0])):
                        found[name] = bound
        return found


class _Pattern:
    """The moves of a pattern search, and how many more points it may look at."""

    def __init__(self, measure: Measure, domain: Mapping[str, Range], sign: int, budget: int) -> None:
        self.measure, self.domain, self.sign, self.budget = measure, domain, sign, budget

    def look(self, point: Point) -> float:
        self.budget -= 1
        return self.sign * self.measure(point) if self.budget >= 0 else math.inf

    def explored(self, point: Point, best: float, step: float) -> tuple[Point, float]:
        """Return the better of the points one step away, one argument after the other."""
        for name, allowed in self.domain.items():
            for value in _near(point[name], allowed, step):
                found = self.look({**point, name: value})
                if found < best or (math.isnan(best) and not math.isnan(found)):
                    point, best = {**point, name: value}, found
                    break
        return point, best

    def beyond(self, before: Point, after: Point) -> Point:
        """Return the point as far again from the first as the second is."""
        return {
            name: _inside(allowed, 2 * after[name] - before[name])
            if isinstance(allowed, Real | Integer)
            else after[name]
            for name, allowed in self.domain.items()
        }


def _tie(value: Number, other: Number) -> bool:
    """Return whether two values are as good as one."""
    return bool(mpmath.isfinite(other) and abs(value - other) <= _TIE * abs(other))


def _ends(allowed: Range) -> tuple[Any, ...]:
    """Return the first and the last member; of a list, none."""
    corners = allowed.corners()
    return () if isinstance(allowed, Choice) else (corners[0], corners[-1])


def _near(value: Any, allowed: Range, step: float) -> tuple[Any, ...]:
    """Return the values a step away; of a list, all others."""
    if not isinstance(allowed, Real | Integer):
        return tuple(other for other in allowed.corners() if other != value)
    far = reach(value, allowed, step)
    return tuple(other for way in (far, -far) if (other := _inside(allowed, value + way)) != value)


def _inside(allowed: Real | Integer, value: Any) -> Any:
    """Return the member nearest to a value."""
    return allowed.nearest(value) if isinstance(allowed, Real) else min(max(value, allowed.low), allowed.last)
