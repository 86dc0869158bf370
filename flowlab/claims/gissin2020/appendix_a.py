"""Appendix A: the steps of Theorem 2's proof, each an inequality of its own.

With ``x = σ/σ_j*`` the condition for incremental learning is (eq. 8)
``∫_s^{fr} dx/(x^a (1−x/r)) + ∫_{x0}^s dx/(x^a (1−x/r)) <= r ∫_{x0}^s dx/(x^a (1−x))``, a = 2 − 2/N.
"""

from math import inf

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, span, stated
from flowlab.claims.gissin2020 import _ball_steps
from flowlab.claims.gissin2020._domains import ANY_DEPTH, DEEP_PAIR, PAIR, RATIO, F, S
from flowlab.claims.gissin2020._integrals import between_levels
from flowlab.claims.gissin2020.derivations import derived
from flowlab.toy import bounds, precise
from flowlab.verify import Real, Sides

_BELOW = Real(0, 1, low_open=True, high_open=True, printed="σ0 < s σ_j* (σ0 = part · s σ_j*)")
_START = Real(0, 1, low_open=True, high_open=True, printed="σ_i(0) = σ_j(0) = σ0 < σ_j* (start = σ0/σ_j*)")
_PART = Real(0, 1, printed="σ between the ends of its integral (at part of the way)")


def _between(m: Arithmetic, low: Number, high: Number, part: Number) -> Number:
    return low + part * (high - low)


@stated(
    "gissin2020.appendix_a.sufficient.same",
    title="the two integrals up to s",
    source="appendix A, sufficient condition",
    hypotheses={"ratio": RATIO, "x": Real(0, 1, low_open=True, high_open=True, printed="σ < σ_j* (x = σ/σ_j*)")},
    sides=lambda ratio, x: Sides(1 / (1 - x / ratio), 1 / (1 - x)),
    derivation=derived("appendix_a.sufficient_same"),
    balls=_ball_steps.SAME,
)
def sufficient_same(m: Arithmetic, ratio: Number, x: Number) -> Number:
    """Removing r from the left-most integral's denominator increases it: 1/(1 − x/r) ≤ 1/(1 − x) for σ = x σ_j* < σ_j*.

    x/r < x < 1.
    """
    return (x - x / ratio) / x


@stated(
    "gissin2020.appendix_a.sufficient.left",
    title="the integral from s to f r",
    source="appendix A, sufficient condition",
    hypotheses={"ratio": RATIO, "s": S, "f": F, "part": _PART},
    sides=lambda ratio, s, f, part: Sides(1 / (1 - (s / ratio + part * (f - s / ratio))), 1 / (1 - f)),
    derivation=derived("appendix_a.sufficient_left"),
    balls=_ball_steps.LEVEL,
)
def sufficient_left(m: Arithmetic, ratio: Number, s: Number, f: Number, part: Number) -> Number:
    """On [s σ_j*, f r σ_j*], 1/(1 − σ/(r σ_j*)) ≤ 1/(1 − f).

    The integrand is largest at the upper end.
    """
    return f - _between(m, s / ratio, f, part)


@stated(
    "gissin2020.appendix_a.sufficient.right",
    title="the integral from σ0 to s",
    source="appendix A, sufficient condition",
    hypotheses={"s": S, "part": _PART},
    sides=lambda s, part: Sides(1 + 0 * s, 1 / (1 - s * part)),
    derivation=derived("appendix_a.sufficient_right"),
)
def sufficient_right(m: Arithmetic, s: Number, part: Number) -> Number:
    """On [σ0, s σ_j*], 1/(1 − σ/σ_j*) ≥ 1.

    The integrand is 1 at σ = 0 and rises with σ.
    """
    return part


