"""rkc2: its coefficients by another route, its order, its stability, and what it costs on stiff flows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath import mp

from flowlab.dynamics import Hitting, LossLevel, Status, flow, flow_ensemble
from flowlab.dynamics._chebyshev import Spectrum, coefficients, longest_step, stages_for, start_afresh
from flowlab.dynamics._runge_kutta import Field, Work
from tests.dynamics.problems import (
    bump,
    least_squares,
    linear_problem,
    power_system,
    regression,
    rotated_problem,
    toy_problem,
)

DAMPING = mp.mpf(2) / 13


def chebyshev(j, x):
    """T_j and its first two derivatives at x > 1."""
    angle, root = j * mp.acosh(x), mp.sqrt(x * x - 1)
    first = j * mp.sinh(angle) / root
    return mp.cosh(angle), first, (j * j * mp.cosh(angle) - x * first) / (x * x - 1)


def published(stages):
    """The coefficients of Sommeijer, Shampine and Verwer 1998, equations (2.4) to (2.7), and b_s and w1."""
    w0 = 1 + DAMPING / stages**2
    values = [chebyshev(j, w0) for j in range(stages + 1)]
    w1 = values[stages][1] / values[stages][2]
    b = [values[j][2] / values[j][1] ** 2 for j in range(2, stages + 1)]
    b = [b[0], b[0], *b]
    table = np.zeros((stages + 1, 4))
    table[1, 2] = b[1] * w1
    for j in range(2, stages + 1):
        slope = 2 * b[j] * w1 / b[j - 1]
        table[j] = 2 * b[j] * w0 / b[j - 1], -b[j] / b[j - 2], slope, -(1 - b[j - 1] * values[j - 1][0]) * slope
    return table, b[stages], w0, w1


@given(stages=st.integers(2, 60))
@example(stages=700)
@settings(max_examples=20, deadline=None)
def test_the_coefficients_are_the_published_ones(stages):
    with mp.workdps(30):
        expected = published(stages)[0]
    assert np.abs(coefficients(stages) - expected).max() < 4e-15


def stability(stages, z):
    """One step of y' = λ y with hλ = z, by the recursion of the coefficients."""
    table = coefficients(stages)
    before, latest = 1.0, 1.0 + table[1, 2] * z
    for mu, nu, now, first in table[2:]:
        before, latest = latest, (1 - mu - nu) + mu * latest + nu * before + now * z * latest + first * z
    return latest


@given(stages=st.integers(2, 400), part=st.floats(0, 1))
@example(stages=169, part=1.4349369327986523e-17)  # where the rounding errors of all stages have one sign
@settings(max_examples=100, deadline=None)
def test_a_step_is_damped_over_the_whole_interval(stages, part):
    z = -part * (stages**2 - 1) / 1.54
    value = stability(stages, z)
    with mp.workdps(30):
        _, b, w0, w1 = published(stages)
        top, x = chebyshev(stages, w0)[0], w0 + w1 * mp.mpf(z)
        assert x >= -1
        exact = 1 + b * (mp.chebyt(stages, x) - top)
        most = 1 if x > 1 else 1 - b * (top - 1)
    # Rounding errors grow with the square of the stages (Verwer, Hundsdorfer & Sommeijer 1990).
    assert value == pytest.approx(float(exact), abs=max(1e-14 * stages, 2.0**-52 * stages**2))
    assert float(1 - b * (top + 1)) - 1e-9 <= value <= float(most) + 1e-9
    assert most < 0.98 or x > 1


@given(radius=st.floats(0, 1e9), h=st.floats(1e-9, 1e3))
@settings(deadline=None)
def test_the_fewest_stages_that_are_stable(radius, h):
    stages = stages_for(h, radius)
    assert stages >= 2
    assert h * radius <= (stages**2 - 1) / 1.54 * (1 + 1e-12)
    assert stages == 2 or h * radius >= ((stages - 1) ** 2 - 1) / 1.54 * (1 - 1e-12)


