"""Right programs are right and wrong ones wrong, by textbooks and by the first study's pipeline, never by the judge."""

import importlib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
ACCURATE = 1e-9  # a wrong program's error exceeds this somewhere
pytestmark = pytest.mark.slow


@pytest.fixture
def study(monkeypatch):
    """The set as the benchmark imports it, beside the first study."""
    pytest.importorskip("jax")
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("tests.validation.second.reckoning")


@pytest.mark.filterwarnings("ignore")
def test_right_is_right_and_wrong_is_wrong_somewhere(study):
    bad = {}
    for p in study.programs():
        if p.group or p.name == "mutates":  # the numbers are right, the caller's array is not
            continue
        worst = 0.0
        for space in study.spaces_of(p):
            try:
                found = study.errors(p, space, p.options.get("points", space.points))
                worst = max(worst, *found) if np.all(np.isfinite(found)) else np.inf
            except (ValueError, ArithmeticError, IndexError, TypeError, np.linalg.LinAlgError, AssertionError):
                worst = np.inf
            if worst > 1e-3 and not p.right:
                break
        if not (worst <= p.accuracy if p.right else not worst <= ACCURATE):
            bad[p.name] = worst
    assert not bad


def test_records_are_whole(study):
    judged = [p for p in study.programs() if not p.group]
    assert sum(p.right for p in judged) >= 70 and sum(not p.right for p in judged) >= 170
    assert len({p.name for p in judged}) == len(judged)
    for p in judged:
        assert p.truth and bool(p.says) == (not p.right), p.name
