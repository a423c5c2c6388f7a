"""``chentsov neuron``: the two-weight neuron from formula to picture, with its numbers cross-checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from chentsov.geometry.exact.errors import CheckFailed, InputError

from .shared import WIDTH

if TYPE_CHECKING:
    import xarray as xr
    from chentsov.geometry.validation.crosscheck import CrossCheck
    from chentsov.models.neuron import TwoWeightNeuron
    from chentsov.plots_neuron import Run
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
    every: bool = typer.Option(
        False, "--all", help="All three losses: the counterparts of the thesis's figures 5.2 to 5.10 and C.1 to C.3."
    ),
    panel: list[str] = typer.Option(
        [], help="One large panel: NAME or NAME.png, .svg, .pdf (data, output, loss, g_11, …); may be repeated.",
        show_default=False,
    ),
    order: float = typer.Option(2, help="n of |f − t|ⁿ, or p of the Lᵖ norm."),
    slope: float = typer.Option(5, help="Slope s of f = σ(s (θ₁x + θ₂y))."),
    points: int = typer.Option(256, help="Grid points a side."),
    extent: float = typer.Option(3, help="The grid spans [−extent, extent]²."),
    rows: int = typer.Option(200, help="Rows of the decision-boundary data."),
    seed: int = typer.Option(0, help="Seed of the data and of the cross-check's points."),
    data: Path | None = typer.Option(
        None, help="A CSV file with columns x, y, t instead of the decision-boundary data."
    ),
    optimizer: str = typer.Option("gradient-descent", help="gradient-descent or adam."),
    learning_rate: float | None = typer.Option(None, help="Its learning rate. [default: by loss]"),
    steps: int | None = typer.Option(
        None, help="Steps of training. [default: until every row is predicted right, at most 30000]"
    ),
    rtol: float | None = typer.Option(
        None,
        help="Certify every number to this relative tolerance; 0: machine numbers as they come. [default: "
        "1e-9; float32: 1e-3]",
    ),
    dtype: str = typer.Option("float64", help="float64 or float32."),
    latex: bool = typer.Option(False, "--latex", help="Closed forms as LaTeX."),
    width: int = WIDTH,
    output: Path = typer.Option(Path("."), help="Folder for the results."),
) -> None:  # fmt: skip
    """Derive, evaluate on a grid, train, cross-check and draw the two-weight neuron.

    Writes neuron.nc and neuron.png; with --all, for each loss a neuron-LOSS.nc and the pictures of section 5.2.
    """
    from chentsov.geometry.grids.grid import tolerance
    from chentsov.models.datasets import LabelledPoints, decision_boundary
    from chentsov.models.neuron import TwoWeightNeuron, weight_axes
    from chentsov.models.training import check_schedule
    from chentsov.outputs import writable_folder
    from chentsov.reports import Report

    if dtype not in _TOLERANCE:
        raise InputError(f"unknown dtype '{dtype}': choose float64 or float32")
    wanted = _TOLERANCE[dtype] if rtol is None else rtol
    if not 0 <= wanted < 1:
        raise InputError(f"the relative tolerance must lie between 0 and 1, not {rtol}")
    rtol = tolerance(wanted, dtype) if wanted else 0.0
    if every and loss != "mean_power":
        raise InputError(f"--all takes every loss: leave out --loss {loss[:60]}")
    panels = list(dict.fromkeys(_read_panel(text) for text in panel))
    points_of = LabelledPoints.read_csv(data) if data is not None else decision_boundary(rows, seed)
    n = int(order) if order.is_integer() else order
    models = {
        name: TwoWeightNeuron(name, n, slope, points_of) for name in (TwoWeightNeuron.LOSSES if every else (loss,))
    }
    axes = weight_axes(points, extent)
    check_schedule(learning_rate, steps, optimizer)
    folder = writable_folder(output)

    report = Report(width, latex)
    training = {"learning_rate": learning_rate, "steps": steps, "optimizer": optimizer}
    written, passed, runs = [], True, {}
    for name, model in models.items():
        suffix = f"-{name}" if every else ""
        run, checked = _study(report, model, axes, training, rtol, dtype, seed, suffix)
        with report.stage(f"write{suffix}"):
            written.append(_save(combined(run, checked, seed), folder / f"neuron{suffix}.nc"))
            for kind, ending in panels:
                written.append(_draw_panel(kind, run, folder / f"{kind}{suffix}{ending}"))
        runs[name], passed = run, passed and checked.passed
    with report.stage("draw"):
        written += _draw(runs, folder, every)
    report.heading("Time")
    report.timetable()
    report.line(f"written: {', '.join(map(str, written))}")
    if not passed:
        raise CheckFailed("the cross-check failed: see the table above")


def _read_panel(text: str) -> tuple[str, str]:
    """A panel's name and the ending of its file: "loss.svg", or "loss", which is a PNG."""
    from chentsov.outputs import PICTURES
    from chentsov.plots_neuron import PANELS

    name, dot, ending = text.rpartition(".")
    name, ending = (name, ending) if dot else (ending, "")
    if "/" in text:
        raise InputError(f"a panel is a name, not the path '{text[:60]}': its folder is given by --output")
    if name not in PANELS:
        raise InputError(f"unknown panel '{text[:60]}': choose one of {', '.join(PANELS)}")
    if dot and f".{ending.lower()}" not in PICTURES:
        raise InputError(f"a panel is written as {', '.join(PICTURES)}, not '.{ending[:60]}'")
    return name, f".{ending.lower()}" if dot else ".png"