def asked(system, y, h, logarithmic=False, rtol=1e-6):
    """Return a function of whether a step was rejected: the gradients spent on the radius, it, and the step."""
    size = y.size
    given = (np.empty((0, 1)), np.arange(0)) if system.data is None else (system.data, np.arange(len(system.data)))
    gradient, loss, constants = system.gradient, system.loss, system.constants
    field = Field(gradient, gradient, loss, loss, constants, constants, *given, logarithmic)
    out = np.empty(size)
    system.gradient(np.exp(y) if logarithmic else y, system.constants, *given, out)
    rows = np.zeros((3, size))
    rows[0] = -out / np.exp(y) if logarithmic else -out
    work = Work(rows, *np.empty((5, size)))
    spectrum = Spectrum(np.empty(2), *np.empty((3, size)))
    start_afresh(spectrum)

    def ask(rejected):
        longest, spent = longest_step(field, h, 1.0, rtol, rejected, y, work, spectrum)
        return spent, spectrum.notes[0], longest

    return ask


@given(
    rates=st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=12),
    scale=st.sampled_from([0.0, 1e-30, 1e-12, 1.0, 1e12]),
    logarithmic=st.booleans(),
)
@example(rates=[0.83] * 11 + [1.0], scale=0.0, logarithmic=False)
@settings(max_examples=100, deadline=None)
def test_the_spectral_radius(rates, scale, logarithmic):
    system, top = linear_problem(rates).system, max(rates)
    y = (np.full(len(rates), 0.1) if logarithmic else np.full(len(rates), scale)) * (1 + 0.1 * np.arange(len(rates)))
    # In v = log w the slope rate (e^(−v) − 1) has the derivative −rate e^(−v).
    top = max(np.array(rates) * np.exp(-y)) if logarithmic else top
    spent, radius, _ = asked(system, y, 1e-3 / top, logarithmic)(False)
    assert 2 <= spent <= 50
    assert top <= radius <= 1.202 * top


def test_the_spectral_radius_of_a_fast_mode_at_rest():
    # Across the slope (1, 1), which alone, or with signs alone, would lead to the slow mode's 1.
    system = replace(least_squares(features=2), data=np.array([[1.0, 1.0, 0.0], [100.0, -100.0, 0.0]]))
    radius = asked(system, np.ones(2), 1e-6)(False)[1]
    assert 1e4 <= radius <= 1.202e4


def test_the_radius_is_kept_for_25_steps_and_after_a_rejection_only_if_it_is_new():
    ask = asked(linear_problem([1.0, 50.0]).system, np.full(2, 2.0), 1e-3)
    assert ask(False)[0] > 0
    assert ask(True)[0] == 0
    assert [ask(False)[0] for _ in range(24)] == [0] * 24
    assert ask(False)[0] > 0
    assert ask(False)[0] == 0
    assert ask(True)[0] > 0
    assert ask(True)[0] == 0


@pytest.mark.parametrize("part", [0.5, 0.999, 1.001, 1.02, 100.0])
def test_a_step_has_so_many_stages_at_most_as_rounding_allows(part):
    # At rtol 1e-13 that is 6 of them, which are stable up to h × radius = 35/1.54.
    system, start = linear_problem([1.0]).system, np.full(1, 2.0)
    _, radius, h = asked(system, start, 1.0, rtol=1e-13)(False)
    assert h == 1.0
    longest = 35 / 1.54 / radius
    assert asked(system, start, part * longest, rtol=1e-13)(False)[2] == pytest.approx(min(part, 1.0) * longest)


def test_a_radius_that_falls_is_noticed():
    # ẇ = −w³ from 300: the radius 3 w² falls from 270,000 to 0.015.
    path = flow(power_system(-1.0, 3.0, start=300.0), 100.0, method="rkc2", rtol=1e-3, atol=1e-6)
    assert path.parameters[-1, 0] == pytest.approx((300.0**-2 + 200.0) ** -0.5, rel=0.03)
    assert path.statistics.gradient_evaluations < 4 * path.statistics.steps


def one_step(system, start, h):
    """A single step of size h: with no tolerance to miss, the first step is the last."""
    path = flow(replace(system, start=start), h, method="rkc2", first_step=h, rtol=0.99, atol=1e300)
    assert path.statistics.steps == 1
    return path


def stiffened(extra):
    """The rotated problem beside a fast mode at rest, so that every step has many stages; its exact path."""
    problem = linear_problem([1.0, 0.2, extra])
    return replace(problem, system=replace(problem.system, start=np.array([2.0, 2.0, 1.0])))


