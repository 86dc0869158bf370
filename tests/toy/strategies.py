"""Draws that the toy model's tests share: the whole range for which accuracy is promised."""

import math

from hypothesis import strategies as st


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log10(low), math.log10(high)).map(lambda u: min(max(10.0**u, low), high))


DEPTHS = st.one_of(
    st.sampled_from([1, 2, 3, 4, 5, 10, math.inf, 1.0000001, 1.999999999, 2.000000001, 1e9, 1e15]),
    st.floats(1, 8),
    log_uniform(1, 1e8),
)
TARGETS = log_uniform(1e-6, 1e6)
STARTS = st.one_of(log_uniform(1e-12, 10), st.floats(0.5, 1.5), st.just(1e-12), st.just(10.0), st.just(0.5))
RATIOS = st.one_of(log_uniform(1e-12, 1e3).map(lambda u: 1 + u), st.floats(1.01, 10))
S = st.one_of(st.floats(0.01, 0.249), log_uniform(1e-30, 0.2499))
F = st.one_of(st.floats(0.751, 0.99), log_uniform(1e-12, 0.2499).map(lambda u: 1 - u))


def times(depth: float, target: float, init: float) -> st.SearchStrategy[float]:
    """Times around the one in which the solution moves."""
    power = 2 - 2 / depth
    x = init / target
    pace = target**-power * x ** min(1 - power, 0) if x < 1 else target**-power * x**-power
    return st.one_of(st.just(pace), log_uniform(1e-8, 1e3).map(lambda u: u * pace))
