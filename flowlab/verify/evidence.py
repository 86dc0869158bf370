"""The examples evaluated for one claim, and what they amount to: floats propose, mpmath decides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np

from flowlab.verify.at_points import apart_from_floats, assumed_of_floats_alone, goes_in_balls, sign_in_balls
from flowlab.verify.budget import Budget
from flowlab.verify.claim import IDENTITY, Unevaluable
from flowlab.verify.disguise import in_disguise
from flowlab.verify.exactness import NoSlackError, as_float, as_mpf, real_numbers, rounded_in
from flowlab.verify.functions import Runaway, plain_numbers_as
from flowlab.verify.settle import LADDER, settled
from flowlab.verify.settled import Point
from flowlab.verify.verdict import nearest_float

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from flowlab.verify.claim import Claim
    from flowlab.verify.settled import Settled

    Key = tuple[tuple[type, str], ...]

__all__ = ["Evidence"]

_GUARD = 1e-9  # a float slack above it counts as positive, unless floats have been caught lying
_EDGE = 1e290  # beyond it, and below its inverse, floats overflow or lose digits on the way: mpmath is asked at once
_SIZED = 60  # so many examples without a positive float slack are settled in mpmath, though balls may know the sign
_UNMASKED = 20  # so many examples are asked whether their exact slack is one
_SINGLY = 200  # so many examples of batches are looked at singly where their floats are not clear
_AUDITED = 40  # so many examples are settled in mpmath whatever the float says, to catch them
_AUDITED_IN_BALLS = 200  # or so many in balls, which take less
_AUDITED_OF_BATCHES = 32  # so many clear ones of batches are settled as well, two of each batch


class Evidence:
    """The examples evaluated so far for one claim, and what they amount to."""

    def __init__(self, claim: Claim, examples: int, progress: Callable[[str, int, int], None] | None) -> None:
        self.claim = claim
        self.budget = examples
        self.cost = Budget()
        self.progress = progress
        self.points: dict[Key, Point] = {}
        self.counts = dict.fromkeys(("positive", "negative", "touching", "unclear", "skipped"), 0)
        self.smallest: Point | None = None
        self.first: dict[str, Point] = {}  # the first of each sign, for the message
        self.counterexample: Point | None = None
        self.firm: Point | None = None  # the first counterexample that no more digits can undo
        self.exhausted = False  # whether there are no other examples
        self.audited = _AUDITED_IN_BALLS if goes_in_balls(claim) else _AUDITED
        self.audited_of_batches = 0
        self.unmasked = 0
        self.digits = 0
        self.fewest = 0  # digits of any settled example
        self.floats_lie = False
        self.simplifying = 0  # examples that were evaluated only to simplify a counterexample
        self.unsized = 0  # examples without a positive float slack
        self.batched: set[bytes] = set()  # clearly positive examples of batches
        self.singly = 0  # examples of batches that were not clear, and looked at singly
        self.left_out = 0  # those that were not

    @property
    def seen(self) -> int:
        """How many distinct examples were looked at."""
        return len(self.points) + len(self.batched)

    @property
    def evaluated(self) -> int:
        """How many distinct examples of the search gave a slack."""
        return self.seen - self.counts["skipped"] - self.simplifying

    @property
    def agreed(self) -> int:
        """To how many digits both sides of an identity agree at every example; 0 for other claims."""
        return int(IDENTITY * self.fewest) if self.claim.identity and not self.counts["touching"] else 0

    def known(self, arguments: dict[str, Any]) -> Point | None:
        """Return the example if it was evaluated before."""
        return self.points.get(_key(arguments))

    def look(self, arguments: dict[str, Any], *, trusting: bool = True) -> Point:
        """Evaluate an example that satisfies the hypotheses, once; settle it in any case if not `trusting`."""
        key = _key(arguments)
        if key in self.points:
            return self.points[key]
        try:
            point = self.cost.within(arguments, lambda: self._evaluate(arguments, trusting=trusting))
        except (Runaway, Unevaluable) as reason:
            point = Point("skipped", math.nan, arguments, reason=str(reason))
        return self._keep(key, point)

    def _keep(self, key: Key, point: Point) -> Point:
        self.points[key] = point
        self.counts[point.sign] += 1
        self.first.setdefault(point.sign, point)
        self._compare(point)
        if self.progress is not None:
            self.progress(self.claim.id, min(self.seen, self.budget), self.budget)
        return point

    def admits(self, arguments: dict[str, Any]) -> bool:
        """Return whether an example satisfies the hypotheses, and may be tried."""
        if self.cost.beyond(arguments):
            return False
        if not self.claim.assuming:
            return self.claim.admits(**arguments)
        try:
            return self.cost.within(arguments, lambda: self.claim.admits(**arguments), of="hypotheses")
        except Runaway as reason:
            if (key := _key(arguments)) not in self.points:
                self._keep(key, Point("skipped", math.nan, arguments, reason=f"of a joint hypothesis, {reason}"))
            return False

    def look_at_all(self, columns: Mapping[str, NDArray[Any]], slacks: NDArray[np.float64], *, most: int) -> None:
        """Take in up to `most` examples of a batch: those whose slack is clearly positive, and some of the others.

        The others are looked at singly, the worst first, as many as may be; the rest of them are left out.
        """
        clear = (slacks > _GUARD) & (slacks < math.inf)
        for column in columns.values():  # the search by single examples goes to the edge
            sizes = np.abs(column)
            clear[(sizes < 1 / _EDGE) & (sizes > 0) | (sizes > _EDGE)] = False
        worst = np.argsort(np.where(np.isnan(slacks), -math.inf, slacks), kind="stable")
        for i in [*worst[~clear[worst]], *worst[clear[worst]][:1]]:
            if self.counterexample is not None or self.seen >= self.budget:
                return
            arguments = {name: column[i].item() for name, column in columns.items()}
            if self.known(arguments) is None and self.admits(arguments):
                if self.singly >= _SINGLY:
                    self.left_out += 1
                else:
                    self.singly += not clear[i]
                    self.look(arguments)
        self._audit(columns, np.flatnonzero(clear))
        if self.floats_lie:
            return
        rows = np.array([np.asarray(column, dtype=np.float64) for column in columns.values()]).T
        single = {np.array([*point.arguments.values()], dtype=np.float64).tobytes() for point in self.points.values()}
        goal = min(self.seen + most, self.budget)
        for i in np.flatnonzero(clear):
            if self.seen >= goal:
                break
            if rows[i].tobytes() in single:
                continue
            if self.claim.assuming and not self.admits({n: c[i].item() for n, c in columns.items()}):
                continue
            self.batched.add(rows[i].tobytes())
        if self.progress is not None:
            self.progress(self.claim.id, min(self.seen, self.budget), self.budget)

    def _audit(self, columns: Mapping[str, NDArray[Any]], clear: NDArray[np.intp]) -> None:
        """Settle two of a batch that floats call positive: one where they are least to be trusted, one anywhere."""
        if not clear.size or self.audited_of_batches >= _AUDITED_OF_BATCHES:
            return
        sizes = np.max([np.abs(column[clear]).astype(np.float64) for column in columns.values()], axis=0)
        for i in {int(clear[np.argmax(sizes)]), int(clear[clear.size // 2])}:
            arguments = {name: column[i].item() for name, column in columns.items()}
            if self.counterexample is None and self.seen < self.budget and self.admits(arguments):
                self.audited_of_batches += 1
                self.look(arguments, trusting=False)

    def _compare(self, point: Point) -> None:
        """Keep a point that is smaller than the smallest, or the first counterexample."""
        if math.isfinite(point.slack) and (self.smallest is None or point.slack < self.smallest.slack):
            self.smallest = point
        if point.sign == "negative" and self.counterexample is None:
            self.counterexample = point

    def _evaluate(self, arguments: dict[str, Any], *, trusting: bool) -> Point:
        """Return an example's sign: from floats or balls where they can be trusted, otherwise from mpmath."""
        try:
            with real_numbers():
                slack = self.claim.slack
                estimate = math.nan if self.claim.identity else as_float(slack(**arguments), slack)
        except (ArithmeticError, ValueError, mpmath.libmp.NoConvergence):
            estimate = math.nan
        clear = _GUARD < estimate < math.inf and not _at_edge(arguments)
        trusted = trusting and not self.floats_lie and self.evaluated + self.simplifying >= self.audited
        if trusted and clear:
            return Point("positive", estimate, arguments)
        # balls prove a sign fast, but give no value: that of the first ones leads to where slacks are small
        self.unsized += not estimate > 0
        asked = trusted and (estimate > 0 or self.unsized > _SIZED)
        if asked and sign_in_balls(self.claim, arguments) == "positive":
            return Point("positive", estimate if estimate > 0 else math.nan, arguments)
        point = self.settle(arguments, estimate if clear else math.nan)
        if told := apart_from_floats(self.claim, arguments, estimate):
            return Point("unclear", math.nan, arguments, point.settled, told, at_odds=True)
        return point

    def settle(self, arguments: dict[str, Any], clear: float = math.nan, *, firmly: bool = False) -> Point:
        """Evaluate an example in mpmath, and hold a clearly positive float slack against it.

        The first counterexample is settled firmly in any case.

        Raises
        ------
        Runaway, Unevaluable
            If the example is set aside.
        """
        return self.cost.within(arguments, lambda: self._settled(arguments, clear, firmly=firmly))

    def _settled(self, arguments: dict[str, Any], clear: float, *, firmly: bool) -> Point:
        found = settled(self.claim, arguments, firmly=firmly)
        if found.sign == "negative" and not found.firm and self.firm is None:
            found = settled(self.claim, arguments, firmly=True)
        if found.value is not None and self.unmasked < _UNMASKED and not goes_in_balls(self.claim):
            self.unmasked += 1
            if not self.claim.identity and in_disguise(self.claim.exact, arguments, found.value):
                raise NoSlackError("exact", found.value, getattr(self.claim.exact, "function", self.claim.exact))
        self.digits = max(self.digits, found.digits)
        self.fewest = min(self.fewest or found.digits, found.digits)
        slack = math.nan if found.value is None else nearest_float(found.value)
        if found.sign == "touching":
            slack = 0.0
        # an error that could have turned the sign: from here on no float slack is believed
        if abs(clear - slack) > abs(clear) / 2:
            self.floats_lie = True
        if found.sign == "negative" and not self.admits_exactly(arguments):
            if apart := assumed_of_floats_alone(self.claim, arguments):
                return Point("unclear", math.nan, arguments, found, apart, at_odds=True)
            outside = "the joint hypotheses hold only after rounding"
            return Point("skipped", math.nan, arguments, found, outside)
        if found.sign == "negative" and (line := self._rounded(arguments, found)):
            rounding = f"negative, but rounded to a float in line {line}: write it with flowlab.verify.functions"
            return Point("unclear", math.nan, arguments, found, rounding)
        point = Point(found.sign, slack, arguments, found, found.reason, found.at_odds)
        if point.sign == "negative" and self.firm is None:
            self.firm = point
        return point

    def _rounded(self, arguments: dict[str, Any], found: Settled) -> int:
        """Return the line in which an exact slack rounds to a float; 0 if none does, or it may and nothing follows.

        Of one that the claim's slack stands for, every such line counts.
        """
        exact: Any = self.claim.exact
        if exact.function is self.claim.slack:
            return rounded_in(exact, arguments, found.digits)
        return 0 if self.claim.identity else rounded_in(exact, arguments, found.digits, found.value)

    def admits_exactly(self, arguments: dict[str, Any]) -> bool:
        """Return whether an example satisfies the joint hypotheses in thousands of digits as well."""
        try:
            with mpmath.workdps(LADDER[-1]), plain_numbers_as(mpmath.mpf), real_numbers():
                return all(assumption.predicate(**as_mpf(arguments)) for assumption in self.claim.assuming)
        except (ArithmeticError, ValueError):
            return False

    def again(self, point: Point) -> Point:
        """Settle an example firmly that was evaluated before, and put that in its place."""
        try:
            clear = point.slack if point.settled is None else math.nan
            found = self.settle(point.arguments, clear, firmly=True)
        except (Runaway, Unevaluable) as reason:
            found = Point("skipped", math.nan, point.arguments, reason=str(reason))
        self.points[_key(point.arguments)] = found
        self.counts[point.sign] -= 1
        self.counts[found.sign] += 1
        self.first.setdefault(found.sign, found)
        if self.smallest is point:
            self.smallest = None
            for other in self.points.values():
                self._compare(other)
        else:
            self._compare(found)
        return found

    def give_up_batches(self) -> None:
        """Count no more what floats said of batches."""
        self.left_out += len(self.batched)
        self.batched.clear()


def _key(arguments: dict[str, Any]) -> Key:
    return tuple((type(value), repr(value)) for value in arguments.values())


def _at_edge(arguments: dict[str, Any]) -> bool:
    sizes = (abs(value) for value in arguments.values() if isinstance(value, (int, float)) and value)
    return any(not 1 / _EDGE < size < _EDGE for size in sizes)
