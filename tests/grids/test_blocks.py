"""Blocks on disk: interrupted work is gone on with, other work is not mistaken for it."""

import json

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.grids import on_grid
from chentsov.geometry.manifolds import RiemannianManifold

u, v = sp.symbols("u v", real=True)
torus = RiemannianManifold([[1, 0], [0, (2 + sp.cos(u)) ** 2]], (u, v))
AXES = {u: np.linspace(-3, 3, 10), v: np.linspace(0, 1, 7)}


class Stopped(Exception):
    pass


def stop_after(cells):
    def progress(done, total):
        if done >= cells:
            raise Stopped

    return progress


def test_blocks_change_nothing():
    whole = on_grid(torus, AXES, ["ricci_scalar", "metric"])
    for chunks in (1, 20, 10**9):
        np.testing.assert_array_equal(
            on_grid(torus, AXES, ["ricci_scalar", "metric"], chunks=chunks).metric, whole.metric
        )


def test_going_on_after_an_interruption(tmp_path, monkeypatch):
    whole = on_grid(torus, AXES)
    with pytest.raises(Stopped):
        on_grid(torus, AXES, chunks=14, store=tmp_path / "s", progress=stop_after(28))
    finished = json.loads((tmp_path / "s" / "manifest.json").read_text())
    assert finished["finished"] == [0, 1] and finished["blocks"] == 5

    from chentsov.geometry.grids import cells

    evaluated = []
    original = cells.Cells.evaluate
    monkeypatch.setattr(
        cells.Cells, "evaluate", lambda self, part: evaluated.append(part[0].start) or original(self, part)
    )
    resumed = on_grid(torus, AXES, chunks=14, store=tmp_path / "s")
    assert evaluated == [4, 6, 8]
    np.testing.assert_array_equal(resumed.ricci_scalar, whole.ricci_scalar)
    evaluated.clear()
    on_grid(torus, AXES, chunks=14, store=tmp_path / "s")
    assert evaluated == []


def test_a_block_of_nothing_but_nan_is_finished_too(tmp_path):
    cone = RiemannianManifold([[1, 0], [0, sp.log(u) ** 2]], (u, v))
    for _ in range(2):
        grid = on_grid(cone, {u: [-2.0, -1.0], v: [0.0, 1.0]}, chunks=2, store=tmp_path / "s")
        assert (grid.status == 2).all() and np.isnan(grid.ricci_scalar).all()
    assert json.loads((tmp_path / "s" / "manifest.json").read_text())["finished"] == [0, 1]


@pytest.mark.parametrize(
    "other",
    [
        {"dtype": "float32"},
        {"rtol": 1e-9},
        {"quantities": ["determinant"]},
        {"axes": {u: np.linspace(-3, 3, 10) + 1e-12, v: AXES[v]}},
        {"chunks": 7},
    ],
)
def test_another_question_is_refused(tmp_path, other):
    asked = {"axes": AXES, "chunks": 14}
    on_grid(torus, store=tmp_path / "s", **asked)
    with pytest.raises(ValueError, match="another grid"):
        on_grid(torus, store=tmp_path / "s", **{**asked, **other})


def test_folders_that_will_not_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="cannot be used"):
        on_grid(torus, AXES, store=tmp_path / "file")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("precious")
    with pytest.raises(ValueError, match="not empty"):
        on_grid(torus, AXES, store=tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "precious"
    for chunks in (0, -3, 1.5, True):
        with pytest.raises(ValueError, match="chunks"):
            on_grid(torus, AXES, chunks=chunks)


def test_a_broken_manifest_means_starting_over_only_in_our_own_folder(tmp_path):
    on_grid(torus, AXES, store=tmp_path / "s")
    (tmp_path / "s" / "manifest.json").write_text("{ half")
    with pytest.raises(ValueError, match="not empty"):
        on_grid(torus, AXES, store=tmp_path / "s")
