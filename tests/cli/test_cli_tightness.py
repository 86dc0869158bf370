"""``flowlab tightness``: what it prints, what it writes, and what it refuses."""

import csv
import math

import pytest
from click.testing import CliRunner

from flowlab import toy
from flowlab.cli import main

QUICK = ["--points", "4"]


def output_of(line):
    result = CliRunner().invoke(main, ["tightness", *line])
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(line, *words):
    result = CliRunner().invoke(main, ["tightness", *line])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("flowlab: ")
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr
    return result.stderr


@pytest.mark.jit
def test_where_a_bound_is_tightest_and_loosest(tmp_path):
    line = [
        "gissin2020.theorem2.depth2.upper",
        "--over",
        "ratio",
        "f",
        "--range",
        "ratio=1.05:50",
        "f=0.75:0.99",
        "--at",
        "s=0.1",
    ]
    text = output_of([*line, *QUICK, "--out", str(tmp_path)])
    assert "σ0_th ≤ s σ_j* (s/(f r))^((1−s)/(r−1))" in text
    loosest = next(row for row in text.splitlines() if row.startswith("loosest"))
    assert "ratio = 1.05, s = 0.1, f = 0.99" in loosest
    corner = {"ratio": 1.05, "s": 0.1, "f": 0.99, "depth": 2, "log": True}
    wanted = math.exp(toy.threshold_bounds(**corner).upper - toy.threshold(**corner))
    assert f"{wanted:.6g}" in loosest
    with (tmp_path / "tightness-gissin2020.theorem2.depth2.upper.csv").open(encoding="utf-8") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert len(rows) == 16
    assert rows[-1]["ratio"] == 50.0
    for row in rows:
        point = {"ratio": row["ratio"], "f": row["f"], "s": 0.1, "depth": 2, "log": True}
        assert row["log10_ratio"] * math.log(10) == pytest.approx(
            toy.threshold_bounds(**point).upper - toy.threshold(**point), abs=1e-9
        )
    assert text.splitlines()[-4:] == [
        str(tmp_path / f"tightness-gissin2020.theorem2.depth2.upper.{ending}")
        for ending in ("png", "svg", "csv", "json")
    ]


@pytest.mark.jit
def test_a_false_bound_says_where_it_fails_most():
    text = output_of(["gissin2020.theorem2.deep.upper", "--at", "depth=3", "f=0.8", "s=0.2", *QUICK])
    row = next(row for row in text.splitlines() if row.startswith("violated most"))
    assert "depth = 3" in row
    assert 0 < float(row.split()[2]) < 1


def test_one_argument_is_a_curve(tmp_path):
    text = output_of(["gissin2020.appendix_b.reciprocal.lower", *QUICK, "--range", "x=0:2", "--out", str(tmp_path)])
    assert "In x ∈ [0, 2]: the ranges given." in text
    assert "tightest" in text
    assert "x = 0" in text
    header = (tmp_path / "tightness-gissin2020.appendix_b.reciprocal.lower.csv").read_text(encoding="utf-8")
    assert header.startswith("x,log10_ratio\n")


def test_without_sides_it_is_the_slack():
    text = output_of(["gissin2020.appendix_b.positive", *QUICK])
    assert "this is its slack, not a ratio" in text
    assert "right / left" not in text


def test_ratios_next_to_one_keep_their_digits():
    text = output_of(
        ["flowlab.threshold.depth2.lower", "--at", "ratio=3", "f=0.8", "--range", "s=0.0001:0.001", *QUICK]
    )
    assert next(row for row in text.splitlines() if row.startswith("tightest")).split()[1:3] == ["1", "+"]


