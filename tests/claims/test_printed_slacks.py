"""The slacks of the inequalities, typed a second time from the printed statements: a factor lost in one shows here.

A claim that holds goes on holding when its slack is too wide; only a second transcription tells.
"""

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab import claims

UNIT = st.floats(0.05, 0.95)
DEPTH = st.floats(2, 9)
DEEP = st.integers(3, 9)
RATIO = st.floats(1.2, 20)
S = st.floats(0.02, 0.24)
F = st.floats(0.76, 0.98)
Q = st.floats(0.05, 0.82)


def step(r, q, depth=2):
    """A step of descent in r = σ/σ*, with q = η σ*^(2−2/N)."""
    return r * (1 + q / depth * r ** (1 - mp.mpf(2) / depth) * (1 - r)) ** depth


def early_step(r, c, size, depth):
    """The same with 1 − r dropped, and q = c R^(2−2/N)."""
    return r * (1 + c / depth * size ** (2 - 2 / mp.mpf(depth)) * r ** (1 - mp.mpf(2) / depth)) ** depth


def first_reaching(level, start, q):
    count = 0
    while start < level:
        start, count = step(start, q), count + 1
    return count


def odds(level, start):
    """(1−α)/α · σ0/(σ* − σ0)."""
    return (1 - level) / level * start / (1 - start)


def fast(x):
    return mp.log(1 - x - x**2 / 4)


def slow(x):
    return mp.log(1 - x + x**2)


def updates(depth, c, size, start, ratio):
    """The first updates of r_i and r_j, where r_j(0) is start."""
    return (
        early_step(start / ratio, c, size, depth) - start / ratio,
        early_step(start, c, size / ratio, depth) - start,
    )


def early_rows(depth, c, size, start):
    kept = start * ((1 + c / depth * size ** (2 - 2 / depth) * start ** (1 - 2 / depth) * (1 - start)) ** depth - 1)
    return kept / (early_step(start, c, size, depth) - start) / (1 - start), first_order(depth, c, size, start) / start


def first_order(depth, c, size, start):
    return c * (size * start) ** (2 - 2 / depth)


def rest(depth, c, size, start):
    """What first order leaves, over c² R^(4−4/N) r^(3−4/N)."""
    most = c**2 * size ** (4 - 4 / depth) * start ** (3 - 4 / depth)
    return (early_step(start, c, size, depth) - start - first_order(depth, c, size, start)) / most


def quotients(rate, ratio):
    """A/r and B/r."""
    return slow(rate) / fast(rate / ratio) / ratio, fast(rate) / slow(rate / ratio) / ratio


def integrand(x, ratio):
    return ratio / (1 - x) - ratio / (ratio - x)


