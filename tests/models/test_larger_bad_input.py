"""What the larger models refuse, in one line each, and how their diverging runs end."""

import numpy as np
import pytest

import flowlab
from flowlab.dynamics import Status
from flowlab.models import (
    ConvolutionalClassifier,
    DiagonalClassifier,
    MatrixSensing,
    QuadraticNetwork,
    SparseRegression,
)

X, Y = [[1.0, 0.5], [-1.0, 2.0]], [1, -1]
SENSING = MatrixSensing(2, np.eye(2), 0.1)
NETWORK = QuadraticNetwork(np.eye(2), 0.1)
CLASSIFIERS = [
    pytest.param(DiagonalClassifier, {}, id="diagonal"),
    pytest.param(ConvolutionalClassifier, {"seed": 0}, id="convolutional"),
]


def refused(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("model, options", CLASSIFIERS)
@pytest.mark.parametrize(
    "depth, features, labels, init, message",
    [
        (0, X, Y, 0.1, "depth: got 0; allowed: an integer >= 1"),
        (1.5, X, Y, 0.1, "depth: got 1.5; allowed: an integer >= 1"),
        (2, [1.0, 2.0], Y, 0.1, r"features: got shape \(2,\); allowed: finite numbers of shape \(m, d\)"),
        (2, [], Y, 0.1, "features: got an empty array; allowed: finite numbers"),
        (2, [[1.0, np.inf]], [1], 0.1, r"features: got inf at index \(0, 1\); allowed: finite numbers"),
        (2, X, [1], 0.1, r"labels: got shape \(1,\); allowed: 2 labels, each 1 or -1"),
        (2, X, [[1], [1]], 0.1, r"labels: got shape \(2, 1\); allowed: 2 labels, each 1 or -1"),
        (2, X, [1, 0], 0.1, "labels: got 0 at index 1; allowed: 2 labels, each 1 or -1"),
        (2, X, [1, np.nan], 0.1, "labels: got nan at index 1; allowed: 2 labels, each 1 or -1"),
        (2, X, Y, 0.0, "init: got 0; allowed: a finite number > 0"),
        (2, X, Y, -0.1, "init: got -0.1; allowed: a finite number > 0"),
        (2, X, Y, np.inf, "init: got inf; allowed: a finite number > 0"),
    ],
)
def test_classifiers(model, options, depth, features, labels, init, message):
    refused(lambda: model(depth, features, labels, init, **options), message)


@pytest.mark.parametrize("model, options", CLASSIFIERS)
def test_words_of_classifiers(model, options):
    refused(lambda: model(2, X, Y, 0.1, loss="hinge", **options), "loss: got 'hinge'; allowed: exponential, logistic")
    system = model(2, X, Y, 0.1, **options).system
    refused(lambda: system(clock="loss"), "clock: got 'loss'; allowed: time, log_loss")


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: DiagonalClassifier(2, X, Y, 0.1, signed="no"), "signed: got 'no'; allowed: True or False"),
        (lambda: DiagonalClassifier(2, X, Y, 0.1).margin([1.0]), r"sigma: got shape \(1,\); allowed: .*\(\.\.\., 2\)"),
        (lambda: DiagonalClassifier(2, X, Y, 0.1).induced([1.0]), r"parameters: got shape \(1,\); .*\(\.\.\., 4\)"),
        (lambda: ConvolutionalClassifier(2, X, Y, 0.1, seed=None), "seed: got None; allowed: an integer >= 0, or a"),
        (lambda: ConvolutionalClassifier(2, X, Y, 0.1, seed=-1), "seed: got -1; allowed: an integer >= 0"),
        (
            lambda: ConvolutionalClassifier(2, X, Y, 0.1, seed=0).layers_of([1.0]),
            r"parameters: got shape \(1,\); allowed: numbers of shape \(\.\.\., 4\)",
        ),
        (lambda: MatrixSensing(0, np.eye(2), 0.1), "depth: got 0; allowed: an integer >= 1"),
        (lambda: MatrixSensing(2, np.ones((2, 3)), 0.1), r"target: got shape \(2, 3\); allowed: a square matrix"),
        (lambda: MatrixSensing(2, [1.0], 0.1), r"target: got shape \(1,\); allowed: a square matrix"),
        (lambda: MatrixSensing(2, [[np.nan]], 0.1), r"target: got nan at index \(0, 0\); allowed: a square matrix"),
        (lambda: MatrixSensing(2, np.eye(2), 0), "init: got 0; allowed: a finite number > 0"),
        (lambda: MatrixSensing(2, np.eye(2), 0.1, start="zero"), "start: got 'zero'; allowed: identity, gaussian"),
        (lambda: MatrixSensing(2, np.eye(2), 0.1, start="gaussian"), "seed: got None; allowed: an integer >= 0"),
        (
            lambda: MatrixSensing(2, [[1.0, 1], [0, 1]], 0.1).toy_target(),
            "target: got a matrix that differs from its transpose by 1; allowed: a symmetric positive semidefinite",
        ),
        (
            lambda: MatrixSensing(2, np.diag([1.0, -0.5]), 0.1).toy_target(),
            "target: got a matrix with eigenvalue -0.5; allowed: a symmetric positive semidefinite",
        ),
        (lambda: SENSING.measurements(0, 1), "samples: got 0; allowed: an integer >= 1"),
        (lambda: SENSING.measurements(3, None), "seed: got None; allowed: an integer >= 0"),
        (lambda: SENSING.system(np.ones((3, 2))), r"measurements: got shape \(3, 2\); allowed: .*\(m, 2, 2\)"),
        (lambda: SENSING.system(np.ones((3, 3, 3))), r"measurements: got shape \(3, 3, 3\); allowed: .*\(m, 2, 2\)"),
        (lambda: SENSING.system(scale=0.0), "scale: got 0; allowed: a finite number > 0"),
        (lambda: SENSING.factors_of(np.ones(7)), r"parameters: got shape \(7,\); allowed: .*\(\.\.\., 8\)"),
        (
            lambda: QuadraticNetwork(np.diag([1.0, -2.0]), 0.1),
            "target: got a matrix with eigenvalue -2; allowed: a sym",
        ),
        (lambda: QuadraticNetwork([[1.0, 2.0], [0, 1]], 0.1), "target: got a matrix that differs from its transpose"),
        (lambda: QuadraticNetwork(np.eye(2), -1.0), "init: got -1; allowed: a finite number > 0"),
        (lambda: QuadraticNetwork(np.eye(2), 0.1, loss="l1"), "loss: got 'l1'; allowed: variance, squared"),
        (
            lambda: QuadraticNetwork(np.eye(2), 0.1, bias=1.0),
            "bias: got 1.0 with the variance loss, which does not see it; allowed: None",
        ),
        (
            lambda: QuadraticNetwork(np.eye(2), 0.1, loss="squared", bias=[1.0, 2.0]),
            r"bias: got shape \(2,\); allowed: a finite number",
        ),
        (
            lambda: QuadraticNetwork(np.eye(2), 0.1, target_bias=np.inf),
            "target_bias: got inf; allowed: a finite number",
        ),
        (lambda: NETWORK.inputs(0, 1), "samples: got 0; allowed: an integer >= 1"),
        (lambda: NETWORK.inputs(2, None), "seed: got None; allowed: an integer >= 0"),
        (lambda: NETWORK.labels([1.0, 2.0]), r"inputs: got shape \(2,\); allowed: finite numbers of shape \(m, 2\)"),
        (lambda: NETWORK.system(np.ones((4, 3))), r"inputs: got shape \(4, 3\); allowed: finite numbers of shape"),
        (lambda: NETWORK.system(scale=-1.0), "scale: got -1; allowed: a finite number > 0"),
        (lambda: SparseRegression(0, np.eye(2), [1.0, 0.0], 0.1), "depth: got 0; allowed: an integer >= 1"),
        (lambda: SparseRegression(2, [1.0], [1.0], 0.1), r"dictionary: got shape \(1,\); allowed: finite numbers of"),
        (lambda: SparseRegression(2, np.eye(2), [1.0], 0.1), r"signal: got shape \(1,\); allowed: 2 finite numbers"),
        (lambda: SparseRegression(2, np.eye(2), [1.0, 0.0], 0.0), "init: got 0; allowed: a finite number > 0"),
    ],
)
def test_bad_input_is_named(call, message):
    refused(call, message)


