"""One claim on the page: what it says, for what, and every kind of evidence."""

from __future__ import annotations

import math
import re
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab._checks import number
from flowlab.verify.report.picture import picture
from flowlab.verify.report.typeset import typeset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowlab.verify.certifying.certificate import Certificate
    from flowlab.verify.derivation import Derivation
    from flowlab.verify.report.entry import Entry
    from flowlab.verify.tightness import TightnessMap
    from flowlab.verify.verdict import Verdict

    Link = Callable[[str], str]

__all__ = ["article", "badges", "kinds", "tight_in_words"]

_SIGNS = {"held": "✓", "falsified": "✗", "undecided": "?"}


def article(entry: Entry, *, anchor: str, place: int, link: Link, corrects: tuple[str, ...] = ()) -> str:
    """Return a claim's article.

    Parameters
    ----------
    entry : Entry
    anchor : str
        The article's id in the page.
    place : int
        Its number.
    link : callable
        Of a claim's id: the attributes of a link to it, or nothing.
    corrects : tuple of str, optional
        Ids of the claims that this one corrects.

    Returns
    -------
    str
        HTML; whatever the claim says is escaped.

    Examples
    --------
    >>> from flowlab.verify import Real, Verdict, claim
    >>> from flowlab.verify.report import Entry
    >>> square = claim("demo", title="<i>no", hypotheses={"x": Real(-1, 1)})(lambda x: x * x)
    >>> html = article(Entry(square, Verdict("demo", "held", "held")), anchor="demo", place=1, link=lambda id: "")
    >>> "<i>" in html
    False
    """
    claim, verdict = entry.claim, entry.verdict
    parts = [
        f'<header><h3>{place}. {typeset(claim.title)}</h3><p class="id"><code>{_id(claim.id)}</code></p>'
        f'<p class="badges">{badges(entry)}</p></header>',
        f'<div class="statement">{typeset(claim.statement, display=True, link=link)}</div>' if claim.statement else "",
        f'<p class="source">{escape(claim.source)}</p>' if claim.source else "",
        *_hypotheses(entry, link),
        *_evidence(verdict, link),
    ]
    if entry.certificates:
        parts += _section("Certified", "".join(map(_certificate, entry.certificates)))
    if verdict.counterexample is not None:
        parts += _section("Counterexample", _counterexample(verdict))
    if claim.flaw:
        parts += _section("Where the proof fails", f"<p>{typeset(claim.flaw, link=link)}</p>")
    if claim.corrected_by:
        parts += _section("Corrected by", f"<p>{_reference(claim.corrected_by, link)}</p>")
    if corrects:
        parts += _section("Corrects", f"<p>{', '.join(_reference(id, link) for id in corrects)}</p>")
    if claim.proof:
        told = "".join(f"<p>{typeset(' '.join(each.split()), link=link)}</p>" for each in claim.proof.split("\n\n"))
        parts += _section("Remarks" if claim.flaw else "Proof", told)
    if entry.tightness is not None:
        parts += _section("How tight", _tightness(entry.tightness))
    body = "\n".join(part for part in parts if part)
    return f'<article id="{escape(anchor)}" data-verdict="{" ".join(kinds(entry))}">\n{body}\n</article>'


def kinds(entry: Entry) -> list[str]:
    """Return the words that the page's filters know a claim by: its verdict, and "off" where another is on record.

    Examples
    --------
    >>> from flowlab.verify import Verdict
    >>> from flowlab.verify.report import Entry
    >>> kinds(Entry(None, Verdict("demo", "falsified", "held")))
    ['falsified', 'off']
    """
    return [entry.verdict.verdict, *([] if entry.verdict.agrees else ["off"])]


