"""What is known in closed form about the toy model ``σ = w^N``: solution, hitting time, threshold, bounds."""

from flowlab.toy.bounds import Bounds, threshold_bounds
from flowlab.toy.descent_bounds import descent_threshold_bounds
from flowlab.toy.descent_threshold import DescentThreshold, descent_threshold
from flowlab.toy.sharper import sharper_bounds
from flowlab.toy.solution import loss, residual, sigma, time
from flowlab.toy.threshold import threshold

__all__ = [
    "Bounds",
    "DescentThreshold",
    "descent_threshold",
    "descent_threshold_bounds",
    "loss",
    "residual",
    "sharper_bounds",
    "sigma",
    "threshold",
    "threshold_bounds",
    "time",
]
