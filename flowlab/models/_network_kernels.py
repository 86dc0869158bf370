"""The kernels of networks: values layer by layer, and back, over rows by BLAS; with given sides of kinks or without.

On given sides a rectifier is linear, so that the same kernels give the gradient on either side of its kinks and beyond.
"""

import math

import numpy as np
from numpy.typing import NDArray

from flowlab._jit import kernel
from flowlab.dynamics._pointers import borrowed
from flowlab.dynamics.parts import pointer
from flowlab.models.losses import as_slopes

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

LINEAR, LEAKY, QUADRATIC, TANH, SIGMOID, SOFTPLUS = range(6)

# Places in the constants: kernels of the loss, what the activation is, how many examples and layers there are. Then the
# widths, for each layer whether it is trained, and the weights of those that are not; behind all of it, sides.
LOSS, LOG_LOSS, KIND, LEAK, EXAMPLES, LAYERS, HEAD = range(7)


@kernel
def _place(constants: Array, layer: int) -> tuple[int, int, int, bool]:
    """Return where a layer's weights begin, its rows and columns, and whether it is trained (1, 2, … L)."""
    count = int(constants[LAYERS])
    trained_at, fixed_at = 0, HEAD + 2 * count + 1
    for k in range(1, layer):
        size = int(constants[HEAD + k]) * int(constants[HEAD + k - 1])
        if constants[HEAD + count + k] != 0.0:
            trained_at += size
        else:
            fixed_at += size
    trained = constants[HEAD + count + layer] != 0.0
    at = trained_at if trained else fixed_at
    return at, int(constants[HEAD + layer]), int(constants[HEAD + layer - 1]), trained


@kernel
def _weights(w: Array, constants: Array, layer: int) -> Array:
    at, rows, columns, trained = _place(constants, layer)
    if trained:
        return w[at : at + rows * columns].reshape(rows, columns)
    return constants[at : at + rows * columns].reshape(rows, columns)


@kernel
def _activate(constants: Array, z: Array, slopes: Array, values: Array, sides: Array) -> None:
    """Write φ(z) and φ'(z); on given sides where there are any."""
    kind, leak = int(constants[KIND]), constants[LEAK]
    for i in range(z.size):
        x = z[i]
        if kind == LINEAR:
            slopes[i], values[i] = 1.0, x
        elif kind == LEAKY:
            side = sides[i] if sides.size > 0 else (1.0 if x > 0.0 else -1.0)
            slopes[i] = 0.5 * (1.0 + leak) + 0.5 * side * (1.0 - leak)
            values[i] = slopes[i] * x
        elif kind == QUADRATIC:
            slopes[i], values[i] = 2.0 * x, x * x
        elif kind == TANH:
            values[i] = math.tanh(x)
            slopes[i] = 1.0 / math.cosh(x) ** 2 if abs(x) < 300.0 else 0.0
        else:
            rest = math.exp(-abs(x))
            sigmoid = (1.0 if x > 0.0 else rest) / (1.0 + rest)
            if kind == SIGMOID:
                values[i], slopes[i] = sigmoid, rest / (1.0 + rest) ** 2
            else:
                values[i], slopes[i] = max(x, 0.0) + math.log1p(rest), sigmoid


@kernel
def _forward(w: Array, constants: Array, data: Array, rows: Rows, sides: Array, values: Array, slopes: Array) -> None:
    """Write the values of each layer, inputs first, and the slopes of activations; both layer by layer, row by row.

    `sides` are of all examples: layer by layer, example by example.
    """
    count, examples, n = int(constants[LAYERS]), int(constants[EXAMPLES]), rows.size
    width, at, sides_at = int(constants[HEAD]), 0, 0
    for i in range(n):
        for j in range(width):
            values[i * width + j] = data[rows[i], j]
    for k in range(1, count + 1):
        before = values[at : at + n * width].reshape(n, width)
        at += n * width
        width = int(constants[HEAD + k])
        z = values[at : at + n * width]
        np.dot(before, _weights(w, constants, k).T, z.reshape(n, width))
        if k < count:
            mine = sides[:0]
            if sides.size > 0:
                mine = np.empty(n * width)
                for i in range(n):
                    for j in range(width):
                        mine[i * width + j] = sides[sides_at + rows[i] * width + j]
                sides_at += examples * width
            _activate(constants, z, slopes[at : at + n * width], z, mine)


