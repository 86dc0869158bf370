"""Appendix B, depth 2: the chain from eq. 9, and the algebra of its conditions.

q = cR is the learning rate times the value's own optimum, r = σ/σ* = 1/(1 + a) < 1.
"""

from typing import Any

from flowlab.claims.gissin2020.derivations.descent import add_step
from flowlab.claims.gissin2020.derivations.toy import N
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import Rational, exp, log, sqrt
from flowlab.symbolic.proving.steps import Proof, derivation

q, a, g, s, odds, b = symbols("q a g s S b", positive=True)
x, v, m = symbols("x v m", nonnegative=True)
level = 1 / (1 + a)
ratio = 1 + g


def _add_chain(proof: Proof) -> tuple[Any, Any]:
    """Add the step at depth 2, and return 1/r(t+1) − 1 and 1/r(t) − 1."""
    add_step(proof)
    r = symbols("r", positive=True)
    general = r * (1 + q / N * r ** (1 - 2 / N) * (1 - r)) ** N
    moved = r * (1 + q / 2 * (1 - r)) ** 2
    proof.equal("at N = 2, r(t+1) = r (1 + (q/2)(1 − r))²", general.subs(N, 2), moved)
    return (1 / moved - 1).subs(r, level), 1 / level - 1


@derivation("every q and r")
def square(proof: Proof) -> None:
    """Multiply out."""
    c, r = symbols("q r", real=True)
    proof.equal(
        "(1 + q/2 (1 − r))² = 1 + (1 − r)(q + q²/4 (1 − r))",
        (1 + c / 2 * (1 - r)) ** 2,
        1 + (1 - r) * (c + c**2 / 4 * (1 - r)),
    )


@derivation("every 0 < q < 2(√2 − 1)")
def positive(proof: Proof) -> None:
    """Factor; q = 2(√2 − 1) − 2b."""
    value = 1 - q - q**2 / 4
    proof.equal(
        "1 − q − q²/4 = 2 − (1 + q/2)² = (√2 − 1 − q/2)(√2 + 1 + q/2)",
        value,
        (sqrt(2) - 1 - q / 2) * (sqrt(2) + 1 + q / 2),
    )
    proof.equal(
        "the first factor is b where q = 2(√2 − 1) − 2b", (sqrt(2) - 1 - q / 2).subs(q, 2 * (sqrt(2) - 1) - 2 * b), b
    )
    proof.at_least("both are > 0", b * (sqrt(2) + 1 + q / 2), strictly=True)


@derivation("every x ≥ 0")
def reciprocal_lower(proof: Proof) -> None:
    """Put both over one denominator."""
    proof.equal("1/(1 + x) − (1 − x) = x²/(1 + x)", 1 / (1 + x) - (1 - x), x**2 / (1 + x))
    proof.at_least("which is ≥ 0", x**2 / (1 + x))


@derivation("every x ≥ 0")
def reciprocal_upper(proof: Proof) -> None:
    """Put both over one denominator."""
    proof.equal("1 − x + x² − 1/(1 + x) = x³/(1 + x)", 1 - x + x**2 - 1 / (1 + x), x**3 / (1 + x))
    proof.at_least("which is ≥ 0", x**3 / (1 + x))


@derivation("every q > 0 with a positive factor (claim appendix_b.positive), 0 < r < 1, by induction over t")
def lower(proof: Proof) -> None:
    """Bound one step from below."""
    _add_lower(proof)


@derivation("every q > 0, 0 < r < 1, by induction over t")
def upper(proof: Proof) -> None:
    """Bound one step from above."""
    _add_upper(proof)


def add_chains(proof: Proof) -> None:
    """Add the bounds on one step at depth 2 from both sides.

    Examples
    --------
    >>> proof = Proof()
    >>> add_chains(proof)
    >>> proof.steps[-1].text
    'which is > 0'
    """
    chain = _add_chain(proof)
    _add_lower(proof, chain)
    _add_upper(proof, chain)


def _add_lower(proof: Proof, chain: tuple[Any, Any] | None = None) -> None:
    after, before = chain or _add_chain(proof)
    proof.at_least("1/r(t+1) − 1 ≥ (1/r − 1)(1 − q − q²/4)", after, before * (1 - q - q**2 / 4))


