"""``flowlab list`` and ``flowlab show``: what there is."""

import inspect
import json
from typing import TYPE_CHECKING, Any

import click

from flowlab.cli import _print

if TYPE_CHECKING:
    from flowlab.figures import FigureSpec
    from flowlab.verify import Claim, Derivation


def _models() -> dict[str, type]:
    """Return the public classes of flowlab.models by name."""
    from flowlab import models

    found = ((name, getattr(models, name)) for name in models.__all__)
    return {name: each for name, each in found if isinstance(each, type)}


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object with claims, figures and models.")
def list_command(as_json: bool) -> None:
    """List claims, figures and models."""
    from flowlab.claims import all_claims
    from flowlab.figures import all_figures

    content: dict[str, list[dict[str, Any]]] = {
        "claims": [
            {"id": each.id, "title": each.title, "recorded": each.recorded, "source": each.source}
            for each in all_claims()
        ],
        "figures": [{"id": each.id, "title": each.title} for each in all_figures()],
        "models": [{"id": name, "title": _docstring(model).partition("\n")[0]} for name, model in _models().items()],
    }
    if as_json:
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    _print.table(
        ("claim", "on record", "title"),
        [(each["id"], each["recorded"], each["title"]) for each in content["claims"]],
    )
    for kind in ("figure", "model"):
        click.echo()
        _print.table((kind, "title"), [(each["id"], each["title"]) for each in content[f"{kind}s"]])


@click.command("show", short_help="Show a claim, a figure or a model, and what is known of it.")
@click.argument("id_", metavar="ID|FILE")
def show_command(id_: str) -> None:
    """Show a claim, a figure or a model, by its id in the list; or the claims that a file defines (FILE, FILE:ID).

    A claim: what it says, for what, and what is known of it. A figure: what it shows, and how to draw it. A
    model: what it is, and its parameters.
    """
    from flowlab.claims import all_claims, select
    from flowlab.claims.selecting import names_file
    from flowlab.figures import all_figures

    if names_file(id_):
        mine = select([id_])
        for claim in mine:
            click.echo("\n" * (claim is not mine[0]), nl=False)
            _show_claim(claim, [*mine, *all_claims()])
        return
    claims = {claim.id: claim for claim in all_claims()}
    figures = {figure.id: figure for figure in all_figures()}
    models = _models()
    if id_ in claims:
        _show_claim(claims[id_], all_claims())
    elif id_ in figures:
        _show_figure(figures[id_])
    elif id_ in models:
        _show_model(models[id_])
    else:
        from flowlab._checks import nearest

        near = nearest(id_, [*claims, *figures, *models])
        hint = f"; did you mean {near!r}?" if near else ""
        raise ValueError(f"ID: got {id_!r}; allowed: an id, as flowlab list shows them{hint}")


def _show_claim(claim: "Claim", others: "list[Claim]") -> None:
    """Print all that is on record of a claim."""
    click.echo(f"{claim.id}: {claim.title}")
    click.echo(_print.paragraph(claim.statement))
    if claim.source:
        click.echo(f"\nSource\n{_print.paragraph(claim.source)}")
    click.echo("\nHypotheses")
    for hypothesis in claim.domain:
        click.echo(_print.paragraph(hypothesis))
    click.echo(f"\nVerdict on record\n  {claim.recorded}")
    if claim.flaw:
        click.echo(f"\nWhere the proof fails\n{_print.paragraph(claim.flaw)}")
    if claim.corrected_by:
        click.echo(f"\nCorrected by {claim.corrected_by}")
        for corrected in (each for each in others if each.id == claim.corrected_by):
            click.echo(_print.paragraph(corrected.statement))
    if claim.proof:
        heading = "Remarks" if claim.flaw else "Proof"
        click.echo(f"\n{heading}\n{_print.paragraph(claim.proof)}")
    _show_certificates(claim)
    if claim.derivation is not None:
        _show_derivation(claim.derivation())


def _show_certificates(claim: "Claim") -> None:
    """Print over which boxes the package has certificates."""
    from flowlab.claims.certified import certificates

    for kept in certificates(claim.id):
        cells = f"{kept.leaves} cell{'s' * (kept.leaves > 1)}"
        if kept.counterexample is None:
            click.echo(f"\nCertified in ball arithmetic, {cells}, over\n{_print.paragraph(kept.place)}")
        else:
            click.echo(f"\nCertainly false, in ball arithmetic, all over\n{_print.paragraph(kept.place)}")


def _show_derivation(derivation: "Derivation") -> None:
    # What is checked is each equality and sign; that one follows from another is an argument in words.
    click.echo(f"\nDerivation, each step checked by SymPy and by numbers: {derivation.outcome}")
    click.echo(_print.paragraph(f"For {derivation.scope}."))
    for number, step in enumerate(derivation.steps, 1):
        mark = "" if step.holds else "DOES NOT HOLD: "
        click.echo(_print.paragraph(f"{number}. {mark}{step.text}"))
    if derivation.unfinished:
        click.echo(_print.paragraph(f"Unfinished: {derivation.unfinished}."))


def _show_figure(figure: "FigureSpec") -> None:
    click.echo(figure.title)
    click.echo(_print.paragraph(figure.description))
    click.echo(f"\nSource\n{_print.paragraph(figure.source)}")
    click.echo(f"\nTo draw it\n  flowlab figure {figure.id} --out FOLDER")


def _show_model(model: type) -> None:
    """Print a class's docstring, its headings without the line below them."""
    title, _, rest = _docstring(model).partition("\n")
    click.echo(f"{model.__name__}({', '.join(inspect.signature(model).parameters)}): {title}")
    click.echo("\n".join(line for line in rest.splitlines() if not line or line.strip("-")))


def _docstring(thing: type) -> str:
    return inspect.getdoc(thing) or ""
