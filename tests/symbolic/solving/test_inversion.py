"""A coordinate found from its clock: to many digits, up to its end, and not across what a clock cannot tell."""

import mpmath as mp
import pytest
import sympy

from flowlab.symbolic import GradientFlow
from flowlab.symbolic.solving._inversion import Inversion

w = sympy.Symbol("w")
y = sympy.Symbol("y", real=True)
R = sympy.Rational


@pytest.mark.parametrize("slow", [1, 30, 1000])
def test_a_branch_of_the_clock_is_not_stepped_over(slow):
    """The integral of slow + 1 taken with atan(tan y), which jumps at pi/2: refused there, whatever its size."""
    clock = Inversion(slow * y + sympy.atan(sympy.tan(y)), R(1, slow + 1), y, sympy.Integer(0))
    assert clock.at([slow + 1.0]) == [pytest.approx(1.0, rel=1e-15)]
    with pytest.raises(ValueError, match="allowed"):
        clock.at([2.0 * (slow + 1)])


def test_a_coordinate_has_more_digits_than_a_float():
    decay = Inversion(-sympy.log(y), -y, y, sympy.Integer(1))
    cubic = Inversion(1 - 1 / y**2, y**3 / 2, y, sympy.Integer(1))  # 1/sqrt(1 - t)
    times = [0.001, 0.1, 0.25, 0.5, 0.9]
    with mp.workdps(35):
        for t, found in zip(times, decay.at(times), strict=True):
            assert abs(mp.mpf(found) * mp.exp(t) - 1) < mp.mpf(10) ** -30
        for t, found in zip(times, cubic.at(times), strict=True):
            assert abs(mp.mpf(found) ** 2 * (1 - mp.mpf(t)) - 1) < mp.mpf(10) ** -30
    assert cubic.until() == pytest.approx(1, rel=1e-15)
    assert (cubic.until(0.5), decay.until()) == (float("inf"), float("inf"))


@pytest.mark.parametrize(
    "loss, start, end", [(R(4, 3) * sympy.sqrt(w), 1, 1.0), (sympy.log(w) / 2, 1, 1.0), (-(w**3) / 3, R(1, 2), 2.0)]
)
def test_a_solution_has_no_value_at_its_end(loss, start, end):
    """Where the formula has one too, as (1 - t)^(2/3) does."""
    found = GradientFlow.from_loss(loss, w).exact(start)
    assert found.lasts() == end
    assert found.at(end * (1 - 2.0**-40)).size == 1
    with pytest.raises(ValueError, match="when the solution ceases to exist"):
        found.at(end)
