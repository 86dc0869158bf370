"""Section 4.3: the toy model as a classifier under the exponential and the logistic loss."""

from collections.abc import Callable
from math import inf

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, slope, span, stated
from flowlab.claims.gissin2020._domains import ANY_DEPTH
from flowlab.claims.gissin2020._matrices import Drawn, reach
from flowlab.claims.gissin2020.derivations import derived
from flowlab.toy import precise
from flowlab.verify import Integer, Real

EXAMPLES = {
    "examples": Integer(1, 3, printed="any m", ours="m ≤ 3, as the loss is a mean over examples"),
    "seed": Integer(0, printed="any x_j, and y_j = ±1 (what the seed draws)"),
}


_NETWORK = {
    "depth": ANY_DEPTH,
    "sigma_1": Real(0, inf, low_open=True, printed="σ_1 > 0"),
    "sigma_2": Real(
        0, inf, low_open=True, printed="σ_2 > 0", ours="two coordinates, as each has an equation of its own"
    ),
    **EXAMPLES,
    "spread": Integer(0, 30, printed="x_j of any size (2^−spread to 2^spread)", ours="spread ≤ 30"),
}


def _exponential(margin: Number) -> tuple[Number, Number]:
    """Return the loss e^(−m), and minus its slope in m."""
    return mp.exp(-margin), mp.exp(-margin)


def _logistic(margin: Number) -> tuple[Number, Number]:
    """Return the loss log(1 + e^(−m)), and minus its slope in m."""
    return mp.log1p(mp.exp(-margin)), 1 / (1 + mp.exp(margin))


def _flows(
    loss: Callable[[Number], tuple[Number, Number]],
    depth: Number,
    sigmas: list[Number],
    examples: int,
    seed: int,
    spread: int,
) -> Number:
    """Return the slack of σ̇ = (N²/m) σ^(2−2/N) ∘ Σ_j y_j ℓ_j x_j, where −ℓ_j is the loss's slope in the margin."""
    draw = Drawn(seed, spread)
    rows = [draw.real(2) for _ in range(examples)]
    labels = draw.signs(examples)
    lost = reach(*sigmas) + 2 * reach(*(entry for row in rows for entry in row)) + 2 * span(depth)
    slacks = []
    for i, sigma in enumerate(sigmas):
        with mp.extradps(lost):
            weight = sigma ** (1 / depth)
        slopes = []
        for row, label in zip(rows, labels, strict=True):

            def falling(w: Number, i: int = i, row: list[Number] = row, label: int = label) -> Number:
                moved = [*sigmas[:i], w**depth, *sigmas[i + 1 :]]
                return -loss(label * mp.fdot(moved, row))[0] / examples

            slopes.append(slope(falling, weight, weight / (depth * (1 + abs(sigma * row[i]))), lost))
        with mp.extradps(lost):
            moved = depth * weight ** (depth - 1) * mp.fsum(slopes)
            pace = depth**2 / examples * sigma ** precise.exponent(depth)
            pulls = (loss(label * mp.fdot(sigmas, row))[1] for row, label in zip(rows, labels, strict=True))
            parts = [label * pull * row[i] for row, label, pull in zip(rows, labels, pulls, strict=True)]
            wanted, scale = pace * mp.fsum(parts), pace * mp.fsum(parts, absolute=True)
        slacks.append(agreement(moved, wanted, scale))
    return min(slacks)


@stated(
    "gissin2020.classification.flow",
    title="flow of the diagonal classifier",
    source="section 4.3, display",
    hypotheses=_NETWORK,
    identity=True,
    derivation=derived("classification.flow"),
)
def flow(
    m: Arithmetic, depth: Number, sigma_1: Number, sigma_2: Number, examples: int, seed: int, spread: int
) -> Number:
    """Gradient flow on (1/m) Σ_j e^(−y_j <σ, x_j>), σ = w^N, has σ̇ = (N²/m) σ^(2−2/N) ∘ Σ_j y_j e^(−y_j <σ, x_j>) x_j.

    dσ_i/dw_i = N w_i^(N−1) enters twice, in ẇ_i = −dℓ/dw_i and in σ̇_i = N w_i^(N−1) ẇ_i. Here dℓ/dw_i is the mean of
    difference quotients, one an example.
    """
    return _flows(_exponential, depth, [sigma_1, sigma_2], examples, seed, spread)


@stated(
    "gissin2020.classification.logistic.flow",
    title="flow of the diagonal classifier under the logistic loss",
    source="section 4.3 («experiment on the exponential and logistic losses»)",
    hypotheses=_NETWORK,
    identity=True,
    derivation=derived("classification.logistic_flow"),
)
def logistic_flow(
    m: Arithmetic, depth: Number, sigma_1: Number, sigma_2: Number, examples: int, seed: int, spread: int
) -> Number:
    """On (1/m) Σ_j log(1 + e^(−y_j <σ, x_j>)) it has σ̇ = (N²/m) σ^(2−2/N) ∘ Σ_j y_j x_j/(1 + e^(y_j <σ, x_j>)).

    The same attenuation of small values, and the pull 1/(1 + e^m) of an example at the margin m in place of e^(−m).
    """
    return _flows(_logistic, depth, [sigma_1, sigma_2], examples, seed, spread)


@stated(
    "gissin2020.classification.logistic",
    title="similar pulls under both losses",
    source="section 4.3 («similar results are obtained for the logistic loss»)",
    hypotheses={"margin": Real(0, 700, low_open=True, printed="y <σ, x> > 0, separated", ours="margin ≤ 700")},
    derivation=derived("classification.logistic"),
)
def logistic(m: Arithmetic, margin: Number) -> Number:
    """Of an example at a margin m > 0, the pull is 1/(1 + e^m) = e^(−m) (1 − δ) with e^(−m)/2 < δ < e^(−m).

    δ = e^(−m)/(1 + e^(−m)): where the data are separated by much, both losses move σ alike. The slack is over e^(−m).
    """
    small = m.exp(-margin)
    with m.digits(small):
        less = -m.expm1(-m.log1p(small)) / small
        return min(1 - less, less - (1 + 0 * margin) / 2)


@stated(
    "gissin2020.classification.separated",
    title="larger values, smaller loss",
    source="section 4.3 («increasing the values of the current support reduces the loss»)",
    hypotheses={
        "margin": Real(0, inf, low_open=True, printed="separated: least margin μ > 0"),
        "apart": Real(0, inf, printed="other margins (μ + apart)", ours="two examples, as more only add terms"),
        "grown": Real(0, 1e9, low_open=True, printed="the support grows (by the factor 1 + grown)"),
    },
    derivation=derived("classification.separated"),
    balls={"margin": "0.1:10", "apart": "0.1:10", "grown": "0.1:10"},
)
def separated(m: Arithmetic, margin: Number, apart: Number, grown: Number) -> Number:
    """Where all margins are at least μ > 0, the exponential loss at λσ, λ > 1, is at most e^(−(λ−1)μ) times that at σ.

    Each e^(−m_j) becomes e^(−λ m_j). A slope in σ_i is a mean of these times ±x_ji, so that the largest |x_ji| times
    the loss bounds it, and falls as much; a single slope may grow for a while where examples had cancelled in it, so
    that «and the magnitude of subsequent gradients» is true of the bound only. The slack is that of the logarithms.
    """
    return m.log1p(m.exp(-apart)) - m.log1p(m.exp(-(1 + grown) * apart))
