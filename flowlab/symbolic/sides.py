"""Losses that are not smooth, written with a side for each kink: on one side of all of them a loss is smooth.

The absolute value of u is s·u, with the *side* s = 1 where u > 0 and −1 where u < 0; max(u, v) is
u (1 + s)/2 + v (1 − s)/2 with the side of u − v; and so on. What a side is the sign of is its *switch*. With the sides
as symbols a loss has derivatives, which are its own on either side; and with sides between −1 and 1 the gradient at a
kink is between those of its two sides.

A norm |v| of several expressions v_i is not smooth where all of them are 0. It is its own switch, of side 1 elsewhere.
At rest there its side is 0, and for |v| stands Σ s_i v_i, with a side s_i of each of its *components* v_i: the
subdifferential is of all s in the unit ball.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy
from sympy.core.relational import Relational

from flowlab.symbolic.roots import merged

#: What has a kink, or a step, where an argument is 0 or two of them are equal.
KINKED: tuple[Any, ...] = (sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Piecewise)
_Logic = (sympy.And, sympy.Or, sympy.Not)


def _is_root(e: sympy.Expr) -> bool:
    """Return whether an expression is a power whose slope is 0 at the zero of its base, but grows like a root."""
    if not (e.is_Pow and e.exp.is_Rational and 1 < e.exp < 2):
        return False
    base = e.base.args[0] if isinstance(e.base, sympy.Abs) else e.base
    return bool(base.is_Symbol or not base.is_nonnegative)


def norms(expression: sympy.Expr, variables: Iterable[sympy.Symbol]) -> list[sympy.Expr]:
    """Return the norms in an expression, and powers |v|^p of norms with p < 2, as powers of the squared norms.

    Examples
    --------
    >>> a, b = sympy.symbols("a b", real=True)
    >>> norms(sympy.sqrt(a**2 + b**2) + (a**2 + b**2) ** 2 + sympy.sqrt(a**2 + 1), [a, b])
    [sqrt(a**2 + b**2)]
    """
    own = list(variables)
    return [p for p in expression.atoms(sympy.Pow) if _may_be_norm(p) and components(p.base, own)]


def _may_be_norm(e: sympy.Expr) -> bool:
    """Return whether an expression is a power of which kind a norm is, or a power of a norm that is less smooth."""
    return bool(e.is_Pow and e.exp.is_Rational and 1 <= 2 * e.exp < 2)


def components(q: sympy.Expr, variables: Iterable[sympy.Symbol]) -> list[sympy.Expr]:
    """Return expressions of which the squares sum up to another; none where that is not seen.

    Examples
    --------
    >>> a, b = sympy.symbols("a b", real=True)
    >>> components(a**2 + 2 * (b - 1) ** 2, [a, b]), components(a**2 + b**2 + 1, [a, b])
    ([a, sqrt(2)*(b - 1)], [])
    >>> components(a**2 - 2 * a * b + 3 * b**2, [a, b]), components((a * b - 1) ** 2 + a**2, [a, b])
    ([a - b, sqrt(2)*b], [a, a*b - 1])
    """
    own, rest = set(variables), sympy.expand(q)
    found: list[sympy.Expr] = []
    for w in sorted(own & rest.free_symbols, key=str) if rest.is_polynomial(*own) else []:
        square = rest.coeff(w, 2)
        if square.is_positive and not square.free_symbols & own:
            base = w + rest.coeff(w, 1) / (2 * square)
            rest = sympy.expand(rest - square * base**2)
            found.append(sympy.sqrt(square) * sympy.factor_terms(base))
    if rest.is_zero:
        return found
    terms = [term.as_independent(*own, as_Add=False) for term in sympy.Add.make_args(q)]
    factors = [(number, sympy.Mul.make_args(of)) for number, of in terms]
    if not all(number.is_positive and all(f.is_Pow and f.exp.is_even for f in of) for number, of in factors):
        return []
    return [sympy.sqrt(number) * sympy.Mul(*(f.base ** (f.exp / 2) for f in of)) for number, of in factors]


def whole(side: sympy.Symbol) -> sympy.Expr:
    """Return the condition that a side is −1 or 1, so that there is no rest at its kink.

    Examples
    --------
    >>> whole(sympy.Symbol("s", real=True))
    s**2 >= 1
    """
    return sympy.Ge(side**2, 1)


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
    parts : tuple of tuple of int
        Of each switch that is a norm, the places of its components; none of others.
    """

    expression: sympy.Expr
    sides: tuple[sympy.Symbol, ...]
    switches: tuple[sympy.Expr, ...]
    continuous: bool
    roots: tuple[int | None, ...] = ()
    names: tuple[sympy.Expr | None, ...] = ()
    parts: tuple[tuple[int, ...], ...] = ()

    @cached_property
    def named(self) -> tuple[sympy.Expr, ...]:
        """The switches as functions of the variables, for people."""
        signs: dict[sympy.Symbol, sympy.Expr] = {}
        for side, switch in zip(self.sides, self.switches, strict=True):
            signs[side] = sympy.sign(switch.xreplace(signs))
        own = self.names or [None] * len(self.sides)
        return tuple(name or sign.args[0] for name, sign in zip(own, signs.values(), strict=True))


