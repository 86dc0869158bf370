"""A statement derived step by step, each step checked symbolically."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Derivation", "Step"]


@dataclass(frozen=True)
class Step:
    """One equality of a derivation.

    Parameters
    ----------
    text : str
        What is said, in one line.
    holds : bool
        Whether the difference of its two sides was found to be identically zero.

    Examples
    --------
    >>> Step("σ̇ = N σ^(1−1/N) ẇ, by the chain rule", True).holds
    True
    """

    text: str
    holds: bool


@dataclass(frozen=True)
class Derivation:
    """What was derived, and for which sizes.

    Parameters
    ----------
    scope : str
        For what it is a proof: "every real N > 0", "d = 3 and N = 2".
    steps : tuple of Step
        From the loss to the statement.

    Examples
    --------
    >>> Derivation("every N", (Step("0 = 0", True), Step("0 = 1", False))).proved
    False
    """

    scope: str
    steps: tuple[Step, ...]

    @property
    def proved(self) -> bool:
        """Whether there are steps, and every one of them holds."""
        return bool(self.steps) and all(step.holds for step in self.steps)
