"""Section 2.2: which values are learned sooner, and what the model of depth 1 converges to."""

from math import inf

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, span, stated
from flowlab.claims.gissin2020._domains import RATIO, F, S
from flowlab.claims.gissin2020._loss import loss_slope
from flowlab.claims.gissin2020._matrices import Drawn, entrywise, gradient, sizes, squares
from flowlab.claims.gissin2020.derivations import derived
from flowlab.claims.gissin2020.theorem1 import printed_depth1
from flowlab.toy.bounds import order
from flowlab.toy.sharper import drop_of
from flowlab.verify import Assumption, Integer, Real

_DEPTH = Real(2, inf, printed="N ≥ 2")
_FRACTION = Real(0, 1, low_open=True, high_open=True, printed="any part α of the optimum, α ∈ (0, 1)")
_BELOW = Real(0, 1, low_open=True, high_open=True, printed="0 < σ0 < α σ_j* (at part of it)")
_PAIRS = ((12, 6), (6, 4), (4, 3))


@stated(
    "gissin2020.section2.depth1.rate",
    title="one rate for all values at depth 1",
    source="section 2.2 («when N = 1, all values are learned at the same rate»), Figure 2",
    hypotheses={
        "target": Real(0, inf, low_open=True, printed="σ* > 0"),
        "start": Real(0, inf, low_open=True, printed="any σ0 > 0 (start = σ0/σ*)"),
        "t": Real(0, inf, low_open=True, printed="t > 0"),
    },
    assuming=(Assumption("σ0 ≠ σ*", lambda start, **_: start != 1, ours="from σ* itself there is no way to go"),),
    identity=True,
    derivation=derived("speeds.one_rate"),
)
def one_rate(m: Arithmetic, target: Number, start: Number, t: Number) -> Number:
    """At N = 1, (σ* − σ(t))/(σ* − σ0) = e^(−t) whatever σ* and σ0: what is left falls at the rate 1.

    σ̇ = σ* − σ. Here the rate −ℓ'(σ)/(σ* − σ) is from difference quotients of the loss, and the way left from Theorem 1.
    """
    init = start * target
    with mp.extradps(span(start, abs(start - 1), target) + int(t) + 1 if t < 2000 else span(start, start - 1)):
        left = target - printed_depth1(t, target, init) if t < 2000 else (target - init) * mp.exp(-t)
        rate = -loss_slope(mp.mpf(1), init, target) / (target - init)
    return min(agreement(left / (target - init), mp.exp(-t)), agreement(rate, mp.mpf(1)))


@stated(
    "gissin2020.section2.depth1.norm",
    title="least norm at depth 1",
    source="section 2.2 («if N = 1, … the minimal ℓ2 norm solution»)",
    hypotheses={
        "examples": Integer(1, 3, printed="fewer examples than features", ours="m ≤ d ≤ 3, of full rank as drawn"),
        "size": Integer(1, 3, printed="any d"),
        "init": Real(0, 2.0**100, printed="σ0 ≥ 0"),
        "seed": Integer(0, printed="any x_j and y_j (what the seed draws)"),
        "spread": Integer(0, 30, printed="of any size (2^−spread to 2^spread)", ours="spread ≤ 30"),
    },
    assuming=(Assumption("m ≤ d", lambda examples, size, **_: examples <= size),),
    identity=True,
    derivation=derived("speeds.least_norm"),
)
def least_norm(m: Arithmetic, examples: int, size: int, init: Number, seed: int, spread: int) -> Number:
    """At N = 1 and on a data set, gradient flow of the squared loss tends to the solution that is nearest to its start.

    That is σ0 + Xᵀ(XXᵀ)⁻¹(y − Xσ0), and as σ0 → 0 the solution of least ℓ2 norm. The slope of ‖Xσ − y‖²/(2m) is a sum
    of rows of X, so that nothing moves along directions v with Xv = 0, and the rest decays to a solution. It is dense
    where rows are: of one example it is a multiple of x. Here the slope consists of difference quotients.
    """
    draw, lost = Drawn(seed, spread), 20 * spread + 80
    entries, made, elsewhere = draw.real(examples * size), draw.real(examples), draw.real(size)
    with mp.extradps(lost):
        rows = mp.matrix([entries[j * size : (j + 1) * size] for j in range(examples)])
        goal, first = mp.matrix(made), mp.matrix([init] * size)
        inverse = rows.T * (rows * rows.T) ** -1
        limit = first + inverse * (goal - rows * first)
        kernel = mp.matrix(elsewhere) - inverse * (rows * mp.matrix(elsewhere))
        on_the_way = limit + rows.T * mp.matrix(made)
        large = sizes(rows) * (sizes(limit) + sizes(first)) + sizes(goal)
    slopes = gradient(lambda w: squares(rows * w - goal) / (2 * examples), on_the_way, 1, lost)
    with mp.extradps(lost):
        wanted = rows.T * (rows * on_the_way - goal) / examples
        scale = sizes(rows).T * (sizes(rows) * sizes(on_the_way) + sizes(goal)) / examples
        farther = squares(limit + kernel - first) - squares(limit - first)
        fits, moves = entrywise(rows * limit, goal, large), entrywise(slopes, wanted, scale)
        apart = agreement(farther, squares(kernel), squares(limit - first) + squares(mp.matrix(elsewhere)))
    return min(fits, moves, apart)


def _ahead(m: Arithmetic, depth: Number, ratio: Number, start: Number, level: Number) -> Number:
    """Return log(level) less log(σ_j/σ_j*) when σ_i reaches that part of its optimum."""
    return m.log(level) - m.log_at_hitting(depth, ratio, level, start)


