"""Tightness: the map is the ratio of the sides, the extremes are extreme, mpmath has the last word."""

import math
import sys
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flowlab import claims, toy
from flowlab.verify import (
    Assumption,
    Choice,
    Claim,
    Integer,
    Real,
    Sides,
    Verdict,
    at_most,
    claim,
    functions,
    tightness,
    verify,
)
from flowlab.verify.measure import Measure
from flowlab.verify.spans import Span, spans_of

THEOREM2 = [
    "gissin2020.theorem2.depth2.lower",
    "gissin2020.theorem2.depth2.upper",
    "gissin2020.theorem2.deep.lower",
    "gissin2020.theorem2.deep.upper",
    "gissin2020.theorem2.deep.upper.corrected",
]


@claim("mine.bernoulli")
def bernoulli(x: Real(0, 1), n: Integer(1, 9)):
    """1 + n x ≤ (1 + x)^n."""
    return at_most(1 + n * x, (1 + x) ** n)


@claim("mine.valley")
def valley(x: Real(-2, 2), y: Real(-1, 3)):
    """1 ≤ 1 + (0.9 − x)² + 100 (y − x²)²: a narrow valley, bent, with its bottom at (0.9, 0.81)."""
    return at_most(1 + 0 * x, 1 + (0.9 - x) ** 2 + 100 * (y - x * x) ** 2)


def over_theorem_2(found, data):
    names = found.over
    i, j = (data.draw(st.integers(0, found.axes[name].size - 1)) for name in names)
    point = {**found.fixed, names[0]: found.axes[names[0]][i], names[1]: found.axes[names[1]][j]}
    return point, found.values[j, i]


