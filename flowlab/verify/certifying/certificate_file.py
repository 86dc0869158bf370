"""The file of a certificate: what it holds, and reading it without believing it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from flowlab._checks import shown
from flowlab._files import content_of

__all__ = ["FORMAT", "PRECISIONS", "RefusedError", "read_fields"]

PRECISIONS = range(24, 4097)
FORMAT = "flowlab certificate 1"
_MOST_BYTES = 2**26  # more than a search keeps in the memory of a small computer
_FIELDS = {
    "format": str,
    "claim": str,
    "statement": str,
    "verdict": str,
    "box": dict,
    "precision": int,
    "tree": str,
    "counterexample": dict | None,
    "flowlab": str,
    "python-flint": str,
    "seconds": int | float,
    "digest": str,
}


class RefusedError(ValueError):
    """A certificate that does not prove what it says.

    Examples
    --------
    >>> raise RefusedError("tree: got 1 marks too few")
    Traceback (most recent call last):
        ...
    flowlab.verify.certifying.certificate_file.RefusedError: tree: got 1 marks too few
    """


def read_fields(path: str | Path) -> dict[str, Any]:
    """Return the fields of a certificate's file, each of its type.

    Raises
    ------
    ValueError
        If the file cannot be read.
    RefusedError
        If it is no certificate.
    """
    name = os.fspath(path)
    try:
        text = content_of(Path(path), _MOST_BYTES + 1)
        data = json.loads(text.decode("utf-8")) if len(text) <= _MOST_BYTES else None
    except OSError as error:
        raise ValueError(f"certificate: got {name!r} ({error.strerror}); allowed: a file that is there") from error
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"certificate: got {name!r} ({error}); allowed: JSON, as flowlab certify writes") from error
    if len(text) > _MOST_BYTES:
        raise RefusedError(f"certificate: got {name!r}, too large; allowed: files of at most {_MOST_BYTES} bytes")
    if not isinstance(data, dict) or data.keys() != _FIELDS.keys():
        raise RefusedError(f"certificate: got {name!r}; allowed: a file with {', '.join(_FIELDS)}")
    for each, kind in _FIELDS.items():
        if not isinstance(data[each], kind) or isinstance(data[each], bool):
            raise RefusedError(f"certificate: got {each} = {shown(data[each])}; allowed: what flowlab certify writes")
    for each in ("box", "counterexample"):
        for argument, pair in (data[each] or {}).items():
            if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(end, str) for end in pair)):
                raise RefusedError(f"certificate: got {each} {argument} = {shown(pair)}; allowed: two decimals")
    if not 0 <= data["seconds"] <= sys.float_info.max:
        raise RefusedError(f"certificate: got seconds = {shown(data['seconds'])}; allowed: a number >= 0")
    if data["precision"] not in PRECISIONS:
        raise RefusedError(f"certificate: got precision = {data['precision']}; allowed: 24 to 4096 bits")
    return data
