"""How close to each other the sharper bounds are: so close is each to the threshold that lies between."""

from flowlab.claims._sides import sided
from flowlab.claims._stating import Arithmetic, Number, stated
from flowlab.claims.gissin2020._domains import OWN_PAIR, PAIR
from flowlab.claims.sharper._balls import DEEP, DEPTH2
from flowlab.toy import sharper
from flowlab.toy.bounds import at_2
from flowlab.verify import Sides

_SOURCE = "Definition 1, with bounds of flowlab's own"


def _sides(m: Arithmetic, ratio: Number, s: Number, f: Number, depth: Number = 2) -> Sides:
    """Return how far apart the bounds are, and how far at most: log 1.034, or log 1.1 beyond depth 2."""
    apart = sharper.lower(m, depth, ratio, s, f) - sharper.upper(m, depth, ratio, s, f)
    return Sides(apart, m.log(1034) - m.log(1000) if at_2(depth) else m.log(11) - m.log(10), log=True)


@stated(
    "flowlab.threshold.depth2.close",
    title="the threshold at depth 2, known to 3.4%",
    source=_SOURCE,
    hypotheses=PAIR,
    sides=sided(_sides),
    balls=DEPTH2["_close"],
)
def depth2_close(m: Arithmetic, ratio: Number, s: Number, f: Number) -> Number:
    """At N = 2, flowlab.threshold.depth2.upper is at most 1.034 times flowlab.threshold.depth2.lower.

    Searched, without a proof by hand. Their logarithms differ by (s C(s) d − G) (1 − (1−x)(1−x/r)), with C and G of
    flowlab.threshold.deep.lower at p = 0 and d = log(s/x): small where s is, and where x is.
    """
    return _sides(m, ratio, s, f).slack


@stated(
    "flowlab.threshold.deep.close",
    title="the threshold beyond depth 2, known to 10%",
    source=_SOURCE,
    hypotheses=OWN_PAIR,
    sides=sided(_sides),
    balls=DEEP["_close"],
)
def deep_close(m: Arithmetic, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
    """For every real N > 2, flowlab.threshold.deep.upper is at most 1.1 times flowlab.threshold.deep.lower.

    Searched, without a proof by hand. The greatest ratio found, 1.0950, is that for N → 2 with r → 1.
    """
    return _sides(m, ratio, s, f, depth).slack
