"""One verdict, made in the engine; two kinds of evidence that cannot both be right are an error, never two badges."""

import json
from fractions import Fraction

import pytest
from click.testing import CliRunner

from flowlab.claims.own import load
from flowlab.cli import main
from flowlab.verify import Assumption, Claim, Derivation, Real, Step, Verdict, certify, verify
from flowlab.verify import functions as f
from flowlab.verify.at_points import assumed_of_floats_alone
from flowlab.verify.concluding import beside
from flowlab.verify.report import Entry
from flowlab.verify.report.article import article, badges, kinds


def narrow(x):
    return (x - Fraction(1, 3)) ** 2 - Fraction(1, 10**20)


def stated(slack):
    return Claim("drawn", "drawn", "drawn", "", {"x": Real(0, 1)}, slack)


def test_a_certificate_beside_a_counterexample_in_its_box():
    sound = certify(stated(lambda x: x))
    half = certify(stated(lambda x: x), {"x": "0:0.5"})
    false = stated(lambda x: 0.75 - x)
    found = verify(false, examples=40, certificates=[sound])
    assert (found.verdict, found.recorded, found.agrees) == ("falsified", "held", False)
    assert found.contradiction.startswith("contradiction: certified over x ∈ [0, 1], yet falsified at x = 1")
    assert found.as_json()["contradiction"] == found.contradiction
    elsewhere = verify(false, examples=40, certificates=[half])
    assert elsewhere.contradiction == ""
    entry = Entry(false, found, None, (sound,))
    assert ("contradiction" in badges(entry), "badge certified" in badges(entry)) == (True, False)
    assert "off" in kinds(entry)
    assert "<strong>Contradiction: certified over" in article(entry, anchor="a", place=1, link=lambda id: "")
    assert "badge certified" not in badges(Entry(false, elsewhere, None, (half,)))


def test_a_certificate_of_falsehood_beside_a_search_that_finds_none():
    wrong = certify(stated(lambda x: x - 2))
    positive = verify(stated(lambda x: x), examples=20, certificates=[wrong])
    assert positive.contradiction.endswith(
        "certainly false over x ∈ [0.25, 0.75], yet the slack is positive at x = 0.5"
    )
    for unclear in (lambda x: 1 if f.sqrt(x + 2) ** 2 >= x + 2 else -1, lambda x: 0 * x):
        held = Verdict("drawn", "held", "held")
        assert "yet the search finds no counterexample" in beside(stated(unclear), held, [wrong]).contradiction


def test_a_counterexample_that_only_a_certificate_has_is_one():
    pit = stated(narrow)
    held = Verdict("drawn", "held", "held", min_slack=0.01, at={"x": 0.25}, digits=50)
    false, sound = certify(pit), certify(stated(lambda x: x))
    low, high = (float(end) for end in false.counterexample["x"])
    for certificates in ([false], [false, sound], [sound, false]):
        found = beside(pit, held, certificates)
        x = found.counterexample["x"]
        assert low <= x <= high
        assert (Fraction(x) - Fraction(1, 3)) ** 2 < Fraction(1, 10**20)
        assert (found.verdict, found.at, found.agrees) == ("falsified", {"x": x}, False)
        assert found.min_slack == pytest.approx(float(found.counterexample_slack), rel=1e-14)
        assert f"at x = {x}, as a certificate has it, confirmed to" in found.message
        assert ("certified over x ∈ [0, 1], yet falsified at" in found.contradiction) == (sound in certificates)


def test_a_counterexample_of_a_certificate_beside_a_derivation():
    proof = Derivation("every x", (Step("0 = 0", True),))
    blind = Claim("drawn", "drawn", "drawn", "", {"x": Real(0, 1)}, narrow, derivation=lambda: proof)
    false = certify(stated(narrow))
    alone = verify(blind, examples=4)
    assert (alone.verdict, alone.contradiction) == ("held", "")
    found = verify(blind, examples=4, certificates=[false])
    assert found.verdict == "undecided"
    assert found.contradiction.startswith("contradiction: proved for every x (1 step), yet the search says: slack -")


def test_a_recorded_falsehood_that_contradicts_itself_is_not_as_on_record():
    assert not Verdict("demo", "falsified", "falsified", contradiction="contradiction: …").agrees


