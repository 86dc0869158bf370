"""A coordinate found from its clock: to many digits, up to its end, and not across what a clock cannot tell."""

import mpmath as mp
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.symbolic import GradientFlow
from flowlab.symbolic.solving._clock import two_power_clock
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


positive = sympy.Symbol("w", positive=True)


@settings(max_examples=5, deadline=None)
@given(
    st.sampled_from([R(5, 2), R(7, 2), R(9, 2), R(7, 3), R(11, 5)]),
    st.integers(2, 7),
    st.sampled_from([R(2, 3), R("0.7022613065326634"), R(6, 5), R(17, 10)]),
)
@example(R(7, 2), 2, R(6, 5))
@example(R(9, 2), 2, R("0.7022613065326634"))
def test_a_stationary_point_is_never_reached_however_its_clock_rounds(power, target, start):
    """Its place is no rational number: the clock's limit is not known there, but the order of the rate's zero is."""
    powers = {power - 1: power * target / 2, 2 * power - 1: -power / 2}
    rate = sympy.Add(*(coefficient * positive**n for n, coefficient in powers.items()))
    flow = Inversion(two_power_clock(powers, positive)[0], rate, positive, start)
    assert flow.until() == float("inf")
    assert [float(x) for x in flow.at([1e9])] == [pytest.approx(target ** (1 / float(power)), rel=1e-14)]


@pytest.mark.parametrize("order", [R(1, 4), R(1, 2), R(2, 3), R(49, 50)])
def test_a_zero_of_lower_order_is_reached_wherever_it_is(order):
    """Of y' = -(y - c)^order, in the time of (y - c)^(1 - order)/(1 - order), also where c is no rational number."""
    gap = y - sympy.cbrt(2)
    clock = Inversion(-(gap ** (1 - order)) / (1 - order), -(gap**order), y, sympy.cbrt(2) + 1)
    assert clock.until() == pytest.approx(float(1 / (1 - order)), rel=1e-9)
