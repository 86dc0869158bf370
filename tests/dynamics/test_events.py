import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.dynamics import Hitting, LossLevel, Stationary, Status, flow
from tests.dynamics.problems import bump, linear_problem, toy, toy3_time, toy_problem

METHODS = ("dop853", "dopri5", "scipy:DOP853", "scipy:Radau")


@given(target=st.floats(1, 12), part=st.floats(0.05, 0.9), method=st.sampled_from(METHODS[:3]))
@settings(max_examples=40, deadline=None)
def test_hitting_times(target, part, method):
    system = toy(3, target, 0.01)
    level = part * target
    path = flow(system, 60.0, method=method, rtol=1e-11, atol=1e-14, events=[Hitting(level)])
    (hit,) = path.events
    assert hit.event == Hitting(level)
    assert hit.time == pytest.approx(toy3_time(level, target, 0.01), rel=1e-8)
    assert hit.parameters[0] ** 3 == pytest.approx(level, rel=1e-9)
    assert path.status is Status.REACHED_END


@pytest.mark.parametrize("method", [*METHODS, "rkc2"])
@pytest.mark.parametrize("coordinates", ["weights", "log"])
def test_terminal_event_ends_the_run(method, coordinates):
    problem = toy_problem(2, [4.0, 2.0], 0.05)
    events = (Hitting(2.0, index=1), Hitting(2.0, terminal=True), Hitting(1.0), Hitting(3.0))
    path = flow(problem.system, 10.0, method=method, events=events, rtol=1e-9, coordinates=coordinates)
    assert path.status is Status.STOPPED
    assert path.ok
    expected = np.log((4 / 0.05 - 1) / (4 / 2.0 - 1)) / 4
    assert path.t[-1] == pytest.approx(expected, abs=1e-6)
    assert path.induced[-1, 0] == pytest.approx(2.0, abs=1e-6)
    assert [o.event for o in path.events] == [Hitting(1.0), Hitting(2.0, terminal=True)]
    assert "terminal event" in path.message
    times = np.linspace(0, 10, 101)
    again = flow(problem.system, 10.0, method=method, events=events, rtol=1e-9, coordinates=coordinates, times=times)
    assert again.t[-1] == path.t[-1]
    assert np.array_equal(again.t[:-1], times[times < path.t[-1]])


@pytest.mark.parametrize("method", METHODS)
def test_stationary(method):
    problem = linear_problem([1.0, 3.0])
    path = flow(problem.system, 100.0, method=method, events=[Stationary(1e-4)], rtol=1e-10, atol=1e-14)
    assert path.status is Status.STOPPED
    # The slow mode alone is left: |∇L| = e^(−t).
    assert path.t[-1] == pytest.approx(-np.log(1e-4), abs=1e-4)
    out = np.abs(path.parameters[-1] - 1)
    assert np.hypot(out[0], 3 * out[1]) == pytest.approx(1e-4, rel=1e-6)
    quiet = flow(problem.system, 100.0, method=method, events=[Stationary(1e-4, terminal=False)])
    assert quiet.status is Status.REACHED_END
    assert len(quiet.events) == 1


@pytest.mark.parametrize("method", [*METHODS[:3], "rkc2"])
def test_what_holds_at_the_start_happens_at_once(method):
    problem = linear_problem([1.0])
    path = flow(problem.system, 1.0, method=method, events=[Hitting(2.0), Stationary(5.0, terminal=False)])
    assert [o.time for o in path.events] == [0.0, 0.0]
    assert path.status is Status.REACHED_END
    stopped = flow(problem.system, 1.0, method=method, events=[Stationary(5.0)])
    assert stopped.status is Status.STOPPED
    assert stopped.t.tolist() == [0.0]
    assert stopped(0.0).tolist() == [2.0]


@pytest.mark.parametrize("method", METHODS[:3])
def test_a_level_crossed_twice_and_one_never_reached(method):
    # Depth 1 in two modes; the sum is not monotone, but a single mode is: cross down, never below the target.
    path = flow(linear_problem([1.0]).system, 3.0, method=method, events=[Hitting(1.5), Hitting(0.9)])
    assert [o.event.level for o in path.events] == [1.5]
    assert path.events[0].time == pytest.approx(np.log(2), abs=1e-8)


def test_many_events_are_kept_in_order():
    levels = np.linspace(1.01, 1.99, 40)
    path = flow(linear_problem([1.0]).system, 10.0, events=[Hitting(x) for x in levels])
    assert [o.event.level for o in path.events] == sorted(levels, reverse=True)
    expected = -np.log(np.sort(levels)[::-1] - 1)
    assert np.abs(np.array([o.time for o in path.events]) - expected).max() < 1e-7


@pytest.mark.parametrize("method", METHODS[:3])
def test_a_level_crossed_and_crossed_back_in_one_step(method):
    options = {"first_step": 1.2, "rtol": 0.99, "atol": 10.0}
    path = flow(bump(), 1.2, method=method, events=[Hitting(0.24)], **options)
    assert path.statistics.steps == 1
    # So long a step is rough; its own dense output rises through the level and falls back.
    up, down = (o.time for o in path.events)
    assert path.induced_at([up, down])[:, 0] == pytest.approx([0.24, 0.24], rel=1e-9)
    assert path.induced_at(0.5 * (up + down))[0] > 0.24
    assert [o.time for o in path.events] == pytest.approx([np.log(10 / 6), np.log(10 / 4)], abs=0.3)


@pytest.mark.parametrize("method", [*METHODS, "rkc2"])
def test_nothing_happens_after_a_terminal_event(method):
    levels = (1.5, 1.5 - 1e-6, 1.5 + 1e-6)
    events = [Hitting(level, terminal=level == 1.5) for level in levels]
    path = flow(linear_problem([1.0]).system, 3.0, method=method, events=events)
    assert [o.event.level for o in path.events] == [1.5 + 1e-6, 1.5]


@pytest.mark.parametrize("method", METHODS)
def test_a_level_of_the_loss(method):
    # The loss (w − 1)²/2 is e^(−2t)/2.
    system = linear_problem([1.0]).system
    path = flow(system, 9.0, method=method, events=[LossLevel(0.1, terminal=False), LossLevel(0.01)], rtol=1e-10)
    assert path.status is Status.STOPPED
    assert [o.time for o in path.events] == pytest.approx([np.log(5) / 2, np.log(50) / 2], abs=1e-7)
    at_once = flow(system, 9.0, method=method, events=[LossLevel(0.5)])
    assert at_once.t.tolist() == [0.0]
