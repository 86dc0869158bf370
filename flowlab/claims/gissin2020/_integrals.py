"""The integrals of appendix A by quadrature, in a variable in which they have no singularity left."""

import mpmath as mp

from flowlab.claims._stating import Number, span


def between_levels(low: Number, high: Number, goal: Number, depth: Number) -> Number:
    """Return ``∫ dx/(x^a (goal − x))`` from `low` <= goal/2 to `high`, a = 2 − 2/N.

    With the odds y = x/(goal − x) and p = 1 − 2/N it is ``goal^(−1−p) ∫ (1 + 1/y)^p dy/y``. Up to y = 1 the terms
    ``y^(−p)`` and ``p y^(1−p)`` are integrated by hand, and from there on log y; the rest is left to quadrature.

    Examples
    --------
    >>> with mp.workdps(20):
    ...     print(mp.nstr(between_levels(mp.mpf("0.01"), mp.mpf("3.2"), mp.mpf(4), mp.mpf(3)), 12))
    3.32677376381
    """
    wanted = mp.mp.dps + 20  # floats leave high/low − 1 no smaller than 10^−16
    with mp.workdps(wanted + 2 * span(depth)):
        p = 1 - 2 / mp.mpf(depth)
        first, last = low / (goal - low), high / (goal - high)
        way = _closed(min(last, 1), p) - _closed(min(first, 1), p) + max(mp.log(last), 0)
    with mp.workdps(wanted):
        if p != 0:
            way += _below_one(min(last, 1), p) - _below_one(min(first, 1), p)
            way += _above_one(last, p) if last > 1 else 0
        return way / goal ** (1 + p)


def _closed(y: Number, p: Number) -> Number:
    """Return a primitive of the first two terms in y."""
    return (mp.log(y) if p == 0 else -(y**-p) / p) + p * y ** (1 - p) / (1 - p)


def _below_one(y: Number, p: Number) -> Number:
    """Return ``∫_0^y v^(−1−p) ((1 + v)^p − 1 − p v) dv``; tanh-sinh quadrature bears the root at 0."""
    terms = _binomials(p, 2)
    if _tiny(y):
        return y ** (2 - p) * sum(term * y**k / (2 + k - p) for k, term in enumerate(terms))
    return y ** (2 - p) * mp.quad(lambda w: w ** (1 - p) * _less(y * w, p, 2, terms), [0, 1])


def _above_one(y: Number, p: Number) -> Number:
    """Return ``∫_1^y ((1 + 1/v)^p − 1) dv/v``."""
    terms = _binomials(p, 1)
    return mp.quad(lambda w: _less(w, p, 1, terms), [1 / y, 1], method="gauss-legendre")


def _binomials(p: Number, first: int) -> list[Number]:
    """Return six coefficients of (1 + v)^p, from that of v or of v² on."""
    terms = [p * (p - 1) / 2 if first == 2 else p]
    for k in range(first, first + 5):
        terms.append(terms[-1] * (p - k) / (k + 1))
    return terms


def _tiny(v: Number) -> bool:
    """Whether six terms of a series in v are all that the digits hold."""
    return bool(v < mp.mpf(10) ** (-mp.mp.dps // 5))


def _less(v: Number, p: Number, order: int, terms: list[Number]) -> Number:
    """Return (1 + v)^p less its first one or two terms, over v^order; `terms` are the next."""
    if _tiny(v):
        return sum(term * v**k for k, term in enumerate(terms))
    with mp.extradps(2 * mp.mp.dps // 5 + 10):
        return ((1 + v) ** p - 1 - (p * v if order == 2 else 0)) / v**order
