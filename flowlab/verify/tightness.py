"""How tight an inequality is: the ratio of its sides over two of its arguments, and where it is least and greatest."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from flowlab._checks import shown
from flowlab.verify.budget import in_turn
from flowlab.verify.claim import Unevaluable
from flowlab.verify.discrete import Choice
from flowlab.verify.evidence import Evidence
from flowlab.verify.extremes import Extreme, extreme
from flowlab.verify.functions import Runaway
from flowlab.verify.measure import Measure
from flowlab.verify.sampling import sample
from flowlab.verify.search import searched
from flowlab.verify.spans import Span, domain_of, known_argument, spans_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from flowlab.verify.claim import Claim
    from flowlab.verify.ranges import Range
    from flowlab.verify.verdict import Verdict

__all__ = ["TightnessMap", "tightness"]

_POINTS = (2, 1000)
_CORNERS = 128


@dataclass(frozen=True, eq=False)
class TightnessMap:
    """How tight a claim is, over one or two of its arguments.

    Attributes
    ----------
    claim : Claim
    measure : {"ratio", "slack"}
        What was measured: the claim's sides, or, of a claim that does not tell them, its slack.
    over : tuple of str
        The arguments on the axes; the first is the horizontal one.
    axes : dict of str to ndarray
        Their values on the grid.
    logarithmic : dict of str to float or None
        Where an axis counts decades, the number that it counts them from (`ratio` − 1 of `ratio` > 1); else None.
    fixed : dict
        The other arguments, on the map.
    spans : dict of str to tuple
        The map's box: between what each argument lies there; every value of a list, a single one where it was fixed.
    values : ndarray
        Of shape (second axis, first axis), or (first axis,): ln(right side / left side), which is 0 where the claim is
        tight and negative where it fails; or the slack. nan where there is none, or it is infinite.
    sample : ndarray
        The same at points drawn evenly from the map's box, on the axes' scales.
    domain : dict of str to Range
        What was searched for the extremes: the whole of each hypothesis, or the range or the value that was given.
    tightest, loosest : Extreme
        Where in the domain the value is least and greatest, confirmed in mpmath.
    counterexample : dict or None
        Arguments at which the claim fails, as `verify` confirms them.

    Examples
    --------
    >>> import math
    >>> from flowlab.verify import Real, at_most, claim, functions
    >>> @claim("demo.log1p")
    ... def below_the_tangent(x: Real(0.5, 2), c: Real(1, 2)):
    ...     '''log(1 + x) ≤ c x.'''
    ...     return at_most(functions.log1p(x), c * x)
    >>> found = tightness(below_the_tangent, points=5)
    >>> found.values.shape, found.tightest.arguments
    ((5, 5), {'x': 0.5, 'c': 1.0})
    >>> round(math.exp(found.loosest.value), 9), round(4 / math.log(3), 9)
    (3.640956907, 3.640956907)
    """

    claim: Claim
    measure: Literal["ratio", "slack"]
    over: tuple[str, ...]
    axes: dict[str, NDArray[Any]]
    logarithmic: dict[str, float | None]
    fixed: dict[str, Any]
    spans: dict[str, tuple[Any, ...]]
    values: NDArray[np.float64]
    sample: NDArray[np.float64]
    domain: dict[str, Range]
    tightest: Extreme
    loosest: Extreme
    counterexample: dict[str, Any] | None

    @property
    def fails(self) -> bool:
        """Whether the claim fails where it is tightest.

        Examples
        --------
        >>> from flowlab.verify import Real, at_most, claim
        >>> tightness(claim("demo", hypotheses={"x": Real(0, 9)})(lambda x: at_most(4, x * x)), points=3).fails
        True
        """
        return self.tightest.value < 0 and self.counterexample is not None

    @property
    def everywhere(self) -> bool:
        """Whether the extremes were sought over the claim's whole domain.

        Examples
        --------
        >>> from flowlab.verify import Real, at_most, claim
        >>> doubled = claim("demo", hypotheses={"x": Real(1, 9)})(lambda x: at_most(x, 2 * x))
        >>> [tightness(doubled, ranges=ranges, points=3, samples=9).everywhere for ranges in ({}, {"x": (1, 2)})]
        [True, False]
        """
        return all(self.domain[name] is allowed for name, allowed in self.claim.hypotheses.items())


@in_turn
def tightness(
    claim: Claim,
    over: Sequence[str] | None = None,
    *,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    at: Mapping[str, Any] | None = None,
    points: int = 80,
    samples: int = 2000,
    steps: int = 400,
    seed: int = 0,
    verdict: Verdict | None = None,
) -> TightnessMap:
    """Map how tight a claim is, and search its whole domain for where it is tightest and loosest.

    The search starts from the map, from the corners of the domain, from draws up to the ends of every range, and from
    what `verify` finds; so a claim that `verify` falsifies is not called tight.

    Parameters
    ----------
    claim : Claim
        With `sides`, or a slack that returns them (`at_most`). Of any other claim the slack itself is mapped.
    over : sequence of str, optional
        One or two of its arguments; by default the first two that `at` leaves free.
    ranges : mapping of str to (float, float), optional
        Between what arguments lie, on the map and in the search; by default the map keeps to the part of their
        hypothesis where users live, and the search to nothing. Ends that a hypothesis leaves out are replaced by the
        nearest float.
    at : mapping, optional
        Arguments that are fixed, on the map and in the search. The others on the map are in the middle of their range,
        or as where it is tightest if the map would be empty.
    points : int
        Values an axis.
    samples : int
        Points drawn from the map's box, and half as many from the domain; the search for the extremes starts from
        the best of them and of the map.
    steps : int
        Points that are looked at from each start, at most; from the best, five times as many more.
    seed : int
        The same seed gives the same points.
    verdict : Verdict, optional
        Of `verify`, if it is known; by default the domain is searched for a counterexample here.

    Returns
    -------
    TightnessMap

    Raises
    ------
    ValueError
        If an argument is unknown, a range leaves the hypotheses, no point has a value, or the claim is an identity.

    Examples
    --------
    >>> import math
    >>> from flowlab.verify import Integer, Real, at_most, claim
    >>> @claim("demo.bernoulli")
    ... def bernoulli(x: Real(0, 1), n: Integer(1, 9)):
    ...     '''1 + n x ≤ (1 + x)^n.'''
    ...     return at_most(1 + n * x, (1 + x) ** n)
    >>> found = tightness(bernoulli, ("x", "n"), points=20)
    >>> found.loosest.arguments, round(math.exp(found.loosest.value), 3)
    ({'x': 1.0, 'n': 9}, 51.2)
    """
    for name, value, (low, high) in (
        ("points", points, _POINTS),
        ("samples", samples, (1, 10**6)),
        ("steps", steps, (1, 10**6)),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{name}: got {shown(value)}; allowed: an integer in [{low}, {high}]")
    if claim.identity:
        raise ValueError(f"claim: got {claim.id}, an identity, which is tight everywhere; allowed: an inequality")
    spans = spans_of(claim, dict(ranges or {}), dict(at or {}))
    domain = domain_of(claim, spans, ranges or {}, at or {})
    chosen = _chosen(claim, over, spans)
    axes = {name: spans[name].grid(points) for name in chosen}
    middle = {name: span.at(0.5) for name, span in spans.items() if name not in chosen}
    drawn, on_map = _drawn(spans, samples, seed), _on_map(spans, axes, middle)
    measure = Measure(claim)
    with np.errstate(all="ignore"), measure.cost.watched():  # overflow shows in the value
        measure.settle_kind(drawn)
        inside, values = _measured(measure, drawn, on_map)
        narrowed = replace(claim, hypotheses=domain)
        verdict = searched(narrowed, seed=seed) if verdict is None else verdict
        told = [each for each in (verdict.counterexample, verdict.at) if each and narrowed.admits(**each)]
        known = [([*drawn, *on_map], np.concatenate([inside, values]))]
        known += [
            (points, np.array([measure(each) for each in points]))
            for points in ([*told, *_corners(domain)], _anywhere(domain, samples // 2 + 1, seed))
        ]
        tightest, loosest = (extreme(measure, domain, known, told, sign, steps) for sign in (1, -1))
        if np.isnan(values).all() and middle:  # where the others are in the middle there is nothing to see
            middle = {name: _within(spans[name], tightest.arguments[name]) for name in middle}
            on_map = [{**each, **middle} for each in on_map]
            values = measure.audit(on_map, np.array([measure(each) for each in on_map]))
        here = _failing(narrowed, tightest)
        if tightest.value < 0 and not here:  # it could not be told from rounding
            tightest = replace(tightest, digits=0)
        failing = told[:1] if verdict.counterexample else here
    return TightnessMap(
        claim=claim,
        measure=measure.kind,
        over=chosen,
        axes=axes,
        logarithmic={name: spans[name].origin for name in chosen},
        fixed=middle,
        spans={name: span.ends for name, span in spans.items()},
        values=np.where(np.isinf(values), np.nan, values).reshape([axis.size for axis in axes.values()]).T,
        sample=np.where(np.isinf(inside), np.nan, inside),
        domain=domain,
        tightest=tightest,
        loosest=loosest,
        counterexample=dict(failing[0]) if failing else None,
    )


def _measured(measure: Measure, *parts: list[dict[str, Any]]) -> list[NDArray[np.float64]]:
    """Return what is measured at the points of each part, audited together."""
    points = [point for part in parts for point in part]
    values = measure.audit(points, np.array([measure(each) for each in points]))
    return np.split(values, np.cumsum([len(part) for part in parts[:-1]]))


def _failing(claim: Claim, tightest: Extreme) -> list[dict[str, Any]]:
    """Return where a claim is tightest if it fails there, as the search for counterexamples confirms it."""
    if not (tightest.digits and tightest.value < 0):
        return []
    with suppress(Runaway, Unevaluable):
        if Evidence(claim, 1, None).settle(tightest.arguments).sign == "negative":
            return [tightest.arguments]
    return []


def _drawn(spans: dict[str, Span], count: int, seed: int) -> list[dict[str, Any]]:
    """Return points drawn evenly from the box, on the axes' scales."""
    parts = np.random.default_rng(seed).random((count, len(spans))).tolist()
    return [{name: span.at(part) for (name, span), part in zip(spans.items(), row, strict=True)} for row in parts]


