"""What a claim accepts, and what it makes of a function."""

import copy
import math
import pickle
import subprocess
import sys

import mpmath
import numpy as np
import pytest

from flowlab.claims import all_claims
from flowlab.verify import Assumption, Claim, Integer, Real, claim

UNIT = {"x": Real(0, 1)}


def make(slack, **options):
    return Claim(**{"id": "t", "title": "", "statement": "", "source": "", "hypotheses": UNIT} | options, slack=slack)


def test_a_decorated_function_is_a_claim():
    @claim("t.square", hypotheses=UNIT, source="me", recorded="falsified", flaw="step 2", corrected_by="t.other")
    def smaller_square(x):
        """x² ≥ x
        on the unit interval.

        Because.

        Really.
        """
        return x * x - x

    assert smaller_square.statement == "x² ≥ x on the unit interval."
    assert smaller_square.proof == "Because.\n\nReally."
    assert smaller_square.title == "smaller square"
    assert (smaller_square.recorded, smaller_square.flaw) == ("falsified", "step 2")
    assert smaller_square(x=0.5) == -0.25


def test_exact_receives_the_binary_number_and_keeps_its_digits():
    third = make(lambda x: x / 3)
    with mpmath.workdps(60):
        assert third.exact(x=0.1) == mpmath.mpf(0.1) / 3
        assert abs(third.exact(x=0.1) - mpmath.mpf(1) / 30) > mpmath.mpf(10) ** -20


def test_exact_may_not_return_a_float():
    rounded = make(lambda x: x, exact=lambda x: float(x))
    with pytest.raises(TypeError, match=r"^exact: got 0\.5 \(float\), which is rounded on the way; allowed: .* count$"):
        rounded.exact(x=0.5)


def helper(x):
    return x


@pytest.mark.parametrize(
    "slack", [lambda x: math.log1p(x), lambda x: np.sqrt(x), lambda x: sum(math.pi * y for y in [x])]
)
def test_a_slack_that_rounds_needs_an_exact_of_its_own(slack):
    with pytest.raises(ValueError, match=r"^slack: got (math|numpy)\.\w+, which rounds to float"):
        make(slack)
    assert make(slack, exact=lambda x: mpmath.mpf(x)).exact(x=1.0) == 1


@pytest.mark.parametrize("slack", [lambda x: mpmath.log1p(x), lambda x: math.inf if x > 1 else x, lambda x: helper(x)])
def test_a_slack_that_does_not_round_needs_none(slack):
    assert make(slack).exact(x=0.0) == 0


@pytest.mark.parametrize(
    "options, message",
    [
        ({"id": "a b"}, "id: got 'a b'; .*"),
        ({"recorded": "true"}, "recorded: got 'true'; allowed: held, falsified, undecided"),
        ({"hypotheses": {}}, "hypotheses: got none; .*"),
        ({"hypotheses": {"x": (0, 1)}}, r"hypotheses\['x'\]: got \(0, 1\); allowed: Real, Integer, Choice"),
        ({"hypotheses": {"y": Real(0, 1)}}, r"slack: got a function that does not take \(y\).*"),
        ({"exact": lambda y: y}, r"exact: got a function that does not take \(x\).*"),
    ],
)
def test_bad_claims_are_refused_in_one_line(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make(lambda x: x, **options)


def test_admits_and_domain_know_the_joint_hypotheses():
    ordered = Claim(
        "t", "", "", "", {"a": Real(0, 1), "n": Integer(1)}, lambda a, n: a + n,
        assuming=(Assumption("a n ≤ 2", lambda a, n: a * n <= 2, ours="rounding"),),
    )  # fmt: skip
    assert ordered.domain == ("a ∈ [0, 1]", "n ∈ {1, 2, …}", "a n ≤ 2 (ours: rounding)")
    assert ordered.admits(a=0.5, n=4)
    assert not ordered.admits(a=0.5, n=5)
    assert not ordered.admits(a=1.5, n=1)
    assert not ordered.admits(a=0.5)


def test_listing_claims_does_not_load_hypothesis():
    code = "import sys, flowlab.verify as v; v.Real(0, 1).corners(); sys.exit('hypothesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_joint_hypothesis_of_other_arguments_is_refused():
    with pytest.raises(ValueError, match=r"assuming: got a function that does not take \(x, y\) by name"):
        Claim(
            id="t",
            title="",
            statement="",
            source="",
            hypotheses={"x": Real(0, 1), "y": Real(0, 1)},
            slack=lambda x, y: y - x,
            assuming=(Assumption("x < 1", lambda x: x < 1),),
        )


@claim("t.of_this_module", assuming=(Assumption("x > 0", lambda x: x > 0),))
def of_this_module(x: Real(0, 1)):
    """x² ≤ x."""
    return x - x * x


def test_claims_go_by_name_and_are_copied_as_what_they_are():
    known = [of_this_module, *all_claims()]
    assert all(pickle.loads(pickle.dumps(each)) is each for each in known)
    assert all(copy.deepcopy(each) is each for each in known)


def length(x):
    return abs(x)


def test_a_claim_without_a_name_goes_as_what_it_is_made_of():
    nameless = make(length)
    twin = pickle.loads(pickle.dumps(nameless))
    assert twin is not nameless
    assert (twin.id, twin.domain, twin(x=0.5), twin.exact(x=0.5)) == ("t", nameless.domain, 0.5, mpmath.mpf(0.5))
    with pytest.raises(TypeError):
        twin.hypotheses["y"] = Real(0, 1)
