"""Theorem 2: bounds on the largest start with incremental learning by gradient flow."""

from flowlab.claims._sides import from_above, from_below
from flowlab.claims._stating import Arithmetic, Number, stated
from flowlab.claims.gissin2020 import _balls
from flowlab.claims.gissin2020._domains import DEEP_PAIR, DEEPER_PAIR, PAIR
from flowlab.claims.gissin2020.derivations import derived
from flowlab.toy import bounds


def _above(exact: Number, bound: Number) -> Number:
    """Return the slack of a lower bound: both numbers are log(s σ_j*/·), so the bound's is the larger."""
    return 1 - exact / bound


def _below(exact: Number, bound: Number) -> Number:
    """Return the slack of an upper bound, which is 0 where it is the threshold and 1 where it says nothing."""
    return 1 - bound / exact


@stated(
    "gissin2020.theorem2.depth2.lower",
    title="threshold at depth 2, from below",
    source="Theorem 2",
    hypotheses=PAIR,
    guarded=True,
    sides=from_below(bounds.lower),
    balls=_balls.DEPTH2_LOWER,
    derivation=derived("theorem2.depth2_lower"),
)
def depth2_lower(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, s σ_j* (s/(f r))^(1/((1−f)(r−1))) ≤ σ0_th.

    Appendix A, «Sufficient condition»: every step tightens the condition (the claims appendix_a.sufficient).
    """
    return _above(m.drop(2, ratio, s, f), bounds.lower(m, 2, ratio, s, f))


@stated(
    "gissin2020.theorem2.depth2.upper",
    title="threshold at depth 2, from above",
    source="Theorem 2",
    hypotheses=PAIR,
    guarded=True,
    sides=from_above(bounds.upper),
    balls=_balls.DEPTH2_UPPER,
    derivation=derived("theorem2.depth2_upper"),
)
def depth2_upper(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, σ0_th ≤ s σ_j* (s/(f r))^((1−s)/(r−1)).

    Appendix A, «Necessary condition»: every step relaxes the condition (the claims appendix_a.necessary).
    """
    return _below(m.drop(2, ratio, s, f), bounds.upper(m, 2, ratio, s, f))


@stated(
    "gissin2020.theorem2.deep.lower",
    title="threshold at depth 3 and more, from below",
    source="Theorem 2",
    hypotheses=DEEP_PAIR,
    guarded=True,
    sides=from_below(bounds.lower),
    balls=_balls.DEEP_LOWER,
    derivation=derived("theorem2.deep_lower"),
)
def deep_lower(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """For N ≥ 3, s σ_j* ((1−f)(r−1) / (1 + (1−f)(r−1)))^(N/(N−2)) ≤ σ0_th.

    Appendix A, «Sufficient condition»; dropping (fr)^(2/N−1) there tightens the condition once more.
    """
    return _above(m.drop(depth, ratio, s, f), bounds.lower(m, depth, ratio, s, f))


@stated(
    "gissin2020.theorem2.deep.upper",
    title="threshold at depth 3 and more, from above",
    source="Theorem 2",
    hypotheses=DEEP_PAIR,
    guarded=True,
    sides=from_above(bounds.upper),
    recorded="falsified",
    flaw="Appendix A, the last step of «Necessary condition»: solving for σ0 drops (fr)^(2/N−1), with a minus sign, "
    "from the left-hand side (claim gissin2020.appendix_a.necessary.drop). That makes the condition stricter, so what "
    "remains is no longer necessary.",
    corrected_by="gissin2020.theorem2.deep.upper.corrected",
    balls=_balls.DEEP_UPPER,
)
def deep_upper(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """For N ≥ 3, σ0_th ≤ s σ_j* ((r−1)/(r−s))^(N/(N−2)).

    False. Worst at small depth and moderate ratio, where (s/(fr))^(1−2/N) is not small.
    """
    return _below(m.drop(depth, ratio, s, f), bounds.upper(m, depth, ratio, s, f))


@stated(
    "gissin2020.theorem2.deep.upper.corrected",
    title="threshold at depth 3 and more, from above",
    source="Theorem 2, corrected",
    hypotheses=DEEPER_PAIR,
    guarded=True,
    sides=from_above(bounds.upper_corrected),
    balls=_balls.DEEP_UPPER_CORRECTED,
    derivation=derived("theorem2.deep_upper"),
)
def deep_upper_corrected(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """For every real N > 2, with p = 1 − 2/N, σ0_th ≤ s σ_j* (1 + (1−s)/(r−1) · (1 − (s/(fr))^p))^(−1/p).

    With x = σ/σ_j* the condition is ∫_s^{fr} x^(−1−p)/(1−x/r) dx ≤ ∫_{x0}^s x^(−1−p) (r/(1−x) − r/(r−x)) dx. On the
    left 1/(1−x/r) ≥ r/(r−s); on the right the bracket is r(r−1)/((1−x)(r−x)), which rises with x ≤ s. Hence it is
    necessary that s^−p − (fr)^−p ≤ (r−1)/(1−s) · (x0^−p − s^−p). Solve for x0. As N → 2 this is the depth-2 bound.
    """
    return _below(m.drop(depth, ratio, s, f), bounds.upper_corrected(m, depth, ratio, s, f))
