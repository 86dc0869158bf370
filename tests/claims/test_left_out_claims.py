"""The claims on how thresholds depend on r and N, on speeds, on losses and on the squared loss: slacks typed once more.

At depths 2 and 4 hitting times are elementary, so that thresholds and levels come from a root of a few logarithms here.
"""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from flowlab import claims, toy
from flowlab.claims.gissin2020 import _coupled, loss_deep
from flowlab.toy import descent_bounds
from flowlab.verify import settle

RATIO, S, F, UNIT = st.floats(1.2, 20), st.floats(0.02, 0.24), st.floats(0.76, 0.98), st.floats(0.05, 0.95)
PAIR = {"ratio": RATIO, "s": S, "f": F}


def clock(rho, depth):
    """A primitive of 1/(ρ^a (1−ρ)), a = 2 − 2/N."""
    if depth == 2:
        return mp.log(rho / (1 - rho))
    root = mp.sqrt(rho)
    return mp.log((1 + root) / (1 - root)) - 2 / root


def time(level, start, ratio, depth):
    """σ_j*^a t of a value with the optimum ratio × σ_j*, from start to level of its own."""
    return (clock(level, depth) - clock(start, depth)) / ratio ** (2 - 2 / mp.mpf(depth))


def bisected(function, low, high):
    """Return the root of a rising function."""
    for _ in range(230):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return low


def drop(depth, ratio, s, f):
    """log(s σ_j*/σ0_th)."""

    def spare(d):
        start = s * mp.exp(-d)
        return time(s, start, 1, depth) - time(f, start / ratio, ratio, depth)

    return bisected(spare, mp.mpf(0), mp.mpf(400))


def behind(depth, ratio, level, start):
    """log of r_j when r_i reaches a level."""
    elapsed = time(level, start / ratio, ratio, depth)
    return mp.log(bisected(lambda rho: time(rho, start, 1, depth) - elapsed, start, mp.mpf(1) - mp.mpf(10) ** -55))


def odds(s, f):
    return mp.log(f / (1 - f) * (1 - s) / s)


def room(ratio):
    """((r − r^(−p))/(r−1))^(1/p) at N = 4."""
    return ((ratio - 1 / mp.sqrt(ratio)) / (ratio - 1)) ** 2


def step(rho, q):
    return rho * (1 + q / 2 * (1 - rho)) ** 2


def logit(rho):
    return mp.log(rho / (1 - rho))


def update(rho, c, size, depth):
    return rho * (1 + c / depth * size ** (2 - 2 / depth) * rho ** (1 - 2 / depth)) ** depth - rho


def gained(rate, ratio, start, part):
    """What a step adds to the odds' logarithms, of σ_i less of σ_j."""
    level = (start + part * (ratio - start)) / ratio
    first, second = logit(step(level, rate)) - logit(level), logit(step(start, rate / ratio)) - logit(start)
    return (first - second) / (rate / (1 + rate / 2) * (1 - 1 / ratio)) - 1


def shrunk(margin, apart, grown):
    """Of two examples: log of what the loss is allowed to be, less what it is."""
    before = mp.exp(-margin) + mp.exp(-margin - apart)
    after = mp.exp(-(1 + grown) * margin) + mp.exp(-(1 + grown) * (margin + apart))
    return mp.log(mp.exp(-grown * margin) * before / after)