FILE = '''
from flowlab.verify import Real, at_most, claim

@claim("mine.pit")
def pit(x: Real(0, 1), y: Real(0, 1)):
    """A narrow pit."""
    return at_most(1.0, 1 - 2.0**-20 + 4096 * (abs(x - 0.7071067) + abs(y - 0.5773502)))

@claim("mine.peak")
def peak(x: Real(0, 1)):
    """False at 1/2 alone, which drawn examples do not tell."""
    return 0.25 - 1e-9 - x * (1 - x)

@claim("mine.half")
def half(x: Real(0, 1)):
    """False beyond 1/2."""
    return at_most(x, 0.5)

@claim("mine.fine")
def fine(x: Real(0, 1)):
    """True."""
    return at_most(x**2, x)
'''


def test_command_page_and_python_give_one_verdict(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    runs = [
        CliRunner().invoke(main, ["verify", str(path), "--json", "--examples", "50", *more])
        for more in ((), ("--report", str(tmp_path / "page")))
    ]
    plain, reported = (
        [(each["id"], each["verdict"], each["counterexample"]) for each in json.loads(run.stdout)] for run in runs
    )
    python = [
        (c.id, found.verdict, found.counterexample) for c in load(path).values() for found in [verify(c, examples=50)]
    ]
    assert plain == reported == python
    assert {id: kind for id, kind, _ in plain} == {
        "mine.pit": plain[0][1],
        "mine.peak": "falsified",
        "mine.half": "falsified",
        "mine.fine": "held",
    }


@pytest.mark.parametrize("form", [(), ("--report",)])
def test_a_contradiction_shouts(tmp_path, monkeypatch, form):
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    proof = certify(Claim("mine.half", "", "False beyond 1/2.", "", {"x": Real(0, 1)}, lambda x: x))
    monkeypatch.setattr(
        "flowlab.cli._verify_report.certificates_of", lambda claim, given: (proof,) * (claim.id == proof.id)
    )
    page = [*form, *([str(tmp_path / "page")] if form else [])]
    result = CliRunner().invoke(main, ["verify", f"{path}:mine.half", "--examples", "20", *page])
    assert result.exit_code == 1
    assert "falsified, CONTRADICTED" in result.stdout
    assert "mine.half: contradiction: certified over x ∈ [0, 1], yet falsified at x = " in result.stdout
    if form:
        text = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
        assert ">contradiction</span>" in text
        assert "badge certified" not in text.split("<article", 1)[1]


@pytest.mark.parametrize("of_balls", [lambda x: False, lambda x: x < 0, lambda x: x < Fraction(1, 4)])
def test_a_hypothesis_that_is_another_of_floats_leaves_nothing_out(of_balls):
    odd = Assumption("odd", lambda x: isinstance(x, float) or of_balls(x))
    below = Claim("mine.below", "", "", "", {"x": Real(0, 1)}, lambda x: Fraction(1, 2) - x, assuming=(odd,))
    with pytest.raises(ValueError, match=r"contradiction: .* floats satisfy «odd», balls do not"):
        certify(below)
    found = verify(below, examples=60)
    assert found.verdict == "undecided"


def test_a_hypothesis_that_only_rounding_satisfies_is_none_that_floats_have_of_their_own():
    rounded = Assumption("rounded", lambda x: x + 0.2 == 0.30000000000000004)
    true = Claim("mine.true", "", "", "", {"x": Real(0, 1)}, lambda x: x - Fraction(1, 20), assuming=(rounded,))
    assert certify(true, {"x": (Fraction(1, 25), 1)}).certified
    assert true.admits(x=0.1)
    assert not assumed_of_floats_alone(true, {"x": 0.1})


OF_ITS_OWN = {
    "minus": (lambda x: x, lambda x: -x),
    "below somewhere": (lambda x: x, lambda x: x if x > 1.25 else x - 5),
}


@pytest.mark.parametrize("name", OF_ITS_OWN)
def test_an_exact_that_is_another_function_than_the_slack(name):
    slack, exact = OF_ITS_OWN[name]
    claim = Claim("drawn", "drawn", "drawn", "", {"x": Real(1, 2)}, slack, exact)
    with pytest.raises(ValueError, match="contradiction: certified over"):
        certify(claim)
    with pytest.raises(ValueError, match="contradiction: certified over"):
        certify(Claim("drawn", "drawn", "drawn", "", {"x": Real(1, 2)}, slack)).check(claim)
    found = verify(claim, examples=40)
    assert found.verdict == "falsified"
    assert "; though floats make 1" in found.message
