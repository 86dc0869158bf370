"""Gradient fields as vectors of polynomials over an exact field: in the parameters, and in functions of them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import sympy
from sympy.polys.constructor import construct_domain
from sympy.polys.polyerrors import BasePolynomialError
from sympy.polys.rings import PolyElement, PolyRing

from flowlab._checks import shown

Field: TypeAlias = tuple[PolyElement, ...]

#: How often new functions may turn up among the derivatives of those before.
_ROUNDS = 5


class NotAlgebraic(ValueError):  # noqa: N818 - read as a sentence
    """A component is no rational function of parameters, constants, and elementary functions of the parameters."""


@dataclass(frozen=True, eq=False)
class Fields:
    """Vector fields with polynomial components, each up to a common factor of its components.

    Attributes
    ----------
    ring : PolyRing
        Over the field of the constants; its generators are the parameters, then the kernels.
    vectors : tuple of tuple of PolyElement
        One for each function, or for each of its coefficients in the data; none that is 0.
    parameters : tuple of Symbol
        As given, although taken as real.
    kernels : tuple of Expr
        The functions of the parameters in the components, such as exp(a b); taken as independent of the parameters
        and of each other.
    rates : tuple of tuple of PolyElement
        The derivatives of each kernel in the parameters, times `common`.
    common : PolyElement
    meaning : dict of Symbol to Expr
        What the generators of the constants' field, and the real parameters, stand for.
    """

    ring: PolyRing
    vectors: tuple[Field, ...]
    parameters: tuple[sympy.Symbol, ...]
    kernels: tuple[sympy.Expr, ...]
    rates: tuple[Field, ...]
    common: PolyElement
    meaning: dict[sympy.Expr, sympy.Expr]

    def along(self, field: Field, function: PolyElement) -> PolyElement:
        """Return the derivative of a function along a field, times `common`."""
        total = self.ring.zero
        size = len(self.parameters)
        for i, speed in enumerate(field):
            slope = function.diff(self.ring.gens[i]) * self.common
            for k, rate in enumerate(self.rates):
                slope += function.diff(self.ring.gens[size + k]) * rate[i]
            total += speed * slope
        return total

    def expression(self, polynomial: PolyElement) -> sympy.Expr:
        """Return a polynomial as an expression in the symbols that were given."""
        return polynomial.as_expr().xreplace(self.meaning)


def gradient_fields(
    functions: Sequence[sympy.Expr], parameters: Sequence[sympy.Symbol], data: Sequence[sympy.Symbol] = ()
) -> Fields:
    """Return the gradients of functions as polynomial fields, their denominators multiplied out.

    Parameters
    ----------
    functions : sequence of Expr
        Floats in them are the binary fractions that they are.
    parameters : sequence of Symbol
        Taken as real where they are not declared.
    data : sequence of Symbol, optional
        A function stands for all its values at different data, hence for its coefficients in them.

    Returns
    -------
    Fields

    Raises
    ------
    NotAlgebraic
        If a component is not rational in parameters, constants and kernels, or the data stand inside a kernel.

    Examples
    --------
    >>> a, b, x = sympy.symbols("a b x")
    >>> gradient_fields([a * b], [a, b]).vectors
    ((b, a),)
    >>> gradient_fields([(a * x - b) ** 2 / 2], [a, b], [x]).vectors
    ((a, 0), (-b, -a), (0, b))
    >>> gradient_fields([sympy.exp(a * b) / b], [a, b]).kernels
    (exp(a*b),)
    """
    every = {*parameters, *data}.union(*(function.free_symbols for function in functions))
    stand_in = {w: _real(w) for w in every if w.is_real is None or w.is_algebraic}
    symbols, examples = ([stand_in.get(w, w) for w in group] for group in (parameters, data))
    numbers = {n: sympy.Dummy(str(n)) for f in functions for n in f.atoms(sympy.NumberSymbol)}
    values = [_exact(function).xreplace({**stand_in, **numbers}) for function in functions]
    if wrong := [value for value in values if value.has(sympy.oo, sympy.zoo, sympy.nan, -sympy.oo)]:
        raise NotAlgebraic(_refusal(shown(wrong[0])))
    entries = [_fraction(value.diff(w)) for value in values for w in symbols]
    kernels: list[sympy.Expr] = []
    for _ in range(_ROUNDS):
        slopes = [_fraction(kernel.diff(w)) for kernel in kernels for w in symbols]
        polys, generators, domain = _parsed([*chain.from_iterable(entries), *chain.from_iterable(slopes)])
        seen = [g for g in generators if g.free_symbols & set(symbols) and g not in symbols]
        if seen == kernels:
            break
        kernels = seen
    else:
        raise NotAlgebraic(_refusal(f"{shown(kernels[-1])}, among whose derivatives new functions keep turning up"))
    if inside := [kernel for kernel in kernels if kernel.free_symbols & set(examples)]:
        raise NotAlgebraic(_refusal(f"{shown(inside[0])}, a function of the data that is no polynomial"))
    outer = [g for g in generators if g not in symbols and g not in kernels and g not in examples]
    scalars = domain.frac_field(*outer) if outer else domain
    ring = PolyRing([*symbols, *kernels, *examples], scalars, sympy.grevlex)
    read = [_read(terms, generators, domain, ring) for terms in polys]
    pairs = list(zip(read[::2], read[1::2], strict=True))
    size, count = len(symbols), len(entries)
    known = _relations(kernels, ring)
    rows = [
        [_reduced(entry, known) for entry in _without_denominators(pairs[k : k + size], ring)[0]]
        for k in range(0, count, size)
    ]
    flat, common = _without_denominators(pairs[count:], ring)
    kept = ring.clone(symbols=[*symbols, *kernels])
    vectors = [field for row in rows for field in _coefficients(row, kept)]
    ((*flat_kept, common_kept),) = _coefficients([*flat, common], kept)
    rates = tuple(tuple(flat_kept[k : k + size]) for k in range(0, len(flat_kept), size))
    meaning = {symbol: w for w, symbol in stand_in.items()} | {symbol: n for n, symbol in numbers.items()}
    return Fields(kept, tuple(vectors), tuple(parameters), tuple(kernels), rates, common_kept, meaning)


def _refusal(what: str) -> str:
    return f"loss: got {what}; allowed: derivatives rational in parameters, constants and elementary functions"


def _real(symbol: sympy.Symbol) -> sympy.Symbol:
    """Return a real symbol that SymPy does not take for an algebraic number, as it does integers."""
    return sympy.Symbol(symbol.name, real=True, positive=symbol.is_positive or None)


def _exact(function: sympy.Expr) -> sympy.Expr:
    """Write floats as fractions, and functions by those of which there are few."""
    exact = function.replace(lambda e: e.is_Float, sympy.Rational)
    hyperbolic = sympy.sinh, sympy.cosh, sympy.tanh, sympy.coth, sympy.sech, sympy.csch
    exact = exact.rewrite(hyperbolic, sympy.exp).replace(sympy.tan, lambda x: sympy.sin(x) / sympy.cos(x))
    exact = exact.replace(sympy.Abs, lambda x: x * sympy.sign(x))
    exact = exact.rewrite((sympy.Max, sympy.Min), sympy.Heaviside)
    return exact.replace(sympy.sign, lambda x: 2 * sympy.Heaviside(x) - 1)


def _fraction(entry: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Return numerator and denominator; steps do not change but on a set without volume."""
    smooth = entry.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0))
    above, below = sympy.fraction(sympy.together(sympy.expand(smooth)))
    return above, below


