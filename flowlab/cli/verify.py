"""``flowlab verify``: put claims to the test, and compare with the verdicts on record."""

import json
from typing import TYPE_CHECKING, Any

import click

from flowlab.cli import _print, _verify_report
from flowlab.cli._shell import BAD_INPUT, FAILED, Place, Whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowlab.verify import Certificate, Claim, Verdict

    Tell = Callable[[str, int, int], None]

ERROR = "error"  # in place of a verdict, for a claim that raises


@click.command("verify", short_help="Search for counterexamples to claims.")
@click.argument("patterns", metavar="[ID|FILE]...", nargs=-1)
@click.option("--examples", type=Whole(1), default=200, show_default=True, help="At most so many for each claim, >= 1.")
@click.option("--seed", type=Whole(), default=0, show_default=True, help="The same seed gives the same verdicts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list with one object for each claim.")
@click.option("--report", type=Place(), metavar="DIR", help="Write a page with all that is known, DIR/index.html.")
@click.option(
    "--certificate",
    "certificates",
    type=Place(file=True),
    metavar="FILE",
    multiple=True,
    help="For the page, beside flowlab's own: what certify --out wrote, checked anew. May be repeated.",
)
def verify_command(
    patterns: tuple[str, ...],
    examples: int,
    seed: int,
    as_json: bool,
    report: "Path | None",
    certificates: "tuple[Path, ...]",
) -> None:
    """Search for counterexamples to claims: all of them, or those whose id is named, in full or its beginning.

    A FILE of Python is run, and the claims it defines are searched; with ids beside it (or as FILE:ID) only those
    named. A function whose arguments have ranges is a claim, and what it returns says what is claimed:

    \b
      from flowlab.verify import Real, at_most, claim, functions
      @claim("mine.tangent")
      def tangent(x: Real(-1, 100, low_open=True)):
          '''log(1 + x) <= x.'''
          return at_most(functions.log1p(x), x)

    "held" says that none was found, "falsified" that one was found and confirmed in 50-digit arithmetic, "proved" or
    "refuted" that SymPy checked every step of a derivation (flowlab show ID prints it). Exit status 0 if every
    verdict is the one on record, 1 if one is not, 2 if a claim raises an error: the others are searched all the same.

    Examples are counted once each: the search may draw some again, and ends early where nothing is left to try or
    a counterexample is found. Those that only simplify a counterexample are not counted. An evaluation that takes
    seconds of processor time, or gigabytes, is ended: the example is set aside, and nothing larger is tried.

    With --report one page tells everything about the claims: HTML that stands by itself, for a screen, a phone or
    print.
    """  # noqa: D301 -- click's mark for what is not to be filled
    from flowlab.claims import select

    if certificates and report is None:
        raise ValueError("certificate: got a file without --report; allowed: together with it")
    claims = select(patterns)
    page = None if report is None else _verify_report.place(report)
    checked = _verify_report.checked(certificates, claims)
    entries: list[_verify_report.Found] = []
    raised: set[str] = set()
    try:
        _run(claims, entries, raised, examples, seed, checked, everything=page is not None)
    except KeyboardInterrupt:  # what is known is told
        if entries and not as_json:
            _report([verdict for _, verdict, _ in entries], raised, examples)
        raise
    verdicts = [verdict for _, verdict, _ in entries]
    if as_json:
        told = [
            each.as_json() | ({"verdict": ERROR, "agrees": False} if each.id in raised else {}) for each in verdicts
        ]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _report(verdicts, raised, examples)
        _of_ones_own([each for each in entries if each[1].id not in raised])
    if page is not None:
        _verify_report.write(page, entries, checked, about=f"At most {examples} examples for each claim, seed {seed}.")
        click.echo(f"wrote {page}", err=as_json)
    if raised:
        click.get_current_context().exit(BAD_INPUT)
    if not all(verdict.agrees for verdict in verdicts):
        click.get_current_context().exit(FAILED)


