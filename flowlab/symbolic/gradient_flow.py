"""Gradient flow from a loss: derived once, in SymPy, and handed on in every form a solver asks for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import sympy
from numpy.typing import ArrayLike

from flowlab._checks import shown
from flowlab.dynamics.system import GradientSystem
from flowlab.symbolic._arguments import constant_values, declared, examples, expression_of, mode_count, vector
from flowlab.symbolic.compiling.compile import LEARNING_RATE, Layout, compile_kernel
from flowlab.symbolic.conserving.conserved import ConservedQuantities, conserved_kernel, find_conserved, quantities_of
from flowlab.symbolic.derivatives import Derivatives
from flowlab.symbolic.inducing.induced import InducedFlow
from flowlab.symbolic.running import Runs

Kernel = Callable[..., Any]
_KERNELS = ("loss", "gradient", "flow", "hessian", "sharpness", "descent")


@final
class GradientFlow(Derivatives, Runs):
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
        seconds: float = 30.0,
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
        seconds : float, optional
            When to stop and return what there is, which says so.

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
        return find_conserved(self, degree, parameterisation, seconds)

    def kernel(self, name: str, *, separable: bool = False) -> Kernel:
        """Return a jitted kernel, compiled at the first call and kept on disk.

        Parameters
        ----------
        name : {"loss", "gradient", "flow", "hessian", "sharpness", "descent"}
            ``loss`` and ``sharpness`` are called as ``(w, constants, data, rows)`` and return a number;
            ``gradient``, ``flow`` (its negative, dw/dt) and ``hessian`` as ``(w, constants, data, rows,
            out)``;
            ``descent`` as ``(w, learning_rate, constants, data, rows, out)`` and writes the next parameters.
        separable : bool, optional
            Replicate a loss of one parameter over modes: `w` of size n, `constants` of shape (n_constants,
            n), flattened; the loss is the sum over the modes.

        Returns
        -------
        kernel

        Raises
        ------
        ValueError
            If there is no such kernel, or the loss is not separable.
        CannotCompile
            If the loss holds a function without a kernel, or a symbol that only `subs` brought in.

        Examples
        --------
        >>> import numpy as np
        >>> w, s = sympy.symbols("w s")
        >>> loss = GradientFlow.from_loss((w - s) ** 2 / 2, w, constants=[s]).kernel("loss")
        >>> float(loss(np.array([3.0]), np.array([1.0]), np.zeros((0, 0)), np.zeros(0, dtype=np.int64)))
        2.0
        """
        if name not in _KERNELS:
            raise ValueError(f"name: got {shown(name)}; allowed: {', '.join(_KERNELS)}")
        expressions: Sequence[sympy.Expr]
        if name == "loss":
            expressions = [self.loss]
        elif name in ("hessian", "sharpness"):
            expressions = list(self.hessian)
        elif name == "descent":
            expressions = list(self.descent_map(LEARNING_RATE).values())
        else:
            expressions = self.gradient if name == "gradient" else [-g for g in self.gradient]
        return compile_kernel(
            name, expressions, Layout(self.parameters, self.constants, self.data, separable=separable)
        )

    def system(
        self,
        start: ArrayLike,
        *,
        constants: Sequence[ArrayLike] = (),
        data: ArrayLike | None = None,
        target: ArrayLike | None = None,
        induced: InducedFlow | Mapping[sympy.Symbol, sympy.Expr] | None = None,
        modes: int | None = None,
        hessian: bool = True,
        conserved: ConservedQuantities | Sequence[sympy.Expr] = (),
    ) -> GradientSystem:
        """Return what a solver needs: compiled kernels, and numbers for everything they take.

        Parameters
        ----------
        start : array_like, shape (d,) or (modes,)
            The parameters at time 0; one number stands for all of them.
        constants : sequence of array_like, optional
            A value for each of the declared constants; with `modes`, each a number or of shape (modes,).
        data : array_like, shape (m, q), optional
            The examples, where the loss has data.
        target : array_like, optional
            The optimum of each induced value, where it is known; one number stands for all of them.
        induced : InducedFlow or mapping of Symbol to Expr, optional
            Functions of the parameters worth watching; their dynamics need not close.
        modes : int, optional
            Replicate a loss of one parameter over so many modes, the loss being the sum.
        hessian : bool, optional
            Whether to compile the Hessian, which only the implicit methods of `flow` use; they do without it by
            differences. It takes the longest where parameters are many.
        conserved : ConservedQuantities or sequence of Expr, optional
            Functions of the parameters that the flow conserves; every run then tells their drift.

        Returns
        -------
        GradientSystem

        Raises
        ------
        ValueError
            If numbers are missing, too many, or not finite.
        CannotCompile
            If the loss holds a function without a kernel, or a symbol that only `subs` brought in.

        Examples
        --------
        >>> w, s = sympy.symbols("w s", positive=True)
        >>> flow = GradientFlow.from_loss((w**2 - s) ** 2 / 8, w, constants=[s])
        >>> system = flow.system(0.1, constants=[[4.0, 3.0]], modes=2, induced=flow.induced(sigma=w**2))
        >>> system.start, system.constants, system.names
        (array([0.1, 0.1]), array([4., 3.]), ('w_1', 'w_2'))
        """
        numbers = constant_values(self.constants, constants, mode_count(modes))
        separable = modes is not None
        size = len(self.parameters) if modes is None else modes
        if induced is not None and not isinstance(induced, InducedFlow):
            induced = self.induced(induced)
        if induced is not None and induced.of_flow != self:
            raise ValueError("induced: got the induced values of another flow; allowed: those of this one")
        watched = size if induced is None or separable else len(induced.values)
        names = tuple(w.name for w in self.parameters)
        kept = quantities_of(self, conserved, separable=separable)
        return GradientSystem(
            gradient=self.kernel("gradient", separable=separable),
            loss=self.kernel("loss", separable=separable),
            start=vector("start", start, size),
            constants=numbers,
            names=names if modes is None else tuple(f"{names[0]}_{i + 1}" for i in range(modes)),
            data=examples(data, len(self.data)),
            induced=None if induced is None else induced.kernel("values", separable=separable),
            target=None if target is None else vector("target", target, watched),
            hessian=self.kernel("hessian", separable=separable) if hessian else None,
            induced_size=watched,
            separable=separable,
            conserved=conserved_kernel(kept, self.parameters, self.constants) if kept else None,
            conserved_names=tuple(map(str, kept)),
        )
