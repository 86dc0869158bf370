"""The circular-convolutional classifier of Gunasekar et al. 2018 (Gissin et al. 2020, appendix G)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from flowlab._arguments import count, number, word
from flowlab.dynamics import GradientSystem
from flowlab.models._arguments import finite_array, frozen, generator, rows_of, set_fields, signs
from flowlab.models._driver import joined, of_logarithm
from flowlab.models._sweep import table
from flowlab.models.losses import LOSSES, MARGINS
from flowlab.models.predictors.convolution import Convolution, amplitudes_of, from_fourier, to_fourier

Array = NDArray[np.float64]


def amplitudes(sigma: ArrayLike) -> Array:
    """Return |σ̂| at the frequencies 0, …, d//2, by the unnormalised real FFT.

    Examples
    --------
    >>> amplitudes([1.0, 0.0, 0.0, 0.0])
    array([1., 1., 1.])
    """
    return np.abs(fft.rfft(np.asarray(sigma, dtype=np.float64), axis=-1))


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
            loss=word("loss", loss, MARGINS),
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
        word("clock", clock, ("time", "log_loss"))
        size = self.features.shape[1]
        system = joined(
            Convolution(self.depth),
            LOSSES[self.loss],
            size,
            to_fourier(self.layers).ravel(),
            data=table(to_fourier(self.features), self.labels),
            view=(amplitudes_of, size // 2 + 1),
        )
        return of_logarithm(system) if clock == "log_loss" else system

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