def _parsed(expressions: list[sympy.Expr]) -> tuple[list[dict[tuple[int, ...], Any]], tuple[sympy.Expr, ...], Any]:
    """Return expressions as polynomials in what they are made of, and the field of their numbers."""
    try:
        polys, options = sympy.parallel_poly_from_expr(expressions, extension=True, field=True)
    except BasePolynomialError as error:
        if all(expression.is_number for expression in expressions):
            domain, numbers = construct_domain(expressions, extension=True, field=True)
            return [{(): number} for number in numbers], (), domain
        raise NotAlgebraic(_refusal(" ".join(str(error).split()))) from error
    if not (options.domain.is_QQ or (options.domain.is_Algebraic and options.domain.ext.is_real)):
        raise NotAlgebraic(_refusal(f"numbers in {options.domain}"))
    return [poly.as_dict(native=True) for poly in polys], options.gens, options.domain


def _read(
    terms: Mapping[tuple[int, ...], Any], generators: Sequence[sympy.Expr], domain: Any, ring: PolyRing
) -> PolyElement:
    """Return a polynomial in the generators as an element of a ring, some of them being scalars there."""
    inner = {symbol: i for i, symbol in enumerate(ring.symbols)}
    places = [inner.get(g) for g in generators]
    scalars = {k: ring.domain(g) for k, g in enumerate(generators) if places[k] is None}
    result = ring.zero
    for powers, number in terms.items():
        monomial, coefficient = [0] * ring.ngens, ring.domain.convert_from(number, domain)
        for k, (place, power) in enumerate(zip(places, powers, strict=True)):
            if place is None:
                coefficient *= scalars[k] ** power
            else:
                monomial[place] = power
        result += ring.term_new(tuple(monomial), coefficient)
    return result


