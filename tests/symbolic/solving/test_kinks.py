"""Closed forms of losses with kinks, piece by piece: crossing, resting, and what is said where the form ends."""

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.symbolic import GradientFlow, NoClosedForm
from flowlab.symbolic.solving import _checking
from flowlab.symbolic.solving.kinks import through
from flowlab.symbolic.solving.kinks.beside import Kinked, Unknown, sign_of, zeros

x, y, w = sympy.symbols("x y w", real=True)
R, exp, log, sqrt, Max, Min, Piecewise = (
    sympy.Rational, sympy.exp, sympy.log, sympy.sqrt, sympy.Max, sympy.Min, sympy.Piecewise
)  # fmt: skip
HUBER = Piecewise((w**2 / 2, w < 1), (w - R(1, 2), True))

ROWS = [
    # (loss, start, what it is from when on in its time t, what it does at the kinks), by hand
    (HUBER, 3, [(0, lambda t: 3 - t), (2, lambda t: mpmath.exp(2 - t))], ["crosses"]),
    (abs(w - 1), 3, [(0, lambda t: 3 - t), (2, lambda t: 1)], ["rests"]),
    (abs(w - 1), -1, [(0, lambda t: t - 1), (2, lambda t: 1)], ["rests"]),
    (abs(w - 1) + 2 * abs(w + 1), 3, [(0, lambda t: 3 - 3 * t), (R(2, 3), lambda t: R(5, 3) - t),
     (R(8, 3), lambda t: -1)], ["crosses", "rests"]),
    (abs(w) ** 3, -2, [(0, lambda t: -2 / (6 * t + 1))], []),
    (abs(w**2 - 1), R(1, 2), [(0, lambda t: mpmath.exp(2 * t) / 2), (log(2) / 2, lambda t: 1)], ["rests"]),
    (abs(w**2 - 1), 2, [(0, lambda t: 2 * mpmath.exp(-2 * t)), (log(2) / 2, lambda t: 1)], ["rests"]),
    (abs(w**3 - 2) + w**2, 3, [(0, lambda t: 6 / (11 * mpmath.exp(2 * t) - 9)), (log((6 / sympy.cbrt(2) + 9) / 11) / 2,
     lambda t: mpmath.cbrt(2))], ["rests"]),
    (Max(0, 1 - w), 0, [(0, lambda t: t), (1, lambda t: 1)], ["rests"]),
    (Max(0, 1 - w) ** 2, 0, [(0, lambda t: 1 - mpmath.exp(-2 * t))], []),
    (Max(0, w - 1) ** 2 + w, 2, [(0, lambda t: R(1, 2) + R(3, 2) * mpmath.exp(-2 * t)), (log(3) / 2,
     lambda t: 1 - (t - mpmath.log(3) / 2))], ["crosses"]),
    (Min(w, 2 - w), R(1, 2), [(0, lambda t: R(1, 2) - t)], []),
    (Max(1, w**2, 2 - w) ** 2, 3, [(0, lambda t: 3 / mpmath.sqrt(72 * t + 1)), (R(1, 9), lambda t: 1)], ["rests"]),
    ((abs(w) - 1) ** 2, R(1, 2), [(0, lambda t: 1 - mpmath.exp(-2 * t) / 2)], []),  # the kink at 0 is behind
    (abs(abs(w) - 1), 3, [(0, lambda t: 3 - t), (2, lambda t: 1)], ["rests"]),
    (-abs(w), 1, [(0, lambda t: 1 + t)], []),
    (-abs(w) + 3 * w, 2, [(0, lambda t: 2 - 2 * t), (1, lambda t: -4 * (t - 1))], ["crosses"]),
    (abs(w), 0, [(0, lambda t: 0)], ["rests"]),
    (abs(w) + 2 * w, 0, [(0, lambda t: -t)], []),
    (abs(w) - w, -3, [(0, lambda t: 2 * t - 3), (R(3, 2), lambda t: 0)], ["rests"]),  # flat beyond
    (sympy.Heaviside(w - 1) * (w - 1) ** 2 + w, 2, [(0, lambda t: R(1, 2) + R(3, 2) * mpmath.exp(-2 * t)),
     (log(3) / 2, lambda t: 1 - (t - mpmath.log(3) / 2))], ["crosses"]),
    (w + sympy.sign(w - 1) * (w - 1) ** 2 / 2, 2, [(0, lambda t: 2 * mpmath.exp(-t)), (log(2),
     lambda t: 2 - mpmath.exp(t - mpmath.log(2)))], ["crosses"]),
]  # fmt: skip


