"""The printed bounds on the flow's threshold, Theorem 2 of Gissin et al. 2020, and their corrected form.

The formulas are written once, over a module of functions `m` that is `math`, `numpy` or `mpmath`: the same lines give
the float, arrays of them, and their confirmation. They give logarithms, since at depth 2 the bounds leave every float.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from flowlab._checks import require
from flowlab.toy.master import Array
from flowlab.toy.threshold import checked_pair, in_float_range

Number = Any  # float or mpmath's mpf


class Bounds(NamedTuple):
    """A lower and an upper bound on a threshold (logarithms if so asked).

    Attributes
    ----------
    lower, upper : ndarray or float
    """

    lower: Array
    upper: Array


def from_logarithms(lower: Array, upper: Array, *, log: bool) -> Bounds:
    """Return bounds from their logarithms: these themselves on request.

    Raises
    ------
    ValueError
        If `log` is false and a bound leaves the range of a float.
    """
    return Bounds(in_float_range("lower bound", lower, log), in_float_range("upper bound", upper, log))


def lower(m: Any, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """Return ``log(s σ_j*/bound)`` for Theorem 2's lower bound, as printed.

    Examples
    --------
    >>> round(lower(math, 3, 4.0, 0.15, 0.8), 6)
    2.942488
    """
    gain = (1 - f) * (ratio - 1)
    if at_2(depth):
        return (m.log(f) + m.log(ratio) - m.log(s)) / gain
    return m.log1p(1 / gain) / order(depth)


def upper(m: Any, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """Return ``log(s σ_j*/bound)`` for Theorem 2's upper bound, as printed: false at depth 3 and more.

    Examples
    --------
    >>> round(upper(math, 3, 4.0, 0.15, 0.8), 6)
    0.748383
    """
    if at_2(depth):
        return (m.log(f) + m.log(ratio) - m.log(s)) * (1 - s) / (ratio - 1)
    return m.log1p((1 - s) / (ratio - 1)) / order(depth)


def upper_corrected(m: Any, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """Return ``log(s σ_j*/bound)`` for the upper bound that appendix A does prove: at depth 2 the printed one.

    The appendix drops ``(fr)^−p``, p = 1 − 2/N, from a condition that dropping it tightens. Kept, the necessary
    condition reads ``(σ0/(s σ_j*))^−p >= 1 + (1−s)/(r−1) (1 − (s/(fr))^p)``.

    Examples
    --------
    >>> upper_corrected(math, 3, 4.0, 0.15, 0.8) < upper(math, 3, 4.0, 0.15, 0.8)
    True
    """
    if at_2(depth):
        return upper(m, depth, ratio, s, f)
    p = order(depth)
    kept = -m.expm1(p * (m.log(s) - m.log(f) - m.log(ratio)))
    return m.log1p((1 - s) / (ratio - 1) * kept) / p


def at_2(depth: Number) -> bool:
    """Return whether the depth is 2; of an array, which is so throughout or nowhere, whether it all is."""
    return bool(np.all(depth == 2))


def order(depth: Number) -> Number:
    """Return p = 1 − 2/N.

    Examples
    --------
    >>> order(4), order(math.inf)
    (0.5, 1)
    """
    if isinstance(depth, np.ndarray):
        with np.errstate(invalid="ignore"):
            return np.where(np.isinf(depth), 1.0, (depth - 2) / depth)
    return 1 if depth == math.inf else (depth - 2) / depth


def threshold_bounds(
    *,
    depth: ArrayLike,
    ratio: ArrayLike,
    s: ArrayLike,
    f: ArrayLike,
    target: ArrayLike = 1.0,
    log: bool = False,
) -> Bounds:
    """Return Theorem 2's bounds on `threshold`, as printed.

    At depth 3 and more the printed upper bound is false (claim ``gissin2020.theorem2.deep.upper``).

    Parameters
    ----------
    depth : array_like
        2, or any number >= 3, or inf.
    ratio, s, f, target, log
        As in `threshold`.

    Returns
    -------
    Bounds
        With fields `lower` and `upper`.

    Raises
    ------
    ValueError
        As in `threshold`, and for depths of which Theorem 2 says nothing.

    Examples
    --------
    >>> bounds = threshold_bounds(depth=2, ratio=4, s=0.15, f=0.8)
    >>> float(bounds.lower.round(9)), float(bounds.upper.round(9))
    (0.000914099, 0.063026708)
    """
    args = checked_pair(depth=depth, ratio=ratio, s=s, f=f, target=target)
    stated = (args["depth"] == 2) | (args["depth"] >= 3)
    require("depth", args["depth"], stated, allowed="2, or numbers >= 3, or inf: Theorem 2 says nothing of others")
    names = ("depth", "ratio", "s", "f")
    level = np.log(args["s"]) + np.log(args["target"])
    return from_logarithms(*(level - over(bound, args, names) for bound in (lower, upper)), log=log)


def over(formula: Any, args: dict[str, Array], names: tuple[str, ...]) -> Array:
    """Evaluate a scalar formula over broadcast arguments."""
    return np.asarray(np.vectorize(lambda *values: formula(math, *values), otypes=[float])(*(args[n] for n in names)))
