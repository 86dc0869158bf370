"""The identities of section 4 and appendices E to G, along flows of the models."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft
from scipy.integrate import solve_ivp
from scipy.stats import ortho_group

import flowlab
from flowlab.models import ConvolutionalClassifier, DiagonalClassifier, MatrixSensing, QuadraticNetwork

TIGHT = {"rtol": 1e-11, "atol": 1e-14}
#: The closed form's own domain leaves out optima that are not 0, yet 100 decades below σ0.
eigenvalue = st.just(0.0) | st.floats(1e-90, 4.0)
eigenvalues = st.lists(eigenvalue, min_size=1, max_size=4).map(lambda values: sorted(values, reverse=True))
inits = st.floats(1e-4, 0.5)
seeds = st.integers(0, 2**32 - 1)


def along(values, seed):
    """Return a symmetric matrix with these eigenvalues, and its basis."""
    size = len(values)
    basis = ortho_group.rvs(size, random_state=seed) if size > 1 else np.eye(1)
    return basis.T @ np.diag(values) @ basis, basis


def off_diagonal(matrices):
    return np.abs(matrices * (1 - np.eye(matrices.shape[-1]))).max()


@given(st.integers(1, 5), eigenvalues, inits, seeds)
@settings(max_examples=40, deadline=None)
@pytest.mark.jit
def test_theorem_4_along_the_flow(depth, values, init, seed):
    target, basis = along(values, seed)
    model = MatrixSensing(depth, target, init)
    run = flowlab.flow(model.system(), 3.0, **TIGHT)
    wanted = flowlab.toy.sigma(run.t[:, None], depth=depth, target=np.array(values), init=init)
    assert np.abs(run.induced - np.sort(wanted)[:, ::-1]).max() < 1e-8
    factors = model.factors_of(run.parameters)
    assert np.abs(factors - factors[:, :1]).max() < 1e-9
    assert off_diagonal(basis @ factors @ basis.T) < 1e-9
    assert run.observables["imbalance"].max() < 1e-9
    turned = basis @ model.product(run.parameters) @ basis.T  # each value with its own singular vector
    assert np.abs(np.diagonal(turned, axis1=-2, axis2=-1) - wanted).max() < 1e-8


@pytest.mark.parametrize("rtol", [1e-5, 1e-7, 1e-9, 1e-11])
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_population_flow_is_the_toy_solution_to_the_tolerance_asked_for(rtol, depth):
    values, times = np.array([4.0, 2.0, 1.0]), np.linspace(0.1, 4.0, 40)
    target, _ = along(values, 3)
    wanted = flowlab.toy.sigma(times[:, None], depth=depth, target=values, init=0.05)
    runs = [MatrixSensing(depth, target, 0.05).system()]
    if depth == 2:
        runs.append(QuadraticNetwork(target, 0.05, seed=1).system())
    for system in runs:
        run = flowlab.flow(system, 4.0, times=times, rtol=rtol, atol=1e-3 * rtol)
        assert np.abs(run.induced / wanted - 1).max() < 30 * rtol


def test_toy_normalisation_slows_matrix_sensing_by_its_depth():
    times = np.linspace(0.0, 3.0, 20)
    model = MatrixSensing(3, np.diag([3.0, 1.0]), 0.05)
    slow = flowlab.flow(model.system(model.measurements(5, 0), scale=1 / 18), 9.0, times=3 * times, **TIGHT)
    fast = flowlab.flow(model.system(model.measurements(5, 0)), 3.0, times=times, **TIGHT)
    assert np.abs(slow.induced - fast.induced).max() < 1e-9


@given(st.integers(2, 4), seeds)
@settings(max_examples=20, deadline=None)
@pytest.mark.jit
def test_differences_of_neighbours_are_conserved_from_any_start(depth, seed):
    random = np.random.default_rng(seed)
    model = MatrixSensing(depth, random.standard_normal((3, 3)), 1.0, start="gaussian", seed=random)
    run = flowlab.flow(model.system(model.measurements(6, random)), 3.0, **TIGHT)
    factors = model.factors_of(run.parameters)
    before, after = factors[:, :-1], factors[:, 1:]
    difference = np.swapaxes(after, -1, -2) @ after - before @ np.swapaxes(before, -1, -2)
    assert np.abs(difference - difference[0]).max() < 1e-8
    assert np.abs(difference).max() > 1e-2


SAMPLED = np.array([3.0, 1.5, 0.5])


def sensing(samples, random):
    """Return the depth of the toy model, the sampled flow, what turns its parameters into W, and the basis."""
    target, basis = along(SAMPLED, 5)
    model = MatrixSensing(3, target, 0.2)
    system = model.system(model.measurements(samples, random))
    return 3, system, model.product, basis


def quadratic(samples, random):
    target, basis = along(SAMPLED, 5)
    model = QuadraticNetwork(target, 0.2, seed=2)
    return 2, model.system(model.inputs(samples, random)), grams, basis


def grams(parameters):
    weights = parameters.reshape(-1, 3, 3)
    return np.swapaxes(weights, -1, -2) @ weights


@pytest.mark.parametrize("sampled", [sensing, quadratic])
@pytest.mark.jit
def test_sampled_flows_tend_to_the_closed_form_like_the_root_of_the_sample(sampled):
    times, sizes, random = np.linspace(0.25, 3.0, 12), 1000 * 4 ** np.arange(4), np.random.default_rng(0)
    distances = np.empty((len(sizes), 16))
    for i, samples in enumerate(sizes):
        for k in range(distances.shape[1]):
            depth, system, matrices, basis = sampled(int(samples), random)
            run = flowlab.flow(system, 3.0, times=times, rtol=1e-7, atol=1e-9, dense=False)
            wanted = flowlab.toy.sigma(times[:, None], depth=depth, target=SAMPLED, init=0.2)
            closed = np.swapaxes(basis[None] * wanted[:, :, None], -1, -2) @ basis
            distances[i, k] = np.sqrt(np.mean((matrices(run.parameters) - closed) ** 2))
    errors = np.sqrt(np.mean(distances**2, axis=1))
    power = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert -0.6 < power < -0.4
    assert errors[-1] < 0.02


@given(eigenvalues, inits, seeds)
@settings(max_examples=40, deadline=None)
@pytest.mark.jit
def test_theorem_5_along_the_flow(values, init, seed):
    target, basis = along(values, seed)
    run = flowlab.flow(QuadraticNetwork(target, init, seed=seed).system(), 3.0, **TIGHT)
    wanted = flowlab.toy.sigma(run.t[:, None], depth=2, target=np.array(values), init=init)
    weights = run.parameters.reshape(len(run.t), len(values), len(values))
    gram = basis @ np.swapaxes(weights, -1, -2) @ weights @ basis.T
    assert off_diagonal(gram) < 1e-9
    assert np.abs(np.diagonal(gram, axis1=-2, axis2=-1) - wanted).max() < 1e-8


def test_theorem_5_is_false_of_singular_values():
    """From 0.04 = σ0, the singular value 0.2 grows to 2 as the corrected equation has it, not as the printed one."""
    times = np.linspace(0.5, 2.0, 8)
    run = flowlab.flow(QuadraticNetwork([[4.0]], 0.04).system(), 2.0, times=times, **TIGHT)
    singular = np.sqrt(run.induced[:, 0])

    def solved(speed):
        return solve_ivp(lambda _, s: speed(s), (0, 2), [0.2], t_eval=times, rtol=1e-11, atol=1e-13).y[0]

    assert np.abs(singular - solved(lambda s: s * (4 - s**2) / 2)).max() < 1e-8
    assert np.abs(singular - solved(lambda s: s * (2 - s))).max() > 0.2


def bias_dynamics(share):
    """Return (σ, b) ↦ their speeds in the paper's equations, ḃ with a constant in front."""

    def speeds(_, state, goals, goal_bias):
        gaps = goals - state[:-1]
        whole = gaps.sum() + goal_bias - state[-1]
        return np.append(state[:-1] * (gaps + whole / 2), share * whole)

    return speeds


