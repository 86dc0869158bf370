"""Figure 2: its numbers are the exact solution's, its files whole and the same every time."""

import csv
import json
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from flowlab import figures, toy
from flowlab.figures import figure2

ENDINGS = ("png", "svg", "csv", "json")


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figure") / "out"
    paths = figures.get("2").save(folder)
    assert [path.name for path in paths] == [f"figure2.{ending}" for ending in ENDINGS]
    return folder


def columns_of(path):
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def test_only_the_four_files_are_written(out):
    assert sorted(path.name for path in out.iterdir()) == sorted(f"figure2.{ending}" for ending in ENDINGS)


def test_the_table_is_the_exact_solution(out):
    table = columns_of(out / "figure2.csv")
    assert list(table) == ["panel", "depth", "init", "target", "t", "sigma"]
    exact = toy.sigma(table["t"], depth=table["depth"], target=table["target"], init=table["init"])
    np.testing.assert_allclose(table["sigma"], exact, rtol=1e-15)


def test_the_panels_are_those_of_the_paper(out):
    table = columns_of(out / "figure2.csv")
    panels = {
        (int(panel), depth, init)
        for panel, depth, init in zip(table["panel"], table["depth"], table["init"], strict=True)
    }
    assert sorted(panels) == [(i, 1.0 + i % 4, 0.1 if i < 4 else 0.001) for i in range(8)]
    assert set(table["target"]) == {12, 6, 4, 3}


def test_every_curve_is_learned_within_its_panel():
    data = figure2.compute(points=21)
    last = data.rows(target=3.0)
    ends = last["sigma"][20::21] / 3
    assert ends.size == 8
    assert (ends > 0.9899).all()


def test_depth_and_a_small_start_pull_the_phases_apart():
    """At depth 1 the curves coincide; at depth 4 from 0.001, 4 has begun only when 6 is done."""
    data = figure2.compute()
    shallow = [data.rows(depth=1.0, init=0.001, target=g)["sigma"] / g for g in (12.0, 6.0, 4.0, 3.0)]
    assert np.ptp(shallow, axis=0).max() < 0.01
    six, four = (data.rows(depth=4.0, init=0.001, target=g)["sigma"] / g for g in (6.0, 4.0))
    assert four[np.argmax(six > 0.99)] < 0.01


def test_the_description_names_parameters_versions_and_seed(out):
    about = json.loads((out / "figure2.json").read_text(encoding="utf-8"))
    assert about["parameters"]["targets"] == [12, 6, 4, 3]
    assert about["parameters"]["depths"] == [1, 2, 3, 4]
    assert about["parameters"]["inits"] == [0.1, 0.001]
    assert {"python", "gradient-flowlab", "numpy", "matplotlib"} <= about["versions"].keys()
    assert about["seed"] is None
    assert about["columns"] == list(columns_of(out / "figure2.csv"))


def test_the_drawing_is_labelled_directly(out):
    root = ET.parse(out / "figure2.svg").getroot()
    texts = ["".join(each.itertext()).strip() for each in root.iter("{http://www.w3.org/2000/svg}text")]
    for depth in (1, 2, 3, 4):
        for init in ("0.1", "0.001"):
            assert f"N = {depth}, σ₀ = {init}" in texts
    assert texts.count("σ* = 3") == 6
    assert texts.count("σ* = 12, 6, 4, 3") == 2
    assert "σ / σ*" in texts


def test_no_label_overlaps_another_or_leaves_the_drawing():
    figure = figure2.draw(figure2.compute(points=101))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for axes in figure.axes for text in [axes.title, *axes.texts]]
    for index, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0
        assert box.x1 <= figure.bbox.x1
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])


def test_letters_are_readable_in_print():
    figure = figure2.draw(figure2.compute(points=11))
    assert figure.get_figwidth() * 2.54 == pytest.approx(17)
    for axes in figure.axes:
        assert all(text.get_fontsize() >= 7 for text in [*axes.texts, *axes.get_xticklabels(), axes.title])


def test_colours_are_told_apart_in_greyscale():
    greys = [mpl.colors.to_rgb(colour) @ np.array([0.2126, 0.7152, 0.0722]) for colour in figure2._COLOURS]
    assert (np.diff(greys) > 0.05).all()


def test_equal_inputs_give_equal_bytes(out, tmp_path):
    figures.get("2").save(tmp_path)
    for ending in ENDINGS:
        assert (tmp_path / f"figure2.{ending}").read_bytes() == (out / f"figure2.{ending}").read_bytes()


def test_the_users_settings_neither_matter_nor_change(out, tmp_path):
    with mpl.rc_context({"lines.linewidth": 9.0, "font.size": 30.0, "svg.fonttype": "path"}):
        before = dict(mpl.rcParams)
        figures.get("2").save(tmp_path)
        assert dict(mpl.rcParams) == before
    assert (tmp_path / "figure2.svg").read_bytes() == (out / "figure2.svg").read_bytes()


def test_other_parameters():
    data = figure2.compute(depths=(2.5,), inits=(0.01,), targets=(5, 2), points=11)
    assert data.columns["sigma"].shape == (22,)
    assert len(figure2.draw(data).axes) == 1
