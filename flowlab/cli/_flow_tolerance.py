"""How small a weight may be for the flow of ``flowlab flow`` to know its size."""

import sys

import numpy as np

from flowlab.cli import _print
from flowlab.dynamics import GradientSystem, Trajectory

#: Of the size of what is integrated.
_ATOL = 1e-12
#: Below so many absolute tolerances a weight is taken to have no known digit.
_UNKNOWN = 10


def absolute_tolerance(system: GradientSystem, until: float) -> float:
    """Return an absolute tolerance: 1e-12, or less beside a small start that the flow leaves slowly.

    What a step may be wrong by grows as the start does: from 1e-200 it is to be small beside 1e-200. Where the first
    velocity alone leads far away within the time, the size of the start does not matter.
    """
    velocity = np.empty(system.start.size)
    with np.errstate(all="ignore"):
        system.gradient(system.start, system.numbers, system.data, np.arange(len(system.data)), velocity)
        size = float(np.abs(system.start).max() + until * np.abs(velocity).max())
    return max(_ATOL * size, sys.float_info.min) if 0 < size < 1 else _ATOL


def unknown_sizes(path: Trajectory, atol: float) -> list[str]:
    """Return a warning where recorded weights are so small that the tolerance leaves their size open."""
    least = _UNKNOWN * atol
    small = (path.parameters != 0) & (np.abs(path.parameters) < least)
    weights = [name for name, ever in zip(path.names, small.any(axis=0), strict=True) if ever]
    if not weights:
        return []
    return [
        f"{', '.join(weights)} below {_print.number(least)} in size: every step may be wrong by {_print.number(atol)}, "
        "so that neither the digits of such a value nor what grows from it are known"
    ]
