"""Flows of parameters that are declared to be on one side of 0: they end where their closed forms end."""

import numpy as np
import pytest
import sympy

from flowlab.dynamics import Status
from flowlab.symbolic import GradientFlow

R = sympy.Rational
SIGNS = {"positive": 1, "nonnegative": 1, "negative": -1, "nonpositive": -1}
#: Functions of |w|, with when the flow from 1 comes to 0.
LEAVES = [
    (lambda w: w, 1.0),
    (sympy.exp, 1 - np.exp(-1)),
    (lambda w: sympy.log(1 + w), 1.5),
    (sympy.atan, 4 / 3),
    (sympy.sqrt, 4 / 3),
]
RESTS = [(R(3, 2), 4 / 3), (R(4, 3), 9 / 8), (R(6, 5), 25 / 24)]


def declared(sign):
    return sympy.Symbol("w", **{sign: True}), SIGNS[sign]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("function, end", LEAVES)
def test_a_flow_ends_at_the_edge_of_what_is_declared(function, end, sign):
    w, side = declared(sign)
    path = GradientFlow.from_loss(function(side * w), w).flow(side, 2 * end)
    assert path.status is Status.DIVERGED
    assert path.t[-1] == pytest.approx(end, rel=1e-8)
    assert path.parameters[-1, 0] == pytest.approx(0.0, abs=1e-8)
    assert f"w is declared {sign}; end the run before it, or declare w real" in path.message


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("power, end", RESTS)
def test_a_flow_that_comes_to_rest_at_0_may_do_so_where_0_is_allowed(power, end, sign):
    w, side = declared(sign)
    q = sympy.Symbol("q", positive=True)
    flow = GradientFlow.from_loss((side * w) ** power + q**2 / 2, [w, q])
    path = flow.flow([side, 2.0], 3.0)
    if sign == "nonnegative":
        assert flow.exact([side, 2]).lasts() == np.inf
    if sign.startswith("non"):
        assert path.ok
        np.testing.assert_allclose(path.parameters[-1], [0.0, 2 * np.exp(-3)], rtol=1e-7)
    else:
        assert flow.exact([side, 2]).lasts() == pytest.approx(end, rel=1e-12)
        assert path.t[-1] == pytest.approx(end, rel=1e-5)
        assert f"w is declared {sign}" in path.message


def test_a_flow_from_the_edge_goes_inside_or_ends_at_once():
    n = sympy.Symbol("n", nonnegative=True)
    assert GradientFlow.from_loss(-n, n).flow(0.0, 2.0).parameters[-1, 0] == pytest.approx(2.0)
    out = GradientFlow.from_loss(n, n).flow(0.0, 2.0)
    assert (out.t[-1], out.status) == (0.0, Status.DIVERGED)


@pytest.mark.parametrize("loss", [lambda w: w**2 / 2, lambda w: (w**3 - 2) ** 2 / 18, sympy.cosh])
def test_a_flow_that_cannot_leave_its_domain_is_not_watched(loss):
    w = sympy.Symbol("w", positive=True)
    assert GradientFlow.from_loss(loss(w), w).system(1.0).kinks is None


def test_constants_tell_whether_a_flow_can_leave_its_domain():
    w, target, depth = sympy.symbols("w target N", positive=True)
    flow = GradientFlow.from_loss((w**depth - target) ** 2 / 2, w, constants=[target, depth])
    assert flow.system(0.1, constants=[[4.0, 3.0], 2.0], modes=2).kinks is None
    shift = GradientFlow.from_loss((w - target) ** 2 / 2 + depth * w, w, constants=[target, depth])
    assert shift.system(1.0, constants=[2.0, 1.0]).kinks is None
    assert "positive" in shift.flow(1.0, 9.0, constants=[2.0, 3.0]).message


@pytest.mark.parametrize("sign, start", [("positive", -1), ("nonnegative", -1), ("negative", 2), ("nonpositive", 2)])
def test_a_start_beyond_what_is_declared_is_refused(sign, start):
    w = sympy.Symbol("w", **{sign: True})
    flow = GradientFlow.from_loss((w**2 - 1) ** 2, w)
    for run in (
        lambda: flow.flow(float(start), 1.0),
        lambda: flow.descent(float(start), 0.1, steps=1),
        lambda: flow.exact(start),
    ):
        with pytest.raises(ValueError, match=f"start: got {start} for w; allowed: what w is declared to be"):
            run()
