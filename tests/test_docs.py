"""The README's examples are run, and what they print is what it says."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
#: What sets up the checkout itself, and is tried by whoever does so; every other command is run here.
SETUP = re.compile(r"^(git clone .*|cd .*|\./scripts/(run|test)|\./\.ci/run)$")


def fenced(*languages):
    pattern = rf"^```(?:{'|'.join(languages)})[^\n]*\n(.*?)^```"
    return re.findall(pattern, README.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def commands():
    """Return each command of the console blocks with what it is said to print."""
    found = []
    for block in fenced("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            found.append((command.strip(), expected.rstrip("\n")))
    return found


def python_examples():
    parser = doctest.DocTestParser()
    return [parser.get_doctest(block, {}, README.name, str(README), 0) for block in fenced("python", "pycon")]


def files():
    """Return the files that the page shows, by the name behind their language."""
    blocks = re.findall(r"^```\w+ (\S+)\n(.*?)^```", README.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return dict(blocks)


COMMANDS = [each for each in commands() if not SETUP.match(each[0])]


def test_there_are_examples():
    lines = sum(len(test.examples) for test in python_examples())
    assert len(COMMANDS) + lines >= 5, "the README has lost its examples"


@pytest.mark.parametrize("command, expected", COMMANDS, ids=[command for command, _ in COMMANDS])
def test_a_command_prints_what_the_readme_says(command, expected, tmp_path):
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUTF8": "1",
    }
    for name, content in files().items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    done = subprocess.run(
        re.sub(r"^\./scripts/run ", "flowlab ", command),
        shell=True,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    status = 2 if expected.startswith("flowlab: ") else 1 if "NOT held as on record" in expected else 0
    assert done.returncode == status, done.stdout
    if expected:
        told = doctest.OutputChecker()
        example = doctest.Example("", expected + "\n")
        assert told.check_output(example.want, done.stdout, FLAGS), told.output_difference(example, done.stdout, FLAGS)


def test_the_python_examples_print_what_the_readme_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    scope = {}
    for test in python_examples():
        # One session from the top of the page to its end, as a reader types it.
        test.globs = scope
        runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
        runner.run(test, clear_globs=False)
        scope = test.globs
        assert runner.failures == 0, capsys.readouterr().out
