"""The steps of one adaptive explicit method, generic over tableaux and over models."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowlab._jit import inlined_kernel, kernel
from flowlab.dynamics._control import EPSILON, combined_error, is_singular, second_guess, trial_step
from flowlab.dynamics._pointers import borrowed
from flowlab.dynamics.trajectory import Vector

Integers = NDArray[np.int64]

# How a run ends; `flowlab.dynamics.continuous` says the same to people. The last two end a part of it only.
REACHED_END, STOPPED, STEP_LIMIT, STEP_TOO_SMALL, DIVERGED, DISCONTINUOUS, AT_KINK, INTERRUPTED = range(8)


class Limits(NamedTuple):
    """What a run is held to: its end, the tolerances, and how many steps it may try."""

    until: float
    rtol: float
    atol: float
    max_steps: int


class Field(NamedTuple):
    """What a run is computed from, and whether its coordinates are log w.

    `constants` are those of `gradient` and `switches`, `given` those of `loss` and `induced`.
    """

    gradient: Any
    switches: Any
    loss: Any
    induced: Any
    constants: Vector
    given: Vector
    data: Vector
    rows: Integers
    logarithmic: bool


class Method(NamedTuple):
    """A packed tableau: rows of coefficients in compressed form, the step controller, how many rows of each kind."""

    values: Vector
    columns: Integers
    starts: Integers
    controller: Vector
    stages: int
    stage_rows: int
    error_rows: int
    dense_rows: int
    stabilized: bool


class Work(NamedTuple):
    """Where a step keeps its stages `k`, the end `new` of the step, and scratch."""

    k: Vector
    new: Vector
    point: Vector
    w: Vector
    out: Vector
    total: Vector


@inlined_kernel
def method_of(values: Vector, columns: Integers, starts: Integers, controller: Vector, layout: Integers) -> Method:
    """Return a packed method whose arrays the caller keeps alive."""
    coefficients, places, begins = borrowed(values), borrowed(columns), borrowed(starts)
    return Method(
        coefficients, places, begins, borrowed(controller), layout[0], layout[1], layout[2], layout[3], layout[4] != 0
    )


@inlined_kernel
def slope(field: Field, y: Vector, work: Work, r: int) -> None:
    """Write −∇L, or −∇L(w)/w at w = exp y, into the row `r` of the stages."""
    k, out = work.k, work.out
    if field.logarithmic:
        w = work.w
        for i in range(y.size):
            w[i] = np.exp(y[i])
        field.gradient(w, field.constants, field.data, field.rows, out)
        for i in range(y.size):
            k[r, i] = -out[i] / w[i]
    else:
        field.gradient(y, field.constants, field.data, field.rows, out)
        for i in range(y.size):
            k[r, i] = -out[i]


@inlined_kernel
def weighted(values: Vector, columns: Integers, begin: int, end: int, k: Vector, out: Vector) -> None:
    """Write the sum of the rows of `k` with the coefficients `begin` to `end` − 1 into `out`, in their order."""
    value, column = values[begin], columns[begin]
    for i in range(out.size):
        out[i] = value * k[column, i]
    p = begin + 1
    # Four terms at a time: the sum so far is read and written once for four of them.
    while p + 4 <= end:
        one, two, three, four = values[p], values[p + 1], values[p + 2], values[p + 3]
        a, b, c, d = columns[p], columns[p + 1], columns[p + 2], columns[p + 3]
        for i in range(out.size):
            out[i] = (((out[i] + one * k[a, i]) + two * k[b, i]) + three * k[c, i]) + four * k[d, i]
        p += 4
    while p < end:
        value, column = values[p], columns[p]
        for i in range(out.size):
            out[i] += value * k[column, i]
        p += 1


@inlined_kernel
def advance(field: Field, method: Method, first: int, last: int, h: float, y: Vector, work: Work) -> None:
    """Fill in the stages `first` to `last` − 1; `work.point` is left where the last one was taken."""
    starts, point, total = method.starts, work.point, work.total
    for r in range(first, last):
        weighted(method.values, method.columns, starts[r], starts[r + 1], work.k, total)
        for i in range(y.size):
            point[i] = y[i] + h * total[i]
        slope(field, point, work, r)


@inlined_kernel
def take_step(field: Field, method: Method, h: float, y: Vector, work: Work) -> None:
    """Write the end of a step of size `h` from `y` into `work.new`."""
    advance(field, method, 1, method.stages + 1, h, y, work)
    new, point = work.new, work.point
    for i in range(y.size):
        new[i] = point[i]


@inlined_kernel
def error_power(method: Method) -> float:
    """Return 1 over the order of the error estimate, from the controller."""
    return float(method.controller[0] + 0.75 * method.controller[4])


@inlined_kernel
def first_step(field: Field, method: Method, y: Vector, limits: Limits, work: Work) -> float:
    """Guess the first step as Hairer, Nørsett and Wanner do (section II.4); this takes one gradient."""
    k, point, until, rtol, atol = work.k, work.point, limits.until, limits.rtol, limits.atol
    step = trial_step(y, k[0], until, rtol, atol, field.logarithmic)
    for i in range(y.size):
        point[i] = y[i] + step * k[0, i]
    slope(field, point, work, 1)
    return float(second_guess(y, k[0], k[1], step, until, rtol, atol, error_power(method), field.logarithmic))


@inlined_kernel
def error_estimate(method: Method, h: float, y: Vector, work: Work, limits: Limits, logarithmic: bool) -> float:
    """Return the largest component of the error estimate in units of its tolerance; nan if not finite."""
    values, columns, k, new = method.values, method.columns, work.k, work.new
    stages, count, rtol, atol = method.stages, method.error_rows, limits.rtol, limits.atol
    begin, middle = method.starts[method.stage_rows], method.starts[method.stage_rows + 1]
    end = method.starts[method.stage_rows + count]
    five, three, check = 0.0, 0.0, 0.0
    for i in range(y.size):
        check += new[i] * 0.0 + k[stages, i] * 0.0
        scale = atol + rtol * (1.0 if logarithmic else max(abs(y[i]), abs(new[i])))
        total = 0.0
        for p in range(begin, middle):
            total += values[p] * k[columns[p], i]
        check += total * 0.0
        five = max(five, abs(total) / scale)  # 0/0 is nan, which max passes over in its second place
        if count == 2:
            total = 0.0
            for p in range(middle, end):
                total += values[p] * k[columns[p], i]
            check += total * 0.0
            three = max(three, abs(total) / scale)
    return float(combined_error(five, three, count, h, rtol) + check)


@inlined_kernel
def accept(method: Method, y: Vector, work: Work) -> None:
    """Go on from the end of the step, whose last slope is the first of the next one."""
    k, new, stages = work.k, work.new, method.stages
    for i in range(y.size):
        y[i] = new[i]
        k[0, i] = k[stages, i]


@inlined_kernel
def is_finite(k: Vector, r: int) -> bool:
    """Say whether every component of the row `r` is."""
    check = 0.0
    for i in range(k.shape[1]):
        check += k[r, i] * 0.0
    return check == 0.0


@inlined_kernel
def obstacle(tried: int, max_steps: int, t: float, h: float, overflow: bool, y: Vector, velocity: Vector) -> int:
    """Return the code of what forbids a step of size `h` from time `t`; REACHED_END where nothing does."""
    code = REACHED_END
    if tried >= max_steps:
        code = STEP_LIMIT
    elif not h > 10.0 * EPSILON * t:
        code = DIVERGED if overflow or is_singular(y, velocity, t) else STEP_TOO_SMALL
    return code


@inlined_kernel
def dense_output(
    field: Field, method: Method, begin: float, h: float, y: Vector, work: Work, record: Vector, row: int
) -> None:
    """Write a step into a row of `record`: its time, its length, its state and the coefficients between its ends."""
    size, stages, k, new, total = y.size, method.stages, work.k, work.new, work.total
    advance(field, method, stages + 1, method.stage_rows, h, y, work)
    record[row, 0] = begin
    record[row, 1] = h
    for i in range(size):
        difference = new[i] - y[i]
        bend = h * k[0, i] - difference
        record[row, 2 + i] = y[i]
        record[row, 2 + size + i] = difference
        record[row, 2 + 2 * size + i] = bend
        record[row, 2 + 3 * size + i] = difference - h * k[stages, i] - bend
    for r in range(3, method.dense_rows):
        line = method.stage_rows + method.error_rows + r - 3
        weighted(method.values, method.columns, method.starts[line], method.starts[line + 1], k, total)
        for i in range(size):
            record[row, 2 + (r + 1) * size + i] = h * total[i]


@kernel
def interpolate(record: Vector, row: int, theta: float, logarithmic: bool, out: Vector) -> None:
    """Write the parameters a fraction `theta` of the way along a recorded step into `out`."""
    size = out.size
    for i in range(size):
        total = 0.0
        for j in range((record.shape[1] - 2) // size - 1, 0, -1):
            total = (total + record[row, 2 + j * size + i]) * (theta if j % 2 == 1 else 1.0 - theta)
        value = record[row, 2 + i] + total
        out[i] = np.exp(value) if logarithmic else value


@kernel
def grown(table: Vector) -> Vector:
    """Return a copy with room for twice as many rows."""
    longer = np.empty((2 * table.shape[0], table.shape[1]))
    for n in range(table.shape[0]):
        for i in range(table.shape[1]):
            longer[n, i] = table[n, i]
    return longer
