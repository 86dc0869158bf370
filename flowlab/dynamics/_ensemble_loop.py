"""The compiled loop of an ensemble."""

from typing import Any

import numpy as np

from flowlab._jit import inlined_kernel, kernel
from flowlab.dynamics._lanes import (
    Crowd,
    Lanes,
    Rows,
    accept_all,
    advance_all,
    any_busy,
    any_ended,
    choose_steps,
    control,
    estimate_errors,
)
from flowlab.dynamics._pointers import as_gradient, as_induced, borrowed
from flowlab.dynamics._queue import Ends, Queue, beginnings, relieve
from flowlab.dynamics._runge_kutta import Integers, Method, method_of
from flowlab.dynamics.trajectory import Vector

#: About so many coordinates lie side by side: enough to make loops long, few enough that all stages stay in cache.
WIDTH = 256
#: A row is a multiple of this, the longest stride of a compiled loop.
BLOCK = 32


@inlined_kernel
def carry(
    crowd: Crowd,
    queue: Queue,
    ends: Ends,
    method: Method,
    lanes: Lanes,
    rows: Rows,
    until: float,
    rtol: float,
    atol: float,
    max_steps: int,
) -> None:
    """Carry every member of the queue to its end."""
    following = 0
    while True:
        if following == 0 or any_ended(lanes, until, max_steps):
            following = relieve(crowd, queue, ends, lanes, rows, following, until, max_steps)
            if not any_busy(lanes.member):
                break
        choose_steps(lanes, crowd.size, rows.span, until)
        advance_all(crowd, method, lanes.member, rows)
        estimate_errors(crowd, method, lanes, rows, rtol, atol)
        control(lanes, method.controller, until)
        accept_all(lanes, method.stages, crowd.size, rows)


@kernel
def _carry(
    gradient: Any,
    data: Vector,
    all_rows: Integers,
    logarithmic: bool,
    separable: bool,
    members: Vector,
    every: Vector,
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
    constants: Vector,
    velocity: Vector,
    first: Vector,
    work: Vector,
    numbers: Vector,
    counts: Integers,
) -> None:
    """Tie up what belongs together, all of it kept alive by the caller."""
    crowd = Crowd(
        gradient, borrowed(constants), borrowed(data), borrowed(all_rows), logarithmic, separable, members.shape[1]
    )
    queue = Queue(borrowed(members), borrowed(every), borrowed(first), borrowed(velocity))
    ends = Ends(borrowed(codes), borrowed(times), borrowed(steps))
    method = method_of(values, columns, starts, controller, layout)
    x, c, w, n = borrowed(numbers), borrowed(counts), borrowed(work), layout[0] + 1
    lanes = Lanes(c[0], x[0], x[1], x[2], x[3], x[4], c[1], c[2], x[5])
    rows = Rows(w[:n], w[n], w[n + 1], w[n + 2], w[n + 3], w[n + 4], w[n + 5], w[n + 6], w[n + 7], w[n + 8])
    beginnings(crowd, queue, until, rtol, atol, controller[0] + 0.75 * controller[4], lanes, rows)
    lanes.t[:] = -1.0
    lanes.h[:] = 0.0
    rows.span[:] = 0.0
    rows.taken[:] = 0.0
    carry(crowd, queue, ends, method, lanes, rows, until, rtol, atol, max_steps)


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
    count, size = members.shape
    lanes = min(count, max(1, WIDTH // size))
    width = BLOCK * ((lanes * size + BLOCK - 1) // BLOCK)
    # Ones fill what no member has used yet.
    constants = np.ones((1, every.shape[1] // size * width) if separable else (lanes, every.shape[1]))
    work = np.ones((layout[0] + 10, width))
    _carry(
        as_gradient(gradient_address), data, rows, logarithmic, separable, members, every, until, rtol, atol,
        max_steps, values, columns, starts, controller, layout, codes, times, steps, constants,
        np.empty((count, size)), np.empty(count), work, np.zeros((6, lanes)), np.zeros((3, lanes), np.int64),
    )  # fmt: skip
    induced = as_induced(induced_address)
    for m in range(count):
        induced(members[m], every[m], induced_values[m])
