"""The two sides of an inequality, where a claim tells them apart: what its tightness is measured by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowlab._checks import shown
from flowlab.verify.certifying.literals import look_up
from flowlab.verify.functions import plain_number

Number = Any

__all__ = ["Sides", "at_most", "slack_of"]


@dataclass(frozen=True)
class Sides:
    """The inequality left ≤ right.

    Parameters
    ----------
    left, right : number
        Floats, arrays, mpmath numbers or balls.
    log : bool, optional
        Whether these are natural logarithms of two positive numbers.

    Examples
    --------
    >>> Sides(1.0, 4.0).slack
    3.0
    """

    left: Number
    right: Number
    log: bool = False

    def __post_init__(self) -> None:
        for name in ("left", "right"):  # a Fraction and a number of many digits do not know each other everywhere
            side = plain_number(getattr(self, name))
            if isinstance(side, float):
                look_up(side)
            object.__setattr__(self, name, side)

    @property
    def slack(self) -> Number:
        """The right side less the left: ≥ 0 where the inequality holds."""
        return self.right - self.left

    def __float__(self) -> float:
        return float(self.slack)


def slack_of(found: Number) -> Number:
    """Return the slack of what a claim's function returns: of `Sides` theirs, else that itself.

    Examples
    --------
    >>> slack_of(at_most(1.0, 4.0)), slack_of(3.0)
    (3.0, 3.0)
    """
    return found.slack if isinstance(found, Sides) else found


def at_most(left: Number, right: Number, *, log: bool = False) -> Sides:
    """State that `left` ≤ `right`, in a claim's function.

    Parameters
    ----------
    left, right : number
    log : bool, optional
        Whether these are natural logarithms of two positive numbers, which may leave the range of a float.

    Returns
    -------
    Sides

    Raises
    ------
    TypeError
        If a side is no number.

    Examples
    --------
    >>> from flowlab.verify import Real, claim, functions
    >>> @claim("demo.log1p")
    ... def below_the_tangent(x: Real(0, 10)):
    ...     '''log(1 + x) ≤ x.'''
    ...     return at_most(functions.log1p(x), x)
    >>> below_the_tangent(x=1.0)
    0.3068528194400547
    """
    for name, side in (("left", left), ("right", right)):
        if side is None or isinstance(side, bool | str):
            raise TypeError(f"{name}: got {shown(side)}; allowed: a number")
    return Sides(left, right, log)
