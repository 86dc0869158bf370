"""The exact solution against 50-digit arithmetic, against its own equation, and at the edges of its domain."""

import math
import os
import subprocess
import sys

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flowlab import toy
from flowlab.toy import precise
from tests.toy.strategies import DEPTHS, STARTS, TARGETS, log_uniform, times


@st.composite
def problems(draw):
    depth, target = draw(DEPTHS), draw(TARGETS)
    init = target * draw(STARTS)
    assume(init != target and init > 0)
    return draw(times(depth, target, init)), depth, target, init


def exact(t, depth, target, init):
    """σ, the residual and both conditionings |t σ̇/σ| and |t σ̇/(σ* − σ)|, in 50 digits."""
    value, left = precise.sigma(t, depth, target, init), precise.residual(t, depth, target, init)
    speed = value ** precise.exponent(depth) * left * target
    return value, left, abs(t * speed / value), abs(t * speed / (left * target))


@given(problems())
@example((0.0, 4, 2.0, 1.0))  # a start at the junction of the two sides, and no time at all
@example((1e-17, 4, 2.0, 1.0))
@example((3.0, 1.0, 1e-6, 1e-18))
@example((1e12, math.inf, 1.0, 1e-12))
@settings(max_examples=300, deadline=None)
def test_value_is_exact_to_rounding(problem):
    t, depth, target, init = problem
    with mp.workdps(50):
        value, _, conditioning, _ = exact(t, depth, target, init)
        error = abs(toy.sigma(t, depth=depth, target=target, init=init) - value) / value
        assert error <= 1e-13 * (1 + conditioning)


@given(problems())
@example((0.0, 4, 2.0, 1.0))
@example((690.0, 1, 1.0, 0.5))
@settings(max_examples=300, deadline=None)
def test_residual_keeps_relative_accuracy(problem):
    t, depth, target, init = problem
    with mp.workdps(50):
        _, left, _, conditioning = exact(t, depth, target, init)
        assume(abs(left) > 1e-300)
        error = abs(toy.residual(t, depth=depth, target=target, init=init) - left) / abs(left)
        assert error <= 1e-10 * (1 + conditioning)


@given(problems())
@settings(max_examples=100, deadline=None)
def test_logarithm_of_the_residual_has_no_end(problem):
    t, depth, target, init = problem
    t = 1e3 * t
    with mp.workdps(50):
        _, left, _, conditioning = exact(t, depth, target, init)
        wanted = mp.log(abs(left))
        got = toy.residual(t, depth=depth, target=target, init=init, log=True)
        assert abs(got - wanted) <= 1e-13 * (abs(wanted) + conditioning + 1)


@given(DEPTHS, st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.booleans())
@example(1e15, 0.5, 0.75, False)
@settings(max_examples=60, deadline=None)
def test_times_in_50_digits_are_the_integral(depth, a, b, above):
    """The oracle's own oracle: quadrature of dx / (x^a (1 − x))."""
    low, high = sorted((1 / a, 1 / b) if above else (a, b))
    assume(high - low > 1e-3)
    with mp.workdps(30):
        power = precise.exponent(depth)
        integral = mp.quad(lambda x: 1 / (x**power * (1 - x)), mp.linspace(low, high, 8))
        with mp.extradps(40):  # the constants of very deep models cancel, as its callers know
            series = precise.scaled_time(high, depth) - precise.scaled_time(low, depth)
        assert abs(series - integral) <= mp.mpf(10) ** -18 * abs(integral)


@pytest.mark.parametrize(
    "depth, target, init, level",
    [
        (7, 1.7662529827361184, 0.5123039323149577, 0.5123039323149579),
        (30, 1.4877215406564939, 0.43453786638488096, 0.434537866384881),
        (30, 1.9857711067511654, 3.253820313972105, 3.2538203139721045),
        (math.inf, 1.3844980443295758, 0.4306648089533882, 0.43066480895338827),
    ],
)
def test_a_time_to_the_next_float_is_positive(depth, target, init, level):
    """Where the master curve's times come, rounded, to a difference below 0."""
    found = toy.time(level, depth=depth, target=target, init=init)
    with mp.workdps(50):
        assert found == pytest.approx(float(precise.time(mp.mpf(level), depth, target, init)), rel=1e-9)


@given(problems(), st.floats(0.01, 0.99))
@settings(max_examples=200, deadline=None)
def test_time_inverts_the_solution(problem, part):
    _, depth, target, init = problem
    level = init + part * (target - init)
    assume(min(init, target) < level < max(init, target))
    t = toy.time(level, depth=depth, target=target, init=init)
    with mp.workdps(50):
        wanted = precise.time(level, depth, target, init)
        speed = mp.mpf(level) ** precise.exponent(depth) * (mp.mpf(target) - level)
        assert abs(t - wanted) <= 1e-13 * (wanted + abs(level / speed))


