"""The signatures that every model's kernels share, whatever the model.

A kernel receives its numbers as arrays, never by closure: `w` the parameters, `constants` what the loss
depends on besides them (targets, depth, labels), `data` one example a row (an array of no rows for a population
loss) and `rows` the examples to average over. Hence one compiled integrator serves every model.
"""

from numba import types

_VECTOR = types.float64[::1]
_MATRIX = types.float64[:, ::1]
_ROWS = types.int64[::1]

#: ``gradient(w, constants, data, rows, out)``: the gradient of the loss, written into `out` of w's shape.
GRADIENT = types.void(_VECTOR, _VECTOR, _MATRIX, _ROWS, _VECTOR)
#: ``loss(w, constants, data, rows) -> float``.
LOSS = types.float64(_VECTOR, _VECTOR, _MATRIX, _ROWS)
#: ``loss_gradient(w, constants, data, rows, out) -> float``: the loss, and its gradient written into `out`.
LOSS_GRADIENT = types.float64(_VECTOR, _VECTOR, _MATRIX, _ROWS, _VECTOR)
#: ``induced(w, constants, out)``: the induced values σ(w), written into `out`.
INDUCED = types.void(_VECTOR, _VECTOR, _VECTOR)
#: ``conserved(w, constants, out)``: k functions of the parameters that the flow conserves, written into `out`, and then
#: the size of each: what it would be if its terms did not cancel.
CONSERVED = INDUCED
#: ``hessian(w, constants, data, rows, out)``: the Hessian of the loss, written into the square `out`.
HESSIAN = types.void(_VECTOR, _VECTOR, _MATRIX, _ROWS, _MATRIX)
