"""A gradient system: one gradient, one layout of parameters, for continuous and discrete time alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowlab.dynamics._portable import Portable
from flowlab.dynamics.parts import Part, resolved

Vector = NDArray[np.float64]


def _no_data() -> Vector:
    return np.zeros((0, 0))


@dataclass(frozen=True, eq=False)
class Kinks(Portable):
    """Where a loss is not smooth, and what it is on either side.

    A kink is where its *switch* g_k is 0. On the sides s_k = sign g_k the loss is smooth, and goes on smoothly
    beyond the kink as if there were none: |u| is s·u. The kernels below are given the sides behind the system's
    constants, k of them, each −1 or 1, or between for a point at its kink: then the gradient is to be that far between
    those of the two sides.

    Attributes
    ----------
    gradient, switches : kernel
        Both of the signature GRADIENT: the gradient with given sides, and the switches, written into k numbers. A
        kink that lies within another's switch comes before it.
    normals : kernel
        Of the signature HESSIAN: ∇g_k, written into a matrix of k rows; of norms 0.
    names : tuple of str
        What to call each kink: commonly, its switch.
    hessian : kernel, optional
        The Hessian with given sides.
    loss : kernel, optional
        The loss with given sides: needed only where it may have steps, which are looked for at each kink.
    roots : tuple of int or None
        Where the gradient is continuous at a kink but grows like a root from it, as that of |g|^(3/2), so that a flow
        can come to rest there in finite time: 0, or the one side (−1 or 1) on which the loss is defined; None for any
        other kink. With a side that is not −1 or 1 the gradient is to be without the root. None for all if missing.
    parts : tuple of tuple of int
        Of a switch that is a norm |v|, the places of the switches v_i whose norm it is, which count for themselves no
        more; none of any other. There the loss is not smooth where all v_i are 0. With the side 1 the gradient is to be
        that of the loss, with another that which it has with Σ s_i v_i for |v|, where s_i are the sides of the v_i: at
        rest any in the unit ball. None for all if missing.
    declared : tuple of str
        Of a switch that is a parameter, what that is declared to be: "positive", "negative", "nonnegative" or
        "nonpositive"; "" of any other. A flow ends where it would take it beyond 0, and if 0 itself is not allowed also
        where it would rest there. Nothing for all if missing.

    Examples
    --------
    The loss |w|: its switch is w.

    >>> import numba
    >>> from flowlab.dynamics import flow
    >>> from flowlab.dynamics.signatures import GRADIENT, HESSIAN, LOSS
    >>> @numba.njit(GRADIENT)
    ... def gradient(w, constants, data, rows, out):
    ...     out[0] = np.sign(w[0])
    >>> @numba.njit(GRADIENT)
    ... def sided(w, constants, data, rows, out):
    ...     out[0] = constants[0]
    >>> @numba.njit(GRADIENT)
    ... def switches(w, constants, data, rows, out):
    ...     out[0] = w[0]
    >>> @numba.njit(HESSIAN)
    ... def normals(w, constants, data, rows, out):
    ...     out[0, 0] = 1.0
    >>> @numba.njit(LOSS)
    ... def loss(w, constants, data, rows):
    ...     return abs(w[0])
    >>> kinks = Kinks(sided, switches, normals, names=("w",))
    >>> path = flow(GradientSystem(gradient, loss, start=np.ones(1), constants=np.zeros(0), kinks=kinks), 3.0)
    >>> path.message, round(path.sliding[0].start, 12)
    ('The flow reached t = 3, sliding on w = 0.', 1.0)
    """

    gradient: Callable[..., None]
    switches: Callable[..., None]
    normals: Callable[..., None]
    names: tuple[str, ...]
    hessian: Callable[..., None] | None = None
    loss: Callable[..., float] | None = None
    roots: tuple[int | None, ...] = ()
    parts: tuple[tuple[int, ...], ...] = ()
    declared: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class GradientSystem(Portable):
    """What a solver needs to know of a model.

    Contiguous float64 arrays that can be written to are used where they lie: no solver copies `constants` or `data`,
    which may be large. They are checked at the first use of the system and not looked at again; make another system for
    other numbers.

    Attributes
    ----------
    gradient, loss : kernel
        Jitted with the signatures of `flowlab.dynamics.signatures`.
    start : ndarray, shape (d,)
        The parameters at time 0.
    constants : ndarray, shape (k,)
        Passed to every kernel: hyperparameters, and what there is one of for each example, such as labels.
    data : ndarray, shape (m, q)
        One example a row; no rows for a population loss.
    names : tuple of str
        One for each parameter; w0, w1, … if missing.
    induced : kernel, optional
        The induced values σ(w); the parameters themselves where it is missing.
    target : ndarray, shape (n,), optional
        The optimum σ* of each induced value, where it is known; its length is the number of induced values.
    induced_size : int, optional
        The number of induced values where no target tells it; without either, as many as parameters.
    loss_gradient : kernel, optional
        The loss and its gradient at once, where that costs less than one after the other; descents that stop at a
        loss use it.
    log_loss_gradient : kernel, optional
        As `loss_gradient`, of the logarithm of the loss, however small that is: what the clocks of
        `flowlab.dynamics.by_clock` reach late times by.
    hessian : kernel, optional
    conserved : kernel, optional
        Functions of the parameters that the flow conserves, and their sizes; every run then reports their drift, when
        it is asked for.
    conserved_names : tuple of str
        One for each function of `conserved`.
    separable : bool
        Whether the loss is a sum over the parameters of one function of each, w_i, and its constants: the
        gradient takes any number n of parameters, and constants of shape (n_constants, n), flattened row by
        row. Ensembles of such a system run fastest.
    kinks : Kinks, optional
        Where the loss is not smooth; `gradient` and `loss` are then those of the side on which the parameters are, and
        at a kink whatever they are there, which is what a descent takes. Without it a flow takes every loss for smooth.
    observables : mapping of str to callable
        What else is worth watching: each maps parameters of shape (times, d) to an array of as many rows.
    parts : tuple of Part
        Kernels that the system's kernels call, each with its place among the constants: see `flowlab.dynamics.parts`.
    labels : int, optional
        The column of the data in which the labels stand, where they are numbers to which noise may be added.

    Examples
    --------
    Linear regression, with the matrix as data and the labels as constants; on all rows BLAS does the work.

    >>> import numba
    >>> from flowlab.dynamics import flow
    >>> from flowlab.dynamics.signatures import GRADIENT, LOSS
    >>> @numba.njit(GRADIENT)
    ... def gradient(w, labels, data, rows, out):
    ...     np.dot(data.T, np.dot(data, w) - labels, out)
    >>> @numba.njit(LOSS)
    ... def loss(w, labels, data, rows):
    ...     return 0.5 * np.sum((np.dot(data, w) - labels) ** 2)
    >>> matrix, labels = np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([1.0, 5.0])
    >>> system = GradientSystem(gradient, loss, np.zeros(2), labels, data=matrix)
    >>> flow(system, 100.0, times=[100.0], dense=False).parameters.round(6)
    array([[1., 2.]])
    """

    gradient: Callable[..., None]
    loss: Callable[..., float]
    start: Vector
    constants: Vector
    names: tuple[str, ...] = ()
    data: Vector = field(default_factory=_no_data)
    induced: Callable[..., None] | None = None
    target: Vector | None = None
    loss_gradient: Callable[..., float] | None = None
    log_loss_gradient: Callable[..., float] | None = None
    hessian: Callable[..., None] | None = None
    observables: Mapping[str, Callable[[Vector], Any]] = field(default_factory=dict)
    induced_size: int | None = None
    separable: bool = False
    conserved: Callable[..., None] | None = None
    conserved_names: tuple[str, ...] = ()
    kinks: Kinks | None = None
    parts: tuple[Part, ...] = ()
    labels: int | None = None

    def __post_init__(self) -> None:
        if not self.names:
            object.__setattr__(self, "names", tuple(f"w{i}" for i in range(np.size(self.start))))

    @property
    def numbers(self) -> Vector:
        """The constants as kernels are given them in this process: with the `parts` in their places."""
        return resolved(self.constants, self.parts)
