"""The two-layer linear network: its closed form against mpmath, the integrators, the toy model and SciPy."""

from functools import lru_cache

import mpmath as mp
import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import sqrtm

import flowlab
from flowlab.models import LinearNetwork
from flowlab.toy import residual
from tests.models.kernels import Derived, assert_agree, evaluate

seeds = st.integers(0, 2**32 - 1)
sizes = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5))
KINDS = ["normal", "deficient", "repeated", "graded", "zero"]
kinds = st.sampled_from(KINDS)


def target_of(kind, outputs, inputs, rng):
    """Draw a matrix: of full rank, of less, with equal singular values, with very different ones, or 0."""
    drawn = rng.standard_normal((outputs, inputs))
    left, values, right = np.linalg.svd(drawn, full_matrices=False)
    if kind == "deficient":
        return (left[:, :-1] * values[:-1]) @ right[:-1]
    if kind == "repeated":
        return 1.5 * left @ right
    if kind == "graded":
        return left * 10.0 ** -np.arange(values.size) @ right
    return drawn if kind == "normal" else np.zeros((outputs, inputs))


def drawn(size, kind, log_init, seed):
    outputs, inputs, hidden = size
    rng = np.random.default_rng(seed)
    return LinearNetwork.balanced(target_of(kind, outputs, inputs, rng), hidden, 10.0**log_init, seed=rng)


# In many digits, from the formula as it is printed, with Φ in eigenvectors of F.


def coupling(target):
    outputs, inputs = target.rows, target.cols
    matrix = mp.zeros(inputs + outputs)
    matrix[inputs:, :inputs], matrix[:inputs, inputs:] = target, target.T
    return matrix


def riccati(target, start, t):
    """Return Q Qᵀ at time t."""
    rates, vectors = mp.eigsy(coupling(target))
    small = mp.mpf(10) ** (-mp.mp.dps // 2)
    integrals = [t if abs(rate) < small else mp.expm1(2 * rate * t) / (2 * rate) for rate in rates]
    turned = vectors.T * start
    grown = vectors * mp.diag([mp.exp(rate * t) for rate in rates]) * turned
    middle = mp.eye(start.cols) + turned.T * mp.diag(integrals) * turned
    return grown * (middle**-1) * grown.T


def to_mp(array):
    return mp.matrix(np.asarray(array).tolist())


def to_float(matrix):
    return np.array(matrix.tolist(), dtype=np.float64).reshape(matrix.rows, matrix.cols)


def in_digits(target, first, second, t):
    """Return product, residual and both Gram matrices at time t."""
    growth = float(np.linalg.norm(target)) * t
    with mp.workdps(int(50 + 4 * growth / np.log(10))):
        goal, inputs = to_mp(target), target.shape[1]
        gram = riccati(goal, to_mp(np.vstack([first.T, second])), mp.mpf(t))
        product = gram[inputs:, :inputs]
        return [to_float(each) for each in (product, goal - product, gram[:inputs, :inputs], gram[inputs:, inputs:])]


def nudged(array, rng):
    """Change a matrix by 1e-13 of its norm."""
    return array + 1e-13 * np.linalg.norm(array) * rng.standard_normal(array.shape)


@given(sizes, kinds, st.floats(-14, 1.5), seeds, st.floats(-6, 1.6))
@example((2, 2, 2), "normal", -0.5, 0, 1.6)
@example((4, 4, 2), "deficient", -7.0, 1, 1.6)
@example((3, 3, 3), "graded", 1.5, 2, 0.7)  # the residual, once lost where modes are learned at far times
@settings(max_examples=150, deadline=None)
def test_the_closed_form_in_many_digits(size, kind, log_init, seed, log_time):
    model, t = drawn(size, kind, log_init, seed), 10.0**log_time
    rng = np.random.default_rng(seed)
    true = in_digits(model.target, model.first, model.second, t)
    near = in_digits(*(nudged(each, rng) for each in (model.target, model.first, model.second)), t)
    solution = model.exact(t)
    got = (solution.product, solution.residual, solution.input_gram, solution.output_gram)
    for name, value, wanted, other in zip(("product", "residual", "input", "output"), got, true, near, strict=True):
        sensitivity = np.linalg.norm(other - wanted)
        error = np.linalg.norm(value - wanted)
        assert error <= 1e-13 * np.linalg.norm(wanted) + sensitivity, (name, error, sensitivity)


@given(sizes, kinds, seeds, st.lists(st.floats(-8, 1), min_size=4, max_size=4), st.floats(-3, 1))
@example((3, 4, 3), "normal", 204, [0.0, -5.25, 0.0, 0.0], 0.0)  # once lost in a decomposition without pivots
@settings(max_examples=100, deadline=None)
def test_starts_with_very_different_singular_values(size, kind, seed, logs, log_time):
    (outputs, inputs, hidden), t, rng = size, 10.0**log_time, np.random.default_rng(seed)
    rank = min(size)
    values = 10.0 ** np.array(logs[:rank])
    middle, out, into = (np.linalg.qr(rng.standard_normal((n, rank)))[0] for n in (hidden, outputs, inputs))
    model = LinearNetwork(target_of(kind, outputs, inputs, rng), middle * values @ into.T, out * values @ middle.T)
    true = in_digits(model.target, model.first, model.second, t)
    near = in_digits(*(nudged(each, rng) for each in (model.target, model.first, model.second)), t)
    solution = model.exact(t)
    for value, wanted, other in zip((solution.product, solution.residual), true, near, strict=False):
        assert np.linalg.norm(value - wanted) <= 1e-13 * np.linalg.norm(wanted) + np.linalg.norm(other - wanted)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1, 1), (2, 2, 1), (2, 3, 2), (3, 2, 3)])
