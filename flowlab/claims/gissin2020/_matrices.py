"""Matrices for the claims on larger models: bases, draws from a seed, gradients by differences."""

import random
from collections.abc import Callable, Iterable
from functools import partial
from itertools import combinations, product
from typing import Any

import mpmath as mp

from flowlab.claims._stating import Number, agreement, slope, span
from flowlab.verify import Integer, Real

Matrix = Any  # mpmath's

ANGLE = Real(0, 7, printed="any common eigenvectors (turned by the angle)")
SEED = Integer(0, printed="any matrices (what the seed draws)")
SPREAD = Integer(0, 100, printed="of any size (2^−spread to 2^spread)", ours="spread ≤ 100")
SIZE = Integer(1, 3, printed="any d", ours="d ≤ 3, where matrices commute no more than beyond")


def orthogonal(size: int, angles: Iterable[Number]) -> Matrix:
    """Return a product of rotations in the planes of two axes.

    Examples
    --------
    >>> print(orthogonal(2, [mp.mpf(0)]))
    [1.0  0.0]
    [0.0  1.0]
    """
    whole = mp.eye(size)
    for (i, j), angle in zip(combinations(range(size), 2), angles, strict=True):
        turn = mp.eye(size)
        turn[i, i] = turn[j, j] = mp.cos(angle)
        turn[j, i] = mp.sin(angle)
        turn[i, j] = -turn[j, i]
        whole = turn * whole
    return whole


def along(basis: Matrix, values: Iterable[Number]) -> Matrix:
    """Return the symmetric matrix with these eigenvalues along the rows of an orthogonal `basis`.

    Examples
    --------
    >>> print(along(mp.eye(2), [3, 1]))
    [3.0  0.0]
    [0.0  1.0]
    """
    return basis.T * mp.diag(list(values)) * basis


def reach(*numbers: Number) -> int:
    """Return how many digits the numbers that are not 0 lie apart, from one another and from 1.

    Examples
    --------
    >>> reach(mp.mpf(1000), mp.mpf(0), mp.mpf(-1) / 10)
    4
    """
    sizes = [mp.mpf(1), *(abs(number) for number in numbers if number)]
    return span(max(sizes)) + span(min(sizes))


def squares(matrix: Matrix) -> Number:
    """Return the squared Frobenius norm.

    Examples
    --------
    >>> print(squares(mp.eye(3)))
    3.0
    """
    return mp.fsum(matrix, squared=True)


def trace(matrix: Matrix) -> Number:
    """Return the trace.

    Examples
    --------
    >>> print(trace(mp.eye(3)))
    3.0
    """
    return mp.fsum(matrix[i, i] for i in range(matrix.rows))


def sizes(matrix: Matrix) -> Matrix:
    """Return the absolute values of the entries.

    Examples
    --------
    >>> print(sizes(-mp.eye(1)))
    [1.0]
    """
    return matrix.apply(abs)


def gradient(function: Callable[[Matrix], Number], at: Matrix, step: Number, lost: int) -> Matrix:
    """Return difference quotients in every entry; `step` and `lost` are the scale and the digits of `slope`.

    Examples
    --------
    >>> print(gradient(squares, mp.eye(1), 1, 0).apply(mp.nint))
    [2.0]
    """

    def moved(i: int, j: int, value: Number) -> Number:
        """Return the function where one entry has another value."""
        other = at.copy()
        other[i, j] = value
        return function(other)

    slopes = mp.matrix(at.rows, at.cols)
    for i, j in product(range(at.rows), range(at.cols)):
        slopes[i, j] = slope(partial(moved, i, j), at[i, j], step, lost)
    return slopes


def entrywise(left: Matrix, right: Matrix, scale: Matrix) -> Number:
    """Return the worst agreement of two matrices, each entry beside the size of its own terms.

    Examples
    --------
    >>> print(entrywise(mp.eye(2), mp.eye(2), mp.eye(2)))
    1.0
    """
    return min(map(agreement, left, right, scale))


def diagonal(matrix: Matrix, values: Iterable[Number], scales: Iterable[Number]) -> Number:
    """Return the agreement of a matrix with a diagonal one; off the diagonal beside the smallest of the scales.

    Examples
    --------
    >>> print(diagonal(mp.eye(2), [1, 1], [1, 1]))
    1.0
    """
    least = min(scales := list(scales))
    entries = [
        agreement(matrix[i, i], value, scale) for i, (value, scale) in enumerate(zip(values, scales, strict=True))
    ]
    others = [
        agreement(matrix[i, j], mp.mpf(0), least) for i in range(len(scales)) for j in range(len(scales)) if i != j
    ]
    return min(entries + others)


class Drawn:
    """Numbers and matrices from a seed: the same at every precision, and on every machine.

    Examples
    --------
    >>> Drawn(7, 0).matrix(2) == Drawn(7, 0).matrix(2)
    True
    """

    def __init__(self, seed: int, spread: int) -> None:
        self._random, self._spread = random.Random(seed), spread

    def positive(self, count: int) -> list[Number]:
        """Return numbers of (2^(−spread−1), 2^spread).

        Examples
        --------
        >>> len(Drawn(7, 0).positive(3))
        3
        """
        parts = [(1 + self._random.random()) / 2 for _ in range(count)]
        return [mp.ldexp(mp.mpf(part), self._random.randint(-self._spread, self._spread)) for part in parts]

    def real(self, count: int) -> list[Number]:
        """Return such numbers of either sign.

        Examples
        --------
        >>> len(Drawn(7, 0).real(3))
        3
        """
        return [sign * number for sign, number in zip(self.signs(count), self.positive(count), strict=True)]

    def signs(self, count: int) -> list[int]:
        """Return numbers 1 and −1.

        Examples
        --------
        >>> set(Drawn(7, 0).signs(30)) == {1, -1}
        True
        """
        return [1 if self._random.random() < 0.5 else -1 for _ in range(count)]

    def matrix(self, size: int) -> Matrix:
        """Return a square matrix of such numbers.

        Examples
        --------
        >>> Drawn(7, 0).matrix(2).rows
        2
        """
        entries = self.real(size * size)
        return mp.matrix([entries[row * size : (row + 1) * size] for row in range(size)])

    def basis(self, size: int) -> Matrix:
        """Return an orthogonal matrix, to the precision at work.

        Examples
        --------
        >>> Drawn(7, 0).basis(3).rows
        3
        """
        return orthogonal(size, [3 * mp.mpf(self._random.random()) for _ in range(size * (size - 1) // 2)])