def badges(entry: Entry) -> str:
    """Return the verdict, and what else is known, as words in boxes.

    Examples
    --------
    >>> from flowlab.verify import Verdict
    >>> from flowlab.verify.report import Entry
    >>> badges(Entry(None, Verdict("demo", "held", "held")))
    '<span class="badge held"><span aria-hidden="true">✓ </span>held</span>'
    """
    verdict = entry.verdict
    kind = verdict.verdict
    found = [f'<span class="badge {kind}"><span aria-hidden="true">{_SIGNS[kind]} </span>{kind}</span>']
    if verdict.derivation is not None and verdict.derivation.outcome in ("proved", "refuted"):
        found.append(f'<span class="badge proved">{verdict.derivation.outcome}</span>')
    if verdict.contradiction:  # no other badge stands beside it
        return f'{found[0]} <span class="badge off">contradiction</span>'
    if kind != "falsified" and any(each.verdict == "certified" for each in entry.certificates):
        found.append('<span class="badge certified">certified</span>')
    if not verdict.agrees:
        found.append(f'<span class="badge off">on record: {verdict.recorded}</span>')
    return " ".join(found)


def _section(heading: str, body: str) -> Iterator[str]:
    yield f"<h4>{heading}</h4>"
    yield body


def _id(text: str) -> str:
    """Return an id, which may break at its dots."""
    return escape(text).replace(".", ".<wbr>")


def _reference(id: str, link: Link) -> str:
    attributes = link(id)
    code = f"<code>{_id(id)}</code>"
    return f"<a {attributes}>{code}</a>" if attributes else code


def _hypotheses(entry: Entry, link: Link) -> Iterator[str]:
    items = "".join(f"<li>{typeset(each, link=link)}</li>" for each in entry.claim.domain)
    yield from _section("For", f'<ul class="plain">{items}</ul>')


def _evidence(verdict: Verdict, link: Link) -> Iterator[str]:
    told = [f"<p>{escape(_searched(verdict))}</p>"]
    if verdict.min_slack is not None and not verdict.agreed_digits and verdict.counterexample is None:
        where = f"Smallest slack {verdict.min_slack:.3g}, at {_point(verdict.at)}."
        told.append(f'<p class="values">{_together(where)}</p>')
    if verdict.contradiction:
        told.append(f"<p><strong>{escape(verdict.contradiction[:1].upper() + verdict.contradiction[1:])}.</strong></p>")
    elif not verdict.agrees:
        told.append(f"<p>The verdict on record is “{verdict.recorded}”.</p>")
    if verdict.rounded:
        told.append(f"<p>With a number that Python has rounded: {escape(verdict.rounded)}.</p>")
    yield from _section("Search", "".join(told))
    if verdict.derivation is not None:
        yield from _section(f"Derivation: {verdict.derivation.outcome}", _derivation(verdict.derivation, link))


def _searched(verdict: Verdict) -> str:
    """Say in a sentence what the search came to."""
    count = f"{verdict.examples} example{'s' * (verdict.examples != 1)}"
    if verdict.verdict == "undecided" or (verdict.verdict == "falsified" and verdict.counterexample is None):
        return f"{verdict.message[:1].upper()}{verdict.message[1:]}."
    if verdict.verdict == "falsified":
        return f"A counterexample among {count}, confirmed in multiple precision."
    told = f"No counterexample among {count}"
    if verdict.agreed_digits:
        told = f"Both sides agree to at least {verdict.agreed_digits} digits at each of {count}"
    equal = f"; equality at {verdict.touching}" if verdict.touching else ""
    skipped = f"; {verdict.skipped} more could not be evaluated" if verdict.skipped else ""
    return f"{told}{equal}{skipped}."


def _derivation(derivation: Derivation, link: Link) -> str:
    steps = "".join(
        f"<li>{'' if step.holds else '<strong>Does not hold:</strong> '}{typeset(step.text, link=link)}</li>"
        for step in derivation.steps
    )
    unfinished = f"<p>Unfinished: {typeset(derivation.unfinished)}.</p>" if derivation.unfinished else ""
    scope = f"<p>Checked symbolically, step by step, for {typeset(derivation.scope)}.</p>"
    return f'{scope}<ol class="steps">{steps}</ol>{unfinished}'


