"""The engine that puts claims to the test: it is handed them, and knows nothing of what they are about.

A claim has hypotheses (`Real`, `Integer`, `Choice`, and joint ones by `Assumption`) and a slack that is ≥ 0
where it holds. `verify` searches for a counterexample in floats, up to the edges of their range, and believes
only what mpmath confirms; its `Verdict` carries the evidence. `certify` proves an inequality over a box, or finds a
box in which it is certainly false, in ball arithmetic; its `Certificate` can be checked without searching.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flowlab.verify import functions
from flowlab.verify.claim import IDENTITY, Assumption, Claim, Kind, Unevaluable
from flowlab.verify.decorator import claim
from flowlab.verify.derivation import Derivation, Step
from flowlab.verify.discrete import Choice, Integer
from flowlab.verify.for_balls import ForBalls
from flowlab.verify.intervals import Real
from flowlab.verify.ranges import Range
from flowlab.verify.settle import Settled, settle
from flowlab.verify.sides import Sides, at_most
from flowlab.verify.tightness import TightnessMap, tightness
from flowlab.verify.verdict import Verdict
from flowlab.verify.verifying import iter_verdicts, verify, verify_all

if TYPE_CHECKING:
    from flowlab.verify.certifying.branching import certify
    from flowlab.verify.certifying.certificate import Certificate

# Balls come from a library of their own, which only certificates need.
_LATE = {"Certificate": "certifying.certificate", "certify": "certifying.branching"}

__all__ = [
    "IDENTITY",
    "Assumption",
    "Certificate",
    "Choice",
    "Claim",
    "Derivation",
    "ForBalls",
    "Integer",
    "Kind",
    "Range",
    "Real",
    "Settled",
    "Sides",
    "Step",
    "TightnessMap",
    "Unevaluable",
    "Verdict",
    "at_most",
    "certify",
    "claim",
    "functions",
    "iter_verdicts",
    "settle",
    "tightness",
    "verify",
    "verify_all",
]


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(import_module(f"flowlab.verify.{_LATE[name]}"), name)
    raise AttributeError(f"module 'flowlab.verify' has no attribute {name!r}")
