"""Learners, made of a predictor, a loss and examples; and the papers' settings as such.

A model knows nothing of solvers; it hands out a `GradientSystem`, derived from its loss.
"""

from flowlab.models._toy_loss import toy_flow
from flowlab.models.convolutional import ConvolutionalClassifier, amplitudes
from flowlab.models.diagonal import DiagonalClassifier
from flowlab.models.learner import Learner
from flowlab.models.linear_network import LinearNetwork
from flowlab.models.matrix_sensing import MatrixSensing
from flowlab.models.networks import Network
from flowlab.models.quadratic import QuadraticNetwork
from flowlab.models.sparse import SparseRegression
from flowlab.models.spectra import effective_rank, imbalance
from flowlab.models.toy import ToyModel

__all__ = [
    "ConvolutionalClassifier",
    "DiagonalClassifier",
    "Learner",
    "LinearNetwork",
    "MatrixSensing",
    "Network",
    "QuadraticNetwork",
    "SparseRegression",
    "ToyModel",
    "amplitudes",
    "effective_rank",
    "imbalance",
    "toy_flow",
]
