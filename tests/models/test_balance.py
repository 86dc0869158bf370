"""Networks whose layers only multiply report the drift of their balancedness, whatever the loss of their product."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.dynamics import descent, flow
from flowlab.models import ConvolutionalClassifier, DiagonalClassifier, LinearNetwork, MatrixSensing, SparseRegression


def gaps(factors):
    """The upper triangles of W_{n+1}^T W_{n+1} - W_n W_n^T, one after the other."""
    return np.concatenate(
        [
            (after.T @ after - before @ before.T)[np.triu_indices(len(before))]
            for before, after in itertools.pairwise(factors)
        ]
    )


def sizes(factors):
    """By Cauchy and Schwarz the most that each of them can be."""
    sums = [np.diag(after.T @ after + before @ before.T) for before, after in itertools.pairwise(factors)]
    return np.concatenate([np.sqrt(np.outer(each, each))[np.triu_indices(len(each))] for each in sums])


def with_sizes(path):
    """What is conserved, and the size of each."""
    return np.hsplit(path.conserved.evaluate(path.parameters), 2)


@given(depth=st.integers(2, 4), size=st.integers(1, 3), seed=st.integers(0, 99), sampled=st.booleans())
@settings(max_examples=25, deadline=None)
def test_matrix_sensing(depth, size, seed, sampled):
    target = np.random.default_rng(seed).normal(size=(size, size))
    model = MatrixSensing(depth=depth, target=target, init=0.5, start="gaussian", seed=seed)
    system = model.system(model.measurements(5, seed=seed) if sampled else None)
    assert len(system.conserved_names) == (depth - 1) * size * (size + 1) // 2
    path = flow(system, 2.0)
    values, most = with_sizes(path)
    last = model.factors_of(path.parameters[-1])
    np.testing.assert_allclose(values[[0, -1]], [gaps(model.factors), gaps(last)], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(most[[0, -1]], [sizes(model.factors), sizes(last)], rtol=1e-12)
    assert path.drift.worst < 1e-8
    rough = [descent(system, 0.02 / k, steps=50 * k, record=1).drift.absolute.max() for k in (1, 2)]
    assert rough[0] == pytest.approx(2 * rough[1], rel=0.25, abs=1e-12)


@given(shape=st.tuples(*3 * [st.integers(1, 3)]), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_two_layers(shape, seed):
    inputs, hidden, outputs = shape
    generator = np.random.default_rng(seed)
    model = LinearNetwork(
        generator.normal(size=(outputs, inputs)),
        generator.normal(size=(hidden, inputs)),
        generator.normal(size=(outputs, hidden)),
    )
    path = flow(model.system(), 2.0)
    first, second = model.factors_of(path.parameters)
    values, most = with_sizes(path)
    pairs = list(zip(first, second, strict=True))
    np.testing.assert_allclose(values, [gaps(pair) for pair in pairs], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(most, [sizes(pair) for pair in pairs], rtol=1e-12)
    assert path.drift.worst < 1e-8


def test_one_factor_conserves_nothing():
    system = MatrixSensing(depth=1, target=np.eye(2), init=0.1).system()
    assert (system.conserved, system.conserved_names, flow(system, 1.0).drift) == (None, (), None)


@given(
    depth=st.integers(1, 4),
    size=st.integers(1, 5),
    seed=st.integers(0, 99),
    clock=st.sampled_from(["time", "log_loss"]),
)
@settings(max_examples=25, deadline=None)
def test_convolutions(depth, size, seed, clock):
    generator = np.random.default_rng(seed)
    features, labels = generator.normal(size=(4, size)), np.sign(generator.normal(size=4))
    model = ConvolutionalClassifier(depth, features, labels, 0.5, seed=seed)
    path = flow(model.system(clock=clock), 0.5)
    if depth == 1:
        assert path.drift is None
        return
    amplitudes = (
        np.abs(np.fft.rfft(model.layers_of(path.parameters), norm="ortho")) ** 2
    )  # (times, layers, frequencies)
    frequencies = [0, *[size // 2] * (size % 2 == 0), *range(1, (size + 1) // 2)]
    weights = np.where(np.isin(frequencies, [0, size / 2]), 1, 2)  # two coordinates share a coefficient
    amplitudes = amplitudes[:, :, frequencies] * weights
    sums = amplitudes[:, 1:] + amplitudes[:, :-1]
    values, most = with_sizes(path)
    np.testing.assert_allclose(values, np.diff(amplitudes, axis=1).reshape(values.shape), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(most, sums.reshape(values.shape), rtol=1e-11)
    assert path.drift.worst < 1e-8


@given(depth=st.integers(1, 5), seed=st.integers(0, 99), classify=st.booleans())
@settings(max_examples=25, deadline=None)
def test_weights_of_both_signs(depth, seed, classify):
    generator = np.random.default_rng(seed)
    table = generator.normal(size=(4, 3))
    if classify:
        model = DiagonalClassifier(depth, table, np.sign(generator.normal(size=4)), 0.1, signed=True)
    else:
        model = SparseRegression(depth, table, generator.normal(size=4), 0.1)
    path = flow(model.system(), 1.0)
    up, down = np.split(path.parameters, 2, axis=1)
    one, other = (up * down, 0 * up) if depth == 2 else (up ** (2.0 - depth), down ** (2.0 - depth))
    values, most = with_sizes(path)
    np.testing.assert_allclose(values, one + other, rtol=1e-12)
    np.testing.assert_allclose(most, np.abs(one) + np.abs(other), rtol=1e-12)
    assert path.drift.worst < 1e-8
    assert np.abs(path.parameters - path.parameters[0]).max() > 1e-4


def test_one_sign_conserves_nothing():
    assert DiagonalClassifier(2, np.eye(2), [1, -1], 0.1, signed=False).system().conserved is None
