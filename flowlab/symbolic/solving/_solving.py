"""A gradient flow solved by its structure, and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from functools import partial
from typing import Any

import sympy
from numpy.typing import ArrayLike

from flowlab.symbolic._arguments import budget_of
from flowlab.symbolic.derivatives import Derivatives
from flowlab.symbolic.limits import BUDGET, FAILURES, BudgetSpent, within
from flowlab.symbolic.sides import sided, whole
from flowlab.symbolic.simplify import derivative, tidy
from flowlab.symbolic.solving._checking import Refuted, checked
from flowlab.symbolic.solving._numbers import exactly, rational_floats, start_symbols
from flowlab.symbolic.solving._parts import Clock, Kink, Parts
from flowlab.symbolic.solving._scalar import Tried
from flowlab.symbolic.solving._structure import Solver, earliest, real_twin
from flowlab.symbolic.solving.exact import ExactSolution, NoClosedForm
from flowlab.symbolic.solving.kinks.through import has_kinks
from flowlab.symbolic.solving.stationary import StationaryPoints, find_stationary


class Solves(Derivatives):
    """What solves a flow by its structure; the part of `GradientFlow` with closed forms and stationary points.

    Examples
    --------
    >>> from flowlab.symbolic import GradientFlow
    >>> issubclass(GradientFlow, Solves)
    True
    """

    def exact(
        self,
        start: Any = None,
        *,
        constants: Any = None,
        data: ArrayLike | None = None,
        budget: float = BUDGET,
        seconds: float | None = None,
    ) -> ExactSolution:
        """Return the closed form of the flow, where its structure has one.

        Linear flows (by the matrix exponential), flows of one parameter (explicitly where they are linear, Riccati,
        Bernoulli or for Lambert's W, in the parameter or a function of it; else by quadrature), and what falls apart
        into these: along common eigenvectors of the Hessians, by the norm, by the product of two parameters, or on
        the straight line of a start. Each was substituted into the flow and compared with an independent integration.

        Parameters
        ----------
        start : number or Expr, sequence or mapping of these, optional
            The parameters at time 0; one number stands for all of them. Symbols such as w_0 if missing. A start that
            is given may have a closed form where the general one has none. Floats are taken as their shortest decimals.
        constants : sequence or mapping, optional
            A value for each declared constant, or for some of them by symbol or name; they remain symbols if missing.
        data : array_like, shape (m, q), optional
            The examples, where the loss has data.
        budget : float
            Processor time at most, in seconds; greater than 0.
        seconds : float, optional
            What `budget` was called before; it stands for it where given.

        Returns
        -------
        ExactSolution
            With ``expressions``, ``implicit``, ``at(t)``, ``lasts()``, ``method``.

        Raises
        ------
        NoClosedForm
            If none was found, or not within the budget; it says what was tried.
        ValueError
            On an argument outside what is allowed.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow
        >>> w = sympy.Symbol("w")
        >>> GradientFlow.from_loss(w**4, w).exact().expressions
        {w: w_0/sqrt(8*t*w_0**2 + 1)}
        """
        limit = budget_of(budget, seconds)
        given, begun = exactly(self, start, constants, data)
        tried: Tried = []
        try:
            return within(limit, lambda: _found(given, begun, tried))
        except BudgetSpent:
            raise NoClosedForm(
                [*tried, ("budget", f"{limit:g} s of processor time were spent before the rest was tried")]
            ) from None

    def stationary_points(
        self,
        *,
        constants: Any = None,
        data: ArrayLike | None = None,
        budget: float = BUDGET,
        seconds: float | None = None,
    ) -> StationaryPoints:
        """Return the real points at which the gradient is zero, with what they are: minima, maxima, saddles.

        Parameters
        ----------
        constants : sequence or mapping, optional
            As in `exact`.
        data : array_like, shape (m, q), optional
            The examples, where the loss has data.
        budget : float
            Processor time at most, in seconds; greater than 0.
        seconds : float, optional
            What `budget` was called before; it stands for it where given.

        Returns
        -------
        StationaryPoints
            A sequence. Points that are not isolated come as families, with some parameters free; points at the edge of
            the loss's domain, where its gradient goes to zero from inside, say so. Its ``complete`` and ``message``
            say whether there may be others.

        Raises
        ------
        ValueError
            On an argument outside what is allowed.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow
        >>> a, b = sympy.symbols("a b")
        >>> found = GradientFlow.from_loss((a * b - 1) ** 2 / 2, [a, b]).stationary_points()
        >>> [(point.values, point.kind) for point in found], found.complete
        ([({a: 0, b: 0}, 'saddle'), ({a: 1/b, b: b}, 'degenerate')], True)
        """
        return find_stationary(self, constants=constants, data=data, budget=budget_of(budget, seconds))


def _found(flow: Derivatives, begun: Sequence[sympy.Expr] | None, tried: Tried) -> ExactSolution:
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
    rates = [-rational_floats(g).xreplace(twins) for g in _gradient(flow)]
    try:
        parts = Solver(time, tried, taken).solve(rates, variables, [w.xreplace(twins) for w in start])
    except FAILURES as error:
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
        bounds=tuple(end.xreplace(back) for end in parts.until if until is None and end is not None),
        anew=partial(_anew, flow, start),
        kinks=tuple(replace(kink, time=kink.time.xreplace(back)) for kink in _sorted(parts.kinks)),
    )
    try:
        return replace(solution, checked=checked(solution))
    except (Refuted, *FAILURES) as reason:
        raise NoClosedForm([*tried, (solution.method, f"found, but refused: {_line(reason)}")]) from reason


def _anew(flow: Derivatives, start: Sequence[sympy.Expr], numbers: Mapping[sympy.Symbol, sympy.Expr]) -> ExactSolution:
    """Solve a flow with numbers in the place of its symbols."""
    given = replace(flow, loss=flow.loss.subs(numbers), constants=tuple(c for c in flow.constants if c not in numbers))
    return within(BUDGET, lambda: _found(given, [w0.subs(numbers) for w0 in start], []))


def _line(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:200]


def _clocks(parts: Parts, back: Mapping[sympy.Symbol, sympy.Symbol]) -> dict[sympy.Symbol, Clock]:
    return {
        back.get(y, y): Clock(*(part if part is None else part.xreplace(back) for part in astuple(clock)))
        for y, clock in parts.clocks.items()
    }


def _sorted(kinks: list[Kink]) -> list[Kink]:
    """Return kinks in the order of their times, as far as these are numbers."""
    known = all(kink.time.is_number for kink in kinks)
    return sorted(kinks, key=lambda kink: sympy.N(kink.time, 40)) if known else kinks


def _gradient(flow: Derivatives) -> tuple[sympy.Expr, ...]:
    """Return the gradient; of a loss with kinks, in which nothing but signs and cases tell of them."""
    if not has_kinks(flow.loss, *flow.parameters):
        return flow.gradient
    written = sided(flow.loss, flow.parameters)
    sides, loss = set(written.sides), written.expression
    for part in sorted(loss.atoms(sympy.Piecewise), key=lambda e: -e.count_ops()):  # the outer ones first
        (first, condition), *_, (last, _) = part.args
        if condition.has(*map(whole, sides)):  # what a root or a norm is, and at its kink at rest
            loss = loss.xreplace({part: first})
        elif len(part.args) == 3 and condition.free_symbols <= sides and last.is_polynomial(*flow.parameters, *sides):
            loss = loss.xreplace({part: last})  # a sum of both sides, which is right on either
    gradient = [tidy(derivative(loss, w)) for w in flow.parameters]
    for side, switch in reversed([*zip(written.sides, written.switches, strict=True)]):
        gradient = [g.xreplace({side: sympy.sign(switch)}) for g in gradient]
    return tuple(gradient)
