"""SymPy in, SymPy out: a loss from its model, its flow, the dynamics it induces, and compiled kernels of them.

The only room that imports sympy; `symbols` is passed on, so that a model can state its loss.
"""

from sympy import symbols

from flowlab.symbolic.cache import cache_folder
from flowlab.symbolic.conserved import ConservedQuantities
from flowlab.symbolic.exact import ExactSolution, NoClosedForm
from flowlab.symbolic.expectation import gaussian_expectation
from flowlab.symbolic.fields import NotAlgebraic
from flowlab.symbolic.gradient_flow import GradientFlow
from flowlab.symbolic.induced import DoesNotClose, InducedFlow
from flowlab.symbolic.printing import CannotCompile
from flowlab.symbolic.stationary import StationaryPoint, StationaryPoints

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
