"""A counterexample that can be read: floats of few digits, small integers, the first of what is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowlab.verify.claim import Unevaluable
from flowlab.verify.discrete import Choice, Integer
from flowlab.verify.functions import Runaway
from flowlab.verify.intervals import Real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowlab.verify.evidence import Evidence

__all__ = ["shorter", "simplify"]

_TRIALS = 300  # examples settled for a more readable counterexample
_ONE_BY_ONE = 48  # integers tried from the smallest on, before the rest is halved


def simplify(evidence: Evidence) -> None:
    """Put a simpler counterexample in place of the one that was found, if there is one.

    One argument after the other, twice: a real number gets as few digits as it can have; an integer goes as far
    towards zero as it can, past integers that are no counterexample where they are small.

    Parameters
    ----------
    evidence : Evidence
        Its counterexample is replaced.

    Examples
    --------
    >>> from flowlab.verify import Claim
    >>> from flowlab.verify.evidence import Evidence
    >>> few = Claim("demo", "", "n² ≤ 50", "", {"n": Integer(-100, 100)}, lambda n: 50 - n * n)
    >>> evidence = Evidence(few, 10, None)
    >>> point = evidence.look({"n": -92})
    >>> simplify(evidence)
    >>> evidence.counterexample.arguments
    {'n': 8}
    """
    left = _TRIALS
    for _ in range(2):
        for name, allowed in evidence.claim.hypotheses.items():

            def fails(candidate: Any, name: str = name) -> bool:
                """Return whether the claim fails with another value of one argument; keep what it then fails at."""
                nonlocal left
                best = evidence.counterexample
                assert best is not None
                trial = {**best.arguments, name: candidate}
                if left <= 0 or not evidence.admits(trial):
                    return False
                left -= 1
                try:
                    point = evidence.known(trial) or evidence.settle(trial)
                except (Runaway, Unevaluable):
                    return False
                if point.sign == "negative":
                    evidence.counterexample = point
                return point.sign == "negative"

            if evidence.counterexample is not None:
                _simplified(allowed, evidence.counterexample.arguments[name], fails)


def _simplified(allowed: Any, value: Any, fails: Callable[[Any], bool]) -> None:
    """Try what is simpler than a value, until something fails."""
    if isinstance(allowed, Real):
        any(map(fails, shorter(value, allowed)))
    elif isinstance(allowed, Choice):
        any(map(fails, allowed.values[: allowed.values.index(value)]))
    elif isinstance(allowed, Integer):
        _smaller(value, allowed, fails)


def shorter(value: Any, allowed: Real) -> Iterator[float]:
    """Give shorter numbers for `value`, the shortest first: moderate ones, then its own roundings.

    Examples
    --------
    >>> list(shorter(0.12, Real(0.1, 0.5)))
    [0.5, 0.3, 0.1]
    """
    if not isinstance(value, float):
        return
    length = len(repr(value))
    middle = allowed.corners()[len(allowed.corners()) // 2]
    candidates = [0.0, 1.0, -1.0, 2.0, 0.5, middle] + [float(f"{value:.{digits}g}") for digits in range(1, 16)]
    for candidate in dict.fromkeys(candidates):
        if len(repr(candidate)) < length and candidate in allowed:
            yield candidate


def _smaller(value: int, allowed: Integer, fails: Callable[[Any], bool]) -> None:
    """Try integers from the one nearest to 0 on, then halve the way that is left."""
    origin = max(allowed.low, min(0, allowed.last))
    away = abs(value - origin)
    near = min(away, _ONE_BY_ONE)
    for distance in range(near):
        if any(fails(origin + each) for each in dict.fromkeys((distance, -distance))):
            return
    side = 1 if value > origin else -1
    low, high = near, away  # at `high` it fails
    while high - low > 1:
        middle = (low + high) // 2
        if fails(origin + side * middle):
            high = middle
        else:
            low = middle
