"""In logarithms of the weights: what tolerances mean there, and the Jacobian of the implicit methods."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from flowlab.dynamics import METHODS, flow, flow_ensemble
from flowlab.dynamics._prepared import prepare
from flowlab.dynamics._scipy_flow import Equation
from tests.dynamics.problems import linear_problem, power_system, toy


@pytest.mark.parametrize("method", METHODS[:6])
@pytest.mark.parametrize("scale", [2.0**-40, 2.0**40])
def test_steps_do_not_depend_on_the_unit_of_the_weights(method, scale):
    # SciPy's own guess of a first step looks at the size of the logarithm itself.
    first = 1e-3 if method.startswith("scipy") else None
    options = {"method": method, "coordinates": "log", "first_step": first}
    plain = flow(power_system(1.0, 2.0), 0.9, rtol=1e-6, **options)
    scaled = flow(power_system(1.0 / scale, 2.0, start=scale), 0.9, rtol=1e-6, **options)
    assert scaled.statistics == plain.statistics
    # The first step looks at rounding.
    assert np.allclose(scaled.t, plain.t, rtol=1e-6)
    assert np.allclose(scaled.parameters[-1], scale * plain.parameters[-1], rtol=1e-6)
    if method in METHODS[:2]:
        system = power_system(1.0 / scale, 2.0)
        ends = flow_ensemble(system, 0.9, starts=[[scale]], rtol=1e-6, method=method, coordinates="log")
        assert ends.steps[0] == plain.statistics.steps


@pytest.mark.parametrize("method", ["DOP853", "RK45", "Radau"])
def test_a_relative_tolerance_is_an_absolute_one_of_the_logarithm(method):
    # v = log w obeys v̇ = (1 − e^v) e^(−v).
    path = flow(linear_problem([1.0]).system, 3.0, method=f"scipy:{method}", coordinates="log", rtol=1e-6, atol=1e-7)
    jacobian = {"jac": lambda t, v: -np.exp(-v)[None, :]} if method == "Radau" else {}
    tolerances = {"rtol": 100 * np.finfo(float).eps, "atol": 1.1e-6}
    peer = solve_ivp(lambda t, v: np.exp(-v) - 1, (0, 3), [np.log(2.0)], method=method, **tolerances, **jacobian)
    assert path.statistics.steps == peer.t.size - 1
    assert np.allclose(path.t, peer.t, rtol=1e-6)


@given(
    depth=st.sampled_from([2, 3]),
    weights=st.lists(st.floats(0.2, 2), min_size=1, max_size=4),
    logarithmic=st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_the_jacobian_is_the_derivative_of_the_slope(depth, weights, logarithmic):
    system = toy(depth, np.full(len(weights), 1.3), 0.5)
    equation = Equation(system, prepare(system), logarithmic)
    y = np.log(weights) if logarithmic else np.array(weights)
    shifts = 1e-5 * np.eye(y.size)
    expected = np.array([(equation.slope(0, y + e) - equation.slope(0, y - e)) / 2e-5 for e in shifts]).T
    assert np.allclose(equation.jacobian(0, y), expected, rtol=1e-6, atol=1e-7)
