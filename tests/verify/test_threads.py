"""Claims are evaluated in threads as they are alone: the arithmetic that an evaluation sets up is not taken from it."""

import threading
from collections import Counter
from fractions import Fraction

import mpmath

from flowlab.verify import Real, at_most, certify, claim, verify
from flowlab.verify import functions as f
from flowlab.verify.certifying.literals import is_looking_up, looking_up
from flowlab.verify.functions import plain_numbers_as


def in_threads(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_first_to_leave_takes_nothing_from_the_others():
    entered, other, left = threading.Event(), threading.Event(), threading.Event()
    found = []

    def first():
        with plain_numbers_as(mpmath.mpf):
            entered.set()
            other.wait(10)
        left.set()

    def second():
        entered.wait(10)
        with plain_numbers_as(mpmath.mpf):
            other.set()
            left.wait(10)
            with mpmath.workdps(30):
                found.append(abs(9 * Fraction(1, 3) ** mpmath.mpf(2) - 1))

    in_threads(first, second)
    assert found[0] < mpmath.mpf(10) ** -25
    assert not hasattr(Fraction, "_mpmath_")


def test_one_thread_looks_floats_up_alone():
    seen = []
    with looking_up():
        in_threads(lambda: seen.append(is_looking_up()))
    assert seen == [False]


@claim("mine.threads")
def true(x: Real(1, 2)):
    """Near equality: each example is settled, in one way or another."""
    return at_most(mpmath.exp(x * 0) * Fraction(1, 3), f.log(x) + Fraction(1, 3) ** (x - x + 1) + Fraction(1, 10**20))


@claim("mine.balls")
def of_balls(x: Real(1, 2)):
    """For balls."""
    return at_most(f.sqrt(2) ** 2 * x, (2 + Fraction(1, 10**18)) * x)


def test_verdicts_in_threads_are_those_of_one():
    found = Counter()

    def work():
        for _ in range(2):
            try:
                found[verify(true, examples=20).verdict] += 1
                found[certify(of_balls, precision=200).verdict] += 1
            except BaseException as error:
                found[repr(error)] += 1

    in_threads(*[work] * 4)
    assert found == {"held": 8, "certified": 8}
