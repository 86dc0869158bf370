"""The toy model's symbols, and its flow as `GradientFlow` derives it from eq. 2: what other derivations start from."""

from functools import cache
from typing import Any

from flowlab.symbolic import GradientFlow, gaussian_expectation, symbols
from flowlab.symbolic.proving import Proof

Expr = Any

N, w, sigma, target, init, t, rate = symbols("N w σ σ* σ0 t η", positive=True)
x = symbols("x", real=True)
power = 2 - 2 / N
#: Eq. 2 of one coordinate.
loss = (w**N - target) ** 2 / (2 * N**2)
eq4 = sigma**power * (target - sigma)


@cache
def flow(of: Expr = loss) -> GradientFlow:
    """Return the gradient flow of a loss of w.

    Examples
    --------
    >>> flow().rhs
    {w: w**(N - 1)*(-w**N + σ*)/N}
    """
    others = sorted(of.free_symbols - {w}, key=str)
    return GradientFlow.from_loss(of, w, constants=others)


def add_flow(proof: Proof) -> Expr:
    """Add the steps from eq. 2 to eq. 4, and return σ̇ as it was derived.

    Examples
    --------
    >>> proof = Proof()
    >>> add_flow(proof)
    σ**(2 - 2/N)*(-σ + σ*)
    """
    mean = gaussian_expectation((target * x - w**N * x) ** 2, x) / (2 * N**2)
    proof.equal("eq. 2 of one coordinate: E[(σ* x − wᴺ x)²]/(2N²) = (wᴺ − σ*)²/(2N²)", mean, loss)
    moved = flow().rhs[w]
    proof.equal("ẇ = −dℓ/dw = w^(N−1) (σ* − wᴺ)/N", moved, w ** (N - 1) * (target - w**N) / N)
    proof.equal(
        "σ = wᴺ moves by N w^(N−1) ẇ = σ^(2−2/N) (σ* − σ), eq. 4", N * w ** (N - 1) * moved, eq4.subs(sigma, w**N)
    )
    found = flow().induced({sigma: w**N}).rhs[sigma]
    proof.equal("the same with w eliminated", found, eq4)
    return found
