"""A float that is rounded as a formula runs decides nothing, wherever that is, and whatever becomes of it."""

import contextlib
import functools
import math
import operator
import time
from decimal import Decimal
from fractions import Fraction

import pytest

from flowlab.verify import Assumption, Choice, Claim, Integer, Real, at_most, certify
from flowlab.verify import functions as f
from flowlab.verify.certifying.certificate import Certificate

ROOT = math.sqrt(2)
HALF, TENTH = 0.5, 0.1
WRITTEN = 1.4142135623730951
ABOVE = 2 + Fraction(2, 10**16)  # 2 is below it, the square of the rounded root is not


def stated(slack, assuming=(), **hypotheses):
    return Claim("drawn", "drawn", "drawn", "", hypotheses or {"x": Real(1, 2)}, slack, assuming=assuming)


def two():
    return Fraction(math.sqrt(2)) ** 2


def rooted():
    return math.sqrt(2)


def close():
    return math.isclose(0.3, Fraction(3, 10))


def power():
    return 2**HALF


def third(n):
    return Fraction(1 / n)


@functools.lru_cache
def kept():
    return Fraction(2**HALF) ** 2


@contextlib.contextmanager
def within():
    yield Fraction(2**HALF) ** 2


def doubled(function):
    @functools.wraps(function)
    def wrapper():
        return 2 * function()

    return wrapper


@doubled
def four():
    return 2 * Fraction(2**HALF) ** 2 / 2


def in_a_context(x):
    with within() as made:
        return at_most(ABOVE * x, made * x)


def local_third(x):
    n = 3
    return at_most(3 * Fraction(1 / n) * x, (1 - Fraction(1, 10**17)) * x)


def local_power(x):
    s = 0.5
    return 1 if 2**s * 2**s > 2 else -1


def local_sum(x):
    t = 0.1
    return 1 if t + 0.2 > 0.3 else -1


def augmented(x):
    t = 0.1
    t += 0.2
    return 1 if t > 0.3 else -1


def in_some_cells_only(x):
    return at_most(x, 2) if x < Fraction(29, 16) else at_most(ABOVE * x, two() * x)


def imported(x):
    from math import sqrt as root

    return at_most(ABOVE * x, Fraction(root(2)) ** 2 * x)


def looped(x):
    return max(-1 if v <= 0.3 else 1 for v in map(operator.add, [0.1], [0.2]))


class Rounding:
    def __init__(self, number):
        self.number = number

    def __mul__(self, other):
        return Fraction(self.number * other)

    @property
    def square(self):
        return Fraction(2**HALF) ** 2

    @staticmethod
    def static():
        return Fraction(2**HALF) ** 2

    def __call__(self):
        return Fraction(2**HALF) ** 2


ONE = Rounding(0.1)

