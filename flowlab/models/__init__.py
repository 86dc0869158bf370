"""One module a model: its loss, its parameters, how they start, and what is worth watching.

A model knows nothing of solvers; it hands out a `GradientSystem`, derived from its loss.
"""

from flowlab.models.toy import ToyModel, toy_flow

__all__ = ["ToyModel", "toy_flow"]
