"""The toy model's symbols, and its flow as `GradientFlow` derives it from eq. 2: what other derivations start from."""

from functools import cache
from typing import Any

from flowlab.symbolic import GradientFlow, gaussian_expectation, symbols
from flowlab.symbolic.proving.steps import Proof

Expr = Any

N, w, sigma, target, init, t, rate = symbols("N w σ σ* σ0 t η", positive=True)
#: The same optimum where it may be 0.
any_target = symbols("σ*", nonnegative=True)
x = symbols("x", real=True)
power = 2 - 2 / N
#: Eq. 2 of one coordinate.
loss = (w**N - target) ** 2 / (2 * N**2)
eq4 = sigma**power * (target - sigma)


@cache
def flow(of: Expr) -> GradientFlow:
    """Return the gradient flow of a loss of w.

    Examples
    --------
    >>> flow(loss).rhs
    {w: w**(N - 1)*(-w**N + σ*)/N}
    """
    others = sorted(of.free_symbols - {w}, key=str)
    return GradientFlow.from_loss(of, w, constants=others)


def add_flow(proof: Proof, optimum: Expr = target) -> Expr:
    """Add the steps from eq. 2 to eq. 4, and return σ̇ as it was derived.

    Examples
    --------
    >>> proof = Proof()
    >>> add_flow(proof)
    σ**(2 - 2/N)*(-σ + σ*)
    """
    here = loss.subs(target, optimum)
    mean = gaussian_expectation((optimum * x - w**N * x) ** 2, x) / (2 * N**2)
    proof.equal("eq. 2 of one coordinate: E[(σ* x − wᴺ x)²]/(2N²) = (wᴺ − σ*)²/(2N²)", mean, here)
    moved, speed = flow(here).rhs[w], eq4.subs(target, optimum)
    proof.equal("ẇ = −dℓ/dw = w^(N−1) (σ* − wᴺ)/N", moved, w ** (N - 1) * (optimum - w**N) / N)
    chain = N * w ** (N - 1) * moved
    proof.equal("σ = wᴺ moves by N w^(N−1) ẇ = σ^(2−2/N) (σ* − σ), eq. 4", chain, speed.subs(sigma, w**N))
    found = flow(here).induced({sigma: w**N}).rhs[sigma]
    proof.equal("the same with w eliminated", found, speed)
    return found
