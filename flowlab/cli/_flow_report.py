"""What ``flowlab flow`` works out and prints: the flow, what is known of it, and where it goes."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import click
import numpy as np

from flowlab import symbolic
from flowlab._checks import shown
from flowlab.cli import _print
from flowlab.cli._flow_kinks import kinks_met
from flowlab.cli._flow_problem import Problem
from flowlab.cli._flow_tolerance import absolute_tolerance, unknown_sizes
from flowlab.dynamics import Trajectory, compare, descent, flow
from flowlab.symbolic.grammar import parse, written
from flowlab.symbolic.limits import BudgetSpent, within

_SHOWN_TIMES = 11
_SHOWN_POINTS = 8
#: Where the labels of the report end.
_INDENT = 12


class Report:
    """The flow of a loss given as text, its trajectories, and what is printed of them.

    Parameters
    ----------
    problem : Problem
    budget : float
        Of each symbolic task: its processor time at most, in seconds.
    """

    def __init__(self, problem: Problem, budget: float) -> None:
        self._texts = problem.loss, problem.induced
        self._names, self._start, self._budget = problem.names, problem.start, budget
        self._exact_start = [parse(text, name="init") for text in problem.start_texts]
        self._flow, self._induced = self._derived(positive=False)
        self._path: Trajectory
        self._descent: Trajectory | None = None
        self.failures: list[str] = []

    def _derived(self, *, positive: bool) -> tuple[symbolic.GradientFlow, symbolic.InducedFlow | None]:
        """Return flow and induced values of real or positive parameters."""
        kind: Any = {"positive": True} if positive else {"real": True}
        known = {name: symbolic.symbols(name, **kind) for name in self._names}
        loss, induced = self._texts
        of = symbolic.GradientFlow.from_loss(parse(loss, symbols=known), list(known.values()))
        values = {name: parse(text, name=f"--induced {name}", symbols=known) for name, text in induced.items()}
        return of, of.induced(**values) if values else None

    def follow(self, until: float, points: int, method: str, learning_rate: float | None, steps: int | None) -> None:
        """Run the flow, and a descent where there is a learning rate."""
        try:
            within(self._budget, lambda: self._flow.gradient)
            implicit = method.startswith("scipy:")
            self._system = self._flow.system(self._start, induced=self._induced, hessian=implicit)
            self._until, self._method = until, method
            self._atol = absolute_tolerance(self._system, until)
            times = np.linspace(0.0, until, points)
            self._path = flow(self._system, until, times=times, method=method, atol=self._atol)
        except BudgetSpent:
            raise ValueError(
                f"loss: got {shown(self._texts[0])}, whose gradient takes more than {self._budget:g} s of processor "
                "time; allowed: a simpler expression, or a higher --budget"
            ) from None
        except symbolic.CannotCompile as error:
            raise ValueError(f"loss: {error}") from error
        except ValueError as error:
            raise ValueError(str(error).replace("start: got parameters", "init: got a start", 1)) from error
        if learning_rate is not None and steps is not None:
            self._descent = descent(self._system, learning_rate, steps=steps, record=1)
        runs = [self._path] if self._descent is None else [self._path, self._descent]
        self.failures = [run.message for run in runs if not run.ok]

    def print_flow(self) -> None:
        """Print the loss, its flow and where it starts."""
        _entry("loss", [written(self._flow.loss)])
        _entry("flow", [f"d{w}/dt = {written(rate)}" for w, rate in self._flow.rhs.items()])
        _entry(
            "start",
            [", ".join(f"{name} = {_print.number(w)}" for name, w in zip(self._names, self._start, strict=True))],
        )

    def print_known(self) -> None:
        """Print what symbolic work finds out, each part within its budget."""
        if self._induced is not None:
            _entry("induced", [f"{name} = {written(value)}" for name, value in self._induced.values.items()])
            _entry("", self._found("its dynamics", self._induced_dynamics))
        # these three keep the budget by themselves, and say how far they came
        _entry("exact", self._found("a closed form", self._exact, limited=False))
        _entry("stationary", self._found("points", self._stationary, limited=False))
        _entry("conserved", self._found("quantities", self._conserved, limited=False))
        _entry("sharpness", self._found("its value", self._sharpness))

    def _found(self, what: str, work: Callable[[], list[str]], *, limited: bool = True) -> list[str]:
        """Return what `work` says, or why it says nothing; nothing of it keeps the trajectories from being printed."""
        try:
            return within(self._budget, work) if limited else work()
        except BudgetSpent:
            return [f"{what} not found within {self._budget:g} s of processor time (--budget)"]
        except Exception as error:  # SymPy raises of all kinds on formulas that nobody tried before
            return [f"{what} not found: {type(error).__name__} ({shown(str(error))}), which is a bug"]

    def _induced_dynamics(self) -> list[str]:
        """Return the rates of the induced values, or why they have none of their own."""
        assert self._induced is not None
        try:
            return _rates(self._induced.rhs)
        except symbolic.DoesNotClose as error:
            reason = error
        if min(self._start) > 0:
            positive = self._derived(positive=True)[1]
            assert positive is not None
            try:
                where = f"    (where {' and '.join(f'{name} > 0' for name in self._names)})"
                return [line + where for line in _rates(positive.rhs)]
            except symbolic.DoesNotClose:
                pass
        return [str(reason).partition("; allowed:")[0]]

    def _exact(self) -> list[str]:
        """Return the closed form, and how far the integrated flow is from it; or what was tried."""
        try:
            found = self._flow.exact(self._exact_start, budget=self._budget)
        except symbolic.NoClosedForm as error:
            return ["no closed form found; tried:", *(f"  {structure}: {reason}" for structure, reason in error.tried)]
        lines = [f"{found.method}; checked {found.checked.partition(', at ')[0]}"]
        lines += [f"{y} at time t solves t = {written(equation.rhs)}" for y, equation in found.implicit.items()]
        for w, pieces in found.pieces.items():
            shown = pieces[:_SHOWN_POINTS]
            lines += [f"{w} = {written(e)}{_when(begin, end, len(pieces))}" for begin, end, e in shown if e != w]
            lines += [f"... and {len(pieces) - _SHOWN_POINTS} more pieces"] * (len(pieces) > _SHOWN_POINTS)
        lines += [f"at t = {_print.number(float(kink.time))}: {kink.what}" for kink in found.kinks[:_SHOWN_POINTS]]
        lines += [f"... and {len(found.kinks) - _SHOWN_POINTS} more kinks"] * (len(found.kinks) > _SHOWN_POINTS)
        if any(line.endswith(" characters)") for line in lines):
            lines.append("in full: GradientFlow.from_loss(...).exact(...) in Python, with expressions and implicit")
        return lines + self._found("its distance", lambda: self._from_exact(found))

    def _from_exact(self, found: Any) -> list[str]:
        """Return how far the integrated flow is from the closed form, and where that ends."""
        end = found.ends({}, before=2 * self._until)
        lines = [f"it ends at t = {_print.number(end)}"] if end <= self._until else []
        if lines and found.kinks and found.kinks[-1].ends:
            lines = [f"{lines[0]}, at a kink beyond which the flow may go on: {found.kinks[-1].ends}"]
        places = np.unique(np.rint(np.linspace(0, self._path.t.size - 1, _SHOWN_TIMES)).astype(int))
        places = places[self._path.t[places] < end]
        try:
            exact = [[float(x) for x in row] for row in found.precisely(self._path.t[places])]
            apart = np.abs(self._path.parameters[places] - np.array(exact)).max()
        except ValueError as error:
            return [*lines, f"without values to compare with: {error}"]
        return [*lines, f"the integrated flow is within {_print.number(apart, 2)} of it"]

    def _stationary(self) -> list[str]:
        """Return the first few stationary points, with their kinds and losses."""
        found = self._flow.stationary_points(budget=self._budget)
        lines = []
        for point in found.points[:_SHOWN_POINTS]:
            place = [f"{w} {_equal(value)}" for w, value in point.values.items() if w not in point.free]
            place += [f"any {w}" for w in point.free]
            kind = f"{point.kind}, at the edge of the domain" if point.edge else point.kind
            lines.append(f"{', '.join(place)}: {kind}, loss {_equal(point.loss).removeprefix('= ')}")
        if len(found) > _SHOWN_POINTS:
            lines.append(f"... and {len(found) - _SHOWN_POINTS} more")
        return lines if found.complete and lines else [*lines, found.message]

    def _conserved(self) -> list[str]:
        """Return what is conserved, with its values along the trajectories."""
        if len(self._names) == 1:
            return ["nothing: one parameter"]
        try:
            found = self._flow.conserved(budget=self._budget)
        except ValueError as error:
            return [f"not found: {str(error).partition('; allowed:')[0]}"]
        first, *_ = str(found).splitlines()
        lines = [first]
        for quantity in found.quantities:
            values = [
                f"{_print.number(float(quantity.subs(self._point(path, index))))} {place}"
                for path, index, place in self._ends()
            ]
            lines.append(f"{written(quantity)} = {', '.join(values)}")
        return lines + [f"cut off: {found.cut}"] * bool(found.cut)

    def _point(self, path: Trajectory, index: int) -> dict[Any, float]:
        return dict(zip(self._flow.parameters, map(float, path.parameters[index]), strict=True))

    def _ends(self) -> list[tuple[Trajectory, int, str]]:
        """Return start and end of the flow, and the end of the descent: trajectory, index, and what to call it."""
        ends = [(self._path, 0, "at the start"), (self._path, -1, f"at t = {_print.number(self._path.t[-1])}")]
        if self._descent is not None:
            ends.append((self._descent, -1, f"at t = {_print.number(self._descent.t[-1])} of the descent"))
        return ends

    def _sharpness(self) -> list[str]:
        """Return the sharpness at start and ends, and whether descent is stable there."""
        lines = []
        for path, index, place in self._ends():
            point = self._point(path, index)
            try:
                value = self._flow.sharpness_at(point)
            except (TypeError, ValueError, ArithmeticError):
                lines.append(f"no finite number found {place}")
                continue
            lines.append(f"{_print.number(value)} {place}{self._stability(value)}")
        return lines

    def _stability(self, sharpness: float) -> str:
        """Compare 2/sharpness, beyond which steps overshoot, with the learning rate."""
        if not sharpness > 0:
            return ""
        limit, rate = 2 / sharpness, None if self._descent is None else self._descent.learning_rate
        if rate is None:
            return f"; descent is stable there for learning rates below 2/sharpness = {_print.number(limit)}"
        sign, what = ("<", "unstable") if limit < rate else (">=", "stable")
        return f"; 2/sharpness = {_print.number(limit)} {sign} learning rate {_print.number(rate)}: {what} there"

    def print_paths(self) -> None:
        """Print a few points of the trajectories, how they ended, and how far apart they are."""
        columns = [*self._names, *self._induced_names(), "loss"]
        if self._descent is None:
            last = self._path.t.size - 1
            places = np.unique(np.rint(np.linspace(0, last, _SHOWN_TIMES)).astype(int))
            times, blocks = self._path.t[places], [self._cells(self._path, places)]
        else:
            times, blocks = self._side_by_side(self._descent)
            columns += [f"{name} (descent)" for name in columns]
        rows = [[_print.number(t), *chain.from_iterable(cells)] for t, *cells in zip(times, *blocks, strict=True)]
        click.echo()
        _print.table(["t", *columns], rows, numbers=range(len(columns) + 1))
        click.echo()
        cost = self._path.statistics
        counts = f"{cost.steps} steps, {cost.rejected} rejected, {cost.gradient_evaluations} gradient evaluations"
        _entry("flow", [f"{self._path.status.value}; {counts}", *unknown_sizes(self._path, self._atol)])
        _entry("kinks", kinks_met(self._path))
        if self._descent is not None:
            taken = (
                f"{self._descent.statistics.steps} steps of {_print.number(float(self._descent.learning_rate or 0))}"
            )
            _entry("descent", [f"{self._descent.status.value}; {taken}"])
            _entry("apart", self._distances(self._descent))

    def _induced_names(self) -> list[str]:
        return [] if self._induced is None else [symbol.name for symbol in self._induced.values]

    def _cells(self, run: Trajectory, places: Any) -> list[list[str]]:
        """Return a row of parameters, induced values and loss for each place."""
        values = [run.parameters, *([run.induced] if self._induced else []), run.loss[:, None]]
        return [[_print.number(value) for value in row] for row in np.hstack(values)[places]]

    def _side_by_side(self, other: Trajectory) -> tuple[Any, list[list[list[str]]]]:
        """Return times that are steps of the descent, and flow and descent there; blank where one has ended."""
        rate = float(other.learning_rate or 0)
        last = max(other.t.size - 1, int(self._path.t[-1] / rate * (1 + 1e-12)))
        steps = np.unique(np.rint(np.linspace(0, last, _SHOWN_TIMES)).astype(int))
        times = np.minimum(rate * steps, self._until)
        within_flow = times <= self._path.t[-1]
        # once more, for the losses at these times
        again = flow(self._system, self._until, times=times[within_flow], method=self._method, atol=self._atol)
        blocks = [
            self._cells(again, np.arange(np.sum(within_flow))),
            self._cells(other, steps[steps < other.t.size]),
        ]
        width = len(blocks[0][0])
        return times, [block + [[""] * width] * (times.size - len(block)) for block in blocks]

    def _distances(self, other: Trajectory) -> list[str]:
        kinds: list[Any] = ["parameters"] if self._induced is None else ["parameters", "induced"]
        lines = []
        for kind in kinds:
            found = compare(self._path, other, quantity=kind)
            names = {"parameters": "parameter", "induced": "induced value"}
            lines.append(
                f"at most {_print.number(found.distances[0])} in {'an' if kind == 'induced' else 'a'} {names[kind]}, "
                f"at t = {_print.number(found.at[0])}"
            )
        return lines

    def save(self, csv_file: Path | None, plot_file: Path | None) -> None:
        """Write the table, the drawing, or both."""
        if csv_file or plot_file:
            from flowlab.figures import comparison, curves

            table = comparison.tabulate(self._path, self._descent, induced=self._induced_names())
            curves.save(table, csv_file, plot_file, drawing=comparison.draw)
            for file in (csv_file, plot_file):
                if file:
                    click.echo(f"wrote {file}")


def _entry(label: str, lines: Sequence[str]) -> None:
    """Print a label and what belongs to it, line under line."""
    for line in lines:
        click.echo(f"{label:<{_INDENT}}{line}".rstrip())
        label = ""


def _when(begin: Any, end: Any, pieces: int) -> str:
    """Return between which times a piece of a solution is meant, where there are several."""
    if pieces == 1:
        return ""
    first, last = written(begin), "" if end.is_infinite else written(end)
    return f"    (t < {last})" if first == "0" else f"    ({first} <= t < {last})" if last else f"    (t >= {first})"


def _equal(value: Any) -> str:
    """Return what a value equals; or about, where it is only known as a root of a polynomial."""
    text = written(value, most=10**6)
    return f"≈ {_print.number(float(value))}" if "CRootOf" in text else f"= {written(value)}"


def _rates(rhs: Mapping[Any, Any]) -> list[str]:
    return [f"d{symbol}/dt = {written(rate)}" for symbol, rate in rhs.items()]
