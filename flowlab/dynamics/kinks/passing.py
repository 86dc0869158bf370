"""What happens to a flow at kinks: it passes them, or stays."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Crossing:
    """A flow passed a kink: which, at what gradient-flow time, and to which side (1 where its switch is positive).

    Examples
    --------
    >>> Crossing("w - 1", 0.5, -1).side
    -1
    """

    kink: str
    time: float
    side: int


@dataclass(frozen=True)
class Sliding:
    """A flow stayed at a kink: which, from when to when, and to which side it left (0 where the run ended there).

    `away` is whether both sides lead away from it, so that the least element alone keeps the flow there.

    Examples
    --------
    >>> Sliding("w", 1.0, 3.0, 0).stop
    3.0
    """

    kink: str
    start: float
    stop: float
    side: int
    away: bool = False
