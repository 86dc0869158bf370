"""Every hand-written gradient against the symbolic one of its own loss, as the paper defines it."""

from functools import lru_cache

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.models import (
    ConvolutionalClassifier,
    DiagonalClassifier,
    MatrixSensing,
    QuadraticNetwork,
    SparseRegression,
)
from flowlab.models.predictors.convolution import to_fourier
from flowlab.symbolic import gaussian_expectation
from tests.models.kernels import Derived, assert_agree, evaluate

seeds = st.integers(0, 2**32 - 1)
scales = st.floats(0.05, 1.5)
brief = settings(max_examples=25, deadline=None)


def matrix(name, rows, columns):
    return sympy.Matrix(rows, columns, lambda i, j: sympy.Symbol(f"{name}_{i}_{j}", real=True))


def batch(rng, examples):
    """Draw the numbers of five rows, in any order, with repetitions."""
    return rng.integers(0, examples, 5)


def mean(terms):
    return sympy.Add(*terms) / len(terms)


# Deep matrix sensing: tr(WᵀA) with W = W_N ⋯ W_1.


@lru_cache
def sensing(depth, size, samples):
    factors = [matrix(f"W{n}", size, size) for n in range(depth)]
    target = matrix("T", size, size)
    product = sympy.eye(size)
    for factor in factors:
        product = factor * product
    gap = matrix("G", size, size)
    if samples:
        inputs = [matrix(f"A{j}", size, size) for j in range(samples)]
        loss = mean([sympy.trace(gap.T * a) ** 2 for a in inputs])
    else:
        inputs = [matrix("A", size, size)]
        loss = gaussian_expectation(sympy.trace(gap.T * inputs[0]) ** 2, list(inputs[0]))
        inputs = []
    loss = loss.subs(dict(zip(gap, product - target, strict=True))) / (2 * depth)
    return Derived(loss, [w for factor in factors for w in factor], [*target, *(a for m in inputs for a in m)])


@given(st.sampled_from([(1, 1), (4, 1), (1, 3), (2, 3), (2, 2), (3, 2), (5, 2)]), st.booleans(), seeds, scales)
@brief
def test_matrix_sensing(structure, sampled, seed, scale):
    (depth, size), rng = structure, np.random.default_rng(seed)
    model = MatrixSensing(depth, rng.standard_normal((size, size)), 0.1)
    w = scale * rng.standard_normal((depth, size, size))
    inputs = model.measurements(7, seed) if sampled else None
    rows = batch(rng, 7) if sampled else []
    used = inputs[rows] if sampled else []
    wanted = sensing(depth, size, len(rows))(w, model.target, used)
    assert_agree(evaluate(model.system(inputs), w, rows), wanted)
    double = evaluate(model.system(inputs, scale=1 / model.depth), w, rows)
    assert_agree((double[0] / 2, double[1] / 2), wanted)


# The quadratic network: Σ_i <w_i, x>² + b.


@lru_cache
def quadratic(size, samples, loss_name, biased):
    weights, target = matrix("W", size, size), matrix("T", size, size)
    b, goal = sympy.symbols("b goal", real=True)

    def error(x):
        return (x.T * target * x)[0] + goal - sum(entry**2 for entry in weights * x) - (b if biased else 0)

    if samples:
        inputs = [matrix(f"x{j}", size, 1) for j in range(samples)]

        def expected(power):
            return mean([error(x) ** power for x in inputs])
    else:
        inputs = []

        def expected(power):
            x = matrix("x", size, 1)
            return gaussian_expectation(sympy.expand(error(x) ** power), list(x))

    loss = expected(2) - (expected(1) ** 2 if loss_name == "variance" else 0)
    parameters = [*weights, b] if biased else list(weights)
    return Derived(loss / 16, parameters, [*target, goal, *(entry for x in inputs for entry in x)])


