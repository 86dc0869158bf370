"""Conserved quantities: what is found is conserved, all that is known is found, and the count is what theory says.

The oracles are SymPy's own differentiation and expansion, the known laws of linear networks, and ranks in floats.
"""

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.dynamics import flow as integrate
from flowlab.symbolic import GradientFlow
from flowlab.symbolic.conserving.fields import NotAlgebraic, gradient_fields
from flowlab.symbolic.conserving.lie import Point, Span, measure_span
from tests.symbolic.conserving.networks import balances, layers, product

a, b, c, s, t = sympy.symbols("a b c s t", real=True)
slow = settings(max_examples=18, deadline=None)


def rate(quantity, function, parameters):
    """The derivative of a quantity along a gradient, by SymPy alone."""
    return sympy.simplify(sympy.expand(sum(quantity.diff(w) * function.diff(w) for w in parameters)))


def rank_at(quantities, parameters, seed=0):
    """The rank of the Jacobian at a random point, in floats."""
    if not quantities:
        return 0
    point = dict(zip(parameters, np.random.default_rng(seed).uniform(0.5, 2, len(parameters)), strict=True))
    jacobian = sympy.Matrix(quantities).jacobian(list(parameters)).subs(point)
    return int(np.linalg.matrix_rank(np.array(jacobian.tolist(), dtype=float), tol=1e-9))


def flow_of(functions, parameters):
    return GradientFlow.from_loss(sum((f - k) ** 2 for k, f in enumerate(functions)), list(parameters))


def network(*widths):
    factors = layers(*widths)
    entries, parameters = list(product(factors)), [w for factor in factors for w in factor]
    return factors, entries, parameters, flow_of(entries, parameters)


@given(inputs=st.integers(1, 3), outputs=st.integers(1, 3), hidden=st.integers(1, 4))
@example(inputs=1, outputs=1, hidden=4)
@example(inputs=2, outputs=3, hidden=5)
@slow
def test_two_layer_networks_have_as_many_as_theory_says(inputs, outputs, hidden):
    """Marcotte et al. 2023: r(r+1)/2 where inputs + outputs = k >= r, else k r - k(k-1)/2, as so(inputs, outputs)
    has dimension k(k-1)/2."""
    factors, entries, parameters, flow = network(inputs, hidden, outputs)
    ends = inputs + outputs
    count = hidden * (hidden + 1) // 2 if ends >= hidden else ends * hidden - ends * (ends - 1) // 2
    found = flow.conserved(parameterisation=entries)
    assert (found.count, len(found.quantities), found.complete, found.proved) == (count, count, True, True)
    known = balances(factors)
    assert rank_at(list(found.quantities), parameters) == count == rank_at([*found.quantities, *known], parameters)
    for quantity in found.quantities:
        assert all(rate(quantity, entry, parameters) == 0 for entry in entries)


@given(widths=st.lists(st.integers(1, 2), min_size=2, max_size=5))
@example(widths=[2, 2, 2, 2])
@example(widths=[3, 1, 3])
@example(widths=[1, 2, 2, 1])
@slow
def test_deep_networks_conserve_their_balances(widths):
    """And no more, unless two or more wide layers stand between two of width 1: their product is then one number, hence
    one field, which moves in one direction and conserves all others, one of them no polynomial of degree 2."""
    factors, entries, parameters, flow = network(*widths)
    found = flow.conserved(parameterisation=entries)
    known = balances(factors)
    ones = [i for i, width in enumerate(widths) if width == 1]
    funnels = any(after - before > 2 for before, after in pairwise(ones))
    assert found.complete is not funnels
    assert len(found.quantities) == rank_at(known, parameters) == rank_at([*known, *found.quantities], parameters)
    assert (found.count > len(found.quantities)) is funnels
    for quantity in found.quantities:
        assert all(rate(quantity, entry, parameters) == 0 for entry in entries)


