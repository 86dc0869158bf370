"""Steps of the proofs for balls, over all of their domains: without the factors that vanish or diverge at an edge.

What is returned is the slack times something positive in the domain's interior. `tests/claims/test_certified.py` holds
each to the slack itself. An unbounded `ratio` is met through 1/ratio, an unbounded x through 1/(1 + x).
"""

from flowlab.claims._stating import Number
from flowlab.claims.gissin2020._balls import order
from flowlab.toy import descent_bounds
from flowlab.verify import ForBalls, functions
from flowlab.verify.functions import exp, log, sqrt

_STEP = {"q": "0:0.8284271247461901"}  # a little beyond 2(√2 − 1), so that its limit lies within
_CHAIN = {**_STEP, "start": "0:1"}
_X = {"x": "0:inf"}
_RATIO = {"ratio": "1:inf"}
_S, _F, _PART = {"s": "0:0.25"}, {"f": "0.75:1"}, {"part": "0:1"}


def _without_root(coefficients: tuple[int, ...], times: int) -> tuple[int, ...]:
    """Return a polynomial, its highest coefficient first, divided by (v − 1)^times, which has to divide it."""
    for _ in range(times):
        sums = [sum(coefficients[: count + 1]) for count in range(len(coefficients))]
        if sums.pop() != 0:
            raise ArithmeticError(f"{coefficients} has no root at 1")
        coefficients = tuple(sums)
    return coefficients


def _horner(coefficients: tuple[int, ...], v: Number) -> Number:
    total = v * 0
    for each in coefficients:
        total = total * v + each
    return total


def _reciprocal_lower(x: Number) -> Number:
    """With v = 1/(1+x), the slack is (1 − v)²."""
    return _horner(_without_root((1, -2, 1), 2), 1 / (1 + x))


def _reciprocal_upper(x: Number) -> Number:
    """With v = 1/(1+x), the slack is v² − v(1−v) + (1−v)² − v³ = (1 − v)³; its sign is that of −(v − 1)³."""
    return -_horner(_without_root((-1, 3, -3, 1), 3), 1 / (1 + x))


def _positive(q: Number) -> Number:
    """It is (2(√2 − 1) − q) (2(√2 + 1) + q)/4."""
    return (2 * (sqrt(2) + 1) + q) / 4


def _chain_lower(q: Number, start: Number) -> Number:
    """With l = 1 − r and (1 + ql/2)² = 1 + y, 1/σ − 1/σ* falls by the factor (1 + y − q − q²l/4)/(1 + y).

    So (1 + y − q − q²l/4) − (1 − q − q²/4)(1 + y) = q²r/4 + y (q + q²/4) has the slack's sign; y = q (l + ql²/4).
    """
    left = 1 - start
    return start / 4 + (left + q * left**2 / 4) * (1 + q / 4)


def _chain_upper(q: Number, start: Number) -> Number:
    """As before, (1 − q + q²)(1 + y) − (1 + y − q − q²l/4) = q² (1 + y + l/4) − q y."""
    left = 1 - start
    grown = left + q * left**2 / 4
    return 1 + left / 4 - grown * (1 - q)


def _exponent(q: Number, ratio: Number) -> Number:
    """With x = q/r: B > r says 1 − q − q²/4 < (1 − x + x²)^r = exp(−q + u), where u = q x k and x²k = x + log(1−x+x²).

    The difference is e^−q (e^u − 1) + (e^−q − 1 + q) + q²/4, divided by q²; k = 1 − (1−x)² (z − log(1+z))/z² with
    z = x² − x.
    """
    from flowlab.verify.certifying.remainders import exp_rest, log_rest

    part = 1 / ratio
    x = q * part
    k = 1 - (1 - x) ** 2 * log_rest(2, x * (x - 1))
    return exp(-q) * part * k * exp_rest(1, q * x * k) + exp_rest(2, -q) + 0.25


def _half(ratio: Number, start: Number) -> Number:
    """The slack is (r (1 − 2 start) + start)/(r − start)."""
    return (1 - 2 * start) + start * (1 / ratio)


def _level(s: Number, f: Number, part: Number, ratio: Number) -> Number:
    """Both slacks are f − s/r times `part` or 1 − `part`."""
    return f - s * (1 / ratio)


def _right(ratio: Number, s: Number, part: Number) -> Number:
    """(1−x)(r−x) − (1−s)(r−s) = (s − x)(r + 1 − s − x)."""
    return 1 + (1 - s - s * part) * (1 / ratio)


def _exceeds(rate: Number, part: Number, ratio: Number, s: Number, f: Number) -> Number:
    """A bound above s σ_j* is none from below: no threshold is above it. Otherwise balls cannot tell."""
    c = rate + part * (descent_bounds.STABLE - rate)
    slack = log(s) - descent_bounds.lower(functions, ratio, s, f, c, c / ratio)
    if slack < 0:
        return slack
    raise ArithmeticError("the bound may be one")


