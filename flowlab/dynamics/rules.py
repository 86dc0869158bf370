"""Step rules: what a discrete algorithm does with the gradient, each a kernel of a few lines on one loop."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import types
from numpy.typing import NDArray

from flowlab._arguments import number, word
from flowlab._jit import kernel
from flowlab.dynamics._pointers import caster

Vector = NDArray[np.float64]

_VECTOR = types.float64[::1]
#: ``step(w, gradient, state, numbers, new)``: the parameters after a step, written into `new`. `numbers` are the
#: learning rate and the rule's own, `state` what it remembers: rows of the parameters' size, 0 before the first step.
STEP = types.void(_VECTOR, _VECTOR, types.float64[:, ::1], _VECTOR, _VECTOR)

as_step = caster(STEP)


@dataclass(frozen=True)
class StepRule:
    """What a step makes of the gradient; `flowlab.descent` takes it as its `rule`.

    Attributes
    ----------
    name : str
    kernel : kernel
        Of the signature STEP.
    numbers : tuple of float
        What the kernel is told besides the learning rate.
    rows : int
        How many vectors it remembers.
    positive : bool
        Whether it moves positive parameters only, which stay positive.
    """

    name: str
    kernel: Callable[..., None]
    numbers: tuple[float, ...] = ()
    rows: int = 0
    positive: bool = False


@kernel
def plain_step(w: Vector, g: Vector, state: Vector, numbers: Vector, new: Vector) -> None:
    """Write w − η ∇L."""
    for i in range(w.size):
        new[i] = w[i] - numbers[0] * g[i]


@kernel
def momentum_step(w: Vector, g: Vector, state: Vector, numbers: Vector, new: Vector) -> None:
    """Write w + v, with v ← μ v − η ∇L."""
    for i in range(w.size):
        change = numbers[1] * state[0, i] - numbers[0] * g[i]
        state[0, i] = change
        new[i] = w[i] + change


@kernel
def _largest(g: Vector) -> float:
    size = 0.0
    for i in range(g.size):
        size = max(size, abs(g[i]))
        if np.isnan(g[i]):
            return np.nan
    return size


@kernel
def _steepest_step(w: Vector, g: Vector, state: Vector, numbers: Vector, new: Vector) -> None:
    """Write w − η ‖g‖_q v, with v of ‖v‖_p = 1 and <g, v> = ‖g‖_q; without ‖g‖_q where it is normalised."""
    rate, p, normalised, largest = numbers[0], numbers[1], numbers[2] != 0.0, _largest(g)
    if largest == 0.0:
        new[:] = w
        return
    if p == 1.0:  # one coordinate, the first of the largest
        moved = False
        for i in range(w.size):
            new[i] = w[i]
            if abs(g[i]) == largest and not moved:
                new[i] -= rate * math.copysign(1.0 if normalised else largest, g[i])
                moved = True
        return
    q, total = (1.0 if p == np.inf else p / (p - 1.0)), 0.0
    for i in range(w.size):
        total += (abs(g[i]) / largest) ** q
    norm = total ** (1.0 / q)  # of g over its largest entry
    length = 1.0 if normalised else largest * norm
    for i in range(w.size):
        part = abs(g[i]) / largest / norm
        move = (1.0 if q == 1.0 else part ** (q - 1.0)) if g[i] != 0.0 else 0.0
        new[i] = w[i] - rate * length * math.copysign(move, g[i])


def steepest(norm: float, *, normalised: bool = False) -> StepRule:
    """Return steepest descent in an ℓp norm: the step is −η ‖∇L‖_q v, where v of norm 1 falls fastest.

    Parameters
    ----------
    norm : float
        p >= 1, or inf: 1 moves the coordinate of the largest slope, inf takes signs, 2 is gradient descent.
    normalised : bool
        Whether every step has the norm η: the factor ‖∇L‖_q, the dual norm, is left out.

    Raises
    ------
    ValueError
        If `norm` is below 1.

    Examples
    --------
    >>> steepest(np.inf).name, steepest(2, normalised=True).name
    ('steepest in l_inf', 'steepest in l_2, normalised')
    """
    p = np.inf if norm == np.inf else number("norm", norm, allowed="a number >= 1, or inf", valid=lambda x: x >= 1)
    name = f"steepest in l_{p:g}" + ", normalised" * normalised
    return StepRule(name, _steepest_step, (p, float(normalised)))


@kernel
def _entropy_step(w: Vector, g: Vector, state: Vector, numbers: Vector, new: Vector) -> None:
    for i in range(w.size):
        new[i] = w[i] * np.exp(-numbers[0] * g[i])


@kernel
def _hypentropy_step(w: Vector, g: Vector, state: Vector, numbers: Vector, new: Vector) -> None:
    for i in range(w.size):
        new[i] = numbers[1] * np.sinh(np.arcsinh(w[i] / numbers[1]) - numbers[0] * g[i])


@kernel
def _power_step(w: Vector, g: Vector, state: Vector, numbers: Vector, new: Vector) -> None:
    p = numbers[1]
    for i in range(w.size):
        dual = math.copysign(abs(w[i]) ** (p - 1.0), w[i]) - numbers[0] * g[i]
        new[i] = math.copysign(abs(dual) ** (1.0 / (p - 1.0)), dual)


def mirror(
    potential: Literal["euclidean", "entropy", "hypentropy", "power"],
    *,
    scale: float | None = None,
    power: float | None = None,
) -> StepRule:
    """Return mirror descent: ∇ψ(w) moves by −η ∇L, and w with it.

    Parameters
    ----------
    potential : {"euclidean", "entropy", "hypentropy", "power"}
        ψ: Σ w²/2, which is gradient descent; Σ w log w − w, of positive parameters; Σ w arsinh(w/β) − √(w² + β²);
        Σ |w|^p/p.
    scale : float
        β > 0 of the hypentropy.
    power : float
        p > 1 of the power.

    Raises
    ------
    ValueError
        On an argument outside what is allowed.

    Examples
    --------
    >>> mirror("hypentropy", scale=0.1).numbers
    (0.1,)
    """
    kind = word("potential", potential, ("euclidean", "entropy", "hypentropy", "power"))
    for name, value, wanted in (("scale", scale, "hypentropy"), ("power", power, "power")):
        if (value is None) == (kind == wanted):
            raise ValueError(f"{name}: got {value} with {kind}; allowed: a number with {wanted}, None with others")
    if kind == "hypentropy":
        return StepRule("mirror, hypentropy", _hypentropy_step, (number("scale", scale),))
    if kind == "power":
        p = number("power", power, allowed="a finite number > 1", valid=lambda x: x > 1)
        return StepRule("mirror, power", _power_step, (p,))
    if kind == "entropy":
        return StepRule("mirror, entropy", _entropy_step, positive=True)
    return StepRule("mirror, euclidean", plain_step)


@kernel
def _adam_step(w: Vector, g: Vector, state: Vector, numbers: Vector, new: Vector) -> None:
    """The last row holds β1^t and β2^t less 1, so that both are 0 before the first step."""
    rate, first, second, least = numbers[0], numbers[1], numbers[2], numbers[3]
    state[2, 0] = first * (1.0 + state[2, 0]) - 1.0
    state[3, 0] = second * (1.0 + state[3, 0]) - 1.0
    for i in range(w.size):
        state[0, i] = first * state[0, i] + (1.0 - first) * g[i]
        state[1, i] = second * state[1, i] + (1.0 - second) * g[i] * g[i]
        new[i] = w[i] - rate * (state[0, i] / -state[2, 0]) / (math.sqrt(state[1, i] / -state[3, 0]) + least)


def adam(*, first: float = 0.9, second: float = 0.999, least: float = 1e-8) -> StepRule:
    """Return Adam (Kingma and Ba 2015), for comparison.

    Parameters
    ----------
    first, second : float
        β1 and β2, in [0, 1).
    least : float
        ε > 0, added to the root of the second moment.

    Raises
    ------
    ValueError
        On an argument outside what is allowed.

    Examples
    --------
    >>> adam().numbers
    (0.9, 0.999, 1e-08)
    """
    numbers = tuple(
        number(name, value, allowed="a number in [0, 1)", valid=lambda x: (x >= 0) & (x < 1))
        for name, value in (("first", first), ("second", second))
    )
    return StepRule("Adam", _adam_step, (*numbers, number("least", least)), rows=4)


def momentum(friction: float) -> StepRule:
    """Return the rule of the heavy ball; of gradient descent without friction."""
    return StepRule("momentum", momentum_step, (friction,), rows=1) if friction else StepRule("descent", plain_step)
