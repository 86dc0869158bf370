"""Where induced dynamics close by roots and signs, where they cannot, and where neither is known."""

import itertools

import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.symbolic import DoesNotClose, GradientFlow
from flowlab.symbolic.inducing import induced
from flowlab.symbolic.inducing.algebraic import closed_form
from flowlab.symbolic.inducing.relations import Span, Work, common_ring
from flowlab.symbolic.inducing.signs import definite_sign
from flowlab.symbolic.inducing.witness import find_witness
from flowlab.symbolic.limits import BudgetSpent
from flowlab.symbolic.sampling import agree

x, y, g = sympy.symbols("x y g", real=True)
a, b, w, v, lam, eta = sympy.symbols("a b w v lam eta", positive=True)
u, z = sympy.symbols("u z")
w1, w2, v1, v2 = sympy.symbols("w1 w2 v1 v2", real=True)


def flow_of(loss, parameters):
    return GradientFlow.from_loss(loss, parameters, constants=sorted(loss.free_symbols - set(parameters), key=str))


def only(expressions):
    (expression,) = expressions.values()
    return expression


def check(got, direct, values, points):
    """Compare a closed form with the chain rule, in 30 digits, at points of the parameters."""
    for point in points:
        at = {symbol: sympy.Rational(str(number)) for symbol, number in point.items()}
        levels = {symbol: value.subs(at) for symbol, value in values.items()}
        expected, found = sympy.N(direct.subs(at), 30), sympy.N(got.subs(levels).subs(at), 30)
        assert abs(found - expected) < sympy.Float("1e-22") * (1 + abs(expected))


@pytest.mark.parametrize(
    "loss, values, expected",
    [
        ((x**4 - g) ** 2 / 2, {"s": x**4}, {"s": "16*s**(3/2)*(g - s)"}),
        ((x**3 - g) ** 2 / 2, {"s": x**3}, {"s": "9*Abs(s)**(4/3)*(g - s)"}),
        ((x**6 - g) ** 2 / 2, {"s": x**4}, {"s": "24*s**2*(g - s**(3/2))"}),
        (((x - 1) ** 2 - g) ** 2 / 2, {"s": (x - 1) ** 2}, {"s": "4*s*(g - s)"}),
        ((x**2 + x - g) ** 2 / 2, {"s": x**2 + x}, {"s": "(4*s + 1)*(g - s)"}),
        (
            (a**2 - b**2 - g) ** 2 / 2,
            {"s": a**2 - b**2, "p": a * b},
            {"s": "4*(g - s)*sqrt(s**2 + 4*p**2)", "p": "0"},
        ),
        (
            (x**2 - y**2 - g) ** 2 / 2,
            {"s": x**2 - y**2, "p": x * y},
            {"s": "4*(g - s)*sqrt(s**2 + 4*p**2)", "p": "0"},
        ),
        *(
            ((p * q - g) ** 2 / 2, {"s": p * q, "d": p**2 - q**2}, {"s": "(g - s)*sqrt(d**2 + 4*s**2)", "d": "0"})
            for p, q in ((w, v), (x, y), (u, z))  # positive, real, and not declared
        ),
        (
            (x * y - g) ** 2 / 2 + lam * (x**2 + y**2) / 2,
            {"s": x * y, "d": x**2 - y**2},
            {"s": "(g - s)*sqrt(d**2 + 4*s**2) - 2*lam*s", "d": "-2*lam*d"},
        ),
        (
            sympy.log(1 + sympy.exp(-x * y)),
            {"s": x * y, "d": x**2 - y**2},
            {"s": "sqrt(d**2 + 4*s**2)/(1 + exp(s))", "d": "0"},
        ),
        (
            (3 * x * y - g) ** 2 / 2,
            {"s": 3 * x * y, "d": 2 * x**2 - 2 * y**2},
            {"s": "3*(g - s)*sqrt(9*d**2 + 16*s**2)/2", "d": "0"},
        ),
        ((a * b - g) ** 2 / 2, {"s": a + b, "t": a**3 + b**3}, {"s": "s*(g - (s**3 - t)/(3*s))"}),
        (
            (w1 * v1 + w2 * v2 - g) ** 2 / 2,
            {"s": w1 * v1 + w2 * v2, "n": w1**2 + w2**2 + v1**2 + v2**2},
            {"s": "n*(g - s)", "n": "4*s*(g - s)"},
        ),
    ],
)
def test_it_closes_as_known(loss, values, expected):
    parameters = sorted(set().union(*(value.free_symbols for value in values.values())), key=str)
    flow = flow_of(loss, parameters)
    dynamics = flow.induced(**values)
    names = {symbol.name: symbol for symbol in dynamics.values} | {"g": g, "lam": lam}
    for symbol, got in dynamics.rhs.items():
        assert not got.free_symbols & set(parameters)
        if symbol.name in expected:
            assert sympy.simplify(got - sympy.sympify(expected[symbol.name], locals=names)) == 0
        direct = -sum(dynamics.values[symbol].diff(p) * loss.diff(p) for p in parameters)
        draws = ((0.7, 1.9), (1.3, 0.4), (0.2, 0.3))
        signs = [(1, -1) if p.is_positive is None else (1,) for p in parameters]
        points = [
            dict(zip(parameters, (s * n for s, n in zip(sign, itertools.cycle(draw), strict=False)), strict=True))
            | {g: 1.1, lam: 0.3}
            for draw in draws
            for sign in itertools.product(*signs)
        ]
        check(got, direct, dynamics.values, points)


