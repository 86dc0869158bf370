"""What SciPy's integrators pass on their way: dense output of all steps, and the events and kinks in each."""

from typing import Any

import numpy as np
from scipy.optimize import brentq

from flowlab.dynamics._locating import DIPS, LOOKS, event_values
from flowlab.dynamics._prepared import Prepared
from flowlab.dynamics.events import Coded
from flowlab.dynamics.kinks.along import Along
from flowlab.dynamics.trajectory import Vector


class StepwiseDense:
    """SciPy's dense outputs of successive steps, as one function of time."""

    def __init__(self, logarithmic: bool, start: Vector) -> None:
        self._logarithmic = logarithmic
        self.knots = [0.0]
        self.pieces: list[Any] = []
        self._start = start

    def add(self, piece: Any, begin: float, end: float, keep: bool) -> None:
        """Go on by one step; without `keep`, the steps before it are forgotten."""
        if not keep:
            self.knots, self.pieces = [begin], []
        self.pieces.append(piece)
        self.knots.append(end)

    def __call__(self, times: Vector) -> Vector:
        """Return parameters of shape (n, d)."""
        out = np.empty((times.size, self._start.size))
        if not self.pieces:
            out[:] = self._start
            return out
        which = np.clip(np.searchsorted(self.knots, times, side="right") - 1, 0, len(self.pieces) - 1)
        for piece in np.unique(which):
            here = which == piece
            out[here] = self.pieces[piece](times[here]).T
        weights: Vector = np.exp(out) if self._logarithmic else out
        return weights


class Watch:
    """Event functions along one SciPy step, and the kinks on the way."""

    def __init__(self, ready: Prepared, events: Coded, start: Vector, along: Along | None) -> None:
        model = ready.model
        self._model = tuple(model if along is None else along.model(model))
        self._along, self._rows = along, (model.data, model.rows)
        self.indices, self.levels, self.terminal = events
        self._scratch = np.empty(start.size)
        self._induced = np.empty(ready.size)
        self.found: list[tuple[int, float, Vector]] = []
        values = self.values(start)
        self._sides = np.sign(values)
        holds = (values == 0) | ((self.indices < 0) & (values < 0))
        self.found.extend((int(e), 0.0, start.copy()) for e in np.flatnonzero(holds))
        self.stopped_at = 0.0 if bool((holds & (self.terminal != 0)).any()) else None
        self.at_kink = False

    def values(self, w: Vector) -> Vector:
        """Return what each event watches, at some weights."""
        out: Vector = np.empty(self.levels.size)
        event_values(self._model, self.indices, self.levels, w, self._scratch, self._induced, out)
        return out

    def look(self, dense: StepwiseDense, begin: float, end: float) -> None:
        """Find the events in a step; set `stopped_at` at the first terminal one."""

        def at(t: float) -> Vector:
            w: Vector = dense(np.array([t]))[0]
            return w

        for piece in range(LOOKS):
            low = begin + (end - begin) * piece / LOOKS
            high = end if piece == LOOKS - 1 else begin + (end - begin) * (piece + 1) / LOOKS
            kink = self._first_kink(at, low, high)
            high = high if kink is None else kink
            values = self.values(at(high))
            crossings = []
            for e, value in enumerate(values):
                side = self._sides[e]
                if side == 0.0:
                    self._sides[e] = np.sign(value)
                elif side * value <= 0.0:
                    self._sides[e] = -side
                    if self.indices[e] >= 0 or side > 0.0:
                        crossings.append((self._root(at, e, side, low, high), e))
            for t, e in sorted(crossings):
                self.found.append((e, t, at(t)))
                if self.terminal[e]:
                    self.stopped_at = t
                    return
            if kink is not None:
                self.stopped_at, self.at_kink = kink, True
                return

    def _room(self, w: Vector) -> Vector:
        """Return how far each kink is from being left behind."""
        assert self._along is not None
        values = np.empty(self._along.sides.size)
        self._along.switches(w, self._along.constants, *self._rows, values)
        return values * self._along.sides + self._along.bands

    def _first_kink(self, at: Any, low: float, high: float) -> float | None:
        """Return when between two times the first kink is passed; None where none is."""
        if self._along is None:
            return None
        rooms = [self._room(at(t)) for t in (low, 0.5 * (low + high), high)]
        if not (rooms[1] > 0.0).all():
            high = 0.5 * (low + high)
        elif (rooms[2] > 0.0).all():
            dip = self._dip(at, low, high, np.array(rooms))
            if dip is None:
                self._along.bands[(rooms[2] > 2.0 * self._along.bands) & (self._along.bands > 0.0)] = 0.0
                return None
            high = dip
        for _ in range(60):
            middle = 0.5 * (low + high)
            if not low < middle < high:
                break
            low, high = (middle, high) if (self._room(at(middle)) > 0.0).all() else (low, middle)
        return high

    def _dip(self, at: Any, low: float, high: float, rooms: Vector) -> float | None:
        """Return when a kink is left behind for a while, as the compiled loop does."""
        for k, (left, middle, right) in enumerate(rooms.T):
            place, half = 0.5 * (low + high), 0.5 * (high - low)
            for _ in range(DIPS):
                bend = left - 2.0 * middle + right
                if not abs(left - right) < 2.0 * bend or middle - (left - right) ** 2 / (8.0 * bend) > 0.25 * bend:
                    break
                place, half = place + 0.5 * (left - right) / bend * half, 0.5 * half
                place = min(max(place, low + half), high - half)
                for t in (place - half, place, place + half):
                    now = self._room(at(t))
                    if not (now > 0.0).all():
                        return float(t)
                    left, middle, right = middle, right, now[k]
        return None

    def _root(self, at: Any, e: int, side: float, low: float, high: float) -> float:
        def g(t: float) -> float:
            return float(self.values(at(t))[e])

        # A root at the joint of two steps can change sign by rounding alone.
        if g(low) * side <= 0.0:
            return low
        if g(high) * side >= 0.0:
            return high
        return float(brentq(g, low, high, xtol=1e-300, rtol=8.9e-16, maxiter=200))
