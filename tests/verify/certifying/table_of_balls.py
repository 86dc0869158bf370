"""The table of functions of balls: what each is to mpmath, and the ranges over which the two are compared."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath as mp
from flint import arb

from flowlab.claims._ball_arithmetic import BALLS
from flowlab.verify import functions
from flowlab.verify.certifying.arguments import Far
from flowlab.verify.certifying.balls import Ball, constant
from flowlab.verify.certifying.remainders import blend, exp_rest, log_rest, pole_integral, power, saturation
from flowlab.verify.certifying.wholes import Whole


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
    "whole//, %": Row(lambda x: whole(-9, x) // 3 * x + whole(-9, x) % 5, lambda x: 1 - 3 * x, EVERYWHERE),
    "//whole, %": Row(lambda x: -9 // whole(3, x) * x - 9 % whole(3, x), lambda x: -3 * x, EVERYWHERE),
    "x%2": Row(lambda x: x % 2, lambda x: x - 2 * mp.floor(x / 2), ((2.25, 3.5), (-1.5, -1.25), (1e-300, 2e-300))),
    "7%x": Row(lambda x: 7 % x, lambda x: 7 - x * mp.floor(7 / x), ((3.0625, 3.25), (-3.25, -3.0625))),
    "divmod": Row(
        lambda x: sum(divmod(x, 3)) - sum(divmod(3, x)),
        lambda x: x - 2 * mp.floor(x / 3) - (3 + mp.floor(3 / x) - x * mp.floor(3 / x)),
        ((7.25, 7.5), (1.25, 1.375)),
        value=4,
    ),
    "to integers": Row(
        lambda x: x * math.floor(x) + 10 * math.ceil(x) + 100 * int(x) + 1000 * round(x),
        lambda x: x * mp.floor(x) + 10 * mp.ceil(x) + 100 * int(x) + 1000 * int(mp.nint(x)),
        ((2.25, 2.375), (-2.375, -2.25), (-2.75, -2.625), (2.5, 2.5), (3.5, 3.5), (3, 3), (-2e-200, -1e-200)),
    ),
    "c+x": Row(lambda x: constant(THIRD) + x, lambda x: number(THIRD) + x, EVERYWHERE),
    "x-c": Row(lambda x: x - constant(THIRD), lambda x: x - number(THIRD), EVERYWHERE),
    "c*x": Row(lambda x: constant(-3).exp() * x, lambda x: mp.exp(-3) * x, EVERYWHERE),
    "x/c": Row(lambda x: x / constant(-3), lambda x: x / -3, EVERYWHERE),
    "c/x": Row(lambda x: constant(-3) / x, lambda x: -3 / x, NOT_ZERO, (), POLE),
    "x**c": Row(lambda x: x ** constant(THIRD), mp.cbrt, POSITIVE),
    "x**c, whole": Row(lambda x: x ** constant(2), lambda x: x**2, EVERYWHERE),
    "c**x": Row(lambda x: constant(3) ** x, lambda x: 3**x, EVERYWHERE),
    "c, c": Row(lambda x: (constant(2) + constant(3)) * x - constant(2) * constant(3), lambda x: 5 * x - 6, EVERYWHERE),
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
    "saturation, constant": Row(
        lambda x: saturation(constant(THIRD), x) + saturation(x, constant(2)),
        lambda x: -mp.expm1(-x / 3) * 3 - mp.expm1(-2 * x) / x,
        ((0.5, 0.625), (3, 3)),
        value=6,
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
    "power, constant": Row(
        lambda x: power(x, constant(THIRD)) + power(constant(THIRD), x),
        lambda x: mp.cbrt(x) + mp.mpf(3) ** -x,
        ((0.25, 0.375), (0.5, 0.5)),
        value=6,
        slope=8,
    ),
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
    "1/(Far+c)": Row(lambda y: 1 / (Far(arb(-2), y) + constant(3)), lambda y: 1 - y, ((0, 1), (0.5, 0.75))),
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
    *(f"Questions.__{name}__" for name in ("lt", "le", "gt", "ge", "eq", "ne", "bool", "hash", "float", "complex")),
    *(f"{kind}.__{name}__" for kind in ("Questions", "Whole") for name in ("repr", "format")),
    "Questions.tight", "Questions.finite", "Questions._sure", "Questions._words", "Far.finite",
    "Whole.__index__", "Whole.__hash__", "balls_between", "_exact",
}  # fmt: skip
