"""Sharper bounds on the threshold at depth 2, where all the integrals are elementary."""

from flowlab.claims._sides import at_least, not_above, sided
from flowlab.claims._stating import Arithmetic, Number, stated
from flowlab.claims.gissin2020._domains import PAIR
from flowlab.claims.sharper._balls import DEPTH2
from flowlab.toy import bounds, sharper
from flowlab.verify import Sides

_SOURCE = "Definition 1, with a bound of flowlab's own"


@sided
def _lower_sides(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Sides:
    return at_least(m.drop(2, ratio, s, f), sharper.depth2_lower(m, ratio, s, f))


@sided
def _upper_sides(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Sides:
    return not_above(m.drop(2, ratio, s, f), sharper.depth2_upper(m, ratio, s, f))


@sided
def _lower_gain(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Sides:
    return at_least(sharper.depth2_lower(m, ratio, s, f), bounds.flow_lower(m, 2, ratio, s, f))


@sided
def _upper_gain(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Sides:
    return not_above(sharper.depth2_upper(m, ratio, s, f), bounds.flow_upper(m, 2, ratio, s, f))


@stated(
    "flowlab.threshold.depth2.lower",
    title="threshold at depth 2, closely from below",
    source=_SOURCE,
    hypotheses=PAIR,
    guarded=True,
    sides=_lower_sides,
    balls=DEPTH2["_lower"],
)
def lower(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, s σ_j* exp(−(Λ − g(s) + g(x))/(r−1)) ≤ σ0_th, Λ = log(f/(1−f) · (r−s)/s), g and x as in the proof.

    g(y) = log(1−y/r) − r log(1−y), and x = s exp(−Λ (1−s)(r−s)/(r(r−1))). In the variable d = log(s σ_j*/σ0), the
    condition ∫_s^{fr} dx/(x(1−x/r)) ≤ ∫_{x0}^s (r/(1−x) − r/(r−x)) dx/x of appendix A is elementary and exact:
    Λ ≤ (r−1) d + g(s) − g(s e^−d). Its right-hand side rises with d, at the pace B = r(r−1)/((1−x)(r−x)) at x = s e^−d,
    which falls from B(s) towards r−1 as d grows. So Λ ≤ B(s) d at the threshold: x0 ≤ x. As g rises,
    (r−1) d = Λ − g(s) + g(x0) ≤ Λ − g(s) + g(x). Nothing but 0 < s < 1 and s < fr < r was used.
    """
    return 1 - m.drop(2, ratio, s, f) / sharper.depth2_lower(m, ratio, s, f)


@stated(
    "flowlab.threshold.depth2.upper",
    title="threshold at depth 2, closely from above",
    source=_SOURCE,
    hypotheses=PAIR,
    guarded=True,
    sides=_upper_sides,
    balls=DEPTH2["_upper"],
)
def upper(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, σ0_th ≤ x σ_j* exp(−(Λ − (r−1) log(s/x) − g(s) + g(x)) (1−x)(r−x)/(r(r−1))), Λ, g, x of the lower.

    The right-hand side F(d) of Λ ≤ F(d) (claim flowlab.threshold.depth2.lower) is concave, since its slope B falls as d
    grows: it lies below its tangent at log(s/x). So at the threshold Λ ≤ F(log(s/x)) + B(x) (d − log(s/x)): one step of
    Newton's method from below ends below the root.
    """
    return 1 - sharper.depth2_upper(m, ratio, s, f) / m.drop(2, ratio, s, f)


@stated(
    "flowlab.threshold.depth2.lower.sharper",
    title="the lower bound at depth 2 beside Theorem 2's",
    source="Theorem 2, beside a bound of flowlab's own",
    hypotheses=PAIR,
    guarded=True,
    sides=_lower_gain,
    balls=DEPTH2["_lower_sharper"],
)
def lower_sharper(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """The lower bound flowlab.threshold.depth2.lower is above Theorem 2's everywhere.

    It is s σ_j* e^−d with d ≤ Λ/(r−1), as g(x) ≤ g(s); and Λ = ∫_s^{fr} dx/(x(1−x/r)) ≤ log(fr/s)/(1−f), as
    1 − x/r ≥ 1 − f.
    """
    return 1 - sharper.depth2_lower(m, ratio, s, f) / bounds.flow_lower(m, 2, ratio, s, f)


@stated(
    "flowlab.threshold.depth2.upper.sharper",
    title="the upper bound at depth 2 beside Theorem 2's",
    source="Theorem 2, beside a bound of flowlab's own",
    hypotheses=PAIR,
    guarded=True,
    sides=_upper_gain,
    balls=DEPTH2["_upper_sharper"],
)
def upper_sharper(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """The upper bound flowlab.threshold.depth2.upper is below Theorem 2's everywhere.

    It is s σ_j* e^−d with d ≥ Λ/B(s), where Newton's method started and from where it rises. And Λ ≥ log(fr/s)/(1−s/r),
    as 1 − x/r ≤ 1 − s/r on the left-hand integral, so that d ≥ log(fr/s) (1−s)/(r−1).
    """
    return 1 - bounds.flow_upper(m, 2, ratio, s, f) / sharper.depth2_upper(m, ratio, s, f)
