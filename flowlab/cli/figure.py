"""``flowlab figure``: draw the figures of a paper."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from flowlab.cli import _print
from flowlab.cli._shell import OneOf, Place, Whole


@click.command("figure", short_help="Draw a figure, or all: PNG, SVG, CSV and JSON.")
@click.argument("figure_id", metavar="ID")
@click.option(
    "--out",
    type=Place(),
    default=Path("out"),
    show_default=True,
    help="Folder to write into; made if missing.",
)
@click.option("--quick", is_flag=True, help="A version in seconds: smaller models, fewer experiments.")
@click.option("--seed", type=Whole(0), default=0, show_default=True, help="The same seed gives the same bits.")
@click.option("--jobs", type=Whole(1), help="Processes at once; all of the machine's if missing.")
@click.option(
    "--clock",
    type=OneOf("descent", "flow"),
    help="Steps or gradient flow. If missing, descent as in the paper; for 3, and for 7 with --quick, the flow.",
)
def figure_command(figure_id: str, out: Path, quick: bool, seed: int, jobs: int | None, clock: str | None) -> None:
    """Draw a figure, or all of them: PNG, SVG, the data (CSV), and parameters with versions (JSON).

    Figures 1 and 3 to 7 are made of experiments, which are kept in a folder "experiments" as they end: after an
    interrupt, the same command goes on from there. Figure 2 is exact, with nothing random.
    """
    from flowlab.figures import Workshop, all_figures, get

    chosen = all_figures() if figure_id == "all" else (get(figure_id),)
    if clock and figure_id != "all" and "clock" not in chosen[0].parameters:
        raise ValueError(f"clock: got {clock!r}; allowed: no clock for figure {figure_id}, which is exact")
    with _progress() as tell:
        workshop = Workshop(jobs=jobs or _processors(), folder=out / "experiments", progress=tell)
        given = {"quick": quick, "seed": seed, "clock": clock, "workshop": workshop}
        for figure in chosen:
            taken = {name: value for name, value in given.items() if name in figure.parameters and value is not None}
            for path in figure.save(out, **taken):
                click.echo(path)


def _processors() -> int:
    from joblib import cpu_count

    return max(1, int(cpu_count()))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal, one line an experiment's kind."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = _print.console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks = {}

        def tell(label: str, done: int, total: int) -> None:
            """Move the bar of the experiments so labelled; where there is no terminal, print every tenth."""
            if not console.is_terminal:
                if done * 10 // total != (done - 1) * 10 // total:
                    click.echo(f"{label}: {done} of {total}", err=True)
                return
            if label not in tasks:
                tasks[label] = bar.add_task(label, total=total)
            bar.update(tasks[label], completed=done, total=total)

        yield tell
