"""That high precision is one: no float in the middle of it, and no function that rounds to float."""

from __future__ import annotations

import dis
import math
import sys
import threading
from contextlib import contextmanager
from fractions import Fraction
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

import mpmath

from flowlab._checks import shown
from flowlab.verify.functions import plain_numbers_as
from flowlab.verify.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "EXACT_MATH",
    "NoSlackError",
    "as_float",
    "as_mpf",
    "beneath_floats",
    "exactly",
    "has_real_value",
    "real_numbers",
    "rounded_in",
    "rounding_function",
]


_RESOLVED = 1e-12
_CLOSE = 1e-6  # parts of a slack that are no difference


class NoSlackError(TypeError):
    """Raised where a claim's function returns what is no slack: nothing, a truth value, a float that was rounded.

    Examples
    --------
    >>> raise NoSlackError("slack", None, abs)
    Traceback (most recent call last):
        ...
    flowlab.verify.exactness.NoSlackError: slack: got None; allowed: a number ≥ 0 where the claim holds, or at_most
    """

    def __init__(self, name: str, found: Any, function: Callable[..., Any]) -> None:
        allowed = "a number ≥ 0 where the claim holds, or at_most"
        kind = f" ({type(found).__name__})" * (found is not None)
        if isinstance(found, float):
            kind = " (float), which is rounded on the way"
            allowed = "what arithmetic on the arguments and flowlab.verify.functions make, so that digits count"
            if _divides(getattr(function, "__code__", None)):
                allowed += "; of integers, compare products rather than quotients"
        elif isinstance(found, mpmath.mpf):
            kind = " (mpf), which does not change with the digits at work: it was a float on the way"
            allowed = "what mpmath's functions make of the arguments, and of constants that are not rounded"
        super().__init__(f"{name}: got {shown(found)}{kind}; allowed: {allowed}")
        self.function = function


def _divides(code: Any) -> bool:
    """Return whether compiled code divides."""
    if not isinstance(code, CodeType):
        return False
    within = any(_divides(value) for value in code.co_consts)
    return within or any("/" in step.argrepr or "DIVIDE" in step.opname for step in dis.get_instructions(code))


def as_float(found: Any, function: Callable[..., Any]) -> float:
    """Return a slack as a float.

    Raises
    ------
    NoSlackError
        If it is no number; a truth value is none.
    ValueError
        If it is complex: there is no slack there.

    Examples
    --------
    >>> as_float(mpmath.mpf("0.5"), abs)
    0.5
    """
    if isinstance(found, complex | mpmath.mpc):
        raise ValueError("the slack is complex")  # noqa: TRY004 -- it is no mistake, as of a root
    if type(found).__name__ in ("bool", "bool_") or not hasattr(found, "__float__"):
        raise NoSlackError("slack", found, function)
    return float(found)


@contextmanager
def real_numbers() -> Iterator[None]:
    """Let a claim that comes upon a complex number have no value, as outside of a domain: it orders none.

    Raises
    ------
    ValueError
        Instead of the errors that Python and mpmath raise where a complex number is compared or made a float.

    Examples
    --------
    >>> with real_numbers():
    ...     (-1.0) ** 0.5 < 1
    Traceback (most recent call last):
        ...
    ValueError: a complex number on the way ('<' not supported between instances of 'complex' and 'int')
    """
    try:
        yield
    except (TypeError, AttributeError) as error:
        if "complex" in str(error) or "mpc" in str(error):
            raise ValueError(f"a complex number on the way ({error})") from error
        raise


def has_real_value(exact: Callable[..., Any], arguments: Mapping[str, Any]) -> bool:
    """Return whether an exact slack has a value without a complex number on the way, be it that of an absolute value.

    Examples
    --------
    >>> root = exactly(lambda x: abs(x**Fraction(1, 2)))
    >>> has_real_value(root, {"x": 2.0}), has_real_value(root, {"x": -2.0})
    (True, False)
    """
    before, mpmath.mp.trap_complex = mpmath.mp.trap_complex, True
    try:
        exact(**arguments)
    except (ArithmeticError, ValueError, mpmath.libmp.NoConvergence):
        return False
    finally:
        mpmath.mp.trap_complex = before
    return True


class exactly:  # noqa: N801 -- used as a function
    """A function that receives floats as mpf and may only return what mpmath can vouch for; `name` is what it is."""

    def __init__(self, function: Callable[..., Any], name: str = "exact") -> None:
        self.function: Callable[..., Any] = getattr(function, "function", function)
        self.name = name

    def __call__(self, **arguments: Any) -> Any:
        """Return the value at the precision at work."""
        with plain_numbers_as(mpmath.mpf), real_numbers():
            result = self.function(**as_mpf(arguments))
            if isinstance(result, Sides):
                result = result.slack
            if isinstance(result, complex | mpmath.mpc):
                raise ValueError("the exact slack is complex")  # noqa: TRY004 -- it is no mistake, as of a root
            if isinstance(result, int | Fraction) and not isinstance(result, bool):
                return mpmath.mpf(result)
        if isinstance(result, float) and (value := self._enclosed(arguments)) is not None:
            return value
        if not isinstance(result, mpmath.mpf):
            raise NoSlackError(self.name, result, self.function)
        return +result

    def _enclosed(self, arguments: Mapping[str, Any]) -> Any:
        """Return the value where plain numbers have made a float, but balls would not; else None."""
        from flowlab.verify.certifying.undecided import Undecided
        from flowlab.verify.in_balls import NotForBallsError, enclosed, middle

        try:
            ball = enclosed(self.function, arguments, mpmath.mp.prec)
        except (NotForBallsError, Undecided):
            return None
        return None if ball is None or not ball.is_finite() else middle(ball)


