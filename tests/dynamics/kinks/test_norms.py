"""Flows to the zero of a norm, at rest there and from there, against closed forms, certificates and smooth losses."""

import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp

from flowlab import GradientFlow
from flowlab.dynamics import Status
from flowlab.dynamics.kinks._least import least
from flowlab.symbolic import symbols

METHODS = ("dop853", "dopri5", "rkc2", "scipy:Radau", "scipy:LSODA", "scipy:RK45")
a, b, c, d, x, y = symbols("a b c d x y", real=True)
norm = sympy.sqrt(a**2 + b**2)


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_a_norm_comes_to_rest(method, dense):
    times = np.linspace(0.0, 10.0, 41)
    path = GradientFlow.from_loss(norm, [a, b]).flow([3.0, 4.0], 10.0, times=times, method=method, dense=dense)
    assert path.ok
    assert path.parameters == pytest.approx(np.outer(np.maximum(1.0 - times / 5.0, 0.0), [3.0, 4.0]), abs=2e-8)
    assert (path.parameters[times > 5.0] == 0.0).all()
    assert [(s.kink, s.stop, s.side) for s in path.sliding] == [("sqrt(a**2 + b**2)", 10.0, 0)]
    assert path.sliding[0].start == pytest.approx(5.0, abs=1e-8 if method == "rkc2" else 1e-9)
    assert path.crossings == ()
    assert "sliding on sqrt(a**2 + b**2) = 0" in path.message
    assert path.kink_distances == pytest.approx(np.maximum(5.0 - times, 0.0), abs=2e-8)


