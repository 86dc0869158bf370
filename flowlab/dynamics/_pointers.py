"""Handing a compiled kernel to another one by its address.

The integrators are compiled once and call any model's kernels through function pointers. Numba can unbox a
function as an argument, at 10 to 30 microseconds a function and a call; an integer costs nothing, so a
kernel's address travels as an integer and becomes a function again inside.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np
from numba import types
from numba.core import cgutils
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic
from numpy.typing import NDArray

from flowlab._checks import shown
from flowlab._jit import kernel
from flowlab.dynamics.signatures import GRADIENT, HESSIAN, INDUCED, LOSS, LOSS_GRADIENT

Vector = NDArray[np.float64]

_T = TypeVar("_T")
# Untyped in numba.
_intrinsic: Callable[[Callable[..., Any]], Callable[[Any], Any]] = intrinsic


class Model(NamedTuple):
    """A system's kernels by their addresses, and the arrays they take; the address 0 stands for none.

    `slope` are the constants of the gradient, the same as those of the others but where kinks have sides.

    It is handed to a kernel as a plain tuple, and named again inside: numba takes 0.4 microseconds longer over a named
    one.
    """

    gradient: Any
    loss: Any
    induced: Any
    loss_gradient: Any
    constants: Vector
    data: Vector
    rows: NDArray[np.int64]
    slope: Vector


def caster(signature: Any) -> Callable[[Any], Any]:
    """Return the function that turns an address into a callable of the given signature, inside a kernel."""
    if numba.config.DISABLE_JIT:
        return lambda function: function
    function_type = types.FunctionType(signature)

    def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        """Emit a function that has a C address and no Python object."""
        pointer = context.get_value_type(types.voidptr)
        null = context.get_constant_null(types.voidptr)
        function = cgutils.create_struct_proxy(function_type)(context, builder)
        function.c_addr = builder.inttoptr(arguments[0], pointer)
        function.py_addr = null
        if hasattr(function, "jit_addr"):
            function.jit_addr = null
        return function._getvalue()

    def cast(_context: Any, _address: Any) -> Any:
        """Type a call with an integer."""
        return function_type(types.int64), build

    return _intrinsic(cast)


def _uncounted(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Emit a value whose arrays, also those within a tuple, have nothing to count."""
    if isinstance(kind, types.Array):
        view = context.make_array(kind)(context, builder, value)
        view.meminfo = context.get_constant_null(types.voidptr)
        view.parent = context.get_constant_null(types.pyobject)
        return view._getvalue()
    if isinstance(kind, types.BaseTuple):
        parts = cgutils.unpack_tuple(builder, value, len(kind))
        views = [_uncounted(context, builder, *part) for part in zip(kind, parts, strict=True)]
        return context.make_tuple(builder, kind, views)
    return value


def _borrower() -> Callable[[_T], _T]:
    """Return the function `borrowed`."""
    if numba.config.DISABLE_JIT:
        return lambda value: value

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        """Emit the same value without counters."""
        return _uncounted(context, builder, signature.return_type, arguments[0])

    def borrow(_context: Any, kind: Any) -> Any:
        """Type a call: what comes is what goes."""
        return kind(kind), build

    return _intrinsic(borrow)


#: Used inside kernels: an argument, an array or a tuple with arrays, as a view that does not count references, so that
#: handing it about is free. It must not be returned, nor outlive the call.
borrowed = _borrower()

#: Used inside kernels: the callable behind an address.
as_gradient = caster(GRADIENT)
as_loss = caster(LOSS)
as_loss_gradient = caster(LOSS_GRADIENT)
as_induced = caster(INDUCED)
as_hessian = caster(HESSIAN)


def address(name: str, function: Any, signature: Any) -> Any:
    """Return what stands for `function` in a call of a kernel: its address, or itself without compilation.

    Parameters
    ----------
    name : str
        The kernel's name in a `GradientSystem`, for the message.
    function : Dispatcher
        A kernel that is compiled, or can be, for `signature`.
    signature : numba signature
        One of `flowlab.dynamics.signatures`.

    Returns
    -------
    int or callable

    Raises
    ------
    ValueError
        If `function` is not a kernel of this signature.
    """
    allowed = f"a kernel of the signature {name.upper()} of flowlab.dynamics.signatures (see typed_kernel)"
    if numba.config.DISABLE_JIT:
        if not callable(function):
            raise ValueError(f"{name}: got {shown(function)}; allowed: {allowed}")
        return function
    if not isinstance(function, Dispatcher):
        raise ValueError(f"{name}: got {shown(function)}; allowed: {allowed}")  # noqa: TRY004
    try:
        result = function.get_compile_result(signature)
    except (numba.core.errors.NumbaError, RuntimeError, TypeError) as error:
        raise ValueError(f"{name}: got {shown(function)}; allowed: {allowed}") from error
    if result.signature.return_type != signature.return_type:
        raise ValueError(f"{name}: got {shown(function)} returning {result.signature.return_type}; allowed: {allowed}")
    return result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name)


_uncompiled: list[Any] = [None]  # no kernel has the number 0


def token(name: str, function: Any, signature: Any) -> int:
    """Return an integer that stands for a kernel among numbers: its address, or its place among the uncompiled."""
    if not numba.config.DISABLE_JIT:
        return int(address(name, function, signature))
    if function not in _uncompiled:
        _uncompiled.append(function)
    return _uncompiled.index(function)


if numba.config.DISABLE_JIT:

    def pointer(token: int) -> Any:
        """Return what a `token` stands for, to be cast to a callable."""
        return _uncompiled[token]

else:

    @kernel
    def pointer(token: int) -> Any:
        """Return what a `token` stands for, to be cast to a callable."""
        return token
