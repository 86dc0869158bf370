"""Section 4.1 and appendix E: deep matrix sensing at any factors, its loss and its flow.

The loss is 1/(2N) ‖W − W*‖_F², as eq. 6 reads and as the 1/N in the proof of Theorem 4 confirms.
"""

from collections.abc import Iterable
from functools import reduce

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, slope, stated
from flowlab.claims.gissin2020._matrices import (
    SEED,
    SIZE,
    SPREAD,
    Drawn,
    Matrix,
    entrywise,
    gradient,
    sizes,
    squares,
)
from flowlab.claims.gissin2020.derivations import derived
from flowlab.claims.gissin2020.loss import gaussian_mean
from flowlab.verify import Integer, Real

DEPTH = Integer(1, 4, printed="any N", ours="N ≤ 4: more factors only lengthen the products before and after one")
PLACE = Real(0, 1, printed="any layer n (at place of the way from 1 to N)")
FACTORS = {"depth": DEPTH, "place": PLACE, "size": SIZE, "seed": SEED, "spread": SPREAD}


def sensing_loss(weight: Number, product: Matrix, target: Matrix) -> Number:
    """Return eq. 6 with 1/(2 weight) in place of 1/(2N).

    Examples
    --------
    >>> print(sensing_loss(2, mp.eye(2), 3 * mp.eye(2)))
    2.0
    """
    return squares(product - target) / (2 * weight)


def layers_before(place: Number, depth: Number) -> int:
    """Return how many layers come before the one at `place`.

    Examples
    --------
    >>> layers_before(mp.mpf(1), 4)
    3
    """
    return int(mp.floor(place * (depth - 1)))


def product(factors: Iterable[Matrix], size: int) -> Matrix:
    """Return the product of factors, later ones to the left, as in eq. 5.

    Examples
    --------
    >>> print(product([], 1))
    [1.0]
    """
    return reduce(lambda product, factor: factor * product, factors, mp.eye(size))


def velocity_of(weight: Number, before: Matrix, factor: Matrix, after: Matrix, target: Matrix, lost: int) -> Matrix:
    """Return how gradient flow moves one factor: difference quotients of minus the loss, which are exact here.

    Examples
    --------
    >>> print(velocity_of(1, mp.eye(1), mp.eye(1), mp.eye(1), 3 * mp.eye(1), 0).apply(mp.nint))
    [2.0]
    """
    return gradient(lambda w: -sensing_loss(weight, after * w * before, target), factor, 1, lost)


@stated(
    "gissin2020.equation6",
    title="population loss of matrix sensing",
    source="eq. 6",
    hypotheses={
        "size": Integer(1, 2, printed="any d", ours="d ≤ 2: more entries only add terms of the same kinds"),
        "seed": SEED,
        "spread": SPREAD,
    },
    identity=True,
    derivation=derived("matrix_sensing.equation6"),
)
def equation6(m: Arithmetic, size: int, seed: int, spread: int) -> Number:
    """For A with independent standard normal entries, E[<W − W*, A>²] = ‖W − W*‖_F².

    The square is Σ e_ij e_kl A_ij A_kl with e = W − W*, and E[A_ij A_kl] is 1 for the same entry, else 0. Here the
    expectation is a sum over Gauss–Hermite points, which is exact for polynomials of this degree.
    """
    draw = Drawn(seed, spread)
    product, target = draw.matrix(size), draw.matrix(size)
    with mp.extradps(spread):
        error = list(product - target)
        mean = gaussian_mean(lambda a: mp.fdot(error, a) ** 2, size * size)
        cancelling = mp.fsum(sizes(product) + sizes(target)) ** 2
    return agreement(mean, squares(product - target), cancelling)


@stated(
    "gissin2020.equation5.scalar",
    title="matrix sensing at d = 1",
    source="section 4.1 («when d = 1, the deep matrix sensing model reduces to our toy model without weight sharing»)",
    hypotheses={
        "depth": DEPTH,
        "place": PLACE,
        "seed": Integer(0, printed="any w_1, …, w_N and σ* (what the seed draws)"),
        "spread": SPREAD,
    },
    identity=True,
    derivation=derived("matrix_sensing.scalar"),
)
def scalar(m: Arithmetic, depth: Number, place: Number, seed: int, spread: int) -> Number:
    """At d = 1 eq. 6 is E[(σ* x − w_N ⋯ w_1 x)²]/(2N), x ~ N(0, 1), and moves ẇ_n = (1/N) (σ* − σ) Π_{k≠n} w_k.

    The toy model's loss with N weights of their own for w^N. Equal weights stay equal, and move as its shared one does
    under 1/(2N²), where the slope is N times as large. Both velocities are difference quotients, of either loss.
    """
    draw, layers, lost = Drawn(seed, spread), int(depth), 5 * spread
    weights, target = draw.real(layers), draw.real(1)[0]
    n = layers_before(place, depth)
    with mp.extradps(lost):
        before, after = mp.fprod(weights[:n]), mp.fprod(weights[n + 1 :])
        alone, *shapes = (mp.matrix([[each]]) for each in (weights[n], before, after, target))
        wanted = (target - after * weights[n] * before) * after * before / depth
        scale = (abs(target) + abs(after * weights[n] * before)) * abs(after * before) / depth

    def falling(w: Number) -> Number:
        """Return minus the toy model's loss."""
        return -gaussian_mean(lambda x: (target * x[0] - after * w * before * x[0]) ** 2, 1) / (2 * depth)

    sensed = velocity_of(depth, shapes[0], alone, shapes[1], shapes[2], lost)[0, 0]
    return min(agreement(each, wanted, scale) for each in (sensed, slope(falling, weights[n], 1, lost)))


