"""The toy model's solution along its master curves, in passes over arrays.

One value is a long chain of functions, each waiting for the last. A pass does one thing to many values, and reads and
writes few arrays: simple enough for LLVM to make vector code of it. Only the look-up in a table stays one at a time.
"""

import numpy as np
from numpy.typing import NDArray

from flowlab._elementary import exp, exp_and_expm1, log, log1p, power
from flowlab._jit import kernel
from flowlab.toy.master import (
    COARSE,
    EXPONENT,
    FINE,
    HIGH,
    HIGH_FORWARD,
    LOW,
    LOW_FORWARD,
    OFFSET,
    SPLIT,
    SPLIT_TIME,
    Array,
    difference,
    relative_exponential,
)

Sides = NDArray[np.int64]  # 0 below the target, 1 above

SIGMA, LOG_RESIDUAL, HITTING_TIME, LOG_TIME = 0, 1, 2, 3


@kernel
def either(panels: Array, heads: Array, side: int, high: bool, upper: int, lower: int, argument: float) -> float:
    """Evaluate the table of the high side or that of the low one, without a branch to guess."""
    table, per_unit = (upper, FINE) if high else (lower, COARSE)
    return difference(panels, heads, side, table, argument, per_unit)


@kernel
def sides(target: Array, init: Array) -> Sides:
    """Return the sides of their targets on which starts stand."""
    side = np.empty(init.size, dtype=np.int64)
    for i in range(init.size):
        side[i] = 0 if init[i] < target[i] else 1
    return side


@kernel
def coordinates(value: Array, target: Array) -> Array:
    """Return the master curve's coordinate of values that are neither 0 nor their target."""
    out = np.empty(value.size)
    for i in range(out.size):
        least = value[i] if value[i] < target[i] else target[i]
        out[i] = log(least / abs(target[i] - value[i]))
    for i in range(out.size):
        if out[i] < -690.0:  # the odds themselves may have left the range of a float
            out[i] = log(value[i]) - log(target[i] - value[i])
    return out


@kernel
def enter(heads: Array, panels: Array, side: Sides, z: Array) -> tuple[Array, Array, Array, Array]:
    """Return where starts z stand on their curves: exponent P, lead Z, gain ``e^(PZ)`` and time.

    Lead and gain are those of the low side; on the high side, which needs neither, they are 0 and 1.
    """
    P, lead, gain, time = np.empty(z.size), np.empty(z.size), np.empty(z.size), np.empty(z.size)
    for i in range(z.size):
        head = side[i]
        high = z[i] >= heads[head, SPLIT]
        shown = z[i] + either(panels, heads, head, high, HIGH_FORWARD, LOW_FORWARD, z[i])
        P[i] = heads[head, EXPONENT]
        lead[i] = 0.0 if high else shown
        time[i] = max(shown, heads[head, SPLIT_TIME]) if high else heads[head, OFFSET]
    for i in range(z.size):
        whole, less = exp_and_expm1(-P[i] * lead[i])
        gain[i] = 1.0 / whole
        time[i] -= less / P[i]
    return P, lead, gain, time


@kernel
def advance(
    heads: Array, panels: Array, side: Sides, P: Array, lead: Array, gain: Array, time: Array, elapsed: Array
) -> Array:
    """Return z at times `elapsed` after the starts described by `enter`, whose leads are overwritten.

    On the low side the leading term is advanced from the start, not from the origin of time: tiny elapsed
    times keep their digits however far away the origin is.
    """
    for i in range(elapsed.size):
        lead[i] -= log1p(-P[i] * elapsed[i] * gain[i]) / P[i]
    z = np.empty(elapsed.size)
    for i in range(elapsed.size):
        now = time[i] + elapsed[i]
        high = now >= heads[side[i], SPLIT_TIME]
        shown = now if high else lead[i]
        z[i] = shown + either(panels, heads, side[i], high, HIGH, LOW, shown)
    return z


@kernel
def _values(z: Array, elapsed: Array, target: Array, init: Array, out: Array) -> None:
    """Fill in σ from the master curve's coordinate."""
    for i in range(out.size):
        factor = 1.0 + exp(-z[i])
        value = target[i] / factor if init[i] < target[i] else target[i] * factor
        out[i] = init[i] if elapsed[i] == 0.0 else value


@kernel
def _log_residuals(z: Array, target: Array, init: Array, out: Array) -> None:
    """Fill in log |1 − σ/σ*| from the master curve's coordinate."""
    for i in range(out.size):
        below = -(max(z[i], 0.0) + log1p(exp(-abs(z[i]))))
        out[i] = below if init[i] < target[i] else -z[i]


@kernel
def _times(
    heads: Array, panels: Array, side: Sides, P: Array, lead: Array, gain: Array, time: Array, end: Array, out: Array
) -> None:
    """Fill in the times to the coordinates `end`, without cancellation where start and end are on the low side.

    Next to the start, rounding may say that a time is below 0: `flowlab.toy.time` then takes its logarithm.
    """
    _, other, _, then = enter(heads, panels, side, end)
    for i in range(out.size):
        split_time = heads[side[i], SPLIT_TIME]
        near = time[i] < split_time and then[i] < split_time
        out[i] = relative_exponential(-P[i], other[i] - lead[i]) / gain[i] if near else then[i] - time[i]


@kernel
def _spread(array: Array, columns: int) -> Array:
    """Repeat every entry for every column."""
    if columns == 1:
        return array
    out = np.empty(array.size * columns)
    for i in range(array.size):
        for j in range(i * columns, (i + 1) * columns):
            out[j] = array[i]
    return out


@kernel
def tiled(row: Array, count: int) -> Array:
    """Repeat a row."""
    columns, out = row.size, np.empty(row.size * count)
    for i in range(out.size):
        out[i] = row[i % columns if columns > 1 else 0]
    return out


@kernel
def along_curves(
    what: int, values: Array, p: float, target: Array, init: Array, heads: Array, panels: Array, out: Array
) -> None:
    """Fill `out`, for starts on a master curve; `p` is the power of σ in its own flow."""
    columns = out.size // init.size
    rate = np.empty(init.size)
    for i in range(init.size):
        rate[i] = power(target[i], p)
    P, lead, gain, time = enter(heads, panels, sides(target, init), coordinates(init, target))
    P, lead, gain = _spread(P, columns), _spread(lead, columns), _spread(gain, columns)
    time, rate = _spread(time, columns), _spread(rate, columns)
    goals, starts = _spread(target, columns), _spread(init, columns)
    side = sides(goals, starts)
    if what == HITTING_TIME:
        _times(heads, panels, side, P, lead, gain, time, coordinates(values, goals), out)
        for i in range(out.size):
            out[i] /= rate[i]
    else:
        for i in range(out.size):
            rate[i] *= values[i]
        z = advance(heads, panels, side, P, lead, gain, time, rate)
        if what == SIGMA:
            _values(z, values, goals, starts, out)
        else:
            _log_residuals(z, goals, starts, out)
