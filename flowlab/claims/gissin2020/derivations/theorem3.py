"""Theorem 3 from appendix B's chain: its true half, and the other as corrected.

q = cR_i, x = cR_j = q/r, a(x) = −log(1 − x + x²), b(x) = −log(1 − x − x²/4), A = a(q)/b(x), B = b(q)/a(x).
"""

from flowlab.claims.gissin2020.derivations.appendix_b import (
    add_chains,
    add_exponent,
    add_half,
    add_relaxed,
    add_solved,
    add_time,
)
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import Rational, exp, log, sqrt
from flowlab.symbolic.proving.steps import Proof, derivation

i_odds, j_odds, fast, slow, x, c, g, k, w = symbols("O_i O_j b a x c g k w", positive=True)
h, m, y, z, less = symbols("h m y z l", nonnegative=True)
r = 1 + g


def _add_growing(proof: Proof) -> None:
    """Add that a(x)/x falls and b(x)/x rises with x."""
    below = 1 / (1 + k)
    slope = (1 - 2 * x) / (1 - x + x**2)
    proof.equal("a' = (1−2x)/(1−x+x²)", -log(1 - x + x**2).diff(x), slope)
    proof.rises(
        "with 1 − w = e^(−y), −log(1 − w) ≥ w + w²/2: for w = x − x² it is ≤ a(x)",
        y,
        (1 - exp(-y)) + (1 - exp(-y)) ** 2 / 2,
        y,
    )
    proof.at_least("x a' ≤ x − x² ≤ a for x = 1/(1 + k) < 1: a/x falls", below - below**2, (x * slope).subs(x, below))
    root = 2 * (sqrt((1 + 2 * z) / (1 + z)) - 1)
    proof.equal("b(x) = log(1 + z) at x = 2 (√((1+2z)/(1+z)) − 1)", 1 - root - root**2 / 4, 1 / (1 + z))
    pace = 1 / sqrt((1 + z) * (1 + 2 * z))
    proof.equal("where dx/db = (1+z) dx/dz = 1/√((1+z)(1+2z))", (1 + z) * root.diff(z), pace)
    proof.at_least("which falls: x is concave in b, and b/x rises", -pace.diff(z))


@derivation("every r > 1, 0 < s, f < 1, 0 < η ≤ c/σ1*, c < 2(√2 − 1), σ0 < σ_j*")
def upper(proof: Proof) -> None:
    """Compare the chains at an iteration k that shows incremental learning."""
    add_chains(proof)
    when = add_time(proof)
    proof.equal(
        "so k b(q) ≥ log(f/(1−f) · (σ_i*−σ0)/σ0) = O_i and k a(x) ≤ log(s/(1−s) · (σ_j*−σ0)/σ0) = O_j",
        -when * log(symbols("γ", positive=True)),
        log(symbols("a", positive=True)) - log(symbols("b", positive=True)),
    )
    proof.equal(
        "hence O_i/b(q) ≤ O_j/a(x), or O_i ≤ B O_j, and integers do no harm",
        i_odds / fast - j_odds / slow,
        (i_odds - fast / slow * j_odds) / fast,
    )
    add_exponent(proof)
    add_relaxed(proof)
    add_solved(
        proof,
        "(σ_j*/σ0)^(B−1) = S^(−B)/φ at σ0 = S σ_j* (φ S)^(1/(B−1)), S = s/(1−s), φ = (1−f)/f",
        1,
        1,
        lambda left: 1 / left,
    )
    _add_growing(proof)
    proof.equal(
        "B = r (b(q)/q)/(a(x)/x) rises with c, and with it the bound, as φ S < 1",
        fast / slow,
        (1 + g) * (fast / c) / (slow / (c / (1 + g))),
    )


