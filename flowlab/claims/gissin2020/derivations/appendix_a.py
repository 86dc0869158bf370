"""Appendix A: the condition from eq. 4, the steps that tighten or relax it, and what solving it for σ0 gives.

x = σ/σ_j*, a = 2 − 2/N, p = 1 − 2/N. Ranges are written with positive symbols: r = 1 + g, x = 1/(1 + k) < 1.
"""

from typing import Any

from flowlab.claims.gissin2020.derivations.toy import N, add_flow, power, sigma, target
from flowlab.symbolic import symbols
from flowlab.symbolic.functions import log
from flowlab.symbolic.proving import Proof, derivation

p, s, x0, f, g, k, gain, x = symbols("p s x0 f g k γ x", positive=True)
lower = symbols("l", nonnegative=True)
r = 1 + g
_BELOW = 1 / (1 + k)
_DEEP = "every real N > 2 (p = 1 − 2/N > 0)"


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
    proof.equal("r/(r − x) = 1/(1 − x/r); the integral from x0 to fr is split at s", r / (r - x), 1 / (1 - x / r))
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
    same(proof)
    left(proof)
    right(proof)


def same(proof: Proof) -> None:
    """Add 1/(1 − x/r) ≤ 1/(1 − x)."""
    proof.at_least("for x = 1/(1 + k) < 1 and r > 1, 1/(1 − x) ≥ 1/(1 − x/r)", 1 / (1 - _BELOW), 1 / (1 - _BELOW / r))


def left(proof: Proof) -> None:
    """Add 1/(1 − y) ≤ 1/(1 − f) for y ≤ f."""
    level, below = _BELOW, _BELOW / (1 + lower)
    proof.at_least("for y = x/r ≤ f < 1, 1/(1 − f) ≥ 1/(1 − y)", 1 / (1 - level), 1 / (1 - below))


def right(proof: Proof) -> None:
    """Add 1/(1 − x) ≥ 1."""
    proof.at_least("for 0 < x < 1, 1/(1 − x) ≥ 1", 1 / (1 - _BELOW), 1)


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
        "for s ≤ x < r, 1/(1 − x/r) ≥ 1/(1 − s/r): with y = x/r < 1", 1 / (1 - _BELOW), 1 / (1 - _BELOW / (1 + lower))
    )
    rest = r / (1 - x) - r / (r - x)
    proof.equal("r/(1 − x) − r/(r − x) = r (r − 1)/((1 − x)(r − x))", rest, r * (r - 1) / ((1 - x) * (r - x)))
    proof.at_least("which rises with x ≤ s < 1", rest.subs(x, _BELOW), rest.subs(x, _BELOW / (1 + lower)))
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
    """Add the solution of the sufficient condition at N = 2, where γ = 1 − f."""
    first = log((1 - gain) * r / s) / gain
    bound = s * (s / (f * r)) ** (1 / (gain * (r - 1)))
    add_solved(proof, r - 1, bound, first.subs(1 - gain, f), deep=False)


def add_sufficient_deep(proof: Proof) -> None:
    """Add the solution of the sufficient condition at N > 2, where γ = 1 − f."""
    proof.at_least(
        "the term −(fr)^(−p) on the left is below 0: without it the condition is stricter", (f * r) ** -p, strictly=True
    )
    bound = s * (gain * (r - 1) / (1 + gain * (r - 1))) ** (1 / p)
    add_solved(proof, r - 1, bound, s**-p / gain, deep=True)


def add_necessary_depth2(proof: Proof) -> None:
    """Add the solution of the necessary condition at N = 2, where γ = 1 − s."""
    add_solved(proof, (r - 1) / gain, s * (s / (f * r)) ** (gain / (r - 1)), log(f * r / s), deep=False)


def add_necessary_deep(proof: Proof) -> None:
    """Add the solution of the necessary condition at N > 2, where γ = 1 − s and (s/(fr))^p = 1/(1 + k)."""
    bound = s * (1 + gain / (r - 1) * (1 - _BELOW)) ** (-1 / p)
    add_solved(proof, (r - 1) / gain, bound, s**-p - s**-p * _BELOW, deep=True)


@derivation("every real N > 0, r > 1 and 0 < x0 < s < fr")
def split(proof: Proof) -> None:
    """Write both hitting times as integrals in x."""
    add_split(proof)


@derivation("every real N > 0, r > 1, 0 < s < 1, 0 < f < 1 and σ0 < s σ_j*")
def times(proof: Proof) -> None:
    """Show that values grow, so that they pass a level once, and that t_s(σ_j) − t_f(σ_i) falls as σ0 grows."""
    below = target * _BELOW
    speed = add_split(proof)
    proof.at_least("below σ*, σ̇ > 0: σ(t) ≥ α σ* exactly from t_α on", speed.subs(sigma, below), strictly=True)
    proof.equal("and σ* itself is at rest, so that no solution passes it", speed.subs(sigma, target), 0)
    faster, slower = (1 / (_BELOW**power * (optimum - _BELOW)) for optimum in (r, 1))
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
    same(proof)


@derivation("every 0 < x/r ≤ f < 1")
def sufficient_left(proof: Proof) -> None:
    """Compare with the upper end."""
    left(proof)


@derivation("every 0 < x < 1")
def sufficient_right(proof: Proof) -> None:
    """Compare with the lower end."""
    right(proof)


@derivation(f"{_DEEP}, r > 1 and f > 0")
def sufficient_drop(proof: Proof) -> None:
    """Look at the sign of the term."""
    proof.at_least("(fr)^(−p) > 0 is subtracted on the left", (f * r) ** -p, strictly=True)


@derivation("every r > 1, s > 0 and s ≤ x < r")
def necessary_left(proof: Proof) -> None:
    """Compare with the lower end; y = x/r."""
    proof.at_least("for s/r ≤ y < 1, 1/(1 − y) ≥ 1/(1 − s/r)", 1 / (1 - _BELOW), 1 / (1 - _BELOW / (1 + lower)))


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
