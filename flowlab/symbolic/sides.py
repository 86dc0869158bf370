"""Losses that are not smooth, written with a side for each kink: on one side of all of them a loss is smooth.

The absolute value of u is s·u, with the *side* s = 1 where u > 0 and −1 where u < 0; max(u, v) is
u (1 + s)/2 + v (1 − s)/2 with the side of u − v; and so on. What a side is the sign of is its *switch*. With the sides
as symbols a loss has derivatives, which are its own on either side; and with sides between −1 and 1 the gradient at a
kink is between those of its two sides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy
from sympy.core.relational import Relational

#: What has a kink, or a step, where an argument is 0 or two of them are equal.
KINKED: tuple[Any, ...] = (sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Piecewise)
_Logic = (sympy.And, sympy.Or, sympy.Not)


def _is_root(e: sympy.Expr) -> bool:
    """Return whether an expression is a power whose slope is 0 at the zero of its base, but grows like a root."""
    if not (e.is_Pow and e.exp.is_Rational and 1 < e.exp < 2):
        return False
    base = e.base.args[0] if isinstance(e.base, sympy.Abs) else e.base
    return bool(base.is_Symbol or not base.is_nonnegative)


@dataclass(frozen=True)
class Sided:
    """An expression with a symbol for the side of each kink.

    Attributes
    ----------
    expression : Expr
        Smooth in the variables, whatever kinks there were.
    sides : tuple of Symbol
        Each −1 or 1; inner ones before those that depend on them.
    switches : tuple of Expr
        Each side is the sign of its switch, which may hold the sides before it.
    continuous : bool
        Whether it is known to have no steps: signs and cases can make some.
    roots : tuple of int or None
        Of each switch u, whether there is a power u^p or |u|^p with 1 < p < 2, whose slope is 0 at u = 0 and grows like
        a root; on the other side of the kink it is taken for 0. None where there is not, 0 where the power has a value
        on both sides, and otherwise the one side where it has.
    names : tuple of Expr or None
        Of each switch that holds sides, what it is without them, where that is simple.
    """

    expression: sympy.Expr
    sides: tuple[sympy.Symbol, ...]
    switches: tuple[sympy.Expr, ...]
    continuous: bool
    roots: tuple[int | None, ...] = ()
    names: tuple[sympy.Expr | None, ...] = ()

    @cached_property
    def named(self) -> tuple[sympy.Expr, ...]:
        """The switches as functions of the variables, for people."""
        signs: dict[sympy.Symbol, sympy.Expr] = {}
        for side, switch in zip(self.sides, self.switches, strict=True):
            signs[side] = sympy.sign(switch.xreplace(signs))
        own = self.names or [None] * len(self.sides)
        return tuple(name or sign.args[0] for name, sign in zip(own, signs.values(), strict=True))


def sided(expression: sympy.Expr, variables: Iterable[sympy.Symbol]) -> Sided:
    """Write an expression with a side for each kink that it has in some variables, which are taken for real.

    Equal kinks share a side: those of u, 2·u, −u and u³. A kink of a product is one of each factor.

    Parameters
    ----------
    expression : Expr
    variables : iterable of Symbol

    Returns
    -------
    Sided

    Examples
    --------
    >>> u, v = sympy.symbols("u v", real=True)
    >>> written = sided(abs(u) + sympy.Max(2 * u, 0) + v, [u, v])
    >>> written.switches, written.expression.xreplace({written.sides[0]: 1})
    ((u,), 3*u + v)
    """
    writer = _Writer(frozenset(variables))
    smooth = writer.rewritten(sympy.sympify(expression))
    sides = tuple(writer.sides.values())
    roots, names = tuple(map(writer.roots.get, sides)), tuple(map(writer.names.get, sides))
    return Sided(smooth, sides, tuple(writer.sides), writer.continuous, roots, names)


class _Writer:
    """Rewrites from the inside, and keeps the sides by their switches."""

    def __init__(self, variables: frozenset[sympy.Symbol]) -> None:
        self.variables = variables
        self.sides: dict[sympy.Expr, sympy.Symbol] = {}
        self.continuous = True
        self.roots: dict[sympy.Symbol, int] = {}
        self.names: dict[sympy.Symbol, sympy.Expr] = {}

    def rewritten(self, e: sympy.Expr) -> sympy.Expr:
        """Return an expression without kinks."""
        if not (e.free_symbols & self.variables and (e.has(*KINKED) or any(map(_is_root, e.atoms(sympy.Pow))))):
            return e
        if _is_root(e):
            return self._root(e)
        if isinstance(e, sympy.Piecewise):
            return self._cases(e.args)
        if isinstance(e, (sympy.Max, sympy.Min)):
            return self._largest(type(e), e.args)
        args = [self.rewritten(argument) for argument in e.args]
        if isinstance(e, sympy.Abs):
            return self.side(args[0], e.args[0]) * args[0]
        if isinstance(e, sympy.sign):
            self.continuous = False
            return self.side(args[0], e.args[0])
        return e.func(*args)

    def side(self, switch: sympy.Expr, name: sympy.Expr) -> sympy.Expr:
        """Return the sign of an expression, in terms of sides; `name` is what it was before it held any."""
        number, factors = switch.as_coeff_mul()
        sign = sympy.sign(number)
        for factor in factors:
            base, exponent = factor.as_base_exp()
            if factor.is_nonnegative or (exponent.is_Rational and not exponent.is_Integer) or exponent.is_even:
                continue
            if base in self.sides.values():  # -1 or 1
                sign *= base
                continue
            if not base.free_symbols & (self.variables | set(self.sides.values())):
                sign *= sympy.sign(base)
                continue
            plain = base.primitive()[1]
            if plain.could_extract_minus_sign():
                sign, plain = -sign, -plain
            sign *= self.sides.setdefault(plain, sympy.Dummy(f"side_{len(self.sides)}", real=True))
        number, sides = sign.as_coeff_mul()
        if len(sides) == 1 and name.has(*KINKED):
            self.names.setdefault(sides[0], (number * name).primitive()[1])
        return sympy.Mul(*(base ** (power % 2) for base, power in sign.as_powers_dict().items()))

    def _largest(self, kind: Any, choices: tuple[sympy.Expr, ...]) -> sympy.Expr:
        """Return the largest, or the least, of some expressions."""
        varying = sorted((c for c in choices if c.free_symbols & self.variables), key=sympy.default_sort_key)
        fixed = [c for c in choices if c not in varying]
        turn = 1 if kind is sympy.Max else -1
        first, *others = [*varying, *([kind(*fixed)] if fixed else [])]
        best, name = self.rewritten(first), first
        for other in others:
            choice = self.rewritten(other)
            best = self._either(turn * self.side(best - choice, name - other), best, choice)
            name = kind(name, other)
        return best

    def _root(self, power: sympy.Expr) -> sympy.Expr:
        """Return u^p or |u|^p as it is on one side of u = 0; 0 on the other, and with the side 0 for every u."""
        both = isinstance(power.base, sympy.Abs)
        base = power.base.args[0] if both else power.base
        u = self.rewritten(base)
        sign = self.side(u, base)
        number, sides = sign.as_coeff_mul()
        if len(sides) != 1:  # a product, whose zeros are not one kink; or none, of what has one sign
            return ((sign if both else 1) * u) ** power.exp
        (side,) = sides
        self.roots[side] = 0 if both else int(number)
        inside = sign * u if both else u
        return sympy.Piecewise((inside**power.exp, sympy.And(inside > 0, sympy.Ne(side, 0))), (0, True))

    @staticmethod
    def _either(side: sympy.Expr, one: sympy.Expr, other: sympy.Expr) -> sympy.Expr:
        """Return `one` on the side 1 and `other` on the side −1: no sum of both, which would round."""
        return one * (1 + side) / 2 + other * (1 - side) / 2

    def _cases(self, cases: tuple[Any, ...]) -> sympy.Expr:
        """Return an expression by cases, each of which may be undefined where it does not apply."""
        (expression, condition), *rest = cases
        here = self.rewritten(expression)
        if condition == True or not rest:  # noqa: E712
            return here
        there = self._cases(tuple(rest))
        if not condition.free_symbols & self.variables or condition.has(sympy.Eq, sympy.Ne):
            return sympy.Piecewise((here, condition), (there, True))
        self.continuous = False
        holds = self._indicator(condition)
        between = holds * here + (1 - holds) * there
        return sympy.Piecewise((here, holds >= 1), (there, holds <= 0), (between, True))

    def _indicator(self, condition: Any) -> sympy.Expr:
        """Return 1 where a condition holds, and 0 where it does not."""
        if isinstance(condition, Relational):
            high, low = condition.gts, condition.lts
            sign = self.side(self.rewritten(high) - self.rewritten(low), high - low)
            return (1 + sign) / 2
        parts = [self._indicator(part) for part in condition.args] if isinstance(condition, _Logic) else []
        if isinstance(condition, sympy.And):
            return sympy.Mul(*parts)
        if isinstance(condition, sympy.Or):
            return 1 - sympy.Mul(*(1 - part for part in parts))
        if isinstance(condition, sympy.Not):
            return 1 - parts[0]
        return sympy.Integer(1) if condition == True else sympy.Integer(0)  # noqa: E712
