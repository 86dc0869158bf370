from dataclasses import replace

import numba
import numpy as np
import pytest

from flowlab.dynamics import Status, flow, flow_ensemble
from tests.dynamics.problems import least_squares, power_system, separate, toy, toy_problem


@pytest.mark.parametrize("method", ["dop853", "dopri5"])
@pytest.mark.parametrize("coordinates", ["weights", "log"])
def test_members_are_single_runs_bit_for_bit(method, coordinates):
    generator = np.random.default_rng(3)
    size = 20
    targets = generator.uniform(1, 10, (size, 2))
    starts = generator.uniform(0.05, 0.5, (size, 2))
    system = toy(3, [1.0, 1.0], 0.1)
    constants = np.column_stack([np.full(size, 3.0), targets])
    ends = flow_ensemble(system, 2.0, starts=starts, constants=constants, method=method, coordinates=coordinates)
    assert ends.ok
    for m in range(size):
        alone = replace(system, start=starts[m], constants=constants[m], target=targets[m])
        path = flow(alone, 2.0, method=method, coordinates=coordinates)
        assert np.array_equal(path.parameters[-1], ends.parameters[m])
        assert np.array_equal(path.induced[-1], ends.induced[m])
        assert path.statistics.steps == ends.steps[m]
    assert len(set(ends.steps)) > 1


def test_closed_form_and_the_caller_keeps_the_starts():
    problem = toy_problem(2, 3.0, 0.1)
    starts = np.full((4, 1), np.sqrt(0.1))
    before = starts.copy()
    ends = flow_ensemble(problem.system, 1.5, starts=starts)
    assert np.array_equal(starts, before)
    assert np.abs(ends.parameters - problem.exact([1.5])).max() < 1e-8
    assert ends.t.tolist() == [1.5] * 4


def test_each_member_has_its_own_status():
    # ẇ = w² from 2 ends at t = 1/2; from 1/2 it lives until 2.
    ends = flow_ensemble(power_system(1.0, 2.0), 1.0, starts=[[2.0], [0.5]])
    assert list(ends.status) == [Status.DIVERGED, Status.REACHED_END]
    assert not ends.ok
    assert ends.t[0] == pytest.approx(0.5, abs=1e-4)
    assert ends.parameters[1, 0] == pytest.approx(1.0, rel=1e-8)
    assert np.isfinite(ends.parameters).all()
    # Alone, where no other member's end has it looked at, it fails at the same step.
    alone = flow_ensemble(power_system(1.0, 2.0), 1.0, starts=[[2.0]], max_steps=1000)
    assert (alone.status[0], alone.t[0], alone.steps[0]) == (Status.DIVERGED, ends.t[0], ends.steps[0])
    limited = flow_ensemble(power_system(1.0, 2.0), 1.0, starts=[[0.5]], max_steps=2)
    assert limited.status[0] is Status.STEP_LIMIT
    assert limited.t[0] < 1


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="a large ensemble")
@pytest.mark.parametrize("method", ["dop853", "dopri5"])
def test_no_member_slips_past_the_error_estimate(method):
    # Over so many members an estimate passes through zero by accident somewhere; no end may be off by it.
    generator = np.random.default_rng(1)
    size = 20_000
    target = generator.uniform(1, 10, size)
    starts = np.cbrt(10 ** generator.uniform(-3, -1, size))[:, None]
    constants = np.column_stack([np.full(size, 3.0), target])
    system = toy(3, 1.0, 0.1)
    ends = flow_ensemble(system, 3.0, starts=starts, constants=constants, method=method)
    tight = flow_ensemble(system, 3.0, starts=starts, constants=constants, rtol=3e-13, atol=1e-15)
    assert np.abs(ends.parameters - tight.parameters).max() < 1e-8


def ends_of(system, starts, constants, **options):
    ends = flow_ensemble(system, 1.5, starts=starts, constants=constants, **options)
    return ends, np.column_stack([ends.parameters, ends.t, ends.codes, ends.steps])