def _without_denominators(
    pairs: Sequence[tuple[PolyElement, PolyElement]], ring: PolyRing
) -> tuple[list[PolyElement], PolyElement]:
    """Return fractions times a common denominator, and the denominator."""
    common = ring.one
    for _, below in pairs:
        common = common.lcm(below) if not below.is_ground else common
    return [above * common.exquo(below) for above, below in pairs], common


def _relations(kernels: Sequence[sympy.Expr], ring: PolyRing) -> list[tuple[int, int, PolyElement]]:
    """Return the kernels of which a power is known, by place, with that power: roots, and cosines beside sines."""
    found = []
    for kernel in kernels:
        value = None
        if kernel.is_Pow and kernel.exp.is_Rational and kernel.exp.p == 1:
            with suppress(ValueError):
                value, power = ring.from_expr(kernel.base), kernel.exp.q
        elif isinstance(kernel, sympy.cos) and sympy.sin(*kernel.args) in kernels:
            value, power = 1 - ring.from_expr(sympy.sin(*kernel.args)) ** 2, 2
        if value is not None:
            found.append((ring.symbols.index(kernel), power, value))
    return found


def _reduced(polynomial: PolyElement, relations: Sequence[tuple[int, int, PolyElement]]) -> PolyElement:
    """Put in what powers of kernels are known to be."""
    for place, power, value in relations:
        ring, result = polynomial.ring, polynomial.ring.zero
        for monomial, coefficient in polynomial.terms():
            times, rest = divmod(monomial[place], power)
            lower = (*monomial[:place], rest, *monomial[place + 1 :])
            result += ring.term_new(lower, coefficient) * value**times
        polynomial = result
    return polynomial


def _coefficients(row: Sequence[PolyElement], kept: PolyRing) -> list[Field]:
    """Return the coefficients of a vector in those generators that are not kept, which come last."""
    parts: dict[tuple[int, ...], list[PolyElement]] = {}
    for i, entry in enumerate(row):
        for monomial, coefficient in entry.terms():
            part = parts.setdefault(monomial[kept.ngens :], [kept.zero] * len(row))
            part[i] = part[i] + kept.term_new(monomial[: kept.ngens], coefficient)
    return [tuple(part) for part in parts.values()]
