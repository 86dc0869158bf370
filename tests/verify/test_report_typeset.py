"""Typesetting: nothing is lost, meanings are kept, and whatever comes in, HTML comes out."""

import math
import re
import xml.etree.ElementTree as ET
from html import escape
from importlib import import_module

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.claims import all_claims
from flowlab.verify.report.typeset import kept, typeset

PARTS = {each.id: (each.statement, *each.domain, each.flaw, each.proof) for each in all_claims()}


def tree(html):
    return ET.fromstring(f"<p>{html.replace('<wbr>', '<wbr/>')}</p>")


def text(html):
    return "".join(tree(html).itertext())


def shape(html):
    """Return formulas as nested lists of element names and texts, without attributes, rows of one, or spaces."""

    def walk(element):
        inside = [each for child in element if child.tag != "mspace" for each in walk(child)]
        if element.tag in ("math", "mrow"):
            return inside
        return [(element.tag[1:], *inside)] if inside else [element.text or ""]

    return [each for part in tree(html).iter("math") for each in walk(part)]


@pytest.mark.parametrize("id", PARTS)
def test_every_registered_claim_is_set_and_keeps_its_symbols(id):
    for display in (True, False):
        for part in PARTS[id]:
            html = typeset(part, display=display)
            assert kept(text(html)) == kept(part)
            # what was understood has scripts, no marks for them
            prose = (tree(html).text or "") + "".join(each.tail or "" for each in tree(html))
            assert not set(prose.replace("/added", "")) & set("^_/*√"), prose  # that is a word over a word


def test_there_is_much_to_set():
    assert sum("<msup>" in typeset(part) for parts in PARTS.values() for part in parts) > 100


@pytest.mark.parametrize(
    "plain, expected",
    [
        ("x²", [("sup", "x", "2")]),
        ("x^-1", [("sup", "x", "−", "1")]),
        ("x**2", [("sup", "x", "2")]),
        ("σ_j*", [("subsup", "σ", "j", "∗")]),
        ("σ0_th", [("sub", "σ", "0", "th")]),
        ("x0^−p", [("subsup", "x", "0", "−", "p")]),
        ("s^(1/p)", [("sup", "s", "1", "/", "p")]),
        ("W*ᵀW", [("sup", "W", "∗", "T"), "W"]),
        ("wᴺ", [("sup", "w", "N")]),
        ("₂F₁", [("sub", "", "2"), ("sub", "F", "1")]),
        ("(a + b)/c", [("frac", "a", "+", "b", "c")]),
        ("(a + b)(c)/d", [("frac", "(", "a", "+", "b", ")", "(", "c", ")", "d")]),
        ("1/(2N²)", [("frac", "1", "2", ("sup", "N", "2"))]),
        ("a/b/c", [("frac", "a", "/", "b", "c")]),
        ("cR_i/2", [("frac", "c", ("sub", "R", "i"), "2")]),
        ("(fr)^p", [("sup", "(", "f", "r", ")", "p")]),
        ("e^(−pv)", [("sup", "e", "−", "p", "v")]),
        ("(s/(fr))^p", [("sup", "(", ("frac", "s", "f", "r"), ")", "p")]),
        ("√2 + √(x + 1)", [("sqrt", "2"), "+", ("sqrt", "x", "+", "1")]),
        ("∫_0^{fr} dx/x", [("subsup", "∫", "0", "f", "r"), ("frac", "d", "x", "x")]),
        ("∫_0^1 x dx", [("subsup", "∫", "0", "1"), "x", "d", "x"]),
        ("Σ_j Δ_j", [("under", "∑", "j"), ("sub", "Δ", "j")]),
        ("<σ*, x> < 1", ["⟨", ("sup", "σ", "∗"), ",", "x", "⟩", "<", "1"]),
        ("||w||²", [("sup", "‖", "w", "‖", "2")]),
        ("|x − 1|/2", [("frac", "|", "x", "−", "1", "|", "2")]),
        ("y |log σ|", ["y", "|", "log", "σ", "|"]),
        ("d log ℓ/dt", ["d", "log", "ℓ", "/", "d", "t"]),
        ("log x/y", ["log", "x", "/", "y"]),
        ("2 log/y", ["2", "log", "/", "y"]),
        ("2*x <= y", ["2", "∗", "x", "≤", "y"]),
        ("x ∈ (-1, 100]", ["x", "∈", "(", "−", "1", ",", "100", "]"]),
        ("n ∈ {1, …, 60}", ["n", "∈", "{", "1", ",", "…", ",", "60", "}"]),
        ("f'(x) = 0", [("sup", "f", "′"), "(", "x", ")", "=", "0"]),
        ("2^−spread x_max", [("sup", "2", "−", "spread"), ("sub", "x", "max")]),
        ("|part| <= (a)/whole", ["|", "part", "|", "≤", ("frac", "a", "whole")]),
        ("learning_rate <= 1", ["learning_rate", "≤", "1"]),
    ],
)
def test_notation(plain, expected):
    def flat(part):
        return part if isinstance(part, str) else tuple(flat(each) for each in part)

    assert [flat(each) for each in shape(typeset(plain, display=True))] == expected


