"""The master curve: what is left of the toy flow once its scales are divided out.

Write ``x = σ/σ*`` and ``τ = σ*^(2−2/N) t``. Below the target let ``z = log(x/(1−x))``, above it
``z = −log(x−1)``. Both turn ``dx/dτ = x^(2−2/N) (1−x)`` into one family of equations,

    dz/dτ = (1 + e^−z)^−P,      P = 1 − 2/N below the target,   P = −(2 − 2/N) above it,

so that ``τ(z) = ∫ (1 + e^−z)^P dz``. It grows like ``(1 − e^(−P z))/P`` for negative z and like z for
positive z; only the smooth, bounded differences from these two are tabulated, as polynomials on short
panels, forward (z to time) and inverse (time to z). A table serves every target and every start of its depth.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from flowlab._jit import kernel

Array = NDArray[np.float64]

_TOP = 41.0  # above, the high side's correction is below 1e-17
_BOTTOM = -166.0  # below, the low side's correction is below 1e-17
_DEGREE = 11
_COARSE = -4.0  # panels per unit: of the low side, downward from the split
_FINE = 8.0  # of the high side
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)

_POINTS = chebyshev.chebpts1(_DEGREE + 1)
_TO_CHEBYSHEV = np.linalg.inv(chebyshev.chebvander(_POINTS, _DEGREE)).T
_TO_POWERS = np.zeros((_DEGREE + 1, _DEGREE + 1))
for _k in range(_DEGREE + 1):
    _TO_POWERS[_k, : _k + 1] = chebyshev.cheb2poly(np.eye(_k + 1)[_k])


class Table(NamedTuple):
    """Panels of one master curve; see `master_table`.

    Attributes
    ----------
    head : ndarray
        P; the z, and the time, at which the high side begins; the offset between the two sides' clocks; the z
        below which the low side's difference is dropped; the anchors of low, high, low_forward, high_forward.
    low, high : ndarray, shape (panels, degree + 1)
        z minus its leading term, as a function of the leading term's argument, on either side of the split.
    low_forward, high_forward : ndarray
        The same differences as functions of z.
    """

    head: Array
    low: Array
    high: Array
    low_forward: Array
    high_forward: Array


@kernel
def low_time(P: float, z: float) -> float:
    """Return ``e^(Pz)`` times (time minus ``(1 − e^(−Pz))/P``) for z <= -0.7, on the low side's clock.

    That clock drops the constant of integration: term by term ``(1 + e^v)^P = Σ C(P, k) e^(kv)``. For
    P > 1/4 the first term keeps its constant instead, since ``e^((1−P)v)/(1−P)`` has no limit as P → 1.
    """
    e = math.exp(z)
    first = P * e / (1.0 - P) if P <= 0.25 else P * math.exp(P * z) * relative_exponential(1.0 - P, z)
    binomial = P
    power = e
    total = 0.0
    for k in range(2, 80):
        binomial *= (P - k + 1.0) / k
        power *= e
        term = binomial * power / (k - P)
        total += term
        if abs(term) <= 1e-18 * abs(total):
            break
    return first + total


@kernel
def high_time(P: float, z: float) -> float:
    """Return time minus z for z >= 0.7, on the clock that runs like z as z → ∞."""
    e = math.exp(-z)
    binomial = 1.0
    power = 1.0
    total = 0.0
    for k in range(1, 80):
        binomial *= (P - k + 1.0) / k
        power *= e
        term = binomial * power / k
        total -= term
        if abs(term) <= 1e-18 * abs(total):
            break
    return total


@kernel
def relative_exponential(q: float, z: float) -> float:
    """Return ``(e^(qz) − 1)/q``, which is z at q = 0."""
    return math.expm1(q * z) / q if q != 0.0 else z


@kernel
def _between(P: float, a: float, b: float) -> float:
    """Return the integral of ``(1 + e^−v)^P`` over a short interval near zero, by Gauss–Legendre."""
    half = 0.5 * (b - a)
    total = 0.0
    for i in range(_NODES.size):
        total += _WEIGHTS[i] * math.exp(P * math.log1p(math.exp(-(a + half * (1.0 + _NODES[i])))))
    return half * total


@kernel
def clock_offset(P: float) -> float:
    """Return what must be added to the low side's clock to read the high side's."""
    low = relative_exponential(-P, -0.7) + math.exp(0.7 * P) * low_time(P, -0.7)
    return 0.7 + high_time(P, 0.7) - _between(P, -0.7, 0.7) - low


@kernel
def master_time(P: float, z: float, offset: float) -> float:
    """Return the time at which the master curve passes z, on the high side's clock.

    `offset` is ``clock_offset(P)``. Direct summation, for uses that do not repay a table.
    """
    if z >= 0.7:
        return z + high_time(P, z)
    if z > -0.7:
        return 0.7 + high_time(P, 0.7) - _between(P, z, 0.7)
    return relative_exponential(-P, z) + math.exp(-P * z) * low_time(P, z) + offset


@kernel
def _low_lead(P: float, z: float, offset: float) -> float:
    """Return Z − z, where Z is the point at which the leading term alone shows the low side's clock."""
    if z > -0.7:
        clock = master_time(P, z, offset) - offset
        rest = math.exp(P * z) * (clock - relative_exponential(-P, z))
    else:
        rest = low_time(P, z)
    return -math.log1p(-P * rest) / P if P != 0.0 else rest


