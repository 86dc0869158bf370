"""A rate of one variable with kinks, as it is beside a number: smooth, as far as the next kink either way."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from flowlab.symbolic.limits import FAILURES
from flowlab.symbolic.sides import KINKED

#: Of an infinite number of kinks those within such distances are looked for.
_REACHES = (10, 1000)
#: How often a point beside a kink is moved nearer to it, until no other kink is between.
_MOST_HALVINGS = 60
#: Digits up to which a number may cancel before its sign is given up.
_MOST_DIGITS = 400


class Unknown(ArithmeticError):  # noqa: N818 - read as a sentence
    """What is asked of a flow with kinks is not known."""


def sign_of(value: sympy.Expr) -> int:
    """Return the sign of a number, or of an expression whose symbols tell it; `Unknown` where it is not certain.

    Examples
    --------
    >>> close = sympy.sqrt(2) + sympy.sqrt(3) - sympy.sqrt(5 + 2 * sympy.sqrt(6))
    >>> sign_of(close), sign_of(close - sympy.Rational(1, 10**99))
    (0, -1)
    """
    if value.is_zero:
        return 0
    if value.is_positive or value.is_negative:
        return 1 if value.is_positive else -1
    if value.is_number and not value.has(sympy.nan, sympy.zoo, sympy.I):
        number = value.evalf(30, maxn=_MOST_DIGITS)
        if number.is_Float and number._prec > 1:  # SymPy's own mark of a number all of whose digits cancel
            return int(sympy.sign(number))
    if sympy.simplify(value).is_zero:
        return 0
    raise Unknown(f"the sign of {value} is not known")


@dataclass(frozen=True)
class Beside:
    """A rate on one side of all its kinks.

    Attributes
    ----------
    rate : Expr
        Smooth.
    low, high : Expr or None
        The next kink either way.
    """

    rate: sympy.Expr
    low: sympy.Expr | None
    high: sympy.Expr | None

    def ahead(self, direction: int) -> sympy.Expr | None:
        """Return the next kink upward, for 1, or downward, for -1."""
        return self.high if direction > 0 else self.low


class Kinked:
    """A rate of one variable with the signs of its switches in it, see `flowlab.symbolic.sides`.

    Examples
    --------
    >>> y = sympy.Symbol("y", real=True)
    >>> kinked = Kinked(-sympy.sign(y - 1) - 2 * sympy.sign(y + 1), y)
    >>> kinked.around(sympy.Integer(0))
    Beside(rate=-1, low=-1, high=1)
    >>> kinked.around(sympy.Integer(1)), kinked.beyond(sympy.Integer(1), 1)
    (None, Beside(rate=-3, low=1, high=None))
    """

    def __init__(self, rate: sympy.Expr, y: sympy.Symbol) -> None:
        self.rate, self.y = rate, y
        self._zeros: dict[sympy.Expr, list[sympy.Expr] | None] = {}
        self._beyond: dict[tuple[sympy.Expr, int], Beside] = {}

    def around(self, point: sympy.Expr) -> Beside | None:
        """Return the rate around a number; None at a kink."""
        rate = self.rate
        below: list[sympy.Expr] = []
        above: list[sympy.Expr] = []
        while signs := {part for part in rate.atoms(sympy.sign) if part.has(self.y)}:
            put = {}
            for part in signs:
                (switch,) = part.args
                if not signs.isdisjoint(switch.atoms(sympy.sign)):
                    continue  # the inner ones first
                sign = sign_of(switch.subs(self.y, point))
                if sign == 0:
                    return None
                put[part] = sympy.Integer(sign)
                if switch not in self._zeros:
                    self._zeros[switch] = all_zeros(switch, self.y)
                found = self._zeros[switch]
                for zero in zeros(switch, self.y, point) if found is None else found:
                    (above if sign_of(zero - point) > 0 else below).append(zero)
            rate = rate.xreplace(put)
        if any(part.has(self.y) for part in rate.atoms(*KINKED)):
            raise Unknown(f"{rate} holds cases that no signs tell")
        return Beside(_cancelled(rate), extreme(below, 1), extreme(above, -1))

    def beyond(self, kink: sympy.Expr, direction: int) -> Beside:
        """Return the rate just above a number, for 1, or just below it, for -1."""
        if (kink, direction) in self._beyond:
            return self._beyond[kink, direction]
        point = kink + direction
        for _ in range(_MOST_HALVINGS):
            found = self.around(point)
            between = found and found.ahead(-direction)
            if found is not None and (between is None or sign_of(between - kink) != direction):
                self._beyond[kink, direction] = found
                return found
            point = (kink + point) / 2 if between is None else (kink + between) / 2
        raise Unknown(f"the next kink beside {kink} is not found")


def extreme(numbers: list[sympy.Expr], direction: int) -> sympy.Expr | None:
    """Return the largest of several numbers, for 1, or the least, for -1; None of none."""
    best: sympy.Expr | None = None
    for number in numbers:
        if best is None or sign_of(number - best) == direction:
            best = number
    return best


def all_zeros(expression: sympy.Expr, y: sympy.Symbol) -> list[sympy.Expr] | None:
    """Return where an expression is 0; None where that is infinitely often, or not found.

    Examples
    --------
    >>> y = sympy.Symbol("y", real=True)
    >>> all_zeros(y**2 - 2, y), all_zeros(sympy.sin(y), y)
    ([-sqrt(2), sqrt(2)], None)
    """
    if not expression.has(y):
        return []
    if expression.is_polynomial(y):
        polynomial = sympy.Poly(expression, y)
        if polynomial.domain.is_ZZ or polynomial.domain.is_QQ:
            return list(dict.fromkeys(polynomial.real_roots()))
    return _solved(expression, y, sympy.S.Reals)


def zeros(expression: sympy.Expr, y: sympy.Symbol, near: sympy.Expr) -> list[sympy.Expr]:
    """Return where an expression is 0, at least the nearest such numbers; `Unknown` where they are not found.

    Examples
    --------
    >>> y = sympy.Symbol("y", real=True)
    >>> len(zeros(sympy.sin(y), y, sympy.Integer(0)))
    7
    """
    found = all_zeros(expression, y)
    if found is not None:
        return found
    for reach in _REACHES:
        found = _solved(expression, y, sympy.Interval(near - reach, near + reach))
        if found is not None and {sign_of(number - near) for number in found} >= {-1, 1}:
            return found
    raise Unknown(f"the zeros of {expression} are not found")


def _solved(expression: sympy.Expr, y: sympy.Symbol, domain: sympy.Set) -> list[sympy.Expr] | None:
    try:
        found = sympy.solveset(expression, y, domain)
    except FAILURES:
        return None
    known = found is sympy.S.EmptySet or (isinstance(found, sympy.FiniteSet) and not found.has(y))
    return list(found) if known else None


def _cancelled(rate: sympy.Expr) -> sympy.Expr:
    """Cancel broken powers of more than 1: SymPy does not see that (1 - y)**(3/2)/(y - 1) is -sqrt(1 - y)."""
    powers = [p for p in rate.atoms(sympy.Pow) if p.exp.is_Rational and not p.exp.is_Integer]
    if not any(abs(p.exp) > 1 for p in powers):
        return rate
    roots = {p: p.base ** (p.exp - int(p.exp)) for p in powers}
    names = {root: sympy.Dummy(positive=True) for root in roots.values()}
    whole = rate.xreplace({p: p.base ** int(p.exp) * names[root] for p, root in roots.items()})
    return sympy.cancel(whole).xreplace({name: root for root, name in names.items()})
