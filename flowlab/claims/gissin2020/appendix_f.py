"""Appendix F: the quadratic network under the squared loss, without and with a trainable bias.

The paper scales the squared loss by 1/16, and so do these claims: its equations for σ_i hold with that scale only.
"""

from math import inf

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, slope, stated
from flowlab.claims.gissin2020._matrices import diagonal
from flowlab.claims.gissin2020.derivations import derived
from flowlab.claims.gissin2020.quadratic import STATE, State, squared_loss, state_of
from flowlab.verify import Assumption, Real

_BIASED = {
    **STATE,
    "bias": Real(-inf, inf, printed="any b"),
    "target_bias": Real(-inf, inf, printed="any b*"),
}
_IGNORED = {
    "sigma": Real(0, inf, low_open=True, printed="σ_i > 0"),
    "whole": Real(-inf, inf, printed="any mean error (whole = Σ_j (σ_j* − σ_j) + b* − b)"),
    "part": Real(
        -0.1,
        0.1,
        printed="σ_i* − σ_i is ignored beside it (part = (σ_i* − σ_i)/whole)",
        ours="|part| ≤ 1/10: small enough to be ignored",
    ),
}
_ALLOWED = (
    Assumption("ḃ ≠ 0", lambda whole, **_: whole != 0),
    Assumption("σ_i* ≥ 0", lambda sigma, whole, part: sigma + part * whole >= 0),
)


def _gaps(state: State) -> list[Number]:
    return [goal - sigma for sigma, goal in zip(state.sigmas, state.goals, strict=True)]


def _moves(state: State, shared: Number, offset: Number) -> Number:
    """Return the slack of «WᵀW moves by diag(σ_i (Δ_i + shared))» in the common basis, where the offset is b* − b."""
    moved = state.moved(lambda weights, goal: squared_loss(weights, goal, offset))
    with mp.extradps(state.lost):
        wanted = [sigma * (gap + shared) for sigma, gap in zip(state.sigmas, _gaps(state), strict=True)]
        size = mp.fsum(state.goals) + mp.fsum(state.sigmas) + abs(offset)
        scales = [sigma * (sigma + goal + size / 2) for sigma, goal in zip(state.sigmas, state.goals, strict=True)]
    return diagonal(moved, wanted, scales)


def _biased(bias: Number, target_bias: Number, arguments: dict[str, Number]) -> tuple[State, Number, Number]:
    """Return the state, tr Δ + b* − b, and the size of its terms."""
    state = state_of(**arguments, others=(bias, target_bias))
    with mp.extradps(state.lost):
        whole = mp.fsum(_gaps(state)) + target_bias - bias
        return state, whole, mp.fsum(state.goals) + mp.fsum(state.sigmas) + abs(target_bias) + abs(bias)


def _quotient(whole: Number, part: Number) -> Number:
    """Return σ̇_i/(σ_i ḃ), both as derived from the loss."""
    return (part * whole + whole / 2) / (whole / 8)


def _bias_speed(state: State, bias: Number, target_bias: Number) -> Number:
    """Return ḃ by a difference quotient of the loss, which is exact here."""

    def falling(b: Number) -> Number:
        return -squared_loss(state.weights, state.goal, target_bias - b)

    return slope(falling, bias, 1, state.lost)


@stated(
    "gissin2020.appendix_f.squared",
    title="eigenvalues under the squared loss",
    source="appendix F, F.2.1",
    hypotheses=STATE,
    identity=True,
    derivation=derived("quadratic.squared_eigenvalues"),
)
def squared(m: Arithmetic, **arguments: Number) -> Number:
    """Gradient flow on the squared loss moves the eigenvalues of WᵀW by σ̇_i = σ_i (σ_i* − σ_i + ½ Σ_j (σ_j* − σ_j)).

    Ẇ = ½ W Δ + ¼ tr(Δ) W (claim appendix_f.flow), and WᵀW moves by WᵀẆ and its transpose: in the common basis by
    σ_i Δ_i + ½ σ_i tr Δ. All eigenvalues are coupled by the trace. The velocity consists of difference quotients.
    """
    state = state_of(**arguments)
    with mp.extradps(state.lost):
        shared = mp.fsum(_gaps(state)) / 2
    return _moves(state, shared, mp.mpf(0))


