"""Deriving a flow from its loss: gradient, Hessian, descent, modified loss, sharpness."""

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.symbolic import CannotCompile, GradientFlow
from flowlab.symbolic.simplify import tidy, without_minus

w, s, N, eta = sympy.symbols("w s N eta", positive=True)
a, b, x, y = sympy.symbols("a b x y", real=True)
TOY = (w**N - s) ** 2 / (2 * N**2)


def test_toy_flow_at_symbolic_depth():
    flow = GradientFlow.from_loss(TOY, w, constants=[s, N])
    assert sympy.simplify(flow.rhs[w] - w ** (N - 1) * (s - w**N) / N) == 0


def test_sharpness_of_the_toy_at_its_minimum_at_symbolic_depth():
    sharpness = GradientFlow.from_loss(TOY, w, constants=[s, N]).sharpness
    assert sympy.simplify(sympy.powsimp(sharpness.subs(w, s ** (1 / N)) - s ** (2 - 2 / N))) == 0


@given(depth=st.floats(1, 20), target=st.floats(0.1, 10))
@settings(max_examples=25, deadline=None)
def test_sharpness_at_agrees(depth, target):
    value = GradientFlow.from_loss(TOY, w, constants=[s, N]).sharpness_at(
        {"w": target ** (1 / depth), "s": target, N: depth}
    )
    assert value == pytest.approx(target ** (2 - 2 / depth), rel=1e-11)


def test_sharpness_of_several_parameters_is_the_largest_eigenvalue():
    flow = GradientFlow.from_loss((a * b - 2) ** 2 / 2, [a, b])
    at = {a: 1.5, b: -0.5}
    matrix = [[0.25, 2 * -0.75 - 2], [2 * -0.75 - 2, 2.25]]
    assert flow.sharpness_at(at) == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-14)
    assert float(flow.sharpness.subs(at)) == pytest.approx(flow.sharpness_at(at), rel=1e-14)


@given(at=st.tuples(*[st.floats(-3, 3)] * 3))
@settings(max_examples=25, deadline=None)
@example(at=(0.0, 0.0, 0.0))
def test_sharpness_of_two_parameters_is_the_largest_eigenvalue_at_any_point(at):
    flow = GradientFlow.from_loss(sympy.exp(s * a * b) + sympy.cos(a) - a * b**2, [a, b], constants=[s])
    point = dict(zip([a, b, s], at, strict=True))
    assert float(flow.sharpness.subs(point)) == pytest.approx(flow.sharpness_at(point), rel=1e-10, abs=1e-10)


def test_sharpness_has_a_closed_form_where_it_is_of_use():
    assert GradientFlow.from_loss(2 * a**2 + 2 * b**2, [a, b]).sharpness == 4
    with pytest.raises(ValueError, match=r"sharpness: got a loss of 3 parameters, .*; allowed: .*sharpness_at"):
        _ = GradientFlow.from_loss(a * b * x, [a, b, x]).sharpness
    with pytest.raises(ValueError, match=r"sharpness: got a loss averaged over examples.*; allowed: .*sharpness_at"):
        _ = GradientFlow.from_loss((a * x + b) ** 2, [a, b], data=x).sharpness


@pytest.mark.parametrize("point", [-2.0, -1.0])
def test_sharpness_off_the_domain_says_so(point):
    flow = GradientFlow.from_loss(sympy.sqrt(a + 1), a)
    with pytest.raises(ValueError, match="where the Hessian is not finite and real; allowed"):
        flow.sharpness_at({a: point})


@pytest.mark.parametrize(
    "loss",
    [
        abs(sympy.log(1 + a)),
        a * abs(a),
        abs(abs(a) - 1) ** 3,
        abs(b * a - 1) ** sympy.Rational(5, 2),
        sympy.Max(0, 1 - a * b) ** 2,
        sympy.Min(a, a**2, b) * a,
        sympy.Max(a, a**3, -a) ** 2,
        sympy.sign(a - 1) * a**2,
        a * sympy.floor(a),
        sympy.Max(abs(a), b),
    ],
    ids=str,
)
@pytest.mark.parametrize("at", [-0.61, 0.37, 1.9])
def test_kinks_have_the_slopes_on_either_side(loss, at):
    flow = GradientFlow.from_loss(loss, a, constants=b)
    points = [{a: at + h, b: 0.83} for h in (-1e-6, 1e-6)]
    below, above = (float(loss.subs(point)) for point in points)
    assert float(flow.gradient[0].subs({a: at, b: 0.83})) == pytest.approx((above - below) / 2e-6, rel=1e-7, abs=1e-7)
    left, right = (float(flow.gradient[0].subs(point)) for point in points)
    assert flow.sharpness_at({a: at, b: 0.83}) == pytest.approx((right - left) / 2e-6, rel=1e-6, abs=1e-6)


