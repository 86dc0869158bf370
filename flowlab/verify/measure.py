"""What tightness is measured by: the ratio of a claim's sides or its slack, in floats, and in mpmath to be sure."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import mpmath

from flowlab.verify import functions
from flowlab.verify.budget import Budget
from flowlab.verify.claim import Unevaluable
from flowlab.verify.exactness import as_float, as_mpf, real_numbers
from flowlab.verify.settle import LADDER, ladder
from flowlab.verify.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowlab.verify.budget import Budget
from flowlab.verify.claim import Claim

__all__ = ["Measure", "log_ratio"]

Number = Any
Point = dict[str, Any]
Kind = Literal["ratio", "slack"]

_AGREEMENT = 1e-6
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
        self._known: dict[str, tuple[Number, int]] = {}  # what mpmath said

    def settle_kind(self, points: Iterable[Point]) -> None:
        """Decide what to measure: the slack where no point has two sides of positive numbers."""
        self.kind = "ratio"
        if self.claim.sides is None and not any(math.isfinite(self(point)) for point in points):
            self.kind = "slack"

    def __call__(self, arguments: Point) -> float:
        """Return the value in float64, a ratio's infinite where one side is 0; nan where there is none."""
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
                self._known[key] = self(arguments), 0
        return self._known[key]

    def _settled(self, arguments: Point) -> tuple[Number, int]:
        """Return the value and the digits: precisions are tried until two agree."""
        if not self.claim.admits(**arguments):
            return math.nan, 0
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
        return self(arguments), 0

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
