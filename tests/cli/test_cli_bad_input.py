"""Bad input: one line on stderr that names the argument, what came and what is allowed; exit status 2."""

import os
import stat
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.cli import main

SOLVE = {"--depth": "3", "--target": "4 3", "--init": "0.1", "--until": "2"}
THRESHOLD = {"--depth": "3", "--ratio": "4", "--s": "0.15", "--f": "0.8"}


def arguments(command, defaults, changes):
    line = [command]
    for name, value in {**defaults, **changes}.items():
        if value is not None:
            line += [name, *value.split()]
    return line


def refused(line, *words):
    result = CliRunner().invoke(main, line)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("flowlab: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr
    return result.stderr


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"--depth": "0.5"}, ["depth", "0.5", ">= 1"]),
        ({"--depth": "nan"}, ["depth", "nan", "allowed"]),
        ({"--depth": "-inf"}, ["depth", "-inf", "allowed"]),
        ({"--depth": "deep"}, ["depth", "'deep'", "allowed"]),
        ({"--depth": None}, ["--depth: got nothing; allowed: a number, or inf"]),
        ({"--target": "-1"}, ["target", "-1", ">= 0"]),
        ({"--target": "12 nan"}, ["target", "nan", "allowed"]),
        ({"--target": "inf"}, ["target", "inf", "allowed"]),
        ({"--target": ""}, ["target", "no value", "allowed"]),
        ({"--target": None}, ["--target"]),
        ({"--init": "-0.1"}, ["init", "-0.1", ">= 0"]),
        ({"--init": "0.1 0.2 0.3"}, ["init", "3", "allowed"]),
        ({"--until": "-1"}, ["until", "-1", "> 0"]),
        ({"--until": "0"}, ["until", "0", "> 0"]),
        ({"--until": "nan"}, ["until", "nan", "allowed"]),
        ({"--until": "inf"}, ["until", "inf", "finite"]),
        ({"--points": "1"}, ["--points: got '1'; allowed: an integer >= 2 and <= 1000000"]),
        ({"--points": "1000001"}, ["--points: got '1000001'; allowed: an integer >= 2 and <= 1000000"]),
        ({"--points": "99999999999999999999"}, ["--points: got '99999999999999999999'", "allowed"]),
        ({"--points": "many"}, ["--points: got 'many'; allowed: an integer >= 2"]),
        ({"--method": "rk"}, ["--method: got 'rk'; allowed: exact, adaptive, descent"]),
        ({"--method": "descent"}, ["learning-rate", "nothing", "allowed"]),
        ({"--method": "descent", "--learning-rate": "0"}, ["learning-rate", "0", "> 0"]),
        ({"--method": "descent", "--learning-rate": "-1"}, ["learning-rate", "-1", "> 0"]),
        ({"--method": "descent", "--learning-rate": "1e-300"}, ["learning-rate", "1e-300", "steps"]),
        ({"--max-steps": "9"}, ["--max-steps: got 9 with --method exact; allowed"]),
        ({"--method": "descent", "--max-steps": "0"}, ["--max-steps: got '0'; allowed: an integer >= 1"]),
        ({"--learning-rate": "0.1"}, ["learning-rate", "0.1", "descent"]),
        ({"--method": "descent", "--learning-rate": "5"}, ["--learning-rate: got 5;", "at most --until 2"]),
        ({"--method": "adaptive", "--depth": "inf"}, ["--depth: got inf", "finite", "use --method exact"]),
        ({"--method": "descent", "--depth": "inf", "--learning-rate": "1"}, ["inf", "use --method exact"]),
        ({"--method": "adaptive", "--init": "0"}, ["--init: got 0", "> 0", "use --method exact"]),
        ({"--method": "descent", "--init": "0 1", "--learning-rate": "1"}, ["--init: got 0", "use --method exact"]),
    ],
)
def test_solve(changes, words):
    refused(arguments("solve", SOLVE, changes), *words)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"--depth": "0.5"}, ["depth", "0.5", "allowed"]),
        ({"--depth": "nan"}, ["depth", "nan", "allowed"]),
        ({"--depth": "1", "--ratio": "1e300"}, ["--depth: got 1,", "at any ratio", "allowed: depths > 1\n"]),
        ({"--depth": "1.1", "--ratio": "1.5"}, ["--depth: got 1.1,", "at this ratio", "larger ratio"]),
        ({"--ratio": "1"}, ["ratio", "1", "allowed"]),
        ({"--ratio": "-2"}, ["ratio", "-2", "allowed"]),
        ({"--ratio": "nan"}, ["ratio", "nan", "allowed"]),
        ({"--s": "0"}, ["s", "0", "allowed"]),
        ({"--s": "1"}, ["s", "1", "allowed"]),
        ({"--s": "nan"}, ["s", "nan", "allowed"]),
        ({"--f": "0"}, ["f", "0", "allowed"]),
        ({"--f": "1.5"}, ["f", "1.5", "allowed"]),
        ({"--f": "nan"}, ["f", "nan", "allowed"]),
        ({"--target": "0"}, ["target", "0", "allowed"]),
        ({"--target": "-1"}, ["target", "-1", "allowed"]),
        ({"--depth": "2", "--learning-rate": "-0.1"}, ["--learning-rate: got -0.1", "allowed"]),
        ({"--depth": "2", "--learning-rate": "0.5"}, ["--learning-rate: got 0.5", "allowed"]),
        ({"--depth": "2", "--learning-rate": ""}, ["--learning-rate: got no value; allowed: a finite number"]),
    ],
)
def test_threshold(changes, words):
    refused(arguments("threshold", THRESHOLD, changes), *words)


