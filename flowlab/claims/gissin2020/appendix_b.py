"""Appendix B: the chain behind Theorem 3, each link a claim of its own.

``q`` is cR, the learning rate times the value's own optimum, ``r(t) = σ(t)/σ*``, depth 2:
``r(t+1) = r(t) (1 + (q/2)(1 − r(t)))²``.
"""

import math

import mpmath as mp

from flowlab.claims._sides import sided
from flowlab.claims._stating import Arithmetic, Number, agreement, span, stated
from flowlab.claims.gissin2020 import _ball_steps
from flowlab.claims.gissin2020._domains import BELOW_TARGET, STEP
from flowlab.claims.gissin2020.derivations import derived
from flowlab.toy import descent_bounds
from flowlab.verify import Assumption, Real, Sides, Unevaluable

_POSITIVE = Real(0, math.inf, printed="x ≥ 0")
_CHAIN = {"q": STEP, "start": BELOW_TARGET}
_LEVEL = Real(0, 1, low_open=True, high_open=True, printed="α ∈ (0, 1)")
_BUDGET = 2000


def _slow(m: Arithmetic, q: Number) -> Number:
    """Return log of the factor of the upper chain, 1 − q + q²."""
    return m.log1p(-q + q * q)


def gain(m: Arithmetic, r: Number, left: Number, q: Number) -> Number:
    """Return by how much one step from r = σ/σ*, left = 1 − r, raises log(r/(1 − r)); 1/σ − 1/σ* falls by as much.

    Examples
    --------
    >>> import math
    >>> r, q = 0.25, 0.5
    >>> moved = r * (1 + q / 2 * (1 - r)) ** 2
    >>> round(gain(math, r, 1 - r, q) - math.log(moved / (1 - moved)) + math.log(r / (1 - r)), 12)
    0.0
    """
    return 2 * m.log1p(q / 2 * left) - m.log1p(-q * r - q * q / 4 * r * left)


def _walk(m: Arithmetic, z: Number, q: Number) -> Number:
    """Return log(r/(1 − r)) one step after it was z."""
    least = m.exp(-abs(z))  # e^|z| may leave the range of a float
    small, large = least / (1 + least), 1 / (1 + least)
    return z + (gain(m, small, large, q) if z < 0 else gain(m, large, small, q))


@stated(
    "gissin2020.appendix_b.square",
    title="the step's square, expanded",
    source="appendix B, second line of the chain",
    hypotheses={"q": STEP, "start": BELOW_TARGET},
    identity=True,
    derivation=derived("appendix_b.square"),
)
def square(m: Arithmetic, q: Number, start: Number) -> Number:
    """(1 + cR/2 · (1 − r))² = 1 + (1 − r) (cR + c²R²/4 · (1 − r)).

    Multiply out. Both are compared less 1.
    """
    left = 1 - start
    with mp.extradps(span(q, left)):
        squared = (1 + q / 2 * left) ** 2 - 1
    return agreement(squared, left * (q + q * q / 4 * left))


@stated(
    "gissin2020.appendix_b.positive",
    title="the argument of the logarithm is positive",
    source="appendix B («our choice of c keeps the argument of the log positive»)",
    hypotheses={"q": STEP},
    derivation=derived("appendix_b.positive"),
    balls=_ball_steps.POSITIVE,
)
def positive(m: Arithmetic, q: Number) -> Number:
    """1 − cR − c²R²/4 > 0 for cR < 2(√2 − 1).

    It is 2 − (1 + cR/2)².
    """
    return m.exp(descent_bounds.log_fast(m, q))


@stated(
    "gissin2020.appendix_b.reciprocal.lower",
    title="1/(1+x) from below",
    source="appendix B, fourth line of the chain",
    hypotheses={"x": _POSITIVE},
    sides=lambda x: Sides(1 - x, 1 / (1 + x)),
    derivation=derived("appendix_b.reciprocal_lower"),
    balls=_ball_steps.RECIPROCAL_LOWER,
)
def reciprocal_lower(m: Arithmetic, x: Number) -> Number:
    """1/(1+x) ≥ 1 − x for every x ≥ 0.

    (1+x)(1−x) = 1 − x².
    """
    return (1 / (1 + x) - (1 - x)) / (1 + x)


@stated(
    "gissin2020.appendix_b.reciprocal.upper",
    title="1/(1+x) from above",
    source="appendix B, last line of the chain",
    hypotheses={"x": _POSITIVE},
    sides=lambda x: Sides(1 / (1 + x), 1 - x + x * x),
    derivation=derived("appendix_b.reciprocal_upper"),
    balls=_ball_steps.RECIPROCAL_UPPER,
)
def reciprocal_upper(m: Arithmetic, x: Number) -> Number:
    """1/(1+x) ≤ 1 − x + x² for every x ≥ 0.

    (1+x)(1−x+x²) = 1 + x³.
    """
    return (1 - x + x * x - 1 / (1 + x)) / (1 + x) ** 2


@stated(
    "gissin2020.appendix_b.lower",
    title="the chain, from below",
    source="appendix B",
    hypotheses=_CHAIN,
    sides=sided(lambda m, q, start: Sides(gain(m, start, 1 - start, q), -descent_bounds.log_fast(m, q))),
    derivation=derived("appendix_b.lower"),
    balls=_ball_steps.CHAIN_LOWER,
)
def lower(m: Arithmetic, q: Number, start: Number) -> Number:
    """1/σ(t) − 1/σ* ≥ (1/σ0 − 1/σ*) (1 − cR − c²R²/4)^t for 0 < σ0 < σ* and every t.

    One step from any σ0 decides it, by induction: Lemma 1 keeps σ(t) below σ*.
    With y = (1−r)(q + q²(1−r)/4), r(t+1) = r(t)(1+y) and 1/(1+y) ≥ 1 − y. The slack is the difference of the
    logarithms over q².
    """
    with m.digits(q):
        return (-descent_bounds.log_fast(m, q) - gain(m, start, 1 - start, q)) / (q * q)


