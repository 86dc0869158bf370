"""One pass over the examples of a linear predictor: its mean loss, and the slope of that in the predictor.

Every model here predicts ``f_i = <θ, φ_i>`` with an induced vector θ of its parameters; models differ in how θ comes
about and in what φ is. A row is read once: what it predicts, what that costs, and what it adds to the slope are found
while the row is in the cache. For large tables the pass takes as long as reading them.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._jit import inlined_kernel, summing_kernel
from flowlab.dynamics.parts import pointer
from flowlab.models.losses import as_slopes

Vector = NDArray[np.float64]
Rows = NDArray[np.int64]

_LANES = 8  # columns are padded to whole vectors of the processor
_CHUNK = 4096  # entries of a chunk of rows: they stay in the first cache between their two uses


def table(features: ArrayLike, labels: ArrayLike) -> Vector:
    """Return examples as the kernels read them: features, label, and zeros up to whole vectors.

    Examples
    --------
    >>> table([[1.0, 2.0]], [3.0])
    array([[1., 2., 3., 0., 0., 0., 0., 0.]])
    """
    features = np.asarray(features, dtype=np.float64)
    count, size = features.shape
    width = -(-(size + 1) // _LANES) * _LANES
    memory = np.zeros(count * width + _LANES)
    first = -(memory.ctypes.data // memory.itemsize) % _LANES
    rows = memory[first : first + count * width].reshape(count, width)
    rows[:, :size] = features
    rows[:, size] = labels
    return rows


@inlined_kernel
def _predict(theta: Vector, data: Vector, rows: Rows, low: int, high: int, out: Vector, labels: Vector) -> None:
    """Fill in <θ, φ>, and the labels, for the rows numbered `low` to `high`; θ is read once for four rows."""
    size = theta.size
    i = low
    while i + 4 <= high:
        a, b, c, d = data[rows[i]], data[rows[i + 1]], data[rows[i + 2]], data[rows[i + 3]]
        fa = fb = fc = fd = 0.0
        for k in range(size):
            fa += a[k] * theta[k]
            fb += b[k] * theta[k]
            fc += c[k] * theta[k]
            fd += d[k] * theta[k]
        place = i - low
        out[place], out[place + 1], out[place + 2], out[place + 3] = fa, fb, fc, fd
        labels[place], labels[place + 1], labels[place + 2], labels[place + 3] = a[size], b[size], c[size], d[size]
        i += 4
    while i < high:
        a, fa = data[rows[i]], 0.0
        for k in range(size):
            fa += a[k] * theta[k]
        out[i - low], labels[i - low] = fa, a[size]
        i += 1


@inlined_kernel
def _gather(weights: Vector, data: Vector, rows: Rows, low: int, high: int, slope: Vector) -> None:
    """Add Σ weight × φ over the rows numbered `low` to `high` to the slope."""
    size = slope.size
    i = low
    while i + 4 <= high:
        a, b, c, d = data[rows[i]], data[rows[i + 1]], data[rows[i + 2]], data[rows[i + 3]]
        wa, wb, wc, wd = weights[i - low], weights[i - low + 1], weights[i - low + 2], weights[i - low + 3]
        for k in range(size):
            slope[k] += wa * a[k] + wb * b[k] + wc * c[k] + wd * d[k]
        i += 4
    while i < high:
        a, wa = data[rows[i]], weights[i - low]
        for k in range(size):
            slope[k] += wa * a[k]
        i += 1


@summing_kernel
def mean_loss(slopes: Any, whole: bool, theta: Vector, data: Vector, rows: Rows, slope: Vector) -> float:
    """Return the mean loss over `rows` of the predictor θ, and write its gradient in θ to `slope`.

    `data` is a `table`, whose labels stand behind the θ.size features; `slopes` a loss's kernel, as a number. Of its
    logarithm, for which all rows are looked at as a `whole`, it is that of the mean.
    """
    size, count = theta.size, rows.size
    slope[:] = 0.0
    chunk = count if whole else max(4, _CHUNK // size // 4 * 4)
    memory = np.empty(2 * chunk)
    weights, labels = memory[:chunk], memory[chunk:]
    loss, total = as_slopes(pointer(slopes)), 0.0
    for low in range(0, count, chunk):
        high = min(count, low + chunk)
        _predict(theta, data, rows, low, high, weights, labels)
        total += loss(weights[: high - low], labels[: high - low])
        _gather(weights, data, rows, low, high, slope)
    if whole:
        return total
    for k in range(size):
        slope[k] /= count
    return total / count