ROWS = [
    (
        "dependence.depth2.lower",
        PAIR,
        lambda ratio, s, f: 1 - drop(2, ratio, s, f) / -mp.log(mp.exp(-1 / (1 - s) - odds(s, f) / (ratio - 1))),
    ),
    (
        "dependence.depth2.upper",
        PAIR,
        lambda ratio, s, f: 1 - -mp.log(mp.exp(-odds(s, f) / (ratio - 1)) / (1 - s)) / drop(2, ratio, s, f),
    ),
    (
        "dependence.deep.lower",
        {"depth": st.just(4.0), **PAIR, "ratio": st.floats(1.05, 2)},
        lambda depth, ratio, s, f: 1 - drop(4, ratio, s, f) / -mp.log(((1 - f) / (2 - f) * (ratio - 1)) ** 2),
    ),
    (
        "dependence.deep.upper",
        {"depth": st.just(4.0), **PAIR},
        lambda depth, ratio, s, f: (
            1 - -mp.log(((ratio - 1) / ((1 - s) * (1 - mp.sqrt(s / f)))) ** 2) / drop(4, ratio, s, f)
        ),
    ),
    (
        "dependence.ratio",
        {"depth": st.just(4.0), **PAIR, "part": UNIT},
        lambda depth, ratio, s, f, part: 1 - drop(4, ratio, s, f) / drop(4, 1 + part * (ratio - 1), s, f),
    ),
    (
        "dependence.depth",
        {"depth": st.just(4.0), "part": st.just(1 / 3), **PAIR},
        lambda depth, part, ratio, s, f: 1 - drop(4, ratio, s, f) / drop(2, ratio, s, f),
    ),
    (
        "section2.larger",
        {"depth": st.just(4.0), "ratio": RATIO, "level": UNIT, "part": UNIT},
        lambda depth, ratio, level, part: mp.log(level) - behind(4, ratio, level, part * level),
    ),
    (
        "section2.larger.corrected",
        {"depth": st.just(4.0), "ratio": RATIO, "level": UNIT, "part": UNIT},
        lambda depth, ratio, level, part: mp.log(level) - behind(4, ratio, level, part * level / room(ratio)),
    ),
    (
        "appendix_c.depth",
        {"depth": st.just(2.0), "c": UNIT, "size": UNIT, "start": UNIT, "ratio": RATIO, "deeper": st.floats(3, 9)},
        lambda depth, c, size, start, ratio, deeper: (
            mp.log(update(start / ratio, c, size, deeper) / update(start, c, size / ratio, deeper))
            - mp.log(update(start / ratio, c, size, depth) / update(start, c, size / ratio, depth))
        ),
    ),
    (
        "appendix_c.depth.corrected",
        {
            "depth": st.just(4.0),
            "part": st.just(1 / 3),
            "ratio": RATIO,
            "start": st.floats(0.01, 0.5),
            "level": st.floats(0.55, 0.95),
        },
        lambda depth, part, ratio, start, level: behind(2, ratio, level, start) - behind(4, ratio, level, start),
    ),
    (
        "appendix_c.eventually.descent",
        {"rate": UNIT, "ratio": RATIO, "start": UNIT, "part": UNIT},
        gained,
    ),
    (
        "appendix_f.early.similar",
        {"part": UNIT, "rest": st.floats(0, 9)},
        lambda part, rest: 3 - (1 + (1 + part + rest) / 2) / (part + (1 + part + rest) / 2),
    ),
    (
        "classification.logistic",
        {"margin": st.floats(0.1, 9)},
        lambda margin: min(
            (mp.exp(-margin) - (1 - mp.exp(margin) / (1 + mp.exp(margin)))) / mp.exp(-margin),
            ((1 - mp.exp(margin) / (1 + mp.exp(margin))) - mp.exp(-margin) / 2) / mp.exp(-margin),
        ),
    ),
    (
        "classification.separated",
        {"margin": st.floats(0.1, 9), "apart": st.floats(0, 9), "grown": st.floats(0.1, 9)},
        shrunk,
    ),
    (
        "figure2.deep",
        {"place": st.just(2), "s": st.floats(0.05, 0.24), "f": st.floats(0.76, 0.95)},
        lambda place, s, f: mp.log(4 * s * mp.exp(-drop(4, mp.mpf(3) / 2, s, f)) / (mp.mpf(1) / 1000)),
    ),
    (
        "figure2.shallow",
        {"s": S, "f": F},
        lambda s, f: -mp.log(3 * s * mp.exp(-drop(2, mp.mpf(4) / 3, s, f)) / (mp.mpf(1) / 1000)),
    ),
]


@pytest.mark.parametrize(("id", "ranges", "printed"), [pytest.param(*row, id=row[0]) for row in ROWS])
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_slack_is_that_of_the_statement(id, ranges, printed, data):
    arguments = {name: data.draw(strategy, label=name) for name, strategy in ranges.items()}
    third = {name: mp.mpf(1) / 3 if value == 1 / 3 else value for name, value in arguments.items()}
    with mp.workdps(60):
        wanted = printed(**{name: mp.mpf(value) for name, value in arguments.items()})
        got = claims.get(f"gissin2020.{id}").exact(**third)
        # a third is rounded to a float on one side only where the claim takes floats
        assert abs(got - wanted) <= mp.mpf(10) ** (-12 if 1 / 3 in arguments.values() else -20) * (1 + abs(wanted))


@given(st.floats(0.05, 0.82), RATIO, S, F)
@settings(max_examples=15, deadline=None)
def test_bounds_on_descent_are_as_they_are_stated(rate, ratio, s, f):
    found = toy.descent_threshold(ratio=ratio, s=s, f=f, learning_rate=rate / ratio, log=True)
    q = rate / ratio
    way = float(odds(s, f)) + q + math.log(1 + (ratio - 1) / (1 - s))
    bounds = {
        "upper": (math.log(s * (s / (f * ratio)) ** ((1 - s) / (ratio - 1))), float(found.largest), 1),
        "lower": (math.log(s) - q - (1 + rate / 2) * way / (ratio - 1), float(found.all_below), -1),
    }
    for side, (bound, threshold, sign) in bounds.items():
        slack = claims.get(f"gissin2020.dependence.descent.{side}")(rate=rate, ratio=ratio, s=s, f=f)
        assert slack == pytest.approx(sign * (bound - threshold) / (1 + abs(threshold)), abs=1e-10)


