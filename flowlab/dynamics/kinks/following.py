"""A flow from kink to kink: each stretch is smooth, and at its end it is decided how the flow goes on."""

from dataclasses import replace

import numpy as np

from flowlab.dynamics._integration import Integration, Stretch
from flowlab.dynamics._locating import event_values
from flowlab.dynamics._pointers import address
from flowlab.dynamics._runge_kutta import AT_KINK, DISCONTINUOUS, DIVERGED, REACHED_END, STEP_TOO_SMALL
from flowlab.dynamics.kinks._corner import Corner, Decision, Indices
from flowlab.dynamics.kinks._deciding import WHOLE, decide
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
#: Steps of less than this part of the time are too small.
_INSTANT = 1e-13
#: The edge of a domain is reached where the parameter would be there within this part of the time.
_NEARLY = 1e-10
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
        self.corner = Corner(
            kinks, integration.ready, rtol=integration.rtol, atol=integration.atol, logarithmic=integration.logarithmic
        )
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
        near = self.corner.near(w, size, sides)
        now = decide(self.corner, w, sides, near, _NONE)
        for k in near:
            if self.corner.jumps(w, sides, k):
                return self._nowhere(DISCONTINUOUS, w, k, now, requested), path
            if self._ends(k, now):
                return self._nowhere(DIVERGED, w, k, now, requested), path
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
            if code in (STEP_TOO_SMALL, DIVERGED):
                code = self._arrived(code, stretch, along, now)
            if code != AT_KINK:
                break
            stalls = stalls + 1 if stretch.t <= _NO_TIME * t else 0
            end = stretch.end
            size = np.maximum(np.maximum(np.abs(w), np.abs(end)), least)
            t += self._delay(end, now, along, until - t)
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

    def _nowhere(self, code: int, w: Vector, k: int, now: Decision, requested: Vector | None) -> Stretch:
        """Return the run from where it ends at once, a step of the loss or the edge of its domain."""
        still = Stretch(code, 0.0, 0.0, Statistics(), [], np.zeros(1), w[None, :], lambda t: np.tile(w, (t.size, 1)))
        self._place(k)
        self.path.begins.append(0.0)
        self.path.parts.append((still, now))
        self.served.append(0 if requested is None else int(np.searchsorted(requested, 0.0, "right")))
        return self._whole(code, 0.0, Statistics(), [], requested)

    def _along(self, w: Vector, size: Vector, now: Decision, near: Indices) -> Along:
        """Return what the next stretch is integrated with."""
        bands = self._arrival(w, now)
        also = np.union1d(near, now.leaving)
        bands[also] = self.corner.bands(size, self.corner.slopes(w, now.sides))[also]
        bands[self.corner.components] = np.inf
        if now.smooth:
            constants = self.corner.constants(now.sides)
            return Along(
                self.kinks.gradient, self.kinks.switches, *self.addresses, constants, now.sides.copy(), bands,
                self.kinks.hessian,
            )  # fmt: skip
        signs = now.sides.copy()
        signs[now.sliding], bands[now.sliding] = 1.0, WHOLE
        signs[now.leaving] = 1.0
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

        A norm, or the root of a power, is reached where the tolerance does not tell it from 0.
        """
        corner, bands = self.corner, np.zeros(self.corner.count)
        reached = corner.norms | (corner.roots & (not self.integration.logarithmic))
        if reached.any():
            reach = corner.reach(w, now.sides, corner.normals(w, now.sides))
            far = reached & (corner.switches(w, now.sides) * now.sides > reach)
            bands[far] = -reach[far]
        return bands

    def _arrived(self, code: int, stretch: "Stretch", along: Along, now: Decision) -> int:
        """Return how a stretch that went on no more ended, if it came to something nearer than time is told apart.

        That is the zero of a norm, or the edge of its domain, where the rate may be infinite.
        """
        corner, t = self.corner, np.array([stretch.t])
        w = stretch.evaluate(t)[0]
        off = np.flatnonzero(corner.norms & (now.sides == 1.0))
        velocity, values = np.empty(w.size), corner.switches(w, now.sides)
        model = self.integration.ready.model
        along.gradient(w, along.constants, model.data, model.rows, velocity)
        rates = corner.normals(w, now.sides) @ velocity
        edges = np.array([sign != "" for sign in corner.declared])
        for k in np.flatnonzero(edges & (np.abs(values) <= _NEARLY * t * np.sign(values) * rates)):
            self._place(int(k))
            return DIVERGED
        rates = corner.together(rates)[off]
        here = off[values[off] <= _INSTANT * stretch.t * rates]
        along.bands[here] = -np.inf
        if here.size and not (stretch.knots.size and stretch.knots[-1] == stretch.t):
            stretch.knots = np.append(stretch.knots, t)
            stretch.states = np.append(stretch.states, [w], axis=0)
        return AT_KINK if here.size else code

    def _passed(self, w: Vector, along: Along) -> Indices:
        """Return the kinks that a stretch has ended at, or beyond."""
        model, values = self.integration.ready.model, np.empty(self.corner.count)
        along.switches(w, along.constants, model.data, model.rows, values)
        room = values * along.sides + along.bands
        passed = np.flatnonzero(~(room > 0.0))
        return passed if passed.size else np.array([np.argmin(room)])

    def _delay(self, w: Vector, now: Decision, along: Along, most: float) -> float:
        """Return how long it takes from the end of a stretch to the zero of a norm, near which it has ended."""
        corner, model, gradient = self.corner, self.integration.ready.model, np.empty(w.size)
        norms = [k for k in self._passed(w, along) if corner.norms[k] and now.sides[k] == 1.0 and not corner.roots[k]]
        if not norms:
            return 0.0
        along.gradient(w, along.constants, model.data, model.rows, gradient)
        delay = min(corner.remaining(w, now.sides, -gradient, k) for k in norms)
        return delay if delay < most else 0.0

    def _turn(
        self, w: Vector, size: Vector, t: float, now: Decision, along: Along
    ) -> tuple[Decision, Indices, Vector, int]:
        """Return how the flow goes on from the end of a stretch, the kinks there, the end on them, and a code."""
        corner, rooms, passed = self.corner, now.rooms.copy(), self._passed(w, along)
        gone = passed[np.isin(passed, now.sliding)] if now.cells is None else _NONE
        arrived = passed[~np.isin(passed, now.sliding)]
        sides = now.sides.copy() if now.smooth else corner.sides_along(w, now)
        values = corner.switches(w, sides)
        grown = arrived[(rooms[arrived] > 0.0) & (2.0 * values[arrived] > rooms[arrived])]
        for k in grown:
            w = corner.grown(w, sides, k)
            sides[k], rooms[k] = 1.0, 0.0
        arrived = arrived[~np.isin(arrived, grown)]
        w = corner.put_back(w, sides, np.concatenate([now.holding, corner.rows(arrived)]))
        near = np.setdiff1d(corner.near(w, size, sides), now.leaving)
        near = np.union1d(near, np.union1d(arrived, now.sliding))
        for k in arrived:
            if corner.jumps(w, sides, k):
                self._place(k)
                return now, near, w, DISCONTINUOUS
        decision = decide(corner, w, sides, near, gone, rooms)
        for k in near:
            if self._ends(k, decision):
                self._place(k)
                return now, near, w, DIVERGED
        self._note(t, w, sides, near, decision)
        return decision, near, w, AT_KINK

    def _ends(self, k: int, decision: Decision) -> bool:
        """Return whether the flow ends at a kink: beyond is no domain, or the parameter may not be 0 either."""
        if decision.marks[k]:
            return self.corner.declared[k] in ("positive", "negative")
        return bool(self.corner.ends[k] * decision.sides[k] < 0.0)

    def _place(self, k: int) -> None:
        """Note where the flow ends."""
        self.path.place, self.path.declared = short(self.kinks.names[k]), self.corner.declared[k]

    def _note(self, t: float, w: Vector, sides: Vector, near: Indices, decision: Decision) -> None:
        """Note what the flow crosses, comes to and leaves."""
        names, path = self.kinks.names, self.path
        for k in near:
            if k in decision.sliding:
                away = decision.cells is None and self.corner.leads_away(w, decision.sides, k)
                self.since.setdefault(int(k), (t, away))
                continue
            side = 1 if self.corner.norms[k] else int(decision.sides[k])
            since, before = self.since.pop(int(k), None), 0.0 if self.corner.norms[k] else sides[k]
            if since is not None:
                path.sliding.append(Sliding(names[k], since[0], t, side, since[1]))
            elif t > 0.0 and side != before:
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
