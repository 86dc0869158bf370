"""Objects that hold kernels, and copy and pickle all the same, also into another process."""

import importlib
import sys
from types import MappingProxyType
from typing import Any

from numba.core.dispatcher import Dispatcher

from flowlab._kernel_cache import load, source_of


def _generated(source: str, name: str) -> Any:
    return getattr(load(source), name)


def _named(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def _read_only(value: dict[str, Any]) -> Any:
    return MappingProxyType(value)


def _same(value: Any) -> Any:
    return value


class _Carried:
    """Pickles as what makes the value: a kernel's generated text, or where it is found, instead of the kernel."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        value = self.value
        if isinstance(value, MappingProxyType):
            return _read_only, (dict(value),)
        module, name = str(value.__module__), str(value.__name__)
        if (source := source_of(value)) is not None:
            return _generated, (source, name)
        if module != "__main__" and getattr(sys.modules.get(module), name, None) is value:
            return _named, (module, name)
        return _same, (value,)  # numba carries a kernel of no module along


class Portable:
    """What holds kernels and read-only mappings, and pickles; kernels come back as those of the process they come to.

    Examples
    --------
    >>> import copy, pickle
    >>> from flowlab.models import ToyModel
    >>> system = ToyModel(depth=2, target=3.0, init=1.0).system()
    >>> pickle.loads(pickle.dumps(system)).gradient is copy.deepcopy(system).gradient is system.gradient
    True
    """

    def __getstate__(self) -> dict[str, Any]:
        return {
            name: _Carried(value)
            if isinstance(value, (Dispatcher, MappingProxyType)) or source_of(value) is not None
            else value
            for name, value in self.__dict__.items()
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        # In a shallow copy nothing was unpacked on the way.
        for name, value in state.items():
            object.__setattr__(self, name, value.value if isinstance(value, _Carried) else value)