@stated(
    "gissin2020.section2.larger",
    title="larger optima are reached sooner",
    source="section 2.2 («values corresponding to larger optimal values converge faster»)",
    hypotheses={"depth": _DEPTH, "ratio": RATIO, "level": _FRACTION, "part": _BELOW},
    guarded=True,
    recorded="falsified",
    flaw="Both values start at σ0, which is a smaller part of the larger optimum. Where σ0 is near α σ_j* the smaller "
    "value is there at once, and the larger one still has its way to go: it is faster, but comes later.",
    corrected_by="gissin2020.section2.larger.corrected",
    derivation=derived("speeds.larger"),
)
def larger(m: Arithmetic, depth: Number, ratio: Number, level: Number, part: Number) -> Number:
    """For N ≥ 2 and σ_i* = r σ_j*, σ_i reaches the part α of its optimum no later than σ_j that part of its own.

    False where the start is near α σ_j*. For every start it is true of the parts α near 1 (claim
    appendix_c.eventually). The slack is log α − log(σ_j/σ_j*) at the time when σ_i reaches α σ_i*.
    """
    return _ahead(m, depth, ratio, part * level, level)


def _room(m: Arithmetic, depth: Number, ratio: Number) -> Number:
    """Return the logarithm of ((r − r^(−p))/(r−1))^(1/p), r^(1/(r−1)) at depth 2."""
    p, far = order(depth), m.log(ratio)
    grown = far if p == 0 else -m.expm1(-p * far) / p
    return drop_of(m, p, grown / (ratio - 1))


@stated(
    "gissin2020.section2.larger.corrected",
    title="larger optima are reached sooner from small starts",
    source="section 2.2, corrected",
    hypotheses={
        "depth": _DEPTH,
        "ratio": RATIO,
        "level": _FRACTION,
        "part": Real(0, 1, low_open=True, printed="σ0 up to the bound (at part of it)"),
    },
    guarded=True,
    derivation=derived("speeds.larger_corrected"),
)
def larger_corrected(m: Arithmetic, depth: Number, ratio: Number, level: Number, part: Number) -> Number:
    """For N ≥ 2, p = 1 − 2/N, it is so from every σ0 ≤ α σ_j* ((r−1)/(r − r^(−p)))^(1/p), thus from σ0 ≤ α σ_j*/e.

    At N = 2 the bound is α σ_j* r^(−1/(r−1)). With T(u, v) = ∫_u^v dρ/(ρ^(1+p) (1−ρ)), t_α of σ_j is T(x0, α) and of
    σ_i r^(−1−p) (T(x0/r, x0) + T(x0, α)), over σ_j*^(1+p). So (r^(1+p) − 1) T(x0, α) ≥ T(x0/r, x0) is what it takes. As
    1/(1−ρ) rises, it is enough without that factor: (r^(1+p) − 1)(1 − (x0/α)^p) ≥ r^p − 1, which is the bound. Since
    r − r^(−p) ≤ (1+p)(r−1) and (1+p)^(1/p) ≤ e, the bound is at least α σ_j*/e.
    """
    with m.digits(1 - level, ratio - 1):
        start = part * level * m.exp(-_room(m, depth, ratio))
        if not isinstance(start, float) or start > 0:
            return _ahead(m, depth, ratio, start, level)
        return level * 0 + inf  # too small for a float, not for mpmath


def _start_allowed(m: Arithmetic, place: int, depth: int, s: Number, f: Number) -> Number:
    """Return log of the threshold of two values of Figure 2 over its smaller start, 1/1000."""
    larger, smaller = _PAIRS[int(place) - 1]
    ratio = larger / (smaller * (1 + 0 * s))
    return m.log(1000 * smaller * s) - m.drop(depth + 0 * s, ratio, s, f)


@stated(
    "gissin2020.figure2.deep",
    title="distinct phases in Figure 2",
    source="Figure 2 («distinct phases of learning, … bottom-right»)",
    hypotheses={
        "place": Integer(1, 3, printed="neighbours among σ* = 12, 6, 4, 3 (the place-th pair)"),
        "s": Real(0.05, 0.25, high_open=True, printed="a value has changed little", ours="s ≥ 1/20"),
        "f": Real(0.75, 0.95, low_open=True, printed="a value is almost learned", ours="f ≤ 19/20"),
    },
    guarded=True,
    derivation=derived("speeds.phases"),
)
def figure2_deep(m: Arithmetic, place: int, s: Number, f: Number) -> Number:
    """At N = 4 and σ0 = 1/1000 neighbouring values are learned (s, f)-incrementally: 95 % before 5 %.

    At N = 4 hitting times are elementary, with log((1+√ρ)/(1−√ρ)) − 2/√ρ: at s = 1/20 and f = 19/20, the worst case,
    t_f(σ_i) < t_s(σ_j) for each of the three pairs. The slack is log(σ0_th/σ0).
    """
    return _start_allowed(m, place, 4, s, f)


@stated(
    "gissin2020.figure2.shallow",
    title="no phases in Figure 2 at depth 2",
    source="Figure 2 («the shallow model's much weaker incremental learning, even at small initialization scales»)",
    hypotheses={"s": S, "f": F},
    guarded=True,
    derivation=derived("speeds.no_phases"),
)
def figure2_shallow(m: Arithmetic, s: Number, f: Number) -> Number:
    """At N = 2 and σ0 = 1/1000 the values 4 and 3 are not learned (s, f)-incrementally, whatever s and f.

    The best case is s = 1/4 and f = 3/4, and there t_f(σ_i) > t_s(σ_j), with log(ρ/(1−ρ)) for the times: the threshold
    stays below 0.00058. The slack is log(σ0/σ0_th).
    """
    return -_start_allowed(m, 3, 2, s, f)
