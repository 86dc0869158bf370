"""The largest start from which two values of the toy model's flow are learned incrementally.

Definition 1 of Gissin et al. 2020: the learning of σ_i and σ_j, with ``σ_i* = r σ_j*``, is (s, f)-incremental if at
some time ``σ_j <= s σ_j*`` while ``f σ_i* <= σ_i``. The flow is monotone, so this says ``t_f(σ_i) <= t_s(σ_j)``,
and it holds exactly up to one common start σ0: the threshold.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from flowlab._checks import broadcast_shape, number, real_array, require
from flowlab._interrupts import asked, raise_interrupt
from flowlab._jit import kernel
from flowlab.toy._curves import DEPTHS, deep_exponent
from flowlab.toy.master import Array, clock_offset, high_time, low_time, relative_exponential

#: About so many operations find one threshold.
_WORK = 1000
_ARGUMENTS = {
    "ratio": "finite numbers > 1",
    "s": "numbers in (0, 1/4)",
    "f": "numbers in (3/4, 1)",
    "target": "finite numbers > 0",
}


@kernel
def _moments(P: float, ratio: float, s: float, scale: float, y: float) -> tuple[float, float]:
    """Return ``s^scale`` times r times the integral of ``x^−a / ((1−x)(r−x))`` from s e^−y to s, and its slope in y.

    Term by term, with ``1/((1−x)(1−x/r)) = Σ C_k x^k``, ``C_k = 1 + 1/r + … + r^−k``: every term is positive, so
    nothing cancels, not even as r → 1.
    """
    weight = 1.0
    inverse = 1.0
    power = s ** (scale - P)
    total = 0.0
    slope = 0.0
    for k in range(80):
        order = k - P
        # An exponent that cannot be told from 0 may have lost its digits to underflow.
        value = weight * power * (-math.expm1(-order * y) / order if abs(order * y) > 1e-30 else y)
        total += value
        slope += weight * power * math.exp(-order * y)
        if k > 1 and value <= 1e-17 * total:
            break
        inverse /= ratio
        weight += inverse
        power *= s
    return total, slope


@kernel
def _drop(depth: float, ratio: float, s: float, f: float) -> float:
    """Return ``log(s σ_j*/σ0_th)``, or nan where no start is small enough (possible below depth 2 only).

    With ``x = σ/σ_j*`` the condition is ``∫_s^{fr} dx/(x^a (1−x/r)) <= r (r−1) ∫_{σ0}^s dx/(x^a (1−x)(r−x))``.
    """
    P = deep_exponent(depth)
    scale = max(P, 0.0)
    # r − 1 times the left side, times (s^scale)/r^…: both sides in the units of _moments
    z = math.log(s) - math.log(ratio - s)
    late = math.log(f / (1.0 - f))
    late_time = late + high_time(P, late) - clock_offset(P)
    # Times of σ_i in its own units, scaled by r^P to those of σ_j: (s/r)^P e^(−Pz) = (1 − s/r)^P
    lead = math.exp(P * (math.log(s) - math.log(ratio)))
    early_time = (1.0 - s / ratio) ** P * (relative_exponential(P, z) + low_time(P, z))
    needed = (lead * late_time - early_time) / (ratio - 1.0)
    if scale == 0.0:
        needed *= s ** (-P)
        if P < 0.0 and needed >= _moments(P, ratio, s, scale, math.inf)[0]:
            return math.nan
    # The first term alone needs a larger y than the whole sum: an upper end for Newton's method.
    first = 1.0 + P * needed / s ** (scale - P)
    if P == 0.0:
        y = needed
    elif first > 0.0:
        y = math.log1p(P * needed / s ** (scale - P)) / P
    else:
        y = 1.0
        while _moments(P, ratio, s, scale, y)[0] < needed:
            y *= 2.0
    low, high = 0.0, y
    for _ in range(200):
        total, slope = _moments(P, ratio, s, scale, y)
        if total < needed:
            low = y
        else:
            high = y
        change = (needed - total) / slope
        y += change
        if not low <= y <= high:
            y = 0.5 * (low + high)
        if abs(change) <= 1e-15 * y or high - low <= 1e-15 * high:
            break
    drop: float = y
    return drop


@kernel
def _drops(depth: Array, ratio: Array, s: Array, f: Array, out: Array) -> None:
    waited = 0
    for i in range(out.size):
        waited = asked(waited, _WORK)
        if waited < 0:
            raise_interrupt()
        out[i] = _drop(depth[i], ratio[i], s[i], f[i])


def checked_pair(**given: ArrayLike) -> dict[str, Array]:
    """Return the arguments of a threshold as broadcast float64 arrays, or say which is wrong.

    Raises
    ------
    ValueError
        For the first argument outside its range.
    """
    allowed = {"depth": DEPTHS, "learning_rate": "finite numbers > 0", **_ARGUMENTS}
    arrays = {name: real_array(name, value, allowed=allowed[name]) for name, value in given.items()}
    for name, array in arrays.items():
        valid = {
            "depth": array >= 1,
            "ratio": (array > 1) & np.isfinite(array),
            "s": (array > 0) & (array < 0.25),
            "f": (array > 0.75) & (array < 1),
        }.get(name, (array > 0) & np.isfinite(array))
        require(name, array, valid, allowed=allowed[name])
    shape = broadcast_shape(**arrays)
    return {name: np.broadcast_to(array, shape) for name, array in arrays.items()}


def in_float_range(name: str, logarithm: Array, log: bool) -> Array:
    """Return the logarithm itself on request, otherwise its exponential if a float can hold it.

    Raises
    ------
    ValueError
        If `log` is false and a value leaves the range of a float.
    """
    if log:
        return logarithm[()]
    info = np.finfo(float)
    holds = (logarithm >= math.log(info.tiny)) & (logarithm <= math.log(info.max))
    if not holds.all():
        first = logarithm[~holds].flat[0]
        raise ValueError(
            f"log: got False, but the {name} is exp({first:.10g}), outside the range of a float; allowed: log=True"
        )
    return np.exp(logarithm)[()]


def threshold(
    *,
    depth: ArrayLike,
    ratio: ArrayLike,
    s: ArrayLike,
    f: ArrayLike,
    target: ArrayLike = 1.0,
    log: bool = False,
) -> Array:
    """Return the exact σ0_th: gradient flow learns (s, f)-incrementally from every start up to it, from none above.

    The arguments broadcast against each other.

    Parameters
    ----------
    depth : array_like
        N, any real number > 1, or inf. Below 2 only large ratios have a threshold; at 1 no ratio has, since all
        values are then learned at one pace.
    ratio : array_like
        ``r = σ_i*/σ_j* > 1``.
    s : array_like
        In (0, 1/4): the smaller value has learned at most this fraction.
    f : array_like
        In (3/4, 1): the larger one at least this.
    target : array_like
        The smaller optimum σ_j*; thresholds are proportional to it.
    log : bool
        Return the natural logarithm. At depth 2 the threshold is exponentially small in 1/(r − 1) and leaves
        the range of a float near r = 1: at s = 0.1 and f = 0.9 it is about 1e-192 for ``r = 1.01`` and 1e-1910
        for ``r = 1.001``.

    Returns
    -------
    ndarray of float64
        Of the broadcast shape. The logarithm is exact to about 1e-13 of itself.

    Raises
    ------
    ValueError
        If an argument is outside its range; if below depth 2 no start is small enough; if the threshold is
        outside the range of a float and `log` is false.

    Notes
    -----
    Gissin et al. 2020, Definition 1 and Theorem 2, which bounds this number.

    Examples
    --------
    >>> float(threshold(depth=3, ratio=4, s=0.15, f=0.8).round(12))
    0.076251730524
    >>> float(threshold(depth=2, ratio=1.01, s=0.1, f=0.9, log=True).round(6))
    -442.637173
    """
    args = checked_pair(depth=depth, ratio=ratio, s=s, f=f, target=target)
    drop = threshold_drop(**{name: args[name] for name in ("depth", "ratio", "s", "f")})
    return in_float_range("threshold", np.log(args["s"]) + np.log(args["target"]) - drop, log)


def threshold_drop(*, depth: ArrayLike, ratio: ArrayLike, s: ArrayLike, f: ArrayLike) -> Array:
    """Return ``log(s σ_j*/σ0_th)``, how far the exact threshold lies below the level s σ_j*, free of cancellation.

    Parameters
    ----------
    depth, ratio, s, f : array_like
        As in `threshold`.

    Returns
    -------
    ndarray of float64
        Positive, of the broadcast shape.

    Raises
    ------
    ValueError
        If an argument is outside its range, or if below depth 2 no start is small enough.

    Examples
    --------
    >>> float(threshold_drop(depth=3, ratio=4, s=0.15, f=0.8).round(12))
    0.67659518347
    """
    args = checked_pair(depth=depth, ratio=ratio, s=s, f=f)
    flat = {name: np.ascontiguousarray(array).reshape(-1) for name, array in args.items()}
    drop = np.empty(args["depth"].size)
    _drops(flat["depth"], flat["ratio"], flat["s"], flat["f"], drop)
    missing = np.isnan(drop)
    if missing.any():
        first = flat["depth"][missing][0]
        at, allowed = ("any ratio", "depths > 1") if first == 1 else ("this ratio", "depths >= 2, or a larger ratio")
        raise ValueError(
            f"depth: got {number(first)}, where no start is small enough for incremental learning at {at}, s and f; "
            f"allowed: {allowed}"
        )
    return np.asarray(drop.reshape(args["depth"].shape))