@pytest.mark.parametrize("widths", [(2, 2, 2, 2), (3, 2, 2, 1), (2, 3, 3, 2)])
def test_quantities_are_written_as_briefly_as_they_are_known(widths):
    factors, entries, _, flow = network(*widths)
    found = flow.conserved(parameterisation=entries).quantities
    assert {frozenset((q, -q)) for q in found} == {frozenset((q, -q)) for q in balances(factors)}


@given(
    widths=st.lists(st.integers(1, 2), min_size=3, max_size=4),
    coefficients=st.lists(st.integers(-3, 3), min_size=3, max_size=3),
    power=st.integers(1, 3),
)
@slow
def test_what_a_parameterisation_conserves_every_loss_of_it_does(widths, coefficients, power):
    _, entries, parameters, flow = network(*widths)
    outer = sum(k * entry for k, entry in zip(coefficients, entries, strict=False)) ** power + entries[0]
    loss = sympy.expand(outer)
    for quantity in flow.conserved(parameterisation=entries).quantities:
        assert rate(quantity, loss, parameters) == 0


@given(
    exponents=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=3, unique=True
    ),
    numbers=st.lists(st.fractions(-3, 3, max_denominator=4), min_size=3, max_size=3),
    degree=st.integers(1, 4),
)
@example(exponents=[(1, 1, 0)], numbers=[1, 1, 1], degree=1)
@example(exponents=[(0, 0, 0)], numbers=[1, 1, 1], degree=2)
@slow
def test_nothing_is_missed_up_to_the_degree(exponents, numbers, degree):
    """Against the nullspace that SymPy's dense matrices give for the whole ansatz."""
    loss = sum(sympy.Rational(k) * a**i * b**j * c**m for k, (i, j, m) in zip(numbers, exponents, strict=False))
    parameters = (a, b, c)
    found = GradientFlow.from_loss(sympy.sympify(loss), parameters).conserved(degree)
    assert all(rate(quantity, loss, parameters) == 0 for quantity in found.quantities)
    assert all(sympy.Poly(quantity, *parameters).total_degree() <= degree for quantity in found.quantities)
    monomials = sorted(sympy.itermonomials(parameters, degree), key=str)
    monomials.remove(sympy.Integer(1))
    rates = [sympy.Poly(rate(monomial, loss, parameters), *parameters).as_dict() for monomial in monomials]
    powers = sorted(set().union(*rates))
    if powers:
        matrix = sympy.Matrix(len(powers), len(monomials), lambda i, j: rates[j].get(powers[i], 0))
        every = [sum(k * m for k, m in zip(vector, monomials, strict=True)) for vector in matrix.nullspace()]
    else:
        every = monomials
    rank = rank_at(every, parameters)
    # a search ends early where nothing is left to find, which is where the ranks agree anyhow
    assert len(found.quantities) == rank == rank_at(list(found.quantities), parameters)