@pytest.mark.parametrize("modes, members", [(1, 67), (3, 30), (40, 5)])
@pytest.mark.parametrize("coordinates", ["weights", "log"])
def test_a_member_ends_with_the_same_bits_in_any_company(modes, members, coordinates):
    if numba.config.DISABLE_JIT:
        members = 3
    generator = np.random.default_rng(modes)
    starts = generator.uniform(0.2, 1.2, (members, modes))
    constants = generator.uniform(0.5, 4, (members, 2 * modes))
    system = separate(modes)
    _, together = ends_of(system, starts, constants, coordinates=coordinates)
    order = generator.permutation(members)
    _, shuffled = ends_of(system, starts[order], constants[order], coordinates=coordinates)
    assert np.array_equal(together[order], shuffled)
    for m in order[:5]:
        _, alone = ends_of(system, starts[m : m + 1], constants[m : m + 1], coordinates=coordinates)
        assert np.array_equal(alone[0], together[m])
        path = flow(replace(system, start=starts[m], constants=constants[m]), 1.5, coordinates=coordinates)
        assert np.allclose(path.parameters[-1], together[m, :modes], rtol=1e-8, atol=1e-10)
    # The same gradient, called for each member by itself, gives the same ends.
    _, single = ends_of(replace(system, separable=False), starts, constants, coordinates=coordinates)
    assert np.allclose(single[:, :modes], together[:, :modes], rtol=1e-8, atol=1e-10)


def test_a_failing_member_leaves_its_neighbours_alone():
    # ẇ = 1/w lives for ever; ẇ = 2 w³ ends at t = 1/(4 w(0)²).
    good, bad = [1.0, -1.0], [2.0, 3.0]
    starts = np.array([[0.5], [2.0], [1e200], [0.7], [3.0]])
    powers = np.array([good, bad, bad, good, bad])
    system = separate(1, "power")
    ends, everything = ends_of(system, starts, powers)
    assert list(ends.status) == [Status.REACHED_END, *[Status.DIVERGED] * 2, Status.REACHED_END, Status.DIVERGED]
    assert np.isfinite(everything).all()
    assert ends.t[[1, 4]] == pytest.approx([1 / 16, 1 / 36], rel=1e-4)
    alone, _ = ends_of(system, starts[[0, 3]], powers[[0, 3]])
    assert np.array_equal(alone.parameters, ends.parameters[[0, 3]])
    limited, _ = ends_of(system, starts, powers, max_steps=3)
    assert list(limited.status) == [Status.STEP_LIMIT, Status.STEP_LIMIT, Status.DIVERGED, *[Status.STEP_LIMIT] * 2]
    assert (limited.steps <= 3).all()


@pytest.mark.parametrize(
    "system, reason",
    [
        (least_squares(), "with 1 constants and 23 examples"),
        (toy(3, [1.0, 2.0], 0.1), "with 3 constants and 0 examples"),
        (toy(3, [2.0], 0.1), "for a gradient that changes with the number of parameters"),
    ],
)
def test_separable_is_refused_where_it_is_not_so(system, reason):
    with pytest.raises(ValueError, match=f"separable: got True {reason}"):
        flow(replace(system, separable=True), 1.0)


@pytest.mark.parametrize("method", ["dop853", "dopri5"])
def test_systems_with_data_and_many_parameters(method):
    system = least_squares()
    starts = np.random.default_rng(0).normal(size=(3, 3))
    ends = flow_ensemble(system, 2.0, starts=starts, method=method)
    for m in range(3):
        path = flow(replace(system, start=starts[m]), 2.0, method=method)
        assert np.array_equal(path.parameters[-1], ends.parameters[m])
    wide = toy(3, np.linspace(1, 4, 300), 0.1)
    one = flow_ensemble(wide, 0.2, starts=wide.start[None, :], method=method)
    assert np.array_equal(one.parameters[0], flow(wide, 0.2, method=method).parameters[-1])