ROWS = [
    (
        "lemma1",
        {"depth": DEPTH, "start": UNIT, "c": UNIT},
        lambda depth, start, c: (1 - step(start, c, depth)) / (1 - start),
    ),
    (
        "lemma1.exponential",
        {"depth": DEPTH, "c": UNIT, "r": UNIT},
        lambda depth, c, r: 1 - mp.log(step(r, c, depth) / r) / (r ** (1 - 2 / depth) * (1 - r)),
    ),
    (
        "lemma1.monotone",
        {"depth": DEPTH, "r": UNIT},
        lambda depth, r: r * mp.diff(lambda x: mp.log(x) + x ** (1 - 2 / depth) * (1 - x), r) / (1 - r),
    ),
    ("appendix_a.sufficient.same", {"ratio": RATIO, "x": UNIT}, lambda ratio, x: (1 - x / ratio - (1 - x)) / x),
    (
        "appendix_a.sufficient.left",
        {"ratio": RATIO, "s": S, "f": F, "part": UNIT},
        lambda ratio, s, f, part: 1 - (s + part * (f * ratio - s)) / ratio - (1 - f),
    ),
    (
        "appendix_a.sufficient.drop",
        {"depth": DEEP, "ratio": RATIO, "s": S, "f": F},
        lambda depth, ratio, s, f: (f * ratio) ** (mp.mpf(2) / depth - 1),
    ),
    (
        "appendix_a.necessary.left",
        {"ratio": RATIO, "s": S, "f": F, "part": UNIT},
        lambda ratio, s, f, part: (1 - s / ratio) - (1 - (s + part * (f * ratio - s)) / ratio),
    ),
    (
        "appendix_a.necessary.right",
        {"ratio": RATIO, "s": S, "part": UNIT},
        lambda ratio, s, part: 1 - integrand(part * s, ratio) / integrand(s, ratio),
    ),
    (
        "appendix_a.necessary.drop",
        {"depth": DEEP, "ratio": RATIO, "s": S, "f": F},
        lambda depth, ratio, s, f: (
            1
            - mp.log(((ratio - s) / (ratio - 1)) ** (1 / (1 - mp.mpf(2) / depth)))
            / mp.log(
                (1 + (1 - s) / (ratio - 1) * (1 - (s / (f * ratio)) ** (1 - mp.mpf(2) / depth)))
                ** (1 / (1 - mp.mpf(2) / depth))
            )
        ),
    ),
    ("appendix_b.reciprocal.lower", {"x": UNIT}, lambda x: (1 / (1 + x) - (1 - x)) / (1 + x)),
    ("appendix_b.reciprocal.upper", {"x": UNIT}, lambda x: (1 - x + x**2 - 1 / (1 + x)) / (1 + x) ** 2),
    (
        "appendix_b.lower",
        {"q": Q, "start": UNIT},
        lambda q, start: (mp.log((1 / step(start, q) - 1) / (1 / start - 1)) - fast(q)) / q**2,
    ),
    (
        "appendix_b.upper",
        {"q": Q, "start": UNIT},
        lambda q, start: (slow(q) - mp.log((1 / step(start, q) - 1) / (1 / start - 1))) / q**2,
    ),
    (
        "appendix_b.hitting.lower",
        {"q": Q, "start": st.floats(0.01, 0.5), "level": st.floats(0.51, 0.99)},
        lambda q, start, level: first_reaching(level, start, q) - mp.log(odds(level, start)) / fast(q),
    ),
    (
        "appendix_b.hitting.upper",
        {"q": Q, "start": st.floats(0.01, 0.5), "level": st.floats(0.51, 0.99)},
        lambda q, start, level: mp.log(odds(level, start)) / slow(q) - first_reaching(level, start, q),
    ),
    (
        "appendix_b.hitting.upper.corrected",
        {"q": Q, "start": st.floats(0.01, 0.5), "level": st.floats(0.51, 0.99)},
        lambda q, start, level: mp.log(odds(level, start)) / slow(q) + 1 - first_reaching(level, start, q),
    ),
    ("appendix_b.positive", {"q": Q}, lambda q: 1 - q - q**2 / 4),
    ("appendix_b.sufficient.exponent", {"q": Q, "ratio": RATIO}, lambda q, ratio: ratio * quotients(q, ratio)[0] - 1),
    ("appendix_b.necessary.exponent", {"q": Q, "ratio": RATIO}, lambda q, ratio: quotients(q, ratio)[1] - 1),
    (
        "appendix_b.sufficient.half",
        {"ratio": RATIO, "start": st.floats(0.01, 0.5)},
        lambda ratio, start: (1 - start) / (ratio - start) / (1 / (2 * ratio)) - 1,
    ),
    (
        "appendix_b.necessary.relax",
        {"q": Q, "ratio": RATIO, "start": st.floats(0.01, 0.5)},
        lambda q, ratio, start: (
            mp.log(
                (1 / start) ** (ratio * quotients(q, ratio)[1] - 1)
                / (
                    (1 - start) ** (ratio * quotients(q, ratio)[1])
                    / (start ** (ratio * quotients(q, ratio)[1] - 1) * (ratio - start))
                )
            )
            / (ratio * quotients(q, ratio)[1])
        ),
    ),
    (
        "theorem3.first_order",
        {"rate": Q, "ratio": RATIO},
        lambda rate, ratio: min(
            (1 - quotients(rate, ratio)[0]) / rate,
            (2 * rate - (1 - quotients(rate, ratio)[0])) / rate,
            (quotients(rate, ratio)[1] - 1) / rate,
            2 - (quotients(rate, ratio)[1] - 1) * (1 - rate - rate**2 / 4) / rate,
        ),
    ),
    (
        "appendix_c.early",
        {"depth": DEPTH, "c": UNIT, "size": UNIT, "start": UNIT},
        lambda **given: (
            min(-mp.log(early_rows(**given)[0]), early_rows(**given)[1] + mp.log(early_rows(**given)[0]))
            / early_rows(**given)[1]
        ),
    ),
    (
        "appendix_c.first_order",
        {"depth": DEPTH, "c": UNIT, "size": UNIT, "start": UNIT},
        lambda **given: min(rest(**given), mp.e - 2 - rest(**given)),
    ),
    (
        "appendix_c.factor",
        {"depth": DEPTH, "c": UNIT, "size": UNIT, "start": UNIT, "ratio": RATIO},
        lambda **given: (
            1
            - abs(mp.log(updates(**given)[0] / (given["ratio"] ** (1 - 1 / given["depth"]) * updates(**given)[1])))
            / given["c"]
        ),
    ),
    (
        "appendix_c.factor.corrected",
        {"depth": DEPTH, "c": UNIT, "size": UNIT, "start": UNIT, "ratio": RATIO},
        lambda **given: 1 - abs(mp.log(updates(**given)[0] / updates(**given)[1])) / given["c"],
    ),
]


@pytest.mark.parametrize(("id", "ranges", "printed"), [pytest.param(*row, id=row[0]) for row in ROWS])
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_slack_is_that_of_the_printed_statement(id, ranges, printed, data):
    arguments = {name: data.draw(strategy, label=name) for name, strategy in ranges.items()}
    with mp.workdps(60):
        wanted = printed(**{name: mp.mpf(value) for name, value in arguments.items()})
        got = claims.get(f"gissin2020.{id}").exact(**arguments)
        assert abs(got - wanted) <= mp.mpf(10) ** -20 * (1 + abs(wanted))
