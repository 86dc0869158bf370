"""The matrix Riccati equation of balanced two-layer linear networks, in closed form.

With ``Q = [W_1ᵀ; W_2]`` and ``F = [[0, Sᵀ], [S, 0]]`` a balanced flow is ``Q̇ = F Q − ½ Q QᵀQ``, so that ``G = Q Qᵀ``
has ``Ġ = F G + G F − G²``, solved by ``G(t) = e^{Ft} Q_0 (I + Q_0ᵀ Φ(t) Q_0)⁻¹ Q_0ᵀ e^{Ft}`` with
``Φ(t) = ∫_0^t e^{2Fs} ds`` (Fukumizu 1998; Φ rather than its ``F⁻¹`` lets F be singular). In eigenvectors of F, whose
eigenvalues λ are ± the singular values of S and zeros, Φ is the diagonal of ``φ = (e^{2λt} − 1)/(2λ)``, and
``G = ω H ω`` with ``ω = e^{λt} φ^(−1/2)``, bounded, and ``H = Y (I + YᵀY)⁻¹ Yᵀ``, where ``Y = φ^(1/2) Eᵀ Q_0`` leaves
the range of a float at long times. Y is factored with pivoting, its scales kept as logarithms: what is left is bounded.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

#: Numbers in the largest array of one pass over times.
_CHUNK = 1_000_000
_LARGEST = 690.0


class Solution(NamedTuple):
    """The flow at times: W_2 W_1, S − W_2 W_1, W_1ᵀ W_1 and W_2 W_2ᵀ, stacked over times."""

    product: Array
    residual: Array
    input_gram: Array
    output_gram: Array


class _Problem(NamedTuple):
    """Target and start in eigenvectors of F: eigenvalues, their parts in W_1ᵀ and W_2, Q_0 = rows × scales."""

    rates: Array
    upper: Array
    lower: Array
    rows: Array
    scales: Array


def solve(target: Array, first: Array, second: Array, times: Array) -> Solution:
    """Return the flow from balanced W_1 and W_2 at times >= 0, shape (k,), of the loss ½‖W_2 W_1 − S‖²."""
    outputs, inputs = target.shape
    gap = target - second @ first
    start = Solution(second @ first, gap, first.T @ first, second @ second.T)
    found = Solution(*(np.repeat(each[None], len(times), axis=0) for each in start))
    problem = _diagonalised(target, first, second)
    if not problem.scales.size:
        return found  # 0 is stationary
    later = np.flatnonzero(times > 0)
    step = max(1, _CHUNK // (inputs + outputs) ** 2)
    for chunk in (later[k : k + step] for k in range(0, later.size, step)):
        for whole, part in zip(found, _advance(problem, times[chunk]), strict=True):
            whole[chunk] = part
    return found


def _diagonalised(target: Array, first: Array, second: Array) -> _Problem:
    outputs, inputs = target.shape
    rank = min(outputs, inputs)
    left, values, right = np.linalg.svd(target)
    u, v = left[:, :rank] / np.sqrt(2), right[:rank].T / np.sqrt(2)
    idle_in, idle_out = right[rank:].T, left[:, rank:]
    upper = np.hstack([v, v, idle_in, np.zeros((inputs, outputs - rank))])
    lower = np.hstack([u, -u, np.zeros((outputs, inputs - rank)), idle_out])
    rates = np.concatenate([values, -values, np.zeros(inputs + outputs - 2 * rank)])

    # Balanced factors have one rank, which bounds that of Q.
    columns, scales, _ = np.linalg.svd(np.vstack([first.T, second]), full_matrices=False)
    kept = scales[: min(rank, len(first))] > 0
    columns, scales = columns[:, : kept.size][:, kept], scales[: kept.size][kept]
    rows = upper.T @ columns[:inputs] + lower.T @ columns[inputs:]

    # Of the directions at rest only those that the start sees matter.
    still = rates == 0
    if still.sum() > scales.size > 0:
        turn, seen = np.linalg.qr(rows[still])
        rates = np.concatenate([rates[~still], np.zeros(scales.size)])
        upper = np.hstack([upper[:, ~still], upper[:, still] @ turn])
        lower = np.hstack([lower[:, ~still], lower[:, still] @ turn])
        rows = np.vstack([rows[~still], seen])
    return _Problem(rates, upper, lower, rows, scales)


def _advance(problem: _Problem, times: Array) -> Solution:
    """Return the flow at times > 0."""
    rates, upper, lower, rows, scales = problem
    count, size, rank = times.size, *rows.shape
    times = np.minimum(times, 1e300 / max(1.0, rates.max()))  # beyond, nothing moves that a float could show
    exponents = 2 * np.multiply.outer(times, rates)
    reach = np.abs(exponents)
    shrunk = np.divide(-np.expm1(-reach), reach, out=np.ones_like(reach), where=reach > 0)
    log_phi = np.log(times)[:, None] + np.maximum(exponents, 0) + np.log(shrunk)
    omega = np.exp(0.5 * np.minimum(exponents, 0)) / np.sqrt(shrunk) / np.sqrt(times)[:, None]

    order, below = _pivoted(rows, 0.5 * log_phi, np.log(scales))
    every = np.arange(count)[:, None]
    omega, rates_of = omega[every, order], rates[order]

    # H = [I; κ] (I + EᵀE)⁻¹ [I; κ]ᵀ, with κ the first rows of E. The rows of E, of very different sizes, keep their
    # own accuracy in a QR decomposition that meets large rows and columns first.
    identity = np.broadcast_to(np.eye(rank), (count, rank, rank))
    stack = np.concatenate([identity, below], axis=1)
    by_size = np.argsort(-np.abs(stack).max(axis=2), axis=1, kind="stable")
    columns = np.argsort(-np.abs(below).max(axis=1), axis=1, kind="stable")
    triangle = np.linalg.qr(stack[every[..., None], by_size[..., None], columns[:, None]], mode="r")
    inverse = np.linalg.solve(triangle, identity)[every, np.argsort(columns, axis=1)]
    orthogonal = stack @ inverse
    weighted = omega[..., None] * orthogonal[:, :size]

    # S = E (2λ₊ − |λ|) Eᵀ in these blocks, where |λ| cancels: what is left to learn is 2λ₊ − G. Where a mode is nearly
    # learned, I − H = EᵀE (I + EᵀE)⁻¹ has it without cancellation.
    left_over = -weighted @ _transposed(weighted)
    diagonal = np.arange(size)
    left_over[:, diagonal, diagonal] += 2 * np.maximum(rates_of, 0)
    missing = _transposed(below) @ orthogonal[:, rank:] @ _transposed(inverse)
    places = np.arange(rank)
    learned = np.abs(below).max(axis=1) < 0.3
    missing[:, places, places] -= np.exp(-np.maximum(exponents[every, order[:, :rank]], 0))
    accurate = learned[:, :, None] & learned[:, None, :]
    missing = omega[:, :rank, None] * (np.where(accurate, missing, 0.0) * omega[:, None, :rank])
    left_over[:, :rank, :rank] = np.where(accurate, missing, left_over[:, :rank, :rank])

    tops, bottoms = upper.T[order], lower.T[order]
    first, second = _transposed(tops) @ weighted, _transposed(bottoms) @ weighted
    return Solution(
        second @ _transposed(first),
        _transposed(bottoms) @ left_over @ tops,
        first @ _transposed(first),
        second @ _transposed(second),
    )


def _pivoted(rows: Array, logs: Array, log_scales: Array) -> tuple[Rows, Array]:
    """Return an order of the rows, pivots B first, and E = [Y_N; I] Y_B⁻¹ of Y = exp(logs) × rows × scales, per time.

    Pivots are the rows largest after projection, so that ``Y_N Y_B⁻¹`` is bounded whatever the scales.
    """
    count, (size, rank) = len(logs), rows.shape
    peaks = np.abs(rows).max(axis=1, keepdims=True)
    peaks[peaks == 0] = 1.0
    logs = logs + np.log(peaks[:, 0])
    rest = np.tile(rows / peaks, (count, 1, 1))
    parts, directions = np.zeros((count, size, rank)), np.zeros((count, rank, rank))
    pivots, free = np.empty((count, rank), dtype=np.int64), np.ones((count, size), dtype=bool)
    log_pivots, each = np.empty((count, rank)), np.arange(count)
    for k in range(rank):
        with np.errstate(divide="ignore"):
            sizes = logs + np.log(np.linalg.norm(rest, axis=2))
        sizes[~free] = -np.inf
        pivot = sizes.argmax(axis=1)
        row = rest[each, pivot]
        done = directions[:, :, :k]
        row = row - (done @ (_transposed(done) @ row[..., None]))[..., 0]
        length = np.linalg.norm(row, axis=1)
        direction = row / length[:, None]
        part = (rest @ direction[..., None])[..., 0]
        part[each, pivot] = length
        rest -= part[..., None] * direction[:, None]
        rest[each, pivot] = 0.0
        free[each, pivot] = False
        pivots[:, k], parts[:, :, k], directions[:, :, k] = pivot, part, direction
        log_pivots[:, k] = logs[each, pivot] + np.log(length)
    order = np.concatenate([pivots, np.argsort(free, axis=1, kind="stable")[:, rank:]], axis=1)

    every = each[:, None]
    bounded = _scaled(parts[every, order], logs[every, order][..., None] - log_pivots[:, None])
    inverse = _scaled(directions, -log_scales[:, None] - log_pivots[:, None])
    below = np.concatenate([bounded[:, rank:], inverse], axis=1)
    triangle = bounded[:, :rank]  # lower, its diagonal 1
    below = np.asarray(np.linalg.solve(_transposed(triangle), _transposed(below)), dtype=np.float64)
    return order, _transposed(below)


def _scaled(values: Array, logs: Array) -> Array:
    """Return values × exp(logs), through logarithms: either may be out of range where the product is not."""
    with np.errstate(divide="ignore"):
        exponents = np.log(np.abs(values)) + logs
    return np.asarray(np.copysign(np.exp(np.minimum(exponents, _LARGEST)), values))


def _transposed(matrices: Array) -> Array:
    return np.swapaxes(matrices, -1, -2)