def test_a_hinge_descends_to_its_kink():
    flow = GradientFlow.from_loss(sympy.Max(0, 1 - a) ** 2 / 2, a)
    assert flow.flow(0.0, 5.0).parameters[-1, 0] == pytest.approx(1 - np.exp(-5), rel=1e-6)


def test_sharpness_with_data_is_that_of_the_mean():
    flow = GradientFlow.from_loss((a * x + b * y - 1) ** 2 / 2, [a, b], data=[x, y])
    rows = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]])
    expected = np.linalg.eigvalsh(rows.T @ rows / 3)[-1]
    assert flow.sharpness_at({a: 0, b: 0}, data=rows) == pytest.approx(expected, rel=1e-14)


def test_descent_map_is_the_gradient_step():
    step = GradientFlow.from_loss((a * b - 1) ** 2 / 2, [a, b]).descent_map(eta)
    assert sympy.expand(step[a] - (a - eta * b * (a * b - 1))) == 0
    assert sympy.expand(step[b] - (b - eta * a * (a * b - 1))) == 0


@pytest.mark.parametrize(
    "loss, parameters",
    [(TOY, [w]), ((a * b - 1) ** 2 / 2, [a, b]), (sympy.log(1 + sympy.exp(-a * b)) + a**4, [a, b])],
)
def test_modified_gradient_is_g_plus_half_eta_H_g(loss, parameters):
    constants = sorted(loss.free_symbols - set(parameters), key=str)
    flow = GradientFlow.from_loss(loss, parameters, constants=constants)
    g = sympy.Matrix([loss.diff(p) for p in parameters])
    expected = g + eta / 2 * sympy.hessian(loss, parameters) * g
    values = {w: 1.3, s: 2.1, N: 2.7, a: 0.7, b: -1.1, eta: 0.3}
    for got, wanted in zip(flow.modified(eta).gradient, expected, strict=True):
        assert float(got.subs(values)) == pytest.approx(float(wanted.subs(values)), rel=1e-12)
    assert flow.modified(eta).constants == (*constants, eta)
    assert flow.modified(eta / 2).constants == (*constants, eta)
    assert flow.modified(0.1).constants == tuple(constants)


def test_modified_flow_is_of_higher_order_than_the_flow():
    # one step of descent against the flow of L and of the modified loss, both in 30 digits
    flow = GradientFlow.from_loss((w**3 - 2) ** 2 / 18, w)

    def error(rate, loss_flow):
        slope = sympy.lambdify(w, loss_flow.rhs[w], "mpmath")
        end = mpmath.odefun(lambda _, v: slope(v), 0, mpmath.mpf("0.8"))(rate)
        step = sympy.lambdify(w, flow.descent_map(rate)[w], "mpmath")(mpmath.mpf("0.8"))
        return abs(end - step)

    with mpmath.workdps(30):
        rates = [sympy.Rational(1, 160), sympy.Rational(1, 320)]
        plain = [error(mpmath.mpf(1) * r.p / r.q, flow) for r in rates]
        better = [error(mpmath.mpf(1) * r.p / r.q, flow.modified(r)) for r in rates]
        assert mpmath.log(plain[0] / plain[1], 2) == pytest.approx(2, abs=0.15)
        assert mpmath.log(better[0] / better[1], 2) == pytest.approx(3, abs=0.15)


def test_subs_before_deriving_makes_powers_literal():
    flow = GradientFlow.from_loss(TOY, w, constants=[s, N]).subs({N: 3})
    assert flow.constants == (s,)
    assert flow.gradient[0].atoms(sympy.Pow) == {w**2, w**3}
    with pytest.raises(ValueError, match="values: got the parameter or data symbol w; allowed: constants"):
        flow.subs({w: 1})


