"""A claim's arguments over a part of a box: balls of all that is a number, so that Python rounds none of it."""

from __future__ import annotations

import math
from fractions import Fraction
from numbers import Number
from typing import TYPE_CHECKING, Any

from flint import arb, fmpq

from flowlab._checks import shown
from flowlab.verify.certifying.arbs import ends, exact_arb, inverse, power_over
from flowlab.verify.certifying.balls import Ball, ball_box
from flowlab.verify.certifying.wholes import Whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowlab.verify.certifying.arbs import Arb
    from flowlab.verify.certifying.boxes import Box, Corners

__all__ = ["Far", "balls_between"]


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

    @property
    def finite(self) -> bool:
        """Whether every number in it is a finite one: an argument is, though its limit is not."""
        return True

    def __add__(self, other: Any) -> Ball:
        if isinstance(other, Ball) and not other.fixed:
            return super().__add__(other)
        return Far(self.low + (other.tight if isinstance(other, Ball) else exact_arb(other)), self.part)

    __radd__ = __add__


def balls_between(names: Iterable[str], box: Box, corners: Corners) -> dict[str, Any]:
    """Return a claim's arguments between such ends of a box: balls of numbers, and the rest as it is.

    A member of a `Choice` is the very number it is: of the float 0.1 ten times are more than 1.

    Raises
    ------
    TypeError
        If a member is a number of a kind that may round among its like.

    Examples
    --------
    >>> from flowlab.verify.certifying.boxes import Box
    >>> at = balls_between(["c", "rule"], Box({}, {"c": 0.5, "rule": "relu"}), {})
    >>> at["rule"], 2 * at["c"] == 1
    ('relu', True)
    """
    numbers = {name: (value, value) for name, each in box.fixed.items() if (value := _exact(name, each)) is not None}
    points = {}
    for name, (first, last) in corners.items():
        low, high = box.ends[name]
        if high == math.inf and first == last != 1:
            first = last = low + first / (1 - first)
            points[name] = first
        numbers[name] = (first, last)
    balls: dict[str, Any] = dict(zip(numbers, ball_box(list(numbers.values())), strict=True))
    for name, (low, high) in box.ends.items():
        if high == math.inf and name not in points:
            balls[name] = Far(exact_arb(low), balls[name])
    offsets: list[Arb] = next((each.offsets for each in balls.values()), [])
    for name, value in box.fixed.items():
        if isinstance(value, int) and not isinstance(value, bool):
            balls[name] = Whole(value, offsets)
    return {name: balls[name] if name in balls else box.fixed[name] for name in names}


def _exact(name: str, value: Any) -> Any:
    """Return a fixed argument that is to be a ball as a fraction; None for what stays what it is."""
    if isinstance(value, fmpq):
        return value
    if isinstance(value, bool | int) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, float | Fraction):
        return fmpq(*value.as_integer_ratio())
    if isinstance(value, Number) or hasattr(value, "_mpf_"):
        raise TypeError(
            f"{name} = {shown(value)}, a {type(value).__name__}, which may round; write int, float, Fraction"
        )
    return None
