"""The search for conserved quantities beside SymPy's own ways with the same equations, in one run.

Run it on a quiet machine; each line is a median of several searches, all of them from the entries of the product on. A
peer that is given up after its time is named with it.
"""

import statistics
import time
from collections.abc import Callable, Sequence

import sympy

from flowlab.symbolic import GradientFlow
from flowlab.symbolic.limits import OutOfTime, within

ROUNDS, PATIENCE = 5, 120.0


def network(widths: Sequence[int]) -> tuple[list[sympy.Expr], list[sympy.Symbol]]:
    """Return the entries of a product of matrices with these widths, and the entries of the factors."""
    parameters, product = [], sympy.eye(widths[0])
    for n, before in enumerate(widths[:-1]):
        factor = sympy.Matrix(widths[n + 1], before, sympy.symbols(f"w{n}_:{widths[n + 1] * before}"))
        parameters += list(factor)
        product = (factor * product).expand()
    return list(product), parameters


def equations(entries: Sequence[sympy.Expr], parameters: Sequence[sympy.Symbol]) -> tuple[list, list]:
    """Return the linear equations for the coefficients of a conserved polynomial of degree 2, and the coefficients."""
    monomials = [m for m in sympy.itermonomials(parameters, 2) if m != 1]
    unknowns = sympy.symbols(f"k:{len(monomials)}")
    ansatz = sum(k * m for k, m in zip(unknowns, monomials, strict=True))
    rows = []
    for entry in entries:
        rate = sympy.expand(sum(ansatz.diff(w) * entry.diff(w) for w in parameters))
        rows += sympy.Poly(rate, *parameters).coeffs()
    return rows, list(unknowns)


def by_solving(entries: Sequence[sympy.Expr], parameters: Sequence[sympy.Symbol]) -> int:
    """Return how many polynomials SymPy's `solve` finds."""
    rows, unknowns = equations(entries, parameters)
    return len(unknowns) - len(sympy.solve(rows, unknowns))


def by_nullspace(entries: Sequence[sympy.Expr], parameters: Sequence[sympy.Symbol]) -> int:
    """Return how many polynomials the nullspace of SymPy's dense matrix holds."""
    rows, unknowns = equations(entries, parameters)
    return len(sympy.linear_eq_to_matrix(rows, unknowns)[0].nullspace())


def seconds(work: Callable[[], int], rounds: int) -> tuple[float, int]:
    """Return the median time of a piece of work, and what it finds."""
    times = []
    for _ in range(rounds):
        sympy.core.cache.clear_cache()
        start = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - start)
    return statistics.median(times), found


def main() -> None:
    """Print the table."""
    for widths in [(2, 2, 2), (2, 2, 2, 2), (3, 3, 3), (3, 3, 3, 3)]:
        entries, parameters = network(widths)
        flow = GradientFlow.from_loss(sum(entry**2 for entry in entries), parameters)

        def ours(flow: GradientFlow = flow, entries: Sequence[sympy.Expr] = entries) -> int:
            found = flow.conserved(parameterisation=entries)
            assert found.complete, found
            return len(found.quantities)

        ours()
        mine, found = seconds(ours, ROUNDS)
        print(f"widths {widths}, {len(parameters)} parameters: {found} found and counted in {mine:.3f} s")
        for name, peer in (("solve", by_solving), ("nullspace", by_nullspace)):
            try:
                theirs, theirs_found = within(
                    PATIENCE,
                    lambda peer=peer, entries=entries, parameters=parameters: seconds(
                        lambda: peer(entries, parameters), 1
                    ),
                )
            except OutOfTime:
                print(f"    SymPy's {name:<10} given up after {PATIENCE:g} s")
                continue
            assert theirs_found == found
            print(f"    SymPy's {name:<10} {theirs:8.3f} s, finding alone: {theirs / mine:7.1f} times as long")


if __name__ == "__main__":
    main()
