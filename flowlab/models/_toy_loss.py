"""The toy model's loss, in SymPy, and the flows derived from it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flowlab.symbolic import GradientFlow, InducedFlow, gaussian_expectation, symbols

#: Up to this integer depth the powers are compiled as literal ones; beyond, one kernel serves every depth.
_LITERAL_DEPTHS = 12


def toy_flow(depth: int | None = None) -> tuple[GradientFlow, InducedFlow]:
    """Return the gradient flow of one mode, derived from its loss, and that of σ = w^N.

    The loss is E[((w^N − σ*) x)²]/(2N²) for standard normal x: that of several modes is the sum of theirs, as x_i x_j
    has expectation 0.

    Parameters
    ----------
    depth : int, optional
        N; a symbol, and the second of the constants, if it is not given.

    Returns
    -------
    flow : GradientFlow
        In the symbols ``w``, ``target`` and ``depth``, all positive.
    induced : InducedFlow
        Of ``sigma`` (Gissin et al. 2020, eq. 4).

    Examples
    --------
    >>> flow, induced = toy_flow()
    >>> flow.loss
    (-target + w**depth)**2/(2*depth**2)
    >>> induced.rhs
    {sigma: sigma**(2 - 2/depth)*(-sigma + target)}
    """
    return mode_flow(depth, modified=False)


@lru_cache(maxsize=64)
def mode_flow(literal: int | None, *, modified: bool) -> tuple[GradientFlow, InducedFlow]:
    """Return what `toy_flow` does, or of the modified loss that descent follows to second order."""
    w, target, depth, rate = symbols("w target depth learning_rate", positive=True)
    x = symbols("x", real=True)
    number = literal or depth
    loss = gaussian_expectation(_example_loss([w], [target], [x], number), x)
    flow = GradientFlow.from_loss(loss, w, constants=(target,) if literal else (target, depth))
    if modified:
        flow = flow.modified(rate)
    return flow, flow.induced(sigma=w**number)


@lru_cache(maxsize=64)
def sampled_flow(literal: int | None, modes: int) -> tuple[GradientFlow, InducedFlow]:
    """Return the gradient flow of several modes on given inputs, at a literal depth or a symbol, and that of σ."""
    w = symbols(f"w_1:{modes + 1}", positive=True)
    targets = symbols(f"target_1:{modes + 1}", positive=True)
    x = symbols(f"x_1:{modes + 1}", real=True)
    depth = symbols("depth", positive=True)
    number = literal or depth
    loss = _example_loss(w, targets, x, number)
    flow = GradientFlow.from_loss(loss, w, constants=targets if literal else (*targets, depth), data=x)
    return flow, flow.induced({symbols(f"sigma_{i + 1}", positive=True): w[i] ** number for i in range(modes)})


def _example_loss(weights: Sequence[Any], targets: Sequence[Any], x: Sequence[Any], depth: Any) -> Any:
    """Return the loss on one input, in SymPy: the one place where the model is written down."""
    error = sum((w**depth - target) * entry for w, target, entry in zip(weights, targets, x, strict=True))
    return error**2 / (2 * depth**2)


def literal_depth(depth: float) -> int | None:
    """Return the depth that powers are compiled with as literal ones; None where one kernel serves every depth."""
    return int(depth) if depth.is_integer() and depth <= _LITERAL_DEPTHS else None
