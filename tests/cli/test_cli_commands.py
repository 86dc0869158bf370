"""What the commands print."""

import csv
import json
import math
import re

import numpy as np
import pytest
from click.testing import CliRunner

from flowlab import claims, figures, toy
from flowlab.cli import _print, main

SOLVE = ["solve", "--depth", "3", "--target", "12", "6", "4", "3", "--init", "0.01", "--until", "3"]
#: What is settled quickly; the claims themselves are tested elsewhere.
EXAMINED = "flowlab.verify.verifying.examined"
QUICK = ["gissin2020.theorem1.depth1", "gissin2020.theorem1.depth2"]
THRESHOLD = ["threshold", "--ratio", "4", "--s", "0.15", "--f", "0.8"]


def output_of(line, *, status=0):
    result = CliRunner().invoke(main, line)
    assert result.exit_code == status, result.output
    return result.stdout


def table_of(text):
    """Return the numbers of the table below the rule."""
    below = text[text.index("─") :].splitlines()[1:]
    rows = [line.split() for line in below]
    return np.array([[float(cell) for cell in row] for row in rows[: rows.index([])]])


def test_help_lists_every_command():
    text = output_of(["--help"])
    for command in ("list", "show", "solve", "threshold", "verify", "figure", "--version"):
        assert f"  {command}" in text
    assert "..." not in text.partition("Commands:")[2]


def test_help_says_what_an_integer_may_be():
    assert ">= 2" in output_of(["solve", "--help"])
    assert ">= 1" in output_of(["verify", "--help"])


def test_version():
    from flowlab import __version__

    assert output_of(["--version"]) == f"flowlab {__version__}\n"


def test_list_names_everything_in_full():
    text = output_of(["list"])
    for claim in claims.all_claims():
        assert claim.id in text
    assert "ToyModel" in text
    assert "Figure 2" in text
    assert "…" not in text


def test_list_as_json():
    content = json.loads(output_of(["list", "--json"]))
    assert {each["id"] for each in content["claims"]} == {claim.id for claim in claims.all_claims()}
    assert [each["id"] for each in content["figures"]] == [figure.id for figure in figures.all_figures()]
    assert "2" in {each["id"] for each in content["figures"]}
    assert "ToyModel" in {each["id"] for each in content["models"]}
    assert all(each["title"] for kind in content.values() for each in kind)


def test_show_tells_all_that_is_known():
    for claim in claims.all_claims():
        text = " ".join(output_of(["show", claim.id]).split())
        parts = [claim.id, claim.title, claim.statement, claim.source, claim.recorded, claim.flaw]
        parts += [claim.corrected_by, *claim.domain]
        for part in parts:
            assert " ".join(part.split()) in text


def test_show_tells_what_a_figure_shows_and_how_to_draw_it():
    text = output_of(["show", "2"])
    figure = figures.get("2")
    for part in (figure.title, figure.source, figure.description):
        assert " ".join(part.split()) in " ".join(text.split())
    assert "flowlab figure 2 --out" in text


def test_show_tells_what_a_model_takes():
    text = output_of(["show", "ToyModel"])
    assert text.startswith("ToyModel(depth, target, init): The linear model")
    assert "\nParameters\ndepth : float\n    N, finite and >= 1" in text


def test_everything_listed_can_be_shown():
    content = json.loads(output_of(["list", "--json"]))
    for each in (one for kind in content.values() for one in kind):
        assert each["title"] in output_of(["show", each["id"]])


def test_solve_prints_the_exact_solution():
    table = table_of(output_of(SOLVE))
    expected = toy.sigma(table[:, :1], depth=3, target=[12, 6, 4, 3], init=0.01)
    np.testing.assert_allclose(table[:, 1:], expected, rtol=1e-5)
    assert table[0, 0] == 0
    assert table[-1, 0] == 3


@pytest.mark.parametrize(
    "spelling",
    [
        ["--target", "12", "6"],
        ["--target", "12", "--target", "6"],
        ["--target=12", "6"],
        ["--target=12", "--target=6"],
    ],
)
def test_several_targets_can_be_given_in_every_way(spelling):
    line = ["solve", *spelling, "--depth", "2", "--init", "0.1", "--until", "1"]
    assert table_of(output_of(line)).shape == (11, 3)
    assert output_of(line) == output_of(["solve", *line[1 + len(spelling) :], *spelling])


def test_solve_adaptively_agrees_with_the_exact_solution():
    text = output_of([*SOLVE, "--method", "adaptive"])
    np.testing.assert_allclose(table_of(text), table_of(output_of(SOLVE)), rtol=2e-5)
    assert "steps" in text.splitlines()[-1]


def test_solve_by_descent_comes_near():
    text = output_of([*SOLVE, "--method", "descent", "--learning-rate", "0.0001"])
    np.testing.assert_allclose(table_of(text)[-1], table_of(output_of(SOLVE))[-1], rtol=1e-2)
    assert "30000 steps" in text