def at_kinks(found):
    return [word for kink in found.kinks for word in ("crosses", "rests", "comes") if word in kink.what]


@pytest.mark.parametrize("loss, start, pieces, words", ROWS)
def test_rows_by_hand(loss, start, pieces, words):
    found = GradientFlow.from_loss(loss, w).exact([start])
    assert found.lasts() == np.inf
    assert at_kinks(found) == words
    begins = [float(sympy.N(begin, 20)) for begin, _ in pieces]
    assert [float(begin) for begin, *_ in found.pieces[w]] == pytest.approx(begins, rel=1e-15)
    for (begin, value), end in zip(pieces, [*begins[1:], begins[-1] + 2], strict=True):
        first = float(sympy.N(begin, 20))
        times = [first, *np.linspace(first, end, 5)[1:-1], np.nextafter(end, 0)]
        wanted = [float(value(mpmath.mpf(t))) for t in times]
        assert found.at(times)[:, 0] == pytest.approx(wanted, rel=1e-14, abs=1e-15)
    assert "independent integration" in found.checked


def oracle(curvature, centre, tilt, kinks, start):
    """Return the flow of c (w - m)²/2 + b w + Σ λ |w - k| as pieces: (time, place, slope part a, b of dw/dt = a - b w).

    By fractions and 50 digits; None where a start or a kink leaves a choice.
    """
    places = sorted(kinks)

    def rate(index):  # between places[index - 1] and places[index]
        signs = sum((-1 if i < index else 1) * kinks[k] for i, k in enumerate(places))
        return curvature * centre - tilt + signs, curvature

    now, here, pieces = mpmath.mpf(0), start, []
    while True:
        index = sum(k < here for k in places)
        if here in places:
            (a0, b0), (a1, b1) = rate(index), rate(index + 1)
            below, above = a0 - b0 * here, a1 - b1 * here
            leaves = [side for side, v in ((-1, below), (1, above)) if side * v > 0]
            if not leaves:
                return [*pieces, (now, here, Fraction(0), Fraction(0))]
            if len(leaves) == 2 or (above if leaves[0] < 0 else below) * leaves[0] <= 0:
                return None
            index += leaves[0] > 0
        a, b = rate(index)
        speed = a - b * here
        pieces.append((now, here, a, b))
        if speed == 0:
            return pieces
        ahead = places[index : index + 1] if speed > 0 else places[:index][-1:]
        if not ahead or (a - b * ahead[0]) * speed <= 0:
            return pieces
        ratio = speed / (a - b * ahead[0])
        length = (
            mpmath.log(mpmath.mpf(ratio.numerator) / ratio.denominator) / float_free(b)
            if b
            else float_free((ahead[0] - here) / a)
        )
        now, here = now + length, ahead[0]


def float_free(number):
    return mpmath.mpf(number.numerator) / number.denominator


def along(pieces, t):
    now, here, a, b = next(piece for piece in reversed(pieces) if piece[0] <= t)
    a, b, here, since = float_free(a), float_free(b), float_free(here), t - now
    return here + a * since if b == 0 else a / b + (here - a / b) * mpmath.exp(-b * since)


FRACTIONS = st.fractions(-4, 4, max_denominator=6)


