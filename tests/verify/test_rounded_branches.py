"""A sign that depends on how numbers were rounded is none: what branches in mpmath is never falsified for it."""

import mpmath
import pytest

from flowlab.verify import Claim, Real, verify

TRUE = {
    "sqrt": lambda x: 1 if mpmath.sqrt(x) ** 2 >= x else -1,
    "root": lambda x: 1 if mpmath.cbrt(x) ** 3 <= x else -1,
    "exp": lambda x: 1 if mpmath.exp(mpmath.log(x)) == x else -1,
    "circle": lambda x: 1 if mpmath.sin(x) ** 2 + mpmath.cos(x) ** 2 == 1 else -1,
}
FALSE = {
    "sqrt": lambda x: 1 if mpmath.sqrt(x) ** 2 >= x + 1e-9 else -1,
    "circle": lambda x: mpmath.sin(x) ** 2 + mpmath.cos(x) ** 2 - 1 - mpmath.mpf(10) ** -30,
}


def stated(function):
    return Claim("demo", "", "", "", {"x": Real(0.5, 3)}, function)


@pytest.mark.parametrize("name", TRUE)
def test_a_true_claim_that_branches_on_a_rounded_comparison_is_not_falsified(name):
    verdict = verify(stated(TRUE[name]), examples=40)
    assert verdict.verdict != "falsified", verdict.message


@pytest.mark.parametrize("name", FALSE)
def test_a_false_one_still_is(name):
    assert verify(stated(FALSE[name]), examples=40).verdict == "falsified"
