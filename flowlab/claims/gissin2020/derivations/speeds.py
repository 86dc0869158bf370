"""Section 2.2 from eq. 4: one rate and least norm at depth 1, and when the larger optimum is reached sooner.

ρ = σ/σ*, x0 = σ0/σ_j*, α a level of ρ; a = 2 − 2/N = 1 + p, r = 1 + g.
"""

from typing import Any

from flowlab.claims.gissin2020.derivations.conditions import add_integral, g, k, lower, p
from flowlab.claims.gissin2020.derivations.theorem1 import add_depth1, solution1
from flowlab.claims.gissin2020.derivations.toy import N, add_flow, init, power, sigma, t, target
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import Rational, exp, log, sqrt
from flowlab.symbolic.proving.steps import Proof, derivation
from flowlab.symbolic.proving.words import direction, matrix

r = 1 + g
v, order = symbols("v p", nonnegative=True)
rho, start, level = symbols("ρ x0 α", positive=True)


@derivation("every σ*, σ0 > 0 and t")
def one_rate(proof: Proof) -> None:
    """Divide what is left by what was."""
    add_depth1(proof)
    proof.equal("σ* − σ(t) = (σ* − σ0) e^(−t)", target - solution1, (target - init) * exp(-t))


@derivation("every d and m, every X = Q s V with orthogonal Q, V and diagonal s, padded with rows of 0")
def least_norm(proof: Proof) -> None:
    """Write the flow in the basis V, where each coordinate moves by itself."""
    rows, goal, values, along = (matrix(name) for name in ("X", "y", "σ", "V'"))
    left, right, scale = matrix("Q", "orthogonal"), matrix("V", "orthogonal"), matrix("s", "diagonal")
    step, examples = symbols("ε", real=True), symbols("m", positive=True)
    velocity = rows.T * (goal - rows * values) / examples
    proof.equal(
        "in every direction V', dℓ = −tr(σ̇ᵀ V') with σ̇ = Xᵀ (y − Xσ)/m for ℓ = ‖Xσ − y‖²/(2m)",
        direction((rows * (values + along * step) - goal).square() / (2 * examples), step),
        -(velocity.T * along).trace(),
    )
    proof.equal(
        "V σ̇ = s (Qᵀy − s Vσ)/m: with z = Vσ and b = Qᵀy, ż_k = s_k (b_k − s_k z_k)/m",
        (right * velocity).substituted({"X": left * scale * right}),
        (scale * left.T * goal - scale * scale * right * values) / examples,
    )
    b, first, other = symbols("b z0 v", real=True)
    size = symbols("s", positive=True)
    curve = b / size + (first - b / size) * exp(-(size**2) * t / examples)
    proof.equal(
        "where s_k ≠ 0, z = b/s + (z0 − b/s) e^(−s² t/m) solves this",
        curve.diff(t),
        size * (b - size * curve) / examples,
    )
    proof.equal("from z0", curve.subs(t, 0), first)
    proof.equal("and tends to b/s, where s z = b", size * (b / size), b)
    z, zero = symbols("z s_0", real=True)
    proof.equal("where s_k = 0 it rests at z0", (zero * (b - zero * z)).subs(zero, 0), 0)
    proof.at_least("all solutions share the former, and differ from the start by v² more in the latter", other**2)


def add_faster(proof: Proof) -> None:
    """Add the steps from eq. 4 to the starts from which the larger optimum is reached sooner.

    Examples
    --------
    >>> proof = Proof()
    >>> add_faster(proof)
    >>> all(step.holds for step in proof.steps)
    True
    """
    speed = add_flow(proof)
    proof.equal(
        "ρ = σ/σ* moves by σ*^a ρ^a (1 − ρ): t_α = σ*^(−a) T(σ0/σ*, α), T(u, α) = ∫_u^α dρ/(ρ^a (1−ρ))",
        speed.subs(sigma, rho * target) / target,
        target**power * rho**power * (1 - rho),
    )
    proof.at_least(
        "1/(1 − ρ) rises: on T(x0/r, x0) it is at most, on T(x0, α) at least 1/(1 − x0), x0 = 1/(1 + k)",
        1 / (1 - 1 / (1 + k)),
        1 / (1 - 1 / (1 + k) / (1 + lower)),
    )
    add_integral(proof)
    short, far = start**-p * (r**p - 1), start**-p - level**-p
    proof.at_least("x0^(−p) − α^(−p) rises with α", far.diff(level))
    proof.equal(
        "(r^a − 1)(x0^(−p) − α^(−p)) = x0^(−p) (r^p − 1) where (α/x0)^p = (r − r^(−p))/(r − 1)",
        (r ** (1 + p) - 1) * start**-p * (1 - (r - 1) / (r - r**-p)),
        short,
    )
    proof.equal(
        "at N = 2, (r² ⋯ r^a = r) (r − 1) log(α/x0) = log r at α = x0 r^(1/(r−1))",
        (r - 1) * log(r ** (1 / (r - 1))),
        log(r),
    )
    proof.rises("with r = e^v, (1 + p)(r − 1) ≥ r − r^(−p)", (1 + order) * (exp(v) - 1), exp(v) - exp(-order * v), v)
    proof.rises("and log(1 + p) ≤ p: the bound on α/x0 is at most e", order, log(1 + order), order)


