"""The compiled loop of discrete steps, on the same gradient as the flow."""

from typing import Any

import numpy as np

from flowlab._jit import kernel
from flowlab.dynamics._pointers import as_gradient, as_loss, as_loss_gradient
from flowlab.dynamics._runge_kutta import Integers
from flowlab.dynamics.trajectory import Vector

# How a chunk ends.
GOING_ON, STOPPED_LOSS, STOPPED_GRADIENT, DIVERGED = range(4)


@kernel
def descend(
    gradient_address: Any,
    loss_address: Any,
    both_address: Any,
    fused: bool,
    constants: Vector,
    data: Vector,
    all_rows: Integers,
    w: Vector,
    velocity: Vector,
    learning_rate: float,
    momentum: float,
    nesterov: bool,
    begin: int,
    end: int,
    order: Integers,
    batch_size: int,
    batches: int,
    first_batch: int,
    record_at: Integers,
    record: Vector,
    recorded: int,
    bound: float,
    stop_loss: float,
    stop_gradient: float,
) -> tuple[int, int, int, int]:
    """Take steps `begin` to `end`, updating `w` and `velocity` in place and filling in `record`.

    Returns
    -------
    code : int
        How the chunk ended.
    step : int
        The last step whose parameters are within bounds; `w` holds them.
    recorded : int
        The number of rows of `record` in use.
    evaluations : int
        Of the gradient.
    """
    gradient = as_gradient(gradient_address)
    loss = as_loss(loss_address)
    both = as_loss_gradient(both_address)
    size = w.size
    g = np.empty(size)
    new = np.empty(size)
    ahead = np.empty(size)
    current = w.copy()
    code = GOING_ON
    step = begin
    evaluations = 0
    examples = all_rows.size
    # Whether the gradient that a step takes is that at hand, on all rows.
    plain = batch_size == 0 and not nesterov
    while True:
        while recorded < record_at.size and record_at[recorded] == step:
            record[recorded] = current
            recorded += 1
        # Stopping rules look at the full gradient and loss, also where steps use batches.
        known = fused and plain and stop_loss > -np.inf
        if known:
            value = both(current, constants, data, all_rows, g)
            evaluations += 1
        elif stop_loss > -np.inf:
            value = loss(current, constants, data, all_rows)
        else:
            value = np.inf
        if value <= stop_loss:
            code = STOPPED_LOSS
            break
        if stop_gradient > 0.0 and not plain:
            gradient(current, constants, data, all_rows, g)
            evaluations += 1
            if _norm(g) <= stop_gradient:
                code = STOPPED_GRADIENT
                break
        if step == end and not (stop_gradient > 0.0 and plain):
            break
        rows = all_rows
        if batch_size > 0:
            batch = first_batch + step - begin
            offset = (batch // batches) * examples
            low = offset + (batch % batches) * batch_size
            rows = order[low : min(low + batch_size, offset + examples)]
        evaluations += 0 if known else 1
        if nesterov:
            for i in range(size):
                ahead[i] = current[i] + momentum * velocity[i]
            gradient(ahead, constants, data, rows, g)
        else:
            if not known:
                gradient(current, constants, data, rows, g)
            if stop_gradient > 0.0 and plain and _norm(g) <= stop_gradient:
                code = STOPPED_GRADIENT
                break
        if step == end:
            break
        # Bounds are checked in passing; nan is beyond them.
        inside = True
        if momentum == 0.0:
            for i in range(size):
                value = current[i] - learning_rate * g[i]
                new[i] = value
                inside &= abs(value) <= bound
        else:
            for i in range(size):
                change = momentum * velocity[i] - learning_rate * g[i]
                value = current[i] + change
                velocity[i] = change
                new[i] = value
                inside &= abs(value) <= bound
        if not inside:
            code = DIVERGED
            break
        current, new = new, current
        step += 1
    w[:] = current
    return code, step, recorded, evaluations


@kernel
def _norm(g: Vector) -> float:
    # Four sums that do not wait for each other.
    one, two, three, four = 0.0, 0.0, 0.0, 0.0
    whole = g.size - g.size % 4
    for i in range(0, whole, 4):
        one += g[i] * g[i]
        two += g[i + 1] * g[i + 1]
        three += g[i + 2] * g[i + 2]
        four += g[i + 3] * g[i + 3]
    for i in range(whole, g.size):
        one += g[i] * g[i]
    return float(np.sqrt((one + two) + (three + four)))
