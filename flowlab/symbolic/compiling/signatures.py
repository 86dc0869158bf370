"""The one signature that only compiled expressions have: a step of descent."""

from numba import types

_VECTOR = types.float64[::1]

#: ``descent(w, learning_rate, constants, data, rows, out)``: the next parameters, into `out`.
DESCENT = types.void(_VECTOR, types.float64, _VECTOR, types.float64[:, ::1], types.int64[::1], _VECTOR)
