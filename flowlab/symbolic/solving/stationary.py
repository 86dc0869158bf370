"""Stationary points of a loss: where its gradient is zero, and what they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy
from numpy.typing import ArrayLike

from flowlab.symbolic.derivatives import Derivatives
from flowlab.symbolic.limits import BUDGET, FAILURES, BudgetSpent, within
from flowlab.symbolic.simplify import derivative
from flowlab.symbolic.solving._edges import Edge, Edges, edges_of, is_real, rests_at, sides_of
from flowlab.symbolic.solving._equations import Solution, in_reals, solve_polynomials
from flowlab.symbolic.solving._evaluation import NotReal, Precise, number_is, real_somewhere
from flowlab.symbolic.solving._kinds import at_root, kind_beside, kind_by_hessian
from flowlab.symbolic.solving._numbers import exactly
from flowlab.symbolic.solving._scalar import is_bounded, is_zero
from flowlab.symbolic.solving._structure import real_twin

_DIGITS = 40
#: A function along a line, its variable, where it passes the point, and its edges.
Line = tuple[sympy.Expr, sympy.Symbol, sympy.Expr, Edges]


@final
@dataclass(frozen=True)
class StationaryPoint:
    """A point, or a family of points, at which the gradient is zero.

    Attributes
    ----------
    values : dict of Symbol to Expr
        Each parameter; in the `free` ones, where it is a family.
    loss : Expr
        The loss there.
    kind : {"minimum", "maximum", "saddle", "degenerate", "undecided"}
        By the eigenvalues of the Hessian: all positive, all negative, of both signs, some zero and the others of one
        sign; undecided where they hold symbols, or there is no finite Hessian at the point and more than one
        parameter. A member of a family has zero eigenvalues along it.
    free : tuple of Symbol
        Parameters that may be any number, within their assumptions and where `values` and `loss` are real.
    eigenvalues : tuple of float
        Of the Hessian, ascending; empty for families, where symbols remain, and without a finite Hessian.
    edge : bool
        Whether the point is known to be at the edge of the domain of the loss, or of what a parameter is declared to
        be, as 0 is of positive numbers. The gradient then goes to zero from inside
        it, and a flow may arrive there in finite time: that of ``w**(3/2)`` does.

    Examples
    --------
    >>> w = sympy.Symbol("w")
    >>> StationaryPoint({w: sympy.Integer(0)}, sympy.Integer(0), "minimum").free
    ()
    """

    values: dict[sympy.Symbol, sympy.Expr]
    loss: sympy.Expr
    kind: str
    free: tuple[sympy.Symbol, ...] = ()
    eigenvalues: tuple[float, ...] = ()
    edge: bool = False


@final
@dataclass(frozen=True)
class StationaryPoints(Sequence[StationaryPoint]):
    """The stationary points that were found.

    Attributes
    ----------
    points : tuple of StationaryPoint
        Each substituted into the gradient, which is zero there.
    complete : bool
        Whether there are no others.
    message : str
        What is known of others.

    Examples
    --------
    >>> StationaryPoints((), True, "There is no stationary point.").complete
    True
    """

    points: tuple[StationaryPoint, ...]
    complete: bool
    message: str

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: Any) -> Any:
        return self.points[index]


def find_stationary(
    flow: Derivatives, *, constants: Any = None, data: ArrayLike | None = None, budget: float = BUDGET
) -> StationaryPoints:
    """Return the points at which the gradient is zero; see `GradientFlow.stationary_points`."""
    given, _ = exactly(flow, None, constants, data)
    try:
        return within(budget, lambda: _Search(given).found())
    except BudgetSpent:
        return StationaryPoints(
            (),
            False,
            f"The list may be incomplete: {budget:g} s of processor time were not enough to solve the equations.",
        )


class _Search:
    """The equations of one flow, in real symbols, and what solves them."""

    def __init__(self, flow: Derivatives) -> None:
        symbols = flow.loss.free_symbols | set(flow.parameters)
        self.twins = {symbol: real_twin(symbol) for symbol in symbols}
        self.back = {twin: symbol for symbol, twin in self.twins.items()}
        self.variables = [self.twins[w] for w in flow.parameters]
        self.loss = flow.loss.xreplace(self.twins)
        self.gradient = [derivative(self.loss, w) for w in self.variables]
        self.constants = sorted(self.loss.free_symbols - set(self.variables), key=str)

    def found(self) -> StationaryPoints:
        """Solve, drop what is not real or fails substitution, classify."""
        try:
            solutions, doubt = self._solutions()
        except FAILURES as error:
            return StationaryPoints((), False, f"The list may be incomplete: the equations were not solved ({error}).")
        points: list[StationaryPoint] = []
        edges = self._edges()
        if edges is None:
            doubt = doubt or "not all numbers are known at which the loss ceases to be real or smooth"
        beside: list[Solution] = [{self.variables[0]: edge} for edge in edges or {}]
        for solution in [*solutions, *(edge for edge in beside if edge not in solutions)]:
            if any(point.values == self._values(solution) for point in points):
                continue
            try:
                point, reason = self._decided(solution, edges or {})
            except FAILURES as error:
                point, reason = None, f"of {solution} it is not known whether it is one ({str(error)[:80]})"
            points += [point] if point else []
            doubt = doubt or reason
        kept = tuple(sorted((p for p in points if not any(_belongs(p, family) for family in points)), key=_order))
        if doubt:
            return StationaryPoints(kept, False, f"The list may be incomplete: {doubt}.")
        return StationaryPoints(kept, True, f"These are all: {len(kept)}." if kept else "There is none.")

    def _solutions(self) -> tuple[list[Solution], str]:
        """Return candidates, and what may be missing; nothing where none is."""
        equations = [sympy.together(g) for g in self.gradient if not is_zero(g)]
        numerators = [sympy.fraction(e)[0] for e in equations]
        generic = "constants were taken to be generic" if self.constants else ""
        if self.loss.has(sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Piecewise):
            generic = "the loss has kinks, where it has no gradient"
        if all(n.is_polynomial(*self.variables) for n in numerators):
            found, missing = solve_polynomials(numerators, self.variables)
            real = [in_reals(solution, self.variables) for solution in found]
            missing = next(filter(None, (missing, *(more for _, more in real))), generic)
            return [solution for solutions, _ in real for solution in solutions], missing
        if len(self.variables) == 1:
            (y,) = self.variables
            solved = sympy.solveset(equations[0], y, domain=sympy.S.Reals)
            if isinstance(solved, sympy.FiniteSet):
                return [{y: value} for value in solved], generic
            if solved is sympy.S.EmptySet:
                return [], generic
        solved = sympy.solve(equations, self.variables, dict=True)
        return solved, "the equations are not polynomial, and may have more solutions than SymPy found"

    def _edges(self) -> Edges | None:
        """Return where a loss of one parameter may cease to be smooth; None where that is not known."""
        if len(self.variables) > 1 or self.constants:
            return {}
        (y,) = self.variables
        edges = edges_of(self.loss, y)
        if edges is None or not is_bounded(y) or any(is_zero(e) for e in edges):
            return edges
        return {sympy.S.Zero: {}, **edges}

    def _decided(self, solution: Solution, edges: Edges) -> tuple[StationaryPoint | None, str]:
        """Return a candidate as a point, None where it is none; and a doubt, "" where there is none."""
        real = self._real(solution)
        if not real:
            return None, "" if real is False else f"of {solution} it is not known whether it is real"
        first = self.variables[0]
        if edges and solution.get(first) in edges:
            edge = rests_at(self.loss, first, solution[first], edges)
            return (self._point(solution, edge, edges[solution[first]]) if edge else None), ""
        loss = self.loss.subs(solution, simultaneous=True)
        if loss.has(sympy.nan, sympy.zoo) or not (loss.free_symbols or is_real(loss)):
            return None, ""  # outside the domain
        single = set(solution) == set(self.variables) and not loss.free_symbols
        lines = self._lines(solution) if single and not self.loss.is_polynomial(*self.variables) else []
        if self._holds(solution):
            one_sided = any(len(sides_of(*line)) < 2 for line in lines)
            return self._point(solution, Edge(True, ()) if one_sided else None), ""
        if any(sides_of(*line) and rests_at(*line) is None for line in lines):
            return None, ""  # the gradient has no value, and along a line the slope is not zero
        return None, f"{solution} solves the equations for SymPy, but not by substitution"

    def _lines(self, solution: Solution) -> list[Line]:
        """Return the loss along lines through a point, as far as their edges are known."""
        s, size = sympy.Dummy("s", real=True), len(self.variables)
        axes = [tuple(int(i == j) for j in range(size)) for i in range(size)]
        lines: list[Line] = []
        for direction in dict.fromkeys([*axes, (1,) * size, (1, *(-1,) * (size - 1))]):
            put = {w: solution[w] + d * s for w, d in zip(self.variables, direction, strict=True)}
            along = self.loss.subs(put, simultaneous=True)
            edges = None if along.has(sympy.CRootOf) else edges_of(along, s)
            if edges is not None:
                lines.append((along, s, sympy.S.Zero, edges))
        return lines

    def _real(self, solution: Solution) -> bool | None:
        """Return whether a solution is real and as its symbols are declared; for a family, at some of its points."""
        unknown = False
        for w, value in solution.items():
            for fact in ("real", "positive", "nonnegative", "negative", "nonpositive"):
                if not getattr(w, f"is_{fact}"):
                    continue
                if value.is_zero:  # the edge of what it is declared to be
                    continue
                told = getattr(value, f"is_{fact}")
                if told is None and value.is_number:
                    told = number_is(value, fact)
                if told is False:
                    return False
                unknown |= told is None and not real_somewhere(value)
        return None if unknown else True

    def _holds(self, solution: Solution) -> bool:
        """Return whether the gradient is zero at a solution, for numbers drawn where symbols remain."""
        put = [self._off_kinks(g, solution).subs(solution, simultaneous=True) for g in self.gradient]
        if any(g.has(sympy.CRootOf) for g in put):  # of which SymPy knows all digits, and little else
            return all(abs(sympy.N(g, _DIGITS, maxn=1000)) < sympy.Float("1e-30") for g in put)
        if all(is_zero(g) for g in put):
            return True
        symbols = sorted(set().union(*(g.free_symbols for g in put)), key=str)
        compared = False
        for k in range(1, 9):
            point = [
                sympy.Rational(3 * k + 2 * i + 1, 5 + i) * (1 if s.is_positive or k % 2 else -1)
                for i, s in enumerate(symbols)
            ]
            try:
                values = Precise(symbols, put)(point, _DIGITS)
            except NotReal:
                continue
            compared = True
            if any(abs(value) > 1e-25 for value in values):
                return False
        return compared

    @staticmethod
    def _off_kinks(gradient: sympy.Expr, solution: Solution) -> sympy.Expr:
        """Leave the sign of what is 0 at a point open: that the gradient is 0 may not depend on it."""
        at_kink = [s for s in gradient.atoms(sympy.sign) if is_zero(s.args[0].subs(solution, simultaneous=True))]
        return gradient.xreplace({s: sympy.Dummy(real=True) for s in at_kink})

    def _values(self, solution: Solution) -> dict[sympy.Symbol, sympy.Expr]:
        return {self.back[w]: solution.get(w, w).xreplace(self.back) for w in self.variables}

    def _point(
        self, solution: Solution, edge: Edge | None = None, known: Mapping[sympy.Expr, sympy.Expr] | None = None
    ) -> StationaryPoint:
        """Return a solution as a point, where some parts of the loss are known to be numbers."""
        values = [solution.get(w, w) for w in self.variables]
        free = set(self.variables).intersection(*[set().union(*(v.free_symbols for v in values))])
        put = dict(zip(self.variables, values, strict=True))

        def there(expression: sympy.Expr) -> sympy.Expr:
            return expression.xreplace(known or {}).subs(put, simultaneous=True)

        loss = there(self.loss) if edge is None or edge.value is None else edge.value
        loss = at_root(loss) if loss.has(sympy.CRootOf) else sympy.simplify(loss)
        hessian = sympy.Matrix([[there(derivative(g, w)) for w in self.variables] for g in self.gradient])
        try:
            kind, eigenvalues = kind_by_hessian(hessian, bool(free))
        except NotReal:
            kind, eigenvalues = kind_beside(edge.curvatures if edge else ()), ()
        return StationaryPoint(
            self._values(solution),
            loss.xreplace(self.back),
            kind,
            tuple(self.back[w] for w in self.variables if w in free),
            eigenvalues,
            (edge is not None and edge.one_sided) or any(is_bounded(w) and put[w].is_zero for w in self.variables),
        )


def _order(point: StationaryPoint) -> tuple[bool, int, list[float]]:
    """Sort points with numbers by these, before those with symbols, before families."""
    values = [sympy.N(value) for value in point.values.values()]
    numbers = [float(value) if value.is_Float or value.is_Integer else 0.0 for value in values]
    return bool(point.free), len([v for v in values if v.free_symbols]), numbers


def _belongs(point: StationaryPoint, family: StationaryPoint) -> bool:
    """Return whether a point, or family, is part of a larger family."""
    if len(family.free) <= len(point.free):
        return False
    put = {w: point.values[w] for w in family.free}
    return all(is_zero(family.values[w].subs(put, simultaneous=True) - value) for w, value in point.values.items())
