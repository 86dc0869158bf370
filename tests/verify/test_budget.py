"""No example hangs a search, or takes it down: it is set aside, the reason is told, and what can be evaluated is."""

import math
import os
import signal
import sys
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlab.verify import (
    Assumption,
    Claim,
    Integer,
    Real,
    Unevaluable,
    at_most,
    certify,
    functions,
    settle,
    tightness,
    verify,
)
from flowlab.verify import budget as budgets
from flowlab.verify.budget import Budget, Ended
from flowlab.verify.functions import Runaway

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no copies of a process")
HUGE = 2**53


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(budgets, "_SECONDS", (0.2, 0.3))
    monkeypatch.setattr(budgets, "_AFTERWARDS", (0.05, 0.1))
    monkeypatch.setattr(budgets, "_DEAR", 0.01)
    monkeypatch.setattr(budgets, "_TICK", 0.02)
    monkeypatch.setattr(budgets, "_MOST", 8)


def make(slack, assuming=(), **hypotheses):
    return Claim("t", "", "", "", hypotheses, slack, assuming=assuming)


def harmonic(n):
    return at_most(functions.log(n + 1), sum(Fraction(1, k) for k in range(1, n + 1)))


@pytest.mark.parametrize(
    "slack",
    [
        lambda n: at_most(n + 1, 2**n),
        lambda n: at_most(n, len(range(n)) + sum(range(n))),
        harmonic,
    ],
)
def test_what_grows_with_an_integer_is_held_where_it_can_be_evaluated(slack):
    verdict = verify(make(slack, n=Integer(1)), examples=60)
    assert verdict.verdict == "held"
    assert verdict.examples > 40
    assert 0 < verdict.skipped < 15
    assert f"n = {HUGE}: one evaluation takes more than" in verdict.aside[0]
    assert f"at n = {HUGE}" in verdict.message
    assert verdict.as_json()["aside"] == list(verdict.aside)


def test_what_is_false_for_small_integers_is_found_beside_what_never_ends():
    verdict = verify(make(lambda n: at_most(2**n, 1000 * n), n=Integer(1)), examples=60)
    assert verdict.counterexample == {"n": 14}  # 2^13 = 8192 is below 13000, 2^14 above 14000


def test_a_loop_that_never_ends_is_interrupted_wherever_it_is():
    """Also within handlers of the claim's own, and in mpmath."""

    def slow(x):
        while 0.3 < x < 0.4:
            try:
                x = x + 0
            except Exception:
                return -1
        return x

    verdict = verify(make(slow, x=Real(0, 1)), examples=50)
    assert verdict.verdict == "held"
    assert 0 < verdict.skipped < 25
    assert 0.3 < float(verdict.aside[0].split(":")[0].removeprefix("x = ")) < 0.4


def test_what_never_ends_anywhere_is_undecided():
    def never(x):
        while True:
            pass

    verdict = verify(make(never, x=Real(0, 1)), examples=50)
    assert verdict.verdict == "undecided"
    assert "could not be evaluated" in verdict.message


def test_large_integers_of_some_kind_take_long():
    """2^53 is even, and at once seen to be no prime; others take a loop to their root."""

    def no_prime_twice(n):
        return 1 + all(n % d for d in range(2, math.isqrt(n) + 1))

    verdict = verify(make(no_prime_twice, n=Integer(2)), examples=80)
    assert verdict.verdict == "held"


def test_hypotheses_that_never_end_are_set_aside():
    small = Assumption("2^n ≥ 3", lambda n: 2**n >= 3)
    verdict = verify(make(lambda n: n - 2, (small,), n=Integer(1)), examples=40)
    assert verdict.verdict == "held"
    assert f"n = {HUGE}" in verdict.aside[0]


def test_memory_and_the_end_of_the_process_are_reasons_too():
    verdict = verify(make(lambda n: len(bytearray(n)), n=Integer(1)), examples=40)
    assert verdict.verdict == "held"
    assert "GiB of memory" in verdict.aside[0]

    def ends(n):
        if n > 1000:
            os.kill(os.getpid(), signal.SIGSEGV)
        return n

    verdict = verify(make(ends, n=Integer(1)), examples=40)
    assert verdict.verdict == "held"
    assert "ends the process (SIGSEGV)" in verdict.aside[0]


def test_tightness_ends_too():
    found = tightness(make(lambda n: at_most(n + 1, 2**n), n=Integer(1)), points=5, samples=9)
    assert found.tightest.arguments == {"n": 1}
    assert found.tightest.value == 0


