"""Section 4.2 and appendix F: the losses of the quadratic network at any weights, and how they move the weights.

Throughout Δ = W*ᵀW* − WᵀW.
"""

from collections.abc import Callable
from math import inf

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, stated
from flowlab.claims.gissin2020._matrices import (
    ANGLE,
    SEED,
    SIZE,
    SPREAD,
    Drawn,
    Matrix,
    along,
    entrywise,
    gradient,
    orthogonal,
    reach,
    sizes,
    squares,
    trace,
)
from flowlab.claims.gissin2020.derivations import derived
from flowlab.claims.gissin2020.loss import gaussian_mean
from flowlab.verify import Real

MATRICES = {"size": SIZE, "seed": SEED, "spread": SPREAD}
#: WᵀW and W*ᵀW* with common eigenvectors.
STATE = {
    "sigma_1": Real(0, inf, low_open=True, printed="σ_1 > 0"),
    "sigma_2": Real(
        0, inf, low_open=True, printed="σ_2 > 0", ours="two eigenvalues, as more only add equations of the same kind"
    ),
    "target_1": Real(0, inf, printed="σ_1* ≥ 0"),
    "target_2": Real(0, inf, printed="σ_2* ≥ 0"),
    "angle": ANGLE,
    "turn": Real(0, 7, printed="any orthogonal factor of W on its left (turned by turn)"),
}


def variance_loss(weights: Matrix, goal: Matrix) -> Number:
    """Return 1/8 ‖Δ‖_F² for goal = W*ᵀW*.

    Examples
    --------
    >>> print(variance_loss(mp.eye(2), 3 * mp.eye(2)))
    1.0
    """
    return squares(goal - weights.T * weights) / 8


def squared_loss(weights: Matrix, goal: Matrix, offset: Number = 0) -> Number:
    """Return 1/8 ‖Δ‖_F² + 1/16 (tr Δ + offset)², where the offset is b* − b.

    Examples
    --------
    >>> print(squared_loss(mp.eye(2), 3 * mp.eye(2)))
    2.0
    """
    gap = goal - weights.T * weights
    return squares(gap) / 8 + (trace(gap) + offset) ** 2 / 16


class State:
    """Weights W = Q diag(√σ) U and the goal Uᵀ diag(σ*) U, with digits for all that lies between their numbers.

    Examples
    --------
    >>> state = State([mp.mpf(4)], [mp.mpf(9)], mp.eye(1), mp.eye(1))
    >>> print(state.weights, state.goal)
    [2.0] [9.0]
    """

    def __init__(
        self, sigmas: list[Number], goals: list[Number], basis: Matrix, turn: Matrix, others: tuple[Number, ...] = ()
    ) -> None:
        self.sigmas, self.goals, self.basis, self.turn = sigmas, goals, basis, turn
        self.apart = reach(*sigmas, *goals, *others)
        with mp.extradps(self.lost):
            self.weights = turn * mp.diag([mp.sqrt(sigma) for sigma in sigmas]) * basis
            self.goal = along(basis, goals)

    @property
    def lost(self) -> int:
        """The digits that a difference quotient may lose.

        Examples
        --------
        >>> State([mp.mpf(10)], [mp.mpf(1)], mp.eye(1), mp.eye(1)).lost
        9
        """
        return 9 * self.apart

    def velocity(self, loss: Callable[[Matrix, Matrix], Number]) -> Matrix:
        """Return Ẇ by difference quotients of a loss of weights and goal.

        Examples
        --------
        >>> state = State([mp.mpf(1)], [mp.mpf(3)], mp.eye(1), mp.eye(1))
        >>> print(state.velocity(variance_loss).apply(lambda entry: mp.nint(entry)))
        [1.0]
        """
        return velocity_of(loss, self.weights, self.goal, self.apart)

    def moved(self, loss: Callable[[Matrix, Matrix], Number]) -> Matrix:
        """Return the velocity of WᵀW in the common basis.

        Examples
        --------
        >>> state = State([mp.mpf(1)], [mp.mpf(3)], mp.eye(1), mp.eye(1))
        >>> print(state.moved(variance_loss).apply(lambda entry: mp.nint(entry)))
        [2.0]
        """
        velocity = self.velocity(loss)
        with mp.extradps(self.lost):
            half = velocity.T * self.weights
            return self.basis * (half + half.T) * self.basis.T


