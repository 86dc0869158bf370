"""Flows of the larger models against what is proved of them: Theorems 4 and 5, appendix F, conserved quantities."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.stats import ortho_group

import flowlab
from flowlab.dynamics import LossLevel, StoppingRule, Trajectory
from flowlab.models import (
    DiagonalClassifier,
    MatrixSensing,
    QuadraticNetwork,
    SparseRegression,
    effective_rank,
    imbalance,
)
from flowlab.reference import max_margin
from tests.models.kernels import evaluate

pytestmark = pytest.mark.jit  # without compilation these take minutes

seeds = st.integers(0, 2**32 - 1)
spectra = st.lists(st.one_of(st.just(0.0), st.floats(0.01, 4)), min_size=2, max_size=4)


def turned(eigenvalues, seed):
    """Return a symmetric matrix of given eigenvalues in a random basis."""
    basis = ortho_group.rvs(len(eigenvalues), random_state=np.random.default_rng(seed))
    matrix = basis * np.array(eigenvalues) @ basis.T
    return (matrix + matrix.T) / 2


def follows(run, exact, rtol):
    """Say that a run is as near as its tolerance asks, which errors of early steps may outgrow tenfold."""
    assert run.ok, run.message
    scale = np.abs(exact).max()
    assert np.abs(run.induced - exact).max() <= 10 * rtol * scale


@given(st.integers(1, 5), spectra, seeds, st.floats(0.01, 2), st.sampled_from([1e-6, 1e-9]), st.floats(0.1, 5))
@settings(max_examples=40, deadline=None)
def test_matrix_sensing_follows_the_toy_model(depth, eigenvalues, seed, init, rtol, until):
    model = MatrixSensing(depth, turned(eigenvalues, seed), init)
    times = np.linspace(0, until, 6)
    run = flowlab.flow(model.system(), until, times=times, rtol=rtol, atol=1e-14)
    target = np.sort(eigenvalues)[::-1]
    np.testing.assert_allclose(model.toy_target(), target, atol=1e-13)
    follows(run, flowlab.toy.sigma(times[:, None], depth=depth, target=target, init=init), rtol)
    factors, products = model.factors_of(run.parameters), model.product(run.parameters)
    assert np.abs(run.observables["imbalance"]).max() <= 10 * rtol * 4
    # equal factors that commute with the target
    assert np.abs(factors - factors[:, :1]).max() <= 10 * rtol
    assert np.abs(products @ model.target - model.target @ products).max() <= 100 * rtol
    np.testing.assert_allclose(run.observables["effective_rank"], effective_rank(run.induced), rtol=1e-12)


@given(spectra, seeds, st.floats(0.01, 2), st.sampled_from([1e-6, 1e-9]), st.floats(0.1, 5))
@settings(max_examples=25, deadline=None)
def test_the_quadratic_network_follows_the_toy_model(eigenvalues, seed, init, rtol, until):
    model = QuadraticNetwork(turned(eigenvalues, seed), init, seed=seed)
    times = np.linspace(0, until, 6)
    run = flowlab.flow(model.system(), until, times=times, rtol=rtol, atol=1e-14)
    target = np.sort(eigenvalues)[::-1]
    follows(run, flowlab.toy.sigma(times[:, None], depth=2, target=target, init=init), rtol)


@given(
    spectra,
    seeds,
    st.floats(0.05, 2),
    st.one_of(st.none(), st.floats(-2, 2)),
    st.floats(-2, 2),
    st.floats(0.1, 4),
)
@settings(max_examples=25, deadline=None)
def test_the_squared_loss_couples_the_eigenvalues(eigenvalues, seed, init, bias, target_bias, until):
    # appendix F; the bias moves by ḃ = (Σ_j (σ_j* − σ_j) + b* − b)/8, from the loss (tr Δ + b* − b)²/16
    target = np.sort(eigenvalues)[::-1]
    model = QuadraticNetwork(
        turned(eigenvalues, seed), init, loss="squared", bias=bias, target_bias=target_bias, seed=seed
    )

    def slope(_, state):
        """Return the speeds of the eigenvalues and of the offset."""
        sigma, offset = state[:-1], state[-1]
        gap = target - sigma
        common = gap.sum() + target_bias - offset
        return np.append(sigma * (gap + common / 2), 0.0 if bias is None else common / 8)

    times = np.linspace(0, until, 6)
    start = np.append(np.full(len(target), init), 0.0 if bias is None else bias)
    exact = solve_ivp(slope, (0, until), start, "DOP853", times, rtol=1e-11, atol=1e-13).y.T
    run = flowlab.flow(model.system(), until, times=times, rtol=1e-10, atol=1e-14)
    assert run.ok
    np.testing.assert_allclose(run.induced, exact[:, :-1], atol=1e-8)
    if bias is not None:
        np.testing.assert_allclose(run.observables["bias"], exact[:, -1], atol=1e-8)


def gaps(factors):
    return factors[:, 1:].swapaxes(-1, -2) @ factors[:, 1:] - factors[:, :-1] @ factors[:, :-1].swapaxes(-1, -2)


@given(st.integers(2, 4), st.integers(1, 4), st.booleans(), seeds, st.sampled_from([1e-6, 1e-10]))
@settings(max_examples=25, deadline=None)
def test_the_flow_conserves_the_imbalance(depth, size, sampled, seed, rtol):
    rng = np.random.default_rng(seed)
    model = MatrixSensing(depth, rng.standard_normal((size, size)), 0.5, start="gaussian", seed=rng)
    system = model.system(model.measurements(5, rng) if sampled else None)
    run = flowlab.flow(system, 3.0, rtol=rtol, atol=1e-14)
    assert run.ok
    kept = gaps(model.factors_of(run.parameters))
    scale = max(1.0, np.abs(run.parameters).max() ** 2)
    assert np.abs(kept - kept[0]).max() <= 100 * rtol * scale
    np.testing.assert_allclose(run.observables["imbalance"], np.linalg.norm(kept, axis=(-2, -1)).max(axis=1))
    assert run.loss[-1] < run.loss[0]


def test_spectra():
    rng = np.random.default_rng(0)
    factors = rng.standard_normal((3, 1, 4, 4))
    assert imbalance(factors).tolist() == [0.0, 0.0, 0.0]
    values = np.array([[1.0, 1, 1, 1], [2, 0, 0, 0], [0, 0, 0, 0], [3, 1, 0, 0]])
    entropy = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    np.testing.assert_allclose(effective_rank(values), [4, 1, 0, np.exp(entropy)], rtol=1e-14)
    np.testing.assert_allclose(effective_rank(1e-300 * values), effective_rank(values), rtol=1e-14)


def rate_of(errors, samples):
    return np.polyfit(np.log(samples), np.log(errors), 1)[0]


def quadratic(loss):
    return QuadraticNetwork(turned([1.0, 0.5, 0.2], 1), 0.3, loss=loss, target_bias=0.4, seed=2)


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(MatrixSensing(3, turned([2.0, 1.0, 0.0], 1), 0.5, start="gaussian", seed=1), id="sensing"),
        pytest.param(quadratic("variance"), id="variance"),
        pytest.param(quadratic("squared"), id="squared"),
    ],
)
def test_sampled_gradients_converge_to_the_populations(model):
    draw = model.measurements if isinstance(model, MatrixSensing) else model.inputs
    population, samples, errors = model.system(), [100, 400, 1600, 6400], []
    _, wanted = evaluate(population, population.start)
    for m in samples:
        drawn = [evaluate(model.system(draw(m, seed)), population.start)[1] - wanted for seed in range(30)]
        errors.append(np.sqrt(np.mean(np.square(drawn))))
    assert rate_of(errors, samples) == pytest.approx(-0.5, abs=0.05)


def test_sampled_flows_converge_to_the_toy_model():
    model, samples, errors = MatrixSensing(2, np.diag([2.0, 1.0]), 0.1), [100, 1600, 25600], []
    exact = flowlab.toy.sigma(2.0, depth=2, target=[2.0, 1.0], init=0.1)
    for m in samples:
        runs = [flowlab.flow(model.system(model.measurements(m, s)), 2.0, dense=False) for s in range(20)]
        errors.append(np.sqrt(np.mean([np.square(run.induced[-1] - exact) for run in runs])))
    assert rate_of(errors, samples) == pytest.approx(-0.5, abs=0.1)


def examples(count, size, seed):
    """Draw examples that a vector separates by a margin."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, size))
    scores = x @ rng.standard_normal(size)
    x, scores = x[np.abs(scores) > 0.3], scores[np.abs(scores) > 0.3]
    return x, np.sign(scores)


