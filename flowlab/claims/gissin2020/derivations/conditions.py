"""The steps of appendix A and Theorem 2: the condition from eq. 4, what tightens or relaxes it, its solution for σ0.

x = σ/σ_j*, a = 2 − 2/N, p = 1 − 2/N. Ranges are written with positive symbols: r = 1 + g, x = 1/(1 + k) < 1.
"""

from typing import Any

from flowlab.claims.gissin2020.derivations.toy import N, add_flow, power, sigma, target
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import log
from flowlab.symbolic.proving.steps import Proof

p, s, x0, f, g, k, gain, x = symbols("p s x0 f g k γ x", positive=True)
lower = symbols("l", nonnegative=True)
r = 1 + g
BELOW_ONE = 1 / (1 + k)


def add_split(proof: Proof) -> Any:
    """Add the steps from eq. 4 to the integrals of eq. 8, and return σ̇.

    Examples
    --------
    >>> proof = Proof()
    >>> add_split(proof)
    σ**(2 - 2/N)*(-σ + σ*)
    >>> all(step.holds for step in proof.steps)
    True
    """
    slower = symbols("σ_j*", positive=True)
    speed = add_flow(proof)
    for name, optimum, integrand in (
        ("σ_i, of optimum r σ_j*", r * slower, r / (x**power * (r - x))),
        ("σ_j", slower, r / (x**power * (1 - x))),
    ):
        pace = speed.subs(target, optimum).subs(sigma, x * slower) / slower  # dx/dt
        proof.equal(f"of {name}, r σ_j*^(2−2/N) dt = r dx/(x^a (σ*/σ_j* − x))", r * slower**power / pace, integrand)
    proof.equal("r/(r − x) = 1/(1 − x/r); the integral from x0 to f r is split at s", r / (r - x), 1 / (1 - x / r))
    return speed


def add_sufficient_bounds(proof: Proof) -> None:
    """Add what tightens the condition: three integrands at the ends of their intervals.

    Examples
    --------
    >>> proof = Proof()
    >>> add_sufficient_bounds(proof)
    >>> len(proof.steps)
    3
    """
    add_same(proof)
    add_left(proof)
    add_right(proof)


def add_same(proof: Proof) -> None:
    """Add 1/(1 − x/r) ≤ 1/(1 − x).

    Examples
    --------
    >>> proof = Proof()
    >>> add_same(proof)
    >>> proof.steps[0].holds
    True
    """
    proof.at_least(
        "for x = 1/(1 + k) < 1 and r > 1, 1/(1 − x) ≥ 1/(1 − x/r)", 1 / (1 - BELOW_ONE), 1 / (1 - BELOW_ONE / r)
    )


def add_left(proof: Proof) -> None:
    """Add 1/(1 − y) ≤ 1/(1 − f) for y ≤ f.

    Examples
    --------
    >>> proof = Proof()
    >>> add_left(proof)
    >>> proof.steps[0].holds
    True
    """
    level, below = BELOW_ONE, BELOW_ONE / (1 + lower)
    proof.at_least("for y = x/r ≤ f < 1, 1/(1 − f) ≥ 1/(1 − y)", 1 / (1 - level), 1 / (1 - below))


def add_right(proof: Proof) -> None:
    """Add 1/(1 − x) ≥ 1.

    Examples
    --------
    >>> proof = Proof()
    >>> add_right(proof)
    >>> proof.steps[0].holds
    True
    """
    proof.at_least("for 0 < x < 1, 1/(1 − x) ≥ 1", 1 / (1 - BELOW_ONE), 1)


def add_necessary_bounds(proof: Proof) -> None:
    """Add what relaxes the condition: both sides' integrands at x = s.

    Examples
    --------
    >>> proof = Proof()
    >>> add_necessary_bounds(proof)
    >>> all(step.holds for step in proof.steps)
    True
    """
    proof.at_least(
        "for s ≤ x < r, 1/(1 − x/r) ≥ 1/(1 − s/r): with y = x/r < 1",
        1 / (1 - BELOW_ONE),
        1 / (1 - BELOW_ONE / (1 + lower)),
    )
    rest = r / (1 - x) - r / (r - x)
    proof.equal("r/(1 − x) − r/(r − x) = r (r − 1)/((1 − x)(r − x))", rest, r * (r - 1) / ((1 - x) * (r - x)))
    proof.at_least("which rises with x ≤ s < 1", rest.subs(x, BELOW_ONE), rest.subs(x, BELOW_ONE / (1 + lower)))
    add_rearranged(proof)


