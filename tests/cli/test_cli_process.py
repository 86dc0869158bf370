"""The command as a process: exit statuses, clean streams, and what an import loads."""

import os
import subprocess
import sys

import pytest

FLOWLAB = [sys.executable, "-c", "from flowlab.cli import main; main(prog_name='flowlab')"]


def run(*arguments, **options):
    options = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": 120, **options}
    return subprocess.run([*FLOWLAB, *arguments], check=False, **options)


def loaded_after(statement):
    heavy = ("numpy", "scipy", "sympy", "matplotlib", "numba", "mpmath", "rich", "hypothesis")
    code = f"import sys; {statement}; print(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.split()


@pytest.mark.parametrize("statement", ["import flowlab", "import flowlab.cli"])
def test_importing_the_package_loads_no_library(statement):
    assert loaded_after(statement) == []


def test_attributes_load_on_first_use():
    assert "numpy" in loaded_after("import flowlab; flowlab.toy")


def test_help_and_version():
    assert run("--help").returncode == 0
    assert run("--version").stdout.startswith("flowlab ")
    bare = run()
    assert bare.returncode == 2
    assert "Commands:" in bare.stderr


def test_bad_input_is_one_line_and_status_2(tmp_path):
    (tmp_path / "file").touch()
    for line in (
        ["solve", "--depth", "0.5", "--target", "3", "--init", "0.1", "--until", "1"],
        ["figure", "2", "--out", str(tmp_path / "file" / "out")],
        ["show", "gissin2020.theorem9"],
    ):
        done = run(*line)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.startswith("flowlab: ")
        assert done.stderr.count("\n") == 1


def test_the_package_runs_as_a_module():
    for arguments, status, words in (
        (["--version"], 0, "flowlab "),
        (["show", "nosuch"], 2, "flowlab: ID: got 'nosuch'"),
    ):
        command = [sys.executable, "-m", "flowlab", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)
        assert done.returncode == status
        assert (done.stdout + done.stderr).startswith(words)


def test_a_closed_pipe_is_silent():
    read, write = os.pipe()
    os.close(read)
    try:
        done = run("list", capture_output=False, stdout=write, stderr=subprocess.PIPE)
    finally:
        os.close(write)
    assert done.stderr == ""
    assert done.returncode == 0


def test_narrow_encodings_do_not_stop_it():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = run("solve", "--depth", "2", "--target", "3", "--init", "0.1", "--until", "1", env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_tables_are_complete_in_a_narrow_pipe():
    done = run("list", env={**os.environ, "COLUMNS": "20"})
    assert "…" not in done.stdout
    assert "gissin2020.theorem1.depth2" in done.stdout
