"""The adaptive loop of one start, with its events and its dense output."""

from typing import Any

import numpy as np

from flowlab._jit import kernel
from flowlab.dynamics._control import EPSILON, growth, is_singular
from flowlab.dynamics._runge_kutta import (
    DIVERGED,
    REACHED_END,
    STEP_LIMIT,
    STEP_TOO_SMALL,
    STOPPED,
    Integers,
    advance,
    error_estimate,
    event_value,
    first_step,
    grown,
    interpolate,
    slope,
    weighted,
)
from flowlab.dynamics.trajectory import Vector

#: Within a step, events are looked for at so many points of the dense output.
LOOKS = 4


@kernel
def _locate(
    gradient: Any,
    induced: Any,
    constants: Vector,
    data: Vector,
    rows: Integers,
    logarithmic: bool,
    index: int,
    level: float,
    side: float,
    y: Vector,
    coefficients: Vector,
    low: float,
    high: float,
    point: Vector,
    scratch: Vector,
    values: Vector,
) -> float:
    """Return the fraction of the step, between `low` and `high`, where an event function leaves `side`."""
    for _ in range(60):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        interpolate(y, coefficients, middle, logarithmic, point)
        value = event_value(gradient, induced, constants, data, rows, index, level, point, scratch, values)
        if value * side > 0.0:
            low = middle
        else:
            high = middle
    return high


