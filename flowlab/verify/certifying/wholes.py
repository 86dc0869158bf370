"""Integers among balls, of which Python would make floats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flint import arb

from flowlab.verify.certifying.balls import NOWHERE, Ball

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowlab.verify.certifying.arbs import Arb

__all__ = ["Whole"]


class Whole(Ball):
    """An integer that is fixed: it counts and compares as one, and what is made of it is not rounded.

    Of an int Python would make floats, as 1/3 is one.

    Examples
    --------
    >>> n = Whole(3, [])
    >>> sum(range(n)), n - 1 == 2, (3 * (1 / n)).tight.contains(1), (1 / n).tight.is_exact()
    (3, True, True, False)
    """

    __slots__ = ("whole",)

    def __init__(self, whole: int, offsets: Sequence[Arb] = NOWHERE) -> None:
        super().__init__(arb(whole), arb(whole), [arb(0) for _ in offsets], offsets)
        self.whole = int(whole)

    def __index__(self) -> int:
        return self.whole

    __int__ = __index__

    def __repr__(self) -> str:  # which is sure
        return str(self.whole)

    def __format__(self, format: str) -> str:
        return f"{self.whole:{format}}"

    def __hash__(self) -> int:  # it equals one number alone
        return hash(self.whole)

    def __neg__(self) -> Ball:
        return Whole(-self.whole, self.offsets)

    def __add__(self, other: Any) -> Ball:
        return Whole(self.whole + int(other), self.offsets) if _is_whole(other) else super().__add__(other)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Ball:
        return Whole(self.whole * int(other), self.offsets) if _is_whole(other) else super().__mul__(other)

    __rmul__ = __mul__

    def __rpow__(self, other: Any) -> Ball:
        power: Ball = (other if isinstance(other, Ball) else self * 0 + other) ** self.whole
        return power

    def __floordiv__(self, other: Any) -> Any:
        return Whole(self.whole // int(other), self.offsets) if _is_whole(other) else super().__floordiv__(other)

    def __rfloordiv__(self, other: Any) -> Any:
        return Whole(int(other) // self.whole, self.offsets) if _is_whole(other) else super().__rfloordiv__(other)

    def __mod__(self, other: Any) -> Any:
        return Whole(self.whole % int(other), self.offsets) if _is_whole(other) else super().__mod__(other)

    def __rmod__(self, other: Any) -> Any:
        return Whole(int(other) % self.whole, self.offsets) if _is_whole(other) else super().__rmod__(other)


def _is_whole(number: Any) -> bool:
    return isinstance(number, int | Whole)
