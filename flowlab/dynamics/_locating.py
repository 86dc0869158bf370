"""Events of a compiled run, located on the dense output of its steps."""

from typing import Any, NamedTuple

import numpy as np

from flowlab._jit import kernel
from flowlab.dynamics._pointers import Model, as_gradient, as_induced, as_loss
from flowlab.dynamics._runge_kutta import Field, Integers, grown, interpolate
from flowlab.dynamics.events import LOSS, NORM
from flowlab.dynamics.trajectory import Vector

#: Within a step, events are looked for at so many points of the dense output.
LOOKS = 4
#: The most parabolas through points ever closer to where a kink may be passed for a while.
DIPS = 20
#: The place in a step, as a fraction of it, of what does not happen there.
_NEVER = 2.0


class Kinks(NamedTuple):
    """On which side of each kink a run is to stay, how far beyond it may be, and scratch.

    The rows of `room` are how far each is from where the run is to stop: at the begin, the middle and the end of a part
    of a step, and elsewhere.
    """

    sides: Vector
    bands: Vector
    room: Vector


class Watch(NamedTuple):
    """The events of a run as `flowlab.dynamics.events.coded` has them, on which side each is, and scratch."""

    indices: Integers
    levels: Vector
    terminal: Integers
    sides: Vector
    at: Vector
    point: Vector
    scratch: Vector
    values: Vector
    kinks: Kinks


@kernel
def event_value(field: Field, index: int, level: float, w: Vector, scratch: Vector, values: Vector) -> float:
    """Return σ_index − level, or minus level the gradient's Euclidean norm (`NORM`) or the loss (`LOSS`)."""
    if index == LOSS:
        return float(field.loss(w, field.given, field.data, field.rows) - level)
    if index == NORM:
        field.gradient(w, field.constants, field.data, field.rows, scratch)
        total = 0.0
        for i in range(w.size):
            total += scratch[i] * scratch[i]
        return float(np.sqrt(total) - level)
    field.induced(w, field.given, values)
    return float(values[index] - level)


@kernel
def event_values(
    model: tuple[Any, ...],
    indices: Integers,
    levels: Vector,
    w: Vector,
    scratch: Vector,
    values: Vector,
    out: Vector,
) -> None:
    """Write every event function at parameters `w` into `out`."""
    m = Model(*model)
    gradient, loss, induced = as_gradient(m.gradient), as_loss(m.loss), as_induced(m.induced)
    field = Field(gradient, gradient, loss, induced, m.slope, m.constants, m.data, m.rows, False)
    for e in range(levels.size):
        out[e] = event_value(field, indices[e], levels[e], w, scratch, values)


@kernel
def noted(happened: Vector, count: int, e: int, t: float) -> Vector:
    """Return the table with event `e` at time `t` in the row `count`; its parameters are still to be written."""
    if count == happened.shape[0]:
        happened = grown(happened)
    happened[count, 0] = e
    happened[count, 1] = t
    return happened


@kernel
def look_at_start(field: Field, watch: Watch, y: Vector, happened: Vector) -> tuple[bool, int, Vector]:
    """Note what holds at the start already; say whether that ends the run, and how many there are."""
    point, count, stop = watch.point, 0, False
    for i in range(y.size):
        point[i] = np.exp(y[i]) if field.logarithmic else y[i]
    for e in range(watch.levels.size):
        index = watch.indices[e]
        value = event_value(field, index, watch.levels[e], point, watch.scratch, watch.values)
        watch.sides[e] = np.sign(value)
        if value == 0.0 or (index < 0 and value < 0.0):
            happened = noted(happened, count, e, 0.0)
            for i in range(point.size):
                happened[count, 2 + i] = point[i]
            count += 1
            stop |= watch.terminal[e] != 0
    return stop, count, happened


@kernel
def _locate(
    field: Field, watch: Watch, e: int, side: float, record: Vector, row: int, low: float, high: float
) -> float:
    """Return the fraction of the step, between `low` and `high`, where an event function leaves `side`."""
    for _ in range(60):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        interpolate(record, row, middle, field.logarithmic, watch.point)
        value = event_value(field, watch.indices[e], watch.levels[e], watch.point, watch.scratch, watch.values)
        if value * side > 0.0:
            low = middle
        else:
            high = middle
    return high


