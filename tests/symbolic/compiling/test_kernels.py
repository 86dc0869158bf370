"""Generated kernels against finite differences in 50 digits, written out a second time by hand."""

import re
from functools import lru_cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.symbolic import GradientFlow
from flowlab.symbolic.compiling.compile import Layout, kernel_source

NO_DATA, NO_ROWS = np.zeros((0, 0)), np.zeros(0, dtype=np.int64)
A, B = sympy.symbols("a b", real=True)
C = sympy.symbols("c_0:6", real=True)
EXPONENTS = ((1, 0), (0, 2), (1, 1), (3, 0), (2, 2), (1, 4))

numbers = st.floats(-2, 2).map(lambda value: round(value, 6))


def high(function, point, order):
    with mpmath.workdps(50):
        return float(mpmath.diff(function, tuple(map(mpmath.mpf, point)), order))


def polynomial(coefficients):
    """The same polynomial as that of `FLOW`, for mpmath."""
    return lambda *w: sum(
        mpmath.mpf(c) * w[0] ** i * w[1] ** j for c, (i, j) in zip(coefficients, EXPONENTS, strict=True)
    )


FLOW = GradientFlow.from_loss(sum(c * A**i * B**j for c, (i, j) in zip(C, EXPONENTS, strict=True)), [A, B], constants=C)


@given(st.lists(numbers, min_size=6, max_size=6), numbers, numbers)
@settings(max_examples=60, deadline=None)
def test_compiled_derivatives_of_drawn_polynomials(coefficients, a, b):
    w, constants = np.array([a, b]), np.array(coefficients)
    loss = polynomial(coefficients)
    gradient, hessian = np.empty(2), np.empty((2, 2))
    FLOW.kernel("gradient")(w, constants, NO_DATA, NO_ROWS, gradient)
    FLOW.kernel("hessian")(w, constants, NO_DATA, NO_ROWS, hessian)
    expected = np.array([high(loss, w, (1, 0)), high(loss, w, (0, 1))])
    curvature = np.array(
        [[high(loss, w, (2, 0)), high(loss, w, (1, 1))], [high(loss, w, (1, 1)), high(loss, w, (0, 2))]]
    )
    # the terms are at most 2 · 2⁵ · 20 in size
    np.testing.assert_allclose(gradient, expected, rtol=1e-13, atol=1e-12)
    np.testing.assert_allclose(hessian, curvature, rtol=1e-13, atol=1e-12)
    assert FLOW.kernel("loss")(w, constants, NO_DATA, NO_ROWS) == pytest.approx(float(loss(a, b)), abs=1e-12)
    sharpness = FLOW.kernel("sharpness")(w, constants, NO_DATA, NO_ROWS)
    assert sharpness == pytest.approx(np.linalg.eigvalsh(curvature)[-1], rel=1e-11, abs=1e-11)
    flow, step = np.empty(2), np.empty(2)
    FLOW.kernel("flow")(w, constants, NO_DATA, NO_ROWS, flow)
    FLOW.kernel("descent")(w, 0.3, constants, NO_DATA, NO_ROWS, step)
    np.testing.assert_array_equal(flow, -gradient)
    np.testing.assert_allclose(step, w - 0.3 * gradient, rtol=1e-12, atol=1e-12)


def run(kind, expressions, layout, *arguments):
    """Run a generated kernel uncompiled, so that many expressions can be drawn."""
    source = re.sub(
        r"(?m)^@typed_kernel.*\n|^from flowlab.symbolic.sig.*\n", "", kernel_source(kind, expressions, layout)
    )
    space: dict = {}
    exec(source, space)
    return space[kind](*arguments)


