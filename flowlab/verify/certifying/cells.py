"""What can be proved of a slack over one cell of a box."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flint import arb, ctx, fmpq

from flowlab.verify.certifying.arbs import ends, exact_arb, inverse, power_over
from flowlab.verify.certifying.balls import Ball, ball_box
from flowlab.verify.certifying.wholes import Whole
from flowlab.verify.claim import Unevaluable
from flowlab.verify.discrete import Integer
from flowlab.verify.exactness import rounding_function
from flowlab.verify.functions import plain_numbers_as
from flowlab.verify.intervals import Real
from flowlab.verify.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowlab.verify.certifying.arbs import Arb
    from flowlab.verify.certifying.boxes import Box, Cell, Corners
    from flowlab.verify.claim import Claim

__all__ = ["AXES", "Problem", "Uncertifiable", "formula"]

_ALLOWED = "allowed: claims written for balls, with arithmetic and flowlab.verify.functions"
_NARROWEST = 600  # halvings of one axis, beyond which a cell is left alone
_SHRINKINGS = 60  # of a box around a point of violation

AXES = "0123456789abcdefghijklmnopqrstuvwxyz"


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
    if claim.balls is not None:
        return claim.balls
    if rounding := rounding_function(claim.slack):
        raise Uncertifiable(f"claim: got {claim.id}, which uses {rounding}, and that rounds; {_ALLOWED}")
    return claim.slack


class Far(Ball):
    """An argument x >= low without an upper end, held as y = (x − low)/(1 + x − low) in [0, 1]."""

    __slots__ = ("low", "part")

    def __init__(self, low: Arb, part: Ball) -> None:
        whole = low + part / (1 - part)
        super().__init__(whole.centre, whole.hull, whole.slopes, whole.offsets)
        self.low, self.part = low, part

    def reciprocal(self) -> Ball:
        """Return 1/x, which is 0 at infinity: (1 − y)/(low + (1 − low) y), which falls with y."""

        def below(part: Arb) -> Arb:
            return self.low + (1 - self.low) * part

        def value(part: Arb) -> Arb:
            return (1 - part) / below(part)

        def hull(over: Arb) -> Arb:
            return arb("nan") if ends(below, over).contains(0) else ends(value, over)

        return self.part.map(value, hull, lambda over: -inverse(power_over(ends(below, over), 2)))

    def __add__(self, other: Any) -> Ball:
        return super().__add__(other) if isinstance(other, Ball) else Far(self.low + exact_arb(other), self.part)

    __radd__ = __add__


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
        """The claim's `formula`."""
        return formula(self.claim)

    def study(self, cell: Cell) -> tuple[str, Box | None]:
        """Return what `decide` says, and a box about the cell's middle that certainly violates the claim, if any."""
        with ctx.workprec(self.precision):
            ends = self.box.corners(cell)
            over, slopes, centre = self.slack(ends)
            mark = self._decided(cell, ends, over, slopes)
            return mark, self._about_middle(cell) if mark != "." and centre < 0 else None

    def decide(self, cell: Cell) -> str:
        """Return ``.`` if the slack is certainly >= 0 over the cell, else the axis to halve, or ``?`` if none is left.

        A partial derivative of a sure sign lets an argument be replaced by the end at which the slack is smallest.
        """
        with ctx.workprec(self.precision):
            ends = self.box.corners(cell)
            over, slopes, _ = self.slack(ends)
            return self._decided(cell, ends, over, slopes)

    def _decided(self, cell: Cell, ends: Corners, over: Arb, slopes: dict[str, Arb]) -> str:
        while not over >= 0:
            sure = {name: slope for name, slope in slopes.items() if slope >= 0 or slope <= 0}
            if not sure:
                return self._axis(cell, ends, slopes)
            for name, slope in sure.items():
                low, high = ends[name]
                ends[name] = (low, low) if slope >= 0 else (high, high)
            over, slopes, _ = self.slack(ends)
        return "."

    def _about_middle(self, cell: Cell) -> Box | None:
        for inner in range(1, _SHRINKINGS):
            corners = self._whole_numbers(cell, self.box.corners(cell, inner))
            if corners is not None and self.fails(corners):
                return self.box.part(corners)
        return None

    def _whole_numbers(self, cell: Cell, corners: Corners) -> Corners | None:
        """Hold each integer argument at the integer next to the middle of the cell, if it has one."""
        found = dict(corners)
        for name, (low, high) in self.box.corners(cell).items():
            if isinstance(self.claim.hypotheses[name], Integer) and self.box.ends[name][1] != math.inf:
                nearest = fmpq(min(((low + high + 1) / 2).floor(), high.floor()))
                if nearest < low:
                    return None
                found[name] = (nearest, nearest)
        return found

    def fails(self, corners: Corners) -> bool:
        """Return whether the hypotheses certainly hold, and the slack is certainly < 0, between such ends."""
        with ctx.workprec(self.precision):
            arguments = self._arguments(corners)
            return self._admitted(corners, arguments) and bool(self.slack(corners)[0] < 0)

    def slack(self, corners: Corners) -> tuple[Arb, dict[str, Arb], Arb]:
        """Return the slack between such ends, its derivatives in what moves there, and its value in the middle."""
        arguments = self._arguments(corners)
        moving = [name for name, (low, high) in corners.items() if low != high]
        try:
            with plain_numbers_as(exact_arb):
                found = self.formula(**arguments)
        except (ArithmeticError, Unevaluable):
            found = math.nan
        except (TypeError, AttributeError, NotImplementedError, ValueError) as error:
            reason = " ".join(str(error).split())[:100]
            raise Uncertifiable(
                f"claim: got {self.claim.id}, which balls cannot evaluate ({reason}); {_ALLOWED}"
            ) from error
        if isinstance(found, Sides):
            found = found.slack
        if not isinstance(found, Ball):
            constant = exact_arb(found)
            return constant, dict.fromkeys(moving, constant * 0), constant
        return found.tight, dict(zip(moving, found.slopes, strict=True)), found.centre

    def _arguments(self, corners: Corners) -> dict[str, Any]:
        """Return the claim's arguments: balls of numbers, and the rest as it is."""
        fixed = self.box.fixed
        real = {name: (value, value) for name, value in fixed.items() if isinstance(value, fmpq)} | dict(corners)
        balls: dict[str, Any] = dict(zip(real, ball_box(list(real.values())), strict=True))
        for name, (low, high) in self.box.ends.items():
            if high == math.inf:
                balls[name] = Far(exact_arb(low), balls[name])
        offsets: Sequence[Arb] = next((each.offsets for each in balls.values()), [])
        for name, value in fixed.items():
            if isinstance(value, int) and not isinstance(value, bool):
                balls[name] = Whole(value, offsets)
        return {name: balls[name] if name in balls else fixed[name] for name in self.claim.hypotheses}

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
            elif isinstance(low, fmpq):  # of integers that are taken as real numbers
                if not (low == high and low.q == 1 and int(low.p) in allowed):
                    return False
            elif low not in allowed:
                return False
        try:
            return all(assumption.predicate(**arguments) for assumption in self.claim.assuming)
        except (ArithmeticError, TypeError, AttributeError, NotImplementedError):
            return False

    def _axis(self, cell: Cell, ends: Corners, slopes: dict[str, Arb]) -> str:
        """Return the axis along which the slack varies most; where that is unknown, the one halved least often."""
        best, chosen = -math.inf, "?"
        for index, (name, (_, halvings)) in enumerate(zip(self.box.ends, cell, strict=True)):
            low, high = ends[name]
            if halvings >= _NARROWEST:
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
