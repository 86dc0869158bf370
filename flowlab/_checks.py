"""Checks of arguments: one line that names the argument, the value received and what is allowed."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def real_array(name: str, value: ArrayLike, *, allowed: str) -> NDArray[np.float64]:
    """Return `value` as a float64 array, a copy if it is read-only; refuse what is empty, not numeric, None, or nan.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        What the caller gave.
    allowed : str
        What is allowed, in words, for the message.

    Returns
    -------
    ndarray of float64
        Of any shape, without nan.

    Raises
    ------
    ValueError
        If `value` is empty, holds nan or does not convert to real numbers.

    Examples
    --------
    >>> real_array("init", [0.1, 2], allowed="numbers >= 0")
    array([0.1, 2. ])
    """
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            array = array.astype(np.float64, casting="safe" if array.dtype.kind == "c" else "unsafe")
        array = np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: got {shown(value)}; allowed: {allowed}") from error
    if array.size == 0:
        raise ValueError(f"{name}: got an empty array; allowed: {allowed}")
    missing = np.isnan(array)
    if missing.any():
        # NumPy takes None for nan.
        first = np.asarray(value, dtype=object)[missing].flat[0]
        raise ValueError(f"{name}: got {'None' if first is None else 'nan'}{where(missing)}; allowed: {allowed}")
    return writeable(array)


def writeable(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an array that compiled kernels take: itself, or a copy of one that is read-only.

    Examples
    --------
    >>> fixed = np.broadcast_to(1.0, 3)
    >>> fixed.flags.writeable, writeable(fixed).flags.writeable
    (False, True)
    """
    return array if array.flags.writeable else array.copy()


def require(name: str, array: NDArray[np.float64], valid: Any, *, allowed: str) -> None:
    """Refuse `array` where `valid` is false, naming the first offender.

    Raises
    ------
    ValueError
        If any entry of `valid` is false.

    Examples
    --------
    >>> require("ratio", np.array(0.5), np.array(False), allowed="numbers > 1")
    Traceback (most recent call last):
        ...
    ValueError: ratio: got 0.5; allowed: numbers > 1
    """
    bad = ~np.asarray(valid, dtype=bool)
    if bad.any():
        first = float(array[bad].flat[0] if array.shape == bad.shape else array)
        raise ValueError(f"{name}: got {number(first)}{where(bad)}; allowed: {allowed}")


def broadcast_shape(**arrays: NDArray[np.float64]) -> tuple[int, ...]:
    """Return the common shape of named arrays; refuse shapes that do not broadcast.

    Raises
    ------
    ValueError
        Naming every argument with its shape, if they do not broadcast.

    Examples
    --------
    >>> broadcast_shape(t=np.zeros(5), target=np.zeros((4, 1)))
    (4, 5)
    """
    try:
        return np.broadcast_shapes(*(a.shape for a in arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"{shapes}: these shapes do not broadcast; allowed: shapes that do") from error


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the first name that `word` begins or is spelled most like, in full or from dot to dot; or nothing.

    Examples
    --------
    >>> nearest("theorm2", ["gissin2020.theorem1", "gissin2020.theorem2"]), nearest("xyz", ["gissin2020"])
    ('gissin2020.theorem2', '')
    """
    known = list(names)
    begun = [name for name in known if word and name.lower().startswith(word.lower())]
    if begun:
        return begun[0]

    def likeness(name: str) -> float:
        """Return how alike the word and the likest run of the name's parts are, from 0 to 1."""
        parts = name.lower().split(".")
        spans = combinations(range(len(parts) + 1), 2)
        return max(SequenceMatcher(None, word.lower(), ".".join(parts[i:j])).ratio() for i, j in spans)

    best = max(known, key=likeness, default="")
    return best if best and likeness(best) >= 0.6 else ""


def shown(value: object) -> str:
    """Return a short one-line form of `value` for a message.

    Examples
    --------
    >>> shown("3a")
    "'3a'"
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def number(value: float) -> str:
    """Return the shortest text of a number that reads back as itself, without a trailing ``.0``.

    Examples
    --------
    >>> number(0.21), number(-1.0), number(1 / 3), number(5e-324)
    ('0.21', '-1', '0.3333333333333333', '5e-324')
    """
    text, full = f"{value:.15g}", repr(float(value)).removesuffix(".0")
    return min(text, full, key=len) if float(text) == value or value != value else full


def where(bad: NDArray[np.bool_]) -> str:
    """Say at which index the first true entry of `bad` stands; nothing for a scalar.

    Examples
    --------
    >>> where(np.array([False, True]))
    ' at index 1'
    """
    if bad.ndim == 0:
        return ""
    index = np.argwhere(bad)[0]
    return f" at index {index[0] if index.size == 1 else tuple(int(i) for i in index)}"
