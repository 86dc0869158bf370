"""What cancels on the way, beyond the digits at first used: nothing true is accused, and nothing false is held."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.verify import Claim, Real, Unevaluable, at_most, claim, settle, verify
from flowlab.verify import functions as f
from flowlab.verify.confirming import confirm
from flowlab.verify.evidence import Evidence


def stated(slack, low, high, **options):
    return Claim("t", "", "", "", {"x": Real(low, high)}, slack, **options)


TRUE = [
    (lambda x: at_most(0.5, (f.log(1 + f.exp(x)) - x) * f.exp(x)), 0, 600),
    (lambda x: at_most(0.5, f.cosh(x) ** 2 - f.sinh(x) ** 2), 1, 300),
    (lambda x: at_most(x, f.log(1 + f.exp(x))), 0, 600),
    (lambda x: at_most(f.log(1 + f.exp(-x)) * f.exp(x), 1), 0, 2000),
]
FALSE = [
    (lambda x: at_most((f.log(1 + f.exp(x)) - x) * f.exp(x), 0.5), 300, 600),
    (lambda x: 0.9 - (f.cosh(x) ** 2 - f.sinh(x) ** 2), 150, 700),
    (lambda x: at_most((f.exp(x) + 1) - f.exp(x), 0.5), 300, 1000),
    (lambda x: at_most(1, f.tanh(x)), 130, 400),
    (lambda x: at_most(f.log(1 + f.exp(-x)) * f.exp(x), 0.5), 40, 2000),
    (lambda x: x**2000 / 2 - ((1 + x**2000) - 1), 0.1, 0.2),
]


@pytest.mark.parametrize("function, low, high", TRUE)
def test_what_is_true_is_not_accused_for_what_was_lost(function, low, high):
    verdict = verify(stated(function, low, high))
    assert verdict.verdict == "held"
    assert verdict.min_slack > 0


@pytest.mark.parametrize("function, low, high", FALSE)
def test_what_is_false_is_not_held_for_what_was_lost(function, low, high):
    assert verify(stated(function, low, high)).verdict == "falsified"


def unit(x):
    return (mpmath.exp(x) + 1) - mpmath.exp(x)


def test_the_same_of_claims_that_only_mpmath_evaluates():
    assert verify(stated(lambda x: unit(x) - 0.5, 0, 600)).verdict == "held"
    assert verify(stated(lambda x: 0.5 - unit(x), 300, 600)).verdict == "falsified"
    apart = stated(lambda x: 0.5, 300, 900, exact=lambda x: 0.5 - unit(x))
    assert verify(apart).verdict == "falsified"
    assert verify(stated(lambda x: math.nan, 0, 600, exact=lambda x: unit(x) - 0.5)).verdict == "held"


@settings(max_examples=60, deadline=None)
@given(x=st.floats(-3000, 3000), c=st.floats(-1e9, 1e9), d=st.floats(-1e9, 1e9))
@example(x=300.0, c=1.0, d=0.5)
@example(x=1e5, c=1.0, d=1 + 2.0**-52)
@example(x=3.0, c=5e-324, d=0.0)
@example(x=3.0, c=2.0, d=2.0)
def test_a_sign_is_that_of_exact_arithmetic(x, c, d):
    expected = {1: "positive", 0: "touching", -1: "negative"}[(c > d) - (c < d)]
    in_balls = settle(stated(lambda x: at_most(d, (f.exp(x) + c) - f.exp(x)), -1e6, 1e6), {"x": x})
    assert (in_balls.sign, in_balls.firm) == (expected, True)
    if expected != "touching":
        assert abs(in_balls.value - (mpmath.mpf(c) - mpmath.mpf(d))) <= mpmath.mpf(2) ** -50 * abs(in_balls.value)
    exact = stated(lambda x: 0.0, -1e6, 1e6, exact=lambda x: (mpmath.exp(x) + c) - mpmath.exp(x) - d)
    if abs(c - d) > 1e-9:
        assert settle(exact, {"x": x}).sign == expected


def test_what_takes_more_digits_than_are_tried_is_unclear():
    beyond = stated(lambda x: (f.exp(x) + 1) - f.exp(x) - 0.5, 0, math.inf)
    assert settle(beyond, {"x": 1e300}).sign == "unclear"
    assert settle(beyond, {"x": 50000.0}).sign == "positive"
    assert verify(beyond).verdict == "undecided"


def test_balls_that_say_otherwise_than_mpmath_leave_a_sign_unclear():
    odd = stated(lambda x: x - 2, 0, 1, exact=lambda x: x - 2, balls=lambda x: x + 1)
    verdict = verify(odd)
    assert verdict.verdict == "undecided"
    assert "negative in mpmath, but positive in ball arithmetic" in verdict.message
    assert verify(stated(lambda x: x - 2, 0, 1, exact=lambda x: x - 2, balls=lambda x: 2 * x - 4)).counterexample


@pytest.mark.parametrize("where", ["largest", "smallest slack", "any"])
def test_floats_that_were_believed_are_checked_at_the_end(where):
    # the float slack is clearly positive everywhere, and the exact one is not
    negative = {"largest": lambda x: x > 98, "smallest slack": lambda x: x == 33, "any": lambda x: 20 < x < 80}[where]
    sign = lambda x: -1 if negative(x) else 1  # noqa: E731
    liar = stated(lambda x: 1 + abs(x - 33), 0, 100, exact=lambda x: sign(x) * (1 + abs(x - 33)))
    evidence = Evidence(liar, 1000, None)
    evidence.audited = 0
    for x in range(100):
        assert evidence.look({"x": float(x)}).settled is None
    confirm(evidence)
    assert evidence.counterexample is not None
    assert negative(evidence.counterexample.arguments["x"])


def test_once_floats_are_caught_none_is_believed():
    bent = stated(lambda x: 1 + x, 0, 100, exact=lambda x: mpmath.mpf(3 if x > 98 else -1 if x == 37 else 1) * (1 + x))
    evidence = Evidence(bent, 1000, None)
    evidence.audited = 0
    for x in range(100):
        evidence.look({"x": float(x)})
    confirm(evidence)
    assert evidence.floats_lie
    assert evidence.counterexample.arguments == {"x": 37.0}


def test_batches_are_audited_too():
    exact_only = {"exact": lambda x: mpmath.mpf(1 if x < 900 else -1), "batch": lambda x: np.ones_like(x)}
    evidence = Evidence(stated(lambda x: 1.0, 0, 1000, **exact_only), 20_000, None)
    evidence.audited = 0
    x = np.linspace(0, 999, 4000)
    evidence.look_at_all({"x": x}, np.ones(4000), most=4000)
    assert evidence.counterexample.arguments == {"x": 999.0}


def test_a_slack_that_sets_examples_aside_does_so_where_balls_are_tried():
    @claim("t.aside")
    def aside(x: Real(0, 600)):
        if x > 590:
            raise Unevaluable("too far")
        return at_most(0.5, (f.exp(x) + 1) - f.exp(x))

    verdict = verify(aside)
    assert verdict.verdict == "held"
    assert verdict.skipped > 0
