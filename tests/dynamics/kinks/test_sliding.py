"""Flows across kinks and along them, against closed forms."""

import numpy as np
import pytest
import sympy

from flowlab import GradientFlow
from flowlab.symbolic import symbols

METHODS = ("dop853", "dopri5", "rkc2", "scipy:Radau", "scipy:LSODA", "scipy:RK45")
a, b, w = symbols("a b w", real=True)


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_the_sum_of_absolute_values_comes_to_rest(method, dense):
    flow = GradientFlow.from_loss(abs(a) + abs(b), [a, b])
    times = np.linspace(0.0, 3.0, 31)
    path = flow.flow([1.0, 2.0], 3.0, times=times, method=method, dense=dense)
    assert path.ok
    assert np.array_equal(path.t, times)
    assert path.parameters == pytest.approx(np.maximum(np.stack([1.0 - times, 2.0 - times], axis=1), 0.0), abs=1e-12)
    assert [(s.kink, s.side) for s in path.sliding] == [("a", 0), ("b", 0)]
    assert [s.start for s in path.sliding] == pytest.approx([1.0, 2.0], abs=1e-12)
    assert (path.parameters[times > 1.0, 0] == 0.0).all()
    assert "sliding on a = 0, b = 0" in path.message


@pytest.mark.parametrize("method", METHODS)
def test_a_kink_is_crossed_without_loss(method):
    flow = GradientFlow.from_loss(abs(w - 1) + 2 * abs(w + 1), w)
    path = flow.flow(3.0, 2.0, method=method)
    assert path.parameters[-1, 0] == pytest.approx(-1 / 3, abs=1e-12)
    assert [(c.kink, c.side) for c in path.crossings] == [("w - 1", -1)]
    assert path.crossings[0].time == pytest.approx(2 / 3, abs=1e-12)
    assert path(path.crossings[0].time) == pytest.approx([1.0], abs=1e-12)
    assert sympy.sympify(path.crossings[0].kink)
