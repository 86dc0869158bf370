"""Every certificate of the package, made anew: cells, time, and how long a check takes.

With --keep they are written where the package keeps them; with the beginnings of ids, only these are made. A row is one
claim over its own box; that of Theorem 2 is r ∈ [1.05, 50], s ∈ [0.01, 0.25], f ∈ [0.75, 0.99].
"""

import sys
import time

from flowlab.claims.certified import FOLDER, wanted
from flowlab.verify import certify


def main() -> None:
    keep, total = "--keep" in sys.argv, 0.0
    chosen = tuple(each for each in sys.argv[1:] if each != "--keep") or ("",)
    if keep:
        FOLDER.mkdir(exist_ok=True)
    print(f"{'certificate':<58} {'verdict':<10} {'cells':>7} {'seconds':>8} {'check':>7} {'bytes':>8}")
    for claim, box, name in wanted():
        if not claim.id.startswith(chosen):
            continue
        found = certify(claim, box, jobs=2)
        begin = time.perf_counter()
        found.check(claim)
        took = time.perf_counter() - begin
        total += found.seconds
        print(
            f"{name.removesuffix('.json'):<58} {found.verdict:<10} {found.leaves:>7} {found.seconds:>8.2f} {took:>7.2f}"
            f" {len(found.tree):>8}",
            flush=True,
        )
        if keep and found.verdict != "undecided":
            found.save(FOLDER / name)
    print(f"{total:.1f} s in all, on two processes")


if __name__ == "__main__":
    main()
