"""Floats beside balls: exact numbers where they are written, and refused where Python has rounded them before.

Of a float nobody sees what made it: 2**0.5 * 2**0.5 is 2.0000000000000004 before anyone is asked. So each is looked up
in the source of the functions that are running: a literal, or arithmetic on literals that is exact, is the number it
says. So is what a function was made with, an argument of the function around it. Anything else was computed.
"""

from __future__ import annotations

import ast
import linecache
import operator
import os
import sys
import sysconfig
import threading
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from types import CellType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from flowlab.verify.certifying.undecided import outcome, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

__all__ = [
    "RoundedError",
    "believe",
    "called",
    "found",
    "is_looking_up",
    "look_up",
    "looking_up",
    "of_a_library",
    "of_the_engine",
    "rounded_in_source",
]

_WHOLE = outcome.__code__  # what calls a formula
_ENGINE = str(Path(__file__).parents[1]) + os.sep
_LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
_WAY_OUT = "write Fraction, or flowlab.verify.functions"
_LARGEST = 512  # exponents and bits, of arithmetic on literals
_OPERATIONS: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_under_way = threading.local()  # how many evaluations of formulas
_known: dict[tuple[int, float], CodeType] = {}  # what was looked up and found
_told: set[float] = set()  # what the process that has the source found


class RoundedError(TypeError):
    """Raised for a number that Python has rounded, or may have.

    Examples
    --------
    >>> raise RoundedError("0.1 * 3")
    Traceback (most recent call last):
        ...
    flowlab.verify.certifying.literals.RoundedError: 0.1 * 3
    """


class looking_up:  # noqa: N801 -- used as a function
    """Refuse floats that have been rounded, in the evaluation of a formula.

    Examples
    --------
    >>> with looking_up():
    ...     outcome(lambda: look_up(0.1 * 3))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    flowlab.verify.certifying.literals.RoundedError: 0.30000000000000004 is rounded in line 2: write Fraction...
    """

    def __enter__(self) -> None:
        _under_way.many = getattr(_under_way, "many", 0) + 1

    def __exit__(self, *_: object) -> None:
        _under_way.many -= 1


def is_looking_up() -> bool:
    """Return whether floats are refused that have been rounded."""
    return getattr(_under_way, "many", 0) > 0


def look_up(number: float) -> None:
    """Refuse a float that the functions which are running do not have from their source, if that is asked for.

    Raises
    ------
    RoundedError
        If it was computed, or there is no source to be looked into.

    Examples
    --------
    >>> with looking_up():
    ...     outcome(lambda: look_up(0.125 * 3))
    """
    if not is_looking_up() or number - number != 0 or number in _told:  # an infinity, or nan
        return
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not _WHOLE and _of_engine(frame):
        frame = frame.f_back
    if frame is None or frame.f_code is _WHOLE or (id(frame.f_code), number) in _known:
        return
    code, hidden = frame.f_code, ""
    while frame is not None and frame.f_code is not _WHOLE:
        text = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
        written, rounded, given, imported = _read(text)
        own = number in frame.f_code.co_consts or -number in frame.f_code.co_consts
        if line := _rounding(number, rounded, written if own else frozenset(), frame.f_code):
            raise refusal(f"{number!r} is rounded in line {line}: {_WAY_OUT}", RoundedError)
        made_with = [frame.f_locals.get(name) for name in frame.f_code.co_freevars if name in given]
        if (
            abs(number) in written
            or any(isinstance(each, float) and abs(each) == abs(number) for each in made_with)
            or any(abs(number) in _read(other)[0] for other in _sources(frame, abs(number), imported))
        ):
            _known[id(code), number] = code
            return
        hidden = hidden or ("" if text else f"; {frame.f_code.co_filename} has no source")
        frame = frame.f_back
    kind = TypeError if hidden else RoundedError  # without a source, nobody knows
    raise refusal(f"{number!r} is no literal but computed{hidden}: {_WAY_OUT}", kind)


def _of_engine(frame: FrameType) -> bool:
    """Return whether a frame is of the engine's own, be its code made by `dataclass`, which has no file."""
    name = frame.f_globals.get("__name__", "")
    made = name.startswith("flowlab.verify.") and vars(sys.modules.get(name, sys)) is frame.f_globals
    return frame.f_code.co_filename.startswith(_ENGINE) or made


def _sources(frame: FrameType, number: float, imported: frozenset[str]) -> Iterator[str]:
    """Yield the sources of what a function's module imports and finds such a constant in, by name."""
    scope = frame.f_globals
    own = [value for value in scope.values() if isinstance(value, ModuleType)]
    taken = [sys.modules[name] for name in imported if name in sys.modules]
    for module in [*own, *taken]:
        if any(isinstance(value, float) and abs(value) == number for value in vars(module).values()):
            yield "".join(linecache.getlines(getattr(module, "__file__", None) or "", vars(module)))
    if any(isinstance(value, float) and abs(value) == number for value in scope.values()):
        folder = os.path.dirname(frame.f_code.co_filename)  # a module beside a file of claims, which is not kept
        for name in imported - sys.modules.keys():
            yield "".join(linecache.getlines(os.path.join(folder, f"{name}.py")))


