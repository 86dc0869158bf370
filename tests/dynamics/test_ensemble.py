from dataclasses import replace

import numba
import numpy as np
import pytest
from problems import power_system, toy, toy_problem

from flowlab.dynamics import Status, flow, flow_ensemble


@pytest.mark.parametrize("method", ["dop853", "dopri5"])
@pytest.mark.parametrize("coordinates", ["weights", "log"])
def test_members_are_single_runs_bit_for_bit(method, coordinates):
    generator = np.random.default_rng(3)
    size = 20
    targets = generator.uniform(1, 10, (size, 2))
    starts = generator.uniform(0.05, 0.5, (size, 2))
    system = toy(3, [1.0, 1.0], 0.1)
    constants = np.column_stack([np.full(size, 3.0), targets])
    ends = flow_ensemble(system, 2.0, starts=starts, constants=constants, method=method, coordinates=coordinates)
    assert ends.ok
    for m in range(size):
        alone = replace(system, start=starts[m], constants=constants[m], target=targets[m])
        path = flow(alone, 2.0, method=method, coordinates=coordinates)
        assert np.array_equal(path.parameters[-1], ends.parameters[m])
        assert np.array_equal(path.induced[-1], ends.induced[m])
        assert path.statistics.steps == ends.steps[m]
    assert len(set(ends.steps)) > 1


def test_closed_form_and_the_caller_keeps_the_starts():
    problem = toy_problem(2, 3.0, 0.1)
    starts = np.full((4, 1), np.sqrt(0.1))
    before = starts.copy()
    ends = flow_ensemble(problem.system, 1.5, starts=starts)
    assert np.array_equal(starts, before)
    assert np.abs(ends.parameters - problem.exact([1.5])).max() < 1e-8
    assert ends.t.tolist() == [1.5] * 4


def test_each_member_has_its_own_status():
    # ẇ = w² from 2 ends at t = 1/2; from 1/2 it lives until 2.
    ends = flow_ensemble(power_system(1.0, 2.0), 1.0, starts=[[2.0], [0.5]])
    assert list(ends.status) == [Status.DIVERGED, Status.REACHED_END]
    assert not ends.ok
    assert ends.t[0] == pytest.approx(0.5, abs=1e-4)
    assert ends.parameters[1, 0] == pytest.approx(1.0, rel=1e-8)
    assert np.isfinite(ends.parameters).all()
    limited = flow_ensemble(power_system(1.0, 2.0), 1.0, starts=[[0.5]], max_steps=2)
    assert limited.status[0] is Status.STEP_LIMIT
    assert limited.t[0] < 1


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="a large ensemble")
@pytest.mark.parametrize("method", ["dop853", "dopri5"])
def test_no_member_slips_past_the_error_estimate(method):
    # Over so many members an estimate passes through zero by accident somewhere; no end may be off by it.
    generator = np.random.default_rng(1)
    size = 20_000
    target = generator.uniform(1, 10, size)
    starts = np.cbrt(10 ** generator.uniform(-3, -1, size))[:, None]
    constants = np.column_stack([np.full(size, 3.0), target])
    system = toy(3, 1.0, 0.1)
    ends = flow_ensemble(system, 3.0, starts=starts, constants=constants, method=method)
    tight = flow_ensemble(system, 3.0, starts=starts, constants=constants, rtol=3e-13, atol=1e-15)
    assert np.abs(ends.parameters - tight.parameters).max() < 1e-8
