"""The adversarial run of `benchmarks.certified` in small: no number is wrong without a flag."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from chentsov.geometry.kernels.functions import FUNCTIONS  # noqa: E402

from benchmarks.certified.attack import attacked, draw  # noqa: E402

QUICK = [f for f in FUNCTIONS.values() if f.sympy is not None and f.ulps is not None and not f.static]


@settings(max_examples=3, deadline=None)
@given(st.sampled_from(QUICK), st.integers(0, 2**20))
def test_no_number_is_wrong(row, seed):
    random = np.random.default_rng(seed)
    _, faults, _ = attacked(draw(random, 10, row, QUICK), random, 15)
    assert not faults


@pytest.mark.slow
def test_the_run_itself():
    command = [sys.executable, "-m", "benchmarks.certified", "--cells", "50000", "--side", "32", "--seconds", "300"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "0 wrong without a flag" in done.stdout, done.stdout[-2000:]
