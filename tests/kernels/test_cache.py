"""Machine code on disk: used by a second process, never trusted blindly, bounded, optional."""

import os
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.native import cache

x, y = sp.symbols("x y")
SCRIPT = """
import numpy as np, sympy as sp
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.native import run
made = []
assemble = run.assemble
run.assemble = lambda text: made.append(1) or assemble(text)
x, y = sp.symbols("x y")
value = compile(sp.exp(x) * sp.sin(y) + x**3, [x, y])(np.linspace(0, 1, 40)[:, None], np.linspace(0, 1, 30))
print(len(made), repr(float(value.sum())))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CHENTSOV_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def run_script(**environment):
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT], env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    )


def test_a_second_process_does_not_compile(folder):
    first = run_script().communicate(timeout=120)[0].split()
    second = run_script(PYTHONHASHSEED="7").communicate(timeout=120)[0].split()
    assert (first[0], second[0]) == ("1", "0") and first[1] == second[1]


@pytest.mark.slow
def test_several_processes_at_once(folder):
    running = [run_script() for _ in range(2)]
    answers = {p.communicate(timeout=120)[0].split()[1] for p in running}
    assert len(answers) == 1 and all(p.returncode == 0 for p in running)
    assert not list(folder.rglob(".new-*")) and len(cache.entries()) == 1


def value():
    return compile(sp.exp(x) - y, [x, y])(np.linspace(0, 1, 20), 2.0)


def test_broken_and_foreign_entries_are_rebuilt(folder):
    want = value()
    ((path, _),) = cache.entries()
    good = path.read_bytes()
    for content in (b"", b"short", good[:-1], good[:40] + b"\0" + good[41:], os.urandom(len(good))):
        path.write_bytes(content)
        np.testing.assert_array_equal(value(), want)
        assert path.read_bytes() == good
    other = b"no machine code at all"
    path.write_bytes(__import__("hashlib").sha256(other).digest() + other)
    np.testing.assert_array_equal(value(), want)


def test_an_unwritable_folder_only_costs_time(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("CHENTSOV_CACHE", str(blocked))
    assert value().shape == (20,) and cache.entries() == []


def test_it_can_be_switched_off_and_cleared(folder, monkeypatch):
    value()
    assert len(cache.entries()) == 1 and cache.clear() == 1 and cache.entries() == []
    monkeypatch.setenv("CHENTSOV_CACHE", "off")
    value()
    assert cache.folder() is None and not list(folder.rglob("*.bin"))


def test_its_size_is_bounded(folder, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT_BYTES", 5000)
    for n in range(12):
        cache.store(cache.key_of(str(n)), bytes(1000))
        os.utime(cache.folder() / f"{cache.key_of(str(n))}.bin", (n, n))
    left = {path.stem for path, _ in cache.entries()}
    assert (
        cache.key_of("11") in left
        and cache.key_of("0") not in left
        and sum(s for _, s in cache.entries()) <= 5000 + 1032
    )
