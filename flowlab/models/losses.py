"""Losses, each stated once: what a prediction costs, and the slope of that.

A loss knows nothing of predictors. Its kernel is given the predictions of some rows and their labels; it returns the
sum of the losses and turns each prediction into its loss's slope. The kernel of a loss's logarithm is given all rows at
once, returns the logarithm of the mean, and the slopes of that.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from flowlab._elementary import exp, log1p
from flowlab._jit import kernel, summing_kernel
from flowlab.dynamics.parts import caster

Vector = NDArray[np.float64]

#: ``slopes(predictions, labels) -> float``.
SLOPES = types.float64(types.float64[::1], types.float64[::1])
#: ``cost(theta, numbers, slope) -> float``: a loss of θ itself, with its slope; of a population, not of examples.
COST = types.float64(types.float64[::1], types.float64[::1], types.float64[::1])

as_slopes, as_cost = caster(SLOPES), caster(COST)


@dataclass(frozen=True)
class Loss:
    """A loss ℓ(f, y) of a prediction and its label.

    Attributes
    ----------
    name : str
    slopes : kernel
        Of the signature SLOPES.
    log_slopes : kernel or None
        The same of the logarithm of the mean loss, whose gradient does not vanish with the loss; None where the loss
        can be 0.
    labels : str
        What they are: "signs" where the loss is one of the margin y f, "numbers" where it is of a residual, "classes"
        where predictions are one number for each class 0, 1, ….
    """

    name: str
    slopes: Any
    log_slopes: Any = None
    labels: str = "signs"


@summing_kernel
def _squared(predictions: Vector, labels: Vector) -> float:
    """(f − y)²."""
    total = 0.0
    for i in range(predictions.size):
        miss = predictions[i] - labels[i]
        total += miss * miss
        predictions[i] = 2.0 * miss
    return total


@summing_kernel
def _exponential(predictions: Vector, labels: Vector) -> float:
    """e^(−yf)."""
    total = 0.0
    for i in range(predictions.size):
        loss = exp(-labels[i] * predictions[i])
        total += loss
        predictions[i] = -labels[i] * loss
    return total


@summing_kernel
def _logistic(predictions: Vector, labels: Vector) -> float:
    """log(1 + e^(−yf))."""
    total = 0.0
    for i in range(predictions.size):
        margin = labels[i] * predictions[i]
        rest = exp(-abs(margin))
        total += max(-margin, 0.0) + log1p(rest)
        predictions[i] = -labels[i] * (1.0 if margin < 0.0 else rest) / (1.0 + rest)
    return total


@kernel
def _finished(total: float, least: float, slopes: Vector) -> float:
    """Divide slopes by the sum of the losses, from which e^(−least) is left out; return the mean's logarithm."""
    for i in range(slopes.size):
        slopes[i] /= total
    return float(math.log(total / slopes.size) - least)


@kernel
def _least_margin(predictions: Vector, labels: Vector) -> float:
    least = np.inf
    for i in range(predictions.size):
        least = min(least, labels[i] * predictions[i])
    return least


@summing_kernel
def _log_exponential(predictions: Vector, labels: Vector) -> float:
    least, total = _least_margin(predictions, labels), 0.0
    for i in range(predictions.size):
        part = exp(least - labels[i] * predictions[i])  # of e^(−margin), with the largest one divided out
        total += part
        predictions[i] = -labels[i] * part
    return _finished(total, least, predictions)


@summing_kernel
def _log_logistic(predictions: Vector, labels: Vector) -> float:
    least, total = _least_margin(predictions, labels), 0.0
    if least < 0.0:
        return _finished(_logistic(predictions, labels), 0.0, predictions)
    for i in range(predictions.size):
        margin = labels[i] * predictions[i]
        part, odds = exp(least - margin), exp(-margin)
        total += part * (log1p(odds) / odds if odds > 0.0 else 1.0)
        predictions[i] = -labels[i] * part / (1.0 + odds)
    return _finished(total, least, predictions)


@kernel
def _soft_margins(predictions: Vector, labels: Vector) -> Vector:
    """Return −log Σ e^(f_k − f_y), over the classes k other than y, of each row: e^(−it) are the odds against y."""
    count = predictions.size // labels.size
    margins = np.empty(labels.size)
    for i in range(labels.size):
        row, right = predictions[i * count : (i + 1) * count], int(labels[i])
        largest, total = -np.inf, 0.0
        for k in range(count):
            if k != right:
                largest = max(largest, row[k])
        for k in range(count):
            if k != right:
                total += exp(row[k] - largest)
        margins[i] = row[right] - largest - math.log(total)
    return margins


@kernel
def _spread(predictions: Vector, labels: Vector, margins: Vector, slopes: Vector) -> None:
    """Turn predictions into slopes, given those in the soft margins."""
    count = predictions.size // labels.size
    for i in range(labels.size):
        row, right = predictions[i * count : (i + 1) * count], int(labels[i])
        height = row[right] - margins[i]
        for k in range(count):
            row[k] = slopes[i] if k == right else -slopes[i] * exp(row[k] - height)


@kernel
def _of_classes(predictions: Vector, labels: Vector, logarithm: bool) -> float:
    """−log of the softmax at the label: the logistic loss of the soft margin."""
    margins, ones = _soft_margins(predictions, labels), np.ones(labels.size)
    slopes = margins.copy()
    total = _log_logistic(slopes, ones) if logarithm else _logistic(slopes, ones)
    _spread(predictions, labels, margins, slopes)
    return total


@kernel
def _cross_entropy(predictions: Vector, labels: Vector) -> float:
    return _of_classes(predictions, labels, False)


@kernel
def _log_cross_entropy(predictions: Vector, labels: Vector) -> float:
    return _of_classes(predictions, labels, True)


#: Every loss by its name.
LOSSES = {
    loss.name: loss
    for loss in (
        Loss("squared", _squared, labels="numbers"),
        Loss("exponential", _exponential, _log_exponential),
        Loss("logistic", _logistic, _log_logistic),
        Loss("cross_entropy", _cross_entropy, _log_cross_entropy, labels="classes"),
    )
}
#: The names of those that are of the margin.
MARGINS = tuple(name for name, loss in LOSSES.items() if loss.labels == "signs")


@kernel
def distance(theta: Vector, target: Vector, slope: Vector) -> float:
    """‖θ − θ*‖², of the signature COST."""
    total = 0.0
    for k in range(theta.size):
        miss = theta[k] - target[k]
        total += miss * miss
        slope[k] = 2.0 * miss
    return total
