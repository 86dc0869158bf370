"""Linear relations among products of the induced values, written as polynomials in the parameters."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from math import inf
from typing import Any

import sympy
from sympy.polys.polyerrors import BasePolynomialError
from sympy.polys.rings import PolyRing

from flowlab.symbolic.limits import BudgetSpent

#: Above this many products or monomials, a polynomial identity is not sought.
_MOST_MONOMIALS = 400

Combination = dict[sympy.Expr, Any]


class Work:
    """How much a search may do: it counts the terms of the polynomials that it multiplies or subtracts.

    Parameters
    ----------
    most : float, optional

    Examples
    --------
    >>> work = Work(100)
    >>> work.spend(60)
    >>> work.spend(60)
    Traceback (most recent call last):
        ...
    flowlab.symbolic.limits.BudgetSpent: 100 terms
    """

    def __init__(self, most: float = inf) -> None:
        self.most = most
        self.spent = 0

    def spend(self, terms: int) -> None:
        """Count some terms; raise `BudgetSpent` where these are too many."""
        self.spent += terms
        if self.spent > self.most:
            raise BudgetSpent(f"{self.most:g} terms")


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


def products(values: Mapping[sympy.Symbol, Any], most: int, work: Work) -> Iterator[tuple[sympy.Expr, Any]]:
    """Yield products of the induced values of degree `most` at most in the parameters, simple ones first.

    Parameters
    ----------
    values : mapping of Symbol to PolyElement
        The induced values, none of them constant.
    most : int
    work : Work

    Yields
    ------
    product : Expr
        In the induced values.
    polynomial : PolyElement
        The same in the parameters.

    Raises
    ------
    BudgetSpent
        Also where the products are too many.

    Examples
    --------
    >>> a, b, p, q = sympy.symbols("a b p q")
    >>> ring = common_ring([a * b, a + b], [a, b])
    >>> [product for product, _ in products(dict(zip([p, q], ring)), 3, Work())]
    [1, p, q, p*q, q**2, q**3]
    """
    degrees = {symbol: degree(value) for symbol, value in values.items()}
    (one,) = {value.ring.one for value in values.values()}
    count = 0
    for size in range(most // min(degrees.values()) + 1):
        for choice in combinations_with_replacement(degrees, size):
            if sum(degrees[symbol] for symbol in choice) > most:
                continue
            product = one
            for symbol in choice:
                product = product * values[symbol]
                work.spend(len(product))
            count += 1
            if count > _MOST_MONOMIALS or len(product) > _MOST_MONOMIALS:
                raise BudgetSpent("too many monomials")
            yield sympy.Mul(*choice), product


class Span:
    """The linear span of labelled polynomials, in echelon form.

    Parameters
    ----------
    work : Work

    Examples
    --------
    >>> a, b, p, q = sympy.symbols("a b p q")
    >>> span = Span(Work())
    >>> for label, polynomial in zip([p, q], common_ring([a + b, a - b], [a, b])):
    ...     assert span.add(label, polynomial) is None
    >>> span.add(a, common_ring([a], [a, b])[0])
    {p: 1/2, q: 1/2}
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._rows: dict[tuple[int, ...], tuple[Any, Combination, int]] = {}

    def add(self, label: sympy.Expr, polynomial: Any) -> Combination | None:
        """Widen the span by a polynomial, or return what combination of the labels it equals already."""
        field = polynomial.ring.domain
        rest, kept = polynomial.copy(), polynomial.ring.zero
        combination: Combination = {}
        while rest:
            powers, coefficient = rest.LT
            if powers not in self._rows:
                kept[powers] = rest.pop(powers)
                continue
            row, made_of, size = self._rows[powers]
            factor = coefficient / row[powers]
            self._work.spend(size * _size(factor))
            rest = rest - row.mul_ground(factor)
            for key, value in made_of.items():
                combination[key] = combination.get(key, field.zero) + factor * value
        if not kept:
            return {key: field.to_sympy(value) for key, value in combination.items() if value}
        made_of = {key: -value for key, value in combination.items()} | {label: field.one}
        self._rows[kept.LM] = kept, made_of, sum(map(_size, kept.itercoeffs()))
        return None


def _size(coefficient: Any) -> int:
    """Return the number of terms of a coefficient: 1, but for fractions of polynomials in the constants."""
    if not hasattr(coefficient, "numer"):
        return 1
    return sum(len(part) if hasattr(part, "terms") else 1 for part in (coefficient.numer, coefficient.denom))
