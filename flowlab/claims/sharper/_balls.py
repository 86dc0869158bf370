"""Slacks of the sharper bounds for balls: the balance of the two times at each, as for Theorem 2's own."""

from fractions import Fraction

from flowlab.claims._stating import Number
from flowlab.claims.gissin2020._balls import balance, order
from flowlab.toy import sharper
from flowlab.verify import ForBalls, functions
from flowlab.verify.functions import log

_PAIR = {"ratio": "1.05:50", "s": "0.01:0.25", "f": "0.75:0.99"}
_DEEP = {"depth": "3", **_PAIR}


def _balance(p: Number, ratio: Number, s: Number, f: Number, q: Number) -> Number:
    """Return the balance at the start where ((s/x0)^p − 1)/p is q."""
    from flowlab.verify.certifying.remainders import saturation

    kept = saturation(p, log(f) + log(ratio) - log(s))  # (1 − (s/(fr))^p)/p
    return balance(p, ratio, s, f, sharper.drop_of(functions, p, q), (ratio - 1) * q - kept)


def _lower(ratio: Number, s: Number, f: Number, depth: Number = 2) -> Number:
    p = order(depth)
    return _balance(p, ratio, s, f, sharper.roots(functions, p, ratio, s, f)[1])


def _upper(ratio: Number, s: Number, f: Number, depth: Number = 2) -> Number:
    p = order(depth)
    return -_balance(p, ratio, s, f, sharper.roots(functions, p, ratio, s, f)[0])


def _lower_sharper(ratio: Number, s: Number, f: Number, depth: Number = 2) -> Number:
    """Return by how much our q is below the printed one, for depths 2 and >= 3, times (1 − f)(r − 1)."""
    p = order(depth)
    printed = log(f) + log(ratio) - log(s) if p == 0 else 1 / p
    return printed - sharper.roots(functions, p, ratio, s, f)[1] * (1 - f) * (ratio - 1)


def _upper_sharper(ratio: Number, s: Number, f: Number, depth: Number = 2) -> Number:
    """Return by how much our q is above that of Theorem 2's corrected upper bound, times r − 1."""
    from flowlab.verify.certifying.remainders import saturation

    p = order(depth)
    kept = saturation(p, log(f) + log(ratio) - log(s))
    return sharper.roots(functions, p, ratio, s, f)[0] * (ratio - 1) - kept * (1 - s)


def _close(ratio: Number, s: Number, f: Number, depth: Number = 2) -> Number:
    """Return by how much the bounds' logarithms differ less than 1.034 and 1 do, or 1.1 and 1 beyond depth 2."""
    p = order(depth)
    low, high = (sharper.drop_of(functions, p, q) for q in sharper.roots(functions, p, ratio, s, f))
    allowed = Fraction(34, 1000) if p == 0 else Fraction(1, 10)
    return log(1 + allowed + 0 * ratio) - (high - low)


_ALL = (_lower, _upper, _lower_sharper, _upper_sharper, _close)
DEPTH2 = {each.__name__: ForBalls(each, _PAIR) for each in _ALL}
DEEP = {each.__name__: ForBalls(each, _DEEP) for each in _ALL}
