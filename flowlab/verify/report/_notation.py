"""Plain notation as a tree: scripts, fractions, brackets, roots; whatever it does not know stays a sign."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowlab.verify.report._tokens import FUNCTIONS, SIGNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowlab.verify.report._tokens import Token

__all__ = ["Fence", "Fraction", "Leaf", "Node", "Root", "Row", "Script", "parse"]

_INDICES = frozenset("ijklmnpqrst")
_UPRIGHT = {"T", "H"}  # transposes
_LARGE = {"∫", "Σ", "∑", "Π", "∏"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A name, a number or a sign; `kind` is MathML's: mi, mn, mo; or "name" of several letters, "gap" between two."""

    kind: str
    text: str = ""
    infix: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """Things side by side."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A base with what stands below and above it."""

    base: Node
    below: tuple[Node, ...] = ()
    above: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Fence:
    """Brackets and what is in them; `close` may differ in kind, as of an interval."""

    open: str
    body: Row
    close: str


@dataclass(frozen=True, slots=True)
class Fraction:
    """One over the other."""

    over: Node
    under: Node


@dataclass(frozen=True, slots=True)
class Root:
    """A square root; in brackets if `word` or more than one thing is below it."""

    body: Node


Node = Leaf | Row | Script | Fence | Fraction | Root


def parse(tokens: Sequence[Token]) -> Row:
    """Return the tree of a formula's tokens, whose brackets are whole.

    Examples
    --------
    >>> from flowlab.verify.report._tokens import tokens
    >>> parse(tokens("x_1/2")).parts[0].under
    Leaf(kind='mn', text='2', infix=True)
    """
    return _Parser(list(tokens)).row(len(tokens))