def state_of(
    sigma_1: Number,
    sigma_2: Number,
    target_1: Number,
    target_2: Number,
    angle: Number,
    turn: Number,
    others: tuple[Number, ...] = (),
) -> State:
    """Return the state of the arguments of `STATE`.

    Examples
    --------
    >>> print(state_of(mp.mpf(1), mp.mpf(4), 0, 0, 0, 0).weights)
    [1.0  0.0]
    [0.0  2.0]
    """
    sigmas, goals = [sigma_1, sigma_2], [target_1, target_2]
    with mp.extradps(9 * reach(*sigmas, *goals, *others)):
        basis, left = orthogonal(2, [angle]), orthogonal(2, [turn])
    return State(sigmas, goals, basis, left, others)


def velocity_of(loss: Callable[[Matrix, Matrix], Number], weights: Matrix, goal: Matrix, apart: int) -> Matrix:
    """Return Ẇ by difference quotients of a loss of weights and goal, whose numbers lie so many digits apart.

    Examples
    --------
    >>> print(velocity_of(variance_loss, mp.eye(1), 3 * mp.eye(1), 0).apply(mp.nint))
    [1.0]
    """
    return gradient(lambda w: -loss(w, goal), weights, mp.mpf(10) ** (-2 * apart), 9 * apart)


def drawn(size: int, seed: int, spread: int) -> tuple[Matrix, Matrix, int]:
    """Return W, W*, and how far apart their entries lie.

    Examples
    --------
    >>> drawn(2, 7, 0)[0].rows
    2
    """
    draw = Drawn(seed, spread)
    weights, teacher = draw.matrix(size), draw.matrix(size)
    return weights, teacher, 2 * reach(*weights, *teacher)


def mean_error(weights: Matrix, teacher: Matrix, offset: Number, power: int) -> Number:
    """Return E[(y − h)^power] at Gaussian inputs, for y = ‖W* x‖² + b* and h = ‖W x‖² + b.

    Examples
    --------
    >>> print(mp.nstr(mean_error(mp.eye(1), 2 * mp.eye(1), 0, 1), 8))
    3.0
    """

    def error(x: tuple[Number, ...]) -> Number:
        column = mp.matrix(list(x))
        return squares(teacher * column) - squares(weights * column) + offset

    return gaussian_mean(lambda x: error(x) ** power, weights.rows)


@stated(
    "gissin2020.definition2.population",
    title="variance loss at Gaussian inputs",
    source="Definition 2 with appendix F, proof of Theorem 5",
    hypotheses=MATRICES,
    identity=True,
    derivation=derived("quadratic.population"),
)
def variance(m: Arithmetic, size: int, seed: int, spread: int) -> Number:
    """For x ~ N(0, I), E[(y − h)²]/16 − E[y − h]²/16 = ‖W*ᵀW* − WᵀW‖_F²/8.

    y − h = xᵀΔx, of mean tr Δ and mean square 2 ‖Δ‖_F² + (tr Δ)². Here the means are sums over Gauss–Hermite points,
    exact for polynomials of this degree.
    """
    weights, teacher, apart = drawn(size, seed, spread)
    with mp.extradps(4 * apart):
        spent = (mean_error(weights, teacher, 0, 2) - mean_error(weights, teacher, 0, 1) ** 2) / 16
        closed = variance_loss(weights, teacher.T * teacher)
        cancelling = mp.fsum(sizes(teacher).T * sizes(teacher) + sizes(weights).T * sizes(weights)) ** 2
    return agreement(spent, closed, cancelling)


@stated(
    "gissin2020.appendix_f.squared_loss",
    title="squared loss at Gaussian inputs",
    source="appendix F, F.2.1 (and its proof of Theorem 5)",
    hypotheses=MATRICES,
    identity=True,
    derivation=derived("quadratic.squared_population"),
)
def squared(m: Arithmetic, size: int, seed: int, spread: int) -> Number:
    """For x ~ N(0, I), E[(y − h)²]/16 = ‖Δ‖_F²/8 + (tr Δ)²/16.

    E[x_i x_j x_k x_l] is 1 for each of the three ways to pair off the indices: E[(xᵀΔx)²] = 2 ‖Δ‖_F² + (tr Δ)². Here
    the mean is a sum over Gauss–Hermite points, exact for polynomials of this degree.
    """
    return _squared_slack(size, seed, spread, mp.mpf(0))


