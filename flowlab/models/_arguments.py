"""Checks of the arguments that models share."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import count
from flowlab._checks import real_array, require

Array = NDArray[np.float64]


def finite_array(name: str, value: ArrayLike, *, dimensions: int, allowed: str) -> Array:
    """Return `value` as a read-only array of finite numbers, a copy, with so many dimensions."""
    array = real_array(name, value, allowed=allowed)
    if array.ndim != dimensions:
        raise ValueError(f"{name}: got shape {array.shape}; allowed: {allowed}")
    require(name, array, np.isfinite(array), allowed=allowed)
    return frozen(np.array(array, order="C"))


def set_fields(model: object, **fields: object) -> None:
    """Set the fields of a frozen model, in its own `__init__`."""
    for name, value in fields.items():
        object.__setattr__(model, name, value)


def frozen(array: Array) -> Array:
    """Return an array that can no longer be written to."""
    array.setflags(write=False)
    return array


def rows_of(name: str, value: ArrayLike, size: int) -> Array:
    """Return an array of numbers whose last axis is so long."""
    array = np.asarray(value, dtype=np.float64)
    if array.shape[-1:] != (size,):
        raise ValueError(f"{name}: got shape {array.shape}; allowed: numbers of shape (..., {size})")
    return array


def square(name: str, value: ArrayLike) -> Array:
    """Return a square matrix of finite numbers."""
    allowed = "a square matrix of finite numbers"
    matrix = finite_array(name, value, dimensions=2, allowed=allowed)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name}: got shape {matrix.shape}; allowed: {allowed}")
    return matrix


def positive_semidefinite(name: str, matrix: Array) -> None:
    """Refuse a square matrix that is not symmetric positive semidefinite, up to rounding."""
    allowed = "a symmetric positive semidefinite matrix"
    size = float(np.abs(matrix).max())
    skew = float(np.abs(matrix - matrix.T).max())
    if skew > 1e-12 * size:
        raise ValueError(f"{name}: got a matrix that differs from its transpose by {skew:.3g}; allowed: {allowed}")
    least = float(np.linalg.eigvalsh(matrix)[0])
    if least < -1e-12 * size * len(matrix):
        raise ValueError(f"{name}: got a matrix with eigenvalue {least:.6g}; allowed: {allowed}")


def signs(name: str, value: ArrayLike, examples: int) -> Array:
    """Return one label 1 or −1 for each example."""
    allowed = f"{examples} labels, each 1 or -1"
    labels = finite_array(name, value, dimensions=1, allowed=allowed)
    if labels.size != examples:
        raise ValueError(f"{name}: got shape {labels.shape}; allowed: {allowed}")
    require(name, labels, np.abs(labels) == 1, allowed=allowed)
    return labels


def generator(seed: object) -> np.random.Generator:
    """Return the generator of a seed, or a generator as it is."""
    if isinstance(seed, np.random.Generator):
        return seed
    if seed is None:
        raise ValueError("seed: got None; allowed: an integer >= 0, or a numpy Generator")
    return np.random.default_rng(count("seed", seed, least=0))
