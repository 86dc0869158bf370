"""Polynomials that vector fields leave unchanged: linear equations for their coefficients, solved exactly."""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import combinations_with_replacement
from typing import Any

from sympy.polys.matrices import DomainMatrix
from sympy.polys.rings import PolyElement

from flowlab.symbolic.conserving.fields import Fields


def invariants(fields: Fields, degree: int) -> list[PolyElement]:
    """Return a basis of the polynomials that no field changes, without constants: low degrees and few terms first.

    Parameters
    ----------
    fields : Fields
    degree : int
        The highest.

    Returns
    -------
    list of PolyElement
        With coefficients that have no common factor, and for each degree those below it before it.

    Examples
    --------
    >>> from flowlab.symbolic.conserving.fields import gradient_fields
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> invariants(gradient_fields([a * b], [a, b]), 4)
    [a**2 - b**2, a**4 - 2*a**2*b**2 + b**4]
    """
    ring, size = fields.ring, len(fields.parameters)
    monomials = [
        tuple(map(chosen.count, range(size)))
        for of in range(1, degree + 1)
        for chosen in combinations_with_replacement(range(size), of)
    ]
    equations: dict[tuple[int, tuple[int, ...]], dict[int, Any]] = {}
    for column, monomial in enumerate(monomials):
        for k, field in enumerate(fields.vectors):
            for power, coefficient in _derivative(monomial, field):
                row = equations.setdefault((k, power), {})
                row[column] = row.get(column, 0) + coefficient
    rows = {i: kept for i, row in enumerate(equations.values()) if (kept := {j: c for j, c in row.items() if c})}
    system = DomainMatrix(rows, (max(len(equations), 1), len(monomials)), ring.domain)
    tail = (0,) * (ring.ngens - size)
    basis = []
    for row in system.nullspace().to_sdm().values():
        basis.append(_tidied(ring.from_dict({monomials[j] + tail: c for j, c in row.items()})))
    return sorted(basis, key=lambda p: (max(map(sum, p)), len(p)))


def _derivative(monomial: tuple[int, ...], field: Sequence[PolyElement]) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Yield the terms of the derivative of a monomial in the parameters along a field."""
    for i, power in enumerate(monomial):
        if power:
            for term, coefficient in field[i].terms():
                rest = list(term)
                rest[i] -= 1
                for j, other in enumerate(monomial):
                    rest[j] += other
                yield tuple(rest), coefficient * power


def shortened(polynomial: PolyElement, others: Sequence[PolyElement]) -> PolyElement:
    """Add multiples of other polynomials for as long as terms become fewer.

    Examples
    --------
    >>> from sympy import QQ
    >>> from sympy.polys.rings import ring
    >>> _, x, y = ring("x,y", QQ)
    >>> shortened(2 * x + 3 * y, [2 * x + y])
    y
    """
    best, improving = polynomial, True
    while improving:
        improving = False
        for other in others:
            ratios = {best[m] / c for m, c in other.terms() if m in best}
            shorter = min((best - other.mul_ground(ratio) for ratio in ratios), key=len, default=best)
            if len(shorter) < len(best):
                best, improving = shorter, True
    return _tidied(best)


def _tidied(polynomial: PolyElement) -> PolyElement:
    """Return a multiple by a constant, without denominators and common factors, and beginning with no minus."""
    domain = polynomial.ring.domain
    polynomial = polynomial.clear_denoms()[1].primitive()[1]
    if domain.is_FractionField:
        common = reduce(lambda a, b: a.gcd(b), (c.numer for c in polynomial.coeffs()))
        polynomial = polynomial.quo_ground(domain(common))
    return -polynomial if domain.is_negative(polynomial.LC) else polynomial