class _Parser:
    """A cursor over tokens; every method leaves it behind what it has read."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.here = 0
        self.ends: dict[int, int] = {}
        waiting: list[int] = []
        for index, token in enumerate(tokens):
            if token.kind == "open":
                waiting.append(index)
            elif token.kind == "close" and waiting:
                self.ends[waiting.pop()] = index

    def look(self, end: int, ahead: int = 0) -> Token | None:
        return self.tokens[self.here + ahead] if self.here + ahead < end else None

    def row(self, end: int) -> Row:
        """Read operands, with gaps where they were set apart, and the operators between them."""
        parts: list[Node] = []
        while (token := self.look(end)) is not None:
            if self._starts(end):
                if token.spaced and parts and _is_operand(parts[-1]):
                    parts.append(Leaf("gap"))
                applied = len(parts) > 1 and _is_function(parts[-2]) and parts[-1] == Leaf("gap")
                parts.append(self.quotient(end, linear=applied))
            else:
                self.here += 1
                parts.append(Leaf("mo", token.text, bool(parts) and _is_operand(parts[-1])))
        return Row(tuple(parts))

    def quotient(self, end: int, *, linear: bool = False) -> Node:
        """Read a product without spaces, or such products divided one by the other."""
        left = self.product(end)
        while (slash := self.look(end)) is not None and slash.text == "/":
            self.here += 1
            if not self._starts(end):
                self.here -= 1
                return left
            right = self.product(end)
            if linear or _ends_in_function(left) or (_is_differential(right) and not _is_differential(left)):
                left = Row((left, Leaf("mo", "/"), right))
            else:
                left = Fraction(left, right)
        return left

    def product(self, end: int) -> Node:
        """Read things that stand side by side without a space."""
        factors = [self.factor(end)]
        while (token := self.look(end)) is not None and not token.spaced and self._starts(end):
            factors.append(self.factor(end))
        return factors[0] if len(factors) == 1 else Row(tuple(factors))

    def factor(self, end: int) -> Node:
        """Read one thing with its scripts, which may stand before it (₂F₁) or follow in any order."""
        token = self.tokens[self.here]
        if token.kind in ("super", "subscript"):
            self.here += 1
            leaf = _plain(token.text)
            script = ((), (leaf,)) if token.kind == "super" else ((leaf,), ())
            return Script(Leaf("mi"), *script)
        return self.scripts(self.atom(end), end)

    def atom(self, end: int) -> Node:
        """Read one thing without scripts: what is in a bracket, a root, a number, a name or a sign."""
        token = self.tokens[self.here]
        self.here += 1
        if token.kind == "open":
            close = self.ends[self.here - 1]
            body = self.row(close)
            self.here = close + 1
            return Fence(token.text, body, self.tokens[close].text)
        if token.text == "√":
            return Root(self.factor(end)) if self._starts(end) else Leaf("mi", "√")
        if token.kind == "number":
            return Leaf("mn", token.text)
        if token.kind == "word" and len(token.text) > 1:
            return Leaf("name", token.text)
        return Leaf("name" if token.kind == "code" else "mo" if token.text in _LARGE else "mi", token.text)

    def scripts(self, base: Node, end: int) -> Node:
        """Read what stands below and above `base`, as signs of its own (x₂, x²), after _ or ^, or as x*, x′ and n!."""
        below: list[Node] = []
        above: list[Node] = []
        letter = isinstance(base, Leaf) and base.kind == "mi"
        while (token := self.look(end)) is not None and not token.spaced:
            if token.kind == "subscript" and not above:
                below.append(_plain(token.text))
            elif token.kind == "super":
                above.append(_plain(token.text))
            elif token.kind == "number" and letter and not below and not above and token.text.isdecimal():
                below.append(Leaf("mn", token.text))
            elif token.text == "_" and token.kind == "sign" and not above and self._argument(end):
                self.here += 1
                below += self.argument(end, lower=True)
                continue
            elif token.text == "^" and token.kind == "sign" and self._argument(end):
                self.here += 1
                above += self.argument(end, lower=False)
                continue
            elif (token.text == "*" and self._is_star(end)) or token.text in ("'", "′"):
                above.append(Leaf("mi", "*" if token.text == "*" else "′"))
            elif token.text == "!" and token.kind == "sign":
                base = Row((base, Leaf("mo", "!")))
            else:
                break
            self.here += 1
        return Script(base, tuple(below), tuple(above)) if below or above else base

    def argument(self, end: int, *, lower: bool) -> list[Node]:
        """Read what a script consists of: a sign and one thing, or what is in brackets, without these."""
        parts: list[Node] = []
        token = self.tokens[self.here]
        if token.text in SIGNS and token.kind == "sign":
            self.here += 1
            parts.append(Leaf("mo", token.text, infix=False))
            token = self.tokens[self.here]
        if token.kind == "open" and (token.text == "{" or (token.text == "(" and not lower)):
            fence = self.atom(end)
            assert isinstance(fence, Fence)
            return [*parts, Fence("{", fence.body, "}") if token.text == "{" else fence]
        if lower and token.kind == "word" and set(token.text) <= _INDICES:
            self.here += 1
            return [*parts, Row(tuple(Leaf("mi", letter) for letter in token.text))]
        if lower and token.kind == "word" and len(token.text) > 1:
            self.here += 1
            return [*parts, Leaf("name", token.text)]
        inner = self.atom(end)
        after = self.look(end)
        if not lower and after is not None and not after.spaced and after.text in "_^" and after.kind == "sign":
            inner = self.scripts(inner, end)
        return [*parts, inner]

    def _argument(self, end: int) -> bool:
        """Return whether a script follows the mark under the cursor."""
        after = self.look(end, 1)
        if after is not None and after.text in SIGNS and after.kind == "sign":
            after = self.look(end, 2)
        return after is not None and not after.spaced and _operand_token(after)

    def _starts(self, end: int) -> bool:
        token = self.look(end)
        return token is not None and (_operand_token(token) or token.kind in ("super", "subscript"))

    def _is_star(self, end: int) -> bool:
        """Return whether a star belongs to what is before it: nothing that it could multiply follows at once."""
        after = self.look(end, 1)
        return after is None or after.spaced or after.text == "^" or not _operand_token(after)


def _plain(text: str) -> Node:
    """Return what small characters above or below the line stand for."""
    plain = unicodedata.normalize("NFKC", text)
    number = plain.strip("+−").isdecimal()
    return Leaf("mn" if number else "name" if plain in _UPRIGHT or len(plain) > 1 else "mi", plain)


def _operand_token(token: Token) -> bool:
    return token.kind in ("number", "letter", "word", "code", "open") or token.text in {"√", *_LARGE}


def _is_operand(node: Node) -> bool:
    return not isinstance(node, Leaf) or node.kind not in ("mo", "gap")


def _is_function(node: Node) -> bool:
    return isinstance(node, Leaf) and node.kind == "name" and node.text in FUNCTIONS


def _ends_in_function(node: Node) -> bool:
    return _is_function(node.parts[-1] if isinstance(node, Row) else node)


def _is_differential(node: Node) -> bool:
    """Return whether it begins with a d and a letter, as in dσ/dt."""
    if isinstance(node, Row) and node.parts and isinstance(node.parts[0], Row):
        node = node.parts[0]
    return isinstance(node, Row) and len(node.parts) > 1 and node.parts[0] == Leaf("mi", "d")