@given(eigenvalues, inits, st.floats(-3, 3), st.floats(-3, 3), seeds)
@settings(max_examples=30, deadline=None)
@pytest.mark.jit
def test_appendix_f_along_the_flow(values, init, bias, target_bias, seed):
    target, basis = along(values, seed)
    model = QuadraticNetwork(target, init, loss="squared", bias=bias, target_bias=target_bias, seed=seed)
    run = flowlab.flow(model.system(), 3.0, **TIGHT)
    solved = solve_ivp(
        bias_dynamics(1 / 8),
        (0, 3),
        [*[init] * len(values), bias],
        t_eval=run.t,
        args=(np.array(values), target_bias),
        method="DOP853",
        rtol=1e-11,
        atol=1e-13,
    )
    weights = run.parameters[:, :-1].reshape(len(run.t), len(values), len(values))
    gram = basis @ np.swapaxes(weights, -1, -2) @ weights @ basis.T
    assert off_diagonal(gram) < 1e-8
    assert np.abs(np.diagonal(gram, axis1=-2, axis2=-1) - solved.y[:-1].T).max() < 1e-7
    assert np.abs(run.observables["bias"] - solved.y[-1]).max() < 1e-7


def test_printed_speed_of_the_bias_is_far_from_the_flow():
    model = QuadraticNetwork(np.diag([4.0, 1.0]), 0.01, loss="squared", bias=0.0, target_bias=1.0)
    run = flowlab.flow(model.system(), 2.0, times=[0.5, 1.0, 2.0], **TIGHT)
    for share, near in ((1 / 8, True), (1.0, False)):
        start, goals = [0.01, 0.01, 0.0], (np.array([4.0, 1.0]), 1.0)
        solved = solve_ivp(bias_dynamics(share), (0, 2), start, t_eval=run.t, args=goals, rtol=1e-10, atol=1e-12)
        far = np.abs(run.observables["bias"] - solved.y[-1]).max()
        assert far < 1e-7 if near else far > 1


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 6), inits, seeds)
@settings(max_examples=30, deadline=None)
@pytest.mark.jit
def test_flow_of_the_classifier(depth, size, examples, init, seed):
    random = np.random.default_rng(seed)
    features, labels = random.standard_normal((examples, size)), random.choice([-1.0, 1.0], examples)
    model = DiagonalClassifier(depth, features, labels, init, signed=False)
    run = flowlab.flow(model.system(), 1.0, **TIGHT)

    def speed(_, sigma):
        """Return σ̇."""
        forces = labels * np.exp(-labels * (features @ sigma))
        # at depth 1 nothing keeps σ positive, and nothing has to
        pace = 1.0 if depth == 1 else np.abs(sigma) ** (2 - 2 / depth)
        return depth**2 / examples * pace * (forces @ features)

    solved = solve_ivp(speed, (0, 1), [init] * size, t_eval=run.t, method="DOP853", rtol=1e-11, atol=1e-14)
    assert np.abs(run.induced - solved.y.T).max() < 1e-7 * (1 + np.abs(run.induced).max())


