"""Predictors that are linear in features of their input: each is θ(w), its pull-back, and how it is laid out."""

from flowlab.models.predictors.base import Predictor
from flowlab.models.predictors.convolution import Convolution
from flowlab.models.predictors.entrywise import Identity, Powers, Products
from flowlab.models.predictors.matrices import Dense, Gram
from flowlab.models.predictors.sums import Sum

__all__ = ["Convolution", "Dense", "Gram", "Identity", "Powers", "Predictor", "Products", "Sum"]
