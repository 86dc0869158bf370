"""A certificate held against the search's own means, at points of its box: neither is believed over the other."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import islice, product
from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab.verify.at_points import assumed_of_floats_alone, goes_in_balls
from flowlab.verify.certifying.boxes import Box, read_box
from flowlab.verify.certifying.cells import PROVED
from flowlab.verify.certifying.certificate_file import RefusedError
from flowlab.verify.discrete import Integer
from flowlab.verify.evidence import Evidence
from flowlab.verify.intervals import Real

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowlab.verify.certifying.certificate import Certificate
    from flowlab.verify.claim import Claim
    from flowlab.verify.settled import Point

__all__ = ["ContradictionError", "at_middle", "examine", "inside"]

_CORNERS, _DRAWN, _LEAVES = 16, 24, 16  # points that are looked at
_DEAR = 4  # so many are settled in high precision, of a guarded claim
_FAR = 1e6  # drawn in place of infinity


class ContradictionError(RefusedError):
    """Two kinds of evidence that cannot both be right.

    Examples
    --------
    >>> raise ContradictionError("contradiction: certified over x = 0, yet falsified at x = 0")
    Traceback (most recent call last):
        ...
    flowlab.verify.certifying.examining.ContradictionError: contradiction: certified over x = 0, yet falsified at x = 0
    """


def examine(certificate: Certificate, claim: Claim) -> None:
    """Look for a point of a certificate's box at which the search would say otherwise: its corners, some within.

    Raises
    ------
    ContradictionError
        If there is one: the claim may be another function of balls than it is of floats.

    Examples
    --------
    >>> from flowlab.verify import Real, certify, claim
    >>> @claim("demo")
    ... def of_a_kind(x: Real(0, 1)):
    ...     return 0.5 - x if isinstance(x, float) else x
    >>> certify(of_a_kind)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    flowlab.verify.certifying.examining.ContradictionError: contradiction: certified over x ∈ [0, 1], yet...
    """
    evidence = Evidence(claim, 10**6, None)
    with evidence.cost.watched():
        _examine(certificate, claim, evidence)


def _examine(certificate: Certificate, claim: Claim, evidence: Evidence) -> None:
    whole = read_box(claim, certificate.box)
    told = f"contradiction: {certificate.verdict} over {certificate.place}, yet"
    if not goes_in_balls(claim):
        evidence.audited = 0
    if certificate.counterexample is not None:
        found = _at_middle(certificate, claim, evidence)
        if found is not None and (found.sign == "positive" or found.at_odds):
            raise ContradictionError(f"{told} the slack is {found.reason or found.sign} at {_text(found.arguments)}")
        return
    for mark, point in _points(claim, whole, certificate):
        if not evidence.admits(point):
            continue
        if mark == "-":
            if evidence.admits_exactly(point):
                raise ContradictionError(f"{told} {_text(point)} satisfies the hypotheses, that balls say nothing does")
            if reason := assumed_of_floats_alone(claim, point):
                raise ContradictionError(f"{told} at {_text(point)}: {reason}")
            continue
        settled = sum(each.settled is not None for each in evidence.points.values())
        dear = claim.guarded and settled >= _DEAR  # else `exact` is asked, which may be another function
        found = evidence.look(point, trusting=goes_in_balls(claim) or dear)
        if found.sign == "negative" and found.settled is not None:
            raise ContradictionError(f"{told} the slack is {found.settled.text} at {_text(point)}")
        if found.at_odds:
            raise ContradictionError(f"{told} at {_text(point)}: {found.reason}")
        if claim.guarded and not goes_in_balls(claim) and settled > _DEAR:
            return


def at_middle(certificate: Certificate, claim: Claim) -> Point | None:
    """Return what the search makes of the middle of a certificate's counterexample, if that is an example.

    Examples
    --------
    >>> from flowlab.verify import Real, certify, claim
    >>> below = claim("demo", hypotheses={"x": Real(0, 1)})(lambda x: x - 2)
    >>> at_middle(certify(below), below).slack
    -1.5
    """
    evidence = Evidence(claim, 1, None)
    with evidence.cost.watched():
        return _at_middle(certificate, claim, evidence)


def _at_middle(certificate: Certificate, claim: Claim, evidence: Evidence) -> Point | None:
    part = read_box(claim, certificate.counterexample)
    point = next(_drawn(claim, part, 1, 0.5), None)
    return None if point is None or not evidence.admits(point) else evidence.look(point, trusting=False)


def inside(box: Box, point: dict[str, Any]) -> bool:
    """Return whether a point lies in a box.

    Examples
    --------
    >>> from flint import fmpq
    >>> inside(Box({"x": (fmpq(0), fmpq(1))}, {"n": 2}), {"x": 0.5, "n": 2})
    True
    """
    for name, value in point.items():
        if name in box.ends:
            low, high = box.ends[name]
            if not _fraction(low) <= _exact(value) <= _fraction(high):
                return False
        elif _exact(value) != _fraction(box.fixed[name]):
            return False
    return True


def _points(claim: Claim, whole: Box, certificate: Certificate) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield points of the box, each with the mark of its cell, or of all cells where that is one."""
    leaves = [(cell, mark) for _, cell, mark in certificate.cells()]
    for cell, mark in leaves[:: len(leaves) // _LEAVES + 1]:
        if mark in PROVED:
            part = whole.part(whole.corners(cell))
            yield from ((mark, point) for point in _drawn(claim, part, 1, 0.5))
    if "?" in certificate.tree:
        return
    mark = "." if "." in certificate.tree else "-"
    names = [*whole.ends]
    for ends in islice(product((0.0, 1.0), repeat=len(names)), _CORNERS):
        yield from ((mark, point) for point in _placed(claim, whole, dict(zip(names, ends, strict=True))))
    yield from ((mark, point) for point in _drawn(claim, whole, _DRAWN))


def _drawn(claim: Claim, box: Box, count: int, fixed: float | None = None) -> Iterator[dict[str, Any]]:
    generator = np.random.default_rng(0)
    for _ in range(count):
        parts = {name: float(generator.random()) if fixed is None else fixed for name in box.ends}
        yield from _placed(claim, box, parts)


def _placed(claim: Claim, box: Box, parts: dict[str, float]) -> Iterator[dict[str, Any]]:
    """Yield the point at parts of the way along each axis, if it is one of floats and integers in the box."""
    point: dict[str, Any] = {}
    for name, allowed in claim.hypotheses.items():
        if name in box.ends:
            low, high = (_fraction(end) for end in box.ends[name])
            part = Fraction(parts[name])
            number = low + part * (high - low) if high != math.inf else low + part * Fraction(_FAR)
        else:
            number = _fraction(box.fixed[name])
        if isinstance(allowed, Integer):
            point[name] = number if number == math.inf else round(number)
        elif isinstance(allowed, Real):
            point[name] = number if number == math.inf else allowed.nearest(float(number))
        else:
            point[name] = box.fixed[name]
    if inside(box, point):
        yield point


def _fraction(end: Any) -> Any:
    return Fraction(int(end.p), int(end.q)) if hasattr(end, "q") else end


def _exact(value: Any) -> Any:
    return Fraction(value) if isinstance(value, float) and math.isfinite(value) else value


def _text(point: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.items())
