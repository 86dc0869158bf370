"""The circular-convolutional classifier, in Fourier coordinates (Gissin et al. 2020, appendix G).

The model is that of Gunasekar et al. 2018. A layer ``h_n[i] = Σ_k w_n[k] h_{n−1}[(i+k) mod d]`` multiplies Fourier
coefficients, so that the predictor is ``σ̂ = ŵ_1 ⊙ ⋯ ⊙ ŵ_N``. An orthogonal change of coordinates commutes with
gradients, flows and descents: the examples and the first weights are carried into orthonormal real Fourier coordinates
once, and no transform is left in a step.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from flowlab._arguments import count, number, word
from flowlab._jit import kernel
from flowlab.dynamics import GradientSystem
from flowlab.models._arguments import finite_array, frozen, generator, rows_of, set_fields, signs
from flowlab.models._balance import frequency_balance, frequency_names
from flowlab.models._sweep import mean_loss, table
from flowlab.models.diagonal import LOSSES

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

# Places in the constants.
_DEPTH, _SIZE, _LOSS = range(3)


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


def amplitudes(sigma: ArrayLike) -> Array:
    """Return |σ̂| at the frequencies 0, …, d//2, by the unnormalised real FFT.

    Examples
    --------
    >>> amplitudes([1.0, 0.0, 0.0, 0.0])
    array([1., 1., 1.])
    """
    return np.abs(fft.rfft(np.asarray(sigma, dtype=np.float64), axis=-1))


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
def _predictor(w: Array, constants: Array, theta: Array) -> None:
    """Fill in the coordinates of σ."""
    depth, size = int(constants[_DEPTH]), int(constants[_SIZE])
    single, pairs = 2 - size % 2, (size - 1) // 2
    real, imaginary = np.ones(single + pairs), np.zeros(single + pairs)
    for n in range(depth):
        _multiply(real, imaginary, w[n * size : (n + 1) * size], single)
    # ŵ is √d times the orthonormal coefficient, √(d/2) times a pair of coordinates.
    alone, paired = size ** (0.5 * (depth - 1)), (0.5 * size) ** (0.5 * (depth - 1))
    for k in range(single):
        theta[k] = alone * real[k]
    for k in range(pairs):
        theta[single + k] = paired * real[single + k]
        theta[single + pairs + k] = paired * imaginary[single + k]


@kernel
def loss_gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> float:
    """Return the loss, and write its gradient: the slope in σ̂ times the conjugates of the other layers."""
    depth, size = int(constants[_DEPTH]), int(constants[_SIZE])
    single, pairs = 2 - size % 2, (size - 1) // 2
    theta, slope = np.empty(size), np.empty(size)
    _predictor(w, constants, theta)
    loss = mean_loss(int(constants[_LOSS]), theta, data, rows, slope)
    alone, paired = size ** (0.5 * (depth - 1)), (0.5 * size) ** (0.5 * (depth - 1))
    real, imaginary = np.empty(single + pairs), np.empty(single + pairs)
    for n in range(depth):
        real[:] = 1.0
        imaginary[:] = 0.0
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
    return loss


@kernel
def _gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> None:
    loss_gradient(w, constants, data, rows, out)


@kernel
def _loss(w: Array, constants: Array, data: Array, rows: Rows) -> float:
    return loss_gradient(w, constants, data, rows, np.empty(w.size))


@kernel
def _amplitudes(w: Array, constants: Array, out: Array) -> None:
    size = int(constants[_SIZE])
    single, pairs = 2 - size % 2, (size - 1) // 2
    theta = np.empty(size)
    _predictor(w, constants, theta)
    root = np.sqrt(float(size))
    out[0] = root * abs(theta[0])
    for k in range(pairs):
        out[1 + k] = root * np.sqrt(0.5 * (theta[single + k] ** 2 + theta[single + pairs + k] ** 2))
    if single == 2:
        out[pairs + 1] = root * abs(theta[1])


@dataclass(frozen=True, eq=False, init=False)
class ConvolutionalClassifier:
    """The classifier f(x) = <σ, x> that N − 1 circular convolutions and one full layer induce.

    Parameters
    ----------
    depth : int
        N, at least 1.
    features : array_like, shape (m, d)
        The examples x, one a row.
    labels : array_like, shape (m,)
        y, each 1 or −1.
    init : float
        σ0 > 0. The entries of every layer start independent and normal, of standard deviation
        ``(1.5 σ0)^(1/N) d^((N−1)/(2N)) / d``.
    loss : {"exponential", "logistic"}
    seed : int or numpy Generator

    Attributes
    ----------
    depth : int
    features, labels : ndarray
    loss : str
    layers : ndarray, shape (N, d)
        w_1, …, w_N at time 0.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the shapes do not match.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> model = ConvolutionalClassifier(2, rng.standard_normal((20, 6)), np.sign(rng.standard_normal(20)), 0.1, seed=1)
    >>> system = model.system()
    >>> system.induced_size, np.allclose(model.layers_of(system.start), model.layers)
    (4, True)
    """

    depth: int
    features: Array
    labels: Array
    loss: str
    layers: Array

    def __init__(
        self,
        depth: int,
        features: ArrayLike,
        labels: ArrayLike,
        init: float,
        *,
        seed: int | np.random.Generator,
        loss: str = "exponential",
    ) -> None:
        inputs = finite_array("features", features, dimensions=2, allowed="finite numbers of shape (m, d)")
        number_of_layers, size = count("depth", depth), inputs.shape[1]
        scale = 1.5 * number("init", init)
        spread = scale ** (1 / number_of_layers) * size ** ((number_of_layers - 1) / (2 * number_of_layers)) / size
        set_fields(
            self,
            depth=number_of_layers,
            features=inputs,
            labels=signs("labels", labels, len(inputs)),
            loss=word("loss", loss, tuple(LOSSES)),
            layers=frozen(spread * generator(seed).standard_normal((number_of_layers, size))),
        )

    def system(self, *, clock: Literal["time", "log_loss"] = "time") -> GradientSystem:
        """Return the gradient system, in Fourier coordinates.

        Parameters
        ----------
        clock : {"time", "log_loss"}
            As for `DiagonalClassifier`.

        Returns
        -------
        GradientSystem
            Its parameters are the layers' orthonormal real Fourier coordinates (see `layers_of`), its induced values
            the amplitudes |σ̂| at the frequencies 0, …, d//2.

        Examples
        --------
        >>> model = ConvolutionalClassifier(1, np.eye(2), [1, -1], 0.1, seed=0)
        >>> model.system().names
        ('w1^[0]', 'w1^[1]')
        """
        size = self.features.shape[1]
        kind = LOSSES[self.loss][word("clock", clock, ("time", "log_loss")) == "log_loss"]
        return GradientSystem(
            gradient=_gradient,
            loss=_loss,
            loss_gradient=loss_gradient,
            start=to_fourier(self.layers).ravel(),
            constants=np.array([self.depth, size, kind], dtype=np.float64),
            names=tuple(f"w{n + 1}^[{k}]" for n in range(self.depth) for k in range(size)),
            data=table(to_fourier(self.features), self.labels),
            induced=_amplitudes,
            induced_size=size // 2 + 1,
            conserved=frequency_balance if self.depth > 1 else None,
            conserved_names=frequency_names(self.depth, size),
        )

    def layers_of(self, parameters: ArrayLike) -> Array:
        """Return the layers of recorded parameters, shape (..., N, d).

        Examples
        --------
        >>> model = ConvolutionalClassifier(3, np.eye(4), [1, -1, 1, -1], 0.1, seed=0)
        >>> model.layers_of(np.zeros((7, 12))).shape
        (7, 3, 4)
        """
        array = rows_of("parameters", parameters, self.layers.size)
        return from_fourier(array.reshape(*array.shape[:-1], *self.layers.shape))

    def induced(self, parameters: ArrayLike) -> Array:
        """Return σ of recorded parameters, shape (..., d).

        Examples
        --------
        >>> model = ConvolutionalClassifier(2, np.eye(3), [1, -1, 1], 0.1, seed=0)
        >>> np.allclose(model.induced(model.system().start)[0], model.layers[0] @ model.layers[1][[0, 2, 1]])
        True
        """
        spectra = fft.rfft(self.layers_of(parameters), axis=-1).prod(axis=-2)
        return fft.irfft(spectra, n=self.features.shape[1], axis=-1)
