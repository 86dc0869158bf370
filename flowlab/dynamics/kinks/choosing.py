"""Descent with a chosen element of the Clarke subdifferential at each kink."""

from typing import Any

import numpy as np

from flowlab._jit import typed_kernel
from flowlab.dynamics._pointers import address, as_gradient, pointer, token
from flowlab.dynamics._prepared import Prepared
from flowlab.dynamics._runge_kutta import Integers
from flowlab.dynamics.signatures import GRADIENT
from flowlab.dynamics.system import Kinks
from flowlab.dynamics.trajectory import Vector

#: Two addresses and the number of kinks stand before the side at each kink and the constants.
_HEAD = 3


def sided_model(ready: Prepared, kinks: Kinks, side: float) -> tuple[Any, ...]:
    """Return a model whose gradient has the sides of its parameters, and `side` at a kink itself.

    Where a norm is 0, it is the middle of its ball.
    """
    inside = [place for part in kinks.parts for place in part] + [k for k, part in enumerate(kinks.parts) if part]
    sides = np.where(np.isin(np.arange(len(kinks.names)), inside), 0.0, side)
    head = np.array([
        token("gradient", kinks.gradient, GRADIENT), token("switches", kinks.switches, GRADIENT), len(kinks.names)
    ], dtype=np.int64)  # fmt: skip
    constants = np.concatenate([head.view(np.float64), sides, ready.model.constants, sides])
    gradient = address("gradient", sided_gradient, GRADIENT)
    return tuple(ready.model._replace(gradient=gradient, loss_gradient=0, slope=constants))


@typed_kernel(GRADIENT)
def sided_gradient(w: Vector, constants: Vector, data: Vector, rows: Integers, out: Vector) -> None:
    """Write the gradient with the sides of `w` into `out`."""
    head = constants[:_HEAD].view(np.int64)
    gradient, switches = as_gradient(pointer(head[0])), as_gradient(pointer(head[1]))
    count = head[2]
    chosen, inner = constants[_HEAD : _HEAD + count], constants[_HEAD + count :].copy()
    values, first = np.empty(count), inner.size - count
    for k in range(count):
        inner[first + k] = 1.0
    for _ in range(count):  # one kink may lie inside another's switch
        switches(w, inner, data, rows, values)
        settled = True
        for k in range(count):
            now = 1.0 if values[k] > 0.0 else (-1.0 if values[k] < 0.0 else chosen[k])
            settled &= inner[first + k] == now
            inner[first + k] = now
        if settled:
            break
    gradient(w, inner, data, rows, out)
