"""A learner: a predictor and a loss, features and labels, and where it starts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import number, word
from flowlab._checks import real_array, require, shown
from flowlab.dynamics import GradientSystem
from flowlab.dynamics.clocks import CLOCKS, by_clock
from flowlab.models._arguments import finite_array, frozen, generator, rows_of, set_fields, signs
from flowlab.models._driver import joined
from flowlab.models._sweep import table
from flowlab.models.losses import LOSSES, Loss
from flowlab.models.networks import Network, predictions_of
from flowlab.models.predictors import Predictor

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, init=False)
class Learner:
    """A predictor f that learns examples by descending the mean of a loss.

    Parameters
    ----------
    predictor : Predictor or Network
        One of `flowlab.models.predictors`, f(x) = <θ(w), φ(x)>; or a network that is not linear in its inputs.
    loss : {"squared", "exponential", "logistic", "cross_entropy"}
        The mean over examples of (f − y)², e^(−yf), log(1 + e^(−yf)); or, of a network with an output for each class,
        of −log of the softmax at the label.
    features : array_like, shape (m, …)
        The inputs x, one a row: vectors, or what else the predictor takes, as matrices A of <θ, A>.
    labels : array_like, shape (m,)
        y: 1 or −1 for the losses of the margin y f, any finite numbers for the squared one, 0, 1, … for classes.
    start : float or array_like
        The scale α >= 0 of a start as the predictor has it, so that θ is of order α; or the parameters themselves.
    seed : int or numpy Generator, optional
        For starts that are drawn.

    Attributes
    ----------
    predictor : Predictor or Network
    loss : str
    features : ndarray, shape (m, n)
        φ(x), of a network x.
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

    predictor: Predictor | Network
    loss: str
    features: Array
    labels: Array
    start: Array

    def __init__(
        self,
        predictor: Predictor | Network,
        loss: str,
        features: ArrayLike,
        labels: ArrayLike,
        start: float | ArrayLike,
        *,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        if not isinstance(predictor, Predictor | Network):
            raise ValueError(  # noqa: TRY004
                f"predictor: got {shown(predictor)}; allowed: one of flowlab.models.predictors, as Identity(), or a"
                " Network"
            )
        kind = LOSSES[word("loss", loss, tuple(LOSSES))]
        allowed = "finite numbers, a row for each example"
        shape = real_array("features", features, allowed=allowed).shape
        inputs = finite_array("features", features, dimensions=max(2, len(shape)), allowed=allowed)
        flat = inputs.reshape(len(inputs), -1)
        rows = frozen(np.ascontiguousarray(predictor.features(flat) if isinstance(predictor, Predictor) else flat))
        wanted = _labels_of(kind, labels, len(rows), _outputs_of(predictor, kind, rows.shape[1]))
        draw = None if seed is None else generator(seed)
        if isinstance(predictor, Predictor):
            parameters = len(predictor.layout(rows.shape[1]).names)
        else:
            parameters = len(predictor.names)
        if np.ndim(start) == 0:
            scale = number("start", start, allowed="a finite number >= 0, or parameters", valid=lambda x: x >= 0)
            if isinstance(predictor, Predictor):
                begun = predictor.start(rows.shape[1], scale, draw)
            else:
                begun = predictor.start(scale, draw)
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
            Its induced values are θ, of a network the parameters. Its observable ``margin``, but under the squared
            loss, is the least one of the examples: over ‖θ‖, of a homogeneous network over ‖w‖ to its degree.

        Examples
        --------
        >>> from flowlab.models.predictors import Powers
        >>> Learner(Powers(2), "squared", [[1.0, 0.5]], [3.0], start=0.1).system().names
        ('w+[0]', 'w+[1]', 'w-[0]', 'w-[1]')
        """
        word("clock", clock, CLOCKS)
        kind, data = LOSSES[self.loss], table(self.features, self.labels)
        observables = {} if kind.labels == "numbers" else {"margin": self._margin_of}
        if isinstance(self.predictor, Predictor):
            system = joined(
                self.predictor, kind, self.features.shape[1], self.start, data=data, observables=observables
            )
        else:
            system = self.predictor.system(kind, data, self.start, observables)
        return by_clock(system, clock)

    def _margin_of(self, parameters: Array) -> Array:
        if isinstance(self.predictor, Predictor):
            return self.margin(self.theta(parameters))
        f = predictions_of(self.predictor, self.features, parameters)
        if LOSSES[self.loss].labels == "signs":
            margins = self.labels * f[:, :, 0]
        else:
            own = np.arange(f.shape[-1]) == self.labels[:, None]
            margins = f[:, own] - np.where(own, -np.inf, f).max(axis=-1)
        degree = self.predictor.degree
        sizes = np.linalg.norm(parameters, axis=-1) ** (degree or 0)
        least = margins.min(axis=-1)
        return np.asarray(np.divide(least, sizes, out=np.full_like(least, np.nan), where=sizes > 0))

    def theta(self, parameters: ArrayLike) -> Array:
        """Return θ of recorded parameters, shape (..., n), where the predictor has one.

        Examples
        --------
        >>> from flowlab.models.predictors import Powers
        >>> Learner(Powers(2), "squared", [[1.0]], [3.0], start=0.1).theta([3.0, 1.0])
        array([8.])
        """
        if not isinstance(self.predictor, Predictor):
            raise ValueError("predictor: got a Network, which is not linear in its inputs; allowed: its `predict`")  # noqa: TRY004
        array = rows_of("parameters", parameters, self.start.size)
        return np.asarray(self.predictor.theta(array, self.features.shape[1]))

    def margin(self, theta: ArrayLike) -> Array:
        """Return the normalised margin ``min_j y_j <θ, φ_j> / ‖θ‖₂`` of θ, shape (..., n); nan where θ is 0.

        Examples
        --------
        >>> from flowlab.models.predictors import Identity
        >>> float(Learner(Identity(), "logistic", [[3.0, 4.0]], [-1], start=0.0).margin([-1.0, 0.0]))
        3.0
        """
        return normalised_margin("theta", theta, self.features, self.labels)


def _outputs_of(predictor: Predictor | Network, loss: Loss, size: int) -> int:
    """Return how many numbers a prediction is; ValueError where that is not what the loss or the features need."""
    if isinstance(predictor, Predictor):
        if loss.labels == "classes":
            raise ValueError(
                f"loss: got {loss.name} with {type(predictor).__name__}; allowed: a Network of an output for each class"
            )
        return 1
    outputs, inputs = predictor.widths[-1], predictor.widths[0]
    if inputs != size:
        raise ValueError(f"features: got {size} a row; allowed: {inputs}, the first of the network's widths")
    if (outputs > 1) != (loss.labels == "classes"):
        raise ValueError(
            f"widths: got {outputs} outputs under the loss {loss.name}; allowed: 1, and 2 or more for cross_entropy"
        )
    return outputs


def _labels_of(loss: Loss, labels: ArrayLike, examples: int, outputs: int) -> Array:
    if loss.labels == "signs":
        return signs("labels", labels, examples)
    allowed = f"{examples} finite numbers, one for each example"
    if loss.labels == "classes":
        allowed = f"{examples} integers from 0 to {outputs - 1}"
    wanted = finite_array("labels", labels, dimensions=1, allowed=allowed)
    if wanted.size != examples:
        raise ValueError(f"labels: got shape {wanted.shape}; allowed: {allowed}")
    if loss.labels == "classes":
        require("labels", wanted, (wanted == np.rint(wanted)) & (wanted >= 0) & (wanted < outputs), allowed=allowed)
    return wanted


def normalised_margin(name: str, theta: ArrayLike, features: Array, labels: Array) -> Array:
    """Return ``min_j y_j <θ, φ_j> / ‖θ‖₂`` of θ, shape (..., n); nan where θ is 0."""
    vector = rows_of(name, theta, features.shape[1])
    size = np.abs(vector).max(axis=-1, keepdims=True)
    vector = np.divide(vector, size, out=np.zeros_like(vector), where=size > 0)  # its square stays in range
    least = (vector @ (features * labels[:, None]).T).min(axis=-1)
    norm = np.linalg.norm(vector, axis=-1)
    return np.asarray(np.divide(least, norm, out=np.full_like(norm, np.nan), where=norm > 0))[()]
