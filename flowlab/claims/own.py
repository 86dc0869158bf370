"""Claims of one's own: a file of Python is run, and what it defines is put to the test."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from flowlab._files import content_of
from flowlab.claims import _registry
from flowlab.verify import Claim
from flowlab.verify.claim import made
from flowlab.verify.exactness import NoSlackError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["EXAMPLE", "evaluated", "file_of", "load", "told"]

EXAMPLE = '''\
from flowlab.verify import Integer, Real, at_most, claim, functions

@claim("mine.tangent")
def tangent(x: Real(-1, 100, low_open=True)):
    """log(1 + x) ≤ x."""
    return at_most(functions.log1p(x), x)

@claim("mine.bernoulli")
def bernoulli(x: Real(-3, 100), n: Integer(1, 60)):
    """(1 + x)^n ≥ 1 + n x."""
    return at_most(1 + n * x, (1 + x) ** n)
'''
"""A file with a claim that holds and one that fails."""

_LOADED: dict[str, str] = {}  # files that were run, under their full path: as the user named them
_FILES: WeakKeyDictionary[Claim, str] = WeakKeyDictionary()  # and which of them a claim comes from


def load(path: str | os.PathLike[str]) -> dict[str, Claim]:
    """Run a file of Python and return the claims it defines, and those that it has names for.

    It is the caller's own code, and runs as ``python FILE`` would run it from any folder, but that no bytecode is left
    beside it, that what it prints goes to stderr, and that its folder is searched for modules last.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict of str to Claim
        By the name of the variable, in order of definition; a claim with two names goes by the first, and one whose
        name was given to another, or that has none, by its function and line.

    Raises
    ------
    ValueError
        If the file cannot be read, with file and line if running it fails, or if it defines no claim.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "my_claims.py")
    ...     _ = path.write_text(EXAMPLE, encoding="utf-8")
    ...     {name: claim.id for name, claim in load(path).items()}
    {'tangent': 'mine.tangent', 'bernoulli': 'mine.bernoulli'}
    """
    name = os.fspath(path)
    try:
        text = content_of(Path(path))
    except OSError as error:
        raise ValueError(
            f"id: got {name!r} ({error.strerror or error}); allowed: a file of claims, or an id"
        ) from error
    full = os.path.realpath(path)
    _LOADED[full] = name
    module = ModuleType(full)
    module.__file__ = full
    try:
        with _running(module), made() as kept:
            # not under what this module imports from the future: the file says for itself when annotations are read
            exec(compile(text, full, "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:
        raise ValueError(told(error) or f"{name}: {type(error).__name__}: {error}") from error
    found = _defined(module, kept)
    if not found:
        empty = ValueError(f"{name}: no claims found; allowed: a file that defines some, such as")
        empty.add_note(EXAMPLE)
        raise empty
    ours = set(_registry.all_claims())
    for claim in found.values():
        if claim not in ours:
            _FILES.setdefault(claim, name)
    return found


def _defined(module: ModuleType, kept: list[Claim]) -> dict[str, Claim]:
    """Return the claims that a module has names for, and those it made that no name is left for."""
    named: dict[Claim, str] = {}
    for variable, value in vars(module).items():
        if isinstance(value, Claim):
            named.setdefault(value, variable)
    # what one of the same id and function replaced, as `dataclasses.replace` does, is not meant
    known = {(claim.id, claim.slack) for claim in named}
    for claim in kept:
        code = getattr(claim.slack, "__code__", None)
        if code is not None and code.co_filename == module.__name__ and (claim.id, claim.slack) not in known:
            named[claim] = f"{claim.slack.__name__} of line {code.co_firstlineno}"
    order = {claim: place for place, claim in enumerate(kept)}
    found: dict[str, Claim] = {}
    for claim in sorted(named, key=lambda claim: order.get(claim, len(order))):
        variable = named[claim]
        found[variable if variable not in found else f"{variable}, {claim.id}"] = claim
    return found


def file_of(claim: Claim) -> str:
    """Return the file that a claim was loaded from, as it was named; nothing for a registered one.

    Examples
    --------
    >>> from flowlab.claims import get
    >>> file_of(get("gissin2020.lemma1"))
    ''
    """
    return _FILES.get(claim, "")


@contextlib.contextmanager
def evaluated() -> Iterator[None]:
    """While claims are evaluated: what a file prints goes to stderr, and its mistakes are told in one line.

    Raises
    ------
    ValueError
        With file and line, if something is raised in a file of claims, be it the end of the process.

    Examples
    --------
    >>> with evaluated():
    ...     print("not among the verdicts")
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (Exception, SystemExit) as error:
        if where := told(error):
            raise ValueError(where) from error
        raise


def told(error: BaseException) -> str:
    """Return an error in a file of claims in one line, with the file and the line; nothing if it lies elsewhere.

    Examples
    --------
    >>> told(ZeroDivisionError("division by zero"))
    ''
    """
    kind, text = type(error).__name__, " ".join(str(error).split())
    if isinstance(error, NoSlackError):  # it was returned before anyone looked
        code = getattr(error.function, "__code__", None)
        if code is not None and code.co_filename in _LOADED:
            return f"{_LOADED[code.co_filename]}:{code.co_firstlineno}: {text}"
    if isinstance(error, SyntaxError) and error.filename in _LOADED:
        return f"{_LOADED[error.filename]}:{error.lineno or 1}: {kind}: {error.msg}"
    for file, line in reversed(_places(error.__traceback__)):
        if file in _LOADED:
            return f"{_LOADED[file]}:{line}: {kind}{': ' * bool(text)}{text}"
    return ""


def _places(traceback: TracebackType | None) -> list[tuple[str, int]]:
    return [(frame.f_code.co_filename, line) for frame, line in walk_tb(traceback)]


@contextlib.contextmanager
def _running(module: ModuleType) -> Iterator[None]:
    """Let a module's code find itself and what lies beside it; afterwards everything is as before."""
    folder, known = os.path.dirname(module.__name__), set(sys.modules)
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.append(folder)
    sys.modules[module.__name__] = module
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.dont_write_bytecode = bytecode
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
        # another folder may have modules of the same names
        for name in set(sys.modules) - known:
            if os.path.dirname(getattr(sys.modules[name], "__file__", None) or "") == folder:
                del sys.modules[name]
