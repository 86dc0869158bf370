"""``flowlab threshold``: the largest start with incremental learning, beside the printed bounds."""

from collections.abc import Callable

import click

from flowlab.cli import _print
from flowlab.cli._shell import Number

#: A bound nearer to the exact value than this is not told apart from it.
_ROUNDING = 1e-9


@click.command("threshold", short_help="Print the exact threshold σ0_th beside its bounds.")
@click.option(
    "--depth", type=Number(infinite=True), required=True, help="N, a number > 1, or inf; below 2, with a large ratio."
)
@click.option("--ratio", type=Number(), required=True, help="r = σ_i*/σ_j* > 1.")
@click.option("--s", type=Number(), required=True, help="How far σ_j may have come at most, as a part of σ_j*.")
@click.option("--f", type=Number(), required=True, help="How far σ_i must have come, as a part of σ_i*.")
@click.option("--target", type=Number(), default=1.0, show_default=True, help="σ_j*, the smaller optimum.")
@click.option("--learning-rate", type=Number(), help="η: the thresholds of gradient descent as well.")
@click.option("--log", "logarithms", is_flag=True, help="Print natural logarithms.")
def threshold_command(
    depth: float,
    ratio: float,
    s: float,
    f: float,
    target: float,
    learning_rate: float | None,
    logarithms: bool,
) -> None:
    """Print the exact threshold σ0_th, the bounds of Theorem 2 and sharper ones, and how tight they are.

    The learning of σ_i and σ_j is (s, f)-incremental if σ_i reaches f σ_i* before σ_j passes s σ_j*; σ0_th is
    the largest start for which it is. Numbers outside the range of a float are printed all the same.

    Example: flowlab threshold --depth 3 --ratio 4 --s 0.15 --f 0.8
    """
    from flowlab import toy

    common = {"ratio": ratio, "s": s, "f": f, "target": target}
    exact = float(toy.threshold(depth=depth, log=True, **common))
    rows = [("exact, gradient flow", exact, exact)]
    notes = []
    if depth >= 2:
        lower, upper = toy.sharper_bounds(depth=depth, log=True, **common)
        rows = [("lower bound, sharper", float(lower), exact), *rows, ("upper bound, sharper", float(upper), exact)]
    if depth == 2 or depth >= 3:
        lower, upper = toy.threshold_bounds(depth=depth, log=True, **common)
        rows = [("lower bound, Theorem 2", float(lower), exact), *rows]
        rows.append(("upper bound, Theorem 2", float(upper), exact))
        kind = "depth2" if depth == 2 else "deep"
        notes += _violations(f"gissin2020.theorem2.{kind}", exact, float(lower), float(upper))
    else:
        notes.append("Theorem 2 has bounds for depth 2 and for depth 3 and more only.")
    if learning_rate is not None:
        found = toy.descent_threshold(depth=depth, learning_rate=learning_rate, log=True, **common)
        largest = float(found.largest)
        rows.append(("descent, largest", largest, largest))
        rows.append(("descent, all below", float(found.all_below), largest))
        if depth == 2:
            try:
                lower, upper = toy.descent_threshold_bounds(learning_rate=learning_rate, log=True, **common)
            except ValueError as error:
                notes.append(f"Theorem 3 says nothing here: {error}")
            else:
                rows.append(("lower bound, Theorem 3", float(lower), largest))
                rows.append(("upper bound, Theorem 3", float(upper), largest))
                notes += _violations("gissin2020.theorem3", largest, float(lower), float(upper))
    click.echo(f"Largest σ0 with ({s:.15g}, {f:.15g})-incremental learning")
    click.echo(f"depth {depth:.15g}, ratio {ratio:.15g}, σ_j* = {target:.15g}\n")
    _table(rows, logarithms=logarithms)
    for note in notes:
        click.echo(f"\n{note}")


def _table(rows: list[tuple[str, float, float]], *, logarithms: bool) -> None:
    """Print each value, and what part of the exact one it is."""
    headings = ("", "log σ0", "log (σ0 / exact)") if logarithms else ("", "σ0", "σ0 / exact")
    shown: Callable[[float], str] = "{:.12g}".format if logarithms else _print.from_log
    _print.table(
        headings,
        [(name, shown(value), "-" if value == exact else shown(value - exact)) for name, value, exact in rows],
        numbers=(1, 2),
    )


def _violations(claim: str, exact: float, lower: float, upper: float) -> list[str]:
    """Return a line for each printed bound that the exact value contradicts."""
    margin = _ROUNDING * max(1.0, abs(exact))
    lines = []
    if lower > exact + margin:
        lines.append(
            f"The printed lower bound is violated here: it is above the exact value (flowlab show {claim}.lower)."
        )
    if upper < exact - margin:
        lines.append(
            f"The printed upper bound is violated here: it is below the exact value (flowlab show {claim}.upper)."
        )
    return lines