@pytest.mark.parametrize("depth", [2, 4])
def test_the_exponent_and_the_power_are_the_true_ones(depth):
    """As r → 1: (r−1) d tends to C at N = 2, and d beside log(r−1) to −N/(N−2) = −2 at N = 4."""
    with mp.workdps(40):
        near = [mp.mpf(10) ** -k for k in (4, 6)]
        drops = [float(toy.threshold(depth=depth, ratio=float(1 + each), s=0.1, f=0.9, log=True)) for each in near]
        if depth == 2:
            assert (math.log(0.1) - drops[1]) * 1e-6 == pytest.approx(
                float(odds(mp.mpf("0.1"), mp.mpf("0.9"))), rel=1e-5
            )
        else:
            assert (drops[1] - drops[0]) / math.log(1e-2) == pytest.approx(2, rel=1e-3)


def coupled(ratio, s, f, start):
    """What is spare, by SciPy, in the variables of the appendix."""

    def speed(_, logs):
        gaps = np.array([ratio, 1.0]) - np.exp(logs)
        return gaps + gaps.sum() / 2

    events = [lambda _, logs: logs[0] - math.log(f * ratio), lambda _, logs: logs[1] - math.log(s)]
    for event in events:
        event.terminal = True
    path = solve_ivp(
        speed, (0, 1e4), [math.log(start)] * 2, events=events, max_step=1, method="DOP853", rtol=1e-12, atol=1e-14
    )
    if path.t_events[0].size:
        return math.log(s) - path.y_events[0][0][1]
    return path.y_events[1][0][0] - math.log(f * ratio)


@pytest.mark.parametrize(
    ("ratio", "s", "f", "start"),
    [
        (4, 0.2, 0.8, 1e-2),
        (4, 0.2, 0.8, 1e-4),
        (1.5, 0.1, 0.9, 1e-3),
        (30, 0.24, 0.76, 0.2),
        (30, 0.1, 0.99, 1e-3),
        (4, 0.2, 0.8, 1e-60),
    ],
)
def test_coupled_values_are_those_of_an_integration(ratio, s, f, start):
    wanted = coupled(ratio, s, f, start)
    assert _coupled.spare(float(ratio), s, f, math.log(start)) == pytest.approx(wanted, abs=1e-9)
    values = []
    for digits in (40, 80):
        with mp.workdps(digits):
            values.append(_coupled.spare(*(mp.mpf(each) for each in (ratio, s, f)), mp.log(mp.mpf(start))))
    assert float(values[1]) == pytest.approx(wanted, abs=1e-9)
    assert abs(values[0] - values[1]) < mp.mpf(10) ** -38


def test_far_starts_grow_as_powers_first():
    """From e^(−1000) and less σ_2 falls behind by the quotient of the first rates, (1 + 3g)/(3 + g)."""
    near, far = (_coupled.spare(4.0, 0.2, 0.8, -start) for start in (1e3, 2e3))
    assert (far - near) / 1e3 == pytest.approx(1 - (1 + 3 / 4) / (3 + 1 / 4), rel=1e-12)
    assert _coupled.spare(1e3, 0.2, 0.8, math.log(900)) == math.log(0.2 / 900)
    assert _coupled.spare(1e3, 0.2, 0.8, math.log(0.5)) == pytest.approx(math.log(5e-4 / 0.8))


def test_the_squared_loss_is_incremental_from_small_starts():
    """σ* = 4 and 1: (0.2, 0.8)-incremental from 1e-4, not from 1e-2; the threshold lies between the claims' bounds."""
    assert coupled(4, 0.2, 0.8, 1e-4) > 0 > coupled(4, 0.2, 0.8, 1e-2)
    low, high = 1e-4, 1e-2
    while high / low > 1 + 1e-9:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if _coupled.spare(4.0, 0.2, 0.8, math.log(middle)) >= 0 else (low, middle)
    assert low == pytest.approx(0.00525368, rel=1e-5)
    assert 0.2 * (0.2 * 0.2 / 3.2) ** (7 / 6) < low < 0.2 * (0.2 / 3.2) ** ((2.4 + 0.8) / 6)
    printed = claims.get("gissin2020.appendix_f.squared.incremental")
    for start, sign in ((1e-4, "negative"), (1e-2, "positive")):
        assert settle(printed, {"drop": -math.log(start), "ratio": 4.0, "s": 0.2, "f": 0.8}, firmly=False).sign == sign


