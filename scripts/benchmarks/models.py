"""One step of each large model, with the loss at hand for its stopping rule, beside NumPy, PyTorch and JAX.

Run it on a quiet machine, on one core (OPENBLAS_NUM_THREADS=1); each figure is the least of several runs. A peer that
is not importable is named and left out. The continuous clock is compared by gradient evaluations: descent's steps
beside the flow's calls.
"""

import importlib.util
import time
from collections.abc import Callable

import numpy as np

import flowlab
from flowlab.dynamics import LossLevel, StoppingRule
from flowlab.models import (
    ConvolutionalClassifier,
    DiagonalClassifier,
    MatrixSensing,
    QuadraticNetwork,
    SparseRegression,
)

RNG = np.random.default_rng(0)
STEP = 1e-6


def least(work: Callable[[], int], rounds: int = 7) -> float:
    """Return the least time of a step in microseconds; `work` returns how many steps it took."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        steps = work()
        times.append((time.perf_counter() - begin) / steps)
    return 1e6 * min(times)


def ours(system: flowlab.GradientSystem, steps: int) -> Callable[[], int]:
    """Return a descent of so many steps that looks at the loss before each."""
    stop = StoppingRule(loss=-1.0)

    def work() -> int:
        return int(flowlab.descent(system, STEP, steps=steps, record=[0], stop=stop).steps[-1])

    work()
    return work


def numpy_steps(value_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray, steps: int):
    """Return the same steps by NumPy."""

    def work() -> int:
        w = start.copy()
        for _ in range(steps):
            loss, gradient = value_and_gradient(w)
            if loss < -1.0:
                break
            w -= STEP * gradient
        return steps

    work()
    return work


def powers(features: np.ndarray, labels: np.ndarray, depth: int, loss: str):
    """Loss and gradient of σ = w₊^N − w₋^N by NumPy."""

    def value_and_gradient(w: np.ndarray) -> tuple[float, np.ndarray]:
        lower = w ** (depth - 1)
        plus, minus = np.split(lower * w, 2)
        f = features @ (plus - minus)
        if loss == "squared":
            miss = f - labels
            value, slope = miss @ miss / len(f), (2 / len(f)) * (miss @ features)
        else:
            part = np.exp(-labels * f)
            value, slope = part.mean(), -(labels * part / len(f)) @ features
        return value, depth * lower * np.concatenate([slope, -slope])

    return value_and_gradient


def sensing(features: np.ndarray, labels: np.ndarray, depth: int, size: int):
    """Loss and gradient of deep matrix sensing by NumPy."""

    def value_and_gradient(w: np.ndarray) -> tuple[float, np.ndarray]:
        factors = w.reshape(depth, size, size)
        products = [factors[0]]
        for factor in factors[1:]:
            products.append(factor @ products[-1])
        miss = features @ products[-1].ravel() - labels
        slope = (2 / len(miss)) * (miss @ features).reshape(size, size)
        out = np.empty_like(factors)
        for n in range(depth - 1, 0, -1):
            out[n] = slope @ products[n - 1].T
            slope = factors[n].T @ slope
        out[0] = slope
        return miss @ miss / len(miss), out.ravel()

    return value_and_gradient


def quadratic(inputs: np.ndarray, labels: np.ndarray):
    """Loss and gradient of the quadratic network by NumPy."""
    size = inputs.shape[1]

    def value_and_gradient(w: np.ndarray) -> tuple[float, np.ndarray]:
        hidden = inputs @ w.reshape(size, size).T
        miss = (hidden * hidden).sum(axis=1) - labels
        return miss @ miss / len(miss), ((4 / len(miss)) * (hidden * miss[:, None]).T @ inputs).ravel()

    return value_and_gradient


def convolution(features: np.ndarray, labels: np.ndarray, depth: int):
    """Loss and gradient of the convolutional classifier by NumPy's real FFT, a transform for every layer and step."""
    size = features.shape[1]

    def value_and_gradient(w: np.ndarray) -> tuple[float, np.ndarray]:
        layers = np.fft.rfft(w.reshape(depth, size), axis=1)
        f = features @ np.fft.irfft(layers.prod(axis=0), n=size)
        part = np.exp(-labels * f)
        slope = np.fft.rfft(-(labels * part / len(f)) @ features)
        others = [layers[[m for m in range(depth) if m != n]].prod(axis=0) for n in range(depth)]
        gradient = np.fft.irfft(slope * np.conj(others), n=size, axis=1)
        return part.mean(), gradient.ravel()

    return value_and_gradient


def classifier_in_torch(features: np.ndarray, labels: np.ndarray, depth: int, start: np.ndarray, steps: int):
    """Return the diagonal classifier's steps by eager PyTorch."""
    import torch

    torch.set_num_threads(1)
    x, y = torch.tensor(features), torch.tensor(labels)

    def work() -> int:
        w = torch.tensor(start, requires_grad=True)
        for _ in range(steps):
            plus, minus = (w**depth).chunk(2)
            loss = torch.exp(-y * (x @ (plus - minus))).mean()
            (gradient,) = torch.autograd.grad(loss, w)
            with torch.no_grad():
                w -= STEP * gradient
        return steps

    work()
    return work


def classifier_in_jax(features: np.ndarray, labels: np.ndarray, depth: int, start: np.ndarray, steps: int):
    """Return the diagonal classifier's steps by a jitted JAX loop."""
    import jax

    jax.config.update("jax_enable_x64", True)
    x, y = jax.numpy.asarray(features), jax.numpy.asarray(labels)

    def loss(w):
        plus, minus = jax.numpy.split(w**depth, 2)
        return jax.numpy.exp(-y * (x @ (plus - minus))).mean()

    @jax.jit
    def run(w):
        return jax.lax.fori_loop(0, steps, lambda _, w: w - STEP * jax.value_and_grad(loss)(w)[1], w)

    def work() -> int:
        run(start).block_until_ready()
        return steps

    work()
    return work


