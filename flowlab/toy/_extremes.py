"""The solution from one start whose target, start or time a float holds, but not their powers and products.

Rates are kept as square roots, and what overflows all the same as a logarithm. Also the logarithm of a time.
"""

import math

from flowlab._elementary import exp, log, power
from flowlab._jit import kernel
from flowlab.toy._passes import HITTING_TIME, LOG_RESIDUAL, LOG_TIME, SIGMA, coordinates, either, enter, sides
from flowlab.toy.master import HIGH, LOW, SPLIT_TIME, Array

NEAR, FAR = 1e-75, 1e75  # squares and products of numbers between them, with times, do no harm


@kernel
def log_or_none(x: float) -> float:
    """Return log x, −∞ for x <= 0."""
    return log(x) if x > 0.0 else -math.inf


@kernel
def _apart(P: float, split: float, lead: float, time: float, other: float, then: float) -> tuple[float, float]:
    """Return m and x, where the master curve takes ``m e^x`` from one point of it to another."""
    if time < split and then < split:
        way = other - lead
        return (-math.expm1(-P * way) / P, -P * lead) if P > 0.0 else (math.expm1(P * way) / P, -P * other)
    return (1.0 / P, -P * lead) if time == -math.inf else (then - time, 0.0)


@kernel
def _later(
    heads: Array, panels: Array, side: int, P: float, lead: float, time: float, p: float, t: float, target: float
) -> float:
    """Return the master curve's coordinate at a time t > 0 after the start described by `lead` and `time`."""
    root, split = power(target, 0.5 * p), heads[side, SPLIT_TIME]
    elapsed = t * root * root
    reach = exp(0.5 * P * lead) * root
    part = t * reach * reach * abs(P)
    if P < 0.0:
        way = math.log1p(part) if part < math.inf else math.log(-P) + math.log(t) + p * math.log(target) + P * lead
        lead -= way / P
    else:  # rounding may say that it has gone all the way, when it has not
        lead -= math.log1p(-min(part, 1.0 - 2.0**-53)) / P
    now = time + elapsed
    if time == -math.inf:  # the start is so far back that its own way is all the time there is
        now = elapsed * (1.0 - 1.0 / part) if part > 1.0 else time
    high = now >= split
    shown = now if high else lead
    return shown + either(panels, heads, side, high, HIGH, LOW, min(shown, 1e300))


@kernel
def _value(z: float, target: float, below: bool) -> float:
    """Return σ at a coordinate of the master curve."""
    if not below:
        return target * (1.0 + exp(-z))
    return target / (1.0 + exp(-z)) if z > -690.0 else exp(log(target) + z)


@kernel
def from_one_start(
    what: int, values: Array, p: float, target: Array, init: Array, heads: Array, panels: Array, out: Array
) -> None:
    """Fill `out` for every value from one start on a master curve; `target` and `init` have one entry."""
    side, begin = sides(target, init), coordinates(init, target)
    Ps, leads, _, times = enter(heads, panels, side, begin)
    P, lead, time, goal, start = Ps[0], leads[0], times[0], target[0], init[0]
    row, below = side[0], start < goal
    for j in range(out.size):
        if what in (HITTING_TIME, LOG_TIME):
            _, others, _, thens = enter(heads, panels, side, coordinates(values[j : j + 1], target))
            m, x = _apart(P, heads[row, SPLIT_TIME], lead, time, others[0], thens[0])
            if what == LOG_TIME and m <= 0.0:  # next to the start, to all digits of m: at the start's own speed
                speed = p * math.log(start) + math.log(abs(goal - start))
                out[j] = log_or_none(abs(values[j] - start)) - speed
            elif what == LOG_TIME:
                out[j] = math.log(m) + x - p * math.log(goal)
            else:
                root = exp(0.5 * x) / power(goal, 0.5 * p)
                out[j] = m * root * root
            continue
        z = begin[0] if values[j] == 0.0 else _later(heads, panels, row, P, lead, time, p, values[j], goal)
        if what == SIGMA:
            out[j] = start if values[j] == 0.0 else _value(z, goal, below)
        elif what == LOG_RESIDUAL:
            out[j] = -(max(z, 0.0) + math.log1p(exp(-abs(z)))) if below else -z
