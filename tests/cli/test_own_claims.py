"""Claims of one's own: from a file to its verdicts, and every way to get the file wrong."""

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from flowlab import claims
from flowlab.claims import certified, own
from flowlab.cli import main
from flowlab.verify import Certificate, Verdict


@pytest.fixture
def mine(tmp_path):
    """A function that writes a file of claims."""

    def write(text, name="my_claims.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def run(*line):
    result = CliRunner().invoke(main, [str(each) for each in line])
    assert not isinstance(result.exception, Exception), result.exception
    return result


def refused(*line):
    result = run(*line)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    first, *rest = result.stderr.splitlines()
    return first, rest


HOLDS = """
from flowlab.verify import Real, claim
@claim("{id}")
def {name}(x: Real(0, 1)):
    '''x (1 - x) >= 0.'''
    return x * (1 - x)
"""


def test_one_holds_and_one_fails(mine):
    path = mine(own.EXAMPLE)
    result = run("verify", path, "--json", "--examples", 20)
    assert result.exit_code == 1  # the one that fails is on record as holding
    tangent, bernoulli = json.loads(result.stdout)
    assert (tangent["id"], tangent["verdict"]) == ("mine.tangent", "held")
    assert (bernoulli["id"], bernoulli["verdict"]) == ("mine.bernoulli", "falsified")
    x, n = bernoulli["counterexample"]["x"], bernoulli["counterexample"]["n"]
    assert (1 + x) ** n < 1 + n * x


def test_the_verdict_on_record_is_what_the_file_says(mine):
    known = own.EXAMPLE.replace('"mine.bernoulli"', '"mine.bernoulli", recorded="falsified"')
    done = run("verify", mine(known), "--examples", 20)
    assert (done.exit_code, "put it on record" in done.stdout) == (0, False)
    line = 'If that is how it is, put it on record: @claim("mine.bernoulli", recorded="falsified")\n'
    assert line in run("verify", mine(own.EXAMPLE), "--examples", 20).stdout


def test_the_order_is_that_of_definition(mine):
    text = "".join(HOLDS.format(id=id, name=name) for id, name in [("z", "last"), ("b", "first"), ("a", "middle")])
    assert [claim.id for claim in claims.select([mine(text)])] == ["z", "b", "a"]


def test_ids_choose_within_a_file_and_beside_it(mine):
    path, other = mine(own.EXAMPLE), mine(HOLDS.format(id="other", name="other"), "other.py")

    def ids(*patterns):
        return [claim.id for claim in claims.select(patterns)]

    assert ids(path, "mine.tangent") == ["mine.tangent"]
    assert ids("mine.tangent", path) == ["mine.tangent"]
    assert ids(f"{path}:mine.bernoulli") == ["mine.bernoulli"]
    assert ids(f"{path}:mine.bernoulli", f"{path}:mine.tangent") == ["mine.bernoulli", "mine.tangent"]
    assert ids(path, other) == ["mine.tangent", "mine.bernoulli", "other"]
    assert ids(path, other, "mine.tangent") == ["other", "mine.tangent"]
    assert ids(path, "gissin2020.definition1") == ["mine.tangent", "mine.bernoulli", "gissin2020.definition1.times"]
    assert ids() == [claim.id for claim in claims.all_claims()]


def test_one_file_under_two_names_is_run_once(mine, monkeypatch, tmp_path):
    path = mine(own.EXAMPLE)
    monkeypatch.chdir(tmp_path)
    assert len(claims.select([path, "my_claims.py", "./my_claims.py"])) == 2


def test_a_file_without_an_ending_and_one_with_a_colon(mine, monkeypatch, tmp_path):
    mine(HOLDS.format(id="bare", name="bare"), "conjectures")
    odd = mine(HOLDS.format(id="odd", name="odd"), "part 1: σ.py")
    monkeypatch.chdir(tmp_path)
    assert [claim.id for claim in claims.select(["conjectures", odd, f"{odd}:odd"])] == ["bare", "odd"]


def test_show_tells_of_them_too(mine):
    path = mine(own.EXAMPLE.replace('"mine.bernoulli"', '"mine.bernoulli", corrected_by="mine.tangent"'))
    text = run("show", path).stdout
    assert "mine.tangent: tangent\n  log(1 + x) ≤ x." in text
    assert "n ∈ {1, …, 60}" in text
    assert "Source" not in text
    alone = run("show", f"{path}:mine.bernoulli").stdout
    assert "Corrected by mine.tangent" in alone
    assert "mine.tangent: tangent" not in alone


def test_nothing_is_left_behind(mine, tmp_path):
    mine("LOW = 0.0", "limits_of_mine.py")
    path = mine("import limits_of_mine\n" + HOLDS.format(id="a", name="a").replace("Real(0", "Real(limits_of_mine.LOW"))
    before = set(sys.modules), list(sys.path), sys.dont_write_bytecode
    claims.select([path])
    assert (set(sys.modules), sys.path, sys.dont_write_bytecode) == before
    assert {each.name for each in tmp_path.iterdir()} == {"limits_of_mine.py", "my_claims.py"}


def test_modules_beside_two_files_are_each_ones_own(mine):
    for folder, end in (("one", 1), ("two", 2)):
        mine(f"END = {end}", f"{folder}/ends_of_mine.py")
    text = "from ends_of_mine import END\n" + HOLDS.replace("Real(0, 1)", "Real(0, END)")
    one, two = (mine(text.format(id=each, name=each), f"{each}/mine.py") for each in ("one", "two"))
    assert [claim.hypotheses["x"].high for claim in claims.select([one, two])] == [1, 2]


def test_a_module_beside_it_does_not_stand_before_a_library(mine):
    mine("raise RuntimeError('not this one')", "fractions.py")
    mine("raise RuntimeError('not this one')", "statistics.py")
    assert claims.select([mine("import fractions, statistics\n" + HOLDS.format(id="a", name="a"))])


def test_classes_and_postponed_annotations_work(mine):
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n" + HOLDS.format(id="a", name="a")
    text += "@dataclass\nclass Box:\n    low: float\n    high: int = 1\n"
    assert [claim.domain for claim in claims.select([mine(text)])] == [("x ∈ [0, 1]",)]


def test_annotations_are_read_as_python_reads_them(mine):
    """At once, with the names of the function around; later, where they are texts."""
    text = """
from flowlab.verify import Real, at_most, claim
def made(k):
    @claim(f"below.{k}")
    def below(x: Real(0, k)):
        return at_most(x, k)
    return below
one, two = made(1), made(2)
@claim("text")
def text(x: "Real(0, 3)"):
    return x
"""
    found = own.load(mine(text))
    assert {name: claim.hypotheses["x"].high for name, claim in found.items()} == {"one": 1.0, "two": 2.0, "text": 3.0}


def test_what_it_prints_does_not_mix_with_the_verdicts(mine):
    path = mine(
        "print('hello')\n" + HOLDS.format(id="a", name="a").replace("    return", "    print('x is', x)\n    return")
    )
    result = run("verify", path, "--json", "--examples", 20)
    assert json.loads(result.stdout)[0]["verdict"] == "held"
    assert "hello" in result.stderr
    assert "x is 0.0" in result.stderr
    assert "x is" not in run("tightness", path, "--points", 3).stdout


def test_the_main_part_of_a_script_is_not_run(mine):
    assert claims.select([mine(HOLDS.format(id="a", name="a") + "if __name__ == '__main__':\n    1 / 0\n")])


@pytest.mark.parametrize(
    "text, line, message",
    [
        ("x = (\n", 1, "SyntaxError: '(' was never closed"),
        ("x = 1\nif x:\ny = 2\n", 3, "IndentationError: expected an indented block after 'if' statement on line 2"),
        ("x = 1\n\ny = z\n", 3, "NameError: name 'z' is not defined"),
        ("import no_such_module_anywhere\n", 1, "ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
        ("def f():\n    raise ValueError('a\\nb')\nf()\n", 2, "ValueError: a b"),
        ("raise SystemExit\n", 1, "SystemExit"),
        (HOLDS.format(id="a", name="a").replace(": Real(0, 1)", ""), 3, "ValueError: hypotheses['x']: got None; "),
        (HOLDS.format(id="a b", name="a"), 3, "ValueError: id: got 'a b'; allowed: a name without spaces"),
        (HOLDS.format(id="a", name="a").replace('("a")', ""), 3, "ValueError: id: got <function a at "),
        ("from flowlab.verify import Real\nunit = Real(1, 0)\n", 2, "ValueError: low, high: got 1, 0; "),
    ],
)
def test_an_error_in_the_file_is_one_line(mine, text, line, message):
    path = mine(text)
    first, rest = refused("verify", path)
    assert first.startswith(f"flowlab: {path}:{line}: {message}")
    assert rest == []


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x = 1\x00"])
def test_a_file_that_is_no_text(tmp_path, content):
    path = tmp_path / "mine.py"
    path.write_bytes(content)
    first, rest = refused("verify", path)
    assert str(path) in first
    assert "Error: " in first
    assert rest == []


def test_an_error_while_a_claim_is_evaluated_is_one_line(mine):
    path = mine(HOLDS.format(id="a", name="a").replace("return x", "return y"))
    result = run("verify", path)
    assert (result.exit_code, result.stderr) == (2, "")
    row = next(line for line in result.stdout.splitlines() if line.startswith("a "))
    assert row.split(maxsplit=4) == ["a", "error", "-", "-", f"{path}:6: NameError: name 'y' is not defined"]
    assert "1 claim: 1 error; 0 as on record." in result.stdout


@pytest.mark.parametrize("wrong", ["x * x < 2", "None", "'yes'", "at_most(None, x)"])
def test_what_is_no_slack_is_told_in_one_line(mine, wrong):
    text = HOLDS.format(id="a", name="a").replace("x * (1 - x)", wrong).replace("import Real", "import Real, at_most")
    path = mine(text)
    (told,) = json.loads(run("verify", path, "--json").stdout)
    first, rest = refused("tightness", path)
    for line in (f"flowlab: {told['message']}", first):
        assert line.startswith(f"flowlab: {path}:")
        assert "; allowed: " in line
    assert rest == []


def test_the_end_of_the_process_is_not_left_to_a_claim(mine):
    path = mine(HOLDS.format(id="a", name="a").replace("return x * (1 - x)", "raise SystemExit(0)"))
    result = run("verify", path)
    assert result.exit_code == 2
    assert f"{path}:6: SystemExit: 0\n" in result.stdout


def test_an_interrupt_leaves_the_verdicts_there_are(mine):
    text = HOLDS.format(id="first", name="first")
    text += HOLDS.format(id="endless", name="endless").replace("return x * (1 - x)", "raise KeyboardInterrupt")
    result = run("verify", mine(text), "--examples", 20)
    assert result.exit_code == 130
    assert "1 claim: 1 held; 1 as on record.\n" in result.stdout
    assert result.stderr == "flowlab: interrupted\n"
    assert run("verify", mine(text), "--examples", 20, "--json").stdout == ""


RAISES = """
@claim("{id}")
def {name}(x: Real(0, 1)):
    raise {error}
"""


def test_a_claim_that_raises_stops_no_other(mine, tmp_path):
    """Each of the others is searched, before it and after; what it raised is told, in JSON and on the page too."""
    file = mine(
        HOLDS.format(id="a.one", name="one")
        + RAISES.format(id="a.two", name="two", error="KeyError(x)")
        + HOLDS.format(id="a.three", name="three")
        + RAISES.format(id="a.four", name="four", error="TypeError('no <b>')")
    )
    result = run("verify", file, "--examples", 20)
    assert result.exit_code == 2
    assert "4 claims: 2 held, 2 errors; 2 as on record.\n" in result.stdout
    for name, word in (("one", "held"), ("three", "held"), ("two", "error"), ("four", "error")):
        row = next(line for line in result.stdout.splitlines() if line.startswith(f"a.{name} "))
        assert row.split()[1] == word
    result = run("verify", file, "--examples", 20, "--json", "--report", tmp_path / "page")
    assert result.exit_code == 2
    told = {each["id"]: each for each in json.loads(result.stdout)}
    assert [each["verdict"] for each in told.values()] == ["held", "error", "held", "error"]
    assert not told["a.two"]["agrees"]
    assert told["a.two"]["message"] == f"{file}:10: KeyError: 0.0"
    assert "no &lt;b&gt;" in (tmp_path / "page" / "index.html").read_text(encoding="utf-8")


def test_where_tightness_finds_a_failure_the_verdict_is_not_that_it_held(mine, monkeypatch):
    path = mine(HOLDS.format(id="a", name="a").replace("x * (1 - x)", "at_most(2 * x, x + 0.5)"))
    path = mine("from flowlab.verify import at_most\n" + Path(path).read_text(encoding="utf-8"))
    monkeypatch.setattr("flowlab.verify.verify", lambda claim, **_: Verdict(claim.id, "held", "held", examples=3))
    result = run("verify", path)
    assert result.exit_code == 1
    assert "falsified, NOT held as on record" in result.stdout
    assert "a fails at x = " in result.stdout


def test_an_error_elsewhere_keeps_its_traceback(mine, monkeypatch):
    def broken(claim, **_):
        raise NameError("ours")

    monkeypatch.setattr("flowlab.verify.verifying.examined", broken)
    result = CliRunner().invoke(main, ["verify", mine(own.EXAMPLE)])
    assert isinstance(result.exception, NameError)


def test_a_file_without_claims_is_told_how_to_write_one(mine):
    path = mine("x = 1\n")
    first, rest = refused("verify", path)
    assert first == f"flowlab: {path}: no claims found; allowed: a file that defines some, such as"
    assert "\n".join(rest).strip() == own.EXAMPLE.strip()


@pytest.mark.parametrize(
    "name, reason", [("nix.py", "No such file or directory"), ("deep/nix", "No such file"), ("", "Is a directory")]
)
def test_a_file_that_cannot_be_read(tmp_path, name, reason):
    first, rest = refused("verify", f"{tmp_path}/{name}")
    assert first.startswith(f"flowlab: ID: got '{tmp_path}/{name}' ({reason}")
    assert first.endswith("allowed: a file of claims, or an id")
    assert rest == []


def test_an_id_that_the_file_does_not_have(mine):
    path = mine(own.EXAMPLE)
    first, _ = refused("verify", f"{path}:mine.tangnt")
    assert first.endswith("did you mean 'mine.tangent'?")
    first, _ = refused("verify", path, "mine.tangnt")
    assert first.endswith("did you mean 'mine.tangent'?")


def test_two_claims_with_one_id(mine):
    twice = mine(HOLDS.format(id="a", name="one") + HOLDS.format(id="a", name="two"), "twice.py")
    first, _ = refused("verify", twice)
    assert first == f"flowlab: ID: got 'a' twice, one in {twice} and two in {twice}; allowed: an id for each claim"
    other = mine(HOLDS.format(id="a", name="three"), "other.py")
    first, _ = refused("verify", mine(HOLDS.format(id="a", name="one")), other)
    assert f"one in {mine(HOLDS.format(id='a', name='one'))} and three in {other}" in first
    ours = mine(HOLDS.format(id="gissin2020.lemma1", name="lemma"))
    first, _ = refused("verify", ours)
    assert f"got 'gissin2020.lemma1' twice, among flowlab's own and lemma in {ours}" in first


def test_one_claim_under_two_names_is_one(mine):
    path = mine(HOLDS.format(id="a", name="one") + "two = one\nfrom flowlab.claims import get\n")
    assert [claim.id for claim in claims.select([path])] == ["a"]


def test_a_claim_whose_name_is_given_to_another_is_not_lost(mine):
    path = mine(HOLDS.format(id="first", name="same") + HOLDS.format(id="second", name="same"))
    assert [claim.id for claim in claims.select([path])] == ["first", "second"]
    assert "first" in run("show", f"{path}:first").stdout
    text = HOLDS.format(id="a", name="same")
    first, _ = refused("verify", mine(text + text))
    assert first.startswith("flowlab: ID: got 'a' twice, same of line 3 in ")


def test_claims_made_in_a_loop_are_found(mine):
    text = """
from flowlab.verify import Real, claim
def above(power):
    @claim(f"mine.power{power}")
    def one(x: Real(0, 1)):
        return 1 - x**power
    return one
family = [above(power) for power in (1, 2, 3)]
"""
    assert [claim.id for claim in claims.select([mine(text)])] == ["mine.power1", "mine.power2", "mine.power3"]


def test_a_claim_that_is_replaced_is_not_meant(mine):
    text = HOLDS.format(id="a", name="one")
    text += "from dataclasses import replace\none = replace(one, recorded='falsified')\n"
    assert [claim.recorded for claim in claims.select([mine(text)])] == ["falsified"]


def test_what_a_module_beside_it_makes_for_itself_is_not_taken(mine):
    mine(HOLDS.format(id="b", name="two") + HOLDS.format(id="c", name="three"), "beside_mine.py")
    path = mine("from beside_mine import three\n" + HOLDS.format(id="a", name="one"))
    assert {claim.id for claim in claims.select([path])} == {"a", "c"}


def test_a_registered_claim_in_a_file_is_itself(mine):
    path = mine("from flowlab.claims import get\nlemma = get('gissin2020.lemma1')\n")
    assert claims.select([path]) == [claims.get("gissin2020.lemma1")]
    assert own.file_of(claims.get("gissin2020.lemma1")) == ""


def test_how_tight_a_claim_of_ones_own_is(mine):
    text = run("verify", mine(own.EXAMPLE), "--examples", 40).stdout
    assert "mine.tangent is loosest at x = 100: right side / left side = 21.67\n" in text  # 100/log(101)
    assert "mine.bernoulli is" not in text  # it fails, and the verdict says where
    assert f"flowlab certify {mine(own.EXAMPLE)} mine.tangent" in text
    assert "is loosest" not in run("verify", "gissin2020.appendix_b.reciprocal", "--examples", 40).stdout


def test_commands_that_take_one_claim_take_it_from_a_file(mine):
    path = mine(own.EXAMPLE)
    assert "mine.tangent" in run("tightness", f"{path}:mine.tangent", "--points", 5).stdout
    first, _ = refused("tightness", path)
    assert first.endswith(f"got '{path}', 2 claims; allowed: one of mine.tangent, mine.bernoulli")


def test_a_report_on_claims_of_ones_own(mine, tmp_path):
    folder = tmp_path / "a" / "folder"
    known = own.EXAMPLE.replace('"mine.bernoulli"', '"mine.bernoulli", recorded="falsified"')
    line = ["verify", mine(known), "--examples", 40, "--report", folder]
    result = run(*line)
    assert result.exit_code == 0
    assert result.stdout.endswith(f"wrote {folder / 'index.html'}\n")
    first = (folder / "index.html").read_bytes()
    assert b"mine.tangent" in first
    assert run(*line).exit_code == 0
    assert (folder / "index.html").read_bytes() == first
    assert [each.name for each in folder.iterdir()] == ["index.html"]


def test_a_report_changes_no_exit_status_and_no_json(mine, tmp_path):
    result = run("verify", mine(own.EXAMPLE), "--examples", 40, "--json", "--report", tmp_path / "out")
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)) == 2
    assert "wrote" in result.stderr
    assert (tmp_path / "out" / "index.html").exists()


