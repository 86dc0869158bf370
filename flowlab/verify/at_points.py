"""The sign of a slack at one example, proved in ball arithmetic: what floats leave open, mostly at once."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, Literal

import mpmath

from flowlab.verify.certifying.undecided import Undecided
from flowlab.verify.exactness import exactly, has_real_value
from flowlab.verify.in_balls import NotForBallsError, enclosed, in_ball, middle
from flowlab.verify.settled import Settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowlab.verify.certifying.arbs import Arb
    from flowlab.verify.claim import Claim

__all__ = ["apart_from_floats", "assumed_of_floats_alone", "goes_in_balls", "proved", "sign_in_balls"]

_BITS = (128, 512, 2048)
_DIGITS = (100, 400, 1600, 6400)
_MOST_DIGITS = 51200  # tried where fewer are seen to be too few
_ACCURACY = 60  # bits of the value that are wanted beside its sign, as long as that takes no more than _DEAR digits
_DEAR = 1600
_MODERATE = 30.0  # of such arguments, numbers on the way stay within the range of floats
_ROUGHLY, _APART = 2.0**10, 1e-6  # times a rounding error, and parts of a slack, that are no difference
_BITS_A_DIGIT = math.log2(10)
_ROUGH_BITS = 40  # fewer than a float has, so that what it rounds is within such a ball


def goes_in_balls(claim: Claim) -> bool:
    """Return whether a claim's slack also stands for the exact one, so that a ball around it has the last word."""
    exact = claim.exact
    own = isinstance(exact, exactly) and exact.function is getattr(claim.slack, "function", claim.slack)
    return claim.balls is None and not claim.identity and own


def proved(claim: Claim, arguments: Mapping[str, Any]) -> Settled | None:
    """Return the sign of a slack and its value, from balls; None where they cannot tell for want of a form.

    Digits are added until the ball excludes 0. ``touching`` is a ball about 0 that shrinks with every digit,
    ``unclear`` one that does not within as many digits as are tried.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real, functions
    >>> def unit(x):
    ...     return 0.5 - ((functions.exp(x) + 1) - functions.exp(x))
    >>> large = Claim("demo", "", "", "", {"x": Real(0, 1000)}, unit)
    >>> proved(large, {"x": 900.0}).sign, proved(large, {"x": 900.0}).digits
    ('negative', 1600)
    """
    if not goes_in_balls(claim):
        return None
    without, doubt = 0, ""  # how often there was no finite ball, and what could not be told
    digits, rungs = 0, [*_DIGITS]
    while rungs:
        digits = rungs.pop(0)
        try:
            ball = enclosed(claim.slack, arguments, math.ceil(digits * _BITS_A_DIGIT) + 8)
        except NotForBallsError:
            return None
        except Undecided as undecided:
            ball, doubt = None, str(undecided)
        if ball is None or not ball.is_finite():
            without += 1
            if without < 3:
                continue
            if doubt:  # more digits of a value that has taken one of two ways would prove nothing
                return Settled("unclear", None, digits, f"not told by {digits} digits: {doubt}")
            if has_real_value(claim.exact, arguments):  # an end of a domain, say
                return None
            return Settled("unclear", None, digits, "no value that is real: it is complex, or there is none")
        if ball > 0 or ball < 0:
            if ball.rel_accuracy_bits() >= _ACCURACY or digits >= _DEAR:
                return Settled("positive" if ball > 0 else "negative", _value(ball, digits), digits, firm=True)
        elif ball == 0:
            return Settled("touching", mpmath.mpf(0), digits, firm=True)
        elif not rungs and digits < _MOST_DIGITS:
            reach = _decade(ball)
            if reach < -digits // 2:
                return Settled("touching", _value(ball, digits), digits, firm=True)
            if reach + digits < _MOST_DIGITS - digits // 4:
                rungs.append(_MOST_DIGITS)
    return Settled("unclear", None, digits, f"no sign within {digits} digits")


