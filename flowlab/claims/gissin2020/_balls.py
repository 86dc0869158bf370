"""Slacks for balls: numbers with the sign of a claim's slack, without what cancels or vanishes at the domain's edge."""

import math
from fractions import Fraction

from flowlab.claims._stating import Number
from flowlab.verify import ForBalls
from flowlab.verify.functions import exp, log, log1p

_PAIR = {"ratio": "1.05:50", "s": "0.01:0.25", "f": "0.75:0.99"}
_DEEP = {"depth": "3", **_PAIR}
_NEAR = {"ratio": "1.05:1.2", "s": "0.01:0.25", "f": "0.75:0.99"}  # where the bounds by r − 1 lie below s σ_j*


def order(depth: Number) -> Number:
    """Return p = 1 − 2/N: a plain number where N is an integer or infinite."""
    if depth == math.inf:
        return Fraction(1)
    return Fraction(int(depth) - 2, int(depth)) if hasattr(depth, "__index__") else 1 - 2 / depth


def balance(p: Fraction, ratio: Number, s: Number, f: Number, drop: Number, lead: Number) -> Number:
    """Return ``r s^p (t_s(σ_j) − t_f(σ_i))`` for the start ``x0 = s e^(−drop)``, in units of σ_j*; it falls with x0.

    With R' = v^(−p)/(1−v), and 1/(x^(1+p) (r−x)) = (x^(−1−p) + x^(−p)/(r−x))/r, it is `lead` + r s^p (R(s) − R(x0)) −
    (s/r)^p (R(f) − R(x0/r)), where `lead` = ∫_{x0}^s (r−1) (s/x)^p dx/x − ∫_s^{fr} (s/x)^p dx/x. With q = 1 − p, and
    K(u) the integral of v^q/(1−v) from 0, R(u) − R(v) = u^q ∫ e^(−qt) dt over [0, log u/v] + K(u) − K(v).
    """
    from flowlab.verify.certifying.remainders import pole_integral, saturation

    q, way = 1 - p, log(f) + log(ratio) - log(s) + drop
    start = s * exp(-drop)
    slow = s * saturation(q, drop) + exp(p * log(s)) * (pole_integral(q, s) - pole_integral(q, start))
    fast = exp(q * log(f)) * saturation(q, way) + pole_integral(q, f) - pole_integral(q, start / ratio)
    return lead + ratio * slow - exp(p * (log(s) - log(ratio))) * fast


def threshold_lower(ratio: Number, s: Number, f: Number, depth: Number = 2) -> Number:
    """Return the balance at Theorem 2's lower bound, for depths 2 and >= 3."""
    p, gain = order(depth), (1 - f) * (ratio - 1)
    far = log(f) + log(ratio) - log(s)
    if p == 0:
        return balance(p, ratio, s, f, far / gain, far * f / (1 - f))
    return balance(p, ratio, s, f, log1p(1 / gain) / p, (f / (1 - f) + exp(-p * far)) / p)


def threshold_upper(ratio: Number, s: Number, f: Number, depth: Number = 2) -> Number:
    """Return minus the balance at Theorem 2's upper bound, the corrected one for depths above 2."""
    from flowlab.verify.certifying.remainders import saturation

    p, far = order(depth), log(f) + log(ratio) - log(s)
    kept = saturation(p, far)  # (1 − (s/(fr))^p)/p
    gain = (1 - s) / (ratio - 1) * kept
    drop = gain if p == 0 else log1p(p * gain) / p
    return -balance(p, ratio, s, f, drop, -s * kept)


def threshold_upper_printed(depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """Return minus the balance at Theorem 2's upper bound as printed for depths >= 3."""
    p, far = order(depth), log(f) + log(ratio) - log(s)
    drop = log1p((1 - s) / (ratio - 1)) / p
    return -balance(p, ratio, s, f, drop, (exp(-p * far) - s) / p)


def exponential_lower(ratio: Number, s: Number, f: Number) -> Number:
    """Return the balance at s e^(−C/(r−1) − 1/(1−s)), C = log(f/(1−f) · (1−s)/s), at depth 2."""
    way = log(1 - s) - log(1 - f)
    drop = (way + log(f) - log(s)) / (ratio - 1) + 1 / (1 - s)
    return balance(Fraction(0), ratio, s, f, drop, way - log(ratio) + (ratio - 1) / (1 - s))


def exponential_upper(ratio: Number, s: Number, f: Number) -> Number:
    """Return minus the balance at s e^(−C/(r−1))/(1−s)."""
    way = log(1 - s) - log(1 - f)
    drop = (way + log(f) - log(s)) / (ratio - 1) + log(1 - s)
    return -balance(Fraction(0), ratio, s, f, drop, way - log(ratio) + (ratio - 1) * log(1 - s))


def polynomial_lower(depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """Return the balance at s ((1−f)(r−1)/(2−f))^(1/p)."""
    p, grown = order(depth), (2 - f) / (1 - f)
    far = log(f) + log(ratio) - log(s)
    return balance(p, ratio, s, f, (log(grown) - log(ratio - 1)) / p, (grown - ratio + exp(-p * far)) / p)


def polynomial_upper(depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """Return minus the balance at s ((r−1)/((1−s)(1−(s/f)^p)))^(1/p)."""
    p = order(depth)
    grown = (1 - s) * (1 - exp(p * (log(s) - log(f))))
    far = log(f) + log(ratio) - log(s)
    return -balance(p, ratio, s, f, (log(grown) - log(ratio - 1)) / p, (grown - ratio + exp(-p * far)) / p)


DEPTH2_LOWER, DEPTH2_UPPER = ForBalls(threshold_lower, _PAIR), ForBalls(threshold_upper, _PAIR)
DEEP_LOWER, DEEP_UPPER = ForBalls(threshold_lower, _DEEP), ForBalls(threshold_upper_printed, _DEEP)
DEEP_UPPER_CORRECTED = ForBalls(threshold_upper, _DEEP)
EXPONENTIAL_LOWER, EXPONENTIAL_UPPER = ForBalls(exponential_lower, _NEAR), ForBalls(exponential_upper, _NEAR)
POLYNOMIAL_LOWER = ForBalls(polynomial_lower, {"depth": "3", **_NEAR})
POLYNOMIAL_UPPER = ForBalls(polynomial_upper, {"depth": "3", **_NEAR})