def test_a_plain_slack_is_drawn_on_the_page_too(mine, tmp_path):
    run("verify", mine(HOLDS.format(id="a", name="a")), "--examples", 20, "--report", tmp_path)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "How tight" in html
    assert "a: slack over x" in html
    assert "Over the whole domain tightest at" in html


def test_a_page_that_is_not_ours_is_not_replaced(mine, tmp_path):
    page = tmp_path / "index.html"
    page.write_text("<title>My diary</title>", encoding="utf-8")
    first, _ = refused("verify", mine(own.EXAMPLE), "--report", tmp_path)
    assert first == (
        f"flowlab: --report: got '{tmp_path}', whose index.html flowlab verify did not write; allowed: another folder"
    )
    assert page.read_text(encoding="utf-8") == "<title>My diary</title>"


def test_a_folder_that_cannot_be_written_is_refused_before_the_search(mine, tmp_path, monkeypatch):
    monkeypatch.setattr("flowlab.verify.verify", None)
    blocked = tmp_path / "file"
    blocked.write_text("")
    first, _ = refused("verify", mine(own.EXAMPLE), "--report", blocked)
    assert first.startswith(f"flowlab: --report: got '{blocked}' (a file is in the way)")
    (tmp_path / "out" / "index.html").mkdir(parents=True)
    first, _ = refused("verify", mine(own.EXAMPLE), "--report", tmp_path / "out")
    assert first.startswith("flowlab: --report: got ")


