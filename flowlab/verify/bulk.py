"""The part of a long search that is done in batches: thousands of slacks in one call, one look at those not clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab.verify.functions import Runaway
from flowlab.verify.sampling import sample
from flowlab.verify.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from flowlab.verify.evidence import Evidence

__all__ = ["search_in_batches"]

_BATCH = 4096
_COMPARED = 16  # examples of a first batch that are evaluated one at a time as well


def search_in_batches(evidence: Evidence, examples: int, seed: int) -> bool:
    """Evaluate so many more examples in batches, until one is a counterexample.

    What is not clearly positive is looked at singly, as any other example; where much is not, as in a claim that is
    nearly an equality, some of it.

    Parameters
    ----------
    evidence : Evidence
        What is known of the claim, and is added to.
    examples : int
    seed : int

    Returns
    -------
    bool
        False where the claim does not go in batches.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> from flowlab.verify.evidence import Evidence
    >>> square = Claim("demo", "", "x² ≥ 0", "", {"x": Real(1, 2)}, lambda x: x * x)
    >>> evidence = Evidence(square, 1000, None)
    >>> search_in_batches(evidence, 1000, seed=0), evidence.evaluated
    (True, 1000)
    """
    claim = evidence.claim
    generator = np.random.default_rng(abs(seed))
    slack = _in_batches(evidence, generator)
    if slack is None:
        return False
    goal = evidence.seen + examples
    for _ in range(4 * (examples // _BATCH + 1)):  # where few are admitted, or new, no end is sought
        left = goal - evidence.seen
        if left <= 0 or evidence.counterexample is not None or evidence.floats_lie:
            break
        drawn = sample(claim.hypotheses, min(_BATCH, 2 * left), generator)
        assert drawn is not None  # it was drawn from before
        try:
            slacks = evidence.cost.within({}, lambda drawn=drawn: slack(drawn))  # type: ignore[misc]
        except Runaway:
            return False
        evidence.look_at_all(drawn, slacks, most=left)
    return True


def _in_batches(
    evidence: Evidence, generator: np.random.Generator
) -> Callable[[dict[str, Any]], NDArray[np.float64]] | None:
    """Return the slack of arrays, if it is the one of their entries."""
    claim, within = evidence.claim, evidence.cost.within
    function = claim.batch or claim.slack
    drawn = None if claim.identity else sample(claim.hypotheses, _COMPARED, generator)
    if drawn is None:
        return None

    def slack(arguments: dict[str, Any]) -> NDArray[np.float64]:
        """Return the slack at every entry of the arguments' arrays."""
        if claim.batch is None:  # arrays of integers wrap around without a word
            arguments = {name: column.astype(np.float64) for name, column in arguments.items()}
        found = function(**arguments)
        values = found.slack if isinstance(found, Sides) else found
        size = next(iter(arguments.values())).size
        return np.broadcast_to(np.asarray(values, dtype=np.float64), (size,))

    try:
        together = within({}, lambda: slack(drawn))
        for i, value in enumerate(together):
            arguments = {name: column[i].item() for name, column in drawn.items()}
            one = within(arguments, lambda arguments=arguments: float(claim.slack(**arguments)), of="floats")  # type: ignore[misc]
            if not (abs(value - one) <= 1e-9 * (1 + abs(one)) or value == one or np.isnan(value)):
                return None
    except (Exception, Runaway):  # whatever a user's function says to arrays, it is not written for them
        return None
    return slack
