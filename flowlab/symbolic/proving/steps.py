"""Derivations whose every step SymPy checks, and numbers in 40 digits before it."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import sympy

from flowlab.symbolic.limits import BudgetSpent, within
from flowlab.symbolic.proving.identities import found_zero, nonnegative, numbers_agree, numbers_at_least, rising
from flowlab.symbolic.proving.words import Word
from flowlab.symbolic.sampling import allows
from flowlab.verify.derivation import Derivation, Step

__all__ = ["BUDGET", "Proof", "derivation"]

BUDGET = 60.0
"""Processor time of one derivation at most, in seconds; each takes a few at most."""


class Proof:
    """The steps of a derivation, checked as they are added.

    Everything in them is meant for all values that the symbols' assumptions allow: `symbols("N", positive=True)` is
    every real depth above 0.

    Examples
    --------
    >>> x = sympy.Symbol("x", positive=True)
    >>> proof = Proof()
    >>> proof.equal("(1 + x)² = 1 + 2x + x²", (1 + x) ** 2, 1 + 2 * x + x**2)
    >>> proof.equal("(1 + x)² = 1 + x²", (1 + x) ** 2, 1 + x**2)
    >>> [step.holds for step in proof.steps]
    [True, False]
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def equal(self, text: str, left: Any, right: Any) -> None:
        """Add «left = right», which holds if the difference reduces to 0 and numbers agree with that.

        Parameters
        ----------
        text : str
        left, right : Expr, Word, or list or Matrix of Expr
            Lists are compared entry by entry.

        Examples
        --------
        >>> x, N = sympy.symbols("x N", positive=True)
        >>> proof = Proof()
        >>> proof.equal("d xᴺ/dx = N xᴺ⁻¹", (x**N).diff(x), N * x ** (N - 1))
        >>> proof.steps[0].holds
        True
        """
        pairs = _paired(left, right)
        holds = bool(pairs) and all(numbers_agree(a, b) and found_zero(a, b) for a, b in pairs)
        self.steps.append(Step(text, holds))

    def differ(self, text: str, left: Any, right: Any, at: Mapping[sympy.Symbol, Any]) -> None:
        """Add «left ≠ right», which holds if exact values at a point differ; they are added to the text.

        Parameters
        ----------
        text : str
        left, right : Expr
        at : mapping of Symbol to number
            A value for each symbol, which its assumptions have to allow.

        Examples
        --------
        >>> x = sympy.Symbol("x", positive=True)
        >>> proof = Proof()
        >>> proof.differ("x² ≠ x", x**2, x, {x: 2})
        >>> proof.steps[0]
        Step(text='x² ≠ x: 4 and 2 at x = 2', holds=True)
        """
        values = {symbol: sympy.sympify(value) for symbol, value in at.items()}
        allowed = all(allows(symbol, value) for symbol, value in values.items())
        one, other = (sympy.simplify(sympy.sympify(side).subs(values)) for side in (left, right))
        point = ", ".join(f"{symbol} = {value}" for symbol, value in values.items())
        finite = one.is_number and other.is_number and bool(one.is_finite and other.is_finite)
        holds = allowed and finite and bool((one - other).is_zero is False)
        self.steps.append(Step(f"{text}: {one} and {other} at {point}", holds))

    def at_least(self, text: str, left: Any, right: Any = 0, *, strictly: bool = False) -> None:
        """Add «left ≥ right», which holds if every factor of the difference has a known sign.

        Parameters
        ----------
        text : str
        left, right : Expr
        strictly : bool, optional
            Add «left > right» instead.

        Examples
        --------
        >>> x = sympy.Symbol("x", nonnegative=True)
        >>> proof = Proof()
        >>> proof.at_least("1/(1 + x) ≥ 1 − x", 1 / (1 + x), 1 - x)
        >>> proof.steps[0].holds
        True
        """
        holds = numbers_at_least(left, right) and nonnegative(sympy.sympify(left) - right, strictly=strictly)
        self.steps.append(Step(text, holds))

    def rises(self, text: str, left: Any, right: Any, along: sympy.Symbol) -> None:
        """Add «left ≥ right», which holds if it does where `along` is 0, and the difference rises from there.

        That is, its slope in `along`, which must be nonnegative, is ≥ 0: by the signs of its factors, or for the same
        reason in its turn.

        Parameters
        ----------
        text : str
        left, right : Expr
        along : Symbol

        Examples
        --------
        >>> x = sympy.Symbol("x", nonnegative=True)
        >>> proof = Proof()
        >>> proof.rises("eˣ ≥ 1 + x", sympy.exp(x), 1 + x, x)
        >>> proof.rises("eˣ ≥ 1 + x + x²", sympy.exp(x), 1 + x + x**2, x)
        >>> [step.holds for step in proof.steps]
        [True, False]
        """
        holds = numbers_at_least(left, right) and rising(sympy.sympify(left) - right, along)
        self.steps.append(Step(text, holds))


def derivation(scope: str, *, refutes: bool = False) -> Callable[[Callable[[Proof], None]], Callable[[], Derivation]]:
    """Turn a function that adds the steps to a `Proof` into a claim's derivation: carried out once, within a budget.

    Parameters
    ----------
    scope : str
        For what it is a proof: which symbols are free, which sizes are fixed.
    refutes : bool, optional
        Whether the steps end in the contrary of the claim.

    Returns
    -------
    callable
        A decorator; what it returns takes no arguments and returns a `Derivation`.

    Examples
    --------
    >>> @derivation("every real x")
    ... def square(proof):
    ...     x = sympy.Symbol("x", real=True)
    ...     proof.at_least("x² ≥ 0", x**2)
    >>> square().summary
    'proved for every real x (1 step)'
    """

    def decorate(function: Callable[[Proof], None]) -> Callable[[], Derivation]:
        """Return the derivation, with the function's own docstring."""

        @cache
        def derive() -> Derivation:
            proof, unfinished = Proof(), ""
            try:
                within(BUDGET, lambda: function(proof))
            except BudgetSpent as limit:
                unfinished = f"{limit} are spent"
            return Derivation(scope, tuple(proof.steps), refutes=refutes, unfinished=unfinished)

        derive.__doc__ = function.__doc__
        return derive

    return decorate


def _paired(left: Any, right: Any) -> list[tuple[Any, Any]]:
    if isinstance(left, Word) or isinstance(right, Word):
        return [(left, right)]
    if isinstance(left, (list, tuple, sympy.MatrixBase)):
        return list(zip(left, right, strict=True))
    return [(sympy.sympify(left), sympy.sympify(right))]
