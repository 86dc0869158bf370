"""Appendix C: the first step of gradient descent, compared between two values of a model of any depth.

``r_k = σ_k/σ_k*``, ``η = c (1/σ1*)^(2−2/N)``, ``R = σ_i*/σ1*`` and ``σ_i* = r σ_j*``; both start at σ0, so
``r_j(0) = r r_i(0)``.
"""

from math import inf, nan

import mpmath as mp

from flowlab.claims._stating import EXACT, Arithmetic, Number, agreement, span, stated
from flowlab.claims.gissin2020._domains import RATIO, SIZE
from flowlab.claims.gissin2020.appendix_b import gain
from flowlab.claims.gissin2020.derivations import derived
from flowlab.toy import precise
from flowlab.verify import Assumption, Real

_DEPTH = Real(2, inf, printed="N ≥ 2")
_STEP = Real(0, 1, low_open=True, printed="c ≤ 1", ours="Lemma 1's limit; the appendix speaks of small c")
_RATIO = Real(0, 1, low_open=True, high_open=True, printed="r(0) < 1")
_EARLY = {"depth": _DEPTH, "c": _STEP, "size": SIZE, "start": _RATIO}
_PAIR = {**_EARLY, "ratio": RATIO}


@stated(
    "gissin2020.appendix_c.update",
    title="the step of a ratio",
    source="appendix C",
    hypotheses={
        "depth": _DEPTH,
        "c": _STEP,
        "size": SIZE,
        "start": _RATIO,
        "largest": Real(0, inf, low_open=True, printed="σ1* > 0"),
    },
    identity=True,
    derivation=derived("appendix_c.update"),
)
def update(m: Arithmetic, depth: Number, c: Number, size: Number, start: Number, largest: Number) -> Number:
    """r(t+1) = r(t) (1 + (c/N) R^(2−2/N) r(t)^(1−2/N) (1 − r(t)))^N.

    Divide eq. 9 by σ*. The arguments of the N-th powers are compared, less 1.
    """
    power = 2 - 2 / mp.mpf(depth)
    target = size * largest
    rate = c * largest ** (-power)
    direct = rate / depth * (start * target) ** (power - 1) * (target - start * target)
    return agreement(direct, c / depth * size**power * start ** (power - 1) * (1 - start))


def _push(m: Arithmetic, depth: Number, c: Number, size: Number, start: Number) -> Number:
    """Return ``(c/N) R^(2−2/N) r^(1−2/N)``, the early step's relative change of the weight."""
    return c / depth * m.exp(((2 * depth - 2) * m.log(size) + (depth - 2) * m.log(start)) / depth)


def _relative_update(m: Arithmetic, depth: Number, push: Number) -> Number:
    """Return (r(1) − r(0))/r(0) of the early step, ``(1 + push)^N − 1``."""
    return m.expm1(depth * m.log1p(push))


@stated(
    "gissin2020.appendix_c.early",
    title="the step without 1 − r",
    source="appendix C («we can neglect the 1 − r(t) term»)",
    hypotheses=_EARLY,
    derivation=derived("appendix_c.early"),
)
def early(m: Arithmetic, depth: Number, c: Number, size: Number, start: Number) -> Number:
    """With y = c R^(2−2/N) r^(1−2/N), what a step adds is 1 − r of what it adds without 1 − r, up to a factor e^−y.

    So the term may be neglected where r is small: e^−y (1 − r) ≤ added/added without ≤ 1 − r. With u = 1 − r and
    x = y/N: (1+xu)^N − 1 is at most u ((1+x)^N − 1) since it is convex in u, and at least N x u ≥ e^−y u ((1+x)^N − 1).
    The slack is the logarithms' distance, over y.
    """
    push = _push(m, depth, c, size, start)
    with m.digits(push):
        kept = m.expm1(depth * m.log1p(push * (1 - start))) / (1 - start)
        quotient = m.log(kept / _relative_update(m, depth, push)) / (depth * push)
    return min(-quotient, 1 + quotient)


