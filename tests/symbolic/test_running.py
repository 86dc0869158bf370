"""Flow, descent and comparison of a loss at once."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab import toy
from flowlab.symbolic import GradientFlow

w, s, x, y = sympy.symbols("w s x y", positive=True)
sigma = sympy.Symbol("sigma", positive=True)
TOY = GradientFlow.from_loss((w**3 - s) ** 2 / 18, w, constants=s)
LINE = GradientFlow.from_loss((w * x - y) ** 2 / 2, w, data=[x, y])


@given(init=st.floats(0.05, 1.5), target=st.floats(0.3, 3), until=st.floats(0.1, 30))
@settings(max_examples=20, deadline=None)
def test_flow_and_descent_tend_to_the_toy_solution(init, target, until):
    path = TOY.flow(init, until, constants=[target], induced={sigma: w**3}, target=target)
    exact = toy.sigma(path.t, depth=3, target=target, init=init**3)
    np.testing.assert_allclose(path.induced[:, 0], exact, rtol=1e-7)
    assert path.target == pytest.approx([target])
    steps = TOY.descent(init, 1e-3, 100, constants=[target], induced={sigma: w**3})
    np.testing.assert_allclose(steps.induced[-1, 0], toy.sigma(0.1, depth=3, target=target, init=init**3), rtol=1e-3)


def test_options_go_on_to_the_solver():
    times = np.array([0.0, 0.5, 2.0])
    path = TOY.flow(0.5, 2.0, constants=[1.0], times=times, method="scipy:Radau")
    assert path.t == pytest.approx(times)
    assert path.statistics.hessian_evaluations > 0  # the system's own, not differences
    assert TOY.descent(0.5, 0.1, 10, constants=[1.0], record=5).t == pytest.approx([0.0, 0.5, 1.0])


def test_data_are_averaged_over():
    rows = np.array([[1.0, 2.0], [2.0, 3.0], [0.5, 1.0]])
    end = LINE.flow(1.0, 40.0, data=rows).parameters[-1, 0]
    assert end == pytest.approx((rows[:, 0] @ rows[:, 1]) / (rows[:, 0] @ rows[:, 0]), rel=1e-8)
    assert LINE.descent(1.0, 0.1, 500, data=rows).parameters[-1, 0] == pytest.approx(end, rel=1e-8)
    assert LINE.compare(1.0, [0.02, 0.01], 1.0, data=rows).order == pytest.approx(1, abs=0.1)


def test_descents_are_compared_over_all_steps_up_to_the_end():
    rates = [0.1, 0.05, 0.025]
    comparison = GradientFlow.from_loss(w**2 / 2, w).compare(1.0, rates, 3.0)
    steps = [np.arange(round(3 / eta) + 1) for eta in rates]
    apart = [np.abs((1 - eta) ** k - np.exp(-eta * k)).max() for eta, k in zip(rates, steps, strict=True)]
    assert [len(t) for t in comparison.all_times] == [len(k) for k in steps]
    assert comparison.distances == pytest.approx(apart, rel=1e-7)
    assert GradientFlow.from_loss(w**2 / 2, w).compare(1.0, 0.1, 0.3).times.size == 4  # 0.3 / 0.1 is below 3
    induced = TOY.compare(0.5, rates, 3.0, constants=[1.0], induced={sigma: w**3})
    parameters = TOY.compare(0.5, rates, 3.0, constants=[1.0], induced={sigma: w**3}, quantity="parameters")
    assert np.all(induced.distances != parameters.distances)
    assert induced.order == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    "rates, until, message",
    [
        (0.0, 1.0, "learning_rates: got 0; allowed: learning rates > 0, not greater than until = 1"),
        ([0.1, 2.0], 1.0, "learning_rates: got 2 at index 1; allowed"),
        (0.1, -1.0, "until: got -1; allowed: a finite number > 0"),
        ([], 1.0, "learning_rates: got an empty array"),
    ],
)
def test_what_cannot_be_compared_is_refused(rates, until, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        GradientFlow.from_loss(w**2 / 2, w).compare(1.0, rates, until)


def test_a_run_that_fails_is_not_compared():
    with pytest.raises(ValueError, match=r"^until: The flow diverged"):
        GradientFlow.from_loss(-(w**4) / 4, w).compare(1.0, 0.01, 2.0)
    with pytest.raises(ValueError, match=r"^learning_rates: The descent diverged"):
        GradientFlow.from_loss(w**4, w).compare(1.0, 0.9, 20.0)
