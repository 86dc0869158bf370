"""Thresholds of the flow: against 50 digits, against their definition, against the printed bounds."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab import toy
from flowlab.toy import bounds, precise_threshold
from flowlab.toy.threshold import threshold_drop
from tests.toy.strategies import DEPTHS, RATIOS, F, S, log_uniform

DEEP = st.one_of(st.integers(3, 50), st.sampled_from([3, 10**6, math.inf]), st.floats(3, 20))


@given(DEPTHS, RATIOS, S, F)
@example(2, 1.01, 0.15, 0.8)
@example(math.inf, 1 + 2**-52, 0.2, 0.9)
@settings(max_examples=200, deadline=None)
def test_threshold_is_exact(depth, ratio, s, f):
    with mp.workdps(50):
        drop = precise_threshold.threshold_drop(depth, ratio, s, f)
        if drop is None:
            with pytest.raises(ValueError, match=r"depth: got .*no start is small enough"):
                toy.threshold(depth=depth, ratio=ratio, s=s, f=f, log=True)
            return
        wanted = mp.log(s) - drop
        got = toy.threshold(depth=depth, ratio=ratio, s=s, f=f, log=True)
        assert abs(got - wanted) <= 1e-12 * abs(wanted)
        if wanted > -700:
            assert abs(toy.threshold(depth=depth, ratio=ratio, s=s, f=f) - mp.exp(wanted)) <= 1e-10 * mp.exp(wanted)


@given(
    st.one_of(st.floats(2, 8), st.just(math.inf)),
    st.floats(1.1, 20),
    st.floats(0.02, 0.24),
    st.floats(0.76, 0.98),
    st.floats(0.1, 10),
)
@settings(max_examples=100, deadline=None)
def test_threshold_is_where_incremental_learning_ends(depth, ratio, s, f, target):
    """Definition 1 by the solution itself, just below and just above."""
    edge = toy.threshold(depth=depth, ratio=ratio, s=s, f=f, target=target, log=True)
    if edge < -200:
        return
    for nudge, incremental in ((-1e-6, True), (1e-6, False)):
        init = math.exp(edge + nudge)
        t = toy.time(f * ratio * target, depth=depth, target=ratio * target, init=init)
        assert (toy.sigma(t, depth=depth, target=target, init=init) <= s * target) == incremental


def test_depth_two_leaves_the_range_of_a_float():
    with pytest.raises(ValueError, match=r"log: got False, but the threshold is exp\(-.*allowed: log=True"):
        toy.threshold(depth=2, ratio=1.001, s=0.1, f=0.9)
    assert toy.threshold(depth=2, ratio=1.001, s=0.1, f=0.9, log=True) < -4000
    with pytest.raises(ValueError, match="log=True"):
        toy.threshold_bounds(depth=2, ratio=1.001, s=0.1, f=0.9)
    assert toy.threshold_bounds(depth=2, ratio=1.001, s=0.1, f=0.9, log=True).lower < -20000


def test_shallow_models_have_no_threshold():
    with pytest.raises(ValueError, match=r"depth: got 1.2, where no start .* at this ratio.*; allowed: .*larger ratio"):
        toy.threshold(depth=1.2, ratio=1.5, s=0.1, f=0.9)
    assert toy.threshold(depth=1.2, ratio=1e6, s=0.1, f=0.9) > 0
    for ratio in (1.5, 1e300):
        with pytest.raises(ValueError, match=r"depth: got 1, where no start .* at any ratio.*; allowed: depths > 1$"):
            toy.threshold(depth=1, ratio=ratio, s=0.1, f=0.9)


def test_sizes_told_in_the_docstring():
    for ratio, size in ((1.01, -192), (1.001, -1910)):
        logarithm = toy.threshold(depth=2, ratio=ratio, s=0.1, f=0.9, log=True)
        assert logarithm / math.log(10) == pytest.approx(size, abs=0.5)
        assert f"1e{size}" in toy.threshold.__doc__


@pytest.mark.parametrize("depth", [3, 1e15, 2.0**53, math.inf])
@pytest.mark.parametrize("ratio", [1e300, 1e307, 1.797e308])
@pytest.mark.parametrize(("s", "f"), [(0.1, 0.9), (0.2, 0.99), (1e-5, 0.8)])
def test_the_smallest_drops_keep_their_digits(depth, ratio, s, f):
    """At depth 2^53 exponents near 0, times such a drop, are too small for a float's full digits."""
    with mp.workdps(50):
        wanted = precise_threshold.threshold_drop(depth, ratio, s, f)
        assert abs(threshold_drop(depth=depth, ratio=ratio, s=s, f=f) - wanted) <= 1e-12 * wanted


