"""The sharper bounds as claims: faults in them are found, and how much sharper they are."""

import math

import mpmath as mp
import pytest

from flowlab import claims
from flowlab.claims._stating import EXACT, FLOAT
from flowlab.toy import bounds, sharper
from flowlab.verify import Claim, settle, tightness

IDS = [claim.id for claim in claims.find("flowlab.threshold")]
BOUNDS = [id for id in IDS if id.count(".") == 3 and not id.endswith("close")]


def perturbed(claim, change):
    """A claim of which the bound's log(s σ_j*/·) is multiplied by 1 + change."""
    up = claim.id.endswith("upper")
    bound = getattr(sharper, claim.id.split(".")[-1])

    def slack(m, **arguments):
        given = {"depth": 2} | arguments
        drop, moved = m.drop(**given), bound(m, **given) * (1 + change)
        return 1 - moved / drop if up else 1 - drop / moved

    return Claim(
        f"{claim.id}.perturbed",
        "",
        "",
        "",
        claim.hypotheses,
        lambda **arguments: slack(FLOAT, **arguments),
        exact=lambda **arguments: slack(EXACT, **{name: mp.mpf(value) for name, value in arguments.items()}),
        guarded=True,
    )


def test_which_claims_there_are():
    assert len(IDS) == 10
    assert len(BOUNDS) == 4


@pytest.mark.parametrize("id", BOUNDS)
@pytest.mark.jit
def test_a_bound_a_thousandth_better_is_false(id):
    claim = claims.get(id)
    point = {"ratio": 2.0, "s": 1e-6, "f": 0.9} | ({"depth": 5.0} if "deep" in id else {})
    assert settle(claim, point).sign == "positive"
    assert settle(perturbed(claim, 1e-3 if id.endswith("upper") else -1e-3), point).sign == "negative"


def test_a_bound_by_hand():
    """N = 2, r = 2, s = 1/10, f = 9/10: Λ = log 171, x = exp(−Λ 0.855)/10, and the two logistic curves."""
    with mp.workdps(30):
        level = mp.log(171)
        x = mp.exp(-level * mp.mpf("0.855")) / 10

        def g(y):
            return mp.log(1 - y / 2) - 2 * mp.log(1 - y)

        tenth = mp.mpf(1) / 10
        lower = mp.exp(-(level - g(tenth) + g(x))) / 10
        pace = (1 - x) * (2 - x) / 2
        upper = x * mp.exp(-(level - mp.log(tenth / x) - g(tenth) + g(x)) * pace)
        ours = [bound(mp, 2, mp.mpf(2), tenth, 1 - tenth) for bound in (sharper.lower, sharper.upper)]
        assert mp.almosteq(ours[0], -mp.log(10 * lower))
        assert mp.almosteq(ours[1], -mp.log(10 * upper))

        def early(start):
            """The logit of σ grows at the pace σ*: how much earlier σ_i is at 9/10 than σ_j at 1/10."""
            logit_j = mp.log(start / (1 - start))
            logit_i = mp.log(start / (2 - start))
            return (mp.log(tenth / (1 - tenth)) - logit_j) - (mp.log(9) - logit_i) / 2

        assert early(lower) > 0 > early(upper)


@pytest.mark.jit
@pytest.mark.parametrize("kind, factor", [("depth2.lower", 100), ("depth2.upper", 2.9), ("deep.lower", 5)])
def test_how_much_sharper_in_the_middle_of_the_box(kind, factor):
    box = {"ratio": (1.05, 50.0), "s": (0.01, 0.25), "f": (0.75, 0.99)}
    at = {} if kind.startswith("depth2") else {"depth": 4}
    found = tightness(claims.get(f"flowlab.threshold.{kind}.sharper"), ranges=box, at=at, points=3, samples=400)
    assert found.tightest.value > 0
    assert math.exp(sorted(found.sample)[200]) > factor
    # against the formulas themselves
    point = {name: float(value) for name, value in found.loosest.arguments.items()}
    if kind.endswith("lower"):
        point = {"depth": 2} | point
        gain = bounds.lower(math, **point) - sharper.lower(math, **point)
        assert found.loosest.value == pytest.approx(gain, rel=1e-9)
