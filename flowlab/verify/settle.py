"""The sign of a slack, settled in mpmath: digits are added until two precisions tell the same story."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import mpmath

from flowlab.verify.claim import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowlab.verify.claim import Claim

__all__ = ["LADDER", "Settled", "ladder", "settle"]

LADDER = (50, 100, 200, 400, 800, 1600, 3200)
"""Decimal digits tried in turn; the last only where the arguments themselves span hundreds."""

_AGREEMENT = mpmath.mpf(10) ** -6
_DEAR = 200  # from so many digits on, a value that just emerged is confirmed by _MORE digits
_MORE = 50


@dataclass(frozen=True)
class Settled:
    """What high precision says of a slack.

    Parameters
    ----------
    sign : {"positive", "negative", "touching", "unclear"}
        ``touching`` is zero to every digit tried; ``unclear`` says why in `reason`.
    value : mpf or None
        The slack to `digits` digits; None where there is none.
    digits : int
        The precision of `value`.
    reason : str
        Why the sign is unclear, else empty.

    Examples
    --------
    >>> Settled("negative", mpmath.mpf(-1) / 3, 100).text
    '-0.333333333333333'
    """

    sign: Literal["positive", "negative", "touching", "unclear"]
    value: Any
    digits: int
    reason: str = ""

    @property
    def text(self) -> str:
        """The slack to 15 digits, whatever its exponent.

        Examples
        --------
        >>> Settled("positive", mpmath.mpf("1e-4000"), 100).text
        '1.0e-4000'
        """
        return "" if self.value is None else str(mpmath.nstr(self.value, 15))


def settle(claim: Claim, arguments: Mapping[str, Any]) -> Settled:
    """Settle the sign of the claim's slack at one example.

    A sign counts when the values at p and 2p digits agree to six digits: were either of them left over from
    cancellation, it would change by p orders of magnitude. Where nothing was left at p digits and something is at
    2p ≥ 200, the other value is that at 2p + 50. A value that does change so at every step, or is exactly zero, is
    an equality. The first precision exceeds what the arguments span, or else both could lose the same small term:
    at 50 and at 100 digits alike, 1 + 1e-300 is 1. A guarded claim sees to that itself.

    Parameters
    ----------
    claim : Claim
        What is evaluated.
    arguments : mapping
        The example; its floats count as the exact binary numbers they are.

    Returns
    -------
    Settled
        Sign, value and digits.

    Raises
    ------
    Unevaluable
        If the claim says so.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> def below_peak(x):
    ...     return 0.25 - mpmath.mpf(10) ** -80 - x * (1 - x)
    >>> peak = Claim("demo", "", "", "", {"x": Real(0, 1)}, below_peak)
    >>> settle(peak, {"x": 0.5}).sign, settle(peak, {"x": 0.5}).digits
    ('negative', 200)
    """
    before: Any = None
    rounding = True
    steps = LADDER[:-1] if claim.guarded else ladder(arguments)
    try:
        for digits in steps:
            value = _evaluated(claim, arguments, digits)
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
    except _NoValueError as error:
        return Settled("unclear", None, error.digits, str(error))
    if before == 0 or (rounding and abs(before) < mpmath.mpf(10) ** (-digits // 2)):
        return Settled("touching", before, digits)
    return Settled("unclear", before, digits, f"no sign within {digits} digits")


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