def test_verify():
    refused(["verify", "gissin2020.theorem1", "--examples", "0"], "examples", "0", "allowed")
    refused(["verify", "--examples", "many"], "--examples: got 'many'; allowed: an integer >= 1")
    refused(["verify", "--seed", "1.5"], "--seed: got '1.5'; allowed: an integer")
    refused(["verify", "--json=yes"], "--json: got a value; allowed: the option alone")


def test_an_unknown_id_suggests_the_nearest():
    refused(["show", "gissin2020.lema1"], "gissin2020.lema1", "gissin2020.lemma1")
    refused(["show", "toyModel"], "'toyModel'", "allowed: an id, as flowlab list shows them", "'ToyModel'")
    refused(["verify", "gissin2020.theorm1"], "gissin2020.theorm1", "gissin2020.theorem1")
    refused(["figure", "22"], "figure", "'22'", "'2'")
    refused(["verfy"], "verfy", "verify")


@pytest.mark.parametrize("command", ["show", "verify"])
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("gissin2020.theorm2.deep.lower", "gissin2020.theorem2.deep.lower"),
        ("gissin2020.theorm", "gissin2020.theorem1"),
        ("gissin2020.theorem2.dep2", "gissin2020.theorem2.depth2"),
        ("theorem3", "gissin2020.theorem3"),
        ("lema1", "gissin2020.lemma1"),
        ("Gissin2020.lemma", "gissin2020.lemma1"),
    ],
)
def test_a_mistyped_id_is_understood(command, given, meant):
    assert f"; did you mean '{meant}" in refused([command, given], f"ID: got '{given}'; allowed: ")


@pytest.mark.parametrize("command", ["show", "verify"])
@pytest.mark.parametrize("given", ["nosuch", "", "?"])
def test_nothing_is_suggested_for_what_is_like_nothing(command, given):
    assert "did you mean" not in refused([command, given], f"ID: got {given!r}; allowed: ", "flowlab list")


def test_an_option_that_does_not_exist_is_one_line():
    refused(["--nonsense"], "option: got '--nonsense'; allowed: --version, --help")
    refused(["list", "--nonsense"], "option: got '--nonsense'; allowed: --json, --help")
    refused(["list", "--jso"], "did you mean '--json'?")


def test_arguments_that_are_missing_or_too_many():
    refused(["show"], "ID: got nothing; allowed: ")
    refused(["show", "gissin2020.lemma1", "twice"], "argument: got 'twice' too many; allowed: ID, options")
    refused(["list", "a", "b"], "argument: got 'a b' too many; allowed: options")


@pytest.mark.parametrize("option", ["--csv", "--plot"])
def test_an_empty_path(option):
    refused([*arguments("solve", SOLVE, {}), option, ""], f"{option}: got ''; allowed: a path of a file")
    refused(["figure", "2", "--out", ""], "--out: got ''; allowed: a path")


