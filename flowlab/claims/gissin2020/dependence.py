"""The abstract and section 3: how the threshold depends on the ratio r of the optima, and on the depth.

«Exponential» and «polynomial» are made precise as bounds whose constants do not know r: at N = 2 the threshold is
exp(−C/(r−1)) up to a constant factor, beyond it (r−1)^(N/(N−2)).
"""

from math import inf

from flowlab.claims._sides import from_above, from_below, log_descent, sided
from flowlab.claims._stating import Arithmetic, Number, stated
from flowlab.claims.gissin2020 import _balls
from flowlab.claims.gissin2020._domains import BEYOND_2, PAIR, STEP, F, S
from flowlab.claims.gissin2020.derivations import derived
from flowlab.toy.bounds import order
from flowlab.verify import Real, Sides

_ABSTRACT = "abstract and section 3 («the dependence changes from exponential to polynomial»)"
_NEAR = Real(
    1, 2, low_open=True, printed="r → 1", ours="r ≤ 2: where r is large, no power of r − 1 alone bounds from below"
)
_PART = Real(0, 1, low_open=True, high_open=True, printed="any smaller ratio r' > 1 (r' = 1 + part (r − 1))")
_DESCENT = {"rate": STEP, **PAIR}


def _odds(m: Arithmetic, s: Number, f: Number) -> Number:
    """Return log(f/(1−f) · (1−s)/s)."""
    return m.log(f) - m.log1p(-f) + m.log1p(-s) - m.log(s)


