"""What the evidence amounts to: a verdict, with the line that explains it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from flowlab.verify.exactness import beneath_floats
from flowlab.verify.rounding import rounded
from flowlab.verify.verdict import Verdict, nearest_float

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from flowlab.verify.certifying.certificate import Certificate
    from flowlab.verify.claim import Claim, Kind
    from flowlab.verify.evidence import Evidence
    from flowlab.verify.settled import Point, Settled
    from flowlab.verify.tightness import TightnessMap

__all__ = ["beside", "conclude", "where_tightest"]

_TRACED = 8  # examples at which it is seen what numbers a claim meets


def where_tightest(claim: Claim, verdict: Verdict, found: TightnessMap) -> Verdict:
    """Return the verdict on a claim, falsified after all if it held and yet fails where it is tightest.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real, tightness
    >>> false = Claim("demo", "", "", "", {"x": Real(0, 1)}, lambda x: 0.25 - 1e-9 - x * (1 - x))
    >>> held = Verdict("demo", "held", "held")
    >>> where_tightest(false, held, tightness(false, points=9, verdict=held)).counterexample
    {'x': 0.5}
    """
    from flowlab.verify.settle import settle

    at = found.counterexample
    if at is None or verdict.verdict != "held":
        return verdict
    return _falsified(verdict, at, settle(claim, at), "where it is tightest")


def _falsified(verdict: Verdict, at: Mapping[str, Any], settled: Settled, told: str) -> Verdict:
    where = ", ".join(f"{name} = {value}" for name, value in at.items())
    return replace(
        verdict,
        verdict="falsified",
        counterexample=dict(at),
        counterexample_slack=settled.text,
        min_slack=nearest_float(settled.value),
        at=dict(at),
        digits=max(verdict.digits, settled.digits),
        message=f"slack {settled.text} at {where}, {told}, confirmed to {settled.digits} digits",
    )


def beside(claim: Claim, verdict: Verdict, certificates: Sequence[Certificate]) -> Verdict:
    """Return the verdict, falsified where a certificate has a counterexample that is one, with what contradicts it.

    Examples
    --------
    >>> from flowlab.verify import Real, certify, claim
    >>> below = claim("demo", hypotheses={"x": Real(0, 1)})(lambda x: 1 - x)
    >>> beside(below, Verdict("demo", "falsified", "held", counterexample={"x": 0.5}), [certify(below)]).contradiction
    'contradiction: certified over x ∈ [0, 1], yet falsified at x = 0.5'
    """
    from flowlab.verify.certifying.boxes import read_box
    from flowlab.verify.certifying.examining import at_middle, inside

    found = ""
    for each in certificates:
        if each.verdict == "falsified" and verdict.verdict == "held":
            point = at_middle(each, claim)
            if point is not None and point.sign == "negative" and point.settled is not None:
                verdict = _falsified(verdict, point.arguments, point.settled, "as a certificate has it")
            else:
                seen = "the search finds no counterexample"
                if point is not None and (point.sign == "positive" or point.at_odds):
                    seen = f"the slack is {point.reason or point.sign} at {_text(point)}"
                found = f"certainly false over {each.place}, yet {seen}"
    for each in certificates:
        at = verdict.counterexample
        if each.verdict == "certified" and at is not None and inside(read_box(claim, each.box), at):
            where = ", ".join(f"{name} = {value}" for name, value in at.items())
            found = f"certified over {each.place}, yet falsified at {where}"
    return replace(verdict, contradiction=f"contradiction: {found}") if found else verdict


def conclude(evidence: Evidence, seconds: float) -> Verdict:
    """Return the verdict."""
    found = evidence.counterexample
    kind, message = _conclusion(evidence)
    if found is not None and (evidence.smallest is None or found.slack < evidence.smallest.slack):
        evidence.smallest = found
    settled = (point.arguments for point in evidence.points.values() if point.settled is not None)
    return Verdict(
        id=evidence.claim.id,
        verdict=kind,
        recorded=evidence.claim.recorded,
        examples=evidence.evaluated,
        skipped=evidence.counts["skipped"],
        touching=evidence.counts["touching"],
        min_slack=evidence.smallest.slack if evidence.smallest else None,
        at=dict(evidence.smallest.arguments) if evidence.smallest else None,
        counterexample=dict(found.arguments) if found else None,
        counterexample_slack=found.settled.text if found and found.settled else "",
        digits=evidence.digits,
        agreed_digits=evidence.agreed if kind == "held" else 0,
        message=message,
        aside=tuple(evidence.cost.aside),
        seconds=seconds,
        rounded=rounded(evidence.claim, islice(settled, _TRACED)),
    )


def _conclusion(evidence: Evidence) -> tuple[Kind, str]:
    """Return the verdict and the line that explains it."""
    counts = evidence.counts
    if (found := evidence.counterexample) is not None and found.settled is not None:
        hint = beneath_floats(evidence.claim.slack, found.arguments)
        told = f"slack {found.settled.text} at {_text(found)}, confirmed to {found.settled.digits} digits"
        return "falsified", "; ".join(filter(None, (told, hint)))
    skipped = f"{counts['skipped']} skipped"
    if counts["skipped"]:
        skipped += f" ({evidence.first['skipped'].reason} at {_text(evidence.first['skipped'])})"
    if evidence.cost.ended:
        skipped += ", and nothing larger than where an evaluation was ended was tried"
    if not evidence.seen:
        return "undecided", "no example drawn satisfies the hypotheses"
    if 2 * counts["skipped"] > evidence.seen:
        return (
            "undecided",
            f"more than half of {evidence.seen} examples could not be evaluated: {skipped}",
        )
    if counts["unclear"]:
        first = evidence.first["unclear"]
        return "undecided", f"{counts['unclear']} signs unclear, first at {_text(first)}: {first.reason}"
    everything = (", all of them" if not counts["skipped"] else ", all that have a value") * evidence.exhausted
    parts = [f"no counterexample in {evidence.evaluated} examples{everything}"]
    if evidence.agreed:
        parts.append(f"both sides agree to at least {evidence.agreed} digits at each")
    if counts["touching"]:
        parts.append(f"equality in {counts['touching']}")
    if counts["skipped"]:
        parts.append(skipped)
    if evidence.left_out:
        parts.append(f"{evidence.left_out} more were not clear in floats, left out and not counted")
    return "held", "; ".join(parts)


def _text(point: Point) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.arguments.items())
