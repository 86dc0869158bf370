"""The toy model: a deep linear model whose coordinates learn one by one (Gissin et al. 2020, section 2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import exprel

from flowlab import toy
from flowlab._arguments import number
from flowlab._checks import broadcast_shape, real_array, require
from flowlab.dynamics import GradientSystem, Interpolant, Trajectory
from flowlab.models._arguments import frozen, set_fields
from flowlab.models._toy_loss import literal_depth, mode_flow, sampled_flow

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False, init=False)
class ToyModel:
    """The linear model f(x) = <σ, x>, σ_i = w_i^N, on Gaussian inputs (Gissin et al. 2020, section 2).

    Its loss on one input is ``1/(2N²) <w^N − σ*, x>²``, and it starts at ``w_i = σ0_i^(1/N)``. Everything else is
    derived from that: the population loss ``1/(2N²) ||w^N − σ*||²`` (eq. 2), a sum over modes, is its expectation over
    standard normal x, its gradient flow is eq. 4.

    Parameters
    ----------
    depth : float
        N, finite and >= 1, integer or not.
    target : array_like, shape (k,)
        The optima σ*, finite and >= 0; a number makes one mode.
    init : array_like
        σ0, finite and > 0: one number for all modes, or one for each.

    Attributes
    ----------
    depth : float
    target, init : ndarray, shape (k,)
        Not writeable.

    Raises
    ------
    ValueError
        If an argument is outside its range, or target and init do not broadcast to a vector.

    Examples
    --------
    >>> model = ToyModel(depth=3, target=[12.0, 6.0], init=0.001)
    >>> system = model.system()
    >>> system.names, system.start.round(3), system.target
    (('w_1', 'w_2'), array([0.1, 0.1]), array([12.,  6.]))
    """

    depth: float
    target: Vector
    init: Vector

    def __init__(self, depth: float, target: ArrayLike, init: ArrayLike) -> None:
        layers = number("depth", depth, allowed="a finite number >= 1", valid=lambda x: x >= 1)
        goal = real_array("target", target, allowed="finite numbers >= 0")
        require("target", goal, np.isfinite(goal) & (goal >= 0), allowed="finite numbers >= 0")
        start = real_array("init", init, allowed="finite numbers > 0")
        require("init", start, np.isfinite(start) & (start > 0), allowed="finite numbers > 0")
        shape = broadcast_shape(target=goal, init=start)
        if len(shape) > 1:
            raise ValueError(f"target, init: got {len(shape)} dimensions; allowed: numbers or vectors")
        goal, start = (frozen(np.array(np.broadcast_to(array, shape or (1,)))) for array in (goal, start))
        set_fields(self, depth=layers, target=goal, init=start)

    @property
    def modes(self) -> int:
        """The number of coordinates, k."""
        return self.target.size

    @property
    def start(self) -> Vector:
        """The parameters at time 0, w(0) = σ0^(1/N), shape (k,)."""
        return np.asarray(self.init ** (1 / self.depth), dtype=np.float64)

    def system(self) -> GradientSystem:
        """Return the gradient system of the population loss.

        Returns
        -------
        GradientSystem
            With as many parameters and induced values as modes; its kernels are compiled once for each
            integer depth up to 12, and once for all others.

        Examples
        --------
        >>> system = ToyModel(depth=2, target=3.0, init=1.0).system()
        >>> gradient = np.empty(1)
        >>> system.gradient(system.start, system.constants, system.data, np.zeros(0, np.int64), gradient)
        >>> gradient
        array([-1.])
        """
        return self._separable(())

    def modified_system(self, learning_rate: float) -> GradientSystem:
        """Return the system of the modified loss L + (η/4)|∇L|², which descent follows to second order.

        Parameters
        ----------
        learning_rate : float
            η, finite and >= 0.

        Returns
        -------
        GradientSystem

        Raises
        ------
        ValueError
            If `learning_rate` is not a finite number >= 0.

        Examples
        --------
        >>> ToyModel(depth=2, target=3.0, init=1.0).modified_system(0.1).constants
        array([3. , 0.1])
        """
        rate = number("learning_rate", learning_rate, allowed="a finite number >= 0", valid=lambda x: x >= 0)
        return self._separable((rate,))

    def sampled_system(self, examples: ArrayLike) -> GradientSystem:
        """Return the system of the loss on given inputs, ``1/(2N²m) Σ_b <w^N − σ*, x_b>²``.

        Its mean over standard normal inputs is the population loss (eq. 2). Made for few modes: the kernel is
        written out for each number of them.

        Parameters
        ----------
        examples : array_like, shape (m, k)
            One input a row.

        Returns
        -------
        GradientSystem
            With `examples` as its data, to be batched by rows.

        Raises
        ------
        ValueError
            If `examples` are not finite, or not of k columns.

        Examples
        --------
        >>> system = ToyModel(depth=1, target=[3.0, 2.0], init=1.0).sampled_system([[1.0, 0.0], [0.0, 2.0]])
        >>> float(system.loss(system.start, system.constants, system.data, np.array([0, 1])))
        2.0
        """
        literal = literal_depth(self.depth)
        flow, induced = sampled_flow(literal, self.modes)
        depth = () if literal else (self.depth,)
        return flow.system(
            self.start,
            constants=[*self.target, *depth],
            data=examples,
            target=self.target,
            induced=induced,
        )

    def exact(self, times: ArrayLike) -> Trajectory:
        """Return the exact solution (Gissin et al. 2020, Theorem 1, at every depth).

        Parameters
        ----------
        times : array_like, shape (n,)
            Gradient-flow times, >= 0, increasing.

        Returns
        -------
        Trajectory
            Of kind ``"exact"``, with dense output for all times >= 0 at which every value is within the range of a
            float: all of them unless a target is 0. Its loss keeps relative accuracy near the optimum, where it is
            computed from the residual.

        Raises
        ------
        ValueError
            If `times` are negative, not finite, or not increasing.

        Examples
        --------
        >>> ToyModel(depth=2, target=3.0, init=1.0).exact([0.0, 1.0]).induced.round(6)
        array([[1.      ],
               [2.728329]])
        """
        allowed = "increasing finite numbers >= 0"
        t = np.atleast_1d(real_array("times", times, allowed=allowed))
        if t.ndim > 1:
            raise ValueError(f"times: got shape {t.shape}; allowed: a vector of {allowed}")
        require("times", t, np.isfinite(t) & (t >= 0), allowed=allowed)
        require("times", t, np.diff(t, prepend=-1.0) > 0, allowed=allowed)
        induced = self._sigma(t)
        return Trajectory(
            t=t.copy(),
            parameters=induced ** (1 / self.depth),
            induced=induced,
            loss=self._loss(t),
            names=tuple(f"w_{i + 1}" for i in range(self.modes)),
            kind="exact",
            target=self.target,
            message=f"The exact solution, up to t = {t[-1]:g}.",
            interpolant=Interpolant(0.0, max(self._lasting(), float(t[-1])), self._weights),
            induced_of=self._powers,
        )

    def _weights(self, t: Vector) -> Vector:
        return self._sigma(t) ** (1 / self.depth)

    def _powers(self, parameters: Vector) -> Vector:
        return parameters**self.depth

    def _sigma(self, t: Vector) -> Vector:
        return toy.sigma(t[:, None], depth=self.depth, target=self.target, init=self.init)

    def _lasting(self) -> float:
        """Return until when every value is within the range of a float, those included that fall toward 0."""
        fading = self.init[self.target == 0]
        least, power = 2 * np.finfo(float).tiny, 2 - 2 / self.depth
        if not fading.size or fading.min() <= least:
            return 0.0 if fading.size else np.inf
        # σ̇ = −σ^(1+p) takes (least^−p − σ0^−p)/p to fall so far, here in a form that holds for p = 0 too.
        fall = np.log(fading.min()) - np.log(least)
        with np.errstate(over="ignore"):
            return float(least**-power * (fall * exprel(-power * fall)))

    def _loss(self, t: Vector) -> Vector:
        away = self.init != self.target
        if not away.any():
            return np.zeros(t.size)
        logarithms = toy.loss(t[:, None], depth=self.depth, target=self.target[away], init=self.init[away], log=True)
        return np.asarray(np.exp(logarithms).sum(axis=1), dtype=np.float64)

    def _separable(self, rate: tuple[float, ...]) -> GradientSystem:
        literal = literal_depth(self.depth)
        flow, induced = mode_flow(literal, modified=bool(rate))
        depth = () if literal else (self.depth,)
        return flow.system(
            self.start,
            constants=[self.target, *depth, *rate],
            target=self.target,
            induced=induced,
            modes=self.modes,
        )
