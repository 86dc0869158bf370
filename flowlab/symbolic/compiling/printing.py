"""Expressions as lines of Python that numba compiles well."""

# ruff: noqa: N802, N815 - the names of the methods are SymPy's

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom, BooleanFunction
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pycode import PythonCodePrinter

#: Functions of one argument and what they are called in a kernel. NumPy's names, where it has them: they give
#: inf where those of `math` raise when the kernel runs uncompiled.
_FUNCTIONS = {
    "exp": "np.exp",
    "log": "np.log",
    "sin": "np.sin",
    "cos": "np.cos",
    "tan": "np.tan",
    "asin": "np.arcsin",
    "acos": "np.arccos",
    "atan": "np.arctan",
    "sinh": "np.sinh",
    "cosh": "np.cosh",
    "tanh": "np.tanh",
    "asinh": "np.arcsinh",
    "acosh": "np.arccosh",
    "atanh": "np.arctanh",
    "floor": "np.floor",
    "ceiling": "np.ceil",
    "Abs": "abs",
    "erf": "math.erf",
    "erfc": "math.erfc",
    "gamma": "math.gamma",
    "loggamma": "math.lgamma",
}
_HEADS: tuple[Any, ...] = (sympy.Add, sympy.Mul, sympy.Pow, sympy.Symbol, sympy.Number, sympy.NumberSymbol)
_HEADS += (sympy.sign, sympy.Max, sympy.Min, sympy.Piecewise, Relational, BooleanFunction, BooleanAtom)


class CannotCompile(ValueError):  # noqa: N818 - read as a sentence
    """An expression has no kernel: it holds a function or a symbol that a kernel cannot evaluate."""


class _KernelPrinter(PythonCodePrinter):  # type: ignore[misc]
    """Python text with literal integer powers, correctly rounded constants and NumPy's functions."""

    def __init__(self, names: Mapping[sympy.Symbol, str]) -> None:
        super().__init__({"fully_qualified_modules": False})
        self._names = names

    def _print_Symbol(self, expression: Any) -> str:
        return self._names.get(expression, str(expression))

    _print_Dummy = _print_Symbol

    def _print_Rational(self, expression: Any) -> str:
        return repr(int(expression.p) / int(expression.q))

    def _print_Integer(self, expression: Any) -> str:
        return f"{int(expression)}.0" if abs(int(expression)) < 2**53 else repr(float(int(expression)))

    def _print_Float(self, expression: Any) -> str:
        return repr(float(expression))

    def _print_NumberSymbol(self, expression: Any) -> str:
        return repr(float(expression))

    _print_Half = _print_Rational
    _print_Exp1 = _print_Pi = _print_NumberSymbol

    def _print_Infinity(self, expression: Any) -> str:
        return "np.inf"

    def _print_NegativeInfinity(self, expression: Any) -> str:
        return "-np.inf"

    def _print_NaN(self, expression: Any) -> str:
        return "np.nan"

    def parenthesize(self, item: Any, level: int, strict: bool = False) -> str:
        if item.is_Rational and item.is_nonnegative:  # printed as one literal
            return str(self._print(item))
        return str(super().parenthesize(item, level, strict))

    def _atom(self, expression: Any) -> str:
        return str(self.parenthesize(expression, PRECEDENCE["Atom"], strict=True))

    def _print_Pow(self, expression: Any, rational: bool = False) -> str:
        base, exponent = expression.base, expression.exp
        if exponent.is_Integer and exponent == -1:
            return f"(1.0/{self._atom(base)})"
        if exponent.is_Integer and abs(exponent) < 2**15:
            # an integer literal: numba multiplies instead of calling pow
            return f"{self._atom(base)}**{int(exponent)}"
        if exponent == sympy.S.Half:
            return f"np.sqrt({self._print(base)})"
        if exponent == -sympy.S.Half:
            return f"(1.0/np.sqrt({self._print(base)}))"
        return f"{self._atom(base)}**({self._print(exponent)})"

    def _print_Function(self, expression: Any) -> str:
        return f"{_FUNCTIONS[type(expression).__name__]}({self._print(expression.args[0])})"

    _print_exp = _print_log = _print_Abs = _print_floor = _print_ceiling = _print_Function

    def _print_sign(self, expression: Any) -> str:
        inner = self._print(expression.args[0])
        return f"(1.0 if {inner} > 0.0 else (-1.0 if {inner} < 0.0 else 0.0))"


# every other listed function has a printer of its own upstream, by way of `math`
for _name in _FUNCTIONS:
    setattr(_KernelPrinter, f"_print_{_name}", _KernelPrinter._print_Function)