def line(name: str, system: flowlab.GradientSystem, peer, steps: int) -> None:
    """Print one model's step beside NumPy's."""
    gradient = np.empty(system.start.size)
    rows = np.arange(system.data.shape[0])
    value = system.loss_gradient(system.start, system.constants, system.data, rows, gradient)
    expected, reference = peer(system.start)
    np.testing.assert_allclose(value, expected, rtol=1e-9)
    np.testing.assert_allclose(gradient, reference, rtol=1e-7, atol=1e-12 * np.abs(reference).max())
    mine, theirs = least(ours(system, steps)), least(numpy_steps(peer, system.start, steps))
    print(f"{name:<52} {mine:9.2f} us   NumPy {theirs:9.2f} us   {theirs / mine:6.1f} times faster")


def main() -> None:
    """Print the table."""
    dictionary = RNG.standard_normal((80, 1000))
    dictionary /= np.linalg.norm(dictionary, axis=0)
    signal = dictionary[:, :5] @ RNG.exponential(10, 5)
    sparse = SparseRegression(5, dictionary, signal, 1e-4).system()
    line("sparse regression, 80 x 1000, depth 5", sparse, powers(dictionary, signal, 5, "squared"), 3000)

    features = RNG.standard_normal((200, 100))
    labels = np.sign(features[:, 0])
    diagonals = {depth: DiagonalClassifier(depth, features, labels, 0.01).system() for depth in (1, 2, 3, 5)}
    for depth, diagonal in diagonals.items():
        line(f"diagonal classifier, 200 x 100, depth {depth}", diagonal, powers(features, labels, depth, "exp"), 10_000)
    for peer, make in (("torch", classifier_in_torch), ("jax", classifier_in_jax)):
        if importlib.util.find_spec(peer) is None:
            print(f"{peer}: not installed")
            continue
        steps = 2_000
        theirs = least(make(features, labels, 3, np.full(200, 0.01 ** (1 / 3)), steps), 3)
        mine = least(ours(diagonals[3], 10_000))
        print(f"diagonal classifier, depth 3, against {peer:<15} {mine:9.2f} us   {peer} {theirs:9.2f} us")

    model = ConvolutionalClassifier(3, features, labels, 0.01, seed=0)
    system = model.system()
    mine = least(ours(system, 10_000))
    theirs = least(numpy_steps(convolution(features, labels, 3), model.layers.ravel(), 2_000))
    name = "convolutional classifier, 200 x 100, depth 3"
    print(f"{name:<52} {mine:9.2f} us   NumPy {theirs:9.2f} us   {theirs / mine:6.1f} times faster")

    network = QuadraticNetwork(np.diag([1, 1 / 2, 1 / 3, 1 / 4, *[0.0] * 16]), 1e-4, loss="squared", seed=0)
    inputs = network.inputs(100, seed=1)
    line(
        "quadratic network, 20 x 20, 100 examples", network.system(inputs, scale=1.0),
        quadratic(inputs, network.labels(inputs)), 5_000,
    )  # fmt: skip

    size, count = 50, 1000
    target = np.diag([12.0, 6, 4, 3, *[0.0] * 46])
    for depth in (2, 4):
        deep = MatrixSensing(depth, target, 1e-4, start="gaussian", seed=0)
        measurements = deep.measurements(count, seed=1)
        system, flat = deep.system(measurements, scale=1.0), measurements.reshape(count, -1)
        line(
            f"matrix sensing, 50 x 50, {count}, depth {depth}",
            system,
            sensing(flat, flat @ target.ravel(), depth, size),
            100,
        )
    reading = least(lambda: int(flat.sum() != np.inf))
    print(f"{'reading the measurements once (their sum)':<52} {reading:9.2f} us")

    deep = MatrixSensing(3, target, 1e-4, start="gaussian", seed=0)
    system = deep.system(deep.measurements(600, seed=1), scale=1.0)
    bare, recorded = (
        least(lambda record=record: int(flowlab.descent(system, 1e-3, steps=2000, record=record).steps[-1]), 3)
        for record in ([0], "log")
    )
    print(f"{'matrix sensing, depth 3, 600, 2000 steps':<52} {bare:9.2f} us   with 400 records {recorded:9.2f} us")
    counts(
        ("sparse regression, sparsity 5, to loss 0.1", sparse, 0.003, 10**5, 0.1, "rkc2"),
        ("quadratic network, to loss 0.001", network.system(inputs, scale=1.0), 0.001, 10**5, 0.001, "dop853"),
        ("matrix sensing, depth 3, 600, to loss 0.01", system, 0.001, 10**5, 0.01, "rkc2"),
        ("diagonal classifier, depth 3, to loss 0.01", diagonals[3], 0.01, 10**5, 0.01, "dop853"),
        ("convolutional classifier, depth 3, to loss 0.01", model.system(), 0.001, 10**6, 0.01, "dop853"),
    )


def counts(*runs: tuple) -> None:
    """Print descent's steps to a loss beside the gradients that the flow takes to it."""
    for name, system, rate, steps, loss, method in runs:
        run = flowlab.descent(system, rate, steps=steps, record=[0], stop=StoppingRule(loss=loss))
        path = flowlab.flow(
            system, 2 * run.t[-1], method=method, rtol=1e-4, atol=1e-7, events=[LossLevel(loss)], dense=False
        )
        calls = path.statistics.gradient_evaluations
        print(f"{name:<52} {run.steps[-1]:9d} steps of descent   {calls:9d} gradients of the flow ({method})")


if __name__ == "__main__":
    main()
