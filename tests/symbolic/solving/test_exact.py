"""Closed forms: rows of a loss and its solution, by substitution and numerically; degenerate cases; what has none."""

import dataclasses
import functools
import time

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from flowlab import toy
from flowlab.symbolic import ExactSolution, GradientFlow, NoClosedForm
from flowlab.symbolic.solving import _checking, exact

a, b, c, w = sympy.symbols("a b c w")
v, s, N = sympy.symbols("v s N", positive=True)
t = sympy.Symbol("t", nonnegative=True)
w0 = sympy.Symbol("w_0", real=True)
exp, log, cosh, sqrt = sympy.exp, sympy.log, sympy.cosh, sympy.sqrt


def flow_of(loss):
    loss = sympy.sympify(loss)
    parameters = [x for x in (a, b, c, w, v) if x in loss.free_symbols]
    return GradientFlow.from_loss(loss, parameters, constants=[x for x in (s, N) if x in loss.free_symbols])


def integrated(flow, start, times):
    """The oracle: Runge-Kutta of order 8 on the gradient, apart from anything that made the closed form."""
    slope = sympy.lambdify(flow.parameters, [-flow.loss.diff(x) for x in flow.parameters])
    path = solve_ivp(
        lambda at, x: slope(*x), (0, max(times)), np.array(start, float), "DOP853", times, rtol=1e-12, atol=1e-14
    )
    return path.y.T


EXPLICIT = [
    # (loss, w(t) from w_0), each known from a book or by hand
    (w**4, w0 / sqrt(1 + 8 * t * w0**2)),
    ((w**2 - 1) ** 2 / 4, w0 / sqrt(w0**2 + (1 - w0**2) * exp(-2 * t))),
    ((w - 3) ** 2 / 2, 3 + (w0 - 3) * exp(-t)),
    (-(w**3) / 3, w0 / (1 - t * w0)),
    (w**3 / 3 + w, sympy.tan(sympy.atan(w0) - t)),
    (w**3 / 3 - w, sympy.tanh(t + sympy.atanh(w0))),
    (w**2 / 2 - w**3 / 3, w0 * exp(-t) / (1 - w0 + w0 * exp(-t))),
    (exp(-w), log(exp(w0) + t)),
    (cosh(w), 2 * sympy.atanh(sympy.tanh(w0 / 2) * exp(-t))),
    (sympy.cos(w), 2 * sympy.atan(sympy.tan(w0 / 2) * exp(t))),
    (sympy.sin(w), 2 * sympy.atan(exp(-t) * sympy.tan(w0 / 2 + sympy.pi / 4)) - sympy.pi / 2),
    (sympy.cos(w) ** 2, sympy.atan(exp(2 * t) * sympy.tan(w0))),
    (log(1 + exp(-w)), t + w0 + exp(w0) - sympy.LambertW(exp(t + w0 + exp(w0)))),
    (log(1 + w**2), sqrt(sympy.LambertW(w0**2 * exp(w0**2 - 4 * t)))),
    ((w + 1) ** 4, (w0 + 1) / sqrt(1 + 8 * t * (w0 + 1) ** 2) - 1),
    (2 * w, w0 - 2 * t),
    (5 + 0 * w + w**2 / 2, w0 * exp(-t)),
]  # fmt: skip


@pytest.mark.parametrize("loss, solution", EXPLICIT)
def test_explicit_solutions_are_those_of_the_books(loss, solution):
    found = flow_of(loss).exact()
    assert found.explicit
    assert not found.implicit
    residual = solution.diff(t) + loss.diff(w).subs(w, solution)
    for start, at in ((0.3, 0.2), (0.71, 0.05), (0.02, 0.6)):
        put = {w0: sympy.Rational(str(start)), t: sympy.Rational(str(at)), found.time: sympy.Rational(str(at))}
        assert abs(sympy.N(residual.subs(put), 30)) < 1e-25  # the row itself
        assert abs(sympy.N((found.expressions[w] - solution).subs(put), 30)) < 1e-25
        assert found.at(at, w_0=start)[0, 0] == pytest.approx(float(sympy.N(solution.subs(put), 30)), rel=1e-15)


