"""Appendix C from eq. 9: the step of a ratio r = σ/σ*, with η = c (1/σ1*)^(2−2/N) and R = σ*/σ1*.

y = c R^(2−2/N) r^(1−2/N) is the first-order step over r; y = N u, and N = 2 + n.
"""

from typing import Any

from flowlab.claims.gissin2020.derivations.descent import add_step
from flowlab.claims.gissin2020.derivations.toy import N, add_flow, eq4, rate, sigma, target
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import E, Rational, exp, log
from flowlab.symbolic.proving.steps import Proof, derivation

c, size, start, ratio, largest = symbols("c R r0 r σ1*", positive=True)
y, u, n, less = symbols("y u n k", nonnegative=True)
power = 2 - 2 / N


def push(at: Any, wide: Any) -> Any:
    """Return (c/N) R^(2−2/N) r^(1−2/N).

    Examples
    --------
    >>> push(1, 1)
    c/N
    """
    return c / N * wide**power * at ** (power - 1)


def _add_update(proof: Proof) -> None:
    add_step(proof)
    bracket = rate / N * sigma ** (1 - 2 / N) * (target - sigma)
    given = {sigma: start * size * largest, target: size * largest, rate: c * largest**-power}
    proof.equal(
        "with σ = r R σ1*, σ* = R σ1*, the bracket of eq. 9 is 1 + (c/N) R^(2−2/N) r^(1−2/N) (1 − r)",
        bracket.subs(given, simultaneous=True),
        push(start, size) * (1 - start),
    )


def _add_bounds(proof: Proof) -> None:
    """Add y ≤ (1 + y/N)^N − 1 ≤ e^y − 1."""
    depth = 2 + n
    proof.rises("N log(1 + y/N) ≤ y: (1 + y/N)^N ≤ e^y", y, depth * log(1 + y / depth), y)
    proof.rises("(1 + y/N)^N − 1 ≥ y for N = 2 + n", (1 + y / depth) ** depth - 1, y, y)


def _add_small(proof: Proof) -> None:
    """Add y ≤ c."""
    v1, v2 = symbols("v1 v2", nonnegative=True)
    depth = 2 + n
    first = (push(exp(-v1), exp(-v2)) * N).subs(N, depth)
    proof.rises("y ≤ c: for r = e^(−v1) and R = e^(−v2) it falls with v1", c, first.subs(v2, 0), v1)
    proof.rises("and with v2", first.subs(v2, 0), first, v2)


def _add_pair(proof: Proof) -> None:
    faster, slower = push(start, size), push(ratio * start, size / ratio)
    proof.equal("with r_j = r r_i and R_i = r R_j, u_j = u_i/r", slower, faster / ratio)


@derivation("every real N > 0, c, R, σ1* > 0 and r > 0")
def update(proof: Proof) -> None:
    """Divide eq. 9 by σ*."""
    _add_update(proof)


@derivation("every real N > 0, r > 0, c and R > 0")
def pair(proof: Proof) -> None:
    """Write the slower value's step with the faster one's numbers."""
    _add_update(proof)
    _add_pair(proof)
    added = (ratio * start) ** (1 / N) * push(ratio * start, size / ratio)
    wanted = start ** (1 / N) * ratio ** (1 / N - 1) * push(start, size)
    proof.equal("r_j^(1/N) u_j = r_i^(1/N) r^(1/N−1) u_i, which is added to r_i^(1/N) r^(1/N)", added, wanted)


@derivation("every real N ≥ 2, y ≥ 0 and 0 ≤ 1 − r ≤ 1")
def early(proof: Proof) -> None:
    """Bound what a step adds, as a function of t = 1 − r in [0, 1]; u = y/N."""
    depth, part = 2 + n, symbols("t", nonnegative=True)
    grown = (1 + u * part) ** depth - 1
    chord = part * ((1 + u) ** depth - 1)
    _add_update(proof)
    proof.equal("at t = 0, (1 + ut)^N − 1 = t ((1 + u)^N − 1)", grown.subs(part, 0), chord.subs(part, 0))
    proof.equal("and at t = 1", grown.subs(part, 1), chord.subs(part, 1))
    proof.at_least("between, the left-hand side is convex in t, so that it is the smaller", grown.diff(part, 2))
    _add_bounds(proof)
    proof.rises("e^y − 1 ≤ y e^y", y * exp(y), exp(y) - 1, y)
    proof.rises(
        "and (1 + ut)^N − 1 ≥ N u t: hence it is at least e^(−y) t ((1 + u)^N − 1)", grown, depth * u * part, part
    )


