"""``flowlab solve``: the toy model's σ(t), exactly, by an adaptive integrator, or by gradient descent."""

import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowlab.cli import _print
from flowlab.cli._shell import FAILED, Number, OneOf, Place, Spreading, Whole, complain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

_SHOWN_TIMES = 11
_MOST_POINTS = 10**6
_MAX_STEPS = {"adaptive": 10**5, "descent": 10**8}  # where nothing else is said: seconds
_MOST_STEPS = 2**53  # beyond, step numbers are no longer exact in a float


@dataclass(frozen=True)
class _Solution:
    t: "Vector"
    sigma: "Vector"
    ending: str
    failure: str = ""


@click.command("solve", cls=Spreading, short_help="Solve the toy model: print, write or draw σ(t).")
@click.option("--depth", type=Number(infinite=True), required=True, help="N, a number >= 1, or inf.")
@click.option("--target", type=Number(), multiple=True, required=True, metavar="NUMBER...", help="σ*, one or several.")
@click.option(
    "--init",
    type=Number(),
    multiple=True,
    required=True,
    metavar="NUMBER...",
    help="σ0, one for all or one for each target.",
)
@click.option("--until", type=Number(), required=True, help="Last time, > 0.")
@click.option("--method", type=OneOf("exact", "adaptive", "descent"), default="exact", show_default=True)
@click.option("--learning-rate", type=Number(), help="η of the descent, at most --until.")
@click.option(
    "--max-steps",
    type=Whole(1, _MOST_STEPS),
    help="Steps at most; by default 10^5 of the adaptive method, 10^8 of the descent.",
)
@click.option("--points", type=Whole(2, _MOST_POINTS), default=201, show_default=True, help="Times to record, >= 2.")
@click.option("--csv", "csv_file", type=Place(file=True), help="Write every recorded value here.")
@click.option("--plot", "plot_file", type=Place(file=True), help="Draw here: .png, .svg or .pdf.")
def solve_command(
    depth: float,
    target: tuple[float, ...],
    init: tuple[float, ...],
    until: float,
    method: str,
    learning_rate: float | None,
    max_steps: int | None,
    points: int,
    csv_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Solve the toy model: print σ(t) at a few times, write or draw all of them.

    Example: flowlab solve --depth 3 --target 12 6 4 3 --init 0.01 --until 3
    """
    from flowlab._checks import number

    if until <= 0:
        raise ValueError(f"until: got {number(until)}; allowed: a finite number > 0")
    _check_method(method, depth, init)
    if (learning_rate is None) == (method == "descent"):
        got = "nothing" if learning_rate is None else f"{number(learning_rate)} with --method {method}"
        raise ValueError(f"learning-rate: got {got}; allowed: a number > 0, with --method descent and only there")
    if max_steps is not None and method == "exact":
        raise ValueError(f"max-steps: got {max_steps} with --method exact; allowed: with the other methods")
    if csv_file and plot_file and os.path.realpath(csv_file) == os.path.realpath(plot_file):
        raise ValueError(f"plot: got {str(plot_file)!r}, the path of --csv; allowed: another path")
    if plot_file:
        from flowlab.figures._output import check_format

        check_format(plot_file, name="plot")
    import numpy as np

    targets, inits = np.array(target), np.array(init)
    if inits.size not in (1, targets.size):
        raise ValueError(f"init: got {inits.size} numbers; allowed: one, or one for each of {targets.size} targets")
    inits = np.broadcast_to(inits, targets.shape)
    solution = _solve(depth, targets, inits, until, method, learning_rate, max_steps, points)
    if csv_file or plot_file:
        from flowlab.figures import curves

        table = curves.tabulate(solution.t, solution.sigma, depth=depth, target=targets, init=inits)
        curves.save(table, csv_file, plot_file)
    names = [f"σ* = {goal:.6g}" for goal in targets]
    if len(set(init)) > 1:
        names = [f"{name}, σ0 = {start:.6g}" for name, start in zip(names, inits, strict=True)]
    shown = np.unique(np.rint(np.linspace(0, solution.t.size - 1, _SHOWN_TIMES)).astype(int))
    rows = [[_print.number(v) for v in (solution.t[i], *solution.sigma[i])] for i in shown]
    click.echo(f"σ(t) at depth {depth:.6g}" + ("" if len(set(init)) > 1 else f", σ0 = {inits[0]:.6g}"))
    _print.table(["t", *names], rows, numbers=range(len(names) + 1))
    click.echo(f"\n{method}: {solution.ending}")
    for path in (csv_file, plot_file):
        if path:
            click.echo(f"wrote {path}")
    if solution.failure:
        complain(solution.failure)
        click.get_current_context().exit(FAILED)


def _check_method(method: str, depth: float, init: tuple[float, ...]) -> None:
    """Refuse what only the closed form can do, and say so."""
    if method == "exact":
        return
    if math.isinf(depth):
        raise ValueError(f"depth: got {depth:g} with --method {method}; allowed: a finite number; use --method exact")
    if 0.0 in init:
        raise ValueError(f"init: got 0 with --method {method}; allowed: numbers > 0; for 0 use --method exact")


def _solve(
    depth: float,
    target: "Vector",
    init: "Vector",
    until: float,
    method: str,
    learning_rate: float | None,
    max_steps: int | None,
    points: int,
) -> _Solution:
    """Return the solution: exact, by the flow, or by descent where there is a learning rate."""
    import numpy as np

    times = np.linspace(0.0, until, points)
    if method == "exact":
        from flowlab import toy

        values = toy.sigma(times[:, None], depth=depth, target=target, init=init)
        return _Solution(times, values, f"closed form, {points} times up to t = {until:.6g}")
    from flowlab.dynamics import descent, flow
    from flowlab.models import ToyModel

    system, failure, most = ToyModel(depth, target, init).system(), "", max_steps or _MAX_STEPS[method]
    if learning_rate is None:
        path = flow(system, until, times=times, max_steps=most)
    else:
        wanted = whole_steps(until, learning_rate)
        steps = min(wanted, most)
        chosen = np.unique(np.rint(np.linspace(0, steps, min(points, steps + 1))).astype(np.int64))
        path = descent(system, learning_rate, steps=steps, record=chosen)
        if path.ok and steps < wanted:
            failure = (
                f"The maximum number of steps ({most}) was reached at t = {path.t[-1]:.6g}, before "
                f"--until {until:.6g}, which takes {wanted}; raise --max-steps or --learning-rate."
            )
    cost = path.statistics
    counts = f"{cost.steps} steps, {cost.rejected} rejected, {cost.gradient_evaluations} gradient evaluations"
    ending = f"{'step limit' if failure else path.status.value}; {counts}"
    # Step × learning rate may be a rounding error beyond.
    return _Solution(np.minimum(path.t, until), path.induced, ending, failure=failure if path.ok else path.message)


def whole_steps(until: float, learning_rate: float, *, name: str = "learning-rate", most: int = _MOST_STEPS) -> int:
    """Return how many steps of descent fit in; refuse none, and more than `most`.

    Examples
    --------
    >>> whole_steps(3.0, 2.0), whole_steps(0.3, 0.1)
    (1, 3)
    """
    from flowlab._checks import number

    if not 0 < learning_rate <= until:
        raise ValueError(f"{name}: got {number(learning_rate)}; allowed: a number > 0, at most --until {number(until)}")
    ratio = until / learning_rate
    if ratio > most:
        raise ValueError(
            f"{name}: got {number(learning_rate)}, which takes {ratio:.3g} steps; "
            f"allowed: at most {most:.3g} steps until {number(until)}"
        )
    # 0.3 / 0.1 is 3, although not as floats.
    return math.floor(ratio * (1 + 2 * sys.float_info.epsilon))