def test_the_formula_solves_the_gradient_flow(size, kind):
    (outputs, inputs, hidden), rng = size, np.random.default_rng(5)
    with mp.workdps(50):
        target = to_mp(target_of(kind, outputs, inputs, rng))
        rank = min(size)
        middle, out, into = (mp.qr(to_mp(rng.standard_normal((n, n))))[0][:, :rank] for n in (hidden, outputs, inputs))
        values = mp.diag([mp.mpf(3) / (2 + k) for k in range(rank)])
        start = mp.zeros(inputs + outputs, hidden)
        start[:inputs, :], start[inputs:, :] = into * values * middle.T, out * values * middle.T

        t, step = mp.mpf("0.7"), mp.mpf(10) ** -8
        # differences of order 8
        weights = ((1, mp.mpf(4) / 5), (2, -mp.mpf(1) / 5), (3, mp.mpf(4) / 105), (4, -mp.mpf(1) / 280))
        steps = (c * (riccati(target, start, t + k * step) - riccati(target, start, t - k * step)) for k, c in weights)
        slope = sum(steps, mp.zeros(inputs + outputs)) / step
        gram = riccati(target, start, t)
        into, product, out = gram[:inputs, :inputs], gram[inputs:, :inputs], gram[inputs:, inputs:]
        gap = target - product
        # Ẇ_1 = W_2ᵀ (S − W_2 W_1), Ẇ_2 = (S − W_2 W_1) W_1ᵀ
        assert mp.mnorm(slope[inputs:, :inputs] - (out * gap + gap * into), 1) < mp.mpf(10) ** -38
        assert mp.mnorm(slope[:inputs, :inputs] - (gap.T * product + product.T * gap), 1) < mp.mpf(10) ** -38
        assert mp.mnorm(slope[inputs:, inputs:] - (gap * product.T + product * gap.T), 1) < mp.mpf(10) ** -38
        assert mp.mnorm(riccati(target, start, mp.mpf(0)) - start * start.T, 1) < mp.mpf(10) ** -45


# The kernels, against the loss written down.


def symbols(name, rows, columns):
    return sympy.Matrix(rows, columns, lambda i, j: sympy.Symbol(f"{name}_{i}_{j}", real=True))


@lru_cache
def derived(outputs, inputs, hidden):
    first, second = symbols("u", hidden, inputs), symbols("v", outputs, hidden)
    target, spread = symbols("S", outputs, inputs), symbols("C", inputs, inputs)
    gap = second * first - target
    loss = sympy.trace(gap * spread * gap.T) / 2
    return Derived(loss, [*first, *second], [*target, *spread])