def orders(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


@pytest.mark.parametrize("theta", [0.3, 0.6, 1.0])
def test_order_of_one_step_and_its_dense_output(theta):
    problem = rotated_problem()
    steps = (0.02, 0.03, 0.04, 0.06)
    errors = [
        np.abs(one_step(problem.system, problem.system.start, h)(theta * h) - problem.exact([theta * h])[0]).max()
        for h in steps
    ]
    assert orders(steps, errors) == pytest.approx(3, abs=0.25)


@pytest.mark.parametrize("extra", [1.0, 1e3, 1e5])
def test_order_of_the_solution_whatever_the_number_of_stages(extra):
    problem = stiffened(extra)
    counts, errors = (10, 20, 40, 80), []
    for n in counts:
        w = problem.system.start
        for _ in range(n):
            w = one_step(problem.system, w, 3.0 / n).parameters[-1]
        errors.append(np.abs(w[:2] - problem.exact([3.0])[0, :2]).max())
    assert -orders(counts, errors) == pytest.approx(2, abs=0.15)


def test_order_of_the_solution_of_a_coupled_flow():
    problem, counts, errors = rotated_problem(), (40, 80, 160, 320), []
    for n in counts:
        w = problem.system.start
        for _ in range(n):
            w = one_step(problem.system, w, 3.0 / n).parameters[-1]
        errors.append(np.abs(w - problem.exact([3.0])[0]).max())
    assert -orders(counts, errors) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("rate", [0.5, 1.0, 3.0])
def test_the_error_estimate_is_that_of_the_paper(rate):
    # One step of ẇ = −rate (w − 1) that just passes, or just misses, the absolute tolerance of the published estimate.
    problem = linear_problem([rate])
    h = 0.05
    end = one_step(problem.system, problem.system.start, h).parameters[-1, 0]
    estimate = abs(0.8 * (2.0 - end) + 0.4 * h * (-rate - rate * (end - 1.0)))
    rest = 2.3e-14 * 2.0
    for factor, rejected in ((1.001, 0), (0.999, 1)):
        path = flow(problem.system, h, method="rkc2", first_step=h, rtol=2.3e-14, atol=factor * estimate - rest)
        assert (path.statistics.rejected > 0) == (rejected > 0)


@pytest.mark.parametrize("top", [1e2, 1e4, 1e6])
def test_accuracy_and_not_stiffness_sets_the_steps(top):
    problem = linear_problem(np.geomspace(1.0, top, 12))
    path = flow(problem.system, 3.0, method="rkc2", rtol=1e-5, atol=1e-8)
    assert path.ok
    # The fastest mode's own decay takes about 150 steps a decade of its rate; stability would take 2e6 in the end.
    assert path.statistics.steps < 150 * np.log10(top)
    # Its gradients grow as the root of the stiffness.
    assert path.statistics.gradient_evaluations < 400 + 40 * np.sqrt(top)
    assert np.abs(path.parameters - problem.exact(path.t)).max() < 30 * 1e-5


def test_gradients_are_about_the_root_of_dop853s():
    problem = linear_problem([1.0, 3e4])
    costs = {}
    for method in ("rkc2", "dop853"):
        path = flow(problem.system, 5.0, method=method, rtol=1e-4, atol=1e-7)
        assert np.abs(path.parameters[-1] - problem.exact([5.0])[0]).max() < 1e-3
        costs[method] = path.statistics.gradient_evaluations
    assert costs["rkc2"] < 12 * np.sqrt(costs["dop853"])


@pytest.mark.parametrize("coordinates", ["weights", "log"])
@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-7])
def test_agrees_with_closed_forms_and_radau(coordinates, rtol):
    problems = [toy_problem(1, [3.0, 0.5], 0.1), toy_problem(2, [4.0, 1.0, 0.5], 0.02), linear_problem([1.0, 2e3])]
    times = np.linspace(0, 3, 31)
    for problem in problems:
        options = {"times": times, "rtol": rtol, "atol": 1e-3 * rtol, "coordinates": coordinates}
        path = flow(problem.system, 3.0, method="rkc2", **options)
        assert path.ok
        assert np.abs(path.parameters - problem.exact(times)).max() < 300 * rtol
        peer = flow(problem.system, 3.0, method="scipy:Radau", **(options | {"rtol": 1e-8}))
        assert np.abs(path.parameters - peer.parameters).max() < 300 * rtol


def test_a_large_dense_hessian():
    problem = regression()
    times = np.linspace(0, 4, 9)
    path = flow(problem.system, 4.0, method="rkc2", times=times, rtol=1e-6, atol=1e-8, dense=False)
    assert np.abs(path.parameters - problem.exact(times)).max() < 1e-4