@given(st.integers(1, 4), st.integers(1, 3), seeds, st.floats(0.05, 1), st.floats(0.1, 3))
@settings(max_examples=25, deadline=None)
def test_the_diagonal_flow_is_that_of_the_induced_vector(depth, size, seed, init, until):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((5, size)), rng.choice([-1.0, 1.0], 5)
    model = DiagonalClassifier(depth, x, y, init, signed=False)

    def slope(_, sigma):
        """Return σ̇."""
        # powers of what may pass 0 only at depth 1, where the power is 0
        power = np.abs(sigma) ** (2 - 2 / depth)
        return depth**2 / 5 * power * ((y * np.exp(-y * (x @ sigma))) @ x)

    times = np.linspace(0, until, 5)
    exact = solve_ivp(slope, (0, until), np.full(size, init), "DOP853", times, rtol=1e-11, atol=1e-13)
    run = flowlab.flow(model.system(), until, times=times, rtol=1e-10, atol=1e-14)
    assert run.ok
    np.testing.assert_allclose(run.induced, exact.y.T, atol=1e-8)
    np.testing.assert_allclose(
        run.observables["margin"],
        (run.induced @ (x * y[:, None]).T).min(1) / np.linalg.norm(run.induced, axis=1),
        rtol=1e-12,
        atol=1e-15,
    )


