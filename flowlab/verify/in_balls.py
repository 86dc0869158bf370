"""The value of a plain function at one example, enclosed in a ball: what is rounded on the way is in its radius."""

from __future__ import annotations

import math
from fractions import Fraction
from types import CodeType
from typing import TYPE_CHECKING, Any

import mpmath

from flowlab.verify.certifying.undecided import outcome
from flowlab.verify.functions import plain_numbers_as
from flowlab.verify.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowlab.verify.certifying.arbs import Arb

__all__ = ["NotForBallsError", "enclosed", "in_ball", "middle"]


class NotForBallsError(TypeError):
    """Raised for a function that balls cannot go through.

    Examples
    --------
    >>> raise NotForBallsError("a ball is no float")
    Traceback (most recent call last):
        ...
    flowlab.verify.in_balls.NotForBallsError: a ball is no float
    """


def _slack(sides: Sides) -> Any:
    return sides.right - sides.left


def enclosed(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    bits: int,
    measure: Callable[[Sides], Any] = _slack,
) -> Arb | None:
    """Return a ball that holds the value of `function`; None where that divides by zero, say.

    Of two sides it is their `measure`, which is handed balls: the slack, if it is not said.

    Raises
    ------
    Undecided
        If it asks of balls what so many bits do not tell, whatever it makes of that.
    NotForBallsError
        If it needs what balls do not have, or returns a float that it has rounded itself.

    Examples
    --------
    >>> enclosed(lambda n: 3 * (1 / n) - 1, {"n": 3}, 64).contains(0)
    True
    >>> enclosed(lambda n: sum(1 / k for k in range(1, n)), {"n": 9}, 64)
    Traceback (most recent call last):
        ...
    flowlab.verify.in_balls.NotForBallsError: a float, 2.71785714285714..., is rounded on the way
    """
    from flint import ctx

    with ctx.workprec(bits):
        try:
            from flowlab.verify.certifying.balls import constant

            def value() -> Arb:
                found = function(**{name: in_ball(value) for name, value in arguments.items()})
                sides = found if isinstance(found, Sides) else Sides(0, found)
                left, right = (_checked(side, function) for side in (sides.left, sides.right))
                return measure(Sides(left, right, sides.log)).tight

            with plain_numbers_as(constant):
                return outcome(value)
        except NotForBallsError:
            raise
        except ArithmeticError:
            return None
        except Exception as error:  # whatever a user's function says to balls, it is not written for them
            raise NotForBallsError(f"{type(error).__name__}: {error}") from error


def middle(ball: Arb) -> Any:
    """Return the middle of a ball as an mpf of the precision at work.

    Examples
    --------
    >>> middle(enclosed(lambda x: x / 2, {"x": 5}, 64))
    mpf('2.5')
    """
    mantissa, exponent = ball.mid().man_exp()
    return mpmath.mpf((int(mantissa), int(exponent)))


def in_ball(value: Any) -> Any:
    """Return an argument of an example as a ball, if it is a number.

    Examples
    --------
    >>> in_ball(3), in_ball("relu")
    (3, 'relu')
    """
    from flint import arb

    from flowlab.verify.certifying.balls import constant
    from flowlab.verify.certifying.wholes import Whole

    if value is None or isinstance(value, bool | str) or (isinstance(value, float) and not math.isfinite(value)):
        return value
    if isinstance(value, float | Fraction):
        return constant(value)
    if isinstance(value, int):
        return Whole(value)
    if hasattr(value, "_mpf_"):
        sign, mantissa, exponent, _ = value._mpf_
        if mantissa:  # a power of two is exact
            return constant((-1) ** sign * int(mantissa) * arb(2) ** int(exponent))
        return constant(float(value)) if value == 0 else float(value)
    raise NotForBallsError(f"an argument is {value!r}")


def _checked(number: Any, function: Callable[..., Any]) -> Any:
    """Return a result as a ball; refuse what is no number, and floats that Python has made of others, as of 1/k."""
    from flowlab.verify.certifying.balls import Ball, constant

    if isinstance(number, Ball):
        return number
    if number is None or isinstance(number, bool | str):
        raise NotForBallsError(f"{number!r} is no number")
    if isinstance(number, float) and number not in _constants(function):
        raise NotForBallsError(f"a float, {number!r}, is rounded on the way")
    return constant(number)


def _constants(function: Callable[..., Any]) -> set[float]:
    """Return the floats that a function is written with, or finds where it is defined."""
    code, scope = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    if not isinstance(code, CodeType):
        return set()
    around = [cell.cell_contents for cell in function.__closure__ or ()]
    found = [*_written(code, scope), *around, *(function.__defaults__ or ())]
    return {value for value in found if isinstance(value, float)}


def _written(code: CodeType, scope: Mapping[str, Any]) -> Iterator[Any]:
    yield from (scope.get(name) for name in code.co_names)
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _written(value, scope)
        else:
            yield value
