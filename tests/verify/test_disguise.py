"""An `exact` that is a float in an mpf's clothes is refused; one whose value is exact, and so never changes, is not."""

import math

import mpmath
import pytest

from flowlab.verify import Claim, Integer, Real, verify


def stated(exact, **hypotheses):
    return Claim("t", "", "", "", hypotheses or {"x": Real(0.1, 2)}, lambda **_: 1.0, exact=exact)


def helper(x):
    return math.sqrt(x)


@pytest.mark.parametrize(
    "exact",
    [
        lambda x: mpmath.mpf(math.sqrt(x)),
        lambda x: mpmath.mpf(float(x) ** 0.5),
        lambda x: mpmath.mpf(helper(x)),
        lambda x: mpmath.mpf(math.sqrt(2)) + x,
        lambda x: mpmath.mpf(math.exp(x)) + 1,
        lambda x: mpmath.mpf(float(x) * 0.1),
    ],
)
def test_a_float_in_the_clothes_of_an_mpf_is_refused(exact):
    with pytest.raises(TypeError, match=r"^exact: got .* does not change with the digits at work.*; allowed: .*mpmath"):
        verify(stated(exact), examples=20)


@pytest.mark.parametrize(
    "exact",
    [
        lambda x: x * x,
        lambda x: x - 0.0625,
        lambda x: x,
        lambda x: x / 4 + 0.1,
        lambda x: mpmath.mpf(0.1) if x > 0.5 else x,
        lambda x: mpmath.mpf(1),
        lambda x: mpmath.mpf(math.floor(x)) + 1,
        lambda x: mpmath.sqrt(x),
        lambda x: abs(x - 1) + 2.0**-40,
    ],
)
def test_what_is_exact_is_not(exact):
    assert verify(stated(exact), examples=40).verdict == "held"


def test_integers_are_exact_whatever_their_size():
    assert verify(stated(lambda n: mpmath.mpf(3) ** n - 5, n=Integer(29, 60))).verdict == "held"
