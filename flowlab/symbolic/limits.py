"""The limits of symbolic work: its time, as it may take for ever, and what SymPy raises where it knows no further."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from sympy.polys.polyerrors import BasePolynomialError

Result = TypeVar("Result")

#: What SymPy raises on expressions that it does not know what to do with.
FAILURES = (NotImplementedError, BasePolynomialError, ValueError, TypeError, ArithmeticError, AttributeError)


class OutOfTime(Exception):  # noqa: N818 - read as a sentence
    """The time allowed for symbolic work is over, or its expressions have grown too large."""


class _Ended(BaseException):
    pass


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Return what `work` returns, unless the time is over first.

    The work is done in a thread of its own, so that the limit holds wherever it is called and whatever the work is at.
    When the time is over the caller goes on at once; the thread is told to end, and does so at its next step of
    Python, of which SymPy takes millions a second.

    Parameters
    ----------
    seconds : float
        Of wall-clock time.
    work : callable
        Without arguments; what it raises is raised here.

    Raises
    ------
    OutOfTime
        When the time is over.

    Examples
    --------
    >>> within(10.0, lambda: 6 * 7)
    42
    >>> def for_ever():
    ...     while True:
    ...         pass
    >>> within(0.01, for_ever)
    Traceback (most recent call last):
        ...
    flowlab.symbolic.limits.OutOfTime: 0.01 s
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    try:
        worker.join(seconds)
    finally:  # an interrupt of the user ends the work too
        if worker.is_alive():
            threading.Thread(target=_end, args=(worker,), daemon=True).start()
    if results:
        return results[0]
    if errors and not isinstance(errors[0], _Ended):
        raise errors[0]
    raise OutOfTime(f"{seconds:g} s")


def _end(worker: threading.Thread) -> None:
    """Raise in the thread until it has ended, which an exception swallowed on the way may put off."""
    if not isinstance(sys.unraisablehook, _Unraisable):
        sys.unraisablehook = _Unraisable(sys.unraisablehook)
    while worker.is_alive():
        ident = worker.ident or 0
        # Both with the interpreter's lock held: the thread sees it where it stands now.
        if not _cleaning(sys._current_frames().get(ident)):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(_Ended))
        worker.join(0.02)


class _Unraisable:
    """A hook for exceptions that cannot be raised, with nothing to say of a thread that was told to end.

    Between the telling and the thread's next step the garbage collector may start, and its callbacks meet the exception
    first. They swallow it, and the thread is told again.
    """

    def __init__(self, otherwise: Callable[[sys.UnraisableHookArgs], object]) -> None:
        self.otherwise = otherwise

    def __call__(self, unraisable: sys.UnraisableHookArgs, /) -> None:
        if not issubclass(unraisable.exc_type, _Ended):
            self.otherwise(unraisable)


def _cleaning(frame: FrameType | None) -> bool:
    """Return whether Python is tidying up after an object, where it prints exceptions instead of raising them."""
    while frame is not None:
        code = frame.f_code
        if code.co_name == "__del__" or code.co_filename.endswith(("weakref.py", "_weakrefset.py")):
            return True
        frame = frame.f_back
    return False
