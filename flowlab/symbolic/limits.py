"""The limits of symbolic work: its budget, as it may take for ever, and what SymPy raises where it knows no further.

What is found may not depend on how busy a machine is. Searches of flowlab's own count their steps. What SymPy does in
one call cannot be counted: a hook on every call of Python would double its time, and the count would still depend on
what SymPy's caches hold and on the order of its sets. There the processor time of the working thread is the measure,
which other processes hardly change; the budgets are many times what the work takes where it succeeds. The clock on the
wall only ends what does nothing at all.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, TypeVar

from sympy.polys.polyerrors import BasePolynomialError

Result = TypeVar("Result")

#: What SymPy raises on expressions that it does not know what to do with.
FAILURES = (NotImplementedError, BasePolynomialError, ValueError, TypeError, ArithmeticError, AttributeError)
#: In seconds of processor time: what a symbolic task may take if nothing else is said.
BUDGET = 30.0
#: Work that has not used its processor for so many seconds hangs: it sleeps, or waits for what does not come.
_IDLE = 600.0
#: Whether one thread can read the processor time of another.
_CLOCKS = hasattr(time, "pthread_getcpuclockid")


class BudgetSpent(Exception):  # noqa: N818 - read as a sentence
    """The budget of symbolic work is spent, or its expressions have grown too large."""


class _Ended(BaseException):
    pass


def within(budget: float, work: Callable[[], Result]) -> Result:
    """Return what `work` returns, unless its budget is spent first.

    The work is done in a thread of its own, so that the limit holds wherever it is called and whatever the work is at.
    When the budget is spent the caller goes on at once; the thread is told to end, and does so at its next step of
    Python, of which SymPy takes millions a second.

    Parameters
    ----------
    budget : float
        In seconds of processor time of the work, and of what it does within budgets of its own.
    work : callable
        Without arguments; what it raises is raised here.

    Raises
    ------
    BudgetSpent
        When the budget is spent; also when the work has used no processor time at all for ten minutes.

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
    flowlab.symbolic.limits.BudgetSpent: 0.01 s of processor time
    """
    worker = _Worker(work)
    worker.start()
    spent, moved = 0.0, time.monotonic()
    try:
        while worker.is_alive() and spent < budget and time.monotonic() - moved < _IDLE:
            # no thread uses more processor time than passes
            worker.join(min(max(budget - spent, 0.001), _IDLE / 10))
            before, spent = spent, worker.spent()
            moved = moved if spent == before else time.monotonic()
    finally:  # an interrupt of the user ends the work too
        if worker.is_alive():
            threading.Thread(target=_end, args=(worker,), daemon=True).start()
    if worker.results:
        result: Result = worker.results[0]
        return result
    if worker.errors and not isinstance(worker.errors[0], _Ended):
        raise worker.errors[0]
    raise BudgetSpent(f"{budget:g} s of processor time" if spent >= budget else f"idle for {_IDLE:g} s")


class _Worker(threading.Thread):
    """A thread at some work, whose processor time can be read elsewhere, with that of the workers it has started."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.results: list[Any] = []
        self.errors: list[BaseException] = []
        self._work = work
        self._clock: int | None = None
        self._used: float | None = None
        self._inner: list[_Worker] = []
        self._begun = time.process_time()
        employer = threading.current_thread()
        if isinstance(employer, _Worker):
            employer._inner.append(self)

    def all(self) -> Iterator[_Worker]:
        """Yield this worker and all within it."""
        yield self
        for worker in self._inner:
            yield from worker.all()

    def run(self) -> None:
        try:
            if _CLOCKS:
                self._clock = time.pthread_getcpuclockid(threading.get_ident())
            self.results.append(self._work())
        except BaseException as error:
            self.errors.append(error)
        finally:
            self._used = time.thread_time()

    def spent(self) -> float:
        """Return the processor time, in seconds, so far: that of all threads where the system does not part them."""
        if not _CLOCKS:
            return time.process_time() - self._begun
        own = self._used
        if own is None and self._clock is not None:
            try:
                own = time.clock_gettime(self._clock)
            except OSError:  # it has ended this moment
                own = self._used
        return (own or 0.0) + sum(worker.spent() for worker in self._inner)


def _end(worker: _Worker) -> None:
    """Raise in a thread, and in those that it waits for, until it has ended, which one that swallows it may put off."""
    if not isinstance(sys.unraisablehook, _Unraisable):
        sys.unraisablehook = _Unraisable(sys.unraisablehook)
    while worker.is_alive():
        for each in worker.all():
            ident = each.ident or 0
            # Both with the interpreter's lock held: the thread sees it where it stands now.
            if each.is_alive() and not _cleaning(sys._current_frames().get(ident)):
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
