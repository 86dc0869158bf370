"""Trees as MathML, in pieces between which a line may break."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import TYPE_CHECKING

from flowlab.verify.report._notation import Fence, Fraction, Leaf, Root, Row, Script
from flowlab.verify.report._tokens import BINARY, RELATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowlab.verify.report._notation import Node

__all__ = ["pieces"]

#: What a sign in the source looks like on the page.
_SIGNS = {"-": "−", "*": "∗", "Σ": "∑", "Π": "∏", "<": "&lt;", ">": "&gt;", "||": "‖", "&": "&amp;"}
_BRACKETS = {"<": "⟨", ">": "⟩"}
_LIMITS = {"Σ", "∑", "Π", "∏"}
#: Accents, as the signs that stand above a slanted letter; joined to it they would set it upright.
_ACCENTS = {"\u0301": "´", "\u0302": "ˆ", "\u0303": "˜", "\u0304": "¯", "\u0307": "˙", "\u0308": "¨", "\u030c": "ˇ"}
_GAP = '<mspace width="0.2em"/>'
_THIN = '<mspace width="0.15em"/>'


def pieces(row: Row, *, display: bool) -> Iterator[str]:
    """Yield the parts of a formula, before whose operators a line may break.

    Parameters
    ----------
    row : Row
    display : bool
        Whether fractions are built up, and limits stand below their signs.

    Examples
    --------
    >>> from flowlab.verify.report._notation import parse
    >>> from flowlab.verify.report._tokens import tokens
    >>> [each.count("<mo") for each in pieces(parse(tokens("x ≤ y + z²")), display=False)]
    [0, 1, 1]
    """
    attributes = ' displaystyle="true"' if display else ""
    for parts in _broken(_bared(row.parts) if display else row.parts):
        inside = "".join(_set(part, 0 if display else 1) for part in parts)
        yield f"<math{attributes}>{inside}</math>"


def _broken(parts: Sequence[Node]) -> Iterator[list[Node]]:
    """Break before relations and sums, and where factors are set apart."""
    piece: list[Node] = []
    for part in parts:
        infix = isinstance(part, Leaf) and part.kind == "mo" and part.infix and part.text in RELATIONS | BINARY
        apart = isinstance(part, Leaf) and part.kind == "gap"
        if (infix or apart) and piece:
            yield piece
            piece = []
        piece.append(part)
    if piece:
        yield piece


def _set(node: Node, level: int) -> str:
    """Return a node's MathML; at level 0 fractions are built up, deeper they are set in a line."""
    match node:
        case Leaf():
            return _leaf(node)
        case Row():
            return "".join(_set(part, level) for part in (node.parts if level else _bared(node.parts)))
        case Fence():
            return _fence(node, level)
        case Root():
            return f"<msqrt>{_bare(node.body, level)}</msqrt>"
        case Fraction() if level == 0:
            return f"<mfrac>{_grouped(_bare(node.over, 1))}{_grouped(_bare(node.under, 1))}</mfrac>"
        case Fraction():
            return f'{_set(node.over, level)}<mo lspace="0" rspace="0">/</mo>{_set(node.under, level)}'
        case Script():
            return _script(node, level)


def _leaf(leaf: Leaf) -> str:
    """Return the element of one sign, number or name."""
    text = _SIGNS.get(leaf.text) or escape(leaf.text)
    match leaf.kind:
        case "gap":
            return _GAP
        case "mi" if leaf.text == "*":
            return "<mi>∗</mi>"
        case "mi" if (plain := unicodedata.normalize("NFD", leaf.text))[1:] in _ACCENTS:
            accent = f'<mo stretchy="false">{_ACCENTS[plain[1:]]}</mo>'
            return f'<mover accent="true"><mi>{escape(plain[0])}</mi>{accent}</mover>'
        case "mo" if leaf.text == "∫":
            return f"<mo>∫</mo>{_GAP}"
        case "name":
            return f'<mi mathvariant="normal">{text}</mi>' if len(leaf.text) == 1 else f"<mi>{text}</mi>"
        case "mo" if leaf.text == "/":
            return '<mo lspace="0" rspace="0">/</mo>'
        case "mo" if leaf.text in RELATIONS | BINARY:
            return f'<mo form="{"infix" if leaf.infix else "prefix"}">{text}</mo>'
        case "mo" if leaf.text in _LIMITS:
            return f'<mo largeop="true">{text}</mo>'
        case _:
            return f"<{leaf.kind}>{text}</{leaf.kind}>"


def _fence(fence: Fence, level: int) -> str:
    left, right = (_BRACKETS.get(each) or escape(each) for each in (fence.open, fence.close))
    body = _set(fence.body, level)
    # beside what is not tall a stretched bracket would be, where no mathematical font is at hand
    kind = 'fence="true"' if "<mfrac" in body or "<munder" in body else 'fence="true" stretchy="false"'
    return f'<mrow><mo form="prefix" {kind}>{left}</mo>{body}<mo form="postfix" {kind}>{right}</mo></mrow>'


def _script(node: Script, level: int) -> str:
    """Return a thing with its scripts; above and below a sum, beside anything else."""
    below = _grouped(_THIN.join(_script_part(each, lower=True) for each in node.below))
    above = _grouped(_THIN.join(_script_part(each, lower=False) for each in node.above))
    base = _grouped("<mo>∫</mo>" if _is_integral(node.base) else _set(node.base, level))
    if _is_integral(node.base) and above:  # past its slant
        above = f'<mrow><mspace width="{0.25 if level else 0.5}em"/>{above}</mrow>'
    tall = _has_limits(node.base) and level == 0
    if below and above:
        name = "munderover" if tall else "msubsup"
        return f"<{name}>{base}{below}{above}</{name}>"
    name = "msup" if above else "munder" if tall else "msub"
    return f"<{name}>{base}{below or above}</{name}>"


def _script_part(node: Node, *, lower: bool) -> str:
    if isinstance(node, Fence) and (node.open == "{" or (not lower and node.open == "(")):
        return _set(node.body, 2)
    return _set(node, 2)


def _is_integral(node: Node) -> bool:
    return isinstance(node, Leaf) and node.kind == "mo" and node.text == "∫"


def _bared(parts: Sequence[Node]) -> list[Node]:
    """Return the parts, of which a fraction that stands by itself needs no brackets once it is built up."""
    bared: list[Node] = []
    for part in parts:
        first = not bared or (isinstance(bared[-1], Leaf) and bared[-1].kind == "mo")
        lone = isinstance(part, Fence) and (part.open, part.close) == ("(", ")") and len(part.body.parts) == 1
        if first and lone and isinstance(part, Fence) and isinstance(part.body.parts[0], Fraction):
            part = part.body.parts[0]
        bared.append(part)
    return bared


def _has_limits(node: Node) -> bool:
    return isinstance(node, Leaf) and node.kind == "mo" and node.text in _LIMITS


def _bare(node: Node, level: int) -> str:
    """Return a node without the brackets around all of it."""
    if isinstance(node, Fence) and (node.open, node.close) in (("(", ")"), ("{", "}")):
        return _set(node.body, level)
    return _set(node, level)


def _grouped(text: str) -> str:
    """Return MathML as one element; nothing stays nothing."""
    return f"<mrow>{text}</mrow>" if text else ""
