"""Balls enclose: whatever a formula is in floats or in mpmath within a box, its ball holds it."""

import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from flint import arb, ctx, fmpq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.verify import functions
from flowlab.verify.certifying.arbs import exact_arb, not_negative
from flowlab.verify.certifying.balls import Ball, ball_box
from flowlab.verify.certifying.remainders import blend, exp_rest, log_rest, pole_integral, power, saturation
from flowlab.verify.certifying.undecided import Undecided
from flowlab.verify.certifying.wholes import Whole

PARTS = st.integers(0, 64).map(lambda k: Fraction(k, 64))
ENDS = st.tuples(st.integers(-40, 40), st.integers(0, 40)).map(
    lambda e: (Fraction(e[0], 16), Fraction(e[0] + e[1], 16))
)
UNARY = ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "sinh", "cosh", "tanh", "atan", "neg", "abs")
BINARY = ("+", "-", "*", "/", "**2", "**3", "**-1", "**0.5", "same*")


def inside(ball: Ball, value, slack=1e-25) -> bool:
    """Whether a ball that is a number holds an mpmath number."""
    over = ball.tight
    if not over.is_finite():
        return True
    low, high = (mp.mpf(each.str(40, radius=False)) for each in (over.lower(), over.upper()))
    margin = slack * (1 + abs(value))
    return low - margin <= value <= high + margin


FORMULAS = st.recursive(
    st.sampled_from(["x", "y", "0.75", "2"]),
    lambda inner: st.one_of(st.tuples(st.sampled_from(UNARY), inner), st.tuples(st.sampled_from(BINARY), inner, inner)),
    max_leaves=7,
)


def evaluate(formula, x, y):
    if isinstance(formula, str):
        return {"x": x, "y": y}.get(formula) if formula in "xy" else x * 0 + float(formula)
    name, a, *rest = formula
    a = evaluate(a, x, y)
    if name == "neg":
        return -a
    if name == "abs":
        return abs(a)
    if name in UNARY:
        return getattr(functions, name)(a)
    if name == "same*":
        return a * a
    if name.startswith("**"):
        number = float(name[2:])
        return a ** (int(number) if number.is_integer() else number)
    b = evaluate(rest[0], x, y)
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[name]()


@settings(deadline=None)
@given(FORMULAS, ENDS, ENDS, st.lists(st.tuples(PARTS, PARTS), min_size=1, max_size=3))
@example(("*", "x", "y"), (Fraction(1, 16), Fraction(2)), (Fraction(0), Fraction(1)), [(Fraction(0), Fraction(0))])
@example(
    ("/", "x", ("*", "y", "y")), (Fraction(-1), Fraction(2)), (Fraction(1), Fraction(2)), [(Fraction(1), Fraction(0))]
)
@example(
    ("**3", ("sin", "x"), "x"), (Fraction(-2), Fraction(2)), (Fraction(1), Fraction(1)), [(Fraction(1, 2), Fraction(0))]
)
@example(("**2", "x", "x"), (Fraction(-2), Fraction(1)), (Fraction(1), Fraction(1)), [(Fraction(0), Fraction(0))])
def test_a_ball_holds_every_value_of_a_formula(formula, along_x, along_y, points):
    with ctx.workprec(64):
        ball = evaluate(
            formula, *ball_box([tuple(fmpq(e.numerator, e.denominator) for e in each) for each in (along_x, along_y)])
        )
        for part_x, part_y in points:
            at = [low + part * (high - low) for (low, high), part in ((along_x, part_x), (along_y, part_y))]
            with mp.workdps(40):
                try:
                    value = evaluate(formula, *map(fraction, at))
                except (ValueError, ZeroDivisionError, OverflowError, AttributeError):
                    assert not ball.tight.is_finite()  # outside the domain, or complex: no number to believe
                    continue
                if isinstance(value, mp.mpc):
                    assert not ball.tight.is_finite()
                elif mp.isfinite(value):
                    assert inside(ball, value), (formula, at, value, ball)


