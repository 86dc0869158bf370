"""Section 4.3: the toy model as a classifier under the exponential loss."""

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


@stated(
    "gissin2020.classification.flow",
    title="flow of the diagonal classifier",
    source="section 4.3, display",
    hypotheses={
        "depth": ANY_DEPTH,
        "sigma_1": Real(0, inf, low_open=True, printed="σ_1 > 0"),
        "sigma_2": Real(
            0, inf, low_open=True, printed="σ_2 > 0", ours="two coordinates, as each has an equation of its own"
        ),
        **EXAMPLES,
        "spread": Integer(0, 30, printed="x_j of any size (2^−spread to 2^spread)", ours="spread ≤ 30"),
    },
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
    draw, sigmas = Drawn(seed, spread), [sigma_1, sigma_2]
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
                return -mp.exp(-label * mp.fdot(moved, row)) / examples

            slopes.append(slope(falling, weight, weight / (depth * (1 + abs(sigma * row[i]))), lost))
        with mp.extradps(lost):
            moved = depth * weight ** (depth - 1) * mp.fsum(slopes)
            pace = depth**2 / examples * sigma ** precise.exponent(depth)
            parts = [
                label * mp.exp(-label * mp.fdot(sigmas, row)) * row[i] for row, label in zip(rows, labels, strict=True)
            ]
            wanted, scale = pace * mp.fsum(parts), pace * mp.fsum(parts, absolute=True)
        slacks.append(agreement(moved, wanted, scale))
    return min(slacks)
