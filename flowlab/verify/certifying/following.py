"""Floats that are rounded as a formula runs: followed into every function of the user's that it calls, and refused.

A float may never meet a ball, and decide all the same: as a Fraction, an integer, the answer of a comparison. So a
formula is evaluated in a copy that looks at what every operation and every call in it makes. A float is let through
if it is what exact arithmetic makes of the same numbers, if a function hands back one it was given, or if the source
writes it. Functions called are copied as well, however they are reached; methods of one's own classes are changed in
place, and do as before where nothing is looked up.

What libraries do between themselves is not looked into, only what comes out of them: a truth value that such a
function makes of floats it has computed itself is believed. So is a text: what is read from digits is a number.
"""

from __future__ import annotations

import dis
import functools
import sys
from fractions import Fraction
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from flowlab.verify.certifying import literals
from flowlab.verify.certifying.arbs import exact_arb
from flowlab.verify.certifying.balls import Ball
from flowlab.verify.certifying.exact_floats import inexact, is_exact, is_given
from flowlab.verify.certifying.instrumenting import (
    CALLEE,
    EACH,
    INPLACE,
    OPERATIONS,
    VALUE,
    instrumented,
    is_instrumented,
)
from flowlab.verify.certifying.literals import RoundedError, of_a_library
from flowlab.verify.certifying.undecided import refusal
from flowlab.verify.claim import Claim
from flowlab.verify.exactness import EXACT_MATH
from flowlab.verify.sides import slack_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["followed"]

_WAY_OUT = "write Fraction, or flowlab.verify.functions"
_PLAIN = {int, bool, str, Fraction, range, type(None), Ball, float}
_copies: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
_through: dict[Any, Any] = {}
_seen: set[type] = set()


def followed(function: Any) -> Any:
    """Return a function that computes the same, but refuses floats that are rounded on the way.

    Raises
    ------
    TypeError
        If there is no source to be looked into.

    Examples
    --------
    >>> from flowlab.verify.certifying.literals import looking_up
    >>> def root():
    ...     return 2 ** HALF
    >>> HALF = 0.5
    >>> with looking_up():
    ...     followed(lambda x: 1 if root() ** 2 > 2 else -1)(3)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    flowlab.verify.certifying.literals.RoundedError: 1.4142135623730951 is rounded in line 2: write Fraction...
    """
    if isinstance(function, FunctionType):
        return _copy(function)
    inner = getattr(function, "function", None)  # of a `ForBalls`
    with literals.looking_up():
        return _callee(function if inner is None or type(function) in _seen else inner)


def _refuse(number: Any) -> TypeError:
    frame = sys._getframe(1)
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    return refusal(f"{number!r} is rounded in line {frame.f_lineno}: {_WAY_OUT}", RoundedError)


