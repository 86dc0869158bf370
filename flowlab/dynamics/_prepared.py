"""A system, checked once and laid out for the kernels."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from flowlab._arguments import finite, of_shape
from flowlab._checks import number
from flowlab._interrupts import asked, raise_interrupt
from flowlab._jit import kernel, typed_kernel
from flowlab.dynamics._pointers import Model, address, as_gradient, as_induced, as_loss
from flowlab.dynamics._portable import Portable
from flowlab.dynamics.drift import Conserved, conserved_rows
from flowlab.dynamics.parts import Part, resolved
from flowlab.dynamics.signatures import GRADIENT, HESSIAN, INDUCED, LOSS, LOSS_GRADIENT
from flowlab.dynamics.system import GradientSystem
from flowlab.dynamics.trajectory import Interpolant, Occurrence, Statistics, Status, Trajectory, Vector


@typed_kernel(INDUCED)
def _identity(w: Vector, _constants: Vector, out: Vector) -> None:
    for i in range(w.size):
        out[i] = w[i]


@kernel
def _induced_rows(induced_address: Any, constants: Vector, parameters: Vector, out: Vector) -> None:
    induced, waited = as_induced(induced_address), 0
    for n in range(parameters.shape[0]):
        waited = asked(waited, parameters.shape[1] + constants.size + 8)
        if waited < 0:
            raise_interrupt()
        induced(parameters[n], constants, out[n])


@kernel
def _gradient_rows(model: tuple[Any, ...], constants: Vector, parameters: Vector, out: Vector) -> None:
    m = Model(*model)
    gradient = as_gradient(m.gradient)
    for n in range(parameters.shape[0]):
        gradient(parameters[n], constants, m.data, m.rows, out[n])


@kernel
def _watch(
    loss_address: Any,
    induced_address: Any,
    constants: Vector,
    data: Vector,
    rows: NDArray[np.int64],
    parameters: Vector,
    losses: Vector,
    induced_values: Vector,
) -> bool:
    """Fill in loss and induced values at each row of `parameters`; say whether all are finite."""
    loss = as_loss(loss_address)
    induced = as_induced(induced_address)
    total, waited = 0.0, 0
    for n in range(parameters.shape[0]):
        waited = asked(waited, parameters.shape[1] + constants.size + data.size + 8)
        if waited < 0:
            raise_interrupt()
        losses[n] = loss(parameters[n], constants, data, rows)
        induced(parameters[n], constants, induced_values[n])
        total += losses[n] * 0.0
        for i in range(induced_values.shape[1]):
            total += induced_values[n, i] * 0.0
    return bool(total == 0.0)


@dataclass(frozen=True, eq=False)
class _Induced(Portable):
    """The induced values at each row of parameters."""

    kernel: Any
    constants: Vector
    parts: tuple[Part, ...]
    size: int

    def __call__(self, parameters: Vector) -> Vector:
        out = np.empty((parameters.shape[0], self.size))
        numbers = resolved(self.constants, self.parts)
        _induced_rows(address("induced", self.kernel, INDUCED), numbers, parameters, out)
        return out


@dataclass(frozen=True, eq=False)
class Prepared:
    """A checked system: its kernels by address with the arrays they take, and what belongs to it.

    `constants` are those of the system itself, in which its parts have no numbers yet.
    """

    model: Model
    constants: Vector
    start: Vector
    size: int
    target: Vector | None
    induced_of: Callable[[Vector], Vector]
    kernels: tuple[Any, ...]
    conserved_of: Callable[[Vector, Vector], Vector] | None = None

    def conserved(self, system: GradientSystem) -> Conserved | None:
        """Return what is conserved from this start, if the system knows it."""
        if self.conserved_of is None:
            return None
        return Conserved(system.conserved_names, self.start, partial(self.conserved_of, self.constants[None, :]))

    def beginning(self, start: Vector) -> None:
        """Refuse a start at which the loss or an induced value is not finite."""
        values = np.empty((1, self.size))
        m, losses = self.model, np.empty(1)
        if not _watch(m.loss, m.induced, m.constants, m.data, m.rows, start[None, :], losses, values):
            bad = [f"loss {number(losses[0])}"] if not np.isfinite(losses[0]) else []
            bad += [f"induced value {number(value)}" for value in values[0] if not np.isfinite(value)]
            raise ValueError(
                f"start: got parameters with {bad[0]}; allowed: a start with finite loss and induced values"
            )


_prepared: WeakKeyDictionary[GradientSystem, Prepared] = WeakKeyDictionary()


def prepare(system: GradientSystem) -> Prepared:
    """Return the checked form of `system`, made at its first use.

    Raises
    ------
    ValueError
        If a kernel has not its signature, or an array not its shape.
    """
    try:
        return _prepared[system]
    except KeyError:
        made = _prepared[system] = _make(system)
        return made
    except TypeError as error:
        raise ValueError(f"system: got {type(system).__name__}; allowed: a GradientSystem") from error


def _make(system: GradientSystem) -> Prepared:
    if not isinstance(system, GradientSystem):
        raise ValueError(f"system: got {type(system).__name__}; allowed: a GradientSystem")  # noqa: TRY004
    start = finite("start", system.start, dimensions=1)
    constants = finite("constants", system.constants, dimensions=1, empty=True)
    numbers = resolved(constants, system.parts)
    data = finite("data", system.data, dimensions=2, empty=True)
    if len(system.names) != start.size:
        raise ValueError(f"names: got {len(system.names)} names; allowed: one for each of {start.size} parameters")
    target = None if system.target is None else finite("target", system.target, dimensions=1)
    size = start.size
    if system.induced is not None:
        size = system.induced_size or (start.size if target is None else target.size)
    if target is not None:
        of_shape("target", target, target.size == size, f"one for each of {size} induced values")
    induced_kernel = _identity if system.induced is None else system.induced
    induced = address("induced", induced_kernel, INDUCED)

    both = system.loss_gradient
    made = Prepared(
        model=Model(
            gradient=address("gradient", system.gradient, GRADIENT),
            loss=address("loss", system.loss, LOSS),
            induced=induced,
            loss_gradient=0 if both is None else address("loss_gradient", both, LOSS_GRADIENT),
            constants=numbers,
            data=data,
            rows=np.arange(data.shape[0]),
            slope=numbers,
        ),
        constants=constants,
        start=start,
        size=size,
        target=target,
        induced_of=_Induced(induced_kernel, constants, system.parts, size),
        kernels=(system.gradient, system.loss, both, induced_kernel, system.hessian, *(p.kernel for p in system.parts)),
        conserved_of=conserved_rows(system.conserved, len(system.conserved_names), system.parts),
    )
    if system.hessian is not None:
        address("hessian", system.hessian, HESSIAN)
    if system.log_loss_gradient is not None:
        address("log_loss_gradient", system.log_loss_gradient, LOSS_GRADIENT)
    _try_out(system, made)
    made.beginning(start)
    if system.separable:
        _check_separable(made)
    return made


def _try_out(system: GradientSystem, ready: Prepared) -> None:
    """Call each kernel once from Python: called by its address from a compiled loop, it cannot report an error."""
    w, arguments = ready.start.copy(), (ready.model.constants, ready.model.data, ready.model.rows)
    for name, function, rest in (
        ("gradient", system.gradient, (*arguments, np.empty_like(w))),
        ("loss", system.loss, arguments),
        ("loss_gradient", system.loss_gradient, (*arguments, np.empty_like(w))),
        ("induced", system.induced, (ready.model.constants, np.empty(ready.size))),
        ("conserved", system.conserved, (ready.model.constants, np.empty(2 * len(system.conserved_names)))),
    ):
        try:
            if function is not None:
                function(w, *rest)
        except Exception as error:
            reason = " ".join(str(error).split())
            raise ValueError(f"{name}: got {type(error).__name__} ({reason}); allowed: a kernel that runs") from error


def _check_separable(ready: Prepared) -> None:
    """Refuse a system whose gradient is not that of separate parameters: put two of it side by side."""
    size = ready.start.size
    allowed = f"True for constants of shape (n_constants, {size}), flattened row by row, and no data"
    constants, data = ready.model.constants, ready.model.data
    if constants.size % size or data.size:
        raise ValueError(
            f"separable: got True with {constants.size} constants and {data.shape[0]} examples; allowed: {allowed}"
        )
    twice = np.tile(constants.reshape(-1, size), (1, 2)).reshape(-1)
    one, two = np.empty((1, size)), np.empty((1, 2 * size))
    _gradient_rows(tuple(ready.model), constants, ready.start[None, :], one)
    _gradient_rows(tuple(ready.model), twice, np.tile(ready.start, (1, 2)), two)
    if not np.allclose(two[0], np.tile(one[0], 2), rtol=1e-9, atol=0.0, equal_nan=True):
        raise ValueError(
            "separable: got True for a gradient that changes with the number of parameters; "
            "allowed: True for a loss that is a sum over them, each with its own constants"
        )


_NOTHING: MappingProxyType[str, NDArray[Any]] = MappingProxyType({})


def assemble(
    system: GradientSystem,
    ready: Prepared,
    t: Vector,
    parameters: Vector,
    *,
    kind: str,
    status: Status,
    message: str,
    statistics: Statistics,
    events: tuple[Occurrence, ...] = (),
    learning_rate: float | None = None,
    steps: NDArray[np.int64] | None = None,
    interpolant: Interpolant | None = None,
    **more: Any,
) -> Trajectory:
    """Return the trajectory through `parameters`, with its loss, induced values and observables.

    Rows from the first non-finite loss or induced value on are left out, and the run has diverged.
    """
    m, losses = ready.model, np.empty(t.size)
    induced = np.empty((t.size, ready.size))
    if not _watch(m.loss, m.induced, m.constants, m.data, m.rows, parameters, losses, induced):
        kept = int(np.argmin(np.isfinite(losses) & np.isfinite(induced).all(axis=1)))
        t, parameters, losses, induced = t[:kept], parameters[:kept], losses[:kept], induced[:kept]
        steps = None if steps is None else steps[:kept]
        if status is not Status.DIVERGED:
            status = Status.DIVERGED
            message = f"The loss or an induced value overflowed after t = {t[-1]:.6g}; end the run before it."
        if interpolant is not None:
            interpolant = replace(interpolant, stop=float(t[-1]))
    observables = _NOTHING
    if system.observables:
        observables = MappingProxyType({k: np.asarray(f(parameters)) for k, f in system.observables.items()})
    return Trajectory(
        t=t,
        parameters=parameters,
        induced=induced,
        loss=losses,
        names=system.names,
        kind=kind,
        target=ready.target,
        status=status,
        message=message,
        statistics=statistics,
        events=events,
        learning_rate=learning_rate,
        steps=steps,
        observables=observables,
        interpolant=interpolant,
        induced_of=ready.induced_of,
        conserved=ready.conserved(system),
        **more,
    )
