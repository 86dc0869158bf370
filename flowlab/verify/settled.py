"""What is known of a slack's sign at one example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import mpmath

__all__ = ["Point", "Settled", "Sign"]

Sign = Literal["positive", "negative", "touching", "unclear"]


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
    firm : bool
        Whether the sign was proved in ball arithmetic, or confirmed by far more digits than `digits`.
    at_odds : bool
        Whether mpmath and ball arithmetic tell different signs, of which one is wrong.

    Examples
    --------
    >>> Settled("negative", mpmath.mpf(-1) / 3, 100).text
    '-0.333333333333333'
    """

    sign: Sign
    value: Any
    digits: int
    reason: str = ""
    firm: bool = False
    at_odds: bool = False

    @property
    def text(self) -> str:
        """The slack to 15 digits, whatever its exponent.

        Examples
        --------
        >>> Settled("positive", mpmath.mpf("1e-4000"), 100).text
        '1.0e-4000'
        """
        return "" if self.value is None else str(mpmath.nstr(self.value, 15))


@dataclass(frozen=True, slots=True)
class Point:
    """One example, evaluated; `slack` is nan where there is none.

    Examples
    --------
    >>> Point("positive", 0.5, {"x": 1.0}).arguments
    {'x': 1.0}
    """

    sign: Sign | Literal["skipped"]
    slack: float
    arguments: dict[str, Any]
    settled: Settled | None = None
    reason: str = ""
    at_odds: bool = False  # whether two kinds of evidence cannot both be right
