"""Predictors whose θ is a matrix: a product of factors, or a Gram matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from flowlab._jit import kernel
from flowlab.models.predictors.base import Array, Kept, Kernels, Layout, Predictor, drawn, sizes


@kernel
def _factor(w: Array, widths: Array, n: int) -> tuple[int, int, int]:
    """Return where W_n begins among the parameters, its rows and its columns."""
    at = 0
    for k in range(1, n):
        at += int(widths[k]) * int(widths[k - 1])
    return at, int(widths[n]), int(widths[n - 1])


@kernel
def _dense(w: Array, widths: Array, theta: Array, room: Array) -> None:
    """θ is W_N ⋯ W_1; the room holds the products before it."""
    depth, columns = widths.size - 1, int(widths[0])
    at, rows, _ = _factor(w, widths, 1)
    before, place = w[: rows * columns].reshape(rows, columns), 0
    if depth == 1:
        theta[:] = w
    for n in range(2, depth + 1):
        at, rows, inner = _factor(w, widths, n)
        into = theta if n == depth else room[place : place + rows * columns]
        np.dot(w[at : at + rows * inner].reshape(rows, inner), before, into.reshape(rows, columns))
        before, place = into.reshape(rows, columns), place + rows * columns


@kernel
def _dense_back(w: Array, widths: Array, slope: Array, out: Array, room: Array) -> None:
    """Write ``W_{n+1}ᵀ ⋯ W_Nᵀ S W_1ᵀ ⋯ W_{n−1}ᵀ`` for every factor."""
    depth, columns = widths.size - 1, int(widths[0])
    down, place = slope.reshape(int(widths[depth]), columns), room.size
    if depth == 1:
        out[:] = slope
    for n in range(depth, 1, -1):
        at, rows, inner = _factor(w, widths, n)
        place -= inner * columns
        before = w[: inner * columns] if n == 2 else room[place : place + inner * columns]
        np.dot(down, before.reshape(inner, columns).T, out[at : at + rows * inner].reshape(rows, inner))
        factor = w[at : at + rows * inner].reshape(rows, inner)
        if n == 2:
            np.dot(factor.T, down, out[: inner * columns].reshape(inner, columns))
        else:
            down = np.dot(factor.T, down)


@kernel
def write_balance(after: Array, before: Array, values: Array, sizes: Array) -> None:
    """Write the upper triangle of AᵀA − BBᵀ row by row, and of each entry the bound that its two diagonals give."""
    hidden = before.shape[0]
    left, right = np.dot(after.T, after), np.dot(before, before.T)
    place = 0
    for i in range(hidden):
        for j in range(i, hidden):
            values[place] = left[i, j] - right[i, j]
            sizes[place] = np.sqrt((left[i, i] + right[i, i]) * (left[j, j] + right[j, j]))
            place += 1


@kernel
def _dense_kept(w: Array, widths: Array, out: Array) -> None:
    half, place = out.size // 2, 0
    for n in range(1, widths.size - 1):
        at, rows, inner = _factor(w, widths, n)
        ahead, more, _ = _factor(w, widths, n + 1)
        before = w[at : at + rows * inner].reshape(rows, inner)
        after = w[ahead : ahead + more * rows].reshape(more, rows)
        count = rows * (rows + 1) // 2
        write_balance(after, before, out[place : place + count], out[half + place : half + place + count])
        place += count


@kernel
def singular_values(w: Array, widths: Array, out: Array) -> None:
    """Write the singular values of a `Dense` product, in falling order."""
    columns, outputs, spare = int(widths[0]), int(widths[widths.size - 1]), 0
    for n in range(2, widths.size - 1):
        spare += int(widths[n]) * columns
    product = np.empty(outputs * columns)
    _dense(w, widths, product, np.empty(spare))
    out[:] = np.linalg.svd(product.reshape(outputs, columns))[1]


@dataclass(frozen=True)
class Dense(Predictor):
    """The deep linear network θ = W_N ⋯ W_1, a matrix, row by row.

    A network of d inputs and one output is ``Dense((d, h, …, 1))``; one neuron behind a hidden one, f(x) = a <w, x>, is
    ``Dense((d, 1, 1))``. Matrix measurements A are features with <θ, A> = tr(θᵀ A).

    Attributes
    ----------
    widths : sequence of int
        Of the inputs, of each hidden layer, of the outputs; W_n is of shape (widths[n], widths[n − 1]).

    Examples
    --------
    >>> Dense((2, 1, 1)).theta([3.0, 4.0, 2.0], 2)
    array([6., 8.])
    """

    widths: Sequence[int]
    kernels: ClassVar[Kernels] = Kernels(_dense, _dense_back)

    def __post_init__(self) -> None:
        sizes(widths=self.widths)

    @property
    def degree(self) -> int:
        return len(self.widths) - 1

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Of W_1, …, W_N."""
        return [(rows, columns) for columns, rows in zip(self.widths, self.widths[1:], strict=False)]

    def layout(self, size: int) -> Layout:
        if len(self.widths) < 2 or size != self.widths[0] * self.widths[-1]:
            raise ValueError(
                f"widths: got {tuple(self.widths)} for {size} features; allowed: two or more, the first times the last"
                " one as many as there are features"
            )
        names = tuple(f"W{n}[{i},{j}]" for n, shape in enumerate(self.shapes, 1) for i, j in np.ndindex(shape))
        room = sum(rows * self.widths[0] for rows, _ in self.shapes[1:-1])
        return Layout(size, names, np.array(self.widths, dtype=np.float64), room)

    def start(self, size: int, scale: float, rng: np.random.Generator | None) -> Array:
        spread = scale ** (1 / self.degree)
        if rng is None and len(set(self.widths)) == 1:
            return np.tile((spread * np.eye(self.widths[0])).ravel(), self.degree)
        draw = drawn(rng).standard_normal
        return np.concatenate([spread / np.sqrt(columns) * draw(rows * columns) for rows, columns in self.shapes])

    def factors(self, w: Any) -> list[Any]:
        """Return W_1, …, W_N of parameters, each of shape (..., rows, columns)."""
        array, at, found = np.asarray(w), 0, []
        for shape in self.shapes:
            count = shape[0] * shape[1]
            found.append(array[..., at : at + count].reshape(*array.shape[:-1], *shape))
            at += count
        return found

    def product(self, w: Any) -> Any:
        """Return W_N ⋯ W_1 of parameters, shape (..., widths[-1], widths[0])."""
        product, *rest = self.factors(w)
        for factor in rest:
            product = factor @ product
        return product

    def theta(self, w: Any, size: int) -> Any:
        product = self.product(w)
        return product.reshape(*product.shape[:-2], size)

    def conserved(self, size: int) -> Kept | None:
        names = tuple(
            f"W{n + 1}ᵀW{n + 1} - W{n}W{n}ᵀ [{i},{j}]"
            for n in range(1, self.degree)
            for i in range(self.widths[n])
            for j in range(i, self.widths[n])
        )
        return Kept(_dense_kept, names) if names else None


