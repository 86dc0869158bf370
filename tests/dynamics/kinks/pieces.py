"""An independent solution of flows whose gradients are linear in pieces: what the tests hold the integrators to.

The loss is w·Qw/2 − q·w + Σ a_k |b_k·w − c_k| with a_k > 0 and Q ≥ 0. At each corner the least element of the
subdifferential is found by trying every choice of sides: each −1, 1 or free. Between corners the flow is that of a
linear equation, within the kinks that it stays at; the next corner is where it would pass another kink, or its velocity
is no longer the least element.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

#: A kink is left where the least element is so far from the velocity along it: the error that this makes is of second
#: order.
_LEFT = 1e-6


@dataclass(frozen=True)
class Pieces:
    """w·Qw/2 − q·w + Σ a_k |b_k·w − c_k|."""

    Q: np.ndarray
    q: np.ndarray
    a: np.ndarray
    b: np.ndarray
    c: np.ndarray

    def loss(self, w):
        return 0.5 * w @ self.Q @ w - self.q @ w + self.a @ np.abs(self.b @ w - self.c)

    def least(self, w, near):
        """Return the least element at `w`, where the kinks `near` are, by trying every choice of their sides."""
        base = self.Q @ w - self.q
        for k in range(self.a.size):
            if k not in near:
                base = base + self.a[k] * np.sign(self.b[k] @ w - self.c[k]) * self.b[k]
        best = None
        if len(near) == 1:
            n = self.a[near[0]] * self.b[near[0]]
            return base + n * np.clip(-(n @ base) / (n @ n), -1.0, 1.0)
        for choice in itertools.product((-1.0, 1.0, None), repeat=len(near)):
            free = [k for k, side in zip(near, choice, strict=True) if side is None]
            g = base + sum(
                (self.a[k] * s * self.b[k] for k, s in zip(near, choice, strict=True) if s is not None),
                np.zeros(w.size),
            )
            if free:
                columns = (self.a[free, None] * self.b[free]).T
                sides = np.linalg.lstsq(columns, -g, rcond=None)[0]
                if np.abs(sides).max() > 1 + 1e-12:
                    continue
                g = g + columns @ sides
            if best is None or g @ g < best @ best - 1e-14:
                best = g
        return best

    def solve(self, w, times):
        """Return the flow from `w` at increasing times, and the times of its corners."""
        out, corners, t = [], [], 0.0
        times = list(times)
        while times:
            scale = max(1.0, np.abs(w).max())
            values = self.b @ w - self.c
            near = [k for k in range(self.a.size) if abs(values[k]) <= 1e-11 * scale]
            velocity = -self.least(w, near)
            rates = self.b @ velocity
            stays = [k for k in near if abs(rates[k]) <= 1e-9 * (1 + np.linalg.norm(velocity))]
            sides = np.sign(values)
            sides[near] = np.sign(rates[near])
            sides[stays] = 0.0
            w = self._until_corner(w, stays, near, sides, times, t, out)
            if w is None:
                break
            w, t = w
            corners.append(t)
            assert len(corners) < 200
        return np.array(out), corners

    def _until_corner(self, w, stays, near, sides, times, t, out):
        """Move on to the next corner, taking along the times before it; None if there is none before the last."""
        Z = null_space(self.b[stays]) if stays else np.eye(w.size)
        constant = -self.q + (self.a * sides) @ self.b
        speeds, modes = np.linalg.eigh(Z.T @ self.Q @ Z)
        speeds, modes = np.maximum(speeds, 0.0), Z @ modes
        force = -modes.T @ (self.Q @ w + constant)
        others = [k for k in range(self.a.size) if k not in stays]
        rounding = np.array([1e-12 if k in near else 0.0 for k in others])

        def at(since):
            decay = speeds * since
            return w + modes @ (
                force * np.where(decay > 1e-12, -np.expm1(-decay) / np.where(speeds > 0, speeds, 1), since)
            )

        def holds(since):
            """Whether no kink is passed, and the kinks that it stays at are still those of the least element."""
            point = at(since)
            if ((self.b[others] @ point - self.c[others]) * sides[others] < -rounding).any():
                return False
            velocity = modes @ (force * np.exp(-speeds * since))
            return not stays or np.abs(velocity + self.least(point, stays)).max() <= _LEFT

        corner, low, end = None, 0.0, times[-1] - t
        for high in end * np.concatenate([[1e-9, 1e-6, 1e-4, 1e-3], np.linspace(0.0, 1.0, 41)[1:]]):
            if not holds(high):
                for _ in range(50):
                    middle = 0.5 * (low + high)
                    low, high = (middle, high) if holds(middle) else (low, middle)
                corner = high
                break
            low = high
        limit = np.inf if corner is None else t + corner
        while times and times[0] <= limit:
            out.append(at(times.pop(0) - t))
        return None if corner is None else (at(corner), t + corner)
