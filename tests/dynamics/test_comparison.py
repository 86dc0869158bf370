from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.dynamics import compare, descent, flow
from tests.dynamics.problems import linear_problem, modified_toy2, toy

RATES = (0.01, 0.005, 0.0025, 0.00125)
TARGET = (3.0, 1.0)


@pytest.mark.parametrize("quantity", ["induced", "parameters"])
def test_gradient_descent_follows_the_flow_to_first_order(quantity):
    system = toy(2, TARGET, 0.05)
    paths = [descent(system, rate, steps=round(4 / rate), record=1) for rate in RATES]
    comparison = compare(flow(system, 4.0, rtol=1e-11), paths, quantity=quantity)
    assert comparison.order == pytest.approx(1, abs=0.05)
    assert comparison.learning_rates.tolist() == list(RATES)
    assert (np.diff(comparison.distances) < 0).all()
    assert len(comparison.table()) == 4
    assert comparison.table()[1] == (0.005, comparison.distances[1], comparison.at[1])


def test_the_modified_loss_is_second_order():
    system = toy(2, TARGET, 0.05)
    paths = [descent(system, rate, steps=round(4 / rate), record=1) for rate in RATES]
    flows = [flow(modified_toy2(TARGET, 0.05, rate), 4.0, rtol=1e-12, atol=1e-14) for rate in RATES]
    comparison = compare(flows, paths)
    assert comparison.order == pytest.approx(2, abs=0.05)
    plain = compare(flow(system, 4.0, rtol=1e-11), paths)
    assert (comparison.distances < 0.05 * plain.distances).all()


def test_one_pair_by_hand():
    problem = linear_problem([1.0])
    path = descent(problem.system, 0.5, steps=8, record=1)
    comparison = compare(flow(problem.system, 3.0), path)
    # Steps beyond the flow's end are left out.
    assert comparison.times.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    expected = 0.5 ** np.arange(7) - np.exp(-comparison.times)
    assert np.abs(comparison.difference[:, 0] - expected).max() < 1e-9
    assert comparison.distances[0] == pytest.approx(np.abs(expected).max(), abs=1e-9)
    assert comparison.at[0] == comparison.times[np.argmax(np.abs(expected))]
    assert comparison.order is None


def test_a_descent_may_end_with_the_flow_whatever_the_rounding():
    problem = linear_problem([1.0])
    path = descent(problem.system, 0.1, steps=3, record=1)
    assert path.t[-1] > 0.3
    assert compare(flow(problem.system, 0.3), path).times.tolist() == [0.0, 0.1, 0.2, 0.3]


@given(st.lists(st.integers(0, 40), unique=True).map(sorted), st.integers(1, 45), st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_distance_is_that_of_all_steps_or_refused(record, until, counted):
    system = toy(2, TARGET, 0.05)
    curve = flow(system, 0.1 * until)
    thin = descent(system, 0.1, steps=40, record=record or [0])
    if not counted:
        thin = replace(thin, steps=None)
    whole = compare(curve, descent(system, 0.1, steps=40, record=1))
    if set(range(min(until, 40) + 1)) <= {*record, 0, 40}:
        assert compare(curve, thin).distances == whole.distances
    else:
        with pytest.raises(ValueError, match="descent: got no record of the steps between steps"):
            compare(curve, thin)


def test_thinned_descents_are_refused():
    system = toy(2, TARGET, 0.05)
    curve, path = flow(system, 4.0), descent(system, 0.001, steps=4000)
    with pytest.raises(
        ValueError, match=r"^descent: got no record of the steps between steps \d+ and \d+; .* record=1$"
    ):
        compare(curve, path)
    late = descent(system, 0.01, steps=400, record=1)
    late = replace(late, t=late.t[5:], steps=late.steps[5:], induced=late.induced[5:])
    with pytest.raises(ValueError, match="descent: got no record of the steps before step 5;"):
        compare(curve, late)
    # What is left out beyond the flow does not matter.
    ends = compare(curve, descent(system, 0.01, steps=10_000, record=range(401)))
    assert ends.distances == compare(curve, descent(system, 0.01, steps=400, record=1)).distances


def test_bad_input():
    problem = linear_problem([1.0])
    curve, path = flow(problem.system, 1.0), descent(problem.system, 0.1, steps=3)
    wide = flow(linear_problem([1.0, 2.0]).system, 1.0)
    for arguments, words in (
        (([curve, curve], path), "flow: got 2 flows for 1 descents"),
        (([], path), "flow: got"),
        ((None, None), "descent: got None; allowed: a Trajectory"),
        ((None, path), "flow: got None; allowed: a Trajectory"),
        ((curve, []), "descent: got"),
        ((curve, curve), "descent: got a flow without learning_rate"),
        ((path, path), "flow: got a descent without dense output"),
        ((flow(problem.system, 1.0, dense=False), path), "flow: got a flow without dense .* with dense=True, or exact"),
        ((wide, path), "descent: got 1 components; allowed: as many as the flow's 2"),
    ):
        with pytest.raises(ValueError, match=words):
            compare(*arguments)
    with pytest.raises(ValueError, match="quantity: got 'loss'; allowed"):
        compare(curve, path, quantity="loss")
    with pytest.raises(ValueError, match="got 2 descents"):
        _ = compare(curve, [path, path]).difference
    assert compare(curve, [path, path]).order is None
