"""A two-layer ReLU network of the logarithm of its exponential loss, with a kink for each neuron and row."""

import numpy as np

from flowlab._jit import typed_kernel
from flowlab.dynamics import GradientSystem, Kinks
from flowlab.dynamics.signatures import GRADIENT, HESSIAN, INDUCED, LOSS


@typed_kernel(LOSS)
def loss(w, constants, data, rows):
    neurons, q = w.size // 3, np.empty(data.shape[0])
    for r in range(q.size):
        q[r] = 0.0
        for j in range(neurons):
            u = w[2 * j] * data[r, 0] + w[2 * j + 1] * data[r, 1]
            q[r] += constants[r] * w[2 * neurons + j] * max(u, 0.0)
    least = q.min()
    return np.log(np.exp(least - q).sum()) - least


@typed_kernel(GRADIENT)
def sided(w, constants, data, rows, out):
    neurons, examples = w.size // 3, data.shape[0]
    first, q = constants.size - neurons * examples, np.zeros(examples)
    for r in range(examples):
        for j in range(neurons):
            u = w[2 * j] * data[r, 0] + w[2 * j + 1] * data[r, 1]
            q[r] += constants[r] * w[2 * neurons + j] * u * (1.0 + constants[first + j * examples + r]) / 2.0
    p = np.exp(q.min() - q)
    p /= p.sum()
    out[:] = 0.0
    for r in range(examples):
        for j in range(neurons):
            slope = -p[r] * constants[r] * (1.0 + constants[first + j * examples + r]) / 2.0
            out[2 * neurons + j] += slope * (w[2 * j] * data[r, 0] + w[2 * j + 1] * data[r, 1])
            out[2 * j] += slope * w[2 * neurons + j] * data[r, 0]
            out[2 * j + 1] += slope * w[2 * neurons + j] * data[r, 1]


@typed_kernel(GRADIENT)
def switches(w, constants, data, rows, out):
    for k in range(out.size):
        j, r = k // data.shape[0], k % data.shape[0]
        out[k] = w[2 * j] * data[r, 0] + w[2 * j + 1] * data[r, 1]


@typed_kernel(HESSIAN)
def normals(w, constants, data, rows, out):
    out[:, :] = 0.0
    for k in range(out.shape[0]):
        j, r = k // data.shape[0], k % data.shape[0]
        out[k, 2 * j], out[k, 2 * j + 1] = data[r, 0], data[r, 1]


@typed_kernel(GRADIENT)
def plain(w, constants, data, rows, out):
    examples = data.shape[0]
    kinks = w.size // 3 * examples
    with_sides = np.empty(examples + kinks)
    with_sides[:examples] = constants
    switches(w, constants, data, rows, with_sides[examples:])
    with_sides[examples:] = np.where(with_sides[examples:] > 0.0, 1.0, -1.0)
    sided(w, with_sides, data, rows, out)


@typed_kernel(INDUCED)
def norm(w, constants, out):
    out[0] = np.sqrt((w * w).sum())


def network(first, second, rows, labels):
    """Return the system whose induced value is the norm of the parameters."""
    names = tuple(f"neuron {j}, row {r}" for j in range(len(first)) for r in range(len(rows)))
    return GradientSystem(
        plain, loss, np.concatenate([np.ravel(first), second]), np.array(labels), data=np.array(rows), induced=norm,
        induced_size=1, kinks=Kinks(sided, switches, normals, names),
    )  # fmt: skip
