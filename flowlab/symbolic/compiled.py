"""A loss compiled: its kernels, and the system of them that a solver takes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate
from typing import TypeAlias

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from flowlab._checks import shown
from flowlab.dynamics.system import GradientSystem, Kinks
from flowlab.symbolic._arguments import constant_values, examples, mode_count, sign_declared, vector
from flowlab.symbolic.compiling.compile import LEARNING_RATE, Kernel, Layout, compile_kernel
from flowlab.symbolic.conserving.conserved import ConservedQuantities, conserved_kernel, quantities_of
from flowlab.symbolic.derivatives import Derivatives
from flowlab.symbolic.inducing.induced import InducedFlow
from flowlab.symbolic.sides import Sided, norms, sided
from flowlab.symbolic.simplify import derivative, tidy

#: What to watch besides the parameters: see `GradientFlow.system`.
Induced: TypeAlias = InducedFlow | Mapping[sympy.Symbol, sympy.Expr] | None
Conserved: TypeAlias = ConservedQuantities | Sequence[sympy.Expr]

_KERNELS = ("loss", "gradient", "flow", "hessian", "sharpness", "descent")


class Compiled(Derivatives):
    """What compiles a loss and its derivatives; the part of `GradientFlow` with kernels.

    Examples
    --------
    >>> from flowlab.symbolic import GradientFlow
    >>> issubclass(GradientFlow, Compiled)
    True
    """

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
        >>> from flowlab.symbolic import GradientFlow
        >>> w, s = sympy.symbols("w s")
        >>> loss = GradientFlow.from_loss((w - s) ** 2 / 2, w, constants=[s]).kernel("loss")
        >>> float(loss(np.array([3.0]), np.array([1.0]), np.zeros((0, 0)), np.zeros(0, dtype=np.int64)))
        2.0
        """
        if name not in _KERNELS:
            raise ValueError(f"name: got {shown(name)}; allowed: {', '.join(_KERNELS)}")
        expressions: Sequence[sympy.Expr]
        whole = self._with_norms if name != "loss" else self
        if name == "loss":
            expressions = [self.loss]
        elif name in ("hessian", "sharpness"):
            expressions = list(whole.hessian)
        elif name == "descent":
            expressions = list(whole.descent_map(LEARNING_RATE).values())
        else:
            expressions = whole.gradient if name == "gradient" else [-g for g in whole.gradient]
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
        induced: Induced = None,
        modes: int | None = None,
        hessian: bool = True,
        conserved: Conserved = (),
        kinks: bool = True,
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
        kinks : bool, optional
            Whether to compile where the loss is not smooth, if it has such places; a descent does without.

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
        >>> from flowlab.symbolic import GradientFlow
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
            induced = InducedFlow.of(self, dict(induced or {}), {})
        if induced is not None and induced.of_flow != self:
            raise ValueError("induced: got the induced values of another flow; allowed: those of this one")
        watched = size if induced is None or separable else len(induced.values)
        names = tuple(w.name for w in self.parameters)
        rows = examples(data, len(self.data))
        edges = self._edges(numbers, separable, modes or 1) if kinks else []
        kept = quantities_of(self, conserved, separable=separable)
        return GradientSystem(
            gradient=self.kernel("gradient", separable=separable),
            loss=self.kernel("loss", separable=separable),
            start=self._start(start, size),
            constants=numbers,
            names=names if modes is None else tuple(f"{names[0]}_{i + 1}" for i in range(modes)),
            data=rows,
            induced=None if induced is None else induced.kernel("values", separable=separable),
            target=None if target is None else vector("target", target, watched),
            hessian=self.kernel("hessian", separable=separable) if hessian else None,
            kinks=self._kinks(edges, modes or 1, len(rows), hessian, separable) if kinks else None,
            induced_size=watched,
            separable=separable,
            conserved=conserved_kernel(kept, self.parameters, self.constants) if kept else None,
            conserved_names=tuple(map(str, kept)),
        )

    @cached_property
    def _with_norms(self) -> Derivatives:
        """The loss with derivatives where norms in it are 0: those in the middle of its subdifferential."""
        put = {p: sympy.Piecewise((p, p.base > 0), (0, True)) for p in norms(self.loss, self.parameters)}
        return replace(self, loss=self.loss.xreplace(put)) if put else self

    @cached_property
    def sided(self) -> Sided:
        """The loss with a side for each of its kinks in the parameters."""
        return self._with_edges(())

    def _start(self, start: ArrayLike, size: int) -> NDArray[np.float64]:
        """Return the parameters at time 0; refuse those beyond 0 of what is declared of their signs."""
        values = vector("start", start, size)
        for i, w in enumerate(self.parameters * (size // len(self.parameters))):
            if values[i] * (-1 if w.is_nonpositive else 1) < 0 and sign_declared(w):
                raise ValueError(f"start: got {values[i]:g} for {w}; allowed: what {w} is declared to be")
        return values

    def _with_edges(self, edges: Sequence[sympy.Symbol]) -> Sided:
        """Return the loss with a side for each kink, and of parameters that are declared to be on one side of 0.

        What is declared of their signs is not known to it: a power that rests at 0 is a kink.
        """
        twins = self._twins
        return sided(self.loss.xreplace(twins), [twins.get(w, w) for w in self.parameters], map(twins.get, edges))

    @cached_property
    def _twins(self) -> dict[sympy.Symbol, sympy.Symbol]:
        """Symbols that are but real, for parameters that are declared to be on one side of 0."""
        return {w: sympy.Symbol(w.name, real=True) for w in self.parameters if sign_declared(w)}

    def _edges(self, numbers: NDArray[np.float64], separable: bool, modes: int) -> list[sympy.Symbol]:
        """Return the parameters that a flow may take beyond 0, though they are declared to be on one side of it.

        The others are not looked at on the way, which takes time: at 0 their rates are 0, or lead back.
        """
        pairs = ((w, g.subs(w, 0)) for w, g in zip(self.parameters, self.gradient, strict=True) if w in self._twins)
        found = [w for w, g in pairs if not (-g if w.is_nonnegative else g).is_nonnegative]
        if not found or len(self.parameters) > 1 or self.data:
            return found
        slopes = np.empty(modes)
        gradient = self.kernel("gradient", separable=separable)
        with np.errstate(all="ignore"):
            gradient(np.zeros(modes), numbers, np.zeros((0, 0)), np.zeros(0, dtype=np.int64), slopes)
        back = -slopes if found[0].is_nonnegative else slopes
        return [] if np.all((back >= 0.0) & np.isfinite(back)) else found

    def _kinks(
        self, edges: Sequence[sympy.Symbol], modes: int, examples: int, hessian: bool, separable: bool
    ) -> Kinks | None:
        """Return the kernels of the kinks, those of each example last; None for a smooth loss."""
        found, varying = self._with_edges(edges) if edges else self.sided, set(self.data)
        if not found.sides:
            return None
        parameters = tuple(self._twins.get(w, w) for w in self.parameters)
        declared = {self._twins[w]: sign_declared(w) for w in self._twins}
        alone: list[int] = []
        each: list[int] = []
        owners = {part: k for k, parts in enumerate(found.parts) for part in parts}
        for k, (side, switch) in enumerate(zip(found.sides, found.switches, strict=True)):
            mine = each if owners.get(k) in each or switch.free_symbols & varying else alone
            mine.append(k)
            varying |= {side} if mine is each else set()
        order = alone + each
        copies = [modes if k in alone else examples for k in order]
        first = dict(zip(order, accumulate(copies, initial=0), strict=False))
        switches = [found.switches[k] for k in order]
        constants = self.constants + tuple(found.sides[k] for k in alone)
        layout = Layout(
            parameters, constants, self.data, separable=separable, row_sides=tuple(found.sides[k] for k in each)
        )
        smooth = Derivatives(found.expression, parameters, constants, self.data)
        slopes = [sympy.S.Zero if found.parts[k] else found.switches[k] for k in order]  # those of norms are not used
        normals = [tidy(derivative(switch, w)) for switch in slopes for w in parameters]
        texts = [str(found.named[k]) for k in order]
        names = [f"{text} ({i + 1})" if separable else text for text in texts[: len(alone)] for i in range(modes)]
        names += [f"{text} (row {row})" for text in texts[len(alone) :] for row in range(examples)]
        return Kinks(
            gradient=compile_kernel("gradient", smooth.gradient, layout),
            switches=compile_kernel("switches", switches, layout),
            normals=compile_kernel("normals", normals, layout),
            names=tuple(names),
            hessian=compile_kernel("hessian", list(smooth.hessian), layout) if hessian else None,
            roots=tuple(found.roots[k] for k, n in zip(order, copies, strict=True) for _ in range(n)),
            parts=tuple(
                tuple(first[part] + i for part in found.parts[k])
                for k, n in zip(order, copies, strict=True)
                for i in range(n)
            ),
            declared=tuple(
                declared.get(switch, "") for switch, n in zip(switches, copies, strict=True) for _ in range(n)
            ),
            loss=None if found.continuous else compile_kernel("loss", [found.expression], layout),
        )
