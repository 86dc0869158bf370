"""The step controller by its published formulas, written out once more in plain Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.dynamics._control import combined_error, growth, is_singular, power, second_guess, trial_step
from flowlab.dynamics.tableaux import DOP853, DOPRI5

SIZES = st.floats(1e-12, 1e12)


@given(five=SIZES, three=SIZES, h=st.floats(1e-6, 10), rtol=st.floats(1e-13, 0.1))
@settings(deadline=None)
def test_the_error_of_dop853(five, three, h, rtol):
    published = h * five**2 / np.sqrt(five**2 + 0.01 * three**2)
    assert combined_error(five, three, 2, h, rtol) == pytest.approx(max(published, 0.1 * rtol * (h * three) ** 2))
    assert combined_error(five, three, 1, h, rtol) == h * five
    assert combined_error(0.0, 0.0, 2, h, rtol) == 0.0


@given(x=st.floats(1e-300, 1e300), exponent=st.floats(-1, 1))
@settings(deadline=None)
def test_powers_have_five_digits(x, exponent):
    assert power(x, exponent) == pytest.approx(x**exponent, rel=1e-5)


@given(
    tableau=st.sampled_from([DOPRI5, DOP853]),
    err=st.floats(1e-12, 1e12),
    before=st.floats(1e-4, 1),
    after=st.booleans(),
)
@settings(deadline=None)
def test_the_next_step(tableau, err, before, after):
    controller = tableau.packed()[3]
    exponent = 1 / tableau.error_order - 0.75 * tableau.memory
    factor = tableau.safety * err**-exponent
    if err <= 1.0:
        most = 1.0 if after else tableau.largest
        expected = min(most, max(tableau.smallest, factor * before**tableau.memory))
    else:
        expected = max(tableau.smallest, factor)
    assert growth(err, before, after, controller) == pytest.approx(expected, rel=3e-5)


@pytest.mark.parametrize("err", [np.nan, np.inf])
def test_the_step_after_an_overflow(err):
    assert growth(err, 1.0, False, DOP853.packed()[3]) == 0.2


@given(
    y=st.lists(st.floats(-10, 10), min_size=1, max_size=4),
    speed=st.floats(-10, 10),
    logarithmic=st.booleans(),
    rtol=st.floats(1e-12, 1e-2),
)
@settings(deadline=None)
def test_the_first_step(y, speed, logarithmic, rtol):
    y, atol, until = np.array(y), 1e-9, 3.0
    velocity, ahead = speed * np.cos(y), speed * np.sin(y)
    scale = atol + rtol * (1.0 if logarithmic else np.abs(y))
    size = 1 / rtol if logarithmic else np.max(np.abs(y) / scale)
    fastest = np.max(np.abs(velocity) / scale)
    step = min(0.01 * size / fastest, until) if size > 1e-5 and fastest > 1e-5 else 1e-6 * until
    assert trial_step(y, velocity, until, rtol, atol, logarithmic) == pytest.approx(step)
    most = max(fastest, np.max(np.abs(ahead - velocity) / scale) / step)
    longer = max(1e-6 * until, step * 1e-3) if most <= 1e-15 else (0.01 / most) ** 0.125
    guess = second_guess(y, velocity, ahead, step, until, rtol, atol, 0.125, logarithmic)
    assert guess == pytest.approx(min(100 * step, longer, until))


def test_a_singularity_is_growth_without_end():
    one = np.array([1.0])
    assert is_singular(one, 1e13 * one, 1.0)
    assert is_singular(-one, -1e13 * one, 1.0)
    assert not is_singular(one, -1e13 * one, 1.0)
    assert not is_singular(one, 1e10 * one, 1.0)
    assert is_singular(np.array([1.0, 1.0]), np.array([0.0, 1e13]), 1.0)