FALSE = {
    "a helper": lambda x: at_most(ABOVE * x, two() * x),
    "a helper in a table": lambda x: at_most(ABOVE * x, {"two": two}["two"]() * x),
    "a partial helper": lambda x: at_most(x, x) - (1 - 3 * functools.partial(third, 3)()) - Fraction(1, 10**18),
    "a kept helper": lambda x: at_most(ABOVE * x, kept() * x),
    "a decorated helper": lambda x: at_most(2 * ABOVE * x, four() * x),
    "a context": in_a_context,
    "a local third": local_third,
    "an integer": lambda x: int(pow(2, 0.5) * pow(2, 0.5) * 2**60) * x - (2**61 + 200) * x,
    "a local power": local_power,
    "a helper's power": lambda x: 1 if power() ** 2 > 2 else -1,
    "a local sum": local_sum,
    "an augmented sum": augmented,
    "a branch of some cells": in_some_cells_only,
    "imported within": imported,
    "of a library, one by one": looped,
    "a constant": lambda x: 1 if ROOT * ROOT > 2 else -1,
    "a constant that is also written": lambda x: 1 if rooted() == WRITTEN else -1,
    "a sum of a list": lambda x: 1 if sum([TENTH] * 3) > 0.3 else -1,
    "a difference": lambda x: 1 if (TENTH + 0.2) - 0.3 else -1,
    "an operator": lambda x: 1 if operator.add(TENTH, 0.2) > 0.3 else -1,
    "handed on": lambda x: 1 if functools.reduce(operator.add, [TENTH, 0.2]) > 0.3 else -1,
    "handed on as one's own": lambda x: 1 if max([3], key=lambda n: n * TENTH) and x < 3 else -1,
    "close": lambda x: 1 if close() else -1,
    "a decimal": lambda x: at_most((2 - Fraction(4, 10**28)) * x, Fraction(Decimal(2).sqrt() ** 2) * x),
    "a method of a class": lambda x: 1 if Rounding(TENTH) * 3 > Fraction(3, 10) else -1,
    "a method of an object": lambda x: 1 if Fraction(0.3) < ONE * 3 else -1,
    "a property": lambda x: at_most(ABOVE * x, ONE.square * x),
    "a static method": lambda x: at_most(ABOVE * x, Rounding.static() * x),
    "an object called": lambda x: at_most(ABOVE * x, ONE() * x),
    "both at once": lambda x: 1 if divmod(0.3, TENTH)[1] > 0.05 else -1,
    "chance": lambda x: 1 if time.time() > 0.3 else -1,
    "evaluated": lambda x: 1 if eval("0.1 + 0.2 > 0.3") else -1,
    "another claim": lambda x: stated(local_power)(x=x),
    "a default": lambda x, root=ROOT: 1 if Fraction(root) ** 2 > 2 else -1,
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_rounded_on_the_way_is_refused(name):
    with pytest.raises(ValueError, match="claim: got drawn, which balls cannot evaluate"):
        certify(stated(FALSE[name]), cells=500)
    kept = Certificate("drawn", "drawn", {"x": ("1", "2")}, 64, ".")
    with pytest.raises(ValueError, match=r"claim: got drawn, which balls cannot evaluate|tree: got"):
        kept.check(stated(FALSE[name]))


@pytest.mark.parametrize("name", ["a helper's power", "a local sum", "a local power"])
def test_an_assumption_that_rounds_leaves_nothing_out(name):
    rounding = FALSE[name]
    claim = stated(lambda x: -1, (Assumption("2 < 2", lambda x: rounding(x) < 0),))
    found = certify(claim, cells=100)
    assert found.verdict == "undecided"
    assert "2 < 2" in found.unreadable(claim)


def exact_locals(x):
    t, n = 1.5, 4
    t *= 3
    return 1 if t * 2 == 9 and 1 / n == 0.25 and 2**-n * 16.0 == 1 and n**0.5 == 2 else -1


def recursive(k):
    return 0 if k == 0 else 1 + recursive(k - 1)


@functools.lru_cache
def fibonacci(k):
    return k if k < 2 else fibonacci(k - 1) + fibonacci(k - 2)


TRUE = {
    "exact arithmetic": exact_locals,
    "one of those given": lambda x: 1 if max(TENTH, 0.05) == TENTH and abs(-TENTH) == float(TENTH) else -1,
    "products": lambda x: functools.reduce(operator.mul, [x, Fraction(1, 3), 6]) - 2 * x + 1,
    "powers": lambda x: pow(x, 2) - x * x + sum(x / math.factorial(k) for k in range(4)) + f.sqrt(2) - f.sqrt(2),
    "taken out": lambda x: x + next(iter([TENTH])) + {"a": TENTH}.get("a") - {"a": 0.1}.pop("a"),
    "deep": lambda x: x + recursive(300) - 300 + fibonacci(90) - fibonacci(89) - fibonacci(88),
    "infinite": lambda x: 1 if x < math.inf and 1 - math.inf < 0 else -1,
    "texts": lambda x: x - Fraction("0.1") - Fraction(str(TENTH)),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_exact_is_let_through(name):
    claim = stated(TRUE[name])
    found = certify(claim, cells=2000)
    assert found.certified
    found.check(claim)


def test_integers_and_choices_are_no_floats():
    claim = stated(lambda x, n, c: x / n - c * x + (1 / n) * 3 - c, x=Real(1, 2), n=Integer(1, 3), c=Choice(0.1, 0.25))
    assert certify(claim, {"n": "3", "c": "0.25"}, cells=5000).certified


def test_without_a_source_arithmetic_that_may_round_is_refused():
    scope = {"Fraction": Fraction, "at_most": at_most}
    exec("def slack(x):\n    return at_most(1, x * x)\ndef third(x):\n    return x / 3", scope)
    assert certify(stated(scope["slack"]), cells=1000).certified
    with pytest.raises(ValueError, match=r"has no source, of third: write it in a file"):
        certify(stated(scope["third"]))


def test_methods_do_as_before_where_nothing_is_certified():
    assert Fraction(0.1 * 3) == ONE * 3
