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
COARSE = -4.0  # panels per unit: of the low side, downward from the split
FINE = 8.0  # of the high side
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)

_POINTS = chebyshev.chebpts1(_DEGREE + 1)
_TO_CHEBYSHEV = np.linalg.inv(chebyshev.chebvander(_POINTS, _DEGREE)).T
_TO_POWERS = np.zeros((_DEGREE + 1, _DEGREE + 1))
for _k in range(_DEGREE + 1):
    _TO_POWERS[_k, : _k + 1] = chebyshev.cheb2poly(np.eye(_k + 1)[_k])


# What a row of `heads` holds: the exponent P; the z, and the time, at which the high side begins; the offset between
# the two sides' clocks; then, for each of the four tables, its anchor, its first row in the panels and how many rows
# it has before the row of zeros that serves all arguments beyond.
EXPONENT, SPLIT, SPLIT_TIME, OFFSET, LOW, HIGH, LOW_FORWARD, HIGH_FORWARD = 0, 1, 2, 3, 4, 7, 10, 13
_NO_POWER = 2.0**-100  # stands for P = 0: to rounding, (1 − e^(−Pz))/P is then z itself


class Curves(NamedTuple):
    """The tabulated master curves of one depth.

    Attributes
    ----------
    heads : ndarray, shape (2, 16)
        Where what stands: row 0 for starts below the target, row 1 for those above.
    panels : ndarray, shape (n, 12)
        The tables' polynomials, lowest power first, one panel a row: on either side of the split z minus its leading
        term, as a function of that term's argument (to go from time to z) and of z (to go back).
    """

    heads: Array
    panels: Array


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
def difference(panels: Array, heads: Array, side: int, table: int, argument: float, per_unit: float) -> float:
    """Evaluate one of the four tables of a side (a row of `heads`: a view of it would cost more) at its argument."""
    last = heads[side, table + 2]
    position = min((argument - heads[side, table]) * per_unit, last)
    index = int(max(0.0, position))
    u = 2.0 * (position - index) - 1.0
    # An unsigned row spares the check for negative indices at every coefficient.
    k = np.uint64(int(heads[side, table + 1]) + index)
    # Four interleaved chains: Horner's single chain would wait for itself at every term.
    v = u * u
    w = v * v
    low_even, low_odd = panels[k, 0] + panels[k, 2] * v, panels[k, 1] + panels[k, 3] * v
    even = low_even + w * ((panels[k, 4] + panels[k, 6] * v) + w * (panels[k, 8] + panels[k, 10] * v))
    odd = low_odd + w * ((panels[k, 5] + panels[k, 7] * v) + w * (panels[k, 9] + panels[k, 11] * v))
    value: float = even + u * odd
    return value


@kernel
def _sample_forward(P: float, offset: float, z: Array, low: bool) -> Array:
    out = np.empty(z.size)
    for i in range(z.size):
        out[i] = _low_lead(P, z[i], offset) if low else master_time(P, z[i], offset) - z[i]
    return out


@kernel
def _sample_inverse(lead: Array, heads: Array, panels: Array, table: int, per_unit: float) -> Array:
    """Solve ``z + difference(z) = lead`` for z by Newton's method inside a forward table; return ``z − lead``."""
    out = np.empty(lead.size)
    h = 1e-4
    anchor = heads[0, table]
    far = anchor + heads[0, table + 2] / per_unit
    for i in range(lead.size):
        z = lead[i]
        for _ in range(60):
            z = min(max(z, min(anchor, far)), max(anchor, far))
            gap = z + difference(panels, heads, 0, table, z, per_unit) - lead[i]
            ahead = difference(panels, heads, 0, table, z + h, per_unit)
            behind = difference(panels, heads, 0, table, z - h, per_unit)
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


def _tabulate(P: float) -> tuple[Array, Array]:
    """Return the head and the panels of the master curve with exponent P."""
    offset = clock_offset(P)
    # Away from the nearest complex singularities of either side, which move with P.
    split = 1.0 if P <= 0.0 else 0.0 if P <= 0.5 else -1.0
    floor = _BOTTOM if P > 0.25 else _BOTTOM / 4.0
    split_time = master_time(P, split, offset)
    lead_end = split + _low_lead(P, split, offset)

    head = np.zeros(16)
    head[: OFFSET + 1] = P or _NO_POWER, split, split_time, offset
    head[[LOW, HIGH, LOW_FORWARD, HIGH_FORWARD]] = lead_end + 0.01, split_time - 0.01, split + 0.25, split - 0.25
    panels = np.empty((0, _DEGREE + 1))

    def add(table: int, values: Array) -> None:
        """Fit a table to values at its points, and enter it in the head."""
        nonlocal panels
        rows = _fit(values)
        head[table + 1 : table + 3] = len(panels), len(rows)
        panels = np.concatenate([panels, rows, np.zeros((1, _DEGREE + 1))])

    def points(table: int, end: float, per_unit: float) -> Array:
        return _panels(head[table], end, per_unit).ravel()

    add(LOW_FORWARD, _sample_forward(P, offset, points(LOW_FORWARD, floor, COARSE), True))
    add(HIGH_FORWARD, _sample_forward(P, offset, points(HIGH_FORWARD, _TOP, FINE), False))
    add(LOW, _sample_inverse(points(LOW, floor, COARSE), head[None], panels, LOW_FORWARD, COARSE))
    add(HIGH, _sample_inverse(points(HIGH, _TOP, FINE), head[None], panels, HIGH_FORWARD, FINE))
    return head, panels


@lru_cache(maxsize=256)
def master_curves(below: float, above: float) -> Curves:
    """Return the tables of the two master curves of a depth, with these exponents.

    Parameters
    ----------
    below, above : float
        P on either side of the target, between -2 and 1; see the module's docstring.

    Returns
    -------
    Curves
        Kept for the next call with the same exponents. About two milliseconds to build, 300 kB at most.
    """
    (first, low), (second, high) = _tabulate(below), _tabulate(above)
    second[[LOW + 1, HIGH + 1, LOW_FORWARD + 1, HIGH_FORWARD + 1]] += len(low)
    return Curves(np.stack([first, second]), np.concatenate([low, high]))
