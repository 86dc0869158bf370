"""``flowlab list`` and ``flowlab show``: what there is."""

import json
from typing import Any

import click

from flowlab.cli import _print


def _models() -> list[dict[str, str]]:
    """Return the public classes of flowlab.models, each with the first line of its docstring."""
    import inspect

    from flowlab import models

    found = [getattr(models, name) for name in models.__all__]
    return [
        {"id": each.__name__, "title": (inspect.getdoc(each) or "").partition("\n")[0]}
        for each in found
        if inspect.isclass(each)
    ]


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
        "models": _models(),
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


@click.command("show", short_help="Show a claim and what is known of it.")
@click.argument("claim_id", metavar="ID")
def show_command(claim_id: str) -> None:
    """Show a claim: what it says, for what, and what is known of it."""
    from flowlab.claims import get

    claim = get(claim_id)
    click.echo(f"{claim.id}: {claim.title}")
    click.echo(_print.paragraph(claim.statement))
    click.echo(f"\nSource\n{_print.paragraph(claim.source)}")
    click.echo("\nHypotheses")
    for hypothesis in claim.domain:
        click.echo(_print.paragraph(hypothesis))
    click.echo(f"\nVerdict on record\n  {claim.recorded}")
    if claim.flaw:
        click.echo(f"\nWhere the proof fails\n{_print.paragraph(claim.flaw)}")
    if claim.corrected_by:
        corrected = get(claim.corrected_by)
        click.echo(f"\nCorrected by {corrected.id}\n{_print.paragraph(corrected.statement)}")
    if claim.proof:
        heading = "Remarks" if claim.flaw else "Proof"
        click.echo(f"\n{heading}\n{_print.paragraph(claim.proof)}")
