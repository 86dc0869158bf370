"""Where compiled kernels are kept: one folder for each module of kernels in a state of all that it is compiled from.

Numba takes a kernel from its disk cache for as long as the kernel's own file stays as it is. But a kernel holds,
compiled into it, the kernels that it calls and the constants that it names, and those may stand in other files. So each
module's folder is named by a digest of its own text, of the text of every module of flowlab that it imports, and so on,
and of the versions of what compiles it: what was compiled from anything else is never found. Equal sources share a
folder, wherever they lie. What nobody has used for long is removed.

Generated kernels live in the same place, one readable file each: a kernel that stands in a file is found again in this
process and the next, one that stands only in memory would be compiled every time.
"""

import atexit
import contextlib
import functools
import hashlib
import importlib.util
import os
import re
import shutil
import sys
import tempfile
import time
import uuid
from pathlib import Path
from types import ModuleType

_PACKAGE = Path(__file__).resolve().parent
_PREFIX = "flowlab_k_"
#: Of its imports, `from a.b import (c, d)` and `import a.b`.
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]*(\([^)]*\)|[^\n]*)|import[ \t]+([\w., \t]+))", re.M
)

_DAY = 86400.0
#: Folders that nobody has used for so many days are removed, and of the others the longest unused; none of today.
_KEPT_DAYS, _MOST = 30, 4000

_temporary: Path | None = None


def cache_folder() -> Path:
    """Return the folder in which compiled kernels are kept, the package's and generated ones.

    In ``FLOWLAB_CACHE``, or else ``NUMBA_CACHE_DIR``, where that is set; otherwise in the platform's own cache folder
    (``~/.cache/flowlab`` on Linux). Nothing is created.

    Returns
    -------
    Path

    Examples
    --------
    >>> cache_folder().name
    'kernels'
    """
    if chosen := os.environ.get("FLOWLAB_CACHE") or os.environ.get("NUMBA_CACHE_DIR"):
        return Path(chosen).expanduser() / "kernels"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "flowlab" / "kernels"


def folder_for(module: str, file: str) -> tuple[Path, str] | None:
    """Return the folder that keeps the compiled kernels of a module, and the digest in its name.

    Parameters
    ----------
    module : str
        The module's name.
    file : str
        Its file.

    Returns
    -------
    (Path, str) or None
        The folder can be written in: where that in the user's cache cannot, it is one that is removed when the process
        ends. None where there is no such file.

    Examples
    --------
    >>> folder, digest = folder_for(__name__, __file__)
    >>> folder.name == f"{__name__}-{digest}"
    True
    """
    path = Path(file).resolve()
    if module.startswith(_PREFIX):
        return path.parent, path.stem
    try:
        text, imports = _read(path)
    except OSError:
        return None
    # Other people's imports are followed into flowlab only: two modules that read alike may differ.
    digest = _digest(text if path.is_relative_to(_PACKAGE) else f"{text} {path}", imports)
    return _writable(f"{module}-{digest}"), digest


def kernel_path(source: str) -> Path:
    r"""Return the file that holds the generated module `source`, writing it first if it is not there.

    The name is a digest of the text and of what it imports, so that equal expressions share a file. Where the cache
    folder cannot be written, the file stands in a temporary folder that is removed when the process ends.

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
    name = f"k_{_digest(source, _imports(source, ''))}"
    path = _writable(name) / f"{name}.py"
    # as it is: a fresh modification time would make older versions of numba compile again
    if not (path.is_file() and path.read_text(encoding="utf-8") == source):
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=name, delete=False, encoding="utf-8") as beside:
            beside.write(source)
        try:
            os.replace(beside.name, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(beside.name)
    return path


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


def source_of(function: object) -> str | None:
    r"""Return the text of the generated module that a function comes from; None of any other function.

    Examples
    --------
    >>> source_of(load("def answer():\n    return 42\n").answer)
    'def answer():\n    return 42\n'
    """
    module = str(getattr(function, "__module__", None))
    return getattr(sys.modules.get(module), "SOURCE", None) if module.startswith(_PREFIX) else None


@functools.cache
def _imported(source: str, _folder: Path) -> ModuleType:
    path = kernel_path(source)
    name = f"{_PREFIX}{path.stem.removeprefix('k_')}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:  # pragma: no cover - a .py path always has a loader
        raise ImportError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    module.__dict__["SOURCE"] = source
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@functools.cache
def _read(path: Path) -> tuple[str, tuple[Path, ...]]:
    """Return a digest of a module's text as it was when first asked for, close to its import, and what it imports."""
    text = path.read_text(encoding="utf-8")
    inside = path.is_relative_to(_PACKAGE)
    package = ".".join(("flowlab", *path.relative_to(_PACKAGE).parent.parts)) if inside else ""
    return hashlib.sha256(text.encode()).hexdigest(), _imports(text, package)


