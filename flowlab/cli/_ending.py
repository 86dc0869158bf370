"""What a request to end does: `kill`, a shutdown, a terminal that is closed, a scheduler whose time is up."""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["ended_as_interrupted", "status"]

_AGAIN = 0.05  # seconds until an interrupt that was lost comes again
_received = signal.SIGINT


def status() -> int:
    """Return the exit status of a command that was interrupted, as shells have it: 130 after Ctrl-C.

    Examples
    --------
    >>> status()
    130
    """
    return 128 + _received


@contextlib.contextmanager
def ended_as_interrupted() -> Iterator[None]:
    """Take SIGTERM and SIGHUP for an interrupt meanwhile: what there is is kept, and worker processes end.

    Where an interrupt is lost, as in what a library calls back, it comes again. Elsewhere than in the main thread, and
    where somebody sees to a signal already, it stays as it is.

    Examples
    --------
    >>> with ended_as_interrupted():
    ...     try:
    ...         signal.raise_signal(signal.SIGTERM)
    ...     except KeyboardInterrupt:
    ...         print("interrupted")
    interrupted
    """
    global _received
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(kind: int, _: Any) -> None:
        global _received
        _received = signal.Signals(kind)
        raise KeyboardInterrupt

    kinds = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ours = [kind for kind in kinds if signal.getsignal(kind) == signal.SIG_DFL]
    for kind in ours:
        signal.signal(kind, interrupt)
    usual = sys.unraisablehook
    sys.unraisablehook = lambda lost: _repeated() if lost.exc_type is KeyboardInterrupt else usual(lost)
    try:
        yield
    finally:
        sys.unraisablehook = usual
        _received = signal.SIGINT
        for kind in ours:
            signal.signal(kind, signal.SIG_DFL)


def _repeated() -> None:
    """Interrupt once more, in a moment."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
