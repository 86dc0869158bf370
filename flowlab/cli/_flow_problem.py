"""What ``flowlab flow`` is asked: a loss, induced values and a start, read before SymPy is loaded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flowlab._checks import shown
from flowlab._syntax import read

#: Columns of the table that are no parameters.
_RESERVED = ("t", "run", "loss")


@dataclass(frozen=True)
class Problem:
    """What the command was asked: the loss and induced values as text, the start also as numbers."""

    loss: str
    names: tuple[str, ...]
    start: tuple[float, ...]
    start_texts: tuple[str, ...]
    induced: dict[str, str]


def problem_of(loss: str, init: Sequence[tuple[str, str]], induced: Sequence[tuple[str, str]]) -> Problem:
    """Read the formulas, and give every parameter its start."""
    names = tuple(dict.fromkeys(read(loss, name="loss").names()))
    if not names:
        raise ValueError(f"loss: got {shown(loss)}, a constant; allowed: an expression with a parameter, such as w**2")
    functions = _once("induced", induced, allowed="each name once")
    for name, text in functions.items():
        known = dict.fromkeys(read(text, name=f"--induced {name}").names())
        strangers = [each for each in known if each not in names]
        if strangers or not known:
            got = f"{', '.join(strangers)}, not in the loss" if strangers else "a constant"
            raise ValueError(f"--induced {name}: got {got}; allowed: functions of {', '.join(names)}")
        if name in names:
            raise ValueError(f"induced: got the name {name}, which the loss uses already; allowed: another name")
    for name in (*names, *functions):
        if name in _RESERVED:
            what = "loss" if name in names else "induced"
            raise ValueError(f"{what}: got the name {name}, a column of the output; allowed: another name")
    starts = _once("init", init, allowed="one for each parameter")
    return Problem(loss, names, _start(names, starts), tuple(starts[name] for name in names), functions)


def _once(option: str, given: Iterable[tuple[str, str]], *, allowed: str) -> dict[str, str]:
    result: dict[str, str] = {}
    for name, text in given:
        if name in result:
            raise ValueError(f"{option}: got {name} twice; allowed: {allowed}")
        result[name] = text
    return result


def _start(names: Sequence[str], given: dict[str, str]) -> tuple[float, ...]:
    """Return the start of each parameter, in the order in which the loss names them."""
    each = f"NAME=NUMBER for {'each of ' if len(names) > 1 else ''}{', '.join(names)}"
    if missing := [name for name in names if name not in given]:
        raise ValueError(f"init: got nothing for {', '.join(missing)}; allowed: {each}")
    if strangers := [name for name in given if name not in names]:
        raise ValueError(f"init: got {', '.join(strangers)}, not in the loss; allowed: {each}")
    start = []
    for name in names:
        value = read(given[name], name=f"--init {name}").value
        if value is None:
            raise ValueError(f"--init {name}: got {shown(given[name])}; allowed: a finite number")
        start.append(float(value))
    return tuple(start)