@pytest.mark.parametrize("option", ["--csv", "--plot"])
@pytest.mark.parametrize("path", [".", "..", "new/", "new.svg/", "new.svg/.", "new/..", "/"])
def test_a_path_of_a_folder_where_a_file_is_meant(tmp_path, monkeypatch, option, path):
    monkeypatch.chdir(tmp_path)
    refused([*arguments("solve", SOLVE, {}), option, path], f"{option}: got {path!r}; allowed: a path of a file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("option, ending", [("--csv", "csv"), ("--plot", "png"), ("--plot", "svg")])
def test_a_pipe_is_not_replaced(tmp_path, option, ending):
    path = tmp_path / f"x.{ending}"
    os.mkfifo(path)
    refused([*arguments("solve", SOLVE, {}), option, str(path)], f"{option}: got", str(path), "not a regular file")
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_solve_writes_no_two_things_into_one_file(tmp_path):
    table, plot = tmp_path / "x.svg", tmp_path / "." / "sub" / ".." / "x.svg"
    line = [*arguments("solve", SOLVE, {}), "--csv", str(table), "--plot", str(plot)]
    refused(line, "--plot: got", "--csv", "allowed: another path")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option, ending", [("--csv", "csv"), ("--plot", "png"), ("--plot", "svg")])
def test_solve_names_a_file_it_cannot_write(tmp_path, option, ending):
    (tmp_path / "file").write_text("kept")
    path = tmp_path / "file" / f"x.{ending}"
    refused([*arguments("solve", SOLVE, {}), option, str(path)], option[2:], str(path), "allowed")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "kept"


def test_solve_refuses_a_picture_format_it_does_not_know(tmp_path):
    path = tmp_path / "x.bmp"
    refused([*arguments("solve", SOLVE, {}), "--plot", str(path)], "plot", str(path), ".png")
    assert list(tmp_path.iterdir()) == []


BAD_PATHS = {
    "--csv": ["", "file/a.csv", "folder", "link/a.csv", "x" * 300 + ".csv"],
    "--plot": ["", "a.bmp", "a", "file/a.svg", "folder", "folder.svg", "link/a.svg", "new/a.bmp", "x" * 300 + ".svg"],
}
GOOD_PATHS = {"--csv": ["a.csv", "new/a.csv", "old.csv"], "--plot": ["b.svg", "new/b.svg", "old.svg"]}


@st.composite
def refused_paths(draw):
    """A pair of outputs of which one at least cannot be written."""
    bad = draw(st.sampled_from(list(BAD_PATHS)))
    other = "--plot" if bad == "--csv" else "--csv"
    paths = {bad: draw(st.sampled_from(BAD_PATHS[bad]))}
    second = draw(st.sampled_from([None, *GOOD_PATHS[other], *BAD_PATHS[other]]))
    return paths if second is None else draw(st.permutations([*paths.items(), (other, second)]).map(dict))


@given(refused_paths())
@example({"--csv": "a.csv", "--plot": "b.bmp"})
@example({"--csv": "same.svg", "--plot": "same.svg"})
@example({"--csv": "old.csv", "--plot": "file/b.svg"})
@settings(max_examples=60, deadline=None)
def test_outputs_are_all_written_or_none(paths):
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "folder").mkdir()
        (root / "folder.svg").mkdir()
        (root / "link").symlink_to(root / "file")
        old = {"file": "kept", "old.csv": "older", "old.svg": "oldest"}
        for each, text in old.items():
            (root / each).write_text(text)
        line = arguments("solve", SOLVE, {})
        for option, path in paths.items():
            line += [option, str(root / path) if path else ""]
        refused(line, "allowed: ")
        left = {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}
        assert {each: text for each, text in left.items() if not each.startswith("link")} == old


def test_a_picture_format_is_refused_before_anything_is_solved(monkeypatch, tmp_path):
    from flowlab.cli import solve

    monkeypatch.setattr(solve, "_solve", lambda *_: pytest.fail("solved first"))
    refused([*arguments("solve", SOLVE, {}), "--plot", str(tmp_path / "x.bmp")], "--plot: got", ".png")


@pytest.mark.parametrize("below", ["", "deeper"])
def test_figure_names_a_folder_it_cannot_write(tmp_path, below):
    (tmp_path / "file").write_text("kept")
    out = tmp_path / "file" / below
    refused(["figure", "2", "--out", str(out)], "out", str(out), "allowed")
    assert (tmp_path / "file").read_text() == "kept"
