"""R of small networks over a slice of their weights, beside JAX: the same Gauss equation by vmap and jit.

JAX has its choice of derivatives (its own, or the closed forms that the product compiles), of the factorisation (QR or
Cholesky), and of the batch; the fastest of all is the one to beat.
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
BATCHES = (1, 4, 16, 64)


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


def compare(widths: tuple[int, ...], rows: int, points: int, runs: int, checked: int) -> str:
    """One line: points a second of both, their ratio, and how far R is from fifty digits."""
    with jax.enable_x64(True):
        network, axes, every = slice_of(widths, rows, points)
        first = seconds(lambda: network.on_grid(axes, "ricci_scalar"))

        def whole(way: Callable, batch: int, at: np.ndarray) -> np.ndarray:
            return np.concatenate([np.asarray(way(at[k : k + batch])) for k in range(0, len(at), batch)])

        sample = every[:64]
        tried = {}
        for name, way in by_jax(network):
            for batch in BATCHES:
                way(sample[:batch])
                tried[name, batch] = (seconds(lambda: whole(way, batch, sample)), way)
        (name, batch), (_, way) = min(tried.items(), key=lambda item: item[1][0])
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(seconds(lambda: network.on_grid(axes, "ricci_scalar")))
            theirs.append(seconds(lambda: whole(way, batch, every)))
        one, other = float(np.median(ours)), float(np.median(theirs))
        found = network.on_grid(axes, "ricci_scalar").ricci_scalar.values.ravel()
        x, t = (np.stack(list(network.row_values().values()), axis=1)[:, part] for part in (slice(0, 2), slice(2, 3)))
        picked = np.linspace(0, len(every) - 1, checked).astype(int)
        known = np.array([reference(widths, every[k], x, t) for k in picked])
        apart = np.abs(found[picked] / known - 1).max()
        at_a_point = min(seconds(lambda: network.curvature_at(every[0])) for _ in range(5))
    shape = "-".join(map(str, widths))
    return (
        f"R of {shape} ({every.shape[1]} weights, {rows} rows) at {len(every)} points: on_grid {len(every) / one:,.0f} a "
        f"second (the first call {first:.2f} s), JAX {len(every) / other:,.0f} ({name}, batches of {batch}), "
        f"{other / one:.1f} times as long; {np.isnan(found).sum()} without a number, {apart:.1e} from fifty digits; "
        f"curvature_at {1e3 * at_a_point:.1f} ms"
    )
