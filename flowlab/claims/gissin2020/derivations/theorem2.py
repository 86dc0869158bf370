"""Theorem 2 from eq. 4: the condition as integrals, their bounds, and the solution for σ0, in appendix A's order.

The learning is incremental from σ0 exactly if t_f(σ_i) ≤ t_s(σ_j), as values grow (claim section3.monotone).
"""

from flowlab.claims.gissin2020.derivations import conditions as steps
from flowlab.symbolic.proving.steps import Proof, derivation

_RANGES = "r > 1, 0 < s < 1 and 0 < f < 1 with fr > s"


def _add_condition(proof: Proof, *, sufficient: bool) -> None:
    steps.add_split(proof)
    (steps.add_sufficient_bounds if sufficient else steps.add_necessary_bounds)(proof)
    steps.add_integral(proof)


@derivation(f"N = 2, every {_RANGES}")
def depth2_lower(proof: Proof) -> None:
    """Tighten the condition at N = 2 until it can be solved."""
    _add_condition(proof, sufficient=True)
    steps.add_sufficient_depth2(proof)


@derivation(f"N = 2, every {_RANGES}")
def depth2_upper(proof: Proof) -> None:
    """Relax the condition at N = 2 until it can be solved."""
    _add_condition(proof, sufficient=False)
    steps.add_necessary_depth2(proof)


@derivation(f"every real N > 2, every {_RANGES}")
def deep_lower(proof: Proof) -> None:
    """Tighten the condition at N > 2 until it can be solved."""
    _add_condition(proof, sufficient=True)
    steps.add_sufficient_deep(proof)


@derivation(f"every real N > 2, every {_RANGES}")
def deep_upper(proof: Proof) -> None:
    """Relax the condition at N > 2 until it can be solved, keeping (fr)^(−p)."""
    _add_condition(proof, sufficient=False)
    steps.add_necessary_deep(proof)
