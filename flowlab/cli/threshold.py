"""``flowlab threshold``: the largest start with incremental learning, beside the printed bounds."""

import math
from collections.abc import Callable

import click

from flowlab.cli import _print
from flowlab.cli._shell import Number

#: A bound nearer to the exact value than this is not told apart from it.
_ROUNDING = 1e-9


@click.command("threshold", short_help="Print the exact threshold σ0_th beside its bounds.")
@click.option("--depth", type=Number(infinite=True), required=True, help="N, a number >= 2, or inf.")
@click.option("--ratio", type=Number(), required=True, help="r = σ_i*/σ_j* > 1.")
@click.option(
    "--s", type=Number(), required=True, help="How far σ_j may have come at most, as a part of σ_j*."
)
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
    """Print the exact threshold σ0_th, the bounds of Theorem 2, and how tight they are.

    The learning of σ_i and σ_j is (s, f)-incremental if σ_i reaches f σ_i* before σ_j passes s σ_j*; σ0_th is
    the largest start for which it is. Numbers outside the range of a float are printed all the same.

    Example: flowlab threshold --depth 3 --ratio 4 --s 0.15 --f 0.8
    """
    from flowlab import toy

    exact = float(toy.threshold(depth=depth, ratio=ratio, s=s, f=f, target=target, log=True))
    bounds = toy.threshold_bounds(depth=depth, ratio=ratio, s=s, f=f, target=target, log=True)
    lower, upper = float(bounds.lower), float(bounds.upper)
    click.echo(f"Largest σ0 with ({s:.6g}, {f:.6g})-incremental learning")
    click.echo(f"depth {depth:.6g}, ratio {ratio:.6g}, σ_j* = {target:.6g}\n")
    rows = [
        ("lower bound, Theorem 2", lower),
        ("exact, gradient flow", exact),
        ("upper bound, Theorem 2", upper),
    ]
    complaints = _violations("Theorem 2", exact, lower, upper)
    if learning_rate is not None:
        result = toy.descent_threshold(
            ratio=ratio, s=s, f=f, learning_rate=learning_rate, target=target, depth=depth
        )
        rows.append((f"descent, η = {learning_rate:.6g}: largest", _log(result.largest)))
        rows.append((f"descent, η = {learning_rate:.6g}: all below", _log(result.all_below)))
    _table(rows, exact, logarithms=logarithms)
    for complaint in complaints:
        click.echo(f"\n{complaint}")


def _table(rows: list[tuple[str, float]], exact: float, *, logarithms: bool) -> None:
    headings = ("", "log σ0", "log (σ0 / exact)") if logarithms else ("", "σ0", "σ0 / exact")
    shown: Callable[[float], str] = "{:.12g}".format if logarithms else _print.from_log
    _print.table(
        headings,
        [(name, shown(value), "" if value == exact else shown(value - exact)) for name, value in rows],
        numbers=(1, 2),
    )


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _violations(theorem: str, exact: float, lower: float, upper: float) -> list[str]:
    """Return a line for each printed bound that the exact value contradicts."""
    margin = _ROUNDING * max(1.0, abs(exact))
    lines = []
    if lower > exact + margin:
        lines.append(f"The lower bound printed in {theorem} is above the exact value: it is violated here.")
    if upper < exact - margin:
        lines.append(f"The upper bound printed in {theorem} is below the exact value: it is violated here.")
    return lines
