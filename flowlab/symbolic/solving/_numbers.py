"""What `exact` is given, as exact numbers and symbols."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike

from flowlab._checks import shown
from flowlab.symbolic._arguments import check_assumptions, examples
from flowlab.symbolic.derivatives import Derivatives
from flowlab.symbolic.solving._scalar import start_facts


def exact_number(name: str, value: Any) -> sympy.Expr:
    """Return a number or expression without floats: a float is the shortest decimal that reads back as it."""
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if not np.isfinite(value):
            raise ValueError(f"{name}: got {value}; allowed: finite numbers, or expressions")
        return sympy.Rational(repr(value))
    try:
        expression = sympy.sympify(value.item() if isinstance(value, np.generic) else value)
    except (sympy.SympifyError, TypeError):
        expression = None
    if isinstance(value, (str, bool)) or not isinstance(expression, sympy.Expr) or expression.is_finite is False:
        raise ValueError(f"{name}: got {shown(value)}; allowed: finite numbers, or expressions")
    if expression.is_real is False:
        raise ValueError(f"{name}: got {shown(value)}; allowed: real numbers, or expressions")
    return rational_floats(expression)


def rational_floats(expression: sympy.Expr) -> sympy.Expr:
    """Return an expression with every float as the decimal it was written as."""
    return expression.xreplace(
        {
            x: sympy.Rational(repr(float(x))) if x._prec <= 53 else sympy.Rational(x)
            for x in expression.atoms(sympy.Float)
        }
    )


def start_symbols(flow: Derivatives) -> list[sympy.Expr]:
    """Return a symbol for each parameter at time 0, real and positive where the parameter is, by a free name."""
    taken = {symbol.name for symbol in flow.loss.free_symbols | set(flow.parameters)}
    symbols: list[sympy.Expr] = []
    for w in flow.parameters:
        name = f"{w.name}_0"
        while name in taken:
            name += "_"
        taken.add(name)
        symbols.append(sympy.Symbol(name, **start_facts(w)))
    return symbols


def exactly(
    flow: Derivatives, start: Any, constants: Any, data: ArrayLike | None
) -> tuple[Derivatives, list[sympy.Expr] | None]:
    """Return the flow with the constants given, and the start, one expression for each parameter."""
    values = _constants(flow.constants, constants)
    loss = _mean(flow, data).subs(values)
    left = tuple(symbol for symbol in flow.constants if symbol not in values)
    given = replace(flow, loss=rational_floats(loss), constants=left, data=())
    if start is None:
        return given, None
    several = isinstance(start, Iterable)
    if isinstance(start, Mapping):
        names = {w.name: w for w in flow.parameters}
        by_symbol = {names.get(str(key), key): value for key, value in start.items()}
        if set(by_symbol) != set(flow.parameters):
            raise ValueError(f"start: got {shown(start)}; allowed: a value for each of {', '.join(names)}")
        entries = [by_symbol[w] for w in flow.parameters]
    else:
        entries = list(start) if several else [start] * len(flow.parameters)
    if len(entries) != len(flow.parameters):
        raise ValueError(f"start: got {len(entries)} values; allowed: one, or {len(flow.parameters)} of them")
    begun = [exact_number("start", value) for value in entries]
    known = {symbol.name: symbol for symbol in given.loss.free_symbols | set(given.parameters)}
    for w0 in begun:
        check_assumptions("start", w0, known)
    taken = {w for w0 in begun for w in w0.free_symbols} & set(flow.parameters)
    if taken:
        raise ValueError(f"start: got the parameter {min(map(str, taken))}; allowed: numbers, and other symbols")
    for w, w0 in zip(flow.parameters, begun, strict=True):
        outside = (w.is_positive and w0.is_nonpositive) or (w.is_nonnegative and w0.is_negative)
        outside = outside or (w.is_negative and w0.is_nonnegative) or (w.is_nonpositive and w0.is_positive)
        if outside:
            raise ValueError(f"start: got {w0} for {w}; allowed: what {w} is declared to be")
    return given, begun


def _constants(symbols: Sequence[sympy.Symbol], given: Any) -> dict[sympy.Symbol, sympy.Expr]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return named_values(symbols, given, name="constants", every=False)
    values = list(given) if isinstance(given, Iterable) else [given]
    if len(values) != len(symbols):
        names = ", ".join(map(str, symbols)) or "none"
        raise ValueError(f"constants: got {len(values)}; allowed: one for each declared constant ({names})")
    return {symbol: exact_number(symbol.name, value) for symbol, value in zip(symbols, values, strict=True)}


def named_values(
    symbols: Sequence[sympy.Symbol], given: Mapping[Any, Any], *, name: str = "values", every: bool = True
) -> dict[sympy.Symbol, sympy.Expr]:
    """Return values under their symbols, which may be given by name; refuse others, or too few."""
    names = {symbol.name: symbol for symbol in symbols}
    found = {}
    for key, value in given.items():
        if str(key) not in names:
            raise ValueError(f"{name}: got {key}; allowed: {', '.join(names) or 'none'}")
        found[names[str(key)]] = exact_number(str(key), value)
    missing = [text for text, symbol in names.items() if symbol not in found]
    if every and missing:
        raise ValueError(f"{name}: got none for {', '.join(missing)}; allowed: a number for each symbol")
    return found


def _mean(flow: Derivatives, data: ArrayLike | None) -> sympy.Expr:
    """Return the mean of the loss over the examples; by its moments where it is a polynomial in them."""
    rows = examples(data, len(flow.data))
    if not flow.data:
        return flow.loss
    if flow.loss.is_polynomial(*flow.data):
        total = sympy.S.Zero
        for powers, coefficient in sympy.Poly(flow.loss, *flow.data).terms():
            moment = float(np.mean(np.prod(rows ** np.array(powers), axis=1)))
            total += coefficient * sympy.Rational(repr(moment))
        return total
    exact = [[sympy.Rational(repr(float(x))) for x in row] for row in rows]
    return sympy.Add(*(flow.loss.subs(dict(zip(flow.data, row, strict=True))) for row in exact)) / len(exact)
