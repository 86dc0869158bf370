"""Hand-written kernels on large arrays of the user's: used where they lie, in continuous and in discrete time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab._jit import typed_kernel
from flowlab.dynamics import GradientSystem, Hitting, Status, descent, flow
from flowlab.dynamics._prepared import prepare
from flowlab.dynamics.signatures import GRADIENT, INDUCED, LOSS
from tests.dynamics.problems import linear_problem, power_system, regression, rotated_problem

METHODS = ("dop853", "dopri5", "scipy:DOP853", "scipy:LSODA")


def test_arrays_are_used_where_they_lie():
    system = regression().system
    ready = prepare(system)
    assert ready.model.data is system.data
    assert ready.model.constants is system.constants
    assert ready is prepare(system)
    assert system.names[:2] == ("w0", "w1")
    assert len(system.names) == 100


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dense", [True, False])
def test_the_flow_is_the_exponential_of_the_hessian(method, dense):
    problem = regression()
    times = np.array([0.0, 0.1, 0.5, 1.0, 2.5, 4.0])
    path = flow(problem.system, 4.0, times=times, method=method, rtol=1e-9, dense=dense)
    exact = problem.exact(times)
    assert path.ok
    assert np.array_equal(path.t, times)
    assert np.abs(path.parameters - exact).max() < 1e-6
    assert np.allclose(path.observables["norm"], np.linalg.norm(exact, axis=1), atol=1e-6)
    residual = exact @ problem.system.data.T - problem.system.constants
    assert np.allclose(path.loss, (residual**2).mean(axis=1) / 2, atol=1e-6)
    assert (path.interpolant is not None) == dense


@pytest.mark.parametrize("batch_size", [None, 30, 200])
@pytest.mark.parametrize("momentum, nesterov", [(0.0, False), (0.9, False), (0.9, True)])
def test_descent_is_the_iteration_in_numpy(batch_size, momentum, nesterov):
    system = regression().system
    a, b = system.data, system.constants
    batches = {} if batch_size is None else {"batch_size": batch_size, "seed": 3}
    chosen = [1, 10, 33, 50]
    path = descent(system, 0.02, steps=50, momentum=momentum, nesterov=nesterov, record=chosen, **batches)
    size = batch_size or 200
    epochs = -(-50 // -(-200 // size))
    orders = np.random.default_rng(3).permuted(np.tile(np.arange(200), (epochs, 1)), axis=1)
    w, v, expected = system.start.copy(), np.zeros(100), {}
    for step in range(50):
        epoch, batch = divmod(step, -(-200 // size))
        rows = orders[epoch][batch * size :][:size] if batch_size else np.arange(200)
        ahead = w + momentum * v if nesterov else w
        v = momentum * v - 0.02 * a[rows].T @ (a[rows] @ ahead - b[rows]) / rows.size
        w = w + v
        expected[step + 1] = w
    assert path.steps.tolist() == [0, *chosen]
    assert np.abs(path.parameters[1:] - [expected[step] for step in chosen]).max() < 1e-12
    assert np.allclose(path.observables["norm"], np.linalg.norm(path.parameters, axis=1), rtol=1e-14)


@given(
    method=st.sampled_from((*METHODS, "rkc2")),
    coordinates=st.sampled_from(["weights", "log"]),
    parts=st.lists(st.floats(0, 1), min_size=1, max_size=30, unique=True),
    events=st.sampled_from([(), (Hitting(1.2, terminal=True),), (Hitting(0.9),)]),
    max_steps=st.sampled_from([3, 1000]),
)
@settings(max_examples=100, deadline=None)
def test_what_is_recorded_does_not_depend_on_the_dense_output(method, coordinates, parts, events, max_steps):
    system = rotated_problem().system
    for times in (None, 6.0 * np.sort(parts)):
        options = {"method": method, "coordinates": coordinates, "events": events, "max_steps": max_steps}
        whole = flow(system, 6.0, times=times, **options)
        lean = flow(system, 6.0, times=times, dense=False, **options)
        assert lean.interpolant is None
        assert (lean.status, lean.message) == (whole.status, whole.message)
        assert lean.statistics.steps == whole.statistics.steps
        assert np.array_equal(lean.t, whole.t)
        # The point where a run ends early is the state itself, which the dense output meets to rounding.
        assert np.allclose(lean.parameters, whole.parameters, rtol=1e-12, atol=1e-14)
        inside = whole.t < whole.t[-1]
        assert np.array_equal(lean.parameters[inside], whole.parameters[inside])
        assert [o.time for o in lean.events] == [o.time for o in whole.events]


@pytest.mark.parametrize("method", ["dop853", "scipy:RK45"])
def test_a_run_that_fails_at_once_without_dense_output(method):
    for times in (None, [0.5, 1.0]):
        path = flow(power_system(1.0, -1.0, start=0.0), 1.0, method=method, times=times, dense=False)
        assert path.status is Status.DIVERGED
        assert path.t.tolist() == [0.0]
        assert path.parameters.tolist() == [[0.0]]


@typed_kernel(GRADIENT)
def misfitting_gradient(w, constants, data, rows, out):
    np.dot(data, np.ones(data.shape[1]), out)


@typed_kernel(LOSS)
def raising_loss(w, constants, data, rows):
    if constants[0] > 0.0:
        raise ValueError("no such loss")
    return 0.0


@typed_kernel(INDUCED)
def raising_induced(w, constants, out):
    raise ValueError("no such values")


@pytest.mark.parametrize(
    "name, changes, reason",
    [
        ("gradient", {"gradient": misfitting_gradient}, ".*"),
        ("loss", {"loss": raising_loss}, "no such loss"),
        ("induced", {"induced": raising_induced}, "no such values"),
    ],
)
def test_a_kernel_that_raises_is_refused(name, changes, reason):
    plain = linear_problem([1.0, 2.0]).system
    system = GradientSystem(
        **({"gradient": plain.gradient, "loss": plain.loss} | changes),
        start=plain.start,
        constants=plain.constants,
        data=np.ones((5, 3)),
    )
    for run in (lambda: flow(system, 1.0), lambda: descent(system, 0.1, steps=2)):
        with pytest.raises(ValueError, match=rf"^{name}: got ValueError \({reason}\); allowed: a kernel that runs"):
            run()
