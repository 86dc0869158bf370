"""A claim as its user writes it: typed ranges, functions of any number, two sides."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlab.verify import Integer, Real, at_most, claim, functions, verify


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


@pytest.mark.parametrize("name", sorted(set(functions.__all__) - {"plain_numbers_as"}))
@given(x=st.floats(1e-3, 5.0))
def test_functions_of_every_kind_of_number(name, x):
    function = getattr(functions, name)
    with mpmath.workdps(30):
        exact = function(mpmath.mpf(x))
        assert isinstance(exact, mpmath.mpf)
        assert exact == getattr(mpmath, name)(mpmath.mpf(x))
    assert math.isclose(function(x), exact, rel_tol=1e-14)
    np.testing.assert_allclose(function(np.array([x, x])), float(exact), rtol=1e-14)
