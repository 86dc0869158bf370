"""Sentences in plain notation as HTML with MathML: no symbol is lost, and what cannot be read stays text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from html import escape, unescape
from typing import TYPE_CHECKING

from flowlab.verify.report._mathml import pieces
from flowlab.verify.report._notation import parse
from flowlab.verify.report._tokens import MADE_OF, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowlab.verify.report._tokens import Token

__all__ = ["kept", "typeset"]

_LONGEST = 5_000
_TAG = re.compile(r"<[^>]*>")
_TELLING = frozenset(("letter", "word", "code", "super"))  # a lone number is no formula
_STRUCTURE = frozenset("^_(){}/√⁄")
_STANDS_APART = frozenset("=≤≥≠≈∈")  # a formula that ends in it has the space after it within
_ALIKE = str.maketrans(
    {"∗": "*", "⋅": "*", "⟨": "<", "⟩": ">", "∑": "Σ", "∏": "Π", "−": "-", "′": "'", "ˆ": "\u0302", "ˇ": "\u030c"}
)


def typeset(text: str, *, display: bool = False, link: Callable[[str], str] | None = None) -> str:
    """Return a text in plain notation as HTML, its formulas in MathML.

    Parameters
    ----------
    text : str
        As claims are stated: ``σ_j*``, ``x^(1/p)``, ``(a + b)/c``, ``∫_0^1``, ``√2``, in a sentence.
    display : bool, optional
        Whether fractions are built up.
    link : callable, optional
        Of a dotted name: the attributes, escaped, of a link to what goes by it; or nothing.

    Returns
    -------
    str
        Escaped; with the same symbols in the same order, or the text itself.

    Examples
    --------
    >>> typeset("of x² only")
    'of <math><msup><mrow><mi>x</mi></mrow><mrow><mn>2</mn></mrow></msup></math> only'
    >>> typeset("<script>")
    '&lt;script&gt;'
    """
    if len(text) > _LONGEST:
        return escape(text)
    try:
        html = "".join(_runs(tokens(text), display, link))
    except RecursionError:  # thousands of brackets or of exponents
        return escape(text)
    return html if kept(unescape(_TAG.sub("", html))) == kept(text) else escape(text)


def kept(text: str) -> str:
    """Return the symbols of a text that typesetting has to keep, whatever their shape: all but spaces and structure.

    Examples
    --------
    >>> kept("x_1^(a/b) >= σ*") == kept("x1 a b ≥ σ∗")
    True
    """
    plain = "".join(unicodedata.normalize("NFKC", text).translate(_ALIKE).split())
    for written, sign in MADE_OF.items():
        plain = plain.replace(written.translate(_ALIKE), sign)
    return unicodedata.normalize("NFC", "".join(each for each in plain if each not in _STRUCTURE))


def _runs(found: list[Token], display: bool, link: Callable[[str], str] | None) -> Iterator[str]:
    """Yield formulas as MathML and everything between them as text."""
    start = 0
    while start < len(found):
        end = start + 1
        while end < len(found) and found[end].math == found[start].math:
            end += 1
        run = found[start:end]
        yield " " * (
            start > 0 and run[0].spaced and not (found[start - 1].math and found[start - 1].text in _STANDS_APART)
        )
        if run[0].math and any(each.kind in _TELLING or each.text in "√^/+−=≤≥·±" for each in run):
            set_ = list(pieces(parse(run), display=display))
            # a line may break beside a formula, but not before the comma after it
            if end < len(found) and not found[end].spaced and found[end].kind != "code":
                set_[-1] = f'<span class="together">{set_[-1]}{escape(found[end].source)}</span>'
                found[end] = replace(found[end], source="")
            yield "".join(set_)
        else:
            yield "".join(_word(each, link, first=each is run[0]) for each in run)
        start = end


def _word(token: Token, link: Callable[[str], str] | None, *, first: bool) -> str:
    blank = " " * (token.spaced and not first)
    if token.kind != "code" or "." not in token.source:
        return blank + escape(token.source)
    attributes = link(token.source) if link is not None else ""
    code = f"<code>{escape(token.source).replace('.', '.<wbr>')}</code>"
    return f"{blank}<a {attributes}>{code}</a>" if attributes else blank + code