@stated(
    "gissin2020.appendix_f.bias.values",
    title="eigenvalues with a trainable bias",
    source="appendix F, F.2.2",
    hypotheses=_BIASED,
    identity=True,
    derivation=derived("quadratic.bias_values"),
)
def bias_values(m: Arithmetic, bias: Number, target_bias: Number, **arguments: Number) -> Number:
    """With a bias, gradient flow on the squared loss has σ̇_i = σ_i (σ_i* − σ_i + ½ Σ_j (σ_j* − σ_j) + ½ (b* − b)).

    In ‖Δ‖_F²/8 + (tr Δ + b* − b)²/16 the offset b* − b stands beside tr Δ wherever that stands. Where b = b* this is
    the equation without a bias, as the paper says. The velocity consists of difference quotients of this loss.
    """
    state, whole, _ = _biased(bias, target_bias, arguments)
    with mp.extradps(state.lost):
        half, offset = whole / 2, target_bias - bias
    return _moves(state, half, offset)


@stated(
    "gissin2020.appendix_f.bias.speed",
    title="speed of the bias",
    source="appendix F, F.2.2",
    hypotheses=_BIASED,
    identity=True,
    recorded="falsified",
    flaw="The constant of the loss is lost: at the scale 1/16, with which the equation beside it has its ½, the slope "
    "in b is −(Σ_j (σ_j* − σ_j) + b* − b)/8.",
    corrected_by="gissin2020.appendix_f.bias.speed.corrected",
    derivation=derived("quadratic.bias_speed_printed"),
)
def bias_speed(m: Arithmetic, bias: Number, target_bias: Number, **arguments: Number) -> Number:
    """With a bias, gradient flow on the squared loss moves it by ḃ = Σ_j (σ_j* − σ_j) + b* − b.

    False by a factor of 8. There is no scale of the loss with which both of the paper's equations hold: to scale it by
    8 would make σ̇_i 8 times as large too. Here ḃ is a difference quotient of the loss.
    """
    state, whole, terms = _biased(bias, target_bias, arguments)
    return agreement(_bias_speed(state, bias, target_bias), whole, terms)


@stated(
    "gissin2020.appendix_f.bias.speed.corrected",
    title="speed of the bias",
    source="appendix F, F.2.2, corrected",
    hypotheses=_BIASED,
    identity=True,
    derivation=derived("quadratic.bias_speed"),
)
def bias_speed_corrected(m: Arithmetic, bias: Number, target_bias: Number, **arguments: Number) -> Number:
    """With a bias, gradient flow on the squared loss moves it by ḃ = (Σ_j (σ_j* − σ_j) + b* − b)/8.

    Minus the slope of (tr Δ + b* − b)²/16 in b. Here ḃ is a difference quotient of the loss.
    """
    state, whole, terms = _biased(bias, target_bias, arguments)
    return agreement(_bias_speed(state, bias, target_bias), whole / 8, terms / 8)


@stated(
    "gissin2020.appendix_f.bias.optimum",
    title="a bias at its optimum",
    source="appendix F, F.2.2 («the dynamics of σ_i align with those of the variance loss»)",
    hypotheses={**STATE, "target_bias": _BIASED["target_bias"]},
    identity=True,
    derivation=derived("quadratic.bias_optimum"),
)
def bias_optimum(m: Arithmetic, target_bias: Number, **arguments: Number) -> Number:
    """Where b = Σ_j (σ_j* − σ_j) + b*, it rests, and σ̇_i = σ_i (σ_i* − σ_i) as under the variance loss.

    There the mean error tr Δ + b* − b is 0, and with it ḃ and what couples the eigenvalues. It rests for that moment
    only: the optimum moves as the eigenvalues do. Velocities are difference quotients of the loss.
    """
    state, best, terms = _biased(mp.mpf(0), target_bias, arguments)
    with mp.extradps(state.lost):
        offset = target_bias - best
    speed = _bias_speed(state, best, target_bias)
    return min(_moves(state, mp.mpf(0), offset), agreement(speed, mp.mpf(0), terms / 8))


