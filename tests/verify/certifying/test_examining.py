"""A certificate is held against the search's own means: where the two cannot both be right, it is an error."""

import math
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from flint import fmpq

from flowlab.claims import get
from flowlab.claims.certified import FOLDER
from flowlab.verify import Assumption, Certificate, Claim, ForBalls, Integer, Real, at_most, certify, verify
from flowlab.verify.certifying.arguments import Far
from flowlab.verify.certifying.balls import Ball
from flowlab.verify.certifying.boxes import Box
from flowlab.verify.certifying.certificate_file import RefusedError
from flowlab.verify.certifying.examining import ContradictionError, examine, inside
from flowlab.verify.certifying.wholes import Whole


def stated(slack, assuming=(), **hypotheses):
    return Claim("drawn", "drawn", "drawn", "", hypotheses or {"x": Real(0, 1)}, slack, assuming=assuming)


FALSE = {  # of floats below 0 beyond 1/2, of balls never
    "isinstance": lambda x: at_most(x, Fraction(1, 2)) if isinstance(x, float) else at_most(0 * x, 1),
    "type": lambda x: Fraction(1, 2) - x if type(x) is float else x,
    "an attribute": lambda x: Fraction(1, 2) - x if hasattr(x, "is_integer") else x,
    "a ball": lambda x: x if isinstance(x, Ball) else Fraction(1, 2) - x,
    "its name": lambda x: x if "Ball" in type(x).__name__ else Fraction(1, 2) - x,
    "its text": lambda x: x if "B" in str(x) else Fraction(1, 2) - x,
    "format": lambda x: x if "B" in f"{x}" else Fraction(1, 2) - x,
    "a difference that is small": lambda x: x + 1 if not isinstance(x, float) else x + 1 - x**2 / 1000,
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_another_function_of_balls_is_a_contradiction(name):
    claim = stated(FALSE[name])
    with pytest.raises(ContradictionError, match=r"^contradiction: .* over x ∈ \[0, 1\], yet"):
        certify(claim)
    by_hand = Certificate(claim.id, claim.statement, {"x": ["0", "1"]}, 64, ".")
    with pytest.raises(RefusedError, match=r"contradiction|leaf 1"):
        by_hand.check(claim)
    verdict = verify(claim, examples=60)
    assert verdict.verdict == "undecided"
    assert "it is another function of these" in verdict.message


def test_what_is_another_function_of_integers_is_one_too():
    for slack in (lambda n: 5 - n if isinstance(n, int) else 1 + 0 * n, lambda n: 1 if isinstance(n, Ball) else 5 - n):
        with pytest.raises(ContradictionError):
            certify(stated(slack, n=Integer(0, 10)))


@pytest.mark.parametrize(
    "predicate",
    [
        lambda n: isinstance(n, int),
        lambda n: type(n) is int,
        lambda n: not isinstance(n, Ball | Whole),
        lambda n: "B" not in str(n),
    ],
)
def test_an_assumption_that_only_balls_do_not_satisfy(predicate):
    false = stated(lambda n: at_most(n, 5), (Assumption("an int", predicate),), n=Integer(0, 10))
    with pytest.raises(ContradictionError, match="n = 5 satisfies the hypotheses, that balls say nothing does"):
        certify(false)
    by_hand = Certificate(false.id, false.statement, {"n": ["0", "10"]}, 64, "-")
    assert by_hand.verdict == "empty"
    with pytest.raises(ContradictionError):
        by_hand.check(false)
    partly = replace(
        false, assuming=(Assumption("odd", lambda n: n > 5 or predicate(n)),), slack=lambda n: n - 3, exact=None
    )
    with pytest.raises(ContradictionError):
        certify(partly)


def test_forms_for_balls_are_held_against_the_exact_slack():
    claim = replace(stated(lambda x: x - 2), balls=ForBalls(lambda x: x + 1))
    with pytest.raises(ContradictionError, match="negative in mpmath, but positive in ball"):
        certify(claim)
    other = replace(stated(lambda x: x + 1), balls=ForBalls(lambda x: x - 2))
    with pytest.raises(ContradictionError, match=r"falsified over .* yet the slack is positive"):
        certify(other)


def test_what_is_one_function_is_no_contradiction():
    """Floats that cancel to nothing are rounded, and no other function."""
    generator = random.Random(0)
    for _ in range(12):
        a, b, n = generator.uniform(-3, 3), generator.uniform(-3, 3), generator.randrange(5)

        def cancels(x, a=Fraction(a), b=Fraction(b), n=n):
            return (x - a) * (x - b) * (x + a) ** n - (x - b) * (x - a) * (a + x) ** n + 1e-30

        certify(stated(cancels), cells=50)
        verdict = verify(stated(cancels), examples=30)
        assert verdict.verdict in ("held", "undecided")
        assert "another function" not in verdict.message


def test_a_point_is_in_a_box_or_not():
    box = Box({"x": (fmpq(0), fmpq(1)), "y": (fmpq(1), math.inf)}, {"n": 2, "rule": "relu"})
    for point, found in (
        ({"x": 0.0, "y": 1.0, "n": 2, "rule": "relu"}, True),
        ({"x": 1.0, "y": math.inf, "n": 2, "rule": "relu"}, True),
        ({"x": 1.5, "y": 2.0, "n": 2, "rule": "relu"}, False),
        ({"x": 1.0, "y": 0.5, "n": 2, "rule": "relu"}, False),
        ({"x": 1.0, "y": 2.0, "n": 3, "rule": "relu"}, False),
        ({"x": 1.0, "y": 2.0, "n": 2, "rule": "tanh"}, False),
    ):
        assert inside(box, point) is found
    assert issubclass(Far, Ball)


def test_an_examination_is_the_same_every_time():
    kept = Certificate.load(FOLDER / "gissin2020.lemma1.json")
    for _ in range(2):
        examine(kept, get("gissin2020.lemma1"))
