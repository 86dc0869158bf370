"""Gradient flow: ẇ = −∇L, integrated adaptively."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from flowlab._arguments import flag, number
from flowlab._checks import number as in_full
from flowlab.dynamics._arguments import increasing, integration, is_logarithmic, method_name
from flowlab.dynamics._chebyshev import RKC2
from flowlab.dynamics._integration import Integration
from flowlab.dynamics._prepared import assemble, prepare
from flowlab.dynamics._scipy_flow import SOLVERS
from flowlab.dynamics.events import Event, coded
from flowlab.dynamics.kinks.following import follow
from flowlab.dynamics.kinks.path import Path
from flowlab.dynamics.system import GradientSystem
from flowlab.dynamics.tableaux import TABLEAUX
from flowlab.dynamics.trajectory import Interpolant, Occurrence, Status, Trajectory

#: The names of all methods: the compiled ones, then SciPy's.
METHODS: tuple[str, ...] = (*TABLEAUX, RKC2.name, *SOLVERS)

_STATUS = tuple(Status)


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

    Where the loss has kinks that the system knows (`Kinks`), the flow is that of the Clarke subdifferential: each kink
    is located, also where it is passed for a part of a step only, and there the flow goes on against the element of
    least norm, across the kink or along it until it leaves it. From a kink that drives away on both sides, as −|w| at
    0, that is to stay; where no flow goes on against the least element, it is the velocity with which the loss falls
    fastest. A step of the loss has no gradient flow across it: the run ends there. Where kinks meet that lie within
    one another, as max(max(u, 0) − v, 0), or are more than their directions, as |u|, |v| and |u + v|, the
    subdifferential is that of the signs that there are, up to 512; beyond, as where kinks are independent, of all
    signs. A norm, as √(a² + b²), is a kink where it is 0: the flow comes to rest there, in as many parameters, while
    the rest of the gradient is in the ball, or ellipsoid, that is the norm's subdifferential.

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

    means = Integration(system, ready, method, logarithmic, rtol, atol, plan, keep)
    path: Path | None = None
    more: dict[str, Any] = {}
    if system.kinks is None:
        run = means.stretch(ready.start, end, max_steps=max_steps, first=first, requested=requested)
    else:
        run, path = follow(means, system.kinks, end, max_steps=max_steps, first=first, requested=requested)
        more = {"crossings": tuple(path.crossings), "sliding": tuple(path.sliding)}
        more |= {"sides_of": path.sides if keep else None, "distances_of": path.distances}
    occurrences: tuple[Occurrence, ...] = ()
    if run.found:
        found = sorted(run.found, key=lambda event: event[1])
        occurrences = tuple(Occurrence(events[e], at, w) for e, at, w in found)
    interpolant = Interpolant(0.0, run.t, run.evaluate)
    knots, states, t = run.knots, run.states, run.t
    if keep and requested is not None:
        knots = requested
        if t < end:
            knots = requested[requested <= t]
            if not knots.size or knots[-1] < t:
                knots = np.append(knots, t)
        states = interpolant.evaluate(knots)
    status = _STATUS[run.code]
    return assemble(
        system,
        ready,
        knots,
        states,
        kind="flow",
        status=status,
        message=_message(status, t, run.h, max_steps, path),
        statistics=run.statistics,
        events=occurrences,
        interpolant=interpolant if keep else None,
        **more,
    )


def _message(status: Status, t: float, h: float, max_steps: int, path: Path | None) -> str:
    kinks = "" if path is None else path.summary
    if status is Status.REACHED_END:
        return f"The flow reached t = {t:.6g}{kinks}."
    if status is Status.STOPPED:
        return f"A terminal event stopped the flow at t = {t:.6g}{kinks}."
    if status is Status.DISCONTINUOUS:
        assert path is not None
        return (
            f"The flow ended at t = {t:.6g}, at {path.place} = 0: the loss has a step there, across which it has no "
            f"gradient flow; {'end the run before it' if t else 'start beside it'}, or make the loss continuous."
        )
    if path is not None and path.declared:
        return (
            f"The flow came to {path.place} = 0 at t = {t:.6g}, the edge of its domain: {path.place} is declared "
            f"{path.declared}; end the run before it, or declare {path.place} real."
        )
    place = f"at t = {t:.6g}, step size {h:.3g}{kinks}{'' if path is None else path.history}"
    if status is Status.STEP_LIMIT:
        return (
            f"The maximum number of steps ({max_steps}) was reached {place}; raise max_steps, loosen rtol, "
            "or for a stiff problem use method='rkc2' or 'scipy:Radau'."
        )
    if status is Status.STEP_TOO_SMALL:
        return f"The step became too small {place}; loosen rtol and atol, or check the gradient's smoothness."
    if path is not None and path.place:
        return f"The flow left the domain of the loss at t = {t:.6g}, where {path.place} = 0; end the run before it."
    return f"The flow diverged {place}: it has no finite continuation there; end the run before it."