@pytest.mark.parametrize("depth", [2, 3, 7])
@given(data=st.data())
# each is a map; shrinking would take minutes
@settings(max_examples=4, deadline=None, phases=(Phase.generate,), suppress_health_check=(HealthCheck.nested_given,))
@pytest.mark.jit
def test_the_map_is_bound_over_exact(depth, data):
    """Both by the public functions, in logarithms; the printed bounds."""
    kind = "depth2" if depth == 2 else "deep"
    names = data.draw(st.permutations(["ratio", "s", "f"]))[:2]
    fixed = {} if depth == 2 else {"depth": depth}
    for side, sign in (("lower", 1), ("upper", -1)):
        stated = claims.get(f"gissin2020.theorem2.{kind}.{side}")
        known = Verdict(stated.id, "held", "held")  # the map is meant, not where it fails
        found = tightness(stated, names, at=fixed, points=7, samples=5, verdict=known)
        point, value = over_theorem_2(found, data)
        point = {"depth": depth, **point}
        exact = toy.threshold(**point, log=True)
        bound = getattr(toy.threshold_bounds(**point, log=True), side)
        assert value == pytest.approx(sign * (exact - bound), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("id", [*THEOREM2, "gissin2020.lemma1", "gissin2020.appendix_b.hitting.upper"])
@pytest.mark.jit
def test_extremes_beat_a_dense_random_search(id):
    stated = claims.get(id)
    found = tightness(stated, points=10, samples=200)
    measure, spans = Measure(stated), spans_of(stated, {}, {})
    rng = np.random.default_rng(7)
    drawn = [measure({name: span.at(rng.random()) for name, span in spans.items()}) for _ in range(4000)]
    assert found.tightest.value <= np.nanmin(drawn)
    assert found.loosest.value >= np.nanmax(drawn)
    for each in (found.tightest, found.loosest):
        assert stated.admits(**each.arguments)
        assert each.digits >= 50
        assert measure(each.arguments) == pytest.approx(each.value, rel=1e-6, abs=1e-9)


INFINITY = math.inf


@pytest.mark.parametrize(
    "hypotheses, sides, least, at_least, most, at_most_",
    [
        # over an infinite end
        ({"x": Real(0, INFINITY)}, lambda x: (x / (1 + x), 1), 0, {"x": INFINITY}, INFINITY, {"x": 0.0}),
        ({"n": Integer(1)}, lambda n: (n + 1, 2 * n), 0, {"n": 1}, math.log(2), {"n": INFINITY}),
        ({"x": Real(-INFINITY, -1)}, lambda x: (1 + 0 * x, 2 + 1 / x), 0, {"x": -1.0}, math.log(2), {"x": -INFINITY}),
        # where floats overflow
        ({"x": Real(1, INFINITY)}, lambda x: (x**3, 1 + x**3), 0, {"x": INFINITY}, math.log(2), {"x": 1.0}),
        # over open ends
        (
            {"x": Real(0, 1, low_open=True, high_open=True)},
            lambda x: (x**2, x),
            0,
            {"x": 1.0},
            -math.log(5e-324),
            {"x": 0.0},
        ),
        # at an end where both sides vanish
        ({"x": Real(0, 1)}, lambda x: (x**2, x), 0, {"x": 1.0}, -math.log(5e-324), {"x": 0.0}),
        # inside, where floats are flat
        ({"x": Real(0, 10)}, lambda x: (2 * x, x * x + 1), 0, {"x": 1.0}, INFINITY, {"x": 0.0}),
        # far from where users live, in one place of a million
        (
            {"n": Integer(0, 10**6)},
            lambda n: (1, abs(n - 654321)),
            -INFINITY,
            {"n": 654321},
            math.log(654321),
            {"n": 0},
        ),
        # the same everywhere: no end is approached
        ({"x": Real(0, INFINITY, low_open=True)}, lambda x: (x, 2 * x), math.log(2), None, math.log(2), None),
    ],
)
def test_extremes_are_of_the_whole_domain(hypotheses, sides, least, at_least, most, at_most_):
    """Known from calculus: where the ratio is least and greatest, its ends counted."""
    stated = claim("mine.known", hypotheses=hypotheses)(lambda **point: at_most(*sides(**point)))
    found = tightness(stated, points=20, samples=200)
    for each, value, where in ((found.tightest, least, at_least), (found.loosest, most, at_most_)):
        assert each.digits >= 50
        assert stated.admits(**each.arguments)
        assert each.value == pytest.approx(value, rel=1e-12, abs=2e-16)
        assert where is None or {**each.arguments, **each.approached} == where
        assert where is not None or each.approached == {}
        for name, end in each.approached.items():
            value, allowed = each.arguments[name], hypotheses[name]
            beyond = math.nextafter(value, end) if isinstance(value, float) else end
            assert (value == allowed.last and end == INFINITY) or beyond == end
    assert found.everywhere


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(1e-6, 1e-3))
@settings(max_examples=15, deadline=None, suppress_health_check=(HealthCheck.nested_given,))
def test_what_verify_falsifies_is_not_called_tight(x0, y0, width):
    """A narrow pit that a map does not see, at numbers of few digits or not."""

    @claim("mine.pit")
    def pit(x: Real(-3, 3), y: Real(-3, 3)):
        """width² ≤ (x − x0)² + (y − y0)²."""
        return at_most(width * width + 0 * x, (x - x0) ** 2 + (y - y0) ** 2)

    found = tightness(pit, points=9, samples=50)
    known = verify(pit)
    if known.verdict == "falsified":
        assert found.fails
        assert found.counterexample == known.counterexample
    if found.fails:  # and what it finds itself is a violation
        with mpmath.workdps(60):
            x, y = (mpmath.mpf(found.counterexample[name]) for name in "xy")
            assert (x - x0) ** 2 + (y - y0) ** 2 < width * width


def test_what_cancels_at_many_digits_is_no_violation_and_not_infinite():
    """log(1 + e^x) − x is e^(−x), nearly, and 0 to a hundred digits."""

    @claim("mine.cancelling")
    def cancelling(x: Real(300, 600)):
        return at_most(0.5, (functions.log(1 + functions.exp(x)) - x) * functions.exp(x))

    found = tightness(cancelling, points=5, samples=20)
    assert not found.fails
    assert found.counterexample is None
    assert math.isfinite(found.loosest.value)


