"""The diagonal classifier: a linear predictor made of powers of weights (Gissin et al. 2020, section 4.3)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import count, flag, number, word
from flowlab.dynamics import GradientSystem
from flowlab.models import _powers
from flowlab.models._arguments import finite_array, rows_of, set_fields, signs
from flowlab.models._sweep import EXPONENTIAL, LOG_EXPONENTIAL, LOG_LOGISTIC, LOGISTIC, table

Array = NDArray[np.float64]

#: The loss and its logarithm, by name.
LOSSES = {"exponential": (EXPONENTIAL, LOG_EXPONENTIAL), "logistic": (LOGISTIC, LOG_LOGISTIC)}


@dataclass(frozen=True, eq=False, init=False)
class DiagonalClassifier:
    """The classifier f(x) = <σ, x> with σ = w^N, or σ = w₊^N − w₋^N, under a loss of the margins y f(x).

    Parameters
    ----------
    depth : int
        N, at least 1.
    features : array_like, shape (m, d)
        The examples x, one a row.
    labels : array_like, shape (m,)
        y, each 1 or −1.
    init : float
        σ0 > 0; every weight starts at σ0^(1/N), so that σ starts at σ0, or with both signs at 0.
    signed : bool
        Whether σ = w₊^N − w₋^N, which can be negative; the parameters are then w₊ followed by w₋.
    loss : {"exponential", "logistic"}
        The mean over examples of e^(−yf) or log(1 + e^(−yf)).

    Attributes
    ----------
    depth : int
    features, labels : ndarray
    init : float
    signed : bool
    loss : str

    Raises
    ------
    ValueError
        If an argument is outside its range, or the shapes do not match.

    Notes
    -----
    With the exponential loss, σ = w^N moves by ``σ̇ = (N²/m) σ^(2−2/N) ⊙ Σ_j y_j e^(−y_j <σ, x_j>) x_j``.

    Examples
    --------
    >>> import flowlab
    >>> model = DiagonalClassifier(depth=3, features=[[2.0, 1.0], [-1.0, -2.0]], labels=[1, -1], init=0.01)
    >>> run = flowlab.flow(model.system(), 5.0, rtol=1e-8)
    >>> model.margin(run.induced[-1]).round(3)
    np.float64(2.121)
    """

    depth: int
    features: Array
    labels: Array
    init: float
    signed: bool
    loss: str

    def __init__(
        self,
        depth: int,
        features: ArrayLike,
        labels: ArrayLike,
        init: float,
        *,
        signed: bool = True,
        loss: str = "exponential",
    ) -> None:
        inputs = finite_array("features", features, dimensions=2, allowed="finite numbers of shape (m, d)")
        set_fields(
            self,
            depth=count("depth", depth),
            features=inputs,
            labels=signs("labels", labels, len(inputs)),
            init=number("init", init),
            signed=flag("signed", signed),
            loss=word("loss", loss, tuple(LOSSES)),
        )

    def system(self, *, clock: Literal["time", "log_loss"] = "time") -> GradientSystem:
        """Return the gradient system.

        Parameters
        ----------
        clock : {"time", "log_loss"}
            With "log_loss" the loss is log L instead of L. Its flow runs along the same path, by a clock τ with
            dt = dτ/L: it does not stall as the loss vanishes, nor lose it below the range of a float. At depth > 2 all
            of the flow passes in a finite τ: end the run at a `LossLevel`.

        Returns
        -------
        GradientSystem
            Its induced values are σ, its observable ``margin`` the normalised one of each record.

        Examples
        --------
        >>> model = DiagonalClassifier(depth=2, features=[[1.0, 0.5]], labels=[1], init=0.1)
        >>> model.system().names
        ('w+[0]', 'w+[1]', 'w-[0]', 'w-[1]')
        """
        kind = LOSSES[self.loss][word("clock", clock, ("time", "log_loss")) == "log_loss"]
        size = self.features.shape[1]
        halves = ("w+", "w-") if self.signed else ("w",)
        return GradientSystem(
            gradient=_powers.gradient,
            loss=_powers.loss,
            loss_gradient=_powers.loss_gradient,
            start=np.full(len(halves) * size, self.init ** (1 / self.depth)),
            constants=_powers.constants(self.depth, kind, 1.0, self.signed),
            names=tuple(f"{half}[{k}]" for half in halves for k in range(size)),
            data=table(self.features, self.labels),
            induced=_powers.induced,
            induced_size=size,
            conserved=_powers.conserved if self.signed else None,
            conserved_names=_powers.conserved_names(self.depth, size) if self.signed else (),
            observables={"margin": self._margin_of},
        )

    def _margin_of(self, parameters: Array) -> Array:
        return self.margin(self.induced(parameters))

    def induced(self, parameters: ArrayLike) -> Array:
        """Return σ of recorded parameters, shape (..., d).

        Examples
        --------
        >>> model = DiagonalClassifier(depth=2, features=[[1.0]], labels=[1], init=0.1)
        >>> model.induced([3.0, 1.0])
        array([8.])
        """
        powers = rows_of("parameters", parameters, self.features.shape[1] * (1 + self.signed)) ** self.depth
        if not self.signed:
            return np.asarray(powers)
        plus, minus = np.split(powers, 2, axis=-1)
        return np.asarray(plus - minus)

    def margin(self, sigma: ArrayLike) -> Array:
        """Return the normalised margin ``min_j y_j <σ, x_j> / ‖σ‖₂`` of σ, shape (..., d); nan where σ is 0.

        Examples
        --------
        >>> model = DiagonalClassifier(depth=2, features=[[3.0, 4.0]], labels=[-1], init=0.1)
        >>> float(model.margin([-1.0, 0.0]))
        3.0
        """
        vector = rows_of("sigma", sigma, self.features.shape[1])
        size = np.abs(vector).max(axis=-1, keepdims=True)
        vector = np.divide(vector, size, out=np.zeros_like(vector), where=size > 0)  # its square stays in range
        least = (vector @ (self.features * self.labels[:, None]).T).min(axis=-1)
        norm = np.linalg.norm(vector, axis=-1)
        return np.asarray(np.divide(least, norm, out=np.full_like(norm, np.nan), where=norm > 0))[()]
