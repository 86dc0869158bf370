"""Words of matrices against matrices of numbers."""

import mpmath
import numpy as np
import sympy
from hypothesis import given
from hypothesis import strategies as st

from flowlab.symbolic.proving.words import DIMENSION, Word, direction, identity, matrix, trace_words, with_words

KINDS = {
    "A": "general",
    "B": "general",
    "S": "symmetric",
    "Q": "orthogonal",
    "R": "orthogonal",
    "a": "diagonal",
    "b": "diagonal",
}
SIZE = 3


def drawn(seed):
    generator = np.random.default_rng(seed)
    found = {}
    for name, kind in KINDS.items():
        entries = generator.normal(size=(SIZE, SIZE))
        if kind == "symmetric":
            entries = entries + entries.T
        elif kind == "orthogonal":
            entries = np.linalg.qr(entries)[0]
        elif kind == "diagonal":
            entries = np.diag(np.diag(entries))
        found[name] = entries
    return found


def product_of(letters, numbers):
    whole = np.eye(SIZE)
    for letter in letters:
        whole = whole @ (numbers[letter.name].T if letter.transposed else numbers[letter.name])
    return whole


def scalar(expression, numbers):
    values = {symbol: np.trace(product_of(letters, numbers)) for symbol, letters in trace_words(expression).items()}
    return float(sympy.sympify(expression).subs({**values, DIMENSION: SIZE}))


def number_of(word, numbers):
    total = np.zeros((SIZE, SIZE))
    for letters, value in word.terms.items():
        total += scalar(value, numbers) * product_of(letters, numbers)
    return total


#: Words built alongside their values: every operation is carried out on both.
LEAVES = st.sampled_from(list(KINDS)).map(lambda name: (matrix(name, KINDS[name]), lambda numbers: numbers[name]))


def combined(children):
    def sums(pair):
        (first, one), (second, two) = pair
        return first + second * 2, lambda numbers: one(numbers) + 2 * two(numbers)

    def products(pair):
        (first, one), (second, two) = pair
        return first * second, lambda numbers: one(numbers) @ two(numbers)

    def transposes(child):
        word, value = child
        return word.T, lambda numbers: value(numbers).T

    def scaled(pair):
        (first, one), (second, two) = pair
        return first * second.trace(), lambda numbers: one(numbers) * np.trace(two(numbers))

    pairs = st.tuples(children, children)
    return pairs.map(sums) | pairs.map(products) | children.map(transposes) | pairs.map(scaled)


WORDS = st.recursive(LEAVES | st.just((identity(), lambda _: np.eye(SIZE))), combined, max_leaves=6)


@given(pair=WORDS, seed=st.integers(0, 2**32))
def test_words_are_what_their_matrices_are(pair, seed):
    word, value = pair
    numbers = drawn(seed)
    exact = value(numbers)
    scale = 1e-9 * (1 + np.abs(exact).max()) * 4.0**6
    np.testing.assert_allclose(number_of(word, numbers), exact, rtol=0, atol=scale)
    assert abs(scalar(word.trace(), numbers) - np.trace(exact)) <= SIZE * scale
    assert abs(scalar(word.square(), numbers) - (exact**2).sum()) <= scale * (1 + np.abs(exact).max()) * SIZE**2


@given(first=WORDS, second=WORDS)
def test_traces_rotate_and_transpose(first, second):
    one, two = first[0], second[0]
    assert sympy.expand((one * two).trace() - (two * one).trace()) == 0
    assert sympy.expand(one.trace() - one.T.trace()) == 0


@given(pair=WORDS, other=WORDS, seed=st.integers(0, 2**32))
def test_substitution(pair, other, seed):
    word, value = pair
    inner, inside = other
    numbers = drawn(seed)
    exact = value({**numbers, "A": inside(numbers)})
    scale = 1e-9 * 8.0**6 * (1 + np.abs(exact).max())
    np.testing.assert_allclose(number_of(word.substituted({"A": inner}), numbers), exact, rtol=0, atol=scale)


def test_what_commutes_and_what_does_not():
    a, b, general, q = matrix("a", "diagonal"), matrix("b", "diagonal"), matrix("A"), matrix("Q", "orthogonal")
    assert (a * b - b * a).terms == {}
    assert (a * general - general * a).terms
    assert (q * q.T - identity()).terms == (q.T * q - identity()).terms == {}
    assert (q * q - identity()).terms
    assert (general.T - general).terms
    assert (general * b - general * a).terms


def test_derivative_of_a_scalar():
    step, w, v, s = sympy.Symbol("e"), matrix("W"), matrix("V"), matrix("S", "symmetric")
    moved = w + v * step
    assert sympy.expand(direction((s - moved.T * moved).square(), step) + 4 * (v.T * w * (s - w.T * w)).trace()) == 0
    assert direction(moved.trace() ** 2, step) == 2 * w.trace() * v.trace()
    assert with_words(w.trace() ** 2, {"W": v * v}) == (v * v).trace() ** 2


def test_no_terms():
    assert (Word({}) + matrix("A") - matrix("A")).terms == {}
    assert Word({}).trace() == 0
    assert mpmath.mpf(identity().trace().subs(DIMENSION, SIZE)) == SIZE
