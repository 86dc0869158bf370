"""Theorem 4: the singular values of deep matrix sensing follow the toy model.

The loss is 1/(2N) ‖W − W*‖_F² (eq. 6). The toy model's 1/(2N²) would make the flow N times slower: a toy weight stands
in all N layers, and moves by the sum of what each of them asks for.
"""

from math import inf

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, span, stated
from flowlab.claims.gissin2020._matrices import ANGLE, Drawn, Matrix, along, diagonal, orthogonal, reach
from flowlab.claims.gissin2020.derivations import derived
from flowlab.claims.gissin2020.matrix_sensing import FACTORS, PLACE, layers_before, product, velocity_of
from flowlab.toy import precise
from flowlab.verify import Integer, Real

_TWO = "two singular values, as each has an equation of its own"
_STATE = {
    "depth": Integer(1, printed="any N ≥ 1"),
    "place": PLACE,
    "sigma_1": Real(0, inf, low_open=True, printed="σ_1 > 0"),
    "sigma_2": Real(0, inf, low_open=True, printed="σ_2 > 0", ours=_TWO),
    "target_1": Real(0, inf, printed="W* symmetric PSD: σ_1* ≥ 0"),
    "target_2": Real(0, inf, printed="σ_2* ≥ 0"),
    "angle": ANGLE,
}
_OTHER = Real(0, 1, printed="any other layer (at other of the way from 1 to N)")


def _equal_factors(depth: Number, sigmas: list[Number], goals: list[Number], angle: Number) -> tuple[Matrix, ...]:
    """Return the basis, the factor that stands N times in W, and W*."""
    basis = orthogonal(len(sigmas), [angle])
    return basis, along(basis, [sigma ** (1 / depth) for sigma in sigmas]), along(basis, goals)


def _product_moves(weight: Number, speed: Number, depth: Number, place: Number, **state: Number) -> Number:
    """Return the slack of «W moves by diag(speed · σ_i^(2−2/N) (σ_i* − σ_i)) in W*'s basis» where factors are equal.

    With every factor P at velocity V, the velocity of P^N is the corner of [[P, V], [0, P]]^N.
    """
    sigmas, goals = [state["sigma_1"], state["sigma_2"]], [state["target_1"], state["target_2"]]
    lost = 4 * reach(*sigmas, *goals) + 3 * span(depth)
    size, layers, ahead = len(sigmas), int(depth), layers_before(place, depth)
    with mp.extradps(lost):
        basis, factor, target = _equal_factors(depth, sigmas, goals, state["angle"])
        before, after = factor**ahead, factor ** (layers - 1 - ahead)
    velocity = velocity_of(weight, before, factor, after, target, lost)
    with mp.extradps(lost):
        block = mp.zeros(2 * size)
        for i in range(size):
            for j in range(size):
                block[i, j] = block[size + i, size + j] = factor[i, j]
                block[i, size + j] = velocity[i, j]
        moved = basis * (block**layers)[:size, size:] * basis.T
        paces = [speed * sigma ** precise.exponent(depth) for sigma in sigmas]
        wanted = [pace * (goal - sigma) for pace, sigma, goal in zip(paces, sigmas, goals, strict=True)]
        scales = [pace * (goal + sigma) for pace, sigma, goal in zip(paces, sigmas, goals, strict=True)]
    return diagonal(moved, wanted, scales)


@stated(
    "gissin2020.theorem4.decoupled",
    title="singular values of deep matrix sensing",
    source="Theorem 4",
    hypotheses=_STATE,
    identity=True,
    derivation=derived("matrix_sensing.decoupled"),
)
def decoupled(m: Arithmetic, depth: Number, place: Number, **state: Number) -> Number:
    """Gradient flow on 1/(2N) ‖W − W*‖_F² from W_n = σ0^(1/N) I moves singular values as in eq. 4:
    σ̇_i = σ_i^(2−2/N) (σ_i* − σ_i).

    On its path the factors are equal and diagonal in W*'s basis (claims theorem4.factors and theorem4.diagonalisable),
    with σ_i^(1/N) on the diagonal. There Ẇ_n is (1/N) σ_i^(1−1/N) (σ_i* − σ_i), and σ_i changes by N σ_i^(1−1/N) times
    as much. Here Ẇ_n consists of difference quotients of the loss, and all of W's motion is compared, entries off the
    diagonal included. The 1/(2N) is that of eq. 6 and of the proof; with the 1/(2N²) of eq. 2 the flow would be N times
    slower (claim theorem4.normalisation).
    """
    return _product_moves(depth, mp.mpf(1), depth, place, **state)