def test_a_violation_without_a_ratio_is_told():
    @claim("mine.negative")
    def negative(x: Real(-1, 9)):
        """2 x ≤ 3 x: false where there is no ratio."""
        return at_most(2 * x, 3 * x)

    found = tightness(negative, points=5, samples=20)
    assert found.tightest.value == pytest.approx(math.log(1.5))
    assert not found.fails
    assert found.counterexample["x"] < 0
    assert tightness(negative, ranges={"x": (0, 9)}, points=5).counterexample is None


@given(st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=(HealthCheck.nested_given,))
def test_ranges_and_values_given_are_kept_to_in_the_search(data):
    low, high = sorted(data.draw(st.lists(st.floats(0, 50), min_size=2, max_size=2, unique=True)))
    n = data.draw(st.integers(1, 10**6))

    @claim("mine.wide")
    def wide(x: Real(0, INFINITY), n: Integer(1)):
        """x ≤ (1 + x) n."""
        return at_most(x, (1 + x) * n)

    found = tightness(wide, ranges={"x": (low, high)}, at={"n": n}, points=5, samples=20)
    assert not found.everywhere
    for each, x in ((found.tightest, high), (found.loosest, low)):
        assert each.arguments == {"x": x, "n": n}
        wanted = math.log1p(x) + math.log(n) - math.log(x) if x else INFINITY
        assert each.value == pytest.approx(wanted, rel=1e-12)


def test_a_verdict_that_is_known_spares_the_search(monkeypatch):
    known = verify(bernoulli)
    monkeypatch.setattr(sys.modules["flowlab.verify.tightness"], "searched", None)
    assert tightness(bernoulli, points=5, samples=20, verdict=known).tightest.value == 0.0


@given(st.fractions(min_value=Fraction(1, 3), max_value=5), st.integers(1, 9))
def test_fractions_and_integers_are_exact_in_the_sides(part, n):
    stated = claim("mine.part", hypotheses={"x": Real(1, 2)})(lambda x: Sides(n, n + part))
    value, digits = Measure(stated).exact({"x": 1.5})
    with mpmath.workdps(30):
        wanted = mpmath.log1p(mpmath.mpf(part.numerator) / part.denominator / n)
        assert abs(value - wanted) < 1e-28
    assert digits >= 50
    assert Measure(stated)({"x": 1.5}) == pytest.approx(float(wanted), rel=1e-9)


@pytest.mark.jit
def test_the_search_follows_a_bent_valley():
    found = tightness(valley, points=9, samples=50)
    assert found.tightest.value <= 1e-10
    assert found.tightest.arguments == pytest.approx({"x": 0.9, "y": 0.81}, abs=1e-4)
    assert found.loosest.arguments == {"x": -2.0, "y": -1.0}


def test_extremes_at_integers_and_ends():
    found = tightness(bernoulli, points=5, samples=20)
    assert found.loosest.arguments == {"x": 1.0, "n": 9}
    assert found.loosest.value == pytest.approx(math.log(512 / 10), rel=1e-15)
    assert found.tightest.value == 0.0
    assert list(found.axes["n"]) == [1, 3, 5, 7, 9]
    assert tightness(bernoulli, points=50, samples=20).values.shape == (9, 50)


def test_of_a_list_every_member_is_tried():
    @claim("mine.choice")
    def stated(kind: Choice("a", "b", "c"), x: Real(1, 2)):
        """1 ≤ x^k."""
        return at_most(1 + 0 * x, x ** {"a": 1, "b": 3, "c": 2}[kind])

    found = tightness(stated, points=3, samples=1)
    assert found.loosest.arguments == {"kind": "b", "x": 2.0}
    assert found.values.shape == (3, 3)
    assert tightness(stated, ("x",), at={"kind": "c"}, points=3).loosest.value == pytest.approx(math.log(4))


