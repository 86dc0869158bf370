"""Theorem 1 and eq. 4, from the loss of eq. 2.

A solution of σ̇ = g(σ) from σ0 > 0 is the only one, as g is smooth there: so it is enough that a formula has the right
slope and the right start.
"""

from typing import Any

from flowlab.claims.gissin2020.derivations.toy import N, add_flow, any_target, init, power, sigma, t, target
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import exp, limit, log, oo
from flowlab.symbolic.proving.steps import Proof, derivation


@derivation("every real N > 0, σ* ≥ 0 and w > 0")
def equation4(proof: Proof) -> None:
    """Derive eq. 4 by the chain rule."""
    add_flow(proof, any_target)


solution1 = target + (init - target) * exp(-t)
solution2 = init * target * exp(target * t) / (init * (exp(target * t) - 1) + target)


def add_depth1(proof: Proof) -> None:
    """Add the steps from eq. 2 to the printed solution at N = 1.

    Examples
    --------
    >>> proof = Proof()
    >>> add_depth1(proof)
    >>> proof.steps[-1].text
    'and σ(0) = σ0'
    """
    speed = add_flow(proof).subs(N, 1)
    proof.equal("at N = 1, σ̇ = σ* − σ", speed, target - sigma)
    proof.equal("σ(t) = σ* + (σ0 − σ*) e^(−t) has this slope", solution1.diff(t), speed.subs(sigma, solution1))
    proof.equal("and σ(0) = σ0", solution1.subs(t, 0), init)


def add_depth2(proof: Proof) -> None:
    """Add the steps from eq. 2 to the printed solution at N = 2.

    Examples
    --------
    >>> proof = Proof()
    >>> add_depth2(proof)
    >>> proof.steps[-1].text
    'and σ(0) = σ0'
    """
    speed = add_flow(proof).subs(N, 2)
    proof.equal("at N = 2, σ̇ = σ (σ* − σ)", speed, sigma * (target - sigma))
    text = "σ(t) = σ0 σ* e^(σ* t)/(σ0 (e^(σ* t) − 1) + σ*) has this slope"
    proof.equal(text, solution2.diff(t), speed.subs(sigma, solution2))
    proof.equal("and σ(0) = σ0", solution2.subs(t, 0), init)


def add_zero(proof: Proof) -> tuple[Any, Any]:
    """Add the steps from eq. 2 to the solution for σ* = 0 at N = 1 + n, and return it with n.

    Examples
    --------
    >>> proof = Proof()
    >>> curve, n = add_zero(proof)
    >>> curve.subs(t, 0)
    σ0
    """
    n = symbols("n", positive=True)
    speed = add_flow(proof, any_target).subs(any_target, 0)
    proof.equal("for σ* = 0, σ̇ = −σ^(3−2/N)", speed, -(sigma ** (1 + power)))
    p, depth = power.subs(N, 1 + n), 1 + n
    curve = init * (1 + p * init**p * t) ** (-depth / (2 * depth - 2))
    text = "σ(t) = σ0 (1 + (2−2/N) σ0^(2−2/N) t)^(−N/(2N−2)) has this slope"
    proof.equal(text, curve.diff(t), -(curve ** (1 + p)))
    proof.equal("and σ(0) = σ0", curve.subs(t, 0), init)
    return curve, n


@derivation("every σ* > 0, σ0 > 0 and t")
def depth1(proof: Proof) -> None:
    """Put the printed solution at N = 1 into eq. 4."""
    add_depth1(proof)


@derivation("every σ* > 0, σ0 > 0 and t ≥ 0")
def depth2(proof: Proof) -> None:
    """Put the printed solution at N = 2 into eq. 4."""
    add_depth2(proof)


