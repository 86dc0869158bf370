"""The starts from which gradient descent on the toy model learns incrementally: exact, iterations being integers.

With ``σ(t+1) = σ(t) (1 + (η/N) σ(t)^(1−2/N) (σ* − σ(t)))^N`` (Gissin et al. 2020, eq. 9) and a learning rate that
does not overshoot, every step is an increasing map of σ. Iteration k shows (s, f)-incremental learning exactly for
the starts in ``[F_k, S_k]``, where F_k is f σ_i* and S_k is s σ_j* taken k steps *back*. The starts with incremental
learning are the union of these intervals, whose gaps close as k grows: not always an interval itself.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from flowlab._checks import require
from flowlab._interrupts import asked, raise_interrupt
from flowlab._jit import kernel
from flowlab.toy._curves import deep_exponent, exponent
from flowlab.toy.master import Array
from flowlab.toy.threshold import checked_pair, in_float_range

_LINEAR = -40.0  # below this log σ/σ* the depth-2 step is a multiplication, to the last digit
MAX_STEPS = 20_000_000
_WORK = 100  # about so many operations take a step back


class DescentThreshold(NamedTuple):
    """The starts with incremental learning by gradient descent (logarithms if so asked).

    Attributes
    ----------
    largest : ndarray or float
        The largest start with incremental learning.
    all_below : ndarray or float
        The largest start up to which every start has it; below `largest` where the starts have gaps.
    iteration : ndarray or int
        The iteration that shows incremental learning from `largest`.
    """

    largest: Array
    all_below: Array
    iteration: Array


@kernel
def step_back(level: float, rate: float, depth: float, power: float) -> float:
    """Return log(σ/σ*) one step before it was `level` <= 0; `rate` is ``η σ*^(2−2/N)``, `power` is ``1 − 2/N``."""
    x = level
    for _ in range(60):
        grown = math.exp(power * x)
        small = math.exp(x)
        push = rate / depth * grown * (1.0 - small)
        gap = x + depth * math.log1p(push) - level
        slope = 1.0 + rate * grown * (power * (1.0 - small) - small) / (1.0 + push)
        change = gap / slope if slope > 1e-3 else 0.5 * gap
        x -= change
        if abs(change) <= 2e-16 * max(1.0, abs(x)):
            break
    return x


@kernel
def _search(depth: float, ratio: float, s: float, f: float, rate_i: float, rate_j: float) -> tuple[float, float, float]:
    """Return log(largest/σ_j*), log(all_below/σ_j*) and the iteration; nan where the steps ran out."""
    power = deep_exponent(depth)
    log_ratio = math.log(ratio)
    first, last = math.log(f), math.log(s)  # log F_k/σ_i* and log S_k/σ_j*
    largest = all_below = math.nan
    iteration, waited = 0.0, 0
    for k in range(MAX_STEPS):
        waited = asked(waited, _WORK)
        if waited < 0:
            raise_interrupt()
        if depth == 2.0 and max(first, last) < _LINEAR:
            return _linear(first + log_ratio - last, last, ratio, rate_j, float(k), largest, all_below, iteration)
        before = step_back(last, rate_j, depth, power)
        if first + log_ratio <= last:
            if math.isnan(largest):
                largest = all_below = last
                iteration = float(k)
            if before >= first + log_ratio:
                # Closed, and from here on F falls faster than S: no later gap.
                earlier = step_back(first, rate_i, depth, power)
                if first - earlier >= last - before:
                    return largest, all_below, iteration
            else:
                all_below = before
        first = step_back(first, rate_i, depth, power)
        last = before
    return math.nan, math.nan, 0.0


@kernel
def _linear(
    apart: float,
    last: float,
    ratio: float,
    rate_j: float,
    k: float,
    largest: float,
    all_below: float,
    iteration: float,
) -> tuple[float, float, float]:
    """Finish the search where both steps back are subtractions: `apart` is log F_k/S_k."""
    fall_j = 2.0 * math.log1p(rate_j / 2.0)
    faster = 2.0 * math.log1p(rate_j * (ratio - 1.0) / (2.0 + rate_j))  # rate_i − rate_j keeps no digit as r → 1
    crossing, closing = max(math.ceil(apart / faster), 0), math.ceil((apart + fall_j) / faster)
    if math.isnan(largest):
        largest = all_below = last - crossing * fall_j
        iteration = k + crossing
    return largest, last - closing * fall_j if closing > crossing else all_below, iteration


@kernel
def _searches(depth: Array, ratio: Array, s: Array, f: Array, learning_rate: Array, target: Array, out: Array) -> None:
    waited = 0
    for i in range(depth.size):
        waited = asked(waited, 100 * _WORK)
        if waited < 0:
            raise_interrupt()
        power = exponent(depth[i])
        rate_j = learning_rate[i] * target[i] ** power
        rate_i = learning_rate[i] * (ratio[i] * target[i]) ** power
        out[0, i], out[1, i], out[2, i] = _search(depth[i], ratio[i], s[i], f[i], rate_i, rate_j)


def descent_threshold(
    *,
    ratio: ArrayLike,
    s: ArrayLike,
    f: ArrayLike,
    learning_rate: ArrayLike,
    target: ArrayLike = 1.0,
    depth: ArrayLike = 2,
    log: bool = False,
) -> DescentThreshold:
    """Return the starts from which gradient descent learns two values (s, f)-incrementally.

    The arguments broadcast against each other.

    Parameters
    ----------
    ratio, s, f, target, log
        As in `threshold`.
    learning_rate : array_like
        η on the depth-normalised loss, at most ``(ratio × target)^−(2−2/N)``, the rate up to which no value
        overshoots (Lemma 1).
    depth : array_like
        N, a finite real number >= 2.

    Returns
    -------
    DescentThreshold
        With fields `largest`, `all_below` and `iteration`.

    Raises
    ------
    ValueError
        As in `threshold`; for learning rates that overshoot, or so small that more than 20 million iterations
        would have to be followed.

    Notes
    -----
    Gissin et al. 2020, Definition 1 with eq. 9; Theorem 3 bounds `largest` at depth 2.

    Examples
    --------
    >>> found = descent_threshold(ratio=4, s=0.15, f=0.8, learning_rate=0.2)
    >>> float(found.largest.round(9)), float(found.all_below.round(9)), int(found.iteration)
    (0.036385791, 0.030236904, 8)
    """
    given = {"depth": depth, "ratio": ratio, "s": s, "f": f, "learning_rate": learning_rate, "target": target}
    args = checked_pair(**given)
    depths = args["depth"]
    require("depth", depths, (depths >= 2) & np.isfinite(depths), allowed="finite numbers >= 2 for descent")
    limit = (args["ratio"] * args["target"]) ** -exponent_of(depths)
    require_rate(args["learning_rate"], limit, "(ratio × target)^−(2−2/N), beyond which values overshoot (Lemma 1)")
    flat = {name: np.ascontiguousarray(array).reshape(-1) for name, array in args.items()}
    found = np.empty((3, depths.size))
    _searches(flat["depth"], flat["ratio"], flat["s"], flat["f"], flat["learning_rate"], flat["target"], found)
    require(
        "learning_rate",
        args["learning_rate"],
        ~np.isnan(found[0]).reshape(depths.shape),
        allowed=f"rates that need at most {MAX_STEPS} iterations; for smaller ones use threshold, the flow's",
    )
    shape = depths.shape
    found[:2] += np.log(flat["target"])
    return DescentThreshold(
        in_float_range("threshold", found[0].reshape(shape), log),
        in_float_range("threshold", found[1].reshape(shape), log),
        found[2].astype(np.int64).reshape(shape)[()],
    )


def require_rate(learning_rate: Array, limit: Array, formula: str) -> None:
    """Refuse learning rates above a limit, saying which number the formula for it gives.

    Raises
    ------
    ValueError
        For the first learning rate above its limit.
    """
    valid = learning_rate <= limit * (1 + 1e-15)
    if not valid.all():
        most = float(limit[~valid].flat[0])
        text = f"{most:.6g}"
        if float(text) > most:  # what is allowed is rounded down
            text = f"{most * (1 - 5e-6):.6g}"
        require("learning_rate", learning_rate, valid, allowed=f"at most {text}, {formula}")


def exponent_of(depth: Array) -> Array:
    """Return 2 − 2/N for an array of depths."""
    return 2.0 - 2.0 / depth
