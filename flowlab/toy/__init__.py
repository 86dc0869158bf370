"""What is known in closed form about the toy model ``σ = w^N``: solution, hitting time, threshold, bounds."""

from flowlab.toy.solution import loss, residual, sigma, time

__all__ = ["loss", "residual", "sigma", "time"]
