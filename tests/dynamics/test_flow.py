from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.dynamics import METHODS, Status, flow, flow_ensemble
from tests.dynamics.problems import (
    least_squares,
    linear_problem,
    overflowing,
    power_system,
    rotated_problem,
    toy,
    toy3_time,
    toy_problem,
)

EXPLICIT = ("dop853", "dopri5", "scipy:DOP853", "scipy:RK45")


@given(
    depth=st.sampled_from([1, 2]),
    target=st.lists(st.floats(0.5, 10), min_size=1, max_size=10),
    init=st.floats(1e-4, 0.3),
    method=st.sampled_from(EXPLICIT),
    coordinates=st.sampled_from(["weights", "log"]),
)
@settings(max_examples=60, deadline=None)
def test_agrees_with_closed_form(depth, target, init, method, coordinates):
    problem = toy_problem(depth, target, init)
    times = np.linspace(0, 3, 40)
    path = flow(problem.system, 3.0, times=times, method=method, rtol=1e-9, coordinates=coordinates)
    assert path.ok
    assert np.array_equal(path.t, times)
    assert np.abs(path.parameters - problem.exact(times)).max() < 1e-6
    assert np.abs(path.induced - problem.exact(times) ** depth).max() < 1e-5


@given(target=st.floats(0.5, 12), init=st.floats(1e-3, 0.1))
@settings(max_examples=30, deadline=None)
def test_depth_three_inverts_its_time(target, init):
    path = flow(toy(3, target, init), 3.0, rtol=1e-11, atol=1e-14)
    # Where σ still moves, its time by separation of variables is the clock's.
    moving = path.induced[:, 0] < 0.9 * target
    times = toy3_time(path.induced[moving, 0], target, init)
    assert moving.sum() > 3
    assert np.abs(times - path.t[moving]).max() < 1e-7


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("coordinates", ["weights", "log"])
def test_every_method_agrees(method, coordinates):
    problem = toy_problem(2, [4.0, 1.0], 0.05)
    path = flow(problem.system, 2.0, method=method, rtol=1e-7, coordinates=coordinates)
    assert path.ok
    assert path.t[0] == 0.0
    assert path.t[-1] == 2.0
    assert (np.diff(path.t) > 0).all()
    assert np.abs(path.parameters - problem.exact(path.t)).max() < 2e-4
    between = np.linspace(0, 2, 77)
    assert np.abs(path(between) - problem.exact(between)).max() < 2e-4
    assert np.abs(path.induced_at(between) - problem.exact(between) ** 2).max() < 8e-4


@pytest.mark.parametrize("method", ["scipy:Radau", "scipy:BDF", "scipy:LSODA"])
def test_stiff_methods_use_the_hessian_and_few_steps(method):
    problem = linear_problem([1.0, 1e5])
    path = flow(problem.system, 5.0, method=method, rtol=1e-6)
    assert path.ok
    assert path.statistics.hessian_evaluations > 0
    assert path.statistics.steps < 1500
    assert np.abs(path.parameters[-1] - problem.exact([5.0])[0]).max() < 1e-4
    without = flow(replace(problem.system, hessian=None), 5.0, method=method, rtol=1e-6)
    assert without.statistics.hessian_evaluations == 0


def test_logarithms_keep_the_relative_accuracy_of_small_weights():
    problem = toy_problem(2, [4.0, 0.5], 1e-24)
    times = np.linspace(0, 5, 20)
    relative = {}
    for coordinates in ("weights", "log"):
        path = flow(problem.system, 5.0, times=times, coordinates=coordinates)
        relative[coordinates] = np.abs(path.parameters / problem.exact(times) - 1).max()
        assert (path.parameters > 0).all()
    assert relative["log"] < 1e-7
    assert relative["weights"] > 10 * relative["log"]


@pytest.mark.parametrize("size", [8, 9, 26])
def test_long_parameters_take_the_same_steps(size):
    problem = linear_problem(np.ones(size))
    path = flow(problem.system, 1.0)
    assert path.statistics.steps == flow(linear_problem([1.0]).system, 1.0).statistics.steps
    assert np.abs(path.parameters - problem.exact(path.t)).max() < 1e-9


def test_records_loss_induced_observables_and_names():
    system = least_squares()
    path = flow(system, 1.0, times=[0.25, 0.5])
    assert path.t.tolist() == [0.25, 0.5]
    residual = path.parameters @ system.data[:, :3].T - system.data[:, 3]
    assert np.allclose(path.loss, (residual**2).mean(axis=1) / 2, rtol=1e-13)
    assert np.array_equal(path.induced, path.parameters)
    assert np.array_equal(path.observables["norm"], np.linalg.norm(path.parameters, axis=1))
    assert path.names == system.names
    assert path.kind == "flow"
    assert path.learning_rate is None
    assert path.steps is None


