"""The derivations of the paper's statements: what they come to, and that each of their steps can fail."""

from importlib import import_module
from pkgutil import iter_modules

import pytest
import sympy

from flowlab.claims import all_claims
from flowlab.claims.gissin2020 import derivations
from flowlab.claims.gissin2020.derivations import matrix_sensing, quadratic, theorem1, toy
from flowlab.symbolic.proving import steps as proving
from flowlab.symbolic.proving.steps import Proof

CLAIMS = {claim.id.removeprefix("gissin2020."): claim for claim in all_claims() if claim.id.startswith("gissin2020.")}
DERIVED = [name for name, claim in CLAIMS.items() if claim.derivation]
#: The misprints in Theorems 2 and 3, of which a search finds counterexamples, and what a test here proves.
NOT_DERIVED = {"theorem2.deep.upper", "theorem3.lower", "theorem3.first_order"}


def functions():
    for _, topic, _ in iter_modules(derivations.__path__):
        module = import_module(f"{derivations.__name__}.{topic}")
        for name, function in vars(module).items():
            if getattr(function, "__qualname__", "").startswith("derivation.<locals>"):
                yield f"{topic}.{name}", function.__wrapped__


FUNCTIONS = dict(functions())


def test_all_but_these_are_derived():
    assert set(CLAIMS) - set(DERIVED) == NOT_DERIVED


@pytest.mark.parametrize("name", DERIVED)
def test_derivation_agrees_with_the_verdict_on_record(name):
    claim = CLAIMS[name]
    found = claim.derivation()
    assert found.outcome == {"held": "proved", "falsified": "refuted"}[claim.recorded], found.summary
    assert found.scope
    assert len({step.text for step in found.steps}) == len(found.steps)


def test_no_derivation_lies_idle():
    assert {".".join(CLAIMS[name].derivation.args) for name in DERIVED} == set(FUNCTIONS)


class Faulty(Proof):
    """Every equality off by a part in a thousand, every inequality turned round."""

    def equal(self, text, left, right):
        if isinstance(left, (list, tuple)) or hasattr(left, "shape"):
            left = [entry * 1001 / 1000 + 1 for entry in left]
        elif hasattr(left, "terms"):
            left = left * 2 - right + left
        else:
            left = left * 1001 / 1000 + 1
        super().equal(text, left, right)

    def differ(self, text, left, right, at):
        super().differ(text, left, left, at)

    def at_least(self, text, left, right=0, *, strictly=False):
        super().at_least(text, right, left, strictly=strictly)

    def rises(self, text, left, right, along):
        super().rises(text, right, left, along)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_step_can_fail(name, monkeypatch):
    monkeypatch.setattr(proving, "Proof", Faulty)
    found = FUNCTIONS[name]()
    assert [step.text for step in found.steps if step.holds] == []
    assert found.outcome == "broken"


def other(function):
    return lambda *arguments: 2 * function(*arguments)


@pytest.mark.parametrize(
    "module, name, fault, run",
    [
        (toy, "loss", toy.loss * toy.N, theorem1.equation4),
        (toy, "loss", (toy.w**toy.N - toy.target) ** 4, theorem1.depth1),
        (theorem1, "solution1", theorem1.solution1.subs(toy.t, 2 * toy.t), theorem1.depth1),
        (theorem1, "solution2", theorem1.solution2 + toy.t, theorem1.depth2),
        (matrix_sensing, "sensing_loss", other(matrix_sensing.sensing_loss), matrix_sensing.decoupled),
        (quadratic, "variance_loss", other(quadratic.variance_loss), quadratic.eigenvalues),
        (quadratic, "squared_loss", other(quadratic.squared_loss), quadratic.squared_flow),
        (quadratic, "values", quadratic.root, quadratic.eigenvalues),
        (quadratic, "trace", 2 * quadratic.trace, quadratic.bias_values),
    ],
)
def test_a_planted_fault_breaks_the_derivation(module, name, fault, run, monkeypatch):
    toy.flow.cache_clear()
    monkeypatch.setattr(module, name, fault)
    try:
        broken = run.__wrapped__()
    finally:
        toy.flow.cache_clear()
    assert broken.outcome == "broken"


def test_the_polynomials_in_the_proof_of_first_order():
    """Of claim theorem3.first_order, whose last two inequalities are in one variable."""
    q = sympy.Symbol("q")
    v, w = q + q**2 / 4, q - q**2
    for_a = (1 - q) * (1 - v) - (1 - 2 * q) * (1 + q / 4) * (1 - v / 2)
    for_b = (1 + q - q**2 / 4) ** 2 * (1 - q) ** 2 * (1 + w / 2) ** 2 - (1 + q / 4) ** 2 * (1 - v)
    assert sympy.expand(for_a) == q / 4 + q**2 / 2 - 7 * q**3 / 32 - q**4 / 16
    for polynomial, first, end in ((for_a, "1/4", "1/2"), (for_b, "3/2", "83/100")):
        rest = sympy.Poly(sympy.cancel(polynomial / q), q)
        assert rest.eval(0) == sympy.Rational(first)
        assert rest.count_roots(0, sympy.Rational(end)) == 0
    assert sympy.Rational("83/100") > 2 * (sympy.sqrt(2) - 1)