def _on_map(spans: dict[str, Span], axes: dict[str, NDArray[Any]], middle: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the points of the map, the last axis the fastest."""
    places = (dict(zip(axes, place, strict=True)) for place in product(*(axis.tolist() for axis in axes.values())))
    return [{name: place.get(name, middle.get(name)) for name in spans} for place in places]


def _corners(domain: dict[str, Range]) -> list[dict[str, Any]]:
    """Return the corners of the domain, and what is moderate between: the first few."""
    corners = islice(product(*(allowed.corners() for allowed in domain.values())), _CORNERS)
    return [dict(zip(domain, each, strict=True)) for each in corners]


def _anywhere(domain: dict[str, Range], count: int, seed: int) -> list[dict[str, Any]]:
    """Return points drawn as the search for counterexamples draws them: half of them extreme."""
    generator = np.random.default_rng(seed)
    columns: dict[str, Sequence[Any]] = {}
    for name, allowed in domain.items():
        if isinstance(allowed, Choice):
            columns[name] = [allowed.values[k] for k in generator.integers(0, len(allowed.values), count)]
    numbers = sample({name: allowed for name, allowed in domain.items() if name not in columns}, count, generator)
    columns |= {name: column.tolist() for name, column in (numbers or {}).items()}
    return [dict(zip(domain, row, strict=True)) for row in zip(*(columns[name] for name in domain), strict=True)]


def _within(span: Span, value: Any) -> Any:
    """Return the value on a span that is nearest to one of the domain."""
    return value if span.listed or not span.free else min(max(value, span.ends[0]), span.ends[-1])


def _chosen(claim: Claim, over: Sequence[str] | None, spans: dict[str, Span]) -> tuple[str, ...]:
    """Return the arguments on the axes."""
    free = [name for name, span in spans.items() if span.free]
    if not free:
        raise ValueError("at: got a value for every argument; allowed: at least one that varies")
    if over is None:
        return tuple(free[:2])
    if isinstance(over, str) or not 1 <= len(over) <= 2 or len(set(over)) < len(over):
        raise ValueError(f"over: got {shown(over)}; allowed: one or two arguments of {', '.join(free)}")
    for name in over:
        known_argument(claim, "over", name)
        if name not in free:
            raise ValueError(f"over: got {name}, which has one value only; allowed: {', '.join(free)}")
    return tuple(over)