@given(
    power=st.integers(1, 7),
    outer=st.integers(1, 7),
    positive=st.booleans(),
    negative=st.booleans(),
    at=st.fractions(-3, 3, max_denominator=50).filter(bool),
    goal=st.fractions(-3, 3, max_denominator=9),
)
@example(power=4, outer=4, positive=False, negative=False, at=1.5, goal=1)
@example(power=3, outer=3, positive=False, negative=False, at=-1.5, goal=1)
@settings(max_examples=60, deadline=None)
def test_monomials_close_exactly_where_the_sign_does_not_matter(power, outer, positive, negative, at, goal):
    # loss (x^m − g)²/2 and s = ±x^k: the velocity is k m x^(k+m−2) (g − x^m), and s tells x up to sign for even k
    sign = -1 if negative else 1
    at = abs(at) if positive else at
    q = sympy.Symbol("q", positive=True) if positive else sympy.Symbol("q", real=True)
    value = sign * q**power
    dynamics = flow_of((q**outer - sympy.Rational(goal)) ** 2 / 2, [q]).induced(s=value)
    terms = [power + 2 * outer - 2] + [power + outer - 2] * (goal != 0)
    if positive or power % 2 or all(term % 2 == 0 for term in terms):
        direct = -value.diff(q) * outer * q ** (outer - 1) * (q**outer - sympy.Rational(goal))
        check(only(dynamics.rhs), direct, dynamics.values, [{q: at}])
    else:
        with pytest.raises(DoesNotClose, match=r"do not close: .* at q = .* and at q = ") as error:
            _ = dynamics.rhs
        assert error.value.witness.exact


@given(
    st.lists(st.integers(-3, 3), min_size=5, max_size=5),
    st.integers(1, 3),
    st.integers(1, 3),
    st.tuples(st.fractions(-2, 2, max_denominator=20), st.fractions(-2, 2, max_denominator=20)),
)
@settings(max_examples=25, deadline=None)
def test_losses_of_two_layers_close_in_product_and_balance(coefficients, first, second, at):
    # L = F(xy): (xy)' = −F' (x² + y²), and x² − y² is conserved, whatever F is
    s = x * y
    loss = sum(c * s**k for k, c in enumerate(coefficients, 1))
    dynamics = flow_of(loss + s**6, [x, y]).induced(p=first * s, d=second * (x**2 - y**2))
    (p, d) = dynamics.values
    assert dynamics.rhs[d] == 0
    direct = -sum((loss + s**6).diff(q) * (first * s).diff(q) for q in (x, y))
    check(dynamics.rhs[p], direct, dynamics.values, [dict(zip((x, y), at, strict=True))])


@pytest.mark.parametrize("parameters", [(x, y), (w, v), (u, z)])
def test_descent_of_two_layers_closes_too(parameters):
    p, q = parameters
    flow = flow_of((p * q - 2) ** 2 / 2, parameters)
    dynamics = flow.induced(s=p * q, d=p**2 - q**2)
    step, after = dynamics.descent_map(eta), flow.descent_map(eta)
    for symbol, value in dynamics.values.items():
        points = [{p: 1.4, q: 0.3, eta: 0.1}, {p: 0.2, q: 1.7, eta: 0.3}]
        check(step[symbol], value.xreplace(after), dynamics.values, points)


