"""The two sides of a claim, stated once over an arithmetic as its slack is."""

from collections.abc import Callable
from typing import Any

import mpmath as mp

from flowlab.claims._stating import EXACT, FLOAT, Number
from flowlab.verify import Sides


def sided(function: Callable[..., Sides]) -> Callable[..., Sides]:
    """Return a claim's `sides` from ``function(m, **arguments)``: floats go to float64, mpf to mpmath."""

    def sides(**arguments: Any) -> Sides:
        exact = any(isinstance(value, mp.mpf) for value in arguments.values())
        # an integer depth would divide into a float
        given = {k: mp.mpf(v) if exact and k == "depth" else v for k, v in arguments.items()}
        return function(EXACT if exact else FLOAT, **given)

    return sides


def at_least(exact: Number, bound: Number) -> Sides:
    """Return the sides of a lower bound on the threshold, from log(s σ_j*/·) of both."""
    return Sides(-bound, -exact, log=True)


def not_above(exact: Number, bound: Number) -> Sides:
    """Return the sides of an upper bound on the threshold, from log(s σ_j*/·) of both."""
    return Sides(-exact, -bound, log=True)
