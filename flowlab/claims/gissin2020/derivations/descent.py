"""Eq. 9 from the loss, and Lemma 1 from eq. 9, for every real N ≥ 2.

p = 1 − 2/N runs through [0, 1) as N does through [2, ∞), and r = e^(−v), v ≥ 0, is a level of σ/σ* up to 1.
"""

from typing import Any

from flowlab.claims.gissin2020.derivations.toy import N, add_flow, any_target, eq4, flow, loss, rate, sigma, target, w
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import exp, log
from flowlab.symbolic.proving.steps import Proof, derivation

p, v, y = symbols("p v y", nonnegative=True)
c, r = symbols("c r", positive=True)
#: log r + r^p (1 − r), less its sign.
gap = v - exp(-p * v) * (1 - exp(-v))


def _add_equation9(proof: Proof, optimum: Any) -> Any:
    add_flow(proof, optimum)
    moved = flow(loss.subs(target, optimum)).descent_map(rate)[w]
    push = rate / N * sigma ** (1 - 2 / N) * (optimum - sigma)
    text = "w − η dℓ/dw = w (1 + (η/N) σ^(1−2/N) (σ* − σ)) with σ = wᴺ; to the power N it is eq. 9"
    proof.equal(text, moved, w * (1 + push.subs(sigma, w**N)))
    return push


def add_step(proof: Proof) -> None:
    """Add the steps from the loss to eq. 9, and to its form in r = σ/σ* and c = η σ*^(2−2/N).

    Examples
    --------
    >>> proof = Proof()
    >>> add_step(proof)
    >>> all(step.holds for step in proof.steps)
    True
    """
    push = _add_equation9(proof, target)
    proof.equal(
        "in r = σ/σ* and c = η σ*^(2−2/N) the bracket is 1 + (c/N) r^(1−2/N) (1 − r)",
        push.subs({sigma: r * target, rate: c * target ** (2 / N - 2)}),
        c / N * r ** (1 - 2 / N) * (1 - r),
    )


def _add_exponential(proof: Proof) -> None:
    less = symbols("k", nonnegative=True)
    proof.rises("N log(1 + y/N) ≤ y for y ≥ 0: (1 + y/N)ᴺ ≤ e^y", y, N * log(1 + y / N), y)
    proof.at_least("for c = 1/(1 + k) ≤ 1, c y ≤ y", y, y / (1 + less))


def _add_monotone(proof: Proof) -> None:
    proof.equal(
        "with r = e^(−v), the slope of −log(r e^(r^p (1−r))) in v is (1 − e^(−(p+1)v)) + p e^(−pv) (1 − e^(−v))",
        gap.diff(v),
        (1 - exp(-(p + 1) * v)) + p * exp(-p * v) * (1 - exp(-v)),
    )
    proof.rises("1 − e^(−(p+1)v) ≥ 0", 1 - exp(-(p + 1) * v), 0, v)
    proof.rises("1 − e^(−v) ≥ 0, and both terms are ≥ 0: r e^(r^p (1−r)) increases with r", 1 - exp(-v), 0, v)
    proof.equal("and at r = 1 its logarithm is 0", gap.subs(v, 0), 0)


@derivation("every real N > 0, w > 0, σ* ≥ 0 and η > 0")
def equation9(proof: Proof) -> None:
    """Take a step of descent from w."""
    _add_equation9(proof, any_target)


@derivation("every real N ≥ 2, 0 < c ≤ 1 and 0 < r ≤ 1; at r = 0 both sides are 0")
def exponential(proof: Proof) -> None:
    """Bound the power by the exponential function."""
    add_step(proof)
    _add_exponential(proof)


@derivation("every real N ≥ 2 and 0 < r ≤ 1; at r = 0 the function is 0")
def monotone(proof: Proof) -> None:
    """Show that the exponential rises to 1."""
    _add_monotone(proof)


@derivation("every real N ≥ 2, 0 < σ0 < σ* and 0 < η ≤ (1/σ*)^(2−2/N)")
def lemma1(proof: Proof) -> None:
    """Put both together: r (1 + (c/N) r^p (1−r))^N ≤ r e^(r^p (1−r)) ≤ 1, so that no step leads beyond 1."""
    add_step(proof)
    deeper = symbols("n", nonnegative=True)
    proof.at_least("for N = 2 + n, p = 1 − 2/N ≥ 0", (1 - 2 / N).subs(N, 2 + deeper))
    _add_exponential(proof)
    _add_monotone(proof)
    proof.equal("at r = 1 itself a step adds nothing", (r * (1 + c / N * (1 - r)) ** N).subs(r, 1), 1)


@derivation("every real N > 0, σ* > 0 and 0 < σ0 < σ*")
def values_grow(proof: Proof) -> None:
    """Look at the sign of eq. 4; σ* is at rest, and solutions do not meet."""
    away = symbols("a", positive=True)
    speed = add_flow(proof)
    proof.at_least("at σ = σ*/(1 + a) < σ*, σ̇ > 0", speed.subs(sigma, target / (1 + away)), strictly=True)
    proof.equal("σ* itself is at rest", eq4.subs(sigma, target), 0)
