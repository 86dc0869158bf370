"""Closed forms against their own flow: by substitution in many digits, and against an independent integration."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy.polys.polyerrors import BasePolynomialError

from flowlab.symbolic.sampling import drawn, pool
from flowlab.symbolic.sides import KINKED
from flowlab.symbolic.simplify import derivative
from flowlab.symbolic.solving._evaluation import NotReal, Precise
from flowlab.symbolic.solving._scalar import is_bounded
from flowlab.symbolic.solving.exact import ExactSolution

Array = NDArray[np.float64]
Values = Mapping[sympy.Symbol, sympy.Expr]
_DIGITS = (50, 200, 800)
_WANTED, _DRAWS = 3, 16
#: Larger residuals, and powers, are not put through algebra, which multiplies them out and could take long.
_ALGEBRA_SIZE = 200
#: Many times as often as an integration of a smooth flow looks at its rates.
_MOST_EVALUATIONS = 50_000
#: Of the time in which a solution ceases to exist: up to which it is compared with an integration.
_PARTS = (0.99, 0.9, 0.7, 0.4, 0.2, 0.1, 0.03, 0.01)
_FRACTIONS = np.array([0.08, 0.35, 0.7, 1.0])


class Refuted(Exception):  # noqa: N818 - read as a sentence
    """A closed form is not the solution, or could not be compared with it."""


def checked(solution: ExactSolution) -> str:
    """Return how a solution was checked; `Refuted` where it fails.

    It must have the start's value at time 0, its derivative must be the flow's to 35 digits, and it must agree with
    SciPy's integration of the gradient, at drawn values of the symbols that it holds. With kinks it must do so on
    every piece, and the flow must lead to where it rests at a kink from both sides of it.
    """
    generator = np.random.default_rng(7)
    symbols = solution.symbols
    compared = 0
    for _ in range(_DRAWS if symbols else 1):
        values = {symbol: _drawn(symbol, generator) for symbol in symbols}
        if any(condition.subs(values) == False for condition in solution.conditions):  # noqa: E712
            continue
        start = _real_start(solution, values)
        if start is None:
            continue
        if symbols and not start.all() and solution.ends(values) == 0:
            continue  # at the edge of its domain, and beyond it at once
        times, path, speeds = _integrated(solution, values, start)
        _substitute(solution, values, times)
        _compare(solution.at(times, values), path, times * speeds)
        compared += 1
        if compared == _WANTED:
            break
    if compared == 0:
        raise Refuted("at none of the drawn values does its flow have real numbers to compare with")
    how = "symbolically" if _vanishes(solution) else f"in {_DIGITS[0]} digits"
    where = f"at {compared} drawn points" if symbols else "from this start"
    through = " through its kinks" if solution.kinks else ""
    return f"by substitution ({how}) and against an independent integration{through}, {where}"


def _drawn(symbol: sympy.Symbol, generator: np.random.Generator) -> sympy.Expr:
    number = drawn(pool(symbol) or [sympy.S.One], generator)
    return number if symbol.is_integer else number * sympy.Rational(int(generator.integers(60, 160)), 100)


def _gradient(solution: ExactSolution, values: Values) -> list[sympy.Expr]:
    """Return the gradient as it comes from the loss, with the values put in.

    Roots and their reciprocals are 0 where they have no value: a solution with kinks may rest at their edge, where a
    norm is 0 as well, and rounding puts it beyond.
    """
    gradient = [derivative(solution.flow.loss, w).subs(values) for w in solution.flow.parameters]
    if not solution.kinks:
        return gradient
    powers = {p for g in gradient for p in g.atoms(sympy.Pow) if p.has(*solution.flow.parameters)}
    roots = {p for p in powers if p.exp.is_Rational and not p.exp.is_Integer and p.base.is_real}
    real = {p: sympy.Piecewise((p, p.base > 0), (0, True)) for p in roots if not p.base.is_positive}
    return [g.xreplace(real) for g in gradient]


def _real_start(solution: ExactSolution, values: Values) -> Array | None:
    """Return the start as numbers; None where it or its gradient is not real."""
    try:
        start = Precise([], [w0.subs(values) for w0 in solution.start.values()])([], 30)
        Precise(solution.flow.parameters, _gradient(solution, values))(start, 30)
    except NotReal:
        return None
    return np.array([float(x) for x in start])


def _integrated(solution: ExactSolution, values: Values, start: Array) -> tuple[Array, Array, Array]:
    """Return times over which the flow moves and exists; by SciPy's integration, parameters and largest rates there.

    It begins anew at every kink, and what has come to rest at one is held there: see `_tangent`.
    """
    flow = solution.flow
    gradient = _gradient(solution, values)
    slope = sympy.lambdify(flow.parameters, [-g for g in gradient], ["scipy", "numpy"])
    ends = sorted({float(kink.time.subs(values)) for kink in solution.kinks} - {0.0})
    if not any(kink.ends for kink in solution.kinks):
        ends.append(np.inf)
    begin, here = 0.0, start
    found: list[tuple[Array, Array, Array]] = []
    for end in ends:
        span = _span(solution, values, gradient, here, begin) if end == np.inf else end - begin
        if span > 1e-9 * begin:
            held = np.array(_held(solution, values, begin), dtype=float).reshape(-1, len(start))
            free = np.eye(len(start)) - np.linalg.pinv(held) @ held
            free[np.abs(free) < 1e-14] = 0  # or what rests would tremble
            for kink in solution.kinks:
                if float(kink.until.subs(values)) == begin:  # onto the side to which it leaves, as speeds are 0 there
                    normal = np.array(kink.held[0], dtype=float)
                    (away,) = solution.at(begin + 1e-3 * span, values) - solution.at(begin, values)
                    here = here + 1e-9 * np.abs(here).max() * np.sign(normal @ away) * normal / np.abs(normal).max()
            *records, here = _between(slope, free, (begin, begin + span), here, closed=end < np.inf)
            found.append((records[0], records[1], records[2]))
        begin = end
    times, path, speeds = (np.concatenate(column) for column in zip(*found, strict=True))
    return times, path, speeds


def _span(solution: ExactSolution, values: Values, gradient: list[sympy.Expr], start: Array, begin: float) -> float:
    """Return for how long a flow moves from some time on, as its Hessian there tells, and exists."""
    hessian = [derivative(g, w) for g in gradient for w in solution.flow.parameters]
    try:
        fastest = max(abs(float(h)) for h in Precise(solution.flow.parameters, hessian)(list(start), 30))
    except NotReal:
        fastest = 1.0
    span = min(3 / fastest if fastest else 1.0, 1e6)
    span = max(span, _to_edge(solution, gradient, start))
    end = solution.ends(values, before=begin + 2 * span) - begin
    span = end if end < 100 * span else span
    if span == end or any(map(is_bounded, solution.flow.parameters)):
        span = _nearly(solution, values, start, begin, span)
    if not span > 0:
        raise Refuted("it ends at its start")
    return span


def _to_edge(solution: ExactSolution, gradient: list[sympy.Expr], start: Array) -> float:
    """Return thrice the time in which parameters would come to the edge of their domain if none changed its speed."""
    slope = Precise(solution.flow.parameters, gradient)(list(start), 30)
    ways = zip(solution.flow.parameters, start, slope, strict=True)
    return 3 * max((float(w0 / g) for w, w0, g in ways if is_bounded(w) and w0 * g > 0), default=0.0)


def _nearly(solution: ExactSolution, values: Values, start: Array, begin: float, end: float) -> float:
    """Return a time close to an end, at which no parameter is so small that an integration loses it."""
    for part in _PARTS:
        try:
            (place,) = solution.at(begin + part * end, values)
        except ValueError:  # beyond the range of a float
            continue
        if np.all(np.abs(place) >= 1e-6 * np.abs(start)):
            break
    return part * end


def _between(
    slope: Any, free: Array, interval: tuple[float, float], start: Array, *, closed: bool
) -> tuple[Array, Array, Array, Array]:
    """Integrate by SciPy; return some times, with parameters and largest rates there, and the parameters at the end.

    Where it ends at a kink the last bit of the way is a straight line, so that nothing beyond the kink is looked at.
    """
    from scipy.integrate import solve_ivp

    steps = count()

    def rates(t: float, w: Array) -> Array:
        if next(steps) > _MOST_EVALUATIONS:
            raise Refuted("the independent integration hardly moves")
        with np.errstate(all="ignore"):
            moved: Array = free @ np.array(slope(*w), dtype=float)
        return moved

    begin, end = interval
    rest = 1e-7 * (end - begin) if closed else 0.0
    scale = float(np.abs(start).max()) or (end - begin) * float(np.abs(rates(begin, start)).max()) or 1.0
    with np.errstate(all="ignore"):
        path = solve_ivp(rates, (begin, end - rest), start, method="LSODA", rtol=1e-10, atol=1e-13 * scale)
    if not path.success or not np.isfinite(path.y).all():
        raise Refuted(f"the independent integration failed: {path.message}")
    speeds = np.array([np.abs(rates(begin, w)).max() for w in path.y.T])
    last = int(np.flatnonzero(speeds >= 1e-6 * speeds.max())[-1])  # beyond, it is at rest
    chosen = np.unique(np.ceil(_FRACTIONS * max(last, 1)).astype(int))
    chosen = chosen[path.t[chosen] > begin]  # the first step may be too short for a later time
    final = path.y[:, -1]
    return path.t[chosen], path.y.T[chosen], speeds[chosen], final + rest * rates(end, final)


def _substitute(solution: ExactSolution, values: Values, times: Array) -> None:
    """Refute a solution that fails substitution, also in so many digits that no cancellation counts."""
    if _rests(solution, values):
        return None
    for digits in _DIGITS[:-1]:
        try:
            return _substituted(solution, values, times, digits)
        except Refuted:
            continue
    return _substituted(solution, values, times, _DIGITS[-1])


def _rests(solution: ExactSolution, values: Values) -> bool:
    """Return whether a solution stays at its start and all digits of the gradient cancel there, so that it is 0."""
    start = [solution.start[w] for w in solution.flow.parameters]
    still = start == [solution.expressions[w] for w in solution.flow.parameters]
    if not still or solution.kinks or solution.flow.loss.has(*KINKED):  # a kink may lead away though its slope is 0
        return False
    gradient = Precise(solution.flow.parameters, _gradient(solution, values))
    return not any(gradient.settled([w0.subs(values) for w0 in start]))


def _substituted(solution: ExactSolution, values: Values, times: Array, digits: int) -> None:
    """Refute a solution that does not begin at the start, or whose derivative is not the flow's."""
    flow, t = solution.flow, solution.time
    real = {y: sympy.Dummy(y.name, real=True, positive=y.is_positive) for y in solution.clocks}
    clocks = {real[y]: clock for y, clock in solution.clocks.items()}
    expressions = [solution.expressions[w].subs(values).xreplace(real) for w in flow.parameters]
    rates = {y: clock.rate.subs(values).xreplace(real) for y, clock in clocks.items()}
    pace = Precise(list(clocks), list(rates.values()))
    ticks = {y: Precise([y], [derivative(clock.time.subs(values).xreplace(real), y)]) for y, clock in clocks.items()}
    velocities = [e.diff(t) + sum(e.diff(y) * rate for y, rate in rates.items()) for e in expressions]
    both = Precise([t, *clocks], [*expressions, *velocities])
    gradient = Precise(flow.parameters, _gradient(solution, values))
    first = Precise([], [w0.subs(values) for w0 in solution.start.values()])([], digits)
    size = len(expressions)
    for at, coordinates in solution.coordinates_at(np.append(0.0, times), values):
        try:
            found = both([at, *coordinates], digits)
            slope = gradient(found[:size], digits)
        except NotReal as error:
            raise Refuted(f"it has no real value at t = {at:.3g}: {error}") from error
        if at == 0:
            slowest = 1e-12 * max(abs(g) for g in slope)
            least = 0 if any(first) else slowest * float(times[-1])
            _alike(found[:size], first, least, "at time 0 it is not the start")
        wanted = [-g for g in slope]
        held = _held(solution, values, at)
        if held:
            wanted = _tangent(gradient, found[:size], wanted, held, digits)
        if at > 0 or not flow.loss.has(*KINKED):  # at a kink a gradient is that of neither side
            _alike(found[size:], wanted, slowest, f"its derivative at t = {at:.3g} is not the flow's")
        if at > 0:
            places = zip(clocks.values(), ticks.values(), coordinates, pace(coordinates, digits), strict=True)
            moving = [  # no clock leaves a stationary point
                (tick, y, v)
                for clock, tick, y, v in places
                if abs(v) > slowest and float(clock.begins.subs(values)) < at < float(clock.ends.subs(values))
            ]
            if any(abs(tick([y], digits)[0] * v - 1) > 1e-30 for tick, y, v in moving):
                raise Refuted("the derivative of its clock is not the reciprocal of its rate")


