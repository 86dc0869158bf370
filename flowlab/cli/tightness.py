"""``flowlab tightness``: how far a bound is from what it bounds, over two arguments and over all of them."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowlab.cli import _print
from flowlab.cli._shell import Place, Spreading, Whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowlab.verify import TightnessMap
    from flowlab.verify.extremes import Extreme

_NEAR_ONE = 1e-4


@click.command("tightness", cls=Spreading, short_help="Map how tight a claim is; find where it is most and least so.")
@click.argument("id_", metavar="ID|FILE:ID")
@click.option("--over", multiple=True, help="One or two arguments for the axes; the first two if missing.")
@click.option("--range", "ranges", multiple=True, help="Between what an argument lies: ratio=1.05:50 f=0.75:0.99.")
@click.option("--at", multiple=True, help="Arguments to fix: s=0.1 depth=3.")
@click.option("--points", type=Whole(2, 1000), default=80, show_default=True, help="Values an axis.")
@click.option("--seed", type=Whole(0), default=0, show_default=True, help="The same seed gives the same points.")
@click.option("--out", type=Place(), help="Folder for the map: PNG, SVG, CSV and JSON; made if missing.")
def tightness_command(
    id_: str, over: tuple[str, ...], ranges: tuple[str, ...], at: tuple[str, ...], points: int, seed: int, out: Path
) -> None:
    """Map the ratio of a claim's two sides over two of its arguments, and find where it is tightest and loosest.

    The claim says left ≤ right; for a bound, one side is the exact value. A ratio right/left of 1 is tight, below 1
    the claim fails. The extremes are sought over all arguments in their ranges, those not on the axes too, and
    confirmed in 50 digits at least. Of a claim that tells no sides the slack itself is mapped.

    Example: flowlab tightness gissin2020.theorem2.depth2.upper --over ratio f --range ratio=1.05:50 --at s=0.1
    """
    from flowlab.claims import own
    from flowlab.claims.selecting import select_one
    from flowlab.verify import tightness

    claim = select_one(id_)
    given = {name: _between(name, text) for name, text in _pairs("--range", ranges, example="ratio=1.05:50")}
    fixed = {name: _value(text) for name, text in _pairs("--at", at, example="s=0.1")}
    try:
        with own.evaluated():
            found = tightness(claim, over or None, ranges=given, at=fixed, points=points, seed=seed)
    except ValueError as error:
        told = str(error).replace("ranges:", "--range:", 1).replace("claim:", "ID:", 1)
        raise ValueError(told) from error
    _report(found)
    if out is not None:
        from flowlab.figures.tightness import save

        click.echo()
        for path in save(found, out):
            click.echo(path)


def _pairs(option: str, texts: tuple[str, ...], *, example: str) -> "Iterator[tuple[str, str]]":
    """Take each ``name=text`` apart."""
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise click.UsageError(f"{option}: got {text!r}; allowed: a name and a value, as in {example}")
        yield name, value


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _between(name: str, text: str) -> tuple[Any, ...]:
    ends = tuple(_value(part) for part in text.split(":"))
    if len(ends) != 2 or any(isinstance(end, str) or math.isnan(end) for end in ends):
        raise click.UsageError(f"--range: got '{name}={text}'; allowed: two numbers, as in {name}=1.05:50")
    return ends


def _report(found: "TightnessMap") -> None:
    """Print the extremes and what lies between, and what part of the box has no value."""
    import numpy as np

    click.echo(f"{found.claim.id}: {found.claim.title}")
    click.echo(_print.paragraph(found.claim.statement))
    ratio = found.measure == "ratio"
    if not ratio:
        click.echo("\nThe claim does not tell its two sides apart: this is its slack, not a ratio.")
    shown = _ratio if ratio else _print.number
    rows = [
        _row(_least(found), found.tightest, shown),
        *(
            (name, shown(float(np.nanquantile(found.sample, part))), "of points drawn evenly")
            for name, part in (("a tenth below", 0.1), ("half below", 0.5), ("nine tenths below", 0.9))
        ),
        _row("loosest", found.loosest, shown),
    ]
    click.echo()
    _print.table(("", "right / left" if ratio else "slack", "at"), rows, numbers=(1,))
    if (missing := float(np.isnan(found.sample).mean())) > 0:
        why = "the sides are not two positive numbers there, or" if ratio else "it cannot be computed there, or"
        click.echo(f"\n{missing:.0%} of the points drawn have no value: {why} a joint hypothesis fails.")
    click.echo(f"\nIn {', '.join(_range(name, ends) for name, ends in found.spans.items())}.")


def _least(found: "TightnessMap") -> str:
    return "violated most" if found.tightest.value < 0 else "tightest"


def _row(name: str, each: "Extreme", shown: Any) -> tuple[str, str, str]:
    at = ", ".join(f"{key} = {_text(value)}" for key, value in each.arguments.items())
    return name, shown(each.value), at + ("" if each.digits else " (not confirmed in mpmath)")


def _ratio(logarithm: float) -> str:
    """Return a ratio from its logarithm, with the digits of what it is off 1 by."""
    if 0 < abs(logarithm) < _NEAR_ONE:
        return f"1 {'+' if logarithm > 0 else '-'} {abs(math.expm1(logarithm)):.3g}"
    return _print.from_log(logarithm)


def _text(value: Any) -> str:
    from flowlab._checks import number

    return number(value) if isinstance(value, float) else str(value)


def _range(name: str, ends: tuple[Any, ...]) -> str:
    if len(ends) == 1:
        return f"{name} = {_text(ends[0])}"
    if isinstance(ends[0], float) and len(ends) == 2:
        return f"{name} ∈ [{_text(ends[0])}, {_text(ends[1])}]"
    return f"{name} ∈ {{{_text(ends[0])}, …, {_text(ends[-1])}}}"
