"""The two-layer linear network f(x) = W_2 W_1 x, with its exact solution from balanced starts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab._arguments import count, number
from flowlab._jit import kernel
from flowlab.dynamics import GradientSystem
from flowlab.models import spectra
from flowlab.models._arguments import finite_array, generator, positive_semidefinite, rows_of, set_fields, square
from flowlab.models._driver import Population, joined
from flowlab.models._linear_solution import LinearSolution, solution
from flowlab.models.predictors.matrices import Dense, singular_values

Array = NDArray[np.float64]


@kernel
def _covariant(theta: Array, numbers: Array, slope: Array) -> float:
    """½ tr (θ − S) Σ (θ − S)ᵀ, of the signature COST; the numbers are the inputs, S, and Σ where there is one."""
    inputs, count, total = int(numbers[0]), theta.size, 0.0
    if numbers.size == 1 + count:
        for k in range(count):
            slope[k] = theta[k] - numbers[1 + k]
            total += slope[k] * slope[k]
        return float(0.5 * total)
    miss = theta - numbers[1 : 1 + count]
    matrix = numbers[1 + count :].reshape(inputs, inputs)
    np.dot(miss.reshape(count // inputs, inputs), matrix, slope.reshape(count // inputs, inputs))
    for k in range(count):
        total += miss[k] * slope[k]
    return float(0.5 * total)


@dataclass(frozen=True, eq=False, init=False)
class LinearNetwork:
    """The two-layer linear network f(x) = W_2 W_1 x, learning a linear map S.

    Its loss is ``½ ‖W_2 W_1 − S‖_F²``, the population loss of inputs with covariance I, or
    ``½ tr (W_2 W_1 − S) Σ (W_2 W_1 − S)ᵀ`` of inputs with covariance Σ. Time is the gradient-flow time of that loss:
    a mode of S that starts aligned follows the toy model of depth 2 at time 2t, whose loss has a further factor 1/4
    and whose weights are equal (Saxe et al. 2013).

    From a balanced start, ``W_1 W_1ᵀ = W_2ᵀ W_2``, the flow of inputs with covariance I is known exactly: see `exact`.

    Parameters
    ----------
    target : array_like, shape (m, n)
        S.
    first : array_like, shape (h, n)
        W_1 at time 0.
    second : array_like, shape (m, h)
        W_2 at time 0.
    covariance : array_like, shape (n, n), optional
        Σ, symmetric positive semidefinite; I if missing.

    Attributes
    ----------
    target, first, second : ndarray
    covariance : ndarray or None

    Raises
    ------
    ValueError
        If an argument is not finite, or the shapes do not fit.

    Examples
    --------
    >>> import flowlab
    >>> model = LinearNetwork.balanced([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]], hidden=4, init=0.01, seed=0)
    >>> run = flowlab.flow(model.system(), 3.0, times=[1.0, 3.0])
    >>> bool(np.allclose(model.product(run.parameters), model.exact([1.0, 3.0]).product, rtol=1e-7, atol=0))
    True
    """

    target: Array
    first: Array
    second: Array
    covariance: Array | None

    def __init__(
        self, target: ArrayLike, first: ArrayLike, second: ArrayLike, *, covariance: ArrayLike | None = None
    ) -> None:
        goal = _matrix("target", target)
        outputs, inputs = goal.shape
        before, after = _matrix("first", first), _matrix("second", second)
        if before.shape[1] != inputs:
            allowed = f"shape (h, {inputs}) for a target of shape {goal.shape}"
            raise ValueError(f"first: got shape {before.shape}; allowed: {allowed}")
        if after.shape != (outputs, len(before)):
            allowed = (
                f"shape {(outputs, len(before))} for a target of shape {goal.shape} and {len(before)} hidden units"
            )
            raise ValueError(f"second: got shape {after.shape}; allowed: {allowed}")
        spread = None
        if covariance is not None:
            spread = square("covariance", covariance)
            if len(spread) != inputs:
                raise ValueError(f"covariance: got shape {spread.shape}; allowed: shape {(inputs, inputs)}")
            positive_semidefinite("covariance", spread)
        set_fields(self, target=goal, first=before, second=after, covariance=spread)

    @classmethod
    def balanced(
        cls, target: ArrayLike, hidden: int, init: float, *, seed: int | np.random.Generator
    ) -> "LinearNetwork":
        """Return a network with a random balanced start, for inputs with covariance I.

        W_1 has independent normal entries of variance ``init / hidden``, cut to rank min(m, n, hidden), which
        balanced factors share; W_2 has the singular values that balance it, and random left singular vectors. With
        m = n <= hidden, the sign of ``det W_2 W_1`` is that of det S, or the flow could not reach S.

        Parameters
        ----------
        target : array_like, shape (m, n)
        hidden : int
            The number h of hidden units, at least 1.
        init : float
            The scale of W_2 W_1 at time 0, > 0.
        seed : int or numpy Generator

        Raises
        ------
        ValueError
            If an argument is outside its range.

        Examples
        --------
        >>> model = LinearNetwork.balanced([[2.0, 0.0], [0.0, 1.0]], hidden=3, init=0.01, seed=0)
        >>> model.first.shape, model.second.shape, model.imbalance() < 1e-16
        ((3, 2), (2, 3), True)
        """
        goal = _matrix("target", target)
        outputs, inputs = goal.shape
        width = count("hidden", hidden)
        scale = np.sqrt(number("init", init) / width)
        rng = generator(seed)
        rank = min(outputs, inputs, width)
        left, values, right = np.linalg.svd(scale * rng.standard_normal((width, inputs)), full_matrices=False)
        first = left[:, :rank] * values[:rank] @ right[:rank]
        ends = np.linalg.qr(rng.standard_normal((outputs, rank)))[0] * rng.choice([-1.0, 1.0], rank)
        if outputs == inputs == rank and np.linalg.slogdet(goal)[0] * np.linalg.slogdet(ends @ right)[0] < 0:
            ends[:, -1] *= -1
        return cls(goal, first, ends * values[:rank] @ left[:, :rank].T)

    def imbalance(self) -> float:
        """Return ``‖W_1 W_1ᵀ − W_2ᵀ W_2‖_F`` at time 0; the flow conserves the matrix.

        Examples
        --------
        >>> LinearNetwork([[1.0]], first=[[2.0]], second=[[1.0]]).imbalance()
        3.0
        """
        return float(spectra.pair_imbalance(self.first, self.second))

    def exact(self, t: ArrayLike) -> LinearSolution:
        """Return the exact flow from a balanced start.

        With ``Q = [W_1ᵀ; W_2]`` and ``F = [[0, Sᵀ], [S, 0]]``, ``G = Q Qᵀ`` obeys the Riccati equation
        ``Ġ = F G + G F − G²``, and ``Q(t) = e^{Ft} Q_0 B⁻¹ R``, with ``B² = I + ∫_0^t Q_0ᵀ e^{2Fs} Q_0 ds`` and R
        orthogonal, ``Ṙ = ½ (Ḃ B⁻¹ − B⁻¹ Ḃ) R``. R cancels in W_2 W_1, W_1ᵀ W_1 and W_2 W_2ᵀ, which are given. W_1 and
        W_2 themselves are not: unless B commutes with its derivative, R is a time-ordered product, with no closed form.

        Parameters
        ----------
        t : array_like, shape (...)
            Gradient-flow times, >= 0, in any order.

        Returns
        -------
        LinearSolution

        Raises
        ------
        ValueError
            If the start is not balanced up to rounding, the covariance is not a multiple of I, or a time is
            negative or not finite.

        Notes
        -----
        Fukumizu 1998; Braun et al. 2022. S may be rectangular and of any rank, h any number. Errors are those of
        rounding S and the start. They grow as ``e^{σt}`` in an unstable direction that the start misses, so that a flow
        which ends at a saddle leaves it in the end. Such starts are not rare: the flow keeps the ranks of W_1 and W_2,
        and with m = n <= h it cannot reach S where det W_2 W_1 and det S differ in sign. Numbers below the range of a
        float come as 0.

        Examples
        --------
        >>> model = LinearNetwork(np.diag([2.0, 1.0]), first=0.1 * np.eye(2), second=0.1 * np.eye(2))
        >>> solution = model.exact([0.0, 1.0, 50.0])
        >>> solution.singular_values.round(6)
        array([[0.01    , 0.01    ],
               [0.430588, 0.069453],
               [2.      , 1.      ]])
        >>> solution.residual[-1].diagonal()
        array([5.50790...e-85, 3.68287...e-42])
        """
        return solution(self.target, self.first, self.second, self.covariance, t)

    def system(self) -> GradientSystem:
        """Return the gradient system of the loss.

        Returns
        -------
        GradientSystem
            Its parameters are W_1 row by row, then W_2; its induced values are the singular values of W_2 W_1 in
            falling order, its observables ``effective_rank`` and ``imbalance``.

        Examples
        --------
        >>> LinearNetwork([[3.0]], first=[[0.1], [0.0]], second=[[0.1, 0.0]]).system().names
        ('W1[0,0]', 'W1[1,0]', 'W2[0,0]', 'W2[0,1]')
        """
        spread = [] if self.covariance is None else [self.covariance.ravel()]
        return joined(
            self._predictor,
            Population(_covariant, np.concatenate([[self.target.shape[1]], self.target.ravel(), *spread])),
            self.target.size,
            np.concatenate([self.first.ravel(), self.second.ravel()]),
            view=(singular_values, min(self.target.shape)),
            target=spectra.singular_values(self.target),
            observables={"effective_rank": self._effective_rank, "imbalance": self._imbalance},
        )

    @property
    def _predictor(self) -> Dense:
        outputs, inputs = self.target.shape
        return Dense((inputs, len(self.first), outputs))

    def _effective_rank(self, parameters: Array) -> Array:
        return spectra.effective_rank(spectra.singular_values(self.product(parameters)))

    def _imbalance(self, parameters: Array) -> Array:
        return spectra.pair_imbalance(*self.factors_of(parameters))

    def factors_of(self, parameters: ArrayLike) -> tuple[Array, Array]:
        """Return W_1 and W_2 of recorded parameters, shapes (..., h, n) and (..., m, h).

        Examples
        --------
        >>> model = LinearNetwork([[3.0]], first=[[0.1], [0.0]], second=[[0.1, 0.0]])
        >>> first, second = model.factors_of(model.system().start)
        >>> first.shape, second.shape
        ((2, 1), (1, 2))
        """
        first, second = self._predictor.factors(rows_of("parameters", parameters, self.first.size + self.second.size))
        return first, second

    def product(self, parameters: ArrayLike) -> Array:
        """Return W_2 W_1 of recorded parameters, shape (..., m, n).

        Examples
        --------
        >>> model = LinearNetwork([[3.0]], first=[[0.5], [0.0]], second=[[0.5, 0.0]])
        >>> model.product(model.system().start)
        array([[0.25]])
        """
        first, second = self.factors_of(parameters)
        return np.asarray(second @ first)


def _matrix(name: str, value: ArrayLike) -> Array:
    return finite_array(name, value, dimensions=2, allowed="a matrix of finite numbers")