def _held(solution: ExactSolution, values: Values, at: float) -> list[Sequence[sympy.Expr]]:
    """Return the directions in which a solution rests at a time, at kinks to which it has come."""
    return [
        held
        for kink in solution.kinks
        if float(kink.time.subs(values)) <= at < float(kink.until.subs(values))
        for held in kink.held
    ]


def _tangent(
    gradient: Precise,
    place: Sequence[Any],
    velocity: Sequence[Any],
    held: Sequence[Sequence[sympy.Expr]],
    digits: int,
) -> list[Any]:
    """Return a velocity without its part along directions of rest, to each of which the flow must lead from both sides.

    The gradients on the two sides of a kink differ along its direction alone, so that those of the others do not count
    on a way at right angles to all these.
    """
    context = gradient.context
    normals = context.matrix([[gradient.number(entry, digits) for entry in vector] for vector in held])
    duals = normals.T * context.inverse(normals * normals.T)
    step = context.mpf(10) ** -20 * (1 + max(abs(w) for w in place))
    for k in range(duals.cols):
        along = list(duals.column(k))
        above, below = (
            context.fdot(gradient([w + h * n for w, n in zip(place, along, strict=True)], digits), along)
            for h in (step, -step)
        )
        least = -1e-12 * max(abs(above), abs(below))
        if above < least or -below < least:
            raise Refuted("it rests at a kink from which the flow leads away")
    return list(context.matrix(velocity) - duals * (normals * context.matrix(velocity)))


