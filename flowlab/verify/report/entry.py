"""What the page is told of one claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowlab.verify.certifying.certificate import Certificate
    from flowlab.verify.claim import Claim
    from flowlab.verify.tightness import TightnessMap
    from flowlab.verify.verdict import Verdict

__all__ = ["Entry"]


@dataclass(frozen=True, eq=False)
class Entry:
    """A claim with everything found out about it.

    Parameters
    ----------
    claim : Claim
    verdict : Verdict
    tightness : TightnessMap, optional
    certificates : tuple of Certificate, optional
        The page says what they say.

    Examples
    --------
    >>> from flowlab.verify import Real, claim, verify
    >>> square = claim("demo", hypotheses={"x": Real(-1, 1)})(lambda x: x * x)
    >>> Entry(square, verify(square, examples=9)).verdict.verdict
    'held'
    """

    claim: Claim
    verdict: Verdict
    tightness: TightnessMap | None = None
    certificates: tuple[Certificate, ...] = ()
