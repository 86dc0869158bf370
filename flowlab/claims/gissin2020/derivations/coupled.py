"""Appendix F: the coupled equations of the squared loss, early on and until the first value is learned.

X = σ_i/σ_j*, Y = σ_j/σ_j*, r = σ_i*/σ_j* = 1 + g, time in units of 1/σ_j*.
"""

from typing import Any

from flowlab.claims.gissin2020.derivations import quadratic
from flowlab.claims.gissin2020.derivations.quadratic import add_squared_flow, add_variance_flow, moved, squared_velocity
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import log
from flowlab.symbolic.proving.steps import Proof, derivation

g, k, s, gain, d, x, y, u = symbols("g k s γ d X Y u", positive=True)
lower, rest = symbols("l R", nonnegative=True)
r = 1 + g
_RANGES = "r > 1, 0 < s < 1, 0 < f < 1"


def _add_both(proof: Proof) -> None:
    """Add how WᵀW moves under either loss."""
    add_squared_flow(proof)
    proof.equal(
        "U d(WᵀW)/dt Uᵀ = σ (σ* − σ + ½ Σ_j (σ_j* − σ_j)), diagonal",
        moved(squared_velocity()),
        quadratic.values * (quadratic.goals - quadratic.values) + quadratic.values * (quadratic.trace / 2),
    )
    add_variance_flow(proof)
    proof.equal(
        "and σ (σ* − σ) under the variance loss",
        moved(quadratic.weights * quadratic.gap / 2),
        quadratic.values * (quadratic.goals - quadratic.values),
    )


@derivation("every d, any W* and W_0ᵀW_0 = σ0 I")
def early(proof: Proof) -> None:
    """Subtract the two velocities."""
    _add_both(proof)
    own, total = symbols("Δ_i S", real=True)
    proof.equal("σ̇_i/σ_i differs by ½ S, S = Σ_j (σ_j* − σ_j), for every i", (own + total / 2) - own, total / 2)


@derivation("every d, σ0 < σ_j* ≤ σ_i* and σ0 ≤ all others")
def similar(proof: Proof) -> None:
    """Divide two velocities at σ_i = σ_j = σ0; p = Δ_j/Δ_i, R of the others."""
    _add_both(proof)
    p = symbols("p", positive=True)
    total = 1 + p + rest
    quotient = (1 + total / 2) / (p + total / 2)
    proof.equal("over Δ_i, σ̇_i/σ̇_j = (3 + p + R)/(1 + 3p + R)", quotient, (3 + p + rest) / (1 + 3 * p + rest))
    proof.at_least("which is below 3", 3, quotient, strictly=True)


@derivation("every d, σ_i = σ_i*")
def overshoot(proof: Proof) -> None:
    """Put Δ_i = 0 into both velocities."""
    _add_both(proof)
    own, others = symbols("Δ_i S_i", real=True)
    proof.equal(
        "σ̇_i/σ_i = Δ_i + ½ (Δ_i + S_i), S_i the sum over the others, is ½ S_i at Δ_i = 0",
        (own + (own + others) / 2).subs(own, 0),
        others / 2,
    )


def _add_pair(proof: Proof) -> tuple[Any, Any]:
    """Add the equations of two eigenvalues, and return (log X)' and (log Y)'."""
    _add_both(proof)
    one, other = r - x, 1 - y
    first, second = one + (one + other) / 2, other + (one + other) / 2
    proof.equal("of two, (log X)' = (3 (r−X) + (1−Y))/2", first, (3 * (r - x) + (1 - y)) / 2)
    proof.equal("and (log Y)' = ((r−X) + 3 (1−Y))/2", second, ((r - x) + 3 * (1 - y)) / 2)
    proof.equal("(log X/Y)' = (r−X) − (1−Y)", first - second, one - other)
    return first, second


