"""Numbers at which a closed form is another one: starts at which nothing moves, constants by which it divides."""

import dataclasses

import numpy as np
import pytest
import sympy

from flowlab.symbolic import GradientFlow
from flowlab.symbolic.solving._checking import Refuted, checked

R = sympy.Rational
exp, log, sin = sympy.exp, sympy.log, sympy.sin
u, v, K = sympy.symbols("u v K", real=True)

#: A function of v, and where its slope is 0: no float is there, nor is any number of 50 digits.
ROUNDED = [
    (sin(v), sympy.pi / 2),
    (sin(v), -sympy.pi / 2),
    (sympy.cos(v), sympy.pi),
    ((v**3 - 2) ** 2, sympy.cbrt(2)),
    (exp(v) - 3 * v, log(3)),
    (sympy.cosh(v**2 - 2), sympy.sqrt(2)),
]


@pytest.mark.parametrize("loss, start", ROUNDED)
def test_a_start_at_a_stationary_point_rests_though_its_digits_end(loss, start):
    found = GradientFlow.from_loss(loss, v).exact(start)
    assert (found.expressions, found.lasts()) == ({v: start}, np.inf)
    assert found.at(1e3)[0, 0] == float(start)
    beside = GradientFlow.from_loss(loss + u**2 / 2, [v, u]).exact([start, 1])
    np.testing.assert_allclose(beside.at(2.0), [[float(start), np.exp(-2)]], rtol=1e-15)


@pytest.mark.parametrize("digits", [30, 60, 300])
def test_no_start_is_taken_for_a_stationary_point_because_its_slope_is_small(digits):
    near = sympy.pi / 2 + R(1, 10**digits)
    rests = GradientFlow.from_loss(sin(v), v).exact(sympy.pi / 2)
    with pytest.raises(Refuted, match="its derivative at t = 0 is not the flow's"):
        checked(dataclasses.replace(rests, start={v: near}, expressions={v: near}))


@pytest.mark.parametrize(
    "loss, slope",  # that at K = 0
    [
        (log(1 + K * v), 0),
        (sympy.sqrt(1 + K * v), 0),
        (1 / (1 + K * v), 0),
        (exp(K * v**2), 0),
        (sympy.atan(K * v), 0),
        (exp(K * v) + v, 1),
        (log(1 + K * v) - 2 * v, -2),
    ],
)
def test_constants_for_which_the_closed_form_divides_by_zero_are_solved_for(loss, slope):
    flow = GradientFlow.from_loss(loss, v, constants=[K])
    for found, start in [(flow.exact(1), {}), (flow.exact(), {"v_0": 1})]:
        assert found.at(0.5, K=0, **start)[0, 0] == 1 - slope / 2
        assert found.lasts(K=0, **start) == np.inf