@given(
    st.sampled_from([0, 0, 1, Fraction(1, 3), 5]),
    FRACTIONS,
    FRACTIONS,
    st.dictionaries(FRACTIONS, st.fractions(Fraction(1, 6), 3, max_denominator=6), min_size=1, max_size=4),
    FRACTIONS,
    st.sampled_from([1, 1, 1, -1]),
)
@settings(max_examples=25, deadline=None)
@example(0, Fraction(0), Fraction(0), {Fraction(1): Fraction(1), Fraction(-1): Fraction(2)}, Fraction(3), 1)
@example(1, Fraction(3), Fraction(0), {Fraction(0): Fraction(3)}, Fraction(-1), 1)  # the edge of the lasso's threshold
@example(0, Fraction(0), Fraction(1), {Fraction(0): Fraction(1)}, Fraction(2), 1)  # flat below the kink
@example(0, Fraction(0), Fraction(0), {Fraction(2): Fraction(1)}, Fraction(2), -1)  # no single flow
def test_piecewise_quadratic_losses_against_fractions(curvature, centre, tilt, kinks, start, sign):
    curvature = Fraction(curvature)
    kinks = {k: sign * size if i == 0 else size for i, (k, size) in enumerate(kinks.items())}
    loss = R(curvature) * (w - R(centre)) ** 2 / 2 + R(tilt) * w
    for i, (k, size) in enumerate(kinks.items()):  # as absolute values, as hinges, as cases: the same but for a tilt
        hinge = 2 * R(size) * Max(0, w - R(k)) - R(size) * w
        cases = Piecewise((R(size) * (R(k) - w), w <= R(k)), (R(size) * (w - R(k)), True))
        loss += [R(size) * abs(w - R(k)), hinge, cases][i % 3]
    with mpmath.workdps(50):
        wanted = oracle(curvature, centre, tilt, kinks, start)
        flow = GradientFlow.from_loss(loss, w)
        if wanted is None:
            with pytest.raises(NoClosedForm, match="more than one way"):
                flow.exact([R(start)])
            return
        found = flow.exact([R(start)])
        assert found.lasts() == np.inf
        met = [float(piece[0]) for piece in wanted[1:]]
        assert [float(kink.time) for kink in found.kinks if kink.time != 0] == pytest.approx(met, rel=1e-14)
        last = met[-1] if met else 0.0
        times = [0.0, *met, *(np.nextafter(t, 0) for t in met), *(np.nextafter(t, np.inf) for t in met)]
        times += [*np.linspace(0, last, 7), last + 0.1, last + 3]
        exact = [float(along(wanted, mpmath.mpf(t))) for t in times]
        assert found.at(times)[:, 0] == pytest.approx(exact, rel=1e-14, abs=1e-15)


@given(
    st.sampled_from([R(1), R(5, 4), R(3, 2), R(2), R(3)]),
    st.integers(-3, 3),
    st.sampled_from([-2, R(-1, 3), R(1, 10), R(3, 2)]),
)
@settings(max_examples=10, deadline=None)
@example(R(3, 2), 0, -1)
@example(R(1), 1, 2)
def test_powers_of_a_distance_come_to_its_zero_in_time_or_never(power, at, apart):
    found = GradientFlow.from_loss(abs(w - at) ** power, w).exact([at + apart])
    # with d = |w - at|: dd/dt = -p d**(p - 1), so that d**(2 - p) falls by p (2 - p) t
    distance, p = float(abs(apart)), float(power)
    end = distance ** (2 - p) / (p * (2 - p)) if p < 2 else np.inf
    assert found.lasts() == np.inf
    assert [float(kink.time) for kink in found.kinks] == pytest.approx([end] if p < 2 else [], rel=1e-12)
    times = np.linspace(0, 0.9 * min(end, 2.0), 4)
    left = distance ** (2 - p) - p * (2 - p) * times
    wanted = distance * np.exp(-2 * times) if p == 2 else left ** (1 / (2 - p))
    assert np.abs(found.at(times)[:, 0] - at) == pytest.approx(wanted, rel=1e-9)
    if p < 2:
        assert found.at([1.01 * end, 5 * end])[:, 0] == pytest.approx([at, at], abs=0)


@pytest.mark.parametrize(
    "loss, slopes, start, kink, end",
    [
        # explicit, then by a clock; by a clock twice; by a clock, then explicit: dw/dt as a function, by hand
        (Max(0, w - 1) + log(1 + exp(w)),
         [lambda u: -1 - 1 / (1 + mpmath.exp(-u)), lambda u: -1 / (1 + mpmath.exp(-u))], 3, 1, -1),
        (abs(w) ** R(3, 2) + w / 10,
         [lambda u: -R(3, 2) * mpmath.sqrt(u) - 0.1, lambda u: R(3, 2) * mpmath.sqrt(-u) - 0.1], 1, 0, -R(1, 300)),
        (sympy.cosh(w) + Max(0, w - 1),
         [lambda u: -mpmath.sinh(u) - 1, lambda u: -mpmath.sinh(u)], 2, 1, R(1, 2)),
    ],
)  # fmt: skip
def test_the_time_to_a_place_is_the_integral_of_the_reciprocal_rate(loss, slopes, start, kink, end):
    found = GradientFlow.from_loss(loss, w).exact([start])
    assert at_kinks(found) == ["crosses"]
    first, second = slopes
    for place in [(2 * kink + start) / R(3), kink, (2 * kink + end) / R(3), end]:
        turn = max(place, kink)
        time = mpmath.quad(lambda u: 1 / first(u), [start, turn])
        time += mpmath.quad(lambda u: 1 / second(u), [turn, place]) if place < turn else 0
        assert found.at(float(time))[0, 0] == pytest.approx(float(place), rel=1e-12, abs=1e-13)
        if place == kink:
            assert float(found.kinks[0].time) == pytest.approx(float(time), rel=1e-14)


