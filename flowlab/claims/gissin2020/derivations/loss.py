"""The loss of section 2: as an expectation, along the solutions, and in the limits of great depth and of σ* = 0."""

from typing import Any

from flowlab.claims.gissin2020.derivations.theorem1 import (
    add_deep,
    add_depth1,
    add_depth2,
    add_infinite,
    add_zero,
    solution1,
    solution2,
)
from flowlab.claims.gissin2020.derivations.toy import (
    N,
    add_flow,
    any_target,
    eq4,
    flow,
    init,
    loss,
    power,
    sigma,
    t,
    target,
    w,
)
from flowlab.symbolic import gaussian_expectation, symbols
from flowlab.symbolic.proving.functions import exp, sqrt
from flowlab.symbolic.proving.steps import Proof, derivation

y, z = symbols("y v", nonnegative=True)
#: Eq. 2 of one coordinate, in σ.
in_sigma = (sigma - target) ** 2 / (2 * N**2)


@derivation("every real N > 0 and every d: each term of the square has two coordinates of x, and two decide")
def equation2(proof: Proof) -> None:
    """Take the expectation over two coordinates."""
    x1, x2 = symbols("x1 x2", real=True)
    w1, w2, goal1, goal2 = symbols("w1 w2 σ1* σ2*", nonnegative=True)
    error = (goal1 * x1 + goal2 * x2 - w1**N * x1 - w2**N * x2) ** 2
    proof.equal(
        "E[(<σ*, x> − <wᴺ, x>)²] = (w₁ᴺ − σ₁*)² + (w₂ᴺ − σ₂*)²",
        gaussian_expectation(error, [x1, x2]),
        (w1**N - goal1) ** 2 + (w2**N - goal2) ** 2,
    )


@derivation("every real N > 0, σ* ≥ 0 and w > 0")
def plain(proof: Proof) -> None:
    """Compare the flows of both losses."""
    add_flow(proof, any_target)
    fast, slow = (flow((w**N - any_target) ** 2 / scale).rhs[w] for scale in (2, 2 * N**2))
    proof.equal("on ½ (wᴺ − σ*)², ẇ is N² times as large: w(t) becomes w(N² t)", fast, N**2 * slow)


@derivation("every real N > 0 and σ > 0")
def infinite(proof: Proof) -> None:
    """Divide by the larger of both powers of σ, and bound 1 − e^(−y)."""
    far = symbols("L", nonnegative=True)
    for name, larger, smaller in (("σ = e^L", 2, power), ("σ = e^(−L)", power, 2)):
        sign = 1 if larger == 2 else -1
        proof.equal(
            f"for {name}, L ≥ 0, and y = 2L/N the smaller of σ², σ^(2−2/N) is e^(−y) times the larger",
            exp(sign * far * smaller),
            exp(-2 * far / N) * exp(sign * far * larger),
        )
    proof.rises("1 − e^(−y) ≤ y for y ≥ 0", y, 1 - exp(-y), y)
    proof.rises("y e^(−y) ≤ 1 − e^(−y) for y ≥ 0", 1 - exp(-y), y * exp(-y), y)


@derivation("every real N > 0, σ* ≥ 0 and w > 0; the loss is a sum over coordinates")
def dissipation(proof: Proof) -> None:
    """Multiply the slope by the velocity."""
    speed = add_flow(proof, any_target)
    slope = loss.subs(target, any_target).diff(w)
    fall = in_sigma.subs(target, any_target).diff(sigma) * speed
    squared = sigma**power * (any_target - sigma) ** 2 / N**2
    proof.equal("(dℓ/dσ) σ̇ = −(1/N²) σ^(2−2/N) (σ* − σ)²", fall, -squared)
    proof.equal("which is −|∇ℓ|²", squared.subs(sigma, w**N), slope**2)
    proof.at_least("and never positive", squared)


@derivation("every σ* > 0, σ0 > 0 and t")
def depth1(proof: Proof) -> None:
    """Put Theorem 1 at N = 1 into eq. 2."""
    add_depth1(proof)
    along = in_sigma.subs(N, 1).subs(sigma, solution1)
    proof.equal("ℓ(t) = (σ0 − σ*)² e^(−2t)/2", along, (init - target) ** 2 * exp(-2 * t) / 2)


@derivation("every σ* > 0, σ0 > 0 and t ≥ 0")
def depth2(proof: Proof) -> None:
    """Put Theorem 1 at N = 2 into eq. 2."""
    add_depth2(proof)
    along = in_sigma.subs(N, 2).subs(sigma, solution2)
    below = init * (exp(target * t) - 1) + target
    proof.equal(
        "ℓ(t) = σ*² (σ0 − σ*)²/(8 (σ0 (e^(σ* t) − 1) + σ*)²)", along, (target * (init - target)) ** 2 / (8 * below**2)
    )


