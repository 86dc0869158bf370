"""The page: everything a claim says is on it, escaped, linked, and the same every time."""

import base64
import math
import re
import struct
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest

from flowlab.claims import all_claims
from flowlab.verify import (
    Certificate,
    Choice,
    Derivation,
    Integer,
    Real,
    Step,
    Verdict,
    at_most,
    claim,
    functions,
    tightness,
    verify,
)
from flowlab.verify.report import Entry, is_report, page, picture, tight_in_words
from flowlab.verify.report.typeset import kept

EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}


class Reader(HTMLParser):
    """Elements, their attributes and the text; fails where an element is not closed in its turn."""

    def __init__(self, html):
        super().__init__()
        self.open, self.elements, self.text, self.ids, self.links = [], [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), attributes
        self.elements.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        self.links += [value for name, value in attributes if name == "href" and tag == "a"]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


@claim("mine.tangent", title="below the tangent", source="a book & more")
def tangent(x: Real(-1, 100, low_open=True)):
    """log(1 + x) ≤ x.

    Both sides vanish at 0 (claim mine.bernoulli).

    And 1/(1 + x) ≤ 1.
    """
    return at_most(functions.log1p(x), x)


@claim("mine.bernoulli", recorded="falsified", flaw="It needs x ≥ −2.", corrected_by="mine.tangent")
def bernoulli(x: Real(-3, 100), n: Integer(1, 60)):
    """(1 + x)^n ≥ 1 + n x."""
    return at_most(1 + n * x, (1 + x) ** n)


def entry(each, **more):
    return Entry(each, verify(each, examples=40), **more)


@pytest.fixture(scope="module")
def entries():
    return [entry(tangent, tightness=tightness(tangent, points=9, samples=20)), entry(bernoulli)]


def test_all_that_a_claim_says_is_there(entries):
    reader = Reader(page(entries, title="Mine", about="How & why."))
    text = kept("".join(reader.text))
    for each in (tangent, bernoulli):
        for part in (each.id, each.title, each.source, each.statement, each.flaw, *each.domain, *each.proof.split()):
            assert kept(part) in text
    for part in ("Mine", "How & why.", "2 claims: 1 held, 1 falsified; all as on record.", "x = -3, n = 5", "Corrects"):
        assert kept(part) in text
    assert "not as on record" not in text


def test_links_lead_to_ids_and_no_id_is_there_twice(entries):
    reader = Reader(page(entries))
    assert len(reader.ids) == len(set(reader.ids))
    assert {link[1:] for link in reader.links} == {"claim-mine.tangent", "claim-mine.bernoulli"}
    # contents, contents, mentioned in a proof, corrected by, corrects
    assert len(reader.links) == 5


def test_a_correction_that_is_not_on_the_page_is_named_without_a_link():
    reader = Reader(page([entry(bernoulli)]))
    assert len(reader.links) == 1
    assert "mine.tangent" in "".join(reader.text)


def test_the_same_entries_give_the_same_bytes():
    def made():
        return page([entry(tangent, tightness=tightness(tangent, points=9, samples=20)), entry(bernoulli)])

    assert made() == made()


def test_the_page_of_every_registered_claim():
    entries = [Entry(each, Verdict(each.id, each.recorded, each.recorded)) for each in all_claims()]
    html = page(entries)
    reader = Reader(html)
    assert len(reader.ids) == len(set(reader.ids))
    assert {link[1:] for link in reader.links} <= set(reader.ids)
    assert len(html) < 2_000_000
    for each in all_claims():
        assert each.corrected_by == "" or f"#claim-{each.corrected_by}" in reader.links


def test_nothing_is_loaded_from_anywhere(entries):
    html = page(entries)
    for tag, attributes in Reader(html).elements:
        assert tag not in ("script", "iframe", "object", "img")
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "src", "xlink:href", "action", "style"):
            assert attributes.get(name, "#").startswith(("#", "data:"))
    assert "url(" not in html
    assert "@import" not in html
    assert "Content-Security-Policy" in html


HOSTILE = "</title></style><script>alert('x')</script><a href=\"javascript:1\" onclick='y'>&amp;"


