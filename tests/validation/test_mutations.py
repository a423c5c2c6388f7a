"""The mutation study: every broken program is rejected and diagnosed, no right one is rejected."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import pytest
from chentsov.geometry.validation.check import check_curvature
from chentsov.geometry.validation.suite import load_suite

_spec = importlib.util.spec_from_file_location("curvature_study", Path(__file__).with_name("study.py"))
assert _spec is not None and _spec.loader is not None
study = importlib.util.module_from_spec(_spec)
sys.modules["curvature_study"] = study
_spec.loader.exec_module(study)

# Nine manifolds tell the mistakes apart; the whole suite takes longer (test_study_on_the_default_suite).
NAMES = (
    "skew-axes-3d",
    "plane-polar",
    "torus",
    "warped-3d",
    "rotating-spacetime",
    "dense-2d",
    "normal-coordinates",
    "dense-3d",
    "dense-4d",
)
SMALL = [c for c in load_suite() if c.name in NAMES]


def judge(program, suite=None):
    for module in program.needs:
        pytest.importorskip(module)
    options = dict(program.options)
    if suite is not None and not {"manifold", "suite"} & set(options):
        # Libraries that compile for every manifold take longer: three are enough here.
        options["suite"] = suite[:3] if program.needs else suite
    return check_curvature(program.load(), **options, shrink=False)


def test_the_study_is_as_large_as_promised():
    assert len(study.BROKEN) >= 40 and len({p.text + p.function + p.name for p in study.BROKEN}) == len(study.BROKEN)
    assert len(study.RIGHT) >= 8 and sum(bool({"convention", "layout"} & set(p.options)) for p in study.RIGHT) >= 3


@pytest.mark.parametrize("mistake", study.PROMISED)
def test_every_promised_diagnosis_has_two_programs(mistake):
    assert sum(bool(set(p.accept) & set(study.PROMISED[mistake])) for p in study.BROKEN) >= 2


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(p, id=p.name, marks=[pytest.mark.slow] if p.needs or k % 2 else [])
        for k, p in enumerate(study.RIGHT)
    ],
)
def test_right_programs_are_accepted(program):
    report = judge(program, SMALL)
    assert report.passed, str(report)
    assert not report.diagnoses


def long(program):
    """Programs for which the search goes on to two mistakes at once, or through other libraries."""
    return bool(program.needs) or any(name.startswith("only-") or "triangle" in name for name in program.accept)


# Every eighth one in the default run; `pytest -m slow` judges the rest.
@pytest.mark.parametrize(
    "program",
    [
        pytest.param(p, id=p.name, marks=[pytest.mark.slow] if long(p) or k % 8 else [])
        for k, p in enumerate(study.BROKEN)
    ],
)
def test_broken_programs_are_rejected_and_diagnosed(program):
    report = judge(program, SMALL)
    assert not report.passed
    assert report.diagnosis is not None, str(report)
    # Mistakes that make the same numbers cannot be told apart; the right one must be among them.
    assert study.names_of(report)[1] & set(program.accept), str(report)


@pytest.mark.slow
def test_study_on_the_default_suite():
    """All rejected; at least 85 % with the expected name first; no right program rejected."""
    wrong, first, judged = [], 0, 0
    for program in (*study.RIGHT, *study.BROKEN):
        if not all(importlib.util.find_spec(m) for m in program.needs):
            continue
        report, broken = judge(program), bool(program.accept)
        if report.passed == broken:
            wrong.append(program.name)
        judged += broken
        first += broken and study.names_of(report)[0] in program.accept
    assert not wrong
    assert judged >= 100 and first >= 0.85 * judged
