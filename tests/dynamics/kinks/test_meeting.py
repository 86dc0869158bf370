"""Kinks that meet and depend on one another, against closed forms and hulls of gradients near by."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import sympy
from scipy.optimize import nnls

from flowlab import GradientFlow
from flowlab import flow as integrate
from flowlab.dynamics.kinks._nearest import nearest
from flowlab.symbolic import symbols

METHODS = ("dop853", "dopri5", "rkc2", "scipy:Radau", "scipy:LSODA", "scipy:RK45")
a, b, c = symbols("a b c", real=True)


def test_the_nearest_point_of_a_hull():
    generator = np.random.default_rng(3)
    for draw in range(300):
        count, size = generator.integers(1, 15), generator.integers(1, 6)
        points = generator.integers(-2, 3, (count, size)) + (draw % 3) * generator.normal(size=(count, size))
        points = np.concatenate([points, points[: draw % 4]]) + 1e-3
        weights = np.empty(len(points))
        point = nearest(points, weights)
        assert weights.min() >= 0.0
        assert weights.sum() == pytest.approx(1.0, abs=1e-13)
        assert points.T @ weights == pytest.approx(point, abs=1e-13)
        assert (points @ point).min() >= point @ point - 1e-13 * (0.1 + np.linalg.norm(point))


@pytest.mark.parametrize("method", METHODS)
def test_signs_of_no_parameters_hold_nothing(method):
    """With a, b > 0 > a + b there would be a gradient that holds the flow at 0."""
    flow = GradientFlow.from_loss(abs(a) + abs(b) - abs(a + b) / 2 - a - b, [a, b])
    path = flow.flow([0.0, -0.3], 2.0, method=method, times=[0.1, 1.0, 2.0])
    assert path.parameters == pytest.approx(np.array([[0.0, -0.15], [0.4, 0.4], [0.9, 0.9]]), abs=1e-9)
    assert [s.kink for s in path.sliding] == ["a"]
    assert flow.flow([0.0, 0.0], 1.0, method=method).parameters[-1] == pytest.approx([0.5, 0.5], abs=1e-9)


def test_kinks_within_a_maximum_meet():
    path = GradientFlow.from_loss(sympy.Max(abs(a), abs(b)), [a, b]).flow([1.0, 0.3], 3.0, times=[0.5, 1.0, 2.0])
    assert path.ok
    assert path.parameters == pytest.approx(np.array([[0.5, 0.3], [0.15, 0.15], [0.0, 0.0]]), abs=1e-12)
    assert path.sliding[-1].start == pytest.approx(1.3, abs=1e-12)


def test_a_flow_rests_where_one_kink_lies_within_another():
    """At 0 the gradient 0 is between those of three cells, but not in the middle of the sides."""
    loss = sympy.Max(sympy.Max(a, 0) - b, 0) - sympy.Rational(9, 10) * a + sympy.Rational(95, 100) * b
    path = GradientFlow.from_loss(loss, [a, b]).flow([0.0, 0.0], 2.0)
    assert (path.parameters == 0.0).all()
    assert len(path.sliding) == 2


@pytest.mark.parametrize("method", ["dop853", "rkc2", "scipy:Radau"])
def test_kinks_that_depend_on_one_another_are_left_together(method):
    p, q = symbols("p q", real=True)
    equal = GradientFlow.from_loss(abs(a - p) + abs(a - q) - a * c - c, [a, c], constants=[p, q])
    three = GradientFlow.from_loss(abs(a) + abs(b) + abs(a + b) - a * c - c, [a, b, c])
    for path in (
        equal.flow([0.0, 0.0], 3.0, constants=[0.0, 0.0], method=method, rtol=1e-10),
        three.flow([0.0, 0.0, 0.0], 3.0, method=method, rtol=1e-10),
    ):
        first, last = path.parameters[-1][[0, -1]]
        # from c = 2 on, a' = c − 2 and c' = 1 + a
        assert [first, last] == pytest.approx([np.cosh(1.0) - 1.0, 2.0 + np.sinh(1.0)], abs=1e-6)
        left = [s for s in path.sliding if s.kink != "b"]
        assert [s.stop for s in left] == pytest.approx([2.0, 2.0], abs=1e-9)
        assert [s.side for s in left] == [1, 1]


@pytest.mark.parametrize("method", METHODS)
def test_a_kink_that_drives_away_is_left_to_the_other_side(method):
    """At a = 0 the side is b = t; from b = 1 on both sides drive to a < 0, where b'' = 1 + b and b' = 1 − a."""
    path = GradientFlow.from_loss(-abs(a) + a * b - b, [a, b]).flow([0.0, 0.0], 2.0, method=method, rtol=1e-8)
    assert path.ok
    assert [(s.kink, s.side) for s in path.sliding] == [("a", -1)]
    right = [1.0 - 2.0 * np.sinh(1.0) - np.cosh(1.0), 2.0 * np.cosh(1.0) + np.sinh(1.0) - 1.0]
    assert path.parameters[-1] == pytest.approx(right, abs=1e-5)


