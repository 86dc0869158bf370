"""How long a step may be: the first, and the next one after an error estimate; shared by all loops."""

import numpy as np

from flowlab._jit import inlined_kernel
from flowlab.dynamics.trajectory import Vector

EPSILON = 2.220446049250313e-16
#: In smooth stretches the first estimate is well above this multiple of the stand-in.
_STAND_IN = 0.1


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
def growth(err: float, err_before: float, after_rejection: bool, controller: Vector) -> float:
    """Return the next step in units of this one; no step grows right after one that was rejected."""
    exponent, safety, smallest, largest, memory = controller
    factor = largest
    if not np.isfinite(err):
        factor = 0.2
    elif err > 1.0:
        factor = max(smallest, safety * err ** (-exponent))
    else:
        if err > 0.0:
            factor = safety * err ** (0.75 * memory - exponent)
            if memory > 0.0:
                factor *= err_before**memory
            factor = min(largest, max(smallest, factor))
        if after_rejection:
            factor = min(factor, 1.0)
    return factor


@inlined_kernel
def is_singular(y: Vector, velocity: Vector, t: float) -> bool:
    """Say whether a parameter would double within a thousand of the smallest steps at `t`."""
    found = False
    for i in range(y.size):
        if velocity[i] * y[i] > 0.0 and abs(velocity[i]) * 1e4 * EPSILON * t > abs(y[i]):
            found = True
    return found
