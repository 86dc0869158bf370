"""Test problems that carry their own closed form."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import expm

from flowlab._jit import typed_kernel
from flowlab.dynamics import GradientSystem
from flowlab.dynamics.signatures import GRADIENT, HESSIAN, INDUCED, LOSS, LOSS_GRADIENT


@dataclass(frozen=True)
class Problem:
    """A system and the parameters of its flow at any times, shape (n, d)."""

    system: GradientSystem
    exact: Callable


@typed_kernel(GRADIENT)
def toy_gradient(w, constants, data, rows, out):
    depth = constants[0]
    for i in range(w.size):
        out[i] = w[i] ** (depth - 1) * (w[i] ** depth - constants[1 + i]) / depth


@typed_kernel(GRADIENT)
def toy3_gradient(w, constants, data, rows, out):
    for i in range(w.size):
        square = w[i] * w[i]
        out[i] = square * (square * w[i] - constants[1 + i]) / 3


@typed_kernel(LOSS)
def toy_loss(w, constants, data, rows):
    depth = constants[0]
    total = 0.0
    for i in range(w.size):
        total += (w[i] ** depth - constants[1 + i]) ** 2
    return total / (2 * depth * depth)


@typed_kernel(INDUCED)
def toy_induced(w, constants, out):
    for i in range(w.size):
        out[i] = w[i] ** constants[0]


@typed_kernel(HESSIAN)
def toy_hessian(w, constants, data, rows, out):
    depth = constants[0]
    out[:] = 0.0
    for i in range(w.size):
        out[i, i] = (
            (2 * depth - 1) * w[i] ** (2 * depth - 2) - (depth - 1) * w[i] ** (depth - 2) * constants[1 + i]
        ) / depth


def toy(depth, target, init, *, gradient=None):
    """Separable toy model: L = Σ (w_i^N − σ_i*)² / (2N²), so σ̇ = σ^(2−2/N) (σ* − σ)."""
    target = np.atleast_1d(np.asarray(target, dtype=float))
    init = np.broadcast_to(np.asarray(init, dtype=float), target.shape)
    return GradientSystem(
        gradient=gradient or (toy3_gradient if depth == 3 else toy_gradient),
        loss=toy_loss,
        start=init ** (1 / depth),
        constants=np.array([depth, *target], dtype=float),
        names=tuple(f"w{i}" for i in range(target.size)),
        induced=toy_induced,
        target=target,
        hessian=toy_hessian,
    )


def toy2_sigma(t, target, init):
    """σ̇ = σ (σ* − σ): the logistic curve."""
    return target / (1 + (target / init - 1) * np.exp(-target * np.asarray(t, dtype=float)[:, None]))


def toy_problem(depth, target, init):
    """Depth 1 or 2, where σ(t) is elementary."""
    target = np.atleast_1d(np.asarray(target, dtype=float))
    init = np.broadcast_to(np.asarray(init, dtype=float), target.shape)
    if depth == 1:
        return Problem(toy(1, target, init), lambda t: target + (init - target) * np.exp(-np.asarray(t)[:, None]))
    return Problem(toy(2, target, init), lambda t: np.sqrt(toy2_sigma(t, target, init)))


def toy3_time(sigma, target, init):
    """Depth 3 by separation: σ̇ = σ^(4/3) (σ* − σ) with σ = w³ and σ* = c³ gives ∫ 3 dw / (w² (c³ − w³))."""
    c = target ** (1 / 3)

    def primitive(w):
        # Partial fractions of 3/(w²(c³−w³)) = 3/c³ · (1/w² + w/(c³−w³)).
        logarithms = np.log((w * w + c * w + c * c) / (c - w) ** 2) / (6 * c)
        angle = -np.arctan((2 * w + c) / (np.sqrt(3) * c)) / (np.sqrt(3) * c)
        return 3 / c**3 * (-1 / w + logarithms + angle)

    return primitive(np.cbrt(sigma)) - primitive(np.cbrt(init))


_COSINE, _SINE = np.cos(0.7), np.sin(0.7)


@typed_kernel(GRADIENT)
def rotated_gradient(w, constants, data, rows, out):
    cosine, sine = constants[2], constants[3]
    u, v = cosine * w[0] + sine * w[1], -sine * w[0] + cosine * w[1]
    a, b = u * (u * u - constants[0]) / 2, v * (v * v - constants[1]) / 2
    out[0] = cosine * a - sine * b
    out[1] = sine * a + cosine * b


@typed_kernel(LOSS)
def rotated_loss(w, constants, data, rows):
    cosine, sine = constants[2], constants[3]
    u, v = cosine * w[0] + sine * w[1], -sine * w[0] + cosine * w[1]
    return ((u * u - constants[0]) ** 2 + (v * v - constants[1]) ** 2) / 8


def rotated_problem():
    """Two modes of depth 2 in coordinates turned by 0.7: nonlinear and coupled."""
    target, init = np.array([2.0, 1.0]), np.array([0.3, 0.1])
    turn = np.array([[_COSINE, -_SINE], [_SINE, _COSINE]])
    system = GradientSystem(
        gradient=rotated_gradient,
        loss=rotated_loss,
        start=turn @ np.sqrt(init),
        constants=np.array([*target, _COSINE, _SINE]),
        names=("a", "b"),
    )
    return Problem(system, lambda t: np.sqrt(toy2_sigma(t, target, init)) @ turn.T)


@typed_kernel(GRADIENT)
def linear_gradient(w, constants, data, rows, out):
    for i in range(w.size):
        out[i] = constants[i] * (w[i] - 1.0)


@typed_kernel(LOSS)
def linear_loss(w, constants, data, rows):
    total = 0.0
    for i in range(w.size):
        total += constants[i] * (w[i] - 1.0) ** 2
    return total / 2


@typed_kernel(HESSIAN)
def linear_hessian(w, constants, data, rows, out):
    out[:] = 0.0
    for i in range(w.size):
        out[i, i] = constants[i]


def linear_problem(rates):
    """ẇ_i = −rate_i (w_i − 1) from 2; stiff where the rates are far apart."""
    rates = np.asarray(rates, dtype=float)
    names = tuple("abcdefghijklmnopqrstuvwxyz"[: rates.size])
    start = np.full(rates.size, 2.0)
    system = GradientSystem(
        linear_gradient, linear_loss, start=start, constants=rates, names=names, hessian=linear_hessian
    )
    return Problem(system, lambda t: 1 + np.exp(-np.multiply.outer(t, rates)))


@typed_kernel(GRADIENT)
def power_gradient(w, constants, data, rows, out):
    out[0] = -constants[0] * w[0] ** constants[1]


@typed_kernel(LOSS)
def power_loss(w, constants, data, rows):
    return 0.0


def power_system(factor, power, start=1.0):
    """ẇ = factor · w^power: a singularity in finite time, at infinity or at 0."""
    return GradientSystem(
        power_gradient,
        power_loss,
        start=np.array([start]),
        constants=np.array([factor, power], dtype=float),
        names=("w",),
    )


@typed_kernel(GRADIENT)
def least_squares_gradient(w, constants, data, rows, out):
    out[:] = 0.0
    features = w.size
    for r in rows:
        residual = -data[r, features]
        for j in range(features):
            residual += data[r, j] * w[j]
        for j in range(features):
            out[j] += residual * data[r, j] / rows.size


@typed_kernel(LOSS)
def least_squares_loss(w, constants, data, rows):
    total = 0.0
    features = w.size
    for r in rows:
        residual = -data[r, features]
        for j in range(features):
            residual += data[r, j] * w[j]
        total += residual**2 / (2 * rows.size)
    return total


def least_squares(examples=23, features=3, seed=0):
    """Mean squared error of a linear model; the last column of the data is the label."""
    data = np.random.default_rng(seed).normal(size=(examples, features + 1))
    return GradientSystem(
        least_squares_gradient,
        least_squares_loss,
        start=np.full(features, 0.5),
        constants=np.zeros(1),
        data=data,
        names=tuple(f"w{i}" for i in range(features)),
        observables={"norm": lambda w: np.linalg.norm(w, axis=1)},
    )


@typed_kernel(GRADIENT)
def modified_gradient(w, constants, data, rows, out):
    """Of L + (η/4)|∇L|² for the toy model of depth 2: g + (η/2) H g, with H diagonal."""
    rate = constants[constants.size - 1]
    for i in range(w.size):
        target = constants[1 + i]
        g = w[i] * (w[i] * w[i] - target) / 2
        h = (3 * w[i] * w[i] - target) / 2
        out[i] = g + 0.5 * rate * h * g


def modified_toy2(target, init, rate):
    plain = toy(2, target, init)
    return GradientSystem(
        modified_gradient,
        toy_loss,
        start=plain.start,
        constants=np.append(plain.constants, rate),
        names=plain.names,
        induced=toy_induced,
        target=plain.target,
    )


@typed_kernel(GRADIENT)
def separate_gradient(w, constants, data, rows, out):
    modes = w.size
    for i in range(modes):
        out[i] = constants[i] * np.sin(w[i]) - np.exp(-constants[modes + i] * w[i])


@typed_kernel(GRADIENT)
def separate_power_gradient(w, constants, data, rows, out):
    modes = w.size
    for i in range(modes):
        out[i] = -constants[i] * w[i] ** constants[modes + i]


@typed_kernel(LOSS)
def separate_loss(w, constants, data, rows):
    return 0.0


def separate(modes, kind="waves"):
    """A separable system, with functions whose compiled loops may round otherwise than single calls."""
    return GradientSystem(
        separate_power_gradient if kind == "power" else separate_gradient,
        separate_loss,
        start=np.full(modes, 0.5),
        constants=np.ones(2 * modes),
        names=tuple(f"w{i}" for i in range(modes)),
        separable=True,
    )


@typed_kernel(GRADIENT)
def regression_gradient(w, constants, data, rows, out):
    """Of |A w − b|²/(2m), with A the data and b the constants: by BLAS on all rows, row by row on a batch."""
    if rows.size == data.shape[0]:
        residual = np.empty(rows.size)
        np.dot(data, w, residual)
        residual -= constants
        np.dot(data.T, residual, out)
    else:
        out[:] = 0.0
        for r in rows:
            miss = np.dot(data[r], w) - constants[r]
            out += miss * data[r]
    out /= rows.size


@typed_kernel(LOSS)
def regression_loss(w, constants, data, rows):
    total = 0.0
    for r in rows:
        total += (np.dot(data[r], w) - constants[r]) ** 2
    return total / (2 * rows.size)


def regression(examples=200, features=100, seed=0):
    """Linear regression with hand-written kernels on a matrix and a vector of the user's."""
    generator = np.random.default_rng(seed)
    features_of, labels = generator.normal(size=(examples, features)), generator.normal(size=examples)
    hessian = features_of.T @ features_of / examples
    optimum = np.linalg.lstsq(features_of, labels)[0]
    start = np.full(features, 0.1)
    system = GradientSystem(
        regression_gradient,
        regression_loss,
        start=start,
        constants=labels,
        data=features_of,
        observables={"norm": lambda w: np.linalg.norm(w, axis=1)},
    )
    return Problem(system, lambda times: np.array([optimum + expm(-t * hessian) @ (start - optimum) for t in times]))