@derivation("every real N ≥ 1, 0 < σ0 < σ* and t ≥ 0")
def rate(proof: Proof) -> None:
    """Bound the slope of log ℓ between its first and its last value."""
    p = symbols("p", nonnegative=True)
    add_flow(proof)
    proof.equal("d log ℓ/dt = −2 σ^(2−2/N)", in_sigma.diff(sigma) * eq4 / in_sigma, -2 * sigma**power)
    proof.at_least("below σ*, at σ = σ*/(1 + v), σ grows", eq4.subs(sigma, target / (1 + z)))
    less, more = target * exp(-z), init * exp(z)
    proof.equal("with p = 2 − 2/N, σ = σ* e^(−v) has σ^p = σ*^p e^(−p v)", less**p, target**p * exp(-p * z))
    proof.rises("so that σ^p ≤ σ*^p for σ ≤ σ*, as 1 ≥ e^(−p v)", 1, exp(-p * z), z)
    proof.equal("σ = σ0 e^v has σ^p = σ0^p e^(p v)", more**p, init**p * exp(p * z))
    proof.rises("so that σ^p ≥ σ0^p for σ ≥ σ0, as e^(p v) ≥ 1; integrate in t", exp(p * z), 1, z)


@derivation("every real N > 1, σ0 > 0 and t ≥ 0")
def zero(proof: Proof) -> None:
    """Put the solution for σ* = 0 into eq. 2."""
    curve, n = add_zero(proof)
    depth, p = 1 + n, power.subs(N, 1 + n)
    along = in_sigma.subs({N: depth, target: 0}).subs(sigma, curve)
    proof.equal(
        "ℓ(t) = (σ0²/(2N²)) (1 + (2−2/N) σ0^(2−2/N) t)^(−N/(N−1))",
        along,
        init**2 / (2 * depth**2) * (1 + p * init**p * t) ** (-depth / (depth - 1)),
    )


@derivation("every σ* > 0, σ0 > 0 and t ≥ 0")
def zero_depth1(proof: Proof) -> None:
    """Subtract both solutions at N = 1."""
    add_depth1(proof)
    proof.equal("σ(t) − σ0 e^(−t) = σ* (1 − e^(−t))", solution1 - init * exp(-t), target * (1 - exp(-t)))
    proof.rises("1 − e^(−t) ≥ 0", 1 - exp(-y), 0, y)
    proof.at_least("1 − e^(−t) ≤ 1", 1, 1 - exp(-y))


@derivation("every σ* > 0, σ0 > 0 and t ≥ 0")
def zero_depth2(proof: Proof) -> None:
    """Compare denominators at N = 2, with y = σ* t."""
    add_depth2(proof)
    here = solution2.subs(t, y / target)
    below = exp(-y) + init * (1 - exp(-y)) / target
    proof.equal("with y = σ* t, σ(t) = σ0/(e^(−y) + σ0 (1 − e^(−y))/σ*)", here, init / below)
    proof.rises("e^(−y) ≤ 1", 1, exp(-y), y)
    proof.rises("1 − e^(−y) ≤ y", y, 1 - exp(-y), y)
    proof.equal(
        "hence 1 + σ0 t less the denominator, a sum of both with factors ≥ 0, is ≥ 0, and σ(t) ≥ z",
        1 + init * y / target - below,
        (1 - exp(-y)) + init / target * (y - (1 - exp(-y))),
    )
    above = 1 + init * (exp(y) - 1) / target
    proof.equal("σ(t) = e^y σ0/(1 + σ0 (e^y − 1)/σ*)", here, exp(y) * init / above)
    proof.rises("e^y − 1 ≥ y, so that the denominator is at least 1 + σ0 t", above, 1 + init * y / target, y)


def _add_clock(proof: Proof, normal: Any, speed: Any) -> None:
    """Add how t tells the loss (σ − σ*)²/(2 normal) where σ̇ is `speed`."""
    value = symbols("ℓ", positive=True)
    here = (sigma - target) ** 2 / (2 * normal)
    for sign, told in ((-1, "below σ*, σ = σ* − √(2 n ℓ)"), (1, "above σ*, σ = σ* + √(2 n ℓ)")):
        proof.equal(f"{told}, n = {normal}", here.subs(sigma, target + sign * sqrt(2 * normal * value)), value)
    proof.equal(
        "ℓ̇ = −2ℓ σ̇/(σ* − σ): ℓ falls along t, and t(σ(ℓ)) tells it",
        here.diff(sigma) * speed,
        -2 * here * speed / (target - sigma),
    )


@derivation("every real N > 2, σ* > 0 and σ > 0 other than σ*")
def deep(proof: Proof) -> None:
    """Solve eq. 2 for σ, and put it into Theorem 1."""
    add_deep(proof)
    _add_clock(proof, N**2, eq4)


@derivation("every σ* > 0 and σ > 0 other than σ*, in the limit N → ∞")
def infinite_depth(proof: Proof) -> None:
    """Solve the plain loss for σ, and put it into Theorem 1."""
    add_infinite(proof)
    _add_clock(proof, 1, eq4.subs(1 / N, 0))
