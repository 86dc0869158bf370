"""The scripts that set a checkout up, without any download: what they refuse, and what they do not repeat."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the scripts are for bash")


@pytest.fixture
def checkout(tmp_path):
    """A checkout in a path with spaces, without an environment."""
    root = tmp_path / "a check out"
    shutil.copytree(CHECKOUT / "scripts", root / "scripts")
    shutil.copy(CHECKOUT / "pyproject.toml", root)
    return root


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def call(root, script, *arguments, **environment):
    return subprocess.run(
        [str(root / "scripts" / script), *arguments],
        cwd="/",
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def pretend_installed(root, level):
    """Stand-ins for the environment's programs, which print what they are called with."""
    executable(root / ".venv/bin/python", 'echo "python $*"')
    executable(root / ".venv/bin/flowlab", 'printf "<%s>" "$@"; echo')
    command = f'. "{root}/scripts/environment.sh"; printf "%s\\n%s\\n" {level} "$(wanted_key)" >"$stamp"'
    subprocess.run(["bash", "-c", command], check=True)


@pytest.mark.parametrize("script", ["run", "test"])
def test_an_old_python_is_refused_in_one_line(checkout, tmp_path, script):
    old = tmp_path / "python3"
    executable(old, 'case "$1" in --version) echo "Python 3.9.1";; *) exit 1;; esac')
    done = call(checkout, script, PYTHON=str(old))
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr.splitlines()[-1]
    assert "Python 3.9.1" in done.stderr.splitlines()[-1]
    assert not (checkout / ".venv").exists()


def test_a_missing_python_is_named(checkout):
    done = call(checkout, "run", PYTHON="/no/such/python")
    assert done.returncode == 1
    assert "/no/such/python is missing" in done.stderr


def test_run_passes_its_arguments_as_they_are(checkout):
    pretend_installed(checkout, "base")
    done = call(checkout, "run", "show", "an id", "*")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "<show><an id><*>\n"
    assert done.stderr == ""


def test_run_alone_draws_figure_2_and_verifies_three_theorems(checkout):
    pretend_installed(checkout, "dev")
    done = call(checkout, "run")
    assert done.stdout.splitlines() == [
        "<figure><2><--out><out>",
        "<verify><gissin2020.theorem1><gissin2020.theorem2><gissin2020.theorem3>",
    ]


def test_test_passes_its_arguments_to_pytest(checkout):
    pretend_installed(checkout, "test")
    assert call(checkout, "test", "-k", "a b").stdout == "python -m pytest -n 2 -k a b\n"


@pytest.mark.skipif(not Path("/proc").exists(), reason="no /proc to look in")
def test_the_tests_under_load_have_busy_processes_beside_them_which_end_however_they_do(checkout):
    pretend_installed(checkout, "test")
    look = (
        'echo "$*"; for p in $(ps -o pid= --ppid $$); do test -r /proc/$p/status && echo busy $p; done; kill -KILL $$'
    )
    executable(checkout / ".venv/bin/python", look)
    done = call(checkout, "test_under_load", "-k", "a b", BUSY="3")
    first, *busy = done.stdout.splitlines()
    assert first == "-m pytest -n 2 -k a b"
    pids = [int(line.split()[1]) for line in busy]
    assert len(pids) >= 3
    for _ in range(600):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            break
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.parametrize("count", ["0", "-1", "x", "1.5"])
def test_a_number_of_busy_processes_that_is_none_is_refused(checkout, count):
    done = call(checkout, "test_under_load", BUSY=count)
    assert done.returncode == 2
    assert done.stderr.startswith(f"test_under_load: BUSY: got {count}; allowed: an integer")


def test_a_changed_pyproject_or_a_wider_need_installs_again(checkout):
    pretend_installed(checkout, "base")
    assert "installing flowlab[test]" in call(checkout, "test").stderr
    # The stand-in for pip succeeds, so this is remembered.
    assert call(checkout, "test").stderr == ""
    with (checkout / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    # ... with the extra that is there already.
    assert "installing flowlab[test]" in call(checkout, "run", "--version").stderr
    assert call(checkout, "run", "--version").stderr == ""


def test_a_failed_installation_is_not_remembered(checkout):
    pretend_installed(checkout, "base")
    executable(checkout / ".venv/bin/python", 'case "$*" in *install*) exit 1;; esac')
    for _ in range(2):
        done = call(checkout, "test")
        assert done.returncode == 1
        assert "did not finish" in done.stderr
