"""Every function of balls in a table: over fixed ranges its value and its slopes enclose the truth, and closely.

The truth is mpmath's at 50 digits, its derivatives by differences. A range touches the edge of a domain or crosses it,
lies across 0 or an extremum, is huge, tiny, or one number. A new function without a row is an error.
"""

import inspect
import itertools
import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
from flint import arb, ctx, fmpq

from flowlab.claims._ball_arithmetic import BALLS
from flowlab.verify import functions
from flowlab.verify.certifying import arbs, arguments, balls, remainders, wholes
from flowlab.verify.certifying.arbs import exact_arb
from flowlab.verify.certifying.arguments import Far
from flowlab.verify.certifying.balls import Ball, ball_box
from flowlab.verify.certifying.remainders import blend, exp_rest, log_rest, pole_integral, power, saturation
from flowlab.verify.certifying.wholes import Whole
from flowlab.verify.functions import plain_numbers_as

DIGITS = 50
ROUNDING = 2.0**-28  # of an enclosure's width beside its numbers: Arb keeps 30 bits of a radius
INNER = -2  # every argument is so many times what moves: a slope is that of the chain


@dataclass(frozen=True)
class Row:
    """A function of balls and the same of mpmath numbers, over ranges of its one argument, or boxes of several.

    `value` and `slope` say how much wider the enclosures may be than the values at points lie apart. At an `edge` they
    may be no numbers; `outside` a domain, or over a pole, the value has to be none.
    """

    of: Callable[..., Any]
    true: Callable[..., Any]
    boxes: tuple[Any, ...]
    edge: tuple[Any, ...] = ()
    outside: tuple[Any, ...] = ()
    value: float = 1.1
    slope: float = 2.1


EVERYWHERE = ((-2, 1), (0.25, 0.25), (-1e-200, 1e-300), (3, 3.5), (-1.5, -1))
POSITIVE = ((0.25, 0.375), (3, 3), (1e-300, 1.25e-300), (1e9, 1.5e9), (1 - 1e-9, 1 + 1e-9))
NOT_ZERO = (*POSITIVE, (-1.5, -1))
PAIRS = (((-1, 2), (0.5, 3)), ((-3, -1), (-0.5, 0)), ((1e-200, 1.5e-200), (1e50, 2e50)), ((0, 0), (1, 2)))
POLE, NEGATIVE = ((0, 1), (-1, 1), (0, 0)), ((-1, 1), (-2, -1))
THIRD = Fraction(1, 3)


def number(exact):
    """Return a Fraction, a float or an exact Arb number as an mpf."""
    if isinstance(exact, arb):
        mantissa, exponent = exact.man_exp()
        return mp.ldexp(int(mantissa), int(exponent))
    return mp.mpf(Fraction(exact).numerator) / Fraction(exact).denominator


def whole(n, x):
    return Whole(n, x.offsets)


def series(q, y):
    """Return ∫ v^q/(1−v) over [0, y], 0 <= y <= 1/2."""
    return mp.fsum(y ** (q + k) / (q + k) for k in range(1, 180))


def powers(exponents, *ranges, **others):
    """Return rows of the powers with such plain numbers."""
    return {f"x**{p!r}": Row(lambda x, p=p: x**p, lambda x, p=p: x ** number(p), *ranges, **others) for p in exponents}


