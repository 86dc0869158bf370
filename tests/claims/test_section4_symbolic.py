"""Section 4 and appendices E to G with every entry written out at small sizes; the derivations write none."""

from functools import reduce
from itertools import product

import pytest
import sympy as sp

from flowlab.symbolic import gaussian_expectation

COSINES, SINES = sp.symbols("c1 c2", real=True), sp.symbols("z1 z2", real=True)
ROTATION, TURN = (sp.Matrix([[c, -z], [z, c]]) for c, z in zip(COSINES, SINES, strict=True))
#: Roots of the eigenvalues of WᵀW and W*ᵀW*, so that all expressions are polynomials.
ROOTS, GOAL_ROOTS = sp.symbols("s1 s2", positive=True), sp.symbols("g1 g2", nonnegative=True)
SIGMAS, TARGETS = [s**2 for s in ROOTS], [g**2 for g in GOAL_ROOTS]
X = sp.symbols("x1 x2", real=True)


def matrix(name, size=2):
    return sp.Matrix(size, size, lambda i, j: sp.Symbol(f"{name}{i}{j}", real=True))


def multiplied(factors):
    return reduce(lambda whole, factor: factor * whole, factors, sp.eye(factors[0].rows if factors else 2))


def slopes(loss, at):
    return at.applyfunc(lambda entry: sp.diff(loss, entry))


def zero(expressions):
    """Return whether polynomials vanish wherever c² + z² = 1 for each cosine c and sine z."""

    def remainder(expression):
        for c, z in zip(COSINES, SINES, strict=True):
            expression = sp.Poly(expression, z).rem(sp.Poly(z**2 + c**2 - 1, z)).as_expr()
        return expression

    return all(sp.expand(remainder(entry)) == 0 for entry in expressions)


def squares(m):
    return sum(entry**2 for entry in m)


def gram(m):
    return m.T * m


class Sensing:
    """The flow of N factors of general entries on eq. 6."""

    def __init__(self, depth, normalisation=None):
        self.depth, self.factors, self.target = depth, [matrix(f"w{n}") for n in range(depth)], matrix("t")
        self.product = multiplied(self.factors)
        loss = squares(self.product - self.target) / (2 * (normalisation or depth))
        self.velocities = [-slopes(loss, factor) for factor in self.factors]

    def at(self, expression, factors, target):
        pairs = zip([*self.factors, self.target], [*factors, target], strict=True)
        return expression.subs({old: new for a, b in pairs for old, new in zip(a, b, strict=True)})


def test_population_loss_of_matrix_sensing():
    product_, target, inputs = matrix("w"), matrix("t"), matrix("a")
    error = sum(x * y for x, y in zip(product_ - target, inputs, strict=True))
    assert zero([gaussian_expectation(error**2, list(inputs)) - squares(product_ - target)])


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_flow_of_a_factor_and_what_it_conserves(depth):
    model = Sensing(depth)
    error = model.target - model.product
    for n, velocity in enumerate(model.velocities):
        before, after = multiplied(model.factors[:n]), multiplied(model.factors[n + 1 :])
        assert zero(velocity - after.T * error * before.T / depth)
        assert zero(velocity - before.T * error * after.T / depth) == (depth == 1)  # as printed
    for n in range(depth - 1):
        gain = model.factors[n + 1].T * model.velocities[n + 1]
        loss = model.velocities[n] * model.factors[n].T
        assert zero(gain + gain.T - loss - loss.T)


@pytest.mark.parametrize("depth", [2, 3])
def test_theorem_4_factors_stay_diagonal(depth):
    model = Sensing(depth)
    values = [sp.symbols(f"a{n} b{n}", positive=True) for n in range(depth)]
    factors = [ROTATION.T * sp.diag(*pair) * ROTATION for pair in values]
    target = ROTATION.T * sp.diag(*TARGETS) * ROTATION
    for n in range(depth):
        moved = ROTATION * model.at(model.velocities[n], factors, target) * ROTATION.T
        wanted = []
        for i in range(2):
            others = sp.prod(pair[i] for m, pair in enumerate(values) if m != n)
            wanted.append(others * (TARGETS[i] - others * values[n][i]) / depth)
        assert zero(moved - sp.diag(*wanted))


