"""Stationary points where a loss ceases to be real or smooth: at the edge of its domain, and without a gradient."""

import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.symbolic import GradientFlow

a, b, w = sympy.symbols("a b w")
n = sympy.Symbol("n", nonnegative=True)
s = sympy.Symbol("s", positive=True)
R = sympy.Rational


def found_of(loss, *, constants=()):
    parameters = sorted(loss.free_symbols - set(constants), key=str)
    return GradientFlow.from_loss(loss, parameters, constants=constants).stationary_points()


@pytest.mark.parametrize(
    "loss, families",
    [
        (sympy.sqrt(a**2 + b**2), 0),  # continuous at (0, 0), with slope 1 along every line
        (sympy.sqrt(a**4 + b**2), 0),  # along a the slope is 0, along b it is 1
        (sympy.log(a**2 + b**2), 0),
        (sympy.log(a**2 + b**2) + a**2 + b**2, 0),
        (a**2 / (a**2 + b**2), 2),
        (sympy.atan(b / a), 0),
    ],
)
def test_a_loss_without_a_gradient_at_a_point(loss, families):
    found = found_of(loss)
    assert found.complete
    assert [len(point.free) for point in found] == [1] * families


def test_where_the_gradient_has_no_value_but_may_have_a_limit_is_told_of():
    found = found_of((a**2 + b**2) ** R(3, 4))
    assert not found.complete
    assert "not by substitution" in found.message


def test_a_point_at_the_edge_along_one_line_is_at_the_edge():
    (point,) = found_of(a ** R(3, 2) + b**2)
    assert (point.values, point.kind, point.edge) == ({a: 0, b: 0}, "undecided", True)


EDGES = [
    # (loss, {point: (kind, whether at the edge)}), by hand
    (w ** R(3, 2), {0: ("minimum", True)}),
    (w ** R(4, 3), {0: ("minimum", True)}),
    (n ** R(3, 2), {0: ("minimum", True)}),
    (n ** R(3, 2) - n, {R(4, 9): ("minimum", False)}),
    (w ** R(3, 2) - w**2, {0: ("minimum", True), R(9, 16): ("maximum", False)}),
    (w ** R(5, 2) - w ** R(3, 2), {0: ("maximum", True), R(3, 5): ("minimum", False)}),
    (w ** R(5, 2), {0: ("degenerate", True)}),
    (w**sympy.pi, {0: ("degenerate", True)}),
    ((1 - w**2) ** R(3, 2), {-1: ("minimum", True), 0: ("maximum", False), 1: ("minimum", True)}),
    ((w**2 + w**4) ** R(3, 4), {0: ("minimum", False)}),
    ((w**5 - w - 1) ** R(3, 2), {sympy.CRootOf(w**5 - w - 1, 0): ("undecided", True)}),
    (sympy.sqrt(w), {}),
    ((w - 1) ** R(2, 3), {}),
    (w + sympy.sqrt(w**2 + w**4), {}),  # from the left the slope goes to 0, from the right to 2
    (sympy.acos(w), {}),
    # at 0 these have no value, but a limit
    (w**2 * sympy.log(w), {0: ("maximum", True), sympy.exp(-R(1, 2)): ("minimum", False)}),
    (s**2 * sympy.log(s), {0: ("maximum", True), sympy.exp(-R(1, 2)): ("minimum", False)}),
    (n**2 * sympy.log(n) ** 2, {0: ("minimum", True), sympy.exp(-1): ("maximum", False), 1: ("minimum", False)}),
    (w * sympy.log(w), {sympy.exp(-1): ("minimum", False)}),
    (s ** R(3, 2), {0: ("minimum", True)}),
    (n**2, {0: ("minimum", True)}),
    ((n - 1) ** 2, {1: ("minimum", False)}),
    (w ** R(3, 2) - 1 / (w + 1), {}),  # a pole at -1
    (1 / (1 + sympy.log(w) ** 2), {1: ("maximum", False)}),  # and at -1 one by chance, among complex ones
]


@pytest.mark.parametrize("loss, points", EDGES)
def test_edges_of_the_domain(loss, points):
    found = found_of(loss)
    assert found.complete
    (parameter,) = loss.free_symbols
    assert {p.values[parameter]: (p.kind, p.edge) for p in found} == points


@given(
    st.fractions(0, 4, max_denominator=5).filter(lambda r: r.denominator > 1),
    st.sampled_from([-2, -1, 0, 0, 1]),
    st.integers(-3, 3),
    st.booleans(),
)
@settings(max_examples=20, deadline=None)
@example(R(3, 2), 0, 0, False)
@example(R(1, 2), 0, 0, False)
@example(R(3, 2), 1, -1, True)
def test_an_edge_is_stationary_where_the_slope_vanishes_there(power, slope, at, mirrored):
    inside = at - w if mirrored else w - at
    power = R(power.numerator, power.denominator)
    found = found_of(inside**power + slope * w)
    assert found.complete
    edges = [point.values[w] for point in found if point.edge]
    assert edges == ([at] if power > 1 and slope == 0 else [])
    # d/ds of s**p + k s is 0 at one s > 0 at most, where p s**(p - 1) = -k, with k the slope towards the inside
    towards = -slope if mirrored else slope
    assert len(found) - len(edges) == (towards < 0)


def test_edges_with_several_parameters_and_with_constants():
    (point,) = found_of(a ** R(3, 2) + b**2)
    assert (point.kind, point.edge, list(point.values.values())) == ("undecided", True, [0, 0])
    (point,) = found_of((w - s) ** R(3, 2), constants=[s])
    assert (point.values[w], point.kind, point.edge) == (s, "undecided", True)
    assert not any(point.edge for point in found_of((a * b - 1) ** 2))


def test_edges_that_are_not_all_known_are_told_of():
    found = found_of(sympy.tan(w))
    assert not found.complete
    assert "ceases to be real or smooth" in found.message


@pytest.mark.parametrize("fact", ["positive", "negative", "nonnegative", "nonpositive", "real"])
def test_points_are_those_of_a_real_symbol_in_the_domain_that_is_declared_and_are_what_they_are_there(fact):
    """The kind at an edge is the same, whatever sign is declared; points outside what is declared are left out."""
    declared, real = sympy.Symbol("d", **{"real": True, fact: True}), sympy.Symbol("r", real=True)
    inside = {"positive": (0, 9), "nonnegative": (0, 9), "negative": (-9, 0), "nonpositive": (-9, 0), "real": (-9, 9)}
    low, high = inside[fact]
    for loss in ((1 - real) ** R(3, 2), (1 - real**2) ** R(3, 2), (4 + real) ** R(4, 3), real**2 * (real - 1) ** 2):
        expected = {p.values[real]: p.kind for p in found_of(loss) if low <= p.values[real] <= high}
        found = found_of(loss.subs(real, declared))
        assert {p.values[declared]: p.kind for p in found} == expected
        assert found.complete
