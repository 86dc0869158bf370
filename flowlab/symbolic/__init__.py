"""SymPy in, SymPy out: a loss from its model, its flow, the dynamics it induces, and compiled kernels of them.

The only room that imports sympy; `symbols` is passed on, so that a model can state its loss.
"""

from sympy import symbols

from flowlab._kernel_cache import cache_folder
from flowlab.symbolic.compiling.printing import CannotCompile
from flowlab.symbolic.conserving.conserved import ConservedQuantities
from flowlab.symbolic.conserving.fields import NotAlgebraic
from flowlab.symbolic.expectation import gaussian_expectation
from flowlab.symbolic.gradient_flow import GradientFlow
from flowlab.symbolic.inducing.induced import DoesNotClose, InducedFlow
from flowlab.symbolic.solving.exact import ExactSolution, NoClosedForm
from flowlab.symbolic.solving.stationary import StationaryPoint, StationaryPoints

__all__ = [
    "CannotCompile",
    "ConservedQuantities",
    "DoesNotClose",
    "ExactSolution",
    "GradientFlow",
    "InducedFlow",
    "NoClosedForm",
    "NotAlgebraic",
    "StationaryPoint",
    "StationaryPoints",
    "cache_folder",
    "gaussian_expectation",
    "symbols",
]
