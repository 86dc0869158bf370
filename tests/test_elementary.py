"""Exponentials and logarithms of our own against mpmath, in units in the last place, alone and in vectors."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flowlab import _elementary as elementary
from flowlab._jit import kernel

TINY, HUGE = math.ulp(0.0), np.finfo(float).max


@kernel
def exp(x, out):
    for i in range(x.size):
        out[i] = elementary.exp(x[i])


@kernel
def exp_again(x, out):
    for i in range(x.size):
        out[i], _ = elementary.exp_and_expm1(x[i])


@kernel
def expm1(x, out):
    for i in range(x.size):
        _, out[i] = elementary.exp_and_expm1(x[i])


@kernel
def log(x, out):
    for i in range(x.size):
        out[i] = elementary.log(x[i])


@kernel
def log1p(x, out):
    for i in range(x.size):
        out[i] = elementary.log1p(x[i])


@kernel
def power(x, p, out):
    for i in range(x.size):
        out[i] = elementary.power(x[i], p)


def at(function, x, *more):
    out = np.empty(1)
    function(np.array([x]), *more, out)
    return out[0]


def ulps(got, wanted):
    return abs(mp.mpf(float(got)) - wanted) / math.ulp(float(wanted))


unhurried = settings(deadline=None, max_examples=300)
SIGNED = st.one_of(st.floats(-750, 750), st.floats(-2, 2), st.floats(-1e-3, 1e-3))
POSITIVE = st.one_of(
    st.floats(TINY, HUGE), st.floats(0.25, 4), st.integers(-1074, 1023).map(lambda k: math.ldexp(1, k))
)


@given(SIGNED)
@example(-744.5)
@example(709.78)
@example(0.5 * math.log(2))
@unhurried
def test_exponential(x):
    with mp.workdps(50):
        wanted = mp.exp(x)
        assume(wanted < HUGE)
        assert ulps(at(exp, x), wanted) <= 1
        assert at(exp_again, x) == at(exp, x)


@given(SIGNED)
@example(700.0)
@example(5e-324)
@example(-0.35)
@unhurried
def test_exponential_less_one(x):
    with mp.workdps(400):
        wanted = mp.expm1(x)
        assume(abs(wanted) < HUGE)
        assert ulps(at(expm1, x), wanted) <= 2


@given(POSITIVE)
@example(TINY)
@example(HUGE)
@example(math.sqrt(0.5))
@example(math.nextafter(1, 0))
@example(math.nextafter(1, 2))
@unhurried
def test_logarithm(x):
    with mp.workdps(50):
        assert ulps(at(log, x), mp.log(x)) <= 1.5


@given(st.one_of(st.floats(-1, HUGE, exclude_min=True), st.floats(-0.9, 2), st.floats(-1e-3, 1e-3)))
@example(-5e-324)
@example(math.nextafter(-1, 0))
@example(2.0**53)
@unhurried
def test_logarithm_of_one_more(x):
    with mp.workdps(400):
        assert ulps(at(log1p, x), mp.log1p(x)) <= 2


@given(POSITIVE, st.one_of(st.floats(-2, 2), st.sampled_from([0.0, 1.0, 2.0, 4 / 3, 1e-300])))
@example(HUGE, 1.0)
@example(TINY, 1.0)
@example(TINY, 2.0)
@example(HUGE, -2.0)
@unhurried
def test_power(x, p):
    with mp.workdps(50):
        wanted = mp.mpf(x) ** mp.mpf(p)
        assume(wanted < HUGE)
        assert ulps(at(power, x, p), wanted) <= 2


@pytest.mark.parametrize(
    ("x", "wanted"),
    [(-math.inf, 0), (-HUGE, 0), (-746, 0), (0, 1), (710, math.inf), (HUGE, math.inf), (math.inf, math.inf)],
)
def test_exponential_at_the_ends(x, wanted):
    assert at(exp, float(x)) == wanted
    assert at(expm1, float(x)) == wanted - 1


def test_power_beyond_the_range_of_a_float():
    assert at(power, HUGE, 2.0) == at(power, TINY, -2.0) == math.inf


def test_nan_stays_nan():
    assert math.isnan(at(exp, math.nan))
    assert math.isnan(at(expm1, math.nan))


@given(st.lists(st.floats(1e-3, 700), min_size=1, max_size=70))
@settings(deadline=None, max_examples=50)
def test_vectors_come_to_the_same_bits_as_numbers_alone(numbers):
    for function, more in [(exp, ()), (expm1, ()), (log, ()), (log1p, ()), (power, (4 / 3,))]:
        together = np.empty(len(numbers))
        function(np.array(numbers), *more, together)
        assert together.tolist() == [at(function, x, *more) for x in numbers]
