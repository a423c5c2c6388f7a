"""The study's programs run, the right ones are right and the wrong ones wrong: asked of textbooks and of the study's
own pipeline, never of the judge."""

import re

import numpy as np
import pytest

from . import spaces
from .reckoning import THEMES, answers, errors, programs, spaces_of
from .record import PROGRAMS

QUICK = programs(THEMES[:-1])
SHOWN = (spaces.SPHERE, spaces.THREE_SPHERE)  # where programs that take any metric are shown: n = 2, n = 3
ACCURATE = 1e-9  # a wrong program's error exceeds this somewhere; single precision does


def shown(program):
    return program.on or SHOWN[program.quantity == "weyl"]


@pytest.mark.filterwarnings("ignore")
def test_every_program_runs_and_the_right_ones_are_right():
    wrong = {}
    for p in QUICK:
        space = shown(p)
        points = p.options.get("points", space.points)[:1]
        if p.right and (len(space.coordinates) <= 2 or p.quantity in space.known):
            error = errors(p, space, points)[0]
            if not error <= p.accuracy:
                wrong[p.name] = error
        else:
            answers(p, space, points)
    assert not wrong


def test_records_are_whole():
    assert sum(p.right for p in QUICK) >= 65 and sum(not p.right for p in QUICK) >= 160
    assert sum(p.sly for p in QUICK) >= 13
    for p in QUICK:
        assert p.truth and bool(p.says) == (not p.right), p.name
        for pattern in (*p.says, *p.equal, *p.never):
            re.compile(pattern)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("theme", THEMES)
def test_right_is_right_everywhere_and_wrong_is_wrong_somewhere(theme):
    if theme == "autodiff":
        pytest.importorskip("jax")
    bad = {}
    for p in programs((theme,)):
        worst = 0.0
        for space in spaces_of(p):
            try:
                worst = max([worst, *errors(p, space, p.options.get("points", space.points))])
            except (ValueError, ArithmeticError, np.linalg.LinAlgError, AssertionError):
                worst = np.inf
            if not p.right and worst > 1e-3:
                break
        if not (worst <= p.accuracy if p.right else worst > ACCURATE):
            bad[p.name] = worst
    assert not bad
    assert len(PROGRAMS) == len({p.name for p in PROGRAMS})
