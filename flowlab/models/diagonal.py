"""The diagonal classifier: a linear predictor made of powers of weights (Gissin et al. 2020, section 4.3)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import count, flag, number, word
from flowlab.dynamics import GradientSystem
from flowlab.models._arguments import finite_array, set_fields, signs
from flowlab.models._driver import of_logarithm
from flowlab.models.learner import Learner, normalised_margin
from flowlab.models.losses import MARGINS
from flowlab.models.predictors import Powers

Array = NDArray[np.float64]


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
            loss=word("loss", loss, MARGINS),
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
        word("clock", clock, ("time", "log_loss"))
        system = self._learner().system()
        return of_logarithm(system) if clock == "log_loss" else system

    def _learner(self) -> Learner:
        return Learner(Powers(self.depth, self.signed), self.loss, self.features, self.labels, self.init)

    def induced(self, parameters: ArrayLike) -> Array:
        """Return σ of recorded parameters, shape (..., d).

        Examples
        --------
        >>> model = DiagonalClassifier(depth=2, features=[[1.0]], labels=[1], init=0.1)
        >>> model.induced([3.0, 1.0])
        array([8.])
        """
        return self._learner().theta(parameters)

    def margin(self, sigma: ArrayLike) -> Array:
        """Return the normalised margin ``min_j y_j <σ, x_j> / ‖σ‖₂`` of σ, shape (..., d); nan where σ is 0.

        Examples
        --------
        >>> model = DiagonalClassifier(depth=2, features=[[3.0, 4.0]], labels=[-1], init=0.1)
        >>> float(model.margin([-1.0, 0.0]))
        3.0
        """
        return normalised_margin("sigma", sigma, self.features, self.labels)
