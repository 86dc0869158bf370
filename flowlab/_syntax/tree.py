"""A formula as a tree, every part of which is weighed before it is worked out."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from flowlab._checks import shown
from flowlab._syntax.tokens import EXACT, FUNCTIONS, SEVERAL, Refused, Token

#: A formula nests at most so many operations, and as many parentheses.
MOST_LEVELS = 40
#: Exponents are at most this, up or down.
LARGEST_EXPONENT = 1000
#: An exact number has numerator and denominator of at most so many bits.
MOST_BITS = 4096

#: Names that are read as something else by some, and what to write instead.
_TAKEN = {
    **dict.fromkeys(("e", "E"), "exp(1) for Euler's number, exp(x) for its powers"),
    **dict.fromkeys(("nan", "NaN", "NAN", "inf", "Inf", "INF", "oo", "infinity", "Infinity"), "finite numbers"),
}
_LONGEST_NAME, _MOST_DIGITS, _LARGEST_DECIMAL = 40, 60, 240

#: What a number is as far as it is known here: exact where it is rational.
Value: TypeAlias = Fraction | float


@dataclass(slots=True)
class Node:
    """A formula or a part of one.

    Attributes
    ----------
    kind : {"number", "name", "call", "sum", "product", "power", "minus", "inverse"}
    column : int
        Where it stands in the text, from 1; of an operation, its operator.
    text : str
        A name, or the name of a function.
    parts : list of Node
        A difference is a sum with a minus, a quotient a product with an inverse.
    value : Fraction, float or None
        What it is where no name occurs in it.
    depth : int
        How many operations are nested in it.

    Examples
    --------
    >>> from flowlab._syntax import read
    >>> tree = read("2*w - 1/3")
    >>> tree.kind, [part.kind for part in tree.parts], tree.parts[1].value
    ('sum', ['product', 'minus'], Fraction(-1, 3))
    """

    kind: str
    column: int
    text: str = ""
    parts: list["Node"] = field(default_factory=list)
    value: Value | None = None
    depth: int = 0

    def names(self) -> Iterator[str]:
        """Yield the names in it, from left to right, as often as they occur."""
        if self.kind == "name":
            yield self.text
        for part in self.parts:
            yield from part.names()


def number(token: Token) -> Node:
    """Return a number, exact."""
    digits, _, decimal = token.text.lower().partition("e")
    if len(digits) > _MOST_DIGITS:
        raise Refused(f"a number of {len(digits)} digits", f"at most {_MOST_DIGITS}", token.column)
    if len(decimal) > 5 or abs(int(decimal or "0")) > _LARGEST_DECIMAL:
        raise Refused(
            shown(token.text),
            f"numbers with a decimal exponent from -{_LARGEST_DECIMAL} to {_LARGEST_DECIMAL}",
            token.column,
        )
    return Node("number", token.column, value=Fraction(token.text))


def name_or_pi(token: Token) -> Node:
    """Return a name, or the one constant that has one."""
    if token.text in _TAKEN:
        raise Refused(repr(token.text), _TAKEN[token.text], token.column)
    if len(token.text) > _LONGEST_NAME:
        raise Refused(f"a name of {len(token.text)} letters", f"at most {_LONGEST_NAME}", token.column)
    constant = token.text in ("pi", "π")
    return Node("name" if not constant else "pi", token.column, token.text, value=math.pi if constant else None)


def call(function: Token, arguments: list[Node]) -> Node:
    """Apply a function."""
    name = function.text
    if name in SEVERAL and len(arguments) < 2:
        raise Refused(
            f"{name} of one argument", f"two or more arguments of {name}, as in {name}(1, w)", function.column
        )
    values = [argument.value for argument in arguments if argument.value is not None]
    value: Value | None = None
    if len(values) == len(arguments):
        try:
            value = FUNCTIONS[name](*(values if name in EXACT else map(float, values)))
            value = Fraction(value) if isinstance(value, int) else value
        except (ValueError, OverflowError):
            raise Refused(
                f"{name} of {float(values[0]):.5g}",
                f"arguments at which {name} is a real number below 1e308",
                function.column,
            ) from None
    return _operation(Node("call", function.column, name, arguments, value))


def negated(node: Node, column: int) -> Node:
    """Put a minus before a formula, or take away the one that it has."""
    if node.kind == "minus":
        return node.parts[0]
    return _operation(Node("minus", column, parts=[node], value=None if node.value is None else -node.value))


def joined(operator: Token, left: Node, right: Node) -> Node:
    """Join two formulas; sums and products grow by one term or factor, so that long ones are not deep."""
    if operator.text == "**":
        return _power(operator, left, right)
    kind = "sum" if operator.text in "+-" else "product"
    if operator.text == "-":
        right = negated(right, operator.column)
    elif operator.text == "/":
        right = _inverse(right, operator.column)
    merged = left if left.kind == kind else Node(kind, operator.column, parts=[left], value=left.value)
    merged.parts.append(right)
    values = merged.value, right.value
    if values[0] is None or values[1] is None:
        merged.value = None
    else:
        merged.value = _weighed(values[0] + values[1] if kind == "sum" else values[0] * values[1], operator.column)
    return _operation(merged)


def _inverse(node: Node, column: int) -> Node:
    """Return one over a node."""
    if node.value is not None and node.value == 0 and isinstance(node.value, Fraction):
        raise Refused("a division by 0", "a divisor other than 0", column)
    value = None
    if node.value is not None:
        value = _weighed(1 / node.value if node.value else math.inf, column)
    return _operation(Node("inverse", column, parts=[node], value=value))


def _power(operator: Token, base: Node, exponent: Node) -> Node:
    """Return a node to the power of another; the exponent is weighed before anything is worked out."""
    column = operator.column
    if exponent.value is not None and abs(float(exponent.value)) > LARGEST_EXPONENT:
        allowed = f"exponents from -{LARGEST_EXPONENT} to {LARGEST_EXPONENT}"
        raise Refused(f"an exponent of {float(exponent.value):.5g}", allowed, column)
    value = None
    if base.value is not None and exponent.value is not None:
        value = _weighed(_raised(base.value, exponent.value, column), column)
    return _operation(Node("power", column, parts=[base, exponent], value=value))


def _raised(base: Value, exponent: Value, column: int) -> Value:
    """Return the value of a power, exact where both sides are fractions and the exponent is whole."""
    if base == 0 and exponent < 0:
        raise Refused("a division by 0", "a divisor other than 0", column)
    if isinstance(exponent, Fraction) and exponent.denominator == 1 and isinstance(base, Fraction):
        if _bits(base) * abs(exponent) > MOST_BITS:
            raise _too_large(column)
        return Fraction(base**exponent.numerator)
    if base < 0 and not (isinstance(exponent, Fraction) and exponent.denominator == 1):
        raise Refused("a negative number to a fractional power", "a real number, such as abs(w)**0.5", column)
    try:
        return math.pow(base, exponent)
    except OverflowError:
        raise _too_large(column) from None


def _weighed(value: Value, column: int) -> Value:
    """Refuse a number that no float can hold, or an exact one of too many digits."""
    if isinstance(value, Fraction) and _bits(value) > MOST_BITS:
        raise _too_large(column)
    try:
        size = abs(float(value))
    except OverflowError:
        size = math.inf
    if size > 1e308 or (value and size < 1e-308):
        raise _too_large(column)
    return value


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _operation(node: Node) -> Node:
    node.depth = 1 + max(part.depth for part in node.parts)
    if node.depth > MOST_LEVELS:
        raise too_deep("operations", node.column)
    return node


def _too_large(column: int) -> Refused:
    return Refused("a number too large or too small", "sizes from 1e-308 to 1e308, of at most 1200 digits", column)


def too_deep(what: str, column: int) -> Refused:
    """Return the refusal of what nests too deep."""
    return Refused(f"{what} nested more than {MOST_LEVELS} deep", f"at most {MOST_LEVELS} levels", column)