def test_mpmath_has_the_last_word():
    """Floats see nothing of 1e-40, and a ratio where rounding leaves one."""

    def sides(x):
        return Sides(1 + 0 * x, (1 + x * 1e-20) * (1 + x * 1e-20) - 2e-20 * x + 0 * x)

    hidden = Claim("mine.hidden", "", "", "", {"x": Real(1, 2)}, lambda x: x * x * 1e-40, sides=sides)
    found = tightness(hidden, points=3, samples=10)
    assert found.loosest.digits >= 100
    with mpmath.workdps(200):
        tiny = mpmath.mpf(1e-20)
        x = mpmath.mpf(found.loosest.arguments["x"])
        exact = (1 + x * tiny) ** 2 - 2 * tiny * x - 1 + (2 * tiny - mpmath.mpf(2e-20)) * x
    assert found.loosest.value == pytest.approx(float(exact), rel=1e-9)


def test_sides_that_round_to_float_are_not_called_confirmed():
    rounding = Claim(
        "mine.rounding", "", "", "", {"x": Real(1, 2)}, lambda x: x, sides=lambda x: Sides(1.0, math.exp(x))
    )
    assert tightness(rounding, points=2, samples=2).loosest.digits == 0


def test_without_sides_the_slack_is_mapped():
    plain = Claim("mine.plain", "", "", "", {"x": Real(-1, 2), "y": Real(0, 1)}, lambda x, y: x * x - y)
    found = tightness(plain, points=4)
    assert found.measure == "slack"
    assert found.tightest.value == -1.0
    assert found.tightest.arguments == pytest.approx({"x": 0.0, "y": 1.0}, abs=1e-4)
    assert found.loosest.value == 4.0
    # as where no sides are positive
    negative = Claim("mine.negative", "", "", "", {"x": Real(1, 2)}, lambda x: at_most(-2 * x, -x))
    assert tightness(negative, points=3).measure == "slack"
    assert tightness(negative, points=3).loosest.value == 2.0


def test_points_outside_the_joint_hypotheses_have_no_value():
    joint = Claim(
        "mine.joint",
        "",
        "",
        "",
        {"x": Real(1, 2), "y": Real(1, 2)},
        lambda x, y: at_most(x, y),
        assuming=(Assumption("x ≤ y", lambda x, y: x <= y),),
    )
    found = tightness(joint, points=11)
    x, y = np.meshgrid(found.axes["x"], found.axes["y"])
    np.testing.assert_array_equal(np.isnan(found.values), x > y)
    np.testing.assert_allclose(found.values[x <= y], np.log(y / x)[x <= y], atol=1e-15)
    assert found.tightest.value == 0.0
    assert found.loosest.arguments == {"x": 1.0, "y": 2.0}


def test_ends_that_a_hypothesis_leaves_out_are_replaced_by_the_next_float():
    found = tightness(claims.get(THEOREM2[0]), ("ratio", "f"), ranges={"f": (0.75, 1)}, at={"s": 0.1}, points=3)
    assert found.spans["f"] == (math.nextafter(0.75, 1), math.nextafter(1, 0))
    assert found.axes["f"][0] == math.nextafter(0.75, 1)
    assert found.fixed == {"s": 0.1}
    assert found.logarithmic == {"ratio": 1.0, "f": None}


@given(st.floats(1e-6, 1e6), st.floats(1.0001, 1e6), st.floats(0, 1), st.sampled_from([None, 0.0, -3.0]), st.booleans())
@settings(deadline=None)
def test_a_span_runs_from_end_to_end(low, factor, part, origin, whole):
    low, high = (math.floor(low), math.ceil(low * factor) + 1) if whole else (low, low * factor)
    if whole and origin is not None:
        low, high = low + 1, high + 1
    span = Span((low, high), origin=origin, whole=whole)
    assert (span.at(0.0), span.at(1.0)) == (low, high)
    assert low <= span.at(part) <= high
    if not whole:
        assert span.at(span.part(span.at(part))) == pytest.approx(span.at(part), rel=1e-9)
    grid = span.grid(7)
    assert (grid[0], grid[-1]) == (low, high)
    assert np.all(np.diff(grid) > 0)


