"""The toy model's solution in arbitrary precision, by another route than the float64 one.

Every function works at mpmath's current precision (``mpmath.workdps``), takes and returns mpmath numbers, and
shares no formula with the compiled kernels: times come from the series of the incomplete integral, values from root
finding on them. They are slow and meant for confirmation.
"""

from functools import lru_cache
from typing import Any

import mpmath as mp
from mpmath.libmp import MPZ, to_fixed

Number = Any  # mpmath's numbers carry no types


def exponent(depth: Number) -> Number:
    """Return 2 − 2/N."""
    return 2 - 2 / mp.mpf(depth)


def scaled_time(x: Number, depth: Number, gap: Number = None) -> Number:
    """Return an antiderivative of ``1/(x^a (1 − x))``, a = 2 − 2/N, at x ≠ 1.

    Its constant differs between the two sides of 1 and between depths; only differences have a meaning. `gap`
    is |1 − x|, for callers who know it better than x can tell.

    Examples
    --------
    >>> with mp.workdps(30):
    ...     print(mp.nstr(scaled_time(0.75, 2) - scaled_time(0.25, 2), 12), mp.nstr(mp.log(9), 12))
    2.19722457734 2.19722457734
    """
    x, a = mp.mpf(x), exponent(depth)
    gap = abs(1 - x) if gap is None else gap
    if a == 0:
        return -mp.log(gap)
    if x > 1:
        # from x to infinity: 1/(v^a (v − 1)) = Σ v^(−a−1−k)
        return _lerch(1 / x, a) if 2 * x >= 3 else _near_one(gap, a, a, -1)
    if a == 1:
        return mp.log(x / gap)
    if a == 2:
        return mp.log(x / gap) - 1 / x
    # 1/(v^a (1 − v)) = v^−a + v^(1−a)/(1 − v), the second integrable from 0
    rest = _lerch(x, 2 - a) if 2 * x <= 1 else _near_one(gap, 2 - a, a - 1, 1)
    return x ** (1 - a) / (1 - a) + rest


def _fixed(number: Number, bits: int) -> Number:
    """Return an integer over 2^bits: the series below run on integers, whose operations cost a tenth of mpmath's."""
    return to_fixed(mp.mpf(number)._mpf_, bits)


def _lerch(x: Number, q: Number) -> Number:
    """Return ``Σ x^(k+q)/(k+q)`` over k >= 0, for x <= 2/3 and 0 < q <= 2."""
    bits = mp.mp.prec + 40
    step, shift, one = _fixed(x, bits), _fixed(q, bits), MPZ(1) << bits
    power, under, total = step, shift + one, MPZ(0)
    while power:
        total += (power << bits) // under
        power = power * step >> bits
        under += one
    return x**q * (1 / mp.mpf(q) + mp.ldexp(total, -bits))


def _near_one(gap: Number, q: Number, b: Number, sign: int) -> Number:
    """Return the same integral next to its pole, continued from gap 1/2: ``−log gap − Σ (b)_k (±gap)^k/(k! k)``."""
    return _pole(gap, b, sign) + _pole_constant(q, b, sign, mp.mp.prec)


@lru_cache(maxsize=256)
def _pole_constant(q: Number, b: Number, sign: int, precision: int) -> Number:
    """Return what the two series differ by where both converge; it is the same for every x."""
    middle = mp.mpf(1) / 2
    return _lerch(middle if sign > 0 else 1 / (1 + middle), q) - _pole(middle, b, sign)


def _pole(gap: Number, b: Number, sign: int) -> Number:
    """Return ``−log gap − Σ (b)_k (±gap)^k/(k! k)``, for gap <= 1/2."""
    bits = mp.mp.prec + 40
    step, rising, one = sign * _fixed(gap, bits), _fixed(b, bits), MPZ(1) << bits
    power, total, k = one, MPZ(0), 0
    while abs(power) > 1:  # rounding down leaves −1 of a negative power
        k += 1
        power = ((power * step >> bits) * rising >> bits) // k
        total += power // k
        rising += one
    return -mp.log(gap) - mp.ldexp(total, -bits)


def guard_digits(depth: Number) -> int:
    """Return the extra digits that the constants of very deep or nearly shallow models use up."""
    if mp.isinf(depth):
        return 15
    near_two = abs(mp.mpf(depth) - 2)
    return 15 + int(mp.log10(depth)) + (int(-mp.log10(near_two)) if 0 < near_two < 1 else 0)


def time(sigma: Number, depth: Number, target: Number, init: Number) -> Number:
    """Return the time from `init` to `sigma`, for a target > 0.

    Examples
    --------
    >>> with mp.workdps(50):
    ...     print(mp.nstr(time(3.2, 3, 4, mp.mpf(1) / 100), 12))
    3.32677376381
    """
    with mp.extradps(guard_digits(depth)):
        target = mp.mpf(target)
        elapsed = scaled_time(mp.mpf(sigma) / target, depth) - scaled_time(mp.mpf(init) / target, depth)
        return elapsed * target ** (-exponent(depth))


def sigma(t: Number, depth: Number, target: Number, init: Number) -> Number:
    """Return σ(t) for a target and a start > 0, by bisection and Newton's method on the time.

    Examples
    --------
    >>> with mp.workdps(50):
    ...     print(mp.nstr(sigma(2, 3, 4, mp.mpf(1) / 100), 12))
    0.124861544021
    """
    if init == target or t == 0:
        return mp.mpf(init)
    if depth == 1:  # linear; the clock of a far start would need as many digits as it is orders away
        return init * mp.exp(-mp.mpf(t)) - target * mp.expm1(-mp.mpf(t))
    with mp.extradps(guard_digits(depth)):
        curve, z = _solved(t, depth, target, init)
        return curve.value(z) * target


