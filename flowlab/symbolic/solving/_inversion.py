"""A coordinate from its clock: bracketed between stationary points, then found to more digits than a float has."""

from collections.abc import Sequence
from typing import Any

import sympy

from flowlab.symbolic.limits import FAILURES
from flowlab.symbolic.solving._clock import clock_limit
from flowlab.symbolic.solving._evaluation import NotReal, Precise
from flowlab.symbolic.solving._scalar import is_bounded

_DIGITS, _MOST = 40, 400
#: As close as this, relative to the coordinate, a stationary point counts as reached; a float has 16 digits.
_NEAR = 1e-25
#: Nearer to 0 than this, or farther from it, it is asked whether that takes for ever.
_FAR, _HUGE = 1e-60, 1e300
#: A limit is taken for a rational number with a denominator up to this.
_LARGEST_DENOMINATOR = 10**6
#: A rate that falls like a higher power of the distance is taken to fall at least in proportion to it.
_PROPORTIONAL = 1 - 1e-6
#: So many steps outward, and no end in sight: it is not looked for any longer.
_MOST_STEPS = 4000
#: By how much rates may differ on one step: a pole of even order, across which none changes its sign, is not crossed.
_UNEVEN = 10
#: Gauss-Legendre nodes and weights on [0, 1], symmetric halves.
_HALVES = (
    (0.5 - 0.4801449282487681, 0.0506142681451881),
    (0.5 - 0.3983332387068134, 0.1111905172266872),
    (0.5 - 0.2627662049581645, 0.1568533229389436),
    (0.5 - 0.0917173212478249, 0.1813418916891810),
)
_NODES = (*_HALVES, *((1 - x, weight) for x, weight in _HALVES))


