"""The toy model's systems against the formulas of its paper, in 50 digits."""

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.dynamics import GradientSystem, flow
from flowlab.models import ToyModel, toy_flow

NO_ROWS = np.zeros(0, dtype=np.int64)

# a kernel is compiled for each small integer depth, and one for all others: drawn depths are of few kinds
literal = st.sampled_from([1, 2, 3])
shared = st.one_of(st.sampled_from([13, 40]), st.floats(1, 15).filter(lambda depth: not depth.is_integer()))
depths = st.one_of(literal, shared)
sizes = st.floats(1e-3, 20)


def loss(w, target, depth):
    """Gissin et al. 2020, eq. 2, of one mode."""
    return (mpmath.power(w, depth) - target) ** 2 / (2 * mpmath.mpf(depth) ** 2)


def gradient(w, target, depth):
    return mpmath.power(w, depth - 1) * (mpmath.power(w, depth) - target) / depth


def evaluate(system, w, kernel="gradient", rows=NO_ROWS):
    out = np.empty((w.size, w.size) if kernel == "hessian" else w.size)
    getattr(system, kernel)(w, system.numbers, system.data, rows, out)
    return out


@given(depths, st.lists(st.tuples(sizes, st.floats(0, 20)), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_population_system(depth, modes):
    init, target = (np.array(column) for column in zip(*modes, strict=True))
    system = ToyModel(depth, target, init).system()
    assert isinstance(system, GradientSystem)
    assert system.names == tuple(f"w_{i + 1}" for i in range(len(modes)))
    assert system.induced_size == len(modes)
    np.testing.assert_allclose(system.start, init ** (1 / depth), rtol=1e-15)
    induced = np.empty(len(modes))
    system.induced(system.start, system.numbers, induced)
    np.testing.assert_allclose(induced, init, rtol=1e-13)
    got, curvature = evaluate(system, system.start), evaluate(system, system.start, "hessian")
    assert np.count_nonzero(curvature - np.diag(np.diag(curvature))) == 0
    with mpmath.workdps(50):
        w = [mpmath.mpf(value) for value in system.start]
        for i, (weight, goal) in enumerate(zip(w, target, strict=True)):
            scale = float(weight ** (depth - 1) * (weight**depth + goal) / depth)
            assert got[i] == pytest.approx(float(gradient(weight, goal, depth)), abs=2e-14 * scale)
            second = mpmath.diff(lambda v, goal=goal: loss(v, goal, depth), weight, 2)
            size = float(weight ** (depth - 2) * (weight**depth + goal)) * 3
            assert curvature[i, i] == pytest.approx(float(second), abs=2e-13 * size)
        total = sum(loss(weight, goal, depth) for weight, goal in zip(w, target, strict=True))
        size = sum(float(weight**depth + goal) ** 2 for weight, goal in zip(w, target, strict=True))
    assert system.loss(system.start, system.numbers, system.data, NO_ROWS) == pytest.approx(
        float(total), abs=2e-14 * size
    )


@given(
    st.one_of(st.just(3), shared.filter(lambda depth: depth < 6)), st.floats(0.1, 3), st.floats(0.1, 3), st.floats(0, 1)
)
@settings(max_examples=60, deadline=None)
def test_modified_system(depth, init, target, rate):
    # the gradient of L + (η/4) |∇L|² is g + (η/2) H g
    model = ToyModel(depth, target, init)
    got = evaluate(model.modified_system(rate), model.start)[0]
    with mpmath.workdps(50):
        w = mpmath.mpf(model.start[0])
        wanted = mpmath.diff(lambda v: loss(v, target, depth) + rate / 4 * gradient(v, target, depth) ** 2, w)
    assert got == pytest.approx(float(wanted), rel=1e-11, abs=1e-11)


@given(
    st.sampled_from([1, 3, 2.5, 14]),
    st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), min_size=1, max_size=4),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_sampled_system(depth, examples, data):
    target, init = [3.0, 0.5], [0.8, 1.2]
    rows = np.array(data.draw(st.lists(st.integers(0, len(examples) - 1), min_size=1, max_size=6)))
    system = ToyModel(depth, target, init).sampled_system(examples)

    def sampled(*w):
        errors = [sum((w[i] ** depth - target[i]) * mpmath.mpf(examples[r][i]) for i in range(2)) for r in rows]
        return sum(error**2 for error in errors) / (2 * mpmath.mpf(depth) ** 2 * len(rows))

    got = evaluate(system, system.start, rows=rows)
    with mpmath.workdps(50):
        point = tuple(map(mpmath.mpf, system.start))
        wanted = [float(mpmath.diff(sampled, point, order)) for order in ((1, 0), (0, 1))]
        value = float(sampled(*point))
    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)
    assert system.loss(system.start, system.numbers, system.data, rows) == pytest.approx(value, abs=1e-13)
    assert system.induced_size == 2