def _add_upper(proof: Proof, chain: tuple[Any, Any] | None = None) -> None:
    after, before = chain or _add_chain(proof)
    proof.at_least("1/r(t+1) − 1 ≤ (1/r − 1)(1 − q + q²)", before * (1 - q + q**2), after)
    proof.equal("the factor is (1 − q/2)² + 3q²/4", 1 - q + q**2, (1 - q / 2) ** 2 + 3 * q**2 / 4)
    proof.at_least("which is > 0", (1 - q / 2) ** 2 + 3 * q**2 / 4, strictly=True)


def add_time(proof: Proof) -> Any:
    """Add when (1/r0 − 1) γ^t is (1 − α)/α, at r0 = 1/(1 + a) and α = 1/(1 + b); return that t for a factor γ.

    Examples
    --------
    >>> add_time(Proof())
    log(b/a)/log(γ)
    """
    factor = symbols("γ", positive=True)
    first, last = 1 / level - 1, (1 / level - 1).subs(a, b)
    when = log(last / first) / log(factor)
    text = "T = log((1−α)/α · σ0/(σ*−σ0))/log γ solves (σ*/σ0 − 1) γ^T = (1 − α)/α"
    proof.equal(text, log(first) + when * log(factor), log(last))
    return when


@derivation("every q > 0 with 1 − q − q²/4 > 0 (claim appendix_b.positive) and 0 < r0 < α < 1")
def hitting_lower(proof: Proof) -> None:
    """Solve the chain from below for t; once r(t) ≥ α, 1/r(t) − 1 ≤ (1 − α)/α."""
    _add_lower(proof)
    proof.at_least(
        "the factor γ = 1 − q − q²/4 is below 1, so that γ^t falls with t", 1, 1 - q - q**2 / 4, strictly=True
    )
    add_time(proof)


@derivation("every 0 < q < 1 and 0 < r0 < α < 1")
def hitting_upper(proof: Proof) -> None:
    """Solve the chain from above for t: from T on 1/r(t) − 1 ≤ (1 − α)/α, and less than 1 after T comes an integer."""
    _add_upper(proof)
    proof.at_least(
        "for q = 1/(1 + a) < 1, the factor γ = 1 − q + q² is below 1", 1, 1 - level + level**2, strictly=True
    )
    add_time(proof)


@derivation("every 0 < q < 1 and r0 < 1, with (1 − α)/α = √γ (1/r0 − 1), γ = 1 − q + q²", refutes=True)
def hitting_upper_printed(proof: Proof) -> None:
    """Choose a level above r0 that is to be reached in less than one iteration."""
    factor, gap = symbols("γ", positive=True), symbols("h", positive=True)
    when = add_time(proof)
    proof.equal("for b = √γ a the printed bound is 1/2", when.subs(b, sqrt(factor) * a), Rational(1, 2))
    below = 1 / (1 + gap)
    proof.at_least(
        "as √γ < 1, r0 = 1/(1 + a) < 1/(1 + √γ a) = α: no iteration has been made",
        1 / (1 + below * a),
        level,
        strictly=True,
    )


@derivation("every r > 1 and 0 < q < 1 with 1 − q − q²/4 > 0")
def necessary_exponent(proof: Proof) -> None:
    """Compare both logarithms with x: of x = cR_i above, of x = cR_j = cR_i/r below."""
    add_exponent(proof)


def add_exponent(proof: Proof) -> None:
    """Add that B exceeds r.

    Examples
    --------
    >>> proof = Proof()
    >>> add_exponent(proof)
    >>> proof.steps[-1].text
    'B > cR_i/cR_j = r'
    """
    proof.equal("1 − x − x²/4 is less than 1 − x by x²/4", (1 - x) - (1 - x - x**2 / 4), x**2 / 4)
    proof.rises("1 − x ≤ e^(−x): so −log(1 − x − x²/4) > x for x > 0", exp(-x), 1 - x, x)
    proof.rises("1 − x + x² ≥ e^(−x): so −log(1 − x + x²) ≤ x", 1 - x + x**2, exp(-x), x)
    proof.at_least("and for x = 1/(1 + a) < 1 it is > 0: 1 − x + x² < 1", 1, 1 - level + level**2, strictly=True)
    proof.equal("B > cR_i/cR_j = r", q / (q / ratio), ratio)