@derivation("every real N ≥ 2, 0 < c ≤ 1, 0 < R ≤ 1 and 0 < r ≤ 1")
def first_order(proof: Proof) -> None:
    """Bound the rest of the exponential series."""
    _add_update(proof)
    _add_small(proof)
    _add_bounds(proof)
    rest = (exp(y) - 1 - y) / y**2
    top = y * exp(y) - 2 * exp(y) + y + 2
    proof.equal("y³ times the slope of (e^y − 1 − y)/y² is y e^y − 2 e^y + y + 2", y**3 * rest.diff(y), top)
    proof.rises("which is ≥ 0: on (0, 1] the quotient is largest at y = 1", top, 0, y)
    proof.equal("where it is e − 2", rest.subs(y, 1), E - 2)


def _add_first_order(proof: Proof) -> Any:
    """Add the updates' slopes in c at 0, and return the quotient of the relative updates over r."""
    added = [
        ((1 + each) ** N - 1).diff(c).subs(c, 0) for each in (push(start, size), push(ratio * start, size / ratio))
    ]
    proof.equal("to first order in c, (1 + u)^N − 1 = N u", added[0], (N * push(start, size)).diff(c))
    return added[0] / added[1] / ratio


@derivation("N = 2 and r = 4, as c → 0", refutes=True)
def factor(proof: Proof) -> None:
    """Divide both updates, r_i ((1 + u_i)^N − 1) and r_j ((1 + u_j)^N − 1)."""
    _add_update(proof)
    _add_pair(proof)
    quotient = _add_first_order(proof)
    proof.equal("the quotient of both updates is 1", quotient, 1)
    proof.differ(
        "derived 1, printed r^((N−1)/N)", quotient, ratio ** ((N - 1) / N), {N: 2, ratio: 4, start: 1, size: 1, c: 1}
    )


@derivation("every real N ≥ 2, r > 1, 0 < c ≤ 1, R ≤ 1 and r_j(0) < 1")
def factor_corrected(proof: Proof) -> None:
    """Bound both updates by first order."""
    _add_update(proof)
    _add_pair(proof)
    proof.equal("to first order both updates are equal", _add_first_order(proof), 1)
    _add_bounds(proof)
    proof.rises(
        "e^y − 1 ≤ y e^y: with y_i = N u_i ≤ c, y_j = y_i/r, the quotient is in [e^(−c/r), e^c]",
        y * exp(y),
        exp(y) - 1,
        y,
    )
    _add_small(proof)


@derivation("c = 1, R = 1, r = 2, r_i(0) = 1/16, N = 2 and N' = 4", refutes=True)
def depth(proof: Proof) -> None:
    """Divide both updates at two depths."""
    _add_update(proof)
    _add_pair(proof)
    quotients = []
    for layers, wanted in ((2, Rational(10, 9)), (4, Rational(28776, 27469))):
        first = push(start, size).subs({N: layers, c: 1, size: 1, start: Rational(1, 16)})
        quotients.append(((1 + first) ** layers - 1) / (2 * ((1 + first / 2) ** layers - 1)))
        proof.equal(f"at N = {layers} the update of r_i is so many times that of r_j: {wanted}", quotients[-1], wanted)
    proof.at_least("the deeper model has the smaller quotient", quotients[0], quotients[1], strictly=True)


@derivation("every real N ≥ 1, r > 1, 0 < x0 < 1, and σ_i < σ_i*")
def lead(proof: Proof) -> None:
    """Weigh both sides of «equal times» with (x/u)^a, a = 2 − 2/N; u = σ/σ_j*, z where σ_i is, x where σ_j is."""
    speed = add_flow(proof)
    v, gap, k = symbols("v g k", positive=True)
    slower, level = symbols("σ_j* u", positive=True)
    a = symbols("a", real=True)
    for name, wide in (("σ_i", ratio), ("σ_j", 1)):
        pace = speed.subs(target, wide * slower).subs(sigma, level * slower) / slower
        proof.equal(
            f"of {name}, σ_j*^a dt = du/(u^a (σ*/σ_j* − u))", slower**power / pace, 1 / (level**power * (wide - level))
        )
    below = 1 / (1 + k)
    proof.at_least(
        "for u = 1/(1 + k) < 1, 1/(1−u) − 1/(r−u) > 0: σ_i is ahead",
        1 / (1 - below) - 1 / (1 + gap - below),
        strictly=True,
    )
    proof.at_least("where u = x e^(−v) ≤ x, (x/u)^a rises with a", exp(a * v).diff(a))
    proof.at_least("where u = x e^v ≥ x, it falls", -exp(-a * v).diff(a))
    proof.at_least("both sides rise with their own length, and a = 2 − 2/N with N", power.diff(N))


