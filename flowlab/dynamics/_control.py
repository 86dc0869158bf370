"""How long a step may be: the first, and the next one after an error estimate; shared by all loops."""

import numpy as np

from flowlab._jit import inlined_kernel
from flowlab.dynamics.trajectory import Vector

EPSILON = 2.220446049250313e-16
#: In smooth stretches the first estimate is well above this multiple of the stand-in.
_STAND_IN = 0.1
# The parts of a float64, for `power`.
_MANTISSA, _ONE = (1 << 52) - 1, 1023 << 52
_LN2, _ROOT2 = 0.6931471805599453, 1.4142135623730951


@inlined_kernel
def trial_step(y: Vector, velocity: Vector, until: float, rtol: float, atol: float, logarithmic: bool) -> float:
    """Return an explicit Euler step for a look at the curvature (Hairer, Nørsett and Wanner, section II.4)."""
    size, speed = 0.0, 0.0
    for i in range(y.size):
        scale = atol + rtol * (1.0 if logarithmic else abs(y[i]))
        if scale > 0.0:
            size = max(size, abs(y[i]) / scale)
            speed = max(speed, abs(velocity[i]) / scale)
    if logarithmic:
        size = 1.0 / rtol
    step = 1e-6 * until
    if size > 1e-5 and speed > 1e-5:
        step = min(0.01 * size / speed, until)
    return step


@inlined_kernel
def second_guess(
    y: Vector,
    velocity: Vector,
    ahead: Vector,
    step: float,
    until: float,
    rtol: float,
    atol: float,
    exponent: float,
    logarithmic: bool,
) -> float:
    """Return the first step, from the slope `ahead` after the trial step."""
    speed, bend = 0.0, 0.0
    for i in range(y.size):
        scale = atol + rtol * (1.0 if logarithmic else abs(y[i]))
        if scale > 0.0:
            speed = max(speed, abs(velocity[i]) / scale)
            bend = max(bend, abs(ahead[i] - velocity[i]) / scale / step)
    most = max(speed, bend)
    longer = max(1e-6 * until, step * 1e-3) if most <= 1e-15 else (0.01 / most) ** exponent
    guess = min(100.0 * step, longer, until)
    return guess if guess > 0.0 else step


@inlined_kernel
def combined_error(five: float, three: float, errors: int, h: float, rtol: float) -> float:
    """Return the error of a step of size `h` from its estimates for h = 1, in units of the tolerance."""
    result = h * five
    if errors == 2:
        both = np.sqrt(five * five + 0.01 * three * three)
        if both > 0.0:
            result *= five / both
        # Where the first estimate passes through zero by accident, the square of the second stands in.
        result = max(result, _STAND_IN * rtol * (h * three) ** 2)
    return result


@inlined_kernel
def power(x: float, exponent: float) -> float:
    """Return x^exponent to five digits, for 0 < x < inf.

    Enough for a step size, in operations that a compiled loop applies to many numbers at once.
    """
    bits = np.float64(x).view(np.int64)
    mantissa = np.int64((bits & _MANTISSA) | _ONE).view(np.float64)
    # log2 of the mantissa m by the series of artanh((m − 1)/(m + 1)).
    u = (mantissa - 1.0) / (mantissa + 1.0)
    v = u * u
    series = u * (1.0 + v * (1.0 / 3.0 + v * (0.2 + v * (1.0 / 7.0 + v * (1.0 / 9.0)))))
    result = exponent * (float((bits >> 52) - 1023) + 2.0 * series / _LN2)
    whole = np.floor(result)
    # 2 to what is left, about 1/2.
    z = (result - whole - 0.5) * _LN2
    rest = 1.0 + z * (1.0 + z * (0.5 + z * (1.0 / 6.0 + z * (1.0 / 24.0 + z * (1.0 / 120.0)))))
    return float(_ROOT2 * rest * np.int64((np.int64(whole) + 1023) << 52).view(np.float64))


@inlined_kernel
def growth(err: float, err_before: float, after_rejection: bool, controller: Vector) -> float:
    """Return the next step in units of this one; no step grows right after one that was rejected."""
    exponent, safety, smallest, largest, memory = controller
    factor = safety * power(err, -exponent)
    rejected = max(smallest, factor)
    if memory > 0.0:
        factor *= power(err_before, memory)
    accepted = min(largest, max(smallest, factor))
    accepted = min(accepted, 1.0) if after_rejection else accepted
    factor = accepted if err <= 1.0 else rejected
    return factor if err - err == 0.0 else 0.2


@inlined_kernel
def is_singular(y: Vector, velocity: Vector, t: float) -> bool:
    """Say whether a parameter would double within a thousand of the smallest steps at `t`."""
    found = False
    for i in range(y.size):
        if velocity[i] * y[i] > 0.0 and abs(velocity[i]) * 1e4 * EPSILON * t > abs(y[i]):
            found = True
    return found
