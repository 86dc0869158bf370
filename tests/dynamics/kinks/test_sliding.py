"""Flows across kinks and along them, against closed forms."""

import numpy as np
import pytest
import sympy
from scipy.optimize import brentq

from flowlab import GradientFlow
from flowlab import flow as integrate
from flowlab.dynamics import Hitting, LossLevel, Stationary, Status, flow_ensemble
from flowlab.symbolic import symbols

METHODS = ("dop853", "dopri5", "rkc2", "scipy:Radau", "scipy:LSODA", "scipy:RK45")
a, b, w, x, y = symbols("a b w x y", real=True)


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_the_sum_of_absolute_values_comes_to_rest(method, dense):
    flow = GradientFlow.from_loss(abs(a) + abs(b), [a, b])
    times = np.linspace(0.0, 3.0, 31)
    path = flow.flow([1.0, 2.0], 3.0, times=times, method=method, dense=dense)
    assert path.ok
    assert np.array_equal(path.t, times)
    assert path.parameters == pytest.approx(np.maximum(np.stack([1.0 - times, 2.0 - times], axis=1), 0.0), abs=1e-12)
    assert [(s.kink, s.side, s.stop) for s in path.sliding] == [("a", 0, 3.0), ("b", 0, 3.0)]
    assert [s.start for s in path.sliding] == pytest.approx([1.0, 2.0], abs=1e-12)
    assert (path.parameters[times > 1.001, 0] == 0.0).all()
    assert "sliding on a = 0, b = 0" in path.message
    assert path.kink_distances == pytest.approx(np.maximum(1.0 - times, 0.0), abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_kink_is_crossed_without_loss(method):
    flow = GradientFlow.from_loss(abs(w - 1) + 2 * abs(w + 1), w)
    path = flow.flow(3.0, 2.0, method=method)
    assert path.parameters[-1, 0] == pytest.approx(-1 / 3, abs=1e-12)
    assert [(c.kink, c.side) for c in path.crossings] == [("w - 1", -1)]
    assert path.crossings[0].time == pytest.approx(2 / 3, abs=1e-12)
    assert path(path.crossings[0].time) == pytest.approx([1.0], abs=1e-12)
    assert path.sides([0.5, 1.0]).tolist() == [[1.0, 1.0], [-1.0, 1.0]] or path.sides(1.0).tolist() == [1.0, -1.0]
    assert (np.diff(path.t) > 0).all()


def lasso(start, goal, strength, t):
    """Return the flow of |w − goal|²/2 + strength |w|, one parameter at a time."""
    side = np.sign(start) or np.sign(goal)
    rest = goal - side * strength
    with np.errstate(divide="ignore", invalid="ignore"):
        hit = np.log((start - rest) / -rest) if rest * side < 0 else np.inf
    if t <= hit:
        return rest + (start - rest) * np.exp(-t)
    other = goal + side * strength
    return 0.0 if abs(goal) <= strength else other * (1 - np.exp(-(t - hit)))


@pytest.mark.parametrize("method", ["dop853", "dopri5", "rkc2", "scipy:Radau"])
@pytest.mark.parametrize("goal, strength", [((2.0, -0.5, -3.0), 1.0), ((0.3, 4.0, -1.0), 0.7)])
def test_lasso_with_an_orthogonal_design(goal, strength, method):
    c, g = sympy.symbols("c", real=True), sympy.symbols("g1:4", real=True)
    v = sympy.symbols("v1:4", real=True)
    loss = sum((p - q) ** 2 / 2 + c * abs(p) for p, q in zip(v, g, strict=True))
    flow = GradientFlow.from_loss(loss, v, constants=[c, *g])
    start, times = np.array([1.5, 1.0, 2.0]), np.linspace(0.0, 6.0, 25)
    path = flow.flow(start, 6.0, constants=[strength, *goal], times=times, method=method)
    right = np.array([[lasso(*each, strength, t) for each in zip(start, goal, strict=True)] for t in times])
    assert path.parameters == pytest.approx(right, abs=1e-6 if method == "rkc2" else 1e-8)


@pytest.mark.parametrize("method", ["dop853", "rkc2", "scipy:Radau"])
def test_a_flow_leaves_a_kink_when_its_side_is_whole(method):
    # b = t pushes a off its kink at b = 1 with a' = b - 1
    flow = GradientFlow.from_loss(abs(a) - a * b - b, [a, b])
    path = flow.flow([0.0, 0.0], 3.0, method=method, rtol=1e-10, times=[0.5, 1.5])
    # a' = b − 1, b' = 1 + a once a > 0: a = cosh s − 1 + …, from a = 0, b = 1 at s = 0
    assert path.sliding[0].start == 0.0
    assert path.sliding[0].side == 1
    assert path.sliding[0].stop == pytest.approx(1.0, abs=1e-9)
    assert path.parameters[0] == pytest.approx([0.0, 0.5], abs=1e-10)
    # a'' = 1 + a with a = a' = 0
    s = 0.5
    assert path.parameters[1] == pytest.approx([np.cosh(s) - 1.0, 1.0 + np.sinh(s)], rel=1e-6)
    assert path.sides(0.5) == pytest.approx([0.5], abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_huber_and_hinge(method):
    huber = GradientFlow.from_loss(sympy.Piecewise((w**2 / 2, w < 1), (w - sympy.Rational(1, 2), True)), w)
    path = huber.flow(3.0, 4.0, method=method, rtol=1e-8, times=[1.0, 3.0])
    assert path.parameters[:, 0] == pytest.approx([2.0, np.exp(-1.0)], abs=1e-6)
    assert [(c.kink, c.side) for c in path.crossings] == [("w - 1", -1)]
    hinge = GradientFlow.from_loss(sympy.Max(1 - w * x, 0) + w**2 / 8, w, data=x)
    # rows 1 and 1/2: w' = 3/4 − w/4 until w = 1, then 1/4 − w/4, which is 0 there
    path = hinge.flow(0.0, 3.0, data=[[1.0], [0.5]], method=method, rtol=1e-8, times=[1.0, 3.0])
    hit = 4 * np.log(1.5)
    assert path.parameters[0, 0] == pytest.approx(3 - 3 * np.exp(-1 / 4), abs=1e-6)
    assert path.parameters[1, 0] == pytest.approx(1.0, abs=1e-6)
    first = [s.start for s in path.sliding] + [c.time for c in path.crossings]
    assert first == pytest.approx([hit], abs=1e-5)
    assert {s.kink for s in path.sliding} | {c.kink for c in path.crossings} == {"w*x - 1 (row 0)"}


@pytest.mark.parametrize("method, power", [("dop853", 0.8), ("dopri5", 1.0), ("rkc2", 2 / 3), ("scipy:Radau", 1.2)])
def test_the_order_of_convergence_across_kinks(method, power):
    """The error as a power of the tolerance, as it is without kinks."""
    pull = (a - 3) ** 2 / 2 + (b + 1) ** 2 / 2 + (a * b) ** 2 / 20
    flow = GradientFlow.from_loss(abs(a - b) / 2 + abs(b) / 3 + 3 * abs(a - 2) + pull, [a, b])
    start, end = [-2.0, 2.0], 3.0
    finest = flow.flow(start, end, rtol=1e-13, atol=1e-14)
    assert [c.kink for c in finest.crossings] == ["a - b", "b"]
    assert [s.kink for s in finest.sliding] == ["a - 2"]
    tolerances = 10.0 ** -(np.arange(5, 12) if method == "dop853" else np.arange(3, 9))
    errors = [
        np.abs(flow.flow(start, end, method=method, rtol=r, atol=r).parameters[-1] - finest.parameters[-1]).max()
        for r in tolerances
    ]
    slope = np.polyfit(np.log(tolerances), np.log(errors), 1)[0]
    assert slope == pytest.approx(power, abs=0.2)
    assert errors[-1] < 1e-5


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("loss", [w ** sympy.Rational(3, 2), abs(w) ** sympy.Rational(3, 2)])
def test_rest_in_finite_time(loss, method):
    path = GradientFlow.from_loss(loss, w).flow(1.0, 2.0, method=method, times=[0.5, 1.0, 1.5, 2.0])
    assert path.ok
    assert path.parameters[:, 0] == pytest.approx([0.390625, 0.0625, 0.0, 0.0], abs=1e-7)
    assert (path.parameters[2:] == 0.0).all()
    assert path.sliding[0].start == pytest.approx(4 / 3, abs=1e-4)


@pytest.mark.parametrize("method", ["dop853", "rkc2", "scipy:Radau"])
@pytest.mark.parametrize(
    "loss",
    [
        sympy.Max(w, 0) ** sympy.Rational(3, 2),
        abs(w) ** sympy.Float(1.5),
        sympy.sqrt(abs(w) ** 3),
        w * sympy.sqrt(abs(w)),
    ],
)
def test_rest_in_finite_time_however_the_power_is_written(loss, method):
    path = GradientFlow.from_loss(loss, w).flow(1.0, 2.0, method=method, times=[0.5, 1.0, 1.5, 2.0])
    assert path.ok
    assert path.parameters[:, 0] == pytest.approx([0.390625, 0.0625, 0.0, 0.0], abs=1e-7)


def test_a_root_on_one_side_alone_holds_nothing_on_the_other():
    flow = GradientFlow.from_loss(sympy.Max(w, 0) ** sympy.Rational(3, 2) + w, w)
    path = flow.flow(1.0, 3.0, rtol=1e-10)
    # dt = −dw/(1 + 3 √w/2) until w = 0, and w' = −1 from there on
    hit = 4 / 3 * (1 - 2 / 3 * np.log(2.5))
    assert path.ok
    assert path.parameters[-1, 0] == pytest.approx(hit - 3.0, abs=1e-8)


def test_the_end_of_a_domain_is_no_rest():
    path = GradientFlow.from_loss(w ** sympy.Rational(3, 2) + w, w).flow(1.0, 3.0)
    assert path.status is Status.DIVERGED
    assert "left the domain of the loss at t = 0.518853, where w = 0" in path.message
    # dt = −dw/(1 + 3 √w/2): t = (4/3)(u − (2/3) log(1 + 3u/2)) at u = 1
    assert path.t[-1] == pytest.approx(4 / 3 * (1 - 2 / 3 * np.log(2.5)), abs=1e-8)


@pytest.mark.parametrize("method", ["dop853", "scipy:LSODA"])
@pytest.mark.parametrize("loss", [w + sympy.sign(w) / 2, sympy.Piecewise((w**2, w < 1), (w + 1, True))])
def test_a_step_of_the_loss_ends_the_flow(loss, method):
    path = GradientFlow.from_loss(loss, w).flow(2.0, 5.0, method=method)
    assert path.status is Status.DISCONTINUOUS
    assert not path.ok
    assert "has a step there" in path.message
    assert path.t[-1] == pytest.approx(1.0 if loss.has(sympy.Piecewise) else 2.0, abs=1e-9)


@pytest.mark.parametrize("method", ["dop853", "rkc2", "scipy:LSODA"])
@pytest.mark.parametrize(
    "options", [{}, {"times": [0.0, 1.0]}, {"times": [0.5, 1.0]}, {"times": [1.0], "dense": False}]
)
def test_a_start_on_a_step_of_the_loss_goes_nowhere(method, options):
    for loss in (sympy.Piecewise((w, w > 0), (1 - w, True)), sympy.sign(w) + w**2):
        path = GradientFlow.from_loss(loss, w).flow(0.0, 5.0, method=method, **options)
        assert path.status is Status.DISCONTINUOUS
        assert "ended at t = 0, at w = 0" in path.message
        assert "start beside it" in path.message
        assert (path.t.tolist(), path.parameters.tolist()) == ([0.0], [[0.0]])
    level = GradientFlow.from_loss(a * sympy.sign(b) + a**2, [a, b])  # its step has the height 2a
    assert level.flow([0.0, 0.0], 1.0, method=method).t[-1] == 1.0
    assert level.flow([0.5, 0.0], 1.0, method=method).status is Status.DISCONTINUOUS


def test_a_sign_that_makes_no_step_is_crossed():
    path = GradientFlow.from_loss(w * sympy.sign(w - 1) - sympy.sign(w - 1) + w / 2, w).flow(2.0, 5.0)
    assert path.ok
    assert path.parameters[-1, 0] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("method", ["dop853", "rkc2", "scipy:Radau"])
def test_logarithms_of_weights_pass_kinks_too(method):
    flow = GradientFlow.from_loss(abs(a - 1) + abs(b - 2) / 2 + (a - b) ** 2 / 8, [a, b])
    times = np.linspace(0.0, 4.0, 9)
    runs = [
        flow.flow([3.0, 0.5], 4.0, times=times, method=method, coordinates=c, rtol=1e-8) for c in ("weights", "log")
    ]
    assert runs[0].parameters == pytest.approx(runs[1].parameters, rel=1e-5 if method == "rkc2" else 1e-6)
    assert [s.kink for s in runs[0].sliding] == [s.kink for s in runs[1].sliding]
    assert runs[0].sliding or runs[0].crossings


@pytest.mark.parametrize("method", METHODS)
def test_events_count_once_across_kinks(method):
    flow = GradientFlow.from_loss(abs(a) + abs(b), [a, b])
    events = [Hitting(0.0, 0), Hitting(0.5, 1), Stationary(1e-9, terminal=False), LossLevel(1.5, terminal=False)]
    path = flow.flow([1.0, 2.0], 4.0, method=method, events=events)
    at = {(type(e.event).__name__, getattr(e.event, "index", 0)): e.time for e in path.events}
    assert len(path.events) == 4
    right = {("Hitting", 0): 1.0, ("Hitting", 1): 1.5, ("Stationary", 0): 2.0, ("LossLevel", 0): 0.75}
    assert at == pytest.approx(right, abs=1e-9)
    stopped = flow.flow([1.0, 2.0], 4.0, method=method, events=[Stationary(1e-9)])
    assert stopped.status is Status.STOPPED
    assert stopped.t[-1] == pytest.approx(2.0, abs=1e-9)


def test_a_start_on_a_kink_goes_against_the_least_element():
    repelling = GradientFlow.from_loss(-abs(w), w)
    assert repelling.flow(0.0, 2.0).parameters[-1, 0] == 0.0
    assert repelling.flow(0.0, 2.0).sliding[0].away
    assert not GradientFlow.from_loss(abs(w), w).flow(0.0, 2.0).sliding[0].away
    assert repelling.flow(1e-9, 2.0).parameters[-1, 0] == pytest.approx(2.0, abs=1e-8)
    crossing = GradientFlow.from_loss(2 * w - abs(w), w)
    assert crossing.flow(0.0, 1.0).parameters[-1, 0] == pytest.approx(-3.0)
    for side, slope in ((1.0, 1.0), (-1.0, 3.0)):
        assert crossing.flow(side, 0.25).parameters[-1, 0] == pytest.approx(side - slope / 4)


def test_kinks_within_kinks():
    flow = GradientFlow.from_loss(sympy.Max(abs(a) - 1, 0) + abs(abs(b) - 2), [a, b])
    path = flow.flow([3.0, 0.5], 4.0, times=[1.0, 4.0])
    assert path.parameters == pytest.approx(np.array([[2.0, 1.5], [1.0, 2.0]]), abs=1e-12)
    deep = GradientFlow.from_loss((sympy.Max(a * sympy.Max(b, 0), 0) - 1) ** 2 / 2, [a, b])
    path = deep.flow([0.5, 0.5], 30.0)
    assert path.parameters[-1] == pytest.approx([1.0, 1.0], abs=1e-8)


def test_modes_each_have_their_kinks():
    goal = symbols("goal", real=True)
    flow = GradientFlow.from_loss(abs(w - goal), w, constants=[goal])
    system = flow.system([3.0, -1.0, 0.5], constants=[[1.0, 1.0, 0.0]], modes=3)
    path = integrate(system, 1.0, times=[1.0])
    assert path.parameters[-1] == pytest.approx([2.0, 0.0, 0.0], abs=1e-12)
    assert [s.kink for s in path.sliding] == ["-goal + w (3)"] or [s.kink for s in path.sliding] == ["goal - w (3)"]
    end = flow_ensemble(system, 1.0, starts=[[3.0, -1.0, 0.5], [1.5, 0.0, 2.0]])
    assert end.ok
    assert end.parameters == pytest.approx(np.array([[2.0, 0.0, 0.0], [1.0, 1.0, 1.0]]), abs=1e-12)


def test_which_element_a_descent_takes():
    flow = GradientFlow.from_loss(abs(a) + sympy.Max(b, 0), [a, b])
    assert (flow.descent([0.0, 0.0], 0.1, 1).parameters[-1] == 0.0).all()
    for side in (-1.0, 0.0, 0.5, 1.0):
        got = flow.descent([0.0, 0.0], 0.1, 1, kink=side).parameters[-1]
        assert got == pytest.approx([-0.1 * side, -0.1 * (1 + side) / 2])
        off = flow.descent([0.3, -0.2], 0.1, 1, kink=side).parameters[-1]
        assert off == pytest.approx([0.2, -0.2])
    with pytest.raises(ValueError, match=r"kink: got 2.*allowed: a number in \[-1, 1\]"):
        flow.descent([0.0, 0.0], 0.1, 1, kink=2)
    with pytest.raises(ValueError, match=r"kink: got 0\.0 for a system without kinks"):
        GradientFlow.from_loss(a**2, a).descent(1.0, 0.1, 1, kink=0.0)


@pytest.mark.parametrize("method", ["dop853", "rkc2", "scipy:Radau"])
def test_a_curved_kink_is_kept_to_rounding(method):
    """On the circle the loss is its first parameter, cos φ, and dφ/dt = sin φ."""
    flow = GradientFlow.from_loss(3 * abs(a**2 + b**2 - 1) + a, [a, b])
    times, phi = np.linspace(0.0, 4.0, 17), np.pi / 3
    path = flow.flow([np.cos(phi), np.sin(phi)], 4.0, times=times, method=method, rtol=1e-6)
    now = 2 * np.arctan(np.tan(phi / 2) * np.exp(times))
    assert path.parameters == pytest.approx(np.stack([np.cos(now), np.sin(now)], axis=1), abs=1e-4)
    assert np.abs((path.parameters**2).sum(axis=1) - 1.0).max() < 1e-14
    # 6 s = −cos φ: the part across the circle
    assert path.sides(times)[:, 0] == pytest.approx(-np.cos(now) / 6, abs=1e-4)


@pytest.mark.parametrize("method", ["dop853", "rkc2", "scipy:LSODA"])
def test_one_parameter_rests_while_another_goes_on(method):
    loss = a ** sympy.Rational(3, 2) + b**2 / 2
    path = GradientFlow.from_loss(loss, [a, b]).flow([1.0, 1.0], 3.0, times=[1.0, 3.0], method=method, rtol=1e-7)
    assert path.parameters == pytest.approx(np.array([[0.0625, np.exp(-1.0)], [0.0, np.exp(-3.0)]]), abs=1e-5)
    assert path.statistics.steps < 10_000


@pytest.mark.parametrize("method", METHODS)
def test_a_kink_that_is_passed_for_a_short_while_is_not_stepped_over(method):
    """The steps are far longer than the time for which a² + b is negative."""
    size = sympy.Rational(1, 1000)
    flow = GradientFlow.from_loss(a + size * abs(a**2 + b), [a, b])
    path = flow.flow([1.0, 0.0], 2.0, method=method, rtol=1e-8)

    def moved(start, side, t):  # a' = −1 − 2 k a and b' = −k, for k = size times side
        k = float(size) * side
        return np.array([(start[0] + 0.5 / k) * np.exp(-2.0 * k * t) - 0.5 / k, start[1] - k * t])

    def gap(start, side, t):
        now = moved(start, side, t)
        return now[0] ** 2 + now[1]

    start, hits = np.array([1.0, 0.0]), []
    for side, least, most in ((1, 0.5, 1.0), (-1, 0.01, 0.5)):
        hits.append(brentq(lambda t, w=start, s=side: gap(w, s, t), least, most, xtol=1e-15))
        start = moved(start, side, hits[-1])
    assert [c.side for c in path.crossings] == [-1, 1]
    assert [c.time for c in path.crossings] == pytest.approx([hits[0], sum(hits)], abs=1e-7)
    assert path.parameters[-1] == pytest.approx(moved(start, 1, 2.0 - sum(hits)), abs=1e-6)


def test_two_kinks_in_one_place_are_one():
    """|a| − 9/10 |a| + a/2, as a sum of two kinks that are only seen to be equal when the numbers are there."""
    p, q = symbols("p q", real=True)
    flow = GradientFlow.from_loss(abs(a - p) - sympy.Rational(9, 10) * abs(a - q) + a / 2, a, constants=[p, q])
    path = flow.flow(0.6, 3.0, constants=[0.0, 0.0])
    # slopes 6/10 and 4/10: none of the elements between them is 0
    assert path.parameters[-1, 0] == pytest.approx(-0.8, abs=1e-12)
    assert not path.sliding


@pytest.mark.parametrize("times", [None, [3.0], [0.2, 0.7, 1.0, 3.0], [0.5], [0.0]])
@pytest.mark.parametrize("method", ["dop853", "rkc2", "scipy:Radau"])
def test_without_dense_output_the_numbers_are_the_same(method, times):
    flow = GradientFlow.from_loss(abs(a) + abs(b) + a * b / 5 + a**2 / 7, [a, b])
    dense, bare = (flow.flow([1.0, 2.0], 3.0, method=method, dense=kept, times=times) for kept in (True, False))
    assert np.array_equal(dense.t, bare.t)
    assert np.array_equal(dense.parameters, bare.parameters)
    assert (dense.sliding, dense.crossings, dense.message) == (bare.sliding, bare.crossings, bare.message)
    assert dense.sliding


@pytest.mark.parametrize("options", [{}, {"dense": False}, {"dense": False, "times": [0.5]}, {"times": [0.25, 0.5]}])
@pytest.mark.parametrize("method", ["dop853", "dopri5", "rkc2", "scipy:Radau"])
def test_a_kink_at_the_very_end(method, options):
    flow = GradientFlow.from_loss(abs(a) + abs(b), [a, b])
    for end in (1.0, 1.0 - 1e-15, 1.0 + 1e-15):
        path = flow.flow([1.0, 2.0], end, method=method, **options)
        assert path.ok
        right = np.stack([1.0 - path.t, 2.0 - path.t], axis=1)
        assert path.parameters == pytest.approx(right, abs=1e-12)
        assert (np.diff(path.t) > 0).all()
