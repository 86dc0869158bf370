"""Put small faults into the code, one at a time, and tell which of them a room's tests do not see.

pip install -e ".[mutation]"
python scripts/mutation.py flowlab/verify/certifying tests/verify/certifying --sample 40
NUMBA_DISABLE_JIT=1 python scripts/mutation.py flowlab/toy tests/toy --sample 20 -- -m "not search and not jit"

Faults are drawn with a seed, in a copy of the checkout. What survives is a test that is missing, or no fault at all:
the same function written otherwise. Kernels are better tried uncompiled: compiling them anew takes minutes.
"""

import argparse
import ast
import difflib
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

Position = tuple[int, int]
Fault = tuple[Path, str, int]  # of a file, an operator, at which of its occurrences


def annotations(source: str) -> list[tuple[Position, Position]]:
    """Return where annotations begin and end: nothing depends on them."""
    found = []
    for node in ast.walk(ast.parse(source)):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if part is not None:
                found.append(((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)))
    return found


def faults(path: Path) -> Iterator[tuple[Position, Fault]]:
    """Yield all faults that can be put into a file, with their places."""
    source = path.read_text()
    tree, spared, lines = get_ast(source), annotations(source), source.splitlines()
    for name in operator_names():
        kind = get_operator(name)
        if kind.arguments() or name.endswith("RemoveDecorator"):  # without `kernel` a kernel is slow, not wrong
            continue
        places = [start for node in ast_nodes(tree) for start, _ in kind().mutation_positions(node)]
        for count, start in enumerate(places):
            if "TYPE_CHECKING" not in lines[start[0] - 1] and not any(first <= start < last for first, last in spared):
                yield start, (path, name, count)


def drawn(files: list[Path], sample: int, seed: int) -> list[Fault]:
    """Return faults at different places, each place as likely as another."""
    by_place: dict[tuple[Path, Position], list[Fault]] = {}
    for path in files:
        for start, fault in faults(path):
            by_place.setdefault((path, start), []).append(fault)
    chance = random.Random(seed)
    places = chance.sample(sorted(by_place), min(sample, len(by_place)))
    print(f"{sum(map(len, by_place.values()))} faults at {len(by_place)} places; {len(places)} are tried", flush=True)
    return [chance.choice(by_place[place]) for place in places]


def main() -> None:
    """Try faults, and print those that survive."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("code", type=Path, help="a file or a folder of the package")
    options.add_argument("tests", nargs="+", help="what pytest runs")
    options.add_argument("--sample", type=int, default=40)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--limit", type=int, default=300, help="seconds of processor time that a run may take")
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    asked, rest = options.parse_args(sys.argv[1:split]), sys.argv[split + 1 :]
    files = sorted(asked.code.rglob("*.py")) if asked.code.is_dir() else [asked.code]
    chosen = drawn([path for path in files if path.name != "__init__.py"], asked.sample, asked.seed)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *asked.tests, *rest]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("flowlab", "tests", "docs", "scripts", "pyproject.toml", "README.md"):
            copy = shutil.copytree if Path(name).is_dir() else shutil.copy
            copy(name, Path(folder, name))
        quiet = {
            "cwd": folder,
            "env": os.environ | {"PYTHONPATH": folder, "FLOWLAB_CACHE": f"{folder}/cache"},
            "stdout": subprocess.DEVNULL,
        }

        def bounded() -> None:
            resource.setrlimit(resource.RLIMIT_CPU, (asked.limit, asked.limit))

        def outcome() -> str:
            ended = subprocess.run(command, check=False, preexec_fn=bounded, **quiet).returncode
            return "SURVIVED" if ended == 0 else "out of time" if ended < 0 else "seen"

        if outcome() != "SURVIVED":
            raise SystemExit("the tests fail without a fault, or take longer than --limit")
        found = Counter()
        for path, name, count in chosen:
            source = path.read_text()
            faulty = mutate_code(source, get_operator(name)(), count)
            target = Path(folder, path)
            target.write_text(faulty)
            begun = time.monotonic()
            ended = outcome()
            target.write_text(source)
            found[ended] += 1
            print(ended, f"{time.monotonic() - begun:.0f} s", path, name, flush=True)
            if ended == "SURVIVED":
                changes = difflib.unified_diff(source.splitlines(), faulty.splitlines(), str(path), "", "", "", 2, "")
                print(*changes, sep="\n", flush=True)
    print(f"{len(chosen)} faults:", ", ".join(f"{count} {ended}" for ended, count in found.items()))


if __name__ == "__main__":
    main()
