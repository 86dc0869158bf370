"""What tightness is measured by: the ratio of a claim's sides or its slack, in floats, and in mpmath to be sure."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import mpmath
import numpy as np

from flowlab.verify import functions
from flowlab.verify.at_points import goes_in_balls
from flowlab.verify.budget import Budget
from flowlab.verify.certifying.undecided import Undecided
from flowlab.verify.claim import Unevaluable
from flowlab.verify.exactness import as_float, as_mpf, real_numbers
from flowlab.verify.in_balls import NotForBallsError, enclosed, middle
from flowlab.verify.settle import LADDER, ladder
from flowlab.verify.sides import Sides
from flowlab.verify.verdict import nearest_float

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from flowlab.verify.claim import Claim

__all__ = ["Measure", "log_ratio"]

Number = Any
Point = dict[str, Any]
Kind = Literal["ratio", "slack"]

_AGREEMENT = 1e-6
_BITS = (192, 768, 3072, 12288)  # of balls
_ACCURACY = 40  # bits of the value that are wanted of them
_DIGITS_A_BIT = math.log10(2)
_AUDITED_IN_BALLS, _AUDITED = 60, 12  # points at which floats are held against what is settled
_HONEST = 1e-9  # by how much floats may be off
_DOUBTFUL = 1e-6  # up to which size a value by honest floats has too few digits
_UNEVALUABLE = (ArithmeticError, ValueError, Unevaluable, mpmath.libmp.NoConvergence)
_NO_VALUE = (*_UNEVALUABLE, functions.Runaway)


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
        self.cost = Budget()
        self.floats_lie = False  # then every value is a settled one
        self.for_balls = goes_in_balls(claim)
        self._known: dict[str, tuple[Number, int]] = {}  # what mpmath said

    def settle_kind(self, points: Iterable[Point]) -> None:
        """Decide what to measure: the slack where no point has two sides of positive numbers."""
        self.kind = "ratio"
        if self.claim.sides is None and not any(math.isfinite(self(point)) for point in points):
            self.kind = "slack"

    def __call__(self, arguments: Point) -> float:
        """Return the value in float64, a ratio's infinite where one side is 0; nan where there is none.

        It is computed in floats, unless `audit` saw these lie.
        """
        return self.settled(arguments) if self.floats_lie else self._by_floats(arguments)

    def settled(self, arguments: Point) -> float:
        """Return the value that two precisions, or balls, agree on; nan where there is none."""
        value, digits = self.exact(arguments)
        return (float(value) if mpmath.isinf(value) else nearest_float(value)) if digits else math.nan

    def audit(self, points: Sequence[Point], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values, of right digits: all are settled if floats are caught lying, else those next to nothing.

        They are held against what is settled where values and arguments are least and greatest, and between.

        Examples
        --------
        >>> from flowlab.verify import Claim, Real, at_most
        >>> cosine = Claim("demo", "", "", "", {"x": Real(0, 1)}, lambda x: at_most(1 - functions.cos(x), x**2 / 2))
        >>> measure, points = Measure(cosine), [{"x": 1e-6}]
        >>> measure.audit(points, np.array([measure(points[0])]))  # x²/12
        array([8.33333333e-14])
        """
        count = _AUDITED_IN_BALLS if self.for_balls else _AUDITED
        if not self.floats_lie:
            chosen = _least_and_greatest(points, values, count)
            self.floats_lie = any(self._lies(points[i], float(values[i])) for i in chosen)
        doubtful = np.isinf(values) | (np.abs(values) < _DOUBTFUL) | self.floats_lie
        return np.array([self.settled(points[i]) if doubtful[i] else values[i] for i in range(len(points))])

    def _lies(self, point: Point, estimate: float) -> bool:
        value, digits = self.exact(point)
        if not digits:
            return False
        if mpmath.isinf(value) or not math.isfinite(estimate):
            return float(value) != estimate
        return bool(abs(value - estimate) > _HONEST * (1 + abs(value)))

    def _by_floats(self, arguments: Point) -> float:
        try:
            value = self.cost.within(arguments, lambda: self._estimate(arguments), of="floats")
        except _NO_VALUE:
            return math.nan
        return value if self.kind == "ratio" or math.isfinite(value) else math.nan

    def _estimate(self, arguments: Point) -> float:
        with real_numbers():
            return as_float(self._value(arguments), self.claim.slack) if self.claim.admits(**arguments) else math.nan

    def _value(self, arguments: Point) -> Number:
        if self.kind == "slack":
            return self.claim.slack(**arguments)
        found = (self.claim.sides or self.claim.slack)(**arguments)
        if not isinstance(found, Sides):
            return math.nan
        left, right = (float(each) if isinstance(each, Fraction) else each for each in (found.left, found.right))
        return log_ratio(Sides(left, right, found.log))

    def exact(self, arguments: Point) -> tuple[Number, int]:
        """Return the value as an mpf with the digits at which two precisions agreed; or else as a float, with 0."""
        key = repr(arguments)
        if key not in self._known:
            try:
                self._known[key] = self.cost.within(arguments, lambda: self._settled(arguments))
            except functions.Runaway:
                self._known[key] = self._by_floats(arguments), 0
        return self._known[key]

    def _settled(self, arguments: Point) -> tuple[Number, int]:
        """Return the value and the digits: those of a ball, or else precisions are tried until two agree."""
        if not self.claim.admits(**arguments):
            return math.nan, 0
        if self.for_balls and (known := self._in_balls(arguments)) is not None:
            return known
        before = None
        # a sum of numbers so far apart keeps all of them; what is guarded sees to that itself, but for what vanishes
        apart = ladder(arguments)
        for digits in LADDER[:-1] if self.claim.guarded else apart:
            try:
                with mpmath.workdps(digits), real_numbers():
                    value = self._exact(as_mpf(arguments))
            except _UNEVALUABLE:
                break
            if not isinstance(value, mpmath.mpf) or mpmath.isnan(value):
                break
            same = before is not None and (value == before or abs(value - before) <= _AGREEMENT * abs(value))
            # what vanishes may have been lost at both, as the 1 of log(1 + exp(300))
            vanished = value == 0 or mpmath.isinf(value)
            if same and (not vanished or digits >= (apart[0] if self.claim.guarded else LADDER[-2])):
                return value, digits
            before = value
        else:
            if abs(value) < mpmath.mpf(10) ** (-digits // 2):  # never twice the same, and ever smaller: rounding
                return mpmath.mpf(0), digits
        return self._by_floats(arguments), 0

    def _in_balls(self, arguments: Point) -> tuple[Number, int] | None:
        """Return the value and its digits, None where balls do not tell as many as are wanted."""
        for bits in _BITS:
            try:
                ball = enclosed(self.claim.slack, arguments, bits, *([_ratio_of_balls] if self.kind == "ratio" else []))
            except Undecided:
                continue
            except NotForBallsError:
                return None
            if ball is None:
                return None
            digits = math.floor(bits * _DIGITS_A_BIT)
            if ball.is_finite() and (ball == 0 or ball.rel_accuracy_bits() >= _ACCURACY):
                with mpmath.workdps(digits):
                    return middle(ball), digits
        return None

    def _exact(self, arguments: Point) -> Number:
        """Return the value at mpmath's precision, whole numbers and fractions in it not rounded."""
        if self.kind == "slack":
            return self.claim.exact(**arguments)
        with functions.plain_numbers_as(mpmath.mpf):
            found = (self.claim.sides or self.claim.slack)(**arguments)
            if not isinstance(found, Sides) or all(isinstance(each, float) for each in (found.left, found.right)):
                return math.nan
            return log_ratio(Sides(_whole_as_mpf(found.left), _whole_as_mpf(found.right), found.log))


def _whole_as_mpf(side: Number) -> Number:
    if isinstance(side, Fraction):
        return mpmath.mpf(side.numerator) / side.denominator
    return mpmath.mpf(side) if isinstance(side, int) else side


def _ratio_of_balls(sides: Sides) -> Number:
    """Return ln(right/left) of two balls that are certainly positive."""
    if sides.log:
        return sides.slack
    if not (sides.left > 0 and sides.right > 0):
        raise NotForBallsError("there is no ratio")
    return functions.log1p(sides.slack / sides.left)


def _least_and_greatest(points: Sequence[Point], values: NDArray[np.float64], count: int) -> list[int]:
    """Return where values and arguments are least and greatest, so many in all, and as many places again between."""
    columns = [values]
    for name in points[0]:
        column = [point[name] for point in points]
        if all(isinstance(each, int | float) for each in column):
            columns.append(np.array(column, dtype=np.float64))
    orders = [np.argsort(column, kind="stable") for column in columns]
    each = max(1, count // (2 * len(orders)))
    ends = [int(i) for order in orders for i in (*order[:each], *order[-each:])]
    return list(dict.fromkeys([*ends, *range(0, len(points), max(1, len(points) // count))]))


def log_ratio(sides: Sides) -> Number:
    """Return ln(right/left), as exactly as the two sides allow; infinite where one is 0, nan where one is negative.

    Examples
    --------
    >>> f"{log_ratio(Sides(1.0, 1.0 + 2.0**-52)):.12g}", log_ratio(Sides(-800.0, -798.0, log=True))
    ('2.22044604925e-16', 2.0)
    >>> log_ratio(Sides(0.0, 1.0)), log_ratio(Sides(1.0, 0.0)), log_ratio(Sides(0.0, 0.0)), log_ratio(Sides(-1.0, 1.0))
    (inf, -inf, nan, nan)
    """
    if sides.log:
        return sides.slack
    if not (sides.left >= 0 and sides.right >= 0) or sides.left == sides.right == 0:
        return math.nan
    if sides.left == 0 or sides.right == 0:
        infinite = mpmath.inf if any(isinstance(side, mpmath.mpf) for side in (sides.left, sides.right)) else math.inf
        return infinite if sides.left == 0 else -infinite
    if sides.left / 2 < sides.right < 2 * sides.left:
        return functions.log1p(sides.slack / sides.left)
    return functions.log(sides.right) - functions.log(sides.left)
