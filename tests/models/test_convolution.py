"""The convolutional classifier in Fourier coordinates against its convolutions, index by index."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import flowlab
from flowlab.models import ConvolutionalClassifier, amplitudes
from flowlab.models.predictors.convolution import from_fourier, to_fourier
from tests.models.kernels import evaluate

seeds = st.integers(0, 2**32 - 1)
depths, sizes = st.integers(1, 5), st.integers(1, 13)


def shifted(h):
    """Return the matrix of h[(i+k) mod d]."""
    index = np.arange(len(h))
    return h[(index[:, None] + index) % len(h)]


def hidden(layers, x):
    """Return the input and every convolution's output."""
    states = [x]
    for layer in layers[:-1]:
        states.append(shifted(states[-1]) @ layer)
    return states


def predict(layers, x):
    return hidden(layers, x)[-1] @ layers[-1]


def raw_gradient(layers, features, labels):
    """Return the gradient of the mean exponential loss in the layers, by backpropagation through the convolutions."""
    gradient, size = np.zeros_like(layers), layers.shape[1]
    index = np.arange(size)
    for x, y in zip(features, labels, strict=True):
        states = hidden(layers, x)
        slope = -y * np.exp(-y * (states[-1] @ layers[-1])) / len(features)
        gradient[-1] += slope * states[-1]
        back = slope * layers[-1]
        for n in range(len(layers) - 2, -1, -1):
            gradient[n] += shifted(states[n]) @ back
            back = layers[n][(index[:, None] - index) % size] @ back
    return gradient


def problem(depth, size, seed, examples=6):
    rng = np.random.default_rng(seed)
    features, labels = rng.standard_normal((examples, size)), rng.choice([-1.0, 1.0], examples)
    return ConvolutionalClassifier(depth, features, labels, 0.5, seed=rng)


@given(depths, sizes, seeds)
@example(3, 100, 0)
@example(3, 101, 0)
@settings(max_examples=100, deadline=None)
def test_predictions_are_those_of_direct_convolution(depth, size, seed):
    model = problem(depth, size, seed)
    system = model.system()
    sigma = model.induced(system.start)
    direct = np.array([predict(model.layers, x) for x in model.features])
    scale = np.abs(direct).max()
    np.testing.assert_allclose(model.features @ sigma, direct, rtol=1e-11, atol=1e-12 * scale)
    np.testing.assert_allclose(np.fft.fft(sigma), np.prod(np.fft.fft(model.layers), axis=0), atol=1e-12 * size * scale)
    loss, gradient = evaluate(system, system.start)
    assert loss == pytest.approx(np.exp(-model.labels * direct).mean(), rel=1e-12)
    wanted = raw_gradient(model.layers, model.features, model.labels)
    np.testing.assert_allclose(model.layers_of(gradient), wanted, rtol=1e-10, atol=1e-12 * np.abs(wanted).max())
    watched = np.empty(system.induced_size)
    system.induced(system.start, system.numbers, watched)
    np.testing.assert_allclose(watched, np.abs(np.fft.fft(sigma))[: size // 2 + 1], rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(watched, amplitudes(sigma), rtol=1e-10, atol=1e-13)


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 12)), elements=st.floats(-1e3, 1e3)))
def test_coordinates_are_orthonormal_and_come_back(vectors):
    turned = to_fourier(vectors)
    assert turned.shape == vectors.shape
    np.testing.assert_allclose(turned @ turned.T, vectors @ vectors.T, rtol=1e-12, atol=1e-7)
    np.testing.assert_allclose(from_fourier(turned), vectors, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(to_fourier(from_fourier(vectors)), vectors, rtol=1e-12, atol=1e-11)


@given(st.integers(1, 4), st.integers(1, 8), seeds)
@settings(max_examples=30, deadline=None)
def test_layers_come_back(depth, size, seed):
    model = problem(depth, size, seed)
    many = np.random.default_rng(seed).standard_normal((3, depth, size))
    np.testing.assert_allclose(model.layers_of(to_fourier(many).reshape(3, -1)), many, atol=1e-13)
    np.testing.assert_allclose(model.layers_of(model.system().start), model.layers, atol=1e-14)
    assert model.induced(to_fourier(many).reshape(3, -1)).shape == (3, size)


@given(st.integers(1, 4), st.integers(1, 7), seeds)
@settings(max_examples=25, deadline=None)
def test_descent_is_that_of_the_layers(depth, size, seed):
    model = problem(depth, size, seed)
    run = flowlab.descent(model.system(), 0.05, steps=20, record=1)
    layers = model.layers.copy()
    for recorded in model.layers_of(run.parameters):
        np.testing.assert_allclose(recorded, layers, rtol=1e-9, atol=1e-10)
        layers = layers - 0.05 * raw_gradient(layers, model.features, model.labels)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_start_has_the_papers_spread(depth):
    model = ConvolutionalClassifier(depth, np.ones((1, 4000)), [1], 1e-3, seed=0)
    spread = (1.5e-3) ** (1 / depth) * 4000 ** ((depth - 1) / (2 * depth)) / 4000
    assert model.layers.std() == pytest.approx(spread, rel=0.03)
