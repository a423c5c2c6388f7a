"""The registry: every entry is a model with a domain and a point inside; a new one is one file, as CONTRIBUTING shows."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from chentsov.catalogue import entries, manifold_called
from chentsov.geometry.exact import Mean
from chentsov.geometry.validation.cases import as_case
from chentsov.models import Model, families, registry

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = list(registry.catalogue())


def test_names_are_unique_and_reach_the_command_line():
    keys = [e.key for e in ENTRIES]
    assert len(set(keys)) == len(keys) == len(list(entries()))
    assert {"families.gamma", "gibbs.two_spins", "surfaces.torus", "spacetimes.kerr", "hopfield.tanh_pair"} <= set(keys)


@pytest.mark.parametrize("made", ENTRIES, ids=lambda e: e.key)
def test_every_entry_is_a_model(made):
    assert isinstance(made, Model) and made.title and registry.find(made.key) is made
    symbols = {*made.coordinates, *made.constants}
    assert made.coordinates and all(c.free_symbols <= symbols for c in made.inequalities)
    sample = made.sample
    assert set(sample) == symbols
    assert all(c.subs(sample) == sp.true for c in made.inequalities), (made.inequalities, sample)
    for s, value in sample.items():
        assert not (s.is_positive and not value > 0) and not (s.is_integer and not value.is_integer)


LIGHT = [e for e in ENTRIES if e.shelf not in ("families", "spacetimes")]


@pytest.mark.parametrize("made", LIGHT, ids=lambda e: e.key)
def test_the_metric_is_finite_and_regular_at_the_sample_point(made):
    """A sample point is one to compute at: g is real there, and positive definite."""
    undefined = made.manifold.metric.atoms(sp.core.function.AppliedUndef)
    if undefined:
        pytest.skip("holds undefined functions")
    rows = made.rows_for_checks()
    metric = made.manifold.metric.subs(made.sample)
    if rows:
        count = len(next(iter(rows.values())))
        metric = metric.replace(
            lambda e: isinstance(e, Mean),
            lambda e: sp.Add(*(e.expression.subs({s: c[k] for s, c in rows.items()}) for k in range(count))) / count,
        )
    values = np.array(sp.Matrix(metric).evalf(30).tolist(), dtype=complex)
    assert np.isfinite(values).all() and np.abs(values.imag).max() < 1e-12
    assert np.linalg.eigvalsh(values.real).min() > 1e-9


@pytest.mark.parametrize(
    "made",
    [pytest.param(e, marks=() if e in LIGHT or e.shelf == "families" else pytest.mark.slow) for e in ENTRIES],
    ids=lambda e: e.key,
)
def test_a_judge_finds_points_inside_the_domain(made):
    if made.manifold.metric.atoms(sp.core.function.AppliedUndef):
        pytest.skip("holds undefined functions")
    free = made.manifold.metric.free_symbols - set(made.coordinates)
    constants = {s: v for s, v in made.sample.items() if s in free}
    case = as_case(made.manifold, constants=constants, data=made.rows_for_checks() or None)
    assert len(set(case.points)) == 6
    for point in case.points:
        at = {s: sp.Rational(int(v.p), int(v.q)) for s, v in zip(made.coordinates, point)} | constants
        assert all(c.subs(at) != sp.false for c in made.inequalities), (made.inequalities, at)


def _blocks():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.S)


def test_the_family_of_the_guide(tmp_path, monkeypatch):
    (tmp_path / "half_normal.py").write_text(_blocks()[0], encoding="utf-8")
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    monkeypatch.setitem(registry._ENTRIES, "families", dict(registry._ENTRIES["families"]))
    made = families.half_normal
    (s,) = made.coordinates
    assert made.key == "families.half_normal" and str(made.inequalities) == "(sigma > 0,)"
    assert families.half_normal().metric == sp.Matrix([[2 / s**2]])
    assert "half_normal" in {f.name for f in families.catalogue()}
    assert manifold_called("half_normal").dim == 1
    grid = made.on_grid({"sigma": [0.5, 2.0]}, ("metric",))
    assert grid.metric.values.ravel().tolist() == [8.0, 0.5]
    for name in ("half_normal", "chentsov.models.families.half_normal"):
        sys.modules.pop(name, None)
    vars(families).pop("half_normal", None)


def test_the_surface_of_the_guide(monkeypatch):
    scope = {"__name__": "chentsov.models.surfaces"}
    monkeypatch.setitem(registry._ENTRIES, "surfaces", dict(registry._ENTRIES["surfaces"]))
    exec(compile(_blocks()[1], "CONTRIBUTING.md", "exec"), scope)
    x, y = scope["saddle"].coordinates
    assert registry.find("saddle") is scope["saddle"]
    assert scope["saddle"].manifold.gaussian_curvature.equals(-1 / (1 + x**2 + y**2) ** 2)


def test_the_function_of_the_guide():
    code = _blocks()[2] + "\nfrom chentsov.geometry.kernels import compile\nx = sp.Symbol('x')\n"
    code += "print(float(compile(versine(x), [x])(1.25)))\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(0.6846776376047418, rel=1e-14)  # 1 − cos(5/4)


def test_unknown_names():
    with pytest.raises(ValueError, match="did you mean .*surfaces.torus"):
        registry.find("surfaces.torsu")
    with pytest.raises(AttributeError, match="noraml"):
        families.noraml
