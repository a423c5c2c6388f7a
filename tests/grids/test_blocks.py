"""Grids in blocks: lazily, in a store, interrupted and resumed."""

import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
import xarray as xr
import zarr
from chentsov.geometry.grids import on_grid
from chentsov.geometry.grids.blocks import Blocks
from chentsov.geometry.grids.lazy import origin
from chentsov.geometry.manifolds import RiemannianManifold
from hypothesis import given
from hypothesis import strategies as st

u, v = sp.symbols("u v", real=True)
torus = RiemannianManifold([[1, 0], [0, (2 + sp.cos(u)) ** 2]], (u, v))
AXES = {u: np.linspace(-3, 3, 10), v: np.linspace(0, 1, 7)}
QUANTITIES = ["ricci_scalar", "metric"]


class Stopped(Exception):
    pass


def stop_after(cells):
    def progress(done, total):
        if done >= cells:
            raise Stopped

    return progress


def evaluated_blocks(monkeypatch):
    """The starts of the blocks that are evaluated from now on."""
    from chentsov.geometry.grids import cells

    starts = []
    original = cells.Cells.evaluate
    monkeypatch.setattr(
        cells.Cells, "evaluate", lambda self, part: starts.append(part[0].start) or original(self, part)
    )
    return starts


def test_what_is_no_dataset_is_not_stored(tmp_path):
    with pytest.raises(ValueError, match="only a lazy dataset"):
        ch.store(3, tmp_path / "s.zarr")


@given(st.lists(st.integers(1, 9), min_size=1, max_size=3), st.data())
def test_blocks_cover_every_cell_once(shape, data):
    names = [f"x{k}" for k in range(len(shape))]
    chunks = data.draw(st.one_of(st.integers(1, 800), st.fixed_dictionaries({n: st.integers(1, 9) for n in names})))
    blocks = Blocks.of(shape, chunks, names)
    seen = np.zeros(shape, int)
    for index in blocks:
        seen[blocks.part(index)] += 1
    assert (seen == 1).all()
    if isinstance(chunks, int):
        assert np.prod(blocks.sizes) <= chunks


@pytest.mark.parametrize("chunks", [1, 20, 10**9, "auto", {"u": 3}, {u: 4, "v": -1}])
def test_blocks_change_nothing(chunks):
    whole = on_grid(torus, AXES, QUANTITIES, rtol=1e-10)
    lazy = on_grid(torus, AXES, QUANTITIES, rtol=1e-10, chunks=chunks)
    assert lazy.chunks and lazy.load().equals(whole)


def test_lazy_datasets_are_looked_at_as_any_other():
    whole, lazy = on_grid(torus, AXES, QUANTITIES), on_grid(torus, AXES, QUANTITIES, chunks={"u": 4})
    assert float(lazy.ricci_scalar.min()) == float(whole.ricci_scalar.min())
    piece = {"i": "v", "j": "v", "u": slice(2, 7)}
    assert lazy.metric.sel(i="v", j="v")[2:7].equals(whole.metric.sel(i="v", j="v")[2:7]), piece
    assert lazy.status.sum().compute() == 0


def test_only_what_is_looked_at_is_computed(monkeypatch):
    lazy = on_grid(torus, AXES, chunks={"u": 2})
    starts = evaluated_blocks(monkeypatch)
    lazy.ricci_scalar[5].compute()
    assert starts == [4]


def test_describing_is_not_computing():
    """4·10⁹ cells; the graph that travels stays under a kilobyte a block."""
    axis = np.linspace(-3, 3, 1 << 16)
    lazy = on_grid(torus, {u: axis, v: axis[:61036]}, QUANTITIES, chunks="auto")
    assert lazy.ricci_scalar.size > 4e9
    blocks = len(origin(lazy).blocks)
    assert len(pickle.dumps(lazy)) - 8 * (axis.size + 61036) < 1000 * blocks


@pytest.mark.parametrize("chunks", [0, -3, 1.5, True, "many", {"w": 3}, {"u": 0}, {"u": "all"}])
def test_chunks_that_do_not_fit(chunks):
    with pytest.raises(ValueError, match="chunks"):
        on_grid(torus, AXES, chunks=chunks)


