"""Stationary points of a loss: where its gradient is zero, and what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy
from numpy.typing import ArrayLike

from flowlab._arguments import number
from flowlab.symbolic.derivatives import Derivatives
from flowlab.symbolic.limits import FAILURES, OutOfTime, within
from flowlab.symbolic.simplify import derivative
from flowlab.symbolic.solving._equations import solve_polynomials
from flowlab.symbolic.solving._evaluation import NotReal, Precise
from flowlab.symbolic.solving._numbers import exactly
from flowlab.symbolic.solving._scalar import is_zero
from flowlab.symbolic.solving._structure import real_twin

_DIGITS = 40


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
        sign; undecided where they hold symbols. A member of a family has zero eigenvalues along it.
    free : tuple of Symbol
        Parameters that may be any number, within their assumptions and where `values` are real.
    eigenvalues : tuple of float
        Of the Hessian, ascending; empty for families and where symbols remain.

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
    flow: Derivatives, *, constants: Any = None, data: ArrayLike | None = None, seconds: float = 30.0
) -> StationaryPoints:
    """Return the points at which the gradient is zero; see `GradientFlow.stationary_points`."""
    limit = number("seconds", seconds)
    given, _ = exactly(flow, None, constants, data)
    try:
        return within(limit, lambda: _Search(given).found())
    except OutOfTime:
        return StationaryPoints(
            (), False, f"The list may be incomplete: {limit:g} s were not enough to solve the equations."
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
        for solution in solutions:
            real = self._real(solution)
            if real is None:
                doubt = doubt or f"of {solution} it is not known whether it is real"
            elif real and not self._holds(solution):
                doubt = doubt or f"{solution} solves the equations for SymPy, but not by substitution"
            elif real and all(point.values != self._values(solution) for point in points):
                try:
                    points.append(self._point(solution))
                except NotReal:  # nor is the loss, outside its domain
                    continue
        kept = tuple(sorted((p for p in points if not any(_belongs(p, family) for family in points)), key=_order))
        if doubt:
            return StationaryPoints(kept, False, f"The list may be incomplete: {doubt}.")
        return StationaryPoints(kept, True, f"These are all: {len(kept)}." if kept else "There is none.")

    def _solutions(self) -> tuple[list[dict[sympy.Symbol, sympy.Expr]], str]:
        """Return candidates, and what may be missing; nothing where none is."""
        equations = [sympy.together(g) for g in self.gradient if not is_zero(g)]
        numerators = [sympy.fraction(e)[0] for e in equations]
        generic = "constants were taken to be generic" if self.constants else ""
        if self.loss.has(sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Piecewise):
            generic = "the loss has kinks, where it has no gradient"
        if all(n.is_polynomial(*self.variables) for n in numerators):
            found, missing = solve_polynomials(numerators, self.variables)
            return found, missing or generic
        if len(self.variables) == 1:
            (y,) = self.variables
            solved = sympy.solveset(equations[0], y, domain=sympy.S.Reals)
            if isinstance(solved, sympy.FiniteSet):
                return [{y: value} for value in solved], generic
            if solved is sympy.S.EmptySet:
                return [], generic
        solved = sympy.solve(equations, self.variables, dict=True)
        return solved, "the equations are not polynomial, and may have more solutions than SymPy found"

    def _real(self, solution: dict[sympy.Symbol, sympy.Expr]) -> bool | None:
        """Return whether a solution is real and as its symbols are declared; for a family, at some of its points."""
        unknown = False
        for w, value in solution.items():
            for fact in ("real", "positive", "nonnegative", "negative"):
                if not getattr(w, f"is_{fact}"):
                    continue
                told = getattr(value, f"is_{fact}")
                if told is None and value.is_number:
                    told = self._number_is(value, fact)
                if told is False:
                    return False
                unknown |= told is None and not value.free_symbols
        return None if unknown else True

    @staticmethod
    def _number_is(value: sympy.Expr, fact: str) -> bool | None:
        try:
            x = float(Precise([], []).number(value, _DIGITS))
        except NotReal:
            return False
        return {"real": True, "positive": x > 1e-30, "nonnegative": x > -1e-30, "negative": x < -1e-30}[fact]

    def _holds(self, solution: dict[sympy.Symbol, sympy.Expr]) -> bool:
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
    def _off_kinks(gradient: sympy.Expr, solution: dict[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
        """Leave the sign of what is 0 at a point open: that the gradient is 0 may not depend on it."""
        at_kink = [s for s in gradient.atoms(sympy.sign) if is_zero(s.args[0].subs(solution, simultaneous=True))]
        return gradient.xreplace({s: sympy.Dummy(real=True) for s in at_kink})

    def _values(self, solution: dict[sympy.Symbol, sympy.Expr]) -> dict[sympy.Symbol, sympy.Expr]:
        return {self.back[w]: solution.get(w, w).xreplace(self.back) for w in self.variables}

    def _point(self, solution: dict[sympy.Symbol, sympy.Expr]) -> StationaryPoint:
        values = [solution.get(w, w) for w in self.variables]
        free = set(self.variables).intersection(*[set().union(*(v.free_symbols for v in values))])
        put = dict(zip(self.variables, values, strict=True))
        loss = self.loss.subs(put, simultaneous=True)
        loss = _at_root(loss) if loss.has(sympy.CRootOf) else sympy.simplify(loss)
        hessian = sympy.Matrix(
            [[derivative(g, w).subs(put, simultaneous=True) for w in self.variables] for g in self.gradient]
        )
        kind, eigenvalues = _kind(hessian, bool(free))
        return StationaryPoint(
            self._values(solution),
            loss.xreplace(self.back),
            kind,
            tuple(self.back[w] for w in self.variables if w in free),
            eigenvalues,
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


def _kind(hessian: sympy.Matrix, family: bool) -> tuple[str, tuple[float, ...]]:
    """Return what a stationary point is by its Hessian, with the eigenvalues where they are numbers."""
    if hessian.free_symbols:
        if family:
            return "degenerate", ()
        found = list(hessian.eigenvals()) if hessian.shape[0] <= 2 else [sympy.nan]
        facts = [(v.is_positive, v.is_negative, v.is_zero) for v in found]
        signs = {1 if up else -1 if down else 0 for up, down, none in facts if up or down or none}
        return ("undecided" if any(not any(fact) for fact in facts) else _named(signs)), ()
    arithmetic, size = Precise([], []), hessian.shape[0]
    arithmetic.context.dps = _DIGITS
    numbers = [[arithmetic.number(hessian[i, j], _DIGITS) for j in range(size)] for i in range(size)]
    values = list(arithmetic.context.eigsy(arithmetic.context.matrix(numbers), eigvals_only=True))
    floor = max(abs(v) for v in values) * 1e-25
    tidied = [0.0 if abs(v) <= floor else float(v) for v in values]
    return _named({0 if v == 0 else 1 if v > 0 else -1 for v in tidied}), tuple(sorted(tidied))


def _at_root(value: sympy.Expr) -> sympy.Expr:
    """Reduce a value by the polynomial of its root, where it holds but one: 0 is then seen to be 0."""
    roots = value.atoms(sympy.CRootOf)
    if len(roots) != 1:
        return value
    (root,) = roots
    x = sympy.Dummy("x")
    above, below = sympy.fraction(sympy.together(value.xreplace({root: x})))
    if not above.is_polynomial(x):
        return value
    rest = sympy.rem(sympy.Poly(above, x), sympy.Poly(root.poly.as_expr(), root.poly.gen).replace(x))
    return rest.as_expr().xreplace({x: root}) / below.xreplace({x: root})


def _named(signs: set[int]) -> str:
    """Name a stationary point by the signs of the Hessian's eigenvalues."""
    if signs >= {1, -1}:
        return "saddle"
    return "degenerate" if 0 in signs else "minimum" if signs == {1} else "maximum"
