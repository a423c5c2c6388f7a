"""The benchmark of closed forms runs, checks its answers, keeps its limit and writes its table."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.symbolic", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_one_metric(tmp_path):
    done = run("schwarzschild", "--methods", "chentsov", "--output", str(tmp_path))
    assert "| schwarzschild | 0.05 s |" in done.stdout
    with (tmp_path / "symbolic.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["right"] == "True" and float(row["seconds"]) > 0
    assert (tmp_path / "symbolic.md").exists() and not list(tmp_path.glob("*.part"))


@pytest.mark.slow
def test_a_derivation_that_takes_too_long_is_stopped(tmp_path):
    done = run("categorical-5", "--methods", "einsteinpy", "--limit", "2", "--output", str(tmp_path))
    assert "not finished in 2 s" in done.stdout


def test_an_unknown_metric_is_refused(tmp_path):
    done = run("ker", "--output", str(tmp_path))
    assert done.returncode == 2 and "unknown metric ker" in done.stderr


def test_every_problem_is_a_metric():
    sys.path.insert(0, str(ROOT))
    try:
        from benchmarks.symbolic.metrics import PROBLEMS
    finally:
        sys.path.remove(str(ROOT))
    for name, problem in PROBLEMS.items():
        if problem.neuron or name == "categorical-5":
            continue
        metric, coordinates = problem.build()
        assert metric.shape == (len(coordinates),) * 2 and metric.is_symmetric(), name
        assert problem.bar <= 20
