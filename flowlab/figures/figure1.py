"""Figure 1 of Gissin et al. 2020: incremental learning in four deep models.

The five largest values of each model against time: (a) singular values in matrix sensing of depth 4, (b) eigenvalues of
WᵀW in a quadratic network with a bias, (c) |σ_i| of a diagonal classifier of depth 3, (d) amplitudes |σ̂_k| of a
convolutional classifier of depth 3. The paper takes them from its larger figures, and so does this one: panel (a) is
from Figure 4 with 1000 measurements, (b) from Figure 5 with the small set (its beginning: with more than one solution,
the last of the way is slow), (c) from Figure 6, (d) from Figure 7, each the first experiment from the smallest start.
In (c) and (d) values are parts of the largest.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from flowlab.figures import _panels, figure4, figure5, figure6, figure7
from flowlab.figures._experiments import Workshop
from flowlab.figures._output import FigureData, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BEGINNING = 30.0  # of the time of panel (b), which approaches its end slowly
_TITLES = {
    "a": "(a) matrix sensing, N = 4",
    "b": "(b) quadratic network",
    "c": "(c) diagonal, N = 3",
    "d": "(d) convolution, N = 3",
}
_LABELS = {"a": "singular values", "b": "eigenvalues of WᵀW", "c": "|σ_i| / max |σ|", "d": "|σ̂_k| / max |σ̂|"}


def compute(
    *, quick: bool = False, seed: int = 0, clock: str | None = None, workshop: Workshop | None = None
) -> FigureData:
    """Train the four models.

    Parameters
    ----------
    quick : bool
        A version in seconds.
    seed : int
    clock : {"descent", "flow"}, optional
        That of the other figures by default.
    workshop : Workshop, optional

    Returns
    -------
    FigureData
        With the columns panel, t, rank and value.

    Examples
    --------
    >>> data = compute(quick=True, clock="flow")
    >>> sorted(set(data.columns["panel"].tolist()))
    ['a', 'b', 'c', 'd']
    """
    common: dict[str, Any] = {"quick": quick, "seed": seed, "clock": clock, "workshop": workshop}
    sensing = figure4.compute(depths=[4], **common)
    quadratic = figure5.compute(**common)
    single: dict[str, Any] = {"depths": [3], "inits": [0.01], "experiments": 1}
    diagonal = figure6.compute(**single, **common)
    convolutional = figure7.compute(**single, **common)
    parts = {
        "a": sensing.rows(samples=sensing.parameters["samples"][0]),
        "b": quadratic.rows(samples=quadratic.parameters["samples"][-1], bias=True),
        "c": diagonal.rows("evolution"),
        "d": convolutional.rows("evolution"),
    }
    beginning = parts["b"]["t"] <= _BEGINNING
    parts["b"] = {name: column[beginning] for name, column in parts["b"].items()}
    columns = {"panel": np.concatenate([np.full(part["t"].size, panel) for panel, part in parts.items()])}
    columns |= {name: np.concatenate([part[name] for part in parts.values()]) for name in ("t", "rank", "value")}
    parameters = {
        panel: dict(data.parameters)
        for panel, data in zip(parts, (sensing, quadratic, diagonal, convolutional), strict=True)
    }
    return FigureData(columns, parameters, seed=seed)


def draw(data: FigureData) -> "Figure":
    """Return the drawing, a panel each.

    Examples
    --------
    >>> len(draw(compute(quick=True, clock="flow")).axes)
    4
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(7.0, 2.2), layout="constrained")
        for axes, (panel, title) in zip(figure.subplots(1, len(_TITLES)), _TITLES.items(), strict=True):
            goals = data.parameters[panel].get("target", ())
            _panels.panel(axes, data, goals, panel=panel)
            axes.set(title=title, ylabel=_LABELS[panel])
        _panels.name_axes(figure, data.parameters["c"]["clock"], axes)
    return figure
