import os
from pathlib import Path

from hypothesis import HealthCheck, settings

# Kernels that tests draw are kept out of the user's cache folder, and found again by the next run.
os.environ.setdefault("FLOWLAB_CACHE", str(Path(__file__).parent.parent / ".pytest_cache"))

# Nothing may depend on how busy the machine is: no example fails for its time. The profile "ci" is like that already.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
