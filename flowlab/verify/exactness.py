"""That high precision is one: no float in the middle of it, and no function that rounds to float."""

from __future__ import annotations

import dis
import math
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

import mpmath

from flowlab._checks import shown
from flowlab.verify.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["as_mpf", "exactly", "rounding_function"]


class exactly:  # noqa: N801 -- used as a function
    """A function that receives floats as mpf and may only return what mpmath can vouch for."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function: Callable[..., Any] = getattr(function, "function", function)

    def __call__(self, **arguments: Any) -> Any:
        """Return the value at the precision at work."""
        result = self.function(**as_mpf(arguments))
        if isinstance(result, Sides):
            result = result.slack
        if isinstance(result, int):
            return mpmath.mpf(result)
        if not isinstance(result, mpmath.mpf):
            name = type(result).__name__
            raise TypeError(f"exact: got {shown(result)} ({name}); allowed: an mpf, so that digits count")
        return +result


def as_mpf(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with each float as the mpf of the same value.

    Examples
    --------
    >>> as_mpf({"x": 0.5, "n": 3})
    {'x': mpf('0.5'), 'n': 3}
    """
    return {k: mpmath.mpf(v) if isinstance(v, float) else v for k, v in arguments.items()}


# of the math module, what loses nothing
_EXACT_MATH = {
    "inf",
    "nan",
    "isfinite",
    "isinf",
    "isnan",
    "floor",
    "ceil",
    "comb",
    "factorial",
    "gcd",
    "isqrt",
}


def rounding_function(function: Callable[..., Any]) -> str:
    """Return the first function of math or numpy that `function` names itself, or nothing.

    With mpf arguments these return floats without a word, and a rounding error would be confirmed as exact.
    """
    code = getattr(function, "__code__", None)
    scope = getattr(function, "__globals__", {})
    return _rounding_in(code, scope) if isinstance(code, CodeType) else ""


def _rounding_in(code: CodeType, scope: Mapping[str, Any]) -> str:
    module: ModuleType | None = None
    for step in dis.get_instructions(code):
        if step.opname == "LOAD_GLOBAL":
            value = scope.get(step.argval)
            module = value if isinstance(value, ModuleType) else None
            if getattr(value, "__module__", None) == "math" and step.argval not in _EXACT_MATH:
                return f"math.{step.argval}"
        elif step.opname in ("LOAD_ATTR", "LOAD_METHOD") and module is not None:
            if module is math and step.argval not in _EXACT_MATH:
                return f"math.{step.argval}"
            if module.__name__ == "numpy":
                return f"numpy.{step.argval}"
            module = None
        elif isinstance(step.argval, CodeType) and (found := _rounding_in(step.argval, scope)):
            return found
    return ""
