"""Section 2: the flow of the induced value, and its closed forms."""

from math import inf

import mpmath as mp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowlab import toy
from flowlab.claims._stating import Arithmetic, Number, agreement, slope, span, stated
from flowlab.claims.gissin2020._domains import ANY_DEPTH, BEYOND_2
from flowlab.claims.gissin2020._loss import loss_slope, power_digits
from flowlab.claims.gissin2020.derivations import derived
from flowlab.toy import precise
from flowlab.verify import Assumption, Real

_TARGET = Real(0, inf, low_open=True, printed="σ* > 0")
_START = Real(0, inf, low_open=True, printed="σ0 > 0 (start = σ0/σ*)")
_ELAPSED = Real(0, inf, low_open=True, printed="t > 0 (elapsed = σ*^(2−2/N) t)")
_PART = Real(0, 1, low_open=True, high_open=True, printed="σ between σ0 and σ* (σ = σ0 + part · (σ* − σ0))")
_INIT = Real(0, inf, low_open=True, printed="σ0 > 0")
_AFTER = Real(0, inf, low_open=True, printed="t > 0 (elapsed = σ0^(2−2/N) t)")
_MOVES = (Assumption("σ0 ≠ σ*", lambda start, **_: start != 1, ours="from σ* itself no other level is reached"),)


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
    """Return the hitting time at real N > 2, up to a constant that drops out between two levels on one side of σ*.

    Examples
    --------
    >>> print(mp.nstr(printed_deep_clock(3.2, 3, 4) - printed_deep_clock(0.01, 3, 4), 8))
    3.3267738
    """
    x = mp.mpf(sigma) / target
    u = x ** (1 / mp.mpf(depth))
    bracket = u ** (2 - depth) / (2 - depth) + u**2 / 2 * precise.hypergeometric(2 / mp.mpf(depth), x)
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
    hypotheses={
        "depth": ANY_DEPTH,
        "weight": Real(0, inf, low_open=True, printed="w > 0"),
        "target": Real(0, inf, printed="σ* ≥ 0"),
    },
    identity=True,
    derivation=derived("theorem1.equation4"),
)
def equation4(m: Arithmetic, depth: Number, weight: Number, target: Number) -> Number:
    """Gradient flow on (w^N − σ*)²/(2N²) moves σ = w^N by σ̇ = σ^(2−2/N) (σ* − σ).

    The chain rule: σ̇ = N w^(N−1) ẇ with ẇ = −dℓ/dw. Here dℓ/dw is a difference quotient of the loss.
    """
    with mp.extradps(power_digits(depth, weight)):
        gradient = loss_slope(depth, weight, target)
        sigma = weight**depth
        chain, speed = -depth * weight ** (depth - 1) * gradient, sigma * weight ** (depth - 2)
        allowed = speed * (target - sigma)
    return agreement(chain, allowed, speed * target)


def _solves(depth: int, target: Number, start: Number, elapsed: Number, solution: Number, left: Number) -> Number:
    """Return the slack of ``σ(0) = σ0`` and eq. 4 for a formula σ(t) and what it leaves, ``σ* − σ(t)``.

    Late times leave less than any number of digits tells, so that eq. 4 is put to the logarithm of the distance left:
    its slope is ``−σ^(2−2/N)``, and says nothing only of a start at σ* itself.
    """
    power, lost = precise.exponent(depth), 2 * span(start) + span(elapsed)
    with mp.extradps(lost):
        t = elapsed / target**power
        value, origin, distance = solution(t), solution(mp.mpf(0)), left(t)
    whole = min(agreement(origin, start * target), agreement(value + distance, target, value))
    if start == 1:
        return whole
    pace = slope(lambda t: mp.log(abs(left(t))), t, t / (1 + elapsed), lost)
    return min(whole, agreement(pace, -(value**power)))


@stated(
    "gissin2020.theorem1.depth1",
    title="solution at depth 1",
    source="Theorem 1",
    hypotheses={"target": _TARGET, "start": _START, "elapsed": _ELAPSED},
    identity=True,
    derivation=derived("theorem1.depth1"),
)
def depth1(m: Arithmetic, target: Number, start: Number, elapsed: Number) -> Number:
    """At N = 1, σ(t) = σ* + (σ0 − σ*) e^(−t).

    By substitution into eq. 4: what is left of the way, σ* − σ, is (σ* − σ0) e^(−t).
    """
    init = start * target
    return _solves(
        1,
        target,
        start,
        elapsed,
        lambda t: printed_depth1(t, target, init),
        lambda t: (target - init) * mp.exp(-t),
    )


