"""Section 2: the optimum 0, by itself and as a limit («we can derive the solutions for σ* = 0 as well»)."""

from math import inf, nan

import mpmath as mp

from flowlab.claims._stating import EXACT, Arithmetic, Number, agreement, slope, span, stated
from flowlab.claims.gissin2020._loss import loss_slope
from flowlab.claims.gissin2020.derivations import derived
from flowlab.claims.gissin2020.loss import normalized_loss
from flowlab.claims.gissin2020.theorem1 import printed_depth1, printed_depth2
from flowlab.toy import precise
from flowlab.verify import Integer, Real

_DEPTH = Integer(2, printed="N ≥ 2")
_TARGET = Real(0, inf, low_open=True, printed="σ* > 0")
_INIT = Real(0, inf, low_open=True, printed="σ0 > 0")
_TIME = Real(0, inf, low_open=True, printed="t > 0")
_AFTER = Real(0, inf, low_open=True, printed="t > 0 (elapsed = σ0^(2−2/N) t)")


def loss_zero(t: Number, depth: Number, init: Number) -> Number:
    """Return ℓ(t) for σ* = 0, N >= 2.

    Examples
    --------
    >>> print(loss_zero(mp.mpf(0), 2, 4))
    2.0
    """
    power = precise.exponent(depth)
    return normalized_loss(depth, init, 0) * (1 + power * init**power * t) ** (-depth / (depth - mp.mpf(1)))


@stated(
    "gissin2020.loss.zero",
    title="loss for the optimum 0",
    source="above Theorem 1 («we can derive the solutions for σ* = 0 as well»)",
    hypotheses={"depth": _DEPTH, "init": _INIT, "elapsed": _AFTER},
    identity=True,
    derivation=derived("loss.zero"),
)
def zero(m: Arithmetic, depth: Number, init: Number, elapsed: Number) -> Number:
    """For σ* = 0 and N ≥ 2, ℓ(t) = (σ0²/(2N²)) (1 + (2 − 2/N) σ0^(2−2/N) t)^(−N/(N−1)).

    Put the solution into eq. 2: a power of t, not an exponential. Here the loss begins as eq. 2 has it, and falls by
    |∇ℓ|², a difference quotient squared at the weight with that loss.
    """
    with mp.extradps(span(init, elapsed, depth)):
        t = elapsed / init ** precise.exponent(depth)
        origin, value = (loss_zero(moment, depth, init) for moment in (mp.mpf(0), t))
        fall = slope(lambda t: loss_zero(t, depth, init), t, t / (1 + elapsed))
        weight = (2 * depth**2 * value) ** (1 / (2 * depth))
        gradient = loss_slope(depth, weight, mp.mpf(0))
    return min(agreement(origin, normalized_loss(depth, init, 0)), agreement(fall, -(gradient**2)))


@stated(
    "gissin2020.zero.depth1",
    title="the optimum 0 as a limit, at depth 1",
    source="Theorem 1 and above it, for σ* → 0",
    hypotheses={"target": _TARGET, "init": _INIT, "t": _TIME},
    guarded=True,
    derivation=derived("loss.zero_depth1"),
)
def zero_depth1(m: Arithmetic, target: Number, init: Number, t: Number) -> Number:
    """At N = 1, 0 ≤ σ(t) − σ0 e^(−t) ≤ σ*: as σ* → 0, σ(t) tends to the solution for the optimum 0, at all times alike.

    The difference is σ* (1 − e^(−t)).
    """
    if m is not EXACT:  # an inequality that only mpmath can evaluate
        return nan
    with mp.extradps(span(target, init, t)):
        apart = (printed_depth1(t, target, init) - init * mp.exp(-t)) / target
        return min(apart, 1 - apart)


@stated(
    "gissin2020.zero.depth2",
    title="the optimum 0 as a limit, at depth 2",
    source="Theorem 1 and above it, for σ* → 0",
    hypotheses={"target": _TARGET, "init": _INIT, "t": _TIME},
    guarded=True,
    derivation=derived("loss.zero_depth2"),
)
def zero_depth2(m: Arithmetic, target: Number, init: Number, t: Number) -> Number:
    """At N = 2, z ≤ σ(t) ≤ z e^(σ* t) with z = σ0/(1 + σ0 t), the solution for the optimum 0.

    As σ* → 0, σ(t) tends to z. For the proof, σ(t) = σ0/(e^(−σ* t) + σ0 (1 − e^(−σ* t))/σ*), where e^(−σ* t) ≤ 1 and
    (1 − e^(−σ* t))/σ* ≤ t; and it is e^(σ* t) σ0/(1 + σ0 (e^(σ* t) − 1)/σ*), where (e^(σ* t) − 1)/σ* ≥ t. The
    logarithms are compared, over σ* t.
    """
    if m is not EXACT:  # an inequality that only mpmath can evaluate
        return nan
    with mp.extradps(2 * span(target, init, t)):
        part = mp.log(printed_depth2(t, target, init) * (1 + init * t) / init) / (target * t)
        return min(part, 1 - part)
