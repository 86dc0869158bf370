"""Appendix C from eq. 9: the step of a ratio r = σ/σ*, with η = c (1/σ1*)^(2−2/N) and R = σ*/σ1*.

y = c R^(2−2/N) r^(1−2/N) is the first-order step over r; y = N u, and N = 2 + n.
"""

from typing import Any

from flowlab.claims.gissin2020.derivations.descent import add_step
from flowlab.claims.gissin2020.derivations.toy import N, rate, sigma, target
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import E, exp, log
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
