"""One stretch of a run, by whichever method: from a start to an end, an event or a kink."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from flowlab.dynamics._chebyshev import RKC2
from flowlab.dynamics._prepared import Prepared
from flowlab.dynamics._runge_kutta import AT_KINK, Integers
from flowlab.dynamics._runs import evaluate, run, states_of
from flowlab.dynamics._scipy_flow import SOLVERS, run_scipy
from flowlab.dynamics.events import Coded
from flowlab.dynamics.kinks.along import Along
from flowlab.dynamics.system import GradientSystem
from flowlab.dynamics.tableaux import TABLEAUX
from flowlab.dynamics.trajectory import Statistics, Vector

_EVERY_STEP, _NEVER = np.empty(0), np.array([np.inf])
Packed = tuple[Vector, Integers, Integers, Vector, Integers]


@cache
def packed_method(name: str) -> Packed:
    """Return a compiled method's arrays for the kernels; the last is its layout."""
    tableau = RKC2 if name == RKC2.name else TABLEAUX[name]
    layout = (tableau.stages, len(tableau.rows), len(tableau.errors), 3 + len(tableau.dense), tableau.stabilized)
    return *tableau.packed(), np.array(layout, dtype=np.int64)


@dataclass(eq=False)
class _Recorded:
    """The dense output of a compiled run: parameters at each of some times."""

    record: Vector
    size: int
    dense_rows: int
    logarithmic: bool

    def __call__(self, times: Vector) -> Vector:
        out = np.empty((times.size, self.size))
        evaluate(self.record, self.size, self.dense_rows, self.logarithmic, times, out)
        return out


@dataclass(eq=False)
class Stretch:
    """What came of it: how it ended and when, the step it would have taken next, and what it recorded.

    `found` holds each event's number, time and parameters; `knots` and `states` what is recorded.
    """

    code: int
    t: float
    h: float
    statistics: Statistics
    found: list[tuple[int, float, Vector]]
    knots: Vector
    states: Vector
    evaluate: Callable[[Vector], Vector]

    @property
    def end(self) -> Vector:
        """The parameters where it ended, if that was at a kink: they are recorded."""
        end: Vector = self.states[-1]
        return end


@dataclass(eq=False)
class Integration:
    """How a system is integrated: what all stretches of a run have in common."""

    system: GradientSystem
    ready: Prepared
    method: str
    logarithmic: bool
    rtol: float
    atol: float
    events: Coded
    keep: bool

    def stretch(
        self,
        start: Vector,
        until: float,
        *,
        max_steps: int,
        first: float,
        requested: Vector | None,
        along: Along | None = None,
    ) -> Stretch:
        """Integrate from parameters `start` at time 0."""
        if requested is not None and not requested.size:
            requested = _NEVER  # no times at all would mean every step
        by = self._by_scipy if self.method in SOLVERS else self._compiled
        return by(start, until, max_steps, first, requested, along)

    def _by_scipy(
        self, start: Vector, until: float, max_steps: int, first: float, requested: Vector | None, along: Along | None
    ) -> Stretch:
        code, t, h, accepted, equation, knots, states, pieces, found = run_scipy(
            self.system, self.ready, self.method, begin=start, along=along, logarithmic=self.logarithmic, until=until,
            rtol=self.rtol, atol=self.atol, max_steps=max_steps, events=self.events, first=first, requested=requested,
            keep=self.keep,
        )  # fmt: skip
        statistics = Statistics(accepted, 0, equation.gradient_evaluations, equation.hessian_evaluations)
        return Stretch(code, t, h, statistics, found, knots, states.reshape(-1, start.size), pieces)

    def _compiled(
        self, start: Vector, until: float, max_steps: int, first: float, requested: Vector | None, along: Along | None
    ) -> Stretch:
        packed, model = packed_method(self.method), self.ready.model
        gradient, switches, constants, sides, bands = model.gradient, model.gradient, model.constants, *_NO_KINKS
        if along is not None:
            gradient, switches, constants = along.gradient_address, along.switches_address, along.constants
            sides, bands = along.sides, along.bands
        code, t, h, accepted, rejected, evaluations, record, saved, happened = run(
            gradient, switches, model.loss, model.induced, constants, model.constants, model.data, model.rows,
            self.logarithmic, start, until, self.rtol, self.atol, max_steps, first, *packed, *self.events,
            self.ready.size, sides, bands, _EVERY_STEP if requested is None else requested, self.keep,
        )  # fmt: skip
        found = [(int(row[0]), float(row[1]), row[2:].copy()) for row in happened] if len(happened) else []
        size, logarithmic = start.size, self.logarithmic
        interpolate = _Recorded(record, size, int(packed[4][3]), logarithmic)
        if self.keep and (requested is None or code == AT_KINK):
            knots, states = record[:, 0].copy(), states_of(record, size, logarithmic)
        else:
            knots, states = saved[:, 0].copy(), saved[:, 1:].copy()
        return Stretch(code, t, h, Statistics(accepted, rejected, evaluations), found, knots, states, interpolate)


_NO_KINKS = (np.empty(0), np.empty(0))
