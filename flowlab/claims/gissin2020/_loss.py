"""The loss in the weight, from which eq. 4 and eq. 9 come, and its slope by differences."""

import mpmath as mp

from flowlab.claims._stating import Number, slope


def loss_slope(depth: Number, weight: Number, target: Number) -> Number:
    """Return a difference quotient of the loss in the weight.

    The loss is taken less its constant σ*²/(2N²), in whose digits a small σ would drown.

    Examples
    --------
    >>> print(mp.nstr(loss_slope(mp.mpf(3), mp.mpf(2), mp.mpf(10)), 8))  # w^(N−1) (w^N − σ*)/N
    -2.6666667
    """

    def loss(w: Number) -> Number:
        sigma = w**depth
        return sigma * (sigma - 2 * target) / (2 * depth**2)

    return slope(loss, weight, weight / depth, power_digits(depth, weight))


def power_digits(depth: Number, weight: Number) -> int:
    """Return the digits that w^N loses at great depth.

    Examples
    --------
    >>> power_digits(mp.mpf(10) ** 20, mp.mpf(2))
    21
    """
    return int(max(0, mp.ceil(mp.log10(depth * (1 + abs(mp.log(weight)))))))