@pytest.mark.parametrize("depth, toy_normalisation", [(2, False), (2, True), (3, False)])
def test_theorem_4_singular_values_are_the_toy_models(depth, toy_normalisation):
    model = Sensing(depth, depth**2 if toy_normalisation else None)
    weights = sp.symbols("w1 w2", positive=True)  # σ_i^(1/N)
    factor = ROTATION.T * sp.diag(*weights) * ROTATION
    target = ROTATION.T * sp.diag(*TARGETS) * ROTATION
    velocities = [model.at(velocity, [factor] * depth, target) for velocity in model.velocities]
    assert all(zero(velocity - velocities[0]) for velocity in velocities)
    moved = sum((factor ** (depth - 1 - n) * velocities[n] * factor**n for n in range(depth)), sp.zeros(2))
    eq4 = [w ** (2 * depth - 2) * (goal - w**depth) for w, goal in zip(weights, TARGETS, strict=True)]
    slower = depth if toy_normalisation else 1
    assert zero(slower * ROTATION * moved * ROTATION.T - sp.diag(*eq4))


class Quadratic:
    """The flow of W and b of general entries, on losses that are expectations over Gaussian inputs."""

    weights, teacher = matrix("w"), matrix("t")
    bias, target_bias = sp.symbols("b c", real=True)
    gap = gram(teacher) - gram(weights)
    error = (sp.Matrix([X]) * gap * sp.Matrix(X))[0]
    offset = target_bias - bias

    @classmethod
    def variance_loss(cls):
        mean, square = (gaussian_expectation(cls.error**power, list(X)) for power in (1, 2))
        return square / 16 - mean**2 / 16

    @classmethod
    def squared_loss(cls, offset=0):
        return gaussian_expectation((cls.error + offset) ** 2, list(X)) / 16

    @classmethod
    def moved(cls, loss):
        """Return the velocity of WᵀW where it and W*ᵀW* are diagonal in one basis, in that basis."""
        half = cls.weights.T * -slopes(loss, cls.weights)
        return ROTATION * cls.common(half + half.T) * ROTATION.T

    @classmethod
    def common(cls, expression):
        states = [TURN * sp.diag(*ROOTS) * ROTATION, sp.diag(*GOAL_ROOTS) * ROTATION]
        pairs = zip((cls.weights, cls.teacher), states, strict=True)
        return expression.subs({old: new for a, b in pairs for old, new in zip(a, b, strict=True)})


def eigenvalue_flow(shared):
    return sp.diag(*(sigma * (goal - sigma + shared) for sigma, goal in zip(SIGMAS, TARGETS, strict=True)))


TRACE = sum(TARGETS) - sum(SIGMAS)


def test_losses_of_the_quadratic_network():
    gap = Quadratic.gap
    assert zero([Quadratic.variance_loss() - squares(gap) / 8])
    assert zero([Quadratic.squared_loss() - squares(gap) / 8 - gap.trace() ** 2 / 16])
    biased = Quadratic.squared_loss(Quadratic.offset)
    assert zero([biased - squares(gap) / 8 - (gap.trace() + Quadratic.offset) ** 2 / 16])


def test_equation_10_and_the_flow_of_the_weights():
    weights, gap = Quadratic.weights, Quadratic.gap
    velocity = -slopes(Quadratic.variance_loss(), weights)
    assert zero(velocity - weights * gap / 2)
    moved = velocity.T * weights + weights.T * velocity
    assert zero(moved - (gram(weights) * gap + gap * gram(weights)) / 2)
    assert zero(-slopes(Quadratic.squared_loss(), weights) - weights * gap / 2 - gap.trace() * weights / 4)


def test_theorem_5_is_true_of_eigenvalues_and_false_of_singular_values():
    assert zero(Quadratic.moved(Quadratic.variance_loss()) - eigenvalue_flow(0))
    velocity = Quadratic.common(-slopes(Quadratic.variance_loss(), Quadratic.weights))
    singular = TURN.T * velocity * ROTATION.T
    values = list(zip(ROOTS, GOAL_ROOTS, strict=True))
    assert zero(singular - sp.diag(*(s * (goal**2 - s**2) / 2 for s, goal in values)))
    assert not zero(singular - sp.diag(*(s * (goal - s) for s, goal in values)))


