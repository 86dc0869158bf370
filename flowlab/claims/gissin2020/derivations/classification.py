"""Section 4.3: the flow of the diagonal classifier, from its losses."""

from typing import Any

from flowlab.claims.gissin2020.derivations.toy import N, power, sigma, w
from flowlab.symbolic import GradientFlow, symbols
from flowlab.symbolic.proving.functions import exp, log
from flowlab.symbolic.proving.steps import Proof, derivation


def _add_flow(proof: Proof, of: Any, name: str, pull: Any, told: str) -> None:
    """Add the flow on one example of a loss of the margin, and of σ; c is what the other weights make of it."""
    label, entry, rest = symbols("y x c", real=True)
    margin = label * (rest + w**N * entry)
    speed = GradientFlow.from_loss(of(margin), w, constants=[label, entry, rest, N]).rhs[w]
    proof.equal(
        f"on {name}, f = c + wᴺ x, ẇ = N w^(N−1) y x {told}", speed, N * w ** (N - 1) * label * entry * pull(margin)
    )
    wanted = N**2 * sigma**power * label * entry * pull(label * (rest + sigma * entry))
    moved = N * w ** (N - 1) * speed
    proof.equal(f"σ = wᴺ moves by N w^(N−1) ẇ = N² σ^(2−2/N) y x {told}", moved, wanted.subs(sigma, w**N))


_EVERY = "every real N > 0, d and m: the loss is a mean of terms, in which w_i stands once"


@derivation(_EVERY)
def flow(proof: Proof) -> None:
    """Derive the flow of one weight on one example."""
    _add_flow(proof, lambda margin: exp(-margin), "e^(−y f)", lambda margin: exp(-margin), "e^(−y f)")


@derivation(_EVERY)
def logistic_flow(proof: Proof) -> None:
    """Derive the flow of one weight on one example."""
    _add_flow(
        proof,
        lambda margin: log(1 + exp(-margin)),
        "log(1 + e^(−y f))",
        lambda margin: 1 / (1 + exp(margin)),
        "/(1 + e^(y f))",
    )


@derivation("every margin m > 0")
def logistic(proof: Proof) -> None:
    """Write 1/(1 + e^m) beside e^(−m) = 1/(1 + a) < 1."""
    a = symbols("a", positive=True)
    small = 1 / (1 + a)
    less = small / (1 + small)
    proof.equal("1/(1 + e^m) = e^(−m) (1 − δ), δ = e^(−m)/(1 + e^(−m))", 1 / (1 + 1 / small), small * (1 - less))
    proof.at_least("δ < e^(−m)", small, less, strictly=True)
    proof.at_least("δ > e^(−m)/2", less, small / 2, strictly=True)


@derivation("every m, μ > 0 and λ > 1")
def separated(proof: Proof) -> None:
    """Bound the loss term by term: of an example at the margin μ + a, with λ = 1 + k."""
    least, beyond, grown = symbols("μ a k", nonnegative=True)
    after = exp(-(1 + grown) * (least + beyond))
    proof.equal(
        "e^(−λ (μ + a)) = e^(−(λ−1) μ) e^(−(μ + a)) e^(−(λ−1) a)",
        after,
        exp(-grown * least) * exp(-least - beyond) * exp(-grown * beyond),
    )
    proof.rises("and e^(−(λ−1) a) ≤ 1", 1, exp(-grown * beyond), beyond)
