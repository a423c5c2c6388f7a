"""Grids past one machine's memory: what describing, streaming, resuming and distributing them costs.

    python -m benchmarks.scale                    # all sections, some minutes
    python -m benchmarks.scale describe stream    # some of them

describe   4·10⁹ cells as a lazy dataset: seconds, memory, bytes of the graph a block
stream     100 million cells of Kerr's Kretschmann scalar to Zarr beside the same kernel in memory; peak memory
fixed      the cost of a small grid that does not depend on its size
kills      20 kills of the driver at random writes, and of a worker; the store compared byte by byte in the end
workers    1 and 2 worker processes, and a model of the time checked against sleeping tasks on up to 256 workers
"""

from __future__ import annotations

import argparse
import math
import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import chentsov as ch
import numpy as np
from chentsov.geometry.grids.blocks import question_hash
from chentsov.geometry.grids.lazy import origin
from chentsov.geometry.grids.study import Dimension, Study, Variable

CONSTANTS = {"m": 1, "a": 0.5}


def kerr_axes(points: int) -> dict[str, Any]:
    return {"r": np.linspace(3, 9, points), "theta": np.linspace(0.1, 3, points), "t": 0.0, "phi": 0.0}


def peak() -> float:
    """MiB of this process, at the most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def describe(folder: Path) -> None:
    kerr = ch.models.spacetimes.kerr()
    kerr.on_grid(kerr_axes(4), ["kretschmann"], constants=CONSTANTS, chunks=4)  # modules, closed form, kernel
    before, start = peak(), time.perf_counter()
    lazy = kerr.on_grid(kerr_axes(63_246), ["kretschmann"], constants=CONSTANTS, chunks="auto")
    seconds = time.perf_counter() - start
    found = origin(lazy)
    assert found is not None
    blocks, axes = len(found.blocks), 8 * sum(found.blocks.shape)
    print(
        f"{lazy.kretschmann.size:.2e} cells described in {seconds:.2f} s and {peak() - before:.0f} MiB; {blocks} blocks, "
        f"{(len(pickle.dumps(lazy.__dask_graph__())) - axes) / blocks:.0f} bytes of graph a block (axes of "
        f"{axes / 2**20:.1f} MiB apart)"
    )


def stream(folder: Path, points: int = 10_000) -> None:
    kerr = ch.models.spacetimes.kerr()
    options: dict[str, Any] = {"constants": CONSTANTS}
    kerr.on_grid(kerr_axes(100), ["kretschmann"], **options)
    lazy = kerr.on_grid(kerr_axes(points), ["kretschmann"], chunks="auto", **options)
    before, memory = peak(), 0.0
    seconds: dict[str | None, list[float]] = {None: [], "lz4": [], "memory": []}
    size = {}
    for _ in range(3):  # interleaved; medians
        for compression in (None, "lz4"):
            shutil.rmtree(folder / "kerr.zarr", ignore_errors=True)
            start = time.perf_counter()
            stored = ch.store(lazy, folder / "kerr.zarr", compression=compression)
            seconds[compression].append(time.perf_counter() - start)
            size[compression] = sum(p.stat().st_size for p in (folder / "kerr.zarr").rglob("*") if p.is_file())
            memory = peak() if not seconds["memory"] else memory
        start = time.perf_counter()
        whole = kerr.on_grid(kerr_axes(points), ["kretschmann"], **options)
        seconds["memory"].append(time.perf_counter() - start)
        same = bool((stored.kretschmann == whole.kretschmann).all())
        del whole
    median = {k: float(np.median(v)) for k, v in seconds.items()}
    print(
        f"{points**2:.0e} cells: in memory {median['memory']:.2f} s; peak while storing {memory:.0f} MiB ({before:.0f} "
        f"before); numbers {'equal' if same else 'DIFFERENT'}"
    )
    for compression, name in ((None, "not packed"), ("lz4", "LZ4 with shuffle")):
        print(
            f"  to Zarr, {name}: {median[compression]:.2f} s ({median['memory'] / median[compression]:.0%} of the "
            f"throughput), {size[compression] / 2**20:.0f} MiB on disk"
        )


def fixed(folder: Path) -> None:
    sphere = ch.models.surfaces.sphere()
    axes = {c.name: np.linspace(0.5, 1, 4) for c in sphere.coordinates}
    constants = {c.name: 1.0 for c in sphere.constants}
    sphere.on_grid(axes, constants=constants)
    times = []
    for _ in range(50):
        start = time.perf_counter()
        sphere.on_grid(axes, constants=constants)
        times.append(time.perf_counter() - start)
    print(f"a grid of 16 cells: median {1e3 * np.median(times):.2f} ms")


_DRIVER = """
import os, pathlib, signal, sys
import numpy as np, chentsov as ch
path, after = sys.argv[1], int(sys.argv[2])
torus = ch.models.surfaces.torus()
axes = {c.name: np.linspace(0, 6, 120) for c in torus.coordinates}
grid = torus.on_grid(axes, ["ricci_scalar", "metric"], constants={"R": 2, "r": 1}, chunks=240)
plain, writes = pathlib.Path.replace, 0
def counted(self, target):
    global writes
    writes += 1
    if writes > after >= 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(self, target)