def test_whatever_a_claim_says_is_escaped():
    words = Choice(HOSTILE, "b")
    hostile = claim(
        HOSTILE.replace(" ", "_"),
        title=HOSTILE,
        source=HOSTILE,
        statement=HOSTILE,
        flaw=HOSTILE,
        proof=HOSTILE,
        corrected_by=HOSTILE,
        hypotheses={"w": words, "x": Real(0, 1)},
    )(lambda w, x: at_most(0.5 * x, 0.1))
    derivation = Derivation(HOSTILE, (Step(HOSTILE, False),), unfinished=HOSTILE)
    verdict = Verdict(
        hostile.id, "undecided", "held", 1, 0, 0, -1.0, {"w": HOSTILE}, {"w": HOSTILE}, HOSTILE, message=HOSTILE
    )
    found = Entry(hostile, Verdict(**{**vars(verdict), "derivation": derivation}), tightness(hostile, points=3))
    html = page([found], title=HOSTILE, about=HOSTILE)
    tags = {tag for tag, _ in Reader(html).elements}
    assert not tags & {"script", "b"}
    assert html.count("<script") == html.count('javascript:1"') == 0  # not "in": pytest would compare for minutes
    assert kept(HOSTILE) in kept("".join(Reader(html).text))


@pytest.mark.parametrize(
    "verdict, words",
    [
        (Verdict("d", "held", "held", 200), "No counterexample among 200 examples."),
        (Verdict("d", "held", "held", 1, 2, 1), "among 1 example; equality at 1; 2 more could not be evaluated."),
        (Verdict("d", "held", "held", 9, agreed_digits=35, digits=50), "agree to at least 35 digits at each of 9 ex"),
        (Verdict("d", "held", "held", 9, min_slack=0.25, at={"x": 0.1}), "Smallest slack 0.25, at x = 0.1."),
        (Verdict("d", "undecided", "held", message="no example drawn"), "No example drawn."),
        (Verdict("d", "falsified", "held", 9, counterexample={"x": 1 / 3}), "x = 0.3333333333333333."),
        (Verdict("d", "falsified", "held", 9, counterexample={"x": 1.0}), "The verdict on record is “held”."),
        (Verdict("d", "held", "held", rounded="0.3 is rounded"), "number that Python has rounded: 0.3 is rounded."),
        (Verdict("d", "held", "held", derivation=Derivation("all N", (Step("0 = 0", True),))), "Derivation: proved"),
        (Verdict("d", "held", "held", derivation=Derivation("all N", (Step("0 = 1", False),))), "Does not hold:"),
        (Verdict("d", "held", "held", derivation=Derivation("N", (), unfinished="time")), "Unfinished: time."),
    ],
)
def test_every_kind_of_evidence_is_told(verdict, words):
    square = claim("d", hypotheses={"x": Real(0, 1)})(lambda x: x)
    html = page([Entry(square, verdict)])
    assert kept(words) in kept("".join(Reader(html).text))
    assert f'class="badge {verdict.verdict}"' in html
    assert ("on record: held" in html) == (not verdict.agrees)


def test_certificates_are_told():
    square = claim("d", hypotheses={"x": Real(0, 1)})(lambda x: x)
    box = {"x": ["0", "1"], "n": ["2", "2"]}
    certain = Certificate("d", "", box, 64, ".")
    false = Certificate("d", "", box, 64, "0.?", {"x": ["0", "0.5"], "n": ["2", "2"]})
    open_ = Certificate("d", "", box, 64, "0.?")
    wide = Certificate("d", "", {"x": ["0", "inf"], "inflow": ["inf", "inf"]}, 64, ".")
    html = page([Entry(square, Verdict("d", "held", "held"), None, (certain, false, open_, wide))])
    text = kept("".join(Reader(html).text))
    assert kept("Proved in interval arithmetic throughout x ∈ [0, 1], n = 2 (1 cell, balls of 64 bits).") in text
    assert kept("Certainly false throughout x ∈ [0, 0.5]") in text
    assert kept("Undecided in 0.5 of the volume of x ∈ [0, 1], n = 2") in text
    assert kept("throughout x ∈ [0, ∞), inflow = ∞ (1 cell") in text
    assert "badge certified" in html
    assert "badge certified" not in page([Entry(square, Verdict("d", "held", "held"), None, (open_,))])


def test_filters_offer_what_there_is():
    square = claim("d", hypotheses={"x": Real(0, 1)})(lambda x: x)
    assert "<fieldset" not in page([Entry(square, Verdict("d", "held", "held"))])
    html = page([Entry(square, Verdict("d", "undecided", "held"))])
    for name, count in (("all", 1), ("undecided", 1), ("off", 1)):
        assert re.search(rf'id="show-{name}"[^>]*>[^<]*\({count}\)', html)
    assert 'id="show-held"' not in html


def test_an_empty_page():
    assert "0 claims" in "".join(Reader(page([])).text)


def test_a_page_of_ours_is_known_again(entries):
    assert is_report(page(entries))
    assert not is_report("<!DOCTYPE html><html><body>flowlab verify</body></html>")


