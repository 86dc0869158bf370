from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.dynamics import Interpolant, Trajectory, descent, flow, is_incremental
from tests.dynamics.problems import toy, toy2_sigma


def gap_at_depth_two(ratio, init, s, f):
    """σ_j/σ_j* at the time σ_i reaches f σ_i*, minus s, for σ_i* = ratio, σ_j* = 1."""
    t = np.log((ratio / init - 1) * f / (1 - f)) / ratio
    return toy2_sigma([t], 1.0, init)[0, 0] - s


@given(ratio=st.floats(1.5, 6), init=st.floats(1e-8, 0.05), s=st.floats(0.02, 0.24), f=st.floats(0.76, 0.98))
@settings(max_examples=60, deadline=None)
def test_two_modes_against_the_closed_form(ratio, init, s, f):
    gap = gap_at_depth_two(ratio, init, s, f)
    path = flow(toy(2, [1.0, ratio], init), 30.0, rtol=1e-10, coordinates="log")
    if abs(gap) > 1e-6:
        assert is_incremental(path, s, f) == (gap < 0)


def test_the_crossing_is_found_between_recorded_points():
    ratio, f, init = 3.0, 0.9, 0.001
    s = gap_at_depth_two(ratio, init, 0.0, f)
    assert 0.01 < s < 0.24
    dense = flow(toy(2, [1.0, ratio], init), 30.0, times=np.linspace(0, 30, 7), rtol=1e-11, atol=1e-14)
    sparse = replace(dense, interpolant=None)
    assert is_incremental(dense, s * (1 + 1e-6), f)
    assert not is_incremental(dense, s * (1 - 1e-6), f)
    with pytest.raises(
        ValueError, match=r"trajectory: got no record between t = \d+ and \d+, .* flow with dense=True$"
    ):
        is_incremental(sparse, s * (1 + 1e-6), f)


def test_every_pair_counts():
    deep = flow(toy(3, [12.0, 6.0, 1.0], 1e-6), 400.0, coordinates="log")
    assert not is_incremental(flow(toy(2, [12.0, 11.0, 1.0], 1e-3), 40.0), 0.1, 0.9)
    assert is_incremental(deep, 0.2, 0.8)
    assert not is_incremental(deep, 0.2, 0.8, target=[6.0, 12.0, 1.0])
    # Equal targets are no pair.
    assert is_incremental(flow(toy(2, [2.0, 2.0], 0.1), 5.0), 0.1, 0.9)


def test_the_steps_of_a_descent_decide_and_missing_ones_do_not():
    system = toy(3, [12.0, 3.0], 1e-4)
    assert is_incremental(descent(system, 1e-3, steps=40_000, record=1000), 0.1, 0.9)
    # No step between two neighbouring ones: a no is a no.
    assert not is_incremental(descent(toy(2, [3.0, 2.0], 0.1), 0.3, steps=20, record=1), 0.1, 0.9)
    with pytest.raises(
        ValueError, match=r"no record between steps 0 and 40000 \(t = 0 and 40\), where value 0 .*record=1$"
    ):
        is_incremental(descent(system, 1e-3, steps=40_000, record=40_000), 0.1, 0.9)


def path_of(t, values, *, rate=None, dense=None):
    """A trajectory through given values: of a descent with a rate, otherwise of a flow."""
    goal = np.arange(values.shape[1], 0.0, -1.0)
    names = tuple("abc"[: goal.size])
    return Trajectory(
        t, values, values, t, names, "by hand", target=goal, learning_rate=rate, interpolant=dense,
        induced_of=lambda w: w,
    )  # fmt: skip


def truth(values, s, f):
    """Definition 1 at all of the points."""
    goal = np.arange(values.shape[1], 0.0, -1.0)
    at = (values >= f * goal)[:, :, None] & (values <= s * goal)[:, None, :]
    return bool(at.any(axis=0)[np.triu_indices(goal.size, 1)].all())


def joined(values, s, f):
    """The points, and between them those at which a value that moves in a straight line crosses a level."""
    goal = np.arange(values.shape[1], 0.0, -1.0)
    rows = list(values)
    for a, b in pairwise(values):
        for i, level in [*enumerate(s * goal), *enumerate(f * goal)]:
            if (a[i] - level) * (b[i] - level) < 0:
                row = a + (level - a[i]) / (b[i] - a[i]) * (b - a)
                row[i] = level
                rows.append(row)
    return np.array(rows)


def answer(path, s, f):
    try:
        return is_incremental(path, s, f)
    except ValueError as refusal:
        if not str(refusal).startswith("trajectory: got no record "):
            raise
        return None


@st.composite
def one_way_values(draw):
    """Values of two or three modes at up to 9 points, each moving one way, and which points are recorded."""
    points, modes = draw(st.integers(1, 9)), draw(st.integers(2, 3))
    column = st.lists(
        st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.5, 0.85, 0.9, 1.0, 1.5]), min_size=points, max_size=points
    )
    columns = [sorted(draw(column), reverse=draw(st.booleans())) for _ in range(modes)]
    kept = draw(st.lists(st.integers(0, points - 1), min_size=1, unique=True).map(sorted))
    return np.array(columns).T * np.arange(modes, 0.0, -1.0), kept