def test_the_same_run_gives_the_same_bits_whatever_it_records():
    system = rotated_problem().system
    free, fixed = flow(system, 3.0), flow(system, 3.0, times=[0.1, 1.7, 3.0])
    assert np.array_equal(free.parameters[-1], fixed.parameters[-1])
    assert np.array_equal(free([0.1, 1.7]), fixed.parameters[:2])
    shuffled = np.random.default_rng(0).permutation(np.linspace(0, 3, 50))
    assert np.array_equal(free(shuffled), free(np.sort(shuffled))[np.argsort(np.argsort(shuffled))])
    assert free(1.0).shape == (2,)


@pytest.mark.parametrize("method", ["dop853", "dopri5", "scipy:DOP853", "scipy:Radau"])
def test_blow_up_is_reported_with_its_time(method):
    path = flow(power_system(1.0, 2.0), 2.0, method=method)
    assert path.status is Status.DIVERGED
    assert not path.ok
    assert path.t[-1] == pytest.approx(1.0, abs=1e-4)
    assert np.isfinite(path.parameters).all()
    assert "t = 1" in path.message
    assert "step size" in path.message
    assert len(path.message.splitlines()) == 1


@pytest.mark.parametrize("method", ["dop853", "dopri5", "scipy:RK45"])
def test_overflow_is_reported(method):
    path = flow(power_system(300.0, 1.0), 5.0, method=method, rtol=1e-6)
    assert path.status is Status.DIVERGED
    assert np.isfinite(path.parameters).all()
    assert path.t[-1] == pytest.approx(np.log(1.797e308) / 300, abs=0.05)


@pytest.mark.parametrize("method", ["dop853", "dopri5"])
def test_step_too_small(method):
    # w = sqrt(1 − 2t) has an infinite slope at t = 1/2 and nothing after it.
    path = flow(power_system(-1.0, -1.0), 2.0, method=method)
    assert path.status is Status.STEP_TOO_SMALL
    assert path.t[-1] == pytest.approx(0.5, abs=1e-6)
    assert "loosen rtol" in path.message


@pytest.mark.parametrize("method", ["dop853", "scipy:RK45"])
def test_step_limit_keeps_what_came_before(method):
    problem = rotated_problem()
    path = flow(problem.system, 50.0, method=method, max_steps=7, times=[0.01, 20.0, 50.0])
    assert path.status is Status.STEP_LIMIT
    assert "raise max_steps" in path.message
    assert "(7)" in path.message
    assert path.t[0] == 0.01
    assert 0.01 < path.t[-1] < 50
    assert len(path.t) == 2
    assert np.abs(path.parameters - problem.exact(path.t)).max() < 1e-7
    with pytest.raises(ValueError, match=r"t: got 50; allowed: times in \[0, "):
        path(50.0)


@pytest.mark.parametrize("method", ["dop853", "scipy:RK45"])
def test_a_gradient_that_is_not_finite_at_the_start(method):
    path = flow(power_system(1.0, -1.0, start=0.0), 1.0, method=method)
    assert path.status is Status.DIVERGED
    assert path.t.tolist() == [0.0]
    assert path.parameters.tolist() == [[0.0]]


def test_rests_at_a_stationary_point():
    path = flow(replace(linear_problem([1.0, 2.0]).system, start=np.ones(2)), 1e6, atol=0.0)
    assert path.ok
    assert (path.parameters == 1.0).all()


@pytest.mark.parametrize("method", ["dop853", "dopri5", "rkc2"])
def test_rests_at_zero_where_no_error_is_allowed(method):
    path = flow(power_system(1.0, 2.0, start=0.0), 1e6, method=method, atol=0.0)
    assert path.ok
    assert path.statistics.steps < 20
    assert (path.parameters == 0.0).all()
    if method != "rkc2":
        ends = flow_ensemble(power_system(1.0, 2.0), 1e6, starts=[[0.0], [-1.0]], method=method, atol=0.0)
        assert ends.ok
        assert ends.steps[0] == path.statistics.steps
        assert ends.parameters[0, 0] == 0.0


def test_a_start_at_zero_with_relative_tolerance_alone():
    problem = linear_problem([1.0])
    system = replace(problem.system, start=np.zeros(1))
    path = flow(system, 1.0, atol=0.0)
    assert path.ok
    assert path.parameters[-1, 0] == pytest.approx(1 - np.exp(-1), rel=1e-9)


@pytest.mark.parametrize("method", ["dop853", "scipy:RK45"])
def test_a_loss_that_overflows_before_the_parameters(method):
    times = np.linspace(0, 400, 101)
    path = flow(overflowing(), 400.0, times=times, method=method, rtol=1e-6)
    assert path.status is Status.DIVERGED
    # w² leaves the range at t = ln(1.8e308)/2 = 354.9.
    assert path.t.tolist() == times[times < 354.8].tolist()
    for array in (path.parameters, path.induced, path.loss):
        assert len(array) == path.t.size
        assert np.isfinite(array).all()
    assert path.interpolant.stop == path.t[-1]
    assert "overflowed after t = 352" in path.message
