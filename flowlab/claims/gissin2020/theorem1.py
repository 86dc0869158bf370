"""Section 2: the flow of the induced value, and its closed forms."""

from math import inf

import mpmath as mp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab import toy
from flowlab.claims._stating import Arithmetic, Number, agreement, difference_digits, slope, stated
from flowlab.claims.gissin2020._domains import DEEP, OPEN_UNIT, POSITIVE
from flowlab.toy import precise
from flowlab.verify import Integer, Real

# An identity is decided at a fixed precision: more digits than this would only confirm it again.
_DIGITS = 100
_TARGET = Real(0, inf, low_open=True, printed="σ* > 0")
_START = Real(0, inf, low_open=True, printed="σ0/σ* > 0")
_ELAPSED = Real(
    0, 50, low_open=True, printed="σ*^(2−2/N) t ∈ (0, 50], which decides every t: both sides are analytic in it"
)
_PART = Real(0, 1, low_open=True, high_open=True, printed="σ between σ0 and σ* (σ = σ0 + part · (σ* − σ0))")
_INIT = Real(0, inf, low_open=True, printed="σ0 > 0")
_AFTER = Real(0, inf, low_open=True, printed="t > 0 (elapsed = σ0^(2−2/N) t)")
_LEVEL = Real(0, 1, low_open=True, high_open=True, printed="σ0, σ < σ*, where the series of ₂F₁ converges")


def curve(t: ArrayLike, *, depth: ArrayLike, target: ArrayLike, init: ArrayLike) -> NDArray[np.float64]:
    """Return the solution that Theorem 1 states, in float64: what the paper's figures draw.

    The tests hold it to the printed formulas below, in 50 digits. Arguments as in `flowlab.toy.sigma`.

    Examples
    --------
    >>> float(curve(1.0, depth=2, target=4.0, init=0.1).round(6))
    2.3333
    """
    return toy.sigma(t, depth=depth, target=target, init=init)


def printed_depth1(t: Number, target: Number, init: Number) -> Number:
    """Return the printed σ(t) at N = 1.

    Examples
    --------
    >>> print(printed_depth1(0, 2, 1))
    1.0
    """
    return target + (init - target) * mp.exp(-t)


def printed_depth2(t: Number, target: Number, init: Number) -> Number:
    """Return the printed σ(t) at N = 2.

    Examples
    --------
    >>> print(printed_depth2(0, 2, 1))
    1.0
    """
    return init * target * mp.exp(target * t) / (init * mp.expm1(target * t) + target)


def printed_deep_clock(sigma: Number, depth: Number, target: Number) -> Number:
    """Return the hitting time at N >= 3, up to a constant that drops out between two levels.

    Examples
    --------
    >>> print(mp.nstr(printed_deep_clock(3.2, 3, 4) - printed_deep_clock(0.01, 3, 4), 8))
    3.3267738
    """
    u = (mp.mpf(sigma) / target) ** (1 / mp.mpf(depth))
    bracket = u ** (2 - depth) / (2 - depth) + u**2 / 2 * precise.hypergeometric(
        2 / mp.mpf(depth), mp.mpf(sigma) / target
    )
    return depth * mp.mpf(target) ** (-precise.exponent(depth)) * bracket


def printed_infinite_time(sigma: Number, target: Number, init: Number) -> Number:
    """Return the printed hitting time for N → ∞.

    Examples
    --------
    >>> print(printed_infinite_time(1, 2, 1))
    0.0
    """
    odds = sigma * (init - target) / (init * (sigma - target))
    return mp.log(odds) / target**2 - (1 / sigma - 1 / init) / target


@stated(
    "gissin2020.equation4",
    title="flow of the induced value",
    source="eq. 4",
    hypotheses={"depth": Integer(1), "weight": POSITIVE, "target": Real(0, inf)},
    identity=True,
)
def equation4(m: Arithmetic, depth: Number, weight: Number, target: Number) -> Number:
    """Gradient flow on (w^N − σ*)²/(2N²) moves σ = w^N by σ̇ = σ^(2−2/N) (σ* − σ).

    The chain rule: σ̇ = N w^(N−1) ẇ with ẇ = −dℓ/dw. Here dℓ/dw is a difference quotient of the loss.
    """
    with mp.extradps(difference_digits(weight**depth, target)):
        gradient = slope(lambda w: (w**depth - target) ** 2 / (2 * depth**2), weight, weight / depth)
        sigma = weight**depth
        chain, speed = -depth * weight ** (depth - 1) * gradient, sigma * weight ** (depth - 2)
    return agreement(chain, speed * (target - sigma), speed * target)


def _solves(m: Arithmetic, depth: int, target: Number, start: Number, elapsed: Number, solution: Number) -> Number:
    """Return the slack of ``σ(0) = σ0`` and ``σ̇ = σ^(2−2/N) (σ* − σ)`` for a formula σ(t)."""
    power = precise.exponent(depth)
    with mp.workdps(_DIGITS + 2 * int(abs(mp.log10(start))) + int(abs(mp.log10(elapsed)))):  # what the differences lose
        t = elapsed / target**power
        value = solution(t)
        moved, speed = slope(solution, t, t), value**power
        origin = solution(mp.mpf(0))
        return min(agreement(origin, start * target), agreement(moved, speed * (target - value), speed * target))


