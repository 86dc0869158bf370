"""Parameterisations by products of matrices, and what is known to be conserved under every loss of them."""

import itertools

import sympy


def layers(*widths):
    """Return the factors W_1, ..., W_N of a linear network with layers of these widths."""
    return [
        sympy.Matrix(after, before, sympy.symbols(f"w{n}_:{after * before}", real=True))
        for n, (before, after) in enumerate(itertools.pairwise(widths))
    ]


def product(factors):
    """Return W_N ... W_1, multiplied out."""
    result = factors[0]
    for factor in factors[1:]:
        result = (factor * result).expand()
    return result


def balances(factors):
    """Return the entries of W_{n+1}^T W_{n+1} - W_n W_n^T."""
    return [
        entry
        for before, after in itertools.pairwise(factors)
        for difference in [(after.T * after - before * before.T).expand()]
        for entry in sympy.Matrix(difference).upper_triangular()
        if entry != 0
    ]
