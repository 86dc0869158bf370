"""Sharper bounds on the threshold: at depth 2, where all the integrals are elementary, and at every depth beyond."""

from flowlab.claims._sides import from_above, from_below, in_order
from flowlab.claims._stating import Arithmetic, Number, stated
from flowlab.claims.gissin2020._domains import OWN_PAIR, PAIR
from flowlab.claims.sharper._balls import DEEP, DEPTH2
from flowlab.toy import bounds, sharper

_SOURCE = "Definition 1, with a bound of flowlab's own"


@stated(
    "flowlab.threshold.depth2.lower",
    title="threshold at depth 2, closely from below",
    source=_SOURCE,
    hypotheses=PAIR,
    guarded=True,
    sides=from_below(sharper.lower),
    balls=DEPTH2["_lower"],
)
def depth2_lower(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, s σ_j* exp(−(Λ − g(s) + g(x))/(r−1)) ≤ σ0_th, Λ = log(f/(1−f) · (r−s)/s), g and x as in the proof.

    g(y) = log(1−y/r) − r log(1−y), and x = s exp(−Λ (1−s)(r−s)/(r(r−1))). In the variable d = log(s σ_j*/σ0), the
    condition ∫_s^{fr} dx/(x(1−x/r)) ≤ ∫_{x0}^s (r/(1−x) − r/(r−x)) dx/x of appendix A is elementary and exact:
    Λ ≤ (r−1) d + g(s) − g(s e^−d). Its right-hand side rises with d, at the pace B = r(r−1)/((1−x)(r−x)) at x = s e^−d,
    which falls from B(s) towards r−1 as d grows. So Λ ≤ B(s) d at the threshold: x0 ≤ x. As g rises,
    (r−1) d = Λ − g(s) + g(x0) ≤ Λ − g(s) + g(x). Nothing but 0 < s < 1 and s < fr < r was used.
    """
    return 1 - m.drop(2, ratio, s, f) / sharper.lower(m, 2, ratio, s, f)


@stated(
    "flowlab.threshold.depth2.upper",
    title="threshold at depth 2, closely from above",
    source=_SOURCE,
    hypotheses=PAIR,
    guarded=True,
    sides=from_above(sharper.upper),
    balls=DEPTH2["_upper"],
)
def depth2_upper(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, σ0_th ≤ x σ_j* exp(−(Λ − (r−1) log(s/x) − g(s) + g(x)) (1−x)(r−x)/(r(r−1))), Λ, g, x of the lower.

    The right-hand side F(d) of Λ ≤ F(d) (claim flowlab.threshold.depth2.lower) is concave, since its slope B falls as d
    grows: it lies below its tangent at log(s/x). So at the threshold Λ ≤ F(log(s/x)) + B(x) (d − log(s/x)): one step of
    Newton's method from below ends below the root.
    """
    return 1 - sharper.upper(m, 2, ratio, s, f) / m.drop(2, ratio, s, f)


@stated(
    "flowlab.threshold.depth2.lower.sharper",
    title="the lower bound at depth 2 beside Theorem 2's",
    source="Theorem 2, beside a bound of flowlab's own",
    hypotheses=PAIR,
    guarded=True,
    sides=in_order(bounds.lower, sharper.lower),
    balls=DEPTH2["_lower_sharper"],
)
def depth2_lower_sharper(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """The lower bound flowlab.threshold.depth2.lower is above Theorem 2's everywhere.

    It is s σ_j* e^−d with d ≤ Λ/(r−1), as g(x) ≤ g(s); and Λ = ∫_s^{fr} dx/(x(1−x/r)) ≤ log(fr/s)/(1−f), as
    1 − x/r ≥ 1 − f.
    """
    return 1 - sharper.lower(m, 2, ratio, s, f) / bounds.lower(m, 2, ratio, s, f)


@stated(
    "flowlab.threshold.depth2.upper.sharper",
    title="the upper bound at depth 2 beside Theorem 2's",
    source="Theorem 2, beside a bound of flowlab's own",
    hypotheses=PAIR,
    guarded=True,
    sides=in_order(sharper.upper, bounds.upper_corrected),
    balls=DEPTH2["_upper_sharper"],
)
def depth2_upper_sharper(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """The upper bound flowlab.threshold.depth2.upper is below Theorem 2's everywhere.

    It is s σ_j* e^−d with d ≥ Λ/B(s), where Newton's method started and from where it rises. And Λ ≥ log(fr/s)/(1−s/r),
    as 1 − x/r ≤ 1 − s/r on the left-hand integral, so that d ≥ log(fr/s) (1−s)/(r−1).
    """
    return 1 - bounds.upper_corrected(m, 2, ratio, s, f) / sharper.upper(m, 2, ratio, s, f)


@stated(
    "flowlab.threshold.deep.lower",
    title="threshold beyond depth 2, closely from below",
    source=_SOURCE,
    hypotheses=OWN_PAIR,
    guarded=True,
    sides=from_below(sharper.lower),
    balls=DEEP["_lower"],
)
def deep_lower(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """For every real N > 2, with p = 1 − 2/N, s σ_j* (1 + p (λ⁺/(r−1) − G⁻))^(−1/p) ≤ σ0_th, λ⁺ and G⁻ as in the proof.

    Times s^p, the condition of appendix A is λ ≤ F with λ = s^p ∫_s^{fr} x^(−1−p)/(1−x/r) dx and
    F = s^p ∫_{x0}^s x^(−1−p) B(x) dx, B(x) = r(r−1)/((1−x)(r−x)). Let q = ((s/x0)^p − 1)/p; then F = (r−1) (q + G) with
    G = ∫_{x0}^s (s/x)^p C(x) dx and C(x) = (r+1−x)/((1−x)(r−x)), for B(x) = (r−1) (1 + x C(x)).

    λ⁻ ≤ λ ≤ λ⁺: with a = s/r, λ = (1 − (a/f)^p)/p + a^p ∫_a^f u^−p du + a^p ∫_a^f u^(1−p)/(1−u) du. In the last one
    u^(1−p) is concave. Let W = log((1−a)/(1−f)) be the integral of 1/(1−u), and ū = 1 − (f−a)/W the mean of u under it.
    Jensen's inequality gives at most W ū^(1−p), hence λ⁺; the chord from a to f at least, hence λ⁻.

    As B falls along q, F is concave in q with F ≤ B(s) q: at the threshold q ≥ q1 = λ⁻/B(s), that is x0 ≤ x1. So
    (r−1) q = λ − (r−1) G ≤ λ⁺ − (r−1) G⁻ for any G⁻ ≤ ∫_{x1}^s (s/x)^p C(x) dx. C is convex: by Jensen's inequality
    G⁻ = M C(x̄) is one, M = (s − x1 (s/x1)^p)/(1−p) being the integral of (s/x)^p, and x̄ the mean of x under it. All
    of this holds for 0 < s < 1 and s < fr < r, and tends to the bound at depth 2, but for G⁻, as N → 2.
    """
    return 1 - m.drop(depth, ratio, s, f) / sharper.lower(m, depth, ratio, s, f)


@stated(
    "flowlab.threshold.deep.upper",
    title="threshold beyond depth 2, closely from above",
    source=_SOURCE,
    hypotheses=OWN_PAIR,
    guarded=True,
    sides=from_above(sharper.upper),
    balls=DEEP["_upper"],
)
def deep_upper(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """For every real N > 2, σ0_th ≤ s σ_j* (1 + p (q1 + (λ⁻/(r−1) − q1 − G⁺) (1−x1)(1−x1/r)))^(−1/p), as in the proof.

    Notation of flowlab.threshold.deep.lower. F is concave in q and lies below its tangent at q1, whose slope there is
    B(x1): at the threshold λ⁻ ≤ λ ≤ (r−1) (q1 + G) + B(x1) (q − q1), G from x1 to s. Since (s/x)^p falls and C rises,
    Chebyshev's inequality gives G ≤ G⁺ = M/(s−x1) ∫_{x1}^s C(x) dx, an elementary integral: (r−1) C(x) = r/(1−x) −
    1/(r−x). Solve for q.
    """
    return 1 - sharper.upper(m, depth, ratio, s, f) / m.drop(depth, ratio, s, f)


@stated(
    "flowlab.threshold.deep.lower.sharper",
    title="the lower bound beyond depth 2 beside Theorem 2's",
    source="Theorem 2, beside a bound of flowlab's own",
    hypotheses=OWN_PAIR,
    guarded=True,
    sides=in_order(bounds.lower, sharper.lower),
    balls=DEEP["_lower_sharper"],
)
def deep_lower_sharper(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """The lower bound flowlab.threshold.deep.lower is above Theorem 2's everywhere, for every real N > 2.

    Theorem 2's is that of q = 1/(p (1−f)(r−1)), and ours has q ≤ λ⁺/(r−1). With K = (1 − (a/f)^p)/p < 1/p, which is
    a^p ∫_a^f u^(−1−p) du, it is enough that λ⁺ ≤ K/(1−f), or a^p ∫ u^−p du + a^p W ū^(1−p) ≤ K f/(1−f). The first term
    is at most f K, as u ≤ f. For the second, W ≤ (f−a)/(1−f) and ū ≤ f, while K ≥ a^p f^(−1−p) (f−a): it is at most
    K f²/(1−f).
    """
    return 1 - sharper.lower(m, depth, ratio, s, f) / bounds.lower(m, depth, ratio, s, f)


@stated(
    "flowlab.threshold.deep.upper.sharper",
    title="the upper bound beyond depth 2 beside the corrected one",
    source="Theorem 2, corrected, beside a bound of flowlab's own",
    hypotheses=OWN_PAIR,
    guarded=True,
    sides=in_order(sharper.upper, bounds.upper_corrected),
    balls=DEEP["_upper_sharper"],
)
def deep_upper_sharper(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """The bound flowlab.threshold.deep.upper is below gissin2020.theorem2.deep.upper.corrected everywhere.

    The corrected bound is that of q = K (1−s)/(r−1). Ours has q ≥ q1 = λ⁻ (1−s)(1−a)/(r−1): Newton's step is upwards,
    since (r−1) (q1 + G⁺) ≤ B(s) q1 = λ⁻, from M ≤ s q1 and C ≤ C(s). So λ⁻ ≥ K/(1−a) is enough. In λ⁻ the chord is at
    least a^(1−p), and gives a W ≥ a (f−a)/(1−a); and a^p ∫_a^f u^−p du ≥ a K. What is left of K a/(1−a) is
    K a²/(1−a) ≤ a (f−a)/(1−a), as K ≤ a^p a^(−1−p) (f−a).
    """
    return 1 - bounds.upper_corrected(m, depth, ratio, s, f) / sharper.upper(m, depth, ratio, s, f)
