"""What a ball does not tell is told by nothing: not by a constant, a handler of errors, or a number that is none."""

import math
from fractions import Fraction

import pytest
from flint import fmpq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.verify import Assumption, Claim, Integer, Real, at_most, certify, functions, verify
from flowlab.verify import functions as f
from flowlab.verify.certifying.balls import Ball, ball_box, constant
from flowlab.verify.certifying.remainders import blend, exp_rest, log_rest, pole_integral, power, saturation
from flowlab.verify.certifying.undecided import Undecided, outcome
from flowlab.verify.certifying.wholes import Whole

UNARY = sorted(name for name in functions.__all__ if name[0].islower() and not name.startswith("plain"))


def stated(slack, assuming=(), **hypotheses):
    return Claim("drawn", "drawn", "drawn", "", hypotheses or {"x": Real(0, 1)}, slack, assuming=assuming)


def swallowing(*kinds):
    """Return a slack that is -1 beyond 1/2, and 1 where asking raises one of these."""

    def slack(x):
        try:
            return -1 if x > 0.5 else 1
        except kinds:
            return 1

    return slack


def finally_one(x):
    try:
        return -1 if x > 0.5 else 1
    finally:
        return 1  # noqa: B012, SIM107 -- which swallows whatever is raised


def first_of(x):
    found = 1
    for question in (lambda: math.floor(2 * x), lambda: int(2 * x), lambda: round(x), lambda: 2 * x // 1):
        try:
            found = -1 if question() == 1 else found
        except Exception:
            continue
    return found


NEVER = {
    "a constant's logarithm": lambda x: -1 if f.exp(f.log(3)) == 3 else 1,
    "not equal": lambda x: 1 if f.exp(f.log(3)) != 3 else -1,
    "order": lambda x: -1 if f.exp(f.log(3)) <= 3 else 1,
    "bool": lambda x: 1 if f.sin(4 * f.atan(1)) else -1,
    "not": lambda x: -1 if not f.sin(4 * f.atan(1)) else 1,
    "fractions": lambda x: -1 if f.exp(f.log(Fraction(1, 3))) == Fraction(1, 3) else 1,
    "of fractions": lambda x: -1 if Fraction(1, 3) * f.exp(f.log(3)) == 1 else 1,
    "int": lambda x: -1 if int(f.exp(f.log(3))) == 3 else 1,
    "floor": lambda x: -1 if math.floor(f.exp(f.log(3))) == 3 else 1,
    "ceil": lambda x: -1 if math.ceil(f.exp(f.log(3))) == 3 else 1,
    "round": lambda x: -1 if round(f.exp(f.log(5)) / 2) == 2 else 1,
    "floor division": lambda x: -1 if f.exp(f.log(3)) // 3 == 1 else 1,
    "rest": lambda x: -1 if f.exp(f.log(3)) % 3 < 1 else 1,
    "max": lambda x: 1 - 2 * max(0, f.exp(f.log(3)) - 3 == 0),
    "nan below": lambda x: 1 if f.log(x - 3) < math.inf else -1,
    "nan above": lambda x: 1 if f.log(x - 3) > -math.inf else -1,
    "nan is not infinite": lambda x: 1 if f.sqrt(x - 3) != math.inf else -1,
    "a pole": lambda x: 1 if 1 / (x - 0.5) < math.inf else -1,
    "an infinite constant": lambda x: 1 if f.log(0) < 0 else -1,
    "nan composed": lambda x: 1 - f.cos(f.log(x - 1)),
    "nan to the power 0": lambda x: f.log(x - 1) ** 0,
    "nan times 0": lambda x: 0 * f.log(x - 1),
    "finally": finally_one,
    "every kind of rounding, swallowed": first_of,
    **{
        f"{kind.__name__} swallowed": swallowing(kind)
        for kind in (ArithmeticError, Exception, TypeError, BaseException, Undecided)
    },
}


@pytest.mark.parametrize("name", NEVER)
def test_what_is_undecided_or_false_is_never_certified(name):
    """Every one of them is false somewhere, has no value there, or cannot be told."""
    claim = stated(NEVER[name])
    assert certify(claim, cells=100).verdict in ("undecided", "falsified")


@pytest.mark.parametrize(
    "refused",
    [
        lambda x: float(x) < 2,
        lambda x: math.sin(x) < 2,
        lambda x: complex(x) != 2,
        lambda x: hash(x) != 2,
        lambda x: x in {2, 3},
        lambda x: round(x, 2) < 2,
        lambda x: f"{x:.2f}" < "2",
        lambda x: math.isclose(x, 2),
        lambda x: x + math.pi < 9,
    ],
)
def test_what_balls_do_not_have_is_not_swallowed_either(refused):
    def slack(x):
        try:
            return -1 if refused(x) else 1
        except Exception:
            return 1

    try:
        found = certify(stated(slack), cells=100)
    except ValueError as error:
        assert "balls cannot evaluate" in str(error)  # noqa: PT017 -- or it is undecided
    else:
        assert found.verdict == "undecided"


@pytest.mark.parametrize(
    "predicate",
    [
        lambda x: f.exp(f.log(3)) != 3,
        lambda x: not f.sin(4 * f.atan(1)),
        lambda x: f.log(x - 3) > math.inf,
        lambda x: swallowing(ArithmeticError)(x) < 0,
        lambda x: swallowing(BaseException)(x) < 0,
    ],
)
def test_an_assumption_that_is_undecided_leaves_nothing_out(predicate):
    claim = stated(lambda x: -1, (Assumption("unsure", predicate),))
    assert "-" not in certify(claim, cells=50).tree or predicate(0.75) is False or predicate(0.25) is False


@pytest.mark.parametrize(
    "function",
    [
        lambda x: at_most(x, f.log(2) + Fraction(1, 3)),
        lambda x: f.log(2) + Fraction(1, 3) - x,
        lambda x: Fraction(1, 3) + f.log(2) - x,
        lambda x: f.log(2) * Fraction(3, 2) - x,
        lambda x: Fraction(3, 2) * f.log(2) - x,
        lambda x: Fraction(3, 2) / f.log(2) - x,
        lambda x: f.log(Fraction(9, 2)) ** Fraction(3, 2) - x,
        lambda x: Fraction(9, 2) ** f.log(2) - x,
        lambda x: 2 ** f.log(2) - x,
        lambda x: (f.log(2) - x / 3) ** 2 + (x - f.log(2)) ** f.exp(0) + 1,
        lambda x: max(f.log(2), f.log(3)) - x,
        lambda x: math.floor(f.exp(1)) - 1 - x,
        lambda x: f.exp(1) % 2 * 2 - x,
        lambda x: -f.log(Fraction(1, 3)) - x,
        lambda x: abs(-f.log(3)) - x,
    ],
)
def test_constants_go_with_every_kind_of_number(function):
    claim = stated(function)
    found = certify(claim, cells=5000)
    assert found.certified
    found.check(claim)
    assert verify(claim, examples=30).verdict == "held"


def test_where_a_branch_is_sure_it_is_taken():
    stairs = stated(lambda x: math.floor(x) - x + 1, x=Real(0.25, 0.75))
    assert certify(stairs).certified
    assert certify(stated(lambda x: (x // 1) - x + 1 - (x % 1) / 4, x=Real(1.25, 1.75))).certified
    assert certify(stated(lambda x: Fraction(1, 2) - math.floor(x), x=Real(0.5, 1.5))).verdict == "falsified"
    for function in (lambda x: 1 if x > 0.25 else -1, lambda x: 1 if f.log(3) < x + 2 else -1):
        assert certify(stated(function, x=Real(0.5, 1))).certified


@settings(deadline=None, max_examples=100)
@given(st.fractions(-9, 9, max_denominator=8), st.fractions(-3, 3, max_denominator=8).filter(bool))
@example(Fraction(5, 2), Fraction(1))
@example(Fraction(-1, 2), Fraction(1, 2))
@example(Fraction(6), Fraction(-3))
def test_whole_numbers_of_an_exact_ball_are_those_of_the_fraction(number, by):
    x, y = (constant(fmpq(each.numerator, each.denominator)) for each in (number, by))
    for whole in (math.floor, math.ceil, math.trunc, int, round):
        try:
            assert whole(x) == whole(number)
        except Undecided:  # which a fraction that is no binary number may be
            assert number.denominator & (number.denominator - 1)
    try:
        assert x // y == number // by
        assert (x % y - fmpq(*(number % by).as_integer_ratio())).tight.contains(0)
    except Undecided:
        assert (number / by).denominator == 1 or number.denominator & (number.denominator - 1)
    n, m = Whole(7), Whole(-2)
    assert (n // m, n % m, 7 // m, 7 % m, divmod(n, 2), str(n), f"{n:03d}") == (-4, -1, -4, -1, (3, 1), "7", "007")


@settings(deadline=None, max_examples=60)
@given(st.floats(-1e6, 1e6), st.floats(0, 10))
def test_a_whole_number_of_a_ball_is_that_of_all_its_numbers(low, width):
    (x,) = ball_box([(low, low + width)])
    for whole in (math.floor, math.ceil, math.trunc, round):
        ends = {whole(low), whole(low + width)}
        if len(ends) > 1:
            with pytest.raises(Undecided):
                whole(x)
        else:
            try:
                assert {whole(x)} == ends
            except Undecided:  # a ball may reach a little beyond its ends
                assert min(abs(each - round(2 * each) / 2) for each in (low, low + width)) < 1e-9


@pytest.mark.parametrize("name", UNARY)
def test_of_no_number_nothing_is_made(name):
    x, y = ball_box([(-2, -1), (0, 1)])
    for nothing in (f.log(x), f.log(x) + y, constant(-1).log(), f.log(x) * 0):
        assert not getattr(f, name)(nothing).finite
        for made in (
            abs(nothing),
            -nothing,
            nothing + 1,
            nothing * y,
            nothing / 2,
            nothing**2,
            nothing**-1,
            2**nothing,
        ):
            assert not made.finite
        for question in (
            lambda: nothing < math.inf,  # noqa: B023
            lambda: nothing != math.inf,  # noqa: B023
            lambda: bool(nothing),  # noqa: B023
            lambda: math.floor(nothing),  # noqa: B023
        ):
            with pytest.raises(Undecided):
                question()


def test_constants_go_with_what_takes_several_balls():
    x, p = ball_box([(0.25, 0.5), (0.25, 0.75)])
    half, fixed = constant(0.5), constant(2).log()
    for found, wanted in (
        (power(half, p), power(x * 0 + 0.5, p)),
        (power(x, half), power(x, p * 0 + 0.5)),
        (saturation(half, x), saturation(x * 0 + 0.5, x)),
        (saturation(p, half), saturation(p, x * 0 + 0.5)),
        (pole_integral(half, x), pole_integral(p * 0 + 0.5, x)),
        (pole_integral(p, half), pole_integral(p, p * 0 + 0.5)),
        (blend((half, x), (p, fixed)), blend((x * 0 + 0.5, x), (p, x * 0 + fixed))),
        (exp_rest(1, half) * x, exp_rest(1, x * 0 + 0.5) * x),
        (log_rest(2, half) * x, log_rest(2, x * 0 + 0.5) * x),
        (half**x, (x * 0 + 0.5) ** x),
        (half + x, x + 0.5),
        (half - x, 0.5 - x),
        (half / x, 0.5 / x),
    ):
        assert len(found.slopes) == 2
        assert found.tight.overlaps(wanted.tight)
        for one, other in zip(found.slopes, wanted.slopes, strict=True):
            assert one.overlaps(other)
    nothing = power(constant(0), p)  # at 0 it jumps at p = 0, and is not differentiable along x
    assert not any(each.is_finite() for each in nothing.slopes if not each.is_zero())


def test_a_ball_of_another_box_is_refused():
    kept = []

    def remembers(x):
        kept.append(x)
        return at_most(x - kept[0], -1)

    with pytest.raises(ValueError, match="another box"):
        certify(stated(remembers), cells=500)


def test_an_evaluation_within_another_keeps_to_itself():
    (x,) = ball_box([(0, 1)])

    def outer():
        with pytest.raises(Undecided):
            outcome(lambda: x > 0.5)
        return 1

    assert outcome(outer) == 1
    assert isinstance(outcome(lambda: x + 1), Ball)


def test_a_box_of_which_nothing_is_in_the_domain_is_none():
    half_open = stated(lambda x: x - 1, x=Real(0, 1, low_open=True))
    with pytest.raises(ValueError, match=r"box: got x = 0, left out of x ∈ \(0, 1\]; allowed: a part of it"):
        certify(half_open, {"x": 0})
    other = stated(lambda x, y: x - 1, x=Real(0, 1, high_open=True), y=Real(0, 1))
    with pytest.raises(ValueError, match="left out"):
        certify(other, {"x": 1})
    assert certify(stated(lambda n: n - 9, (Assumption("n > 4", lambda n: n > 4),), n=Integer(0, 3))).verdict == "empty"


@pytest.mark.parametrize(
    "function", [lambda x: 1 if f.sqrt(x) ** 2 >= x else -1, lambda x: 2 * (f.exp(f.log(x)) == x) - 1]
)
def test_what_branches_on_a_rounded_comparison_is_not_accused(function):
    verdict = verify(stated(function, x=Real(1, 2)))
    assert verdict.verdict == "undecided"
    assert "not told by" in verdict.message
