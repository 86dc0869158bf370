"""What a formula may ask of a ball: how it compares, what integer it is. The answer is sure, or none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from flint import arb

from flowlab.verify.certifying.arbs import steps
from flowlab.verify.certifying.undecided import Undecided, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowlab.verify.certifying.arbs import Arb

__all__ = ["Questions"]


class Questions:
    """The questions to a ball, of which `tight` is the best enclosure.

    Examples
    --------
    >>> from flowlab.verify.certifying.balls import ball_box
    >>> x, = ball_box([(1.25, 1.375)])
    >>> x > 1, math.floor(x), x // 0.5
    (True, 1, 2)
    """

    __slots__ = ()

    @property
    def tight(self) -> Arb:
        """The numbers that are asked about."""
        raise NotImplementedError

    @property
    def finite(self) -> bool:
        """Whether every one of them is a finite number."""
        return bool(self.tight.is_finite())

    # Comparisons: sure, or none

    def __lt__(self, other: Any) -> bool:
        return self._sure(other, "<", lambda d: d < 0, lambda d: d >= 0)

    def __le__(self, other: Any) -> bool:
        return self._sure(other, "<=", lambda d: d <= 0, lambda d: d > 0)

    def __gt__(self, other: Any) -> bool:
        return self._sure(other, ">", lambda d: d > 0, lambda d: d <= 0)

    def __ge__(self, other: Any) -> bool:
        return self._sure(other, ">=", lambda d: d >= 0, lambda d: d < 0)

    def __eq__(self, other: object) -> bool:
        return self._sure(other, "==", lambda d: d == 0, lambda d: d != 0)

    def __ne__(self, other: object) -> bool:
        return self._sure(other, "!=", lambda d: d != 0, lambda d: d == 0)

    def _sure(self: Any, other: Any, sign: str, true: Callable[[Arb], bool], false: Callable[[Arb], bool]) -> bool:
        if isinstance(other, float) and math.isinf(other):
            difference = arb(-1 if other > 0 else 1) if self.finite else arb("nan")
        else:
            difference = (self - other).tight
        if true(difference):
            return True
        if false(difference):
            return False
        raise Undecided(f"{self} {sign} {other}")

    def __bool__(self) -> bool:
        return self != 0

    def __hash__(self) -> int:
        raise refusal("a ball has no hash: it equals many numbers")

    def __float__(self) -> float:
        raise refusal("a ball is no float")

    def __complex__(self) -> complex:
        raise refusal("a ball is no complex number")

    # Whole numbers: sure where the same one is made of every number in the ball

    def __floor__(self) -> int:
        return steps(math.floor, self.tight)

    def __ceil__(self) -> int:
        return steps(math.ceil, self.tight)

    def __trunc__(self) -> int:
        return steps(math.trunc, self.tight)

    __int__ = __trunc__

    def __round__(self, digits: int | None = None) -> int:
        if digits is not None:
            raise refusal("a ball is not rounded to decimals, which would be a float")
        return steps(round, self.tight)

    def __floordiv__(self: Any, other: Any) -> Any:
        return math.floor(self / other)

    def __rfloordiv__(self: Any, other: Any) -> Any:
        return math.floor(other / self)

    def __mod__(self: Any, other: Any) -> Any:
        return self - other * math.floor(self / other)

    def __rmod__(self: Any, other: Any) -> Any:
        return other - self * math.floor(other / self)

    def __divmod__(self: Any, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self: Any, other: Any) -> Any:
        return other // self, other % self

    # Text, which may be printed

    def __repr__(self) -> str:
        return f"Ball({self.tight.str(6)})"

    def __format__(self, format: str) -> str:
        if format:
            raise refusal("a ball has no decimals to be shown")
        return repr(self)
