"""The words of a formula, and what is no word of one."""

import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flowlab._checks import shown

#: A formula has at most so many characters, and so many numbers, names, operators and parentheses.
MOST_CHARACTERS, MOST_TOKENS = 10_000, 3_000

#: The functions, each with its value at floats.
FUNCTIONS: dict[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "asinh": math.asinh,
    "acosh": math.acosh,
    "atanh": math.atanh,
    "erf": math.erf,
    "log1p": math.log1p,
    "abs": abs,
    "sign": lambda x: (x > 0) - (x < 0),
    "max": max,
    "min": min,
    "relu": lambda x: max(x, 0),
}
#: The functions of two or more arguments; all others have one.
SEVERAL = ("max", "min")
#: The functions whose values at fractions are fractions.
EXACT = ("abs", "sign", "max", "min", "relu")
#: What is often written for something that the grammar has.
_HINTS = {
    **dict.fromkeys("−–—", "- for a minus"),
    **dict.fromkeys("×·⋅∙", "* for a product"),
    "÷": "/ for a quotient",
    **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", "** for a power, as in w**2"),
    **dict.fromkeys("[]{}", "( and ) for every pair of parentheses"),
    "|": "abs(w) for an absolute value",
    "√": "sqrt(w) for a square root",
    "=": "one expression, without =",
}
_GENERAL = (
    "numbers, names of letters (a-z, Greek), digits and _, pi, + - * / ** ^ ( ) , and " + ", ".join(FUNCTIONS)
)  # fmt: skip

_LETTER = "A-Za-zΑ-Ρ\u03a3-\u03a9α-ωϕϵϑ"
_TOKEN = re.compile(
    rf"(?P<blank>[ \t\r\n]+)|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<name>[{_LETTER}][{_LETTER}0-9_₀-₉]*)|(?P<operator>\*\*|[-+*/^(),])"
)


class Refused(Exception):  # noqa: N818 - read as a sentence
    """What is no formula: what came, at which column, and what is allowed."""

    def __init__(self, got: str, allowed: str, column: int | None = None) -> None:
        place = "" if column is None else f" at column {column}"
        super().__init__(f"got {got}{place}; allowed: {allowed}")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a formula and the column where it begins, from 1."""

    kind: str
    text: str
    column: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a text, one after another; refuse what is none, and too many."""
    position = count = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _stranger(text, position)
        if match.lastgroup != "blank":
            count += 1
            if count > MOST_TOKENS:
                what = "numbers, names, operators and parentheses"
                raise Refused(f"more than {MOST_TOKENS} {what}", f"at most {MOST_TOKENS}", position + 1)
            yield Token(str(match.lastgroup), match[0], position + 1)
        position = match.end()


def _stranger(text: str, position: int) -> Refused:
    """Say which character is none of the grammar's: those that look like others go by their names too."""
    character = text[position]
    word = re.match(r"_\w*", text[position:], re.ASCII)
    if word:
        return Refused(shown(word[0]), "names that begin with a letter", position + 1)
    known = f" (U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip() + ")"
    called = repr(character) + ("" if character.isascii() else known)
    hint = _HINTS.get(character)
    return Refused(called, hint or _GENERAL, position + 1)
