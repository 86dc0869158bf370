"""A slack that says nothing proves nothing; members are what they are, integers integers, and assumptions assumed."""

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.verify import Assumption, Certificate, Choice, Claim, Integer, Real, at_most, certify, functions, verify
from flowlab.verify.certifying.boxes import read_box
from flowlab.verify.certifying.cells import Problem
from flowlab.verify.certifying.certificate_file import RefusedError
from flowlab.verify.sides import Sides


def stated(slack, assuming=(), **hypotheses):
    return Claim("drawn", "drawn", "drawn", "", hypotheses or {"x": Real(0, 1)}, slack, assuming=assuming)


def certified_by_hand(claim, box):
    """Return a certificate that calls the whole box proved."""
    words = {name: [str(each) for each in ends] for name, ends in box.items()}
    return Certificate(id=claim.id, statement=claim.statement, box=words, precision=64, tree=".")


# --- slacks -------------------------------------------------------------------------------------------------------

NO_SLACKS = [
    None,
    True,
    False,
    "1",
    b"1",
    (1, 2),
    [1],
    {},
    1j,
    2.0,
    math.inf,
    math.nan,
    Decimal(1),
    mpmath.mpf(1),
    mpmath.pi,
    np.bool_(True),
    np.float64(1),
    np.float32(1),
    np.int64(1),
    np.array([1.0, 2.0]),
    object,
    len,
]


@pytest.mark.parametrize("found", NO_SLACKS, ids=lambda found: f"{type(found).__name__}-{found}"[:30])
def test_what_is_no_slack_is_refused_by_search_and_check(found):
    """Neither nothing nor a truth value, a text or a number that may be rounded proves anything."""
    for claim in (stated(lambda x: found), stated(lambda x: found if x >= -1 else x)):
        with pytest.raises(
            ValueError, match=r"claim: got drawn, wh(ose slack is .*; allowed: a number|ich .* is rounded in)"
        ) as refused:
            certify(claim)
        assert "\n" not in str(refused.value)
        with pytest.raises(ValueError, match="claim: got drawn"):
            certified_by_hand(claim, {"x": (0, 1)}).check(claim)


@pytest.mark.parametrize("found", [found for found in NO_SLACKS if not isinstance(found, bool | float)], ids=str)
def test_what_is_no_number_is_none_in_a_formula_either(found):
    for formula in (lambda x: x + found, lambda x: 2 - found * x, lambda x: Sides(found, x + 2), lambda x: x / found):
        with pytest.raises(ValueError, match="claim: got drawn"):
            certify(stated(formula))


def test_a_truth_value_of_a_slack_is_no_slack():
    """They are false everywhere: a comparison is no slack, nor is what a function without return returns."""
    for false in (lambda x: x <= -1, lambda x: None if at_most(x, -1) else x, lambda x: 0 if x > 5 else False):
        with pytest.raises(ValueError, match="claim: got drawn, whose slack is"):
            certify(stated(false))


@pytest.mark.parametrize("number", [0, 1, 10**30, Fraction(1, 3)])
def test_constants_are_slacks(number):
    assert certify(stated(lambda x: number)).certified
    assert certify(stated(lambda x: -1 - number)).verdict == "falsified"
    assert certify(stated(lambda x: functions.log(2))).certified


def test_nothing_is_proved_by_what_is_infinite():
    for endless in (lambda x: (x + 1) * math.inf, lambda x: functions.log(0), lambda x: functions.exp(math.inf)):
        assert certify(stated(endless), cells=50).verdict == "undecided"


# --- members of a choice ------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(1, 1000))
@example(0.1, 10)
@example(0.7, 10)
@example(1 / 3, 3)
def test_a_member_is_the_very_float(member, times):
    """k c is exactly k times the float: not what Python rounds it to, nor the decimal it prints as."""
    exact = times * Fraction(member)
    for number in (Fraction(float(exact)), Fraction(str(member)) * times):
        above = stated(lambda c, x, number=number: c * times - number + 0 * x, c=Choice(member), x=Real(0, 1))
        found = certify(above, {"c": str(member)}, precision=256, cells=5000)
        assert found.verdict == ("certified" if exact >= number else "falsified")
        found.check(above)


def test_search_and_certificate_agree_on_a_member():
    tenth = stated(lambda c, x: at_most(10 * c + 0 * x, 1), c=Choice(0.1), x=Real(0, 1))
    assert verify(tenth).verdict == certify(tenth, {"c": 0.1}).verdict == "falsified"
    with pytest.raises(RefusedError, match="leaf 1"):
        certified_by_hand(tenth, {"c": ("0.1", "0.1"), "x": (0, 1)}).check(tenth)


