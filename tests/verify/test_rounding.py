"""A claim with a number that Python has rounded is told to be one, by verify as by certify; no other is."""

import json
import math
from fractions import Fraction

import mpmath
import pytest
from click.testing import CliRunner

from flowlab.cli import main
from flowlab.verify import Assumption, Claim, Integer, Real, at_most, certify, verify
from flowlab.verify import functions as f

ROOT = math.sqrt(2)
SQUARE = 2**0.5 * 2**0.5
TENTH = 0.1


def stated(slack, **options):
    return Claim("demo", "", "", "", {"x": Real(1, 2)}, slack, **options)


def squared(x):
    return Fraction(2**0.5 * 2**0.5) * x


other = stated(squared)
ROUNDED = {
    "sides": lambda x: at_most(x, 2**0.5 * 2**0.5 + 1),
    "a third": lambda x: x + 1 / 3,
    "mpmath": lambda x: mpmath.exp(x) - 1 / 3,
    "a constant": lambda x: x + ROOT,
    "a constant that becomes a fraction": lambda x: x + Fraction(SQUARE),
    "a helper": lambda x: x + squared(x),
    "a helper of mpmath": lambda x: mpmath.exp(squared(x)),
    "another claim": lambda x: x + other.slack(x),
    "a default": lambda x, third=1 / 3: mpmath.exp(x) + third,
    "computed": lambda x: x + sum([0.1, 0.2]),
    "falsified": lambda x: x - 1 - 1 / 3,
}


@pytest.mark.parametrize("name", ROUNDED)
def test_what_was_rounded_is_told(name):
    rounded = verify(stated(ROUNDED[name]), examples=20)
    assert rounded.verdict == ("falsified" if name == "falsified" else "held")
    assert "rounded in line" in rounded.rounded or "no literal but computed" in rounded.rounded
    with pytest.raises(ValueError, match=r"rounded in line|computed|mpf"):
        certify(stated(ROUNDED[name]), cells=100)


def test_of_what_else_decides_as_well():
    third = Assumption("x > 4/3", lambda x: x > 1 + 1 / 3)
    for options in ({"assuming": (third,)}, {"balls": ROUNDED["a third"]}, {"exact": ROUNDED["mpmath"]}):
        assert "rounded in line" in verify(stated(lambda x: x, **options), examples=20).rounded


def plus_one(x):
    return x + 1.0


def absorbed(x):
    return (1 + 1e-17) * x


EXACT = {
    "literals": lambda x: x + 0.1 + 3 / 4 + 0.5 * 0.25 + TENTH,
    "a root": lambda x: f.sqrt(2) * x + 4**0.5,
    "mpmath": lambda x: mpmath.exp(x) - Fraction(1, 3) - mpmath.mpf(1) / 3,
    "fractions": lambda x: x + Fraction(1, 3),
    "rounded elsewhere": plus_one,
}


@pytest.mark.parametrize("name", EXACT)
def test_what_is_written_is_not(name):
    assert verify(stated(EXACT[name]), examples=20).rounded == ""
    float_only = stated(lambda x: math.exp(1 / 3 * x), exact=EXACT[name])  # which decides nothing
    assert verify(float_only, examples=20).rounded == ""
    assert "1.0 is rounded in line" in verify(stated(absorbed), examples=20).rounded


def test_of_what_has_no_source_nothing_is_said():
    scope = {}
    exec("def slack(x):\n    return abs(x - 77.125) + 0.003\n", scope)
    assert verify(stated(scope["slack"]), examples=20).rounded == ""


def test_quotients_of_integers_are_no_constants():
    harmonic = Claim(
        "demo", "", "", "", {"n": Integer(1, 9)}, lambda n: 2 - sum(1 / (k * (k + n)) for k in range(1, 9))
    )
    assert verify(harmonic, examples=9).rounded == ""


FILE = """
from flowlab.verify import Real, at_most, claim

@claim("mine.square")
def square(x: Real(0, 1)):
    return at_most(x,
                   2**0.5 * 2**0.5 - 1)
"""


def test_the_command_tells_the_line_and_the_way_out_and_names_no_certificate(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    told = "1.0000000000000004 is rounded in line 7: write Fraction, or flowlab.verify.functions"
    shown = CliRunner().invoke(main, ["verify", str(path), "--examples", "20"])
    assert shown.exit_code == 0
    assert f"mine.square: held with a number that Python has rounded. {told}\n" in shown.stdout
    assert "flowlab certify" not in shown.stdout
    (found,) = json.loads(CliRunner().invoke(main, ["verify", str(path), "--examples", "20", "--json"]).stdout)
    assert (found["verdict"], found["agrees"], found["rounded"]) == ("held", True, told)
    path.write_text(FILE.replace("2**0.5 * 2**0.5", "2"), encoding="utf-8")
    shown = CliRunner().invoke(main, ["verify", str(path), "--examples", "20"])
    assert "rounded" not in shown.stdout
    assert "flowlab certify" in shown.stdout


def two():
    return Fraction(2**HALF) ** 2


HALF = 0.5


def test_what_a_helper_rounds_unseen_is_told():
    claim = Claim("m", "", "", "", {"x": Real(1, 2)}, lambda x: two() * x - (2 + Fraction(2, 10**16)) * x)
    assert "1.4142135623730951 is rounded in line" in verify(claim, examples=20).rounded
