"""``chentsov mnist``: the traces of Fisher information and tangent kernel while networks learn handwritten digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read_number

if TYPE_CHECKING:
    import xarray as xr
    from chentsov.models.images import Images
    from chentsov.models.network_training import Schedule
    from chentsov.models.numeric_network import NumericNetwork
    from chentsov.reports import Report

    Named = tuple[str, NumericNetwork]  # what its checkpoints are called, and the network

__all__ = ["LOSSES", "register"]

#: What the thesis compares (5.1.5–5.1.7), by the words of the command line.
LOSSES = ("cross_entropy", *(f"{name}:{order}" for name in ("lp_norm", "mean_power") for order in (2, 4, 6)))
_QUICK = ("lp_norm:2", "mean_power:2", "cross_entropy")


def register(app: typer.Typer) -> None:
    app.command("mnist")(mnist)


def mnist(
    width: list[int] = typer.Option([128], help="Units of each of the two hidden layers; may be repeated (128, 784)."),
    loss: list[str] = typer.Option(
        list(LOSSES), help="name or name:order; may be repeated.", show_default="all of the thesis"
    ),
    seeds: int = typer.Option(5, help="Runs of each network and loss."),
    epochs: int = typer.Option(300, help="Passes over the images."),
    optimizer: str = typer.Option("adam", help="adam or sgd."),
    learning_rate: float = typer.Option(1e-3, help="Its rate; the thesis gives none."),
    batch: int = typer.Option(100, help="Images a step; the thesis gives none. 0: all."),
    images: int = typer.Option(5000, help="Images, as many of each digit."),
    data: Path | None = typer.Option(None, help="An .npz with pixels and labels, or an IDX file of images."),
    labels: Path | None = typer.Option(None, help="The IDX file of the labels.", show_default=False),
    quick: bool = typer.Option(
        False, "--quick", help="15 epochs, 2 runs, 1000 images, the three losses of figure 5.1."
    ),
    vary: bool = typer.Option(False, "--vary", help="Do the verdicts depend on rate, batch and number of images?"),
    output: Path = typer.Option(Path("mnist"), help="Folder for mnist-WIDTH.nc, .png and the checkpoints."),
) -> None:
    """Train networks of two hidden ReLU layers on digits; tr I and tr Λ after every epoch (thesis 5.1.1, appendix B).

    A run that is interrupted goes on when the same command is given again.
    """
    from chentsov.models.network_training import Schedule
    from chentsov.outputs import save_figure, save_netcdf, writable_folder
    from chentsov.plots_network import traces_figure
    from chentsov.reports import Report

    if quick:
        seeds, epochs, images = min(seeds, 2), min(epochs, 15), min(images, 1000)
        loss = list(_QUICK) if tuple(loss) == LOSSES else loss
    if seeds < 1:
        raise InputError(f"--seeds is a number of runs from 1, not {seeds}")
    report = Report()
    schedule = Schedule(optimizer, learning_rate, epochs, batch or None)
    with report.stage("images"):
        chosen = _images(data, labels, images)
    networks = {units: [_network(units, text, chosen) for text in loss] for units in width}
    folder = writable_folder(output)
    checkpoints = writable_folder(folder / "runs")
    report.line(
        f"{chosen.source}; {optimizer}, rate {learning_rate:g}, batches of {batch or len(chosen)}, {epochs} epochs"
    )
    written: list[Path] = []
    for units in width:
        study = _study(report, networks[units], seeds, schedule, chosen, checkpoints)
        _show(report, study)
        with report.stage(f"write {units}"):
            save_netcdf(study, folder / f"mnist-{units}.nc")
            save_figure(traces_figure(study), folder / f"mnist-{units}.png")
        written += [folder / f"mnist-{units}.nc", folder / f"mnist-{units}.png"]
    if vary:
        _vary(report, networks[width[0]], schedule, chosen, checkpoints)
    report.timetable()
    report.line(f"written: {', '.join(map(str, written))}")


def _images(data: Path | None, labels: Path | None, count: int) -> Images:
    from chentsov.models.images import digits, read_images

    found = digits() if data is None else read_images(data, labels)
    return found.balanced(min(count, len(found)) if data is None else count)


def _network(units: int, text: str, images: Images) -> Named:
    """The network of one width and one loss, "name" or "name:order", and what its checkpoints are called."""
    from chentsov.models.numeric_network import NumericNetwork

    name, _, order = text.partition(":")
    widths = (images.pixels.shape[1], units, units, max(10, int(images.labels.max()) + 1))
    power = read_number(order, f"the order of {name}") if order else None
    return f"{units}-{name}{order}", NumericNetwork(widths, "relu", loss=name, order=power)


def _study(
    report: Report,
    networks: Sequence[Named],
    seeds: int,
    schedule: Schedule,
    images: Images,
    checkpoints: Path,
) -> xr.Dataset:
    """All runs of one width, over (loss_function, seed, epoch)."""
    from dataclasses import replace

    import xarray as xr
    from chentsov.models.network_training import train_network

    by_loss = []
    titles = []
    for name, network in networks:
        titles.append(network.subloss_of_outputs.title)
        runs = []
        with report.stage(f"{network.widths[1]} units, {network.subloss_of_outputs.title}", count="epochs") as advance:
            for seed in range(seeds):
                own = replace(schedule, seed=seed)
                key = f"{name}-{own.optimizer}-{own.learning_rate:g}-{own.batch}-{len(images)}-{seed}"
                _, run = train_network(
                    network,
                    images.pixels,
                    images.labels,
                    own,
                    checkpoint=checkpoints / f"{key}.npz",
                    progress=_one_of(seeds, seed, advance),
                )
                runs.append(run)
        by_loss.append(xr.concat(runs, "seed"))
    study = xr.concat(by_loss, "loss_function").assign_coords(loss_function=titles, seed=range(seeds))
    attributes = {k: v for k, v in by_loss[0].attrs.items() if k not in ("seed", "loss_name")}
    return study.assign_attrs(attributes, rows=len(images), images=images.source, images_sha256=images.digest)


def _one_of(runs: int, run: int, advance: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """The progress of one run as a part of that of all of them."""
    return lambda done, of: advance(run * of + done, runs * of)


def _likeness(study: xr.Dataset) -> list[tuple[str, float, float, float]]:
    """For each loss: right at the end, the correlation of tr I with tr Λ/N over epochs, and how far their ratio
    runs.
    """
    import numpy as np

    rows = []
    for loss in study["loss_function"].values:
        own = study.sel(loss_function=loss).mean("seed")
        fisher, ntk = own["fisher_trace"].values, own["ntk_trace"].values
        ratio = fisher / ntk
        rows.append((
            str(loss),
            float(own["predicted_right"][-1]),
            float(np.corrcoef(fisher, ntk)[0, 1]) if len(fisher) > 2 else float("nan"),
            float(np.nanmax(ratio) / np.nanmin(ratio)),
        ))  # fmt: skip
    return rows


def _show(report: Report, study: xr.Dataset) -> None:
    gap = abs(study["fisher_trace"] - study["fisher_trace_by_output"]) / study["fisher_trace"]
    report.line(f"\nnetwork {study.attrs['network']}: both sides of (5.1.2) agree to {float(gap.max()):.0e}")
    rows = [
        (loss, f"{right:.1%}", f"{correlation:.2f}", f"{run:.3g}") for loss, right, correlation, run in _likeness(study)
    ]
    head = ("loss", "right", "correlation of tr I and tr Λ", "tr I / tr Λ: greatest over least")
    report.table(head, rows, right=(1, 2, 3))


def _vary(report: Report, networks: Sequence[Named], schedule: Schedule, images: Images, checkpoints: Path) -> None:
    """The same for other rates, batches and numbers of images, one run each: the settings that the thesis does not
    give.
    """
    from dataclasses import replace

    half = images.balanced(max(len(images) // 2, 10))
    settings: list[tuple[str, Schedule, Any]] = [("as above", schedule, images)]
    for factor in (0.3, 3.0):
        changed = replace(schedule, learning_rate=schedule.learning_rate * factor)
        settings.append((f"rate {changed.learning_rate:g}", changed, images))
    for batch in ((schedule.batch or len(images)) // 2, None):
        settings.append((f"batch {batch or 'all'}", replace(schedule, batch=batch), images))
    settings.append((f"{len(half)} images", schedule, half))
    rows = []
    for label, chosen, data in settings:
        found = _likeness(_study(report, networks, 1, chosen, data, checkpoints))
        rows += [(label, loss, f"{right:.1%}", f"{c:.2f}", f"{run:.3g}") for loss, right, c, run in found]
    report.line("\nother settings, one run each")
    head = ("setting", "loss", "right", "correlation of tr I and tr Λ", "tr I / tr Λ: greatest over least")
    report.table(head, rows, right=(2, 3, 4))