@pytest.mark.parametrize(
    "loss, start, structure",
    [
        (log(cosh(w)), 2.0, "quadrature"),
        (sqrt(1 + w**2), -1.3, "sqrt"),
        ((w**4 - 1) ** 2 / 32, 0.3, "quadrature"),
        (w**6 - w**5 + w, 0.5, "quadrature"),
        (-exp(-(w**2) / 2), 0.7, "quadrature"),
        ((sqrt(v) - 2) ** 2, 1.0, "quadrature"),
        (v - log(v), 0.2, "Lambert"),
        (log(-1 - w) - w, -3.0, "Lambert"),
        (log(v) ** 2, 3.0, "quadrature"),
        (sympy.sin(w), -9.0, "linear in"),
        (sympy.sin(w) + sympy.cos(w), 7.5, "linear in"),
        (2 * sympy.sin(w) + w, 4.0, "linear in"),
        (sympy.sin(w) + 2 * w, 1.0, "quadrature"),
        (sympy.sin(w) + sympy.sin(w) ** 2, 4.0, "quadrature"),
        (sympy.sin(a + b), [1.0, 0.3], "orthogonal change"),
        (exp(v**2), 0.5, "quadrature"),
        (v**2 * log(v), 0.5, "quadrature"),
        (v**2 * log(v), 0.9, "quadrature"),
        (log(a**2 + b**2), [1.0, 1.0], "squared norm"),
        (a**2 + b**2 - log(a**2 + b**2), [0.3, 0.4], "squared norm"),
        ((v ** sympy.Rational(12, 5) - 1) ** 2, 0.2, "quadrature"),
        ((a - 1) ** 2 + (b**2 - 1) ** 2, [3.0, 0.2], "Bernoulli"),
        (((a + b) ** 2 - 2) ** 2 + (a - b) ** 2, [0.5, -0.2], "orthogonal change"),
        (cosh(a + b) + (a - b) ** 2, [0.5, -0.2], "orthogonal change"),
        ((a + 2 * b) ** 4 + (2 * a - b) ** 6 + c**2, [1.0, 0.5, 1.0], "orthogonal change"),
        (log(cosh(a + b)) + log(cosh(a - b)), [0.5, -0.2], "orthogonal change"),
        ((a**2 + b**2 - 1) ** 2 / 4, [0.1, 0.05], "squared norm"),
        ((a**2 + b**2 + c**2) ** 3, [0.1, 0.05, 1], "squared norm"),
        ((a * b - 1) ** 2 / 2, [0.1, 0.1], "difference of squares"),
        ((a * b - 1) ** 2 / 2, [0.3, -1.2], "difference of squares"),
        ((a * b - 1) ** 2 / 2, [1.0, -1.0], "straight line"),
        ((a * b * c - 1) ** 2 / 2, [0.5, 0.5, 0.5], "straight line"),
        ((a * b * c - 1) ** 2 / 2, [1, 1, 1], "stationary"),
        ((a - 2 * b) ** 2 + (a + b + c - 1) ** 2 / 2, [0.5, 0.5, 0.5], "linear"),
    ],
)
def test_solutions_agree_with_an_integration(loss, start, structure):
    flow = flow_of(loss)
    found = flow.exact(start)
    assert structure in found.method
    times = np.array([0.0, 0.05, 0.21, 0.4])
    got = found.at(times)
    assert got.shape == (4, len(flow.parameters))
    np.testing.assert_allclose(got, integrated(flow, np.atleast_1d(start), times), rtol=1e-9, atol=1e-11)
    for equation in found.implicit.values():  # as stated, at the values handed out
        coordinate = next(iter(found.implicit))
        if len(found.implicit) == 1 and coordinate in flow.parameters:
            i = flow.parameters.index(coordinate)
            sides = (equation.lhs - equation.rhs).subs({found.time: times[2], coordinate: sympy.Float(got[2, i], 30)})
            assert abs(sympy.re(sympy.N(sides))) < 1e-12


@functools.cache
def toy_solution(depth):
    return flow_of((v**depth - s) ** 2 / (2 * depth**2)).exact()


@given(
    depth=st.sampled_from([1, 2, 3, sympy.Rational(3, 2), 4]),
    target=st.floats(0.05, 20),
    ratio=st.floats(1e-5, 3),
    fractions=st.lists(st.floats(0, 3), min_size=1, max_size=4),
)
@settings(max_examples=5, deadline=None)
@example(depth=3, target=1.0, ratio=1.0, fractions=[1.0])
def test_the_toy_model(depth, target, ratio, fractions):
    init = target * ratio
    weight = float(sympy.Rational(repr(init)) ** (1 / sympy.sympify(depth)))
    found = toy_solution(sympy.sympify(depth)).at
    half = toy.time(target / 2, depth=float(depth), target=target, init=init) if ratio < 0.5 else 1 / target
    times = np.array(fractions) * half
    got = found(times, v_0=weight, s=target)[:, 0] ** float(depth)
    exact = toy.sigma(times, depth=float(depth), target=target, init=weight ** float(depth))
    np.testing.assert_allclose(got, exact, rtol=1e-10)


