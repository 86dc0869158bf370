"""Gradient flow: ẇ = −∇L, integrated adaptively."""

from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from flowlab._arguments import flag, number
from flowlab._checks import number as in_full
from flowlab.dynamics._arguments import increasing, integration, is_logarithmic, method_name
from flowlab.dynamics._chebyshev import RKC2
from flowlab.dynamics._prepared import assemble, prepare
from flowlab.dynamics._runge_kutta import Integers
from flowlab.dynamics._runs import evaluate, run, states_of
from flowlab.dynamics._scipy_flow import SOLVERS, run_scipy
from flowlab.dynamics.events import Event, coded
from flowlab.dynamics.system import GradientSystem
from flowlab.dynamics.tableaux import TABLEAUX
from flowlab.dynamics.trajectory import Interpolant, Occurrence, Statistics, Status, Trajectory, Vector

#: The names of all methods: the compiled ones, then SciPy's.
METHODS: tuple[str, ...] = (*TABLEAUX, RKC2.name, *SOLVERS)

_STATUS = tuple(Status)
_EVERY_STEP = np.empty(0)
Packed = tuple[Vector, Integers, Integers, Vector, Integers]


@cache
def packed_method(name: str) -> Packed:
    """Return a compiled method's arrays for the kernels; the last is its layout."""
    tableau = RKC2 if name == RKC2.name else TABLEAUX[name]
    layout = (tableau.stages, len(tableau.rows), len(tableau.errors), 3 + len(tableau.dense), tableau.stabilized)
    return *tableau.packed(), np.array(layout, dtype=np.int64)