@given(problems(), st.floats(1e-3, 1e3))
@settings(max_examples=100, deadline=None)
def test_flow_is_scale_free(problem, scale):
    t, depth, target, init = problem
    power = 2 - 2 / depth
    one = toy.sigma(t, depth=depth, target=target, init=init) / target
    other = toy.sigma(t / scale**power, depth=depth, target=scale * target, init=scale * init) / (scale * target)
    # Rescaling rounds t, target and init: each moves σ by its own conditioning.
    speed = one ** (power - 1) * abs(1 - one) * t * target**power
    assert abs(one - other) <= 1e-14 * one * (10 + 10 * speed + 10 * init / target / one)


@given(problems())
@settings(max_examples=100, deadline=None)
def test_solution_moves_from_start_toward_target(problem):
    t, depth, target, init = problem
    path = toy.sigma(t * np.array([0.0, 0.5, 1.0, 2.0]), depth=depth, target=target, init=init)
    assert path[0] == init
    steps = np.diff(path) * np.sign(target - init)
    assert (steps >= -4e-15 * path[1:]).all()
    assert min(init, target) * (1 - 1e-14) <= path.min()
    assert path.max() <= max(init, target) * (1 + 1e-14)


@pytest.mark.parametrize("depth", [1, 1.5, 2, 3, 7.3, math.inf])
def test_loss_is_the_squared_distance(depth):
    t = np.linspace(0, 3, 7)
    value = toy.sigma(t, depth=depth, target=2.0, init=0.1)
    plain = toy.loss(t, depth=depth, target=2.0, init=0.1, normalized=False)
    np.testing.assert_allclose(plain, (value - 2.0) ** 2 / 2, rtol=1e-11)
    if math.isinf(depth):
        with pytest.raises(ValueError, match=r"depth: got inf; allowed: .*normalized=False"):
            toy.loss(t, depth=depth, target=2.0, init=0.1)
        return
    normalized = toy.loss(t, depth=depth, target=2.0, init=0.1)
    np.testing.assert_allclose(normalized, plain / depth**2, rtol=1e-14)
    np.testing.assert_allclose(
        toy.loss(t, depth=depth, target=0.0, init=0.1, normalized=False),
        toy.sigma(t, depth=depth, target=0.0, init=0.1) ** 2 / 2,
        rtol=1e-13,
    )


@given(DEPTHS, st.floats(1e-6, 1e6), st.floats(0, 1e6))
@settings(max_examples=200, deadline=None)
def test_zero_target(depth, init, t):
    """σ̇ = −σ^(3−2/N): separable, with the power's own conditioning."""
    with mp.workdps(50):
        power = precise.exponent(depth)
        start = mp.mpf(init)
        wanted = start * mp.exp(-t) if power == 0 else start * (1 + power * t * start**power) ** (-1 / power)
        assume(wanted > 1e-300)
        slowness = t * wanted**power
        assert abs(toy.sigma(t, depth=depth, target=0.0, init=init) - wanted) <= 1e-13 * wanted * (1 + slowness)
    value = toy.sigma(t, depth=depth, target=0.0, init=init)
    if 0 < value < init / 2:
        back = toy.time(value, depth=depth, target=0.0, init=init)
        assert back == pytest.approx(t, rel=1e-11)


def test_starts_that_do_not_move():
    assert toy.sigma(5.0, depth=3, target=2.0, init=0.0) == 0.0
    assert toy.sigma(5.0, depth=3, target=2.0, init=2.0) == 2.0
    assert toy.sigma(5.0, depth=2.5, target=0.0, init=0.0) == 0.0
    assert toy.residual(5.0, depth=3, target=2.0, init=2.0) == 0.0
    assert toy.residual(5.0, depth=3, target=2.0, init=0.0) == 1.0
    assert toy.time(2.0, depth=3, target=2.0, init=2.0) == 0.0
    assert toy.sigma(1.0, depth=1, target=2.0, init=0.0) == pytest.approx(2 * (1 - math.exp(-1)), rel=1e-15)


