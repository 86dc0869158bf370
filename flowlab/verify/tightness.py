"""How tight an inequality is: the ratio of its sides over two of its arguments, and where it is least and greatest."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from flowlab._checks import shown
from flowlab.verify.extremes import Extreme, Measure, extreme
from flowlab.verify.spans import Span, known_argument, spans_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from flowlab.verify.claim import Claim

__all__ = ["TightnessMap", "tightness"]

_POINTS = (2, 1000)
_ROUNDING = 1e-9


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
        Between what each argument lies in the search for the extremes; a single value where it was fixed.
    values : ndarray
        Of shape (second axis, first axis), or (first axis,): ln(right side / left side), which is 0 where the claim is
        tight and negative where it fails; or the slack. nan where there is none.
    sample : ndarray
        The same at points drawn evenly from the whole box, on the axes' scales.
    tightest, loosest : Extreme
        Where in the whole box the value is least and greatest, confirmed in mpmath.

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
    tightest: Extreme
    loosest: Extreme


def tightness(
    claim: Claim,
    over: Sequence[str] | None = None,
    *,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    at: Mapping[str, Any] | None = None,
    points: int = 80,
    samples: int = 2000,
    seed: int = 0,
) -> TightnessMap:
    """Map how tight a claim is, and search its whole box for where it is tightest and loosest.

    Parameters
    ----------
    claim : Claim
        With `sides`, or a slack that returns them (`at_most`). Of any other claim the slack itself is mapped.
    over : sequence of str, optional
        One or two of its arguments; by default the first two that `at` leaves free.
    ranges : mapping of str to (float, float), optional
        Between what arguments lie; by default in the part of their hypothesis where users live. Ends that a
        hypothesis leaves out are replaced by the nearest float.
    at : mapping, optional
        Arguments that are fixed, on the map and in the search. The others on the map are in the middle of their range,
        or as where it is tightest if the map would be empty.
    points : int
        Values an axis.
    samples : int
        Points drawn from the box; the search for the extremes starts from the best of them and of the map.
    seed : int
        The same seed gives the same points.

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
    for name, value, (low, high) in (("points", points, _POINTS), ("samples", samples, (1, 10**6))):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{name}: got {shown(value)}; allowed: an integer in [{low}, {high}]")
    if claim.identity:
        raise ValueError(f"claim: got {claim.id}, an identity, which is tight everywhere; allowed: an inequality")
    spans = spans_of(claim, dict(ranges or {}), dict(at or {}))
    chosen = _chosen(claim, over, spans)
    axes = {name: spans[name].grid(points) for name in chosen}
    middle = {name: span.at(0.5) for name, span in spans.items() if name not in chosen}
    drawn, on_map, corners = _drawn(spans, samples, seed), _on_map(spans, axes, middle), _corners(spans)
    measure = Measure(claim)
    measure.settle_kind(drawn)
    known = [*drawn, *on_map, *corners]
    found = np.array([measure(each) for each in known])
    sample, values = found[:samples], found[samples : samples + len(on_map)]
    if np.isnan(found).all():
        raise ValueError("ranges: got a box in which no point has a value; allowed: one that meets the hypotheses")
    tightest = extreme(measure, spans, known, found, sign=1)
    if np.isnan(values).all() and middle:  # where the others are in the middle there is nothing to see
        middle = {name: tightest.arguments[name] for name in middle}
        values = np.array([measure({**each, **middle}) for each in on_map])
    if tightest.digits and tightest.value >= 0:  # nowhere does it fail: what seems to by next to nothing is rounding
        values, sample = (np.where((each < 0) & (each > -_ROUNDING), 0.0, each) for each in (values, sample))
    return TightnessMap(
        claim=claim,
        measure=measure.kind,
        over=chosen,
        axes=axes,
        logarithmic={name: spans[name].origin for name in chosen},
        fixed=middle,
        spans={name: span.ends for name, span in spans.items()},
        values=values.reshape([axis.size for axis in axes.values()]).T,
        sample=sample,
        tightest=tightest,
        loosest=extreme(measure, spans, known, found, sign=-1),
    )


def _drawn(spans: dict[str, Span], count: int, seed: int) -> list[dict[str, Any]]:
    """Return points drawn evenly from the box, on the axes' scales."""
    parts = np.random.default_rng(seed).random((count, len(spans))).tolist()
    return [{name: span.at(part) for (name, span), part in zip(spans.items(), row, strict=True)} for row in parts]


def _on_map(spans: dict[str, Span], axes: dict[str, NDArray[Any]], middle: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the points of the map, the last axis the fastest."""
    places = (dict(zip(axes, place, strict=True)) for place in product(*(axis.tolist() for axis in axes.values())))
    return [{name: place.get(name, middle.get(name)) for name in spans} for place in places]


def _corners(spans: dict[str, Span]) -> list[dict[str, Any]]:
    """Return the corners of the box, the first few hundred."""
    corners = islice(product(*(span.ends for span in spans.values())), 256)
    return [dict(zip(spans, ends, strict=True)) for ends in corners]


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