@np.errstate(all="ignore")  # without compilation NumPy would warn of what the status reports
def flow(
    system: GradientSystem,
    until: float,
    *,
    times: ArrayLike | None = None,
    method: str = "dop853",
    rtol: float = 1e-9,
    atol: float = 1e-12,
    coordinates: Literal["weights", "log"] = "weights",
    events: Sequence[Event] = (),
    max_steps: int = 100_000,
    first_step: float | None = None,
    dense: bool = True,
) -> Trajectory:
    """Integrate the gradient flow ẇ = −∇L from the system's start.

    Parameters
    ----------
    system : GradientSystem
    until : float
        The end, in gradient-flow time; greater than 0.
    times : array_like, shape (n,), optional
        Times to record, increasing, within [0, until]; every accepted step if missing. A run that ends early
        records the times it reached and the point where it ended.
    method : str
        A name in `METHODS`: "dop853" or "dopri5" (compiled); "rkc2" (compiled), of order 2, for stiff problems too
        large for a Hessian; or one of SciPy's, such as "scipy:Radau", for stiff problems with the system's Hessian
        as Jacobian where it has one.
    rtol, atol : float
        Each step's estimated error in each weight is at most atol + rtol·|w|. In "log" coordinates it is at
        most (atol + rtol)·w. Of a weight below atol the size is not known: from a tiny start give an atol below it.
    coordinates : {"weights", "log"}
        "log" integrates v = log w, so that weights stay positive and keep their relative accuracy.
    events : sequence of Hitting, Stationary or LossLevel
        Located on the dense output. Crossings are looked for at four points a step: two crossings of one
        level closer than that can go unseen.
    max_steps : int
        Accepted and rejected steps at most (SciPy's methods: accepted ones).
    first_step : float, optional
        The first step's size; chosen from the gradient if missing.
    dense : bool
        Whether the trajectory keeps its dense output: eight vectors of the parameters' length a step ("dopri5" five,
        "rkc2" four).
        Without it a run holds in memory what it records and no more; the numbers recorded are the same.

    Returns
    -------
    Trajectory
        With dense output, unless it is declined. A run that fails keeps what came before, and its status and message
        say why.

    Raises
    ------
    ValueError
        On an argument outside what is allowed, an unknown method (the nearest is suggested), or a start with
        a weight <= 0 in "log" coordinates.

    Examples
    --------
    >>> import numba
    >>> from flowlab.dynamics.signatures import GRADIENT, LOSS
    >>> @numba.njit(GRADIENT)
    ... def gradient(w, constants, data, rows, out):
    ...     out[0] = w[0] - constants[0]
    >>> @numba.njit(LOSS)
    ... def loss(w, constants, data, rows):
    ...     return 0.5 * (w[0] - constants[0]) ** 2
    >>> system = GradientSystem(gradient, loss, start=np.zeros(1), constants=np.ones(1), names=("w",))
    >>> path = flow(system, 1.0)
    >>> bool(abs(path.parameters[-1, 0] - (1 - np.exp(-1))) < 1e-9)
    True
    """
    ready = prepare(system)
    end, rtol, atol, max_steps = integration(until, rtol, atol, max_steps)
    requested = None
    if times is not None:
        requested = increasing("times", times, end, allowed=f"increasing times in [0, {in_full(end)}]")
    method_name(method, METHODS)
    logarithmic = is_logarithmic("start", coordinates, ready.start)
    first = 0.0 if first_step is None else number("first_step", first_step)
    plan = coded(events, ready.size)
    keep = flag("dense", dense)

    if method in SOLVERS:
        code, t, h, accepted, equation, knots, states, pieces, found = run_scipy(
            system, ready, method, logarithmic=logarithmic, until=end, rtol=rtol, atol=atol,
            max_steps=max_steps, events=plan, first=first, requested=requested, keep=keep,
        )  # fmt: skip
        statistics = Statistics(accepted, 0, equation.gradient_evaluations, equation.hessian_evaluations)
        occurrences = tuple(Occurrence(events[e], at, w) for e, at, w in found)
        interpolant = Interpolant(0.0, t, pieces)
    else:
        packed, model = packed_method(method), ready.model
        code, t, h, accepted, rejected, evaluations, record, saved, happened = run(
            model.gradient, model.loss, model.induced, model.constants, model.data, model.rows, logarithmic,
            ready.start, end, rtol, atol, max_steps, first, *packed, *plan, ready.size,
            _EVERY_STEP if requested is None else requested, keep,
        )  # fmt: skip
        statistics = Statistics(accepted, rejected, evaluations)
        occurrences = ()
        if len(happened):
            order = np.argsort(happened[:, 1], kind="stable")
            occurrences = tuple(
                Occurrence(events[int(row[0])], float(row[1]), row[2:].copy()) for row in happened[order]
            )
        size, dense_rows = ready.start.size, int(packed[4][3])

        def interpolate(at: Vector) -> Vector:
            """Return the weights at each of some times."""
            out = np.empty((at.size, size))
            evaluate(record, size, dense_rows, logarithmic, at, out)
            return out

        interpolant = Interpolant(0.0, t, interpolate)
        if not keep:
            knots, states = saved[:, 0].copy(), saved[:, 1:].copy()
        elif requested is None:
            knots, states = record[:, 0].copy(), states_of(record, size, logarithmic)

    if keep and requested is not None:
        knots = requested
        if t < end:
            knots = requested[requested <= t]
            if not knots.size or knots[-1] < t:
                knots = np.append(knots, t)
        states = interpolant.evaluate(knots)
    status = _STATUS[code]
    return assemble(
        system,
        ready,
        knots,
        states,
        kind="flow",
        status=status,
        message=_message(status, t, h, max_steps),
        statistics=statistics,
        events=occurrences,
        interpolant=interpolant if keep else None,
    )


def _message(status: Status, t: float, h: float, max_steps: int) -> str:
    if status is Status.REACHED_END:
        return f"The flow reached t = {t:.6g}."
    if status is Status.STOPPED:
        return f"A terminal event stopped the flow at t = {t:.6g}."
    place = f"at t = {t:.6g}, step size {h:.3g}"
    if status is Status.STEP_LIMIT:
        return (
            f"The maximum number of steps ({max_steps}) was reached {place}; raise max_steps, loosen rtol, "
            "or for a stiff problem use method='rkc2' or 'scipy:Radau'."
        )
    if status is Status.STEP_TOO_SMALL:
        return f"The step became too small {place}; loosen rtol and atol, or check the gradient's smoothness."
    return f"The flow diverged {place}: it has no finite continuation there; end the run before it."