def test_arguments_broadcast_like_numpy():
    t = np.linspace(0.1, 2, 5)
    target = np.array([12.0, 6.0, 4.0])[:, None]
    init = np.array([0.1, 5.0])[:, None, None]
    depth = np.array([1.0, 2.0, 3.0])[:, None]
    together = toy.sigma(t, depth=depth, target=target, init=init)
    assert together.shape == (2, 3, 5)
    for i, j, k in np.ndindex(2, 3, 5):
        alone = toy.sigma(t[k], depth=depth[j, 0], target=target[j, 0], init=init[i, 0, 0])
        assert together[i, j, k] == alone
    np.testing.assert_array_equal(
        toy.sigma(t[::-1], depth=3, target=4.0, init=0.1), toy.sigma(t, depth=3, target=4.0, init=0.1)[::-1]
    )
    per_time = toy.sigma(t, depth=3, target=np.linspace(1, 2, 5), init=0.1)
    assert per_time.shape == (5,)
    assert per_time[2] == toy.sigma(t[2], depth=3, target=1.5, init=0.1)


@pytest.mark.parametrize("depth", [1, 1.7, 2, 3, math.inf])
def test_many_at_once_come_to_the_same_bits_as_one_by_one(depth):
    random = np.random.default_rng(1)
    target = 10.0 ** random.uniform(-3, 3, 1100)
    init = target * 10.0 ** random.uniform(-12, 1, 1100)
    target[::50], init[3::50], init[5::50] = 0.0, target[3::50], 0.0 if depth in (1, 2, 3) else init[5::50]
    t = random.uniform(0, 5, 1100) * (random.random(1100) > 0.1)
    together = toy.sigma(t, depth=depth, target=target, init=init)
    few = range(0, 1100, 7)
    assert [toy.sigma(t[i], depth=depth, target=target[i], init=init[i]) for i in few] == together[few].tolist()
    moving = (target > 0) & (init > 0) & (init != target)
    goal, start = target[moving], init[moving]
    level = start + 0.5 * (goal - start)
    left = toy.residual(t[moving], depth=depth, target=goal, init=start, log=True)
    reached = toy.time(level, depth=depth, target=goal, init=start)
    for i in range(0, goal.size, 7):
        assert left[i] == toy.residual(t[moving][i], depth=depth, target=goal[i], init=start[i], log=True)
        assert reached[i] == toy.time(level[i], depth=depth, target=goal[i], init=start[i])


@pytest.mark.parametrize("starts", [1, 3])
def test_many_times_come_to_the_same_bits_as_one_by_one(starts):
    t, init = np.linspace(0, 4, 1100), np.array([[1e-6], [0.1], [5.0]])[:starts]
    together = toy.sigma(t, depth=3, target=2.0, init=init)
    for i, j in np.ndindex(starts, 1100):
        if j % 7 == 0:
            assert together[i, j] == toy.sigma(t[j], depth=3, target=2.0, init=init[i, 0])


def test_starts_further_from_the_target_than_a_float_can_say():
    t, depth, target, init = 9e-198, 2, 1e200, 1e-200
    with mp.workdps(50):
        value, _, conditioning, _ = exact(t, depth, target, init)
        assert abs(toy.sigma(t, depth=depth, target=target, init=init) - value) <= 1e-13 * (1 + conditioning) * value
    assert toy.time(float(value), depth=depth, target=target, init=init) == pytest.approx(t, rel=1e-14)


@st.composite
def extreme_problems(draw):
    """A level between a start and a target from anywhere in the range of a float."""
    target, depth = draw(log_uniform(1e-305, 1e307)), draw(st.sampled_from([1.0001, 1.3, 2, 2.3, 3, 10, 1e9, math.inf]))
    init = min(draw(log_uniform(1e-305, 1e307)), 1e99 * target)
    part = draw(st.floats(0, 1))
    level = math.exp((1 - part) * math.log(init) + part * math.log(target))
    assume(init != target and min(init, target) < level < max(init, target))
    return level, depth, target, init


