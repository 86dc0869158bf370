"""The forms for balls: each is the claim's slack over what it says, and changes as its slopes say."""

import math
from fractions import Fraction

import mpmath as mp
import pytest
from flint import arb, ctx, fmpq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.claims import all_claims
from flowlab.claims.gissin2020 import dependence
from flowlab.toy import bounds, descent_bounds, precise, sharper
from flowlab.verify.certifying.boxes import Box, read_box
from flowlab.verify.certifying.cells import Problem

#: What is drawn where a hypothesis is unbounded.
FAR = {"ratio": 60.0, "x": 1e3, "depth": 60.0}

#: The claims written for balls, with a box; the first depth is fixed for integers.
WRITTEN = [claim for claim in all_claims() if getattr(claim.balls, "box", None)]


#: Their slacks are told where they are negative only.
ONE_SIDED = {"gissin2020.theorem3.lower", "gissin2020.appendix_f.squared.incremental"}

PARTS = st.integers(0, 2**20).map(lambda k: k / 2**20)


def drawn(claim, parts):
    """Return a point of the claim's box, as floats of the hypotheses' interior."""
    box = read_box(claim)
    point = {}
    for part, (name, (low, high)) in zip(parts, box.ends.items(), strict=False):
        top = FAR[name] if high == math.inf else float(Fraction(int(high.p), int(high.q)))
        bottom = float(Fraction(int(low.p), int(low.q)))
        inside = claim.hypotheses[name]
        point[name] = inside.nearest(bottom + part * (top - bottom)) if hasattr(inside, "nearest") else bottom
    fixed = {name: float(value) if isinstance(value, fmpq) else value for name, value in box.fixed.items()}
    return point | fixed


def problem_at(claim, point):
    return Problem(claim, read_box(claim, {n: Fraction(v) if isinstance(v, float) else v for n, v in point.items()}))


def _less_than_power(slack, q, ratio):
    return ((1 - q / ratio + (q / ratio) ** 2) ** ratio - (1 - q - q * q / 4)) / q**2


def _balance(bound):
    """Return by how much later σ_j comes to s than σ_i to f, in its units, from a bound on the threshold."""

    def form(slack, ratio, s, f, depth=2):
        start = s * mp.exp(-bound(mp, depth, ratio, s, f))
        return (
            ratio * s ** _p(depth) * (precise.time(s, depth, 1, start) - precise.time(f * ratio, depth, ratio, start))
        )

    return form


def _p(depth):
    return 1 - 2 / mp.mpf(depth)


def _before(high, low, unit):
    """Return how far apart two bounds are as q = ((s/x)^p − 1)/p, in a unit."""

    def form(slack, ratio, s, f, depth=2):
        p = _p(depth)
        drops = [bound(mp, depth, ratio, s, f) for bound in (high, low)]
        far, near = (mp.expm1(p * drop) / p if p else drop for drop in drops)
        return (far - near) * unit(ratio, f)

    return form


def _minus(form):
    return lambda slack, **point: -form(slack, **point)


def _above_s(slack, rate, part, ratio, s, f):
    c = rate + part * (mp.mpf(descent_bounds.STABLE) - rate)
    return mp.log(s) - descent_bounds.lower(mp, ratio, s, f, c, c / ratio)


def _allowed(slack, drop, ratio, s, f):
    return mp.log(mp.exp(-drop) / (s * ((1 - f) * s / (f * ratio)) ** ((ratio + 3) / (2 * (ratio - 1)))))


_LOWER, _UPPER = _balance(sharper.lower), _minus(_balance(sharper.upper))
_SHARPER_LOWER = _before(bounds.lower, sharper.lower, lambda ratio, f: (1 - f) * (ratio - 1))
_SHARPER_UPPER = _before(sharper.upper, bounds.upper_corrected, lambda ratio, f: ratio - 1)