def test_exponentials_of_exponentials_are_refused_before_they_take_the_memory():
    tower = make(lambda x: at_most(x, functions.expm1(functions.sinh(x))), x=Real(1, math.inf, high_open=True))
    verdict = verify(tower, examples=60)
    assert verdict.verdict == "held"
    assert verdict.aside == (f"x = {sys.float_info.max}: expm1 is asked of a number beyond 2^4096",)
    with pytest.raises(Unevaluable, match="beyond"):
        settle(tower, {"x": 1e9})


@given(st.sampled_from(["exp", "expm1", "sinh", "cosh"]), st.floats(1, 1e308), st.booleans())
def test_exponentials_of_every_float_are_taken(name, x, negative):
    x = -x if negative else x
    with mpmath.workdps(30):
        assert getattr(functions, name)(mpmath.mpf(x)) == getattr(mpmath, name)(mpmath.mpf(x))


def test_a_refusal_that_is_caught_counts():
    def careless(x):
        try:
            return functions.exp(functions.sinh(x)) - x
        except BaseException:
            return -1

    verdict = verify(make(careless, x=Real(1e4, 1e6)), examples=20)
    assert (verdict.verdict, verdict.counterexample) == ("undecided", None)


def test_ordinary_claims_are_evaluated_in_this_process(monkeypatch):
    def no(*_):
        raise AssertionError("a copy")

    monkeypatch.setattr(os, "fork", no)
    looked = []

    def slack(x, n):
        looked.append(x)
        return x**n

    assert verify(make(slack, x=Real(0, 10), n=Integer(1, 9))).verdict == "held"
    assert looked


def test_larger_numbers_than_before_are_tried_apart_once(monkeypatch):
    copies = []
    fork = os.fork
    monkeypatch.setattr(os, "fork", lambda: copies.append(0) or fork())
    here = []
    budget = Budget()
    for n in (30, 10**6, 500, 10**9, 10**6 + 1, 31):
        budget.within({"n": n}, lambda n=n: here.append(n))
    assert here == [30, 10**6, 500, 10**9, 10**6 + 1, 31]
    assert len(copies) == 3


def test_an_error_is_raised_here_as_it_is():
    def fails(n):
        raise KeyError(n)

    with pytest.raises(KeyError, match="1000"):
        Budget().within({"n": 1000}, lambda: fails(1000))


def test_an_evaluation_apart_ends_with_an_interrupt(monkeypatch):
    started = []
    fork = os.fork

    def interrupted():
        child = fork()
        if child:
            started.append(child)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
        return child

    monkeypatch.setattr(os, "fork", interrupted)
    usual = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            Budget().within({"n": HUGE}, lambda: 2**HUGE)
    finally:
        signal.signal(signal.SIGALRM, usual)
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_what_is_set_aside_is_told_in_words():
    budget = Budget()
    with pytest.raises(Ended, match=r"more than 0.3 s of processor time"):
        budget.within({"n": HUGE}, lambda: 2**HUGE)
    with pytest.raises(Runaway, match="no larger"):
        budget.within({"n": HUGE + 1}, lambda: 1)
    assert budget.within({"n": HUGE - 1}, lambda: 1) == 1
    assert budget.beyond({"n": -HUGE})


def test_numbers_are_larger_only_where_none_is_smaller():
    budget = Budget()
    with pytest.raises(Ended):
        budget.within({"n": 10**6, "m": 10**6}, lambda: 2**HUGE)
    assert budget.beyond({"n": 10**6, "m": 10**7})
    assert not budget.beyond({"n": 10**5, "m": 10**7})


@pytest.mark.parametrize("name", ["cos", "sin", "tanh"])
def test_what_takes_as_many_bits_as_an_exponent_has_is_not_asked_of_mpmath(name):
    with pytest.raises(functions.Runaway, match=f"^{name} is asked of a number beyond 2\\^4096"):
        getattr(functions, name)(mpmath.mpf(2) ** 10**15)
    assert abs(getattr(functions, name)(mpmath.mpf(2) ** 4000)) <= 1


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


def test_a_recursion_too_deep_is_set_aside():
    counted = make(lambda n: at_most(depth(n), n), n=Integer(1))
    verdict = verify(counted, examples=60)
    assert verdict.verdict == "held"
    assert "calls itself too deeply" in verdict.aside[0]
    assert certify(counted, {"n": "1:3"}).certified
    assert "calls itself too deeply" in certify(counted, {"n": "5000"}).aside[0]


def test_a_recursion_without_an_end_is_an_error():
    with pytest.raises(RecursionError):
        verify(make(lambda x: depth(x), x=Real(0.25, 0.5)), examples=60)
