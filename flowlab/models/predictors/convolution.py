"""Circular convolutions in Fourier coordinates, where a layer multiplies frequency by frequency."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from flowlab._jit import kernel
from flowlab.models.predictors.base import Array, Kept, Kernels, Layout, Predictor, drawn, sizes


def to_fourier(vectors: ArrayLike) -> Array:
    """Return orthonormal real Fourier coordinates: of frequency 0, of d/2 for even d, then cosine and sine of each.

    Parameters
    ----------
    vectors : array_like, shape (..., d)

    Returns
    -------
    ndarray, shape (..., d)
        Of the same Euclidean norm.

    Examples
    --------
    >>> to_fourier([1.0, 1.0, 1.0, 1.0])
    array([2., 0., 0., 0.])
    """
    x = np.asarray(vectors, dtype=np.float64)
    size = x.shape[-1]
    bins = fft.rfft(x, norm="ortho", axis=-1)
    pairs = (size - 1) // 2
    alone = bins[..., :1].real if size % 2 else bins[..., [0, size // 2]].real
    inner = np.sqrt(2.0) * bins[..., 1 : pairs + 1]
    return np.concatenate([alone, inner.real, inner.imag], axis=-1)


def from_fourier(coordinates: ArrayLike) -> Array:
    """Return the vectors of orthonormal real Fourier coordinates, the inverse of `to_fourier`.

    Examples
    --------
    >>> from_fourier(to_fourier([3.0, 1.0, 2.0])).round(12)
    array([3., 1., 2.])
    """
    u = np.asarray(coordinates, dtype=np.float64)
    return fft.irfft(_bins(u), n=u.shape[-1], norm="ortho", axis=-1)


def _bins(u: Array) -> NDArray[np.complex128]:
    """Return the orthonormal complex coefficients of frequencies 0, …, d//2."""
    size = u.shape[-1]
    pairs, alone = (size - 1) // 2, 2 - size % 2
    bins = np.empty((*u.shape[:-1], size // 2 + 1), dtype=np.complex128)
    bins[..., 0] = u[..., 0]
    bins[..., 1 : pairs + 1] = (u[..., alone : alone + pairs] + 1j * u[..., alone + pairs :]) / np.sqrt(2.0)
    if size % 2 == 0:
        bins[..., -1] = u[..., 1]
    return bins


@kernel
def _multiply(real: Array, imaginary: Array, other: Array, single: int) -> None:
    """Multiply complex numbers by those of a layer: `single` real ones, then pairs."""
    pairs = (other.size - single) // 2
    for k in range(single):
        real[k] *= other[k]
    for k in range(pairs):
        a, b = real[single + k], imaginary[single + k]
        c, d = other[single + k], other[single + pairs + k]
        real[single + k], imaginary[single + k] = a * c - b * d, a * d + b * c


@kernel
def _scales(depth: int, size: int) -> tuple[float, float]:
    """Return by what ŵ's products are to be multiplied: it is √d times a coordinate, √(d/2) times one of a pair."""
    return size ** (0.5 * (depth - 1)), (0.5 * size) ** (0.5 * (depth - 1))


@kernel
def _convolution(w: Array, numbers: Array, theta: Array, room: Array) -> None:
    """Fill in the coordinates of w_1 ⋆ ⋯ ⋆ w_N."""
    depth, size = int(numbers[0]), theta.size
    single, pairs = 2 - size % 2, (size - 1) // 2
    real, imaginary = room[: single + pairs], room[single + pairs :]
    real[:], imaginary[:] = 1.0, 0.0
    for n in range(depth):
        _multiply(real, imaginary, w[n * size : (n + 1) * size], single)
    alone, paired = _scales(depth, size)
    for k in range(single):
        theta[k] = alone * real[k]
    for k in range(pairs):
        theta[single + k] = paired * real[single + k]
        theta[single + pairs + k] = paired * imaginary[single + k]


@kernel
def _convolution_back(w: Array, numbers: Array, slope: Array, out: Array, room: Array) -> None:
    """Write the slope times the conjugates of the other layers."""
    depth, size = int(numbers[0]), slope.size
    single, pairs = 2 - size % 2, (size - 1) // 2
    real, imaginary = room[: single + pairs], room[single + pairs :]
    alone, paired = _scales(depth, size)
    for n in range(depth):
        real[:], imaginary[:] = 1.0, 0.0
        for m in range(depth):
            if m != n:
                _multiply(real, imaginary, w[m * size : (m + 1) * size], single)
        first = n * size
        for k in range(single):
            out[first + k] = alone * real[k] * slope[k]
        for k in range(pairs):
            a, b = paired * real[single + k], paired * imaginary[single + k]
            c, d = slope[single + k], slope[single + pairs + k]
            out[first + single + k] = a * c + b * d
            out[first + single + pairs + k] = a * d - b * c


@kernel
def amplitudes_of(w: Array, numbers: Array, out: Array) -> None:
    """Write |σ̂| at the frequencies 0, …, d//2, by the unnormalised transform, of a `Convolution`."""
    size = int(numbers[1])
    single, pairs = 2 - size % 2, (size - 1) // 2
    theta = np.empty(size)
    _convolution(w, numbers, theta, np.empty(2 * (single + pairs)))
    root = np.sqrt(float(size))
    out[0] = root * abs(theta[0])
    for k in range(pairs):
        out[1 + k] = root * np.sqrt(0.5 * (theta[single + k] ** 2 + theta[single + pairs + k] ** 2))
    if single == 2:
        out[pairs + 1] = root * abs(theta[1])


@kernel
def _convolution_kept(w: Array, numbers: Array, out: Array) -> None:
    """Write |ŵ_{n+1}|² − |ŵ_n|² at each frequency, and sizes."""
    depth, size = int(numbers[0]), int(numbers[1])
    single, pairs, half = 2 - size % 2, (size - 1) // 2, out.size // 2
    place = 0
    for n in range(depth - 1):
        before, after = w[n * size : (n + 1) * size], w[(n + 1) * size : (n + 2) * size]
        for k in range(single + pairs):
            left, right = before[k] ** 2, after[k] ** 2
            if k >= single:
                left += before[k + pairs] ** 2
                right += after[k + pairs] ** 2
            out[place], out[half + place] = right - left, right + left
            place += 1


@dataclass(frozen=True)
class Convolution(Predictor):
    """N − 1 circular convolutions and one full layer, in orthonormal real Fourier coordinates.

    A layer ``h_n[i] = Σ_k w_n[k] h_{n−1}[(i+k) mod d]`` multiplies Fourier coefficients, so that the predictor is
    ``σ̂ = ŵ_1 ⊙ ⋯ ⊙ ŵ_N``. An orthogonal change of coordinates commutes with gradients, flows and descents: inputs and
    the start are carried into these coordinates once, and no transform is left in a step. The parameters are each
    layer's `to_fourier`, and so is θ.

    Attributes
    ----------
    depth : int
        N, at least 1.

    Examples
    --------
    >>> layers = np.array([[3.0, 1.0, 2.0], [1.0, 0.0, 0.0]])
    >>> from_fourier(Convolution(2).theta(to_fourier(layers).ravel(), 3)).round(12)
    array([3., 1., 2.])
    """

    depth: int
    kernels: ClassVar[Kernels] = Kernels(_convolution, _convolution_back)

    def __post_init__(self) -> None:
        sizes(depth=self.depth)

    @property
    def degree(self) -> int:
        return self.depth

    def layout(self, size: int) -> Layout:
        names = tuple(f"w{n + 1}^[{k}]" for n in range(self.depth) for k in range(size))
        return Layout(size, names, np.array([self.depth, size], dtype=np.float64), 2 * (size // 2 + 1))

    def start(self, size: int, scale: float, rng: np.random.Generator | None) -> Array:
        """Return layers whose entries are normal, of standard deviation ``α^(1/N) d^((N−1)/(2N)) / d``."""
        spread = scale ** (1 / self.depth) * size ** ((self.depth - 1) / (2 * self.depth)) / size
        return to_fourier(spread * drawn(rng).standard_normal((self.depth, size))).ravel()

    def theta(self, w: Any, size: int) -> Any:
        array = np.asarray(w)
        layers = array.reshape(*array.shape[:-1], self.depth, size)
        single, pairs = 2 - size % 2, (size - 1) // 2
        alone, cosine, sine = np.split(layers, [single, single + pairs], axis=-1)
        real, imaginary = cosine[..., 0, :], sine[..., 0, :]
        for n in range(1, self.depth):
            c, s = cosine[..., n, :], sine[..., n, :]
            real, imaginary = real * c - imaginary * s, real * s + imaginary * c
        scale, paired = size ** (0.5 * (self.depth - 1)), (0.5 * size) ** (0.5 * (self.depth - 1))
        return np.concatenate([scale * alone.prod(axis=-2), paired * real, paired * imaginary], axis=-1)

    def features(self, inputs: Array) -> Array:
        """Return the inputs' Fourier coordinates."""
        return to_fourier(inputs)

    def conserved(self, size: int) -> Kept | None:
        frequencies = [0, *[size // 2] * (size % 2 == 0), *range(1, (size + 1) // 2)]
        pairs = range(1, self.depth)
        names = tuple(f"|w{n + 1}^|² - |w{n}^|² [{k}]" for n in pairs for k in frequencies)
        return Kept(_convolution_kept, names) if names else None
