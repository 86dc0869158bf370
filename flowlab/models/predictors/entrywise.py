"""Predictors whose θ comes entry by entry: of the weights themselves, their powers, and their products."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from flowlab._jit import kernel, summing_kernel
from flowlab.models.predictors.base import Array, Kept, Kernels, Layout, Predictor, drawn, numbered, sizes


@kernel
def _same(w: Array, numbers: Array, theta: Array, room: Array) -> None:
    for k in range(w.size):
        theta[k] = w[k]


@kernel
def _same_back(w: Array, numbers: Array, slope: Array, out: Array, room: Array) -> None:
    for k in range(w.size):
        out[k] = slope[k]


@dataclass(frozen=True)
class Identity(Predictor):
    """The linear predictor itself, θ = w.

    Examples
    --------
    >>> Identity().layout(2).names
    ('w[0]', 'w[1]')
    """

    kernels: ClassVar[Kernels] = Kernels(_same, _same_back)

    @property
    def degree(self) -> int:
        return 1

    def layout(self, size: int) -> Layout:
        return Layout(size, numbered("w", size), np.zeros(0))

    def start(self, size: int, scale: float, rng: np.random.Generator | None) -> Array:
        return scale * drawn(rng).standard_normal(size) if scale else np.zeros(size)

    def theta(self, w: Any, size: int) -> Any:
        return np.asarray(w)


@summing_kernel
def _powers(w: Array, numbers: Array, theta: Array, room: Array) -> None:
    """Integer powers by multiplication, which keeps signs; the room holds w^(N−1)."""
    room[:] = 1.0
    for _ in range(int(numbers[0]) - 1):
        for k in range(w.size):
            room[k] *= w[k]
    size = theta.size
    for k in range(size):
        theta[k] = room[k] * w[k]
    if w.size > size:
        for k in range(size):
            theta[k] -= room[size + k] * w[size + k]


@kernel
def _powers_back(w: Array, numbers: Array, slope: Array, out: Array, room: Array) -> None:
    size = slope.size
    for k in range(size):
        out[k] = room[k] * (numbers[0] * slope[k])
    if w.size > size:
        for k in range(size):
            out[size + k] = room[size + k] * (-numbers[0] * slope[k])


@kernel
def _powers_kept(w: Array, numbers: Array, out: Array) -> None:
    """Write w₊^(2−N) + w₋^(2−N), their product at N = 2; and the size of each."""
    depth, size = int(numbers[0]), w.size // 2
    for k in range(size):
        one, two = w[k], w[size + k]
        if depth == 2:
            out[k] = one * two
            out[size + k] = abs(out[k])
        else:
            one, two = one ** (2 - depth), two ** (2 - depth)
            out[k], out[size + k] = one + two, abs(one) + abs(two)


@dataclass(frozen=True)
class Powers(Predictor):
    """The diagonal network of shared weights, θ = w^N, or θ = w₊^N − w₋^N.

    Attributes
    ----------
    depth : int
        N, at least 1.
    signed : bool
        Whether θ is a difference, of w₊ and behind it w₋.

    Examples
    --------
    >>> Powers(3).theta([2.0, 1.0], 1)
    array([7.])
    """

    depth: int
    signed: bool = True
    kernels: ClassVar[Kernels] = Kernels(_powers, _powers_back)

    def __post_init__(self) -> None:
        sizes(depth=self.depth)

    @property
    def degree(self) -> int:
        return self.depth

    def layout(self, size: int) -> Layout:
        halves = ("w+", "w-") if self.signed else ("w",)
        names = tuple(name for half in halves for name in numbered(half, size))
        return Layout(size, names, np.array([float(self.depth)]), room=len(names))

    def start(self, size: int, scale: float, rng: np.random.Generator | None) -> Array:
        return np.full((1 + self.signed) * size, scale ** (1 / self.depth))

    def theta(self, w: Any, size: int) -> Any:
        powers = np.asarray(w) ** self.depth
        return powers[..., :size] - powers[..., size:] if self.signed else powers

    def conserved(self, size: int) -> Kept | None:
        if not self.signed:
            return None
        form = "w+ w-" if self.depth == 2 else f"w+^{2 - self.depth} + w-^{2 - self.depth}"
        return Kept(_powers_kept, tuple(f"{form} [{k}]" for k in range(size)))


@kernel
def _products(w: Array, numbers: Array, theta: Array, room: Array) -> None:
    depth, size = int(numbers[0]), theta.size
    for k in range(size):
        one, two = 1.0, 1.0
        for n in range(depth):
            one *= w[n * size + k]
            if w.size > depth * size:
                two *= w[(depth + n) * size + k]
        theta[k] = one - two if w.size > depth * size else one


@kernel
def _products_back(w: Array, numbers: Array, slope: Array, out: Array, room: Array) -> None:
    depth, size = int(numbers[0]), slope.size
    for first in range(0, w.size, depth * size):
        sign = -1.0 if first else 1.0
        for k in range(size):
            for n in range(depth):
                rest = sign
                for m in range(depth):
                    if m != n:
                        rest *= w[first + m * size + k]
                out[first + n * size + k] = rest * slope[k]


@kernel
def _products_kept(w: Array, numbers: Array, out: Array) -> None:
    """Write the differences of squares of each half's layers; then what the halves conserve together."""
    depth, size, half, place = int(numbers[0]), int(numbers[1]), out.size // 2, 0
    for first in range(0, w.size, depth * size):
        for n in range(depth - 1):
            for k in range(size):
                one, two = w[first + n * size + k] ** 2, w[first + (n + 1) * size + k] ** 2
                out[place], out[half + place] = two - one, two + one
                place += 1
    while place < half:  # of both halves, at depth 1 and 2
        k, second = place % size, depth * size
        one, two = w[k], w[second + k]
        if depth == 1:
            out[place], out[half + place] = one + two, abs(one) + abs(two)
        else:
            one, two = one + w[size + k], two + w[second + size + k]
            out[place] = one * two
            out[half + place] = (abs(w[k]) + abs(w[size + k])) * (abs(w[second + k]) + abs(w[second + size + k]))
        place += 1