def pixels(svg, which=0):
    """Return the pixels of a drawing's map, by reading PNG as its standard has it."""
    data = base64.b64decode(re.findall(r'base64,([^"]*)"', svg)[which])
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, rows = 8, b""
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length : place + 12 + length]) == (zlib.crc32(kind + body),)
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        if kind == b"IDAT":
            rows += zlib.decompress(body)
        place += 12 + length
    return np.frombuffer(rows, np.uint8).reshape(height, 4 * width + 1)[:, 1:].reshape(height, width, 4)


def test_a_map_is_drawn_with_its_first_argument_to_the_right_and_its_second_upward():
    @claim("d")
    def growing(x: Real(0, 1), y: Real(0, 1)):
        return at_most(1 + 0 * x, 1 + x + 2 * y)

    found = tightness(growing, points=6, samples=9)
    drawn = pixels(picture(found)).astype(int)
    assert drawn.shape == (6, 6, 4)
    light = drawn[:, :, :3].sum(axis=2)
    assert light[-1, 0] == light.max()  # tight where both are 0: pale, at the bottom left
    assert light[0, -1] == light.min()
    assert light[0, 0] < light[-1, -1] < light[-1, 0]  # the second counts double
    assert (drawn[:, :, 3] == 255).all()


def test_a_map_tells_where_a_claim_fails_and_where_it_has_no_value():
    @claim("d")
    def failing(x: Real(-1, 1), y: Real(0, 1)):
        return at_most(1 + 0 * y, 1 + x)

    found = tightness(failing, points=5, samples=9)
    drawn = pixels(picture(found))
    assert (drawn[:, found.values[0] < 0] == [178, 24, 43, 255]).all()
    assert (drawn[:, found.values[0] > 0, 0] != 178).all()
    assert "Red where it fails" in page([Entry(failing, Verdict("d", "falsified", "held"), found)])

    @claim("d")
    def partly(x: Real(-1, 1), y: Real(0, 1)):
        return at_most(x + 0 * y, 2 * x)

    found = tightness(partly, points=5, samples=9)
    assert (pixels(picture(found))[:, np.isnan(found.values[0]), 3] == 0).all()
    assert np.isnan(found.values[0]).any()
    assert "blank where they are not both positive" in page([Entry(partly, Verdict("d", "held", "held"), found)])


def test_a_curve_rises_where_the_ratio_does():
    found = tightness(tangent, points=9, samples=9)
    points = re.search(r'points="([^"]*)"', picture(found))[1].split()
    heights = [float(each.split(",")[1]) for each in points]
    assert heights == sorted(heights, reverse=True)  # down the page is up the axis
    assert len(points) == 9


def test_extremes_in_words():
    found = tightness(claim("d", hypotheses={"x": Real(1, 2)})(lambda x: at_most(x, x + 1e-9)), points=3, samples=3)
    assert tight_in_words(found)[0] == "tightest at x = 2: right side / left side = 1 + 5e-10"
    close = claim("d", hypotheses={"x": Real(1, 2)})(lambda x: at_most(x, x * (1 + 4e-6)))
    assert tight_in_words(tightness(close, points=3, samples=3))[0].endswith("= 1 + 4e-06")
    huge = claim("d", hypotheses={"x": Real(1, 2)})(lambda x: at_most(0 * x, 1000 * x, log=True))
    assert tight_in_words(tightness(huge, points=3, samples=3))[1].endswith(f"= 10^{2000 / math.log(10):.4g}")
    beyond = claim("d", hypotheses={"x": Real(1, 2)})(lambda x: at_most(0 * x, 100000.5 * x, log=True))
    found = tightness(beyond, points=3, samples=3)
    assert tight_in_words(found)[1].endswith(f"= 10^{200001 / math.log(10):.0f}")
    html = page([Entry(beyond, Verdict("d", "held", "held"), found)])
    assert f"10<sup>{200001 / math.log(10):.0f}</sup>" in html
    assert '<span class="value">x = 2:</span>' in html
    twice = claim("d", hypotheses={"x": Real(1, 2)})(lambda x: at_most(x, 2 * x))
    html = page([Entry(twice, Verdict("d", "held", "held"), tightness(twice, points=3, samples=3))])
    assert '<span class="value">side = 2.</span></p>' in html  # nor does a line begin with a full stop


def test_the_name_of_an_axis_is_written_in_full():
    name = "a_learning_rate_with_a_long_name"
    found = tightness(
        claim("d", hypotheses={"x": Real(1, 2), name: Real(1, 2)})(lambda **k: at_most(1.0, k["x"])), points=3
    )
    assert re.search(rf'<text x="60" y="[\d.]+" text-anchor="start">↑ {name}</text>', picture(found))