@kernel
def _back(
    w: Array, constants: Array, n: int, last: int, delta: Array, values: Array, slopes: Array, out: Array
) -> None:
    """Write the gradient of what has the slope `delta`, shape (n, width), in a layer before its activation."""
    at = 0
    for k in range(last):
        at += n * int(constants[HEAD + k])
    for k in range(last, 0, -1):
        place, height, width, trained = _place(constants, k)
        at -= n * width
        if trained:
            before = values[at : at + n * width].reshape(n, width)
            np.dot(delta.T, before, out[place : place + height * width].reshape(height, width))
        if k > 1:
            delta = np.dot(delta, _weights(w, constants, k))
            flat, slope = delta.reshape(-1), slopes[at : at + n * width]
            for i in range(flat.size):
                flat[i] *= slope[i]


@kernel
def _evaluate(place: int, w: Array, constants: Array, sides: Array, data: Array, rows: Rows, out: Array) -> float:
    """Return the mean loss over rows, and write its gradient."""
    w, constants, data, rows, out = borrowed((w, constants, data, rows, out))
    count, n = int(constants[LAYERS]), rows.size
    inputs, outputs, total = int(constants[HEAD]), int(constants[HEAD + count]), 0
    for k in range(count + 1):
        total += n * int(constants[HEAD + k])
    values, slopes, labels = np.empty(total), np.empty(total), np.empty(n)
    for i in range(n):
        labels[i] = data[rows[i], inputs]
    _forward(w, constants, data, rows, sides, values, slopes)
    predictions = values[total - n * outputs :]
    loss = as_slopes(pointer(constants[:KIND].view(np.int64)[place]))(predictions, labels)
    if place == LOSS:
        loss /= n
        for i in range(predictions.size):
            predictions[i] /= n
    _back(w, constants, n, count, predictions.reshape(n, outputs).copy(), values, slopes, out)
    return float(loss)


@kernel
def loss_gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> float:
    return _evaluate(LOSS, w, constants, constants[:0], data, rows, out)


@kernel
def log_loss_gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> float:
    return _evaluate(LOG_LOSS, w, constants, constants[:0], data, rows, out)


@kernel
def gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> None:
    _evaluate(LOSS, w, constants, constants[:0], data, rows, out)


@kernel
def loss(w: Array, constants: Array, data: Array, rows: Rows) -> float:
    return _evaluate(LOSS, w, constants, constants[:0], data, rows, np.empty(w.size))


@kernel
def _sides(constants: Array) -> Array:
    """Return the sides of all kinks, which stand behind all else."""
    kinks = 0
    for k in range(1, int(constants[LAYERS])):
        kinks += int(constants[EXAMPLES]) * int(constants[HEAD + k])
    return constants[constants.size - kinks :]


@kernel
def sided_gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> None:
    _evaluate(LOSS, w, constants, _sides(constants), data, rows, out)


@kernel
def switches_of(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> None:
    """Write what every activation is given, on given sides of those before it."""
    normals = np.empty((0, 0))
    _switch(w, constants, data, out, normals)


@kernel
def normals_of(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> None:
    _switch(w, constants, data, np.empty(out.shape[0]), out)


@kernel
def _switch(w: Array, constants: Array, data: Array, switches: Array, normals: Array) -> None:
    """Write the switches, and where there is room their gradients."""
    count, examples, sides = int(constants[LAYERS]), int(constants[EXAMPLES]), _sides(constants)
    total, widest = 0, 0
    for k in range(count + 1):
        total += int(constants[HEAD + k])
        widest = max(widest, int(constants[HEAD + k]))
    values, slopes, z = np.empty(total), np.empty(total), np.empty(widest)
    first = 0
    for k in range(1, count):
        width = int(constants[HEAD + k])
        for i in range(examples):
            row = np.full(1, i)
            _forward(w, constants, data, row, sides, values, slopes)
            at = 0
            for before in range(k - 1):
                at += int(constants[HEAD + before])
            inputs = values[at : at + int(constants[HEAD + k - 1])]
            z[:width] = np.dot(_weights(w, constants, k), inputs)
            for j in range(width):
                switches[first + i * width + j] = z[j]
                if normals.shape[0] > 0:
                    normals[first + i * width + j, :] = 0.0
                    delta = np.zeros((1, width))
                    delta[0, j] = 1.0
                    _back(w, constants, 1, k, delta, values, slopes, normals[first + i * width + j])
        first += examples * width
