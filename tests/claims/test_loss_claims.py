"""The claims on the loss: against integrals and integrated flows, and that a wrong formula would not pass."""

import math

import mpmath as mp
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from flowlab import claims, toy
from flowlab.claims.gissin2020 import loss, optimum_zero, theorem1

sizes = st.floats(1e-3, 20)


def test_quadrature_is_exact_to_degree_5():
    with mp.workdps(50):
        even = {0: 1, 2: 1, 4: 3}
        for i in range(6):
            for j in range(6):
                moment = loss.gaussian_mean(lambda x, i=i, j=j: x[0] ** i * x[1] ** j, 2)
                assert abs(moment - even.get(i, 0) * even.get(j, 0)) < mp.mpf(10) ** -47


@pytest.mark.parametrize("depth", [1, 2, 3, 2.5])
def test_the_plain_flow_runs_n_squared_times_as_fast(depth):
    target, init, t = 2.0, 0.3, 0.2
    start = [init ** (1 / depth)]
    plain = solve_ivp(lambda _, w: -depth * w ** (depth - 1) * (w**depth - target), (0, t), start, rtol=1e-11, atol=0)
    solution = toy.sigma(depth**2 * t, depth=depth, target=target, init=init)
    assert plain.y[0, -1] ** depth == pytest.approx(float(solution), rel=1e-8)


@given(st.floats(1, 50), st.floats(1e-6, 1e6))
@settings(max_examples=60, deadline=None)
def test_limit_of_great_depth_as_it_is_stated(depth, sigma):
    with mp.workdps(60):
        power, square = mp.mpf(sigma) ** (2 - 2 / mp.mpf(depth)), mp.mpf(sigma) ** 2
        y, apart = 2 * abs(mp.log(sigma)) / depth, abs(power - square)
        assert y * min(power, square) <= apart <= y * max(power, square) <= y * max(1, square)
        if sigma != 1:
            stated = min(y * max(power, square) - apart, apart - y * min(power, square)) / (y * max(power, square))
            assert abs(stated - claims.get("gissin2020.equation4.infinite").exact(depth=depth, sigma=sigma)) < 1e-40


@given(sizes, st.floats(0.01, 10), st.floats(0, 5), st.sampled_from([1, 2]))
@example(2.0**-9, 2.0, 1.0, 1)  # a loss of exp(-1037), below the range of a float
@settings(max_examples=60, deadline=None)
def test_losses_are_those_of_the_exact_solution(target, start, scaled, depth):
    t, init = scaled / target, start * target
    with mp.workdps(50):
        wanted = {1: loss.loss_depth1, 2: loss.loss_depth2}[depth](mp.mpf(t), mp.mpf(target), mp.mpf(init))
    if wanted == 0:
        assert toy.loss(t, depth=depth, target=target, init=init) == 0
    else:
        found = float(toy.loss(t, depth=depth, target=target, init=init, log=True))
        assert found == pytest.approx(float(mp.log(wanted)), rel=1e-12, abs=1e-8)


@given(st.integers(2, 20), sizes, st.floats(0, 50))
@settings(max_examples=40, deadline=None)
def test_loss_for_the_optimum_0_is_that_of_the_exact_solution(depth, init, t):
    wanted = float(optimum_zero.loss_zero(mp.mpf(t), mp.mpf(depth), mp.mpf(init)))
    assert float(toy.loss(t, depth=depth, target=0.0, init=init)) == pytest.approx(wanted, rel=1e-11)


WRONG = {
    "as stated": lambda loss, t: loss(t),
    "not eq. 2 at t = 0": lambda loss, t: (1 + mp.mpf(10) ** -20) * loss(t),
    "another time": lambda loss, t: loss((1 + mp.mpf(10) ** -20) * t),
    "another rate": lambda loss, t: loss(t) ** 2 / loss(mp.mpf(0)),
}


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("change", WRONG)
def test_a_wrong_loss_is_refuted(depth, change):
    value = {1: loss.loss_depth1, 2: loss.loss_depth2}[depth]
    solution = {1: theorem1.printed_depth1, 2: theorem1.printed_depth2}[depth]
    with mp.workdps(50):
        target, start, elapsed = mp.mpf(3), mp.mpf(1) / 8, mp.mpf(1) / 2
        slack = loss._falls_as(
            depth,
            target,
            start,
            elapsed,
            lambda t, target, init: WRONG[change](lambda moment: value(moment, target, init), t),
            solution,
        )
    assert (slack > 0) == (change == "as stated")


@given(st.floats(0.001, 0.999), st.floats(0.01, 20))
@settings(max_examples=20, deadline=None)
def test_both_exponentials_are_the_loss_at_depth_1(start, elapsed):
    slack = claims.get("gissin2020.loss.rate").exact(depth=1, start=start, elapsed=elapsed)
    assert abs(slack) < 1e-9


def test_the_exponentials_are_tight_where_the_solution_hardly_moves():
    with mp.workdps(50):
        arguments = {"depth": 3, "start": 0.5, "elapsed": 1e-9}
        assert 0 < claims.get("gissin2020.loss.rate").exact(**arguments) < 1e-8


def test_early_loss_from_the_smallest_start():
    # the second order in t is 216 decades below the first
    for digits in (50, 100, 200):
        with mp.workdps(digits):
            slack = claims.get("gissin2020.loss.rate").exact(depth=6, start=5e-324, elapsed=1.0)
            assert mp.nstr(slack, 6) == "3.46457e-755"


@pytest.mark.parametrize("depth", [1, 2])
def test_the_optimum_0_is_the_limit_and_no_bound_is_lax(depth):
    with mp.workdps(50):
        claim = claims.get(f"gissin2020.zero.depth{depth}")
        early, late = ({"target": 1e-3, "init": 2.0, "t": t} for t in (1e-6, 1e6))
        assert 0 < claim.exact(**early) < 1e-5
        assert claim.exact(**late) < 1e-2
        solution = {1: theorem1.printed_depth1, 2: theorem1.printed_depth2}[depth]
        forgotten = mp.exp(-3) * 2 if depth == 1 else mp.mpf(2) / 7
        assert abs(solution(mp.mpf(3), mp.mpf(10) ** -30, mp.mpf(2)) - forgotten) < mp.mpf(10) ** -28


@pytest.mark.parametrize(
    "id, arguments",
    [
        ("equation2.plain", {"depth": 3, "weight": 1.25, "target": 4.0}),
        ("loss.dissipation", {"depth": 3, "weight": 1.25, "target": 4.0}),
        ("loss.zero", {"depth": 3, "init": 2.0, "elapsed": 0.5}),
        (
            "equation2",
            {"depth": 2, **{f"weight_{i}": 0.5 * i for i in (1, 2, 3)}, **{f"target_{i}": 1.0 * i for i in (1, 2, 3)}},
        ),
    ],
)
def test_identities_hold_to_all_digits(id, arguments):
    with mp.workdps(50):
        assert claims.get(f"gissin2020.{id}").exact(**arguments) > 0.99


def test_slack_of_the_limit_is_0_only_at_1():
    claim = claims.get("gissin2020.equation4.infinite")
    assert claim.slack(depth=3.0, sigma=1.0) == 0
    assert claim.slack(depth=3.0, sigma=math.nextafter(1, 2)) <= 1e-15
    assert claim.slack(depth=3.0, sigma=2.0) > 0.05
