"""The sign of a slack, settled in mpmath: digits are doubled until two precisions tell the same story."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import mpmath

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowlab.verify.claim import Claim

__all__ = ["LADDER", "Settled", "settle"]

LADDER = (50, 100, 200, 400, 800, 1600)
"""Decimal digits tried in turn."""

_AGREEMENT = mpmath.mpf(10) ** -6


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
    cancellation, it would change by p orders of magnitude. A value that does change so at every step, or is
    exactly zero, is an equality.

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
    for digits in LADDER:
        try:
            with mpmath.workdps(digits):
                value = claim.exact(**arguments)
                if not mpmath.isfinite(value):
                    return Settled("unclear", None, digits, f"the exact slack is {mpmath.nstr(value, 5)}")
                if before is not None and value * before > 0:
                    if abs(value - before) <= _AGREEMENT * abs(value):
                        return Settled("positive" if value > 0 else "negative", value, digits)
                    rounding = rounding and _falls(before, value, digits)
        except (ArithmeticError, ValueError, mpmath.libmp.NoConvergence) as error:
            what = " ".join(str(error).split()) or "no value"
            return Settled("unclear", None, digits, f"{type(error).__name__}: {what[:120]}")
        if before is not None and value * before <= 0:
            rounding = rounding and (value == 0 or before == 0 or _falls(before, value, digits))
        before = value
    if before == 0 or (rounding and abs(before) < mpmath.mpf(10) ** (-LADDER[-1] // 2)):
        return Settled("touching", before, LADDER[-1])
    return Settled("unclear", before, LADDER[-1], f"no sign within {LADDER[-1]} digits")


def _falls(before: Any, value: Any, digits: int) -> bool:
    """Return whether the value fell by at least half of the digits that were added."""
    return bool(abs(value) <= abs(before) * mpmath.mpf(10) ** (-digits // 4))
