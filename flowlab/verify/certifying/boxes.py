"""Boxes of a claim's arguments, with ends that are exact decimals, and their cells by repeated bisection."""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flint import fmpq

from flowlab._checks import nearest, shown
from flowlab.verify.discrete import Choice, Integer
from flowlab.verify.intervals import Real
from flowlab.verify.ranges import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowlab.verify.claim import Claim
    from flowlab.verify.ranges import Range

__all__ = ["Box", "Cell", "Corners", "box_of_words", "decimal_text", "read_box"]

Cell = tuple[tuple[int, int], ...]
"""Of each axis of a box, (k, n): the part from k/2^n to (k+1)/2^n of the way."""

Corners = dict[str, tuple[Any, Any]]

_DECIMAL = re.compile(r"[+-]?\d{1,999}((\.\d{0,999})?([eE][+-]?\d{1,3})?|/0{0,99}[1-9]\d{0,899})")
_DECIMALS = re.compile(r"-?\d+(\.\d+|/\d+)?")  # as `decimal_text` writes them, of however many digits
_LONG = 32  # an end of more characters is not shown in full
_ENDS = "LOW:HIGH or one number, in decimals"


@dataclass(frozen=True)
class Box:
    """A box of a claim's arguments.

    Parameters
    ----------
    ends : mapping of str to pair of fmpq
        What moves; the upper end may be infinite.
    fixed : mapping of str to object
        What does not: an fmpq for real arguments, else an integer, an infinity or the very member of a `Choice`.

    Examples
    --------
    >>> box = Box({"x": (fmpq(1, 2), fmpq(2))}, {"depth": 3})
    >>> box.words()
    {'x': ['0.5', '2'], 'depth': ['3', '3']}
    """

    ends: Mapping[str, tuple[Any, Any]]
    fixed: Mapping[str, Any]

    @property
    def root(self) -> Cell:
        """The cell that is the whole box."""
        return ((0, 0),) * len(self.ends)

    def corners(self, cell: Cell, inner: int = 0) -> Corners:
        """Return the ends of a cell, or of the part about its middle that is `inner` >= 1 times halved from it.

        Of an unbounded argument x >= low they are the ends of y = (x − low)/(1 + x − low).

        Examples
        --------
        >>> Box({"x": (fmpq(1), fmpq(2))}, {}).corners(((1, 1),))
        {'x': (3/2, 2)}
        """
        found = {}
        for (name, (low, high)), (k, n) in zip(self.ends.items(), cell, strict=True):
            first, wide = (fmpq(0), fmpq(1)) if high == math.inf else (low, high - low)
            k, after, n = (((2 * k + 1) << inner) - 1, 2, n + inner + 1) if inner else (k, 1, n)
            found[name] = (first + wide * fmpq(k, 1 << n), first + wide * fmpq(k + after, 1 << n))
        return found

    def part(self, corners: Corners) -> Box:
        """Return what lies between such ends as a box of its own.

        Examples
        --------
        >>> whole = Box({"x": (fmpq(1), fmpq(2))}, {})
        >>> whole.part(whole.corners(((1, 1),))).words()
        {'x': ['1.5', '2']}
        """
        ends = {}
        for name, (first, last) in corners.items():
            low, high = self.ends[name]
            if high == math.inf:
                ends[name] = (low + first / (1 - first), math.inf if last == 1 else low + last / (1 - last))
            else:
                ends[name] = (first, last)
        return Box(ends, self.fixed)

    def words(self) -> dict[str, list[str]]:
        """Return the ends as exact decimals."""
        moving = {name: [decimal_text(low), decimal_text(high)] for name, (low, high) in self.ends.items()}
        return moving | {name: [decimal_text(value)] * 2 for name, value in self.fixed.items()}

    def __str__(self) -> str:
        return ", ".join(
            f"{name} = {_short(low)}"
            if low == high
            else f"{name} ∈ [{_short(low)}, {'∞)' if high == 'inf' else f'{_short(high)}]'}"
            for name, (low, high) in self.words().items()
        ).replace("= inf", "= ∞")


def _short(text: str) -> str:
    """Return an end as a line shows it: where its digits are many, the first of them."""
    if len(text) <= _LONG or not _DECIMALS.fullmatch(text):
        return text
    end = Fraction(text)
    with localcontext(prec=_LONG - 8, rounding=ROUND_DOWN):  # what is below 1 is not shown as 1
        digits, e, exponent = f"{Decimal(end.numerator) / Decimal(end.denominator):g}".partition("e")
        return f"{digits}…{e}{exponent}"


def box_of_words(words: Mapping[str, Sequence[str]]) -> Box:
    """Return the box with such ends, which no hypothesis is asked about.

    Examples
    --------
    >>> print(box_of_words({"x": ["0.5", "2"], "rule": ["relu", "relu"]}))
    x ∈ [0.5, 2], rule = relu
    """
    ends, fixed = {}, {}
    for name, (low, high) in words.items():
        if low == high:
            fixed[name] = low
        else:
            ends[name] = (_exact(_end(name, low, low)), _exact(_end(name, high, high)))
    return Box(ends, fixed)


