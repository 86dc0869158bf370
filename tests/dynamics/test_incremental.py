from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import toy, toy2_sigma

from flowlab.dynamics import descent, flow, is_incremental


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
    assert not is_incremental(sparse, s * (1 + 1e-6), f)


def test_every_pair_counts():
    deep = flow(toy(3, [12.0, 6.0, 1.0], 1e-6), 400.0, coordinates="log")
    assert not is_incremental(flow(toy(2, [12.0, 11.0, 1.0], 1e-3), 40.0), 0.1, 0.9)
    assert is_incremental(deep, 0.2, 0.8)
    assert not is_incremental(deep, 0.2, 0.8, target=[6.0, 12.0, 1.0])
    # Equal targets are no pair.
    assert is_incremental(flow(toy(2, [2.0, 2.0], 0.1), 5.0), 0.1, 0.9)


def test_on_a_descent_recorded_points_decide():
    system = toy(3, [12.0, 3.0], 1e-4)
    assert is_incremental(descent(system, 1e-3, steps=100_000, record=10), 0.1, 0.9)
    assert not is_incremental(descent(system, 1e-3, steps=100_000, record=100_000), 0.1, 0.9)


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
