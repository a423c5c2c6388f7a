"""The mutation study: every broken program is rejected and diagnosed, no right one is rejected."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import pytest

from chentsov.geometry.validation.check import check_curvature
from chentsov.geometry.validation.suite import load_suite

_spec = importlib.util.spec_from_file_location("curvature_programs", Path(__file__).with_name("programs.py"))
assert _spec is not None and _spec.loader is not None
programs = importlib.util.module_from_spec(_spec)
sys.modules["curvature_programs"] = programs
_spec.loader.exec_module(programs)

BROKEN = (*programs.FORMULAS, *programs.ARITHMETIC, *programs.OWN_METRIC)
# Nine manifolds tell the mistakes apart; the whole suite takes longer (test_study_on_the_default_suite).
NAMES = ("skew-axes-3d", "plane-polar", "torus", "warped-3d", "rotating-spacetime", "dense-2d", "normal-coordinates", "dense-3d",
    "dense-4d")
SMALL = [c for c in load_suite() if c.name in NAMES]


def judge(program, suite=None):
    for module in program.needs:
        pytest.importorskip(module)
    options = dict(program.options)
    if suite is not None and not {"manifold", "suite"} & set(options):
        # Libraries that compile for every manifold take longer: three are enough here.
        options["suite"] = suite[:3] if program.needs else suite
    return check_curvature(program.load(), **options, shrink=False)


def name_of(report):
    return report.diagnosis.name.replace(" ", "") if report.diagnosis else None


def test_the_study_is_as_large_as_promised():
    assert len(BROKEN) >= 40 and len({p.text + p.function for p in BROKEN}) == len(BROKEN)
    assert len(programs.CORRECT) >= 8


@pytest.mark.parametrize("program", [
    pytest.param(p, id=p.name, marks=[pytest.mark.slow] if p.needs else []) for p in programs.CORRECT])
def test_right_programs_are_accepted(program):
    report = judge(program, SMALL)
    assert report.passed, str(report)
    assert not report.diagnoses


# Every other one in the default run; `pytest -m slow` judges the rest.
@pytest.mark.parametrize("program", [
    pytest.param(p, id=p.name, marks=[pytest.mark.slow] if k % 2 and k > 8 else []) for k, p in enumerate(BROKEN)
])
def test_broken_programs_are_rejected_and_diagnosed(program):
    report = judge(program, SMALL)
    assert not report.passed
    first = report.diagnosis
    assert first is not None, str(report)
    # Mistakes that make the same numbers cannot be told apart; the right one must be among them.
    named = {first.name.replace(" ", ""), *first.also}
    assert named & set(program.accept), str(report)


@pytest.mark.slow
def test_study_on_the_default_suite():
    """All rejected; at least 85 % with the expected name first; no right program rejected."""
    wrong, first = [], 0
    for program in BROKEN:
        report = judge(program)
        if report.passed:
            wrong.append(program.name)
        first += name_of(report) in program.accept
    for program in programs.CORRECT:
        if all(importlib.util.find_spec(m) for m in program.needs) and not judge(program).passed:
            wrong.append(program.name)
    assert not wrong
    assert first >= 0.85 * len(BROKEN)
