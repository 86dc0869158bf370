"""The two sides of a claim, stated once over an arithmetic as its slack is."""

from collections.abc import Callable
from typing import Any

import mpmath as mp

from flowlab import toy
from flowlab.claims._stating import EXACT, FLOAT, Arithmetic, Number, iterations, with_mpf_depth
from flowlab.toy import precise_descent
from flowlab.verify import Sides, Unevaluable

_FLOAT_STEPS, _EXACT_STEPS = 5_000, 2_000


def sided(function: Callable[..., Sides]) -> Callable[..., Sides]:
    """Return a claim's `sides` from ``function(m, **arguments)``: floats go to float64, mpf to mpmath."""

    def sides(**arguments: Any) -> Sides:
        """Return the sides in the arithmetic of the arguments."""
        if any(isinstance(value, mp.mpf) for value in arguments.values()):
            return function(EXACT, **with_mpf_depth(arguments))
        return function(FLOAT, **arguments)

    return sides


def _threshold(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    return m.drop(depth, ratio, s, f)


def in_order(low: Callable[..., Number], high: Callable[..., Number]) -> Callable[..., Sides]:
    """Return the sides of «low ≤ high», starts of which log(s σ_j*/·) is given, of the depth 2 unless another is."""

    @sided
    def sides(m: Arithmetic, ratio: Number, s: Number, f: Number, depth: Number = 2) -> Sides:
        return Sides(-low(m, depth, ratio, s, f), -high(m, depth, ratio, s, f), log=True)

    return sides


def from_below(bound: Callable[..., Number]) -> Callable[..., Sides]:
    """Return the sides of a lower bound on the flow's threshold, as `in_order`."""
    return in_order(bound, _threshold)


def from_above(bound: Callable[..., Number]) -> Callable[..., Sides]:
    """Return the sides of an upper bound on the flow's threshold, as `in_order`."""
    return in_order(_threshold, bound)


def log_descent(m: Arithmetic, ratio: Number, s: Number, f: Number, rate: Number, *, gapless: bool = False) -> Number:
    """Return log of descent's threshold over σ_j* at depth 2: of the largest start, or of all below it (`gapless`)."""
    exact = m is EXACT
    if iterations(float(ratio), float(s), float(f), float(rate)) > (_EXACT_STEPS if exact else _FLOAT_STEPS):
        raise Unevaluable("needs too many iterations")
    if exact:
        found = precise_descent.log_descent_threshold(ratio, s, f, rate, rate / ratio, steps=2 * _EXACT_STEPS)
        if found is None:
            raise Unevaluable("needs too many iterations")
        return found[int(gapless)]
    root = toy.descent_threshold(ratio=ratio, s=s, f=f, learning_rate=rate / ratio, log=True)
    return float(root.all_below if gapless else root.largest)