@stated(
    "gissin2020.appendix_c.first_order",
    title="the early step in first order",
    source="appendix C",
    hypotheses=_EARLY,
    derivation=derived("appendix_c.first_order"),
)
def first_order(m: Arithmetic, depth: Number, c: Number, size: Number, start: Number) -> Number:
    """With 1 − r dropped, r(1) = r + c R^(2−2/N) r^(2−2/N) up to a rest in [0, (e − 2) c² R^(4−4/N) r^(3−4/N)].

    The paper neglects higher orders of c; the constant is ours. With y = c R^(2−2/N) r^(1−2/N) ≤ 1 the step adds
    r ((1 + y/N)^N − 1), and y ≤ (1 + y/N)^N − 1 ≤ e^y − 1 ≤ y + (e − 2) y². The slack is that of y, over y².
    """
    push = _push(m, depth, c, size, start)
    with m.digits(push):
        first = depth * push
        rest = (_relative_update(m, depth, push) - first) / first**2
    return min(rest, m.exp(1) - 2 - rest)


@stated(
    "gissin2020.appendix_c.factor",
    title="whose ratio grows more",
    source="appendix C, last display",
    hypotheses=_PAIR,
    recorded="falsified",
    flaw="Expanding (r^(1/N) + r^(1/N−1) x)^N to first order in x leaves a factor N r^((N−1)/N) · r^(1/N−1) = N: the "
    "appendix loses the first r^((N−1)/N), which cancels the second.",
    corrected_by="gissin2020.appendix_c.factor.corrected",
    derivation=derived("appendix_c.factor"),
    balls={"depth": "2:50", "c": "0.01:1", "size": "0.01:1", "start": "0.01:0.99", "ratio": "1.05:50"},
)
def factor(m: Arithmetic, depth: Number, c: Number, size: Number, start: Number, ratio: Number) -> Number:
    """To first order in c the update of r_i is larger than that of r_j by the factor r^((N−1)/N): up to e^±c, that is.

    False: to first order the two updates are equal, and no constant times c in place of c would save the factor. (The
    exponent is damaged in the scan; no power of r other than 0 is right.)
    """
    return _factor_slack(m, depth, c, size, start, ratio, (depth - 1) * m.log(ratio) / depth)


@stated(
    "gissin2020.appendix_c.factor.corrected",
    title="whose ratio grows more",
    source="appendix C, last display, corrected",
    hypotheses=_PAIR,
    derivation=derived("appendix_c.factor_corrected"),
)
def factor_corrected(m: Arithmetic, depth: Number, c: Number, size: Number, start: Number, ratio: Number) -> Number:
    """To first order in c the updates of r_i and r_j are equal, up to e^±c; that of r_i is r times larger beside r_i.

    ṙ = σ*^(2−2/N) r^(2−2/N) in the early phase, and σ*^(2−2/N) r^(2−2/N) = σ^(2−2/N) is the same for both. In steps,
    N x ≤ (1+x)^N − 1 ≤ N x e^(Nx) with N x_i ≤ c and N x_j = N x_i/r, so that the updates' quotient lies in
    [e^(−c/r), e^c].
    """
    return _factor_slack(m, depth, c, size, start, ratio, 0)


def _factor_slack(
    m: Arithmetic, depth: Number, c: Number, size: Number, start: Number, ratio: Number, claimed: Number
) -> Number:
    """Return how far log of the quotient of the two updates is within c of what is claimed, over c.

    `start` is r_j(0), which is below 1 with r_i(0) = r_j(0)/ratio.
    """
    push_i, push_j = _push(m, depth, c, size, start / ratio), _push(m, depth, c, size / ratio, start)
    with m.digits(c):
        grown_i, grown_j = _relative_update(m, depth, push_i), _relative_update(m, depth, push_j)
        return 1 - abs(m.log(grown_i / grown_j / ratio) - claimed) / c


