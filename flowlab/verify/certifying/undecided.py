"""What balls cannot tell: raised, and kept as well, so that nothing follows from an evaluation that caught it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Undecided", "outcome", "refusal"]


class _Evaluations(threading.local):
    def __init__(self) -> None:
        self.denied: list[list[BaseException]] = []  # of those under way, the innermost last: what each was denied


_under_way = _Evaluations()


class Undecided(BaseException):  # it is no error, and for no handler of errors
    """Raised where a formula asks of a ball what is not so of all its numbers, or not so of none.

    Examples
    --------
    >>> raise Undecided("x < 1")
    Traceback (most recent call last):
        ...
    flowlab.verify.certifying.undecided.Undecided: x < 1
    """

    def __init__(self, question: str) -> None:
        super().__init__(question)
        _deny(self)


def refusal(message: str, kind: type[TypeError] = TypeError) -> TypeError:
    """Return the error to be raised where a formula asks for what balls do not have, and keep it.

    Examples
    --------
    >>> raise refusal("a ball is no float")
    Traceback (most recent call last):
        ...
    TypeError: a ball is no float
    """
    error = kind(message)
    _deny(error)
    return error


def outcome(evaluate: Callable[[], Any]) -> Any:
    """Return what an evaluation in balls returns, unless it was denied something, whatever it made of that.

    Raises
    ------
    Undecided, TypeError
        What it was denied first, though it may have caught that.

    Examples
    --------
    >>> from flowlab.verify.certifying.balls import ball_box
    >>> x, = ball_box([(0, 1)])
    >>> def careless():
    ...     try:
    ...         return -1 if x > 0.5 else 1
    ...     except BaseException:
    ...         return 1
    >>> outcome(careless)
    Traceback (most recent call last):
        ...
    flowlab.verify.certifying.undecided.Undecided: Ball([+/- 1.01]) > 0.5
    """
    denied: list[BaseException] = []
    _under_way.denied.append(denied)
    try:
        found = evaluate()
    finally:
        _under_way.denied.pop()
    if denied:
        raise denied[0]
    return found


def _deny(error: BaseException) -> None:
    if _under_way.denied:
        _under_way.denied[-1].append(error)
