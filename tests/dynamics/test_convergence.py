"""Integrators are judged by their measured order of convergence and by the conditions on their tableaux."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate._ivp import dop853_coefficients as published

from flowlab.dynamics import flow
from flowlab.dynamics.tableaux import DOP853, DOPRI5, TABLEAUX
from tests.dynamics.problems import rotated_problem


def one_step(system, start, h, method):
    """A single step of size h: with no tolerance to miss, the first step is the last."""
    path = flow(replace(system, start=start), h, method=method, first_step=h, rtol=0.99, atol=1e300)
    assert path.statistics.steps == 1
    return path


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


@pytest.mark.parametrize("method, counts", [("dopri5", (16, 24, 36, 54)), ("dop853", (8, 11, 16, 20))])
def test_order_of_the_solution(method, counts):
    problem = rotated_problem()
    errors = []
    for n in counts:
        w = problem.system.start
        for _ in range(n):
            w = one_step(problem.system, w, 3.0 / n, method).parameters[-1]
        errors.append(np.abs(w - problem.exact([3.0])[0]).max())
    order = TABLEAUX[method].order
    assert -slope(counts, errors) == pytest.approx(order, abs=0.35)


@pytest.mark.parametrize("method", ["dopri5", "dop853"])
@pytest.mark.parametrize("theta", [0.3, 0.6])
def test_order_of_the_dense_output(method, theta):
    problem = rotated_problem()
    begin, steps = (2.0, (0.1, 0.15, 0.2, 0.3)) if method == "dop853" else (0.0, (0.05, 0.1, 0.15, 0.2))
    start = problem.exact([begin])[0]
    errors = [
        np.abs(one_step(problem.system, start, h, method)(theta * h) - problem.exact([begin + theta * h])[0]).max()
        for h in steps
    ]
    assert slope(steps, errors) == pytest.approx(TABLEAUX[method].dense_order + 1, abs=0.5)


def dense_rows(rows, size):
    matrix = np.zeros((len(rows), size))
    for i, row in enumerate(rows):
        for j, value in row.items():
            matrix[i, j] = value
    return matrix


def test_dop853_is_the_published_method():
    assert np.array_equal(dense_rows(DOP853.rows, 16), published.A)
    assert np.array_equal(dense_rows(DOP853.errors, 13), [published.E5, published.E3])
    assert np.array_equal(dense_rows(DOP853.dense, 16), published.D)


@pytest.mark.parametrize("tableau", [DOPRI5, DOP853], ids=lambda t: t.name)
def test_order_conditions(tableau):
    a = dense_rows(tableau.rows, len(tableau.rows))
    b, c = a[tableau.stages], a.sum(axis=1)
    for q in range(1, tableau.order + 1):
        assert b @ c ** (q - 1) == pytest.approx(1 / q, abs=1e-13)
    # Trees with one branch: Σ b_i c_i^(p) a_ij c_j^(q) = 1 / ((q+1)(p+q+2)).
    for p in range(tableau.order - 1):
        for q in range(1, tableau.order - p - 1):
            assert (b * c**p) @ (a @ c**q) == pytest.approx(1 / ((q + 1) * (p + q + 2)), abs=1e-13)
    # The last stage of one step is the first of the next, and errors vanish on constants.
    assert c[tableau.stages] == pytest.approx(1, abs=1e-14)
    for row in tableau.errors:
        assert sum(row.values()) == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("method", ["dopri5", "dop853"])
def test_tighter_tolerance_gives_smaller_error(method):
    problem = rotated_problem()
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        path = flow(problem.system, 5.0, method=method, rtol=rtol, atol=0.0)
        errors.append(np.abs(path.parameters - problem.exact(path.t)).max())
        assert errors[-1] < 30 * rtol
    assert errors == sorted(errors, reverse=True)
