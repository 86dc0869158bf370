"""Maps of tightness and the picture of thresholds: their tables read back, their labels stay inside."""

import csv
import json
import math

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from flowlab import claims, toy
from flowlab.figures import thresholds
from flowlab.figures.tightness import draw, save, tabulate
from flowlab.verify import Choice, Claim, Integer, Real, at_most, claim, tightness


@claim("mine.both", hypotheses={"x": Real(0.1, 50), "n": Integer(1, 30)})
def both(x, n):
    """x ≤ n: it holds and it fails."""
    return at_most(x, n + 0 * x)


@pytest.fixture(scope="module")
def found():
    return tightness(claims.get("flowlab.threshold.depth2.upper.sharper"), ("ratio", "f"), at={"s": 0.1}, points=14)


def boxes_of(figure):
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.canvas.draw()
    texts = [text for axes in figure.axes for text in [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts]]
    return [text.get_window_extent(renderer) for text in texts if text.get_text()]


def test_files_read_back(found, tmp_path):
    paths = save(found, tmp_path / "new")
    assert [path.name for path in paths] == [
        f"tightness-flowlab.threshold.depth2.upper.sharper.{ending}" for ending in ("png", "svg", "csv", "json")
    ]
    with paths[2].open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == found.values.size
    values = np.array([float(row["log10_ratio"]) for row in rows]).reshape(found.values.shape)
    np.testing.assert_allclose(values * math.log(10), found.values, rtol=1e-15)
    for name, index in (("ratio", 1), ("f", 0)):
        column = np.array([float(row[name]) for row in rows]).reshape(found.values.shape)
        np.testing.assert_array_equal(np.take(column, 0, axis=1 - index), found.axes[name])
    about = json.loads(paths[3].read_text(encoding="utf-8"))["parameters"]
    assert about["claim"] == found.claim.id
    assert about["fixed"] == {"s": 0.1}
    assert about["loosest"]["arguments"] == found.loosest.arguments
    assert about["tightest"]["value"] * math.log(10) == pytest.approx(found.tightest.value)
    before = [path.read_bytes() for path in paths]
    assert [path.read_bytes() for path in save(found, tmp_path / "new")] == before


def test_contours_are_where_they_say(found):
    figure = draw(tabulate(found))
    axes = figure.axes[0]
    assert axes.get_xlabel() == "ratio − 1"
    assert axes.get_xscale() == "log"
    assert axes.get_ylabel() == "f"
    lines = axes.collections[-1]
    levels, texts = lines.levels, {text.get_text() for text in axes.texts}
    assert 2 <= len(levels) <= 9
    assert texts
    low, high = np.nanmin(found.values) / math.log(10), np.nanmax(found.values) / math.log(10)
    assert all(low < level < high for level in levels)


@pytest.mark.parametrize(
    "over, ranges",
    [(("x", "n"), {}), (("n", "x"), {"x": (1, 49)}), (("x",), {}), (("n",), {}), (("x", "n"), {"n": (1, 4)})],
)
def test_every_kind_of_map_keeps_its_labels_inside(over, ranges):
    figure = draw(tabulate(tightness(both, over, ranges=ranges, points=15, samples=20)))
    for box in boxes_of(figure):
        assert figure.bbox.x0 <= box.x0 + 1
        assert box.x1 <= figure.bbox.x1 + 1
        assert figure.bbox.y0 <= box.y0 + 1
        assert box.y1 <= figure.bbox.y1 + 1


def test_a_failing_claim_is_drawn_on_both_sides_of_one_colour():
    data = tabulate(tightness(both, ("x", "n"), ranges={"n": (1, 30)}, points=30, samples=20))
    figure = draw(data)
    image = figure.axes[0].collections[0]
    assert image.norm.vcenter == 0.0
    assert image.norm.vmin < 0 < image.norm.vmax
    assert "1" in {text.get_text() for text in figure.axes[0].texts}


def test_slacks_words_and_maps_with_holes_are_drawn():
    slack = Claim("mine.slack", "", "", "", {"x": Real(0, 1), "y": Real(0, 1)}, lambda x, y: x - y)
    assert draw(tabulate(tightness(slack, points=13, samples=5))).axes[1].get_ylabel() == "slack"
    words = Claim(
        "mine.words",
        "",
        "",
        "",
        {"kind": Choice("first", "second"), "x": Real(-1, 1)},
        lambda kind, x: at_most(x, 2 * x if kind == "first" else 3 * x),
    )
    axes = draw(tabulate(tightness(words, points=5, samples=5))).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["first", "second"]


def test_holes_are_named():
    holes = Claim("mine.holes", "", "", "", {"x": Real(-1, 1), "y": Real(1, 2)}, lambda x, y: at_most(x, y))
    assert "white: no value" in draw(tabulate(tightness(holes, points=13, samples=5))).axes[0].get_title(loc="left")
    whole = tightness(holes, ranges={"x": (0.5, 1)}, points=13, samples=5)
    assert "white" not in draw(tabulate(whole)).axes[0].get_title(loc="left")


def test_constant_maps_are_drawn():
    same = Claim("mine.same", "", "", "", {"x": Real(1, 2), "y": Real(1, 2)}, lambda x, y: at_most(x, x))
    assert len(draw(tabulate(tightness(same, points=13, samples=5))).axes) == 2


def test_thresholds_are_the_exact_ones_and_between_the_sharper_bounds():
    data = thresholds.compute(points=9)
    for depth in (2.0, 3.0, 4.0, math.inf):
        curve = data.rows(depth=depth)
        exact = toy.threshold(depth=depth, ratio=1 + curve["gap"], s=0.2, f=0.8, log=True)
        np.testing.assert_allclose(curve["exact"] * math.log(10), exact, rtol=1e-12)
        assert np.all(curve["lower_printed"] <= curve["lower_sharper"])
        assert np.all(curve["lower_sharper"] <= curve["exact"] + 1e-9)
        assert np.all(curve["exact"] <= curve["upper_sharper"] + 1e-9)
        assert np.all(curve["upper_sharper"] <= curve["upper_corrected"])
    assert np.any(data.rows(depth=3.0)["upper_printed"] < data.rows(depth=3.0)["exact"])


def test_thresholds_fall_as_the_legend_says():
    """Slopes in log-log between r − 1 = 1e-4 and 1e-6; at depth 2 the logarithm itself falls like 1/(r − 1)."""
    for depth, power in ((3, 3), (4, 2), (math.inf, 1)):
        near, nearer = (toy.threshold(depth=depth, ratio=1 + gap, s=0.2, f=0.8, log=True) for gap in (1e-4, 1e-6))
        assert (near - nearer) / math.log(100) == pytest.approx(power, rel=1e-3)
        assert thresholds._law(depth).replace("¹", "") == f"∝ (r − 1){'⁰¹²³'[power]}" or power == 1
    near, nearer = (toy.threshold(depth=2, ratio=1 + gap, s=0.2, f=0.8, log=True) for gap in (1e-4, 1e-6))
    assert nearer / near == pytest.approx(100, rel=1e-3)


def test_the_picture_of_thresholds_keeps_its_labels_apart():
    figure = thresholds.draw(thresholds.compute(points=41))
    boxes = boxes_of(figure)
    titles = [box for box in boxes if box.width > box.height]
    for k, one in enumerate(titles):
        assert figure.bbox.x0 <= one.x0 + 1
        assert one.x1 <= figure.bbox.x1 + 1
        for other in titles[:k]:
            assert not one.overlaps(other)
