"""Networks against SymPy, finite differences and plain NumPy; and their flows along and across kinks."""

import pickle

import numpy as np
import pytest
import sympy
from scipy.special import log_softmax

import flowlab
from flowlab.dynamics.clocks import CLOCKS
from flowlab.models import Learner, Network
from flowlab.models.losses import LOSSES
from flowlab.models.networks import ACTIVATIONS
from tests.models.kernels import assert_agree, evaluate

LEAK = 0.2
IN_SYMBOLS = {
    "linear": lambda z: z,
    "relu": lambda z: z * (1 + sympy.sign(z)) / 2,
    "leaky_relu": lambda z: z * (1 + LEAK + (1 - LEAK) * sympy.sign(z)) / 2,
    "quadratic": lambda z: z**2,
    "tanh": sympy.tanh,
    "sigmoid": lambda z: 1 / (1 + sympy.exp(-z)),
    "softplus": lambda z: sympy.log(1 + sympy.exp(z)),
}
SHAPES = [
    ((2, 1), {}),
    ((2, 2, 1), {}),
    ((3, 1, 1), {2: [[1.0]]}),
    ((2, 2, 2, 1), {}),
    ((2, 2, 2, 1), {2: [[1.0, -2.0], [0.5, 1.0]]}),
]


def network_of(widths, activation, fixed=()):
    return Network(widths, activation, leak=LEAK if activation == "leaky_relu" else 0.0, fixed=dict(fixed))


def learner_of(network, loss, seed, examples=4, scale=0.8):
    rng = np.random.default_rng(seed)
    labels = {
        "signs": lambda: rng.choice([-1.0, 1.0], examples),
        "numbers": lambda: rng.standard_normal(examples),
        "classes": lambda: rng.integers(0, network.widths[-1], examples),
    }[LOSSES[loss].labels]()
    inputs = rng.standard_normal((examples, network.widths[0]))
    return Learner(network, loss, inputs, labels, scale * rng.standard_normal(len(network.names)))


def test_no_activation_is_left_out():
    assert set(IN_SYMBOLS) == set(ACTIVATIONS)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("widths, fixed", SHAPES)
def test_gradients_are_those_of_the_formula(widths, fixed, activation):
    network = network_of(widths, activation, fixed)
    w = sympy.symbols(f"w:{len(network.names)}", real=True)
    x = sympy.Matrix(2, widths[0], sympy.symbols(f"x:{2 * widths[0]}", real=True))
    y = sympy.symbols("y:2", real=True)
    apply = np.vectorize(IN_SYMBOLS[activation], otypes=[object])
    f = network.predict(np.array(w, dtype=object), np.array(x.tolist(), dtype=object), apply)
    formula = sum((f[i, 0] - y[i]) ** 2 for i in range(2)) / 2
    gradient = [sympy.diff(formula, u).subs(sympy.DiracDelta(0), 0) for u in w]
    number = sympy.lambdify([*w, *x, *y], [formula, *gradient], [{"DiracDelta": lambda *_: 0.0}, "numpy"])
    for seed in range(3):
        learner = learner_of(network, "squared", seed)
        batch = [[0, 1], [3, 3], [2, 0]][seed]
        loss, *wanted = number(*learner.start, *learner.features[batch].ravel(), *learner.labels[batch])
        assert_agree(evaluate(learner.system(), learner.start, batch), (loss, np.array(wanted, dtype=float)))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ["relu", "tanh", "quadratic"])
def test_descents_are_those_of_differences(loss, activation):
    outputs = 3 if loss == "cross_entropy" else 1
    learner = learner_of(network_of((2, 4, outputs), activation), loss, 5, examples=6)
    network, x, y = learner.predictor, learner.features, learner.labels

    def value(w):
        f = network.predict(w, x)
        if loss == "cross_entropy":
            return -log_softmax(f, axis=1)[np.arange(6), y.astype(int)].mean()
        m = y * f[:, 0]
        return {
            "squared": lambda: ((f[:, 0] - y) ** 2).mean(),
            "exponential": lambda: np.exp(-m).mean(),
            "logistic": lambda: np.logaddexp(0, -m).mean(),
        }[loss]()

    w = learner.start.copy()
    run = flowlab.descent(learner.system(), 0.02, steps=5, record=1)
    assert run.loss[0] == pytest.approx(value(w), rel=1e-13)
    for row in run.parameters[1:]:
        slope = [(value(w + h) - value(w - h)) / 2e-5 for h in 1e-5 * np.eye(w.size)]
        w = w - 0.02 * np.array(slope)
        assert row == pytest.approx(w, rel=1e-7, abs=1e-8)
    if loss != "squared":
        out = np.empty(w.size)
        system = learner.system()
        log = system.log_loss_gradient(w, system.numbers, system.data, np.arange(6), out)
        assert log == pytest.approx(np.log(value(w)), rel=1e-12)
        slope = [(np.log(value(w + h)) - np.log(value(w - h))) / 2e-5 for h in 1e-5 * np.eye(w.size)]
        assert out == pytest.approx(slope, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("widths, fixed", SHAPES)
@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if ACTIVATIONS[a].degree])
def test_homogeneity(widths, fixed, activation):
    network = network_of(widths, activation, fixed)
    w, x = (
        np.random.default_rng(1).standard_normal(len(network.names)),
        np.random.default_rng(2).standard_normal((5, widths[0])),
    )
    assert network.predict(1.3 * w, x) == pytest.approx(1.3**network.degree * network.predict(w, x), rel=1e-12)


