"""One adaptive explicit stepper, generic over tableaux and over models."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowlab._jit import inlined_kernel, kernel
from flowlab.dynamics._control import combined_error, second_guess, trial_step
from flowlab.dynamics._pointers import as_gradient, as_induced
from flowlab.dynamics.trajectory import Vector

Integers = NDArray[np.int64]

# How a run ends; `flowlab.dynamics.continuous` says the same to people.
REACHED_END, STOPPED, STEP_LIMIT, STEP_TOO_SMALL, DIVERGED = range(5)


@kernel
def slope(
    gradient: Any,
    constants: Vector,
    data: Vector,
    rows: Integers,
    logarithmic: bool,
    y: Vector,
    w: Vector,
    out: Vector,
) -> None:
    """Write −∇L into `out`, or −∇L(w)/w at w = exp y."""
    if logarithmic:
        for i in range(y.size):
            w[i] = np.exp(y[i])
        gradient(w, constants, data, rows, out)
        for i in range(y.size):
            out[i] = -out[i] / w[i]
    else:
        gradient(y, constants, data, rows, out)
        for i in range(y.size):
            out[i] = -out[i]


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
def advance(
    gradient: Any,
    constants: Vector,
    data: Vector,
    rows: Integers,
    logarithmic: bool,
    values: Vector,
    columns: Integers,
    starts: Integers,
    first: int,
    last: int,
    h: float,
    y: Vector,
    k: Vector,
    point: Vector,
    w: Vector,
    out: Vector,
    total: Vector,
) -> None:
    """Fill in the stages `first` to `last` − 1; `point` is left where the last one was taken."""
    size = y.size
    for r in range(first, last):
        weighted(values, columns, starts[r], starts[r + 1], k, total)
        for i in range(size):
            point[i] = y[i] + h * total[i]
        if logarithmic:
            for i in range(size):
                w[i] = np.exp(point[i])
            gradient(w, constants, data, rows, out)
            for i in range(size):
                k[r, i] = -out[i] / w[i]
        else:
            gradient(point, constants, data, rows, out)
            for i in range(size):
                k[r, i] = -out[i]


@kernel
def interpolate(y: Vector, coefficients: Vector, theta: float, logarithmic: bool, out: Vector) -> None:
    """Write the parameters at y's step, a fraction `theta` of the way, into `out`."""
    last = coefficients.shape[0] - 1
    for i in range(y.size):
        total = 0.0
        for j in range(last, -1, -1):
            total = (total + coefficients[j, i]) * (theta if j % 2 == 0 else 1.0 - theta)
        out[i] = np.exp(y[i] + total) if logarithmic else y[i] + total


@kernel
def event_value(
    gradient: Any,
    induced: Any,
    constants: Vector,
    data: Vector,
    rows: Integers,
    index: int,
    level: float,
    w: Vector,
    scratch: Vector,
    values: Vector,
) -> float:
    """Return σ_index − level; for index −1 the gradient's Euclidean norm minus level."""
    if index < 0:
        gradient(w, constants, data, rows, scratch)
        total = 0.0
        for i in range(w.size):
            total += scratch[i] * scratch[i]
        return float(np.sqrt(total) - level)
    induced(w, constants, values)
    return float(values[index] - level)


@kernel
def event_values(
    gradient_address: Any,
    induced_address: Any,
    constants: Vector,
    data: Vector,
    rows: Integers,
    indices: Integers,
    levels: Vector,
    w: Vector,
    scratch: Vector,
    values: Vector,
    out: Vector,
) -> None:
    """Write every event function at parameters `w` into `out`."""
    gradient = as_gradient(gradient_address)
    induced = as_induced(induced_address)
    for e in range(levels.size):
        out[e] = event_value(gradient, induced, constants, data, rows, indices[e], levels[e], w, scratch, values)


@kernel
def first_step(
    gradient: Any,
    constants: Vector,
    data: Vector,
    rows: Integers,
    logarithmic: bool,
    y: Vector,
    until: float,
    rtol: float,
    atol: float,
    exponent: float,
    velocity: Vector,
    point: Vector,
    w: Vector,
    out: Vector,
) -> float:
    """Guess the first step as Hairer, Nørsett and Wanner do (section II.4)."""
    step = trial_step(y, velocity, until, rtol, atol, logarithmic)
    for i in range(y.size):
        point[i] = y[i] + step * velocity[i]
    slope(gradient, constants, data, rows, logarithmic, point, w, out)
    return float(second_guess(y, velocity, out, step, until, rtol, atol, exponent, logarithmic))


@inlined_kernel
def error_estimate(
    values: Vector,
    columns: Integers,
    starts: Integers,
    first: int,
    count: int,
    h: float,
    k: Vector,
    stages: int,
    y: Vector,
    new: Vector,
    rtol: float,
    atol: float,
    logarithmic: bool,
) -> float:
    """Return the largest component of the error estimate in units of its tolerance; nan if not finite."""
    five, three, check = 0.0, 0.0, 0.0
    for i in range(y.size):
        check += new[i] * 0.0 + k[stages, i] * 0.0
        scale = atol + rtol * (1.0 if logarithmic else max(abs(y[i]), abs(new[i])))
        total = 0.0
        for p in range(starts[first], starts[first + 1]):
            total += values[p] * k[columns[p], i]
        check += total * 0.0
        if total != 0.0:
            five = max(five, abs(total) / scale)
        if count == 2:
            total = 0.0
            for p in range(starts[first + 1], starts[first + 2]):
                total += values[p] * k[columns[p], i]
            check += total * 0.0
            if total != 0.0:
                three = max(three, abs(total) / scale)
    return float(combined_error(five, three, count, h, rtol) + check)


@kernel
def grown(table: Vector) -> Vector:
    """Return a copy with room for twice as many rows."""
    longer = np.empty((2 * table.shape[0], table.shape[1]))
    longer[: table.shape[0]] = table
    return longer
