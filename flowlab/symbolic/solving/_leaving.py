"""When a parameter leaves its domain, of a solution in which it is a mixture of coordinates that know nothing of it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Values = Callable[[Sequence[float]], list[list[Any]]]

#: In units of the slowest and of the fastest time, per decade.
_BEFORE, _AFTER, _PER_DECADE = -5, 8, 12


def first_exit(values: Values, signs: Sequence[int], scale: float, end: float) -> float:
    """Return the first time at which a value does not have its sign; inf where none is seen before the end.

    They are looked at on a grid of times, even in the logarithm, and between two of them where a value turns back.

    Parameters
    ----------
    values : callable
        Numbers of mpmath, a row for each of several increasing times.
    signs : sequence of int
        What the sign of each number is; 0 for any.
    scale : float
        The fastest rate of change; greater than 0.
    end : float
        Before which they are looked at.

    Returns
    -------
    float

    Examples
    --------
    >>> first_exit(lambda times: [[1 - t, 2 + t] for t in times], [1, 1], 1.0, 10.0)
    1.0
    """
    from scipy.optimize import brentq, minimize_scalar

    watched = [i for i, sign in enumerate(signs) if sign]
    exponents = np.arange(_BEFORE * _PER_DECADE, _AFTER * _PER_DECADE + 1) / _PER_DECADE
    times = [0.0, *(float(t) for t in 10**exponents / scale if t < end)]
    if end < np.inf:
        times += [end * (1 - 2.0**-k) for k in range(1, 50) if end * (1 - 2.0**-k) > times[-1]]
    rows = [[signs[i] * row[i] for i in watched] for row in values(times)]
    found = float("inf")
    for column in range(len(watched)):
        sizes = [row[column] for row in rows]

        def size(t: float, column: int = column) -> float:
            return float(signs[watched[column]] * values([t])[0][watched[column]])

        for k in range(1, len(times)):
            inside, outside = times[k - 1], times[k]
            if sizes[k] >= 0:
                if not (k > 1 and sizes[k - 1] < sizes[k - 2] and sizes[k - 1] < sizes[k]):
                    continue
                inside = times[k - 2]
                outside = float(minimize_scalar(size, bounds=(inside, outside), method="bounded").x)
                if size(outside) >= 0:
                    continue
            found = min(found, brentq(size, inside, outside, xtol=1e-300, rtol=1e-15))
            break
    return found