@kernel
def _gram(w: Array, numbers: Array, theta: Array, room: Array) -> None:
    """Fill in the upper triangle of WᵀW, row by row, then the offset where there is one."""
    size, count = int(numbers[0]), int(numbers[1]) * int(numbers[0])
    factor, gram, place = w[:count].reshape(int(numbers[1]), size), room.reshape(size, size), 0
    np.dot(factor.T, factor, gram)
    for i in range(size):
        for j in range(i, size):
            theta[place] = gram[i, j]
            place += 1
    if place < theta.size:
        theta[place] = w[count]


@kernel
def _gram_back(w: Array, numbers: Array, slope: Array, out: Array, room: Array) -> None:
    """Write 2 W G, with G the symmetric gradient in WᵀW."""
    size, count = int(numbers[0]), int(numbers[1]) * int(numbers[0])
    symmetric, place = room.reshape(size, size), 0
    for i in range(size):
        for j in range(i, size):
            entry = slope[place] * (2.0 if i == j else 1.0)  # twice G: an entry off the diagonal stands for two
            symmetric[i, j] = entry
            symmetric[j, i] = entry
            place += 1
    np.dot(w[:count].reshape(int(numbers[1]), size), symmetric, out[:count].reshape(int(numbers[1]), size))
    if place < slope.size:
        out[count] = slope[place]