@stated(
    "gissin2020.theorem1.depth2",
    title="solution at depth 2",
    source="Theorem 1",
    hypotheses={"target": _TARGET, "start": _START, "elapsed": _ELAPSED},
    identity=True,
    derivation=derived("theorem1.depth2"),
)
def depth2(m: Arithmetic, target: Number, start: Number, elapsed: Number) -> Number:
    """At N = 2, σ(t) = σ0 σ* e^(σ* t) / (σ0 (e^(σ* t) − 1) + σ*).

    By substitution into eq. 4: what is left of the way, σ* − σ, is σ* (σ* − σ0) over the same denominator.
    """
    init = start * target
    return _solves(
        2,
        target,
        start,
        elapsed,
        lambda t: printed_depth2(t, target, init),
        lambda t: target * (target - init) / (init * mp.expm1(target * t) + target),
    )


def _counts(depth: Number, target: Number, start: Number, part: Number, lost: int, clock: Number) -> Number:
    """Return the slack of ``dt/dσ = 1/(σ^(2−2/N) (σ* − σ))`` for a formula t(σ) that loses so many digits."""
    with mp.extradps(40):  # floats leave 1 − part and 1 − start no smaller than their product, 10^−32
        sigma = (start + part * (1 - start)) * target
        away = target - sigma
        speed = sigma ** precise.exponent(depth) * away
    return agreement(slope(clock, sigma, min(sigma, abs(away)), lost + 40) * speed, mp.mpf(1))


@stated(
    "gissin2020.theorem1.deep",
    title="hitting time at depth 3 and more",
    source="Theorem 1 (printed only as «similar in structure, but more complicated»)",
    hypotheses={
        "depth": BEYOND_2,
        "target": _TARGET,
        "start": _START,
        "part": _PART,
    },
    assuming=_MOVES,
    identity=True,
    derivation=derived("theorem1.deep"),
)
def deep(m: Arithmetic, depth: Number, target: Number, start: Number, part: Number) -> Number:
    """For N > 2 and u = (σ/σ*)^(1/N), t = N σ*^(2/N−2) [u^(2−N)/(2−N) + (u²/2) ₂F₁(1, 2/N; 1 + 2/N; u^N)] from u0 to u.

    dσ = σ* N u^(N−1) du turns eq. 4 into ∫ (u^(1−N) + u/(1 − u^N)) du; the second term is a geometric series below σ*.
    Above σ*, where ₂F₁ has a cut, it is its real part: the imaginary part of u² ₂F₁ is constant there. The formula is a
    difference of one function at two levels, so that its slope decides it.
    """
    lost = 2 * span(depth) + (2 * span(depth - 2) if depth < 3 else 0) + (2 * span(start) if start > 1 else 0)
    return _counts(depth, target, start, part, lost, lambda sigma: printed_deep_clock(sigma, depth, target))


@stated(
    "gissin2020.theorem1.infinite",
    title="hitting time at infinite depth",
    source="Theorem 1",
    hypotheses={"target": _TARGET, "start": _START, "part": _PART},
    assuming=_MOVES,
    identity=True,
    derivation=derived("theorem1.infinite"),
)
def infinite(m: Arithmetic, target: Number, start: Number, part: Number) -> Number:
    """As N → ∞, t = (1/σ*²) log(σ (σ0 − σ*)/(σ0 (σ − σ*))) − (1/σ*) (1/σ − 1/σ0).

    Partial fractions of 1/(σ² (σ* − σ)); at σ = σ0 both terms vanish.
    """
    return _counts(
        mp.inf, target, start, part, 2 * span(start), lambda sigma: printed_infinite_time(sigma, target, start * target)
    )


@stated(
    "gissin2020.theorem1.zero",
    title="solution for the optimum 0",
    source="above Theorem 1 («we can derive the solutions for σ* = 0 as well»)",
    hypotheses={"depth": ANY_DEPTH, "init": _INIT, "elapsed": _AFTER},
    identity=True,
    derivation=derived("theorem1.zero"),
)
def zero(m: Arithmetic, depth: Number, init: Number, elapsed: Number) -> Number:
    """For σ* = 0 and N > 1, σ(t) = σ0 (1 + (2 − 2/N) σ0^(2−2/N) t)^(−N/(2N−2)); at N = 1 it is σ0 e^(−t).

    By substitution into σ̇ = −σ^(3−2/N). The paper leaves this to the reader.
    """
    shallow = span(depth - 1) if 1 < depth < 2 else 0
    lost = 2 * (span(elapsed) + shallow)
    with mp.extradps(lost):
        power = precise.exponent(depth)

        def solution(t: Number) -> Number:
            return init * (mp.exp(-t) if power == 0 else (1 + power * init**power * t) ** (-1 / power))

        t = elapsed / init**power
        speed = solution(t) ** (1 + power)
    return min(agreement(slope(solution, t, t / (1 + elapsed), lost), -speed), agreement(solution(mp.mpf(0)), init))
