"""Stationary points: substituted, classified, complete where it is said so."""

import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.symbolic import GradientFlow
from flowlab.symbolic.solving._equations import solve_polynomials

a, b, c, w = sympy.symbols("a b c w")
v, s = sympy.symbols("v s", positive=True)
R = sympy.Rational


def found_of(loss, **options):
    loss = sympy.sympify(loss)
    parameters = [x for x in (a, b, c, w, v) if x in loss.free_symbols]
    return GradientFlow.from_loss(loss, parameters, constants=[s] if s in loss.free_symbols else []).stationary_points(
        **options
    )


ROWS = [
    # (loss, {point: kind}) with the point as a tuple in the order of the parameters, by hand
    ((w**2 - 1) ** 2 / 4, {(-1,): "minimum", (0,): "maximum", (1,): "minimum"}),
    (w**4, {(0,): "degenerate"}),
    (w**3, {(0,): "degenerate"}),
    (-(w**2), {(0,): "maximum"}),
    ((w - 1) ** 2 * (w**2 + 1), {(1,): "minimum"}),
    (w**3 / 3 - w, {(-1,): "maximum", (1,): "minimum"}),
    (w**3 + w, {}),
    ((v**3 - 8) ** 2 / 18, {(0,): "degenerate", (2,): "minimum"}),
    (v**2, {(0,): "minimum"}),  # at the edge of its domain
    (v**2 + v, {}),
    (sympy.cosh(w), {(0,): "minimum"}),
    (sympy.log(1 + sympy.exp(-w)), {}),
    (a**2 - b**2, {(0, 0): "saddle"}),
    (a**2 + b**4, {(0, 0): "degenerate"}),
    (a**4 + b**4 - a * b, {(-R(1, 2), -R(1, 2)): "minimum", (0, 0): "saddle", (R(1, 2), R(1, 2)): "minimum"}),
    ((a * b - 1) ** 2 / 2 + (a**2 + b**2) / 2, {(0, 0): "degenerate"}),
    ((a - 1) ** 2 + (b - 2 * c) ** 2 + c**2, {(1, 0, 0): "minimum"}),
]


@pytest.mark.parametrize("loss, points", ROWS)
def test_isolated_points(loss, points):
    found = found_of(loss)
    assert found.complete
    assert {tuple(p.values.values()): p.kind for p in found} == points
    assert len(found) == len(points)
    for point in found:
        assert sympy.simplify(sympy.sympify(loss).subs(point.values) - point.loss) == 0


FAMILIES = [
    ((a * b - 1) ** 2 / 2, {0: 1, 1: 1}, lambda x, y: x * y - 1),
    ((a + b - 1) ** 2, {1: 1}, lambda x, y: x + y - 1),
    ((a**2 + b**2 - 1) ** 2 / 4, {0: 1, 1: 2}, lambda x, y: x**2 + y**2 - 1),
    ((a * b - 1) ** 2 * a**2, {1: 2}, lambda x, y: x * (x * y - 1)),
]


@pytest.mark.parametrize("loss, sizes, relation", FAMILIES)
def test_families(loss, sizes, relation):
    found = found_of(loss)
    assert found.complete
    counted = [len(point.free) for point in found]
    assert {k: counted.count(k) for k in set(counted)} == sizes
    for point in found:
        put = {w: R(1, 3) for w in point.free}
        at = {w: value.subs(put) for w, value in point.values.items()}
        assert all(sympy.simplify(sympy.diff(loss, w).subs(at)) == 0 for w in (a, b))
        if point.free:
            assert sympy.simplify(relation(at[a], at[b])) == 0
            assert point.kind == "degenerate"


def test_the_product_of_three():
    found = found_of((a * b * c - 1) ** 2 / 2)
    assert found.complete
    assert sorted(len(point.free) for point in found) == [1, 1, 1, 2]  # three axes, one surface


def test_an_axis_is_not_lost_where_a_coefficient_is_zero():
    # a b + c = 0 has the points with b = c = 0 and any a, which c = -a b includes and a = -c/b would not
    found = found_of((a * b + c) ** 2)
    assert found.complete
    assert [point.free for point in found] == [(a, b)]
    solutions, missing = solve_polynomials([a * b * (a + b) + b], [a, b])
    assert not missing
    assert {b: 0} in solutions


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=7))
@settings(max_examples=12, deadline=None)
@example([0, 0, 1, 0, -2, 0, 1])  # double roots
@example([0, 0])
@example([1, 0])
@example([0, 1, 0, 0, 0, -1, 1])  # not in radicals
def test_all_real_roots_of_polynomials(coefficients):
    loss = sum(k * w**i for i, k in enumerate(coefficients))
    found = GradientFlow.from_loss(loss, w).stationary_points()
    assert found.complete
    slope = sympy.Poly(sympy.diff(loss, w), w)
    if slope.is_zero:
        assert found[0].free == (w,)
    else:
        assert len(found) == (slope.count_roots() if slope.degree() > 0 else 0)
        for point in found:
            assert abs(sympy.N(slope.eval(sympy.N(point.values[w], 50)))) < 1e-40
            (curvature,) = point.eigenvalues
            assert point.kind == ("minimum" if curvature > 0 else "maximum" if curvature < 0 else "degenerate")