def test_members_go_by_what_they_print_as():
    rule = Choice(3.0, 2, "tanh", math.inf, Fraction(1, 3), True)
    claim = stated(lambda rule, x: x, rule=rule, x=Real(0, 1))
    for given_, member in (
        ("3.0", 3.0),
        ("3", 3.0),
        (2, 2),
        ("tanh", "tanh"),
        ("inf", math.inf),
        ("∞", math.inf),
        ("1/3", Fraction(1, 3)),
        ("True", True),
        (["inf", "inf"], math.inf),
    ):
        assert read_box(claim, {"rule": given_}).fixed["rule"] is member or member == Fraction(1, 3)
        certify(claim, {"rule": given_}).check(claim)
    with pytest.raises(ValueError, match=r"box: got nothing for rule; allowed: rule=MEMBER, one of rule ∈ \{3, 2, tan"):
        certify(claim)
    twice = replace(claim, hypotheses={"rule": Choice(2, "2"), "x": Real(0, 1)})
    with pytest.raises(ValueError, match="2 members"):
        certify(twice, {"rule": 2})


@pytest.mark.parametrize("member", [Decimal("0.1"), np.float32(0.1), 1j, mpmath.mpf("0.1")])
def test_members_that_round_among_their_like_are_refused(member):
    with pytest.raises(ValueError, match="may round"):
        certify(stated(lambda c, x: x, c=Choice(member), x=Real(0, 1)), {"c": str(member)})


# --- integers -----------------------------------------------------------------------------------------------------

SMALL = st.integers(-12, 12)


@settings(max_examples=60, deadline=None)
@given(SMALL, st.integers(0, 24), st.lists(SMALL, min_size=1, max_size=3), st.booleans(), st.integers(1, 4))
@example(0, 24, [3, 4], False, 1)
@example(-12, 24, [0, 0, 1], True, 4)
@example(3, 0, [3], False, 1)
@example(2, 8, [3], False, 1)  # fails at its first integer alone
@example(2, 8, [9, 12], True, 1)  # and at its last
def test_integers_alone_decide_about_integers(low, width, roots, unbounded, scale):
    """A polynomial plus 1/16 at every integer of a range, by trying them all."""

    def slack(n):
        product = Fraction(1, 8)
        for root in roots:
            product = product * (n - root)
        return scale * product + Fraction(1, 16)

    high = low + width
    claim = stated(slack, n=Integer(low, None if unbounded else high))
    fails = [n for n in range(low, high + 1) if slack(n) < 0]
    found = certify(claim, {"n": (low, high)})
    assert found.verdict == ("falsified" if fails else "certified")
    if fails:
        first, last = found.counterexample["n"]
        assert first == last
        assert int(first) in fails
    found.check(claim)


def test_what_fails_only_between_integers_holds():
    between = stated(lambda n: (2 * n - 3) ** 2 - 0.25, n=Integer(1, 3))
    assert certify(between).certified
    assert certify(stated(lambda n: (n - 333) * (n - 334), n=Integer(0, 500))).certified
    nowhere = stated(lambda n: (2 * n - 1) ** 2 - 0.5, n=Integer(0, 1))
    for tree in ("00.-0-.", "00..0..", "0.."):
        replace(certified_by_hand(nowhere, {"n": (0, 1)}), tree=tree).check(nowhere)
    with pytest.raises(RefusedError, match="'-' for leaf 7"):
        replace(certified_by_hand(nowhere, {"n": (0, 1)}), tree="00.-0--").check(nowhere)


def test_integers_without_end_are_integers():
    far = stated(lambda n: 1 - 12 / n + 35 * (1 / n) ** 2, n=Integer(1))  # (n − 5)(n − 7)/n²
    found = certify(far, {"n": "1:inf"}, cells=5000)
    assert found.counterexample == {"n": ["6", "6"]}
    found.check(far)
    between = stated(lambda n: 1 - 11 / n + Fraction(241, 8) * (1 / n) ** 2, n=Integer(1))  # (n − 5)(n − 6) + 1/8
    assert certify(between, {"n": "1:inf"}).certified


def test_a_cell_with_an_integer_is_none_without():
    """Of [0, 3], both halves hold an integer; a certificate that calls them empty is refused."""
    claim = stated(lambda n: n - 9, n=Integer(0, 3))
    for tree in ("-", "0--"):
        with pytest.raises(RefusedError, match="'-' for leaf"):
            replace(certified_by_hand(claim, {"n": (0, 3)}), tree=tree).check(claim)
    quarter = stated(lambda n: n + 1, n=Integer(0, 3))
    certify(quarter).check(quarter)
    with pytest.raises(RefusedError, match="certainly false"):
        replace(certified_by_hand(claim, {"n": (0, 3)}), tree="?", counterexample={"n": ["1", "2"]}).check(claim)


# --- assumptions --------------------------------------------------------------------------------------------------

SQUARE = {"a": Real(0, 1), "b": Real(0, 1)}
HALVES = st.sampled_from([each / 8 for each in range(-8, 9)])


