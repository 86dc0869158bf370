"""Claims of the project's own: bounds on the flow's threshold that are sharper than the paper's, and by how much.

Their proofs, in their docstrings, share the two integrals that appendix A compares; see `flowlab.toy.sharper`.

How far off a bound is, as a factor: half of the points drawn evenly from r ∈ [1.05, 50], s ∈ [0.01, 0.25], f ∈ [0.75,
0.99] are nearer, and none found is farther than the second number (``flowlab tightness ID --range ratio=1.05:50
s=0.01:0.25 f=0.75:0.99 --points 10``, with ``--at depth=N``):

====  ==================  ================  ==================  =================
N     Theorem 2's lower   lower, here       Theorem 2's upper   upper, here
====  ==================  ================  ==================  =================
2     1.6e7, 2.5e3953     1.00004, 1.026    3.75, 1.2e41        1.0000004, 1.011
3     71, 5.7e5           1.005, 1.034      1.37, 72            1.011, 1.041
10    5.0, 261            1.0009, 1.028     1.068, 5.0          1.0024, 1.019
====  ==================  ================  ==================  =================

From N = 3 on Theorem 2's upper bound is the corrected one.
"""

from importlib import import_module

from flowlab.claims.gissin2020 import CLAIMS

# After the paper's own, which they are compared with.
for _topic in ("threshold", "close"):
    import_module(f"{__name__}.{_topic}")

__all__ = ["CLAIMS"]