def test_what_was_searched_and_where_it_fails_are_said(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from flowlab.verify import Choice, Integer, Real, at_most, claim\n"
        "@claim('wide')\n"
        "def wide(x: Real(0, float('inf')), n: Choice(1, 2, 3, 7)):\n"
        "    return at_most(x**n / (1 + x**n), 1)\n"
        "@claim('false')\n"
        "def false(n: Integer(0, 500)):\n"
        "    return at_most(1, 2 * abs(n - 333))\n",
        encoding="utf-8",
    )
    text = output_of([f"{path}:wide", *QUICK])
    row = next(row for row in text.splitlines() if row.startswith("tightest"))
    assert "as x → ∞, n = " in row
    assert "Tightest and loosest over the whole domain, x ∈ [0, ∞), n ∈ {1, 2, 3, 7}.\n" in text
    assert "in the map's box, x ∈ [0, 64], n ∈ {1, 2, 3, 7}.\n" in text
    assert "The claim is false" not in text
    text = output_of([f"{path}:false", *QUICK])
    assert next(row for row in text.splitlines() if row.startswith("violated most")).split()[2:] == [
        "0", "at", "n", "=", "333"
    ]  # fmt: skip
    assert f"The claim is false: it fails at n = 333. See: flowlab verify {path}:false\n" in text


CLAIM = "gissin2020.theorem2.depth2.lower"


@pytest.mark.parametrize(
    "line, words",
    [
        ([], ["ID", "got nothing"]),
        (["gissin2020.theorem1.depth1"], ["ID: got gissin2020.theorem1.depth1, an identity"]),
        (["theorm2"], ["theorm2", "did you mean"]),
        ([CLAIM, "--over", "ratio", "g"], ["--over: got 'g'; allowed: ratio, s, f"]),
        ([CLAIM, "--over", "ratio", "s", "f"], ["--over: got ('ratio', 's', 'f'); allowed: one or two"]),
        ([CLAIM, "--over"], ["--over: got no value"]),
        ([CLAIM, "--over", "s", "--at", "s=0.1"], ["--over: got s, which has one value only; allowed: ratio, f"]),
        ([CLAIM, "--range", "ratio=0.5:2"], ["--range: got ratio = 0.5:2; allowed: r > 1"]),
        ([CLAIM, "--range", "ratio=1:inf"], ["--range: got ratio = 1:inf; allowed: r > 1"]),
        ([CLAIM, "--range", "f=0.99:0.75"], ["--range: got f = (0.99, 0.75)", "the smaller first"]),
        ([CLAIM, "--range", "ratio=2"], ["--range: got 'ratio=2'; allowed: two numbers"]),
        ([CLAIM, "--range", "ratio=a:b"], ["--range: got 'ratio=a:b'; allowed: two numbers"]),
        ([CLAIM, "--range", "ratio=1:nan"], ["--range: got 'ratio=1:nan'; allowed: two numbers"]),
        ([CLAIM, "--range", "ratio"], ["--range: got 'ratio'; allowed: a name and a value"]),
        ([CLAIM, "--range", "depth=3:4"], ["--range: got 'depth'; allowed: ratio, s, f"]),
        ([CLAIM, "--at", "s=0.25"], ["--at: got s = 0.25; allowed: s ∈ (0, 1/4)"]),
        ([CLAIM, "--at", "s=big"], ["--at: got s = 'big'; allowed: s ∈ (0, 1/4)"]),
        ([CLAIM, "--at", "s"], ["--at: got 's'; allowed: a name and a value, as in s=0.1"]),
        ([CLAIM, "--at", "ratio=2", "s=0.1", "f=0.8"], ["--at: got a value for every argument"]),
        ([CLAIM, "--points", "1"], ["--points: got '1'; allowed: an integer >= 2 and <= 1000"]),
        ([CLAIM, "--seed", "x"], ["--seed: got 'x'"]),
        ([CLAIM, "--out", ""], ["--out: got ''; allowed: a path"]),
        (["gissin2020.theorem2.deep.lower", "--at", "depth=2.5"], ["--at: got depth = 2.5; allowed: N ≥ 3"]),
    ],
)
def test_bad_input_is_told_in_one_line(line, words):
    refused(line, *words)


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    result = CliRunner().invoke(
        main, ["tightness", "gissin2020.appendix_b.reciprocal.lower", *QUICK, "--out", str(tmp_path / "file")]
    )
    assert result.exit_code == 2
    assert "--out: got" in result.stderr
    assert "a file is in the way" in result.stderr