@given(extreme_problems(), st.sampled_from([1e-3, 0.5, 0.999, 1.0]))
@example((0.5e300, math.inf, 1e300, 1e-300), 1.0)  # neither 1/(init target) nor target² is a float
@example((5e-151, math.inf, 1e-200, 1e-110), 1.0)
@example((0.9e-200, math.inf, 1e-200, 1e-201), 1.0)
@example((0.9e300, 3, 1e300, 1e299), 1.0)
@example((1.3335214321633279e129, 1e9, 1.7782794100389228e289, 1e-31), 1.0)  # the rest takes 1e-150 of the time
@example((1.3335214321632647e128, 1e9, 1.7782794100389228e287, 1e-31), 1.0)  # 1e317 of the flow's own units
@settings(max_examples=25, deadline=None)
def test_the_whole_range_of_a_float(problem, part):
    """Right to what 3e-12 of the time makes of it; outside the range of a float, refused."""
    level, depth, target, init = problem
    rest = {"depth": depth, "target": target, "init": init}
    allowance = mp.mpf(3) / 10**12
    with mp.workdps(120 + int(abs(math.log10(target) - math.log10(init)))):
        wanted = precise.time(level, depth, target, init)
        logarithm = mp.log(wanted)
        speed = mp.mpf(level) ** precise.exponent(depth) * (mp.mpf(target) - level)
        conditioning = 1 + abs(level / speed / wanted)
        assert abs(toy.time(level, **rest, log=True) - logarithm) <= 1e-13 * (abs(logarithm) + conditioning)
        if not -708 < logarithm < 709:
            with pytest.raises(ValueError, match=r"sigma: got .*, where the time is exp\(.*; allowed: log=True"):
                toy.time(level, **rest)
            return
        assert abs(toy.time(level, **rest) - wanted) <= 1e-12 * conditioning * wanted
        t = min(float(wanted) * part, 1e308)
        early, late = (precise.sigma(t * (1 + side), depth, target, init) for side in (-allowance, allowance))
        low, high = min(early, late) * (1 - allowance), max(early, late) * (1 + allowance)
        assert low <= toy.sigma(t, **rest) <= high
        left = [precise.residual(t * (1 + side), depth, target, init) for side in (-allowance, allowance)]
        early, late = (mp.log(abs(each)) for each in left)
        try:
            found = toy.residual(t, **rest, log=True)
        except ValueError as refused:
            assert "allowed: times at which the logarithm of the" in str(refused)  # noqa: PT017 -- where it is right
            assert late < -1e308 or t * mp.mpf(target) ** precise.exponent(depth) > 1e308
            return
        assert max(late - allowance * (1 + abs(late)), -2e308) <= found <= early + allowance * (1 + abs(early))
        assert early > -2e308


def test_values_that_were_once_nan_infinite_or_zero():
    assert toy.sigma(1, depth=math.inf, target=1e300, init=1e-300) == 1e300
    assert toy.sigma(1e300, depth=math.inf, target=1e-200, init=1e-110) == pytest.approx(0.5**0.5 * 1e-150, rel=1e-13)
    with pytest.raises(ValueError, match=r"^t: got 1; allowed: times at which the logarithm of the residual, and"):
        toy.residual(1, depth=math.inf, target=1e300, init=1e-300, log=True)
    with pytest.raises(ValueError, match=r"^t: got 0, where the loss is exp\(920\.341\), above the range .*log=True"):
        toy.loss(0.0, depth=2, target=1e200, init=1, normalized=False)
    assert toy.loss(0.0, depth=2, target=1e200, init=1, normalized=False, log=True) == pytest.approx(
        400 * math.log(10) - math.log(2), rel=1e-15
    )
    with pytest.raises(ValueError, match=r"^sigma: got 9e\+299, where the time is exp\(-919.238\), below .*log=True"):
        toy.time(0.9e300, depth=3, target=1e300, init=1e299)
    with pytest.raises(ValueError, match=r"^sigma: got 9e-201 at index 1|^sigma: got 9e-201, where .* above"):
        toy.time([1e-201, 0.9e-200], depth=math.inf, target=1e-200, init=1e-201)
    with pytest.raises(ValueError, match=r"sigma: got 0\.1; allowed: levels other than init"):
        toy.time(0.1, depth=3, target=1.0, init=0.1, log=True)


@pytest.mark.parametrize("depth", [1, 1.5, 2, 7, math.inf])
@pytest.mark.parametrize("init", [1e-200, 1e-3, 1.0, 1e200])
def test_a_target_of_zero_from_anywhere(depth, init):
    """The closed form, where powers of the start leave the range of a float."""
    power = precise.exponent(depth)
    for fall in (1e-3, 1.0, 100.0, 600.0) if init > 1e-100 else (1e-3, 1.0, 100.0):
        with mp.workdps(50):
            start, level = mp.mpf(init), mp.mpf(init * math.exp(-fall))
            t = mp.log(start / level) if power == 0 else (level**-power - start**-power) / power
            assert abs(toy.time(float(level), depth=depth, target=0, init=init, log=True) - mp.log(t)) <= 1e-11
            if not 1e-307 < t < 1e308:
                with pytest.raises(ValueError, match=r"^sigma: got .*; allowed: log=True"):
                    toy.time(float(level), depth=depth, target=0, init=init)
                continue
            assert abs(toy.time(float(level), depth=depth, target=0, init=init) - t) <= 1e-11 * t
            assert abs(toy.sigma(float(t), depth=depth, target=0, init=init) - level) <= 1e-11 * level
            loss = toy.loss(float(t), depth=depth, target=0, init=init, normalized=False, log=True)
            assert abs(loss - mp.log(level**2 / 2)) <= 1e-11 * abs(loss)
    with pytest.raises(ValueError, match=r"t: got 1000, where the loss is exp\(-2000"):
        toy.loss(1000.0, depth=1, target=0, init=1.0, normalized=False)


