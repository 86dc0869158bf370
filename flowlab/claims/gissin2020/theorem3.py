"""Theorem 3: bounds on the largest start with incremental learning by gradient descent, depth 2.

``rate_k = η σ_k*``; the paper's cR_k is the same where ``η = c/σ1*``. Only the exponents A and B know c.
"""

from flowlab.claims._sides import log_descent, sided
from flowlab.claims._stating import EXACT, FLOAT, Arithmetic, Number, stated
from flowlab.claims.gissin2020 import _ball_steps
from flowlab.claims.gissin2020._domains import PAIR, STEP
from flowlab.claims.gissin2020.derivations import derived
from flowlab.toy import descent_bounds
from flowlab.toy.descent_bounds import STABLE
from flowlab.verify import Assumption, Real, Sides

#: Printed, and no restriction: the theorem bounds the largest start, and that is below s σ_j*.
_HALF = Assumption("σ_j* ≥ 2σ0 (holds at the threshold by itself, which is below s σ_j* < σ_j*/4)", lambda **_: True)
_DESCENT = {
    "rate": Real(0, STABLE, low_open=True, printed="c < 2(√2 − 1), σ_i* ≤ σ1* (rate = η σ_i*, at most cR_i)"),
    "part": Real(0, 1, printed="η ≤ c/σ1*: any c from η σ_i* up to 2(√2 − 1) (at part of the way)"),
    **PAIR,
}


def _bound_rates(rate: Number, part: Number, ratio: Number) -> tuple[Number, Number]:
    """Return cR_i and cR_j for a c between the learning rate's own and the theorem's limit."""
    c = rate + part * (STABLE - rate)
    return c, c / ratio


def _a_exceeds_one(rate: Number, part: Number, ratio: Number, **_: Number) -> bool:
    """Compare numerator and denominator of A, so that neither a division nor a root of it is needed."""
    m = FLOAT if isinstance(rate, float) else EXACT
    c, c_j = _bound_rates(rate, part, ratio)
    return bool(m.log1p(-c + c**2) < descent_bounds.log_fast(m, c_j))


@sided
def _lower_sides(m: Arithmetic, rate: Number, part: Number, ratio: Number, s: Number, f: Number) -> Sides:
    bound = descent_bounds.lower(m, ratio, s, f, *_bound_rates(rate, part, ratio))
    return Sides(bound, log_descent(m, ratio, s, f, rate), log=True)


@sided
def _upper_sides(m: Arithmetic, rate: Number, part: Number, ratio: Number, s: Number, f: Number) -> Sides:
    bound = descent_bounds.upper(m, ratio, s, f, *_bound_rates(rate, part, ratio))
    return Sides(log_descent(m, ratio, s, f, rate), bound, log=True)


@sided
def _corrected_sides(m: Arithmetic, rate: Number, part: Number, ratio: Number, s: Number, f: Number) -> Sides:
    bound = descent_bounds.lower_corrected(m, ratio, s, f, *_bound_rates(rate, part, ratio))
    return Sides(bound, log_descent(m, ratio, s, f, rate, gapless=True), log=True)


