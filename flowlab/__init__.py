"""flowlab: a laboratory for the dynamics of learning.

Write a loss; get its gradient flow; solve it exactly where it can be solved, adaptively where not;
run the discrete algorithm beside it; and test what a theorem says about them.

Attributes load on first use, so that ``import flowlab`` itself stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowlab import claims, dynamics, figures, models, symbolic, toy, verify

__version__ = "0.1.0"

_HOMES = {
    **{name: "" for name in ("claims", "dynamics", "figures", "models", "symbolic", "toy", "verify")},
}

__all__ = ["__version__", "claims", "dynamics", "figures", "models", "symbolic", "toy", "verify"]


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'flowlab' has no attribute {name!r}") from None
    return import_module(f"flowlab.{name}") if home == "" else getattr(import_module(f"flowlab.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
