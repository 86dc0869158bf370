"""What `GradientFlow` is given, checked and brought into shape."""

from collections.abc import Iterable, Sequence

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from flowlab._checks import real_array, require, shown


def declared_symbols(
    name: str, group: sympy.Symbol | Sequence[sympy.Symbol], declared: dict[str, sympy.Symbol]
) -> tuple[sympy.Symbol, ...]:
    """Return a group of symbols as a tuple, noting them in `declared`; refuse a name that stands there."""
    symbols = tuple(group) if isinstance(group, Iterable) else (group,)
    for symbol in symbols:
        if not isinstance(symbol, sympy.Symbol):
            raise ValueError(f"{name}: got {shown(symbol)}; allowed: SymPy symbols")  # noqa: TRY004
        if symbol.name in declared:
            raise ValueError(f"{name}: got {symbol} a second time; allowed: each symbol in one place")
        declared[symbol.name] = symbol
    return symbols


def vector(name: str, value: ArrayLike, size: int) -> NDArray[np.float64]:
    """Return a vector of `size` finite numbers; one number stands for all of them."""
    allowed = f"a finite number, or {size} of them" if size > 1 else "a finite number"
    array = real_array(name, value, allowed=allowed)
    if array.ndim > 1 or array.size not in (1, size):
        raise ValueError(f"{name}: got shape {array.shape}; allowed: {allowed}")
    require(name, array, np.isfinite(array), allowed=allowed)
    return np.array(np.broadcast_to(array, (size,)))


def examples(data: ArrayLike | None, width: int) -> NDArray[np.float64]:
    """Return the examples as an array of `width` columns, of no rows for a population loss."""
    if data is None or not width:
        if data is None and not width:
            return np.zeros((0, 0))
        given = "none" if data is None else "examples"
        expected = f"an array of {width} columns" if width else "none, as the loss declares no data"
        raise ValueError(f"data: got {given}; allowed: {expected}")
    allowed = f"finite numbers, of shape (m, {width})"
    rows = real_array("data", data, allowed=allowed)
    if rows.ndim != 2 or rows.shape[1] != width:
        raise ValueError(f"data: got shape {rows.shape}; allowed: {allowed}")
    require("data", rows, np.isfinite(rows), allowed=allowed)
    return np.ascontiguousarray(rows)