ROWS = {
    "exp": Row(functions.exp, mp.exp, (*EVERYWHERE, (-1e4, -9999), (700, 701))),
    "expm1": Row(functions.expm1, mp.expm1, (*EVERYWHERE, (-100, -99), (700, 701))),
    "log": Row(functions.log, mp.log, POSITIVE, (), (*POLE, *NEGATIVE)),
    "log1p": Row(
        functions.log1p, mp.log1p, ((-0.75, 0.5), (-1e-200, 1e-300), (5, 5), (1e9, 2e9)), (), ((-1, 1), (-3, -2))
    ),
    "sqrt": Row(functions.sqrt, mp.sqrt, POSITIVE, ((0, 2),), NEGATIVE),
    "sin": Row(functions.sin, mp.sin, (*EVERYWHERE, (1, 2), (-3, 12), (1e6, 1e6 + 0.5))),
    "cos": Row(functions.cos, mp.cos, (*EVERYWHERE, (1, 2), (-3, 12), (1e6, 1e6 + 0.5))),
    "sinh": Row(functions.sinh, mp.sinh, (*EVERYWHERE, (50, 51))),
    "cosh": Row(functions.cosh, mp.cosh, (*EVERYWHERE, (-51, -50))),
    "tanh": Row(functions.tanh, mp.tanh, (*EVERYWHERE, (20, 21), (-51, -50))),
    "atan": Row(functions.atan, mp.atan, (*EVERYWHERE, (1e9, 2e9))),
    "-x": Row(operator.neg, operator.neg, EVERYWHERE),
    "+x": Row(operator.pos, operator.pos, EVERYWHERE),
    "abs": Row(abs, abs, ((-2, 1), (0.25, 0.25), (-1e-200, 1e-200), (3, 3.5), (-1.5, -1), (0, 1), (-1, 0)), value=2.1),
    "reciprocal": Row(Ball.reciprocal, lambda x: 1 / x, NOT_ZERO, (), POLE),
    **powers((0, 1, 2, 3, 4, 5, 2.0, Fraction(3)), EVERYWHERE),
    **powers((-1, -2, -3, -2.0, Fraction(-1)), NOT_ZERO, (), POLE, slope=5),
    **powers((Fraction(1, 2), THIRD, 2.5, 0.0625), POSITIVE, ((0, 2),), NEGATIVE),
    **powers((Fraction(-1, 2), -1.75), POSITIVE, (), (*POLE, *NEGATIVE)),
    "2**x": Row(lambda x: 2**x, lambda x: mp.mpf(2) ** x, EVERYWHERE),
    "(1/3)**x": Row(lambda x: THIRD**x, lambda x: 3 ** -x, EVERYWHERE),
    "x**y": Row(
        operator.pow, operator.pow, (((0.5, 0.625), (-1, -0.75)), ((2, 3), (2, 2))), (), (((0, 1), (1, 2)),), slope=4
    ),
    "x*x": Row(lambda x: x * x, lambda x: x**2, EVERYWHERE),
    "x+3": Row(lambda x: x + 3, lambda x: x + 3, EVERYWHERE),
    "1/3+x": Row(lambda x: THIRD + x, lambda x: number(THIRD) + x, EVERYWHERE),
    "x-3": Row(lambda x: x - 3, lambda x: x - 3, EVERYWHERE),
    "3-x": Row(lambda x: 3 - x, lambda x: 3 - x, EVERYWHERE),
    "-3*x": Row(lambda x: -3 * x, lambda x: -3 * x, EVERYWHERE),
    "x*(1/3)": Row(lambda x: x * THIRD, lambda x: x / 3, EVERYWHERE),
    "x/-3": Row(lambda x: x / -3, lambda x: x / -3, EVERYWHERE),
    "3/x": Row(lambda x: 3 / x, lambda x: 3 / x, NOT_ZERO, (), POLE),
    "x+y": Row(operator.add, operator.add, PAIRS),
    "x-y": Row(operator.sub, operator.sub, PAIRS),
    "x*y": Row(operator.mul, operator.mul, PAIRS),
    "x/y": Row(operator.truediv, operator.truediv, (((-1, 2), (0.5, 3)), ((1, 2), (-3, -1))), (), (((1, 2), (0, 1)),)),
    "whole+x": Row(lambda x: whole(3, x) + x, lambda x: 3 + x, EVERYWHERE),
    "whole-x": Row(lambda x: whole(3, x) - x, lambda x: 3 - x, EVERYWHERE),
    "x*whole": Row(lambda x: x * whole(3, x) - whole(5, x) * x, lambda x: -2 * x, EVERYWHERE, value=4),
    "-whole/x": Row(lambda x: -whole(3, x) / x, lambda x: -3 / x, NOT_ZERO, (), POLE),
    "x/whole": Row(lambda x: x / whole(3, x), lambda x: x / 3, EVERYWHERE),
    "x**whole": Row(lambda x: x ** whole(3, x), lambda x: x**3, EVERYWHERE),
    "whole**x": Row(lambda x: whole(3, x) ** x, lambda x: 3**x, EVERYWHERE),
    "whole//, %": Row(lambda x: whole(-7, x) // 2 * x + whole(-7, x) % 4, lambda x: 1 - 4 * x, EVERYWHERE),
    **{
        f"exp_rest({n})": Row(
            lambda x, n=n: exp_rest(n, x),
            lambda x, n=n: (mp.exp(x) - mp.fsum(x**k / mp.factorial(k) for k in range(n))) / x**n,
            ((-2, 1), (0.25, 0.25), (3, 3.5), (-1.5, -1), (-700, -600), (30, 31)),
        )
        for n in (0, 1, 2, 3)
    },
    **{
        f"log_rest({n})": Row(
            lambda x, n=n: log_rest(n, x),
            lambda x, n=n: (mp.fsum(-((-x) ** k) / k for k in range(1, n)) - mp.log1p(x)) / -((-x) ** n) * -1,
            ((-0.75, 0.5), (5, 5), (1e3, 1e3 + 64)),
            (),
            ((-1.5, 1),),
        )
        for n in (1, 2, 3)
    },
    "saturation": Row(
        saturation,
        lambda q, x: -mp.expm1(-q * x) / q if q else x,
        (((0, 2), (0, 3)), ((0.5, 0.5), (1, 2)), ((1e-200, 1e-200), (3, 4)), ((1, 2), (3, 3))),
        (),
        (((-2, -1), (1, 2)), ((1, 2), (-2, -1))),
    ),
    "saturation, number": Row(
        lambda x: saturation(THIRD, x), lambda x: -mp.expm1(-x / 3) * 3, ((0, 2), (3, 3), (1e-200, 100))
    ),
    "pole_integral": Row(
        pole_integral,
        series,
        (((0, 1), (0.25, 0.5)), ((0.5, 0.5), (0.125, 0.25)), ((0, 0), (0.25, 0.375)), ((0.5, 0.625), (0.5, 0.5))),
        (((0.5, 1), (0, 0.5)),),
        (((-2, -1), (0.5, 0.5)), ((1, 2), (0.5, 1))),
        value=3,
        slope=3,
    ),
    "pole_integral, number": Row(
        lambda x: pole_integral(THIRD, x),
        lambda x: series(number(THIRD), x),
        ((0.25, 0.375), (0.5, 0.5)),
        ((0, 0.5),),
        value=3,
        slope=3,
    ),
    "power": Row(
        power,
        operator.pow,
        (((0.5, 0.625), (0.25, 0.5)), ((0.25, 0.25), (0, 2)), ((1e-300, 1.25e-300), (0.5, 0.5))),
        (((0, 0.5), (0.5, 2)), ((0, 0), (1, 2))),
        (((-2, -1), (1, 2)),),
        slope=4,
    ),
    "power, number": Row(lambda x: power(x, THIRD), mp.cbrt, ((0.25, 0.375), (0.5, 0.5)), ((0, 1),), slope=4),
    "blend": Row(
        lambda x, y: blend((x, x), (y, 3 + y)),
        lambda x, y: (x * x + y * (3 + y)) / (x + y),
        (((0.5, 0.5625), (0.25, 0.28125)), ((0, 1 / 64), (0.25, 0.25))),
        value=4,
        slope=8,
    ),
    "Far": Row(lambda y: Far(arb(2), y), lambda y: 2 + y / (1 - y), ((0, 0.5), (0.5, 0.5), (0, 1e-200)), (), ((0, 1),)),
    "1/Far": Row(
        lambda y: 1 / Far(arb(2), y), lambda y: (1 - y) / (2 - y), ((0, 1), (0.5, 0.5), (0, 0.75), (1 - 1e-9, 1))
    ),
    "1/(Far+3)": Row(lambda y: 1 / (3 + Far(arb(-2), y)), lambda y: 1 - y, ((0, 1), (0.5, 0.75))),
    "1/Far, a pole": Row(
        lambda y: 1 / Far(arb(-2), y), lambda y: (1 - y) / (3 * y - 2), ((0.75, 0.875),), (), ((0, 1), (0.5, 0.75))
    ),
    **{
        f"BALLS.{name}": Row(getattr(BALLS, name), getattr(mp, name), ((0.25, 0.5),))
        for name in ("log", "log1p", "exp", "expm1")
    },
}  # fmt: skip

#: What makes no ball of others: it compares, shows, or reads a claim's arguments.
ELSEWHERE = {
    *(f"Ball.__{name}__" for name in ("lt", "le", "gt", "ge", "eq", "ne", "bool", "float", "repr")), "Ball._sure",
    "Whole.__index__", "Whole.__hash__", "balls_between", "_exact",
}  # fmt: skip


def cases(*kinds):
    return [
        pytest.param(row, box if isinstance(box[0], tuple) else (box,), id=f"{name} {box}")
        for name, row in ROWS.items()
        for kind in kinds
        for box in getattr(row, kind)
    ]


def enclosure(row, box):
    """Return what a function of balls makes of a box, and the middle of its arguments."""
    ends = [sorted(Fraction(end) / INNER for end in each) for each in box]
    with ctx.workprec(64), plain_numbers_as(exact_arb):
        at = [INNER * each for each in ball_box([tuple(fmpq(*e.as_integer_ratio()) for e in each) for each in ends])]
        found = row.of(*at)
    assert isinstance(found, Ball)
    return found, [number(each.centre) for each in at]


def points(box):
    count = 8 if len(box) == 1 else 4
    between = [
        [Fraction(low) + Fraction(k, count) * (Fraction(high) - Fraction(low)) for k in range(count + 1)]
        for low, high in box
    ]
    return [tuple(map(number, at)) for at in itertools.product(*map(dict.fromkeys, between))]


def real(function, *at):
    """Return a function's value; None where it is none, or not real."""
    try:
        found = mp.mpmathify(function(*at))
    except (ZeroDivisionError, ValueError):
        return None
    return found if isinstance(found, mp.mpf) and mp.isfinite(found) else None


def derivative(function, at, index):
    size = abs(at[index]) or mp.mpf(1)
    with mp.workdps(3 * DIGITS + 2 * max(0, int(-mp.log10(size)))):
        step = size / mp.mpf(10) ** DIGITS
        ends = [[x + sign * step * (i == index) for i, x in enumerate(at)] for sign in (1, -1)]
        far, near = (real(function, *each) for each in ends)
        return None if far is None or near is None else (far - near) / (2 * step)


def hold(over, found, wider):
    """Let an enclosure hold numbers, and be not much wider than they lie apart."""
    with ctx.workprec(256):
        low, high = number(over.lower()), number(over.upper())
    least, most, size = min(found), max(found), max(map(abs, found))
    rounding = size * mp.mpf(10) ** (8 - DIGITS)
    assert low - rounding <= least
    assert most <= high + rounding
    assert high - low <= wider * (most - least) + ROUNDING * size


@pytest.mark.parametrize("row, box", cases("boxes", "edge"))
def test_a_value_and_its_slopes_are_enclosed_closely(row, box):
    ball, middle = enclosure(row, box)
    moving = [index for index, (low, high) in enumerate(box) if low != high]
    assert len(ball.slopes) == len(moving)
    inner = box in [each if isinstance(each[0], tuple) else (each,) for each in row.boxes]
    with mp.workdps(DIGITS):
        at = points(box)
        if inner or ball.tight.is_finite():
            values = [value for each in at if (value := real(row.true, *each)) is not None]
            hold(ball.tight, values, row.value)
            hold(ball.hull, values, 1e9)
            hold(ball.centre, [row.true(*middle)], 0)
        for slope, index in zip(ball.slopes, moving, strict=True):
            rates = [rate for each in at if (rate := derivative(row.true, each, index)) is not None]
            if inner or slope.is_finite():
                hold(slope, [INNER * rate for rate in rates], row.slope)


@pytest.mark.parametrize("row, box", cases("outside"))
def test_outside_a_domain_and_over_a_pole_is_no_number(row, box):
    assert not enclosure(row, box)[0].tight.is_finite()


def functions_of(module):
    """Return the codes of a module's functions, methods and of what is defined within them."""
    made = [each for each in vars(module).values() if getattr(each, "__module__", None) == module.__name__]
    parts = [part for each in made for part in (vars(each).values() if inspect.isclass(each) else [each])]
    left = [part.__code__ for each in parts if inspect.isfunction(part := getattr(each, "fget", each))]
    while left:
        code = left.pop()
        if code.co_filename == module.__file__ and code.co_qualname not in ELSEWHERE:
            yield code
            left += [inner for inner in code.co_consts if inspect.iscode(inner)]


def test_every_function_of_balls_has_a_row():
    assert set(functions.__all__) - {"plain_number", "plain_numbers_as"} <= vars(Ball).keys()
    assert {
        f"BALLS.{name}" for name, made in vars(type(BALLS)).items() if isinstance(made, staticmethod)
    } <= ROWS.keys()
    run = set()
    before = sys.getprofile()
    sys.setprofile(lambda frame, *_: run.add(frame.f_code))
    try:
        for case in cases("boxes"):
            enclosure(*case.values)[0].tight  # noqa: B018
    finally:
        sys.setprofile(before)
    known = {code for module in (balls, arbs, remainders, wholes, arguments) for code in functions_of(module)}
    assert sorted(code.co_qualname for code in known - run) == []
