"""What ``flowlab flow`` says of the kinks that a flow meets."""

from flowlab.cli import _print
from flowlab.dynamics import Trajectory

_SHOWN = 8


def kinks_met(path: Trajectory) -> list[str]:
    """Return what a flow did at each kink, in order of time.

    Examples
    --------
    >>> from flowlab import GradientFlow
    >>> from flowlab.symbolic import symbols
    >>> w = symbols("w", real=True)
    >>> kinks_met(GradientFlow.from_loss(abs(w - 1) + 2 * abs(w + 1), w).flow(3.0, 3.0))
    ['w - 1 falls through 0 at t = 0.666667', 'w + 1 stays at 0 from t = 2.66667 on']
    """
    met = [
        (c.time, f"{c.kink} {'rises' if c.side > 0 else 'falls'} through 0 at t = {_print.number(c.time)}")
        for c in path.crossings
    ]
    for s in path.sliding:
        on = f"to {_print.number(s.stop)}, and {'rises' if s.side > 0 else 'falls'} from it" if s.side else "on"
        why = ", where both sides lead away: the element of least norm is taken" if s.away else ""
        met.append((s.start, f"{s.kink} stays at 0 from t = {_print.number(s.start)} {on}{why}"))
    lines = [line for _, line in sorted(met, key=lambda each: each[0])]
    return lines[:_SHOWN] + [f"... and {len(lines) - _SHOWN} more"] * (len(lines) > _SHOWN)