@pytest.mark.parametrize(
    "loss, parameters, degree, expected",
    [
        ((a * b - 1) ** 2, [a, b], 2, [a**2 - b**2]),
        (a**2 * b - s, [a, b], 2, [a**2 - 2 * b**2]),
        (s * a * b**2, [a, b], 2, [2 * a**2 - b**2]),
        (a**s * b**t, [a, b], 2, [a**2 * t - b**2 * s]),
        (a**2 / 2 + b**2, [a, b], 2, [a**2 / b]),  # of a loss for which a^2/b is conserved: no polynomial
        (0.5 * a * b, [a, b, c], 2, [c, a**2 - b**2]),
        (sympy.log(1 + sympy.exp(-a * b)), [a, b], 2, [a**2 - b**2]),
        ((sympy.tanh(a * b) - 1) ** 2, [a, b], 2, [a**2 - b**2]),
        (sympy.cos(a * b), [a, b], 2, [a**2 - b**2]),
        (sympy.Max(0, a) * b, [a, b], 2, [a**2 - b**2]),
        (sympy.Abs(a) * b, [a, b], 2, [a**2 - b**2]),
        (sympy.sqrt(2) * a * b + sympy.pi * s, [a, b], 2, [a**2 - b**2]),
        (sympy.sqrt(2) * a + b, [a, b], 1, [a - sympy.sqrt(2) * b]),
        (sympy.pi * a + s * b, [a, b], 1, [s * a - sympy.pi * b]),
        (sympy.sqrt(2) * s * a + b, [a, b], 1, [a - sympy.sqrt(2) * s * b]),
        (a / b, [a, b], 2, [a**2 + b**2]),
        (a**3 / 3 - a * b**2, [a, b], 3, [b**3 - 3 * a**2 * b]),  # harmonic: the conjugate function
        (sympy.Integer(7), [a, b], 1, [a, b]),
        (sympy.sqrt(a) * b, [a, b], 2, [2 * a**2 - b**2]),
        (sympy.log(sympy.cosh(a * b - 1)), [a, b], 2, [a**2 - b**2]),
        ((a**2 - b**2) ** 2, [a, b], 2, [a * b]),
        (sympy.atan2(b, a), [a, b], 2, [a**2 + b**2]),
    ],
)
def test_losses_of_every_kind(loss, parameters, degree, expected):
    found = GradientFlow.from_loss(sympy.sympify(loss), parameters, constants=[s, t]).conserved(degree)
    if any(not quantity.is_polynomial(*parameters) for quantity in expected):
        assert found.quantities == ()
        assert (found.count, found.complete) == (len(expected), False)
        return
    assert len(found.quantities) == len(expected)
    for quantity, known in zip(found.quantities, expected, strict=True):
        assert sympy.simplify(quantity / known).is_constant(*parameters)


def test_one_quantity_is_none_of_the_others():
    """Products and powers of a**2 - b**2 are conserved too, and are not counted again."""
    found = GradientFlow.from_loss(a * b, [a, b, c]).conserved(4, parameterisation=[a * b, a * b * c])
    assert found.count == len(found.quantities)
    assert GradientFlow.from_loss((a * b) ** 2, [a, b]).conserved(6).quantities == (a**2 - b**2,)


def test_what_is_missing_is_said():
    found = GradientFlow.from_loss(a**2 + 2 * b**2, [a, b]).conserved(3)
    assert (found.quantities, found.count, found.at_most, found.complete, found.proved) == ((), 1, 1, False, False)
    assert str(found) == "1 independent conserved quantity; none found among polynomials of degree <= 3"


def test_nothing_conserved_is_said_too():
    found = GradientFlow.from_loss(a * b * c, [a, b, c]).conserved(parameterisation=[a * b, b * c, a * c])
    assert (found.count, found.complete, found.proved) == (0, True, True)
    assert str(found) == "0 independent conserved quantities, all found"


def test_data_stand_for_all_data():
    """Of (a b x + c y - z)^2/2: of one example a quantity in three parameters more is conserved than of all."""
    x, y, z = sympy.symbols("x y z")
    loss = (a * b * x + c * y - z) ** 2 / 2
    every = GradientFlow.from_loss(loss, [a, b, c], data=[x, y, z]).conserved()
    assert (every.quantities, every.count) == ((a**2 - b**2,), 1)
    assert GradientFlow.from_loss(loss, [a, b, c], constants=[x, y, z]).conserved().count == 2
    with pytest.raises(NotAlgebraic, match="a function of the data"):
        GradientFlow.from_loss(sympy.exp(-a * b * x), [a, b], data=[x]).conserved()


