"""Flow and descent of a loss at once: numbers in, trajectories out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from flowlab._arguments import number
from flowlab._checks import number as in_full
from flowlab._checks import real_array, require
from flowlab.dynamics.comparison import Comparison
from flowlab.dynamics.comparison import compare as distances
from flowlab.dynamics.continuous import flow as integrate
from flowlab.dynamics.discrete import descent as descend
from flowlab.dynamics.trajectory import Trajectory
from flowlab.symbolic.compiled import Compiled, Conserved, Induced

_RATES = "learning rates > 0, not greater than until"


class Runs(Compiled):
    """What runs a `system`; the part of `GradientFlow` with trajectories.

    Examples
    --------
    >>> from flowlab.symbolic import GradientFlow
    >>> issubclass(GradientFlow, Runs)
    True
    """

    def flow(
        self,
        start: ArrayLike,
        until: float,
        *,
        constants: Sequence[ArrayLike] = (),
        data: ArrayLike | None = None,
        target: ArrayLike | None = None,
        induced: Induced = None,
        conserved: Conserved = (),
        **options: Any,
    ) -> Trajectory:
        """Integrate the gradient flow.

        Parameters
        ----------
        start, constants, data, target, induced, conserved
            See `GradientFlow.system`.
        until : float
            The end, in gradient-flow time; greater than 0.
        **options
            Those of `flowlab.dynamics.flow`: times, method, rtol, atol, coordinates, events, max_steps, ...

        Returns
        -------
        Trajectory
            With dense output. A run that fails says so in its status and message.

        Raises
        ------
        ValueError
            On an argument outside what is allowed.
        CannotCompile
            If the loss holds a function without a kernel.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow, symbols
        >>> w, p = symbols("w p", positive=True)
        >>> path = GradientFlow.from_loss((w**3 - 2) ** 2 / 18, w).flow(0.1, 20.0, induced={p: w**3})
        >>> path.kind, path.induced[-1].round(6)
        ('flow', array([1.999999]))
        """
        hessian = _takes_hessian(options)
        ready = self.system(
            start, constants=constants, data=data, target=target, induced=induced, hessian=hessian, conserved=conserved
        )
        return integrate(ready, until, **options)

    def descent(
        self,
        start: ArrayLike,
        learning_rate: float,
        steps: int,
        *,
        constants: Sequence[ArrayLike] = (),
        data: ArrayLike | None = None,
        target: ArrayLike | None = None,
        induced: Induced = None,
        conserved: Conserved = (),
        **options: Any,
    ) -> Trajectory:
        """Run gradient descent.

        Parameters
        ----------
        start, constants, data, target, induced, conserved
            See `GradientFlow.system`.
        learning_rate : float
            Greater than 0.
        steps : int
            The last step, at least 1.
        **options
            Those of `flowlab.dynamics.descent`: momentum, nesterov, batch_size, seed, record, stop, kink.

        Returns
        -------
        Trajectory
            Its time axis is learning_rate × step.

        Raises
        ------
        ValueError
            On an argument outside what is allowed.
        CannotCompile
            If the loss holds a function without a kernel.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow, symbols
        >>> w = symbols("w")
        >>> GradientFlow.from_loss(w**2 / 2, w).descent(1.0, 0.5, 3, record=1).parameters[:, 0]
        array([1.   , 0.5  , 0.25 , 0.125])
        """
        ready = self.system(
            start, constants=constants, data=data, target=target, induced=induced, hessian=False, conserved=conserved,
            kinks=options.get("kink") is not None,
        )  # fmt: skip
        return descend(ready, learning_rate, steps=steps, **options)

    def compare(
        self,
        start: ArrayLike,
        learning_rates: float | Iterable[float],
        until: float,
        *,
        constants: Sequence[ArrayLike] = (),
        data: ArrayLike | None = None,
        induced: Induced = None,
        quantity: Literal["induced", "parameters"] = "induced",
        **options: Any,
    ) -> Comparison:
        """Return how far descents from one start are from the flow, over all their steps up to a time.

        Parameters
        ----------
        start, constants, data, induced
            See `GradientFlow.system`.
        learning_rates : float or sequence of float
            Greater than 0, at most `until`.
        until : float
            The end, in gradient-flow time; greater than 0.
        quantity : {"induced", "parameters"}
            What is compared; without `induced` the two are the same.
        **options
            Of the flow, as in `flow`.

        Returns
        -------
        Comparison
            With the measured order in the learning rate, where there are several.

        Raises
        ------
        ValueError
            On an argument outside what is allowed, or if the flow or a descent fails: the message is its own.
        CannotCompile
            If the loss holds a function without a kernel.

        Examples
        --------
        >>> from flowlab.symbolic import GradientFlow, symbols
        >>> w = symbols("w")
        >>> comparison = GradientFlow.from_loss(w**2 / 2, w).compare(1.0, [0.02, 0.01, 0.005], 3.0)
        >>> round(comparison.order, 1), comparison.distances.round(4)
        (1.0, array([0.0037, 0.0018, 0.0009]))
        """
        end = number("until", until)
        given = learning_rates if isinstance(learning_rates, (int, float, np.ndarray)) else list(learning_rates)
        rates = real_array("learning_rates", given, allowed=_RATES)
        require("learning_rates", rates, (rates > 0) & (rates <= end), allowed=f"{_RATES} = {in_full(end)}")
        hessian = _takes_hessian(options)
        ready = self.system(start, constants=constants, data=data, induced=induced, hessian=hessian)
        curve = integrate(ready, end, **options)
        # learning_rate × steps may miss the end by rounding
        paths = [descend(ready, float(eta), steps=int(end / eta * (1 + 1e-12)), record=1) for eta in rates.ravel()]
        for name, path in [("until", curve), *(("learning_rates", path) for path in paths)]:
            if not path.ok:
                raise ValueError(f"{name}: {path.message[:-1]}; allowed: a {path.kind} that reaches the end")
        return distances(curve, paths, quantity=quantity)


def _takes_hessian(options: Mapping[str, Any]) -> bool:
    """Return whether a method uses the Hessian, which takes the longest to compile: only SciPy's implicit ones do."""
    return str(options.get("method", "")).startswith("scipy:")