def residual(t: Number, depth: Number, target: Number, init: Number) -> Number:
    """Return (σ* − σ(t))/σ*, with all its digits however small.

    Examples
    --------
    >>> with mp.workdps(50):
    ...     print(mp.nstr(residual(60, 3, 4, mp.mpf(1) / 100), 12))
    1.41503881342e-157
    """
    if init == target or t == 0:
        return 1 - mp.mpf(init) / target
    if depth == 1:
        return (1 - mp.mpf(init) / target) * mp.exp(-mp.mpf(t))
    with mp.extradps(guard_digits(depth)):
        curve, z = _solved(t, depth, target, init)
        return curve.residual(z)


def log_odds(t: Number, depth: Number, target: Number, init: Number) -> Number:
    """Return log(σ/(σ* − σ)) at time t, from a start below the target, at N > 1: with its digits early and late.

    Examples
    --------
    >>> with mp.workdps(50):
    ...     print(mp.nstr(log_odds(60, 3, 4, mp.mpf(1) / 100), 9))
    361.158703
    """
    with mp.extradps(guard_digits(depth)):
        return _solved(t, depth, target, init)[1]


def _solved(t: Number, depth: Number, target: Number, init: Number) -> tuple["_Below", Number]:
    """Return the curve that the solution runs on and its coordinate at time t."""
    t, target, init = mp.mpf(t), mp.mpf(target), mp.mpf(init)
    curve = _Below(depth) if init < target else _Above(depth)
    z = curve.coordinate(init / target)
    goal = t * target ** exponent(depth) + curve.clock(z)
    with mp.workdps(45 + guard_digits(depth) + int(mp.log10(1 + abs(goal)))):  # enough for a bracket a sixteenth wide
        low, step = z, mp.mpf(1)
        while curve.clock(z + step) < goal:
            low, step = z + step, 2 * step
        high = z + step
        while high - low > max(mp.mpf(1) / 16, abs(high) / 10**15):
            middle = (low + high) / 2
            low, high = (middle, high) if curve.clock(middle) < goal else (low, middle)
        z = (low + high) / 2
    for _ in range(60):
        change = (goal - curve.clock(z)) * curve.speed(z)
        z += change
        if abs(change) < mp.eps * (1 + abs(z)) * 1024:
            break
    return curve, z


def _exp(x: Number) -> Number:
    """Return e^x; mpmath by itself raises e to a large whole number by multiplication."""
    if abs(x) < 1000:
        return mp.exp(x)
    with mp.extraprec(mp.mag(x)):
        twos = mp.floor(x / mp.ln2)
        rest = x - twos * mp.ln2
    return mp.ldexp(mp.exp(rest), int(twos))


class _Below:
    """The solution below the target in the coordinate ``log(x/(1 − x))``, where time is well conditioned."""

    def __init__(self, depth: Number) -> None:
        self.depth = depth

    def coordinate(self, x: Number) -> Number:
        return mp.log(x / (1 - x))

    def value(self, z: Number) -> Number:
        return 1 / (1 + _exp(-z))

    def residual(self, z: Number) -> Number:
        return 1 / (1 + _exp(z))

    def clock(self, z: Number) -> Number:
        return scaled_time(self.value(z), self.depth, self.residual(z))

    def speed(self, z: Number) -> Number:
        return self.value(z) ** (exponent(self.depth) - 1)


class _Above(_Below):
    """The solution above the target in the coordinate ``−log(x − 1)``."""

    def coordinate(self, x: Number) -> Number:
        return -mp.log(x - 1)

    def value(self, z: Number) -> Number:
        return 1 + _exp(-z)

    def residual(self, z: Number) -> Number:
        return -_exp(-z)

    def clock(self, z: Number) -> Number:
        # far along, rounding hides on which side of 1 the value lies
        return scaled_time(max(self.value(z), 1 + mp.eps), self.depth, _exp(-z))

    def speed(self, z: Number) -> Number:
        return self.value(z) ** exponent(self.depth)


def hypergeometric(q: Number, x: Number) -> Number:
    """Return ``₂F₁(1, q; 1 + q; x)``, 0 < q < 1, by the series that converge; on its cut x > 1, the real part.

    Examples
    --------
    >>> abs(hypergeometric(0.5, 0.25) - mp.hyp2f1(1, 0.5, 1.5, 0.25)) < 1e-14
    True
    >>> abs(hypergeometric(0.5, 4) - mp.hyp2f1(1, 0.5, 1.5, 4).real) < 1e-14
    True
    """
    x, q = mp.mpf(x), mp.mpf(q)
    if not (x > 0 and x != 1):
        raise ValueError(f"x: got {mp.nstr(x, 6)}; allowed: numbers > 0 other than 1, the pole")
    if x < 1:
        return q * x ** (-q) * (_lerch(x, q) if 2 * x <= 1 else _near_one(1 - x, q, 1 - q, 1))
    # the principal value of ∫_0^∞ v^(q−1)/(1−v) dv is π cot(πq); from x on, v^(q−1)/(v−1) = Σ v^(q−2−k)
    beyond = _lerch(1 / x, 1 - q) if 2 * x >= 3 else _near_one(x - 1, 1 - q, 1 - q, -1)
    return q * x ** (-q) * (mp.pi * mp.cot(mp.pi * q) + beyond)
