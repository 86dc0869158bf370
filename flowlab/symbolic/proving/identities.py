"""Whether an expression is identically zero, or never negative, on all that its symbols may be."""

import random
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from typing import Any

import mpmath
import sympy

from flowlab.symbolic.proving.words import DIMENSION, Letter, Letters, Word, trace_words

__all__ = ["found_zero", "nonnegative", "numbers_agree", "numbers_at_least", "rising"]

_DIGITS = 40
_CLOSE = mpmath.mpf(10) ** -25
_POINTS = 4


def found_zero(left: Any, right: Any) -> bool:
    """Return whether SymPy reduces left − right to 0.

    Parameters
    ----------
    left, right : Expr or Word

    Returns
    -------
    bool
        False also where it does not succeed.

    Examples
    --------
    >>> w, N = sympy.symbols("w N", positive=True)
    >>> found_zero((w**N) ** (2 - 2 / N), w ** (2 * N - 2)), found_zero(w**N, w)
    (True, False)
    """
    difference = left - right
    if isinstance(difference, Word):
        return all(found_zero(coefficient, 0) for coefficient in difference.terms.values())
    difference = sympy.sympify(difference)
    quick = (rewritten.is_zero is True for rewritten in _rewritten(difference))
    return any(quick) or _same_powers(left, right) or sympy.simplify(difference).is_zero is True


def _rewritten(expression: sympy.Expr) -> Iterator[sympy.Expr]:
    """Give equal expressions, each found with more labour than the one before."""
    yield expression
    yield sympy.expand(expression)
    merged = sympy.powsimp(sympy.powdenest(sympy.expand_log(expression)), deep=True, combine="exp")
    separate = sympy.expand(sympy.expand_log(sympy.powdenest(_with_plain_exponents(merged))))
    yield separate
    yield sympy.cancel(sympy.together(separate))


def _with_plain_exponents(expression: sympy.Expr) -> sympy.Expr:
    return expression.replace(lambda e: e.is_Pow, lambda e: e.base ** sympy.expand(sympy.cancel(e.exp)))


def _same_powers(left: sympy.Expr, right: sympy.Expr) -> bool:
    """Whether two products have the same exponent at each base: what expanding powers of sums would hide."""
    exponents: dict[sympy.Expr, sympy.Expr] = {}
    for side, sign in ((sympy.sympify(left), 1), (sympy.sympify(right), -1)):
        if side.is_zero is not False and not side.is_Mul:
            return False
        _collect_powers(_with_plain_exponents(side), sympy.Integer(sign), exponents)
    powers = {base: sympy.cancel(exponent) for base, exponent in exponents.items()}
    number = sympy.Mul(*(base**power for base, power in powers.items() if base.is_number))
    return number == 1 and all(power == 0 for base, power in powers.items() if not base.is_number)


def _collect_powers(factor: sympy.Expr, exponent: sympy.Expr, into: dict[sympy.Expr, sympy.Expr]) -> None:
    base, power = factor.as_base_exp()
    if factor.is_Mul and (exponent.is_Integer or all(part.is_positive for part in factor.args)):
        for part in factor.args:
            _collect_powers(part, exponent, into)
    elif power != 1 and (base.is_positive or exponent.is_Integer):
        _collect_powers(base, exponent * power, into)
    elif factor.is_Add and (factored := sympy.factor(sympy.together(factor))) != factor and not factored.is_Add:
        _collect_powers(factored, exponent, into)
    elif factor.is_Add and factor.could_extract_minus_sign() and exponent.is_Integer:
        _collect_powers(sympy.S.NegativeOne, exponent, into)
        _collect_powers(-factor, exponent, into)
    elif factor != 1:
        into[factor] = into.get(factor, sympy.S.Zero) + exponent


def nonnegative(expression: sympy.Expr, *, strictly: bool = False) -> bool:
    """Return whether every factor of an expression is known to be ≥ 0, or > 0.

    Parameters
    ----------
    expression : Expr
    strictly : bool, optional

    Returns
    -------
    bool
        False also where nothing is known.

    Examples
    --------
    >>> x = sympy.Symbol("x", positive=True)
    >>> nonnegative(1 / (1 + x) - (1 - x)), nonnegative(x**2 - x)
    (True, False)
    """
    if _known(expression, strictly):
        return True
    factored = sympy.factor(sympy.together(expression))
    factors = [base**power for base, power in (factor.as_base_exp() for factor in sympy.Mul.make_args(factored))]
    return all(_known(factor, strictly) for factor in factors) or _known(factored, strictly)


def _known(expression: sympy.Expr, strictly: bool) -> bool:
    forms = (expression, sympy.expand(expression))
    if expression.is_Pow and expression.exp.is_Integer:
        forms = (expression, sympy.expand(expression.base) ** expression.exp)
    return any((form.is_positive if strictly else form.is_nonnegative) is True for form in forms)


