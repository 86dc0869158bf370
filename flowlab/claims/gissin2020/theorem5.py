"""Theorem 5: quadratic networks under the variance loss follow the toy model of depth 2."""

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, stated
from flowlab.claims.gissin2020._matrices import Drawn, diagonal
from flowlab.claims.gissin2020.derivations import derived
from flowlab.claims.gissin2020.quadratic import MATRICES, STATE, State, state_of, variance_loss


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
