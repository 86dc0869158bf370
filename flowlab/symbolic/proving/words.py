"""Polynomials in matrices of any size: words of letters that do not commute, with transposes and traces.

What is derived here holds at every size d, as no entry is ever written down. Of a matrix may be known that it is
symmetric, orthogonal, or diagonal; diagonal ones commute among themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sympy

__all__ = [
    "DIMENSION",
    "Letter",
    "Letters",
    "Word",
    "direction",
    "identity",
    "matrix",
    "spelled",
    "trace_words",
    "with_words",
]

Kind = Literal["general", "symmetric", "orthogonal", "diagonal"]

DIMENSION = sympy.Symbol("d", integer=True, positive=True)
"""The size of all matrices: the trace of the identity."""


@dataclass(frozen=True, order=True)
class Letter:
    """One matrix, or its transpose.

    Parameters
    ----------
    name : str
    kind : {"general", "symmetric", "orthogonal", "diagonal"}
    transposed : bool, optional

    Examples
    --------
    >>> Letter("W", "general").transpose, Letter("D", "diagonal").transpose
    (Letter(name='W', kind='general', transposed=True), Letter(name='D', kind='diagonal', transposed=False))
    """

    name: str
    kind: Kind
    transposed: bool = False

    @property
    def transpose(self) -> Letter:
        """The transposed matrix."""
        if self.kind in ("symmetric", "diagonal"):
            return self
        return Letter(self.name, self.kind, not self.transposed)


Letters = tuple[Letter, ...]
_TRACES: dict[sympy.Symbol, Letters] = {}


@dataclass(frozen=True)
class Word:
    """A sum of products of matrices with scalar coefficients.

    Attributes
    ----------
    terms : mapping of tuple of Letter to Expr
        The coefficient of each product; the empty one is the identity.

    Examples
    --------
    >>> a, b = matrix("A"), matrix("B")
    >>> ((a * b).T - b.T * a.T).terms, (a * b - b * a).trace()
    ({}, 0)
    """

    terms: Mapping[Letters, sympy.Expr]

    def __add__(self, other: Word) -> Word:
        return _collected([*self.terms.items(), *other.terms.items()])

    def __neg__(self) -> Word:
        return self * -1

    def __sub__(self, other: Word) -> Word:
        return self + -_word(other)

    def __mul__(self, other: Any) -> Word:
        if not isinstance(other, Word):
            return _collected([(letters, value * other) for letters, value in self.terms.items()])
        pairs = ((a, b) for a in self.terms.items() for b in other.terms.items())
        return _collected([(first + second, one * two) for (first, one), (second, two) in pairs])

    __rmul__ = __mul__

    def __truediv__(self, number: Any) -> Word:
        return self.__mul__(1 / sympy.sympify(number))

    @property
    def T(self) -> Word:  # noqa: N802 -- as NumPy and SymPy call it
        """The transpose."""
        return _collected([(_transposed(letters), value) for letters, value in self.terms.items()])

    def trace(self) -> sympy.Expr:
        """Return the trace: a sum of symbols, one for each product up to rotation and transposition.

        Examples
        --------
        >>> a, b = matrix("A"), matrix("B")
        >>> (a * b).trace() - (b.T * a.T).trace(), (a * a.T).trace()
        (0, tr(A·Aᵀ))
        """
        return sympy.Add(*(value * _trace(letters) for letters, value in self.terms.items()))

    def substituted(self, words: Mapping[str, Word]) -> Word:
        """Return the same with words in place of letters, traces among the coefficients included.

        Parameters
        ----------
        words : mapping of str to Word
            By the letters' names.

        Examples
        --------
        >>> a, b = matrix("A"), matrix("B")
        >>> ((a.T * a.trace()).substituted({"A": b * b}) - b.T * b.T * (b * b).trace()).terms
        {}
        """
        parts = (_replaced(letters, words) * with_words(value, words) for letters, value in self.terms.items())
        return sum(parts, start=Word({}))

    def square(self) -> sympy.Expr:
        """Return the sum of the squares of all entries.

        Examples
        --------
        >>> matrix("A").square()
        tr(A·Aᵀ)
        """
        return (self * self.T).trace()


def matrix(name: str, kind: Kind = "general") -> Word:
    """Return a matrix of that name; of what `kind`, if that is known.

    Examples
    --------
    >>> q = matrix("Q", "orthogonal")
    >>> (q * q.T - identity()).terms
    {}
    """
    return Word({(Letter(name, kind),): sympy.S.One})


def identity() -> Word:
    """Return the identity.

    Examples
    --------
    >>> identity().trace()
    d
    """
    return Word({(): sympy.S.One})


def direction(scalar: Any, along: sympy.Symbol) -> sympy.Expr:
    """Return the derivative at 0 of a scalar made of words that move with `along`.

    Examples
    --------
    >>> w, v, step = matrix("W"), matrix("V"), sympy.Symbol("e")
    >>> direction((w + step * v).square(), step)
    2*tr(V·Wᵀ)
    """
    return sympy.expand(scalar).diff(along).subs(along, 0)


def with_words(scalar: Any, words: Mapping[str, Word]) -> sympy.Expr:
    """Return a scalar with words in place of the letters in its traces.

    Examples
    --------
    >>> a, b = matrix("A"), matrix("B")
    >>> with_words(2 * a.trace(), {"A": b * b})
    2*tr(B·B)
    """
    traces = {symbol: _replaced(letters, words).trace() for symbol, letters in trace_words(scalar).items()}
    return sympy.sympify(scalar).subs(traces, simultaneous=True)


def trace_words(expression: Any) -> dict[sympy.Symbol, Letters]:
    """Return the products of which an expression holds traces.

    Examples
    --------
    >>> list(trace_words(matrix("A").trace() + sympy.Symbol("x")).values())
    [(Letter(name='A', kind='general', transposed=False),)]
    """
    parts = expression.terms.values() if isinstance(expression, Word) else [sympy.sympify(expression)]
    return {symbol: _TRACES[symbol] for part in parts for symbol in part.free_symbols if symbol in _TRACES}


def spelled(letters: Letters) -> str:
    """Return a product as it is printed.

    Examples
    --------
    >>> spelled((Letter("W", "general", True), Letter("W", "general")))
    'Wᵀ·W'
    """
    return "·".join(letter.name + "ᵀ" * letter.transposed for letter in letters) or "1"


def _word(value: Any) -> Word:
    return value if isinstance(value, Word) else Word({}) if value == 0 else identity() * value


def _replaced(letters: Letters, words: Mapping[str, Word]) -> Word:
    whole = identity()
    for letter in letters:
        word = words.get(letter.name, Word({(Letter(letter.name, letter.kind),): sympy.S.One}))
        whole = whole * (word.T if letter.transposed else word)
    return whole


def _collected(terms: Iterable[tuple[Letters, sympy.Expr]]) -> Word:
    sums: dict[Letters, sympy.Expr] = {}
    for letters, value in terms:
        reduced = _reduced(letters)
        sums[reduced] = sums.get(reduced, sympy.S.Zero) + value
    expanded = {letters: sympy.expand(value) for letters, value in sums.items()}
    return Word({letters: value for letters, value in expanded.items() if value != 0})


def _reduced(letters: Letters) -> Letters:
    """Cancel QᵀQ and QQᵀ, and put neighbouring diagonal matrices in order."""
    done: list[Letter] = []
    for letter in letters:
        if done and letter.kind == "orthogonal" and done[-1] == letter.transpose:
            done.pop()
            continue
        done.append(letter)
        place = len(done) - 1
        while place and done[place].kind == done[place - 1].kind == "diagonal" and done[place] < done[place - 1]:
            done[place], done[place - 1] = done[place - 1], done[place]
            place -= 1
    return tuple(done)


def _transposed(letters: Letters) -> Letters:
    return tuple(letter.transpose for letter in reversed(letters))


def _trace(letters: Letters) -> sympy.Expr:
    """Return the symbol of a trace: that of the first among all rotations and their transposes."""
    word = _reduced(letters)
    while len(word) > 1 and word[0].kind == "orthogonal" and word[-1] == word[0].transpose:
        word = word[1:-1]
    if not word:
        return DIMENSION
    # a run of diagonal matrices may lie across the ends
    rotations = [_reduced(word[i:] + word[:i]) for i in range(len(word))]
    chosen = min([*rotations, *(_reduced(_transposed(each)) for each in rotations)])
    symbol = sympy.Symbol(f"tr({spelled(chosen)})", real=True)
    _TRACES[symbol] = chosen
    return symbol
