"""What ``flowlab certify`` prints, keeps, and refuses."""

import contextlib
import json
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from flowlab.cli import main
from flowlab.verify import Certificate
from flowlab.verify.certifying import certificate_file

UPPER = "gissin2020.theorem2.depth2.upper"

MINE = '''
import mpmath
from flowlab.verify import Assumption, Choice, Real, at_most, claim, functions

@claim("mine.chord")
def chord(x: Real(0, 1)):
    """e^x <= 1 + 1.8 x on [0, 1]."""
    return at_most(functions.exp(x), 1 + 1.8 * x)

@claim("mine.slow")
def slow(x: Real(0, 1), y: Real(0, 1)):
    """(x - y)^2 >= 0, which nothing decides on the diagonal."""
    return (x - y) * (x - y)

@claim("mine.forgotten")
def forgotten(x: Real(0, 1)):
    """x <= -1: false, and nothing is returned."""
    at_most(x, -1)

@claim("mine.edge")
def edge(x: Real(0, 1)):
    """x log x >= -1/2, which nothing decides at 0."""
    return at_most(-0.5, x * functions.log(x))

@claim("mine.choice")
def choice(c: Choice(0.1, 2), x: Real(0, 1)):
    """10 c + x <= 21."""
    return at_most(10 * c + x, 21)

@claim("mine.never", assuming=[Assumption("x > 2", lambda x: x > 2)])
def never(x: Real(0, 1)):
    """x <= -1 where x > 2."""
    return at_most(x, -1)

@claim("mine.unread", assuming=[Assumption("sin x < 2", lambda x: mpmath.sin(x) < 2)])
def unread(x: Real(0, 1)):
    """x <= 0, which fails but at 0."""
    return at_most(x, 0)
'''


def run(*line, status=0):
    result = CliRunner().invoke(main, ["certify", *map(str, line)])
    assert result.exit_code == status, result.output
    return result


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(MINE, encoding="utf-8")
    return path


def test_a_claim_is_certified_kept_and_checked(tmp_path):
    path = tmp_path / "c.json"
    text = run(UPPER, "--jobs", 1, "--out", path).stdout
    assert f"{UPPER} over ratio ∈ [1.05, 50], s ∈ [0.01, 0.25], f ∈ [0.75, 0.99]" in text
    assert "certified: " in text
    assert Certificate.load(path).certified
    assert "every one verified anew" in run("--check", path).stdout
    assert json.loads(run("--check", path, "--json").stdout) == Certificate.load(path).content()


def test_a_box_and_a_depth_are_taken(tmp_path):
    text = run("gissin2020.theorem2.deep.lower", "--box", "ratio=2:3", "s=0.1", "--depth", "inf").stdout
    assert "depth = ∞" in text
    assert "ratio ∈ [2, 3]" in text
    assert "s = 0.1" in text


def test_what_is_false_on_record_is_found_false():
    assert "falsified: certainly false over" in run("gissin2020.theorem2.deep.upper").stdout
    found = json.loads(run("gissin2020.appendix_a.necessary.drop", "--json").stdout)
    assert found["verdict"] == "falsified"
    assert found["counterexample"].keys() == {"depth", "ratio", "s", "f"}


def test_claims_of_ones_own(mine, tmp_path):
    path = tmp_path / "c.json"
    assert "mine.chord over x ∈ [0, 1]" in run(f"{mine}:mine.chord", "--out", path).stdout
    run(mine, "--check", path)
    run("--check", path, status=2)  # without the file nobody knows the claim
    assert "7 claims" in run(mine, status=2).stderr
    told = run("--check", path, status=2).stderr
    assert "ID: got nothing, for a certificate of mine.chord; allowed: the file that defines this claim" in told


def test_no_slack_is_told_in_a_line_and_proves_nothing(mine, tmp_path):
    path = tmp_path / "c.json"
    told = "claim: got mine.forgotten, whose slack is None (NoneType); allowed: a number"
    assert told in run(mine, "mine.forgotten", status=2).stderr
    words = {"id": "mine.forgotten", "statement": "x <= -1: false, and nothing is returned."}
    Certificate(**words, box={"x": ["0", "1"]}, precision=64, tree=".").save(path)
    result = run(mine, "--check", path, status=2)
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_member_is_named_and_checked(mine, tmp_path):
    path = tmp_path / "c.json"
    assert (
        "--box: got nothing for c; allowed: c=MEMBER, one of c ∈ {0.1, 2}" in run(mine, "mine.choice", status=2).stderr
    )
    assert "c = 0.1" in run(mine, "mine.choice", "--box", "c=0.1", "--out", path).stdout
    assert "every one verified anew" in run(mine, "--check", path).stdout


def test_what_the_hypotheses_leave_is_told(mine):
    assert (
        "nothing is proved: nothing in the box satisfies the hypotheses; 1 cell"
        in run(mine, "mine.never", status=1).stdout
    )
    assert "hypotheses" not in run(mine, "mine.chord").stdout
    told = run(mine, "mine.unread", "--cells", 100, status=1).stdout
    assert "not evaluated in balls, so that nothing is left out by it: sin x < 2 (" in told