def test_counting_through_exponentials():
    """Under every loss of a e^b and b: (e^b, a e^b) and (0, 1) span the plane. Of e^(ab) alone: one law."""
    flow = GradientFlow.from_loss(a * sympy.exp(b), [a, b, c])
    assert flow.conserved(parameterisation=[a * sympy.exp(b), b]).quantities == (c,)
    assert flow.conserved(parameterisation=[sympy.exp(a * b)]).quantities == (c, a**2 - b**2)
    # The fields (b e^a, e^a, 1) and (1, 0, 0) have the bracket (b e^a, e^a, 0): the derivative of the first in a.
    found = flow.conserved(parameterisation=[sympy.exp(a) * b + c, a])
    assert (found.count, found.proved) == (0, True)
    # Beside (1, 0, 0, 0): the first and second derivative in a of (b e^a + c, e^a, a, 1), together all directions.
    d = sympy.Symbol("d")
    flow = GradientFlow.from_loss(a, [a, b, c, d])
    assert flow.conserved(parameterisation=[sympy.exp(a) * b + a * c + d, a]).count == 0


def test_roots_are_multiplied_out():
    """Of c sqrt(a^2 + b^2): the direction of (a, b) is kept too, but is no polynomial."""
    found = GradientFlow.from_loss(sympy.sqrt(a**2 + b**2) * c, [a, b, c]).conserved()
    assert (found.quantities, found.count) == ((a**2 + b**2 - c**2,), 2)


def test_kernels_that_may_be_related_are_not_counted():
    flow = GradientFlow.from_loss(a * b, [a, b, c])
    found = flow.conserved(parameterisation=[sympy.sin(a * b), sympy.cos(a * b) * b])
    assert (found.quantities, found.count, found.complete) == ((c,), None, False)
    assert "may be related" in found.cut
    assert "cut off: the count" in str(found)


@given(st.integers(0, 10**6))
@slow
def test_the_dimension_of_the_algebra_against_brackets_in_floats(seed):
    """Random quadratic maps of four parameters: brackets to the fourth order by SymPy, their rank in floats."""
    generator = np.random.default_rng(seed)
    parameters = sympy.symbols("p:4", real=True)
    monomials = list(sympy.itermonomials(parameters, 2, 2))
    functions = [
        sum(
            int(k) * monomials[int(i)]
            for k, i in zip(generator.integers(1, 4, 2), generator.integers(0, 10, 2), strict=True)
        )
        for _ in range(2)
    ]
    fields = [sympy.Matrix([f.diff(w) for w in parameters]) for f in functions]
    every = list(fields)
    for _ in range(3):
        fields = [(y.jacobian(parameters) * x - x.jacobian(parameters) * y).expand() for x in every[:2] for y in fields]
        every += fields
    point = dict(zip(parameters, generator.uniform(0.5, 2, 4), strict=True))
    matrix = np.array([[float(e) for e in field.subs(point)] for field in every])
    scale = np.abs(matrix).max(axis=1, keepdims=True)
    rank = int(np.linalg.matrix_rank(matrix / np.where(scale > 0, scale, 1), tol=1e-8))
    span = Span()
    measure_span(gradient_fields(functions, parameters), 4, span)
    assert span == Span(rank, closed=True)


