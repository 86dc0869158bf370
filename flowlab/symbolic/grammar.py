"""A formula given as text, as a SymPy expression: data, never code."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from flowlab._checks import shown
from flowlab._syntax import FUNCTIONS, LARGEST_EXPONENT, MOST_BITS, Node, read
from flowlab.symbolic.limits import BudgetSpent, within

#: SymPy rewrites what it is given; a formula that takes it more processor time, in seconds, is refused.
_BUDGET = 5.0
_FUNCTIONS: dict[str, Callable[..., sympy.Expr]] = {
    **{name: getattr(sympy, name) for name in FUNCTIONS.keys() - {"abs", "log1p", "max", "min", "relu"}},
    "abs": sympy.Abs,
    "max": sympy.Max,
    "min": sympy.Min,
    "relu": lambda x: sympy.Max(0, x),
    "log1p": lambda x: sympy.log(1 + x),
}
#: A fraction of a larger denominator is written as a decimal, if it is one; then all of more than one digit are.
_LONG, _SHORT = 1000, 10
_EXPONENTS = f"allowed: exponents from -{LARGEST_EXPONENT} to {LARGEST_EXPONENT}"
_NOT_REAL = (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I)


def parse(
    text: str, *, name: str = "loss", symbols: Mapping[str, sympy.Symbol] | None = None, positive: bool = False
) -> sympy.Expr:
    """Read a formula as a SymPy expression.

    Nothing in the text is run: a grammar admits numbers, names, arithmetic and a list of functions, see
    `flowlab._syntax`. Numbers are exact, 0.1 is 1/10.

    Parameters
    ----------
    text : str
    name : str
        The argument's name, for messages.
    symbols : mapping of str to Symbol, optional
        What names stand for; any other name becomes a real symbol.
    positive : bool
        Whether the other names become positive symbols instead.

    Returns
    -------
    Expr

    Raises
    ------
    ValueError
        Where the text is no formula, is too long, too deep, holds too large a number, or is not real.

    Examples
    --------
    >>> parse("(w^3 - 2)**2/18")
    (w**3 - 2)**2/18
    >>> parse("max(1 - w, 0)**2 + relu(w)")
    Max(0, w) + Max(0, 1 - w)**2
    >>> parse("2w")
    Traceback (most recent call last):
        ...
    ValueError: loss: got 'w' at column 2; allowed: an operator before it, such as the * of 2*w
    """
    tree = read(text, name=name)
    assumptions = {"positive": True} if positive else {"real": True}
    known = dict(symbols or {})
    for each in tree.names():
        known.setdefault(each, sympy.Symbol(each, **assumptions))
    try:
        return within(_BUDGET, lambda: _checked(_built(tree, known)))
    except _Refused as reason:
        raise ValueError(f"{name}: got {shown(text)}, {reason}") from None
    except BudgetSpent:
        what = f"which SymPy does not write down in {_BUDGET:g} s of processor time; allowed: a simpler expression"
        raise ValueError(f"{name}: got {shown(text)}, {what}") from None


def written(expression: sympy.Expr, *, most: int = 400) -> str:
    """Return an expression as text that `parse` reads: long decimal fractions as decimals, floats in 15 digits.

    Parameters
    ----------
    expression : Expr
    most : int
        Of what is longer the middle is left out, and the length is told.

    Returns
    -------
    str

    Examples
    --------
    >>> written(parse("w/2 + 0.12345*w**2")), written(parse("(1 - w*v)*w"))
    ('0.12345*w**2 + w/2', 'w*(1 - v*w)')
    """
    text = str(_Printer().doprint(_with_decimals(expression)))
    if len(text) <= most:
        return text
    return f"{text[: most // 2]} ... {text[-most // 2 :]} ({len(text)} characters)"


class _Decimal(sympy.Symbol):  # type: ignore[misc]
    """A number in the place of a name, as SymPy would go on calculating with decimals, and round."""


class _Printer(StrPrinter):  # type: ignore[misc]
    """Sums begin with a plus where they can, and decimals stand in front of what they multiply."""

    def _as_ordered_terms(self, expr: sympy.Expr, order: Any = None) -> list[sympy.Expr]:
        terms: list[sympy.Expr] = super()._as_ordered_terms(expr, order)
        minus = [term.could_extract_minus_sign() for term in terms]
        if minus[0] and not all(minus):
            first = len(terms) - 1 if terms[-1].is_Number and not minus[-1] else minus.index(False)
            terms.insert(0, terms.pop(first))
        return terms

    def _print_Float(self, expr: sympy.Float) -> str:  # noqa: N802 - SymPy's
        return f"{float(expr):.15g}" if 1e-300 < abs(expr) < 1e300 else str(super()._print_Float(expr))

    def _print_Exp1(self, expr: sympy.Expr) -> str:  # noqa: N802 - SymPy's
        return "exp(1)"  # as `parse` knows no E

    def _print_Mul(self, expr: sympy.Expr) -> str:  # noqa: N802 - SymPy's
        decimal = next((factor for factor in expr.args if isinstance(factor, _Decimal)), None)
        if decimal is None:
            return str(super()._print_Mul(expr))
        number, rest = (expr / decimal).as_coeff_Mul()
        sign = "-" if number.is_negative else ""
        above, below = sympy.fraction(abs(number) * rest, exact=True)
        over = "" if below == 1 else f"/{self.parenthesize(below, PRECEDENCE['Mul'])}"
        times = "" if above == 1 else f"*{self.parenthesize(above, PRECEDENCE['Mul'], strict=True)}"
        return f"{sign}{decimal}{times}{over}"


def _with_decimals(expression: sympy.Expr) -> sympy.Expr:
    """Write all decimal fractions as decimals where one of them is long, so that the kinds are not mixed."""
    fractions = [number for number in expression.atoms(sympy.Rational) if not number.is_Integer]
    if not any(number.q > _LONG and _decimal(number) != number for number in fractions):
        return expression
    return expression.xreplace({number: _decimal(number) for number in fractions if number.q > _SHORT})


def _decimal(number: sympy.Rational) -> sympy.Expr:
    """Return a number of at most 15 decimal digits as if it were a name, and any other as it is."""
    text = f"{float(abs(number)):.15g}"
    if sympy.Rational(text) != abs(number):
        return number
    return sympy.sign(number) * _Decimal(text, positive=True)


class _Refused(Exception):  # noqa: N818 - read as a sentence
    pass


_TOO_LARGE = f"whose numbers become too large; allowed: numbers of at most {int(MOST_BITS * 0.301)} digits"


def _built(node: Node, symbols: Mapping[str, sympy.Symbol]) -> sympy.Expr:
    parts = [_built(part, symbols) for part in node.parts]
    match node.kind:
        case "number":
            assert isinstance(node.value, Fraction)
            return sympy.Rational(node.value.numerator, node.value.denominator)
        case "pi":
            return sympy.pi
        case "name":
            return symbols[node.text]
        case "sum":
            return sympy.Add(*parts)
        case "product":
            return _sized(sympy.Mul(*parts))
        case "minus":
            return -parts[0]
        case "inverse":
            return _power(parts[0], sympy.Integer(-1))
        case "power":
            return _power(*parts)
    if node.text == "exp":
        return _power(sympy.E, parts[0])
    return _sized(_FUNCTIONS[node.text](*parts))


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """Raise to a power where SymPy does not work out an immense number on the way."""
    # exp(c log b) becomes b**c at once, and c**(x + a) does where x is replaced by a number
    if (base is not sympy.E or exponent.has(sympy.log)) and any(
        abs(each) > LARGEST_EXPONENT for each in exponent.atoms(sympy.Rational)
    ):
        raise _Refused(f"with a number beyond {LARGEST_EXPONENT} in an exponent; {_EXPONENTS}")
    return _sized(base**exponent)


def _sized(expression: sympy.Expr) -> sympy.Expr:
    """Refuse a coefficient of too many digits, before it is raised to a power."""
    number = expression.as_coeff_Mul()[0]
    if number.is_Rational and _bits(number) > MOST_BITS:
        raise _Refused(_TOO_LARGE)
    return expression


def _checked(expression: sympy.Expr) -> sympy.Expr:
    if expression.has(*_NOT_REAL):
        raise _Refused("which divides by 0 or takes a root of a negative number; allowed: real expressions")
    if any(_bits(number) > MOST_BITS for number in expression.atoms(sympy.Rational)):
        raise _Refused(_TOO_LARGE)
    for power in expression.atoms(sympy.Pow):
        if power.exp.is_Rational and abs(power.exp) > LARGEST_EXPONENT:
            raise _Refused(f"which holds the exponent {shown(power.exp)}; {_EXPONENTS}")
    return expression


def _bits(number: sympy.Rational) -> int:
    return max(int(number.p).bit_length(), int(number.q).bit_length())
