"""Where generated kernels live: one readable file each, in a per-user folder that outlives the process.

A kernel that stands in a file is found again by numba's disk cache, in this process and the next; a kernel
that stands only in memory would be compiled every time.
"""

import atexit
import contextlib
import functools
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

_temporary: Path | None = None


def cache_folder() -> Path:
    """Return the folder in which generated kernels are kept.

    ``FLOWLAB_CACHE``, where it is set, else the platform's own cache folder (``~/.cache`` on Linux). Nothing
    is created.

    Returns
    -------
    Path
        Ending in ``kernels-<version>``: another version of flowlab generates its kernels anew.

    Examples
    --------
    >>> cache_folder().name.startswith("kernels-")
    True
    """
    try:
        name = f"kernels-{version('gradient-flowlab')}"
    except PackageNotFoundError:  # run from a checkout that is not installed
        name = "kernels-checkout"
    if chosen := os.environ.get("FLOWLAB_CACHE"):
        return Path(chosen).expanduser() / name
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "flowlab" / name


def kernel_path(source: str) -> Path:
    r"""Return the file that holds `source`, writing it first if it is not there.

    The name is the hash of the text, so that equal expressions share a file. Where the cache folder cannot be
    written, the file stands in a temporary folder that is removed when the process ends.

    Parameters
    ----------
    source : str
        The text of a Python module.

    Returns
    -------
    Path

    Examples
    --------
    >>> path = kernel_path("ANSWER = 42\n")
    >>> path == kernel_path("ANSWER = 42\n"), path.read_text()
    (True, 'ANSWER = 42\n')
    """
    name = f"k_{hashlib.sha256(source.encode()).hexdigest()[:24]}.py"
    try:
        return _written(cache_folder(), name, source)
    except (OSError, RuntimeError):  # RuntimeError: no home folder
        return _written(_temporary_folder(), name, source)


def load(source: str) -> ModuleType:
    r"""Import a generated module; the same text gives the same module.

    Parameters
    ----------
    source : str
        The text of a Python module.

    Returns
    -------
    module

    Examples
    --------
    >>> load("ANSWER = 42\n").ANSWER
    42
    """
    return _imported(source, cache_folder())


@functools.cache
def _imported(source: str, _folder: Path) -> ModuleType:
    path = kernel_path(source)
    name = f"flowlab_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:  # pragma: no cover - a .py path always has a loader
        raise ImportError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _written(folder: Path, name: str, source: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    # numba, too, has to write in the folder
    if os.access(folder, os.W_OK) and path.is_file() and path.read_text(encoding="utf-8") == source:
        return path  # as it is: a fresh modification time would make numba compile again
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=name, delete=False, encoding="utf-8") as beside:
        beside.write(source)
    try:
        os.replace(beside.name, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside.name)
    return path


def _temporary_folder() -> Path:
    global _temporary
    if _temporary is None or not _temporary.is_dir():
        # a fresh private folder: a known name in a shared folder could hold somebody else's code
        _temporary = Path(tempfile.mkdtemp(prefix="flowlab-kernels-"))
        atexit.register(shutil.rmtree, _temporary, ignore_errors=True)
    return _temporary
