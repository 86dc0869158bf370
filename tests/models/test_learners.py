"""Every predictor under every loss: what is put into the table of predictors is put through all of this."""

import pickle

import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import flowlab
from flowlab.dynamics import by_clock
from flowlab.dynamics.clocks import CLOCKS
from flowlab.dynamics.parts import resolved
from flowlab.models import Learner
from flowlab.models.losses import LOSSES, MARGINS
from flowlab.models.predictors import Convolution, Dense, Gram, Identity, Powers, Products, Sum
from flowlab.symbolic import GradientFlow
from tests.models.kernels import Derived, assert_agree, evaluate

#: Predictors with how many features they have: a row for each kind, and for the cases in which its kernels branch.
TABLE = [
    (Identity(), 3),
    (Powers(1), 2),
    (Powers(2), 2),
    (Powers(3, signed=False), 3),
    (Products(1), 2),
    (Products(2), 2),
    (Products(3, signed=False), 2),
    (Products(2), 1),
    (Dense((3, 1)), 3),
    (Dense((3, 1, 1)), 3),
    (Dense((2, 3, 1)), 2),
    (Dense((2, 2, 1, 3)), 6),
    (Dense((2, 2, 2, 2, 2)), 4),
    (Gram(2, 1), 3),
    (Gram(2, 2, offset=True), 4),
    (Gram(3, 4), 6),
    (Convolution(1), 3),
    (Convolution(2), 4),
    (Convolution(3), 3),
    (Sum(Identity(), Products(2, signed=False)), 2),
    (Sum(Dense((2, 2, 1)), Powers(3), Identity()), 2),
    (Sum(Sum(Identity(), Products(2)), Dense((2, 1, 1))), 2),
    (Sum(Powers(3), Dense((2, 2, 2, 1)), Powers(2)), 2),
]
ids = [f"{predictor}-{size}" for predictor, size in TABLE]
rows = pytest.mark.parametrize("predictor, size", TABLE, ids=ids)


COSTS = {
    "squared": lambda f, y: (f - y) ** 2,
    "exponential": lambda f, y: sympy.exp(-y * f),
    "logistic": lambda f, y: sympy.log(1 + sympy.exp(-y * f)),
}


def learner_of(predictor, size, loss, seed, start=None, examples=5):
    """A learner of drawn numbers; `features` of the predictor are drawn as such."""
    rng = np.random.default_rng(seed)
    count = len(predictor.layout(size).names)
    inputs = {Gram: (getattr(predictor, "size", 0),) * 2}.get(type(predictor), (size,))
    labels = rng.choice([-1.0, 1.0], examples) if loss in MARGINS else rng.standard_normal(examples)
    begun = 0.7 * rng.standard_normal(count) if start is None else start
    return Learner(predictor, loss, rng.standard_normal((examples, *inputs)), labels, begun, seed=seed)


def in_symbols(predictor, size):
    w = sympy.symbols(f"w:{len(predictor.layout(size).names)}", real=True)
    return w, [sympy.sympify(entry) for entry in predictor.theta(np.array(w, dtype=object), size)]


def test_no_loss_is_left_out():
    assert set(COSTS) == {name for name, loss in LOSSES.items() if loss.labels != "classes"}


@rows
@pytest.mark.parametrize("loss", COSTS)
def test_gradients_are_those_of_the_formula(predictor, size, loss):
    w, theta = in_symbols(predictor, size)
    x = sympy.symbols(f"x:{3 * size}", real=True)
    y = sympy.symbols("y:3", real=True)
    costs = [
        COSTS[loss](sum(a * b for a, b in zip(theta, x[j * size : (j + 1) * size], strict=True)), y[j])
        for j in range(3)
    ]
    formula = sympy.Add(*costs) / 3
    derived = {"": Derived(formula, w, [*x, *y])}
    if loss in MARGINS:
        derived["log"] = Derived(sympy.log(formula), w, [*x, *y])
    for seed, batch in enumerate([[0, 1, 2], [4, 4, 1], [2, 0, 3]]):
        learner = learner_of(predictor, size, loss, seed)
        system = learner.system()
        given = learner.start, learner.features[batch], learner.labels[batch]
        assert_agree(evaluate(system, learner.start, batch), derived[""](*given))
        if loss in MARGINS:
            out = np.empty(learner.start.size)
            value = system.log_loss_gradient(learner.start.copy(), system.numbers, system.data, np.array(batch), out)
            assert_agree((value, out), derived["log"](*given))


@rows
def test_theta_is_the_same_compiled_and_in_symbols_and_homogeneous(predictor, size):
    learner = learner_of(predictor, size, "squared", 3)
    system, w = learner.system(), learner.start.copy()
    out = np.empty(size)
    system.induced(w, system.numbers, out)
    assert out == pytest.approx(learner.theta(w), rel=1e-13, abs=1e-13)
    symbols, theta = in_symbols(predictor, size)
    put = dict(zip(symbols, map(sympy.Float, w), strict=True))
    assert out == pytest.approx(np.array([float(t.subs(put)) for t in theta]), rel=1e-12, abs=1e-12)
    if predictor.degree is not None:
        assert learner.theta(1.7 * w) == pytest.approx(1.7**predictor.degree * out, rel=1e-12, abs=1e-12)
    else:
        c = sympy.Symbol("c", positive=True)
        scaled = [t.subs({s: c * s for s in symbols}, simultaneous=True) for t in theta]
        powers = {sympy.Poly(t, c).degree() for t in map(sympy.expand, scaled) if t != 0}
        powers |= {term.as_independent(c)[1] for t in scaled for term in sympy.Add.make_args(sympy.expand(t))}
        assert len(powers) > 1