@stated(
    "gissin2020.appendix_f.ratio",
    title="eigenvalues beside the bias",
    source="appendix F, F.2.2 («informally»)",
    hypotheses=_IGNORED,
    assuming=_ALLOWED,
    guarded=True,
    recorded="falsified",
    flaw="The paper compares Σ_j (σ_j* − σ_j) + b* − b in one equation with half of it in the other, and has ḃ 8 times "
    "too large: the quotient is ½ σ_i by the equations as printed, and 4 σ_i by those of the loss.",
    corrected_by="gissin2020.appendix_f.ratio.corrected",
    derivation=derived("quadratic.ratio_printed"),
)
def ratio(m: Arithmetic, sigma: Number, whole: Number, part: Number) -> Number:
    """Where Δ_i = σ_i* − σ_i is ignored beside Σ_j Δ_j + b* − b, σ̇_i/ḃ ≈ σ_i: up to ±σ_i Δ_i/ḃ, which is Δ_i's share.

    False by a factor of 4 (claims appendix_f.bias.values and appendix_f.bias.speed.corrected give both speeds). «≈» is
    read as equality when Δ_i/(Σ_j Δ_j + b* − b) tends to 0. As a statement on orders of magnitude it is true (claim
    appendix_f.ratio.order), and that is what the appendix concludes from. The slack is that of σ̇_i/(σ_i ḃ).
    """
    return 8 * abs(part) - abs(_quotient(whole, part) - 1)


@stated(
    "gissin2020.appendix_f.ratio.corrected",
    title="eigenvalues beside the bias",
    source="appendix F, F.2.2, corrected",
    hypotheses=_BIASED,
    identity=True,
    derivation=derived("quadratic.bias_ratio"),
)
def ratio_corrected(m: Arithmetic, bias: Number, target_bias: Number, **arguments: Number) -> Number:
    """With a bias, σ̇_i = σ_i (σ_i* − σ_i) + 4 σ_i ḃ; so σ̇_i/ḃ ≈ 4 σ_i where the first term is small beside the second.

    Put ½ (tr Δ + b* − b) = 4 ḃ into σ̇_i. Both velocities are difference quotients of the loss.
    """
    state, _, terms = _biased(bias, target_bias, arguments)
    with mp.extradps(state.lost):
        offset = target_bias - bias
    moved = state.moved(lambda weights, goal: squared_loss(weights, goal, offset))
    speed = _bias_speed(state, bias, target_bias)
    with mp.extradps(state.lost):
        pairs = list(zip(state.sigmas, _gaps(state), strict=True))
        wanted, scales = [s * (gap + 4 * speed) for s, gap in pairs], [s * terms for s, _ in pairs]
    return diagonal(moved, wanted, scales)


@stated(
    "gissin2020.appendix_f.ratio.order",
    title="order of the eigenvalues' speed beside the bias's",
    source="appendix F, F.2.2 («the global bias optimizes much faster than the singular values»)",
    hypotheses=_IGNORED,
    assuming=_ALLOWED,
    guarded=True,
    derivation=derived("quadratic.ratio_order"),
)
def ratio_order(m: Arithmetic, sigma: Number, whole: Number, part: Number) -> Number:
    """Where |σ_i* − σ_i| ≤ |Σ_j (σ_j* − σ_j) + b* − b|/10, 3 σ_i < σ̇_i/ḃ < 5 σ_i: slower than b by the order of σ_i.

    σ̇_i/(σ_i ḃ) = 4 + 8 (σ_i* − σ_i)/(Σ_j (σ_j* − σ_j) + b* − b), by the corrected identity.
    """
    quotient = _quotient(whole, part)
    return min(quotient - 3, 5 - quotient)