def test_the_toy_model_at_symbolic_depth():
    found = flow_of((v**N - s) ** 2 / (2 * N**2)).exact()
    assert "2F1" in found.method
    got = found.at([0.5, 2.0, 9.0], v_0=0.4, s=1.5, N=2.5)[:, 0] ** 2.5
    np.testing.assert_allclose(got, toy.sigma([0.5, 2.0, 9.0], depth=2.5, target=1.5, init=0.4**2.5), rtol=1e-10)


small = st.integers(-3, 3)
starts = st.just(0.0) | st.floats(1e-3, 2) | st.floats(-2, -1e-3)


@given(a0=small, b0=small, c0=small, start=starts)
@settings(max_examples=7, deadline=None)
@example(a0=1, b0=2, c0=1, start=0.5)  # a double root, blow-up
@example(a0=1, b0=-2, c0=1, start=1.0)  # on the double root
@example(a0=0, b0=0, c0=0, start=1.0)
@example(a0=1, b0=0, c0=1, start=-1.0)  # no real roots
@example(a0=-2, b0=1, c0=1, start=-2.0)
@example(a0=1, b0=0, c0=-1, start=9.678611150653606e-85)  # cancels to nothing in 50 digits
@example(a0=1, b0=0, c0=0, start=0.0)
def test_riccati_with_every_discriminant(a0, b0, c0, start):
    found = GradientFlow.from_loss(-(a0 * w + b0 * w**2 / 2 + c0 * w**3 / 3), w).exact(start)
    agrees_until_it_ends(found, lambda x: a0 + b0 * x + c0 * x**2, start)


@given(a0=small, b0=small.filter(bool), n=st.sampled_from([3, 4, 5]), start=starts)
@settings(max_examples=7, deadline=None)
@example(a0=0, b0=2, n=3, start=-0.5)
@example(a0=-1, b0=1, n=3, start=1.0)
def test_bernoulli(a0, b0, n, start):
    found = GradientFlow.from_loss(-(a0 * w**2 / 2 + sympy.Rational(b0, n + 1) * w ** (n + 1)), w).exact(start)
    agrees_until_it_ends(found, lambda x: a0 * x + b0 * x**n, start)


def agrees_until_it_ends(found, rate, start):
    end = found.lasts()
    assert found.at(0.0)[0, 0] == pytest.approx(start, rel=1e-15, abs=0)
    times = np.array([0.1, 0.5, 0.95]) * min(end, 2.0)
    path = solve_ivp(lambda at, x: rate(x), (0, times[-1]), [start], "DOP853", times, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found.at(times)[:, 0], path.y[0], rtol=1e-7, atol=1e-11)
    if end < np.inf:
        left = abs(float(found.at(end * (1 - 1e-9))[0, 0]))
        assert left > 50  # it grows beyond all bounds
        with pytest.raises(ValueError, match=r"^t: got .*when the solution ceases to exist"):
            found.at([0.0, end * (1 + 1e-9)])


@given(
    rows=st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=1, max_size=4),
    start=st.lists(st.integers(-3, 3), min_size=3, max_size=3),
    ridge=st.sampled_from([0, sympy.Rational(1, 3)]),
)
@settings(max_examples=6, deadline=None)
@example(rows=[[0, 0, 0]], start=[1, 2, 3], ridge=0)
@example(rows=[[1, 1, 1]], start=[1, 0, 0], ridge=0)  # a zero eigenvalue twice
@example(rows=[[1, 0, 0], [0, 1, 0], [0, 0, 1]], start=[1, 0, 0], ridge=0)
def test_least_squares_of_any_rank(rows, start, ridge):
    x = sympy.Matrix([a, b, c])
    residual = sympy.Matrix(rows) * x - sympy.Matrix([1] * len(rows))
    loss = (residual.T * residual)[0] / 2 + ridge * (x.T * x)[0] / 2
    found = GradientFlow.from_loss(loss, [a, b, c]).exact(start)
    matrix = np.array(rows, float)
    whole = np.zeros((4, 4))  # the constant part as a fourth coordinate that rests at 1
    whole[:3, :3] = -(matrix.T @ matrix + float(ridge) * np.eye(3))
    whole[:3, 3] = matrix.T @ np.ones(len(rows))
    for at in (0.0, 0.3, 7.0):
        wanted = (expm(whole * at) @ np.array([*start, 1.0]))[:3]
        np.testing.assert_allclose(found.at(at)[0], wanted, rtol=1e-11, atol=1e-11)


