"""The quadratic network f(x) = ‖W x‖² + b (Gissin et al. 2020, section 4.2 and appendix F)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import count, number, real, word
from flowlab._jit import kernel
from flowlab.dynamics import GradientSystem
from flowlab.models._arguments import finite_array, frozen, generator, positive_semidefinite, set_fields, square
from flowlab.models._sweep import SQUARED, mean_loss, table

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

# Places in the constants; the target's entries and bias follow where there are no examples. The trace's weight is 1
# for the squared loss and 0 for the variance loss, whose population has no term in the trace.
_SIZE, _SCALE, _TRACE, _HEAD = 0, 1, 2, 3


@kernel
def _gram(w: Array, size: int, theta: Array) -> None:
    """Fill in the upper triangle of WᵀW, row by row, then the bias where there is one."""
    factor = w[: size * size].reshape(size, size)
    gram = np.dot(factor.T, factor)
    place = 0
    for i in range(size):
        for j in range(i, size):
            theta[place] = gram[i, j]
            place += 1
    if place < theta.size:
        theta[place] = w[size * size]


@kernel
def _population(theta: Array, constants: Array, size: int, slope: Array) -> float:
    """Return 2 ‖Δ‖_F² + (trace weight) × (tr Δ + b* − b)², and its gradient in the triangle and the bias."""
    squares, trace = 0.0, 0.0
    place = 0
    for i in range(size):
        for j in range(i, size):
            gap = constants[_HEAD + place] - theta[place]
            squares += gap * gap if i == j else 2.0 * gap * gap
            trace += gap if i == j else 0.0
            slope[place] = -4.0 * gap if i == j else -8.0 * gap
            place += 1
    trace += constants[_HEAD + place]
    if place < theta.size:
        trace -= theta[place]
        slope[place] = -2.0 * constants[_TRACE] * trace
    place = 0
    for i in range(size):
        slope[place] -= 2.0 * constants[_TRACE] * trace
        place += size - i
    return float(2.0 * squares + constants[_TRACE] * trace * trace)


@kernel
def loss_gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> float:
    """Return the loss, and write its gradient 2 W G, with G the symmetric gradient in WᵀW."""
    size, scale = int(constants[_SIZE]), constants[_SCALE]
    triangle = size * (size + 1) // 2
    biased = w.size > size * size
    theta = np.empty(triangle + biased)
    slope = np.empty(theta.size)
    _gram(w, size, theta)
    if data.shape[0] > 0:
        loss = mean_loss(SQUARED, theta, data, rows, slope)
    else:
        loss = _population(theta, constants, size, slope)
    symmetric = np.empty((size, size))
    place = 0
    for i in range(size):
        for j in range(i, size):
            # Twice G: an entry off the diagonal stands for two.
            entry = scale * slope[place] * (2.0 if i == j else 1.0)
            symmetric[i, j] = entry
            symmetric[j, i] = entry
            place += 1
    np.dot(w[: size * size].reshape(size, size), symmetric, out[: size * size].reshape(size, size))
    if biased:
        out[size * size] = scale * slope[triangle]
    return float(scale * loss)


@kernel
def _gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> None:
    loss_gradient(w, constants, data, rows, out)


@kernel
def _loss(w: Array, constants: Array, data: Array, rows: Rows) -> float:
    return loss_gradient(w, constants, data, rows, np.empty(w.size))


@kernel
def _eigenvalues(w: Array, constants: Array, out: Array) -> None:
    size = int(constants[_SIZE])
    out[:] = np.linalg.svd(w[: size * size].reshape(size, size))[1] ** 2


def _triangle(matrices: Array) -> Array:
    """Return the upper triangles of symmetric matrices, row by row, shape (..., d(d+1)/2)."""
    return np.asarray(matrices[..., *np.triu_indices(matrices.shape[-1])])


def _features(inputs: Array, biased: bool) -> Array:
    """Return what the upper triangle of WᵀW, and the bias, are multiplied with: x_i², 2 x_i x_j, and 1."""
    size = inputs.shape[1]
    doubled = 2.0 - np.eye(size)
    features = _triangle(inputs[:, :, None] * inputs[:, None, :] * doubled)
    return np.concatenate([features, np.ones((len(inputs), 1))], axis=1) if biased else features


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
        biased = self.bias is not None
        constants, data = [float(size), factor, float(self.loss == "squared")], np.zeros((0, 0))
        if inputs is None:
            constants.extend(_triangle(self.target))
            constants.append(self.target_bias)
        else:
            x = self._inputs(inputs)
            features, labels = _features(x, biased), self.labels(x)
            if self.loss == "variance":  # the variance of the errors is their mean square once all is centred
                features, labels = features - features.mean(axis=0), labels - labels.mean()
            data = table(features, labels)
        start = self.weights.flatten()
        names = tuple(f"W[{i},{j}]" for i, j in np.ndindex(size, size))
        return GradientSystem(
            gradient=_gradient,
            loss=_loss,
            loss_gradient=loss_gradient,
            start=start if self.bias is None else np.append(start, self.bias),
            constants=np.array(constants),
            names=(*names, "b") if biased else names,
            data=data,
            induced=_eigenvalues,
            target=np.array(np.linalg.eigvalsh(self.target)[::-1], dtype=np.float64),
            observables={"bias": _last_column} if biased else {},
        )