@pytest.mark.parametrize(
    "prose",
    [
        "This is plain prose, with a dash - and/or a slash.",
        "The paper's Lemma 3 of 2018 (see there).",
        "A step of 10 or 12 is too large; that's it!",
        "Größe für Übergänge, величина, 大きさ",
        "[sic] «so» (and so on) “quoted” 100 % & more",
        "gissin2020 says",
        "",
        "   ",
    ],
)
def test_prose_stays_prose(prose):
    assert typeset(prose) == escape(" ".join(prose.split()))


@pytest.mark.parametrize(
    "sentence, formulas",
    [
        ("A and B tend to r as c → 0", ["A", "B", "r", "c", "→0"]),
        ("by a matrix a", ["a"]),
        ("Appendix A, of section B", []),
        ("what is Δ_i's share", ["Δi"]),
        ("from x/a on, x^A where", ["x/a", "xA"]),
        ("t > 0 (start = σ0/σ*)", ["t", ">0", "start", "=σ0/σ∗"]),
        ("so that ratio > 1 and depth ≥ 3", ["ratio", ">1", "depth", "≥3"]),
        ("learning is (s, f)-incremental", ["(s,f)"]),
    ],
)
def test_formulas_are_found_in_sentences(sentence, formulas):
    assert ["".join(each.itertext()) for each in tree(typeset(sentence)).iter("math")] == formulas


@pytest.mark.parametrize("written", ["σ̇_i", "x̄", "ẇ", "Ẇ", "ŵ", "ḃ", "ẍ"])
def test_an_accent_stands_above_a_slanted_letter(written):
    html = typeset(f"{written} = 1")
    over = next(tree(html).iter("mover"))
    letter, accent = over
    assert (letter.tag, len(letter.text), accent.tag) == ("mi", 1, "mo")
    assert kept(text(html)) == kept(f"{written} = 1")
    assert kept("ẇ = 1") != kept("w = 1") != kept("ŵ = 1")


def test_limits_stand_clear_of_an_integral():
    limits = next(tree(typeset("∫_0^1 x dx", display=True)).iter("msubsup"))
    assert limits[2][0].tag == "mspace"
    assert "mspace" in typeset("∫ dx/x", display=True)


@pytest.mark.parametrize(
    "plain, display, brackets",
    [
        ("y = (1/N) x", True, 0),
        ("y = (1/N) x", False, 2),
        ("y = −(1/N²) ∑_i x_i", True, 0),
        ("y = (1/N)² x", True, 2),
        ("y = log (1/N)", True, 2),
        ("y = f(1/N)", True, 2),
        ("y = (1/N + 1) x", True, 2),
    ],
)
def test_a_built_up_fraction_by_itself_has_no_brackets(plain, display, brackets):
    html = typeset(plain, display=display)
    assert sum(each.text in ("(", ")") for each in tree(html).iter("mo")) == brackets


def test_a_root_may_be_of_a_product():
    assert shape(typeset("√(ab) ≤ c")) == [("sqrt", "a", "b"), "≤", "c"]


def test_lines_may_break_before_relations_and_sums():
    assert typeset("x + y ≤ z").count("<math") == 3


def test_no_line_begins_with_a_comma():
    html = typeset("of x, (see z) and w")
    assert ["".join(each.itertext()) for each in tree(html).iter("span")] == ["x,", "z)"]


def test_names_of_claims_become_links():
    html = typeset("see mine.other, e.g. or mine.none", link=lambda id: 'href="#x"' if id == "mine.other" else "")
    assert html.startswith('see <a href="#x"><code>mine.<wbr>other</code></a>, ')
    assert "<code>mine.<wbr>none</code>" in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "x < y & z > w",
        "<b onclick='x'>^2</b>",
        "x_<i>",
        "a.b<c.d>",
        "(<)>",
        "&lt;",
        '"x"^"y"',
    ],
)
def test_nothing_becomes_an_element_of_html(hostile):
    html = typeset(hostile, display=True)
    allowed = r"p|span|math|mrow|mi|mn|mo|msup|msub|msubsup|mfrac|mspace|msqrt|code|wbr"
    assert all(re.fullmatch(allowed, each.tag) for each in tree(html).iter())
    assert kept(text(html)) == kept(hostile)


