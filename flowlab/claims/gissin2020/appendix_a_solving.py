"""Appendix A: the integrals solved, and the conditions solved for σ0.

Each condition says that σ0 is at most something: the side with σ0 falls as σ0 grows. So it is enough that both sides
are equal where σ0 is the bound.
"""

from collections.abc import Callable

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, slope, span, stated
from flowlab.claims.gissin2020._domains import BEYOND_2, DEEPER_PAIR, PAIR, RATIO, S
from flowlab.claims.gissin2020.derivations import derived
from flowlab.toy import bounds
from flowlab.verify import Real


@stated(
    "gissin2020.appendix_a.integral",
    title="the integral of 1/σ^a",
    source="appendix A, both conditions",
    hypotheses={"depth": BEYOND_2, "sigma": Real(0, float("inf"), low_open=True, printed="σ > 0")},
    identity=True,
    derivation=derived("appendix_a.integral"),
)
def integral(m: Arithmetic, depth: Number, sigma: Number) -> Number:
    """∫ dσ/σ^(2−2/N) is −N/(N−2) · (1/σ)^(1−2/N) for N > 2, and log σ at N = 2.

    By differentiating; both conditions drop the factor N/(N−2) from their two sides.
    """
    p, lost = 1 - 2 / depth, span(depth - 2)
    deep = slope(lambda at: -(at**-p) / p, sigma, sigma, lost)
    return min(agreement(deep, sigma ** (-1 - p)), agreement(slope(mp.log, sigma, sigma, span(sigma)), 1 / sigma))


@stated(
    "gissin2020.appendix_a.necessary.rearranged",
    title="the two factors of the necessary condition",
    source="appendix A, necessary condition",
    hypotheses={"ratio": RATIO, "s": S},
    identity=True,
    derivation=derived("appendix_a.rearranged"),
)
def rearranged(m: Arithmetic, ratio: Number, s: Number) -> Number:
    """Dividing by r/(r − s), the factor r/(1−s) − r/(r−s) on the right becomes (r − 1)/(1 − s).

    r/(1−s) − r/(r−s) = r (r−1)/((1−s)(r−s)).
    """
    with mp.extradps(2 * span(ratio - 1)):
        right = (ratio / (1 - s) - ratio / (ratio - s)) / (ratio / (ratio - s))
    return agreement(right, (ratio - 1) / (1 - s))


def _solved(
    bound: Callable[..., Number], depth: Number, ratio: Number, s: Number, f: Number, gain: Number, keep: bool
) -> Number:
    """Return the slack of ``left = gain × right(σ0)`` at the bound; `keep` the term (fr)^(2/N−1) or not."""
    p = 1 - 2 / mp.mpf(depth)
    with mp.extradps(2 * span(ratio, ratio - 1, depth) + (2 * span(p) if p else 0)):
        drop = bound(mp, depth, ratio, s, f)
        if p == 0:
            left, right = mp.log(f * ratio / s), gain * drop
        else:  # times s^p on both sides: (s/σ0)^p is e^(p drop)
            left = 1 - (s / (f * ratio)) ** p if keep else mp.mpf(1)
            right = gain * mp.expm1(p * drop)
    return agreement(left, right)


@stated(
    "gissin2020.appendix_a.sufficient.solved.depth2",
    title="the sufficient condition solved for σ0",
    source="appendix A, sufficient condition, N = 2",
    hypotheses=PAIR,
    identity=True,
    derivation=derived("appendix_a.sufficient_depth2"),
)
def sufficient_depth2(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """1/(1−f) · log(fr/s) ≤ (r−1) log(s σ_j*/σ0) says σ0 ≤ s σ_j* (s/(f r))^(1/((1−f)(r−1))).

    Equal at the bound.
    """
    return _solved(bounds.lower, mp.mpf(2), ratio, s, f, (1 - f) * (ratio - 1), keep=False)


@stated(
    "gissin2020.appendix_a.sufficient.solved.deep",
    title="the sufficient condition solved for σ0",
    source="appendix A, sufficient condition, N ≥ 3",
    hypotheses=DEEPER_PAIR,
    identity=True,
    derivation=derived("appendix_a.sufficient_deep"),
)
def sufficient_deep(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """1/(1−f) · s^−p ≤ (r−1) (x0^−p − s^−p), p = 1 − 2/N, says x0 ≤ s ((1−f)(r−1)/(1 + (1−f)(r−1)))^(N/(N−2)).

    Equal at the bound.
    """
    return _solved(bounds.lower, depth, ratio, s, f, (1 - f) * (ratio - 1), keep=False)


@stated(
    "gissin2020.appendix_a.necessary.solved.depth2",
    title="the necessary condition solved for σ0",
    source="appendix A, necessary condition, N = 2",
    hypotheses=PAIR,
    identity=True,
    derivation=derived("appendix_a.necessary_depth2"),
)
def necessary_depth2(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """log(fr/s) ≤ (r−1)/(1−s) · log(s σ_j*/σ0) says σ0 ≤ s σ_j* (s/(f r))^((1−s)/(r−1)).

    Equal at the bound.
    """
    return _solved(bounds.upper, mp.mpf(2), ratio, s, f, (ratio - 1) / (1 - s), keep=True)


@stated(
    "gissin2020.appendix_a.necessary.solved.deep",
    title="the necessary condition solved for σ0",
    source="appendix A, necessary condition, N ≥ 3, as it should end",
    hypotheses=DEEPER_PAIR,
    identity=True,
    derivation=derived("appendix_a.necessary_deep"),
)
def necessary_deep(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """s^−p − (fr)^−p ≤ (r−1)/(1−s) · (x0^−p − s^−p) says x0 ≤ s (1 + (1−s)/(r−1) · (1 − (s/(fr))^p))^(−1/p).

    Equal at the bound. The paper drops (fr)^−p here (claim gissin2020.appendix_a.necessary.drop).
    """
    return _solved(bounds.upper_corrected, depth, ratio, s, f, (ratio - 1) / (1 - s), keep=True)
