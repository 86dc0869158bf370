"""Checks of the arguments that solvers share, each of them once."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowlab._arguments import count, number, of_shape
from flowlab._checks import real_array, require, shown

Array = NDArray[np.float64]


def method_name(value: object, methods: Sequence[str]) -> None:
    """Refuse a method that does not exist, naming the nearest that does."""
    if value not in methods:
        near = get_close_matches(str(value), methods, n=1, cutoff=0.3)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(f"method: got {shown(value)}{hint}; allowed: {', '.join(methods)}")


def integration(until: object, rtol: object, atol: object, max_steps: object) -> tuple[float, float, float, int]:
    """Return the end, the tolerances and the step limit of a run; refuse what a float64 run cannot meet."""
    return (
        number("until", until),
        number("rtol", rtol, allowed="a number in [2.3e-14, 1)", valid=lambda x: (x >= 2.3e-14) & (x < 1)),
        number("atol", atol, allowed="a finite number >= 0", valid=lambda x: x >= 0),
        count("max_steps", max_steps),
    )


def is_logarithmic(name: str, coordinates: object, start: Array) -> bool:
    """Check `coordinates`, and that a start has logarithms where they are needed."""
    if coordinates not in ("weights", "log"):
        raise ValueError(f"coordinates: got {shown(coordinates)}; allowed: 'weights' or 'log'")
    if coordinates == "log":
        require(name, start, start > 0, allowed='numbers > 0 with coordinates="log"')
    return coordinates == "log"


def increasing(
    name: str, value: Any, most: float, *, allowed: str, valid: Callable[[Array], Any] = np.isfinite
) -> Array:
    """Return strictly increasing numbers in [0, most], each of them `valid`."""
    array = real_array(name, value, allowed=allowed)
    of_shape(name, array, array.ndim == 1, allowed)
    rising = array[1:] > array[:-1]
    # The common case costs no more than a look at the ends.
    if array[0] < 0.0 or array[-1] > most or not rising.all() or not valid(array).all():
        require(name, array, (array >= 0.0) & (array <= most) & valid(array), allowed=allowed)
        require(name, array, np.append(True, rising), allowed=allowed)
    return np.ascontiguousarray(array)
