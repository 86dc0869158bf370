"""The toy model's exact solution: value, residual, loss and hitting time, for every real depth.

The model is ``σ = w^N`` per coordinate under the depth-normalised squared loss; its flow is
``σ̇ = σ^(2−2/N) (σ* − σ)`` (Gissin et al. 2020, eq. 4), and ``σ̇ = σ² (σ* − σ)`` at infinite depth. Time is
gradient-flow time of that loss throughout; the plain loss ``½ (w^N − σ*)²`` runs N² times faster.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from flowlab._checks import number, require
from flowlab.toy import _curves as curves
from flowlab.toy._passes import HITTING_TIME, LOG_RESIDUAL, LOG_TIME, SIGMA
from flowlab.toy.master import Array

_SMALLEST = float(np.log(np.finfo(float).tiny))
_LARGEST = float(np.log(np.finfo(float).max))


def sigma(t: ArrayLike, *, depth: ArrayLike, target: ArrayLike, init: ArrayLike) -> Array:
    """Return σ(t), the exact solution of the toy model's gradient flow.

    The arguments broadcast against each other. From a start at 0 the flow stays there at depth 2 and more,
    and leaves it at depth 1.

    Parameters
    ----------
    t : array_like
        Gradient-flow time of the depth-normalised loss, >= 0.
    depth : array_like
        N, any real number >= 1, or inf.
    target : array_like
        σ*, >= 0.
    init : array_like
        σ0, >= 0, below or above the target.

    Returns
    -------
    ndarray of float64
        Of the broadcast shape. The relative error is at most ``1e-13 (1 + κ)``, κ = |t σ̇/σ|, for targets in
        [1e-6, 1e6] and init/target in [1e-12, 10].

    Raises
    ------
    ValueError
        If an argument is empty, nan or outside its range, or the shapes do not broadcast.

    Notes
    -----
    Gissin et al. 2020, Theorem 1, which prints depth 1, 2 and the implicit limit N → ∞. Here every depth is
    one tabulated master curve in ``σ/σ*`` and ``σ*^(2−2/N) t``, accurate to rounding: see
    `flowlab.toy.master`.

    Examples
    --------
    >>> sigma([0.0, 1.0, 2.0], depth=3, target=4.0, init=0.01).round(6)
    array([0.01    , 0.027479, 0.124862])
    >>> sigma(1.0, depth=[1, 2, np.inf], target=1.0, init=0.1).round(6)
    array([0.668909, 0.231969, 0.109833])
    """
    result = curves.evaluate(SIGMA, "t", t, depth, target, init)
    if not result.all():  # a float has no room for how far a value has fallen toward a target of 0
        gone = (result == 0) & (np.asarray(init) > 0)
        times = np.broadcast_to(np.asarray(t, dtype=float), result.shape)
        require("t", times, ~gone, allowed="times at which σ is within the range of a float")
    return _scalar(result)


def residual(t: ArrayLike, *, depth: ArrayLike, target: ArrayLike, init: ArrayLike, log: bool = False) -> Array:
    """Return what is left to learn, ``(σ* − σ(t))/σ*``, with relative accuracy however small it is.

    Parameters
    ----------
    t, depth, target, init : array_like
        As in `sigma`, with a target > 0.
    log : bool
        Return ``log |residual|`` instead, for times that are too long for the residual itself.

    Returns
    -------
    ndarray of float64
        Negative where the start is above the target; exactly 0 where it is the target.

    Raises
    ------
    ValueError
        As in `sigma`; if the target is 0; if the residual has left the range of a float and `log` is false;
        if it is exactly 0 and `log` is true.

    Examples
    --------
    >>> float(residual(60.0, depth=3, target=4.0, init=0.01))
    1.4150388134...e-157
    """
    values, depths, targets, inits = curves.checked("t", t, depth, target, init)
    require("target", targets, targets > 0, allowed="numbers > 0: a residual is relative to the target")
    result = curves.evaluate(LOG_RESIDUAL, "t", values, depths, targets, inits)
    sign = np.sign(targets - inits)
    if log:
        require(
            "init",
            inits,
            inits != targets,
            allowed="numbers other than the target, whose residual is exactly 0",
        )
    learned = inits == targets
    _require_logarithm("residual", values, result, exact=learned)
    if log:
        return _scalar(result)
    _require_in_range("residual", "t", values, result, "shorter times, or log=True", exact=learned)
    return (sign * np.exp(result))[()]


def loss(
    t: ArrayLike,
    *,
    depth: ArrayLike,
    target: ArrayLike,
    init: ArrayLike,
    normalized: bool = True,
    log: bool = False,
) -> Array:
    """Return the loss along the exact solution of one coordinate, ``(σ(t) − σ*)²/(2N²)``.

    Parameters
    ----------
    t, depth, target, init : array_like
        As in `sigma`.
    normalized : bool
        Divide by N² as the paper does (eq. 2), which leaves nothing at infinite depth; otherwise the plain
        ``½ (σ − σ*)²``. Time is that of the depth-normalised loss either way.
    log : bool
        Return the logarithm.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    ValueError
        As in `residual`, and for an infinite depth with `normalized`.

    Examples
    --------
    >>> loss([0.0, 1.0, 2.0], depth=2, target=3.0, init=1.0).round(6)
    array([5.000e-01, 9.226e-03, 2.700e-05])
    """
    values, depths, targets, inits = curves.checked("t", t, depth, target, init)
    if normalized:
        require("depth", depths, np.isfinite(depths), allowed="finite numbers >= 1, or any with normalized=False")
    # Of a target of 0 the logarithm is that of σ itself.
    left = curves.evaluate(LOG_RESIDUAL, "t", values, depths, targets, inits)
    learned = left + np.log(np.where(targets > 0, targets, 1.0))
    result = 2 * learned - np.log(2.0) - (2 * np.log(depths) if normalized else 0.0)
    if log:
        require("init", inits, inits != targets, allowed="numbers other than the target, whose loss is exactly 0")
    _require_logarithm("loss", values, result, exact=inits == targets)
    if log:
        return _scalar(result)
    _require_in_range("loss", "t", values, result, "log=True, or times at which it is within", exact=inits == targets)
    return _scalar(np.exp(result))


def time(sigma: ArrayLike, *, depth: ArrayLike, target: ArrayLike, init: ArrayLike, log: bool = False) -> Array:
    """Return the time at which the solution reaches `sigma`, the inverse of the function `sigma`.

    Parameters
    ----------
    sigma : array_like
        Levels between `init` (included) and `target` (excluded: it is reached at no finite time).
    depth, target, init : array_like
        As in the function `sigma`.
    log : bool
        Return the logarithm, for times that no float can hold.

    Returns
    -------
    ndarray of float64
        Gradient-flow time of the depth-normalised loss.

    Raises
    ------
    ValueError
        As in the function `sigma`; for levels that the solution never reaches; if a time has left the range of a
        float and `log` is false; if it is exactly 0 and `log` is true.

    Notes
    -----
    Gissin et al. 2020, appendix A: ``t_α = ∫ dσ / (σ^(2−2/N) (σ* − σ))`` from σ0 to α σ*.

    Examples
    --------
    >>> float(time(3.2, depth=3, target=4.0, init=0.01).round(6))
    3.326774
    >>> float(time(9e299, depth=3, target=1e300, init=1e299, log=True).round(6))
    -919.237588
    """
    levels, depths, targets, inits = curves.checked("sigma", sigma, depth, target, init)
    level, goal, start, number = np.broadcast_arrays(levels, targets, inits, depths)
    between = np.where(start < goal, (start <= level) & (level < goal), (goal < level) & (level <= start))
    moves = (start > 0) | (number == 1)
    reached = (level == start) | (between & moves)
    require("sigma", level, reached, allowed="levels from init (included) to target (excluded)")
    if log:
        require("sigma", level, level != start, allowed="levels other than init, which is reached at time 0")
        return _scalar(curves.evaluate(LOG_TIME, "sigma", levels, depths, targets, inits))
    result = curves.evaluate(HITTING_TIME, "sigma", levels, depths, targets, inits)
    doubtful = ((result < np.finfo(float).tiny) | ~np.isfinite(result)) & (level != start)
    if doubtful.any():
        logarithm = curves.evaluate(LOG_TIME, "sigma", levels, depths, targets, inits)
        _require_in_range("time", "sigma", level, np.where(doubtful, logarithm, 0.0), "log=True", exact=~doubtful)
        result = np.where(doubtful, np.exp(np.where(doubtful, logarithm, 0.0)), result)
    return _scalar(result)


def _scalar(result: Array) -> Array:
    """Return a NumPy scalar for an array without axes, as NumPy's own functions do."""
    scalar: Array = result[()]
    return scalar


def _require_in_range(name: str, key: str, given: Array, logarithm: Array, allowed: str, *, exact: Any) -> None:
    """Refuse values that a float cannot hold, other than the zeros that are `exact`."""
    small = logarithm < _SMALLEST
    outside = (small | (logarithm > _LARGEST)) & ~exact
    if outside.any():
        first = np.broadcast_to(given, outside.shape)[outside].flat[0]
        side = "below" if small[outside].flat[0] else "above"
        raise ValueError(
            f"{key}: got {number(first)}, where the {name} is exp({logarithm[outside].flat[0]:.6g}), {side} the range "
            f"of a float; allowed: {allowed}"
        )


def _require_logarithm(name: str, t: Array, logarithm: Array, *, exact: Any) -> None:
    """Refuse times after which not even the logarithm is within the range of a float."""
    held = np.isfinite(logarithm) | exact
    allowed = (
        f"times at which the logarithm of the {name}, and t × target^(2 - 2/depth), are within the range of a float"
    )
    require("t", np.broadcast_to(t, held.shape), held, allowed=allowed)