def test_a_store_is_the_grid(tmp_path):
    whole = on_grid(torus, AXES, QUANTITIES, rtol=1e-10)
    told = []
    lazy = on_grid(torus, AXES, QUANTITIES, rtol=1e-10, chunks=14)
    stored = ch.store(lazy, tmp_path / "s.zarr", progress=lambda *numbers: told.append(numbers))
    assert stored.load().equals(whole)
    assert told == [(14 * k, 70) for k in range(1, 6)]
    plain = xr.open_zarr(tmp_path / "s.zarr")
    assert plain.load().equals(whole)
    for key in ("conventions", "versions", "rtol", "quantities", "structure"):
        assert plain.attrs[key] == lazy.attrs[key]
    assert plain.metric.attrs["long_name"] and plain.status.attrs["flag_meanings"]


def test_going_on_after_an_interruption(tmp_path, monkeypatch):
    whole = on_grid(torus, AXES)
    with pytest.raises(Stopped):
        ch.store(on_grid(torus, AXES, chunks=14), tmp_path / "s", progress=stop_after(28), workers=1)
    starts = evaluated_blocks(monkeypatch)
    resumed = on_grid(torus, AXES, chunks=14, store=tmp_path / "s")
    assert sorted(starts) in ([4, 6, 8], [6, 8], [8])  # one or two more may have been under way
    np.testing.assert_array_equal(resumed.ricci_scalar, whole.ricci_scalar)
    starts.clear()
    on_grid(torus, AXES, chunks=14, store=tmp_path / "s")
    assert starts == []


def test_a_block_of_nothing_but_nan_is_finished_too(tmp_path, monkeypatch):
    cone = RiemannianManifold([[1, 0], [0, sp.log(u) ** 2]], (u, v))
    starts = evaluated_blocks(monkeypatch)
    for _ in range(2):
        grid = on_grid(cone, {u: [-2.0, -1.0], v: [0.0, 1.0]}, chunks=2, store=tmp_path / "s")
        assert (grid.status == 2).all() and np.isnan(grid.ricci_scalar).all()
    assert sorted(starts) == [0, 1]


def test_several_at_once_on_one_store(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        grids = [on_grid(torus, AXES, chunks=7) for _ in range(4)]
        stored = list(pool.map(lambda grid: ch.store(grid, tmp_path / "s"), grids))
    assert all(s.load().equals(on_grid(torus, AXES)) for s in stored)
    assert [p.name for p in tmp_path.iterdir()] == ["s"]


@pytest.mark.parametrize("harm", ["gone", "broken", "changed"])
def test_harm_to_an_axis_is_mended(tmp_path, harm):
    whole = ch.store(on_grid(torus, AXES, chunks=14), tmp_path / "s").load()
    chunk = tmp_path / "s" / "u" / "c" / "0"
    if harm == "gone":
        chunk.unlink()
    elif harm == "broken":
        chunk.write_bytes(b"none")
    else:
        zarr.open_group(tmp_path / "s", mode="r+")["u"][...] = np.linspace(5, 6, 10)
    assert ch.store(on_grid(torus, AXES, chunks=14), tmp_path / "s").load().equals(whole)


@pytest.fixture
def little_patience(monkeypatch):
    """A scheduler that does not answer at once is given up."""
    monkeypatch.setattr(import_module("chentsov.geometry.grids.store"), "PATIENCE", "0.2s")


@pytest.mark.usefixtures("little_patience")
@pytest.mark.parametrize("scheduler", ["tcp://127.0.0.1:9", 5])
def test_a_scheduler_that_is_none_leaves_no_store(tmp_path, scheduler):
    with pytest.raises(ValueError, match="scheduler"):
        ch.store(on_grid(torus, AXES, chunks=14), tmp_path / "s", scheduler=scheduler)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="a store is a path"):
        ch.store(on_grid(torus, AXES, chunks=14), None)


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_packed_stores_hold_the_same_numbers(tmp_path, compression):
    axes = {u: np.linspace(-1, 1, 300), v: np.linspace(0, 1, 200)}
    sizes = []
    for name, packed in (("plain", None), ("packed", compression)):
        stored = ch.store(on_grid(torus, axes, ["metric"], chunks="auto"), tmp_path / name, compression=packed)
        assert stored.load().equals(on_grid(torus, axes, ["metric"]))
        sizes.append(sum(p.stat().st_size for p in (tmp_path / name).rglob("*") if p.is_file()))
    assert sizes[1] < sizes[0] / 2
    with pytest.raises(ValueError, match="compression = 'zip': None, 'lz4' or 'zstd'"):
        ch.store(on_grid(torus, axes, chunks="auto"), tmp_path / "other", compression="zip")