#: What each form is, of the claim's slack and its arguments; the others are the slack itself.
FORMS = {
    "gissin2020.theorem2.depth2.lower": _balance(bounds.lower),
    "gissin2020.theorem2.depth2.upper": _minus(_balance(bounds.upper)),
    "gissin2020.theorem2.deep.lower": _balance(bounds.lower),
    "gissin2020.theorem2.deep.upper": _minus(_balance(bounds.upper)),
    "gissin2020.theorem2.deep.upper.corrected": _minus(_balance(bounds.upper_corrected)),
    "gissin2020.theorem3.lower": _above_s,
    "gissin2020.appendix_a.sufficient.left": lambda slack, ratio, s, f, part: slack() / (1 - part),
    "gissin2020.appendix_a.necessary.left": lambda slack, ratio, s, f, part: slack() / part,
    "gissin2020.appendix_a.necessary.right": lambda slack, ratio, s, part: 1 + (1 - s - s * part) / ratio,
    "gissin2020.appendix_b.positive": lambda slack, q: slack() / (2 * (mp.sqrt(2) - 1) - q),
    "gissin2020.appendix_b.reciprocal.lower": lambda slack, x: 1,
    "gissin2020.appendix_b.reciprocal.upper": lambda slack, x: 1,
    "gissin2020.appendix_b.lower": lambda slack, q, start: (
        start / 4 + (1 - start + q * (1 - start) ** 2 / 4) * (1 + q / 4)
    ),
    "gissin2020.appendix_b.upper": lambda slack, q, start: (
        1 + (1 - start) / 4 - (1 - start + q * (1 - start) ** 2 / 4) * (1 - q)
    ),
    "gissin2020.appendix_b.necessary.exponent": _less_than_power,
    "gissin2020.appendix_b.sufficient.half": lambda slack, ratio, start: slack() * (ratio - start) / ratio,
    "gissin2020.lemma1": lambda slack, depth, start, c: slack() / (1 - c + c * (1 - start)),
    "gissin2020.lemma1.exponential": lambda slack, depth, c, r: slack() / (1 - c + r ** _p(depth) * (1 - r) / depth),
    "gissin2020.dependence.depth2.lower": _balance(dependence._depth2_most),
    "gissin2020.dependence.depth2.upper": _minus(_balance(dependence._depth2_least)),
    "gissin2020.dependence.deep.lower": _balance(dependence._deep_most),
    "gissin2020.dependence.deep.upper": _minus(_balance(dependence._deep_least)),
    "gissin2020.appendix_f.squared.incremental": _allowed,
    **{f"flowlab.threshold.{kind}.lower": _LOWER for kind in ("depth2", "deep")},
    **{f"flowlab.threshold.{kind}.upper": _UPPER for kind in ("depth2", "deep")},
    **{f"flowlab.threshold.{kind}.lower.sharper": _SHARPER_LOWER for kind in ("depth2", "deep")},
    **{f"flowlab.threshold.{kind}.upper.sharper": _SHARPER_UPPER for kind in ("depth2", "deep")},
}

EACH = pytest.mark.parametrize("claim", WRITTEN, ids=lambda claim: claim.id)


def test_every_form_is_that_of_a_claim():
    assert FORMS.keys() <= {claim.id for claim in WRITTEN}


@EACH
@settings(max_examples=12, deadline=None)
@given(parts=st.lists(PARTS, min_size=5, max_size=5))
@example(parts=[0.0] * 5)
@example(parts=[1.0] * 5)
@example(parts=[0.5, 0.25, 0.75, 0.5, 0.5])
def test_the_form_for_balls_has_the_sign_of_the_slack(claim, parts):
    point = drawn(claim, parts)
    if not all(assumption.predicate(**point) for assumption in claim.assuming):
        return
    with ctx.workprec(200):
        over = problem_at(claim, point).slack({})[0]
    with mp.workdps(60):
        exact = claim.exact(**point)
    if claim.id in ONE_SIDED and not over < 0:
        assert not over.is_finite()
    elif abs(exact) > 1e-40:
        assert (over > 0) if exact > 0 else (over < 0)
    else:
        assert not over < -1e-30


@EACH
@settings(max_examples=12, deadline=None)
@given(parts=st.lists(st.floats(0.01, 0.99), min_size=5, max_size=5))
@example(parts=[0.5, 0.125, 0.75, 0.5, 0.25])
@example(parts=[0.01, 0.99, 0.99, 0.01, 0.5])
def test_a_form_is_the_slack_over_what_it_says(claim, parts):
    point = drawn(claim, parts)
    if not all(assumption.predicate(**point) for assumption in claim.assuming):
        return
    with ctx.workprec(200), mp.workdps(60):
        over = problem_at(claim, point).slack({})[0]
        at = {name: mp.mpf(value) for name, value in point.items()}
        form = FORMS.get(claim.id, lambda slack, **_: slack())
        wanted = form(lambda: claim.exact(**point), **at)
        if over.is_finite() or claim.id not in ONE_SIDED:
            assert abs(mp.mpf(over.str(50, radius=False)) - wanted) < mp.mpf(10) ** -25 * (1 + abs(wanted))


@EACH
def test_a_form_changes_as_its_slopes_say(claim):
    """Over a box so small that no slope varies much, each is the difference of two values."""
    parts = [0.5, 0.125, 0.75, 0.5, 0.25] if claim.id not in ONE_SIDED else [0.999, 0.5, 0.5, 0.5, 0.5]
    point = {name: Fraction(value) for name, value in drawn(claim, parts).items() if isinstance(value, float)}
    fixed = drawn(claim, parts) | point
    moving = {name: value for name, value in point.items() if name in read_box(claim).ends}
    small = Fraction(1, 10**9)
    ends = {name: tuple(fmpq(*(v + k * small).as_integer_ratio()) for k in (-1, 1)) for name, v in moving.items()}
    still = {name: value for name, value in fixed.items() if name not in moving}
    with ctx.workprec(128):
        whole = Problem(claim, Box(ends, still))
        _, slopes, _ = whole.slack(whole.box.corners(whole.box.root))
        assert slopes.keys() == moving.keys()
        middle = {name: (sum(pair) / 2,) * 2 for name, pair in ends.items()}
        for name, slope in slopes.items():
            far, near = (whole.slack(middle | {name: (end, end)})[0] for end in reversed(ends[name]))
            change = (far - near) / arb(ends[name][1] - ends[name][0])
            assert slope.overlaps(change)
            assert slope.rad() + change.rad() < 1e-5 * (1 + abs(change))