def _depth2_most(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    return _odds(m, s, f) / (ratio - 1) + 1 / (1 - s)


def _depth2_least(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    return _odds(m, s, f) / (ratio - 1) + m.log1p(-s)


def _deep_most(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    return (m.log1p(1 - f) - m.log1p(-f) - m.log(ratio - 1)) / order(depth)


def _deep_least(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    p = order(depth)
    return (m.log1p(-s) + m.log(-m.expm1(p * (m.log(s) - m.log(f)))) - m.log(ratio - 1)) / p


@stated(
    "gissin2020.dependence.depth2.lower",
    title="no worse than exponential at depth 2",
    source=_ABSTRACT,
    hypotheses=PAIR,
    guarded=True,
    sides=from_below(_depth2_most),
    balls=_balls.EXPONENTIAL_LOWER,
    derivation=derived("dependence.depth2"),
)
def depth2_lower(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, with C = log(f/(1−f) · (1−s)/s), e^(−1/(1−s)) s σ_j* e^(−C/(r−1)) ≤ σ0_th.

    With d = log(s σ_j*/σ0), the condition of appendix A is Λ ≤ (r−1) d + g(s) − g(s e^−d) (claim
    flowlab.threshold.depth2.lower), where Λ = C + log(1 + (r−1)/(1−s)), and g(y) = log(1−y/r) − r log(1−y) rises from
    0. So (r−1) d ≤ Λ ≤ C + (r−1)/(1−s) at the threshold.
    """
    return 1 - m.drop(2, ratio, s, f) / _depth2_most(m, 2, ratio, s, f)


@stated(
    "gissin2020.dependence.depth2.upper",
    title="exponential at depth 2",
    source=_ABSTRACT,
    hypotheses=PAIR,
    guarded=True,
    sides=from_above(_depth2_least),
    balls=_balls.EXPONENTIAL_UPPER,
    derivation=derived("dependence.depth2"),
)
def depth2_upper(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, with C = log(f/(1−f) · (1−s)/s), σ0_th ≤ s σ_j* e^(−C/(r−1))/(1−s).

    As before, (r−1) d = Λ − g(s) + g(s e^−d) ≥ Λ − g(s) at the threshold, which is C + log r + (r−1) log(1−s). Together
    with the claim from below: as r → 1 the threshold is exp(−C/(r−1)) up to a factor between e^(−4/3)/4 and 4/3.
    """
    return 1 - _depth2_least(m, 2, ratio, s, f) / m.drop(2, ratio, s, f)


@stated(
    "gissin2020.dependence.deep.lower",
    title="polynomial beyond depth 2",
    source=_ABSTRACT,
    hypotheses={"depth": BEYOND_2, "ratio": _NEAR, "s": S, "f": F},
    guarded=True,
    sides=from_below(_deep_most),
    balls=_balls.POLYNOMIAL_LOWER,
    derivation=derived("dependence.deep_lower"),
)
def deep_lower(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """For N ≥ 3 and r ≤ 2, s σ_j* ((1−f)/(2−f))^(N/(N−2)) (r−1)^(N/(N−2)) ≤ σ0_th.

    Theorem 2's lower bound has the denominator 1 + (1−f)(r−1) ≤ 2 − f there.
    """
    return 1 - m.drop(depth, ratio, s, f) / _deep_most(m, depth, ratio, s, f)


@stated(
    "gissin2020.dependence.deep.upper",
    title="no better than polynomial beyond depth 2",
    source=_ABSTRACT,
    hypotheses={"depth": BEYOND_2, **PAIR},
    guarded=True,
    sides=from_above(_deep_least),
    balls=_balls.POLYNOMIAL_UPPER,
    derivation=derived("dependence.deep_upper"),
)
def deep_upper(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """For N ≥ 3, with p = 1 − 2/N, σ0_th ≤ s σ_j* (r−1)^(N/(N−2)) / ((1−s)(1 − (s/f)^p))^(N/(N−2)).

    In the corrected upper bound (claim theorem2.deep.upper.corrected) drop the 1 from the sum, and r from s/(fr). So
    the exponent N/(N−2), 3 at N = 3 and 1 as N → ∞, is the true one.
    """
    return 1 - _deep_least(m, depth, ratio, s, f) / m.drop(depth, ratio, s, f)


def _descent_upper(m: Arithmetic, rate: Number, ratio: Number, s: Number, f: Number) -> Number:
    return m.log(s) - (1 - s) / (ratio - 1) * (m.log(f) + m.log(ratio) - m.log(s))


def _descent_lower(m: Arithmetic, rate: Number, ratio: Number, s: Number, f: Number) -> Number:
    first = rate / ratio
    way = _odds(m, s, f) + first + m.log1p((ratio - 1) / (1 - s))
    return m.log(s) - first - (1 + rate / 2) * way / (ratio - 1)


@sided
def _descent_upper_sides(m: Arithmetic, rate: Number, ratio: Number, s: Number, f: Number) -> Sides:
    return Sides(log_descent(m, ratio, s, f, rate), _descent_upper(m, rate, ratio, s, f), log=True)


@sided
def _descent_lower_sides(m: Arithmetic, rate: Number, ratio: Number, s: Number, f: Number) -> Sides:
    return Sides(_descent_lower(m, rate, ratio, s, f), log_descent(m, ratio, s, f, rate, gapless=True), log=True)


@stated(
    "gissin2020.dependence.descent.upper",
    title="exponential for descent at depth 2",
    source="below Theorem 3 («exponential in gradient descent as well»)",
    hypotheses=_DESCENT,
    guarded=True,
    sides=_descent_upper_sides,
    derivation=derived("dependence.descent_upper"),
)
def descent_upper(m: Arithmetic, rate: Number, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2 and whatever η ≤ c/σ1*, descent's threshold obeys σ0_th ≤ s σ_j* (s/(fr))^((1−s)/(r−1)), as the flow's.

    The paper concludes it from A and B in first order. At a fixed c these do not tend to 1 as r → 1, and Theorem 3's
    bound stays away from 0. The statement is true all the same. Let q = η σ_j* and a = q (1−s)/2, and let σ_j ≤ s σ_j*
    after k steps. As σ_i ≥ σ_j at every step, σ_i/σ_j has grown each time by at most (1 + q (r−1)/(2(1+a)))², and has
    to grow from 1 to fr/s; and σ_j by at least (1+a)². So log(s σ_j*/σ0) ≥ 2k log(1+a) with 2k q (r−1)/(2(1+a)) ≥
    log(fr/s), and (1+a) log(1+a) ≥ a.
    """
    return m.descent_slack(_descent_upper(m, rate, ratio, s, f), ratio, s, f, rate, up=True)


@stated(
    "gissin2020.dependence.descent.lower",
    title="no worse than exponential for descent",
    source="below Theorem 3 («exponential in gradient descent as well»)",
    hypotheses=_DESCENT,
    guarded=True,
    sides=_descent_lower_sides,
    derivation=derived("dependence.descent_lower"),
)
def descent_lower(m: Arithmetic, rate: Number, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, with Q = η σ_i*, q = Q/r, C = log(f/(1−f) · (1−s)/s) and D = C + q + log(1 + (r−1)/(1−s)), descent is
    incremental from every σ0 ≤ s σ_j* e^(−q − (1 + Q/2) D/(r−1)).

    Let Z be log(σ/(σ*−σ)). A step raises Z_i − Z_j by at least q (r−1)/(1 + Q/2) (claim appendix_c.eventually.descent),
    from −log((r−x0)/(1−x0)) ≥ −log(1 + (r−1)/(1−s)) on. It raises log σ_j by at most q, and Z_j too while σ_j ≤
    σ_j*/4. So the last iteration m with σ_j ≤ s σ_j* has m q ≥ log(s σ_j*/σ0) − q and Z_j ≥ log(s/(1−s)) − q. From
    these starts Z_i ≥ log(f/(1−f)) there. As q → 0 it is the flow's bound.
    """
    return m.descent_slack(_descent_lower(m, rate, ratio, s, f), ratio, s, f, rate, up=False, gapless=True)


@stated(
    "gissin2020.dependence.ratio",
    title="near ratios need small starts",
    source="below Theorem 2 («their ratio will be close to 1 and we will need a small initialization»)",
    hypotheses={"depth": Real(2, inf, printed="N ≥ 2"), **PAIR, "part": _PART},
    guarded=True,
    derivation=derived("dependence.ratio"),
)
def nearer(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number, part: Number) -> Number:
    """For N ≥ 2, σ0_th/σ_j* rises with r: it is smaller for r' = 1 + part (r−1) than for r.

    By claim section2.larger.corrected a larger optimum reaches the part f of itself sooner, from starts up to its
    f-fold over e. The threshold is below s σ_j* < σ_j*/4, and f/e > 3/(4e) > 1/4.
    """
    with m.digits(part, 1 - part, ratio - 1):
        near = m.drop(depth, 1 + part * (ratio - 1), s, f)
        return 1 - m.drop(depth, ratio, s, f) / near


@stated(
    "gissin2020.dependence.depth",
    title="deeper models need less small starts",
    source="section 1 («larger (realistic) initialization scales»), section 5",
    hypotheses={
        "depth": Real(
            1, inf, low_open=True, printed="any N", ours="layers are counted, yet nothing here needs N to be an integer"
        ),
        "part": Real(0, 1, high_open=True, printed="any N' < N (N' = 1 + part (N − 1))"),
        **PAIR,
    },
    guarded=True,
    derivation=derived("dependence.depth"),
)
def deeper(m: Arithmetic, depth: Number, part: Number, ratio: Number, s: Number, f: Number) -> Number:
    """σ0_th rises with N: it is smaller at N' = 1 + part (N−1) than at N, or there is none at N'.

    Times s^p, p = 1 − 2/N, the condition of appendix A compares ∫_s^{fr} (s/x)^p/(x(1−x/r)) dx, which falls with p as
    s ≤ x, with ∫_{x0}^s (s/x)^p r(r−1)/(x(1−x)(r−x)) dx, which rises as x ≤ s: what suffices at N' suffices at N.
    """
    with m.digits(1 / depth, 1 - part):
        shallow = m.drop(1 + part * (depth - 1), ratio, s, f)
        if shallow == inf:
            return 1 + 0 * s
        return 1 - m.drop(depth, ratio, s, f) / shallow
