"""A budget is used: every example where there are few, distinct ones where Hypothesis draws the same again."""

import math

import mpmath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.verify import Assumption, Choice, Claim, Integer, Real, Unevaluable, at_most, verify
from flowlab.verify.bulk import search_in_batches
from flowlab.verify.evidence import Evidence
from flowlab.verify.filling import fill, look_at_every


def stated(slack, hypotheses, **options):
    return Claim("t", "", "", "", hypotheses, slack, **options)


def residue(n):
    return at_most(1, (n * n - 5) % 499)


@pytest.mark.parametrize("seed", [0, 1, -3])
def test_two_integers_among_hundreds_are_found_where_all_are_looked_at(seed):
    verdict = verify(stated(residue, {"n": Integer(0, 498)}), examples=500, seed=seed)
    assert verdict.verdict == "falsified"
    assert verdict.counterexample["n"] in (50, 449)
    assert "all of them" not in verdict.message


@settings(max_examples=40, deadline=None)
@given(
    low=st.integers(-60, 60), size=st.integers(1, 25), values=st.lists(st.integers(-9, 9), min_size=1, max_size=4),
    wrong=st.integers(0, 200), spare=st.integers(0, 9),
)  # fmt: skip
@example(low=0, size=1, values=[3], wrong=7, spare=0)
def test_every_example_of_few_is_looked_at_and_it_is_said(low, size, values, wrong, spare):
    values = list(dict.fromkeys(values))
    total = size * len(values)
    ranges = {"n": Integer(low, low + size - 1), "m": Choice(*values)}
    true = verify(stated(lambda n, m: 1, ranges), examples=total + spare)
    assert (true.verdict, true.examples) == ("held", total)
    assert f"in {total} examples, all of them" in true.message
    needle = (low + wrong % size, values[wrong % len(values)])
    found = verify(stated(lambda n, m: -1 if (n, m) == needle else 1, ranges), examples=total + spare)
    assert found.counterexample == dict(zip("nm", needle, strict=True))


def test_what_cannot_be_evaluated_or_is_not_admitted_is_told():
    def slack(n):
        if n > 90:
            raise Unevaluable("too far")
        return n

    few = verify(stated(slack, {"n": Integer(1, 100)}, assuming=(Assumption("n even", lambda n: n % 2 == 0),)))
    assert (few.verdict, few.examples, few.skipped) == ("held", 45, 5)
    assert "in 45 examples, all that have a value; 5 skipped" in few.message


@pytest.mark.parametrize(
    "ranges, examples",
    [
        ({"n": Integer(0, 498)}, 200),
        ({"n": Integer(0, 498)}, 498),
        ({"n": Integer(0, 498), "m": Choice("a", "b", None)}, 300),
        ({"x": Real(0, 1)}, 200),
        ({"n": Integer(1)}, 150),
        ({"n": Integer(0, 700)}, 699),
    ],
)
def test_what_hypothesis_leaves_is_filled(ranges, examples):
    function = eval(f"lambda {', '.join(ranges)}: 1")
    verdict = verify(stated(function, ranges), examples=examples)
    assert verdict.verdict == "held"
    assert "all" not in verdict.message
    assert 0.9 * examples <= verdict.examples <= examples


def test_a_search_ends_where_few_examples_are_admitted_or_none_can_be_drawn():
    asked = 0

    def few(n, x):
        nonlocal asked
        asked += 1
        return x in (0.0, 0.5, 1.0) and n < 3

    rare = stated(lambda n, x: 1, {"n": Integer(0), "x": Real(0, 1)}, assuming=(Assumption("", few),))
    assert 0 < verify(rare, examples=50).examples <= 9
    assert asked < 5000
    far = Evidence(stated(lambda n: n, {"n": Integer(0, 10**30)}), 200, None)
    fill(far, 100, seed=0)
    assert (far.seen, look_at_every(far)) == (0, False)
    assert not search_in_batches(far, 100, seed=0)


def test_what_is_filled_in_finds_what_fails():
    evidence = Evidence(stated(lambda n: abs(n - 77) - 1, {"n": Integer(0, 200)}), 200, None)
    fill(evidence, 190, seed=0)
    assert evidence.counterexample.arguments == {"n": 77}
    assert evidence.seen < 190


def test_a_list_of_infinities_and_texts_is_drawn_by_its_places():
    seen = set()

    def slack(N, x):
        seen.add(N)
        return 1.0

    mixed = stated(slack, {"N": Choice(2, math.inf, "deep"), "x": Real(0, 1)}, exact=lambda N, x: mpmath.mpf(1))
    evidence = Evidence(mixed, 100, None)
    fill(evidence, 60, seed=1)
    assert evidence.evaluated == 60
    assert seen == {2, math.inf, "deep"}
