"""What is worth watching in matrices: singular values, effective rank, balancedness."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def singular_values(matrices: Array) -> Array:
    """Return the singular values of matrices in falling order, shape (..., d).

    Examples
    --------
    >>> singular_values(np.diag([1.0, -2.0]))
    array([2., 1.])
    """
    return np.asarray(np.linalg.svd(matrices, compute_uv=False), dtype=np.float64)


def effective_rank(values: Array) -> Array:
    """Return the effective rank, exp of the entropy of the normalised singular values (Roy and Vetterli 2007).

    Parameters
    ----------
    values : ndarray, shape (..., d)
        Singular values, >= 0.

    Returns
    -------
    ndarray, shape (...)
        From 1 for one value to d for d equal ones; 0 where all are 0.

    Examples
    --------
    >>> effective_rank(np.array([[2.0, 2.0, 0.0], [5.0, 0.0, 0.0]]))
    array([2., 1.])
    """
    total = values.sum(axis=-1, keepdims=True)
    parts = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    logs = np.log(parts, out=np.zeros_like(parts), where=parts > 0)
    return np.where(total[..., 0] > 0, np.exp(-(parts * logs).sum(axis=-1)), 0.0)


def imbalance(factors: Array) -> Array:
    """Return how far the factors of a product are from balanced, ``max_n ‖W_{n+1}ᵀ W_{n+1} − W_n W_nᵀ‖_F``.

    Gradient flow conserves each of these differences (Arora et al. 2018).

    Parameters
    ----------
    factors : ndarray, shape (..., N, d, d)
        W_1, …, W_N.

    Returns
    -------
    ndarray, shape (...)
        0 for a single factor.

    Examples
    --------
    >>> float(imbalance(np.stack([np.eye(2), 2 * np.eye(2)])).round(3))
    4.243
    """
    return np.asarray(pair_imbalance(factors[..., :-1, :, :], factors[..., 1:, :, :]).max(axis=-1, initial=0.0))


def pair_imbalance(before: Array, after: Array) -> Array:
    """Return ‖W_2ᵀ W_2 − W_1 W_1ᵀ‖_F of two factors of a product W_2 W_1, shape (...).

    Examples
    --------
    >>> float(pair_imbalance(np.array([[2.0]]), np.array([[1.0]])))
    3.0
    """
    gap = np.swapaxes(after, -1, -2) @ after - before @ np.swapaxes(before, -1, -2)
    return np.asarray(np.linalg.norm(gap, axis=(-2, -1)))
