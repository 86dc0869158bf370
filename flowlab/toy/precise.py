"""The toy model in arbitrary precision, by another route than the float64 one.

Every function works at mpmath's current precision (``mpmath.workdps``), takes and returns mpmath numbers, and
shares no formula with the compiled kernels: times come from the series of the incomplete integral, values and
thresholds from root finding on them. They are slow and meant for confirmation.
"""

from typing import Any

import mpmath as mp

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
        return _lerch(1 / x, a) if x >= 2 else _near_one(gap, a, a, -1)
    if a == 1:
        return mp.log(x / gap)
    if a == 2:
        return mp.log(x / gap) - 1 / x
    # 1/(v^a (1 − v)) = v^−a + v^(1−a)/(1 − v), the second integrable from 0
    rest = _lerch(x, 2 - a) if 2 * x <= 1 else _near_one(gap, 2 - a, a - 1, 1)
    return x ** (1 - a) / (1 - a) + rest


def _lerch(x: Number, q: Number) -> Number:
    """Return ``Σ x^(k+q)/(k+q)`` over k >= 0, for x <= 1/2."""
    power, total, k = mp.mpf(1), mp.mpf(0), 0
    while power > mp.eps / 16:
        total += power / (k + q)
        power *= x
        k += 1
    return x**q * total


def _near_one(gap: Number, q: Number, b: Number, sign: int) -> Number:
    """Return the same integral by its series about the pole: ``−log gap − γ − ψ(q) − Σ (b)_k (±gap)^k/(k! k)``."""
    power, total, k = mp.mpf(1), mp.mpf(0), 0
    while True:
        power *= sign * gap * (b + k) / (k + 1)
        k += 1
        total += power / k
        if abs(power) < mp.eps / 16:
            return -mp.log(gap) - mp.euler - mp.digamma(q) - total


def _guarded(depth: Number) -> int:
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
    with mp.extradps(_guarded(depth)):
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
    with mp.extradps(_guarded(depth)):
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
    with mp.extradps(_guarded(depth)):
        curve, z = _solved(t, depth, target, init)
        return curve.residual(z)


def _solved(t: Number, depth: Number, target: Number, init: Number) -> tuple["_Below", Number]:
    """Return the curve that the solution runs on and its coordinate at time t."""
    t, target, init = mp.mpf(t), mp.mpf(target), mp.mpf(init)
    curve = _Below(depth) if init < target else _Above(depth)
    z = curve.coordinate(init / target)
    goal = t * target ** exponent(depth) + curve.clock(z)
    # z rises with time; Newton's method from a bracket that bisection has made small.
    low, step = z, mp.mpf(1)
    while curve.clock(z + step) < goal:
        low, step = z + step, 2 * step
    high = z + step
    while high - low > mp.mpf(1) / 16:
        middle = (low + high) / 2
        low, high = (middle, high) if curve.clock(middle) < goal else (low, middle)
    z = (low + high) / 2
    for _ in range(60):
        change = (goal - curve.clock(z)) * curve.speed(z)
        z += change
        if abs(change) < mp.eps * (1 + abs(z)) * 1024:
            break
    return curve, z


class _Below:
    """The solution below the target in the coordinate ``log(x/(1 − x))``, where time is well conditioned."""

    def __init__(self, depth: Number) -> None:
        self.depth = depth

    def coordinate(self, x: Number) -> Number:
        return mp.log(x / (1 - x))

    def value(self, z: Number) -> Number:
        return 1 / (1 + mp.exp(-z))

    def residual(self, z: Number) -> Number:
        return 1 / (1 + mp.exp(z))

    def clock(self, z: Number) -> Number:
        return scaled_time(self.value(z), self.depth, self.residual(z))

    def speed(self, z: Number) -> Number:
        return self.value(z) ** (exponent(self.depth) - 1)


class _Above(_Below):
    """The solution above the target in the coordinate ``−log(x − 1)``."""

    def coordinate(self, x: Number) -> Number:
        return -mp.log(x - 1)

    def value(self, z: Number) -> Number:
        return 1 + mp.exp(-z)

    def residual(self, z: Number) -> Number:
        return -mp.exp(-z)

    def clock(self, z: Number) -> Number:
        # far along, rounding hides on which side of 1 the value lies
        return scaled_time(max(self.value(z), 1 + mp.eps), self.depth, mp.exp(-z))

    def speed(self, z: Number) -> Number:
        return self.value(z) ** exponent(self.depth)


