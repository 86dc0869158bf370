"""When closed forms end: at the edge of the domain that is declared, however slowly they come to it; by quadrature."""

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from flowlab.symbolic import GradientFlow
from flowlab.symbolic.solving._clock import clock_limit

R = sympy.Rational
exp, log, sin, sinh = sympy.exp, sympy.log, sympy.sin, sympy.sinh
v = sympy.Symbol("v", positive=True)
x = sympy.Symbol("x", real=True)
n = sympy.Symbol("n", nonnegative=True)


def refused_beyond(found, end):
    with pytest.raises(ValueError, match=r"^t: got .*; allowed: times before .*, when (it ends|the solution ceases)"):
        found.at([0.0, end * (1 + 1e-9)])


def quadrature(power, inner, outer, further, value):
    """The time from a value down to 0 at the speed w^q (A + B w^r), q < 1, by s = w^(1 − q)."""
    below = 1 - mpmath.mpf(power.p) / power.q
    more = mpmath.mpf(further.p) / further.q / below
    parts = mpmath.linspace(0, mpmath.mpf(value) ** below, 9)
    return mpmath.quad(lambda s: 1 / (inner + outer * s**more) / below, parts)


powers = st.fractions(0, 1, max_denominator=8) | st.sampled_from(
    [R(k, 100) for k in (90, 94, 95, 96, 97, 99)] + [R(999, 1000), 1 - R(1, 10**5)]
)


@given(powers, st.sampled_from(["1", "bernoulli", "riccati", "1/2"]), st.integers(1, 4), st.integers(0, 4), st.data())
@settings(max_examples=4, deadline=None)
@example(R(1, 2), "riccati", 1, 1, None)  # its end was that of the tangent beyond 0
@example(R(1, 3), "riccati", 1, 1, None)
@example(R(1, 2), "riccati", 1, 4, None)
@example(R(96, 100), "1", 1, 1, None)
@example(R(99, 100), "1", 1, 1, None)
@example(R(0), "1", 1, 0, None)
@example(R(999, 1000), "1", 2, 1, None)  # it was inf: the clock is one of 1/w there
@example(1 - R(1, 10**5), "1/2", 2, 1, None)
def test_a_positive_parameter_comes_to_0_when_its_speed_is_a_power_below_the_first(power, kind, inner, outer, data):
    start = 1 if data is None else data.draw(st.sampled_from([1, R(1, 3), 3]))
    power = R(power.numerator, power.denominator)
    if power == 1:
        power = R(1, 2)
    further = {"1": R(1), "1/2": R(1, 2), "bernoulli": 1 - power, "riccati": 2 - 2 * power}[kind]
    loss = sum(c * v ** (1 + p) / (1 + p) for c, p in ((inner, power), (outer, power + further)))
    found = GradientFlow.from_loss(loss, v).exact(start)
    with mpmath.workdps(30):
        end = quadrature(power, inner, outer, further, sympy.N(start, 30))
        assert found.lasts() == pytest.approx(float(end), rel=1e-9)
        for part in (0.3, 0.95):
            if (1 - part) ** (1 / (1 - float(power))) < 1e-290:
                continue  # below what a float is
            here = found.at(part * float(end))[0, 0]
            assert float(quadrature(power, inner, outer, further, here) / end) == pytest.approx(1 - part, rel=1e-6)
    refused_beyond(found, float(end))


@pytest.mark.parametrize("loss", [v**2 / 2 + v, v**3 / 3 + v, sinh(v), 2 * v ** R(3, 2) / 3 + v, exp(v) + v])
def test_the_end_is_right_from_starts_that_vanish_beside_1(loss):
    found = GradientFlow.from_loss(loss, v).exact()
    speed = float(loss.diff(v).subs(v, R(1, 10**1000)))
    for size in (1e-40, 1e-200, 1e-300):
        end = size / speed
        assert found.lasts(v_0=size) == pytest.approx(end, rel=1e-13, abs=0)
        assert found.at(end / 2, v_0=size)[0, 0] == pytest.approx(size / 2, rel=1e-13, abs=0)
        with pytest.raises(ValueError, match="allowed: times before"):
            found.at(end * (1 + 1e-9), v_0=size)


@pytest.mark.parametrize("parts", [10**3, 10**4, 10**9])
def test_powers_are_not_multiplied_out_to_check_a_form(parts):
    """Of w' = −w^(1 − 1/n) from 1, which is (1 − t/n)^n."""
    found = GradientFlow.from_loss(v ** (2 - R(1, parts)) / (2 - R(1, parts)), v).exact(1, budget=5)
    assert found.lasts() == parts
    with mpmath.workdps(40):
        wanted = [float((1 - mpmath.mpf(t) / parts) ** parts) for t in (1, 3, 300)]
    assert found.at([1, 3, 300])[:, 0] == pytest.approx(wanted, rel=1e-14)
    with pytest.raises(ValueError, match="allowed: times before"):
        found.at(parts * (1 + 1e-9))