def test_threshold_is_proportional_to_the_target():
    one = toy.threshold(depth=3, ratio=4, s=0.15, f=0.8)
    assert toy.threshold(depth=3, ratio=4, s=0.15, f=0.8, target=7.0) == pytest.approx(7 * one, rel=1e-14)
    assert toy.threshold(depth=[2, 3], ratio=[[4], [5], [6]], s=0.15, f=0.8).shape == (3, 2)


def printed_bounds(depth, r, s, f):
    """Theorem 2 typed a second time, in powers rather than logarithms."""
    r, s, f = mp.mpf(r), mp.mpf(s), mp.mpf(f)
    if depth == 2:
        return s * (s / (f * r)) ** (1 / ((1 - f) * (r - 1))), s * (s / (f * r)) ** ((1 - s) / (r - 1))
    power = mp.mpf(1) if math.isinf(depth) else mp.mpf(depth) / (depth - 2)
    gain = (1 - f) * (r - 1)
    return s * (gain / (1 + gain)) ** power, s * ((r - 1) / (r - s)) ** power


@given(st.one_of(st.just(2), DEEP), st.floats(1.05, 50), st.floats(0.01, 0.249), st.floats(0.751, 0.99))
@settings(max_examples=200, deadline=None)
def test_bounds_are_those_printed(depth, ratio, s, f):
    with mp.workdps(40):
        got = toy.threshold_bounds(depth=depth, ratio=ratio, s=s, f=f, log=True)
        for mine, wanted in zip(got, printed_bounds(depth, ratio, s, f), strict=True):
            assert abs(mine - mp.log(wanted)) <= 1e-12 * (1 + abs(mp.log(wanted)))


@given(st.one_of(st.just(2), DEEP), RATIOS, S, F)
@settings(max_examples=200, deadline=None)
def test_threshold_lies_between_the_sound_bounds(depth, ratio, s, f):
    drop = precise_drop = None
    with mp.workdps(60):
        precise_drop = precise_threshold.threshold_drop(depth, ratio, s, f)
        numbers = [mp.mpf(v) for v in (depth, ratio, s, f)]
        drop = bounds.upper_corrected(mp, *numbers), bounds.lower(mp, *numbers)
        assert drop[0] <= precise_drop <= drop[1]


def test_printed_upper_bound_fails_at_depth_three():
    """Found by search: the exact threshold is above the bound that Theorem 2 prints."""
    arguments = {"depth": 3, "ratio": 2.0, "s": 0.1, "f": 0.88}
    assert toy.threshold(**arguments) > toy.threshold_bounds(**arguments).upper


@pytest.mark.parametrize("function", [toy.threshold, toy.threshold_bounds])
@pytest.mark.parametrize(
    ("name", "value"),
    [("depth", 0.99), ("depth", math.nan), ("ratio", 1.0), ("ratio", 0.5), ("ratio", math.inf), ("s", 0.0), ("s", 0.25),
     ("f", 0.75), ("f", 1.0), ("target", 0.0), ("target", -1.0), ("target", math.inf), ("s", []), ("f", "much")],
)  # fmt: skip
def test_bad_input_is_named(function, name, value):
    arguments = {"depth": 3, "ratio": 4, "s": 0.15, "f": 0.8, "target": 1.0, name: value}
    with pytest.raises(ValueError, match=f"^{name}: got .*; allowed: ") as caught:
        function(**arguments)
    assert "\n" not in str(caught.value)


def test_bounds_say_nothing_of_other_depths():
    with pytest.raises(ValueError, match=r"depth: got 2.5; allowed: 2, or numbers >= 3"):
        toy.threshold_bounds(depth=2.5, ratio=4, s=0.15, f=0.8)


@given(log_uniform(1.01, 100), st.floats(0.01, 0.249), st.floats(0.751, 0.99))
@settings(max_examples=50, deadline=None)
def test_arrays_and_scalars_agree(ratio, s, f):
    depths = np.array([2.0, 3.0, np.inf])
    together = toy.threshold(depth=depths, ratio=ratio, s=s, f=f, log=True)
    assert [toy.threshold(depth=d, ratio=ratio, s=s, f=f, log=True) for d in depths] == list(together)
