"""Section 2: the loss as an expectation, and along the solutions; the limit of great depth."""

from collections.abc import Callable
from itertools import product
from math import inf, nan

import mpmath as mp

from flowlab.claims._stating import EXACT, Arithmetic, Number, agreement, slope, span, stated
from flowlab.claims.gissin2020._loss import loss_slope, power_digits
from flowlab.claims.gissin2020.derivations import derived
from flowlab.claims.gissin2020.theorem1 import printed_depth1, printed_depth2
from flowlab.toy import precise
from flowlab.verify import Assumption, Integer, Real

_ANY_DEPTH = Real(1, inf, printed="any N ≥ 1", ours="layers are counted, yet nothing here needs N to be an integer")
_DEPTH = Integer(2, printed="N ≥ 2")
_WEIGHT = Real(0, inf, low_open=True, printed="w > 0")
_OPTIMUM = Real(0, inf, printed="σ* ≥ 0")
_TARGET = Real(0, inf, low_open=True, printed="σ* > 0")
_START = Real(0, inf, low_open=True, printed="σ0 > 0 (start = σ0/σ*)")
_BELOW = Real(0, 1, low_open=True, high_open=True, printed="0 < σ0 < σ* (start = σ0/σ*)")
_ELAPSED = Real(0, inf, low_open=True, printed="t > 0 (elapsed = σ*^(2−2/N) t)")
_AWAY = (Assumption("σ0 ≠ σ*", lambda start, **_: start != 1, ours="at σ* itself the loss is 0 and stays so"),)


def normalized_loss(depth: Number, sigma: Number, target: Number) -> Number:
    """Return eq. 2 of one coordinate, in closed form.

    Examples
    --------
    >>> print(normalized_loss(mp.mpf(2), 1, 3))
    0.5
    """
    return (sigma - target) ** 2 / (2 * depth**2)


def loss_depth1(t: Number, target: Number, init: Number) -> Number:
    """Return ℓ(t) at N = 1.

    Examples
    --------
    >>> print(loss_depth1(mp.mpf(0), 3, 1))
    2.0
    """
    return (init - target) ** 2 * mp.exp(-2 * t) / 2


def loss_depth2(t: Number, target: Number, init: Number) -> Number:
    """Return ℓ(t) at N = 2.

    Examples
    --------
    >>> print(loss_depth2(mp.mpf(0), 3, 1))
    0.5
    """
    return (target * (init - target) / (init * mp.expm1(target * t) + target)) ** 2 / 8


def gaussian_mean(function: Callable[..., Number], size: int) -> Number:
    """Return E f(x) by the three-point Gauss–Hermite rule in each of `size` variables, exact to degree 5 in each.

    Examples
    --------
    >>> print(mp.nstr(gaussian_mean(lambda x: x[0] ** 4 * x[1] ** 2, 2), 10))
    3.0
    """
    rule = [(-mp.sqrt(3), mp.mpf(1) / 6), (mp.mpf(0), mp.mpf(2) / 3), (mp.sqrt(3), mp.mpf(1) / 6)]
    points = [tuple(zip(*point, strict=True)) for point in product(rule, repeat=size)]
    return mp.fsum(mp.fprod(weights) * function(x) for x, weights in points)


@stated(
    "gissin2020.equation2",
    title="loss in closed form",
    source="eq. 2",
    hypotheses={
        "depth": _ANY_DEPTH,
        **{f"weight_{i}": Real(0, inf, printed=f"w_{i} ≥ 0") for i in (1, 2, 3)},
        **{f"target_{i}": Real(0, inf, printed=f"σ_{i}* ≥ 0") for i in (1, 2)},
        "target_3": Real(
            0, inf, printed="σ_3* ≥ 0", ours="three coordinates, as more only add terms of the same kinds"
        ),
    },
    identity=True,
    derivation=derived("loss.equation2"),
)
def equation2(
    m: Arithmetic,
    depth: Number,
    weight_1: Number,
    weight_2: Number,
    weight_3: Number,
    target_1: Number,
    target_2: Number,
    target_3: Number,
) -> Number:
    """For x ~ N(0, I), E[(<σ*, x> − <w^N, x>)²]/(2N²) = ||w^N − σ*||²/(2N²).

    The square is Σ_ij e_i e_j x_i x_j with e = σ* − w^N, and E[x_i x_j] is 1 for i = j, else 0. Here the expectation is
    a sum over Gauss–Hermite points, which is exact for polynomials of this degree.
    """
    targets = (target_1, target_2, target_3)
    sigmas = [weight**depth for weight in (weight_1, weight_2, weight_3)]

    def squared(x: tuple[Number, ...]) -> Number:
        """Return the squared error on one input."""
        wanted = mp.fsum(target * entry for target, entry in zip(targets, x, strict=True))
        made = mp.fsum(sigma * entry for sigma, entry in zip(sigmas, x, strict=True))
        return (wanted - made) ** 2

    closed = mp.fsum(normalized_loss(depth, *pair) for pair in zip(sigmas, targets, strict=True))
    cancelling = (mp.fsum(sigmas) + mp.fsum(targets)) ** 2
    return agreement(gaussian_mean(squared, 3) / (2 * depth**2), closed, cancelling / (2 * depth**2))