@pytest.mark.parametrize("ratio", [1.1, 4.0, 50.0, 1e15])
@pytest.mark.parametrize("f", [0.9, 1 - 2**-53])
def test_bounds_on_the_coupled_threshold_are_as_they_are_stated(ratio, f):
    s = 0.1
    lower = math.log(s) + math.log((1 - f) * s / (f * ratio)) * (ratio + 3) / (2 * (ratio - 1))
    upper = math.log(s) + math.log(s / (f * ratio)) * (3 * (1 - s) + (1 - f) * ratio) / (2 * (ratio - 1))
    for id, start, sign in (("incremental.corrected", lower, 1), ("threshold", upper, -1)):
        slack = claims.get(f"gissin2020.appendix_f.squared.{id}")(ratio=ratio, s=s, f=f)
        assert slack == pytest.approx(sign * _coupled.spare(ratio, s, f, start), rel=1e-9)
        assert slack > 0


@pytest.mark.parametrize("level", [0.3, 2.5])
def test_a_wrong_loss_at_great_depth_is_refuted(level, monkeypatch):
    arguments = {"depth": 3.5, "target": 2.0, "level": level}
    deep = claims.get("gissin2020.loss.deep")
    assert settle(deep, arguments).sign == "positive"
    clock = loss_deep.printed_deep_clock
    monkeypatch.setattr(
        loss_deep, "printed_deep_clock", lambda sigma, *rest: clock(sigma, *rest) * (1 + mp.mpf(10) ** -20)
    )
    assert settle(deep, arguments).sign == "negative"


@given(st.floats(2.2, 9), st.floats(0.05, 0.6), st.floats(0.1, 5))
@settings(max_examples=15, deadline=None)
def test_the_loss_at_great_depth_is_that_of_the_exact_solution(depth, start, scaled):
    """Solved for σ at the loss that the solution has by then, the printed clock tells the time."""
    found = float(toy.loss(scaled, depth=depth, target=1.0, init=start))
    with mp.workdps(40):
        sigma = 1 - mp.mpf(depth) * mp.sqrt(2 * mp.mpf(found))
        told = loss_deep.printed_deep_clock(sigma, mp.mpf(depth), 1) - loss_deep.printed_deep_clock(
            mp.mpf(start), mp.mpf(depth), 1
        )
    assert float(told) == pytest.approx(scaled, rel=1e-9)


def test_larger_optima_are_not_always_reached_first():
    """N = 2, σ* = 2 and 1, σ0 = 0.89: 0.9 of 1 is reached at once, 1.8 later; from 0.2 the larger one is first."""
    for start, later in ((0.89, True), (0.2, False)):
        larger, smaller = (toy.time(0.9 * target, depth=2, target=target, init=start) for target in (2.0, 1.0))
        assert (larger > smaller) == later
        slack = claims.get("gissin2020.section2.larger")(depth=2.0, ratio=2.0, level=0.9, part=start / 0.9)
        assert (slack < 0) == later


def test_all_values_have_one_rate_and_the_least_norm_at_depth_1():
    random = np.random.default_rng(3)
    rows, made, start = random.standard_normal((2, 3)), random.standard_normal(2), np.full(3, 1e-9)
    path = solve_ivp(lambda _, w: rows.T @ (made - rows @ w) / 2, (0, 400), start, rtol=1e-10, atol=1e-12)
    assert path.y[:, -1] == pytest.approx(np.linalg.pinv(rows) @ made, abs=1e-7)
    left = [float(toy.residual(1.5, depth=1, target=t, init=0.1) / (1 - 0.1 / t)) for t in (0.5, 3.0, 12.0)]
    assert left == pytest.approx([math.exp(-1.5)] * 3, rel=1e-12)


def test_the_corrected_bound_of_theorem_3_falls_with_c():
    """Where A > 1, at every c between the learning rate's own and the theorem's limit."""
    rng = np.random.default_rng(5)
    seen = 0
    for _ in range(2000):
        c, more = sorted(rng.uniform(1e-3, 0.828, 2))
        ratio, s, f = 1 + 10 ** rng.uniform(-2, 2), rng.uniform(0.01, 0.249), rng.uniform(0.751, 0.99)
        if descent_bounds.exponents(math, more, more / ratio)[0] > 1:
            seen += 1
            low, high = (descent_bounds.lower_corrected(math, ratio, s, f, each, each / ratio) for each in (more, c))
            assert low <= high + 1e-12 * abs(high)
    assert seen > 500
