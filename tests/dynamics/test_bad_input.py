"""One line that names the argument, the value received and what is allowed."""

from dataclasses import replace

import numba
import numpy as np
import pytest

from flowlab.dynamics import Hitting, Stationary, StoppingRule, descent, flow, flow_ensemble
from tests.dynamics.problems import least_squares, linear_problem, toy, toy_loss

NAN = float("nan")
SYSTEM = linear_problem([1.0, 2.0]).system


def refused(words, function, *arguments, **keywords):
    with pytest.raises(ValueError, match=words) as caught:
        function(*arguments, **keywords)
    assert len(str(caught.value).splitlines()) == 1
    assert "allowed: " in str(caught.value)


@pytest.mark.parametrize("until", [0, -1.0, NAN, float("inf"), [1.0, 2.0], [], "x", None])
def test_until(until):
    refused("^until: got ", flow, SYSTEM, until)
    refused("^until: got ", flow_ensemble, SYSTEM, until, starts=[[1.0, 1.0]])


@pytest.mark.parametrize(
    "keywords, words",
    [
        ({"times": []}, "times: got an empty array"),
        ({"times": [0.0, NAN]}, "times: got nan at index 1"),
        ({"times": [0.0, 0.5, 0.5]}, "times: got 0.5 at index 2; allowed: increasing times in"),
        ({"times": [-0.1, 0.5]}, "times: got -0.1.* at index 0"),
        ({"times": [0.5, 1.5]}, "times: got 1.5 at index 1"),
        ({"times": [[0.5]]}, r"times: got shape \(1, 1\)"),
        ({"times": 0.5}, r"times: got shape \(\); allowed: increasing times in \[0, 1\]$"),
        ({"rtol": 0.0}, "rtol: got 0;"),
        ({"rtol": -1e-3}, "rtol: got -0.001"),
        ({"rtol": 1e-15}, "rtol: got 1.*e-15; allowed: a number in"),
        ({"rtol": 1.0}, "rtol: got 1;"),
        ({"atol": -1e-3}, "atol: got -0.001"),
        ({"atol": NAN}, "atol: got nan"),
        ({"method": "dop583"}, r"method: got 'dop583' \(did you mean 'dop853'\?\)"),
        ({"method": "scipy:radau"}, r"did you mean 'scipy:Radau'\?"),
        ({"method": 3}, "method: got 3; allowed: dop853, dopri5, rkc2, scipy:"),
        ({"coordinates": "polar"}, "coordinates: got 'polar'"),
        ({"max_steps": 0}, "max_steps: got 0; allowed: an integer >= 1"),
        ({"max_steps": 1.5}, "max_steps: got 1.5"),
        ({"max_steps": True}, "max_steps: got True"),
        ({"first_step": 0.0}, "first_step: got 0"),
        ({"events": [0.5]}, "events: got 0.5 at index 0; allowed: Hitting, Stationary or LossLevel"),
        ({"events": [Hitting(1.0, index=2)]}, r"events: got Hitting\(.*; allowed: an index in \[0, 1\]"),
    ],
)
def test_flow(keywords, words):
    refused("^" + words if words[0] != "d" else words, flow, SYSTEM, 1.0, **keywords)


def test_logarithms_need_a_positive_start():
    refused("^start: got 0 at index 0", flow, replace(SYSTEM, start=np.array([0.0, 1.0])), 1.0, coordinates="log")
    refused("^starts: got -1 at index", flow_ensemble, SYSTEM, 1.0, starts=[[-1.0, 1.0]], coordinates="log")


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"start": np.array([1.0, NAN])}, "start: got nan at index 1"),
        ({"start": np.array([1.0, np.inf])}, "start: got inf at index 1"),
        ({"start": np.empty(0)}, "start: got an empty array"),
        ({"start": np.ones((2, 1))}, r"start: got shape \(2, 1\)"),
        ({"start": np.array([1.0, 1e200])}, "start: got parameters with loss inf"),
        ({"names": ("a",)}, "names: got 1 names; allowed: one for each of 2"),
        ({"constants": np.ones((2, 2))}, r"constants: got shape \(2, 2\)"),
        ({"constants": np.array([1.0, NAN])}, "constants: got nan"),
        ({"data": np.ones(3)}, r"data: got shape \(3,\)"),
        ({"target": np.ones(3)}, r"target: got shape \(3,\)"),
        ({"gradient": None}, "gradient: got None; allowed: a kernel"),
    ],
)
def test_system(changes, words):
    refused("^" + words, flow, replace(SYSTEM, **changes), 1.0)
    refused("^" + words, descent, replace(SYSTEM, **changes), 0.1, steps=2)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="plain functions have no signature")
def test_a_kernel_of_another_signature():
    refused("^gradient: got .*GRADIENT", flow, replace(SYSTEM, gradient=toy_loss), 1.0)


