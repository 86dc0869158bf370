"""What can be proved of a slack over one cell of a box."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from flint import arb, ctx, fmpq, fmpz

from flowlab._checks import shown
from flowlab.verify.certifying.arguments import balls_between
from flowlab.verify.certifying.assumptions import UnreadableError, holds
from flowlab.verify.certifying.balls import Ball, constant
from flowlab.verify.certifying.following import followed
from flowlab.verify.certifying.integers import at_integers, drawn_in
from flowlab.verify.certifying.literals import looking_up, rounded_in_source
from flowlab.verify.certifying.undecided import Undecided, outcome
from flowlab.verify.claim import Unevaluable
from flowlab.verify.discrete import Integer
from flowlab.verify.exactness import rounding_function
from flowlab.verify.functions import plain_numbers_as
from flowlab.verify.intervals import Real
from flowlab.verify.sides import slack_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowlab.verify.certifying.arbs import Arb
    from flowlab.verify.certifying.boxes import Box, Cell, Corners
    from flowlab.verify.claim import Claim

__all__ = ["AXES", "LEAVES", "NARROWEST", "PROVED", "Problem", "Uncertifiable", "bears_out", "formula"]

_ALLOWED = "allowed: claims written for balls, with arithmetic and flowlab.verify.functions"
NARROWEST = 600  # halvings of one axis, beyond which a cell is left alone
_SHRINKINGS = 60  # of a box around a point of violation

AXES = "0123456789abcdefghijklmnopqrstuvwxyz"
PROVED = ".-"
"""The marks of cells in which the slack is certainly >= 0, and of those in which nothing satisfies the hypotheses."""
LEAVES = PROVED + "?"
"""The marks of cells that are not halved."""


def bears_out(kept: str, found: str) -> bool:
    """Return whether a cell's mark found now is as good as that of `PROVED` that is kept.

    Examples
    --------
    >>> bears_out(".", "-"), bears_out("-", "."), bears_out(".", "0")
    (True, False, False)
    """
    return found == kept or (kept, found) == (".", "-")


class Uncertifiable(ValueError):  # noqa: N818 -- it names the claim
    """Raised for a claim that is not written for balls.

    Examples
    --------
    >>> raise Uncertifiable("claim: got demo")
    Traceback (most recent call last):
        ...
    flowlab.verify.certifying.cells.Uncertifiable: claim: got demo
    """


def formula(claim: Claim) -> Callable[..., Any]:
    """Return the claim's slack, in the form that takes balls.

    Raises
    ------
    Uncertifiable
        If it has none.

    Examples
    --------
    >>> from flowlab.verify import Real, claim
    >>> @claim("demo")
    ... def square(x: Real(1, 2)):
    ...     return x * x - 1
    >>> formula(square)(x=2)
    3
    """
    if claim.identity:  # whose slack says nothing
        raise Uncertifiable(f"claim: got {claim.id}, an identity; allowed: inequalities")
    chosen = claim.slack if claim.balls is None else claim.balls
    if rounded := rounded_in_source(chosen):
        raise Uncertifiable(f"claim: got {claim.id}, which balls cannot evaluate ({rounded}); {_ALLOWED}")
    if claim.balls is None and (rounding := rounding_function(claim.slack)):
        raise Uncertifiable(f"claim: got {claim.id}, which uses {rounding}, and that rounds; {_ALLOWED}")
    return chosen


@dataclass(frozen=True)
class Problem:
    """A claim, and the box over which it is to be certified.

    Parameters
    ----------
    claim : Claim
    box : Box
    precision : int
        Of the arithmetic, in bits.

    Examples
    --------
    >>> from flowlab.verify import Real, claim
    >>> from flowlab.verify.certifying.boxes import read_box
    >>> @claim("demo")
    ... def square(x: Real(1, 2)):
    ...     return x * x - 1
    >>> Problem(square, read_box(square), 64).decide(((0, 0),))
    '.'
    """

    claim: Claim
    box: Box
    precision: int = 64

    @cached_property
    def formula(self) -> Callable[..., Any]:
        """The claim's `formula`, followed."""
        chosen = formula(self.claim)
        try:
            return cast("Callable[..., Any]", followed(chosen))
        except TypeError as error:  # no source
            raise self._refusal(error) from error

    def __reduce__(self) -> Any:
        """Go to other processes without what is followed here."""
        return Problem, (self.claim, self.box, self.precision)

    @cached_property
    def integers(self) -> tuple[str, ...]:
        """The arguments that move and are integers."""
        return tuple(name for name in self.box.ends if isinstance(self.claim.hypotheses[name], Integer))

    def study(self, cell: Cell) -> tuple[str, Box | None]:
        """Return what `decide` says, and a box about the cell's middle that certainly violates the claim, if any."""
        with ctx.workprec(self.precision):
            ends = self._with_something(cell)
            if ends is None:
                return "-", None
            over, slopes, centre = self.slack(ends)
            mark = self._decided(cell, ends, over, slopes)
            return mark, self._about_middle(cell) if mark != "." and centre < 0 else None

    def decide(self, cell: Cell) -> str:
        """Return ``.`` if the slack is certainly >= 0 over the cell, else the axis to halve, or ``?`` if none is left.

        Where nothing in the cell satisfies the hypotheses, an integer being one, it is ``-``. A partial derivative of
        a sure sign lets an argument be replaced by the end at which the slack is smallest.
        """
        with ctx.workprec(self.precision):
            ends = self._with_something(cell)
            if ends is None:
                return "-"
            over, slopes, _ = self.slack(ends)
            return self._decided(cell, ends, over, slopes)

    def _with_something(self, cell: Cell) -> Corners | None:
        """Return the ends of a cell, drawn in to integers; None if nothing in it satisfies the hypotheses."""
        ends = drawn_in(self.integers, self.box, self.box.corners(cell))
        if ends is None or not self.claim.assuming:
            return ends
        arguments = self._arguments(ends)
        for assumption in self.claim.assuming:
            with suppress(UnreadableError):
                if holds(assumption, arguments) is False:
                    return None
        return ends

    def unreadable(self, cell: Cell) -> dict[str, str]:
        """Return the assumptions that balls cannot evaluate over a cell, and why: they leave nothing out."""
        found: dict[str, str] = {}
        with ctx.workprec(self.precision):
            ends = drawn_in(self.integers, self.box, self.box.corners(cell))
            if ends is None:
                return found
            for assumption in self.claim.assuming:
                try:
                    holds(assumption, self._arguments(ends))
                except UnreadableError as error:
                    found[assumption.text] = str(error)
        return found

    def _decided(self, cell: Cell, ends: Corners, over: Arb, slopes: dict[str, Arb]) -> str:
        points = {name for name, (low, high) in ends.items() if low == high}
        while not over >= 0:
            sure = {name: slope for name, slope in slopes.items() if slope >= 0 or slope <= 0}
            if not sure:
                return self._axis(cell, ends, slopes, points)
            for name, slope in sure.items():
                low, high = ends[name]
                ends[name] = (low, low) if slope >= 0 else (high, high)
            over, slopes, _ = self.slack(ends)
        return "."

    def _about_middle(self, cell: Cell) -> Box | None:
        for inner in range(1, _SHRINKINGS):
            corners = at_integers(self.integers, self.box, self.box.corners(cell), self.box.corners(cell, inner))
            if corners is not None and self.fails(corners):
                return self.box.part(corners)
        return None

    def fails(self, corners: Corners) -> bool:
        """Return whether the hypotheses certainly hold, and the slack is certainly < 0, between such ends."""
        with ctx.workprec(self.precision):
            arguments = self._arguments(corners)
            return self._admitted(corners, arguments) and bool(self.slack(corners)[0] < 0)

    def slack(self, corners: Corners) -> tuple[Arb, dict[str, Arb], Arb]:
        """Return the slack between such ends, its derivatives in what moves there, and its value in the middle."""
        arguments = self._arguments(corners)
        moving = [name for name, (low, high) in corners.items() if low != high]
        found: Any = constant(arb("nan"))
        try:
            with plain_numbers_as(constant), looking_up(), suppress(Undecided, ArithmeticError, Unevaluable):
                found = outcome(lambda: slack_of(self.formula(**arguments)))
        except (TypeError, AttributeError, NotImplementedError, ValueError) as error:
            raise self._refusal(error) from error
        if isinstance(found, Ball) and not found.fixed:
            over = found.tight if found.tight.is_finite() else arb("nan")
            return over, dict(zip(moving, found.slopes, strict=True)), found.centre
        value = self._constant(found)
        return value, dict.fromkeys(moving, value * 0), value

    def _constant(self, found: Any) -> Arb:
        """Return a slack that depends on nothing that moves, nan if it is infinite; refuse what says nothing."""
        if isinstance(found, bool) or not isinstance(found, int | Fraction | fmpq | fmpz | Ball):
            rounded = ", which may be rounded" if isinstance(found, float) else ""
            raise Uncertifiable(
                f"claim: got {self.claim.id}, whose slack is {shown(found)} ({type(found).__name__}){rounded}; "
                "allowed: a number ≥ 0 where the claim holds, or at_most"
            )
        value = constant(found)
        return value.tight if value.finite else arb("nan")

    def _arguments(self, corners: Corners) -> dict[str, Any]:
        try:
            return balls_between(self.claim.hypotheses, self.box, corners)
        except TypeError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> Uncertifiable:
        reason = " ".join(str(error).split())[:100]
        return Uncertifiable(f"claim: got {self.claim.id}, which balls cannot evaluate ({reason}); {_ALLOWED}")

    def _admitted(self, corners: Corners, arguments: dict[str, Any]) -> bool:
        """Return whether every hypothesis certainly holds between such ends."""
        part = self.box.part(corners)
        for name, allowed in self.claim.hypotheses.items():
            low, high = part.ends.get(name, (part.fixed.get(name),) * 2)
            if isinstance(allowed, Real):
                low, high = (each if each == math.inf else Fraction(int(each.p), int(each.q)) for each in (low, high))
                above = low > allowed.low if allowed.low_open else low >= allowed.low
                if not (above and (high < allowed.high if allowed.high_open else high <= allowed.high)):
                    return False
            elif isinstance(low, fmpq):
                if not (low == high and low.q == 1 and int(low.p) in allowed):
                    return False
            elif low not in allowed:
                return False
        try:
            return all(holds(assumption, arguments) for assumption in self.claim.assuming)
        except UnreadableError:
            return False

    def _axis(self, cell: Cell, ends: Corners, slopes: dict[str, Arb], points: set[str]) -> str:
        """Return the axis along which the slack varies most; where that is unknown, the one halved least often.

        Of those in `points`, one number is left, and nothing is to be gained.
        """
        best, chosen = -math.inf, "?"
        for index, (name, (_, halvings)) in enumerate(zip(self.box.ends, cell, strict=True)):
            low, high = ends[name]
            if halvings >= NARROWEST or name in points:
                continue
            if low == high:  # its worst end is known
                weight = -1e9 - halvings
            elif name in slopes and slopes[name].is_finite():
                weight = math.log(float(high - low) * float(slopes[name].abs_upper()) + 5e-324)
            else:
                weight = 1e9 - halvings
            if weight > best:
                best, chosen = weight, AXES[index]
        return chosen
