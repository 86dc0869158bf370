"""What is left of exp, log and a power's integral when their vanishing factors are divided out, over balls.

At the edge of a claim's domain both sides of an inequality often vanish. Divided by the factor that does, the
difference keeps its sign, and a certificate can reach the edge itself. All of these are monotone, and so are their
derivatives: their ranges follow from their ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import acb, arb

from flowlab.verify.certifying.arbs import Arb, ends, exact_arb, not_negative
from flowlab.verify.certifying.balls import Ball

__all__ = ["blend", "exp_rest", "log_rest", "pole_integral", "power", "saturation"]


def exp_rest(n: int, x: Ball) -> Ball:
    """Return ``Σ x^k/(k+n)!`` over k >= 0: e^x at n = 0, (e^x − 1)/x at 1, (e^x − 1 − x)/x² at 2.

    It is ``∫ e^(xt) (1−t)^(n−1) dt/(n−1)!`` over [0, 1], so it and its derivatives rise with x.

    Examples
    --------
    >>> from flowlab.verify.certifying.balls import ball_box
    >>> x, = ball_box([(0, 0)])
    >>> float(exp_rest(1, x).tight), float(exp_rest(2, x).tight)
    (1.0, 0.5)
    """

    def value(at: Arb) -> Arb:
        return arb.hypgeom_1f1(at, 1, n + 1) / math.factorial(n)

    def slope(at: Arb) -> Arb:
        return arb.hypgeom_1f1(at, 2, n + 2) / math.factorial(n + 1)

    return x.map(value, lambda over: ends(value, over), lambda over: ends(slope, over))


def log_rest(n: int, z: Ball) -> Ball:
    """Return ``Σ (−z)^k/(k+n)`` over k >= 0, n >= 1: log(1+z)/z at n = 1, (z − log(1+z))/z² at n = 2.

    It is ``∫ t^(n−1)/(1+tz) dt`` over [0, 1], for z > −1: it falls, and its derivative rises.

    Examples
    --------
    >>> from flowlab.verify.certifying.balls import ball_box
    >>> z, = ball_box([(0, 0)])
    >>> float(log_rest(1, z).tight), float(log_rest(2, z).tight)
    (1.0, 0.5)
    """

    def value(at: Arb) -> Arb:
        return arb.hypgeom_2f1(-at, 1, n, n + 1) / n

    def slope(at: Arb) -> Arb:
        return -arb.hypgeom_2f1(-at, 2, n + 1, n + 2) / (n + 1)

    return z.map(value, lambda over: ends(value, over), lambda over: ends(slope, over))


def saturation(q: Any, x: Ball) -> Ball:
    """Return ``∫ e^(−qt) dt`` over [0, x], x >= 0, q >= 0: (1 − e^(−qx))/q, and x at q = 0.

    It falls with q and rises with x. `q` is a plain number or a ball.

    Examples
    --------
    >>> from flowlab.verify.certifying.balls import ball_box
    >>> x, = ball_box([(2, 2)])
    >>> float(saturation(0, x).tight), round(float(saturation(1, x).tight), 6)
    (2.0, 0.864665)
    """

    def value(rate: Arb, at: Arb) -> Arb:
        return at * arb.hypgeom_1f1(-rate * at, 1, 2)

    def in_q(rate: Arb, at: Arb) -> Arb:  # −∫ t e^(−qt) dt
        return -at * at * arb.hypgeom_1f1(-rate * at, 2, 3) / 2

    def in_x(rate: Arb, at: Arb) -> Arb:
        return (-rate * at).exp()

    return _OfBoth(value, in_q, in_x, convex=False, dear=False)(q, x)


def pole_integral(q: Any, y: Ball) -> Ball:
    """Return ``∫ v^q/(1−v) dv`` over [0, y], 0 <= y < 1, q >= 0: it falls with q and rises with y.

    It is ``y^(1+q)/(1+q) ₂F₁(1, 1+q; 2+q; y)``, and its derivative in q is ``log y`` times it less
    ``y^(1+q) Φ(y, 2, 1+q)``. `q` is a plain number or a ball.

    Examples
    --------
    >>> from flowlab.verify.certifying.balls import ball_box
    >>> y, = ball_box([(0.5, 0.5)])
    >>> round(float(pole_integral(0, y).tight), 12) == round(math.log(2), 12)
    True
    """

    def value(power: Arb, at: Arb) -> Arb:
        """Return the integral; at 0 it is 0, where Arb's series divides by it."""
        if at.is_zero():
            return at
        series = arb.hypgeom_2f1(at, 1, power + 1, power + 2, bc=True, abc=True)
        return at ** (power + 1) * series / (power + 1)

    def in_q(power: Arb, at: Arb) -> Arb:
        if at.is_zero():
            return at
        return at.log() * value(power, at) - at ** (power + 1) * acb(at).lerch_phi(2, power + 1).real

    def in_y(power: Arb, at: Arb) -> Arb:
        return (arb(0) if at.is_zero() and power > 0 else at**power) / (1 - at) if at < 1 else arb("nan")

    return _OfBoth(value, in_q, in_y, convex=True, dear=True)(q, y)