def test_the_sides_of_a_norm_are_its_direction():
    path = GradientFlow.from_loss(norm - a / 2, [a, b]).flow([0.0, 3.0], 20.0)
    off, rest = path.sides([0.0, 19.0])
    assert off == pytest.approx([1.0, 0.0, 1.0], abs=1e-12)
    assert rest == pytest.approx([0.0, 0.5, 0.0], abs=1e-9)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_norms_of_any_size_and_place(size):
    """w goes straight to the centre, at speed 2."""
    v = sympy.symbols(f"v1:{size + 1}", real=True)
    loss = 2 * sympy.sqrt(sum((p - k) ** 2 for k, p in enumerate(v, 1)))
    centre, way = np.arange(1.0, size + 1), np.array([3.0, -1.0, 0.5, 2.0])[:size]
    path = GradientFlow.from_loss(loss, v).flow(centre + way, 9.0, times=[0.4, 9.0])
    length = np.linalg.norm(way)
    assert path.parameters[0] == pytest.approx(centre + way * (1 - 0.8 / length), abs=1e-9)
    assert (path.parameters[1] == centre).all()
    assert path.sliding[0].start == pytest.approx(length / 2, abs=1e-8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("power", [sympy.Rational(6, 5), sympy.Rational(3, 2), sympy.Rational(7, 4)])
def test_powers_of_norms_rest_in_finite_time(power, method):
    """r' = −p r^(p − 1): r^(2 − p) falls linearly, and is 0 at t = r0^(2 − p)/(p (2 − p))."""
    p, r0 = float(power), np.sqrt(2.0)
    end = r0 ** (2 - p) / (p * (2 - p))
    times = np.array([0.3, 0.6, 0.9, 1.1, 2.0]) * end
    path = GradientFlow.from_loss((a**2 + b**2) ** (power / 2), [a, b]).flow(
        [1.0, 1.0], 2 * end, times=times, method=method
    )
    assert path.ok
    right = np.maximum(1.0 - times / end, 0.0) ** (1 / (2 - p))
    assert path.parameters == pytest.approx(np.stack([right, right], axis=1), abs=3e-6 if method == "rkc2" else 2e-7)
    assert (path.parameters[3:] == 0.0).all()
    # an error of 1e-12 in r, which the tolerance allows, is one of its power in t
    assert path.sliding[0].start == pytest.approx(end, rel=(1e-6 if method == "rkc2" else 1e-8) + 10 * 1e-12 ** (2 - p))
    if power == sympy.Rational(3, 2):
        assert end == pytest.approx(1.58560948667)


@pytest.mark.parametrize("start", [[1.0, 1.0], [0.0, 0.0], [-2.0, -1.0]])
@pytest.mark.parametrize("strength", [3.0, 2.3, 2.0, 0.5])
def test_group_lasso_of_two(strength, start):
    """The minimum is (1 − K/√5)_+ (2, 1); it is left from 0 only if K < √5."""
    flow = GradientFlow.from_loss(((a - 2) ** 2 + (b - 1) ** 2) / 2 + c * norm, [a, b], constants=c)
    path = flow.flow(start, 60.0, constants=[strength])
    assert path.ok
    least = max(0.0, 1.0 - strength / np.sqrt(5.0)) * np.array([2.0, 1.0])
    assert path.parameters[-1] == pytest.approx(least, abs=1e-8)
    if strength > np.sqrt(5.0):
        assert (path.parameters[-1] == 0.0).all()
        assert [s.side for s in path.sliding] == [0]
        assert (path.sliding[0].start == 0.0) == (start == [0.0, 0.0])
    else:
        assert not path.sliding
        # from the other side of the line it goes through 0 itself
        assert [(k.kink, k.side) for k in path.crossings] == [("sqrt(a**2 + b**2)", 1)] * (start[0] < 0)


@pytest.mark.parametrize("method", METHODS)
def test_the_time_at_which_a_straight_group_lasso_comes_to_0(method):
    """On the line through the goal r' = G − K − r."""
    flow = GradientFlow.from_loss(((a - 2) ** 2 + (b - 1) ** 2) / 2 + 3 * norm, [a, b])
    goal, r0 = np.sqrt(5.0), 2 * np.sqrt(5.0)
    path = flow.flow([4.0, 2.0], 3.0, times=[0.5, 3.0], method=method)
    r = (r0 + 3 - goal) * np.exp(-0.5) + goal - 3
    assert path.parameters[0] == pytest.approx(r / goal * np.array([2.0, 1.0]), abs=1e-6 if method == "rkc2" else 1e-8)
    hit = np.log((r0 + 3 - goal) / (3 - goal))
    assert path.sliding[0].start == pytest.approx(hit, abs=1e-6 if method == "rkc2" else 1e-8)


@pytest.mark.parametrize("method", ["dop853", "dopri5", "rkc2", "scipy:Radau", "scipy:LSODA"])
def test_a_norm_is_left_when_the_rest_of_the_gradient_leaves_its_ball(method):
    """c = t pushes (a, b) out at c = 1; with ρ along the push ρ' = c − 1 and c' = 1 + ρ."""
    flow = GradientFlow.from_loss(norm - (3 * a + 4 * b) * c / 5 - c, [a, b, c])
    path = flow.flow([0.0, 0.0, 0.0], 2.0, times=[0.5, 1.5, 2.0], method=method, rtol=1e-8)
    assert path.parameters[0] == pytest.approx([0.0, 0.0, 0.5], abs=1e-10)
    for s, row in zip([0.5, 1.0], path.parameters[1:], strict=True):
        rho = np.cosh(s) - 1
        assert row == pytest.approx([0.6 * rho, 0.8 * rho, 1 + np.sinh(s)], abs=1e-6 if method == "rkc2" else 2e-8)
    assert [(s.start, s.side) for s in path.sliding] == [(0.0, 1)]
    assert path.sliding[0].stop == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("method", ["dop853", "dopri5", "scipy:Radau"])
@pytest.mark.jit
def test_the_error_of_a_departure_is_of_the_order_of_the_tolerance(method):
    """The direction of the push turns: what the norm grows in is not the direction in which it was left."""
    flow = GradientFlow.from_loss(norm - a * c - b * d - c + d / 2, [a, b, c, d])
    start, times = [0.0, 0.0, 0.2, 0.9], [0.7, 0.9, 2.0]
    finest = flow.flow(start, 2.0, rtol=1e-12, atol=1e-15, times=times)
    # c = 1/5 + t and d = 9/10 − t/2: the square of the push is 1 at t = 3/5
    assert finest.sliding[0].stop == pytest.approx(0.6, abs=1e-12)
    tolerances = 10.0 ** -np.arange(6, 11)
    errors = [
        np.abs(
            flow.flow(start, 2.0, method=method, rtol=r, atol=r / 1e3, times=times).parameters - finest.parameters
        ).max()
        for r in tolerances
    ]
    assert np.polyfit(np.log(tolerances), np.log(errors), 1)[0] == pytest.approx(1.0, abs=0.1)
    assert errors[-1] < 1e-9


def test_one_norm_rests_while_others_go_on():
    loss = norm + sympy.sqrt(c**2 + d**2) / 2 + (c - 1) ** 2 / 2 + x**2 / 2
    path = GradientFlow.from_loss(loss, [a, b, c, d, x]).flow([0.3, 0.4, 2.0, 0.0, 1.0], 40.0, times=[1.0, 40.0])
    assert (path.parameters[:, :2] == 0.0).all()
    assert path.sliding[0].start == pytest.approx(0.5, abs=1e-9)
    assert path.parameters[0, 2:] == pytest.approx([0.5 + 1.5 * np.exp(-1.0), 0.0, np.exp(-1.0)], abs=1e-8)
    assert path.parameters[1, 2:] == pytest.approx([0.5, 0.0, 0.0], abs=1e-9)


def smoothed(loss, variables, start, times, size):
    """Return the flow in which the square of `size` is added under every root, by SciPy."""
    roots = {p: sympy.sqrt(p.base + size**2) for p in loss.atoms(sympy.Pow) if p.exp == sympy.S.Half}
    roots |= {p: sympy.sqrt(p.args[0] ** 2 + size**2) for p in loss.atoms(sympy.Abs)}
    smooth = loss.xreplace(roots)
    slope = [-smooth.diff(w) for w in variables]
    field = sympy.lambdify([variables], slope)
    jacobian = sympy.lambdify([variables], sympy.Matrix(slope).jacobian(list(variables)))
    return solve_ivp(
        lambda t, w: np.array(field(w), dtype=float), (0.0, times[-1]), start, method="Radau", t_eval=times,
        jac=lambda t, w: np.array(jacobian(w), dtype=float), rtol=1e-9, atol=1e-11,
    ).y.T  # fmt: skip


SUM = sympy.sqrt(a**2 + b**2 + c**2)
PULL = ((a - 2) ** 2 + (b - 1) ** 2 + (c - 1) ** 2) / 2
DRIVE = -a * d - b * d / 2 - c * d / 3 - d
MORE = {
    "ellipsoids of different axes": (sympy.sqrt(2 * a**2 + b**2 / 3) * 2 + norm / 2 + PULL, [1.0, -1.0, 1.0]),
    "norms within norms": (3 * norm + 2 * SUM + PULL, [1.0, -1.0, 1.0]),
    "norms that share a parameter": (norm + 3 * sympy.sqrt(b**2 + c**2) + PULL, [1.0, -1.0, 1.0]),
    "absolute values beside norms": (abs(a) + abs(b) / 2 + 2 * norm + PULL, [1.0, -1.5, 1.0]),
    "norms within norms, left": (norm + SUM + DRIVE, [0.3, 0.1, 0.2, 0.0]),
    "a shared parameter, left": (norm + sympy.sqrt(b**2 + c**2) + DRIVE, [0.3, 0.1, 0.2, 0.0]),
    "two forms of one zero, left": (
        norm / 2 + sympy.sqrt(2 * a**2 + b**2) / 2 + c**2 / 2 + DRIVE,
        [0.3, 0.1, 0.0, 0.0],
    ),
    "absolute values, left": (abs(a) + abs(b) / 2 + norm + c**2 / 2 + DRIVE, [0.0, 0.0, 0.0, 0.0]),
    "a strength that falls": (c * norm + (c + 1) ** 2 / 2 + ((a - 1) ** 2 + b**2) / 4, [0.1, 0.2, 2.0]),
    "components that are not linear": (sympy.sqrt((a * b - 1) ** 2 + (a - b - c) ** 2) + (c - 1) ** 2, [2.0, 2.0, 0.0]),
}


@pytest.mark.parametrize("case", MORE)
@pytest.mark.jit
def test_norms_that_meet(case):
    loss, start = MORE[case]
    variables, times = sorted(loss.free_symbols, key=str), [0.5, 1.0, 1.6, 2.0]
    path = GradientFlow.from_loss(loss, variables).flow(start, 2.0, times=times)
    assert path.ok
    assert path.sliding
    near = smoothed(loss, variables, start, times, 1e-6 if "linear" in case else 1e-8)
    assert path.parameters == pytest.approx(near, abs=3e-6)
    assert ("left" in case or "falls" in case) == any(s.side for s in path.sliding if "sqrt" in s.kink)


GROUPS = ([0], [1, 2], [3, 4, 5, 6])


@pytest.fixture(scope="module")
def grouped():
    """Three groups with weights, and a square that couples all parameters."""
    w, m, q = sympy.symbols("w1:8", real=True), sympy.symbols("m1:8", real=True), sympy.symbols("q1:7", real=True)
    k, weights = sympy.symbols("k1:4", positive=True), sympy.symbols("l1:8", positive=True)
    loss = sum((p - o) ** 2 for p, o in zip(w, m, strict=True)) / 2
    loss += sum(q[i] * (w[i] - w[i + 1]) for i in range(6)) ** 2 / 2
    loss += sum(k[g] * sympy.sqrt(sum(weights[i] * w[i] ** 2 for i in group)) for g, group in enumerate(GROUPS))
    return GradientFlow.from_loss(loss, w, constants=[*k, *m, *weights, *q])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.jit
def test_drawn_groups_end_where_a_certificate_says(grouped, seed):
    rng = np.random.default_rng(seed)
    k, m, weights = rng.exponential(1.0, 3), rng.normal(size=7), rng.choice([1.0, 1.0, 2.0, 0.3], 7)
    q, start = rng.normal(size=6) * rng.choice([0.0, 0.0, 1.0]), rng.normal(size=7) * rng.choice([0.0, 1.0, 1.0], 7)
    method = ("dop853", "dopri5", "scipy:Radau", "scipy:LSODA")[seed % 4]
    times = [0.1, 0.3, 1.0, 2.0, 40.0]
    path = grouped.flow(start, 40.0, constants=[*k, *m, *weights, *q], times=times, method=method, max_steps=20_000)
    assert path.ok

    def rest(w):
        square = q @ (w[:-1] - w[1:]) * q
        return w - m + np.append(square, 0.0) - np.append(0.0, square)

    def slope(t, w):
        roots = [k[g] * weights[i] * w[i] / np.sqrt(weights[i] @ w[i] ** 2 + 1e-16) for g, i in enumerate(GROUPS)]
        return -rest(w) - np.concatenate(roots)

    near = solve_ivp(slope, (0.0, 2.0), start, method="Radau", rtol=1e-8, atol=1e-10, t_eval=times[:-1]).y.T
    assert path.parameters[:-1] == pytest.approx(near, abs=1e-6)
    end, force = path.parameters[-1], rest(path.parameters[-1])
    for g, i in enumerate(GROUPS):
        size = np.sqrt(weights[i] @ end[i] ** 2)
        if size == 0.0:
            assert np.linalg.norm(force[i] / np.sqrt(weights[i])) <= k[g]
        else:
            assert -force[i] == pytest.approx(k[g] * weights[i] * end[i] / size, abs=1e-8)
        if not q.any() and (weights[i] == 1.0).all():  # the proximal map
            assert end[i] == pytest.approx(max(0.0, 1.0 - k[g] / np.linalg.norm(m[i])) * m[i], abs=1e-8)


@pytest.mark.parametrize("method", ["dop853", "rkc2", "scipy:LSODA"])
def test_a_median_of_points_rests_at_one_of_them(method):
    rows = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.3, 0.3], [2.0, 1.0]])
    path = GradientFlow.from_loss(sympy.sqrt((a - x) ** 2 + (b - y) ** 2), [a, b], data=[x, y]).flow(
        [3.0, 2.0], 40.0, data=rows, method=method, rtol=1e-7
    )
    assert (path.parameters[-1] == rows[3]).all()
    assert [s.kink for s in path.sliding] == ["sqrt((a - x)**2 + (b - y)**2) (row 3)"]
    ways = np.delete(rows, 3, axis=0) - rows[3]
    assert np.linalg.norm((ways / np.linalg.norm(ways, axis=1)[:, None]).sum(axis=0)) < 1.0