@rows
@pytest.mark.parametrize("scale", [1e-8, 0.3, 20.0])
def test_starts_have_their_scale(predictor, size, scale):
    one = learner_of(predictor, size, "squared", 5, start=1.0).start
    other = learner_of(predictor, size, "squared", 5, start=scale).start
    if predictor.degree is not None:
        assert other == pytest.approx(one * scale ** (1 / predictor.degree), rel=1e-13)
    assert np.isfinite(other).all()
    assert other.any()


def kept_of(system, w):
    count = len(system.conserved_names)
    out = np.empty(2 * count)
    system.conserved(w, system.numbers, out)
    return out[:count]


@rows
def test_what_is_conserved_is_and_there_is_no_more(predictor, size):
    """The gradients of θ's entries and their brackets span all directions but those of what is conserved."""
    w, theta = in_symbols(predictor, size)
    theta = [sympy.nsimplify(entry, rational=True) for entry in theta]
    count = GradientFlow.from_loss(sum(entry**2 for entry in theta), w).conserved(1, parameterisation=theta).count
    system = learner_of(predictor, size, "squared", 1).system()
    known = 0
    if system.conserved is not None:
        here = np.random.default_rng(7).uniform(0.5, 2.0, len(w))
        steps = 1e-6 * np.eye(len(w))
        slopes = np.array([(kept_of(system, here + h) - kept_of(system, here - h)) / 2e-6 for h in steps]).T
        known = np.linalg.matrix_rank(slopes, tol=1e-6)
        assert flowlab.flow(system, 2.0, rtol=1e-11).drift.worst < 1e-8
    if isinstance(predictor, Sum):  # what its terms conserve is not told
        assert known == 0
    else:
        untold = 3 if predictor == Gram(3, 4) else 0  # the space that three columns span of four
        assert known == count - untold


@rows
@pytest.mark.parametrize("loss", COSTS)
def test_descents_and_flows_are_those_of_plain_numpy(predictor, size, loss):
    learner = learner_of(predictor, size, loss, 11)
    w, x, y = learner.start.copy(), learner.features, learner.labels
    symbols, theta = in_symbols(predictor, size)
    jacobian = sympy.lambdify(symbols, sympy.Matrix(theta).jacobian(symbols), "numpy")

    def gradient(w):
        f = x @ learner.theta(w)
        slopes = {
            "squared": lambda: 2 * (f - y),
            "exponential": lambda: -y * np.exp(-y * f),
            "logistic": lambda: -y / (1 + np.exp(y * f)),
        }[loss]()
        return np.asarray(jacobian(*w), dtype=float).T @ (slopes @ x) / len(x)

    system = learner.system()
    run = flowlab.descent(system, 0.01, steps=20)
    for _ in range(20):
        w = w - 0.01 * gradient(w)
    assert run.parameters[-1] == pytest.approx(w, rel=1e-11, abs=1e-11)
    path = flowlab.flow(system, 0.5, rtol=1e-10, atol=1e-12)
    wanted = solve_ivp(lambda _, w: -gradient(w), (0, 0.5), learner.start, method="LSODA", rtol=1e-10, atol=1e-12)
    assert path.parameters[-1] == pytest.approx(wanted.y[:, -1], rel=1e-7, abs=1e-8)
    if loss in MARGINS:
        assert path.observables["margin"] == pytest.approx(learner.margin(path.induced), rel=1e-12)


@rows
@pytest.mark.parametrize("clock", CLOCKS[1:])
@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_every_clock_runs_along_the_path(predictor, size, loss, clock):
    """Where the other clock tells the time t, the flow by time is at t where it is."""
    learner = learner_of(predictor, size, loss, 2)
    path = flowlab.flow(learner.system(clock=clock), 0.2, rtol=1e-9, atol=1e-12)
    assert path.names[-1] == "log(1 + t)"
    assert path.log_t[0] == 0.0
    end = float(np.expm1(path.log_t[-1]))
    assert end > 0.0
    by_time = flowlab.flow(learner.system(), end, rtol=1e-10, atol=1e-13, times=[end])
    assert path.parameters[-1, :-1] == pytest.approx(by_time.parameters[-1], rel=1e-5, abs=1e-6)
    assert path.induced[-1] == pytest.approx(by_time.induced[-1], rel=1e-5, abs=1e-6)
    assert path.loss[-1] == pytest.approx(np.log(by_time.loss[-1]), rel=1e-5, abs=1e-6)
    if clock == "log_time":
        assert path.log_t == pytest.approx(path.t, abs=1e-12)
    if clock == "log_loss":
        assert path.loss[0] - path.loss[-1] > 0.0
    if clock == "arc":
        length = np.linalg.norm(np.diff(path([*np.linspace(0, 0.2, 200)])[:, :-1], axis=0), axis=1).sum()
        assert length == pytest.approx(0.2, rel=1e-3)


