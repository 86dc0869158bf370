"""Section 3, gradient descent: the step of the induced value, and Lemma 1."""

from math import inf

import mpmath as mp

from flowlab.claims._sides import sided
from flowlab.claims._stating import Arithmetic, Number, agreement, stated
from flowlab.claims.gissin2020 import _ball_steps
from flowlab.claims.gissin2020._domains import ANY_DEPTH, BELOW_TARGET
from flowlab.claims.gissin2020._loss import loss_slope, power_digits
from flowlab.claims.gissin2020.derivations import derived
from flowlab.verify import Real, Sides

_DEPTH = Real(2, inf, printed="N ≥ 2")
_LEVEL = Real(0, 1, printed="0 ≤ r ≤ 1")


@stated(
    "gissin2020.equation9",
    title="step of the induced value",
    source="eq. 9",
    hypotheses={
        "depth": ANY_DEPTH,
        "weight": Real(0, inf, low_open=True, printed="w > 0"),
        "target": Real(0, inf, printed="σ* ≥ 0"),
        "learning_rate": Real(0, inf, low_open=True, printed="η > 0"),
    },
    identity=True,
    derivation=derived("descent.equation9"),
)
def equation9(m: Arithmetic, depth: Number, weight: Number, target: Number, learning_rate: Number) -> Number:
    """A step of gradient descent on (w^N − σ*)²/(2N²) takes σ to σ (1 + (η/N) σ^(1−2/N) (σ* − σ))^N.

    Raise w − η dℓ/dw to the power N. Here dℓ/dw is a difference quotient of the loss, and the N-th roots are compared.
    """
    with mp.extradps(power_digits(depth, weight)):
        moved = -learning_rate * loss_slope(depth, weight, target)
        push = learning_rate / depth * weight ** (depth - 1)
        allowed = push * (target - weight**depth)
    return agreement(moved, allowed, push * target)


@sided
def _step_and_optimum(m: Arithmetic, depth: Number, start: Number, c: Number) -> Sides:
    push = c / depth * m.exp((depth - 2) * m.log(start) / depth) * (1 - start)
    return Sides(m.log(start) + depth * m.log1p(push), 0 * start, log=True)


@stated(
    "gissin2020.lemma1",
    title="no overshooting",
    source="Lemma 1",
    hypotheses={
        "depth": _DEPTH,
        "start": Real(0, 1, low_open=True, high_open=True, printed="σ(0) < σ* (start = σ(0)/σ*)"),
        "c": Real(0, 1, low_open=True, printed="η ≤ (1/σ*)^(2−2/N) (c = η σ*^(2−2/N))"),
    },
    sides=_step_and_optimum,
    derivation=derived("descent.lemma1"),
    balls=_ball_steps.LEMMA1,
)
def lemma1(m: Arithmetic, depth: Number, start: Number, c: Number) -> Number:
    """If σ(0) < σ*, N ≥ 2 and η ≤ (1/σ*)^(2−2/N), then σ(t) ≤ σ* for every t.

    One step from any σ < σ* decides it, by induction. The slack is the part of the distance to σ* that the step leaves,
    negative where it crosses. The step is scale-free in σ/σ* and η σ*^(2−2/N).
    """
    left = 1 - start
    push = c / depth * m.exp((depth - 2) * m.log(start) / depth) * left
    # 1 − r' = (1 − r) − r ((1 + push)^N − 1), which keeps its digits as r → 1
    return 1 - start * m.expm1(depth * m.log1p(push)) / left


@stated(
    "gissin2020.lemma1.exponential",
    title="the step is below its exponential",
    source="proof of Lemma 1",
    hypotheses={"depth": _DEPTH, "c": Real(0, 1, low_open=True, printed="c ≤ 1"), "r": _LEVEL},
    derivation=derived("descent.exponential"),
    balls=_ball_steps.LEMMA1_EXPONENTIAL,
)
def lemma1_exponential(m: Arithmetic, depth: Number, c: Number, r: Number) -> Number:
    """The step obeys r (1 + (c/N) r^(1−2/N) (1 − r))^N ≤ r exp(r^(1−2/N) (1 − r)) for c ≤ 1.

    (1 + y/N)^N ≤ e^y. The slack is the difference of the logarithms, over r^(1−2/N) (1 − r) where that is not 0.
    """
    if r == 0 or r == 1:
        return r * 0
    y = m.exp((depth - 2) * m.log(r) / depth) * (1 - r)
    return 1 - depth * m.log1p(c * y / depth) / y


@stated(
    "gissin2020.lemma1.monotone",
    title="the exponential does not pass 1",
    source="proof of Lemma 1",
    hypotheses={"depth": _DEPTH, "r": _LEVEL},
    derivation=derived("descent.monotone"),
    balls=_ball_steps.LEMMA1_MONOTONE,
)
def lemma1_monotone(m: Arithmetic, depth: Number, r: Number) -> Number:
    """The function r exp(r^(1−2/N) (1 − r)) increases on [0, 1] and is 1 at r = 1.

    The paper's reason, that the exponent is not negative, is not one: what is needed is that its logarithm's slope
    times r, 1 + p r^p − (p+1) r^(p+1) with p = 1 − 2/N, is not negative. It is 1 at 0, 0 at 1, and rises before it
    falls. The slack is that slope over 1 − r.
    """
    if r == 1:
        return r * 0
    p = (depth - 2) / (depth * (1 + 0 * r))
    if r == 0:
        return 1 + r
    power = m.exp(p * m.log(r))
    # 1 − r^(p+1) + p r^p (1 − r), over 1 − r
    return -m.expm1((p + 1) * m.log(r)) / (1 - r) + p * power


@stated(
    "gissin2020.section3.monotone",
    title="values only grow",
    source="below Definition 1",
    hypotheses={
        "depth": ANY_DEPTH,
        "start": BELOW_TARGET,
        "elapsed": Real(0, inf, low_open=True, printed="t > 0 (elapsed = σ*^(2−2/N) t)"),
    },
    guarded=True,
    derivation=derived("descent.values_grow"),
)
def monotone(m: Arithmetic, depth: Number, start: Number, elapsed: Number) -> Number:
    """For any N, σ(t) from σ0 < σ* increases monotonically.

    σ̇ = σ^(2−2/N) (σ* − σ) > 0 below σ*, which is not reached. The slack is log σ(t)/σ0.
    """
    return m.log_growth(depth, start, elapsed)
