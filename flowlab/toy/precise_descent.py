"""The threshold of gradient descent at depth 2 in arbitrary precision, by steps taken back; see `precise`."""

from typing import Any

import mpmath as mp

Number = Any  # mpmath's numbers carry no types


def log_descent_threshold(
    ratio: Number, s: Number, f: Number, rate_i: Number, rate_j: Number, steps: int
) -> tuple[Number, Number] | None:
    """Return log of the largest ``σ0/σ_j*`` with incremental learning by descent at depth 2, and of all_below.

    ``rate_k`` is ``η σ_k*``. The two levels are taken back step by step, as a descent would reach them: F_k and S_k.
    Starts in [F_k, S_k] learn incrementally, so that S_k at the first k with F_k <= S_k is the largest, and S_(k+1) at
    the last with S_(k+1) < F_k <= S_k bounds those without a gap below. None if `steps` do not suffice.

    Examples
    --------
    >>> with mp.workdps(30):
    ...     args = [mp.mpf(v) for v in ("4", "0.15", "0.8", "0.8", "0.2")]
    ...     print([mp.nstr(mp.exp(y), 8) for y in log_descent_threshold(*args, steps=1000)])
    ['0.036385791', '0.030236904']
    """
    with mp.extradps(15):
        first, last, log_ratio = mp.log(f) + mp.log(ratio), mp.log(s), mp.log(ratio)
        linear = -mp.mp.dps * mp.log(10)
        largest = all_below = None
        for _ in range(steps):
            if max(first - log_ratio, last) < linear:
                return _finish(first - last, last, rate_i, rate_j, largest, all_below)
            after = _step_back(last, rate_j)
            if first <= last:
                largest = last if largest is None else largest
                if after >= first:
                    return largest, largest if all_below is None else all_below
                all_below = after
            first, last = _step_back(first - log_ratio, rate_i) + log_ratio, after
        return None


def _finish(
    apart: Number, last: Number, rate_i: Number, rate_j: Number, largest: Any, all_below: Any
) -> tuple[Number, Number]:
    """Finish where both steps back are subtractions; `apart` is log F_k/S_k: the first crossing, and the last gap."""
    fall = 2 * mp.log1p(rate_j / 2)
    faster = 2 * mp.log1p((rate_i - rate_j) / (2 + rate_j))
    crossing, closing = max(mp.ceil(apart / faster), 0), mp.ceil((apart + fall) / faster)
    if largest is None:
        largest = all_below = last - crossing * fall
    return largest, last - closing * fall if closing > crossing else all_below


def _step_back(level: Number, rate: Number) -> Number:
    """Return log(σ/σ*) one depth-2 step earlier.

    With w = g w', the root of ``g (1 + (rate/2)(1 − w'² g²)) = 1`` by Newton's method, begun in floats.
    """
    square, half = mp.exp(level), mp.mpf(rate) / 2
    guess = _newton_back(float(square), float(half), 1 / (1 + float(half)), 1e-15)
    g = _newton_back(square, half, mp.mpf(guess), 4 * mp.eps)
    return level + 2 * mp.log(g)


def _newton_back(square: Number, half: Number, g: Number, small: Number) -> Number:
    for _ in range(60):
        change = (g * (1 + half * (1 - square * g * g)) - 1) / (1 + half * (1 - 3 * square * g * g))
        g -= change
        if abs(change) <= small:
            break
    return g
