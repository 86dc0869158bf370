"""The paper's identities derived from its losses, a module a topic; SymPy is loaded when one is carried out."""

from collections.abc import Callable
from functools import partial
from importlib import import_module

from flowlab.verify import Derivation

__all__ = ["derived"]


def derived(name: str) -> Callable[[], Derivation]:
    """Return the derivation of that name, ``topic.function``, not yet carried out.

    Parameters
    ----------
    name : str
        A module of this package, and what it derives.

    Examples
    --------
    >>> derived("theorem1.depth1")().outcome
    'proved'
    """
    return partial(_carry_out, *name.split("."))


def _carry_out(topic: str, function: str) -> Derivation:
    found: Derivation = getattr(import_module(f"{__name__}.{topic}"), function)()
    return found