def test_a_search_that_is_cut_off_says_so():
    _, entries, _, flow = network(4, 4, 4, 4)
    found = flow.conserved(parameterisation=entries, budget=1e-3)
    assert found.count is None
    assert not found.complete
    assert found.cut
    assert "cut off" in str(found)
    assert found.at_most >= 0


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"degree": 0}, "degree: got 0; allowed: an integer >= 1"),
        ({"degree": 2.0}, "degree: got 2.0; allowed"),
        (
            {"degree": 500},
            "degree: got 500 for 2 parameters, which is 125750 unknown coefficients; allowed: at most 198",
        ),
        ({"budget": 0}, "budget: got 0; allowed: a finite number > 0"),
        ({"parameterisation": []}, "parameterisation: got none; allowed"),
        ({"parameterisation": a * b}, "parameterisation: got a\\*b; allowed: several"),
        ({"parameterisation": "ab"}, "parameterisation: got 'ab'; allowed: several"),
        ({"parameterisation": [c]}, "parameterisation: got c with c; allowed: the parameters"),
        ({"parameterisation": ["a"]}, "parameterisation: got 'a' \\(str\\); allowed: a SymPy"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        GradientFlow.from_loss((a * b - 1) ** 2, [a, b]).conserved(**arguments)


def test_many_parameters_are_refused():
    many = sympy.symbols("w:300")
    with pytest.raises(ValueError, match=r"degree: got 2 for 300 parameters, which is 45450 .* at most 1, with 300"):
        GradientFlow.from_loss(sum(many), many).conserved()


@pytest.mark.parametrize("loss", [sympy.gamma(a) * b, sympy.I * a * b, sympy.oo * a])
def test_losses_that_are_not_understood(loss):
    with pytest.raises(NotAlgebraic):
        GradientFlow.from_loss(loss, [a, b]).conserved()


def test_the_kernel_gives_values_and_sizes():
    found = GradientFlow.from_loss(s * a * b + c, [a, b, c], constants=[s]).conserved(
        1, parameterisation=[a + s * b, c]
    )
    (law,) = found.quantities
    out = np.empty(2)
    found.kernel()(np.array([2.0, 3.0, 4.0]), np.array([5.0]), out)
    value = float(law.subs({a: 2, b: 3, c: 4, s: 5}))
    assert out[0] == pytest.approx(value, rel=1e-15)
    assert out[1] == pytest.approx(13.0, rel=1e-15)  # |5 a| + |b|
    assert replace(found, degree=3).complete


@pytest.mark.parametrize("whole", [True, False])
def test_runs_of_a_loss_report_the_drift(whole):
    flow = GradientFlow.from_loss((s * a * b**2 - 1) ** 2, [a, b], constants=[s])
    found = flow.conserved()
    conserved = found if whole else found.quantities
    for system in (
        flow.system([0.5, 0.3], constants=[2.0], conserved=conserved),
        replace(flow.system([0.5, 0.3], constants=[2.0]), conserved=found.kernel(), conserved_names=("law",)),
    ):
        path = integrate(system, 3.0)
        assert path.drift.worst < 1e-10
        expected = 2 * path.parameters[:, 0] ** 2 - path.parameters[:, 1] ** 2
        np.testing.assert_allclose(path.conserved.values(path.parameters)[:, 0], expected, rtol=1e-14)
    exact = flow.flow([0.5, 0.3], 3.0, constants=[2.0], conserved=conserved)
    rough = [flow.descent([0.5, 0.3], 0.01 / k, 100 * k, constants=[2.0], conserved=conserved) for k in (1, 2)]
    assert exact.drift.worst < 1e-10
    assert rough[0].drift.worst == pytest.approx(2 * rough[1].drift.worst, rel=0.1)


@pytest.mark.parametrize(
    "conserved, message",
    [
        ("a", "conserved: got 'a'; allowed: ConservedQuantities or a sequence"),
        (a * b, "conserved: got a\\*b; allowed: ConservedQuantities or a sequence"),
        ([c], "conserved: got c with c; allowed: the parameters"),
    ],
)
def test_bad_quantities_to_watch(conserved, message):
    with pytest.raises(ValueError, match=message):
        GradientFlow.from_loss((a * b - 1) ** 2, [a, b]).system([1.0, 2.0], conserved=conserved)


def test_modes_conserve_nothing_together():
    with pytest.raises(ValueError, match="conserved: got 1 quantities with modes; allowed: none"):
        GradientFlow.from_loss((a - 1) ** 2, [a]).system(1.0, modes=2, conserved=[a])


def test_a_point_where_a_field_vanishes_by_chance_hides_no_direction():
    """The rank at a generic point is the greatest of those at the points looked at."""
    plain = gradient_fields([a, b], [a, b])
    (by_chance,) = Point(plain, random.Random(0)).values(plain.ring.gens[:1])
    fields = gradient_fields([(a - int(by_chance)) ** 2, b], [a, b])
    assert Point(fields, random.Random(0)).values(fields.vectors[0]) == [0, 0]
    measure_span(fields, 2, span := Span())
    assert span == Span(rank=2, closed=True)
