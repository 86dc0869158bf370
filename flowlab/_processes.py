"""Worker processes: they leave interrupts to the process that they work for, and do not outlive it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["end_with_parent", "interrupts_held", "work_for_parent"]

_ENDS = {signal.SIGTERM, signal.SIGHUP} if hasattr(signal, "SIGHUP") else {signal.SIGTERM}
_LOOKS = 0.5  # seconds between two looks at the parent


def end_with_parent() -> None:
    """End this process, even within a library, when the one that forked it ends; where the system knows that."""
    if sys.platform == "linux":
        import ctypes

        parent_dies = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(parent_dies, int(signal.SIGKILL))


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold back what interrupts: processes that are started meanwhile never get an interrupt by the keyboard."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Up to Python 3.12 its start, which would be in between, lets interrupts through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, *_ENDS})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work_for_parent() -> None:
    """Be a worker: leave interrupts by the keyboard to the parent, and end when it has ended, however it did.

    The initialiser of a pool of processes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):  # held while this process was started
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
    parent = os.getppid()

    def watch() -> None:
        """End this process when its parent is another."""
        while os.getppid() == parent:
            time.sleep(_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