def test_ends_of_many_digits_are_shown_in_short(mine, tmp_path):
    path = tmp_path / "c.json"
    shown = run(mine, "mine.edge", "--cells", 1300, "--out", path, status=1).stdout
    assert "x ∈ [0, 2.40991986510288411774075…e-181]" in shown
    assert max(map(len, shown.splitlines())) < 150
    assert f"x ∈ [0, 0.{'0' * 180}24099" not in shown


@pytest.mark.parametrize("tree", ["0" * 200_000 + "." * 200_001, "0" * 601 + "." * 602])
def test_a_tree_that_certify_does_not_make_is_refused_before_it_is_checked(mine, tmp_path, tree):
    path = tmp_path / "c.json"
    Certificate("mine.chord", "e^x <= 1 + 1.8 x on [0, 1].", {"x": ["0", "1"]}, 64, tree).save(path)
    result = run(mine, "--check", path, status=1)
    assert "tree: got more than 600 halvings of an axis" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_no_search_keeps_is_not_read(mine, tmp_path, monkeypatch):
    path = tmp_path / "c.json"
    path.write_text(" " * 1001, encoding="utf-8")
    monkeypatch.setattr(certificate_file, "_MOST_BYTES", 1000)
    assert "too large; allowed: files of at most 1000 bytes" in run(mine, "--check", path, status=1).stderr


def test_a_search_is_stopped_and_continued(mine, tmp_path):
    path = tmp_path / "c.json"
    line = (mine, "mine.slow", "--jobs", 1, "--cells", 150, "--out", path)
    text = run(*line, status=1).stdout
    assert "undecided in" in text
    assert "the widest left:" in text
    first = Certificate.load(path)
    run(*line, status=1)
    second = Certificate.load(path)
    assert second.leaves > first.leaves
    assert second.undecided < first.undecided
    run(mine, "--check", path, status=1)  # nothing is wrong with it, but not all is proved
    assert "--out: got a certificate of another box" in run(*line, "--precision", 80, status=2).stderr


def interrupted(process, kind):
    """Interrupt again where an interrupt was lost: in a callback that cannot raise, Python prints it and goes on."""
    for _ in range(5):
        process.send_signal(kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=30)
    process.kill()
    pytest.fail("five interrupts did not end it")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_proved(mine, tmp_path, kind):
    """Whoever makes it: its worker processes have ended too, or the pipes would not."""
    path = tmp_path / "c.json"
    line = [sys.executable, "-m", "flowlab", "certify", str(mine), "mine.slow", "--jobs", "2", "--out", str(path)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(4)
        out, err = interrupted(process, kind)
    assert "Traceback" not in err or "Exception ignored" in err
    assert "leaked" not in err
    if kind is signal.SIGTERM:
        assert process.returncode > 0  # it was not killed by it
    if process.returncode == 1:  # it was at work already, on however slow a machine
        assert "undecided in" in out
        assert not Certificate.load(path).certified


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ([], "ID: got nothing"),
        (["gissin2020.lemma2"], "ID: got 'gissin2020.lemma2'"),
        (["gissin2020.theorem1.depth2"], "claim: got gissin2020.theorem1.depth2, an identity"),
        ([UPPER, "--box", "r=1:2"], "--box: got 'r'"),
        ([UPPER, "--box", "ratio"], "--box: got 'ratio'"),
        ([UPPER, "--box", "s=0.1", "s=0.2"], "once for each argument"),
        ([UPPER, "--box", "s=0.1:0.3"], "--box: got s = '0.1:0.3'"),
        ([UPPER, "--depth", "3"], "--box: got 'depth'"),
        ([UPPER, "--precision", "8"], "--precision: got '8'"),
        ([UPPER, "--seconds", "0"], "--seconds: got 0.0"),
        ([UPPER, "--jobs", "0"], "--jobs: got '0'"),
        (["--check", "/no/such/file.json"], "No such file"),
        ([UPPER, "--out", "/dev/null/c.json"], "--out: got"),
    ],
)
def test_bad_input_is_one_line(line, message):
    result = run(*line, status=2)
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"tree": "', '"tree": ".'),
        lambda text: text.replace('"50"', '"60"'),
        lambda text: text.replace('"precision": 64', '"precision": 65'),
        lambda text: text.replace(UPPER, "gissin2020.theorem2.depth2.lower"),
        lambda text: text.replace("σ0_th ≤", "σ0_th <"),
        lambda text: text[:100],
        lambda text: "",
    ],
)
def test_a_changed_certificate_is_refused_in_one_line(tmp_path, change):
    path = tmp_path / "c.json"
    run(UPPER, "--jobs", 1, "--out", path)
    text = path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_text(change(text), encoding="utf-8")
    result = run("--check", path, status=1)
    assert result.stderr.count("\n") == 1
    assert "certificate: got" in result.stderr


def test_certificates_are_shown():
    result = CliRunner().invoke(main, ["show", UPPER])
    assert "Certified in ball arithmetic" in result.output
    result = CliRunner().invoke(main, ["show", "gissin2020.theorem2.deep.upper"])
    assert "Certainly false, in ball arithmetic, all over" in result.output