def test_parameters_that_know_nothing_of_each_other_rest_each_by_itself():
    found = GradientFlow.from_loss(abs(x) + 2 * abs(y - 1), [x, y]).exact([5, 3])
    assert found.lasts() == np.inf
    assert [(kink.time, kink.what) for kink in found.kinks] == [
        (1, "y rests at the kink at 1"),
        (5, "x rests at the kink at 0"),
    ]
    assert found.at([0.5, 1, 4, 5, 7]) == pytest.approx(np.array([[4.5, 2], [4, 1], [1, 1], [0, 1], [0, 1]]))
    with pytest.raises(NoClosedForm):
        GradientFlow.from_loss(abs(w - 1), w).exact()


def test_a_part_with_a_symbol_goes_on_beside_one_that_rests():
    y0 = sympy.Symbol("y_0", real=True)
    found = GradientFlow.from_loss(abs(x) + y**2 / 2, [x, y]).exact([1, y0])
    assert found.at([0.5, 2.0], y_0=3) == pytest.approx(np.array([[0.5, 3 * np.exp(-0.5)], [0, 3 * np.exp(-2)]]))


def test_a_part_of_known_end_beside_one_that_only_numbers_tell():
    found = GradientFlow.from_loss(-(x**3) / 3 + log(1 + exp(-y)) + y, [x, y]).exact([R(1, 2), 1])
    assert found.until is None
    assert found.lasts() == 2
    with pytest.raises(ValueError, match="times before 2, when the solution ceases to exist"):
        found.at(2.5)


@pytest.mark.parametrize(
    "loss, start, kinks, values",
    [
        # |x + y| has the norm √2 of its gradient: the sum falls by 2 t, the difference by 4 t
        (abs(x + y) + 2 * abs(x - y), (3, 1), [R(1, 2), 2], lambda t: ((3 + 1) / 2 - t, max(1 - 2 * t, 0))),
        (abs(x * y - 1), (2, 1), [log(sqrt(13) - 2) / 2], None),
        (abs(sqrt(x**2 + y**2) - 1), (3, 4), [4], None),
        (abs(x + y - 4), (1, 1), [1], None),  # on the straight line of its start
    ],
)
def test_kinks_of_several_parameters(loss, start, kinks, values):
    found = GradientFlow.from_loss(loss, [x, y]).exact(start)
    assert [sympy.simplify(kink.time - time) for kink, time in zip(found.kinks, kinks, strict=True)] == [0] * len(kinks)
    assert at_kinks(found) == ["rests"] * len(kinks)
    half = float(kinks[0]) / 2
    ends = {
        abs(x * y - 1): [tuple(3 * np.exp(-half) / 2 + sign * np.exp(half) / 2 for sign in (1, -1))],
        abs(sqrt(x**2 + y**2) - 1): [(1.8, 2.4), (0.6, 0.8)],
        abs(x + y - 4): [(1.5, 1.5), (2, 2)],
    }.get(loss)  # fmt: skip
    if values is not None:
        times = [half, 0.9, 1.9, 2.0, 3.0]
        wanted = [[m + d, m - d] for m, d in (values(min(t, 2.0)) for t in times)]
        assert found.at(times) == pytest.approx(np.array(wanted), abs=1e-12)
    else:
        after = found.at([half, float(kinks[0]) * 1.5, 100.0])
        assert after[0] == pytest.approx(np.array(ends[0], dtype=float), rel=1e-12)
        assert np.array_equal(after[1], after[2])
        assert abs(float(loss.subs({x: after[1, 0], y: after[1, 1]}))) < 1e-14
        assert after[1] == pytest.approx(np.array(ends[-1], dtype=float), rel=1e-12) or len(ends) == 1


