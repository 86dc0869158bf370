"""Kernels and array plumbing under `flowlab.toy.solution`: plain floats in, plain floats out."""

import math

import numpy as np
from numpy.typing import ArrayLike

from flowlab._checks import broadcast_shape, real_array, require
from flowlab._jit import kernel
from flowlab.toy.master import Array, Table, advance, enter, master_table, relative_exponential

SIGMA, LOG_RESIDUAL, HITTING_TIME = 0, 1, 2

DEPTHS = "real numbers >= 1, or inf"
_FARTHEST = 1e100  # largest init / target: beyond it squares leave the range of a float


@kernel
def exponent(depth: float) -> float:
    """Return 2 − 2/N, the power of σ in its own flow."""
    return 2.0 - 2.0 / depth


@kernel
def deep_exponent(depth: float) -> float:
    """Return 1 − 2/N, the master curve's exponent below the target, without cancellation near depth 2."""
    return (depth - 2.0) / depth if depth < math.inf else 1.0


@kernel
def coordinate(value: float, target: float) -> float:
    """Return the master curve's coordinate of a value that is neither 0 nor the target."""
    if value > target:
        return math.log(target / (value - target))
    odds = value / (target - value)
    return math.log(odds) if odds > 1e-300 else math.log(value) - math.log(target - value)


@kernel
def _log_residual(z: float, below: bool) -> float:
    """Return log |1 − σ/σ*| from the master curve's coordinate."""
    if not below:
        return -z
    return -(z + math.log1p(math.exp(-z))) if z > 0.0 else -math.log1p(math.exp(z))


@kernel
def _zero_target(what: int, value: float, power: float, init: float) -> float:
    """Return the quantity asked for when σ* = 0, where ``σ̇ = −σ^(3−2/N)`` (σ̇ = −σ at depth 1)."""
    if init == 0.0:
        return 0.0
    if what == HITTING_TIME:
        fall = math.log(init / value)
        return fall if power == 0.0 else init ** (-power) * math.expm1(power * fall) / power
    fall = value if power == 0.0 else math.log1p(power * value * init**power) / power
    return init * math.exp(-fall)


@kernel
def _depth_one(what: int, value: float, target: float, init: float) -> float:
    """Return the quantity asked for at depth 1, where the flow is linear and a start at 0 moves."""
    if what == SIGMA:
        return init * math.exp(-value) - target * math.expm1(-value)
    if what == LOG_RESIDUAL:
        return math.log(abs(target - init) / target) - value
    return math.log((target - init) / (target - value))


@kernel
def _at_rest(what: int, target: float, init: float) -> float:
    """Return the quantity asked for from a start that does not move: 0, or the target itself."""
    if what == SIGMA:
        return init
    return 0.0 if init == 0.0 or what == HITTING_TIME else -math.inf


@kernel
def _time_between(table: tuple[Array, Array, Array, Array, Array], start: float, end: float) -> float:
    """Return the master curve's time from coordinate `start` to `end`."""
    head, _, _, low_forward, high_forward = table
    lead, gain, origin = enter(head, low_forward, high_forward, start)
    other, _, time = enter(head, low_forward, high_forward, end)
    if gain >= 0.0 and end < head[1]:
        return relative_exponential(-head[0], other - lead) / gain
    return time - origin


@kernel
def rows(
    what: int,
    values: Array,
    depth: float,
    target: Array,
    init: Array,
    below: tuple[Array, Array, Array, Array, Array],
    above: tuple[Array, Array, Array, Array, Array],
    out: Array,
) -> None:
    """Fill `out`, one start a row; `values` are times, or levels of σ for HITTING_TIME.

    `values`, `target` and `init` of a single row or entry serve every row.
    """
    power = exponent(depth)
    for i in range(out.shape[0]):
        goal, start = target[i % target.size], init[i % init.size]
        inputs = values[i % values.shape[0]]
        if goal == 0.0:
            for j in range(inputs.size):
                out[i, j] = _zero_target(what, inputs[j], power, start)
            continue
        if start == goal or (start == 0.0 and depth > 1.0):
            out[i, :] = _at_rest(what, goal, start)
            continue
        if depth == 1.0:
            for j in range(inputs.size):
                out[i, j] = _depth_one(what, inputs[j], goal, start)
            continue
        low = start < goal
        table = below if low else above
        head, low_side, high_side, low_forward, high_forward = table
        origin_z = coordinate(start, goal)
        rate = goal**power
        if what == HITTING_TIME:
            for j in range(inputs.size):
                out[i, j] = _time_between(table, origin_z, coordinate(inputs[j], goal)) / rate
            continue
        lead, gain, origin = enter(head, low_forward, high_forward, origin_z)
        for j in range(inputs.size):
            if inputs[j] == 0.0 and what == SIGMA:
                out[i, j] = start
                continue
            z = advance(head, low_side, high_side, lead, gain, origin, rate * inputs[j])
            if what == LOG_RESIDUAL:
                out[i, j] = _log_residual(z, low)
            elif low:
                out[i, j] = goal / (1.0 + math.exp(-z))
            else:
                out[i, j] = goal * (1.0 + math.exp(-z))


@kernel
def _all_legal(values: Array, target: Array, init: Array) -> bool:
    for value in values.flat:
        if not 0.0 <= value < math.inf:
            return False
    for value in target.flat:
        if not 0.0 <= value < math.inf:
            return False
    for value in init.flat:  # noqa: SIM110
        if not 0.0 <= value < math.inf:
            return False
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
    require(
        "init",
        start,
        (goal == 0) | (start <= _FARTHEST * goal),
        allowed=f"at most {_FARTHEST:g} times the target",
    )
    unique = (start > 0) | (goal == 0) | (depths == 1) | (depths >= 2)
    require(
        "init",
        start,
        unique,
        allowed="numbers > 0 for depths between 1 and 2, where the flow from 0 is not unique",
    )
    return arrays[name], arrays["depth"], arrays["target"], arrays["init"]


def evaluate(what: int, values: Array, depth: Array, target: Array, init: Array) -> Array:
    """Evaluate one quantity over the broadcast of its checked arguments."""
    shape = np.broadcast(values, depth, target, init).shape
    if depth.ndim > 0 and depth.size > 1:
        out = np.empty(shape)
        full = [np.broadcast_to(a, shape) for a in (values, depth, target, init)]
        for each in np.unique(depth):
            mask = full[1] == each
            out[mask] = evaluate(what, full[0][mask], each, full[2][mask], full[3][mask])
        return out
    number = float(depth.flat[0]) if depth.ndim else float(depth)
    last = shape[-1] if shape else 1
    along_last = last > 1 and all(a.ndim == 0 or a.shape[-1] == 1 for a in (target, init))
    columns = last if along_last else 1
    count = math.prod(shape) // columns
    head = (*shape[:-1], 1) if along_last else shape
    out = np.empty((count, columns))
    inputs = values.reshape(1, -1) if values.size == columns else np.broadcast_to(values, shape).reshape(count, columns)
    goals, starts = (
        a.reshape(-1) if a.size in (1, count) else np.broadcast_to(a, head).reshape(-1) for a in (target, init)
    )
    below, above = tables(number)
    rows(what, inputs, number, goals, starts, below, above, out)
    return out.reshape(shape)


def tables(depth: float) -> tuple[Table, Table]:
    """Return the master tables below and above the target at a depth."""
    return master_table(deep_exponent(depth)), master_table(-exponent(depth))
