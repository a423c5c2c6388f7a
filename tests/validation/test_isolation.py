"""Functions that hang in native code, crash, or leave their traces: reported, and the run goes on."""

from __future__ import annotations

import ctypes
import math
import os
import sys
import time

import chentsov as ch
import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.validation.isolation import ChildEnded, Worker, can_isolate

theta, phi = sp.symbols("theta phi", real=True)
TORUS = (sp.diag(1, (3 + sp.cos(theta)) ** 2), (theta, phi))
POINTS = [(0.5, 0.0), (1.0, 0.0), (2.5, 0.0)]

pytestmark = pytest.mark.skipif(not can_isolate(), reason="needs a system that can fork")


def truth(x):
    return 2 * math.cos(x[0]) / (3 + math.cos(x[0]))


def at_one(trouble):
    """Right everywhere, but for trouble at the second point."""

    def function(x):
        if x[0] == 1.0:
            trouble()
        return truth(x)

    return function


def judge(function, **options):
    return ch.check_curvature(
        function, TORUS, **{"points": POINTS, "time_limit": 0.3, "isolate": True, "form": "point", **options}
    )


def test_a_right_function_passes_and_writes_nothing(capfd):
    def loud(x):
        os.write(1, b"raw output\n")
        return truth(x)

    report = judge(loud)
    assert report.passed and list(report.findings_by_name()) == ["prints"]
    assert "raw output" in report.findings[0].detail and capfd.readouterr().out == ""


@pytest.mark.parametrize("trouble, name, detail", [
    (lambda: sum(range(10**12)), "too-slow", "no reaction"),          # one call into native code: no bytecode, no signal handler
    (lambda: os._exit(3), "crashes", "exit status 3"),
    (lambda: os.abort(), "crashes", "SIGABRT"),
    (lambda: ctypes.string_at(0), "crashes", "SIGSEGV"),
    (lambda: input(), "raises", "EOFError"),
], ids=["hangs in C", "leaves", "aborts", "segmentation fault", "asks the user"])  # fmt: skip
def test_the_end_of_the_process_is_a_finding(trouble, name, detail):
    started = time.monotonic()
    report = judge(at_one(trouble))
    assert not report.passed and time.monotonic() - started < 10
    assert set(report.findings_by_name()) - {"prints"} == {name} and detail in report.findings_by_name()[name][0].detail
    assert report.findings_by_name()[name][0].point == "theta = 1, phi = 0"


def test_the_run_goes_on_after_a_crash():
    def only_surfaces(metric, x):
        if len(x) == 4:
            os._exit(1)
        return 0.0

    report = ch.check_curvature(only_surfaces, suite="quick", isolate=True, shrink=False)
    assert [c.status for c in report.cases] == ["fail", "pass", "fail", "fail", "error"]


def test_differences_are_seen_through_the_wall():
    """Where the metric was asked for comes back with the answer: the step shows."""

    def noisy(metric, x):
        h = 1e-8
        w = lambda u: math.sqrt(metric([u, x[1]])[1, 1])
        return -2 * (w(x[0] + h) - 2 * w(x[0]) + w(x[0] - h)) / h**2 / w(x[0])

    report = judge(noisy, form="metric")
    assert report.diagnosis.name == "finite-difference-noise" and report.diagnosis.details["step"] == pytest.approx(
        1e-8, rel=0.5
    )


def test_except_exception_does_not_swallow_the_limit():
    def stubborn(x):
        while True:
            try:
                time.sleep(30)
            except Exception:
                pass

    started = time.monotonic()
    report = judge(stubborn, isolate=False)
    assert {"too-slow"} == set(report.findings_by_name()) and time.monotonic() - started < 5


def test_global_settings_are_put_back_and_named():
    before = np.geterr(), np.get_printoptions(), mpmath.mp.prec, sys.getrecursionlimit(), os.getcwd()

    def careless(x):
        np.seterr(all="raise")
        np.set_printoptions(precision=1)
        mpmath.mp.dps = 50
        sys.setrecursionlimit(5000)
        os.chdir("/")
        return truth(x)

    report = judge(careless, isolate=False)
    assert report.passed and {f.severity for f in report.findings} == {"note"}
    for what in ("error handling", "print options", "mpmath's precision", "recursion limit", "working directory"):
        assert what in report.findings_by_name()["changes-settings"][0].detail
    assert (np.geterr(), np.get_printoptions(), mpmath.mp.prec, sys.getrecursionlimit(), os.getcwd()) == before


@pytest.mark.parametrize(
    "answer, name, words",
    [
        (lambda: "2.0", "not-numeric", "return the number, not its text"),
        (lambda: [[1, 2], [3]], "wrong-shape", "2 things of different shapes"),
        (lambda: (1.0, np.zeros((2, 2))), "wrong-shape", "dictionary"),
        (lambda: (v for v in (1.0,)), "not-numeric", "return, not yield"),
        (lambda: len, "not-numeric", "call it"),
        (lambda: np.ma.masked, "not-finite", "NaN"),
        (lambda: {"R": 1.0}, "returns-nothing", "without 'ricci_scalar'; it has 'R'"),
        (lambda: 10**400, "not-numeric", "too large"),
        (lambda: sp.Symbol("R"), "not-numeric", "not numbers"),
    ],
)
def test_what_is_no_answer_is_named_with_a_remedy(answer, name, words):
    report = judge(lambda x: answer(), isolate=False, shrink=False)
    found = report.findings_by_name()[name][0]
    assert not report.passed and words in f"{found.detail}; {found.remedy}"


@pytest.mark.slow
def test_lists_of_tensors_that_keep_gradients():
    torch = pytest.importorskip("torch")
    assert judge(lambda x: [torch.tensor(truth(x), dtype=torch.float64, requires_grad=True)], isolate=False).passed


def test_a_worker_is_made_anew():
    worker = Worker(lambda n: os._exit(n) if n else os.getpid())
    first = worker.ask(5, 0)[0]
    with pytest.raises(ChildEnded, match="exit status 7"):
        worker.ask(5, 7)
    second = worker.ask(5, 0)[0]
    assert second not in (first, os.getpid())
    worker.close()
    for child in (first, second):
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)  # none is left behind
