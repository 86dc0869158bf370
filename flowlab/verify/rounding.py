"""Constants that Python has rounded before anyone is asked: of such numbers a verdict is, not of what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowlab.verify.at_points import goes_in_balls
from flowlab.verify.certifying.following import followed
from flowlab.verify.certifying.literals import RoundedError, looking_up, rounded_in_source
from flowlab.verify.certifying.undecided import Undecided
from flowlab.verify.in_balls import NotForBallsError, enclosed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowlab.verify.claim import Claim

__all__ = ["rounded"]

_BITS = 64


def rounded(claim: Claim, examples: Iterable[Mapping[str, Any]]) -> str:
    """Say which number that decides a claim Python has rounded, where, and what to write instead; else nothing.

    Where a function takes balls, it is followed at some examples; of any other, the source is read.

    Examples
    --------
    >>> from flowlab.verify import Claim, Real
    >>> above_two = Claim("demo", "", "", "", {"x": Real(0, 1)}, lambda x: x + 2**0.5 * 2**0.5 - 2)
    >>> rounded(above_two, [{"x": 0.5}])
    '2.0000000000000004 is rounded in line 1: write Fraction, or flowlab.verify.functions'
    """
    exact = getattr(claim.exact, "function", claim.exact)
    others = [*filter(None, [claim.balls]), *(assumption.predicate for assumption in claim.assuming)]
    for function in (exact, *others):
        if told := rounded_in_source(function):
            return told
    in_balls = (exact, *others) if goes_in_balls(claim) else others
    for arguments in examples:
        for function in in_balls:
            try:
                with looking_up():
                    enclosed(followed(function) if function is exact else function, arguments, _BITS)
            except NotForBallsError as error:  # of a predicate, whatever it answers
                if isinstance(error.__cause__, RoundedError):
                    return str(error.__cause__)
            except (Undecided, TypeError):  # without a source
                continue
    return ""
