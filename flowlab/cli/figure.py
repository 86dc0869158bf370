"""``flowlab figure``: draw a figure of a paper."""

from pathlib import Path

import click

from flowlab.cli._shell import Place


@click.command("figure", short_help="Draw a figure: PNG, SVG, CSV and JSON.")
@click.argument("figure_id", metavar="ID")
@click.option(
    "--out",
    type=Place(),
    default=Path("out"),
    show_default=True,
    help="Folder to write into; made if missing.",
)
def figure_command(figure_id: str, out: Path) -> None:
    """Draw a figure: PNG, SVG, the data (CSV), and parameters with versions (JSON)."""
    from flowlab.figures import get

    for path in get(figure_id).save(out):
        click.echo(path)