@stated(
    "gissin2020.appendix_c.pair",
    title="the early step of the slower ratio",
    source="appendix C, the pair of updates",
    hypotheses=_PAIR,
    identity=True,
    derivation=derived("appendix_c.pair"),
)
def pair(m: Arithmetic, depth: Number, c: Number, size: Number, start: Number, ratio: Number) -> Number:
    """With r_j(0) = r r_i(0) and R_i = r R_j, r_j(1) = r_i(0) (r^(1/N) + r^(1/N−1) (c/N) R_i^(2−2/N) r_i(0)^(1−2/N))^N.

    r_j(0)^(1/N) = r^(1/N) r_i(0)^(1/N), and R_j^(2−2/N) r_j(0)^(1−2/N) is 1/r times the same of i. What is added to
    r^(1/N) is compared.
    """
    first = start / ratio
    with mp.extradps(10):
        added = ratio ** (1 / depth) * _push(m, depth, c, size / ratio, start)
        stated = ratio ** (1 / depth - 1) * _push(m, depth, c, size, first)
    return agreement(added, stated)


@stated(
    "gissin2020.appendix_c.depth",
    title="relative step sizes by depth",
    source="appendix C («the deeper the model, the larger the relative step size of r_i»)",
    hypotheses={
        **_PAIR,
        "deeper": Real(2, inf, printed="any deeper model, N' > N (deeper = N')"),
    },
    assuming=(Assumption("N < N'", lambda depth, deeper, **_: depth < deeper),),
    guarded=True,
    recorded="falsified",
    flaw="It rests on the factor r^((N−1)/N) of the last display, which is 1 (claim appendix_c.factor.corrected): to "
    "first order both updates are equal at every depth, and what c adds to that is less the deeper the model.",
    corrected_by="gissin2020.appendix_c.depth.corrected",
    derivation=derived("appendix_c.depth"),
)
def deeper_step(
    m: Arithmetic, depth: Number, c: Number, size: Number, start: Number, ratio: Number, deeper: Number
) -> Number:
    """In the first step the update of r_i is larger beside that of r_j the deeper the model is.

    False: the quotient of the updates is 1 + ½ (1−1/N) (1−1/r) y in first order, with y = c R^(2−2/N) r_i(0)^(1−2/N),
    which falls with N. Depth tells in later steps, through σ^(2−2/N). The slack is the difference of the quotients'
    logarithms.
    """
    quotients = []
    for each in (depth, deeper):
        first, second = _push(m, each, c, size, start / ratio), _push(m, each, c, size / ratio, start)
        with m.digits(first):
            quotients.append(m.log(_relative_update(m, each, first) / _relative_update(m, each, second) / ratio))
    return quotients[1] - quotients[0]


@stated(
    "gissin2020.appendix_c.depth.corrected",
    title="the larger value's lead by depth",
    source="appendix C, last sentence, corrected",
    hypotheses={
        "depth": Real(
            1, inf, low_open=True, printed="any N", ours="layers are counted, yet nothing here needs N to be an integer"
        ),
        "part": Real(0, 1, high_open=True, printed="any N' < N (N' = 1 + part (N − 1))"),
        "ratio": RATIO,
        "start": Real(0, 1, low_open=True, high_open=True, printed="σ0 < σ_j* (start = σ0/σ_j*)"),
        "level": Real(0, 1, low_open=True, high_open=True, printed="any part of its optimum, r_i(0) < level < 1"),
    },
    assuming=(Assumption("σ0 < level σ_i*", lambda start, level, ratio, **_: start / ratio < level),),
    guarded=True,
    derivation=derived("appendix_c.lead"),
)
def lead(m: Arithmetic, depth: Number, part: Number, ratio: Number, start: Number, level: Number) -> Number:
    """When r_i reaches any level, r_j is less far the deeper the model, under gradient flow.

    While σ_i goes from σ0 to z σ_j*, σ_j goes to x σ_j* where ∫_{x0}^x u^(−a) (1/(1−u) − 1/(r−u)) du =
    ∫_x^z u^(−a)/(r−u) du, a = 2−2/N. Times x^a, the weight (x/u)^a rises with a on the left and falls on the right:
    at a greater depth and the same z the two sides meet at a smaller x. The slack is that of log r_j.
    """
    with m.digits(1 / depth, 1 - part):
        shallow = m.log_at_hitting(1 + part * (depth - 1), ratio, level, start)
        return shallow - m.log_at_hitting(depth, ratio, level, start)