@stated(
    "gissin2020.appendix_a.sufficient.drop",
    title="dropping (fr)^(2/N−1)",
    source="appendix A, sufficient condition, N ≥ 3",
    hypotheses=DEEP_PAIR,
    derivation=derived("appendix_a.sufficient_drop"),
    balls={"depth": "3:50", "ratio": "1.05:50", "s": "0.01:0.25", "f": "0.75:0.99"},
)
def sufficient_drop(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """For N ≥ 3 removing (fr)^(2/N−1) from the left-hand side restricts the condition further.

    The removed term is subtracted on the left: without it, the left-hand side is larger.
    """
    return m.exp((m.log(f) + m.log(ratio)) * (2 - depth) / depth)


@stated(
    "gissin2020.appendix_a.necessary.left",
    title="the integral from s to f r",
    source="appendix A, necessary condition",
    hypotheses={"ratio": RATIO, "s": S, "f": F, "part": _PART},
    sides=lambda ratio, s, f, part: Sides(1 / (1 - s / ratio), 1 / (1 - (s / ratio + part * (f - s / ratio)))),
    derivation=derived("appendix_a.necessary_left"),
    balls=_ball_steps.LEVEL,
)
def necessary_left(m: Arithmetic, ratio: Number, s: Number, f: Number, part: Number) -> Number:
    """Plugging σ = s σ_j* into the integrand on [s σ_j*, f r σ_j*] decreases the left-hand side.

    1/(1 − x/r) rises with x.
    """
    return _between(m, s / ratio, f, part) - s / ratio


@stated(
    "gissin2020.appendix_a.necessary.right",
    title="the two integrals from σ0 to s",
    source="appendix A, necessary condition",
    hypotheses={"ratio": RATIO, "s": S, "part": _PART},
    sides=lambda ratio, s, part: Sides((1 - s) * (ratio - s), (1 - s * part) * (ratio - s * part)),
    derivation=derived("appendix_a.necessary_right"),
    balls=_ball_steps.RIGHT,
)
def necessary_right(m: Arithmetic, ratio: Number, s: Number, part: Number) -> Number:
    """Plugging σ = s σ_j* into both integrals on [σ0, s σ_j*] increases the right-hand side, r/(1−x) − r/(r−x).

    Not term by term, as the paper argues: the subtracted integrand grows as well, which by itself would decrease it.
    Together they are r(r−1)/((1−x)(r−x)), which rises with x. The slack is relative to that.
    """
    x = s * part
    return 1 - (1 - s) * (ratio - s) / ((1 - x) * (ratio - x))


@stated(
    "gissin2020.appendix_a.necessary.drop",
    title="dropping (fr)^(2/N−1)",
    source="appendix A, necessary condition, N ≥ 3",
    hypotheses=DEEP_PAIR,
    recorded="falsified",
    flaw="The term is subtracted on the side that must be small: without it the condition is stricter, not weaker. "
    "The sufficient half says so itself, one page earlier.",
    corrected_by="gissin2020.theorem2.deep.upper.corrected",
    derivation=derived("appendix_a.necessary_drop"),
    balls={"depth": "3", "ratio": "1.05:50", "s": "0.01:0.25", "f": "0.75:0.99"},
)
def necessary_drop(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """For N ≥ 3, s^−p − (fr)^−p ≤ (r−1)/(1−s) (x0^−p − s^−p) implies x0 ≤ s ((r−1)/(r−s))^(1/p), p = 1 − 2/N.

    False for every argument: at the largest x0 that the premise allows, the conclusion fails.
    """
    return 1 - bounds.upper(m, depth, ratio, s, f) / bounds.upper_corrected(m, depth, ratio, s, f)


@stated(
    "gissin2020.definition1.times",
    title="incremental learning in terms of hitting times",
    source="section 3 and appendix A",
    hypotheses={
        "depth": ANY_DEPTH,
        **PAIR,
        "start": _START,
    },
    guarded=True,
    derivation=derived("appendix_a.times"),
)
def times(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number, start: Number) -> Number:
    """Learning is (s, f)-incremental from σ0 if and only if σ0 is at most the root of t_f(σ_i) = t_s(σ_j).

    σ(t) increases, so there is a time with both exactly if σ_j is still at most s σ_j* when σ_i reaches f σ_i*: at the
    start, if that is there already. The slack is the product of the two conditions' signed distances from equality,
    which must agree in sign. Below N = 2 there may be no root, at N = 1 there is none: then no start may be.
    """
    hit = m.log_at_hitting(depth, ratio, f, start) if start < f * ratio else m.log(start)
    early, drop = m.log(s) - hit, m.drop(depth, ratio, s, f)
    return early * (m.log(s) - m.log(start) - drop) if drop < inf else -early


@stated(
    "gissin2020.appendix_a.split",
    title="the condition, rearranged and split at s",
    source="appendix A, eq. 8",
    hypotheses={"depth": ANY_DEPTH, **PAIR, "part": _BELOW},
    identity=True,
    derivation=derived("appendix_a.split"),
)
def split(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number, part: Number) -> Number:
    """That t_f(σ_i) ≤ t_s(σ_j) says ∫_{x0}^s dx/(x^a (1−x/r)) + ∫_s^{fr} dx/(x^a (1−x/r)) ≤ r ∫_{x0}^s dx/(x^a (1−x)).

    r times either time is the side of the inequality that stands for it. The integrals are taken by quadrature in
    x/(1−x) and x/(r−x), the times from their series.
    """
    left = ratio * (between_levels(part * s, s, ratio, depth) + between_levels(s, f * ratio, ratio, depth))
    right = ratio * between_levels(part * s, s, mp.mpf(1), depth)
    with mp.extradps(40 + 3 * span(ratio) + span(s) + span(part)):
        slow, fast = precise.time(s, depth, 1, part * s), precise.time(f * ratio, depth, ratio, part * s)
    return min(agreement(left, ratio * fast), agreement(right, ratio * slow))
