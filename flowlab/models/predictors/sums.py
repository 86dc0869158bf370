"""Sums of predictors, each with parameters of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from flowlab._jit import kernel
from flowlab.dynamics.parts import Part, moved, pointer
from flowlab.models.predictors.base import BACK, FORWARD, Array, Kernels, Layout, Predictor, as_back, as_forward

#: Of each term: two kernels, and how many parameters, numbers and numbers of room it has.
_HEAD = 5


@kernel
def _sum(w: Array, numbers: Array, theta: Array, room: Array) -> None:
    theta[:] = 0.0
    size, at, own, place = theta.size, 0, 1 + _HEAD * int(numbers[0]), theta.size
    for k in range(int(numbers[0])):
        first = 1 + _HEAD * k
        forward = as_forward(pointer(numbers[first : first + 1].view(np.int64)[0]))
        count, told, spare = int(numbers[first + 2]), int(numbers[first + 3]), int(numbers[first + 4])
        forward(w[at : at + count], numbers[own : own + told], room[:size], room[place : place + spare])
        for i in range(size):
            theta[i] += room[i]
        at, own, place = at + count, own + told, place + spare


@kernel
def _sum_back(w: Array, numbers: Array, slope: Array, out: Array, room: Array) -> None:
    at, own, place = 0, 1 + _HEAD * int(numbers[0]), slope.size
    for k in range(int(numbers[0])):
        first = 1 + _HEAD * k
        back = as_back(pointer(numbers[first + 1 : first + 2].view(np.int64)[0]))
        count, told, spare = int(numbers[first + 2]), int(numbers[first + 3]), int(numbers[first + 4])
        mine = w[at : at + count]
        back(mine, numbers[own : own + told], slope, out[at : at + count], room[place : place + spare])
        at, own, place = at + count, own + told, place + spare


def _features_of(term: Predictor) -> Any:
    return _features_of(term.terms[0]) if isinstance(term, Sum) else type(term).features


@dataclass(frozen=True, init=False)
class Sum(Predictor):
    """The sum of some predictors of the same features, θ = θ_1 + θ_2 + ⋯; what orders they have may differ.

    Attributes
    ----------
    terms : tuple of Predictor

    Examples
    --------
    >>> from flowlab.models.predictors import Identity, Products
    >>> mixed = Sum(Identity(), Products(2, signed=False))
    >>> mixed.layout(1).names, mixed.theta([1.0, 2.0, 3.0], 1)
    (('1 w[0]', '2 u1[0]', '2 u2[0]'), array([7.]))
    """

    terms: Sequence[Predictor]
    kernels: ClassVar[Kernels] = Kernels(_sum, _sum_back)

    def __init__(self, *terms: Predictor) -> None:
        object.__setattr__(self, "terms", terms)
        if not terms or len({_features_of(term) for term in terms}) != 1:
            names = ", ".join(type(term).__name__ for term in terms)
            raise ValueError(f"terms: got {names or 'none'}; allowed: predictors of the same features")

    @property
    def degree(self) -> int | None:
        degrees = {term.degree for term in self.terms}
        return degrees.pop() if len(degrees) == 1 else None

    def layout(self, size: int) -> Layout:
        layouts = [term.layout(size) for term in self.terms]
        names = tuple(f"{k} {name}" for k, layout in enumerate(layouts, 1) for name in layout.names)
        numbers: list[float] = [len(layouts)]
        parts: list[Part] = []
        for term, layout in zip(self.terms, layouts, strict=True):
            parts += [
                Part(len(numbers), term.kernels.forward, FORWARD),
                Part(len(numbers) + 1, term.kernels.back, BACK),
            ]
            numbers += [0.0, 0.0, len(layout.names), layout.numbers.size, layout.room]
        for layout in layouts:
            parts += moved(layout.parts, len(numbers))
            numbers += layout.numbers.tolist()
        return Layout(size, names, np.array(numbers), size + sum(layout.room for layout in layouts), tuple(parts))

    def start(self, size: int, scale: float, rng: np.random.Generator | None) -> Array:
        return np.concatenate([term.start(size, scale, rng) for term in self.terms])

    def theta(self, w: Any, size: int) -> Any:
        array, at, total = np.asarray(w), 0, 0
        for term in self.terms:
            count = len(term.layout(size).names)
            total = total + term.theta(array[..., at : at + count], size)
            at += count
        return total

    def features(self, inputs: Array) -> Array:
        """Return the features of the terms."""
        return self.terms[0].features(inputs)
