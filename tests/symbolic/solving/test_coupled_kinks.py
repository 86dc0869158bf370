"""Several parameters that are linear between planes: lasso, hinge and Huber with data, by their own inclusion."""

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from flowlab.symbolic import GradientFlow, NoClosedForm
from flowlab.symbolic.solving.kinks.exponentials import terms_of, value, zeros_of

a, b, t = sympy.symbols("a b t", real=True)
R, Max, Piecewise = sympy.Rational, sympy.Max, sympy.Piecewise


@given(
    st.lists(st.sampled_from([R(k, 12) for k in range(1, 12)]), max_size=4, unique=True),
    st.lists(st.sampled_from([R(-1, 2), R(3, 2), R(7)]), max_size=2),
    st.sampled_from([0, R(1, 3), -2]),
)
@settings(max_examples=40, deadline=None)
@example([R(1, 2)], [], -2)
@example([], [], 0)
def test_all_zeros_of_a_sum_of_exponentials_are_found(inside, outside, rate):
    x = sympy.Symbol("x")
    # in x = exp(-t) a polynomial with these roots; those between 0 and 1 are times
    powers = sympy.Poly(sympy.Mul(*(x - root for root in [*inside, *outside])), x).all_coeffs()[::-1]
    total = sum(c * sympy.exp(-(k + rate) * t) for k, c in enumerate(powers))
    wanted = sorted(-mpmath.log(mpmath.mpf(root.p) / root.q) for root in inside)
    found = zeros_of(terms_of(sympy.sympify(total), t))
    assert [float(zero) for zero in found] == pytest.approx([float(zero) for zero in wanted], rel=1e-14)


def test_zeros_with_a_drift():
    terms = terms_of(2 - t + sympy.exp(-3 * t), t)
    (zero,) = zeros_of(terms)
    assert float(zero) == pytest.approx(float(mpmath.findroot(lambda u: 2 - u + mpmath.exp(-3 * u), 2)), rel=1e-15)
    assert abs(value(terms, zero)) < mpmath.mpf(10) ** -50
    assert zeros_of(terms_of(1 + t, t)) == []
    (zero,) = zeros_of(terms_of(sympy.exp(-t) - 1 + t / 2, t))  # 0 at the start as well
    assert float(zero) == pytest.approx(float(mpmath.findroot(lambda u: mpmath.exp(-u) - 1 + u / 2, 1.6)), rel=1e-14)


def moving(found, times, step=1e-4):
    """Return places, and velocities by differences that stay between two kinks."""
    kinks = np.array([0.0, *(float(kink.time) for kink in found.kinks)])
    times = np.array([u for u in times if np.abs(kinks - u).min() > 2 * step])
    return times, found.at(times), (found.at(times + step) - found.at(times - step)) / (2 * step)


@given(
    st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2), st.integers(-3, 3)), min_size=1, max_size=3),
    st.tuples(st.integers(0, 2), st.integers(1, 3)),
    st.tuples(*[st.sampled_from([-2, R(-1, 2), R(1, 3), 1, 3])] * 2),
)
@settings(max_examples=6, deadline=None)
@example([(2, 1, 3), (1, 2, 1)], (1, 1), (-1, 2))
@example([(1, 1, 1)], (1, 1), (2, R(1, 3)))  # of lower rank
def test_the_lasso_follows_its_inclusion(rows, weights, start):
    loss = sum((p * a + q * b - y) ** 2 for p, q, y in rows) / 2 + weights[0] * abs(a) + weights[1] * abs(b)
    found = GradientFlow.from_loss(loss, [a, b]).exact(list(start))
    features, targets = np.array([row[:2] for row in rows], float), np.array([row[2] for row in rows], float)
    assert found.lasts() == np.inf
    assert found.at(0.0)[0] == pytest.approx(np.array(start, float), rel=1e-12)
    for kink in found.kinks:  # it is continuous
        beside = found.at([np.nextafter(float(kink.time), 0), np.nextafter(float(kink.time), 9)])
        assert beside[0] == pytest.approx(beside[1], abs=1e-12)
    last = max((float(kink.time) for kink in found.kinks), default=0.0)
    _, places, speeds = moving(found, np.linspace(0.01, last + 2, 30))
    rest = -(places @ features.T - targets) @ features - speeds  # = weights · side
    for place, side in zip(places, rest, strict=True):
        for w, s, weight in zip(place, side, weights, strict=True):
            if abs(w) > 1e-9:
                assert s == pytest.approx(weight * np.sign(w), abs=1e-5)
            else:
                assert abs(s) <= weight + 1e-5


