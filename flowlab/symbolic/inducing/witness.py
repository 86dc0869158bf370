"""Two points that no function of the induced values tells apart, and at which the dynamics differ."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy
from numpy.typing import NDArray

from flowlab.symbolic.sampling import DIGITS, allows, drawn, plain, pool

Array = NDArray[np.float64]
Point = dict[sympy.Symbol, sympy.Expr]

#: Points of a lattice that are looked at, draws for the constants, draws of a point to leave along its level set.
_MOST_POINTS, _DRAWS, _STARTS = 6000, 3, 24
#: Pairs of a lattice that are looked at exactly: many come of rounding where a velocity is 0.
_CONFIRMATIONS = 20
#: Two velocities differ where they do so by more than this, relative to the larger.
_DIFFERENT = 1e-6
#: And by more than this, which is far above what rounding at 50 digits leaves of a velocity that is 0.
_LEAST = mpmath.mpf(10) ** -20


@dataclass(frozen=True)
class Witness:
    """Two points of equal induced values and different velocities: no function of the values is the velocity.

    Attributes
    ----------
    points : tuple of two dict
        The parameters.
    others : dict
        The constants, the same at both points.
    velocities : tuple of two Expr
    exact : bool
        Whether the induced values are equal exactly; if not, to 40 digits, at points given by their first ones.
    """

    points: tuple[Point, Point]
    others: Point
    velocities: tuple[sympy.Expr, sympy.Expr]
    exact: bool

    def __str__(self) -> str:
        first, second = (_listed(point) for point in self.points)
        fixed = f", with {_listed(self.others)}" if self.others else ""
        how = "" if self.exact else f" (to {DIGITS} digits)"
        one, two = (_short(velocity) for velocity in self.velocities)
        return f"at {first} and at {second}{fixed}, the induced values are the same{how}, and it is {one} and {two}"


def _listed(point: Point) -> str:
    return ", ".join(f"{symbol} = {_short(value)}" for symbol, value in point.items())


def _short(number: sympy.Expr) -> str:
    return str(number if number.is_Rational and len(str(number)) < 12 else sympy.N(number, 8))


def find_witness(
    expression: sympy.Expr,
    values: Mapping[sympy.Symbol, sympy.Expr],
    parameters: Sequence[sympy.Symbol],
    *,
    thorough: bool = True,
) -> Witness | None:
    """Search for two points that differ in an expression and agree in the induced values.

    Looked at are points with small rational coordinates, and points of one level set, by Newton's method.

    Parameters
    ----------
    expression : Expr
        In the parameters.
    values : mapping of Symbol to Expr
        The induced values.
    parameters : sequence of Symbol
    thorough : bool, optional
        Whether to look along level sets also where the derivatives do not say that these hold such points.

    Returns
    -------
    Witness or None
        None where none was found, which proves nothing.

    Examples
    --------
    >>> a, b, p = sympy.symbols("a b p", positive=True)
    >>> print(find_witness(a + b, {p: a * b}, [a, b]))
    at a = 1, b = 4 and at a = 2, b = 2, the induced values are the same, and it is 5 and 4
    """
    everything = [expression, *values.values()]
    others = sorted(set().union(*(e.free_symbols for e in everything)) - set(parameters), key=str)
    if not all(map(pool, [*parameters, *others])):
        return None
    generator = np.random.default_rng(0)
    try:
        search = _Search(everything, list(parameters), others, generator)
        dependent = search.dependent({symbol: plain(pool(symbol))[0] for symbol in others})
    except (TypeError, NameError, AttributeError, NotImplementedError):  # a function that has no numbers
        return None
    for _ in range(_DRAWS if others else 1):
        fixed = {symbol: drawn(plain(pool(symbol)), generator) for symbol in others}
        with suppress(ArithmeticError, ValueError):
            found = search.on_lattice(fixed)
            if found is None and (thorough or not dependent):
                found = search.along_level_set(fixed)
            if found is not None:
                return found
    return None


class _Search:
    """Kernels of an expression and the induced values, and the searches that use them."""

    def __init__(
        self,
        everything: list[sympy.Expr],
        parameters: list[sympy.Symbol],
        others: list[sympy.Symbol],
        generator: np.random.Generator,
    ) -> None:
        self.everything, self.parameters, self.generator = everything, parameters, generator
        arguments = [*parameters, *others]
        self._fast = sympy.lambdify(arguments, everything, ["scipy", "numpy"], cse=True)
        slopes = [value.diff(w) for value in everything for w in parameters]
        self._slopes = sympy.lambdify(arguments, slopes, ["scipy", "numpy"], cse=True)
        self._precise = sympy.lambdify(arguments, everything, "mpmath", cse=True)

    def dependent(self, fixed: Point) -> bool:
        """Whether the gradient of the expression is a combination of those of the values, at random points."""
        for _ in range(4):
            slopes = self._jacobian(self._random_point(), fixed)
            if np.all(np.isfinite(slopes)):
                # what rounding leaves of a gradient that is 0 stays small
                slopes = slopes / (np.linalg.norm(slopes, axis=1, keepdims=True) + 1e-3)
                if np.linalg.matrix_rank(slopes, 1e-7) > np.linalg.matrix_rank(slopes[1:], 1e-7):
                    return False
        return True

    def on_lattice(self, fixed: Point) -> Witness | None:
        """Sort points with small coordinates by their induced values, and compare neighbours."""
        pools = [pool(w) for w in self.parameters]
        kept = int(_MOST_POINTS ** (1 / len(pools)))
        pools = [numbers[: max(kept, 5)] for numbers in pools]
        sizes = [len(numbers) for numbers in pools]
        if kept >= 5:
            places = np.indices(sizes).reshape(len(sizes), -1)
        else:
            places = np.array([self.generator.integers(size, size=_MOST_POINTS) for size in sizes])
        numbers = np.array([np.array(p, dtype=np.float64)[k] for p, k in zip(pools, places, strict=True)])
        rows = self._evaluated(numbers, fixed)
        keys = np.round(rows[:, 1:] + 0.0, 9)
        first: dict[bytes, int] = {}
        left = _CONFIRMATIONS
        for i in np.flatnonzero(np.all(np.isfinite(rows), axis=1)):
            j = first.setdefault(keys[i].tobytes(), int(i))
            if abs(rows[i, 0] - rows[j, 0]) > _DIFFERENT * max(abs(rows[i, 0]), abs(rows[j, 0])):
                ends = ([numbers[n] for numbers, n in zip(pools, places[:, k], strict=True)] for k in (j, i))
                pair = tuple(dict(zip(self.parameters, end, strict=True)) for end in ends)
                found = self._exact(pair, fixed)
                left -= 1
                if found is not None or not left:
                    return found
        return None

    def _evaluated(self, numbers: Array, fixed: Point) -> Array:
        with np.errstate(all="ignore"):
            columns = self._fast(*numbers, *(np.float64(value) for value in fixed.values()))
        return np.stack([np.broadcast_to(column, numbers.shape[1:]) for column in columns], axis=-1).astype(np.float64)

    def _exact(self, pair: Any, fixed: Point) -> Witness | None:
        """Confirm a pair of the lattice in exact arithmetic."""
        first, second = ([e.subs(point | fixed) for e in self.everything] for point in pair)
        same = all((one - two).is_zero for one, two in zip(first[1:], second[1:], strict=True))
        real = all(number.is_real for number in first + second)
        if not (same and real and (first[0] - second[0]).is_zero is False):
            return None
        return Witness(pair, fixed, (first[0], second[0]), exact=True)

    def along_level_set(self, fixed: Point) -> Witness | None:
        """Go from a point to others of the same induced values, by Newton's method."""
        if any(w.is_integer for w in self.parameters):
            return None
        for trial in range(_STARTS):
            start = self._random_point()
            level = self._evaluated(start, fixed)
            # far points find another branch, near ones the same
            end = self._random_point() if trial % 2 else start * (1 + 0.3 * self.generator.standard_normal(start.size))
            for _ in range(40):
                end, gap = self._newton_step(end, level[1:], fixed)
                if not np.all(np.isfinite(end)):
                    break
            else:
                if gap < 1e-9 * (1 + np.max(np.abs(level))):
                    found = self._refined(start, end, fixed)
                    if found is not None:
                        return found
        return None

    def _random_point(self) -> Array:
        signs = [sum({int(sympy.sign(number)) for number in pool(w)}) for w in self.parameters]
        size = np.exp(0.7 * self.generator.standard_normal(len(signs)))
        return np.array([s or c for s, c in zip(signs, self.generator.choice([-1, 1], len(signs)), strict=True)]) * size

    def _jacobian(self, point: Array, fixed: Point) -> Array:
        with np.errstate(all="ignore"):
            slopes = self._slopes(*point, *(np.float64(value) for value in fixed.values()))
        return np.array(slopes, dtype=np.float64).reshape(-1, point.size)

    def _newton_step(self, point: Array, level: Array, fixed: Point) -> tuple[Array, float]:
        gap = self._evaluated(point, fixed)[1:] - level
        if not np.all(np.isfinite(gap)):
            return np.full_like(point, np.nan), np.inf
        return point - np.linalg.pinv(self._jacobian(point, fixed)[1:], rcond=1e-9) @ gap, float(np.max(np.abs(gap)))

    def _refined(self, start: Array, end: Array, fixed: Point) -> Witness | None:
        """Take a pair of a level set to 40 digits, where Newton's method vouches for the exact one beside it."""
        inverse = np.linalg.pinv(self._jacobian(end, fixed)[1:], rcond=1e-9)
        with mpmath.workdps(DIGITS + 10):
            numbers = [mpmath.mpf(value.p) / value.q for value in fixed.values()]
            first = self._precise(*map(mpmath.mpf, start), *numbers)
            point = [mpmath.mpf(x) for x in end]
            for _ in range(8):
                second = self._precise(*point, *numbers)
                gaps = [two - one for one, two in zip(first[1:], second[1:], strict=True)]
                point = [x - mpmath.fdot(row, gaps) for x, row in zip(point, inverse, strict=True)]
            second = self._precise(*point, *numbers)
            if any(isinstance(number, mpmath.mpc) for number in [*first, *second]):
                return None
            same = all(
                abs(two - one) < mpmath.mpf(10) ** -DIGITS * (1 + abs(one))
                for one, two in zip(first[1:], second[1:], strict=True)
            )
            ends = [[sympy.Float(x, DIGITS) for x in which] for which in (start, point)]
            inside = all(allows(w, x) for which in ends for w, x in zip(self.parameters, which, strict=True))
            if not (
                same
                and inside
                and abs(first[0] - second[0]) > max(_LEAST, _DIFFERENT * abs(first[0]), _DIFFERENT * abs(second[0]))
            ):
                return None
            pair = [dict(zip(self.parameters, which, strict=True)) for which in ends]
            velocities = [sympy.Float(e[0], DIGITS) for e in (first, second)]
        return Witness((pair[0], pair[1]), fixed, (velocities[0], velocities[1]), exact=False)
