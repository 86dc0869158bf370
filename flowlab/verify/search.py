"""The search for counterexamples: corners, then Hypothesis, then a descent; floats propose, mpmath decides."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Literal

import mpmath
import numpy as np

from flowlab._checks import shown
from flowlab.verify.claim import Unevaluable, as_mpf
from flowlab.verify.ranges import Real
from flowlab.verify.settle import Settled, settle
from flowlab.verify.verdict import Verdict, nearest_float

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hypothesis.strategies import SearchStrategy

    from flowlab.verify.claim import Claim, Kind

    Progress = Callable[[str, int, int], None]

__all__ = ["iter_verdicts", "verify", "verify_all"]

_GUARD = 1e-9  # a float slack above it counts as positive, unless floats have been caught lying
_AUDITED = 40  # so many examples are settled in mpmath whatever the float says, to catch them
_CORNERS = 64
_SHRINKS = 300  # new examples evaluated after the first counterexample
_ROUNDINGS = 200  # examples tried for a more readable counterexample
_DESCENTS = 200


class _Found(Exception):  # noqa: N818 -- a signal to Hypothesis' shrinker
    pass


@dataclass(frozen=True, slots=True)
class _Point:
    """One example, evaluated."""

    sign: Literal["positive", "negative", "touching", "unclear", "skipped"]
    slack: float  # nan where there is none
    arguments: dict[str, Any]
    settled: Settled | None = None
    reason: str = ""


class _Search:
    """The examples evaluated so far for one claim, and what they amount to."""

    def __init__(self, claim: Claim, examples: int, progress: Progress | None) -> None:
        self.claim = claim
        self.budget = examples
        self.progress = progress
        self.points: dict[tuple[tuple[type, str], ...], _Point] = {}
        self.counts = dict.fromkeys(("positive", "negative", "touching", "unclear", "skipped"), 0)
        self.smallest: _Point | None = None
        self.first: dict[str, _Point] = {}  # the first of each sign, for the message
        self.counterexample: _Point | None = None
        self.digits = 0
        self.floats_lie = False

    @property
    def evaluated(self) -> int:
        return len(self.points) - self.counts["skipped"]

    def known(self, arguments: dict[str, Any]) -> _Point | None:
        return self.points.get(_key(arguments))

    def look(self, arguments: dict[str, Any]) -> _Point:
        """Evaluate an example that satisfies the hypotheses, once."""
        key = _key(arguments)
        if key in self.points:
            return self.points[key]
        point = self._evaluate(arguments)
        self.points[key] = point
        self.counts[point.sign] += 1
        self.first.setdefault(point.sign, point)
        self._compare(point)
        if self.progress is not None:
            self.progress(self.claim.id, min(len(self.points), self.budget), self.budget)
        return point

    def _compare(self, point: _Point) -> None:
        if math.isfinite(point.slack) and (self.smallest is None or point.slack < self.smallest.slack):
            self.smallest = point
        if point.sign == "negative" and self.counterexample is None:
            self.counterexample = point

    def _evaluate(self, arguments: dict[str, Any]) -> _Point:
        try:
            try:
                estimate = float(self.claim.slack(**arguments))
            except (ArithmeticError, ValueError, mpmath.NoConvergence):
                estimate = math.nan
            clear = _GUARD < estimate < math.inf
            if clear and not self.floats_lie and self.evaluated >= _AUDITED:
                return _Point("positive", estimate, arguments)
            return self._settle(arguments, estimate if clear else math.nan)
        except Unevaluable as reason:
            return _Point("skipped", math.nan, arguments, reason=str(reason))

    def _settle(self, arguments: dict[str, Any], clear: float = math.nan) -> _Point:
        settled = settle(self.claim, arguments)
        self.digits = max(self.digits, settled.digits)
        slack = math.nan if settled.value is None else nearest_float(settled.value)
        if settled.sign == "touching":
            slack = 0.0
        # an error that could have turned the sign: from here on no float slack is believed
        if abs(clear - slack) > abs(clear) / 2:
            self.floats_lie = True
        if settled.sign == "negative" and not self._admitted_exactly(arguments):
            return _Point(
                "unclear", slack, arguments, settled, "the joint hypotheses hold only after rounding"
            )
        return _Point(settled.sign, slack, arguments, settled, settled.reason)

    def _admitted_exactly(self, arguments: dict[str, Any]) -> bool:
        with mpmath.workdps(50):
            return all(assumption.predicate(**as_mpf(arguments)) for assumption in self.claim.assuming)

    def confirm_smallest(self) -> None:
        """Settle the smallest slack in mpmath, until the smallest one is settled."""
        while self.smallest is not None and self.smallest.settled is None:
            was = self.smallest
            try:
                point = self._settle(was.arguments)
            except Unevaluable as reason:
                point = _Point("skipped", math.nan, was.arguments, reason=str(reason))
            self.points[_key(was.arguments)] = point
            self.counts[was.sign] -= 1
            self.counts[point.sign] += 1
            self.first.setdefault(point.sign, point)
            self.smallest = None
            for other in self.points.values():
                self._compare(other)

    # where to look

    def corners(self, limit: int) -> None:
        """Evaluate combinations of corners: all of them, or evenly many of all."""
        names = list(self.claim.hypotheses)
        corners = [allowed.corners() for allowed in self.claim.hypotheses.values()]
        total = math.prod(len(c) for c in corners)
        chosen = {i * total // limit for i in range(limit)} if total > limit else None
        ends = islice(product(*((c[0], c[-1]) for c in corners)), limit // 2)
        for values in ends:
            self._admit(dict(zip(names, values, strict=True)))
        for index, values in enumerate(product(*corners)):
            if len(self.points) >= limit or index > 10**5:
                break
            if chosen is None or index in chosen:
                self._admit(dict(zip(names, values, strict=True)))

    def _admit(self, arguments: dict[str, Any]) -> _Point | None:
        return self.look(arguments) if self.claim.admits(**arguments) else None

    def draw(self, examples: int, seed: int) -> None:
        """Search with Hypothesis, driven towards small slack; shrink what is found."""
        import hypothesis as h

        last: _Point | None = None
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
            phases=[h.Phase.generate, h.Phase.target, h.Phase.shrink],
            suppress_health_check=list(h.HealthCheck),
        )
        @h.given(_strategy(self.claim))
        def probe(arguments: dict[str, Any]) -> None:
            nonlocal last, left, found
            if not self.claim.admits(**arguments):
                h.reject()
            if found and self.known(arguments) is None:
                left -= 1
                if left < 0:  # the shrinker has had its share
                    return
            point = self.look(arguments)
            if math.isfinite(point.slack):
                h.target(-point.slack)
            if point.sign == "negative":
                found, last = True, point
                raise _Found

        with _without_constants(), contextlib.suppress(_Found, h.errors.Unsatisfiable):
            probe()
        if last is not None:
            self.counterexample = last

    def descend(self, examples: int) -> None:
        """Walk downhill from the smallest slack, one real argument at a time, with steps down to rounding."""
        reals = {name: r for name, r in self.claim.hypotheses.items() if isinstance(r, Real)}
        steps = dict.fromkeys(reals, 0.25)
        limit = len(self.points) + examples
        for _ in range(20 * examples):
            if len(self.points) >= limit or self.smallest is None or self.counterexample is not None:
                return
            if not (moving := [name for name in reals if steps[name] > 1e-17]):
                return
            name = max(moving, key=steps.__getitem__)
            here = self.smallest
            x, allowed = here.arguments[name], reals[name]
            room = [abs(x - end) for end in (allowed.low, allowed.high) if math.isfinite(end) and x != end]
            reach = steps[name] * min(room, default=max(abs(x), 1.0))
            for target in (x - reach, x + reach):
                self._admit({**here.arguments, name: target})
            steps[name] *= 0.25 if self.smallest is here else 2.0

    def simplify(self) -> None:
        """Round the counterexample to few digits, as long as it stays one."""
        best = self.counterexample
        left = _ROUNDINGS
        for _ in range(2):
            for name, allowed in self.claim.hypotheses.items():
                if best is None or not isinstance(allowed, Real):
                    continue
                for candidate in _simpler(best.arguments[name], allowed):
                    trial = {**best.arguments, name: candidate}
                    if left <= 0 or not self.claim.admits(**trial):
                        continue
                    left -= 1
                    with contextlib.suppress(Unevaluable):
                        point = self.known(trial) or self._settle(trial)
                        if point.sign == "negative":
                            best = point
                            break
        self.counterexample = best

    # what it amounts to

    def verdict(self, seconds: float) -> Verdict:
        found = self.counterexample
        kind, message = self._conclusion()
        if found is not None and (self.smallest is None or found.slack < self.smallest.slack):
            self.smallest = found
        return Verdict(
            id=self.claim.id,
            verdict=kind,
            recorded=self.claim.recorded,
            examples=self.evaluated,
            skipped=self.counts["skipped"],
            touching=self.counts["touching"],
            min_slack=self.smallest.slack if self.smallest else None,
            at=dict(self.smallest.arguments) if self.smallest else None,
            counterexample=dict(found.arguments) if found else None,
            counterexample_slack=found.settled.text if found and found.settled else "",
            digits=self.digits,
            message=message,
            seconds=seconds,
        )

    def _conclusion(self) -> tuple[Kind, str]:
        counts = self.counts
        if (found := self.counterexample) is not None and found.settled is not None:
            digits = found.settled.digits
            return "falsified", f"slack {found.settled.text} at {_text(found)}, confirmed to {digits} digits"
        skipped = f"{counts['skipped']} skipped"
        if counts["skipped"]:
            skipped += f" ({self.first['skipped'].reason} at {_text(self.first['skipped'])})"
        if not self.points:
            return "undecided", "no example drawn satisfies the hypotheses"
        if 2 * counts["skipped"] > len(self.points):
            return (
                "undecided",
                f"more than half of {len(self.points)} examples could not be evaluated: {skipped}",
            )
        if counts["unclear"]:
            first = self.first["unclear"]
            return "undecided", f"{counts['unclear']} signs unclear, first at {_text(first)}: {first.reason}"
        parts = [f"no counterexample in {self.evaluated} examples"]
        if counts["touching"]:
            parts.append(f"equality in {counts['touching']}")
        if counts["skipped"]:
            parts.append(skipped)
        return "held", "; ".join(parts)


def verify(claim: Claim, *, examples: int = 200, seed: int = 0, progress: Progress | None = None) -> Verdict:
    """Search for a counterexample to a claim.

    Corner combinations are evaluated first, then examples drawn by Hypothesis and driven towards small slack,
    then a local descent from the smallest. A float slack that is not clearly positive is settled in mpmath,
    and only a slack that is negative there makes a counterexample, which is shrunk and rounded to readable
    numbers.

    Parameters
    ----------
    claim : Claim
        What is tested.
    examples : int, optional
        How many to evaluate, at most; shrinking a counterexample takes some more.
    seed : int, optional
        The same seed gives the same verdict, whatever was verified before.
    progress : callable, optional
        Called with the claim's id, the examples done and their total.

    Returns
    -------
    Verdict
        ``held``, ``falsified`` or ``undecided``, with the evidence.

    Raises
    ------
    ValueError
        If `examples` is below 1 or `seed` is not an integer.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> doubtful = Claim("demo", "", "x² ≥ x", "", {"x": Real(0, 2)}, lambda x: x * x - x)
    >>> verify(doubtful).verdict, verify(doubtful).counterexample
    ('falsified', {'x': 0.5})
    """
    if isinstance(examples, bool) or not isinstance(examples, int) or examples < 1:
        raise ValueError(f"examples: got {shown(examples)}; allowed: an integer ≥ 1")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"seed: got {shown(seed)}; allowed: an integer")  # noqa: TRY004
    start = time.perf_counter()
    search = _Search(claim, examples, progress)
    with np.errstate(all="ignore"):  # overflow shows in the value, and is settled there
        search.corners(max(1, min(_CORNERS, examples // 4)))
        descents = min(_DESCENTS, examples // 5)
        if (left := examples - len(search.points) - descents) > 0:
            search.draw(left, seed)
        if search.counterexample is None:
            search.descend(descents)
            search.confirm_smallest()
        search.simplify()
    if progress is not None:
        progress(claim.id, examples, examples)
    return search.verdict(time.perf_counter() - start)


def iter_verdicts(
    claims: Iterable[Claim], *, examples: int = 200, seed: int = 0, progress: Progress | None = None
) -> Iterator[Verdict]:
    """Verify claims one after the other, giving each verdict as soon as it is known.

    Parameters are those of `verify`, and so is the outcome for each claim. An interrupt leaves the verdicts
    given so far with the caller.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> square = Claim("demo", "", "x² ≥ 0", "", {"x": Real(-1, 1)}, lambda x: x * x)
    >>> [verdict.verdict for verdict in iter_verdicts([square], examples=20)]
    ['held']
    """
    for claim in claims:
        yield verify(claim, examples=examples, seed=seed, progress=progress)


def verify_all(
    claims: Iterable[Claim], *, examples: int = 200, seed: int = 0, progress: Progress | None = None
) -> list[Verdict]:
    """Verify every claim and return the verdicts in order; parameters are those of `verify`.

    Examples
    --------
    >>> verify_all([])
    []
    """
    return list(iter_verdicts(claims, examples=examples, seed=seed, progress=progress))


def _strategy(claim: Claim) -> SearchStrategy[dict[str, Any]]:
    """Half of the examples moderate in every argument, the others extreme in any."""
    from hypothesis import strategies as st

    moderate = st.fixed_dictionaries({name: r.moderate() for name, r in claim.hypotheses.items()})
    extreme = st.fixed_dictionaries({name: r.strategy() for name, r in claim.hypotheses.items()})
    return st.booleans().flatmap(lambda wide: extreme if wide else moderate)


@contextlib.contextmanager
def _without_constants() -> Iterator[None]:
    """Keep Hypothesis from drawing constants found in the source of whatever modules happen to be loaded.

    They would make a verdict depend on what else runs in the process, and Hypothesis files them in a folder
    `.hypothesis` where the user stands. There is no setting for it; without the method, there is no such habit.
    """
    from hypothesis.internal.conjecture import providers

    provider = getattr(providers, "HypothesisProvider", None)
    method = getattr(provider, "_maybe_draw_constant", None)
    if method is None:
        yield
        return
    provider._maybe_draw_constant = lambda *_, **__: None  # type: ignore[union-attr]
    try:
        yield
    finally:
        provider._maybe_draw_constant = method  # type: ignore[union-attr]


def _key(arguments: dict[str, Any]) -> tuple[tuple[type, str], ...]:
    return tuple((type(value), repr(value)) for value in arguments.values())


def _text(point: _Point) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.arguments.items())


def _simpler(value: Any, allowed: Real) -> Iterator[float]:
    """Give shorter numbers for `value`, the shortest first: moderate ones, then its own roundings."""
    if not isinstance(value, float):
        return
    length = len(repr(value))
    middle = allowed.corners()[len(allowed.corners()) // 2]
    candidates = [0.0, 1.0, 2.0, middle] + [float(f"{value:.{digits}g}") for digits in range(1, 16)]
    for candidate in dict.fromkeys(candidates):
        if len(repr(candidate)) < length and candidate in allowed:
            yield candidate
