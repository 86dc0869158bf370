"""A claim as its user writes it: typed ranges, functions of any number, two sides."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlab.verify import Claim, Integer, Real, at_most, claim, functions, verify
from flowlab.verify.at_points import sign_in_balls


@claim("mine.tangent")
def tangent(x: Real(-1, 100, low_open=True)):
    """log(1 + x) ≤ x."""
    return at_most(functions.log1p(x), x)


@claim("mine.bernoulli")
def bernoulli(x: Real(-3, 100), n: Integer(1, 60)):
    """(1 + x)^n ≥ 1 + n x."""
    return at_most(1 + n * x, (1 + x) ** n)


def test_annotations_are_the_hypotheses():
    assert tangent.domain == ("x ∈ (-1, 100]",)
    assert list(bernoulli.hypotheses) == ["x", "n"]
    assert tangent(x=1.0) == 1 - math.log(2)
    assert tangent.exact(x=mpmath.mpf(1)) == 1 - mpmath.log(2)


def test_one_holds_and_one_fails():
    assert verify(tangent).verdict == "held"
    verdict = verify(bernoulli)
    assert verdict.verdict == "falsified"
    x, n = verdict.counterexample["x"], verdict.counterexample["n"]
    assert (1 + x) ** n < 1 + n * x
    assert x < -2


def test_an_argument_without_a_range_is_refused():
    with pytest.raises(ValueError, match=r"hypotheses\['y'\]: got None; allowed: Real, Integer, Choice"):

        @claim("mine.incomplete")
        def incomplete(x: Real(0, 1), y):
            return x


@pytest.mark.parametrize("name", sorted(set(functions.__all__) - {"Runaway", "plain_number", "plain_numbers_as"}))
@given(x=st.floats(1e-3, 5.0))
def test_functions_of_every_kind_of_number(name, x):
    function = getattr(functions, name)
    with mpmath.workdps(30):
        exact = function(mpmath.mpf(x))
        assert isinstance(exact, mpmath.mpf)
        assert exact == getattr(mpmath, name)(mpmath.mpf(x))
    assert math.isclose(function(x), exact, rel_tol=1e-14)
    np.testing.assert_allclose(function(np.array([x, x])), float(exact), rtol=1e-14)


@claim("mine.plain")
def plain(x: Real(1, 10), n: Integer(1, 100), m: Integer(1, 100)):
    """x log n + x log m + log 2 + log 3 ≤ x log(n m) + log 6, with equality."""
    low = x * (functions.log(n) + functions.log(m)) + functions.log(2) + functions.log(3)
    return at_most(low, x * functions.log(n * m) + functions.log(6))


def test_whole_numbers_are_not_rounded_on_the_way():
    verdict = verify(plain)
    assert (verdict.verdict, verdict.min_slack) == ("held", 0)
    assert verdict.touching > 20


@pytest.mark.parametrize("right, holds", [(6, False), (6.0, False), (6 * (1 + 2.0**-50), True)])
def test_whole_numbers_are_not_rounded_in_balls_at_a_point(right, holds):
    @claim("mine.constants", balls=lambda x: x + functions.log(right) - functions.log(2) - functions.log(3))
    def constants(x: Real(0, 1)):
        return x

    assert (sign_in_balls(constants, {"x": 0.0}) == "positive") is holds


YES = np.float64(1) > 0


def rounded(x):
    return math.exp(x)


def test_what_only_a_rounding_helper_breaks_is_not_accused():
    bent = claim("mine.bent", hypotheses={"x": Real(0, 1)})(lambda x: rounded(x) - 1 - x)
    verdict = verify(bent)
    assert verdict.verdict == "undecided"
    assert f"rounded to a float in line {rounded.__code__.co_firstlineno + 1}" in verdict.message
    assert verify(claim("mine.e", hypotheses={"x": Real(0, 1)})(lambda x: 1.5 - functions.exp(x))).counterexample


@pytest.mark.parametrize(
    "function, message",
    [
        (lambda x: x * x < 2, r"slack: got True \(bool\); allowed: a number ≥ 0 where the claim holds, or at_most"),
        (lambda x: YES, r"slack: got .* \(bool"),
        (lambda x: None, "slack: got None; allowed: a number"),
        (lambda x: "yes", r"slack: got 'yes' \(str\)"),
        (lambda x: at_most(None, x), "left: got None; allowed: a number"),
        (lambda x: at_most(x, x < 1), "right: got True; allowed: a number"),
        (lambda x: float(x), r"^slack: got 0.0 \(float\), which is rounded on the way; allowed: .* digits count$"),
    ],
)
def test_what_is_no_slack_is_refused(function, message):
    with pytest.raises(TypeError, match=message):
        verify(claim("mine.odd", hypotheses={"x": Real(0, 1)})(function))


def test_a_complex_slack_is_none():
    verdict = verify(claim("mine.root", hypotheses={"x": Real(-1, -0.5)})(lambda x: x**0.5), examples=20)
    assert verdict.verdict == "undecided"
    assert "complex" in verdict.message


def test_a_violation_beneath_floats_is_told_with_what_may_have_made_it():
    written = make_claim_of(lambda n: 1 / n - 1 / 100)
    assert "write Fraction(1, 3)" in verify(written).message
    assert "Fraction" not in verify(make_claim_of(lambda n: 1 / n - 1 / 64)).message
    assert verify(make_claim_of(lambda n: 1 / n - Fraction(1, 100))).verdict == "held"


def make_claim_of(slack):
    return Claim("t", "", "", "", {"n": Integer(1, 100)}, slack)
