"""The ranges that the paper's statements share."""

from math import inf

from flowlab.toy.bounds import STABLE
from flowlab.verify import Integer, Real

POSITIVE = Real(0, inf, low_open=True)
OPEN_UNIT = Real(0, 1, low_open=True, high_open=True)
RATIO = Real(1, inf, low_open=True, printed="r > 1")
S = Real(0, 0.25, low_open=True, high_open=True, printed="s ∈ (0, 1/4)")
F = Real(0.75, 1, low_open=True, high_open=True, printed="f ∈ (3/4, 1)")
DEEP = Integer(3, printed="N ≥ 3")
PAIR = {"ratio": RATIO, "s": S, "f": F}
DEEP_PAIR = {"depth": DEEP, **PAIR}

# Theorem 3 speaks of c and of R_k = σ_k*/σ1* <= 1, but only through cR_i and cR_j. The claims draw cR_i as one
# number: σ_i* < σ1* makes it smaller, and does nothing else.
STEP = Real(0, STABLE, low_open=True, printed="cR_i < 2(√2 − 1)")
SIZE = Real(0, 1, low_open=True, printed="σ_i* ≤ σ1* (size = σ_i*/σ1*)")
