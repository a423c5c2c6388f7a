"""One limit of time: nested in every combination, in every thread, and honest about what it cannot interrupt."""

import itertools
import signal
import threading
import time

import pytest
import sympy as sp
from chentsov import ChentsovError, TimeBudget, TimeBudgetExceeded
from chentsov.geometry.exact import DifferentialField
from chentsov.geometry.exact.budget import checkpoint, suspended, time_limit


def _looks_at_the_clock(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        checkpoint()


def _does_not(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def _swallows(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            _does_not(seconds)
        except Exception:  # a stranger's code
            pass


KINDS = {"looking": TimeBudget, "interrupting": time_limit}


@pytest.mark.parametrize("outer, inner", list(itertools.product(KINDS, KINDS)))
@pytest.mark.parametrize("thread", [False, True])
def test_an_inner_limit_does_not_undo_the_outer_one(outer, inner, thread):
    """Inner blocks of 0.1 s, repeated; the outer limit of 0.25 s holds, and it is the one that is reported."""
    seen = []

    def work():
        started = time.monotonic()
        try:
            with KINDS[outer](0.25, "outer"):
                for _ in range(30):
                    try:
                        with KINDS[inner](0.1, "inner"):
                            (_looks_at_the_clock if inner == "looking" else _does_not)(0.2)
                    except TimeBudgetExceeded as late:
                        assert str(late).startswith("inner")
        except TimeBudgetExceeded as late:
            seen.append((str(late)[:5], time.monotonic() - started))

    if thread:
        worker = threading.Thread(target=work)
        worker.start()
        worker.join(20)
    else:
        work()
    ((who, took),) = seen
    assert who == "outer" and 0.2 < took < 2


@pytest.mark.parametrize("outer, inner", list(itertools.product(KINDS, KINDS)))
def test_the_outer_limit_is_back_after_an_inner_one(outer, inner):
    with pytest.raises(TimeBudgetExceeded, match="outer"), KINDS[outer](0.3, "outer"):
        with KINDS[inner](100, "inner"):
            pass
        (_looks_at_the_clock if outer == "looking" else _does_not)(10)


def test_the_first_deadline_counts_wherever_it_stands():
    for limits in ((0.1, 100), (100, 0.1)):
        started = time.monotonic()
        with pytest.raises(TimeBudgetExceeded), time_limit(limits[0]), time_limit(limits[1]):
            _does_not(10)
        assert time.monotonic() - started < 2


def test_code_that_catches_everything_is_interrupted():
    with pytest.raises(TimeBudgetExceeded), time_limit(0.1):
        _swallows(10)


def test_a_foreign_alarm_rings_when_it_is_due():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.monotonic()))
    try:
        started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, 0.15)
        with time_limit(5):
            _does_not(0.3)
        assert len(rung) == 1 and 0.1 < rung[0] - started < 1
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with time_limit(5):
            pass
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 0.3
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_nothing_is_left_behind():
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TimeBudgetExceeded), time_limit(0.05):
        _does_not(5)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0) and signal.getsignal(signal.SIGALRM) is before
    _does_not(0.1)
    checkpoint()


def test_a_step_that_must_not_be_left_half_done():
    done = []
    with pytest.raises(TimeBudgetExceeded), time_limit(0.05):
        with suspended():
            _does_not(0.2)
            checkpoint()
            done.append(True)
        _does_not(5)
    assert done == [True]


def test_other_errors_pass_as_they_are():
    with pytest.raises(KeyError), time_limit(5), TimeBudget(5):
        raise KeyError


def test_what_was_finished_is_told_by_the_limit_that_is_over():
    with pytest.raises(TimeBudgetExceeded, match="finished so far: part") as late, TimeBudget(0.1, "outer") as budget:
        budget.finished["part"] = 1
        with time_limit(50):
            _does_not(10)
    assert late.value.finished == {"part": 1} and isinstance(late.value, ChentsovError)


def test_a_field_keeps_the_limit_of_work_that_looks_at_no_clock():
    x = sp.Symbol("x", real=True)
    with pytest.raises(TimeBudgetExceeded), TimeBudget(0.1), time_limit(50):
        field = DifferentialField((x,))
        for k in range(10**9):
            field(x + k)
