"""What an examination of the evidence makes sure of at its end: the smallest slack, floats where they are worst."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flowlab.verify.claim import Unevaluable
from flowlab.verify.functions import Runaway

if TYPE_CHECKING:
    from flowlab.verify.evidence import Evidence
    from flowlab.verify.settled import Point

__all__ = ["confirm", "confirm_counterexample"]

_EACH = 4  # examples of the largest arguments, and as many of all, that are settled firmly
_EACH_GUARDED = 1


def confirm(evidence: Evidence) -> None:
    """Settle the smallest slack firmly, until the smallest one is, and some where floats are least to be trusted.

    Those are the examples of the largest arguments, and a few of all. Where a float slack is caught lying, every one
    that was believed is settled.

    Parameters
    ----------
    evidence : Evidence
        Its examples are replaced, and a counterexample among them is kept.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> from flowlab.verify.evidence import Evidence
    >>> evidence = Evidence(Claim("demo", "", "", "", {"x": Real(1, 2)}, lambda x: x), 10, None)
    >>> point = evidence.look({"x": 1.5})
    >>> confirm(evidence)
    >>> evidence.smallest.settled.firm
    True
    """
    doubtful = [point for point in evidence.points.values() if _doubtful(point)]
    each = _EACH_GUARDED if evidence.claim.guarded else _EACH
    by_size = sorted(doubtful, key=_size, reverse=True)[:each]
    for point in [*by_size, *doubtful[:: len(doubtful) // each + 1]]:
        if evidence.known(point.arguments) is point:
            evidence.again(point)
    if evidence.floats_lie:
        evidence.give_up_batches()
        for point in list(evidence.points.values()):
            if point.sign == "positive" and point.settled is None and evidence.counterexample is None:
                evidence.again(point)
    while evidence.counterexample is None and evidence.smallest is not None and _doubtful(evidence.smallest):
        evidence.again(evidence.smallest)


def confirm_counterexample(evidence: Evidence) -> None:
    """Settle a simplified counterexample firmly, or return to the one that was."""
    found = evidence.counterexample
    if found is None or found.settled is None or found.settled.firm:
        return
    again: Point | None = None
    with suppress(Runaway, Unevaluable):
        again = evidence.settle(found.arguments, firmly=True)
    evidence.counterexample = again if again is not None and again.sign == "negative" else evidence.firm


def _doubtful(point: Point) -> bool:
    return point.sign == "positive" and (point.settled is None or not point.settled.firm)


def _size(point: Point) -> float:
    return max((abs(value) for value in point.arguments.values() if _is_number(value)), default=0.0)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
