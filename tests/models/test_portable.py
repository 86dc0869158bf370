"""Systems and what runs end in copy and pickle, also into another process; numbers that are read-only are taken."""

import copy
import functools
import pickle
import subprocess
import sys

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlab import symbolic, toy
from flowlab.dynamics import GradientSystem, LossLevel, compare, descent, flow, flow_ensemble
from flowlab.dynamics.signatures import GRADIENT, LOSS
from flowlab.models import (
    ConvolutionalClassifier,
    DiagonalClassifier,
    MatrixSensing,
    SparseRegression,
    ToyModel,
)

A, B = sympy.symbols("a b")
PAIR = symbolic.GradientFlow.from_loss((A * B - 1) ** 2 / 2, [A, B])
BENT = symbolic.GradientFlow.from_loss(abs(A) + abs(B) / 2, [A, B])

SYSTEMS = {
    "toy": lambda: ToyModel(2, [2.0, 1.0], 0.1).system(),
    "formula": lambda: PAIR.system([1.5, 0.5], conserved=[A**2 - B**2]),
    "kinks": lambda: BENT.system([1.0, 2.0]),
    "diagonal": lambda: DiagonalClassifier(2, [[2.0, 1.0], [-1.0, -2.0]], [1, -1], 0.1).system(),
    "sparse": lambda: SparseRegression(2, np.eye(2), [1.0, 0.5], 0.1).system(),
    "convolutional": lambda: ConvolutionalClassifier(2, np.eye(3), [1, -1, 1], 0.1, seed=0).system(),
    "matrix": lambda: MatrixSensing(2, np.eye(2), 0.1).system(),
}

PROGRAM = """
import pickle, sys
from flowlab.dynamics import flow
system, path = pickle.load(sys.stdin.buffer)
again = flow(system, 2.0)
times = path.t[:3]
watched = dict(path.observables)
pickle.dump((again.parameters, path(times), path.induced_at(times), path.drift, watched), sys.stdout.buffer)
"""


def same(one, other):
    return np.asarray(one).tobytes() == np.asarray(other).tobytes()


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_runs_to_the_same_bits(name, copied):
    system = SYSTEMS[name]()
    path = flow(system, 2.0)
    twin = flow(copied(system), 2.0)
    assert same(twin.parameters, path.parameters)
    assert list(twin.observables) == list(path.observables)
    other = copied(path)
    assert same(other.parameters, path.parameters)
    assert same(other(path.t), path(path.t))
    assert same(other.induced_at(path.t), path.induced_at(path.t))
    assert (other.message, other.status, other.statistics) == (path.message, path.status, path.statistics)
    assert repr(other.drift) == repr(path.drift)
    with pytest.raises(TypeError):
        other.observables["new"] = path.t


@pytest.mark.parametrize("name", ["formula", "kinks", "matrix"])
def test_another_process_takes_them(name):
    system = SYSTEMS[name]()
    path = flow(system, 2.0)
    sent = pickle.dumps((system, path))
    done = subprocess.run([sys.executable, "-c", PROGRAM], input=sent, capture_output=True, check=True)
    parameters, dense, induced, drift, observables = pickle.loads(done.stdout)
    assert same(parameters, path.parameters)
    assert same(dense, path(path.t[:3]))
    assert same(induced, path.induced_at(path.t[:3]))
    assert repr(drift) == repr(path.drift)
    assert all(same(observables[key], value) for key, value in path.observables.items())


@pytest.mark.jit
def test_a_kernel_of_nobody_s_module_goes_along():
    import numba

    @numba.njit(GRADIENT)
    def gradient(w, constants, data, rows, out):
        out[0] = w[0] - constants[0]

    @numba.njit(LOSS)
    def loss(w, constants, data, rows):
        return 0.5 * (w[0] - constants[0]) ** 2

    system = GradientSystem(gradient, loss, start=np.zeros(1), constants=np.ones(1))
    twin = pickle.loads(pickle.dumps(system))
    assert same(flow(twin, 1.0).parameters, flow(system, 1.0).parameters)


NAMES = [
    "exact", "descent", "flow by SciPy", "without dense output", "ensemble", "ensemble that conserves", "comparison",
    "occurrence", "model", "threshold", "formula",
]  # fmt: skip


@functools.cache
def results():
    model = ToyModel(2, [2.0, 1.0], 0.1)
    system = model.system()
    path, steps = flow(system, 2.0, events=[LossLevel(0.4)]), descent(system, 0.1, steps=10, record=1)
    return {
        "exact": model.exact([0.0, 1.0]),
        "descent": steps,
        "flow by SciPy": flow(system, 1.0, method="scipy:Radau"),
        "without dense output": flow(system, 1.0, dense=False),
        "ensemble": flow_ensemble(system, 1.0, starts=np.ones((2, 2))),
        "ensemble that conserves": flow_ensemble(SYSTEMS["formula"](), 1.0, starts=np.ones((2, 2))),
        "comparison": compare(path, steps),
        "occurrence": path.events[0],
        "model": model,
        "threshold": toy.descent_threshold(ratio=4, s=0.15, f=0.8, learning_rate=0.2),
        "formula": PAIR,
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_result_pickles_and_copies(name):
    result = results()[name]
    for twin in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result), copy.copy(result)):
        assert type(twin) is type(result)
        assert repr(twin) == repr(result)
        if hasattr(result, "moved"):
            assert repr(twin.drift) == repr(result.drift)


def fixed(value):
    array = np.array(value, dtype=float)
    array.setflags(write=False)
    return array


VALUES = st.lists(st.floats(0.5, 3.0), min_size=2, max_size=2)


@settings(max_examples=10, deadline=None)
@given(VALUES, VALUES, VALUES)
def test_numbers_that_cannot_be_written_to_give_the_same_bits(target, start, times):
    times = np.cumsum(times)
    results = []
    for make in (fixed, np.array):
        model = ToyModel(2, make(target), make([0.1, 0.1]))
        system = GradientSystem(
            model.system().gradient, model.system().loss, make(start), make(target), data=make(np.zeros((0, 0)))
        )
        path = flow(system, float(times[-1]), times=make(times))
        ends = flow_ensemble(system, 1.0, starts=make([start, target]), constants=make([target, start]))
        exact = model.exact(make(times))
        results.append(
            [
                path.parameters, path(make(times)), ends.parameters, exact.induced, exact.induced_at(make(times)),
                descent(system, 0.01, steps=5, record=make([1, 3]).astype(int)).parameters,
                toy.sigma(make(times), depth=make([2.0, 3.0]), target=make(target), init=make([0.1, 0.2])),
                toy.threshold(depth=make([2.0, 3.0]), ratio=make(start) + 2, s=make([0.1, 0.2]), f=0.8),
            ]
        )  # fmt: skip
    assert all(same(one, other) for one, other in zip(*results, strict=True))


@pytest.mark.parametrize("fix", [fixed, np.array])
def test_models_take_data_that_cannot_be_written_to(fix):
    rows, labels = fix(np.eye(3)), fix([1.0, -1.0, 1.0])
    for model in (
        DiagonalClassifier(2, rows, labels, 0.1),
        SparseRegression(2, rows, labels, 0.1),
        ConvolutionalClassifier(2, rows, labels, 0.1, seed=0),
        MatrixSensing(2, rows, 0.1),
    ):
        assert flow(model.system(), 0.5).ok
        assert descent(model.system(), 0.01, steps=3, batch_size=None).ok