@settings(max_examples=20, deadline=None)
@given(HALVES, HALVES, HALVES, st.sampled_from([1 / 8, -1 / 8]))
@example(1.0, -1.0, 0.0, 1 / 8)
@example(1.0, -1.0, 0.0, -1 / 8)
@example(1.0, 1.0, 4.0, 1 / 8)
def test_a_claim_is_asked_where_its_assumption_holds(p, q, bound, margin):
    """The assumption p a + q b ≤ bound, and the claim p a + q b ≤ bound + margin, by the corners of the square."""
    corners = [p * a + q * b for a in (0, 1) for b in (0, 1)]
    claim = stated(
        lambda a, b: Fraction(bound) + Fraction(margin) - p * a - q * b,
        (Assumption("half", lambda a, b: p * a + q * b <= bound),),
        **SQUARE,
    )
    holds = margin > 0 or max(corners) < bound + margin or min(corners) > bound
    fails = min(corners) < bound and max(corners) > bound + margin
    found = certify(claim, cells=5000 if holds or fails else 20)  # what touches is never decided
    if holds:
        assert found.verdict == ("empty" if min(corners) > bound else "certified")
    elif fails:
        assert found.verdict == "falsified"
        ends = [p * Fraction(a) + q * Fraction(b) for a in found.counterexample["a"] for b in found.counterexample["b"]]
        assert max(ends) <= bound
        assert min(ends) > bound + margin
    found.check(claim)


def test_an_assumption_that_is_not_sure_leaves_nothing_out():
    """Touching, a pole, what is no number, and what is no truth value: the claim is false wherever it may be asked."""
    false = stated(lambda a, b: -1 - a * b, **SQUARE)
    for unsure in (
        lambda a: a * 0 >= 0 * a + functions.log(a - 2),
        lambda a: 1 / (a - 0.5) * 0 > 1,
        lambda a: functions.sqrt(a - 3) > 5,
        lambda a: None,
        lambda a: 0,
        lambda a: "",
        lambda a: math.sin(a) > 2,
        lambda a: a > math.pi,
        lambda a: a.is_integer() and a > 2,
    ):
        claim = replace(false, assuming=(Assumption("unsure", lambda a, b, unsure=unsure: unsure(a)),))
        assert certify(claim, cells=50).verdict == "undecided"
        with pytest.raises(RefusedError, match="leaf 1"):
            certified_by_hand(claim, {"a": (0, 1), "b": (0, 1)}).check(claim)


def test_what_satisfies_nothing_is_told():
    never = stated(lambda a, b: -1, (Assumption("a > 2", lambda a, b: a > 2),), **SQUARE)
    found = certify(never)
    assert (found.verdict, found.certified, found.tree) == ("empty", False, "-")
    found.check(never)
    with pytest.raises(RefusedError, match="leaf 1"):
        found.check(replace(never, assuming=()))
    with pytest.raises(ValueError, match="leaf 1"):
        certify(replace(never, assuming=()), begun=found)


def test_an_assumption_that_balls_cannot_evaluate_is_named():
    claim = stated(lambda a, b: a - b, (Assumption("sin a < 2", lambda a, b: math.sin(a) < 2),), **SQUARE)
    assert certify(claim, cells=100).unreadable(claim) == {
        "sin a < 2": "math.sin rounds: write flowlab.verify.functions.sin"
    }
    assert Problem(claim, read_box(claim)).unreadable(((0, 0), (0, 0))) == {
        "sin a < 2": "math.sin rounds: write flowlab.verify.functions.sin"
    }
    readable = replace(claim, assuming=(Assumption("a < b", lambda a, b: a < b),))
    assert certify(readable, cells=100).unreadable(readable) == {}


def test_logarithms_of_plain_numbers_are_not_rounded_in_an_assumption():
    below = 0.6931471805599453  # below the logarithm
    claim = stated(lambda x: -1, (Assumption("log 2 > …", lambda x: functions.log(2) > below),))
    assert certify(claim).verdict == "falsified"


# --- open ends ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("low_open", [False, True])
@pytest.mark.parametrize("high_open", [False, True])
def test_an_open_end_is_in_no_counterexample(low_open, high_open):
    """A claim that fails everywhere fails at an end where that is closed, and where it is open says nothing of it."""
    wrong = stated(lambda x: x - 2, x=Real(0, 1, low_open=low_open, high_open=high_open))
    parts = [("0", "1/2", not low_open), ("1/2", "1", not high_open), ("1/4", "3/4", True), ("1/3", "1/3", True)]
    for low, high, admitted in [*parts, ("0", "0", not low_open), ("1", "1", not high_open)]:
        found = Certificate(
            id=wrong.id,
            statement=wrong.statement,
            box={"x": ["0", "1"]},
            precision=64,
            tree="?",
            counterexample={"x": [low, high]},
        )
        if admitted:
            found.check(wrong)
        else:
            with pytest.raises(RefusedError):
                found.check(wrong)