@pytest.mark.parametrize("until, rate, steps", [("3", "2", 1), ("0.3", "0.1", 3), ("3", "3", 1), ("0.7", "0.1", 7)])
def test_a_descent_never_passes_until(until, rate, steps):
    line = ["solve", "--depth", "2", "--target", "1", "--init", "0.01", "--until", until]
    text = output_of([*line, "--method", "descent", "--learning-rate", rate])
    assert f" {steps} steps" in text
    assert table_of(text)[-1, 0] == pytest.approx(steps * float(rate))
    assert table_of(text)[-1, 0] <= float(until)


@pytest.mark.parametrize("method", [["descent", "--learning-rate", "1e-12"], ["adaptive"]])
def test_a_step_limit_ends_a_run_and_says_where(method):
    line = ["solve", "--depth", "2", "--target", "1", "--init", "0.5", "--until", "1000", "--max-steps", "7"]
    result = CliRunner().invoke(main, [*line, "--method", *method])
    assert result.exit_code == 1
    assert "step limit; 7 steps" in result.stdout.splitlines()[-1].replace("6 steps, 1 rejected", "7 steps")
    assert result.stderr.startswith("flowlab: The maximum number of steps (7) was reached at t = ")
    reached = float(re.search(r"t = ([\d.e+-]+),", result.stderr)[1])
    assert table_of(result.stdout)[-1, 0] == pytest.approx(reached, rel=1e-5)
    if method[0] == "descent":
        assert reached == pytest.approx(7e-12)
        assert "which takes 1000000000000000; raise --max-steps" in result.stderr


def test_a_descent_that_diverges_says_so_and_fails():
    line = ["solve", "--depth", "3", "--target", "10", "--init", "20", "--until", "100"]
    result = CliRunner().invoke(main, [*line, "--method", "descent", "--learning-rate", "2"])
    assert result.exit_code == 1
    assert result.stderr.startswith("flowlab: ")
    assert "diverged" in result.stderr
    assert "nan" not in result.output


def test_infinite_depth_and_a_start_for_each_target():
    text = output_of(["solve", "--depth", "inf", "--target", "4", "2", "--init", ".3", "5", "--until", "3"])
    table = table_of(text)
    np.testing.assert_allclose(
        table[:, 1:], toy.sigma(table[:, :1], depth=math.inf, target=[4, 2], init=[0.3, 5]), rtol=1e-5
    )
    assert "σ0 = 5" in text


def test_solve_writes_what_it_computed(tmp_path):
    table, plot = tmp_path / "sub folder" / "a.csv", tmp_path / "a.svg"
    output_of([*SOLVE, "--points", "31", "--csv", str(table), "--plot", str(plot)])
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 4 * 31
    t, target, value = (np.array([float(row[name]) for row in rows]) for name in ("t", "target", "sigma"))
    np.testing.assert_array_equal(value, toy.sigma(t, depth=3, target=target, init=0.01))
    assert all(f"σ* = {goal}" in plot.read_text(encoding="utf-8") for goal in (12, 6, 4, 3))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "sub folder"]


@pytest.mark.parametrize("depth", ["2", "3", "5", "inf"])
def test_threshold_prints_the_exact_value_between_its_bounds(depth):
    text = output_of([*THRESHOLD, "--depth", depth])
    shown = {line.split("  ")[0]: float(line.split()[-2]) for line in text.splitlines() if "bound," in line}
    line = next(each for each in text.splitlines() if each.startswith("exact"))
    exact = toy.threshold(depth=float(depth), ratio=4, s=0.15, f=0.8)
    assert float(line.split()[-2]) == pytest.approx(float(exact), rel=1e-5)
    bounds = toy.threshold_bounds(depth=float(depth), ratio=4, s=0.15, f=0.8)
    assert shown["lower bound, Theorem 2"] == pytest.approx(float(bounds.lower), rel=1e-5)
    assert shown["upper bound, Theorem 2"] == pytest.approx(float(bounds.upper), rel=1e-5)
    assert ("violated" in text) == (not bounds.lower <= exact <= bounds.upper)


def test_threshold_beyond_the_range_of_a_float():
    line = ["threshold", "--depth", "2", "--ratio", "1.0001", "--s", "0.15", "--f", "0.8"]
    text = output_of(line)
    assert "e-" in text
    assert not any(word in text.split() for word in ("0", "inf", "nan", "0.0"))
    logarithm = float(toy.threshold(depth=2, ratio=1.0001, s=0.15, f=0.8, log=True))
    assert f"{logarithm:.12g}" in output_of([*line, "--log"])


def test_threshold_of_descent():
    text = output_of([*THRESHOLD, "--depth", "2", "--learning-rate", "0.01"])
    found = toy.descent_threshold(ratio=4, s=0.15, f=0.8, learning_rate=0.01)
    assert _print.number(float(found.largest)) in text
    assert _print.number(float(found.all_below)) in text


def test_verify_as_json():
    line = ["verify", *QUICK, "--examples", "20", "--seed", "3", "--json"]
    verdicts = json.loads(output_of(line))
    assert [each["id"] for each in verdicts] == QUICK
    for each in verdicts:
        assert {"id", "verdict", "examples", "min_slack", "counterexample"} <= each.keys()
        assert each["verdict"] in {"held", "falsified", "undecided"}
    assert output_of(line) == output_of(line)


