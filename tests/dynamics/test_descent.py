from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.dynamics import Status, StoppingRule, descent
from tests.dynamics.problems import least_squares, linear_problem, overflowing, power_system, toy


def toy_gradient(w, depth, target):
    return w ** (depth - 1) * (w**depth - target) / depth


@given(
    depth=st.sampled_from([1, 2, 3]),
    target=st.lists(st.floats(0.5, 8), min_size=1, max_size=20),
    rate=st.floats(1e-4, 1e-2),
    momentum=st.sampled_from([0.0, 0.5, 0.9]),
    nesterov=st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_against_a_numpy_loop(depth, target, rate, momentum, nesterov):
    nesterov = nesterov and momentum > 0
    target = np.array(target)
    system = toy(depth, target, 0.05)
    path = descent(system, rate, steps=200, momentum=momentum, nesterov=nesterov, record=1)
    w, v = system.start.copy(), np.zeros(target.size)
    expected = [w]
    for _ in range(200):
        v = momentum * v - rate * toy_gradient(w + momentum * v if nesterov else w, depth, target)
        w = w + v
        expected.append(w)
    assert path.status is Status.REACHED_END
    assert np.abs(path.parameters - expected).max() < 1e-12
    assert np.array_equal(path.steps, np.arange(201))
    assert np.allclose(path.t, rate * np.arange(201), rtol=1e-15)
    assert path.kind == "descent"
    assert path.learning_rate == rate


@pytest.mark.parametrize("batch_size", [1, 5, 22, 23])
@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_batches_cover_every_row_once_an_epoch(batch_size, momentum):
    system = least_squares(examples=23)
    path = descent(system, 0.02, steps=60, batch_size=batch_size, seed=7, momentum=momentum, record=1)
    again = descent(system, 0.02, steps=60, batch_size=batch_size, seed=7, momentum=momentum, record=1)
    other = descent(system, 0.02, steps=60, batch_size=batch_size, seed=8, momentum=momentum, record=1)
    assert np.array_equal(path.parameters, again.parameters)
    assert batch_size == 23 or not np.array_equal(path.parameters, other.parameters)
    # Every epoch is one permutation of the rows, drawn in the order of the epochs.
    generator = np.random.default_rng(7)
    batches = -(-23 // batch_size)
    epochs = -(-60 // batches)
    orders = generator.permuted(np.tile(np.arange(23), (epochs, 1)), axis=1)
    assert (np.sort(orders, axis=1) == np.arange(23)).all()
    x, y = system.data[:, :3], system.data[:, 3]
    w, v = system.start.copy(), np.zeros(3)
    for step in range(60):
        rows = orders[step // batches][(step % batches) * batch_size :][:batch_size]
        v = momentum * v - 0.02 * x[rows].T @ (x[rows] @ w - y[rows]) / rows.size
        w = w + v
        assert np.abs(path.parameters[step + 1] - w).max() < 1e-12


def test_chunks_of_epochs_do_not_change_the_run(monkeypatch):
    system = least_squares()
    whole = descent(system, 0.05, steps=100, batch_size=4, seed=1, momentum=0.5)
    monkeypatch.setattr("flowlab.dynamics.discrete._CHUNK", 40)
    assert np.array_equal(
        descent(system, 0.05, steps=100, batch_size=4, seed=1, momentum=0.5).parameters, whole.parameters
    )


def test_full_batches_are_gradient_descent():
    system = least_squares()
    full = descent(system, 0.1, steps=50)
    batched = descent(system, 0.1, steps=50, batch_size=23, seed=0)
    assert np.abs(full.parameters - batched.parameters).max() < 1e-13
    assert "norm" in full.observables
    assert np.array_equal(full.observables["norm"], np.linalg.norm(full.parameters, axis=1))


@pytest.mark.parametrize(
    "record, expected",
    [
        (10, [0, 10, 20, 25]),
        (100, [0, 25]),
        ([3, 7], [0, 3, 7, 25]),
        (np.array([0, 25]), [0, 25]),
        ("log", list(range(26))),
    ],
)
def test_recording(record, expected):
    system = linear_problem([1.0]).system
    path = descent(system, 0.1, steps=25, record=record)
    if isinstance(record, str):
        assert set(path.steps) <= set(expected)
        assert list(path.steps[:4]) == [0, 1, 2, 3]
    else:
        assert path.steps.tolist() == expected
    assert path.steps[-1] == 25
    assert np.allclose(path.parameters[:, 0], 1 + 0.9**path.steps, rtol=1e-13)


def test_logarithmic_recording_is_even_in_the_logarithm():
    path = descent(linear_problem([1.0]).system, 1e-5, steps=1_000_000)
    assert path.steps[0] == 0
    assert path.steps[-1] == 1_000_000
    assert 250 < path.steps.size < 402
    ratios = path.steps[-100:][1:] / path.steps[-100:][:-1]
    assert np.ptp(ratios) < 1e-3


@pytest.mark.parametrize("momentum, nesterov", [(0.0, False), (0.3, False), (0.3, True)])
def test_stopping_rules(momentum, nesterov):
    system = linear_problem([1.0]).system
    every = descent(system, 0.1, steps=500, momentum=momentum, nesterov=nesterov, record=1)
    norm = np.abs(every.parameters[:, 0] - 1)
    for stop, first in (
        (StoppingRule(gradient_norm=1e-3), np.argmax(norm <= 1e-3)),
        (StoppingRule(loss=1e-4), np.argmax(every.loss <= 1e-4)),
        (StoppingRule(loss=1e-4, gradient_norm=1e-3), np.argmax((every.loss <= 1e-4) | (norm <= 1e-3))),
    ):
        path = descent(system, 0.1, steps=500, momentum=momentum, nesterov=nesterov, stop=stop)
        assert path.status is Status.STOPPED
        assert path.ok
        assert path.steps[-1] == first
        assert path.statistics.steps == first
        assert f"step {first}" in path.message
        assert path.parameters[-1, 0] == every.parameters[first, 0]


def test_stopping_at_the_start_at_the_last_step_and_with_batches():
    system = linear_problem([1.0]).system
    assert descent(system, 0.1, steps=5, stop=StoppingRule(loss=10.0)).steps.tolist() == [0]
    rest = replace(system, start=np.ones(1))
    assert descent(rest, 0.1, steps=5, stop=StoppingRule(loss=0.0)).steps.tolist() == [0]
    last = descent(system, 0.5, steps=3, stop=StoppingRule(gradient_norm=0.126))
    assert (last.status, last.steps[-1]) == (Status.STOPPED, 3)
    data = least_squares()
    optimum = np.linalg.lstsq(data.data[:, :3], data.data[:, 3])[0]
    path = descent(data, 0.05, steps=2000, batch_size=22, seed=0, stop=StoppingRule(gradient_norm=0.05))
    assert path.status is Status.STOPPED
    x = data.data[:, :3]
    gradient = x.T @ x @ (path.parameters[-1] - optimum) / 23
    assert np.linalg.norm(gradient) <= 0.05


@pytest.mark.parametrize("record", ["log", 7])
def test_divergence_is_reported_with_its_step(record):
    system = toy(3, [4.0, 1.0], 0.1)
    path = descent(system, 5.0, steps=1000, record=record)
    assert path.status is Status.DIVERGED
    assert not path.ok
    for array in (path.t, path.parameters, path.induced, path.loss):
        assert np.isfinite(array).all()
    w, step = system.start.copy(), 0
    with np.errstate(all="ignore"):
        while True:
            ahead = w - 5.0 * toy_gradient(w, 3, system.target)
            if not (np.abs(ahead) <= 1e100).all():
                break
            w, step = ahead, step + 1
    assert f"after step {step}," in path.message
    assert path.steps[-1] <= step


def test_divergence_of_slow_growth():
    path = descent(power_system(1.0, 1.0), 1.0, steps=10_000)
    # w doubles at every step, so it passes 1e100 at step 333.
    assert path.status is Status.DIVERGED
    assert path.steps[-1] == 332
    assert path.parameters[-1, 0] == 2.0**332
    # The bound goes by the start's scale.
    assert descent(power_system(1.0, 1.0, start=2.0**100), 1.0, steps=10_000).steps[-1] == 332


def test_no_dense_output():
    path = descent(linear_problem([1.0]).system, 0.1, steps=3)
    with pytest.raises(ValueError, match="descent without dense output"):
        path(0.1)


def test_a_loss_that_overflows_before_the_parameters():
    path = descent(overflowing(), 1e40 - 1, steps=5, record=1)
    # The steps 1e40, 1e80 are within bounds, and so are their squares; the next is not.
    assert path.status is Status.DIVERGED
    assert path.steps.tolist() == [0, 1, 2]
    far = descent(replace(overflowing(), start=np.array([1e150])), 1e5 - 1, steps=5, record=1)
    assert far.status is Status.DIVERGED
    assert far.steps.tolist() == [0]
    assert np.isfinite(far.loss).all()
    assert "overflowed after" in far.message
