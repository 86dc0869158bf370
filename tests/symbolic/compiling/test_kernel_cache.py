"""Kernels stand in files that the next process finds, and do without where nothing can be written."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy

from flowlab.symbolic import GradientFlow, cache_folder
from flowlab.symbolic.compiling.cache import kernel_path, load

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


def run(folder, seed):
    environment = os.environ | {"FLOWLAB_CACHE": str(folder), "PYTHONHASHSEED": str(seed)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    path, hits = done.stdout.split()
    return Path(path), int(hits)


def test_the_next_process_finds_the_compiled_kernel(tmp_path):
    first, misses = run(tmp_path, seed=1)
    second, hits = run(tmp_path, seed=2)  # another hash seed: the text must not depend on the order of sets
    assert first == second
    assert first.is_relative_to(tmp_path)
    assert (misses, hits) in {(0, 1), (-1, -1)}  # -1: the kernels run uncompiled
    assert len(list(first.parent.glob("*.py"))) == 1


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
    place.chmod(0o700)


def test_a_damaged_file_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWLAB_CACHE", str(tmp_path))
    path = kernel_path("VALUE = 1\n")
    path.write_text("VALUE = 2\n")
    assert kernel_path("VALUE = 1\n").read_text() == "VALUE = 1\n"
    assert [entry.name for entry in cache_folder().iterdir()] == [path.name]


def test_an_intact_file_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWLAB_CACHE", str(tmp_path))
    path = kernel_path("VALUE = 1\n")
    os.utime(path, (1e9, 1e9))
    assert kernel_path("VALUE = 1\n").stat().st_mtime == 1e9


def test_texts_that_differ_in_their_last_line_are_different_files(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWLAB_CACHE", str(tmp_path))
    head = "# a long text\n" * 200
    assert kernel_path(head + "VALUE = 1\n") != kernel_path(head + "VALUE = 2\n")


def test_a_kernel_is_looked_for_in_the_folder_of_the_day(tmp_path, monkeypatch):
    for place in (tmp_path / "one", tmp_path / "two"):
        monkeypatch.setenv("FLOWLAB_CACHE", str(place))
        assert Path(load("PLACE = 0\n").__file__).is_relative_to(place)


def test_the_folder_follows_the_platform(monkeypatch):
    monkeypatch.delenv("FLOWLAB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.setenv("LOCALAPPDATA", "/elsewhere")
    expected = {
        "linux": "/somewhere",
        "win32": "/elsewhere",
        "darwin": str(Path.home() / "Library" / "Caches"),
    }
    for platform, base in expected.items():
        monkeypatch.setattr(sys, "platform", platform)
        assert cache_folder().parent == Path(base) / "flowlab"
