"""The sharper bounds: each step of their proofs against quadrature, and all of them against 50 digits."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flowlab import toy
from flowlab.toy import bounds, precise_threshold, sharper
from flowlab.toy.threshold import threshold_drop
from tests.toy.strategies import RATIOS, F, S, log_uniform

BEYOND = st.one_of(
    st.sampled_from([2.001, 2.5, 3, 4, 5, 10, 1e6, math.inf]),
    st.floats(2.01, 8),
    log_uniform(1e-6, 1e8).map(lambda u: 2 + u),
)
ORDERS = st.one_of(st.sampled_from([0, 1, 0.5, 1 / 3]), st.floats(0.001, 0.999))
MODERATE = (st.floats(1.01, 60), st.floats(0.01, 0.6), st.floats(0.65, 0.99))


def both(m, depth, ratio, s, f):
    return sharper.upper(m, depth, ratio, s, f), sharper.lower(m, depth, ratio, s, f)


@given(st.one_of(st.just(2), BEYOND), RATIOS, S, F)
@example(2, 1 + 2**-52, 0.2, 0.9)
@example(2.0000001, 1 + 1e-9, 0.03, 0.97)
@example(math.inf, 1e300, 1e-300, 1 - 2**-53)
@settings(max_examples=150, deadline=None)
def test_the_threshold_lies_between_and_they_are_close(depth, ratio, s, f):
    """In floats the logarithms, in 100 digits the order."""
    with mp.workdps(100):
        args = [mp.mpf(value) for value in (depth, ratio, s, f)]
        drop = precise_threshold.threshold_drop(*args)
        upper, lower = both(mp, *args)
        assert upper <= drop * (1 + mp.mpf(10) ** -90)
        assert drop <= lower * (1 + mp.mpf(10) ** -90)
        assert lower - upper <= mp.log(1.1)
    for got, wanted in zip(both(math, depth, ratio, s, f), (upper, lower), strict=True):
        assert got == pytest.approx(float(wanted), rel=1e-9)


@given(st.one_of(st.just(2), st.floats(2.05, 12), st.just(math.inf)), *MODERATE)
@settings(max_examples=60, deadline=None)
def test_the_proofs_ask_less_than_the_theorem(depth, ratio, s, f):
    """Any 0 < s < 1 and s < fr < r will do; the claims keep to Definition 1."""
    assume(s < 0.99 * f * ratio)
    with mp.workdps(40):
        args = [mp.mpf(value) for value in (depth, ratio, s, f)]
        drop = precise_threshold.threshold_drop(*args)
        upper, lower = both(mp, *args)
        assert upper * (1 - mp.mpf(10) ** -30) <= drop <= lower * (1 + mp.mpf(10) ** -30)


@given(ORDERS, *MODERATE)
@settings(max_examples=40, deadline=None)
def test_the_supply_lies_between_its_bounds(p, ratio, s, f):
    assume(s < 0.9 * f * ratio)
    with mp.workdps(25):
        exact = mp.quad(
            lambda u: mp.mpf(s) ** p * mp.exp(-p * u) / (1 - mp.exp(u) / ratio), [mp.log(s), mp.log(f * ratio)]
        )
        low, high = sharper.supply_bounds(mp, p, mp.mpf(ratio), mp.mpf(s), mp.mpf(f))
        assert low * (1 - mp.mpf(10) ** -15) <= exact <= high * (1 + mp.mpf(10) ** -15)
        if p in (0, 1):
            assert high - low <= exact * mp.mpf(10) ** -12


@given(ORDERS, st.floats(1.001, 60), st.floats(0.01, 0.6), log_uniform(1e-3, 30))
@settings(max_examples=40, deadline=None)
def test_the_demand_lies_between_its_bounds(p, ratio, s, q):
    with mp.workdps(25):
        drop = mp.mpf(q) if p == 0 else mp.log1p(p * q) / p
        start = s * mp.exp(-drop)
        exact = mp.quad(lambda x: (s / x) ** p * (ratio + 1 - x) / ((1 - x) * (ratio - x)), mp.linspace(start, s, 5))
        low, high = sharper.excess_bounds(mp, p, mp.mpf(ratio), mp.mpf(s), mp.mpf(q))
        assert low * (1 - mp.mpf(10) ** -10) <= exact <= high * (1 + mp.mpf(10) ** -10)
        if p == 0:
            assert low == high
        # r − 1 times q and this is the demand itself
        whole = mp.quad(
            lambda x: (s / x) ** p * ratio * (ratio - 1) / (x * (1 - x) * (ratio - x)), mp.linspace(start, s, 9)
        )
        assert abs((ratio - 1) * (q + exact) - whole) <= mp.mpf(10) ** -8 * whole


@given(BEYOND, RATIOS, S, F)
@settings(max_examples=200, deadline=None)
def test_they_are_sharper_than_the_printed_ones(depth, ratio, s, f):
    upper, lower = both(math, depth, ratio, s, f)
    assert lower <= bounds.lower(math, depth, ratio, s, f) * (1 + 1e-12)
    assert upper >= bounds.upper_corrected(math, depth, ratio, s, f) * (1 - 1e-9)
    upper, lower = both(math, 2, ratio, s, f)
    assert lower <= bounds.lower(math, 2, ratio, s, f) * (1 + 1e-12)
    assert upper >= bounds.upper_corrected(math, 2, ratio, s, f) * (1 - 1e-12)


def test_they_tend_to_the_threshold():
    """As s → 0, the ratio of either to the threshold tends to 1."""
    for depth in (2, 2.5, 3, 10, math.inf):
        apart = [
            np.subtract(both(math, depth, 2.0, s, 0.9), float(threshold_drop(depth=depth, ratio=2.0, s=s, f=0.9)))
            for s in (0.2, 1e-3, 1e-8, 1e-30)
        ]
        sizes = np.abs(apart).max(axis=1)
        assert np.all(sizes[1:] < sizes[:-1] + 1e-12)
        assert sizes[-1] < 1e-4 * (1 + sizes[0])


@given(st.lists(st.tuples(st.one_of(st.just(2), BEYOND), RATIOS, S, F), min_size=1, max_size=5), st.floats(0.1, 10))
@settings(max_examples=50, deadline=None)
def test_bounds_of_arrays_are_around_their_thresholds(points, target):
    depth, ratio, s, f = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    args = {"depth": depth, "ratio": ratio, "s": s, "f": f, "target": target, "log": True}
    found, exact = toy.sharper_bounds(**args), toy.threshold(**args)
    rounding = 1e-12 * np.abs(exact)
    assert np.all(found.lower <= exact + rounding)
    assert np.all(exact <= found.upper + rounding)
    assert np.all(found.upper - found.lower <= math.log(1.1) + rounding)


def test_bounds_refuse_what_they_do_not_bound():
    with pytest.raises(ValueError, match=r"depth: got 1.5 at index 1; allowed: numbers >= 2, or inf"):
        toy.sharper_bounds(depth=[2, 1.5], ratio=2, s=0.1, f=0.9)
    with pytest.raises(ValueError, match=r"s: got 0.3; allowed: numbers in \(0, 1/4\)"):
        toy.sharper_bounds(depth=2, ratio=2, s=0.3, f=0.9)
    with pytest.raises(ValueError, match=r"log: got False, but the lower bound is exp\(-"):
        toy.sharper_bounds(depth=2, ratio=1.001, s=0.1, f=0.9)


def test_arrays_are_their_numbers():
    depth = np.array([2.5, 3.0, 7.0, math.inf])
    ratio, s, f = np.array([1.001, 2.0, 30.0, 5.0]), np.array([0.2, 0.01, 0.1, 1e-9]), np.array([0.8, 0.9, 0.99, 0.76])
    for bound in (sharper.upper, sharper.lower):
        one_by_one = [bound(math, *each) for each in zip(depth, ratio, s, f, strict=True)]
        np.testing.assert_allclose(bound(np, depth, ratio, s, f), one_by_one, rtol=1e-12)
        one_by_one = [bound(math, 2, *each) for each in zip(ratio, s, f, strict=True)]
        np.testing.assert_allclose(bound(np, 2, ratio, s, f), one_by_one, rtol=1e-12)
