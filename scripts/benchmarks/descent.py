"""Steps of gradient descent on 1,000 toy modes beside the same step in NumPy, in one run."""

import statistics
import timeit

import numpy as np

from flowlab._jit import typed_kernel
from flowlab.dynamics import GradientSystem, StoppingRule, descent
from flowlab.dynamics.signatures import GRADIENT, LOSS

MODES, STEPS, RATE = 1000, 5000, 1e-3


@typed_kernel(GRADIENT)
def gradient(w, constants, data, rows, out):
    for i in range(w.size):
        square = w[i] * w[i]
        out[i] = square * (square * w[i] - constants[i]) / 3


@typed_kernel(LOSS)
def loss(w, constants, data, rows):
    total = 0.0
    for i in range(w.size):
        total += (w[i] * w[i] * w[i] - constants[i]) ** 2
    return total / 18


def main() -> None:
    target = np.linspace(1, 10, MODES)
    start = np.full(MODES, 0.2)
    system = GradientSystem(gradient, loss, start, target, tuple(f"w{i}" for i in range(MODES)))

    def numpy_steps():
        w = start.copy()
        for _ in range(STEPS):
            w -= RATE / 3 * w**2 * (w**3 - target)
        return w

    runs = {
        "NumPy": numpy_steps,
        "flowlab.descent": lambda: descent(system, RATE, steps=STEPS, record=STEPS),
        "  with momentum 0.9": lambda: descent(system, RATE, steps=STEPS, record=STEPS, momentum=0.9),
        "  watching the gradient's norm": lambda: descent(
            system, RATE, steps=STEPS, record=STEPS, stop=StoppingRule(gradient_norm=1e-300)
        ),
    }
    difference = np.abs(runs["flowlab.descent"]().parameters[-1] - numpy_steps()).max()
    print(f"{MODES} modes of depth 3, {STEPS} steps; largest difference from NumPy {difference:.1e}")
    base = None
    for name, run in runs.items():
        run()
        step = statistics.median(timeit.repeat(run, number=1, repeat=9)) / STEPS
        base = base or step
        print(f"  {name:32s} {step * 1e6:8.3f} us a step   {base / step:6.1f} x")


if __name__ == "__main__":
    main()