def log_threshold(depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """Return log of the largest ``σ0/σ_j*`` with (s, f)-incremental learning, or None where there is none.

    The root of ``t_f(σ_i) − t_s(σ_j)`` in log σ0, which rises with σ0 (Gissin et al. 2020, appendix A).

    Examples
    --------
    >>> with mp.workdps(50):
    ...     print(mp.nstr(mp.exp(log_threshold(3, 4, mp.mpf("0.15"), mp.mpf("0.8"))), 12))
    0.076251730524
    """
    digits = _guarded(depth) + 2 * int(-mp.log10(min(mp.mpf(1), mp.mpf(ratio) - 1)))
    with mp.extradps(digits):
        r, s, f, a = mp.mpf(ratio), mp.mpf(s), mp.mpf(f), exponent(depth)
        rate = r ** (-a)
        fixed = rate * scaled_time(f, depth) - scaled_time(s, depth)

        def excess(y: Number) -> Number:
            x = mp.exp(y)
            return fixed - rate * scaled_time(x / r, depth) + scaled_time(x, depth)

        high, step = mp.log(s), mp.mpf(1)
        if a < 1 and fixed >= 0:  # both times stay finite as σ0 → 0, and the antiderivatives vanish there
            return None
        while excess(high - step) > 0:
            high, step = high - step, 2 * step
        return _root(excess, high - step, high)


def _root(function: Any, low: Number, high: Number) -> Number:
    """Return the root of a rising function in a bracket: bisection, then secants kept inside it."""
    f_low, f_high = function(low), function(high)
    side = 0
    for _ in range(40 * mp.mp.dps):
        if high - low <= 64 * mp.eps * max(1, abs(high)):
            break
        middle = (low * f_high - high * f_low) / (f_high - f_low)
        value = function(middle)
        if value == 0:
            return middle
        # The Illinois rule: an end that stays twice is weakened, so that both ends move.
        if value < 0:
            low, f_low = middle, value
            f_high = f_high / 2 if side == -1 else f_high
            side = -1
        else:
            high, f_high = middle, value
            f_low = f_low / 2 if side == 1 else f_low
            side = 1
        if abs(value) < mp.eps * 16 and high - low < mp.mpf(10) ** (-mp.mp.dps // 2):
            break
    return (low * f_high - high * f_low) / (f_high - f_low)


def log_descent_threshold(ratio: Number, s: Number, f: Number, rate_i: Number, rate_j: Number, steps: int) -> Number:
    """Return log of the largest ``σ0/σ_j*`` with incremental learning by descent at depth 2.

    ``rate_k`` is ``η σ_k*``. The two levels are taken back step by step, as a descent would reach them, until they
    have crossed; None if `steps` do not suffice.

    Examples
    --------
    >>> with mp.workdps(30):
    ...     args = [mp.mpf(v) for v in ("4", "0.15", "0.8", "0.8", "0.2")]
    ...     print(mp.nstr(mp.exp(log_descent_threshold(*args, steps=1000)), 8))
    0.036385791
    """
    with mp.extradps(15):
        first, last, log_ratio = mp.log(f), mp.log(s), mp.log(ratio)
        linear = -mp.mp.dps * mp.log(10)
        for k in range(steps):
            if first + log_ratio <= last:
                return last
            if max(first, last) < linear:
                faster = 2 * mp.log1p((rate_i - rate_j) / (2 + rate_j))
                more = max(mp.ceil((first + log_ratio - last) / faster), 0)
                return last - more * 2 * mp.log1p(rate_j / 2)
            first, last = _step_back(first, rate_i), _step_back(last, rate_j)
        return None


def _step_back(level: Number, rate: Number) -> Number:
    """Return log(σ/σ*) one depth-2 step earlier: the root of ``w (1 + (rate/2)(1 − w²)) = w'`` by Newton's method."""
    after = mp.exp(level / 2)
    w = after / (1 + rate / 2)
    for _ in range(200):
        change = (w * (1 + rate / 2 * (1 - w * w)) - after) / (1 + rate / 2 * (1 - 3 * w * w))
        w -= change
        if abs(change) <= 64 * mp.eps * w:
            break
    return 2 * mp.log(w)


def hypergeometric(q: Number, x: Number) -> Number:
    """Return ``₂F₁(1, q; 1 + q; x)`` for x in (0, 1) by the series that converge there.

    Examples
    --------
    >>> abs(hypergeometric(0.5, 0.25) - mp.hyp2f1(1, 0.5, 1.5, 0.25)) < 1e-14
    True
    """
    x, q = mp.mpf(x), mp.mpf(q)
    return q * x ** (-q) * (_lerch(x, q) if 2 * x <= 1 else _near_one(1 - x, q, 1 - q, 1))