def _digest(text: str, imports: tuple[Path, ...]) -> str:
    """Return a digest of a text, of all that it imports from flowlab, and of what compiles it."""
    import llvmlite
    import numba

    parts = [text, numba.__version__, llvmlite.__version__, str(sys.implementation.cache_tag)]
    found: set[Path] = set()
    waiting = list(imports)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _read(path)[1]
    parts += [f"{path.relative_to(_PACKAGE).as_posix()} {_read(path)[0]}" for path in sorted(found)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _imports(text: str, package: str) -> tuple[Path, ...]:
    """Return the files of flowlab that a module's text imports, itself a member of `package`."""
    files: list[Path] = []
    for origin, names, modules in _IMPORT.findall(text):
        if origin.startswith("."):
            origin = importlib.util.resolve_name(origin, package)
        wanted = [word for word in re.split(r"[,\s]+", modules) if word]
        if origin:
            words = re.findall(r"\w+", re.sub(r"#.*", "", names))
            inner = [f"{origin}.{word}" for word in words if _file(f"{origin}.{word}")]
            # Where every name is a module, nothing comes from the package's own file.
            wanted = inner if inner and len(inner) == len(words) else [origin, *inner]
        files += [file for name in wanted if (file := _file(name))]
    return tuple(files)


@functools.cache
def _file(module: str) -> Path | None:
    """Return the file of a module of flowlab; None where there is no such module."""
    first, *rest = module.split(".")
    if first != "flowlab":
        return None
    stem = _PACKAGE.joinpath(*rest)
    return next((file for file in (stem.with_suffix(".py"), stem / "__init__.py") if file.is_file()), None)


def _writable(name: str) -> Path:
    """Return a folder of the cache, made if missing and marked as used; a temporary one where none can be written."""
    try:
        folder = cache_folder() / name
        made = not folder.is_dir()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK):
            if time.time() - folder.stat().st_mtime > _DAY / 24:
                os.utime(folder)
            if made:
                _clean(folder.parent)
            return folder
    except (OSError, RuntimeError):  # RuntimeError: no home folder
        pass
    folder = _temporary_folder() / name
    folder.mkdir(exist_ok=True)
    return folder


def _clean(home: Path) -> None:
    """Remove the folders that nobody has used for long, at most once a day."""
    mark, now = home / ".cleaned", time.time()
    with contextlib.suppress(OSError):
        if mark.exists() and now - mark.stat().st_mtime < _DAY:
            return
        mark.touch()
        with os.scandir(home) as entries:
            ages = sorted((now - entry.stat().st_mtime, entry.path) for entry in entries if entry.is_dir())
        for place, (age, path) in enumerate(ages):
            if age > _KEPT_DAYS * _DAY or (place >= _MOST and age > _DAY):
                # Under another name first: nobody finds half of it.
                gone = f"{path}.{uuid.uuid4().hex[:8]}"
                with contextlib.suppress(OSError):
                    os.rename(path, gone)
                    shutil.rmtree(gone, ignore_errors=True)


def _temporary_folder() -> Path:
    global _temporary
    if _temporary is None or not _temporary.is_dir():
        # a fresh private folder: a known name in a shared folder could hold somebody else's code
        _temporary = Path(tempfile.mkdtemp(prefix="flowlab-kernels-"))
        atexit.register(shutil.rmtree, _temporary, ignore_errors=True)
    return _temporary