@rows
def test_systems_come_whole_out_of_a_pickle(predictor, size):
    for clock in ("time", "arc"):
        system = learner_of(predictor, size, "logistic", 4).system(clock=clock)
        other = pickle.loads(pickle.dumps(system))
        one, two = (flowlab.flow(s, 0.1) for s in (system, other))
        np.testing.assert_array_equal(one.parameters, two.parameters)
        again = pickle.loads(pickle.dumps(one))
        np.testing.assert_array_equal(again.induced_at(0.05), one.induced_at(0.05))
        assert not any(system.constants[part.place] for part in system.parts)  # no address stands in what is kept
        assert all(resolved(system.constants, system.parts)[part.place] for part in system.parts)


def test_logistic_regression_is_followed_beyond_all_floats():
    """The weights go to the max-margin direction as log t does: ρ = (log t)/margin², of one support vector a side."""
    learner = Learner(Identity(), "logistic", [[2.0, 1.0], [-1.0, -2.0], [3.0, 3.0]], [1, -1, 1], start=0.0)
    system = learner.system(clock="log_time")
    late = [np.log(10) * 100, 1e4]
    run = flowlab.flow(system, late[-1], times=late, method="rkc2")
    assert run.ok
    assert run.log_t == pytest.approx(late, rel=1e-9)
    best = np.array([1.0, 1.0])  # y <w, x> = 3 at both support vectors, ‖w‖² = 2
    for log_t, theta in zip(run.log_t, run.induced, strict=True):
        direction = theta / np.linalg.norm(theta)
        assert np.linalg.norm(direction - best / np.sqrt(2)) < 2 / log_t
        assert theta.sum() / 2 == pytest.approx(log_t / 3, rel=2e-2)
    assert run.loss[-1] == pytest.approx(-1e4, rel=1e-2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
@example(0, 1, 1, 1)
def test_sums_of_drawn_terms(seed, size, first, second):
    """A sum is what its terms are, each on its own parameters."""
    terms = [Powers(first), Products(second)]
    learner = learner_of(Sum(*terms), size, "squared", seed)
    half = len(terms[0].layout(size).names)
    parts = terms[0].theta(learner.start[:half], size) + terms[1].theta(learner.start[half:], size)
    system = learner.system()
    out = np.empty(size)
    system.induced(learner.start.copy(), system.numbers, out)
    assert out == pytest.approx(parts, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((None, "squared", [[1.0]], [1.0], 0.1), "predictor: got None"),
        ((Identity(), "cross_entropy", [[1.0]], [0], 0.0), "loss: got cross_entropy with Identity; allowed: a Network"),
        ((Identity(), "hinge", [[1.0]], [1.0], 0.1), "loss: got 'hinge'; allowed"),
        ((Identity(), "squared", [[np.nan]], [1.0], 0.1), "features: got nan"),
        ((Identity(), "squared", [[1.0]], [1.0, 2.0], 0.1), "labels: got shape"),
        ((Identity(), "logistic", [[1.0]], [2.0], 0.0), "labels: got 2"),
        ((Identity(), "squared", [[1.0]], [1.0], 0.1), "seed: got None"),
        ((Identity(), "squared", [[1.0]], [1.0], -1.0), "start: got -1"),
        ((Identity(), "squared", [[1.0]], [1.0], [1.0, 2.0]), "start: got shape"),
        ((Dense((2, 3, 1)), "squared", [[1.0]], [1.0], 0.1), "widths: got"),
        ((Dense((2,)), "squared", [[1.0, 2.0]], [1.0], 0.1), "widths: got"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        Learner(*arguments)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Powers(0), "depth: got 0"),
        (lambda: Powers(2.5), "depth: got 2.5"),
        (lambda: Products(-1), "depth: got -1"),
        (lambda: Dense((2, 0, 1)), "widths: got 0"),
        (lambda: Gram(0, 1), "size: got 0"),
        (lambda: Gram(2, 0), "rank: got 0"),
        (lambda: Convolution(0), "depth: got 0"),
        (lambda: Learner(Identity(), "squared", [[1.0], [1.0, 2.0]], [1.0, 1.0], 0.0), "features: got"),
        (lambda: Learner(Identity(), "squared", [[1.0, "a"]], [1.0], 0.0), "features: got"),
    ],
)
def test_sizes_and_features_that_are_none(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_sum_needs_terms_of_the_same_features():
    with pytest.raises(ValueError, match="terms: got none"):
        Sum()
    with pytest.raises(ValueError, match="terms: got Identity, Convolution"):
        Sum(Identity(), Convolution(2))


def test_clocks_say_what_they_need():
    system = learner_of(Identity(), 2, "squared", 1).system()
    with pytest.raises(ValueError, match="clock: got 'year'; allowed: time, log_time"):
        by_clock(system, "year")
    assert by_clock(system, "time") is system