@given(st.sampled_from([(1, 1, 1), (1, 2, 1), (2, 1, 3), (2, 3, 2), (3, 2, 2)]), st.booleans(), seeds)
@settings(max_examples=25, deadline=None)
def test_gradient(size, spread, seed):
    (outputs, inputs, hidden), rng = size, np.random.default_rng(seed)
    shapes = ((outputs, inputs), (hidden, inputs), (outputs, hidden))
    target, first, second = (rng.standard_normal(shape) for shape in shapes)
    root = rng.standard_normal((inputs, inputs))
    covariance = root @ root.T if spread else np.eye(inputs)
    model = LinearNetwork(target, first, second, covariance=covariance if spread else None)
    wanted = derived(*size)(first, second, target, (covariance + covariance.T) / 2)
    system = model.system()
    assert_agree(evaluate(system, system.start), wanted)


def test_gradient_flow_of_the_same_loss():
    model = LinearNetwork.balanced([[1.0, 0.5], [0.0, -0.7]], 2, 0.3, seed=0)
    first, second = symbols("u", 2, 2), symbols("v", 2, 2)
    gap = second * first - sympy.Matrix(2, 2, [sympy.Rational(str(x)) for x in model.target.ravel()])
    flow = flowlab.GradientFlow.from_loss(sympy.trace(gap * gap.T) / 2, [*first, *second])
    system = flow.system(model.system().start)
    other, gradient = np.empty(8), np.empty(8)
    system.gradient(system.start, system.numbers, system.data, np.zeros(0, np.int64), other)
    model.system().gradient(system.start, model.system().numbers, model.system().data, np.zeros(0, np.int64), gradient)
    np.testing.assert_allclose(gradient, other, rtol=0, atol=1e-15)


# The integrators.


@pytest.mark.jit
@given(st.tuples(*[st.integers(1, 6)] * 3), kinds, st.floats(-3, 1), seeds, st.floats(0.1, 6))
@settings(max_examples=40, deadline=None)
def test_the_integrator_agrees(size, kind, log_init, seed, until):
    model, times = drawn(size, kind, log_init, seed), np.linspace(0, until, 5)
    run = flowlab.flow(model.system(), until, times=times, rtol=1e-12, atol=1e-15)
    assert run.ok, run.message
    solution = model.exact(times)
    # 1e-12 a step, grown along the fastest direction of a saddle
    growth = 1e-11 * np.exp(np.linalg.norm(model.target, 2) * until)
    scale = max(1.0, np.abs(solution.product).max()) + np.abs(solution.input_gram).max()
    first, second = model.factors_of(run.parameters)
    assert np.abs(second @ first - solution.product).max() <= growth * scale
    assert np.abs(np.swapaxes(first, 1, 2) @ first - solution.input_gram).max() <= growth * scale
    assert np.abs(second @ np.swapaxes(second, 1, 2) - solution.output_gram).max() <= growth * scale
    np.testing.assert_allclose(run.loss, solution.loss, rtol=0, atol=growth * scale**2)
    np.testing.assert_allclose(run.induced, solution.singular_values, rtol=0, atol=growth * scale)
    assert run.observables["imbalance"].max() <= 1e-10 * scale


@pytest.mark.parametrize("size, kind", [((3, 5, 2), "normal"), ((4, 4, 6), "deficient"), ((2, 2, 2), "repeated")])
def test_scipy_agrees(size, kind):
    model = drawn(size, kind, -2.0, 3)
    outputs, inputs, hidden = size

    def slope(_, w):
        """Return the speeds of both factors."""
        first, second = w[: hidden * inputs].reshape(hidden, inputs), w[hidden * inputs :].reshape(outputs, hidden)
        gap = model.target - second @ first
        return np.concatenate([(second.T @ gap).ravel(), (gap @ first.T).ravel()])

    start = np.concatenate([model.first.ravel(), model.second.ravel()])
    times = [0.5, 2.0, 5.0]
    run = solve_ivp(slope, (0, 5), start, method="DOP853", rtol=1e-12, atol=1e-15, t_eval=times)
    np.testing.assert_allclose(model.product(run.y.T), model.exact(times).product, rtol=0, atol=1e-9)


