"""Clocks other than time, by which flows reach what they take exponentially long for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowlab._checks import shown
from flowlab._jit import kernel
from flowlab.dynamics._pointers import as_induced, as_loss_gradient
from flowlab.dynamics._portable import Portable
from flowlab.dynamics.parts import Part, moved, pointer
from flowlab.dynamics.signatures import INDUCED, LOSS_GRADIENT
from flowlab.dynamics.system import GradientSystem, Vector
from flowlab.dynamics.trajectory import LOG_T

CLOCKS = ("time", "log_time", "log_loss", "arc")

_LOG_TIME, _LOG_LOSS, _ARC = 1.0, 2.0, 3.0
# Places in the constants: kernels, and the clock; those of the other system follow.
_BOTH, _INDUCED, _CONSERVED, _CLOCK, _IS_LOG, _HEAD = range(6)


@kernel
def _log_loss_gradient(y: Vector, constants: Vector, data: Vector, rows: NDArray[np.int64], out: Vector) -> float:
    """Return log L, and write the gradient by the clock: (dw/dτ, d log(1 + t)/dτ) less their sign."""
    both = as_loss_gradient(pointer(constants[:_CLOCK].view(np.int64)[_BOTH]))
    last = y.size - 1
    g = out[:last]
    logarithm = both(y[:last], constants[_HEAD:], data, rows, g)
    if constants[_IS_LOG] == 0.0:
        for k in range(last):
            g[k] /= logarithm
        logarithm = np.log(logarithm)
    clock, pace, late = constants[_CLOCK], 1.0, np.exp(-logarithm - y[last])  # dt/(1 + t) of log L's own flow
    if clock == _LOG_TIME:
        pace = np.exp(logarithm + y[last])
    elif clock == _ARC:
        size = 0.0
        for k in range(last):
            size = max(size, abs(g[k]))
        if size > 0.0:
            total = 0.0
            for k in range(last):
                total += (g[k] / size) ** 2
            pace = 1.0 / (size * np.sqrt(total))
    for k in range(last):
        g[k] *= pace
    out[last] = -1.0 if clock == _LOG_TIME else -pace * late
    return float(logarithm)


@kernel
def _gradient(y: Vector, constants: Vector, data: Vector, rows: NDArray[np.int64], out: Vector) -> None:
    _log_loss_gradient(y, constants, data, rows, out)


@kernel
def _log_loss(y: Vector, constants: Vector, data: Vector, rows: NDArray[np.int64]) -> float:
    return _log_loss_gradient(y, constants, data, rows, np.empty(y.size))


@kernel
def _induced(y: Vector, constants: Vector, out: Vector) -> None:
    as_induced(pointer(constants[:_CLOCK].view(np.int64)[_INDUCED]))(y[: y.size - 1], constants[_HEAD:], out)


@kernel
def _parameters(y: Vector, constants: Vector, out: Vector) -> None:
    out[:] = y[: y.size - 1]


@kernel
def _conserved(y: Vector, constants: Vector, out: Vector) -> None:
    as_induced(pointer(constants[:_CLOCK].view(np.int64)[_CONSERVED]))(y[: y.size - 1], constants[_HEAD:], out)


@dataclass(frozen=True, eq=False)
class _Without(Portable):
    """An observable of the parameters without log(1 + t)."""

    observable: Callable[[Vector], Any]

    def __call__(self, parameters: Vector) -> Any:
        return self.observable(parameters[:, :-1])


def by_clock(system: GradientSystem, clock: str) -> GradientSystem:
    """Return a system whose flow runs along the same path by another clock τ.

    Its parameters are those of the system and behind them log(1 + t), so that every record tells its gradient-flow time
    as a logarithm (`Trajectory.log_t`), also where the time itself is beyond all floats. Its loss is log L.

    Parameters
    ----------
    system : GradientSystem
        Of a loss L > 0. Where it has a `log_loss_gradient`, L may be below the range of a float.
    clock : {"time", "log_time", "log_loss", "arc"}
        With "time" the system comes back as it is. "log_time": τ = log(1 + t). "log_loss": dt = dτ/L, so that log L
        descends; at degree of homogeneity above 2 all of the flow passes in a finite τ. "arc": τ is the length of the
        path.

    Returns
    -------
    GradientSystem

    Raises
    ------
    ValueError
        If the clock is none of these, or the system has kinks.

    Examples
    --------
    Of L = w² the flow is w = e^(−2t): 2t long, it goes a way of length 1 − e^(−2t).

    >>> import numba
    >>> from flowlab.dynamics import flow
    >>> from flowlab.dynamics.signatures import GRADIENT, LOSS, LOSS_GRADIENT
    >>> @numba.njit(LOSS_GRADIENT)
    ... def both(w, constants, data, rows, out):
    ...     out[0] = 2 * w[0]
    ...     return w[0] ** 2
    >>> @numba.njit(GRADIENT)
    ... def gradient(w, constants, data, rows, out):
    ...     out[0] = 2 * w[0]
    >>> @numba.njit(LOSS)
    ... def loss(w, constants, data, rows):
    ...     return w[0] ** 2
    >>> square = GradientSystem(gradient, loss, np.ones(1), np.zeros(0), loss_gradient=both)
    >>> run = flow(by_clock(square, "log_time"), np.log(3.0), rtol=1e-10)
    >>> run.log_t[-1].round(9), run.parameters[-1, 0].round(9), np.exp(-4.0).round(9)
    (np.float64(1.098612289), np.float64(0.018315639), np.float64(0.018315639))
    """
    if clock not in CLOCKS:
        raise ValueError(f"clock: got {shown(clock)}; allowed: {', '.join(CLOCKS)}")
    if clock == "time":
        return system
    if system.kinks is not None:
        raise ValueError(f'clock: got "{clock}" for a system with kinks; allowed: "time"')
    both = system.log_loss_gradient or system.loss_gradient
    if both is None:
        raise ValueError(f'clock: got "{clock}" for a system without loss_gradient; allowed: "time", or to give one')
    parts = [Part(_BOTH, both, LOSS_GRADIENT)]
    if system.induced is not None:
        parts.append(Part(_INDUCED, system.induced, INDUCED))
    if system.conserved is not None:
        parts.append(Part(_CONSERVED, system.conserved, INDUCED))
    head = np.zeros(_HEAD)
    head[_CLOCK], head[_IS_LOG] = CLOCKS.index(clock), system.log_loss_gradient is not None
    size = system.induced_size or (np.size(system.start) if system.target is None else np.size(system.target))
    return replace(
        system,
        gradient=_gradient,
        loss=_log_loss,
        loss_gradient=_log_loss_gradient,
        log_loss_gradient=None,
        hessian=None,
        start=np.append(system.start, 0.0),
        constants=np.concatenate([head, system.constants]),
        names=(*system.names, LOG_T),
        induced=_parameters if system.induced is None else _induced,
        induced_size=size,
        conserved=None if system.conserved is None else _conserved,
        observables={name: _Without(function) for name, function in system.observables.items()},
        parts=(*parts, *moved(system.parts, _HEAD)),
        separable=False,
    )
