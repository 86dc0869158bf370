"""What joins a predictor and a loss: one set of kernels for all of them, compiled once, which call theirs by address.

The constants begin with the kernels' places; see `joined`, which lays them out.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowlab._jit import kernel
from flowlab.dynamics import GradientSystem
from flowlab.dynamics._pointers import borrowed
from flowlab.dynamics.parts import Part, moved, pointer
from flowlab.models._sweep import mean_loss
from flowlab.models.losses import COST, SLOPES, Loss, as_cost
from flowlab.models.predictors.base import BACK, FORWARD, VIEW, Predictor, as_back, as_forward, as_view

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

# Places in the constants: kernels; the sizes of θ, of the room and of the predictor's numbers; the loss's factor. The
# predictor's numbers follow, then those of a population's loss.
_FORWARD, _BACK, _LOSS, _LOG_LOSS, _KEPT, _VIEW, _SIZE, _ROOM, _NUMBERS, _SCALE, HEAD = range(11)


class Population(NamedTuple):
    """A loss of θ itself: a kernel of the signature COST, and what it is told."""

    kernel: Any
    numbers: Array


@kernel
def _evaluate(place: int, w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> float:
    """Return the loss of the kernel at a place, and write its gradient: the pull-back of its slope in θ."""
    w, constants, data, rows, out = borrowed((w, constants, data, rows, out))
    parts = constants[:_SIZE].view(np.int64)
    size, room, end = int(constants[_SIZE]), int(constants[_ROOM]), HEAD + int(constants[_NUMBERS])
    memory = np.empty(2 * size + room)
    spare = borrowed(memory)
    theta, slope, spare = spare[:size], spare[size : 2 * size], spare[2 * size :]
    numbers, scale = constants[HEAD:end], constants[_SCALE]
    as_forward(pointer(parts[_FORWARD]))(w, numbers, theta, spare)
    if data.shape[0] > 0:
        loss = mean_loss(parts[place], place == _LOG_LOSS, theta, data, rows, slope)
    else:
        loss = as_cost(pointer(parts[place]))(theta, constants[end:], slope)
    if scale != 1.0 and place == _LOSS:
        for k in range(size):
            slope[k] *= scale
        loss *= scale
    as_back(pointer(parts[_BACK]))(w, numbers, slope, out, spare)
    if memory.size == 0:  # what is borrowed of it does not keep it
        return np.nan
    return float(loss)


@kernel
def loss_gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> float:
    """Return the loss, and write its gradient."""
    return _evaluate(_LOSS, w, constants, data, rows, out)


@kernel
def log_loss_gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> float:
    """Return the logarithm of the loss, and write its gradient."""
    return float(_evaluate(_LOG_LOSS, w, constants, data, rows, out) + math.log(constants[_SCALE]))


@kernel
def _gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> None:
    """Write the gradient."""
    _evaluate(_LOSS, w, constants, data, rows, out)


@kernel
def _loss(w: Array, constants: Array, data: Array, rows: Rows) -> float:
    """Return the loss."""
    return _evaluate(_LOSS, w, constants, data, rows, np.empty(w.size))


@kernel
def _log_gradient(w: Array, constants: Array, data: Array, rows: Rows, out: Array) -> None:
    """Write the gradient of the logarithm of the loss."""
    log_loss_gradient(w, constants, data, rows, out)


@kernel
def _log_loss(w: Array, constants: Array, data: Array, rows: Rows) -> float:
    """Return the logarithm of the loss."""
    return log_loss_gradient(w, constants, data, rows, np.empty(w.size))


@kernel
def _theta(w: Array, constants: Array, out: Array) -> None:
    forward = as_forward(pointer(constants[:_SIZE].view(np.int64)[_FORWARD]))
    forward(w, constants[HEAD : HEAD + int(constants[_NUMBERS])], out, np.empty(int(constants[_ROOM])))


@kernel
def _view(w: Array, constants: Array, out: Array) -> None:
    view = as_view(pointer(constants[:_SIZE].view(np.int64)[_VIEW]))
    view(w, constants[HEAD : HEAD + int(constants[_NUMBERS])], out)


@kernel
def _conserved(w: Array, constants: Array, out: Array) -> None:
    kept = as_view(pointer(constants[:_SIZE].view(np.int64)[_KEPT]))
    kept(w, constants[HEAD : HEAD + int(constants[_NUMBERS])], out)


def joined(
    predictor: Predictor,
    loss: Loss | Population,
    size: int,
    start: Array,
    *,
    data: Array | None = None,
    scale: float = 1.0,
    view: tuple[Any, int] | None = None,
    target: Array | None = None,
    observables: Mapping[str, Callable[[Array], Any]] | None = None,
) -> GradientSystem:
    """Return the system of a predictor under a loss.

    Parameters
    ----------
    predictor : Predictor
    loss : Loss or Population
        A loss of examples, which `data` has then; or of θ itself.
    size : int
        Of θ.
    start : ndarray
    data : ndarray, optional
        A `table`.
    scale : float
        What multiplies the loss.
    view : (kernel, int), optional
        The induced values, by a kernel of the signature VIEW, and how many there are; θ if missing.
    target, observables
        Of the `GradientSystem`.
    """
    layout = predictor.layout(size)
    conserved = predictor.conserved(size)
    told = loss.numbers if isinstance(loss, Population) else np.zeros(0)
    logarithm = None if isinstance(loss, Population) else loss.log_slopes
    costs = (loss.kernel, COST) if isinstance(loss, Population) else (loss.slopes, SLOPES)
    parts = [Part(_FORWARD, predictor.kernels.forward, FORWARD), Part(_BACK, predictor.kernels.back, BACK)]
    parts.append(Part(_LOSS, *costs))
    if logarithm is not None:
        parts.append(Part(_LOG_LOSS, logarithm, SLOPES))
    if conserved is not None:
        parts.append(Part(_KEPT, conserved.kernel, VIEW))
    if view is not None:
        parts.append(Part(_VIEW, view[0], VIEW))
    head = np.zeros(HEAD)
    head[[_SIZE, _ROOM, _NUMBERS, _SCALE]] = layout.size, layout.room, layout.numbers.size, scale
    return GradientSystem(
        gradient=_gradient,
        loss=_loss,
        loss_gradient=loss_gradient,
        log_loss_gradient=None if logarithm is None else log_loss_gradient,
        start=start,
        constants=np.concatenate([head, layout.numbers, told]),
        names=layout.names,
        data=np.zeros((0, 0)) if data is None else data,
        induced=_theta if view is None else _view,
        induced_size=layout.size if view is None else view[1],
        target=target,
        conserved=None if conserved is None else _conserved,
        conserved_names=() if conserved is None else conserved.names,
        observables=observables or {},
        parts=(*parts, *moved(layout.parts, HEAD)),
        labels=size if isinstance(loss, Loss) and loss.labels == "numbers" else None,
    )


def of_logarithm(system: GradientSystem) -> GradientSystem:
    """Return the `joined` system of the loss log L: the same path, by a clock τ with dt = dτ/L."""
    return replace(
        system,
        gradient=_log_gradient,
        loss=_log_loss,
        loss_gradient=log_loss_gradient,
        log_loss_gradient=None,
    )