@given(st.lists(st.integers(-2, 2), min_size=6, max_size=6), st.integers(0, 2))
@settings(max_examples=10, deadline=None)
@example([1, 2, 2, 4, 1, 2], 0)
@example([0, 0, 0, 0, 0, 0], 0)
def test_quadratic_losses(entries, ridge):
    matrix = np.array(entries).reshape(3, 2)
    x = sympy.Matrix([a, b])
    residual = sympy.Matrix(entries).reshape(3, 2) * x - sympy.Matrix([1, 2, -1])
    loss = (residual.T * residual)[0] / 2 + R(ridge, 2) * (x.T * x)[0]
    found = GradientFlow.from_loss(loss, [a, b]).stationary_points()
    hessian = matrix.T @ matrix + ridge * np.eye(2)
    assert found.complete
    assert len(found) == 1
    assert len(found[0].free) == 2 - np.linalg.matrix_rank(hessian)
    assert found[0].eigenvalues == pytest.approx(np.linalg.eigvalsh(hessian), abs=1e-12)
    assert found[0].kind == ("degenerate" if found[0].free else "minimum")


def test_solutions_that_are_not_in_radicals_are_missed_aloud():
    loss = a**6 / 6 - a**2 / 2 - a * b + b**2 * a**2 / 2 + b**5 / 5
    found = found_of(loss)
    assert not found.complete
    assert "incomplete" in found.message


@pytest.mark.parametrize(
    "loss, reason",
    [
        (sympy.cos(w), "not polynomial"),
        (sympy.exp(a * b) + (a - b) ** 4, "not solved|not polynomial"),
        ((w**2 - s) ** 2, "constants were taken to be generic"),
    ],
)
def test_what_may_be_incomplete_says_so(loss, reason):
    found = found_of(loss)
    assert not found.complete
    assert found.message.startswith("The list may be incomplete: ")
    assert any(word in found.message for word in reason.split("|"))


def test_constants_may_stay_or_be_given():
    found = found_of((w**2 - s) ** 2 / 8)
    assert {p.values[w]: p.kind for p in found} == {0: "maximum", -sympy.sqrt(s): "minimum", sympy.sqrt(s): "minimum"}
    numbers = found_of((w**2 - s) ** 2 / 8, constants=[4])
    assert numbers.complete
    assert [p.values[w] for p in numbers] == [-2, 0, 2]
    assert found_of((a * b - s) ** 2 / 2)[0].kind == "saddle"


def test_data_are_averaged_over():
    x, y = sympy.symbols("x y")
    rows = [[1.0, 2.0], [2.0, 3.5]]
    (point,) = GradientFlow.from_loss((w * x - y) ** 2 / 2, w, data=[x, y]).stationary_points(data=rows)
    assert point.values[w] == R(9, 5)


def test_nothing_hangs():
    x = sympy.symbols("x1:9")
    loss = sum((x[i] ** 3 * x[(i + 1) % 8] - x[(i + 3) % 8] ** 2 - 1) ** 2 for i in range(8))
    found = GradientFlow.from_loss(loss, x).stationary_points(budget=0.5)
    assert not found.complete
    assert "0.5 s of processor time were not enough" in found.message


def test_arguments_that_are_refused():
    with pytest.raises(ValueError, match=r"^budget: got -1; allowed: a finite number > 0"):
        found_of(w**2, budget=-1)
    with pytest.raises(ValueError, match=r"^constants: got 1; allowed"):
        found_of(w**2, constants=[1])


def test_kinks_are_no_stationary_points_but_are_told_of():
    x = sympy.Symbol("x", real=True)
    for loss, wanted in [
        (abs(x), []),
        (abs(x) + x**2, []),
        (x * abs(x), [0]),
        (abs(x**2 - 1), [0]),
        ((abs(x) - 1) ** 2, [-1, 1]),
    ]:
        found = GradientFlow.from_loss(loss, x).stationary_points()
        assert [point.values[x] for point in found] == wanted
        assert not found.complete
        assert "kinks" in found.message


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        ((a**2 + b**2) ** 2, [{a: 0, b: 0}]),
        ((a**2 + (b - c) ** 2) ** 2, [{a: 0, b: c, c: c}]),
        ((a**2 + (b**2 + c**2) ** 2) ** 2, [{a: 0, b: 0, c: 0}]),
    ],
)
def test_of_a_complex_family_the_real_members_are_listed(loss, wanted):
    found = found_of(loss)
    assert [point.values for point in found] == wanted
    assert found.complete


def test_a_family_that_is_seen_to_be_real_nowhere_is_not_listed():
    found = found_of((a**2 + b**2 + c**2) ** 2)
    assert [point.values for point in found] == [{a: 0, b: 0, c: 0}]
    assert not found.complete
    assert "it is not known whether it is real" in found.message
    (_, low, high) = found_of((a**2 + b**2 - 1) ** 2)
    assert low.free == high.free == (b,)


def test_a_point_outside_the_domain_is_none():
    x = sympy.Symbol("x", real=True)
    assert len(GradientFlow.from_loss(sympy.sqrt(x**2 + x), x).stationary_points()) == 0


def test_the_loss_at_a_root_without_radicals_is_zero_where_it_is():
    for loss, kinds in [((w**5 - w - R(1, 8)) ** 2, 3), ((w**5 - w - R(1, 8)) ** 2 / (1 + w**2), 3)]:
        points = [point for point in found_of(loss) if point.kind == "minimum"]
        assert len(points) == kinds
        assert all(point.loss == 0 for point in points)
    (point,) = found_of((w**5 - w - R(1, 8)) ** 2 + w**4)
    at = sympy.N(point.values[w], 50)
    assert abs(sympy.N(point.loss, 40) - ((at**5 - at - R(1, 8)) ** 2 + at**4)) < 1e-35
