"""Linear flows w' = −(H w + q), H symmetric: the matrix exponential by eigenvalues, whichever of them are zero."""

from collections.abc import Sequence

import mpmath
import sympy
from sympy import exp

#: Up to this size eigenvalues are kept in radicals; beyond they are numbers.
_EXACT_SIZE = 4
_DIGITS = 60


def solve_linear(
    hessian: sympy.Matrix, offset: Sequence[sympy.Expr], start: Sequence[sympy.Expr], t: sympy.Symbol
) -> tuple[list[sympy.Expr], tuple[sympy.Expr, ...], str] | None:
    """Solve w' = −(H w + q), w(0) = w0.

    The solution is w0 − Σ f(λ, t) P (H w0 + q) over the eigenvalues λ with projections P, with f = (1 − exp(−λt))/λ,
    and f = t for λ = 0: nothing is divided by zero.

    Parameters
    ----------
    hessian : Matrix, shape (d, d)
        H, symmetric.
    offset : sequence of Expr, shape (d,)
        q, the gradient at 0.
    start : sequence of Expr, shape (d,)
    t : Symbol

    Returns
    -------
    expressions, conditions, method
        None where the eigenvalues of a matrix with symbols are not found in radicals.

    Examples
    --------
    >>> t, x, y = sympy.symbols("t x y")
    >>> solve_linear(sympy.Matrix([[1, 1], [1, 1]]), [0, 0], [x, y], t)[0]
    [(x - y)/2 + (x + y)*exp(-2*t)/2, (-x + y)/2 + (x + y)*exp(-2*t)/2]
    """
    w0, q = sympy.Matrix(start), sympy.Matrix(offset)
    method, parts = "linear, by the matrix exponential", _exact_projections(hessian)
    if parts is None:
        if hessian.free_symbols:
            return None
        method, parts = f"{method} (eigenvalues as numbers of {_DIGITS} digits)", _numerical_projections(hessian)
    conditions: list[sympy.Expr] = []
    total = sympy.zeros(len(start), 1)
    for value, projection in parts:
        if value.is_zero:
            total += projection * w0 - t * projection * q
        else:
            if not value.is_nonzero and any(entry != 0 for entry in projection * q):
                conditions.append(sympy.Ne(value, 0))
            still = -projection * q / value
            total += still + (projection * w0 - still) * exp(-value * t)
    if len(parts) > 1:
        conditions += [
            sympy.Ne(a, b)
            for i, (a, _) in enumerate(parts)
            for b, _ in parts[:i]
            if hessian.free_symbols and not (a - b).is_nonzero
        ]
    return [_collected(entry, t) for entry in total], tuple(conditions), method


def _collected(entry: sympy.Expr, t: sympy.Symbol) -> sympy.Expr:
    """Write an entry as a sum over the exponentials, each with one coefficient."""
    expanded = sympy.expand(entry, power_exp=False)
    terms: dict[sympy.Expr, sympy.Expr] = {}
    for term in sympy.Add.make_args(expanded):
        coefficient, factor = term.as_independent(t, as_Add=False)
        terms[factor] = terms.get(factor, sympy.S.Zero) + coefficient
    return sympy.Add(*(sympy.factor_terms(c) * factor for factor, c in terms.items()))


def _exact_projections(matrix: sympy.Matrix) -> list[tuple[sympy.Expr, sympy.Matrix]] | None:
    """Return distinct eigenvalues with the projections on their spaces, in radicals of the second degree at most."""
    size = matrix.shape[0]
    if size > _EXACT_SIZE and not matrix.is_diagonal():
        return None
    x = sympy.Dummy("x")
    values: list[sympy.Expr] = []
    for factor, _ in sympy.factor_list(matrix.charpoly(x).as_expr(x), x)[1]:
        polynomial = sympy.Poly(factor, x)
        if polynomial.degree() > 2:
            return None
        values += [sympy.radsimp(root) for root in sympy.roots(polynomial)]
    identity = sympy.eye(size)
    parts = []
    for value in values:
        projection = identity
        for other in values:
            if other != value:
                projection = projection * (matrix - other * identity) / (value - other)
        parts.append((value, projection.applyfunc(lambda entry: sympy.radsimp(sympy.cancel(entry)))))
    return parts


def _numerical_projections(matrix: sympy.Matrix) -> list[tuple[sympy.Expr, sympy.Matrix]]:
    """Return eigenvalues with projections as numbers; those of the null space, known by its rank, are exactly 0."""
    context, size = mpmath.MPContext(), matrix.shape[0]
    context.dps = _DIGITS + 15
    numbers = [[sympy.N(entry, _DIGITS + 15) for entry in matrix.row(i)] for i in range(size)]
    values, vectors = context.eigsy(
        context.matrix([[context.make_mpf(sympy.Float(x, _DIGITS + 15)._mpf_) for x in row] for row in numbers])
    )
    null = size - matrix.rank(simplify=True)
    by_size = sorted(range(size), key=lambda i: abs(values[i]))

    def number(value: object) -> sympy.Expr:
        return sympy.Float(value, _DIGITS)

    parts = []
    for place, i in enumerate(by_size):
        column = sympy.Matrix([number(vectors[j, i]) for j in range(size)])
        parts.append((sympy.S.Zero if place < null else number(values[i]), column * column.T))
    return parts
