"""Ensembles in lanes: many members take their steps side by side, each with its own time and step size.

The coordinates of all lanes lie in one row, lane after lane, so that a stage is a few long loops without
branches, whatever the number of parameters. A lane whose member has ended takes the next one from the queue.
A separable system sees all lanes at once, as so many more modes; any other sees them one after the other.

Nothing here combines numbers of two lanes, and rows are whole blocks, so that a compiled loop treats every place in
them alike: a member ends with the same bits in whatever company.
"""

from typing import Any

import numpy as np

from flowlab._jit import inlined_kernel, kernel
from flowlab.dynamics._control import EPSILON, combined_error, growth, is_singular, second_guess, trial_step
from flowlab.dynamics._pointers import as_gradient, as_induced
from flowlab.dynamics._runge_kutta import DIVERGED, REACHED_END, STEP_LIMIT, STEP_TOO_SMALL, Integers, weighted
from flowlab.dynamics.trajectory import Vector

#: About so many coordinates lie side by side: enough to make loops long, few enough that all stages stay in cache.
WIDTH = 256
#: A row is a multiple of this, the longest stride of a compiled loop.
BLOCK = 32


@inlined_kernel
def slopes(
    gradient: Any,
    constants: Vector,
    data: Vector,
    rows: Integers,
    logarithmic: bool,
    member: Integers,
    separable: bool,
    size: int,
    y: Vector,
    w: Vector,
    out: Vector,
) -> None:
    """Write −∇L of every lane at coordinates `y` into `out`."""
    width = y.size
    for i in range(width):
        w[i] = y[i]
    if logarithmic:
        for i in range(width):
            w[i] = np.exp(y[i])
    if separable:
        gradient(w, constants[0], data, rows, out)
    else:
        for lane in range(member.size):
            if member[lane] >= 0:
                place = lane * size
                gradient(w[place : place + size], constants[lane], data, rows, out[place : place + size])
    if logarithmic:
        for i in range(width):
            out[i] = -out[i] / w[i]
    else:
        for i in range(width):
            out[i] = -out[i]