def _run(
    claims: "list[Claim]",
    found: "list[_verify_report.Found]",
    raised: set[str],
    examples: int,
    seed: int,
    certificates: "list[Certificate]",
    *,
    everything: bool,
) -> None:
    """Verify claims under a bar, and measure how tight they are, those of one's own or all; add each to `found`.

    One that raises is undecided, with its error for a message, and its id is added to `raised`.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from flowlab.claims import own
    from flowlab.verify import Verdict
    from flowlab.verify.verifying import examined

    console = _print.console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("verifying", total=max(1, len(claims)))
        for done, claim in enumerate(claims):

            def advance(name: str, count: int, total: int, done: int = done) -> None:
                bar.update(task, description=name, completed=done + count / max(1, total))

            try:
                with own.evaluated():
                    known = _verify_report.certificates_of(claim, certificates)
                    verdict, tight = examined(
                        claim, examples=examples, seed=seed, progress=advance, certificates=known,
                        measured=everything or bool(own.file_of(claim)),
                    )  # fmt: skip
            except ValueError as error:  # an error in a file is one, with its line
                verdict, tight = Verdict(claim.id, "undecided", claim.recorded, message=str(error)), None
                raised.add(claim.id)
            found.append((claim, verdict, tight))


def _report(verdicts: "list[Verdict]", raised: set[str], examples: int) -> None:
    """Print the table of verdicts, their counts, and every claim that fails, raises or is not as on record."""
    _print.table(
        ("claim", "verdict", "examples", "smallest slack", "at"),
        [
            (each.id, ERROR, "-", "-", each.message)
            if each.id in raised
            else (
                each.id,
                _verdict(each),
                str(each.examples) + (f" + {each.skipped} skipped" if each.skipped else ""),
                _smallest(each),
                "everywhere" if each.agreed_digits else _point(each.at),
            )
            for each in verdicts
        ],
        numbers=(2, 3),
    )
    count = len(verdicts)
    verdicts = [each for each in verdicts if each.id not in raised]
    agreeing = sum(each.agrees for each in verdicts)
    counts = {kind: sum(each.verdict == kind for each in verdicts) for kind in ("held", "falsified", "undecided")}
    counts[f"{ERROR}{'s' * (len(raised) != 1)}"] = len(raised)
    told = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
    outcomes = [each.derivation.outcome for each in verdicts if each.derivation is not None]
    derived = {kind: outcomes.count(kind) for kind in ("proved", "refuted", "broken", "unfinished")}
    steps = "".join(f"; {number} {kind}" for kind, number in derived.items() if number)
    by = " by derivation" if outcomes else ""
    click.echo(f"\n{count} claim{'s' * (count != 1)}: {told}; {agreeing} as on record{steps}{by}.")
    if any(each.verdict == "held" and each.examples + each.skipped < examples for each in verdicts):
        click.echo(f"Fewer examples than {examples}: only distinct ones count.")
    for each in verdicts:
        if each.counterexample is not None:
            click.echo(f"{each.id} fails at {_point(each.counterexample)}")
    for each in verdicts:
        for told in each.aside:
            click.echo(f"{each.id}: set aside {told}")
    for each in verdicts:
        if each.rounded:
            click.echo(f"{each.id}: {each.verdict} with a number that Python has rounded. {each.rounded}")
    for each in verdicts:
        if each.contradiction:
            click.echo(f"{each.id}: {each.contradiction}")
        elif not each.agrees:
            click.echo(f"{each.id}: {each.verdict}, but {each.recorded} is on record. {each.message}")


def _of_ones_own(found: "list[_verify_report.Found]") -> None:
    """Say how tight the claims of files are, and how else they can be looked into."""
    from flowlab.claims import own
    from flowlab.verify.report import tight_in_words

    for claim, verdict, tightness in found:
        if own.file_of(claim) and verdict.verdict == "held" and tightness is not None:
            for line in tight_in_words(tightness):
                click.echo(f"{claim.id} is {line}")
    off = [(claim, verdict) for claim, verdict, _ in found if own.file_of(claim) and not verdict.agrees]
    for claim, verdict in off[:1]:
        click.echo(f'If that is how it is, put it on record: @claim("{claim.id}", recorded="{verdict.verdict}")')
    held = [claim for claim, verdict, _ in found if own.file_of(claim) and _certifiable(claim, verdict)]
    if held:
        click.echo(f"To prove it over a box: flowlab certify {own.file_of(held[0])} {held[0].id}")


def _certifiable(claim: "Claim", verdict: "Verdict") -> bool:
    return verdict.verdict == "held" and not verdict.rounded and not claim.identity


def _verdict(verdict: "Verdict") -> str:
    """Return the verdict, what its derivation comes to, and whether it is the one on record."""
    derived = "" if verdict.derivation is None else f", {verdict.derivation.outcome}"
    if verdict.contradiction:
        return f"{verdict.verdict}{derived}, CONTRADICTED"
    return verdict.verdict + derived + ("" if verdict.agrees else f", NOT {verdict.recorded} as on record")


def _smallest(verdict: "Verdict") -> str:
    """Return the smallest slack; for an identity, which has none, how well it agrees."""
    if verdict.agreed_digits:
        return f"equal to {verdict.agreed_digits} digits"
    return "-" if verdict.min_slack is None else f"{verdict.min_slack:.3g}"


def _point(arguments: dict[str, Any] | None) -> str:
    """Return arguments in one line, in full: rounded, they may leave the claim's domain or no longer violate it."""
    from flowlab._checks import number

    return ", ".join(
        f"{name} = {number(value) if isinstance(value, float) else value}" for name, value in (arguments or {}).items()
    )
