"""How many directions vector fields and their brackets span: the dimension of the Lie algebra they generate."""

import heapq
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sympy
from sympy.polys.polyerrors import BasePolynomialError
from sympy.polys.rings import PolyElement

from flowlab.symbolic.conserving.fields import Field, Fields

#: Points at which the rank is looked at, with integer coordinates of at most this size.
_POINTS, _SIZE = 3, 999


class Echelon:
    """Vectors over an exact field, kept in echelon form, to tell whether another one is new.

    Parameters
    ----------
    domain : Domain
        A field of SymPy's.

    Examples
    --------
    >>> rows = Echelon(sympy.QQ)
    >>> rows.add([1, 2]), rows.add([2, 4]), rows.add([0, 3]), rows.rank
    (True, False, True, 2)
    """

    def __init__(self, domain: Any) -> None:
        self._domain = domain
        self._rows: dict[int, list[Any]] = {}

    @property
    def rank(self) -> int:
        """How many independent vectors there are."""
        return len(self._rows)

    def add(self, vector: Iterable[Any]) -> bool:
        """Take a vector in, and return whether it is independent of those before."""
        rest = [self._domain.convert(entry) for entry in vector]
        for place in range(len(rest)):
            if not rest[place]:
                continue
            row = self._rows.get(place)
            if row is None:
                self._rows[place] = [entry / rest[place] for entry in rest]
                return True
            factor = rest[place]
            rest = [a - factor * b if b else a for a, b in zip(rest, row, strict=True)]
        return False


@dataclass
class Span:
    """What is known of the dimension spanned by fields and all their iterated brackets at a generic point.

    Attributes
    ----------
    rank : int
        Reached at a rational point, so that a generic one has at least it.
    closed : bool
        Whether no bracket leads out of what is spanned, or there is nothing more to span: `rank` is the dimension.

    Examples
    --------
    >>> Span().rank
    0
    """

    rank: int = 0
    closed: bool = False


class Point:
    """Random integers for the parameters and kernels, and the derivatives there of polynomials in them."""

    def __init__(self, fields: Fields, generator: random.Random) -> None:
        ring = fields.ring
        self._at = [ring.domain.convert(_drawn(generator)) for _ in range(ring.ngens)]
        self._size = len(fields.parameters)
        common = self.values([fields.common])[0]
        while not common:  # a pole
            self._at = [ring.domain.convert(_drawn(generator)) for _ in range(ring.ngens)]
            common = self.values([fields.common])[0]
        self._rates = [[rate / common for rate in self.values(row)] for row in fields.rates]

    def values(self, polynomials: Sequence[PolyElement]) -> list[Any]:
        """Return the values of polynomials."""
        return [self._jet(polynomial)[0] for polynomial in polynomials]

    def gradients(self, polynomials: Sequence[PolyElement]) -> list[list[Any]]:
        """Return the derivatives of polynomials in the parameters, through the kernels too."""
        return [self._total(self._jet(polynomial)[1]) for polynomial in polynomials]

    def _jet(self, polynomial: PolyElement) -> tuple[Any, list[Any]]:
        value, slopes = polynomial.ring.domain.zero, [polynomial.ring.domain.zero] * len(self._at)
        for monomial, coefficient in polynomial.terms():
            term, present = coefficient, []
            for i, power in enumerate(monomial):
                if power:
                    term *= self._at[i] ** power
                    present.append(i)
            value += term
            for i in present:
                slopes[i] += term * monomial[i] / self._at[i]
        return value, slopes

    def _total(self, slopes: list[Any]) -> list[Any]:
        total = slopes[: self._size]
        for slope, rates in zip(slopes[self._size :], self._rates, strict=True):
            if slope:
                total = [a + slope * rate for a, rate in zip(total, rates, strict=True)]
        return total


def _drawn(generator: random.Random) -> int:
    return generator.choice((-1, 1)) * generator.randint(2, _SIZE)


def _numbered(fields: Fields, generator: random.Random) -> Fields:
    """Put random numbers in place of the constants, which a rank does not tell from generic ones."""
    domain = fields.ring.domain
    if not domain.is_FractionField:
        return fields
    ring = fields.ring.clone(domain=domain.domain)

    def put(polynomial: PolyElement) -> PolyElement:
        terms = {m: c.numer.evaluate(numbers) / c.denom.evaluate(numbers) for m, c in polynomial.terms()}
        return ring.from_dict({m: c for m, c in terms.items() if c})

    while True:
        numbers = [(g, domain.domain.convert(_drawn(generator))) for g in domain.field.ring.gens]
        try:
            return replace(
                fields,
                ring=ring,
                vectors=tuple(tuple(map(put, vector)) for vector in fields.vectors),
                rates=tuple(tuple(map(put, row)) for row in fields.rates),
                common=put(fields.common),
            )
        except ZeroDivisionError:  # a pole
            continue