@kernel
def _crossings(field: Field, watch: Watch, record: Vector, row: int, low: float, high: float, w: Vector) -> float:
    """Write where in a part of the step each event happens into `watch.at`; return the first terminal one."""
    interpolate(record, row, high, field.logarithmic, w)
    ending = _NEVER
    for e in range(watch.levels.size):
        watch.at[e] = _NEVER
        index, side = watch.indices[e], watch.sides[e]
        value = event_value(field, index, watch.levels[e], w, watch.scratch, watch.values)
        if side * value < 0.0 or (value == 0.0 and side != 0.0):
            watch.sides[e] = -side
            # A gradient's norm and the loss count where they fall.
            if index >= 0 or side > 0.0:
                watch.at[e] = _locate(field, watch, e, side, record, row, low, high)
                if watch.terminal[e]:
                    ending = min(ending, watch.at[e])
        elif side == 0.0:
            watch.sides[e] = np.sign(value)
    return ending


@kernel
def _beyond(field: Field, kinks: Kinks, record: Vector, row: int, at: float, w: Vector, room: Vector) -> bool:
    """Write how far each kink is from being left behind at a part of the step; say whether some is."""
    interpolate(record, row, at, field.logarithmic, w)
    field.switches(w, field.constants, field.data, field.rows, room)
    found = False
    for k in range(kinks.sides.size):
        room[k] = room[k] * kinks.sides[k] + kinks.bands[k]
        found |= not room[k] > 0.0
    return found


@kernel
def _dip(field: Field, kinks: Kinks, record: Vector, row: int, low: float, high: float, w: Vector) -> float:
    """Return where in a part of the step, at whose ends none is, a kink is left behind for a while; or more than 1.

    Where a parabola through three points comes near to 0 its vertex is looked at, and points closer to that.
    """
    other = kinks.room[3]
    for k in range(kinks.sides.size):
        left, middle, right = kinks.room[0, k], kinks.room[1, k], kinks.room[2, k]
        place, half = 0.5 * (low + high), 0.5 * (high - low)
        for _ in range(DIPS):
            bend = left - 2.0 * middle + right
            if not (bend > 0.0 and abs(left - right) < 2.0 * bend):
                break
            if middle - (left - right) ** 2 / (8.0 * bend) > 0.25 * bend:
                break
            place += 0.5 * (left - right) / bend * half
            half *= 0.5
            place = min(max(place, low + half), high - half)
            for at in (place - half, place, place + half):
                if _beyond(field, kinks, record, row, at, w, other):
                    return float(at)
                left, middle, right = middle, right, other[k]
    return _NEVER


@kernel
def first_kink(field: Field, kinks: Kinks, record: Vector, row: int, low: float, high: float, w: Vector) -> float:
    """Return where in a part of the step the first kink is passed, as a fraction of the step; or more than 1."""
    if low == 0.0:
        _beyond(field, kinks, record, row, low, w, kinks.room[2])
    kinks.room[0] = kinks.room[2]
    middle = 0.5 * (low + high)
    if _beyond(field, kinks, record, row, middle, w, kinks.room[1]):
        high = middle
    elif not _beyond(field, kinks, record, row, high, w, kinks.room[2]):
        dip = _dip(field, kinks, record, row, low, high, w)
        if dip > 1.0:
            for k in range(kinks.sides.size):
                if kinks.room[2, k] > 2.0 * kinks.bands[k] > 0.0:
                    kinks.room[2, k] -= kinks.bands[k]
                    kinks.bands[k] = 0.0
            return _NEVER
        high = dip
    for _ in range(60):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        if _beyond(field, kinks, record, row, middle, w, kinks.room[3]):
            high = middle
        else:
            low = middle
    return high


@kernel
def look(
    field: Field, watch: Watch, record: Vector, row: int, end: float, happened: Vector, count: int, w: Vector
) -> tuple[float, bool, int, Vector]:
    """Note what happens in a recorded step that ends at `end`.

    Returns
    -------
    ending : float
        The fraction of the step at which the run is to stop, or more than 1.
    at_kink : bool
        Whether it is a kink that it stops at.
    count : int
        How many events there are now.
    happened : ndarray
    """
    ending, kink = _NEVER, _NEVER
    for part in range(LOOKS):
        if watch.kinks.sides.size > 0:
            kink = first_kink(field, watch.kinks, record, row, part / LOOKS, (part + 1) / LOOKS, w)
        ending = _crossings(field, watch, record, row, part / LOOKS, (part + 1) / LOOKS, w)
        for e in range(watch.levels.size):
            if watch.at[e] <= min(ending, kink, 1.0):
                happened = noted(happened, count, e, min(record[row, 0] + watch.at[e] * record[row, 1], end))
                interpolate(record, row, watch.at[e], field.logarithmic, happened[count, 2:])
                count += 1
        if min(ending, kink) <= 1.0:
            break
    return min(ending, kink), kink < ending, count, happened