def test_the_factors_are_the_closed_form_up_to_the_rotation_that_is_told():
    model = LinearNetwork.balanced(np.array([[1.0, 0.4], [0.2, -0.8]]), 2, 0.5, seed=4)
    start = np.vstack([model.first.T, model.second])
    joined = np.block([[np.zeros((2, 2)), model.target.T], [model.target, np.zeros((2, 2))]])
    rates, vectors = np.linalg.eigh(joined)

    def root_and_slope(t):
        """Return B and its derivative."""
        turned = vectors.T @ start
        root = sqrtm(np.eye(2) + turned.T * (np.expm1(2 * rates * t) / (2 * rates)) @ turned)
        rate = turned.T * np.exp(2 * rates * t) @ turned
        # B Ḃ + Ḃ B = d(B²)
        return root, np.linalg.solve(np.kron(root, np.eye(2)) + np.kron(np.eye(2), root), rate.ravel()).reshape(2, 2)

    def turning(t, r):
        """Return the rotation's speed."""
        root, slope = root_and_slope(t)
        inverse = np.linalg.inv(root)
        return (0.5 * (slope @ inverse - inverse @ slope) @ r.reshape(2, 2)).ravel()

    rotation = solve_ivp(turning, (0, 3), np.eye(2).ravel(), method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
    factors = vectors * np.exp(rates * 3) @ vectors.T @ start @ np.linalg.inv(root_and_slope(3)[0])
    whole = factors @ rotation.reshape(2, 2)
    first, second = model.factors_of(flowlab.flow(model.system(), 3.0, rtol=1e-11).parameters[-1])
    np.testing.assert_allclose(whole, np.vstack([first.T, second]), rtol=0, atol=1e-8)
    assert np.abs(factors - whole).max() > 1e-3  # it does turn
    np.testing.assert_allclose(factors[2:] @ factors[:2].T, model.exact(3.0).product, rtol=0, atol=1e-13)


# What is known otherwise.


goals = st.lists(st.sampled_from([0.3, 1.0, 1.7, 2.0]), min_size=1, max_size=3)


@given(
    goals, st.lists(st.floats(-12, 1), min_size=3, max_size=3), st.tuples(*[st.integers(0, 2)] * 3), st.floats(-3, 2)
)
@example([2.0], [-6.0], (0, 0, 0), 1.9)  # what is left is 1e-130 and less
@settings(max_examples=60, deadline=None)
def test_modes_along_the_axes_follow_the_toy_model_at_twice_the_time(goals, logs, extra, log_time):
    count, t = len(goals), 10.0**log_time
    inits = 10.0 ** np.array(logs[:count])
    outputs, inputs, hidden = (count + more for more in extra)
    target, first, second = np.zeros((outputs, inputs)), np.zeros((hidden, inputs)), np.zeros((outputs, hidden))
    axes = np.arange(count)
    target[axes, axes], first[axes, axes], second[axes, axes] = goals, np.sqrt(inits), np.sqrt(inits)
    solution = LinearNetwork(target, first, second).exact(t)
    rtol = 1e-12 * (1 + 2 * max(goals) * t)
    wanted = flowlab.toy.sigma(2 * t, depth=2, target=goals, init=inits)
    product = np.zeros_like(target)
    product[axes, axes] = wanted
    np.testing.assert_allclose(solution.product, product, rtol=rtol, atol=0)
    np.testing.assert_allclose(solution.input_gram[axes, axes], wanted, rtol=rtol)
    np.testing.assert_allclose(solution.output_gram[axes, axes], wanted, rtol=rtol)
    goals = np.array(goals)
    off = goals != inits
    left = np.sign(goals - inits)
    if off.any():
        left[off] *= goals[off] * np.exp(residual(2 * t, depth=2, target=goals[off], init=inits[off], log=True))
    gap = np.zeros_like(target)
    gap[axes, axes] = left
    # σ0 ∂σ/∂σ0: what rounding the start does
    rounding = np.linalg.norm(wanted * (wanted / inits) * np.exp(-2 * goals * t))
    assert np.linalg.norm(solution.residual - gap) <= rtol * (np.linalg.norm(left) + rounding)
    np.testing.assert_allclose(solution.loss, np.sum(solution.residual**2) / 2, rtol=1e-14)


@given(goals, st.floats(-12, 0), st.tuples(*[st.integers(0, 2)] * 3), seeds, st.floats(-3, 2))
@settings(max_examples=40, deadline=None)
def test_aligned_modes_in_any_basis_follow_the_toy_model(goals, log_init, extra, seed, log_time):
    count, t, init = len(goals), 10.0**log_time, 10.0**log_init
    rng = np.random.default_rng(seed)
    out, into, middle = (np.linalg.qr(rng.standard_normal((count + more, count)))[0] for more in extra)
    model = LinearNetwork(out * goals @ into.T, np.sqrt(init) * middle @ into.T, np.sqrt(init) * out @ middle.T)
    wanted = flowlab.toy.sigma(2 * t, depth=2, target=goals, init=init)
    scale = wanted.max()
    product = model.exact(t).product
    tolerance = 1e-12 * (1 + 2 * max(goals) * t)
    np.testing.assert_allclose(product, out * wanted @ into.T, rtol=0, atol=tolerance * scale)


@given(sizes, kinds, st.floats(-3, 0), seeds)
@settings(max_examples=40, deadline=None)
def test_the_hidden_units_may_be_turned(size, kind, log_init, seed):
    model = drawn(size, kind, log_init, seed)
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((size[2], size[2])))[0]
    other = LinearNetwork(model.target, turn @ model.first, model.second @ turn.T)
    for t in (0.0, 0.4, 3.0):
        one, two = model.exact(t), other.exact(t)
        grown = 1e-14 * np.exp(2 * np.linalg.norm(model.target, 2) * t)
        np.testing.assert_allclose(one.product, two.product, rtol=0, atol=grown)
        np.testing.assert_allclose(one.input_gram, two.input_gram, rtol=0, atol=grown)


