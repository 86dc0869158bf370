"""Which parts of a flow know nothing of each other, as it stands or along other orthogonal directions."""

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import expand

from flowlab.symbolic.solving._scalar import is_zero


def common_eigenvectors(jacobian: sympy.Matrix, variables: Sequence[sympy.Symbol]) -> list[sympy.Matrix] | None:
    """Return orthogonal vectors that are eigenvectors of a symmetric matrix wherever its variables are; None without.

    The matrix is a sum of constant matrices times functions; a sum of these matrices with other weights is
    diagonalised, and each of them is then tried on its eigenvectors.

    Examples
    --------
    >>> x, y = sympy.symbols("x y")
    >>> common_eigenvectors(sympy.Matrix([[x, y], [y, x]]), [x, y])
    [Matrix([
    [-1],
    [ 1]]), Matrix([
    [1],
    [1]])]
    """
    size = jacobian.shape[0]
    constants: dict[sympy.Expr, Any] = {}
    for i in range(size):
        for j in range(size):
            for term in sympy.Add.make_args(expand(jacobian[i, j])):
                coefficient, function = term.as_independent(*variables, as_Add=False)
                constants.setdefault(function, sympy.zeros(size, size))[i, j] += coefficient
    matrices = [matrix for matrix in constants.values() if not matrix.is_zero_matrix]
    for i, one in enumerate(matrices):  # cheap, and most losses end here
        for other in matrices[:i]:
            if any(not is_zero(entry) for entry in one * other - other * one):
                return None
    mixed = sympy.zeros(size, size)
    for k, matrix in enumerate(matrices):
        mixed += matrix * (k * k + 3)
    vectors: list[sympy.Matrix] = []
    for _, _, basis in mixed.eigenvects():
        vectors += sympy.GramSchmidt(basis) if len(basis) > 1 else basis
    tidied = [vector.applyfunc(sympy.radsimp) for vector in vectors]
    if len(tidied) != size or any(v.has(sympy.I) or v.has(sympy.CRootOf) for v in tidied):
        return None
    return tidied


def connected(jacobian: sympy.Matrix) -> list[list[int]]:
    """Return the connected components of a symmetric matrix, in order of their first rows."""
    left, blocks = list(range(jacobian.shape[0])), []
    while left:
        block: list[int] = []
        fresh = left[:1]
        while fresh:
            block += fresh
            left = [j for j in left if j not in fresh]
            fresh = [j for j in left if any(jacobian[i, j] != 0 or jacobian[j, i] != 0 for i in block)]
        blocks.append(sorted(block))
    return blocks


def without(rate: sympy.Expr, absent: dict[sympy.Symbol, int]) -> sympy.Expr:
    """Return a rate that does not depend on some variables without them."""
    if not rate.free_symbols & set(absent):
        return rate
    simple = sympy.simplify(rate)
    for value in (0, 1, sympy.Rational(1, 2)):  # any will do, at which the expression has a value
        put = simple.subs(dict.fromkeys(absent, value))
        if not put.has(sympy.nan, sympy.zoo, sympy.oo):
            return put
    return put
