"""Ensembles in lanes: many members take their steps side by side, each with its own time and step size.

The coordinates of all lanes lie in one row, lane after lane, so that a stage is a few long loops without
branches, whatever the number of parameters. A lane whose member has ended takes the next one from the queue.
A separable system sees all lanes at once, as so many more modes; any other sees them one after the other.

Nothing here combines numbers of two lanes, and rows are whole blocks, so that a compiled loop treats every place in
them alike: a member ends with the same bits in whatever company.
"""

from typing import Any, NamedTuple

import numpy as np

from flowlab._jit import inlined_kernel
from flowlab.dynamics._control import EPSILON, combined_error, growth
from flowlab.dynamics._runge_kutta import Integers, Limits, Method, weighted
from flowlab.dynamics.trajectory import Vector


class Crowd(NamedTuple):
    """What the slopes of all lanes are computed from."""

    gradient: Any
    constants: Vector
    data: Vector
    rows: Integers
    logarithmic: bool
    separable: bool
    size: int


class Lanes(NamedTuple):
    """A place for each lane: its member (−1 for none), where that stands, and how its last step went."""

    member: Integers
    t: Vector
    h: Vector
    step: Vector
    err: Vector
    err_before: Vector
    tried: Integers
    accepted: Integers
    rejected: Vector


class Rows(NamedTuple):
    """A place for each coordinate of each lane: stages, state, step, whether it is taken, error estimates, scratch."""

    k: Vector
    y: Vector
    point: Vector
    w: Vector
    total: Vector
    span: Vector
    taken: Vector
    five: Vector
    three: Vector
    check: Vector


@inlined_kernel
def slopes(crowd: Crowd, member: Integers, y: Vector, w: Vector, out: Vector) -> None:
    """Write −∇L of every lane at coordinates `y` into `out`."""
    width, size = y.size, crowd.size
    for i in range(width):
        w[i] = y[i]
    if crowd.logarithmic:
        for i in range(width):
            w[i] = np.exp(y[i])
    if crowd.separable:
        crowd.gradient(w, crowd.constants[0], crowd.data, crowd.rows, out)
    else:
        for lane in range(member.size):
            if member[lane] >= 0:
                low, high = lane * size, (lane + 1) * size
                crowd.gradient(w[low:high], crowd.constants[lane], crowd.data, crowd.rows, out[low:high])
    if crowd.logarithmic:
        for i in range(width):
            out[i] = -out[i] / w[i]
    else:
        for i in range(width):
            out[i] = -out[i]


@inlined_kernel
def choose_steps(lanes: Lanes, size: int, span: Vector, until: float) -> None:
    """Set each lane's step, the last one to its end, and write it beside every coordinate."""
    for lane in range(lanes.member.size):
        t, h = lanes.t[lane], lanes.h[lane]
        lanes.step[lane] = until - t if t + 1.01 * h >= until else h
    for lane in range(lanes.member.size):
        for i in range(lane * size, (lane + 1) * size):
            span[i] = lanes.step[lane]


@inlined_kernel
def advance_all(crowd: Crowd, method: Method, member: Integers, rows: Rows) -> None:
    """Fill in all stages; `rows.point` is left at the end of the step."""
    y, point, span, total = rows.y, rows.point, rows.span, rows.total
    for r in range(1, method.stages + 1):
        weighted(method.values, method.columns, method.starts[r], method.starts[r + 1], rows.k, total)
        for i in range(y.size):
            point[i] = y[i] + span[i] * total[i]
        slopes(crowd, member, point, rows.w, rows.k[r])


@inlined_kernel
def scaled_errors(method: Method, line: int, rows: Rows, out: Vector, limits: Limits, logarithmic: bool) -> None:
    """Write the estimate of an error row in units of the tolerance into `out`, and what is not finite to `check`."""
    y, point, total, check, rtol, atol = rows.y, rows.point, rows.total, rows.check, limits.rtol, limits.atol
    weighted(method.values, method.columns, method.starts[line], method.starts[line + 1], rows.k, total)
    for i in range(y.size):
        scale = atol + rtol * (1.0 if logarithmic else max(abs(y[i]), abs(point[i])))
        check[i] += total[i] * 0.0
        out[i] = abs(total[i]) / scale


@inlined_kernel
def estimate_errors(crowd: Crowd, method: Method, lanes: Lanes, rows: Rows, limits: Limits) -> None:
    """Set each lane's error estimate; nan if not finite."""
    point, check, five, three, k, size = rows.point, rows.check, rows.five, rows.three, rows.k, crowd.size
    for i in range(point.size):
        check[i] = point[i] * 0.0 + k[method.stages, i] * 0.0
    scaled_errors(method, method.stage_rows, rows, five, limits, crowd.logarithmic)
    if method.error_rows == 2:
        scaled_errors(method, method.stage_rows + 1, rows, three, limits, crowd.logarithmic)
    for lane in range(lanes.member.size):
        a, b, flaw = 0.0, 0.0, 0.0
        for i in range(lane * size, (lane + 1) * size):
            a, b = max(a, five[i]), max(b, three[i])  # nan is passed over, as in `error_estimate`
            flaw += check[i]
        lanes.err[lane] = combined_error(a, b, method.error_rows, lanes.step[lane], limits.rtol) + flaw


@inlined_kernel
def control(lanes: Lanes, controller: Vector, until: float) -> None:
    """Accept or reject each lane's step, and choose its next."""
    t, h, step, err_before, rejected = lanes.t, lanes.h, lanes.step, lanes.err_before, lanes.rejected
    for lane in range(t.size):
        error = lanes.err[lane]
        good, last = error <= 1.0, t[lane] + 1.01 * h[lane] >= until
        factor = growth(error, err_before[lane], rejected[lane] > 0.0, controller)
        lanes.tried[lane] += 1
        lanes.accepted[lane] += 1 if good else 0
        err_before[lane] = max(error, 1e-4) if good else err_before[lane]
        h[lane] = step[lane] * factor
        t[lane] = (until if last else t[lane] + step[lane]) if good else t[lane]
        rejected[lane] = 0.0 if good else 1.0


@inlined_kernel
def accept_all(lanes: Lanes, stages: int, size: int, rows: Rows) -> None:
    """Go on from the end of each accepted step."""
    y, point, k, taken = rows.y, rows.point, rows.k, rows.taken
    for lane in range(lanes.rejected.size):
        for i in range(lane * size, (lane + 1) * size):
            taken[i] = 1.0 - lanes.rejected[lane]
    for i in range(y.size):
        y[i] = point[i] if taken[i] > 0.0 else y[i]
        k[0, i] = k[stages, i] if taken[i] > 0.0 else k[0, i]


@inlined_kernel
def any_ended(lanes: Lanes, limits: Limits) -> bool:
    """Say whether some lane's member has reached its end or cannot go on."""
    ended = False
    for lane in range(lanes.t.size):
        t, h = lanes.t[lane], lanes.h[lane]
        ended |= (t >= limits.until) | (lanes.tried[lane] >= limits.max_steps) | (not h > 10.0 * EPSILON * t)
    return ended


@inlined_kernel
def any_busy(member: Integers) -> bool:
    """Say whether some lane has a member."""
    busy = False
    for lane in range(member.size):
        busy |= member[lane] >= 0
    return busy
