"""Steps that hold, steps that do not, and that neither SymPy nor numbers alone make one hold."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from flowlab.symbolic.proving import steps as proving
from flowlab.symbolic.proving.identities import found_zero, nonnegative, numbers_agree, numbers_at_least, rising
from flowlab.symbolic.proving.steps import Proof, derivation
from flowlab.symbolic.proving.words import matrix

X, Y, N = sympy.symbols("x y N", positive=True)
V = sympy.Symbol("v", nonnegative=True)
REAL, ANY = sympy.Symbol("r", real=True), sympy.Symbol("z")

IDENTITIES = [
    ((X**N) ** (2 - 2 / N), X ** (2 * N - 2)),
    ((X * Y) ** N / Y**N, X**N),
    ((X**2 + X * Y) ** N, X**N * (X + Y) ** N),
    (((X - Y) ** 2 - (X + Y) ** 2) / 4, -X * Y),
    (1 / (1 + X) - (1 - X), X**2 / (1 + X)),
    (sympy.log(X**N * Y), N * sympy.log(X) + sympy.log(Y)),
    (sympy.exp(X + Y) - 1, sympy.exp(X) * sympy.exp(Y) - 1),
    ((1 + X) ** (-N / (N - 1) - 1) * (1 + X), (1 + X) ** (-N / (N - 1))),
    (sympy.Abs(REAL) ** 2, REAL**2),
]


def holds(method, *arguments, **options):
    proof = Proof()
    getattr(proof, method)("text", *arguments, **options)
    return proof.steps[0].holds


@pytest.mark.parametrize("left, right", IDENTITIES)
def test_identities(left, right):
    assert holds("equal", left, right)
    assert not holds("equal", left * (1 + sympy.Rational(1, 10**20)), right)
    assert not holds("equal", left + X / 10**15, right)


@pytest.mark.parametrize(
    "left, right",
    [
        (sympy.sqrt(ANY**2), ANY),
        (sympy.sqrt(REAL**2), REAL),
        (sympy.log(ANY**2), 2 * sympy.log(ANY)),
        ((ANY * X) ** N, ANY**N),
        ((-REAL) ** 3, REAL**3),
        (REAL * (X - Y), REAL * (Y - X)),
        (X**N, X ** (N + 1)),
        (0, X),
        (sympy.Integer(0), sympy.Integer(1)),
    ],
)
def test_what_is_not_true_for_all_that_symbols_may_be(left, right):
    assert not holds("equal", left, right)
    assert not found_zero(left, right)


@given(
    coefficients=st.lists(st.integers(-5, 5), min_size=1, max_size=4),
    fault=st.integers(-3, 3),
    place=st.integers(0, 3),
)
def test_polynomials(coefficients, fault, place):
    left = sum(c * (X + 1) ** i * (X - Y) for i, c in enumerate(coefficients))
    right = sympy.expand(left) + fault * X**place
    assert holds("equal", left, right) == (fault == 0)


def test_entries_are_compared_one_by_one():
    rows = sympy.Matrix([[X, Y], [N, 1]])
    assert holds("equal", rows, [X, Y, N, 1])
    assert not holds("equal", rows, [X, Y, N, 2])
    assert not holds("equal", [], [])
    with pytest.raises(ValueError, match="shorter"):
        holds("equal", rows, [X])


def test_words_are_compared():
    a, b = matrix("A"), matrix("B")
    assert holds("equal", (a * b).T, b.T * a.T)
    assert not holds("equal", a * b, b * a)


def test_sympy_alone_or_numbers_alone_do_not_make_a_step(monkeypatch):
    monkeypatch.setattr(proving, "found_zero", lambda *_: True)
    assert not holds("equal", X, 2 * X)
    monkeypatch.undo()
    monkeypatch.setattr(proving, "numbers_agree", lambda *_: True)
    assert not holds("equal", X, 2 * X)
    monkeypatch.undo()
    monkeypatch.setattr(proving, "numbers_at_least", lambda *_: True)
    assert not holds("at_least", X, 2 * X)
    assert not holds("rises", -V, 0, V)
    monkeypatch.undo()
    monkeypatch.setattr(proving, "nonnegative", lambda *_, **__: True)
    monkeypatch.setattr(proving, "rising", lambda *_: True)
    assert not holds("at_least", X, 2 * X)
    assert not holds("rises", -V, 0, V)


def test_what_has_no_numbers_does_not_hold():
    unknown = sympy.Function("h")(X)
    assert not numbers_agree(unknown, unknown + 1)
    assert not holds("equal", unknown, unknown)
    assert not numbers_at_least(unknown, 0)


@pytest.mark.parametrize(
    "left, right, strictly, truth",
    [
        (1 / (1 + V), 1 - V, False, True),
        (1 / (1 + V), 1 - V, True, False),  # equal at 0
        (1 / (1 + X), 1 - X, True, True),
        (X**2 + Y**2, 0, True, True),
        (REAL**2, 0, False, True),
        (REAL**2, 0, True, False),
        (REAL, 0, False, False),
        (X, Y, False, False),
        (sympy.exp(-X), 0, True, True),
        (X - 1, 0, False, False),
    ],
)
def test_signs(left, right, strictly, truth):
    assert holds("at_least", left, right, strictly=strictly) == truth


@pytest.mark.parametrize(
    "left, right, truth",
    [
        (sympy.exp(V), 1 + V + V**2 / 2, True),
        (V, sympy.log(1 + V), True),
        (V, 1 - sympy.exp(-V), True),
        (sympy.exp(V), 1 + V + V**2, False),
        (V, 1, False),  # not at 0
        (1, V, False),
        (V**2, V, False),
    ],
)
def test_what_rises(left, right, truth):
    assert holds("rises", left, right, V) == truth


def test_a_symbol_that_may_be_negative_is_nothing_to_rise_along():
    assert not rising(REAL**2, REAL)
    assert not nonnegative(sympy.Symbol("c"))


def test_two_numbers_that_differ():
    assert holds("differ", X**2, X, {X: 2})
    assert not holds("differ", X**2, X, {X: 1})
    assert not holds("differ", X**2, X, {X: -2})  # not among what x may be
    assert not holds("differ", X * Y, X, {X: 2})  # no value for y
    assert not holds("differ", 1 / (X - 2), X, {X: 2})  # nor for what has a pole there
    assert not holds("differ", sympy.sqrt(2) * sympy.sqrt(3), sympy.sqrt(6) * X, {X: 1})


def test_a_derivation_is_carried_out_once():
    calls = []

    @derivation("every x")
    def one(proof):
        calls.append(1)
        proof.at_least("x > 0", X, strictly=True)

    assert calls == []
    assert one() is one()
    assert one().proved
    assert calls == [1]


def test_a_derivation_that_takes_too_long(monkeypatch):
    monkeypatch.setattr(proving, "BUDGET", 0.2)

    @derivation("every x")
    def endless(proof):
        proof.at_least("x > 0", X, strictly=True)
        while True:
            pass

    found = endless()
    assert found.outcome == "unfinished"
    assert found.unfinished == "0.2 s of processor time are spent"
    assert [step.text for step in found.steps] == ["x > 0"]


def test_a_derivation_that_fails_says_why():
    @derivation("every x")
    def failing(proof):
        raise ZeroDivisionError("in a step")

    with pytest.raises(ZeroDivisionError, match="in a step"):
        failing()
