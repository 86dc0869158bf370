"""The search for counterexamples: corners first, then Hypothesis, then a descent from the smallest slack."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from itertools import islice, product
from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab._checks import shown
from flowlab.verify.bulk import search_in_batches
from flowlab.verify.concluding import conclude
from flowlab.verify.confirming import confirm, confirm_counterexample
from flowlab.verify.discrete import Integer
from flowlab.verify.drawing import without_constants
from flowlab.verify.evidence import Evidence
from flowlab.verify.filling import fill, look_at_every
from flowlab.verify.intervals import Real
from flowlab.verify.simplify import simplify

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from flowlab.verify.claim import Claim
    from flowlab.verify.settled import Point
    from flowlab.verify.verdict import Verdict

__all__ = ["Progress", "reach", "searched"]

Progress = Callable[[str, int, int], None]

_CORNERS = 64
_SHRINKS = 300  # new examples evaluated after the first counterexample
_DESCENTS = 200
_DRIVEN = 1000  # examples that Hypothesis draws, before batches do
_FLAT = 1e-3


class _Found(Exception):  # noqa: N818 -- a signal to Hypothesis' shrinker
    pass


def searched(claim: Claim, *, examples: int = 200, seed: int = 0, progress: Progress | None = None) -> Verdict:
    """Return what a search for a counterexample comes to, without the claim's derivation or anything else beside it.

    Corner combinations are evaluated first, then every example where there are no more than are asked for. Else up
    to a thousand are drawn by Hypothesis, then many at once where the slack takes arrays, then a local descent from
    the smallest is made, and more are drawn at random until there are as many distinct ones as asked for. A float
    slack that is not clearly positive is settled in ball arithmetic where the claim is written for it, or in mpmath,
    and only a slack that is certainly negative there makes a counterexample, which is shrunk and rounded to readable
    numbers. At the end the smallest slack is confirmed, and those of the largest arguments.

    Parameters and errors are those of `verify`.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> searched(Claim("demo", "", "x² ≥ x", "", {"x": Real(0, 2)}, lambda x: x * x - x)).counterexample
    {'x': 0.5}
    """
    if isinstance(examples, bool) or not isinstance(examples, int) or examples < 1:
        raise ValueError(f"examples: got {shown(examples)}; allowed: an integer ≥ 1")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"seed: got {shown(seed)}; allowed: an integer")  # noqa: TRY004
    start = time.perf_counter()
    evidence = Evidence(claim, examples, progress)
    # overflow shows in the value, and is settled there
    with np.errstate(all="ignore"), evidence.cost.watched():
        _corners(evidence, max(1, min(_CORNERS, examples // 4)))
        if not look_at_every(evidence):
            _search(evidence, seed)
        if evidence.counterexample is None:
            confirm(evidence)
        simplify(evidence)
        confirm_counterexample(evidence)
    if progress is not None:
        progress(claim.id, examples, examples)
    return conclude(evidence, time.perf_counter() - start)


def _search(evidence: Evidence, seed: int) -> None:
    """Draw examples, then go downhill from the smallest slack, then draw what is left of the budget."""
    examples = evidence.budget
    descents = min(_DESCENTS, examples // 5)
    if (left := examples - evidence.seen - descents) > 0:
        _draw(evidence, min(left, _DRIVEN), seed)
        rest = examples - evidence.seen - descents
        if left > _DRIVEN and evidence.counterexample is None and not search_in_batches(evidence, rest, seed):
            _draw(evidence, rest, seed + 1)
        _fill(evidence, examples - evidence.seen - descents, seed)
    if evidence.counterexample is None:
        _descend(evidence, descents)
    _fill(evidence, examples - evidence.seen, seed + 1)


def _fill(evidence: Evidence, examples: int, seed: int) -> None:
    if evidence.counterexample is None and examples > 0:
        fill(evidence, examples, seed)


def _corners(evidence: Evidence, limit: int) -> None:
    """Evaluate combinations of corners: all of them, or evenly many of all."""
    names = list(evidence.claim.hypotheses)
    corners = [allowed.corners() for allowed in evidence.claim.hypotheses.values()]
    total = math.prod(len(c) for c in corners)
    chosen = {i * total // limit for i in range(limit)} if total > limit else None
    ends = islice(product(*((c[0], c[-1]) for c in corners)), limit // 2)
    for values in ends:
        _admit(evidence, dict(zip(names, values, strict=True)))
    for index, values in enumerate(product(*corners)):
        if len(evidence.points) >= limit or index > 10**5:
            break
        if chosen is None or index in chosen:
            _admit(evidence, dict(zip(names, values, strict=True)))


def _admit(evidence: Evidence, arguments: dict[str, Any]) -> Point | None:
    return evidence.look(arguments) if evidence.admits(arguments) else None


def _draw(evidence: Evidence, examples: int, seed: int) -> None:
    """Search with Hypothesis, and shrink what is found.

    Its phase of targets is left out: it may take tens of thousands of draws for a few hundred examples, with no limit
    to be set, and what it is for is done by `_descend`.
    """
    import hypothesis as h

    last: Point | None = None
    left = _SHRINKS
    found = False

    @h.seed(seed)
    @h.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=h.Verbosity.quiet,
        phases=[h.Phase.generate, h.Phase.shrink],
        suppress_health_check=list(h.HealthCheck),
    )
    @h.given(strategy(evidence.claim))
    def probe(drawn: dict[str, Any]) -> None:
        """Look at an example; fail where the claim does, as long as the shrinker has looks left."""
        nonlocal last, left, found
        arguments = {name: drawn[name] for name in evidence.claim.hypotheses}  # drawn in any order
        if not evidence.admits(arguments):
            h.reject()
        new = evidence.known(arguments) is None
        if new and found:
            left -= 1
            if left < 0:  # the shrinker has had its share
                return
        point = evidence.look(arguments)
        evidence.simplifying += new and found and point.sign != "skipped"
        if point.sign == "negative":
            found, last = True, point
            raise _Found

    with without_constants(), contextlib.suppress(_Found, h.errors.Unsatisfiable):
        probe()
    if last is not None:
        evidence.counterexample = last


def _descend(evidence: Evidence, examples: int) -> None:
    """Walk downhill from the smallest slack, one number at a time, with steps down to rounding."""
    numbers = {name: r for name, r in evidence.claim.hypotheses.items() if isinstance(r, Real | Integer)}
    steps = dict.fromkeys(numbers, 0.25)
    limit = min(evidence.seen + examples, evidence.budget)
    for _ in range(20 * examples):
        if evidence.seen >= limit or evidence.smallest is None or evidence.counterexample is not None:
            return
        if not (moving := [name for name in numbers if steps[name] > 1e-17]):
            return
        name = max(moving, key=steps.__getitem__)
        here = evidence.smallest
        x = here.arguments[name]
        far = reach(x, numbers[name], steps[name])
        sides = [
            _admit(evidence, {**here.arguments, name: target}) if evidence.seen < limit else None
            for target in (x - far, x + far)
        ]
        if evidence.smallest is not here:
            continue
        # where a step changes next to nothing, somewhat smaller ones change less
        steps[name] *= 2.0**-16 if all(_flat(here, side) for side in sides) else 0.25
        if isinstance(x, int) and far == 1:
            steps[name] = 0.0
        if sides[0] is not None and sides[1] is not None:  # a valley: go to the bottom of its parabola
            curvature = sides[0].slack - 2 * here.slack + sides[1].slack
            if 0 < curvature < math.inf and evidence.seen < limit:
                bottom = x + far * (sides[0].slack - sides[1].slack) / (2 * curvature)
                if isinstance(x, int):
                    bottom = round(bottom)
                _admit(evidence, {**here.arguments, name: bottom})


def reach(x: float, allowed: Real | Integer, step: float) -> float:
    """Return how far to go from `x`, as a part of the way to the nearest end; for an integer, one or more.

    Examples
    --------
    >>> reach(8.0, Real(0, math.inf), 0.25), reach(9, Integer(0, 10), 0.25)
    (2.0, 1)
    """
    ends = (allowed.low, math.inf if allowed.high is None else allowed.high)
    room = [abs(x - end) for end in ends if math.isfinite(end) and x != end]
    far = step * min(room, default=max(abs(x), 1.0))
    return max(round(far), 1) if isinstance(allowed, Integer) else far


def _flat(here: Point, side: Point | None) -> bool:
    return side is None or abs(side.slack - here.slack) <= _FLAT * abs(here.slack)


def strategy(claim: Claim) -> SearchStrategy[dict[str, Any]]:
    """Half of the examples moderate in every argument, the others extreme in any."""
    from hypothesis import strategies as st

    moderate = st.fixed_dictionaries({name: r.moderate() for name, r in claim.hypotheses.items()})
    extreme = st.fixed_dictionaries({name: r.strategy() for name, r in claim.hypotheses.items()})
    return st.booleans().flatmap(lambda wide: extreme if wide else moderate)