@typed_kernel(GRADIENT)
def counting_gradient(w, constants, data, rows, out):
    """ẇ = 1 − w, and a step of the counters that lie behind the constants and in the data."""
    constants[0] += 1.0
    data[0, 0] += 1.0
    for i in range(w.size):
        out[i] = w[i] - 1.0


@typed_kernel(LOSS)
def counting_loss(w, constants, data, rows):
    return 0.5 * np.sum((w - 1.0) ** 2)


@typed_kernel(HESSIAN)
def counting_hessian(w, constants, data, rows, out):
    constants[1] += 1.0
    out[:] = 0.0
    for i in range(w.size):
        out[i, i] = 1.0


@typed_kernel(LOSS_GRADIENT)
def counting_both(w, constants, data, rows, out):
    counting_gradient(w, constants, data, rows, out)
    return counting_loss(w, constants, data, rows)


def counting(start=2.0, hessian=True, both=False):
    """A system that counts in its own arrays how often it is asked."""
    return GradientSystem(
        counting_gradient,
        counting_loss,
        start=np.array([start, 3.0]),
        constants=np.zeros(2),
        data=np.zeros((7, 1)),
        hessian=counting_hessian if hessian else None,
        loss_gradient=counting_both if both else None,
    )


@typed_kernel(LOSS)
def square_loss(w, constants, data, rows):
    return np.sum(w * w)


def overflowing():
    """ẇ = w from 1, with the loss w², which overflows while w does not."""
    return replace(power_system(1.0, 1.0), loss=square_loss)


@typed_kernel(INDUCED)
def gap_induced(w, constants, out):
    out[0] = w[0] - w[1]


def bump():
    """One induced value e^(−t) − e^(−2t): it rises to 1/4 and falls again."""
    return replace(linear_problem([1.0, 2.0]).system, induced=gap_induced, induced_size=1)
