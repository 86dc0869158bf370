"""What `GradientFlow` is given, checked and brought into shape."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import number
from flowlab._checks import real_array, require, shown

Symbols: TypeAlias = sympy.Symbol | Sequence[sympy.Symbol]


def expression_of(name: str, value: Any) -> sympy.Expr:
    """Return a value as an expression; text and what is no number are refused."""
    if not isinstance(value, str):
        with suppress(sympy.SympifyError, TypeError):
            expression = sympy.sympify(value)
            if isinstance(expression, sympy.Expr) and not expression.is_Matrix:
                return expression
    kind = " (str)" if isinstance(value, str) else ""
    raise ValueError(f"{name}: got {shown(value)}{kind}; allowed: a SymPy expression")


def sign_declared(symbol: sympy.Symbol) -> str:
    """Return on which side of 0 a symbol is declared to be; "" for both.

    Examples
    --------
    >>> sign_declared(sympy.Symbol("w", positive=True)), sign_declared(sympy.Symbol("w"))
    ('positive', '')
    """
    signs = ("positive", "negative", "nonnegative", "nonpositive")
    return next((sign for sign in signs if getattr(symbol, f"is_{sign}")), "")


def declared(loss: sympy.Expr, groups: Mapping[str, Symbols]) -> dict[str, tuple[sympy.Symbol, ...]]:
    """Return each group of symbols as a tuple, each symbol of the loss being in one of them."""
    known: dict[str, sympy.Symbol] = {}
    named = {name: symbol_group(name, group, known) for name, group in groups.items()}
    if not named["parameters"]:
        raise ValueError("parameters: got none; allowed: at least one symbol")
    check_assumptions("loss", loss, known)
    unknown = sorted(symbol.name for symbol in loss.free_symbols if symbol.name not in known)
    if unknown:
        raise ValueError(
            f"loss: got {', '.join(unknown)}, declared nowhere; allowed: the parameters, constants and data"
        )
    return named


def check_assumptions(name: str, expression: sympy.Expr, known: Mapping[str, sympy.Symbol]) -> None:
    """Refuse an expression with a symbol of a declared one's name, but another symbol."""
    for symbol in expression.free_symbols:
        if known.get(symbol.name, symbol) != symbol:
            raise ValueError(
                f"{name}: got a symbol {symbol} whose assumptions are not those of the declared "
                f"{symbol}; allowed: the same symbol in both places"
            )


def symbol_group(name: str, group: Symbols, declared: dict[str, sympy.Symbol]) -> tuple[sympy.Symbol, ...]:
    """Return a group of symbols as a tuple, noting them in `declared`; refuse a name that stands there."""
    symbols: tuple[Any, ...] = tuple(group) if isinstance(group, Iterable) else (group,)
    for symbol in symbols:
        if not isinstance(symbol, sympy.Symbol):
            raise ValueError(f"{name}: got {shown(symbol)}; allowed: SymPy symbols")  # noqa: TRY004
        if symbol.name in declared:
            raise ValueError(f"{name}: got {symbol} a second time; allowed: each symbol in one place")
        declared[symbol.name] = symbol
    return symbols


def budget_of(budget: float, seconds: float | None) -> float:
    """Return a budget of processor time, which may be given by its former name."""
    return number("budget", budget) if seconds is None else number("seconds", seconds)


def vector(name: str, value: ArrayLike, size: int) -> NDArray[np.float64]:
    """Return a vector of `size` finite numbers; one number stands for all of them."""
    allowed = f"a finite number, or {size} of them" if size > 1 else "a finite number"
    array = real_array(name, value, allowed=allowed)
    if array.ndim > 1 or array.size not in (1, size):
        raise ValueError(f"{name}: got shape {array.shape}; allowed: {allowed}")
    require(name, array, np.isfinite(array), allowed=allowed)
    return np.array(np.broadcast_to(array, (size,)))


def mode_count(modes: int | None) -> int:
    """Return the number of numbers that one constant may have: one, or one for each mode."""
    if modes is not None and (isinstance(modes, bool) or not isinstance(modes, int) or modes < 1):
        raise ValueError(f"modes: got {shown(modes)}; allowed: an integer >= 1, or None")
    return modes or 1


def constant_values(symbols: Sequence[sympy.Symbol], values: Sequence[ArrayLike], width: int) -> NDArray[np.float64]:
    """Return the declared constants one after another, each of `width` numbers."""
    if len(values) != len(symbols):
        names = ", ".join(map(str, symbols)) or "none"
        raise ValueError(f"constants: got {len(values)}; allowed: one for each declared constant ({names})")
    numbers = [vector(symbol.name, value, width) for symbol, value in zip(symbols, values, strict=True)]
    return np.concatenate([np.zeros(0), *numbers])


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
