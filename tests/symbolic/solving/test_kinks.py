"""Closed forms of losses with kinks: as far as the first kink on the way, and no further."""

import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.symbolic import GradientFlow, NoClosedForm

x, y, w = sympy.symbols("x y w", real=True)
R = sympy.Rational

ROWS = [
    # (loss, start, a value of the solution in its time t, when it comes to a kink), by hand
    (abs(w - 1), 3, lambda t: 3 - t, 2),
    (abs(w - 1), -1, lambda t: t - 1, 2),
    (abs(w) ** 3, -2, lambda t: -2 / (6 * t + 1), np.inf),
    (abs(w**2 - 1), R(1, 2), lambda t: np.exp(2 * t) / 2, np.log(2) / 2),
    (abs(w**2 - 1), 2, lambda t: 2 * np.exp(-2 * t), np.log(2) / 2),
    (sympy.Max(0, 1 - w), 0, lambda t: t, 1),
    (sympy.Max(0, 1 - w) ** 2, 0, lambda t: 1 - np.exp(-2 * t), np.inf),
    (sympy.Min(w, 2 - w), R(1, 2), lambda t: R(1, 2) - t, np.inf),
    ((abs(w) - 1) ** 2, R(1, 2), lambda t: 1 - np.exp(-2 * t) / 2, np.inf),  # the kink at 0 is behind
    (abs(abs(w) - 1), 3, lambda t: 3 - t, 2),
    (-abs(w), 1, lambda t: 1 + t, np.inf),
]


@pytest.mark.parametrize("loss, start, value, end", ROWS)
def test_between_kinks(loss, start, value, end):
    found = GradientFlow.from_loss(loss, w).exact([start])
    assert found.lasts() == pytest.approx(end, rel=1e-12)
    times = np.linspace(0, min(0.99 * end, 3), 5)
    assert found.at(times)[:, 0] == pytest.approx([float(value(t)) for t in times], rel=1e-12)
    if end < np.inf:
        with pytest.raises(ValueError, match=r"allowed: times before"):
            found.at(1.01 * end)


@given(
    st.sampled_from([R(1), R(5, 4), R(3, 2), R(2), R(3)]),
    st.integers(-3, 3),
    st.sampled_from([-2, R(-1, 3), R(1, 10), R(3, 2)]),
)
@settings(max_examples=10, deadline=None)
@example(R(3, 2), 0, -1)
@example(R(1), 1, 2)
def test_powers_of_a_distance_come_to_its_zero_in_time_or_never(power, at, apart):
    found = GradientFlow.from_loss(abs(w - at) ** power, w).exact([at + apart])
    # with d = |w - at|: dd/dt = -p d**(p - 1), so that d**(2 - p) falls by p (2 - p) t
    distance, p = float(abs(apart)), float(power)
    end = distance ** (2 - p) / (p * (2 - p)) if p < 2 else np.inf
    assert found.lasts() == pytest.approx(end, rel=1e-12)
    times = np.linspace(0, 0.9 * min(end, 2.0), 4)
    left = distance ** (2 - p) - p * (2 - p) * times
    wanted = distance * np.exp(-2 * times) if p == 2 else left ** (1 / (2 - p))
    assert np.abs(found.at(times)[:, 0] - at) == pytest.approx(wanted, rel=1e-9)


def test_parameters_that_know_nothing_of_each_other_end_with_the_first():
    found = GradientFlow.from_loss(abs(x) + 2 * abs(y - 1), [x, y]).exact([5, 3])
    assert found.lasts() == pytest.approx(1)
    assert found.at(0.5)[0] == pytest.approx([4.5, 2])


def test_a_start_that_is_a_symbol_or_at_a_kink_has_no_side():
    with pytest.raises(NoClosedForm):
        GradientFlow.from_loss(abs(w - 1), w).exact()
    with pytest.raises(NoClosedForm, match="the start is at a kink"):
        GradientFlow.from_loss(abs(w) + w, w).exact([0])


def test_a_kink_in_constants_is_none():
    s = sympy.Symbol("s", positive=True)
    found = GradientFlow.from_loss(sympy.Max(s, 1) * w**2 / 2, w, constants=s).exact([2])
    assert found.at(0.5, s=3)[0] == pytest.approx([2 * np.exp(-1.5)])
