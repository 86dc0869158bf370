"""Panels of a few curves each, the largest first: what Figures 1 and 4 to 7 are made of."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flowlab.figures._output import FigureData
from flowlab.figures._training import TOP

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Dark to light in the order of size: told apart without colour vision, and in greyscale.
_COLOURS = ("#000000", "#00468b", "#d55e00", "#e69f00", "#999999")
_RANKS = ("largest", "2nd", "3rd", "4th", "5th")


def name_axes(figure: "Figure", clock: str, axes: "Axes") -> None:
    """Name the time axis of all panels, and the curves by those of one of them."""
    figure.supxlabel(
        "time t (gradient flow)" if clock == "flow" else "time t (descent: learning rate × step)", fontsize=8
    )
    figure.legend(
        axes.get_lines()[-TOP:],
        _RANKS,
        loc="outside upper center",
        ncols=TOP,
        fontsize=7,
        frameon=False,
        handlelength=1.5,
    )


def panel(axes: "Axes", data: FigureData, goals: Sequence[float] = (), table: str = "", **where: Any) -> None:
    """Draw the curves of one panel, the largest value first, over thin lines at the values to be learnt."""
    for goal in goals:
        axes.axhline(goal, color="#bbbbbb", linewidth=0.6, zorder=0)
    for rank, colour in zip(range(1, TOP + 1), _COLOURS, strict=True):
        curve = data.rows(table, rank=rank, **where)
        axes.plot(curve["t"], curve["value"], color=colour, solid_capstyle="round")
    axes.set(xlim=(0.0, float(data.rows(table, **where)["t"].max())), ylim=(0.0, None))
    axes.locator_params(axis="x", nbins=4)


def share_height(axes: "Axes", data: FigureData) -> None:
    """Let panels with a shared axis begin at 0 and hold every curve and goal."""
    top = max(float(data.columns["value"].max()), *data.parameters["target"])
    axes.set_ylim(0.0, 1.05 * top)
