"""Continuous and discrete time on one gradient.

A `GradientSystem` says what a solver needs to know of a model. `flow` integrates ẇ = −∇L adaptively,
`flow_ensemble` carries many starts to one time, `descent` takes discrete steps; each run is a `Trajectory`,
and `compare` lays two side by side. Time is gradient-flow time; a descent's axis is learning_rate × step.
"""

from flowlab.dynamics.clocks import by_clock
from flowlab.dynamics.comparison import Comparison, compare
from flowlab.dynamics.continuous import METHODS, flow
from flowlab.dynamics.discrete import StoppingRule, descent
from flowlab.dynamics.drift import Conserved, Drift
from flowlab.dynamics.ensemble import Ensemble, flow_ensemble
from flowlab.dynamics.events import Hitting, LossLevel, Stationary
from flowlab.dynamics.incremental import is_incremental
from flowlab.dynamics.kinks.passing import Crossing, Sliding
from flowlab.dynamics.system import GradientSystem, Kinks
from flowlab.dynamics.trajectory import Interpolant, Occurrence, Statistics, Status, Trajectory

__all__ = [
    "METHODS",
    "Comparison",
    "Conserved",
    "Crossing",
    "Drift",
    "Ensemble",
    "GradientSystem",
    "Hitting",
    "Interpolant",
    "Kinks",
    "LossLevel",
    "Occurrence",
    "Sliding",
    "Stationary",
    "Statistics",
    "Status",
    "StoppingRule",
    "Trajectory",
    "by_clock",
    "compare",
    "descent",
    "flow",
    "flow_ensemble",
    "is_incremental",
]