@given(st.integers(1, 4), st.sampled_from(["exponential", "logistic"]), st.booleans(), seeds)
@settings(max_examples=20, deadline=None)
def test_the_clock_leaves_the_path_as_it_is(depth, loss, signed, seed):
    x, y = examples(12, 3, seed)
    model = DiagonalClassifier(depth, x, y, 0.2, signed=signed, loss=loss)
    plain = flowlab.flow(model.system(), 3.0, times=np.linspace(0, 3, 5), rtol=1e-10, atol=1e-14)
    levels = [LossLevel(float(value), terminal=value == np.log(plain.loss[-1])) for value in np.log(plain.loss[1:])]
    # τ = ∫ L dt is at most 3 times the first loss
    other = flowlab.flow(model.system(clock="log_loss"), 3 * plain.loss[0], rtol=1e-10, atol=1e-14, events=levels)
    assert [found.event for found in other.events] == levels
    sigma = model.induced([found.parameters for found in other.events])
    np.testing.assert_allclose(sigma, plain.induced[1:], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_other_clock_goes_on_where_the_loss_underflows(loss, depth):
    x, y = examples(20, 3, 4)
    model = DiagonalClassifier(depth, x, y, 0.1, loss=loss)
    system = model.system(clock="log_loss")
    run = flowlab.flow(system, 1e6, rtol=1e-8, events=[LossLevel(-5000.0)])
    assert run.ok
    assert run.loss[-1] == pytest.approx(-5000, rel=1e-6)
    best = max_margin(x, y)
    margin = run.observables["margin"][-1]
    assert 0 < margin <= best.upper * (1 + 1e-12)
    if depth == 1:
        assert margin == pytest.approx(best.margin, rel=1e-2)


def test_descents_approach_the_flow_at_first_order():
    rng = np.random.default_rng(0)
    dictionary = rng.standard_normal((30, 80))
    dictionary /= np.linalg.norm(dictionary, axis=0)
    signal = dictionary[:, :3] @ [4.0, -3.0, 2.0]
    system = SparseRegression(3, dictionary, signal, 0.01).system()
    curve = flowlab.flow(system, 20.0)
    rates = [0.02, 0.01, 0.005]
    paths = [flowlab.descent(system, rate, steps=round(20 / rate), record=1) for rate in rates]
    comparison = flowlab.compare(curve, paths)
    assert comparison.order == pytest.approx(1, abs=0.1)


def test_descents_stop_at_a_loss():
    model = SparseRegression(2, np.eye(3), [3.0, 0.0, -2.0], 0.01)
    run = flowlab.descent(model.system(), 0.1, steps=10_000, stop=StoppingRule(loss=1e-4))
    assert run.ok
    assert 0 < run.loss[-1] <= 1e-4 < run.loss[-2]
    assert model.chosen(run) == (0, 2)
    assert model.chosen(run, level=2.5) == (0,)
    assert model.chosen(run, level=10.0) == ()


def test_atoms_that_pass_together_go_by_their_size():
    """A level is to be exceeded; what passes between the same two records is ordered at the later of them."""
    model = SparseRegression(2, np.eye(5), np.ones(5), 0.01)
    values = np.array([[0.0, 0.0, 0.0, 0.0, 0.0], [0.5, 0.2, -0.7, 0.0, 0.3], [0.9, 3.0, 0.0, -0.6, 9.0]])
    run = Trajectory(np.arange(3.0), values, values, np.zeros(3), tuple("abcde"), "descent", learning_rate=1.0)
    assert model.chosen(run) == (2, 0, 4, 1, 3)
    assert model.chosen(run, level=0.3) == (2, 0, 4, 1, 3)
    assert model.chosen(run, level=0.5) == (2, 4, 1, 0, 3)
    assert model.chosen(run, level=0.9) == (4, 1)


@given(st.integers(1, 3), seeds, st.integers(1, 5))
@settings(max_examples=15, deadline=None)
def test_batches_take_the_mean_over_their_rows(depth, seed, batch):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((9, 3)), rng.choice([-1.0, 1.0], 9)
    system = DiagonalClassifier(depth, x, y, 0.3).system()
    run = flowlab.descent(system, 0.05, steps=1, batch_size=batch, seed=seed)
    step = (run.parameters[0] - run.parameters[-1]) / 0.05
    single = np.array([evaluate(system, run.parameters[0], [row])[1] for row in range(9)])
    means = [single[list(rows)].mean(axis=0) for rows in combinations(range(9), batch)]
    assert min(np.abs(step - mean).max() for mean in means) <= 1e-12 * max(1.0, np.abs(single).max())


def test_margins_of_any_size():
    model = DiagonalClassifier(2, [[3.0, 4.0], [5.0, 1.0]], [1, 1], 0.1)
    for scale in (1e-320, 1e-200, 1.0, 1e200, 1e308):
        np.testing.assert_allclose(model.margin([[0.0, scale], [scale, 0.0]]), [1.0, 3.0], rtol=1e-12)
    assert np.isnan(model.margin([[0.0, 0.0]])).all()