@pytest.mark.parametrize("method", ["dop853", "rkc2", "scipy:Radau"])
def test_logarithms_of_weights_come_to_a_point_too(method):
    flow = GradientFlow.from_loss(sympy.sqrt((a - 1) ** 2 + (b - 2) ** 2), [a, b])
    path = flow.flow([3.0, 4.0], 5.0, coordinates="log", method=method, rtol=1e-8)
    assert path.parameters[-1] == pytest.approx([1.0, 2.0], rel=1e-15)
    assert path.sliding[0].start == pytest.approx(np.sqrt(8.0), abs=1e-5 if method == "rkc2" else 1e-6)


@pytest.mark.parametrize(
    "options", [{}, {"times": [1.0, 1e7]}, {"dense": False}, {"times": [1.0, 1e7], "dense": False}]
)
@pytest.mark.parametrize("method", ["dop853", "dopri5", "rkc2", "scipy:Radau"])
@pytest.mark.jit
def test_a_norm_is_reached_at_times_that_are_far_apart(method, options):
    """At t = 1e6 the step to where the norm is of the size of the tolerance is none to a float."""
    path = GradientFlow.from_loss(5 * norm, [a, b]).flow([3e6, 4e6], 1e7, method=method, **options)
    assert path.ok
    assert path.sliding[0].start == pytest.approx(1e6, abs=1e-7)
    assert (np.diff(path.t) > 0).all()
    assert (path.parameters[-1] == 0.0).all()