@given(st.fractions(1, 2, max_denominator=8) | st.sampled_from([R(1), R(101, 100), 1 + R(1, 10**5)]), st.integers(0, 3))
@settings(max_examples=3, deadline=None)
@example(R(1), 1)
@example(R(101, 100), 1)
def test_a_positive_parameter_never_comes_to_0_when_its_speed_is_a_power_from_the_first_on(power, outer):
    power = R(power.numerator, power.denominator)
    loss = v ** (1 + power) / (1 + power) + outer * v ** (2 + power) / (2 + power)
    found = GradientFlow.from_loss(loss, v).exact(1)
    assert found.lasts() == np.inf
    assert found.at(600)[0, 0] > 0


ARRIVING = [
    # (loss, start), with a gradient above 0 between 0 and the start
    (v, 1),
    (v**2 / 2 + v, 1),
    (v**3 / 3 + v, 1),
    (v**3 / 3 + v**2 + v, 2),
    (v**3 / 3 + 2 * v**2 + 3 * v, R(1, 2)),
    ((v + 1) ** 4, 1),
    (v**5 + v, 1),
    (v**2 + v + log(1 + v), 1),
    (sinh(v), 1),
    (exp(v), 2),
    (-exp(-v), 2),
    (sin(v), 1),
    (2 * v + sin(v), 9),
    (sympy.sqrt(1 + v**2) + v, 1),
    (log(1 + v), 1),
    (v - log(2 + v), 1),
    (v + v ** R(3, 2), 4),
]
DECLARED = {"positive": 1, "nonnegative": 1, "negative": -1, "nonpositive": -1, "nonzero": 1}


@pytest.mark.parametrize("loss, start", ARRIVING)
def test_a_flow_ends_at_the_edge_of_the_domain_that_is_declared(loss, start):
    slope = sympy.lambdify(v, loss.diff(v), "mpmath")
    end = float(mpmath.quad(lambda value: 1 / slope(value), mpmath.linspace(0, float(start), 9)))
    found = GradientFlow.from_loss(loss, v).exact(start)
    assert found.lasts() == pytest.approx(end, rel=1e-12)
    near = found.at(end * (1 - 1e-6))[0, 0]
    assert 0 < near < 3e-6 * end * float(slope(mpmath.mpf("1e-9")) + 1e-9) + 1e-9
    half = found.at(end / 2)[0, 0]
    assert float(mpmath.quad(lambda value: 1 / slope(value), [0, half])) == pytest.approx(end / 2, rel=1e-9)
    refused_beyond(found, end)


@pytest.mark.parametrize("fact, side", DECLARED.items())
@pytest.mark.parametrize("loss, end", [(v + v**2 / 2, np.log(2)), (v, 1.0), (v**5 + v, 0.6811962723510463)])
def test_whatever_it_is_declared_to_be(fact, side, loss, end):
    w = sympy.Symbol("w", **{fact: True}, real=True)
    flow = GradientFlow.from_loss(loss.subs(v, side * w), w)
    assert flow.exact(side).lasts() == pytest.approx(end, rel=1e-12)
    if loss.as_poly().degree() < 3:
        assert flow.exact().lasts(w_0=side) == pytest.approx(end, rel=1e-12)
    free = GradientFlow.from_loss(loss.subs(v, x), x).exact(1)
    assert free.lasts() != pytest.approx(end, rel=1e-3)  # it goes on through 0


LOGARITHMS = [
    # (loss, start, end): rates like w log(w)², of which the integral converges, and like w log(w), of which it does not
    (v**2 * (2 * log(v) ** 2 - 2 * log(v) + 1) / 4, R(1, 2), 1 / np.log(2)),
    (-(v**2) * (2 * log(v) ** 2 - 2 * log(v) + 1) / 4, 2, 1 / np.log(2)),
    (-(v**2) * (2 * log(v) - 1) / 4, 2, np.inf),
    (v**2 * (1 - 2 * log(v)) / 4, R(1, 2), np.inf),
    ((x - 1) ** R(197, 100), 2, 1 / (1.97 * 0.03)),
    (sinh(x), 0, np.pi / 2),
    (-exp(-x), 0, 1.0),
    (log(x) + x**4 / 4, 1, np.pi / 8),  # 1/w + w³: the square is what has a closed form, and w ends at 0
]


@pytest.mark.parametrize("loss, start, end", LOGARITHMS)
def test_ends_that_cannot_be_seen_from_a_distance(loss, start, end):
    found = GradientFlow.from_loss(loss, next(iter(loss.free_symbols))).exact(start)
    assert found.lasts() == pytest.approx(end, rel=1e-9)
    if end < np.inf:
        refused_beyond(found, end)