@dataclass(frozen=True)
class Products(Predictor):
    """The diagonal network of weights that are not shared, θ = u_1 ⊙ ⋯ ⊙ u_N, or θ = u_1 ⊙ ⋯ ⊙ u_N − v_1 ⊙ ⋯ ⊙ v_N.

    Attributes
    ----------
    depth : int
        N, at least 1.
    signed : bool
        Whether θ is a difference: the parameters are then u_1, …, u_N and behind them v_1, …, v_N.

    Examples
    --------
    >>> Products(2).theta([2.0, 3.0, 1.0, 4.0], 1)
    array([2.])
    """

    depth: int
    signed: bool = True
    kernels: ClassVar[Kernels] = Kernels(_products, _products_back)

    def __post_init__(self) -> None:
        sizes(depth=self.depth)

    @property
    def degree(self) -> int:
        return self.depth

    def _layers(self) -> tuple[str, ...]:
        return tuple(f"{half}{n}" for half in ("u", "v")[: 1 + self.signed] for n in range(1, self.depth + 1))

    def layout(self, size: int) -> Layout:
        names = tuple(name for layer in self._layers() for name in numbered(layer, size))
        return Layout(size, names, np.array([float(self.depth), float(size)]))

    def start(self, size: int, scale: float, rng: np.random.Generator | None) -> Array:
        return np.full(len(self._layers()) * size, scale ** (1 / self.depth))

    def theta(self, w: Any, size: int) -> Any:
        array = np.asarray(w)
        products = array.reshape(*array.shape[:-1], 1 + self.signed, self.depth, size).prod(axis=-2)
        return products[..., 0, :] - products[..., 1, :] if self.signed else products[..., 0, :]

    def conserved(self, size: int) -> Kept | None:
        layers = self._layers()
        pairs = [(a, b) for a, b in pairwise(layers) if a[0] == b[0]]
        forms = [f"{b}² - {a}²" for a, b in pairs]
        if self.signed and self.depth <= 2:  # beyond, by elliptic integrals
            forms.append("u1 + v1" if self.depth == 1 else "(u1 + u2) (v1 + v2)")
        names = tuple(f"{form} [{k}]" for form in forms for k in range(size))
        return Kept(_products_kept, names) if names else None
