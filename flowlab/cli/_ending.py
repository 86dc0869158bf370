"""What a request to end does: `kill`, a shutdown, a scheduler whose time is up."""

import contextlib
import signal
import threading
from collections.abc import Iterator

__all__ = ["ended_as_interrupted"]


@contextlib.contextmanager
def ended_as_interrupted() -> Iterator[None]:
    """Take SIGTERM for an interrupt meanwhile: what there is is kept, and worker processes end.

    Elsewhere than in the main thread, and where somebody sees to it already, it stays as it is.

    Examples
    --------
    >>> with ended_as_interrupted():
    ...     try:
    ...         signal.raise_signal(signal.SIGTERM)
    ...     except KeyboardInterrupt:
    ...         print("interrupted")
    interrupted
    """
    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    if ours:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
