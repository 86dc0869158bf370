import os
from pathlib import Path

# Kernels that tests draw are kept out of the user's cache folder, and found again by the next run.
os.environ.setdefault("FLOWLAB_CACHE", str(Path(__file__).parent.parent / ".pytest_cache"))
