"""A gradient flow solved by its structure, and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sympy
from numpy.typing import ArrayLike
from sympy.polys.polyerrors import BasePolynomialError

from flowlab._arguments import number
from flowlab.symbolic.limits import OutOfTime, within
from flowlab.symbolic.solving._checking import Refuted, checked
from flowlab.symbolic.solving._numbers import exactly, rational_floats, start_symbols
from flowlab.symbolic.solving._scalar import Tried
from flowlab.symbolic.solving._structure import Clock, Parts, Solver, earliest, real_twin
from flowlab.symbolic.solving.exact import ExactSolution, NoClosedForm

if TYPE_CHECKING:
    from flowlab.symbolic.derivatives import Derivatives

#: What SymPy raises on expressions that it does not know what to do with.
_FAILURES = (NotImplementedError, BasePolynomialError, ValueError, TypeError, ArithmeticError, AttributeError)


def solve_exactly(
    flow: "Derivatives",
    start: Any = None,
    *,
    constants: Any = None,
    data: ArrayLike | None = None,
    seconds: float = 30.0,
) -> ExactSolution:
    """Return the closed form of a gradient flow; see `GradientFlow.exact`."""
    limit = number("seconds", seconds)
    given, begun = exactly(flow, start, constants, data)
    tried: Tried = []
    try:
        return within(limit, lambda: _found(given, begun, tried))
    except OutOfTime:
        raise NoClosedForm([*tried, ("time", f"{limit:g} s were over before the rest was tried")]) from None


def _found(flow: "Derivatives", begun: Sequence[sympy.Expr] | None, tried: Tried) -> ExactSolution:
    """Solve with symbols that are real, check, and give the symbols back."""
    start = start_symbols(flow) if begun is None else list(begun)
    taken = {s.name for s in flow.loss.free_symbols | set(flow.parameters)}.union(
        *({s.name for s in w.free_symbols} for w in start)
    )
    time = sympy.Symbol(next(name for name in ("t", "tau", "time", "t_flow") if name not in taken), nonnegative=True)
    originals = flow.loss.free_symbols.union(flow.parameters, *(w.free_symbols for w in start))
    twins = {symbol: real_twin(symbol) for symbol in originals}
    back = {twin: symbol for symbol, twin in twins.items()}
    variables = [twins[w] for w in flow.parameters]
    rates = [-rational_floats(g).xreplace(twins) for g in flow.gradient]
    try:
        parts = Solver(time, tried).solve(rates, variables, [w.xreplace(twins) for w in start])
    except _FAILURES as error:
        raise NoClosedForm([*tried, ("what comes next", f"SymPy failed: {_line(error)}")]) from error
    if parts is None:
        raise NoClosedForm(tried)
    until = earliest(parts.until)
    solution = ExactSolution(
        flow=flow,
        time=time,
        start=dict(zip(flow.parameters, start, strict=True)),
        expressions={w: e.xreplace(back) for w, e in zip(flow.parameters, parts.expressions, strict=True)},
        clocks=_clocks(parts, back),
        until=None if until is None else until.xreplace(back),
        method=", ".join(dict.fromkeys(parts.methods)),
        conditions=tuple(dict.fromkeys(c.xreplace(back) for c in parts.conditions)),
    )
    try:
        return replace(solution, checked=checked(solution))
    except (Refuted, *_FAILURES) as reason:
        raise NoClosedForm([*tried, (solution.method, f"found, but refused: {_line(reason)}")]) from reason


def _line(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:200]


def _clocks(parts: Parts, back: Mapping[sympy.Symbol, sympy.Symbol]) -> dict[sympy.Symbol, Clock]:
    return {
        back.get(y, y): Clock(clock.time.xreplace(back), clock.rate.xreplace(back), clock.start.xreplace(back))
        for y, clock in parts.clocks.items()
    }