def test_certificates_are_checked_and_shown(mine, tmp_path):
    path, kept, folder = mine(own.EXAMPLE), tmp_path / "tangent.json", tmp_path / "out"
    done = run("certify", path, "mine.tangent", "--box", "x=0.5:100", "--out", kept)
    assert done.exit_code == 0, done.output
    line = ["verify", path, "mine.tangent", "--examples", 20, "--report", folder, "--certificate", kept]
    assert run(*line).exit_code == 0
    assert "Proved in interval arithmetic" in (folder / "index.html").read_text(encoding="utf-8")
    liar = tmp_path / "liar.json"
    liar.write_text(kept.read_text(encoding="utf-8").replace('"0.5"', '"-0.5"'), encoding="utf-8")
    refused(*line[:-1], liar)
    false = Certificate("mine.bernoulli", "(1 + x)^n ≥ 1 + n x.", {"x": ["-3", "-2.5"], "n": ["5", "5"]}, 64, ".")
    false.save(liar)
    refused("verify", path, "--examples", 20, "--report", folder, "--certificate", liar)
    first, _ = refused("verify", path, "mine.bernoulli", "--report", folder, "--certificate", kept)
    assert "which is for mine.tangent; allowed: a claim on the page" in first
    first, _ = refused("verify", path, "--certificate", kept)
    assert first == "flowlab: --certificate: got a file without --report; allowed: together with it"


