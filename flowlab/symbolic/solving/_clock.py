"""The clock of a scalar flow y' = g(y): the antiderivative of 1/g, which says how long a way takes."""

from itertools import pairwise
from typing import Any

import sympy
from sympy import I, Poly, atan, im, log, re

from flowlab.symbolic.limits import BudgetSpent, within
from flowlab.symbolic.solving._evaluation import NotReal, Precise

#: In seconds of processor time.
_INTEGRATION = 20.0


def rational_clock(rate: sympy.Expr, y: sympy.Symbol) -> sympy.Expr | None:
    """Return the clock of a rational flow by partial fractions, real and continuous between the poles.

    Parameters
    ----------
    rate : Expr
        g, a quotient of polynomials.
    y : Symbol

    Returns
    -------
    Expr or None
        None where the roots of g have no closed form: of a polynomial with symbols beyond the fourth degree, or so.
        Those of one with numbers are numbers of 60 digits then.

    Examples
    --------
    >>> y = sympy.Symbol("y", real=True)
    >>> rational_clock(y * (1 - y), y)
    log(Abs(y)) - log(Abs(y - 1))
    """
    above, below = sympy.fraction(sympy.cancel(1 / rate))
    whole, rest = sympy.div(Poly(above, y), Poly(below, y))
    clock = sympy.integrate(whole.as_expr(), y)
    roots = _roots(Poly(below, y))
    if roots is None:
        return None
    lead = Poly(below, y).LC()
    for root, multiplicity in roots.items():
        imaginary = im(root)
        if _sign(imaginary) < 0:
            continue  # its conjugate stands for both
        others = sympy.Mul(lead, *((y - other) ** k for other, k in roots.items() if other != root))
        series = rest.as_expr() / others
        for k in range(multiplicity, 0, -1):
            weight = series.diff(y, multiplicity - k).subs(y, root) / sympy.factorial(multiplicity - k)
            weight = weight.evalf(60) if weight.has(sympy.Float) else sympy.simplify(weight)
            if weight.is_number and _sign(imaginary) == 0:
                weight = re(weight)
            clock += _term(weight, root, k, y, real=_sign(imaginary) == 0)
    return clock


def _term(weight: sympy.Expr, root: sympy.Expr, k: int, y: sympy.Symbol, *, real: bool) -> sympy.Expr:
    """Integrate weight / (y − root)^k, with its conjugate where the root is not real."""
    if real:
        return weight * log(sympy.Abs(y - root)) if k == 1 else weight * (y - root) ** (1 - k) / (1 - k)
    a, b = re(root), im(root)
    if k == 1:
        return re(weight) * log((y - a) ** 2 + b**2) - 2 * im(weight) * atan((y - a) / b)
    conjugate = re(weight) - I * im(weight)
    pair = weight * (y - a - I * b) ** (1 - k) + conjugate * (y - a + I * b) ** (1 - k)
    return sympy.simplify(sympy.expand_complex(pair)) / (1 - k)


def _roots(polynomial: Poly) -> dict[sympy.Expr, int] | None:
    """Return all roots with multiplicities: in radicals, else as numbers where the coefficients are numbers."""
    found: dict[sympy.Expr, int] = {}
    for factor, multiplicity in polynomial.factor_list()[1]:
        roots = sympy.roots(factor) if factor.degree() <= 2 or len(factor.terms()) == 2 else {}
        if sum(roots.values()) < factor.degree():
            if factor.free_symbols_in_domain:
                return None
            roots = dict.fromkeys(factor.nroots(n=60, maxsteps=200), 1)
        for root in roots:
            found[root] = found.get(root, 0) + multiplicity
    return found


def _sign(imaginary: sympy.Expr) -> int:
    """Return the sign of an imaginary part; 0 where it is not known, as the real part of a logarithm is right then."""
    if imaginary.is_number:
        value = sympy.N(imaginary, 30)
        return 0 if abs(value) < sympy.Float("1e-25") else int(sympy.sign(value))
    return 1 if imaginary.is_positive else -1 if imaginary.is_negative else 0


def two_power_clock(powers: dict[sympy.Expr, sympy.Expr], y: sympy.Symbol) -> tuple[sympy.Expr, tuple[sympy.Expr, ...]]:
    """Return the clock of y' = A y^m + B y^n for y > 0, and what must not be zero for it: Gauss's function.

    Its real part is meant, as beyond a stationary point the function has an imaginary one, which is constant.

    Examples
    --------
    >>> y, n = sympy.symbols("y n", positive=True)
    >>> two_power_clock({sympy.Integer(0): sympy.Integer(1), n: sympy.Integer(-1)}, y)[0]
    y*re(hyper((1, 1/n), (1 + 1/n,), y**n))
    """
    (m, a), (n, b) = powers.items()
    index = sympy.simplify((1 - m) / (n - m))
    if not index.is_positive and (1 - index).is_positive:
        m, a, n, b, index = n, b, m, a, sympy.simplify(1 - index)
    inside = -b / a * y ** sympy.expand(n - m)
    gauss = sympy.re(sympy.hyper([1, index], [1 + index], inside))
    clock = y ** sympy.expand(1 - m) / (a * (1 - m)) * gauss
    return clock, tuple(sympy.Ne(part, 0) for part in (1 - m, n - m, a) if not part.is_nonzero)


