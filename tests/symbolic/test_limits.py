"""The limits of symbolic work: processor time, whatever else the machine does."""

import gc
import sys
import threading
import time
import weakref

import pytest
import sympy

from flowlab.symbolic import limits
from flowlab.symbolic.limits import BudgetSpent, within


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
        with pytest.raises(BudgetSpent, match=r"0\.05 s"):
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


def busy(seconds=60.0):
    """Use processor time."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return "done"


def test_limits_nest():
    threads = []

    def noted(work):
        threads.append(threading.current_thread())
        return work()

    with pytest.raises(BudgetSpent, match=r"0\.1 s"):
        within(0.1, lambda: noted(lambda: within(60, lambda: noted(lambda: busy(0.05) and within(60, busy)))))
    for thread in threads:  # the outer one waits for the inner one, and is told as well
        thread.join(30)
        assert not thread.is_alive()
    assert within(60, lambda: _caught(0.05)) == "inner"


def _caught(budget):
    try:
        return within(budget, busy)
    except BudgetSpent:
        return "inner"


def test_what_work_within_work_has_used_counts_for_both():
    def several():
        for _ in range(40):
            within(60, lambda: busy(0.05))

    with pytest.raises(BudgetSpent, match=r"^0\.3 s of processor time$"):
        within(0.3, several)


@pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="no clock of one thread here")
def test_only_the_work_itself_is_counted():
    """It waits far longer than its budget, beside threads that are busy all the time, and is not ended."""
    over = threading.Event()

    def others():
        while not over.is_set():
            pass

    threads = [threading.Thread(target=others) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        assert within(0.5, lambda: time.sleep(1.5) or busy(0.1)) == "done"
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_work_that_does_nothing_at_all_is_ended(monkeypatch):
    monkeypatch.setattr(limits, "_IDLE", 0.3)
    with pytest.raises(BudgetSpent, match=r"^idle for 0\.3 s$"):
        within(60, lambda: time.sleep(2))


def _left_five_times(work, threads):
    """Let the time for a work run out again and again; each of its threads ends."""
    for _ in range(5):
        with pytest.raises(BudgetSpent):
            within(0.03, work)
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_work_that_cleans_up_all_the_time_ends_without_a_word(capfd):
    """An exception in a weak reference's callback, or in __del__, would be printed and swallowed."""
    threads = []

    class Short:
        def __del__(self):
            sum(range(300))

    def endless():
        threads.append(threading.current_thread())
        kept = weakref.WeakSet()
        while True:
            kept.add(Short())

    _left_five_times(endless, threads)
    assert capfd.readouterr().err == ""


def test_work_that_swallows_its_end_is_told_again():
    swallowed = []

    def stubborn():
        for _ in range(3):
            try:
                while True:
                    pass
            except BaseException:
                swallowed.append(threading.current_thread())

    with pytest.raises(BudgetSpent):
        within(0.02, stubborn)
    for _ in range(200):
        time.sleep(0.02)
        if len(swallowed) == 3:
            break
    swallowed[0].join(30)
    assert not swallowed[0].is_alive()


def test_a_garbage_collection_on_the_way_says_nothing_of_the_end_either(monkeypatch):
    told, threads = [], []

    def slow(phase, info):
        if threading.current_thread() in threads:
            for _ in range(20_000):
                pass

    def endless():
        threads.append(threading.current_thread())
        while True:
            gc.collect(0)
            for _ in range(2_000):
                pass

    monkeypatch.setattr(sys, "unraisablehook", told.append)
    gc.callbacks.append(slow)
    try:
        _left_five_times(endless, threads)
    finally:
        gc.callbacks.remove(slow)
    assert told == []


def test_what_else_cannot_be_raised_is_told(monkeypatch):
    told, ended = [], threading.Event()

    class Broken:
        def __del__(self):
            raise ZeroDivisionError

    def endless():
        try:
            while True:
                pass
        finally:
            ended.set()

    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with pytest.raises(BudgetSpent):
        within(0.01, endless)
    assert ended.wait(30)
    Broken()
    assert [args.exc_type for args in told] == [ZeroDivisionError]
