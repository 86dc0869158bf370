"""Gradient flow from a loss: derived once, in SymPy, and handed on in every form a solver asks for."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import sympy

from flowlab.symbolic._arguments import budget_of, declared, expression_of
from flowlab.symbolic.conserving.conserved import ConservedQuantities, find_conserved
from flowlab.symbolic.inducing.induced import InducedFlow
from flowlab.symbolic.limits import BUDGET
from flowlab.symbolic.running import Runs
from flowlab.symbolic.solving._solving import Solves


@final
class GradientFlow(Solves, Runs):
    """The gradient flow dw/dt = −∂L/∂w of a loss L, in the time of the flow.

    Made by `from_loss`; everything else is derived from the loss, when it is asked for.

    Attributes
    ----------
    loss : Expr
        With data, the loss of one example; the loss proper is its mean over the examples.
    parameters : tuple of Symbol
        What is trained.
    constants : tuple of Symbol
        What a compiled kernel is given as numbers besides the parameters (targets, depth).
    data : tuple of Symbol
        The entries of one example.

    Examples
    --------
    The toy model of Gissin et al. 2020 (section 2), at any depth N:

    >>> w, target, N = sympy.symbols("w target N", positive=True)
    >>> flow = GradientFlow.from_loss((w**N - target) ** 2 / (2 * N**2), w, constants=[target, N])
    >>> flow.rhs
    {w: w**(N - 1)*(target - w**N)/N}
    >>> flow.induced(sigma=w**N).rhs
    {sigma: sigma**(2 - 2/N)*(-sigma + target)}
    """

    @classmethod
    def from_loss(
        cls,
        loss: sympy.Expr,
        parameters: sympy.Symbol | Sequence[sympy.Symbol],
        *,
        constants: sympy.Symbol | Sequence[sympy.Symbol] = (),
        data: sympy.Symbol | Sequence[sympy.Symbol] = (),
    ) -> "GradientFlow":
        """Derive the gradient flow of a loss.

        Parameters
        ----------
        loss : Expr
        parameters : Symbol or sequence of Symbol
            What is trained.
        constants : Symbol or sequence of Symbol, optional
            Symbols that compiled kernels receive as an array, in this order.
        data : Symbol or sequence of Symbol, optional
            The entries of one example, where `loss` is the loss of one example.

        Returns
        -------
        GradientFlow

        Raises
        ------
        ValueError
            If the loss is no expression, a symbol is declared twice or nowhere, or the loss has a symbol of a
            declared one's name but with other assumptions.

        Examples
        --------
        >>> a, b = sympy.symbols("a b")
        >>> GradientFlow.from_loss((a * b - 1) ** 2 / 2, [a, b]).gradient
        (b*(a*b - 1), a*(a*b - 1))
        """
        expression = expression_of("loss", loss)
        # SymPy's derivative of its step is no function: that of a sign is 0 off the kink
        expression = expression.replace(sympy.Heaviside, lambda x, *at: (1 + sympy.sign(x)) / 2)
        groups = {"parameters": parameters, "constants": constants, "data": data}
        named = declared(expression, groups)
        return cls(expression, named["parameters"], named["constants"], named["data"])

    def subs(self, values: Mapping[sympy.Symbol, Any]) -> "GradientFlow":
        """Replace constants by values before anything is derived.

        A depth given as an integer makes every power of the compiled kernel a literal one, which is
        multiplied out.

        Parameters
        ----------
        values : mapping of Symbol to number or Expr

        Returns
        -------
        GradientFlow

        Raises
        ------
        ValueError
            If a parameter or a data symbol is to be replaced.

        Examples
        --------
        >>> w, s, N = sympy.symbols("w s N", positive=True)
        >>> flow = GradientFlow.from_loss((w**N - s) ** 2 / (2 * N**2), w, constants=[s, N])
        >>> flow.subs({N: 3}).rhs, flow.subs({N: 3}).constants
        ({w: w**2*(s - w**3)/3}, (s,))
        """
        for symbol in values:
            if symbol in self.parameters + self.data:
                raise ValueError(f"values: got the parameter or data symbol {symbol}; allowed: constants")
        return GradientFlow(
            self.loss.subs(values),
            self.parameters,
            tuple(symbol for symbol in self.constants if symbol not in values),
            self.data,
        )

    def modified(self, learning_rate: Any) -> "GradientFlow":
        """Return the gradient flow of the modified loss L + (η/4) |∇L|².

        Descent with learning rate η follows this flow with an error of order η², where it follows that of L
        with one of order η (backward error analysis; Hairer, Lubich & Wanner 2006, chapter IX; Barrett &
        Dherin 2021).

        Parameters
        ----------
        learning_rate : Expr or float
            η; undeclared symbols become the last of the constants.

        Returns
        -------
        GradientFlow

        Raises
        ------
        ValueError
            If the loss has data: the gradient of a mean, squared, is no mean over examples.

        Examples
        --------
        >>> w, eta = sympy.symbols("w eta")
        >>> flow = GradientFlow.from_loss(w**2 / 2, w).modified(eta)
        >>> flow.loss, flow.constants
        (eta*w**2/4 + w**2/2, (eta,))
        """
        if self.data:
            raise ValueError("data: got a loss averaged over examples; allowed: a loss without data")
        rate = sympy.sympify(learning_rate)
        correction = sum((g**2 for g in self.gradient), sympy.Integer(0))
        new = tuple(sorted(rate.free_symbols - set(self.constants), key=str))
        return GradientFlow.from_loss(
            self.loss + rate / 4 * correction, self.parameters, constants=self.constants + new
        )

    def induced(self, values: Mapping[sympy.Symbol, sympy.Expr] | None = None, /, **named: sympy.Expr) -> InducedFlow:
        """Return the dynamics of functions of the parameters, in terms of these functions alone.

        By the chain rule dσ/dt = −Σ_i (∂σ/∂w_i)(∂L/∂w_i), and the parameters are then eliminated.

        Parameters
        ----------
        values : mapping of Symbol to Expr, optional
            The induced values, each under a symbol of one's own.
        **named : Expr
            The induced values by name, as in ``induced(sigma=w**N)``; their symbols are positive, nonnegative or
            real where the expression is known to be.

        Returns
        -------
        InducedFlow

        Raises
        ------
        DoesNotClose
            From its `rhs` and `descent_map`, where parameters remain.
        ValueError
            If there is none, or a name is taken.

        Examples
        --------
        >>> a, b = sympy.symbols("a b", positive=True)
        >>> flow = GradientFlow.from_loss((a * b - 1) ** 2 / 2, [a, b])
        >>> flow.induced(product=a * b, norm=a**2 + b**2).rhs
        {product: norm*(1 - product), norm: 4*product*(1 - product)}
        """
        return InducedFlow.of(self, dict(values or {}), named)

    def conserved(
        self,
        degree: int = 2,
        *,
        parameterisation: Mapping[Any, sympy.Expr] | Sequence[sympy.Expr] | None = None,
        budget: float = BUDGET,
        seconds: float | None = None,
    ) -> ConservedQuantities:
        """Find the polynomials that the flow conserves, and count its conserved quantities (Marcotte et al. 2023).

        Parameters
        ----------
        degree : int, optional
            The highest degree of the polynomials looked for.
        parameterisation : sequence of Expr, or mapping with them as values, optional
            The functions φ through which the loss depends on the parameters, such as the entries of a product of
            matrices: what is found and counted is then conserved under every loss of φ. Otherwise it is conserved
            under this loss; where that has data, under this loss of any data.
        budget : float, optional
            Processor time, in seconds, after which to stop and return what there is, which says so.
        seconds : float, optional
            What `budget` was called before; it stands for it where given.

        Returns
        -------
        ConservedQuantities

        Raises
        ------
        NotAlgebraic
            If a derivative is not rational in the parameters, the constants, and elementary functions of the
            parameters.
        ValueError
            If there are too many unknown coefficients, or an expression holds other symbols.

        Notes
        -----
        A polynomial h is conserved where ∇h · ∇φ_i = 0 for all i (or ∇h · ∇L = 0), linear equations for its
        coefficients, which are solved exactly. The count is the number of parameters less the dimension that the
        Lie algebra generated by the fields ∇φ_i spans at a generic point. A loss alone gives a single field: of d
        parameters all but one count, although hardly any of these quantities are polynomials.

        Examples
        --------
        Two linear units in a row, under every loss of their product:

        >>> a, b, c = sympy.symbols("a b c")
        >>> flow = GradientFlow.from_loss((a * b - 1) ** 2 / 2 + (a * c - 2) ** 2 / 2, [a, b, c])
        >>> print(flow.conserved(parameterisation=[a * b, a * c]))
        1 independent conserved quantity, all found:
          a**2 - b**2 - c**2
        """
        return find_conserved(self, degree, parameterisation, budget_of(budget, seconds))