def test_a_norm_that_drives_away_is_no_rest_but_at_its_zero():
    flow = GradientFlow.from_loss(a / 2 - norm, [a, b])
    assert (flow.flow([0.0, 0.0], 3.0).parameters[-1] == 0.0).all()
    # r' is 1/2 at least, and it turns away from b
    assert np.hypot(*flow.flow([0.0, 1e-9], 3.0).parameters[-1]) > 3.0
    flow = GradientFlow.from_loss(2 * a - norm, [a, b])
    assert flow.flow([0.0, 0.0], 1.0).parameters[-1] == pytest.approx([-3.0, 0.0], abs=1e-8)


def test_a_kink_and_a_root_in_one_place():
    w = a
    for loss in (abs(w) + abs(w) ** sympy.Rational(3, 2) + w / 2, norm + (a**2 + b**2) ** sympy.Rational(3, 4) + a / 2):
        variables = sorted(loss.free_symbols, key=str)
        path = GradientFlow.from_loss(loss, variables).flow([1.0] * len(variables), 5.0)
        assert path.ok
        assert (path.parameters[-1] == 0.0).all()
        assert [s.side for s in path.sliding] == [0]
    # r' = −1 − 3 √r/2 from 1: t = (4/3)(1 − (2/3) log(5/2))
    path = GradientFlow.from_loss(norm + (a**2 + b**2) ** sympy.Rational(3, 4), [a, b]).flow([0.6, 0.8], 5.0)
    assert path.sliding[0].start == pytest.approx(4 / 3 * (1 - 2 / 3 * np.log(2.5)), abs=1e-8)


