"""A flow from kink to kink: each stretch is smooth, and at its end it is decided how the flow goes on."""

from dataclasses import replace

import numpy as np

from flowlab.dynamics._integration import Integration, Stretch
from flowlab.dynamics._locating import event_values
from flowlab.dynamics._pointers import address
from flowlab.dynamics._runge_kutta import AT_KINK, DISCONTINUOUS, DIVERGED, REACHED_END, STEP_TOO_SMALL
from flowlab.dynamics.kinks._deciding import WHOLE, Corner, Decision, Indices
from flowlab.dynamics.kinks._meeting import INSIDE, meeting_gradient, meeting_switches
from flowlab.dynamics.kinks._sliding import sliding_gradient, sliding_switches
from flowlab.dynamics.kinks.along import Along
from flowlab.dynamics.kinks.passing import Crossing, Sliding
from flowlab.dynamics.kinks.path import Path, short
from flowlab.dynamics.signatures import GRADIENT
from flowlab.dynamics.system import Kinks
from flowlab.dynamics.trajectory import Statistics, Vector

_NONE: Indices = np.empty(0, dtype=np.int64)
#: A stretch that takes no more than this part of the time is none; the run ends after so many of them for each kink.
_NO_TIME, _STALLS = 1e-14, 8
#: Parameters below the absolute tolerance, or this, round as this does.
_LEAST = 1e-100


def follow(
    integration: Integration, kinks: Kinks, until: float, *, max_steps: int, first: float, requested: Vector | None
) -> tuple[Stretch, Path]:
    """Integrate a flow across and along kinks.

    Returns
    -------
    whole : Stretch
        The run as one; its end is on the kinks that it slides on.
    path : Path
    """
    return _Follower(integration, kinks).run(until, max_steps, first, requested)


