import os
import signal
from pathlib import Path

from hypothesis import HealthCheck, settings

# Kernels that tests draw are kept out of the user's cache folder, and found again by the next run.
os.environ.setdefault("FLOWLAB_CACHE", str(Path(__file__).parent.parent / ".pytest_cache"))

# Run in the background by a shell, tests would ignore some signals, and so would every command that they start.
for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    if signal.getsignal(getattr(signal, name, signal.SIGINT)) is signal.SIG_IGN:
        signal.signal(getattr(signal, name), handler)

# Nothing may depend on how busy the machine is: no example fails for its time. The profile "ci" is like that already.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
