"""The adaptive loop of one start, with its events and what it records."""

import numpy as np

from flowlab._interrupts import asked
from flowlab._jit import inlined_kernel, kernel
from flowlab.dynamics._chebyshev import Spectrum, chebyshev_step, longest_step, start_afresh
from flowlab.dynamics._control import growth
from flowlab.dynamics._locating import Watch, look, look_at_start
from flowlab.dynamics._runge_kutta import (
    AT_KINK,
    DIVERGED,
    INTERRUPTED,
    REACHED_END,
    STOPPED,
    Field,
    Limits,
    Method,
    Work,
    accept,
    dense_output,
    error_estimate,
    first_step,
    grown,
    interpolate,
    is_finite,
    obstacle,
    slope,
    take_step,
)
from flowlab.dynamics.trajectory import Vector

#: The first guess of how many steps a run takes, and how many events happen.
_ROWS, _EVENTS = 64, 4


@kernel
def save(saved: Vector, count: int, t: float, y: Vector, logarithmic: bool) -> Vector:
    """Return the table with the time and the parameters at coordinates `y` in the row `count`."""
    if count == saved.shape[0]:
        saved = grown(saved)
    saved[count, 0] = t
    for i in range(y.size):
        saved[count, 1 + i] = np.exp(y[i]) if logarithmic else y[i]
    return saved


@kernel
def save_between(
    saved: Vector, count: int, times: Vector, t: float, last: bool, record: Vector, row: int, logarithmic: bool
) -> int:
    """Write the requested times of a recorded step that ends at `t`; return how many are written by now."""
    while count < times.size and (times[count] < t or (last and times[count] <= t)):
        saved[count, 0] = times[count]
        theta = (times[count] - record[row, 0]) / record[row, 1]
        interpolate(record, row, theta, logarithmic, saved[count, 1:])
        count += 1
    return count


@inlined_kernel
def integrate(
    field: Field,
    method: Method,
    watch: Watch,
    work: Work,
    spectrum: Spectrum,
    y: Vector,
    limits: Limits,
    first: float,
    times: Vector,
    dense: bool,
) -> tuple[int, float, float, int, int, int, Vector, Vector, Vector]:
    """Integrate from the coordinates `y` (overwritten by the end) at time 0; see `run` for the result."""
    size, watching, until = y.size, watch.levels.size + watch.kinks.sides.size > 0, limits.until
    record = np.empty((_ROWS if dense else 1, 2 + size + method.dense_rows * size))
    saved = np.empty((1 if dense else max(times.size + 1, 2), 1 + size))
    happened = np.empty((_EVENTS if watching else 1, 2 + size))
    t, h, err_before = 0.0, first, 1e-4
    accepted, rejected, events, count, waited, counted = 0, 0, 0, 0, 0, 0
    each = size + field.constants.size + field.data.size + 8
    after_rejection = overflow = False

    slope(field, y, work, 0)
    evaluations = 1
    code = REACHED_END if is_finite(work.k, 0) else DIVERGED
    if watching:
        stop, events, happened = look_at_start(field, watch, y, happened)
        code = STOPPED if stop else code
    if code == REACHED_END and not first > 0.0:
        h = first_step(field, method, y, limits, work)
        evaluations += 1
    if not dense and times.size == 0:
        saved = save(saved, 0, t, y, field.logarithmic)
        count = 1

    if method.stabilized:
        start_afresh(spectrum)
    while code == REACHED_END and t < until:
        code = obstacle(accepted + rejected, limits.max_steps, t, h, overflow, y, work.k[0])
        waited = asked(waited, (evaluations - counted) * each)
        counted = evaluations
        if waited < 0:
            code = INTERRUPTED
        if code != REACHED_END:
            break
        if method.stabilized:
            h, spent = longest_step(field, h, until, limits.rtol, after_rejection, y, work, spectrum)
            if spent < 0:
                code = INTERRUPTED
                break
            evaluations += spent
        last = t + 1.01 * h >= until
        step = until - t if last else h
        if method.stabilized:
            spent = chebyshev_step(field, step, y, work, spectrum)
            if spent < 0:
                code = INTERRUPTED
                break
            evaluations += spent
        else:
            take_step(field, method, step, y, work)
            evaluations += method.stages
        err = error_estimate(method, step, y, work, limits, field.logarithmic)
        overflow = not np.isfinite(err)
        factor = growth(err, err_before, after_rejection, method.controller)
        after_rejection = not err <= 1.0
        if after_rejection:
            rejected += 1
            h = step * factor
            continue

        err_before = max(err, 1e-4)
        begin, t = t, until if last else t + step
        h = step * factor
        row = accepted if dense else 0
        if dense and accepted + 1 >= record.shape[0]:
            record = grown(record)
        if dense or watching or (count < times.size and times[count] <= t):
            dense_output(field, method, begin, step, y, work, record, row)
            evaluations += method.stage_rows - method.stages - 1
        if watching:
            ending, at_kink, events, happened = look(field, watch, record, row, t, happened, events, work.w)
            if ending <= 1.0:
                code = AT_KINK if at_kink else STOPPED
                t = min(begin + ending * step, t)
                interpolate(record, row, ending, False, work.new)
        if not dense and times.size:
            last = code != REACHED_END or t >= until
            count = save_between(saved, count, times, t, last, record, row, field.logarithmic)
        accept(method, y, work)
        accepted += 1
        if not dense and times.size == 0:
            saved = save(saved, count, t, y, field.logarithmic)
            count += 1

    if dense:
        record[accepted, 0] = t
        for i in range(size):
            record[accepted, 2 + i] = y[i]
    elif t < until and (count == 0 or saved[count - 1, 0] < t):
        saved = save(saved, count, t, y, field.logarithmic)
        count += 1
    rows = accepted + 1 if dense else 0
    return code, t, h, accepted, rejected, evaluations, record[:rows], saved[:count], happened[:events]