@given(st.tuples(*[st.integers(1, 4)] * 3), st.floats(-80, 0), seeds, st.floats(4, 250))
@example((1, 1, 1), 0.0, 0, 237.0)  # the logarithm of such a time has no digits to spare
@settings(max_examples=40, deadline=None)
def test_in_the_end_the_nearest_matrix_of_the_rank_of_the_network(size, log_init, seed, log_time):
    outputs, inputs, hidden = size
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((n, min(outputs, inputs))))[0] for n in (outputs, inputs))
    values = np.array([3.0, 2.0, 1.0, 0.5])[: min(outputs, inputs)]
    model = LinearNetwork.balanced(left * values @ right.T, hidden, 10.0**log_init, seed=rng)
    solution = model.exact(10.0**log_time)
    rank = min(size)
    nearest = left[:, :rank] * values[:rank] @ right[:, :rank].T
    np.testing.assert_allclose(solution.product, nearest, rtol=0, atol=1e-13)
    rest = left[:, rank:] * values[rank:] @ right[:, rank:].T
    np.testing.assert_allclose(solution.residual, rest, rtol=0, atol=1e-13)
    assert solution.loss == pytest.approx(np.sum(values[rank:] ** 2) / 2, abs=1e-13)


@pytest.mark.parametrize("init", [1e-300, 1e-100, 1.0, 1e100])
@pytest.mark.parametrize("target", [np.diag([1, 1e-3]), np.zeros((2, 3)), np.diag([1e120, 1]), np.diag([1e-120, 0, 3])])
def test_no_number_overflows(target, init):
    model = LinearNetwork.balanced(target, 3, init, seed=1)
    times = [0, 5e-324, 1e-300, 1e-9, 1, 1e3, 1e5, 1e10, 1e300]
    solution = model.exact(times)
    scale = np.maximum(np.abs(target).max(), np.abs(solution.product).max(axis=(1, 2)))
    whole = solution.product + solution.residual
    assert (np.abs(whole - target).max(axis=(1, 2)) <= 1e-12 * scale).all()
    for each in (solution.input_gram, solution.output_gram, solution.loss):
        assert np.isfinite(each).all()
    assert (np.diff(solution.loss) <= 1e-12 * solution.loss[:-1]).all()


def test_a_mode_waits_for_long():
    """From σ0 = 1e-100 a mode s is half learned at t = log(s/σ0 − 1)/(2 s), here 115 and 112000 times 1/s or so."""
    goals = np.array([1.0, 1e-3])
    model = LinearNetwork(np.diag(goals), 1e-50 * np.eye(2), 1e-50 * np.eye(2))
    for k, s in enumerate(goals):
        half = np.log(s / 1e-100 - 1) / (2 * s)
        assert model.exact(half).singular_values[k] == pytest.approx(s / 2, rel=1e-10)


@given(sizes, kinds)
def test_zero_stays(size, kind):
    outputs, inputs, hidden = size
    target = target_of(kind, outputs, inputs, np.random.default_rng(0))
    solution = LinearNetwork(target, np.zeros((hidden, inputs)), np.zeros((outputs, hidden))).exact([0.0, 1.0, 1e9])
    assert not solution.product.any()
    assert not solution.input_gram.any()
    np.testing.assert_array_equal(solution.residual, np.broadcast_to(target, solution.residual.shape))