@stated(
    "gissin2020.theorem4.normalisation",
    title="Theorem 4 under the toy model's normalisation",
    source="Theorem 4 with eq. 2",
    hypotheses=_STATE,
    identity=True,
    derivation=derived("matrix_sensing.normalisation"),
)
def normalisation(m: Arithmetic, depth: Number, place: Number, **state: Number) -> Number:
    """Gradient flow on 1/(2N²) ‖W − W*‖_F² moves the singular values by σ̇_i = (1/N) σ_i^(2−2/N) (σ_i* − σ_i).

    The loss of eq. 6 over N, so that time runs N times as slowly. In the toy model the same 1/(2N²) leads to eq. 4
    since one weight stands for all N layers: it moves by the sum of N slopes.
    """
    return _product_moves(depth**2, 1 / depth, depth, place, **state)


@stated(
    "gissin2020.theorem4.factors",
    title="equal factors stay equal",
    source="Theorem 4, proof («the above dynamics are the same for all singular values»)",
    hypotheses={**_STATE, "other": _OTHER},
    identity=True,
    derivation=derived("matrix_sensing.equal_factors"),
)
def equal_factors(m: Arithmetic, depth: Number, place: Number, other: Number, **state: Number) -> Number:
    """Where all factors are equal and diagonal in W*'s basis, gradient flow on eq. 6 moves any two of them alike.

    By the corrected flow of a factor: P^(N−n) (W* − P^N) P^(n−1) does not depend on n, as P and W* commute. So the
    solution that starts with equal factors keeps them equal. The velocities are difference quotients of the loss.
    """
    sigmas, goals = [state["sigma_1"], state["sigma_2"]], [state["target_1"], state["target_2"]]
    lost = 4 * reach(*sigmas, *goals) + 3 * span(depth)
    velocities = []
    with mp.extradps(lost):
        basis, factor, target = _equal_factors(depth, sigmas, goals, state["angle"])
    for ahead in (layers_before(place, depth), layers_before(other, depth)):
        with mp.extradps(lost):
            before, after = factor**ahead, factor ** (int(depth) - 1 - ahead)
        velocities.append(velocity_of(depth, before, factor, after, target, lost))
    with mp.extradps(lost):
        scales = [sigma ** (1 - 1 / depth) * (sigma + goal) / depth for sigma, goal in zip(sigmas, goals, strict=True)]
        apart = basis * (velocities[0] - velocities[1]) * basis.T
    return diagonal(apart, [mp.mpf(0)] * 2, scales)


@stated(
    "gissin2020.theorem4.diagonalisable",
    title="factors stay simultaneously diagonalisable",
    source="Theorem 4, proof («the above dynamics ensure that they remain diagonal»)",
    hypotheses={**FACTORS},
    identity=True,
    derivation=derived("matrix_sensing.diagonalisable"),
)
def diagonalisable(m: Arithmetic, depth: Number, place: Number, size: int, seed: int, spread: int) -> Number:
    """Where all factors are diagonal in W*'s basis, so is Ẇ_n, with (1/N) (σ_i* − σ_i) Π_{k≠n} σ_{k,i} on the diagonal.

    By the corrected flow of a factor, all of whose matrices are diagonal in that basis. So the solution that starts
    there stays there, equal factors or not; σ0^(1/N) I is diagonal in every basis. Here the velocity is made of
    difference quotients of the loss.
    """
    draw, layers, lost = Drawn(seed, spread), int(depth), 8 * spread
    values, goals = [draw.positive(size) for _ in range(layers)], draw.positive(size)
    n = layers_before(place, depth)
    with mp.extradps(lost):
        basis = draw.basis(size)
        factors, target = [along(basis, each) for each in values], along(basis, goals)
        before, after = product(factors[:n], size), product(factors[n + 1 :], size)
    velocity = velocity_of(depth, before, factors[n], after, target, lost)
    with mp.extradps(lost):
        others = [mp.fprod(values[k][i] for k in range(layers) if k != n) / depth for i in range(size)]
        sigmas = [mp.fprod(each[i] for each in values) for i in range(size)]
        wanted = [other * (goal - sigma) for other, goal, sigma in zip(others, goals, sigmas, strict=True)]
        scales = [other * (goal + sigma) for other, goal, sigma in zip(others, goals, sigmas, strict=True)]
        moved = basis * velocity * basis.T
    return diagonal(moved, wanted, scales)