def test_a_linear_flow_with_a_drift_along_its_null_space():
    found = flow_of((a + b) ** 2 / 2 + a - b).exact([1, 1])
    assert sympy.simplify(found.expressions[a] - found.expressions[b] + 2 * found.time) == 0


def test_large_linear_flows_have_numbers_for_eigenvalues():
    x = sympy.symbols("x1:7")
    loss = sum((x[i] - 2 * x[i + 1]) ** 2 for i in range(5)) / 2  # of rank 5
    found = GradientFlow.from_loss(loss, x).exact(list(range(6)))
    assert "digits" in found.method
    hessian = np.array(sympy.hessian(loss, x), float)
    np.testing.assert_allclose(found.at(0.7)[0], expm(-0.7 * hessian) @ np.arange(6), rtol=1e-13, atol=1e-14)


def test_ridge_with_symbols_keeps_them():
    found = flow_of((a - s) ** 2 / 2 + N * a**2 / 2).exact()
    assert found.symbols == (N, sympy.Symbol("a_0", real=True), s)
    a0 = sympy.Symbol("a_0", real=True)
    wanted = s / (1 + N) + (a0 - s / (1 + N)) * exp(-(1 + N) * found.time)
    assert sympy.simplify(found.expressions[a] - wanted) == 0
    given_constants = flow_of((a - s) ** 2 / 2 + N * a**2 / 2).exact(0, constants=[2, 1])
    assert given_constants.expressions[a] == 1 - exp(-2 * given_constants.time)


def test_data_are_averaged_over():
    x, y = sympy.symbols("x y")
    rows = np.array([[1.0, 2.0], [2.0, 3.5], [0.5, -1.0]])
    found = GradientFlow.from_loss((w * x - y) ** 2 / 2, w, data=[x, y]).exact(0, data=rows)
    slope, target = np.mean(rows[:, 0] ** 2), np.mean(rows[:, 0] * rows[:, 1])
    assert found.at(0.8)[0, 0] == pytest.approx(target / slope * -np.expm1(-0.8 * slope), rel=1e-14)
    logistic = GradientFlow.from_loss(log(1 + exp(-x * w)), w, data=[x]).exact(0, data=[[1.0], [1.0]])
    assert logistic.at(1.0)[0, 0] == pytest.approx(float(2 - mpmath.lambertw(mpmath.e**2)), rel=1e-14)


def test_floats_are_what_they_were_written_as():
    found = GradientFlow.from_loss(0.05 * w**2, w).exact(0.1)
    assert found.expressions[w] == exp(-found.time / 10) / 10


def test_a_solution_on_a_stationary_point_stays_there():
    for start in (1, -1, 0):
        assert flow_of((w**2 - 1) ** 2 / 4).exact(start).expressions == {w: start}
    assert flow_of((v**3 - 8) ** 2 / 18).exact().at([5.0], v_0=2)[0, 0] == 2


def test_values_of_long_times_keep_their_digits():
    found = flow_of((w**2 - 1) ** 2 / 4).exact(1e-12)
    got = found.at([10.0, 500.0, 1e4])[:, 0]
    exact = 1 / mpmath.sqrt(1 + (mpmath.mpf(10) ** 24 - 1) * mpmath.exp(-20))
    np.testing.assert_allclose(got, [float(exact), 1.0, 1.0], rtol=1e-15)
    falling = flow_of(log(cosh(w))).exact(0.5)
    assert falling.at(600.0)[0, 0] == pytest.approx(float(mpmath.asinh(mpmath.sinh(0.5) * mpmath.exp(-600))), rel=1e-14)


