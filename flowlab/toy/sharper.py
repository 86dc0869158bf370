"""Bounds on the flow's threshold that are sharper than Theorem 2's, at every depth N >= 2: within a tenth of it.

With x = σ/σ_j* and p = 1 − 2/N, learning from x0 is incremental iff ``s^p ∫_s^{fr} x^(−1−p)/(1 − x/r) dx``, the
supply, is at most ``s^p ∫_{x0}^s x^(−1−p) B(x) dx`` with ``B(x) = (r−1)/((1−x)(1−x/r))``, the demand. In
``q = ((s/x0)^p − 1)/p``, which is log(s/x0) at p = 0, the demand rises at the pace B(x0): it is concave, with a slope
of at most B(s) and at least r − 1. One step of Newton's method from an end therefore stays on its side of the root.

As in `flowlab.toy.bounds`, the formulas are written once over a module of functions `m`, and give logarithms.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from flowlab._checks import require
from flowlab.toy.bounds import Bounds, from_logarithms, order
from flowlab.toy.threshold import checked_pair

Number = Any  # float, array, mpmath's mpf, or a ball


def sharper_bounds(
    *,
    depth: ArrayLike,
    ratio: ArrayLike,
    s: ArrayLike,
    f: ArrayLike,
    target: ArrayLike = 1.0,
    log: bool = False,
) -> Bounds:
    """Return bounds on `threshold` that are sharper than Theorem 2's, at every depth: never a tenth apart.

    Parameters
    ----------
    depth : array_like
        N >= 2, any real number, or inf.
    ratio, s, f, target, log
        As in `threshold`.

    Returns
    -------
    Bounds
        With fields `lower` and `upper`.

    Raises
    ------
    ValueError
        As in `threshold`, and for depths below 2.

    Notes
    -----
    Claims ``flowlab.threshold``, with their proofs.

    Examples
    --------
    >>> found = sharper_bounds(depth=2, ratio=4, s=0.15, f=0.8)
    >>> float(found.lower.round(7)), float(found.upper.round(7))
    (0.0372078, 0.0374651)
    """
    args = checked_pair(depth=depth, ratio=ratio, s=s, f=f, target=target)
    require("depth", args["depth"], args["depth"] >= 2, allowed="numbers >= 2, or inf")
    level = np.log(args["s"]) + np.log(args["target"])
    drops = {bound: np.empty(level.shape) for bound in (lower, upper)}
    at_2 = args["depth"] == 2
    for part, depth in ((at_2, 2), (~at_2, args["depth"][~at_2])):
        ratio, s, f = (args[name][part] for name in ("ratio", "s", "f"))
        for bound, drop in drops.items():
            drop[part] = bound(np, depth, ratio, s, f)
    return from_logarithms(level - drops[lower], level - drops[upper], log=log)


def upper(m: Any, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """Return ``log(s σ_j*/bound)`` for an upper bound at any depth >= 2, in arrays 2 alone or none of them 2.

    Examples
    --------
    >>> import math
    >>> from flowlab.toy import threshold
    >>> for depth in (2, 3):
    ...     bound = 0.15 * math.exp(-upper(math, depth, 4.0, 0.15, 0.8))
    ...     round(bound, 6), round(float(threshold(depth=depth, ratio=4, s=0.15, f=0.8)), 6)
    (0.037465, 0.03745)
    (0.076699, 0.076252)
    """
    p = order(depth)
    return drop_of(m, p, roots(m, p, ratio, s, f)[0])


def lower(m: Any, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """Return ``log(s σ_j*/bound)`` for a lower bound, at the depths of `upper`.

    Examples
    --------
    >>> import math
    >>> [round(0.15 * math.exp(-lower(math, depth, 4.0, 0.15, 0.8)), 6) for depth in (2, 3)]
    [0.037208, 0.075756]
    """
    p = order(depth)
    return drop_of(m, p, roots(m, p, ratio, s, f)[1])


def roots(m: Any, p: Number, ratio: Number, s: Number, f: Number) -> tuple[Number, Number]:
    """Return two numbers between which q = ((s/x0)^p − 1)/p lies at the threshold x0, 0 <= p <= 1.

    From q1, where the tangent at q = 0 meets the supply, one step of Newton's method stays below the root, and one
    with the least slope, r − 1, ends above it.

    Examples
    --------
    >>> import math
    >>> low, high = roots(math, 1, 4.0, 0.15, 0.8)
    >>> from flowlab.toy import threshold
    >>> low < 0.15 / float(threshold(depth=math.inf, ratio=4, s=0.15, f=0.8)) - 1 < high
    True
    """
    if _is_0(p):
        supply = m.log(f) - m.log1p(-f) + m.log(ratio) - m.log(s) + m.log1p(-s / ratio)
        low, high = supply, supply
    else:
        low, high = supply_bounds(m, p, ratio, s, f)
    first = low * (1 - s) * (1 - s / ratio) / (ratio - 1)
    least, most = excess_bounds(m, p, ratio, s, first)
    x = s * m.exp(-drop_of(m, p, first))
    newton = first + (first * s * _curve(ratio, s) - most) * (1 - x) * (1 - x / ratio)
    return newton, high / (ratio - 1) - least


def supply_bounds(m: Any, p: Number, ratio: Number, s: Number, f: Number) -> tuple[Number, Number]:
    """Return two numbers between which ``s^p ∫_s^{fr} x^(−1−p)/(1 − x/r) dx`` lies, 0 <= p <= 1.

    With u = x/r and a = s/r it is ``(1 − (a/f)^p)/p + a^p ∫ u^−p du + a^p ∫ u^(1−p)/(1−u) du`` between a and f. The
    last numerator is concave in u: its chord lies below, and Jensen's inequality bounds it by its value at
    the mean of u under the weight 1/(1−u). Both are equalities at p = 0 and at p = 1.

    Examples
    --------
    >>> import math
    >>> low, high = supply_bounds(math, 0, 4.0, 0.15, 0.8)
    >>> round(low, 6), round(high, 6), round(math.log(0.8 / 0.2 * 3.85 / 0.15), 6)
    (4.631487, 4.631487, 4.631487)
    """
    a, log_a = s / ratio, m.log(s) - m.log(ratio)
    far = m.log(f) - log_a
    weight = m.log1p(-a) - m.log1p(-f)
    mean = 1 - (f - a) / weight
    lead = m.exp(p * log_a + (1 - p) * m.log(f))
    common = _grown(m, -p, far) + lead * _grown(m, p - 1, far)
    chord = (1 - p) * _grown(m, p - 1, far) * lead  # a^p (f^(1−p) − a^(1−p))
    low = a * weight + chord * ((1 - a) * weight / (f - a) - 1)
    return common + low, common + weight * m.exp(p * log_a + (1 - p) * m.log(mean))


def drop_of(m: Any, p: Number, q: Number) -> Number:
    """Return log(s/x) where ((s/x)^p − 1)/p is q.

    Examples
    --------
    >>> import math
    >>> drop_of(math, 1, 3.0) == math.log(4), drop_of(math, 0, 3.0)
    (True, 3.0)
    """
    return q if _is_0(p) else m.log1p(p * q) / p


def excess_bounds(m: Any, p: Number, ratio: Number, s: Number, q: Number) -> tuple[Number, Number]:
    """Return two numbers between which the demand over r − 1, less q, lies: ``∫_x^s (s/x)^p C(x) dx``, C of `_curve`.

    C rises and is convex: it is at least its value at the mean of x (Jensen), and against the falling weight the whole
    is at most the product of their means (Chebyshev), an equality at p = 0. There both numbers are the integral.

    Examples
    --------
    >>> import math
    >>> low, high = excess_bounds(math, 0.5, 4.0, 0.15, 1.0)
    >>> low < high < 1.01 * low
    True
    """
    drop = drop_of(m, p, q)
    x, width = s * m.exp(-drop), -s * m.expm1(-drop)
    plain = m.log1p(width / (1 - s)) + m.log1p((ratio - 1) * width / ((1 - s) * (ratio - x))) / (ratio - 1)
    if _is_0(p):
        return plain, plain
    weight = _grown(m, p - 1, drop)
    mean = s * _grown(m, p - 2, drop) / weight
    return s * weight * _curve(ratio, mean), weight / -m.expm1(-drop) * plain


def _is_0(p: Number) -> bool:
    """Return whether p is the 0 of depth 2; an array of depths has none of them."""
    return not isinstance(p, np.ndarray) and bool(p == 0)


def _curve(ratio: Number, x: Number) -> Number:
    """Return ``C(x) = (B(x)/(r−1) − 1)/x = (r + 1 − x)/((1−x)(r−x))``."""
    return (1 + (1 - x) / ratio) / ((1 - x) * (1 - x / ratio))


def _grown(m: Any, power: Number, far: Number) -> Number:
    """Return ``(e^(power far) − 1)/power`` with its sign so that it is positive, and `far` where the power is 0."""
    if isinstance(power, np.ndarray):
        safe = np.where(power == 0, 1.0, power)
        return np.where(power == 0, far, m.expm1(safe * far) / safe)
    return far if power == 0 else m.expm1(power * far) / power
