"""Print the numbers that the docstrings of Figures 3 to 7 quote, from the tables that `flowlab figure` has written.

flowlab figure all --out out
python scripts/figure_numbers.py out
"""

import csv
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import mean, pstdev

Row = dict[str, str]


def table(folder: Path, name: str) -> list[Row]:
    """Return the rows of a table."""
    with (folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def those(rows: Iterable[Row], **where: object) -> list[Row]:
    """Return the rows in which all these columns have these values."""
    return [row for row in rows if all(row[name] == str(value) for name, value in where.items())]


def spread(rows: Iterable[Row], column: str) -> str:
    """Return mean and standard deviation of a column."""
    values = [float(row[column]) for row in rows]
    return f"{mean(values):.3f} ± {pstdev(values):.3f}"


def curve(rows: Iterable[Row], rank: int) -> list[tuple[float, float]]:
    """Return the times and values of one rank."""
    return [(float(row["t"]), float(row["value"])) for row in those(rows, rank=rank)]


def figure3(folder: Path) -> None:
    """Print agreement by sparsity, and how many runs ended before all were chosen."""
    rows = table(folder, "figure3")
    for s in ("1", "2", "5", "10", "15", "25"):
        print(f"figure 3: s = {s}: agreement {spread(those(rows, sparsity=s), 'agreement')}")
    for s in ("1", "2", "3", "4", "5"):
        chosen = [row for row in those(rows, sparsity=s) if row["chosen"] == s]
        print(
            f"figure 3: s = {s}: {len(those(rows, sparsity=s)) - len(chosen)} runs ended before; of the others", end=" "
        )
        print(spread(chosen, "agreement"))


def figure4(folder: Path) -> None:
    """Print the values at the end."""
    rows = table(folder, "figure4")
    for samples, depth in sorted({(int(row["samples"]), int(row["depth"])) for row in rows}):
        panel = those(rows, samples=samples, depth=depth)
        print(f"figure 4: m = {samples}, N = {depth}: ends", *(f"{curve(panel, k)[-1][1]:.3g}" for k in range(1, 6)))


def figure5(folder: Path) -> None:
    """Print the values at t = 2, at the end, and the largest of each."""
    rows = table(folder, "figure5")
    for samples, bias in sorted({(int(row["samples"]), row["bias"]) for row in rows}):
        panel = [curve(those(rows, samples=samples, bias=bias), rank) for rank in range(1, 6)]
        name = f"figure 5: m = {samples}, bias {bias}:"
        print(name, "at t = 2", *(f"{min(line, key=lambda at: abs(at[0] - 2))[1]:.2f}" for line in panel))
        print(name, "ends", *(f"{line[-1][1]:.3f}" for line in panel))
        print(name, "largest", *(f"{max(value for _, value in line):.3f}" for line in panel))


def classifiers(folder: Path, number: int) -> None:
    """Print correlations by depth and start, the maximum margin's, and the runs that used up their steps."""
    rows = table(folder, f"figure{number}")
    print(f"figure {number}: maximum margin {spread(table(folder, f'figure{number}-svm'), 'correlation')}")
    for depth, init in sorted({(row["depth"], row["init"]) for row in rows}):
        runs = those(rows, depth=depth, init=init)
        late = sum(float(row["loss"]) > 0.01 * (1 + 1e-6) for row in runs)
        worst = min(float(row["correlation"]) for row in runs)
        print(
            f"figure {number}: N = {depth}, σ0 = {init}: {spread(runs, 'correlation')}, worst {worst:.3f}; "
            f"{late} of {len(runs)} runs above the loss 0.01"
        )


def main(folder: Path) -> None:
    """Print what there is a table for."""
    figure3(folder)
    figure4(folder)
    figure5(folder)
    for number in (6, 7):
        classifiers(folder, number)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out"))