def test_values_beyond_floats_are_refused_and_given_precisely():
    decay = flow_of(w**2 / 2).exact(1)
    assert decay.at(740.0)[0, 0] == float(mpmath.exp(-740))
    with pytest.raises(ValueError, match="t: got 1000 at index 1; allowed: times of values in the range of a float"):
        decay.at([1.0, 1000.0])
    with mpmath.workdps(40):
        (one,), (other,) = decay.precisely([1.0, 1e6])
        assert abs(mpmath.mpf(one._mpf_) * mpmath.exp(1) - 1) < 1e-17
        assert abs(mpmath.mpf(other._mpf_) * mpmath.exp(10**6) - 1) < 1e-17
    growth = flow_of(-(w**2) / 2).exact(1)
    with pytest.raises(ValueError, match="range of a float"):
        growth.at(800)
    assert growth.precisely(800)[0][0] > sympy.Float("1e347")
    half = flow_of(w**2 / 2 + (a - 1) ** 2 / 2).exact({a: 0, w: 0})
    np.testing.assert_array_equal(half.at([0.0, 1e4]), [[0.0, 0.0], [1.0, 0.0]])


def test_zero_is_zero_where_a_solution_passes_it():
    np.testing.assert_array_equal(flow_of(w).exact(1).at([0.5, 1, 2])[:, 0], [0.5, 0, -1])


def test_an_end_that_numbers_do_not_tell_is_refused_in_time():
    found = flow_of(sympy.sin(w) + 2 * w).exact(1)
    with pytest.raises(ValueError, match=r"values: got a solution that lasts until t = .*; allowed"):
        found.lasts()


def test_an_implicit_solution_that_ends_says_when():
    found = flow_of(-(w**4) / 4 - w).exact(0.0)  # w' = 1 + w³
    end = float(mpmath.quad(lambda x: 1 / (1 + x**3), [0, 1, mpmath.inf]))
    assert not found.explicit
    assert found.lasts() == pytest.approx(end, rel=1e-12)
    with pytest.raises(ValueError, match=r"^t: got 2; allowed: times before 1\.2"):
        found.at(2.0)


@pytest.mark.parametrize(
    "loss, start, end",
    [
        (sympy.tan(w), 0.7, 0.35 + np.pi / 4 + np.sin(1.4) / 4),  # w' = -1/cos² w, which has a pole without a sign
        (-(w**4) / 4 - w, 0.0, float(mpmath.quad(lambda x: 1 / (1 + x**3), [0, 1, mpmath.inf]))),
        (-w - exp(w) - exp(2 * w), 0.0, float(mpmath.quad(lambda x: 1 / (1 + x + 2 * x**2) / x, [1, mpmath.inf]))),
        (v + log(1 - v), 0.5, np.log(2) - 0.5),  # Lambert's W at its branch point
        (log(-1 - w) - w, -3.0, 2 - np.log(3)),  # on its other branch
        (-1 / v, 2.0, 8 / 3),
        ((v**6 - 1) ** 2 / 72, 1e-12, np.inf),
        ((v**6 - 1) ** 2 / 72, 1e-3, np.inf),
        (w**4 - w**3, 1e-6, np.inf),
        (w**4 - w**3, -1e-6, np.inf),
        (w**4 - w**3, 2.0, np.inf),
        (log(cosh(w)), -3.0, np.inf),
        (v ** sympy.Rational(3, 2) - v, 0.1, np.inf),
        (v ** sympy.Rational(4, 3), 8.0, 4.5),
        (log(a**2 + b**2), [0.3, 0.4], 1 / 16),  # the squared norm falls at the rate 4
        (log(a**2 + b**2) + a**2 + b**2, [0.3, 0.4], np.log(1.25) / 4),
        (a**2 + b**2 - log(a**2 + b**2), [0.3, 0.4], np.inf),
        (log(a**2 + b**2) - a**2 - b**2, [3.0, 0.4], np.inf),
    ],
)  # fmt: skip
def test_solutions_say_how_long_they_last(loss, start, end):
    assert flow_of(loss).exact(start).lasts() == pytest.approx(end, rel=1e-9)


@pytest.mark.parametrize(
    "loss, start, reason",
    [
        (w**2 / 2 + sympy.sin(w), None, "no antiderivative found of 1/"),
        ((a * b - 1) ** 2 / 2 + a**2, None, "no common eigenvectors.*no function of the norm.*product.*direction"),
        ((a * b * c - 1) ** 2 / 2, None, "no common eigenvectors"),
        (a**2 + b**2 / 2 + sympy.sin(b), None, "no structure fits that of b"),
        (-(v ** sympy.Rational(3, 2)), 0, None),
    ],
)
def test_what_has_no_closed_form_says_what_was_tried(loss, start, reason):
    if reason is None:
        with pytest.raises(ValueError, match=r"^start: got 0 for v; allowed: what v is declared to be"):
            flow_of(loss).exact(start)
        return
    with pytest.raises(NoClosedForm, match=f"^loss: no closed form found .*{reason}") as caught:
        flow_of(loss).exact(start)
    assert "\n" not in str(caught.value)
    assert caught.value.tried


