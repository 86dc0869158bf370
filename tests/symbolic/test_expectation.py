"""Gaussian expectations against integrals, against a change of variables, and in the losses they are for."""

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab.symbolic import GradientFlow, gaussian_expectation

w, N, s = sympy.symbols("w N s", positive=True)
x, y, z = sympy.symbols("x y z", real=True)
coefficients = st.integers(-4, 4)
terms = st.lists(
    st.tuples(coefficients, st.integers(0, 5), st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=5
)


def monomials(drawn):
    return sum(c * x**i * y**j * z**k for c, i, j, k in drawn)


def integral(power):
    """E[x^power], by quadrature."""
    return mpmath.quad(lambda u: u**power * mpmath.npdf(u), [-mpmath.inf, -6, 0, 6, mpmath.inf])


MOMENTS = [float(integral(power)) for power in range(11)]


@given(terms, terms)
@settings(max_examples=60, deadline=None)
def test_drawn_polynomials_against_integrals(first, second):
    # as a product, so that the powers have to be collected
    got = gaussian_expectation(monomials(first) * monomials(second), [x, y, z])
    parts = [c * d * MOMENTS[i + p] * MOMENTS[j + q] * MOMENTS[k + r] for c, i, j, k in first for d, p, q, r in second]
    assert float(got) == pytest.approx(sum(parts), abs=1e-9 * (1 + sum(map(abs, parts))))


@given(terms, st.lists(coefficients, min_size=9, max_size=9))
@settings(max_examples=40, deadline=None)
def test_covariance_is_a_linear_map_of_independent_variables(drawn, entries):
    # x = A u has covariance A A'
    matrix, independent = sympy.Matrix(3, 3, entries), sympy.Matrix(sympy.symbols("u v t", real=True))
    mapped = sympy.sympify(monomials(drawn)).subs(
        dict(zip((x, y, z), matrix * independent, strict=True)), simultaneous=True
    )
    got = gaussian_expectation(monomials(drawn), [x, y, z], covariance=matrix * matrix.T)
    assert got == gaussian_expectation(mapped, list(independent))


def test_fourth_moment_of_correlated_variables():
    # Isserlis 1918: the sum over the three pairings
    u = sympy.symbols("u_1:5", real=True)
    covariance = sympy.Matrix(4, 4, lambda i, j: sympy.Symbol(f"c_{min(i, j)}{max(i, j)}"))
    got = gaussian_expectation(sympy.Mul(*u), u, covariance=covariance)
    c = covariance
    assert sympy.expand(got - c[0, 1] * c[2, 3] - c[0, 2] * c[1, 3] - c[0, 3] * c[1, 2]) == 0


def test_a_high_power():
    assert gaussian_expectation(x**2000, x) == sympy.factorial2(1999)
    assert gaussian_expectation(x**1999, x) == 0


def test_coefficients_stay_as_they_are():
    coefficient = sympy.exp(w) - s ** sympy.Rational(1, 3)
    assert gaussian_expectation((sympy.exp(w) * x - s ** sympy.Rational(1, 3) * x) ** 2, x) == coefficient**2
    assert gaussian_expectation(coefficient * y, x) == coefficient * y
    assert gaussian_expectation(3, x) == 3


@pytest.mark.parametrize("modes", [1, 2, 3])
def test_toy_loss_is_the_expectation_of_the_squared_error(modes):
    # Gissin et al. 2020, eq. 2, at symbolic depth
    weights, inputs = sympy.symbols(f"w_1:{modes + 1}", positive=True), sympy.symbols(f"x_1:{modes + 1}", real=True)
    targets = sympy.symbols(f"s_1:{modes + 1}", positive=True)
    wanted = sum(goal * entry for goal, entry in zip(targets, inputs, strict=True))
    made = sum(weight**N * entry for weight, entry in zip(weights, inputs, strict=True))
    loss = gaussian_expectation((wanted - made) ** 2, inputs) / (2 * N**2)
    norm = sum((weight**N - goal) ** 2 for weight, goal in zip(weights, targets, strict=True))
    assert sympy.expand(loss - norm / (2 * N**2)) == 0
    # and each mode follows its own flow
    rhs = GradientFlow.from_loss(loss, weights, constants=[*targets, N]).rhs
    for weight, goal in zip(weights, targets, strict=True):
        assert sympy.simplify(rhs[weight] - weight ** (N - 1) * (goal - weight**N) / N) == 0


@pytest.mark.parametrize("size", [2, 3])
def test_losses_of_the_quadratic_network(size):
    # h(x) = Σ (w_i·x)², y = x'Mx, Δ = M − W'W
    inputs = sympy.Matrix(sympy.symbols(f"x_1:{size + 1}", real=True))
    weights = sympy.Matrix(size, size, lambda i, j: sympy.Symbol(f"w_{i}{j}"))
    goal = sympy.Matrix(size, size, lambda i, j: sympy.Symbol(f"m_{min(i, j)}{max(i, j)}"))
    error = (inputs.T * goal * inputs)[0] - sum(entry**2 for entry in weights * inputs)
    square, mean = (gaussian_expectation(value, list(inputs)) for value in (error**2, error))
    delta = goal - weights.T * weights
    norm, trace = sum(entry**2 for entry in delta), delta.trace()
    assert sympy.expand(square / 16 - mean**2 / 16 - norm / 8) == 0
    assert sympy.expand(square / 16 - norm / 8 - trace**2 / 16) == 0


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: gaussian_expectation(sympy.exp(x), x), r"expression: got exp\(x\), no polynomial in x; allowed: sums"),
        (lambda: gaussian_expectation(w + x**N, x), r"expression: got x\*\*N, no polynomial in x"),
        (lambda: gaussian_expectation(y / x, [x, y]), "expression: got 1/x, no polynomial in x, y"),
        (lambda: gaussian_expectation(sympy.sqrt(1 + x), x), r"expression: got sqrt\(x \+ 1\), no polynomial"),
        (lambda: gaussian_expectation("x", x), r"expression: got 'x' \(str\); allowed: a SymPy expression"),
        (lambda: gaussian_expectation(sympy.Matrix([x]), x), r"expression: got Matrix.*; allowed: a SymPy expression"),
        (lambda: gaussian_expectation(x, sympy.Symbol("x")), "expression: got a symbol x whose assumptions are not"),
        (lambda: gaussian_expectation(x, []), "variables: got none; allowed: at least one symbol"),
        (lambda: gaussian_expectation(x, [x, x]), "variables: got x a second time; allowed: each symbol in one place"),
        (lambda: gaussian_expectation(x, ["x"]), "variables: got 'x'; allowed: SymPy symbols"),
        (lambda: gaussian_expectation(x, x, covariance=[[1, 2]]), r"covariance: got shape \(1, 2\); allowed: a symm"),
        (lambda: gaussian_expectation(x, [x, y], covariance=[[1, 2], [0, 5]]), r"covariance: got \[\[1, 2\], \[0, 5"),
        (lambda: gaussian_expectation(x, [x, y], covariance=[[1, 2], [2, 1]]), "without negative eigenvalues"),
        (lambda: gaussian_expectation(x, x, covariance=[[y, x], [1]]), "covariance: got .*; allowed: a symmetric"),
        (lambda: gaussian_expectation(x, x, covariance=[[x**2]]), "covariance: got .*; allowed: .* or the variables"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
