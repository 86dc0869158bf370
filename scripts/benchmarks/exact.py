"""The exact solution beside SciPy's DOP853 and heyoka's Taylor integrator, on the same work in one run.

Run it on a quiet machine; each line is a median, each ratio the median of ratios measured in turn. A peer that is not
importable is named and left out (pip install "gradient-flowlab[bench]").
"""

import statistics
import timeit
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

from flowlab import toy

TARGET = np.array([12.0, 6.0, 4.0, 3.0])
INIT, UNTIL, TIMES = 0.01, 3.0, np.linspace(0, 3, 500)
MEMBERS = 20_000


def seconds(work: Callable[[], object], at_least: float = 0.02) -> float:
    """Return the mean time of one call over a short burst."""
    once = timeit.timeit(work, number=1)
    number = max(1, int(at_least / max(once, 1e-7)))
    return timeit.timeit(work, number=number) / number


def compare(name: str, ours: Callable[[], object], peer: Callable[[], object], rounds: int = 11) -> None:
    """Print the median times of two pieces of work, measured in turn, and the median of their ratios."""
    ours()
    peer()
    pairs = [(seconds(ours), seconds(peer)) for _ in range(rounds)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"{name:<58} {1e6 * mine:9.1f} us   peer {1e6 * theirs:9.1f} us   {ratio:7.1f} times faster")


def curves() -> np.ndarray:
    """The four modes of Figure 2 at depth 3 on 500 times."""
    return toy.sigma(TIMES, depth=3, target=TARGET[:, None], init=INIT)


def scipy_curves() -> np.ndarray:
    """The same by DOP853 at rtol 1e-10."""

    def speed(_: float, w: np.ndarray) -> np.ndarray:
        return w**2 * (TARGET - w**3) / 3

    start = np.full(4, INIT ** (1 / 3))
    return solve_ivp(speed, (0, UNTIL), start, method="DOP853", rtol=1e-10, atol=1e-13, t_eval=TIMES).y ** 3


def heyoka_curves() -> Callable[[], np.ndarray] | None:
    """The same by heyoka's Taylor integrator at its default tolerance, compiled beforehand; None without heyoka."""
    try:
        import heyoka
    except ImportError:
        return None
    names = [f"w{i}" for i in range(4)]
    weights = heyoka.make_vars(*names)
    system = [(w, w**2 * (goal - w**3) / 3) for w, goal in zip(weights, TARGET, strict=True)]
    start = np.full(4, INIT ** (1 / 3))
    integrator = heyoka.taylor_adaptive(system, start)

    def run() -> np.ndarray:
        integrator.time = 0.0
        integrator.state[:] = start
        return integrator.propagate_grid(TIMES)[-1] ** 3

    return run


def main() -> None:
    """Print the table."""
    np.testing.assert_allclose(curves(), scipy_curves(), rtol=1e-7)
    compare("4 modes, 500 times, depth 3, against solve_ivp DOP853", curves, scipy_curves)
    taylor = heyoka_curves()
    if taylor is None:
        print("heyoka: not installed")
    else:
        np.testing.assert_allclose(curves(), taylor().T, rtol=1e-9)
        compare("4 modes, 500 times, depth 3, against heyoka", curves, taylor)

    random = np.random.default_rng(0)
    target, init = random.uniform(1, 10, MEMBERS), random.uniform(1e-3, 0.1, MEMBERS)
    for depth in (2, 3, 4, 2.7, np.inf):

        def ends(depth: float = depth) -> np.ndarray:
            return toy.sigma(UNTIL, depth=depth, target=target, init=init)

        ends()
        time = statistics.median(seconds(ends) for _ in range(9))
        print(f"{MEMBERS} end values, depth {depth:<4} {MEMBERS / time / 1e6:6.1f} million a second")


if __name__ == "__main__":
    main()