def test_certificates_of_the_package_are_on_the_page(tmp_path):
    line = ["verify", "gissin2020.appendix_b.reciprocal", "--examples", 20, "--report", tmp_path]
    assert run(*line).exit_code == 0
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert text.count("Proved in interval arithmetic throughout") == 2
    kept = certified.FOLDER / "gissin2020.appendix_b.reciprocal.lower.json"
    assert run(*line, "--certificate", kept).exit_code == 0
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == text  # not told twice


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_may_have_no_end_is_not_read(mine, tmp_path):
    path, pipe = mine(own.EXAMPLE), tmp_path / "pipe"
    os.mkfifo(pipe)
    for line in (("verify", pipe), ("certify", path, "--check", pipe), ("verify", "/dev/zero")):
        assert "not a regular file" in refused(*line)[0]


ERROR = """
from flowlab.verify import Real, claim

@claim("mine.error")
def error(x: Real(0, 1)):
    return x.nothing
"""


def test_an_error_is_nothing_to_put_on_record(mine):
    done = run("verify", mine(ERROR), "--examples", 20)
    assert "mine.error" in done.output
    assert "put it on record" not in done.output


TENTH = """
from fractions import Fraction
from flowlab.verify import Real, at_most, claim

@claim("mine.tenth")
def tenth(x: Real(1, 2)):
    return at_most(0.1 * x, Fraction(1, 10) * x)
"""


def test_what_fails_by_a_literal_alone_is_told_so(mine):
    done = run("certify", mine(TENTH), "mine.tenth")
    assert done.exit_code == 1
    assert "less than floats resolve; of a number rounded where it is written" in done.output
