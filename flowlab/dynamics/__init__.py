"""Continuous and discrete time on one gradient."""

from flowlab.dynamics.continuous import METHODS, flow
from flowlab.dynamics.events import Hitting, Stationary
from flowlab.dynamics.system import GradientSystem
from flowlab.dynamics.trajectory import Interpolant, Occurrence, Statistics, Status, Trajectory

__all__ = [
    "METHODS",
    "GradientSystem",
    "Hitting",
    "Interpolant",
    "Occurrence",
    "Stationary",
    "Statistics",
    "Status",
    "Trajectory",
    "flow",
]
