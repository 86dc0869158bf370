"""How far what a gradient flow conserves has moved along a run: an error estimate that needs no exact solution."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowlab._interrupts import asked, raise_interrupt
from flowlab._jit import kernel
from flowlab.dynamics._pointers import address, as_induced
from flowlab.dynamics._portable import Portable
from flowlab.dynamics.parts import Part, resolved
from flowlab.dynamics.signatures import CONSERVED

Vector = NDArray[np.float64]


@kernel
def _rows(conserved_address: Any, constants: Vector, parameters: Vector, out: Vector) -> None:
    conserved, waited = as_induced(conserved_address), 0
    for n in range(parameters.shape[0]):
        waited = asked(waited, parameters.shape[1] + out.shape[1] + 8)
        if waited < 0:
            raise_interrupt()
        conserved(parameters[n], constants[n % constants.shape[0]], out[n])


@dataclass(frozen=True, eq=False)
class _Evaluation(Portable):
    """What maps constants and parameters to functions and sizes."""

    function: Any
    count: int
    parts: tuple[Part, ...]

    @np.errstate(all="ignore")  # without compilation NumPy would warn of what is reported as inf
    def __call__(self, constants: Vector, parameters: Vector) -> Vector:
        out = np.empty((parameters.shape[0], 2 * self.count))
        numbers = resolved(constants, self.parts)
        _rows(address("conserved", self.function, CONSERVED), numbers, parameters, out)
        return out


def conserved_rows(
    function: Any, count: int, parts: tuple[Part, ...] = ()
) -> Callable[[Vector, Vector], Vector] | None:
    """Return what maps constants, shape (1, q) or (n, q), and parameters, shape (n, d), to functions and sizes.

    Parameters
    ----------
    function : kernel or None
        Of the signature `CONSERVED`; None for none.
    count : int
        How many functions there are.
    parts : tuple of Part
        Of the system.

    Returns
    -------
    callable or None
        Its results are of shape (n, 2 count).

    Raises
    ------
    ValueError
        If there is a kernel without names, names without a kernel, or a kernel of another signature.

    Examples
    --------
    >>> import numba
    >>> @numba.njit(CONSERVED)
    ... def gap(w, constants, out):
    ...     out[0], out[1] = w[0] - w[1], abs(w[0]) + abs(w[1])
    >>> conserved_rows(gap, 1)(np.zeros((1, 0)), np.array([[3.0, 2.0]]))
    array([[1., 5.]])
    """
    if (function is None) != (count == 0):
        given = "no kernel" if function is None else "a kernel"
        raise ValueError(f"conserved_names: got {count} with {given}; allowed: one for each function of conserved")
    if function is None:
        return None
    address("conserved", function, CONSERVED)
    return _Evaluation(function, count, parts)


@dataclass(frozen=True, eq=False)
class Conserved:
    """Functions of the parameters that a gradient flow leaves unchanged.

    Attributes
    ----------
    names : tuple of str
        One for each of the k functions.
    start : ndarray, shape (d,)
        Where the run began.
    evaluate : callable
        Maps parameters of shape (n, d) to shape (n, 2 k): the functions, then the size of each.

    Examples
    --------
    >>> gap = Conserved(("a - b",), np.ones(2), lambda w: np.stack([w[:, 0] - w[:, 1], abs(w).sum(axis=1)], axis=1))
    >>> gap.values(np.array([[3.0, 2.0]]))
    array([[1.]])
    >>> gap.drift(np.array([[1.0, 1.0], [3.0, 2.0]])).absolute
    array([1.])
    """

    names: tuple[str, ...]
    start: Vector
    evaluate: Callable[[Vector], Vector]

    def values(self, parameters: Vector) -> Vector:
        """Return the functions at parameters of shape (n, d), shape (n, k)."""
        return self.evaluate(np.ascontiguousarray(parameters))[:, : len(self.names)]

    def drift(self, parameters: Vector) -> "Drift":
        """Return how far the functions are from where the run began, at the worst of the rows of `parameters`."""
        start, rows = self.evaluate(self.start[None, :]), self.evaluate(parameters)
        each = Drift.between(self.names, start, rows)
        return Drift(self.names, each.absolute.max(axis=0, initial=0.0), each.scale.max(axis=0, initial=0.0))


@dataclass(frozen=True, eq=False)
class Drift:
    """How far conserved functions have moved, each at its worst record.

    A gradient flow moves none of them: of an integrated flow this is an error that its method made, of a descent the
    distance from the flow that its steps make, of the order of the learning rate. It bounds no other error; what
    moves along the flow's own path it does not see.

    Attributes
    ----------
    names : tuple of str
        One for each of the k functions.
    absolute : ndarray, shape (k,), or (m, k) of an ensemble
        The largest |h(t) − h(0)|; inf where a function overflows.
    scale : ndarray, of the same shape
        The largest size of the function on the way, that of its terms added without cancelling.

    Examples
    --------
    >>> drift = Drift(("a**2 - b**2",), np.array([1e-9]), np.array([10.0]))
    >>> drift.relative, drift.worst
    (array([1.e-10]), 1e-10)
    >>> print(drift)
    conserved quantities moved by at most 1e-10 of their size (a**2 - b**2)
    """

    names: tuple[str, ...]
    absolute: Vector
    scale: Vector

    @classmethod
    def between(cls, names: tuple[str, ...], start: Vector, rows: Vector) -> "Drift":
        """Compare values and sizes, shape (n, 2 k), with those at the start, shape (1, 2 k) or (n, 2 k), row by row."""
        count = len(names)
        with np.errstate(all="ignore"):
            gaps = np.abs(rows[:, :count] - start[:, :count])
        return cls(names, np.where(np.isnan(gaps), np.inf, gaps), np.maximum(start, rows)[:, count:])

    @property
    def relative(self) -> Vector:
        """The drift as a part of the scale; 0 where nothing moved."""
        with np.errstate(all="ignore"):
            ratio = self.absolute / self.scale
        return np.where(self.absolute == 0.0, 0.0, np.where(np.isfinite(ratio), ratio, np.inf))

    @property
    def worst(self) -> float:
        """The largest relative drift; 0 of no functions."""
        return float(self.relative.max(initial=0.0))

    def __str__(self) -> str:
        """Say how large the worst one is, and which it is."""
        if not self.names:
            return "no conserved quantities"
        name = self.names[int(np.argmax(self.relative)) % len(self.names)]
        return f"conserved quantities moved by at most {self.worst:.3g} of their size ({name})"
