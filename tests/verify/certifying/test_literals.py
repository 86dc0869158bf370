"""A float beside balls is a number where it is written, and refused where Python has rounded it before."""

import math
import statistics
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flowlab.claims.own import load
from flowlab.verify import Assumption, Choice, Claim, Real, at_most, certify
from flowlab.verify import functions as f
from flowlab.verify.certifying.literals import rounded_in_source

TENTH = 0.1
NEGATIVE = -0.3
EIGHTHS = (0.125, [0.375], {"a": 0.625})
ROOT = math.sqrt(2)
SQUARE = 2**0.5 * 2**0.5
BIG = 123456789012345680.0
FLOORS = (1 / 3, 0.1 + 0.2)


def stated(slack, assuming=(), **hypotheses):
    return Claim("drawn", "drawn", "drawn", "", hypotheses or {"x": Real(0, 1)}, slack, assuming=assuming)


def root_of(x):
    return x * (2**0.5)


def times(number, x):
    return number * x


def summed():
    total = 0.0
    for _ in range(10):
        total += 0.1
    return total


def made_with(number):
    return lambda x: x + number


def made_and_squared(number):
    square = number * number
    return lambda x: x + square


class Bound:
    level = 0.7

    def __call__(self, x):
        return x + self.level * TENTH


ROUNDED = {
    "literals": lambda x: at_most((2 + Fraction(4, 10**16)) * x, 2**0.5 * 2**0.5 * x),
    "a constant of the module": lambda x: SQUARE * x,
    "a root": lambda x: x + ROOT,
    "in a helper": root_of,
    "given to a helper": lambda x: times(2**0.5, x),
    "computed and given": lambda x: times(TENTH * 3, x),
    "a default": lambda x, c=3**0.5: x + c,
    "a computed default": lambda x, c=TENTH / 3: x + c,
    "a sum": lambda x: x + summed(),
    "a sum of a list": lambda x: x + sum([0.1, 0.2]),
    "a mean": lambda x: x + statistics.mean([0.1, 0.2]),
    "a power": lambda x: x + pow(2, 0.5),
    "of text": lambda x: x + float("0.1") * 3,
    "a method": lambda x: x + (2.0).__pow__(0.5),
    "of integers": lambda x: x + 1 / 3,
    "of local integers": lambda x: sum(x + a / b for a, b in ((1, 3),)),
    "in a container": lambda x: x + FLOORS[0],
    "compared": lambda x: 1 if x + 2 > 0.1 + 0.2 else -1,
    "in the sides": lambda x: at_most(0.1 + 0.2, x + 1),
    "in the other side": lambda x: at_most(x, 2**0.5),
    "a comprehension": lambda x: sum(x * (k / 7) for k in range(3)),
    "a closure": made_with(2**0.5),
    "a closure's computation": made_and_squared(0.1),
    "absorbed": lambda x: (BIG + 1) - x,
    "absorbed by a name": lambda x: (1e16 + 1) - x,
    "an instance": Bound(),
    "exponents": lambda x: (x + 1) ** (1 / 3),
    "divided": lambda x: (x + 1) / (0.1 * 3),
}


@pytest.mark.parametrize("name", ROUNDED)
def test_what_was_rounded_is_refused_with_the_way_out(name):
    with pytest.raises(ValueError, match=r"(is rounded in line|is no literal but computed).*functions") as refused:
        certify(stated(ROUNDED[name]), cells=500)
    assert "\n" not in str(refused.value)


def test_what_was_rounded_leaves_nothing_out():
    claim = stated(lambda x: -1, (Assumption("x > 0.1 + 0.2 + 1", lambda x: x > 0.1 + 0.2 + 1),))
    found = certify(claim, cells=100)
    assert found.verdict == "undecided"
    assert "rounded in line" in found.unreadable(claim)["x > 0.1 + 0.2 + 1"]