def sided(expression: sympy.Expr, variables: Iterable[sympy.Symbol], also: Iterable[sympy.Symbol] = ()) -> Sided:
    """Write an expression with a side for each kink that it has in some variables, which are taken for real.

    Equal kinks share a side: those of u, 2·u, −u and u³. A kink of a product is one of each factor.

    Parameters
    ----------
    expression : Expr
    variables : iterable of Symbol
    also : iterable of Symbol, optional
        Variables of which the side counts though there may be no kink.

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
    smooth = writer.rewritten(merged(sympy.sympify(expression)))
    for w in also:
        writer.side(w, w)
    known = [(side, switch) for switch, side in writer.sides.items()]
    known += [pair for norm in writer.norms.values() for pair in norm]
    sides, switches = tuple(side for side, _ in known), tuple(switch for _, switch in known)
    roots, names = tuple(map(writer.roots.get, sides)), tuple(map(writer.names.get, sides))
    parts = tuple(tuple(sides.index(part) for part, _ in writer.norms.get(side, ())) for side in sides)
    return Sided(smooth, sides, switches, writer.continuous, roots, names, parts)


class _Writer:
    """Rewrites from the inside, and keeps the sides by their switches."""

    def __init__(self, variables: frozenset[sympy.Symbol]) -> None:
        self.variables = variables
        self.sides: dict[sympy.Expr, sympy.Symbol] = {}
        self.continuous = True
        self.roots: dict[sympy.Symbol, int] = {}
        self.names: dict[sympy.Symbol, sympy.Expr] = {}
        #: The components of each norm by its side, each with its own side.
        self.norms: dict[sympy.Symbol, list[tuple[sympy.Symbol, sympy.Expr]]] = {}
        self._components: dict[sympy.Expr, list[sympy.Expr]] = {}

    def rewritten(self, e: sympy.Expr) -> sympy.Expr:
        """Return an expression without kinks."""
        if not e.free_symbols & self.variables:
            return e
        if not (e.has(*KINKED) or any(_is_root(p) or self.components(p) for p in e.atoms(sympy.Pow))):
            return e
        if forms := self.components(e):
            return self._norm(e, forms)
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

    def components(self, power: sympy.Expr) -> list[sympy.Expr]:
        """Return the components of the norm of which an expression is a power that is not smooth; none if it is not."""
        if not _may_be_norm(power):
            return []
        if power.base not in self._components:
            self._components[power.base] = components(power.base, self.variables)
        return self._components[power.base]

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
        """Return u^p or |u|^p as it is on one side of u = 0; 0 on the other, and at rest for every u."""
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
        return sympy.Piecewise((inside**power.exp, sympy.And(inside > 0, whole(side))), (0, True))

    def _norm(self, power: sympy.Expr, forms: list[sympy.Expr]) -> sympy.Expr:
        """Return a norm, or a power of it, as it is where the norm is not 0; and as it is at rest where it is."""
        forms = [self.rewritten(form) for form in forms]
        if len(forms) == 1:
            return self.rewritten(abs(forms[0]) ** (2 * power.exp))
        number, square = sympy.Add(*(form**2 for form in forms)).primitive()
        norm = sympy.sqrt(square)
        side = self.sides.setdefault(norm, sympy.Dummy(f"side_{len(self.sides)}", real=True))
        if side not in self.norms:
            self.norms[side] = [
                (sympy.Dummy(f"{side.name}_{i}", real=True), form / sympy.sqrt(number)) for i, form in enumerate(forms)
            ]
        there = sympy.Add(*(part * form for part, form in self.norms[side]))
        if power.exp > sympy.S.Half:
            self.roots[side], there = 0, sympy.S.Zero
        return number**power.exp * sympy.Piecewise(
            (square**power.exp, sympy.And(square > 0, whole(side))), (there, True)
        )

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
