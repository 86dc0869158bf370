"""What a flow across and along kinks was: its stretches as one run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from flowlab.dynamics.kinks._corner import Corner, Decision
from flowlab.dynamics.kinks.passing import Crossing, Sliding
from flowlab.dynamics.trajectory import Vector

if TYPE_CHECKING:
    from flowlab.dynamics._integration import Stretch

#: A message names so many kinks, each by so many characters.
_NAMED, _LONG = 3, 60


def short(name: str) -> str:
    """Return the name of a kink without its middle, if it is long.

    Examples
    --------
    >>> short("w*x - 1 (row 0)")
    'w*x - 1 (row 0)'
    """
    return name if len(name) <= _LONG else f"{name[: _LONG // 2]} ... {name[-_LONG // 3 :]}"


@dataclass(eq=False)
class Path:
    """The stretches of a flow, with the sides on each, as one run.

    Attributes
    ----------
    corner : Corner
    begins : list of float
        When each stretch begins.
    parts : list of (Stretch, Decision)
    crossings, sliding : list
    place, declared : str
        The kink at which the flow ends, and what its switch is declared to be; "" for none.
    """

    corner: Corner
    begins: list[float] = field(default_factory=list)
    parts: list[tuple["Stretch", Decision]] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)
    sliding: list[Sliding] = field(default_factory=list)
    place: str = ""
    declared: str = ""

    @property
    def summary(self) -> str:
        """What kinks the flow is on at the end, to go on a sentence."""
        last = self.parts[-1][1].sliding
        if last.size:
            names = [f"{short(self.corner.kinks.names[k])} = 0" for k in last[:_NAMED]]
            more = f" and {last.size - _NAMED} more" if last.size > _NAMED else ""
            return f", sliding on {', '.join(names)}{more}"
        return ""

    @property
    def history(self) -> str:
        """How many kinks the flow has passed, and the last of them, to go on a sentence."""
        if not self.crossings:
            return ""
        last = self.crossings[-1]
        return f" (kinks passed: {len(self.crossings)}, the last {short(last.kink)} = 0 at t = {last.time:.6g})"

    def _each(self, times: Vector, put: Callable[[np.ndarray, int, Vector], None]) -> None:
        """Call `put` with the places of the times in each stretch, its number, and the times since it began."""
        which = np.clip(np.searchsorted(self.begins, times, side="right") - 1, 0, len(self.parts) - 1)
        for part in np.unique(which):
            here = which == part
            put(here, int(part), np.clip(times[here] - self.begins[part], 0.0, self.parts[part][0].t))

    def evaluate(self, times: Vector) -> Vector:
        """Return the parameters at some times, shape (n, d); where the flow slides, on its kinks."""
        out = np.empty((times.size, self.parts[0][0].states.shape[1]))

        def put(here: np.ndarray, part: int, since: Vector) -> None:
            stretch, now = self.parts[part]
            out[here] = self.on_kinks(stretch.evaluate(since), now)

        self._each(times, put)
        return out

    def on_kinks(self, states: Vector, now: Decision) -> Vector:
        """Return each of some parameters put back on the kinks that the flow slides on."""
        if not now.holding.size:
            return states
        return np.array([self.corner.put_back(w, now.sides, now.holding) for w in states]).reshape(states.shape)

    def sides(self, times: Vector) -> Vector:
        """Return the sides at some times, shape (n, k)."""
        out = np.empty((times.size, self.corner.count))

        def put(here: np.ndarray, part: int, since: Vector) -> None:
            stretch, now = self.parts[part]
            out[here] = now.sides
            if not now.smooth or self.corner.norms.any():
                out[here] = [self.corner.sides_at(w, now) for w in stretch.evaluate(since)]

        self._each(times, put)
        return out

    def distances(self, parameters: Vector) -> Vector:
        """Return how far each of some parameters are from the nearest kink, to first order, shape (n,)."""
        return np.array([self.corner.distance(w) for w in parameters], dtype=np.float64)
