"""Saving a figure: PNG, SVG, the data behind it (CSV), and a JSON of parameters, versions and seed.

Equal inputs give equal bytes, and files appear whole or not at all: all are written beside their places, then
renamed.
"""

import csv
import io
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flowlab._files import cannot_write, written

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 200
#: What shaped the numbers or the drawing.
_LIBRARIES = ("gradient-flowlab", "matplotlib", "numba", "numpy", "scipy")
#: Column width fonts; text in the SVG stays text, so that it can be searched and edited.
_STYLE = {
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.4,
    "svg.fonttype": "none",
    "svg.hashsalt": "flowlab",
}


#: The formats of a drawing, each with the metadata that leave the date out.
_UNDATED: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}


@dataclass(frozen=True, eq=False)
class FigureData:
    r"""The numbers behind a figure.

    Attributes
    ----------
    columns : mapping of str to ndarray
        A table, one row a point.
    parameters : mapping
        What it was computed from, in JSON's types.
    seed : int, optional
        Missing where nothing is random.
    tables : mapping of str to mapping of str to ndarray
        Further tables, each written to a CSV of its own.

    Examples
    --------
    >>> data = FigureData({"t": np.array([0.0, 0.5])}, {"points": 2})
    >>> data.csv()
    't\n0.0\n0.5\n'
    """

    columns: Mapping[str, NDArray[Any]]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    tables: Mapping[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)

    def rows(self, table: str = "", **where: Any) -> dict[str, NDArray[Any]]:
        """Return the part of a table with these values; of the first one if none is named.

        Examples
        --------
        >>> data = FigureData({"panel": np.array([0, 1]), "t": np.array([0.0, 0.5])})
        >>> data.rows(panel=1)["t"]
        array([0.5])
        """
        columns = self.tables[table] if table else self.columns
        chosen = np.ones(next(iter(columns.values())).shape, dtype=bool)
        for name, value in where.items():
            chosen &= columns[name] == value
        return {name: column[chosen] for name, column in columns.items()}

    def csv(self, table: str = "") -> str:
        """Return a table as CSV, the first one if none is named; every float reads back as the same float."""
        columns = self.tables[table] if table else self.columns
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
        return buffer.getvalue()

    def save_csv(self, path: Path) -> None:
        """Write the table to a file.

        Raises
        ------
        ValueError
            If the file cannot be written.
        """
        with written(path, name="csv") as (beside,):
            beside.write_text(self.csv(), encoding="utf-8", newline="\n")


@contextmanager
def style() -> Iterator[None]:
    """Draw and save in flowlab's style, whatever the user's settings; they are as before afterwards."""
    import matplotlib.style

    with matplotlib.style.context(["default", _STYLE]):
        yield


def save_drawing(figure: "Figure", path: Path, *, name: str) -> None:
    """Write a drawing in the format of the path's ending (within `style`, for the sake of equal bytes).

    Raises
    ------
    ValueError
        If the format is unknown or the file cannot be written.
    """
    check_format(path, name=name)
    with written(path, name=name) as (beside,):
        _render(figure, beside)


def check_format(path: Path, *, name: str) -> None:
    """Refuse a drawing whose name does not end in a format.

    Raises
    ------
    ValueError
        If the format is unknown.
    """
    if _format(path) not in _UNDATED:
        raise ValueError(f"{name}: got {os.fspath(path)!r}; allowed: a name ending in .png, .svg or .pdf")


def _format(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")


def _render(figure: "Figure", path: Path) -> None:
    kind = _format(path)
    figure.savefig(path, format=kind, dpi=_DPI, metadata=_UNDATED[kind])


def save_figure(
    data: FigureData, draw: Callable[[FigureData], "Figure"], out: Path, *, name: str, source: str
) -> list[Path]:
    """Write a figure into a folder.

    Parameters
    ----------
    data : FigureData
    draw : callable
        Makes the drawing.
    out : Path
        The folder; made if missing.
    name : str
        Of the files, without ending.
    source : str
        What the figure shows or reproduces.

    Returns
    -------
    list of Path
        PNG, SVG, CSV and JSON; then the further tables, as ``name-table.csv``.

    Raises
    ------
    ValueError
        If one of the files cannot be written; then none is.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write("out", out, error) from error
    description = {
        "figure": name,
        "source": source,
        "parameters": dict(data.parameters),
        "columns": list(data.columns),
        "tables": {table: list(columns) for table, columns in data.tables.items()},
        "seed": data.seed,
        "versions": {"python": platform.python_version(), **{each: version(each) for each in _LIBRARIES}},
    }
    text = json.dumps(description, indent=2, ensure_ascii=False, allow_nan=False)
    endings = (".png", ".svg", ".csv", ".json", *(f"-{table}.csv" for table in data.tables))
    paths = [out / f"{name}{ending}" for ending in endings]
    with written(*paths, name="out") as (png, svg, main, about, *further):
        with style():
            figure = draw(data)
            for path in (png, svg):
                _render(figure, path)
        for path, table in zip((main, *further), ("", *data.tables), strict=True):
            path.write_text(data.csv(table), encoding="utf-8", newline="\n")
        about.write_text(text + "\n", encoding="utf-8", newline="\n")
    return paths
