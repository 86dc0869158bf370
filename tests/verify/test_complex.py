"""Where a claim comes upon complex numbers it has no value, and nothing is said of the draw, true or false."""

from fractions import Fraction

import mpmath
import pytest
from click.testing import CliRunner

from flowlab.cli import main
from flowlab.verify import Assumption, Claim, Real, at_most, settle, tightness, verify
from flowlab.verify import functions as f

HALF = Fraction(1, 2)


def stated(slack, low=-2, high=1, **options):
    return Claim("t", "", "", "", {"x": Real(low, high)}, slack, **options)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: at_most(f.sqrt(x), 1),
        lambda x: at_most(x**HALF, 1),
        lambda x: at_most(x**0.5, 1),
        lambda x: 1 if x**0.5 < 2 else -1,
        lambda x: 1 if x**HALF < 2 else -1,
        lambda x: at_most(abs(x**0.5), 1),
        lambda x: at_most(abs(x**HALF), 1),
        lambda x: min(x**0.5, 1),
        lambda x: 1 - f.cos(f.log(x)),
        lambda x: 1 - f.sin(f.sqrt(x)),
        lambda x: 3 - f.exp(x**0.5),
        lambda x: 4 - f.log1p(x - 1) ** 0,
        lambda x: 1 - max(Fraction(-7, 5) ** HALF + x, x) if x < 0 else 1,  # an mpf beside a complex number
    ],
)
def test_a_complex_number_is_no_value(function):
    claim = stated(function)
    verdict = verify(claim, examples=60)
    assert verdict.verdict == "undecided"
    assert verdict.counterexample is None
    assert settle(claim, {"x": -2.0}).sign == "unclear"
    assert settle(claim, {"x": 0.5}).sign in ("positive", "touching")
    assert verify(stated(function, 0.25, 1), examples=30).verdict == "held"
    tightness(stated(function, -2, 1), points=9, samples=20)  # which is blank there


@pytest.mark.parametrize("function", [lambda x: f.log(x), lambda x: f.log1p(x - 1)])
def test_a_pole_is_no_value_either(function):
    """At 0 mpmath makes -inf of it, and 0 of its inverse."""
    negative_there = stated(lambda x: x**2 - (f.cos(1) / function(x)) ** 2 * x - 1e-9, 0, 1e-4)
    assert settle(negative_there, {"x": 0.0}).sign == "unclear"
    assert verify(negative_there, examples=20).counterexample != {"x": 0.0}
    with mpmath.workdps(30), pytest.raises(ValueError, match="a pole"):
        function(mpmath.mpf(0))
    assert f.exp(-mpmath.inf) == 0


def test_an_assumption_without_a_value_is_not_satisfied():
    for predicate in (lambda x: x**0.5 < 2, lambda x: f.log(x) < 2, lambda x: 1 / (x - x) < 2 or x > 0):
        claim = stated(lambda x: x, assuming=(Assumption("odd", predicate),))
        assert not claim.admits(x=-1.0)
    assert verify(stated(lambda x: x, assuming=(Assumption("x**0.5 < 2", lambda x: x**0.5 < 2),))).verdict == "held"


FILE = '''
from flowlab.verify import Real, at_most, claim, functions as f

@claim("give.negatives")
def negatives(x: Real(-2, 1)):
    """sqrt(x) <= 1."""
    return at_most(f.sqrt(x), 1)

@claim("give.power")
def power(x: Real(-2, 1)):
    """sqrt(x) <= 1."""
    return at_most(x**0.5, 1) if x**0.5 < 9 else 1

@claim("give.fine")
def fine(x: Real(0, 1)):
    """x**2 <= x."""
    return at_most(x**2, x)
'''


def test_every_row_of_a_file_is_printed(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    result = CliRunner().invoke(main, ["verify", str(path), "--examples", "40"])
    assert result.exit_code == 1
    assert "3 claims: 1 held, 2 undecided; 1 as on record" in result.stdout
