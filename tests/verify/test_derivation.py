"""What a search and a derivation come to together, and how it is told."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from flowlab import claims
from flowlab.claims.gissin2020.derivations import theorem1
from flowlab.cli import main
from flowlab.verify import Claim, Derivation, Real, Step, Verdict, verify
from flowlab.verify.verdict import weighed

TRUE, FALSE = Step("1 = 1", True), Step("1 = 2", False)
PROVED, REFUTED = Derivation("every x", (TRUE, TRUE)), Derivation("x = 2", (TRUE,), refutes=True)
BROKEN = Derivation("every x", (TRUE, FALSE, FALSE))
UNFINISHED = Derivation("every x", (TRUE,), unfinished="60 s are over")
STEPS = st.lists(st.sampled_from([TRUE, FALSE]), max_size=4).map(tuple)


@given(steps=STEPS, refutes=st.booleans(), unfinished=st.sampled_from(["", "60 s are over"]))
def test_outcome(steps, refutes, unfinished):
    found = Derivation("every x", steps, refutes=refutes, unfinished=unfinished)
    if FALSE in steps:
        assert found.outcome == "broken"
        assert FALSE.text in found.summary
    elif unfinished:
        assert found.outcome == "unfinished"
        assert unfinished in found.summary
    elif not steps:
        assert found.outcome == "broken"
    else:
        assert found.outcome == ("refuted" if refutes else "proved")
        assert found.scope in found.summary
    assert found.proved == (found.outcome == "proved")
    assert found.refuted == (found.outcome == "refuted")


def test_the_first_step_that_does_not_hold_is_named():
    assert BROKEN.summary == "derivation broken for every x: step 2 of 3 does not hold: 1 = 2"


def test_without_steps_nothing_is_proved():
    assert not Derivation("every x", ()).proved
    assert "no steps" in Derivation("every x", ()).summary


@pytest.mark.parametrize(
    "found, derivation, verdict, says",
    [
        ("held", PROVED, "held", "proved for every x (2 steps)"),
        ("falsified", REFUTED, "falsified", "refuted for x = 2 (1 step)"),
        ("falsified", PROVED, "undecided", "contradiction: proved"),
        ("held", REFUTED, "undecided", "contradiction: refuted"),
        ("undecided", PROVED, "undecided", "proved for every x"),
        ("undecided", REFUTED, "undecided", "refuted for x = 2"),
        *((found, BROKEN, "undecided", "step 2 of 3") for found in ("held", "falsified", "undecided")),
        *((found, UNFINISHED, found, "60 s are over") for found in ("held", "falsified", "undecided")),
    ],
)
def test_search_and_derivation_together(found, derivation, verdict, says):
    together = weighed(Verdict("demo", found, found, message="the search's own words"), derivation)
    assert together.verdict == verdict
    assert says in together.message
    assert "the search's own words" in together.message
    assert together.proof == derivation.summary
    assert together.agrees == (verdict == found)
    assert json.loads(json.dumps(together.as_json()))["proof"] == derivation.summary


def square(derivation, slack=lambda x: x * x):
    return Claim("demo", "", "x² ≥ 0", "", {"x": Real(-1, 1)}, slack, derivation=derivation)


@pytest.mark.parametrize(
    "derivation, verdict", [(PROVED, "held"), (REFUTED, "undecided"), (BROKEN, "undecided"), (UNFINISHED, "held")]
)
def test_verify_carries_the_derivation_out(derivation, verdict):
    assert verify(square(lambda: derivation), examples=20).verdict == verdict
    assert verify(square(None), examples=20).proof == ""


def test_a_counterexample_to_what_is_proved():
    found = verify(square(lambda: PROVED, lambda x: x), examples=20)
    assert found.verdict == "undecided"
    assert found.counterexample is not None
    assert not found.agrees


def run(line, status=0):
    result = CliRunner().invoke(main, line)
    assert result.exit_code == status, result.output
    return result.stdout


DEPTH1 = "gissin2020.theorem1.depth1"


def test_show_prints_the_steps():
    text = run(["show", DEPTH1])
    assert "Derivation, each step checked by SymPy and by numbers: proved" in text
    found = claims.get(DEPTH1).derivation()
    for number, step in enumerate(found.steps, 1):
        assert f"{number}. {step.text}" in text


def test_verify_tells_what_is_proved():
    text = run(["verify", DEPTH1, "gissin2020.theorem5", "--examples", "5"])
    assert "held, proved" in text
    assert "falsified, refuted" in text
    assert "; 3 proved; 1 refuted by derivation" in text
    (found,) = json.loads(run(["verify", DEPTH1, "--examples", "5", "--json"]))
    assert found["proof"].startswith("proved for every σ* > 0")


def test_a_step_that_does_not_hold_is_an_error(monkeypatch):
    monkeypatch.setattr(theorem1, "depth1", lambda: BROKEN)
    text = run(["verify", DEPTH1, "--examples", "5"], status=1)
    assert "undecided, broken, NOT held as on record" in text
    assert "step 2 of 3 does not hold: 1 = 2" in text
    assert "DOES NOT HOLD: 1 = 2" in run(["show", DEPTH1])