@settings(deadline=None)
@given(FORMULAS, ENDS, ENDS, PARTS, PARTS)
@example(("/", "x", "y"), (Fraction(1), Fraction(2)), (Fraction(1), Fraction(3)), Fraction(1, 3), Fraction(1, 3))
def test_slopes_hold_every_derivative(formula, along_x, along_y, part_x, part_y):
    if along_x[0] == along_x[1] or along_y[0] == along_y[1]:
        return
    with ctx.workprec(64):
        box = [tuple(fmpq(e.numerator, e.denominator) for e in each) for each in (along_x, along_y)]
        ball = evaluate(formula, *ball_box(box))
    at = [low + part * (high - low) for (low, high), part in ((along_x, part_x), (along_y, part_y))]
    with mp.workdps(60):
        x, y = map(fraction, at)
        step = mp.mpf(10) ** -20
        for slope, dx, dy in ((ball.slopes[0], step, 0), (ball.slopes[1], 0, step)):
            try:
                change = (evaluate(formula, x + dx, y + dy) - evaluate(formula, x - dx, y - dy)) / (2 * step)
            except (ValueError, ZeroDivisionError, OverflowError, AttributeError):
                continue
            if isinstance(change, mp.mpf) and mp.isfinite(change) and slope.is_finite():
                near = Ball(slope, slope, [], [])
                assert inside(near, change, slack=1e-8), (formula, at, change, slope)


@pytest.mark.parametrize("kind", [Fraction, arb, np.int64, lambda n: Whole(n, [])])
@pytest.mark.parametrize("n", [-3, -2, 0, 1, 2, 3, 4])
def test_an_integer_power_is_one_whatever_holds_the_integer(kind, n):
    """Of numbers below 0 as well: x², between its values at −2 and 3, is not monotone."""
    for low, high in [(-2, 3), (-3, -1), (1, 2)]:
        (x,) = ball_box([(low, high)])
        found, wanted = x ** kind(n), x**n
        assert str(found.tight) == str(wanted.tight)
        assert [str(each) for each in found.slopes] == [str(each) for each in wanted.slopes]


def test_a_pole_or_an_edge_of_a_domain_is_no_number():
    x, y = ball_box([(-1, 1), (0, 1)])
    for found in (1 / x, functions.log(x), functions.sqrt(x), x**-2, x**0.5, functions.log1p(x - 0.5), 1 / (x - x)):
        assert not found.tight.is_finite()
        assert not found.tight >= 0
    assert not functions.log(y).tight.is_finite()


@settings(deadline=None)
@given(ENDS, ENDS)
def test_balls_compare_only_where_it_is_sure(first, second):
    x, y = ball_box([tuple(fmpq(e.numerator, e.denominator) for e in each) for each in (first, second)])
    if first[1] < second[0]:
        assert x < y
        assert x <= y
        assert x != y
        assert not x > y
    elif first[0] < second[1] and second[0] < first[1]:
        for compare in (lambda: x < y, lambda: x > y, lambda: x == y, lambda: x <= y, lambda: bool(x - y)):
            with pytest.raises(Undecided):
                compare()


def test_an_argument_is_never_infinite():
    (x,) = ball_box([(0, 1)])
    assert x != math.inf
    assert x < math.inf
    assert x > -math.inf


@pytest.mark.parametrize("number", [mp.mpf(1) / 3, math.pi, -math.tau, math.pi / 2, math.e])
def test_rounded_constants_are_refused(number):
    (x,) = ball_box([(0, 1)])
    with pytest.raises(TypeError, match="rounded"):
        x + number


def test_constants_are_exact():
    third = exact_arb(Fraction(1, 3))
    assert third.contains(fmpq(1, 3))
    assert not third.is_exact()
    assert exact_arb(0.1).contains(arb(0.1))
    assert not exact_arb(0.1).contains(fmpq(1, 10))
    with functions.plain_numbers_as(exact_arb):
        assert not functions.log(2).is_exact()


# --- what is left of exp, log and the integrals -------------------------------------------------------------------


def fraction(number: Fraction):
    return mp.mpf(number.numerator) / number.denominator


def between(low, high, part: Fraction):
    return mp.mpf(low) + (mp.mpf(high) - mp.mpf(low)) * fraction(part)


RESTS = {
    "exp1": (lambda x, q: exp_rest(1, x), lambda x, q: mp.expm1(x) / x if x else mp.mpf(1), (-30, 5)),
    "exp2": (lambda x, q: exp_rest(2, x), lambda x, q: (mp.expm1(x) - x) / x**2 if x else mp.mpf(0.5), (-30, 5)),
    "log1": (lambda x, q: log_rest(1, x), lambda x, q: mp.log1p(x) / x if x else mp.mpf(1), (-0.99, 9)),
    "log2": (lambda x, q: log_rest(2, x), lambda x, q: (x - mp.log1p(x)) / x**2 if x else mp.mpf(0.5), (-0.99, 9)),
    "saturation": (
        lambda x, q: saturation(q, x),
        lambda x, q: -mp.expm1(-q * x) / q if q else x,
        (0, 50),
    ),
    "pole": (
        lambda x, q: pole_integral(q, x),
        lambda x, q: mp.quad(lambda v: (x * v) ** q / (1 - x * v) * x, [0, 0.5, 0.9, 1]),
        (0, 0.97),
    ),
    "power": (lambda x, q: power(x, q), lambda x, q: x**q, (0, 1)),
}


