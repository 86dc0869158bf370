"""Compiled kernels on disk are those of the sources as they are, are found again, and do not grow without end."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import sympy

import flowlab
from flowlab import _kernel_cache
from flowlab._kernel_cache import cache_folder, folder_for, kernel_path, load, source_of
from flowlab.symbolic import GradientFlow

PACKAGE = Path(flowlab.__file__).parent

PROGRAM = """
import sys
import sympy
from flowlab.symbolic import GradientFlow
w, s, N = sympy.symbols("w s N", positive=True)
flow = GradientFlow.from_loss((w**N - s)**2/(2*N**2) + sympy.exp(w*s)*sympy.sin(w*s), w, constants=[s, N])
kernel = flow.modified(0.25).kernel("gradient")
print(kernel.__code__.co_filename)
print(sum(kernel.stats.cache_hits.values()) if hasattr(kernel, "stats") else -1)
"""

# A kernel of the package, and a generated one, whose callee stands in another file: in master.py.
CALLERS = '''
from flowlab import toy
from flowlab._kernel_cache import load
generated = load("""
from numba import float64
from flowlab._jit import typed_kernel
from flowlab.toy.master import high_time

@typed_kernel(float64(float64))
def after(z):
    return high_time(0.5, z)
""")
print(repr(float(toy.threshold(depth=3, ratio=4, s=0.15, f=0.8))), repr(generated.after(1.0)))
'''


def output_of(program, *, package=PACKAGE, **environment):
    environment = os.environ | {"PYTHONPATH": str(package.parent), **environment}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, cwd=package.parent, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWLAB_CACHE", str(tmp_path))
    return tmp_path / "kernels"


@pytest.mark.jit
def test_an_edited_callee_is_seen_by_its_callers_in_other_files(tmp_path):
    copy = tmp_path / "flowlab"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = output_of(CALLERS, package=copy)
    assert before == output_of(CALLERS)  # where the same sources lie is all the same
    master = copy / "toy" / "master.py"
    text = master.read_text()
    assert text.count("total -= term") == 1
    master.write_text(text.replace("total -= term", "total -= 1.125 * term"))
    after = output_of(CALLERS, package=copy)
    uncompiled = output_of(CALLERS, package=copy, NUMBA_DISABLE_JIT="1")
    assert np.allclose(np.array(after, float), np.array(uncompiled, float), rtol=1e-13, atol=0)
    assert all(abs(float(a) / float(b) - 1) > 1e-4 for a, b in zip(before, after, strict=True))


def test_a_digest_covers_all_that_a_module_imports_from_flowlab():
    grimp = pytest.importorskip("grimp")
    graph = grimp.build_graph("flowlab")
    seen = 0
    for module in sorted(graph.modules):
        if "flowlab._jit" not in graph.find_modules_directly_imported_by(module):
            continue
        seen += 1
        found, waiting = set(), [_kernel_cache._file(module)]
        while waiting:
            path = waiting.pop()
            found.add(path)
            waiting += set(_kernel_cache._read(path)[1]) - found
        expected = {_kernel_cache._file(name) for name in graph.find_upstream_modules(module)}
        assert found - {_kernel_cache._file(module)} == expected, module
    assert seen > 20


def test_an_edited_constant_changes_the_digest_of_those_that_import_it_and_of_no_other(tmp_path, monkeypatch):
    copy = tmp_path / "flowlab"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(_kernel_cache, "_PACKAGE", copy)

    def digests():
        for memory in (_kernel_cache._read, _kernel_cache._file):
            memory.cache_clear()
        places = {name: copy.joinpath(*name.split(".")[1:]).with_suffix(".py") for name in modules}
        return {name: folder_for(name, str(place))[1] for name, place in places.items()}

    modules = ("flowlab.dynamics._locating", "flowlab.dynamics._runs", "flowlab.toy.master", "flowlab._elementary")
    try:
        before = digests()
        events = copy / "dynamics" / "events.py"  # not a kernel in it, only numbers that kernels know
        events.write_text(events.read_text() + "\n# edited\n")
        after = digests()
    finally:
        monkeypatch.undo()
        for memory in (_kernel_cache._read, _kernel_cache._file):
            memory.cache_clear()
    assert [before[name] != after[name] for name in modules] == [True, True, False, False]


@pytest.mark.parametrize("library", ["numba", "llvmlite"])
def test_another_compiler_compiles_anew(monkeypatch, own_folder, library):
    file = PACKAGE / "toy" / "master.py"
    before, generated = folder_for("flowlab.toy.master", str(file)), kernel_path("VALUE = 1\n")
    monkeypatch.setattr(f"{library}.__version__", "1000.0")
    assert folder_for("flowlab.toy.master", str(file)) != before
    assert kernel_path("VALUE = 1\n") != generated


def test_modules_that_read_alike_elsewhere_do_not_share_a_folder(tmp_path):
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "mine.py").write_text("from flowlab._jit import kernel\n")
    assert folder_for("mine", str(tmp_path / "one" / "mine.py")) != folder_for(
        "mine", str(tmp_path / "two" / "mine.py")
    )
    assert folder_for("mine", str(tmp_path / "missing.py")) is None


@pytest.mark.jit
def test_of_other_packages_nothing_is_kept_here(tmp_path, own_folder):
    (tmp_path / "other.py").write_text("import numba\n@numba.njit(cache=True)\ndef f(x):\n    return x\nprint(f(1))\n")
    output_of(f"import flowlab._jit, sys; sys.path.append({str(tmp_path)!r}); import other")
    assert not own_folder.exists()
    assert len(list((tmp_path / "__pycache__").glob("other.f*.nb[ic]"))) == 2


def test_the_next_process_finds_the_compiled_kernel(own_folder):
    first, misses = output_of(PROGRAM, PYTHONHASHSEED="1")
    second, hits = output_of(PROGRAM, PYTHONHASHSEED="2")  # another seed: the text must not depend on the order of sets
    assert first == second
    assert Path(first).is_relative_to(own_folder)
    assert (int(misses), int(hits)) in {(0, 1), (-1, -1)}  # -1: the kernels run uncompiled
    assert len(list(Path(first).parent.glob("*.py"))) == 1


def test_the_same_expression_is_the_same_kernel():
    w, v = sympy.symbols("w v")
    kernels = [GradientFlow.from_loss(loss, w).kernel("loss") for loss in (w**2 + 3 * w, 3 * w + w * w)]
    assert kernels[0] is kernels[1]
    assert GradientFlow.from_loss(w**2 + 4 * w, w).kernel("loss") is not kernels[0]
    assert GradientFlow.from_loss(v**2, v).kernel("loss") is GradientFlow.from_loss(v**2, v).kernel("loss")


@pytest.mark.parametrize("obstacle", ["a file in its place", "read only"])
def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch, obstacle):
    place = tmp_path / "cache"
    if obstacle == "read only":
        place.mkdir()
        place.chmod(0o500)
    else:
        place.write_text("in the way")
    monkeypatch.setenv("FLOWLAB_CACHE", str(place))
    path = kernel_path(f"OBSTACLE = {obstacle!r}\n")
    assert path.read_text() == f"OBSTACLE = {obstacle!r}\n"
    w = sympy.Symbol("w")
    kernel = GradientFlow.from_loss(w**4 + 11 * w, w).kernel("loss")
    none = np.zeros(0), np.zeros((0, 0)), np.zeros(0, dtype=np.int64)
    assert kernel(np.array([2.0]), *none) == 38.0
    if obstacle == "a file in its place" or os.geteuid() != 0:  # root writes anywhere
        assert not path.is_relative_to(tmp_path)
        folder, _ = folder_for("flowlab.toy.master", str(PACKAGE / "toy" / "master.py"))
        assert folder.is_dir()
        assert not folder.is_relative_to(tmp_path)
    place.chmod(0o700)


def test_a_damaged_file_is_replaced(own_folder):
    path = kernel_path("VALUE = 1\n")
    path.write_text("VALUE = 2\n")
    assert kernel_path("VALUE = 1\n").read_text() == "VALUE = 1\n"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_an_intact_file_is_left_alone(own_folder):
    path = kernel_path("VALUE = 1\n")
    os.utime(path, (1e9, 1e9))
    assert kernel_path("VALUE = 1\n").stat().st_mtime == 1e9


def test_texts_that_differ_in_their_last_line_are_different_files(own_folder):
    head = "# a long text\n" * 200
    assert kernel_path(head + "VALUE = 1\n") != kernel_path(head + "VALUE = 2\n")


def test_a_kernel_is_looked_for_in_the_folder_of_the_day(tmp_path, monkeypatch):
    for place in (tmp_path / "one", tmp_path / "two"):
        monkeypatch.setenv("FLOWLAB_CACHE", str(place))
        assert Path(load("PLACE = 0\n").__file__).is_relative_to(place)


def test_the_source_of_generated_kernels_alone_is_known():
    text = "def f():\n    pass\n"
    assert source_of(load(text).f) == text
    assert source_of(np.sin) is source_of(output_of) is source_of(3) is None


def aged(folder, days):
    then = time.time() - 86400 * days
    os.utime(folder, (then, then))


def test_what_nobody_uses_is_removed_and_what_somebody_uses_is_not(own_folder, monkeypatch):
    monkeypatch.setattr(_kernel_cache, "_MOST", 2)
    ages = {"A = 0\n": 0, "A = 1\n": 0.5, "A = 2\n": 2, "A = 3\n": 31, "A = 4\n": 40}
    folders = {source: kernel_path(source).parent for source in ages}
    for source, folder in folders.items():
        aged(folder, ages[source])
    kernel_path("A = 4\n")  # used again
    kernel_path("B = 0\n")  # the last cleaning was a moment ago
    assert all(folder.exists() for folder in folders.values())
    aged(own_folder / ".cleaned", 2)
    kernel_path("B = 1\n")
    # Too many, but of today: kept.
    assert [folder.exists() for folder in folders.values()] == [True, True, False, False, True]
    assert sorted(path.suffix for path in own_folder.iterdir() if not path.is_dir()) == [""]


def test_the_folder_follows_the_platform(monkeypatch):
    monkeypatch.delenv("FLOWLAB_CACHE")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.setenv("LOCALAPPDATA", "/elsewhere")
    expected = {
        "linux": "/somewhere",
        "win32": "/elsewhere",
        "darwin": str(Path.home() / "Library" / "Caches"),
    }
    for platform, base in expected.items():
        monkeypatch.setattr(sys, "platform", platform)
        assert cache_folder() == Path(base) / "flowlab" / "kernels"
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/numbas")
    assert cache_folder() == Path("/numbas/kernels")
    monkeypatch.setenv("FLOWLAB_CACHE", "/ours")
    assert cache_folder() == Path("/ours/kernels")