def add_rearranged(proof: Proof) -> None:
    """Add the quotient of the two factors.

    Examples
    --------
    >>> proof = Proof()
    >>> add_rearranged(proof)
    >>> proof.steps[0].holds
    True
    """
    proof.equal(
        "(r/(1−s) − r/(r−s))/(r/(r−s)) = (r − 1)/(1 − s)",
        (r / (1 - s) - r / (r - s)) / (r / (r - s)),
        (r - 1) / (1 - s),
    )


def add_integral(proof: Proof) -> None:
    """Add the integrals of σ^(−a).

    Examples
    --------
    >>> proof = Proof()
    >>> add_integral(proof)
    >>> len(proof.steps)
    3
    """
    proof.equal("d(−σ^(−p)/p)/dσ = σ^(−1−p)", (-(sigma**-p) / p).diff(sigma), sigma ** (-1 - p))
    proof.equal("with p = 1 − 2/N that is σ^(−(2−2/N)), and 1/p = N/(N − 2)", 1 + (1 - 2 / N), power)
    proof.equal("d log σ/dσ = 1/σ, for N = 2", log(sigma).diff(sigma), 1 / sigma)


def add_solved(proof: Proof, factor: Any, bound: Any, first: Any, *, deep: bool) -> None:
    """Add that «first ≤ factor × (what falls as x0 grows)» is an equality at the bound.

    Examples
    --------
    >>> proof = Proof()
    >>> add_solved(proof, gain, s * (1 + 1 / gain) ** (-1 / p), s**-p, deep=True)
    >>> [step.holds for step in proof.steps]
    [True, True]
    """
    side = x0**-p - s**-p if deep else log(s / x0)
    name = "x0^(−p) − s^(−p)" if deep else "log(s/x0)"
    proof.at_least(f"{name} falls as x0 grows", -side.diff(x0))
    proof.equal("and both sides of the condition are equal at the bound", first, factor * side.subs(x0, bound))


def add_sufficient_depth2(proof: Proof) -> None:
    """Add the solution of the sufficient condition at N = 2, where γ = 1 − f.

    Examples
    --------
    >>> proof = Proof()
    >>> add_sufficient_depth2(proof)
    >>> all(step.holds for step in proof.steps)
    True
    """
    first = log((1 - gain) * r / s) / gain
    bound = s * (s / (f * r)) ** (1 / (gain * (r - 1)))
    add_solved(proof, r - 1, bound, first.subs(1 - gain, f), deep=False)


def add_sufficient_deep(proof: Proof) -> None:
    """Add the solution of the sufficient condition at N > 2, where γ = 1 − f.

    Examples
    --------
    >>> proof = Proof()
    >>> add_sufficient_deep(proof)
    >>> all(step.holds for step in proof.steps)
    True
    """
    proof.at_least(
        "the term −(fr)^(−p) on the left is below 0: without it the condition is stricter", (f * r) ** -p, strictly=True
    )
    bound = s * (gain * (r - 1) / (1 + gain * (r - 1))) ** (1 / p)
    add_solved(proof, r - 1, bound, s**-p / gain, deep=True)


def add_necessary_depth2(proof: Proof) -> None:
    """Add the solution of the necessary condition at N = 2, where γ = 1 − s.

    Examples
    --------
    >>> proof = Proof()
    >>> add_necessary_depth2(proof)
    >>> all(step.holds for step in proof.steps)
    True
    """
    add_solved(proof, (r - 1) / gain, s * (s / (f * r)) ** (gain / (r - 1)), log(f * r / s), deep=False)


def add_necessary_deep(proof: Proof) -> None:
    """Add the solution of the necessary condition at N > 2, where γ = 1 − s and (s/(fr))^p = 1/(1 + k).

    Examples
    --------
    >>> proof = Proof()
    >>> add_necessary_deep(proof)
    >>> all(step.holds for step in proof.steps)
    True
    """
    bound = s * (1 + gain / (r - 1) * (1 - BELOW_ONE)) ** (-1 / p)
    add_solved(proof, (r - 1) / gain, bound, s**-p - s**-p * BELOW_ONE, deep=True)