@stated(
    "gissin2020.theorem1.depth1",
    title="solution at depth 1",
    source="Theorem 1",
    hypotheses={"target": _TARGET, "start": _START, "elapsed": _ELAPSED},
    identity=True,
)
def depth1(m: Arithmetic, target: Number, start: Number, elapsed: Number) -> Number:
    """At N = 1, σ(t) = σ* + (σ0 − σ*) e^(−t).

    By substitution into eq. 4.
    """
    return _solves(m, 1, target, start, elapsed, lambda t: printed_depth1(t, target, start * target))


@stated(
    "gissin2020.theorem1.depth2",
    title="solution at depth 2",
    source="Theorem 1",
    hypotheses={"target": _TARGET, "start": _START, "elapsed": _ELAPSED},
    identity=True,
)
def depth2(m: Arithmetic, target: Number, start: Number, elapsed: Number) -> Number:
    """At N = 2, σ(t) = σ0 σ* e^(σ* t) / (σ0 (e^(σ* t) − 1) + σ*).

    By substitution into eq. 4.
    """
    return _solves(m, 2, target, start, elapsed, lambda t: printed_depth2(t, target, start * target))


def _counts(m: Arithmetic, depth: Number, target: Number, level: Number, clock: Number) -> Number:
    """Return the slack of ``dt/dσ = 1/(σ^(2−2/N) (σ* − σ))`` for a formula t(σ)."""
    sigma = level * target
    pace = slope(clock, sigma, min(sigma, abs(target - sigma)))
    return agreement(pace * sigma ** precise.exponent(depth) * (target - sigma), mp.mpf(1))


@stated(
    "gissin2020.theorem1.deep",
    title="hitting time at depth 3 and more",
    source="Theorem 1 (printed only as «similar in structure»)",
    hypotheses={"depth": DEEP, "target": _TARGET, "level": _LEVEL, "start": OPEN_UNIT},
    identity=True,
)
def deep(m: Arithmetic, depth: Number, target: Number, level: Number, start: Number) -> Number:
    """For N ≥ 3 and u = (σ/σ*)^(1/N), t = N σ*^(2/N−2) [u^(2−N)/(2−N) + (u²/2) ₂F₁(1, 2/N; 1 + 2/N; u^N)] from u0 to u.

    dσ = σ* N u^(N−1) du turns eq. 4 into ∫ (u^(1−N) + u/(1 − u^N)) du; the second term is a geometric series. The
    function of σ0 and the one of σ are the same, so its slope decides both ends.
    """

    def clock(sigma: Number) -> Number:
        return printed_deep_clock(sigma, depth, target)

    with mp.workdps(_DIGITS):
        return min(_counts(m, depth, target, level, clock), _counts(m, depth, target, start, clock))


@stated(
    "gissin2020.theorem1.infinite",
    title="hitting time at infinite depth",
    source="Theorem 1",
    hypotheses={"target": _TARGET, "start": _START, "part": _PART},
    identity=True,
)
def infinite(m: Arithmetic, target: Number, start: Number, part: Number) -> Number:
    """As N → ∞, t = (1/σ*²) log(σ (σ0 − σ*)/(σ0 (σ − σ*))) − (1/σ*) (1/σ − 1/σ0).

    Partial fractions of 1/(σ² (σ* − σ)); at σ = σ0 both terms vanish.
    """
    init = start * target

    def clock(sigma: Number) -> Number:
        return printed_infinite_time(sigma, target, init)

    level = start + part * (1 - start)
    if level in (start, 1):
        return mp.mpf(1)
    with mp.workdps(_DIGITS + 2 * int(abs(mp.log10(start)))):  # the constant 1/σ0 drowns the rest
        return _counts(m, mp.inf, target, level, clock)


@stated(
    "gissin2020.theorem1.zero",
    title="solution for the optimum 0",
    source="above Theorem 1 («we can derive the solutions for σ* = 0 as well»)",
    hypotheses={"depth": Integer(2), "init": _INIT, "elapsed": _AFTER},
    identity=True,
)
def zero(m: Arithmetic, depth: Number, init: Number, elapsed: Number) -> Number:
    """For σ* = 0 and N ≥ 2, σ(t) = σ0 (1 + (2 − 2/N) σ0^(2−2/N) t)^(−N/(2N−2)); at N = 1 it is σ0 e^(−t).

    By substitution into σ̇ = −σ^(3−2/N). The paper leaves this to the reader.
    """
    power = precise.exponent(depth)

    def solution(t: Number) -> Number:
        return init * (1 + power * init**power * t) ** (-1 / power)

    with mp.workdps(_DIGITS + int(abs(mp.log10(elapsed)))):
        t = elapsed / init**power
        return agreement(slope(solution, t, t), -(solution(t) ** (1 + power)))
