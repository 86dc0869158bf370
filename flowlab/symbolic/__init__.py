"""SymPy in, SymPy out: the flow of a loss, the dynamics it induces, and compiled kernels of both.

The only room that imports sympy; `symbols` is passed on, so that a model can state its loss.
"""

from sympy import symbols

from flowlab.symbolic.cache import cache_folder
from flowlab.symbolic.gradient_flow import GradientFlow
from flowlab.symbolic.induced import DoesNotClose, InducedFlow
from flowlab.symbolic.printing import CannotCompile

__all__ = ["CannotCompile", "DoesNotClose", "GradientFlow", "InducedFlow", "cache_folder", "symbols"]