pathlib.Path.replace = counted
ch.store(grid, path)
"""


def kills(folder: Path, moments: int = 20) -> None:
    def run(name: str, after: int) -> int:
        return subprocess.run([sys.executable, "-c", _DRIVER, str(folder / name), str(after)]).returncode

    assert run("undisturbed", -1) == 0
    random = np.random.default_rng(0)
    for k, after in enumerate(random.integers(0, 16, moments), 1):
        code = run("killed", int(after))
        print(f"  kill {k}: after {after} writes, exit {code}")
    assert run("killed", -1) == 0
    print(f"driver killed {moments} times: {_compare(folder / 'undisturbed', folder / 'killed')}")

    from distributed import LocalCluster

    torus = ch.models.surfaces.torus()
    axes = {c.name: np.linspace(0, 6, 120) for c in torus.coordinates}
    grid = torus.on_grid(axes, ["ricci_scalar", "metric"], constants={"R": 2, "r": 1}, chunks=240)
    killed: list[int] = []
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:

        def progress(done: int, total: int) -> None:
            if len(killed) < 3 and done > total * (len(killed) + 1) / 5:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[-1], signal.SIGKILL)

        ch.store(grid, folder / "workers", scheduler=cluster.scheduler_address, progress=progress)
    print(f"worker killed {len(killed)} times: {_compare(folder / 'undisturbed', folder / 'workers')}")


def _compare(one: Path, other: Path) -> str:
    names = [{p.relative_to(f) for p in f.rglob("*") if p.is_file()} for f in (one, other)]
    same = names[0] == names[1] and all((one / n).read_bytes() == (other / n).read_bytes() for n in names[0])
    return f"{len(names[0])} files, {'bit-identical' if same else 'DIFFERENT'}"


class Sleeping(Study):
    """Blocks that take a time and no processor: what a scheduler makes of many workers."""

    def __init__(self, blocks: int, seconds: float) -> None:
        self.seconds, self.count, self.dtype, self.labels, self.attributes = seconds, 1, np.dtype(float), [], {}
        self.dimensions = [Dimension("x", np.arange(float(blocks)), {})]
        self.variables = {"value": Variable((), (0,), {})}

    @property
    def question(self) -> str:
        return question_hash(len(self.dimensions[0].values), self.seconds)

    def evaluate(self, part: tuple[slice, ...]) -> tuple[np.ndarray, np.ndarray]:
        time.sleep(self.seconds)
        return np.zeros((1, 1)), np.zeros(1, np.int8)


def model(blocks: int, workers: int, block: float, task: float) -> float:
    """Seconds for a study: rounds of blocks on the workers, or the scheduler's time for its tasks, whichever is longer."""
    return max(math.ceil(blocks / workers) * block, blocks * task)


def workers(folder: Path) -> None:
    from distributed import Client, LocalCluster

    neuron = ch.models.TwoWeightNeuron(data=ch.models.decision_boundary(200, seed=0))
    axes = {"theta_1": np.linspace(-3, 3, 4096), "theta_2": np.linspace(-3, 3, 4096)}
    measured = {}
    for count in (1, 2):
        with (
            LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
            Client(cluster) as client,
        ):
            client.run(os.environ.update, {"CHENTSOV_THREADS": "1"})
            lazy = neuron.on_grid(axes, ("ricci_scalar",), chunks=1 << 19, threads=1)
            small = neuron.on_grid(
                {k: v[:: 1 << 5] for k, v in axes.items()}, ("ricci_scalar",), chunks=1 << 12, threads=1
            )
            ch.store(small, folder / f"warm-{count}", scheduler=client)  # every worker has compiled once
            start = time.perf_counter()
            ch.store(lazy, folder / f"neuron-{count}", scheduler=client)
            measured[count] = time.perf_counter() - start
            found = origin(lazy)
            assert found is not None
            blocks = len(found.blocks)
    print(
        f"neuron, {4096**2:.1e} cells in {blocks} blocks: 1 worker process {measured[1]:.2f} s, 2 worker processes "
        f"{measured[2]:.2f} s ({measured[1] / measured[2]:.2f} times as fast)"
    )
    with LocalCluster(
        n_workers=1, threads_per_worker=16, processes=False, dashboard_address=None, silence_logs=50
    ) as cluster, Client(cluster) as client:  # fmt: skip
        start = time.perf_counter()
        ch.store(Sleeping(1000, 0.0), folder / "empty", chunks=1, scheduler=client)
        task = (time.perf_counter() - start) / 1000
    print(f"an empty block, with its writes and its record: {1e3 * task:.2f} ms (client, scheduler and disk)")
    for count in (1, 2, 16, 256):
        total, block = 4 * count + (8 if count < 16 else 0), 1.0
        with LocalCluster(
            n_workers=1, threads_per_worker=count, processes=False, dashboard_address=None, silence_logs=50
        ) as cluster, Client(cluster) as client:  # fmt: skip
            start = time.perf_counter()
            ch.store(Sleeping(total, block), folder / f"sleep-{count}", chunks=1, scheduler=client)
            took = time.perf_counter() - start
        print(
            f"{count:>4} workers, {total} blocks of {block} s: {took:.2f} s; the model says "
            f"{model(total, count, block + task, task):.2f} s"
        )
    block = measured[1] / blocks
    for count in (16, 256):
        print(
            f"predicted for {count} workers: 2000³ cells of this neuron in blocks of 2²² take "
            f"{model(math.ceil(2000**3 / 2**22), count, block * 8, task) / 60:.1f} min "
            f"(1 worker: {model(math.ceil(2000**3 / 2**22), 1, block * 8, task) / 3600:.1f} h)"
        )


SECTIONS = {f.__name__: f for f in (describe, stream, fixed, kills, workers)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="default: all")
    for name in parser.parse_args().sections or SECTIONS:
        folder = Path(tempfile.mkdtemp(prefix="chentsov-scale-"))
        print(f"\n{name}", flush=True)
        try:
            SECTIONS[name](folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
