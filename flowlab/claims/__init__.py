"""The papers' statements as claims, a module a topic, and their registry.

A claim keeps the hypotheses as printed. Where the paper's statement is false the claim stays, with what the search
found on record, and the corrected statement stands beside it under an id that ends in ``.corrected``.
"""

from flowlab.claims._registry import all_claims, find, get
from flowlab.claims.selecting import select

__all__ = ["all_claims", "find", "get", "select"]
