"""What ``flowlab flow`` works out and prints: the flow, what is known of it, and where it goes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from flowlab import symbolic
from flowlab._checks import shown
from flowlab.cli import _print
from flowlab.dynamics import Trajectory, compare, descent, flow
from flowlab.symbolic.grammar import parse, written
from flowlab.symbolic.limits import OutOfTime, within

_SHOWN_TIMES = 11
#: Where the labels of the report end.
_INDENT = 12


class Report:
    """The flow of a loss given as text, its trajectories, and what is printed of them.

    Parameters
    ----------
    loss : str
    names : sequence of str
        The parameters.
    start : sequence of float
    induced : mapping of str to str
        Induced values as text.
    seconds : float
        The limit of each symbolic task.
    """

    def __init__(
        self, loss: str, names: Sequence[str], start: Sequence[float], induced: Mapping[str, str], seconds: float
    ) -> None:
        self._texts = loss, induced
        self._names, self._start, self._seconds = tuple(names), tuple(start), seconds
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

    def follow(self, until: float, points: int, learning_rate: float | None, steps: int | None) -> None:
        """Run the flow, and a descent where there is a learning rate."""
        try:
            within(self._seconds, lambda: self._flow.gradient)
            system = self._flow.system(self._start, induced=self._induced, hessian=False)
            self._path = flow(system, until, times=np.linspace(0.0, until, points))
        except OutOfTime:
            raise ValueError(
                f"loss: got {shown(self._texts[0])}, whose gradient takes more than {self._seconds:g} s; "
                "allowed: a simpler expression, or a higher --seconds"
            ) from None
        except symbolic.CannotCompile as error:
            raise ValueError(f"loss: {error}") from error
        except ValueError as error:
            raise ValueError(str(error).replace("start: got parameters", "init: got a start", 1)) from error
        if learning_rate is not None and steps is not None:
            self._descent = descent(system, learning_rate, steps=steps, record=1)
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
        """Print what symbolic work finds out, each part within its time."""
        if self._induced is not None:
            _entry("induced", [f"{name} = {written(value)}" for name, value in self._induced.values.items()])
            _entry("", self._limited("dynamics", self._induced_dynamics))
        _entry("sharpness", self._limited("sharpness", self._sharpness))

    def _limited(self, what: str, work: Callable[[], list[str]]) -> list[str]:
        """Return what `work` says, or that its time was over."""
        try:
            return within(self._seconds, work)
        except OutOfTime:
            return [f"{what}: not found within {self._seconds:g} s (--seconds)"]

    def _induced_dynamics(self) -> list[str]:
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

    def _sharpness(self) -> list[str]:
        lines = []
        ends = [("flow", self._path, 0), ("flow", self._path, -1)]
        if self._descent is not None:
            ends.append(("descent", self._descent, -1))
        for kind, path, index in ends:
            point = dict(zip(self._flow.parameters, map(float, path.parameters[index]), strict=True))
            place = f"at t = {_print.number(path.t[index])}" + (", the start" if index == 0 else f" of the {kind}")
            try:
                value = self._flow.sharpness_at(point)
            except (TypeError, ValueError, ArithmeticError):
                lines.append(f"none {place}: the loss has no finite second derivative there")
                continue
            lines.append(f"{_print.number(value)} {place}" + _stability(value))
        return lines

    def print_paths(self) -> None:
        """Print a few points of the trajectories, how they ended, and how far apart they are."""
        path, other = self._path, self._descent
        induced = [] if self._induced is None else [symbol.name for symbol in self._induced.values]
        columns = [*self._names, *induced, "loss"]
        times, picked = path.t, np.arange(path.t.size)
        if other is not None:
            times = other.t[other.t <= path.t[-1]]
            picked = np.arange(times.size)
        picked = np.unique(np.rint(np.linspace(0, picked.size - 1, _SHOWN_TIMES)).astype(int))
        rows = []
        for i in picked:
            if other is None:
                values = [*path.parameters[i], *(path.induced[i] if induced else ()), path.loss[i]]
            else:
                values = [*path(times[i]), *(path.induced_at(times[i]) if induced else ())]
                values += [*other.parameters[i], *(other.induced[i] if induced else ()), other.loss[i]]
            rows.append([_print.number(value) for value in (times[i], *values)])
        if other is None:
            headings = ["t", *columns]
        else:
            headings = ["t", *columns[:-1], *(f"{name} (descent)" for name in columns)]
        click.echo()
        _print.table(headings, rows, numbers=range(len(headings)))
        click.echo()
        cost = path.statistics
        counts = f"{cost.steps} steps, {cost.rejected} rejected, {cost.gradient_evaluations} gradient evaluations"
        _entry("flow", [f"{path.status.value}; {counts}"])
        if other is not None:
            _entry("descent", [f"{other.status.value}; {other.statistics.steps} steps of {other.learning_rate:g}"])
            _entry("apart", self._distances(other))

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

            names = [] if self._induced is None else [symbol.name for symbol in self._induced.values]
            table = comparison.tabulate(self._path, self._descent, induced=names)
            curves.save(table, csv_file, plot_file, drawing=comparison.draw)
            for file in (csv_file, plot_file):
                if file:
                    click.echo(f"wrote {file}")


def _entry(label: str, lines: Sequence[str]) -> None:
    """Print a label and what belongs to it, line under line."""
    for line in lines:
        click.echo(f"{label:<{_INDENT}}{line}".rstrip())
        label = ""


def _rates(rhs: Mapping[Any, Any]) -> list[str]:
    return [f"d{symbol}/dt = {written(rate)}" for symbol, rate in rhs.items()]


def _stability(sharpness: float) -> str:
    if not sharpness > 0:
        return ""
    return f"; descent is stable there for learning rates up to 2/sharpness = {_print.number(2 / sharpness)}"
