"""Section 2.2: the loss in closed form beyond depth 2 («along with the dynamics of the loss … for a general N»)."""

from collections.abc import Callable
from math import inf

import mpmath as mp

from flowlab.claims._stating import Arithmetic, Number, agreement, slope, span, stated
from flowlab.claims.gissin2020._domains import BEYOND_2
from flowlab.claims.gissin2020._loss import loss_slope, power_digits
from flowlab.claims.gissin2020.derivations import derived
from flowlab.claims.gissin2020.theorem1 import printed_deep_clock, printed_infinite_time
from flowlab.verify import Assumption, Real

_SIDED = {
    "target": Real(0, inf, low_open=True, printed="σ* > 0"),
    "level": Real(0, inf, low_open=True, printed="σ > 0 at that loss, below or above σ* (level = σ/σ*)"),
}
_AWAY = (Assumption("σ ≠ σ*", lambda level, **_: level != 1, ours="at σ* itself the loss is 0 and stays so"),)


def _falls(
    level: Number, target: Number, normal: Number, lost: int, time: Callable[[Number], Number], speed: Number
) -> Number:
    """Return the slack of dt/dℓ = 1/ℓ̇ for t(σ) at σ = σ* ∓ √(2 normal ℓ), with ℓ̇ = −speed."""
    with mp.extradps(lost):
        side = -1 if level < 1 else 1
        loss = (target * (level - 1)) ** 2 / (2 * normal)

    def clock(value: Number) -> Number:
        return time(target + side * mp.sqrt(2 * normal * value))

    pace = slope(clock, loss, loss * min(1, level), lost)
    return agreement(-pace * speed, mp.mpf(1))


@stated(
    "gissin2020.loss.deep",
    title="loss at depth 3 and more",
    source="section 2.2, with eq. 2 and Theorem 1",
    hypotheses={"depth": BEYOND_2, **_SIDED},
    assuming=_AWAY,
    identity=True,
    derivation=derived("loss.deep"),
)
def deep(m: Arithmetic, depth: Number, target: Number, level: Number) -> Number:
    """For N > 2 the loss is ℓ at t = N σ*^(2/N−2) [u^(2−N)/(2−N) + (u²/2) ₂F₁(1, 2/N; 1 + 2/N; u^N)] from u0 to u,
    u^N = 1 ∓ N √(2ℓ)/σ*.

    The sign is − from starts below σ* and + from above. Solve eq. 2 for σ, and put it into Theorem 1; the loss falls,
    ℓ̇ = −2ℓ σ^(2−2/N), so that t tells ℓ. Here ℓ̇ is −|∇ℓ|², of difference quotients of the loss in the weight.
    """
    close = span(abs(level - 1))
    lost = 2 * span(depth, level) + 2 * close + 40 + (2 * span(depth - 2) if depth < 3 else 0)
    with mp.extradps(lost):
        weight = (level * target) ** (1 / depth)
        with mp.extradps(power_digits(depth, weight)):
            fall = loss_slope(depth, weight, target) ** 2
    return _falls(level, target, depth**2, lost, lambda sigma: printed_deep_clock(sigma, depth, target), fall)


@stated(
    "gissin2020.loss.infinite",
    title="loss at infinite depth",
    source="section 2.2, with eq. 2 and Theorem 1",
    hypotheses=_SIDED,
    assuming=_AWAY,
    identity=True,
    derivation=derived("loss.infinite_depth"),
)
def infinite(m: Arithmetic, target: Number, level: Number) -> Number:
    """As N → ∞ the plain loss L = N² ℓ is that of σ = σ* ∓ √(2L) at t = (1/σ*²) log(σ (σ0 − σ*)/(σ0 (σ − σ*))) −
    (1/σ*) (1/σ − 1/σ0).

    The loss of eq. 2 itself tends to 0 with 1/N². By Theorem 1; L̇ = (σ − σ*) σ̇ = −2L σ².
    """
    lost = 2 * span(level) + 2 * span(abs(level - 1)) + 40
    with mp.extradps(lost):
        sigma = level * target
        init = 2 * sigma if level > 1 else sigma / 2
        fall = (sigma - target) ** 2 * sigma**2
    return _falls(level, target, mp.mpf(1), lost, lambda value: printed_infinite_time(value, target, init), fall)
