"""Section 4.2: the quadratic network, its two losses' minimum, and Theorem 5."""

from math import nan

import mpmath as mp

from flowlab.claims._stating import EXACT, Arithmetic, Number, agreement, stated
from flowlab.claims.gissin2020._matrices import Drawn, diagonal, sizes, trace
from flowlab.claims.gissin2020.derivations import derived
from flowlab.claims.gissin2020.quadratic import MATRICES, STATE, State, drawn, mean_error, state_of, variance_loss
from flowlab.verify import Integer


@stated(
    "gissin2020.equation7",
    title="the quadratic network as matrix sensing",
    source="eq. 7 («we see the similarity … to the deep matrix sensing model with N = 2»)",
    hypotheses=MATRICES,
    identity=True,
    derivation=derived("quadratic.equation7"),
)
def equation7(m: Arithmetic, size: int, seed: int, spread: int) -> Number:
    """Σ_i (w_iᵀ x)² = xᵀ WᵀW x = <WᵀW, xxᵀ> = tr((WᵀW)ᵀ xxᵀ), w_i the rows of W: sensing with inputs of rank 1.

    In this order: Wx has the entries w_iᵀx, and a trace does not change when its factors move round.
    """
    draw = Drawn(seed, spread)
    weights, inputs = draw.matrix(size), mp.matrix(draw.real(size))
    with mp.extradps(4 * spread):
        neurons = mp.fsum(mp.fdot(weights[i, :], inputs) ** 2 for i in range(size))
        gram = weights.T * weights
        form, inner = (inputs.T * gram * inputs)[0, 0], trace(gram.T * (inputs * inputs.T))
        scale = (sizes(inputs).T * sizes(weights).T * sizes(weights) * sizes(inputs))[0, 0]
    return min(agreement(neurons, form, scale), agreement(neurons, inner, scale))


@stated(
    "gissin2020.definition2.minimum",
    title="one minimum for both losses",
    source="section 4.2 («both loss functions have the same minimum for our problem»)",
    hypotheses={
        **MATRICES,
        "size": Integer(2, 3, printed="any d", ours="2 ≤ d ≤ 3; at d = 1 the squared loss is 3/2 of the variance loss"),
    },
    guarded=True,
    derivation=derived("quadratic.minimum"),
)
def minimum(m: Arithmetic, size: int, seed: int, spread: int) -> Number:
    """At Gaussian inputs the squared loss is at least the variance loss, and at most 1 + d/2 times it.

    So both are 0 at the same W, those with WᵀW = W*ᵀW*, and nowhere else. They differ by (tr Δ)²/16 ≤ d ‖Δ‖²/16, which
    is d/2 times the variance loss. Here both are means over Gauss–Hermite points, of y − h as drawn weights have it.
    """
    if m is not EXACT:  # an inequality that only mpmath can evaluate
        return nan
    weights, teacher, apart = drawn(size, seed, spread)
    with mp.extradps(8 * apart):
        second, first = (mean_error(weights, teacher, 0, power) for power in (2, 1))
        more = first**2 / (second - first**2)
    return min(more, mp.mpf(size) / 2 - more)


@stated(
    "gissin2020.theorem5",
    title="singular values of the quadratic network",
    source="Theorem 5",
    hypotheses=STATE,
    identity=True,
    recorded="falsified",
    flaw="Appendix F derives the equation for WᵀW, whose eigenvalues are the squares of W's singular values; the "
    "theorem then calls them «the ith singular values of W and W*». For these themselves s' = ½ s (s*² − s²).",
    corrected_by="gissin2020.theorem5.corrected",
    derivation=derived("quadratic.singular_values"),
)
def theorem5(m: Arithmetic, **arguments: Number) -> Number:
    """Gradient flow on the variance loss moves σ_i, the singular values of W, by σ̇_i = σ_i (σ_i* − σ_i).

    False: at σ_i = 1 and σ_i* = 2 a singular value moves by ½ (4 − 1) = 3/2, not by 1. It is true of the eigenvalues of
    WᵀW and W*ᵀW*, which the proof calls by the same letters. Here σ̇_i = q_iᵀ Ẇ u_i with the singular vectors q_i and
    u_i of W, and Ẇ consists of difference quotients of the loss.
    """
    values = [arguments[name] for name in ("sigma_1", "sigma_2")]
    goals = [arguments[name] for name in ("target_1", "target_2")]
    with mp.extradps(20):
        squared = {name: number**2 for name, number in arguments.items() if name not in ("angle", "turn")}
    state = state_of(**squared, angle=arguments["angle"], turn=arguments["turn"])
    velocity = state.velocity(variance_loss)
    with mp.extradps(state.lost):
        moved = state.turn.T * velocity * state.basis.T
        wanted = [value * (goal - value) for value, goal in zip(values, goals, strict=True)]
    return min(agreement(moved[i, i], wanted[i], values[i] * (values[i] + goals[i])) for i in range(2))


@stated(
    "gissin2020.theorem5.corrected",
    title="eigenvalues of the quadratic network",
    source="Theorem 5, corrected",
    hypotheses=STATE,
    identity=True,
    derivation=derived("quadratic.eigenvalues"),
)
def theorem5_corrected(m: Arithmetic, **arguments: Number) -> Number:
    """Gradient flow on the variance loss moves σ_i, the eigenvalues of WᵀW, by σ̇_i = σ_i (σ_i* − σ_i).

    σ_i* are the eigenvalues of W*ᵀW* for the same eigenvectors, which WᵀW has from W_0ᵀW_0 = σ0 I on (claim
    theorem5.diagonal). In their basis eq. 10 reads σ̇_i = ½ (σ_i Δ_i + Δ_i σ_i) with Δ_i = σ_i* − σ_i. Here the
    velocity of WᵀW consists of difference quotients of the loss, and is compared as a whole.
    """
    state = state_of(**arguments)
    pairs = list(zip(state.sigmas, state.goals, strict=True))
    with mp.extradps(state.lost):
        wanted, scales = [s * (goal - s) for s, goal in pairs], [s * (goal + s) for s, goal in pairs]
    return diagonal(state.moved(variance_loss), wanted, scales)


@stated(
    "gissin2020.theorem5.diagonal",
    title="elements off the diagonal stay 0",
    source="Theorem 5, proof («the off-diagonal elements are static»)",
    hypotheses=MATRICES,
    identity=True,
    derivation=derived("quadratic.eigenvalues"),
)
def static(m: Arithmetic, size: int, seed: int, spread: int) -> Number:
    """Where WᵀW and W*ᵀW* are diagonal in one basis, the variance loss moves WᵀW by a matrix that is diagonal in it.

    Eq. 10 is made of these two matrices. So the solution that starts there stays there; σ0 I is diagonal in every
    basis. Here the velocity consists of difference quotients of the loss.
    """
    draw = Drawn(seed, spread)
    sigmas, goals = draw.positive(size), draw.positive(size)
    with mp.extradps(9 * spread):
        basis, turn = draw.basis(size), draw.basis(size)
    state = State(sigmas, goals, basis, turn)
    moved = state.moved(variance_loss)
    with mp.extradps(state.lost):
        scales = [s * (goal + s) for s, goal in zip(sigmas, goals, strict=True)]
    return diagonal(moved, [moved[i, i] for i in range(size)], scales)
