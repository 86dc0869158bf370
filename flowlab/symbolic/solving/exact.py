"""Closed forms of gradient flows: found by structure, checked before they are handed out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from flowlab._checks import number as in_full
from flowlab._checks import real_array, require
from flowlab.symbolic.derivatives import Derivatives
from flowlab.symbolic.simplify import derivative
from flowlab.symbolic.solving._evaluation import NotReal, Precise, float_of
from flowlab.symbolic.solving._inversion import Inversion
from flowlab.symbolic.solving._leaving import first_exit
from flowlab.symbolic.solving._numbers import named_values
from flowlab.symbolic.solving._parts import Clock, Interval, Kink, intervals
from flowlab.symbolic.solving._scalar import is_bounded

#: As many as `precisely` returns.
_DIGITS = 18


class NoClosedForm(ValueError):  # noqa: N818 - read as a sentence
    """No closed form of a flow was found.

    Attributes
    ----------
    tried : tuple of (str, str)
        Each structure that was looked for, with why it does not fit.

    Examples
    --------
    >>> NoClosedForm([("linear system", "the Hessian depends on the parameters")]).tried
    (('linear system', 'the Hessian depends on the parameters'),)
    """

    def __init__(self, tried: Sequence[tuple[str, str]]) -> None:
        self.tried = tuple(dict.fromkeys(tried))
        reasons = "; ".join(f"{structure}: {reason}" for structure, reason in self.tried)
        super().__init__(
            f"loss: no closed form found of its flow ({reasons}); allowed: losses of such structure, symbols declared "
            "positive where they are, a start on which it is simpler, or else to integrate with flow"
        )


def _not_solved(numbers: Mapping[sympy.Symbol, sympy.Expr]) -> "ExactSolution":
    raise NoClosedForm([("these numbers", ", ".join(f"{symbol} = {value}" for symbol, value in numbers.items()))])


def _divides_by_zero(formula: sympy.Expr, numbers: Mapping[sympy.Symbol, sympy.Expr]) -> bool:
    try:
        return bool(formula.subs(numbers).has(sympy.zoo, sympy.nan))
    except TypeError:  # in a case's condition
        return True


@final
@dataclass(frozen=True, eq=False)
class ExactSolution:
    """The solution of a gradient flow; made by `GradientFlow.exact`, which has checked it.

    Attributes
    ----------
    flow : Derivatives
        The loss solved, with the constants that were given, and its parameters.
    time : Symbol
        t, of the flow.
    start : dict of Symbol to Expr
        Each parameter at time 0: a symbol such as w_0, or what was given.
    expressions : dict of Symbol to Expr
        Each parameter in the time, the start and, where `implicit` is not empty, the coordinates defined there.
    clocks : dict of Symbol to Clock
        The coordinates without explicit form, such as the parameter itself: the time to reach each value.
    until : Expr or None
        When the solution ceases to exist, or its closed form ends at a kink (see `kinks`); ∞ for never, None where
        only numbers can tell (see `lasts`).
    method : str
        The structure that was used.
    conditions : tuple of Boolean
        What must hold of the symbols, or the expressions divide by zero.
    checked : str
        How it was checked.
    anew : callable
        The solution for numbers of the symbols, solved anew; `at` and the like take it where a condition does not hold.
    kinks : tuple of Kink
        What the solution does at each kink that it comes to, in the order of their times. Between them it has a closed
        form each, which `expressions` give by cases. It is that of the Clarke subdifferential: at a kink at which both
        sides lead the same way it crosses, and where neither leads away it rests.
    bounds : tuple of Expr
        Where `until` is None: when parts of it end, of which more is known than of others.

    Examples
    --------
    >>> from flowlab.symbolic import GradientFlow
    >>> w, s = sympy.symbols("w s", positive=True)
    >>> solution = GradientFlow.from_loss((w**2 - s) ** 2 / 8, w, constants=s).exact()
    >>> solution.method, solution.symbols
    ('Bernoulli', (s, w_0))
    >>> solution.at([0.0, 1.0, 50.0], w_0=0.1, s=4.0).round(6)
    array([[0.1     ],
           [0.693878],
           [2.      ]])
    """

    flow: Derivatives
    time: sympy.Symbol
    start: dict[sympy.Symbol, sympy.Expr]
    expressions: dict[sympy.Symbol, sympy.Expr]
    clocks: dict[sympy.Symbol, Clock] = field(default_factory=dict)
    until: sympy.Expr | None = sympy.oo
    method: str = ""
    conditions: tuple[sympy.Expr, ...] = ()
    checked: str = ""
    kinks: tuple[Kink, ...] = ()
    bounds: tuple[sympy.Expr, ...] = ()
    anew: Callable[[Mapping[sympy.Symbol, sympy.Expr]], "ExactSolution"] = field(default=_not_solved, repr=False)

    @property
    def explicit(self) -> bool:
        """Whether every parameter is an expression in the time."""
        return not self.clocks

    @cached_property
    def implicit(self) -> dict[sympy.Symbol, sympy.Eq]:
        """The equation that defines each coordinate without explicit form: t = T(y) − T(y at 0), t since it begins."""
        return {
            y: sympy.Eq(self.time - clock.begins, clock.time - clock.time.subs(y, clock.start), evaluate=False)
            for y, clock in self.clocks.items()
        }

    @cached_property
    def pieces(self) -> dict[sympy.Symbol, tuple[Interval, ...]]:
        """Each parameter between one kink and the next: from when, until when, what it is."""
        times = list(dict.fromkeys(kink.time for kink in self.kinks if not kink.ends))
        return {w: intervals(e, self.time, times) for w, e in self.expressions.items()}

    @cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The symbols that need numbers before the solution has any: of the start, and constants."""
        everything = [*self.start.values(), self.flow.loss]
        known = set(self.flow.parameters)
        return tuple(sorted(set().union(*(e.free_symbols for e in everything)) - known, key=str))

    def at(
        self, t: ArrayLike, values: Mapping[sympy.Symbol | str, Any] | None = None, /, **named: Any
    ) -> NDArray[np.float64]:
        """Return the parameters at some times, right to rounding.

        Parameters
        ----------
        t : array_like, shape (n,) or ()
            Times of the flow, >= 0.
        values : mapping of Symbol or str to number, optional
            A number for each of `symbols`.
        **named
            The same by name.

        Returns
        -------
        ndarray of float64, shape (n, d)

        Raises
        ------
        ValueError
            If a symbol has no number, a time is negative or not before the solution ceases to exist or its closed form
            ends, or a value is beyond the range of a float, which `precisely` is not bound to.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow
        >>> w = sympy.Symbol("w")
        >>> GradientFlow.from_loss(-(w**3) / 3, w).exact(0.5).at(2.5)
        Traceback (most recent call last):
            ...
        ValueError: t: got 2.5; allowed: times before 2, when the solution ceases to exist
        """
        rows = self._rows(t, {**(values or {}), **named})
        result = np.array([[float(x) for x in row] for row in rows])
        kept = np.array(
            [
                [(x == 0 or y != 0) and np.isfinite(y) for x, y in zip(*pair, strict=True)]
                for pair in zip(rows, result, strict=True)
            ]
        )
        allowed = "times of values in the range of a float; precisely knows no such range"
        require("t", np.atleast_1d(np.asarray(t, dtype=np.float64)), kept.all(axis=1), allowed=allowed)
        return result

    __call__ = at

    def precisely(
        self, t: ArrayLike, values: Mapping[sympy.Symbol | str, Any] | None = None, /, **named: Any
    ) -> list[tuple[sympy.Float, ...]]:
        """Return the parameters at some times in 18 digits, however large or small they are.

        Parameters
        ----------
        t, values, **named
            See `at`.

        Returns
        -------
        list of tuple of Float
            A tuple for each time, with a number for each parameter.

        Raises
        ------
        ValueError
            If a symbol has no number, a time is negative or not before the solution ceases to exist, or a value is
            below 1e-325 and known by a clock only.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow
        >>> w = sympy.Symbol("w")
        >>> GradientFlow.from_loss(w**2 / 2, w).exact(1).precisely(1000)
        [(5.07595889754945677e-435,)]
        """
        rows = self._rows(t, {**(values or {}), **named})
        if self.clocks and any(0 < abs(x) < 1e-325 for row in rows for x in row):
            raise ValueError("t: got times of values below 1e-325; allowed: earlier times, where only a clock is known")
        return [tuple(sympy.Float(x._mpf_, _DIGITS) for x in row) for row in rows]

    def _rows(self, t: ArrayLike, values: Mapping[sympy.Symbol | str, Any]) -> list[list[Any]]:
        """Return the parameters at each time as numbers of mpmath."""
        allowed = "times >= 0"
        times = np.atleast_1d(real_array("t", t, allowed=allowed))
        if times.ndim != 1:
            raise ValueError(f"t: got shape {times.shape}; allowed: shape (n,)")
        require("t", times, (times >= 0) & np.isfinite(times), allowed=allowed)
        numbers = named_values(self.symbols, values)
        if special := self._special(numbers):
            return special._rows(t, {})
        last = next((kink for kink in self.kinks if kink.ends), None)
        end = self.lasts(numbers) if self.until is not None or self._mixed else self._bound(numbers)
        if times.max() >= end:
            why = "when the solution ceases to exist"
            if last is not None and end == float(last.time.subs(numbers)):
                why = f"when {last.what}, where the closed form ends, though the solution may go on: {last.ends}"
            raise ValueError(f"t: got {in_full(float(times.max()))}; allowed: times before {in_full(end)}, {why}")
        solved = Precise([self.time, *self.clocks], [self.expressions[w].subs(numbers) for w in self.flow.parameters])
        rows: list[list[Any]] = [[] for _ in times]
        order = np.argsort(times)
        for i, (at, coordinates) in zip(order, self.coordinates_at(times[order], numbers), strict=True):
            try:
                rows[i] = solved.settled([at, *coordinates])
            except NotReal as error:
                raise ValueError(f"t: got {in_full(float(at))}; allowed: times of a real value ({error})") from error
        return rows

    def lasts(self, values: Mapping[sympy.Symbol | str, Any] | None = None, /, **named: Any) -> float:
        """Return when the solution ceases to exist, or its closed form ends, in the time of the flow; inf for never.

        Where it is the closed form only that ends, at a kink, the last of `kinks` says why.

        Parameters
        ----------
        values, **named
            See `at`.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If a symbol has no number, or only numbers can tell and go on without end.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow
        >>> w = sympy.Symbol("w")
        >>> solution = GradientFlow.from_loss(-(w**3) / 3, w).exact()
        >>> solution.lasts(w_0=0.5), solution.lasts(w_0=-0.5)
        (2.0, inf)
        """
        numbers = named_values(self.symbols, {**(values or {}), **named})
        return special.lasts() if (special := self._special(numbers)) else self.ends(numbers)

    def _special(self, numbers: Mapping[sympy.Symbol, sympy.Expr]) -> "ExactSolution | None":
        """Return the solution at numbers for which its formulas do not hold: the flow is solved anew for these."""
        if not numbers:
            return None
        violated = [f"{c} violated" for c in self.conditions if c.subs(numbers) == False]  # noqa: E712
        formulas = [*self.expressions.values(), *(clock.time for clock in self.clocks.values()), *self.bounds]
        without = any(_divides_by_zero(e, numbers) for e in (*formulas, self.until) if e is not None)
        if not violated and not without:
            return None
        try:
            return self.anew(numbers)
        except NoClosedForm as error:
            given = ", ".join(f"{symbol} = {value}" for symbol, value in numbers.items())
            what = violated[0] if violated else f"{given}, where the closed form divides by 0"
            raise ValueError(f"values: got {what}; allowed: others ({error})") from error

    def ends(self, numbers: Mapping[sympy.Symbol, sympy.Expr], *, before: float = float("inf")) -> float:
        """Return when the solution ceases to exist, where that is before some time; otherwise inf, or when.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow
        >>> w = sympy.Symbol("w")
        >>> solution = GradientFlow.from_loss(-(w**4) / 4 - w, w).exact(0)
        >>> round(solution.ends({}), 4), solution.ends({}, before=1.0)
        (1.2092, inf)
        """
        end = self._exists(numbers, before)
        if not self._mixed or end == 0:
            return end
        hessian = [derivative(g, w).subs(numbers) for g in self.flow.gradient for w in self.flow.parameters]
        start = Precise([], [w0.subs(numbers) for w0 in self.start.values()])([], _DIGITS)
        try:
            fastest = max(abs(float(x)) for x in Precise(self.flow.parameters, hessian)(start, _DIGITS)) or 1.0
        except NotReal:  # at a kink
            fastest = 1.0
        signs = [
            0 if w not in self._mixed else 1 if w.is_nonnegative else -1 if w.is_nonpositive else int(np.sign(w0))
            for w, w0 in zip(self.flow.parameters, start, strict=True)
        ]
        solved = Precise([self.time, *self.clocks], [self.expressions[w].subs(numbers) for w in self.flow.parameters])

        def values(times: Sequence[float]) -> list[list[Any]]:
            placed = self.coordinates_at(np.array(times), numbers)
            return [solved([at, *coordinates], 2 * _DIGITS) for at, coordinates in placed]

        return min(end, first_exit(values, signs, fastest, end))

    @cached_property
    def _mixed(self) -> tuple[sympy.Symbol, ...]:
        """The parameters on one side of 0 that move with others, so that no coordinate tells when they leave it."""
        pairs = zip(self.flow.parameters, self.flow.gradient, strict=True)
        others = set(self.flow.parameters)
        return tuple(w for w, g in pairs if is_bounded(w) and g.free_symbols & others - {w})

    def _exists(self, numbers: Mapping[sympy.Symbol, sympy.Expr], before: float) -> float:
        """Return when the expressions cease to exist."""
        if self.until is not None:
            return float_of(self.until.subs(numbers))
        ends = [self._bound(numbers)]
        for y, clock in self.clocks.items():
            if clock.ends is sympy.oo:
                begins = float_of(clock.begins.subs(numbers))
                ends.append(begins + self._inversion(y, numbers).until(before - begins))
        return min(ends)

    def _bound(self, numbers: Mapping[sympy.Symbol, sympy.Expr]) -> float:
        return min((float_of(bound.subs(numbers)) for bound in self.bounds), default=np.inf)

    def coordinates_at(
        self, times: NDArray[np.float64], numbers: Mapping[sympy.Symbol, sympy.Expr]
    ) -> list[tuple[float, list[Any]]]:
        """Return each of several increasing times with the coordinates there that only their clocks tell."""
        columns = []
        for y, clock in self.clocks.items():
            inversion = self._inversion(y, numbers)
            begins, ends = (inversion.number(at.subs(numbers)) for at in (clock.begins, clock.ends))
            moving = [t for t in map(float, times) if t < ends]
            column = inversion.at([max(t - begins, 0) for t in moving])
            if clock.last is not None:
                column += [inversion.number(clock.last.subs(numbers))] * (len(times) - len(moving))
            columns.append(column)
        return [(float(t), [column[i] for column in columns]) for i, t in enumerate(times)]

    def _inversion(self, y: sympy.Symbol, numbers: Mapping[sympy.Symbol, sympy.Expr]) -> Inversion:
        clock = self.clocks[y]
        try:
            return Inversion(clock.time.subs(numbers), clock.rate.subs(numbers), y, clock.start.subs(numbers))
        except NotReal as error:
            given = ", ".join(f"{symbol} = {value}" for symbol, value in numbers.items())
            raise ValueError(f"values: got {given or 'a start'}, where the flow is not real ({error})") from error
