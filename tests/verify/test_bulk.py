"""Long searches in batches: what is drawn, what is counted, and that nothing false slips through."""

import math
import sys

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.claims import get
from flowlab.verify import Assumption, Choice, Claim, Integer, Real, at_most, claim, functions, verify
from flowlab.verify.bulk import search_in_batches
from flowlab.verify.concluding import conclude
from flowlab.verify.evidence import Evidence
from flowlab.verify.sampling import sample
from flowlab.verify.search import searched

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def reals(draw):
    low, high = sorted([draw(FINITE | st.just(-math.inf)), draw(FINITE | st.just(math.inf))])
    open_low, open_high = draw(st.booleans()), draw(st.booleans())
    if math.nextafter(math.nextafter(low, math.inf), math.inf) >= high:
        high = math.inf
    # above the largest float there is none
    return Real(low, high, low_open=open_low and low < sys.float_info.max, high_open=open_high)


@st.composite
def integers(draw):
    low = draw(st.integers(-(2**40), 2**40))
    return Integer(low, draw(st.none() | st.integers(low, low + 2**50)))


@settings(max_examples=60)
@given(allowed=st.dictionaries(st.sampled_from("abc"), reals() | integers(), min_size=1), seed=st.integers(0, 2**32))
def test_every_draw_is_a_member_and_the_seed_decides(allowed, seed):
    drawn = sample(allowed, 200, np.random.default_rng(seed))
    again = sample(allowed, 200, np.random.default_rng(seed))
    for name, column in drawn.items():
        assert all(value.item() in allowed[name] for value in column)
        np.testing.assert_array_equal(column, again[name])


def test_draws_reach_both_ends_and_the_middle():
    x = sample({"x": Real(1, math.inf, low_open=True)}, 4000, np.random.default_rng(0))["x"]
    assert x.min() == 1 + 2**-52
    assert x.max() == math.nextafter(math.inf, 0)
    for low, high in ((1 + 1e-12, 1 + 1e-6), (1 + 1e-3, 2), (2, 60), (1e6, 1e15), (1e100, 1e200)):
        assert ((low < x) & (x < high)).sum() > 20
    n = sample({"n": Integer(3)}, 4000, np.random.default_rng(0))["n"]
    assert set(range(3, 12)) <= set(n.tolist())
    assert ((n > 2**20) & (n < 2**40)).any()
    assert n.max() > 2**51


def test_what_is_not_numbers_is_drawn_singly():
    assert sample({"x": Choice("relu", "tanh")}, 5, np.random.default_rng(0)) is None
    assert set(sample({"x": Choice(2, math.inf)}, 50, np.random.default_rng(0))["x"]) == {2, math.inf}


@claim("t.needle")
def needle(x: Real(0, 1), y: Real(0, 1)):
    """True, and flat, but within 0.0042 of (0.7306, 0.2214)."""
    return at_most(2 * functions.exp(-40_000 * ((x - 0.7306) ** 2 + (y - 0.2214) ** 2)), 1)


def test_a_needle_is_found_by_many_draws_only():
    assert searched(needle).verdict == "held"
    verdict = searched(needle, examples=60_000)
    assert verdict.verdict == "falsified"
    assert abs(verdict.counterexample["x"] - 0.7306) < 0.0042
    assert searched(needle, examples=60_000) == verdict


def test_examples_are_counted_once_and_no_more_than_asked_for():
    verdict = verify(get("gissin2020.theorem2.deep.lower"), examples=20_000)
    assert verdict.verdict == "held"
    assert 19_000 < verdict.examples <= 20_000
    few = Claim("t", "", "", "", {"n": Integer(1, 50)}, lambda n: n)
    assert verify(few, examples=10_000).examples == 50


def test_the_smallest_slack_of_batches_is_settled():
    distance = Claim("t", "", "", "", {"x": Real(-1, 1), "y": Real(-1, 1)}, lambda x, y: x * x + y * y + 1)
    verdict = verify(distance, examples=10_000)
    assert verdict.min_slack == 1
    assert verdict.digits >= 50


def test_joint_hypotheses_hold_in_batches_too():
    ordered = Assumption("a ≤ b", lambda a, b: a <= b)
    difference = Claim(
        "t", "", "", "", {"a": Real(0, 1), "b": Real(0, 1)}, lambda a, b: b - a + 1e-3, assuming=(ordered,)
    )
    assert verify(difference, examples=10_000).verdict == "held"


def test_a_function_that_does_not_take_arrays_is_searched_singly():
    @claim("t.branch")
    def branch(x: Real(-1, 1)):
        return functions.exp(x) if x > 0 else 1 + x * 0

    evidence = Evidence(branch, 5000, None)
    assert not search_in_batches(evidence, 5000, seed=0)
    assert verify(branch, examples=1500).examples > 1000


def test_a_batch_that_says_otherwise_than_its_entries_is_not_believed():
    @claim("t.other", batch=lambda x: x + 2)
    def other(x: Real(0, 1)):
        return x - 0.5

    assert not search_in_batches(Evidence(other, 5000, None), 5000, seed=0)


def test_where_floats_are_not_clear_some_are_settled_and_the_rest_not_counted():
    @claim("t.flat")
    def flat(x: Real(0.5, 1), y: Real(0.5, 1)):
        return x * y * 2.0**-40

    evidence = Evidence(flat, 50_000, None)
    assert search_in_batches(evidence, 50_000, seed=0)
    assert evidence.evaluated == evidence.singly == 200
    assert evidence.left_out > 0
    assert "left out and not counted" in conclude(evidence, 0.0).message


@pytest.mark.parametrize("name", ["theorem2.depth2.lower", "theorem2.depth2.upper", "theorem2.deep.lower",
                                  "theorem2.deep.upper", "theorem2.deep.upper.corrected", "lemma1"])  # fmt: skip
def test_the_slack_of_arrays_is_that_of_their_entries(name):
    stated = get(f"gissin2020.{name}")
    drawn = sample(stated.hypotheses, 300, np.random.default_rng(7))
    with np.errstate(all="ignore"):
        together = stated.batch(**drawn)
    singly = [stated.slack(**{key: column[i].item() for key, column in drawn.items()}) for i in range(300)]
    np.testing.assert_allclose(together, singly, rtol=1e-9, atol=1e-13)


def test_planted_faults_in_theorem2_are_found_in_batches():
    true = get("gissin2020.theorem2.depth2.lower")
    # its smallest slack is 1/2, in a corner
    wrong = Claim(
        "t", "", "", "", dict(true.hypotheses),
        lambda **a: true.slack(**a) - 0.505, exact=lambda **a: true.exact(**a) - mpmath.mpf("0.505"),
        batch=lambda **a: true.batch(**a) - 0.505,
    )  # fmt: skip
    assert verify(wrong, examples=20_000).verdict == "falsified"


def test_products_of_integers_do_not_wrap_around():
    fourth = Claim("t", "", "n⁴ ≥ 0", "", {"n": Integer(1, 10**6)}, lambda n: n * n * n * n)
    evidence = Evidence(fourth, 5000, None)
    assert search_in_batches(evidence, 5000, seed=0)
    assert evidence.evaluated > 4000