def _factor_flow(depth: Number, place: Number, size: int, seed: int, spread: int) -> tuple[Matrix, ...]:
    """Return the velocity of one of N drawn factors, what stands before and after it, W* − W and the entries' sizes."""
    draw, layers, lost = Drawn(seed, spread), int(depth), 5 * spread
    factors, target = [draw.matrix(size) for _ in range(layers)], draw.matrix(size)
    n = layers_before(place, depth)
    with mp.extradps(lost):
        before, after = product(factors[:n], size), product(factors[n + 1 :], size)
        error = target - after * factors[n] * before
        large = sizes(target) + sizes(after) * sizes(factors[n]) * sizes(before)
    return velocity_of(depth, before, factors[n], after, target, lost), before, after, error, large


@stated(
    "gissin2020.appendix_e.flow",
    title="flow of one factor",
    source="appendix E, first display of the proof",
    hypotheses=FACTORS,
    identity=True,
    recorded="falsified",
    flaw="What stands before and after the factor has changed places: with W = W_N ⋯ W_1 (eq. 5), the slope in W_n has "
    "the transpose of W_{n+1}, …, W_N on its left. Theorem 4 is not touched: on its path all factors commute.",
    corrected_by="gissin2020.appendix_e.flow.corrected",
    derivation=derived("matrix_sensing.factor_flow_printed"),
)
def flow_of_factor(m: Arithmetic, depth: Number, place: Number, size: int, seed: int, spread: int) -> Number:
    """Gradient flow on eq. 6 moves the factors by Ẇ_n = (1/N) W_{1:n−1}ᵀ (W* − W) W_{n+1:N}ᵀ.

    False for W = W_N ⋯ W_1 as soon as N ≥ 2 and the factors do not commute: at N = 2 the first factor would move by
    ½ (W* − W) W_2ᵀ in place of ½ W_2ᵀ (W* − W). It is right for W = W_1 ⋯ W_N. Here W_{j:k} is the product of W_j, …,
    W_k in the order of eq. 5, and the velocities are difference quotients of the loss.
    """
    velocity, before, after, error, large = _factor_flow(depth, place, size, seed, spread)
    with mp.extradps(5 * spread):
        printed = before.T * error * after.T / depth
        scale = sizes(before).T * large * sizes(after).T / depth
    return entrywise(velocity, printed, scale)


@stated(
    "gissin2020.appendix_e.flow.corrected",
    title="flow of one factor",
    source="appendix E, first display of the proof, corrected",
    hypotheses=FACTORS,
    identity=True,
    derivation=derived("matrix_sensing.factor_flow"),
)
def flow_of_factor_corrected(m: Arithmetic, depth: Number, place: Number, size: int, seed: int, spread: int) -> Number:
    """Gradient flow on eq. 6 moves the factors by Ẇ_n = (1/N) (W_N ⋯ W_{n+1})ᵀ (W* − W) (W_{n−1} ⋯ W_1)ᵀ.

    With A and B what stands after and before the factor, dℓ = (1/N) <A W_n B − W*, A dW_n B>, which is
    (1/N) <Aᵀ (W − W*) Bᵀ, dW_n>. For any factors and any W*; the velocities are difference quotients of the loss.
    """
    velocity, before, after, error, large = _factor_flow(depth, place, size, seed, spread)
    with mp.extradps(5 * spread):
        derived = after.T * error * before.T / depth
        scale = sizes(after).T * large * sizes(before).T / depth
    return entrywise(velocity, derived, scale)


@stated(
    "gissin2020.appendix_e.balance",
    title="what the flow conserves",
    source="section 4.1, for the model of eq. 5 (not stated there; known from Arora, Cohen, Hazan 2018)",
    hypotheses={
        "depth": Integer(2, 4, printed="any N ≥ 2", ours="N ≤ 4, as more factors only lengthen the products"),
        "place": Real(0, 1, printed="any neighbours n, n + 1 (n at place of the way from 1 to N − 1)"),
        "size": SIZE,
        "seed": SEED,
        "spread": SPREAD,
    },
    identity=True,
    derivation=derived("matrix_sensing.balance"),
)
def balance(m: Arithmetic, depth: Number, place: Number, size: int, seed: int, spread: int) -> Number:
    """Gradient flow on eq. 6 leaves W_{n+1}ᵀ W_{n+1} − W_n W_nᵀ as it is, whatever the factors and W*.

    W_{n+1}ᵀ Ẇ_{n+1} = (1/N) (W_N ⋯ W_{n+1})ᵀ (W* − W) (W_n ⋯ W_1)ᵀ = Ẇ_n W_nᵀ; add the transposes. From equal factors
    σ0^(1/N) I the difference is 0, and stays so. The velocities are difference quotients of the loss.
    """
    draw, layers, lost = Drawn(seed, spread), int(depth), 5 * spread
    factors, target = [draw.matrix(size) for _ in range(layers)], draw.matrix(size)
    n = layers_before(place, depth - 1)
    lower, upper = factors[n], factors[n + 1]
    with mp.extradps(lost):
        before, after = product(factors[:n], size), product(factors[n + 2 :], size)
        below, above = lower * before, after * upper
    raised = velocity_of(depth, below, upper, after, target, lost)
    lowered = velocity_of(depth, before, lower, above, target, lost)
    with mp.extradps(lost):
        gains, losses = upper.T * raised, lowered * lower.T
        large = sizes(target) + sizes(after) * sizes(upper) * sizes(lower) * sizes(before)
        scale = sizes(upper).T * sizes(after).T * large * sizes(before).T * sizes(lower).T / depth
    return entrywise(gains + gains.T, losses + losses.T, scale + scale.T)
