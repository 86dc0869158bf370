"""The steps of rkc2, a stabilised explicit method of order 2 for stiff flows.

Sommeijer, Shampine and Verwer, RKC: an explicit solver for parabolic PDEs, J. Comput. Appl. Math. 88 (1998), 315–326.
With s stages a step h is stable for real eigenvalues down to −0.65 s²/h; a flow's Jacobian, minus the Hessian, has no
others, nor has its counterpart in logarithms. Each step takes as many stages as the spectral radius asks for.
"""

from typing import NamedTuple

import numpy as np

from flowlab._interrupts import asked
from flowlab._jit import kernel
from flowlab.dynamics._control import EPSILON
from flowlab.dynamics._runge_kutta import Field, Work, slope
from flowlab.dynamics._tableau import Tableau
from flowlab.dynamics.trajectory import Vector

#: Row 0 of the stages is the slope at the start of a step, row 1 the mean slope over it, row 2 the slope at its end.
#: The error estimate 0.8 (y0 − y1) + 0.4 h (f0 + f1) is linear in them.
RKC2 = Tableau(
    name="rkc2",
    order=2,
    error_order=3,
    dense_order=2,
    stages=2,
    rows=({}, {}, {}),
    errors=({0: 0.4, 1: -0.8, 2: 0.4},),
    dense=(),
    safety=0.8,
    smallest=0.1,
    largest=10.0,
    memory=0.0,
    stabilized=True,
)

_DAMPING = 2.0 / 13.0
#: The spectral radius is estimated anew after so many steps, and where a step was rejected with an old one.
_REFRESH = 25
#: A limit for what a loose tolerance would allow: the coefficients of so many stages are held in memory.
_MOST_STAGES = 20_000
#: The power iteration ends at a relative change of `_SETTLED`; its result is raised, as it comes from below.
_SETTLED, _RAISED, _MOST_ITERATIONS = 0.01, 1.2, 50
#: So many at least where there is no eigenvector yet: the first few can seem settled at a smaller eigenvalue.
_FIRST_ITERATIONS = 8
#: A spectral radius beyond this is an overflow, which the step itself will meet.
_LARGEST = 1e290


class Spectrum(NamedTuple):
    """What is kept between steps: radius, its age in steps, an eigenvector; and room for two stages."""

    notes: Vector
    vector: Vector
    one: Vector
    two: Vector


@kernel
def start_afresh(spectrum: Spectrum) -> None:
    """Let the first step estimate the radius, without an eigenvector to begin with."""
    spectrum.notes[0], spectrum.notes[1] = 0.0, _REFRESH
    spectrum.vector[:] = 0.0


@kernel
def coefficients(stages: int) -> Vector:
    """Return μ, ν, μ̃ and γ̃ of each stage from 1 to `stages`, shape (stages + 1, 4)."""
    table = np.zeros((stages + 1, 4))
    # Chebyshev polynomials at w0 = 1 + u with their first and second derivatives, all by sums of positive terms.
    u = _DAMPING / stages**2
    w0 = 1.0 + u
    t, d, dd = np.ones(stages + 1), np.zeros(stages + 1), np.zeros(stages + 1)
    more_t, more_d, more_dd = u, 1.0, 0.0
    t[1], d[1] = w0, 1.0
    for j in range(2, stages + 1):
        more_t += 2.0 * u * t[j - 1]
        more_d += 2.0 * (u * d[j - 1] + t[j - 1])
        more_dd += 2.0 * (u * dd[j - 1] + 2.0 * d[j - 1])
        t[j], d[j], dd[j] = t[j - 1] + more_t, d[j - 1] + more_d, dd[j - 1] + more_dd
    w1 = d[stages] / dd[stages]
    b = np.full(stages + 1, dd[2] / d[2] ** 2)
    for j in range(3, stages + 1):
        b[j] = dd[j] / d[j] ** 2
    table[1, 2] = b[1] * w1
    for j in range(2, stages + 1):
        table[j, 0] = 2.0 * w0 * b[j] / b[j - 1]
        table[j, 1] = -b[j] / b[j - 2]
        table[j, 2] = 2.0 * w1 * b[j] / b[j - 1]
        table[j, 3] = -(1.0 - b[j - 1] * t[j - 1]) * table[j, 2]
    return table


@kernel
def most_stages(rtol: float) -> int:
    """Return how many stages a step may have before rounding inside it reaches the tolerance."""
    return min(max(2, int(np.sqrt(rtol / (10.0 * EPSILON)))), _MOST_STAGES)