def _study(
    report: Report, model: TwoWeightNeuron, axes: Any, training: dict[str, Any], tolerance: float, dtype: str,
    seed: int, suffix: str,
) -> tuple[Run, CrossCheck]:  # fmt: skip
    """Everything that is computed for one loss, and shown on the terminal; stages carry the suffix."""
    from chentsov.plots_neuron import Run

    with report.stage(f"derive{suffix}"):
        model.ricci_scalar_of_moments
        identity = model.trace_identity_holds()
    _show_closed_forms(report, model, identity)
    with report.stage(f"evaluate{suffix}") as advance:
        grid = model.on_grid(axes, QUANTITIES, rtol=tolerance or None, dtype=dtype, progress=advance)
    with report.stage(f"train{suffix}", count="steps") as advance:
        path = model.train(**training, progress=advance)
    _show_ranges(report, grid, path)
    with report.stage(f"cross-check{suffix}"):
        checked = cross_check(model, grid, seed=seed, tolerance=tolerance or _UNCERTIFIED[dtype])
    _show_cross_check(report, checked)
    return Run(model, grid, path), checked


def _save(dataset: xr.Dataset, path: Path) -> Path:
    from chentsov.outputs import save_netcdf

    save_netcdf(dataset, path)
    return path


def _draw_panel(kind: str, run: Run, path: Path) -> Path:
    from chentsov.outputs import save_figure
    from chentsov.plots_neuron import panel_figure

    save_figure(panel_figure(kind, run), path)
    return path


def _draw(runs: dict[str, Run], folder: Path, every: bool) -> list[Path]:
    """The page of the one loss, or all pages of all of them."""
    from chentsov import plots_neuron
    from chentsov.outputs import save_figure

    pages = plots_neuron.all_figures(runs) if every else {"neuron": plots_neuron.neuron_figure(*runs.values())}
    for name, figure in pages.items():
        save_figure(figure, folder / f"{name}.png")
    return [folder / f"{name}.png" for name in pages]


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


def combined(run: Run, checked: CrossCheck, seed: int) -> xr.Dataset:
    """One labelled dataset: the grid, the training path (``path_…`` over step), the data rows, and where all
    came from.
    """
    import json
    from importlib.metadata import version

    model, grid, path = run.model, run.grid, run.path
    result = grid.copy()
    for name, column in path.data_vars.items():
        long_name = column.attrs.get("long_name", f"weight {name}")
        result[f"path_{name}"] = column.assign_attrs(
            long_name=f"{long_name} along training ({path.attrs['optimizer']})"
        )
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
    from chentsov.plots_neuron import title_of

    report.line(title_of(model))
    report.heading("Closed forms (E_D: mean over the data rows)")
    report.formula("f", model.output)
    report.formula("L", model.in_terms_of_output(model.loss), r"\mathcal{L}")
    for symbol, expression in model.moments.items():
        report.formula(symbol, model.in_terms_of_output(expression))
    report.formula("R", model.ricci_scalar_of_moments)
    report.formula("tr Λ/N", model.in_terms_of_output(model.ntk_trace), r"\operatorname{tr}\Lambda/N")
    kind = model.manifold.structure
    report.line(f"  structure found: {kind}" + (" (∂_k g_ij = T_ijk totally symmetric)" if kind == "hessian" else ""))
    report.line(f"  tr g = E_D[(∂ℓ/∂f)² |∇f|²]: {'holds exactly' if identity else 'DOES NOT HOLD'}")
    if model.manifold.field(model.fisher_trace - model.ntk_trace).is_zero:
        report.line("  tr g = tr Λ/N: holds exactly for this loss")


def _show_ranges(report: Report, grid: xr.Dataset, path: xr.Dataset) -> None:
    import numpy as np
    from chentsov.geometry.grids.labels import reasons
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
    if why := reasons(grid["status"]):
        listed = ", ".join(f"{count} {reason}" for reason, count in why.items())
        report.line(f"  cells without a number, by the reason in `status`: {listed}")
    right, rows_in_all = path.attrs["predicted_right"], path.attrs["rows"]
    report.line(
        f"  trained {path.attrs['steps']} steps by {path.attrs['optimizer']} at rate "
        f"{number(path.attrs['learning_rate'])}: "
        f"θ = ({number(float(path['theta_1'][-1]))}, {number(float(path['theta_2'][-1]))}), "
        f"{right} of {rows_in_all} rows predicted right"
        + (f", {rows_in_all - right} still wrong: more --steps, or --optimizer adam" if right < rows_in_all else "")
    )


def _show_cross_check(report: Report, checked: CrossCheck) -> None:
    report.heading(f"Cross-check against {checked.oracle}")
    rows = [(f"{c.quantity} of {c.subject}", *c.cells()[2:]) for c in checked.comparisons]
    report.table(("quantity", "route", "points", "worst rel. difference", "allowed", ""), rows, right=(2, 3, 4))
