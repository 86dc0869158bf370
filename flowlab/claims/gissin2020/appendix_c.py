"""Appendix C: the first step of gradient descent, compared between two values of a model of any depth.

``r_k = σ_k/σ_k*``, ``η = c (1/σ1*)^(2−2/N)``, ``R = σ_i*/σ1*`` and ``σ_i* = r σ_j*``; both start at σ0, so
``r_j(0) = r r_i(0)``.
"""

from math import inf

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, stated
from flowlab.claims.gissin2020._domains import OPEN_UNIT, RATIO, SIZE
from flowlab.verify import Integer, Real

_DEPTH = Integer(2, printed="N ≥ 2")
_STEP = Real(0, 1, low_open=True, printed="c ≤ 1")
_EARLY = {"depth": _DEPTH, "c": _STEP, "size": SIZE, "ratio": RATIO, "start": OPEN_UNIT}


@stated(
    "gissin2020.appendix_c.update",
    title="the step of a ratio",
    source="appendix C",
    hypotheses={
        "depth": _DEPTH,
        "c": _STEP,
        "size": SIZE,
        "start": OPEN_UNIT,
        "largest": Real(0, inf, low_open=True, printed="σ1* > 0"),
    },
    identity=True,
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
    "gissin2020.appendix_c.first_order",
    title="the early step in first order",
    source="appendix C",
    hypotheses={key: value for key, value in _EARLY.items() if key != "ratio"},
)
def first_order(m: Arithmetic, depth: Number, c: Number, size: Number, start: Number) -> Number:
    """With 1 − r dropped, r(1) = r(0) + r(0) y (1 + δ) with y = c R^(2−2/N) r(0)^(1−2/N) and 0 ≤ δ ≤ e^y − 1.

    The paper neglects higher orders of c; δ, which bounds them, is ours: N x ≤ (1+x)^N − 1 ≤ e^(Nx) − 1 ≤ N x e^(Nx).
    """
    push = _push(m, depth, c, size, start)
    first = depth * push
    grown = _relative_update(m, depth, push)
    return min(grown - first, first * m.exp(first) - grown) / first


@stated(
    "gissin2020.appendix_c.factor",
    title="whose ratio grows more",
    source="appendix C, last display",
    hypotheses={**_EARLY, "c": Real(0, 1e-3, low_open=True, printed="small c (c ≤ 0.001)")},
    recorded="falsified",
    flaw="Expanding (r^(1/N) + r^(1/N−1) x)^N to first order in x leaves a factor N r^((N−1)/N) · r^(1/N−1) = N: the "
    "appendix loses the first r^((N−1)/N), which cancels the second.",
    corrected_by="gissin2020.appendix_c.factor.corrected",
)
def factor(m: Arithmetic, depth: Number, c: Number, size: Number, ratio: Number, start: Number) -> Number:
    """For small c the update of r_i is larger than that of r_j by the factor r^((N−1)/N), up to 2c.

    False: to first order the two updates are equal. (The exponent is damaged in the scan; no power of r other than 0
    is right.)
    """
    return _factor_slack(m, depth, c, size, ratio, start, m.exp((depth - 1) * m.log(ratio) / depth))


@stated(
    "gissin2020.appendix_c.factor.corrected",
    title="whose ratio grows more",
    source="appendix C, last display, corrected",
    hypotheses={**_EARLY, "c": Real(0, 1e-3, low_open=True, printed="small c (c ≤ 0.001)")},
)
def factor_corrected(m: Arithmetic, depth: Number, c: Number, size: Number, ratio: Number, start: Number) -> Number:
    """For small c the updates of r_i and r_j are equal, up to 2c; relative to r itself, that of r_i is r times larger.

    ṙ = σ*^(2−2/N) r^(2−2/N) in the early phase, and σ*^(2−2/N) r^(2−2/N) = σ^(2−2/N) is the same for both. In steps,
    N x ≤ (1+x)^N − 1 ≤ N x e^(Nx) with N x_i ≤ c and N x_j = N x_i/r, so that the updates' quotient lies in
    [e^(−c/r), e^c].
    """
    return _factor_slack(m, depth, c, size, ratio, start, ratio / ratio)


def _factor_slack(
    m: Arithmetic, depth: Number, c: Number, size: Number, ratio: Number, start: Number, claimed: Number
) -> Number:
    """Return how far the quotient of the two updates is within 2c of what is claimed, over c.

    `start` is r_j(0), which is below 1 with r_i(0) = r_j(0)/ratio.
    """
    grown_i = _relative_update(m, depth, _push(m, depth, c, size, start / ratio)) * (start / ratio)
    grown_j = _relative_update(m, depth, _push(m, depth, c, size / ratio, start)) * start
    return 2 - abs(grown_i / grown_j / claimed - 1) / c