def test_kernels_evaluate_roots_and_signs():
    none = np.zeros((0, 0)), np.zeros(0, dtype=np.int64)
    slope = flow_of((x**3 - g) ** 2 / 2, [x]).induced(s=x**3).kernel("flow", separable=True)
    levels, out = np.array([-8.0, 0.0, 8.0]), np.empty(3)
    slope(levels, np.ones(3), *none, out)
    np.testing.assert_allclose(out, 9 * np.array([16.0, 0, 16]) * (1 - levels), rtol=1e-14)
    slope = flow_of((x * y - g) ** 2 / 2, [x, y]).induced(s=x * y, d=x**2 - y**2).kernel("flow")
    out = np.empty(2)
    slope(np.array([2.0, 3.0]), np.ones(1), *none, out)
    np.testing.assert_allclose(out, [-5.0, 0.0], rtol=1e-14)


REFUSED = [
    ((x - g) ** 2 / 2, [x], {"s": x**2}, True),
    ((x * y - g) ** 2 / 2, [x, y], {"s": x * y}, True),
    ((w * v - g) ** 2 / 2, [w, v], {"s": w * v}, True),
    ((w1 * v1 + w2 * v2 - g) ** 2 / 2, [w1, w2, v1, v2], {"s": w1 * v1 + w2 * v2}, True),
    (
        (w1 * v1 + w2 * v2 - g) ** 2 / 2,
        [w1, w2, v1, v2],
        {"s": w1 * v1 + w2 * v2, "d": w1**2 - v1**2, "e": w2**2 - v2**2},
        True,
    ),
    ((x + sympy.exp(y) - g) ** 2 / 2, [x, y], {"s": x + sympy.exp(y)}, False),
    ((w + sympy.sqrt(2) * v**2 - g) ** 2 / 2, [w, v], {"s": w + sympy.sqrt(2) * v**2}, False),
]


@pytest.mark.parametrize("loss, parameters, values, exact", REFUSED)
def test_a_refusal_that_is_a_fact_has_a_witness(loss, parameters, values, exact):
    dynamics = flow_of(loss, parameters).induced(**values)
    with pytest.raises(DoesNotClose, match=r"^s: its induced dynamics do not close: ") as error:
        _ = dynamics.rhs
    witness = error.value.witness
    assert str(witness) in str(error.value)
    assert witness.exact is exact
    first, second = (point | witness.others for point in witness.points)
    for point in (first, second):
        assert set(point) == {*parameters, g}
        assert all(point[p] > 0 for p in parameters if p.is_positive)
    for value in values.values():
        gap = value.subs(first) - value.subs(second)
        assert gap == 0 if exact else abs(sympy.N(gap, 40)) < 1e-35
    speeds = [-sum(loss.diff(p) * values["s"].diff(p) for p in parameters).subs(at) for at in (first, second)]
    assert abs(sympy.N(speeds[0] - speeds[1])) > 1e-6
    assert [float(speed) for speed in speeds] == pytest.approx([float(speed) for speed in witness.velocities])


@pytest.mark.parametrize(
    "loss, values",
    [((x**5 + x - g) ** 2 / 2, {"s": x**5 + x}), ((x + sympy.tanh(x)) ** 2 / 2, {"s": x + sympy.tanh(x)})],
)
def test_what_closes_without_a_formula_is_not_said_not_to_close(loss, values):
    # s is monotone in x, so that it has dynamics of its own
    with pytest.raises(DoesNotClose, match=r"^s: no closed form found for its induced dynamics: .*; tried ") as error:
        _ = flow_of(loss, [x]).induced(**values).rhs
    assert error.value.witness is None
    assert "do not close" not in str(error.value)


def test_a_search_that_is_too_large_says_so(monkeypatch):
    monkeypatch.setattr(induced, "_MOST_TERMS", 3)
    dynamics = flow_of((x * y - g) ** 2 / 2, [x, y]).induced(s=x * y, d=x**2 - y**2)
    with pytest.raises(DoesNotClose, match=r"s: no closed form found .* given up \(3 terms\)"):
        _ = dynamics.rhs


def test_every_step_of_the_search_is_counted():
    with pytest.raises(BudgetSpent):
        closed_form(x**2 + y**2, {u: x * y, z: x**2 - y**2}, [x, y], Work(0))
    span = Span(Work(0))
    span.add(u, common_ring([x], [x])[0])
    with pytest.raises(BudgetSpent):
        span.add(u, common_ring([x], [x])[0])


def test_polynomials_beyond_the_largest_size_are_given_up():
    many = sympy.symbols("m:30", real=True)
    values = {sympy.Symbol(f"s{i}"): m**2 for i, m in enumerate(many)}
    with pytest.raises(BudgetSpent, match=r"too many monomials"):
        closed_form(sympy.prod(many[:6]), values, many, Work())


