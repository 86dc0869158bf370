"""The two sides that claims tell: they say what the slack says, in floats and in mpmath alike."""

import mpmath as mp
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flowlab import claims
from flowlab.verify import Unevaluable
from flowlab.verify.exactness import as_mpf

SIDED = [pytest.param(claim, id=claim.id) for claim in claims.all_claims() if claim.sides is not None]


def test_every_bound_tells_its_sides():
    told = {param.id for param in SIDED}
    bounds = [
        claim.id for claim in claims.all_claims() if claim.id.split(".")[1] in ("theorem2", "theorem3", "threshold")
    ]
    assert set(bounds) - told == {"gissin2020.theorem3.first_order"}  # four inequalities in one


@pytest.mark.parametrize("claim", SIDED)
@given(data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.jit
def test_sides_are_those_of_the_slack(claim, data):
    arguments = {name: data.draw(allowed.moderate(), label=name) for name, allowed in claim.hypotheses.items()}
    if not claim.admits(**arguments):
        return
    try:
        rough = claim.sides(**arguments)
        with mp.workdps(50):
            slack = claim.exact(**arguments)
            exact = claim.sides(**as_mpf(arguments))
    except Unevaluable:
        return
    assert exact.log == rough.log
    # a step's expansion may cancel all of 50 digits where the slack was written not to
    if abs(exact.slack) > mp.mpf(10) ** -30 * (1 + abs(exact.left)):
        assert mp.sign(exact.slack) == mp.sign(slack)
    for side, wanted in ((rough.left, exact.left), (rough.right, exact.right)):
        # in floats no more iterations are counted than can be walked
        assert abs(side - wanted) <= 1e-9 * (1 + abs(wanted)) or (mp.isnan(side) and wanted > 1000)


@pytest.mark.parametrize("kind", ["lower", "upper", "upper.corrected"])
@given(st.floats(0.05, 0.8), st.floats(0.01, 0.4), st.floats(0.5, 0.99))
@example(0.75, 5e-324, 0.5)
@settings(max_examples=30, deadline=None)
def test_hitting_times_differ_by_the_slack_itself(kind, q, start, level):
    stated = claims.get(f"gissin2020.appendix_b.hitting.{kind}")
    sides = stated.sides(q=q, start=start, level=level)
    assert sides.slack == pytest.approx(stated(q=q, start=start, level=level), abs=1e-9)
    count = sides.left if kind.startswith("upper") else sides.right
    sigma = start
    for _ in range(count):
        assert sigma < level * (1 + 1e-12)
        sigma *= (1 + q / 2 * (1 - sigma)) ** 2
    assert sigma >= level * (1 - 1e-12)
