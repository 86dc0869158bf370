"""From expressions to jitted kernels with the signatures of `flowlab.dynamics.signatures`.

A kernel is a generated module of one function, written to the cache folder and imported from there. There are
two layouts. In the *general* one, d parameters stand for themselves; where the expressions contain data, they
are those of one example, and the kernel averages over `rows`. In the *separable* one, expressions of a single
parameter are replicated over n modes: `w` has size n, the constants are of shape (n_constants, n), flattened
row by row, a loss is the sum over the modes, a Hessian diagonal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy

from flowlab._kernel_cache import load
from flowlab.symbolic.compiling.printing import check_compilable, shared, text

#: The symbol of the learning rate η in expressions handed to `compile_kernel`; no other symbol equals it.
LEARNING_RATE = sympy.Dummy("learning_rate", positive=True)

Kernel: TypeAlias = Callable[..., Any]

_ROWS = "constants, data, rows"
#: What each kind of kernel takes, its signature, and what it makes of its expressions.
_KINDS = {
    "loss": (f"w, {_ROWS}", "LOSS", "scalar"),
    "sharpness": (f"w, {_ROWS}", "LOSS", "eigenvalue"),
    "gradient": (f"w, {_ROWS}, out", "GRADIENT", "vector"),
    "flow": (f"w, {_ROWS}, out", "GRADIENT", "vector"),
    "hessian": (f"w, {_ROWS}, out", "HESSIAN", "matrix"),
    "descent": (f"w, learning_rate, {_ROWS}, out", "DESCENT", "vector"),
    "induced": ("w, constants, out", "INDUCED", "vector"),
    "switches": (f"w, {_ROWS}, out", "GRADIENT", "switches"),
    "normals": (f"w, {_ROWS}, out", "HESSIAN", "normals"),
}


@dataclass(frozen=True)
class Layout:
    """Which symbol stands at which place of a kernel's arrays.

    Attributes
    ----------
    parameters, constants, data : tuple of Symbol
        In the order of their entries in `w`, `constants` and a row of `data`.
    separable : bool
        Whether the one parameter is replicated over modes.
    row_sides : tuple of Symbol
        The sides of kinks that each example has for itself: behind the constants stand the sides of the first for
        all examples, then those of the second, and so on.
    """

    parameters: tuple[sympy.Symbol, ...]
    constants: tuple[sympy.Symbol, ...] = ()
    data: tuple[sympy.Symbol, ...] = ()
    separable: bool = False
    row_sides: tuple[sympy.Symbol, ...] = ()

    def __post_init__(self) -> None:
        if self.separable and len(self.parameters) != 1:
            raise ValueError(
                f"modes: got a loss of {len(self.parameters)} parameters; allowed: losses of one parameter"
            )
        if self.separable and self.data:
            raise ValueError("modes: got a loss with data; allowed: losses without data, one for each mode")


def compile_kernel(kind: str, expressions: Sequence[sympy.Expr], layout: Layout) -> Kernel:
    """Compile expressions to a jitted kernel.

    Parameters
    ----------
    kind : {"loss", "sharpness", "gradient", "flow", "hessian", "descent", "induced", "switches", "normals"}
        Which arguments the kernel takes, and what becomes of the expressions: one number, the largest
        eigenvalue of a symmetric matrix, or an array written into `out`. ``"descent"`` takes the learning
        rate after `w`. ``"switches"`` and ``"normals"``, their derivatives row by row, are not averaged: one is written
        for each mode, or for each example in the order of the layout's `row_sides`, those of no example first.
    expressions : sequence of Expr
        One for each number of the result; a matrix row by row. With data, those of one example. In the
        separable layout, that of one mode.
    layout : Layout

    Returns
    -------
    kernel
        With one explicit signature, so that it can be handed to an integrator as a function pointer. The
        generated text is in the file ``kernel.__code__.co_filename``.

    Raises
    ------
    CannotCompile
        If an expression holds a symbol without a place or a function without a kernel.

    Examples
    --------
    >>> import numpy as np
    >>> w, s = sympy.symbols("w s", positive=True)
    >>> gradient = compile_kernel("gradient", [w * (w**2 - s)], Layout((w,), (s,), separable=True))
    >>> out = np.empty(2)
    >>> gradient(np.array([1.0, 2.0]), np.array([3.0, 5.0]), np.zeros((0, 0)), np.zeros(0, np.int64), out)
    >>> out
    array([-2., -2.])
    """
    function: Kernel = getattr(load(kernel_source(kind, expressions, layout)), kind)
    return function


def kernel_source(kind: str, expressions: Sequence[sympy.Expr], layout: Layout) -> str:
    """Return the module text that `compile_kernel` compiles.

    Parameters
    ----------
    kind, expressions, layout
        As for `compile_kernel`.

    Returns
    -------
    str

    Raises
    ------
    CannotCompile
        As for `compile_kernel`.

    Examples
    --------
    >>> w = sympy.Symbol("w")
    >>> print(kernel_source("loss", [w**2 / 2], Layout((w,))))
    # Generated by flowlab from an expression; edits are overwritten.
    import math
    import numpy as np
    from flowlab._jit import typed_kernel
    from flowlab.dynamics.signatures import LOSS
    <BLANKLINE>
    <BLANKLINE>
    @typed_kernel(LOSS)
    def loss(w, constants, data, rows):
        w_0 = w[0]  # w
        return 0.5*w_0**2
    <BLANKLINE>
    """
    arguments, signature, shape = _KINDS[kind]
    expressions = [sympy.sympify(expression) for expression in expressions]
    rate = (LEARNING_RATE,) if kind == "descent" else ()
    check_compilable(expressions, layout.parameters + layout.constants + layout.data + layout.row_sides + rate)
    # the symmetric half is enough
    size = len(layout.parameters)
    symmetric = shape in ("matrix", "eigenvalue")
    places = [(i, j) for i in range(size) for j in range(i, size)] if symmetric else []
    kept = [expressions[i * size + j] for i, j in places] if symmetric else expressions
    body = _separable_body if layout.separable else _general_body
    home = "flowlab.symbolic.compiling.signatures" if signature == "DESCENT" else "flowlab.dynamics.signatures"
    return "\n".join(
        [
            "# Generated by flowlab from an expression; edits are overwritten.",
            "import math",
            "import numpy as np",
            "from flowlab._jit import typed_kernel",
            f"from {home} import {signature}",
            "",
            "",
            f"@typed_kernel({signature})",
            f"def {kind}({arguments}):",
            *("    " + line for line in body(shape, kept, places, layout)),
            "",
        ]
    )


def _general_body(
    shape: str, expressions: list[sympy.Expr], places: list[tuple[int, int]], layout: Layout
) -> list[str]:
    names: dict[sympy.Symbol, str] = {LEARNING_RATE: "learning_rate"}
    lines: list[str] = []
    used = set().union(*(expression.free_symbols for expression in expressions))
    for letter, array, symbols in (("w", "w", layout.parameters), ("c", "constants", layout.constants)):
        for i, symbol in enumerate(symbols):
            names[symbol] = f"{letter}_{i}"
            if symbol in used:
                lines.append(f"{letter}_{i} = {array}[{i}]  # {symbol}")
    assignments, results = shared(expressions)
    inner: list[str] = []
    varying = {*layout.data, *layout.row_sides}
    for i, symbol in enumerate(layout.data):
        names[symbol] = f"x_{i}"
        if symbol in used:
            inner.append(f"x_{i} = data[row, {i}]  # {symbol}")
    for i, symbol in enumerate(layout.row_sides):
        names[symbol] = f"s_{i}"
        if symbol in used:
            inner.append(f"s_{i} = constants[{len(layout.constants)} + {i}*data.shape[0] + row]")
    names |= {name: name.name for name, _ in assignments}
    for name, value in assignments:
        line = f"{names[name]} = {text(value, names)}"
        if value.free_symbols & varying:
            varying.add(name)
            inner.append(line)
        else:
            lines.append(line)
    values = [text(result, names) for result in results]
    if shape in ("switches", "normals"):
        return [*lines, *_each(shape, values, inner, layout)]
    if layout.data:
        lines += [f"sum_{i} = 0.0" for i in range(len(values))]
        inner += [f"sum_{i} += {value}" for i, value in enumerate(values)]
        lines += ["for k in range(rows.size):", "    row = rows[k]", *("    " + line for line in inner)]
        values = [f"sum_{i}/rows.size" for i in range(len(values))]
    if shape == "scalar":
        return [*lines, f"return {values[0]}"]
    if shape == "vector":
        return [*lines, *(f"out[{i}] = {value}" for i, value in enumerate(values))]
    size = len(layout.parameters)
    if shape == "eigenvalue":
        if size == 1:
            return [*lines, f"return {values[0]}"]
        lines.append(f"out = np.empty(({size}, {size}))")
    for (i, j), value in zip(places, values, strict=True):
        lines.append(f"out[{i}, {j}] = {value}")
        if i != j:
            lines.append(f"out[{j}, {i}] = out[{i}, {j}]")
    return lines if shape == "matrix" else [*lines, "return np.linalg.eigvalsh(out)[-1]"]


def _each(shape: str, values: list[str], inner: list[str], layout: Layout) -> list[str]:
    """Write what each kink has: first those of no example, then for every example."""
    width = len(layout.parameters) if shape == "normals" else 1
    alone = len(values) // width - len(layout.row_sides)
    lines, each = [], []
    for place, value in enumerate(values):
        kink, i = divmod(place, width)
        entry = f", {i}" if shape == "normals" else ""
        if kink < alone:
            lines.append(f"out[{kink}{entry}] = {value}")
        else:
            each.append(f"out[{alone} + {kink - alone}*data.shape[0] + row{entry}] = {value}")
    if each:
        lines += ["for row in range(data.shape[0]):", *("    " + line for line in [*inner, *each])]
    return lines


def _separable_body(
    shape: str, expressions: list[sympy.Expr], _places: list[tuple[int, int]], layout: Layout
) -> list[str]:
    (parameter,) = layout.parameters
    used = set().union(*(expression.free_symbols for expression in expressions))
    names = {LEARNING_RATE: "learning_rate", parameter: "w_0"}
    lines = ["modes = w.size"]
    inner = [f"w_0 = w[i]  # {parameter}"]
    for k, symbol in enumerate(layout.constants):
        names[symbol] = f"c_{k}"
        if symbol in used:
            inner.append(f"c_{k} = constants[{k}*modes + i]  # {symbol}")
    assignments, results = shared(expressions)
    names |= {name: name.name for name, _ in assignments}
    inner += [f"{names[name]} = {text(value, names)}" for name, value in assignments]
    values = [text(result, names) for result in results]
    if shape in ("switches", "normals"):
        entry = ", i" if shape == "normals" else ""
        inner += [f"out[{k}*modes + i{entry}] = {value}" for k, value in enumerate(values)]
        before = ["out[:, :] = 0.0"] if shape == "normals" else []
        return [*lines, *before, "for i in range(modes):", *("    " + line for line in inner)]
    (value,) = values
    before, each, after = {
        "scalar": (["total = 0.0"], f"total += {value}", ["return total"]),
        "vector": ([], f"out[i] = {value}", []),
        "matrix": (["out[:, :] = 0.0"], f"out[i, i] = {value}", []),
        "eigenvalue": (["largest = -np.inf"], f"largest = max(largest, {value})", ["return largest"]),
    }[shape]
    return [*lines, *before, "for i in range(modes):", *("    " + line for line in [*inner, each]), *after]