@pytest.mark.parametrize("harm", ["truncated", "changed", "gone", "no record", "half written"])
def test_harm_to_a_finished_block_is_seen_and_mended(tmp_path, monkeypatch, harm):
    whole = on_grid(torus, AXES)
    ch.store(on_grid(torus, AXES, chunks=14), tmp_path / "s")
    chunk = tmp_path / "s" / "ricci_scalar" / "c" / "2" / "0"
    content = chunk.read_bytes()
    if harm == "truncated":
        chunk.write_bytes(content[:-9])
    elif harm == "changed":
        chunk.write_bytes(content[:-3] + bytes(b ^ 1 for b in content[-3:]))
    elif harm == "gone":
        chunk.unlink()
    elif harm == "no record":
        shutil.rmtree(tmp_path / "s" / "chentsov_records" / "digest" / "c" / "2")
    else:
        chunk.with_suffix(".0123.partial").write_bytes(b"half")
    starts = evaluated_blocks(monkeypatch)
    again = ch.store(on_grid(torus, AXES, chunks=14), tmp_path / "s")
    assert starts == ([] if harm == "half written" else [4])
    assert again.load().equals(whole) and not list((tmp_path / "s").rglob("*.partial"))


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
    kept = on_grid(torus, store=tmp_path / "s", **asked).load()
    with pytest.raises(ValueError, match="another grid"):
        on_grid(torus, store=tmp_path / "s", **{**asked, **other})
    assert xr.open_zarr(tmp_path / "s").load().equals(kept)