@pytest.mark.parametrize("level", [0.0, -1.0, np.nan])
def test_levels_of_choice(level):
    model = SparseRegression(2, np.eye(2), [1.0, 0.0], 0.1)
    run = flowlab.descent(model.system(), 0.1, steps=3)
    refused(lambda: model.chosen(run, level=level), "level: got .*; allowed: a finite number > 0")


def diverging():
    big = np.diag([50.0, 10.0, 0.0])
    gaussian = MatrixSensing(4, big, 5.0, start="gaussian", seed=0)
    network = QuadraticNetwork(big, 1.0, loss="squared", bias=0.0)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((10, 4)), rng.choice([-1.0, 1.0], 10)
    yield "sensing", gaussian.system(), 1.0
    yield "sensing, sampled", gaussian.system(gaussian.measurements(5, 0)), 1.0
    yield "quadratic", network.system(), 1.0
    yield "quadratic, sampled", network.system(network.inputs(6, 0)), 1.0
    yield "sparse", SparseRegression(5, x, 30 * np.ones(10), 0.1).system(), 5.0
    yield "diagonal", DiagonalClassifier(3, 9 * x, y, 1.0).system(), 50.0
    yield "convolutional", ConvolutionalClassifier(3, 9 * x, y, 1.0, seed=0).system(), 1e4


@pytest.mark.parametrize("system, rate", [pytest.param(system, rate, id=name) for name, system, rate in diverging()])
def test_diverging_descents(system, rate):
    run = flowlab.descent(system, rate, steps=2000, record=1)
    assert run.status is Status.DIVERGED
    assert "step" in run.message
    for name, values in {"w": run.parameters, "L": run.loss, "induced": run.induced, **run.observables}.items():
        assert len(values) == len(run.t) > 0
        # the predictor 0 has no margin
        assert np.isfinite(values[run.induced.any(axis=1)] if name == "margin" else values).all()


def test_models_keep_their_own_arrays():
    features, target = np.array(X), np.eye(2)
    model, network = DiagonalClassifier(2, features, Y, 0.1), QuadraticNetwork(target, 0.1)
    features[:], target[:] = 7.0, 7.0
    assert model.features.tolist() == X
    assert network.target.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    for array in (model.features, model.labels, network.target, network.weights, SENSING.factors, SENSING.target):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 3.0
