"""What a gradient flow conserves: polynomials found by linear algebra, and how many quantities there are in all.

After Marcotte, Gribonval and Peyré, "Abide by the law and follow the flow" (2023).
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any, final

import sympy
from sympy.polys.rings import PolyElement

from flowlab._arguments import count
from flowlab._checks import shown
from flowlab.symbolic._arguments import expression_of
from flowlab.symbolic.compiling.compile import Layout, compile_kernel
from flowlab.symbolic.conserving.fields import Fields, gradient_fields
from flowlab.symbolic.conserving.invariants import invariants, shortened
from flowlab.symbolic.conserving.lie import Echelon, Point, Span, dependent_kernels, measure_span
from flowlab.symbolic.derivatives import Derivatives
from flowlab.symbolic.limits import BudgetSpent, within

#: More unknown coefficients than these are not looked for.
_UNKNOWNS = 20_000


@final
@dataclass(frozen=True, eq=False)
class ConservedQuantities:
    """What a gradient flow conserves; made by `GradientFlow.conserved`.

    Attributes
    ----------
    quantities : tuple of Expr
        Polynomials in the parameters, functionally independent, lowest degrees first; every conserved polynomial up to
        `degree` is, near a generic point, a function of these.
    parameters, constants : tuple of Symbol
        Of the flow.
    degree : int
        Up to which they were looked for; fewer were needed where `complete`.
    parameterisation : tuple of Expr or None
        Where given, what is conserved is so under every loss that is a function of these; else under this loss.
    count : int or None
        How many independent conserved quantities there are near a generic point, polynomial or not; None where the
        counting was cut off.
    at_most : int
        The count is no more than this.
    proved : bool
        Whether the count is certain: as many were found as there can be. Otherwise it rests on three random points.
    cut : str
        What was cut off, and why; nothing otherwise.

    Examples
    --------
    >>> from flowlab.symbolic import GradientFlow
    >>> a, b = sympy.symbols("a b")
    >>> found = GradientFlow.from_loss((a * b - 1) ** 2 / 2, [a, b]).conserved()
    >>> found.quantities, found.count, found.complete
    ((a**2 - b**2,), 1, True)
    >>> print(found)
    1 independent conserved quantity, all found:
      a**2 - b**2
    """

    quantities: tuple[sympy.Expr, ...]
    parameters: tuple[sympy.Symbol, ...]
    constants: tuple[sympy.Symbol, ...]
    degree: int
    parameterisation: tuple[sympy.Expr, ...] | None
    count: int | None
    at_most: int
    proved: bool
    cut: str = ""

    @property
    def complete(self) -> bool:
        """Whether every conserved quantity is a function of those found, near a generic point."""
        return len(self.quantities) == self.count

    def __str__(self) -> str:
        """Say what was found of how many."""
        found = len(self.quantities)
        total = f"at most {self.at_most}" if self.count is None else str(self.count)
        noun = "quantity" if total == "1" else "quantities"
        if self.complete:
            ending = f", all found{':' if found else ''}"
        else:
            ending = f"; {found or 'none'} found among polynomials of degree <= {self.degree}{':' if found else ''}"
        lines = [f"{total} independent conserved {noun}{ending}", *(f"  {quantity}" for quantity in self.quantities)]
        return "\n".join(lines + [f"cut off: {self.cut}"] * bool(self.cut))

    def kernel(self) -> Callable[..., None]:
        """Return a jitted kernel ``(w, constants, out)`` of the quantities, as `GradientSystem.conserved` takes it.

        Returns
        -------
        kernel
            Writes the k quantities and then, for each, the sum of the absolute values of its terms.

        Raises
        ------
        CannotCompile
            If a quantity holds a function without a kernel.

        Examples
        --------
        >>> import numpy as np
        >>> from flowlab.symbolic import GradientFlow
        >>> a, b = sympy.symbols("a b")
        >>> kernel = GradientFlow.from_loss((a * b - 1) ** 2 / 2, [a, b]).conserved().kernel()
        >>> kernel(np.array([2.0, 1.0]), np.zeros(0), out := np.empty(2))
        >>> out
        array([3., 5.])
        """
        return conserved_kernel(self.quantities, self.parameters, self.constants)


def conserved_kernel(
    quantities: Sequence[sympy.Expr], parameters: Sequence[sympy.Symbol], constants: Sequence[sympy.Symbol]
) -> Callable[..., None]:
    """Compile quantities, and the size each would have if its terms did not cancel; see `ConservedQuantities.kernel`.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = sympy.symbols("a b")
    >>> conserved_kernel([a - b], [a, b], [])(np.array([2.0, 1.0]), np.zeros(0), out := np.empty(2))
    >>> out
    array([1., 3.])
    """
    terms = [sympy.Add.make_args(sympy.expand(quantity)) for quantity in quantities]
    sizes = [sympy.Add(*(sympy.Abs(term) for term in each), evaluate=False) for each in terms]
    return compile_kernel("induced", [*quantities, *sizes], Layout(tuple(parameters), tuple(constants)))


def find_conserved(
    flow: Derivatives,
    degree: int,
    parameterisation: Mapping[Any, Any] | Sequence[Any] | None,
    budget: float,
) -> ConservedQuantities:
    """Find and count; see `GradientFlow.conserved`.

    Examples
    --------
    >>> from flowlab.symbolic import GradientFlow
    >>> a, b, c = sympy.symbols("a b c")
    >>> flow = GradientFlow.from_loss((a * b * c - 1) ** 2 / 2, [a, b, c])
    >>> find_conserved(flow, 2, [a * b * c], 10.0).quantities
    (a**2 - b**2, a**2 - c**2)
    """
    size = len(flow.parameters)
    search = _Search(flow, _degree(degree, size), _functions(flow, parameterisation))
    try:
        within(budget, search.run)
    except BudgetSpent:
        search.cut = f"{search.doing}, after {budget:g} s of processor time"
    return search.result()


def quantities_of(flow: Derivatives, conserved: object, *, separable: bool) -> tuple[sympy.Expr, ...]:
    """Return the expressions of what is to be watched as conserved; they need not be so.

    Examples
    --------
    >>> from flowlab.symbolic import GradientFlow
    >>> a, b = sympy.symbols("a b")
    >>> quantities_of(GradientFlow.from_loss(a * b, [a, b]), [a**2 - b**2], separable=False)
    (a**2 - b**2,)
    """
    given = conserved.quantities if isinstance(conserved, ConservedQuantities) else conserved
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ValueError(f"conserved: got {shown(given)}; allowed: ConservedQuantities or a sequence of expressions")  # noqa: TRY004
    if given and separable:
        raise ValueError(f"conserved: got {len(given)} quantities with modes; allowed: none")
    return tuple(_known("conserved", value, flow) for value in given)


def _known(name: str, value: Any, flow: Derivatives) -> sympy.Expr:
    """Return a value as an expression in the symbols of a flow other than data; refuse other symbols."""
    expression = expression_of(name, value)
    if strange := sorted(map(str, expression.free_symbols - set(flow.parameters + flow.constants))):
        raise ValueError(
            f"{name}: got {shown(expression)} with {', '.join(strange)}; "
            "allowed: the parameters and constants of the flow"
        )
    return expression


class _Search:
    """A search that keeps what it has, so that it can be cut off."""

    def __init__(self, flow: Derivatives, degree: int, functions: tuple[sympy.Expr, ...] | None) -> None:
        self.flow, self.degree, self.functions = flow, degree, functions
        self.found: list[sympy.Expr] = []
        self.span, self.counted = Span(), False
        self.doing, self.cut = "the gradient", ""

    def run(self) -> None:
        """Look for polynomials up to degree 2, count, then look for those of higher degree if some are missing."""
        flow = self.flow
        fields = gradient_fields(self.functions or (flow.loss,), flow.parameters, () if self.functions else flow.data)
        size = len(flow.parameters)
        found: list[PolyElement] = []
        generator = random.Random(1)
        point, seen = Point(fields, generator), Echelon(fields.ring.domain)
        for degree in range(1, self.degree + 1):
            if len(self.found) + self.span.rank == size:
                break
            self.doing = f"the search at degree {degree}"
            for quantity in invariants(fields, degree):
                if len(found) < size - self.span.rank and seen.add(point.gradients([quantity])[0]):
                    found.append(shortened(quantity, found))
                    self.found.append(fields.expression(found[-1]))
            if degree == min(2, self.degree):
                self.doing = "the count"
                self._count(fields, size - len(self.found))
        self.doing = ""

    def _count(self, fields: Fields, most: int) -> None:
        if len(fields.vectors) > 1 and (kernels := dependent_kernels(fields)):
            self.cut = f"the count, as {', '.join(map(str, kernels))} may be related"
        else:
            measure_span(fields, most, self.span)

    def result(self) -> ConservedQuantities:
        """Return what there is."""
        size = len(self.flow.parameters)
        at_most = size - self.span.rank
        return ConservedQuantities(
            tuple(self.found),
            self.flow.parameters,
            self.flow.constants,
            self.degree,
            self.functions,
            at_most if self.span.closed or len(self.found) == at_most else None,
            at_most,
            len(self.found) == at_most,
            self.cut,
        )


def _functions(
    flow: Derivatives, parameterisation: Mapping[Any, Any] | Sequence[Any] | None
) -> tuple[sympy.Expr, ...] | None:
    """Return the functions of a parameterisation, checked; None for none."""
    if parameterisation is None:
        return None
    given = parameterisation.values() if isinstance(parameterisation, Mapping) else parameterisation
    if isinstance(given, (str, sympy.Expr)) or not isinstance(given, Iterable):
        raise ValueError(f"parameterisation: got {shown(given)}; allowed: several expressions in the parameters")  # noqa: TRY004
    functions = tuple(_known("parameterisation", value, flow) for value in given)
    if not functions:
        raise ValueError("parameterisation: got none; allowed: at least one expression in the parameters")
    return functions


def _degree(value: object, size: int) -> int:
    """Return a degree with which there are not too many unknowns."""
    degree = count("degree", value)
    unknowns = comb(size + degree, degree) - 1
    if unknowns > _UNKNOWNS:
        most = next((d for d in range(degree, 0, -1) if comb(size + d, d) - 1 <= _UNKNOWNS), 0)
        allowed = f"at most {most}, with {comb(size + most, most) - 1}" if most else "fewer parameters"
        raise ValueError(
            f"degree: got {degree} for {size} parameters, which is {unknowns} unknown coefficients; allowed: {allowed}"
        )
    return degree