class _Algebra:
    """Fields that are independent at every point looked at, and their values and derivatives there."""

    def __init__(self, fields: Fields, points: Sequence[Point], span: Span) -> None:
        self.fields, self.points, self.span = fields, points, span
        self.basis: list[Field] = []
        self.jets: list[list[tuple[list[Any], list[list[Any]]]]] = [[] for _ in points]
        self.echelons = [Echelon(fields.ring.domain) for _ in points]

    def offer(self, values: Sequence[list[Any]], field: Callable[[], Field]) -> bool:
        """Take a field in if it is new at one of the points, where it has these values."""
        new = [echelon.add(value) for echelon, value in zip(self.echelons, values, strict=True)]
        if not any(new):
            return False
        vector = field()
        self.basis.append(vector)
        for point, jets in zip(self.points, self.jets, strict=True):
            jets.append((point.values(vector), point.gradients(vector)))
        self.span.rank = max(echelon.rank for echelon in self.echelons)
        return True

    def bracket_values(self, i: int, j: int) -> list[list[Any]]:
        """Return the values of [X, Y] = DY X − DX Y at the points."""
        return [_crossed(*jets[i], *jets[j]) for jets in self.jets]

    def bracket(self, i: int, j: int) -> Field:
        """Return [X, Y], times the common denominator of the kernels' derivatives."""
        one, two = self.basis[i], self.basis[j]
        return tuple(
            self.fields.along(one, there) - self.fields.along(two, here) for here, there in zip(one, two, strict=True)
        )


def _crossed(x: list[Any], dx: list[list[Any]], y: list[Any], dy: list[list[Any]]) -> list[Any]:
    support = [(k, a, b) for k, (a, b) in enumerate(zip(x, y, strict=True)) if a or b]
    return [sum((there[k] * a - here[k] * b for k, a, b in support), 0) for here, there in zip(dx, dy, strict=True)]


def measure_span(fields: Fields, most: int, span: Span) -> None:
    """Find the dimension of the Lie algebra that fields generate, at a generic point.

    Fields that span, at a generic point, what all of them and the brackets of any two do, span it with all
    iterated brackets too: with [X, Y] in their span over the functions, so is every bracket of combinations
    (Frobenius). Hence only brackets that add a direction are worked out, and the rest are evaluated.

    Parameters
    ----------
    fields : Fields
        With kernels that are independent of each other and of the parameters.
    most : int
        What the dimension cannot exceed; reaching it ends the search.
    span : Span
        Brought up to date as directions are found, so that a search that is cut off leaves a lower bound.

    Examples
    --------
    >>> from flowlab.symbolic.conserving.fields import gradient_fields
    >>> a, b, c = sympy.symbols("a b c")
    >>> measure_span(gradient_fields([a * b, a * c], [a, b, c]), 3, span := Span())
    >>> span
    Span(rank=2, closed=True)
    >>> measure_span(gradient_fields([a * b, b + c], [a, b, c]), 3, span := Span())
    >>> span
    Span(rank=3, closed=True)
    """
    generator = random.Random(0)  # the same answer every time
    numbered = _numbered(fields, generator)
    algebra = _Algebra(numbered, [Point(numbered, generator) for _ in range(_POINTS)], span)
    waiting: list[tuple[int, int, int]] = []

    def enter(values: Sequence[list[Any]], field: Callable[[], Field]) -> None:
        if algebra.offer(values, field):
            last = len(algebra.basis) - 1
            for i in range(last):
                heapq.heappush(waiting, (_degree(algebra.basis[i]) + _degree(algebra.basis[last]), i, last))

    for vector in sorted(numbered.vectors, key=_degree):
        enter([point.values(vector) for point in algebra.points], partial(_same, vector))
    while waiting and span.rank < most:
        _, i, j = heapq.heappop(waiting)
        enter(algebra.bracket_values(i, j), partial(algebra.bracket, i, j))
    span.closed = True


def _same(field: Field) -> Field:
    return field


def _degree(field: Field) -> int:
    return max((sum(monomial) for entry in field for monomial in entry), default=0)


def dependent_kernels(fields: Fields) -> tuple[sympy.Expr, ...]:
    """Return the kernels of fields, unless they are certainly independent of each other and of the parameters.

    Certain are exponentials of polynomials without a linear relation among the exponents (Ax), and the powers w^N of
    parameters for one symbol N.

    Examples
    --------
    >>> from flowlab.symbolic.conserving.fields import gradient_fields
    >>> a, b = sympy.symbols("a b")
    >>> dependent_kernels(gradient_fields([sympy.exp(a * b)], [a, b]))
    ()
    >>> dependent_kernels(gradient_fields([sympy.sin(a * b)], [a, b]))
    (cos(a*b), sin(a*b))
    """
    symbols = fields.ring.symbols[: len(fields.parameters)]
    powers = {k.exp for k in fields.kernels if k.is_Pow and k.base in symbols and k.exp.is_Symbol}
    if len(powers) == 1 and not powers & set(symbols) and all(k.is_Pow and k.exp in powers for k in fields.kernels):
        return ()
    rows = Echelon(sympy.QQ)
    try:
        exponents = [sympy.Poly(k.exp, *symbols, domain=sympy.QQ) for k in fields.kernels if isinstance(k, sympy.exp)]
    except BasePolynomialError:
        return fields.kernels
    monomials = sorted({m for poly in exponents for m in poly.monoms() if any(m)})
    independent = [rows.add([poly.coeff_monomial(m) for m in monomials]) for poly in exponents]
    return () if len(exponents) == len(fields.kernels) and all(independent) else fields.kernels
