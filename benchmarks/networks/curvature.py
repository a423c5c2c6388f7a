"""R of small networks over a slice of their weights, beside JAX: the same Gauss equation by vmap and jit.

JAX has its choice of derivatives (its own, or the closed forms that the product compiles), of the factorisation (QR or
Cholesky), and then of the batch; the fastest is the one to beat. It is timed on as many points as take it a second or
two, ours on all of them, in turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
from chentsov.geometry.kernels.jets import row_jet
from chentsov.geometry.kernels.libraries import jax_function
from chentsov.models import DenseNetwork

from .reference import reference

SLICES = (((2, 3, 1), 200), ((2, 2, 1), 200), ((2, 5, 1), 1000))
FIRST, BATCHES = 16, (1, 4, 64)
MOST = 1.5  # seconds of JAX's in one run


def slice_of(widths: tuple[int, ...], rows: int, points: int) -> tuple[DenseNetwork, dict[str, object], np.ndarray]:
    """A network with rows, the axes of a slice through a random point, and all points of the slice."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=(rows, widths[0]))
    network = DenseNetwork(widths, "tanh", data=(x, np.tanh(x[:, :1] * x[:, 1:2]) + 0.1 * draw.normal(size=(rows, 1))))
    names = [s.name for s in network.coordinates]
    centre = dict(zip(names, draw.normal(size=len(names))))
    u, v = "w1_1_1", "w2_1_1"
    axes: dict[str, object] = dict(centre)
    axes[u], axes[v] = centre[u] + np.linspace(-1, 1, points), centre[v] + np.linspace(-1, 1, points) / 2
    grid = np.meshgrid(*(np.atleast_1d(axes[n]) for n in names), indexing="ij")
    return network, axes, np.stack([g.ravel() for g in grid], axis=1)


def by_jax(network: DenseNetwork) -> Iterator[tuple[str, Callable]]:
    """Ways to R of a batch of points in JAX."""
    rows = [jnp.asarray(v) for v in network.row_values().values()]
    count, n = len(rows[0]), len(network.coordinates)
    loss = jax_function([network.subloss], (*network.coordinates, *network.rows), "float64")
    jet = row_jet(network.subloss, network.coordinates, network.rows)
    written = jax_function(list(jet.components.values()), (*network.coordinates, *network.rows), "float64")
    i, j = np.triu_indices(n)

    def own(point):
        def subloss(w, *row):
            return loss(*w, *row)[0]

        over = (None, *[0] * len(rows))
        gradients = jax.vmap(jax.grad(subloss), over)(point, *rows)
        return gradients, jax.vmap(jax.hessian(subloss), over)(point, *rows)

    def closed(point):
        found = jnp.stack([jnp.broadcast_to(v, (count,)) for v in written(*point, *rows)])
        full = jnp.zeros((n, n, count)).at[i, j].set(found[n:]).at[j, i].set(found[n:])
        return found[:n].T, jnp.moveaxis(full, 2, 0)

    def gauss(derivatives, factorise):
        def scalar(point):
            first, second = (d / count**0.5 for d in derivatives(point))
            if factorise == "QR":
                frame, upper = jnp.linalg.qr(first)
                inverse = jax.scipy.linalg.solve_triangular(upper, jnp.eye(n))
            else:
                lower = jnp.linalg.cholesky(first.T @ first)
                inverse = jax.scipy.linalg.solve_triangular(lower, jnp.eye(n), lower=True).T
                frame = first @ inverse
            curved = jnp.einsum("ia,xij,jb->xab", inverse, second, inverse, optimize=True).reshape(count, n * n)
            normal = curved - frame @ (frame.T @ curved)
            trace = normal.reshape(count, n, n).trace(axis1=1, axis2=2)
            return trace @ trace - (normal * normal).sum()

        return jax.jit(jax.vmap(scalar))

    for name, derivatives in (("its own derivatives", own), ("closed forms", closed)):
        for factorise in ("QR", "Cholesky"):
            yield f"{name}, {factorise}", gauss(derivatives, factorise)


