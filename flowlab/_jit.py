"""How flowlab compiles: one decorator, so that every kernel has the same options."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_F = TypeVar("_F", bound=Callable[..., Any])


def kernel(function: _F) -> _F:
    """Compile a plain numerical function at its first call.

    The result is cached on disk and runs without the GIL; division by zero gives inf, as in NumPy (the
    friendly layer above has checked the arguments). With ``NUMBA_DISABLE_JIT=1`` the function comes back as it is.
    """
    # fastmath: said expressly, or it would be compiled by the rules of whoever calls it first, and cached so.
    return cast(_F, numba.njit(cache=True, error_model="numpy", nogil=True, fastmath=False)(function))


def typed_kernel(*signatures: Any) -> Callable[[_F], _F]:
    """Compile a function for the given signatures at once, so that it can be handed to another kernel.

    A kernel with one explicit signature is a plain function pointer to every other kernel: the integrators
    are compiled once, not once for each model.
    """

    def decorate(function: _F) -> _F:
        compiled = numba.njit(list(signatures), cache=True, error_model="numpy", nogil=True)(function)
        return cast(_F, compiled)

    return decorate


def inlined_kernel(function: _F) -> _F:
    """Compile a function into the bodies of the kernels that call it.

    A call of a kernel counts references to each of its arrays, about 100 ns in all: too much inside a step.
    """
    return cast(_F, numba.njit(inline="always", error_model="numpy", nogil=True)(function))


def leaf_kernel(function: _F) -> _F:
    """Compile a function of plain numbers that LLVM must merge into its callers: a call would keep a loop scalar.

    Quicker to compile than `inlined_kernel`, which repeats the typing at every call.
    """
    options = {"cache": True, "error_model": "numpy", "nogil": True, "forceinline": True}
    return cast(_F, numba.njit(fastmath=False, **options)(function))


def summing_kernel(function: _F) -> _F:
    """Compile a function whose sums may be taken in any order, so that several terms are added at once.

    The order is the compiler's, and the same at every call. nan and infinity keep their meaning.
    """
    sums = {"reassoc", "contract", "nsz"}
    return cast(_F, numba.njit(cache=True, error_model="numpy", nogil=True, fastmath=sums)(function))