def _add_lead(proof: Proof) -> None:
    """Add that U − k V does not fall, U = log(X/(r−X)), V = log Y, k = (3r+1)/(r+3), and what follows."""
    first, second = _add_pair(proof)
    share = (3 * r + 1) / (r + 3)
    away, level = symbols("a", positive=True), 1 / (1 + lower)  # X = r/(1 + a), Y ≤ 1
    at = {x: r / (1 + away), y: level}
    pace = (first * r / (r - x)).subs(at)
    proof.equal(
        "U' = X'/X · r/(r−X) = 3r/2 + r (1−Y)/(2 (r−X))", first * r / (r - x), 3 * r / 2 + r * (1 - y) / (2 * (r - x))
    )
    proof.at_least("with X = r/(1 + a) < r and Y = 1/(1 + l) ≤ 1, U' ≥ (3r + 1 − Y)/2", pace, (3 * r + 1 - level) / 2)
    proof.at_least("V' ≤ (r + 3 (1−Y))/2", (r + 3 * (1 - level)) / 2, second.subs(at))
    proof.equal(
        "with k = (3r+1)/(r+3), (3r + 1 − Y)/2 − k (r + 3 (1−Y))/2 = (3k − 1) Y/2",
        (3 * r + 1 - y) / 2 - share * (r + 3 * (1 - y)) / 2,
        (3 * share - 1) * y / 2,
    )
    proof.at_least("which is ≥ 0: U − k V does not fall", (3 * share - 1) * y / 2)


@derivation(f"every {_RANGES} and s < 1, σ0 ≤ s σ_j*")
def incremental(proof: Proof) -> None:
    """Follow U − k V until Y = s."""
    _add_lead(proof)
    share = (3 * r + 1) / (r + 3)
    proof.equal("k − 1 = 2 (r−1)/(r+3)", share - 1, 2 * (r - 1) / (r + 3))
    proof.at_least("U0 = log(x0/(r−x0)) ≥ log(x0/r), with x0 = r/(1 + k)", 1 / (r - r / (1 + k)), 1 / r)
    odds = symbols("F", real=True)
    drop = (r + 3) / (2 * (r - 1)) * (odds + log(r) - log(s))
    proof.equal(
        "U ≥ log(s/r) + (k−1) d, which is F = log(f/(1−f)) for d = (r+3)/(2(r−1)) (F + log(r/s)), and rises with d",
        log(s) - log(r) + 2 * (r - 1) / (r + 3) * drop,
        odds,
    )
    proof.at_least(
        "on the diagonal X = Y = 1/(1+l) ≤ 1, (log X/Y)' = r − 1 > 0: no path crosses it back, X ≥ Y",
        ((r - x) - (1 - y)).subs({x: 1 / (1 + lower), y: 1 / (1 + lower)}),
        strictly=True,
    )


@derivation("σ* = 4 and 1, s = 1/5, f = 4/5, σ0 = 1/5 · 80^(−7/6)", refutes=True)
def incremental_printed(proof: Proof) -> None:
    """Put these numbers into what follows from the equations."""
    _add_lead(proof)
    drop = symbols("d", positive=True)
    share = ((3 * r + 1) / (r + 3)).subs(g, 3)
    way = log(20) + log(4)
    proof.equal("at r = 4, k − 1 = 6/7: U ≥ log(s/r) + 6 d/7, s/r = 1/20", (share - 1) * drop, 6 * drop / 7)
    proof.equal(
        "which is log 4 = log(f/(1−f)) for d = 7/6 log 80: X has reached f r when Y reaches s",
        -log(20) + (6 * drop / 7).subs(drop, 7 * way / 6),
        log(4),
    )


@derivation(f"every {_RANGES} with s < fr, s < 1, σ0 ≤ s σ_j*")
def threshold(proof: Proof) -> None:
    """Bound the growth of X/Y from above and that of Y from below, until X = fr; γ = 1 − f."""
    _, second = _add_pair(proof)
    proof.at_least(
        "X = Y + u ≥ Y: (log X/Y)' ≤ r − 1, and log(fr/s) takes a time of log(fr/s)/(r−1)",
        r - 1,
        ((r - x) - (1 - y)).subs(x, y + u),
    )
    less, more = symbols("l1 l2", nonnegative=True)
    proof.at_least(
        "with X = fr − l1 and Y = s − l2, (log Y)' ≥ ((1−f) r + 3 (1−s))/2",
        second.subs({x: (1 - gain) * r - less, y: s - more}),
        (gain * r + 3 * (1 - s)) / 2,
    )
