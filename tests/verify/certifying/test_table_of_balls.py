"""Every function of balls in a table: over fixed ranges its value and its slopes enclose the truth, and closely.

The truth is mpmath's at 50 digits, its derivatives by differences. A range touches the edge of a domain or crosses it,
lies across 0 or an extremum, is huge, tiny, or one number. A new function without a row is an error.
"""

import inspect
import itertools
import sys
from fractions import Fraction

import mpmath as mp
import pytest
from flint import ctx, fmpq

from flowlab.claims._ball_arithmetic import BALLS
from flowlab.verify import functions
from flowlab.verify.certifying import arbs, arguments, balls, questions, remainders, wholes
from flowlab.verify.certifying.balls import Ball, ball_box, constant
from flowlab.verify.functions import plain_numbers_as
from tests.verify.certifying.table_of_balls import ELSEWHERE, ROWS, number

DIGITS = 50
ROUNDING = 2.0**-28  # of an enclosure's width beside its numbers: Arb keeps 30 bits of a radius
INNER = -2  # every argument is so many times what moves: a slope is that of the chain


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
    with ctx.workprec(64), plain_numbers_as(constant):
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
    shared = functions.exp.__code__  # which all elementary functions have
    elementary = {name for name, made in vars(functions).items() if getattr(made, "__code__", None) is shared}
    assert {"sin", "log"} < elementary <= vars(Ball).keys()
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
    known = {
        code for module in (balls, questions, arbs, remainders, wholes, arguments) for code in functions_of(module)
    }
    assert sorted(code.co_qualname for code in known - run) == []
