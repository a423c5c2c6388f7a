"""``chentsov cache`` shows what is kept, and clears it."""

import chentsov as ch
import numpy as np
import sympy as sp
from chentsov.command_line import run


def test_shown_and_cleared(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CHENTSOV_CACHE", str(tmp_path))
    assert run(["cache"]) == 0 and capsys.readouterr().out.startswith("0 kernels")
    x = sp.Symbol("x")
    ch.compile(sp.exp(x) / (3 + x**5), [x])(np.linspace(0, 1, 7))
    assert run(["cache"]) == 0
    assert not capsys.readouterr().out.startswith("0 kernels")
    assert run(["cache", "--clear"]) == 0 and "removed" in capsys.readouterr().out
    assert run(["cache"]) == 0 and capsys.readouterr().out.startswith("0 kernels")


def test_switched_off(monkeypatch, capsys):
    monkeypatch.setenv("CHENTSOV_CACHE", "off")
    assert run(["cache"]) == 0
    assert "switched off" in capsys.readouterr().out
