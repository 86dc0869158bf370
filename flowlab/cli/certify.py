"""``flowlab certify``: prove an inequality over a box in ball arithmetic, and check a certificate."""

import json
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowlab.cli import _print
from flowlab.cli._shell import FAILED, Number, Place, Spreading, Whole, complain

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowlab.verify import Certificate, Claim

_WORST = 3  # undecided cells shown


@click.command("certify", cls=Spreading, short_help="Prove an inequality over a box, rigorously.")
@click.argument("targets", metavar="[ID|FILE]...", nargs=-1)
@click.option(
    "--box", multiple=True, metavar="NAME=LOW:HIGH...", help="Ends of arguments, or one number: ratio=1.05:50."
)
@click.option("--depth", metavar="TEXT", help="Short for --box depth=TEXT.")
@click.option("--precision", type=Whole(24, 4096), default=64, show_default=True, help="Bits of the arithmetic.")
@click.option("--cells", type=Whole(1), default=50_000, show_default=True, help="Stop after so many.")
@click.option("--seconds", type=Number(infinite=True), help="Stop after about so long in any case.")
@click.option("--jobs", type=Whole(1), default=2, show_default=True, help="Processes at once.")
@click.option(
    "--out", type=Place(file=True), metavar="FILE", help="Keep the certificate; one begun there is continued."
)
@click.option("--check", type=Place(file=True), metavar="FILE", help="Verify a certificate's every cell anew.")
@click.option("--json", "as_json", is_flag=True, help="Print the certificate.")
def certify_command(
    targets: tuple[str, ...],
    box: tuple[str, ...],
    depth: str | None,
    precision: int,
    cells: int,
    seconds: float | None,
    jobs: int,
    out: Path | None,
    check: Path | None,
    as_json: bool,
) -> None:
    """Prove a claim over a box, or find a box in which it is certainly false: no rounding, no sampling.

    The box is halved until interval arithmetic (Arb's balls, with slopes) shows the slack's sign in every cell. It is
    the claim's own box unless one is given; ends are exact decimals, of integers integers, and of a choice one member
    is named. Only what satisfies the hypotheses is asked about. What is left after --cells, which are the same on every
    machine, or at Ctrl-C, is told and kept with --out, which is written every few seconds; the same command goes on
    from there.

    A certificate is JSON: the box and its subdivision. --check evaluates every cell again and searches nothing. For a
    claim of one's own, name its file as well.

    Exit status 0 if all is proved, or the claim found false that is false on record; 1 if not.
    """
    if check is not None:
        claim, kept = _checked(targets, check)
    else:
        limits = {"cells": cells, "seconds": inf if seconds is None else seconds}
        claim, kept = _searched(targets, _ends(box, depth), out, precision=precision, jobs=jobs, **limits)
    if as_json:
        click.echo(json.dumps(kept.content(), indent=2, ensure_ascii=False))
    else:
        _report(claim, kept, checked=check is not None)
        if out is not None and check is None:
            click.echo(f"wrote {out}")
    if kept.verdict != {"held": "certified"}.get(claim.recorded, claim.recorded):
        click.get_current_context().exit(FAILED)


def _checked(targets: tuple[str, ...], path: Path) -> "tuple[Claim, Certificate]":
    """Verify a certificate; leave with status 1 if it does not prove what it says."""
    from flowlab.claims import all_claims, own, select
    from flowlab.claims.selecting import select_one
    from flowlab.verify.certifying.certificate_file import RefusedError

    kept = _loaded(path)
    if not targets and kept.id not in {claim.id for claim in all_claims()}:
        raise ValueError(f"ID: got nothing, for a certificate of {kept.id}; allowed: the file that defines this claim")
    # Of a file that defines several, the one that the certificate names.
    meant = [claim for claim in select(targets) if claim.id == kept.id] if targets else []
    claim = meant[0] if meant else select_one(*(targets or (kept.id,)))
    try:
        with own.evaluated():
            _watched("checking", lambda tell: kept.check(claim, lambda done, of: tell(done / of, f"{done} cells")))
    except RefusedError as error:
        complain(str(error))
        click.get_current_context().exit(FAILED)
    return claim, kept


