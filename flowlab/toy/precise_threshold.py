"""The threshold of gradient flow in arbitrary precision, by root finding on the times; see `precise`."""

from typing import Any

import mpmath as mp

from flowlab.toy.precise import exponent, guard_digits, scaled_time

Number = Any  # mpmath's numbers carry no types


def threshold_drop(depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """Return ``log(s σ_j*/σ0_th)`` for the flow's threshold, or None where there is none.

    The root of ``t_f(σ_i) − t_s(σ_j)`` (Gissin et al. 2020, appendix A), sought in the logarithm of the drop.

    Examples
    --------
    >>> with mp.workdps(50):
    ...     drop = threshold_drop(3, 4, mp.mpf("0.15"), mp.mpf("0.8"))
    ...     print(mp.nstr(mp.mpf("0.15") * mp.exp(-drop), 12))
    0.076251730524
    """
    r = mp.mpf(ratio)
    guard = guard_digits(depth) + int(abs(mp.log10(r - 1))) + int(abs(mp.log10(mp.mpf(s))) / 4)
    wanted = mp.mp.dps
    with mp.workdps(30 + guard):
        balance = _Balance(depth, ratio, s, f)
        if not balance.has_root():
            return None
        v = balance.bracketed_root()
    # Newton's method doubles the digits of a root that is known well: each pass need not work with more than that.
    known = 15
    while known < 2 * wanted:
        known *= 2
        with mp.workdps(min(known, wanted + 5) + guard):
            balance = _Balance(depth, ratio, s, f)
            v -= balance(v) / balance.slope(v)
    with mp.workdps(wanted + guard):
        drop = mp.exp(v)
    return +drop


class _Balance:
    """``t_s(σ_j) − t_f(σ_i)`` as a function of v = log drop, in units of σ_j's own time; it rises with v."""

    def __init__(self, depth: Number, ratio: Number, s: Number, f: Number) -> None:
        self.depth, self.a = depth, exponent(depth)
        self.ratio, self.s = mp.mpf(ratio), mp.mpf(s)
        self.rate = self.ratio ** (-self.a)
        self.fixed = scaled_time(s, depth) - self.rate * scaled_time(f, depth, 1 - mp.mpf(f))

    def _start(self, v: Number) -> Number:
        return self.s * mp.exp(-mp.exp(v))

    def __call__(self, v: Number) -> Number:
        x = self._start(v)
        return self.fixed + self.rate * scaled_time(x / self.ratio, self.depth) - scaled_time(x, self.depth)

    def slope(self, v: Number) -> Number:
        x = self._start(v)
        return mp.exp(v) * x ** (1 - self.a) * (self.ratio - 1) / ((1 - x) * (self.ratio - x))

    def has_root(self) -> bool:
        """Below depth 2 both times stay finite as σ0 → 0, where the antiderivatives vanish."""
        return bool(self.a >= 1 or self.fixed > 0)

    def bracketed_root(self) -> Number:
        """Return the root to some 20 digits: doubling steps for a bracket, then the Illinois rule."""
        low, high, step = mp.mpf(0), mp.mpf(0), mp.mpf(1)
        while self(high) < 0:
            low, high, step = high, high + step, 2 * step
        while self(low) > 0:
            low, high, step = low - step, low, 2 * step
        below, above, side = self(low), self(high), 0
        for _ in range(4 * mp.mp.prec):
            if high - low <= mp.mpf(10) ** -20:
                break
            # far from the root the balance is exponential, and a chord through it says little
            middle = (low * above - high * below) / (above - below) if high - low < 1 else (low + high) / 2
            value = self(middle)
            if value == 0:
                return middle
            if value < 0:  # an end that stays twice is weakened, so that both ends move
                low, below, above, side = middle, value, above / 2 if side < 0 else above, -1
            else:
                high, above, below, side = middle, value, below / 2 if side > 0 else below, 1
        return (low + high) / 2