@given(
    st.sampled_from([1, 2]),
    st.booleans(),
    st.sampled_from([("variance", False), ("squared", False), ("squared", True)]),
    seeds,
    scales,
)
@brief
def test_quadratic_network(size, sampled, kind, seed, scale):
    (loss, biased), rng = kind, np.random.default_rng(seed)
    root = rng.standard_normal((size, size))
    offset = rng.standard_normal() if biased else None
    model = QuadraticNetwork(root @ root.T, 0.1, loss=loss, bias=offset, target_bias=rng.standard_normal())
    w = scale * rng.standard_normal(size * size + biased)
    examples = 5 if loss == "variance" else 7
    inputs = model.inputs(examples, seed) if sampled else None
    rows = rng.permutation(5) if loss == "variance" else batch(rng, examples)
    rows = rows if sampled else []
    used = inputs[rows] if sampled else []
    wanted = quadratic(size, len(rows), loss, biased)(w, model.target, model.target_bias, used)
    assert_agree(evaluate(model.system(inputs), w, rows), wanted)


@pytest.mark.parametrize("loss", ["variance", "squared"])
def test_quadratic_population_in_three_dimensions(loss):
    rng = np.random.default_rng(0)
    root, w = rng.standard_normal((3, 3)), rng.standard_normal(9)
    model = QuadraticNetwork(root @ root.T, 0.1, loss=loss, target_bias=0.7)
    wanted = quadratic(3, 0, loss, False)(w, model.target, 0.7)
    assert_agree(evaluate(model.system(), w), wanted)


# Powers of weights under every loss of a linear predictor.

EXAMPLE_LOSSES = {
    "squared": lambda f, y: (f - y) ** 2,
    "exponential": lambda f, y: sympy.exp(-y * f),
    "logistic": lambda f, y: sympy.log(1 + sympy.exp(-y * f)),
}


@lru_cache
def powers(depth, size, signed, loss_name, logarithm):
    weights = matrix("w", 2 if signed else 1, size)
    sigma = [w**depth for w in weights[0, :]]
    if signed:
        sigma = [plus - w**depth for plus, w in zip(sigma, weights[1, :], strict=True)]
    inputs, labels = matrix("x", 5, size), sympy.symbols("y:5", real=True)
    predictions = [sum(s * x for s, x in zip(sigma, inputs[j, :], strict=True)) for j in range(5)]
    loss = mean([EXAMPLE_LOSSES[loss_name](f, y) for f, y in zip(predictions, labels, strict=True)])
    return Derived(sympy.log(loss) if logarithm else loss, list(weights), [*inputs, *labels])


@given(
    st.integers(1, 5),
    st.integers(1, 3),
    st.booleans(),
    st.sampled_from(["exponential", "logistic"]),
    st.booleans(),
    seeds,
    st.floats(0.05, 1.7),
)
@settings(max_examples=60, deadline=None)
def test_diagonal_classifier(depth, size, signed, loss, logarithm, seed, scale):
    rng = np.random.default_rng(seed)
    features, labels = rng.standard_normal((7, size)), rng.choice([-1.0, 1.0], 7)
    model = DiagonalClassifier(depth, features, labels, 0.1, signed=signed, loss=loss)
    w = scale * rng.uniform(-1, 1, (1 + signed) * size)
    rows = batch(rng, 7)
    system = model.system(clock="log_loss" if logarithm else "time")
    wanted = powers(depth, size, signed, loss, logarithm)(w, features[rows], labels[rows])
    assert_agree(evaluate(system, w, rows), wanted)


@given(st.integers(1, 5), st.integers(1, 3), seeds, scales)
@brief
def test_sparse_regression(depth, size, seed, scale):
    rng = np.random.default_rng(seed)
    dictionary, signal = rng.standard_normal((7, size)), rng.standard_normal(7)
    w, rows = scale * rng.uniform(-1, 1, 2 * size), batch(rng, 7)
    system = SparseRegression(depth, dictionary, signal, 0.1).system()
    wanted = powers(depth, size, True, "squared", False)(w, dictionary[rows], signal[rows])
    assert_agree(evaluate(system, w, rows), wanted)


# The convolutional classifier, by its convolutions.