@stated(
    "gissin2020.appendix_f.bias.loss",
    title="squared loss with a bias at Gaussian inputs",
    source="appendix F, F.2.2 (not displayed there)",
    hypotheses={**MATRICES, "offset": Real(-(2.0**100), 2.0**100, printed="any b and b* (offset = b* − b)")},
    identity=True,
    derivation=derived("quadratic.bias_population"),
)
def squared_with_bias(m: Arithmetic, size: int, seed: int, spread: int, offset: Number) -> Number:
    """For x ~ N(0, I) and h(x) = <WᵀW, xxᵀ> + b, E[(y − h)²]/16 = ‖Δ‖_F²/8 + (tr Δ + b* − b)²/16.

    y − h = xᵀΔx + b* − b: the variance is that without a bias, the mean tr Δ + b* − b. Here the mean is a sum over
    Gauss–Hermite points, exact for polynomials of this degree.
    """
    return _squared_slack(size, seed, spread, offset)


def _squared_slack(size: int, seed: int, spread: int, offset: Number) -> Number:
    weights, teacher, apart = drawn(size, seed, spread)
    with mp.extradps(4 * (apart + reach(offset))):
        spent = mean_error(weights, teacher, offset, 2) / 16
        closed = squared_loss(weights, teacher.T * teacher, offset)
    return agreement(spent, closed)


@stated(
    "gissin2020.equation10",
    title="flow of WᵀW under the variance loss",
    source="eq. 10",
    hypotheses=MATRICES,
    identity=True,
    derivation=derived("quadratic.equation10"),
)
def equation10(m: Arithmetic, size: int, seed: int, spread: int) -> Number:
    """Gradient flow on the variance loss moves WᵀW by ½ (WᵀW (W*ᵀW* − WᵀW) + (W*ᵀW* − WᵀW) WᵀW), whatever W and W*.

    Ẇ = ½ W Δ: in dℓ = ¼ <Δ, dΔ> stands dΔ = −(dWᵀ W + Wᵀ dW), and Δ is symmetric. Here Ẇ consists of difference
    quotients of ‖Δ‖_F²/8.
    """
    weights, teacher, apart = drawn(size, seed, spread)
    with mp.extradps(9 * apart):
        goal = teacher.T * teacher
    velocity = velocity_of(variance_loss, weights, goal, apart)
    with mp.extradps(9 * apart):
        half = weights.T * velocity
        gram = weights.T * weights
        product = gram * (goal - gram)
        large = sizes(weights).T * sizes(weights)
        scale = large * (large + sizes(goal))
    return entrywise(half + half.T, (product + product.T) / 2, (scale + scale.T) / 2)


@stated(
    "gissin2020.appendix_f.flow",
    title="flow of the weights under the squared loss",
    source="appendix F, F.2.1",
    hypotheses=MATRICES,
    identity=True,
    derivation=derived("quadratic.squared_flow"),
)
def flow_of_weights(m: Arithmetic, size: int, seed: int, spread: int) -> Number:
    """Gradient flow on the squared loss moves W by Ẇ = ½ W Δ + ¼ tr(Δ) W, whatever W and W*.

    The first term is that of the variance loss; and d(tr Δ)²/16 = −¼ tr(Δ) <W, dW>. The scan has lost the second
    factor: ¼ is what the loss gives. Here Ẇ consists of difference quotients of ‖Δ‖_F²/8 + (tr Δ)²/16.
    """
    weights, teacher, apart = drawn(size, seed, spread)
    with mp.extradps(9 * apart):
        goal = teacher.T * teacher
    velocity = velocity_of(squared_loss, weights, goal, apart)
    with mp.extradps(9 * apart):
        gap = goal - weights.T * weights
        large = sizes(weights).T * sizes(weights) + sizes(goal)
        derived = weights * gap / 2 + trace(gap) / 4 * weights
        scale = sizes(weights) * large / 2 + trace(large) / 4 * sizes(weights)
    return entrywise(velocity, derived, scale)
