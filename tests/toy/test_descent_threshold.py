"""Thresholds of gradient descent: against descents run forward, one start at a time."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab import toy
from flowlab.toy import descent_bounds, precise_descent
from flowlab.toy.descent_bounds import STABLE


def learns_incrementally(init, *, ratio, s, f, learning_rate, depth, target=1.0):
    """Run both weights forward by the descent on (w^N − σ*)²/(2N²) and look at every iteration."""
    goals = np.array([ratio * target, target])
    w = np.full(2, init) ** (1 / depth)
    while True:
        sigma = w**depth
        if sigma[1] > s * target:
            return False
        if sigma[0] >= f * goals[0]:
            return True
        w = w - learning_rate / depth * w ** (depth - 1) * (sigma - goals)


RATES = st.floats(0.1, 1.0)
PROBLEMS = st.fixed_dictionaries(
    {
        "ratio": st.floats(1.2, 12),
        "s": st.floats(0.03, 0.24),
        "f": st.floats(0.76, 0.97),
        "depth": st.one_of(st.just(2), st.sampled_from([2.5, 3, 4, 7])),
        "target": st.sampled_from([1.0, 0.3, 5.0]),
    }
)


@given(PROBLEMS, RATES)
@settings(max_examples=40, deadline=None)
def test_threshold_is_where_descent_stops_learning_incrementally(problem, share):
    power = 2 - 2 / problem["depth"]
    rate = share * (problem["ratio"] * problem["target"]) ** -power
    found = toy.descent_threshold(**problem, learning_rate=rate, log=True)
    assert found.all_below <= found.largest
    if found.all_below < -250:
        return

    def learns(log_init):
        return learns_incrementally(math.exp(log_init), **problem, learning_rate=rate)

    assert learns(found.largest - 1e-9)
    assert not learns(found.largest + 1e-9)
    above = np.linspace(found.largest + 1e-9, math.log(problem["s"] * problem["target"]), 20)
    assert not any(learns(y) for y in above)
    below = np.linspace(found.all_below - 4, found.all_below - 1e-9, 25)
    assert all(learns(y) for y in below)
    if found.all_below < found.largest:
        assert not learns(found.all_below + 1e-9 * (1 + abs(found.all_below)))


def test_starts_need_not_form_an_interval():
    """Between the starts that iteration 8 and iteration 9 serve there is a gap."""
    problem = {"ratio": 4, "s": 0.15, "f": 0.8, "learning_rate": 0.2}
    found = toy.descent_threshold(**problem)
    assert found.all_below < found.largest
    assert found.iteration == 8
    assert learns_incrementally(found.largest * (1 - 1e-9), **problem, depth=2)
    assert not learns_incrementally(found.all_below * (1 + 1e-6), **problem, depth=2)


@pytest.mark.parametrize("depth", [2, 3])
def test_small_learning_rates_approach_the_flow_linearly(depth):
    exact = toy.threshold(depth=depth, ratio=4, s=0.15, f=0.8, log=True)
    errors = [
        abs(toy.descent_threshold(ratio=4, s=0.15, f=0.8, learning_rate=rate, depth=depth, log=True).all_below - exact)
        for rate in (1e-2, 1e-3, 1e-4)
    ]
    assert errors[2] < errors[1] < errors[0] < 0.1
    assert errors[2] < 1e-3


@given(st.floats(1.001, 8), st.floats(0.02, 0.24), st.floats(0.76, 0.98), st.floats(0.2, 0.99))
@example(1 + 2**-52, 0.125, 0.875, 0.5)  # the two rates, rounded, differ by no digit of r − 1
@settings(max_examples=25, deadline=None)
def test_agrees_with_50_digits(ratio, s, f, rate):
    rate_j = rate / ratio
    with mp.workdps(50):
        wanted = precise_descent.log_descent_threshold(
            *(mp.mpf(v) for v in (ratio, s, f)), mp.mpf(rate_j) * mp.mpf(ratio), mp.mpf(rate_j), steps=1500
        )
        if wanted is not None:
            got = toy.descent_threshold(ratio=ratio, s=s, f=f, learning_rate=rate_j, log=True)
            for mine, value in zip((got.largest, got.all_below), wanted, strict=True):
                assert abs(mine - value) <= 1e-9 * abs(value)


@given(st.floats(1 + 2**-52, 50), st.floats(0.02, 0.2499), st.floats(0.7501, 0.98), st.floats(0.005, STABLE))
@example(1 + 2**-52, 0.1, 0.9, STABLE)
@example(50.0, 0.2499, 0.98, STABLE)
@example(2.0, 0.1, 0.9, 0.005)
@settings(max_examples=100, deadline=None)
def test_enclosure_holds_the_threshold(ratio, s, f, rate):
    found = toy.descent_threshold(ratio=ratio, s=s, f=f, learning_rate=rate / ratio, log=True)
    low, high = (descent_bounds.enclosure(math, ratio, s, f, rate, rate / ratio, up=up) for up in (False, True))
    assert low <= found.all_below <= found.largest <= high
    # the descent cannot tell starts within a step, or one step in all that bring them apart
    with mp.workdps(40):
        step_i, step_j = 2 * mp.log1p(mp.mpf(rate) / 2), 2 * mp.log1p(mp.mpf(rate) / (2 * mp.mpf(ratio)))
        assert high - low <= (1 + 10 * rate) / (1 / step_j - 1 / step_i) + 1e-11 * abs(low)


@given(st.floats(0.01, STABLE), st.floats(0.001, 0.9), st.floats(0.001, 0.999))
@example(STABLE, 0.1, 0.999)
@example(0.5, 0.3, 0.31)
@settings(max_examples=100, deadline=None)
def test_count_of_iterations_holds_the_iterations(rate, start, level):
    least, most = descent_bounds.count(math, rate, start, level)
    count, r = 0, start
    while r < level:
        r, count = r * (1 + rate / 2 * (1 - r)) ** 2, count + 1
    if start < level:
        assert math.ceil(least - 1e-9) <= count <= math.ceil(most + 1e-9)
        # within a step, the count of the value reached is the number of steps, less at most 5 q
        if 1 - r > 1e-6:
            least, most = descent_bounds.count(math, rate, start, r)
            assert least - 1e-9 <= count <= most + 1e-9


@given(st.floats(1.2, 50), st.floats(0.02, 0.2499), st.floats(0.7501, 0.98), st.floats(1e-6, STABLE))
@settings(max_examples=50, deadline=None)
def test_enclosure_is_where_the_bounds_on_the_counts_meet(ratio, s, f, rate):
    with mp.workdps(40):
        ratio, s, f, rate = (mp.mpf(v) for v in (ratio, s, f, rate))
        for up in (False, True):
            x = mp.exp(descent_bounds.enclosure(mp, ratio, s, f, rate, rate / ratio, up=up))
            needed, room = descent_bounds.count(mp, rate, x / ratio, f), descent_bounds.count(mp, rate / ratio, x, s)
            if x < s * (1 - mp.mpf(10) ** -9):
                gap = room[1] - needed[0] if up else room[0] - (needed[1] + 1)
                assert abs(gap) <= mp.mpf(10) ** -25 * needed[1]


def counted(q, r):
    """By how much a step from r raises the count of `descent_enclosure`, less 1."""
    left = 1 - r
    grown = 2 * mp.log1p(q * left / 2)
    kept = mp.log1p(-q * r - q * q * r * left / 4)
    return grown / (2 * mp.log1p(q / 2)) + kept / mp.log1p(-q) - 1


@given(
    st.one_of(st.floats(1e-300, STABLE), st.floats(-300, 0).map(lambda e: STABLE * 10**e)),
    st.one_of(st.floats(0, 1), st.floats(-300, 0).map(lambda e: 10**e), st.floats(-16, 0).map(lambda e: 1 - 10**e)),
)
@example(STABLE, 1.0)
@example(STABLE, 0.9)
@settings(max_examples=300, deadline=None)
def test_a_step_raises_the_count_by_at_most_one_and_hardly_less(rate, level):
    """The count's rise, less 1, is convex with second derivative at most 10 q², and 0 at either end."""
    with mp.workdps(1300):
        q, r = mp.mpf(rate), min(max(mp.mpf(level), mp.mpf(10) ** -300), 1 - mp.mpf(10) ** -20)
        assert -5 * q * q * r * (1 - r) <= counted(q, r) < 0
        h = min(r, 1 - r) / 10**10
        bend = (counted(q, r + h) - 2 * counted(q, r) + counted(q, r - h)) / (h * h)
        assert 0 < bend < 10 * q * q
        assert abs(counted(q, mp.mpf(0))) < mp.mpf(10) ** -1200 > abs(counted(q, mp.mpf(1)))