def decimal_text(number: Any) -> str:
    """Return a fraction as the decimal it is, if it is one; anything else as it prints.

    Examples
    --------
    >>> decimal_text(fmpq(21, 20)), decimal_text(fmpq(50)), decimal_text(math.inf), decimal_text(fmpq(1, 3))
    ('1.05', '50', 'inf', '1/3')
    """
    if not isinstance(number, fmpq):
        return str(number)
    rest, powers = int(number.q), []
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        powers.append(count)
    if rest != 1:
        return str(number)
    places = max(powers)
    digits = str(abs(int(number.p)) * 10**places // int(number.q)).rjust(places + 1, "0")
    sign = "-" if number < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def read_box(claim: Claim, given: Mapping[str, Any] | None = None) -> Box:
    """Return a box of a claim's arguments.

    Parameters
    ----------
    claim : Claim
    given : mapping of str to object, optional
        A text ``LOW:HIGH`` or a pair of ends, or one text or number, by argument; floats count as the decimals they
        print as. An end may be ``inf``. Default: the box that the claim keeps with its `balls`, then its hypotheses.

    Raises
    ------
    ValueError
        For a name that is no argument, an end that is no decimal or outside of the hypothesis, or an argument of open
        or unbounded range that has no box.

    Examples
    --------
    >>> from flowlab.verify import Real, claim
    >>> @claim("demo")
    ... def square(x: Real(0, 1), y: Real(0, 9)):
    ...     return (x - y) ** 2
    >>> print(read_box(square, {"y": "1.05:2"}))
    x ∈ [0, 1], y ∈ [1.05, 2]
    """
    asked = dict(given or {})
    for name in asked:
        if name not in claim.hypotheses:
            near = nearest(name, claim.hypotheses)
            hint = f"; did you mean {near!r}?" if near else ""
            raise ValueError(f"box: got {name!r}; allowed: {', '.join(claim.hypotheses)}{hint}")
    kept = getattr(claim.balls, "box", {})
    ends: dict[str, tuple[Any, Any]] = {}
    fixed: dict[str, Any] = {}
    for name, allowed in claim.hypotheses.items():
        low, high = _ends(name, asked.get(name, kept.get(name)), allowed)
        if low == high:
            fixed[name] = low
        else:
            ends[name] = (low, high)
    return Box(ends, fixed)


def _ends(name: str, given: Any, allowed: Range) -> tuple[Any, Any]:
    """Return both ends of one argument."""
    if isinstance(allowed, Choice):
        member = _member(name, given, allowed)
        return member, member
    if given is None:
        given = _whole(name, allowed)
    if isinstance(given, str):
        low, colon, high = given.partition(":")
        pair: tuple[Any, Any] = (low, high if colon else low)
    elif isinstance(given, tuple | list) and len(given) == 2:
        pair = (given[0], given[1])
    else:
        pair = (given, given)
    low, high = (_end(name, each, given) for each in pair)
    if low > high:
        raise ValueError(f"box: got {name} = {shown(given)}; allowed: the lower end first")
    if isinstance(allowed, Integer):
        most = math.inf if allowed.high is None else allowed.high  # the limit of many is a limit
        whole = all(each == math.inf or each.denominator == 1 for each in (low, high))
        if not (whole and allowed.low <= low <= high <= most):
            part = "a part of" if whole else "integers for the ends of a part of"
            raise ValueError(f"box: got {name} = {shown(given)}; allowed: {part} {allowed.describe(name)}")
        return (int(low), int(low)) if low == high < math.inf else (_exact(low), _exact(high))
    if not (isinstance(allowed, Real) and -math.inf < low and allowed.low <= float(low) <= float(high) <= allowed.high):
        raise ValueError(f"box: got {name} = {shown(given)}; allowed: a part of {allowed.describe(name)}")
    left_out = [end for end, open_ in ((allowed.low, allowed.low_open), (allowed.high, allowed.high_open)) if open_]
    if low == high < math.inf and low in left_out:  # at infinity, the limit is meant
        raise ValueError(
            f"box: got {name} = {shown(given)}, left out of {allowed.describe(name)}; allowed: a part of it"
        )
    return _exact(low), _exact(high)


def _member(name: str, given: Any, allowed: Choice) -> Any:
    """Return the member that is named: as Python prints it, or as the hypothesis shows it."""
    if isinstance(given, tuple | list) and len(given) == 2 and given[0] == given[1]:
        given = given[0]  # as a certificate has it
    for text in (str, in_words):
        likely = [member for member in allowed.values if given is not None and text(member) == str(given)]
        named = list({(type(member), repr(member)): member for member in likely}.values())
        if len(named) == 1:
            return named[0]
        if named:
            raise ValueError(f"box: got {name} = {shown(given)}, which {len(named)} members are; allowed: one")
    got = f"nothing for {name}" if given is None else f"{name} = {shown(given)}"
    raise ValueError(f"box: got {got}; allowed: {name}=MEMBER, one of {allowed.describe(name)}")


def _whole(name: str, allowed: Range) -> tuple[Any, Any]:
    """Return the ends of a hypothesis that is a box by itself."""
    if isinstance(allowed, Integer) and allowed.high is not None:
        return allowed.low, allowed.high
    if isinstance(allowed, Real) and not (allowed.low_open or allowed.high_open):
        return allowed.low, allowed.high
    raise ValueError(f"box: got nothing for {name}, {allowed.describe(name)}; allowed: {name}={_ENDS}")


def _end(name: str, text: Any, given: Any) -> Any:
    """Return one end exactly: a Fraction or an infinity."""
    words = repr(float(text)) if isinstance(text, float) else str(text).strip()
    if words in ("inf", "∞"):
        return math.inf
    if not _DECIMAL.fullmatch(words) or abs(Fraction(words)) > sys.float_info.max:
        raise ValueError(f"box: got {name} = {shown(given)}; allowed: {_ENDS}")
    return Fraction(words)


def _exact(end: Any) -> Any:
    return end if end == math.inf else fmpq(end.numerator, end.denominator)
