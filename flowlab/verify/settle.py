"""The sign of a slack, settled: in balls if it goes there, else in mpmath, digits added until precisions agree."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import mpmath

from flowlab.verify.at_points import proved, sign_in_balls
from flowlab.verify.claim import IDENTITY, Unevaluable
from flowlab.verify.exactness import NoSlackError
from flowlab.verify.functions import Runaway
from flowlab.verify.settled import Settled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowlab.verify.claim import Claim

__all__ = ["LADDER", "Settled", "ladder", "settle", "settled"]

LADDER = (50, 100, 200, 400, 800, 1600, 3200)
"""Decimal digits tried in turn; the last only where the arguments themselves span hundreds."""

_AGREEMENT = mpmath.mpf(10) ** -6
_DEAR = 200  # from so many digits on, a value that just emerged is confirmed by _MORE digits
_MORE = 50
_FAR = 1000  # digits that have to tell the same once more, or four times as many as agreed; beside these, one for
_MOST = 20_000  # each unit of the largest argument, up to so many: e^x may come and go without leaving more of a trace
_WAYS = {"n": "to nearest", "d": "towards 0", "u": "away from 0", "f": "down", "c": "up"}
_CLOSE_BY = 24  # precisions a digit apart at which a sign has to be the same: of equal sides, one tells another
_CLOSE_BY_GUARDED = 4  # which is dear, and sees to its digits
_AGAIN = 3  # times that digits are doubled where those tell another story


def settle(claim: Claim, arguments: Mapping[str, Any], *, firmly: bool = True) -> Settled:
    """Settle the sign of the claim's slack at one example.

    A slack written with arithmetic and `flowlab.verify.functions`, which also stands for the exact one, is enclosed
    in a ball, and digits are added until that excludes 0.

    Of any other, a sign counts when the values at p and 2p digits agree to six digits: were either of them left over
    from cancellation, it would change by p orders of magnitude. Where nothing was left at p digits and something is
    at 2p ≥ 200, the other value is that at 2p + 50. A value that does change so at every step, or is exactly zero,
    is an equality. The first precision exceeds what the arguments span, or else both could lose the same small term:
    at 50 and at 100 digits alike, 1 + 1e-300 is 1. A guarded claim sees to that itself. As terms that are made on
    the way may do the same, a firm sign is also that of the claim's `balls`, or else of a value at a thousand digits
    or more, which agrees as well.

    Parameters
    ----------
    claim : Claim
        What is evaluated.
    arguments : mapping
        The example; its floats count as the exact binary numbers they are.
    firmly : bool, optional
        Whether two precisions that agree are not enough.

    Returns
    -------
    Settled
        Sign, value and digits.

    Raises
    ------
    Unevaluable
        If the claim says so, or the exponential of too large a number is asked for.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> def below_peak(x):
    ...     return 0.25 - mpmath.mpf(10) ** -80 - x * (1 - x)
    >>> peak = Claim("demo", "", "", "", {"x": Real(0, 1)}, below_peak)
    >>> settle(peak, {"x": 0.5}).sign, settle(peak, {"x": 0.5}).digits
    ('negative', 200)
    """
    try:
        return settled(claim, arguments, firmly=firmly)
    except Runaway as error:
        raise Unevaluable(str(error)) from error


def settled(claim: Claim, arguments: Mapping[str, Any], *, firmly: bool) -> Settled:
    """Return what `settle` does, without a word for what is a `Runaway`."""
    if (in_balls := proved(claim, arguments)) is not None:
        return in_balls
    try:
        found = _agreed(claim, arguments)
        certain = not firmly or found.sign in ("touching", "unclear")
        return found if certain else _confirmed(claim, arguments, found)
    except _NoValueError as error:
        return Settled("unclear", None, error.digits, str(error))


def _agreed(claim: Claim, arguments: Mapping[str, Any]) -> Settled:
    """Return what two precisions agree on, the first that do."""
    before: Any = None
    rounding = True
    for digits in LADDER[:-1] if claim.guarded else ladder(arguments):
        value = _evaluated(claim, arguments, digits)
        if claim.identity and before is not None:
            _check_identity(claim.exact, (before, digits // 2), (value, digits))
        if _agree(before, value):
            return Settled(_sign(value), value, digits)
        if digits >= _DEAR and _emerged(before, value, digits):
            # confirmed by a few digits, which cost less than as many again
            finer = _evaluated(claim, arguments, digits + _MORE)
            if _agree(value, finer):
                return Settled(_sign(finer), finer, digits + _MORE)
        if before is not None:
            zero = value == 0 or before == 0
            rounding = rounding and (zero or _falls(before, value, digits))
        before = value
    return _without_sign(before, digits, rounding=rounding)


class NoIdentityError(NoSlackError):
    """Raised where an identity's function returns what is the slack of an inequality.

    Examples
    --------
    >>> raise NoIdentityError("exact", 0.5, abs)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    flowlab.verify.settle.NoIdentityError: exact: got 0.5, whatever the digits at work; allowed: of an identity, 1 − ...
    """

    def __init__(self, name: str, found: Any, function: Callable[..., Any]) -> None:
        super().__init__(name, found, function)
        allowed = f"of an identity, 1 − d 10^({IDENTITY} p), where both sides are d apart, relative, at p digits"
        self.args = (f"{name}: got {mpmath.nstr(found, 5)}, whatever the digits at work; allowed: {allowed}",)


def _check_identity(exact: Any, *values: tuple[Any, int]) -> None:
    """Refuse a slack of an identity that is no function of the digits at work, or beyond 1."""
    first, second = (
        1 - value if value >= 0 else -value * mpmath.mpf(10) ** (IDENTITY * digits) for value, digits in values
    )
    if second < -_AGREEMENT or (second and abs(second - first) <= _AGREEMENT * abs(second)):
        raise NoIdentityError(exact.name, 1 - second, exact.function)


def _without_sign(value: Any, digits: int, *, rounding: bool) -> Settled:
    if value == 0 or (rounding and abs(value) < mpmath.mpf(10) ** (-digits // 2)):
        return Settled("touching", value, digits)
    return Settled("unclear", value, digits, f"no sign within {digits} digits")


def _confirmed(claim: Claim, arguments: Mapping[str, Any], found: Settled) -> Settled:
    """Hold a sign that two precisions agree on against balls, or else against many more digits."""
    if sign := sign_in_balls(claim, arguments):
        if sign == found.sign:
            return replace(found, firm=True)
        reason = f"{found.sign} in mpmath, but {sign} in ball arithmetic"
        return replace(found, sign="unclear", reason=reason, at_odds=True)
    far = _by_far_more_digits(claim, arguments, found)
    reason = _turned(claim, arguments, far)
    return replace(far, sign="unclear", reason=reason) if reason else far


def _by_far_more_digits(claim: Claim, arguments: Mapping[str, Any], found: Settled) -> Settled:
    digits = _far(claim, arguments, found)
    value = _evaluated(claim, arguments, digits)
    if _agree(found.value, value):
        return replace(found, firm=True)
    for _ in range(_AGAIN):
        before, digits = value, 2 * digits
        value = _evaluated(claim, arguments, digits)
        if _agree(before, value):
            return Settled(_sign(value), value, digits, firm=True)
    return _without_sign(value, digits, rounding=_falls(before, value, digits))


def _far(claim: Claim, arguments: Mapping[str, Any], found: Settled) -> int:
    """Return the digits that have to tell what fewer agree on."""
    sizes = [abs(value) for value in arguments.values() if isinstance(value, (int, float))]
    digits = 4 * found.digits  # of a guarded claim, which itself adds what its arguments take
    if not claim.guarded:
        digits = max(_FAR, digits) + math.ceil(min(max(sizes, default=0), _MOST))
    return digits


def _turned(claim: Claim, arguments: Mapping[str, Any], found: Settled) -> str:
    """Return why a negative sign is none: another way to round, or other digits close by, tell another.

    What branches on a comparison of two sides that are equal takes the side that rounding gives it: one that is the
    same at 50, 100 and 200 digits may still be chance.
    """
    if found.sign != "negative":
        return ""
    least = _far(claim, arguments, found)
    kept = mpmath.mp._prec_rounding[1]
    for more, way in enumerate("dufc" + "n" * (_CLOSE_BY_GUARDED if claim.guarded else _CLOSE_BY), 1):
        digits = least + more
        try:
            mpmath.mp._prec_rounding[1] = way
            value = _evaluated(claim, arguments, digits)
        finally:
            mpmath.mp._prec_rounding[1] = kept
        if value >= 0:
            return f"the sign depends on how numbers are rounded: not negative at {digits} digits, rounded {_WAYS[way]}"
    return ""


class _NoValueError(Exception):
    def __init__(self, reason: str, digits: int) -> None:
        super().__init__(reason)
        self.digits = digits


def _evaluated(claim: Claim, arguments: Mapping[str, Any], digits: int) -> Any:
    """Return the exact slack at a precision, a finite number; of an identity that fails, minus the difference."""
    try:
        with mpmath.workdps(digits):
            value = claim.exact(**arguments)
    except (ArithmeticError, ValueError, mpmath.libmp.NoConvergence) as error:
        what = " ".join(str(error).split()) or "no value"
        raise _NoValueError(f"{type(error).__name__}: {what[:120]}", digits) from error
    if not mpmath.isfinite(value):
        raise _NoValueError(f"the exact slack is {mpmath.nstr(value, 5)}", digits)
    if claim.identity and value < 0:
        # the difference itself, which is the same at every precision if it is one
        return -(1 - value) * mpmath.mpf(10) ** (-IDENTITY * digits)
    return value


def _agree(before: Any, value: Any) -> bool:
    """Return whether two precisions tell the same sign, to six digits of the value."""
    return bool(before is not None and value * before > 0 and abs(value - before) <= _AGREEMENT * abs(value))


def _emerged(before: Any, value: Any, digits: int) -> bool:
    """Return whether cancellation left nothing at half the digits, and leaves something now."""
    lost = before is not None and abs(before) < mpmath.mpf(10) ** (-digits // 4)
    return lost and bool(abs(value) > mpmath.mpf(10) ** (-0.9 * digits))


def _sign(value: Any) -> Literal["positive", "negative"]:
    return "positive" if value > 0 else "negative"


def ladder(arguments: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the digits to try in turn: the first exceed what the arguments span.

    Examples
    --------
    >>> ladder({"x": 0.5}), ladder({"x": 1e-300, "y": 1.0})
    ((50, 100, 200, 400, 800, 1600), (400, 800, 1600))
    """
    exponents = [0]
    for value in arguments.values():
        if isinstance(value, (int, float)) and value and abs(value) != math.inf:
            exponents.append(value.bit_length() if isinstance(value, int) else math.frexp(value)[1])
    span = (max(exponents) - min(exponents) + 53) * 0.30103
    start = next((i for i, digits in enumerate(LADDER) if digits >= span + 20), len(LADDER) - 3)
    return LADDER[start : max(start + 3, len(LADDER) - 1)]


def _falls(before: Any, value: Any, digits: int) -> bool:
    """Return whether the value fell by at least half of the digits that were added."""
    return bool(abs(value) <= abs(before) * mpmath.mpf(10) ** (-digits // 4))
