"""What a search concludes about a claim, with its evidence."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowlab.verify.claim import Kind
    from flowlab.verify.derivation import Derivation

__all__ = ["Verdict", "weighed"]


@dataclass(frozen=True)
class Verdict:
    """The outcome of one search.

    Parameters
    ----------
    id : str
        The claim's.
    verdict : {"held", "falsified", "undecided"}
        ``held`` means that no counterexample was found, not that there is none.
    recorded : {"held", "falsified", "undecided"}
        The verdict on record.
    examples : int
        Distinct examples that were evaluated.
    skipped : int
        Distinct examples that the claim could not evaluate; they count for nothing.
    touching : int
        Examples with equality to every digit tried.
    min_slack : float or None
        The smallest slack met; exact, then rounded, wherever it is small or negative. None without examples.
    at : dict or None
        Where that was.
    counterexample : dict or None
        Confirmed arguments at which the slack is negative.
    counterexample_slack : str
        Its slack to 15 digits, or nothing.
    digits : int
        The most decimal digits that any confirmation took; 0 if floats sufficed.
    agreed_digits : int
        For an identity that held: to so many digits at least both sides agree at every example. Its slacks mean
        nothing. 0 for other claims.
    message : str
        One line: what happened.
    aside : tuple of str
        The first example that was set aside for each reason. An evaluation that takes too much is ended, and what has
        numbers no smaller is not tried then; how many there are may depend on the machine's speed.
    seconds : float
        How long it took; left out of comparisons.
    derivation : Derivation or None
        The claim's own, if it has one.
    contradiction : str
        What two kinds of evidence say that cannot both be right, or nothing.
    rounded : str
        Which constant Python has rounded, where, and what to write instead; or nothing. The verdict is on the claim
        with the rounded number.

    Examples
    --------
    >>> verdict = Verdict("demo", "held", "falsified", examples=200)
    >>> verdict.agrees, verdict.as_json()["examples"]
    (False, 200)
    """

    id: str
    verdict: Kind
    recorded: Kind
    examples: int = 0
    skipped: int = 0
    touching: int = 0
    min_slack: float | None = None
    at: dict[str, Any] | None = None
    counterexample: dict[str, Any] | None = None
    counterexample_slack: str = ""
    digits: int = 0
    agreed_digits: int = 0
    message: str = ""
    aside: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    derivation: Derivation | None = None
    contradiction: str = ""
    rounded: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the verdict is the one on record; where the evidence contradicts itself, it never is.

        Examples
        --------
        >>> Verdict("demo", "held", "held").agrees
        True
        """
        return self.verdict == self.recorded and not self.contradiction

    @property
    def proof(self) -> str:
        """What the claim's derivation comes to, in one line; nothing where it has none.

        Examples
        --------
        >>> from flowlab.verify import Derivation, Step
        >>> Verdict("demo", "held", "held", derivation=Derivation("every N", (Step("0 = 0", True),))).proof
        'proved for every N (1 step)'
        """
        return "" if self.derivation is None else self.derivation.summary

    def as_json(self) -> dict[str, Any]:
        """Return what JSON can carry: no nan, no infinity; and not the time taken, so equal runs are equal.

        Examples
        --------
        >>> Verdict("demo", "held", "held", at={"N": math.inf}).as_json()["at"]
        {'N': 'inf'}
        """
        return {
            "id": self.id,
            "verdict": self.verdict,
            "examples": self.examples,
            "min_slack": self.min_slack,
            "counterexample": _plain(self.counterexample),
            "counterexample_slack": self.counterexample_slack,
            "at": _plain(self.at),
            "skipped": self.skipped,
            "touching": self.touching,
            "digits": self.digits,
            "agreed_digits": self.agreed_digits,
            "recorded": self.recorded,
            "agrees": self.agrees,
            "proof": self.proof,
            "contradiction": self.contradiction,
            "rounded": self.rounded,
            "message": self.message,
            "aside": list(self.aside),
        }


def weighed(verdict: Verdict, derivation: Derivation) -> Verdict:
    """Return what a search and a derivation come to together.

    They may not contradict each other: where they do, or a step of the derivation does not hold, the verdict is
    ``undecided``, and the message says what happened. A derivation that was not finished changes nothing.

    Parameters
    ----------
    verdict : Verdict
        Of the search.
    derivation : Derivation

    Returns
    -------
    Verdict

    Examples
    --------
    >>> from flowlab.verify import Derivation, Step
    >>> proof = Derivation("every x", (Step("x = x", True),))
    >>> weighed(Verdict("demo", "held", "held"), proof).verdict
    'held'
    >>> weighed(Verdict("demo", "falsified", "held", message="slack -1 at x = 2"), proof).message
    'contradiction: proved for every x (1 step), yet the search says: slack -1 at x = 2'
    """
    contrary = {"proved": "falsified", "refuted": "held"}.get(derivation.outcome)
    if derivation.outcome == "broken":
        message = f"{derivation.summary}; the search says: {verdict.message}"
        return replace(verdict, verdict="undecided", message=message, derivation=derivation)
    if verdict.verdict == contrary:
        message = f"contradiction: {derivation.summary}, yet the search says: {verdict.message}"
        return replace(verdict, verdict="undecided", message=message, derivation=derivation, contradiction=message)
    return replace(verdict, message=f"{verdict.message}; {derivation.summary}", derivation=derivation)


def nearest_float(value: Any) -> float:
    """Return `value` as a finite float of the same sign; beyond the range, the float nearest to it.

    Examples
    --------
    >>> import mpmath
    >>> nearest_float(mpmath.mpf("-1e-5000")), nearest_float(mpmath.mpf("1e5000"))
    (-5e-324, 1.7976931348623157e+308)
    """
    try:
        result = float(value)
    except OverflowError:
        result = math.inf if value > 0 else -math.inf
    if result == 0 and value != 0:
        return math.ulp(0.0) if value > 0 else -math.ulp(0.0)
    if math.isinf(result):
        return math.copysign(sys.float_info.max, result)
    return result


def _plain(arguments: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if arguments is None:
        return None
    plain: dict[str, Any] = {}
    for name, value in arguments.items():
        if value is None or isinstance(value, (bool, int, str)):
            plain[name] = value
        elif isinstance(value, float):
            plain[name] = value if math.isfinite(value) else str(value)
        else:
            plain[name] = str(value)
    return plain