def power(x: Ball, p: Any) -> Ball:
    """Return x^p for 0 <= x <= 1 and p >= 0, with 0^0 = 1: it rises with x and falls with p. At x = 0, no slopes.

    Examples
    --------
    >>> from flowlab.verify.certifying.balls import ball_box
    >>> x, p = ball_box([(0, 0.25), (0, 0.5)])
    >>> root = power(x, p).tight
    >>> root.contains(0), root.contains(1), bool(root < 1.1)
    (True, True, True)
    """
    p = x * 0 + p if not isinstance(p, Ball) else p.beside(x)
    x = x.beside(p)

    def value(at: Arb, exponent: Arb) -> Arb:
        return arb(0) if at.is_zero() and exponent > 0 else at**exponent

    low, high = not_negative(x.tight), not_negative(p.tight)
    hull = value(low.lower(), high.upper()).union(value(low.upper(), high.lower()))
    smooth = (x.log() * p).exp() if x.tight > 0 else x * arb("nan")
    return Ball(value(x.centre, p.centre), hull, smooth.slopes, x.offsets)


def blend(*parts: tuple[Ball, Ball]) -> Ball:
    """Return the mean of values with weights >= 0, of which one at least is positive in the interior of the domain.

    It has the sign of the weighted sum, and lies between the values even where all weights vanish.

    Examples
    --------
    >>> from flowlab.verify.certifying.balls import ball_box
    >>> x, = ball_box([(0, 1)])
    >>> bool(blend((x, x + 1), (x, 3 - x)).tight > 0)
    True
    """
    total = sum((weight for weight, _ in parts[1:]), parts[0][0])
    mean = sum((weight * value for weight, value in parts[1:]), parts[0][0] * parts[0][1]) / total
    hull, centre = parts[0][1].tight, parts[0][1].centre
    for _, value in parts[1:]:
        hull, centre = hull.union(value.tight), centre.union(value.centre)
    middle = mean.centre if mean.centre.is_finite() else centre
    return Ball(middle, hull.intersection(mean.tight) if mean.tight.is_finite() else hull, mean.slopes, mean.offsets)


@dataclass(frozen=True)
class _OfBoth:
    """A function of q >= 0 and x >= 0 that falls with q and rises with x.

    Its derivative in q rises with q and falls with x; that in x falls with q, and rises with x (`convex`) or falls.
    """

    value: Callable[[Arb, Arb], Arb]
    in_q: Callable[[Arb, Arb], Arb]
    in_x: Callable[[Arb, Arb], Arb]
    convex: bool
    dear: bool  # its range is then that of the mean value theorem, which needs no more values

    def __call__(self, q: Any, x: Ball) -> Ball:
        if isinstance(q, Ball):
            q, x = q.beside(x), x.beside(q)
        rates, moving = (q.tight, q.slopes) if isinstance(q, Ball) else (exact_arb(q), ())
        middle = self.value(q.centre if isinstance(q, Ball) else rates, x.centre)
        rates = not_negative(rates)
        over = not_negative(x.tight)
        (slowest, fastest), (least, most) = ((each.lower(), each.upper()) for each in (rates, over))
        first, last = (least, most) if self.convex else (most, least)
        along_x = self.in_x(fastest, first).union(self.in_x(slowest, last))
        slopes = [along_x * each for each in x.slopes]
        along_q = arb(0)
        if any(not each.is_zero() for each in moving):
            along_q = self.in_q(slowest, most).union(self.in_q(fastest, least))
            slopes = [a + along_q * b for a, b in zip(slopes, moving, strict=True)]
        if self.dear:
            hull = middle + along_x * (over - x.centre) + along_q * (rates - (q.centre if moving else rates))
        else:
            hull = self.value(fastest, least).union(self.value(slowest, most))
        return Ball(middle, hull, slopes, x.offsets)