def test_the_form_ends_where_the_other_side_has_none():
    loss = Piecewise((exp(w) + w**4 / 4 - sympy.E - R(1, 4) + 1, w < 1), (w, True))
    found = GradientFlow.from_loss(loss, w).exact(3)
    assert found.lasts() == 2
    assert found.at(1.5)[0, 0] == 1.5
    assert "no closed form is found beyond it" in found.kinks[-1].ends
    with pytest.raises(
        ValueError, match="times before 2, when w comes to the kink at 1, where the closed form ends"
    ) as told:
        found.at(2.5)
    assert "ceases" not in str(told.value)


@pytest.mark.parametrize("most", [3, through._MOST_WORK])
def test_so_many_kinks_are_not_followed(monkeypatch, most):
    monkeypatch.setattr(through, "_MOST_WORK", most)
    loss = sum((abs(w - k) for k in range(10)), w * 100)
    found = GradientFlow.from_loss(loss, w).exact(20)
    if most == 3:
        assert [kink.what.split()[1] for kink in found.kinks] == ["crosses", "crosses", "comes"]
        assert found.kinks[-1].ends.startswith("it has more kinks than are followed, 3 where each piece is linear")
        # at rates of 110, 108, 106 it goes 11, 1 and 1
        assert found.lasts() == float(found.kinks[-1].time) == pytest.approx(11 / 110 + 1 / 108 + 1 / 106)
    else:
        assert [kink.what for kink in found.kinks] == [f"w crosses the kink at {k}" for k in range(9, -1, -1)]
        assert found.lasts() == np.inf


@pytest.mark.search
def test_infinitely_many_kinks_are_followed_for_a_while():
    found = GradientFlow.from_loss(w + abs(sympy.sin(w)) / 2, w).exact(1)
    assert found.lasts() < np.inf
    assert "more kinks than are followed" in found.kinks[-1].ends
    first = mpmath.quad(lambda u: 1 / (1 + mpmath.cos(u) / 2), [0, 1])
    period = mpmath.quad(lambda u: 1 / (1 + mpmath.cos(u) / 2), [0, mpmath.pi])
    assert float(found.kinks[0].time) == pytest.approx(float(first), rel=1e-14)
    # below 0 the sign is the other one: cos(u + π) = -cos u
    assert float(found.kinks[1].time) == pytest.approx(float(first + period), rel=1e-14)


@pytest.mark.parametrize(
    "loss, start, reason",
    [
        (-abs(w), 0, "from the kink at 0 the flow may go on in more than one way"),
        (Min(0, w), 0, "more than one way"),  # it may also rest
        (sympy.sqrt(abs(w)), 0, "the gradient has no finite limit at 0"),
    ],
)
def test_a_start_without_a_single_flow(loss, start, reason):
    with pytest.raises(NoClosedForm, match=reason):
        GradientFlow.from_loss(loss, w).exact([start])


def test_a_gradient_without_a_bound_ends_the_form():
    found = GradientFlow.from_loss(sympy.sqrt(abs(w)), w).exact(1)
    assert found.lasts() == pytest.approx(4 / 3)
    assert found.kinks[-1].ends == "the gradient has no finite limit at 0"
    assert found.at(1.0)[0, 0] == pytest.approx(0.25 ** (2 / 3))


@pytest.mark.parametrize("digits", [1, 25, 50, 90])
def test_kinks_however_close_are_told_apart(digits):
    tiny = R(1, 10**digits)
    # between the two kinks it goes at rate 1, so long as it takes for their distance; beyond it rests
    found = GradientFlow.from_loss(abs(w - 1) + abs(w - 1 - tiny) / 2 + w / 2, w).exact([3])
    assert [(kink.time, kink.what.split()[1]) for kink in found.kinks] == [
        (1 - tiny / 2, "crosses"),
        (1 + tiny / 2, "rests"),
    ]
    # on either side of a number that is a kink, and at it, where no digits tell that it is
    kink, same = sqrt(2) + sqrt(3), sqrt(5 + 2 * sqrt(6))
    slopes = {tiny: -2, -tiny: 1}
    for apart, slope in slopes.items():
        here = Kinked(-2 * (1 + sympy.sign(w - kink)) / 2 + (1 - sympy.sign(w - kink)) / 2, w).around(same + apart)
        assert here is not None
        assert here.rate == slope
        assert (here.low if apart > 0 else here.high) == kink
    assert Kinked(sympy.sign(w - kink), w).around(same) is None


