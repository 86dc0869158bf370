"""What a stationary point is: by its Hessian, or by the second derivative beside it; and the loss at a root."""

from collections.abc import Sequence

import sympy

from flowlab.symbolic.solving._evaluation import Precise

_DIGITS = 40


def kind_by_hessian(hessian: sympy.Matrix, family: bool) -> tuple[str, tuple[float, ...]]:
    """Return what a stationary point is by its Hessian, with the eigenvalues where they are numbers."""
    if hessian.free_symbols:
        if family:
            return "degenerate", ()
        found = list(hessian.eigenvals()) if hessian.shape[0] <= 2 else [sympy.nan]
        facts = [(v.is_positive, v.is_negative, v.is_zero) for v in found]
        signs = {1 if up else -1 if down else 0 for up, down, none in facts if up or down or none}
        return ("undecided" if any(not any(fact) for fact in facts) else _named(signs)), ()
    arithmetic, size = Precise([], []), hessian.shape[0]
    arithmetic.context.dps = _DIGITS
    numbers = [[arithmetic.number(hessian[i, j], _DIGITS) for j in range(size)] for i in range(size)]
    values = list(arithmetic.context.eigsy(arithmetic.context.matrix(numbers), eigvals_only=True))
    floor = max(abs(v) for v in values) * 1e-25
    tidied = [0.0 if abs(v) <= floor else float(v) for v in values]
    return _named({0 if v == 0 else 1 if v > 0 else -1 for v in tidied}), tuple(sorted(tidied))


def kind_beside(curvatures: Sequence[sympy.Expr]) -> str:
    """Return what a stationary point is by the second derivative beside it, from every side."""
    signs = {int(sympy.sign(c)) for c in curvatures}
    return "undecided" if not signs else _named(signs) if len(signs) == 1 else "degenerate"


def at_root(value: sympy.Expr) -> sympy.Expr:
    """Reduce a value by the polynomial of its root, where it holds but one: 0 is then seen to be 0."""
    roots = value.atoms(sympy.CRootOf)
    if len(roots) != 1:
        return value
    (root,) = roots
    x = sympy.Dummy("x")
    above, below = sympy.fraction(sympy.together(value.xreplace({root: x})))
    if not above.is_polynomial(x):
        return value
    rest = sympy.rem(sympy.Poly(above, x), sympy.Poly(root.poly.as_expr(), root.poly.gen).replace(x))
    return rest.as_expr().xreplace({x: root}) / below.xreplace({x: root})


def _named(signs: set[int]) -> str:
    """Name a stationary point by the signs of the Hessian's eigenvalues."""
    if signs >= {1, -1}:
        return "saddle"
    return "degenerate" if 0 in signs else "minimum" if signs == {1} else "maximum"
