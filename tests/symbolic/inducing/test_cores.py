"""Induced values that are invertible functions of something of which the dynamics close."""

import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.symbolic import DoesNotClose, GradientFlow

x, y = sympy.symbols("x y", real=True)
r = sympy.Symbol("r", positive=True)
R = sympy.Rational
RADIAL, LINEAR = x**2 + y**2, x + 2 * y


@pytest.mark.parametrize(
    "loss, value, rate",
    [
        ((RADIAL - 1) ** 2, sympy.sqrt(RADIAL), 4 * r * (1 - r**2)),
        (sympy.sqrt(RADIAL), sympy.sqrt(RADIAL), -1),
        (sympy.exp(x + y), sympy.exp(x + y), -2 * r**2),
        ((x + y) ** 4, sympy.exp(x + y), -8 * r * sympy.log(r) ** 3),
        (sympy.exp(2 * x + 2 * y), x + y, -4 * sympy.exp(2 * r)),  # the value itself, within a multiple
        (sympy.exp(2 * x + 2 * y) * (x + y), x + y, -2 * (2 * r + 1) * sympy.exp(2 * r)),
    ],
)
def test_rates_by_hand(loss, value, rate):
    assert sympy.simplify(GradientFlow.from_loss(loss, [x, y]).induced({r: value}).rhs[r] - rate) == 0


OUTER = [sympy.sqrt, lambda u: u ** R(3, 4), sympy.exp, lambda u: sympy.log(1 + u), lambda u: 3 * u - 2]


@given(
    st.one_of(st.tuples(st.just(RADIAL), st.sampled_from(OUTER)), st.just((LINEAR, sympy.exp))),
    st.sampled_from([lambda u: (u - 1) ** 2, lambda u: u**3 - u, lambda u: sympy.exp(-2 * u)]),
)
@settings(max_examples=12, deadline=None)
@example((RADIAL, sympy.sqrt), lambda u: (u - 1) ** 2)
@example((LINEAR, sympy.exp), lambda u: sympy.exp(-2 * u))
def test_what_closes_inside_closes_outside(made_of, loss_of):
    core, outer = made_of
    value = outer(core)
    got = GradientFlow.from_loss(loss_of(core), [x, y]).induced(r=value)
    (symbol,) = got.values
    rate = got.rhs[symbol]
    assert not rate.free_symbols & {x, y}
    for point in ({x: R(3, 7), y: R(-5, 4)}, {x: R(-2), y: R(1, 9)}):
        direct = sum(-loss_of(core).diff(w) * value.diff(w) for w in (x, y)).subs(point)
        found = rate.subs(symbol, value.subs(point))
        assert abs(sympy.N(found - direct, 30)) < sympy.Float("1e-22") * (1 + abs(sympy.N(direct, 30)))


def test_what_does_not_close_inside_does_not_outside():
    with pytest.raises(DoesNotClose) as caught:
        _ = GradientFlow.from_loss((x * y - 1) ** 2, [x, y]).induced(r=sympy.exp(x * y)).rhs
    assert caught.value.witness is not None
