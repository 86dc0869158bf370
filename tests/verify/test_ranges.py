"""Ranges draw members only, and all of them: from the last bit at an end to where users live."""

import functools
import math
import sys

import pytest
from hypothesis import HealthCheck, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from flowlab.verify import Choice, Integer, Range, Real

INF = math.inf
REALS = {
    "s": Real(0, 0.25, low_open=True, high_open=True),
    "f": Real(0.75, 1, low_open=True, high_open=True),
    "ratio": Real(1, INF, low_open=True, high_open=True),
    "target": Real(1e-6, 1e6),
    "line": Real(-INF, INF),
    "below": Real(-INF, -2),
    "point": Real(3, 3),
    "huge": Real(-1e308, 1.7e308),
    "tiny": Real(0, 5e-324),
}
RANGES = {**REALS, "N": Integer(2), "n": Integer(-3, 5), "far": Integer(2**60), "pick": Choice(2, 3.5, INF)}


@pytest.mark.parametrize("allowed", RANGES.values(), ids=RANGES)
def test_everything_drawn_and_every_corner_is_a_member(allowed):
    assert isinstance(allowed, Range)
    assert all(corner in allowed for corner in allowed.corners())

    @given(st.one_of(allowed.strategy(), allowed.moderate()))
    @settings(max_examples=300, database=None, deadline=None)
    def check(value):
        assert value in allowed

    check()


@pytest.mark.parametrize("allowed", REALS.values(), ids=REALS)
def test_corners_of_reals_are_the_last_floats(allowed):
    first, last = allowed.corners()[0], allowed.corners()[-1]
    assert math.nextafter(first, -INF) not in allowed
    assert math.nextafter(last, INF) not in allowed


@functools.cache
def thousand(name):
    drawn = []

    @seed(0)
    @settings(max_examples=1000, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(RANGES[name].strategy())
    def collect(value):
        drawn.append(value)

    collect()
    return drawn


@pytest.mark.parametrize(
    "name, region",
    [
        ("s", lambda x: x < 1e-200),
        ("s", lambda x: 1e-12 < x < 1e-3),
        ("s", lambda x: 0.05 < x < 0.2),
        ("s", lambda x: 0 < 0.25 - x < 1e-12),
        ("s", lambda x: x == 5e-324),
        ("f", lambda x: 0 < 1 - x < 1e-10),
        ("f", lambda x: 0 < x - 0.75 < 1e-10),
        ("ratio", lambda x: 0 < x - 1 < 1e-11),
        ("ratio", lambda x: 1e-9 < x - 1 < 1e-3),
        ("ratio", lambda x: 1.5 < x < 20),
        ("ratio", lambda x: 1e3 < x < 1e9),
        ("ratio", lambda x: x > 1e200),
        ("target", lambda x: 1e-5 < x < 1e-3),
        ("target", lambda x: 0 < x - 1e-6 < 1e-15),
        ("line", lambda x: x < -1e200),
        ("line", lambda x: 0 < abs(x) < 1e-200),
        ("line", lambda x: 0.5 < x < 5),
        ("below", lambda x: x < -1e200),
        ("below", lambda x: 0 < -2 - x < 1e-12),
        ("N", lambda n: n == 2),
        ("N", lambda n: 20 < n < 200),
        ("N", lambda n: 10**6 < n < 10**9),
        ("N", lambda n: n > 10**14),
        ("far", lambda n: n > 2**60),
        ("pick", lambda v: v == INF),
    ],
)
def test_each_region_is_drawn_within_a_thousand(name, region):
    assert sum(map(region, thousand(name))) >= (1 if name == "pick" else 3)


@pytest.mark.parametrize("high, corners", [(1, (1,)), (2, (1, 2)), (11, (1, 2, 11)), (40, (1, 2, 11, 40))])
def test_corners_of_integers_include_the_last(high, corners):
    assert Integer(1, high).corners() == corners


def test_a_region_outside_is_never_drawn():
    quiet = settings(max_examples=300, database=None)
    with pytest.raises(NoSuchExample):
        find(REALS["s"].strategy(), lambda x: x <= 0 or x >= 0.25, settings=quiet)


@pytest.mark.parametrize(
    "allowed, outside",
    [
        (REALS["s"], [0.0, 0.25, -1.0, math.nan, "0.1", None, True]),
        (Real(0, 1), [math.nextafter(0, -1), math.nextafter(1, 2)]),
        (REALS["ratio"], [1.0, INF]),
        (Integer(2), [1, 2.0, True, "2"]),
        (Integer(2, 4), [5]),
        (Choice(2, "relu"), [3, "tanh"]),
    ],
)
def test_membership_refuses(allowed, outside):
    assert not any(value in allowed for value in outside)


def test_membership_admits_ends_that_are_closed():
    assert 0 in Real(0, 1)
    assert 1.0 in Real(0, 1)
    assert sys.float_info.max in REALS["ratio"]
    assert 10**30 in Integer(2)


@pytest.mark.parametrize(
    "allowed, name, text",
    [
        (REALS["s"], "s", "s ∈ (0, 0.25)"),
        (REALS["ratio"], "r", "r ∈ (1, ∞)"),
        (Real(-INF, 1e-6), "x", "x ∈ (-∞, 1e-06]"),
        (Real(0, 1, printed="0 ≤ p ≤ 1"), "p", "0 ≤ p ≤ 1"),
        (Integer(3), "N", "N ∈ {3, 4, …}"),
        (Integer(2, 4), "N", "N ∈ {2, 3, 4}"),
        (Integer(2, 40), "N", "N ∈ {2, …, 40}"),
        (Choice(2, INF), "N", "N ∈ {2, ∞}"),
        (Real(0, 1, ours="the unit"), "p", "p ∈ [0, 1] (ours: the unit)"),
        (Real(0, 1, printed="p small", ours="the unit"), "p", "p small (ours: the unit)"),
        (Integer(2, 4, ours="few"), "N", "N ∈ {2, 3, 4} (ours: few)"),
        (Choice(2, ours="one"), "N", "N ∈ {2} (ours: one)"),
    ],
)
def test_text(allowed, name, text):
    assert allowed.describe(name) == text


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Real(1, 0), r"low, high: got 1, 0; allowed: .*"),
        (lambda: Real(1, 1, low_open=True), r"low, high: got 1, 1; .*"),
        (lambda: Real(math.nan, 1), r"low: got nan; allowed: .*"),
        (lambda: Real("0", 1), r"low: got '0'; allowed: .*"),
        (lambda: Integer(2.5), r"low: got 2.5; allowed: an integer"),
        (lambda: Integer(None), r"low: got None; allowed: an integer"),
        (lambda: Integer(3, 2), r"high: got 2; allowed: at least low, 3"),
        (Choice, r"values: got none; allowed: at least one"),
    ],
)
def test_bad_ranges_are_refused_in_one_line(make, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make()
