"""Networks that are not linear in their inputs, with kinks where their activations have them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import word
from flowlab.dynamics import GradientSystem, Kinks
from flowlab.dynamics.parts import Part
from flowlab.models import _network_kernels as kernels
from flowlab.models.losses import SLOPES, Loss
from flowlab.models.predictors.base import drawn

Array = NDArray[np.float64]

#: With more kinks than these, rows times hidden rectifiers, a flow is not told of them.
_MOST_KINKS = 4096


@dataclass(frozen=True)
class Activation:
    """What a hidden unit makes of its input.

    Attributes
    ----------
    kind : int
    value : callable
        Of arrays.
    degree : int or None
        φ(c z) = c^degree φ(z) for c > 0.
    kinked : bool
        Whether it has a kink at 0.
    """

    kind: int
    value: Callable[[Array], Array]
    degree: int | None = None
    kinked: bool = False


#: Activations by their names. The leaky one takes its slope below 0 from the network.
ACTIVATIONS = {
    "linear": Activation(kernels.LINEAR, lambda z: z, 1),
    "relu": Activation(kernels.LEAKY, lambda z: np.maximum(z, 0.0), 1, kinked=True),
    "leaky_relu": Activation(kernels.LEAKY, lambda z: z, 1, kinked=True),
    "quadratic": Activation(kernels.QUADRATIC, lambda z: z * z, 2),
    "tanh": Activation(kernels.TANH, np.tanh),
    "sigmoid": Activation(kernels.SIGMOID, lambda z: 0.5 * (1.0 + np.tanh(0.5 * z))),
    "softplus": Activation(kernels.SOFTPLUS, lambda z: np.logaddexp(z, 0.0)),
}


@dataclass(frozen=True)
class Network:
    """The network f(x) = W_L φ(W_{L−1} φ(⋯ φ(W_1 x))), of any depth.

    A single neuron is ``Network((d, 1, 1), fixed={2: [[1.0]]})``.
    Inputs with a last column of ones give the first layer offsets.

    Attributes
    ----------
    widths : sequence of int
        Of the inputs, of each hidden layer, of the outputs.
    activation : {"relu", "leaky_relu", "linear", "quadratic", "tanh", "sigmoid", "softplus"}
    leak : float
        The slope of the leaky rectifier below 0.
    fixed : mapping of int to array_like
        Layers that are not trained, 1 for the first, and their weights.

    Raises
    ------
    ValueError
        If there are no hidden units, the activation is none of these, or a fixed layer has not its shape.

    Examples
    --------
    >>> Network((2, 3, 1)).degree, Network((2, 3, 1), fixed={2: [[1.0, 1.0, -1.0]]}).names[-1]
    (2, 'W1[2,1]')
    """

    widths: Sequence[int]
    activation: str = "relu"
    leak: float = 0.0
    fixed: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        word("activation", self.activation, tuple(ACTIVATIONS))
        if len(self.widths) < 2 or any(width < 1 for width in self.widths):
            raise ValueError(f"widths: got {tuple(self.widths)}; allowed: two or more integers >= 1")
        if (self.activation == "leaky_relu") != (self.leak != 0.0):
            raise ValueError(f"leak: got {self.leak:g} with {self.activation}; allowed: a slope with leaky_relu alone")
        for layer, weights in self.fixed.items():
            if layer not in range(1, self.depth + 1) or np.shape(weights) != self.shapes[layer - 1]:
                allowed = f"a layer from 1 to {self.depth}, with weights of shape (widths[n], widths[n − 1])"
                raise ValueError(f"fixed: got shape {np.shape(weights)} for layer {layer}; allowed: {allowed}")

    @property
    def depth(self) -> int:
        """L, the number of layers."""
        return len(self.widths) - 1

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Of W_1, …, W_L."""
        return [(rows, columns) for columns, rows in zip(self.widths, self.widths[1:], strict=False)]

    @property
    def trained(self) -> list[int]:
        """The layers that are trained, 1 for the first."""
        return [layer for layer in range(1, self.depth + 1) if layer not in self.fixed]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parameters: the weights of the trained layers, row by row."""
        return tuple(f"W{n}[{i},{j}]" for n in self.trained for i, j in np.ndindex(self.shapes[n - 1]))

    @property
    def degree(self) -> int | None:
        """Of homogeneity of f in the parameters; None where it has none."""
        power = ACTIVATIONS[self.activation].degree
        if power is None and self.depth > 1:
            return None
        degree = 0
        for layer in range(1, self.depth + 1):
            degree = degree * (1 if layer == 1 else power or 1) + (layer in self.trained)
        return degree

    @property
    def kinked(self) -> bool:
        """Whether f has kinks in the parameters."""
        return self.depth > 1 and ACTIVATIONS[self.activation].kinked and self.trained[0] < self.depth

    def layers(self, w: Any) -> list[Any]:
        """Return W_1, …, W_L of parameters, those that are fixed as they are."""
        array, at, found = np.asarray(w), 0, []
        for layer, shape in enumerate(self.shapes, 1):
            if layer in self.fixed:
                found.append(np.asarray(self.fixed[layer]))
                continue
            size = shape[0] * shape[1]
            found.append(array[at : at + size].reshape(shape))
            at += size
        return found

    def predict(self, w: Any, inputs: Any, activation: Callable[[Any], Any] | None = None) -> Any:
        """Return f of inputs, shape (m, d) → (m, outputs); numbers of any kind, with an activation for them."""
        leak = self.leak
        value = activation or ((lambda z: np.where(z > 0, z, leak * z)) if leak else ACTIVATIONS[self.activation].value)
        first, *rest = self.layers(w)
        values = np.asarray(inputs) @ first.T
        for weights in rest:
            values = value(values) @ weights.T
        return values

    def start(self, scale: float, rng: np.random.Generator | None) -> Array:
        """Return weights that are normal, of standard deviation ``α^(1/L)/√(width before)``."""
        spread = scale ** (1 / len(self.trained))
        shapes = [self.shapes[n - 1] for n in self.trained]
        draw = drawn(rng).standard_normal
        return np.concatenate([spread / np.sqrt(columns) * draw(rows * columns) for rows, columns in shapes])

    def system(
        self, loss: Loss, data: Array, start: Array, observables: Mapping[str, Callable[[Array], Any]]
    ) -> GradientSystem:
        """Return the gradient system of the mean of a loss over a `table` of examples.

        A flow of rectifiers follows their kinks; there are as many as examples times hidden units, and beyond 4096 they
        are not followed.
        """
        kind, examples = ACTIVATIONS[self.activation], len(data)
        fixed = [np.ravel(np.asarray(self.fixed[n], dtype=np.float64)) for n in sorted(self.fixed)]
        head = np.zeros(kernels.HEAD)
        head[[kernels.KIND, kernels.LEAK, kernels.EXAMPLES, kernels.LAYERS]] = (
            kind.kind,
            self.leak,
            examples,
            self.depth,
        )
        flags = [float(n in self.trained) for n in range(1, self.depth + 1)]
        parts = [Part(kernels.LOSS, loss.slopes, SLOPES)]
        if loss.log_slopes is not None:
            parts.append(Part(kernels.LOG_LOSS, loss.log_slopes, SLOPES))
        units = [(n, i, j) for n in range(1, self.depth) for i in range(examples) for j in range(self.widths[n])]
        kinks = None
        if self.kinked and len(units) <= _MOST_KINKS:
            names = tuple(f"unit {j + 1} of layer {n}, example {i + 1}" for n, i, j in units)
            kinks = Kinks(kernels.sided_gradient, kernels.switches_of, kernels.normals_of, names)
        return GradientSystem(
            gradient=kernels.gradient,
            loss=kernels.loss,
            loss_gradient=kernels.loss_gradient,
            log_loss_gradient=None if loss.log_slopes is None else kernels.log_loss_gradient,
            start=start,
            constants=np.concatenate([head, np.array(self.widths, dtype=np.float64), flags, *fixed]),
            names=self.names,
            data=data,
            observables=observables,
            kinks=kinks,
            parts=tuple(parts),
            labels=self.widths[0] if loss.labels == "numbers" else None,
        )


def predictions_of(network: Network, inputs: ArrayLike, parameters: Array) -> Array:
    """Return f of inputs at each row of parameters, shape (n, m, outputs)."""
    return np.array([network.predict(w, inputs) for w in np.atleast_2d(parameters)])
