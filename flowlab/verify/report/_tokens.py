"""Plain notation in tokens, each told apart as mathematics or as a word of the sentence around it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

__all__ = ["Token", "tokens"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Upright names.
FUNCTIONS = _words(
    "log exp log1p expm1 sqrt sin cos tan sinh cosh tanh atan arctan tr det Re Im conj diag mod lim argmin argmax"
)
#: Words that mean a function only before a bracket or an index.
WORDS_TOO = _words("max min sup inf sign rank span dim var arg mod lim diag")
#: Short words that are no product of letters and no name of a quantity, even beside an operator.
STOP = _words(
    "a an and any are as at be but by do does for from had has have if in into is it its no nor not of off on or our "
    "per so than that the their then there these they this to up us was we were what when where which while who why "
    "with implies says gives means iff until let all some each every both only"
)
#: A capital letter after them is a name, no quantity.
PARTS = _words("appendix section figure table part theorem lemma")
AFTER_A_LETTER = _words("and or is are in to of for at be has exceeds tends tend with under denotes")

OPEN, CLOSE = frozenset("([{⌊⌈⟨"), frozenset(")]}⌋⌉⟩")
RELATIONS = frozenset("=≤≥<>≠≈≡∼~∈∉⊂⊆→⇒⇔↦≪≫∝≲≳≺≻")
BINARY = frozenset("+−-±∓·×∘⊙⊗*/÷∪∩⋅")
SIGNS = frozenset("+−-±∓")
PUNCTUATION = frozenset(".,;:!?")
MADE_OF = {"<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "=>": "⇒", "||": "‖", "**": "^", "<->": "↔"}

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<code>[A-Za-z]\w*(?:\.[A-Za-z]\w*)+ | [A-Za-z]{3,}(?:_[A-Za-z]\w*)+ )
  | (?P<super>[⁰¹²³⁴-⁹⁺⁻ⁱⁿ\u1d2c-\u1d61]+)
  | (?P<subscript>[₀-₉₊₋\u1d62-\u1d6a\u2090-\u209c]+)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)? | [½⅓⅔¼¾⅛])
  | (?P<letter>[^\W\d_][\u0300-\u036f]+ | [\u0370-\u03ff\u2100-\u214f∞∂∇…])
  | (?P<word>log1p | expm1 | [^\W\d_²³¹¼-¾\u0370-\u03ff\u1d2c-\u1d6a\u2070-\u209f\u2100-\u218f]+)
  | (?P<sign><->|<=|>=|!=|->|=>|\|\||\*\*|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the source.

    Parameters
    ----------
    kind : str
        code, super, subscript, number, letter, word, sign, open or close.
    text : str
    source : str
        As it was written.
    spaced : bool
        Whether blank space stands before it.
    math : bool
        Whether it is mathematics.
    partner : int
        Of a bracket, the place of the other one; else −1.
    """

    kind: str
    text: str
    source: str
    spaced: bool
    math: bool = True
    partner: int = -1


def tokens(text: str) -> list[Token]:
    """Return a text's tokens, brackets in pairs and words told from names.

    Examples
    --------
    >>> [(each.text, each.math) for each in tokens("If x0 <= 1")]
    [('If', False), ('x', True), ('0', True), ('≤', True), ('1', True)]
    """
    found: list[Token] = []
    spaced = True
    for match in _TOKEN.finditer(text):
        kind, source = match.lastgroup or "sign", match.group()
        if kind == "space":
            spaced = True
            continue
        found.append(Token(kind, MADE_OF.get(source, source) if kind == "sign" else source, source, spaced))
        spaced = False
    _pair(found)
    _tell_apart(found)
    return [each for here, token in enumerate(found) for each in _letters(token, found[here - 1] if here else None)]


