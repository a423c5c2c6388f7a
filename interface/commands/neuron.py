"""``chentsov neuron``: the two-weight neuron from formula to picture, with its numbers cross-checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from chentsov.geometry.exact.errors import CheckFailed, InputError

if TYPE_CHECKING:
    import xarray as xr
    from chentsov.geometry.validation.crosscheck import CrossCheck
    from chentsov.models.neuron import TwoWeightNeuron
    from chentsov.reports import Report

__all__ = ["register"]

QUANTITIES = ("loss", "metric", "fisher_trace", "ntk_trace", "ricci_scalar")

# To which relative tolerance numbers are certified, unless asked otherwise; and how far machine numbers may be off.
_TOLERANCE = {"float64": 1e-9, "float32": 1e-3}
_UNCERTIFIED = {"float64": 1e-9, "float32": 1e-2}


def register(app: typer.Typer) -> None:
    app.command("neuron")(neuron)


def neuron(
    loss: str = typer.Option("mean_power", help="mean_power, lp_norm or cross_entropy."),
    order: float = typer.Option(2, help="n of |f − t|ⁿ, or p of the Lᵖ norm."),
    slope: float = typer.Option(5, help="Slope s of f = σ(s (θ₁x + θ₂y))."),
    points: int = typer.Option(256, help="Grid points a side."),
    extent: float = typer.Option(3, help="The grid spans [−extent, extent]²."),
    rows: int = typer.Option(200, help="Rows of the decision-boundary data."),
    seed: int = typer.Option(0, help="Seed of the data and of the cross-check's points."),
    data: Path | None = typer.Option(
        None, help="A CSV file with columns x, y, t instead of the decision-boundary data."
    ),
    learning_rate: float | None = typer.Option(None, help="Learning rate of gradient descent. [default: by loss]"),
    steps: int = typer.Option(1000, help="Steps of gradient descent."),
    rtol: float | None = typer.Option(
        None,
        help="Certify every number to this relative tolerance; 0: machine numbers as they come. [default: "
        "1e-9; float32: 1e-3]",
    ),
    dtype: str = typer.Option("float64", help="float64 or float32."),
    output: Path = typer.Option(Path("."), help="Folder for neuron.nc and neuron.png."),
) -> None:
    """Derive, evaluate on a grid, train, cross-check and draw the two-weight neuron."""
    from chentsov.models.datasets import LabelledPoints, decision_boundary
    from chentsov.models.neuron import TwoWeightNeuron, weight_axes
    from chentsov.models.training import check_schedule
    from chentsov.outputs import save_figure, save_netcdf, writable_folder
    from chentsov.reports import Report

    if dtype not in _TOLERANCE:
        raise InputError(f"unknown dtype '{dtype}': choose float64 or float32")
    tolerance = _TOLERANCE[dtype] if rtol is None else rtol
    if not 0 <= tolerance < 1:
        raise InputError(f"the relative tolerance must lie between 0 and 1, not {rtol}")
    points_of = LabelledPoints.read_csv(data) if data is not None else decision_boundary(rows, seed)
    model = TwoWeightNeuron(loss, int(order) if order.is_integer() else order, slope, points_of)
    axes = weight_axes(points, extent)
    check_schedule(learning_rate, steps)
    folder = writable_folder(output)

    report = Report()
    with report.stage("derive"):
        model.ricci_scalar_of_moments
        identity = model.trace_identity_holds()
    _show_closed_forms(report, model, identity)
    with report.stage("evaluate") as advance:
        grid = model.on_grid(axes, QUANTITIES, rtol=tolerance or None, dtype=dtype, progress=advance)
    with report.stage("train"):
        path = model.train(learning_rate=learning_rate, steps=steps)
    _show_ranges(report, grid, path)
    with report.stage("cross-check"):
        checked = cross_check(model, grid, seed=seed, tolerance=tolerance or _UNCERTIFIED[dtype])
    _show_cross_check(report, checked)
    with report.stage("write"):
        result = combined(model, grid, path, checked, seed)
        save_netcdf(result, folder / "neuron.nc")
        save_figure(_figure(model, grid, path), folder / "neuron.png")
    report.heading("Time")
    report.timetable()
    report.line(f"written: {folder / 'neuron.nc'}, {folder / 'neuron.png'}")
    if not checked.passed:
        raise CheckFailed("the cross-check failed: see the table above")


def cross_check(model: TwoWeightNeuron, grid: xr.Dataset, seed: int, tolerance: float) -> CrossCheck:
    """R on the grid through jets, and two manifolds small enough to be compared symbolically."""
    import sympy as sp
    from chentsov.geometry.manifolds import RiemannianManifold
    from chentsov.geometry.validation.crosscheck import crosscheck, crosscheck_grid

    a, b = sp.symbols("a b", positive=True)
    normal = RiemannianManifold([[1 / b**2, 0], [0, 2 / b**2]], (a, b), name="normal family (R = −1)")
    sphere = RiemannianManifold([[1, 0], [0, sp.sin(a) ** 2]], (a, b), name="unit sphere (R = 2)")
    if grid["ricci_scalar"].notnull().any():
        own = crosscheck_grid(model, grid, points=16, seed=seed, tolerance=tolerance)
    else:  # two rows make a flat manifold, and no 0 is proven to a relative tolerance
        own = crosscheck(model, points=8, seed=seed)
    return own + crosscheck(normal) + crosscheck(sphere)


def combined(model: TwoWeightNeuron, grid: xr.Dataset, path: xr.Dataset, checked: CrossCheck, seed: int) -> xr.Dataset:
    """One labelled dataset: the grid, the training path (``path_…`` over step), the data rows, and where all
    came from.
    """
    import json
    from importlib.metadata import version

    result = grid.copy()
    for name, column in path.data_vars.items():
        long_name = column.attrs.get("long_name", f"weight {name}")
        result[f"path_{name}"] = column.assign_attrs(long_name=f"{long_name} along gradient descent")
    assert model.data is not None
    for name, meaning in (("x", "first input"), ("y", "second input"), ("t", "target")):
        result[f"data_{name}"] = ("row", getattr(model.data, name), {"long_name": meaning})
    for name in QUANTITIES:
        if name != "metric":
            result[name].attrs["closed_form"] = str(model.in_terms_of_output(model.expression_of(name)))
    result.attrs.update(
        title=model.name,
        output=f"f = {model.output}",
        training=json.dumps(dict(path.attrs)),
        crosscheck=str(checked),
        seed=seed,
        versions=f"{grid.attrs['versions']}, einsteinpy {version('einsteinpy')}, xarray {version('xarray')}",
    )
    return result


# -- what the terminal shows ------------------------------------------------------------------------------------------


def _show_closed_forms(report: Report, model: TwoWeightNeuron, identity: bool) -> None:
    report.line(_title(model))
    report.heading("Closed forms (E_D: mean over the data rows)")
    report.formula("f", model.output)
    report.formula("L", model.in_terms_of_output(model.loss))
    for symbol, expression in model.moments.items():
        report.formula(symbol, model.in_terms_of_output(expression))
    report.formula("R", model.ricci_scalar_of_moments)
    report.formula("tr Λ/N", model.in_terms_of_output(model.ntk_trace))
    kind = model.manifold.structure
    report.line(f"  structure found: {kind}" + (" (∂_k g_ij = T_ijk totally symmetric)" if kind == "hessian" else ""))
    report.line(f"  tr g = E_D[(∂ℓ/∂f)² |∇f|²]: {'holds exactly' if identity else 'DOES NOT HOLD'}")
    if model.manifold.field(model.fisher_trace - model.ntk_trace).is_zero:
        report.line("  tr g = tr Λ/N: holds exactly for this loss")


def _show_ranges(report: Report, grid: xr.Dataset, path: xr.Dataset) -> None:
    import numpy as np
    from chentsov.reports import number

    fields: dict[str, Any] = {"loss": grid["loss"]}
    for i, j in ((0, 0), (0, 1), (1, 1)):
        fields[f"g_{i + 1}{j + 1}"] = grid["metric"].isel(i=i, j=j)
    fields |= {"tr g": grid["fisher_trace"], "tr Λ/N": grid["ntk_trace"], "R": grid["ricci_scalar"]}
    rows = []
    for name, field in fields.items():
        finite = field.values[np.isfinite(field.values)]
        ends = [number(float(v)) for v in (finite.min(), finite.max())] if finite.size else ["-", "-"]
        along = {"loss": "loss", "tr g": "fisher_trace", "tr Λ/N": "ntk_trace", "R": "ricci_scalar"}.get(name)
        ends += [number(float(path[along].values[k])) for k in (0, -1)] if along else ["", ""]
        rows.append((name, *ends, str(field.size - finite.size)))
    across, upward = (grid.sizes[d] for d in ("theta_1", "theta_2"))
    report.heading(f"Over {across} × {upward} weights, and from the start to the end of training")
    report.table(("quantity", "least", "greatest", "start", "end", "missing cells"), rows, right=(1, 2, 3, 4, 5))
    if reasons := _reasons(grid["status"]):
        report.line(f"  cells without a number, by the reason in `status`: {reasons}")
    report.line(
        f"  trained {path.attrs['steps']} steps at rate {number(path.attrs['learning_rate'])}: "
        f"θ = ({number(float(path['theta_1'][-1]))}, {number(float(path['theta_2'][-1]))}), "
        f"{path.attrs['predicted_right']} of {path.attrs['rows']} rows predicted right"
    )


def _reasons(status: xr.DataArray) -> str:
    """How many cells have which reason for having no number."""
    from collections import Counter

    from chentsov.geometry.grids import STATUS

    counts = Counter(int(code) for code in status.values.flat if code)
    return ", ".join(f"{count} {STATUS[code].replace('_', ' ')}" for code, count in counts.most_common())


def _show_cross_check(report: Report, checked: CrossCheck) -> None:
    report.heading(f"Cross-check against {checked.oracle}")
    rows = [(f"{c.quantity} of {c.subject}", *c.cells()[2:]) for c in checked.comparisons]
    report.table(("quantity", "route", "points", "worst rel. difference", "allowed", ""), rows, right=(2, 3, 4))


def _figure(model: TwoWeightNeuron, grid: xr.Dataset, path: xr.Dataset) -> Any:
    from chentsov.plots_neuron import neuron_figure

    return neuron_figure(grid, path, _title(model))


def _title(model: TwoWeightNeuron) -> str:
    assert model.data is not None
    return f"{model.name[0].upper()}{model.name[1:]}   ·   slope {model.slope}   ·   {model.data.source}"