class Inversion:
    """Inverts a clock numerically: y with time(y) − time(start) = t.

    A step outward is taken only if the rate keeps its sign and the clock's difference is the integral of its
    reciprocal, so that neither a stationary point, nor a pole, nor a branch of the antiderivative is stepped over.

    Parameters
    ----------
    time, rate : Expr
        In `y` alone.
    y : Symbol
    start : Expr

    Examples
    --------
    >>> y = sympy.Symbol("y", real=True)
    >>> decay = Inversion(-sympy.log(y), -y, y, sympy.Integer(1))
    >>> [round(float(value), 6) for value in decay.at([0.0, 1.0])]
    [1.0, 0.367879]
    """

    def __init__(self, time: sympy.Expr, rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr) -> None:
        self._time, self._y = time, y
        self._both = Precise([y], [time, rate])
        self._speed = Precise([y], [rate])
        self._rate = rate
        self._one = self._both.context.mpf(1)
        self._least = self._one / 10**330
        self.start = self._both.number(start, _DIGITS)
        here = 1 if self.start >= 0 else -1
        # the side of 0 to which it is bound, if it is
        self._side = 0 if not is_bounded(y) else 1 if y.is_nonnegative else -1 if y.is_nonpositive else here
        speed = self._speed([self.start], _DIGITS)[0]
        self._sign = 0 if speed == 0 else 1 if speed > 0 else -1
        self._size = abs(speed)
        self._scale = self._one if self._sign == 0 else abs(self._both([self.start], 2 * _DIGITS)[0])
        self._rewind()

    def _rewind(self) -> None:
        self._here, self._now = self.start, self._one * 0
        self._step = (abs(self.start) + self._one) / 1024
        self._pace = self._size
        self._ends: Any = None
        self._origins: dict[int, Any] = {}

    def number(self, value: sympy.Expr) -> Any:
        """Return a time as a number of this arithmetic, in which differences of times keep their digits."""
        return self._both.number(value, _DIGITS) if value.is_finite else self._both.context.inf

    def at(self, times: Sequence[Any]) -> list[Any]:
        """Return the coordinate at increasing times >= 0; ValueError where it has ceased to exist."""
        self._rewind()
        return [self._solve(self._one * t) for t in times]

    def until(self, horizon: float = float("inf")) -> float:
        """Return when the coordinate ceases to exist; inf where that is not before the horizon.

        ValueError where that takes too long to find out, as for a rate that goes up and down for ever.
        """
        if self._sign == 0:
            return float("inf")
        self._rewind()
        for _ in range(_MOST_STEPS):
            if self._now > min(horizon, 1e300):
                return float("inf")
            taken = self._outward()
            if taken is None:
                return float(self._end())
            self._here, self._now = taken
            if self._is_out():
                return float(self._end())
            if abs(self._here) < _FAR:
                if self._end() == float("inf"):
                    return float("inf")
                self._ends = None  # it passes 0
        reached = f"{float(self._now):.15g}, where the coordinate is {float(self._here):.15g}"
        raise ValueError(f"values: got a solution that lasts until t = {reached}, or longer; allowed: simpler rates")

    def _solve(self, t: Any) -> Any:
        if self._sign == 0 or t == 0:
            return self.start
        while True:
            ahead = self._outward()
            if ahead is None or (self._is_out() and self._end() <= t):
                if self._end() > t:
                    return self._here
                raise ValueError(
                    f"t: got {float(t):.15g}; allowed: times before {float(self._end()):.15g}, when it ends"
                )
            if ahead[1] >= t:
                return self._between(t, ahead)
            self._here, self._now = ahead

    def _is_out(self) -> bool:
        """Return whether nothing is beyond the coordinate: at 0, if that is an edge of its domain, and far away."""
        return bool(abs(self._here) > _HUGE or (self._side and abs(self._here) < _FAR))

    def _outward(self) -> tuple[Any, Any] | None:
        """Return a point further on with its time; None at an end."""
        while self._step > _NEAR * abs(self._here) and self._step > self._least:
            there = self._here + self._sign * self._step
            try:
                time, _ = self._clock(there)
                speeds = [self._checked_speed(self._here + self._sign * x * self._step) for x, _ in _NODES]
                last = self._checked_speed(there)
            except NotReal:
                self._step /= 2
                continue
            passed = self._step * sum(weight / speed for speed, (_, weight) in zip(speeds, _NODES, strict=True))
            even = max(last, *speeds) <= _UNEVEN * min(last, *speeds)
            if even and abs(passed - (time - self._now)) <= 1e-4 * (time - self._now):
                self._step *= 2
                self._pace = last
                return there, time
            self._step /= 2
        return None

    def _checked_speed(self, y: Any) -> Any:
        if self._side * y < 0 or (self._side and y == 0):
            raise NotReal("beyond the edge of its domain")
        speed = self._sign * self._speed([y], self._digits())[0]
        if speed <= 0:
            raise NotReal("the rate changes its sign")
        return speed

    def _end(self) -> Any:
        """Return when the coordinate comes to where it tends to from here; inf where it never does."""
        if self._ends is None:
            distance, order = self._ahead()
            never = distance > 0 and order > _PROPORTIONAL
            self._ends = self._one * float("inf") if never else self._known_end()
            if self._ends is None:
                self._ends = self._now
                if distance > 0:
                    self._ends += distance / ((1 - order) * self._pace)
        return self._ends

    def _ahead(self) -> tuple[Any, Any]:
        """Return the distance of the zero or pole of the rate that is right ahead, and its order; 0s for none.

        Of a rate like the power p of the distance, it is p times the rate over its derivative, and 1/p is one less the
        rate times its second over its squared first derivative: no clock is asked, whose digits cancel there.
        """
        near = max(self._one * 1e-20 * abs(self._here), self._one * _FAR)
        try:
            jet = Precise([self._y], [self._rate.diff(self._y, k) for k in range(3)])
            rate, first, second = jet([self._here], self._digits() + _DIGITS)
            order = 1 / (1 - rate * second / first**2)
            distance = -order * rate / first * self._sign
        except (NotReal, ZeroDivisionError):
            return 0, 0
        return (distance, order) if 0 < distance < near else (0, 0)

    def _known_end(self) -> Any:
        """Return it by the limit of the clock; None where that is not known, or not where it tends to."""
        if abs(self._here) > _HUGE:
            at = sympy.oo * (1 if self._here > 0 else -1)
        elif abs(self._here) < _FAR:
            at = sympy.S.Zero
        else:
            here = sympy.Float(self._here._mpf_, _DIGITS)
            at = sympy.nsimplify(here, rational=True, tolerance=10 * _NEAR * abs(here))
            if at.q > _LARGEST_DENOMINATOR:
                return None
        try:
            limit = clock_limit(self._time, self._y, at, -self._sign)
        except (NotReal, *FAILURES):
            return None
        end = self._both.context.make_mpf(limit._mpf_) - self._both([self.start], 2 * _DIGITS)[0]
        return end if end >= self._now * (1 - self._one * 1e-9) else None

    def _clock(self, y: Any) -> tuple[Any, Any]:
        """Return the time to a point, and the rate there."""
        digits = self._digits()
        if digits not in self._origins:
            self._origins[digits] = self._both([self.start], digits)[0]
        time, rate = self._both([y], digits)
        return time - self._origins[digits], rate

    def _digits(self) -> int:
        """Digits to compute with: those of a small coordinate, and of a short step after a long time, are kept."""
        size, context = abs(self._here), self._both.context
        small = -context.mag(size) if 0 < size < 1 else 0
        short = context.mag(max(self._scale, self._now) * self._pace / self._step)
        more = int(0.30103 * max(0, small, short))
        return min(_DIGITS * (1 + -(-more // _DIGITS)), _MOST)

    def _between(self, t: Any, ahead: tuple[Any, Any]) -> Any:
        """Find the point of a time by Newton's method, kept inside a bracket."""
        near, far = self._here, ahead[0]
        y = near + (far - near) * (t - self._now) / (ahead[1] - self._now)
        for _ in range(300):
            time, speed = self._clock(y)
            if time == t:
                break
            near, far = (near, y) if time > t else (y, far)
            following = y + (t - time) * speed
            if not (min(near, far) < following < max(near, far)):
                following = (near + far) / 2
            moved, y = abs(following - y), following
            if moved <= abs(y) * self._one * 1e-22 or moved <= self._least:
                break
        return y