def rising(expression: sympy.Expr, along: sympy.Symbol, *, levels: int = 4) -> bool:
    """Return whether an expression is ≥ 0 since it is so at 0 and rises in a nonnegative symbol.

    Parameters
    ----------
    expression : Expr
    along : Symbol
    levels : int, optional
        How often the slope may be replaced by its own.

    Returns
    -------
    bool
        False also where nothing is known.

    Examples
    --------
    >>> x = sympy.Symbol("x", nonnegative=True)
    >>> rising(x - sympy.log(1 + x), x), rising(1 - x, x)
    (True, False)
    """
    if not along.is_nonnegative:
        return False
    start = expression.subs(along, 0)
    if not (found_zero(start, 0) or nonnegative(start)):
        return False
    slope = sympy.together(expression.diff(along))
    return nonnegative(slope) or (levels > 1 and rising(slope, along, levels=levels - 1))


def numbers_agree(left: Any, right: Any) -> bool:
    """Return whether two expressions, or words of matrices, have the same values at points drawn, to 25 digits.

    Parameters
    ----------
    left, right : Expr or Word

    Returns
    -------
    bool
        False also where there are no values.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> numbers_agree(sympy.sin(x) ** 2, 1 - sympy.cos(x) ** 2), numbers_agree(x, x + sympy.Rational(1, 10**20))
    (True, False)
    """
    with suppress(TypeError, NameError, ArithmeticError):  # what mpmath has no function or no number for
        return all(abs(a - b) <= _CLOSE * (1 + abs(a) + abs(b)) for a, b in _valued(left, right))
    return False


def numbers_at_least(left: Any, right: Any) -> bool:
    """Return whether `left` is nowhere below `right` at points drawn.

    Parameters
    ----------
    left, right : Expr

    Returns
    -------
    bool

    Examples
    --------
    >>> x = sympy.Symbol("x", positive=True)
    >>> numbers_at_least(1 + x, x), numbers_at_least(x, 1 + x)
    (True, False)
    """
    with suppress(TypeError, NameError, ArithmeticError):
        return all(a - b >= -_CLOSE * (1 + abs(a) + abs(b)) for a, b in _valued(left, right))
    return False


def _valued(left: Any, right: Any) -> Iterator[tuple[Any, Any]]:
    """Give values of both sides at points drawn: of every entry, where they are matrices."""
    generator = random.Random(7)
    for _ in range(_POINTS):
        with mpmath.workdps(_DIGITS):
            draw = _Draw(generator)
            yield from zip(draw.values(left), draw.values(right), strict=True)


class _Draw:
    """A point: a number for each symbol as it is declared, and a matrix for each letter."""

    size = 3

    def __init__(self, generator: random.Random) -> None:
        self.generator = generator
        self.numbers: dict[sympy.Symbol, Any] = {DIMENSION: mpmath.mpf(self.size)}
        self.matrices: dict[str, Any] = {}

    def values(self, side: Any) -> list[Any]:
        if not isinstance(side, Word):
            return [self.value(sympy.sympify(side))]
        whole = mpmath.zeros(self.size)
        for letters, coefficient in side.terms.items():
            whole += self.value(coefficient) * self.product(letters)
        return list(whole)

    def value(self, expression: sympy.Expr) -> Any:
        traces = trace_words(expression)
        symbols = sorted(expression.free_symbols, key=str)
        numbers = []
        for symbol in symbols:
            if symbol in traces:
                product = self.product(traces[symbol])
                numbers.append(mpmath.fsum(product[i, i] for i in range(self.size)))
            else:
                if symbol not in self.numbers:
                    self.numbers[symbol] = self.number(symbol)
                numbers.append(self.numbers[symbol])
        return mpmath.mpmathify(sympy.lambdify(symbols, expression, "mpmath")(*numbers))

    def number(self, symbol: sympy.Symbol) -> Any:
        draw = self.generator.uniform
        if symbol.is_integer:
            sign = 1 if symbol.is_nonnegative else self.generator.choice((-1, 1))
            return mpmath.mpf(sign * self.generator.randint(1, 6))
        if symbol.is_nonnegative:
            return mpmath.mpf(draw(0.2, 2.5))
        if symbol.is_real:
            return mpmath.mpf(draw(-2.5, 2.5))
        return mpmath.mpc(draw(-2.5, 2.5), draw(-2.5, 2.5))

    def product(self, letters: Letters) -> Any:
        whole = mpmath.eye(self.size)
        for letter in letters:
            found = self.matrix(letter)
            whole = whole * (found.T if letter.transposed else found)
        return whole

    def matrix(self, letter: Letter) -> Any:
        if letter.name not in self.matrices:
            drawn = mpmath.matrix(self.size, self.size)
            for i, j in product(range(self.size), repeat=2):
                drawn[i, j] = self.generator.uniform(-1, 1) if letter.kind != "diagonal" or i == j else 0
            if letter.kind == "symmetric":
                drawn = drawn + drawn.T
            if letter.kind == "orthogonal":
                drawn = mpmath.qr(drawn)[0]
            self.matrices[letter.name] = drawn
        return self.matrices[letter.name]
