"""The exact flow of a two-layer linear network: what is asked of its start, and what comes back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._checks import real_array, require
from flowlab.models import _riccati, spectra

Array = NDArray[np.float64]

#: The imbalance that passes for rounding, relative to ‖W_1‖² + ‖W_2‖².
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class LinearSolution:
    """The exact flow of a two-layer linear network at given times, of any shape (...).

    Attributes
    ----------
    t : ndarray, shape (...)
        Gradient-flow times.
    product : ndarray, shape (..., m, n)
        W_2 W_1.
    residual : ndarray, shape (..., m, n)
        S − W_2 W_1, with relative accuracy in norm as it falls to 0.
    input_gram : ndarray, shape (..., n, n)
        W_1ᵀ W_1.
    output_gram : ndarray, shape (..., m, m)
        W_2 W_2ᵀ.
    loss : ndarray, shape (...)

    Examples
    --------
    >>> from flowlab.models import LinearNetwork
    >>> solution = LinearNetwork.balanced([[3.0]], 2, 0.01, seed=0).exact([0.0, 5.0])
    >>> solution.product.shape, solution.singular_values[-1].round(6)
    ((2, 1, 1), array([3.]))
    """

    t: Array
    product: Array
    residual: Array
    input_gram: Array
    output_gram: Array
    loss: Array

    @property
    def singular_values(self) -> Array:
        """The singular values of W_2 W_1 in falling order, shape (..., min(m, n))."""
        return spectra.singular_values(self.product)


def solution(target: Array, first: Array, second: Array, covariance: Array | None, t: ArrayLike) -> LinearSolution:
    """Return the exact flow, once the start is found balanced and the covariance a multiple of I."""
    allowed = "finite numbers >= 0"
    times = real_array("t", t, allowed=allowed)
    require("t", times, np.isfinite(times) & (times >= 0), allowed=allowed)
    speed = _speed(covariance)
    _require_balance(first, second)
    found = _riccati.solve(target, first, second, speed * times.ravel())
    loss = 0.5 * speed * np.sum(found.residual**2, axis=(1, 2)).reshape(times.shape)
    product, residual, inputs, outputs = (each.reshape(*times.shape, *each.shape[1:]) for each in found)
    return LinearSolution(times, product, residual, inputs, outputs, loss)


def _require_balance(first: Array, second: Array) -> None:
    """Refuse factors that are not balanced up to rounding."""
    unit = max(np.abs(first).max(), np.abs(second).max()) or 1.0  # squares stay within range
    gap = float(spectra.pair_imbalance(first / unit, second / unit))
    share = gap / (float(np.linalg.norm(first / unit) ** 2 + np.linalg.norm(second / unit) ** 2) or 1.0)
    if share > _ROUNDING:
        hint = "the exact flow needs a balanced start: LinearNetwork.balanced draws one, flowlab.flow takes any"
        raise ValueError(
            f"first, second: got ‖W_1 W_1ᵀ − W_2ᵀ W_2‖_F = {share:.6g} (‖W_1‖_F² + ‖W_2‖_F²); "
            f"allowed: at most {_ROUNDING:g} of that ({hint})"
        )


def _speed(covariance: Array | None) -> float:
    """Return c of a covariance c I, which only makes time run faster; refuse any other."""
    if covariance is None:
        return 1.0
    speed = float(covariance[0, 0])
    if not np.array_equal(covariance, speed * np.eye(len(covariance))):
        allowed = "multiples of I (flowlab.flow integrates any)"
        raise ValueError(f"covariance: got a matrix that is not a multiple of I; allowed: {allowed}")
    return speed