@kernel
def polynomial(panels: Array, position: float) -> float:
    """Evaluate the panel that holds `position`, measured in panels from the left end."""
    index = min(max(int(position), 0), panels.shape[0] - 1)
    u = 2.0 * (position - index) - 1.0
    c = panels[index]
    # Four interleaved chains: Horner's single chain would wait for itself at every term.
    v = u * u
    w = v * v
    even = (c[0] + c[2] * v) + w * ((c[4] + c[6] * v) + w * (c[8] + c[10] * v))
    odd = (c[1] + c[3] * v) + w * ((c[5] + c[7] * v) + w * (c[9] + c[11] * v))
    value: float = even + u * odd
    return value


@kernel
def _sample_forward(P: float, offset: float, z: Array, low: bool) -> Array:
    out = np.empty(z.size)
    for i in range(z.size):
        out[i] = _low_lead(P, z[i], offset) if low else master_time(P, z[i], offset) - z[i]
    return out


@kernel
def _sample_inverse(lead: Array, forward: Array, anchor: float, per_unit: float) -> Array:
    """Solve ``z + forward(z) = lead`` for z by Newton's method inside the table; return ``z − lead``."""
    out = np.empty(lead.size)
    h = 1e-4
    far = anchor + forward.shape[0] / per_unit
    for i in range(lead.size):
        z = lead[i]
        for _ in range(60):
            z = min(max(z, min(anchor, far)), max(anchor, far))
            gap = z + polynomial(forward, (z - anchor) * per_unit) - lead[i]
            ahead = polynomial(forward, (z + h - anchor) * per_unit)
            behind = polynomial(forward, (z - h - anchor) * per_unit)
            step = gap / (1.0 + (ahead - behind) / (2.0 * h))
            z -= step
            if abs(step) <= 1e-16 * max(1.0, abs(z)):
                break
        out[i] = z - lead[i]
    return out


def _panels(anchor: float, end: float, per_unit: float) -> Array:
    """Return the Chebyshev points of every panel from `anchor` to `end`, one panel a row.

    `per_unit` is negative where the panels run downward: positions are measured from the anchor, so they are
    most exact next to it, and that is where the tabulated differences are largest.
    """
    count = math.ceil((end - anchor) * per_unit)
    return anchor + (np.arange(count)[:, None] + 0.5 * (_POINTS + 1.0)) / per_unit


def _fit(values: Array) -> Array:
    """Return coefficients of powers, lowest first, one panel a row.

    In two steps: Chebyshev coefficients of a smooth function fall off before the step to powers, whose
    entries grow like 2^degree, could multiply their rounding.
    """
    return np.ascontiguousarray(values.reshape(-1, _DEGREE + 1) @ _TO_CHEBYSHEV @ _TO_POWERS)


@lru_cache(maxsize=512)
def master_table(P: float) -> Table:
    """Return the table of the master curve with exponent P.

    Parameters
    ----------
    P : float
        Between -2 and 1; see the module's docstring.

    Returns
    -------
    Table
        Kept for the next call with the same P. About a millisecond to build, 130 kB.
    """
    offset = clock_offset(P)
    # Away from the nearest complex singularities of either side, which move with P.
    split = 1.0 if P <= 0.0 else 0.0 if P <= 0.5 else -1.0
    bottom = _BOTTOM if P > 0.25 else _BOTTOM / 4.0

    right = split + 0.25
    z = _panels(right, bottom, _COARSE)
    low_forward = _fit(_sample_forward(P, offset, z.ravel(), True))
    left = split - 0.25
    z = _panels(left, _TOP, _FINE)
    high_forward = _fit(_sample_forward(P, offset, z.ravel(), False))

    lead_end = split + _low_lead(P, split, offset) + 0.01
    lead = _panels(lead_end, bottom, _COARSE)
    low = _fit(_sample_inverse(lead.ravel(), low_forward, right, _COARSE))
    split_time = master_time(P, split, offset)
    time = _panels(split_time - 0.01, _TOP, _FINE)
    high = _fit(_sample_inverse(time.ravel(), high_forward, left, _FINE))
    head = np.array([P, split, split_time, offset, bottom, lead_end, split_time - 0.01, right, left])
    return Table(head, low, high, low_forward, high_forward)


@kernel
def enter(head: Array, low_forward: Array, high_forward: Array, z: float) -> tuple[float, float, float]:
    """Return where a start z stands on the curve: its lead Z, the gain ``e^(PZ)`` and its time.

    Lead and gain are those of the low side; a start on the high side is marked by the gain -1 and needs neither.
    """
    P = head[0]
    if z >= head[1]:
        return 0.0, -1.0, z + (polynomial(high_forward, (z - head[8]) * _FINE) if z < _TOP else 0.0)
    lead = z + (polynomial(low_forward, (z - head[7]) * _COARSE) if z > head[4] else 0.0)
    return lead, math.exp(P * lead), relative_exponential(-P, lead) + head[3]


@kernel
def advance(head: Array, low: Array, high: Array, lead: float, gain: float, start: float, elapsed: float) -> float:
    """Return z a time `elapsed` after the start described by `enter`.

    On the low side the leading term is advanced from the start, not from the origin of time: tiny elapsed
    times keep their digits however far away the origin is.
    """
    time = start + elapsed
    if time >= head[2] or gain < 0.0:
        return time + (polynomial(high, (time - head[6]) * _FINE) if time < _TOP else 0.0)
    P = head[0]
    lead += -math.log1p(-P * elapsed * gain) / P if P != 0.0 else elapsed * gain
    return lead + (polynomial(low, (lead - head[5]) * _COARSE) if lead > head[4] else 0.0)
