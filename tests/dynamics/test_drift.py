"""The drift of conserved quantities: small where a method is accurate, of its order, large where nothing is kept."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab._jit import typed_kernel
from flowlab.dynamics import METHODS, Drift, GradientSystem, Hitting, Status, descent, flow, flow_ensemble
from flowlab.dynamics.signatures import CONSERVED, GRADIENT, LOSS
from tests.dynamics.problems import linear_problem


@typed_kernel(GRADIENT)
def product_gradient(w, constants, data, rows, out):
    miss = w[0] * w[1] - constants[0]
    out[0], out[1] = miss * w[1], miss * w[0]


@typed_kernel(LOSS)
def product_loss(w, constants, data, rows):
    return 0.5 * (w[0] * w[1] - constants[0]) ** 2


@typed_kernel(CONSERVED)
def kept(w, constants, out):
    """a^2 - b^2, which is conserved, and its size."""
    out[0] = w[0] ** 2 - w[1] ** 2
    out[1] = w[0] ** 2 + w[1] ** 2


@typed_kernel(CONSERVED)
def both(w, constants, out):
    """a^2 - b^2, and c a b with the constant c, which is not conserved."""
    out[0] = w[0] ** 2 - w[1] ** 2
    out[1] = constants[0] * w[0] * w[1]
    out[2] = w[0] ** 2 + w[1] ** 2
    out[3] = abs(out[1])


@typed_kernel(CONSERVED)
def cubes(w, constants, out):
    out[0], out[1] = w[0] ** 300, abs(w[0]) ** 300


def product(start=(0.1, 0.5), target=2.0, conserved=kept, names=("gap",)):
    """L = (a b - c)^2/2, whose flow conserves a^2 - b^2."""
    return GradientSystem(
        product_gradient,
        product_loss,
        np.array(start),
        np.array([target]),
        conserved=conserved,
        conserved_names=names,
    )


def test_the_drift_is_that_of_the_records():
    path = flow(product(conserved=both, names=("gap", "product")), 5.0, rtol=1e-4, times=[2.0, 5.0])
    a, b = path.parameters.T
    start = np.array([0.1**2 - 0.5**2, 2 * 0.1 * 0.5])
    values = np.stack([a**2 - b**2, 2 * a * b], axis=1)
    np.testing.assert_allclose(path.drift.absolute, np.abs(values - start).max(axis=0), rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(path.drift.scale, [(a**2 + b**2).max(), (2 * a * b).max()], rtol=1e-14)
    np.testing.assert_allclose(path.conserved.values(path.parameters), values, rtol=1e-14)
    assert path.drift.worst == path.drift.relative.max()


def test_what_is_not_conserved_drifts():
    path = flow(product(conserved=both, names=("gap", "product")), 5.0)
    assert path.drift.relative[0] < 1e-11
    assert path.drift.relative[1] > 0.9
    assert "product" in path.summary
    assert path.summary.startswith(f"The flow reached t = 5; {path.statistics.steps} steps")


@pytest.mark.parametrize("method, power", [("dopri5", 1.0), ("dop853", 1.0), ("rkc2", 2 / 3)])
def test_the_drift_falls_with_the_tolerance(method, power):
    """The error of a step being held at rtol, drift falls with rtol^(p/(p+1)), or faster.

    rkc2 estimates an error of order 3 by one of order 2.
    """
    tolerances = np.array([1e-4, 1e-6, 1e-8])
    drifts = [flow(product(), 5.0, method=method, rtol=r, atol=r * 1e-3).drift.worst for r in tolerances]
    order = np.log(drifts[0] / drifts[-1]) / np.log(tolerances[0] / tolerances[-1])
    assert 0.75 * power < order < 1.3 * power


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("coordinates", ["weights", "log"])
def test_every_method_reports_it(method, coordinates):
    path = flow(product(), 5.0, method=method, rtol=1e-6, atol=1e-9, coordinates=coordinates)
    assert 0 < path.drift.worst < 1e-4


@given(
    start=st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    target=st.floats(-3, 3),
    rate=st.floats(1e-4, 2e-3),
)
@settings(max_examples=40, deadline=None)
def test_a_descent_drifts_in_proportion_to_its_learning_rate(start, target, rate):
    """A step multiplies a^2 - b^2 by 1 - (eta miss)^2, which is exact; the drift is of order eta."""
    system, steps = product(start, target), 400
    ends = []
    for eta, count in ((rate, steps), (rate / 2, 2 * steps)):
        path = descent(system, eta, steps=count, record=1)
        miss = path.parameters[:-1].prod(axis=1) - target
        factors = np.concatenate([[1.0], np.cumprod(1 - (eta * miss) ** 2)])
        gap = start[0] ** 2 - start[1] ** 2
        exact = np.abs(gap * (factors - 1)).max()
        assert path.drift.absolute[0] == pytest.approx(exact, rel=1e-6, abs=1e-12)
        ends.append(exact)
    if ends[1] > 1e-9:
        assert 1.8 < ends[0] / ends[1] < 2.2


def test_a_descent_that_diverges_reports_it_all_the_same():
    path = descent(product(start=(30.0, 1.0)), 1.0, steps=100)
    assert path.status is Status.DIVERGED
    assert path.drift.worst > 0.5


def test_a_function_that_overflows():
    path = flow(product(start=(0.1, 30.0), conserved=cubes, names=("high",)), 1.0)
    assert path.drift.worst == pytest.approx(1.0)
    path = flow(product(start=(20.0, 0.1), conserved=cubes, names=("high",)), 1.0)
    assert path.drift.worst == np.inf


def test_an_ensemble_reports_each_member():
    starts, targets = np.array([[0.1, 0.5], [3.0, -1.0]]), np.array([[2.0], [-1.0]])
    system = product(conserved=both, names=("gap", "product"))
    end = flow_ensemble(system, 5.0, starts=starts, constants=targets, rtol=1e-5)
    assert end.drift.absolute.shape == (2, 2)
    for k in range(2):
        alone = flow(
            replace(system, start=starts[k], constants=targets[k]), 5.0, rtol=1e-5, times=[5.0], dense=False
        ).drift
        np.testing.assert_allclose(end.drift.absolute[k], alone.absolute, rtol=1e-12, atol=0)
    assert end.drift.relative[:, 0].max() < 1e-4
    np.testing.assert_allclose(end.drift.relative[:, 1], [1 - 0.05 / 2, 1 - 1 / 3], rtol=1e-4)  # a b goes to c
    assert end.drift.worst == end.drift.relative.max()
    assert "product" in str(end.drift)


def test_an_event_does_not_hide_it():
    path = flow(product(), 50.0, events=[Hitting(0.9, terminal=True)], times=[49.0])
    assert path.status is Status.STOPPED
    assert 0 < path.drift.worst < 1e-10


def test_systems_that_know_none():
    system = linear_problem([1.0, 2.0]).system
    path = flow(system, 1.0)
    assert (path.conserved, path.drift) == (None, None)
    assert "conserved" not in path.summary
    assert flow_ensemble(system, 1.0, starts=[[1.0, 2.0]]).drift is None
    assert Drift((), np.zeros(0), np.zeros(0)).worst == 0.0


@pytest.mark.parametrize(
    "conserved, names, message",
    [
        (kept, (), "conserved_names: got 0 with a kernel; allowed: one for each"),
        (None, ("gap",), "conserved_names: got 1 with no kernel; allowed"),
        (3, ("gap",), "conserved: got 3; allowed: a kernel of the signature CONSERVED"),
    ],
)
def test_bad_systems(conserved, names, message):
    with pytest.raises(ValueError, match=message):
        flow(product(conserved=conserved, names=names), 1.0)
