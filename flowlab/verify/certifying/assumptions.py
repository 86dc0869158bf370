"""Whether a claim's joint hypotheses hold over a part of a box: surely, surely not, or nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab._checks import shown
from flowlab.verify.certifying.balls import Ball, constant
from flowlab.verify.certifying.following import followed
from flowlab.verify.certifying.literals import looking_up
from flowlab.verify.certifying.undecided import Undecided, outcome
from flowlab.verify.claim import Unevaluable
from flowlab.verify.functions import plain_numbers_as

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowlab.verify.claim import Assumption

__all__ = ["UnreadableError", "holds"]


class UnreadableError(TypeError):
    """Raised where an assumption cannot be evaluated in balls.

    Examples
    --------
    >>> raise UnreadableError("a ball is no float")
    Traceback (most recent call last):
        ...
    flowlab.verify.certifying.assumptions.UnreadableError: a ball is no float
    """


def holds(assumption: Assumption, arguments: Mapping[str, Any]) -> bool | None:
    """Return whether an assumption certainly holds for all such arguments, or for none; None where neither is sure.

    Raises
    ------
    UnreadableError
        If it cannot be evaluated in balls, or says neither yes nor no.

    Examples
    --------
    >>> from flowlab.verify import Assumption
    >>> from flowlab.verify.certifying.balls import ball_box
    >>> x, y, z = ball_box([(0, 1), (2, 3), (0, 3)])
    >>> ordered = Assumption("a < b", lambda a, b: a < b)
    >>> holds(ordered, {"a": x, "b": y}), holds(ordered, {"a": y, "b": x}), holds(ordered, {"a": x, "b": z})
    (True, False, None)
    """

    def answer() -> Any:
        found = followed(assumption.predicate)(**arguments)
        return bool(found) if isinstance(found, Ball) else found

    try:
        with plain_numbers_as(constant), looking_up():
            found = outcome(answer)
    except (Undecided, ArithmeticError, Unevaluable):
        return None
    except (TypeError, AttributeError, NotImplementedError, ValueError) as error:
        raise UnreadableError(" ".join(str(error).split())[:100]) from error
    if not isinstance(found, bool | np.bool_):  # a forgotten return is no assumption that fails
        raise UnreadableError(f"got {shown(found)}, no truth value")
    return bool(found)