def test_numbers_are_written_as_they_were_given():
    refused(r"^times: got 1 at index 1; allowed: increasing times in \[0, 0.3\]$", flow, SYSTEM, 0.3, times=[0.1, 1])


def test_something_else_than_a_system():
    refused("^system: got str; allowed: a GradientSystem", flow, "system", 1.0)


@pytest.mark.parametrize(
    "keywords, words",
    [
        ({"starts": [[1.0]]}, r"starts: got shape \(1, 1\); allowed: \(m, 2\)"),
        ({"starts": [1.0, 1.0]}, r"starts: got shape \(2,\)"),
        ({"starts": [[1.0, NAN]]}, "starts: got nan"),
        ({"starts": []}, "starts: got an empty array"),
        ({"constants": [[1.0, 1.0], [1.0, 1.0]]}, r"constants: got shape \(2, 2\); allowed: \(1, 2\)"),
        ({"constants": [[1.0, np.inf]]}, "constants: got inf"),
        ({"method": "scipy:RK45"}, "method: got 'scipy:RK45'.*allowed: dop853, dopri5"),
        ({"rtol": 0.0}, "rtol: got 0"),
        ({"max_steps": -1}, "max_steps: got -1"),
    ],
)
def test_ensemble(keywords, words):
    refused("^" + words, flow_ensemble, SYSTEM, 1.0, **({"starts": [[1.0, 1.0]]} | keywords))


@pytest.mark.parametrize(
    "keywords, words",
    [
        ({"learning_rate": 0.0}, "learning_rate: got 0;"),
        ({"learning_rate": -0.1}, "learning_rate: got -0.1"),
        ({"learning_rate": NAN}, "learning_rate: got nan"),
        ({"steps": 0}, "steps: got 0; allowed: an integer >= 1"),
        ({"steps": 2.5}, "steps: got 2.5"),
        ({"momentum": 1.0}, r"momentum: got 1; allowed: a number in \[0, 1\)"),
        ({"momentum": -0.1}, "momentum: got -0.1"),
        ({"momentum": NAN}, "momentum: got nan"),
        ({"nesterov": True}, "nesterov: got True with momentum 0"),
        ({"nesterov": 1}, "nesterov: got 1"),
        ({"batch_size": 24, "seed": 0}, r"batch_size: got 24; allowed: an integer in \[1, 23\]"),
        ({"batch_size": 0, "seed": 0}, "batch_size: got 0"),
        ({"batch_size": 2}, "seed: got None with batch_size"),
        ({"batch_size": 2, "seed": -1}, "seed: got -1"),
        ({"seed": 1}, "seed: got 1 without batch_size"),
        ({"record": "all"}, "record: got 'all'"),
        ({"record": 0}, "record: got 0"),
        ({"record": []}, "record: got an empty array"),
        ({"record": [1, 1]}, "record: got 1 at index 1"),
        ({"record": [1, 11]}, "record: got 11 at index 1"),
        ({"record": [0.5]}, "record: got 0.5"),
        ({"record": [[1]]}, r"record: got shape \(1, 1\)"),
        ({"stop": 0.1}, "stop: got 0.1; allowed: a StoppingRule"),
    ],
)
def test_descent(keywords, words):
    arguments = {"learning_rate": 0.1, "steps": 10} | keywords
    refused("^" + words, descent, least_squares(), arguments.pop("learning_rate"), **arguments)


def test_batches_need_data():
    refused("^batch_size: got 1 for a system without data", descent, SYSTEM, 0.1, steps=1, batch_size=1, seed=0)


def test_rules_and_events():
    refused("^level: got nan", Hitting, NAN)
    refused(r"^level: got shape \(2,\)", Hitting, [1.0, 2.0])
    refused("^index: got -1", Hitting, 1.0, index=-1)
    refused("^gradient_norm: got 0", Stationary, 0.0)
    refused("^gradient_norm: got nan", Stationary, NAN)
    refused("^gradient_norm: got -1", StoppingRule, gradient_norm=-1.0)
    refused("^loss: got inf", StoppingRule, loss=np.inf)


def test_times_of_a_trajectory():
    path = flow(toy(2, [2.0], 0.1), 1.0)
    refused(r"^t: got 1.5; allowed: times in \[0, 1\]", path, 1.5)
    refused(r"^t: got 1; allowed: times in \[0, 0.1\]$", flow(toy(2, [2.0], 0.1), 0.1), 1.0)
    refused("^t: got -0.5.* at index 1", path, [0.5, -0.5])
    refused("^t: got nan", path.induced_at, NAN)
    refused(r"^t: got shape \(1, 1\)", path, [[0.5]])
    refused("^t: got 0.5 for a flow without dense output", replace(path, interpolant=None), 0.5)
    with pytest.raises(ValueError, match="induced_of"):
        replace(path, induced_of=None).induced_at(0.5)