@derivation("every real N ≥ 2, r > 1 and 0 < σ0 < σ_j*")
def eventually(proof: Proof) -> None:
    """Follow Z = log(σ/(σ* − σ)) of both values."""
    speed = add_flow(proof)
    gap, below, v, w = symbols("g k v w", nonnegative=True)
    p = symbols("p", nonnegative=True)
    moved = log(sigma / (target - sigma)).diff(sigma) * speed
    proof.equal("Ż = σ* σ^(1−2/N)", moved, target * sigma ** (1 - 2 / N))
    wide = sigma * (1 + below)
    proof.at_least(
        "at one value σ < σ_j* the larger optimum is faster: σ_i ≥ σ_j",
        eq4.subs(target, wide * (1 + gap)),
        eq4.subs(target, wide),
    )
    proof.rises(
        "with σ_i = σ_j e^v, p = 1 − 2/N ≥ 0, r σ_i^p − σ_j^p ≥ (r − 1) σ_j^p", (1 + gap) * exp(p * v) - 1, gap, v
    )
    proof.rises("and with σ_j = σ0 e^w, σ_j^p ≥ σ0^p", exp(p * w), 1, w)
    x = 1 / (2 + below)
    proof.equal(
        "at first Z_i − Z_j = −log((r − x0)/(1 − x0)), x0 = 1/(2 + k)",
        log(x / (1 + gap - x)) - log(x / (1 - x)),
        -log((1 + gap - x) / (1 - x)),
    )


def add_ahead(proof: Proof) -> None:
    """Add that a step at depth 2 brings σ_i further ahead; q = η σ_j*, Q = r q = 1/(1 + b) < 1, x = σ_j/σ_j*.

    Examples
    --------
    >>> proof = Proof()
    >>> add_ahead(proof)
    >>> all(step.holds for step in proof.steps)
    True
    """
    add_step(proof)
    q, level, a, b, wide = symbols("q ρ a b r", positive=True)
    grown = 1 + q / 2 * (1 - level)
    left = 1 - q * level - q**2 / 4 * level * (1 - level)
    proof.equal("1 − ρ (1 + (q/2)(1−ρ))² = (1−ρ)(1 − qρ − (q²/4) ρ(1−ρ))", 1 - level * grown**2, (1 - level) * left)
    gain = 2 * log(grown) - log(left)
    proof.equal(
        "so log(ρ/(1−ρ)) rises by G = 2 log(1 + (q/2)(1−ρ)) − log(1 − qρ − (q²/4) ρ(1−ρ)), with the slope "
        "q² (6 + q (1−ρ))/8 over the two arguments in ρ",
        gain.diff(level),
        q**2 * (6 + q * (1 - level)) / (8 * grown * left),
    )
    inside = {q: 1 / (1 + b), level: 1 / (1 + a)}
    proof.at_least(
        "for q = 1/(1 + b) < 1 and ρ = 1/(1 + a) < 1 the second argument is > 0, G rises with ρ",
        left.subs(inside),
        strictly=True,
    )
    shared = gain.subs({q: q * wide, level: level / wide}, simultaneous=True)
    apart = 1 - q * level - q**2 / 4 * level * (wide - level)
    proof.equal(
        "σ_i ≥ σ_j, ρ_i ≥ x/r: at x/r and Q = r q its slope in r is q/(1 + (q/2)(r − x)) + (q²/4) x over the second",
        shared.diff(wide),
        q / (1 + q / 2 * (wide - level)) + q**2 / 4 * level / apart,
    )
    proof.at_least(
        "the first is at least q/(1 + (q/2) r) as x = 1/(1 + a) > 0",
        q / (1 + q / 2 * (1 + b - 1 / (1 + a))),
        q / (1 + q / 2 * (1 + b)),
    )
    proof.equal("at r = 1 it is G of σ_j", shared.subs(wide, 1), gain)


@derivation("N = 2, every r > 1, 0 < η ≤ 1/σ_i* and σ_j ≤ σ_i < σ_i*")
def eventually_descent(proof: Proof) -> None:
    """Compare what a step adds to log(ρ/(1−ρ)), ρ = σ/σ*."""
    add_ahead(proof)