@pytest.mark.parametrize("side", [1, -1])
def test_a_kink_that_is_left_again(side):
    # a rests at 0 as long as 1/2 + b/2 < 1, and b = 2 - 19/10 exp(-t) meanwhile; or the same with -a
    loss = (a**2 + b**2 - side * a * (b + 1)) / 2 - 2 * b + abs(a)
    found = GradientFlow.from_loss(loss, [a, b]).exact([0, R(1, 10)])
    assert [kink.what for kink in found.kinks] == ["a rests at the kink at 0", "a leaves the kink at 0"]
    leaves = np.log(1.9)
    assert float(found.kinks[1].time) == float(found.kinks[0].until) == pytest.approx(leaves, rel=1e-14)
    assert found.at([0.1, 0.5]) == pytest.approx(np.array([[0, 2 - 1.9 * np.exp(-u)] for u in (0.1, 0.5)]))
    hessian = np.array([[1, -0.5], [-0.5, 1]])
    still = np.linalg.solve(hessian, [-0.5, 2])
    for u in (0.7, 1.0, 4.0):
        wanted = still + expm(-hessian * (u - leaves)) @ ([0, 1] - still)
        assert found.at(u)[0] == pytest.approx(wanted * [side, 1], rel=1e-12)


@pytest.mark.parametrize("apart", [R(1, 10**6), R(-1, 10**6)])
def test_a_start_that_is_hardly_led_away_from_a_kink(apart):
    # at (0, 1) it is led up at the rate `apart`, or rests until b has fallen to 1 + 10 apart
    loss = (a**2 + b**2) / 2 + a * b / 10 - (R(11, 10) + apart) * a + abs(a)
    found = GradientFlow.from_loss(loss, [a, b]).exact([0, 1])
    assert [kink.what.split()[1] for kink in found.kinks] == ([] if apart > 0 else ["rests", "leaves"])
    if apart < 0:
        assert float(found.kinks[1].time) == pytest.approx(-np.log1p(-1e-5), rel=1e-12)


@pytest.mark.parametrize(
    "loss, start, words",
    [
        # two planes that are not at right angles: it crosses one, slides on the other, and rests on both
        (Max(0, 1 - a - 2 * b) + Max(0, 1 + a - b) + (a**2 + b**2) / 10, (-1, -2),
         ["a - b crosses the kink at -1", "a + 2*b rests at the kink at 1", "a - b rests at the kink at -1"]),
        (Max(0, 1 - a - 2 * b) ** 2 + Max(0, 1 + a - b) ** 2, (-1, -2), ["a + 2*b crosses the kink at 1"]),
        (Piecewise(((a + b) ** 2 / 2, abs(a + b) < 1), (abs(a + b) - R(1, 2), True)) + (a - 2) ** 2 / 4, (3, 1),
         ["a + b crosses the kink at 1"]),
    ],
)  # fmt: skip
def test_hinge_and_huber_with_data(loss, start, words):
    found = GradientFlow.from_loss(loss, [a, b]).exact(start)
    assert [kink.what for kink in found.kinks] == words
    assert found.lasts() == np.inf
    # the least norm of the gradients around: a convex flow is that of steps to where loss + distance²/2h is least
    numeric = sympy.lambdify([a, b], loss)
    last = float(found.kinks[-1].time)
    for begin in (0.4 * last, 0.9 * last, last + 0.1):
        step = 1e-3
        here, there = found.at([begin, begin + step])

        def raised(w, here=here, step=step):
            return numeric(*w) + ((w - here) ** 2).sum() / (2 * step)

        least = raised(there)
        around = [there + 2e-5 * np.array([np.cos(u), np.sin(u)]) for u in np.linspace(0, 6, 25)]
        # a step of the flow is one of these but for O(h²), far less than the way to the points around
        assert all(raised(w) > least - 1e-12 for w in around)


def test_where_the_planes_leave_more_than_one_way():
    with pytest.raises(NoClosedForm, match="more than one way"):
        GradientFlow.from_loss((a**2 + b**2) / 2 + a * b / 3 - abs(a - 2 * b), [a, b]).exact([2, 1])
    with pytest.raises(NoClosedForm, match="linear between its kinks"):
        GradientFlow.from_loss(sympy.exp(a + 2 * b) + abs(a) * b**2 + a * b, [a, b]).exact([2, 1])
