"""Kernels and array plumbing under `flowlab.toy.solution`: plain floats in, plain floats out."""

import math

import numpy as np
from numpy.typing import ArrayLike

from flowlab._checks import broadcast_shape, real_array, require, writeable
from flowlab._elementary import exp
from flowlab._interrupts import asked, raise_interrupt
from flowlab._jit import kernel
from flowlab.toy._extremes import FAR, NEAR, from_one_start, log_or_none
from flowlab.toy._passes import HITTING_TIME, LOG_RESIDUAL, LOG_TIME, SIGMA, along_curves, tiled
from flowlab.toy.master import Array, master_curves

DEPTHS = "real numbers >= 1, or inf"
PIECE = 512  # entries worked on at a time
_WORK = 100  # about so many operations find an entry
FARTHEST = 1e100  # largest init / target: beyond it squares leave the range of a float


@kernel
def exponent(depth: float) -> float:
    """Return 2 − 2/N, the power of σ in its own flow."""
    return 2.0 - 2.0 / depth


@kernel
def deep_exponent(depth: float) -> float:
    """Return 1 − 2/N, the master curve's exponent below the target, without cancellation near depth 2."""
    return (depth - 2.0) / depth if depth < math.inf else 1.0


@kernel
def _zero_target(what: int, value: float, power: float, init: float) -> float:
    """Return the quantity asked for when σ* = 0, where ``σ̇ = −σ^(3−2/N)`` (σ̇ = −σ at depth 1).

    In place of a residual relative to the target, σ itself.
    """
    if init == 0.0:
        return -math.inf if what in (LOG_RESIDUAL, LOG_TIME) else 0.0
    if what in (HITTING_TIME, LOG_TIME):
        fall = math.log(init / value) if init < FARTHEST * value else math.log(init) - math.log(value)
        part = fall if power == 0.0 else -math.expm1(-power * fall) / power
        if what == LOG_TIME:
            return log_or_none(part) - power * math.log(value)
        root: float = value ** (-0.5 * power)
        return root * part * root
    fall = value
    if power > 0.0:
        root = init ** (0.5 * power)  # init^power may have left the range of a float
        part = power * (value * root) * root
        log_part = math.log1p(part) if part < math.inf else math.log(power * value) + power * math.log(init)
        fall = log_part / power
    if what == LOG_RESIDUAL:
        return math.log(init) - fall
    half = exp(-0.5 * fall)
    return init * half * half


@kernel
def _depth_one(what: int, value: float, target: float, init: float) -> float:
    """Return the quantity asked for at depth 1, where the flow is linear and a start at 0 moves."""
    if what == SIGMA:
        return init * math.exp(-value) - target * math.expm1(-value)
    if what == LOG_RESIDUAL:
        return math.log(abs(target - init) / target) - value
    time = math.log1p((value - init) / (target - value))
    return log_or_none(time) if what == LOG_TIME else time


@kernel
def _at_rest(what: int, target: float, init: float) -> float:
    """Return the quantity asked for from a start that does not move: 0, or the target itself."""
    if what == SIGMA:
        return init
    return 0.0 if what == HITTING_TIME or (init == 0.0 and what == LOG_RESIDUAL) else -math.inf


@kernel
def _aside(what: int, value: float, depth: float, power: float, target: float, init: float) -> float:
    """Return the quantity asked for from a start that is not on a master curve."""
    if target == 0.0:
        return _zero_target(what, value, power, init)
    if init == target or (init == 0.0 and depth > 1.0):
        return _at_rest(what, target, init)
    return _depth_one(what, value, target, init)


@kernel
def _set_aside(
    what: int, values: Array, depth: float, target: Array, init: Array, heads: Array, panels: Array, out: Array
) -> None:
    """Fill `out` for the starts that are not on a master curve, and those that only logarithms can follow."""
    columns, p = out.size // init.size, exponent(depth)
    for i in range(init.size):
        goal, start = target[i], init[i]
        if goal == 0.0 or start == goal or start == 0.0 or depth == 1.0:
            for j in range(i * columns, (i + 1) * columns):
                out[j] = _aside(what, values[j], depth, p, goal, start)
        elif what == LOG_TIME or goal > FAR or goal < NEAR or start < NEAR:
            row = slice(i * columns, (i + 1) * columns)
            one, other = target[i : i + 1], init[i : i + 1]
            from_one_start(what, values[row], p, one, other, heads, panels, out[row])


@kernel
def _legal(values: Array, depth: float, target: Array, init: Array) -> bool:
    wrong = 0
    for i in range(values.size):
        wrong += not 0.0 <= values[i] < math.inf
    for i in range(init.size):
        goal, start = target[i], init[i]
        wrong += not (0.0 <= goal < math.inf and 0.0 <= start < math.inf)
        wrong += goal > 0.0 and (start > FARTHEST * goal or (start == 0.0 and 1.0 < depth < 2.0))
    return wrong == 0