def printed_bounds(r, s, f, x_i, x_j):
    """Theorem 3 typed a second time, in powers; x_k = c R_k."""
    a = mp.log(1 - x_i + x_i**2) / mp.log(1 - x_j - x_j**2 / 4)
    b = mp.log(1 - x_i - x_i**2 / 4) / mp.log(1 - x_j + x_j**2)
    odds = s / (1 - s)
    return odds / 2 * ((1 - f) / (2 * r * f) * odds) ** (1 / (a - 1)), odds * ((1 - f) / f * odds) ** (1 / (b - 1))


@given(st.floats(1.5, 20), st.floats(0.02, 0.24), st.floats(0.76, 0.98), st.floats(0.01, 0.8))
@settings(max_examples=100, deadline=None)
def test_bounds_are_those_printed(ratio, s, f, rate_i):
    with mp.workdps(40):
        got = toy.descent_threshold_bounds(ratio=ratio, s=s, f=f, learning_rate=rate_i / ratio, log=True)
        wanted = printed_bounds(*(mp.mpf(v) for v in (ratio, s, f, rate_i, rate_i / ratio)))
        for mine, value in zip(got, wanted, strict=True):
            assert abs(mine - mp.log(value)) <= 1e-8 * (1 + abs(mp.log(value))) ** 2


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("learning_rate", 0.0, "finite numbers > 0"),
        ("learning_rate", 0.26, "at most 0.25, .*Lemma 1"),
        ("learning_rate", 1e-9, "at most 20000000 iterations"),
        ("depth", 1.5, "numbers >= 2"),
        ("depth", math.inf, "finite numbers >= 2"),
        ("ratio", 1.0, "> 1"),
        ("s", 0.3, "1/4"),
        ("f", 0.5, "3/4"),
    ],
)
@pytest.mark.jit
def test_bad_input_is_named(name, value, message):
    arguments = {"ratio": 4, "s": 0.15, "f": 0.8, "learning_rate": 0.1, name: value}
    with pytest.raises(ValueError, match=f"^{name}: got .*; allowed: .*{message}"):
        toy.descent_threshold(**arguments)


def test_bounds_keep_to_their_theorem():
    arguments = {"ratio": 4, "s": 0.15, "f": 0.8, "learning_rate": 0.1}
    with pytest.raises(ValueError, match=r"learning_rate: got 0.21; allowed: at most 0.20710[56], 2\(√2 − 1\)"):
        toy.descent_threshold_bounds(**{**arguments, "learning_rate": 0.21})
    with pytest.raises(ValueError, match="depth: got 3; allowed: 2"):
        toy.descent_threshold_bounds(**arguments, depth=3)
    assert toy.descent_threshold_bounds(**arguments, depth=2) == toy.descent_threshold_bounds(**arguments)
    edge = STABLE / 1.1
    assert toy.descent_threshold_bounds(**{**arguments, "ratio": 1.1, "learning_rate": edge}, log=True).upper < 0
