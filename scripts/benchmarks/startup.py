"""Whole processes: how long a user waits for an import, the help and Figure 2, beside what cannot be avoided.

Run it on a quiet machine; each line is a median over fresh processes, each ratio the median of ratios measured in
turn. Compiled kernels are in numba's cache and byte code in Python's, since each command runs once beforehand.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FLOWLAB = [sys.executable, "-c", "from flowlab.cli import main; main()"]
BARE = [sys.executable, "-c", "pass"]


def seconds(command: list[str]) -> float:
    """Return how long a fresh process takes, from its start to its end."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def compare(name: str, ours: list[str], against: str, peer: list[str], rounds: int) -> None:
    """Print the median times of two processes, run in turn, and the median of their ratios."""
    for command in (ours, peer):
        seconds(command)
    pairs = [(seconds(ours), seconds(peer)) for _ in range(rounds)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{name:<28} {mine:7.3f} s   {against:<30} {theirs:7.3f} s   {ratio:5.1f} times as long")


def main() -> None:
    """Print the table."""
    compare("import flowlab", [sys.executable, "-c", "import flowlab"], "python -c pass", BARE, 11)
    compare("flowlab --help", [*FLOWLAB, "--help"], "python -c pass", BARE, 11)
    with tempfile.TemporaryDirectory() as folder:
        figure = [*FLOWLAB, "figure", "2", "--out", str(Path(folder) / "out")]
        pyplot = [sys.executable, "-c", "import matplotlib.pyplot"]
        compare("flowlab figure 2", figure, "import matplotlib.pyplot", pyplot, 7)


if __name__ == "__main__":
    main()