def beneath_floats(slack: Callable[..., Any], arguments: Mapping[str, Any]) -> str:
    """Return a hint if floats do not see that a slack is negative: what they make of it, or why that may be.

    Examples
    --------
    >>> beneath_floats(lambda n: 1 / n - 1 / 100, {"n": 100})
    'less than floats resolve; of a number rounded where it is written, as 1/3 is, write Fraction(1, 3)'
    >>> beneath_floats(lambda n: n - 101, {"n": 100}), beneath_floats(lambda n: n, {"n": 1.5})
    ('', 'though floats make 1.5 of the slack there')
    """
    try:
        with real_numbers():
            seen = as_float(slack(**arguments), slack)
    except (ArithmeticError, ValueError, mpmath.libmp.NoConvergence):
        return ""
    hint = "less than floats resolve; of a number rounded where it is written, as 1/3 is, write Fraction(1, 3)"
    if seen > _RESOLVED:
        return f"though floats make {seen:.6g} of the slack there"
    return hint if 0 <= seen <= _RESOLVED else ""


def as_mpf(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with each float as the mpf of the same value.

    Examples
    --------
    >>> as_mpf({"x": 0.5, "n": 3})
    {'x': mpf('0.5'), 'n': 3}
    """
    return {k: mpmath.mpf(v) if isinstance(v, float) else v for k, v in arguments.items()}


def rounded_in(exact: Callable[..., Any], arguments: Mapping[str, Any], digits: int, value: Any = None) -> int:
    """Return the line in which a function that should be exact rounds an mpf to a float; 0 if none does.

    `rounding_function` sees what a function itself names; this sees what it calls, as it is run. With a `value`, only
    what that depends on counts: it is another one where the float is its neighbour.

    Examples
    --------
    >>> def rounded(x):
    ...     return math.exp(x)
    >>> rounded_in(exactly(lambda x: rounded(x) - 1 - x), {"x": 0.5}, 50)
    2
    >>> guessed = exactly(lambda x: mpmath.findroot(lambda y: y * y - x, float(mpmath.sqrt(x))))
    >>> rounded_in(guessed, {"x": 2}, 50, mpmath.sqrt(2))
    0
    """
    with mpmath.workdps(digits), _conversions(nudged=value is not None) as lines:
        try:
            found = exact(**arguments)
        except (ArithmeticError, ValueError, mpmath.libmp.NoConvergence):
            return 0
    if not lines or (value is not None and abs(found - value) <= _CLOSE * abs(value)):
        return 0
    return lines[0]


@contextmanager
def _conversions(*, nudged: bool) -> Iterator[list[int]]:
    """Note the lines, other than mpmath's own, from which an mpf is made a float, in this thread; or the float next."""
    lines: list[int] = []
    usual, thread = mpmath.mpf.__float__, threading.get_ident()

    def noting(number: Any) -> float:
        """Make a number a float as usual, and keep the line that asks for it."""
        caller, made = sys._getframe(1), float(usual(number))
        if threading.get_ident() != thread or caller.f_globals.get("__name__", "").startswith("mpmath."):
            return made
        if nudged and (made == number or not math.isfinite(made)):  # nothing is lost
            return made
        lines.append(caller.f_lineno)
        return math.nextafter(made, math.inf) if nudged else made

    mpmath.mpf.__float__ = noting
    try:
        yield lines
    finally:
        mpmath.mpf.__float__ = usual


# of the math module, what loses nothing
EXACT_MATH = {
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
    """Return the first function that rounds of those that compiled code names, or nothing."""
    module: ModuleType | None = None
    for step in dis.get_instructions(code):
        if step.opname == "LOAD_GLOBAL":
            value = scope.get(step.argval)
            module = value if isinstance(value, ModuleType) else None
            if getattr(value, "__module__", None) == "math" and step.argval not in EXACT_MATH:
                return f"math.{step.argval}"
        elif step.opname in ("LOAD_ATTR", "LOAD_METHOD") and module is not None:
            if module is math and step.argval not in EXACT_MATH:
                return f"math.{step.argval}"
            if module.__name__ == "numpy":
                return f"numpy.{step.argval}"
            module = None
        elif isinstance(step.argval, CodeType) and (found := _rounding_in(step.argval, scope)):
            return found
    return ""
