"""flowlab: a laboratory for the dynamics of learning.

Write a loss; get its gradient flow; solve it exactly where it can be solved, adaptively where not;
run the discrete algorithm beside it; and test what a theorem says about them.

Attributes load on first use, so that ``import flowlab`` itself stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowlab import claims, dynamics, figures, models, reference, symbolic, toy, verify
    from flowlab.dynamics import (
        GradientSystem,
        Trajectory,
        compare,
        descent,
        flow,
        flow_ensemble,
        is_incremental,
    )
    from flowlab.models import Learner, ToyModel
    from flowlab.symbolic import GradientFlow, NoClosedForm

__version__ = "0.1.0"

_ROOMS = ("claims", "dynamics", "figures", "models", "reference", "symbolic", "toy", "verify")
_HOMES = {
    "GradientFlow": "symbolic",
    "GradientSystem": "dynamics",
    "Learner": "models",
    "NoClosedForm": "symbolic",
    "ToyModel": "models",
    "Trajectory": "dynamics",
    "compare": "dynamics",
    "descent": "dynamics",
    "flow": "dynamics",
    "flow_ensemble": "dynamics",
    "is_incremental": "dynamics",
}

__all__ = [
    "GradientFlow",
    "GradientSystem",
    "Learner",
    "NoClosedForm",
    "ToyModel",
    "Trajectory",
    "__version__",
    "claims",
    "compare",
    "descent",
    "dynamics",
    "figures",
    "flow",
    "flow_ensemble",
    "is_incremental",
    "models",
    "reference",
    "symbolic",
    "toy",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"flowlab.{name}")
    if name in _HOMES:
        return getattr(import_module(f"flowlab.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'flowlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