def test_one_seed_gives_one_answer():
    stated = claims.get("flowlab.threshold.depth2.upper.sharper")
    first, again = (tightness(stated, points=4, samples=50, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.sample, again.sample)
    assert first.loosest == again.loosest
    assert not np.array_equal(first.sample, tightness(stated, points=4, samples=50, seed=6).sample)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"over": ("x", "m")}, r"over: got 'm'; allowed: x, n"),
        ({"over": ("x", "x")}, r"over: got \('x', 'x'\); allowed: one or two arguments of x, n"),
        ({"over": ()}, r"over: got \(\); allowed: one or two"),
        ({"over": ("x", "n", "x")}, r"over: got .*; allowed: one or two"),
        ({"over": "x"}, r"over: got 'x'; allowed: one or two"),
        ({"over": ("x", "n"), "at": {"n": 3}}, r"over: got n, which has one value only; allowed: x"),
        ({"at": {"x": 0.5, "n": 3}}, r"at: got a value for every argument; allowed: at least one that varies"),
        ({"at": {"n": 2.5}}, r"at: got n = 2.5; allowed: n ∈ \{1, …, 9\}"),
        ({"at": {"x": math.nan}}, r"at: got x = nan; allowed: x ∈ \[0, 1\]"),
        ({"at": {"y": 1}}, r"at: got 'y'; allowed: x, n"),
        ({"at": {"x": 1}, "ranges": {"x": (0, 1)}}, r"at: got x, which has a range too; allowed: one of both"),
        ({"ranges": {"z": (0, 1)}}, r"ranges: got 'z'; allowed: x, n"),
        ({"ranges": {"x": (0, 1.5)}}, r"ranges: got x = 0:1.5; allowed: x ∈ \[0, 1\]"),
        ({"ranges": {"x": (-0.1, 1)}}, r"ranges: got x = -0.1:1; allowed"),
        ({"ranges": {"n": (1, math.inf)}}, r"ranges: got n = 1:inf; allowed"),
        ({"ranges": {"n": (1.5, 3)}}, r"ranges: got n = 1.5:3; allowed"),
        ({"ranges": {"x": (1, 0)}}, r"ranges: got x = \(1, 0\); allowed: two numbers, the smaller first"),
        ({"ranges": {"x": 1}}, r"ranges: got x = 1; allowed: two numbers"),
        ({"ranges": {"x": ("a", "b")}}, r"ranges: got x = \('a', 'b'\); allowed: two numbers"),
        ({"ranges": {"x": (0, math.nan)}}, r"ranges: got x = \(0, nan\); allowed: two numbers"),
        ({"points": 1}, r"points: got 1; allowed: an integer in \[2, 1000\]"),
        ({"points": 2.0}, r"points: got 2.0; allowed: an integer"),
        ({"samples": 0}, r"samples: got 0; allowed: an integer in \[1, 1000000\]"),
    ],
)
def test_bad_input_is_told(given, message):
    with pytest.raises(ValueError, match=message):
        tightness(bernoulli, **given)


def test_an_identity_has_no_tightness():
    with pytest.raises(ValueError, match=r"claim: got gissin2020.theorem1.depth1, an identity, .*; allowed: an ineq"):
        tightness(claims.get("gissin2020.theorem1.depth1"))


def test_a_box_without_a_value_is_told():
    nowhere = Claim("mine.nowhere", "", "", "", {"x": Real(-2, -1)}, lambda x: functions.log(x))
    with pytest.raises(ValueError, match=r"ranges: got a box in which no point has a value"):
        tightness(nowhere)
    with pytest.raises(ValueError, match=r"ranges: got kind, which is one of a list; allowed: to fix it"):
        tightness(
            Claim("mine.list", "", "", "", {"kind": Choice("a", "b")}, lambda kind: 1.0, exact=lambda kind: 1),
            ranges={"kind": (0, 1)},
        )