def test_signs_are_certain_or_not_known():
    s = sympy.Symbol("s", positive=True)
    assert [sign_of(e) for e in (s, -s, s - s, sympy.pi - R(22, 7))] == [1, -1, 0, -1]
    for unknown in (s - 1, sympy.nan, sympy.I):
        with pytest.raises(Unknown):
            sign_of(unknown)
    with pytest.raises(Unknown, match="zeros"):
        zeros(sympy.cos(w) - w * exp(w), w, sympy.Integer(0))


def test_a_constant_may_be_a_symbol_whose_sign_is_known():
    s = sympy.Symbol("s", positive=True)
    found = GradientFlow.from_loss(s * abs(w), w, constants=s).exact([1])
    assert found.kinks[0].time == 1 / s
    assert found.at([0.25, 0.5, 3], s=2)[:, 0] == pytest.approx([0.5, 0, 0])


def test_a_kink_in_constants_is_none():
    s = sympy.Symbol("s", positive=True)
    found = GradientFlow.from_loss(Max(s, 1) * w**2 / 2, w, constants=s).exact([2])
    assert found.at(0.5, s=3)[0] == pytest.approx([2 * np.exp(-1.5)])


def later(piece, by):
    return through.Piece(piece.begins + by, piece.start, piece.rate, piece.solved)


def through_all(way, rate):
    """Go on beyond the last kink as if it were none."""
    last = way.pieces[-1]
    return through.Way(
        (*way.pieces[:-1], through.Piece(last.begins, last.start, rate, solved_linear(last, rate))), way.until
    )


def solved_linear(piece, rate):
    t = sympy.Symbol("t", nonnegative=True)
    return through.Solved(piece.start + rate * t, method="linear")


