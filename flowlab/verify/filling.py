"""What of a budget neither corners nor Hypothesis use: every example where there are few, else distinct random ones."""

from __future__ import annotations

import math
from itertools import chain, product
from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab.verify.discrete import Choice, Integer
from flowlab.verify.sampling import sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowlab.verify.claim import Claim
    from flowlab.verify.evidence import Evidence
    from flowlab.verify.ranges import Range

__all__ = ["fill", "look_at_every"]

_ROUNDS = 4  # of random draws, each twice as many as are wanted
_TIMES = 64  # the budget: so many examples are put in any order, and none comes twice
_MOST = 1000  # beyond so many, examples are looked at in batches or not at all


def look_at_every(evidence: Evidence) -> bool:
    """Evaluate all examples that there are, until one is a counterexample; nothing if they exceed the budget.

    Returns
    -------
    bool
        Whether they do not.

    Examples
    --------
    >>> from flowlab.verify import Claim
    >>> from flowlab.verify.evidence import Evidence
    >>> few = Evidence(Claim("demo", "", "", "", {"n": Integer(0, 9), "m": Choice(1, 2)}, lambda n, m: n + m), 20, None)
    >>> look_at_every(few), few.evaluated, few.exhausted
    (True, 20, True)
    """
    members = [_members(allowed) for allowed in evidence.claim.hypotheses.values()]
    if math.prod(_count(each) for each in members) > evidence.budget or not all(members):
        return False
    for values in product(*members):
        arguments = _named(evidence.claim, values)
        if evidence.admits(arguments):
            evidence.look(arguments)
        if evidence.counterexample is not None:
            return True
    evidence.exhausted = True
    return True


def fill(evidence: Evidence, examples: int, seed: int) -> None:
    """Evaluate so many more examples, drawn at random, until one is a counterexample or new ones get rare.

    Examples
    --------
    >>> from flowlab.verify import Claim
    >>> from flowlab.verify.evidence import Evidence
    >>> evidence = Evidence(Claim("demo", "", "", "", {"n": Integer(0, 999)}, lambda n: n), 200, None)
    >>> fill(evidence, 150, seed=0)
    >>> evidence.evaluated
    150
    """
    claim, goal = evidence.claim, evidence.seen + min(examples, _MOST)
    generator = np.random.default_rng(abs(seed))
    drawn = _listed(claim, evidence.budget, generator) or chain.from_iterable(
        _drawn(claim, 16 + 2 * examples, generator) for _ in range(_ROUNDS)
    )
    for arguments in drawn:
        if evidence.seen >= goal or evidence.counterexample is not None:
            return
        if evidence.known(arguments) is None and evidence.admits(arguments):
            evidence.look(arguments)


def _listed(claim: Claim, budget: int, generator: np.random.Generator) -> Iterator[dict[str, Any]] | None:
    """Give every example in any order, if they are not many times as many as the budget."""
    members = [_members(allowed) for allowed in claim.hypotheses.values()]
    total = math.prod(_count(each) for each in members)
    if not 0 < total <= _TIMES * budget:
        return None
    order = generator.permutation(total)
    places = np.stack(np.unravel_index(order, [len(each) for each in members]), axis=1)
    return (_named(claim, (each[i] for each, i in zip(members, row, strict=True))) for row in places.tolist())


def _drawn(claim: Claim, count: int, generator: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Give random examples, none where they cannot be drawn at once."""
    ranges = claim.hypotheses
    # of a list, whatever its values are, the places are drawn
    places = {name: Choice(*range(len(r.values))) if isinstance(r, Choice) else r for name, r in ranges.items()}
    columns = sample(places, count, generator)
    for row in zip(*(column.tolist() for column in (columns or {}).values()), strict=True):
        pairs = zip(ranges.values(), row, strict=True)
        yield _named(claim, (r.values[value] if isinstance(r, Choice) else value for r, value in pairs))


def _named(claim: Claim, values: Iterable[Any]) -> dict[str, Any]:
    return dict(zip(claim.hypotheses, values, strict=True))


def _members(allowed: Range) -> range | tuple[Any, ...]:
    """Return the values of a finite range; none of another."""
    if isinstance(allowed, Choice):
        return allowed.values
    if isinstance(allowed, Integer) and allowed.high is not None:
        return range(allowed.low, allowed.high + 1)
    return ()


def _count(members: range | tuple[Any, ...]) -> int:
    """Return how many there are, which `len` does not tell of long ranges."""
    return members.stop - members.start if isinstance(members, range) else len(members)
