"""The claims: their verdicts on record, their two arithmetics, their registry, and the counterexamples by hand."""

import math

import mpmath as mp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlab import claims
from flowlab.claims._stating import EXACT, FLOAT, iterations
from flowlab.claims.gissin2020 import appendix_c, theorem1
from flowlab.toy import descent_bounds
from flowlab.verify import Unevaluable, settle, verify

EVERY = [pytest.param(claim, id=claim.id) for claim in claims.all_claims()]
FALSE = {
    "gissin2020.theorem2.deep.upper",
    "gissin2020.theorem3.lower",
    "gissin2020.appendix_a.necessary.drop",
    "gissin2020.appendix_b.hitting.upper",
    "gissin2020.appendix_b.sufficient.exponent",
    "gissin2020.appendix_c.factor",
    "gissin2020.appendix_c.depth",
    "gissin2020.section2.larger",
    "gissin2020.appendix_f.squared.incremental",
    "gissin2020.appendix_e.flow",
    "gissin2020.theorem5",
    "gissin2020.appendix_f.bias.speed",
    "gissin2020.appendix_f.ratio",
}


@pytest.mark.parametrize("claim", EVERY)
@pytest.mark.jit
def test_verdict_is_the_one_on_record(claim):
    verdict = verify(claim, examples=30)
    assert verdict.verdict == claim.recorded, verdict.message
    assert verdict.rounded == ""


@pytest.mark.search
@pytest.mark.parametrize("claim", EVERY)
def test_verdict_survives_a_long_search(claim):
    verdict = verify(claim, examples=3000, seed=1)
    assert verdict.verdict == claim.recorded, verdict.message


def test_which_statements_are_false():
    assert {claim.id for claim in claims.all_claims() if claim.recorded != "held"} == FALSE


@pytest.mark.parametrize("claim", [p for p in EVERY if p.id in FALSE])
def test_false_statements_name_the_flaw_and_what_is_true(claim):
    assert len(claim.flaw) > 40
    corrected = claims.get(claim.corrected_by)
    assert corrected.id.endswith(".corrected")
    assert corrected.recorded == "held"
    assert len(corrected.proof) > 60


@pytest.mark.parametrize("claim", EVERY)
def test_claims_are_complete(claim):
    assert claim.id.startswith(("gissin2020.", "flowlab.threshold."))
    assert claim.title
    assert "Gissin" in claim.source
    assert claim.statement.endswith(".")
    assert len(claim.proof) >= 10
    assert all(claim.hypotheses[name].describe(name) for name in claim.hypotheses)


def steps_of(arguments):
    return iterations(*(arguments[name] for name in ("ratio", "s", "f", "rate")))


@pytest.mark.parametrize("claim", EVERY)
@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.jit
def test_float_slack_is_the_exact_one_where_users_live(claim, data):
    arguments = {name: data.draw(r.moderate(), label=name) for name, r in claim.hypotheses.items()}
    tiny = any(isinstance(value, float) and 0 < abs(value) < 1e-150 for value in arguments.values())
    if tiny or not claim.admits(**arguments):  # products of such numbers leave the range of a float
        return
    try:
        with mp.workdps(50):
            exact = claim.exact(**arguments)
        slack = claim.slack(**arguments)
    except Unevaluable:
        assert exact >= 0 or claim.id in FALSE
    if claim.identity:  # left to mpmath
        assert exact >= 0 or claim.recorded == "falsified"
    elif math.isnan(slack):  # so many iterations that floats do not count them
        assert abs(exact) < mp.inf
    elif "s" in arguments and "rate" in arguments and slack * exact > 0 and steps_of(arguments) > 2000:
        assert abs(exact) <= abs(slack) * (1 + 1e-6)  # mpmath encloses what the floats follow step by step
    else:
        assert abs(slack - exact) <= 1e-6 * (1 + abs(exact))


def test_upper_bound_of_theorem_2_fails_by_hand():
    """N = 3, r = 2, s = 1/10, f = 22/25: from a start above the bound, σ_i passes f σ_i* before σ_j passes s σ_j*."""
    with mp.workdps(50):
        r, s, f = mp.mpf(2), mp.mpf(1) / 10, mp.mpf(22) / 25
        start = s * ((r - 1) / (r - s)) ** 3 * (1 + mp.mpf(1) / 1000)

        def hitting(level, target):
            return mp.quad(lambda x: x ** mp.mpf(-4 / mp.mpf(3)) / (target - x), [start, level])

        assert hitting(f * r, r) < hitting(s, 1)


def test_lower_bound_of_theorem_3_fails_by_hand():
    """c = 4/5, r = 2: A < 1, and the printed lower bound exceeds s σ_j*, above which nothing is incremental."""
    a, b = descent_bounds.exponents(math, 0.8, 0.4)
    assert a < 1 < b
    assert descent_bounds.lower(math, 2.0, 0.1, 0.9, 0.8, 0.4) > math.log(0.1)


def test_update_of_appendix_c_by_hand():
    """N = 3, r = 8, c = 1/1000: both ratios grow by the same amount, not by amounts 4 apart."""
    with mp.workdps(50):
        c, ratio, size, start = mp.mpf(1) / 1000, mp.mpf(8), mp.mpf(1), mp.mpf(1) / 10
        power = mp.mpf(4) / 3

        def grown(level, optimum):
            return level * (1 + c / 3 * optimum**power * level ** (power - 1)) ** 3 - level

        quotient = grown(start / ratio, size) / grown(start, size / ratio)
        assert abs(quotient - 1) < 2 * c
        assert abs(quotient - ratio ** (mp.mpf(2) / 3)) > 2.9