@pytest.mark.parametrize(
    "deep", ["(" * 2000 + "x" + ")" * 2000, "√" * 3000 + "x", "x^" * 2000 + "x", "x/" * 2400 + "x"]
)
def test_absurd_depths_stay_text_or_are_set(deep):
    assert kept(text(typeset(deep, display=True))) == kept(deep)


def test_what_would_lose_a_symbol_stays_text(monkeypatch):
    module = import_module("flowlab.verify.report.typeset")  # whose function hides it in the package
    monkeypatch.setattr(module, "pieces", lambda row, display: ["<math><mi>x</mi></math>"])
    assert typeset("x² < y") == "x² &lt; y"
    assert "<math>" in typeset("x")


def test_a_text_without_end_stays_text():
    assert typeset("x² " * 5000) == escape("x² " * 5000)


SYMBOLS = "abxNσΔℓ0123456789 +-−·*/^_=<>≤≥()[]{}|‖√∫ΣΠ²½ᵀᴺ₀.,;:!?'\"&%\\~…∞ẇ\u0307\u200b\t\nΩé大the of log max is fr dx"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(SYMBOLS, max_size=60), st.text(max_size=40)), st.booleans())
@example("<=", True)
@example("< =", False)
@example("x* *y", True)
@example("(]", True)
@example("|a| b|", True)
@example("²", True)
@example("x\u0307²", True)
@example("\x00", False)
def test_whatever_comes_in_its_symbols_come_out(plain, display):
    html = typeset(plain, display=display)
    inside = "".join(each if each in "\t\n" or each >= " " else "" for each in html)  # XML has no other controls
    if all(each == "\n" or each == "\t" or " " <= each < "\ud800" for each in plain):
        assert kept(text(inside)) == kept(plain)
    assert html == typeset(plain, display=display)


# An oracle that knows nothing of the typesetter: MathML read as arithmetic, against what Python makes of the text.

NAMES = {"x": 1.7, "y": 0.6, "σ": 2.3}


@st.composite
def arithmetic(draw, depth=3):
    """An expression twice: in plain notation, and in Python."""
    kind = draw(st.integers(0, 7 if depth else 1))
    if kind == 0:
        name = draw(st.sampled_from(sorted(NAMES)))
        return name, name
    if kind == 1:
        number = str(draw(st.integers(1, 9)))
        return number, number
    (a, p), (b, q) = draw(arithmetic(depth - 1)), draw(arithmetic(depth - 1))
    return {
        2: (f"({a} + {b})", f"({p} + {q})"),
        3: (f"({a} − {b})", f"({p} - {q})"),
        4: (f"({a})/({b})", f"(({p}) / ({q}))"),
        5: (f"({a}) ({b})", f"(({p}) * ({q}))"),
        6: (f"({a})^({b})", f"(({p}) ** ({q}))"),
        7: (f"√({a}) · ({b})", f"(({p}) ** 0.5 * ({q}))"),
    }[kind]


def python_of(element):
    """Return MathML as Python, from what MathML's elements mean alone."""
    inside = [python_of(each) for each in element if each.tag != "mspace"]
    match element.tag:
        case "mi" | "mn":
            return element.text
        case "mo":
            return {"−": "-", "·": "*"}.get(element.text, element.text)
        case "mfrac":
            return f"(({inside[0]}) / ({inside[1]}))"
        case "msup":
            return f"(({inside[0]}) ** ({inside[1]}))"
        case "msqrt":
            return f"(({joined(inside)}) ** 0.5)"
        case _:
            return joined(inside)


def joined(parts):
    """Return things side by side: a product, where no operator stands between two of them."""
    told = ""
    for part in parts:
        operand = part[0] not in "+-*/)"
        if told and operand and told[-1] not in "+-*/(":
            told += " * "
        told += part
    return told


@settings(max_examples=200, deadline=None)
@given(arithmetic(), st.booleans())
@example(("(x)/(y)", "((x) / (y))"), True)
@example(("((x)/(y))^(2)", "(((x) / (y)) ** (2))"), True)
@example(("(x)/((y)/(2))", "((x) / ((y) / (2)))"), False)
def test_formulas_mean_what_they_meant(pair, display):
    plain, python = (f"x + {each}" for each in pair)  # numbers alone are left to the sentence
    formulas = list(tree(typeset(plain, display=display)).iter("math"))
    found = joined([python_of(each) for each in formulas])

    def value(source):
        try:
            return complex(eval(source, {}, NAMES))
        except (OverflowError, ZeroDivisionError):
            return None

    expected, got = value(python), value(found)
    if expected is None or got is None:
        assert expected is got
    else:
        assert got == expected or abs(got - expected) <= 1e-9 * abs(expected) or not math.isfinite(abs(expected))
