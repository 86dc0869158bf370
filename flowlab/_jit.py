"""How flowlab compiles: one decorator, so that every kernel has the same options."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import caching

from flowlab._kernel_cache import folder_for

_F = TypeVar("_F", bound=Callable[..., Any])

_ours: set[Any] = set()


class _Locator(caching._CacheLocator):  # type: ignore[misc]
    """Tells numba where the compiled form of our kernels is kept, and of which state of all sources it is."""

    def __init__(self, function: Any, file: str, folder: Path, digest: str) -> None:
        self._py_file, self._line = file, function.__code__.co_firstlineno
        self._folder, self._digest = folder, digest

    @classmethod
    def from_function(cls, function: Any, file: str) -> "_Locator | None":
        """Return the locator of one of our kernels; None of any other function, and where there is no file."""
        kept = folder_for(function.__module__, file) if function.__code__ in _ours else None
        return kept and cls(function, file, *kept)

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(self._folder)

    def get_source_stamp(self) -> str:
        """Return what the compiled form is of."""
        return self._digest

    def get_disambiguator(self) -> str:
        """Return what tells kernels of one name and module apart."""
        return str(self._line)


# Older versions of numba write its name with an underscore.
_implementation = caching.CacheImpl if hasattr(caching, "CacheImpl") else caching._CacheImpl
_implementation._locator_classes.insert(0, _Locator)


def _jitted(function: _F, *signatures: Any, cache: bool = True, **options: Any) -> _F:
    _ours.add(function.__code__)
    # fastmath: said expressly, or it would be compiled by the rules of whoever calls it first, and cached so.
    options = {"error_model": "numpy", "nogil": True, "fastmath": False} | options
    return cast(_F, numba.njit(list(signatures) or None, cache=cache, **options)(function))


def kernel(function: _F) -> _F:
    """Compile a plain numerical function at its first call.

    The result is cached on disk and runs without the GIL; division by zero gives inf, as in NumPy (the
    friendly layer above has checked the arguments). With ``NUMBA_DISABLE_JIT=1`` the function comes back as it is.
    """
    return _jitted(function)


def typed_kernel(*signatures: Any) -> Callable[[_F], _F]:
    """Compile a function for the given signatures at once, so that it can be handed to another kernel.

    A kernel with one explicit signature is a plain function pointer to every other kernel: the integrators
    are compiled once, not once for each model.
    """
    return lambda function: _jitted(function, *signatures)


def inlined_kernel(function: _F) -> _F:
    """Compile a function into the bodies of the kernels that call it.

    A call of a kernel counts references to each of its arrays, about 100 ns in all: too much inside a step.
    """
    return cast(_F, numba.njit(inline="always", error_model="numpy", nogil=True)(function))


def leaf_kernel(function: _F) -> _F:
    """Compile a function of plain numbers that LLVM must merge into its callers: a call would keep a loop scalar.

    Quicker to compile than `inlined_kernel`, which repeats the typing at every call.
    """
    return _jitted(function, forceinline=True)


def summing_kernel(function: _F) -> _F:
    """Compile a function whose sums may be taken in any order, so that several terms are added at once.

    The order is the compiler's, and the same at every call. nan and infinity keep their meaning.
    """
    return _jitted(function, fastmath={"reassoc", "contract", "nsz"})