@derivation("every real N ≥ 2, r > 1 and 0 < x0 ≤ α/e < 1")
def larger_corrected(proof: Proof) -> None:
    """Compare the two times, σ_i's being r^(−a) (T(x0/r, x0) + T(x0, α))."""
    add_faster(proof)


@derivation("every real N > 0, r > 1 and 0 < x0 < 1, as α → x0", refutes=True)
def larger(proof: Proof) -> None:
    """Let the level be that from which σ_j starts."""
    speed = add_flow(proof)
    slower = symbols("σ_j*", positive=True)
    proof.at_least(
        "σ_i starts from x0/r < x0, at a speed of its ratio that is finite: it takes a time > 0",
        1 / (1 + k) - 1 / ((1 + k) * r),
        strictly=True,
    )
    moved = (speed / target).subs(target, r * slower).subs(sigma, slower / (1 + k))
    proof.at_least("ρ̇_i > 0 is finite", moved, strictly=True)
    proof.differ(
        "at α = x0 the time of σ_j is 0, and the way of ρ_i, x0 − x0/r, is not",
        start - start / r,
        0,
        {start: Rational(1, 2), g: 1},
    )


def _add_neighbours(
    proof: Proof, clock: Any, depth: int, pairs: tuple[tuple[int, int], ...], levels: Any, sign: int
) -> None:
    """Add the sign of t_s(σ_j) − t_f(σ_i) from σ0 = 1/1000, for a primitive of 1/(ρ^a (1−ρ)) and pairs of optima."""
    s, f = levels
    exponent = power.subs(N, depth)
    proof.equal(
        f"at N = {depth}, 1/(ρ^a (1−ρ)) has the primitive {clock}", clock.diff(rho), 1 / (rho**exponent * (1 - rho))
    )
    proof.at_least(
        "both times rise with their levels: s and f at their ends decide",
        (1 / (rho**exponent * (1 - rho))).subs(rho, 1 / (1 + k)),
    )
    for larger_goal, smaller_goal in pairs:
        wide, first = Rational(larger_goal, smaller_goal), Rational(1, 1000 * smaller_goal)
        slow = clock.subs(rho, s) - clock.subs(rho, first)
        fast = (clock.subs(rho, f) - clock.subs(rho, first / wide)) / wide**exponent
        told = "≥" if sign > 0 else "≤"
        text = f"σ* = {larger_goal} and {smaller_goal}: t_s(σ_j) {told} t_f(σ_i) at s = {s}, f = {f}"
        proof.at_least(text, sign * (slow - fast), strictly=True)


@derivation("N = 4, σ0 = 1/1000, every 1/20 ≤ s < 1/4 and 3/4 < f ≤ 19/20")
def phases(proof: Proof) -> None:
    """Take both times in closed form at s = 1/20 and f = 19/20."""
    add_flow(proof)
    root = sqrt(rho)
    clock = log((1 + root) / (1 - root)) - 2 / root
    _add_neighbours(proof, clock, 4, ((12, 6), (6, 4), (4, 3)), (Rational(1, 20), Rational(19, 20)), 1)


@derivation("N = 2, σ0 = 1/1000, σ* = 4 and 3, every s < 1/4 and f > 3/4")
def no_phases(proof: Proof) -> None:
    """Take both times in closed form at s = 1/4 and f = 3/4."""
    add_flow(proof)
    _add_neighbours(proof, log(rho / (1 - rho)), 2, ((4, 3),), (Rational(1, 4), Rational(3, 4)), -1)
