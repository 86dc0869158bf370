"""``flowlab flow``: a loss of one's own, given as a formula: its flow, its descent, and what is known of them."""

import os
import re
from pathlib import Path
from typing import Any

import click

from flowlab.cli._shell import FAILED, Number, Place, Spreading, Whole, complain
from flowlab.cli.solve import whole_steps

_MOST_POINTS = 10**6
#: A descent is compared with the flow at every step: so many numbers are kept at most.
_MOST_RECORDED = 2 * 10**7


class _Named(click.ParamType[tuple[str, str]]):
    """NAME=TEXT, the name as a formula may hold it."""

    name = "named"

    def __init__(self, allowed: str) -> None:
        self.allowed = allowed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return name and text; refuse what is not both."""
        from flowlab._checks import shown
        from flowlab._syntax import read

        if isinstance(value, tuple):
            return value
        name, equals, text = value.partition("=")
        option = param.name if param else "argument"
        if not (equals and name.strip() and text.strip()):
            raise ValueError(f"{option}: got {shown(value)}; allowed: {self.allowed}")
        if read(name, name=str(option)).kind != "name":
            raise ValueError(f"{option}: got the name {shown(name)}; allowed: {self.allowed}")
        return name.strip(), text.strip()


class _WithFormula(Spreading):
    """A command whose argument may begin with a minus: ``-w**2`` is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put what is neither an option nor a value of one last, where click takes it for an argument."""
        takes = {name for p in self.params if isinstance(p, click.Option) and not p.is_flag for name in p.opts}
        kept: list[str] = []
        formulas: list[str] = []
        for position, argument in enumerate(args):
            if argument == "--":
                formulas += args[position + 1 :]
                break
            value = position > 0 and args[position - 1] in takes
            option = re.fullmatch("--?[a-z][a-z-]*(=.*)?", argument, re.DOTALL)
            further = not argument.startswith("-") and "=" in argument
            (kept if value or option or further else formulas).append(argument)
        return super().parse_args(ctx, [*kept, "--", *formulas] if formulas else kept)


@click.command("flow", cls=_WithFormula, short_help="Follow the gradient flow of a loss of your own.")
@click.argument("loss")
@click.option(
    "--init", type=_Named("NAME=NUMBER"), multiple=True, metavar="NAME=NUMBER...", help="Start of each parameter."
)
@click.option("--until", type=Number(), required=True, help="Last time, > 0.")
@click.option(
    "--induced",
    type=_Named('"NAME=EXPRESSION"'),
    multiple=True,
    metavar="NAME=EXPRESSION...",
    help="Functions of the parameters to follow, and whose own dynamics to look for.",
)
@click.option("--descent", type=Number(), help="Learning rate η of a descent beside the flow, at most --until.")
@click.option("--method", default="dop853", show_default=True, help="Of the flow: rkc2 or scipy:Radau if stiff.")
@click.option("--points", type=Whole(2, _MOST_POINTS), default=201, show_default=True, help="Times to record, >= 2.")
@click.option(
    "--budget",
    "--seconds",
    "budget",
    type=Number(),
    default=30.0,
    show_default=True,
    help="Processor time of each symbolic task at most, in seconds, > 0.",
)
@click.option("--csv", "csv_file", type=Place(file=True), help="Write every recorded value here.")
@click.option("--plot", "plot_file", type=Place(file=True), help="Draw here: .png, .svg or .pdf.")
def flow_command(
    loss: str,
    init: tuple[tuple[str, str], ...],
    until: float,
    induced: tuple[tuple[str, str], ...],
    descent: float | None,
    method: str,
    points: int,
    budget: float,
    csv_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Follow the gradient flow of LOSS, a formula: print it, what is known of it, and where it goes.

    LOSS holds numbers, names, pi, + - * / ** ^ ( ) and functions such as exp, log, tanh, abs,
    max(a, b), relu; nothing in it is run. Every name in it is a parameter.

    Example: flowlab flow "(w**3 - 2)**2/18" --init w=0.1 --until 10 --induced "sigma=w**3" --descent 0.01
    """
    from flowlab._checks import number
    from flowlab.cli._flow_problem import problem_of

    if until <= 0:
        raise ValueError(f"until: got {number(until)}; allowed: a finite number > 0")
    if budget <= 0:
        raise ValueError(f"budget: got {number(budget)}; allowed: a finite number > 0")
    problem = problem_of(loss, init, induced)
    steps = None
    if descent is not None:
        most = _MOST_RECORDED // (len(problem.names) + len(problem.induced) + 2)
        steps = whole_steps(until, descent, name="descent", most=most)
    if csv_file and plot_file and os.path.realpath(csv_file) == os.path.realpath(plot_file):
        raise ValueError(f"plot: got {str(plot_file)!r}, the path of --csv; allowed: another path")
    if plot_file:
        from flowlab.figures._output import check_format

        check_format(plot_file, name="plot")
    from flowlab.cli import _flow_report

    report = _flow_report.Report(problem, budget)
    report.follow(until, points, method, descent, steps)
    report.print_flow()
    report.print_known()
    report.print_paths()
    report.save(csv_file, plot_file)
    for failure in report.failures:
        complain(failure)
    if report.failures:
        click.get_current_context().exit(FAILED)