def _alike(found: Sequence[Any], wanted: Sequence[Any], least: Any, what: str) -> None:
    """Refute numbers that differ, relative to their size or one below which digits are lost."""
    scale = max(*(abs(x) for x in wanted), least)
    if any(abs(x - y) > 1e-34 * scale for x, y in zip(found, wanted, strict=True)):
        raise Refuted(f"{what}: {float(found[0]):.10g} for {float(wanted[0]):.10g}")


def _compare(exact: Array, path: Array, sensitivity: Array) -> None:
    """Refute a solution from which the integration departs by more than its tolerance, grown where times are long."""
    apart = np.abs(path - exact)
    allowed = 1e-6 * np.abs(exact) + 1e-8 * (float(np.abs(exact).max()) + sensitivity[:, None]) + 1e-300
    if np.any(apart > allowed):
        raise Refuted(f"it departs from an independent integration by {apart.max():.3g}")


def _vanishes(solution: ExactSolution) -> bool:
    """Return whether algebra shows the residual to be 0; exponentials and functions count as unknowns."""
    flow = solution.flow
    put = {w: solution.expressions[w] for w in flow.parameters}
    if solution.clocks or solution.kinks or sum(e.count_ops() for e in put.values()) > _ALGEBRA_SIZE:
        return False
    residuals = [
        put[w].diff(solution.time) + derivative(flow.loss, w).subs(put, simultaneous=True) for w in flow.parameters
    ]
    exponents = [power.exp for residual in residuals for power in residual.atoms(sympy.Pow) if power.exp.is_Rational]
    if any(max(abs(exponent.p), exponent.q) > _ALGEBRA_SIZE for exponent in exponents):
        return False
    try:
        return all(_cancels(residual) for residual in residuals)
    except BasePolynomialError:
        return False


def _cancels(residual: sympy.Expr) -> bool:
    """Return whether a fraction of polynomials in its roots, exponentials and functions is 0."""
    residual = sympy.expand_power_exp(residual)
    bases: dict[sympy.Expr, int] = {}
    for power in residual.atoms(sympy.Pow):
        if power.exp.is_Rational and not power.exp.is_Integer and not power.base.is_number:
            bases[power.base] = int(sympy.lcm(bases.get(power.base, 1), power.exp.q))
    for base, q in bases.items():
        root = sympy.Dummy("root")
        roots = {p: root ** (p.exp * q) for p in residual.atoms(sympy.Pow) if p.base == base and p.exp.is_Rational}
        above = sympy.fraction(sympy.cancel(sympy.together(residual.xreplace(roots))))[0]
        if above.has(root):
            above = sympy.rem(sympy.Poly(above, root), sympy.Poly(root**q - base, root)).as_expr()
        residual = above
    return bool(sympy.cancel(sympy.together(residual)) == 0)
