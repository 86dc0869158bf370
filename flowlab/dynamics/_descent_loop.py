"""The compiled loop of discrete steps, on the same gradient as the flow."""

from typing import Any, NamedTuple

import numpy as np

from flowlab._interrupts import asked, raise_interrupt
from flowlab._jit import inlined_kernel, kernel
from flowlab.dynamics._pointers import Model, as_gradient, as_loss, as_loss_gradient, borrowed
from flowlab.dynamics._runge_kutta import Integers
from flowlab.dynamics.rules import as_step
from flowlab.dynamics.trajectory import Vector

# How a chunk ends.
GOING_ON, STOPPED_LOSS, STOPPED_GRADIENT, DIVERGED, INTERRUPTED = range(5)


class Rule(NamedTuple):
    """What a step is: a kernel of the signature STEP, what it is told, and the momentum with which to look ahead."""

    step: Any
    numbers: Vector
    ahead: float


class Batches(NamedTuple):
    """The rows that each step averages over: `order` holds the epochs of a chunk; all rows where `size` is 0.

    `noise` is what is added to the labels, one of each row of a step: for one step after the other, or nothing. The
    labels stand in a column of the data.
    """

    order: Integers
    size: int
    epoch: int
    noise: Vector
    column: int


class Limits(NamedTuple):
    """Where a descent ends: a parameter beyond `bound`, a loss or a gradient's norm that is small enough."""

    bound: float
    loss: float
    gradient: float


class Records(NamedTuple):
    """The steps to record, increasing, and a row for the parameters at each."""

    steps: Integers
    rows: Vector


class Source(NamedTuple):
    """What gradient and loss are computed from, each with its constants; whether `both` is there."""

    gradient: Any
    loss: Any
    both: Any
    fused: bool
    slope: Vector
    constants: Vector
    data: Vector
    rows: Integers


@kernel
def descend(
    model: tuple[Any, ...],
    rule: tuple[Any, ...],
    batches: tuple[Any, ...],
    limits: tuple[Any, ...],
    records: tuple[Any, ...],
    recorded: int,
    begin: int,
    end: int,
    w: Vector,
    state: Vector,
) -> tuple[int, int, int, int]:
    """Take steps `begin` to `end`, updating `w` and `state` in place and filling in the records.

    Returns
    -------
    code : int
        How the chunk ended.
    step : int
        The last step whose parameters are within bounds; `w` holds them.
    recorded : int
        The number of records in use.
    evaluations : int
        Of the gradient.
    """
    m, room = Model(*model), np.empty((4, w.size))
    for i in range(w.size):
        room[0, i] = w[i]
    code, step, recorded, evaluations, row = _descend(
        Source(as_gradient(m.gradient), as_loss(m.loss), as_loss_gradient(m.loss_gradient), m.loss_gradient != 0,
               m.slope, m.constants, m.data, m.rows),
        Rule(as_step(rule[0]), rule[1], rule[2]), Batches(*batches), Limits(*limits), Records(*records), recorded,
        begin, end, room, state,
    )  # fmt: skip
    if code == INTERRUPTED:
        raise_interrupt()
        return code, step, recorded, evaluations
    for i in range(w.size):
        w[i] = room[row, i]
    return code, step, recorded, evaluations


