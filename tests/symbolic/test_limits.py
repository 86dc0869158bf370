"""The time limit on symbolic work."""

import threading
import time

import pytest
import sympy

from flowlab.symbolic.limits import OutOfTime, within


def test_the_result_and_the_error_of_the_work_come_through():
    assert within(60, lambda: sympy.Integer(6) * 7) == 42
    with pytest.raises(ZeroDivisionError):
        within(60, lambda: 1 // 0)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_endless_work_is_left_and_its_thread_ends(elsewhere):
    started, ended = [], []

    def endless():
        started.append(threading.current_thread())
        try:
            while True:
                sympy.Symbol("x").diff("x")
        finally:
            ended.append(True)

    def limited():
        with pytest.raises(OutOfTime, match=r"0\.05 s"):
            within(0.05, endless)

    if elsewhere:  # where signals do not reach
        outer = threading.Thread(target=limited)
        outer.start()
        outer.join(30)
        assert not outer.is_alive()
    else:
        limited()
    started[0].join(30)
    assert ended


def test_limits_nest():
    with pytest.raises(OutOfTime, match=r"0\.1 s"):
        within(0.1, lambda: within(60, lambda: time.sleep(0.5) or within(60, lambda: time.sleep(0.5))))
    assert within(60, lambda: _caught(0.05)) == "inner"


def _caught(seconds):
    try:
        return within(seconds, lambda: time.sleep(1))
    except OutOfTime:
        return "inner"