def _checked(operation: Callable[[Any, Any], Any], exact: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return an operation that refuses a result that exact arithmetic would not have."""

    def check(left: Any, right: Any) -> Any:
        found = operation(left, right)
        if type(found) is Ball or not literals.is_looking_up() or not inexact(found):
            return found
        if not is_exact(exact, left, right, found):
            raise _refuse(found)
        return found

    return check


def _value(value: Any) -> Any:
    """Look at what a name, an attribute or an item is; return what stands for it."""
    if type(value) is Ball or not literals.is_looking_up():
        return value
    if isinstance(value, list | tuple | set | frozenset):
        for each in value:
            _number(each)
    elif isinstance(value, dict):
        for each in value.values():
            _number(each)
    else:
        _number(value)
    return value if isinstance(value, type) and not _of_user(value) else _follow(value)


def _number(value: Any) -> None:
    if isinstance(value, float):
        exact_arb(value)
    elif inexact(value):
        raise _refuse(value)


def _each(values: Iterable[Any]) -> Iterable[Any]:
    """Look at what is looped over, one by one."""
    if type(values) is range or not literals.is_looking_up():
        return values
    return (_taken(each) for each in values)


def _taken(value: Any) -> Any:
    if isinstance(value, tuple):
        for each in value:
            _number(each)
        return value
    return _value(value)


def _callee(function: Any) -> Any:
    """Return what is called in a function's place: a copy, or what looks at what it returns."""
    if not literals.is_looking_up():
        return function
    if isinstance(function, type):
        if _of_user(function):
            return _follow(function)
        return function if function.__module__.startswith("flowlab.verify") else _looking_at(function)
    return _follow(function)


def _follow(value: Any) -> Any:
    kind: Any = type(value)
    if kind in _PLAIN or isinstance(value, ModuleType | Ball):
        return value
    if kind is FunctionType:
        return _copy(value)
    if kind is MethodType:
        if isinstance(value.__self__, Ball):
            return value
        function = _copy(value.__func__) if isinstance(value.__func__, FunctionType) else value.__func__
        return value if function is value.__func__ else MethodType(function, value.__self__)
    if isinstance(value, Claim):
        return lambda **arguments: slack_of(followed(value.slack)(**arguments))
    if kind is functools.partial:
        return functools.partial(_callee(value.func), *value.args, **value.keywords)
    if isinstance(value, functools._lru_cache_wrapper):
        if value not in _copies:
            _copies[value] = functools.lru_cache(None)(_callee(value.__wrapped__))
        return _copies[value]
    if isinstance(value, type):
        _change(value)
        return value
    if kind is BuiltinFunctionType or (callable(value) and not _of_user(kind)):
        return _looking_at(value)
    if _of_user(kind):
        _change(kind)
    return value


def _looking_at(function: Any) -> Any:
    """Return what calls a library's function and refuses what it rounds."""
    module, name = getattr(function, "__module__", None), getattr(function, "__name__", "")
    if module == "math" and name not in EXACT_MATH:
        raise refusal(f"math.{name} rounds: write flowlab.verify.functions.{name}", RoundedError)
    if function in (eval, exec, compile):
        raise refusal(f"{name} cannot be followed: write what it does")
    owner = getattr(function, "__self__", None)
    kept = owner is None or isinstance(owner, ModuleType)
    if kept and isinstance(function, type | BuiltinFunctionType) and function in _through:
        return _through[function]
    gives_back = function in (next, getattr) or not (kept or isinstance(owner, type | int | float))

    @functools.wraps(function, updated=())
    def check(*arguments: Any, **named: Any) -> Any:
        found = function(*arguments, **named)
        if type(found) is Ball or not literals.is_looking_up():
            return found
        if gives_back:
            return _value(found)
        for each in found if isinstance(found, tuple | list) else (found,):
            if inexact(each) and not is_given(each, (*arguments, *named.values())):
                raise _refuse(each)
        return found

    if kept and isinstance(function, type | BuiltinFunctionType):
        _through[function] = check
    return check


def _copy(function: FunctionType) -> Any:
    code = function.__code__
    if is_instrumented(code) or literals.of_the_engine(function):
        return function
    if function in _copies:
        return _copies[function]
    if of_a_library(function):
        return _looking_at_library(function)
    made = FunctionType(_code(function), function.__globals__, function.__name__, None, function.__closure__)
    made.__defaults__, made.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    made.__module__, made.__qualname__ = function.__module__, function.__qualname__
    _copies[function] = made
    return made


def _looking_at_library(function: FunctionType) -> Any:
    """Return a library's function that looks at what it returns, around what is the user's, as of a decorator."""
    inner = [cell.cell_contents for cell in function.__closure__ or () if cell != CellType()]
    if any(isinstance(each, FunctionType) and not of_a_library(each) for each in inner):
        cells = tuple(CellType(_follow(cell.cell_contents)) for cell in function.__closure__ or ())
        copied = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, cells)
        copied.__kwdefaults__ = function.__kwdefaults__
        made = _looking_at(copied)
    else:
        made = _looking_at(function)
    _copies[function] = made
    return made


def _code(function: FunctionType) -> CodeType:
    code = function.__code__
    made = instrumented(code, function.__globals__, _CHECKS)
    if made is None:
        if not _harmless(function):
            raise refusal(f"{code.co_filename} has no source, of {function.__name__}: write it in a file")
        return code
    return made


def _harmless(function: FunctionType) -> bool:
    """Return whether a function without a source, as those of a dataclass, can make no float."""
    code = function.__code__
    scope = {**vars(sys.modules["builtins"]), **function.__globals__}
    named = [scope.get(name) for name in code.co_names]
    calls_others = any(isinstance(each, FunctionType) and not literals.of_the_engine(each) for each in named)
    calls_others |= any(isinstance(each, BuiltinFunctionType) and each not in (abs, len, max, min) for each in named)
    divides = any(step.argrepr.rstrip("=") in ("/", "**", "//", "%") for step in dis.get_instructions(code))
    return not (calls_others or divides or any(isinstance(each, float | CodeType) for each in code.co_consts))


@functools.lru_cache(maxsize=1024)
def _of_user(kind: type) -> bool:
    """Return whether a class is written by the user: it has functions that are no library's."""
    if kind in _PLAIN or kind.__module__.startswith("flowlab.verify"):
        return False
    return any(not of_a_library(each) for base in kind.__mro__ for each in _functions(base))


def _functions(kind: type) -> list[FunctionType]:
    found: list[FunctionType] = []
    for value in vars(kind).values():
        for name in ("__func__", "fget", "fset", "func"):
            value = getattr(value, name, value)
        if isinstance(value, FunctionType):
            found.append(value)
    return found


def _change(kind: type) -> None:
    """Let the methods of a class look at what they make, as Python calls them by itself."""
    if kind in _seen:
        return
    _seen.add(kind)
    for base in kind.__mro__:
        for function in _functions(base):
            if not (of_a_library(function) or is_instrumented(function.__code__)):
                function.__code__ = _code(function)


_CHECKS: dict[str, Callable[..., Any]] = {
    VALUE: _value,
    CALLEE: _callee,
    EACH: _each,
    **{name: _checked(operation, operation) for name, operation in OPERATIONS.items()},
    **{
        name: _checked(operation, exact)
        for (name, operation), exact in zip(INPLACE.items(), OPERATIONS.values(), strict=True)
    },
}
