"""Linear relations among products of the induced values, written as polynomials in the parameters."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from math import inf
from time import monotonic
from typing import Any

import sympy
from sympy.polys.polyerrors import BasePolynomialError
from sympy.polys.rings import PolyRing

from flowlab.symbolic.limits import OutOfTime

#: Above this many products or monomials, a polynomial identity is not sought.
_MOST_MONOMIALS = 400

Combination = dict[sympy.Expr, Any]


class Clock:
    """The time a search may take; it looks at the clock between its steps.

    Parameters
    ----------
    seconds : float, optional

    Examples
    --------
    >>> Clock(60).check()
    >>> Clock(-1).check()
    Traceback (most recent call last):
        ...
    flowlab.symbolic.limits.OutOfTime: -1 s
    """

    def __init__(self, seconds: float = inf) -> None:
        self.seconds = seconds
        self._end = monotonic() + seconds

    def check(self) -> None:
        """Raise `OutOfTime` where the time is over."""
        if monotonic() > self._end:
            raise OutOfTime(f"{self.seconds:g} s")


def common_ring(expressions: Sequence[sympy.Expr], parameters: Sequence[sympy.Symbol]) -> list[Any] | None:
    """Return expressions as polynomials in the parameters over one exact field.

    Parameters
    ----------
    expressions : sequence of Expr
    parameters : sequence of Symbol

    Returns
    -------
    list of PolyElement, or None
        None where one is no polynomial.

    Examples
    --------
    >>> a, b, s = sympy.symbols("a b s")
    >>> common_ring([a * b - s, a / s], [a, b])
    [a*b - s, 1/s*a]
    """
    try:
        polynomials = [sympy.Poly(expression, *parameters) for expression in expressions]
        domain = polynomials[0].domain
        for polynomial in polynomials[1:]:
            domain = domain.unify(polynomial.domain)
        domain = (domain if domain.is_Exact else domain.get_exact()).get_field()
        ring = PolyRing(parameters, domain, sympy.lex)
        return [ring.from_dict(p.set_domain(domain).rep.to_dict()) for p in polynomials]
    except (BasePolynomialError, NotImplementedError):
        return None


def degree(polynomial: Any) -> int:
    """Return the total degree of a polynomial in the parameters."""
    return max((sum(powers) for powers in polynomial.itermonoms()), default=0)


def products(values: Mapping[sympy.Symbol, Any], most: int, clock: Clock) -> Iterator[tuple[sympy.Expr, Any]]:
    """Yield products of the induced values of degree `most` at most in the parameters, simple ones first.

    Parameters
    ----------
    values : mapping of Symbol to PolyElement
        The induced values, none of them constant.
    most : int
    clock : Clock

    Yields
    ------
    product : Expr
        In the induced values.
    polynomial : PolyElement
        The same in the parameters.

    Raises
    ------
    OutOfTime
        Also where the products are too many.

    Examples
    --------
    >>> a, b, p, q = sympy.symbols("a b p q")
    >>> ring = common_ring([a * b, a + b], [a, b])
    >>> [product for product, _ in products(dict(zip([p, q], ring)), 3, Clock())]
    [1, p, q, p*q, q**2, q**3]
    """
    degrees = {symbol: degree(value) for symbol, value in values.items()}
    (one,) = {value.ring.one for value in values.values()}
    count = 0
    for size in range(most // min(degrees.values()) + 1):
        for choice in combinations_with_replacement(degrees, size):
            if sum(degrees[symbol] for symbol in choice) > most:
                continue
            clock.check()
            product = one
            for symbol in choice:
                product = product * values[symbol]
            count += 1
            if count > _MOST_MONOMIALS or len(product) > _MOST_MONOMIALS:
                raise OutOfTime("too many monomials")
            yield sympy.Mul(*choice), product


class Span:
    """The linear span of labelled polynomials, in echelon form.

    Parameters
    ----------
    clock : Clock

    Examples
    --------
    >>> a, b, p, q = sympy.symbols("a b p q")
    >>> span = Span(Clock())
    >>> for label, polynomial in zip([p, q], common_ring([a + b, a - b], [a, b])):
    ...     assert span.add(label, polynomial) is None
    >>> span.add(a, common_ring([a], [a, b])[0])
    {p: 1/2, q: 1/2}
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[tuple[int, ...], tuple[Any, Combination]] = {}

    def add(self, label: sympy.Expr, polynomial: Any) -> Combination | None:
        """Widen the span by a polynomial, or return what combination of the labels it equals already."""
        field = polynomial.ring.domain
        rest, kept = polynomial.copy(), polynomial.ring.zero
        combination: Combination = {}
        while rest:
            self._clock.check()
            powers, coefficient = rest.LT
            if powers not in self._rows:
                kept[powers] = rest.pop(powers)
                continue
            row, made_of = self._rows[powers]
            factor = coefficient / row[powers]
            rest = rest - row.mul_ground(factor)
            for key, value in made_of.items():
                combination[key] = combination.get(key, field.zero) + factor * value
        if not kept:
            return {key: field.to_sympy(value) for key, value in combination.items() if value}
        made_of = {key: -value for key, value in combination.items()} | {label: field.one}
        self._rows[kept.LM] = kept, made_of
        return None