@pytest.mark.parametrize("widths", [(2, 3, 1), (2, 2, 2, 1)])
def test_kinks_are_told_with_their_switches_and_normals(widths):
    learner = learner_of(network_of(widths, "relu"), "squared", 3)
    system, kinks = learner.system(), learner.system().kinks
    w, hidden = learner.start.copy(), sum(widths[1:-1])
    count = 4 * hidden
    assert len(kinks.names) == count
    rows = np.arange(4)
    values, slopes, plain = np.empty(count), np.empty((count, w.size)), np.empty(w.size)
    sides = np.ones(count)
    for _ in widths:
        kinks.switches(w, np.concatenate([system.numbers, sides]), system.data, rows, values)
        sides = np.sign(values)
    numbers = np.concatenate([system.numbers, sides])
    kinks.normals(w, numbers, system.data, rows, slopes)
    for k, h in enumerate(1e-6 * np.eye(w.size)):
        up, down = np.empty(count), np.empty(count)
        kinks.switches(w + h, numbers, system.data, rows, up)
        kinks.switches(w - h, numbers, system.data, rows, down)
        assert slopes[:, k] == pytest.approx((up - down) / 2e-6, abs=1e-8)
    sided = np.empty(w.size)
    kinks.gradient(w, numbers, system.data, rows, sided)
    system.gradient(w, system.numbers, system.data, rows, plain)
    assert sided == pytest.approx(plain, rel=1e-13, abs=1e-14)
    first = learner.features @ learner.predictor.layers(w)[0].T
    assert values[: first.size] == pytest.approx(first.ravel(), rel=1e-13)


def test_a_neuron_dies_at_its_kink_and_stays():
    """From 1 under (φ(w) + 1)² it comes to 0 in time ½ log 2, and rests there: beyond it is flat."""
    neuron = Network((1, 1, 1), fixed={2: [[1.0]]})
    path = flowlab.flow(Learner(neuron, "squared", [[1.0]], [-1.0], [1.0]).system(), 2.0, rtol=1e-10)
    assert path.ok
    assert path.crossings or path.sliding
    hit = path.sliding[0].start if path.sliding else path.crossings[0].time
    assert hit == pytest.approx(np.log(2) / 2, abs=1e-8)
    assert path.parameters[-1, 0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_flows_of_rectifiers_are_those_of_tiny_steps(seed):
    learner = learner_of(network_of((2, 3, 1), "relu"), "squared", seed, examples=3)
    path = flowlab.flow(learner.system(), 1.0, rtol=1e-9, times=[0.3, 1.0])
    steps = flowlab.descent(learner.system(), 2e-6, steps=500_000, record=[150_000, 500_000])
    assert path.ok
    assert path.parameters == pytest.approx(steps.parameters[1:], abs=2e-4)


@pytest.mark.parametrize("loss", ["logistic", "cross_entropy"])
@pytest.mark.parametrize("clock", CLOCKS[1:])
def test_clocks_reach_late_times(loss, clock):
    outputs = 3 if loss == "cross_entropy" else 1
    learner = learner_of(network_of((2, 3, outputs), "tanh"), loss, 1)
    path = flowlab.flow(learner.system(clock=clock), 0.5, rtol=1e-9)
    end = float(np.expm1(path.log_t[-1]))
    by_time = flowlab.flow(learner.system(), end, rtol=1e-10, times=[end])
    assert path.parameters[-1, :-1] == pytest.approx(by_time.parameters[-1], abs=1e-6)


def test_a_classifier_of_classes_separates_and_tells_its_margin():
    x = np.array([[1.0, 0.0], [-0.5, 0.9], [-0.5, -0.9]])
    learner = Learner(Network((2, 3), "linear"), "cross_entropy", x, [0, 1, 2], 0.1, seed=0)
    path = flowlab.flow(learner.system(clock="log_time"), 100.0, times=[1.0, 100.0])
    margins = path.observables["margin"]
    assert 0 < margins[0] < margins[1] < 1.3


def test_networks_pickle():
    system = learner_of(network_of((2, 3, 1), "relu"), "logistic", 4).system()
    other = pickle.loads(pickle.dumps(system))
    np.testing.assert_array_equal(flowlab.flow(system, 0.3).parameters, flowlab.flow(other, 0.3).parameters)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Network((2,)), "widths: got"),
        (lambda: Network((2, 3, 1), "swish"), "activation: got 'swish'"),
        (lambda: Network((2, 3, 1), leak=0.1), "leak: got 0.1 with relu"),
        (lambda: Network((2, 3, 1), fixed={2: [[1.0]]}), "fixed: got shape"),
        (
            lambda: Learner(Network((2, 3, 1)), "squared", [[1.0]], [1.0], 0.1, seed=0),
            "features: got 1 a row; allowed: 2",
        ),
        (lambda: Learner(Network((1, 3, 1)), "cross_entropy", [[1.0]], [0], 0.1, seed=0), "widths: got 1 outputs"),
        (lambda: Learner(Network((1, 3, 2)), "logistic", [[1.0]], [1], 0.1, seed=0), "widths: got 2 outputs"),
        (lambda: Learner(Network((1, 3, 2)), "cross_entropy", [[1.0]], [2], 0.1, seed=0), "labels: got 2"),
        (lambda: Learner(Network((1, 3, 1)), "squared", [[1.0]], [1.0], 0.1), "seed: got None"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