def add_deep(proof: Proof) -> None:
    """Add the steps from eq. 2 to the hitting time at N > 2.

    Examples
    --------
    >>> proof = Proof()
    >>> add_deep(proof)
    >>> proof.steps[-1].text
    'and that of u^(2−N)/(2−N) is u^(1−N)'
    """
    k, u = symbols("k u", positive=True)
    f = symbols("F")  # ₂F₁(1, b; 1+b; z) at z = u^N, any branch
    speed = add_flow(proof)
    b, z = 2 / N, u**N
    pace = (speed / N / (target * u ** (N - 1))).subs(sigma, target * u**N)  # du/dt
    proof.equal(
        "for σ = σ* u^N, dt = N σ*^(2/N−2) (u^(1−N) + u/(1 − u^N)) du",
        1 / pace,
        N * target ** (-power) * (u ** (1 - N) + u / (1 - z)),
    )
    term = b / (b + k)
    proof.equal(
        "the quotient of neighbouring coefficients of ₂F₁(1, b; 1+b; z), (k + b)/(k + 1 + b), is that of c_k = b/(b+k)",
        term.subs(k, k + 1) / term,
        (k + b) / (k + 1 + b),
    )
    proof.equal("and c_0 = 1", term.subs(k, 0), 1)
    proof.equal(
        "k c_k = b − b c_k: so z F' = b/(1 − z) − b F, on the disc and wherever F is continued to",
        k * term,
        b - b * term,
    )
    slope = (b / (1 - z) - b * f) / z
    proof.equal(
        "hence the slope of (u²/2) F(u^N) in u, u F + (u²/2) N u^(N−1) F', is u/(1 − u^N)",
        u * f + u**2 / 2 * N * u ** (N - 1) * slope,
        u / (1 - z),
    )
    proof.equal("and that of u^(2−N)/(2−N) is u^(1−N)", (u ** (2 - N) / (2 - N)).diff(u), u ** (1 - N))


@derivation("every real N > 2, σ* > 0 and u = (σ/σ*)^(1/N) > 0 other than 1")
def deep(proof: Proof) -> None:
    """Substitute u in eq. 4, and integrate; ₂F₁ enters by the differential equation that its series solves."""
    add_deep(proof)


def add_infinite(proof: Proof) -> None:
    """Add the steps from eq. 2 to the printed time as N → ∞.

    Examples
    --------
    >>> proof = Proof()
    >>> add_infinite(proof)
    >>> proof.steps[-1].text
    'and the rest is 0'
    """
    speed = add_flow(proof)
    proof.equal("as N → ∞ the exponent 2 − 2/N tends to 2", limit(power, N, oo), 2)
    speed = speed.subs(1 / N, 0)
    proof.equal("so that σ̇ = σ² (σ* − σ)", speed, sigma**2 * (target - sigma))
    odds = sigma * (init - target) / (init * (sigma - target))
    time = log(odds) / target**2 - (1 / sigma - 1 / init) / target
    proof.equal("the printed time has the slope 1/σ̇ in σ", time.diff(sigma), 1 / speed)
    proof.equal("at σ = σ0 the argument of its logarithm is 1", odds.subs(sigma, init), 1)
    proof.equal("and the rest is 0", (1 / sigma - 1 / init).subs(sigma, init), 0)


@derivation("every σ* > 0, σ0 > 0 and σ between σ0 and σ*, in the limit N → ∞")
def infinite(proof: Proof) -> None:
    """Take eq. 4 to its limit, and differentiate the printed time."""
    add_infinite(proof)


@derivation("every real N > 1, and N = 1, every σ0 > 0 and t ≥ 0")
def zero(proof: Proof) -> None:
    """Put the solution for σ* = 0 into eq. 4."""
    add_zero(proof)
    shallow = init * exp(-t)
    proof.equal("at N = 1, σ0 e^(−t) has the slope −σ", shallow.diff(t), -shallow)
    proof.equal("which is −σ^(3−2/N) there", sigma ** (1 + power.subs(N, 1)), sigma)
    proof.equal("and starts from σ0", shallow.subs(t, 0), init)