@stated(
    "gissin2020.appendix_c.eventually",
    title="eventually the larger value is ahead",
    source="appendix C («making r_i eventually converge faster than r_j»)",
    hypotheses={
        "depth": _DEPTH,
        "ratio": RATIO,
        "start": Real(0, 1, low_open=True, high_open=True, printed="σ0 < σ_j* (start = σ0/σ_j*)"),
        "later": Real(0, inf, low_open=True, printed="any time from then on (later by so much of it)"),
    },
    guarded=True,
    derivation=derived("appendix_c.eventually"),
)
def eventually(m: Arithmetic, depth: Number, ratio: Number, start: Number, later: Number) -> Number:
    """For N ≥ 2 gradient flow has r_i > r_j at every t > log((σ_i*−σ0)/(σ_j*−σ0))/((σ_i*−σ_j*) σ0^(1−2/N)).

    Z = log(σ/(σ*−σ)) moves by Ż = σ* σ^(1−2/N), and σ_i ≥ σ_j ≥ σ0: so Z_i − Z_j rises at the rate (σ_i*−σ_j*)
    σ0^(1−2/N) or more, from −log((σ_i*−σ0)/(σ_j*−σ0)). At N = 2 that is its rate, and the time the first such. At N = 1
    r_i stays behind for ever. The slack is Z_i − Z_j over the part of it that `later` makes.
    """
    if m is not EXACT:  # an inequality that only mpmath can evaluate
        return nan
    with mp.extradps(span(start, 1 - start, later, ratio, ratio - 1) + 2 * span(depth) + 20):
        behind = mp.log1p((ratio - 1) / (1 - start))
        t = (1 + later) * behind / ((ratio - 1) * start ** (1 - 2 / depth))
        ahead, other = (precise.log_odds(t, depth, target, start) for target in (ratio, mp.mpf(1)))
        return (ahead - other) / (behind * later)


@stated(
    "gissin2020.appendix_c.eventually.descent",
    title="each step of descent brings the larger value ahead",
    source="appendix C («this accumulates throughout the optimization»)",
    hypotheses={
        "rate": Real(0, 1, low_open=True, printed="η ≤ 1/σ_i* (rate = η σ_i*)", ours="Lemma 1's limit"),
        "ratio": RATIO,
        "start": Real(0, 1, low_open=True, high_open=True, printed="any σ_j < σ_j* (start = σ_j/σ_j*)"),
        "part": Real(0, 1, high_open=True, printed="any σ_i from σ_j to σ_i* (at part of the way)"),
    },
    derivation=derived("appendix_c.eventually_descent"),
)
def eventually_descent(m: Arithmetic, rate: Number, ratio: Number, start: Number, part: Number) -> Number:
    """At N = 2 a step of descent with Q = η σ_i* ≤ 1 raises log(r_i/(1−r_i)) − log(r_j/(1−r_j)) by at least
    (Q/(1 + Q/2)) (1 − 1/r).

    So r_i is ahead of r_j after finitely many steps, and stays so. A step raises log(ρ/(1−ρ)) by G(q, ρ) =
    2 log(1 + (q/2)(1−ρ)) − log(1 − qρ − (q²/4) ρ(1−ρ)), q = η σ*, which rises with ρ; so σ_i = σ_j is the worst case.
    There it is 2 log(1 + (h/2)(r − x)) − log(1 − hx − (h²/4) x (r − x)) with h = η σ_j* and x = σ_j/σ_j*, the same of
    σ_j at r = 1. Its slope in r is at least h/(1 + (h/2) r). The slack is relative to the bound.
    """
    h, left = rate / ratio, 1 - start
    behind = (1 - part) * (ratio - start) / ratio
    with m.digits(rate, ratio - 1, 1 - part):
        first, second = (gain(m, at, apart, q) for at, apart, q in ((1 - behind, behind, rate), (start, left, h)))
        return (first - second) * (1 + rate / 2) / (h * (ratio - 1)) - 1
