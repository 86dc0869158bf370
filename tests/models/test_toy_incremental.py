"""Incremental learning as trajectories show it, against the exact thresholds: recorded fully or thinly, never wrong."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flowlab import ToyModel, compare, descent, flow, is_incremental, toy

depths = st.one_of(st.integers(2, 8), st.floats(2.0, 8.0))
pairs = {"ratio": st.floats(1.5, 20.0), "s": st.floats(0.02, 0.24), "f": st.floats(0.76, 0.98)}
fractions = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4, unique=True).map(sorted)


def decided(path, s, f):
    """The answer, or None where the records leave it open."""
    try:
        return is_incremental(path, s, f)
    except ValueError as refusal:
        if not str(refusal).startswith("trajectory: got no record "):
            raise
        return None


def two_modes(depth, ratio, s, f, factor, target=3.0):
    """A model that starts at `factor` times the threshold, and a time by which both values are almost learned."""
    start = factor * toy.threshold(depth=depth, ratio=ratio, s=s, f=f, target=target)
    end = toy.time(0.99 * target, depth=depth, target=target, init=start)
    return ToyModel(depth, [ratio * target, target], start), float(end)


@given(depths, st.fixed_dictionaries(pairs), st.sampled_from([0.1, 1 - 1e-8, 1 + 1e-8, 1.5]), fractions)
@example(4, {"ratio": 1.2, "s": 0.1, "f": 0.9}, 0.1, [1.0])
@settings(max_examples=60, deadline=None)
def test_an_exact_solution_agrees_with_the_threshold_wherever_it_is_recorded(depth, pair, factor, fractions):
    model, end = two_modes(depth, **pair, factor=factor)
    times = end * np.array(fractions)
    assume((np.diff(times) > 0).all())
    for recorded in (times, [0.0], [end], [1e300]):
        assert is_incremental(model.exact(recorded), pair["s"], pair["f"]) == (factor < 1)


@given(depths, st.fixed_dictionaries(pairs), st.sampled_from([0.1, 1 - 1e-5, 1 + 1e-5, 1.5]), fractions)
@example(4, {"ratio": 1.2, "s": 0.1, "f": 0.9}, 0.1, [1.0])
@example(4, {"ratio": 1.2, "s": 0.1, "f": 0.9}, 0.1, [0.0, 1.0])
@settings(max_examples=40, deadline=None)
def test_a_flow_agrees_with_the_threshold_or_refuses(depth, pair, factor, fractions):
    s, f = pair["s"], pair["f"]
    model, end = two_modes(depth, **pair, factor=factor)
    settled = {"rtol": 1e-11, "coordinates": "log"}
    times = end * np.array(fractions)
    assume((np.diff(times) > 0).all())
    assert is_incremental(flow(model.system(), end, **settled), s, f) == (factor < 1)
    assert is_incremental(flow(model.system(), end, times=times, **settled), s, f) == (factor < 1)
    # Kept at chosen times alone, a flow ends with the last of them.
    for recorded in (None, np.union1d(times, [0.0, end]), np.union1d(times, end)):
        path = flow(model.system(), end, times=recorded, dense=False, **settled)
        assert decided(path, s, f) in (None, factor < 1)


@given(
    st.integers(2, 6),
    st.fixed_dictionaries(pairs),
    st.floats(0.05, 1.0),
    st.sampled_from([0.5, 1 - 1e-9, 1 + 1e-9, 1.5]),
    st.integers(2, 5000),
)
@settings(max_examples=60, deadline=None)
def test_a_descent_agrees_with_the_threshold_or_refuses(depth, pair, speed, factor, every):
    target, s, f = 3.0, pair["s"], pair["f"]
    rate = speed * (pair["ratio"] * target) ** (2 / depth - 2)
    known = toy.descent_threshold(depth=depth, **pair, learning_rate=rate, target=target)
    start = factor * (known.all_below if factor < 1 else known.largest)
    model = ToyModel(depth, [pair["ratio"] * target, target], start)
    # Once the smaller value has begun, no later step shows anything.
    steps = int(2 * toy.time(0.9 * target, depth=depth, target=target, init=start) / rate) + 10
    assume(steps < 1_000_000)
    full = descent(model.system(), rate, steps=steps, record=1)
    assert full.induced[-1, 1] > s * target
    assert is_incremental(full, s, f) == (factor < 1)
    for record in ("log", every, [0]):
        assert decided(descent(model.system(), rate, steps=steps, record=record), s, f) in (None, factor < 1)


def test_steps_spaced_in_the_logarithm_miss_what_every_step_shows():
    known = toy.descent_threshold(depth=4, ratio=1.2, s=0.1, f=0.9, learning_rate=1e-4, target=3.0)
    system = ToyModel(4, [3.6, 3.0], 0.9 * known.largest).system()
    assert is_incremental(descent(system, 1e-4, steps=272_564, record=1), 0.1, 0.9)
    with pytest.raises(ValueError, match=r"^trajectory: got no record between steps \d+ and \d+ .*record=1$"):
        is_incremental(descent(system, 1e-4, steps=272_564), 0.1, 0.9)


def test_a_target_of_zero_is_never_reached():
    for depth in (1, 1.5, 2, 3):
        model = ToyModel(depth, [1.0, 0.0], [0.5, 0.1])
        assert not is_incremental(model.exact([0.0, 1.0]), 0.1, 0.9)


@given(st.floats(1.0, 12.0), st.floats(1e-300, 1e6))
@example(1.0, 0.1)
@example(1.001, 1e6)
@example(2.0, 1.0)
@example(3.0, 1.0)
@settings(deadline=None)
def test_dense_output_ends_where_a_value_leaves_the_floats(depth, init):
    path = ToyModel(depth, [1.0, 0.0], init).exact([0.0])
    stop = path.interpolant.stop
    if np.isfinite(stop):
        # Within the rounding of so small a value's parameter.
        last = path.induced_at([0.999 * stop, stop])[:, 1]
        assert last[1] == pytest.approx(2 * np.finfo(float).tiny, rel=1e-9)
        assert last[1] < last[0]
    else:
        assert path.induced_at(2.0**1023)[1] >= np.finfo(float).tiny
    assert ToyModel(depth, [1.0, 3.0], init).exact([0.0]).interpolant.stop == np.inf


def test_the_order_of_descents_is_that_of_all_their_steps():
    model = ToyModel(4, [12.0, 6.0, 4.0, 3.0], 0.001)
    curve = flow(model.system(), 30.0, rtol=1e-11)
    rates = [0.002, 0.001, 0.0005, 0.00025]
    every = compare(curve, [descent(model.system(), rate, steps=round(30 / rate), record=1) for rate in rates])
    assert every.order == pytest.approx(1, abs=0.005)
    assert every.distances[:-1] / every.distances[1:] == pytest.approx([2, 2, 2], abs=0.01)
    for rate in rates:
        with pytest.raises(ValueError, match=r"descent: got no record of the steps between .*; allowed: .* record=1"):
            compare(curve, descent(model.system(), rate, steps=round(30 / rate)))