@pytest.mark.parametrize(
    "expression, sign",
    [
        (x**2 + y**2, 1),
        (x**2 + x * y + y**2, 1),
        (x**2 + 2 * x * y + y**2, 1),
        (-(x**2) - 1, -1),
        (x**2 + 3 * x * y + y**2, None),
        (x * y, None),
        (a * b, 1),
        (a - b, None),
        (-a * (x**2 + 1), -1),
        (u**2 + z**2, 1),
        (x**2 - 2 * x, None),
        (y**2 * x**2 + 2 * x * y + 1, 1),
    ],
)
def test_signs_are_those_of_the_domain(expression, sign):
    assert definite_sign(expression, list(expression.free_symbols)) == sign


@given(st.tuples(*[st.integers(-3, 3)] * 6))
@settings(max_examples=100, deadline=None)
def test_a_sign_is_never_wrong(c):
    form = c[0] * x**2 + c[1] * x * y + c[2] * y**2 + c[3] * x + c[4] * y + c[5]
    sign = definite_sign(form, [x, y])
    grid = np.linspace(-7, 7, 29)
    numbers = np.array(sympy.lambdify([x, y], form)(*np.meshgrid(grid, grid)), dtype=float)
    if sign is not None:
        assert np.all(sign * numbers >= 0)


def test_a_wrong_branch_is_seen():
    s = sympy.Symbol("s", nonnegative=True)
    assert agree(x**6, s ** sympy.Rational(3, 2), {s: x**4}, [x])
    assert not agree(x**3, s ** sympy.Rational(3, 4), {s: x**4}, [x])
    assert not agree(x**6, -(s ** sympy.Rational(3, 2)), {s: x**4}, [x])
    assert not agree(x**6, x**2 * s, {s: x**4}, [x])


def test_no_witness_where_there_is_none():
    assert find_witness(x**6, {u: x**4}, [x]) is None
    assert find_witness(x**2 + y**2, {u: x * y, z: x**2 - y**2}, [x, y]) is None
    assert find_witness(a, {u: a**2}, [a]) is None
    assert find_witness(x, {u: x**2}, [x]) is not None


def test_a_derivative_that_is_zero_is_not_told_from_zero_by_rounding():
    # what three layers conserve, entry by entry: the terms cancel only once they are multiplied out
    layers = [sympy.Matrix(2, 2, sympy.symbols(f"{name}:4", real=True)) for name in "klm"]
    residual = layers[0] * layers[1] * layers[2] - sympy.Matrix([[2, 1], [0, 1]])
    flow = GradientFlow.from_loss(sum(r**2 for r in residual) / 2, [w for layer in layers for w in layer])
    kept = layers[0].T * layers[0] - layers[1] * layers[1].T
    dynamics = flow.induced(p=kept[0], q=kept[1], r=kept[3])
    assert list(dynamics.rhs.values()) == [0, 0, 0]
    velocity = -sum(g * kept[0].diff(w) for w, g in zip(flow.parameters, flow.gradient, strict=True))
    assert find_witness(velocity, dynamics.values, flow.parameters) is None


def test_floats_close_as_the_fractions_that_they_print_as():
    flow = flow_of((0.3 * x * y - g) ** 2 / 2, [x, y])
    dynamics = flow.induced(s=0.1 * x * y, d=x**2 - y**2)
    for got, after in ((dynamics.rhs, None), (dynamics.descent_map(0.2), flow.descent_map(0.2))):
        for symbol, value in dynamics.values.items():
            direct = value.xreplace(after) if after else sum(value.diff(p) * flow.rhs[p] for p in (x, y))
            at = {x: 0.7, y: -1.3, g: 0.4}
            levels = {name: level.subs(at) for name, level in dynamics.values.items()}
            assert float(got[symbol].subs(levels).subs(at)) == pytest.approx(float(direct.subs(at)), rel=1e-12)


def test_functions_without_numbers_are_not_asked_for_any():
    dynamics = flow_of(sympy.zeta(a) ** 2, [a]).induced(s=sympy.zeta(a))
    with pytest.raises(DoesNotClose, match="no closed form found"):
        _ = dynamics.rhs


def test_the_system_does_without_a_hessian():
    flow = flow_of((x * y - g) ** 2 / 2, [x, y])
    assert flow.system([1.0, 2.0], constants=[1.0], hessian=False).hessian is None
    assert flow.system([1.0, 2.0], constants=[1.0]).hessian is not None