@kernel
def stages_for(h: float, radius: float) -> int:
    """Return the fewest stages with which a step `h` is stable."""
    return 1 + int(np.sqrt(1.0 + 1.54 * h * radius))


@kernel
def longest_step(
    field: Field,
    h: float,
    until: float,
    rtol: float,
    after_rejection: bool,
    y: Vector,
    work: Work,
    spectrum: Spectrum,
) -> tuple[float, int]:
    """Return `h`, or less where it would take too many stages, and the gradients spent on the spectral radius.

    Less than 0 of them where a signal ends the run.
    """
    notes, spent = spectrum.notes, 0
    notes[1] += 0.0 if after_rejection else 1.0
    if notes[1] >= _REFRESH or (after_rejection and notes[1] > 0.0):
        notes[0], spent = _spectral_radius(field, h, until, y, work, spectrum)
        notes[1] = 0.0
    longest = (most_stages(rtol) ** 2 - 1.0) / 1.54
    if h * notes[0] > longest:
        h = longest / notes[0]
    return h, spent


@kernel
def _norm(x: Vector) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i] * x[i]
    return float(np.sqrt(total))


@kernel
def _spectral_radius(
    field: Field, h: float, until: float, y: Vector, work: Work, spectrum: Spectrum
) -> tuple[float, int]:
    """Return the spectral radius by a power iteration on the slope, raised by 20%, and the gradients it took.

    Less than 0 of them where a signal ends the run.
    """
    k, point, vector = work.k, work.point, spectrum.vector
    speed, length, least = _norm(k[0]), _norm(vector), 2
    if length == 0.0:
        # The slope and something without pattern: a fast mode at rest has no part in the slope.
        for i in range(y.size):
            other = (1.0 + abs(np.cos(1.0 + i * i))) / np.sqrt(y.size)
            vector[i] = np.copysign(other, k[0, i]) + (k[0, i] / speed if speed > 0.0 else 0.0)
        length, least = _norm(vector), _FIRST_ITERATIONS
    # So long that what slopes lose to rounding is little beside 1/h, whatever y.
    size = np.sqrt(y.size) if field.logarithmic else max(_norm(y), h * speed)
    size = np.sqrt(EPSILON) * (size if size > 0.0 else 1.0)
    radius, spent, waited = 0.0, 0, 0
    each = y.size + field.constants.size + field.data.size + 8
    while spent < _MOST_ITERATIONS:
        waited = asked(waited, each)
        if waited < 0:
            spent = -1
            break
        for i in range(y.size):
            point[i] = y[i] + vector[i] * (size / length)
        slope(field, point, work, 1)
        spent += 1
        for i in range(y.size):
            vector[i] = k[1, i] - k[0, i]
        length = _norm(vector)
        before, found = radius, length / size
        if not found < _LARGEST or length == 0.0:
            vector[:] = 0.0
            break
        radius = found
        if spent >= least and abs(radius - before) <= _SETTLED * max(radius, 1.0 / until):
            break
    return _RAISED * radius, spent


@kernel
def chebyshev_step(field: Field, h: float, y: Vector, work: Work, spectrum: Spectrum) -> int:
    """Write the end of a step of size `h` from `y` into `work.new`; return the gradients it took.

    Less than 0 where a signal ends the run.
    """
    k, new, before, latest = work.k, work.new, spectrum.one, spectrum.two
    stages = stages_for(h, spectrum.notes[0])
    table = coefficients(stages)
    # The recursion of the paper less y, which loses less to rounding and leaves a state of rest where it is.
    for i in range(y.size):
        before[i] = 0.0
        latest[i] = table[1, 2] * h * k[0, i]
        new[i] = y[i] + latest[i]
    waited, each = 0, y.size + field.constants.size + field.data.size + 8
    for j in range(2, stages + 1):
        waited = asked(waited, each)
        if waited < 0:
            return -1
        slope(field, new, work, 1)
        mu, nu, now, first = table[j, 0], table[j, 1], h * table[j, 2], h * table[j, 3]
        for i in range(y.size):
            before[i] = mu * latest[i] + nu * before[i] + now * k[1, i] + first * k[0, i]
            new[i] = y[i] + before[i]
        before, latest = latest, before
    for i in range(y.size):
        k[1, i] = latest[i] / h
    slope(field, new, work, 2)
    return stages
