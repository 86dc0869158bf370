"""Expectations of polynomials in Gaussian variables, exact: a population loss from the loss of one example."""

from collections.abc import Callable, Sequence
from functools import cache, reduce
from itertools import product
from typing import Any

import sympy

from flowlab._checks import shown
from flowlab.symbolic._arguments import Symbols, check_assumptions, expression_of, symbol_group

Powers = tuple[int, ...]
Polynomial = dict[Powers, sympy.Expr]


def gaussian_expectation(expression: sympy.Expr, variables: Symbols, *, covariance: Any = None) -> sympy.Expr:
    """Return the expectation of a polynomial in jointly normal variables of mean 0.

    The polynomial is collected by powers of the variables, its coefficients left as they stand. For independent
    variables E[x^k] = (k − 1)!! for even k; in general E[x_i p(x)] = Σ_j C_ij E[∂p/∂x_j], which is Isserlis' theorem.

    Parameters
    ----------
    expression : Expr
        Sums, products and natural powers of the variables; the coefficients may be any expressions without them.
    variables : Symbol or sequence of Symbol
        Standard normal and independent, unless `covariance` says otherwise.
    covariance : array_like or Matrix, shape (d, d), optional
        Symmetric, of numbers or of expressions without the variables.

    Returns
    -------
    Expr
        Free of the variables.

    Raises
    ------
    ValueError
        If the expression is not such a polynomial, a variable is no symbol or given twice, or the covariance is not
        symmetric, not of shape (d, d), or known to have a negative eigenvalue.

    Examples
    --------
    The loss of one mode of the toy model (Gissin et al. 2020, eq. 2), at any depth N:

    >>> w, target, N = sympy.symbols("w target N", positive=True)
    >>> x, y, rho = sympy.symbols("x y rho", real=True)
    >>> gaussian_expectation((w**N * x - target * x) ** 2 / (2 * N**2), x)
    (-target + w**N)**2/(2*N**2)
    >>> gaussian_expectation(x**2 * y**2, [x, y], covariance=[[1, rho], [rho, 1]])
    2*rho**2 + 1
    """
    polynomial = expression_of("expression", expression)
    known: dict[str, sympy.Symbol] = {}
    symbols = symbol_group("variables", variables, known)
    if not symbols:
        raise ValueError("variables: got none; allowed: at least one symbol")
    check_assumptions("expression", polynomial, known)
    moment = _independent_moment if covariance is None else _moments(_covariance(covariance, symbols))
    terms = _collected(polynomial, symbols)
    return sympy.Add(*(coefficient * moment(powers) for powers, coefficient in terms.items()))


def _covariance(covariance: Any, symbols: Sequence[sympy.Symbol]) -> sympy.ImmutableMatrix:
    """Return the covariance as a matrix, checked."""
    size = len(symbols)
    allowed = f"a symmetric matrix of shape ({size}, {size}), without negative eigenvalues or the variables"
    try:
        matrix = sympy.ImmutableMatrix(covariance)
    except (TypeError, ValueError) as error:
        raise ValueError(f"covariance: got {shown(covariance)}; allowed: {allowed}") from error
    if matrix.shape != (size, size):
        raise ValueError(f"covariance: got shape {matrix.shape}; allowed: {allowed}")
    if not matrix.is_symmetric() or matrix.free_symbols & set(symbols) or matrix.is_positive_semidefinite is False:
        raise ValueError(f"covariance: got {shown(matrix.tolist())}; allowed: {allowed}")
    return matrix


def _independent_moment(powers: Powers) -> sympy.Expr:
    if any(power % 2 for power in powers):
        return sympy.S.Zero
    return sympy.Mul(*(sympy.factorial2(power - 1) for power in powers))


def _moments(covariance: sympy.ImmutableMatrix) -> Callable[[Powers], sympy.Expr]:
    """Return the function that gives E[x^powers]."""

    @cache
    def moment(powers: Powers) -> sympy.Expr:
        """By parts: E[x_i f] = Σ_j C_ij E[∂f/∂x_j] (Isserlis)."""
        if sum(powers) % 2:
            return sympy.S.Zero
        i = next((i for i, power in enumerate(powers) if power), None)
        if i is None:
            return sympy.S.One
        rest = _shifted(powers, i)
        return sympy.expand(
            sympy.Add(*(covariance[i, j] * rest[j] * moment(_shifted(rest, j)) for j in range(len(rest)) if rest[j]))
        )

    return moment


def _shifted(powers: Powers, i: int) -> Powers:
    return (*powers[:i], powers[i] - 1, *powers[i + 1 :])


def _collected(expression: sympy.Expr, symbols: Sequence[sympy.Symbol]) -> Polynomial:
    """Return the coefficient of each monomial, as a sum of products of what stands in the expression."""
    constant = (0,) * len(symbols)
    if not expression.free_symbols & set(symbols):
        return {constant: expression}
    if expression in symbols:
        return {tuple(int(expression == symbol) for symbol in symbols): sympy.S.One}
    if expression.is_Add:
        return _sum([item for part in expression.args for item in _collected(part, symbols).items()])
    if expression.is_Mul:
        return reduce(_product, (_collected(part, symbols) for part in expression.args))
    if expression.is_Pow and expression.exp.is_Integer and expression.exp > 0:
        return reduce(_product, [_collected(expression.base, symbols)] * int(expression.exp))
    raise ValueError(
        f"expression: got {expression}, no polynomial in {', '.join(map(str, symbols))}; "
        "allowed: sums, products and natural powers of the variables"
    )


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    return _sum(
        [
            (tuple(a + b for a, b in zip(first, second, strict=True)), left[first] * right[second])
            for first, second in product(left, right)
        ]
    )


def _sum(terms: Sequence[tuple[Powers, sympy.Expr]]) -> Polynomial:
    grouped: dict[Powers, list[sympy.Expr]] = {}
    for powers, coefficient in terms:
        grouped.setdefault(powers, []).append(coefficient)
    return {powers: sympy.Add(*coefficients) for powers, coefficients in grouped.items()}