def _certificate(certificate: Certificate) -> str:
    over = _box(certificate.box)
    cells = f"{certificate.leaves} cell{'s' * (certificate.leaves != 1)}, balls of {certificate.precision} bits"
    if certificate.counterexample is not None:
        told = f"Certainly false throughout {_box(certificate.counterexample)} ({cells})."
    elif certificate.certified:
        told = f"Proved in interval arithmetic throughout {over} ({cells})."
    elif certificate.verdict == "empty":
        told = f"Nothing is proved: nothing in {over} satisfies the hypotheses."
    else:
        told = f"Undecided in {certificate.undecided:.3g} of the volume of {over} ({cells})."
    return f'<p class="values">{typeset(told)}</p>'


def _box(box: Mapping[str, tuple[str, str] | list[str]]) -> str:
    """Return ranges in one line, of numbers as they were given."""
    ends = {name: tuple({"inf": "∞", "-inf": "−∞"}.get(each, each) for each in pair) for name, pair in box.items()}
    return ", ".join(
        f"{name} = {low}"
        if low == high
        else f"{name} ∈ {'(' if '∞' in low else '['}{low}, {high}{')' if '∞' in high else ']'}"
        for name, (low, high) in ends.items()
    )


def _counterexample(verdict: Verdict) -> str:
    slack = f", where the slack is {verdict.counterexample_slack}" if verdict.counterexample_slack else ""
    told = f"{_point(verdict.counterexample)}{slack}."
    return f'<p class="values">{_together(told)}</p>'


def _tightness(found: TightnessMap) -> str:
    fixed = f", at {_rounded(found.fixed)}" if found.fixed else ""
    if found.measure == "ratio":
        what = f"Right side over left side, by {' and '.join(found.over)}{fixed}; 1 is tight"
        what += "; blank where they are not both positive" if bool(np.isnan(found.values).any()) else ""
    else:
        what = f"Slack, by {' and '.join(found.over)}{fixed}"
    fails = " Red where it fails." if bool((found.values < 0).any()) and found.values.ndim == 2 else ""
    over = "Over the whole domain" if found.everywhere else "In the same ranges"
    told = "".join(f'<p class="values">{_together(f"{over} {row}.")}</p>' for row in tight_in_words(found))
    return f'<figure>{picture(found)}<figcaption class="values">{escape(what)}.{fails}</figcaption></figure>{told}'


def tight_in_words(found: TightnessMap) -> list[str]:
    """Return where a claim is tightest and where loosest, a line each.

    Examples
    --------
    >>> from flowlab.verify import Real, at_most, claim, tightness
    >>> doubled = claim("demo", hypotheses={"x": Real(1, 2)})(lambda x: at_most(x, 2 * x * x))
    >>> tight_in_words(tightness(doubled, points=9))
    ['tightest at x = 1: right side / left side = 2', 'loosest at x = 2: right side / left side = 4']
    """
    least = "violated most" if found.fails else "tightest"
    return [
        f"{word} {each.where(_short)}: {f'{way} to ' if each.approached else ''}{_measured(found, each.value)}"
        for word, way, each in ((least, "down", found.tightest), ("loosest", "up", found.loosest))
    ]


def _measured(found: TightnessMap, value: float) -> str:
    if found.measure != "ratio":
        return f"slack {value:.4g}"
    if math.isinf(value):
        return "right side / left side = ∞" if value > 0 else "right side / left side = 0"
    power = value / math.log(10)
    ratio = f"{math.exp(value):.4g}" if abs(value) < 200 else f"10^{power:{'.4g' if abs(power) < 1000 else '.0f'}}"
    if 0 < abs(value) < 1e-3:
        ratio = f"1 {'+' if value > 0 else '−'} {abs(math.expm1(value)):.3g}"
    return f"right side / left side = {ratio}"


def _point(arguments: Mapping[str, Any] | None) -> str:
    """Return arguments in one line, in full."""
    return ", ".join(
        f"{name} = {number(value) if isinstance(value, float) else value}" for name, value in (arguments or {}).items()
    )


def _together(text: str) -> str:
    """Return text as HTML in which a line does not break between a name and its value, nor within it."""
    told = re.sub(r"\w+ [=→] [^\s,:]+[,:]?", lambda found: f'<span class="value">{found[0]}</span>', escape(text))
    return re.sub(r"10\^([\d.−-]+\d)", r"10<sup>\1</sup>", told)


def _rounded(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_short(value)}" for name, value in arguments.items())


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
