"""Figures 1 and 3 to 7: what their captions say, on quick versions; settings, clocks and drawings."""

import numpy as np
import pytest

from flowlab.figures import Workshop, figure1, figure3, figure4, figure5, figure6, figure7, get
from flowlab.models import amplitudes


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return Workshop(folder=tmp_path_factory.mktemp("experiments"))


def final(data, **where):
    rows = data.rows(**where)
    return np.array([rows["value"][rows["rank"] == rank][-1] for rank in range(1, 6)])


def time_of(data, level, rank, **where):
    """When the value of a rank first passes part of its end; infinity if never."""
    rows = data.rows(rank=rank, **where)
    passed = rows["value"] > level * rows["value"][-1]
    return rows["t"][passed.argmax()] if passed.any() else np.inf


def test_depth_recovers_the_matrix_where_one_layer_does_not(kept):
    data = figure4.compute(quick=True, depths=[1, 3], samples=[200], workshop=kept)
    assert final(data, depth=1)[4] > 1
    np.testing.assert_allclose(final(data, depth=3), [12, 6, 4, 3, 0], atol=0.2)
    times = [time_of(data, 0.5, rank, depth=3) for rank in range(1, 5)]
    assert times == sorted(times)
    assert times[3] > 2 * times[0]  # phases apart, not only in order
    assert (data.tables["runs"]["loss"][data.tables["runs"]["depth"] == 3] <= 0.01).all()


def test_both_clocks_of_figure4_end_alike(kept):
    runs = [figure4.compute(quick=True, depths=[2], samples=[320], clock=c, workshop=kept) for c in ("descent", "flow")]
    np.testing.assert_allclose(final(runs[0]), final(runs[1]), atol=0.02)
    steps, evaluations = runs[0].tables["runs"]["steps"][0], runs[1].tables["runs"]["evaluations"][0]
    assert evaluations < steps


def test_a_bias_makes_learning_incremental(kept):
    data = figure5.compute(quick=True, samples=[200], workshop=kept)
    gaps = {b: time_of(data, 0.5, 4, bias=b) / time_of(data, 0.5, 1, bias=b) for b in (False, True)}
    assert gaps[True] > 1.5 * gaps[False]
    overshoot = {b: data.rows(bias=b, rank=5)["value"].max() for b in (False, True)}
    assert overshoot[False] > 10 * overshoot[True]
    np.testing.assert_allclose(final(data, bias=True), [1, 1 / 2, 1 / 3, 1 / 4, 0], atol=0.01)


@pytest.mark.parametrize("figure", [figure6, figure7])
def test_depth_is_sparser_than_the_margin(kept, figure):
    data = figure.compute(depths=[1, 2], inits=[0.01, 1.0], experiments=3, clock="flow", workshop=kept)
    svm = data.tables["svm"]
    assert (svm["gap"] < 1e-9).all()
    shallow, deep = (data.rows(depth=d, init=0.01)["correlation"].mean() for d in (1, 2))
    assert abs(shallow - svm["correlation"].mean()) < 0.06
    assert deep > shallow + 0.08
    assert data.rows(depth=2, init=0.01)["correlation"].mean() > data.rows(depth=2, init=1.0)["correlation"].mean()
    np.testing.assert_allclose(data.columns["loss"], 0.01, rtol=1e-6)


def test_clocks_of_the_classifiers_agree(kept):
    both = {
        clock: figure6.compute(depths=[3], inits=[0.1], experiments=2, clock=clock, workshop=kept).columns
        for clock in ("descent", "flow")
    }
    np.testing.assert_allclose(both["descent"]["correlation"], both["flow"]["correlation"], atol=1e-3)
    np.testing.assert_allclose(both["descent"]["time"], both["flow"]["time"], rtol=0.01)


def test_an_explicit_clock_is_obeyed_and_told(kept):
    data = figure7.compute(depths=[2], inits=[0.1], experiments=1, quick=True, clock="descent", workshop=kept)
    assert data.parameters["clock"] == "descent"
    assert data.columns["steps"] + 1 == data.columns["evaluations"]
    assert "descent" in figure7.draw(data).get_supxlabel()
    assert (
        figure7.compute(depths=[2], inits=[0.1], experiments=1, quick=True, workshop=kept).parameters["clock"] == "flow"
    )