def test_the_mean_of_the_sampled_loss_is_the_population_loss():
    # four points with the second moments of a standard normal
    examples = np.sqrt(2) * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    model = ToyModel(3, [2.0, 0.5], [0.3, 0.9])
    sampled, population = model.sampled_system(examples), model.system()
    w = np.array([0.7, 1.1])
    np.testing.assert_allclose(evaluate(sampled, w, rows=np.arange(4)), evaluate(population, w), rtol=1e-14)


@pytest.mark.parametrize("depth", [1, 2, 3, 2.5, 30])
def test_sharpness_at_the_minimum(depth):
    target = np.array([4.0, 0.3])
    system = ToyModel(depth, target, 0.1).system()
    curvature = evaluate(system, target ** (1 / depth), "hessian")
    np.testing.assert_allclose(np.diag(curvature), target ** (2 - 2 / depth), rtol=1e-13)


def test_toy_flow_states_the_papers_dynamics():
    derived, induced = toy_flow()
    target, depth, sigma = sympy.symbols("target depth sigma", positive=True)
    assert derived.constants == (target, depth)
    assert sympy.simplify(induced.rhs[sigma] - sigma ** (2 - 2 / depth) * (target - sigma)) == 0
    assert toy_flow(3)[1].rhs == {sigma: sigma ** sympy.Rational(4, 3) * (target - sigma)}


def test_systems_share_their_kernels():
    first, second = ToyModel(3, [1.0, 2.0], 0.1).system(), ToyModel(3.0, 5.0, 0.2).system()
    assert first.gradient is second.gradient
    every_depth = ToyModel(2.5, 1.0, 0.1).system().gradient
    assert ToyModel(7.25, 1.0, 0.1).system().gradient is every_depth
    assert ToyModel(13, 1.0, 0.1).system().gradient is every_depth


@given(st.one_of(literal, shared.filter(lambda depth: depth < 9)), sizes, sizes)
@settings(max_examples=40, deadline=None)
def test_exact_obeys_the_flow(depth, target, init):
    model = ToyModel(depth, [target, 2 * target], init)
    times = np.array([0.0, 0.1, 1.0, 3.0])
    path = model.exact(times)
    assert path.ok
    assert path.kind == "exact"
    np.testing.assert_allclose(path.induced[0], model.init, rtol=1e-13)
    np.testing.assert_allclose(path.parameters**depth, path.induced, rtol=1e-12)
    np.testing.assert_allclose(path.induced_at(times), path.induced, rtol=1e-12)
    # the derivative of the dense output, by central differences, is minus the gradient
    system, middle, step = model.system(), 0.5, 1e-5
    slope = (path(middle + step) - path(middle - step)) / (2 * step)
    wanted = -evaluate(system, path(middle))
    scale = np.abs(path(middle)).max() * (1 + (2 * target) ** 2 + init**2)
    np.testing.assert_allclose(slope, wanted, rtol=1e-5, atol=1e-6 * scale)
    for row, value in zip(path.parameters, path.loss, strict=True):
        got = system.loss(row, system.numbers, system.data, NO_ROWS)
        assert got == pytest.approx(value, rel=1e-6, abs=1e-14 * (init**2 + 5 * target**2))


def test_exact_loss_keeps_its_accuracy_near_the_optimum():
    # depth 1: the residual is e^-t of the first one
    path = ToyModel(1, 3.0, 1.0).exact([50.0, 300.0])
    np.testing.assert_allclose(path.loss, 2 * np.exp([-100.0, -600.0]), rtol=1e-12)


