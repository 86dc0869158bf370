"""Deep matrix sensing: a product of factors under linear measurements (Gissin et al. 2020, section 4.1)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import count, number, word
from flowlab.dynamics import GradientSystem
from flowlab.models import spectra
from flowlab.models._arguments import (
    finite_array,
    frozen,
    generator,
    positive_semidefinite,
    rows_of,
    set_fields,
    square,
)
from flowlab.models._driver import Population, joined
from flowlab.models._sweep import table
from flowlab.models.losses import LOSSES, Loss, distance
from flowlab.models.predictors.matrices import Dense, singular_values

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, init=False)
class MatrixSensing:
    """The model f(A) = tr(Wᵀ A) of d × d inputs, with W = W_N ⋯ W_1.

    Its depth-normalised population loss over Gaussian inputs is ``1/(2N) ‖W − W*‖_F²`` (eq. 6). From the identity
    start, with a symmetric positive semidefinite W*, the singular values follow the toy model (Theorem 4).

    Parameters
    ----------
    depth : int
        N, at least 1.
    target : array_like, shape (d, d)
        W*, any square matrix.
    init : float
        σ0 > 0.
    start : {"identity", "gaussian"}
        Factors ``σ0^(1/N) I``; or independent normal entries of standard deviation ``σ0^(1/N)/√d``.
    seed : int or numpy Generator, optional
        Required for the Gaussian start.

    Attributes
    ----------
    depth : int
    target : ndarray, shape (d, d)
    init : float
    factors : ndarray, shape (N, d, d)
        W_1, …, W_N at time 0.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> import flowlab
    >>> model = MatrixSensing(depth=3, target=np.diag([4.0, 2.0]), init=0.01)
    >>> run = flowlab.flow(model.system(), 3.0, rtol=1e-10)
    >>> run.induced[-1].round(3), flowlab.toy.sigma(3.0, depth=3, target=[4.0, 2.0], init=0.01).round(3)
    (array([1.638, 0.053]), array([1.638, 0.053]))
    """

    depth: int
    target: Array
    init: float
    factors: Array

    def __init__(
        self,
        depth: int,
        target: ArrayLike,
        init: float,
        *,
        start: Literal["identity", "gaussian"] = "identity",
        seed: int | np.random.Generator | None = None,
    ) -> None:
        depth = count("depth", depth)
        goal = square("target", target)
        size = len(goal)
        scale = number("init", init) ** (1 / depth)
        if word("start", start, ("identity", "gaussian")) == "identity":
            factors = scale * np.tile(np.eye(size), (depth, 1, 1))
        else:
            factors = scale / np.sqrt(size) * generator(seed).standard_normal((depth, size, size))
        set_fields(self, depth=depth, init=float(init), target=goal, factors=frozen(factors))

    def toy_target(self) -> Array:
        """Return the eigenvalues of W*, the optima of the toy model that Theorem 4 speaks of.

        Raises
        ------
        ValueError
            If W* is not symmetric positive semidefinite.

        Examples
        --------
        >>> MatrixSensing(depth=2, target=[[2.0, 1.0], [1.0, 2.0]], init=0.01).toy_target()
        array([3., 1.])
        """
        positive_semidefinite("target", self.target)
        return np.clip(np.linalg.eigvalsh(self.target)[::-1], 0.0, None)

    def measurements(self, samples: int, seed: int | np.random.Generator) -> Array:
        """Return measurement matrices A with independent standard normal entries, shape (samples, d, d).

        Examples
        --------
        >>> MatrixSensing(depth=1, target=np.eye(3), init=0.1).measurements(10, seed=0).shape
        (10, 3, 3)
        """
        return generator(seed).standard_normal((count("samples", samples), *self.target.shape))

    def system(self, measurements: ArrayLike | None = None, *, scale: float | None = None) -> GradientSystem:
        """Return the gradient system of the loss: the population's, or that on given measurements.

        Parameters
        ----------
        measurements : array_like, shape (m, d, d), optional
            Inputs A, labelled by tr(W*ᵀ A); the loss is ``scale`` times the mean squared error on them.
        scale : float, optional
            What multiplies the mean squared error; 1/(2N) by default, as in the paper. Time runs with it.

        Returns
        -------
        GradientSystem
            Its induced values are the singular values of W in falling order, its observables ``effective_rank`` and
            ``imbalance``; it conserves the entries of ``W_{n+1}ᵀ W_{n+1} − W_n W_nᵀ``.

        Raises
        ------
        ValueError
            If `measurements` has another shape or is not finite, or `scale` is not a finite number > 0.

        Examples
        --------
        >>> model = MatrixSensing(depth=2, target=np.eye(3), init=0.1, start="gaussian", seed=0)
        >>> model.system(model.measurements(20, seed=1)).data.shape
        (20, 16)
        """
        size = len(self.target)
        factor = 1 / (2 * self.depth) if scale is None else number("scale", scale)
        loss: Loss | Population = Population(distance, self.target.ravel())
        data = None
        if measurements is not None:
            allowed = f"finite numbers of shape (m, {size}, {size})"
            inputs = finite_array("measurements", measurements, dimensions=3, allowed=allowed)
            if inputs.shape[1:] != (size, size):
                raise ValueError(f"measurements: got shape {inputs.shape}; allowed: {allowed}")
            flat = inputs.reshape(len(inputs), -1)
            loss, data = LOSSES["squared"], table(flat, flat @ self.target.ravel())
        return joined(
            self._predictor,
            loss,
            size * size,
            self.factors.flatten(),
            data=data,
            scale=factor,
            view=(singular_values, size),
            target=spectra.singular_values(self.target),
            observables={"effective_rank": self._effective_rank, "imbalance": self._imbalance},
        )

    @property
    def _predictor(self) -> Dense:
        return Dense((len(self.target),) * (self.depth + 1))

    def _effective_rank(self, parameters: Array) -> Array:
        return spectra.effective_rank(spectra.singular_values(self.product(parameters)))

    def _imbalance(self, parameters: Array) -> Array:
        return spectra.imbalance(self.factors_of(parameters))

    def factors_of(self, parameters: ArrayLike) -> Array:
        """Return the factors of recorded parameters, shape (..., N, d, d).

        Examples
        --------
        >>> model = MatrixSensing(depth=2, target=np.eye(3), init=0.01)
        >>> model.factors_of(model.system().start).shape
        (2, 3, 3)
        """
        array = rows_of("parameters", parameters, self.factors.size)
        return array.reshape(*array.shape[:-1], *self.factors.shape)

    def product(self, parameters: ArrayLike) -> Array:
        """Return W of recorded parameters, shape (..., d, d).

        Examples
        --------
        >>> model = MatrixSensing(depth=2, target=np.eye(2), init=0.01)
        >>> model.product(model.system().start)
        array([[0.01, 0.  ],
               [0.  , 0.01]])
        """
        return np.asarray(self._predictor.product(rows_of("parameters", parameters, self.factors.size)))
