"""Two eigenvalues of the quadratic network under the squared loss, coupled as appendix F derives, by Taylor series.

With X = σ_1/σ_1*, Y = σ_2/σ_2*, g = σ_2*/σ_1* and time in units of 1/σ_1*: (log X)' = (3 (1 − X) + g (1 − Y))/2 and
(log Y)' = ((1 − X) + 3 g (1 − Y))/2.
"""

import math
from operator import mul
from typing import Any

import mpmath as mp
from mpmath.libmp import to_fixed

from flowlab.claims._stating import Number


def spare(ratio: Number, s: Number, f: Number, log_start: Number) -> Number:
    """Return how far learning is from not being (s, f)-incremental, from the start of which log(σ0/σ_2*) is given.

    It is log(s/Y) ≥ 0 when X reaches f, or, where Y reaches s before that, log(X/f) < 0 by then; in float64, or in
    mpmath at its precision, as the arguments are. To go on from there would be stiff where σ_1* is much the larger one.

    Examples
    --------
    >>> [round(spare(4.0, 0.2, 0.8, math.log(start)), 6) for start in (1e-4, 1e-2)]
    [1.754781, -0.339256]
    """
    exact = isinstance(log_start, mp.mpf)
    m: Any = mp if exact else math
    digits = mp.mp.dps + 5 if exact else 17
    g, goals = 1 / ratio, (m.log(f), m.log(s))
    far = -m.log(mp.mpf(10) if exact else 10.0) * digits
    u, v = log_start - m.log(ratio), log_start
    if u >= goals[0] or v >= goals[1]:
        return goals[1] - v if u >= goals[0] else u - goals[0]
    first, second, apart = (3 + g) / 2, (1 + 3 * g) / 2, (ratio - 1) / ratio
    least = min(far, goals[1] - 1)
    t = min((least - u) / first, (least - v) / second)
    if t > 0:  # so long both are small, and grow exponentially; their distance is kept, to which t may be huge
        lead = apart * t - m.log(ratio)
        u, v = min(least, least + lead), min(least, least - lead)
    return _followed(g, goals, u, v, far) if exact else _followed_in_floats(g, goals, u, v)


def _followed_in_floats(g: float, goals: tuple[float, float], u: float, v: float) -> float:
    """Return what is spare when log X or log Y reaches its goal, from u and v below these."""
    order = 16
    while True:
        x, y, us, vs = [math.exp(u)], [math.exp(v)], [u], [v]
        for k in range(order):
            p, q = (1 - x[0], 1 - y[0]) if k == 0 else (-x[k], -y[k])
            us.append((3 * p + g * q) / (2 * (k + 1)))
            vs.append((p + 3 * g * q) / (2 * (k + 1)))
            for values, logs in ((x, us), (y, vs)):  # (e^u)' = u' e^u
                values.append(sum(j * logs[j] * values[k + 1 - j] for j in range(1, k + 2)) / (k + 1))
        step = min((1e-17 / (abs(c[-1]) + 1e-200)) ** (1 / order) for c in (us, vs))
        ends = _value(us, step), _value(vs, step)
        if ends[0] >= goals[0] or ends[1] >= goals[1]:
            return float(_at_first(us, vs, goals, step))
        if ends[0] <= u:  # as near to 1 as floats tell
            return goals[1] - v
        u, v = ends


def _followed(g: Number, goals: tuple[Number, Number], u: Number, v: Number, far: Number) -> Number:
    """Return the same in mpmath: series on integers, whose operations cost a tenth of mpmath's, over a guessed step."""
    bits, order, step = mp.mp.prec + 60, int(1.2 * mp.mp.dps) + 10, mp.mpf(max(3, -max(u, v))) / 16
    while True:
        us, vs = _scaled(g, u, v, step, order, bits)
        last = max(abs(us[-1]), abs(vs[-1])) + mp.exp(2 * far)
        part = mp.exp((far - mp.log(last)) / order)
        to = min(part, 1)
        ends = _value(us, to), _value(vs, to)
        if ends[0] >= goals[0] or ends[1] >= goals[1]:
            return _at_first(us, vs, goals, to)
        u, v, step = *ends, step * min(part, 2)


def _at_first(us: list[Number], vs: list[Number], goals: tuple[Number, Number], step: Number) -> Number:
    """Return what is spare at the first of the two goals that two rising polynomials reach between 0 and `step`."""
    at = [_root(c, goal, step) if _value(c, step) >= goal else step for c, goal in zip((us, vs), goals, strict=True)]
    if _value(us, step) >= goals[0] and at[0] <= at[1]:
        return goals[1] - _value(vs, at[0])
    return _value(us, at[1]) - goals[0]


def _scaled(g: Number, u: Number, v: Number, step: Number, order: int, bits: int) -> tuple[list[Number], list[Number]]:
    """Return Taylor coefficients of log X and log Y in time over `step`."""
    share, pace, one = (to_fixed(mp.mpf(each)._mpf_, bits) for each in (g, step, 1))
    x, y = ([to_fixed(mp.exp(each)._mpf_, bits)] for each in (u, v))
    slopes: tuple[list[Any], list[Any]] = ([], [])  # of log X and log Y, from the first on
    for k in range(order):
        p, q = (one - x[0], one - y[0]) if k == 0 else (-x[k], -y[k])
        slopes[0].append((3 * p + (share * q >> bits)) * pace >> bits + 1)
        slopes[1].append((p + 3 * (share * q >> bits)) * pace >> bits + 1)
        for values, logs in ((x, slopes[0]), (y, slopes[1])):
            values.append((sum(map(mul, logs, reversed(values))) >> bits) // (k + 1))
    found = [
        [first, *(mp.ldexp(each, -bits) / (k + 1) for k, each in enumerate(c))]
        for first, c in zip((u, v), slopes, strict=True)
    ]
    return found[0], found[1]


def _value(coefficients: list[Number], at: Number) -> Number:
    total = 0 * at
    for each in reversed(coefficients):
        total = total * at + each
    return total


def _root(coefficients: list[Number], goal: Number, step: Number) -> Number:
    """Return where a rising polynomial is `goal` between 0 and `step`: Newton's method, kept inside by bisection."""
    low, high, at = 0 * step, step, step
    slopes = [k * each for k, each in enumerate(coefficients)][1:]
    for _ in range(100):
        gap = _value(coefficients, at) - goal
        low, high = (at, high) if gap < 0 else (low, at)
        nearer = at - gap / _value(slopes, at)
        nearer = nearer if low <= nearer <= high else (low + high) / 2
        if abs(nearer - at) <= 8 * (mp.eps if isinstance(at, mp.mpf) else 2.0**-52) * step:
            break
        at = nearer
    return at