def sign_in_balls(claim: Claim, arguments: Mapping[str, Any]) -> Literal["positive", "negative", ""]:
    """Return the sign that the claim's `balls` prove of its slack at an example; nothing where they prove none.

    Examples
    --------
    >>> from flowlab.verify import Real, claim
    >>> def above_one(x):
    ...     return x - 1
    >>> @claim("demo", balls=above_one)
    ... def demo(x: Real(0, 2)):
    ...     return x - 1
    >>> sign_in_balls(demo, {"x": 1 + 2.0**-52}), sign_in_balls(demo, {"x": 0.0}), sign_in_balls(demo, {"x": 1.0})
    ('positive', 'negative', '')
    """
    if claim.balls is None:
        return ""
    for bits in _BITS:
        try:
            ball = enclosed(claim.balls, arguments, bits)
        except NotForBallsError:
            return ""
        except Undecided:
            continue
        if ball is None or ball == 0 or not ball.is_finite():
            return ""
        if ball > 0 or ball < 0:
            return "positive" if ball > 0 else "negative"
    return ""


def apart_from_floats(claim: Claim, arguments: Mapping[str, Any], seen: float) -> str:
    """Return what to say where floats make of a slack what they cannot by rounding alone; else nothing.

    Rounding is that of balls of as many bits; where numbers may leave the range of floats on the way, nothing is said.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> odd = Claim("demo", "", "", "", {"x": Real(0, 1)}, lambda x: -x if isinstance(x, float) else x)
    >>> apart_from_floats(odd, {"x": 0.5}, -0.5)
    'floats make -0.5 of the slack, balls 0.5: it is another function of these'
    """
    numbers = [abs(value) for value in arguments.values() if isinstance(value, int | float) and value]
    moderate = all(1 / _MODERATE <= number <= _MODERATE for number in numbers if number != math.inf)
    if not (math.isfinite(seen) and moderate and goes_in_balls(claim)):
        return ""
    try:
        ball = enclosed(claim.slack, arguments, sys.float_info.mant_dig)
    except (NotForBallsError, Undecided):
        return ""
    if ball is None or not ball.is_finite():
        return ""
    allowed = _ROUGHLY * float(ball.rad()) + _APART * (abs(seen) + float(abs(ball).upper()))
    if abs(float(ball.mid()) - seen) <= allowed:
        return ""
    return f"floats make {seen:.6g} of the slack, balls {float(ball.mid()):.6g}: it is another function of these"


def assumed_of_floats_alone(claim: Claim, arguments: Mapping[str, Any]) -> str:
    """Return what to say where a joint hypothesis that floats satisfy surely fails in balls; else nothing.

    The balls are so rough that no rounding can be the reason.

    Examples
    --------
    >>> from flowlab.verify import Assumption, Claim, Real
    >>> odd = Assumption("x is a float", lambda x: isinstance(x, float))
    >>> assumed_of_floats_alone(Claim("demo", "", "", "", {"x": Real(0, 1)}, lambda x: x, assuming=(odd,)), {"x": 0.5})
    'floats satisfy «x is a float», balls do not: it is another hypothesis of these'
    """
    if not claim.assuming:
        return ""
    from flint import ctx

    from flowlab.verify.certifying.assumptions import UnreadableError, holds

    with ctx.workprec(_ROUGH_BITS):
        for assumption in claim.assuming:
            try:
                balls = {name: in_ball(value) for name, value in arguments.items()}
                if holds(assumption, balls) is False:
                    return f"floats satisfy «{assumption.text}», balls do not: it is another hypothesis of these"
            except (NotForBallsError, UnreadableError):
                continue
    return ""


def _value(ball: Arb, digits: int) -> Any:
    with mpmath.workdps(digits):
        return middle(ball)


def _decade(ball: Arb) -> int:
    """Return the decimal exponent of the largest number in a ball about 0, which may be beyond floats."""
    mantissa, exponent = ball.abs_upper().man_exp()
    return (int(mantissa).bit_length() + int(exponent)) * 30103 // 100_000
