"""Checks of the arguments that solvers share."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np

from flowlab._checks import real_array, require, shown


def unknown_method(method: object, methods: Sequence[str]) -> str:
    """Return the message for a method that does not exist, with the nearest that does."""
    near = get_close_matches(str(method), methods, n=1, cutoff=0.3)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"method: got {shown(method)}{hint}; allowed: {', '.join(methods)}"


def number(name: str, value: object, *, allowed: str, zero: bool = False) -> float:
    """Return a finite number > 0 (or >= 0 with `zero`); refuse anything else."""
    if type(value) is float and 0.0 < value < np.inf:
        return value
    array = real_array(name, value, allowed=allowed)  # type: ignore[arg-type]
    if array.ndim:
        raise ValueError(f"{name}: got shape {array.shape}; allowed: {allowed}")
    require(name, array, np.isfinite(array) & ((array >= 0) if zero else (array > 0)), allowed=allowed)
    return float(array)


def count(name: str, value: object, *, least: int = 1, most: int | None = None) -> int:
    """Return an integer from `least` to `most`; refuse anything else."""
    wrong = isinstance(value, bool) or not isinstance(value, (int, np.integer))
    if wrong or value < least or (most is not None and value > most):  # type: ignore[operator]
        allowed = f"an integer >= {least}" if most is None else f"an integer in [{least}, {most}]"
        raise ValueError(f"{name}: got {shown(value)}; allowed: {allowed}")
    return int(value)  # type: ignore[call-overload, no-any-return]


def tolerances(rtol: object, atol: object) -> None:
    """Refuse tolerances that a float64 run cannot meet."""
    allowed = "a number in [2.3e-14, 1)"
    relative = number("rtol", rtol, allowed=allowed)
    require("rtol", np.array(relative), np.array(2.3e-14 <= relative < 1), allowed=allowed)
    number("atol", atol, allowed="a finite number >= 0", zero=True)