def check_compilable(expressions: Iterable[sympy.Expr], known: Iterable[sympy.Symbol]) -> None:
    """Refuse expressions that a kernel cannot evaluate.

    Parameters
    ----------
    expressions : iterable of Expr
    known : iterable of Symbol
        The symbols that have a place among a kernel's arguments.

    Raises
    ------
    CannotCompile
        Naming the symbol without a place, or the function without a kernel.

    Examples
    --------
    >>> check_compilable([sympy.Symbol("w") ** 2], [])
    Traceback (most recent call last):
        ...
    flowlab.symbolic.compiling.printing.CannotCompile: w has no value in w**2; allowed: parameters, and symbols declared
    under constants or data, or replaced by numbers with subs
    """
    places = set(known)
    for expression in expressions:
        if missing := sorted(expression.free_symbols - places, key=str):
            raise CannotCompile(
                f"{', '.join(map(str, missing))} has no value in {expression}; allowed: parameters, and "
                "symbols declared under constants or data, or replaced by numbers with subs"
            )
        for node in sympy.preorder_traversal(expression):
            single = type(node).__name__ in _FUNCTIONS and len(node.args) == 1
            tuples = type(node).__name__ in ("ExprCondPair",)
            if not (single or tuples or isinstance(node, _HEADS)) or node in (sympy.zoo, sympy.I):
                raise CannotCompile(
                    f"{node} has no kernel; allowed: arithmetic, powers, Piecewise, Max, Min, sign, "
                    + ", ".join(_FUNCTIONS)
                )


Assignment = tuple[sympy.Symbol, sympy.Expr]


def shared(expressions: Sequence[sympy.Expr]) -> tuple[list[Assignment], list[sympy.Expr]]:
    """Pull out what several expressions have in common.

    Powers of one base whose exponents differ by integers share one evaluation (``w**N = w**(N - 1) * w``);
    then common subexpressions in SymPy's sense.

    Parameters
    ----------
    expressions : sequence of Expr

    Returns
    -------
    assignments : list of (Symbol, Expr)
        To be evaluated in this order.
    results : list of Expr
        The expressions, in terms of the assigned symbols.

    Examples
    --------
    >>> w, N = sympy.symbols("w N", positive=True)
    >>> shared([w ** (N - 1) * (w**N - 1)])
    ([(_p_0, w**(N - 1))], [_p_0*(_p_0*w - 1)])
    """
    powers, reduced = _shared_powers(expressions)
    # dummies, which no symbol of the caller's can equal
    temporaries = (sympy.Dummy(f"t_{i}") for i in count())
    assignments, results = sympy.cse([value for _, value in powers] + reduced, symbols=temporaries, order="canonical")
    # the powers are assigned as soon as what they are made of is
    known: list[Assignment] = []
    waiting = [(name, value) for (name, _), value in zip(powers, results, strict=False)]
    names = {name for name, _ in waiting}
    pending = waiting + list(assignments)
    unassigned = names | {name for name, _ in assignments}
    while pending:
        ready = next(item for item in pending if not item[1].free_symbols & unassigned)
        pending.remove(ready)
        unassigned.discard(ready[0])
        known.append(ready)
    return known, list(results[len(powers) :])


def _shared_powers(expressions: Sequence[sympy.Expr]) -> tuple[list[Assignment], list[sympy.Expr]]:
    groups: dict[tuple[sympy.Expr, sympy.Expr], set[sympy.Expr]] = {}
    for expression in expressions:
        for power in expression.atoms(sympy.Pow):
            if power.base.is_Symbol and not power.exp.is_Integer:
                groups.setdefault((power.base, _fraction(power.exp)), set()).add(power.exp)
    assignments: list[Assignment] = []
    replaced: dict[sympy.Expr, sympy.Expr] = {}
    for (base, _), exponents in sorted(groups.items(), key=str):
        if len(exponents) > 1:
            lowest = min(exponents, key=lambda exponent: exponent.as_coeff_Add()[0])
            name = sympy.Dummy(f"p_{len(assignments)}", positive=base.is_positive)
            assignments.append((name, base**lowest))
            replaced |= {base**exponent: name * base ** (exponent - lowest) for exponent in exponents}
    return assignments, [expression.xreplace(replaced) for expression in expressions]


def _fraction(exponent: sympy.Expr) -> sympy.Expr:
    number, rest = exponent.as_coeff_Add()
    return rest + number - sympy.floor(number)


def text(expression: sympy.Expr, names: Mapping[sympy.Symbol, str]) -> str:
    """Write one expression as Python.

    Parameters
    ----------
    expression : Expr
    names : mapping of Symbol to str
        What the symbols are called in the kernel.

    Returns
    -------
    str

    Examples
    --------
    >>> w = sympy.Symbol("w")
    >>> text(w**3 / 3 + sympy.exp(w), {w: "w_0"})
    '0.3333333333333333*w_0**3 + np.exp(w_0)'
    """
    return str(_KernelPrinter(names).doprint(expression))
