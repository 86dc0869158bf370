"""Signals are heard inside compiled loops, which end, or go on with the same bits; and what they held is freed."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numba
import numpy as np
import pytest

from flowlab import toy
from flowlab._jit import typed_kernel
from flowlab.dynamics import GradientSystem, StoppingRule, descent, flow, flow_ensemble
from flowlab.dynamics.signatures import GRADIENT, LOSS
from flowlab.models import ToyModel

pytestmark = [
    pytest.mark.jit,  # uncompiled, there is nothing special
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here"),
]


class AlarmError(Exception):
    pass


@pytest.fixture(autouse=True, scope="module")
def compiled():
    """What is compiled already: an alarm may come while the compiler works, and is lost in a destructor there."""
    descent(TOY, 1e-3, steps=5)
    flow(STIFF, 1e-12, dense=False, times=[1e-12])
    flow_ensemble(STIFF, 1e-12, starts=np.ones((5, 3)))
    toy.descent_threshold(ratio=2.0, s=0.1, f=0.8, learning_rate=0.01)


@contextmanager
def alarms(handler, first, interval=0.0):
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, first, interval)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@typed_kernel(GRADIENT)
def stiff_gradient(w, constants, data, rows, out):
    for i in range(w.size):
        out[i] = constants[0] * w[i] - 1.0


@typed_kernel(LOSS)
def stiff_loss(w, constants, data, rows):
    total = 0.0
    for i in range(w.size):
        total += 0.5 * constants[0] * w[i] ** 2 - w[i]
    return total


# Stable for explicit steps of 1e-12 only, so that a run to t = 1 takes days.
STIFF = GradientSystem(stiff_gradient, stiff_loss, start=np.ones(3), constants=np.array([1e12]))
NEVER = {"max_steps": 10**15, "rtol": 1e-6}
TOY = ToyModel(3, [12.0, 6.0, 4.0, 3.0], 0.01).system()
RATIOS = np.linspace(2.0, 5.0, 100_000)
PATH = flow(TOY, 8.0)

ENDLESS = {
    "descent": lambda: descent(TOY, 1e-9, steps=10**15, record=[0]),
    "descent to a loss": lambda: descent(TOY, 1e-9, steps=10**15, record=[0], stop=StoppingRule(loss=-1.0)),
    "flow": lambda: flow(STIFF, 1.0, dense=False, times=[1.0], **NEVER),
    "flow of another method": lambda: flow(STIFF, 1.0, method="dopri5", dense=False, times=[1.0], **NEVER),
    "stabilised flow": lambda: flow(STIFF, 1e9, method="rkc2", dense=False, times=[1.0], **NEVER),
    "ensemble": lambda: flow_ensemble(STIFF, 1.0, starts=np.ones((5, 3)), **NEVER),
    "descent_threshold": lambda: toy.descent_threshold(
        ratio=1 + 1e-9, s=0.1, f=0.8, learning_rate=np.full(10_000, 1e-3), depth=3
    ),
}

LONG = {
    "descent": lambda: descent(TOY, 1e-6, steps=10**7, record=10**5).parameters,
    "flow": lambda: flow(STIFF, 3e-6, method="dopri5", dense=False, times=[1e-6, 3e-6], **NEVER).parameters,
    "stabilised flow": lambda: flow(STIFF, 0.02, method="rkc2", dense=False, rtol=1e-8).parameters,
    "ensemble": lambda: flow_ensemble(TOY, 5.0, starts=np.linspace(0.1, 1.0, 80_000).reshape(-1, 4)).parameters,
    "dense output": lambda: PATH(np.linspace(0.0, 8.0, 3_000_000)),
    "solution": lambda: toy.sigma(np.linspace(0.0, 5.0, 4_000_000), depth=3, target=4.0, init=0.01),
    "threshold": lambda: toy.threshold(depth=3, ratio=RATIOS, s=0.1, f=0.8),
    "descent_threshold": lambda: toy.descent_threshold(ratio=RATIOS[:5000], s=0.1, f=0.8, learning_rate=0.01).largest,
}


@pytest.mark.parametrize("name", ENDLESS)
def test_an_exception_of_a_handler_ends_a_loop_that_would_not_end(name):
    def handler(*_):
        raise AlarmError

    begin = time.monotonic()
    with alarms(handler, 0.3), pytest.raises(AlarmError):
        ENDLESS[name]()
    assert time.monotonic() - begin < 60.0  # it is heard at once, but the machine may be busy
    assert PATH(8.0).tobytes() == flow(TOY, 8.0)(8.0).tobytes()


@pytest.mark.parametrize("name", LONG)
def test_a_handler_runs_inside_a_loop_which_goes_on_with_the_same_bits(name):
    expected, heard = LONG[name](), []
    with alarms(lambda *_: heard.append(None), 0.001, 0.001):
        found = LONG[name]()
    assert found.tobytes() == expected.tobytes()
    assert len(heard) > 3  # a loop that does not ask lets it run when it is over: once


@pytest.mark.parametrize("name", ["descent", "flow", "dense flow", "stabilised flow", "ensemble"])
def test_an_interrupt_frees_what_the_loop_held(name):
    endless = ENDLESS | {"dense flow": lambda: flow(STIFF, 1.0, **NEVER)}

    def handler(*_):
        raise AlarmError

    def held():
        numba.core.runtime._nrt_python.memsys_enable_stats()
        stats = numba.core.runtime.rtsys.get_allocation_stats()
        return stats.alloc - stats.free

    def interrupt():
        with alarms(handler, 0.05), pytest.raises(AlarmError):
            endless[name]()

    interrupt()
    before = held()
    for _ in range(3):
        interrupt()
    assert held() - before <= 3 * 2  # a few numbers of the loop's frame, none of its tables


@pytest.mark.parametrize("number, code", [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_command_ends_inside_a_compiled_loop(number, code):
    line = (
        "--depth 3 --target 4 3 --init 0.1 --until 2 --method descent --learning-rate 1e-12 --max-steps 1000000000000"
    )
    program = "from flowlab.cli import main; print('on', flush=True); main(prog_name='flowlab')"
    command = [sys.executable, "-c", program, "solve", *line.split()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            process.stdout.readline()
            time.sleep(4.0)
            process.send_signal(getattr(signal, number))
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == code
    assert errors == "flowlab: interrupted\n"
