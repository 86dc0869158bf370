"""Plain numbers in a claim: fractions, whole numbers and floats are what they say, on either side of any other."""

import math
from fractions import Fraction

import mpmath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.verify import Assumption, Choice, Claim, Integer, Real, Sides, at_most, claim, settle, verify
from flowlab.verify import functions as f


def stated(slack, **hypotheses):
    return Claim("t", "", "", "", hypotheses, slack)


OPERATIONS = {
    "sum": lambda a, b: a + b,
    "difference": lambda a, b: a - b,
    "product": lambda a, b: a * b,
    "quotient": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "sides": lambda a, b: at_most(a, b),
    "larger": lambda a, b: a if a > b else b,
    "functions": lambda a, b: f.log(a) * f.exp(b),
}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@pytest.mark.parametrize("first", [True, False])
@settings(max_examples=20, deadline=None)
@given(fraction=st.fractions(Fraction(1, 9), 5, max_denominator=99), x=st.floats(0.125, 8))
@example(fraction=Fraction(1, 3), x=2.0)
@example(fraction=Fraction(1, 2), x=0.5)
def test_a_fraction_is_exact_on_either_side_of_any_number(name, first, fraction, x):
    operation = OPERATIONS[name]
    either = stated(lambda x: operation(fraction, x) if first else operation(x, fraction), x=Real(0.1, 10))
    with mpmath.workdps(60):
        third, y = mpmath.mpf(fraction.numerator) / fraction.denominator, mpmath.mpf(x)
        expected = operation(third, y) if first else operation(y, third)
        expected = expected.slack if isinstance(expected, Sides) else expected
        assert abs(either.exact(x=x) - expected) < mpmath.mpf(10) ** -50 * (1 + abs(expected))
        settled = settle(either, {"x": x})
        assert settled.firm
        assert abs(settled.value - expected) <= mpmath.mpf(10) ** -15 * abs(expected)
    assert math.isclose(either(x=x), expected, rel_tol=1e-12, abs_tol=1e-12)
    assert Fraction(1, 3) ** 2.0 == 1 / 9  # which is Python's again
    assert not hasattr(Fraction, "_mpmath_")


def test_a_third_is_no_float():
    # (1/3)^x 3^x = 1, and the float 1/3 is less than a third
    assert verify(stated(lambda x: at_most(1, Fraction(1, 3) ** x * 3**x), x=Real(0, 9))).verdict == "held"
    assert verify(stated(lambda x: at_most(1, (1 / 3) ** x * 3**x), x=Real(1, 9))).verdict == "falsified"
    few = stated(lambda q, x: at_most(q * x, x - q), q=Choice(Fraction(1, 3), Fraction(1, 2)), x=Real(1, 2))
    assert verify(few).verdict == "held"
    below = Assumption("x < 1/3", lambda x: x < Fraction(1, 3))
    low = Claim("t", "", "", "", {"x": Real(0, 1)}, lambda x: at_most(x, Fraction(1, 4)), assuming=(below,))
    assert verify(low).counterexample["x"] < 1 / 3


@pytest.mark.parametrize(
    "function, verdict, smallest",
    [
        (lambda n: at_most(0.5, abs(n - 333) + 1), "held", 0.5),
        (lambda n: at_most(0.5, abs(n - 333)), "falsified", -0.5),
        (lambda n: at_most(1.0, 2.0), "held", 1),
        (lambda n: 0.5, "held", 0.5),
        (lambda n: at_most(1 / n, 1), "held", 0),
        (lambda n: at_most(n * (1 / n), 1), "held", 0),
        (lambda n: at_most(1 / (n + 1) + 1 / (n * (n + 1)), 1 / n), "held", 0),
        (lambda n: at_most(0.5, (2**53 * n + 0.5) - 2**53 * n), "held", 0),
    ],
)
def test_plain_numbers_on_both_sides(function, verdict, smallest):
    found = verify(stated(function, n=Integer(1, 498)), examples=500)
    assert (found.verdict, found.min_slack) == (verdict, smallest)


def test_the_slack_of_plain_numbers_is_an_mpf():
    near = stated(lambda n: at_most(0.5, abs(n - 333)), n=Integer(1))
    assert near.exact(n=333) == mpmath.mpf(-0.5)
    with mpmath.workdps(50):
        assert abs(stated(lambda n: 1 / n, n=Integer(1)).exact(n=3) * 3 - 1) < mpmath.mpf(10) ** -48


def harmonic(n):
    return sum(1 / k for k in range(1, n + 1))


def test_what_has_rounded_is_refused_in_the_words_of_who_wrote_it():
    for function, message in (
        (
            harmonic,
            r"^slack: got .* \(float\), which is rounded on the way; allowed: .*; of integers, compare products",
        ),
        (lambda n: at_most(float(n) * 0.1, 9), r"^slack: got .* rounded on the way; allowed: .* digits count$"),
    ):
        with pytest.raises(TypeError, match=message):
            verify(stated(function, n=Integer(2, 9)))
    with pytest.raises(
        ValueError, match=r"math\.exp, which rounds to float, .*; allowed: flowlab\.verify\.functions, "
    ):
        stated(lambda x: math.exp(x), x=Real(0, 1))


@pytest.mark.parametrize("given", [("x > 0",), "x > 0", Assumption("x > 0", lambda x: x > 0), (lambda x: x > 0,), None])
def test_what_is_no_tuple_of_assumptions_is_refused_in_one_line(given):
    with pytest.raises(ValueError, match=r"^assuming: got [^\n]*; allowed: [^\n]*Assumption\([^\n]*$"):
        claim("t.assuming", hypotheses={"x": Real(0, 1)}, assuming=given)(lambda x: x)