@given(sizes, st.sampled_from(["normal", "repeated", "deficient"]), seeds)
@settings(max_examples=40, deadline=None)
def test_the_optimum_stays(size, kind, seed):
    outputs, inputs, hidden = size
    hidden += min(outputs, inputs)
    rng = np.random.default_rng(seed)
    target = target_of(kind, outputs, inputs, rng)
    left, values, right = np.linalg.svd(target, full_matrices=False)
    middle = np.linalg.qr(rng.standard_normal((hidden, values.size)))[0] * np.sqrt(values)
    model = LinearNetwork(target, middle @ right, left @ middle.T)
    solution = model.exact([0.0, 0.1, 10.0, 1e4])
    np.testing.assert_allclose(solution.product, np.broadcast_to(target, solution.product.shape), rtol=0, atol=1e-13)
    assert solution.loss.max() <= 1e-26


@given(sizes, kinds, seeds, st.floats(-3, 0), st.floats(0.1, 3))
@settings(max_examples=20, deadline=None)
def test_covariance_c_makes_time_run_c_times_as_fast(size, kind, seed, log_init, speed):
    model = drawn(size, kind, log_init, seed)
    faster = LinearNetwork(model.target, model.first, model.second, covariance=speed * np.eye(size[1]))
    np.testing.assert_array_equal(faster.exact([0.0, 1.3]).product, model.exact([0.0, speed * 1.3]).product)
    assert faster.exact(0.0).loss == pytest.approx(evaluate(faster.system(), faster.system().start)[0], rel=1e-12)


@pytest.mark.jit
@pytest.mark.parametrize("covariance", [None, np.diag([2.0, 0.5, 1.0])])
def test_flows_conserve_the_imbalance(covariance):
    rng = np.random.default_rng(0)
    model = LinearNetwork(
        rng.standard_normal((2, 3)), rng.standard_normal((4, 3)), rng.standard_normal((2, 4)), covariance=covariance
    )
    run = flowlab.flow(model.system(), 100.0, rtol=1e-11)
    np.testing.assert_allclose(run.observables["imbalance"], model.imbalance(), rtol=1e-8)
    np.testing.assert_allclose(model.product(run.parameters[-1]), model.target, rtol=0, atol=1e-6)


# What comes back, and what is drawn.


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
def test_times_of_any_shape(shape):
    model = LinearNetwork.balanced(np.ones((2, 3)), 2, 0.1, seed=0)
    times = np.linspace(0, 2, int(np.prod(shape)))[::-1].reshape(shape)
    solution = model.exact(times)
    assert solution.t.shape == solution.loss.shape == shape
    assert solution.product.shape == solution.residual.shape == (*shape, 2, 3)
    assert (solution.input_gram.shape, solution.output_gram.shape) == ((*shape, 3, 3), (*shape, 2, 2))
    assert solution.singular_values.shape == (*shape, 2)
    for index in np.ndindex(shape):
        np.testing.assert_allclose(solution.product[index], model.exact(times[index]).product, rtol=1e-14)


def test_many_times_come_in_passes(monkeypatch):
    model, times = LinearNetwork.balanced(np.ones((3, 2)), 2, 0.1, seed=0), np.linspace(0, 4, 17)
    whole = model.exact(times).product
    monkeypatch.setattr("flowlab.models._riccati._CHUNK", 60)
    np.testing.assert_array_equal(model.exact(times).product, whole)


@given(sizes, kinds, st.floats(-100, 100), seeds)
def test_balanced_starts(size, kind, log_init, seed):
    outputs, inputs, hidden = size
    model = drawn(size, kind, log_init, seed)
    assert model.first.shape == (hidden, inputs)
    assert model.second.shape == (outputs, hidden)
    assert model.imbalance() <= 1e-14 * np.linalg.norm(model.first) ** 2
    assert model.imbalance() == pytest.approx(float(imbalance_of(model)), rel=1e-6, abs=1e-15 * 10.0**log_init)
    np.testing.assert_array_equal(model.first, drawn(size, kind, log_init, seed).first)
    if outputs == inputs == min(size) and kind in ("normal", "repeated", "graded"):
        assert np.linalg.slogdet(model.second @ model.first)[0] == np.linalg.slogdet(model.target)[0]


