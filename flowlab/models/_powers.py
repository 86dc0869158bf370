"""Diagonal networks: an induced vector of powers of the weights, under any loss of a linear predictor."""

import numpy as np
from numpy.typing import NDArray

from flowlab._jit import kernel, summing_kernel
from flowlab.models._sweep import mean_loss

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

# Places in the constants.
_DEPTH, _LOSS, _SCALE, _SIGNED = range(4)


def constants(depth: int, loss: int, scale: float, signed: bool) -> Array:
    """Return what the kernels need to know: σ is w^N, or with `signed` w₊^N − w₋^N, both halves in w."""
    return np.array([depth, loss, scale, signed], dtype=np.float64)


@kernel
def _powers(w: Array, depth: int, lower: Array) -> None:
    """Fill in w^(N−1); integer powers by multiplication, which keeps signs."""
    lower[:] = 1.0
    for _ in range(depth - 1):
        for k in range(w.size):
            lower[k] *= w[k]


@summing_kernel
def _induce(w: Array, lower: Array, signed: bool, theta: Array) -> None:
    size = theta.size
    for k in range(size):
        theta[k] = lower[k] * w[k]
    if signed:
        for k in range(size):
            theta[k] -= lower[size + k] * w[size + k]


@kernel
def loss_gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> float:
    """Return the loss and write its gradient ``± N w^(N−1) ⊙ ∂L/∂σ``."""
    depth, kind, scale, signed = int(constants[_DEPTH]), int(constants[_LOSS]), constants[_SCALE], constants[_SIGNED]
    size = w.size // 2 if signed else w.size
    theta, slope = np.empty(size), np.empty(size)
    _powers(w, depth, out)
    _induce(w, out, signed != 0.0, theta)
    loss = mean_loss(kind, theta, data, rows, slope)
    factor = scale * depth
    for k in range(size):
        out[k] *= factor * slope[k]
    if signed:
        for k in range(size):
            out[size + k] *= -factor * slope[k]
    return float(scale * loss)


@kernel
def gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> None:
    """Write the gradient to `out`."""
    loss_gradient(w, constants, data, rows, out)


@kernel
def loss(w: Array, constants: Array, data: Array, rows: Rows) -> float:
    """Return the loss."""
    return loss_gradient(w, constants, data, rows, np.empty(w.size))


@kernel
def induced(w: Array, constants: Array, out: Array) -> None:
    """Write σ to `out`."""
    lower = np.empty(w.size)
    _powers(w, int(constants[_DEPTH]), lower)
    _induce(w, lower, constants[_SIGNED] != 0.0, out)


@kernel
def conserved(w: Array, constants: Array, out: Array) -> None:
    """Write what w₊ and w₋ conserve together: w₊^(2−N) + w₋^(2−N), their product at N = 2; and the size of each."""
    depth, size = int(constants[_DEPTH]), w.size // 2
    for k in range(size):
        one, two = w[k], w[size + k]
        if depth == 2:
            out[k] = one * two
            out[size + k] = abs(out[k])
        else:
            one, two = one ** (2 - depth), two ** (2 - depth)
            out[k], out[size + k] = one + two, abs(one) + abs(two)


def conserved_names(depth: int, size: int) -> tuple[str, ...]:
    """Return a name for each entry of σ.

    Examples
    --------
    >>> conserved_names(2, 1), conserved_names(3, 1)
    (('w+ w- [0]',), ('w+^-1 + w-^-1 [0]',))
    """
    form = "w+ w-" if depth == 2 else f"w+^{2 - depth} + w-^{2 - depth}"
    return tuple(f"{form} [{k}]" for k in range(size))
