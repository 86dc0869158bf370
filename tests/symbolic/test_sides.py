"""Losses with a side for each kink."""

import numpy as np
import pytest
import sympy

from flowlab.symbolic import GradientFlow, symbols
from flowlab.symbolic.sides import sided
from flowlab.symbolic.simplify import derivative

a, b = symbols("a b", real=True)


def test_a_side_has_no_side_of_its_own():
    twice = sided(sympy.Abs(abs(b), evaluate=False), [b])
    assert twice.switches == (b,)
    assert twice.expression.xreplace({twice.sides[0]: -1}) == -b
    product = sided(sympy.Max(a * abs(b), 0), [a, b])
    assert set(product.switches) == {a, b}
    for one in (-1, 1):
        for other in (-1, 1):
            put = dict(zip((a if s == a else b for s in product.switches), (one, other), strict=True))
            value = product.expression.xreplace(dict(zip(product.sides, (one, other), strict=True))).xreplace(put)
            assert value == sympy.Max(put[a] * abs(put[b]), 0)


def test_an_extremum_of_two_sums_has_a_derivative():
    """SymPy's own form of 3a + 2b - 1 >= -3a + b - 1 is for ever another one."""
    least = sympy.Min(-3 * a + b - 1, 3 * a + 2 * b - 1)
    for of, values in ((a, (3, -3)), (b, (2, 1))):
        slope = derivative(least, of)
        assert (slope.subs({a: -1, b: 0}), slope.subs({a: 1, b: 0})) == values


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("kind", [sympy.Max, sympy.Min])
def test_where_parameters_are_equal_the_gradient_is_that_of_one_of_them(kind, count):
    """Each by its own choice, all of its entries were 0, and a descent stayed where nothing is stationary."""
    w = symbols(f"w1:{count + 1}", real=True)
    flow = GradientFlow.from_loss(kind(*w), w)
    end = flow.descent([1.0] * count, 0.1, 1).parameters[-1]
    assert sorted(end) == pytest.approx([0.9] + [1.0] * (count - 1))


def test_a_maximum_of_parameters_has_a_closed_form():
    found = GradientFlow.from_loss(sympy.Max(a, b), [a, b]).exact([1, 0])
    assert found.at([0.5, 3.0]).astype(float) == pytest.approx(np.array([[0.5, 0.0], [-1.0, -1.0]]))


@pytest.mark.parametrize(
    "loss, names",
    [
        (sympy.Max(a, b, 1 - a), ["a - b", "a + Max(a, b) - 1"]),
        (abs(abs(abs(a) - 2) - 1), ["a", "Abs(a) - 2", "Abs(Abs(a) - 2) - 1"]),
        (abs(2 - abs(a)), ["a", "Abs(a) - 2"]),
        (sympy.Max(sympy.Max(a, 0) - b, 0), ["a", "-b + Max(0, a)"]),
        (sympy.Piecewise((a**2, 2 * abs(a) < 1), (abs(a), True)), ["a", "2*Abs(a) - 1"]),
    ],
)
def test_switches_have_the_names_of_the_formula(loss, names):
    found = sided(loss, [a, b])
    assert list(map(str, found.named)) == names
    for place in ({a: 3, b: -2}, {a: sympy.Rational(-1, 3), b: 5}):
        sides = {}
        for side, switch, name in zip(found.sides, found.switches, found.named, strict=True):
            sides[side] = sympy.sign(switch.xreplace(sides).subs(place))
            assert sides[side] == sympy.sign(name.subs(place))
