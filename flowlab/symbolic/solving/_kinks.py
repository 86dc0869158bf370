"""Flows of one parameter with kinks: smooth between them, and solved as far as the first one on the way."""

from dataclasses import replace

import sympy

from flowlab.symbolic.limits import FAILURES
from flowlab.symbolic.solving._edges import is_real
from flowlab.symbolic.solving._scalar import Tried, is_zero, solve_scalar
from flowlab.symbolic.solving._scalar_forms import Solved

_KINKED = (sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Piecewise)


def solve_to_kink(
    rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr, t: sympy.Symbol, tried: Tried
) -> tuple[Solved, sympy.Expr] | None:
    """Solve y' = g(y), y(0) = start, a number, until y comes to a kink of g; None where that is not found.

    Parameters
    ----------
    rate : Expr
        g.
    y : Symbol
        Real.
    start : Expr
    t : Symbol
    tried : list
        What was tried is noted here.

    Returns
    -------
    (Solved, Expr), or None
        With g as it is on the side of the start.

    Examples
    --------
    >>> y, t = sympy.symbols("y t", real=True)
    >>> solved, smooth = solve_to_kink(-sympy.sign(y - 1), y, sympy.Integer(3), t, [])
    >>> solved.expression, solved.until, smooth
    (3 - t, 2, -1)
    """
    side = _on_side(rate, y, start)
    if side is None:
        tried.append(("one side of a kink", "the start is at a kink, or it is not known on which side"))
        return None
    smooth, switches = side
    found = solve_scalar(smooth, y, start, t, tried)
    if found is None:
        return None
    try:
        end = _arrival(found, smooth, y, start, t, switches)
    except FAILURES:
        tried.append(("one side of a kink", f"found ({found.method}), but not when it comes to the next one"))
        return None
    method = f"on one side of a kink: {found.method}"
    if end is not None and found.until is not None:
        end = sympy.Min(end, found.until)
    return replace(found, until=found.until if end is None else end, method=method), smooth


def has_kinks(rate: sympy.Expr, y: sympy.Symbol) -> bool:
    """Return whether a rate may have kinks or steps in y."""
    return bool(_kinked(rate, y))


def _kinked(rate: sympy.Expr, y: sympy.Symbol) -> list[sympy.Expr]:
    return [part for part in rate.atoms(*_KINKED) if part.has(y)]


def _on_side(rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr) -> tuple[sympy.Expr, list[sympy.Expr]] | None:
    """Return a rate without its kinks, as it is at the start; and what is 0 at them."""
    switches: list[sympy.Expr] = []
    while has_kinks(rate, y):
        put = {}
        for part in _kinked(rate, y):
            if any(_kinked(argument, y) for argument in part.args):
                continue  # the inner ones first
            chosen, changes = _chosen(part, y, start)
            switches += changes
            put[part] = chosen
        if None in put.values() or not put:
            return None
        rate = rate.xreplace(put)
    return rate, switches


def _chosen(part: sympy.Expr, y: sympy.Symbol, start: sympy.Expr) -> tuple[sympy.Expr | None, list[sympy.Expr]]:
    """Return what a kinked part is at the start, None where that is not known; and what is 0 where it changes."""
    if isinstance(part, sympy.Piecewise):
        switches = []
        for expression, condition in part.args:
            switches += [relation.lhs - relation.rhs for relation in condition.atoms(sympy.core.relational.Relational)]
            if any(_sign(switch, y, start) == 0 for switch in switches):
                break
            if condition.subs(y, start) == True:  # noqa: E712
                return expression, switches
        return None, []
    if isinstance(part, (sympy.Max, sympy.Min)):
        wanted = 1 if isinstance(part, sympy.Max) else -1
        for argument in part.args:
            switches = [argument - other for other in part.args if other != argument]
            if all(_sign(switch, y, start) == wanted for switch in switches):
                return argument, switches
        return None, []
    (inside,) = part.args
    sign = _sign(inside, y, start)
    if sign == 0:
        return None, []
    return (sympy.Integer(sign) if isinstance(part, sympy.sign) else sign * inside), [inside]


def _sign(expression: sympy.Expr, y: sympy.Symbol, at: sympy.Expr) -> int:
    """Return the sign of an expression at a number; 0 also where it is not known."""
    value = expression.subs(y, at)
    return 0 if is_zero(value) or not is_real(value) else int(sympy.sign(sympy.N(value, 40)))


def _arrival(
    found: Solved, rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr, t: sympy.Symbol, switches: list[sympy.Expr]
) -> sympy.Expr | None:
    """Return when a solution comes to the first kink ahead; None where it never does."""
    forth = _sign(rate, y, start)
    ahead = [e for switch in switches for e in _zeros(switch, y, sympy.S.Reals) if _sign(y - start, y, e) == forth]
    if not forth or not ahead:
        return None
    kink = min(ahead, key=lambda e: abs(sympy.N(e - start, 40)))
    rests = _zeros(rate, y, sympy.Interval(*((start, kink) if forth > 0 else (kink, start))))
    if any(not is_zero(rest - kink) for rest in rests) or (rests and rate.diff(y).subs(y, kink).is_finite):
        return None
    if found.expression is None:
        assert found.clock is not None
        times = [found.clock.subs(y, kink) - found.clock.subs(y, start)]
    else:
        times = [time for time in sympy.solve(found.expression - kink, t) if is_real(time)]
    positive = [time for time in times if _sign(time, y, start) > 0]
    if not positive:
        raise ArithmeticError("no time of arrival")
    return sympy.simplify(min(positive, key=lambda time: sympy.N(time, 40)))


def _zeros(expression: sympy.Expr, y: sympy.Symbol, domain: sympy.Set) -> list[sympy.Expr]:
    """Return where an expression is 0; raise where that is not finitely often, or not known."""
    if not expression.has(y):
        return []
    found = sympy.solveset(expression, y, domain)
    if found is not sympy.S.EmptySet and not isinstance(found, sympy.FiniteSet):
        raise NotImplementedError(f"the zeros of {expression}")
    return list(found)
