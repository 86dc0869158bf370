"""Every step rule against plain NumPy, on one problem; and what each is known for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.dynamics import Status, descent
from flowlab.dynamics.rules import adam, mirror, steepest
from flowlab.models import Learner
from flowlab.models.predictors import Identity

RATE, STEPS = 0.03, 40


def dual(p):
    return 1.0 if p == np.inf else np.inf if p == 1 else p / (p - 1)


def steepest_by_numpy(p, normalised):
    def step(w, g, _):
        q = dual(p)
        norm = np.linalg.norm(g, q)
        if p == 1:
            v = np.zeros_like(g)
            k = np.argmax(np.abs(g))
            v[k] = np.sign(g[k])
        else:
            v = np.sign(g) * (np.abs(g) / norm) ** (q - 1)
        assert np.linalg.norm(v, p) == pytest.approx(1.0)
        assert v @ g == pytest.approx(norm)
        return w - RATE * (1.0 if normalised else norm) * v

    return step


def adam_by_numpy(w, g, memory):
    one, two, t = memory.get("one", 0.0), memory.get("two", 0.0), memory.get("t", 0) + 1
    one, two = 0.8 * one + 0.2 * g, 0.99 * two + 0.01 * g**2
    memory.update(one=one, two=two, t=t)
    return w - RATE * (one / (1 - 0.8**t)) / (np.sqrt(two / (1 - 0.99**t)) + 1e-6)


def by_potential(forth, back):
    return lambda w, g, _: back(forth(w) - RATE * g)


#: Each rule with its step by NumPy.
RULES = {
    **{
        f"steepest {p:g} {normalised}": (steepest(p, normalised=normalised), steepest_by_numpy(p, normalised))
        for p in (1, 1.5, 2, 3, np.inf)
        for normalised in (False, True)
    },
    "euclidean": (mirror("euclidean"), by_potential(lambda w: w, lambda z: z)),
    "entropy": (mirror("entropy"), by_potential(np.log, np.exp)),
    "hypentropy": (
        mirror("hypentropy", scale=0.3),
        by_potential(lambda w: np.arcsinh(w / 0.3), lambda z: 0.3 * np.sinh(z)),
    ),
    "power": (
        mirror("power", power=1.5),
        by_potential(lambda w: np.sign(w) * np.abs(w) ** 0.5, lambda z: np.sign(z) * z**2),
    ),
    "adam": (adam(first=0.8, second=0.99, least=1e-6), adam_by_numpy),
}


def problem(seed, loss="squared", size=4):
    rng = np.random.default_rng(seed)
    labels = rng.choice([-1.0, 1.0], 6) if loss != "squared" else rng.standard_normal(6)
    features = rng.standard_normal((6, size))
    return Learner(Identity(), loss, features, labels, rng.uniform(0.2, 1.0, size))


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_steps_are_those_of_numpy(name, seed):
    rule, step = RULES[name]
    learner = problem(seed)
    w, memory = learner.start.copy(), {}
    run = descent(learner.system(), RATE, steps=STEPS, record=1, rule=rule)
    for row in run.parameters:
        assert row == pytest.approx(w, rel=1e-10, abs=1e-12)
        g = 2 * (learner.features @ w - learner.labels) @ learner.features / 6
        w = step(w, g, memory)
    assert run.ok


def test_the_euclidean_ones_are_gradient_descent():
    system = problem(1).system()
    plain = descent(system, RATE, steps=STEPS)
    np.testing.assert_array_equal(
        descent(system, RATE, steps=STEPS, rule=mirror("euclidean")).parameters, plain.parameters
    )
    assert descent(system, RATE, steps=STEPS, rule=steepest(2)).parameters == pytest.approx(plain.parameters, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([1, 1.2, 2, 7.5, np.inf]), st.integers(0, 10**6), st.floats(-150, 150))
def test_normalised_steps_have_the_length_of_the_learning_rate_however_large_the_slope(p, seed, exponent):
    learner = problem(seed)
    large = Learner(Identity(), "squared", learner.features * 10**exponent, learner.labels, learner.start)
    run = descent(large.system(), 0.01, steps=5, record=1, rule=steepest(p, normalised=True))
    lengths = [np.linalg.norm(move, p) for move in np.diff(run.parameters, axis=0)]
    assert lengths == pytest.approx([0.01] * 5, rel=1e-9)


def test_a_step_at_a_stationary_point_stays():
    learner = Learner(Identity(), "squared", np.eye(2), [1.0, 2.0], [1.0, 2.0])
    for rule, _ in RULES.values():
        assert descent(learner.system(), 0.1, steps=3, rule=rule).parameters == pytest.approx(
            np.tile([1.0, 2.0], (4, 1))
        )


def test_the_entropy_stays_positive_and_the_bias_shows():
    """From a small start two features that fit alike: signs make all weights alike, entropies prefer the stronger."""
    features, labels = np.array([[2.0, 1.0]]), [2.0]
    small = Learner(Identity(), "squared", features, labels, [1e-6, 1e-6]).system()
    sparse = descent(small, 0.02, steps=4000, rule=mirror("entropy")).parameters[-1]
    flat = descent(small, 1e-3, steps=4000, rule=steepest(np.inf)).parameters[-1]
    plain = descent(small, 0.02, steps=4000).parameters[-1]
    assert features @ sparse == pytest.approx(labels)
    assert sparse[1] < 1e-2 * sparse[0]
    assert flat == pytest.approx([2 / 3, 2 / 3], abs=2e-6)
    assert plain == pytest.approx([0.8, 0.4], abs=2e-6)


def test_divergence_is_told_of_with_its_step():
    run = descent(problem(0).system(), 1e3, steps=10000, rule=mirror("hypentropy", scale=1.0))
    assert run.status is Status.DIVERGED
    assert "The descent diverged after step" in run.message


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: steepest(0.5), "norm: got 0.5; allowed: a number >= 1"),
        (lambda: mirror("euclid"), "potential: got 'euclid'"),
        (lambda: mirror("hypentropy"), "scale: got None with hypentropy"),
        (lambda: mirror("entropy", scale=1.0), "scale: got 1.0 with entropy"),
        (lambda: mirror("power", power=1.0), "power: got 1"),
        (lambda: adam(first=1.0), "first: got 1"),
        (lambda: descent(problem(0).system(), 0.1, steps=1, rule="adam"), "rule: got 'adam'"),
        (
            lambda: descent(problem(0).system(), 0.1, steps=1, rule=adam(), momentum=0.5),
            "momentum: got 0.5 with the rule",
        ),
        (
            lambda: descent(
                Learner(Identity(), "squared", [[1.0]], [1.0], [-1.0]).system(), 0.1, steps=1, rule=mirror("entropy")
            ),
            "rule: got mirror, entropy from a start that is not positive",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("batch_size", [None, 2, 6])
@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_noise_of_the_labels_is_that_of_numpy(batch_size, momentum):
    """One generator draws the noise of a chunk of steps, then its batches."""
    learner = problem(2)
    system = learner.system()
    before = system.data.copy()
    run = descent(system, RATE, steps=9, record=1, batch_size=batch_size, seed=5, label_noise=0.7, momentum=momentum)
    np.testing.assert_array_equal(system.data, before)
    rng = np.random.default_rng(5)
    size = batch_size or 6
    noise = 0.7 * rng.standard_normal((9, size))
    epochs = -(-9 * size // 6)
    order = (
        rng.permuted(np.tile(np.arange(6), (epochs, 1)), axis=1).reshape(-1) if batch_size else np.tile(np.arange(6), 9)
    )
    w, v = learner.start.copy(), 0.0
    for step, row in enumerate(run.parameters[1:]):
        rows = order[step * size : (step + 1) * size]
        x, y = learner.features[rows], learner.labels[rows] + noise[step]
        v = momentum * v - RATE * 2 * (x @ w - y) @ x / size
        w = w + v
        assert row == pytest.approx(w, rel=1e-11)
    assert run.loss[-1] == pytest.approx(((learner.features @ w - learner.labels) ** 2).mean())
    again = descent(system, RATE, steps=9, batch_size=batch_size, seed=5, label_noise=0.7, momentum=momentum)
    np.testing.assert_array_equal(again.parameters[-1], run.parameters[-1])


def test_noise_needs_a_seed_and_labels_that_are_numbers():
    with pytest.raises(ValueError, match="seed: got None with label_noise"):
        descent(problem(0).system(), 0.1, steps=1, label_noise=0.1)
    with pytest.raises(ValueError, match=r"label_noise: got 0\.1 for a system that knows no labels"):
        descent(problem(0, "logistic").system(), 0.1, steps=1, label_noise=0.1, seed=1)
    with pytest.raises(ValueError, match="label_noise: got -1"):
        descent(problem(0).system(), 0.1, steps=1, label_noise=-1.0, seed=1)
