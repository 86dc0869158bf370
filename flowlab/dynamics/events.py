"""What a flow can watch for on its way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlab._arguments import count, number, real
from flowlab._checks import shown


@dataclass(frozen=True)
class Hitting:
    """An induced value reaches a level, from below or from above.

    Attributes
    ----------
    level : float
    index : int
        Which induced value, from 0.
    terminal : bool
        Whether the run stops there.

    Raises
    ------
    ValueError
        If `level` is not finite or `index` is not an integer >= 0.

    Examples
    --------
    >>> Hitting(0.5)
    Hitting(level=0.5, index=0, terminal=False)
    """

    level: float
    index: int = 0
    terminal: bool = False

    def __post_init__(self) -> None:
        real("level", self.level)
        count("index", self.index, least=0)


@dataclass(frozen=True)
class Stationary:
    """The gradient's Euclidean norm falls to a level; a start below it counts at time 0.

    Attributes
    ----------
    gradient_norm : float
        Greater than 0.
    terminal : bool
        Whether the run stops there.

    Raises
    ------
    ValueError
        If `gradient_norm` is not a positive finite number.

    Examples
    --------
    >>> Stationary(1e-8)
    Stationary(gradient_norm=1e-08, terminal=True)
    """

    gradient_norm: float
    terminal: bool = True

    def __post_init__(self) -> None:
        number("gradient_norm", self.gradient_norm)


@dataclass(frozen=True)
class LossLevel:
    """The loss falls to a level; a start below it counts at time 0.

    Attributes
    ----------
    level : float
    terminal : bool
        Whether the run stops there.

    Raises
    ------
    ValueError
        If `level` is not a finite number.

    Examples
    --------
    >>> LossLevel(0.01)
    LossLevel(level=0.01, terminal=True)
    """

    level: float
    terminal: bool = True

    def __post_init__(self) -> None:
        real("level", self.level)


Event = Hitting | Stationary | LossLevel
#: What stands for the index of an induced value in the kernels.
NORM, LOSS = -1, -2

Coded = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]
_NO_EVENTS: Coded = (np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))


def coded(events: Sequence[Event], induced_size: int) -> Coded:
    """Return events as arrays for the kernels: index (or `NORM`, `LOSS`), level, terminal.

    Parameters
    ----------
    events : sequence of Hitting, Stationary or LossLevel
    induced_size : int
        The number of induced values.

    Returns
    -------
    indices, levels, terminal : ndarray

    Raises
    ------
    ValueError
        If an entry is no event, or its index is beyond the induced values.

    Examples
    --------
    >>> coded([Hitting(0.5, index=1)], 2)[0]
    array([1])
    """
    if not len(events):
        return _NO_EVENTS
    for place, event in enumerate(events):
        if not isinstance(event, (Hitting, Stationary, LossLevel)):
            raise ValueError(  # noqa: TRY004
                f"events: got {shown(event)} at index {place}; allowed: Hitting, Stationary or LossLevel"
            )
        if isinstance(event, Hitting) and event.index >= induced_size:
            raise ValueError(
                f"events: got {shown(event)} at index {place}; allowed: an index in [0, {induced_size - 1}]"
            )
    indices = [e.index if isinstance(e, Hitting) else NORM if isinstance(e, Stationary) else LOSS for e in events]
    levels = [e.gradient_norm if isinstance(e, Stationary) else e.level for e in events]
    terminal = np.array([e.terminal for e in events], dtype=np.int64)
    return np.array(indices, dtype=np.int64), np.array(levels, dtype=np.float64), terminal
