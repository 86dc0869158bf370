"""Induced dynamics: what functions of the parameters do under the gradient flow, in terms of themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy

from flowlab._checks import shown
from flowlab.symbolic.compile import LEARNING_RATE, Layout, compile_kernel
from flowlab.symbolic.elimination import eliminate, inverses
from flowlab.symbolic.simplify import tidy, without_minus

if TYPE_CHECKING:
    from flowlab.symbolic.gradient_flow import GradientFlow

Kernel = Callable[..., Any]
_KERNELS = ("values", "flow", "descent")


class DoesNotClose(ValueError):  # noqa: N818 - read as a sentence
    """Induced dynamics still contain parameters.

    Attributes
    ----------
    name : str
        The induced value.
    expression : Expr
        Its derivative or next value, as far as it could be rewritten.
    parameters : tuple of Symbol
        The parameters that remain.
    """

    def __init__(self, name: str, expression: sympy.Expr, parameters: tuple[sympy.Symbol, ...]) -> None:
        left = ", ".join(map(str, parameters))
        super().__init__(
            f"{name}: its induced dynamics do not close: {expression} still contains {left}; allowed: "
            "further induced values that express the rest, symbols declared positive where they are, or else "
            "to integrate the parameters themselves"
        )
        self.name = name
        self.expression = expression
        self.parameters = parameters


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

    of_flow: "GradientFlow"
    values: dict[sympy.Symbol, sympy.Expr]

    @classmethod
    def of(cls, flow: "GradientFlow", values: Mapping[sympy.Symbol, Any], named: Mapping[str, Any]) -> "InducedFlow":
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
            symbols[sympy.Symbol(name, positive=expression.is_positive, real=expression.is_real)] = expression
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
        return inverses(self.values, self.of_flow.parameters)

    @cached_property
    def rhs(self) -> dict[sympy.Symbol, sympy.Expr]:
        """Each induced value with its dσ/dt, in terms of the induced values (Gissin et al. 2020, eq. 4).

        Raises `DoesNotClose` where parameters remain. With data, the derivative is that for one example; it
        is averaged over the examples.
        """
        parameters, gradient = self.of_flow.parameters, self.of_flow.gradient
        return {
            symbol: self._closed(
                symbol,
                sympy.Add(*(-g * value.diff(w) for w, g in zip(parameters, gradient, strict=True))),
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
        result = {}
        for symbol, value in self.values.items():
            factors = _positive_monomial(value, self.of_flow.parameters)
            if factors is None:
                result[symbol] = self._closed(symbol, value.xreplace(step))
            else:
                # w^k (1 − η g/w)^k: the form of the paper, and the factor that says how fast σ grows
                growth = {w: self._closed(symbol, without_minus(tidy(-rate * gradient[w] / w))) + 1 for w in factors}
                result[symbol] = symbol * sympy.Mul(*(growth[w] ** k for w, k in factors.items()))
        return result

    def _closed(self, symbol: sympy.Symbol, expression: sympy.Expr) -> sympy.Expr:
        result = eliminate(expression, self.values, self.of_flow.parameters, self.inverse)
        left = sorted(result.free_symbols & set(self.of_flow.parameters), key=str)
        if left:
            raise DoesNotClose(symbol.name, result, tuple(left))
        return without_minus(result)

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