@pytest.mark.parametrize("start", [-0.5, -3.0])
def test_a_switch_that_is_0_on_one_side_of_what_lies_within_it(start):
    """a + |a + 1| + 1 is 2 (a + 1) above −1, and 0 below."""
    path = GradientFlow.from_loss(abs(a + abs(a + 1) + 1) + a**2 / 4, a).flow(start, 3.0, rtol=1e-10)
    assert path.ok
    assert path.statistics.steps < 100
    from_below = -3.0 * np.exp(-1.5)
    assert path.parameters[-1, 0] == pytest.approx(-1.0 if start > -1.0 else min(from_below, -1.0), abs=1e-8)


def hull(gradients):
    """Return the least element of a hull, by non-negative least squares."""
    points = np.unique(np.round(gradients, 8), axis=0)
    rows = np.vstack([points.T, np.full(len(points), 1e3)])
    weights = nnls(rows, np.array([0.0] * points.shape[1] + [1e3]), maxiter=100_000)[0]
    return points.T @ weights / weights.sum()


@cache
def family():
    """Return the system of losses with maxima and absolute values within one another: their numbers are constants."""
    numbers = symbols("k1:16", real=True)
    u = [numbers[3 * i] * a + numbers[3 * i + 1] * b + numbers[3 * i + 2] for i in range(5)]
    loss = sympy.Max(abs(u[0]), u[1]) - sympy.Min(abs(u[2]), sympy.Max(u[3], u[4])) + (a**2 + b**2) / 4
    flow = GradientFlow.from_loss(loss, [a, b], constants=numbers)
    return flow.system(np.zeros(2), constants=np.ones(15), hessian=False)


def worst_of(seed):
    """Return how far velocities of a drawn flow are from the least element of all gradients around."""
    generator = np.random.default_rng(seed)
    start = generator.integers(-2, 3, 2).astype(float) if seed % 2 else 2.0 * generator.normal(size=2)
    system = replace(family(), start=start, constants=generator.integers(-2, 3, 15).astype(float))
    path = integrate(system, 4.0)
    assert path.ok, (seed, path.message)
    corners = [c.time for c in path.crossings] + [t for s in path.sliding for t in (s.start, s.stop)]
    worst, rows = 0.0, np.arange(0)
    for t in np.linspace(0.03, 3.93, 27):
        if min((abs(t - corner) for corner in corners), default=1.0) < 1e-3:
            continue
        velocity = (path(t + 1e-5) - path(t - 1e-5)) / 2e-5
        gradients = np.empty((200, 2))
        for row, point in zip(gradients, path(t) + generator.uniform(-1e-7, 1e-7, (200, 2)), strict=True):
            system.gradient(point, system.constants, system.data, rows, row)
        worst = max(worst, np.abs(velocity + hull(gradients)).max())
    return worst


@pytest.mark.parametrize("seeds", [range(25)])
def test_velocities_are_least_elements_where_kinks_lie_within_one_another(seeds):
    assert max(map(worst_of, seeds)) < 1e-5


@pytest.mark.search
def test_hundreds_of_them():
    test_velocities_are_least_elements_where_kinks_lie_within_one_another(range(25, 600))
