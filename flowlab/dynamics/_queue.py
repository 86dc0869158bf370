"""The members of an ensemble that wait for a lane, take one, and leave it at their end."""

from typing import NamedTuple

import numpy as np

from flowlab._interrupts import asked
from flowlab._jit import inlined_kernel
from flowlab.dynamics._control import second_guess, trial_step
from flowlab.dynamics._lanes import Crowd, Lanes, Rows, slopes
from flowlab.dynamics._runge_kutta import DIVERGED, REACHED_END, Integers, Limits, obstacle
from flowlab.dynamics.trajectory import Vector


class Queue(NamedTuple):
    """The members: their starts, which their ends overwrite, their constants, and each one's first step and slope."""

    members: Vector
    constants: Vector
    first: Vector
    velocity: Vector


class Ends(NamedTuple):
    """How each member ended."""

    codes: Integers
    times: Vector
    steps: Integers


@inlined_kernel
def load(crowd: Crowd, queue: Queue, m: int, lane: int, y: Vector) -> None:
    """Put member `m` and its constants into a lane."""
    size, width = crowd.size, y.size
    for i in range(size):
        y[lane * size + i] = np.log(queue.members[m, i]) if crowd.logarithmic else queue.members[m, i]
    for j in range(queue.constants.shape[1]):
        if crowd.separable:
            crowd.constants[0, (j // size) * width + lane * size + j % size] = queue.constants[m, j]
        else:
            crowd.constants[lane, j] = queue.constants[m, j]


@inlined_kernel
def beginnings(crowd: Crowd, queue: Queue, limits: Limits, exponent: float, lanes: Lanes, rows: Rows, each: int) -> int:
    """Write every member's first step and slope into the queue; a slope not finite gives step nan.

    Return what `asked` said last of slopes that touch `each` numbers.
    """
    y, k, point, out, size = rows.y, rows.k[0], rows.point, rows.k[1], crowd.size
    member, trial, until, rtol, atol = lanes.member, lanes.step, limits.until, limits.rtol, limits.atol
    count, waited = queue.first.size, 0
    for begin in range(0, count, member.size):
        waited = asked(waited, 2 * each)
        if waited < 0:
            break
        here = min(member.size, count - begin)
        for lane in range(member.size):
            member[lane] = begin + lane if lane < here else -1
            if lane < here:
                load(crowd, queue, begin + lane, lane, y)
        slopes(crowd, member, y, rows.w, k)
        for i in range(y.size):
            point[i] = y[i]
        for lane in range(here):
            low, high = lane * size, (lane + 1) * size
            trial[lane] = trial_step(y[low:high], k[low:high], until, rtol, atol, crowd.logarithmic)
            for i in range(low, high):
                point[i] = y[i] + trial[lane] * k[i]
        slopes(crowd, member, point, rows.w, out)
        for lane in range(here):
            m, low, high = begin + lane, lane * size, (lane + 1) * size
            step = second_guess(
                y[low:high], k[low:high], out[low:high], trial[lane], until, rtol, atol, exponent, crowd.logarithmic
            )
            for i in range(size):
                queue.velocity[m, i] = k[low + i]
                if not np.isfinite(k[low + i]):
                    step = np.nan
            queue.first[m] = step
    for lane in range(member.size):
        member[lane] = -1
    return waited


@inlined_kernel
def leave(crowd: Crowd, queue: Queue, ends: Ends, lanes: Lanes, rows: Rows, lane: int, code: int) -> None:
    """Write down how a lane's member ended; the lane stands still until another takes it."""
    m = lanes.member[lane]
    ends.codes[m], ends.times[m], ends.steps[m] = code, lanes.t[lane], lanes.accepted[lane]
    for i in range(crowd.size):
        value = rows.y[lane * crowd.size + i]
        queue.members[m, i] = np.exp(value) if crowd.logarithmic else value
    lanes.member[lane], lanes.t[lane], lanes.h[lane] = -1, -1.0, 0.0


@inlined_kernel
def enter(crowd: Crowd, queue: Queue, lanes: Lanes, rows: Rows, lane: int, m: int) -> None:
    """Let member `m` begin in a lane."""
    load(crowd, queue, m, lane, rows.y)
    for i in range(crowd.size):
        rows.k[0, lane * crowd.size + i] = queue.velocity[m, i]
    lanes.member[lane] = m
    lanes.t[lane], lanes.h[lane], lanes.err[lane], lanes.err_before[lane] = 0.0, queue.first[m], 0.0, 1e-4
    lanes.tried[lane], lanes.accepted[lane], lanes.rejected[lane] = 0, 0, 0.0


@inlined_kernel
def relieve(crowd: Crowd, queue: Queue, ends: Ends, lanes: Lanes, rows: Rows, following: int, limits: Limits) -> int:
    """Let members that have ended leave and those that wait take their lanes; return the next that waits."""
    size, until = crowd.size, limits.until
    for lane in range(lanes.member.size):
        low, high = lane * size, (lane + 1) * size
        while True:
            if lanes.member[lane] >= 0:
                t, h, overflow = lanes.t[lane], lanes.h[lane], not np.isfinite(lanes.err[lane])
                code = obstacle(
                    lanes.tried[lane], limits.max_steps, t, h, overflow, rows.y[low:high], rows.k[0, low:high]
                )
                if t < until and code == REACHED_END:
                    break
                leave(crowd, queue, ends, lanes, rows, lane, code if t < until else REACHED_END)
            if following == queue.first.size:
                break
            if np.isnan(queue.first[following]):
                ends.codes[following], ends.times[following], ends.steps[following] = DIVERGED, 0.0, 0
            else:
                enter(crowd, queue, lanes, rows, lane, following)
            following += 1
    return following
