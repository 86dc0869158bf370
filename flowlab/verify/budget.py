"""What one evaluation of a claim may cost: an example that takes more is set aside, and the search goes on.

A loop in Python is interrupted where it is. One call of a library, as ``2**n`` or ``math.factorial(n)``, is not; so an
example of larger numbers than any before is evaluated in a copy of the process first, which can be ended.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

from flowlab._processes import end_with_parent
from flowlab.verify.functions import Runaway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Sizes = tuple[Any, ...]

__all__ = ["Budget", "Ended", "in_turn"]

Result = TypeVar("Result")
Given = ParamSpec("Given")
_turn = threading.RLock()  # the precisions at which mpmath and Arb work are the process's

# of processor time for one example, in a copy of the process, and here or at first, when libraries are compiled;
_SECONDS = (2.0, 20.0)
_AFTERWARDS = (1.0, 1.0)  # and for another, where one took more before; then
_DEAR = 0.01  # nothing larger is tried either than what took so much
_STANDING_STILL = 120.0  # by the clock, which ends only what waits for ever
_BYTES = 2**31  # of memory beyond what the process has
_MOST, _FEW_MORE = 12, 4  # examples that are ended; then no larger ones are tried, and after a few more none
_LARGE, _LARGE_FLOAT = 20, 2.0**14  # up to which numbers are all alike
_TICK = 0.25
_OUT_OF_MEMORY, _TOO_DEEP = 3, 4


class Ended(Runaway):
    """Raised where an evaluation took too much, and was ended.

    Examples
    --------
    >>> issubclass(Ended, Runaway), issubclass(Ended, Exception)
    (True, False)
    """


def in_turn(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let the threads of a process take turns in a function, and in all others like it.

    Examples
    --------
    >>> in_turn(abs)(-2)
    2
    """

    @wraps(function)
    def alone(*arguments: Given.args, **named: Given.kwargs) -> Result:
        with _turn:
            return function(*arguments, **named)

    return alone


class Budget:
    """What the examples of one search may cost, and which were set aside.

    Examples
    --------
    >>> budget = Budget()
    >>> budget.within({"n": 9}, lambda: 2**9)
    512
    >>> budget.within({"n": 2**53}, lambda: bytes(2**53))
    Traceback (most recent call last):
        ...
    flowlab.verify.budget.Ended: one evaluation takes more than 2 GiB of memory
    >>> budget.aside
    ['n = 9007199254740992: one evaluation takes more than 2 GiB of memory']
    """

    def __init__(self) -> None:
        self.aside: list[str] = []  # the first example that was set aside for each reason
        self.ended = 0  # how many evaluations were ended
        self._too_large: dict[Sizes, bool] = {}  # whether they were ended
        self._known: dict[str, list[Sizes]] = {}  # of examples that were evaluated
        self._running = 0.0  # the processor time at which an evaluation began; 0 outside
        self._limits = _SECONDS
        self._begun = False  # whether anything was evaluated, and so compiled, here

    def within(self, arguments: Mapping[str, Any], evaluate: Callable[[], Result], *, of: str = "claim") -> Result:
        """Return what an evaluation returns; one of something else is no measure for it.

        Raises
        ------
        Runaway
            If it takes too much, or another did whose numbers are no larger.
        """
        if self._running:  # within another
            return evaluate()
        if self.beyond(arguments):
            raise Runaway("an evaluation with numbers no larger takes too much")
        sizes = tuple(map(_size, arguments.values()))
        known = self._known.setdefault(of, [])
        new = any(sizes) and not any(_no_larger(sizes, those) for those in known)
        if new and self.ended >= _MOST:
            raise Runaway("numbers as large were not tried, as too many evaluations had to be ended")
        if new and (reason := _tried(evaluate, self._limits[0 if self._begun else 1])):
            self._set_aside(arguments, sizes, reason)
        try:
            self._running = time.process_time()
            result = _without_refusal(evaluate)
            self._begun = True
            if self.ended and any(sizes) and time.process_time() - self._running > _DEAR:
                self._too_large.setdefault(sizes, False)
        except (Ended, MemoryError) as error:
            self._set_aside(arguments, sizes, str(error) if isinstance(error, Ended) else _words(_OUT_OF_MEMORY, 0))
        except RecursionError:
            if not any(sizes):  # it ends nowhere
                raise
            self._set_aside(arguments, sizes, _words(_TOO_DEEP, 0))
        except Runaway as error:  # which took no time
            self._tell(arguments, str(error))
            raise
        finally:
            self._running = 0.0
        if new:
            known[:] = [*(those for those in known if not _no_larger(those, sizes)), sizes]
        return result

    def beyond(self, arguments: Mapping[str, Any]) -> bool:
        """Return whether an example is not to be tried: one with numbers no larger, or far too many, had to be ended.

        Examples
        --------
        >>> Budget().beyond({"n": 2**53})
        False
        """
        sizes = tuple(map(_size, arguments.values()))
        return self.ended >= _MOST + _FEW_MORE or any(
            _no_larger(those, sizes) and (ended or those != sizes) for those, ended in self._too_large.items()
        )

    def _set_aside(self, arguments: Mapping[str, Any], sizes: Sizes, reason: str) -> NoReturn:
        self._limits = _AFTERWARDS
        self.ended += 1
        if any(sizes):
            self._too_large[sizes] = True
        self._tell(arguments, reason)
        raise Ended(reason)

    def _tell(self, arguments: Mapping[str, Any], reason: str) -> None:
        if not any(told.endswith(f": {reason}") for told in self.aside):
            self.aside.append(f"{', '.join(f'{name} = {value}' for name, value in arguments.items())}: {reason}")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Interrupt loops in Python that take too long, while in the main thread of a process that knows timers."""
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            yield
            return

        def look(*_: object) -> None:
            """End the evaluation that has been running for too long, again and again where it does not listen."""
            if self._running and time.process_time() - self._running > self._limits[1]:
                raise Ended(_words(-signal.SIGPROF, self._limits[1]))

        usual = signal.signal(signal.SIGVTALRM, look)
        timer = signal.setitimer(signal.ITIMER_VIRTUAL, _TICK, _TICK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, *timer)  # of the search that this one is a part of
            signal.signal(signal.SIGVTALRM, usual)


def _size(value: Any) -> Any:
    """Return how large a number is, 0 if it is not; what is no number is of its own size."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) if abs(value) > _LARGE else 0
    if isinstance(value, float):
        return abs(value) if math.isfinite(value) and abs(value) > _LARGE_FLOAT else 0
    return 0


