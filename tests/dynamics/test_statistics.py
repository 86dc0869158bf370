"""What a run says it cost is what it cost; the system counts in its own arrays, which no solver copies."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.dynamics import METHODS, Hitting, Stationary, Status, StoppingRule, descent, flow
from tests.dynamics.problems import counting, power_system


def counted(function, system, *arguments, **keywords):
    """Run once more than needed, so that the checks of the first use are not counted."""
    function(system, *arguments, **keywords)
    system.constants[:], system.data[:] = 0.0, 0.0
    path = function(system, *arguments, **keywords)
    assert system.data[0, 0] == system.constants[0]
    return path, system.constants[0], system.constants[1]


@given(
    method=st.sampled_from(METHODS),
    coordinates=st.sampled_from(["weights", "log"]),
    hessian=st.booleans(),
    until=st.floats(0.01, 50),
    rtol=st.floats(1e-9, 1e-2),
    dense=st.booleans(),
    first=st.sampled_from([None, 1e-3, 10.0]),
)
@settings(max_examples=100, deadline=None)
def test_a_flow_counts_every_call(method, coordinates, hessian, until, rtol, dense, first):
    if first is not None and first > until:
        first = None
    path, gradients, hessians = counted(
        flow, counting(hessian=hessian), until, method=method, coordinates=coordinates, rtol=rtol, dense=dense,
        first_step=first, times=[0.3 * until, until],
    )  # fmt: skip
    assert path.statistics.gradient_evaluations == gradients
    assert path.statistics.hessian_evaluations == hessians


@pytest.mark.parametrize("method", METHODS)
def test_a_flow_that_ends_early_counts_every_call(method):
    limited, gradients, _ = counted(flow, counting(), 50.0, method=method, max_steps=3)
    assert (limited.status, limited.statistics.steps) == (Status.STEP_LIMIT, 3)
    assert limited.statistics.gradient_evaluations == gradients
    stopped, gradients, _ = counted(flow, counting(), 50.0, method=method, events=[Hitting(1.5, terminal=True)])
    assert stopped.status is Status.STOPPED
    assert stopped.statistics.gradient_evaluations == gradients


@pytest.mark.parametrize("method, stages, more", [("dop853", 12, 3), ("dopri5", 6, 0)])
@pytest.mark.parametrize("dense", [True, False])
def test_rejected_steps_and_dense_stages(method, stages, more, dense):
    path = flow(power_system(-1.0, 3.0), 5.0, method=method, first_step=5.0, dense=dense)
    cost = path.statistics
    assert cost.rejected > 0
    assert cost.gradient_evaluations == 1 + stages * (cost.steps + cost.rejected) + more * cost.steps * dense


def test_looking_for_stationarity_comes_on_top():
    path, gradients, _ = counted(flow, counting(), 50.0, events=[Stationary(1e-3)])
    assert path.statistics.gradient_evaluations < gradients


@given(
    steps=st.integers(1, 40),
    momentum=st.sampled_from([0.0, 0.5]),
    nesterov=st.booleans(),
    batch_size=st.sampled_from([None, 1, 3, 7]),
    stop=st.sampled_from(
        [None, StoppingRule(loss=0.3), StoppingRule(gradient_norm=0.3), StoppingRule(loss=0.3, gradient_norm=0.2)]
    ),
    rate=st.sampled_from([0.05, 3.0, 1e60]),
    both=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_a_descent_counts_every_call(steps, momentum, nesterov, batch_size, stop, rate, both):
    keywords = {"momentum": momentum, "nesterov": nesterov and momentum > 0, "stop": stop}
    if batch_size is not None:
        keywords |= {"batch_size": batch_size, "seed": 1}
    path, gradients, _ = counted(descent, counting(both=both), rate, steps=steps, **keywords)
    assert path.statistics.gradient_evaluations == gradients
    apart = descent(counting(), rate, steps=steps, **keywords)
    assert np.array_equal(path.parameters, apart.parameters)
    assert path.message == apart.message
    assert path.statistics.hessian_evaluations == 0


def test_a_plain_descent_costs_one_gradient_a_step():
    assert descent(counting(), 0.1, steps=9).statistics.gradient_evaluations == 9
    assert descent(counting(), 0.1, steps=9, batch_size=2, seed=0).statistics.gradient_evaluations == 9
    # The rule looks at the last point as well; the gradient of a batch or ahead is another than the rule's.
    rule = StoppingRule(gradient_norm=1e-9)
    assert descent(counting(), 0.1, steps=9, stop=rule).statistics.gradient_evaluations == 10
    assert descent(counting(), 0.1, steps=9, batch_size=2, seed=0, stop=rule).statistics.gradient_evaluations == 19
    # The step that left the range was computed too.
    assert descent(replace(counting(), start=np.full(2, 2.0)), 1e120, steps=9).statistics.gradient_evaluations == 1
