"""Formulas as text: what is read, how it binds, and that nothing hostile gets through."""

import ast
import operator
from fractions import Fraction

import pytest
import sympy
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flowlab._syntax import FUNCTIONS, LARGEST_EXPONENT, MOST_BITS, SEVERAL, read
from flowlab.symbolic.grammar import parse, written

NAMES = ("w", "v", "σ", "w_1", "w₂", "lambda", "S", "N", "I", "Ea")
SYMBOLS = {name: sympy.Symbol(name, real=True) for name in NAMES}
W, V = SYMBOLS["w"], SYMBOLS["v"]
#: Defined at every real number, so that only numbers can be refused.
ENTIRE = {
    "exp": sympy.exp, "sin": sympy.sin, "tanh": sympy.tanh, "abs": sympy.Abs, "erf": sympy.erf, "sign": sympy.sign,
    "relu": lambda x: sympy.Max(x, 0), "ReLU": lambda x: sympy.Max(x, 0),
}  # fmt: skip
#: Of two or more arguments.
EXTREMES = {"max": sympy.Max, "min": sympy.Min, "Max": sympy.Max, "Min": sympy.Min}
BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4, "atom": 5}


def legal(expression):
    """Whether nothing in an expression is too large, infinite or complex for the grammar."""
    if expression.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
        return False
    sizes = [max(abs(n.p).bit_length(), n.q.bit_length()) for n in expression.atoms(sympy.Rational)]
    exponents = [abs(p.exp) for p in expression.atoms(sympy.Pow) if p.exp.is_Rational]
    return max(sizes, default=0) < 900 and max(exponents, default=0) <= LARGEST_EXPONENT


class Built:
    """A text, how strongly its outermost operator binds, and the expression that SymPy makes of it directly."""

    def __init__(self, text, kind, expression, parts=()):
        self.text, self.kind, self.expression = text, kind, expression
        self.legal = all(part.legal for part in parts) and legal(expression)

    def beside(self, kind, *, right):
        """Return the text as an operand: in parentheses where the grammar needs them."""
        mine, theirs = STRENGTH[self.kind], STRENGTH[kind]
        bare = mine > theirs or (mine == theirs and right == (kind == "**"))
        if right and self.kind == "neg":  # 2**-w and 2*-w need none
            bare = True
        return self.text if bare else f"({self.text})"

    def __repr__(self):
        return self.text


def binary(pair):
    kind, left, right = pair
    text = f"{left.beside(kind, right=False)} {kind} {right.beside(kind, right=True)}"
    return Built(text, kind, BINARY[kind](left.expression, right.expression), (left, right))


def called(pair):
    name, argument = pair
    return Built(f"{name}({argument.text} + w)", "atom", ENTIRE[name](argument.expression + W), (argument,))


def extreme(pair):
    name, arguments = pair
    text = f"{name}({', '.join(argument.text for argument in arguments)})"
    return Built(text, "atom", EXTREMES[name](*(argument.expression for argument in arguments)), arguments)


def decimal(digits, places):
    text = f"{digits:0{places + 1}d}"
    text = f"{text[:-places]}.{text[-places:]}" if places else text
    return Built(text, "atom", sympy.Rational(digits, 10**places))


ATOMS = st.one_of(
    st.sampled_from(NAMES).map(lambda name: Built(name, "atom", SYMBOLS[name])),
    st.builds(decimal, st.integers(0, 999), st.integers(0, 4)),
    st.sampled_from([Built("pi", "atom", sympy.pi), Built("2e-3", "atom", sympy.Rational(1, 500))]),
)
EXPONENTS = st.one_of(
    st.integers(0, 4).map(lambda n: Built(str(n), "atom", sympy.Integer(n))),
    st.integers(1, 3).map(lambda n: Built(f"-{n}", "neg", sympy.Integer(-n))),
    st.just(Built("w", "atom", W)),
)


def larger(inner):
    return st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/"]), inner, inner).map(binary),
        st.tuples(st.just("**"), inner, EXPONENTS).map(binary),
        inner.map(lambda a: Built(f"-{a.beside('neg', right=True)}", "neg", -a.expression, (a,))),
        st.tuples(st.sampled_from(sorted(ENTIRE)), inner).map(called),
        st.tuples(st.sampled_from(sorted(EXTREMES)), st.lists(inner, min_size=2, max_size=3)).map(extreme),
        inner.map(lambda a: Built(f"( {a.text})", "atom", a.expression, (a,))),
    )


@settings(deadline=None)
@given(st.recursive(ATOMS, larger, max_leaves=10))
def test_what_is_written_is_read(built):
    assume(built.legal)
    assert parse(built.text) == built.expression
    assert parse(built.text.replace("**", "^").replace(" ", "")) == built.expression