def _letters(token: Token, before: Token | None) -> list[Token]:
    """Return a short word of a formula as its letters, which are multiplied; below the line it is one."""
    word = token.text
    lowered = before is not None and before.text == "_" and not token.spaced
    long = len(word) > 3 or (len(word) == 3 and word.islower())
    if token.kind != "word" or not token.math or lowered or long or word in FUNCTIONS | WORDS_TOO:
        return [token]
    return [replace(token, text=each, source=each, spaced=token.spaced and not k) for k, each in enumerate(word)]


def _pair(found: list[Token]) -> None:
    """Find which brackets belong together; bars and angles open where something follows at once."""
    waiting: list[int] = []
    for here, token in enumerate(found):
        if token.kind != "sign":
            continue
        tight_after = here + 1 < len(found) and not found[here + 1].spaced
        before = found[here - 1] if here else None
        fresh = token.spaced or before is None or before.text in OPEN | RELATIONS | BINARY | {"|", "‖", ","}
        if token.text in OPEN or (token.text == "<" and fresh and tight_after and _closed_angle(found, here)):
            waiting.append(here)
        elif token.text in CLOSE or (token.text == ">" and not token.spaced):
            _close(found, waiting, here)
        elif token.text in ("|", "‖"):
            inside = any(found[each].text == token.text for each in waiting)
            if inside and not (token.spaced and tight_after):
                _close(found, waiting, here)
            elif tight_after:
                waiting.append(here)


def _closed_angle(found: list[Token], here: int) -> bool:
    for token in found[here + 1 :]:
        if token.text == ">":
            return not token.spaced
        if token.text in RELATIONS:
            return False
    return False


_PAIRS = {"(": ")]", "[": "])", "{": "}", "⌊": "⌋", "⌈": "⌉", "⟨": "⟩", "<": ">", "|": "|", "‖": "‖"}


def _close(found: list[Token], waiting: list[int], here: int) -> None:
    """Pair a closing bracket with the last open one it fits; those opened after that one stay signs."""
    for depth in range(len(waiting) - 1, -1, -1):
        there = waiting[depth]
        if found[here].text in _PAIRS[found[there].text]:
            del waiting[depth:]
            found[there] = replace(found[there], kind="open", partner=here)
            found[here] = replace(found[here], kind="close", partner=there)
            return


def _tell_apart(found: list[Token]) -> None:
    """Mark each token as mathematics or words, first by its neighbours, then by its bracket."""
    for here, token in enumerate(found):
        found[here] = replace(token, math=_is_math(found, here))
    # a bracket around words belongs to the sentence, and so does one around nothing
    for here, token in enumerate(found):
        if token.kind == "open":
            inside = found[here + 1 : token.partner]
            remark = token.spaced and token.text == "(" and any(each.text in RELATIONS for each in inside)
            if not inside or remark or not all(each.math for each in inside):
                found[here] = replace(token, math=False)
                found[token.partner] = replace(found[token.partner], math=False)
    depth = 0
    for here, token in enumerate(found):
        depth += (token.kind == "open" and token.math) - (token.kind == "close" and token.math)
        if token.kind == "sign" and not depth and not _operates(found, here):
            found[here] = replace(token, math=False)


def _is_math(found: list[Token], here: int) -> bool:
    """Return whether a token is mathematics, as far as its neighbours tell."""
    token = found[here]
    before, after = _beside(found, here)
    if token.kind == "code":
        return "." not in token.text and _is_operand(found, here)
    if token.kind == "sign":
        if token.text == "-" and before and after and not token.spaced and not after.spaced:
            return before.text in ("^", "_") or not (_wordy(before) or _wordy(after))
        if token.text == "'":  # a prime, or one of grammar
            return before is not None and not token.spaced and not (after and not after.spaced and after.text == "s")
        return token.text not in '«»"’“”–—?!'
    if token.kind != "word":
        return True
    if before is not None and not token.spaced and before.text in "'’" and before.kind == "sign":
        return False  # 's, n't
    if len(token.text) == 1:
        article = (
            token.text in "aA"
            and token.spaced
            and after
            and after.spaced
            and _wordy(after)
            and after.text not in AFTER_A_LETTER
        )
        named = token.text.isupper() and before and before.text.lower() in PARTS
        return not article and not named
    return _is_name(found, here, before, after)


