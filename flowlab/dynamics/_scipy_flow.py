"""The same run by SciPy's integrators, a step at a time."""

import warnings
from typing import Any, Literal

import numpy as np
from scipy import integrate

from flowlab.dynamics._prepared import Prepared
from flowlab.dynamics._runge_kutta import (
    AT_KINK,
    DIVERGED,
    REACHED_END,
    STEP_LIMIT,
    STEP_TOO_SMALL,
    STOPPED,
)
from flowlab.dynamics._scipy_watch import StepwiseDense, Watch
from flowlab.dynamics.events import Coded
from flowlab.dynamics.kinks.along import Along
from flowlab.dynamics.system import GradientSystem
from flowlab.dynamics.trajectory import Vector

#: SciPy's methods by the names of `flow`.
SOLVERS: dict[str, type[integrate.OdeSolver]] = {
    "scipy:DOP853": integrate.DOP853,
    "scipy:RK45": integrate.RK45,
    "scipy:RK23": integrate.RK23,
    "scipy:LSODA": integrate.LSODA,
    "scipy:Radau": integrate.Radau,
    "scipy:BDF": integrate.BDF,
}
_IMPLICIT = ("scipy:LSODA", "scipy:Radau", "scipy:BDF")


class Equation:
    """The flow's right-hand side and Jacobian in the coordinates of the run."""

    def __init__(self, system: GradientSystem, ready: Prepared, logarithmic: bool, along: Along | None = None) -> None:
        self._gradient = system.gradient if along is None else along.gradient
        self.hessian = system.hessian if along is None else along.hessian
        constants = ready.model.constants if along is None else along.constants
        self._arguments = (constants, ready.model.data, ready.model.rows)
        self._logarithmic = logarithmic
        self.gradient_evaluations = 0
        self.hessian_evaluations = 0

    def slope(self, _t: float, y: Vector) -> Vector:
        """Return −∇L, or −∇L(w)/w at w = exp y."""
        self.gradient_evaluations += 1
        w = np.exp(y) if self._logarithmic else np.ascontiguousarray(y)
        out = np.empty_like(w)
        self._gradient(w, *self._arguments, out)
        velocity: Vector = -out / w if self._logarithmic else -out
        return velocity

    def jacobian(self, _t: float, y: Vector) -> Vector:
        """Return −H, or its counterpart in the logarithms of the weights."""
        assert self.hessian is not None
        self.hessian_evaluations += 1
        w = np.exp(y) if self._logarithmic else np.ascontiguousarray(y)
        out = np.empty((w.size, w.size))
        self.hessian(w, *self._arguments, out)
        if not self._logarithmic:
            return np.negative(out)
        self.gradient_evaluations += 1
        gradient = np.empty_like(w)
        self._gradient(w, *self._arguments, gradient)
        np.divide(out * -w[None, :], w[:, None], out=out)
        out[np.diag_indices(w.size)] += gradient / w
        return out


def run_scipy(
    system: GradientSystem,
    ready: Prepared,
    method: str,
    *,
    begin: Vector,
    along: Along | None,
    logarithmic: bool,
    until: float,
    rtol: float,
    atol: float,
    max_steps: int,
    events: Coded,
    first: float,
    requested: Vector | None,
    keep: bool,
) -> tuple[int, float, float, int, Equation, Vector, Vector, StepwiseDense, list[tuple[int, float, Vector]]]:
    """Integrate by one of SciPy's solvers from parameters `begin` at time 0, along kinks as `along` says.

    Returns
    -------
    code : int
        As the compiled loop's.
    t, h : float
    accepted : int
    equation : Equation
        With the counts of evaluations.
    times, states : ndarray, shapes (n,) and (n, d)
        The accepted steps, in weights; where dense output is not kept, the requested times if there are any.
    dense : StepwiseDense
    found : list of (event number, time, parameters)
    """
    equation = Equation(system, ready, logarithmic, along)
    start = np.log(begin) if logarithmic else begin.copy()
    dense = StepwiseDense(logarithmic, start)
    watch = Watch(ready, events, begin, along)
    options: dict[str, Any] = {"rtol": rtol, "atol": atol}
    if first > 0:
        options["first_step"] = first
    if logarithmic:
        # A relative error of the weight is an absolute one of its logarithm.
        options |= {"rtol": 100 * np.finfo(float).eps, "atol": atol + rtol}
    if method in _IMPLICIT and equation.hessian is not None:
        options["jac"] = equation.jacobian
    every_step = keep or requested is None
    times, states = ([0.0], [begin.copy()]) if every_step else ([], [])
    code, step, t, y, accepted, waiting = REACHED_END, 0.0, 0.0, start, 0, 0
    if watch.stopped_at is not None:
        code = STOPPED
    elif not np.isfinite(equation.slope(0.0, start)).all():
        code = DIVERGED
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solver = SOLVERS[method](equation.slope, 0.0, start, until, **options) if code == REACHED_END else None
        while solver is not None and solver.status == "running":
            if accepted >= max_steps:
                code = STEP_LIMIT
                break
            try:
                solver.step()
                failed = str(solver.status) == "failed" or not np.isfinite(solver.y).all()
            except ValueError:  # SciPy's linear algebra refuses a Jacobian that is not finite
                failed = True
            if failed:
                code = _failure(equation, t, y)
                break
            piece = solver.dense_output()
            step = solver.t - t
            dense.add(piece, t, solver.t, keep)
            if watch.levels.size or along is not None:
                watch.look(dense, t, solver.t)
            accepted += 1
            if watch.stopped_at is None:
                t, y = solver.t, solver.y.copy()
            else:
                code, t, y = AT_KINK if watch.at_kink else STOPPED, watch.stopped_at, piece(watch.stopped_at)
            if every_step:
                times.append(t)
                states.append(np.exp(y) if logarithmic else y)
            else:
                assert requested is not None
                # The time of a joint belongs to the step that begins there, as in the dense output.
                side: Literal["left", "right"] = "right" if code != REACHED_END or t >= until else "left"
                ahead = int(np.searchsorted(requested, t, side=side))
                times.extend(requested[waiting:ahead])
                states.extend(dense(requested[waiting:ahead]))
                waiting = ahead
            if code != REACHED_END:
                break
    if not every_step and t < until and (not times or times[-1] < t):
        times.append(t)
        states.append(np.exp(y) if logarithmic else y)
    return code, t, step, accepted, equation, np.array(times), np.array(states), dense, watch.found


def _failure(equation: Equation, t: float, y: Vector) -> int:
    """Say whether a run that cannot go on has met a singularity or only too small a step."""
    slope = equation.slope(t, y)
    if not np.isfinite(slope).all():
        return DIVERGED
    growing = (slope * y > 0) & (np.abs(slope) * 1e4 * np.finfo(float).eps * t > np.abs(y))
    return DIVERGED if growing.any() else STEP_TOO_SMALL
