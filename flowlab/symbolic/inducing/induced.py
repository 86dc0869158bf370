"""Induced dynamics: what functions of the parameters do under the gradient flow, in terms of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy
from sympy.polys.polyerrors import BasePolynomialError

from flowlab._checks import shown
from flowlab.symbolic.compiling.compile import LEARNING_RATE, Kernel, Layout, compile_kernel
from flowlab.symbolic.derivatives import Derivatives
from flowlab.symbolic.inducing.cores import eliminate_by_cores
from flowlab.symbolic.inducing.elimination import eliminate, eliminate_by_roots, inverses, without_open_signs
from flowlab.symbolic.inducing.relations import Work
from flowlab.symbolic.inducing.witness import Witness, find_witness
from flowlab.symbolic.limits import BudgetSpent
from flowlab.symbolic.sampling import agree
from flowlab.symbolic.simplify import tidy, without_minus

_KERNELS = ("values", "flow", "descent")
#: How many terms of polynomials a closed form with roots is looked for in, one induced value at a time.
_MOST_TERMS = 500_000


class DoesNotClose(ValueError):  # noqa: N818 - read as a sentence
    """Induced dynamics still contain parameters: because they must, or because no closed form was found.

    Attributes
    ----------
    name : str
        The induced value.
    expression : Expr
        Its derivative or next value, as far as it could be rewritten.
    parameters : tuple of Symbol
        The parameters that remain.
    witness : Witness or None
        Two points of equal induced values at which the derivative, or next value, differs: with these it is a
        fact that the dynamics do not close. Without, they may close in a way that was not found.
    """

    def __init__(
        self,
        name: str,
        expression: sympy.Expr,
        parameters: tuple[sympy.Symbol, ...],
        *,
        quantity: str = "derivative",
        witness: Witness | None = None,
        tried: str = "",
    ) -> None:
        left = f"its {quantity} {expression} still contains {', '.join(map(str, parameters))}"
        if witness is None:
            known = f"no closed form found for its induced dynamics: {left}; tried {tried}"
        else:
            known = f"its induced dynamics do not close: {left}; {witness}"
        super().__init__(
            f"{name}: {known}; allowed: further induced values that express the rest, symbols declared real or "
            "positive where they are, or else to integrate the parameters themselves"
        )
        self.name = name
        self.expression = expression
        self.parameters = parameters
        self.witness = witness


@dataclass(frozen=True, eq=False)
class InducedFlow:
    """The dynamics of induced values σ(w) under a gradient flow; made by `GradientFlow.induced`.

    Attributes
    ----------
    of_flow : GradientFlow
        The flow of the parameters.
    values : dict of Symbol to Expr
        Each induced value in terms of the parameters.

    Examples
    --------
    >>> from flowlab.symbolic import GradientFlow
    >>> w, s, eta = sympy.symbols("w s eta", positive=True)
    >>> induced = GradientFlow.from_loss((w**2 - s) ** 2 / 8, w, constants=s).induced(sigma=w**2)
    >>> induced.rhs
    {sigma: sigma*(s - sigma)}
    >>> induced.descent_map(eta)
    {sigma: sigma*(eta*(s - sigma)/2 + 1)**2}
    """

    of_flow: Derivatives
    values: dict[sympy.Symbol, sympy.Expr]

    @classmethod
    def of(cls, flow: Derivatives, values: Mapping[sympy.Symbol, Any], named: Mapping[str, Any]) -> "InducedFlow":
        """Check the induced values and give symbols to the named ones; see `GradientFlow.induced`.

        Raises
        ------
        ValueError
            If there is no induced value, one depends on no parameter, or its name is taken.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow
        >>> w = sympy.Symbol("w")
        >>> InducedFlow.of(GradientFlow.from_loss(w**2, w), {}, {"w": w**3})
        Traceback (most recent call last):
            ...
        ValueError: induced: got the name w, which the loss uses already; allowed: another name
        """
        symbols = {symbol: sympy.sympify(value) for symbol, value in values.items()}
        for name, value in named.items():
            expression = sympy.sympify(value)
            known = {fact: getattr(expression, f"is_{fact}") for fact in ("positive", "nonnegative", "real")}
            symbols[sympy.Symbol(name, **{fact: True for fact, told in known.items() if told})] = expression
        if not symbols:
            raise ValueError("induced: got no value; allowed: at least one function of the parameters")
        taken = {symbol.name for symbol in flow.loss.free_symbols | set(flow.parameters)}
        for symbol, expression in symbols.items():
            if not isinstance(symbol, sympy.Symbol):
                raise ValueError(f"induced: got the key {shown(symbol)}; allowed: symbols")  # noqa: TRY004
            if symbol.name in taken:
                raise ValueError(f"induced: got the name {symbol}, which the loss uses already; allowed: another name")
            taken.add(symbol.name)
            if not expression.free_symbols & set(flow.parameters):
                raise ValueError(f"induced: got {symbol} = {expression}; allowed: functions of the parameters")
            if expression.free_symbols & set(flow.data):
                raise ValueError(f"induced: got {symbol} = {expression} with data; allowed: parameters, constants")
        return cls(flow, symbols)

    @cached_property
    def inverse(self) -> dict[sympy.Symbol, sympy.Expr]:
        """The parameters in terms of the induced values, for as many as one could be solved for."""
        return without_open_signs(self._branches)

    @cached_property
    def _branches(self) -> dict[sympy.Symbol, sympy.Expr]:
        """The same, with those of which the induced values leave a sign open."""
        return inverses(self.values, self.of_flow.parameters)

    @cached_property
    def rhs(self) -> dict[sympy.Symbol, sympy.Expr]:
        """Each induced value with its dσ/dt, in terms of the induced values (Gissin et al. 2020, eq. 4).

        Raises `DoesNotClose` where parameters remain. A closed form agrees with the chain rule at random points, to
        25 digits, or it is not returned. With data, the derivative is that for one example; it
        is averaged over the examples.
        """
        parameters, gradient = self.of_flow.parameters, self.of_flow.gradient
        return {
            symbol: self._closed(
                symbol,
                sympy.Add(*(-g * value.diff(w) for w, g in zip(parameters, gradient, strict=True))),
                "derivative",
            )
            for symbol, value in self.values.items()
        }

    def descent_map(self, learning_rate: Any) -> dict[sympy.Symbol, sympy.Expr]:
        """Return the next induced values under a step of gradient descent (Gissin et al. 2020, eq. 9).

        Parameters
        ----------
        learning_rate : Expr or float
            η, a symbol or a number.

        Returns
        -------
        dict of Symbol to Expr
            Each induced value with its next one, in terms of the induced values.

        Raises
        ------
        DoesNotClose
            If parameters remain.
        ValueError
            If the loss has data: the step is then no mean over examples.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow
        >>> w, s, eta, N = sympy.symbols("w s eta N", positive=True)
        >>> flow = GradientFlow.from_loss((w**N - s) ** 2 / (2 * N**2), w, constants=[s, N])
        >>> flow.induced(sigma=w**N).descent_map(eta)
        {sigma: sigma*(1 + eta*sigma**(1 - 2/N)*(s - sigma)/N)**N}
        """
        if self.of_flow.data:
            raise ValueError("data: got a loss averaged over examples; allowed: a loss without data")
        rate = sympy.sympify(learning_rate)
        step = self.of_flow.descent_map(rate)
        gradient = dict(zip(self.of_flow.parameters, self.of_flow.gradient, strict=True))
        result, question = {}, (self.values, self.of_flow.parameters)
        for symbol, value in self.values.items():
            factors = _positive_monomial(value, self.of_flow.parameters)
            if factors is not None:
                # w^k (1 − η g/w)^k: the form of the paper, and the factor that says how fast σ grows
                growth = {w: without_minus(tidy(-rate * gradient[w] / w)) for w in factors}
                closed = {w: eliminate(g, *question, self._branches) for w, g in growth.items()}
                if all(agree(growth[w], closed[w], *question) for w in factors):
                    powers = ((1 + without_minus(closed[w])) ** k for w, k in factors.items())
                    result[symbol] = symbol * sympy.Mul(*powers)
                    continue
            result[symbol] = self._closed(symbol, value.xreplace(step), "next value")
        return result

    def _closed(self, symbol: sympy.Symbol, expression: sympy.Expr, quantity: str) -> sympy.Expr:
        """Rewrite in terms of the induced values, and look whether the numbers agree; else say what is known."""
        parameters = self.of_flow.parameters
        question = self.values, parameters
        result = eliminate(expression, *question, self._branches)
        if agree(expression, result, *question):
            return without_minus(result)
        tried = "inverses, substitution, polynomials and roots of the induced values"
        witness = find_witness(expression, *question, thorough=False)
        if witness is None:
            try:
                closed = eliminate_by_roots(expression, *question, self._branches, Work(_MOST_TERMS))
                if closed is None:
                    closed = eliminate_by_cores(expression, *question, Work(_MOST_TERMS))
            except (BudgetSpent, BasePolynomialError, NotImplementedError) as reason:
                closed, tried = None, f"{tried}, given up ({reason})"
            if closed is not None and agree(expression, closed, *question):
                return without_minus(closed)
            witness = find_witness(expression, *question)
        left = sorted(result.free_symbols & set(parameters), key=str)
        raise DoesNotClose(symbol.name, result, tuple(left), quantity=quantity, witness=witness, tried=tried)

    def kernel(self, name: str, *, separable: bool = False) -> Kernel:
        """Return a jitted kernel, compiled at the first call and kept on disk.

        Parameters
        ----------
        name : {"values", "flow", "descent"}
            ``values`` is called as ``(w, constants, out)`` and writes σ(w); ``flow`` as
            ``(sigma, constants, data, rows, out)`` and writes dσ/dt; ``descent`` as
            ``(sigma, learning_rate, constants, data, rows, out)`` and writes the next induced values.
        separable : bool, optional
            Replicate one induced value of one parameter over modes, as in `GradientFlow.kernel`.

        Returns
        -------
        kernel

        Raises
        ------
        DoesNotClose
            For ``flow`` and ``descent``, if parameters remain.
        ValueError
            If there is no such kernel, or the layout does not fit.

        Examples
        --------
        >>> import numpy as np
        >>> from flowlab.symbolic import GradientFlow
        >>> w = sympy.Symbol("w", positive=True)
        >>> values = GradientFlow.from_loss(w**4, w).induced(sigma=w**2).kernel("values")
        >>> out = np.empty(1)
        >>> values(np.array([3.0]), np.zeros(0), out)
        >>> out
        array([9.])
        """
        if name not in _KERNELS:
            raise ValueError(f"name: got {shown(name)}; allowed: {', '.join(_KERNELS)}")
        if separable and len(self.values) != 1:
            raise ValueError(f"induced: got {len(self.values)} values; allowed: one, replicated over the modes")
        flow = self.of_flow
        if name == "values":
            layout = Layout(flow.parameters, flow.constants, separable=separable)
            return compile_kernel("induced", list(self.values.values()), layout)
        layout = Layout(tuple(self.values), flow.constants, flow.data, separable=separable)
        if name == "flow":
            return compile_kernel("flow", list(self.rhs.values()), layout)
        return compile_kernel("descent", list(self.descent_map(LEARNING_RATE).values()), layout)


def _positive_monomial(
    expression: sympy.Expr, parameters: tuple[sympy.Symbol, ...]
) -> dict[sympy.Symbol, sympy.Expr] | None:
    """Return the exponents of a monomial in positive parameters; None where it is something else."""
    exponents = {}
    for factor in sympy.Mul.make_args(expression):
        base, exponent = factor.as_base_exp()
        if base in parameters and base.is_positive and not exponent.free_symbols & set(parameters):
            exponents[base] = exponent
        elif factor.free_symbols & set(parameters):
            return None
    return exponents