@derivation("every r > 1, 0 < s < 1/4, 3/4 < f < 1 and 0 < η ≤ c/σ1*, c < 2(√2 − 1), with A > 1")
def lower_corrected(proof: Proof) -> None:
    """Leave room for an integer between both times, and show that the bound falls with c."""
    add_chains(proof)
    add_time(proof)
    proof.equal(
        "U + 1 ≤ V, with U = O_i/a(q) and V = O_j/b(x), says O_i + a(q) ≤ A O_j",
        (j_odds / fast - i_odds / slow - 1) * slow,
        slow / fast * j_odds - i_odds - slow,
    )
    add_half(proof)
    proof.at_least("and (σ_j* − σ0)/σ0 ≥ σ_j*/(2σ0)", (1 - 1 / (2 * (1 + less))), Rational(1, 2))
    add_solved(
        proof,
        "(σ_j*/(2σ0))^(A−1) = S^(−A)/φ at σ0 = ½ S σ_j* (φ S)^(1/(A−1)), S = s/(1−s), φ = e^(−a) (1−f)/(2rf)",
        1,
        2,
        lambda left: 1 / left,
    )
    _add_growing(proof)
    proof.equal("A = r (a(q)/q)/(b(x)/x) falls as c grows", slow / fast, r * (slow / c) / (fast / (c / r)))
    proof.at_least(
        "with f = 1 − 1/(4 + k) and s = 1/(4 + l), 2rf/(1−f) · (1−s)/s > 1: K > 0",
        2 * r * (3 + k) * (3 + less),
        1,
        strictly=True,
    )
    proof.equal("a/(A − 1) = 1/(1/b − 1/a)", slow / (slow / fast - 1), 1 / (1 / fast - 1 / slow))
    proof.equal(
        "1/b − 1/a = (1/b − 1/x) − (1/a − 1/q) + (r−1)/q at x = q/r",
        1 / fast - 1 / slow,
        (1 / fast - 1 / (c / r)) - (1 / slow - 1 / c) + (r - 1) / c,
    )
    inside = w / (2 - w**2)
    curve = 2 * (w - 1) * sqrt(inside) + log(2 - w**2)
    top = 6 * w - 2 - w**2 - w**3
    proof.equal(
        "with w = 1 + x/2, b = −log(2 − w²) and b' = w/(2 − w²)",
        (-log(2 - (1 + x / 2) ** 2)).diff(x),
        inside.subs(w, 1 + x / 2),
    )
    proof.equal(
        "x √b' − b has the slope √b' (P/(w (2 − w²)) − 2 √b'), P = 6w − 2 − w² − w³, in w",
        curve.diff(w),
        sqrt(inside) * (top / (w * (2 - w**2)) - 2 * sqrt(inside)),
    )
    proof.equal("P = 4 (w−1) + (2 − w²)(1 + w)", top, 4 * (w - 1) + (2 - w**2) * (1 + w))
    proof.at_least("which is ≥ 0 for w = 1 + h and 2 − w² = m ≥ 0", 4 * h + m * (2 + h))
    quartic = w**4 + 8 * w**3 + 4 * w**2 - 16 * w + 4
    proof.equal(
        "P² − 4w³ (2 − w²) = (w−1)² (w⁴ + 8w³ + 4w² − 16w + 4)", top**2 - 4 * w**3 * (2 - w**2), (w - 1) ** 2 * quartic
    )
    proof.at_least("which is ≥ 0 for w = 1 + h: the slope is ≥ 0", quartic.subs(w, 1 + h))
    proof.equal("from 0 at w = 1: b² ≤ x² b', and 1/b − 1/x falls", curve.subs(w, 1), 0)
    below, product = 1 / (2 + k), x - x**2
    proof.at_least(
        "a² ≥ (x − x²)² (1 + (x−x²)/2)² ≥ x² a' for x = 1/(2 + k) < 1/2, and beyond a' ≤ 0: 1/a − 1/x rises",
        ((1 - x) ** 2 * (1 + product / 2) ** 2).subs(x, below),
        ((1 - 2 * x) / (1 - x + x**2)).subs(x, below),
    )
