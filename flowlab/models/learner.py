"""A learner: a predictor and a loss, features and labels, and where it starts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import number, word
from flowlab._checks import shown
from flowlab.dynamics import GradientSystem
from flowlab.dynamics.clocks import CLOCKS, by_clock
from flowlab.models import _driver
from flowlab.models._arguments import finite_array, frozen, generator, rows_of, set_fields, signs
from flowlab.models._sweep import table
from flowlab.models.losses import LOSSES
from flowlab.models.predictors import Predictor

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, init=False)
class Learner:
    """A predictor f(x) = <θ(w), φ(x)> that learns examples by descending the mean of a loss.

    Parameters
    ----------
    predictor : Predictor
        One of `flowlab.models.predictors`.
    loss : {"squared", "exponential", "logistic"}
        The mean over examples of (f − y)², e^(−yf) or log(1 + e^(−yf)).
    features : array_like, shape (m, …)
        The inputs x, one a row: vectors, or what else the predictor takes, as matrices A of <θ, A>.
    labels : array_like, shape (m,)
        y: each 1 or −1 for the losses of the margin y f, any finite numbers for the squared one.
    start : float or array_like
        The scale α >= 0 of a start as the predictor has it, so that θ is of order α; or the parameters themselves.
    seed : int or numpy Generator, optional
        For starts that are drawn.

    Attributes
    ----------
    predictor : Predictor
    loss : str
    features : ndarray, shape (m, n)
        φ(x).
    labels : ndarray
    start : ndarray
        The parameters at time 0.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the shapes do not fit.

    Notes
    -----
    Time is the gradient-flow time of the mean loss.

    Examples
    --------
    Logistic regression on separable data goes to the direction of the largest margin, as 1/log t:

    >>> import flowlab
    >>> from flowlab.models.predictors import Identity
    >>> learner = Learner(Identity(), "logistic", [[2.0, 1.0], [-1.0, -2.0]], [1, -1], start=0.0)
    >>> run = flowlab.flow(learner.system(clock="log_time"), 230.0, times=[230.0])
    >>> run.log_t[-1].round(9), learner.margin(run.induced[-1]).round(2)
    (np.float64(230.0), np.float64(2.12))
    """

    predictor: Predictor
    loss: str
    features: Array
    labels: Array
    start: Array

    def __init__(
        self,
        predictor: Predictor,
        loss: str,
        features: ArrayLike,
        labels: ArrayLike,
        start: float | ArrayLike,
        *,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        if not isinstance(predictor, Predictor):
            raise ValueError(  # noqa: TRY004
                f"predictor: got {shown(predictor)}; allowed: one of flowlab.models.predictors, such as Identity()"
            )
        kind = LOSSES[word("loss", loss, tuple(LOSSES))]
        inputs = np.asarray(features, dtype=np.float64)
        inputs = finite_array(
            "features", features, dimensions=max(2, inputs.ndim), allowed="finite numbers, a row for each example"
        )
        rows = frozen(np.ascontiguousarray(predictor.features(inputs.reshape(len(inputs), -1))))
        size = rows.shape[1]
        if kind.labels == "signs":
            wanted = signs("labels", labels, len(rows))
        else:
            allowed = f"{len(rows)} finite numbers, one for each example"
            wanted = finite_array("labels", labels, dimensions=1, allowed=allowed)
            if wanted.size != len(rows):
                raise ValueError(f"labels: got shape {wanted.shape}; allowed: {allowed}")
        parameters = len(predictor.layout(size).names)
        if np.ndim(start) == 0:
            scale = number("start", start, allowed="a finite number >= 0, or parameters", valid=lambda x: x >= 0)
            begun = predictor.start(size, scale, None if seed is None else generator(seed))
        else:
            allowed = f"{parameters} finite numbers, one for each parameter"
            begun = finite_array("start", start, dimensions=1, allowed=allowed)
            if begun.size != parameters:
                raise ValueError(f"start: got shape {begun.shape}; allowed: {allowed}")
        set_fields(self, predictor=predictor, loss=loss, features=rows, labels=wanted, start=frozen(np.array(begun)))

    def system(self, *, clock: str = "time") -> GradientSystem:
        """Return the gradient system.

        Parameters
        ----------
        clock : {"time", "log_time", "log_loss", "arc"}
            As of `flowlab.dynamics.by_clock`: all but "time" reach late times, and tell them as `Trajectory.log_t`.

        Returns
        -------
        GradientSystem
            Its induced values are θ; under a loss of the margin its observable ``margin`` is the normalised one.

        Examples
        --------
        >>> from flowlab.models.predictors import Powers
        >>> Learner(Powers(2), "squared", [[1.0, 0.5]], [3.0], start=0.1).system().names
        ('w+[0]', 'w+[1]', 'w-[0]', 'w-[1]')
        """
        word("clock", clock, CLOCKS)
        size = self.features.shape[1]
        margins = LOSSES[self.loss].labels == "signs"
        system = _driver.joined(
            self.predictor, LOSSES[self.loss], size, self.start, data=table(self.features, self.labels),
            observables={"margin": self._margin_of} if margins else None,
        )  # fmt: skip
        return by_clock(system, clock)

    def _margin_of(self, parameters: Array) -> Array:
        return self.margin(self.theta(parameters))

    def theta(self, parameters: ArrayLike) -> Array:
        """Return θ of recorded parameters, shape (..., n).

        Examples
        --------
        >>> from flowlab.models.predictors import Powers
        >>> Learner(Powers(2), "squared", [[1.0]], [3.0], start=0.1).theta([3.0, 1.0])
        array([8.])
        """
        return np.asarray(
            self.predictor.theta(rows_of("parameters", parameters, self.start.size), self.features.shape[1])
        )

    def margin(self, theta: ArrayLike) -> Array:
        """Return the normalised margin ``min_j y_j <θ, φ_j> / ‖θ‖₂`` of θ, shape (..., n); nan where θ is 0.

        Examples
        --------
        >>> from flowlab.models.predictors import Identity
        >>> float(Learner(Identity(), "logistic", [[3.0, 4.0]], [-1], start=0.0).margin([-1.0, 0.0]))
        3.0
        """
        return normalised_margin("theta", theta, self.features, self.labels)


def normalised_margin(name: str, theta: ArrayLike, features: Array, labels: Array) -> Array:
    """Return ``min_j y_j <θ, φ_j> / ‖θ‖₂`` of θ, shape (..., n); nan where θ is 0."""
    vector = rows_of(name, theta, features.shape[1])
    size = np.abs(vector).max(axis=-1, keepdims=True)
    vector = np.divide(vector, size, out=np.zeros_like(vector), where=size > 0)  # its square stays in range
    least = (vector @ (features * labels[:, None]).T).min(axis=-1)
    norm = np.linalg.norm(vector, axis=-1)
    return np.asarray(np.divide(least, norm, out=np.full_like(norm, np.nan), where=norm > 0))[()]
