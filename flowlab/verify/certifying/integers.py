"""The integers between the ends of a cell: of an argument that is an integer, there is nothing else to prove."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from flint import fmpq

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowlab.verify.certifying.boxes import Box, Corners

__all__ = ["at_integers", "drawn_in", "sizes"]


def drawn_in(names: Iterable[str], box: Box, corners: Corners) -> Corners | None:
    """Return a cell's ends, those of the named arguments at the first and the last integer; None if one has none.

    Examples
    --------
    >>> from flowlab.verify.certifying.boxes import Box
    >>> box = Box({"n": (fmpq(0), fmpq(9))}, {})
    >>> drawn_in(["n"], box, {"n": (fmpq(9, 4), fmpq(9, 2))}), drawn_in(["n"], box, {"n": (fmpq(9, 4), fmpq(11, 4))})
    ({'n': (3, 4)}, None)
    """
    found = dict(corners)
    for name in names:
        first, last = _integers(box, name, corners)
        if last != math.inf and first > last:
            return None
        found[name] = (_coordinate(box, name, first), _coordinate(box, name, last))
    return found


def at_integers(names: Iterable[str], box: Box, cell: Corners, part: Corners) -> Corners | None:
    """Return the ends of a part of a cell, the named arguments held at the integer next to the middle of the cell.

    Examples
    --------
    >>> from flowlab.verify.certifying.boxes import Box
    >>> ends = {"n": (fmpq(2), fmpq(9))}
    >>> at_integers(["n"], Box(ends, {}), ends, {"n": (fmpq(5), fmpq(6))})
    {'n': (6, 6)}
    """
    found = dict(part)
    for name in names:
        first, last = _integers(box, name, cell)
        if last != math.inf and first > last:
            return None
        middle = _number(box, name, sum(cell[name]) / 2)
        nearest = max(first, fmpq((middle + fmpq(1, 2)).floor()))
        nearest = nearest if last == math.inf else min(nearest, last)
        found[name] = (_coordinate(box, name, nearest),) * 2
    return found


def sizes(names: Iterable[str], box: Box, corners: Corners) -> dict[str, int]:
    """Return the largest size of the named arguments in a cell, and of those that have one whole number.

    Examples
    --------
    >>> from flowlab.verify.certifying.boxes import Box
    >>> sizes(["n"], Box({"n": (fmpq(-9), fmpq(9))}, {"m": fmpq(3)}), {"n": (fmpq(-9), fmpq(2))})
    {'m': 3, 'n': 9}
    """
    whole = {name: value for name, value in box.fixed.items() if isinstance(value, int | fmpq)}
    found = {name: abs(int(fmpq(value).p)) for name, value in whole.items() if fmpq(value).q == 1}
    for name in names:
        ends = [int(abs(fmpq(each)).ceil()) for each in _integers(box, name, corners) if each != math.inf]
        found[name] = max(ends)
    return found


def _integers(box: Box, name: str, corners: Corners) -> tuple[Any, Any]:
    """Return the first and the last integer between the ends of an argument; the last may be infinite."""
    low, high = (_number(box, name, each) for each in corners[name])
    return fmpq(low.ceil()), high if high == math.inf else fmpq(high.floor())


def _number(box: Box, name: str, coordinate: Any) -> Any:
    """Return the number at a coordinate, as `Box.corners` counts an unbounded argument."""
    low, high = box.ends[name]
    if high != math.inf:
        return coordinate
    return math.inf if coordinate == 1 else low + coordinate / (1 - coordinate)


def _coordinate(box: Box, name: str, number: Any) -> Any:
    low, high = box.ends[name]
    if high != math.inf:
        return number
    return fmpq(1) if number == math.inf else (number - low) / (1 + number - low)