def test_where_both_sides_are_equal_rounding_is_not_taken_for_room():
    @claim("mine.equal")
    def equal(x: Real(1, 10), n: Integer(1, 100)):
        """x log n + log 2 + log 3 ≤ x log n + log 6, with equality."""
        return at_most(
            x * functions.log(n) + functions.log(2) + functions.log(3), x * functions.log(n) + functions.log(6)
        )

    found = tightness(equal, points=5, samples=20)
    for each in (found.tightest, found.loosest):
        assert each.value == 0
        assert each.digits >= 50


def test_rounding_is_not_shown_as_a_failure():
    @claim("mine.means")
    def means(a: Real(0.1, 10), b: Real(0.1, 10)):
        """a b ≤ b a, which floats break in (a b c)/c."""
        return at_most(a * b / 3.0 * 3.0, b * 3.0 * a / 3.0)

    assert any(means(a=a / 7, b=b / 11) < 0 for a in range(1, 30) for b in range(1, 30))
    found = tightness(means, points=30, samples=200)
    assert found.tightest.value >= 0
    assert found.values.min() >= 0
    assert found.sample.min() >= 0
    # what does fail by next to nothing is told
    false = claim("mine.false", hypotheses={"a": Real(1, 2)})(lambda a: at_most(a, a - 1e-12))
    assert tightness(false, points=9, samples=9).values.max() < 0


def test_a_map_is_not_left_empty_where_another_place_shows_something():
    @claim("mine.sides")
    def sides(n: Integer(1, 9), m: Integer(1, 9), x: Real(-5, 5)):
        """|x| ≤ n m |x|."""
        return at_most(abs(x), n * m * abs(x))

    found = tightness(sides, points=9, samples=50)
    assert found.fixed["x"] != 0
    assert not np.isnan(found.values).any()


@pytest.mark.parametrize(
    "left, right, low, high",
    [
        (lambda f, x: 1 - f.cos(x), lambda f, x: x**2 / 2, 0, 1e-4),
        (lambda f, x: f.sqrt(1 + x * x) - 1, lambda f, x: x * x / 2, 0, 1e-5),
        (lambda f, x: f.exp(x) - 1 - x, lambda f, x: x * x, 0, 1e-6),
        (lambda f, x: x - f.log(1 + x), lambda f, x: x * x / 2, 1e-9, 1e-3),
        (lambda f, x: (1 + x) - 1, lambda f, x: x, 1e-18, 1e-12),
    ],
)
def test_cancellation_is_no_ratio(left, right, low, high):
    """Quantiles, map and extremes of true bounds whose sides cancel in floats, against 100 digits."""
    stated = claim("mine.noise", hypotheses={"x": Real(low, high)})(
        lambda x: at_most(left(functions, x), right(functions, x))
    )

    def wanted(x):
        with mpmath.workdps(100):
            x = mpmath.mpf(x)
            return float(mpmath.log(right(mpmath, x) / left(mpmath, x)))

    found = tightness(stated, points=12, samples=40)
    assert not found.fails
    seen = [(x, value) for x, value in zip(found.axes["x"], found.values, strict=True) if x > 0]
    assert len(seen) >= 11
    for x, value in seen:
        assert value == pytest.approx(wanted(x), rel=1e-9, abs=1e-60)
    assert np.nanmin(found.sample) >= 0
    ends = sorted([wanted(max(low, 1e-20)), wanted(high)])
    assert found.loosest.value == pytest.approx(ends[-1], rel=1e-9, abs=1e-60)
    assert 0 <= found.tightest.value <= ends[0] * (1 + 1e-9)


def test_what_cannot_be_settled_is_no_number():
    """A claim that tells other numbers at every precision, and floats that are caught."""

    def noise(x):
        left = 1 if isinstance(x, float) else 1 + mpmath.mpf(mpmath.mp.dps) / 10
        return at_most(left + 0 * x, 2 + 0 * x)

    stated = Claim("mine.noise", "", "", "", {"x": Real(1, 2)}, noise, exact=lambda x: x)
    measure = Measure(stated)
    points = [{"x": 1.0 + k / 8} for k in range(9)]
    assert not np.isfinite(measure.audit(points, np.full(9, 1e-9))).any()