FAULTS = {
    "too late": lambda way: through.Way(
        (way.pieces[0], later(way.pieces[1], R(1, 1000))),
        way.until,
        ((way.kinks[0][0] + R(1, 1000), *way.kinks[0][1:]),),
    ),
    "crosses": lambda way: through_all(way, R(1)),
    "rests where it crosses": lambda way: way,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_pieces_are_not_handed_out(monkeypatch, fault):
    right = through.through_kinks
    monkeypatch.setattr(
        "flowlab.symbolic.solving._structure.through_kinks", lambda *given: FAULTS[fault](right(*given))
    )
    if fault == "rests where it crosses":
        monkeypatch.setattr(through, "_departure", held_at_zero(through._departure))
    with pytest.raises(NoClosedForm, match="found, but refused"):
        GradientFlow.from_loss(abs(w) + 2 * w if "crosses" in fault[1:] else abs(w), w).exact([1])


def held_at_zero(right):
    return lambda kinked, here: (0, None) if here == 0 else right(kinked, here)


def test_what_leads_away_from_a_kink_is_no_rest():
    found = GradientFlow.from_loss(abs(w), w).exact([1])
    unstable = type(found)(
        GradientFlow.from_loss(-abs(w), w), found.time, {w: sympy.S.Zero}, {w: sympy.S.Zero}, kinks=found.kinks[:0]
    )
    wrong = sympy.Integer(0)
    rest = type(found.kinks[0])(wrong, "w rests at the kink at 0", held=((sympy.S.One,),))
    with pytest.raises(_checking.Refuted, match="leads away"):
        _checking.checked(type(found)(unstable.flow, found.time, {w: wrong}, {w: wrong}, kinks=(rest,)))


def test_pieces_tell_their_intervals():
    found = GradientFlow.from_loss(HUBER, w).exact(3)
    t = found.time
    assert found.pieces == {w: ((0, 2, 3 - t), (2, sympy.oo, exp(2 - t)))}
    both = GradientFlow.from_loss(abs(x) + abs(y), [x, y]).exact([1, 2])
    assert both.pieces == {x: ((0, 1, 1 - t), (1, sympy.oo, 0)), y: ((0, 2, 2 - t), (2, sympy.oo, 0))}
    assert list(itertools.chain(*(p[:2] for p in GradientFlow.from_loss(w**2 / 2, w).exact(1).pieces[w]))) == [
        0,
        sympy.oo,
    ]


@pytest.mark.parametrize(
    "loss, start, end, edge, way",
    [
        (w ** R(3, 2), 1, R(4, 3), 0, lambda t: (1 - 3 * t / 4) ** 2),
        (w ** R(7, 4), 1, R(16, 7), 0, lambda t: (1 - 7 * t / 16) ** 4),
        ((2 - w) ** R(4, 3), 1, R(9, 8), 2, lambda t: 2 - (1 - 8 * t / 9) ** 1.5),
        (
            2 * w ** R(3, 2) / 3 + 2 * w ** R(5, 2) / 5,
            1,
            sympy.pi / 2,
            0,
            lambda t: mpmath.tan(mpmath.pi / 4 - t / 2) ** 2,
        ),
    ],
)
def test_a_solution_rests_at_the_root_of_a_power_that_is_real_on_one_side(loss, start, end, edge, way):
    found = GradientFlow.from_loss(loss, w).exact(start)
    assert found.lasts() == np.inf
    ((time, what),) = [(kink.time, kink.what) for kink in found.kinks]
    assert time == end
    assert what == f"w rests at the kink at {edge}"
    times = [part * float(end) for part in (0.0, 0.3, 0.9, 1.001, 5.0)]
    right = [float(way(t)) if t < end else edge for t in times]
    assert found.at(times)[:, 0] == pytest.approx(right, abs=1e-13)


def test_a_root_is_no_rest_where_the_parameter_may_not_be_0_or_is_driven_on():
    v = sympy.Symbol("v", positive=True)
    assert GradientFlow.from_loss(v ** R(3, 2), v).exact(1).lasts() == pytest.approx(4 / 3)
    driven = GradientFlow.from_loss(w ** R(3, 2) + w, w).exact(1)
    assert driven.lasts() == pytest.approx((12 - 8 * np.log(2.5)) / 9)  # ∫ dw/(1 + 3 √w/2) over [0, 1]
    assert not driven.kinks


@settings(max_examples=6, deadline=None)
@given(
    power=st.sampled_from([R(1), R(6, 5), R(3, 2), R(7, 4)]),
    bowl=st.sampled_from([0, 1]),
    start=st.lists(st.integers(-4, 4), min_size=2, max_size=3).filter(any),
)
@example(power=R(3, 2), bowl=0, start=[3, 4])
@example(power=R(1), bowl=1, start=[0, -2])
def test_a_function_of_the_norm_rests_where_it_is_0(power, bowl, start):
    """Of r^p + bowl r²/2 it comes there after the integral of 1/(p r^(p − 1) + bowl r)."""
    v = sympy.symbols("a b c", real=True)[: len(start)]
    square, r0 = sympy.Add(*(u**2 for u in v)), mpmath.sqrt(sum(u**2 for u in start))
    found = GradientFlow.from_loss(square ** (power / 2) + bowl * square / 2, v).exact(start)
    p = mpmath.mpf(power.p) / power.q
    # r = u^(1/(2 − p)) takes the root out of the integral
    end = mpmath.quad(lambda u: 1 / (p + bowl * u) / (2 - p), [0, r0 ** (2 - p)])
    (kink,) = found.kinks
    assert "rests" in kink.what
    assert float(kink.time) == pytest.approx(float(end), rel=1e-12)
    assert found.lasts() == np.inf
    u = mpmath.findroot(lambda u: mpmath.quad(lambda z: 1 / (p + bowl * z) / (2 - p), [u, r0 ** (2 - p)]) - end / 2, r0)
    half, later = found.at([float(end) / 2, float(end) * 1.5])
    assert half == pytest.approx(np.array(start, float) * float(u ** (1 / (2 - p)) / r0), rel=1e-12)
    assert not later.any()


def test_a_norm_of_infinite_slope_or_of_positive_parameters_has_no_rest():
    assert GradientFlow.from_loss((x**2 + y**2) ** R(1, 4), [x, y]).exact([3, 4]).kinks == ()
    a, b = sympy.symbols("a b", positive=True)
    assert GradientFlow.from_loss(sqrt(a**2 + b**2), [a, b]).exact([3, 4]).lasts() == pytest.approx(5)
