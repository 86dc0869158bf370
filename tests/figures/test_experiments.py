"""Experiments: kept as they end, continued by a rerun, with the same bits whatever the number of jobs."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.figures import Workshop
from flowlab.figures._experiments import _code

calls = []


def draws(*, seed, count, fail=False):
    calls.append(seed)
    if fail:
        raise KeyboardInterrupt
    return {"values": np.random.default_rng(seed).standard_normal(count), "seed": seed}


def same(left, right):
    return len(left) == len(right) and all(
        a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a) for a, b in zip(left, right, strict=True)
    )


TASKS = [{"seed": seed, "count": 3 + seed % 4} for seed in range(6)]


@given(stop=st.integers(0, 5))
@settings(deadline=None, max_examples=6)
def test_an_interrupted_run_goes_on_from_where_it_was(tmp_path_factory, stop):
    folder = tmp_path_factory.mktemp("kept")
    whole = Workshop().run("demo", draws, TASKS)
    tasks = [dict(task) for task in TASKS]
    first = Workshop(folder=folder).run("demo", draws, tasks[:stop])
    assert same(first, whole[:stop])
    calls.clear()
    assert same(Workshop(folder=folder).run("demo", draws, tasks), whole)
    assert calls == [task["seed"] for task in TASKS[stop:]]


def test_an_interrupt_keeps_what_is_done(tmp_path):
    tasks = [*TASKS[:3], {"seed": 9, "count": 1, "fail": True}, *TASKS[3:]]
    with pytest.raises(KeyboardInterrupt):
        Workshop(folder=tmp_path).run("demo", draws, tasks)
    assert len(list(tmp_path.iterdir())) == 3
    calls.clear()
    Workshop(folder=tmp_path).run("demo", draws, TASKS)
    assert calls == [3, 4, 5]


def test_the_bits_do_not_depend_on_the_jobs(tmp_path):
    assert same(Workshop(jobs=2, folder=tmp_path).run("demo", draws, TASKS), Workshop().run("demo", draws, TASKS))
    assert len(list(tmp_path.iterdir())) == len(TASKS)


def test_a_torn_file_is_done_again(tmp_path):
    Workshop(folder=tmp_path).run("demo", draws, TASKS)
    whole = Workshop().run("demo", draws, TASKS)
    torn = sorted(tmp_path.iterdir())[0]
    torn.write_bytes(torn.read_bytes()[:40])
    calls.clear()
    assert same(Workshop(folder=tmp_path).run("demo", draws, TASKS), whole)
    assert len(calls) == 1


def test_other_arguments_labels_and_functions_do_not_share_a_file(tmp_path):
    workshop = Workshop(folder=tmp_path)
    workshop.run("demo", draws, [{"seed": 1, "count": 2}])
    workshop.run("demo", draws, [{"seed": 1, "count": 3}])
    workshop.run("demo", dict, [{"seed": 1, "count": 2}])
    assert len(list(tmp_path.iterdir())) == 3


def test_results_of_other_code_are_not_reused(tmp_path, monkeypatch):
    Workshop(folder=tmp_path).run("demo", draws, TASKS[:1])
    monkeypatch.setattr("flowlab.figures._experiments._code", lambda: "other")
    calls.clear()
    Workshop(folder=tmp_path).run("demo", draws, TASKS[:1])
    assert calls == [0]


def test_the_digest_follows_the_code(monkeypatch, tmp_path):
    before = _code()
    _code.cache_clear()
    monkeypatch.setattr("flowlab.figures._experiments.version", lambda _: "0")
    assert _code() != before
    _code.cache_clear()


def test_progress_counts_what_is_kept(tmp_path):
    told = []
    Workshop(folder=tmp_path).run("demo", draws, TASKS[:2])
    Workshop(folder=tmp_path, progress=lambda *state: told.append(state)).run("demo", draws, TASKS[:4])
    assert told == [("demo", 2, 4), ("demo", 3, 4), ("demo", 4, 4)]


@pytest.mark.parametrize("jobs", [0, -1, 1.5, True, None])
def test_bad_jobs(jobs):
    with pytest.raises(ValueError, match=r"jobs: got .*; allowed: an integer >= 1"):
        Workshop(jobs=jobs)


def test_a_folder_that_cannot_be_written(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(ValueError, match=r"^out: got .*file"):
        Workshop(folder=Path(blocked)).run("demo", draws, TASKS[:1])