@stated(
    "gissin2020.equation2.plain",
    title="flow of the plain loss",
    source="eq. 2, footnote 1 («the regular square loss» with «different time scalings»)",
    hypotheses={"depth": _ANY_DEPTH, "weight": _WEIGHT, "target": _OPTIMUM},
    identity=True,
    derivation=derived("loss.plain"),
)
def plain(m: Arithmetic, depth: Number, weight: Number, target: Number) -> Number:
    """Gradient flow on ||w^N − σ*||²/2 is that on eq. 2 with time scaled by N²: w(t) becomes w(N² t).

    The plain loss is N² times eq. 2, under which ẇ = (1/N) w^(N−1) (σ* − w^N). Here the slope of the plain loss is a
    difference quotient, of the loss less its constant.
    """
    lost = power_digits(depth, weight)
    with mp.extradps(lost):
        gradient = slope(lambda w: w**depth * (w**depth - 2 * target) / 2, weight, weight / depth, lost)
        speed = weight ** (depth - 1) / depth
        moved = depth**2 * speed * (target - weight**depth)
    return agreement(-gradient, moved, depth**2 * speed * target)


@stated(
    "gissin2020.equation4.infinite",
    title="flow at great depth",
    source="proof of Theorem 1 («Taking N → ∞ in (4) leads to σ̇ = σ² (σ* − σ)»)",
    hypotheses={"depth": _ANY_DEPTH, "sigma": Real(0, inf, low_open=True, printed="σ > 0")},
    guarded=True,
    derivation=derived("loss.infinite"),
)
def infinite(m: Arithmetic, depth: Number, sigma: Number) -> Number:
    """With y = (2/N) |log σ|, y min(σ^(2−2/N), σ²) ≤ |σ^(2−2/N) − σ²| ≤ y max(σ^(2−2/N), σ²).

    The mean value theorem for u ↦ σ^u between 2 − 2/N and 2. As the maximum is at most max(1, σ²) at every N ≥ 1, eq. 4
    tends to σ̇ = σ² (σ* − σ) like 1/N. Divided by the maximum, whichever it is, the statement is
    y e^(−y) ≤ 1 − e^(−y) ≤ y.
    """
    y = 2 * abs(m.log(sigma)) / depth
    if y == 0:
        return y
    with m.digits(y):
        apart = -m.expm1(-y)
        return min(y - apart, apart - y * m.exp(-y)) / y


@stated(
    "gissin2020.loss.dissipation",
    title="how the loss falls",
    source="eq. 2 and eq. 4",
    hypotheses={"depth": _ANY_DEPTH, "weight": _WEIGHT, "target": _OPTIMUM},
    identity=True,
    derivation=derived("loss.dissipation"),
)
def dissipation(m: Arithmetic, depth: Number, weight: Number, target: Number) -> Number:
    """Under gradient flow dℓ/dt = −|∇ℓ|² = −(1/N²) Σ_i σ_i^(2−2/N) (σ_i* − σ_i)², so that the loss never grows.

    dℓ/dt = Σ_i (dℓ/dσ_i) σ̇_i, with eq. 4 for σ̇_i; and dℓ/dw_i = w_i^(N−1) (σ_i − σ_i*)/N. Each coordinate has a term of
    its own. Here dℓ/dσ and dℓ/dw are difference quotients.
    """
    with mp.extradps(power_digits(depth, weight)):
        sigma = weight**depth
        in_sigma = slope(lambda s: s * (s - 2 * target) / (2 * depth**2), sigma, sigma)
        in_weight = loss_slope(depth, weight, target)
        pace = sigma ** precise.exponent(depth)
        rate = -pace * (target - sigma) ** 2 / depth**2
        cancelling = pace * (target + sigma) ** 2 / depth**2
    return min(
        agreement(in_sigma * pace * (target - sigma), rate, cancelling), agreement(-(in_weight**2), rate, cancelling)
    )


