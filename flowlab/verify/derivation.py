"""A statement derived step by step, each step checked symbolically; or refuted in the same way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Derivation", "Outcome", "Step"]

Outcome = Literal["proved", "refuted", "broken", "unfinished"]
"""What a derivation comes to."""


@dataclass(frozen=True)
class Step:
    """One step of a derivation.

    Parameters
    ----------
    text : str
        What is said, in one line.
    holds : bool
        Whether it was found true: of an equality, that the difference of its two sides is identically zero.

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
        For what it is a proof: "every real N > 0", "d = 3 and N = 2". Of a refutation, where the statement fails.
    steps : tuple of Step
        From the loss to the statement.
    refutes : bool, optional
        Whether the steps end in the contrary of the statement.
    unfinished : str, optional
        Why the steps are not all there, where they are not.

    Examples
    --------
    >>> derivation = Derivation("every N", (Step("0 = 0", True), Step("0 = 1", False)))
    >>> derivation.outcome, derivation.summary
    ('broken', 'derivation broken for every N: step 2 of 2 does not hold: 0 = 1')
    """

    scope: str
    steps: tuple[Step, ...]
    refutes: bool = field(default=False, kw_only=True)
    unfinished: str = field(default="", kw_only=True)

    @property
    def outcome(self) -> Outcome:
        """One word: "proved", "refuted", "broken" where a step does not hold, "unfinished"."""
        if not all(step.holds for step in self.steps):
            return "broken"
        if self.unfinished:
            return "unfinished"
        if not self.steps:
            return "broken"
        return "refuted" if self.refutes else "proved"

    @property
    def proved(self) -> bool:
        """Whether there are steps, every one of them holds, and they end in the statement.

        Examples
        --------
        >>> Derivation("every N", ()).proved
        False
        """
        return self.outcome == "proved"

    @property
    def refuted(self) -> bool:
        """Whether there are steps, every one of them holds, and they end in the contrary of the statement.

        Examples
        --------
        >>> Derivation("N = 2", (Step("1 ≠ 2", True),), refutes=True).refuted
        True
        """
        return self.outcome == "refuted"

    @property
    def summary(self) -> str:
        """The outcome in one line.

        Examples
        --------
        >>> Derivation("every N", (Step("0 = 0", True),)).summary
        'proved for every N (1 step)'
        """
        count = f"{len(self.steps)} step{'s' * (len(self.steps) != 1)}"
        if self.outcome == "unfinished":
            return f"derivation unfinished after {count}: {self.unfinished}"
        if self.outcome == "broken":
            failing = [(number, step) for number, step in enumerate(self.steps, 1) if not step.holds]
            if not failing:
                return f"derivation broken for {self.scope}: it has no steps"
            number, step = failing[0]
            return f"derivation broken for {self.scope}: step {number} of {len(self.steps)} does not hold: {step.text}"
        return f"{self.outcome} for {self.scope} ({count})"
