"""Matching pursuit against ten lines of NumPy, and where its answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group

from flowlab.reference import matching_pursuit

seeds = st.integers(0, 2**32 - 1)


def pursue(atoms, signal, sparsity):
    """Choose the atom most correlated with what least squares on those chosen leave over."""
    chosen, rest = [], signal
    for _ in range(sparsity):
        chosen.append(int(np.argmax(np.abs(atoms.T @ rest))))
        rest = signal - atoms[:, chosen] @ np.linalg.lstsq(atoms[:, chosen], signal, rcond=None)[0]
    return tuple(chosen)


def normalised(rows, columns, seed):
    atoms = np.random.default_rng(seed).standard_normal((rows, columns))
    return atoms / np.linalg.norm(atoms, axis=0)


@given(st.integers(1, 12), st.integers(1, 30), seeds, st.data(), st.integers(-150, 150))
@settings(max_examples=100, deadline=None)
def test_every_choice_is_that_of_least_squares(rows, columns, seed, data, exponent):
    atoms = normalised(rows, columns, seed)
    signal = 10.0**exponent * np.random.default_rng([seed, 1]).standard_normal(rows)
    sparsity = data.draw(st.integers(1, min(rows, columns)))
    assert matching_pursuit(atoms, signal, sparsity) == pursue(atoms, signal, sparsity)


def test_at_the_figures_size():
    atoms = normalised(80, 1000, 0)
    signal = atoms[:, [5, 900, 33, 7]] @ [9.0, -7.0, 5.0, 3.0]
    assert matching_pursuit(atoms, signal, 4) == (5, 900, 33, 7)
    assert matching_pursuit(atoms, atoms @ np.ones(1000), 25) == pursue(atoms, atoms @ np.ones(1000), 25)


@given(st.integers(1, 10), seeds, st.data())
@settings(max_examples=50, deadline=None)
def test_orthonormal_atoms_come_in_the_order_of_their_coefficients(size, seed, data):
    basis = ortho_group.rvs(size, random_state=np.random.default_rng(seed)) if size > 1 else np.ones((1, 1))
    order = np.random.default_rng(seed).permutation(size)
    present = data.draw(st.integers(1, size))
    signal = basis[:, order[:present]] @ ((-1.0) ** np.arange(present) / np.arange(1, present + 1))
    # fewer than asked for where the signal needs no more
    assert matching_pursuit(basis, signal, size)[:present] == tuple(int(k) for k in order[:present])
    assert matching_pursuit(basis, signal, present) == tuple(int(k) for k in order[:present])


def test_fewer_atoms_than_asked_for():
    assert matching_pursuit(np.eye(4), [0.0, 3.0, 0.0, -1.0], 4) == (1, 3)
    assert matching_pursuit(np.eye(4), np.zeros(4), 2) == ()
    twins = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert matching_pursuit(twins, [2.0, 1.0], 2) == (0, 2)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([1.0], [1.0], 1), r"dictionary: got shape \(1,\); allowed: finite numbers of shape \(d, n\)"),
        ((2 * np.eye(2), [1.0, 0.0], 1), "dictionary: got 2 at index 0; allowed: atoms of unit norm"),
        (([[np.inf]], [1.0], 1), "dictionary: got inf.*; allowed: finite"),
        ((np.eye(2), [1.0], 1), r"signal: got shape \(1,\); allowed: 2 finite numbers, one for each row"),
        ((np.eye(2), [1.0, np.nan], 1), "signal: got nan at index 1; allowed: 2 finite numbers"),
        ((np.eye(2), [1.0, 0.0], 3), r"sparsity: got 3; allowed: an integer in \[1, 2\]"),
        ((np.eye(2), [1.0, 0.0], 0), r"sparsity: got 0; allowed: an integer in \[1, 2\]"),
        ((np.eye(2), [1.0, 0.0], 1.5), r"sparsity: got 1.5; allowed: an integer in \[1, 2\]"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        matching_pursuit(*arguments)


def test_a_dictionary_of_single_precision_is_taken_for_what_it_is():
    rng = np.random.default_rng(3)
    atoms = rng.standard_normal((20, 40))
    atoms /= np.linalg.norm(atoms, axis=0)
    signal = atoms[:, [7, 3, 30]] @ [3.0, -2.0, 1.0]
    chosen = matching_pursuit(atoms, signal, 3)
    assert set(chosen) == {7, 3, 30}
    assert matching_pursuit(atoms.astype(np.float32), signal.astype(np.float32), 3) == chosen
    with pytest.raises(ValueError, match="unit norm"):
        matching_pursuit(atoms.astype(np.float32) * np.float32(1.00001), signal, 3)
    with pytest.raises(ValueError, match="unit norm"):  # the rounding of float32 in numbers of float64
        matching_pursuit(atoms.astype(np.float32).astype(float), signal, 3)