terms = st.lists(st.tuples(numbers, st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=6)


@given(terms, numbers, numbers, st.sampled_from(["plain", "exp", "log", "tanh", "root"]))
@settings(max_examples=120, deadline=None)
def test_generated_text_of_drawn_losses(drawn, a, b, outer):
    shells = {
        "plain": (lambda u: u, lambda u: u),
        "exp": (lambda u: sympy.exp(-(u**2)), lambda u: mpmath.exp(-(u**2))),
        "log": (lambda u: sympy.log(1 + u**2), lambda u: mpmath.log(1 + u**2)),
        "tanh": (lambda u: sympy.tanh(u / 8), lambda u: mpmath.tanh(u / 8)),
        "root": (lambda u: (1 + u**2) ** sympy.Rational(2, 3), lambda u: mpmath.cbrt(1 + u**2) ** 2),
    }[outer]

    def total(w0, w1, number):
        return sum(number(c) * w0**i * w1**j for c, i, j in drawn)

    expression = shells[0](total(A, B, sympy.Float))
    w, out = np.array([a, b]), np.empty(2)
    with np.errstate(under="ignore"):
        run(
            "gradient",
            [expression.diff(A), expression.diff(B)],
            Layout((A, B)),
            w,
            np.zeros(0),
            NO_DATA,
            NO_ROWS,
            out,
        )
    for got, order in zip(out, ((1, 0), (0, 1)), strict=True):
        expected = high(lambda *u: shells[1](total(*u, mpmath.mpf)), w, order)
        size = 1 + sum(abs(c) * (i + j) * 2.0 ** (i + j) for c, i, j in drawn)
        assert got == pytest.approx(expected, rel=1e-11, abs=1e-13 * size**2)


@lru_cache
def example_flow():
    x, y = sympy.symbols("x y", real=True)
    return GradientFlow.from_loss(
        sympy.log(1 + sympy.exp(-y * (A**2 * x + C[0] * B))), [A, B], constants=C[:1], data=[x, y]
    )


@given(
    st.tuples(numbers, numbers, numbers),
    st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4),
    st.data(),
)
@settings(max_examples=40, deadline=None)
def test_data_are_averaged_over_the_rows(values, examples, data):
    a, b, c = values
    rows = np.array(data.draw(st.lists(st.integers(0, len(examples) - 1), min_size=1, max_size=5)))
    table = np.array(examples)

    def loss(w0, w1):
        return sum(
            mpmath.log(1 + mpmath.exp(-mpmath.mpf(examples[r][1]) * (w0**2 * examples[r][0] + c * w1))) for r in rows
        ) / len(rows)

    arguments = np.array([a, b]), np.array([c]), table, rows
    gradient, hessian, step = np.empty(2), np.empty((2, 2)), np.empty(2)
    flow = example_flow()
    flow.kernel("gradient")(*arguments, gradient)
    flow.kernel("hessian")(*arguments, hessian)
    flow.kernel("descent")(arguments[0], 0.1, *arguments[1:], step)
    expected = [high(loss, (a, b), order) for order in ((1, 0), (0, 1))]
    np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(step, arguments[0] - 0.1 * np.array(expected), rtol=1e-12, atol=1e-12)
    curvature = [high(loss, (a, b), order) for order in ((2, 0), (1, 1), (1, 1), (0, 2))]
    np.testing.assert_allclose(hessian.ravel(), curvature, rtol=1e-11, atol=1e-11)
    assert flow.kernel("loss")(*arguments) == pytest.approx(float(loss(mpmath.mpf(a), b)), rel=1e-13)