def _searched(
    targets: tuple[str, ...], ends: dict[str, str], out: Path | None, **settings: Any
) -> "tuple[Claim, Certificate]":
    """Certify a claim, from where the file left off if it is there; keep what is found."""
    from flowlab.claims import own
    from flowlab.claims.selecting import select_one
    from flowlab.verify import certify
    from flowlab.verify.certifying.examining import ContradictionError

    if not targets:
        raise ValueError("ID: got nothing; allowed: a claim's id, as flowlab list shows them, or --check FILE")
    claim = select_one(*targets)
    _check_place(out)
    begun = _loaded(out) if out is not None and out.exists() else None

    def search(tell: "Callable[[float, str], None]") -> "Certificate":
        """Certify, and tell as it goes how much is done."""
        return certify(
            claim,
            ends,
            begun=begun,
            keep=None if out is None else (lambda found: found.save(out)),
            progress=lambda share, proved, looked: tell(share, f"{proved} of {looked} cells"),
            **settings,
        )

    try:
        with own.evaluated():
            kept: Certificate = _watched(claim.id, search)
    except ContradictionError as error:
        complain(str(error))
        click.get_current_context().exit(FAILED)
    except ValueError as error:
        raise ValueError(str(error).replace("begun: ", "out: ", 1)) from error
    if out is not None:
        kept.save(out)
    return claim, kept


def _check_place(out: Path | None) -> None:
    """Refuse a place that no file can be written to, before there is anything to lose."""
    from flowlab._files import cannot_write, place_of

    if out is not None:
        try:
            place_of(out)
        except OSError as error:
            raise cannot_write("out", out, error) from error


def _loaded(path: Path) -> "Certificate":
    """Return the certificate in a file; leave with status 1 if there is none to be read."""
    from flowlab.verify import Certificate
    from flowlab.verify.certifying.certificate_file import RefusedError

    try:
        return Certificate.load(path)
    except RefusedError as error:
        complain(str(error))
        click.get_current_context().exit(FAILED)


def _ends(box: tuple[str, ...], depth: str | None) -> dict[str, str]:
    """Return what --box and --depth say, by argument."""
    ends = {}
    for each in (*box, *([] if depth is None else [f"depth={depth}"])):
        name, equals, given = each.partition("=")
        if not (name and equals and given) or name in ends:
            raise ValueError(f"box: got {each!r}; allowed: NAME=LOW:HIGH or NAME=NUMBER, once for each argument")
        ends[name] = given
    return ends


def _watched(label: str, work: "Callable[[Callable[[float, str], None]], Any]") -> Any:
    """Run some work with a bar on a terminal's stderr; the work tells the share that is done."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = _print.console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>5.1f}% {task.fields[more]}"),
    )
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(label, total=1.0, more="")
        return work(lambda share, more: bar.update(task, completed=share, more=more))


def _report(claim: "Claim", kept: "Certificate", *, checked: bool) -> None:
    """Print the outcome, and where it is undecided, the widest cells left and the assumptions that left nothing out."""
    from flowlab.verify.certifying.boxes import box_of_words
    from flowlab.verify.certifying.examining import at_middle
    from flowlab.verify.exactness import beneath_floats

    click.echo(f"{kept.id} over {box_of_words(kept.box)}")
    cells = f"{kept.leaves} cell{'s' * (kept.leaves > 1)}, {kept.precision} bits"
    took = "every one verified anew" if checked else f"{kept.seconds:.1f} s"
    if kept.verdict == "certified":
        empty = kept.tree.count("-")
        left = f"; {empty} without anything that satisfies the hypotheses" if empty else ""
        click.echo(f"certified: {cells}, {took}{left}")
    elif kept.verdict == "empty":
        click.echo(f"nothing is proved: nothing in the box satisfies the hypotheses; {cells}, {took}")
    elif kept.counterexample is not None:
        click.echo(f"falsified: certainly false over {kept.place}; {kept.precision} bits, {took}")
        point = at_middle(kept, claim)
        if point is not None and (hint := beneath_floats(claim.slack, point.arguments)):
            click.echo(f"  {hint}")
    else:
        part = "a part only is proved, every cell of it verified anew; " if checked else ""
        took = "" if checked else f", {took}"
        click.echo(f"{part}undecided in {kept.undecided:.3g} of the volume: {cells}{took}; the widest left:")
        for each in kept.widest(_WORST):
            click.echo(f"  {each}")
        for each in kept.aside:
            click.echo(f"left undecided where it takes too much: {each}")
        for text, reason in kept.unreadable(claim).items():
            click.echo(f"not evaluated in balls, so that nothing is left out by it: {text} ({reason})")
