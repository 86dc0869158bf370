"""Induced values that are invertible functions of something else: what closes in that, closes in them."""

from collections.abc import Iterator, Mapping, Sequence

import sympy

from flowlab.symbolic.inducing.elimination import BOUND, eliminate, eliminate_by_roots, inverses, peeled
from flowlab.symbolic.inducing.relations import Work
from flowlab.symbolic.inducing.signs import Sign
from flowlab.symbolic.simplify import tidy

Values = Mapping[sympy.Symbol, sympy.Expr]


def eliminate_by_cores(
    expression: sympy.Expr, values: Values, parameters: Sequence[sympy.Symbol], work: Work
) -> sympy.Expr | None:
    """Rewrite an expression in terms of what is inside the induced values, and that in terms of these.

    Inside √(x² + y²) is u = x² + y², the square of it. It takes the place of one of its terms, too: of x², as u − y².

    Parameters
    ----------
    expression : Expr
    values : mapping of Symbol to Expr
        The induced values.
    parameters : sequence of Symbol
    work : Work
        Limits the search.

    Returns
    -------
    Expr or None
        None where nothing was found.

    Raises
    ------
    BudgetSpent

    Examples
    --------
    >>> x, y = sympy.symbols("x y", real=True)
    >>> r = sympy.Symbol("r", positive=True)
    >>> eliminate_by_cores(sympy.exp(2 * x + 2 * y) * (x + y), {r: sympy.exp(x + y)}, [x, y], Work())
    r**2*log(r)
    """
    if expression.has(*BOUND):
        return None
    cores: dict[sympy.Symbol, sympy.Expr] = {}
    back: dict[sympy.Symbol, sympy.Expr] = {}
    for symbol, value in values.items():
        core = _core(value, parameters)
        undone = peeled(value, core, symbol)
        if undone is None or undone.has(Sign) or core in parameters:
            core, undone = value, symbol
        inner = sympy.Dummy(symbol.name, real=core.is_real, positive=core.is_positive, nonnegative=core.is_nonnegative)
        cores[inner], back[inner] = core, undone
    changed = list(cores.values()) != list(values.values())
    for candidate in _candidates(expression, cores, parameters, work, changed):
        if candidate is not None and not candidate.free_symbols & set(parameters):
            return tidy(candidate.xreplace(back))
    return None


def _core(value: sympy.Expr, parameters: Sequence[sympy.Symbol]) -> sympy.Expr:
    """Return the part of a value that holds all its parameters, and more than one part of which does, or none."""
    while True:
        inside = [part for part in value.args if part.free_symbols & set(parameters)]
        if len(inside) != 1:
            return value
        (value,) = inside


def _candidates(
    expression: sympy.Expr, cores: Values, parameters: Sequence[sympy.Symbol], work: Work, changed: bool
) -> Iterator[sympy.Expr | None]:
    """Yield what may be the expression in terms of the cores; by the ways of induced values if they are no such."""
    known = inverses(cores, parameters)
    if changed:
        yield eliminate(expression, cores, parameters, known)
    if len(cores) == 1:
        ((inner, core),) = cores.items()
        for term in sympy.Add.make_args(sympy.expand(core)):
            coefficient, power = term.as_independent(*parameters, as_Add=False)
            if power != 1:
                yield sympy.expand(expression.subs(power, sympy.expand(power + (inner - core) / coefficient)))
    if changed:
        yield eliminate_by_roots(expression, cores, parameters, known, work)