def rounded_in_source(function: Any) -> str:
    """Say which constant that a function, or one it calls by name, is compiled with Python has rounded, and where.

    What is made of such a float before it meets a ball, as a Fraction or the answer of a comparison, does not tell.

    Examples
    --------
    >>> rounded_in_source(lambda x: x - Fraction(2**0.5 * 2**0.5))
    '2.0000000000000004 is rounded in line 1: write Fraction, or flowlab.verify.functions'
    >>> rounded_in_source(lambda x: x - Fraction(1.5 * 3))
    ''
    """
    for each, named in called(function):
        code = each.__code__
        written, rounded, _, _ = _read("".join(linecache.getlines(code.co_filename, each.__globals__)))
        for value in named:
            if isinstance(value, float) and (line := _rounding(value, rounded, written, code)):
                return f"{value!r} is rounded in line {line}: {_WAY_OUT}"
    return ""


def called(function: Any) -> Iterator[tuple[FunctionType, list[Any]]]:
    """Yield a function and those that it calls by name, but for libraries', each with the values it has names for.

    Examples
    --------
    >>> def half(x):
    ...     return x / HALVES
    >>> HALVES = 2
    >>> [(each.__name__, HALVES in named) for each, named in called(lambda x: half(x) + 1)]
    [('<lambda>', False), ('half', True)]
    """
    from flowlab.verify.claim import Claim

    functions = [getattr(function, "function", function)]
    for each in functions:  # which grows
        if not isinstance(each, FunctionType) or of_a_library(each):
            continue
        codes, named = [each.__code__], [*(each.__defaults__ or ())]
        named += [cell.cell_contents for cell in each.__closure__ or () if cell != CellType()]
        for code in codes:
            codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
            named += [*code.co_consts, *(each.__globals__.get(name) for name in code.co_names)]
            for module in [value for value in named if isinstance(value, ModuleType)]:
                named += [vars(module).get(name) for name in code.co_names]
        named = [value.slack if isinstance(value, Claim) else value for value in named]
        functions += [value for value in named if isinstance(value, FunctionType) and value not in functions]
        yield each, named


def of_the_engine(function: FunctionType) -> bool:
    """Return whether a function is of `flowlab.verify`."""
    return function.__code__.co_filename.startswith(_ENGINE)


def of_a_library(function: FunctionType) -> bool:
    """Return whether a function is a library's, the engine's among them, and no user's."""
    file = function.__code__.co_filename
    return of_the_engine(function) or (file.startswith(_LIBRARIES) and not function.__module__.startswith("flowlab."))


def _rounding(number: float, rounded: Mapping[float, list[int]], written: frozenset[float], code: CodeType) -> int:
    """Return the line that rounds a number: of the function's own, else any if it is written nowhere; or 0."""
    lines = rounded.get(abs(number), [])
    last = max(filter(None, (line for _, _, line in code.co_lines())), default=0)
    inside = [line for line in lines if code.co_firstlineno <= line <= last]
    return min(inside or lines) if inside or (lines and abs(number) not in written) else 0


def found() -> frozenset[float]:
    """Return the floats that were looked up and found, for a process in which functions have no source."""
    return frozenset(number for _, number in _known) | _told


def believe(numbers: frozenset[float]) -> None:
    """Take what another process has found."""
    _told.update(numbers)


@lru_cache(maxsize=64)
def _read(text: str) -> tuple[frozenset[float], dict[float, list[int]], frozenset[str], frozenset[str]]:
    """Return the floats that a source writes, the lines that round some, names of arguments alone, what it imports.

    Of these, the modules that it takes names from, as it names them.
    """
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return frozenset(), {}, frozenset(), frozenset()
    bound = [node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)]
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    once = {name for name in bound if bound.count(name) == 1} - arguments
    values: dict[str, ast.expr] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in once:
                values[name] = node.value
    written: set[float] = set()
    rounded: dict[float, list[int]] = {}
    for node in nodes:
        if not isinstance(node, ast.Constant | ast.BinOp) or (found := _value(node, values)) is None:
            continue
        value, exact = found
        if isinstance(value, float):
            if exact is not None and Fraction(value) == exact:
                written.add(abs(value))
            else:
                rounded.setdefault(abs(value), []).append(node.lineno)
    imported = {"." * node.level + (node.module or "") for node in nodes if isinstance(node, ast.ImportFrom)}
    return frozenset(written), rounded, frozenset(arguments - set(bound)), frozenset(imported)


def _value(node: ast.expr, names: dict[str, ast.expr], depth: int = 0) -> tuple[Any, Fraction | None] | None:
    """Return what Python makes of arithmetic on literals, and what it is exactly, if a fraction; None of all else."""
    if isinstance(node, ast.Constant):
        plain = node.value
        if isinstance(plain, bool) or not isinstance(plain, int | float) or abs(plain) > sys.float_info.max:
            return None
        return plain, Fraction(plain)
    if isinstance(node, ast.Name) and node.id in names and depth < 9:
        return _value(names[node.id], names, depth + 1)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        found = _value(node.operand, names, depth)
        return None if found is None else (-found[0], None if found[1] is None else -found[1])
    if not isinstance(node, ast.BinOp) or type(node.op) not in _OPERATIONS:
        return None
    left, right = (_value(each, names, depth) for each in (node.left, node.right))
    if left is None or right is None:
        return None
    power = isinstance(node.op, ast.Pow)
    if power and (abs(right[0]) > _LARGEST or max(abs(left[0]), 1) > 2.0**_LARGEST):
        return None
    operation = _OPERATIONS[type(node.op)]
    try:
        value = operation(left[0], right[0])
        fractions = left[1] is not None and right[1] is not None and not (power and right[1].denominator != 1)
        exact = operation(left[1], right[1]) if fractions else None
        if power and right[0] == 0.5 and Fraction(value) ** 2 == left[1]:
            exact = Fraction(value)
    except (ArithmeticError, TypeError, ValueError):
        return None
    return (value, exact) if isinstance(value, int | float) else None
