"""What balls say of times and factors, and the certificates in the package, which prove what they say."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from functools import partial

import mpmath as mp
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab import toy
from flowlab.claims import all_claims, get
from flowlab.claims.certified import FOLDER, certificates
from flowlab.claims.gissin2020 import _ball_steps, _balls
from flowlab.toy import precise
from flowlab.verify import Certificate, certify
from flowlab.verify.certifying.balls import ball_box

PARTS = st.integers(0, 2**20).map(lambda k: k / 2**20)

#: The claims written for balls, with a box; the first depth is fixed for integers.
WRITTEN = [claim for claim in all_claims() if getattr(claim.balls, "box", None) and claim.id.startswith("gissin2020")]

PAIRS = st.tuples(st.floats(1.05, 50), st.floats(0.01, 0.2499), st.floats(0.7501, 0.99))
DEPTHS = st.one_of(st.sampled_from([3.0, 4.0, 5.0, 10.0, math.inf]), st.floats(2.2, 60))


@settings(max_examples=60, deadline=None)
@given(PAIRS, DEPTHS, st.floats(0.2, 3))
@example((4.0, 0.15, 0.8), 3.0, 1.0)
@example((1.05, 0.01, 0.99), math.inf, 1.5)
@example((50.0, 0.2, 0.76), 2.2, 0.7)
def test_the_balance_of_times_is_positive_up_to_the_threshold(pair, depth, factor):
    """Whatever the start: its sign is that of the threshold's logarithm less the start's."""
    from flowlab.verify.certifying.remainders import saturation

    ratio, s, f = pair
    drop = -math.log(toy.threshold(depth=depth, ratio=ratio, s=s, f=f) / s) * factor
    p, far = 1 - 2 / Fraction(depth) if depth < math.inf else Fraction(1), math.log(f * ratio / s)
    ratio_, s_, f_, drop_ = ball_box([(each, each) for each in (ratio, s, f, drop)])
    lead = (ratio_ - 1) * saturation(-p, drop_) - saturation(p, f_.log() + ratio_.log() - s_.log())
    found = _balls.balance(p, ratio_, s_, f_, drop_, lead)
    if abs(factor - 1) > 1e-6:
        assert (found.tight > 0) == (factor > 1)
        assert (found.tight < 0) == (factor < 1)
    with mp.workdps(30):  # and its size is that of the difference of the times
        start = mp.mpf(s) * mp.exp(-mp.mpf(drop))
        slow = precise.time(s, depth, 1, start)
        fast = precise.time(mp.mpf(f) * mp.mpf(ratio), depth, ratio, start)
        wanted = ratio * mp.mpf(s) ** mp.mpf(float(p)) * (slow - fast)
        assert abs(mp.mpf(found.tight.str(30, radius=False)) - wanted) < 1e-9 * (1 + abs(wanted))
    assert far > 0


@settings(max_examples=30, deadline=None)
@given(PAIRS, PAIRS, DEPTHS, st.tuples(PARTS, PARTS, PARTS))
def test_boxes_hold_the_values_at_their_points(first, second, depth, parts):
    """At every depth, over a box of depths too."""
    box = [tuple(sorted(ends)) for ends in zip(first, second, strict=True)]
    point = [low + part * (high - low) for part, (low, high) in zip(parts, box, strict=True)]
    for form in (_balls.threshold_upper, _balls.threshold_lower):
        at = over(form, [(each, each) for each in point], (depth, depth))
        for depths in [(depth, depth)] if depth == math.inf else [(depth, depth), (2.1, 80)]:
            wide = over(form, box, depths)
            assert not wide.is_finite() or wide.contains(at.mid())


def over(form, box, depths):
    """Return what a form says over a box and a range of depths."""
    if depths[0] == math.inf:
        return form(*ball_box(box), depth=math.inf).tight
    *pair, depth = ball_box([*box, depths])
    return form(*pair, depth=depth).tight


def test_cofactors_are_exact():
    """Polynomials that agree on a grid of more points than their degrees are the same."""
    grid = [Fraction(k, 8) for k in range(1, 8)]
    for q, r in itertools.product(grid, repeat=2):
        left = 1 - r
        y = q * left + q * q * left * left / 4
        assert 1 + y == (1 + q * left / 2) ** 2
        falls = (1 / (r * (1 + y)) - 1) / (1 / r - 1)
        assert (falls - (1 - q - q * q / 4)) * (1 + y) == q * q * _ball_steps._chain_lower(q, r)
        assert ((1 - q + q * q) - falls) * (1 + y) == q * q * _ball_steps._chain_upper(q, r)
        for s in grid:
            x, ratio = s * r, 1 + q
            cofactor = (s - x) * ratio * _ball_steps._right(ratio, s, r)
            assert (1 - x) * (ratio - x) - (1 - s) * (ratio - s) == cofactor
    for x in grid:
        v = 1 / (1 + x)
        assert (1 / (1 + x) - (1 - x)) / (1 + x) == (1 - v) ** 2 * _ball_steps._reciprocal_lower(x)
        assert (1 - x + x * x - 1 / (1 + x)) / (1 + x) ** 2 == (1 - v) ** 3 * _ball_steps._reciprocal_upper(x)
    with pytest.raises(ArithmeticError):
        _ball_steps._without_root((1, 1), 1)


PAIR = {"ratio": "1.05:50", "s": "0.01:0.25", "f": "0.75:0.99"}
REQUIRED = [
    *((f"gissin2020.theorem2.depth2.{side}", PAIR) for side in ("lower", "upper")),
    *(
        (f"gissin2020.theorem2.deep.{side}", {"depth": depth, **PAIR})
        for side in ("lower", "upper.corrected")
        for depth in ("3", "4", "5", "10", "inf")
    ),
    ("gissin2020.lemma1", {"depth": "2:50", "start": "0:1", "c": "0:1"}),
    *((f"gissin2020.appendix_b.{name}", None) for name in ("lower", "upper", "positive", "necessary.exponent")),
    *((f"gissin2020.appendix_b.reciprocal.{side}", {"x": "0:inf"}) for side in ("lower", "upper")),
]


@pytest.mark.parametrize(("id", "box"), REQUIRED)
def test_the_paper_is_certified(id, box):
    found = certify(get(id), box)
    assert found.certified
    assert found.leaves < 2000


@pytest.mark.parametrize("claim", [claim for claim in WRITTEN if claim.recorded == "falsified"], ids=lambda c: c.id)
def test_what_is_false_has_a_box_in_which_it_fails(claim):
    found = certify(claim)
    assert found.verdict == "falsified"
    middle = {name: float((Fraction(low) + Fraction(high)) / 2) for name, (low, high) in found.counterexample.items()}
    middle = {
        n: int(v) if n not in claim.hypotheses or (v.is_integer() and n == "depth") else v for n, v in middle.items()
    }
    assert claim.admits(**middle)
    with mp.workdps(50):
        assert claim.exact(**middle) < 0


def test_no_bound_is_certified_on_its_wrong_side():
    for form in (_balls.threshold_lower, _balls.threshold_upper):
        wrong = replace(get("gissin2020.theorem2.depth2.lower"), balls=partial(_negative, form))
        with pytest.raises(ValueError, match=r"contradiction: falsified over .*, yet the slack is positive at"):
            certify(wrong, {"ratio": "1.3:1.31", "s": "0.1:0.11", "f": "0.8:0.81"}, cells=5000)


def _negative(form, ratio, s, f):
    return -form(ratio, s, f)


KEPT = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", [path for path in KEPT if path.stat().st_size < 4000], ids=lambda path: path.stem)
def test_certificates_of_the_package_prove_what_they_say(path):
    kept = Certificate.load(path)
    claim = get(kept.id)
    kept.check(claim)
    assert kept.verdict == {"held": "certified"}.get(claim.recorded, claim.recorded)


def test_every_required_certificate_is_there():
    boxes = {(kept.id, kept.box.get("depth", [""])[0]) for path in KEPT for kept in [Certificate.load(path)]}
    assert {(id, (box or {}).get("depth", "").partition(":")[0]) for id, box in REQUIRED} <= boxes
    assert {claim.id for claim in WRITTEN} <= {id for id, _ in boxes}
    for kept in certificates("gissin2020.theorem2.deep.lower"):
        assert [kept.box[name] for name in PAIR] == [ends.split(":") for ends in PAIR.values()]
    assert certificates("gissin2020.theorem1") == []
