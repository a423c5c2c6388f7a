"""Pictures: scales that fit the numbers, missing cells that can be seen."""

import io

import numpy as np
import pytest
import xarray as xr
from chentsov.plots import colour_scale, free_corner, heat_map, new_figure
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "values, kind",
    [
        ([0.0, 0.5, 1.0], "linear"),
        ([1e-5, 1e-2, 1.0], "logarithmic"),
        ([-1e4, -1.0, -1e-2], "signed logarithmic"),
        ([-1e4, 1e-1, 50.0], "signed logarithmic"),
        ([-2.0, 1.0], "linear"),
        ([3.0, 3.0], "linear"),
        ([np.nan, np.inf], "linear"),
        ([], "linear"),
    ],
)
def test_kinds_of_scale(values, kind):
    assert colour_scale(values).kind == kind


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=12))
def test_any_numbers_have_a_drawable_scale(values):
    scale = colour_scale(values)
    finite = [v for v in values if np.isfinite(v)]
    shades = np.ma.filled(scale.norm(np.ma.masked_invalid(np.array(values, dtype=float))), 0.5)
    assert np.isfinite(shades).all() and (shades >= -1e-9).all() and (shades <= 1 + 1e-9).all()
    if len(set(finite)) > 1:
        low, high = scale.norm(min(finite)), scale.norm(max(finite))
        assert low <= high
    assert scale.ticks is None or len(scale.ticks) <= 8


def test_most_cells_keep_their_colours_beside_a_few_enormous_ones():
    values = np.concatenate([np.geomspace(1, 1000, 99), [1e31]])
    shades = colour_scale(-values).norm(-values[:99])
    assert shades.max() - shades.min() > 0.05 and len(np.unique(np.round(shades, 4))) > 40


def test_opposite_values_get_opposite_colours():
    norm = colour_scale([-1000.0, 0.01, 3.0]).norm
    assert norm(0.0) == pytest.approx(0.5) and norm(20.0) + norm(-20.0) == pytest.approx(1.0)


def _drawn(field):
    figure = new_figure(4, 3)
    holes = heat_map(figure.subplots(), field, "title")
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    return figure, holes


def test_missing_cells_are_hatched_and_reported():
    x = np.linspace(0, 1, 5)
    field = xr.DataArray(np.outer(x, x), {"theta_1": x, "theta_2": x}, ("theta_1", "theta_2"))
    figure, holes = _drawn(field)
    assert not holes and not figure.axes[0].patches
    field.values[2, 3] = np.nan
    figure, holes = _drawn(field)
    assert holes and figure.axes[0].patches[0].get_hatch()


def test_first_dimension_runs_to_the_right_and_cells_sit_at_their_coordinates():
    field = xr.DataArray(
        [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        {"theta_1": [0.0, 1.0], "theta_2": [10.0, 20.0, 40.0]},
        ("theta_1", "theta_2"),
    )
    figure, _ = _drawn(field)
    ax = figure.axes[0]
    assert ax.get_xlabel() == "$\\theta_{1}$" and ax.get_xlim() == (-0.5, 1.5) and ax.get_ylim() == (5.0, 50.0)
    mesh = ax.collections[0]
    assert mesh.get_array().reshape(3, 2).tolist() == [[1, 4], [2, 5], [3, 6]]


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1)])
def test_thin_grids_can_be_drawn(shape):
    field = xr.DataArray(np.ones(shape), {"u": np.arange(shape[0]) * 1.0, "v": np.arange(shape[1]) * 1.0}, ("u", "v"))
    _drawn(field)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(-4, 4), st.floats(-4, 4)), min_size=1, max_size=6))
def test_a_legend_keeps_off_the_start_of_a_path(points):
    ax = new_figure(3, 3).subplots()
    ax.set(xlim=(-4, 4), ylim=(-4, 4))
    upward, side = free_corner(ax, np.array(points)).split()
    corner = np.array([4 if side == "right" else -4, 4 if upward == "upper" else -4])
    assert np.hypot(*(np.array(points[0]) - corner)) > 4  # half a side


def test_resting_states_stand_inside_whatever_the_extent():
    from chentsov.plots_hopfield import hopfield_figure

    side, volumes = np.linspace(-4, 4, 9), ["primal", "riemannian", "dual"]
    t = np.linspace(0, 1, 5)
    result = xr.Dataset(
        {
            "velocity": (("u1", "u2", "neuron"), np.ones((9, 9, 2))),
            "compressibility": (("volume", "u1", "u2"), np.ones((3, 1, 1)) * np.add.outer(side, side)),
            "basin": (("basin_u1", "basin_u2"), np.zeros((9, 9), int)),
            "fixed_point": (("point", "neuron"), [[-4.1, 5.1], [0.1, 0.2], [60.0, 0.0]]),
            "fixed_point_kind": ("point", ["stable", "saddle", "stable"]),
            "path": (("t", "neuron"), np.stack([3 - t, 3.6 - t], axis=1)),
            "accumulated": (("t", "volume"), np.zeros((5, 3))),
            "log_volume": (("t", "volume"), np.zeros((5, 3))),
        },
        {"u1": side, "u2": side, "basin_u1": side, "basin_u2": side, "t": t, "volume": volumes},
    )
    figure = hopfield_figure(result, "title")
    for ax in [a for a in figure.axes if a.get_xlabel() == "$u_1$"]:
        assert ax.get_xlim() == ax.get_ylim() == (-4, 4)
        marks = [line for line in ax.lines if line.get_marker() in ("o", "X") and len(line.get_xdata()) == 1]
        assert len(marks) >= 3
        for mark in marks:
            assert abs(float(mark.get_xdata()[0])) < 4 and abs(float(mark.get_ydata()[0])) < 4
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert names == ["stable, outside", "saddle"]
