"""Figure 6 of Gissin et al. 2020: incremental learning in binary classification.

Diagonal classifiers of depth 1 to 5 on 200 Gaussian examples in 100 dimensions, labelled by a vector proportional to
(8, 4, 2, 1, 0, …). First panel: the correlation (cosine) of the solution with that vector, mean and standard deviation
over 100 experiments, by depth and start, beside the maximum-margin separator. Other panels: the five largest |σ_i| as
parts of the largest, from the smallest start. The paper does not print its starts; σ0 = 0.01 is that of the authors'
script, and the larger ones are ours.

It comes out as the caption says. At depth 1 the correlation is 0.852 ± 0.021, whatever the start (σ begins at 0), and
that of the maximum margin 0.827 ± 0.026: near, not equal, since the runs end at a loss of 0.01 and not in the limit.
From σ0 = 0.01 it is 0.987, 0.996, 0.997 and 0.998 at depths 2 to 5; from σ0 = 1 no more than 0.938.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flowlab.figures import _classification as shared
from flowlab.figures import _training
from flowlab.figures._experiments import Workshop
from flowlab.figures._output import FigureData
from flowlab.models import DiagonalClassifier

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

_LABELLING = (8.0, 4.0, 2.0, 1.0)


def examples(seed: int, experiment: int, *, count: int = 200, size: int = 100) -> tuple[Array, Array, Array]:
    """Return Gaussian examples, their labels, and the unit vector that labels them.

    Examples
    --------
    >>> features, labels, vector = examples(0, 0, count=5, size=10)
    >>> features.shape, labels.shape, (vector[:4] / vector[3]).round(12)
    ((5, 10), (5,), array([8., 4., 2., 1.]))
    """
    vector = np.zeros(size)
    vector[: len(_LABELLING)] = _LABELLING
    vector /= np.linalg.norm(vector)
    return *shared.labelled(vector, count, np.random.default_rng([seed, 6, experiment])), vector


def train(*, depth: int, init: float, loss: str, experiment: int, seed: int, **setting: Any) -> Mapping[str, Any]:
    """Return how one classifier ends, and if it is watched the way of its largest entries."""
    features, labels, vector = examples(seed, experiment)
    model = DiagonalClassifier(depth, features, labels, init, loss=loss)
    return shared.trained(model.system(), vector, **setting)


def separate(*, experiment: int, seed: int) -> Mapping[str, Any]:
    """Return the maximum-margin separator of one experiment's examples."""
    features, labels, vector = examples(seed, experiment)
    return shared.separated(features, labels, lambda weights: shared.cosine(weights, vector))


def compute(
    *,
    depths: Sequence[int] = (1, 2, 3, 4, 5),
    inits: Sequence[float] = (1.0, 0.1, 0.01),
    experiments: int | None = None,
    quick: bool = False,
    seed: int = 0,
    clock: str | None = None,
    loss: str = "exponential",
    workshop: Workshop | None = None,
) -> FigureData:
    """Train all classifiers.

    Parameters
    ----------
    depths : sequence of int
    inits : sequence of float
        σ0; the evolution is drawn for the smallest.
    experiments : int, optional
        100 by default, 4 with `quick`.
    quick : bool
        A version in seconds.
    seed : int
    clock : {"descent", "flow"}, optional
        Descent with learning rate 0.01, the default, or gradient flow for as long.
    loss : {"exponential", "logistic"}
    workshop : Workshop, optional

    Returns
    -------
    FigureData
        One row a run; the tables ``svm`` and ``evolution`` beside it.

    Examples
    --------
    >>> data = compute(depths=[2], inits=[0.1], experiments=2, clock="flow")
    >>> bool((data.columns["correlation"] > data.tables["svm"]["correlation"]).all())
    True
    """
    return shared.collect(
        "figure6",
        train,
        separate,
        workshop,
        depths=_training.list_of("depths", depths, ()),
        inits=_training.list_of("inits", inits, ()),
        experiments=_training.number_of("experiments", experiments, 4 if quick else 100),
        learning_rate=0.01,
        steps=100_000,
        loss=loss,
        clock=_training.clock_of(clock, "descent"),
        seed=seed,
    )


def draw(data: FigureData) -> "Figure":
    """Return the drawing.

    Examples
    --------
    >>> len(draw(compute(depths=[1, 2], inits=[0.1], experiments=2, clock="flow")).axes)
    3
    """
    return shared.draw(data, correlation="correlation with σ*", value="|σ_i| / max |σ|")
