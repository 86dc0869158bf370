"""How commands end: with interrupts, killed, with streams that are closed; and what is left then."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from flowlab.cli import main
from flowlab.verify import Certificate, budget

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and descriptors")

FLOWLAB = [sys.executable, "-m", "flowlab"]
OFTEN = "import flowlab.verify.certifying.branching as b; b._KEPT = 0.1; from flowlab.cli import main; main()"

MINE = '''
from flowlab.verify import Integer, Real, at_most, claim

@claim("mine.slow")
def slow(x: Real(0, 1), y: Real(0, 1)):
    """(x - y)^2 >= 0, which nothing decides on the diagonal."""
    return (x - y) * (x - y)

@claim("mine.power")
def power(n: Integer(1)):
    """n + 1 <= 2^n."""
    return at_most(n + 1, 2**n)

@claim("mine.count")
def count(n: Integer(1)):
    """0 <= n, counted."""
    return sum(1 for _ in range(n))
'''


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(MINE, encoding="utf-8")
    return str(path)


def soon(wanted, seconds=60):
    """Wait until something is so, on however slow a machine."""
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def children(pid):
    with contextlib.suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def alive(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("line", ["--version", "list"])
def test_closed_streams_are_nothing_to_speak_of(closed, line):
    command = f"exec {' '.join(FLOWLAB)} {line} {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert (done.stdout == "") == (">&-" in closed.split())


def test_a_reader_of_errors_that_goes_away_is_no_error_of_its_own():
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*FLOWLAB, "show", "nosuch"], stderr=write, stdout=subprocess.PIPE, timeout=120, check=False
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize("kind", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_a_search_within_a_call_of_a_library(mine, kind):
    with subprocess.Popen(
        [*FLOWLAB, "verify", f"{mine}:mine.power"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        soon(lambda: children(process.pid))  # 2^(2^53) is tried in one
        apart = children(process.pid)
        process.send_signal(getattr(signal, kind))
        out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + getattr(signal, kind)
    assert (out, err) == ("", "flowlab: interrupted\n")
    assert not any(map(alive, apart))


def test_a_certificate_outlives_a_kill_and_no_worker_does(mine, tmp_path):
    path = tmp_path / "c.json"
    line = [sys.executable, "-c", OFTEN, "certify", f"{mine}:mine.slow", "--jobs", "2", "--out", str(path)]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        soon(lambda: path.exists() and len(children(process.pid)) >= 2)
        workers = children(process.pid)
        soon(lambda: Certificate.load(path).leaves > 500)
        process.kill()
        # a worker holds the pipe of the errors
        _, err = process.communicate(timeout=60)
    soon(lambda: not any(map(alive, workers)))
    assert "Traceback" not in err
    kept = Certificate.load(path)
    assert 0 < kept.undecided < 1
    checked = CliRunner().invoke(main, ["certify", mine, "--check", str(path)])
    assert checked.exit_code == 1
    assert "a part only is proved, every cell of it verified anew; undecided in" in checked.output


def test_workers_say_nothing_of_an_interrupt(mine, tmp_path):
    """Of one that reaches all processes at once, as that of a terminal does."""
    line = [*FLOWLAB, "certify", f"{mine}:mine.slow", "--jobs", "2", "--out", str(tmp_path / "c.json")]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        soon(lambda: len(children(process.pid)) >= 2)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert err == ""
    assert "undecided in" in out


@pytest.mark.parametrize(
    "line",
    [
        ["certify", "gissin2020.theorem2.depth2.upper", "--out"],
        ["solve", "--depth", "2", "--target", "3", "--init", "1", "--until", "1", "--csv"],
    ],
)
def test_what_is_no_file_is_not_replaced(line, tmp_path):
    fifo = tmp_path / "out"
    os.mkfifo(fifo)
    result = CliRunner().invoke(main, [*line, str(fifo)])
    assert result.exit_code == 2
    assert "not a regular file" in result.stderr
    assert fifo.is_fifo()


def test_counting_in_balls_ends_and_is_told(mine, monkeypatch):
    monkeypatch.setattr(budget, "_SECONDS", (0.2, 0.3))
    result = CliRunner().invoke(main, ["certify", f"{mine}:mine.count", "--box", "n=9007199254740992"])
    assert result.exit_code == 1
    assert "left undecided where it takes too much: n = 9007199254740992: one evaluation takes more" in result.output


def test_a_worker_that_waits_ends_with_its_parent():
    worker = (
        "import time; from flowlab._processes import work_for_parent;"
        "work_for_parent(); print('at work', flush=True); time.sleep(600)"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {worker!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "at work\n"
        (child,) = children(process.pid)
        process.kill()
        soon(lambda: not alive(child), 30)
