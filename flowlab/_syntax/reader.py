"""From words to a tree, by operator precedence."""

from flowlab._checks import nearest, shown
from flowlab._syntax.tokens import FUNCTIONS, MOST_CHARACTERS, SEVERAL, Refused, Token, tokens
from flowlab._syntax.tree import MOST_LEVELS, Node, call, joined, name_or_pi, negated, number, too_deep

#: Other spellings.
_ALIASES = {
    "ln": "log", "Abs": "abs", "Max": "max", "Min": "min", "ReLU": "relu",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan",
}  # fmt: skip
#: How strongly an operator binds; a minus before a power binds less than it: -2**2 is -4.
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "minus": 3, "plus": 3, "**": 4}
_OPERAND = "a number, a name, a function or ( there"


def read(text: str, *, name: str = "loss") -> Node:
    """Read a formula.

    Parameters
    ----------
    text : str
        Numbers (exact: 0.1 is 1/10), names, pi, ``+ - * / ** ^``, parentheses and the functions in `FUNCTIONS`;
        of these, max and min take two or more arguments, with commas between them, and the others one.
        ``**`` and ``^`` are the same, bind to the right and before a minus: -2**2 is -4.
    name : str
        The argument's name, for messages.

    Returns
    -------
    Node

    Raises
    ------
    ValueError
        Where the text is no formula, is too long, too deep or holds too large a number; with the column.

    Examples
    --------
    >>> read("2**3**2").value
    Fraction(512, 1)
    >>> read("9**9**9")
    Traceback (most recent call last):
        ...
    ValueError: loss: got an exponent of 3.8742e+08 at column 2; allowed: exponents from -1000 to 1000
    """
    if not isinstance(text, str):
        raise ValueError(f"{name}: got {shown(text)}; allowed: text")  # noqa: TRY004
    try:
        return _Reader(text).read()
    except Refused as refusal:
        raise ValueError(f"{name}: {refusal}") from None


class _Reader:
    """Operator precedence with two stacks: what was read, and what waits for its right side."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._nodes: list[Node] = []
        self._waiting: list[Token] = []  # operators; "(" and functions, which stand for their parenthesis
        self._open = 0

    def read(self) -> Node:
        """Take the words one by one, an operand or an operator as is due; refuse what stands in the wrong place."""
        if len(self._text) > MOST_CHARACTERS:
            raise Refused(f"{len(self._text)} characters", f"at most {MOST_CHARACTERS}")
        before: Token | None = None
        complete = False  # whether what was just read can stand on the left of an operator
        for token in tokens(self._text):
            if before is not None and before.kind == "function" and token.text != "(":
                raise Refused(f"{before.text} without an argument", f"{before.text}(...)", before.column)
            token = self._function(token) if token.kind == "name" and not complete else token
            complete = self._operator(token) if complete else self._operand(token, before)
            before = token
        if before is None:
            raise Refused(shown(self._text), "an expression such as (w**3 - 2)**2/18")
        if before.kind == "function":
            raise Refused(f"{before.text} without an argument", f"{before.text}(...)", before.column)
        if not complete:
            raise Refused("the end", _OPERAND, len(self._text) + 1)
        self._reduce(0)
        if self._waiting:
            raise Refused("( without its )", "a ) for every (", self._opening().column)
        return self._nodes.pop()

    @staticmethod
    def _function(token: Token) -> Token:
        word = _ALIASES.get(token.text, token.text)
        return Token("function", word, token.column) if word in FUNCTIONS else token

    def _operand(self, token: Token, before: Token | None) -> bool:
        """Take what may stand where an operand begins; return whether it is complete."""
        if token.kind == "number":
            self._nodes.append(number(token))
        elif token.kind == "name":
            self._nodes.append(name_or_pi(token))
        elif token.kind == "function":
            return False
        elif token.text == "(":
            self._open += 1
            if self._open > MOST_LEVELS:
                raise too_deep("parentheses", token.column)
            called = before is not None and before.kind == "function"
            self._waiting.append(before if called and before else Token("open", "(", token.column))
            return False
        elif token.text in "+-":
            self._waiting.append(Token("sign", "minus" if token.text == "-" else "plus", token.column))
            return False
        else:
            raise Refused(repr(token.text), _OPERAND, token.column)
        return True

    def _operator(self, token: Token) -> bool:
        """Take what may stand after an operand; return whether an operand is complete with it."""
        if token.text == ")":
            self._reduce(0)
            if not self._waiting:
                raise Refused("')' without its '('", "a ( for every )", token.column)
            self._open -= 1
            arguments = [self._nodes.pop()]
            while self._waiting[-1].kind == "comma":
                self._waiting.pop()
                arguments.append(self._nodes.pop())
            opening = self._waiting.pop()
            self._nodes.append(call(opening, arguments[::-1]) if opening.kind == "function" else arguments[0])
            return True
        if token.text == ",":
            self._reduce(0)
            opening = self._opening()
            if opening.text not in SEVERAL:
                called = f"one argument of {opening.text}" if opening.kind == "function" else "one formula there"
                raise Refused("','", f"{called}; commas stand between the arguments of max and min", token.column)
            self._waiting.append(Token("comma", ",", token.column))
            return False
        if token.kind != "operator" or token.text == "(":
            raise self._adjacent(token)
        word = "**" if token.text == "^" else token.text
        strength = _STRENGTH[word]
        self._reduce(strength + 1 if word == "**" else strength)
        self._waiting.append(Token("operator", word, token.column))
        return False

    def _opening(self) -> Token:
        """Return the innermost open parenthesis, or the function that stands for it."""
        none = Token("none", "", 0)
        return next((token for token in reversed(self._waiting) if token.kind in ("open", "function")), none)

    def _adjacent(self, token: Token) -> Refused:
        last = self._nodes[-1]
        if token.text == "(" and last.kind == "name" and self._text[: token.column - 1].rstrip().endswith(last.text):
            near = nearest(last.text, FUNCTIONS)
            hint = f"; did you mean {near}?" if near else ""
            functions = ", ".join(FUNCTIONS)
            return Refused(
                f"{last.text}(", f"{last.text}*( for a product, or one of the functions {functions}{hint}", last.column
            )
        return Refused(shown(token.text), "an operator before it, such as the * of 2*w", token.column)

    def _reduce(self, strength: int) -> None:
        """Apply the waiting operators that bind at least so strongly."""
        while self._waiting and self._waiting[-1].kind in ("operator", "sign"):
            if _STRENGTH[self._waiting[-1].text] < strength:
                return
            operator = self._waiting.pop()
            right = self._nodes.pop()
            if operator.kind == "sign":
                self._nodes.append(negated(right, operator.column) if operator.text == "minus" else right)
                continue
            self._nodes.append(joined(operator, self._nodes.pop(), right))