def by_python(text):
    """Return what Python's own grammar makes of a formula."""

    def value(node):
        """Return what a node was built of."""
        match node:
            case ast.Expression(body):
                return value(body)
            case ast.Constant(number):
                return Built("", "atom", sympy.Integer(number))
            case ast.Name(name):
                return Built("", "atom", SYMBOLS[name])
            case ast.UnaryOp(sign, operand):
                inner = value(operand)
                minus = isinstance(sign, ast.USub)
                return Built("", "atom", -inner.expression if minus else inner.expression, (inner,))
            case ast.BinOp(left, kind, right):
                one, two = value(left), value(right)
                small = two.expression.free_symbols or (two.expression.is_Rational and abs(two.expression) <= 9)
                if isinstance(kind, ast.Pow) and not small:
                    return Built("", "atom", sympy.nan)
                name = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}[type(kind)]
                return Built("", "atom", BINARY[name](one.expression, two.expression), (one, two))
        raise AssertionError(node)

    return value(ast.parse(text, mode="eval"))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "-", "+", "--", "-+"]),
            st.sampled_from(["w", "v", "1", "2", "3"]),
            st.sampled_from(["+", "-", "*", "/", "**"]),
        ),
        min_size=1,
        max_size=6,
    )
)
@example([("-", "w", "**"), ("", "2", "+")])
@example([("", "2", "**"), ("-", "w", "**"), ("", "2", "*"), ("", "v", "+")])
def test_operators_bind_as_in_python(words):
    text = "".join(f"{sign}{atom}{kind}" for sign, atom, kind in words[:-1]) + "".join(words[-1][:2])
    expected = by_python(text)
    assume(expected.legal)
    # Python's (-1)**(1/2) has no I in it, but is no real number
    assume(all(p.exp.is_Integer or not p.base.is_negative for p in expected.expression.atoms(sympy.Pow)))
    assert parse(text) == expected.expression


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_the_one_of_its_name(name):
    named = {"log1p": lambda x: sympy.log(1 + x), **ENTIRE, **EXTREMES}
    expected = named.get(name) or getattr(sympy, name)
    further = (V,) if name in SEVERAL else ()
    assert parse(f"{name}(w/3{', v' * len(further)})") == expected(W / 3, *further)
    at = [1.0 if name == "acosh" else 0.25, *([-0.5] * len(further))]
    wanted = float(expected(*map(sympy.Float, at)))
    assert FUNCTIONS[name](*at) == pytest.approx(wanted, rel=1e-12)
    assert float(read(f"{name}({', '.join(map(str, at))})").value) == pytest.approx(wanted, rel=1e-12)
    assert parse(f"{name}(w - 3{', 1/2' * len(further)})", positive=True).free_symbols == {
        sympy.Symbol("w", positive=True)
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("max(1/3, -2, 0.3)", sympy.Rational(1, 3)),
        ("min(1/3, -2, 0.3)", -2),
        ("relu(-1e-3)", 0),
        ("relu(7/3)", sympy.Rational(7, 3)),
        ("sign(-1/7)", -1),
        ("abs(-1/7)", sympy.Rational(1, 7)),
        ("max(0, 1)**max(0, 2) - min(min(3, 2), (5))", -1),
    ],
)
def test_kinks_of_fractions_are_fractions(text, value):
    number = read(text).value
    assert isinstance(number, Fraction)
    assert number == parse(text) == value


def test_kinks_are_read_as_their_sympy_ones():
    assert parse("max(w, -w, v)") == sympy.Max(W, -W, V)
    assert parse("relu(1 - w*v)^2") == sympy.Max(0, 1 - W * V) ** 2
    assert parse("min(max(w, 0), 6)") == sympy.Min(6, sympy.Max(0, W))
    assert parse(written(parse("relu(w) + min(v, 2*w) + abs(w) + sign(v)"))) == sympy.Max(0, W) + sympy.Min(
        V, 2 * W
    ) + abs(W) + sympy.sign(V)


def test_numbers_are_exact():
    assert parse("0.1 + 0.2 - 0.3") == 0
    assert parse("1e-3*w") == W / 1000
    assert parse("(w - .5)*2.") == 2 * (W - sympy.Rational(1, 2))
    assert parse("1/(1e20 + 1 - 1e20)") == 1


def test_other_spellings():
    assert parse("ln(w) + arctan(w) + Abs(w)") == sympy.log(W) + sympy.atan(W) + sympy.Abs(W)
    assert parse("π*w") == sympy.pi * W
    assert parse(" w\n +\tv ") == W + V


def test_given_symbols_are_kept():
    given_one = sympy.Symbol("w", positive=True)
    assert parse("w*v", symbols={"w": given_one}) == given_one * V


