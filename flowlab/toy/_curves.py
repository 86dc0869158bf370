"""Kernels and array plumbing under `flowlab.toy.solution`: plain floats in, plain floats out."""

import math

import numpy as np
from numpy.typing import ArrayLike

from flowlab._checks import broadcast_shape, real_array, require
from flowlab._jit import kernel
from flowlab.toy.master import Array, advance, enter, master_curves, time_between

SIGMA, LOG_RESIDUAL, HITTING_TIME = 0, 1, 2

DEPTHS = "real numbers >= 1, or inf"
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
def _aside(what: int, value: float, depth: float, power: float, target: float, init: float) -> float:
    """Return the quantity asked for from a start that is not on a master curve."""
    if target == 0.0:
        return _zero_target(what, value, power, init)
    if init == target or (init == 0.0 and depth > 1.0):
        return _at_rest(what, target, init)
    return _depth_one(what, value, target, init)


@kernel
def _finish(what: int, z: float, target: float, below: bool) -> float:
    """Return σ or the logarithm of the residual from the master curve's coordinate."""
    if what == LOG_RESIDUAL:
        return _log_residual(z, below)
    return target / (1.0 + math.exp(-z)) if below else target * (1.0 + math.exp(-z))


@kernel
def _legal(values: Array, row: int, depth: float, target: float, init: float) -> bool:
    for j in range(values.shape[1]):
        if not 0.0 <= values[row, j] < math.inf:
            return False
    if target > 0.0 and (init > FARTHEST * target or (init == 0.0 and 1.0 < depth < 2.0)):
        return False
    return 0.0 <= target < math.inf and 0.0 <= init < math.inf


@kernel
def rows(
    what: int, values: Array, depth: float, target: Array, init: Array, heads: Array, panels: Array, out: Array
) -> bool:
    """Fill `out`, one start a row; `values` are times, or levels of σ for HITTING_TIME.

    `values`, `target` and `init` of a single row or entry serve every row. False at the first number that is not
    legal: checking here costs nothing, where a pass over each argument would cost as much as the work. In passes:
    one value is a long chain of functions, each waiting for the last, and only unlike values can overlap.
    """
    power = exponent(depth)
    # Strides of 0 or 1: cheaper than a remainder.
    row, goals, starts = values.shape[0] > 1, target.size > 1, init.size > 1
    count, columns = out.shape
    origin = np.empty(count)  # the start's coordinate; nan where it is not on a master curve
    for i in range(count):
        goal, start = target[i * goals], init[i * starts]
        if not _legal(values, i * row, depth, goal, start):
            return False
        aside = goal == 0.0 or start == goal or start == 0.0 or depth == 1.0
        origin[i] = math.nan if aside else coordinate(start, goal)
    entered = np.empty((count, 4))
    for i in range(count):
        if not math.isnan(origin[i]):
            side = 0 if init[i * starts] < target[i * goals] else 1
            entered[i, 0], entered[i, 1], entered[i, 2] = enter(heads, side, panels, origin[i])
            entered[i, 3] = target[i * goals] ** power
    for i in range(count):
        goal, start, k = target[i * goals], init[i * starts], i * row
        side = 0 if start < goal else 1
        lead, gain, time, rate = entered[i, 0], entered[i, 1], entered[i, 2], entered[i, 3]
        for j in range(columns):
            if math.isnan(origin[i]):
                out[i, j] = _aside(what, values[k, j], depth, power, goal, start)
            elif what == HITTING_TIME:
                end = coordinate(values[k, j], goal)
                out[i, j] = time_between(heads, side, panels, origin[i], end) / rate
            else:
                out[i, j] = advance(heads, side, panels, lead, gain, time, rate * values[k, j])
    if what != HITTING_TIME:
        for i in range(count):
            goal, start, k = target[i * goals], init[i * starts], i * row
            if not math.isnan(origin[i]):
                for j in range(columns):
                    still = what == SIGMA and values[k, j] == 0.0
                    out[i, j] = start if still else _finish(what, out[i, j], goal, start < goal)
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
        (goal == 0) | (start <= FARTHEST * goal),
        allowed=f"at most {FARTHEST:g} times the target",
    )
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
        arrays = [np.asarray(each, dtype=np.float64) for each in (values, depth, target, init)]
        shape = np.broadcast(*arrays).shape
    except (TypeError, ValueError):
        arrays, shape = [np.empty(0)], (0,)
    if 0 not in shape:
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
    inputs = values if values.size == columns else np.broadcast_to(values, shape)
    goals, starts = (each if each.size in (1, count) else np.broadcast_to(each, lead) for each in (target, init))
    out = np.empty((count, columns))
    heads, panels = master_curves(deep_exponent(number), -exponent(number))
    legal = rows(what, inputs.reshape(-1, columns), number, goals.reshape(-1), starts.reshape(-1), heads, panels, out)
    return out.reshape(shape) if legal else None