@kernel
def _descend(
    source: Source,
    rule: Rule,
    batches: Batches,
    limits: Limits,
    records: Records,
    recorded: int,
    begin: int,
    end: int,
    room: Vector,
    state: Vector,
) -> tuple[int, int, int, int, int]:
    """Take the steps; the last of what is returned is the row of `room` that holds the parameters."""
    source, batches, records = borrowed(source), borrowed(batches), borrowed(records)
    room, state, rule = borrowed(room), borrowed(state), borrowed(rule)
    g, ahead = room[2], room[3]
    # Whether the gradient that a step takes is that at hand, on all rows.
    plain = batches.size == 0 and rule.ahead == 0.0 and batches.noise.size == 0
    step, evaluations, here, waited = begin, 0, 0, 0
    # The stopping rules look at all rows.
    watched = limits.loss > -np.inf or limits.gradient > 0.0
    taken = source.rows.size if batches.size == 0 or watched else batches.size
    each = room.shape[1] + source.constants.size + taken * source.data.shape[1] + 8
    while True:
        waited = asked(waited, each)
        if waited < 0:
            code = INTERRUPTED
            break
        current = room[here]
        recorded = _record(records, recorded, step, current)
        code, known, spent = _look(source, limits, plain, current, g)
        evaluations += spent
        if code != GOING_ON or step == end:
            break
        if not known:
            rows = _rows(batches, source.rows, step - begin)
            _disturb(batches, source.data, rows, step - begin, 1.0)
            _slope(source, rule, rows, current, state, ahead, g)
            _disturb(batches, source.data, rows, step - begin, 0.0)
            evaluations += 1
        rule.step(current, g, state, rule.numbers, room[1 - here])
        if not _inside(room[1 - here], limits.bound):
            code = DIVERGED
            break
        here = 1 - here
        step += 1
    return code, step, recorded, evaluations, here


@inlined_kernel
def _record(records: Records, recorded: int, step: int, w: Vector) -> int:
    """Write down the parameters where this step is to be recorded; return how many records there are."""
    while recorded < records.steps.size and records.steps[recorded] == step:
        # Here and above loops, as assignments of arrays took longer to compile than all the rest.
        for i in range(w.size):
            records.rows[recorded, i] = w[i]
        recorded += 1
    return recorded


@inlined_kernel
def _look(source: Source, limits: Limits, plain: bool, w: Vector, g: Vector) -> tuple[int, bool, int]:
    """Apply the stopping rules, which look at all rows also where steps use batches.

    Return how they end the chunk, whether `g` now holds the gradient that the step takes, and the gradients spent.
    """
    code, known, spent = GOING_ON, False, 0
    if limits.loss > -np.inf:
        if source.fused and plain:
            value = source.both(w, source.constants, source.data, source.rows, g)
            known, spent = True, 1
        else:
            value = source.loss(w, source.constants, source.data, source.rows)
        if value <= limits.loss:
            code = STOPPED_LOSS
    if code == GOING_ON and limits.gradient > 0.0:
        if not known:
            source.gradient(w, source.slope, source.data, source.rows, g)
            known, spent = plain, spent + 1
        if _norm(g) <= limits.gradient:
            code = STOPPED_GRADIENT
    return code, known, spent


@inlined_kernel
def _rows(batches: Batches, everything: Integers, taken: int) -> Integers:
    """Return the rows that the step averages over which follows so many steps of the chunk."""
    rows = everything
    if batches.size > 0:
        offset = (taken // batches.epoch) * everything.size
        low = offset + (taken % batches.epoch) * batches.size
        rows = batches.order[low : min(low + batches.size, offset + everything.size)]
    return rows


@inlined_kernel
def _disturb(batches: Batches, data: Vector, rows: Integers, taken: int, sign: float) -> None:
    """Add noise to the labels of some rows; or put back what they were, which is kept in its place."""
    if batches.noise.size > 0:
        for i in range(rows.size):
            kept = data[rows[i], batches.column]
            if sign > 0.0:
                data[rows[i], batches.column] = kept + batches.noise[taken, i]
                batches.noise[taken, i] = kept
            else:
                data[rows[i], batches.column] = batches.noise[taken, i]


@inlined_kernel
def _slope(source: Source, rule: Rule, rows: Integers, w: Vector, state: Vector, ahead: Vector, g: Vector) -> None:
    """Write the gradient that a step takes into `g`."""
    if rule.ahead != 0.0:
        for i in range(w.size):
            ahead[i] = w[i] + rule.ahead * state[0, i]
        source.gradient(ahead, source.slope, source.data, rows, g)
    else:
        source.gradient(w, source.slope, source.data, rows, g)


@inlined_kernel
def _inside(w: Vector, bound: float) -> bool:
    """Say whether parameters are within the bound, which nan is not."""
    inside = True
    for i in range(w.size):
        inside &= abs(w[i]) <= bound
    return inside


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