@pytest.mark.parametrize("name", RESTS)
@settings(deadline=None)
@given(*[st.floats(0, 1)] * 4, st.lists(st.tuples(PARTS, PARTS), min_size=2, max_size=2))
@example(0.0, 1.0, 0.0, 1.0, [(Fraction(0), Fraction(0)), (Fraction(1), Fraction(1))])
@example(0.3, 0.3, 0.0, 0.0, [(Fraction(0), Fraction(0))] * 2)
@example(0.0, 0.5, 0.5, 0.5, [(Fraction(1, 2), Fraction(0)), (Fraction(1), Fraction(0))])
@example(0.2, 0.4, 0.1, 0.9, [(Fraction(1, 2), Fraction(1)), (Fraction(1, 2), Fraction(0))])
def test_rests_hold_their_values_and_change_as_their_slopes_say(name, x0, x1, q0, q1, points):
    form, exact, (low, high) = RESTS[name]
    xs, qs = sorted(low + (high - low) * each for each in (x0, x1)), sorted((q0, q1))
    x, q = ball_box([tuple(xs), tuple(qs)])
    ball = form(x, q)
    with mp.workdps(30):
        at = [(between(*xs, part_x), between(*qs, part_q)) for part_x, part_q in points]
        values = [exact(*each) for each in at]
        for value in values:
            assert inside(ball, value, slack=1e-12), (ball, value)
        moved = [b - a for a, b, ends in zip(*at, (xs, qs), strict=True) if ends[0] != ends[1]]
        if ball.slopes and all(slope.is_finite() for slope in ball.slopes):
            change = sum((slope * arb(str(by)) for slope, by in zip(ball.slopes, moved, strict=True)), arb(0))
            assert inside(Ball(change, change, [], []), values[1] - values[0], slack=1e-12)


@settings(deadline=None)
@given(*[st.floats(0, 1)] * 4)
@example(0.0, 0.0, 0.0, 1.0)
@example(0.0, 1.0, 0.0, 1.0)
def test_a_blend_lies_between_and_has_the_sign_of_the_sum(a0, a1, b0, b1):
    a, b = ball_box([tuple(sorted((a0, a1))), tuple(sorted((b0, b1)))])
    mean = blend((a, 2 + b), (b, a - 4))
    assert mean.tight >= -4 - 1e-7
    assert mean.tight <= 3 + 1e-7
    for part in (0.25, 1):
        at_a, at_b = (low + part * (high - low) for low, high in (sorted((a0, a1)), sorted((b0, b1))))
        if at_a + at_b > 1e-9:
            value = (at_a * (2 + at_b) + at_b * (at_a - 4)) / (at_a + at_b)
            assert inside(mean, value, slack=1e-6)


@pytest.mark.parametrize("size", [1e-30, 1e-9, 1, 1e9])
def test_only_the_rounding_of_an_end_at_0_is_forgiven_whatever_the_size(size):
    assert not_negative(arb(size, size * (1 + 1e-8))).is_finite()
    assert not not_negative(arb(0, size)).is_finite()
    assert not not_negative(arb(size, size * (1 + 1e-4))).is_finite()


def test_rests_claim_nothing_below_their_domain():
    low, x, q = ball_box([(-1, -0.5), (0.25, 0.5), (-0.5, 0.5)])
    for found in (
        saturation(0.5, low),
        pole_integral(0.5, low),
        pole_integral(q, x),
        saturation(low, x),
        power(low, 0.5),
    ):
        assert not found.tight.is_finite()
        assert not any(slope.is_finite() for slope in found.slopes if not slope.is_zero())
    (beyond,) = ball_box([(0.5, 1.1)])
    assert not pole_integral(0.5, beyond).tight.is_finite()
    assert not any(slope.is_finite() for slope in pole_integral(0.5, beyond).slopes)


def test_rests_at_their_removable_points():
    (zero,) = ball_box([(0, 0)])
    assert [float(form(zero).tight) for form in (lambda z: exp_rest(2, z), lambda z: log_rest(2, z))] == [0.5, 0.5]
    (near,) = ball_box([(0, 1e-300)])
    assert pole_integral(Fraction(1, 3), near).tight.is_finite()
    assert power(near, 0).tight.contains(1)
