"""How the command prints: numbers of any size, and tables that are complete on a terminal and in a file."""

import math
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from rich.console import Console

_LARGEST = math.log(sys.float_info.max)
_SMALLEST = math.log(sys.float_info.min)
#: Beyond this many decimal digits a mantissa would be made of rounding errors.
_MANTISSA_UP_TO = 1e7
#: The last column of a table is at least this wide.
_LAST_COLUMN = 24


def number(value: float, digits: int = 6) -> str:
    """Return a number in a few digits.

    Examples
    --------
    >>> number(0.02466158), number(-0.0)
    ('0.0246616', '0')
    """
    return f"{value + 0:.{digits}g}"


def from_log(logarithm: float, digits: int = 6) -> str:
    """Return the number with this natural logarithm, in or out of the range of a float.

    Examples
    --------
    >>> from_log(math.log(0.25)), from_log(-1023.886 * math.log(10)), from_log(-2.7e16)
    ('0.25', '1.3e-1024', '10^(-1.17e+16)')
    """
    if _SMALLEST <= logarithm <= _LARGEST:
        return number(math.exp(logarithm), digits)
    decimal = logarithm / math.log(10)
    if abs(decimal) < _MANTISSA_UP_TO:
        exponent = math.floor(decimal)
        mantissa = round(10 ** (decimal - exponent), 1)
        if mantissa >= 10:  # 9.97 rounds to 10.0
            mantissa, exponent = 1.0, exponent + 1
        return f"{mantissa:.1f}e{exponent:+d}"
    return f"10^({decimal:.3g})"


def console(*, stderr: bool = False) -> "Console":
    """Return a console; away from a terminal it is as wide as its widest table."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    plain = Console(file=stream, highlight=False)
    return plain if plain.is_terminal else Console(file=stream, highlight=False, width=4096)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int] = ()) -> None:
    """Print a table on stdout; nothing in it is cut off.

    Parameters
    ----------
    columns : sequence of str
        The headings.
    rows : iterable of sequences of str
        One text a column.
    numbers : iterable of int
        The columns set to the right.
    """
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    body = [tuple(row) for row in rows]
    right, last = set(numbers), len(columns) - 1
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, heading in enumerate(columns):
        justify: Literal["left", "right"] = "right" if index in right else "left"
        grid.add_column(Text(heading), justify=justify, no_wrap=index < last, overflow="fold")
    for row in body:
        # Text, not str: square brackets in a statement are not markup.
        grid.add_row(*(Text(cell) for cell in row))
    output = console()
    # Only the last column is folded; the others are never cut, even where the terminal is too narrow for them.
    widths = [max(cell_len(row[index]) for row in (columns, *body)) + 3 for index in range(last)]
    output.width = max(output.width, sum(widths) + _LAST_COLUMN)
    with output.capture() as capture:
        output.print(grid)
    # Without the blanks that fill the last column.
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def paragraph(text: str, indent: str = "  ") -> str:
    """Return text wrapped at 100 columns, paragraph by paragraph."""
    blocks = (" ".join(block.split()) for block in text.split("\n\n"))
    return "\n\n".join(
        textwrap.fill(block, 100, initial_indent=indent, subsequent_indent=indent, break_long_words=False)
        for block in blocks
        if block
    )
