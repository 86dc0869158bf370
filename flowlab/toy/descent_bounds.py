"""The printed bounds on descent's threshold, Theorem 3 of Gissin et al. 2020, a corrected form, and an enclosure.

As in `flowlab.toy.bounds`, the formulas are written once over a module of functions `m`, and give logarithms.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from flowlab._checks import require
from flowlab.toy.bounds import Bounds, from_logarithms, over
from flowlab.toy.descent_threshold import require_rate
from flowlab.toy.threshold import checked_pair

Number = Any  # float or mpmath's mpf

# Theorem 3's upper limit on c = learning rate × largest optimum, 2 (√2 − 1), rounded down: the next float is above it
STABLE = 0.8284271247461901
_ROOT, _ROOT_REST = 0.41421356237309503, 1.4349369327986523e-17  # √2 − 1 in two floats


def exponents(m: Any, rate_i: Number, rate_j: Number) -> tuple[Number, Number]:
    """Return Theorem 3's A and B, from ``rate_k = learning rate × σ_k*`` (the paper's c R_k).

    Examples
    --------
    >>> a, b = exponents(math, 4e-8, 1e-8)
    >>> round(a, 5), round(b, 5)
    (4.0, 4.0)
    """
    slow_i, slow_j = m.log1p(-rate_i + rate_i**2), m.log1p(-rate_j + rate_j**2)
    fast_i, fast_j = log_fast(m, rate_i), log_fast(m, rate_j)
    return slow_i / fast_j, fast_i / slow_j


def log_fast(m: Any, rate: Number) -> Number:
    """Return ``log(1 − q − q²/4)``, the logarithm of the factor in appendix B's lower chain; in floats up to `STABLE`.

    Examples
    --------
    >>> round(log_fast(math, 0.5), 12) == round(math.log(1 - 0.5 - 0.0625), 12), round(log_fast(math, STABLE), 3)
    (True, -37.743)
    """
    if isinstance(rate, float) and rate > 0.5:  # by its roots, since the sum is 0 to a float next to the limit
        return math.log(((_ROOT - rate / 2) + _ROOT_REST) * (2 + _ROOT + rate / 2))
    return m.log1p(-rate - rate**2 / 4)


def lower(m: Any, ratio: Number, s: Number, f: Number, rate_i: Number, rate_j: Number) -> Number:
    """Return log of Theorem 3's lower bound over σ_j*, as printed (with the r that its proof has).

    Nothing makes A exceed 1; where it does not, the formula is not a bound.

    Examples
    --------
    >>> round(lower(math, 4.0, 0.15, 0.8, 0.04, 0.01), 5)
    -4.22948
    """
    a, _ = exponents(m, rate_i, rate_j)
    odds = m.log(s) - m.log1p(-s)
    return odds - m.log(2) + (m.log1p(-f) - m.log(2) - m.log(ratio) - m.log(f) + odds) / (a - 1)


def lower_corrected(m: Any, ratio: Number, s: Number, f: Number, rate_i: Number, rate_j: Number) -> Number:
    """Return log of the lower bound over σ_j* that appendix B supports where A > 1.

    An integer iteration must fit between the two times: one more step costs a factor ``1 − cR_i + c²R_i²``.

    Examples
    --------
    >>> lower_corrected(math, 4.0, 0.15, 0.8, 0.04, 0.01) < lower(math, 4.0, 0.15, 0.8, 0.04, 0.01)
    True
    """
    a, _ = exponents(m, rate_i, rate_j)
    return lower(m, ratio, s, f, rate_i, rate_j) + m.log1p(-rate_i + rate_i**2) / (a - 1)


def upper(m: Any, ratio: Number, s: Number, f: Number, rate_i: Number, rate_j: Number) -> Number:
    """Return log of Theorem 3's upper bound over σ_j*, as printed.

    Examples
    --------
    >>> round(upper(math, 4.0, 0.15, 0.8, 0.04, 0.01), 5)
    -2.72698
    """
    _, b = exponents(m, rate_i, rate_j)
    odds = m.log(s) - m.log1p(-s)
    return odds + (m.log1p(-f) - m.log(f) + odds) / (b - 1)


def enclosure(m: Any, ratio: Number, s: Number, f: Number, rate_i: Number, rate_j: Number, *, up: bool) -> Number:
    """Return a number certainly above (`up`) or below log of descent's threshold over σ_j*, depth 2.

    With q = learning rate × σ* and r = σ/σ*, ``Φ(r) = log r/(2 log(1 + q/2)) + log(1 − r)/log(1 − q)`` counts
    iterations: a step raises it by 1 at r = 0 and at r = 1, and between by 1 + h(r) with ``0 <= h'' <= 10 q²`` (tested
    for every q up to `STABLE`), so that ``−5 q² r (1 − r) <= h <= 0``. A step raises r itself by at least
    ``q r (1 − r)``; hence after t steps Φ has risen by at most t, and by at least ``t − 5 q``. Two levels are reached
    at the same time where these counts agree: a root, to within a step.

    Examples
    --------
    >>> from flowlab.toy.descent_threshold import descent_threshold
    >>> low, high = (enclosure(math, 4.0, 0.15, 0.8, 0.04, 0.01, up=up) for up in (False, True))
    >>> bool(low < descent_threshold(ratio=4, s=0.15, f=0.8, learning_rate=0.01, log=True).largest < high)
    True
    """
    low_i, low_j = 2 * m.log1p(rate_i / 2), 2 * m.log1p(rate_j / 2)
    high_i, high_j = low_i / -m.log1p(-rate_i), low_i / -m.log1p(-rate_j)
    # Upward: j has all its steps, no matter the integers. Downward: i needs all of its, and one more to be an integer.
    extra = 5 * rate_j if up else -5 * rate_i - 1
    lead = low_i / low_j * m.log(s) - m.log(f) - m.log(ratio) + high_i * m.log1p(-f) - high_j * m.log1p(-s)
    lead += low_i * extra
    apart = 2 * m.log1p(rate_j * (ratio - 1) / (2 + rate_j)) / low_j
    tiny = getattr(m, "eps", 2.0**-52)
    y = m.log(s)
    for _ in range(200):  # Newton's method on a convex increasing function, from its right
        x = m.exp(y)
        gap = apart * y - lead + high_i * m.log1p(-x / ratio) - high_j * m.log1p(-x)
        change = gap / (apart - high_i * x / (ratio - x) + high_j * x / (1 - x))
        y = min(y - change, m.log(s))
        if change <= 4 * tiny * abs(y):
            break
    return y + (1024 if up else -1024) * tiny * abs(y)


def count(m: Any, rate: Number, start: Number, level: Number) -> tuple[Number, Number]:
    """Return two numbers between which descent's iterations from `start` to `level` lie, before rounding up; depth 2.

    Of `enclosure`, whose count and whose bounds on it these are; levels are fractions of the optimum.

    Examples
    --------
    >>> least, most = count(math, 0.01, 0.1, 0.9)
    >>> round(least, 3), round(most, 3)
    (438.893, 438.943)
    """
    early = (m.log(level) - m.log(start)) / (2 * m.log1p(rate / 2))
    late = (m.log1p(-level) - m.log1p(-start)) / m.log1p(-rate)
    return early + late, early + late + 5 * rate


def descent_threshold_bounds(
    *,
    ratio: ArrayLike,
    s: ArrayLike,
    f: ArrayLike,
    learning_rate: ArrayLike,
    target: ArrayLike = 1.0,
    depth: ArrayLike = 2,
    log: bool = False,
) -> Bounds:
    """Return Theorem 3's bounds on `descent_threshold` at depth 2, as printed, with ``c = learning_rate × σ_i*``.

    The lower bound is false (claim ``gissin2020.theorem3.lower``).

    Parameters
    ----------
    ratio, s, f, target, log
        As in `threshold`.
    learning_rate : array_like
        η of descent on the depth-normalised loss, below ``2 (√2 − 1)/(ratio × target)``.
    depth : array_like
        Only 2: Theorem 3 says nothing of other depths.

    Returns
    -------
    Bounds
        With fields `lower` and `upper`.

    Raises
    ------
    ValueError
        As in `threshold`; for learning rates and depths outside the theorem; where A = 1 and the printed formula
        divides by zero.

    Examples
    --------
    >>> bounds = descent_threshold_bounds(ratio=4, s=0.15, f=0.8, learning_rate=0.01)
    >>> float(bounds.lower.round(6)), float(bounds.upper.round(6))
    (0.01456, 0.065417)
    """
    args = checked_pair(depth=depth, ratio=ratio, s=s, f=f, learning_rate=learning_rate, target=target)
    require("depth", args["depth"], args["depth"] == 2, allowed="2: Theorem 3 says nothing of other depths")
    rates = {"rate_j": args["learning_rate"] * args["target"]}
    rates["rate_i"] = rates["rate_j"] * args["ratio"]
    limit = STABLE / (args["ratio"] * args["target"])
    require_rate(args["learning_rate"], limit, "2(√2 − 1)/(ratio × target), Theorem 3's own condition")
    rates["rate_i"] = np.minimum(rates["rate_i"], STABLE)
    args = {**args, **rates}
    a = over(lambda m, rate_i, rate_j: exponents(m, rate_i, rate_j)[0], args, ("rate_i", "rate_j"))
    require("learning_rate", args["learning_rate"], a != 1, allowed="rates with A ≠ 1, where the printed bound exists")
    names = ("ratio", "s", "f", "rate_i", "rate_j")
    level = np.log(args["target"])
    return from_logarithms(*(over(bound, args, names) + level for bound in (lower, upper)), log=log)
