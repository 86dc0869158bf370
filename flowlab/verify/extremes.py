"""Where a claim is tightest and loosest: a pattern search from many starts, its result confirmed in mpmath."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import mpmath
import numpy as np

from flowlab.verify import functions
from flowlab.verify.claim import Unevaluable
from flowlab.verify.exactness import as_float, as_mpf
from flowlab.verify.settle import LADDER
from flowlab.verify.sides import Sides
from flowlab.verify.verdict import nearest_float

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from flowlab.verify.claim import Claim
    from flowlab.verify.spans import Span

__all__ = ["Extreme", "Measure", "extreme"]

Number = Any
Point = dict[str, Any]
Kind = Literal["ratio", "slack"]

_STARTS, _REFINED = 8, 2
_COARSE, _FINE = (0.125, 1e-3), (1e-3, 1e-9)  # steps, as parts of a span
_BUDGET = 400, 2000  # points looked at from each start
_AGREEMENT = 1e-6
_NO_VALUE = (ArithmeticError, ValueError, Unevaluable, mpmath.libmp.NoConvergence)


@dataclass(frozen=True)
class Extreme:
    """The least or the greatest value of what was measured.

    Attributes
    ----------
    arguments : dict
    value : float
        ln(right side / left side), or the slack; rounded from mpmath where it was confirmed.
    digits : int
        To how many digits it was computed when two precisions agreed; 0 where they never did.

    Examples
    --------
    >>> Extreme({"x": 1.0}, 0.5, 100).value
    0.5
    """

    arguments: Point
    value: float
    digits: int


class Measure:
    """What is measured of a claim at a point: ln(right side / left side), or else its slack.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real, at_most
    >>> measure = Measure(Claim("demo", "", "", "", {"x": Real(0, 9)}, lambda x: at_most(x, 2 * x)))
    >>> measure.settle_kind([{"x": 1.0}])
    >>> measure.kind, round(measure({"x": 3.0}), 6), measure({"x": 0.0})
    ('ratio', 0.693147, nan)
    """

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.kind: Kind = "ratio"

    def settle_kind(self, points: Iterable[Point]) -> None:
        """Decide what to measure: the slack where no point has two sides of positive numbers."""
        self.kind = "ratio"
        if self.claim.sides is None and not any(math.isfinite(self(point)) for point in points):
            self.kind = "slack"

    def __call__(self, arguments: Point) -> float:
        """Return the value in float64; nan outside the hypotheses and where there is none."""
        if not self.claim.admits(**arguments):
            return math.nan
        try:
            value = as_float(self._value(arguments), self.claim.slack)
        except _NO_VALUE:
            return math.nan
        return value if math.isfinite(value) else math.nan

    def _value(self, arguments: Point) -> Number:
        if self.kind == "slack":
            return self.claim.slack(**arguments)
        found = (self.claim.sides or self.claim.slack)(**arguments)
        return log_ratio(found) if isinstance(found, Sides) else math.nan

    def _sides(self, arguments: Point) -> Sides:
        """Return the sides of mpf, whole numbers in them not rounded."""
        with functions.plain_numbers_as(mpmath.mpf):
            found: Sides = (self.claim.sides or self.claim.slack)(**arguments)
        return found

    def exact(self, arguments: Point) -> tuple[float, int]:
        """Return the value from mpmath, and the digits at which two precisions agreed; 0 where none did."""
        before = None
        for digits in LADDER[:5]:
            try:
                with mpmath.workdps(digits):
                    given = as_mpf(arguments)
                    value = self.claim.exact(**given) if self.kind == "slack" else log_ratio(self._sides(given))
            except _NO_VALUE:
                break
            if not isinstance(value, mpmath.mpf) or not mpmath.isfinite(value):
                break
            if before is not None and abs(value - before) <= _AGREEMENT * abs(value):
                return nearest_float(value), digits
            before = value
        else:
            if abs(value) < mpmath.mpf(10) ** (-digits // 2):  # never twice the same, and ever smaller: rounding
                return 0.0, digits
        return self(arguments), 0


def log_ratio(sides: Sides) -> Number:
    """Return ln(right/left), as exactly as the two sides allow; nan where they are not two positive numbers.

    Examples
    --------
    >>> f"{log_ratio(Sides(1.0, 1.0 + 2.0**-52)):.12g}", log_ratio(Sides(-800.0, -798.0, log=True))
    ('2.22044604925e-16', 2.0)
    """
    if sides.log:
        return sides.slack
    if not (sides.left > 0 and sides.right > 0):
        return math.nan
    if sides.left / 2 < sides.right < 2 * sides.left:
        return functions.log1p(sides.slack / sides.left)
    return functions.log(sides.right) - functions.log(sides.left)


def extreme(
    measure: Measure, spans: dict[str, Span], points: Sequence[Point], values: NDArray[np.float64], sign: int
) -> Extreme:
    """Return the least (`sign` 1) or the greatest (`sign` −1) value in a box, from the values at many of its points.

    Raises
    ------
    ValueError
        If no point has a value.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> from flowlab.verify.spans import Span
    >>> measure = Measure(Claim("demo", "", "", "", {"x": Real(0, 9)}, lambda x: (x - 2) ** 2 + 1))
    >>> measure.settle_kind([{"x": 1.0}])
    >>> found = extreme(measure, {"x": Span((0.0, 9.0))}, [{"x": 5.0}], np.array([10.0]), 1)
    >>> round(found.arguments["x"], 6), round(found.value, 12), found.digits
    (2.0, 1.0, 100)
    """
    order = np.argsort(np.where(np.isnan(values), np.inf, sign * values), kind="stable")
    starts = [points[k] for k in order[:_STARTS] if not np.isnan(values[k])]
    if not starts:
        raise ValueError("points: got none with a value; allowed: at least one")

    def ranking(candidates: Iterable[Point]) -> list[tuple[float, Point]]:
        return sorted(((sign * measure(each), each) for each in candidates), key=lambda pair: pair[0])

    coarse = ranking(_descend(measure, spans, start, sign, _COARSE, _BUDGET[0]) for start in starts)
    best_few = [point for _, point in coarse[:_REFINED]]
    # The best by floats first; one that mpmath puts behind another has to let it pass.
    ranked = ranking(_descend(measure, spans, point, sign, _FINE, _BUDGET[1]) for point in best_few)
    best: Extreme | None = None
    for estimate, arguments in ranked:
        if best is not None and sign * best.value <= estimate:
            break
        value, digits = measure.exact(arguments)
        if best is None or sign * value < sign * best.value:
            best = Extreme(arguments, value, digits)
    assert best is not None
    return best


def _descend(
    measure: Measure, spans: dict[str, Span], start: Point, sign: int, steps: tuple[float, float], budget: int
) -> Point:
    """Return a better point nearby, by the pattern search of Hooke and Jeeves (1961) with ever finer steps."""
    search = _Pattern(measure, spans, sign, budget)
    here, value = start, search.look(start)
    step, last = steps
    while step > last and search.budget > 0:
        there, found = search.explored(here, value, step)
        if not found < value:
            step /= 2
            continue
        while found < value:  # on in the same direction, as long as that helps
            ahead = search.beyond(here, there)
            here, value = there, found
            there, found = search.explored(ahead, search.look(ahead), step)
    return here


class _Pattern:
    """The moves of a pattern search, and how many more points it may look at."""

    def __init__(self, measure: Measure, spans: dict[str, Span], sign: int, budget: int) -> None:
        self.measure, self.spans, self.sign, self.budget = measure, spans, sign, budget

    def look(self, point: Point) -> float:
        self.budget -= 1
        return self.sign * self.measure(point) if self.budget >= 0 else math.inf

    def explored(self, point: Point, best: float, step: float) -> tuple[Point, float]:
        """Return the better of the points one step away, one argument after the other."""
        for name, span in self.spans.items():
            for value in span.near(point[name], step):
                found = self.look({**point, name: value})
                if found < best or (math.isnan(best) and not math.isnan(found)):
                    point, best = {**point, name: value}, found
                    break
        return point, best

    def beyond(self, before: Point, after: Point) -> Point:
        """Return the point as far again from the first as the second is."""
        return {name: span.mirrored(before[name], after[name]) for name, span in self.spans.items()}
