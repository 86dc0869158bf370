"""Where a formula in one variable may cease to be real or smooth, and what it does beside such a number."""

from contextlib import suppress
from dataclasses import dataclass

import sympy

from flowlab.symbolic.limits import FAILURES
from flowlab.symbolic.sampling import allows
from flowlab.symbolic.simplify import derivative, tidy
from flowlab.symbolic.solving._evaluation import NotReal, Precise

_DIGITS = 40
#: Numbers closer than this, in 40 digits, are one.
_CLOSE = sympy.Float("1e-30")
#: How far from a limit the function is looked at.
_STEPS = (sympy.Rational(1, 10**60), sympy.Rational(1, 10**90))
#: Where between two edges the function is looked at.
_PROBES = (sympy.Rational(5, 13), sympy.Rational(137, 229))
_SMOOTH = (
    sympy.exp, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.tanh, sympy.sech, sympy.asinh, sympy.atan, sympy.erf,
    sympy.erfc,
)  # fmt: skip
#: Where the argument of a function is one of these, the function is not smooth.
_SINGULAR: dict[type, tuple[int, ...]] = {
    sympy.Abs: (0,), sympy.sign: (0,), sympy.log: (0,), sympy.coth: (0,), sympy.csch: (0,), sympy.acot: (0,),
    sympy.asin: (-1, 1), sympy.acos: (-1, 1), sympy.atanh: (-1, 1), sympy.acoth: (-1, 0, 1), sympy.acosh: (-1, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Edge:
    """A number of the domain beside which the slope of a function goes to 0.

    Attributes
    ----------
    one_sided : bool
        Whether the function is real on one side only.
    curvatures : tuple of Expr
        The limits of its second derivative, one for each side on which it is real; none where one is not known.
    value : Expr or None
        The limit of the function, where it has no value itself.
    """

    one_sided: bool
    curvatures: tuple[sympy.Expr, ...]
    value: sympy.Expr | None = None


#: The numbers at which a function may not be smooth, ascending, each with the arguments in it that decide this and
#: what they are there.
Edges = dict[sympy.Expr, dict[sympy.Expr, sympy.Expr]]


def edges_of(expression: sympy.Expr, y: sympy.Symbol) -> Edges | None:
    """Return the numbers at which an expression in y alone may not be smooth; None where not all are known.

    Parameters
    ----------
    expression : Expr
    y : Symbol

    Returns
    -------
    dict of Expr to dict of Expr to Expr, or None

    Examples
    --------
    >>> w = sympy.Symbol("w", real=True)
    >>> edges_of(sympy.sqrt(w - 1) + w**2 / (w + 1), w)
    {-1: {w + 1: 0}, 1: {w - 1: 0}}
    >>> edges_of(sympy.exp(w), w), edges_of(sympy.tan(w), w)
    ({}, None)
    """
    found: Edges = {}
    for part in sympy.preorder_traversal(expression):
        singular = _singular(part) if part.has(y) else []
        if singular is None:
            return None
        for argument, value in singular:
            try:
                where = sympy.solveset(argument - value, y, sympy.S.Reals) if argument.has(y) else sympy.S.EmptySet
            except FAILURES:
                return None
            if where is sympy.S.EmptySet:
                continue
            if not isinstance(where, sympy.FiniteSet) or not all(e.is_number and e.is_real for e in where):
                return None
            for e in where:
                same = next((other for other in found if abs(sympy.N(other - e, _DIGITS)) < _CLOSE), e)
                found.setdefault(same, {})[argument] = sympy.Integer(value)
    return {e: found[e] for e in sorted(found, key=lambda e: sympy.N(e, _DIGITS))}


def _singular(part: sympy.Basic) -> list[tuple[sympy.Expr, int]] | None:
    """Return at which values of its arguments a part of an expression is not smooth; None where it is not known."""
    if part.is_Symbol or part.is_Add or part.is_Mul or isinstance(part, _SMOOTH):
        return []
    if part.is_Pow:
        return [] if (part.exp.is_Integer and part.exp.is_positive) or part.base.is_positive else [(part.base, 0)]
    singular = _SINGULAR.get(type(part))
    return None if singular is None else [(part.args[0], at) for at in singular]


def sides_of(expression: sympy.Expr, y: sympy.Symbol, at: sympy.Expr, edges: Edges) -> str:
    """Return the sides of a number on which an expression is real, and y what it is declared to be: "", "+", "-", "+-".

    Between two edges an expression is real everywhere, or at single numbers at most: two odd ones tell.
    """
    here = sympy.N(at, _DIGITS)
    others = [sympy.N(e, _DIGITS) for e in edges if e != at] + [here - 2, here + 2]
    beside = {"+": min(e for e in others if e > here), "-": max(e for e in others if e < here)}
    found = ""
    for side, other in beside.items():
        probes = [sympy.Rational(here + (other - here) * part) for part in _PROBES]
        if all(allows(y, probe) and is_real(expression.subs(y, probe)) for probe in probes):
            found += side
    return found


def is_real(value: sympy.Expr) -> bool:
    """Return whether an expression without symbols has a real and finite value."""
    if value.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        return False
    try:
        Precise([], []).number(value, _DIGITS)
    except NotReal:
        try:
            Precise([], [value])([], _DIGITS)
        except NotReal:
            return False
    return True


def rests_at(loss: sympy.Expr, y: sympy.Symbol, at: sympy.Expr, edges: Edges) -> Edge | None:
    """Return how a loss has the slope 0 at an edge, by its limits from every side on which it is real; None if not.

    Parameters
    ----------
    loss : Expr
    y : Symbol
    at : Expr
    edges : dict
        Of the loss, by `edges_of`.

    Raises
    ------
    ArithmeticError, or another of `FAILURES`
        If a limit is not found.

    Examples
    --------
    >>> w = sympy.Symbol("w", real=True)
    >>> loss = w ** sympy.Rational(3, 2)
    >>> rests_at(loss, w, sympy.S.Zero, edges_of(loss, w))
    Edge(one_sided=True, curvatures=(oo,), value=None)
    >>> rests_at(sympy.sqrt(w), w, sympy.S.Zero, edges_of(sympy.sqrt(w), w))
    """
    known = edges.get(at, {})
    sides, value = sides_of(loss, y, at, edges), None
    if not is_real(loss.xreplace(known).subs(y, at)):
        values = [_limit(loss, y, at, side, known) for side in sides]
        if len(set(values)) != 1 or not values[0].is_finite:
            return None
        (value,) = set(values)
    slope = tidy(derivative(loss, y))
    limits = [_limit(slope, y, at, side, known) for side in sides]
    if not limits or not all(limit == 0 for limit in limits):
        return None
    curvatures: tuple[sympy.Expr, ...] = ()
    with suppress(*FAILURES):
        curvatures = tuple(_limit(tidy(derivative(slope, y)), y, at, side, known) for side in sides)
    return Edge(len(sides) == 1, curvatures, value)


def _limit(
    expression: sympy.Expr, y: sympy.Symbol, at: sympy.Expr, side: str, known: dict[sympy.Expr, sympy.Expr]
) -> sympy.Expr:
    """Return a limit from one side; raise where none is found, or numbers close by do not bear it out."""
    found = sympy.nan if expression.has(sympy.sign) else expression.xreplace(known).subs(y, at)
    if found != 0:
        # SymPy moves the limit to 0 in the same symbol: what is declared of its sign would be said of the distance
        z = sympy.Dummy(real=True)
        limit = sympy.nan if at.has(sympy.CRootOf) else sympy.limit(expression.xreplace({y: z}), z, at, side)
        found = sympy.simplify(limit)
    unknown = ArithmeticError(f"the limit of {expression} is not known")
    if not found.is_number or found.has(sympy.nan, sympy.AccumBounds, sympy.Limit):
        raise unknown
    there, here = (sympy.N(at, 400) + (h if side == "+" else -h) for h in _STEPS)
    sizes = Precise([y], [expression])
    far, near = (sizes([place], 300)[0] for place in (there, here))
    if found.is_infinite:
        borne_out = abs(near) > abs(far) and (near > 0) == (found == sympy.oo)
    else:
        value = sizes.number(found, 300)
        borne_out = abs(near - value) < max(abs(far - value), abs(value) * sizes.context.mpf(10) ** -200) or near == 0
        borne_out &= found == 0 or abs(value) > 1e-30
    if not borne_out:
        raise unknown
    return found