@given(one_way_values())
@settings(max_examples=500, deadline=None)
def test_what_is_left_out_never_changes_an_answer(drawn):
    values, kept = drawn
    t = np.arange(len(values)) * 0.5
    s, f = 0.150317, 0.813749
    # Steps: all of them decide, some of them say the same or nothing.
    end = kept[-1] + 1
    assert answer(path_of(t, values, rate=0.5), s, f) == truth(values, s, f)
    assert answer(path_of(t[kept], values[kept], rate=0.5), s, f) in (None, truth(values[:end], s, f))
    # A flow linear between the points: with dense output any records do, without it they may not.
    line = Interpolant(0.0, t[-1], lambda at: np.array([np.interp(at, t, mode) for mode in values.T]).T)
    for records in (kept, [0], range(len(t))):
        there = np.array(records)
        assert answer(path_of(t[there], values[there], dense=line), s, f) == truth(joined(values, s, f), s, f)
    assert answer(path_of(t[kept], values[kept]), s, f) in (None, truth(joined(values[:end], s, f), s, f))


def test_what_cannot_hide_is_denied_without_its_points():
    t = np.array([0.0, 1.0])
    # The second value has begun before the first point; of the third pair nothing is known, and nothing matters.
    assert answer(path_of(t, np.array([[0.1, 0.5], [2.0, 1.0]])), 0.1, 0.9) is False
    assert answer(path_of(t, np.array([[0.1, 0.5, 0.01], [3.0, 2.0, 1.0]])), 0.1, 0.9) is False
    assert answer(path_of(t, np.array([[0.1, 0.05, 0.01], [3.0, 2.0, 1.0]])), 0.1, 0.9) is None
    # The first value never comes near its target, or one point shows both.
    assert answer(path_of(t, np.array([[0.1, 0.05], [1.0, 1.0]])), 0.1, 0.9) is False
    assert answer(path_of(t, np.array([[0.1, 0.05], [1.9, 0.1]])), 0.1, 0.9) is True
    # Before a first point after time 0, anything may have been.
    assert answer(path_of(t + 1, np.array([[0.1, 0.5], [2.0, 1.0]])), 0.1, 0.9) is None
    assert answer(path_of(t + 1, np.array([[0.1, 0.05], [1.9, 0.1]])), 0.1, 0.9) is True


def test_before_time_0_nothing_can_hide_and_before_a_later_first_record_it_can():
    t, values = np.array([0.0, 1.0, 2.0]), np.array([[0.1, 0.5], [0.5, 0.6], [2.0, 1.0]])
    late = Interpolant(1.0, 2.0, lambda at: np.array([np.interp(at, t, mode) for mode in values.T]).T)
    assert answer(path_of(t, values, dense=late), 0.1, 0.9) is False
    assert answer(path_of(t[1:], values[1:], dense=late), 0.1, 0.9) is None
    with pytest.raises(ValueError, match=r"got no record before step 1 \(t = 0 and 1\), .* record=1"):
        is_incremental(path_of(t[1:], values[1:], rate=1.0), 0.1, 0.9)


@pytest.mark.parametrize("short, beyond, incremental", [(0, 0, True), (-1, 0, False), (0, 1, False)])
def test_a_level_itself_counts(short, beyond, incremental):
    s, f = 0.125, 0.8125
    end = [2 * f * (1 + short * 2.0**-52), s * (1 + beyond * 2.0**-52)]
    assert is_incremental(path_of(np.arange(2.0), np.array([[0.1, 0.05], end]), rate=1.0), s, f) is incremental


def test_a_crossing_before_dense_output_hides_none_within_it():
    def within(at):
        assert (at >= 1).all()
        return np.array([np.minimum(0.5 + 6 * (at - 1), 2), np.maximum(0.05, 0.45 * at - 0.4)]).T

    path = path_of(np.arange(3.0), np.array([[1.9, 0.3], [0.5, 0.05], [2.0, 0.5]]), dense=Interpolant(1.0, 2.0, within))
    assert is_incremental(path, 0.2, 0.9)


def test_levels_of_any_size():
    # The product of two distances from a level of 1e-170 is no float.
    line = Interpolant(0.0, 1.0, lambda at: 1e-170 * np.array([np.minimum(4 * at, 2), np.maximum(2 * at - 1, 0)]).T)
    ends = np.array([0.0, 1.0])
    path = replace(path_of(ends, line.evaluate(ends), dense=line), target=1e-170 * np.array([2.0, 1.0]))
    assert is_incremental(path, 0.1, 0.9)


def test_a_flow_never_arrives_at_zero_and_a_descent_may():
    t, values = np.array([0.0, 1.0]), np.array([[0.1, 1.0], [1.0, 0.0]])
    goal = np.array([1.0, 0.0])
    line = Interpolant(0.0, 1.0, lambda at: np.array([np.interp(at, t, mode) for mode in values.T]).T)
    assert not is_incremental(replace(path_of(t, values, dense=line), target=goal), 0.1, 0.9)
    assert is_incremental(replace(path_of(t, values, rate=1.0), target=goal), 0.1, 0.9)
    assert is_incremental(path_of(t, values, rate=1.0), 0.1, 0.9, target=goal)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"s": 0.25}, r"s: got 0.25; allowed: a number in \(0, 0.25\)"),
        ({"s": 0.0}, "s: got 0;"),
        ({"s": float("nan")}, "s: got nan"),
        ({"s": [0.1, 0.2]}, r"s: got shape \(2,\)"),
        ({"f": 0.75}, r"f: got 0.75; allowed: a number in \(0.75, 1\)"),
        ({"f": 1.0}, "f: got 1;"),
        ({"target": [1.0]}, r"target: got shape \(1,\); allowed: \(2,\)"),
        ({"target": [1.0, -1.0]}, "target: got -1 at index 1"),
    ],
)
def test_bad_input(arguments, words):
    path = flow(toy(2, [2.0, 1.0], 0.1), 1.0)
    with pytest.raises(ValueError, match=words):
        is_incremental(path, **({"s": 0.1, "f": 0.9} | arguments))
    with pytest.raises(ValueError, match="target: got None"):
        is_incremental(replace(path, target=None), 0.1, 0.9)