def test_nothing_hangs():
    nasty = sum(sympy.sin(a**k * b) * exp(a * b**k) / (1 + log(1 + a**2 + b**k)) for k in range(2, 9))
    began = time.monotonic()
    with pytest.raises(NoClosedForm, match=r"budget: 0\.5 s of processor time were spent"):
        flow_of(nasty).exact(budget=0.5)
    assert time.monotonic() - began < 60  # it would take hours


@pytest.mark.parametrize("fault", [lambda e: e * sympy.Rational(1001, 1000), lambda e: e + t / 10**9, lambda e: -e])
def test_a_wrong_closed_form_is_not_handed_out(fault):
    found = flow_of(w**4).exact()
    wrong = {w: fault(found.expressions[w]).subs(t, found.time)}
    with pytest.raises(_checking.Refuted):
        _checking.checked(
            ExactSolution(found.flow, found.time, found.start, wrong, {}, found.until, found.method, found.conditions)
        )


def test_a_wrong_clock_is_not_handed_out():
    found = flow_of(log(cosh(w))).exact()
    clock = found.clocks[w]
    wrong = type(clock)(clock.time * sympy.Rational(10001, 10000), clock.rate, clock.start)
    with pytest.raises(_checking.Refuted):
        _checking.checked(ExactSolution(found.flow, found.time, found.start, found.expressions, {w: wrong}, None))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: flow_of(w**4).exact("x"), "start: got 'x'; allowed: finite numbers, or expressions"),
        (lambda: flow_of(w**4).exact(np.inf), "start: got inf; allowed"),
        (lambda: flow_of(w**4).exact([1, 2]), "start: got 2 values; allowed: one, or 1 of them"),
        (lambda: flow_of(w**4).exact(w), "start: got the parameter w; allowed"),
        (lambda: flow_of(w**4).exact({a: 1}), "start: got {a: 1}; allowed: a value for each of w"),
        (lambda: flow_of(w**4).exact(constants=[1]), r"constants: got 1; allowed: one for each declared .* \(none"),
        (lambda: flow_of(w**4).exact(budget=0), "budget: got 0; allowed: a finite number > 0"),
        (lambda: flow_of(w**4).exact(data=[[1]]), "data: got examples; allowed: none"),
        (lambda: flow_of(w**4).exact().at(1.0), "values: got none for w_0; allowed: a number for each symbol"),
        (lambda: flow_of(w**4).exact().at(1.0, w_0=1, q=2), "values: got q; allowed: w_0"),
        (lambda: flow_of(w**4).exact(1).at([-1.0]), "t: got -1 at index 0; allowed: times >= 0"),
        (lambda: flow_of(w**4).exact(1).at([[1.0]]), r"t: got shape \(1, 1\); allowed"),
        (
            lambda: dataclasses.replace(flow_of((a * b - 1) ** 2 / 2).exact(), anew=exact._not_solved).at(
                1, a_0=1, b_0=-1
            ),
            "values: got .* violated; allowed",
        ),
    ],
)  # fmt: skip
def test_arguments_that_are_refused(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def test_names_that_are_taken_are_left_alone():
    time_parameter, start_constant = sympy.symbols("t w_0", real=True)
    found = GradientFlow.from_loss(
        (time_parameter - start_constant) ** 2 / 2, time_parameter, constants=start_constant
    ).exact()
    assert found.time.name == "tau"
    other = GradientFlow.from_loss((w - start_constant) ** 2 / 2, w, constants=start_constant).exact()
    assert [x.name for x in other.symbols] == ["w_0", "w_0_"]
    assert other.at(1e3, w_0=2, w_0_=5)[0, 0] == 2


def test_a_start_may_hold_symbols():
    common = sympy.Symbol("x", positive=True)
    found = flow_of((a * b * c - 1) ** 2 / 2).exact({a: common, b: common, c: common})
    assert found.symbols == (common,)
    got = found.at([0.3], x=0.5)
    np.testing.assert_allclose(got, integrated(flow_of((a * b * c - 1) ** 2 / 2), [0.5] * 3, [0.3]), rtol=1e-10)


def test_what_has_to_be_caught_is_exported():
    import flowlab

    assert flowlab.NoClosedForm is NoClosedForm
    assert "NoClosedForm" in dir(flowlab)
