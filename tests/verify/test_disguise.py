"""An `exact` that is a float in an mpf's clothes is refused; one whose value is exact, and so never changes, is not."""

import math
from fractions import Fraction

import mpmath
import pytest

from flowlab.verify import Claim, Integer, Real, verify
from flowlab.verify.disguise import in_disguise
from flowlab.verify.exactness import exactly


def stated(exact, **hypotheses):
    return Claim("t", "", "", "", hypotheses or {"x": Real(0.1, 2)}, lambda **_: 1.0, exact=exact)


TABLE = [math.sqrt(k + 2) for k in range(7)]


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


def table(n):
    return TABLE[n % len(TABLE)]


@pytest.mark.parametrize(
    "exact",
    [
        lambda n: mpmath.mpf(1 / n),
        lambda n: mpmath.mpf(n**0.5) + 3,
        lambda n: mpmath.mpf(float(n) ** 0.5),
        lambda n: mpmath.mpf(helper(n)),
        lambda n: mpmath.mpf(n * 0.1),
        lambda n: mpmath.mpf(sum(1 / k for k in range(1, n + 1))),
        lambda n: (mpmath.mpf(1 / n) + 2) ** 2,
        lambda n: 2 - mpmath.mpf(1 / n) ** 2,
    ],
)
def test_of_integers_as_well(exact):
    with pytest.raises(TypeError, match=r"^exact: got .* does not change with the digits at work"):
        verify(stated(exact, n=Integer(1, 60)), examples=60)


@pytest.mark.parametrize(
    "exact",
    [
        lambda n: mpmath.mpf(n / 4) + 1,
        lambda n: mpmath.mpf(2.0**-n),
        lambda n: 1 - mpmath.mpf(2) ** -n,
        lambda n: mpmath.mpf(math.comb(n, n // 2)) / 2**n,
        lambda n: mpmath.mpf(table(n)) + n,
        lambda n: mpmath.mpf(table(n)) * n / 8,
        lambda n: mpmath.mpf(0.1) * n,
        lambda n: mpmath.mpf(float(n)) / 1024 + 0.1,
        lambda n: n + mpmath.mpf(0.1) if n / 3 > 1 else mpmath.mpf(1),
        lambda n: mpmath.mpf(1) / n,
        lambda n: mpmath.mpf(sum(Fraction(1, 2**k) for k in range(n + 1))),
        lambda n: mpmath.mpf(round(n / 3 * 4) + 1) / 4,
    ],
)
def test_what_is_exact_of_integers_is_not(exact):
    assert verify(stated(exact, n=Integer(1, 60)), examples=60).verdict == "held"


def test_integers_are_exact_whatever_their_size():
    assert verify(stated(lambda n: mpmath.mpf(3) ** n - 5, n=Integer(29, 60))).verdict == "held"


def test_what_cancellation_leaves_is_none():
    def residue(x):
        inner = mpmath.log1p(mpmath.sin(x * (x + 2)))
        return mpmath.expm1(inner) - (mpmath.exp(inner) - 1)

    exact, at = exactly(residue), {"x": -1.0444770895889303e-14}
    for digits in (50, 100, 200, 400, 800, 1600):
        with mpmath.workdps(digits):
            value = exact(**at)
        assert not in_disguise(exact, at, value), digits
    assert verify(stated(residue, x=Real(-1, 0)), examples=40).verdict == "held"


def clothed(x):
    return mpmath.mpf(repr(float(mpmath.sin(x))))


def guessed(x):
    return mpmath.findroot(lambda y: y * y - x, float(mpmath.sqrt(x)))


def test_a_float_on_the_way_of_what_changes_with_the_digits_falsifies_nothing():
    sine = Claim("m", "", "", "", {"x": Real(1, 2)}, lambda x: 0 * x, exact=lambda x: clothed(x) - mpmath.sin(x))
    found = verify(sine, examples=40)
    assert (found.verdict, found.counterexample) == ("undecided", None)
    assert "rounded" in found.message
    root = Claim("m", "", "", "", {"x": Real(1, 2)}, lambda x: -x / 10**18, exact=lambda x: guessed(x) - 2)
    assert verify(root, examples=40).verdict == "falsified"