def seconds(function: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def best_of_jax(network: DenseNetwork, every: np.ndarray) -> tuple[str, int, Callable[[np.ndarray], np.ndarray]]:
    """The fastest way, its batch, and a function of many points that takes them batch by batch."""

    def by_batches(way: Callable, batch: int) -> Callable[[np.ndarray], np.ndarray]:
        return lambda at: np.concatenate([np.asarray(way(at[k : k + batch])) for k in range(0, len(at), batch)])

    def timed(way: Callable, batch: int) -> float:
        whole, sample = by_batches(way, batch), every[: max(batch, 16)]
        whole(sample)
        return min(seconds(lambda: whole(sample)) for _ in range(3)) / len(sample)

    tried = {name: (timed(way, FIRST), way) for name, way in by_jax(network)}
    name, (least, way) = min(tried.items(), key=lambda item: item[1][0])
    batches = {FIRST: least} | {batch: timed(way, batch) for batch in BATCHES}
    batch = min(batches, key=batches.__getitem__)
    return name, batch, by_batches(way, batch)


def compare(widths: tuple[int, ...], rows: int, points: int, runs: int) -> str:
    """One line: points a second of both and their ratio."""
    with jax.enable_x64(True):
        network, axes, every = slice_of(widths, rows, points)
        first = seconds(lambda: network.on_grid(axes, "ricci_scalar"))
        name, batch, way = best_of_jax(network, every)
        some = every[
            : max(batch, min(len(every), int(MOST * batch / seconds(lambda: way(every[:batch])))) // batch * batch)
        ]
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(seconds(lambda: network.on_grid(axes, "ricci_scalar")) / len(every))
            theirs.append(seconds(lambda: way(some)) / len(some))
        one, other = float(np.median(ours)), float(np.median(theirs))
        found = network.on_grid(axes, "ricci_scalar").ricci_scalar.values.ravel()
        at_a_point = min(seconds(lambda: network.curvature_at(every[0])) for _ in range(5))
    return (
        f"R of {_shape(widths)} ({every.shape[1]} weights, {rows} rows) at {len(every)} points: on_grid {1 / one:,.0f} a "
        f"second (the first call {first:.2f} s), JAX {1 / other:,.0f} ({name}, batches of {batch}, {len(some)} points), "
        f"{other / one:.1f} times as long; {np.isnan(found).sum()} without a number; "
        f"curvature_at {1e3 * at_a_point:.1f} ms"
    )


def digits(widths: tuple[int, ...], rows: int, points: int) -> str:
    """One line: how far R is from fifty digits, on the slice and along training."""
    network, axes, every = slice_of(widths, rows, 5)
    x, t = np.split(np.stack(list(network.row_values().values()), axis=1), [widths[0]], axis=1)

    def apart(found: np.ndarray, at: np.ndarray) -> float:
        return max(abs(r / reference(widths, theta, x, t) - 1) for r, theta in zip(found, at))

    chosen = np.linspace(0, len(every) - 1, points).astype(int)
    on_slice = apart(network.on_grid(axes, "ricci_scalar").ricci_scalar.values.ravel()[chosen], every[chosen])
    path = network.train(every[0], steps=1000, quantities=("loss", "ricci_scalar"))
    steps = np.linspace(0, 1000, points).astype(int)
    weights = np.stack([path[c.name].values[steps] for c in network.coordinates], axis=1)
    trained = path.ricci_scalar.values[steps]
    along = apart(trained, weights)
    return (
        f"R of {_shape(widths)} on {rows} rows and fifty digits: {on_slice:.1e} apart at {points} points of the slice, "
        f"{along:.1e} at {points} of 1000 steps of training (R from {trained[0]:.4g} to {trained[-1]:.4g})"
    )


def _shape(widths: tuple[int, ...]) -> str:
    return "-".join(map(str, widths))
