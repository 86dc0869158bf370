"""Calling a system's kernels, and the symbolic gradients that they are compared with."""

import mpmath
import numpy as np
import sympy

DIGITS = 30


@np.errstate(all="ignore")  # without compilation NumPy warns of integers that wrap, in exponentials
def evaluate(system, w, rows=None):
    """Return loss and gradient, once all the kernels of a system agree on them."""
    w = np.array(w, dtype=np.float64).ravel()
    rows = np.arange(len(system.data)) if rows is None else np.array(rows, dtype=np.int64)
    arguments = (w, system.numbers, system.data, rows)
    gradient, both = np.full(w.size, np.nan), np.full(w.size, np.nan)
    system.gradient(*arguments, gradient)
    loss, value = system.loss(*arguments), system.loss_gradient(*arguments, both)
    np.testing.assert_array_equal(gradient, both)
    assert value == loss or abs(value - loss) <= 1e-15 * abs(value)
    return loss, gradient


class Derived:
    """A loss written in SymPy, with its gradient, to be had in many digits."""

    def __init__(self, loss, parameters, constants):
        gradient = [sympy.diff(loss, w) for w in parameters]
        self._call = sympy.lambdify([*parameters, *constants], [loss, *gradient], "mpmath", cse=True)

    def __call__(self, *numbers):
        """Return loss and gradient at arrays that hold the parameters, then the constants."""
        flat = np.concatenate([np.ravel(array) for array in numbers])
        with mpmath.workdps(DIGITS):
            loss, *gradient = self._call(*(mpmath.mpf(float(number)) for number in flat))
            return float(loss), np.array([float(entry) for entry in gradient])


def assert_agree(got, wanted, *, digits=12):
    """Compare losses and gradients, to so many digits of the largest entry."""
    (loss, gradient), (true_loss, true_gradient) = got, wanted
    error = 10.0**-digits
    assert abs(loss - true_loss) <= error * max(1.0, abs(true_loss))
    assert np.abs(gradient - true_gradient).max() <= error * max(1.0, np.abs(true_gradient).max())
