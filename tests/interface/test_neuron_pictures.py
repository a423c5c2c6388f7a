"""`chentsov neuron --all`: the thesis's figures in one go, one colour map a quantity, panels of their own."""

import numpy as np
import pytest
import xarray as xr
from chentsov.command_line import run
from chentsov.models import TwoWeightNeuron, decision_boundary
from chentsov.models.neuron import weight_axes
from chentsov.plots import new_figure
from chentsov.plots_neuron import PANELS, Run, all_figures, panel_figure

QUANTITIES = ("loss", "metric", "fisher_trace", "ntk_trace", "ricci_scalar")


@pytest.fixture(scope="module")
def runs():
    data, made = decision_boundary(30, seed=0), {}
    for loss in TwoWeightNeuron.LOSSES:
        model = TwoWeightNeuron(loss, data=data)
        made[loss] = Run(model, model.on_grid(weight_axes(8), QUANTITIES), model.train(steps=60))
    return made


def _mesh(name, run_):
    ax = new_figure(3, 3).subplots()
    holes = PANELS[name](ax, run_)
    return ax, ax.collections[0], holes


@pytest.mark.parametrize("name", ["loss", "g_11", "g_12", "g_22", "fisher_trace", "ntk_trace", "ricci_scalar"])
def test_a_quantity_has_one_colour_map_for_every_loss(name, runs):
    drawn = [_mesh(name, r) for r in runs.values()]
    assert len({mesh.get_cmap().name for _, mesh, _ in drawn}) == 1
    for _, mesh, holes in drawn:
        assert not holes and not np.ma.getmaskarray(mesh.get_array()).any()
        if name in ("ricci_scalar", "g_12"):
            assert mesh.norm(0.0) == pytest.approx(0.5) and mesh.norm.vmin == -mesh.norm.vmax
        else:
            assert mesh.norm.vmin >= 0


def test_losses_share_the_scale_of_a_quantity_where_all_are_drawn(runs):
    every = tuple(runs.values())
    compared = [Run(r.model, r.grid, r.path, every) for r in every]
    for name in ("loss", "fisher_trace", "ricci_scalar"):
        ends = {(m.norm.vmin, m.norm.vmax) for _, m, _ in (_mesh(name, r) for r in compared)}
        assert len(ends) == 1
        values = np.concatenate([r.grid[name].values.ravel() for r in every])
        assert ends.pop()[1] == pytest.approx(np.abs(values).max() if name == "ricci_scalar" else values.max())


def test_every_loss_shows_its_valley_where_all_are_drawn(runs):
    every = tuple(runs.values())
    for r in every:
        mesh = _mesh("loss", Run(r.model, r.grid, r.path, every))[1]
        shades = mesh.norm(r.grid["loss"].values)
        assert np.ptp(shades) > 0.3, r.loss_title


def test_the_paths_are_on_linear_axes(runs):
    for name, columns in (("traces", ["fisher_trace", "ntk_trace"]), ("curvature", ["ricci_scalar"])):
        figure = new_figure(3, 3)
        assert not PANELS[name](figure.subplots(), runs["cross_entropy"])
        assert all(ax.get_xscale() == ax.get_yscale() == "linear" for ax in figure.axes)
        lines = [line for ax in figure.axes for line in ax.lines]
        for line, column in zip(lines, columns, strict=True):
            assert np.array_equal(line.get_ydata(), runs["cross_entropy"].path[column])


def test_the_output_is_the_neuron_s_at_its_last_weights(runs):
    r = runs["cross_entropy"]
    ax, mesh, _ = _mesh("output", r)
    a, b = float(r.path.theta_1[-1]), float(r.path.theta_2[-1])
    x = y = np.linspace(0, 1, 201)
    expected = 1 / (1 + np.exp(-5 * (a * x[None, :] + b * y[:, None])))
    np.testing.assert_allclose(mesh.get_array().reshape(201, 201), expected, rtol=1e-12)
    assert f"{r.path.attrs['predicted_right']} of 30" in ax.get_title()


def test_the_data_are_those_of_the_run(runs):
    ax = new_figure(3, 3).subplots()
    PANELS["data"](ax, runs["lp_norm"])
    for line, target in zip(ax.lines, (0, 1), strict=True):
        chosen = runs["lp_norm"].model.data.t == target
        assert np.array_equal(line.get_xdata(), runs["lp_norm"].model.data.x[chosen])


def test_every_figure_of_the_thesis_has_its_counterpart(runs, monkeypatch):
    import chentsov.plots_neuron as plots

    monkeypatch.setattr(plots, "PANELS", dict.fromkeys(PANELS, lambda ax, run: False))  # drawing them takes seconds
    pages = all_figures(runs)
    by_loss = [f"{kind}-{loss}" for loss in TwoWeightNeuron.LOSSES for kind in ("surfaces", "training")]
    assert list(pages) == ["data", "losses", "output", *by_loss]
    assert len(pages["losses"].axes) == len(pages["training-lp_norm"].axes) == 3
    assert len(pages["surfaces-lp_norm"].axes) == 6 and len(pages["output"].axes) == 1


def test_a_panel_is_one_large_picture(runs, tmp_path):
    from chentsov.outputs import save_figure

    starts = {".svg": b"<?xml", ".pdf": b"%PDF"}
    for ending, start in starts.items():
        save_figure(panel_figure("curvature", runs["lp_norm"]), tmp_path / f"r{ending}")
        assert (tmp_path / f"r{ending}").read_bytes().startswith(start)


@pytest.mark.slow
def test_all_in_one_go(tmp_path, capsys):
    options = ["--points", "12", "--rows", "30", "--panel", "ricci_scalar.svg", "--panel", "data"]
    assert run(["neuron", "--all", *options, "--output", str(tmp_path)]) == 0
    names = {p.name for p in tmp_path.iterdir()}
    for loss in TwoWeightNeuron.LOSSES:
        assert {f"neuron-{loss}.nc", f"surfaces-{loss}.png", f"training-{loss}.png"} <= names
        assert {f"ricci_scalar-{loss}.svg", f"data-{loss}.png"} <= names
        with xr.open_dataset(tmp_path / f"neuron-{loss}.nc", engine="h5netcdf") as data:
            assert data["ricci_scalar"].notnull().all()
    assert {"data.png", "losses.png", "output.png"} <= names and "FAIL" not in capsys.readouterr().out