def _is_name(found: list[Token], here: int, before: Token | None, after: Token | None) -> bool:
    """Return whether a word of several letters is a function, a product of letters, or a quantity."""
    word = found[here].text
    if _placed(found, here):
        return True
    follows = after is not None and not after.spaced and after.text in ("(", "_", "|", "[")
    if word in WORDS_TOO:
        return follows
    if word in FUNCTIONS:
        return True
    if word.lower() in STOP:
        return False
    if len(word) == 2 and word[0] == "d":
        return True
    if len(word) <= 3:
        left = before is not None and not found[here].spaced and _touches(before)
        right = after is not None and not after.spaced and (after.text in "_^/" or after.kind in ("super", "number"))
        raised = before is not None and before.partner == here + 1 and _factor(found, here - 1, here + 1)
        if left or right or raised:
            return True
    return _is_operand(found, here)


def _placed(found: list[Token], here: int) -> bool:
    """Return whether only a formula has a word there: in a script, below a bracket or a number, between bars."""
    before = found[here - 1] if here else None
    if before is None or found[here].spaced:
        return False
    if before.text in SIGNS and not before.spaced and here > 1:
        return found[here - 2].text in ("^", "_") or found[here - 2].kind == "open"
    if before.text == "/" and here > 1:
        return not before.spaced and found[here - 2].kind in ("close", "super", "number")
    return before.text in ("^", "_") or (before.text in ("|", "‖") and before.partner == here + 1)


def _factor(found: list[Token], start: int, close: int) -> bool:
    """Return whether a bracket is raised to a power, divided, or what is divided by."""
    before, after = found[start - 1] if start else None, found[close + 1] if close + 1 < len(found) else None
    tight = after is not None and not after.spaced and (after.text in ("^", "/") or after.kind == "super")
    return tight or (before is not None and before.text in ("^", "/", "√") and not found[start].spaced)


def _touches(token: Token) -> bool:
    return token.kind in ("number", "letter", "super", "close") or token.text in ("/", "^", "_", "√")


def _is_operand(found: list[Token], here: int) -> bool:
    """Return whether a word stands beside an operator that has as much space on its one side as on the other."""
    before, after = _beside(found, here)
    if after is not None and after.text in RELATIONS | BINARY and after.kind == "sign":
        _, beyond = _beside(found, here + 1)
        dashed = beyond is not None and (beyond.text in STOP or (after.text in "-−–" and _wordy(beyond)))
        if (
            beyond is not None
            and not dashed
            and beyond.spaced == after.spaced
            and (after.spaced or after.text not in "-−/")
        ):
            return True
    if before is not None and before.text in RELATIONS | BINARY and before.kind == "sign":
        if here > 1 and (found[here - 2].text in STOP or (before.text in "-−–" and _wordy(found[here - 2]))):
            return False
        return here > 1 and found[here].spaced == before.spaced and (before.spaced or before.text not in "-−/")
    return False


def _operates(found: list[Token], here: int) -> bool:
    """Return whether a sign at the top of a formula has to do with mathematics beside it."""
    token, (before, after) = found[here], _beside(found, here)
    if token.text in PUNCTUATION:
        return False
    near = (before is not None and before.math) or (after is not None and after.math)
    if token.text == "/" or token.text in "^_":
        return before is not None and after is not None and before.math and after.math
    return near and (token.text in RELATIONS | BINARY or not token.text.isascii() or token.text in "^_|'")


def _beside(found: list[Token], here: int) -> tuple[Token | None, Token | None]:
    return found[here - 1] if here else None, found[here + 1] if here + 1 < len(found) else None


def _wordy(token: Token) -> bool:
    return token.kind == "word" and len(token.text) > 1 and token.text not in FUNCTIONS