def test_the_labelling_vectors():
    features, labels, vector = figure6.examples(3, 1)
    assert np.array_equal(labels, np.sign(features @ vector))
    assert np.isclose(np.linalg.norm(vector), 1)
    _, _, wave = figure7.examples(3, 1)
    np.testing.assert_allclose(amplitudes(wave)[:4] / amplitudes(wave)[0], [1, 4 / 3, 2, 4])
    np.testing.assert_allclose(amplitudes(wave)[4:], 0, atol=1e-12)


def test_few_features_are_chosen_as_pursuit_does(kept):
    data = figure3.compute(sparsities=[2, 20], experiments=4, workshop=kept)
    few, many = (data.rows(sparsity=s)["agreement"].mean() for s in (2, 20))
    assert few > 0.9
    assert 0.2 < many < few
    steps = figure3.compute(sparsities=[2], experiments=2, clock="descent", workshop=kept).rows(sparsity=2)
    flow = {name: column[:2] for name, column in data.rows(sparsity=2).items()}
    assert np.array_equal(steps["agreement"], flow["agreement"])
    np.testing.assert_allclose(steps["steps"], flow["steps"], rtol=0.01, atol=40)
    assert (flow["evaluations"] * 5 < steps["evaluations"]).all()


def test_hidden_vectors_follow_the_script():
    generator = np.random.default_rng(0)
    dictionary, signal = figure3.problem(80, 100, 80, generator)
    hidden = np.linalg.lstsq(dictionary, signal, rcond=None)[0]
    assert signal.shape == (80,)
    assert np.isclose(dictionary @ hidden, signal).all()
    sizes = [np.linalg.norm(figure3.problem(50, 60, 1, np.random.default_rng(n))[1]) for n in range(300)]
    assert min(sizes) >= 1
    assert abs(np.mean(sizes) - 11) < 2


def test_figure1_takes_the_panels_of_the_others(kept):
    data = figure1.compute(quick=True, clock="flow", workshop=kept)
    sensing = figure4.compute(quick=True, depths=[4], clock="flow", workshop=kept)
    np.testing.assert_array_equal(data.rows(panel="a")["value"], sensing.rows(samples=320)["value"])
    assert data.parameters["b"]["samples"][-1] == 25
    assert data.rows(panel="b")["t"].max() <= 30
    for panel in "cd":
        assert final(data, panel=panel)[0] == 1
    assert [axes.get_title()[:3] for axes in figure1.draw(data).axes] == ["(a)", "(b)", "(c)", "(d)"]


@pytest.mark.parametrize("number", ["3", "6"])
def test_every_table_is_written(tmp_path, kept, number):
    sizes = {"3": {"sparsities": [2], "experiments": 2}, "6": {"depths": [2], "inits": [0.1], "experiments": 2}}
    paths = get(number).save(tmp_path, workshop=kept, **{"clock": "flow", **sizes[number]})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)
    assert {path.suffix for path in paths} == {".png", ".svg", ".csv", ".json"}
    assert len(paths) == (4 if number == "3" else 6)


@pytest.mark.parametrize(
    ("figure", "argument", "message"),
    [
        (figure3, {"experiments": 0}, "experiments"),
        (figure6, {"experiments": -1}, "experiments"),
        (figure1, {"clock": "rk4"}, "clock: got 'rk4'; allowed: "),
        (figure3, {"clock": "rk4"}, "clock: got 'rk4'; allowed: "),
        (figure3, {"sparsities": []}, "sparsities: got an empty list"),
        (figure4, {"depths": []}, "depths: got an empty list"),
        (figure4, {"clock": ""}, "clock: got ''"),
        (figure5, {"samples": []}, "samples: got an empty list"),
        (figure6, {"inits": []}, "inits: got an empty list"),
        (figure7, {"depths": ()}, "depths: got an empty list"),
    ],
)
def test_a_setting_that_is_no_setting_is_refused_before_any_run(figure, argument, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        figure.compute(quick=True, workshop=Workshop(folder=tmp_path), **argument)
    assert not list(tmp_path.iterdir())
