"""How flowlab compiles: one decorator, so that every kernel has the same options."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

_F = TypeVar("_F", bound=Callable[..., Any])


def kernel(function: _F) -> _F:
    """Compile a plain numerical function with numba, cached on disk and free of the GIL.

    Division by zero gives inf as in NumPy; the friendly layer above checks arguments once.
    With ``NUMBA_DISABLE_JIT=1`` the function is returned as it is.
    """
    import numba

    return cast(_F, numba.njit(cache=True, error_model="numpy", nogil=True)(function))
