"""Appendix A, step by step, from eq. 4; the steps themselves are in `conditions`."""

from flowlab.claims.gissin2020.derivations.conditions import (
    BELOW_ONE,
    add_integral,
    add_left,
    add_necessary_bounds,
    add_necessary_deep,
    add_necessary_depth2,
    add_rearranged,
    add_right,
    add_same,
    add_split,
    add_sufficient_deep,
    add_sufficient_depth2,
    f,
    gain,
    lower,
    p,
    r,
    s,
)
from flowlab.claims.gissin2020.derivations.toy import power, sigma, target
from flowlab.symbolic.proving.steps import Proof, derivation

_DEEP = "every real N > 2 (p = 1 − 2/N > 0)"


@derivation("every real N > 0, r > 1 and 0 < x0 < s < fr")
def split(proof: Proof) -> None:
    """Write both hitting times as integrals in x."""
    add_split(proof)


@derivation("every real N > 0, r > 1, 0 < s < 1, 0 < f < 1 and σ0 < σ_j*")
def times(proof: Proof) -> None:
    """Show that values grow, so that they pass a level once, and that t_s(σ_j) − t_f(σ_i) falls as σ0 grows."""
    below = target * BELOW_ONE
    speed = add_split(proof)
    proof.at_least("below σ*, σ̇ > 0: σ(t) ≥ α σ* exactly from t_α on", speed.subs(sigma, below), strictly=True)
    proof.equal("and σ* itself is at rest, so that no solution passes it", speed.subs(sigma, target), 0)
    faster, slower = (1 / (BELOW_ONE**power * (optimum - BELOW_ONE)) for optimum in (r, 1))
    proof.at_least(
        "with t = ∫_{x0} dx/(x^a (σ*/σ_j* − x)), t_s(σ_j) − t_f(σ_i) falls in x0 = 1/(1 + k) < 1: it is ≥ 0 up to its "
        "root, or nowhere, as at x0 = s it is −t_f(σ_i) < 0",
        slower,
        faster,
        strictly=True,
    )


@derivation("every r > 1 and 0 < x < 1")
def sufficient_same(proof: Proof) -> None:
    """Compare the two integrands."""
    add_same(proof)


@derivation("every 0 < x/r ≤ f < 1")
def sufficient_left(proof: Proof) -> None:
    """Compare with the upper end."""
    add_left(proof)


@derivation("every 0 < x < 1")
def sufficient_right(proof: Proof) -> None:
    """Compare with the lower end."""
    add_right(proof)


@derivation(f"{_DEEP}, r > 1 and f > 0")
def sufficient_drop(proof: Proof) -> None:
    """Look at the sign of the term."""
    proof.at_least("(fr)^(−p) > 0 is subtracted on the left", (f * r) ** -p, strictly=True)


@derivation("every r > 1, s > 0 and s ≤ x < r")
def necessary_left(proof: Proof) -> None:
    """Compare with the lower end; y = x/r."""
    proof.at_least("for s/r ≤ y < 1, 1/(1 − y) ≥ 1/(1 − s/r)", 1 / (1 - BELOW_ONE), 1 / (1 - BELOW_ONE / (1 + lower)))


@derivation("every r > 1 and 0 < x ≤ s < 1")
def necessary_right(proof: Proof) -> None:
    """Show that the difference of both integrands rises."""
    add_necessary_bounds(proof)


@derivation(f"{_DEEP}, r > 1, 0 < s < 1 and f > 0 with fr > s", refutes=True)
def necessary_drop(proof: Proof) -> None:
    """Compare powers −p of the largest x0 that the premise allows and of the conclusion's bound; γ = 1 − s."""
    premise = s**-p + gain / (r - 1) * (s**-p - (f * r) ** -p)
    conclusion = s**-p * (r - 1 + gain) / (r - 1)
    proof.equal(
        "with γ = 1 − s, r − s = r − 1 + γ: the conclusion's bound to the power −p is s^(−p) (r−s)/(r−1)",
        (s * ((r - 1) / (r - 1 + gain)) ** (1 / p)) ** -p,
        conclusion,
    )
    proof.equal(
        "the premise's, at equality, is less by (1−s)/(r−1) (fr)^(−p)",
        conclusion - premise,
        gain / (r - 1) * (f * r) ** -p,
    )
    proof.at_least(
        "which is > 0: that x0 is larger than the conclusion allows", gain / (r - 1) * (f * r) ** -p, strictly=True
    )


@derivation("every real N > 2 and N = 2, σ > 0")
def integral(proof: Proof) -> None:
    """Differentiate."""
    add_integral(proof)


@derivation("every r > 1 and 0 < s < 1")
def rearranged(proof: Proof) -> None:
    """Divide."""
    add_rearranged(proof)


@derivation("every r > 1, 0 < s and 0 < f < 1")
def sufficient_depth2(proof: Proof) -> None:
    """Solve the sufficient condition at N = 2."""
    add_sufficient_depth2(proof)


@derivation(f"{_DEEP}, r > 1, 0 < s and 0 < f < 1")
def sufficient_deep(proof: Proof) -> None:
    """Solve the sufficient condition at N > 2."""
    add_sufficient_deep(proof)


@derivation("every r > 1, 0 < s < 1 and f > 0")
def necessary_depth2(proof: Proof) -> None:
    """Solve the necessary condition at N = 2."""
    add_necessary_depth2(proof)


@derivation(f"{_DEEP}, r > 1, 0 < s < 1 and f > 0 with fr > s")
def necessary_deep(proof: Proof) -> None:
    """Solve the necessary condition at N > 2."""
    add_necessary_deep(proof)
