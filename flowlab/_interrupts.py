"""Ctrl-C inside compiled loops.

Python runs the handler of a signal between two of its own instructions, and a compiled loop has none. So a loop that
can be long asks now and then, after some amount of work, and goes on with the same bits: there is no need to leave it,
nor to come back. Outside the main thread nothing is ever found: signals are the main thread's.
"""

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from flowlab._jit import inlined_kernel

#: A loop asks each time that it has touched so many numbers: some milliseconds, and below a second also where each of
#: them takes part in hundreds of operations.
_PATIENCE = 1 << 22

# Untyped in numba.
_intrinsic: Callable[[Callable[..., Any]], Callable[[], Any]] = intrinsic


def _ask() -> Callable[[], bool]:
    """Return the function `_interrupted`."""
    if numba.config.DISABLE_JIT:
        return lambda: False

    def build(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        """Emit a call of the interpreter."""
        api = context.get_python_api(builder)
        state = api.gil_ensure()
        kind = ir.FunctionType(ir.IntType(32), [])
        function = cgutils.get_or_insert_function(builder.module, kind, "PyErr_CheckSignals")
        found = builder.icmp_signed("!=", builder.call(function, []), ir.Constant(ir.IntType(32), 0))
        api.gil_release(state)
        return found

    def ask(_context: Any) -> Any:
        """Type a call."""
        return types.boolean(), build

    return _intrinsic(ask)


def _raise() -> Callable[[], None]:
    """Return the function `raise_interrupt`."""
    if numba.config.DISABLE_JIT:
        return lambda: None

    def build(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        """Emit a return with Python's own error set; what follows is never reached."""
        with builder.if_then(ir.Constant(ir.IntType(1), 1)):
            context.call_conv.return_exc(builder)
        return context.get_dummy_value()

    def leave(_context: Any) -> Any:
        """Type a call."""
        return types.void(), build

    return _intrinsic(leave)


#: Used inside kernels: run the handlers of signals that have come; say whether one of them raised an exception. Then
#: the loop must end, and `raise_interrupt` must follow.
_interrupted = _ask()

#: Used inside kernels: return with the exception that a handler has raised. Arrays that the kernel has made and still
#: needs on this path are never freed.
raise_interrupt = _raise()


@inlined_kernel
def asked(waited: int, work: int) -> int:
    """Return how much work a loop has done since it last asked for signals; below 0 if one of them is to end it.

    Then `raise_interrupt` must follow. It is asked again each time that some milliseconds of work have come together.

    Parameters
    ----------
    waited : int
        What this function returned last, at first 0.
    work : int
        How many numbers the loop has touched since.
    """
    waited += work
    if waited > _PATIENCE:
        waited = -1 if _interrupted() else 0
    return waited