@pytest.mark.parametrize(
    "clock, at, limit",
    [
        (log(v), sympy.S.Zero, np.inf),
        (log(sympy.Abs(log(v))), sympy.S.Zero, np.inf),
        (1 / log(v), sympy.S.Zero, 0.0),
        (v ** R(1, 10**9), sympy.S.Zero, 0.0),
        (log(v) - log(sympy.Abs(v - 1)), sympy.oo, 0.0),
        (sympy.atan(v), sympy.oo, np.pi / 2),
        (log(1 + exp(v)) - v, sympy.oo, 0.0),
        (v, sympy.oo, np.inf),
        (100 * v ** R(1, 100) * sympy.hyper((1, R(1, 100)), (R(101, 100),), -v), sympy.oo,
         float(mpmath.pi / mpmath.sin(mpmath.pi / 100))),
    ],
)  # fmt: skip
def test_the_limit_of_a_clock(clock, at, limit):
    assert float(clock_limit(clock, v, at, 1)) == pytest.approx(limit, abs=1e-12)


@pytest.mark.parametrize(
    "loss, start",
    [
        ("(a - 1)**2 + (b + 1)**2", [1, 2]),
        ("(a + b)**2/2 + a", [1, 2]),
        ("a + b + (a - b)**2", [1, 3]),
        ("(a*b + 1)**2/2", [1, 2]),
        ("(a*b - 1)**2/2", [1, 2]),
        ("(a + 2*b)**4 + (2*a - b + 4)**2", [1, 1]),
    ],
)
def test_one_of_several_parameters_that_leaves_its_domain_ends_the_flow(loss, start):
    a, b = sympy.symbols("a b", positive=True)
    loss = sympy.sympify(loss, {"a": a, "b": b})
    slope = sympy.lambdify([a, b], [-loss.diff(a), -loss.diff(b)])

    def least(t, w):
        return min(w)

    least.terminal = True
    path = solve_ivp(lambda t, w: slope(*w), (0, 20), start, "DOP853", rtol=1e-12, atol=1e-14, events=least)
    found = GradientFlow.from_loss(loss, [a, b]).exact(start)
    (ends,) = path.t_events
    assert found.lasts() == pytest.approx(ends[0] if len(ends) else np.inf, rel=1e-9)
    if len(ends):
        refused_beyond(found, ends[0])


def test_kinks_beyond_the_edge_are_not_come_to():
    found = GradientFlow.from_loss(sympy.Abs(v - 1) + 2 * v, v).exact(2)
    assert found.lasts() == pytest.approx(4 / 3, rel=1e-15)
    assert [float(kink.time) for kink in found.kinks] == [pytest.approx(1 / 3)]
    assert GradientFlow.from_loss(sympy.Abs(v + 1) + v, v).exact(2).lasts() == 1.0


def test_a_start_at_a_stationary_point_rests():
    a, b = sympy.symbols("a b")
    for loss in ((a**2 + b**2 - 1) ** 2 / 4, (a * b - 1) ** 2 * (a + b) ** 2 + a**3):
        found = GradientFlow.from_loss(loss, [a, b]).exact([0, 0])
        assert found.lasts() == np.inf
        np.testing.assert_array_equal(found.at([0.0, 7.0]), 0.0)


def test_numbers_for_which_the_general_form_divides_by_zero_are_solved_for():
    w, rate = sympy.symbols("w K")
    grow = GradientFlow.from_loss(exp(rate * w), w, constants=rate).exact()
    assert grow.at(1.0, w_0=3, K=0)[0, 0] == 3
    assert grow.lasts(w_0=3, K=0) == np.inf
    assert grow.at(1.0, w_0=0, K=2)[0, 0] == pytest.approx(-np.log(5) / 2)
    a, b = sympy.symbols("a b")
    found = GradientFlow.from_loss((a * b - 1) ** 2 / 2, [a, b]).exact()
    rows = found.at([0.3, 2.0], a_0=1, b_0=-1)
    # a' = −(a² + 1) a, b = −a
    rest = mpmath.exp(-2 * 0.3) / 2
    assert rows[0, 0] == pytest.approx(float(mpmath.sqrt(rest / (1 - rest))), rel=1e-12)
    np.testing.assert_allclose(rows[:, 1], -rows[:, 0])


def test_a_depth_that_makes_many_roots():
    found = GradientFlow.from_loss((v ** R(7, 2) - 2) ** 2 / 2, v).exact(0.5)
    (here,) = found.at(0.5)[0]
    speed = lambda value: 3.5 * value**2.5 * (2 - value**3.5)  # noqa: E731
    assert float(mpmath.quad(lambda value: 1 / speed(value), [0.5, here])) == pytest.approx(0.5, rel=1e-9)
