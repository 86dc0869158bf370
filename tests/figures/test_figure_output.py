"""Saving: whole files or none, one-line errors, floats that read back."""

import os
import re
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlab import figures
from flowlab._files import written
from flowlab.figures import FigureData, curves


def test_an_unwritable_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"^out: got '.*file/out' \(.*\); allowed: a path that can be written$"):
        figures.get("2").save(tmp_path / "file" / "out", points=11)


def test_an_unknown_figure_suggests_the_nearest():
    with pytest.raises(ValueError, match=r"figure: got '12'; allowed: 1, 2, .*; did you mean '[12]'"):
        figures.get("12")
    with pytest.raises(ValueError, match="figure: got 2; allowed: 1, 2, "):
        figures.get(2)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fail_half_way():
        with written(path, name="csv") as (beside,):
            beside.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.csv", "old")]


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ValueError, match=r"^csv: got '.*a\.csv' \("):
        FigureData({"t": np.zeros(1)}).save_csv(tmp_path / "a.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def test_a_link_leads_to_the_file_that_is_written(tmp_path):
    (tmp_path / "there").mkdir()
    target, link, further = tmp_path / "there" / "a.csv", tmp_path / "link.csv", tmp_path / "further.csv"
    link.symlink_to(target)
    further.symlink_to(link)
    for path, value in ((link, 1.0), (further, 2.0)):  # first to a file that is not there yet
        data = FigureData({"t": np.array([value])})
        data.save_csv(path)
        assert target.read_text() == data.csv()
    assert link.is_symlink()
    assert further.is_symlink()
    assert [each.name for each in (tmp_path / "there").iterdir()] == ["a.csv"]


def test_links_that_lead_nowhere_are_refused(tmp_path):
    (tmp_path / "a.csv").symlink_to(tmp_path / "b.csv")
    (tmp_path / "b.csv").symlink_to(tmp_path / "a.csv")
    with pytest.raises(ValueError, match=r"^csv: got '.*a\.csv' \(.*\); allowed: a path that can be written$"):
        FigureData({"t": np.zeros(1)}).save_csv(tmp_path / "a.csv")
    assert all(each.is_symlink() for each in tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", ["pipe.csv", "link.csv"])
def test_what_is_no_regular_file_stays(tmp_path, name):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to(tmp_path / "pipe.csv")
    with pytest.raises(ValueError, match=rf"^csv: got '.*{name}' \(not a regular file\); allowed: a path"):
        FigureData({"t": np.zeros(1)}).save_csv(tmp_path / name)
    assert stat.S_ISFIFO((tmp_path / "pipe.csv").stat().st_mode)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.csv", "pipe.csv"]


@pytest.mark.parametrize("path", [".", "..", "/"])
def test_a_path_without_a_name_is_refused(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=rf"^csv: got '{re.escape(path)}' \(a folder is in the way\); allowed: "):
        FigureData({"t": np.zeros(1)}).save_csv(Path(path))


@pytest.mark.parametrize("ending", ["png", "svg", "csv", "json"])
def test_a_figure_is_written_whole_or_not_at_all(tmp_path, ending):
    (tmp_path / f"figure2.{ending}").mkdir()
    with pytest.raises(ValueError, match=rf"^out: got '.*figure2\.{ending}' \(a folder is in the way\); allowed"):
        figures.get("2").save(tmp_path, points=11)
    assert [each.name for each in tmp_path.iterdir()] == [f"figure2.{ending}"]


def test_a_figure_that_fails_half_way_leaves_the_old_files(tmp_path, monkeypatch):
    old = {path.name: path.read_bytes() for path in figures.get("2").save(tmp_path, points=11)}

    def full(self, table=""):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FigureData, "csv", full)
    with pytest.raises(ValueError, match=r"^out: got '.*' \(No space left on device\); allowed"):
        figures.get("2").save(tmp_path, points=21)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == old


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_every_float_reads_back(values):
    lines = FigureData({"x": np.array(values)}).csv().splitlines()
    assert [float(line) for line in lines[1:]] == values


def test_rows_selects_by_value():
    data = FigureData({"mode": np.array([1, 1, 2]), "t": np.array([0.0, 1.0, 0.0])})
    np.testing.assert_array_equal(data.rows(mode=1, t=1.0)["mode"], [1])


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_solution_is_drawn_in_every_format_and_always_the_same(tmp_path, ending):
    t = np.linspace(0, 1, 5)
    data = curves.tabulate(t, np.outer(t, [1.0, 2.0]), depth=3, target=np.array([1.0, 2.0]), init=np.array([0.1, 0.1]))
    for name in ("a", "b"):
        curves.save_plot(data, tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes() != b""


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_labels_keep_their_order_and_distance(heights):
    moved = curves._spread(np.array(heights))
    order = np.argsort(heights, kind="stable")
    assert (np.diff(moved[order]) > curves._APART - 1e-9).all()
    assert np.mean(moved) == pytest.approx(np.mean(heights), abs=1e-9)
