"""The maximum margin against other solvers, its own certificate, and its symmetries."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, nnls
from scipy.stats import ortho_group
from sklearn.svm import SVC

from flowlab.reference import NotSeparable, max_margin

seeds = st.integers(0, 2**32 - 1)
brief = settings(max_examples=60, deadline=None)


def separable(examples, size, seed, margin=0.1):
    rng = np.random.default_rng(seed)
    x, direction = rng.standard_normal((examples, size)), rng.standard_normal(size)
    y = np.where(x @ direction > 0, 1.0, -1.0)
    return x + margin * y[:, None] * direction / np.linalg.norm(direction), y


def shortest(signed):
    """Return the shortest w with signed @ w >= 1 (Lawson and Hanson 1974, chapter 23), or None."""
    count, size = signed.shape
    u, _ = nnls(np.vstack([signed.T, np.ones(count)]), np.append(np.zeros(size), 1.0))
    rest = np.append(signed.T @ u, u.sum() - 1)
    return None if -rest[-1] < 1e-10 else -rest[:size] / rest[-1]


@given(st.integers(1, 30), st.integers(1, 8), seeds)
@example(200, 100, 0)
@brief
def test_certificate_and_optimum(examples, size, seed):
    x, y = separable(examples, size, seed)
    signed = x * y[:, None]
    found = max_margin(x, y)
    scores = signed @ found.weights
    assert scores.min() == pytest.approx(1, abs=1e-12)
    assert found.margin == pytest.approx(1 / np.linalg.norm(found.weights), rel=1e-12)
    assert (found.multipliers >= 0).all()
    assert found.multipliers.sum() == pytest.approx(1, rel=1e-12)
    assert found.upper == pytest.approx(np.linalg.norm(found.multipliers @ signed), rel=1e-12)
    # the dual bounds the margin of any vector
    assert found.margin <= found.upper * (1 + 1e-12)
    assert abs(found.gap) <= 1e-10
    # stationarity and complementary slackness
    largest = np.abs(found.weights).max()
    np.testing.assert_allclose(found.multipliers @ signed / found.upper**2, found.weights, atol=1e-4 * largest)
    assert found.multipliers @ (scores - 1) <= 1e-6
    np.testing.assert_allclose(found.weights, shortest(signed), atol=1e-5 * largest)


@pytest.mark.parametrize("seed", range(4))
def test_support_vector_machine(seed):
    # examples and their mirror images: the machine's intercept is then 0
    x, y = separable(15, 3, seed)
    machine = SVC(kernel="linear", C=1e8, tol=1e-8).fit(np.vstack([x, -x]), np.append(y, -y))
    assert machine.intercept_[0] == pytest.approx(0, abs=1e-5)
    np.testing.assert_allclose(max_margin(x, y).weights, machine.coef_[0], rtol=1e-5, atol=1e-5)


@given(st.integers(1, 20), st.integers(2, 6), seeds, st.integers(-150, 150))
@example(10, 3, 0, 12)  # the solver's own tolerances are absolute
@example(10, 3, 0, -12)
@brief
def test_scaling_and_turning(examples, size, seed, exponent):
    x, y = separable(examples, size, seed)
    scale, turn = 10.0**exponent, ortho_group.rvs(size, random_state=np.random.default_rng(seed))
    plain, other = max_margin(x, y), max_margin(scale * x @ turn, y)
    assert other.margin == pytest.approx(scale * plain.margin, rel=1e-7)
    largest = np.abs(plain.weights).max()
    np.testing.assert_allclose(scale * other.weights, plain.weights @ turn, rtol=1e-5, atol=1e-5 * largest)
    mirrored = max_margin(-x, -y)
    np.testing.assert_allclose(mirrored.weights, plain.weights, rtol=1e-6, atol=1e-6 * largest)


@given(st.integers(1, 12), st.integers(1, 4), seeds)
@settings(max_examples=100, deadline=None)
def test_not_separable_where_a_linear_program_says_so(examples, size, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((examples, size)), rng.choice([-1.0, 1.0], examples)
    signed = x * y[:, None]
    # the largest slack of a vector in the unit box
    program = linprog(
        np.append(np.zeros(size), -1.0),
        np.column_stack([-signed, np.ones(examples)]),
        np.zeros(examples),
        bounds=[(-1, 1)] * size + [(None, None)],
    )
    slack = -program.fun
    assume(slack < 1e-9 or slack > 1e-3)
    if slack > 1e-3:
        assert max_margin(x, y).margin > 0
    else:
        with pytest.raises(
            NotSeparable,
            match=r"labels: got labels that no vector separates by a margin above .*; allowed: examples with",
        ):
            max_margin(x, y)


@pytest.mark.parametrize(
    "features, labels",
    [
        ([[1.0, 2.0], [1.0, 2.0]], [1, -1]),
        ([[1.0, 0.0], [-1.0, 0.0]], [1, 1]),
        ([[0.0, 0.0]], [1]),
        ([[1.0, 1.0], [0.0, 0.0]], [1, -1]),
        ([[1e9, 0.0], [-1e9, 0.0]], [1, 1]),
        ([[1e-9, 0.0], [-1e-9, 0.0]], [1, 1]),
    ],
)
def test_degenerate_examples_are_not_separable(features, labels):
    with pytest.raises(NotSeparable, match="labels: got labels that no vector separates by a margin above"):
        max_margin(features, labels)


@pytest.mark.parametrize(
    "features, labels, message",
    [
        ([1.0, 2.0], [1, 1], r"features: got shape \(2,\); allowed: finite numbers of shape \(m, d\)"),
        ([[np.inf, 1.0]], [1], r"features: got inf at index \(0, 0\); allowed: finite"),
        ([[1.0], [2.0]], [1], r"labels: got shape \(1,\); allowed: 2 labels, each 1 or -1"),
        ([[1.0], [2.0]], [1, 0], "labels: got 0 at index 1; allowed: 2 labels, each 1 or -1"),
        ([[1.0], [2.0]], ["a", "b"], "labels: got .*; allowed: 2 labels, each 1 or -1"),
        ([], [], "features: got an empty array; allowed: finite"),
    ],
)
def test_bad_input_is_named(features, labels, message):
    with pytest.raises(ValueError, match=message):
        max_margin(features, labels)


def test_margins_down_to_a_millionth_are_found():
    for margin in 10.0 ** -np.arange(1, 7):
        assert max_margin([[1.0, margin], [-1.0, margin]], [1, 1]).margin == pytest.approx(margin, rel=1e-9)


@pytest.mark.parametrize("features, margin", [([[1e6, 0.0], [0.0, 1e-3]], 1e-3), ([[1.0, 1e-8], [-1.0, 1e-8]], 1e-8)])
def test_a_margin_too_small_to_find_is_not_denied(features, margin):
    """The refusal names a bound, and the true margin keeps to it."""
    with pytest.raises(NotSeparable) as refusal:
        max_margin(features, [1, 1])
    bound = float(str(refusal.value).split("above ")[1].split(";")[0])
    assert margin <= 1.1 * bound <= 1e-4 * np.abs(features).max()
