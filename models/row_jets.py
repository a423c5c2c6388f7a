r"""What a dense network makes of each row, to second order in its weights, by layers and in arrays of numbers.

With z = s (W h + b), h ↦ φ(z) and directions u, v in the weights,

    ∂_u z = s (W ∂_u h + W_u h + b_u),      ∂_u∂_v z = s (W ∂_u∂_v h + W_u ∂_v h + W_v ∂_u h),
    ∂_u∂_v φ(z) = φ″ ∂_u z ∂_v z + φ′ ∂_u∂_v z,

so second derivatives along any directions take one pass through the layers, and no formula in the weights is made.
The map is Φ: θ ↦ ℓ(θ)/√N, whose pull-back is the empirical Fisher metric, or the embedding of the laws of the targets
(`Loss.embedding`) over √N, whose pull-back is the true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact.kinks import derivative
from chentsov.geometry.manifolds.gauss import (
    PointCurvature,
    ReducedCurvature,
    curvature_of_image,
    curvature_of_vectors,
    numeric_function,
    point_beside,
)

from .activations import Activation, U
from .losses import Loss

__all__ = ["RowJets"]

#: Numbers of an array of second derivatives that are worked on together.
_CHUNK = 1 << 22
Weights = Sequence[tuple[np.ndarray, np.ndarray]]


class RowJets:
    """Φ of a network and its derivatives.

    Args:
        activations: φ of each layer.
        biases: whether each layer has them.
        loss: ℓ.
        true: whether Φ embeds the laws of the targets, or takes the losses.
        constants: symbols of activations and loss that have a number only where Φ is asked for.
    """

    def __init__(
        self,
        activations: Sequence[Activation],
        biases: Sequence[bool],
        loss: Loss,
        true: bool,
        constants: Sequence[sp.Symbol] = (),
    ) -> None:
        self.biases = tuple(biases)
        written = {}
        for a in activations:
            slope = derivative(a.value, U)
            written[a] = numeric_function((U, *constants), (a.value, slope, derivative(slope, U)))
        self.activations = [written[a] for a in activations]
        f, t = loss.outputs, loss.targets
        parts = loss.embedding() if true else [loss.expression]
        values = [loss.at(e, f, t) for e in parts]
        slopes = [[derivative(e, a) for a in f] for e in values]
        bends = [derivative(d, b) for row in slopes for d in row for b in f]
        self.shape = (len(values), len(f))
        symbols = (*f, *t, *constants)
        self.first = numeric_function(symbols, [d for row in slopes for d in row])
        self.second = numeric_function(symbols, bends)
        self.shifted = loss.depends_on_differences

    def curvature(
        self, weights: Weights, slopes: Sequence[float], x: np.ndarray, t: np.ndarray, constants: Sequence[float] = ()
    ) -> PointCurvature:
        """Metric, Ricci tensor and R where the metric is regular."""
        tangents = self.tangents(weights, slopes, x, t, constants)
        every = np.eye(tangents.shape[1])
        return curvature_of_vectors(tangents, self.seconds(weights, slopes, x, t, every, every, constants))

    def reduced_curvature(
        self, weights: Weights, slopes: Sequence[float], x: np.ndarray, t: np.ndarray, constants: Sequence[float] = ()
    ) -> ReducedCurvature:
        """R with null directions divided out."""
        draw = np.random.default_rng(0)
        beside = [tuple(point_beside(p, draw) for p in layer) for layer in weights]
        return curvature_of_image(
            self.tangents(weights, slopes, x, t, constants),
            lambda u, v: self.seconds(weights, slopes, x, t, u, v, constants),
            lambda: self.tangents(beside, slopes, x, t, constants),  # type: ignore[arg-type]
        )

    def tangents(
        self, weights: Weights, slopes: Sequence[float], x: np.ndarray, t: np.ndarray, constants: Sequence[float] = ()
    ) -> np.ndarray:
        """∂_iΦ, one backward pass a component: (components · rows) × weights.

        Args:
            weights: W and b of each layer.
            slopes: s of each layer.
            x, t: rows.
            constants: their numbers.
        """
        entering, bent = [], []
        for (w, b), s, activation in zip(weights, slopes, self.activations):
            entering.append(x)
            z = s * (x @ w.T + b)
            x, slope, _ = (_full(v, z) for v in activation(z, *constants))
            bent.append(s * slope)
        first, _ = self._head(x, t, constants, second=False)
        columns: list[list[np.ndarray]] = []
        for component in first:
            carried, found = component, []
            for (w, _), h, slope, bias in zip(weights[::-1], entering[::-1], bent[::-1], self.biases[::-1]):
                delta = carried * slope
                found += [delta] if bias else []
                found.append((delta[:, :, None] * h[:, None, :]).reshape(len(h), -1))
                carried = delta @ w
            columns.append(found[::-1])
        return np.concatenate([np.concatenate(c, axis=1) for c in columns]) / np.sqrt(len(x))

    def seconds(
        self, weights: Weights, slopes: Sequence[float], x: np.ndarray, t: np.ndarray, u: np.ndarray, v: np.ndarray,
        constants: Sequence[float] = (),
    ) -> np.ndarray:  # fmt: skip
        """∂_u∂_vΦ for directions u and v as columns: k × m × (components · rows)."""
        widest = max(len(w) for w, _ in weights)
        count = max(1, _CHUNK // (len(x) * widest * v.shape[1]))
        parts = [
            self._seconds(weights, slopes, x, t, u[:, k : k + count], v, constants) for k in range(0, u.shape[1], count)
        ]
        return np.concatenate(parts) / np.sqrt(len(x))

    def _seconds(
        self, weights: Weights, slopes: Sequence[float], h: np.ndarray, t: np.ndarray, u: np.ndarray, v: np.ndarray,
        constants: Sequence[float],
    ) -> np.ndarray:  # fmt: skip
        at, k, m = 0, u.shape[1], v.shape[1]
        hu, hv = (np.zeros((n, *h.shape)) for n in (k, m))
        huv = np.zeros((k, m, *h.shape))
        for (w, b), s, activation, bias in zip(weights, slopes, self.activations, self.biases):
            units, inputs = w.shape
            wu, wv = (d[at : at + w.size].T.reshape(-1, units, inputs) for d in (u, v))
            at += w.size
            z = s * (h @ w.T + b)
            zu, zv = (s * (d @ w.T + h @ np.swapaxes(e, 1, 2)) for d, e in ((hu, wu), (hv, wv)))
            zuv = huv @ w.T
            zuv += hv[None] @ np.swapaxes(wu, 1, 2)[:, None]
            zuv += hu[:, None] @ np.swapaxes(wv, 1, 2)[None]
            if bias:
                zu, zv = (q + s * d[at : at + units].T[:, None] for q, d in ((zu, u), (zv, v)))
                at += units
            h, slope, bend = (_full(q, z) for q in activation(z, *constants))
            hu, hv, huv = slope * zu, slope * zv, s * slope * zuv + (bend * zu)[:, None] * zv[None]
        first, second = self._head(h, t, constants)
        found = np.einsum("anb,kmnb->kman", first, huv, optimize=True)
        found += np.einsum("anbc,knb,mnc->kman", second, hu, hv, optimize=True)
        return found.reshape(k, m, -1)

    def _head(
        self, f: np.ndarray, t: np.ndarray, constants: Sequence[float], second: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """∂ρ_a/∂f_b and ∂²ρ_a/∂f_b∂f_c of every row: components × rows × outputs (× outputs)."""
        rows, (components, outputs) = len(f), self.shape
        if self.shifted:
            f = f - f.max(axis=1, keepdims=True)

        def table(function: Any, *shape: int) -> np.ndarray:
            with np.errstate(all="ignore"):
                found = [_full(v, f[:, 0]) for v in function(*f.T, *t.T, *constants)]
            return np.moveaxis(np.stack(found).reshape(components, *shape, rows), -1, 1)

        return table(self.first, outputs), table(self.second, outputs, outputs) if second else np.empty(0)


def _full(value: Any, like: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.asarray(value, dtype=float), like.shape)