def test_separable_kernels_are_the_general_ones_mode_by_mode():
    # two constants, which must not be taken for two modes of one
    w, s, q = sympy.symbols("w s q", positive=True)
    flow = GradientFlow.from_loss((w**3 - s) ** 2 / 18 + q * sympy.sqrt(w), w, constants=[s, q])
    weights, constants = np.array([0.3, 1.0, 2.0]), np.array([[1.0, 5.0, 0.0], [2.0, 0.5, 3.0]])
    modes = [(weights[i : i + 1], constants[:, i].copy(), NO_DATA, NO_ROWS) for i in range(3)]
    together = weights, constants.ravel(), NO_DATA, NO_ROWS
    total = flow.kernel("loss", separable=True)(*together)
    assert total == pytest.approx(sum(flow.kernel("loss")(*mode) for mode in modes), rel=1e-15)
    largest = flow.kernel("sharpness", separable=True)(*together)
    assert largest == pytest.approx(max(flow.kernel("sharpness")(*mode) for mode in modes), rel=1e-14)
    out, one = np.empty(3), np.empty(1)
    flow.kernel("gradient", separable=True)(*together, out)
    matrix, entry = np.full((3, 3), np.nan), np.empty((1, 1))
    flow.kernel("hessian", separable=True)(*together, matrix)
    for i, mode in enumerate(modes):
        flow.kernel("gradient")(*mode, one)
        flow.kernel("hessian")(*mode, entry)
        assert out[i] == pytest.approx(one[0], rel=1e-14)
        assert matrix[i, i] == pytest.approx(entry[0, 0], rel=1e-14)
    assert np.count_nonzero(matrix) == 3


@pytest.mark.parametrize(
    "expression, function",
    [
        (sympy.Max(A, B), max),
        (sympy.Min(A, B), min),
        (sympy.sign(A), lambda a, b: np.sign(a)),
        (sympy.Abs(A - B), lambda a, b: abs(a - b)),
        (sympy.Piecewise((A, A > B), (B**2, True)), lambda a, b: a if a > b else b * b),
        (sympy.erf(A) + sympy.gamma(2 + A), lambda a, b: float(mpmath.erf(a) + mpmath.gamma(2 + a))),
        (sympy.pi * A + sympy.E, lambda a, b: np.pi * a + np.e),
        (A**-3 + 1 / B, lambda a, b: a**-3 + 1 / b),
        (2**A, lambda a, b: 2**a),
        (sympy.Integer(2) ** 80 * A, lambda a, b: 2.0**80 * a),
        (sympy.atan(A) + sympy.asinh(B), lambda a, b: np.arctan(a) + np.arcsinh(b)),
        (sympy.floor(A) + sympy.ceiling(B), lambda a, b: np.floor(a) + np.ceil(b)),
    ],
)
@pytest.mark.parametrize("at", [(0.7, -1.3), (-0.4, 1.9), (0.5, 0.25)])
def test_functions(expression, function, at):
    got = run("loss", [expression], Layout((A, B)), np.array(at), np.zeros(0), NO_DATA, NO_ROWS)
    assert got == pytest.approx(function(*at), rel=1e-14)


def test_symbols_named_like_temporaries_do_not_collide():
    symbols = sympy.symbols("t_0 t_1 p_0 w_0 c_0 x_0 out learning_rate", real=True)
    expression = sum(sympy.exp(u * v) + sympy.sin(u * v) for u, v in pairwise(symbols))
    values = np.linspace(0.1, 0.8, 8)
    got = run("loss", [expression], Layout(symbols), values, np.zeros(0), NO_DATA, NO_ROWS)
    assert got == pytest.approx(sum(np.exp(values[1:] * values[:-1]) + np.sin(values[1:] * values[:-1])), rel=1e-14)
    flow = GradientFlow.from_loss(expression, symbols[:-1], constants=symbols[-1:])
    step, gradient = np.empty(7), np.empty(7)
    arguments = values[7:], NO_DATA, NO_ROWS
    flow.kernel("gradient")(values[:7], *arguments, gradient)
    flow.kernel("descent")(values[:7], 0.5, *arguments, step)
    np.testing.assert_allclose(step, values[:7] - 0.5 * gradient, rtol=1e-14)


@pytest.mark.parametrize("at, sign", [(-0.5, -1.0), (0.0, 0.0), (-0.0, 0.0), (2.0, 1.0)])
def test_sign_is_zero_at_zero(at, sign):
    assert run("loss", [sympy.sign(A)], Layout((A,)), np.array([at]), np.zeros(0), NO_DATA, NO_ROWS) == sign