@derivation("c = 4/5, R_i = 1 and r = 2", refutes=True)
def sufficient_exponent(proof: Proof) -> None:
    """Compare the arguments of both logarithms, which are below 1."""
    c, quotient = Rational(4, 5), 2
    above, below = 1 - c + c**2, 1 - c / quotient - (c / quotient) ** 2 / 4
    proof.equal("1 − c + c² = 21/25", above, Rational(21, 25))
    proof.equal("1 − c/2 − c²/16 = 14/25", below, Rational(14, 25))
    proof.at_least("1 > 21/25", 1, above, strictly=True)
    proof.at_least(
        "21/25 > 14/25: −log of the first is the smaller, and A, their quotient, is below 1",
        above,
        below,
        strictly=True,
    )


@derivation("every r > 1 and 0 < σ0 ≤ σ_j*/2")
def half(proof: Proof) -> None:
    """Put σ0/σ_j* = 1/(2 (1 + x)) into both sides."""
    add_half(proof)


def add_half(proof: Proof) -> None:
    """Add what σ_j* ≥ 2σ0 makes of the sufficient condition.

    Examples
    --------
    >>> proof = Proof()
    >>> add_half(proof)
    >>> proof.steps[0].holds
    True
    """
    start = 1 / (2 * (1 + x))
    proof.at_least("(1 − y)/(r − y) ≥ 1/(2r) for y = σ0/σ_j*", (1 - start) / (ratio - start), 1 / (2 * ratio))


@derivation("every r > 1, 0 < σ0 < σ_j* and B > 1")
def relax(proof: Proof) -> None:
    """Bound the two factors that are dropped, with y = σ0/σ_j*."""
    add_relaxed(proof)


def add_relaxed(proof: Proof) -> None:
    """Add what the necessary condition is relaxed to.

    Examples
    --------
    >>> proof = Proof()
    >>> add_relaxed(proof)
    >>> proof.steps[0].holds
    True
    """
    proof.at_least("(1 − y)/(r − y) ≤ 1 for y = 1/(1 + a) < 1", 1, (1 - level) / (ratio - level))
    proof.rises("(1 − y)^(B−1) ≤ 1: with 1 − y = e^(−v), e^(−(B−1)v) ≤ 1", 1, exp(-m * v), v)
    y, power = symbols("y B", positive=True)
    proof.equal(
        "(1 − y)^B/(y^(B−1) (r − y)) = y^(−(B−1)) (1 − y)/(r − y) (1 − y)^(B−1), at y = 1/(1 + a)",
        ((a / (1 + a)) ** power / (y ** (power - 1) * (ratio - y))),
        y ** (1 - power) * (a / (1 + a)) / (ratio - y) * (a / (1 + a)) ** (power - 1),
    )


def add_solved(proof: Proof, text: str, exponent: Any, scale: Any, wanted: Any) -> None:
    """Add that the bound of which `scale` and S^`exponent` are part solves its condition, with k for A − 1 or B − 1.

    Examples
    --------
    >>> proof = Proof()
    >>> add_solved(proof, "(σ_j*/σ0)^(B−1) = S^(−B)/φ", 1, 1, lambda left: 1 / left)
    >>> proof.steps[0].holds
    True
    """
    left = symbols("φ", positive=True)
    order = symbols("k", real=True, nonzero=True)
    bound = odds / scale * (left * odds) ** (1 / order)
    proof.equal(text, log((1 / (scale * bound)) ** order), log(wanted(left) * odds ** -(order + exponent)))


@derivation("every A ≠ 1, S = s/(1 − s) > 0 and φ = (1 − f)/(2rf) > 0")
def sufficient_solved(proof: Proof) -> None:
    """Put the bound into the condition, with k = A − 1."""
    add_solved(proof, "(σ_j*/(2σ0))^(A−1) = S^(−A)/φ at σ0 = ½ S σ_j* (φ S)^(1/(A−1))", 1, 2, lambda left: 1 / left)


@derivation("every B ≠ 1, S = s/(1 − s) > 0 and φ = (1 − f)/f > 0")
def necessary_solved(proof: Proof) -> None:
    """Put the bound into the condition, with k = B − 1."""
    add_solved(proof, "(σ_j*/σ0)^(B−1) = S^(−B)/φ at σ0 = S σ_j* (φ S)^(1/(B−1))", 1, 1, lambda left: 1 / left)