class _Follower:
    def __init__(self, integration: Integration, kinks: Kinks) -> None:
        self.integration, self.kinks = integration, kinks
        self.corner = Corner(kinks, integration.ready)
        self.path = Path(self.corner)
        #: When the flow came to each kink that it slides on, and whether both sides lead away from that.
        self.since: dict[int, tuple[float, bool]] = {}
        #: How many of the requested times each stretch has reached.
        self.served: list[int] = []
        self.addresses = address("gradient", kinks.gradient, GRADIENT), address("switches", kinks.switches, GRADIENT)

    def run(self, until: float, max_steps: int, first: float, requested: Vector | None) -> tuple[Stretch, Path]:
        """Go from kink to kink until the end."""
        ready, path = self.integration.ready, self.path
        w, t = ready.start, 0.0
        sides = self.corner.sides(w)
        least = max(self.integration.atol, _LEAST)
        size = np.maximum(np.abs(w), least)
        near = self._at(w, size, sides, _NONE)
        now = self.corner.decide(w, sides, near, _NONE)
        for k in near:
            if self.corner.jumps(w, sides, k):
                return self._nowhere(w, k, now, requested), path
        self._note(0.0, w, sides, near, now)
        code, stalls, spent = REACHED_END, 0, Statistics()
        found: list[tuple[int, float, Vector]] = []
        along: Along | None = None
        noted: Vector | None = None
        while True:
            waiting = None if requested is None else np.maximum(requested[sum(self.served) :] - t, 0.0)
            last, before = noted, along
            along = self._along(w, size, now, near)
            noted = self._event_values(before or along, w)
            stretch = self.integration.stretch(
                w, until - t, max_steps=max_steps - spent.steps - spent.rejected, first=first, requested=waiting,
                along=along,
            )  # fmt: skip
            first = 0.0
            found += self._new(stretch, t, last, noted, found)
            self.served.append(0 if waiting is None else int(np.searchsorted(waiting, stretch.t, "right")))
            path.begins.append(t)
            path.parts.append((stretch, now))
            spent = _sum(spent, stretch.statistics)
            # A kink at the very end, by either rounding, is the end.
            ended = stretch.code == AT_KINK and (stretch.t >= until - t or t + stretch.t >= until)
            code = REACHED_END if ended else stretch.code
            t = until if code == REACHED_END else t + float(stretch.t)
            if code != AT_KINK:
                break
            stalls = stalls + 1 if stretch.t <= _NO_TIME * t else 0
            end = stretch.end
            size = np.maximum(np.maximum(np.abs(w), np.abs(end)), least)
            now, near, w, code = self._turn(end, size, t, now, along)
            stretch.states[-1] = w
            if code == AT_KINK and stalls > _STALLS * (1 + self.corner.count):
                code = STEP_TOO_SMALL
            if code != AT_KINK:
                break
        for k, (start, away) in self.since.items():
            path.sliding.append(Sliding(self.kinks.names[k], start, t, 0, away))
        path.sliding.sort(key=lambda slide: slide.start)
        return self._whole(code, t, spent, found, requested), path

    def _nowhere(self, w: Vector, k: int, now: Decision, requested: Vector | None) -> Stretch:
        """Return the run from a step of the loss: it ends there."""
        still = Stretch(
            DISCONTINUOUS, 0.0, 0.0, Statistics(), [], np.zeros(1), w[None, :], lambda t: np.tile(w, (t.size, 1))
        )
        self.path.place = short(self.kinks.names[k])
        self.path.begins.append(0.0)
        self.path.parts.append((still, now))
        self.served.append(0 if requested is None else int(np.searchsorted(requested, 0.0, "right")))
        return self._whole(DISCONTINUOUS, 0.0, Statistics(), [], requested)

    def _along(self, w: Vector, size: Vector, now: Decision, near: Indices) -> Along:
        """Return what the next stretch is integrated with."""
        bands = self._arrival(w, now)
        bands[near] = self.corner.bands(size, self.corner.slopes(w, now.sides))[near]
        if not now.sliding.size:
            constants = self.corner.constants(now.sides)
            return Along(
                self.kinks.gradient, self.kinks.switches, *self.addresses, constants, now.sides.copy(), bands,
                self.kinks.hessian,
            )  # fmt: skip
        signs = now.sides.copy()
        signs[now.sliding], bands[now.sliding] = 1.0, WHOLE
        gradient, switches = sliding_gradient, sliding_switches
        if now.cells is not None:
            gradient, switches = meeting_gradient, meeting_switches
            bands[now.sliding] = INSIDE
        return Along(
            gradient, switches, address("gradient", gradient, GRADIENT), address("switches", switches, GRADIENT),
            self.corner.packed(now), signs, bands,
        )  # fmt: skip

    def _arrival(self, w: Vector, now: Decision) -> Vector:
        """Return the bands of kinks that are not at hand.

        The root of a power is reached where the tolerance does not tell it from 0.
        """
        bands = np.zeros(self.corner.count)
        if self.corner.roots.any() and not self.integration.logarithmic:
            normals = np.abs(self.corner.normals(w, now.sides))
            # That of one parameter alone is where this is 0.
            rtol = np.where(np.count_nonzero(normals, axis=1) > 1, self.integration.rtol, 0.0)
            reach = self.integration.atol * normals.sum(axis=1) + rtol * (normals @ np.abs(w))
            far = self.corner.switches(w, now.sides) * now.sides > reach
            bands[self.corner.roots & far] = -reach[self.corner.roots & far]
        return bands

    def _at(self, w: Vector, size: Vector, sides: Vector, also: Indices) -> Indices:
        """Return the kinks at which parameters are, but for what rounding does to parameters of some size."""
        bands = self.corner.bands(size, self.corner.slopes(w, sides))
        return np.union1d(np.flatnonzero(np.abs(self.corner.switches(w, sides)) <= bands), also).astype(np.int64)

    def _turn(
        self, w: Vector, size: Vector, t: float, now: Decision, along: Along
    ) -> tuple[Decision, Indices, Vector, int]:
        """Return how the flow goes on from the end of a stretch, the kinks there, the end on them, and a code."""
        model = self.integration.ready.model
        values = np.empty(self.corner.count)
        along.switches(w, along.constants, model.data, model.rows, values)
        room = values * along.sides + along.bands
        passed = np.flatnonzero(~(room > 0.0))
        if not passed.size:
            passed = np.array([np.argmin(room)])
        leaving = passed[np.isin(passed, now.sliding)] if now.cells is None else _NONE
        arrived = passed[~np.isin(passed, now.sliding)]
        sides = self.corner.sides_along(w, now) if now.holding.size else now.sides.copy()
        w = self.corner.put_back(w, sides, np.concatenate([now.holding, arrived]))
        near = self._at(w, size, sides, np.union1d(arrived, now.sliding))
        for k in arrived:
            if self.corner.jumps(w, sides, k):
                self.path.place = short(self.kinks.names[k])
                return now, near, w, DISCONTINUOUS
        decision = self.corner.decide(w, sides, near, leaving)
        for k in near:
            if self.corner.ends[k] * decision.sides[k] < 0.0 and k not in decision.sliding:
                self.path.place = short(self.kinks.names[k])
                return now, near, w, DIVERGED
        self._note(t, w, sides, near, decision)
        return decision, near, w, AT_KINK

    def _note(self, t: float, w: Vector, sides: Vector, near: Indices, decision: Decision) -> None:
        """Note what the flow crosses, comes to and leaves."""
        names, path = self.kinks.names, self.path
        for k in near:
            if k in decision.sliding:
                away = decision.cells is None and self.corner.leads_away(w, decision.sides, k)
                self.since.setdefault(int(k), (t, away))
                continue
            side, since = int(decision.sides[k]), self.since.pop(int(k), None)
            if since is not None:
                path.sliding.append(Sliding(names[k], since[0], t, side, since[1]))
            elif t > 0.0 and side != sides[k]:
                path.crossings.append(Crossing(names[k], t, side))

    def _event_values(self, along: Along, w: Vector) -> Vector:
        """Return what each event watches at the end of a stretch."""
        ready, (indices, levels, _) = self.integration.ready, self.integration.events
        out, scratch = np.empty(levels.size), np.empty(w.size)
        if levels.size:
            event_values(tuple(along.model(ready.model)), indices, levels, w, scratch, np.empty(ready.size), out)
        return out

    def _new(
        self,
        stretch: Stretch,
        t: float,
        last: Vector | None,
        noted: Vector,
        before: list[tuple[int, float, Vector]],
    ) -> list[tuple[int, float, Vector]]:
        """Return the events of a stretch; those at its start only if they have not held before."""
        new = []
        for e, time, w in stretch.found:
            if time == 0.0 and last is not None:
                # It has just been found, or was so at the start of the stretch before, or was below its level.
                held = any(e == other and at == t for other, at, _ in before)
                held |= noted[e] == 0.0 == last[e]
                if held or (self.integration.events[0][e] < 0 and noted[e] <= 0.0):
                    continue
            new.append((e, t + time, w))
        return new

    def _whole(
        self, code: int, t: float, spent: Statistics, found: list[tuple[int, float, Vector]], requested: Vector | None
    ) -> Stretch:
        """Return the stretches as one."""
        knots, states = [], []
        for n, (begin, (stretch, now)) in enumerate(zip(self.path.begins, self.path.parts, strict=True)):
            if requested is None or self.integration.keep:
                rows = slice(1 if n else 0, None)
                times = begin + stretch.knots[rows]
            else:  # the last one also holds where it ends
                count = sum(self.served[:n])
                rows = slice(0, None if n + 1 == len(self.path.parts) else self.served[n])
                times = requested[count : count + self.served[n]]
                times = np.append(times, begin + stretch.knots[rows][times.size :])
            knots.append(times)
            states.append(self.path.on_kinks(stretch.states[rows], now))
        last = self.path.parts[-1][0]
        return replace(
            last, code=code, t=t, statistics=spent, found=found, knots=np.concatenate(knots),
            states=np.concatenate(states), evaluate=self.path.evaluate,
        )  # fmt: skip


def _sum(one: Statistics, other: Statistics) -> Statistics:
    return Statistics(
        one.steps + other.steps,
        one.rejected + other.rejected,
        one.gradient_evaluations + other.gradient_evaluations,
        one.hessian_evaluations + other.hessian_evaluations,
    )