@kernel
def eigenvalues(w: Array, numbers: Array, out: Array) -> None:
    """Write the eigenvalues of a `Gram` matrix, in falling order; those beyond the rank are 0."""
    size, rank = int(numbers[0]), int(numbers[1])
    out[:] = 0.0
    out[: min(size, rank)] = np.linalg.svd(w[: rank * size].reshape(rank, size))[1] ** 2


def triangle(matrices: Array) -> Array:
    """Return the upper triangles of symmetric matrices, row by row, shape (..., d(d+1)/2)."""
    return np.asarray(matrices[..., *np.triu_indices(matrices.shape[-1])])


@dataclass(frozen=True)
class Gram(Predictor):
    """The symmetric matrix θ = WᵀW, its upper triangle row by row; and behind it, where asked for, an offset.

    With W = Uᵀ it is ``UUᵀ``, of symmetric factorisation. The features of a measurement A, as a matrix, are its entries
    on the diagonal, and off it those of A + Aᵀ: see `features`. Where rank > size the flow conserves the space that the
    columns of W span, too: that is not told of.

    Attributes
    ----------
    size : int
        d, of the d × d matrix.
    rank : int
        The rows of W, at least 1.
    offset : bool
        Whether there is a constant b besides, a parameter of its own.

    Examples
    --------
    >>> Gram(2, 1).theta([1.0, 3.0], 3)
    array([1., 3., 9.])
    """

    size: int
    rank: int
    offset: bool = False
    kernels: ClassVar[Kernels] = Kernels(_gram, _gram_back)

    def __post_init__(self) -> None:
        sizes(size=self.size, rank=self.rank)

    @property
    def degree(self) -> int | None:
        return None if self.offset else 2

    def layout(self, size: int) -> Layout:
        entries = self.size * (self.size + 1) // 2 + self.offset
        if size != entries:
            raise ValueError(f"features: got {size}; allowed: {entries}, one for each entry of the triangle and offset")
        names = tuple(f"W[{i},{j}]" for i, j in np.ndindex(self.rank, self.size))
        numbers = np.array([self.size, self.rank], dtype=np.float64)
        return Layout(size, (*names, "b") if self.offset else names, numbers, room=self.size**2)

    def start(self, size: int, scale: float, rng: np.random.Generator | None) -> Array:
        if rng is None:
            weights = np.sqrt(scale) * np.eye(self.rank, self.size)
        else:
            weights = np.sqrt(scale / self.rank) * rng.standard_normal((self.rank, self.size))
        return np.append(weights.ravel(), [0.0] * self.offset)

    def theta(self, w: Any, size: int) -> Any:
        array = np.asarray(w)
        factor = array[..., : self.rank * self.size].reshape(*array.shape[:-1], self.rank, self.size)
        entries = triangle(np.swapaxes(factor, -1, -2) @ factor)
        return np.concatenate([entries, array[..., -1:]], axis=-1) if self.offset else entries

    def features(self, inputs: Array) -> Array:
        """Return the features of matrices, shape (m, d, d), or of such matrices as rows of d² numbers."""
        matrices = np.reshape(inputs, (len(inputs), self.size, self.size))
        both = matrices + np.swapaxes(matrices, -1, -2)
        entries = triangle(np.where(np.eye(self.size) > 0, matrices, both))
        return np.concatenate([entries, np.ones((len(entries), 1))], axis=1) if self.offset else entries
