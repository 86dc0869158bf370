"""A loss and its derivatives: gradient, Hessian, sharpness, one step of descent."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike

from flowlab.symbolic._arguments import examples
from flowlab.symbolic.simplify import derivative, tidy, without_minus


@dataclass(frozen=True)
class Derivatives:
    """A loss with its symbols, and what is derived from it in SymPy; the part of `GradientFlow` without kernels.

    Attributes
    ----------
    loss, parameters, constants, data
        See `GradientFlow`.

    Examples
    --------
    >>> w = sympy.Symbol("w")
    >>> Derivatives(w**4, (w,)).hessian
    Matrix([[12*w**2]])
    """

    loss: sympy.Expr
    parameters: tuple[sympy.Symbol, ...]
    constants: tuple[sympy.Symbol, ...] = ()
    data: tuple[sympy.Symbol, ...] = ()

    @cached_property
    def gradient(self) -> tuple[sympy.Expr, ...]:
        """The derivatives ∂L/∂w, one for each parameter."""
        return tuple(tidy(derivative(self.loss, w)) for w in self.parameters)

    @cached_property
    def rhs(self) -> dict[sympy.Symbol, sympy.Expr]:
        """The right-hand side of the flow: each parameter with its dw/dt = −∂L/∂w."""
        return {w: without_minus(-g) for w, g in zip(self.parameters, self.gradient, strict=True)}

    @cached_property
    def hessian(self) -> sympy.ImmutableMatrix:
        """The matrix of second derivatives of the loss, shape (d, d)."""
        size = len(self.parameters)
        upper = {
            (i, j): tidy(derivative(self.gradient[i], self.parameters[j])) for i in range(size) for j in range(i, size)
        }
        return sympy.ImmutableMatrix(size, size, lambda i, j: upper[min(i, j), max(i, j)])

    @property
    def sharpness(self) -> sympy.Expr:
        """The largest eigenvalue of the Hessian, of one or two parameters; `sharpness_at` for more.

        With data, and one parameter, that of the loss of one example, of which the whole is the mean.
        """
        size = len(self.parameters)
        if size == 1:
            return self.hessian[0, 0]
        if size > 2:
            raise ValueError(
                f"sharpness: got a loss of {size} parameters, whose eigenvalues have no useful closed form; allowed: "
                "one or two parameters (use sharpness_at, or kernel('sharpness'), for its value at a point)"
            )
        if self.data:
            raise ValueError(
                "sharpness: got a loss averaged over examples, whose eigenvalues are not averaged; allowed: a loss "
                "without data, or of one parameter (use sharpness_at with data)"
            )
        first, mixed, second = self.hessian[0, 0], self.hessian[0, 1], self.hessian[1, 1]
        if mixed.is_zero and sympy.expand(first - second).is_zero:
            return first
        under = sympy.factor_terms((first - second) ** 2 + 4 * mixed**2)
        return (first + second + sympy.sqrt(under)) / 2

    def sharpness_at(self, values: Mapping[sympy.Symbol | str, float], *, data: ArrayLike | None = None) -> float:
        """Return the largest eigenvalue of the Hessian at a point.

        Parameters
        ----------
        values : mapping of Symbol or str to float
            A value for every symbol of the loss but data.
        data : array_like, shape (m, q), optional
            The examples over which the Hessian is averaged, where the loss has data.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If a symbol has no value, data are missing, or the Hessian has no finite real value there.

        Examples
        --------
        >>> a, b = sympy.symbols("a b")
        >>> from flowlab.symbolic import GradientFlow
        >>> GradientFlow.from_loss((a * b - 1) ** 2 / 2, [a, b]).sharpness_at({a: 1, b: 1})
        2.0
        """
        names = {symbol.name: symbol for symbol in self.loss.free_symbols | set(self.parameters)}
        given = {names.get(str(key), key): value for key, value in values.items()}
        missing = sorted(set(names.values()) - set(given) - set(self.data), key=str)
        if missing:
            raise ValueError(f"values: got none for {', '.join(map(str, missing))}; allowed: one for each symbol")
        matrix = self.hessian.subs(given)
        try:
            if not self.data:
                numbers = np.array(matrix.evalf().tolist(), dtype=np.float64)
            else:
                evaluate = sympy.lambdify(self.data, matrix, "numpy")
                numbers = np.mean([evaluate(*row) for row in examples(data, len(self.data))], axis=0)
        except TypeError:  # of complex numbers and infinities
            numbers = np.array([np.nan])
        if not np.isfinite(numbers).all():
            point = ", ".join(f"{symbol} = {value}" for symbol, value in given.items())
            raise ValueError(f"values: got {point}, where the Hessian is not finite and real; allowed: where it is")
        return float(np.linalg.eigvalsh(numbers)[-1])

    def descent_map(self, learning_rate: Any) -> dict[sympy.Symbol, sympy.Expr]:
        """Return one step of gradient descent, w − η ∂L/∂w.

        Parameters
        ----------
        learning_rate : Expr or float
            η, a symbol or a number.

        Returns
        -------
        dict of Symbol to Expr
            Each parameter with its next value.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow
        >>> w, eta = sympy.symbols("w eta")
        >>> GradientFlow.from_loss(w**2 / 2, w).descent_map(eta)
        {w: -eta*w + w}
        """
        rate = sympy.sympify(learning_rate)
        return {w: w - rate * g for w, g in zip(self.parameters, self.gradient, strict=True)}