@given(st.floats(0.1, 5), st.floats(1, 9), st.floats(0.1, 5))
@settings(max_examples=30, deadline=None)
def test_tidy_keeps_the_value(weight, depth, target):
    expression = w**N * (w**N - s) / (N * w) * (w ** (1 / N)) ** N / (w**2 * s)
    at = {w: weight, N: depth, s: target}
    assert float(tidy(expression).subs(at)) == pytest.approx(float(expression.subs(at)), rel=1e-9)
    assert float(without_minus(-expression).subs(at)) == pytest.approx(-float(expression.subs(at)), rel=1e-9)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: GradientFlow.from_loss("w +", w), r"loss: got 'w \+' \(str\); allowed: a SymPy expression"),
        (lambda: GradientFlow.from_loss("w**2", w), r"loss: got 'w\*\*2' \(str\); allowed: a SymPy expression"),
        (
            lambda: GradientFlow.from_loss(s * w + x * b, w),
            "loss: got b, s, x, declared nowhere; allowed: the parameters",
        ),
        (lambda: GradientFlow.from_loss(w > 1, w), "loss: got w > 1; allowed: a SymPy expression"),
        (lambda: GradientFlow.from_loss(sympy.Matrix([w]), w), r"loss: got .*; allowed: a SymPy expression"),
        (lambda: GradientFlow.from_loss(w**2, []), "parameters: got none; allowed: at least one symbol"),
        (lambda: GradientFlow.from_loss(w**2, ["w"]), "parameters: got 'w'; allowed: SymPy symbols"),
        (lambda: GradientFlow.from_loss(w**2, 3), "parameters: got 3; allowed: SymPy symbols"),
        (
            lambda: GradientFlow.from_loss(w**2, [w, w]),
            "parameters: got w a second time; allowed: each symbol",
        ),
        (lambda: GradientFlow.from_loss(w**2, w, constants=w), "constants: got w a second time"),
        (lambda: GradientFlow.from_loss(w**2, sympy.Symbol("w")), "loss: got a symbol w whose assumptions"),
        (lambda: GradientFlow.from_loss(w**2, w).kernel("jump"), "name: got 'jump'; allowed: loss, gradient"),
        (lambda: GradientFlow.from_loss(x * w**2, w, data=x).modified(eta), "data: got a loss averaged over"),
        (
            lambda: GradientFlow.from_loss(s * w, w, constants=s).sharpness_at({"w": 1}),
            "values: got none for s; allowed: one",
        ),
        (
            lambda: GradientFlow.from_loss(x * w, w, data=x).sharpness_at({w: 1}),
            "data: got none; allowed: an arr",
        ),
        (lambda: GradientFlow.from_loss(s * w, w, constants=s).system(1.0), r"constants: got 0; .* \(s\)"),
        (lambda: GradientFlow.from_loss(w, w).system(1.0, constants=[1.0]), r"constants: got 1; .* \(none\)"),
        (
            lambda: GradientFlow.from_loss(w, w).system([1.0, 2.0]),
            r"start: got shape \(2,\); allowed: a finite num",
        ),
        (
            lambda: GradientFlow.from_loss(w, w).system(1, induced=GradientFlow.from_loss(w**2, w).induced(p=w)),
            "induced: got the induced values of another flow; allowed: those of this one",
        ),
        (lambda: GradientFlow.from_loss(w, w).system(np.inf), "start: got inf; allowed: a finite number"),
        (lambda: GradientFlow.from_loss(w, w).system(1.0, data=[[1.0]]), "data: got examples; allowed: none"),
        (
            lambda: GradientFlow.from_loss(w * x, w, data=x).system(1.0),
            "data: got none; allowed: an array of 1 c",
        ),
        (
            lambda: GradientFlow.from_loss(w * x, w, data=x).system(1.0, data=[1.0, 2.0]),
            r"data: got shape \(2,\); allowed: finite numbers, of shape \(m, 1\)",
        ),
        (lambda: GradientFlow.from_loss(w, w).system(1.0, modes=0), "modes: got 0; allowed: an integer >= 1"),
        (
            lambda: GradientFlow.from_loss(a * b, [a, b]).system(1.0, modes=2),
            "modes: got a loss of 2 parameters",
        ),
        (
            lambda: GradientFlow.from_loss(w * x, w, data=x).kernel("loss", separable=True),
            "modes: got a loss with",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "loss, message",
    [
        (sympy.zeta(w), r"zeta\(w\) has no kernel; allowed: arithmetic"),
        (sympy.Integral(s, (s, 0, w)), "has no kernel; allowed: arithmetic"),
        (sympy.I * w, "I has no kernel"),
    ],
)
def test_what_cannot_be_compiled_is_named(loss, message):
    with pytest.raises(CannotCompile, match=message):
        GradientFlow.from_loss(loss, w).kernel("loss")


def test_a_symbol_that_came_in_later_cannot_be_compiled():
    flow = GradientFlow.from_loss(N * w, w, constants=N).subs({N: s})
    with pytest.raises(CannotCompile, match=r"s has no value in s\*w; allowed: parameters, and symbols declared"):
        flow.kernel("loss")