@inlined_kernel
def load(
    members: Vector,
    every: Vector,
    m: int,
    lane: int,
    separable: bool,
    logarithmic: bool,
    y: Vector,
    constants: Vector,
) -> None:
    """Put member `m` and its constants into a lane."""
    size, width = members.shape[1], y.size
    for i in range(size):
        y[lane * size + i] = np.log(members[m, i]) if logarithmic else members[m, i]
    for j in range(every.shape[1]):
        if separable:
            constants[0, (j // size) * width + lane * size + j % size] = every[m, j]
        else:
            constants[lane, j] = every[m, j]


@kernel
def beginnings(
    gradient: Any,
    every: Vector,
    data: Vector,
    rows: Integers,
    logarithmic: bool,
    members: Vector,
    separable: bool,
    until: float,
    rtol: float,
    atol: float,
    exponent: float,
    constants: Vector,
    lanes: int,
    work: Vector,
    first: Vector,
    velocity: Vector,
) -> None:
    """Write every member's first step and slope into `first` and `velocity`; a slope not finite gives step nan."""
    y, k, point, w, out = work[0], work[1], work[2], work[3], work[4]
    count, size = members.shape
    member = np.empty(lanes, np.int64)
    trial = np.empty(lanes)
    for begin in range(0, count, lanes):
        for lane in range(lanes):
            m = begin + lane
            member[lane] = m if m < count else -1
            if m < count:
                load(members, every, m, lane, separable, logarithmic, y, constants)
        slopes(gradient, constants, data, rows, logarithmic, member, separable, size, y, w, k)
        for i in range(y.size):
            point[i] = y[i]
        for lane in range(min(lanes, count - begin)):
            low, high = lane * size, (lane + 1) * size
            step = trial_step(y[low:high], k[low:high], until, rtol, atol, logarithmic)
            trial[lane] = step
            for i in range(low, high):
                point[i] = y[i] + step * k[i]
        slopes(gradient, constants, data, rows, logarithmic, member, separable, size, point, w, out)
        for lane in range(min(lanes, count - begin)):
            m, low, high = begin + lane, lane * size, (lane + 1) * size
            step = second_guess(
                y[low:high], k[low:high], out[low:high], trial[lane], until, rtol, atol, exponent, logarithmic
            )
            for i in range(size):
                velocity[m, i] = k[low + i]
                if not np.isfinite(k[low + i]):
                    step = np.nan
            first[m] = step


@kernel
def run_ensemble(
    gradient_address: Any,
    induced_address: Any,
    every: Vector,
    data: Vector,
    rows: Integers,
    logarithmic: bool,
    members: Vector,
    separable: bool,
    until: float,
    rtol: float,
    atol: float,
    max_steps: int,
    values: Vector,
    columns: Integers,
    starts: Integers,
    controller: Vector,
    layout: Integers,
    codes: Integers,
    times: Vector,
    steps: Integers,
    induced_values: Vector,
) -> None:
    """Carry every row of `members` to its end, with the row of `every` that holds its constants."""
    gradient = as_gradient(gradient_address)
    stages, stage_rows, errors = layout[0], layout[1], layout[2]
    count, size = members.shape
    lanes = min(count, max(1, WIDTH // size))
    width = BLOCK * ((lanes * size + BLOCK - 1) // BLOCK)
    # Ones fill what no member has used yet.
    constants = np.ones((1, every.shape[1] // size * width) if separable else (lanes, every.shape[1]))
    work = np.ones((max(stages + 8, 5), width))
    first, velocity = np.empty(count), np.empty((count, size))
    exponent = controller[0] + 0.75 * controller[4]
    beginnings(
        gradient, every, data, rows, logarithmic, members, separable, until, rtol, atol, exponent, constants, lanes,
        work, first, velocity,
    )  # fmt: skip

    k = work[: stages + 1]
    y, point, w, total = work[stages + 1], work[stages + 2], work[stages + 3], work[stages + 4]
    five, three, check = work[stages + 5], work[stages + 6], work[stages + 7]
    taken, span = np.zeros(width), np.zeros(width)
    member = np.full(lanes, -1)
    t, h, step = np.full(lanes, -1.0), np.zeros(lanes), np.zeros(lanes)
    err, err_before = np.zeros(lanes), np.full(lanes, 1e-4)
    tried, accepted = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    after_rejection = np.zeros(lanes, np.bool_)
    following, active, ended = 0, 0, True
    while True:
        # Members that have ended leave; those that wait take their lanes.
        for lane in range(lanes if ended else 0):
            while True:
                code = -1
                m = member[lane]
                if m >= 0:
                    if t[lane] >= until:
                        code = REACHED_END
                    elif tried[lane] >= max_steps:
                        code = STEP_LIMIT
                    elif not h[lane] > 10.0 * EPSILON * t[lane]:
                        low, high = lane * size, (lane + 1) * size
                        singular = not np.isfinite(err[lane]) or is_singular(y[low:high], k[0, low:high], t[lane])
                        code = DIVERGED if singular else STEP_TOO_SMALL
                    if code >= 0:
                        codes[m], times[m], steps[m] = code, t[lane], accepted[lane]
                        for i in range(size):
                            value = y[lane * size + i]
                            members[m, i] = np.exp(value) if logarithmic else value
                        # An idle lane stands still.
                        member[lane], t[lane], h[lane] = -1, -1.0, 0.0
                        active -= 1
                if member[lane] >= 0 or following == count:
                    break
                m = following
                following += 1
                if np.isnan(first[m]):
                    codes[m], times[m], steps[m] = DIVERGED, 0.0, 0
                    continue
                load(members, every, m, lane, separable, logarithmic, y, constants)
                for i in range(size):
                    k[0, lane * size + i] = velocity[m, i]
                member[lane] = m
                active += 1
                t[lane], h[lane], err[lane], err_before[lane] = 0.0, first[m], 0.0, 1e-4
                tried[lane], accepted[lane] = 0, 0
                after_rejection[lane] = False
        for lane in range(lanes):
            step[lane] = until - t[lane] if t[lane] + 1.01 * h[lane] >= until else h[lane]
        for lane in range(lanes):
            for i in range(lane * size, (lane + 1) * size):
                span[i] = step[lane]
        if active == 0:
            break

        for r in range(1, stages + 1):
            weighted(values, columns, starts[r], starts[r + 1], k, total)
            for i in range(width):
                point[i] = y[i] + span[i] * total[i]
            slopes(gradient, constants, data, rows, logarithmic, member, separable, size, point, w, k[r])
        weighted(values, columns, starts[stage_rows], starts[stage_rows + 1], k, total)
        for i in range(width):
            scale = atol + rtol * (1.0 if logarithmic else max(abs(y[i]), abs(point[i])))
            check[i] = point[i] * 0.0 + k[stages, i] * 0.0 + total[i] * 0.0
            five[i] = abs(total[i]) / scale if total[i] != 0.0 else 0.0
        if errors == 2:
            weighted(values, columns, starts[stage_rows + 1], starts[stage_rows + 2], k, total)
            for i in range(width):
                scale = atol + rtol * (1.0 if logarithmic else max(abs(y[i]), abs(point[i])))
                check[i] += total[i] * 0.0
                three[i] = abs(total[i]) / scale if total[i] != 0.0 else 0.0

        for lane in range(lanes):
            a, b, flaw = 0.0, 0.0, 0.0
            for i in range(lane * size, (lane + 1) * size):
                a, b = max(a, five[i]), max(b, three[i])
                flaw += check[i]
            err[lane] = combined_error(a, b, errors, step[lane], rtol) + flaw
        for lane in range(lanes):
            error = err[lane]
            good, last = error <= 1.0, t[lane] + 1.01 * h[lane] >= until
            factor = growth(error, err_before[lane], after_rejection[lane], controller)
            tried[lane] += 1
            accepted[lane] += 1 if good else 0
            err_before[lane] = max(error, 1e-4) if good else err_before[lane]
            h[lane] = h[lane] if good and last and factor >= 1.0 else step[lane] * factor
            t[lane] = (until if last else t[lane] + step[lane]) if good else t[lane]
            after_rejection[lane] = not good
        for lane in range(lanes):
            for i in range(lane * size, (lane + 1) * size):
                taken[i] = 0.0 if after_rejection[lane] else 1.0
        for i in range(width):
            y[i] = point[i] if taken[i] > 0.0 else y[i]
            k[0, i] = k[stages, i] if taken[i] > 0.0 else k[0, i]
        ended = False
        for lane in range(lanes):
            ended |= (t[lane] >= until) | (tried[lane] >= max_steps) | (not h[lane] > 10.0 * EPSILON * t[lane])

    induced = as_induced(induced_address)
    for m in range(count):
        induced(members[m], every[m], induced_values[m])