@kernel
def integrate(
    gradient: Any,
    induced: Any,
    constants: Vector,
    data: Vector,
    rows: Integers,
    logarithmic: bool,
    y: Vector,
    until: float,
    rtol: float,
    atol: float,
    max_steps: int,
    first: float,
    values: Vector,
    columns: Integers,
    starts: Integers,
    controller: Vector,
    layout: Integers,
    indices: Integers,
    levels: Vector,
    terminal: Integers,
    induced_size: int,
    work: Vector,
) -> tuple[int, float, float, int, int, int, Vector, Vector]:
    """Integrate from `y` (overwritten by the end) at time 0; see `run` for the result."""
    stages, stage_rows, errors, dense_rows = layout
    size = y.size
    k = work[:stage_rows]
    point, w, new = work[stage_rows], work[stage_rows + 1], work[stage_rows + 2]
    scratch, total = work[stage_rows + 3], work[stage_rows + 4]
    record = np.empty((64, 2 + size + dense_rows * size))
    happened = np.empty((4 if levels.size else 1, 2 + size))
    happenings = 0
    induced_values = np.empty(induced_size if levels.size else 1)
    sides = np.zeros(levels.size)
    at = np.empty(levels.size)

    t, h, err_before = 0.0, 0.0, 1e-4
    accepted, rejected = 0, 0
    code = REACHED_END
    after_rejection = broken = False
    slope(gradient, constants, data, rows, logarithmic, y, w, k[0])
    evaluations = 1
    check = 0.0
    for i in range(size):
        check += k[0, i] * 0.0
    if check != 0.0:
        code = DIVERGED
    for e in range(levels.size):
        for i in range(size):
            point[i] = np.exp(y[i]) if logarithmic else y[i]
        value = event_value(
            gradient, induced, constants, data, rows, indices[e], levels[e], point, scratch, induced_values
        )
        sides[e] = np.sign(value)
        if value == 0.0 or (indices[e] < 0 and value < 0.0):
            # It holds at the start already.
            if happenings == happened.shape[0]:
                happened = grown(happened)
            happened[happenings, 0] = e
            happened[happenings, 1] = 0.0
            happened[happenings, 2:] = point
            happenings += 1
            if terminal[e]:
                code = STOPPED
    if code == REACHED_END:
        if first > 0.0:
            h = first
        else:
            h = first_step(
                gradient,
                constants,
                data,
                rows,
                logarithmic,
                y,
                until,
                rtol,
                atol,
                controller[0] + 0.75 * controller[4],
                k[0],
                point,
                w,
                new,
            )
            evaluations += 1

    while code == REACHED_END and t < until:
        if accepted + rejected >= max_steps:
            code = STEP_LIMIT
            break
        if not h > 10.0 * EPSILON * t:
            code = DIVERGED if broken or is_singular(y, k[0], t) else STEP_TOO_SMALL
            break
        step = h
        last = t + 1.01 * h >= until
        if last:
            step = until - t
        advance(
            gradient, constants, data, rows, logarithmic, values, columns, starts, 1, stages + 1, step, y, k,
            point, w, scratch, total,
        )  # fmt: skip
        evaluations += stages
        for i in range(size):
            new[i] = point[i]
        err = error_estimate(
            values, columns, starts, stage_rows, errors, step, k, stages, y, new, rtol, atol, logarithmic
        )
        broken = not np.isfinite(err)
        factor = growth(err, err_before, after_rejection, controller)
        after_rejection = not err <= 1.0
        if after_rejection:
            rejected += 1
            h = step * factor
            continue

        err_before = max(err, 1e-4)
        begin = t
        t = until if last else t + step
        h = step * factor if not last or factor < 1.0 else h

        advance(
            gradient, constants, data, rows, logarithmic, values, columns, starts, stages + 1, stage_rows,
            step, y, k, point, w, scratch, total,
        )  # fmt: skip
        evaluations += stage_rows - stages - 1
        if accepted + 1 >= record.shape[0]:
            record = grown(record)
        record[accepted, 0] = begin
        record[accepted, 1] = step
        for i in range(size):
            difference = new[i] - y[i]
            bend = step * k[0, i] - difference
            record[accepted, 2 + i] = y[i]
            record[accepted, 2 + size + i] = difference
            record[accepted, 2 + 2 * size + i] = bend
            record[accepted, 2 + 3 * size + i] = difference - step * k[stages, i] - bend
        for r in range(3, dense_rows):
            line = stage_rows + errors + r - 3
            weighted(values, columns, starts[line], starts[line + 1], k, total)
            for i in range(size):
                record[accepted, 2 + (r + 1) * size + i] = step * total[i]
        for look in range(LOOKS if levels.size else 0):
            low, high = look / LOOKS, (look + 1) / LOOKS
            coefficients = record[accepted, 2 + size :].reshape((dense_rows, size))
            interpolate(y, coefficients, high, logarithmic, w)
            ending = 2.0
            for e in range(levels.size):
                at[e] = 2.0
                value = event_value(
                    gradient,
                    induced,
                    constants,
                    data,
                    rows,
                    indices[e],
                    levels[e],
                    w,
                    scratch,
                    induced_values,
                )
                side = sides[e]
                if side * value < 0.0 or (value == 0.0 and side != 0.0):
                    sides[e] = -side
                    if indices[e] >= 0 or side > 0.0:
                        at[e] = _locate(
                            gradient,
                            induced,
                            constants,
                            data,
                            rows,
                            logarithmic,
                            indices[e],
                            levels[e],
                            side,
                            y,
                            coefficients,
                            low,
                            high,
                            point,
                            scratch,
                            induced_values,
                        )
                        if terminal[e]:
                            ending = min(ending, at[e])
                elif side == 0.0:
                    sides[e] = np.sign(value)
            for e in range(levels.size):
                if at[e] <= min(ending, 1.0):
                    if happenings == happened.shape[0]:
                        happened = grown(happened)
                    happened[happenings, 0] = e
                    happened[happenings, 1] = min(begin + at[e] * step, t)
                    interpolate(y, coefficients, at[e], logarithmic, happened[happenings, 2:])
                    happenings += 1
            if ending <= 1.0:
                code = STOPPED
                t = min(begin + ending * step, t)
                interpolate(y, coefficients, ending, False, new)
                break
        accepted += 1
        for i in range(size):
            y[i] = new[i]
            k[0, i] = k[stages, i]

    record[accepted, :2] = t, 0.0
    record[accepted, 2 : 2 + size] = y
    return code, t, h, accepted, rejected, evaluations, record[: accepted + 1], happened[:happenings]