HOSTILE = {
    "__import__('os')": "'__import__' at column 1; allowed: names that begin with a letter",
    "w.real": "'.' at column 2",
    "w.__class__": "'.' at column 2",
    "().__class__": "')' at column 2",
    "9**9**9": "an exponent of 3.8742e+08 at column 2",
    "w**10**9": "an exponent of 1e+09 at column 2",
    "9**-9**9": "an exponent of -3.8742e+08 at column 2",
    "w**1001": "an exponent of 1001",
    "(9**9)**9**2": "a number too large",
    "((((w**10)**10)**10)**10)": "the exponent 10000",
    "w**1000*w": "the exponent 1001",
    "((3*w)**1000)**1000": "numbers become too large",
    "(10**240*w)**100": "numbers become too large",
    "exp(10**9*log(2))": "exp of 6.9315e+08 at column 1",
    "exp(10**9*log(2) + w)": "a number beyond 1000 in an exponent",
    "exp(10**9*log(2*w))": "a number beyond 1000 in an exponent",
    "exp(1)**(10**9*log(2) + w)": "a number beyond 1000 in an exponent",
    "3**(w + 10**9)": "a number beyond 1000 in an exponent",
    "exp(exp(exp(100)))": "exp of 2.6881e+43 at column 5",
    "1e999999": "'1e999999' at column 1",
    "1e-999999": "'1e-999999' at column 1",
    "1e240*1e240": "too large",
    "1e-240*1e-240": "too small",
    "9" * 61: "a number of 61 digits",
    "(" * 100_000: "100000 characters; allowed: at most 10000",
    "(" * 9_000 + "w" + ")" * 900: "parentheses nested more than 40 deep at column 41",
    "-" * 100_000: "100000 characters",
    "-" * 9_000 + "w": "more than 3000 numbers, names, operators and parentheses at column 3001",
    "w" * 100_000: "100000 characters",
    "w" * 9_000: "a name of 9000 letters",
    "w**" * 200 + "w": "operations nested more than 40 deep",
    "sin(" * 41 + "w" + ")" * 41: "nested more than 40 deep",
    "1/0": "a division by 0 at column 2",
    "w/(2 - 2)": "a division by 0 at column 2",
    "w/(v - v)": "divides by 0",
    "0**-1": "a division by 0 at column 2",
    "": "''; allowed: an expression such as (w**3 - 2)**2/18",
    " \n ": "allowed: an expression",
    "nan": "'nan' at column 1; allowed: finite numbers",
    "w + Infinity": "'Infinity' at column 5",
    "e**w": "'e' at column 1; allowed: exp(1) for Euler's number",
    "sqrt(-2)": "sqrt of -2 at column 1",
    "(-8)**(1/3)": "a negative number to a fractional power at column 5",
    "sqrt(-w**2)": "takes a root of a negative number",
    "tan(pi/2)": "divides by 0",
    "log(0)": "log of 0",
    "2w": "'w' at column 2; allowed: an operator before it, such as the * of 2*w",
    "(w)(w)": "'(' at column 4; allowed: an operator before it",
    "w(w - 1)": "w( at column 1; allowed: w*( for a product",
    "sinn(w)": "did you mean sin?",
    "sin w": "sin without an argument at column 1; allowed: sin(...)",
    "exp": "exp without an argument",
    "sin()": "')' at column 5",
    "exp(1, 2)": "',' at column 6; allowed: one argument of exp; commas stand between the arguments of max and min",
    "relu(w, 0)": "',' at column 7; allowed: one argument of relu",
    "max(w, sign(v, 2))": "',' at column 14; allowed: one argument of sign",
    "max(w)": "max of one argument at column 1; allowed: two or more arguments of max, as in max(1, w)",
    "1 + min((w))": "min of one argument at column 5",
    "max()": "')' at column 5; allowed: a number, a name",
    "max(, w)": "',' at column 5; allowed: a number, a name",
    "max(w,, v)": "',' at column 7; allowed: a number, a name",
    "max(w, )": "')' at column 8; allowed: a number, a name",
    "max(w v)": "'v' at column 7; allowed: an operator before it",
    "max(1, 2": "( without its ) at column 1",
    "(w + max(1, 2)": "( without its ) at column 1",
    "max((w, 1))": "',' at column 7; allowed: one formula there",
    "w, v": "',' at column 2; allowed: one formula there",
    "max w": "max without an argument at column 1; allowed: max(...)",
    "max(" * 41 + "w" + ", 1)" * 41: "nested more than 40 deep",
    "max(" + "w, " * 2000 + "w)": "more than 3000 numbers, names, operators and parentheses",
    "w/min(2, 0)": "a division by 0 at column 2",
    "w**max(2, 1001)": "an exponent of 1001 at column 2",
    "w**max(v, 1001)": "a number beyond 1000 in an exponent",
    "max(9**1000, 1)**1000": "a number too large",
    "1/relu(-3)": "a division by 0 at column 2",
    "w = 2": "'=' at column 3; allowed: one expression, without =",
    "lambda: 0": "':' at column 7",
    "w if v else 0": "'if' at column 3",
    "[w]": "'[' at column 1; allowed: ( and )",
    "|w|": "'|' at column 1; allowed: abs(w)",
    "w²": "'²' (U+00B2 SUPERSCRIPT TWO) at column 2; allowed: ** for a power",
    "w − 1": "(U+2212 MINUS SIGN) at column 3; allowed: - for a minus",
    "а*a": "(U+0430 CYRILLIC SMALL LETTER A) at column 1",
    "ｗ": "(U+FF57 FULLWIDTH LATIN SMALL LETTER W) at column 1",
    "١": "(U+0661 ARABIC-INDIC DIGIT ONE) at column 1",
    "w\x00": r"'\x00' at column 2",
    "w\ud800": r"'\ud800' (U+D800) at column 2",
    "1_000": "'_000' at column 2",
    "0x10": "'x10' at column 2",
    "1.2.3": "'.3' at column 4",
    "w +": "the end at column 4; allowed: a number, a name, a function or ( there",
    "*w": "'*' at column 1",
    "(w": "( without its ) at column 1",
    "w)": "')' without its '(' at column 2",
}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_gets_one_short_line(text):
    with pytest.raises(ValueError, match=r"^loss: got ") as caught:
        parse(text, name="loss")
    message = str(caught.value)
    assert HOSTILE[text] in message
    assert "allowed: " in message
    assert message.isprintable()
    assert len(message) < 300