def _no_larger(sizes: Sizes, others: Sizes) -> bool:
    return all(size <= other for size, other in zip(sizes, others, strict=True))


def _without_refusal(evaluate: Callable[[], Result]) -> Result:
    raised = Runaway.raised
    result = evaluate()
    if Runaway.raised > raised:
        raise Runaway("a refusal was caught on the way")
    return result


def _tried(evaluate: Callable[[], object], seconds: float) -> str:
    """Evaluate in a copy of this process; return why that was ended, or nothing."""
    if not hasattr(os, "fork"):
        return ""
    with warnings.catch_warnings():  # the threads that there may be are those of libraries and of a progress bar
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _try(evaluate, seconds)
    try:
        _, status = os.waitpid(child, 0)
    except BaseException:  # an interrupt
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    return _words(os.waitstatus_to_exitcode(status), seconds)


def _words(status: int, seconds: float) -> str:
    """Return in words why an evaluation was ended with such a status; nothing if it was not."""
    if status == 0:
        return ""
    if status == _TOO_DEEP:
        return "one evaluation calls itself too deeply"
    if status == -signal.SIGPROF:
        return f"one evaluation takes more than {seconds:g} s of processor time"
    if status == -signal.SIGALRM:
        return f"one evaluation was still waiting after {_STANDING_STILL:g} s"
    if status in (_OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGKILL):
        return f"one evaluation takes more than {_BYTES >> 30} GiB of memory"
    return f"one evaluation ends the process ({signal.Signals(-status).name if status < 0 else status})"


def _try(evaluate: Callable[[], object], seconds: float) -> None:
    """Evaluate in a copy of the process, within its limits, and end it: whatever is raised is raised again outside."""
    status = 1
    try:
        import faulthandler
        import resource

        end_with_parent()
        faulthandler.disable()
        silence = os.open(os.devnull, os.O_RDWR)  # libraries complain when memory ends
        for stream in (1, 2):
            os.dup2(silence, stream)
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGPROF, signal.SIGALRM):
            signal.signal(kind, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        if sys.platform == "linux":
            with open("/proc/self/statm", encoding="ascii") as file:
                most = int(file.read().split()[0]) * resource.getpagesize() + _BYTES
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, _STANDING_STILL)
        status = 0
        with suppress(BaseException):
            try:
                evaluate()
            except MemoryError:
                status = _OUT_OF_MEMORY
            except RecursionError:
                status = _TOO_DEEP
    finally:
        os._exit(status)
