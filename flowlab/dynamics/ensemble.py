"""Many starts of one system, carried to one time by a compiled loop."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import finite, of_shape
from flowlab.dynamics._arguments import integration, is_logarithmic, method_name
from flowlab.dynamics._ensemble_loop import run_ensemble
from flowlab.dynamics._integration import packed_method
from flowlab.dynamics._prepared import prepare
from flowlab.dynamics.continuous import flow
from flowlab.dynamics.drift import Drift
from flowlab.dynamics.parts import resolved
from flowlab.dynamics.system import GradientSystem
from flowlab.dynamics.tableaux import TABLEAUX
from flowlab.dynamics.trajectory import Status, Vector

_STATUS = np.array(tuple(Status), dtype=object)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Where each member of an ensemble ended.

    Attributes
    ----------
    t : ndarray, shape (m,)
        The gradient-flow time each member reached: `until`, unless it failed.
    parameters : ndarray, shape (m, d)
    induced : ndarray, shape (m, k)
    codes : ndarray of int, shape (m,)
        Each member's status as its position in `Status`.
    steps : ndarray of int, shape (m,)
        Accepted steps.
    names : tuple of str
    moved : callable, optional
        Returns the drift, where the system knows what it conserves.

    Examples
    --------
    >>> one, w = np.ones(1, int), np.ones((1, 1))
    >>> end = Ensemble(np.ones(1), w, w, 0 * one, one, ("w",))
    >>> end.status[0], end.ok
    (<Status.REACHED_END: 'reached the end'>, True)
    """

    t: Vector
    parameters: Vector
    induced: Vector
    codes: NDArray[np.int64]
    steps: NDArray[np.int64]
    names: tuple[str, ...]
    moved: Callable[[], Drift] | None = field(default=None, repr=False)

    @cached_property
    def drift(self) -> Drift | None:
        """How far each member moved the k conserved quantities, of shape (m, k); None where none are known."""
        return None if self.moved is None else self.moved()

    @property
    def status(self) -> NDArray[np.object_]:
        """Each member's `Status`, shape (m,)."""
        return np.asarray(_STATUS[self.codes])

    @property
    def ok(self) -> bool:
        """Whether every member reached its end."""
        return not self.codes.any()


def _moved(
    names: tuple[str, ...], functions: Callable[[Vector, Vector], Vector], every: Vector, first: Vector, last: Vector
) -> Drift:
    return Drift.between(names, functions(every, first), functions(every, last))


@np.errstate(all="ignore")
def flow_ensemble(
    system: GradientSystem,
    until: float,
    *,
    starts: ArrayLike,
    constants: ArrayLike | None = None,
    method: str = "dop853",
    rtol: float = 1e-9,
    atol: float = 1e-12,
    coordinates: Literal["weights", "log"] = "weights",
    max_steps: int = 100_000,
) -> Ensemble:
    """Integrate the gradient flow from many starts to one time.

    Each member takes the steps that `flow` would take, and ends with the same bits in whatever company. A
    system that is separable runs fastest; one with kinks slowest, as its members are carried one by one.

    Parameters
    ----------
    system : GradientSystem
        Its own start is not used.
    until : float
        The end, in gradient-flow time; greater than 0.
    starts : array_like, shape (m, d)
    constants : array_like, shape (m, q), optional
        A row for each member, as long as the system's constants; the system's own if missing.
    method : str
        "dop853" or "dopri5".
    rtol, atol, coordinates, max_steps
        As for `flow`.

    Returns
    -------
    Ensemble
        A member that fails holds the last point it reached.

    Raises
    ------
    ValueError
        On an argument outside what is allowed.

    Examples
    --------
    >>> import numba
    >>> from flowlab.dynamics.signatures import GRADIENT, LOSS
    >>> @numba.njit(GRADIENT)
    ... def gradient(w, constants, data, rows, out):
    ...     out[0] = w[0] - constants[0]
    >>> @numba.njit(LOSS)
    ... def loss(w, constants, data, rows):
    ...     return 0.5 * (w[0] - constants[0]) ** 2
    >>> system = GradientSystem(gradient, loss, start=np.zeros(1), constants=np.ones(1), names=("w",))
    >>> end = flow_ensemble(system, 1.0, starts=[[0.0], [1.0]])
    >>> end.parameters[:, 0].round(6)
    array([0.632121, 1.      ])
    """
    ready = prepare(system)
    limits = integration(until, rtol, atol, max_steps)
    members = finite("starts", starts, dimensions=2).copy()
    of_shape("starts", members, members.shape[1] == ready.start.size, f"(m, {ready.start.size})")
    method_name(method, tuple(TABLEAUX))
    logarithmic = is_logarithmic("starts", coordinates, members)
    size = members.shape[0]
    if constants is None:
        every = np.broadcast_to(ready.constants, (size, ready.constants.size)).copy()
    else:
        shape = (size, ready.constants.size)
        every = finite("constants", constants, dimensions=2)
        of_shape("constants", every, every.shape == shape, str(shape))
    codes, times, steps = np.empty(size, np.int64), np.empty(size), np.empty(size, np.int64)
    induced = np.empty((size, ready.size))
    if system.kinks is None:
        run_ensemble(
            tuple(ready.model), packed_method(method), limits, logarithmic, bool(system.separable), members,
            resolved(every, system.parts), (codes, times, steps), induced,
        )  # fmt: skip
    else:
        for n in range(size):
            one = replace(system, start=members[n], constants=every[n])
            path = flow(
                one, until, times=[until], method=method, rtol=rtol, atol=atol, coordinates=coordinates,
                max_steps=max_steps, dense=False,
            )  # fmt: skip
            members[n], induced[n] = path.parameters[-1], path.induced[-1]
            codes[n], times[n], steps[n] = tuple(Status).index(path.status), path.t[-1], path.statistics.steps
    moved = None
    if ready.conserved_of is not None:
        first = finite("starts", starts, dimensions=2).copy()
        moved = partial(_moved, system.conserved_names, ready.conserved_of, every, first, members)
    return Ensemble(times, members, induced, codes, steps, system.names, moved)
