"""``flowlab tightness``: how far a bound is from what it bounds, over two arguments and over all of them."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowlab.cli import _print
from flowlab.cli._shell import Place, Spreading, Whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowlab.verify import Range, TightnessMap
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
    the claim fails. The extremes are sought over the whole domain of the claim, up to ends that are left out or
    infinite, but for what --range and --at fix, and confirmed in 50 digits at least. The map keeps to a box in which
    it can be read. Of a claim that tells no sides the slack itself is mapped.

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
    _report(found, id_)
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


def _report(found: "TightnessMap", id_: str) -> None:
    """Print the extremes and what lies between, where each was looked for, and whether the claim fails."""
    import numpy as np

    click.echo(f"{found.claim.id}: {found.claim.title}")
    click.echo(_print.paragraph(found.claim.statement))
    ratio = found.measure == "ratio"
    if not ratio:
        click.echo("\nThe claim does not tell its two sides apart: this is its slack, not a ratio.")
    shown = _ratio if ratio else _slack
    rows = [
        _row("violated most" if found.fails else "tightest", found.tightest, shown),
        _row("loosest", found.loosest, shown),
        *(
            (name, shown(float(np.nanquantile(found.sample, part))), "of points drawn evenly from the map's box")
            for name, part in (("a tenth below", 0.1), ("half below", 0.5), ("nine tenths below", 0.9))
            if not np.isnan(found.sample).all()
        ),
    ]
    click.echo()
    _print.table(("", "right / left" if ratio else "slack", "where"), rows, numbers=(1,))
    if any(each.approached for each in (found.tightest, found.loosest)):
        click.echo("\nAs an argument goes to an end (→): the value at the last float before it, which may go on.")
    if (missing := float(np.isnan(found.sample).mean())) > 0:
        why = "the sides are not two positive numbers there, or" if ratio else "it cannot be computed there, or"
        click.echo(f"\n{missing:.0%} of the points drawn have no value: {why} a joint hypothesis fails.")
    click.echo(f"\n{_where(found)}")
    if found.counterexample is not None:
        at = ", ".join(f"{name} = {_text(value)}" for name, value in found.counterexample.items())
        click.echo(f"\nThe claim is false: it fails at {at}. See: flowlab verify {id_}")


def _row(name: str, each: "Extreme", shown: Any) -> tuple[str, str, str]:
    return name, shown(each.value), each.where(_text) + ("" if each.digits else " (not confirmed in mpmath)")


def _where(found: "TightnessMap") -> str:
    """Say where the extremes were looked for, and what the map's box is."""
    from flowlab.verify import Choice

    box = ", ".join(_range(name, allowed, found.spans[name]) for name, allowed in found.claim.hypotheses.items())
    domain = ", ".join(
        _range(name, found.claim.hypotheses[name], allowed.values)
        if isinstance(allowed, Choice)
        else allowed.describe(name)
        for name, allowed in found.domain.items()
    )
    whole = "the whole domain" if found.everywhere else "the ranges given"
    if box == domain:
        return f"In {box}: {whole}."
    return f"Tightest and loosest over {whole}, {domain}.\nPoints drawn, and the map, in the map's box, {box}."


def _ratio(logarithm: float) -> str:
    """Return a ratio from its logarithm, with the digits of what it is off 1 by."""
    if abs(logarithm) == math.ulp(0.0):  # it stands for whatever is nearer to 0
        return f"1 {'+' if logarithm > 0 else '-'} less than {math.ulp(0.0):.3g}"
    if 0 < abs(logarithm) < _NEAR_ONE:
        return f"1 {'+' if logarithm > 0 else '-'} {abs(math.expm1(logarithm)):.3g}"
    if math.isinf(logarithm):
        return "∞" if logarithm > 0 else "0"
    return _print.from_log(logarithm)


def _slack(value: float) -> str:
    """Return a slack, which is rounded to the largest float where it is larger."""
    beyond = {sys.float_info.max: "> ", -sys.float_info.max: "< "}.get(value, "")
    return beyond + _print.number(value)


def _text(value: Any) -> str:
    from flowlab._checks import number

    return number(value) if isinstance(value, float) else str(value)


def _range(name: str, allowed: "Range", ends: tuple[Any, ...]) -> str:
    """Return what an argument may be: one value, a list, or what lies between two ends."""
    from flowlab.verify import Choice, Integer, Real

    if len(ends) == 1:
        return f"{name} = {_text(ends[0])}"
    if isinstance(allowed, Choice):
        return f"{name} ∈ {{{', '.join(map(_text, ends))}}}"
    return (Integer(*ends) if isinstance(allowed, Integer) else Real(*ends)).describe(name)