def integrated_clock(rate: sympy.Expr, y: sympy.Symbol) -> sympy.Expr | None:
    """Return the clock as SymPy finds it within a budget; None where it does not."""
    try:
        found = within(_INTEGRATION, lambda: sympy.integrate(sympy.simplify(1 / rate), y))
        found = found.replace(sympy.exp_polar, sympy.exp)
    except (BudgetSpent, NotImplementedError, ValueError, TypeError, AttributeError, ArithmeticError):
        return None
    # where its argument is below 0 a logarithm has a constant imaginary part
    found = found.replace(lambda e: isinstance(e, log) and not e.has(I), lambda e: log(sympy.Abs(e.args[0])))
    closed = not found.has(sympy.Integral, sympy.Piecewise, sympy.RootSum, sympy.nan, sympy.oo, sympy.zoo)
    return found if closed else None


#: Distances from a limit at which a clock is looked at, as exponents of ten: where it converges, it has done so there
#: even if like the power 1e-12 of the distance, and it still moves where it is a logarithm, or the logarithm of one.
_FAR = (10**12, 10**13, 10**14, 10**15)
#: The same for clocks with functions that have no such numbers.
_NEAR = (100, 200, 400, 800)
#: Functions that take numbers of any size; Gauss's does too, see `_is_gauss`.
_TAME = (log, sympy.Abs, re, im, sympy.sign, atan)
_DIGITS = 60


def clock_limit(time: sympy.Expr, y: sympy.Symbol, at: sympy.Expr, side: int) -> Any:
    """Return the limit of a clock: when its coordinate comes to a number or goes to infinity, inf where it never does.

    Whether an integral converges cannot be seen from a distance: a rate like the power 0.99 of the distance lets the
    coordinate arrive, one in proportion to the distance does not. So the clock is evaluated at distances beyond all
    scales, at which the steps between their logarithms become smaller only where it converges.

    Parameters
    ----------
    time : Expr
        In the coordinate alone.
    y : Symbol
    at : Expr
        A number, or plus or minus infinity.
    side : int
        From above for 1, from below for -1.

    Returns
    -------
    number of mpmath

    Raises
    ------
    NotReal
        If it has no values there, or its digits do not settle.

    Examples
    --------
    >>> y = sympy.Symbol("y", positive=True)
    >>> float(clock_limit(y ** sympy.Rational(1, 100), y, sympy.S.Zero, 1))
    -0.0
    >>> float(clock_limit(log(log(y)), y, sympy.oo, 1)), float(clock_limit(atan(y), y, sympy.oo, 1))
    (inf, 1.5707963267948966)
    """
    z = sympy.Dummy("z", positive=True)
    there = sympy.sign(at) / z if at.is_infinite else at + side * z
    expression = time.subs(y, there)
    function = Precise([z], [expression])
    context = function.context
    tame = _is_tame(expression, z)

    def values(digits: int) -> list[Any]:
        return [function([context.ldexp(1, -(n * 10) // 3)], digits)[0] for n in (_FAR if tame else _NEAR)]

    found, again = values(_DIGITS), values(2 * _DIGITS)
    if any(abs(x - y) > 1e-20 * max(abs(x), abs(y)) for x, y in zip(found, again, strict=True)):
        raise NotReal("its digits do not settle")
    steps = [later - earlier for earlier, later in pairwise(again)]
    if abs(steps[-1]) <= 1e-25 * abs(again[-1]):
        return again[-1]
    ratio = abs(steps[-1] / steps[-2]) if steps[-2] else context.inf
    # of the logarithm of a logarithm the steps are equal, of its reciprocal they fall tenfold
    return context.inf if ratio > 0.97 else again[-1] + steps[-1] * ratio / (1 - ratio)


def _is_tame(expression: sympy.Expr, z: sympy.Symbol) -> bool:
    """Return whether nothing in an expression is beyond all numbers near z = 0."""
    for part in expression.atoms(sympy.Function, sympy.Pow):
        if isinstance(part, _TAME) or _is_gauss(part) or not part.has(z) or (part.is_Pow and not part.exp.has(z)):
            continue
        arguments = Precise([z], [part.exp * log(part.base)] if part.is_Pow else [a for a in part.args if a.has(z)])
        try:
            if any(abs(x) > 100 for n in _NEAR for x in arguments([arguments.context.ldexp(1, -n)], _DIGITS)):
                return False
        except NotReal:
            return False
    return True


def _is_gauss(part: sympy.Basic) -> bool:
    return isinstance(part, sympy.hyper) and (len(part.ap), len(part.bq)) == (2, 1)
