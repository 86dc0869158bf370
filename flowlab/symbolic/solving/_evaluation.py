"""Expressions as numbers of as many digits as they need, in arithmetic that no other thread can change."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import mpmath
import sympy
from sympy.printing.codeprinter import PrintMethodNotImplementedError

_FIRST, _LAST = 30, 960
_DIGITS = 40


class NotReal(ArithmeticError):  # noqa: N818 - read as a sentence
    """An expression has no real value at a point."""


class Precise:
    """Expressions in some symbols, evaluated by mpmath.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> square_root = Precise([x], [sympy.sqrt(x)])
    >>> [float(number) for number in square_root([2], digits=30)]
    [1.4142135623730951]
    """

    def __init__(self, symbols: Sequence[sympy.Symbol], expressions: Sequence[sympy.Expr]) -> None:
        self.context = mpmath.MPContext()
        namespace = {name: getattr(self.context, name) for name in dir(self.context) if not name.startswith("_")}
        namespace["LambertW"] = self.context.lambertw
        self._zeros = [expression == 0 for expression in expressions]
        try:
            # what cases have in common is left in them, as one may have no value where another one applies
            cases = any(isinstance(e, sympy.Expr) and e.has(sympy.Piecewise) for e in expressions)
            self._function = sympy.lambdify(list(symbols), list(expressions), [namespace, "mpmath"], cse=not cases)
        except PrintMethodNotImplementedError as error:
            raise NotReal(str(error).splitlines()[0]) from error

    def number(self, value: Any, digits: int) -> Any:
        """Return a number of any kind as one of this arithmetic."""
        if isinstance(value, sympy.Expr):
            value = sympy.N(value, digits + 5)
            if not value.is_Float and not value.is_Integer:
                raise NotReal(str(value))
            return self.context.make_mpf(sympy.Float(value, digits + 5)._mpf_)
        return self.context.mpf(value)

    def __call__(self, point: Sequence[Any], digits: int) -> list[Any]:
        """Return real values; `NotReal` where there are none."""
        context = self.context
        context.dps = digits
        try:
            found = self._function(*[self.number(value, digits) for value in point])
        except (ArithmeticError, ValueError, TypeError, NameError, NotImplementedError) as error:
            raise NotReal(str(error)) from error
        return [self._real(value, digits) for value in found]

    def _real(self, value: Any, digits: int) -> Any:
        context = self.context
        value = context.mpmathify(value)
        if isinstance(value, context.mpc):
            if abs(value.imag) > context.mpf(10) ** (-digits // 2) * (1 + abs(value.real)):
                raise NotReal(str(value))
            value = value.real
        if not context.isfinite(value):
            raise NotReal(str(value))
        return value

    def settled(self, point: Sequence[Any]) -> list[Any]:
        """Return values right to 18 digits: digits are doubled until they no longer change these.

        A value of which all digits cancel, up to 960 of them, is 0.
        """
        digits = _FIRST
        before = now = self(point, digits)
        while digits < _LAST:
            digits *= 2
            before, now = now, self(point, digits)
            if all(_settled(*pair) or zero for *pair, zero in zip(before, now, self._zeros, strict=True)):
                return now
        tiny = self.context.mpf(10) ** -320
        pairs = list(zip(before, now, strict=True))
        if all(abs(b) < tiny or _settled(a, b) for a, b in pairs):
            return [b if _settled(a, b) else self.context.mpf(0) for a, b in pairs]
        raise NotReal("its digits do not settle")


def _settled(before: Any, now: Any) -> bool:
    """Return whether digits no longer change a number; 0 may still be what cancellation has left."""
    return bool(now != 0 and abs(before - now) <= abs(now) * 1e-18)


def number_is(value: sympy.Expr, fact: str) -> bool:
    """Return whether a number is `fact`: real, positive, nonnegative, negative or nonpositive, by 40 digits.

    Examples
    --------
    >>> number_is(sympy.sqrt(2) - 1, "positive"), number_is(sympy.sqrt(1 - sympy.sqrt(2)), "real")
    (True, False)
    """
    try:
        x = float(Precise([], []).number(value, _DIGITS))
    except NotReal:
        return False
    facts = {"positive": x > 1e-30, "nonnegative": x > -1e-30, "negative": x < -1e-30, "nonpositive": x < 1e-30}
    return fact == "real" or facts[fact]


def float_of(value: sympy.Expr) -> float:
    """Return a number as a float; what its cases depend on is decided in as many digits.

    They are as many as the numbers in it have bits: beside 1, SymPy does not see what is small.

    Examples
    --------
    >>> near = 1 + sympy.Rational(1, 10**200)
    >>> float_of(sympy.log(near)), float_of(sympy.Piecewise((1, sympy.exp(near) > sympy.E), (0, True)))
    (1e-200, 1.0)
    """
    lengths = [int(part).bit_length() for number in value.atoms(sympy.Rational) for part in (number.p, number.q)]
    digits = _DIGITS + max(lengths, default=0)
    decided = {
        relation: relation.func(sympy.N(relation.lhs - relation.rhs, digits), 0)
        for relation in value.atoms(sympy.core.relational.Relational)
    }
    return float(sympy.N(value.xreplace(decided), digits))


def real_somewhere(value: sympy.Expr) -> bool:
    """Return whether an expression is seen to be real for some numbers, of several sizes, in place of its symbols.

    Examples
    --------
    >>> x, y = sympy.symbols("x y", real=True)
    >>> real_somewhere(sympy.sqrt(1 - x**2)), real_somewhere(sympy.sqrt(-(x**2) - y**2))
    (True, False)
    """
    symbols = sorted(value.free_symbols, key=str)
    if not symbols:
        return False
    function = Precise(symbols, [value])
    for size in (1, sympy.Rational(1, 1000), 1000):
        for signs in product((1, -1), repeat=min(len(symbols), 4)):
            point = [size * sympy.Rational(7 + i, 11) * signs[i % len(signs)] for i in range(len(symbols))]
            try:
                function([abs(x) if s.is_positive else x for s, x in zip(symbols, point, strict=True)], _DIGITS)
            except NotReal:
                continue
            return True
    return False