def test_appendix_f_without_and_with_a_bias():
    assert zero(Quadratic.moved(Quadratic.squared_loss()) - eigenvalue_flow(TRACE / 2))
    whole = TRACE + Quadratic.offset
    loss = Quadratic.squared_loss(Quadratic.offset)
    moved, speed = Quadratic.moved(loss), Quadratic.common(-sp.diff(loss, Quadratic.bias))
    assert zero(moved - eigenvalue_flow(whole / 2))
    assert zero([speed - whole / 8])
    assert not zero([speed - whole])  # as printed
    assert zero(moved - eigenvalue_flow(4 * speed))
    best = {Quadratic.bias: TRACE + Quadratic.target_bias}
    assert zero(moved.subs(best) - eigenvalue_flow(0))
    assert zero([speed.subs(best)])


def test_flow_of_the_classifier_at_any_depth():
    depth, *weights = sp.symbols("N w1 w2", positive=True)
    rows, labels = sp.symbols("p:4", real=True), sp.symbols("y1 y2", real=True)
    features = sp.Matrix(2, 2, rows)
    sigma = sp.Matrix([w**depth for w in weights])
    forces = [label * sp.exp(-label * (features[j, :] * sigma)[0]) for j, label in enumerate(labels)]
    loss = sum(sp.exp(-label * (features[j, :] * sigma)[0]) for j, label in enumerate(labels)) / 2
    for i, weight in enumerate(weights):
        moved = -depth * weight ** (depth - 1) * sp.diff(loss, weight)
        pace = depth**2 / 2 * weight ** (2 * depth - 2)  # σ^(2−2/N)
        wanted = pace * sum(force * features[j, i] for j, force in enumerate(forces))
        assert sp.simplify(moved - wanted) == 0


Z = sp.Symbol("z")


def reduced(polynomial, size):
    """Return a polynomial in any d-th root of unity z, as one of degree below d."""
    return sp.rem(sp.expand(polynomial), Z**size - 1, Z)


class Convolutional:
    """Layers of symbols, and the predictor that appendix G's definition of a layer makes of them."""

    def __init__(self, size, depth):
        self.size, self.depth = size, depth
        self.layers = [sp.symbols(f"w{n}_:{size}") for n in range(depth)]
        self.sigma = [self._output([sp.Integer(p == i) for i in range(size)]) for p in range(size)]

    def _output(self, hidden):
        for layer in self.layers[:-1]:
            hidden = [sum(layer[k] * hidden[(i + k) % self.size] for k in range(self.size)) for i in range(self.size)]
        return sp.expand(sum(x * y for x, y in zip(hidden, self.layers[-1], strict=True)))

    def transformed(self, vector, power=1):
        return sum(entry * Z ** (power * p % self.size) for p, entry in enumerate(vector))


@pytest.mark.parametrize("size, depth", [(1, 3), *product((2, 3, 4, 5), (1, 2)), (3, 3), (4, 3), (5, 3)])
def test_fourier_lemma(size, depth):
    model = Convolutional(size, depth)
    spectra = [model.transformed(layer) for layer in model.layers]
    assert sp.expand(reduced(sp.prod(spectra), size) - model.transformed(model.sigma)) == 0


@pytest.mark.parametrize("size, depth", [(3, 2), (4, 2), (3, 3)])
def test_fourier_coefficients_move_as_those_of_a_diagonal_network(size, depth):
    """For any loss of σ, with slope s: the transform of its gradient in w_n is ŝ times the others' conjugates."""
    model, slope = Convolutional(size, depth), sp.symbols(f"s:{size}")
    for n, layer in enumerate(model.layers):
        gradient = [sum(s * sp.diff(entry, w) for s, entry in zip(slope, model.sigma, strict=True)) for w in layer]
        conjugates = [model.transformed(other, power=-1) for m, other in enumerate(model.layers) if m != n]
        wanted = reduced(model.transformed(slope) * sp.prod(conjugates), size)
        assert sp.expand(model.transformed(gradient) - wanted) == 0
