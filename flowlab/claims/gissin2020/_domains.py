"""The ranges that the paper's statements share."""

from math import inf

from flowlab.toy.descent_bounds import STABLE
from flowlab.verify import Integer, Real

RATIO = Real(1, inf, low_open=True, printed="r > 1")
S = Real(0, 0.25, low_open=True, high_open=True, printed="s ∈ (0, 1/4)")
F = Real(0.75, 1, low_open=True, high_open=True, printed="f ∈ (3/4, 1)")
ANY_DEPTH = Real(1, inf, printed="any N ≥ 1", ours="layers are counted, yet nothing here needs N to be an integer")
DEEP = Integer(3, printed="N ≥ 3")
BEYOND_2 = Real(
    2, inf, low_open=True, printed="N > 2", ours="printed for integers N ≥ 3; the proof holds for all N > 2"
)
PAIR = {"ratio": RATIO, "s": S, "f": F}
DEEP_PAIR = {"depth": DEEP, **PAIR}

DEEPER_PAIR = {"depth": BEYOND_2, **PAIR}
OWN_PAIR = {"depth": Real(2, inf, low_open=True, printed="N > 2"), **PAIR}  # of bounds that no source prints
BELOW_TARGET = Real(0, 1, low_open=True, high_open=True, printed="0 < σ0 < σ* (start = σ0/σ*)")

# Theorem 3 speaks of c and of R_k = σ_k*/σ1* <= 1, but only through cR_i and cR_j. The claims draw cR_i as one
# number: σ_i* < σ1* makes it smaller, and does nothing else.
STEP = Real(0, STABLE, low_open=True, printed="cR_i < 2(√2 − 1)")
SIZE = Real(0, 1, low_open=True, printed="σ_i* ≤ σ1* (size = σ_i*/σ1*)")
