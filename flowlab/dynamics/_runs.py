"""Whole runs by the stepper: one start with dense output, and its values at given times."""

from typing import Any

import numpy as np

from flowlab._interrupts import asked, raise_interrupt
from flowlab._jit import kernel
from flowlab.dynamics._chebyshev import Spectrum
from flowlab.dynamics._locating import Kinks, Watch
from flowlab.dynamics._pointers import as_gradient, as_induced, as_loss, borrowed
from flowlab.dynamics._runge_kutta import INTERRUPTED, Field, Integers, Limits, Work, method_of
from flowlab.dynamics._stepper import integrate
from flowlab.dynamics.trajectory import Vector


@kernel
def enter(w: Vector, logarithmic: bool, y: Vector) -> None:
    """Write the run's coordinates of parameters `w` into `y`."""
    for i in range(w.size):
        y[i] = np.log(w[i]) if logarithmic else w[i]


@kernel
def leave(y: Vector, logarithmic: bool, w: Vector) -> None:
    """Write the parameters at coordinates `y` into `w`."""
    for i in range(y.size):
        w[i] = np.exp(y[i]) if logarithmic else y[i]


@kernel
def states_of(record: Vector, size: int, logarithmic: bool) -> Vector:
    """Return the parameters at the accepted steps, shape (n, d)."""
    states = np.empty((record.shape[0], size))
    for n in range(record.shape[0]):
        leave(record[n, 2 : 2 + size], logarithmic, states[n])
    return states


@kernel
def run(
    gradient_address: Any,
    switches_address: Any,
    loss_address: Any,
    induced_address: Any,
    constants: Vector,
    given: Vector,
    data: Vector,
    rows: Integers,
    logarithmic: bool,
    start: Vector,
    until: float,
    rtol: float,
    atol: float,
    max_steps: int,
    first: float,
    values: Vector,
    columns: Integers,
    starts: Integers,
    controller: Vector,
    layout: Integers,
    indices: Integers,
    levels: Vector,
    terminal: Integers,
    induced_size: int,
    sides: Vector,
    bands: Vector,
    times: Vector,
    dense: bool,
) -> tuple[int, float, float, int, int, int, Vector, Vector, Vector]:
    """Integrate one start.

    Returns
    -------
    code : int
        How the run ended. `AT_KINK`: the switch of a kink left its side of `sides`, by more than its `bands`, which
        are 0 from where it first is farther on the side than that.
    t, h : float
        Its end, and the step it would have taken next.
    accepted, rejected, evaluations : int
    record : ndarray, shape (accepted + 1, 2 + d + dense rows × d)
        With `dense`, for each step its time, length, state and dense coefficients; of the last row, the end, time and
        state alone. Otherwise no rows.
    saved : ndarray, shape (n, 1 + d)
        Without `dense`, each of `times` (of every step where there are none) and the parameters there.
    happened : ndarray, shape (events, 2 + d)
        For each event its number, time and parameters.
    """
    work = np.empty((layout[1] + 10, start.size))
    events = np.empty((2, levels.size))
    induced = np.empty(induced_size if levels.size else 1)
    notes = np.empty(2)
    enter(start, logarithmic, work[layout[1]])
    code, t, h, accepted, rejected, evaluations, record, saved, happened = _run(
        as_gradient(gradient_address), as_gradient(switches_address), as_loss(loss_address),
        as_induced(induced_address), constants, given, data, rows, logarithmic, until, rtol, atol, max_steps, first,
        values, columns, starts, controller, layout, indices, levels, terminal, induced,
        Kinks(sides, bands, np.empty((4, sides.size))), times, dense, work, events, notes,
    )  # fmt: skip
    if code == INTERRUPTED:
        raise_interrupt()
        nothing = np.empty((0, 0))
        return code, t, h, accepted, rejected, evaluations, nothing, nothing, nothing
    return code, t, h, accepted, rejected, evaluations, record, saved, happened


@kernel
def _run(
    gradient: Any,
    switches: Any,
    loss: Any,
    induced: Any,
    constants: Vector,
    given: Vector,
    data: Vector,
    rows: Integers,
    logarithmic: bool,
    until: float,
    rtol: float,
    atol: float,
    max_steps: int,
    first: float,
    values: Vector,
    columns: Integers,
    starts: Integers,
    controller: Vector,
    layout: Integers,
    indices: Integers,
    levels: Vector,
    terminal: Integers,
    induced_values: Vector,
    kinks: Kinks,
    times: Vector,
    dense: bool,
    room: Vector,
    events: Vector,
    notes: Vector,
) -> tuple[int, float, float, int, int, int, Vector, Vector, Vector]:
    """Tie up what belongs together, all of it kept alive by the caller."""
    field = Field(
        gradient, switches, loss, induced, borrowed(constants), borrowed(given), borrowed(data), borrowed(rows),
        logarithmic,
    )  # fmt: skip
    method = method_of(values, columns, starts, controller, layout)
    k = borrowed(room)
    n = layout[1]
    work = Work(k[:n], k[n + 1], k[n + 2], k[n + 3], k[n + 4], k[n + 5])
    at = borrowed(events)
    watch = Watch(
        borrowed(indices), borrowed(levels), borrowed(terminal), at[0], at[1], k[n + 2], k[n + 6],
        borrowed(induced_values), borrowed(kinks),
    )  # fmt: skip
    spectrum = Spectrum(borrowed(notes), k[n + 7], k[n + 8], k[n + 9])
    limits = Limits(until, rtol, atol, max_steps)
    return integrate(field, method, watch, work, spectrum, k[n], limits, first, times, dense)


@kernel
def evaluate(record: Vector, size: int, dense_rows: int, logarithmic: bool, times: Vector, out: Vector) -> None:
    """Write the dense output at `times`, each within the record, into the rows of `out`."""
    last = record.shape[0] - 1
    if last == 0:
        for n in range(times.size):
            leave(record[0, 2 : 2 + size], logarithmic, out[n])
        return
    m, waited = 0, 0
    for n in range(times.size):
        waited = asked(waited, size * dense_rows)
        if waited < 0:
            raise_interrupt()
        t = times[n]
        if t < record[m, 0]:
            m = 0
        if m + 1 < last and t >= record[m + 1, 0]:
            if t < record[m + 2, 0]:
                m += 1
            else:
                m = min(np.searchsorted(record[:, 0], t, side="right") - 1, last - 1)
        theta = (t - record[m, 0]) / record[m, 1]
        # As `interpolate`, without a view of the record for every time, and four parameters at a time.
        whole = size - size % 4
        for i in range(0, whole, 4):
            one, two, three, four = 0.0, 0.0, 0.0, 0.0
            for j in range(dense_rows, 0, -1):
                factor = theta if j % 2 == 1 else 1.0 - theta
                place = 2 + j * size + i
                one = (one + record[m, place]) * factor
                two = (two + record[m, place + 1]) * factor
                three = (three + record[m, place + 2]) * factor
                four = (four + record[m, place + 3]) * factor
            out[n, i] = record[m, 2 + i] + one
            out[n, i + 1] = record[m, 3 + i] + two
            out[n, i + 2] = record[m, 4 + i] + three
            out[n, i + 3] = record[m, 5 + i] + four
        for i in range(whole, size):
            total = 0.0
            for j in range(dense_rows, 0, -1):
                total = (total + record[m, 2 + j * size + i]) * (theta if j % 2 == 1 else 1.0 - theta)
            out[n, i] = record[m, 2 + i] + total
        if logarithmic:
            for i in range(size):
                out[n, i] = np.exp(out[n, i])