EXACT = {
    "a literal": lambda x: x + 0.1,
    "negative": lambda x: x - 0.1 + 0.3,
    "arithmetic that is exact": lambda x: x + 0.5 * 0.25 + 1 / 4 + 2**-10 - 2.0**-60,
    "a module's": lambda x: x + TENTH - NEGATIVE,
    "in a container": lambda x: x + EIGHTHS[0] + EIGHTHS[1][0] + EIGHTHS[2]["a"],
    "given to a helper": lambda x: times(0.7, x) + abs(NEGATIVE),
    "a default": lambda x, c=0.3: x + c,
    "a closure": made_with(0.3),
    "compared": lambda x: 1 if x < 1.1 else -1,
    "the larger": lambda x: max(x, -0.1),
    "sides": lambda x: at_most(0.1, x + 0.1),
    "infinite": lambda x: 1 if x < math.inf else -1,
    "an attribute": lambda x: x + Bound.level,
    "constants": lambda x: x + f.sqrt(2) * f.sqrt(2),
    "a root that is one": lambda x: x + 4**0.5,
}


@pytest.mark.parametrize("name", EXACT)
def test_what_is_written_is_the_number_it_is(name):
    claim = stated(EXACT[name])
    found = certify(claim, cells=5000)
    assert found.certified
    found.check(claim)


@settings(deadline=None, max_examples=30)
@given(st.floats(-1, 1))
def test_what_a_function_is_made_with_is_the_number_it_is(number):
    assume(not rounded_in_source(made_with(number)))  # as 1/3, which this file rounds elsewhere
    exact = Fraction(number)
    assert (
        certify(stated(lambda x: (x + number) - (x + exact) + 0 * x, x=Real(0, 1)), cells=5000).verdict != "falsified"
    )
    above = stated(lambda x: 0 * x + number - exact - Fraction(1, 10**30))
    assert certify(above, precision=300, cells=5000).verdict == "falsified"


def test_members_and_ends_are_what_they_are():
    few = stated(lambda c, x: 10 * c + 0 * x - 1, c=Choice(0.1), x=Real(0, 0.1))
    assert certify(few, {"c": "0.1"}).certified


OTHER = "TENTH = 0.1\nTHIRD = 1 / 3\n"
CLAIMS = """
import other
from other import {name}
from flowlab.verify import Real, claim

@claim("mine.own")
def own(x: Real(0, 1)):
    return x + {name}

@claim("mine.of_the_module")
def of_the_module(x: Real(0, 1)):
    return x + other.{name}
"""


@pytest.mark.parametrize("name, refused", [("TENTH", False), ("THIRD", True)])
def test_constants_of_a_module_beside_the_file(tmp_path, name, refused):
    (tmp_path / "other.py").write_text(OTHER, encoding="utf-8")
    path = tmp_path / "mine.py"
    path.write_text(CLAIMS.format(name=name), encoding="utf-8")
    for claim in load(path).values():
        if refused:
            with pytest.raises(ValueError, match="computed"):
                certify(claim)
        else:
            assert certify(claim).certified


def test_where_there_is_a_source_none_is_missed():
    with pytest.raises(ValueError, match=r"1\.75 is rounded in line \d+: write Fraction"):
        certify(stated(lambda x: at_most(-x, 2.5 * max(0.7, x - 2))))


def test_without_a_source_nothing_is_traced():
    scope = {}
    exec("def slack(x):\n    return x + 0.1\n", scope)
    with pytest.raises(ValueError, match="has no source"):
        certify(stated(scope["slack"]))


WITHIN = {
    "fraction": lambda x: 2 * x - Fraction(2**0.5 * 2**0.5) * x,
    "whole": lambda x: int(2**0.5 * 2**0.5 * 1e16) * x - 20000000000000004 * x,
    "comparison": lambda x: 1 if 2**0.5 * 2**0.5 > 2 else -1,
    "within": lambda x: sum(Fraction(0.1 + 0.2) for _ in range(10)) - 3,
}


@pytest.mark.parametrize("name", WITHIN)
def test_what_was_rounded_before_it_meets_a_ball_is_refused(name):
    rounded = Claim("mine.rounded", "", "", "", {"x": Real(1, 2)}, WITHIN[name])
    with pytest.raises(ValueError, match=r"is rounded in line \d+: write Fraction"):
        certify(rounded)
    of_balls = Claim("mine.balls", "", "", "", {"x": Real(1, 2)}, lambda x: x, balls=WITHIN[name])
    with pytest.raises(ValueError, match="is rounded in line"):
        certify(of_balls)


def test_what_is_exact_before_it_meets_a_ball_is_not():
    exact = Claim("mine.exact", "", "", "", {"x": Real(1, 2)}, lambda x: Fraction(1.5 * 3) - 0.1 * x + int(1e16))
    assert certify(exact).certified
