"""Test problems that carry their own closed form."""

import numpy as np

from flowlab._jit import typed_kernel
from flowlab.dynamics import GradientSystem
from flowlab.dynamics.signatures import GRADIENT, HESSIAN, INDUCED, LOSS


@typed_kernel(GRADIENT)
def toy_gradient(w, constants, data, rows, out):
    depth = constants[0]
    for i in range(w.size):
        out[i] = w[i] ** (depth - 1) * (w[i] ** depth - constants[1 + i]) / depth


@typed_kernel(GRADIENT)
def toy3_gradient(w, constants, data, rows, out):
    for i in range(w.size):
        square = w[i] * w[i]
        out[i] = square * (square * w[i] - constants[1 + i]) / 3


@typed_kernel(LOSS)
def toy_loss(w, constants, data, rows):
    depth = constants[0]
    total = 0.0
    for i in range(w.size):
        total += (w[i] ** depth - constants[1 + i]) ** 2
    return total / (2 * depth * depth)


@typed_kernel(INDUCED)
def toy_induced(w, constants, out):
    for i in range(w.size):
        out[i] = w[i] ** constants[0]


@typed_kernel(HESSIAN)
def toy_hessian(w, constants, data, rows, out):
    depth = constants[0]
    out[:] = 0.0
    for i in range(w.size):
        out[i, i] = (
            (2 * depth - 1) * w[i] ** (2 * depth - 2) - (depth - 1) * w[i] ** (depth - 2) * constants[1 + i]
        ) / depth


def toy(depth, target, init, *, gradient=None):
    """Separable toy model: L = Σ (w_i^N − σ_i*)² / (2N²), so σ̇ = σ^(2−2/N) (σ* − σ)."""
    target = np.asarray(target, dtype=float)
    init = np.broadcast_to(np.asarray(init, dtype=float), target.shape)
    return GradientSystem(
        gradient=gradient or (toy3_gradient if depth == 3 else toy_gradient),
        loss=toy_loss,
        start=init ** (1 / depth),
        constants=np.array([depth, *target], dtype=float),
        names=tuple(f"w{i}" for i in range(target.size)),
        induced=toy_induced,
        target=target,
        hessian=toy_hessian,
    )
