"""The quadratic network f(x) = ‖W x‖² + b (Gissin et al. 2020, section 4.2 and appendix F)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import count, number, real, word
from flowlab._jit import kernel
from flowlab.dynamics import GradientSystem
from flowlab.models._arguments import finite_array, frozen, generator, positive_semidefinite, set_fields, square
from flowlab.models._driver import Population, joined
from flowlab.models._sweep import table
from flowlab.models.losses import LOSSES, Loss
from flowlab.models.predictors.matrices import Gram, eigenvalues, triangle

Array = NDArray[np.float64]


@kernel
def _population(theta: Array, numbers: Array, slope: Array) -> float:
    """2 ‖Δ‖_F² + (trace weight) × (tr Δ + b* − b)², of the signature COST, in the triangle and the bias.

    The numbers are d, the trace's weight (1 for the squared loss; 0 for the variance loss, whose population has no term
    in the trace), the target's triangle and b*.
    """
    size, weight = int(numbers[0]), numbers[1]
    squares, trace = 0.0, 0.0
    place = 0
    for i in range(size):
        for j in range(i, size):
            gap = numbers[2 + place] - theta[place]
            squares += gap * gap if i == j else 2.0 * gap * gap
            trace += gap if i == j else 0.0
            slope[place] = -4.0 * gap if i == j else -8.0 * gap
            place += 1
    trace += numbers[2 + place]
    if place < theta.size:
        trace -= theta[place]
        slope[place] = -2.0 * weight * trace
    place = 0
    for i in range(size):
        slope[place] -= 2.0 * weight * trace
        place += size - i
    return float(2.0 * squares + weight * trace * trace)


def _last_column(parameters: Array) -> Array:
    return parameters[:, -1]


@dataclass(frozen=True, eq=False, init=False)
class QuadraticNetwork:
    """The network f(x) = Σ_i <w_i, x>² + b of d inputs and d hidden units, labelled by one of its kind.

    With Δ = W*ᵀW* − WᵀW, its population losses over Gaussian inputs are: the variance loss (Definition 2)
    ``1/8 ‖Δ‖_F²``; the squared loss ``1/8 ‖Δ‖_F² + 1/16 (tr Δ)²``; with a bias ``1/8 ‖Δ‖_F² + 1/16 (tr Δ + b* − b)²``.

    Parameters
    ----------
    target : array_like, shape (d, d)
        W*ᵀW*, symmetric positive semidefinite.
    init : float
        σ0 > 0; the start is orthogonal, W_0ᵀW_0 = σ0 I.
    loss : {"variance", "squared"}
    bias : float, optional
        Where the trainable bias b starts; no bias if missing. Only under the squared loss: the variance loss does
        not see it.
    target_bias : float
        b*.
    seed : int or numpy Generator, optional
        For a random orthogonal W_0; √σ0 I if missing, which gives the same WᵀW.

    Attributes
    ----------
    target : ndarray, shape (d, d)
    init : float
    loss : str
    bias : float or None
    target_bias : float
    weights : ndarray, shape (d, d)
        W_0, one hidden unit a row.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Notes
    -----
    Under the variance loss the eigenvalues of WᵀW follow ``σ̇_i = σ_i (σ_i* − σ_i)`` (Theorem 5).

    Examples
    --------
    >>> import flowlab
    >>> model = QuadraticNetwork(target=np.diag([4.0, 2.0]), init=0.01)
    >>> run = flowlab.flow(model.system(), 2.0, rtol=1e-10)
    >>> run.induced[-1].round(3), flowlab.toy.sigma(2.0, depth=2, target=[4.0, 2.0], init=0.01).round(3)
    (array([3.528, 0.431]), array([3.528, 0.431]))
    """

    target: Array
    init: float
    loss: str
    bias: float | None
    target_bias: float
    weights: Array

    def __init__(
        self,
        target: ArrayLike,
        init: float,
        *,
        loss: Literal["variance", "squared"] = "variance",
        bias: float | None = None,
        target_bias: float = 0.0,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        goal = square("target", target)
        positive_semidefinite("target", goal)
        start = number("init", init)
        if word("loss", loss, ("variance", "squared")) == "variance" and bias is not None:
            raise ValueError(f"bias: got {bias} with the variance loss, which does not see it; allowed: None")
        offset = None if bias is None else real("bias", bias)
        goal_bias = real("target_bias", target_bias)
        turn = np.eye(len(goal))
        if seed is not None:
            turn, triangle = np.linalg.qr(generator(seed).standard_normal(goal.shape))
            turn = turn * np.sign(np.diag(triangle))
        weights = frozen(np.sqrt(start) * turn)
        set_fields(self, target=goal, init=start, loss=loss, bias=offset, target_bias=goal_bias, weights=weights)

    def inputs(self, samples: int, seed: int | np.random.Generator) -> Array:
        """Return independent standard normal inputs, shape (samples, d).

        Examples
        --------
        >>> QuadraticNetwork(target=np.eye(3), init=0.1).inputs(5, seed=0).shape
        (5, 3)
        """
        return generator(seed).standard_normal((count("samples", samples), len(self.target)))

    def labels(self, inputs: ArrayLike) -> Array:
        """Return what the target says of inputs, xᵀW*ᵀW*x + b*.

        Examples
        --------
        >>> QuadraticNetwork(target=np.eye(2), init=0.1).labels([[1.0, 2.0]])
        array([5.])
        """
        x = self._inputs(inputs)
        return np.asarray(np.einsum("mi,ij,mj->m", x, self.target, x) + self.target_bias)

    def _inputs(self, inputs: ArrayLike) -> Array:
        allowed = f"finite numbers of shape (m, {len(self.target)})"
        x = finite_array("inputs", inputs, dimensions=2, allowed=allowed)
        if x.shape[1] != len(self.target):
            raise ValueError(f"inputs: got shape {x.shape}; allowed: {allowed}")
        return x

    def system(self, inputs: ArrayLike | None = None, *, scale: float = 1 / 16) -> GradientSystem:
        """Return the gradient system of the loss: the population's, or that on given inputs.

        Parameters
        ----------
        inputs : array_like, shape (m, d), optional
            The loss is then `scale` times the mean of the squared errors, or their variance over all inputs.
        scale : float
            1/16 in the paper. Time runs with it.

        Returns
        -------
        GradientSystem
            Its induced values are the eigenvalues of WᵀW in falling order, its observable ``bias``.

        Raises
        ------
        ValueError
            If `inputs` has another shape or is not finite, or `scale` is not a finite number > 0.

        Examples
        --------
        >>> model = QuadraticNetwork(target=np.eye(3), init=0.1, loss="squared", bias=0.0)
        >>> model.system(model.inputs(20, seed=1)).names[-1]
        'b'
        """
        size = len(self.target)
        factor = number("scale", scale, allowed="a finite number > 0")
        predictor = Gram(size, size, offset=self.bias is not None)
        loss: Loss | Population = LOSSES["squared"]
        data = None
        if inputs is None:
            weight = float(self.loss == "squared")
            loss = Population(_population, np.concatenate([[size, weight], triangle(self.target), [self.target_bias]]))
        else:
            x = self._inputs(inputs)
            features, labels = predictor.features(x[:, :, None] * x[:, None, :]), self.labels(x)
            if self.loss == "variance":  # the variance of the errors is their mean square once all is centred
                features, labels = features - features.mean(axis=0), labels - labels.mean()
            data = table(features, labels)
        start = self.weights.flatten()
        return joined(
            predictor,
            loss,
            size * (size + 1) // 2 + predictor.offset,
            start if self.bias is None else np.append(start, self.bias),
            data=data,
            scale=factor,
            view=(eigenvalues, size),
            target=np.array(np.linalg.eigvalsh(self.target)[::-1], dtype=np.float64),
            observables={"bias": _last_column} if predictor.offset else {},
        )