@given(st.floats(0.05, 20), st.floats(0.001, 0.9), st.floats(0.01, 0.99), st.sampled_from([1, 2, 3, 4, 7, math.inf]))
@settings(max_examples=100, deadline=None)
def test_what_the_figures_draw_is_what_theorem_1_prints(target, start, part, depth):
    init = start * target
    level = init + part * (target - init)
    with mp.workdps(50):
        goal, origin, reached = mp.mpf(target), mp.mpf(init), mp.mpf(level)
        if math.isinf(depth):
            t = theorem1.printed_infinite_time(reached, goal, origin)
        elif depth > 2:
            t = theorem1.printed_deep_clock(reached, depth, goal) - theorem1.printed_deep_clock(origin, depth, goal)
        else:
            t = mp.mpf(part) * 5 / goal
            reached = (theorem1.printed_depth1 if depth == 1 else theorem1.printed_depth2)(t, goal, origin)
        drawn = theorem1.curve(float(t), depth=depth, target=target, init=init)
        assert abs(drawn - reached) <= 1e-12 * reached


@pytest.mark.parametrize("c", [1e-9, 1e-3])
def test_corrected_factor_of_appendix_c_leaves_no_room_for_another(c):
    """A factor that is off by little more than e^c is refuted: the claim's tolerance is no wider."""
    arguments = (FLOAT, 3, c, 1.0, 0.1, 8.0)
    assert appendix_c._factor_slack(*arguments, 0.0) > 0
    assert appendix_c._factor_slack(*arguments, 2 * c) < 0
    assert appendix_c._factor_slack(*arguments, -c) < 0


@pytest.mark.parametrize(
    ("id", "arguments"),
    [
        # late: e^(−t) is beyond every digit; early; starts far above and far below the optimum
        ("theorem1.depth1", {"target": 3.0, "start": 0.1, "elapsed": 1e300}),
        ("theorem1.depth2", {"target": 3.0, "start": 1e300, "elapsed": 1e300}),
        ("theorem1.depth2", {"target": 3.0, "start": 1e-300, "elapsed": 1e-300}),
        ("theorem1.deep", {"depth": 2.0000000000000004, "target": 3.0, "start": 1e300, "part": 0.5}),
        ("theorem1.deep", {"depth": 1e300, "target": 3.0, "start": 1.5, "part": 0.5}),
        # bisection in 60 digits once lost a time of 10^323
        (
            "definition1.times",
            {"depth": 1.7976931348623157e308, "ratio": 1.0000000000000002, "s": 1e-300, "f": 0.9, "start": 5e-324},
        ),
        # once set aside: too long a way, too near a pole, too many iterations
        ("appendix_a.split", {"depth": 3.0, "ratio": 1e300, "s": 5e-324, "f": 0.9999999999999999, "part": 0.5}),
        ("theorem3.upper", {"rate": 5e-324, "part": 0.5, "ratio": 1.0000000000000002, "s": 5e-324, "f": 0.875}),
        ("theorem3.upper", {"rate": 0.5, "part": 0.0, "ratio": 1.7976931348623157e308, "s": 0.1, "f": 0.875}),
        ("appendix_b.hitting.lower", {"q": 5e-324, "start": 5e-324, "level": 0.5}),
        ("equation4", {"depth": 1e300, "weight": 1e300, "target": 1e-300}),
    ],
)
def test_extremes_are_decided(id, arguments):
    assert settle(claims.get(f"gissin2020.{id}"), arguments).sign == "positive"


def test_an_enclosure_that_refutes_is_believed():
    """r next to 1 and c near its limit: A < 1, and far more iterations than can be followed."""
    arguments = {"rate": 5e-324, "part": 1.0, "ratio": 1.0000000000000002, "s": 0.1, "f": 0.9}
    assert settle(claims.get("gissin2020.theorem3.lower"), arguments).sign == "negative"


def test_an_enclosure_that_does_not_decide_says_so():
    with mp.workdps(50):
        numbers = [mp.mpf(v) for v in (4.0, 0.1, 0.9)]
        inside = sum(descent_bounds.enclosure(mp, *numbers, 1e-9, 2.5e-10, up=up) for up in (False, True)) / 2
        with pytest.raises(Unevaluable, match="does not decide"):
            EXACT.descent_slack(inside, *numbers, mp.mpf(1e-9), up=True)


def test_finding_claims():
    assert claims.get("gissin2020.lemma1") in claims.find("gissin2020.lemma1")
    assert claims.find("gissin2020") + claims.find("flowlab") == claims.all_claims()
    assert len({claim.id for claim in claims.all_claims()}) == len(claims.all_claims())
    with pytest.raises(ValueError, match=r"id: got 'gissin2020.theorm2'; allowed: .*'gissin2020.theorem2'"):
        claims.find("gissin2020.theorm2")
    with pytest.raises(ValueError, match="id: got 'lemma1'"):
        claims.get("lemma1")
    with pytest.raises(ValueError, match=r"id: got 'gissin2020.theorem'"):
        claims.find("gissin2020.theorem")
