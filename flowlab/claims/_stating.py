"""Stating a claim once, over an arithmetic: the same lines are the float64 search and its 50-digit confirmation."""

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Protocol

import mpmath as mp
import numpy as np

from flowlab import toy
from flowlab.claims._ball_arithmetic import for_balls
from flowlab.toy import descent_bounds, precise, precise_descent, precise_threshold
from flowlab.toy.threshold import threshold_drop
from flowlab.verify import IDENTITY, Assumption, Claim, Derivation, Sides, Unevaluable
from flowlab.verify import claim as verify_claim
from flowlab.verify.claim import Kind

Number = Any  # float, or mpmath's mpf

_FLOAT_STEPS = 300_000
_EXACT_STEPS = 2_000  # in 50 digits; fewer in more


class Arithmetic(Protocol):
    """The functions that a statement may use, in float64 or in mpmath's current precision."""

    log: Callable[[Number], Number]
    log1p: Callable[[Number], Number]
    exp: Callable[[Number], Number]
    expm1: Callable[[Number], Number]

    def drop(self, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
        """Return log(s σ_j*/σ0_th) for the flow's exact threshold; infinity where no start is small enough."""
        ...

    def log_at_hitting(self, depth: Number, ratio: Number, f: Number, start: Number) -> Number:
        """Return log(σ_j/σ_j*) when the flow from σ0 = start × σ_j* has brought σ_i to f σ_i*."""
        ...

    def descent_slack(
        self, bound: Number, ratio: Number, s: Number, f: Number, rate: Number, *, up: bool, gapless: bool = False
    ) -> Number:
        """Return the slack of an upper (`up`) or lower bound on log of descent's threshold over σ_j*, depth 2.

        The threshold is that of the largest start, or of all starts below it (`gapless`). Where it would take too many
        iterations, a number on its far side stands for it, and decides the bound if it can.
        """
        ...

    def digits(self, *small: Number) -> AbstractContextManager[None]:
        """Return a context with the digits that squares of such small numbers take up beside 1."""
        ...

    def log_growth(self, depth: Number, start: Number, elapsed: Number) -> Number:
        """Return log σ(t)/σ0 of the flow from start × σ*, at σ*^(2−2/N) t = elapsed."""
        ...


class _Kernels:
    """What floats and arrays of them have alike: the compiled kernels."""

    log: Callable[[Number], Number]

    def log_at_hitting(self, depth: Number, ratio: Number, f: Number, start: Number) -> Number:
        """See `Arithmetic`."""
        t = toy.time(f * ratio, depth=depth, target=ratio, init=start)
        return self.log(toy.sigma(t, depth=depth, target=1.0, init=start))

    def digits(self, *small: Number) -> AbstractContextManager[None]:
        """See `Arithmetic`: float64 has the digits it has."""
        return nullcontext()

    def log_growth(self, depth: Number, start: Number, elapsed: Number) -> Number:
        """See `Arithmetic`."""
        return self.log(toy.sigma(elapsed, depth=depth, target=1.0, init=start) / start)


class Float(_Kernels):
    """float64, with the compiled kernels."""

    log, log1p, exp, expm1 = (staticmethod(f) for f in (math.log, math.log1p, math.exp, math.expm1))

    def drop(self, depth: float, ratio: float, s: float, f: float) -> float:
        """See `Arithmetic`."""
        try:
            return float(threshold_drop(depth=depth, ratio=ratio, s=s, f=f))
        except ValueError:
            if depth >= 2:
                raise
            return math.inf

    def descent_slack(
        self, bound: float, ratio: float, s: float, f: float, rate: float, *, up: bool, gapless: bool = False
    ) -> float:
        """See `Arithmetic`."""
        if iterations(ratio, s, f, rate) > _FLOAT_STEPS:
            return _surest(math, bound, ratio, s, f, rate, up) or math.nan
        found = toy.descent_threshold(ratio=ratio, s=s, f=f, learning_rate=rate / ratio, log=True)
        return float(_one_sided(bound, found.all_below if gapless else found.largest, up))


class Arrays(_Kernels):
    """Arrays of float64; of what goes in batches, all but descent's threshold."""

    log, log1p, exp, expm1 = (staticmethod(f) for f in (np.log, np.log1p, np.exp, np.expm1))

    def drop(self, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
        """See `Arithmetic`."""
        return threshold_drop(depth=depth, ratio=ratio, s=s, f=f)


class Exact:
    """mpmath at its current precision, by the routes of `flowlab.toy.precise`."""

    log, log1p, exp, expm1 = (staticmethod(f) for f in (mp.log, mp.log1p, mp.exp, mp.expm1))

    def drop(self, depth: Number, ratio: Number, s: Number, f: Number) -> Number:
        """See `Arithmetic`."""
        drop = precise_threshold.threshold_drop(depth, ratio, s, f)
        return mp.inf if drop is None else drop

    def log_at_hitting(self, depth: Number, ratio: Number, f: Number, start: Number) -> Number:
        """See `Arithmetic`."""
        with mp.extradps(span(start)):  # a long way to the steep part, of which the last digits tell
            t = precise.time(f * ratio, depth, ratio, start)
            return mp.log(precise.sigma(t, depth, 1, start))

    def descent_slack(
        self, bound: Number, ratio: Number, s: Number, f: Number, rate: Number, *, up: bool, gapless: bool = False
    ) -> Number:
        """See `Arithmetic`."""
        steps = _EXACT_STEPS * 50 // mp.mp.dps
        found = None
        if iterations(float(ratio), float(s), float(f), float(rate)) <= steps:
            found = precise_descent.log_descent_threshold(ratio, s, f, rate, rate / ratio, steps=2 * steps)
        if found is not None:
            return _one_sided(bound, found[1] if gapless else found[0], up)
        with mp.extradps(2 * span(ratio, ratio - 1, s)):
            slack = _surest(mp, bound, ratio, s, f, rate, up)
        if slack is None:
            raise Unevaluable("needs too many iterations, and the enclosure of the threshold does not decide")
        return slack

    def digits(self, *small: Number) -> AbstractContextManager[None]:
        """See `Arithmetic`."""
        context: AbstractContextManager[None] = mp.extradps(4 * sum(int(abs(mp.log10(number))) for number in small))
        return context

    def log_growth(self, depth: Number, start: Number, elapsed: Number) -> Number:
        """See `Arithmetic`."""
        first = elapsed * start ** (precise.exponent(depth) - 1) * (1 - start)
        with mp.extradps(span(first) if first < 1 else 0):  # a short time hardly moves it
            return mp.log(precise.sigma(elapsed, depth, 1, start) / start)


def iterations(ratio: float, s: float, f: float, rate_i: float) -> float:
    """Return about how many iterations σ_i takes from the flow's threshold to f σ_i*."""
    if rate_i == 0.0:
        return math.inf
    far = math.log(f / (1 - f)) + math.log(ratio) - math.log(s)
    return (far + float(threshold_drop(depth=2, ratio=ratio, s=s, f=f))) / rate_i


def _one_sided(bound: Number, exact: Number, up: bool) -> Number:
    return (bound - exact if up else exact - bound) / (1 + abs(exact))


def _surest(m: Any, bound: Number, ratio: Number, s: Number, f: Number, rate: Number, up: bool) -> Number | None:
    """Return a slack with the sign of the true one, and nearer to 0, from an enclosure of the threshold; else None."""
    low, high = (descent_bounds.enclosure(m, ratio, s, f, rate, rate / ratio, up=side) for side in (False, True))
    least, most = sorted(_one_sided(bound, edge, up) for edge in (low, high))
    return least if least > 0 else most if most < 0 else None


FLOAT, ARRAYS, EXACT = Float(), Arrays(), Exact()


def agreement(left: Number, right: Number, scale: Number = 0) -> Number:
    """Return a slack that is positive exactly where two mpmath numbers agree to the digits an identity needs.

    `scale` is the size of the terms that cancel in them, for numbers that may be 0.
    """
    if left == right:
        return mp.mpf(1)
    return 1 - abs(left - right) / max(abs(left), abs(right), scale) * mp.mpf(10) ** (IDENTITY * mp.mp.dps)


def slope(function: Callable[[Number], Number], at: Number, scale: Number, lost: int = 0) -> Number:
    """Return a derivative by a central difference of relative step 2^−prec, in three times the digits at work.

    `lost` is how many decimal digits more the function itself uses up.
    """
    precision = mp.mp.prec
    with mp.workprec(3 * precision + 60), mp.extradps(lost):
        step = scale * mp.mpf(2) ** -(precision + 10)
        return (function(at + step) - function(at - step)) / (2 * step)


def span(*numbers: Number) -> int:
    """Return how many digits apart such numbers lie from 1 together: what they may cost beside it."""
    return sum(math.ceil(abs(mp.log10(number))) for number in numbers)


def with_mpf_depth(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with the depth as a number of mpmath: an integer would divide into a float."""
    return {name: mp.mpf(value) if name == "depth" else value for name, value in arguments.items()}


CLAIMS: list[Claim] = []


def _undecided(**_: Any) -> float:
    """Return the slack of an identity, which floats cannot tell from 0."""
    return 0.0


def stated(
    id: str,
    *,
    title: str,
    source: str,
    hypotheses: Mapping[str, Any],
    assuming: tuple[Assumption, ...] = (),
    recorded: Kind = "held",
    flaw: str = "",
    corrected_by: str = "",
    identity: bool = False,
    guarded: bool = False,
    batch: Callable[..., Any] | None = None,
    balls: Callable[..., Any] | Mapping[str, str] | None = None,
    sides: Callable[..., Sides] | None = None,
    derivation: Callable[[], Derivation] | None = None,
) -> Callable[[Callable[..., Number]], Claim]:
    """Register a function ``slack(m, **arguments)`` as a claim; `m` is the arithmetic.

    Its docstring's first paragraph is the statement, the rest the proof or what is wrong with it. An `identity` is
    no matter of slack: every example goes to mpmath at once. `balls` may be a box alone, over which the statement
    itself is certified. The rest is as in `Claim`.
    """

    def decorate(function: Callable[..., Number]) -> Claim:
        """Return the claim, once it is registered."""

        def exact(**arguments: Any) -> Number:
            return function(EXACT, **with_mpf_depth(arguments))

        slack: Any = partial(_undecided) if identity else partial(function, FLOAT)
        slack.__doc__ = function.__doc__
        built = verify_claim(
            id,
            title=title,
            source=f"Gissin, Shalev-Shwartz, Daniely 2020, {source}",
            hypotheses=hypotheses,
            exact=exact,
            assuming=assuming,
            recorded=recorded,
            flaw=flaw,
            corrected_by=corrected_by,
            guarded=guarded,
            identity=identity,
            batch=None if identity else batch or partial(function, ARRAYS),
            balls=None if identity else for_balls(function, balls),
            sides=sides,
            derivation=derivation,
        )(slack)
        CLAIMS.append(built)
        return built

    return decorate
