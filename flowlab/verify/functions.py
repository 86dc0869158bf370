"""Elementary functions of whatever number comes: a float, an array, an mpmath number, a ball.

A slack written with these and with arithmetic is one text for every kind of evidence: floats one at a time or many at
once for the search, mpmath for its confirmation, balls for a certificate.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Number = Any

__all__ = ["atan", "cos", "cosh", "exp", "expm1", "log", "log1p", "sin", "sinh", "sqrt", "tanh"]


def _elementary(name: str, array: str = "") -> Callable[[Number], Number]:
    of_float, of_array, of_mpf = getattr(math, name), getattr(np, array or name), getattr(mpmath, name)

    def function(x: Number) -> Number:
        if isinstance(x, float | int):
            return of_float(x)
        if isinstance(x, np.ndarray):
            return of_array(x)
        if isinstance(x, mpmath.mpf | mpmath.ctx_mp_python._constant):
            return of_mpf(x)
        return getattr(x, name)()  # a ball knows its own

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Return {name} of a float, an array, an mpmath number, or a ball."
    return function


atan = _elementary("atan", "arctan")
cos = _elementary("cos")
cosh = _elementary("cosh")
exp = _elementary("exp")
expm1 = _elementary("expm1")
log = _elementary("log")
log1p = _elementary("log1p")
sin = _elementary("sin")
sinh = _elementary("sinh")
sqrt = _elementary("sqrt")
tanh = _elementary("tanh")