@given(st.integers(1, 3), st.integers(1, 7), st.integers(1, 5), seeds)
@settings(max_examples=30, deadline=None)
@pytest.mark.jit
def test_convolutions_move_as_a_diagonal_network(depth, size, examples, seed):
    random = np.random.default_rng(seed)
    features, labels = random.standard_normal((examples, size)), random.choice([-1.0, 1.0], examples)
    model = ConvolutionalClassifier(depth, features, labels, 0.3, seed=random)
    run = flowlab.flow(model.system(), 1.0, **TIGHT)
    spectra = fft.fft(model.layers_of(run.parameters), axis=-1)
    sigma = fft.fft(model.induced(run.parameters), axis=-1)
    assert np.abs(spectra.prod(axis=1) - sigma).max() < 1e-12 * (1 + np.abs(sigma).max())

    def speed(_, flat):
        """Return the velocity of the diagonal network's complex weights."""
        weights = flat.view(complex).reshape(depth, size)
        inputs = fft.fft(features, axis=-1)
        outputs = (inputs.conj() @ weights.prod(axis=0)).real / size
        slope = -(labels * np.exp(-labels * outputs)) @ inputs / examples
        others = [np.delete(weights, n, axis=0).prod(axis=0) for n in range(depth)]
        return (-slope * np.conj(others)).ravel().view(float)

    start = np.ascontiguousarray(spectra[0]).ravel().view(float)
    solved = solve_ivp(speed, (0, 1), start, t_eval=run.t, method="DOP853", rtol=1e-11, atol=1e-13)
    diagonal = np.ascontiguousarray(solved.y.T).view(complex).reshape(spectra.shape)
    assert np.abs(spectra - diagonal).max() < 1e-7 * (1 + np.abs(spectra).max())
    squares = np.abs(spectra) ** 2
    kept = squares - squares[:, :1]
    assert np.abs(kept - kept[0]).max() < 1e-8 * (1 + squares.max())