@settings(deadline=None)
@given(st.text(alphabet="wvσe_019.+-*/^() ,,='\"[]{}:;\\\n\x00²−аsincoxplgqrtabhmu", max_size=40))
@example("(" * 40 + "w" + ")" * 40)
@example("-" * 900 + "w")
def test_any_text_is_read_or_refused_in_one_line(text):
    expression, message = None, "allowed: "
    try:
        expression = parse(text)
    except ValueError as error:
        message = str(error)
    assert message.isprintable()
    assert "allowed: " in message
    assert len(message) < 300
    if expression is not None:
        assert not expression.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I)
        assert all(max(abs(n.p).bit_length(), n.q.bit_length()) <= MOST_BITS for n in expression.atoms(sympy.Rational))
        assert {symbol.name for symbol in expression.free_symbols} <= set(read(text).names())


@pytest.mark.parametrize("value", [None, 3, b"w", W])
def test_only_text_is_read(value):
    with pytest.raises(ValueError, match=r"^loss: got .*; allowed: text$"):
        parse(value)


def test_the_deepest_and_the_longest_can_be_differentiated():
    deep = parse("sin(" * 39 + "w" + ")" * 39)
    assert deep.diff(W).subs(W, 0) == 1
    assert len(sympy.Add.make_args(parse("+".join(f"w**{k}" for k in range(250))))) == 250
    assert parse("-" * 900 + "w") == W


@given(st.recursive(ATOMS, larger, max_leaves=6))
@settings(deadline=None)
@example(Built("exp(w + 1/10000)", "atom", sympy.exp(W + sympy.Rational(1, 10000))))
@example(Built("-0.00005*w", "atom", -W / 20000))
def test_what_is_printed_reads_back(built):
    assume(built.legal)
    text = written(built.expression, most=10_000)
    assert parse(text) == built.expression


def test_fractions_are_printed_as_they_are_written():
    text = "0.12345*w**2 - 0.0005*w + v/8 + v**2/3000"
    assert sorted(written(parse(text)).replace("- 0", "+ -0").split(" + ")) == sorted(
        text.replace("- 0", "+ -0").split(" + ")
    )


@pytest.mark.parametrize(
    "text",
    [
        "1 - v*w",
        "(1 - v*w)**2/2",
        "-v - w",
        "2 - v + w*(1 - v*w)",
        "w - v",
        "19/100 - 191*w/100",  # decimals all, or none
        "1.91*w**2 - 0.0019*w",
        "0.12345*w/(v + 1)**2",
        "-0.12345/(v*w)",
    ],
)
def test_what_is_printed_is_pleasant(text):
    assert written(parse(text)) == text


def test_what_is_long_is_cut_in_the_middle():
    text = written(parse("+".join(f"w**{k}*v**{250 - k}" for k in range(200))), most=100)
    assert len(text) < 140
    assert text.endswith("characters)")