def test_folders_that_will_not_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="not empty and holds no grid"):
        on_grid(torus, AXES, store=tmp_path / "file")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("precious")
    with pytest.raises(ValueError, match="not empty"):
        on_grid(torus, AXES, store=tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "precious"
    with pytest.raises(ValueError, match="cannot be used"):
        on_grid(torus, AXES, store=tmp_path / "file" / "inside")


def test_a_harmed_store_names_the_culprit(tmp_path):
    place = tmp_path / "s"
    on_grid(torus, AXES, store=place)
    chunk = next(f for f in (place / "ricci_scalar").rglob("*") if f.is_file() and f.parent.name != "ricci_scalar")
    chunk.unlink()
    chunk.mkdir()
    with pytest.raises(ValueError, match=re.escape(str(chunk.relative_to(place)))):
        on_grid(torus, AXES, store=place)
    chunk.rmdir()
    record = (place / "zarr.json").read_bytes()
    (place / "zarr.json").write_bytes(record[:40])
    with pytest.raises(ValueError, match="zarr.json.* is broken"):
        on_grid(torus, AXES, store=place)
    (place / "zarr.json").write_bytes(record)
    assert not on_grid(torus, AXES, store=place).status.any()
    for nowhere in ("", None, b"bytes"):
        with pytest.raises(ValueError, match="a store is a path"):
            ch.store(on_grid(torus, AXES, chunks=14), nowhere)


def test_only_whole_lazy_grids_are_stored(tmp_path):
    lazy = on_grid(torus, AXES, QUANTITIES, chunks=14)
    for changed in (lazy.isel(u=slice(3)), lazy.drop_vars("metric"), lazy * 2, on_grid(torus, AXES), xr.Dataset()):
        with pytest.raises(ValueError, match="as on_grid"):
            ch.store(changed, tmp_path / "s")
    assert not (tmp_path / "s").exists()


KILLED = """
import os, pathlib, signal, sys
import numpy as np, sympy as sp, chentsov as ch
u, v = sp.symbols("u v", real=True)
torus = ch.RiemannianManifold([[1, 0], [0, (2 + sp.cos(u)) ** 2]], (u, v))
grid = torus.on_grid({u: np.linspace(-3, 3, 60), v: np.linspace(0, 1, 70)}, ["ricci_scalar"], chunks=70)
writes, plain = 0, pathlib.Path.replace
def counted(self, target):
    global writes
    writes += 1
    if writes > int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(self, target)
pathlib.Path.replace = counted
ch.store(grid, sys.argv[1], workers=2)
"""


def run_killed(path, after):
    return subprocess.run([sys.executable, "-c", KILLED, str(path), str(after)], capture_output=True, text=True)


def _same_bytes(a, b):
    files = [sorted(p.relative_to(x) for p in x.rglob("*") if p.is_file()) for x in (a, b)]
    assert files[0] == files[1]
    for name in files[0]:
        assert (a / name).read_bytes() == (b / name).read_bytes(), name


def killed_again_and_again(tmp_path, moments):
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    axes = {u: np.linspace(-3, 3, 60), v: np.linspace(0, 1, 70)}  # as in the script
    ch.store(torus.on_grid(axes, ["ricci_scalar"], chunks=70), undisturbed, workers=2)
    for after in moments:
        run = run_killed(killed, after)
        if run.returncode == 0:  # what the runs before it had left was less than that
            _same_bytes(undisturbed, killed)
            shutil.rmtree(killed)
            run = run_killed(killed, after)
        assert run.returncode == -signal.SIGKILL
    ch.store(torus.on_grid(axes, ["ricci_scalar"], chunks=70), killed, workers=2)
    _same_bytes(undisturbed, killed)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.slow
def test_killed_while_writing_the_store_is_the_same_in_the_end(tmp_path):
    killed_again_and_again(tmp_path, [22])


@pytest.mark.slow
def test_killed_at_twenty_moments(tmp_path):
    killed_again_and_again(tmp_path, [int(x) for x in np.random.default_rng(3).integers(0, 40, 20)])


def test_a_full_disk_is_one_sentence_and_no_loss(tmp_path, monkeypatch):
    import errno
    import pathlib

    written = []
    plain = pathlib.Path.replace

    def full(self, target):
        written.append(target)
        if len(written) > 40:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return plain(self, target)

    monkeypatch.setattr(pathlib.Path, "replace", full)
    lazy = on_grid(torus, AXES, chunks=1)
    with pytest.raises(ValueError, match="no space left.*finished blocks are kept"):
        ch.store(lazy, tmp_path / "s")
    monkeypatch.undo()
    starts = evaluated_blocks(monkeypatch)
    assert ch.store(lazy, tmp_path / "s").load().equals(on_grid(torus, AXES))
    assert len(starts) < 70 + 1  # the whole grid for comparison is one of them


def test_a_sweep_has_the_models_as_a_dimension(tmp_path):
    def model(order, width):
        return RiemannianManifold(sp.diag(1, (width + sp.cos(u)) ** order), (u, v))

    grid = ch.sweep(model, {"order": [2, 4], "width": [2, 3]}, AXES, chunks={"u": 5})
    assert grid.ricci_scalar.dims == ("order", "width", "u", "v")
    stored = ch.store(grid, tmp_path / "s")
    for order in (2, 4):
        for width in (2, 3):
            one = on_grid(model(order, width), AXES).ricci_scalar
            np.testing.assert_array_equal(stored.ricci_scalar.sel(order=order, width=width), one)
    for over, message in (({}, "nothing to sweep"), ({"u": [1]}, "already"), ({"order": []}, "no values")):
        with pytest.raises(ValueError, match=message):
            ch.sweep(lambda **_: torus, over, AXES)


def test_a_neuron_brings_its_rows_along(tmp_path):
    neuron = ch.models.TwoWeightNeuron(data=ch.models.decision_boundary(20, seed=1))
    axes = {"theta_1": np.linspace(-1, 1, 8), "theta_2": np.linspace(-1, 1, 8)}
    whole = neuron.on_grid(axes, ("loss", "ricci_scalar"))
    stored = ch.store(neuron.on_grid(axes, ("loss", "ricci_scalar"), chunks=16), tmp_path / "s")
    np.testing.assert_array_equal(stored.ricci_scalar, whole.ricci_scalar)


def test_manifolds_with_conditions_of_their_own(tmp_path):
    """Where a potential is not convex, and integrals that are enclosed cell by cell, come block by block as well."""
    hessian = ch.HessianManifold((u**2 + v**2) / 2 + u * v**2 / 2, (u, v))
    s = sp.Symbol("s", positive=True)
    density = sp.exp(-((v / s) ** 4)) / (2 * s * sp.gamma(sp.Rational(5, 4)))
    quartic = ch.StatisticalManifold.from_density(density, {v: (-sp.oo, sp.oo)}, (s,), route="quadrature")
    cases = [
        (hessian, {u: np.linspace(-3, 1, 8), v: np.linspace(0, 1, 3)}, ["ricci_scalar", "metric"], {}),
        (quartic, {s: [0.5, 1.0, 2.0]}, ["metric"], {"rtol": 1e-8}),
    ]
    for number, (manifold, axes, names, options) in enumerate(cases):
        whole = manifold.on_grid(axes, names, **options)
        lazy = manifold.on_grid(axes, names, chunks=4, **options)
        stored = ch.store(lazy, tmp_path / str(number))
        for name in (*names, "status"):
            np.testing.assert_array_equal(lazy[name], whole[name])
            np.testing.assert_array_equal(stored[name], whole[name])
    assert set(np.unique(cases[0][0].on_grid(cases[0][1]).status)) == {0, 4}
    np.testing.assert_allclose(whole.metric[0, 0], 4 / np.array([0.5, 1.0, 2.0]) ** 2, rtol=1e-8)


def test_a_coordinate_that_nothing_contains_may_be_held_at_the_border():
    """|r − R₀| + R₀ = r beyond R₀, so the metric is diag(1, 2 r²/R₀²), which is flat; y is in nothing."""
    r, y = sp.symbols("r y", positive=True)
    radius = 696000000
    metric = sp.diag(1, (1 + sp.Abs(r - radius) / radius) ** 2 + (r / radius) ** 2)
    grid = RiemannianManifold(metric, (r, y)).on_grid({"r": [1e9], "y": 0.0}, rtol=1e-10)
    assert float(grid.ricci_scalar[0]) == 0 and int(grid.status[0]) == 0
    assert int(on_grid(RiemannianManifold(metric, (r, y)), {r: [-1e9], y: 0.0}).status[0]) == 2


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as made:
        yield made


@pytest.mark.slow
def test_workers_of_a_cluster_and_one_of_them_killed(tmp_path, cluster):
    axes = {u: np.linspace(-3, 3, 40), v: np.linspace(0, 1, 50)}
    killed = []

    def progress(done, total):
        if done > total / 3 and not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    stored = ch.store(
        on_grid(torus, axes, chunks=50), tmp_path / "s", scheduler=cluster.scheduler_address, progress=progress
    )
    assert killed and stored.load().equals(on_grid(torus, axes))


@pytest.mark.usefixtures("little_patience")
def test_a_scheduler_that_does_not_answer(tmp_path):
    start = time.monotonic()
    with pytest.raises(ValueError, match="no scheduler answers at tcp://127.0.0.1:9"):
        ch.store(on_grid(torus, AXES, chunks=14), tmp_path / "s", scheduler="tcp://127.0.0.1:9")
    assert time.monotonic() - start < 60


def test_without_the_extra_the_remedy_is_named(monkeypatch):
    for name in ("dask", "dask.array"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ValueError, match=re.escape("pip install 'chentsov[scale]'")):
        torus.on_grid({u: [1.0], v: [0.0]}, chunks=1)


x, y = sp.symbols("x y", real=True)
LINE = {"x": [-1.0, 0.5, 1.0], "y": [0.5, 0.7]}


def bump(x, **declared):
    return RiemannianManifold([[1 + x**2 * y**2, 0], [0, 1]], (x, y), **declared)


@pytest.mark.parametrize(
    "other, inside",
    [(bump(sp.Symbol("x", positive=True)), [[False] * 2, [True] * 2, [True] * 2]), (bump(x, domain=[y > 0.6]), [[0, 1]] * 3)],
    ids=["assumption", "inequality"],
)  # fmt: skip
def test_another_domain_is_another_question(tmp_path, other, inside):
    everywhere, part = bump(x).on_grid(LINE, chunks=2), other.on_grid(LINE, chunks=2)
    ch.store(everywhere, tmp_path / "s")
    with pytest.raises(ValueError, match="another grid"):
        ch.store(part, tmp_path / "s")
    import dask

    a, b = dask.compute(everywhere.ricci_scalar, part.ricci_scalar)  # one computation, in which names must not collide
    assert np.isfinite(a).all() and (np.isfinite(b) == np.array(inside, bool)).all()


def test_another_quantity_of_the_same_formula_is_another_question(tmp_path):
    flat = RiemannianManifold(sp.eye(2), (x, y))
    ch.store(flat.on_grid(LINE, ["ricci_scalar"], chunks=2), tmp_path / "s")
    with pytest.raises(ValueError, match="another grid"):
        ch.store(flat.on_grid(LINE, ["kretschmann"], chunks=2), tmp_path / "s")


def spheres(second):
    def sphere(which):
        return RiemannianManifold((1, second)[which] ** 2 * sp.diag(1, sp.sin(x) ** 2), (x, y))

    return ch.sweep(sphere, {"which": [0, 1]}, {"x": [0.5, 1.0], "y": 0.0})


def test_a_sweep_whose_maker_changed_is_computed_anew(tmp_path):
    import dask

    for radius in (2, 3):  # R of a sphere is 2/r²
        stored = ch.store(spheres(radius), tmp_path / "s").ricci_scalar.values
        np.testing.assert_allclose(stored, [[2, 2], [2 / radius**2] * 2], rtol=1e-13)
    both = dask.compute(spheres(2).ricci_scalar, spheres(3).ricci_scalar)
    np.testing.assert_allclose([g.values[1, 0] for g in both], [1 / 2, 2 / 9], rtol=1e-13)


def test_hessian_manifolds_are_lazy_and_stored_too(tmp_path):
    # ψ = (x² + y² + x y²)/2 has the Hessian ((1, y), (y, 1 + x)), which is positive definite where 1 + x > y²
    manifold = ch.HessianManifold((x**2 + y**2 + x * y**2) / 2, (x, y))
    axes = {"x": np.linspace(-3, 3, 13), "y": np.linspace(-2, 2, 9)}
    lazy = manifold.on_grid(axes, ["ricci_scalar", "metric"], chunks={"x": 5, "y": 4})
    assert type(lazy.status.data).__name__ == "Array"
    convex = 1 + axes["x"][:, None] > axes["y"] ** 2
    assert (np.isfinite(lazy.ricci_scalar.values) == convex).all() and np.isin(
        lazy.status.values[~convex], (1, 4)
    ).all()
    np.testing.assert_allclose(lazy.metric.values[1, 1], np.where(convex, 1 + axes["x"][:, None], np.nan), rtol=1e-14)
    study = pickle.loads(pickle.dumps(origin(lazy).study))
    assert (study.evaluate((slice(0, 5), slice(0, 4)))[1] == lazy.status.values[:5, :4]).all()
    eager = manifold.on_grid(axes, ["ricci_scalar", "metric"])
    for stored in (
        ch.store(lazy, tmp_path / "s"),
        manifold.on_grid(axes, ["ricci_scalar", "metric"], chunks={"x": 5, "y": 4}, store=tmp_path / "s"),
    ):
        np.testing.assert_array_equal(stored.status, eager.status)
        np.testing.assert_allclose(stored.ricci_scalar, eager.ricci_scalar, rtol=1e-13)
    huge = {"x": np.linspace(3, 4, 60_000), "y": np.linspace(-1, 1, 60_000)}
    assert np.isfinite(manifold.on_grid(huge, chunks="auto").ricci_scalar[30_000, 30_000].compute())