@stated(
    "gissin2020.appendix_b.upper",
    title="the chain, from above",
    source="appendix B",
    hypotheses=_CHAIN,
    sides=sided(lambda m, q, start: Sides(-_slow(m, q), gain(m, start, 1 - start, q))),
    derivation=derived("appendix_b.upper"),
    balls=_ball_steps.CHAIN_UPPER,
)
def upper(m: Arithmetic, q: Number, start: Number) -> Number:
    """1/σ(t) − 1/σ* ≤ (1/σ0 − 1/σ*) (1 − cR + c²R²)^t for 0 < σ0 < σ* and every t.

    One step from any σ0 decides it, by induction: Lemma 1 keeps σ(t) below σ*.
    1/(1+y) ≤ 1/(1+x) ≤ 1 − x + x² with x = q(1−r) ≤ y. The slack is the difference of the logarithms over q².
    """
    with m.digits(q):
        return (gain(m, start, 1 - start, q) + _slow(m, q)) / (q * q)


_HITTING = {**_CHAIN, "level": _LEVEL}
_BELOW = (Assumption("σ0 < α σ*", lambda start, level, **_: start < level),)


def _first_iteration(m: Arithmetic, q: Number, start: Number, level: Number) -> tuple[Number, Number]:
    """Return the first iteration at or above `level`, and how far log(r/(1−r)) has to go to it."""
    z = m.log(start) - m.log1p(-start)
    goal = m.log(level) - m.log1p(-level)
    far = goal - z
    if far > _BUDGET / 2 * q:
        if isinstance(far, float):  # which need not resolve so many
            return math.nan, far
        least, most = (mp.ceil(number) for number in descent_bounds.count(m, q, start, level))
        if least != most:
            raise Unevaluable(f"needs more than {_BUDGET} iterations, and all but a whole number of them")
        return least, far
    count = 0
    while z < goal:
        z = _walk(m, z, q)
        count += 1
    return count, far


@sided
def _lower_sides(m: Arithmetic, q: Number, start: Number, level: Number) -> Sides:
    count, far = _first_iteration(m, q, start, level)
    return Sides(-far / descent_bounds.log_fast(m, q), count)


@sided
def _upper_sides(m: Arithmetic, q: Number, start: Number, level: Number) -> Sides:
    count, far = _first_iteration(m, q, start, level)
    return Sides(count, -far / _slow(m, q))


@sided
def _corrected_sides(m: Arithmetic, q: Number, start: Number, level: Number) -> Sides:
    count, far = _first_iteration(m, q, start, level)
    return Sides(count, 1 - far / _slow(m, q))


@stated(
    "gissin2020.appendix_b.hitting.lower",
    title="hitting time of descent, from below",
    source="appendix B",
    hypotheses=_HITTING,
    assuming=_BELOW,
    sides=_lower_sides,
    derivation=derived("appendix_b.hitting_lower"),
)
def hitting_lower(m: Arithmetic, q: Number, start: Number, level: Number) -> Number:
    """The first iteration with σ(t) ≥ α σ* is at least log((1−α)/α · σ0/(σ*−σ0)) / log(1 − cR − c²R²/4).

    From the chain from below: at that iteration 1/σ − 1/σ* ≤ (1−α)/(α σ*).
    """
    with m.digits(q):
        count, far = _first_iteration(m, q, start, level)
        return count + far / descent_bounds.log_fast(m, q)


@stated(
    "gissin2020.appendix_b.hitting.upper",
    title="hitting time of descent, from above",
    source="appendix B",
    hypotheses=_HITTING,
    assuming=_BELOW,
    sides=_upper_sides,
    recorded="falsified",
    flaw="«Plugging in σ_i(t) = α σ_i*» supposes an iteration at which σ is α σ* exactly. Iterations are integers, and "
    "the first at or above α σ* comes up to one later.",
    corrected_by="gissin2020.appendix_b.hitting.upper.corrected",
    derivation=derived("appendix_b.hitting_upper_printed"),
    balls={"q": "0.4:0.8", "start": "0.3:0.31", "level": "0.32:0.33"},
)
def hitting_upper(m: Arithmetic, q: Number, start: Number, level: Number) -> Number:
    """The first iteration with σ(t) ≥ α σ* is at most log((1−α)/α · σ0/(σ*−σ0)) / log(1 − cR + c²R²).

    False, for instance, whenever the right-hand side is below 1.
    """
    return _early(m, q, start, level)


def _early(m: Arithmetic, q: Number, start: Number, level: Number) -> Number:
    """Return by how much the first iteration at or above `level` precedes the printed upper bound."""
    with m.digits(q):
        count, far = _first_iteration(m, q, start, level)
        return -far / _slow(m, q) - count


@stated(
    "gissin2020.appendix_b.hitting.upper.corrected",
    title="hitting time of descent, from above",
    source="appendix B, corrected",
    hypotheses=_HITTING,
    assuming=_BELOW,
    sides=_corrected_sides,
    derivation=derived("appendix_b.hitting_upper"),
)
def hitting_upper_corrected(m: Arithmetic, q: Number, start: Number, level: Number) -> Number:
    """The first iteration with σ(t) ≥ α σ* comes less than 1 after log((1−α)/α · σ0/(σ*−σ0)) / log(1 − cR + c²R²).

    Every iteration from that number on has σ(t) ≥ α σ* by the chain from above; the first is below it plus one.
    """
    return _early(m, q, start, level) + 1