def _incremental(drop: Number, ratio: Number, s: Number, f: Number) -> Number:
    """From starts that the corrected claim allows, learning is incremental. Of others balls cannot tell."""
    slack = (ratio + 3) / (2 * (ratio - 1)) * (log(f) - log(1 - f) + log(ratio) - log(s)) - drop - log(s)
    if slack < 0:
        return slack
    raise ArithmeticError("the start may be too large")


def _bent(left: Number, p: Number) -> Number:
    """Return (1 − r^(1+p))/(1 − r), left = 1 − r; as r = e^(−left k), it is h (1 − e^−z)/z, h = (1+p) k, z = left h."""
    from flowlab.verify.certifying.remainders import exp_rest, log_rest, power

    if left.tight < 0.9:  # either form serves between the edges
        k = (1 + p) * log_rest(1, -left)
        return k * exp_rest(1, -left * k)
    return (1 - (1 - left) * power(1 - left, p)) / left


def _more(depth: Number, c: Number, left: Number) -> Number:
    """Return (h − 1)/(1 − r), where a step's factor is (1 + y/N)^N = 1 + y h, y = c r^p (1 − r).

    With N log(1 + y/N) = y l, l = 1 − y m/N, it is e^(y l) = 1 + y l (1 + y l e), where m and e are what is left of log
    and exp. So h − 1 = −y m/N + y l² e.
    """
    from flowlab.verify.certifying.remainders import exp_rest, log_rest, power

    rise = c * power(1 - left, order(depth))
    y, part = rise * left, 1 / depth
    m = log_rest(2, y * part)
    slower = 1 - y * m * part
    return rise * (slower**2 * exp_rest(2, y * slower) - m * part)


def _lemma1(depth: Number, start: Number, c: Number) -> Number:
    """The slack is 1 − c r^(1+p) h = (1 − c) + c (1 − r) C with C = (1 − r^(1+p))/(1−r) − r^(1+p) (h − 1)/(1−r).

    Over the sum of their weights, 1 − c and c (1 − r), it is a mean of 1 and C.
    """
    from flowlab.verify.certifying.remainders import blend, power

    left = 1 - start
    rest = _bent(left, order(depth)) - start * power(start, order(depth)) * _more(depth, c, left)
    return blend((1 - c, c * 0 + 1), (c * left, rest))


def _lemma1_exponential(depth: Number, c: Number, r: Number) -> Number:
    """With z = c y/N, y = r^p (1−r), the slack is 1 − c log(1+z)/z = (1 − c) + y/N · c² (z − log(1+z))/z²."""
    from flowlab.verify.certifying.remainders import blend, log_rest, power

    weight = power(r, order(depth)) * (1 - r) * (1 / depth)
    return blend((1 - c, c * 0 + 1), (weight, c**2 * log_rest(2, c * weight)))


def _lemma1_monotone(depth: Number, r: Number) -> Number:
    from flowlab.verify.certifying.remainders import power

    p = order(depth)
    return _bent(1 - r, p) + p * power(r, p)


RECIPROCAL_LOWER, RECIPROCAL_UPPER = ForBalls(_reciprocal_lower, _X), ForBalls(_reciprocal_upper, _X)
POSITIVE = ForBalls(_positive, _STEP)
CHAIN_LOWER, CHAIN_UPPER = ForBalls(_chain_lower, _CHAIN), ForBalls(_chain_upper, _CHAIN)
EXPONENT = ForBalls(_exponent, {**_STEP, **_RATIO})
HALF = ForBalls(_half, {**_RATIO, "start": "0:0.5"})
SAME = ForBalls(lambda ratio, x: 1 - 1 / ratio, {**_RATIO, "x": "0:1"})
LEVEL = ForBalls(_level, {**_RATIO, **_S, **_F, **_PART})
RIGHT = ForBalls(_right, {**_RATIO, **_S, **_PART})
EXCEEDS = ForBalls(_exceeds, {"rate": "0.5:0.8", "part": "0:1", "ratio": "1.5:3", "s": "0.01:0.25", "f": "0.75:0.99"})
INCREMENTAL = ForBalls(_incremental, {"drop": "12:20", "ratio": "3:8", "s": "0.1:0.25", "f": "0.75:0.9"})
LEMMA1 = ForBalls(_lemma1, {"depth": "2:inf", "start": "0:1", "c": "0:1"})
LEMMA1_EXPONENTIAL = ForBalls(_lemma1_exponential, {"depth": "2:inf", "r": "0:1", "c": "0:1"})
LEMMA1_MONOTONE = ForBalls(_lemma1_monotone, {"depth": "2:inf", "r": "0:1"})