GOOD = {"t": 1.0, "depth": 3, "target": 2.0, "init": 0.1}


@pytest.mark.parametrize("function", [toy.sigma, toy.residual, toy.loss])
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("t", -1.0, "t: got -1; allowed: finite numbers >= 0"),
        ("t", math.nan, "t: got nan"),
        ("t", math.inf, "t: got inf"),
        ("t", None, "t: got None; allowed: finite numbers >= 0"),
        ("init", [0.1, None], "init: got None at index 1"),
        ("t", [], "t: got an empty array"),
        ("t", "soon", "t: got 'soon'"),
        ("depth", 0.5, "depth: got 0.5; allowed: real numbers >= 1, or inf"),
        ("depth", math.nan, "depth: got nan"),
        ("target", -2.0, "target: got -2"),
        ("target", [1.0, math.nan], "target: got nan at index 1"),
        ("init", -0.1, "init: got -0.1"),
        ("init", 1e200, "init: got 1e\\+200; allowed: at most 1e\\+100 times"),
        ("init", math.inf, "init: got inf"),
    ],
)
def test_bad_input_is_named(function, name, value, message):
    arguments = {**GOOD, name: value}
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        function(arguments.pop("t"), **arguments)
    assert "\n" not in str(caught.value)


def test_shapes_that_do_not_broadcast():
    with pytest.raises(ValueError, match=r"t \(3,\).*target \(2,\).*do not broadcast"):
        toy.sigma([1, 2, 3], depth=3, target=[1, 2], init=0.1)


def test_starts_without_a_unique_solution():
    with pytest.raises(ValueError, match="init: got 0; allowed: numbers > 0 for depths between 1 and 2"):
        toy.sigma(1.0, depth=1.5, target=1.0, init=0.0)


def test_what_a_float_cannot_hold_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"t: got 1000.*log=True"):
        toy.residual(1000.0, depth=1, target=1.0, init=0.5)
    assert toy.residual(1000.0, depth=1, target=1.0, init=0.5, log=True) == pytest.approx(math.log(0.5) - 1000)
    with pytest.raises(ValueError, match="log=True"):
        toy.loss(1000.0, depth=1, target=1.0, init=0.5)
    with pytest.raises(ValueError, match="init: got 1; allowed: numbers other than the target"):
        toy.residual(1.0, depth=1, target=1.0, init=1.0, log=True)
    with pytest.raises(ValueError, match="t: got 1000"):
        toy.sigma([1.0, 1000.0], depth=1, target=0.0, init=1.0)
    with pytest.raises(ValueError, match="target: got 0"):
        toy.residual(1.0, depth=1, target=0.0, init=1.0)


@pytest.mark.parametrize(("level", "init"), [(2.0, 0.1), (2.5, 0.1), (0.05, 0.1), (1.9, 3.0), (3.5, 3.0), (-1.0, 0.1)])
def test_levels_that_are_never_reached(level, init):
    with pytest.raises(ValueError, match=r"^sigma: got "):
        toy.time(level, depth=3, target=2.0, init=init)


UNCOMPILED = """
import numpy as np
from flowlab import toy
random = np.random.default_rng(1)
target, x = 10.0 ** random.uniform(-6, 6, 60), 10.0 ** random.uniform(-12, 1, 60)
for depth in (1, 1.5, 2, 3, np.inf):
    print(*toy.sigma(10.0 ** random.uniform(-8, 8, 60), depth=depth, target=target, init=x * target).tolist())
"""


@pytest.mark.jit
def test_nothing_warns_without_compilation_and_the_values_are_the_same():
    lines = []
    for disabled in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": disabled}
        command = [sys.executable, "-W", "error", "-c", UNCOMPILED]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        lines.append(np.array(done.stdout.split(), dtype=float))
    np.testing.assert_allclose(lines[1], lines[0], rtol=1e-13)


def test_the_oracle_follows_far_starts_at_depth_one():
    with mp.workdps(50):
        t, target, init = mp.mpf(7.6e-90), mp.mpf(7.2e232), mp.mpf(5.0e144)
        with mp.workdps(400):
            wanted = target + (init - target) * mp.exp(-t)
        assert abs(precise.sigma(t, 1, target, init) / wanted - 1) < mp.mpf(10) ** -45