def test_verify_names_every_claim_once():
    text = output_of(["verify", *QUICK, QUICK[0], "--examples", "20"])
    for each in QUICK:
        assert sum(line.split()[:1] == [each] for line in text.splitlines()) == 1
    assert f"{len(QUICK)} claims: " in text
    assert "\n1 claim: " in output_of(["verify", QUICK[0], "--examples", "20"])


def test_where_the_slack_is_smallest_is_printed_in_full(monkeypatch):
    """Six digits would leave the domain: r = 1, f = 1 or s = 0.25."""
    from flowlab import verify

    at = {"ratio": 1 + 2.0**-52, "s": 0.25 - 2.0**-54, "f": 1 - 2.0**-53, "depth": math.inf, "n": 2, "target": 3.0}
    verdict = verify.Verdict("demo", "falsified", "falsified", 20, min_slack=-1.0, at=at, counterexample=at)
    monkeypatch.setattr(EXAMINED, lambda claim, **options: (verdict, None))
    text = output_of(["verify", QUICK[0], "--examples", "20"])
    shown = [dict(each.split(" = ") for each in part.split(", ")) for part in
             (text.split("-1  ")[1].splitlines()[0].strip(), text.split("fails at ")[1].splitlines()[0])]  # fmt: skip
    for point in shown:
        assert {name: float(value) for name, value in point.items()} == at
        assert (point["depth"], point["n"], point["target"]) == ("inf", "2", "3")


def test_fewer_examples_than_asked_for_are_explained(monkeypatch):
    from flowlab import verify

    for count, skipped in ((20, 0), (18, 2), (19, 0)):
        verdict = verify.Verdict("demo", "held", "held", count, skipped=skipped, min_slack=1.0, at={"x": 1.0})
        monkeypatch.setattr(EXAMINED, lambda claim, verdict=verdict, **options: (verdict, None))
        text = output_of(["verify", QUICK[0], "--examples", "20"])
        assert ("Fewer examples than 20: only distinct ones count" in text) == (count + skipped < 20)


def test_a_verdict_that_is_not_the_one_on_record_fails(monkeypatch):
    from dataclasses import replace

    claim = claims.get(QUICK[0])
    other = replace(claim, recorded="falsified" if claim.recorded == "held" else "held")
    monkeypatch.setattr(claims, "select", lambda patterns: [other])
    text = output_of(["verify", claim.id, "--examples", "20"], status=1)
    assert f"NOT {other.recorded}" in text
    assert json.loads(output_of(["verify", claim.id, "--examples", "20", "--json"], status=1))


@pytest.mark.parametrize("agreeing", [[True, False], [False, True], [True, True], [False, False]])
def test_one_verdict_that_is_not_on_record_is_enough_to_fail(monkeypatch, agreeing):
    from flowlab import verify

    verdicts = {
        claim_id: verify.Verdict(claim_id, "held", "held" if agrees else "falsified")
        for claim_id, agrees in zip(QUICK, agreeing, strict=True)
    }
    monkeypatch.setattr(EXAMINED, lambda claim, **options: (verdicts[claim.id], None))
    assert output_of(["verify", *QUICK], status=0 if all(agreeing) else 1)


def test_options_of_verify_reach_the_search(monkeypatch):
    from flowlab import verify

    calls = []

    def record(claim, *, examples, seed, **_):
        calls.append((claim.id, examples, seed))
        return verify.Verdict(claim.id, "held", "held"), None

    monkeypatch.setattr(EXAMINED, record)
    output_of(["verify", *QUICK, QUICK[0], "--examples", "7", "--seed", "11"])
    output_of(["verify", QUICK[0]])
    assert calls == [(QUICK[0], 7, 11), (QUICK[1], 7, 11), (QUICK[0], 200, 0)]


def test_an_interrupt_is_one_line(monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(EXAMINED, interrupted)
    result = CliRunner().invoke(main, ["verify", "gissin2020.theorem1"])
    assert result.exit_code == 130
    assert result.stderr == "flowlab: interrupted\n"


def test_figure_names_what_it_wrote(tmp_path):
    out = tmp_path / "a folder" / "deeper"
    lines = output_of(["figure", "2", "--out", str(out)]).splitlines()
    assert lines == [str(out / f"figure2.{ending}") for ending in ("png", "svg", "csv", "json")]
    assert sorted(path.name for path in out.iterdir()) == sorted(line.rpartition("/")[2] for line in lines)


@pytest.mark.parametrize(
    "logarithm, text",
    [
        (math.log(0.25), "0.25"),
        (-1023.886 * math.log(10), "1.3e-1024"),
        (1000.5 * math.log(10), "3.2e+1000"),
        (-399.0001 * math.log(10), "1.0e-399"),
        (-1.2e16 * math.log(10), "10^(-1.2e+16)"),
    ],
)
def test_numbers_of_any_size(logarithm, text):
    assert _print.from_log(logarithm) == text
