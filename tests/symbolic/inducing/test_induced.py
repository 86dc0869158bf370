"""Induced dynamics: they come out as printed where they close, and are refused where they do not."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.symbolic import DoesNotClose, GradientFlow

w, v, s, N, eta = sympy.symbols("w v s N eta", positive=True)
a, b = sympy.symbols("a b", real=True)
sigma = sympy.Symbol("sigma", positive=True)
TOY = GradientFlow.from_loss((w**N - s) ** 2 / (2 * N**2), w, constants=[s, N])


def test_toy_dynamics_at_symbolic_depth():
    # Gissin et al. 2020, eq. 4
    rhs = TOY.induced(sigma=w**N).rhs
    assert list(rhs) == [sigma]
    assert sympy.simplify(rhs[sigma] - sigma ** (2 - 2 / N) * (s - sigma)) == 0
    assert sympy.simplify(sympy.limit(rhs[sigma], N, sympy.oo) - sigma**2 * (s - sigma)) == 0


def test_toy_descent_at_symbolic_depth():
    # Gissin et al. 2020, eq. 9, in the paper's own form
    step = TOY.induced(sigma=w**N).descent_map(eta)[sigma]
    growth = 1 + eta / N * sigma ** (1 - 2 / N) * (s - sigma)
    assert sympy.simplify(step - sigma * growth**N) == 0


@given(depth=st.integers(1, 9), weight=st.floats(0.1, 2), target=st.floats(0.1, 9), rate=st.floats(0.001, 0.5))
@settings(max_examples=40, deadline=None)
def test_toy_descent_is_the_step_of_the_weights(depth, weight, target, rate):
    at = {w: weight, s: target, N: depth, eta: rate, sigma: weight**depth}
    step = TOY.induced(sigma=w**N).descent_map(eta)[sigma].subs(at)
    direct = TOY.descent_map(eta)[w].subs(at) ** depth
    assert float(step) == pytest.approx(float(direct), rel=1e-9, abs=1e-12)


def test_several_modes_close_one_by_one():
    w1, w2, s1, s2 = sympy.symbols("w1 w2 s1 s2", positive=True)
    flow = GradientFlow.from_loss(((w1**N - s1) ** 2 + (w2**N - s2) ** 2) / (2 * N**2), [w1, w2], constants=[s1, s2, N])
    rhs = flow.induced(p=w1**N, q=w2**N).rhs
    for (symbol, got), target in zip(rhs.items(), (s1, s2), strict=True):
        assert sympy.simplify(got - symbol ** (2 - 2 / N) * (target - symbol)) == 0


@pytest.mark.parametrize(
    "loss, values",
    [
        # (loss, induced values); every row closes by another route
        ((w**2 - s) ** 2 / 8, {"p": 3 * w**2}),
        ((w - s) ** 2 / 2, {"p": 2 * w - 5}),
        ((w - s) ** 2 / 2, {"p": 1 / w}),
        ((w**2 - s) ** 2 / 8, {"p": sympy.exp(3 * w)}),
        ((w**2 - s) ** 2 / 8, {"p": sympy.log(w)}),
        ((w**2 - s) ** 2 / 8, {"p": 2**w}),
        ((w * v - s) ** 2 / 2, {"q": w * v, "p": w**2}),
        ((a**2 - s) ** 2 / 8, {"p": a**2}),
        ((a * b - s) ** 2 / 2, {"p": a * b, "q": a**2 + b**2}),
        ((a * b - s) ** 2 / 2, {"p": a * b, "q": a**2 + b**2, "d": a**2 - b**2}),
        ((a * b - s) ** 2 / 2, {"d": a**2 - b**2}),
        ((a + b - s) ** 2 / 2, {"p": a + b}),
        (sympy.cosh(a + b), {"p": a + b}),
    ],
)
def test_closed_dynamics_are_the_chain_rule(loss, values):
    parameters = sorted(loss.free_symbols - {s}, key=str)
    flow = GradientFlow.from_loss(loss, parameters, constants=sorted(loss.free_symbols - set(parameters), key=str))
    induced = flow.induced(**values)
    at = {w: 1.37, v: 0.61, s: 2.3, a: 0.83, b: -1.21}
    numbers = {symbol: float(value.subs(at)) for symbol, value in induced.values.items()} | {s: at[s]}
    for symbol, value in induced.values.items():
        assert not induced.rhs[symbol].free_symbols & set(parameters)
        direct = sum(-loss.diff(p) * value.diff(p) for p in parameters)
        assert float(induced.rhs[symbol].subs(numbers)) == pytest.approx(float(direct.subs(at)), rel=1e-12)


@given(st.lists(st.integers(-3, 3), min_size=6, max_size=6), st.floats(-2, 2), st.floats(-2, 2))
@settings(max_examples=25, deadline=None)
def test_drawn_functions_of_the_induced_values_close(coefficients, at_a, at_b):
    # a loss in p = ab and q = a² + b² always has dynamics in p, q and nothing else
    p, q = a * b, a**2 + b**2
    loss = sum(c * m for c, m in zip(coefficients, (p, q, p**2, p * q, q**2, p**3), strict=True)) + p**2
    loss = sympy.expand(loss)
    induced = GradientFlow.from_loss(loss, [a, b]).induced(p=p, q=q)
    numbers = dict(zip(induced.values, (at_a * at_b, at_a**2 + at_b**2), strict=True))
    for symbol, value in induced.values.items():
        direct = sum(-loss.diff(u) * value.diff(u) for u in (a, b)).subs({a: at_a, b: at_b})
        assert float(induced.rhs[symbol].subs(numbers)) == pytest.approx(float(direct), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "values, name",
    [({"p": a * b}, "p"), ({"p": a}, "p"), ({"p": a + b}, "p")],
)
def test_what_does_not_close_is_refused(values, name):
    induced = GradientFlow.from_loss((a * b - s) ** 2 / 2, [a, b], constants=s).induced(**values)
    with pytest.raises(DoesNotClose, match=f"^{name}: its induced dynamics do not close: .* still contains .*a") as e:
        _ = induced.rhs
    assert e.value.name == name
    assert set(e.value.parameters) <= {a, b}
    assert e.value.expression.free_symbols >= set(e.value.parameters)


def test_descent_that_does_not_close_is_refused():
    # the flow of the balancedness closes, a finite step does not
    induced = GradientFlow.from_loss((a * b - s) ** 2 / 2, [a, b], constants=s).induced(d=a**2 - b**2)
    assert list(induced.rhs.values()) == [0]
    with pytest.raises(DoesNotClose, match="d: its induced"):
        induced.descent_map(eta)


def test_sign_is_not_guessed():
    # w = -sqrt(p) as well: without positivity there is no inverse
    induced = GradientFlow.from_loss((a - s) ** 2 / 2, a, constants=s).induced(p=a**2)
    with pytest.raises(DoesNotClose, match="still contains a"):
        _ = induced.rhs


def test_dynamics_with_data_are_per_example():
    x = sympy.Symbol("x", real=True)
    induced = GradientFlow.from_loss((w**2 * x - s) ** 2 / 8, w, constants=s, data=x).induced(sigma=w**2)
    assert sympy.expand(induced.rhs[sigma] - sigma * x * (s - sigma * x)) == 0
    with pytest.raises(ValueError, match="data: got a loss averaged over examples; allowed: a loss without data"):
        induced.descent_map(eta)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: TOY.induced(), "induced: got no value; allowed: at least one function of the parameters"),
        (
            lambda: TOY.induced(s=w**2),
            "induced: got the name s, which the loss uses already; allowed: another",
        ),
        (lambda: TOY.induced(p=s**2), r"induced: got p = s\*\*2; allowed: functions of the parameters"),
        (lambda: TOY.induced({w + 1: w**2}), r"induced: got the key w \+ 1; allowed: symbols"),
        (lambda: TOY.induced(p=w).kernel("jump"), "name: got 'jump'; allowed: values, flow, descent"),
        (
            lambda: TOY.induced(p=w, q=w**2).kernel("values", separable=True),
            "induced: got 2 values; allowed: one, replicated over the modes",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_kernels_agree_with_the_expressions():
    flow = GradientFlow.from_loss((w**3 - s) ** 2 / 18, w, constants=s)
    induced = flow.induced(sigma=w**3)
    values, slope, step = (induced.kernel(name, separable=True) for name in ("values", "flow", "descent"))
    weights, targets = np.array([0.5, 1.0, 1.7]), np.array([3.0, 2.0, 1.0])
    none = np.zeros((0, 0)), np.zeros(0, dtype=np.int64)
    got = np.empty(3)
    values(weights, targets, got)
    np.testing.assert_allclose(got, weights**3, rtol=1e-15)
    levels = got.copy()
    slope(levels, targets, *none, got)
    np.testing.assert_allclose(got, levels ** (4 / 3) * (targets - levels), rtol=1e-14)
    step(levels, 0.1, targets, *none, got)
    np.testing.assert_allclose(got, (weights - 0.1 / 3 * weights**2 * (levels - targets)) ** 3, rtol=1e-13)
