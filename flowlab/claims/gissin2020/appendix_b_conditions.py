"""Appendix B: the conditions for incremental learning that its chain gives, and what solving them for σ0 takes."""

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, span, stated
from flowlab.claims.gissin2020 import _ball_steps
from flowlab.claims.gissin2020._domains import PAIR, STEP
from flowlab.claims.gissin2020.derivations import derived
from flowlab.toy import descent_bounds
from flowlab.verify import Assumption, Real


@stated(
    "gissin2020.appendix_b.sufficient.exponent",
    title="the exponent A exceeds 1",
    source="appendix B, sufficient condition",
    hypotheses={"q": STEP, "ratio": PAIR["ratio"]},
    recorded="falsified",
    flaw="A is r in first order only. For c near its limit the upper chain's factor 1 − cR + c²R² turns back toward 1 "
    "and A falls below 1: at c = 0.828, for every r below 6.0.",
    corrected_by="gissin2020.theorem3.lower.corrected",
    derivation=derived("appendix_b.sufficient_exponent"),
    balls={"q": "0.01:0.82", "ratio": "1.05:50"},
)
def exponent(m: Arithmetic, q: Number, ratio: Number) -> Number:
    """A = log(1 − cR_i + c²R_i²) / log(1 − cR_j − c²R_j²/4) exceeds 1, so that the condition can be solved for σ0.

    False; the proof needs it and does not state it.
    """
    a, _ = descent_bounds.exponents(m, q, q / ratio)
    return a - 1


@stated(
    "gissin2020.appendix_b.necessary.exponent",
    title="the exponent B exceeds 1",
    source="appendix B, necessary condition",
    hypotheses={"q": STEP, "ratio": PAIR["ratio"]},
    derivation=derived("appendix_b.necessary_exponent"),
    balls=_ball_steps.EXPONENT,
)
def necessary_exponent(m: Arithmetic, q: Number, ratio: Number) -> Number:
    """B = log(1 − cR_i − c²R_i²/4) / log(1 − cR_j + c²R_j²) exceeds r > 1, so that the condition can be solved for σ0.

    −log(1−x−x²/4) ≥ x ≥ −log(1−x+x²).
    """
    _, b = descent_bounds.exponents(m, q, q / ratio)
    return b / ratio - 1


@stated(
    "gissin2020.appendix_b.sufficient.half",
    title="σ_j* ≥ 2σ0 simplifies the condition",
    source="appendix B, sufficient condition",
    hypotheses={
        "ratio": PAIR["ratio"],
        "start": Real(0, 0.5, low_open=True, printed="σ_j* ≥ 2σ0 (start = σ0/σ_j*)"),
    },
    derivation=derived("appendix_b.half"),
    balls=_ball_steps.HALF,
)
def half(m: Arithmetic, ratio: Number, start: Number) -> Number:
    """If σ_j* ≥ 2σ0 then (σ_j* − σ0)/(r σ_j* − σ0) ≥ 1/(2r), so replacing it makes the condition stricter.

    The numerator is at least σ_j*/2 and the denominator at most r σ_j*.
    """
    return (1 - start) * 2 * ratio / (ratio - start) - 1


@stated(
    "gissin2020.appendix_b.necessary.relax",
    title="removing r and σ0 relaxes the condition",
    source="appendix B, necessary condition",
    hypotheses={
        "q": STEP,
        "ratio": PAIR["ratio"],
        "start": Real(0, 0.5, low_open=True, printed="σ_j* ≥ 2σ0 (start = σ0/σ_j*)"),
    },
    derivation=derived("appendix_b.relax"),
    balls={"q": "0.01:0.82", "ratio": "1.05:50", "start": "0.01:0.5"},
)
def relax(m: Arithmetic, q: Number, ratio: Number, start: Number) -> Number:
    """(σ_j* − σ0)^B/(σ0^(B−1) (r σ_j* − σ0)) ≤ (σ_j*/σ0)^(B−1).

    (σ_j*−σ0)/(r σ_j*−σ0) < 1 and (σ_j*−σ0)^(B−1) < σ_j*^(B−1), as B > 1. The slack is the difference of the logarithms
    over B.
    """
    _, b = descent_bounds.exponents(m, q, q / ratio)
    return (m.log(ratio - start) - b * m.log1p(-start)) / b


def _a_is_not_one(q: Number, ratio: Number, **_: Number) -> bool:
    """Compare numerator and denominator of A."""
    return bool(-q + q * q != -q / ratio - (q / ratio) ** 2 / 4)


@stated(
    "gissin2020.appendix_b.sufficient.solved",
    title="the sufficient condition solved for σ0",
    source="appendix B, sufficient condition",
    hypotheses={"q": STEP, **PAIR},
    assuming=(Assumption("A ≠ 1", _a_is_not_one, ours="a root of order A − 1 is taken"),),
    identity=True,
    derivation=derived("appendix_b.sufficient_solved"),
)
def sufficient_solved(m: Arithmetic, q: Number, ratio: Number, s: Number, f: Number) -> Number:
    """(σ_j*/(2σ0))^(A−1) = 2rf/(1−f) · ((1−s)/s)^A where σ0 = ½ s/(1−s) σ_j* ((1−f)/(2rf) · s/(1−s))^(1/(A−1)).

    Take logarithms. «≥» bounds σ0 from above for A > 1 alone (claim gissin2020.appendix_b.sufficient.exponent), and
    (σ_j* − σ0)^(A−1) ≥ (σ_j*/2)^(A−1), one line earlier, needs A ≥ 1 as well.
    """
    with mp.extradps(40 + 2 * span(q, ratio)):
        a, _ = descent_bounds.exponents(m, q, q / ratio)
        wanted = mp.log(2 * ratio * f / (1 - f)) + a * mp.log((1 - s) / s)
        bound = descent_bounds.lower(m, ratio, s, f, q, q / ratio)
        sides = (a - 1) * (-bound - mp.log(2))
    return agreement(sides, wanted, a * mp.log(1 / s))


@stated(
    "gissin2020.appendix_b.necessary.solved",
    title="the necessary condition solved for σ0",
    source="appendix B, necessary condition",
    hypotheses={"q": STEP, **PAIR},
    identity=True,
    derivation=derived("appendix_b.necessary_solved"),
)
def necessary_solved(m: Arithmetic, q: Number, ratio: Number, s: Number, f: Number) -> Number:
    """(σ_j*/σ0)^(B−1) ≥ f/(1−f) · ((1−s)/s)^B says σ0 ≤ s/(1−s) σ_j* ((1−f)/f · s/(1−s))^(1/(B−1)).

    Take logarithms; B > 1.
    """
    with mp.extradps(40 + 2 * span(q, ratio)):
        _, b = descent_bounds.exponents(m, q, q / ratio)
        wanted = mp.log(f / (1 - f)) + b * mp.log((1 - s) / s)
        sides = (b - 1) * -descent_bounds.upper(m, ratio, s, f, q, q / ratio)
    return agreement(sides, wanted)
