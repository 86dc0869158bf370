"""The plot of a flow beside a descent."""

import matplotlib as mpl
import numpy as np
import pytest

from flowlab.dynamics import Trajectory
from flowlab.figures import comparison


def run(kind, *, size=1, steps=101, factor=1.0):
    t = np.linspace(0.0, 2.0, steps)
    w = factor * np.exp(-np.outer(t, np.arange(1, size + 1)))
    names = tuple(f"w{i}" for i in range(size))
    rate = 2.0 / (steps - 1) if kind == "descent" else None
    return Trajectory(t, w, w[:, :1] ** 2, w[:, 0], names, kind, learning_rate=rate)


def test_lines_for_the_flow_and_dots_for_the_descent():
    data = comparison.tabulate(run("flow"), run("descent", factor=1.1), induced=["p"])
    first, second = comparison.draw(data).axes
    for axes, name in ((first, "w0"), (second, "p")):
        line, dots = axes.get_lines()
        assert (line.get_linestyle(), dots.get_linestyle()) == ("-", "None")
        assert line.get_color() == dots.get_markeredgecolor()
        np.testing.assert_array_equal(line.get_ydata(), data.rows(run="flow")[name])
        assert set(dots.get_ydata()) <= set(data.rows(run="descent")[name])
        assert 20 <= dots.get_xdata().size <= 25
        assert np.ptp(np.diff(dots.get_xdata())) < 1e-12
        assert axes.get_ylabel() == name


def test_a_flow_alone_has_no_dots_and_no_legend_of_runs():
    figure = comparison.draw(comparison.tabulate(run("flow", size=3)))
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.get_lines()] == ["w0", "w1", "w2"]
    assert not figure.legends
    assert axes.get_legend() is not None


@pytest.mark.parametrize("size", [7, 8, 10, 11, 40])
def test_many_parameters_are_all_drawn_in_colours_of_their_own(size):
    (axes,) = comparison.draw(comparison.tabulate(run("flow", size=size))).axes
    assert len({mpl.colors.to_hex(line.get_color()) for line in axes.get_lines()}) == size
    assert (axes.get_legend() is None) == (size > 10)
    assert (f"{size} parameters, w0 (dark)" in axes.get_title()) == (size > 10)


@pytest.mark.parametrize("factor", [1e60, -1e60])
def test_a_descent_that_goes_far_away_leaves_the_flow_visible(factor):
    (axes,) = comparison.draw(comparison.tabulate(run("flow"), run("descent", factor=factor))).axes
    assert axes.get_ylim()[1] - axes.get_ylim()[0] < 3
    assert axes.get_title() == "the descent leaves the picture"


def test_two_points_can_be_drawn():
    figure = comparison.draw(comparison.tabulate(run("flow", steps=2), run("descent", steps=2)))
    assert len(figure.axes[0].get_lines()) == 2