def _falls_as(
    depth: int,
    target: Number,
    start: Number,
    elapsed: Number,
    loss: Callable[[Number, Number, Number], Number],
    sigma: Callable[[Number, Number, Number], Number],
) -> Number:
    """Return the slack of ``ℓ(0)`` as eq. 2 has it and ``d log ℓ/dt = −2 σ^(2−2/N)`` for formulas of t, σ* and σ0.

    That is how the loss falls, divided by the loss: at late times both are less than any number of digits tells.
    """
    init, power = start * target, precise.exponent(depth)
    with mp.extradps(2 * span(start, abs(start - 1)) + span(elapsed)):
        t = elapsed / target**power
        origin, first = loss(mp.mpf(0), target, init), normalized_loss(mp.mpf(depth), init, target)
        pace = slope(lambda t: mp.log(loss(t, target, init)), t, t / (1 + elapsed))
        expected = -2 * sigma(t, target, init) ** power
    return min(agreement(origin, first), agreement(pace, expected))


@stated(
    "gissin2020.loss.depth1",
    title="loss at depth 1",
    source="Theorem 1 with eq. 2",
    hypotheses={"target": _TARGET, "start": _START, "elapsed": _ELAPSED},
    assuming=_AWAY,
    identity=True,
    derivation=derived("loss.depth1"),
)
def depth1(m: Arithmetic, target: Number, start: Number, elapsed: Number) -> Number:
    """At N = 1, ℓ(t) = (σ0 − σ*)² e^(−2t)/2.

    Put Theorem 1 into eq. 2.
    """
    return _falls_as(1, target, start, elapsed, loss_depth1, printed_depth1)


@stated(
    "gissin2020.loss.depth2",
    title="loss at depth 2",
    source="Theorem 1 with eq. 2",
    hypotheses={"target": _TARGET, "start": _START, "elapsed": _ELAPSED},
    assuming=_AWAY,
    identity=True,
    derivation=derived("loss.depth2"),
)
def depth2(m: Arithmetic, target: Number, start: Number, elapsed: Number) -> Number:
    """At N = 2, ℓ(t) = σ*² (σ0 − σ*)²/(8 (σ0 (e^(σ* t) − 1) + σ*)²).

    Put Theorem 1 into eq. 2: over the common denominator, σ − σ* has the numerator σ* (σ0 − σ*).
    """
    return _falls_as(2, target, start, elapsed, loss_depth2, printed_depth2)


@stated(
    "gissin2020.loss.rate",
    title="loss between two exponentials",
    source="Theorem 1 with eq. 2",
    hypotheses={"depth": _DEPTH, "start": _BELOW, "elapsed": _ELAPSED},
    guarded=True,
    derivation=derived("loss.rate"),
)
def rate(m: Arithmetic, depth: Number, start: Number, elapsed: Number) -> Number:
    """For 0 < σ0 < σ*, e^(−2 σ*^(2−2/N) t) ≤ ℓ(t)/ℓ(0) ≤ e^(−2 σ0^(2−2/N) t); at N = 1 all three are equal.

    d log ℓ/dt = −2 σ^(2−2/N), and σ grows from σ0 towards σ*. Half the logarithms are compared, over σ*^(2−2/N) t.
    """
    if m is not EXACT:  # an inequality that only mpmath can evaluate
        return nan
    with mp.extradps(3 * span(start) + 2 * span(1 - start, elapsed)):  # at early times the second order in t decides
        fallen = mp.log((1 - start) / precise.residual(elapsed, depth, 1, start)) / elapsed
        return min(fallen - start ** precise.exponent(depth), 1 - fallen)