def test_exact_loss_of_modes_that_start_apart():
    path = ToyModel(2, [3.0, 1.0], [0.5, 0.1]).exact([0.0, 1.0])
    np.testing.assert_allclose(path.loss, ((path.induced - [3.0, 1.0]) ** 2).sum(axis=1) / 8, rtol=1e-12)


def test_exact_at_the_optimum_and_at_a_vanishing_target():
    path = ToyModel(2, [3.0, 0.0], [3.0, 1.0]).exact([0.0, 1.0])
    np.testing.assert_allclose(path.induced, [[3.0, 1.0], [3.0, 0.5]], rtol=1e-13)
    np.testing.assert_allclose(path.loss, [1 / 8, 0.25 / 8], rtol=1e-13)
    assert ToyModel(2, 3.0, 3.0).exact([0.0, 1.0]).loss.tolist() == [0.0, 0.0]


def test_arrays_are_the_models_own():
    target = np.array([1.0, 2.0])
    model = ToyModel(2, target, 0.1)
    target[0] = 7.0
    assert model.target.tolist() == [1.0, 2.0]
    assert model.modes == 2
    with pytest.raises(ValueError, match="read-only"):
        model.target[0] = 3.0


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: ToyModel(0.5, 1.0, 0.1), "depth: got 0.5; allowed: a finite number >= 1"),
        (lambda: ToyModel(np.inf, 1.0, 0.1), "depth: got inf; allowed: a finite number >= 1"),
        (lambda: ToyModel([2, 3], 1.0, 0.1), r"depth: got shape \(2,\); allowed: a finite number >= 1"),
        (lambda: ToyModel("3a", 1.0, 0.1), "depth: got '3a'; allowed: a finite number >= 1"),
        (lambda: ToyModel(2, -1.0, 0.1), "target: got -1; allowed: finite numbers >= 0"),
        (lambda: ToyModel(2, [], 0.1), "target: got an empty array; allowed: finite numbers >= 0"),
        (lambda: ToyModel(2, [1.0, np.nan], 0.1), "target: got nan at index 1; allowed: finite numbers >= 0"),
        (lambda: ToyModel(2, 1.0, 0.0), "init: got 0; allowed: finite numbers > 0"),
        (lambda: ToyModel(2, [1.0, 2.0], [0.1, 0.2, 0.3]), r"target \(2,\), init \(3,\): these shapes do not"),
        (lambda: ToyModel(2, [[1.0, 2.0]], 0.1), "target, init: got 2 dimensions; allowed: numbers or vectors"),
        (lambda: ToyModel(2, 1.0, 0.1).modified_system(-1.0), "learning_rate: got -1; allowed: a finite number"),
        (lambda: ToyModel(2, 1.0, 0.1).modified_system([1.0]), r"learning_rate: got shape \(1,\); allowed: a fin"),
        (lambda: ToyModel(2, 1.0, 0.1).sampled_system([[1.0, 2.0]]), r"data: got shape \(1, 2\); allowed: finite"),
        (lambda: ToyModel(2, 1.0, 0.1).sampled_system([[np.inf]]), "data: got inf.*; allowed: finite numbers"),
        (lambda: ToyModel(2, 1.0, 0.1).exact([1.0, 0.5]), "times: got 0.5 at index 1; allowed: increasing finite"),
        (lambda: ToyModel(2, 1.0, 0.1).exact(-1.0), "times: got -1 at index 0; allowed: increasing finite"),
        (lambda: ToyModel(2, 1.0, 0.1).exact([[1.0]]), r"times: got shape \(1, 1\); allowed: a vector of"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("depth", [1, 3, 2.5])
def test_integrated_flow_is_the_exact_solution(depth):
    # the kernels are function pointers to the integrator
    model = ToyModel(depth, [12.0, 6.0, 4.0, 3.0], 0.1)
    times = np.linspace(0.0, 2.0, 11)
    path = flow(model.system(), 2.0, times=times, rtol=1e-10, atol=1e-13)
    assert path.ok
    np.testing.assert_allclose(path.induced, model.exact(times).induced, rtol=1e-7)
    np.testing.assert_allclose(path.loss, model.exact(times).loss, rtol=1e-5, atol=1e-9)
