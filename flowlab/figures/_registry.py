"""Which figures there are; the module of each loads when it is needed."""

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from inspect import getdoc, signature
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowlab._checks import shown
from flowlab.figures._output import FigureData, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FigureSpec:
    """A figure of a paper, or of the project's own.

    Attributes
    ----------
    id : str
        The figure's number in the paper; a word for one of the project's own.
    title : str
        One line.
    source : str
        The paper.
    module : str
        Under `flowlab.figures`; it has ``compute(**parameters) -> FigureData`` and ``draw(data) -> Figure``.

    Examples
    --------
    >>> get("2").module
    'figure2'
    """

    id: str
    title: str
    source: str
    module: str

    @property
    def description(self) -> str:
        """What the figure shows, in words.

        Examples
        --------
        >>> get("2").description.partition(":")[0]
        'Figure 2 of Gissin et al. 2020'
        """
        return getdoc(self._loaded()) or ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of what `compute` takes.

        Examples
        --------
        >>> "clock" in get("2").parameters, "clock" in get("6").parameters
        (False, True)
        """
        return tuple(signature(self._loaded().compute).parameters)

    def compute(self, **parameters: Any) -> FigureData:
        """Return the data behind the figure; the parameters are those of the module's `compute`."""
        data: FigureData = self._loaded().compute(**parameters)
        return data

    def draw(self, data: FigureData) -> "Figure":
        """Return the drawing of the data."""
        figure: Figure = self._loaded().draw(data)
        return figure

    def save(self, out: str | PathLike[str], **parameters: Any) -> list[Path]:
        """Compute, draw and write the figure.

        Parameters
        ----------
        out : path
            Folder to write into; made if missing.
        **parameters
            Those of `compute`.

        Returns
        -------
        list of Path
            The PNG, the SVG, the data (CSV) and the description (JSON).

        Raises
        ------
        ValueError
            If the folder cannot be written, or a parameter is out of range.
        """
        name = f"figure{self.id}" if self.id.isdigit() else self.id
        return save_figure(self.compute(**parameters), self.draw, Path(out), name=name, source=self.source)

    def _loaded(self) -> Any:
        return import_module(f"flowlab.figures.{self.module}")


_SOURCE = "Gissin, Shalev-Shwartz, Daniely: The Implicit Bias of Depth, ICLR 2020, {}"
_TITLES = {
    "1": "incremental learning in four deep models",
    "2": "incremental learning in the toy model",
    "3": "the toy model beside matching pursuit",
    "4": "deep matrix sensing",
    "5": "a quadratic network without and with a bias",
    "6": "diagonal classifiers by depth and start",
    "7": "convolutional classifiers by depth and start",
}
_FIGURES = (
    *(
        FigureSpec(number, f"Figure {number}: {title}", _SOURCE.format(f"Figure {number}"), f"figure{number}")
        for number, title in _TITLES.items()
    ),
    FigureSpec(
        "thresholds",
        "The exact threshold beside its bounds, by depth and ratio",
        _SOURCE.format("Theorem 2, beside bounds of flowlab's own"),
        "thresholds",
    ),
)


def all_figures() -> tuple[FigureSpec, ...]:
    """Return every figure, in the order of the paper, then the project's own.

    Examples
    --------
    >>> len(all_figures()) >= 1
    True
    """
    return _FIGURES


def get(figure_id: str) -> FigureSpec:
    """Return the figure with this number.

    Parameters
    ----------
    figure_id : str

    Returns
    -------
    FigureSpec

    Raises
    ------
    ValueError
        If there is none; the nearest is suggested.

    Examples
    --------
    >>> get("figure2")
    Traceback (most recent call last):
        ...
    ValueError: figure: got 'figure2'; allowed: 1, 2, 3, 4, 5, 6, 7, thresholds; did you mean '2'?
    """
    known = {figure.id: figure for figure in _FIGURES}
    try:
        return known[figure_id]
    except (KeyError, TypeError):
        near = get_close_matches(str(figure_id), known, n=1, cutoff=0.0)
        raise ValueError(
            f"figure: got {shown(figure_id)}; allowed: {', '.join(known)}; did you mean {near[0]!r}?"
        ) from None