def imbalance_of(model):
    return np.linalg.norm(model.first @ model.first.T - model.second.T @ model.second)


def test_the_scale_of_balanced_starts():
    model = LinearNetwork.balanced(np.zeros((300, 100)), 200, 0.01, seed=0)
    assert np.sum(model.first**2) == pytest.approx(100 * 0.01, rel=0.05)


def test_what_is_handed_in_is_copied():
    first = np.ones((1, 1))
    model = LinearNetwork([[2.0]], first, [[1.0]])
    first[0, 0] = 5.0
    assert model.first[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        model.first[0, 0] = 2.0


BALANCED = LinearNetwork(np.eye(2), 0.1 * np.eye(2), 0.1 * np.eye(2))


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: LinearNetwork([1.0], [[1.0]], [[1.0]]),
            r"target: got shape \(1,\); allowed: a matrix of finite numbers",
        ),
        (lambda: LinearNetwork([[np.inf]], [[1.0]], [[1.0]]), r"target: got inf at index \(0, 0\); allowed: a matrix"),
        (lambda: LinearNetwork([[]], [[1.0]], [[1.0]]), "target: got an empty array; allowed: a matrix"),
        (lambda: LinearNetwork([["a"]], [[1.0]], [[1.0]]), r"target: got \[\['a'\]\]; allowed: a matrix"),
        (
            lambda: LinearNetwork(np.ones((2, 3)), np.ones((4, 2)), np.ones((2, 4))),
            r"first: got shape \(4, 2\); allowed: shape \(h, 3\) for a target of shape \(2, 3\)",
        ),
        (
            lambda: LinearNetwork(np.ones((2, 3)), np.ones((4, 3)), np.ones((2, 3))),
            r"second: got shape \(2, 3\); allowed: shape \(2, 4\) for a target of shape \(2, 3\) and 4 hidden units",
        ),
        (lambda: LinearNetwork([[1.0]], [[np.nan]], [[1.0]]), r"first: got nan at index \(0, 0\); allowed: a matrix"),
        (
            lambda: LinearNetwork([[1.0]], [[1.0]], [[1.0]], covariance=np.eye(2)),
            r"covariance: got shape \(2, 2\); allowed: shape \(1, 1\)",
        ),
        (
            lambda: LinearNetwork([[1.0]], [[1.0]], [[1.0]], covariance=[[-1.0]]),
            "covariance: got a matrix with eigenvalue -1; allowed: a symmetric positive semidefinite matrix",
        ),
        (lambda: LinearNetwork.balanced([[1.0]], 0, 0.1, seed=0), "hidden: got 0; allowed: an integer >= 1"),
        (lambda: LinearNetwork.balanced([[1.0]], 1, 0.0, seed=0), "init: got 0; allowed: a finite number > 0"),
        (lambda: LinearNetwork.balanced([[1.0]], 1, 0.1, seed=None), "seed: got None; allowed: an integer >= 0"),
        (lambda: BALANCED.exact(-1.0), "t: got -1; allowed: finite numbers >= 0"),
        (lambda: BALANCED.exact([0.0, np.inf]), "t: got inf at index 1; allowed: finite numbers >= 0"),
        (lambda: BALANCED.exact([]), "t: got an empty array; allowed: finite numbers >= 0"),
        (
            lambda: LinearNetwork([[1.0]], [[2.0]], [[1.0]]).exact(1.0),
            r"first, second: got .*_F = 0\.6 \(.*; allowed: at most 1e-12 of that \(the exact flow needs a balanced",
        ),
        (
            lambda: LinearNetwork([[1.0]], [[2e-170]], [[1e-170]]).exact(1.0),
            r"first, second: got .*_F = 0\.6 \(",
        ),
        (
            lambda: LinearNetwork(np.eye(2), np.eye(2), np.eye(2), covariance=np.diag([1.0, 2.0])).exact(1.0),
            r"covariance: got a matrix that is not a multiple of I; allowed: multiples of I \(flowlab.flow integrates",
        ),
        (lambda: BALANCED.factors_of([1.0]), r"parameters: got shape \(1,\); allowed: numbers of shape \(\.\.\., 8\)"),
        (lambda: BALANCED.product([1.0]), r"parameters: got shape \(1,\); allowed: numbers of shape \(\.\.\., 8\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
