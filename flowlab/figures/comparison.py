"""A plot of a flow and a descent of one loss: parameters, and induced values beside them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flowlab.dynamics import Trajectory
from flowlab.figures._output import FigureData, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Vector = NDArray[np.float64]

#: Told apart without colour vision (Okabe & Ito 2008), dark ones first; beyond these a range from dark to light.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#000000", "#cc79a7", "#56b4e9", "#e69f00")
#: A descent is drawn by at most so many dots, so that the line behind them stays visible.
_DOTS = 25
#: A descent farther than so many half heights of the flow's own range leaves the picture.
_FAR = 10.0
#: Curves that are named one by one.
_NAMED = 10


def tabulate(flow: Trajectory, descent: Trajectory | None = None, *, induced: Sequence[str] = ()) -> FigureData:
    """Return a flow and a descent as a table, one row for each record.

    Parameters
    ----------
    flow : Trajectory
    descent : Trajectory, optional
    induced : sequence of str
        The names of the induced values; none if these are the parameters themselves.

    Returns
    -------
    FigureData
        With the columns run ("flow" or "descent"), t, loss, and one for each parameter and induced value.

    Examples
    --------
    >>> t, w = np.array([0.0, 1.0]), np.array([[1.0], [0.5]])
    >>> path = Trajectory(t=t, parameters=w, induced=w**2, loss=w[:, 0] ** 2, names=("w",), kind="flow")
    >>> print(tabulate(path, induced=["p"]).csv())
    run,t,loss,w,p
    flow,0.0,1.0,1.0,1.0
    flow,1.0,0.25,0.5,0.25
    <BLANKLINE>
    """
    runs = [flow] if descent is None else [flow, descent]
    columns: dict[str, NDArray[Any]] = {
        "run": np.repeat([run.kind for run in runs], [run.t.size for run in runs]),
        "t": np.concatenate([run.t for run in runs]),
        "loss": np.concatenate([run.loss for run in runs]),
    }
    for i, name in enumerate(flow.names):
        columns[name] = np.concatenate([run.parameters[:, i] for run in runs])
    for i, name in enumerate(induced):
        columns[name] = np.concatenate([run.induced[:, i] for run in runs])
    rate = None if descent is None else descent.learning_rate
    return FigureData(columns, {"parameters": list(flow.names), "induced": list(induced), "learning_rate": rate})


def draw(data: FigureData) -> "Figure":
    """Return the drawing of `tabulate`'s table: lines for the flow, dots for the descent.

    Examples
    --------
    >>> t, w = np.array([0.0, 1.0]), np.array([[1.0], [0.5]])
    >>> path = Trajectory(t=t, parameters=w, induced=w**2, loss=w[:, 0] ** 2, names=("w",), kind="flow")
    >>> [axes.get_ylabel() for axes in draw(tabulate(path, induced=["p"])).axes]
    ['w', 'p']
    """
    from matplotlib.figure import Figure

    groups = [("parameters", data.parameters["parameters"]), ("induced values", data.parameters["induced"])]
    groups = [(title, names) for title, names in groups if names]
    with style():
        figure = Figure(figsize=(4.5 if len(groups) == 1 else 6.8, 3.0), layout="constrained")
        for axes, (title, names) in zip(np.ravel(figure.subplots(1, len(groups))), groups, strict=True):
            _panel(axes, data, title, names)
        rate = data.parameters["learning_rate"]
        clock = "time t (gradient flow)" if rate is None else "time t (gradient flow; descent: learning rate × step)"
        figure.supxlabel(clock, fontsize=8)
        if rate is not None:
            _name_runs(figure, rate)
    return figure


def _panel(axes: "Axes", data: FigureData, title: str, names: Sequence[str]) -> None:
    """Draw the named columns of both runs: the flow as lines, the descent as dots."""
    import matplotlib

    colours: Any = _COLOURS
    if len(names) > len(_COLOURS):
        colours = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.9, len(names)))
    flow, descent = data.rows(run="flow"), data.rows(run="descent")
    dots = slice(None, None, -(-descent["t"].size // _DOTS) or 1)
    for colour, name in zip(colours, names, strict=False):
        axes.plot(flow["t"], flow[name], color=colour, label=name, zorder=1)
        if descent["t"].size:
            axes.plot(
                *(descent[column][dots] for column in ("t", name)),
                linestyle="none", marker="o", markersize=3.5, markerfacecolor="white",
                markeredgecolor=colour, markeredgewidth=0.9, zorder=2, clip_on=False,
            )  # fmt: skip
    axes.set_xlim(0.0, float(data.columns["t"].max()))
    _keep_flow_visible(axes, *(np.concatenate([run[name] for name in names]) for run in (flow, descent)))
    axes.set_ylabel(names[0] if len(names) == 1 else title)
    if 1 < len(names) <= _NAMED:
        # beside the curves, which may be anywhere
        axes.legend(
            fontsize=7, frameon=False, handlelength=1.5, loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0.0
        )
    elif len(names) > _NAMED:
        axes.set_title(f"{len(names)} {title}, {names[0]} (dark) to {names[-1]} (light)")


def _keep_flow_visible(axes: "Axes", flow: Vector, descent: Vector) -> None:
    """Let the flow fill the height where a descent goes far away from it, and say so."""
    low, high = float(flow.min()), float(flow.max())
    margin = 0.5 * (high - low) or 0.5 * max(abs(low), 1.0)
    if descent.size and (descent.min() < low - _FAR * margin or descent.max() > high + _FAR * margin):
        axes.set_ylim(low - margin, high + margin)
        for line in axes.get_lines():
            line.set_clip_on(True)
        axes.set_title("the descent leaves the picture")


def _name_runs(figure: "Figure", rate: float) -> None:
    """Say above the panels which marks are the flow's and which the descent's."""
    from matplotlib.lines import Line2D

    line = Line2D([], [], color="#444444")
    dots = Line2D(
        [], [], color="#444444", linestyle="none", marker="o", markersize=3.5, markerfacecolor="white"
    )  # fmt: skip
    figure.legend(
        [line, dots],
        ["flow", f"descent, learning rate {rate:g}"],
        loc="outside upper center",
        ncols=2,
        fontsize=7,
        frameon=False,
        handlelength=1.5,
    )
