"""A paper's statements in their order, with the claims that put them to the test."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from flowlab.verify.report.article import badges
from flowlab.verify.report.typeset import typeset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowlab.verify.report.entry import Entry

__all__ = ["Statement", "shown", "table"]


@dataclass(frozen=True)
class Statement:
    """What a paper says at one place.

    Parameters
    ----------
    section : str
        Where.
    words : str
        What, in short.
    claims : tuple of str, optional
        Ids of the claims that test it.
    why : str, optional
        Why there is none.

    Raises
    ------
    ValueError
        If there are neither claims nor a reason, or both.

    Examples
    --------
    >>> Statement("section 2", "depth changes the dynamics", ("demo.equation",)).claims
    ('demo.equation',)
    """

    section: str
    words: str
    claims: tuple[str, ...] = ()
    why: str = ""

    def __post_init__(self) -> None:
        if bool(self.claims) == bool(self.why):
            raise ValueError(
                f"claims: got {self.claims!r} and why {self.why!r}; allowed: claims, or the reason why there are none"
            )


def shown(statements: Sequence[Statement], ids: set[str]) -> list[Statement]:
    """Return the statements to be shown beside these claims: all beside all of theirs, else those with one of them.

    Examples
    --------
    >>> both = [Statement("1", "a", ("demo.a",)), Statement("2", "b", why="an opinion")]
    >>> len(shown(both, {"demo.a"})), len(shown(both, set()))
    (2, 0)
    """
    if {id for statement in statements for id in statement.claims} <= ids:
        return list(statements)
    return [statement for statement in statements if ids & set(statement.claims)]


def table(statements: Sequence[Statement], entries: Mapping[str, Entry], link: Callable[[str], str]) -> str:
    """Return the statements as a list in HTML, each with its claims and what became of them, or the reason.

    Parameters
    ----------
    statements : sequence of Statement
    entries : mapping of str to Entry
        What the page has of claims, by id.
    link : callable
        Of a claim's id: the attributes of a link to it, or nothing.

    Examples
    --------
    >>> html = table([Statement("2", "depth matters", why="an opinion")], {}, lambda id: "")
    >>> html.count("<li>"), "No claim: an opinion." in html
    (1, True)
    """
    rows = "\n".join(
        f'<li><span class="soft">{escape(each.section)}</span> {typeset(each.words)}'
        f"{_evidence(each, entries, link)}</li>"
        for each in statements
    )
    return f'<ol class="statements">\n{rows}\n</ol>'


def _evidence(statement: Statement, entries: Mapping[str, Entry], link: Callable[[str], str]) -> str:
    if statement.why:
        return f'<p class="soft">No claim: {typeset(statement.why)}.</p>'
    told = []
    for id in statement.claims:
        code = f'<code class="id">{escape(id).replace(".", ".<wbr>")}</code>'
        attributes = link(id)
        name = f"<a {attributes}>{code}</a>" if attributes else code
        told.append(f"<li>{name} {badges(entries[id]) if id in entries else ''}</li>")
    return f'<ul class="plain">{"".join(told)}</ul>'