@kernel
def rows(
    what: int, values: Array, depth: float, target: Array, init: Array, heads: Array, panels: Array, out: Array
) -> bool:
    """Fill `out`, one start a row; `values` are times, or levels of σ for HITTING_TIME and LOG_TIME.

    `values`, `target` and `init` of a single row or entry serve every row. False at the first number that is not
    legal: checking here costs nothing, where a pass over each argument would cost as much as the work. In pieces that
    stay in the processor's nearest cache: whole rows, or parts of one.
    """
    count, columns = out.shape
    every, results = values.reshape(-1), out.reshape(-1)
    tall, wide, waited = max(1, PIECE // columns), min(columns, PIECE), 0
    for first in range(0, count, tall):
        last = min(first + tall, count)
        goals = target[first:last] if target.size == count else tiled(target, last - first)
        starts = init[first:last] if init.size == count else tiled(init, last - first)
        for left in range(0, columns, wide):
            waited = asked(waited, _WORK * PIECE)
            if waited < 0:
                raise_interrupt()
            right = min(left + wide, columns)
            begin, end = first * columns + left, (last - 1) * columns + right
            piece = every[begin:end] if values.shape[0] == count else tiled(every[left:right], last - first)
            if not _legal(piece, depth, goals, starts):
                return False
            if depth > 1.0 and what != LOG_TIME:
                along_curves(what, piece, exponent(depth), goals, starts, heads, panels, results[begin:end])
            _set_aside(what, piece, depth, goals, starts, heads, panels, results[begin:end])
    return True


def checked(
    name: str, values: ArrayLike, depth: ArrayLike, target: ArrayLike, init: ArrayLike
) -> tuple[Array, Array, Array, Array]:
    """Return the four arguments as float64 arrays, or say which is wrong.

    Raises
    ------
    ValueError
        For the first argument outside its range.
    """
    allowed = {
        name: "finite numbers >= 0",
        "depth": DEPTHS,
        "target": "finite numbers >= 0",
        "init": "finite numbers >= 0",
    }
    given = {name: values, "depth": depth, "target": target, "init": init}
    arrays = {key: real_array(key, value, allowed=allowed[key]) for key, value in given.items()}
    require("depth", arrays["depth"], arrays["depth"] >= 1, allowed=DEPTHS)
    for key in (name, "target", "init"):
        array = arrays[key]
        require(key, array, (array >= 0) & np.isfinite(array), allowed=allowed[key])
    broadcast_shape(**arrays)
    goal, start, depths = np.broadcast_arrays(arrays["target"], arrays["init"], arrays["depth"])
    with np.errstate(over="ignore"):
        near = (goal == 0) | (start <= FARTHEST * goal)
    require("init", start, near, allowed=f"at most {FARTHEST:g} times the target")
    unique = (start > 0) | (goal == 0) | (depths == 1) | (depths >= 2)
    require(
        "init",
        start,
        unique,
        allowed="numbers > 0 for depths between 1 and 2, where the flow from 0 is not unique",
    )
    return arrays[name], arrays["depth"], arrays["target"], arrays["init"]


def evaluate(what: int, name: str, values: ArrayLike, depth: ArrayLike, target: ArrayLike, init: ArrayLike) -> Array:
    """Evaluate one quantity over the broadcast of its arguments; `name` is what the caller calls `values`.

    Raises
    ------
    ValueError
        For the first argument outside its range.
    """
    try:
        arrays = [writeable(np.asarray(each, dtype=np.float64, order="C")) for each in (values, depth, target, init)]
        shape = np.broadcast(*arrays).shape
    except (TypeError, ValueError):
        arrays, shape = [np.empty(0)], (0,)
    if 0 not in shape:
        # Without compilation it is NumPy that adds and multiplies, and would warn of what is wanted: see _elementary.
        with np.errstate(all="ignore"):
            out = _by_depth(what, shape, *arrays)
        if out is not None:
            return out
    checked(name, values, depth, target, init)
    raise AssertionError("a number was refused that the checks allow")


def _by_depth(
    what: int, shape: tuple[int, ...], values: Array, depth: Array, target: Array, init: Array
) -> Array | None:
    """Evaluate legal arguments depth by depth; None where one is not legal."""
    if depth.size > 1:
        out = np.empty(shape)
        full = [np.broadcast_to(each, shape) for each in (values, depth, target, init)]
        for each in np.unique(depth):
            mask = full[1] == each
            part = _by_depth(what, (int(mask.sum()),), full[0][mask], each, full[2][mask], full[3][mask])
            if part is None:
                return None
            out[mask] = part
        return out
    number = depth.item()
    if not number >= 1.0:
        return None
    last = shape[-1] if shape else 1
    along_last = last > 1 and all(each.ndim == 0 or each.shape[-1] == 1 for each in (target, init))
    columns = last if along_last else 1
    count = math.prod(shape) // columns
    lead = (*shape[:-1], 1) if along_last else shape
    inputs = values if values.size in (columns, columns * count) else np.broadcast_to(values, shape)
    goals, starts = (each if each.size in (1, count) else np.broadcast_to(each, lead) for each in (target, init))
    out = np.empty((count, columns))
    heads, panels = master_curves(deep_exponent(number), -exponent(number))
    legal = rows(what, inputs.reshape(-1, columns), number, goals.reshape(-1), starts.reshape(-1), heads, panels, out)
    return out.reshape(shape) if legal else None