@pytest.mark.parametrize("coordinates", ["weights", "log"])
def test_events_on_a_stiff_flow(coordinates):
    events = [Hitting(1.5, index=0), Hitting(1.5, index=1), LossLevel(0.02)]
    options = {"method": "rkc2", "rtol": 1e-7, "atol": 1e-9, "coordinates": coordinates}
    path = flow(linear_problem([1.0, 1e3]).system, 9.0, events=events, **options)
    assert path.status is Status.STOPPED
    assert [o.event for o in path.events] == [events[1], events[0], events[2]]
    assert [o.time for o in path.events] == pytest.approx([np.log(2) / 1e3, np.log(2), np.log(25) / 2], rel=1e-4)
    twice = flow(bump(), 3.0, events=[Hitting(0.24)], **options)
    assert [o.time for o in twice.events] == pytest.approx([np.log(10 / 6), np.log(10 / 4)], abs=1e-4)


@given(
    rate=st.floats(0.1, 1e5),
    until=st.floats(0.01, 10),
    rtol=st.floats(1e-7, 1e-2),
    start=st.sampled_from([0.0, 1e-12, 1.0, 2.0, 1e12]),
)
@settings(max_examples=60, deadline=None)
def test_a_start_anywhere_with_little_or_no_absolute_tolerance(rate, until, rtol, start):
    # At w = 0 a perturbation in proportion to w says nothing of the spectral radius.
    problem = linear_problem([rate])
    path = flow(replace(problem.system, start=np.array([start])), until, method="rkc2", rtol=rtol, atol=0.0)
    assert path.ok
    exact = 1 + (start - 1) * np.exp(-rate * path.t)
    # A relative error grows in proportion to the time, here in e-folds, until w is at 1.
    folds = 1 + np.minimum(rate * path.t, np.log(1e12))
    assert (np.abs(path.parameters[:, 0] - exact) < 2 * rtol ** (2 / 3) * folds * (1 + np.abs(exact))).all()
    assert path.statistics.gradient_evaluations < 300 + (40 + 3 * rtol ** (-1 / 3)) * np.sqrt(100 + rate * until) * 10


@given(exponent=st.floats(0, 305), rtol=st.floats(2.3e-14, 0.99), logarithmic=st.booleans())
@example(exponent=299.9, rtol=0.9, logarithmic=False)
@settings(max_examples=40, deadline=None)
def test_any_stiffness_ends_with_a_status(exponent, rtol, logarithmic):
    options = {"coordinates": "log" if logarithmic else "weights", "rtol": rtol, "max_steps": 4}
    path = flow(linear_problem([10.0**exponent]).system, 1e3, method="rkc2", **options)
    assert np.isfinite(path.parameters).all()
    cost = path.statistics
    most = min(max(2, np.sqrt(rtol / (10 * np.finfo(float).eps))), 20_000)
    assert cost.gradient_evaluations <= 52 + (cost.steps + cost.rejected) * (50 + 1.01 * most + 1)


def test_rest_and_failures():
    rest = flow(replace(linear_problem([1.0, 2e3]).system, start=np.ones(2)), 1e6, method="rkc2", atol=0.0)
    assert rest.ok
    assert (rest.parameters == 1.0).all()
    blown = flow(power_system(1.0, 2.0), 2.0, method="rkc2", rtol=1e-5)
    assert blown.status is Status.DIVERGED
    assert blown.t[-1] == pytest.approx(1.0, abs=1e-2)
    overflowed = flow(power_system(300.0, 1.0), 5.0, method="rkc2", rtol=1e-4)
    assert overflowed.status is Status.DIVERGED
    assert np.isfinite(overflowed.parameters).all()
    small = flow(power_system(-1.0, -1.0), 2.0, method="rkc2", rtol=1e-5)
    assert small.status is Status.STEP_TOO_SMALL
    infinite = flow(power_system(1.0, -1.0, start=0.0), 1.0, method="rkc2")
    assert (infinite.status, infinite.t.tolist()) == (Status.DIVERGED, [0.0])
    limited = flow(linear_problem([1.0, 1e6]).system, 9.0, max_steps=50)
    assert "or for a stiff problem use method='rkc2' or 'scipy:Radau'." in limited.message


def test_not_for_ensembles():
    with pytest.raises(ValueError, match=r"^method: got 'rkc2'; allowed: dop853, dopri5$"):
        flow_ensemble(linear_problem([1.0]).system, 1.0, starts=[[1.0]], method="rkc2")
