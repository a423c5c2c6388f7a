"""``chentsov hopfield``: a two-neuron network from closed forms to phase portrait, compressibility and basins.

Of more neurons the fixed points and their basins are found, with ``--basins``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from chentsov.geometry.exact.errors import CheckFailed, InputError

from .shared import WIDTH

if TYPE_CHECKING:
    import xarray as xr
    from chentsov.models.hopfield import Hopfield, HopfieldNumbers
    from chentsov.reports import Report

__all__ = ["register"]

VOLUMES = ("primal", "riemannian", "dual")
MOST_POINTS = 4096
MOST_GAIN = 1e6  # beyond it rates are steps, on every scale of a picture
MOST_STARTS = 1_000_000
_MOST_STEPS = 20_000  # of the trajectory that is followed, some seconds


def register(app: typer.Typer) -> None:
    app.command("hopfield")(hopfield)


def hopfield(
    activation: str = typer.Option(
        "logistic", help="logistic, tanh, arctan, softplus, erf, algebraic, or an increasing expression in u."
    ),
    gain: float = typer.Option(4, help="Gain λ of σ(λu)."),
    weights: str = typer.Option("2, -3; -3, 2", help="Weights: entries by ',', rows by ';'."),
    current: str = typer.Option("0.5, 0.5", help="Input currents J, by ','."),
    resistance: str = typer.Option("1, 1", help="Resistances R > 0, by ','."),
    capacitance: str = typer.Option("1, 1", help="Capacitances C > 0, by ','."),
    points: int = typer.Option(256, help="Grid points a side."),
    extent: float = typer.Option(3, help="The grid spans [−extent, extent]²."),
    start: str | None = typer.Option(
        None, help="Start of the trajectory that is followed. [default: near the upper right corner]"
    ),
    time: float = typer.Option(6, help="How long that trajectory is followed."),
    latex: bool = typer.Option(False, "--latex", help="Closed forms as LaTeX."),
    width: int = WIDTH,
    basins_of: int = typer.Option(0, "--basins", help="Of any number of neurons: how many starts to follow to rest."),
    output: Path = typer.Option(Path("."), help="Folder for hopfield.nc and hopfield.png."),
) -> None:
    """Closed forms, phase portrait, compressibility in three volumes, and basins of a flip-flop of two neurons.

    With --basins N, the fixed points of any number of neurons, and how many of N starts come to each.
    """
    from chentsov.models.hopfield import Hopfield
    from chentsov.outputs import save_figure, save_netcdf, writable_folder
    from chentsov.plots_hopfield import hopfield_figure
    from chentsov.reports import Report

    if not 2 <= points <= MOST_POINTS:
        raise InputError(f"the grid needs 2 to {MOST_POINTS} points a side, not {points}")
    _positive(extent, "the extent")
    _positive(time, "the time")
    if MOST_GAIN < abs(gain) < float("inf") or 0 < abs(gain) < 1 / MOST_GAIN:
        raise InputError(f"the gain lies between {1 / MOST_GAIN:g} and {MOST_GAIN:g} (or minus them), not {gain}")
    rows = _matrix(weights)
    if len(rows) != 2 and not basins_of:
        raise InputError(
            f"this picture is of two neurons; the weights have {len(rows)} rows: add --basins 1000 for the fixed "
            "points and basins of any number"
        )
    given = (
        _each(text, name, len(rows))
        for text, name in ((resistance, "resistance"), (capacitance, "capacitance"), (current, "current"))
    )
    network = Hopfield(rows, _activation(activation), *given, gain=gain)
    folder = writable_folder(output)
    if basins_of:
        _basins_of_many(network, weights, basins_of, extent, folder)
        return
    first = _list(start, "start") if start is not None else [0.75 * extent, 0.9 * extent]

    report = Report(width, latex)
    with report.stage("derive"):
        general = Hopfield(2, network.activation, symmetric=network.is_symmetric)
        checks = identities(general)
    _show_closed_forms(report, general, checks)
    with report.stage("evaluate"):
        numbers = network.numbers()
        grid = on_square(numbers, points, extent)
    with report.stage("fixed points"):
        fixed = _fixed_points(numbers, extent)
    with report.stage("basins") as advance:
        basin = basins(numbers, fixed, min(points, 256), extent, advance)
    with report.stage("follow"):
        path = follow(network, first, time)
    result = combined(network, grid, fixed, basin, path)
    _show_numbers(report, result)
    with report.stage("write"):
        save_netcdf(result, folder / "hopfield.nc")
        save_figure(hopfield_figure(result, f"{network}, W = [{weights}]"), folder / "hopfield.png")
    report.timetable()
    report.line(f"written: {folder / 'hopfield.nc'}, {folder / 'hopfield.png'}")
    if not result.attrs["path_finished"]:
        raise CheckFailed(
            f"the trajectory ended at t = {result.attrs['path_reached']:.6g} of --time {time:g}: "
            f"{result.attrs['path_ending']}"
        )


def _basins_of_many(network: Hopfield, weights: str, count: int, extent: float, folder: Path) -> None:
    """Fixed points and basins of any number of neurons: a table, hopfield.nc and a picture of the shares."""
    import numpy as np
    from chentsov.outputs import save_figure, save_netcdf
    from chentsov.plots_hopfield import basins_figure
    from chentsov.reports import Report, number

    if not 1 <= count <= MOST_STARTS:
        raise InputError(f"--basins takes 1 to {MOST_STARTS} starts, not {count}")
    report, numbers = Report(), network.numbers()
    with report.stage("fixed points"):
        fixed = _fixed_points(numbers, extent)
    with report.stage("basins") as advance:
        radius = None if np.all(np.isfinite(numbers.radius())) else 10 * extent
        found = numbers.basins(count=count, fixed=fixed, radius=radius, progress=advance)
    report.heading(f"{network}: fixed points and the share of {found.sizes['start']} starts that come there")
    rows = []
    for k in range(found.sizes["point"]):
        place = ", ".join(number(x) for x in found["position"].values[k])
        energy = number(float(found["energy"][k])) if "energy" in found else "-"
        rows.append((place, str(found["kind"].values[k]), energy, f"{100 * float(found['share'][k]):.1f} %"))
    report.table(("u", "kind", "energy", "share"), rows)
    lost = int((found["basin"] < 0).sum())
    if lost:
        report.line(
            f"{lost} starts came to no stable fixed point that was found: cycles, or points that the search missed"
        )
    # Complex eigenvalues (weights that are not symmetric) have no place in NetCDF: two real arrays.
    spectrum = found["spectrum"].values
    found = found.drop_vars("spectrum").assign(
        spectrum_real=(("point", "mode"), np.real(spectrum)),
        spectrum_imaginary=(("point", "mode"), np.imag(spectrum).astype(float)),
    )
    found.attrs |= {"model": str(network), "weights": [float(w) for w in network.weights]}
    with report.stage("write"):
        save_netcdf(found, folder / "hopfield.nc")
        save_figure(basins_figure(found, f"{network}, W = [{weights[:60]}]"), folder / "hopfield.png")
    report.timetable()
    report.line(f"written: {folder / 'hopfield.nc'}, {folder / 'hopfield.png'}")


# -- reading the options ----------------------------------------------------------------------------


def _positive(value: float, what: str) -> None:
    import math

    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{what} must be a positive number, not {value}")


def _list(text: str, what: str) -> list[float]:
    from chentsov.geometry.exact.reading import read_float

    try:
        values = [read_float(part.strip(), what) for part in text.split(",")]
    except InputError as problem:
        raise InputError(f"{what} is written as numbers by ',', e.g. \"1, 1\": {problem}") from None
    if len(values) != 2:
        raise InputError(f"{what} needs one number for each of the two neurons, not {len(values)}")
    return values


def _each(text: str, what: str, neurons: int) -> list[float]:
    """One number a neuron; of more than two neurons also one for all, as the defaults are."""
    from chentsov.geometry.exact.reading import read_float

    if neurons == 2:
        return _list(text, what)
    try:
        values = [read_float(part.strip(), what) for part in text.split(",")]
    except InputError as problem:
        raise InputError(f"{what} is written as numbers by ',', e.g. \"1, 1, 1\": {problem}") from None
    if len(set(values)) == 1:
        return values[:1] * neurons
    if len(values) != neurons:
        raise InputError(
            f"{what} needs one number for all, or one for each of the {neurons} neurons, not {len(values)}"
        )
    return values


def _matrix(text: str) -> list[list[float]]:
    from chentsov.geometry.exact.reading import read_float

    try:
        return [[read_float(part.strip(), "a weight") for part in row.split(",")] for row in text.split(";")]
    except InputError as problem:
        raise InputError(
            f"weights are written as rows by ';' and entries by ',', e.g. \"2, -3; -3, 2\": {problem}"
        ) from None


def _activation(text: str) -> Any:
    from chentsov.models.hopfield import ACTIVATIONS
    from chentsov.parsing import parse_expression, parse_names

    if text in ACTIVATIONS:
        # The gain takes the place of the symbol that "hyperbolic" has of its own.
        return "tanh" if text == "hyperbolic" else text
    if text.isidentifier() and text != "u":
        raise InputError(
            f"unknown activation '{text[:60]}': choose {', '.join(ACTIVATIONS)}, or an increasing expression in u"
        )
    (u,) = parse_names("u")
    expression = parse_expression(text, (u,), open_names=True)
    if strange := expression.free_symbols - {u}:
        raise InputError(f"the activation holds {', '.join(sorted(map(str, strange)))}: write it in u alone")
    return expression


# -- the work ------------------------------------------------------------------------------------------


def identities(network: Hopfield) -> dict[str, bool]:
    """The statements of the formulation for all weights, resistances, capacitances and currents, decided exactly."""
    flow, manifold = network.flow, network.manifold
    kappa = {v: flow.compressibility_element(v) for v in VOLUMES}
    known = {"2κ_riemannian = κ_primal + κ_dual": (2 * kappa["riemannian"] - kappa["primal"] - kappa["dual"]).is_zero}
    if network.is_symmetric:
        laplacian = {
            form: manifold.field(manifold.laplacian(network.energy, form)) for form in ("riemannian", "dual", "affine")
        }
        known |= {
            "u̇ = −grad E": flow.is_gradient(),
            "dE/dt = −|u̇|²": flow.dissipates(),
            "κ_riemannian = −ΔE": (kappa["riemannian"] + laplacian["riemannian"]).is_zero,
            "κ_primal = −tr ∇*dE": (kappa["primal"] + laplacian["dual"]).is_zero,
            "κ_dual = −tr ∇dE": (kappa["dual"] + laplacian["affine"]).is_zero,
        }
    return known


def on_square(numbers: HopfieldNumbers, points: int, extent: float) -> xr.Dataset:
    """Energy, velocity and compressibility over [−extent, extent]²."""
    import numpy as np
    import xarray as xr
    from chentsov.models.hopfield.square import compressibility_on_square, laplacian_on_square

    side = np.linspace(-extent, extent, points)
    u = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1)
    data: dict[str, Any] = {
        "velocity": (("u1", "u2", "neuron"), numbers.velocity(u)),
        "compressibility": (
            ("volume", "u1", "u2"),
            np.stack([compressibility_on_square(numbers, side, side, v) for v in VOLUMES]),
            {"long_name": "phase-space compressibility"},
        ),
    }
    if numbers.is_symmetric:
        data["energy"] = (("u1", "u2"), numbers.energy(u), {"long_name": "energy"})
        data["laplacian_of_energy"] = (
            ("u1", "u2"),
            laplacian_on_square(numbers, side, side),
            {"long_name": "Laplacian of the energy"},
        )
    return xr.Dataset(data, coords={"u1": side, "u2": side, "volume": list(VOLUMES), "neuron": [1, 2]})


def _fixed_points(numbers: HopfieldNumbers, extent: float) -> xr.Dataset:
    import numpy as np

    bounded = np.all(np.isfinite(numbers.radius()))
    return numbers.fixed_points(count=512, radius=None if bounded else 10 * extent)


def basins(numbers: HopfieldNumbers, fixed: xr.Dataset, points: int, extent: float, progress: Any = None) -> xr.Dataset:
    """Which stable fixed point each start ends at; −1 where it is at none of them."""
    import numpy as np
    import xarray as xr

    side = np.linspace(-extent, extent, points)
    starts = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    ends = numbers.trajectories(
        starts, 40.0 * float(np.max(numbers.resistance * numbers.capacitance)), rtol=1e-6, atol=1e-8, progress=progress
    )
    last = ends["position"].values[:, -1]
    label = np.full(len(starts), -1)
    for k in np.flatnonzero(fixed["kind"].values == "stable"):
        place = fixed["position"].values[k]
        label[np.max(np.abs(last - place), axis=1) < 1e-3 * (1 + np.max(np.abs(place)))] = k
    return xr.Dataset(
        {"basin": (("basin_u1", "basin_u2"), label.reshape(points, points))},
        coords={"basin_u1": side, "basin_u2": side},
    )


def follow(network: Hopfield, start: list[float], time: float) -> xr.Dataset:
    """One trajectory with energy, compressibilities, their integrals, and the log-volume of a cloud of neighbours."""
    import numpy as np

    return network.flow.trajectory(start, np.linspace(0.0, time, 121), measure="cloud", most_steps=_MOST_STEPS)


def combined(network: Hopfield, grid: xr.Dataset, fixed: xr.Dataset, basin: xr.Dataset, path: xr.Dataset) -> xr.Dataset:
    """Everything in one dataset, each part with dimensions of its own."""
    import numpy as np

    result = grid.merge(basin)
    result["fixed_point"] = (("point", "neuron"), fixed["position"].values)
    result["fixed_point_kind"] = ("point", fixed["kind"].values.astype(str))
    # Complex eigenvalues (weights that are not symmetric) have no place in NetCDF: two real arrays.
    result["spectrum_real"] = (("point", "mode"), np.real(fixed["spectrum"].values))
    result["spectrum_imaginary"] = (("point", "mode"), np.imag(fixed["spectrum"].values).astype(float))
    if "energy" in fixed:
        result["fixed_point_energy"] = ("point", fixed["energy"].values)
    result = result.assign_coords(t=path["t"].values)
    result["path"] = (("t", "neuron"), path["position"].values)
    for name in ("accumulated", "log_volume"):
        result[name] = (("t", "volume"), path[name].values, path[name].attrs)
    result["path_compressibility"] = (("t", "volume"), path["compressibility"].values)
    if "energy" in path:
        result["path_energy"] = ("t", path["energy"].values)
    act = network.activation
    result.attrs = {
        "model": str(network), "activation": str(act.value), "gain": float(act.gain),
        "weights": [float(w) for w in network.weights], "resistance": [float(r) for r in network.resistances],
        "capacitance": [float(c) for c in network.capacitances], "current": [float(j) for j in network.currents],
        "path_ending": path.attrs["ending"], "path_finished": path.attrs["finished"],
        "path_reached": path.attrs["reached"],
    }  # fmt: skip
    return result


# -- showing ----------------------------------------------------------------------------------------------


def _show_closed_forms(report: Report, network: Hopfield, checks: dict[str, bool]) -> None:
    report.heading("Closed forms")
    forms = [("psi", network.potential), *((f"v_{i + 1}", v) for i, v in enumerate(network.rates))]
    forms += [
        (f"g_{i + 1}{i + 1}", c * network.activation.slope_of(u))
        for i, (c, u) in enumerate(zip(network.capacitances, network.coordinates))
    ]
    if network.is_symmetric:
        forms.append(("E", network.energy))
    forms += [(f"kappa_{v}", network.compressibility(v)) for v in VOLUMES]
    for name, expression in forms:
        report.formula(name, expression)
    report.heading("Identities, for every value of the symbols")
    report.table(("statement", "holds"), [(text, "pass" if holds else "FAIL") for text, holds in checks.items()])
    if not network.is_symmetric:
        report.line(
            "The weights are not symmetric: no energy and no gradient flow; the compressibilities keep their mean "
            "relation."
        )


def _show_numbers(report: Report, result: xr.Dataset) -> None:
    import numpy as np
    from chentsov.reports import number

    report.heading("Fixed points")
    rows = []
    for k in range(result.sizes["point"]):
        place = ", ".join(number(x) for x in result["fixed_point"].values[k])
        parts = zip(result["spectrum_real"].values[k], result["spectrum_imaginary"].values[k])
        spectrum = ", ".join(number(a) if b == 0 else f"{number(a)}{b:+.3g}i" for a, b in parts)
        rows.append((place, str(result["fixed_point_kind"].values[k]), spectrum))
    report.table(("u", "kind", "spectrum"), rows)
    off = float(np.nanmax(np.abs(result["log_volume"].values - result["accumulated"].values)))
    report.line(f"∫κ dt against the log-volume of a cloud: largest difference {off:.1e}")
    if "laplacian_of_energy" in result:
        kappa, laplacian = (
            result["compressibility"].sel(volume="riemannian").values,
            result["laplacian_of_energy"].values,
        )
        report.line(
            "κ against −ΔE on the grid: largest difference "
            f"{np.max(np.abs(kappa + laplacian)) / np.max(np.abs(kappa)):.1e} of the largest κ"
        )
