"""A long search for counterexamples to Theorem 2's claims, beside Hypothesis drawing as many examples and no more.

Run it on a quiet machine, with one thread (OPENBLAS_NUM_THREADS=1). The peer draws the claim's arguments with the very
strategy of the search, and does nothing with them; it is timed on fewer examples and scaled, since it is the slower.
"""

import time

import hypothesis as h

from flowlab.claims import get
from flowlab.verify import Claim, verify
from flowlab.verify.search import strategy

EXAMPLES = 100_000
DRAWN = 5_000
CLAIMS = ("depth2.lower", "depth2.upper", "deep.lower", "deep.upper.corrected")


def draw_only(claim: Claim, examples: int) -> float:
    """Return the seconds in which Hypothesis draws so many examples."""

    @h.settings(
        max_examples=examples, database=None, deadline=None, phases=[h.Phase.generate],
        suppress_health_check=list(h.HealthCheck),
    )  # fmt: skip
    @h.given(strategy(claim))
    def nothing(drawn: dict[str, float]) -> None:
        pass

    start = time.perf_counter()
    nothing()
    return time.perf_counter() - start


def main() -> None:
    """Print a line for each claim."""
    for name in CLAIMS:
        claim = get(f"gissin2020.theorem2.{name}")
        verify(claim, examples=50)  # kernels and tables
        found = verify(claim, examples=EXAMPLES)
        peer = draw_only(claim, DRAWN) * EXAMPLES / DRAWN
        print(
            f"theorem2.{name:<21} {found.verdict:<5} {found.examples:7d} examples in {found.seconds:6.1f} s   "
            f"Hypothesis draws as many in {peer:6.1f} s   {found.seconds / peer:5.2f} times as long"
        )


if __name__ == "__main__":
    main()