def test_a_power_of_a_norm_does_not_rest_against_a_force():
    loss = (a**2 + b**2) ** sympy.Rational(3, 4) - a * c / 4 - c
    path = GradientFlow.from_loss(loss + c**2 / 2, [a, b, c]).flow([0.2, 0.1, 0.0], 60.0)
    assert path.status is Status.REACHED_END
    # 3 √a/2 = c/4, c = 1 + a/4
    end = path.parameters[-1]
    assert 1.5 * np.sqrt(end[0]) == pytest.approx(end[2] / 4, abs=1e-8)
    assert end[1:] == pytest.approx([0.0, 1 + end[0] / 4], abs=1e-8)


def test_a_descent_at_the_zero_of_a_norm_takes_the_middle_of_its_ball():
    flow = GradientFlow.from_loss(norm + abs(c) + a / 4, [a, b, c])
    assert flow.descent([0.0, 0.0, 0.0], 0.1, 1).parameters[-1] == pytest.approx([-0.025, 0.0, 0.0])
    for side in (-1.0, 0.5, 1.0):
        got = flow.descent([0.0, 0.0, 0.0], 0.1, 1, kink=side).parameters[-1]
        assert got == pytest.approx([-0.025, 0.0, -0.1 * side])
        off = flow.descent([0.3, 0.4, 0.2], 0.1, 1, kink=side).parameters[-1]
        assert off == pytest.approx([0.3 - 0.06 - 0.025, 0.4 - 0.08, 0.1])


@pytest.mark.parametrize("seed", range(8))
def test_the_least_element_of_balls(seed):
    """It is least where no s is better to first order; of all ways to 0 it is that with the shortest longest part."""
    rng = np.random.default_rng(seed)
    parts = [np.array([0, 1, 2]), np.array([3]), np.array([4, 5])]
    columns = rng.normal(size=(4, 6)) * (1.0 if seed % 2 else 3.0)
    zero = rng.normal(size=4) * (4.0 if seed % 2 else 0.5)
    found = least(zero, columns, parts, np.zeros(6))
    sizes = [np.linalg.norm(found[part]) for part in parts]
    assert max(sizes) <= 1.0 + 1e-10
    element = zero + columns @ found
    slopes = columns.T @ element
    assert sum(np.linalg.norm(slopes[part]) + slopes[part] @ found[part] for part in parts) < 1e-10
    if seed % 2 == 0:
        assert np.abs(element).max() < 1e-12
        null = np.linalg.svd(columns)[2][4:]
        for step in rng.normal(size=(50, 2)) @ null * 1e-3:
            assert max(np.linalg.norm((found + step)[part]) for part in parts) > max(sizes) - 1e-9
