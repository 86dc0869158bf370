"""Claims of the project's own: bounds on the flow's threshold that are sharper than the paper's, and by how much.

Their proofs, in their docstrings, share the two integrals that appendix A compares; see `flowlab.toy.sharper`.
"""

from importlib import import_module

from flowlab.claims.gissin2020 import CLAIMS

# After the paper's own, which they are compared with.
for _topic in ("depth2", "deep", "close"):
    import_module(f"{__name__}.{_topic}")

__all__ = ["CLAIMS"]
