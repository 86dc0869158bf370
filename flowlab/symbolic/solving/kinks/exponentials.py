"""Where a sum of exponentials in the time is 0: all its zeros, parted by those of its derivatives (Rolle)."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy

from flowlab.symbolic.solving.kinks.beside import Unknown

DIGITS = 60
#: Beside the largest term of a sum what is smaller is rounding.
_NOTHING = mpmath.mpf(10) ** -45
#: How often a time is doubled, and halved, until a zero is found.
_DOUBLINGS, _HALVINGS = 400, 230

CONTEXT: Any = mpmath.MPContext()
CONTEXT.dps = DIGITS + 15

#: A sum of polynomials times exponentials: coefficients, by ascending powers of t, under their rates of decay.
Terms = dict[Any, list[Any]]


def number(value: sympy.Expr) -> Any:
    """Return a number in this arithmetic."""
    return CONTEXT.make_mpf(sympy.Float(sympy.N(value, DIGITS + 15), DIGITS + 15)._mpf_)


def terms_of(expression: sympy.Expr, t: sympy.Symbol) -> Terms:
    """Return a sum of constants, multiples of t and of exponentials of multiples of t, by its terms.

    Examples
    --------
    >>> t = sympy.Symbol("t")
    >>> {float(rate): [float(c) for c in row] for rate, row in terms_of(3 - t + 2 * sympy.exp(-t / 2), t).items()}
    {0.0: [3.0, -1.0], 0.5: [2.0]}
    """
    found: Terms = {}
    for term in sympy.Add.make_args(sympy.expand(expression, power_exp=False)):
        coefficient, factor = term.as_independent(t, as_Add=False)
        linear = factor == t
        rate = -factor.args[0].diff(t) if isinstance(factor, sympy.exp) else sympy.S.Zero
        if rate.has(t) or not (linear or factor == 1 or isinstance(factor, sympy.exp)):
            raise Unknown(f"{expression} is no sum of exponentials")
        row = found.setdefault(number(rate), [CONTEXT.zero] * (1 + linear))
        row += [CONTEXT.zero] * (1 + linear - len(row))
        row[int(linear)] += number(coefficient)
    return found


def value(terms: Terms, t: Any) -> Any:
    """Return a sum at a time."""
    return CONTEXT.fsum(CONTEXT.exp(-rate * t) * CONTEXT.polyval(row[::-1], t) for rate, row in terms.items())


def zeros_of(terms: Terms) -> list[Any]:
    """Return all times > 0 at which a sum changes its sign, ascending; `Unknown` where one may only touch 0.

    The sum times an exponential that makes its slowest term a polynomial is monotone between the zeros of its
    derivative, which has one power less.

    Examples
    --------
    >>> t = sympy.Symbol("t")
    >>> [round(float(zero), 6) for zero in zeros_of(terms_of(1 - 4 * sympy.exp(-t) + 3.5 * sympy.exp(-2 * t), t))]
    [0.256883, 0.99588]
    """
    largest = max((abs(c) for row in terms.values() for c in row), default=CONTEXT.zero)
    kept: Terms = {}
    for rate, row in terms.items():
        clean = [c if abs(c) > largest * _NOTHING else CONTEXT.zero for c in row]
        while clean and clean[-1] == 0:
            clean.pop()
        if clean:
            kept[rate] = clean
    if not kept or (len(kept) == 1 and len(next(iter(kept.values()))) == 1):
        return []
    slowest = min(kept)
    scaled = {rate - slowest: row for rate, row in kept.items()}
    derived: Terms = {}
    for rate, row in scaled.items():
        slope = [k * c for k, c in enumerate(row)][1:]
        derived[rate] = [a - rate * c for a, c in zip([*slope, CONTEXT.zero], row, strict=True)] if rate else slope
    turns = zeros_of({rate: row for rate, row in derived.items() if row})
    found = []
    low, before = CONTEXT.zero, value(scaled, CONTEXT.zero)
    before *= abs(before) > largest * _NOTHING  # it may begin at a kink
    for turn in turns:
        here = value(scaled, turn)
        if abs(here) < largest * CONTEXT.mpf(10) ** -40:
            raise Unknown("it may touch a kink without crossing it")
        if before * here < 0:
            found.append(_between(scaled, low, turn))
        low, before = turn, here
    last = scaled[CONTEXT.zero][-1]
    if before * last < 0 and (high := _beyond(scaled, low, last)) is not None:
        found.append(_between(scaled, low, high))
    return found


def _beyond(terms: Terms, low: Any, sign: Any) -> Any:
    """Return a time after which a sum has the sign of its slowest term."""
    step = CONTEXT.mpf(2) ** -20
    for _ in range(_DOUBLINGS):
        if value(terms, low + step) * sign > 0:
            return low + step
        step *= 2
    raise Unknown("the next kink is too far")


def _between(terms: Terms, low: Any, high: Any) -> Any:
    """Return where a sum changes its sign between two times."""
    begin = value(terms, low)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        here = value(terms, middle)
        low, high = (middle, high) if here * begin > 0 else (low, middle)
    return (low + high) / 2
