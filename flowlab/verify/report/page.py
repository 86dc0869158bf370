"""The page: a summary, a table of contents with filters, and an article for each claim."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote

from flowlab.verify.report.article import article, badges, kinds
from flowlab.verify.report.entry import Entry
from flowlab.verify.report.statements import shown, table
from flowlab.verify.report.typeset import typeset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowlab.verify.report.statements import Statement

__all__ = ["Entry", "is_report", "page"]

_MARK = '<meta name="generator" content="flowlab verify">'
#: Nothing is loaded from anywhere, and nothing runs.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_FILTERS = (
    ("all", "all"),
    ("held", "held"),
    ("falsified", "falsified"),
    ("undecided", "undecided"),
    ("off", "not as on record"),
)


def page(
    entries: Sequence[Entry],
    *,
    title: str = "Claims put to the test",
    about: str = "",
    statements: Sequence[Statement] = (),
) -> str:
    """Return a page on claims and what was found out about them.

    It is one HTML file: no scripts, no addresses but its own anchors. Equal entries give equal bytes.

    Parameters
    ----------
    entries : sequence of Entry
        In the order in which they stand.
    title : str, optional
    about : str, optional
        How the verdicts came about, in one line.
    statements : sequence of Statement, optional
        What the claims' source says, in its order: all of it beside all of its claims, else what these claims test.

    Returns
    -------
    str

    Examples
    --------
    >>> from flowlab.verify import Real, claim, verify
    >>> square = claim("demo", title="squares", hypotheses={"x": Real(-1, 1)}, statement="x² ≥ 0")(lambda x: x * x)
    >>> html = page([Entry(square, verify(square, examples=9))])
    >>> html[:15], "<script" in html, is_report(html)
    ('<!DOCTYPE html>', False, True)
    """
    places = {entry.claim.id: place for place, entry in enumerate(entries, 1)}
    style = files("flowlab.verify.report").joinpath("style.css").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
{_MARK}
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p>{_summary(entries)}</p>
{f'<p class="soft">{escape(about)}</p>' if about else ""}
</header>
<main>
<nav aria-labelledby="contents">
<h2 id="contents">Contents</h2>
{_filters(entries)}
<ol class="contents">
{_contents(entries, places)}
</ol>
</nav>
{_statements(entries, places, statements)}
<section aria-labelledby="claims">
<h2 id="claims">Claims</h2>
{_articles(entries, places)}
</section>
</main>
<footer>
{_legend()}
</footer>
</body>
</html>
"""


def is_report(text: str) -> bool:
    """Return whether a page is one of these.

    Examples
    --------
    >>> is_report("<!DOCTYPE html><title>My diary</title>")
    False
    """
    return _MARK in text


def _anchor(id: str) -> str:
    return f"claim-{id}"


def _links(places: dict[str, int], *, beside: str) -> Callable[[str], str]:
    """Return what makes a link of a claim's name, in full or without the paper's."""
    paper = beside.partition(".")[0]

    def link(name: str) -> str:
        """Return the attributes of a link to the claim so named, or nothing."""
        for id in (name, f"{paper}.{name}"):
            if id in places:
                return f'href="#{escape(quote(_anchor(id)))}" data-number="{places[id]}"'
        return ""

    return link


def _summary(entries: Sequence[Entry]) -> str:
    counts = _counts(entries)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in ("held", "falsified", "undecided") if counts[kind])
    agreeing = len(entries) - counts["off"]
    record = "all as on record" if not counts["off"] else f"{agreeing} as on record"
    return f"{len(entries)} claim{'s' * (len(entries) != 1)}: {told or 'none'}; {record}."


def _counts(entries: Sequence[Entry]) -> dict[str, int]:
    counts = {name: sum(name in kinds(entry) for entry in entries) for name, _ in _FILTERS}
    return {**counts, "all": len(entries)}


def _filters(entries: Sequence[Entry]) -> str:
    """Return the choice of what is shown, which the style sheet obeys."""
    counts = _counts(entries)
    choices = [
        f'<label><input type="radio" name="show" id="show-{name}"{" checked" * (name == "all")}>'
        f"{escape(words)} ({counts[name]})</label>"
        for name, words in _FILTERS
        if counts[name] or name == "all"
    ]
    return f"<fieldset><legend>Show</legend>{''.join(choices)}</fieldset>" if len(choices) > 2 else ""


def _contents(entries: Sequence[Entry], places: dict[str, int]) -> str:
    rows = []
    for entry in entries:
        claim = entry.claim
        link = _links(places, beside=claim.id)(claim.id)
        code = escape(claim.id).replace(".", ".<wbr>")
        rows.append(
            f'<li data-verdict="{" ".join(kinds(entry))}"><span>{badges(entry)}</span>'
            f'<span><a {link}>{places[claim.id]}. {typeset(claim.title)}</a><code class="id">{code}</code></span></li>'
        )
    return "\n".join(rows)


def _statements(entries: Sequence[Entry], places: dict[str, int], statements: Sequence[Statement]) -> str:
    """Return the section that lists what the source says; nothing where none of it is on the page."""
    found = {entry.claim.id: entry for entry in entries}
    rows = shown(statements, set(found))
    if not rows or not found:
        return ""
    body = table(rows, found, _links(places, beside=""))
    return f'<section aria-labelledby="statements">\n<h2 id="statements">Statements in order</h2>\n{body}\n</section>'


def _articles(entries: Sequence[Entry], places: dict[str, int]) -> str:
    """Return the claims, an article each; one that corrects others names them."""
    corrects: dict[str, tuple[str, ...]] = {}
    for claim in (entry.claim for entry in entries):
        if claim.corrected_by:
            corrects[claim.corrected_by] = (*corrects.get(claim.corrected_by, ()), claim.id)
    return "\n".join(
        article(
            entry,
            anchor=_anchor(entry.claim.id),
            place=places[entry.claim.id],
            link=_links(places, beside=entry.claim.id),
            corrects=corrects.get(entry.claim.id, ()),
        )
        for entry in entries
    )


def _legend() -> str:
    return (
        "<p>Held: a search found no counterexample, which proves nothing. Falsified: a counterexample was found, and "
        "confirmed with many digits. Proved: every step of a derivation was checked symbolically. Certified: the "
        "inequality was enclosed in interval arithmetic throughout a box; <code>flowlab certify --check</code> "
        "verifies a certificate anew.</p>"
    )
