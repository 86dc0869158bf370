"""The engine that puts claims to the test: it is handed them, and knows nothing of what they are about.

A claim has hypotheses (`Real`, `Integer`, `Choice`, and joint ones by `Assumption`) and a slack that is ≥ 0
where it holds. `verify` searches for a counterexample in floats, up to the edges of their range, and believes
only what mpmath confirms; its `Verdict` carries the evidence.
"""

from flowlab.verify import functions
from flowlab.verify.claim import IDENTITY, Assumption, Claim, Kind, Unevaluable, claim
from flowlab.verify.derivation import Derivation, Step
from flowlab.verify.discrete import Choice, Integer
from flowlab.verify.intervals import Real
from flowlab.verify.ranges import Range
from flowlab.verify.search import iter_verdicts, verify, verify_all
from flowlab.verify.settle import Settled, settle
from flowlab.verify.sides import Sides, at_most
from flowlab.verify.tightness import TightnessMap, tightness
from flowlab.verify.verdict import Verdict

__all__ = [
    "IDENTITY",
    "Assumption",
    "Choice",
    "Claim",
    "Derivation",
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
    "claim",
    "functions",
    "iter_verdicts",
    "settle",
    "tightness",
    "verify",
    "verify_all",
]