@lru_cache
def convolutional(depth, size, loss_name, logarithm):
    layers = matrix("w", depth, size)
    inputs, labels = matrix("x", 5, size), sympy.symbols("y:5", real=True)

    def predict(h):
        for n in range(depth - 1):
            h = [sum(layers[n, k] * h[(i + k) % size] for k in range(size)) for i in range(size)]
        return sum(w * entry for w, entry in zip(layers[depth - 1, :], h, strict=True))

    losses = [EXAMPLE_LOSSES[loss_name](predict(list(inputs[j, :])), labels[j]) for j in range(5)]
    loss = mean(losses)
    return Derived(sympy.log(loss) if logarithm else loss, list(layers), [*inputs, *labels])


@given(
    st.sampled_from([(1, 1), (3, 1), (1, 4), (2, 2), (4, 2), (2, 3), (3, 3), (2, 4), (2, 5)]),
    st.sampled_from(["exponential", "logistic"]),
    st.booleans(),
    seeds,
    st.floats(0.05, 0.8),
)
@settings(max_examples=40, deadline=None)
def test_convolutional_classifier(structure, loss, logarithm, seed, scale):
    (depth, size), rng = structure, np.random.default_rng(seed)
    features, labels = rng.standard_normal((7, size)), rng.choice([-1.0, 1.0], 7)
    model = ConvolutionalClassifier(depth, features, labels, 0.1, seed=0, loss=loss)
    layers, rows = scale * rng.standard_normal((depth, size)), batch(rng, 7)
    value, raw = convolutional(depth, size, loss, logarithm)(layers, features[rows], labels[rows])
    system = model.system(clock="log_loss" if logarithm else "time")
    turned = to_fourier(raw.reshape(depth, size)).ravel()
    assert_agree(evaluate(system, to_fourier(layers), rows), (value, turned))


# At the sizes of the figures, along random directions.


def figure_models():
    rng = np.random.default_rng(1)
    labels = rng.choice([-1.0, 1.0], 200)
    features = rng.standard_normal((200, 100))
    dictionary = rng.standard_normal((80, 1000))
    sensing_model = MatrixSensing(4, np.diag([12.0, 6, 4, 3, *np.zeros(46)]), 1.0, start="gaussian", seed=0)
    network = QuadraticNetwork(np.diag(1 / np.arange(1.0, 21)), 1.0, loss="squared", bias=0.3, seed=0)
    yield (
        "sparse",
        SparseRegression(5, dictionary / np.linalg.norm(dictionary, axis=0), rng.normal(size=80), 0.1).system(),
    )
    yield "diagonal", DiagonalClassifier(5, features, labels, 0.1, loss="logistic").system(clock="log_loss")
    yield "convolutional", ConvolutionalClassifier(3, features, labels, 1e-2, seed=0).system()
    yield "sensing", sensing_model.system()
    yield "sensing, sampled", sensing_model.system(sensing_model.measurements(60, seed=2))
    yield "quadratic", network.system()
    yield "quadratic, sampled", network.system(network.inputs(100, seed=2))


@pytest.mark.parametrize("system", [pytest.param(system, id=name) for name, system in figure_models()])
def test_finite_differences_at_the_figures_sizes(system):
    rng = np.random.default_rng(3)
    rows = np.arange(len(system.data))
    w = system.start * rng.uniform(0.5, 1.5, system.start.size)
    _, gradient = evaluate(system, w)
    along = gradient / np.linalg.norm(gradient) + rng.standard_normal(w.size) / np.sqrt(w.size)
    step = 1e-3 * np.linalg.norm(w) / np.linalg.norm(along)

    @np.errstate(all="ignore")
    def loss(t):
        return system.loss(w + t * step * along, system.numbers, system.data, rows)

    # central differences of sixth order
    slope = sum(c * (loss(k) - loss(-k)) for k, c in ((1, 45), (2, -9), (3, 1))) / (60 * step)
    assert slope == pytest.approx(gradient @ along, rel=1e-8)
