"""Section 4.3: the flow of the diagonal classifier, from its loss."""

from flowlab.claims.gissin2020.derivations.toy import N, power, sigma, w
from flowlab.symbolic import GradientFlow, symbols
from flowlab.symbolic.proving.functions import exp
from flowlab.symbolic.proving.steps import Proof, derivation


@derivation("every real N > 0, d and m: the loss is a mean of terms, in which w_i stands once")
def flow(proof: Proof) -> None:
    """Derive the flow of one weight on one example; c is what the other weights make of it."""
    label, entry, rest = symbols("y x c", real=True)
    loss = exp(-label * (rest + w**N * entry))
    speed = GradientFlow.from_loss(loss, w, constants=[label, entry, rest, N]).rhs[w]
    proof.equal("on e^(−y f), f = c + wᴺ x, ẇ = N w^(N−1) y x e^(−y f)", speed, N * w ** (N - 1) * label * entry * loss)
    wanted = N**2 * sigma**power * label * entry * exp(-label * (rest + sigma * entry))
    moved = N * w ** (N - 1) * speed
    proof.equal("σ = wᴺ moves by N w^(N−1) ẇ = N² σ^(2−2/N) y x e^(−y f)", moved, wanted.subs(sigma, w**N))
