import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Kernels that tests draw are kept out of the user's cache folder, and found again by the next run.
os.environ.setdefault("FLOWLAB_CACHE", str(Path(__file__).parent.parent / ".pytest_cache"))

# Run in the background by a shell, tests would ignore some signals, and so would every command that they start.
for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    if signal.getsignal(getattr(signal, name, signal.SIGINT)) is signal.SIG_IGN:
        signal.signal(getattr(signal, name), handler)

_approx = pytest.approx


def approx(expected, rel=None, abs=None, nan_ok=False):
    """`pytest.approx`, but with `rel` alone no absolute tolerance: its 1e-12 lets all pass that is expected smaller."""
    return _approx(expected, rel, 0.0 if rel is not None and abs is None else abs, nan_ok)


pytest.approx = approx

# Nothing may depend on how busy the machine is: no example fails for its time. The profile "ci" is like that already.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
