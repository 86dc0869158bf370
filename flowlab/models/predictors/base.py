"""What a predictor is: two kernels, a layout of numbers, and θ(w) once more for any kind of numbers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from flowlab._arguments import count
from flowlab.dynamics.parts import Part, caster

Array = NDArray[np.float64]

_VECTOR = types.float64[::1]
#: ``forward(w, numbers, theta, room)``: θ(w), written into `theta`; what is of use to `back` may be left in `room`.
FORWARD = types.void(_VECTOR, _VECTOR, _VECTOR, _VECTOR)
#: ``back(w, numbers, slope, out, room)``: the transposed Jacobian of θ times a slope, written into `out`. It is called
#: after `forward` at the same w, with the same room.
BACK = types.void(_VECTOR, _VECTOR, _VECTOR, _VECTOR, _VECTOR)
#: ``view(w, numbers, out)``: functions of the parameters; of what is conserved with sizes behind them, as CONSERVED.
VIEW = types.void(_VECTOR, _VECTOR, _VECTOR)

as_forward, as_back, as_view = caster(FORWARD), caster(BACK), caster(VIEW)


class Kernels(NamedTuple):
    """The kernels of a predictor, of the signatures FORWARD and BACK."""

    forward: Any
    back: Any


class Kept(NamedTuple):
    """Functions of the parameters that the flow conserves: a kernel of the signature VIEW, and their names."""

    kernel: Any
    names: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """How a predictor of so many features is laid out.

    Attributes
    ----------
    size : int
        How many numbers θ has: as many as there are features.
    names : tuple of str
        Of the parameters.
    numbers : ndarray
        What its kernels are told.
    room : int
        How many numbers `forward` leaves for `back`.
    parts : tuple of Part
        Kernels that its kernels call, with their places in `numbers`.
    """

    size: int
    names: tuple[str, ...]
    numbers: Array
    room: int = 0
    parts: tuple[Part, ...] = ()


class Predictor(ABC):
    """A predictor f(x) = <θ(w), φ(x)> that is linear in features φ of its input x.

    Attributes
    ----------
    kernels : Kernels
    degree : int or None
        Of homogeneity: θ(c w) = c^degree θ(w) for c > 0; None where there is none.
    """

    kernels: ClassVar[Kernels]

    @property
    @abstractmethod
    def degree(self) -> int | None:
        """The degree of homogeneity of θ; None where it has none."""

    @abstractmethod
    def layout(self, size: int) -> Layout:
        """Return the layout for so many features; ValueError where they do not fit."""

    @abstractmethod
    def start(self, size: int, scale: float, rng: np.random.Generator | None) -> Array:
        """Return parameters of scale `scale`: θ is of that order, or a difference of such."""

    @abstractmethod
    def theta(self, w: Any, size: int) -> Any:
        """Return θ of parameters, shape (..., count) → (..., size): floats, or symbols and the like as objects."""

    def features(self, inputs: Array) -> Array:
        """Return the features φ of inputs, shape (m, size): what θ is multiplied with."""
        return inputs

    def conserved(self, size: int) -> Kept | None:
        """Return what the flow conserves, whatever the loss; None for nothing."""
        return None


def sizes(**given: Any) -> None:
    """Refuse numbers of layers, rows or columns that are no integers >= 1, or sequences with such in them."""
    for name, value in given.items():
        for each in value if isinstance(value, Sequence) else (value,):
            count(name, each)


def drawn(rng: np.random.Generator | None) -> np.random.Generator:
    """Return a generator; ValueError where there is none."""
    if rng is None:
        raise ValueError("seed: got None; allowed: an integer >= 0, or a numpy Generator, as this start is drawn")
    return rng


def numbered(name: str, size: int) -> tuple[str, ...]:
    """Return names with numbers.

    Examples
    --------
    >>> numbered("w", 2)
    ('w[0]', 'w[1]')
    """
    return tuple(f"{name}[{k}]" for k in range(size))