@stated(
    "gissin2020.theorem3.lower",
    title="threshold of descent, from below",
    source="Theorem 3",
    hypotheses=_DESCENT,
    assuming=(_HALF,),
    guarded=True,
    sides=_lower_sides,
    recorded="falsified",
    flaw="Appendix B, the last step of «Sufficient condition»: isolating σ0 takes the root of order A − 1, and needs "
    "A > 1. Nothing ensures it (claim gissin2020.appendix_b.sufficient.exponent): with c = 0.8, R_i = 1 and r = 2, "
    "A = 0.30. Where A < 1 the printed bound exceeds σ_j* itself or turns the inequality round.",
    corrected_by="gissin2020.theorem3.lower.corrected",
    balls=_ball_steps.EXCEEDS,
)
def lower(m: Arithmetic, rate: Number, part: Number, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, ½ s/(1−s) σ_j* ((1−f)/(2rf) · s/(1−s))^(1/(A−1)) ≤ σ0_th.

    False where A ≤ 1. Where A > 1 no counterexample is known, but the proof has a gap there too: iterations are
    integers, and it compares real times.
    """
    bound = descent_bounds.lower(m, ratio, s, f, *_bound_rates(rate, part, ratio))
    return m.descent_slack(bound, ratio, s, f, rate, up=False)


@stated(
    "gissin2020.theorem3.upper",
    title="threshold of descent, from above",
    source="Theorem 3",
    hypotheses=_DESCENT,
    assuming=(_HALF,),
    guarded=True,
    sides=_upper_sides,
    derivation=derived("theorem3.upper"),
)
def upper(m: Arithmetic, rate: Number, part: Number, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, σ0_th ≤ s/(1−s) σ_j* ((1−f)/f · s/(1−s))^(1/(B−1)).

    Incremental learning at iteration k needs k at least the lower bound on t_f(σ_i) and at most the upper bound on
    t_s(σ_j), so integers do no harm here. B > 1, since −log(1−x−x²/4) ≥ x ≥ −log(1−x+x²); and B grows with c, so that
    a smaller learning rate has a smaller bound.
    """
    bound = descent_bounds.upper(m, ratio, s, f, *_bound_rates(rate, part, ratio))
    return m.descent_slack(bound, ratio, s, f, rate, up=True)


@stated(
    "gissin2020.theorem3.lower.corrected",
    title="threshold of descent, from below",
    source="Theorem 3, corrected",
    hypotheses=_DESCENT,
    guarded=True,
    sides=_corrected_sides,
    assuming=(Assumption("A > 1", _a_exceeds_one, ours="the proof's last step takes the root of order A − 1"),),
    derivation=derived("theorem3.lower_corrected"),
)
def lower_corrected(m: Arithmetic, rate: Number, part: Number, ratio: Number, s: Number, f: Number) -> Number:
    """If A > 1, ½ s/(1−s) σ_j* ((1−f)(1 − cR_i + c²R_i²)/(2rf) · s/(1−s))^(1/(A−1)) ≤ σ0_th.

    First η = c/σ1*. Let a = −log(1−cR_i+c²R_i²) and b = −log(1−cR_j−c²R_j²/4). By appendix B, σ_i has reached f σ_i* at
    every iteration from U = log(f/(1−f) · (σ_i*−σ0)/σ0)/a on, and σ_j is at most s σ_j* up to V = log(s/(1−s) ·
    (σ_j*−σ0)/σ0)/b. An integer lies between if U + 1 ≤ V, that is e^a f/(1−f) · (σ_i*−σ0)/σ0 ≤ (s/(1−s) ·
    (σ_j*−σ0)/σ0)^A with A = a/b. For σ0 ≤ σ_j*/2 and A > 1 it suffices that 2r e^a f/(1−f) ≤ (s/(1−s))^A
    (σ_j*/(2σ0))^(A−1). Solve for σ0; the result is below σ_j*/2 by itself. This holds for every smaller start too, so
    no gap in the starts lies below it.

    A smaller η has a larger bound, so that any c with η ≤ c/σ1* will do. Less a constant, log of the bound is −(K +
    a)/(A − 1), K > 0. A falls as c grows, since a/c falls and b/c rises. And a/(A−1) = 1/(1/b − 1/a) rises: of
    1/b − 1/a = (1/b − 1/x) − (1/a − 1/c) + (r−1)/c, in units of R_i and x = c/r, all three terms fall, as b² ≤ x² b'(x)
    and a² ≥ c² a'(c).
    """
    bound = descent_bounds.lower_corrected(m, ratio, s, f, *_bound_rates(rate, part, ratio))
    return m.descent_slack(bound, ratio, s, f, rate, up=False, gapless=True)


@stated(
    "gissin2020.theorem3.first_order",
    title="A and B for small learning rates",
    source="below Theorem 3",
    hypotheses={"rate": STEP, "ratio": PAIR["ratio"]},
)
def first_order(m: Arithmetic, rate: Number, ratio: Number) -> Number:
    """A and B tend to r as c → 0: 0 ≤ 1 − A/r ≤ 2q and 0 ≤ B/r − 1 ≤ 2q/(1 − q − q²/4), with q = cR_i.

    The paper says «both simplify to r in first order»; the constants are ours. With x = cR_j = q/r, v = x + x²/4 and
    w = x − x², both −log(1 − v)/x and −w/x rise with x ≤ q, from 1 and −1, and −log(1 − w) ≤ x; so A ≤ r ≤ B, and r → 1
    is the worst case of both upper bounds. There x is q. For A, −log(1 − w) ≥ w and −log(1 − v) ≤ v (1 − v/2)/(1 − v):
    it is enough that (1 − q)(1 − v) − (1 − 2q)(1 + q/4)(1 − v/2) = q/4 + q²/2 − 7q³/32 − q⁴/16 is ≥ 0 for q ≤ 1/2;
    beyond, A ≥ 0 is. For B, −log(1 − w) ≥ w + w²/2 and −log(1 − v) ≤ v/√(1 − v): it is enough that
    (1 + q − q²/4)² (1 − q)² (1 + w/2)² − (1 + q/4)² (1 − v) is ≥ 0, a polynomial that is 3q/2 in first order and has
    no other root up to 0.83 (Sturm). The slack is over q.
    """
    a, b = descent_bounds.exponents(m, rate, rate / ratio)
    below, above = (1 - a / ratio) / rate, (b / ratio - 1) / rate
    return min(below, 2 - below, above, 2 - above * m.exp(descent_bounds.log_fast(m, rate)))
