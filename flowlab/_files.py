"""Files: each that is written appears whole, or everything is as before; each that is read is one."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cannot_write", "content_of", "place_of", "written"]


@contextmanager
def written(*paths: Path, name: str) -> Iterator[tuple[Path, ...]]:
    """Yield a path beside each of `paths` to write to; rename them to `paths` when all went well.

    Parameters
    ----------
    *paths : Path
        Files of one folder or several, made if missing. Of a symbolic link, the file that it leads to is written.
    name : str
        The argument that the paths came from, for the message.

    Raises
    ------
    ValueError
        If one of them cannot be written, or is there and no regular file; then all are as before.
    """
    temporary: dict[Path, Path] = {}
    places: dict[Path, Path] = {}
    current = paths[0]
    try:
        try:
            for current in paths:
                place = places[current] = place_of(current)
                place.parent.mkdir(parents=True, exist_ok=True)
                temporary[current] = place.with_name(f".{place.stem}.{os.getpid()}{place.suffix}")
            current = paths[0]
            yield tuple(temporary.values())
            for current, beside in temporary.items():
                os.replace(beside, places[current])
        finally:
            for beside in temporary.values():
                if os.path.lexists(beside):
                    beside.unlink()
    except OSError as error:
        # An error of writing names the file beside.
        failed = next((path for path, beside in temporary.items() if error.filename == os.fspath(beside)), current)
        raise cannot_write(name, failed, error) from error


def place_of(path: Path) -> Path:
    """Return where a path leads through its links; a rename would put a file in the place of anything there.

    Raises
    ------
    OSError
        If there is something that is no regular file.
    """
    with suppress(FileNotFoundError):
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "a folder is in the way")
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "not a regular file")
    return Path(os.path.realpath(path))


def content_of(path: Path, most: int = -1) -> bytes:
    """Return what is in a file, so many bytes at most; a pipe or a device may have no end.

    Raises
    ------
    OSError
        If it cannot be read, or is no regular file.
    """
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # of a folder, reading says what it is
        raise OSError(errno.EINVAL, "not a regular file")
    with path.open("rb") as file:
        return file.read(most)


def cannot_write(name: str, path: Path, error: OSError) -> ValueError:
    """Return the error that says that a path cannot be written."""
    # A file where a folder should be is an "existing file" to mkdir.
    reason = "a file is in the way" if isinstance(error, FileExistsError) else error.strerror or str(error)
    return ValueError(f"{name}: got {os.fspath(path)!r} ({reason}); allowed: a path that can be written")
