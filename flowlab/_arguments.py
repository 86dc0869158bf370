"""Single arguments, checked and converted: one line says what came and what is allowed."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowlab._checks import real_array, require, shown, writeable

Array = NDArray[np.float64]


def number(
    name: str, value: Any, *, allowed: str = "a finite number > 0", valid: Callable[[Any], Any] = lambda x: x > 0
) -> float:
    """Return a finite number that is `valid`; refuse anything else."""
    if type(value) is float and -np.inf < value < np.inf and valid(value):
        return value
    array = real_array(name, value, allowed=allowed)
    if array.ndim:
        raise ValueError(f"{name}: got shape {array.shape}; allowed: {allowed}")
    require(name, array, np.isfinite(array) & valid(array), allowed=allowed)
    return float(array)


def real(name: str, value: Any) -> float:
    """Return a finite number; refuse anything else."""
    return number(name, value, allowed="a finite number", valid=np.isfinite)


def count(name: str, value: object, *, least: int = 1, most: int | None = None) -> int:
    """Return an integer from `least` to `most`; refuse anything else."""
    whole = None if isinstance(value, bool) or not isinstance(value, int | np.integer) else int(value)
    if whole is None or whole < least or (most is not None and whole > most):
        allowed = f"an integer >= {least}" if most is None else f"an integer in [{least}, {most}]"
        raise ValueError(f"{name}: got {shown(value)}; allowed: {allowed}")
    return whole


def flag(name: str, value: object) -> bool:
    """Return a truth value; refuse anything else."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name}: got {shown(value)}; allowed: True or False")  # noqa: TRY004
    return bool(value)


def finite(name: str, value: Any, *, dimensions: int, empty: bool = False) -> Array:
    """Return a contiguous array of so many dimensions; refuse what is not finite, or empty unless `empty`."""
    allowed = f"finite numbers in {dimensions} dimension(s)"
    if empty and np.size(value) == 0:
        array = np.asarray(value, dtype=np.float64)
    else:
        array = real_array(name, value, allowed=allowed)
        require(name, array, np.isfinite(array), allowed=allowed)
    if array.ndim != dimensions:
        raise ValueError(f"{name}: got shape {array.shape}; allowed: {allowed}")
    return writeable(np.ascontiguousarray(array))


def of_shape(name: str, array: Array, fits: bool, allowed: str) -> Array:
    """Return an array whose shape fits; refuse any other."""
    if not fits:
        raise ValueError(f"{name}: got shape {array.shape}; allowed: {allowed}")
    return array


def word(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """Return one of a few words."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name}: got {shown(value)}; allowed: {', '.join(allowed)}")
    return value
