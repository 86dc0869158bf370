"""The sign of a slack at one example, proved in ball arithmetic: what floats leave open, mostly at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from flowlab.verify.claim import Unevaluable
from flowlab.verify.functions import plain_numbers_as

if TYPE_CHECKING:
    from flowlab.verify.claim import Claim

__all__ = ["surely_positive"]

_BITS = (128, 512, 2048)


def surely_positive(claim: Claim, arguments: dict[str, Any]) -> bool:
    """Return whether the claim's `balls` prove its slack positive at an example.

    Examples
    --------
    >>> from flowlab.verify import Real, claim
    >>> def above_one(x):
    ...     return x - 1
    >>> @claim("demo", balls=above_one)
    ... def demo(x: Real(0, 2)):
    ...     return x - 1
    >>> surely_positive(demo, {"x": 1 + 2.0**-52}), surely_positive(demo, {"x": 1.0})
    (True, False)
    """
    if claim.balls is None:
        return False
    from flint import ctx

    from flowlab.verify.certifying.arbs import exact_arb
    from flowlab.verify.certifying.balls import ball_box

    real = {name: value for name, value in arguments.items() if isinstance(value, float) and math.isfinite(value)}
    for bits in _BITS:
        with ctx.workprec(bits):
            balls = ball_box([(value, value) for value in real.values()])
            try:
                with plain_numbers_as(exact_arb):
                    found = claim.balls(**{**arguments, **dict(zip(real, balls, strict=True))})
            except (ArithmeticError, NotImplementedError, TypeError, ValueError, Unevaluable):
                return False
            value = found.tight if hasattr(found, "tight") else found
            if value > 0:
                return True
            if value < 0:
                return False
    return False
